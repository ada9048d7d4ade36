//! The settings of a controller that people write: files are read from this table, and
//! changes are shown from it. The control law's own list has the key, the unit and the range
//! of each; how one is written follows from its unit and its type.

use homeostat_client::Tunable;
use homeostat_control::{Config, Direction, Field, Fx, Ramp, Reference, Sampling, Unit};

use crate::controller_keys::ControllerKeys;
use crate::decimal::{DecimalError, PPM};
use crate::failure::Failure;
use crate::shown::{self, UNLIMITED};
use crate::words::word;

/// Words of the acting direction.
const DIRECTIONS: [(&str, Direction); 2] = [
    ("reverse", Direction::Reverse),
    ("direct", Direction::Direct),
];

/// Words of what a sample stands for.
pub(crate) const SAMPLINGS: [(&str, Sampling); 2] =
    [("mean", Sampling::Mean), ("point", Sampling::Point)];

/// Words of what the setpoint is a multiple of, where there is no economy whose signals it
/// could follow.
const REFERENCES: [(&str, Reference); 2] = [
    ("absolute", Reference::Absolute),
    ("average", Reference::Average),
];

/// A setting of a controller.
pub(crate) struct Setting {
    /// Its key, its unit and its range.
    pub(crate) field: Field,
    /// How it is written in a controller file, where it has to be there.
    pub(crate) example: Option<&'static str>,
    /// Puts it into a configuration where a file says it.
    pub(crate) read: fn(&ControllerKeys<'_>, &mut Config) -> Result<(), Failure>,
    /// Shows it in the unit of the files.
    pub(crate) show: fn(&Config) -> String,
}

macro_rules! settings {
    ($( $field:ident: $place:ident $(, like $example:literal)?; )*) => {
        /// In the order of a well-written file.
        pub(crate) const SETTINGS: &[Setting] = &[$(
            Setting {
                field: Field::$field,
                example: settings!(@example $($example)?),
                read: |keys, config| {
                    if let Some(value) = Value::read(keys, Field::$field)? {
                        config.$place = value;
                    }
                    Ok(())
                },
                show: |config| Value::show(&config.$place, Field::$field),
            },
        )*];
    };
    (@example) => { None };
    (@example $example:literal) => { Some($example) };
}

settings! {
    Setpoint: setpoint, like "0.6";
    Scale: scale;
    Direction: direction, like "\"reverse\"";
    Kp: kp;
    Ki: ki;
    Kd: kd;
    Bias: bias, like "0.06";
    Min: min, like "0.01";
    Max: max, like "0.2";
    Period: period, like "604800";
    Filter: filter;
    HalfLife: half_life;
    DeadBand: dead_band;
    SlewUp: slew_up;
    SlewDown: slew_down;
    MaxPeriods: max_periods;
    MaxHold: max_hold;
    Kf: kf;
    WRef: w_ref;
    FMax: f_max;
    AverageHalfLife: average_half_life;
    Sampling: sampling;
    Reference: reference;
}

/// The settings of a controller on its own, for `replay`: there is no signal that could be fed
/// forward.
pub(crate) fn alone() -> impl Iterator<Item = &'static Setting> {
    let elsewhere = |field| matches!(field, Field::Kf | Field::WRef | Field::FMax);
    SETTINGS
        .iter()
        .filter(move |setting| !elsewhere(setting.field))
}

/// The settings of a controller in an economy: there the period is the economy's, and what
/// a sample stands for, and what the setpoint is a multiple of, follow from the wiring.
pub(crate) fn in_economy() -> impl Iterator<Item = &'static Setting> {
    let elsewhere = |field| matches!(field, Field::Period | Field::Sampling | Field::Reference);
    SETTINGS
        .iter()
        .filter(move |setting| !elsewhere(setting.field))
}

/// The keys of a `[controllers.*]` table, in the order of a well-written one.
pub fn controller_keys() -> Vec<&'static str> {
    in_economy().map(|setting| setting.field.name()).collect()
}

/// The setting that a tunable quantity is.
pub(crate) const fn field(tunable: Tunable) -> Field {
    match tunable {
        Tunable::Setpoint => Field::Setpoint,
        Tunable::Bias => Field::Bias,
        Tunable::Kp => Field::Kp,
        Tunable::Ki => Field::Ki,
        Tunable::Kd => Field::Kd,
        Tunable::Filter => Field::Filter,
        Tunable::DeadBand => Field::DeadBand,
    }
}

/// Decimal places from a setting's unit in files to the law's: fractions of the parameter
/// there, parts per million here.
pub(crate) const fn places(field: Field) -> i32 {
    match field.unit() {
        Unit::Ppm => PPM,
        Unit::Word | Unit::Seconds | Unit::Periods | Unit::Plain | Unit::Samples => 0,
    }
}

/// A setting's type.
trait Value: Sized {
    /// Reads a setting; none where its key is absent.
    fn read(keys: &ControllerKeys<'_>, field: Field) -> Result<Option<Self>, Failure>;

    /// Shows it in the unit of the files.
    fn show(&self, field: Field) -> String;
}

impl Value for Fx {
    fn read(keys: &ControllerKeys<'_>, field: Field) -> Result<Option<Self>, Failure> {
        keys.number(field, |number| number.shifted(places(field)).to_fx())
    }

    fn show(&self, field: Field) -> String {
        shown::fixed(*self, places(field))
    }
}

/// A ramp is set, and shown, by its target.
impl Value for Ramp {
    fn read(keys: &ControllerKeys<'_>, field: Field) -> Result<Option<Self>, Failure> {
        Ok(Fx::read(keys, field)?.map(Self::constant))
    }

    fn show(&self, field: Field) -> String {
        self.to.show(field)
    }
}

/// A limit of the parameter.
impl Value for i64 {
    fn read(keys: &ControllerKeys<'_>, field: Field) -> Result<Option<Self>, Failure> {
        keys.number(field, |number| number.shifted(places(field)).to_i64())
    }

    fn show(&self, _: Field) -> String {
        shown::ppm(*self)
    }
}

/// A slew limit: not negative, or a word for none.
impl Value for Option<u64> {
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
}

/// A number of periods, or the period itself.
impl Value for u32 {
    fn read(keys: &ControllerKeys<'_>, field: Field) -> Result<Option<Self>, Failure> {
        keys.whole(field)
    }

    fn show(&self, _: Field) -> String {
        self.to_string()
    }
}

/// A duration.
impl Value for u64 {
    fn read(keys: &ControllerKeys<'_>, field: Field) -> Result<Option<Self>, Failure> {
        if let Some(seconds) = keys.section.length_of_time(field.name())? {
            return Ok(Some(seconds));
        }
        keys.whole(field)
    }

    fn show(&self, _: Field) -> String {
        shown::seconds(*self)
    }
}

impl Value for Direction {
    fn read(keys: &ControllerKeys<'_>, field: Field) -> Result<Option<Self>, Failure> {
        keys.word(field, &DIRECTIONS)
    }

    fn show(&self, _: Field) -> String {
        word(&DIRECTIONS, self).to_owned()
    }
}

impl Value for Reference {
    fn read(keys: &ControllerKeys<'_>, field: Field) -> Result<Option<Self>, Failure> {
        keys.word(field, &REFERENCES)
    }

    fn show(&self, _: Field) -> String {
        word(&REFERENCES, self).to_owned()
    }
}

impl Value for Sampling {
    fn read(keys: &ControllerKeys<'_>, field: Field) -> Result<Option<Self>, Failure> {
        keys.word(field, &SAMPLINGS)
    }

    fn show(&self, _: Field) -> String {
        word(&SAMPLINGS, self).to_owned()
    }
}
