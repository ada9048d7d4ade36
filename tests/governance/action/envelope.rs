//! The envelope: how far a Routine change may go, and how often.

use super::*;

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

#[tokio::test]
async fn g6_the_envelope_ends_where_it_says() {
    let mut world = World::new().await;
    let config = world.economy().await.controllers[0].config();
    let (routine, standard) = (Class::Routine as u8, Class::Standard as u8);
    let tenth = |whole: Fx| whole.to_bits() / 10;
    let span = Fx::from_num(config.max - config.min);
    for (what, field, whole) in [
        (
            "setpoint: a tenth of the scale",
            Tunable::Setpoint,
            config.scale,
        ),
        ("bias: a tenth of the span", Tunable::Bias, span),
        ("kp: a tenth of itself", Tunable::Kp, config.kp.to),
        ("ki: a tenth of itself", Tunable::Ki, config.ki.to),
        (
            "filter: a tenth of itself",
            Tunable::Filter,
            config.filter.to,
        ),
        (
            "dead-band: a tenth of itself",
            Tunable::DeadBand,
            config.dead_band.to,
        ),
    ] {
        let anchor = field.ramp(&(&config).into()).to.get().to_bits();
        for (sign, way) in [(1, "above"), (-1, "below")] {
            let end = anchor + sign * tenth(whole);
            let at = class_of(&mut world, vec![tune_bits(field, anchor, end)]).await;
            assert_eq!(at, routine, "{what}, {way}, the end itself");
            let beyond = vec![tune_bits(field, anchor, end + sign)];
            assert_eq!(
                class_of(&mut world, beyond).await,
                standard,
                "{what}, {way}"
            );
        }
    }
    // The gravest action is the proposal's class.
    let mixed = vec![setpoint(0.60, 0.61), critical().remove(0)];
    assert_eq!(class_of(&mut world, mixed).await, Class::Critical as u8);
}

#[tokio::test]
async fn g6_small_steps_do_not_move_the_envelope() {
    let mut world = World::new().await;
    world.enact(routine()).await.unwrap();
    // A second small change of the field waits for the next period.
    let again = vec![setpoint(0.62, 0.63)];
    let error = HomeostatError::ChangedThisPeriod;
    not_proposed(&mut world, "twice a period", again.clone(), error).await;
    let twice_at_once = vec![
        tune_bits(Tunable::Bias, q48(60_000.0), q48(61_000.0)),
        tune_bits(Tunable::Bias, q48(61_000.0), q48(62_000.0)),
    ];
    not_proposed(&mut world, "twice at once", twice_at_once, error).await;
    world.next_period().await.unwrap();
    world.enact(again).await.unwrap();
    world.next_period().await.unwrap();
    // However many periods: a tenth of the scale around 0.60, not around 0.63.
    let creeping = class_of(&mut world, vec![setpoint(0.63, 0.67)]).await;
    assert_eq!(creeping, Class::Standard as u8);
    // A Standard change moves it.
    world.enact(vec![setpoint(0.63, 0.70)]).await.unwrap();
    let around = class_of(&mut world, vec![setpoint(0.70, 0.75)]).await;
    assert_eq!(around, Class::Routine as u8);
}

#[tokio::test]
async fn g6_a_second_small_change_in_a_period_is_not_executed_either() {
    // given two small changes of one field queued from the same value
    let mut world = World::new().await;
    let one = world.queue(vec![setpoint(0.60, 0.62)]).await.unwrap();
    let two = world.queue(vec![setpoint(0.60, 0.61)]).await.unwrap();
    ripen(&mut world, two).await;
    world.execute(one).await.unwrap();
    // when the council goes back to that value within the period, by large ones
    let back = vec![setpoint(0.62, 0.90), setpoint(0.90, 0.60)];
    world.enact(back).await.unwrap();
    // then the second is still the second of this period
    let execute = world.execute_ix(two).await;
    let error = HomeostatError::ChangedThisPeriod;
    attack(&mut world, "the second", &[execute], &[], error).await;
    world.next_period().await.unwrap();
    world.execute(two).await.unwrap();
}
