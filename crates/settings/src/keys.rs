//! Numbers of a settings file's table, each with the range that its refusal names.

use crate::{
    decimal::{Decimal, DecimalError, PPM},
    document::Section,
    failure::Failure,
    tokens::Tokens,
};

/// The unit of lengths of time, which can be written as text as well: `"7 d"`.
pub(crate) const SECONDS: &str = " s";

/// Reads the numbers of a table.
pub struct Keys<'a> {
    /// The table.
    pub section: &'a Section<'a>,
}

impl Keys<'_> {
    /// A whole number; `unit` follows the range in a refusal. Of [`SECONDS`], also a text such as
    /// `"7 d"`.
    ///
    /// # Errors
    ///
    /// Not whole, or out of the range.
    pub fn whole(
        &self,
        key: &str,
        low: i64,
        high: i64,
        unit: &str,
    ) -> Result<Option<i64>, Failure> {
        let allowed = format!("{low} to {high}{unit}");
        if unit.starts_with(SECONDS) {
            if let Some(seconds) = self.section.length_of_time(key)? {
                let fits = i64::try_from(seconds).ok();
                let fits = fits.filter(|seconds| (low..=high).contains(seconds));
                return fits.map(Some).ok_or_else(|| {
                    let remedy = format!("`{key}` must be {allowed}");
                    let problem = DecimalError::OutOfRange.to_string();
                    self.section.wrong(key, "bad_value", &problem, &remedy)
                });
            }
        }
        self.number(key, &allowed, |number| within(number.to_i64()?, low, high))
    }

    /// A fraction, as parts per million.
    ///
    /// # Errors
    ///
    /// More than six decimal places, or out of the range (ppm).
    pub fn fraction(&self, key: &str, low: i64, high: i64) -> Result<Option<i64>, Failure> {
        let shown = |ppm: i64| Decimal::from(ppm).shifted(-PPM);
        let allowed = format!(
            "{} to {}, with at most six decimal places",
            shown(low),
            shown(high)
        );
        self.number(key, &allowed, |number| {
            within(number.shifted(PPM).to_i64()?, low, high)
        })
    }

    /// Tokens, as base units.
    pub(crate) fn amount(
        &self,
        key: &str,
        tokens: Tokens,
        range: (u64, u64),
        more: &str,
    ) -> Result<Option<u64>, Failure> {
        let allowed = tokens.range(range, more);
        self.number(key, &allowed, |number| {
            let base = number.shifted(i32::from(tokens.decimals)).to_u64()?;
            within(base, range.0, range.1)
        })
    }

    /// A number that `into` takes; `allowed` says which, in a refusal.
    ///
    /// # Errors
    ///
    /// `into` does not take it.
    pub fn number<T>(
        &self,
        key: &str,
        allowed: &str,
        into: impl FnOnce(Decimal) -> Result<T, DecimalError>,
    ) -> Result<Option<T>, Failure> {
        self.section.number(key, into, |error| {
            let problem = match error {
                DecimalError::NotWhole => "has too many decimal places".to_owned(),
                other => other.to_string(),
            };
            let remedy = format!("`{key}` must be {allowed}");
            self.section.wrong(key, "bad_value", &problem, &remedy)
        })
    }

    /// A default that other keys have made impossible.
    pub(crate) fn unfit(&self, key: &str, allowed: &str) -> Failure {
        self.section.wrong(
            key,
            "bad_value",
            "by default does not fit the other keys",
            &format!("`{key}` must be {allowed}"),
        )
    }
}

fn within<T: PartialOrd>(value: T, low: T, high: T) -> Result<T, DecimalError> {
    if (low..=high).contains(&value) {
        Ok(value)
    } else {
        Err(DecimalError::OutOfRange)
    }
}
