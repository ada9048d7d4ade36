//! Support that is lost and found: a delay is one of uninterrupted support, under the rules of
//! when the proposal was made.

use homeostat_client::{governance, Delays};
use homeostat_tests::{attack, HomeostatError};

use super::*;

/// Two of three, with time enough to change the council while something waits.
async fn patient() -> World {
    World::build(&WorldSpec {
        delays: Some(Delays {
            grace: 30 * DAY as u32,
            ..Delays::DEFAULT
        }),
        ..WorldSpec::default()
    })
    .await
}

fn threshold(expected: u8, value: u8) -> Action {
    Action::Threshold { expected, value }
}

/// Lets actions pass all stages with every member's approval.
async fn enact_by_all(world: &mut World, actions: Vec<Action>) {
    let id = world.propose(actions).await.unwrap();
    for place in 1..world.members.len() {
        world.approve(place, id).await.unwrap();
    }
    ripen(world, id).await;
    world.execute(id).await.unwrap();
}

/// A proposal that was queued a moment ago waits the whole delay of its class, and is executed
/// then.
pub(super) async fn waits_anew(world: &mut World, id: ProposalId) {
    let proposal = world.proposal(id).await;
    let class = homeostat_client::Class::from_byte(proposal.class).unwrap();
    let eta = world.bank.now() + i64::from(proposal.delays.of(class));
    assert!(proposal.is(ProposalState::Queued));
    assert_eq!((proposal.queued_at, proposal.eta), (world.bank.now(), eta));
    world.bank.set_time(eta - 1).await;
    let execute = world.execute_ix(id).await;
    let error = HomeostatError::TimelockActive;
    attack(world, "at once", &[execute], &[], error).await;
    world.bank.set_time(eta).await;
    world.execute(id).await.unwrap();
}

#[tokio::test]
async fn g34_a_removed_approver_takes_the_delay_along() {
    // given a proposal of two of three, and the removal of one of them
    let mut world = patient().await;
    let old = world.queue(standard()).await.unwrap();
    let leaver = member(&world, 1).pubkey();
    let remove = world.removal(&leaver).await;
    world.enact(vec![remove]).await.unwrap();
    let eta = world.proposal(old).await.eta;
    assert!(world.bank.now() > eta, "it has been due for days");
    // when the missing approval comes after the eta
    world.approve(2, old).await.unwrap();
    // then holders have the whole delay from then on
    waits_anew(&mut world, old).await;
}

#[tokio::test]
async fn g34_a_threshold_lowered_again_begins_the_delay_that_day() {
    // given a proposal of two of three, and a threshold of three for some days
    let mut world = patient().await;
    let old = world.queue(standard()).await.unwrap();
    world.enact(vec![threshold(2, 3)]).await.unwrap();
    let execute = [world.execute_ix(old).await];
    let error = HomeostatError::ThresholdNotMet;
    attack(&mut world, "two of three", &execute, &[], error).await;
    // when the threshold is two again, and nobody has touched the proposal
    enact_by_all(&mut world, vec![threshold(3, 2)]).await;
    let again = world.bank.now();
    let untouched = world.proposal(old).await;
    assert!(untouched.eta < again);
    // then its delay counts from that day on
    let delay = i64::from(Delays::DEFAULT.standard);
    let error = HomeostatError::TimelockActive;
    attack(&mut world, "the old eta", &execute, &[], error).await;
    world.bank.set_time(again + delay - 1).await;
    attack(&mut world, "a second early", &execute, &[], error).await;
    world.bank.set_time(again + delay).await;
    world.execute(old).await.unwrap();
    let done = world.proposal(old).await;
    assert_eq!((done.queued_at, done.eta), (again, again + delay));
}

#[tokio::test]
async fn g34_a_replacement_whose_votes_were_too_few_waits_anew() {
    // given a veto that three of four lifted, one of whom is removed with another, by two who
    // stay: two of two are enough again
    let mut world = World::build(&WorldSpec {
        members: 4,
        threshold: 2,
        delays: Some(Delays {
            grace: 30 * DAY as u32,
            ..Delays::DEFAULT
        }),
        ..WorldSpec::default()
    })
    .await;
    let replace = Action::Guardian {
        expected: world.guardian.pubkey(),
        seat: seat_of(world.bank.fresh_key().pubkey()),
    };
    let lifted = world.queue(vec![replace]).await.unwrap();
    world.veto(lifted).await.unwrap();
    let leaver = member(&world, 2).pubkey();
    let first = world.removal(&leaver).await;
    let first = world.queue(vec![first]).await.unwrap();
    world.bank.advance(HOUR).await;
    for place in [0, 1, 2] {
        let key = member(&world, place);
        world
            .decide(governance::override_veto, &key, lifted)
            .await
            .unwrap();
    }
    let announced = world.proposal(lifted).await.eta;
    // when a removal leaves two votes of three members, which two thirds are,
    ripen(&mut world, first).await;
    world.execute(first).await.unwrap();
    let since = world.bank.now();
    // then those two have been enough only since then
    let execute = [world.execute_ix(lifted).await];
    let error = HomeostatError::TimelockActive;
    world.bank.set_time(announced).await;
    attack(&mut world, "as announced", &execute, &[], error).await;
    world
        .bank
        .set_time(since + i64::from(Delays::DEFAULT.critical))
        .await;
    world.execute(lifted).await.unwrap();
}

#[tokio::test]
async fn n3_a_threshold_that_only_seems_to_move_resets_nothing() {
    // given a proposal that waits, and another that raises and lowers the threshold in one
    let mut world = patient().await;
    let waiting = world.queue(critical()).await.unwrap();
    let before = world.proposal(waiting).await;
    let feint = vec![threshold(2, 3), threshold(3, 2)];
    let feint = world.queue(feint).await.unwrap();
    ripen(&mut world, feint).await;
    world.execute(feint).await.unwrap();
    // then the first is executed when it was announced
    assert_eq!(world.bank.now(), before.eta);
    world.execute(waiting).await.unwrap();
}

#[tokio::test]
async fn n3_a_threshold_within_the_approvals_resets_nothing() {
    // given a proposal that all three approve, under a threshold of two
    let mut world = patient().await;
    let waiting = world.queue(standard()).await.unwrap();
    world.approve(2, waiting).await.unwrap();
    let eta = world.proposal(waiting).await.eta;
    // when the threshold is three for a while and two again
    world.enact(vec![threshold(2, 3)]).await.unwrap();
    enact_by_all(&mut world, vec![threshold(3, 2)]).await;
    // then it has never lost its support
    world.execute(waiting).await.unwrap();
    let done = world.proposal(waiting).await;
    assert_eq!(done.eta, eta);
}

#[tokio::test]
async fn g34_what_lost_its_support_too_long_ago_is_over() {
    // given a proposal that lost its support, and more than the 14 days that it could be open
    let mut world = patient().await;
    let old = world.queue(standard()).await.unwrap();
    world.enact(vec![threshold(2, 3)]).await.unwrap();
    let late = world.proposal(old).await.active_until + 1;
    world.bank.set_time(late).await;
    // when support would come back, then it is late, by approval and by a lower threshold
    let third = member(&world, 2);
    let approve = governance::approve(&world.at, &third.pubkey(), old);
    let error = HomeostatError::ProposalExpired;
    attack(&mut world, "approved late", &[approve], &[&third], error).await;
    enact_by_all(&mut world, vec![threshold(3, 2)]).await;
    let execute = world.execute_ix(old).await;
    attack(&mut world, "lowered late", &[execute], &[], error).await;
    let anybody = world.bank.fresh_key();
    world
        .decide(governance::expire, &anybody, old)
        .await
        .unwrap();
    assert!(world.proposal(old).await.is(ProposalState::Expired));
}

#[tokio::test]
async fn g71_what_a_lower_threshold_queues_late_can_be_vetoed_for_its_whole_delay() {
    // given a proposal that two of three approve, all of whom are needed
    let mut world = council_of(3, 3).await;
    let short = world.propose(standard()).await.unwrap();
    world.approve(1, short).await.unwrap();
    let last = world.proposal(short).await.active_until;
    // when two become enough in the last second in which it is open
    world.bank.advance(5 * DAY).await;
    let lower = world.queue(vec![threshold(3, 2)]).await.unwrap();
    world.bank.set_time(last).await;
    world.execute(lower).await.unwrap();
    // then it waits from that second on, and the guardian who comes a second later stops it
    world.bank.set_time(last + 1).await;
    world.veto(short).await.unwrap();
    assert!(world.proposal(short).await.is(ProposalState::Vetoed));
    world.bank.advance(2 * DAY).await;
    refused(world.execute(short).await, HomeostatError::InvalidState);

    // given one whose grace was over before it lost its support,
    let hour = HOUR as u32;
    let mut world = World::build(&WorldSpec {
        delays: Some(Delays {
            routine: 6 * hour,
            standard: 24 * hour,
            critical: 72 * hour,
            grace: 24 * hour,
            ..Delays::DEFAULT
        }),
        ..WorldSpec::default()
    })
    .await;
    let old = world.queue(routine()).await.unwrap();
    let expired = world.proposal(old).await.expires_at;
    world.enact(vec![threshold(2, 3)]).await.unwrap();
    assert!(world.bank.now() > expired);
    // when support comes back, then it can be vetoed in its fresh delay as well
    enact_by_all(&mut world, vec![threshold(3, 2)]).await;
    world.bank.advance(1).await;
    world.veto(old).await.unwrap();
    assert!(world.proposal(old).await.is(ProposalState::Vetoed));
    world.bank.advance(6 * HOUR).await;
    refused(world.execute(old).await, HomeostatError::InvalidState);
}

#[tokio::test]
async fn g35_what_is_open_keeps_the_rules_it_was_made_under() {
    // given a tenth of the stake as a veto, and a proposal that is one approval short
    let gentle = Delays {
        staker_veto_ppm: 100_000,
        grace: 7 * DAY as u32,
        ..Delays::DEFAULT
    };
    let mut world = World::build(&WorldSpec {
        delays: Some(gentle),
        ..WorldSpec::default()
    })
    .await;
    let tenth = world.staker(10_000_000 * TOKEN).await;
    world.staker(90_000_000 * TOKEN).await;
    world.bank.advance(1).await;
    let (waits, voted) = (standard_no(1), standard_no(2));
    let waits = world.propose(waits).await.unwrap();
    let voted = world.propose(voted).await.unwrap();
    // when a proposal with half the delay and five times the share is executed
    let harsh = Delays {
        standard: DAY as u32,
        grace: DAY as u32,
        staker_veto_ppm: 500_000,
        ..gentle
    };
    let change = Action::Delays {
        expected: gentle,
        value: harsh,
    };
    world.enact(vec![change]).await.unwrap();
    // then what was open keeps delay, grace and share
    world.approve(1, waits).await.unwrap();
    let queued = world.proposal(waits).await;
    assert_eq!(queued.eta, world.bank.now() + i64::from(gentle.standard));
    assert_eq!(queued.expires_at, queued.eta + i64::from(gentle.grace));
    world.approve(1, voted).await.unwrap();
    let payer = world.bank.payer().pubkey();
    let ballot = governance::cast_ballot(&world.at, &tenth.pubkey(), &payer, voted);
    world.send_as(&tenth.key, ballot).await.unwrap();
    assert!(world.proposal(voted).await.is(ProposalState::Vetoed));
    // and what is made from now on has the new ones
    let next = world.queue(standard_no(3)).await.unwrap();
    let ballot = governance::cast_ballot(&world.at, &tenth.pubkey(), &payer, next);
    world.send_as(&tenth.key, ballot).await.unwrap();
    let next = world.proposal(next).await;
    assert!(next.is(ProposalState::Queued));
    assert_eq!(next.eta, world.bank.now() + i64::from(harsh.standard));
}
