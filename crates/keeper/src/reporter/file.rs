//! The file of a reporter: which feeds, and from where their values come.

use std::path::PathBuf;
use std::time::Duration;

use homeostat_chain::Which;
use homeostat_control::{Config, Fx};
use homeostat_settings::decimal::{Decimal, DecimalError};
use homeostat_settings::document::{self, Section};
use homeostat_settings::keys::Keys;
use homeostat_settings::Failure;
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::Url;

use super::source::{Command, Csv, Format, Header, Http, Kind, Pointer, Source, Times};
use crate::web;

/// Most feeds that a file has: each has a thread of its own.
const MOST_FEEDS: usize = 64;
/// Most sources of a feed.
const MOST_SOURCES: usize = 9;
/// Seconds in which a source has to answer.
const TIMEOUT: (i64, i64) = (1, 120);
/// The same where the file says nothing.
const USUAL_TIMEOUT: i64 = 10;
/// Seconds between two reports, and the age of a source: as a feed's own age.
const AGE: (i64, i64) = (1, 2_592_000);
/// The largest step between two reports (ppm of the one before).
const STEP: (i64, i64) = (1, 1_000_000_000);

const FEED_KEYS: [&str; 10] = [
    "economy", "mint", "creator", "feed", "every", "min", "max", "max_step", "quorum", "source",
];
const SOURCE_KEYS: [&str; 13] = [
    "kind",
    "unit",
    "max_age",
    "timeout",
    "file",
    "column",
    "time_column",
    "url",
    "pointer",
    "time_pointer",
    "time_unit",
    "header",
    "argv",
];
const HEADER_KEYS: [&str; 2] = ["name", "variable"];

/// Where a person reads on.
const READ_ON: &str = "see docs/REPORTER.md for an example";

/// What is reported to a feed, and from where it comes.
#[derive(Debug)]
pub struct Plan {
    /// The feed's economy.
    pub(super) which: Which,
    /// The number of the feed, from 0.
    pub(super) index: u8,
    /// Time between two reports (seconds); `None` = half of the feed's own age.
    pub(super) every: Option<u32>,
    /// The least value that is believed (in the feed's unit).
    pub(super) min: Fx,
    /// The largest value that is believed.
    pub(super) max: Fx,
    /// The largest step from the last report that is reported without a person (ppm of it).
    pub(super) max_step: u32,
    /// The fewest sources that have to answer: more than half.
    pub(super) quorum: usize,
    /// Where values come from.
    pub(super) sources: Vec<Source>,
}

/// Reads a file; `variable` looks up variables of the environment.
///
/// # Errors
///
/// The first thing that is wrong, with line, key and what is allowed.
pub fn read(
    bytes: &[u8],
    name: &str,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Vec<Plan>, Failure> {
    let text = document::text(
        bytes,
        name,
        "a reporter's file lists feeds and their sources",
    )?;
    let table = document::parse(text, name, READ_ON)?;
    let root = Section::root(text, name, table.get_ref());
    root.refuse_unknown_keys(&["feed"], "a reporter's file", Some("write [[feed]]"))?;
    let feeds = root.list("feed")?;
    if feeds.is_empty() || feeds.len() > MOST_FEEDS {
        let remedy = format!("write 1 to {MOST_FEEDS} tables [[feed]]; {READ_ON}");
        return Err(root.wrong("feed", "bad_value", "has too few or too many", &remedy));
    }
    let plans = feeds.iter().map(|feed| plan(feed, &variable));
    plans.collect()
}

fn plan(section: &Section<'_>, variable: &dyn Fn(&str) -> Option<String>) -> Result<Plan, Failure> {
    section.refuse_unknown_keys(&FEED_KEYS, "[[feed]]", None)?;
    let keys = Keys { section };
    let address = |key| section.parsed(key, |text| text.parse().ok(), "an address");
    let which = Which {
        economy: address("economy")?,
        mint: address("mint")?,
        creator: address("creator")?,
    };
    if which.economy.is_some() == which.mint.is_some() {
        let remedy = "write economy = \"ADDRESS\", or mint = \"ADDRESS\" (with creator where \
                      the token has several economies)";
        let key = if which.mint.is_some() {
            "mint"
        } else {
            "economy"
        };
        let (code, problem) = match which.mint {
            Some(_) => ("bad_value", "stands beside economy"),
            None => ("missing_key", "is missing"),
        };
        return Err(section.wrong(key, code, problem, remedy));
    }
    let index = keys.whole("feed", 0, i64::from(u8::MAX), "")?;
    let index = section.required("feed", index, "the number of the feed, from 0")?;
    let every = keys.whole("every", AGE.0, AGE.1, " s")?;
    let (min, max) = (value(section, "min")?, value(section, "max")?);
    if min > max {
        let remedy = "write a max that is not below min";
        return Err(section.wrong("max", "bad_value", "is below min", remedy));
    }
    let max_step = keys.fraction("max_step", STEP.0, STEP.1)?;
    let max_step = section.required(
        "max_step",
        max_step,
        "the largest change between two reports as a fraction, such as 0.2",
    )?;
    let tables = section.list("source")?;
    if tables.is_empty() || tables.len() > MOST_SOURCES {
        let remedy = format!("write 1 to {MOST_SOURCES} tables [[feed.source]] below it");
        return Err(section.wrong("source", "bad_value", "has too few or too many", &remedy));
    }
    let sources = tables.iter().enumerate();
    let sources: Vec<Source> = sources
        .map(|(at, table)| source(table, at.saturating_add(1), variable))
        .collect::<Result<_, _>>()?;
    let most = i64::try_from(sources.len()).unwrap_or(i64::MAX);
    let majority = most / 2 + 1;
    let quorum = keys.whole("quorum", majority, most, ": more than half of the sources")?;
    Ok(Plan {
        which,
        index: u8::try_from(index).unwrap_or(u8::MAX),
        every: every.and_then(|every| u32::try_from(every).ok()),
        min,
        max,
        max_step: u32::try_from(max_step).unwrap_or(u32::MAX),
        quorum: usize::try_from(quorum.unwrap_or(majority)).unwrap_or(usize::MAX),
        sources,
    })
}

/// A value that a feed can have.
fn value(section: &Section<'_>, key: &str) -> Result<Fx, Failure> {
    let allowed = "above 0 and at most 1,000,000, in the feed's unit";
    let read = Keys { section }.number(key, allowed, |number| {
        let value = number.to_fx()?;
        if value > Fx::ZERO && value <= Config::MAX_SIGNAL {
            Ok(value)
        } else {
            Err(DecimalError::OutOfRange)
        }
    })?;
    section.required(
        key,
        read,
        "a value that the source never passes, such as 0.5",
    )
}

fn source(
    section: &Section<'_>,
    number: usize,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Source, Failure> {
    section.refuse_unknown_keys(&SOURCE_KEYS, "[[feed.source]]", None)?;
    let keys = Keys { section };
    let kinds = [("csv", "csv"), ("http", "http"), ("command", "command")];
    let kind = section.word("kind", &kinds, "\"csv\", \"http\" or \"command\"")?;
    let kind = section.required("kind", kind, "\"csv\", \"http\" or \"command\"")?;
    let common = ["kind", "unit", "max_age", "timeout", "time_unit"];
    let own: &[&str] = match kind {
        "csv" => &["file", "column", "time_column"],
        "http" => &["url", "pointer", "time_pointer", "header"],
        _ => &["argv", "pointer", "time_pointer"],
    };
    let known: Vec<&str> = common.iter().chain(own).copied().collect();
    section.refuse_unknown_keys(&known, &format!("a {kind} source"), None)?;
    let unit = keys.number(
        "unit",
        "a factor above 0, such as 1 or 0.000001",
        |number| {
            let positive = number.to_string() != "0" && !number.to_string().starts_with('-');
            positive.then_some(number).ok_or(DecimalError::OutOfRange)
        },
    )?;
    let max_age = keys.whole("max_age", AGE.0, AGE.1, " s")?;
    let max_age = section.required(
        "max_age",
        max_age,
        "the oldest value that counts, in seconds",
    )?;
    let timeout = keys.whole("timeout", TIMEOUT.0, TIMEOUT.1, " s")?;
    let timeout = timeout.unwrap_or(USUAL_TIMEOUT);
    let units = [
        ("seconds", Times::Seconds),
        ("milliseconds", Times::Milliseconds),
    ];
    let times = section.word("time_unit", &units, "\"seconds\" or \"milliseconds\"")?;
    let kind = match kind {
        "csv" => Kind::Csv(csv(section)?),
        "http" => Kind::Http(http(section, variable)?),
        _ => Kind::Command(command(section)?),
    };
    Ok(Source {
        number,
        kind,
        unit: unit.unwrap_or_else(|| Decimal::from(1)),
        max_age,
        timeout: Duration::from_secs(timeout.unsigned_abs()),
        times: times.unwrap_or_default(),
    })
}

fn word(section: &Section<'_>, key: &str, allowed: &str) -> Result<Option<String>, Failure> {
    let into = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    section.parsed(key, into, allowed)
}

fn csv(section: &Section<'_>) -> Result<Csv, Failure> {
    let file = word(section, "file", "the path of a file")?;
    let column = word(section, "column", "the name of a column")?;
    Ok(Csv {
        file: PathBuf::from(section.required("file", file, "\"the path of a file\"")?),
        column: section.required("column", column, "\"the name of a column\"")?,
        time: word(section, "time_column", "the name of a column")?,
    })
}

/// A pointer (RFC 6901).
fn pointer(section: &Section<'_>, key: &str) -> Result<Option<Pointer>, Failure> {
    let allowed = "a JSON pointer (RFC 6901), such as \"/data/0/price\"";
    section.parsed(key, Pointer::read, allowed)
}

fn http(section: &Section<'_>, variable: &dyn Fn(&str) -> Option<String>) -> Result<Http, Failure> {
    let url = section.parsed("url", |text| text.parse::<Url>().ok(), "an address (URL)")?;
    let url = section.required("url", url, "\"https://…\"")?;
    if !web::is_safe(&url) {
        let remedy = "write an https:// address: whoever is on the way can change what comes \
                      over http://, which is for this machine itself only";
        return Err(section.wrong("url", "bad_url", "is not safe", remedy));
    }
    let value = pointer(section, "pointer")?;
    Ok(Http {
        url,
        value: section.required("pointer", value, "\"/path/to/the/number\"")?,
        time: pointer(section, "time_pointer")?,
        header: match section.value("header") {
            Some(_) => {
                // What stands there instead may be the secret itself, and is not shown.
                let table = section.table("header").map_err(unshown)?;
                Some(header(&table, variable)?)
            }
            None => None,
        },
    })
}

/// The failure of a header that is no table, without what it is.
fn unshown(mut failure: Failure) -> Failure {
    let place = failure.at.as_ref().map(ToString::to_string);
    failure.message = format!("{}: is not a table", place.unwrap_or_default());
    failure.remedy = "write header = { name = \"…\", variable = \"…\" }, and its value into that \
                      variable of the environment"
        .into();
    failure
}

/// A header whose value stands in a variable, so that no secret stands in the file.
fn header(
    section: &Section<'_>,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Header, Failure> {
    section.refuse_unknown_keys(&HEADER_KEYS, "header", None)?;
    let name = section.parsed(
        "name",
        |text| text.parse::<HeaderName>().ok(),
        "a header's name",
    )?;
    let name = section.required("name", name, "\"Authorization\"")?;
    let from = word(
        section,
        "variable",
        "the name of a variable of the environment",
    )?;
    let from = section.required("variable", from, "\"the name of a variable\"")?;
    let missing = || {
        let remedy = format!("set {from} in the environment of the reporter");
        section.wrong("variable", "missing_variable", "is not set", &remedy)
    };
    let text = variable(&from)
        .filter(|text| !text.is_empty())
        .ok_or_else(missing)?;
    let mut value = HeaderValue::from_str(&text).map_err(|_| {
        let remedy = "set it to visible characters of one line";
        section.wrong("variable", "bad_value", "holds what no header can", remedy)
    })?;
    value.set_sensitive(true);
    Ok(Header {
        name,
        variable: from,
        value,
    })
}

fn command(section: &Section<'_>) -> Result<Command, Failure> {
    let argv = section.parsed_list("argv", |text| Some(text.to_owned()), "words")?;
    let argv = section.required("argv", argv, "[\"/path/of/a/program\", \"argument\"]")?;
    let mut words = argv.into_iter();
    let program = words
        .next()
        .filter(|program| !program.is_empty())
        .ok_or_else(|| {
            let remedy = "write argv = [\"/path/of/a/program\", \"argument\"]; no shell reads it";
            section.wrong("argv", "bad_value", "names no program", remedy)
        })?;
    let format = match (
        pointer(section, "pointer")?,
        pointer(section, "time_pointer")?,
    ) {
        (Some(value), time) => Format::Json { value, time },
        (None, None) => Format::Number,
        (None, Some(_)) => {
            let remedy = "write a pointer to the number as well, or remove it";
            return Err(section.wrong("time_pointer", "bad_value", "is alone", remedy));
        }
    };
    Ok(Command {
        program,
        arguments: words.collect(),
        format,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "[[feed]]\neconomy = \"4uQeVj5tqViQh7yWWGStvkEG1Zmhx6uasJtWCJziofM\"\n\
                        feed = 0\nmin = 0.5\nmax = 5\nmax_step = 0.2\n";
    const CSV: &str =
        "[[feed.source]]\nkind = \"csv\"\nfile = \"a.csv\"\ncolumn = \"price\"\nmax_age = 900\n";
    const HTTP: &str = "[[feed.source]]\nkind = \"http\"\nurl = \"https://example.org/price\"\n\
                        pointer = \"/price\"\nmax_age = 900\n";
    const COMMAND: &str =
        "[[feed.source]]\nkind = \"command\"\nargv = [\"/bin/price\", \"usd\"]\nmax_age = 900\n";

    fn read(text: &str) -> Result<Vec<Plan>, Failure> {
        super::read(text.as_bytes(), "reporter.toml", |name| {
            let value = match name {
                "KEY" => "secret",
                "LINES" => "a\nb",
                _ => return None,
            };
            Some(value.to_owned())
        })
    }

    #[test]
    fn feeds_and_their_sources_are_read() {
        let header = "header = { name = \"X-Key\", variable = \"KEY\" }\nunit = 0.000001\n";
        let text = format!(
            "{HEAD}every = 600\n{CSV}{HTTP}{header}{COMMAND}{}quorum = 2\n{CSV}{COMMAND}",
            HEAD.replace("feed = 0", "feed = 3")
        );
        let plans = read(&text).unwrap();
        let shape = |plan: &Plan| (plan.index, plan.every, plan.quorum, plan.sources.len());
        assert_eq!(shape(&plans[0]), (0, Some(600), 2, 3));
        assert_eq!(shape(&plans[1]), (3, None, 2, 2));
        assert_eq!(plans[0].max_step, 200_000);
        let source = &plans[0].sources[1];
        assert_eq!(source.unit.to_string(), "0.000001");
        assert_eq!(
            (source.max_age, source.timeout),
            (900, Duration::from_secs(10))
        );
        assert_eq!(source.to_string(), "source 2 (https://example.org/…)");
        // What is read can be shown: the secret is not in it.
        let shown = format!("{plans:?}");
        assert!(
            shown.contains("KEY") && !shown.contains("secret"),
            "{shown}"
        );
    }

    #[test]
    fn a_wrong_file_is_refused_with_line_and_remedy() {
        let feed = |edit: (&str, &str)| HEAD.replace(edit.0, edit.1) + CSV;
        let source =
            |text: &str, edit: (&str, &str)| HEAD.to_owned() + &text.replace(edit.0, edit.1);
        let and = |more: &str| format!("{HEAD}{HTTP}{more}\n");
        let header = |text: &str| and(&format!("header = {{ {text} }}"));
        for (text, code, line) in [
            (String::new(), "bad_value", None),
            ("[feed]\n".into(), "bad_type", Some(1)),
            ("[[feeds]]\n".into(), "unknown_key", Some(1)),
            (HEAD.into(), "bad_value", None),
            (feed(("economy", "economie")), "unknown_key", Some(2)),
            (feed(("economy = ", "creator = ")), "missing_key", None),
            (
                feed((
                    "feed = 0",
                    "mint = \"8opHzTAnfzRpPEx21XtnrVTX28YQuCpAjcn1PczScKh\"",
                )),
                "bad_value",
                Some(3),
            ),
            (feed(("feed = 0\n", "")), "missing_key", None),
            (feed(("feed = 0", "feed = 256")), "bad_value", Some(3)),
            (feed(("min = 0.5", "min = 0")), "bad_value", Some(4)),
            (feed(("min = 0.5", "min = 6")), "bad_value", Some(5)),
            (feed(("max = 5", "max = 1000000.1")), "bad_value", Some(5)),
            (feed(("max = 5", "max = nan")), "bad_value", Some(5)),
            (feed(("max_step = 0.2\n", "")), "missing_key", None),
            (
                feed(("max_step = 0.2", "max_step = 0")),
                "bad_value",
                Some(6),
            ),
            (
                feed(("max_step = 0.2", "max_step = 0.2\nevery = 0")),
                "bad_value",
                Some(7),
            ),
            (
                feed(("max_step = 0.2", "max_step = 0.2\nquorum = 2")),
                "bad_value",
                Some(7),
            ),
            (
                format!("{HEAD}quorum = 1\n{CSV}{CSV}"),
                "bad_value",
                Some(7),
            ),
            (HEAD.to_owned() + &CSV.repeat(10), "bad_value", Some(7)),
            (
                source(CSV, ("kind = \"csv\"", "kind = \"xml\"")),
                "bad_word",
                Some(8),
            ),
            (source(CSV, ("kind = \"csv\"\n", "")), "missing_key", None),
            (source(CSV, ("file = ", "url = ")), "unknown_key", Some(9)),
            (source(CSV, ("max_age = 900\n", "")), "missing_key", None),
            (
                source(CSV, ("max_age = 900", "max_age = 1.5")),
                "bad_value",
                Some(11),
            ),
            (
                source(CSV, ("max_age", "unit = 0\nmax_age")),
                "bad_value",
                Some(11),
            ),
            (
                source(CSV, ("max_age", "timeout = 121\nmax_age")),
                "bad_value",
                Some(11),
            ),
            (
                source(CSV, ("max_age", "time_unit = \"s\"\nmax_age")),
                "bad_word",
                Some(11),
            ),
            (
                source(HTTP, ("https://example.org/price", "price")),
                "bad_value",
                Some(9),
            ),
            (
                source(HTTP, ("https://example.org", "http://example.org")),
                "bad_url",
                Some(9),
            ),
            (
                source(
                    HTTP,
                    ("https://example.org", "http://127.0.0.1.example.org"),
                ),
                "bad_url",
                Some(9),
            ),
            (
                source(HTTP, ("https://example.org", "file://")),
                "bad_url",
                Some(9),
            ),
            (
                source(HTTP, ("\"/price\"", "\"price\"")),
                "bad_value",
                Some(10),
            ),
            (and("header = \"X-Key: secret\""), "bad_type", Some(12)),
            (
                header("name = \"X Key\", variable = \"KEY\""),
                "bad_value",
                Some(12),
            ),
            (
                header("name = \"X-Key\", value = \"KEY\""),
                "unknown_key",
                Some(12),
            ),
            (
                header("name = \"X-Key\", variable = \"NONE\""),
                "missing_variable",
                Some(12),
            ),
            (
                header("name = \"X-Key\", variable = \"LINES\""),
                "bad_value",
                Some(12),
            ),
            (
                source(COMMAND, ("[\"/bin/price\", \"usd\"]", "\"/bin/price usd\"")),
                "bad_value",
                Some(9),
            ),
            (
                source(COMMAND, ("[\"/bin/price\", \"usd\"]", "[]")),
                "bad_value",
                Some(9),
            ),
            (
                source(COMMAND, ("max_age", "time_pointer = \"/at\"\nmax_age")),
                "bad_value",
                Some(10),
            ),
        ] {
            let failure = read(&text).expect_err(&text);
            let at = failure.at.as_ref().expect("a place");
            assert_eq!((failure.code, at.line), (code, line), "{text}\n{failure}");
            assert!(!failure.remedy.is_empty(), "{failure}");
            assert!(!failure.message.contains("secret"), "{failure}");
        }
        let large = "#".repeat(70_000);
        assert_eq!(read(&large).unwrap_err().code, "file_too_large");
    }

    #[test]
    fn this_machine_may_be_asked_without_encryption() {
        for url in [
            "http://127.0.0.1:80/price",
            "http://[::1]/price",
            "http://localhost:8000/",
        ] {
            let text = HEAD.to_owned() + &HTTP.replace("https://example.org/price", url);
            assert!(read(&text).is_ok(), "{url}");
        }
    }

    /// The example of the guide and that of the help.
    #[test]
    fn the_example_of_the_guide_is_a_file() {
        let guide = include_str!("../../../../docs/REPORTER.md");
        let (_, rest) = guide.split_once("```toml\n").expect("an example");
        let (example, _) = rest.split_once("```").expect("its end");
        let example = example
            .replace("variable = \"PRICES_KEY\"", "variable = \"KEY\"")
            .replace(
                "\"ADDRESS\"",
                "\"4uQeVj5tqViQh7yWWGStvkEG1Zmhx6uasJtWCJziofM\"",
            );
        let plans = read(&example).unwrap_or_else(|failure| panic!("{failure}"));
        assert_eq!(plans[0].sources.len(), 3);
    }
}
