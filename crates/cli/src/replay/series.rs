//! The recorded series: CSV with the columns `t` and `y`.

use csv::{ByteRecord, Position, ReaderBuilder};
use homeostat_control::Fx;

use crate::decimal::{Decimal, DecimalError};
use crate::failure::{quoted, Failure, Place};

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

/// Largest input in bytes: some ten million rows. Input without end must not fill
/// the memory.
pub const LARGEST: u64 = 1 << 28;

/// Reads and checks the whole series.
///
/// # Errors
///
/// The first thing that is wrong, with its line and column.
pub fn read_series(bytes: &[u8], name: &str) -> Result<Vec<Row>, Failure> {
    if bytes.len() as u64 > LARGEST {
        return Err(Failure::at(
            "file_too_large",
            Place::file(name),
            format_args!("is larger than {LARGEST} bytes"),
        )
        .remedy("replay it in parts, or thin it out"));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        // Rows of a wrong length get an error of our own, which says more.
        .flexible(true)
        .from_reader(bytes);
    let place = |record: &ByteRecord| {
        let start = record.position().map_or(0, Position::byte);
        Place::line(name, line_at(bytes, start))
    };
    let mut record = ByteRecord::new();
    let mut next = |record: &mut ByteRecord| {
        reader.read_byte_record(record).map_err(|error| {
            Failure::at(
                "bad_csv",
                Place::file(name),
                format_args!("cannot be read: {error}"),
            )
        })
    };

    if !next(&mut record)? {
        return Err(Failure::at("empty_input", Place::file(name), "is empty")
            .remedy("give a CSV file that opens with the header `t,y`"));
    }
    let header = Header::read(&record, || place(&record))?;

    let mut rows = Vec::new();
    while next(&mut record)? {
        rows.push(header.row(&record, || place(&record))?);
    }
    Ok(rows)
}

/// The line of the first row at or after byte `start`, where blank lines may
/// stand before it. Ends of line are LF, CR LF or CR, as the CSV reader has them.
fn line_at(bytes: &[u8], start: u64) -> u64 {
    let start = usize::try_from(start).map_or(bytes.len(), |start| start.min(bytes.len()));
    let (before, after) = bytes.split_at(start);
    let blank = after
        .iter()
        .take_while(|byte| b"\r\n".contains(byte))
        .count();
    let (before, after) = bytes.split_at(before.len() + blank);
    let lonely_return = |pair: &[u8]| pair[0] == b'\r' && pair[1] != b'\n';
    let ends = before.iter().filter(|byte| **byte == b'\n').count()
        + before.windows(2).filter(|pair| lonely_return(pair)).count()
        + usize::from(before.ends_with(b"\r") && !after.starts_with(b"\n"));
    ends as u64 + 1
}

/// Where the two columns are.
struct Header {
    t: usize,
    y: usize,
    columns: usize,
}

impl Header {
    fn read(record: &ByteRecord, place: impl Fn() -> Place) -> Result<Self, Failure> {
        const REMEDY: &str = "let the first line name the columns, for example `t,y`";
        let first = record.get(0).unwrap_or_default();
        if first.starts_with(&[0xff, 0xfe])
            || first.starts_with(&[0xfe, 0xff])
            || first.contains(&0)
        {
            return Err(
                Failure::at("bad_encoding", place(), "is not UTF-8 (UTF-16, it seems)")
                    .remedy("save the file as CSV UTF-8"),
            );
        }
        let names: Vec<String> = record
            .iter()
            .map(|name| String::from_utf8_lossy(name).trim().to_owned())
            .collect();
        let shown = || quoted(&names.join(","));

        if names.iter().all(|name| name.parse::<Decimal>().is_ok()) {
            let problem = format!(
                "the header is missing: this row is data already: {}",
                shown()
            );
            return Err(Failure::at("missing_header", place(), problem).remedy(REMEDY));
        }
        let find = |wanted: &str| -> Result<usize, Failure> {
            let mut found = names
                .iter()
                .enumerate()
                .filter(|(_, name)| *name == wanted)
                .map(|(index, _)| index);
            match (found.next(), found.next()) {
                (Some(index), None) => Ok(index),
                (Some(_), Some(_)) => Err(Failure::at(
                    "duplicate_column",
                    place().field(wanted),
                    format_args!("the header {} names this column twice", shown()),
                )
                .remedy("keep one of them")),
                (None, _) => {
                    let remedy = if names.len() == 1 && names[0].contains([';', '\t']) {
                        "separate the fields with commas".to_owned()
                    } else if let Some(near) =
                        names.iter().find(|name| name.eq_ignore_ascii_case(wanted))
                    {
                        format!("rename {} to `{wanted}`", quoted(near))
                    } else {
                        REMEDY.to_owned()
                    };
                    Err(Failure::at(
                        "missing_column",
                        place().field(wanted),
                        format_args!("the header {} lacks this column", shown()),
                    )
                    .remedy(remedy))
                }
            }
        };
        Ok(Self {
            t: find("t")?,
            y: find("y")?,
            columns: names.len(),
        })
    }

    fn row(&self, record: &ByteRecord, place: impl Fn() -> Place) -> Result<Row, Failure> {
        if record.len() != self.columns {
            let problem = format!(
                "{} field{} where the header has {}",
                record.len(),
                if record.len() == 1 { "" } else { "s" },
                self.columns
            );
            return Err(Failure::at("bad_row", place(), problem)
                .remedy("give every row as many fields as the header; write decimals with a point, not a comma"));
        }
        let field = |index: usize| record.get(index).unwrap_or_default();
        Ok(Row {
            t: time(field(self.t), || place().field("t"))?,
            y: measurement(field(self.y), || place().field("y"))?,
        })
    }
}

fn time(field: &[u8], place: impl Fn() -> Place) -> Result<i64, Failure> {
    let text = text(field, &place)?;
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

fn measurement(field: &[u8], place: impl Fn() -> Place) -> Result<Option<Y>, Failure> {
    let text = text(field, &place)?;
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

fn text(field: &[u8], place: impl Fn() -> Place) -> Result<&str, Failure> {
    match std::str::from_utf8(field) {
        Ok(text) => Ok(text.trim()),
        Err(_) => Err(Failure::at(
            "bad_encoding",
            place(),
            format_args!("{} is not UTF-8", quoted(&String::from_utf8_lossy(field))),
        )
        .remedy("save the file as CSV UTF-8")),
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
    fn lines_are_counted_whatever_ends_them() {
        for (text, line) in [
            ("t,y\n0,1\n1,x\n", 3),
            ("t,y\r\n0,1\r\n1,x\r\n", 3),
            ("t,y\r0,1\r1,x\r", 3),
            ("t,y\n\n\n0,1\n\n1,x", 6),
            ("t,y\r\n\r\n\r\n0,x", 4),
            ("\n\nt,y\n0,x\n", 4),
            ("t,y,n\n0,1,\"a\nb\"\n1,x,\n", 4),
            ("\u{feff}t,y\n0,x\n", 2),
        ] {
            assert_eq!(bad(text).at.and_then(|at| at.line), Some(line), "{text:?}");
        }
    }

    #[test]
    fn a_long_series_is_read() {
        let text: String = std::iter::once("t,y\n".to_owned())
            .chain((0..100_000).map(|t| format!("{t},0.123456\n")))
            .collect();
        assert_eq!(good(&text).len(), 100_000);
    }
}
