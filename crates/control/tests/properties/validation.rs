//! Property 6, what validates: every field is held to its range, and a refusal names the
//! first field that offends.

use homeostat_control::{change, create, Change, Config, Field, Fx, Mode, Ramp};

use crate::common::*;

/// A field and what puts it outside its range.
type Break = (Field, fn(&mut Config));

/// One break of each field, in the order of their declaration; the second one
/// breaks the other end of its range.
fn broken() -> Vec<Break> {
    fn past(value: Fx) -> Ramp {
        still(value)
    }
    vec![
        (Field::Mode, |c| {
            c.mode = Mode::Manual(c.max.saturating_add(1))
        }),
        (Field::Mode, |c| {
            c.mode = Mode::Manual(c.min.saturating_sub(1))
        }),
        (Field::Period, |c| c.period = 59),
        (Field::Period, |c| c.period = Config::MAX_PERIOD + 1),
        (Field::MaxPeriods, |c| c.max_periods = 0),
        (Field::MaxPeriods, |c| c.max_periods = 53),
        (Field::MaxHold, |c| c.max_hold = 0),
        (Field::MaxHold, |c| c.max_hold = 1_001),
        (Field::Setpoint, |c| {
            c.setpoint = past(Config::MAX_SIGNAL + Fx::DELTA)
        }),
        (Field::Setpoint, |c| {
            c.setpoint.from = -Config::MAX_SIGNAL - Fx::DELTA
        }),
        (Field::Scale, |c| c.scale = whole(0)),
        (Field::Scale, |c| c.scale = whole(-1)),
        (Field::Scale, |c| c.scale = Config::MAX_SIGNAL + Fx::DELTA),
        (Field::Bias, |c| c.bias = past(whole(c.max) + Fx::DELTA)),
        (Field::Bias, |c| c.bias.from = whole(c.min) - Fx::DELTA),
        (Field::Kp, |c| c.kp = past(-Fx::DELTA)),
        (Field::Kp, |c| c.kp.from = Config::MAX_GAIN + Fx::DELTA),
        (Field::Ki, |c| c.ki = past(-Fx::DELTA)),
        (Field::Ki, |c| c.ki.from = Fx::MAX),
        (Field::Kd, |c| c.kd = past(-Fx::DELTA)),
        (Field::Kd, |c| c.kd.from = Fx::MIN),
        (Field::Filter, |c| {
            c.filter = past(Config::MIN_FILTER - Fx::DELTA)
        }),
        (Field::Filter, |c| c.filter.from = whole(0)),
        (Field::DeadBand, |c| c.dead_band = past(-Fx::DELTA)),
        (Field::DeadBand, |c| c.dead_band = past(whole(8))),
        (Field::HalfLife, |c| c.half_life = 4 * WEEK as u64 - 1),
        (Field::HalfLife, |c| c.half_life = 1),
        (Field::HalfLife, |c| c.half_life = u64::MAX),
        (Field::Min, |c| c.min = c.max),
        (Field::Min, |c| c.min = i64::MIN),
        (Field::Max, |c| c.max = i64::MAX),
        (Field::SlewUp, |c| c.slew_up = Some(u64::MAX)),
        (Field::SlewDown, |c| {
            c.slew_down = Some(Config::MAX_SLEW + 1)
        }),
        (Field::Kf, |c| c.kf = Fx::MIN),
        (Field::Kf, |c| c.kf = Config::MAX_GAIN + Fx::DELTA),
        (Field::WRef, |c| c.w_ref = Fx::MAX),
        (Field::FMax, |c| c.f_max = -Fx::DELTA),
        (Field::FMax, |c| c.f_max = Fx::MAX),
        (Field::YMin, |c| c.y_min = c.y_max),
        (Field::YMin, |c| c.y_min = Fx::MIN),
        (Field::YMax, |c| c.y_max = Fx::MAX),
    ]
}

#[test]
fn p06_validation_names_the_first_offending_field() {
    assert!(emission().validate().is_ok());
    let broken = broken();
    for (field, damage) in &broken {
        let mut config = emission();
        damage(&mut config);
        assert_eq!(config.validate().map_err(|error| error.field), Err(*field));
        assert_eq!(
            create(&config, START).map_err(|error| error.field),
            Err(*field)
        );
    }
    for (n, (first, one)) in broken.iter().enumerate() {
        for (second, other) in &broken[n..] {
            let mut config = emission();
            other(&mut config);
            one(&mut config);
            let named = config.validate().expect_err("two fields are broken").field;
            // Limits that are at fault themselves are not held against the manual
            // value and the bias, and breaking both ends of a range can leave them
            // in order or not: then either may be named.
            let limits = [Field::Min, Field::Max];
            let credible = [Field::YMin, Field::YMax];
            let pair = limits.contains(second)
                && [Field::Mode, Field::Bias, Field::Min].contains(first)
                || credible.contains(first) && credible.contains(second);
            let named_one_of_them = named == *second && pair;
            assert!(
                named == *first || named_one_of_them,
                "{first:?} and {second:?} gave {named:?}"
            );
        }
    }
}

#[test]
fn p06_the_ends_of_every_range_validate() {
    let period = u64::from(Config::MAX_PERIOD);
    let ends: [fn(&mut Config); 21] = [
        |c| c.mode = Mode::Manual(c.max),
        |c| c.mode = Mode::Manual(c.min),
        |c| c.period = 60,
        |c| c.max_periods = 1,
        |c| c.max_periods = 52,
        |c| c.max_hold = 1,
        |c| c.setpoint = still(whole(0)),
        |c| c.setpoint = still(whole(-1)),
        |c| c.scale = Config::MIN_SCALE,
        |c| c.bias = ppm(c.max),
        |c| c.bias = ppm(c.min),
        |c| c.kp = still(Config::MAX_GAIN),
        |c| c.filter = still(Config::MIN_FILTER),
        |c| c.dead_band = still(whole(8) - Fx::DELTA),
        |c| c.half_life = 4 * WEEK as u64,
        |c| c.half_life = Config::MAX_HALF_LIFE,
        |c| (c.slew_up, c.slew_down) = (Some(0), Some(0)),
        |c| (c.mode, c.slew_up) = (Mode::Manual(c.max), Some(0)),
        |c| c.slew_down = Some(Config::MAX_SLEW),
        |c| (c.min, c.max) = (-Config::MAX_OUTPUT, Config::MAX_OUTPUT),
        |c| c.min = c.max - 1_000,
    ];
    for (n, end) in ends.iter().enumerate() {
        let mut config = emission();
        end(&mut config);
        if n == ends.len() - 1 {
            config.bias = ppm(config.max);
        }
        assert_eq!(config.validate(), Ok(()), "end {n}");
    }
    let longest = Config {
        period: Config::MAX_PERIOD,
        max_periods: 52,
        half_life: 52 * period,
        ..emission()
    };
    assert_eq!(longest.validate(), Ok(()));
}

/// Noise would take such a u to a limit and leave it there.
#[test]
fn l1_a_slew_limit_of_zero_one_way_is_refused_in_automatic_mode() {
    let refused = |up, down, mode| {
        let config = Config {
            slew_up: up,
            slew_down: down,
            mode,
            ..emission()
        };
        config.validate().err().map(|error| error.field)
    };
    for other in [None, Some(1), Some(20_000)] {
        let up = refused(Some(0), other, Mode::Auto);
        assert_eq!(up, Some(Field::SlewUp), "{other:?}");
        let down = refused(other, Some(0), Mode::Auto);
        assert_eq!(down, Some(Field::SlewDown), "{other:?}");
        // By hand a u that only rises, or only falls, is what was asked for.
        let by_hand = Mode::Manual(60_000);
        assert_eq!(refused(Some(0), other, by_hand), None, "{other:?}");
        assert_eq!(refused(other, Some(0), by_hand), None, "{other:?}");
    }
    // A u that moves neither way does not drift.
    assert_eq!(refused(Some(0), Some(0), Mode::Auto), None);

    // Nor does a change lead there: by the slew limits, or by the mode.
    let rig = Rig::primed(emission(), ratio(60, 100));
    let slew = Change::Slew {
        up: Some(20_000),
        down: Some(0),
    };
    let named = |config, what| {
        change(&config, &rig.state, &what, rig.now)
            .map_err(|error| error.field)
            .err()
    };
    assert_eq!(named(rig.config, slew), Some(Field::SlewDown));
    let by_hand = Config {
        mode: Mode::Manual(60_000),
        slew_down: Some(0),
        ..emission()
    };
    let auto = Change::Mode(Mode::Auto);
    assert_eq!(named(by_hand, auto), Some(Field::SlewDown));
}

#[test]
fn p06_a_refused_change_names_its_field() {
    let rig = Rig::primed(emission(), ratio(1, 2));
    let refused = |what: Change| {
        change(&rig.config, &rig.state, &what, rig.now)
            .map_err(|error| error.field)
            .err()
    };
    assert_eq!(
        refused(Change::Kp {
            to: whole(-1),
            over_seconds: 5
        }),
        Some(Field::Kp)
    );
    assert_eq!(refused(Change::HalfLife(60)), Some(Field::HalfLife));
    assert_eq!(
        refused(Change::Mode(Mode::Manual(300_000))),
        Some(Field::Mode)
    );
    // The bias of 60,000 ppm must lie within the new limits.
    assert_eq!(
        refused(Change::Limits {
            min: 70_000,
            max: 80_000
        }),
        Some(Field::Bias)
    );
    assert_eq!(
        refused(Change::Limits {
            min: 80_000,
            max: 70_000
        }),
        Some(Field::Min)
    );
}
