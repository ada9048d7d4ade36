//! The recorded series: CSV with the columns `t` and `y`.

use homeostat_control::Fx;
use homeostat_sim::series::table::{Row as Fields, Table};

pub use homeostat_sim::series::table::LARGEST;

use crate::decimal::{Decimal, DecimalError};
use crate::failure::{quoted, Failure};

/// One input row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Time of the sample (seconds).
    pub t: i64,
    /// The sample; `None` when it is missing.
    pub y: Option<Y>,
}

/// A measurement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Y {
    /// As the control law takes it.
    pub value: Fx,
    /// As it was written, in plain decimal form.
    pub text: String,
}

/// Largest |t| in seconds: some 31,000 years, so no difference of times overflows.
const LARGEST_TIME: i64 = 1_000_000_000_000;

/// Reads and checks the whole series.
///
/// # Errors
///
/// The first thing that is wrong, with its line and column.
pub fn read_series(bytes: &[u8], name: &str) -> Result<Vec<Row>, Failure> {
    let mut table = Table::open(bytes, name, "t,y")?;
    let (t, y) = (table.column("t")?, table.column("y")?);
    let mut rows = Vec::new();
    while let Some(row) = table.next_row()? {
        rows.push(Row {
            t: time(&row, t)?,
            y: measurement(&row, y)?,
        });
    }
    Ok(rows)
}

fn time(row: &Fields, column: usize) -> Result<i64, Failure> {
    let (text, place) = (row.text(column)?, || row.place_of(column));
    let remedy =
        format!("write whole seconds from -{LARGEST_TIME} to {LARGEST_TIME}, such as 1700000000");
    if text.is_empty() {
        return Err(Failure::at("missing_value", place(), "is empty").remedy(remedy));
    }
    text.parse::<Decimal>()
        .and_then(|number| number.to_i64())
        .and_then(|t| {
            // Symmetric, and free of the overflow in i64::MIN.abs().
            if (-LARGEST_TIME..=LARGEST_TIME).contains(&t) {
                Ok(t)
            } else {
                Err(DecimalError::OutOfRange)
            }
        })
        .map_err(|error| {
            Failure::at(
                "bad_number",
                place(),
                format_args!("{} {error}", quoted(text)),
            )
            .remedy(remedy)
        })
}

fn measurement(row: &Fields, column: usize) -> Result<Option<Y>, Failure> {
    let (text, place) = (row.text(column)?, || row.place_of(column));
    if text.is_empty() {
        return Ok(None);
    }
    let number = text.parse::<Decimal>();
    match number.and_then(|number| Ok((number.to_fx()?, number))) {
        Ok((value, number)) => Ok(Some(Y {
            value,
            text: number.to_string(),
        })),
        Err(error) => {
            let remedy = match error {
                DecimalError::OutOfRange => "write a fraction between -6e23 and 6e23",
                _ if text.ends_with('%') => "write a fraction: 42 % is 0.42",
                _ => "write a plain decimal such as 0.42, or leave the field empty for a missing sample",
            };
            Err(Failure::at(
                "bad_number",
                place(),
                format_args!("{} {error}", quoted(text)),
            )
            .remedy(remedy))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good(text: &str) -> Vec<(i64, Option<String>)> {
        read_series(text.as_bytes(), "x.csv")
            .unwrap_or_else(|failure| panic!("{text:?}: {failure}"))
            .into_iter()
            .map(|row| (row.t, row.y.map(|y| y.text)))
            .collect()
    }

    fn bad(bytes: impl AsRef<[u8]>) -> Failure {
        read_series(bytes.as_ref(), "x.csv").expect_err("should be refused")
    }

    #[test]
    fn rows_are_read_whatever_the_program_that_wrote_them() {
        let expected = vec![
            (0, Some("0.5".to_owned())),
            (60, None),
            (120, Some("0.001".to_owned())),
        ];
        for text in [
            "t,y\n0,0.5\n60,\n120,1e-3\n",
            "t,y\r\n0,0.5\r\n60,\r\n120,1e-3\r\n",
            "\u{feff}t,y\n0,0.50\n60,\n120,.001",
            "y,t\n0.5,0\n,60\n0.001,120\n",
            "\"t\",\"y\"\n\"0\",\"0.5\"\n60,\"\"\n\"120\",0.001\n",
            " t , y \n 0 , 0.5 \n 60 , \n\n\n 120.0 , 0.001 \n",
            "note,t,y\nhello,0,0.5\n\"a,\nb\",60,\n\u{e9},120,0.001\n",
        ] {
            assert_eq!(good(text), expected, "{text:?}");
        }
        assert_eq!(good("t,y\n"), []);
    }

    #[test]
    fn an_ignored_column_may_hold_anything() {
        let rows = read_series(b"t,y,note\n1,2,\xff\xfe\0\n", "x.csv").expect("rows");
        assert_eq!(rows.len(), 1);
    }

    #[test]
    fn every_refusal_names_line_column_value_and_remedy() {
        for (text, code, message) in [
            ("", "empty_input", "x.csv: is empty"),
            ("\n\n", "empty_input", "x.csv: is empty"),
            (
                "0,0.5\n1,0.6\n",
                "missing_header",
                "x.csv, line 1: the header is missing: this row is data already: `0,0.5`",
            ),
            (
                "t;y\n0;1\n",
                "missing_column",
                "x.csv, line 1, `t`: the header `t;y` lacks this column",
            ),
            (
                "t,Y\n0,1\n",
                "missing_column",
                "x.csv, line 1, `y`: the header `t,Y` lacks this column",
            ),
            (
                "t,y,t\n0,1,2\n",
                "duplicate_column",
                "x.csv, line 1, `t`: the header `t,y,t` names this column twice",
            ),
            (
                "t,y\n0,1\n5\n",
                "bad_row",
                "x.csv, line 3: 1 field where the header has 2",
            ),
            (
                "t,y\n0,0,5\n",
                "bad_row",
                "x.csv, line 2: 3 fields where the header has 2",
            ),
            (
                "t,y\n,0.5\n",
                "missing_value",
                "x.csv, line 2, `t`: is empty",
            ),
            (
                "t,y\n0,NaN\n",
                "bad_number",
                "x.csv, line 2, `y`: `NaN` is not a finite number",
            ),
            (
                "t,y\n0,-inf\n",
                "bad_number",
                "x.csv, line 2, `y`: `-inf` is not a finite number",
            ),
            (
                "t,y\n\n\n0,1e30\n",
                "bad_number",
                "x.csv, line 4, `y`: `1e30` is out of range",
            ),
            (
                "t,y\n0,55%\n",
                "bad_number",
                "x.csv, line 2, `y`: `55%` is not a number",
            ),
            (
                "t,y\n0.5,1\n",
                "bad_number",
                "x.csv, line 2, `t`: `0.5` is not a whole number",
            ),
            (
                "t,y\n1000000000001,1\n",
                "bad_number",
                "x.csv, line 2, `t`: `1000000000001` is out of range",
            ),
            (
                "t,y\n-9223372036854775808,1\n",
                "bad_number",
                "x.csv, line 2, `t`: `-9223372036854775808` is out of range",
            ),
            (
                "t,y\n2024-01-01,1\n",
                "bad_number",
                "x.csv, line 2, `t`: `2024-01-01` is not a number",
            ),
        ] {
            let failure = bad(text);
            assert_eq!((failure.code, failure.message.as_str()), (code, message));
            assert!(!failure.remedy.is_empty(), "{failure}");
        }
    }

    #[test]
    fn other_encodings_are_recognised() {
        let utf16: Vec<u8> = "\u{feff}t,y\n0,1\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(bad(utf16).code, "bad_encoding");
        assert_eq!(
            bad(b"t,y\n0,\xe9\n").message,
            "x.csv, line 2, `y`: `\u{fffd}` is not UTF-8"
        );
    }

    #[test]
    fn a_quote_that_never_closes_is_one_bad_row() {
        let failure = bad("t,y\n0,1\n1,\"2\n3,4\n5,6\n");
        assert_eq!(
            failure.message,
            "x.csv, line 3, `y`: `2\\n3,4\\n5,6` is not a number"
        );
        let failure = bad(format!("t,y\n0,\"{}", "7".repeat(5_000_000)));
        assert_eq!(failure.code, "bad_number");
        assert!(failure.message.len() < 200, "{failure}");
    }

    #[test]
    fn a_long_series_is_read() {
        let text: String = std::iter::once("t,y\n".to_owned())
            .chain((0..100_000).map(|t| format!("{t},0.123456\n")))
            .collect();
        assert_eq!(good(&text).len(), 100_000);
    }
}
