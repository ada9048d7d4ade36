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
/// target or is disturbed, then the emission settles within forty weeks, or forty periods
/// where those are longer; and its guard takes no alarm at that.
#[test]
fn l2_the_defaults_settle_for_every_period_from_an_hour_to_thirty_days() {
    for period in GRID {
        let long = 40 * WEEK.max(u64::from(period));
        for (times, divisor) in [(1, 1), (1, 2), (2, 1)] {
            let scaled =
                |ramp: Ramp| Ramp::constant(ramp.to * Fx::from_num(times) / Fx::from_num(divisor));
            let usual = config(Parameter::Emission, period);
            let config = Config {
                kp: scaled(usual.kp),
                ki: scaled(usual.ki),
                ..usual
            };
            for dead in [0.0, 0.5, 1.0] {
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
                        "{period} s, gains {times}/{divisor}, dead {dead}, y {y}, load {load}: {off}"
                    );
                }
            }
        }
    }
}

/// The other three have a fifth of the emission's loop gain: slower, and as stable.
#[test]
fn l2_the_other_defaults_settle_too() {
    for parameter in [Parameter::Fee, Parameter::Burn, Parameter::Liquidity] {
        for period in GRID {
            let long = 150 * WEEK.max(u64::from(period));
            let config = config(parameter, period);
            for (y, load) in [(0.4, 0.0), (0.0, 0.3)] {
                let plant = Plant { y, load, dead: 1.0 };
                let off = worst(&config, parameter, &plant, long, long + long / 5);
                assert!(off <= 0.03, "{parameter:?}, {period} s, y {y}: {off}");
            }
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
            // The integral time is five weeks.
            let weeks = config.kp.to / config.ki.to * Fx::from_num(period) / Fx::from_num(WEEK);
            assert!(
                (weeks - Fx::from_num(5)).abs() < Fx::lit("0.01"),
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
        (Fx::from_num(100_000), Fx::from_num(20_000))
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
