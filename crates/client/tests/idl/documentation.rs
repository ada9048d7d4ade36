//! What the IDL says to people: every instruction, argument, account, field and error has a
//! sentence that a wallet could show.

use homeostat_client::error;
use serde_json::Value;

use super::{idl, list, name};

fn docs(value: &Value) -> String {
    let lines: Vec<&str> = list(value, "docs")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    lines.join(" ")
}

/// Words that say the unit of a number, in a name or in a line of documentation.
const UNITS: &[&str] = &[
    "base unit",
    "ppm",
    "second",
    "unix",
    "x 2^48",
    "lamports",
    "Q64.64",
    "(s)",
    "periods",
    "index",
    "which",
    "how many",
    "slots",
    "bump",
    "version",
    "number",
    "count",
];

/// Fewest words of a sentence that says what something is.
const WORDS: usize = 3;

/// Whether `text` reads as a sentence: it begins with a capital letter or a digit, ends with
/// a full stop and has at least three words.
fn is_sentence(text: &str) -> bool {
    let begins = |first: char| first.is_ascii_uppercase() || first.is_ascii_digit();
    text.starts_with(begins) && text.ends_with('.') && text.split_whitespace().count() >= WORDS
}

/// Whether a field is space for later layouts, of which there is nothing to say.
fn is_reserved(field: &Value) -> bool {
    name(field).starts_with("reserved")
}

/// The fields of a type, and those of its variants, by where they are.
fn fields(kind: &Value) -> Vec<(String, &Value)> {
    let own = std::iter::once((name(kind).to_owned(), &kind["type"]));
    let variants = list(&kind["type"], "variants").iter();
    let variants = variants.map(|variant| (format!("{}::{}", name(kind), name(variant)), variant));
    own.chain(variants)
        .flat_map(|(owner, of)| {
            list(of, "fields")
                .iter()
                .map(move |field| (owner.clone(), field))
        })
        // The fields of a tuple have neither name nor documentation.
        .filter(|(_, field)| field["name"].is_string())
        .collect()
}

/// Whether `said` or the name of the argument says the unit.
fn says_unit(argument: &str, said: &str) -> bool {
    let plain = ["shard", "controller", "ticket", "sequence", "weight"];
    plain.contains(&argument)
        || UNITS
            .iter()
            .any(|unit| said.contains(unit) || argument.contains(unit))
}

#[test]
fn nothing_in_the_idl_lacks_its_documentation() {
    let idl = idl();
    let mut silent = Vec::new();
    let mut require = |what: String, text: String| {
        if !is_sentence(&text) {
            silent.push(format!("{what}: `{text}`"));
        }
    };
    for instruction in list(&idl, "instructions") {
        require(name(instruction).to_owned(), docs(instruction));
        for account in list(instruction, "accounts") {
            let what = format!("{}, account {}", name(instruction), name(account));
            require(what, docs(account));
        }
    }
    for kind in list(&idl, "types") {
        require(name(kind).to_owned(), docs(kind));
        for (owner, field) in fields(kind) {
            if !is_reserved(field) {
                require(format!("{owner}.{}", name(field)), docs(field));
            }
        }
    }
    assert!(silent.is_empty(), "no sentence: {silent:#?}");
}

#[test]
fn every_argument_says_what_it_is_and_in_which_unit() {
    let idl = idl();
    let mut silent = Vec::new();
    for instruction in list(&idl, "instructions") {
        let text = docs(instruction);
        for argument in list(instruction, "args") {
            // Rust knows no documentation of a parameter: it is a part of the instruction's.
            let (of, argument_name) = (name(instruction), name(argument));
            let Some((_, after)) = text.split_once(&format!("`{argument_name}`:")) else {
                silent.push(format!("{of}({argument_name})"));
                continue;
            };
            let said = after.split_once("`:").map_or(after, |(own, _)| own);
            let number = argument["type"]
                .as_str()
                .is_some_and(|kind| kind != "pubkey");
            if number && !says_unit(argument_name, said) {
                silent.push(format!("{of}({argument_name}): no unit in `{said}`"));
            }
        }
    }
    assert!(silent.is_empty(), "without documentation: {silent:#?}");
}

#[test]
fn every_error_says_what_to_do() {
    // Given the message of each error, when it is split at its semicolons, then something is
    // wrong in its first part, and the rest is the remedy.
    let silent: Vec<String> = error::all()
        .map(|error| error.to_string())
        .filter(|message| {
            let remedy = message.split_once("; ").map_or("", |(_, remedy)| remedy);
            let says = remedy.split_whitespace().count() >= 2;
            !says || !message.starts_with(|first: char| first.is_ascii_uppercase())
        })
        .collect();
    assert!(silent.is_empty(), "no remedy: {silent:#?}");
}
