//! docs/INTEGRATION.md says what the code does: its quotes stand in the example, its names
//! and numbers are the program's. (Its other blocks run as doc tests of the SDK.)

use homeostat_client::{error, instruction, PROGRAM_ID};
use serde_json::Value;
use solana_program::pubkey::Pubkey;

const GUIDE: &str = include_str!("../../docs/INTEGRATION.md");
const SOURCES: [&str; 2] = [
    include_str!("../../examples/subscription/src/lib.rs"),
    include_str!("subscription.rs"),
];

/// The guide's blocks of a language.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("\n```{language}\n");
    let after = GUIDE.split(fence.as_str()).skip(1);
    after.filter_map(|rest| rest.split("```").next()).collect()
}

/// The cells of the rows below a table's header.
fn table(header: &str) -> Vec<Vec<&'static str>> {
    let (_, rest) = GUIDE.split_once(header).expect("the guide has this table");
    let rows = rest
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    let cells = |row: &'static str| row.trim_matches('|').split('|').map(str::trim).collect();
    rows.map(cells).collect()
}

/// What stands in backticks.
fn quoted(cell: &'static str) -> impl Iterator<Item = &'static str> {
    cell.split('`').skip(1).step_by(2)
}

#[test]
fn success_every_quote_stands_in_the_example() {
    let quotes = blocks("rs");
    assert!(quotes.len() >= 6, "{}", quotes.len());
    for quote in quotes {
        let stands = SOURCES.iter().any(|source| source.contains(quote));
        assert!(stands, "no longer what the example says:\n{quote}");
    }
}

#[test]
fn success_the_instructions_it_names_exist() {
    for row in table("| the user wants to | instruction | notes |") {
        for name in quoted(row[1]) {
            assert!(instruction::NAMES.contains(&name), "no instruction {name}");
        }
    }
}

#[test]
fn success_the_errors_it_lists_have_these_numbers() {
    let token = anchor_spl::token::ID;
    let system = Pubkey::default();
    let rows = table("| code | name | tell them |");
    assert!(rows.len() > 10);
    for row in rows {
        let code: u32 = row[0].parse().unwrap();
        let name = quoted(row[1]).next().unwrap();
        let program = match row[1] {
            origin if origin.ends_with("(token)") => token,
            origin if origin.ends_with("(system)") => system,
            _ => PROGRAM_ID,
        };
        let text = error::explain_from(&program, code);
        assert!(text.starts_with(&format!("{name} ({code}): ")), "{text}");
    }
}

/// Enough, and not so much that a user pays for nothing.
#[test]
fn success_its_budgets_fit_the_measured_figures() {
    let measured: Value = serde_json::from_str(include_str!("../../docs/compute.json")).unwrap();
    let rows = table("| instruction | compute units |");
    assert_eq!(rows.len(), 7);
    for row in rows {
        let name = quoted(row[0]).next().unwrap();
        let budget: u64 = row[1].replace(',', "").parse().unwrap();
        let worst = measured
            .as_array()
            .unwrap()
            .iter()
            .filter(|case| case["instruction"] == name)
            .filter_map(|case| case["total"].as_u64())
            .max()
            .unwrap_or_else(|| panic!("{name} is not measured"));
        let fits = worst..=worst * 3 / 2;
        assert!(fits.contains(&budget), "{name}: {budget} for {worst}");
    }
}

/// What the Anchor command line reads is what the program is.
#[test]
fn success_anchors_settings_name_this_program() {
    let settings = include_str!("../../Anchor.toml");
    let address = format!("homeostat = \"{PROGRAM_ID}\"");
    assert!(settings.contains(&address), "{address}");
    let idl: Value = serde_json::from_str(include_str!("../../idl/homeostat.json")).unwrap();
    assert_eq!(idl["address"], PROGRAM_ID.to_string());
    let version = "anchor_version = \"1.2.0\"";
    assert!(settings.contains(version) && include_str!("../../Cargo.toml").contains("=1.2.0"));
    // A key that is not at the top would belong to a table, and Anchor would not see it.
    let top = settings.split("\n[").next().unwrap();
    assert!(top.contains("skip_local_validator = true"));
}
