//! The defaults close a stable loop for every period they are made for.

use homeostat_control::{create, guarded_step, GuardState, Input};

use super::*;

const HOUR: u32 = 3_600;
const DAY: u32 = 86_400;
/// Periods from an hour to the longest.
const GRID: [u32; 9] = [
    HOUR,
    6 * HOUR,
    DAY,
    3 * DAY,
    WEEK as u32,
    10 * DAY,
    14 * DAY,
    21 * DAY,
    MAX_PERIOD,
];

/// A first-order plant: the normalised error follows u with a time constant of four weeks
/// and a dead time. For the emission it is y = 10 u + load; the other controllers steer a
/// plant that answers to their range as that one does to the emission's.
struct Plant {
    /// y at the start (fraction).
    y: f64,
    /// What is added to y at rest (fraction).
    load: f64,
    /// The dead time (periods).
    dead: f64,
}

/// Pieces that a period is solved in.
const PIECES: usize = 8;

/// Runs a controller on a plant and returns the worst |error| over the scale after
/// `settled` seconds, until `end` seconds.
fn worst(config: &Config, parameter: Parameter, plant: &Plant, settled: u64, end: u64) -> f64 {
    let usual = start(parameter);
    let guard_config = guard(parameter, config.period);
    let period = u64::from(config.period);
    let scale = config.scale.to_num::<f64>();
    let target = config.setpoint.to.to_num::<f64>();
    // What the whole range of u does to the normalised error: 10 x 0.19 / 0.6.
    let span = (usual.max - usual.min) as f64;
    let gain = 10.0 * 0.19 / 0.6 * scale / span;
    let sign = match usual.direction {
        Direction::Reverse => 1.0,
        Direction::Direct => -1.0,
    };
    let rest = |u: f64| target + sign * gain * (u - usual.bias as f64) + plant.load * scale;
    let keep = (-(period as f64) / (4.0 * WEEK as f64 * PIECES as f64)).exp();

    let mut state = create(config, 0).unwrap();
    let mut watch = GuardState::new(0);
    let waiting = (plant.dead * PIECES as f64) as usize;
    let mut under_way = std::collections::VecDeque::from(vec![state.u; waiting]);
    let mut y = target + plant.y * scale;
    let mut worst: f64 = 0.0;
    for n in 1..=end / period {
        let mut sum = 0.0;
        for _ in 0..PIECES {
            under_way.push_back(state.u);
            let rest = rest(under_way.pop_front().unwrap_or(state.u) as f64);
            y = rest + (y - rest) * keep;
            sum += y;
        }
        let mean = sum / PIECES as f64;
        if n * period > settled {
            worst = worst.max((mean - target).abs() / scale);
        }
        let now = i64::try_from(n * period).unwrap();
        let input = Input::mean(now, Fx::from_num(mean));
        let made = guarded_step(config, &guard_config, &state, &watch, &input);
        (state, watch) = (made.state, made.guard);
        assert!(
            !watch_latched(&watch),
            "{parameter:?}, {period} s: latched in period {n}"
        );
    }
    worst
}

fn watch_latched(guard: &GuardState) -> bool {
    guard.latched.is_some()
}

/// Given the default gains, half and twice of them, when a plant starts away from the
/// target or is disturbed, then the emission settles within 120 weeks, or 120 periods
/// where those are longer; and its guard takes no alarm at that.
#[test]
fn l2_the_defaults_settle_for_every_period_from_an_hour_to_thirty_days() {
    for period in GRID {
        let long = 120 * WEEK.max(u64::from(period));
        for factor in [1.0, 0.5, 2.0] {
            let config = multiplied(&config(Parameter::Emission, period), factor);
            // The tuned gain is high: twice of it swings where a weekly loop waits half a week.
            let dead_times: &[f64] = if factor > 1.0 {
                &[0.0]
            } else {
                &[0.0, 0.5, 1.0]
            };
            for dead in dead_times.iter().copied() {
                for (y, load) in [
                    (-0.5, 0.0),
                    (0.5, 0.0),
                    (0.0, -0.5),
                    (0.0, 0.5),
                    (-0.67, 0.33),
                ] {
                    let plant = Plant { y, load, dead };
                    let off = worst(&config, Parameter::Emission, &plant, long, long + long / 2);
                    assert!(
                        off <= 0.03,
                        "{period} s, gains x {factor}, dead {dead}, y {y}, load {load}: {off}"
                    );
                }
            }
        }
    }
}

/// The gains times a factor.
fn multiplied(config: &Config, factor: f64) -> Config {
    let scaled = |ramp: Ramp| Ramp::constant(ramp.to * Fx::from_num(factor));
    Config {
        kp: scaled(config.kp),
        ki: scaled(config.ki),
        ..*config
    }
}

/// The liquidity's loop is slower, and as stable.
#[test]
fn l2_the_liquidity_settles_too() {
    for period in GRID {
        let long = 400 * WEEK.max(u64::from(period));
        for factor in [0.5, 1.0, 2.0] {
            let config = multiplied(&config(Parameter::Liquidity, period), factor);
            for (y, load) in [(0.4, 0.0), (0.0, 0.3)] {
                let plant = Plant { y, load, dead: 1.0 };
                let off = worst(&config, Parameter::Liquidity, &plant, long, long + long / 5);
                assert!(off <= 0.03, "{period} s, gains x {factor}, y {y}: {off}");
            }
        }
    }
}

/// Given economies with a turnover of 0.5 to 5, in which the fees of a year are a fortieth to a
/// quarter of the emission, and half of the gains, the gains and twice the gains, when demand
/// doubles, then the burned part of the emission comes to its target and stays there. It
/// does so without the feed-forward too, more slowly: what a period burns is the share times its
/// fees, a delay of one period and nothing else.
#[test]
fn l2_burns_close_at_every_turnover_with_and_without_the_feed_forward() {
    for period in GRID {
        for (factor, forward) in [(0.5, true), (1.0, true), (2.0, true), (1.0, false)] {
            let usual = multiplied(&config(Parameter::Burn, period), factor);
            let config = Config {
                kf: if forward { usual.kf } else { Fx::ZERO },
                ..usual
            };
            for turnover in [0.5, 1.0, 4.0, 5.0] {
                for demand in [1.0, 2.0] {
                    let expected = 0.06 / (0.003 * turnover);
                    let off = burns(&config, &[expected, expected / demand]);
                    assert!(
                        off <= 0.03,
                        "{period} s, gains x {factor}, forward {forward}, {turnover}: {off}"
                    );
                }
            }
        }
    }
}

/// Lives ten years of weeks, or 520 periods where those are longer, at each of some ratios of emission over
/// fees, and returns the worst error over the target in the last fifth of each.
fn burns(config: &Config, ratios: &[f64]) -> f64 {
    let target = config.setpoint.to.to_num::<f64>();
    let period = u64::from(config.period);
    let steps = (520 * WEEK).div_ceil(period).max(520);
    let mut state = create(config, 0).unwrap();
    let mut worst: f64 = 0.0;
    for ratio in ratios {
        for n in 0..steps {
            let y = state.u as f64 / 1e6 / ratio;
            if n * 5 >= steps * 4 {
                worst = worst.max((y - target).abs() / target);
            }
            let input = Input {
                w: Some(Fx::from_num(*ratio)),
                ..Input::mean(state.last_at + period as i64, Fx::from_num(y))
            };
            state = homeostat_control::step(config, &state, &input).0;
        }
    }
    worst
}

/// Given a demand that rises by a half for good, at a turnover that nobody expected, when it has
/// become the average, then the fee that had risen is the bias again.
#[test]
fn l2_the_fee_answers_unusual_demand_and_comes_back() {
    for period in GRID {
        let config = config(Parameter::Fee, period);
        for usual in [0.5, 1.0, 2.5] {
            let mut state = create(&config, 0).unwrap();
            let mut live = |y: f64, years: u64| {
                let mut highest = 0;
                for _ in 0..(years * YEAR.unsigned_abs()).div_ceil(u64::from(period)) {
                    let now = state.last_at + i64::from(period);
                    let input = Input::mean(now, Fx::from_num(y));
                    state = homeostat_control::step(&config, &state, &input).0;
                    highest = highest.max(state.u);
                }
                (highest, state.u)
            };
            assert_eq!(live(usual, 1), (3_000, 3_000), "{period} s");
            let (highest, last) = live(1.5 * usual, 5);
            assert!(highest > 3_010, "{period} s, {usual}: {highest}");
            assert!((last - 3_000).abs() <= 60, "{period} s, {usual}: {last}");
        }
    }
}

/// Given any period at all, when the defaults are made for it, then they validate, nothing
/// moves faster than in weekly periods, and no cap is above what the program allows.
#[test]
fn l2_no_default_is_faster_than_its_weekly_rate() {
    for period in [MIN_PERIOD, 61, 600, 604, 605, 1_800]
        .into_iter()
        .chain(GRID)
    {
        for parameter in Parameter::ALL {
            let config = config(parameter, period);
            assert_eq!(config.validate(), Ok(()), "{parameter:?} {period}");
            assert_eq!(
                guard(parameter, period).validate(),
                Ok(()),
                "{parameter:?} {period}"
            );
            let weekly = start(parameter).slew_week;
            let slew = config.slew_up.unwrap_or(u64::MAX);
            assert_eq!(config.slew_up, config.slew_down);
            assert!(
                slew * WEEK <= weekly * u64::from(period),
                "{parameter:?} {period}"
            );
            // No more than a unit is lost.
            assert!(
                (slew + 1) * WEEK > weekly * u64::from(period),
                "{parameter:?} {period}"
            );
            // The integral time is that of weekly periods.
            let weeks = config.kp.to / config.ki.to * Fx::from_num(period) / Fx::from_num(WEEK);
            let start = start(parameter);
            let weekly = Fx::from_num(start.kp) / Fx::from_num(start.ki_week);
            assert!(
                (weeks - weekly).abs() < Fx::lit("0.01") * weekly,
                "{parameter:?} {period}: {weeks}"
            );
        }
        let limits = limits(period, 1_000);
        assert!((1..=MAX_PERIOD_BURN_PPM).contains(&limits.period_burn_ppm));
        assert!((1..=MAX_PERIOD_EMISSION_PPM).contains(&limits.period_emission_ppm));
    }
    // The fee's is too slow for whole ppm: it stands still rather than run.
    let slew = |period| config(Parameter::Fee, period).slew_up;
    assert_eq!(
        (slew(604), slew(605), slew(HOUR)),
        (Some(0), Some(1), Some(5))
    );
    assert_eq!(limits(HOUR, 1_000).period_burn_ppm, 59);
}

/// In weekly periods they are what the simulation found.
#[test]
fn success_weekly_defaults_are_the_tuned_ones() {
    let config = config(Parameter::Emission, WEEK as u32);
    assert_eq!(
        (config.kp.to, config.ki.to),
        (Fx::from_num(235_000), Fx::from_num(8_460))
    );
    assert_eq!((config.slew_up, config.max_hold), (Some(20_000), 4));
    let usual = GuardConfig::default();
    assert_eq!(guard(Parameter::Emission, WEEK as u32), usual);
    let month = guard(Parameter::Emission, MAX_PERIOD);
    assert_eq!(
        (month.half_life, month.min_samples, month.hold_periods),
        (2, 4, 1)
    );
}
