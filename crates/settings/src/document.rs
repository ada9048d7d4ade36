//! TOML files whose values keep their source text and their place: a number is read
//! from its digits, and an error can point at it.

use std::cmp::Reverse;
use std::ops::Range;

use toml::de::{DeTable, DeValue};
use toml::Spanned;

use crate::decimal::{Decimal, DecimalError};
use crate::failure::{quoted, Failure, Place};
use crate::human;

/// Largest settings file in bytes. A hundred lines need less than ten thousand.
pub const LARGEST: u64 = 1 << 16;

/// A file's text.
///
/// # Errors
///
/// Too large (then `remedy` says what belongs there instead), or not UTF-8.
pub fn text<'a>(bytes: &'a [u8], name: &str, remedy: &str) -> Result<&'a str, Failure> {
    if bytes.len() as u64 > LARGEST {
        return Err(Failure::at(
            "file_too_large",
            Place::file(name),
            format_args!("is larger than {LARGEST} bytes"),
        )
        .remedy(remedy));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = count_lines(&bytes[..error.valid_up_to()]);
        Failure::at("bad_encoding", Place::line(name, line), "is not UTF-8")
            .remedy("save the file as UTF-8")
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// Parses a file.
///
/// # Errors
///
/// The first line that is not TOML; `remedy` says where to read on.
pub fn parse<'a>(text: &'a str, name: &str, remedy: &str) -> Result<Spanned<DeTable<'a>>, Failure> {
    DeTable::parse(text).map_err(|error| {
        let mut place = Place::file(name);
        if let Some(span) = error.span() {
            place = position(text, name, span);
        }
        Failure::at("bad_toml", place, error.message()).remedy(remedy)
    })
}

/// A table of a file.
#[derive(Clone)]
pub struct Section<'a> {
    text: &'a str,
    name: &'a str,
    /// What stands before its keys in messages: empty, or ends with a dot.
    prefix: String,
    table: Option<&'a DeTable<'a>>,
}

impl<'a> Section<'a> {
    /// The whole file.
    pub fn root(text: &'a str, name: &'a str, table: &'a DeTable<'a>) -> Self {
        Self {
            text,
            name,
            prefix: String::new(),
            table: Some(table),
        }
    }

    /// A table within this one; without any keys when it is not there.
    ///
    /// # Errors
    ///
    /// Something else than a table has its name.
    pub fn table(&self, key: &str) -> Result<Section<'a>, Failure> {
        let table = match self.table.and_then(|table| table.get(key)) {
            None => None,
            Some(value) => match value.get_ref() {
                DeValue::Table(table) => Some(table),
                _ => {
                    return Err(self.wrong(
                        key,
                        "bad_type",
                        "is not a table",
                        &format!("write a line [{}{key}] and the keys below it", self.prefix),
                    ))
                }
            },
        };
        Ok(Section {
            text: self.text,
            name: self.name,
            prefix: format!("{}{key}.", self.prefix),
            table,
        })
    }

    /// The tables of a list, `[[key]]`, in order; none when it is not there.
    ///
    /// # Errors
    ///
    /// Something else has its name.
    pub fn list(&self, key: &str) -> Result<Vec<Section<'a>>, Failure> {
        let Some(value) = self.value(key) else {
            return Ok(Vec::new());
        };
        let wrong = || {
            self.wrong(
                key,
                "bad_type",
                "is not a list of tables",
                &format!(
                    "write a line [[{}{key}]] and the keys below it",
                    self.prefix
                ),
            )
        };
        let DeValue::Array(items) = value.get_ref() else {
            return Err(wrong());
        };
        let tables = items.iter().enumerate().map(|(index, item)| {
            let DeValue::Table(table) = item.get_ref() else {
                return Err(wrong());
            };
            Ok(Section {
                text: self.text,
                name: self.name,
                prefix: format!("{}{key}[{}].", self.prefix, index + 1),
                table: Some(table),
            })
        });
        tables.collect()
    }

    /// Reads what has a text form: an address, a label.
    ///
    /// # Errors
    ///
    /// It is no text, or `into` does not take it; `allowed` completes "write".
    pub fn parsed<T>(
        &self,
        key: &str,
        into: impl FnOnce(&str) -> Option<T>,
        allowed: &str,
    ) -> Result<Option<T>, Failure> {
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        let found = match value.get_ref() {
            DeValue::String(text) => into(text),
            _ => None,
        };
        found.map(Some).ok_or_else(|| {
            let remedy = format!("write {allowed}, in quotation marks");
            self.wrong(key, "bad_value", "does not fit", &remedy)
        })
    }

    /// Reads a list of texts.
    ///
    /// # Errors
    ///
    /// As [`Section::parsed`], of any of them.
    pub fn parsed_list<T>(
        &self,
        key: &str,
        into: impl Fn(&str) -> Option<T>,
        allowed: &str,
    ) -> Result<Option<Vec<T>>, Failure> {
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        let read = |item: &Spanned<DeValue>| match item.get_ref() {
            DeValue::String(text) => into(text),
            _ => None,
        };
        let found: Option<Vec<T>> = match value.get_ref() {
            DeValue::Array(items) => items.iter().map(read).collect(),
            _ => None,
        };
        found.map(Some).ok_or_else(|| {
            let remedy = format!("write a list of {allowed}, each in quotation marks");
            self.wrong(key, "bad_value", "does not fit", &remedy)
        })
    }

    /// A key that has to be there.
    ///
    /// # Errors
    ///
    /// It is not.
    pub fn required<T>(&self, key: &str, value: Option<T>, allowed: &str) -> Result<T, Failure> {
        value.ok_or_else(|| {
            self.wrong(
                key,
                "missing_key",
                "is missing",
                &format!("write {key} = {allowed}"),
            )
        })
    }

    /// Its keys, sorted: for tables whose keys are names that the file chooses.
    pub fn keys(&self) -> Vec<&'a str> {
        let keys = self.table.into_iter().flat_map(|table| table.iter());
        keys.map(|(key, _)| key.get_ref().as_ref()).collect()
    }

    /// The value of a key.
    pub fn value(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.table.and_then(|table| table.get(key))
    }

    /// The source text of a value; empty when there is none.
    pub fn source(&self, key: &str) -> &'a str {
        self.value(key)
            .and_then(|value| self.text.get(value.span()))
            .unwrap_or_default()
    }

    /// Where the file is.
    pub fn place(&self) -> Place {
        Place::file(self.name)
    }

    /// Refuses the first key, from the top, that is none of `keys`. `what` completes
    /// "is not a key of"; a table where none belongs is answered with `for_tables`.
    pub fn refuse_unknown_keys(
        &self,
        keys: &[&str],
        what: &str,
        for_tables: Option<&str>,
    ) -> Result<(), Failure> {
        let unknown = self
            .table
            .into_iter()
            .flat_map(|table| table.iter())
            .filter(|(key, _)| !keys.contains(&key.get_ref().as_ref()))
            // The table is sorted by key; a person reads from the top.
            .min_by_key(|(key, _)| key.span().start);
        let Some((key, value)) = unknown else {
            return Ok(());
        };
        let written = key.get_ref().as_ref();
        let remedy = match (value.get_ref(), for_tables) {
            (DeValue::Table(_), Some(remedy)) => remedy.to_owned(),
            _ => match nearest(written, keys) {
                Some(known) => format!("did you mean `{known}`?"),
                None => format!("remove it; the keys are {}", keys.join(", ")),
            },
        };
        Err(Failure::at(
            "unknown_key",
            position(self.text, self.name, key.span()),
            format_args!("{} is not a key of {what}", quoted(written)),
        )
        .remedy(remedy))
    }

    /// Reads a number from its source text: it has never been a float. What `into`
    /// refuses comes back with its reason through `refuse`.
    pub fn number<T>(
        &self,
        key: &str,
        into: impl FnOnce(Decimal) -> Result<T, DecimalError>,
        refuse: impl FnOnce(DecimalError) -> Failure,
    ) -> Result<Option<T>, Failure> {
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        let text = match value.get_ref() {
            DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str(),
            DeValue::Float(float) => float.as_str(),
            other => {
                let remedy = match other {
                    DeValue::String(_) => "write the number without quotation marks",
                    DeValue::Integer(_) => "write the number in decimal",
                    _ => "write a number",
                };
                return Err(self.wrong(key, "bad_type", "is not a decimal number", remedy));
            }
        };
        text.parse::<Decimal>()
            .and_then(into)
            .map(Some)
            .map_err(refuse)
    }

    /// Reads a length of time that is written as text, such as `"7 d"` (seconds); none where
    /// the key is absent, or a number.
    ///
    /// # Errors
    ///
    /// The text is no length of time.
    pub fn length_of_time(&self, key: &str) -> Result<Option<u64>, Failure> {
        let Some(DeValue::String(text)) = self.value(key).map(|value| value.get_ref()) else {
            return Ok(None);
        };
        human::read_duration(text).map(Some).map_err(|why| {
            let (problem, remedy) = why.split_once("; ").unwrap_or((&why, ""));
            self.wrong(key, "bad_value", problem, remedy)
        })
    }

    /// Reads one of a few words; `allowed` lists them for people.
    pub fn word<T: Copy>(
        &self,
        key: &str,
        words: &[(&str, T)],
        allowed: &str,
    ) -> Result<Option<T>, Failure> {
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        let found = match value.get_ref() {
            DeValue::String(word) => words.iter().find(|(known, _)| known == word),
            _ => None,
        };
        match found {
            Some((_, meaning)) => Ok(Some(*meaning)),
            None => Err(self.wrong(
                key,
                "bad_word",
                "is not one of its words",
                &format!("write {allowed}, in quotation marks"),
            )),
        }
    }

    /// Reads `true` or `false`.
    ///
    /// # Errors
    ///
    /// It is something else.
    pub fn boolean(&self, key: &str) -> Result<Option<bool>, Failure> {
        match self.value(key).map(|value| value.get_ref()) {
            None => Ok(None),
            Some(DeValue::Boolean(truth)) => Ok(Some(*truth)),
            Some(_) => Err(self.wrong(
                key,
                "bad_type",
                "is neither true nor false",
                "write true or false",
            )),
        }
    }

    /// Whether a key's value is this word: for numbers that a word can stand for.
    pub fn is_word(&self, key: &str, word: &str) -> bool {
        self.value(key)
            .is_some_and(|value| matches!(value.get_ref(), DeValue::String(text) if text == word))
    }

    /// A failure at a key, with its value if it has one.
    pub fn wrong(&self, key: &str, code: &'static str, problem: &str, remedy: &str) -> Failure {
        let place = match self.value(key) {
            Some(value) => position(self.text, self.name, value.span()),
            None => Place::file(self.name),
        }
        .field(format!("{}{key}", self.prefix));
        let source = self.source(key);
        let failure = if source.is_empty() {
            Failure::at(code, place, problem)
        } else {
            Failure::at(code, place, format_args!("{} {problem}", quoted(source)))
        };
        failure.remedy(remedy)
    }
}

/// The key that a person may have meant.
fn nearest<'k>(written: &str, keys: &[&'k str]) -> Option<&'k str> {
    const ALIKE: f64 = 0.75;
    let folded = written.to_lowercase().replace('-', "_");
    keys.iter()
        .map(|known| (strsim::jaro_winkler(&folded, known), *known))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .min_by_key(|(likeness, name)| (Reverse((likeness * 1e6) as u64), *name))
        .map(|(_, name)| name)
}

fn position(text: &str, name: &str, span: Range<usize>) -> Place {
    let before = text.get(..span.start).unwrap_or(text);
    let column = before.rsplit('\n').next().unwrap_or(before).chars().count() as u64 + 1;
    Place {
        column: Some(column),
        ..Place::line(name, count_lines(before.as_bytes()))
    }
}

/// The number of the line that follows these bytes.
fn count_lines(before: &[u8]) -> u64 {
    before.iter().filter(|byte| **byte == b'\n').count() as u64 + 1
}
