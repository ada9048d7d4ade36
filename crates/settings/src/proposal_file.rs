//! The proposal file: one to four actions in TOML, with the names and units of the other
//! settings files. The value that an action expects to find is read from the live state;
//! a `tune` may insist on one with `expected`.

use homeostat::constants::MAX_ACTIONS;
use homeostat_client::{Action, Council, Economy, Feed, Tunable};

use crate::actions::{numbers::Fixed, reader::Reader, Kind, KINDS};
use crate::decimal::DecimalError;
use crate::document::{self, Section};
use crate::failure::Failure;
use crate::words;

/// Longest title in characters.
const LONGEST_TITLE: usize = 120;

/// What a proposal file is read against.
#[derive(Clone, Copy)]
pub struct State<'a> {
    /// The economy.
    pub economy: &'a Economy,
    /// Its council.
    pub council: &'a Council,
    /// Its feeds, by index.
    pub feeds: &'a [Feed],
    /// The cluster's time (unix seconds).
    pub now: i64,
}

/// A proposal to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposalSpec {
    /// What it is about, for people who read the file; it does not go on chain.
    pub title: Option<String>,
    /// The actions.
    pub actions: Vec<Action>,
}

/// The words of all kinds of action, and the keys of each besides `kind`.
pub fn kinds() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    KINDS.iter().map(|kind| (kind.word, (kind.keys)()))
}

/// Reads a proposal file against the live state.
///
/// # Errors
///
/// The first thing that is wrong, with line, key, value and allowed range.
pub fn read_proposal(bytes: &[u8], name: &str, state: State<'_>) -> Result<ProposalSpec, Failure> {
    let text = document::text(bytes, name, "give a proposal file")?;
    let table = document::parse(
        text,
        name,
        "write `[[action]]` and lines of the form `kind = \"tune\"`; see `homeostat propose --help`",
    )?;
    let root = Section::root(text, name, table.get_ref());
    root.refuse_unknown_keys(
        &["title", "action"],
        "a proposal file",
        Some("the actions are a list: write [[action]] with two brackets"),
    )?;
    let title = root.parsed(
        "title",
        |title| {
            let fits = (1..=LONGEST_TITLE).contains(&title.chars().count());
            (fits && !title.chars().any(char::is_control)).then(|| title.to_owned())
        },
        &format!("one line of at most {LONGEST_TITLE} characters"),
    )?;
    let sections = root.list("action")?;
    if sections.is_empty() || sections.len() > MAX_ACTIONS {
        return Err(Failure::at(
            "bad_actions",
            root.place(),
            format_args!("has {} actions", sections.len()),
        )
        .remedy(format!(
            "a proposal has 1 to {MAX_ACTIONS}, each below its own [[action]]"
        )));
    }
    let actions = sections
        .iter()
        .map(|section| action(&Reader { section, state }))
        .collect::<Result<_, _>>()?;
    Ok(ProposalSpec { title, actions })
}

/// Reads one action: its kind, and then the keys of that kind.
fn action(reader: &Reader<'_>) -> Result<Action, Failure> {
    let known: Vec<(&str, &Kind)> = KINDS.iter().map(|kind| (kind.word, kind)).collect();
    let allowed = format!("one of {}", words::listed(&known));
    let kind = reader.section.word("kind", &known, &allowed)?;
    let kind = reader.section.required("kind", kind, "\"tune\"")?;
    let keys = [vec!["kind"], (kind.keys)()].concat();
    let what = format!("a {} action", kind.word);
    reader.section.refuse_unknown_keys(&keys, &what, None)?;
    (kind.read)(reader)
}

/// A tunable value from the command line, in the unit of the settings files.
///
/// # Errors
///
/// It is no number, or too large.
pub fn tunable_value(field: Tunable, text: &str) -> Result<i128, DecimalError> {
    Fixed::of(field).parse(text)
}
