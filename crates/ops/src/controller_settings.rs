//! The settings of a controller, each written once: its key, its place in the law's
//! configuration and its name as an argument of the program. Files are read from this
//! table, changes are shown from it, and instructions get what it makes. How a setting is
//! written follows from its type and its unit.

use homeostat_client::{ControllerSettings, Direction, Metric};
use homeostat_control::{Action, Config, Field, Fx, Ramp, Sampling};

use crate::controller_keys::ControllerKeys;
use crate::decimal::{DecimalError, PPM};
use crate::failure::Failure;
use crate::shown::{self, UNLIMITED};
use crate::words::word;

/// Words of the acting direction.
const DIRECTIONS: [(&str, Action); 2] = [("reverse", Action::Reverse), ("direct", Action::Direct)];

/// Words of what a sample stands for.
pub(crate) const SAMPLINGS: [(&str, Sampling); 2] =
    [("mean", Sampling::Mean), ("point", Sampling::Point)];

/// A setting of a controller.
pub(crate) struct Setting {
    /// Its key and its range.
    pub(crate) field: Field,
    /// How it is written in a controller file, where it has to be there.
    pub(crate) example: Option<&'static str>,
    /// Whether the program takes it. What it does not take is its own to say: the period is
    /// the economy's, the sampling the metric's.
    pub(crate) argument: bool,
    /// Puts it into a configuration where a file says it.
    pub(crate) read: fn(&ControllerKeys<'_>, &mut Config) -> Result<(), Failure>,
    /// Shows it in the unit of the files.
    pub(crate) show: fn(&Config) -> String,
}

macro_rules! settings {
    ($(
        $field:ident, $place:ident $(=> $argument:ident)? $(, like $example:literal)?;
    )*) => {
        /// In the order of a well-written file.
        pub(crate) const SETTINGS: &[Setting] = &[$(
            Setting {
                field: Field::$field,
                example: settings!(@option $($example)?),
                argument: settings!(@option $($argument)?).is_some(),
                read: |keys, config| {
                    if let Some(value) = Value::read(keys, Field::$field)? {
                        config.$place = value;
                    }
                    Ok(())
                },
                show: |config| Value::show(&config.$place, Field::$field),
            },
        )*];

        /// A configuration as instructions take it: the targets of its ramps.
        pub(crate) fn arguments(metric: Metric, config: &Config) -> ControllerSettings {
            ControllerSettings {
                metric,
                max_age: config.max_age,
                min_samples: config.min_samples,
                $($($argument: Value::argument(&config.$place),)?)*
            }
        }
    };
    (@option) => { None::<&str> };
    (@option $example:literal) => { Some($example) };
    (@option $argument:ident) => { Some(stringify!($argument)) };
}

settings! {
    Setpoint, setpoint => setpoint_q48, like "0.6";
    Scale, scale => scale_q48;
    Action, action => direction, like "\"reverse\"";
    Kp, kp => kp_q48;
    Ki, ki => ki_q48;
    Kd, kd => kd_q48;
    Bias, bias => bias_q48, like "0.06";
    Min, min => min_ppm, like "0.01";
    Max, max => max_ppm, like "0.2";
    Period, period, like "604800";
    Filter, filter => filter_q48;
    HalfLife, half_life => half_life;
    DeadBand, dead_band => dead_band_q48;
    SlewUp, slew_up => slew_up_ppm;
    SlewDown, slew_down => slew_down_ppm;
    MaxPeriods, max_periods => max_periods;
    MaxHold, max_hold => max_hold;
    Sampling, sampling;
}

/// The settings that the program takes, and an economy file and a proposal with it.
pub(crate) fn taken() -> impl Iterator<Item = &'static Setting> {
    SETTINGS.iter().filter(|setting| setting.argument)
}

/// Decimal places from a setting's unit in files to the law's: fractions of the parameter
/// there, parts per million here.
pub(crate) const fn places(field: Field) -> i32 {
    match field {
        Field::Bias
        | Field::Kp
        | Field::Ki
        | Field::Kd
        | Field::Min
        | Field::Max
        | Field::SlewUp
        | Field::SlewDown => PPM,
        _ => 0,
    }
}

/// A setting's type.
trait Value: Sized {
    /// The type that instructions take it in.
    type Argument;

    /// Reads a setting; none where its key is absent.
    fn read(keys: &ControllerKeys<'_>, field: Field) -> Result<Option<Self>, Failure>;

    /// Shows it in the unit of the files.
    fn show(&self, field: Field) -> String;

    /// As instructions take it.
    fn argument(&self) -> Self::Argument;
}

impl Value for Fx {
    type Argument = i128;

    fn read(keys: &ControllerKeys<'_>, field: Field) -> Result<Option<Self>, Failure> {
        keys.number(field, |number| number.shifted(places(field)).to_fx())
    }

    fn show(&self, field: Field) -> String {
        shown::fixed(*self, places(field))
    }

    fn argument(&self) -> i128 {
        self.to_bits()
    }
}

/// A ramp is set, and shown, by its target.
impl Value for Ramp {
    type Argument = i128;

    fn read(keys: &ControllerKeys<'_>, field: Field) -> Result<Option<Self>, Failure> {
        Ok(Fx::read(keys, field)?.map(Self::constant))
    }

    fn show(&self, field: Field) -> String {
        self.to.show(field)
    }

    fn argument(&self) -> i128 {
        self.to.argument()
    }
}

/// A limit of the parameter.
impl Value for i64 {
    type Argument = Self;

    fn read(keys: &ControllerKeys<'_>, field: Field) -> Result<Option<Self>, Failure> {
        keys.number(field, |number| number.shifted(places(field)).to_i64())
    }

    fn show(&self, _: Field) -> String {
        shown::ppm(*self)
    }

    fn argument(&self) -> Self {
        *self
    }
}

/// A slew limit: not negative, or a word for none.
impl Value for Option<u64> {
    type Argument = Self;

    fn read(keys: &ControllerKeys<'_>, field: Field) -> Result<Option<Self>, Failure> {
        if keys.section.is_word(field.name(), UNLIMITED) {
            return Ok(Some(None));
        }
        let rate = keys.number(field, |number| {
            let ppm = number.shifted(places(field)).to_i64()?;
            u64::try_from(ppm).map_err(|_| DecimalError::OutOfRange)
        })?;
        Ok(rate.map(Some))
    }

    fn show(&self, _: Field) -> String {
        shown::slew(*self)
    }

    fn argument(&self) -> Self {
        *self
    }
}

/// A number of periods, or the period itself.
impl Value for u32 {
    type Argument = Self;

    fn read(keys: &ControllerKeys<'_>, field: Field) -> Result<Option<Self>, Failure> {
        keys.whole(field)
    }

    fn show(&self, _: Field) -> String {
        self.to_string()
    }

    fn argument(&self) -> Self {
        *self
    }
}

/// A duration.
impl Value for u64 {
    type Argument = Self;

    fn read(keys: &ControllerKeys<'_>, field: Field) -> Result<Option<Self>, Failure> {
        keys.whole(field)
    }

    fn show(&self, _: Field) -> String {
        shown::seconds(*self)
    }

    fn argument(&self) -> Self {
        *self
    }
}

impl Value for Action {
    type Argument = Direction;

    fn read(keys: &ControllerKeys<'_>, field: Field) -> Result<Option<Self>, Failure> {
        keys.word(field, &DIRECTIONS)
    }

    fn show(&self, _: Field) -> String {
        word(&DIRECTIONS, self).to_owned()
    }

    fn argument(&self) -> Direction {
        match self {
            Self::Direct => Direction::Direct,
            Self::Reverse => Direction::Reverse,
        }
    }
}

impl Value for Sampling {
    type Argument = Self;

    fn read(keys: &ControllerKeys<'_>, field: Field) -> Result<Option<Self>, Failure> {
        keys.word(field, &SAMPLINGS)
    }

    fn show(&self, _: Field) -> String {
        word(&SAMPLINGS, self).to_owned()
    }

    fn argument(&self) -> Self {
        *self
    }
}
