//! What a proposal does from start to end: no value in force moves faster than the slew limits
//! that held before it, whatever its actions are and in whichever order.

use super::*;

/// A bias and a minimum just below the maximum, by two actions.
fn raised_minimum(economy: &Economy, parameter: Parameter, max_ppm: i64) -> Vec<Action> {
    let config = economy.controllers[parameter.index()].config();
    let expected = OutputLimits {
        min_ppm: config.min,
        max_ppm: config.max,
    };
    let widened = OutputLimits {
        max_ppm,
        ..expected
    };
    let value = OutputLimits {
        min_ppm: max_ppm - 1,
        max_ppm,
    };
    let limits = |expected, value| Action::Limits {
        parameter,
        expected,
        value,
    };
    let mut actions = vec![
        Action::Tune {
            parameter,
            field: Tunable::Bias,
            expected_q48: config.bias.to.to_bits(),
            value_q48: q48((max_ppm - 1) as f64),
            over_seconds: 0,
        },
        limits(widened, value),
    ];
    if widened != expected {
        actions.insert(0, limits(expected, widened));
    }
    actions
}

/// The same by rewiring.
fn rewired_minimum(economy: &Economy) -> Vec<Action> {
    let config = economy.controllers[0].config();
    vec![Action::Wire {
        parameter: E,
        expected_seq: economy.controllers[0].config_seq,
        settings: ControllerSettings {
            min_ppm: config.max - 1,
            ..wiring(economy, (config.max - 1) as f64)
        },
    }]
}

#[tokio::test]
async fn n9_a_raised_minimum_leads_up_by_the_slew_limit() {
    let fee = Parameter::Fee;
    type Make = fn(&Economy) -> Vec<Action>;
    let attacks: [(&str, Parameter, Make, Class); 4] = [
        (
            "bias and minimum to just below the maximum",
            E,
            |economy| raised_minimum(economy, E, 200_000),
            Class::Standard,
        ),
        (
            "the same under a maximum that is raised first",
            E,
            |economy| raised_minimum(economy, E, 450_000),
            Class::Critical,
        ),
        ("the same by rewiring", E, rewired_minimum, Class::Critical),
        (
            "the same of the fee",
            fee,
            |economy| raised_minimum(economy, Parameter::Fee, 10_000),
            Class::Standard,
        ),
    ];
    for (what, parameter, attack, class) in attacks {
        // Given an economy that has lived, and a proposal that demands a jump,
        let mut world = lived_in().await;
        let economy = world.economy().await;
        let index = world.queue(attack(&economy)).await.unwrap();
        assert_eq!(world.proposal(index).await.class, class as u8, "{what}");
        ripen(&mut world, index).await;
        let before = world.economy().await;
        let slew = before.controllers[parameter.index()].config.slew_up;

        // when it is executed, then nothing moves in that second nor in any until the crank,
        world.execute(index).await.unwrap();
        let mut value = before.value(parameter);
        assert_eq!(world.economy().await.value(parameter), value, "{what}");
        for _ in 0..3 {
            // and at each crank no more than the slew limit that was in force before.
            world.next_period().await.unwrap();
            let now = world.economy().await.value(parameter);
            assert!(now > value, "{what}: it moves");
            assert!(now - value <= slew, "{what}: {value} -> {now}");
            value = now;
        }
        assert_sound(&mut world).await;
    }
}

#[tokio::test]
async fn n9_a_faster_slew_limit_stands_alone_and_waits_the_longest() {
    let mut world = lived_in().await;
    let economy = world.economy().await;
    let config = economy.controllers[0].config();
    let old = SlewLimits {
        up_ppm: config.slew_up,
        down_ppm: config.slew_down,
    };
    let slew = |expected, value| Action::Slew {
        parameter: E,
        expected,
        value,
    };
    let faster = SlewLimits {
        up_ppm: Some(20_001),
        ..old
    };
    let slower = SlewLimits {
        up_ppm: Some(5_000),
        ..old
    };
    let manual = Action::Mode {
        parameter: E,
        expected_ppm: None,
        value_ppm: Some(config.max),
    };
    let seq = economy.controllers[0].config_seq;
    let wire = |up, seq| Action::Wire {
        parameter: E,
        expected_seq: seq,
        settings: ControllerSettings {
            slew_up_ppm: up,
            ..wiring(&economy, 60_000.0)
        },
    };
    // Faster with anything else of the same controller, in either order and by rewiring,
    use HomeostatError::{InvalidParameter, SlewNotAlone};
    let (up, unlimited) = (
        faster.up_ppm,
        SlewLimits {
            up_ppm: None,
            ..old
        },
    );
    for (what, actions, error) in [
        (
            "faster, then by hand",
            vec![slew(old, faster), manual.clone()],
            SlewNotAlone,
        ),
        (
            "by hand, then faster",
            vec![manual.clone(), slew(old, faster)],
            SlewNotAlone,
        ),
        (
            "unlimited, then by hand",
            vec![slew(old, unlimited), manual],
            SlewNotAlone,
        ),
        (
            "slower, then faster",
            vec![slew(old, slower), slew(slower, faster)],
            SlewNotAlone,
        ),
        ("rewired faster", vec![wire(up, seq)], SlewNotAlone),
        ("rewired without limit", vec![wire(None, seq)], SlewNotAlone),
        (
            "faster, then rewired alike",
            vec![slew(old, faster), wire(up, seq + 1)],
            SlewNotAlone,
        ),
        // and no limit at all, which a Draft may have.
        ("unlimited", vec![slew(old, unlimited)], InvalidParameter),
    ] {
        not_proposed(&mut world, what, actions, error).await;
    }
    // By itself it is Critical, and so it is beside another controller's.
    let other = Action::Mode {
        parameter: Parameter::Fee,
        expected_ppm: None,
        value_ppm: Some(5_000),
    };
    for actions in [vec![slew(old, faster)], vec![other, slew(old, faster)]] {
        assert_eq!(class_of(&mut world, actions).await, Class::Critical as u8);
    }
    // What was saved up under the old limit is all that the first crank may use.
    let index = world.queue(vec![slew(old, faster)]).await.unwrap();
    ripen(&mut world, index).await;
    let before = world.economy().await.value(E);
    world.execute(index).await.unwrap();
    assert_eq!(world.economy().await.value(E), before);
    world.next_period().await.unwrap();
    let after = world.economy().await.value(E);
    assert!(after.abs_diff(before) <= 20_001, "{before} -> {after}");
}

#[tokio::test]
async fn v1_what_tightens_takes_effect_at_once_and_a_lower_maximum_waits() {
    // Given a controller that moves too fast, and an advisor who may do too much,
    let mut world = World::new().await;
    let config = world.economy().await.controllers[0].config();
    let none = AdviceRange {
        setpoint_q48: 0,
        bias_q48: 0,
    };
    let range = AdviceRange {
        setpoint_q48: q48(0.05),
        bias_q48: q48(1_000.0),
    };
    let advice = |expected, value| Action::AdviceRange {
        parameter: E,
        expected,
        value,
    };
    let began = world.bank.now();
    world.enact(vec![advice(none, range)]).await.unwrap();
    let standard = i64::from(world.council().await.delays.standard);
    assert_eq!(world.bank.now(), began + standard, "a wider range waits");

    // when the threshold makes it slower and takes from the advisor,
    let slew = Action::Slew {
        parameter: E,
        expected: SlewLimits {
            up_ppm: config.slew_up,
            down_ppm: config.slew_down,
        },
        value: SlewLimits {
            up_ppm: Some(1_000),
            down_ppm: config.slew_down,
        },
    };
    let narrower = AdviceRange {
        setpoint_q48: q48(0.04),
        ..range
    };
    let began = world.bank.now();
    world
        .enact(vec![slew, advice(range, narrower)])
        .await
        .unwrap();
    // then it is so in that second, and a lower maximum waits as ever,
    assert_eq!(world.bank.now(), began);
    let controller = world.economy().await.controllers[0];
    assert_eq!(controller.config.slew_up, 1_000);
    assert_eq!(
        controller.envelope.advice_setpoint.get().to_bits(),
        q48(0.04)
    );
    let upto = |max_ppm| OutputLimits {
        max_ppm,
        ..EMISSION_LIMITS
    };
    let lower = emission_limits(EMISSION_LIMITS, upto(150_000));
    let class = class_of(&mut world, vec![lower.clone()]).await;
    assert_eq!(class, Class::Standard as u8);
    // as does what narrows beside something that waits, or only after it was widened.
    let mixed = vec![advice(narrower, none), critical().remove(0)];
    assert_eq!(class_of(&mut world, mixed).await, Class::Critical as u8);
    let there_and_back = vec![lower, emission_limits(upto(150_000), upto(180_000))];
    assert_eq!(
        class_of(&mut world, there_and_back).await,
        Class::Standard as u8
    );
    let wider = vec![advice(narrower, none), advice(none, range)];
    assert_eq!(class_of(&mut world, wider).await, Class::Standard as u8);
}

/// Given a feed-forward, when it is changed, then it waits like a bias as long as its limit does
/// not widen, and the longest where that widens, by whichever action.
#[tokio::test]
async fn success_a_feed_forward_is_graded_by_how_far_it_reaches() {
    let mut world = whole().await;
    let change = |expected, value| Action::FeedForward {
        parameter: E,
        expected,
        value,
    };
    let none = feed_forward(0.0, 0.0);
    let first = feed_forward(50_000.0, 4_000.0);
    let turned_on = class_of(&mut world, vec![change(none, first)]).await;
    assert_eq!(turned_on, Class::Critical as u8);
    world.enact(vec![change(none, first)]).await.unwrap();
    for (value, class) in [
        (feed_forward(-900_000.0, 4_000.0), Class::Standard),
        (feed_forward(50_000.0, 3_999.0), Class::Standard),
        (feed_forward(0.0, 0.0), Class::Standard),
        (feed_forward(1.0, 4_000.5), Class::Critical),
    ] {
        let graded = class_of(&mut world, vec![change(first, value)]).await;
        assert_eq!(graded, class as u8, "{value:?}");
    }
    // Wider and narrower again is as narrow as before.
    let wide = feed_forward(1.0, 9_000.0);
    let back = vec![
        change(first, wide),
        change(wide, feed_forward(1.0, 4_000.0)),
    ];
    assert_eq!(class_of(&mut world, back).await, Class::Standard as u8);
}

/// Given a setpoint that is a multiple of a mean, whose unit is not that of the scale, when it is
/// tuned, then a tenth of the setpoint itself is what comes at short notice.
#[tokio::test]
async fn success_a_multiple_is_routine_within_a_tenth_of_itself() {
    let mut world = whole().await;
    let economy = world.economy().await;
    let usual = wiring(&economy, 60_000.0);
    let wire = Action::Wire {
        parameter: E,
        expected_seq: economy.controllers[0].config_seq,
        settings: ControllerSettings {
            wiring: Wiring {
                reference: homeostat_client::Reference::Average,
                ..usual.wiring
            },
            setpoint_q48: q48(0.5),
            scale_q48: q48(20.0),
            average_half_life: 8 * 604_800,
            ..usual
        },
    };
    world.enact(vec![wire]).await.unwrap();
    for (to, class) in [
        (0.549, Class::Routine),
        (0.451, Class::Routine),
        // A tenth of the scale would be 2.
        (0.56, Class::Standard),
        (1.5, Class::Standard),
    ] {
        let tune = tune_bits(Tunable::Setpoint, q48(0.5), q48(to));
        assert_eq!(class_of(&mut world, vec![tune]).await, class as u8, "{to}");
    }
}
