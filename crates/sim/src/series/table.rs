//! CSV with named columns: what the reading of every recorded series shares.

use csv::{ByteRecord, Position, Reader, ReaderBuilder};
use homeostat_settings::failure::{quoted, Failure, Place};

/// Largest input in bytes: some ten million rows. Input without end must not fill
/// the memory.
pub const LARGEST: u64 = 1 << 28;

/// A CSV text whose first row names the columns. Columns nobody asks for may hold anything.
pub struct Table<'a> {
    bytes: &'a [u8],
    name: &'a str,
    example: &'static str,
    reader: Reader<&'a [u8]>,
    /// The row last read.
    record: ByteRecord,
    columns: Vec<String>,
    header: Place,
}

/// One row of a [`Table`].
pub struct Row<'t> {
    bytes: &'t [u8],
    name: &'t str,
    record: &'t ByteRecord,
    columns: &'t [String],
}

impl<'a> Table<'a> {
    /// Reads the header. `name` is the file's in errors, `example` a header that would do.
    ///
    /// # Errors
    ///
    /// The text is too large, empty, not UTF-8, or opens with data.
    pub fn open(bytes: &'a [u8], name: &'a str, example: &'static str) -> Result<Self, Failure> {
        if bytes.len() as u64 > LARGEST {
            return Err(Failure::at(
                "file_too_large",
                Place::file(name),
                format_args!("is larger than {LARGEST} bytes"),
            )
            .remedy("give it in parts, or thin it out"));
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let reader = ReaderBuilder::new()
            .has_headers(false)
            // Rows of a wrong length get an error of our own, which says more.
            .flexible(true)
            .from_reader(bytes);
        let mut table = Self {
            bytes,
            name,
            example,
            reader,
            record: ByteRecord::new(),
            columns: Vec::new(),
            header: Place::file(name),
        };
        if !table.advance()? {
            return Err(
                Failure::at("empty_input", Place::file(name), "is empty").remedy(format!(
                    "give a CSV file that opens with the header `{example}`"
                )),
            );
        }
        table.read_header()?;
        Ok(table)
    }

    fn read_header(&mut self) -> Result<(), Failure> {
        self.header = place_at(self.bytes, self.name, start(&self.record));
        let first = self.record.get(0).unwrap_or_default();
        if first.starts_with(&[0xff, 0xfe])
            || first.starts_with(&[0xfe, 0xff])
            || first.contains(&0)
        {
            return Err(Failure::at(
                "bad_encoding",
                self.header.clone(),
                "is not UTF-8 (UTF-16, it seems)",
            )
            .remedy("save the file as CSV UTF-8"));
        }
        self.columns = self
            .record
            .iter()
            .map(|name| String::from_utf8_lossy(name).trim().to_owned())
            .collect();
        // A number or a date, where a name would open with a letter.
        let data = |name: &String| {
            name.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first))
        };
        if self.columns.iter().all(data) {
            let problem = format!(
                "the header is missing: this row is data already: {}",
                self.shown_header()
            );
            return Err(Failure::at("missing_header", self.header.clone(), problem)
                .remedy(self.header_remedy()));
        }
        Ok(())
    }

    fn shown_header(&self) -> String {
        quoted(&self.columns.join(","))
    }

    fn header_remedy(&self) -> String {
        format!(
            "let the first line name the columns, for example `{}`",
            self.example
        )
    }

    /// Where a column is, if it is there.
    ///
    /// # Errors
    ///
    /// The header names it twice.
    pub fn find(&self, wanted: &str) -> Result<Option<usize>, Failure> {
        let mut found = self
            .columns
            .iter()
            .enumerate()
            .filter(|(_, name)| *name == wanted)
            .map(|(index, _)| index);
        match (found.next(), found.next()) {
            (found, None) => Ok(found),
            (_, Some(_)) => Err(Failure::at(
                "duplicate_column",
                self.header.clone().field(wanted),
                format_args!("the header {} names this column twice", self.shown_header()),
            )
            .remedy("keep one of them")),
        }
    }

    /// Where a column is that has to be there.
    ///
    /// # Errors
    ///
    /// The header does not name it, or names it twice.
    pub fn column(&self, wanted: &str) -> Result<usize, Failure> {
        self.find(wanted)?.ok_or_else(|| {
            let columns = &self.columns;
            let remedy = if columns.len() == 1 && columns[0].contains([';', '\t']) {
                "separate the fields with commas".to_owned()
            } else if let Some(near) = columns.iter().find(|n| n.eq_ignore_ascii_case(wanted)) {
                format!("rename {} to `{wanted}`", quoted(near))
            } else {
                self.header_remedy()
            };
            Failure::at(
                "missing_column",
                self.header.clone().field(wanted),
                format_args!("the header {} lacks this column", self.shown_header()),
            )
            .remedy(remedy)
        })
    }

    /// Where the header is.
    pub fn header(&self) -> &Place {
        &self.header
    }

    /// The next row; `None` after the last one. Blank lines are passed over.
    ///
    /// # Errors
    ///
    /// It has more or fewer fields than the header.
    pub fn next_row(&mut self) -> Result<Option<Row<'_>>, Failure> {
        if !self.advance()? {
            return Ok(None);
        }
        let row = Row {
            bytes: self.bytes,
            name: self.name,
            record: &self.record,
            columns: &self.columns,
        };
        let (found, wanted) = (self.record.len(), self.columns.len());
        if found != wanted {
            let fields = if found == 1 { "field" } else { "fields" };
            let problem = format!("{found} {fields} where the header has {wanted}");
            return Err(Failure::at("bad_row", row.place(), problem).remedy(
                "give every row as many fields as the header; write decimals with a point, not a comma",
            ));
        }
        Ok(Some(row))
    }

    /// The place of a row by its [`Row::start`].
    pub fn place_at(&self, start: u64) -> Place {
        place_at(self.bytes, self.name, start)
    }

    fn advance(&mut self) -> Result<bool, Failure> {
        self.reader
            .read_byte_record(&mut self.record)
            .map_err(|error| {
                Failure::at(
                    "bad_csv",
                    Place::file(self.name),
                    format_args!("cannot be read: {error}"),
                )
                .remedy("save the file as CSV UTF-8")
            })
    }
}

impl Row<'_> {
    /// Byte at which the row starts, or the blank lines before it; counted behind a byte-order
    /// mark.
    pub fn start(&self) -> u64 {
        start(self.record)
    }

    /// Where the row is.
    pub fn place(&self) -> Place {
        place_at(self.bytes, self.name, self.start())
    }

    /// Where one field of it is.
    pub fn place_of(&self, column: usize) -> Place {
        let name = self.columns.get(column).map_or("", String::as_str);
        self.place().field(name)
    }

    /// One field, without the blanks around it.
    ///
    /// # Errors
    ///
    /// It is not UTF-8.
    pub fn text(&self, column: usize) -> Result<&str, Failure> {
        let field = self.record.get(column).unwrap_or_default();
        match std::str::from_utf8(field) {
            Ok(text) => Ok(text.trim()),
            Err(_) => Err(Failure::at(
                "bad_encoding",
                self.place_of(column),
                format_args!("{} is not UTF-8", quoted(&String::from_utf8_lossy(field))),
            )
            .remedy("save the file as CSV UTF-8")),
        }
    }
}

fn start(record: &ByteRecord) -> u64 {
    record.position().map_or(0, Position::byte)
}

fn place_at(bytes: &[u8], name: &str, start: u64) -> Place {
    Place::line(name, line_at(bytes, start))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(u64, String)> {
        let mut table = Table::open(text.as_bytes(), "x.csv", "a,b").expect("header");
        let a = table.column("a").expect("column");
        let mut rows = Vec::new();
        while let Some(row) = table.next_row().expect("row") {
            let line = row.place().line.expect("line");
            rows.push((line, row.text(a).expect("text").to_owned()));
        }
        rows
    }

    #[test]
    fn lines_are_counted_whatever_ends_them() {
        let row = |line: u64, text: &str| (line, text.to_owned());
        for (text, expected) in [
            ("a,b\n1,2\n3,4\n", vec![row(2, "1"), row(3, "3")]),
            ("a,b\r\n1,2\r\n3,4", vec![row(2, "1"), row(3, "3")]),
            ("a,b\r1,2\r3,4\r", vec![row(2, "1"), row(3, "3")]),
            ("\n\na,b\n\n\n1,2\n", vec![row(6, "1")]),
            ("a,b\n\n\n1,2\n\n3,4", vec![row(4, "1"), row(6, "3")]),
            ("a,b\r\n\r\n\r\n1,2", vec![row(4, "1")]),
            ("\u{feff}a,b\n1,2\n", vec![row(2, "1")]),
            (
                "b,a\n\"x\ny\",1\n2,\" 3 \"\n",
                vec![row(2, "1"), row(4, "3")],
            ),
        ] {
            assert_eq!(lines(text), expected, "{text:?}");
        }
    }

    #[test]
    fn the_header_has_to_name_columns_once() {
        let open = |text: &'static str| Table::open(text.as_bytes(), "x.csv", "a,b");
        let table = open("A,c,c\n").expect("header");
        assert_eq!(table.find("b"), Ok(None));
        let failure = table.find("c").expect_err("twice");
        assert_eq!(
            failure.message,
            "x.csv, line 1, `c`: the header `A,c,c` names this column twice"
        );
        let failure = table.column("a").expect_err("missing");
        assert_eq!(failure.remedy, "rename `A` to `a`");
        let failure = open("a;b\n").expect("header").column("a").expect_err("one");
        assert_eq!(failure.remedy, "separate the fields with commas");
        let failure = open("2024-01-01,-3\n").err().expect("data");
        assert_eq!(failure.code, "missing_header");
        assert_eq!(
            failure.remedy,
            "let the first line name the columns, for example `a,b`"
        );
        assert_eq!(open("").err().expect("empty").code, "empty_input");
    }

    #[test]
    fn too_much_is_refused_before_it_is_read() {
        let bytes = vec![b'a'; LARGEST as usize + 1];
        let failure = Table::open(&bytes, "x.csv", "a,b").err().expect("large");
        assert_eq!(failure.code, "file_too_large");
    }
}
