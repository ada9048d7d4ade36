//! Each bound of each field of a configuration.

extern crate std;

use super::*;
use crate::Ramp;
use std::string::ToString;

fn sound() -> Config {
    Config::new(
        Direction::Reverse,
        Sampling::Mean,
        604_800,
        Fx::lit("0.6"),
        60_000,
        10_000,
        200_000,
    )
}

fn verdict(edit: impl Fn(&mut Config)) -> Option<Field> {
    let mut config = sound();
    edit(&mut config);
    config.validate().err().map(|error| error.field)
}

/// The inner value passes, the outer one is refused by name.
fn bound<T: Copy>(field: Field, inner: T, outer: T, edit: impl Fn(&mut Config, T)) {
    assert_eq!(verdict(|c| edit(c, inner)), None, "inside {field:?}");
    assert_eq!(
        verdict(|c| edit(c, outer)),
        Some(field),
        "outside {field:?}"
    );
}

/// The same for both ends of a ramp.
fn ramp(field: Field, inner: Fx, outer: Fx, place: impl Fn(&mut Config) -> &mut Ramp) {
    bound(field, inner, outer, |c, v| place(c).from = v);
    bound(field, inner, outer, |c, v| place(c).to = v);
}

#[test]
fn each_bound_of_each_field() {
    use Field::*;
    let ulp = Fx::DELTA;
    let big = Config::MAX_OUTPUT;

    bound(Mode, 10_000, 9_999, |c, v| c.mode = super::Mode::Manual(v));
    bound(Mode, 200_000, 200_001, |c, v| {
        c.mode = super::Mode::Manual(v)
    });
    bound(Period, 60, 59, |c, v| c.period = v);
    bound(Period, 2_592_000, 2_592_001, |c, v| c.period = v);
    bound(MaxPeriods, 1, 0, |c, v| c.max_periods = v);
    bound(MaxPeriods, 52, 53, |c, v| c.max_periods = v);
    bound(MaxHold, 1, 0, |c, v| c.max_hold = v);
    bound(MaxHold, 1_000, 1_001, |c, v| c.max_hold = v);

    let signal = Config::MAX_SIGNAL;
    ramp(Setpoint, signal, signal + ulp, |c| &mut c.setpoint);
    ramp(Setpoint, -signal, -signal - ulp, |c| &mut c.setpoint);
    bound(Scale, signal, signal + ulp, |c, v| c.scale = v);
    let smallest = Config::MIN_SCALE;
    bound(Scale, smallest, smallest - ulp, |c, v| c.scale = v);
    bound(Scale, Fx::lit("0.000001"), Fx::MIN, |c, v| c.scale = v);
    let (low, high) = (whole(10_000), whole(200_000));
    ramp(Bias, low, low - ulp, |c| &mut c.bias);
    ramp(Bias, high, high + ulp, |c| &mut c.bias);

    let gain = Config::MAX_GAIN;
    ramp(Kp, Fx::ZERO, -ulp, |c| &mut c.kp);
    ramp(Kp, gain, gain + ulp, |c| &mut c.kp);
    ramp(Ki, Fx::ZERO, -ulp, |c| &mut c.ki);
    ramp(Ki, gain, gain + ulp, |c| &mut c.ki);
    ramp(Kd, Fx::ZERO, -ulp, |c| &mut c.kd);
    ramp(Kd, gain, gain + ulp, |c| &mut c.kd);
    let (short, long) = (Config::MIN_FILTER, Config::MAX_FILTER);
    ramp(Filter, short, short - ulp, |c| &mut c.filter);
    ramp(Filter, Fx::lit("0.01"), Fx::ZERO, |c| &mut c.filter);
    ramp(Filter, long, long + ulp, |c| &mut c.filter);
    ramp(DeadBand, Fx::ZERO, -ulp, |c| &mut c.dead_band);
    ramp(DeadBand, whole(8) - ulp, whole(8), |c| &mut c.dead_band);

    bound(HalfLife, 0, 1, |c, v| c.half_life = v);
    let step = 4 * 604_800;
    bound(HalfLife, step, step - 1, |c, v| c.half_life = v);
    let longest = Config::MAX_HALF_LIFE;
    bound(HalfLife, longest, longest + 1, |c, v| c.half_life = v);

    let average = |c: &mut Config, v| {
        (c.reference, c.average_half_life) = (super::Reference::Average, v);
    };
    bound(AverageHalfLife, step, step - 1, average);
    bound(AverageHalfLife, step, 0, average);
    bound(AverageHalfLife, longest, longest + 1, average);
    for other in [super::Reference::Absolute, super::Reference::Given] {
        bound(AverageHalfLife, 0, step, |c, v| {
            (c.reference, c.average_half_life) = (other, v);
        });
    }

    bound(Min, -big, -big - 1, |c, v| c.min = v);
    bound(Min, 59_999, 200_000, |c, v| c.min = v);
    bound(Max, big, big + 1, |c, v| c.max = v);
    bound(Max, big, i64::MAX, |c, v| c.max = v);
    let fastest = Config::MAX_SLEW;
    bound(SlewUp, Some(fastest), Some(fastest + 1), |c, v| {
        c.slew_up = v
    });
    bound(SlewUp, None, Some(u64::MAX), |c, v| c.slew_up = v);
    bound(SlewDown, Some(fastest), Some(fastest + 1), |c, v| {
        c.slew_down = v
    });
    bound(SlewDown, Some(1), Some(0), |c, v| c.slew_down = v);
    bound(SlewUp, Some(1), Some(0), |c, v| c.slew_up = v);

    bound(Kf, gain, gain + ulp, |c, v| c.kf = v);
    bound(Kf, -gain, -gain - ulp, |c, v| c.kf = v);
    bound(WRef, signal, signal + ulp, |c, v| c.w_ref = v);
    bound(WRef, -signal, -signal - ulp, |c, v| c.w_ref = v);
    bound(FMax, Fx::ZERO, -ulp, |c, v| c.f_max = v);
    bound(FMax, whole(big), whole(big) + ulp, |c, v| c.f_max = v);
    bound(YMin, -signal, -signal - ulp, |c, v| c.y_min = v);
    bound(YMin, signal - ulp, signal, |c, v| c.y_min = v);
    bound(YMax, signal, signal + ulp, |c, v| c.y_max = v);
    bound(YMax, signal, Fx::MAX, |c, v| c.y_max = v);
}

#[test]
fn any_gate_for_time_and_number_passes() {
    for any in [0, 1, u32::MAX] {
        assert_eq!(verdict(|c| c.max_age = any), None);
        assert_eq!(verdict(|c| c.min_samples = any), None);
    }
}

#[test]
fn names_the_first_offence() {
    let crossed = |c: &mut Config| (c.min, c.max) = (c.max, c.min);
    assert_eq!(verdict(crossed), Some(Field::Min));
    let all = |c: &mut Config| {
        crossed(c);
        c.period = 0;
        c.kp.to = Fx::MIN;
    };
    assert_eq!(verdict(all), Some(Field::Period));
    let error = ConfigError { field: Field::Kp };
    assert_eq!(
        error.to_string(),
        "kp must be 0 to 1e12 ppm (1,000,000 as a fraction)"
    );
}

#[test]
fn the_largest_bucket_fits() {
    let period = u64::from(Config::MAX_PERIOD);
    assert!(Config::MAX_SLEW.checked_mul(period).is_some());
}

#[test]
fn starts_neutral() {
    let config = sound();
    assert_eq!(config.validate(), Ok(()));
    assert_eq!(config.scale, Fx::lit("0.6"));
    let zero = Config::new(Direction::Direct, Sampling::Point, 60, Fx::ZERO, 0, 0, 1);
    assert_eq!((zero.scale, zero.min_samples), (Fx::ONE, 1));
    assert_eq!(zero.validate(), Ok(()));
}
