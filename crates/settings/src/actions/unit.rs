//! Units of the values in proposal files: how one is read, and how its change is shown.

use super::reader::Reader;
use crate::{
    change::Row,
    failure::Failure,
    parts_file::{label, label_text},
    tokens::Tokens,
};

/// A unit of values of type `New` that replace one of type `Old`.
pub(crate) trait Unit<New, Old = New> {
    /// Reads a value from its keys, of which most units have one; none when it is absent.
    ///
    /// # Errors
    ///
    /// A value of another type or outside the range, with its place and what is allowed.
    fn read(&self, reader: &Reader<'_>, keys: &[&str]) -> Result<Option<New>, Failure>;

    /// Rows of a change: one for most units.
    fn rows(&self, change: Change<'_, New, Old>) -> Vec<Row>;
}

/// A change of a value.
pub(crate) struct Change<'a, New, Old = New> {
    /// The value's name.
    pub(crate) name: &'a str,
    /// Value that the action expects, if it expects one.
    pub(crate) old: Option<&'a Old>,
    /// Value afterwards.
    pub(crate) new: &'a New,
    /// The unit of amounts.
    pub(crate) tokens: Tokens,
}

impl<New, Old> Change<'_, New, Old> {
    /// The row of texts.
    pub(super) fn row(&self, old: String, new: String) -> Vec<Row> {
        vec![Row {
            field: self.name.to_owned(),
            old,
            new,
        }]
    }
}

impl<T> Change<'_, T> {
    /// The row of values that are both shown in the same way.
    pub(super) fn shown(&self, show: impl Fn(&T) -> String) -> Vec<Row> {
        self.row(self.old.map(&show).unwrap_or_default(), show(self.new))
    }
}

/// True or false.
pub(crate) struct Boolean;

impl Unit<bool> for Boolean {
    fn read(&self, reader: &Reader<'_>, keys: &[&str]) -> Result<Option<bool>, Failure> {
        reader.section.boolean(only(keys))
    }

    fn rows(&self, change: Change<'_, bool>) -> Vec<Row> {
        change.shown(bool::to_string)
    }
}

/// A text of at most 16 bytes, padded with zeros in the program.
pub(crate) struct Label;

impl Unit<[u8; 16]> for Label {
    fn read(&self, reader: &Reader<'_>, keys: &[&str]) -> Result<Option<[u8; 16]>, Failure> {
        let section = &reader.section;
        section.parsed(only(keys), label, "at most 16 bytes")
    }

    fn rows(&self, change: Change<'_, [u8; 16]>) -> Vec<Row> {
        change.shown(label_text)
    }
}

/// The key of a unit that has one.
pub(super) fn only<'k>(keys: &[&'k str]) -> &'k str {
    keys.first().copied().unwrap_or_default()
}
