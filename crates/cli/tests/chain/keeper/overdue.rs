//! `overdue_seconds`: how long a period has been over without being ended, whatever the reason.

use super::*;

fn overdue(keeper: &Running) -> u64 {
    keeper.metric("homeostat_keeper_overdue_seconds", &[])
}

#[test]
fn a_due_period_is_overdue_while_attempts_fail_and_while_the_server_is_dead() {
    // given a period that is over, and a server on which every attempt fails
    let fixture = Fixture::live();
    let economy = fixture.at.economy.to_string();
    let proxy = Proxy::start(fixture.served.url());
    let keeper = Running::start(proxy.url(), key(&fixture, 0), &["--economy", &economy]);
    keeper.wait("state", 1);
    keeper.looks(2);
    assert_eq!(overdue(&keeper), 0);
    proxy.on("simulateTransaction").always(Fault::Status(503));
    end_period(&fixture);
    fixture.served.advance(90);
    keeper.wait("failed", 2);
    until("it counts by the cluster's clock", || {
        overdue(&keeper) == 90
    });
    fixture.served.advance(30);
    until("it goes on", || overdue(&keeper) == 120);
    // when the server is gone altogether, then it counts by this machine's
    proxy.on_any().always(Fault::Drop);
    keeper.wait("blind", 1);
    until("it goes on without a server", || overdue(&keeper) > 120);
    // and ends with the period
    proxy.heal();
    keeper.wait("cranked", 1);
    assert_eq!(overdue(&keeper), 0);
    assert_eq!(periods(&fixture), 1);
}

#[test]
fn a_period_that_ends_while_the_server_is_dead_is_overdue() {
    // given a period with a second left, and a server that dies
    let fixture = Fixture::live();
    let economy = fixture.at.economy.to_string();
    let proxy = Proxy::start(fixture.served.url());
    let keeper = Running::start(proxy.url(), key(&fixture, 0), &["--economy", &economy]);
    keeper.wait("state", 1);
    end_period_less(&fixture, 1);
    keeper.looks(2);
    assert_eq!(overdue(&keeper), 0);
    proxy.on_any().always(Fault::Drop);
    // then the period is over for all that the keeper can know
    until("it is overdue", || overdue(&keeper) > 0);
    // and is not when the server comes back and says that it goes on
    proxy.heal();
    keeper.wait("cluster_back", 1);
    keeper.looks(2);
    assert_eq!(overdue(&keeper), 0);
}

/// Moves the clock to so many seconds before the end of the period.
fn end_period_less(fixture: &Fixture, seconds: i64) {
    let end = fixture
        .served
        .with(async |world| world.economy().await.next_end);
    fixture.served.advance(end - seconds - fixture.served.now());
}

#[test]
fn a_due_period_is_overdue_with_an_empty_wallet_and_with_an_empty_vault() {
    let fixture = Fixture::live();
    let economy = fixture.at.economy.to_string();
    let poor = Keypair::new();
    let file = fixture.folder().join("poor.json");
    write_keypair_file(&poor, &file).unwrap();
    // given a keeper that cannot pay, and one that is not paid
    let arguments = ["--economy", economy.as_str()];
    let broke = Running::start(fixture.served.url(), &file, &arguments);
    let arguments = ["--economy", economy.as_str(), "--min-bounty", "5000"];
    let unpaid = Running::start(fixture.served.url(), key(&fixture, 0), &arguments);
    broke.wait("balance_empty", 1);
    unpaid.wait("state", 1);
    // when the period is over, then both count
    end_period(&fixture);
    fixture.served.advance(45);
    until("the first counts", || overdue(&broke) == 45);
    until("the second counts", || overdue(&unpaid) == 45);
    assert_eq!(periods(&fixture), 0);
    // and neither does when somebody else has ended it
    let other = Running::start(fixture.served.url(), key(&fixture, 1), &arguments[..2]);
    other.wait("cranked", 1);
    until("the first is at peace", || overdue(&broke) == 0);
    until("the second is at peace", || overdue(&unpaid) == 0);
}
