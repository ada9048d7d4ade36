//! The guard a second time, in exact rational numbers, and the guard at its
//! worst: random settings, states and samples.

mod common;

use common::exact::{Real, Wide};
use common::random::{cases, garbage};
use common::*;
use homeostat_control::{
    guarded_step, observe, resume, resumed_step, step, Config, Flags, Fx, GuardConfig, GuardFlags,
    GuardState, HoldReason, Input, LatchReason, Mode, Sampling, State,
};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive, Zero};
use proptest::prelude::*;

const REGRESSIONS: &str = "tests/proptest-regressions/guard_model.txt";

fn int(n: impl Into<BigInt>) -> BigRational {
    BigRational::from(n.into())
}

fn part(value: &BigRational, ppm: u32) -> BigRational {
    (value * int(ppm) / int(1_000_000)).floor()
}

/// Rounded to whole numbers, half away from zero.
fn nearest(x: &BigRational) -> BigRational {
    let half = BigRational::new(BigInt::from(1), BigInt::from(2));
    if x.is_negative() {
        -(-x + half).floor()
    } else {
        (x + half).floor()
    }
}

/// One judged or learnt sample of an open, primed guard, from its description.
struct Model {
    score: BigRational,
    sigma: BigRational,
    up: BigRational,
    down: BigRational,
    run: u32,
    finding: Option<LatchReason>,
    /// Mean, deviation and weight afterwards, had the sample been learnt.
    mean: BigRational,
    deviation: BigRational,
    weight: BigRational,
}

fn model(config: &Config, g: &GuardConfig, s: &GuardState, y: Fx, now: i64) -> Model {
    let signal = whole(1_000_000);
    let units = |x: Fx| {
        let x = x.clamp(-signal, signal);
        (BigRational::exactly(x) * int(BigInt::from(1) << 40)).floor()
    };
    let one = int(1);
    let period = int(config.period);
    let w = int((i128::from(now) - i128::from(s.last_at)).min(i128::from(config.period)));
    let y = units(y);
    let floor = part(&units(config.scale), g.floor);
    let sigma = int(s.deviation).max(floor).max(one);
    let bound = part(&sigma, g.limit);
    let off = &y - int(s.mean);
    let score = (&off * int(1_000_000) / &sigma).trunc();

    let warm = s.samples >= g.min_samples;
    let spike = warm && off.abs() > bound;
    let side = |sum: u32, score: BigRational| {
        if !warm || spike {
            return int(sum);
        }
        let share = ((score - int(g.slack)) * &w / &period).trunc();
        (int(sum) + share).max(BigRational::zero())
    };
    let up = side(s.cusum_up, score.clone());
    let down = side(s.cusum_down, -score.clone());
    let drift = warm && (up > int(g.threshold) || down > int(g.threshold));
    let run = if y == int(s.value) {
        u32::from(s.run) + 1
    } else {
        1
    };
    let frozen = config.sampling == Sampling::Point && g.frozen > 0 && run >= u32::from(g.frozen);
    let finding = if spike {
        Some(LatchReason::Spike)
    } else if drift {
        Some(LatchReason::Drift)
    } else if frozen {
        Some(LatchReason::Frozen)
    } else {
        None
    };

    let half_life = int(g.half_life) * &period;
    let constant = (half_life * int(1_442_695) / int(1_000_000)).floor();
    let weight = int(s.weight).min(constant) + &w;
    let fine = int(1_i64 << 38);
    let a = (&w * &fine / &weight).floor() / fine;
    let kept = off.clamp(-bound.clone(), bound);
    let mean = int(s.mean) + nearest(&(&a * &kept));
    let spread = kept.abs() - int(s.deviation);
    let deviation = int(s.deviation) + nearest(&(&a * &spread));
    Model {
        score,
        sigma,
        up,
        down,
        run: run.min(65_535),
        finding,
        mean,
        deviation,
        weight,
    }
}

prop_compose! {
    fn any_guard_config()(
        limit in prop_oneof![
            Just(GuardConfig::MIN_LIMIT), Just(8_000_000), Just(GuardConfig::MAX_LIMIT),
            GuardConfig::MIN_LIMIT..=GuardConfig::MAX_LIMIT,
        ],
        slack in 0.0..1.0_f64,
        threshold in prop_oneof![
            Just(GuardConfig::MIN_THRESHOLD), Just(GuardConfig::MAX_THRESHOLD),
            GuardConfig::MIN_THRESHOLD..=40_000_000,
        ],
        floor in prop_oneof![
            Just(GuardConfig::MIN_FLOOR), Just(GuardConfig::MAX_FLOOR), 1_000..=100_000_u32,
        ],
        half_life in prop_oneof![Just(1), Just(GuardConfig::MAX_HALF_LIFE), 1..=30_u16],
        min_samples in prop_oneof![Just(4), Just(GuardConfig::MAX_MIN_SAMPLES), 4..=20_u16],
        frozen in prop_oneof![Just(0), Just(2), Just(u16::MAX), 2..=6_u16],
        hold_periods in prop_oneof![Just(1), Just(GuardConfig::MAX_HOLD_PERIODS), 1..=4_u16],
        enabled in prop::bool::weighted(0.9),
    ) -> GuardConfig {
        let slack = GuardConfig::MIN_SLACK
            + (f64::from(limit - 1 - GuardConfig::MIN_SLACK) * slack) as u32;
        GuardConfig {
            enabled, limit, slack, threshold, floor, half_life, min_samples, frozen, hold_periods,
        }
    }
}

prop_compose! {
    /// A guard of an ordinary controller, open and primed, and a sample near the
    /// mean, near a bound or anywhere.
    fn watching()(
        guard in any_guard_config(),
        point in any::<bool>(),
        period in prop_oneof![Just(60), Just(604_800), 60..=Config::MAX_PERIOD],
        scale in prop_oneof![Just(Config::MIN_SCALE), Just(whole(1)), Just(whole(1_000_000))],
        mean in prop_oneof![-(2_i64 << 40)..=(2 << 40), -(1_000_000_i64 << 40)..=(1_000_000 << 40)],
        deviation in prop_oneof![Just(0), 0..=1_u64 << 36, 0..=1_u64 << 58],
        sums in (0..=40_000_000_u32, 0..=40_000_000_u32),
        samples in prop_oneof![3 => 0..=30_u16, 1 => Just(u16::MAX)],
        run in prop_oneof![1..=6_u16, Just(u16::MAX - 1), Just(u16::MAX)],
        weight in prop_oneof![0..=20_000_000_u64, Just(0), Just(u64::MAX)],
        dt in prop_oneof![Just(1.0), 0.0..3.0],
        off in prop_oneof![Just(0.0), -3.0..3.0, -200.0..200.0],
        at_bound in prop::option::weighted(0.3, -1_i64..=1),
        repeat in any::<bool>(),
    ) -> (Config, GuardConfig, GuardState, Fx, i64) {
        let config = Config {
            sampling: if point { Sampling::Point } else { Sampling::Mean },
            period,
            scale,
            ..emission()
        };
        let guard = GuardConfig { enabled: true, ..guard };
        let mut state = GuardState {
            mean, deviation,
            last_at: START,
            weight,
            cusum_up: sums.0.min(guard.threshold),
            cusum_down: sums.1.min(guard.threshold),
            samples: samples.max(1),
            run,
            ..GuardState::new(START)
        };
        let floor = scale.to_bits() as f64 / 256.0 * f64::from(guard.floor) / 1e6;
        let sigma = floor.max(deviation as f64);
        let units = match at_bound {
            Some(ulps) => {
                let sigma = deviation.max(
                    ((scale.to_bits() as u128 >> 8) * u128::from(guard.floor) / 1_000_000) as u64,
                ).max(1);
                let bound = u128::from(sigma) * u128::from(guard.limit) / 1_000_000;
                i128::from(mean) + bound as i128 + i128::from(ulps)
            }
            None => i128::from(mean) + (sigma * off) as i128,
        };
        let y = Fx::from_bits(units << 8);
        if repeat {
            state.value = y.clamp(-whole(1_000_000), whole(1_000_000)).to_bits().wrapping_shr(8) as i64;
        }
        let now = START + ((f64::from(period) * dt) as i64).max(1);
        (config, guard, state, y, now)
    }
}

proptest! {
    #![proptest_config(cases(REGRESSIONS, 10_000))]

    #[test]
    fn an_observation_is_the_exact_models((config, guard, state, y, now) in watching()) {
        // given
        prop_assert_eq!(guard.validate(), Ok(()));
        let expected = model(&config, &guard, &state, y, now);

        // when
        let (next, verdict) = observe(&config, &guard, &state, Some(y), now);

        // then
        prop_assert_eq!(verdict.latched, expected.finding);
        prop_assert_eq!(next.latched, expected.finding);
        prop_assert_eq!(int(verdict.score), expected.score);
        prop_assert_eq!(
            BigRational::exactly(verdict.deviation) * int(1_i64 << 40),
            expected.sigma
        );
        prop_assert_eq!(BigRational::exactly(verdict.mean) * int(1_i64 << 40), int(state.mean));
        prop_assert_eq!(int(next.cusum_up), expected.up);
        prop_assert_eq!(int(next.cusum_down), expected.down);
        prop_assert_eq!((verdict.cusum_up, verdict.cusum_down), (next.cusum_up, next.cusum_down));
        prop_assert_eq!(u32::from(next.run), expected.run);
        prop_assert_eq!(next.last_at, now);
        if expected.finding.is_some() {
            prop_assert_eq!(next.latched_since, now);
            prop_assert_eq!(
                (next.mean, next.deviation, next.weight, next.samples, next.value),
                (state.mean, state.deviation, state.weight, state.samples, state.value)
            );
        } else {
            prop_assert_eq!(int(next.mean), expected.mean);
            prop_assert_eq!(int(next.deviation), expected.deviation);
            prop_assert_eq!(int(next.weight), expected.weight);
            prop_assert_eq!(next.samples, state.samples.saturating_add(1));
        }
    }
}

/// The same statistics with 192 fraction bits and no rounding of theirs.
#[test]
fn ten_thousand_observations_stay_within_1e_10_of_unrounded_statistics() {
    for seed in 1..=3 {
        // given
        let mut noise = Noise(seed);
        let config = emission();
        let guard = GuardConfig {
            limit: GuardConfig::MAX_LIMIT,
            threshold: GuardConfig::MAX_THRESHOLD,
            ..GuardConfig::default()
        };
        // whole seconds, as the guard counts them
        let constant = Wide::whole(8 * WEEK * 1_442_695 / 1_000_000);
        let mut state = GuardState::new(START);
        let (mut now, mut mean, mut deviation, mut weight) =
            (START, Wide::whole(0), Wide::whole(0), Wide::whole(0));
        for n in 0..10_000 {
            let dt = noise.between(WEEK / 2, WEEK);
            now += dt;
            let y = fx(0.6 + 0.2 * noise.symmetric());

            // when
            let (next, verdict) = observe(&config, &guard, &state, Some(y), now);
            assert_eq!(verdict.latched, None, "seed {seed}, {n}");
            state = next;
            let w = Wide::whole(dt);
            if n == 0 {
                (mean, weight) = (Wide::exactly(y), w);
                continue;
            }
            weight = weight.least(&constant).plus(&w);
            let a = w.over(&weight);
            let off = Wide::exactly(y).minus(&mean);
            mean = mean.plus(&a.times(&off));
            let spread = off.most(&off.negated()).minus(&deviation);
            deviation = deviation.plus(&a.times(&spread));
        }

        // then
        for (exact, bits) in [(&mean, state.mean), (&deviation, state.deviation as i64)] {
            let guarded = BigRational::new(BigInt::from(bits), BigInt::from(1_i64 << 40));
            let apart = (exact.rational() - guarded).abs().to_f64().unwrap();
            println!("seed {seed}: {apart:e} from the unrounded value");
            assert!(apart < 1e-10, "seed {seed}: {apart}");
        }
    }
}

/// Any bits, of every magnitude.
fn any_bits(noise: &mut Noise) -> u64 {
    match noise.between(0, 9) {
        0 => 0,
        1 => u64::MAX,
        _ => noise.bits() >> noise.between(0, 63),
    }
}

/// A setting in its range, often at an end of it.
fn setting(noise: &mut Noise, low: u32, high: u32) -> u32 {
    match noise.between(0, 5) {
        0 => low,
        1 => high,
        2 => noise.between(low.into(), low.saturating_mul(40).min(high).into()) as u32,
        _ => noise.between(low.into(), high.into()) as u32,
    }
}

fn random_settings(noise: &mut Noise) -> GuardConfig {
    use homeostat_control::GuardConfig as G;
    let limit = setting(noise, G::MIN_LIMIT, G::MAX_LIMIT);
    let mut small = |low: u16, high: u16| setting(noise, low.into(), high.into()) as u16;
    let (half_life, min_samples) = (
        small(1, G::MAX_HALF_LIFE),
        small(G::MIN_MIN_SAMPLES, G::MAX_MIN_SAMPLES),
    );
    let (frozen, hold_periods) = (small(2, u16::MAX), small(1, G::MAX_HOLD_PERIODS));
    GuardConfig {
        enabled: noise.between(0, 9) > 0,
        limit,
        slack: setting(noise, G::MIN_SLACK, limit - 1),
        threshold: setting(noise, G::MIN_THRESHOLD, G::MAX_THRESHOLD),
        floor: setting(noise, G::MIN_FLOOR, G::MAX_FLOOR),
        half_life,
        min_samples,
        frozen: if noise.between(0, 1) == 0 { 0 } else { frozen },
        hold_periods,
    }
}

/// A state nobody made.
fn random_guard(noise: &mut Noise) -> GuardState {
    let time = |noise: &mut Noise| match noise.between(0, 4) {
        0 => noise.bits() as i64,
        _ => START + noise.between(-10_000_000, 10_000_000),
    };
    let few = noise.between(0, 30) as u16;
    GuardState {
        mean: any_bits(noise) as i64,
        deviation: any_bits(noise),
        value: any_bits(noise) as i64,
        last_at: time(noise),
        latched_since: time(noise),
        weight: any_bits(noise),
        cusum_up: noise.bits() as u32,
        cusum_down: any_bits(noise) as u32,
        samples: if few < 25 { few } else { noise.bits() as u16 },
        run: noise.bits() as u16,
        latched: LatchReason::from_number(noise.between(0, 12) as u8),
    }
}

proptest! {
    #![proptest_config(cases(REGRESSIONS, 1_000))]

    /// 1,000 controllers, states and inputs at their worst, each with 100 guards
    /// (settings, state and inputs) at theirs: 100,000 times three steps. Overflow
    /// checks are on: a wrap would panic.
    #[test]
    fn nothing_makes_it_panic_or_leave_the_limits(
        (config, state, inputs, _) in garbage(),
        seed in any::<u64>(),
    ) {
        prop_assume!(config.validate().is_ok());
        let mut noise = Noise(seed);
        for _ in 0..100 {
            let settings = random_settings(&mut noise);
            prop_assert_eq!(settings.validate(), Ok(()));
            let (mut state, mut guard) = (state, random_guard(&mut noise));
            for input in &inputs {
                // any value, at the time of the input or a little later
                let mut input = *input;
                if let Some(sample) = &mut input.y {
                    let bits = i128::from(any_bits(&mut noise)) << noise.between(0, 63);
                    sample.value = Fx::from_bits(if noise.bits() & 1 == 0 { bits } else { -bits });
                }
                input.now = input.now.saturating_add(noise.between(0, 1_000_000));
                check_step(&config, &settings, &mut state, &mut guard, &input)?;
            }
            let latched = guard.latch(LatchReason::Spike, noise.bits() as i64);
            prop_assert!(latched.latched.is_some());
            let resumed = latched.resume(noise.bits() as i64);
            prop_assert_eq!(resumed, GuardState::new(resumed.last_at));
            prop_assert!(resumed.last_at >= guard.last_at);
        }
    }
}

/// One step, and what must hold of it whatever went in.
fn check_step(
    config: &Config,
    settings: &GuardConfig,
    state: &mut State,
    guard: &mut GuardState,
    input: &Input,
) -> Result<(), TestCaseError> {
    let all = guarded_step(config, settings, state, guard, input);
    // preview = apply
    prop_assert_eq!(all, guarded_step(config, settings, state, guard, input));

    let resumed = all.verdict.flags.contains(GuardFlags::RESUMED);
    if input.now <= state.last_at {
        prop_assert_eq!((all.state, all.guard), (*state, *guard));
    } else if let Some(reason) = all.verdict.latched {
        let held = match input.tripped {
            true => HoldReason::Tripped,
            false => reason.into(),
        };
        prop_assert_eq!(all.decision.held, held);
        let expired = all.decision.flags.contains(Flags::HOLD_EXPIRED);
        if config.mode == Mode::Auto && !expired {
            let kept = state.u.min(config.max);
            prop_assert!((kept..=kept.max(config.min)).contains(&all.decision.u));
        }
    } else if !resumed {
        // an open guard changes no decision
        prop_assert_eq!((all.state, all.decision), step(config, state, input));
    } else {
        let released = resume(config, state, input.now);
        let (mut after, _) = step(config, &released, input);
        after.last.flags.insert(Flags::RESUMED);
        prop_assert_eq!((all.state, all.decision), (after, after.last));
        prop_assert_eq!(
            (after, after.last),
            resumed_step(config, state, input),
            "a replay's way to the same"
        );
        prop_assert!(guard.latched.is_some());
    }
    if input.now > state.last_at {
        // A u below the minimum may still be on its way to it.
        let least = config.min.min(state.u);
        prop_assert!((least..=config.max).contains(&all.decision.u));
    }
    prop_assert!(
        all.guard.last_at >= guard.last_at,
        "time never runs backwards"
    );
    prop_assert_eq!(all.verdict.latched, all.guard.latched);
    prop_assert_eq!(
        all.verdict.resumes_at.is_some(),
        all.guard.latched.is_some()
    );

    // the same instant again changes nothing
    let last = all.guard.last_at;
    let (again, repeated) = observe(config, settings, &all.guard, Some(whole(1_000)), last);
    prop_assert_eq!(again, all.guard);
    prop_assert!(repeated.flags.contains(GuardFlags::REPEATED));
    prop_assert_eq!(repeated.latched, all.guard.latched);
    (*state, *guard) = (all.state, all.guard);
    Ok(())
}
