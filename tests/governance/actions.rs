//! Every action: it takes effect as announced, within its range, its class and its step.

use homeostat_client::Class;
use homeostat_tests::{attack, HomeostatError};

use super::*;

/// Refused when proposed, with nothing changed.
async fn not_proposed(world: &mut World, what: &str, actions: Vec<Action>, error: HomeostatError) {
    let member = member(world, 0);
    let propose = proposing(world, &member, actions).await;
    attack(world, what, &[propose], &[&member], error).await;
}

fn emission_limits(expected: OutputLimits, value: OutputLimits) -> Action {
    Action::Limits {
        parameter: Parameter::Emission,
        expected,
        value,
    }
}

#[tokio::test]
async fn g6_one_proposal_widens_a_limit_by_one_step() {
    let mut world = World::new().await;
    let upto = |max_ppm| OutputLimits {
        max_ppm,
        ..EMISSION_LIMITS
    };
    // A quarter of the ceiling, 25 points, and a ppm more.
    let error = HomeostatError::StepTooLarge;
    let far = vec![emission_limits(EMISSION_LIMITS, upto(450_001))];
    not_proposed(&mut world, "too far", far, error).await;
    // Nor in two steps at once.
    let twice = vec![
        emission_limits(EMISSION_LIMITS, upto(450_000)),
        emission_limits(upto(450_000), upto(700_000)),
    ];
    not_proposed(&mut world, "in two steps", twice, error).await;
    let step = vec![emission_limits(EMISSION_LIMITS, upto(450_000))];
    let index = world.queue(step).await.unwrap();
    assert_eq!(world.proposal(index).await.class, Class::Critical as u8);
    ripen(&mut world, index).await;
    world.execute(index).await.unwrap();
    assert_eq!(world.economy().await.controllers[0].config.max, 450_000);
}
