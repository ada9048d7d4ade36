//! What lets go of something lets go of what it was meant for, not of what came after.

use homeostat::state::action::AdviceRange;
use homeostat_client::{governance, instruction::Vault, Economy};
use homeostat_tests::{attack, latch, HomeostatError};

use super::*;

async fn pause_pay(world: &mut World, seconds: u32) {
    let guardian = world.guardian.insecure_clone();
    let (section, reason) = (Section::Pay, PauseReason::Exploit);
    let pause = governance::pause(&world.at, &guardian.pubkey(), section, seconds, reason);
    world.send_as(&guardian, pause).await.unwrap();
}

#[tokio::test]
async fn n12_an_unpause_ends_no_later_pause() {
    // given an unpause that was approved in a pause of an hour and never executed
    let mut world = World::new().await;
    pause_pay(&mut world, 3_600).await;
    let unpause = world.unpause(Section::Pay).await;
    let stale = world.queue(vec![unpause]).await.unwrap();
    // when the guardian pauses again six days later
    world.bank.advance(6 * DAY).await;
    pause_pay(&mut world, 3_600).await;
    // then it does not end that pause
    let error = HomeostatError::OldValueChanged;
    let execute = world.execute_ix(stale).await;
    attack(&mut world, "the pause after", &[execute], &[], error).await;
    // nor a pause that was made longer, since more was found
    let unpause = world.unpause(Section::Pay).await;
    let shorter = world.queue(vec![unpause]).await.unwrap();
    pause_pay(&mut world, 7_200).await;
    let execute = world.execute_ix(shorter).await;
    attack(&mut world, "a longer pause", &[execute], &[], error).await;
    // and one that was meant for it does, at once
    let unpause = world.unpause(Section::Pay).await;
    world.enact(vec![unpause]).await.unwrap();
    let now = world.bank.now();
    assert!(!world.economy().await.is_paused(Section::Pay, now));
}

#[tokio::test]
async fn n12_a_release_frees_no_later_latch() {
    // given a latch, and its release, approved and waited for
    let mut world = World::new().await;
    let at = world.at.economy;
    let hold = |since: i64| {
        move |economy: &mut Economy| {
            let controller = &mut economy.controllers[0];
            controller.guard.latched = 0;
            latch(controller, since);
        }
    };
    let first = world.bank.now();
    world.bank.edit(&at, hold(first)).await;
    let release = |expected_since| {
        vec![Action::ResumeController {
            parameter: Parameter::Emission,
            expected_since,
        }]
    };
    let stale = world.queue(release(first)).await.unwrap();
    ripen(&mut world, stale).await;
    // when the guard has let go by itself, and latched again
    world.bank.advance(DAY).await;
    let second = world.bank.now();
    world.bank.edit(&at, hold(second)).await;
    // then the release of the first frees nothing
    let execute = world.execute_ix(stale).await;
    let error = HomeostatError::OldValueChanged;
    attack(&mut world, "the latch after", &[execute], &[], error).await;
    world.enact(release(second)).await.unwrap();
    assert_eq!(world.economy().await.controllers[0].guard.latched, 0);
}

/// Takes a token out of the reward vault, trips the breaker and puts the token back.
async fn trip(world: &mut World) {
    let vault = world.at.reward_vault;
    let held = world.bank.balance(&vault).await;
    world.bank.set_balance(&vault, held - 1).await;
    let economy = world.economy().await;
    let trip = homeostat_client::instruction::trip_breaker(
        &world.at,
        &world.pools,
        &economy,
        Vault::Rewards,
    );
    world.run(&[trip.unwrap()]).await.unwrap();
    world.bank.set_balance(&vault, held).await;
}

#[tokio::test]
async fn n12_a_resumption_ends_no_later_trip() {
    // given two resumptions of one trip, the second with something beside it
    let mut world = World::new().await;
    let staker = world.staker(1_000 * TOKEN).await;
    world.next_period().await.unwrap();
    world.bank.advance(DAY).await;
    world.top_up().await.unwrap();
    drop(staker);
    trip(&mut world).await;
    assert_eq!(world.economy().await.trips, 1);
    let resume = |expected_trip| Action::ResumeEconomy { expected_trip };
    let stale = vec![resume(1), Action::AllowMeters { count: 1 }];
    let stale = world.queue(stale).await.unwrap();
    world.enact(vec![resume(1)]).await.unwrap();
    assert_eq!(world.economy().await.tripped, 0);
    // when a vault is short once more
    trip(&mut world).await;
    // then what was left of the first does not end the second
    ripen(&mut world, stale).await;
    let execute = world.execute_ix(stale).await;
    let error = HomeostatError::OldValueChanged;
    attack(&mut world, "the trip after", &[execute], &[], error).await;
    world.enact(vec![resume(2)]).await.unwrap();
    assert_eq!(world.economy().await.tripped, 0);
}

/// Gives the advisor's role to somebody.
async fn appoint(world: &mut World, new: &Keypair) {
    let expected = world.council().await.advisor.holder.key;
    let offer = Action::Advisor {
        expected,
        seat: seat(new),
    };
    world.enact(vec![offer]).await.unwrap();
    let accept = governance::accept_role(&world.at, &new.pubkey(), RoleKind::Advisor);
    world.send_as(new, accept).await.unwrap();
}

#[tokio::test]
async fn n12_a_dismissal_hits_no_successor() {
    // given an advisor whose dismissal was approved and never executed
    let mut world = World::new().await;
    let (old, new) = (world.bank.fresh_key(), world.bank.fresh_key());
    appoint(&mut world, &old).await;
    let dismissal = world.dismissal().await;
    let stale = world.queue(vec![dismissal]).await.unwrap();
    // when another takes the role
    appoint(&mut world, &new).await;
    // then the dismissal hits nobody
    let execute = world.execute_ix(stale).await;
    let error = HomeostatError::OldValueChanged;
    attack(&mut world, "the successor", &[execute], &[], error).await;
    assert_eq!(world.council().await.advisor.holder.key, new.pubkey());
}

#[tokio::test]
async fn n12_an_offer_that_is_taken_back_leaves_the_advisor_its_advice() {
    // given an advisor with pending advice, and an offer of the role to another
    let mut world = World::new().await;
    let (advisor, other) = (world.bank.fresh_key(), world.bank.fresh_key());
    appoint(&mut world, &advisor).await;
    let none = AdviceRange {
        setpoint_q48: 0,
        bias_q48: 0,
    };
    let range = Action::AdviceRange {
        parameter: Parameter::Emission,
        expected: none,
        value: AdviceRange {
            setpoint_q48: q48(0.05),
            ..none
        },
    };
    let offer = Action::Advisor {
        expected: advisor.pubkey(),
        seat: seat(&other),
    };
    world.enact(vec![range, offer]).await.unwrap();
    let (parameter, field) = (Parameter::Emission, Tunable::Setpoint);
    let key = advisor.pubkey();
    let advise = governance::advise(&world.at, &key, parameter, field, q48(0.61), 0);
    world.send_as(&advisor, advise).await.unwrap();
    // when the offer is taken back
    let back = Action::RevokeAdvisor {
        expected: other.pubkey(),
    };
    world.enact(vec![back]).await.unwrap();
    // then who has the role keeps it, and what it recommended waits on
    let role = world.council().await.advisor;
    assert_eq!(
        (role.holder.key, role.offered.key),
        (key, Pubkey::default())
    );
    assert_eq!(world.economy().await.advice.pending, 1);
    // and nobody is dismissed by the address of nobody
    let member = member(&world, 0);
    let nobody = Action::RevokeAdvisor {
        expected: Pubkey::default(),
    };
    let propose = world.propose_ix(&member, vec![nobody]);
    let error = HomeostatError::OldValueChanged;
    attack(&mut world, "nobody", &[propose], &[&member], error).await;
}

#[tokio::test]
async fn n12_a_removal_hits_no_new_membership() {
    // given two removals of one member, of which one is executed, and the member seated again
    let mut world = World::new().await;
    let leaver = member(&world, 2);
    let removal = world.removal(&leaver.pubkey()).await;
    let also = vec![removal.clone(), Action::AllowMeters { count: 1 }];
    let stale = world.queue(also).await.unwrap();
    let add = Action::AddMember {
        seat: seat(&leaver),
    };
    let again = world.queue(vec![removal, add]).await.unwrap();
    ripen(&mut world, again).await;
    world.execute(again).await.unwrap();
    let accept = governance::accept_role(&world.at, &leaver.pubkey(), RoleKind::Member);
    world.send_as(&leaver, accept).await.unwrap();
    // when the other removal is executed, then it hits nobody
    let execute = world.execute_ix(stale).await;
    let error = HomeostatError::OldValueChanged;
    attack(&mut world, "the new seat", &[execute], &[], error).await;
    assert_eq!(world.council().await.size(), 3);
}
