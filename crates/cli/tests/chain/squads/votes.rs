//! The member who stores something approves it, unless it may not or does not want to.

use homeostat_chain::squads::accounts::{Proposal, Status};
use homeostat_chain::squads::layout;

use super::{split, House};
use crate::common::Said;

fn done(said: &Said) {
    assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
}

/// What the members think of the transaction with that number.
fn votes(house: &House, number: u64) -> Proposal {
    let data = house.account(layout::proposal(&house.multisig, number));
    Proposal::decode(&data.expect("a vote")).expect("a proposal")
}

#[test]
fn who_stores_a_change_approves_it_and_is_told_how_many_are_missing() {
    // given a multisig of which two must approve
    let house = House::live();
    let own = house.fixture().members[0].pubkey();
    let change = house.file("change.toml", &split("0.4"));
    // when a member stores a change, then its own approval is there, and one is missing
    let said = house.squads(&["propose", &change]);
    done(&said);
    let handed = said.json()["outcome"]["handed_over"].clone();
    assert_eq!(
        (&handed["approvals"], &handed["missing"]),
        (&1.into(), &1.into())
    );
    let seen = votes(&house, 43);
    assert_eq!((seen.status, seen.approved), (Status::Active, vec![own]));
    // and when it stores another one without approving it, then two are
    let other = house.file("other.toml", &split("0.3"));
    let said = house.squads_text(&["propose", &other, "--no-approve"]);
    done(&said);
    let words = "number     44, approved by 0 of 2, 2 more missing, then waits 1 h";
    assert!(said.stdout.contains(words), "{}", said.stdout);
    assert_eq!(votes(&house, 44).approved, []);
    // and when it is tried out, then nothing is stored and nobody votes
    let third = house.file("third.toml", &split("0.1"));
    done(&house.squads(&["propose", &third, "--simulate"]));
    assert_eq!(house.read().transaction_index, 44);
}

#[test]
fn who_may_not_vote_stores_without_an_approval() {
    // given a member who may start transactions, and not vote on them
    let house = House::live();
    house.rights(&[5, 7, 2]);
    let change = house.file("change.toml", &split("0.4"));
    let said = house.squads(&["propose", &change]);
    done(&said);
    let handed = said.json()["outcome"]["handed_over"].clone();
    assert_eq!(
        (&handed["approvals"], &handed["missing"]),
        (&0.into(), &2.into())
    );
    assert_eq!(votes(&house, 43).approved, []);
}
