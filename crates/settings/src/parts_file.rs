//! The `[[pool]]` and `[[feed]]` of an economy file: the liquidity pools and the feeds that a
//! Draft is created with, in the keys of the proposals that allow and set them later.

use std::collections::BTreeSet;

use homeostat::constants::{MAX_FEEDS, MAX_POOLS, MAX_REPORTERS, MAX_SPREAD_PPM, REPORT_AGE};
use homeostat::state::FeedSettings;
use homeostat_client::Pubkey;

use crate::{document::Section, failure::Failure, keys::Keys};

const POOL_KEYS: [&str; 3] = ["stake_mint", "amm_vault", "weight"];
const FEED_KEYS: [&str; 5] = ["label", "reporters", "quorum", "max_spread", "max_age"];

/// Distance from the median up to which a report counts, unless the file says another (ppm).
const MAX_SPREAD: u32 = 50_000;
/// Age up to which a report counts, unless the file says another (seconds).
const MAX_AGE: u32 = 3_600;

/// A liquidity pool to create.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolSpec {
    /// The AMM's LP mint, which is staked.
    pub stake_mint: Pubkey,
    /// The AMM's token account of the economy's mint, whose balance is measured.
    pub amm_vault: Pubkey,
    /// Share of the liquidity emission, relative to the other liquidity pools.
    pub weight: u16,
}

/// What a feed is called, in the program's form: at most 16 bytes, padded with zeros. `None` for
/// a longer text.
pub fn label(text: &str) -> Option<[u8; 16]> {
    let mut label = [0; 16];
    let room = label.get_mut(..text.len())?;
    room.copy_from_slice(text.as_bytes());
    Some(label)
}

/// What a feed is called, for a person.
pub fn label_text(label: &[u8; 16]) -> String {
    let text = String::from_utf8_lossy(label);
    text.trim_end_matches('\0').to_owned()
}

/// The fewest reports that are a majority of so many reporters.
pub fn majority(reporters: usize) -> u8 {
    u8::try_from(reporters / 2 + 1).unwrap_or(u8::MAX)
}

fn address(text: &str) -> Option<Pubkey> {
    let address: Pubkey = text.parse().ok()?;
    (address != Pubkey::default()).then_some(address)
}

/// Refuses the first of a list that there is no room for.
fn require_room(root: &Section<'_>, key: &str, count: usize, most: usize) -> Result<(), Failure> {
    if count <= most {
        return Ok(());
    }
    let problem = format!("is there {count} times");
    let remedy = format!("an economy has room for {most} [[{key}]]; leave some out");
    Err(Failure::at("bad_value", root.place().field(key), problem).remedy(remedy))
}

/// Reads the liquidity pools of a file.
///
/// # Errors
///
/// The first thing that is wrong, with line, key and what is allowed.
pub(crate) fn pools(root: &Section<'_>) -> Result<Vec<PoolSpec>, Failure> {
    let tables = root.list("pool")?;
    // One place is the native pool's.
    require_room(root, "pool", tables.len(), MAX_POOLS - 1)?;
    let mut seen = BTreeSet::new();
    let mut all = Vec::with_capacity(tables.len());
    for table in &tables {
        let pool = pool(table)?;
        if !seen.insert(pool.stake_mint) {
            let remedy = "a mint has one pool: give each [[pool]] another stake_mint";
            return Err(table.wrong("stake_mint", "bad_value", "is named twice", remedy));
        }
        all.push(pool);
    }
    Ok(all)
}

fn pool(section: &Section<'_>) -> Result<PoolSpec, Failure> {
    section.refuse_unknown_keys(&POOL_KEYS, "[[pool]]", None)?;
    let account = |key: &str| {
        let found = section.parsed(key, address, "an address")?;
        section.required(key, found, "\"ADDRESS\"")
    };
    let weight = Keys { section }
        .whole("weight", 1, i64::from(u16::MAX), "")?
        .and_then(|weight| u16::try_from(weight).ok());
    Ok(PoolSpec {
        stake_mint: account("stake_mint")?,
        amm_vault: account("amm_vault")?,
        weight: weight.unwrap_or(1),
    })
}

/// Reads the feeds of a file; the first is feed 0.
///
/// # Errors
///
/// As [`pools`].
pub(crate) fn feeds(root: &Section<'_>) -> Result<Vec<FeedSettings>, Failure> {
    let tables = root.list("feed")?;
    require_room(root, "feed", tables.len(), MAX_FEEDS)?;
    tables.iter().map(feed).collect()
}

fn feed(section: &Section<'_>) -> Result<FeedSettings, Failure> {
    section.refuse_unknown_keys(&FEED_KEYS, "[[feed]]", None)?;
    let keys = Keys { section };
    let named = |text: &str| label(text).filter(|_| !text.is_empty());
    let label = section.parsed(
        "label",
        named,
        "what is reported and its unit in 1 to 16 bytes",
    )?;
    let label = section.required("label", label, "\"SOL/USD\"")?;
    let listed = format!("1 to {MAX_REPORTERS} addresses");
    let reporters = section.parsed_list("reporters", address, &listed)?;
    let reporters = section.required("reporters", reporters, "[\"ADDRESS\"]")?;
    let wrong =
        |problem: &str, remedy: &str| Err(section.wrong("reporters", "bad_value", problem, remedy));
    if !(1..=MAX_REPORTERS).contains(&reporters.len()) {
        return wrong("has too few or too many", &format!("write {listed}"));
    }
    let different: BTreeSet<&Pubkey> = reporters.iter().collect();
    if different.len() != reporters.len() {
        return wrong("names somebody twice", "name every reporter once");
    }
    let most = majority(reporters.len());
    let count = i64::try_from(reporters.len()).unwrap_or(i64::MAX);
    let quorum = keys
        .whole(
            "quorum",
            i64::from(most),
            count,
            ", more than half of the reporters",
        )?
        .and_then(|quorum| u8::try_from(quorum).ok());
    let spread = keys
        .fraction("max_spread", 1, i64::from(MAX_SPREAD_PPM))?
        .and_then(|ppm| u32::try_from(ppm).ok());
    let (least, oldest) = (*REPORT_AGE.start(), *REPORT_AGE.end());
    let age = keys
        .whole("max_age", i64::from(least), i64::from(oldest), " s")?
        .and_then(|age| u32::try_from(age).ok());
    Ok(FeedSettings {
        label,
        reporters,
        quorum: quorum.unwrap_or(most),
        max_spread_ppm: spread.unwrap_or(MAX_SPREAD),
        max_age: age.unwrap_or(MAX_AGE),
    })
}

#[cfg(test)]
mod tests {
    use homeostat_client::{Metric, Parameter};

    use super::*;
    use crate::economy_file::{read_economy, EconomySpec};

    const A: &str = "4uQeVj5tqViQh7yWWGStvkEG1Zmhx6uasJtWCJziofM";
    const B: &str = "8opHzTAnfzRpPEx21XtnrVTX28YQuCpAjcn1PczScKh";

    fn read(text: &str) -> Result<EconomySpec, Failure> {
        read_economy(text.as_bytes(), "economy.toml")
    }

    fn key(text: &str) -> Pubkey {
        text.parse().unwrap()
    }

    #[test]
    fn pools_and_feeds_are_read_in_order_and_a_controller_can_follow_a_feed() {
        let spec = read(&format!(
            "[controllers.emission]\nmetric = \"feed_0\"\n\
             [[pool]]\nstake_mint = \"{A}\"\namm_vault = \"{B}\"\nweight = 3\n\
             [[pool]]\nstake_mint = \"{B}\"\namm_vault = \"{A}\"\n\
             [[feed]]\nlabel = \"SOL/USD\"\nreporters = [\"{A}\", \"{B}\"]\nmax_spread = 0.01\n\
             [[feed]]\nlabel = \"volume\"\nreporters = [\"{B}\"]\nquorum = 1\nmax_age = 86_400\n"
        ))
        .unwrap();
        assert_eq!(
            spec.pools,
            [(A, B, 3), (B, A, 1)].map(|(mint, vault, weight)| PoolSpec {
                stake_mint: key(mint),
                amm_vault: key(vault),
                weight,
            })
        );
        let [first, second] = spec.feeds.as_slice() else {
            panic!("two feeds");
        };
        assert_eq!(label_text(&first.label), "SOL/USD");
        assert_eq!((first.reporters.len(), first.quorum), (2, 2));
        assert_eq!((first.max_spread_ppm, first.max_age), (10_000, 3_600));
        assert_eq!((second.quorum, second.max_age), (1, 86_400));
        let wiring = spec.wirings[Parameter::Emission.index()];
        assert_eq!(wiring.metric, Metric::Feed0);
        // What the controller asks of a reading is what the feed has by its own rules.
        let config = &spec.controllers[Parameter::Emission.index()];
        assert_eq!((config.min_samples, config.max_age), (2, 3_600));
        let none = read("").unwrap();
        assert!(none.pools.is_empty() && none.feeds.is_empty());
    }

    #[test]
    fn what_the_program_would_refuse_is_refused_with_its_line_and_key() {
        let pool =
            |more: &str| format!("[[pool]]\nstake_mint = \"{A}\"\namm_vault = \"{B}\"\n{more}");
        let feed = |more: &str| format!("[[feed]]\nlabel = \"x\"\nreporters = [\"{A}\"]\n{more}");
        let cases = [
            (pool("weight = 0"), "bad_value", "pool[1].weight", Some(4)),
            (
                pool("weight = 65_536"),
                "bad_value",
                "pool[1].weight",
                Some(4),
            ),
            (pool("mint = 1"), "unknown_key", "mint", Some(4)),
            (pool(&pool("")), "bad_value", "pool[2].stake_mint", Some(5)),
            ("[[pool]]\n".into(), "missing_key", "stake_mint", None),
            (
                "[[pool]]\nstake_mint = \"no\"\n".into(),
                "bad_value",
                "stake_mint",
                Some(2),
            ),
            ("[pool]\n".into(), "bad_type", "pool", Some(1)),
            (pool("").repeat(8), "bad_value", "pool", None),
            (feed("quorum = 0"), "bad_value", "feed[1].quorum", Some(4)),
            (feed("quorum = 2"), "bad_value", "feed[1].quorum", Some(4)),
            (feed("max_spread = 0.6"), "bad_value", "max_spread", Some(4)),
            (feed("max_age = 59"), "bad_value", "max_age", Some(4)),
            (
                format!("[[feed]]\nlabel = \"x\"\nreporters = [\"{A}\", \"{A}\"]"),
                "bad_value",
                "reporters",
                Some(3),
            ),
            (
                "[[feed]]\nlabel = \"x\"\nreporters = []".into(),
                "bad_value",
                "reporters",
                Some(3),
            ),
            (
                "[[feed]]\nlabel = \"longer than sixteen\"".into(),
                "bad_value",
                "label",
                Some(2),
            ),
            (feed("").repeat(5), "bad_value", "feed", None),
            (
                "[controllers.emission]\nmetric = \"feed_0\"".into(),
                "bad_word",
                "metric",
                Some(2),
            ),
        ];
        for (text, code, key, line) in cases {
            let failure = read(&text).unwrap_err();
            assert_eq!(failure.code, code, "{text}: {failure}");
            let shown = failure.to_string();
            assert!(shown.contains(key), "{text}: {failure}");
            if let Some(line) = line {
                assert!(
                    shown.contains(&format!("economy.toml, line {line}")),
                    "{text}: {failure}"
                );
            }
            assert!(!failure.remedy.is_empty(), "{text}: {failure}");
        }
    }
}
