//! Ranges of controllers in `configure`: every field at its bounds, and one step beyond them.

use homeostat_client::{Parameter, Setting};
use homeostat_control::{Config, Fx};

use super::{
    configure::ONE,
    configure_ranges::{refused_by_name, ULP},
    *,
};

/// A change to a controller's settings.
type Edit = Box<dyn Fn(&mut ControllerSettings)>;

/// One value that passes and one that does not, for a field of a controller.
struct Bound {
    field: &'static str,
    inside: Edit,
    outside: Edit,
}

fn bound<T: Copy + 'static>(
    field: &'static str,
    inside: T,
    outside: T,
    set: fn(&mut ControllerSettings, T),
) -> Bound {
    Bound {
        field,
        inside: Box::new(move |s| set(s, inside)),
        outside: Box::new(move |s| set(s, outside)),
    }
}

fn controller_bounds(base: &ControllerSettings) -> Vec<Bound> {
    let signal = Config::MAX_SIGNAL.to_bits();
    let gain = Config::MAX_GAIN.to_bits();
    // The whole range of the emission in a period.
    let slew = 1_000_000;
    let error = Config::MAX_ERROR.to_bits();
    let step = u64::from(base.max_periods) * WEEK as u64;
    let (low, high) = (
        i128::from(base.min_ppm) * ONE,
        i128::from(base.max_ppm) * ONE,
    );
    let (floor, ceiling) = (Config::MIN_FILTER.to_bits(), Config::MAX_FILTER.to_bits());
    let smallest = Config::MIN_SCALE.to_bits();
    vec![
        // A staked share is between 0 and 1.
        bound("setpoint", ONE, ONE + ULP, |s, v| s.setpoint_q48 = v),
        bound("setpoint", 0, -ULP, |s, v| s.setpoint_q48 = v),
        bound("setpoint", 0, i128::MIN, |s, v| s.setpoint_q48 = v),
        bound("scale", smallest, smallest - ULP, |s, v| s.scale_q48 = v),
        bound("scale", signal, signal + ULP, |s, v| s.scale_q48 = v),
        bound("scale", ONE, 0, |s, v| s.scale_q48 = v),
        bound("scale", ONE, -ONE, |s, v| s.scale_q48 = v),
        bound("bias", low, low - ULP, |s, v| s.bias_q48 = v),
        bound("bias", high, high + ULP, |s, v| s.bias_q48 = v),
        bound("kp", 0, -ULP, |s, v| s.kp_q48 = v),
        bound("kp", gain, gain + ULP, |s, v| s.kp_q48 = v),
        bound("ki", 0, -ULP, |s, v| s.ki_q48 = v),
        bound("ki", gain, gain + ULP, |s, v| s.ki_q48 = v),
        bound("kd", 0, -ULP, |s, v| s.kd_q48 = v),
        bound("kd", gain, i128::MAX, |s, v| s.kd_q48 = v),
        bound("filter", floor, floor - ULP, |s, v| s.filter_q48 = v),
        bound("filter", ceiling, ceiling + ULP, |s, v| s.filter_q48 = v),
        bound("dead_band", 0, -ULP, |s, v| s.dead_band_q48 = v),
        bound("dead_band", error - ULP, error, |s, v| s.dead_band_q48 = v),
        bound("half_life", 0, 1, |s, v| s.half_life = v),
        bound("half_life", step, step - 1, |s, v| s.half_life = v),
        bound(
            "half_life",
            Config::MAX_HALF_LIFE,
            Config::MAX_HALF_LIFE + 1,
            |s, v| s.half_life = v,
        ),
        // The minimum moves up to the bias, but never to the maximum.
        bound("min", 60_000, base.max_ppm, |s, v| s.min_ppm = v),
        bound("min", 60_000, base.max_ppm + 1, |s, v| s.min_ppm = v),
        bound("min", 0, i64::MIN, |s, v| s.min_ppm = v),
        bound("min", 0, -1, |s, v| s.min_ppm = v),
        bound("max", 60_000, i64::MAX, |s, v| s.max_ppm = v),
        bound("max", 1_000_000, 1_000_001, |s, v| s.max_ppm = v),
        bound("slew_up", Some(slew), Some(slew + 1), |s, v| {
            s.slew_up_ppm = v
        }),
        bound("slew_up", None, Some(u64::MAX), |s, v| s.slew_up_ppm = v),
        bound("slew_down", Some(1), Some(slew + 1), |s, v| {
            s.slew_down_ppm = v
        }),
        bound("slew_up", Some(1), Some(0), |s, v| s.slew_up_ppm = v),
        bound("slew_down", Some(1), Some(0), |s, v| s.slew_down_ppm = v),
        bound("slew_down", None, Some(u64::MAX), |s, v| {
            s.slew_down_ppm = v
        }),
        bound("max_periods", 1, 0, |s, v| s.max_periods = v),
        bound("max_periods", 52, 53, |s, v| s.max_periods = v),
        bound("max_hold", 1, 0, |s, v| s.max_hold = v),
        bound("max_hold", 1_000, 1_001, |s, v| s.max_hold = v),
    ]
}

#[tokio::test]
async fn i7_every_field_of_a_controller_is_bounded() {
    let mut world = draft().await;
    let parameter = Parameter::Emission;
    let base = settings_of(&world.economy().await.controllers[parameter.index()]);
    for Bound {
        field,
        inside,
        outside,
    } in controller_bounds(&base)
    {
        let mut settings = base;
        inside(&mut settings);
        world
            .configure(Setting::Controller {
                parameter,
                settings,
            })
            .await
            .unwrap_or_else(|failure| panic!("{field}: {failure}"));
        let stored = settings_of(&world.economy().await.controllers[parameter.index()]);
        assert_eq!(stored, settings);

        let mut settings = base;
        outside(&mut settings);
        let setting = Setting::Controller {
            parameter,
            settings,
        };
        // The law itself names the field, unless only the ranges of parameter and metric are
        // left.
        let by_law = settings.config(WEEK as u32).validate();
        if let Err(wrong) = &by_law {
            assert_eq!(wrong.field.name(), field);
        }
        let log_line = match field {
            "min" | "max" => "emission.m".to_string(),
            _ if by_law.is_err() => format!("emission.{field}: allowed"),
            "setpoint" | "slew_up" | "slew_down" => format!("controller.{field}"),
            _ => panic!("the law accepts {field}"),
        };
        refused_by_name(&mut world, setting, &log_line).await;
    }
}

#[tokio::test]
async fn i7_every_parameter_has_a_compile_time_range() {
    let mut world = draft().await;
    let ranges = [
        (Parameter::Emission, 0, 1_000_000),
        (Parameter::Fee, 1, 100_000),
        (Parameter::Burn, 0, 1_000_000),
        (Parameter::Liquidity, 0, 1_000_000),
    ];
    for (parameter, floor, ceiling) in ranges {
        let base = settings_of(&world.economy().await.controllers[parameter.index()]);
        let with = |min: i64, max: i64| Setting::Controller {
            parameter,
            settings: ControllerSettings {
                min_ppm: min,
                max_ppm: max,
                bias_q48: i128::from(min) * ONE,
                ..base
            },
        };
        let named = format!(
            "{}.min/max: allowed {floor} to {ceiling} ppm",
            parameter.name()
        );

        world.configure(with(floor, ceiling)).await.unwrap();
        refused_by_name(&mut world, with(floor - 1, ceiling), &named).await;
        refused_by_name(&mut world, with(floor, ceiling + 1), &named).await;
    }
}

/// Whatever corner of the ranges a founder picks, no crank can fail over it.
#[tokio::test]
async fn success_extreme_settings_never_stop_a_crank() {
    let gain = Config::MAX_GAIN.to_bits();
    let extremes = |max_ppm: i64, min_ppm: i64| ControllerSettings {
        wiring: Wiring::of(Metric::StakedShare),
        direction: Direction::Reverse,
        setpoint_q48: ONE,
        average_half_life: 0,
        scale_q48: Config::MIN_SCALE.to_bits(),
        bias_q48: i128::from(max_ppm) * ONE,
        kp_q48: gain,
        ki_q48: gain,
        kd_q48: gain,
        filter_q48: Config::MIN_FILTER.to_bits(),
        dead_band_q48: 0,
        half_life: Config::MAX_HALF_LIFE,
        min_ppm,
        max_ppm,
        slew_up_ppm: None,
        slew_down_ppm: None,
        kf_q48: 0,
        w_ref_q48: 0,
        f_max_q48: 0,
        max_periods: 52,
        max_hold: 1,
        max_age: 0,
        min_samples: 0,
    };
    let opposite = |settings: ControllerSettings| ControllerSettings {
        direction: Direction::Direct,
        setpoint_q48: -100 * ONE,
        wiring: Wiring::of(Metric::NetSupplyGrowth),
        ..settings
    };
    let ranges = [(1_000_000, 0), (100_000, 1), (1_000_000, 0), (1_000_000, 0)];
    for turned in [false, true] {
        let controllers = Parameter::ALL
            .into_iter()
            .zip(ranges)
            .map(|(parameter, (max, min))| {
                let settings = extremes(max, min);
                (
                    parameter,
                    if turned { opposite(settings) } else { settings },
                )
            })
            .collect();
        let mut world = World::build(&WorldSpec {
            controllers,
            liquidity: vec![1, u16::MAX],
            ..WorldSpec::default()
        })
        .await;
        let staker = staker_with_all_of(&mut world, 500 * TOKEN).await;
        for periods in [1, 3, 60, 1] {
            world.bank.advance(periods * WEEK).await;
            world.crank().await.unwrap();
            world.claim(&staker).await.unwrap();
            assert_sound(&mut world).await;
        }
    }
    // The numbers above are the law's own.
    assert_eq!(Fx::from_bits(ONE), Fx::ONE);
}
