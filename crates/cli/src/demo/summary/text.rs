//! Numbers and lines for people.

use homeostat::constants::PPM as MILLION;

use crate::decimal::{Decimal, PPM};
use crate::report::table::percent;

pub fn value(ppm: i64) -> String {
    percent(ppm as f64 / MILLION as f64, 3)
}

/// Without zeros that say nothing.
pub fn short(ppm: i64) -> String {
    format!("{} %", Decimal::from(ppm).shifted(2 - PPM))
}

pub fn signed(fraction: f64) -> String {
    let sign = if fraction < 0.0 { "" } else { "+" };
    format!("{sign}{}", percent(fraction, 2))
}

pub fn signed_fine(fraction: f64) -> String {
    let sign = if fraction < 0.0 { "" } else { "+" };
    format!("{sign}{}", percent(fraction, 3))
}

pub fn points(fraction: f64) -> String {
    format!("{:.1}", fraction * 100.0)
}

/// Digits in groups of three.
pub fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Lines of at most `width` columns, broken at spaces.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    // A number and its percent sign stay together.
    const TIED: &str = "\u{a0}%";
    let mut lines = vec![String::new()];
    for word in text.replace(" %", TIED).split(' ') {
        let last = lines.len() - 1;
        let line = &mut lines[last];
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
        .into_iter()
        .map(|line| line.replace(TIED, " %"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_lines_are_wrapped() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("", 7), [""]);
        assert_eq!(signed(-0.01), "-1.00 %");
        assert_eq!(signed(0.01), "+1.00 %");
        assert_eq!(
            wrapped("rose to 60.0 % again", 12),
            ["rose to", "60.0 % again"]
        );
    }
}
