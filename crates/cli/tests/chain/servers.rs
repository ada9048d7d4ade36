//! Servers that limit requests, fail for a while or are gone, and several of them: what passes is
//! waited for and told once, what does not is said, and only servers of one cluster are believed.

use homeostat_sandbox::world::TOKEN;
use homeostat_served::{lies, Fault, Fixture, Proxy};

use crate::common::{bare, run_at, text, Said};

const ACCOUNTS: &str = "getMultipleAccounts";
/// How long a request may take (seconds), of which a server that fails for ever costs twice.
const QUICK: [&str; 2] = ["--rpc-timeout", "1"];

/// Lines on stderr that tell of a server.
fn told(said: &Said) -> Vec<&str> {
    let told = said.stderr.lines();
    told.filter(|line| line.contains("asking")).collect()
}

/// `status` over two servers in order.
fn status_over(fixture: &Fixture, first: &str, second: &str) -> Said {
    let words = [&["status", "--url", first], QUICK.as_slice()].concat();
    bare(fixture, second, &words, "json")
}

/// The URL of a server that was there once.
fn gone(fixture: &Fixture) -> String {
    let proxy = Proxy::start(fixture.served.url());
    proxy.url().to_owned()
}

#[test]
fn a_server_that_limits_for_a_while_is_waited_for_and_told_once() {
    let fixture = Fixture::live();
    let proxy = Proxy::start(fixture.served.url());
    for (status, method) in [(429, ACCOUNTS), (503, ACCOUNTS), (429, "getGenesisHash")] {
        // given a server that refuses a question twice
        proxy.on(method).times(2, Fault::Status(status));
        let before = proxy.seen(method);
        let said = run_at(&fixture, proxy.url(), &["status"]);
        // then it is asked a third time, and one line says why it took longer
        assert_eq!(said.code, 0, "{}", said.stderr);
        assert!(proxy.seen(method) >= before + 3);
        let lines = told(&said);
        assert_eq!(lines.len(), 1, "{}", said.stderr);
        assert!(
            lines[0].contains(&format!("answered {status}")),
            "{lines:?}"
        );
        assert!(lines[0].contains(method), "{lines:?}");
        proxy.heal();
    }
    // and a server that is well is not spoken of
    assert!(told(&text(&fixture, &["status"])).is_empty());
}

#[test]
fn a_server_that_limits_for_ever_is_given_up_and_says_how_often_it_was_asked() {
    let fixture = Fixture::live();
    let proxy = Proxy::start(fixture.served.url());
    for status in [429, 503] {
        proxy.on(ACCOUNTS).always(Fault::Status(status));
        let before = proxy.seen(ACCOUNTS);
        let words = [&["status"], QUICK.as_slice()].concat();
        let said = run_at(&fixture, proxy.url(), &words);
        assert_eq!((said.code, said.error().as_str()), (3, "rpc_refused"));
        let error = said.json()["error"].clone();
        let message = error["message"].as_str().unwrap();
        // It was asked as often as is said.
        let asked = proxy.seen(ACCOUNTS) - before;
        assert!(asked > 1);
        assert!(message.contains(&format!("answered {status}")), "{message}");
        assert!(
            message.contains(&format!("asked {asked} times")),
            "{message}"
        );
        assert!(error["remedy"].as_str().unwrap().contains("--url"));
        assert_eq!(told(&said).len(), 1, "{}", said.stderr);
        proxy.heal();
    }
}

#[test]
fn a_dead_first_server_costs_nothing_while_the_second_lives() {
    let fixture = Fixture::live();
    let second = Proxy::start(fixture.served.url());
    // given a first server that is not there at all
    let said = status_over(&fixture, &gone(&fixture), second.url());
    assert_eq!(said.code, 0, "{}", said.stderr);
    let lines = told(&said);
    assert_eq!(lines.len(), 1, "{}", said.stderr);
    assert!(lines[0].contains(&format!("asking {} now", second.url())));
    // and one that dies after it has told who it is
    let first = Proxy::start(fixture.served.url());
    first.on(ACCOUNTS).always(Fault::Drop);
    let said = status_over(&fixture, first.url(), second.url());
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert_eq!(told(&said).len(), 1, "{}", said.stderr);
    // and when both are dead, both are named
    second.on_any().always(Fault::Status(503));
    let said = status_over(&fixture, first.url(), second.url());
    assert_eq!(said.code, 3);
    let message = said.json()["error"]["message"].to_string();
    for url in [first.url(), second.url()] {
        assert!(message.contains(url), "{message}");
    }
}

#[test]
fn a_payment_goes_on_when_its_server_dies_in_the_middle() {
    for method in [
        "simulateTransaction",
        "getLatestBlockhash",
        "sendTransaction",
        "getSignatureStatuses",
        "getEpochInfo",
    ] {
        // given a first server that fails from this step on, and a second one
        let fixture = Fixture::live();
        let [first, second] = [(); 2].map(|()| Proxy::start(fixture.served.url()));
        first.on(method).always(Fault::Status(502));
        let (before, key) = (
            fixture.balance(0),
            fixture.wallets[0].file.display().to_string(),
        );
        // when a wallet stakes, then it has staked once
        let words = ["stake", "3", "--keypair", &key, "--url", first.url()];
        let said = bare(&fixture, second.url(), &words, "json");
        assert_eq!(said.code, 0, "{method}: {}\n{}", said.stdout, said.stderr);
        assert_eq!(before - fixture.balance(0), 3 * TOKEN, "{method}");
    }
}

#[test]
fn r9_a_second_server_of_another_cluster_is_not_believed() {
    // given a second server of another cluster that calls everything confirmed
    let fixture = Fixture::live();
    let [first, second] = [(); 2].map(|()| Proxy::start(fixture.served.url()));
    let other = homeostat_client::Pubkey::new_from_array([7; 32]).to_string();
    second.on("getGenesisHash").always(lies::genesis(&other));
    second.on("getSignatureStatuses").always(lies::confirmed());
    let key = fixture.wallets[0].file.display().to_string();
    let stake = |patience| {
        let words = ["stake", "3", "--keypair", &key, "--patience", patience];
        let words = [&words, ["--url", first.url()].as_slice(), &QUICK].concat();
        bare(&fixture, second.url(), &words, "json")
    };
    // when the first fails before anything was sent, then nothing is done
    let before = fixture.balance(0);
    first.on("simulateTransaction").always(Fault::Status(503));
    let said = stake("5");
    assert_eq!((said.code, said.error().as_str()), (1, "wrong_cluster"));
    let message = said.json()["error"]["message"].to_string();
    assert!(
        message.contains(second.url()) && message.contains(&other),
        "{message}"
    );
    assert_eq!(fixture.balance(0), before);
    first.heal();
    // and when it loses what it was sent, the other's word for it is not taken
    first.on("sendTransaction").always(Fault::Swallow);
    first.on("getSignatureStatuses").always(Fault::Status(503));
    let said = stake("2");
    assert_eq!((said.code, said.error().as_str()), (5, "outcome_unknown"));
    assert_eq!(fixture.balance(0), before);
    // and nothing but its genesis was asked of it
    for method in [
        ACCOUNTS,
        "simulateTransaction",
        "sendTransaction",
        "getSignatureStatuses",
    ] {
        assert_eq!(second.seen(method), 0, "{method}");
    }
    assert!(second.seen("getGenesisHash") > 0);
}

#[test]
fn a_budget_that_is_none_is_refused_before_anything_is_asked() {
    let fixture = Fixture::live();
    let proxy = Proxy::start(fixture.served.url());
    let said = run_at(&fixture, proxy.url(), &["status", "--rpc-budget", "many"]);
    assert_eq!((said.code, said.error().as_str()), (1, "bad_budget"));
    assert_eq!(proxy.seen("getGenesisHash"), 0);
    let said = run_at(&fixture, proxy.url(), &["status", "--rpc-budget", "40,100"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
}
