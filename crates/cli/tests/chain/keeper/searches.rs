//! Economies that nobody named.

use super::*;

#[test]
fn all_economies_are_found_and_those_that_do_not_pay_are_left() {
    let (served, economies, folder) = town(2, WorldSpec::default());
    let key = folder.path().join("keeper.json");
    served.advance(WEEK);
    // given economies whose keeper vaults are empty
    let keeper = Running::start(served.url(), &key, &["--all"]);
    let unpaid = || keeper.metric("homeostat_keeper_state", &["state=\"unpaid\""]);
    until("both are unpaid", || unpaid() == 2);
    assert_eq!(keeper.of("cranked").len(), 0);
    keeper.stop();
    // then a keeper that wants nothing ends their periods
    let keeper = Running::start(served.url(), &key, &["--all", "--min-bounty", "0"]);
    let cranked = keeper.wait("cranked", 2);
    for line in cranked {
        let economy = line["economy"].as_str().unwrap().to_owned();
        assert!(economies.contains(&economy));
    }
    keeper.no_errors();
}

#[test]
fn a_search_that_is_refused_stops_no_named_economy() {
    let (served, economies, folder) = town(2, WorldSpec::default());
    let proxy = Proxy::start(served.url());
    proxy.on("getProgramAccounts").always(Fault::Status(403));
    let key = folder.path().join("keeper.json");
    let arguments = ["--all", "--economy", &economies[0]];
    let keeper = Running::start(proxy.url(), &key, &arguments);
    assert_eq!(keeper.wait("search_failed", 2)[0]["code"], "rpc_refused");
    served.advance(WEEK);
    let cranked = keeper.wait("cranked", 1);
    assert_eq!(cranked[0]["economy"], economies[0]);
    // when the server searches, the other one is found
    proxy.heal();
    let unpaid = || keeper.metric("homeostat_keeper_state", &["state=\"unpaid\""]);
    until("the other is known", || unpaid() == 1);
}
