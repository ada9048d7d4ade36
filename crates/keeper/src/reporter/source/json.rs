//! A number in a JSON document, as its digits stand there.

use std::fmt;

use homeostat_settings::decimal::Decimal;
use homeostat_settings::failure::quoted;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{number, Silence};

/// Most steps of a pointer.
const MOST_STEPS: usize = 32;

/// Where something is in a document (RFC 6901).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pointer {
    text: String,
    steps: Vec<String>,
}

impl Pointer {
    /// Reads `/data/0/price`; `~1` stands for `/`, `~0` for `~`. The empty text is the whole
    /// document.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut steps = Vec::new();
        if !text.is_empty() {
            for step in text.strip_prefix('/')?.split('/') {
                let rest = step.replace("~0", "").replace("~1", "");
                if rest.contains('~') || steps.len() >= MOST_STEPS {
                    return None;
                }
                steps.push(step.replace("~1", "/").replace("~0", "~"));
            }
        }
        Some(Self {
            text: text.to_owned(),
            steps,
        })
    }

    /// The number there: a JSON number, or a text that is one.
    ///
    /// # Errors
    ///
    /// No such place; something else is there.
    pub(super) fn number(&self, document: &str) -> Result<Decimal, Silence> {
        number(&self.text(document)?)
    }

    /// What is there, a text without its quotation marks.
    ///
    /// # Errors
    ///
    /// `source_not_json`, `source_missing`: no such place; `source_not_a_number`: a list or
    /// an object is there.
    pub(super) fn text(&self, document: &str) -> Result<String, Silence> {
        let not_json = |error: serde_json::Error| {
            Silence::new(
                "source_not_json",
                format!("is no JSON document that can be used: {}", plain(&error)),
                "look at what it answers: a page for people, or an error, is no document",
            )
        };
        let mut at: &RawValue = serde_json::from_str(document).map_err(not_json)?;
        for step in &self.steps {
            let mut part = serde_json::Deserializer::from_str(at.get());
            let found = Step(step).deserialize(&mut part).map_err(not_json)?;
            at = found.ok_or_else(|| {
                Silence::new(
                    "source_missing",
                    format!("has nothing at {}", quoted(&self.text)),
                    "correct the pointer; the document may have another form now",
                )
            })?;
        }
        let raw = at.get();
        match raw.as_bytes().first() {
            Some(b'"') => serde_json::from_str(raw).map_err(not_json),
            Some(b'{' | b'[') => Err(Silence::new(
                "source_not_a_number",
                format!("has a list or an object at {}", quoted(&self.text)),
                "let the pointer go on to a number",
            )),
            _ => Ok(raw.to_owned()),
        }
    }
}

/// What a parser says about a document of a stranger, fit to be shown.
fn plain(error: &serde_json::Error) -> String {
    let words = error.to_string();
    quoted(&words)
}

/// One step into an object or a list.
struct Step<'s>(&'s str);

impl<'de> DeserializeSeed<'de> for Step<'_> {
    type Value = Option<&'de RawValue>;

    fn deserialize<D: Deserializer<'de>>(self, part: D) -> Result<Self::Value, D::Error> {
        part.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Step<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object or a list")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<String>()? {
            if key != self.0 {
                map.next_value::<IgnoredAny>()?;
            } else if found.replace(map.next_value()?).is_some() {
                // Which of the two is meant is for whoever reads first to say.
                return Err(M::Error::custom("it has the same name twice"));
            }
        }
        Ok(found)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Self::Value, S::Error> {
        let digits = self.0.bytes().all(|byte| byte.is_ascii_digit());
        let usual = digits && (self.0 == "0" || !self.0.starts_with('0'));
        let wanted: Option<usize> = usual.then(|| self.0.parse().ok()).flatten();
        let (mut found, mut at) = (None, 0_usize);
        while let Some(one) = list.next_element()? {
            if Some(at) == wanted {
                found = Some(one);
            }
            at = at.saturating_add(1);
        }
        Ok(found)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(pointer: &str, document: &str) -> Result<String, &'static str> {
        let pointer = Pointer::read(pointer).expect("a pointer");
        let number = pointer.number(document);
        number
            .map(|number| number.to_string())
            .map_err(|silence| silence.code)
    }

    /// The examples of RFC 6901, section 5, with numbers that a double cannot hold.
    #[test]
    fn pointers_are_those_of_the_rfc() {
        let document = r#"{"foo": [10, 11], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4,
            "i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8, "deep": {"list": [{"x": "1.5"}]}}"#;
        for (pointer, value) in [
            ("/foo/0", "10"),
            ("/", "0"),
            ("/a~1b", "1"),
            ("/c%d", "2"),
            ("/e^f", "3"),
            ("/g|h", "4"),
            ("/i\\j", "5"),
            ("/k\"l", "6"),
            ("/ ", "7"),
            ("/m~0n", "8"),
            ("/deep/list/0/x", "1.5"),
        ] {
            assert_eq!(at(pointer, document).as_deref(), Ok(value), "{pointer}");
        }
        for pointer in [
            "/foo/2",
            "/foo/01",
            "/foo/-",
            "/bar",
            "/foo/0/x",
            "/deep/list/x",
        ] {
            assert_eq!(at(pointer, document), Err("source_missing"), "{pointer}");
        }
        assert_eq!(at("", " 3 ").as_deref(), Ok("3"));
        for bad in ["foo", "/~", "/~2", "/a~", &"/a".repeat(33)] {
            assert_eq!(Pointer::read(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_number_keeps_its_digits() {
        for digits in [
            "0.1",
            "9007199254740993",
            "0.000000000000000000000000000001",
            "123456789012345678901234567890.5",
        ] {
            let document = format!("{{\"x\": {digits}, \"y\": \"{digits}\"}}");
            assert_eq!(at("/x", &document).as_deref(), Ok(digits));
            assert_eq!(at("/y", &document).as_deref(), Ok(digits));
        }
        assert_eq!(at("/x", "{\"x\": 15e-1}").as_deref(), Ok("1.5"));
    }

    #[test]
    fn what_is_no_number_is_told_by_what_it_is() {
        for (document, code) in [
            ("", "source_not_json"),
            ("{\"x\": NaN}", "source_not_json"),
            ("{\"x\": 1", "source_not_json"),
            ("{\"x\": 1} {\"x\": 2}", "source_not_json"),
            ("{\"x\": 1, \"x\": 2}", "source_not_json"),
            ("<html>", "source_not_json"),
            ("{\"x\": null}", "source_not_a_number"),
            ("{\"x\": true}", "source_not_a_number"),
            ("{\"x\": {\"x\": 1}}", "source_not_a_number"),
            ("{\"x\": [1]}", "source_not_a_number"),
            ("{\"x\": \"NaN\"}", "source_not_a_number"),
            ("{\"x\": \"1,5\"}", "source_not_a_number"),
            ("{\"x\": \"\\u001b[31m1\"}", "source_not_a_number"),
            ("{\"y\": 1}", "source_missing"),
            ("3", "source_missing"),
            ("\"x\"", "source_missing"),
        ] {
            assert_eq!(at("/x", document), Err(code), "{document}");
        }
        // What goes down for ever ends.
        let deep = format!("{{\"x\": {}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(at("/x", &deep).is_err());
    }
}
