//! Random configurations, states and inputs for the property tests.

use homeostat_control::{
    Change, Config, Decision, Direction, Flags, Fx, HoldReason, Input, Mode, Prime, Ramp,
    Reference, Sample, Sampling, State,
};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

use super::{emission, ppm, ratio, still, whole, Rig, START};

/// Settings of a property test: how many cases, and the file (checked in) that
/// keeps the seeds of failed cases.
pub fn cases(regressions: &'static str, cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(regressions))),
        ..ProptestConfig::default()
    }
}

/// Any number in `low ..= high`, every bit random.
pub fn bits(low: Fx, high: Fx) -> impl Strategy<Value = Fx> {
    (low.to_bits()..=high.to_bits()).prop_map(Fx::from_bits)
}

/// Any number in `-bound ..= bound`.
pub fn signed_bits(bound: Fx) -> impl Strategy<Value = Fx> {
    bits(-bound, bound)
}

/// A value that is zero every other time.
pub fn sometimes(value: impl Strategy<Value = Fx>) -> impl Strategy<Value = Fx> {
    prop_oneof![Just(whole(0)), value]
}

/// What the setpoint is a multiple of; half of the time of nothing.
fn reference() -> impl Strategy<Value = Reference> {
    prop_oneof![
        2 => Just(Reference::Absolute),
        1 => Just(Reference::Given),
        1 => Just(Reference::Average),
    ]
}

/// A slew limit under which u moves.
fn slew() -> impl Strategy<Value = Option<u64>> {
    prop_oneof![Just(None), (1u64..=300_000).prop_map(Some)]
}

prop_compose! {
    /// Realistic configurations: gains up to one unit of u per unit of error,
    /// a filter of at least two and a half periods, all of it from random bits.
    pub fn configurations()(
        (reverse, point) in any::<(bool, bool)>(),
        period in 60u32..=2_592_000,
        max_periods in 1u32..=4,
        setpoint in signed_bits(whole(2)),
        scale in bits(ratio(1, 2), whole(2)),
        kp in sometimes(bits(whole(0), whole(1_000_000))),
        ki in sometimes(bits(whole(0), whole(500_000))),
        kd in sometimes(bits(whole(0), whole(1_000_000))),
        filter in bits(ratio(5, 2), whole(20)),
        dead_band in sometimes(bits(whole(0), ratio(1, 2))),
        leak in prop_oneof![Just(None), (1u64..=200).prop_map(Some)],
        (min, span) in (-500_000i64..=500_000, 1i64..=1_500_000),
        bias in 0.0f64..=1.0,
        (slew_up, slew_down) in prop_oneof![
            1 => Just((Some(0), Some(0))),
            9 => (slew(), slew()),
        ],
        kf in sometimes(signed_bits(whole(500_000))),
        w_ref in signed_bits(whole(1)),
        f_max in sometimes(bits(whole(0), whole(100_000))),
        (reference, average_steps) in (reference(), 1u64..=200),
    ) -> Config {
        let max = min + span;
        let longest_step = u64::from(period) * u64::from(max_periods);
        Config {
            direction: if reverse { Direction::Reverse } else { Direction::Direct },
            sampling: if point { Sampling::Point } else { Sampling::Mean },
            period,
            max_periods,
            setpoint: still(setpoint),
            scale,
            bias: ppm(min + (bias * span as f64) as i64),
            kp: still(kp),
            ki: still(ki),
            kd: still(kd),
            filter: still(filter),
            dead_band: still(dead_band),
            reference,
            average_half_life: match reference {
                Reference::Average => average_steps * longest_step,
                _ => 0,
            },
            half_life: leak.map_or(0, |k| k * longest_step),
            min,
            max,
            slew_up,
            slew_down,
            kf,
            w_ref,
            f_max,
            max_age: u32::MAX,
            min_samples: 0,
            y_min: whole(-100),
            y_max: whole(100),
            ..emission()
        }
    }
}

prop_compose! {
    /// A configuration, a state it can be in, and an accepted input. Half of
    /// the states lie where something acts: at a limit, with little slew
    /// budget, far from the setpoint or after a gap.
    pub fn situations()(config in configurations())(
        u in prop_oneof![
            config.min..=config.max,
            Just(config.min),
            Just(config.max),
            config.min - 1_000..=config.max + 1_000,
        ],
        integral in signed_bits(whole(config.max - config.min)),
        derivative in signed_bits(whole(4)),
        y_prev in prop_oneof![Just(None), signed_bits(whole(3)).prop_map(Some)],
        e_prev in prop_oneof![Just(None), signed_bits(whole(8)).prop_map(Some)],
        average in prop_oneof![1 => Just(None), 4 => signed_bits(whole(2)).prop_map(Some)],
        reference in signed_bits(whole(2)),
        feed_forward in signed_bits(config.f_max),
        bucket_up in 0..=config.slew_up.unwrap_or(300_000) * u64::from(config.period),
        bucket_down in 0..=config.slew_down.unwrap_or(300_000) * u64::from(config.period),
        (widened_up, widened_down) in prop_oneof![
            2 => Just((false, false)),
            1 => any::<(bool, bool)>(),
        ],
        prime in prop_oneof![6 => Just(Prime::No), 1 => Just(Prime::Zero), 1 => Just(Prime::Solve)],
        dt in prop_oneof![
            1i64..=60,
            1i64..=i64::from(config.period) * i64::from(config.max_periods),
            1i64..=i64::from(config.period) * i64::from(config.max_periods) * 3,
        ],
        y in prop_oneof![
            signed_bits(whole(3)),
            signed_bits(whole(100)),
            signed_bits(ratio(1, 100)).prop_map({
                let setpoint = config.setpoint.to;
                move |off| setpoint + off
            }),
        ],
        w in prop_oneof![Just(None), signed_bits(whole(3)).prop_map(Some)],
        applied in prop_oneof![
            Just(None),
            (config.min - 10..=config.max + 10).prop_map(Some),
        ],
        config in Just(config),
    ) -> (Config, State, Input) {
        let mut state = Rig::new(config).state;
        state.u = u;
        state.integral = integral;
        state.derivative = derivative;
        state.y_prev = y_prev;
        state.e_prev = e_prev;
        state.average = average;
        state.feed_forward = feed_forward;
        state.bucket_up = bucket_up;
        state.bucket_down = bucket_down;
        (state.widened_up, state.widened_down) = (widened_up, widened_down);
        state.prime = prime;
        state.last.r = config.setpoint.to;
        state.last.u0 = config.bias.to;
        let now = START + dt;
        let y = Some(Sample { value: y, at: now, samples: 1 });
        let reference = Some(reference);
        (config, state, Input { now, y, w, reference, applied, tripped: false })
    }
}

// Boxed: these nest deeply, and a test's stack is small.

/// Any number at all: small, ordinary, huge, the ends of the range.
fn any_number() -> BoxedStrategy<Fx> {
    prop_oneof![
        2 => (any::<i128>(), 0u32..=127).prop_map(|(bits, shift)| Fx::from_bits(bits >> shift)),
        2 => signed_bits(whole(2)),
        1 => signed_bits(whole(2_000_000)),
        1 => Just(Fx::MAX),
        1 => Just(Fx::MIN),
        1 => Just(whole(0)),
        1 => Just(Fx::DELTA),
    ]
    .boxed()
}

/// A number in a range: anywhere, near an end of it, or at one.
fn in_range(low: Fx, high: Fx) -> BoxedStrategy<Fx> {
    let (a, b) = (low.to_bits(), high.to_bits());
    prop_oneof![
        2 => (a..=b).prop_map(Fx::from_bits),
        1 => Just(low),
        1 => Just(high),
        // small beside the range, where it holds such numbers
        2 => (a..=b, 0u32..=100).prop_map(move |(bits, shift)| {
            Fx::from_bits((bits >> shift).clamp(a, b))
        }),
    ]
    .boxed()
}

fn ramp_in(low: Fx, high: Fx) -> BoxedStrategy<Ramp> {
    let moving = (
        in_range(low, high),
        in_range(low, high),
        any_time(),
        any_time(),
    )
        .prop_map(|(from, to, start, end)| Ramp {
            from,
            to,
            start,
            end,
        });
    prop_oneof![in_range(low, high).prop_map(Ramp::constant), moving].boxed()
}

fn any_time() -> BoxedStrategy<i64> {
    prop_oneof![
        6 => START - 100_000_000..=START + 100_000_000,
        1 => any::<i64>(),
        1 => Just(i64::MIN),
        1 => Just(i64::MAX),
    ]
    .boxed()
}

fn any_rate() -> BoxedStrategy<Option<u64>> {
    prop_oneof![
        Just(None),
        Just(Some(0)),
        Just(Some(Config::MAX_SLEW)),
        (0..=Config::MAX_SLEW).prop_map(Some),
        (0..=1_000_000u64).prop_map(Some),
    ]
    .boxed()
}

prop_compose! {
    /// Configurations from every corner of what validates; a few do not.
    fn any_configuration()(
        period in prop_oneof![
            Just(Config::MIN_PERIOD), Just(Config::MAX_PERIOD),
            Config::MIN_PERIOD..=Config::MAX_PERIOD,
        ],
        max_periods in prop_oneof![Just(1), Just(Config::MAX_MAX_PERIODS), 1..=52u32],
        (min, max) in prop_oneof![
            Just((-Config::MAX_OUTPUT, Config::MAX_OUTPUT)),
            Just((Config::MAX_OUTPUT - 1, Config::MAX_OUTPUT)),
            (-1_000_000i64..=1_000_000, 1i64..=1_000_000).prop_map(|(min, span)| (min, min + span)),
            (-Config::MAX_OUTPUT..0, 1..=Config::MAX_OUTPUT),
        ],
    )(
        (reverse, point, manual) in (any::<bool>(), any::<bool>(), any::<bool>()),
        by_hand in prop_oneof![Just(min), Just(max), min..=max],
        max_hold in prop_oneof![Just(1), 1..=Config::MAX_MAX_HOLD],
        setpoint in ramp_in(-Config::MAX_SIGNAL, Config::MAX_SIGNAL),
        scale in in_range(Config::MIN_SCALE, Config::MAX_SIGNAL),
        bias in ramp_in(whole(min), whole(max)),
        (kp, ki, kd) in (
            ramp_in(whole(0), Config::MAX_GAIN),
            ramp_in(whole(0), Config::MAX_GAIN),
            ramp_in(whole(0), Config::MAX_GAIN),
        ),
        filter in ramp_in(Config::MIN_FILTER, Config::MAX_FILTER),
        dead_band in ramp_in(whole(0), whole(8) - Fx::DELTA),
        (reference, average_half_life) in (reference(), {
            let least = u64::from(period) * u64::from(max_periods);
            prop_oneof![Just(least), Just(Config::MAX_HALF_LIFE), least..=Config::MAX_HALF_LIFE]
        }),
        half_life in {
            let least = u64::from(period) * u64::from(max_periods);
            prop_oneof![
                Just(0), Just(least), Just(Config::MAX_HALF_LIFE),
                least..=Config::MAX_HALF_LIFE,
            ]
        },
        (slew_up, slew_down) in (any_rate(), any_rate()),
        (kf, w_ref, f_max) in (
            in_range(-Config::MAX_GAIN, Config::MAX_GAIN),
            in_range(-Config::MAX_SIGNAL, Config::MAX_SIGNAL),
            in_range(whole(0), whole(Config::MAX_OUTPUT)),
        ),
        (max_age, min_samples) in (
            prop_oneof![Just(0), Just(u32::MAX), any::<u32>()],
            prop_oneof![Just(0), Just(1), any::<u32>()],
        ),
        (y_min, y_max) in (
            in_range(-Config::MAX_SIGNAL, whole(0)),
            in_range(Fx::DELTA, Config::MAX_SIGNAL),
        ),
        (min, max, period, max_periods) in Just((min, max, period, max_periods)),
    ) -> Config {
        Config {
            direction: if reverse { Direction::Reverse } else { Direction::Direct },
            sampling: if point { Sampling::Point } else { Sampling::Mean },
            mode: if manual { Mode::Manual(by_hand) } else { Mode::Auto },
            period, max_periods, max_hold, setpoint, reference,
            average_half_life: match reference {
                Reference::Average => average_half_life,
                _ => 0,
            },
            scale, bias, kp, ki, kd, filter, dead_band,
            half_life, min, max, slew_up, slew_down, kf, w_ref, f_max, max_age, min_samples,
            y_min, y_max,
        }
    }
}

prop_compose! {
    /// A decision nobody made.
    fn any_decision()(
        numbers in prop::collection::vec(any_number(), 14),
        (from, to) in (any_time(), any_time()),
        (u_prev, u) in (any::<i64>(), any::<i64>()),
        flags in any::<u32>(),
    ) -> Decision {
        let n = |k: usize| numbers[k];
        Decision {
            from, to, y: n(0), r: n(1), z: n(2), e: n(3), tau: n(4), lambda: n(5), p: n(6),
            i: n(7), d: n(8), f: n(9), u0: n(10), raw: n(11), slewed: n(12), limited: n(13),
            u_prev, u, flags: Flags(flags), held: HoldReason::None,
        }
    }
}

prop_compose! {
    /// A state nobody made.
    fn any_state()(
        last_at in any_time(),
        u in prop_oneof![any::<i64>(), -1_000_000i64..=1_000_000, Just(i64::MIN), Just(i64::MAX)],
        (integral, derivative, feed_forward) in (any_number(), any_number(), any_number()),
        (y_prev, average) in (prop::option::of(any_number()), prop::option::of(any_number())),
        e_prev in prop::option::of(any_number()),
        (bucket_up, bucket_down) in (
            prop_oneof![Just(0), Just(u64::MAX), any::<u64>()],
            prop_oneof![Just(0), Just(u64::MAX), any::<u64>()],
        ),
        (widened_up, widened_down) in any::<(bool, bool)>(),
        held_for in prop_oneof![Just(0), Just(u64::MAX), any::<u64>()],
        prime in prop_oneof![Just(Prime::No), Just(Prime::Zero), Just(Prime::Solve)],
        last in any_decision(),
    ) -> State {
        State {
            last_at, u, integral, derivative, y_prev, average, e_prev, feed_forward, bucket_up,
            bucket_down, widened_up, widened_down, held_for, prime, last,
        }
    }
}

prop_compose! {
    fn any_input()(
        now in any_time(),
        y in prop::option::weighted(0.9, (
            any_number(),
            prop_oneof![4 => Just(None), 1 => any_time().prop_map(Some)],
            any::<u32>(),
        )),
        w in prop::option::of(any_number()),
        reference in prop::option::of(any_number()),
        applied in prop::option::of(any::<i64>()),
        tripped in prop::bool::weighted(0.1),
    ) -> Input {
        let y = y.map(|(value, at, samples)| Sample { value, at: at.unwrap_or(now), samples });
        Input { now, y, w, reference, applied, tripped }
    }
}

fn any_change() -> BoxedStrategy<Change> {
    let over = || prop_oneof![Just(0), Just(u32::MAX), any::<u32>()];
    prop_oneof![
        (any_number(), over()).prop_map(|(to, over_seconds)| Change::Setpoint { to, over_seconds }),
        (any_number(), over()).prop_map(|(to, over_seconds)| Change::Bias { to, over_seconds }),
        (any_number(), over()).prop_map(|(to, over_seconds)| Change::Kp { to, over_seconds }),
        (any_number(), over()).prop_map(|(to, over_seconds)| Change::Ki { to, over_seconds }),
        (any_number(), over()).prop_map(|(to, over_seconds)| Change::Kd { to, over_seconds }),
        (any_number(), over()).prop_map(|(to, over_seconds)| Change::Filter { to, over_seconds }),
        (any_number(), over()).prop_map(|(to, over_seconds)| Change::DeadBand { to, over_seconds }),
        any::<u64>().prop_map(Change::HalfLife),
        (any::<i64>(), any::<i64>()).prop_map(|(min, max)| Change::Limits { min, max }),
        (-1_000_000i64..=0, 1i64..=1_000_000).prop_map(|(min, max)| Change::Limits { min, max }),
        (any_rate(), any_rate()).prop_map(|(up, down)| Change::Slew { up, down }),
        any::<i64>().prop_map(|u| Change::Mode(Mode::Manual(u))),
        Just(Change::Mode(Mode::Auto)),
        (any_number(), any_number(), any_number())
            .prop_map(|(kf, w_ref, f_max)| Change::FeedForward { kf, w_ref, f_max }),
    ]
    .boxed()
}

/// Everything at its worst: a configuration that (nearly always) validates, a
/// state and inputs of any bits, and changes in between.
pub fn garbage() -> BoxedStrategy<(Config, State, Vec<Input>, Vec<Change>)> {
    (
        any_configuration().boxed(),
        any_state().boxed(),
        prop::collection::vec(any_input(), 3),
        prop::collection::vec(any_change(), 3),
    )
        .boxed()
}
