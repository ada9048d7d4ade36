//! The keys of a controller in TOML, and what is allowed of each.

use homeostat_control::{Config, Field, Fx};

use crate::controller_settings::{alone, in_economy, places, Setting};
use crate::decimal::{Decimal, DecimalError, PPM};
use crate::document::Section;
use crate::failure::Failure;
use crate::shown::{self, UNLIMITED};

/// The keys of one controller.
pub struct ControllerKeys<'a> {
    /// Where they are.
    pub section: Section<'a>,
    /// Lowest and highest value that the program ever lets the parameter have (ppm).
    pub range: Option<(i64, i64)>,
}

impl ControllerKeys<'_> {
    /// Puts every key that is there into `config`. A setpoint brings its scale with it; a scale
    /// that is given wins, because it stands after the setpoint in the table.
    ///
    /// # Errors
    ///
    /// A value of another type, or that its setting cannot take.
    pub fn overlay(&self, config: &mut Config) -> Result<(), Failure> {
        let read = |setting: &Setting, config: &mut Config| {
            (setting.read)(self, config)?;
            if setting.field == Field::Setpoint && self.has(Field::Setpoint) {
                config.scale = default_scale(config);
            }
            Ok(())
        };
        if self.range.is_some() {
            in_economy().try_for_each(|setting| read(setting, config))
        } else {
            alone().try_for_each(|setting| read(setting, config))
        }
    }

    /// Refuses what the law or the parameter's range excludes.
    pub fn validate(&self, config: &Config) -> Result<(), Failure> {
        config
            .validate()
            .map_err(|error| self.refuse_in(config, error.field, DecimalError::OutOfRange))?;
        let Some((lowest, highest)) = self.range else {
            return Ok(());
        };
        for (field, limit) in [(Field::Min, config.min), (Field::Max, config.max)] {
            if !(lowest..=highest).contains(&limit) {
                return Err(self.refuse_in(config, field, DecimalError::OutOfRange));
            }
        }
        Ok(())
    }

    fn has(&self, field: Field) -> bool {
        self.section.value(field.name()).is_some()
    }

    /// Reads a number; `into` says which numbers the field can be.
    pub(crate) fn number<T>(
        &self,
        field: Field,
        into: impl FnOnce(Decimal) -> Result<T, DecimalError>,
    ) -> Result<Option<T>, Failure> {
        self.section
            .number(field.name(), into, |error| self.refuse(field, error))
    }

    /// Reads a whole number that is not negative.
    pub(crate) fn whole<T: TryFrom<i64>>(&self, field: Field) -> Result<Option<T>, Failure> {
        self.number(field, |number| {
            T::try_from(number.to_i64()?).map_err(|_| DecimalError::OutOfRange)
        })
    }

    /// Reads one of a few words.
    pub(crate) fn word<T: Copy>(
        &self,
        field: Field,
        words: &[(&str, T)],
    ) -> Result<Option<T>, Failure> {
        self.section.word(field.name(), words, field.allowed())
    }

    /// A number that cannot be what its key means.
    fn refuse(&self, field: Field, error: DecimalError) -> Failure {
        self.refuse_with(
            field,
            error,
            self.section.source(Field::Min.name()),
            self.section.source(Field::Max.name()),
        )
    }

    /// The same with the limits in force, whether they are in the file or not.
    fn refuse_in(&self, config: &Config, field: Field, error: DecimalError) -> Failure {
        let limit = |field: Field, ppm: i64| match self.section.source(field.name()) {
            "" => shown::ppm(ppm),
            source => source.to_owned(),
        };
        let (min, max) = (limit(Field::Min, config.min), limit(Field::Max, config.max));
        self.refuse_with(field, error, &min, &max)
    }

    fn refuse_with(&self, field: Field, error: DecimalError, min: &str, max: &str) -> Failure {
        let problem = match error {
            DecimalError::NotWhole if places(field) == PPM => {
                "is not a whole number of millionths (at most six decimal places)".to_owned()
            }
            other => other.to_string(),
        };
        // A default can be what is out of range, too: the scale comes from the setpoint.
        let problem = if self.has(field) {
            problem
        } else {
            "by default does not fit the other keys".to_owned()
        };
        self.section.wrong(
            field.name(),
            "bad_value",
            &problem,
            &format!(
                "`{}` must be {}",
                field.name(),
                self.allowed(field, min, max)
            ),
        )
    }

    /// The allowed range in the unit of the file.
    fn allowed(&self, field: Field, min: &str, max: &str) -> String {
        let range = match self.range {
            Some((lowest, highest)) => format!("{} to {}", shown::ppm(lowest), shown::ppm(highest)),
            None => "-1,000,000 to 1,000,000".to_owned(),
        };
        match field {
            Field::Kp | Field::Ki | Field::Kd => "0 to 1,000,000".to_owned(),
            Field::Min => format!("{range} and less than max{}", other(self.range, max)),
            Field::Max => format!("{range} and more than min{}", other(self.range, min)),
            Field::SlewUp | Field::SlewDown if self.range.is_some() => {
                format!("0 to 500,000 a period, or \"{UNLIMITED}\"")
            }
            Field::SlewUp | Field::SlewDown => {
                "0 to 500,000 a period, or absent for unlimited".to_owned()
            }
            Field::Bias => format!("from min to max ({min} to {max})"),
            other => other.allowed().to_owned(),
        }
    }
}

/// The other limit, where it may come from a default and not be seen in the file.
fn other(range: Option<(i64, i64)>, limit: &str) -> String {
    if range.is_none() || limit.is_empty() {
        String::new()
    } else {
        format!(" ({limit})")
    }
}

/// The scale that a setpoint has by itself, as the law says it.
fn default_scale(config: &Config) -> Fx {
    let (setpoint, period) = (config.setpoint.to, config.period);
    Config::new(config.direction, config.sampling, period, setpoint, 0, 0, 0).scale
}
