//! Changes of a controller in force: bumpless, and limits that act at once.

use super::*;

#[tokio::test]
async fn k4_executed_changes_are_those_of_the_law_and_kick_nothing() {
    let mut first = lived_in().await;
    let economy = first.economy().await;
    let config = economy.controllers[0].config();
    let now_at = |field: Tunable| field.ramp(&(&config).into()).to.get();
    let slew = SlewLimits {
        up_ppm: config.slew_up,
        down_ppm: config.slew_down,
    };
    let ramped = |field: Tunable, value: f64| {
        let value = Fx::from_num(value);
        let action = tune_bits(field, now_at(field).to_bits(), value.to_bits());
        (action, field.change(value, 0))
    };
    let cases: Vec<(&str, (Action, Change))> = vec![
        ("kp", ramped(Tunable::Kp, 200_000.0)),
        ("ki", ramped(Tunable::Ki, 60_000.0)),
        ("kd", ramped(Tunable::Kd, 50_000.0)),
        ("filter", ramped(Tunable::Filter, 3.0)),
        ("dead-band", ramped(Tunable::DeadBand, 0.2)),
        ("setpoint", ramped(Tunable::Setpoint, 0.3)),
        ("bias", ramped(Tunable::Bias, 100_000.0)),
        (
            "half-life",
            (
                Action::HalfLife {
                    parameter: E,
                    expected: 0,
                    value: 26 * 604_800,
                },
                Change::HalfLife(26 * 604_800),
            ),
        ),
        (
            "slew",
            (
                Action::Slew {
                    parameter: E,
                    expected: slew,
                    value: SlewLimits {
                        up_ppm: Some(500),
                        down_ppm: Some(500),
                    },
                },
                Change::Slew {
                    up: Some(500),
                    down: Some(500),
                },
            ),
        ),
        (
            "mode",
            (
                Action::Mode {
                    parameter: E,
                    expected_ppm: None,
                    value_ppm: Some(20_000),
                },
                Change::Mode(Mode::Manual(20_000)),
            ),
        ),
        (
            "limits",
            (
                emission_limits(
                    EMISSION_LIMITS,
                    OutputLimits {
                        max_ppm: 65_000,
                        ..EMISSION_LIMITS
                    },
                ),
                Change::Limits {
                    min: 10_000,
                    max: 65_000,
                },
            ),
        ),
    ];
    for (what, (action, by)) in cases {
        let mut world = lived_in().await;
        let index = world.queue(vec![action]).await.unwrap();
        ripen(&mut world, index).await;
        let before = world.economy().await.controllers[0];
        world.execute(index).await.unwrap();
        let after = world.economy().await.controllers[0];
        // Config and memory are what the law's own change makes of them.
        let now = world.bank.now();
        let (config, state) = change(&before.config(), &before.state(), &by, now).unwrap();
        assert_eq!(after.config(), config, "{what}");
        assert_eq!(after.state(), state, "{what}");
        assert_eq!(after.config_seq, before.config_seq + 1, "{what}");
        // And the next decision moves by a period's slew at most.
        world.next_period().await.unwrap();
        let next = world.economy().await.controllers[0];
        let moved = (next.state.u - after.state.u).unsigned_abs();
        let most = config.slew_up.unwrap_or(u64::MAX);
        assert!(moved <= most, "{what}: {moved} of {most}");
    }
}

#[tokio::test]
async fn k4_rewiring_primes_the_law_at_the_present_value() {
    let mut world = lived_in().await;
    let economy = world.economy().await;
    let settings = wiring(&economy, 90_000.0);
    let wire = Action::Wire {
        parameter: E,
        expected_seq: 0,
        settings,
    };
    let index = world.queue(vec![wire]).await.unwrap();
    ripen(&mut world, index).await;
    let before = world.economy().await.controllers[0];
    world.execute(index).await.unwrap();
    let after = world.economy().await.controllers[0];
    let expected = resume(&after.config(), &before.state(), world.bank.now());
    assert_eq!(after.state(), expected);
    assert_eq!(after.state.u, before.state.u);
    world.next_period().await.unwrap();
    let next = world.economy().await.controllers[0];
    let moved = (next.state.u - before.state.u).unsigned_abs();
    assert!(moved <= before.config.slew_up, "{moved}");
}

#[tokio::test]
async fn k7_tightened_limits_act_on_the_next_payment_and_the_next_second() {
    let mut world = World::new().await;
    let staker = world.staker(1_000 * TOKEN).await;
    let payer = world.wallet(100 * TOKEN).await;
    let fee_limits = OutputLimits {
        min_ppm: 500,
        max_ppm: 10_000,
    };
    let lower_fee = [
        Action::Tune {
            parameter: Parameter::Fee,
            field: Tunable::Bias,
            expected_q48: q48(3_000.0),
            value_q48: q48(2_000.0),
            over_seconds: 0,
        },
        Action::Limits {
            parameter: Parameter::Fee,
            expected: fee_limits,
            value: OutputLimits {
                max_ppm: 2_000,
                ..fee_limits
            },
        },
    ];
    let both: Vec<Action> = lower_emission().into_iter().chain(lower_fee).collect();
    let fee = |ppm: u64| 10 * TOKEN * ppm / 1_000_000;
    let index = world.queue(both).await.unwrap();
    ripen(&mut world, index).await;
    let held = world.balance(&staker).await;
    world.pay(&payer, &staker.tokens, 10 * TOKEN).await.unwrap();
    let paid = world.balance(&staker).await - held;
    assert_eq!(paid, 10 * TOKEN - fee(3_000));
    let before = world.economy().await;
    world.execute(index).await.unwrap();

    // The very next payment, and every second from this one on.
    let held = world.balance(&staker).await;
    world.pay(&payer, &staker.tokens, 10 * TOKEN).await.unwrap();
    let paid = world.balance(&staker).await - held;
    assert_eq!(paid, 10 * TOKEN - fee(2_000));
    let after = world.economy().await;
    let per_second = |economy: &Economy| economy.stream.emission_rate().unwrap();
    assert_eq!(per_second(&after) / 2, per_second(&before) / 3);
    assert_eq!(after.value(E), 40_000);
    // Limits that never bound change nothing of that.
    world.next_period().await.unwrap();
    assert!(world.economy().await.value(E) <= 40_000);
}

#[tokio::test]
async fn f3_a_raised_fee_that_lands_first_is_refused_by_the_payer() {
    let mut world = World::new().await;
    let (alice, bob) = (world.wallet(100 * TOKEN).await, world.wallet(0).await);
    let raise = vec![
        Action::Tune {
            parameter: Parameter::Fee,
            field: Tunable::Bias,
            expected_q48: q48(3_000.0),
            value_q48: q48(4_000.0),
            over_seconds: 0,
        },
        Action::Limits {
            parameter: Parameter::Fee,
            expected: OutputLimits {
                min_ppm: 500,
                max_ppm: 10_000,
            },
            value: OutputLimits {
                min_ppm: 4_000,
                max_ppm: 10_000,
            },
        },
    ];
    let index = world.queue(raise).await.unwrap();
    ripen(&mut world, index).await;
    // given a payment that was signed at 30 basis points
    let payment = ix::Payment {
        payer: alice.pubkey(),
        from: alice.tokens,
        to: bob.tokens,
        shard: 0,
        amount: TOKEN,
        max_fee: TOKEN * 3_000 / 1_000_000,
    };
    let pay = ix::pay(&world.at, &world.token_program, &payment);
    // when the proposal is executed, then no fee has changed yet: the minimum lifts it at the
    // next crank, by the slew limit
    world.execute(index).await.unwrap();
    assert_eq!(world.economy().await.value(Parameter::Fee), 3_000);
    // when that crank is put before the payment, in one transaction or in the one before
    let end = world.economy().await.next_end.max(world.bank.now());
    world.bank.set_time(end).await;
    let crank = world.crank_ix().await;
    let error = HomeostatError::FeeAboveMax;
    let sandwich = [crank, pay.clone()];
    attack(&mut world, "sandwich", &sandwich, &[&alice.key], error).await;
    world.crank().await.unwrap();
    assert_eq!(world.economy().await.value(Parameter::Fee), 4_000);
    attack(&mut world, "afterwards", &[pay], &[&alice.key], error).await;
    assert_eq!(world.balance(&alice).await, 100 * TOKEN);
}
