//! Reading a price series.

use chrono::{NaiveDate, NaiveTime};
use homeostat_settings::failure::{quoted, Failure};

use super::table::{Row, Table};
use super::{median_step, Series, LONGEST_STEP, LONGEST_STEP_RATIO};

/// Largest |t| in seconds: some 31,000 years, so no difference of times overflows.
const LARGEST_TIME: f64 = 1e12;

/// Prices taken: the ratio of any two is a finite number far from overflow.
const SMALLEST_CLOSE: f64 = 1e-12;
const LARGEST_CLOSE: f64 = 1e15;

/// Reads and checks a whole series; the rules are in the module's documentation. `name` is the
/// file's in messages.
///
/// # Errors
///
/// The first thing that is wrong, with its line and column: `file_too_large`, `empty_input`,
/// `bad_encoding`, `missing_header`, `missing_column`, `duplicate_column`, `two_clocks`,
/// `bad_row`, `missing_value`, `bad_number`, `bad_date`, `repeated_time`, `decreasing_time`,
/// `gap`, `too_few_rows`.
pub fn read_series(bytes: &[u8], name: &str) -> Result<Series, Failure> {
    let mut table = Table::open(bytes, name, "date,close")?;
    let clock = Clock::of(&table)?;
    let close = table.column("close")?;
    let volume = table.find("volume")?;

    let mut series = Series {
        name: name.to_owned(),
        times: Vec::new(),
        closes: Vec::new(),
        volumes: volume.map(|_| Vec::new()),
    };
    let mut starts = Vec::new();
    while let Some(row) = table.next_row()? {
        let time = clock.time(&row)?;
        if let Some(before) = series.times.last() {
            clock.check_order(&row, *before, time)?;
        }
        series.times.push(time);
        series.closes.push(price(&row, close)?);
        if let (Some(volumes), Some(column)) = (&mut series.volumes, volume) {
            volumes.push(traded(&row, column)?);
        }
        starts.push(row.start());
    }
    if series.times.len() < 2 {
        return Err(series.failure(
            "too_few_rows",
            format!(
                "has {} row{} below the header; a series takes two",
                series.times.len(),
                if series.times.len() == 1 { "" } else { "s" }
            ),
            "give at least two rows",
        ));
    }
    check_gaps(&table, &clock, &series.times, &starts)?;
    Ok(series)
}

/// The first second (Unix time) of a UTC day written YYYY-MM-DD; `None` when it is not one.
pub fn day(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    // The parser of dates is more lenient: it takes signs, blanks and single digits.
    let shaped = bytes.len() == 10
        && bytes.iter().enumerate().all(|(index, byte)| match index {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if !shaped {
        return None;
    }
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(date.and_time(NaiveTime::MIN).and_utc().timestamp())
}

/// The column that tells the time.
enum Clock {
    Date(usize),
    Seconds(usize),
}

impl Clock {
    fn of(table: &Table) -> Result<Self, Failure> {
        match (table.find("date")?, table.find("t")?) {
            (Some(date), None) => Ok(Self::Date(date)),
            (None, Some(t)) => Ok(Self::Seconds(t)),
            (Some(_), Some(_)) => Err(Failure::at(
                "two_clocks",
                table.header().clone(),
                "the header names both `date` and `t`",
            )
            .remedy("keep the one that tells the time and rename or drop the other")),
            // Says what is missing as for any other column.
            (None, None) => table.column("date").map(Self::Date).map_err(|failure| {
                let remedy = format!("{}; `t` in seconds will do as well", failure.remedy);
                failure.remedy(remedy)
            }),
        }
    }

    fn column(&self) -> usize {
        match self {
            Self::Date(column) | Self::Seconds(column) => *column,
        }
    }

    fn time(&self, row: &Row) -> Result<i64, Failure> {
        match self {
            Self::Date(column) => {
                let remedy =
                    "write the UTC day as 2024-03-31, or name the column `t` and write seconds";
                let text = filled(row, *column, remedy)?;
                day(text).ok_or_else(|| {
                    Failure::at(
                        "bad_date",
                        row.place_of(*column),
                        format_args!("{} is not a day", quoted(text)),
                    )
                    .remedy(remedy)
                })
            }
            Self::Seconds(column) => {
                let remedy = "write whole seconds, such as 1700000000";
                let refuse = |text: &str, why: &str| refused(row, *column, text, why, remedy);
                let (text, seconds) = number(row, *column, remedy)?;
                if !(-LARGEST_TIME..=LARGEST_TIME).contains(&seconds) {
                    return Err(refuse(text, "is out of range"));
                }
                let whole = seconds as i64;
                if whole as f64 != seconds {
                    return Err(refuse(text, "is not a whole number"));
                }
                Ok(whole)
            }
        }
    }

    fn check_order(&self, row: &Row, before: i64, time: i64) -> Result<(), Failure> {
        if time > before {
            return Ok(());
        }
        let text = quoted(row.text(self.column())?);
        let (code, problem) = if time == before {
            (
                "repeated_time",
                format!("{text} is the time of the row before as well"),
            )
        } else {
            (
                "decreasing_time",
                format!("{text} is before the row before it"),
            )
        };
        Err(Failure::at(code, row.place_of(self.column()), problem)
            .remedy("give one row for each time, the earliest first"))
    }

    /// A length of time in this clock's own units.
    fn shown(&self, seconds: i64) -> String {
        match self {
            Self::Date(_) => format!("{} d", seconds / 86_400),
            Self::Seconds(_) => format!("{seconds} s"),
        }
    }
}

/// Refuses the first step that is no holiday but missing data.
fn check_gaps(table: &Table, clock: &Clock, times: &[i64], starts: &[u64]) -> Result<(), Failure> {
    let median = median_step(times);
    let longest = LONGEST_STEP.max(median.saturating_mul(LONGEST_STEP_RATIO));
    let Some(index) = times
        .windows(2)
        .position(|pair| pair[1] - pair[0] > longest)
    else {
        return Ok(());
    };
    let place = table.place_at(starts[index + 1]).field(match clock {
        Clock::Date(_) => "date",
        Clock::Seconds(_) => "t",
    });
    let problem = format!(
        "comes {} after the row before; up to {} would be carried forward (the longer of 7 days and \
         {LONGEST_STEP_RATIO} median steps of {})",
        clock.shown(times[index + 1] - times[index]),
        clock.shown(longest),
        clock.shown(median),
    );
    Err(Failure::at("gap", place, problem)
        .remedy("fill the gap, or give the parts on its two sides as files of their own"))
}

fn price(row: &Row, column: usize) -> Result<f64, Failure> {
    let remedy = "write the price as a plain decimal such as 0.42; leave out rows without one";
    let (text, value) = number(row, column, remedy)?;
    if value <= 0.0 {
        return Err(refused(row, column, text, "is not above zero", remedy));
    }
    if !(SMALLEST_CLOSE..=LARGEST_CLOSE).contains(&value) {
        return Err(refused(row, column, text, "is out of range", remedy));
    }
    Ok(value)
}

fn traded(row: &Row, column: usize) -> Result<f64, Failure> {
    let remedy = "write what was traded, 0 if nothing was, or drop the column";
    let (text, value) = number(row, column, remedy)?;
    if value < 0.0 {
        return Err(refused(row, column, text, "is below zero", remedy));
    }
    if value > LARGEST_CLOSE {
        return Err(refused(row, column, text, "is out of range", remedy));
    }
    Ok(value)
}

/// A field that must not be empty.
fn filled<'r>(row: &'r Row, column: usize, remedy: &str) -> Result<&'r str, Failure> {
    let text = row.text(column)?;
    if text.is_empty() {
        return Err(Failure::at("missing_value", row.place_of(column), "is empty").remedy(remedy));
    }
    Ok(text)
}

/// A finite number, and its text.
fn number<'r>(row: &'r Row, column: usize, remedy: &str) -> Result<(&'r str, f64), Failure> {
    let text = filled(row, column, remedy)?;
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok((text, value)),
        Ok(_) => Err(refused(row, column, text, "is not a finite number", remedy)),
        Err(_) => Err(refused(row, column, text, "is not a number", remedy)),
    }
}

fn refused(row: &Row, column: usize, text: &str, why: &str, remedy: &str) -> Failure {
    Failure::at(
        "bad_number",
        row.place_of(column),
        format_args!("{} {why}", quoted(text)),
    )
    .remedy(remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good(text: &str) -> Series {
        read_series(text.as_bytes(), "x.csv")
            .unwrap_or_else(|failure| panic!("{text:?}: {failure}"))
    }

    fn bad(bytes: impl AsRef<[u8]>) -> Failure {
        read_series(bytes.as_ref(), "x.csv").expect_err("should be refused")
    }

    #[test]
    fn rows_are_read_whatever_the_program_that_wrote_them() {
        let expected = good("date,close\n2024-02-28,1.5\n2024-02-29,2\n2024-03-01,0.25\n");
        // Seconds of 2024-02-28: 19,781 days after 1970-01-01.
        assert_eq!(expected.times()[0], 19_781 * 86_400);
        assert_eq!(expected.closes(), [1.5, 2.0, 0.25]);
        assert_eq!(expected.volumes(), None);
        for text in [
            "date,close\r\n2024-02-28,1.50\r\n2024-02-29,2.\r\n2024-03-01,.25",
            "\u{feff}close,date\n15e-1,2024-02-28\n2,2024-02-29\n0.25,2024-03-01\n",
            " date , close \n\n2024-02-28 , 1.5\n2024-02-29, 2 \n2024-03-01,0.25\n\n",
            "\"date\",\"close\"\n\"2024-02-28\",\"1.5\"\n2024-02-29,2\n2024-03-01,\"0.25\"\n",
            "date,note,close\n2024-02-28,\"a,\nb\",1.5\n2024-02-29,,2\n2024-03-01,\u{e9},0.25\n",
            "t,close\n1709078400,1.5\n1709164800,2\n1709251200.0,0.25\n",
        ] {
            assert_eq!(good(text), expected, "{text:?}");
        }
        let with_volume = good("t,volume,close\n-60,0,1\n0,7.5,2\n");
        assert_eq!(with_volume.times(), [-60, 0]);
        assert_eq!(with_volume.volumes(), Some([0.0, 7.5].as_slice()));
    }

    #[test]
    fn an_ignored_column_may_hold_anything() {
        let series = read_series(b"t,close,note\n1,2,\xff\xfe\0\n2,3,\n", "x.csv");
        assert_eq!(series.expect("rows").closes(), [2.0, 3.0]);
    }

    #[test]
    fn every_refusal_names_line_column_value_and_remedy() {
        for (text, code, message) in [
            ("", "empty_input", "x.csv: is empty"),
            (
                "2024-01-01,5\n2024-01-02,6\n",
                "missing_header",
                "x.csv, line 1: the header is missing: this row is data already: `2024-01-01,5`",
            ),
            (
                "time,close\n1,2\n",
                "missing_column",
                "x.csv, line 1, `date`: the header `time,close` lacks this column",
            ),
            (
                "date,price\n2024-01-01,2\n",
                "missing_column",
                "x.csv, line 1, `close`: the header `date,price` lacks this column",
            ),
            (
                "t,date,close\n1,2024-01-01,2\n",
                "two_clocks",
                "x.csv, line 1: the header names both `date` and `t`",
            ),
            (
                "t,close,close\n1,2,2\n",
                "duplicate_column",
                "x.csv, line 1, `close`: the header `t,close,close` names this column twice",
            ),
            (
                "t,close\n1,2\n2\n",
                "bad_row",
                "x.csv, line 3: 1 field where the header has 2",
            ),
            (
                "t,close\n1,2\n2,\n",
                "missing_value",
                "x.csv, line 3, `close`: is empty",
            ),
            (
                "t,close\n1,2\n,3\n",
                "missing_value",
                "x.csv, line 3, `t`: is empty",
            ),
            (
                "t,close\n1,NaN\n",
                "bad_number",
                "x.csv, line 2, `close`: `NaN` is not a finite number",
            ),
            (
                "t,close\n1,2\n\n2,inf\n",
                "bad_number",
                "x.csv, line 4, `close`: `inf` is not a finite number",
            ),
            (
                "t,close\n1,1e999\n",
                "bad_number",
                "x.csv, line 2, `close`: `1e999` is not a finite number",
            ),
            (
                "t,close\n1,-3\n",
                "bad_number",
                "x.csv, line 2, `close`: `-3` is not above zero",
            ),
            (
                "t,close\n1,0.0\n",
                "bad_number",
                "x.csv, line 2, `close`: `0.0` is not above zero",
            ),
            (
                "t,close\n1,1e16\n",
                "bad_number",
                "x.csv, line 2, `close`: `1e16` is out of range",
            ),
            (
                "t,close\n1,9e-13\n",
                "bad_number",
                "x.csv, line 2, `close`: `9e-13` is out of range",
            ),
            (
                "t,close,volume\n1,2,1e16\n",
                "bad_number",
                "x.csv, line 2, `volume`: `1e16` is out of range",
            ),
            (
                "t,close\n1,$5\n",
                "bad_number",
                "x.csv, line 2, `close`: `$5` is not a number",
            ),
            (
                "t,close\n1,\"1,250.5\"\n",
                "bad_number",
                "x.csv, line 2, `close`: `1,250.5` is not a number",
            ),
            (
                "t,close\n1.5,1\n",
                "bad_number",
                "x.csv, line 2, `t`: `1.5` is not a whole number",
            ),
            (
                "t,close\n1e13,1\n",
                "bad_number",
                "x.csv, line 2, `t`: `1e13` is out of range",
            ),
            (
                "t,close,volume\n1,2,-1\n",
                "bad_number",
                "x.csv, line 2, `volume`: `-1` is below zero",
            ),
            (
                "t,close,volume\n1,2,\n",
                "missing_value",
                "x.csv, line 2, `volume`: is empty",
            ),
            (
                "t,close\n5,1\n5,2\n",
                "repeated_time",
                "x.csv, line 3, `t`: `5` is the time of the row before as well",
            ),
            (
                "date,close\n2024-01-02,1\n2024-01-01,2\n",
                "decreasing_time",
                "x.csv, line 3, `date`: `2024-01-01` is before the row before it",
            ),
            (
                "t,close\n",
                "too_few_rows",
                "x.csv: has 0 rows below the header; a series takes two",
            ),
            (
                "t,close\n1,2\n",
                "too_few_rows",
                "x.csv: has 1 row below the header; a series takes two",
            ),
        ] {
            let failure = bad(text);
            assert_eq!((failure.code, failure.message.as_str()), (code, message));
            assert!(!failure.remedy.is_empty(), "{failure}");
        }
    }

    #[test]
    fn only_days_that_exist_are_days() {
        assert_eq!(day("1970-01-01"), Some(0));
        assert_eq!(day("1969-12-31"), Some(-86_400));
        assert_eq!(day("2000-02-29"), Some(951_782_400));
        for text in [
            "2023-02-29",
            "1900-02-29",
            "2024-13-01",
            "2024-00-10",
            "2024-1-1",
            "24-01-01",
            "01/02/2024",
            "2024-01-01T00:00:00Z",
            "+024-01-01",
            "2024-01-0 ",
            "２０24-01-01",
            "",
        ] {
            assert_eq!(day(text), None, "{text}");
            if !text.is_empty() {
                let failure = bad(format!("date,close\n2024-01-01,1\n{text},2\n"));
                assert_eq!(failure.code, "bad_date", "{text}");
                assert_eq!(failure.at.and_then(|at| at.line), Some(3), "{text}");
            }
        }
    }

    #[test]
    fn a_week_is_carried_and_a_month_is_a_gap() {
        let rows = |days: [u32; 4]| {
            let mut text = "date,close\n".to_owned();
            for (index, day) in days.iter().enumerate() {
                text += &format!("2024-01-{day:02},{}\n", index + 1);
            }
            text
        };
        // Ten days are ten median steps; eleven are too many.
        assert_eq!(good(&rows([1, 2, 3, 13])).times().len(), 4);
        assert_eq!(
            bad(rows([1, 2, 3, 14])).message,
            "x.csv, line 5, `date`: comes 11 d after the row before; up to 10 d would be carried \
             forward (the longer of 7 days and 10 median steps of 1 d)"
        );
        // A monthly series has no gaps; an hourly one may miss a week.
        good("date,close\n2024-01-01,1\n2024-02-01,2\n2024-03-01,3\n");
        good("t,close\n0,1\n3600,2\n7200,3\n612000,4\n");
        let failure = bad("t,close\n0,1\n3600,2\n7200,3\n612001,4\n");
        assert_eq!(failure.code, "gap");
        assert_eq!(failure.at.and_then(|at| at.line), Some(5));
    }

    #[test]
    fn garbage_in_quotes_and_other_encodings_are_named() {
        let failure = bad("t,close\n1,2\n2,\"3\n4,5\n");
        assert_eq!(
            failure.message,
            "x.csv, line 3, `close`: `3\\n4,5` is not a number"
        );
        let failure = bad(format!("t,close\n0,\"{}", "7".repeat(5_000_000)));
        assert_eq!(failure.code, "bad_number");
        assert!(failure.message.len() < 200, "{failure}");
        let failure = bad(b"t,close\n1,2\n2,\xe9\n");
        assert_eq!(
            failure.message,
            "x.csv, line 3, `close`: `\u{fffd}` is not UTF-8"
        );
        let utf16: Vec<u8> = "\u{feff}t,close\n0,1\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(bad(utf16).code, "bad_encoding");
    }
}
