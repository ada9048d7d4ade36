//! Whose approvals count when a proposal is executed, and what a changed council changes.

use homeostat_client::{governance, Delays};
use homeostat_tests::{attack, HomeostatError};

use super::{support::waits_anew, *};

#[tokio::test]
async fn g11_approvals_of_removed_members_do_not_count() {
    // given a proposal that members 0 and 1 approved, and a long time to execute it
    let mut world = World::build(&WorldSpec {
        delays: Some(Delays {
            grace: 30 * DAY as u32,
            ..Delays::DEFAULT
        }),
        ..WorldSpec::default()
    })
    .await;
    let old = world.queue(standard()).await.unwrap();
    let removed = member(&world, 1);
    let remove = world.removal(&removed.pubkey()).await;
    // when member 1 loses its seat before it is executed
    world.enact(vec![remove]).await.unwrap();

    // then it has one approval
    let error = HomeostatError::ThresholdNotMet;
    let execute = world.execute_ix(old).await;
    attack(&mut world, "removed approver", &[execute], &[], error).await;
    // also when the same key is seated again
    let add = Action::AddMember {
        seat: seat(&removed),
    };
    let seated = world.propose(vec![add]).await.unwrap();
    world.approve(2, seated).await.unwrap();
    ripen(&mut world, seated).await;
    world.execute(seated).await.unwrap();
    let accept = governance::accept_role(&world.at, &removed.pubkey(), RoleKind::Member);
    world.send_as(&removed, accept).await.unwrap();
    let execute = world.execute_ix(old).await;
    attack(&mut world, "seated again", &[execute], &[], error).await;
    // until it approves as who it is now, from when on the whole delay passes again
    world.approve_as(&removed, old).await.unwrap();
    waits_anew(&mut world, old).await;
}

#[tokio::test]
async fn g11_a_higher_threshold_counts_for_what_is_queued() {
    let mut world = World::new().await;
    let raise = Action::Threshold {
        expected: 2,
        value: 3,
    };
    let raising = world.queue(vec![raise]).await.unwrap();
    let old = world.queue(critical()).await.unwrap();
    ripen(&mut world, old).await;
    world.execute(raising).await.unwrap();

    let execute = world.execute_ix(old).await;
    let error = HomeostatError::ThresholdNotMet;
    attack(&mut world, "two of three", &[execute], &[], error).await;
    // The third approval comes after the eta, so it begins another delay.
    world.approve(2, old).await.unwrap();
    waits_anew(&mut world, old).await;
}

#[tokio::test]
async fn g12_a_cut_of_the_delays_shortens_nothing_that_waits() {
    // given long delays, their cut queued, and something Critical queued with it
    let long = Delays {
        routine: 7 * DAY as u32,
        standard: 14 * DAY as u32,
        critical: 30 * DAY as u32,
        grace: 30 * DAY as u32,
        ..Delays::DEFAULT
    };
    let mut world = World::build(&WorldSpec {
        delays: Some(long),
        ..WorldSpec::default()
    })
    .await;
    let short = Delays {
        routine: 6 * HOUR as u32,
        standard: DAY as u32,
        critical: 3 * DAY as u32,
        ..long
    };
    let cut = Action::Delays {
        expected: long,
        value: short,
    };
    let cutting = world.queue(vec![cut]).await.unwrap();
    assert_eq!(
        world.proposal(cutting).await.eta,
        world.bank.now() + 30 * DAY
    );
    world.bank.advance(DAY).await;
    let waiting = world.queue(critical()).await.unwrap();
    let eta = world.proposal(waiting).await.eta;

    // when the cut is executed
    ripen(&mut world, cutting).await;
    world.execute(cutting).await.unwrap();
    assert_eq!(world.council().await.delays, short);

    // then what was queued before keeps its time
    let execute = world.execute_ix(waiting).await;
    let error = HomeostatError::TimelockActive;
    attack(&mut world, "A then B", &[execute], &[], error).await;
    assert_eq!(world.proposal(waiting).await.eta, eta);
    ripen(&mut world, waiting).await;
    world.execute(waiting).await.unwrap();
    // and what is queued from now on has the short one
    let next = world.queue(routine()).await.unwrap();
    assert_eq!(world.proposal(next).await.eta, world.bank.now() + 6 * HOUR);
}

#[tokio::test]
async fn n4_routine_changes_elsewhere_do_not_stale_what_waits() {
    let mut world = World::new().await;
    let waiting = world
        .queue(vec![Action::Limits {
            parameter: Parameter::Emission,
            expected: OutputLimits {
                min_ppm: 10_000,
                max_ppm: 200_000,
            },
            value: OutputLimits {
                min_ppm: 10_000,
                max_ppm: 300_000,
            },
        }])
        .await
        .unwrap();
    // Other fields of the very controller, its measurement, and other controllers.
    world.enact(routine()).await.unwrap();
    world
        .enact(vec![Action::Tune {
            parameter: Parameter::Emission,
            field: Tunable::Kp,
            expected_q48: q48(235_000.0),
            value_q48: q48(246_000.0),
            over_seconds: 0,
        }])
        .await
        .unwrap();
    world
        .enact(vec![Action::Tune {
            parameter: Parameter::Fee,
            field: Tunable::Bias,
            expected_q48: q48(3_000.0),
            value_q48: q48(3_100.0),
            over_seconds: 3_600,
        }])
        .await
        .unwrap();
    ripen(&mut world, waiting).await;
    world.execute(waiting).await.unwrap();
    assert_eq!(world.economy().await.controllers[0].config.max, 300_000);
}
