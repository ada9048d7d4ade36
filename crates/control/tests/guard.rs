//! What the guard does, as stories: what latches it, what does not, how long it stays
//! latched, and how the controller goes on.

mod common;

use common::*;
use homeostat_control::{
    guarded_step, held_step, observe, resume, step, Config, Direction, Flags, Fx, GuardConfig,
    GuardField, GuardFlags, GuardState, Guarded, HoldReason, Input, LatchReason, Mode, Sample,
    Sampling, State, Verdict,
};

const DEFAULT: GuardConfig = GuardConfig {
    enabled: true,
    limit: 8_000_000,
    slack: 2_000_000,
    threshold: 20_000_000,
    floor: 20_000,
    half_life: 8,
    min_samples: 8,
    frozen: 0,
    hold_periods: 2,
};

/// A feed that may give the same value three times in a row, not four.
fn feed() -> (Config, GuardConfig) {
    let config = Config {
        direction: Direction::Direct,
        sampling: Sampling::Point,
        ..emission()
    };
    let guard = GuardConfig {
        frozen: 4,
        ..DEFAULT
    };
    (config, guard)
}

/// A guarded controller that is running.
#[derive(Clone)]
struct Watch {
    config: Config,
    settings: GuardConfig,
    state: State,
    guard: GuardState,
    now: i64,
}

impl Watch {
    fn new(config: Config, settings: GuardConfig) -> Self {
        assert_eq!(settings.validate(), Ok(()));
        Self {
            config,
            settings,
            state: Rig::new(config).state,
            guard: GuardState::new(START),
            now: START,
        }
    }

    /// A guard that has seen `y` for so long that it judges.
    fn calm(config: Config, settings: GuardConfig, y: Fx) -> Self {
        let mut watch = Self::new(
            config,
            GuardConfig {
                frozen: 0,
                ..settings
            },
        );
        for _ in 0..30 {
            assert_eq!(watch.period(y).latched, None);
        }
        watch.settings = settings;
        watch.guard.run = 1;
        watch
    }

    fn with(&mut self, dt: i64, input: impl FnOnce(i64) -> Input) -> Guarded {
        self.now += dt;
        let all = guarded_step(
            &self.config,
            &self.settings,
            &self.state,
            &self.guard,
            &input(self.now),
        );
        (self.state, self.guard) = (all.state, all.guard);
        all
    }

    fn after(&mut self, dt: i64, y: Fx) -> Guarded {
        self.with(dt, |now| fresh(now, y))
    }

    fn blind(&mut self, dt: i64) -> Guarded {
        self.with(dt, Input::missing)
    }

    fn period(&mut self, y: Fx) -> Verdict {
        self.after(i64::from(self.config.period), y).verdict
    }
}

/// A guard on a one-hour controller of scale 1 whose numbers are whole: mean 0,
/// deviation 1/32, due to judge; T = 36,000 s, weight full.
fn whole_numbers() -> (Config, GuardConfig, GuardState) {
    let config = open();
    let state = GuardState {
        deviation: 1 << 35,
        value: 1,
        weight: u64::MAX,
        samples: 8,
        run: 1,
        ..GuardState::new(START)
    };
    (config, DEFAULT, state)
}

/// `y` in units of 2^-40.
fn units(y: i64) -> Fx {
    Fx::from_bits(i128::from(y) << 8)
}

// ------------------------------------------------------------------ settings

#[test]
fn the_defaults_are_as_documented_and_pass() {
    assert_eq!(GuardConfig::default(), DEFAULT);
    assert_eq!(DEFAULT.validate(), Ok(()));
}

#[test]
fn every_setting_is_held_to_its_range_and_the_first_offence_is_named() {
    type Edit = fn(&mut GuardConfig, u32);
    let table: [(GuardField, u32, u32, Edit); 15] = [
        (GuardField::Limit, 100_000_000, 100_000_001, |g, v| {
            g.limit = v
        }),
        (GuardField::Limit, 2_000_000, 1_999_999, |g, v| {
            (g.limit, g.slack) = (v, 1_000_000);
        }),
        (GuardField::Slack, 250_000, 249_999, |g, v| g.slack = v),
        (GuardField::Slack, 7_999_999, 8_000_000, |g, v| g.slack = v),
        (GuardField::Threshold, 1_000_000, 999_999, |g, v| {
            g.threshold = v
        }),
        (
            GuardField::Threshold,
            1_000_000_000,
            1_000_000_001,
            |g, v| g.threshold = v,
        ),
        (GuardField::Floor, 1_000, 999, |g, v| g.floor = v),
        (GuardField::Floor, 1_000_000, 1_000_001, |g, v| g.floor = v),
        (GuardField::HalfLife, 1, 0, |g, v| g.half_life = v as u16),
        (GuardField::HalfLife, 1_000, 1_001, |g, v| {
            g.half_life = v as u16
        }),
        (GuardField::MinSamples, 4, 3, |g, v| {
            g.min_samples = v as u16
        }),
        (GuardField::MinSamples, 1_000, 1_001, |g, v| {
            g.min_samples = v as u16
        }),
        (GuardField::Frozen, 2, 1, |g, v| g.frozen = v as u16),
        (GuardField::HoldPeriods, 1, 0, |g, v| {
            g.hold_periods = v as u16
        }),
        (GuardField::HoldPeriods, 1_000, 1_001, |g, v| {
            g.hold_periods = v as u16
        }),
    ];
    for (field, inner, outer, edit) in table {
        let mut settings = DEFAULT;
        edit(&mut settings, inner);
        assert_eq!(settings.validate(), Ok(()), "{field:?} {inner}");
        edit(&mut settings, outer);
        let error = settings.validate().unwrap_err();
        assert_eq!(error.field, field, "{outer}");
    }
    for any in [0, 2, u16::MAX] {
        let settings = GuardConfig {
            frozen: any,
            ..DEFAULT
        };
        assert_eq!(settings.validate(), Ok(()));
    }
    let settings = GuardConfig {
        hold_periods: 0,
        threshold: 0,
        floor: 0,
        ..DEFAULT
    };
    let error = settings.validate().unwrap_err();
    assert_eq!(error.field, GuardField::Threshold);
    assert_eq!(
        error.to_string(),
        "guard threshold must be 1,000,000 to 1,000,000,000 ppm of a deviation"
    );
}

#[test]
fn a_latch_lasts_whole_periods_and_never_less_than_a_day() {
    for (period, hold_periods, seconds) in [
        (604_800, 2, 1_209_600),
        (604_800, 1, 604_800),
        (86_400, 1, 86_400),
        (86_399, 1, 172_798),
        (43_200, 2, 86_400),
        (43_199, 2, 129_597),
        (70_000, 1, 140_000),
        (0, 2, 0),
        (60, 2, 86_400),
        (61, 2, 1_417 * 61),
        (3_600, 1_000, 3_600_000),
        (31_536_000, 1_000, 31_536_000_000),
    ] {
        let settings = GuardConfig {
            hold_periods,
            ..DEFAULT
        };
        assert_eq!(settings.hold(period), seconds, "{period} {hold_periods}");
    }
}

#[test]
fn reasons_keep_their_numbers() {
    let all = [
        (LatchReason::Spike, 1, "spike", HoldReason::Spike, 8),
        (LatchReason::Drift, 2, "drift", HoldReason::Drift, 9),
        (LatchReason::Frozen, 3, "frozen", HoldReason::Frozen, 10),
    ];
    for (reason, number, name, held, held_number) in all {
        assert_eq!((reason.number(), reason.name()), (number, name));
        assert_eq!(LatchReason::from_number(number), Some(reason));
        assert_eq!(HoldReason::from(reason), held);
        assert_eq!(held as u8, held_number);
    }
    for unknown in [0, 4, 255] {
        assert_eq!(LatchReason::from_number(unknown), None);
    }
    for number in 0..=10 {
        assert_eq!(HoldReason::from_number(number) as u8, number);
    }
    assert_eq!(HoldReason::from_number(11), HoldReason::Computation);
}

#[test]
fn an_account_of_zeros_is_a_guard_that_has_seen_nothing() {
    assert_eq!(GuardState::default(), GuardState::new(0));
    let (next, verdict) = observe(
        &emission(),
        &DEFAULT,
        &GuardState::default(),
        Some(ratio(1, 2)),
        START,
    );
    assert!(verdict.flags.contains(GuardFlags::PRIMED));
    assert_eq!(
        (next.samples, next.weight),
        (1, WEEK as u64),
        "one period's weight"
    );
}

// ---------------------------------------------------------------- thresholds

#[test]
fn a_spike_is_further_than_the_limit_and_not_as_far() {
    // given: 8 deviations of 2^35 units
    let (config, settings, state) = whole_numbers();
    let bound = 8_i64 << 35;
    for (y, latched) in [
        (bound - 1, None),
        (bound, None),
        (bound + 1, Some(LatchReason::Spike)),
        (-bound, None),
        (-bound - 1, Some(LatchReason::Spike)),
    ] {
        // when
        let (next, verdict) = observe(&config, &settings, &state, Some(units(y)), START + 3_600);

        // then
        assert_eq!((verdict.latched, next.latched), (latched, latched), "{y}");
        assert_eq!(
            verdict.flags.contains(GuardFlags::LATCHED),
            latched.is_some()
        );
        assert_eq!(verdict.resumes_at, latched.map(|_| START + 3_600 + 86_400));
        if latched.is_some() {
            // it is not learnt
            assert_eq!((next.mean, next.deviation, next.samples), (0, 1 << 35, 8));
            assert_eq!(next.latched_since, START + 3_600);
        } else {
            assert_eq!(next.samples, 9);
        }
        assert_eq!(
            verdict.score,
            y.signum() * ((i128::from(y.abs()) * 1_000_000) >> 35) as i64
        );
    }
}

#[test]
fn a_score_beyond_64_bits_saturates() {
    let config = Config {
        scale: Config::MIN_SCALE,
        ..open()
    };
    let settings = GuardConfig {
        floor: GuardConfig::MIN_FLOOR,
        ..DEFAULT
    };
    let state = GuardState {
        deviation: 0,
        ..whole_numbers().2
    };
    // the floor: 1,099,511 units of scale (2^40 / 10^6), a thousandth of it
    for (y, score) in [
        (
            whole(1_000_000),
            (i128::from(1_000_000_i64 << 40) * 1_000_000 / 1_099) as i64,
        ),
        (whole(15), ((15_i128 << 40) * 1_000_000 / 1_099) as i64),
        (whole(17), ((17_i128 << 40) * 1_000_000 / 1_099) as i64),
    ] {
        let score = i64::try_from(i128::from(score)).unwrap();
        for (y, score) in [(y, score), (-y, -score)] {
            let (_, verdict) = observe(&config, &settings, &state, Some(y), START + 1);
            if y.abs() == whole(1_000_000) {
                assert_eq!(verdict.score.signum(), score.signum());
                assert_eq!(verdict.score.unsigned_abs(), i64::MAX as u64);
            } else {
                assert_eq!(verdict.score, score);
            }
        }
    }
}

#[test]
fn y_counts_as_far_as_a_configuration_may_find_it_credible() {
    let (config, settings, _) = whole_numbers();
    let unprimed = GuardState::new(START);
    for (y, mean) in [
        (whole(1_000_000), 1_000_000_i64 << 40),
        (whole(1_000_001), 1_000_000 << 40),
        (Fx::MAX, 1_000_000 << 40),
        (Fx::MIN, -(1_000_000 << 40)),
        (Fx::DELTA, 0),
        (-Fx::DELTA, -1),
    ] {
        let (next, _) = observe(&config, &settings, &unprimed, Some(y), START + 1);
        assert_eq!((next.mean, next.value, next.weight), (mean, mean, 1), "{y}");
    }
}

#[test]
fn a_drift_is_more_evidence_than_the_threshold_and_not_as_much() {
    // given: a sample 5 deviations off adds 5 - 2 = 3
    let (config, settings, state) = whole_numbers();
    let y = 5_i64 << 35;
    for (before, sum, latched) in [
        (16_999_999, 19_999_999, None),
        (17_000_000, 20_000_000, None),
        (17_000_001, 20_000_001, Some(LatchReason::Drift)),
        (u32::MAX, u32::MAX, Some(LatchReason::Drift)),
    ] {
        for side in [1, -1] {
            let mut state = state;
            let (with, against) = if side > 0 {
                (&mut state.cusum_up, &mut state.cusum_down)
            } else {
                (&mut state.cusum_down, &mut state.cusum_up)
            };
            (*with, *against) = (before, 7_000_001);

            // when
            let (next, verdict) = observe(
                &config,
                &settings,
                &state,
                Some(units(side * y)),
                START + 3_600,
            );

            // then: the other side loses 5 + 2
            assert_eq!(verdict.latched, latched, "{before} {side}");
            let (up, down) = if side > 0 { (sum, 1) } else { (1, sum) };
            assert_eq!((next.cusum_up, next.cusum_down), (up, down));
            assert_eq!((verdict.cusum_up, verdict.cusum_down), (up, down));
            assert_eq!(next.samples, if latched.is_some() { 8 } else { 9 });
        }
    }
}

#[test]
fn the_slack_is_no_evidence_and_evidence_never_goes_below_zero() {
    let (config, settings, state) = whole_numbers();
    let deviation = 1_000_000_i64; // so that a unit is a ppm
    let config = Config {
        scale: units(1_000_000),
        ..config
    };
    let state = GuardState {
        deviation: deviation as u64,
        ..state
    };
    for (y, up) in [(1_999_999, 0), (2_000_000, 0), (2_000_001, 1), (-9, 0)] {
        let (next, verdict) = observe(&config, &settings, &state, Some(units(y)), START + 3_600);
        assert_eq!((next.cusum_up, next.cusum_down, verdict.score), (up, 0, y));
    }
}

#[test]
fn evidence_counts_by_time_and_at_most_one_period_of_it() {
    let (config, settings, state) = whole_numbers();
    // 4 deviations: 2 more than the slack in a period
    for (dt, up) in [
        (1, 555),
        (1_800, 1_000_000),
        (3_600, 2_000_000),
        (3_601, 2_000_000),
        (99_999_999, 2_000_000),
    ] {
        let (next, _) = observe(&config, &settings, &state, Some(units(4 << 35)), START + dt);
        assert_eq!(next.cusum_up, up, "{dt}");
    }
    // what is lost is rounded towards zero too
    let state = GuardState {
        cusum_up: 3_000,
        ..state
    };
    let (next, _) = observe(&config, &settings, &state, Some(units(0)), START + 1);
    assert_eq!(next.cusum_up, 3_000 - 555);
}

#[test]
fn a_sample_weighs_by_its_time_and_at_most_one_period() {
    // given: T = 8 x 3,600 / ln 2 = 41,549.6 s
    let (config, settings, state) = whole_numbers();
    let y = 1_i64 << 37;
    for (dt, counted) in [(1, 1), (1_800, 1_800), (3_600, 3_600), (360_000, 3_600)] {
        let (next, _) = observe(&config, &settings, &state, Some(units(y)), START + dt);
        assert_eq!(next.weight, 41_549 + counted);
        let expected = y as f64 * counted as f64 / (41_549 + counted) as f64;
        assert!(
            (next.mean as f64 - expected).abs() < 1.5,
            "{} {expected}",
            next.mean
        );
        let expected = (1_u64 << 35) as f64
            + 3.0 * (1_u64 << 35) as f64 * counted as f64 / (41_549 + counted) as f64;
        assert!((next.deviation as f64 - expected).abs() < 1.5);
    }
}

#[test]
fn the_first_samples_are_averaged_plainly() {
    // given: three samples within the clamp
    let mut watch = Watch::new(open(), DEFAULT);
    // when
    for y in [0, 3 << 30, 6 << 30] {
        watch.period(units(y));
    }
    // then: the mean of 0, 3, 6 and of |deviations| 0, 3, 4.5
    assert!((watch.guard.mean - (3 << 30)).abs() <= 1);
    assert!((watch.guard.deviation as i64 - (5 << 29)).abs() <= 2);
    assert_eq!(watch.guard.weight, 3 * 3_600);
}

#[test]
fn the_first_samples_are_not_judged() {
    for (samples, latched) in [
        (6, None),
        (7, None),
        (8, Some(LatchReason::Spike)),
        (u16::MAX, Some(LatchReason::Spike)),
    ] {
        let (config, settings, state) = whole_numbers();
        let state = GuardState { samples, ..state };
        let (next, verdict) = observe(&config, &settings, &state, Some(whole(1)), START + 3_600);
        assert_eq!(verdict.latched, latched, "{samples}");
        assert_eq!(verdict.flags.contains(GuardFlags::WARMING_UP), samples < 8);
        assert_eq!(verdict.flags.contains(GuardFlags::CLAMPED), samples < 8);
        assert_eq!((next.cusum_up, next.cusum_down), (0, 0));
        if latched.is_none() {
            // the spike of 32 deviations moved the mean by 8 x 3,600 / 45,149
            let expected = (8_i64 << 35) as f64 * 3_600.0 / 45_149.0;
            assert!((next.mean as f64 - expected).abs() < 1.5);
        }
    }
    let (config, settings, state) = whole_numbers();
    let (next, _) = observe(
        &config,
        &settings,
        &GuardState {
            samples: u16::MAX,
            ..state
        },
        Some(units(1)),
        START + 1,
    );
    assert_eq!(next.samples, u16::MAX);
}

#[test]
fn the_floor_is_a_part_of_the_scale() {
    let (config, settings, state) = whole_numbers();
    let floor = (1_u64 << 40) / 50;
    for (deviation, used) in [
        (0, floor),
        (floor - 1, floor),
        (floor, floor),
        (floor + 1, floor + 1),
    ] {
        let state = GuardState { deviation, ..state };
        let (_, verdict) = observe(&config, &settings, &state, None, START + 1);
        assert_eq!(verdict.deviation, units(used as i64));
    }
    let config = Config {
        scale: ratio(1, 4),
        ..config
    };
    let (_, verdict) = observe(
        &config,
        &settings,
        &GuardState {
            deviation: 0,
            ..state
        },
        None,
        START + 1,
    );
    assert_eq!(
        verdict.deviation,
        units(((1_i64 << 38) * 20_000) / 1_000_000)
    );
}

#[test]
fn a_feed_is_frozen_at_the_configured_run_and_not_before() {
    // given
    let (config, settings) = feed();
    let mut watch = Watch::calm(config, settings, ratio(1, 2));
    watch.period(ratio(51, 100));

    // when, then: the run of four ends at the fourth
    assert_eq!(watch.period(ratio(52, 100)).latched, None);
    assert_eq!(watch.period(ratio(52, 100)).latched, None);
    assert_eq!(watch.period(ratio(52, 100)).latched, None);
    let before = watch.guard;
    let verdict = watch.period(ratio(52, 100));
    assert_eq!(verdict.latched, Some(LatchReason::Frozen));
    assert_eq!(watch.state.last.held, HoldReason::Frozen);
    assert_eq!((watch.guard.mean, watch.guard.run), (before.mean, 4));
}

#[test]
fn a_run_is_of_equal_values_whatever_lies_between_them_and_however_young_the_guard() {
    let (config, settings) = feed();
    // another value ends it
    let mut watch = Watch::new(config, settings);
    for y in [50, 50, 50, 51, 50, 50, 50, 51] {
        assert_eq!(watch.period(ratio(y, 100)).latched, None);
    }
    // a missing sample does not, and the first samples count
    let mut watch = Watch::new(config, settings);
    for _ in 0..3 {
        assert_eq!(watch.period(ratio(1, 2)).latched, None);
        watch.blind(WEEK);
    }
    let verdict = watch.period(ratio(1, 2));
    assert_eq!(verdict.latched, Some(LatchReason::Frozen));
    assert!(verdict.flags.contains(GuardFlags::WARMING_UP));
}

#[test]
fn the_programs_own_measurement_may_stand_still() {
    let settings = GuardConfig {
        frozen: 2,
        ..DEFAULT
    };
    let mut watch = Watch::new(emission(), settings);
    for _ in 0..100 {
        assert_eq!(watch.period(ratio(1, 2)).latched, None);
    }
    // and a feed may when that is off
    let (config, _) = feed();
    let mut watch = Watch::new(config, DEFAULT);
    for _ in 0..100 {
        assert_eq!(watch.period(ratio(1, 2)).latched, None);
    }
    assert_eq!(watch.guard.run, 100);
}

#[test]
fn a_spike_comes_before_a_frozen_feed_as_the_reason() {
    let (config, settings, state) = whole_numbers();
    let config = Config {
        sampling: Sampling::Point,
        ..config
    };
    let settings = GuardConfig {
        frozen: 2,
        ..settings
    };
    let state = GuardState {
        value: 1 << 40,
        ..state
    };
    let (_, verdict) = observe(&config, &settings, &state, Some(whole(1)), START + 1);
    assert_eq!(verdict.latched, Some(LatchReason::Spike));
}

// ------------------------------------------------- griefing: what does not latch

#[test]
fn dust_in_a_still_series_latches_nothing_whatever_its_pattern() {
    // given: a staked share that has not moved for 30 weeks; dust of up to the
    // slack times the floor, 4 % of the scale of 0.6
    let reach = 0.04 * 0.6;
    for seed in 1..=200 {
        let mut noise = Noise(seed);
        let mut watch = Watch::calm(emission(), DEFAULT, ratio(1, 2));
        for n in 0..200 {
            // at the ends, at random, and creeping
            let dust = match seed % 4 {
                0 => reach * (noise.bits() & 1) as f64,
                1 => reach * noise.symmetric().abs(),
                2 => reach * f64::from(n) / 200.0,
                _ => reach * f64::from(n / 20 % 2),
            };
            let dt = if seed % 3 == 0 {
                noise.between(1, 2 * WEEK)
            } else {
                WEEK
            };
            let all = watch.after(dt, fx(0.5 + dust * 0.999_999));
            assert_eq!(all.verdict.latched, None, "seed {seed}, week {n}");
        }
    }
}

#[test]
fn a_donation_in_a_constant_series_latches_nothing() {
    // given: a donation moves the measured share by 1, 3 or 9 % of the target, for good
    for percent in [1, 3, 9] {
        let mut watch = Watch::calm(emission(), DEFAULT, ratio(60, 100));
        let y = ratio(60, 100) - ratio(60 * percent, 10_000);
        for week in 0..100 {
            assert_eq!(watch.period(y).latched, None, "{percent} % {week}");
        }
    }
}

/// Sum of twelve uniforms less six: mean 0, variance 1, tails to 6.
fn normal(noise: &mut Noise) -> f64 {
    (0..12).map(|_| noise.symmetric() / 2.0).sum()
}

/// Normal by Box and Muller, tails as they are.
fn gaussian(noise: &mut Noise) -> f64 {
    let u = (noise.symmetric() + 1.0) / 2.0;
    let v = noise.symmetric() * std::f64::consts::PI;
    (-2.0 * u.max(1e-300).ln()).sqrt() * v.cos()
}

/// False alarms of the defaults over `periods` for each of `seeds`: spikes, drifts.
fn false_alarms(
    seeds: std::ops::RangeInclusive<u64>,
    periods: u32,
    mut next: impl FnMut(&mut Noise, f64) -> f64,
) -> (u32, u32) {
    let config = Config {
        y_min: whole(-10),
        y_max: whole(10),
        ..emission()
    };
    let (mut spikes, mut drifts) = (0, 0);
    for seed in seeds {
        let mut noise = Noise(seed);
        let mut state = GuardState::new(START);
        let (mut now, mut x) = (START, 0.0);
        for _ in 0..periods {
            now += WEEK;
            x = next(&mut noise, x);
            let (after, verdict) = observe(&config, &DEFAULT, &state, Some(fx(0.6 + x)), now);
            state = after;
            if verdict.flags.contains(GuardFlags::LATCHED) {
                match verdict.latched {
                    Some(LatchReason::Spike) => spikes += 1,
                    _ => drifts += 1,
                }
            }
        }
    }
    (spikes, drifts)
}

#[test]
fn noise_latches_the_defaults_less_than_once_in_ten_thousand_periods() {
    type Series = fn(&mut Noise, f64) -> f64;
    let table: [(&str, Series, f64); 4] = [
        ("normal, s = 0.1", |noise, _| 0.1 * gaussian(noise), 0.2),
        (
            "twelve uniforms, s = 0.1",
            |noise, _| 0.1 * normal(noise),
            0.2,
        ),
        (
            "autocorrelated 0.8",
            |noise, x| 0.8 * x + 0.05 * gaussian(noise),
            0.2,
        ),
        (
            "autocorrelated 0.98",
            |noise, x| 0.98 * x + 0.02 * gaussian(noise),
            0.2,
        ),
    ];
    for (name, series, bound) in table {
        // when: 100 seeds of 10,000 weeks
        let (spikes, drifts) = false_alarms(1..=100, 10_000, series);
        // then
        let rate = f64::from(spikes + drifts) / 100.0;
        println!(
            "{name}: {spikes} spikes and {drifts} drifts in 1,000,000 periods: {rate} per 10,000"
        );
        assert!(rate <= bound, "{name}: {rate}");
    }
}

// ------------------------------------------------------- what latches, and its cost

#[test]
fn an_attacker_must_move_a_still_measurement_by_16_percent_of_the_scale() {
    // given: target 0.6, so 0.096; one unit of 2^-40 around it
    let calm = Watch::calm(emission(), DEFAULT, ratio(1, 2));
    let bound = i64::try_from(
        ((i128::from(calm.config.scale.to_bits() as i64) >> 8) * 20_000 / 1_000_000) * 8,
    )
    .unwrap();
    assert!((bound as f64 / (1_u64 << 40) as f64 - 0.096).abs() < 1e-9);
    for (x, latched) in [(bound, None), (bound + 1, Some(LatchReason::Spike))] {
        let mut watch = calm.clone();
        let verdict = watch.period(ratio(1, 2) - units(x));
        assert_eq!(verdict.latched, latched, "{x}");
    }
    println!("one period, still series: 16 % of the scale (0.096 of a staked share of 0.6)");

    // and in a noisy one by more: 8 running deviations
    let mut watch = Watch::new(emission(), DEFAULT);
    let mut noise = Noise(7);
    for _ in 0..60 {
        watch.period(fx(0.5 + 0.05 * gaussian(&mut noise)));
    }
    let deviation = watch.guard.deviation as i64;
    println!(
        "noise of 0.05: running deviation {:.4}",
        deviation as f64 / (1_u64 << 40) as f64
    );
    let mean = watch.guard.mean;
    let bound = (i128::from(deviation) * 8) as i64;
    assert!(bound as f64 / (1_u64 << 40) as f64 > 0.2);
    let mut at = watch.clone();
    assert_eq!(at.period(units(mean - bound)).latched, None);
    let mut over = watch.clone();
    assert_eq!(
        over.period(units(mean - bound - 1)).latched,
        Some(LatchReason::Spike)
    );
}

#[test]
fn a_spike_costs_two_periods_at_the_value_in_force_and_leaves_no_trace() {
    // given: a controller that has settled off its bias
    let mut watch = Watch::calm(emission(), DEFAULT, ratio(57, 100));
    let before = watch.state;
    assert_ne!(before.u, 60_000);

    // when: one period of a share moved by 30 points, then the old level again
    let latched = watch.after(WEEK, ratio(27, 100));
    assert_eq!(latched.verdict.latched, Some(LatchReason::Spike));
    assert_eq!(
        (latched.decision.held, latched.decision.u),
        (HoldReason::Spike, before.u)
    );
    assert!(latched.decision.flags.contains(Flags::HELD));
    let held = watch.after(WEEK, ratio(57, 100));
    assert_eq!(
        (held.decision.held, held.decision.u),
        (HoldReason::Spike, before.u)
    );
    assert!(!held.verdict.flags.contains(GuardFlags::LATCHED));
    assert_eq!(
        (held.verdict.score, held.guard.mean),
        (0, latched.guard.mean)
    );

    // then: the second period later it steers, from the same u
    let back = watch.after(WEEK, ratio(57, 100));
    assert!(back.verdict.flags.contains(GuardFlags::RESUMED));
    assert!(back.verdict.flags.contains(GuardFlags::PRIMED));
    assert!(back.decision.flags.contains(Flags::PRIMED));
    assert_eq!(
        (back.decision.held, back.verdict.latched),
        (HoldReason::None, None)
    );
    assert!(back.decision.u.abs_diff(before.u) <= 1);
    // and the spike is in no statistic
    assert_eq!(
        fx(0.57).to_bits() >> 20,
        Fx::from_bits(i128::from(back.guard.mean) << 8).to_bits() >> 20
    );
    assert_eq!((back.guard.deviation, back.guard.samples), (0, 1));
}

#[test]
fn whoever_latches_at_will_holds_two_periods_of_ten() {
    // given: an attacker who can do anything to every sample
    let mut worst = 0;
    for seed in 1..=20 {
        let mut noise = Noise(seed);
        let mut watch = Watch::new(emission(), DEFAULT);
        let mut held = 0;
        for n in 0..1_000 {
            // calm until the guard judges again, then anything
            let wild = watch.guard.samples >= 8 && watch.guard.latched.is_none();
            let y = if wild {
                ratio((noise.bits() & 1).into(), 1)
            } else {
                ratio(1, 2)
            };
            let all = watch.after(WEEK, y);
            held += u32::from(all.decision.flags.contains(Flags::HELD));
            assert!(n >= 8 || held == 0);
        }
        worst = worst.max(held);
    }
    println!("held by an attacker at will: {worst} of 1,000 periods");
    assert!(worst > 150, "the attack is real: {worst}");
    assert!(worst <= 200, "{worst}");
}

#[test]
fn a_drift_is_caught_by_its_speed_relative_to_the_scale() {
    use LatchReason::{Drift, Spike};
    // per cent of the scale a week, from a still series: weeks until the latch
    for (percent, caught) in [
        (1, None),
        (2, None),
        (3, Some((10, Drift))),
        (4, Some((7, Drift))),
        (5, Some((4, Spike))),
        (8, Some((3, Spike))),
    ] {
        for side in [1, -1] {
            let mut watch = Watch::calm(emission(), DEFAULT, ratio(1, 2));
            let found = (1..=60).find_map(|week| {
                let y = 0.5 + 0.006 * f64::from(side * percent * week);
                let verdict = watch.period(fx(y.clamp(0.0, 1.0)));
                verdict.latched.map(|reason| (week, reason))
            });
            println!("drift of {percent} % of the scale a week: {found:?}");
            assert_eq!(found, caught, "{percent} % {side}");
            let held = caught.map_or(HoldReason::None, |(_, reason)| reason.into());
            assert_eq!(watch.state.last.held, held);
        }
    }
}

#[test]
fn the_answer_of_a_plant_to_a_shock_or_a_new_target_latches_nothing() {
    // A staked share that a tenth re-decides each week: level 0.6 at u = 6 %,
    // 10 points for a point of u.
    for (shock, ramp_weeks) in [(0.0, 0), (-0.18, 0), (0.18, 0), (0.0, 12), (0.0, 1)] {
        let mut watch = Watch::calm(emission(), DEFAULT, ratio(60, 100));
        let (mut y, mut most) = (0.6, 0);
        if ramp_weeks > 0 {
            let change = homeostat_control::Change::Setpoint {
                to: ratio(70, 100),
                over_seconds: ramp_weeks * WEEK as u32,
            };
            let (config, state) =
                homeostat_control::change(&watch.config, &watch.state, &change, watch.now).unwrap();
            (watch.config, watch.state) = (config, state);
        }
        for week in 0..150 {
            let level = 0.6 + shock + 10.0 * (watch.state.u as f64 / 1e6 - 0.06);
            y += 0.1 * (level - y);
            let all = watch.after(WEEK, fx(y));
            assert_eq!(
                all.verdict.latched, None,
                "shock {shock}, ramp {ramp_weeks}, week {week}"
            );
            most = most.max(all.verdict.cusum_up).max(all.verdict.cusum_down);
        }
        println!("shock {shock}, new target over {ramp_weeks} weeks: evidence up to {most} of 20,000,000");
        let target = if ramp_weeks > 0 { 0.7 } else { 0.6 };
        assert!((y - target).abs() < 0.02, "{y}");
    }
}

#[test]
fn a_lasting_level_becomes_the_new_normal() {
    for level in [ratio(90, 100), ratio(20, 100)] {
        // given
        let mut watch = Watch::calm(emission(), DEFAULT, ratio(60, 100));
        // when: the level shifts for good
        let verdicts: Vec<_> = (0..60).map(|_| watch.period(level)).collect();
        // then: one latch, two periods, never again
        assert_eq!(verdicts[0].latched, Some(LatchReason::Spike));
        assert_eq!(verdicts[1].latched, Some(LatchReason::Spike));
        assert!(verdicts[2..]
            .iter()
            .all(|verdict| verdict.latched.is_none()));
        assert_eq!(verdicts[3].mean, Fx::from_bits(level.to_bits() >> 8 << 8));
        assert_eq!(verdicts[59].score, 0);
    }
}

#[test]
fn an_outlier_among_the_first_samples_neither_latches_nor_stays() {
    // given: the first or the fourth of the samples to learn is off by 0.4
    for outlier in [0, 3] {
        let mut watch = Watch::new(emission(), DEFAULT);
        let mut noise = Noise(3);
        for n in 0..8 {
            let y = 0.5 + 0.01 * noise.symmetric() + if n == outlier { 0.4 } else { 0.0 };
            assert_eq!(watch.period(fx(y)).latched, None);
        }
        // then
        for n in 0..60 {
            let y = 0.5 + 0.01 * noise.symmetric();
            assert_eq!(watch.period(fx(y)).latched, None, "{n}");
        }
        let mean = watch.guard.mean as f64 / (1_u64 << 40) as f64;
        assert!((mean - 0.5).abs() < 0.01, "{mean}");
    }
}

// ----------------------------------------------------------------- the latch

#[test]
fn a_latch_opens_to_the_second() {
    for (period, hold_periods) in [(604_800, 2), (604_800, 3), (70_000, 1), (60, 2), (3_600, 2)] {
        // given
        let config = Config {
            period,
            max_hold: 1_000,
            ..emission()
        };
        let settings = GuardConfig {
            hold_periods,
            ..DEFAULT
        };
        let mut watch = Watch::calm(config, settings, ratio(1, 2));
        assert_eq!(watch.period(whole(1)).latched, Some(LatchReason::Spike));
        let hold = settings.hold(period) as i64;
        assert!(hold >= 86_400 && hold % i64::from(period) == 0);
        let opens = watch.now + hold;

        // when: a step at the last second
        let early = watch.after(hold - 1, ratio(1, 2));
        assert_eq!(early.verdict.latched, Some(LatchReason::Spike));
        assert_eq!(early.verdict.resumes_at, Some(opens));
        assert!(!early.verdict.flags.contains(GuardFlags::RESUMED));

        // then: a second later it is open
        let due = watch.after(1, ratio(1, 2));
        assert_eq!((due.verdict.latched, due.verdict.resumes_at), (None, None));
        assert!(due.verdict.flags.contains(GuardFlags::RESUMED));
        assert_eq!(due.decision.held, HoldReason::None);
        // and that is reported once
        let later = watch.after(1, ratio(1, 2));
        assert!(!later.verdict.flags.contains(GuardFlags::RESUMED));
    }
}

#[test]
fn the_same_instant_changes_nothing_however_often_it_comes() {
    let mut watch = Watch::calm(emission(), DEFAULT, ratio(1, 2));
    for latch in [false, true] {
        if latch {
            assert!(watch.period(whole(1)).latched.is_some());
        }
        let before = watch.clone();
        for n in 0..1_000 {
            let y = ratio(n % 100, 100);
            let back = if n % 2 == 0 {
                0
            } else {
                -i64::try_from(n).unwrap()
            };
            watch.now = before.now;
            let all = watch.after(back, y);
            assert_eq!((all.state, all.guard), (before.state, before.guard));
            assert!(all.decision.flags.contains(Flags::REPEATED));
            assert!(all.verdict.flags.contains(GuardFlags::REPEATED));
            assert_eq!(all.verdict.latched.is_some(), latch);
        }
        watch.now = before.now;
    }
}

#[test]
fn a_guard_behind_the_controllers_clock_still_sees_each_step_once() {
    // given: a guard of zeros, as after an upgrade of the account
    let mut watch = Watch::calm(emission(), DEFAULT, ratio(1, 2));
    watch.guard = GuardState::default();
    // when, then
    let again = watch.after(0, ratio(1, 2));
    assert_eq!(again.guard, GuardState::default());
    let on = watch.after(1, ratio(1, 2));
    assert_eq!((on.guard.samples, on.decision.held), (1, HoldReason::None));
}

#[test]
fn a_missing_sample_is_no_anomaly_and_teaches_nothing() {
    for (samples, latch) in [(30, false), (0, false), (30, true)] {
        let mut watch = Watch::calm(emission(), DEFAULT, ratio(1, 2));
        if samples == 0 {
            watch.guard = GuardState::new(watch.now);
        }
        if latch {
            watch.period(whole(1));
        }
        let before = watch.guard;
        let all = watch.blind(WEEK);
        let moved = GuardState {
            last_at: watch.now,
            ..before
        };
        assert_eq!(all.guard, moved);
        assert_eq!(all.verdict.score, 0);
        assert_eq!(all.verdict.latched, before.latched);
        let held = if latch {
            HoldReason::Spike
        } else {
            HoldReason::Missing
        };
        assert_eq!(all.decision.held, held);
    }
    // a sample that the gate refuses is none
    let mut watch = Watch::calm(emission(), DEFAULT, ratio(1, 2));
    let all = watch.with(WEEK, |now| Input {
        y: Some(Sample {
            value: whole(1),
            at: now + 1,
            samples: 1,
        }),
        ..Input::missing(now)
    });
    assert_eq!(
        (all.verdict.latched, all.decision.held),
        (None, HoldReason::Future)
    );
    // and a mean is seen as the law sees it: within its range
    let all = watch.after(WEEK, whole(1_000));
    assert_eq!(all.verdict.latched, Some(LatchReason::Spike));
    assert_eq!(all.verdict.score, 41_666_666, "0.5 over the floor of 0.012");
}

#[test]
fn a_latch_opens_without_a_sample_too_and_the_next_one_primes() {
    let mut watch = Watch::calm(emission(), DEFAULT, ratio(55, 100));
    watch.period(whole(1));
    let u = watch.state.u;
    watch.blind(WEEK);
    let open = watch.blind(WEEK);
    assert!(open.verdict.flags.contains(GuardFlags::RESUMED));
    assert_eq!(
        (open.decision.held, open.guard),
        (HoldReason::Missing, GuardState::new(watch.now))
    );
    let back = watch.after(WEEK, ratio(40, 100));
    assert!(back.decision.flags.contains(Flags::PRIMED));
    assert_eq!(back.decision.u, u);
}

#[test]
fn a_latch_is_never_prolonged_and_governance_resumes_it() {
    // given
    let mut watch = Watch::calm(emission(), DEFAULT, ratio(55, 100));
    let u = watch.state.u;
    let at = watch.now + 77;

    // when: latched between two steps
    watch.guard = watch.guard.latch(LatchReason::Drift, at);
    assert_eq!(
        (watch.guard.latched, watch.guard.latched_since),
        (Some(LatchReason::Drift), at)
    );
    // then: it holds for its time, with its reason
    let all = watch.period(ratio(55, 100));
    assert_eq!(
        (all.latched, watch.state.last.held),
        (Some(LatchReason::Drift), HoldReason::Drift)
    );
    assert_eq!(all.resumes_at, Some(at + 2 * WEEK));
    // a second finding prolongs nothing, and does not hide the first reason
    let again = watch.guard.latch(LatchReason::Spike, watch.now + 5);
    assert_eq!(again, watch.guard);

    // when: a proposal resumes it
    watch.guard = watch.guard.resume(watch.now + 100);
    watch.state = resume(&watch.config, &watch.state, watch.now + 100);
    assert_eq!(watch.guard, GuardState::new(watch.now + 100));
    // then: bumpless, from whatever level
    let back = watch.after(WEEK, ratio(20, 100));
    assert_eq!(
        (back.verdict.latched, back.decision.held),
        (None, HoldReason::None)
    );
    assert!(back.verdict.flags.contains(GuardFlags::PRIMED));
    assert!(
        !back.verdict.flags.contains(GuardFlags::RESUMED),
        "no latch opened"
    );
    assert_eq!(back.decision.u, u);

    // and clocks never run backwards
    let guard = GuardState::new(100);
    assert_eq!(
        (guard.resume(50).last_at, guard.resume(150).last_at),
        (100, 150)
    );
    let latched = |now| guard.latch(LatchReason::Spike, now);
    assert_eq!(
        (latched(50).latched_since, latched(150).latched_since),
        (100, 150)
    );
    assert_eq!(latched(150).last_at, 100);
}

#[test]
fn switching_off_releases_and_forgets() {
    let mut watch = Watch::calm(emission(), DEFAULT, ratio(1, 2));
    let u = watch.state.u;
    watch.period(whole(1));
    watch.settings.enabled = false;
    let off = watch.after(WEEK, whole(1));
    assert!(off.verdict.flags.contains(GuardFlags::RESUMED));
    assert!(off.decision.flags.contains(Flags::PRIMED));
    assert_eq!((off.decision.u, off.guard), (u, GuardState::new(watch.now)));
    let off = watch.after(WEEK, whole(0));
    assert_eq!(off.verdict.flags, GuardFlags::default());
    assert_eq!(off.guard, GuardState::new(watch.now));
    assert_eq!(off.decision.held, HoldReason::None);
}

#[test]
fn the_callers_breaker_comes_first_and_blinds_the_guard() {
    let tripped = |y| {
        move |now| Input {
            tripped: true,
            ..fresh(now, y)
        }
    };
    let mut watch = Watch::calm(emission(), DEFAULT, ratio(1, 2));
    let before = watch.guard;
    let all = watch.with(WEEK, tripped(whole(1)));
    assert_eq!(
        (all.verdict.latched, all.decision.held),
        (None, HoldReason::Tripped)
    );
    assert_eq!(
        all.guard,
        GuardState {
            last_at: watch.now,
            ..before
        }
    );
    // both at once: the caller's is named, and the guard's clock runs
    watch.period(whole(1));
    let all = watch.with(WEEK, tripped(ratio(1, 2)));
    assert_eq!(
        (all.verdict.latched, all.decision.held),
        (Some(LatchReason::Spike), HoldReason::Tripped)
    );
    let all = watch.with(WEEK, tripped(ratio(1, 2)));
    assert_eq!(
        (all.verdict.latched, all.decision.held),
        (None, HoldReason::Tripped)
    );
    assert!(all.verdict.flags.contains(GuardFlags::RESUMED));
}

// ------------------------------------------------------------------- the law

#[test]
fn a_latched_step_is_a_hold_like_any_other() {
    // given: a controller in full swing
    let mut watch = Watch::calm(
        Config {
            kd: ppm(50_000),
            ..emission()
        },
        DEFAULT,
        ratio(57, 100),
    );
    let input = fresh(watch.now + WEEK, whole(1));
    // when
    let (held, decision) = held_step(&watch.config, &watch.state, &input, LatchReason::Spike);
    // then: as if there had been no sample, but for the reason
    let (missing, mut other) = step(&watch.config, &watch.state, &Input::missing(input.now));
    other.held = HoldReason::Spike;
    assert_eq!(decision, other);
    assert_eq!(
        held,
        State {
            last: other,
            ..missing
        }
    );
    // and it is what the guard's latch does
    let all = watch.after(WEEK, whole(1));
    assert_eq!((all.state, all.decision), (held, decision));
    // and the same instant again is the last decision again
    let (again, decision) = held_step(&watch.config, &held, &input, LatchReason::Drift);
    assert_eq!((again, decision.held), (held, HoldReason::Spike));
    assert!(decision.flags.contains(Flags::REPEATED));
}

#[test]
fn a_latch_longer_than_max_hold_lets_u_go_to_the_bias_and_resumes_from_there() {
    // given: one-hour periods, so a day is 24 of them; the usual patience of 4
    let config = Config {
        period: 3_600,
        ..emission()
    };
    let mut watch = Watch::calm(config, DEFAULT, ratio(40, 100));
    assert_eq!(watch.state.u, 200_000);
    assert!(watch.period(whole(1)).latched.is_some());

    // when
    let path: Vec<i64> = (0..23)
        .map(|_| watch.after(3_600, ratio(40, 100)).decision.u)
        .collect();

    // then: the hour of the latch counts as the first of four
    assert_eq!(path[..3], [200_000; 3]);
    assert_eq!(path[3..6], [180_000, 160_000, 140_000]);
    assert_eq!(path[10..], [60_000; 13]);
    let back = watch.after(3_600, ratio(40, 100));
    assert_eq!(
        (back.decision.held, back.decision.u),
        (HoldReason::None, 60_000)
    );

    // and with patience for a day u stays
    let mut watch = Watch::calm(
        Config {
            max_hold: 24,
            ..config
        },
        DEFAULT,
        ratio(40, 100),
    );
    watch.period(whole(1));
    for _ in 0..24 {
        assert_eq!(watch.after(3_600, ratio(40, 100)).decision.u, 200_000);
    }
}

#[test]
fn resuming_is_bumpless_whatever_the_world_did_meanwhile() {
    for seed in 1..=300 {
        // given: any gains, any level, a spike, any level after it
        let mut noise = Noise(seed);
        let mut pick = |low, high| ratio(noise.between(low, high).into(), 1_000);
        let (from, to) = (pick(400, 700), pick(0, 1_000));
        let ki = pick(0, 50_000_000);
        let kd = pick(0, 300_000_000);
        let config = Config {
            ki: still(ki),
            kd: still(kd),
            sampling: if seed % 2 == 0 {
                Sampling::Mean
            } else {
                Sampling::Point
            },
            half_life: if seed % 3 == 0 { 0 } else { 26 * WEEK as u64 },
            slew_up: None,
            slew_down: None,
            ..emission()
        };
        let mut watch = Watch::calm(config, DEFAULT, from);
        let u = watch.state.u;
        watch.period(if from > ratio(1, 2) {
            whole(0)
        } else {
            whole(1)
        });
        watch.period(to);
        assert!(watch.guard.latched.is_some(), "seed {seed}");

        // when
        let back = watch.after(WEEK, to);

        // then
        assert_eq!(back.decision.held, HoldReason::None, "seed {seed}");
        assert!(
            back.decision.u.abs_diff(u) <= 1,
            "seed {seed}: {u} {}",
            back.decision.u
        );
        assert_eq!(back.decision.d, whole(0));
    }
}

#[test]
fn a_manual_controller_follows_the_hand_while_its_guard_is_latched() {
    let config = Config {
        mode: Mode::Manual(90_000),
        ..emission()
    };
    let mut watch = Watch::calm(config, DEFAULT, ratio(1, 2));
    watch.config.mode = Mode::Manual(100_000);
    let all = watch.after(WEEK, whole(1));
    assert_eq!(
        (all.decision.held, all.decision.u),
        (HoldReason::Spike, 100_000)
    );
}
