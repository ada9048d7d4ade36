//! The newest row of a file with a header.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::time::UNIX_EPOCH;

use csv::StringRecord;
use homeostat_settings::failure::quoted;
use homeostat_settings::files::read_up_to;

use super::{number, Said, Silence, Times};

/// Largest file in bytes: a row a minute for half a year.
const LARGEST: u64 = 16 << 20;

/// A file.
#[derive(Debug)]
pub(crate) struct Csv {
    /// Where it is.
    pub(crate) file: PathBuf,
    /// The column of the value.
    pub(crate) column: String,
    /// The column of its time; without one the last row is the newest, and as old as the file.
    pub(crate) time: Option<String>,
}

impl Csv {
    /// Reads the newest row; of several of one time the last. A last line without an end is still
    /// being written, and not read.
    ///
    /// # Errors
    ///
    /// `source_unreadable`, `source_too_large`, `source_not_csv`, `source_missing`,
    /// `source_not_a_number`, `source_bad_time`.
    pub(super) fn read(&self, times: Times) -> Result<Said, Silence> {
        let (bytes, changed) = self.bytes()?;
        let end = bytes.iter().rposition(|byte| *byte == b'\n');
        let whole = end.and_then(|end| bytes.get(..=end)).unwrap_or_default();
        let mut reader = csv::Reader::from_reader(whole);
        let header = reader.headers().map_err(|error| not_csv(&error))?.clone();
        let value = place(&header, &self.column)?;
        let time = match &self.time {
            Some(time) => Some(place(&header, time)?),
            None => None,
        };
        let mut newest: Option<(i64, StringRecord)> = None;
        for record in reader.into_records() {
            let record = record.map_err(|error| not_csv(&error))?;
            let at = match time {
                Some(time) => times.read(record.get(time).unwrap_or_default().trim())?,
                None => changed,
            };
            if newest.as_ref().is_none_or(|(newest, _)| at >= *newest) {
                newest = Some((at, record));
            }
        }
        let (at, record) = newest.ok_or_else(|| {
            Silence::new(
                "source_missing",
                "has no row",
                "write a header, and rows that each end with a line break",
            )
        })?;
        Ok(Said {
            value: number(record.get(value).unwrap_or_default().trim())?,
            at: Some(at),
        })
    }

    /// What is in it, and when it was changed (unix seconds).
    fn bytes(&self) -> Result<(Vec<u8>, i64), Silence> {
        let unreadable = |error: io::Error| {
            Silence::new(
                "source_unreadable",
                format!("cannot be read: {error}"),
                "check the path and its permissions",
            )
        };
        // Asked before it is opened: opening a pipe would wait for whoever writes to it.
        let about = std::fs::metadata(&self.file).map_err(unreadable)?;
        if !about.is_file() {
            let problem = "is a folder, a pipe or a device";
            let remedy = "name a file with rows";
            return Err(Silence::new("source_unreadable", problem, remedy));
        }
        let changed = about.modified().map_err(unreadable)?;
        let changed = changed.duration_since(UNIX_EPOCH).unwrap_or_default();
        let changed = i64::try_from(changed.as_secs()).unwrap_or(i64::MAX);
        let file = File::open(&self.file).map_err(unreadable)?;
        let bytes = read_up_to(file, LARGEST).map_err(unreadable)?;
        if bytes.len() as u64 > LARGEST {
            return Err(Silence::too_large(LARGEST, "move the older rows elsewhere"));
        }
        Ok((bytes, changed))
    }
}

/// Where a column is.
fn place(header: &StringRecord, column: &str) -> Result<usize, Silence> {
    let mut found = header
        .iter()
        .enumerate()
        .filter(|(_, name)| name.trim() == column);
    let first = found.next().map(|(at, _)| at);
    match (first, found.next()) {
        (Some(at), None) => Ok(at),
        (Some(_), Some(_)) => Err(Silence::new(
            "source_not_csv",
            format!("has the column {} twice", quoted(column)),
            "give every column a name of its own",
        )),
        (None, _) => Err(Silence::new(
            "source_missing",
            format!("has no column {}", quoted(column)),
            "name one of its columns; the first line has their names",
        )),
    }
}

fn not_csv(error: &csv::Error) -> Silence {
    Silence::new(
        "source_not_csv",
        format!(
            "is no table that can be used: {}",
            quoted(&error.to_string())
        ),
        "give every row as many values as the first line has names, in UTF-8",
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn read(text: &[u8], time: Option<&str>) -> Result<(String, i64), &'static str> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("values.csv");
        std::fs::write(&path, text).unwrap();
        let changed = UNIX_EPOCH + Duration::from_secs(1_767_571_200);
        let file = File::options().append(true).open(&path).unwrap();
        file.set_modified(changed).unwrap();
        let csv = Csv {
            file: path,
            column: "price".into(),
            time: time.map(str::to_owned),
        };
        let said = csv.read(Times::Seconds).map_err(|silence| silence.code)?;
        Ok((said.value.to_string(), said.at.unwrap()))
    }

    #[test]
    fn the_newest_row_counts_and_without_times_the_last() {
        let rows = b"at,price\n30,3\n10,1\n30,3.5\n20,2\n";
        assert_eq!(read(rows, Some("at")), Ok(("3.5".into(), 30)));
        assert_eq!(read(rows, None), Ok(("2".into(), 1_767_571_200)));
        let quoted = b"at, price \r\n\"40\",\" 4e-1 \"\r\n";
        assert_eq!(read(quoted, Some("at")), Ok(("0.4".into(), 40)));
    }

    /// Whoever reads while somebody writes must not take `12.3` for `12.345`.
    #[test]
    fn fr6_a_row_that_is_still_being_written_is_not_read() {
        let torn = b"at,price\n10,12.1\n20,12.3";
        assert_eq!(read(torn, Some("at")), Ok(("12.1".into(), 10)));
        assert_eq!(
            read(b"at,price\n20,12.3", Some("at")),
            Err("source_missing")
        );
    }

    #[test]
    fn what_is_no_table_is_told_by_what_is_wrong() {
        for (text, code) in [
            (&b""[..], "source_missing"),
            (b"at,price\n", "source_missing"),
            (b"at,cost\n1,2\n", "source_missing"),
            (b"at,price,price\n1,2,3\n", "source_not_csv"),
            (b"at,price\n1,2\n3\n", "source_not_csv"),
            (b"at,price\n1,\xff\n", "source_not_csv"),
            (b"at,price\n1,NaN\n", "source_not_a_number"),
            (b"at,price\n1,\x1b[31m2\n", "source_not_a_number"),
            (b"at,price\n1,\n", "source_not_a_number"),
            (b"at,price\nyesterday,2\n", "source_bad_time"),
        ] {
            assert_eq!(
                read(text, Some("at")),
                Err(code),
                "{:?}",
                String::from_utf8_lossy(text)
            );
        }
        let large = [b"at,price\n".as_slice(), &vec![b'\n'; LARGEST as usize]].concat();
        assert_eq!(read(&large, Some("at")), Err("source_too_large"));
    }

    #[test]
    fn fr6_what_is_no_file_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let places = [
            folder.path().to_owned(),
            folder.path().join("none"),
            "/dev/zero".into(),
        ];
        for file in places {
            let csv = Csv {
                file,
                column: "price".into(),
                time: None,
            };
            let silence = csv.read(Times::Seconds).unwrap_err();
            assert_eq!(silence.code, "source_unreadable", "{:?}", csv.file);
        }
    }
}
