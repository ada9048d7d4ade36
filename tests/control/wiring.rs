//! What a controller follows beside its own measurement: the signal of its feed-forward and
//! what its setpoint is a multiple of; and the two loops that this is there to close.

use homeostat_client::{GuardSettings, Reference, Signal};
use homeostat_sandbox::Bank;

use super::*;

const ONE: i128 = 1 << 48;

/// A controller that keeps its bias: no gain, and the slew limits and limits of nobody.
fn resting(parameter: Parameter) -> ControllerSettings {
    let usual = homeostat::state::defaults::config(parameter, WEEK as u32);
    ControllerSettings {
        kp_q48: 0,
        ki_q48: 0,
        ..ControllerSettings::new(homeostat::state::defaults::wiring(parameter), &usual)
    }
}

/// A burn share that shall burn a tenth of what is emitted, and knows how much that is of the
/// fees: u = 0.10 x emitted / fees, and an integral for what is left.
fn burn_a_tenth() -> ControllerSettings {
    ControllerSettings {
        wiring: Wiring {
            metric: Metric::BurnedOverEmitted,
            feed_forward: Some(Signal::Metric(Metric::EmittedOverFees)),
            reference: Reference::Absolute,
        },
        direction: Direction::Reverse,
        setpoint_q48: ONE / 10,
        scale_q48: ONE / 10,
        bias_q48: 0,
        ki_q48: 500 * ONE,
        kf_q48: 100_000 * ONE,
        w_ref_q48: 0,
        f_max_q48: 900_000 * ONE,
        slew_up_ppm: None,
        slew_down_ppm: None,
        ..resting(Parameter::Burn)
    }
}

/// A fee that answers to utilisation as a multiple of its own mean of about three months.
fn fee_of_the_unusual() -> ControllerSettings {
    ControllerSettings {
        wiring: Wiring {
            reference: Reference::Average,
            ..Wiring::of(Metric::Utilisation)
        },
        setpoint_q48: ONE,
        average_half_life: 4 * WEEK as u64,
        kp_q48: 3_000 * ONE,
        ..resting(Parameter::Fee)
    }
}

/// A world with these controllers, the others at rest and without guards, and 600 of 1,000
/// million tokens staked.
async fn wired(controllers: Vec<(Parameter, ControllerSettings)>) -> (World, Wallet) {
    let others = Parameter::ALL
        .into_iter()
        .filter(|other| controllers.iter().all(|(parameter, _)| parameter != other))
        .map(|other| (other, resting(other)));
    let mut world = watched(&WorldSpec {
        controllers: others.chain(controllers.clone()).collect(),
        draft: true,
        ..WorldSpec::default()
    })
    .await;
    for parameter in Parameter::ALL {
        let usual = homeostat::state::defaults::guard(parameter, WEEK as u32);
        let settings = GuardSettings {
            enabled: false,
            ..GuardSettings::new(&usual)
        };
        let guard = Setting::Guard {
            parameter,
            settings,
        };
        world.configure(guard).await.unwrap();
    }
    world.hand_over_mint(Funding::Mint).await;
    world.go_live().await.unwrap();
    world.staker(600_000_000 * TOKEN).await;
    let payer = world.wallet(390_000_000 * TOKEN).await;
    (world, payer)
}

/// A world whose events are kept, so that its log can be proved from genesis.
async fn watched(spec: &WorldSpec) -> World {
    let mut bank = Bank::start().await;
    bank.watch();
    World::build_on(bank, spec).await
}

/// One week in which `millions` of tokens are paid at its begin; what the crank decided.
async fn week(world: &mut World, payer: &Wallet, millions: u64) -> [DecisionRecord; 4] {
    if millions > 0 {
        // Who was paid pays: the money goes round.
        world
            .bank
            .set_balance(&payer.tokens, 390_000_000 * TOKEN)
            .await;
        pay_through(world, 0, payer, millions * 1_000_000 * TOKEN).await;
    }
    world.next_period().await.unwrap();
    let [e, f, b, l] = last_decisions(world).await;
    // Preview, log and account say the same as the law does again from the record alone.
    for record in [e, f, b, l] {
        let controller = world.economy().await.controllers[usize::from(record.parameter)];
        let input = chain::input(&record);
        assert_eq!(
            StoredDecision::from(&controller.state().last),
            controller.last
        );
        assert_eq!(input.y, record.sample());
        assert_eq!(controller.at_limit, record.at_limit);
    }
    [e, f, b, l]
}

async fn proven(world: &mut World) {
    let (at, economy) = (world.at, world.economy().await);
    let data = world.bank.data(&at.log).await.unwrap();
    let history = world.bank.history().unwrap().clone();
    let proof = homeostat_client::verify::verify_log(&data, &economy, Some(&history)).unwrap();
    assert_eq!(proof.decisions, proof.recomputed);
    assert!(proof.decisions > 0);
}

/// Given a burn share that knows emission over fees, when demand triples, then after one
/// period it burns a tenth of the emission again, whether or not anybody collects.
#[tokio::test]
async fn success_burns_over_emission_close_within_a_period_after_a_step_of_demand() {
    let (mut world, payer) = wired(vec![(Parameter::Burn, burn_a_tenth())]).await;
    let tenth = |record: &DecisionRecord| (record.y.get().to_num::<f64>() - 0.10).abs() < 0.003;
    let mut measured = Vec::new();
    for millions in [50, 50, 50, 150, 150, 150, 60, 60] {
        let [_, _, burn, _] = week(&mut world, &payer, millions).await;
        measured.push((millions, tenth(&burn), burn.u));
    }
    // The first week has no fees before it; a step is seen in its own week, and closed in the
    // next.
    let closed: Vec<bool> = measured.iter().map(|(_, tenth, _)| *tenth).collect();
    assert_eq!(
        closed,
        [false, true, true, false, true, true, false, true],
        "{measured:?}"
    );
    let u = |index: usize| measured[index].2 as f64;
    assert!((u(2) / u(4) - 3.0).abs() < 0.1, "{measured:?}");
    proven(&mut world).await;
}

/// Given a fee against the economy's own usual demand, when demand triples for good, then the
/// fee rises at once, and is back at its bias when that demand is the usual one.
#[tokio::test]
async fn success_a_fee_against_its_own_average_returns_to_its_bias() {
    let (mut world, payer) = wired(vec![(Parameter::Fee, fee_of_the_unusual())]).await;
    let mut fees = Vec::new();
    for period in 0..44 {
        let millions = if period < 4 { 10 } else { 30 };
        let [_, fee, _, _] = week(&mut world, &payer, millions).await;
        fees.push(fee.u);
    }
    assert!(
        fees[..4].iter().all(|fee| (*fee - 3_000).abs() <= 20),
        "{fees:?}"
    );
    assert!(fees[4] >= 3_700, "{fees:?}");
    assert!(fees[4..].iter().all(|fee| (2_980..=10_000).contains(fee)));
    assert!((fees[43] - 3_000).abs() <= 20, "{fees:?}");
    proven(&mut world).await;
}

/// Given the same payments, when they are collected after each of them, after some or never,
/// then what is measured of burns and fees is the same, also where the burn cap blocks some.
#[tokio::test]
async fn w4_no_measurement_depends_on_when_somebody_collects() {
    let steady = ControllerSettings {
        bias_q48: 300_000 * ONE,
        ki_q48: 0,
        f_max_q48: 0,
        ..burn_a_tenth()
    };
    let mut told = Vec::new();
    for collects in [0, 1, 3] {
        let (mut world, payer) = wired(vec![(Parameter::Burn, steady)]).await;
        edit(&mut world, |e| e.limits.period_burn_ppm = 30).await;
        let mut weeks = Vec::new();
        for millions in [20, 100, 5, 0, 60] {
            for part in 0..3 {
                if millions > 0 {
                    pay_through(&mut world, 0, &payer, millions * 300_000 * TOKEN).await;
                }
                if part < collects {
                    world.collect(0).await.unwrap();
                }
            }
            world.next_period().await.unwrap();
            let [_, _, burn, _] = last_decisions(&mut world).await;
            let growth = world.economy().await.readings[Metric::NetSupplyGrowth as usize];
            let growth = growth.numerator.get() as f64 / growth.denominator.get() as f64;
            weeks.push((burn, growth));
        }
        told.push(weeks);
    }
    // Emission and burn cap are rates of S, from which burns are taken when they happen: less
    // than two ten-thousandths of it here.
    let near = |one: f64, other: f64| (one - other).abs() <= 2e-4 * other.abs();
    for weeks in &told[1..] {
        for (n, ((one, growth), (other, usual))) in weeks.iter().zip(&told[0]).enumerate() {
            let capped = [1, 4].contains(&n);
            let burned = one.numerator.get();
            if capped {
                assert!(near(burned as f64, other.numerator.get() as f64));
                assert!(near(one.applied as f64, other.applied as f64));
                assert!((1..300_000).contains(&one.applied));
            } else {
                assert_eq!((burned, one.applied), (other.numerator.get(), NOT_CAPPED));
                assert_eq!(other.applied, NOT_CAPPED);
            }
            assert_eq!(burned > 0, n != 3);
            // Fees are counted when they are paid.
            assert_eq!(one.w_denominator, other.w_denominator);
            assert!(near(*growth, *usual), "week {n}: {growth} {usual}");
        }
    }
}

/// Given fees that stop, when the ratio has no denominator, then the feed-forward keeps its
/// last value; and without emission the burn share is held.
#[tokio::test]
async fn w1_a_missing_signal_holds_its_last_value() {
    let (mut world, payer) = wired(vec![(Parameter::Burn, burn_a_tenth())]).await;
    week(&mut world, &payer, 50).await;
    let [_, _, paid, _] = week(&mut world, &payer, 50).await;
    let [_, _, silent, _] = week(&mut world, &payer, 0).await;
    assert_eq!(silent.w_denominator.get(), 0);
    assert_eq!((silent.f, silent.held), (paid.f, 0));
    assert!(silent.f.get() > Fx::ZERO);
}

/// Given a feed-forward of 5,000 ppm at most, when its reporters say anything at all or fall
/// silent, then the fee is off its bias by that and no further, and moves by its slew limit.
#[tokio::test]
async fn w1_a_manipulated_or_stale_signal_moves_the_output_by_its_limit_and_no_further() {
    let reporter = Keypair::new_from_array([91; 32]);
    let mut world = watched(&WorldSpec {
        feeds: vec![Some(homeostat_client::FeedSettings {
            label: *b"a rival's volume",
            reporters: vec![reporter.pubkey()],
            quorum: 1,
            max_spread_ppm: 50_000,
            max_age: 86_400,
        })],
        controllers: vec![(
            Parameter::Fee,
            ControllerSettings {
                wiring: Wiring {
                    feed_forward: Some(Signal::Metric(Metric::Feed0)),
                    ..homeostat::state::defaults::wiring(Parameter::Fee)
                },
                kf_q48: 100 * ONE,
                w_ref_q48: 10 * ONE,
                f_max_q48: 2_000 * ONE,
                max_age: 3_600,
                min_samples: 1,
                ..resting(Parameter::Fee)
            },
        )],
        ..WorldSpec::default()
    })
    .await;
    let (bias, slew, reach) = (3_000, 1_000, 2_000);
    let mut before = bias;
    let reports = [
        (12.0, 0, 200),
        (1_000_000.0, 0, reach),
        (1_000_000.0, 0, reach),
        // A report that is too old is none: what held goes on.
        (0.001, 3_601, reach),
        (0.001, 3_600, -999),
        (0.001, 0, -999),
    ];
    for (sequence, (value, age, f)) in (1..).zip(reports) {
        let end = world.economy().await.next_end;
        world.bank.set_time(end - age).await;
        let report = ix::Report {
            sequence,
            value_q48: Fx::from_num(value).to_bits(),
            observed_at: end - age,
        };
        world.report(0, &reporter, &report).await.unwrap();
        world.bank.set_time(end).await;
        world.crank().await.unwrap();
        let [_, fee, _, _] = last_decisions(&mut world).await;
        assert!(
            (fee.f.get() - Fx::from_num(f)).abs() <= Fx::ONE,
            "{value}: {}",
            fee.f.get()
        );
        assert!((fee.u - bias).abs() <= reach && (fee.u - before).abs() <= slew);
        before = fee.u;
    }
    proven(&mut world).await;
}

/// Given a setpoint that is a multiple of another output, when that output is nothing, then
/// the target is nothing: the error is one of the absolute scale, and the slew limit holds.
#[tokio::test]
async fn w2_a_reference_of_zero_or_none_moves_nothing_beyond_slew_and_limits() {
    let liquidity = ControllerSettings {
        min_ppm: 0,
        bias_q48: 0,
        ..resting(Parameter::Liquidity)
    };
    let emission = |signal| ControllerSettings {
        wiring: Wiring {
            reference: Reference::Given(signal),
            ..Wiring::of(Metric::StakedShare)
        },
        setpoint_q48: ONE,
        kp_q48: 1_000_000 * ONE,
        ki_q48: 100_000 * ONE,
        ..resting(Parameter::Emission)
    };
    for (signal, missing) in [
        (Signal::Output(Parameter::Liquidity), false),
        (Signal::Metric(Metric::EmittedOverFees), true),
    ] {
        let (mut world, payer) = wired(vec![
            (Parameter::Emission, emission(signal)),
            (Parameter::Liquidity, liquidity),
        ])
        .await;
        let mut before = 60_000;
        for _ in 0..8 {
            let [decided, ..] = week(&mut world, &payer, 0).await;
            assert!((before - decided.u).abs() <= EMISSION_SLEW);
            assert!((10_000..=200_000).contains(&decided.u));
            if missing {
                let reason = HoldReason::NoReference as u8;
                assert_eq!((decided.held, decided.u), (reason, before));
            } else {
                assert_eq!((decided.held, decided.r.get()), (0, Fx::ZERO));
            }
            before = decided.u;
        }
        proven(&mut world).await;
    }
}

/// Given two controllers that follow each other's output as strongly as they can, when they
/// run, then each gets the value of the other from before the step, both stay in their limits,
/// and no crank fails.
#[tokio::test]
async fn w3_two_controllers_that_follow_each_other_stay_bounded() {
    let follows = |parameter: Parameter, other: Parameter, kf: i128| ControllerSettings {
        wiring: Wiring {
            feed_forward: Some(Signal::Output(other)),
            ..homeostat::state::defaults::wiring(parameter)
        },
        kf_q48: kf * Config::MAX_GAIN.to_bits(),
        f_max_q48: i128::from(parameter.ceiling() - parameter.floor()) * ONE,
        slew_up_ppm: None,
        slew_down_ppm: None,
        ..resting(parameter)
    };
    for (one, other) in [(1, 1), (1, -1), (-1, -1)] {
        let (mut world, payer) = wired(vec![
            (
                Parameter::Emission,
                follows(Parameter::Emission, Parameter::Burn, one),
            ),
            (
                Parameter::Burn,
                follows(Parameter::Burn, Parameter::Emission, other),
            ),
        ])
        .await;
        for _ in 0..10 {
            let values = {
                let economy = world.economy().await;
                Parameter::ALL.map(|parameter| u128::from(economy.value(parameter)))
            };
            let [emission, _, burn, _] = week(&mut world, &payer, 10).await;
            assert_eq!(
                (emission.w_numerator.get(), emission.w_denominator.get()),
                (values[2], PPM)
            );
            assert_eq!(
                (burn.w_numerator.get(), burn.w_denominator.get()),
                (values[0], PPM)
            );
            assert!((10_000..=200_000).contains(&emission.u));
            assert!((0..=900_000).contains(&burn.u));
        }
        proven(&mut world).await;
    }
}

/// Given an output that rests at a limit, when its law wants further, then account, record and
/// event count the periods, and the count begins anew once it is away from there.
#[tokio::test]
async fn success_periods_at_a_limit_are_counted_and_told() {
    // A target that no staking can reach.
    let emission = ControllerSettings {
        kp_q48: 100_000 * ONE,
        ki_q48: 20_000 * ONE,
        slew_up_ppm: None,
        slew_down_ppm: None,
        max_ppm: 80_000,
        setpoint_q48: ONE * 99 / 100,
        ..resting(Parameter::Emission)
    };
    let (mut world, payer) = wired(vec![(Parameter::Emission, emission)]).await;
    for period in 1..=4 {
        let crank = world.crank_ix().await;
        let end = world.economy().await.next_end;
        world.bank.set_time(end).await;
        let events = world.bank.events(&[crank], &[]).await;
        let [Event::Cranked(event)] = &events[..] else {
            panic!("one event tells of it");
        };
        assert_eq!(event.at_limit, [period, 0, 0, 0]);
        let [decided, ..] = week(&mut world, &payer, 0).await;
        assert_eq!((decided.u, decided.at_limit), (80_000, period));
    }
    // A latch says nothing about it, and leaves the count alone.
    edit(&mut world, |e| {
        let now = e.last_crank;
        e.controllers[0].guard_config.enabled = 1;
        homeostat_tests::latch(&mut e.controllers[0], now);
    })
    .await;
    let [latched, ..] = week(&mut world, &payer, 0).await;
    assert_eq!(
        (latched.held, latched.at_limit),
        (HoldReason::Spike as u8, 4)
    );
    edit(&mut world, |e| {
        guards_off(e);
        e.controllers[0].config.setpoint.from = Fx::lit("0.3").into();
        e.controllers[0].config.setpoint.to = Fx::lit("0.3").into();
    })
    .await;
    for _ in 0..3 {
        week(&mut world, &payer, 0).await;
    }
    assert_eq!(world.economy().await.controllers[0].at_limit, 0);
}

/// Given a Draft, when a controller is wired to what makes no loop, then it is refused by name.
#[tokio::test]
async fn i7_wiring_that_makes_no_loop_is_refused() {
    let mut world = World::build(&WorldSpec {
        draft: true,
        ..WorldSpec::default()
    })
    .await;
    let base = burn_a_tenth();
    let wiring = |feed_forward, reference| ControllerSettings {
        wiring: Wiring {
            metric: Metric::BurnedOverEmitted,
            feed_forward,
            reference,
        },
        ..base
    };
    let given = |signal| wiring(None, Reference::Given(signal));
    use Metric::{BurnedOverEmitted, Feed0, LiquidityDepth};
    for (what, settings) in [
        (
            "its own output",
            wiring(Some(Signal::Output(Parameter::Burn)), Reference::Absolute),
        ),
        (
            "a multiple of its own output",
            given(Signal::Output(Parameter::Burn)),
        ),
        (
            "its own metric",
            wiring(Some(Signal::Metric(BurnedOverEmitted)), Reference::Absolute),
        ),
        (
            "a multiple of its own metric",
            given(Signal::Metric(BurnedOverEmitted)),
        ),
        (
            "a feed that is not",
            wiring(Some(Signal::Metric(Feed0)), Reference::Absolute),
        ),
        (
            "a multiple of a feed that is not",
            given(Signal::Metric(Feed0)),
        ),
        (
            "an average without a half-life",
            wiring(None, Reference::Average),
        ),
        (
            "a half-life without an average",
            ControllerSettings {
                average_half_life: 4 * WEEK as u64,
                ..base
            },
        ),
        (
            "a reach beyond the whole range",
            ControllerSettings {
                f_max_q48: 1_000_000 * ONE + 1,
                ..base
            },
        ),
        (
            "a negative multiple",
            ControllerSettings {
                setpoint_q48: -1,
                ..given(Signal::Metric(LiquidityDepth))
            },
        ),
        (
            "more than a thousandfold",
            ControllerSettings {
                setpoint_q48: 1_000 * ONE + 1,
                ..given(Signal::Metric(LiquidityDepth))
            },
        ),
    ] {
        let creator = world.creator.pubkey();
        let setting = Setting::Controller {
            parameter: Parameter::Burn,
            settings,
        };
        let configure = ix::configure(&world.at.economy, &creator, setting);
        let error = HomeostatError::InvalidParameter;
        attack(&mut world, what, &[configure], &[], error).await;
    }
    // A signal that nothing measures yet is one that is missing.
    let settings = wiring(Some(Signal::Metric(LiquidityDepth)), Reference::Absolute);
    let parameter = Parameter::Burn;
    world
        .configure(Setting::Controller {
            parameter,
            settings,
        })
        .await
        .unwrap();
    let stored = world.economy().await.controllers[parameter.index()];
    assert_eq!(stored.wiring().unwrap(), settings.wiring);
    assert_eq!(
        ControllerSettings::new(settings.wiring, &stored.config()),
        settings
    );
}
