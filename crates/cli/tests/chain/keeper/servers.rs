//! Servers that fail, lie, refuse or are gone: each costs time, and no period.

use super::*;

#[test]
fn a_server_that_fails_costs_time_and_no_period() {
    let fixture = Fixture::live();
    let proxy = Proxy::start(fixture.served.url());
    let economy = fixture.at.economy.to_string();
    let keeper = Running::start(proxy.url(), key(&fixture, 0), &["--economy", &economy]);
    keeper.wait("state", 1);
    let error = Fault::Error {
        code: -32005,
        message: "node is behind".into(),
    };
    let faults: [(&str, u64, Fault); 12] = [
        ("getMultipleAccounts", 3, Fault::Drop),
        ("getMultipleAccounts", 2, Fault::Garbage),
        ("getMultipleAccounts", 2, Fault::Truncated),
        ("getMultipleAccounts", 2, Fault::Status(503)),
        ("getMultipleAccounts", 2, error),
        ("getMultipleAccounts", 2, lies::missing()),
        ("getMultipleAccounts", 1, Fault::Hang),
        ("simulateTransaction", 1, Fault::Drop),
        ("getRecentPrioritizationFees", 1, Fault::Status(502)),
        ("sendTransaction", 1, Fault::Swallow),
        ("sendTransaction", 1, Fault::Duplicate),
        ("sendTransaction", 1, Fault::DropAnswer),
    ];
    for (number, (method, count, fault)) in (1..).zip(faults) {
        proxy.on(method).times(count, fault);
        end_period(&fixture);
        until(method, || periods(&fixture) >= number);
        keeper.looks(3);
        assert_eq!(periods(&fixture), number, "{number} {method}");
        proxy.heal();
    }
    assert!(keeper.metric("homeostat_keeper_rpc_errors_total", &["rpc_unreachable"]) > 0);
    assert!(keeper.metric("homeostat_keeper_rpc_errors_total", &["rpc_nonsense"]) > 0);
    assert!(keeper.metric("homeostat_keeper_rpc_errors_total", &["rpc_refused"]) > 0);
    assert!(keeper.metric("homeostat_keeper_rpc_errors_total", &["rpc_timeout"]) > 0);
    assert_eq!(keeper.get("/healthz").0, 200);
    keeper.stop();
}

#[test]
fn a_server_that_says_confirmed_and_lies_is_found_out() {
    let fixture = Fixture::live();
    let proxy = Proxy::start(fixture.served.url());
    let economy = fixture.at.economy.to_string();
    let keeper = Running::start(proxy.url(), key(&fixture, 0), &["--economy", &economy]);
    keeper.wait("state", 1);
    proxy.on("sendTransaction").once(Fault::Swallow);
    proxy.on("getSignatureStatuses").once(lies::confirmed());
    end_period(&fixture);
    // The chain does not have what the server confirmed, so it is done again.
    keeper.wait("vanished", 1);
    until("it is ended", || periods(&fixture) == 1);
    keeper.looks(3);
    assert_eq!(periods(&fixture), 1);
}

#[test]
fn a_server_that_is_not_there_yet_is_waited_for() {
    let fixture = Fixture::live();
    let proxy = Proxy::start(fixture.served.url());
    proxy.on_any().always(Fault::Drop);
    let economy = fixture.at.economy.to_string();
    let keeper = Running::start(proxy.url(), key(&fixture, 0), &["--economy", &economy]);
    let told = keeper.wait("no_cluster", 2);
    assert_eq!(told[0]["code"], "rpc_unreachable");
    assert_eq!(keeper.get("/healthz").0, 503);
    // Whoever is told to stop while it waits, stops.
    let other = Running::start(proxy.url(), key(&fixture, 1), &["--economy", &economy]);
    other.wait("no_cluster", 1);
    other.stop();
    end_period(&fixture);
    proxy.heal();
    keeper.wait("cranked", 1);
    assert_eq!(keeper.get("/healthz").0, 200);
}

#[test]
fn a_server_that_refuses_everything_is_asked_less_and_less() {
    // How many requests a look may be: a client may try a request again by itself.
    const A_LOOK: u64 = 6;
    let fixture = Fixture::live();
    let proxy = Proxy::start(fixture.served.url());
    let economy = fixture.at.economy.to_string();
    let keeper = Running::start(proxy.url(), key(&fixture, 0), &["--economy", &economy]);
    keeper.wait("state", 1);
    let faults = [Fault::Drop, Fault::Status(503), Fault::Status(429)];
    for (number, fault) in (1..).zip(faults) {
        // given a server that is dead, or says that it is asked too much, when a period ends
        let (told, sent) = (keeper.of("blind").len(), proxy.seen("sendTransaction"));
        let asked = || proxy.seen("getMultipleAccounts");
        proxy.on_any().always(fault);
        end_period(&fixture);
        keeper.wait("blind", told + 1);
        let before = asked();
        let blind = keeper.wait("blind", told + 4);
        // then it asks once a look, waits longer after each, and sends nothing
        let waits: Vec<u64> = blind[told..]
            .iter()
            .map(|line| line["retry_ms"].as_u64().unwrap())
            .collect();
        assert!(waits.is_sorted() && waits[3] >= 4 * waits[0], "{waits:?}");
        let looks = keeper.of("blind").len() as u64 - told as u64;
        assert!(asked() - before <= A_LOOK * looks, "{looks} looks");
        assert_eq!(proxy.seen("sendTransaction"), sent);
        // and when the server is back the period is ended, once
        proxy.heal();
        keeper.wait("cluster_back", number);
        keeper.wait("cranked", number);
        keeper.looks(3);
        assert_eq!(periods(&fixture), number as u64);
    }
    keeper.stop();
}

#[test]
fn too_many_requests_at_any_step_cost_time_and_no_period() {
    let fixture = Fixture::live();
    let proxy = Proxy::start(fixture.served.url());
    let economy = fixture.at.economy.to_string();
    let keeper = Running::start(proxy.url(), key(&fixture, 0), &["--economy", &economy]);
    keeper.wait("state", 1);
    let methods = [
        "simulateTransaction",
        "getRecentPrioritizationFees",
        "getLatestBlockhash",
        "sendTransaction",
        "getSignatureStatuses",
    ];
    for (number, method) in (1..).zip(methods) {
        // given a server that refuses one step so often that a client gives up
        proxy.on(method).times(8, Fault::Status(429));
        end_period(&fixture);
        // then the period is ended when it lets it pass, once
        until(method, || periods(&fixture) >= number);
        keeper.looks(3);
        assert_eq!(periods(&fixture), number, "{method}");
        proxy.heal();
    }
    assert_eq!(keeper.metric("homeostat_keeper_panics_total", &[]), 0);
    assert_eq!(keeper.get("/healthz"), (200, "ok\n".to_owned()));
    keeper.stop();
}

#[test]
fn a_keeper_goes_on_over_its_second_server() {
    // given a keeper with two servers, of which it asks the first
    let fixture = Fixture::live();
    let [first, second] = [(); 2].map(|()| Proxy::start(fixture.served.url()));
    let economy = fixture.at.economy.to_string();
    let arguments = ["--economy", economy.as_str(), "--url", second.url()];
    let keeper = Running::start(first.url(), key(&fixture, 0), &arguments);
    keeper.wait("state", 1);
    keeper.looks(3);
    assert_eq!(second.seen("getMultipleAccounts"), 0);
    // when that one says that it is asked too much, and a period ends
    first.on_any().always(Fault::Status(429));
    end_period(&fixture);
    // then the period is ended over the second, which is told and is no error
    keeper.wait("cranked", 1);
    let told = keeper.wait("server", 1);
    assert_eq!(told[0]["level"], "warn");
    let message = told[0]["message"].as_str().unwrap();
    let asking = format!("asking {} now", second.url());
    assert!(
        message.contains("answered 429") && message.ends_with(&asking),
        "{message}"
    );
    keeper.looks(3);
    assert_eq!(periods(&fixture), 1);
    keeper.no_errors();
    assert_eq!(keeper.get("/healthz").0, 200);
    keeper.stop();
}
