//! How people read and write figures: per cent, amounts with separators, lengths of time, dates.
//!
//! Every text for a person is made here, so that one figure looks the same wherever it is
//! printed. JSON keeps plain digits, seconds and Unix times.

use core::ops::RangeInclusive;

use crate::decimal::{Decimal, PPM};

/// Decimal places of a fraction that people are shown: parts per million, which is the unit of
/// the program's rates.
const PLACES: u16 = 6;

/// SOL has nine decimals.
pub const SOL_DECIMALS: u8 = 9;

/// Units of time, the largest first: seconds, the name that is shown, the names that are read.
const UNITS: [(u64, &str, &[&str]); 4] = [
    (86_400, "d", &["d", "day", "days"]),
    (3_600, "h", &["h", "hour", "hours"]),
    (60, "min", &["m", "min", "minute", "minutes"]),
    (1, "s", &["s", "sec", "second", "seconds"]),
];

/// A fraction in per cent, rounded to parts per million.
///
/// ```
/// use homeostat_settings::{decimal::Decimal, human::percent};
///
/// let fraction: Decimal = "0.0419999999".parse().unwrap();
/// assert_eq!(percent(&fraction), "4.2 %");
/// ```
pub fn percent(fraction: &Decimal) -> String {
    format!(
        "{} %",
        grouped(&fraction.clone().rounded(PLACES).shifted(2))
    )
}

/// Parts per million in per cent, exactly.
///
/// ```
/// assert_eq!(homeostat_settings::human::percent_of(1_500), "0.15 %");
/// ```
pub fn percent_of(ppm: impl Into<i128>) -> String {
    percent(&Decimal::whole(ppm).shifted(-PPM))
}

/// A number with a comma between groups of three digits of its whole part, and a point before
/// the rest: `12,345.6789`. Nothing that is read takes commas, so that `1,5` is never 15.
///
/// ```
/// use homeostat_settings::{decimal::Decimal, human::grouped};
///
/// let number: Decimal = "-1234567.0125".parse().unwrap();
/// assert_eq!(grouped(&number), "-1,234,567.0125");
/// ```
pub fn grouped(number: &Decimal) -> String {
    const GROUP: usize = 3;
    let plain = number.to_string();
    let (sign, digits) = match plain.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", plain.as_str()),
    };
    let (whole, part) = match digits.split_once('.') {
        Some((whole, part)) => (whole, format!(".{part}")),
        None => (digits, String::new()),
    };
    let mut out = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        let left = whole.len().saturating_sub(index);
        if index > 0 && left.is_multiple_of(GROUP) {
            out.push(',');
        }
        out.push(digit);
    }
    out + &part
}

/// Lamports as SOL, exactly: `0.00123 SOL`.
///
/// ```
/// assert_eq!(homeostat_settings::human::sol(1_230_000), "0.00123 SOL");
/// ```
pub fn sol(lamports: u64) -> String {
    format!(
        "{} SOL",
        grouped(&Decimal::whole(lamports).shifted(-i32::from(SOL_DECIMALS)))
    )
}

/// A length of time in its two largest units, rounded down: `2 d 4 h`.
///
/// ```
/// use homeostat_settings::human::duration;
///
/// assert_eq!(duration(0), "0 s");
/// assert_eq!(duration(187_199), "2 d 3 h");
/// // Nothing is left out in between: what follows a missing unit is not shown.
/// assert_eq!(duration(86_430), "1 d");
/// ```
pub fn duration(seconds: u64) -> String {
    let mut rest = seconds;
    let mut parts: Vec<String> = Vec::new();
    for (size, name, _) in UNITS {
        let count = rest / size;
        rest %= size;
        if count > 0 && parts.len() < 2 {
            parts.push(format!("{count} {name}"));
        } else if !parts.is_empty() {
            break;
        }
    }
    if parts.is_empty() {
        return "0 s".to_owned();
    }
    parts.join(" ")
}

/// A length of time to the second: as [`duration`], and in seconds where that leaves some out.
/// Nobody who approves a delay is shown another one.
///
/// ```
/// use homeostat_settings::human::exact_duration;
///
/// assert_eq!(exact_duration(604_800), "7 d");
/// assert_eq!(exact_duration(604_799), "6 d 23 h (604799 s)");
/// ```
pub fn exact_duration(seconds: u64) -> String {
    let short = duration(seconds);
    if read_duration(&short) == Ok(seconds) {
        return short;
    }
    format!("{short} ({seconds} s)")
}

/// What a length of time can be written as; closes a message about one that is none.
const FORMS: &str = "write seconds (604800) or units (7 d, 1h30m, 45 s)";

/// Reads a length of time (seconds): a whole number of seconds, or whole numbers with the units
/// `d`, `h`, `m` or `min`, and `s`, each at most once and the largest first: `604800`, `7 d`,
/// `1h30m`.
///
/// # Errors
///
/// Text that is none, or more seconds than 64 bits hold.
///
/// ```
/// use homeostat_settings::human::read_duration;
///
/// assert_eq!(read_duration("1h30m"), Ok(5_400));
/// assert_eq!(read_duration("604800"), read_duration("7 d"));
/// assert!(read_duration("1.5 h").is_err());
/// ```
pub fn read_duration(text: &str) -> Result<u64, String> {
    let wrong = || format!("is no length of time; {FORMS}");
    let mut rest = text.trim();
    if !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()) {
        return rest.parse().map_err(|_| wrong());
    }
    let mut units = UNITS.iter();
    let mut sum = 0u64;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let (count, more) = rest.split_at(end);
        let more = more.trim_start();
        let end = more
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(more.len());
        let (unit, more) = more.split_at(end);
        let (size, ..) = units
            .by_ref()
            .find(|(_, _, names)| names.contains(&unit))
            .ok_or_else(wrong)?;
        let count: u64 = count.parse().map_err(|_| wrong())?;
        sum = count
            .checked_mul(*size)
            .and_then(|seconds| sum.checked_add(seconds))
            .ok_or_else(wrong)?;
        rest = more.trim_start();
    }
    if text.trim().is_empty() {
        return Err(wrong());
    }
    Ok(sum)
}

/// A reader of lengths of time (seconds) inside a range, both ends included.
///
/// ```
/// let read = homeostat_settings::human::duration_in(1..=3_600_u32);
/// assert_eq!(read("10m"), Ok(600_u32));
/// assert_eq!(read("2 h"), Err("is 2 h; it can be 1 s to 1 h".to_owned()));
/// ```
pub fn duration_in<T>(
    range: RangeInclusive<T>,
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static
where
    T: Copy + Into<u64> + TryFrom<u64> + PartialOrd + Send + Sync + 'static,
{
    move |text| {
        let seconds = read_duration(text)?;
        let fits = T::try_from(seconds).ok().filter(|it| range.contains(it));
        fits.ok_or_else(|| {
            format!(
                "is {}; it can be {} to {}",
                duration(seconds),
                duration((*range.start()).into()),
                duration((*range.end()).into())
            )
        })
    }
}

/// Unix seconds as a date and time to the second: `2026-12-02 14:30:05 UTC`.
pub fn time(unix: i64) -> String {
    shown(unix, "%Y-%m-%d %H:%M:%S UTC")
}

/// Unix seconds as a date, and how far it is from `now` (unix seconds): `2026-12-02 14:30 UTC
/// (in 2 d)`, `2026-11-30 11:00 UTC (3 h ago)`, `… (now)`.
pub fn when(unix: i64, now: i64) -> String {
    format!(
        "{} ({})",
        shown(unix, "%Y-%m-%d %H:%M UTC"),
        away(unix, now)
    )
}

/// How far a time is from `now` (both unix seconds): `in 2 d 4 h`, `3 h ago`, `now`.
pub fn away(unix: i64, now: i64) -> String {
    let distance = duration(unix.abs_diff(now));
    match unix.cmp(&now) {
        core::cmp::Ordering::Greater => format!("in {distance}"),
        core::cmp::Ordering::Less => format!("{distance} ago"),
        core::cmp::Ordering::Equal => "now".to_owned(),
    }
}

fn shown(unix: i64, form: &str) -> String {
    match chrono::DateTime::from_timestamp(unix, 0) {
        Some(time) => time.format(form).to_string(),
        None => format!("at {unix}"),
    }
}

/// A name that somebody else chose, fit for a terminal: without control characters and marks
/// that turn the direction of writing, and not longer than `most` characters. A token's name
/// could otherwise rewrite the lines above it.
///
/// ```
/// use homeostat_settings::human::foreign;
///
/// assert_eq!(foreign("HOM\u{1b}[2J\u{202e}", 10), "HOM[2J");
/// assert_eq!(foreign("a very long name", 6), "a very…");
/// ```
pub fn foreign(text: &str, most: usize) -> String {
    let clean: String = text.chars().filter(|c| !obeyed(*c)).collect();
    let clean = clean.trim();
    let mut short: String = clean.chars().take(most).collect();
    if short.len() < clean.len() {
        short.push('…');
    }
    short
}

/// A text without anything that a terminal obeys: control characters, and those that turn the
/// direction of writing or are not seen, become escapes.
///
/// ```
/// use homeostat_settings::human::escaped;
///
/// assert_eq!(escaped("a\u{1b}[2J\nb\u{202e}"), "a\\u{1b}[2J\\nb\\u{202e}");
/// ```
pub fn escaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if obeyed(c) {
            plain.extend(c.escape_default());
        } else {
            plain.push(c);
        }
    }
    plain
}

/// Whether a terminal does something else with a character than to show it.
fn obeyed(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_as_they_are_shown() {
        for (seconds, text) in [
            (0, "0 s"),
            (59, "59 s"),
            (600, "10 min"),
            (3_600, "1 h"),
            (90_000, "1 d 1 h"),
            (187_200, "2 d 4 h"),
        ] {
            assert_eq!(duration(seconds), text);
            assert_eq!(read_duration(text), Ok(seconds), "{text}");
        }
        for (text, seconds) in [
            ("604800", 604_800),
            ("7 d", 604_800),
            ("10m", 600),
            ("1h30m", 5_400),
            (" 2 days 4 hours ", 187_200),
            ("1d 30s", 86_430),
        ] {
            assert_eq!(read_duration(text), Ok(seconds), "{text}");
        }
    }

    #[test]
    fn what_could_mean_two_things_is_no_length_of_time() {
        for text in [
            "",
            " ",
            "-1",
            "1.5 h",
            "1,5 h",
            "h",
            "10 x",
            "30m 1h",
            "1h 1h",
            "1 M",
            "5 d 3",
            "18446744073709551616",
            "213503982334602 d",
            "1 w",
            "0x10",
        ] {
            let why = read_duration(text).expect_err(text);
            assert!(why.contains(FORMS), "{text}: {why}");
        }
    }

    #[test]
    fn dates_say_how_far_away_they_are() {
        let now = 1_767_571_200;
        assert_eq!(time(now), "2026-01-05 00:00:00 UTC");
        assert_eq!(time(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(time(i64::MAX), format!("at {}", i64::MAX));
        assert_eq!(when(now, now), "2026-01-05 00:00 UTC (now)");
        assert_eq!(
            when(now + 187_200, now),
            "2026-01-07 04:00 UTC (in 2 d 4 h)"
        );
        assert_eq!(when(now - 10_800, now), "2026-01-04 21:00 UTC (3 h ago)");
        // The ends of time are no overflow.
        assert!(when(i64::MAX, i64::MIN).contains(" (in "));
    }

    #[test]
    fn a_separator_never_changes_a_number() {
        for text in [
            "0",
            "1",
            "12",
            "123",
            "1234",
            "12345.6789",
            "1000000",
            "-999",
            "-1000.5",
            "0.000001",
            "18446744073709551615",
        ] {
            let number: Decimal = text.parse().unwrap();
            let shown = grouped(&number);
            assert_eq!(shown.replace(',', ""), text);
            let whole = shown.split('.').next().unwrap().trim_start_matches('-');
            let groups: Vec<&str> = whole.split(',').collect();
            assert!((1..=3).contains(&groups[0].len()), "{shown}");
            assert!(groups[1..].iter().all(|group| group.len() == 3), "{shown}");
        }
    }

    #[test]
    fn per_cent_has_the_digits_of_the_program() {
        assert_eq!(percent_of(0), "0 %");
        assert_eq!(percent_of(1), "0.0001 %");
        assert_eq!(percent_of(-42_000), "-4.2 %");
        assert_eq!(percent_of(12_345_678_900_000i64), "1,234,567,890 %");
        let near: Decimal = "0.041999999999994315658113919198513031005859375"
            .parse()
            .unwrap();
        assert_eq!(percent(&near), "4.2 %");
    }
}
