//! Figures as people read them.

use chrono::{DateTime, SecondsFormat};
use homeostat_client::Class;
use homeostat_settings::decimal::Decimal;

/// Parts per million as per cent: `12.5 %`.
pub(super) fn percent(ppm: impl Into<i128>) -> String {
    format!("{} %", Decimal::whole(ppm).shifted(-4))
}

/// Lamports as SOL.
pub(super) fn sol(lamports: u64) -> String {
    format!("{} SOL", Decimal::whole(lamports).shifted(-9))
}

/// Seconds in their two largest units: `3 d 4 h`.
pub(super) fn span(seconds: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let first = UNITS.iter().position(|(size, _)| seconds >= *size);
    let Some(first) = first else {
        return "0 s".to_owned();
    };
    let mut rest = seconds;
    let parts = UNITS.iter().skip(first).take(2).filter_map(|(size, name)| {
        let count = rest.div_euclid(*size);
        rest = rest.rem_euclid(*size);
        (count > 0).then(|| format!("{count} {name}"))
    });
    parts.collect::<Vec<_>>().join(" ")
}

/// Unix seconds in UTC: `2026-01-05T00:00:00Z`.
pub(super) fn time(unix: i64) -> String {
    DateTime::from_timestamp(unix, 0).map_or_else(
        || unix.to_string(),
        |time| time.to_rfc3339_opts(SecondsFormat::Secs, true),
    )
}

/// The name of a class.
pub(super) const fn class(class: Class) -> &'static str {
    match class {
        Class::Immediate => "immediate",
        Class::Routine => "routine",
        Class::Standard => "standard",
        Class::Critical => "critical",
        Class::Terminal => "terminal",
    }
}

/// A text without anything that a terminal obeys: control characters, and those that turn the
/// direction of writing or are not seen.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        let hidden = matches!(
            letter,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        );
        if letter.is_control() || hidden {
            plain.extend(letter.escape_default());
        } else {
            plain.push(letter);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_for_people() {
        assert_eq!(percent(125_000), "12.5 %");
        assert_eq!(percent(0), "0 %");
        assert_eq!(sol(10_000_000), "0.01 SOL");
        assert_eq!(span(0), "0 s");
        assert_eq!(span(273_600), "3 d 4 h");
        assert_eq!(span(259_201), "3 d");
        assert_eq!(span(61), "1 min 1 s");
        assert_eq!(time(0), "1970-01-01T00:00:00Z");
        assert_eq!(time(i64::MAX), i64::MAX.to_string());
    }
}
