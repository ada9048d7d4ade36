//! Units of numbers: the file's on one side, the program's on the other.

use homeostat_client::Tunable;
use homeostat_control::Fx;

use super::{
    reader::Reader,
    unit::{only, Change, Unit},
};
use crate::{
    change::Row,
    controller_settings::{field, places},
    decimal::{Decimal, DecimalError, PPM},
    failure::Failure,
    keys::SECONDS,
    shown::{self, UNLIMITED},
};

/// Longest ramp (seconds): a year.
const LONGEST_RAMP: i64 = 31_536_000;

/// A fraction in files, parts per million in the program; from `low` to `high` (ppm).
pub(crate) struct Fraction {
    pub(crate) low: i64,
    pub(crate) high: i64,
}

impl Fraction {
    /// From nothing to everything.
    pub(crate) const SHARE: Self = Self {
        low: 0,
        high: 1_000_000,
    };
}

impl<T: TryFrom<i64> + Into<i128> + Copy> Unit<T> for Fraction {
    fn read(&self, reader: &Reader<'_>, keys: &[&str]) -> Result<Option<T>, Failure> {
        let key = only(keys);
        let ppm = reader.keys().fraction(key, self.low, self.high)?;
        narrow(reader, key, ppm)
    }

    fn rows(&self, change: Change<'_, T>) -> Vec<Row> {
        change.shown(|value| shown::ppm(*value))
    }
}

/// A whole number from `low` to `high`; `suffix` says of what.
pub(crate) struct Whole {
    pub(crate) low: i64,
    pub(crate) high: i64,
    pub(crate) suffix: &'static str,
    /// What a refusal adds to the range.
    pub(crate) hint: &'static str,
}

impl Whole {
    /// A number of things.
    pub(crate) const fn number(low: i64, high: i64) -> Self {
        Self {
            low,
            high,
            suffix: "",
            hint: "",
        }
    }

    /// A duration.
    pub(crate) const fn seconds(low: i64, high: i64) -> Self {
        Self {
            suffix: SECONDS,
            ..Self::number(low, high)
        }
    }

    /// An amount of lamports.
    pub(crate) const fn lamports(low: i64, high: i64) -> Self {
        Self {
            suffix: " lamports",
            ..Self::number(low, high)
        }
    }

    /// Says more in a refusal.
    pub(crate) const fn hint(self, hint: &'static str) -> Self {
        Self { hint, ..self }
    }
}

impl<T: TryFrom<i64> + Into<i128> + Copy> Unit<T> for Whole {
    fn read(&self, reader: &Reader<'_>, keys: &[&str]) -> Result<Option<T>, Failure> {
        let key = only(keys);
        let unit = [self.suffix, self.hint].concat();
        let number = reader.keys().whole(key, self.low, self.high, &unit)?;
        narrow(reader, key, number)
    }

    fn rows(&self, change: Change<'_, T>) -> Vec<Row> {
        change.shown(|value| format!("{}{}", (*value).into(), self.suffix))
    }
}

/// A number in the program's type. A range that is wider than the type refuses what does
/// not fit.
fn narrow<T: TryFrom<i64>>(
    reader: &Reader<'_>,
    key: &str,
    number: Option<i64>,
) -> Result<Option<T>, Failure> {
    number.map(T::try_from).transpose().map_err(|_| {
        reader.section.wrong(
            key,
            "bad_value",
            "is out of range",
            "write a smaller number",
        )
    })
}

/// Tokens in files, base units in the program; from `least` base units on.
pub(crate) struct Amount {
    pub(crate) least: u64,
}

impl Unit<u64> for Amount {
    fn read(&self, reader: &Reader<'_>, keys: &[&str]) -> Result<Option<u64>, Failure> {
        let range = (self.least, i64::MAX.unsigned_abs());
        reader.keys().amount(only(keys), reader.tokens(), range, "")
    }

    fn rows(&self, change: Change<'_, u64>) -> Vec<Row> {
        change.shown(|base| change.tokens.show(*base).to_string())
    }
}

/// A decimal number in files, 2^48 times 10^`places` as much in the program.
pub(crate) struct Fixed {
    places: i32,
}

impl Fixed {
    /// A quantity in its own unit.
    pub(crate) const PLAIN: Self = Self { places: 0 };
    /// A fraction that the program keeps in parts per million.
    pub(crate) const PPM: Self = Self { places: PPM };

    /// The unit of a tunable quantity: that of the setting.
    pub(crate) const fn of(tunable: Tunable) -> Self {
        Self {
            places: places(field(tunable)),
        }
    }

    /// Reads text.
    ///
    /// # Errors
    ///
    /// It is no number, or too large.
    pub(crate) fn parse(&self, text: &str) -> Result<i128, DecimalError> {
        self.bits(text.parse()?)
    }

    fn bits(&self, number: Decimal) -> Result<i128, DecimalError> {
        number.shifted(self.places).to_fx().map(Fx::to_bits)
    }
}

impl Unit<i128> for Fixed {
    fn read(&self, reader: &Reader<'_>, keys: &[&str]) -> Result<Option<i128>, Failure> {
        reader
            .keys()
            .number(only(keys), "a decimal number", |number| self.bits(number))
    }

    fn rows(&self, change: Change<'_, i128>) -> Vec<Row> {
        change.shown(|bits| shown::fixed(Fx::from_bits(*bits), self.places))
    }
}

/// A slew limit: a fraction a period, or `"unlimited"`.
pub(crate) struct Slew;

impl Unit<Option<u64>> for Slew {
    fn read(&self, reader: &Reader<'_>, keys: &[&str]) -> Result<Option<Option<u64>>, Failure> {
        let key = only(keys);
        if reader.section.is_word(key, UNLIMITED) {
            return Ok(Some(None));
        }
        let rate = reader.keys().fraction(key, 0, i64::MAX)?;
        Ok(rate.map(|rate| Some(rate.unsigned_abs())))
    }

    fn rows(&self, change: Change<'_, Option<u64>>) -> Vec<Row> {
        change.shown(|rate| shown::slew(*rate))
    }
}

/// A controller's mode: a manual value from `low` to `high` (ppm), or automatic. It has a
/// key for each.
pub(crate) struct Mode {
    pub(crate) low: i64,
    pub(crate) high: i64,
}

impl Unit<Option<i64>> for Mode {
    fn read(&self, reader: &Reader<'_>, keys: &[&str]) -> Result<Option<Option<i64>>, Failure> {
        let [manual, automatic] = keys else {
            return Ok(None);
        };
        let value = reader.keys().fraction(manual, self.low, self.high)?;
        let automatic = reader.section.boolean(automatic)?.unwrap_or(false);
        if value.is_some() == automatic {
            return Err(reader.section.wrong(
                manual,
                "bad_value",
                "does not say which mode",
                "write either `manual = 0.05` (a value) or `automatic = true`",
            ));
        }
        Ok(Some(value))
    }

    fn rows(&self, change: Change<'_, Option<i64>>) -> Vec<Row> {
        change.shown(|value| match value {
            None => "automatic".to_owned(),
            Some(at) => format!("manual at {}", shown::ppm(*at)),
        })
    }
}

/// Duration of a ramp (seconds); absent is none, and none is not shown.
pub(crate) struct Ramp;

impl Unit<u32> for Ramp {
    fn read(&self, reader: &Reader<'_>, keys: &[&str]) -> Result<Option<u32>, Failure> {
        let read = Whole::seconds(0, LONGEST_RAMP).read(reader, keys)?;
        Ok(Some(read.unwrap_or(0)))
    }

    fn rows(&self, change: Change<'_, u32>) -> Vec<Row> {
        if *change.new == 0 {
            return Vec::new();
        }
        change.shown(|seconds| shown::seconds(*seconds))
    }
}
