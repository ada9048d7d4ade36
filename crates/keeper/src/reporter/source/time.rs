//! The times of sources.

use chrono::DateTime;
use homeostat_settings::decimal::Decimal;
use homeostat_settings::failure::quoted;

use super::Silence;

/// The unit of a time that is a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Times {
    /// Seconds since 1970.
    #[default]
    Seconds,
    /// Milliseconds since 1970.
    Milliseconds,
}

impl Times {
    /// Reads a time (unix seconds, rounded down): a number of this unit, or RFC 3339.
    ///
    /// # Errors
    ///
    /// `source_bad_time`.
    pub(super) fn read(self, text: &str) -> Result<i64, Silence> {
        let number = text.parse::<Decimal>().ok().and_then(|number| {
            let seconds = match self {
                Self::Seconds => number,
                Self::Milliseconds => number.shifted(-3),
            };
            let seconds = seconds.to_string();
            seconds.split('.').next()?.parse().ok()
        });
        let written = || {
            let time = DateTime::parse_from_rfc3339(text).ok()?;
            Some(time.timestamp())
        };
        number.or_else(written).ok_or_else(|| {
            Silence::new(
                "source_bad_time",
                format!("says that it is of {}, which is no time", quoted(text)),
                "point to unix seconds, milliseconds (time_unit) or a time such as \
                 2026-01-05T00:00:00Z",
            )
        })
    }
}

/// Reads the time of an HTTP header (unix seconds).
pub(super) fn of_header(text: &str) -> Option<i64> {
    let time = DateTime::parse_from_rfc2822(text).ok()?;
    Some(time.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_numbers_or_written() {
        for (text, seconds, milliseconds) in [
            ("1767571200", 1_767_571_200, 1_767_571),
            ("1767571200999", 1_767_571_200_999, 1_767_571_200),
            ("1.7675712e9", 1_767_571_200, 1_767_571),
            ("0.5", 0, 0),
            ("2026-01-05T00:00:00Z", 1_767_571_200, 1_767_571_200),
            ("2026-01-05T01:00:00.9+01:00", 1_767_571_200, 1_767_571_200),
        ] {
            assert_eq!(Times::Seconds.read(text), Ok(seconds), "{text}");
            assert_eq!(Times::Milliseconds.read(text), Ok(milliseconds), "{text}");
        }
        for text in [
            "",
            "now",
            "nan",
            "2026-01-05",
            "1e300",
            "2026-13-05T00:00:00Z",
        ] {
            let silence = Times::Seconds.read(text).unwrap_err();
            assert_eq!(silence.code, "source_bad_time", "{text}");
        }
        let header = of_header("Mon, 05 Jan 2026 00:00:00 GMT");
        assert_eq!(header, Some(1_767_571_200));
        assert_eq!(of_header("yesterday"), None);
    }
}
