//! Every kind of action: read from a proposal file, and shown as `proposals` shows it.

use bytemuck::Zeroable;
use homeostat::state::defaults;
use homeostat_client::{Council, Delays, Economy, Feed, GuardSettings, Parameter, Pubkey};
use homeostat_control::GuardConfig;
use homeostat_settings::change::{decode, Decoded, Row};
use homeostat_settings::economy_file::controller_keys;
use homeostat_settings::proposal_file::{kinds, read_proposal, State};
use homeostat_settings::tokens::Tokens;
use homeostat_settings::Failure;

const WEEK: u32 = 604_800;
/// The address `[7; 32]`.
const SOMEBODY: &str = "US517G5965aydkZ46HS38QLi7UQiSojurfbQfKCELFx";
/// The address `[8; 32]`.
const SOMEBODY_ELSE: &str = "YMN9Qj5jPNp7j14VPcML1B6xGgcPWVZUGLFU3Mnyfaf";

/// A live state with a liquidity pool and a feed.
struct Ground {
    economy: Box<Economy>,
    council: Box<Council>,
    feeds: Vec<Feed>,
}

impl Ground {
    fn new() -> Self {
        let mut economy: Box<Economy> = Box::new(Zeroable::zeroed());
        economy.decimals = 6;
        economy.pool_count = 2;
        economy.pools[1].weight = 1;
        economy.pools[1].pool = Pubkey::new_from_array([5; 32]);
        economy.excluded[0] = Pubkey::new_from_array([7; 32]);
        economy.excluded_count = 1;
        let limits = defaults::limits(WEEK, 2_000_000_000_000_000);
        economy.limits = limits;
        for (parameter, controller) in Parameter::ALL.into_iter().zip(&mut economy.controllers) {
            controller.config = (&defaults::config(parameter, WEEK)).into();
            controller.set_wiring(&defaults::wiring(parameter));
            controller.config_seq = 3;
            controller.guard_config = (&GuardConfig::from(&GuardSettings {
                enabled: true,
                limit: 6_000_000,
                slack: 500_000,
                threshold: 5_000_000,
                floor: 10_000,
                half_life: 26,
                min_samples: 8,
                frozen: 4,
                hold_periods: 2,
            }))
                .into();
        }
        let mut council: Box<Council> = Box::new(Zeroable::zeroed());
        council.threshold = 2;
        council.delays = Delays::DEFAULT;
        council.guardian.holder.key = Pubkey::new_from_array([8; 32]);
        council.advisor.offered.key = Pubkey::new_from_array([7; 32]);
        let mut feed = Feed::zeroed();
        feed.label = *b"usd price\0\0\0\0\0\0\0";
        feed.quorum = 1;
        feed.max_spread_ppm = 50_000;
        feed.max_age = 3_600;
        Self {
            economy,
            council,
            feeds: vec![feed],
        }
    }

    fn state(&self) -> State<'_> {
        State {
            economy: &self.economy,
            council: &self.council,
            feeds: &self.feeds,
            now: 0,
        }
    }

    /// Reads a file of one action.
    fn read(&self, lines: &str) -> Result<Decoded, Failure> {
        let text = format!("[[action]]\n{lines}\n");
        let spec = read_proposal(text.as_bytes(), "p.toml", self.state())?;
        Ok(decode(
            &spec.actions[0],
            Tokens { decimals: 6 },
            Some(&self.economy),
        ))
    }
}

/// The cases of a fixture, which an empty line ends: the lines of an action, and what comes
/// of them. `'A'` and `'B'` stand for two addresses.
fn cases<const N: usize>(fixture: &str) -> Vec<(String, [&str; N])> {
    let cases = fixture.trim_end().split("\n\n").map(|case| {
        let (lines, outcome) = case.split_once('\n').expect("an outcome");
        let outcome: Vec<&str> = outcome.lines().collect();
        (
            lines.replace("; ", "\n"),
            outcome.try_into().expect("its lines"),
        )
    });
    cases.collect()
}

fn named(text: &str) -> String {
    text.replace("'A'", &format!("'{SOMEBODY}'"))
        .replace("'B'", &format!("'{SOMEBODY_ELSE}'"))
}

fn anonymous(text: &str) -> String {
    text.replace(SOMEBODY, "A").replace(SOMEBODY_ELSE, "B")
}

#[test]
fn every_kind_of_action_is_shown_as_what_it_changes() {
    // given a live state and a file of each kind of action
    let ground = Ground::new();
    let cases = cases(include_str!("fixtures/shown.txt"));
    for (lines, [shown]) in &cases {
        // when it is read, then it says what it changes, from the value in force
        let decoded = ground
            .read(&named(lines))
            .unwrap_or_else(|failure| panic!("{lines}\n{failure}"));
        assert_eq!(anonymous(&decoded.to_string()), *shown, "{lines}");
    }
    // and no kind is left out
    for (kind, _) in kinds() {
        let line = format!("kind='{kind}'");
        let seen = |lines: &str| lines.lines().next() == Some(line.as_str());
        assert!(cases.iter().any(|(lines, _)| seen(lines)), "{kind}");
    }
}

#[test]
fn every_wrong_value_is_refused_with_its_place_and_what_is_allowed() {
    let ground = Ground::new();
    for (lines, [message, remedy]) in cases(include_str!("fixtures/refused.txt")) {
        let failure = ground.read(&named(&lines)).expect_err(&lines);
        assert_eq!(
            (
                anonymous(&failure.message).as_str(),
                failure.remedy.as_str()
            ),
            (message, remedy),
            "{lines}"
        );
    }
}

/// A controller that was changed since leaves nothing to compare with.
#[test]
fn a_rewiring_of_another_configuration_is_shown_whole() {
    let mut ground = Ground::new();
    let lines = "kind='wire'\nparameter='fee'\nsetpoint=0.5";
    let differing = ground.read(lines).expect("a rewiring").rows;
    let text = format!("[[action]]\n{lines}\n");
    let spec = read_proposal(text.as_bytes(), "p.toml", ground.state()).expect("a proposal");

    // when the controller has changed, then every setting is shown, without an old value
    ground.economy.controllers[Parameter::Fee.index()].config_seq += 1;
    let tokens = Tokens { decimals: 6 };
    let whole = decode(&spec.actions[0], tokens, Some(&ground.economy)).rows;
    assert_eq!(whole.len(), controller_keys().len() + 5);
    assert!(whole.iter().all(|row| row.old.is_empty()));
    for row in differing {
        let same = |it: &Row| it.field == row.field && it.new == row.new;
        assert!(whole.iter().any(same), "{}", row.field);
    }
}

#[test]
fn every_kind_and_every_key_is_in_the_governance_document() {
    let document = include_str!("../../../docs/GOVERNANCE.md");
    for (kind, keys) in kinds() {
        let names = |line: &&str| {
            let first = line.split('|').nth(1).unwrap_or_default();
            first.contains(&format!("`{kind}`"))
        };
        let row = document.lines().find(names);
        let row = row.unwrap_or_else(|| panic!("{kind} has no row"));
        let described = |key: &str| row.contains(&format!("`{key}"));
        // Those of a controller are described with the economy file.
        let elsewhere = |key: &&str| kind == "wire" && controller_keys().contains(key);
        for key in keys.iter().filter(|key| !elsewhere(key)) {
            assert!(described(key), "the row of {kind} lacks {key}");
        }
    }
}
