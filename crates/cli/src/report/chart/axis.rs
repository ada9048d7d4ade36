//! The axes: time along, values up.

use std::ops::Range;

use super::super::Row;

/// The horizontal axis: time since the first decision's period began, in a unit that
/// gives readable numbers.
pub struct TimeAxis {
    origin: i64,
    unit: f64,
    name: &'static str,
    /// The end of the axis, in its unit.
    pub end: f64,
}

impl TimeAxis {
    pub fn over(rows: &[Row]) -> Self {
        const DAY: f64 = 86_400.0;
        const HOUR: f64 = 3_600.0;
        let first = rows.iter().map(|row| row.at).min().unwrap_or(0);
        let last = rows.iter().map(|row| row.at).max().unwrap_or(0);
        let periods = rows.iter().map(|row| row.period).max().unwrap_or(1)
            - rows.iter().map(|row| row.period).min().unwrap_or(1);
        let span = last.saturating_sub(first) as f64;
        // One period more on the right, so that the last decision is seen to hold.
        let period = if periods == 0 {
            DAY
        } else {
            span / f64::from(periods)
        };
        let length = span + period;
        let (unit, name) = if length >= 3.0 * DAY {
            (DAY, "days since the first decision")
        } else if length >= 3.0 * HOUR {
            (HOUR, "hours since the first decision")
        } else {
            (60.0, "minutes since the first decision")
        };
        Self {
            origin: first,
            unit,
            name,
            end: length / unit,
        }
    }

    pub fn position(&self, at: i64) -> f64 {
        at.saturating_sub(self.origin) as f64 / self.unit
    }

    pub fn range(&self) -> Range<f64> {
        0.0..self.end
    }

    pub const fn caption(&self) -> &'static str {
        self.name
    }
}

/// The finite values with some air around them.
pub fn padded(values: impl Iterator<Item = f64>) -> Range<f64> {
    let (low, high) = values
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
    if low > high {
        return 0.0..1.0;
    }
    let air = (high - low).max(high.abs() * 1e-3).max(1e-6) * 0.08;
    low - air..high + air
}

/// Decimal places that tell neighbouring labels of an axis in percent apart.
pub fn percent_digits(range: &Range<f64>) -> usize {
    digits((range.end - range.start) * 100.0)
}

/// The same of one in plain numbers.
pub fn number_digits(range: &Range<f64>) -> usize {
    digits(range.end - range.start)
}

fn digits(span: f64) -> usize {
    const LABELS: f64 = 5.0;
    let step = span / LABELS;
    (0..6)
        .find(|digits| step >= 10f64.powi(-digits))
        .unwrap_or(6) as usize
}
