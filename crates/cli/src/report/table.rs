//! Decisions as a table of fixed width, for a terminal of 120 columns.

use std::collections::HashMap;
use std::io::{self, Write};

use super::{Event, Parameter, Row};

/// Columns of a terminal that the table fits in.
const WIDTH: usize = 120;

/// Writes the decisions, a group of lines a period, with the events between them.
///
/// Rows and events are expected in the order of their times; an event stands before
/// the first period that closed at or after it.
pub fn write(out: &mut dyn Write, rows: &[Row], events: &[Event]) -> io::Result<()> {
    let head = format!(
        "{:>6}  {:<15} {:>10} {:>10} {:>11} {:>11} {:>11} {:>12}  ",
        "period", "parameter", "measured", "target", "P", "I", "D", "output"
    );
    let indent = head.chars().count();
    writeln!(out, "{head} flags")?;
    writeln!(out, "{}", "─".repeat(WIDTH))?;

    let mut events = events.iter().peekable();
    let mut before: HashMap<Parameter, f64> = HashMap::new();
    let mut period = None;
    for row in rows {
        while let Some(event) = events.next_if(|event| event.at <= row.at) {
            writeln!(out, "{}", divider(&event.label))?;
            period = None;
        }
        let shown = if period == Some(row.period) {
            String::new()
        } else {
            row.period.to_string()
        };
        period = Some(row.period);
        let line = format!(
            "{shown:>6}  {:<15} {:>10} {:>10} {:>11} {:>11} {:>11} {:>12} {}",
            row.parameter.name(),
            percent(row.measurement, 2),
            percent(row.setpoint, 2),
            signed_percent(row.p),
            signed_percent(row.i),
            signed_percent(row.d),
            percent(row.value, 3),
            direction(before.insert(row.parameter, row.value), row.value),
        );
        let flags = wrapped(&row.flags, indent);
        writeln!(out, "{}", format!("{line}{flags}").trim_end())?;
    }
    for event in events {
        writeln!(out, "{}", divider(&event.label))?;
    }
    Ok(())
}

/// A line across the table with an event in it.
fn divider(label: &str) -> String {
    let label: String = label
        .chars()
        .filter(|character| !character.is_control())
        .take(WIDTH - 12)
        .collect();
    let rest = WIDTH.saturating_sub(label.chars().count() + 10);
    format!("──────── {label} {}", "─".repeat(rest))
}

/// The flags behind a line of `indent` columns, on further lines when there are many.
fn wrapped(flags: &[String], indent: usize) -> String {
    let mut text = String::new();
    let mut used = indent;
    for (index, flag) in flags.iter().enumerate() {
        let length = flag.chars().count() + 1;
        if index > 0 && used + length > WIDTH {
            text.push('\n');
            text.push_str(&" ".repeat(indent));
            used = indent;
        }
        text.push(' ');
        text.push_str(flag);
        used += length;
    }
    text
}

/// Which way the output went, to be seen at a glance.
fn direction(before: Option<f64>, now: f64) -> char {
    match before {
        Some(before) if now > before => '↑',
        Some(before) if now < before => '↓',
        _ => ' ',
    }
}

/// A fraction in percent.
pub fn percent(value: f64, digits: usize) -> String {
    // A negative number that rounds to nothing is nothing.
    let value = value * 100.0;
    let text = format!("{value:.digits$}");
    let text = match text.strip_prefix('-') {
        Some(rest) if rest.bytes().all(|byte| byte == b'0' || byte == b'.') => rest,
        _ => &text,
    };
    format!("{text} %")
}

/// A term of the sum, with its sign; a dash for none.
fn signed_percent(value: f64) -> String {
    let text = percent(value, 3);
    if text == "0.000 %" {
        "–".to_owned()
    } else if text.starts_with('-') {
        text
    } else {
        format!("+{text}")
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn table(rows: &[Row], events: &[Event]) -> String {
        let mut out = Vec::new();
        write(&mut out, rows, events).expect("memory can be written");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn a_year_fits_the_terminal_and_loses_nothing() {
        let (rows, events) = sample::year();
        let text = table(&rows, &events);
        println!("{text}");
        for line in text.lines() {
            assert!(line.chars().count() <= WIDTH, "{line}");
            assert!(!line.ends_with(' '), "{line:?}");
        }
        assert_eq!(text.lines().count(), 2 + rows.len() + events.len());
        for event in &events {
            assert!(text.contains(&format!(" {} ", event.label)));
        }
    }

    #[test]
    fn numbers_have_signs_and_digits_that_help() {
        assert_eq!(percent(0.6, 2), "60.00 %");
        assert_eq!(percent(-0.000001, 2), "0.00 %");
        assert_eq!(percent(0.0005, 3), "0.050 %");
        assert_eq!(signed_percent(0.0083), "+0.830 %");
        assert_eq!(signed_percent(-0.0083), "-0.830 %");
        assert_eq!(signed_percent(-1e-9), "–");
    }

    #[test]
    fn many_flags_go_on_below_and_hostile_labels_stay_on_their_line() {
        let (mut rows, _) = sample::year();
        rows.truncate(1);
        rows[0].flags = (0..9).map(|n| format!("flag_number_{n}")).collect();
        let event = Event {
            at: 0,
            label: "x\n\u{1b}[31m".repeat(100),
        };
        let text = table(&rows, &[event]);
        for n in 0..9 {
            assert!(text.contains(&format!("flag_number_{n}")), "{text}");
        }
        assert!(
            text.lines().all(|line| line.chars().count() <= WIDTH),
            "{text}"
        );
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn no_decisions_make_an_empty_table() {
        assert_eq!(table(&[], &[]).lines().count(), 2);
    }
}
