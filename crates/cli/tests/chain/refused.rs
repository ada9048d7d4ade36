//! Every refusal names who should have signed, the figure that was wrong, its range, and when it
//! will be right.

use homeostat_cli::chain::time;
use homeostat_client::{governance, Action, Parameter, Pubkey, Tunable};
use homeostat_sandbox::world::TOKEN;
use homeostat_served::{Fault, Fixture, Proxy};
use serde_json::Value;

use crate::common::{run, Said};
use crate::creation::Founder;

const DAY: i64 = 86_400;

/// Message and remedy of a refusal by the program.
fn refused(said: &Said) -> (String, String) {
    let error = said.json()["error"].clone();
    assert_eq!(
        (said.code, error["code"].as_str()),
        (4, Some("refused")),
        "{}",
        said.stdout
    );
    let text = |key: &str| error[key].as_str().unwrap_or_default().to_owned();
    (text("message"), text("remedy"))
}

fn with(parts: &(String, String), what: &[&str]) {
    for what in what {
        let (message, remedy) = parts;
        assert!(
            message.contains(what) || remedy.contains(what),
            "`{what}` in: {message}; {remedy}"
        );
    }
}

fn without(parts: &(String, String), what: &[&str]) {
    for what in what {
        let (message, remedy) = parts;
        let found = message.contains(what) || remedy.contains(what);
        assert!(!found, "`{what}` in: {message}; {remedy}");
    }
}

fn file(fixture: &Fixture, actions: &str) -> String {
    let path = fixture.folder().join("change.toml");
    std::fs::write(&path, actions).expect("the file is written");
    path.display().to_string()
}

/// The setpoint of the emission: a Routine change from 0.60 to 0.59, or a Standard one.
fn aim(fixture: &Fixture, value: f64) {
    fixture.served.with(async move |world| {
        let action = Action::Tune {
            parameter: Parameter::Emission,
            field: Tunable::Setpoint,
            expected_q48: governance::q48(0.60),
            value_q48: governance::q48(value),
            over_seconds: 0,
        };
        world.propose(vec![action]).await.expect("it is proposed");
    });
}

#[test]
fn the_logs_of_the_program_are_not_on_stdout() {
    // given delays that the program refuses when they are tried out here, which it logs
    let fixture = Fixture::live();
    let key = fixture.members[0].file.display().to_string();
    let file = file(&fixture, "[[action]]\nkind = \"delays\"\nroutine = 1\n");
    // when they are proposed, then stdout is one document, and names what is out of its range
    let said = run(&fixture, &["propose", &file, "--keypair", &key]);
    let parts = refused(&said);
    with(
        &parts,
        &["delays.routine is out of its range", "nothing was sent"],
    );
    without(&parts, &["log line"]);
}

#[test]
fn who_may_not_is_told_whose_key_it_takes() {
    let fixture = Fixture::live();
    let key = |person: &homeostat_served::Person| person.file.display().to_string();
    let (member, outsider) = (key(&fixture.members[1]), key(&fixture.wallets[0]));
    let guardian = fixture.guardian.pubkey().to_string();
    aim(&fixture, 0.59);
    // a member's pause, and its veto
    let pause = [
        "pause",
        "pay",
        "60",
        "--reason",
        "other",
        "--keypair",
        &member,
    ];
    let parts = refused(&run(&fixture, &pause));
    with(&parts, &["is not the guardian", &guardian]);
    without(&parts, &["creator"]);
    let parts = refused(&run(&fixture, &["veto", "0", "--keypair", &member]));
    with(&parts, &["is not the guardian", &guardian]);
    // an outsider's advice, where there is no advisor, and its approval
    let advise = ["advise", "fee", "setpoint", "0.5", "--keypair", &outsider];
    let parts = refused(&run(&fixture, &advise));
    with(
        &parts,
        &[
            "is not the advisor: the economy has none",
            "kind = \"advisor\"",
        ],
    );
    without(&parts, &["creator"]);
    let parts = refused(&run(&fixture, &["approve", "0", "--keypair", &outsider]));
    let members: Vec<String> = fixture
        .members
        .iter()
        .map(|it| it.pubkey().to_string())
        .collect();
    with(&parts, &["is no member", &members[0], &members[2]]);
    // a member who did not make it cancels it
    let parts = refused(&run(&fixture, &["cancel", "0", "--keypair", &member]));
    with(&parts, &["did not make proposal 0", &members[0]]);
    // a role that nobody was offered
    let words = ["accept-role", "advisor", "--keypair", &outsider];
    with(
        &refused(&run(&fixture, &words)),
        &["is not offered to", "nobody is offered it"],
    );
}

#[test]
fn a_proposal_says_when_its_time_comes_and_when_it_is_over() {
    let fixture = Fixture::live();
    let key = |person: &homeostat_served::Person| person.file.display().to_string();
    let (member, staker) = (key(&fixture.members[1]), key(&fixture.wallets[0]));
    assert_eq!(
        run(&fixture, &["stake", "1000", "--keypair", &staker]).code,
        0
    );
    fixture.served.advance(DAY);
    aim(&fixture, 0.59);
    let seen = || run(&fixture, &["proposals", "0"]).json()["proposals"][0].clone();
    let at = |one: &Value, key: &str| time(one[key].as_i64().unwrap());

    // too few approvals, and a vote where none counts
    let parts = refused(&run(&fixture, &["execute", "0", "--keypair", &staker]));
    with(
        &parts,
        &["has 1 of 2 approvals", "1 more", &at(&seen(), "open_until")],
    );
    let parts = refused(&run(&fixture, &["ballot", "0", "--keypair", &staker]));
    with(&parts, &["proposal 0 is routine", "homeostat veto"]);
    without(&parts, &["lifted", "overrid"]);
    let parts = refused(&run(&fixture, &["expire", "0", "--keypair", &staker]));
    with(&parts, &["open until", &at(&seen(), "open_until")]);

    // too early, by all of the Routine delay
    assert_eq!(
        run(&fixture, &["approve", "0", "--keypair", &member]).code,
        0
    );
    let one = seen();
    let parts = refused(&run(&fixture, &["execute", "0", "--keypair", &staker]));
    with(
        &parts,
        &[
            "TimelockActive",
            &at(&one, "eta"),
            &at(&one, "open_until"),
            "wait 6 h",
        ],
    );
    let parts = refused(&run(&fixture, &["approve", "0", "--keypair", &member]));
    with(&parts, &["has voted for proposal 0 already: 2 of 2 votes"]);

    // too late
    let last = one["open_until"].as_i64().unwrap();
    fixture.served.advance(last + 1 - fixture.served.now());
    let parts = refused(&run(&fixture, &["execute", "0", "--keypair", &staker]));
    with(
        &parts,
        &["could be executed until", &time(last), "homeostat expire"],
    );
    let guardian = key(&fixture.guardian);
    let parts = refused(&run(&fixture, &["veto", "0", "--keypair", &guardian]));
    with(
        &parts,
        &[
            "could be executed until",
            &time(last),
            "nothing has to be stopped",
        ],
    );
}

#[test]
fn a_second_ballot_is_not_told_as_missing_sol() {
    // given a staker who has voted against a Standard proposal, and one without a position
    let fixture = Fixture::live();
    let key = |person: &homeostat_served::Person| person.file.display().to_string();
    let (member, staker) = (key(&fixture.members[1]), key(&fixture.wallets[0]));
    assert_eq!(
        run(&fixture, &["stake", "1000", "--keypair", &staker]).code,
        0
    );
    fixture.served.advance(DAY);
    aim(&fixture, 0.30);
    let ballot = ["ballot", "0", "--keypair", &staker];
    with(
        &refused(&run(&fixture, &ballot)),
        &["1 of 2 approvals", "once it is queued"],
    );
    assert_eq!(
        run(&fixture, &["approve", "0", "--keypair", &member]).code,
        0
    );
    let nobody = key(&fixture.wallets[1]);
    let parts = refused(&run(&fixture, &["ballot", "0", "--keypair", &nobody]));
    with(&parts, &["never staked", "only stake votes"]);
    let voted = run(&fixture, &ballot);
    assert_eq!(voted.code, 0, "{}", voted.stdout);
    // when it votes again, then it is told that it has
    let parts = refused(&run(&fixture, &ballot));
    with(
        &parts,
        &[
            "AccountAlreadyInUse (0)",
            "voted against the proposal already",
        ],
    );
    without(&parts, &["SOL", "NotRentExempt"]);
}

#[test]
fn a_creation_that_finds_its_accounts_made_says_to_run_it_again() {
    // given a creation that a run made, killed before it told, behind a server that lags
    let founder = Founder::new();
    assert_eq!(founder.create(&[]).code, 0);
    let proxy = Proxy::start(founder.fixture.served.url());
    let lag = Fault::lie(|_, mut result| {
        result["value"][1] = Value::Null;
        result["value"][2] = Value::Null;
        result
    });
    proxy.on("getMultipleAccounts").after(1).once(lag);
    // when it is run again, then the account is there already, and the next run is complete
    let parts = refused(&founder.create_at(proxy.url(), &[]));
    with(&parts, &["AccountAlreadyInUse (0)", "run it again"]);
    without(&parts, &["SOL", "NotRentExempt"]);
    let again = founder.create(&[]);
    assert_eq!(
        (again.code, again.json()["complete"].as_bool()),
        (0, Some(true))
    );
}

#[test]
fn a_pause_says_until_when_and_what_its_budget_has_left() {
    let fixture = Fixture::live();
    let guardian = fixture.guardian.file.display().to_string();
    let wallet = fixture.wallets[0].file.display().to_string();
    let to = fixture.wallets[1].pubkey().to_string();
    let pause = |seconds: &str| {
        let words = [
            "pause",
            "pay",
            seconds,
            "--reason",
            "other",
            "--keypair",
            &guardian,
        ];
        run(&fixture, &words)
    };
    with(&refused(&pause("0")), &["at least 1 second"]);
    // given a pause of the whole budget, 72 h
    assert_eq!(pause("259200").code, 0);
    let until = run(&fixture, &["status"]).json()["pauses"][0]["until"]
        .as_i64()
        .unwrap();
    let parts = refused(&run(&fixture, &["pay", &to, "1", "--keypair", &wallet]));
    with(&parts, &["pay is paused until", &time(until), "wait 3 d"]);
    let parts = refused(&pause("3600"));
    with(
        &parts,
        &[
            "PauseNotLonger",
            &time(until),
            "for more than 259200 seconds",
        ],
    );
    // when it is over, then a tenth of it is back, and the guardian is told when more is
    fixture.served.advance(259_200);
    let parts = refused(&pause("30000"));
    // 25,920 s are back; 30,000 need 4,080 more, at 10 s each.
    with(
        &parts,
        &["25920 left", "at most 25920 seconds", &time(until + 40_800)],
    );
    let parts = refused(&pause("300000"));
    with(&parts, &["at most 25920 seconds", "no pause is longer"]);
    assert_eq!(pause("25920").code, 0);
}

#[test]
fn what_was_vetoed_says_when_it_can_be_proposed_again() {
    let fixture = Fixture::live();
    let key = |person: &homeostat_served::Person| person.file.display().to_string();
    let (member, guardian) = (key(&fixture.members[0]), key(&fixture.guardian));
    let change = file(
        &fixture,
        "[[action]]\nkind = \"fee_split\"\ntreasury_share = 0.4\n",
    );
    let propose = ["propose", &change, "--keypair", &member];
    assert_eq!(run(&fixture, &propose).code, 0);
    with(
        &refused(&run(&fixture, &propose)),
        &["has voted for proposal 0 already: 1 of 2 votes", "1 more"],
    );
    assert_eq!(
        run(&fixture, &["veto", "0", "--keypair", &guardian]).code,
        0
    );
    // A Critical delay is six days, and the last second of it still counts.
    let again = time(fixture.served.now() + 6 * DAY + 1);
    let parts = refused(&run(&fixture, &propose));
    with(&parts, &["RecentlyVetoed", "(proposal 0)", &again]);
    let parts = refused(&run(
        &fixture,
        &["close-proposal", "0", "--keypair", &member],
    ));
    with(&parts, &["RecentlyVetoed", &again, "it can be closed"]);
}

#[test]
fn caps_steps_and_amounts_name_their_range() {
    let fixture = Fixture::live();
    let member = fixture.members[0].file.display().to_string();
    let wallet = fixture.wallets[0].file.display().to_string();
    let propose = |actions: &str| {
        let file = file(&fixture, actions);
        refused(&run(&fixture, &["propose", &file, "--keypair", &member]))
    };
    // a cap of 0: no wait helps
    let to = fixture.tokens[1];
    let pay = format!("[[action]]\nkind = \"pay_treasury\"\nto = \"{to}\"\namount = 5\n");
    let parts = propose(&pay);
    with(
        &parts,
        &[
            "OutflowCapExceeded",
            "outflow cap is 0",
            "propose a cap above 0",
        ],
    );
    without(&parts, &["wait"]);
    // a step of more than a quarter of the ceiling, which is 100 % for the emission
    let parts = propose("[[action]]\nkind = \"limits\"\nparameter = \"emission\"\nmax = 1.0\n");
    with(
        &parts,
        &[
            "StepTooLarge",
            "the limits of emission are",
            "by at most 0.25",
        ],
    );

    // given a least stake of five tokens
    fixture.served.with(async |world| {
        let action = Action::MinStake {
            lane: 0,
            expected: 1,
            value: 5 * TOKEN,
        };
        world.enact(vec![action]).await.expect("it is executed");
    });
    let parts = refused(&run(&fixture, &["stake", "4", "--keypair", &wallet]));
    with(&parts, &["4 tokens are too few", "stake at least 5 tokens"]);
    assert_eq!(run(&fixture, &["stake", "6", "--keypair", &wallet]).code, 0);
    let parts = refused(&run(&fixture, &["unstake", "7", "--keypair", &wallet]));
    with(&parts, &["6 tokens are staked, not 7", "at most that"]);
    let fee = [
        "pay",
        &fixture.wallets[1].pubkey().to_string(),
        "100",
        "--max-fee",
        "0.1",
    ];
    let mut fee = fee.to_vec();
    fee.extend(["--keypair", &wallet]);
    let parts = refused(&run(&fixture, &fee));
    with(
        &parts,
        &["FeeAboveMax", "at most 0.1 are allowed", "--max-fee"],
    );
}

#[test]
fn advice_says_its_range_and_what_waits() {
    // given an advisor with a range of 0.05 around 0.6
    let fixture = Fixture::live();
    let advisor = &fixture.wallets[1];
    let (key, seat) = (advisor.file.display().to_string(), advisor.pubkey());
    fixture.served.with(async move |world| {
        use homeostat::state::action::AdviceRange;
        let range = |wide: f64| AdviceRange {
            setpoint_q48: governance::q48(wide),
            bias_q48: 0,
        };
        let appoint = Action::Advisor {
            expected: Pubkey::default(),
            seat: homeostat_client::SeatArgs {
                key: seat,
                via: None,
            },
        };
        let allow = Action::AdviceRange {
            parameter: Parameter::Emission,
            expected: range(0.0),
            value: range(0.05),
        };
        world
            .enact(vec![appoint, allow])
            .await
            .expect("it is executed");
    });
    assert_eq!(
        run(&fixture, &["accept-role", "advisor", "--keypair", &key]).code,
        0
    );
    let advise = |parameter: &str, value: &str| {
        run(
            &fixture,
            &["advise", parameter, "setpoint", value, "--keypair", &key],
        )
    };
    let parts = refused(&advise("emission", "0.9"));
    with(
        &parts,
        &["OutsideAdvice", "setpoint of emission is 0.55 to 0.65"],
    );
    let parts = refused(&advise("fee", "0.9"));
    with(
        &parts,
        &["no range for the setpoint of fee", "advice_range"],
    );
    assert_eq!(advise("emission", "0.58").code, 0);
    // The Routine delay is six hours.
    let eta = time(fixture.served.now() + 6 * 3_600);
    let parts = refused(&advise("emission", "0.59"));
    with(
        &parts,
        &["setpoint of emission waits until", &eta, "veto-advice"],
    );
}
