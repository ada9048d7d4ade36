//! The control law inside the program: late cranks, saturation, holds, extreme errors, tightened limits.

use super::*;

#[tokio::test]
async fn k2_a_withheld_crank_gains_nothing() {
    let mut world = World::new().await;
    let live = world.bank.now();
    let staker = world.staker(1_000 * TOKEN).await;
    let rate = per_second(1_000_000_000 * TOKEN, 60_000);
    let until = world.economy().await.stream.emit_until;
    let late = live + 100 * WEEK;
    world.bank.set_time(late).await;

    world.crank().await.unwrap();

    // One step, over at most four periods, by at most one period's slew ...
    let economy = world.economy().await;
    let emission = of(&economy, Parameter::Emission);
    assert_eq!(economy.totals.periods, 1);
    assert_eq!(emission.last.tau.get(), Fx::from_num(4));
    assert!(flags(emission).contains(Flags::GAP));
    assert_eq!((emission.last.from, emission.last.to), (live, late));
    assert_eq!(emission.state.u, 60_000 + EMISSION_SLEW);
    assert_eq!(economy.next_end, late + WEEK / 2);

    // ... and accrual at the old rate, up to `emit_until` and no further.
    let emitted = economy.stream.emitted_at(late).unwrap();
    assert!(until < late);
    assert_eq!(emitted, rate * (until - live) as u128);
    world.claim(&staker).await.unwrap();
    let claimed = u128::from(world.balance(&staker).await);
    assert!((emitted >> 64) - claimed <= 1);
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn k3_a_saturated_controller_leaves_its_limit_at_once() {
    // Given a year in which nobody stakes: emission stands at its highest. The guard,
    // which would hold it there for two periods more, is off.
    let mut world = World::new().await;
    edit(&mut world, guards_off).await;
    for _ in 0..40 {
        world.next_period().await.unwrap();
    }
    let economy = world.economy().await;
    let emission = of(&economy, Parameter::Emission);
    assert_eq!(emission.state.u, emission.config.max);
    assert!(flags(emission).contains(Flags::LIMIT_HIGH));

    // When all stake, the first crank already lowers it, as fast as it may.
    world.staker(950_000_000 * TOKEN).await;
    for periods in 1..=3 {
        world.next_period().await.unwrap();
        let economy = world.economy().await;
        let u = of(&economy, Parameter::Emission).state.u;
        assert_eq!(u, 200_000 - periods * EMISSION_SLEW);
    }
}

#[tokio::test]
async fn k4_no_kick_after_a_pause() {
    let mut world = World::new().await;
    world.staker(600_000_000 * TOKEN).await;
    world.next_period().await.unwrap();
    let before = of(&*world.economy().await, Parameter::Emission).state;

    // While cranks are paused for six weeks, nearly everybody leaves or comes.
    let now = world.bank.now();
    edit(&mut world, |economy| {
        let pause = &mut economy.pauses[Section::Crank as usize];
        (pause.from, pause.until) = (now, now + 6 * WEEK);
    })
    .await;
    world.staker(390_000_000 * TOKEN).await;
    world.bank.advance(5 * WEEK).await;
    refused(world.crank().await, HomeostatError::Paused);
    world.bank.advance(WEEK).await;
    world.crank().await.unwrap();

    let economy = world.economy().await;
    let after = of(&economy, Parameter::Emission);
    assert!(flags(after).contains(Flags::GAP));
    assert_eq!(before.u - after.state.u, EMISSION_SLEW);
    // The integral moved no further than the slew limit allows in that time.
    let moved = after.state.integral.get() - before.integral.get();
    assert!(moved.abs() <= Fx::from_num(4 * EMISSION_SLEW));
}

#[tokio::test]
async fn k4_a_latched_guard_holds_one_controller_and_releases_it_without_a_bump() {
    let mut world = World::new().await;
    world.staker(100_000_000 * TOKEN).await;
    for _ in 0..2 {
        world.next_period().await.unwrap();
    }
    let before = world.economy().await;
    let emission = Parameter::Emission.index();
    let now = world.bank.now();
    edit(&mut world, |economy| {
        homeostat_tests::latch(&mut economy.controllers[emission], now)
    })
    .await;

    // Held: the value and the integral wait, the clock goes on, others step.
    world.next_period().await.unwrap();
    let economy = world.economy().await;
    let controller = &economy.controllers[emission];
    assert_eq!(controller.last.held, HoldReason::Spike as u8);
    assert_eq!(controller.state.u, before.controllers[emission].state.u);
    assert_eq!(
        controller.state.integral,
        before.controllers[emission].state.integral
    );
    assert_eq!(controller.state.last_at, world.bank.now());
    assert!(!held(of(&economy, Parameter::Fee)));
    assert!(!held(of(&economy, Parameter::Burn)));

    // Released: the first sample primes, and u stays where it is.
    let now = world.bank.now();
    edit(&mut world, |economy| {
        economy.controllers[emission].resume_guard(now);
    })
    .await;
    world.next_period().await.unwrap();
    let economy = world.economy().await;
    let released = &economy.controllers[emission];
    assert!(flags(released).contains(Flags::PRIMED));
    assert!(released.state.u.abs_diff(controller.state.u) <= 1);
}

#[tokio::test]
async fn k5_no_error_however_large_leaves_the_limits() {
    let mut world = World::build(&WorldSpec {
        liquidity: vec![1],
        controllers: vec![
            wild(Parameter::Emission, Direction::Reverse),
            wild(Parameter::Fee, Direction::Reverse),
            wild(Parameter::Burn, Direction::Reverse),
            wild(Parameter::Liquidity, Direction::Reverse),
        ],
        ..WorldSpec::default()
    })
    .await;
    // No guard stands between the measurement and the law.
    edit(&mut world, guards_off).await;
    let alice = world.wallet(200_000_000 * TOKEN).await;
    world.staker(TOKEN).await;
    liquidity_staker(&mut world, 1, 1).await;
    for round in 0..6 {
        // A setpoint that jumps from one end of the range to the other.
        let up = round % 2 == 0;
        let setpoint = if up {
            Config::MAX_SIGNAL
        } else {
            -Config::MAX_SIGNAL
        };
        edit(&mut world, |economy| {
            for controller in &mut economy.controllers {
                controller.config.setpoint.from = setpoint.into();
                controller.config.setpoint.to = setpoint.into();
            }
        })
        .await;
        pay_through(&mut world, 0, &alice, 1_000 * TOKEN).await;
        world.collect(0).await.unwrap();

        world.next_period().await.unwrap();

        let economy = world.economy().await;
        for parameter in Parameter::ALL {
            let limit = if up {
                parameter.ceiling()
            } else {
                parameter.floor()
            };
            let controller = of(&economy, parameter);
            assert_eq!(controller.state.u, limit, "{parameter:?} in round {round}");
            assert_eq!(economy.value(parameter), limit.unsigned_abs());
        }
        assert_sound(&mut world).await;
    }

    // A memory that no step has made: the value is kept, and the loop heals.
    edit(&mut world, |economy| {
        for controller in &mut economy.controllers {
            controller.state.integral = Fx::MAX.into();
            controller.last.u0 = Fx::MIN.into();
        }
    })
    .await;
    let before = world.economy().await;
    for _ in 0..3 {
        world.next_period().await.unwrap();
        let economy = world.economy().await;
        for parameter in Parameter::ALL {
            let controller = of(&economy, parameter);
            let range = controller.config.min..=controller.config.max;
            assert!(range.contains(&controller.state.u), "{parameter:?}");
        }
    }
    let economy = world.economy().await;
    assert_eq!(economy.totals.periods, before.totals.periods + 3);
    assert!(economy
        .controllers
        .iter()
        .all(|controller| !held(controller)));
}

#[tokio::test]
async fn k7_limits_tightened_below_the_output_act_at_once() {
    let mut world = World::new().await;
    let alice = world.wallet(10_000 * TOKEN).await;
    let live = world.bank.now();
    let rate = per_second(1_000_000_000 * TOKEN, 60_000);
    edit(&mut world, |economy| {
        economy.controllers[Parameter::Fee.index()].config.max = 700;
        economy.controllers[Parameter::Burn.index()].config.max = 100_000;
        economy.controllers[Parameter::Emission.index()].config.max = 15_000;
    })
    .await;

    // The next payment already pays the lower fee and burns the lower share.
    pay_through(&mut world, 0, &alice, 1_000 * TOKEN).await;
    let meter = world.meter(0).await;
    assert_eq!(meter.fees.get(), u128::from(TOKEN * 7 / 10));
    assert_eq!(meter.pending_burn, TOKEN * 7 / 100);

    // What streams keeps its rate until the crank, which repairs u whatever the slew.
    world.next_period().await.unwrap();
    let economy = world.economy().await;
    assert_eq!(
        economy.stream.emitted_at(world.bank.now()).unwrap(),
        rate * (world.bank.now() - live) as u128
    );
    assert_eq!(of(&economy, Parameter::Fee).state.u, 700);
    assert_eq!(of(&economy, Parameter::Burn).state.u, 100_000);
    assert_eq!(of(&economy, Parameter::Emission).state.u, 15_000);
    assert_eq!(
        economy.stream.emission_rate().unwrap(),
        per_second(economy.totals.supply, 15_000)
    );
}
