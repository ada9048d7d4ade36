//! The figures for people and for programs: a table, JSON, docs/COMPUTE.md.

use std::collections::BTreeSet;

use homeostat_client::{
    AuditLog, Ballot, Council, DecisionLog, Economy, Feed, Meter, Pool, Position, Proposal,
};
use solana_program::rent::Rent;

use crate::{
    bench::{Error, Figures},
    ceilings::Bound,
    features,
};

/// Bytes of a stack frame.
const FRAME: u64 = 4_096;
const LAMPORTS_PER_SOL: u64 = 1_000_000_000;

/// One object a line, in the order of the measurements.
pub fn json(figures: &[Figures]) -> Result<String, Error> {
    let lines: Result<Vec<String>, _> = figures
        .iter()
        .map(|figures| serde_json::to_string(figures).map(|line| format!("  {line}")))
        .collect();
    let lines = lines.map_err(|error| Error(format!("JSON: {error}")))?;
    Ok(format!("[\n{}\n]\n", lines.join(",\n")))
}

/// `1234567` as `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

const HEADER: [&str; 8] = [
    "instruction",
    "case",
    "total",
    "calls",
    "events",
    "heap",
    "stack",
    "tx bytes",
];

fn rows(figures: &[Figures]) -> impl Iterator<Item = [String; 8]> + '_ {
    figures.iter().map(|f| {
        [
            f.instruction.clone(),
            f.case.clone(),
            grouped(f.total),
            grouped(f.calls),
            grouped(f.events),
            grouped(f.heap),
            grouped(f.stack),
            grouped(f.tx_bytes as u64) + if f.lookup_table { " v0" } else { "" },
        ]
    })
}

/// The table, aligned for a terminal.
pub fn table(figures: &[Figures]) -> String {
    let rows: Vec<_> = rows(figures).collect();
    let mut widths = HEADER.map(str::len);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.len());
        }
    }
    let line = |cells: &[String; 8]| {
        let mut text = String::new();
        for (index, (cell, width)) in cells.iter().zip(widths).enumerate() {
            // Names to the left, numbers to the right.
            text += &if index < 2 {
                format!("{cell:<width$}  ")
            } else {
                format!("{cell:>width$}  ")
            };
        }
        text.trim_end().to_owned() + "\n"
    };
    let mut text = line(&HEADER.map(String::from));
    let mut previous = None;
    for row in &rows {
        let mut row = row.clone();
        if previous.as_ref() == Some(&row[0]) {
            row[0].clear();
        } else {
            previous = Some(row[0].clone());
        }
        text += &line(&row);
    }
    text
}

fn markdown_table(figures: &[Figures]) -> String {
    let mut text = format!("| {} |\n|---|---|", HEADER.join(" | "));
    text += &"--:|".repeat(HEADER.len() - 2);
    text.push('\n');
    for row in rows(figures) {
        text += &format!("| `{}` | {} |\n", row[0], row[1..].join(" | "));
    }
    text
}

/// Every ceiling with the figure under it, as a Markdown table.
pub fn ceilings(bounds: &[Bound]) -> String {
    let mut text = String::from("| what | ceiling | measured | |\n|---|--:|--:|---|\n");
    for bound in bounds {
        let verdict = if bound.holds() { "held" } else { "**over**" };
        text += &format!(
            "| {} | {} | {} | {verdict} |\n",
            bound.what,
            grouped(bound.ceiling),
            grouped(bound.measured)
        );
    }
    text
}

fn accounts() -> String {
    let mut text = String::from("| account | bytes | rent (lamports) | SOL |\n|---|--:|--:|--:|\n");
    for (name, bytes) in [
        ("Economy", Economy::SPACE),
        ("Pool", Pool::SPACE),
        ("Position", Position::SPACE),
        ("Meter", Meter::SPACE),
        ("Feed", Feed::SPACE),
        ("Council", Council::SPACE),
        ("Proposal", Proposal::SPACE),
        ("Ballot", Ballot::SPACE),
        ("DecisionLog, 20 records", DecisionLog::space(20)),
        ("DecisionLog, 256 records", DecisionLog::space(256)),
        ("AuditLog, 24 records", AuditLog::space(24)),
        ("AuditLog, 256 records", AuditLog::space(256)),
    ] {
        let rent = Rent::default().minimum_balance(bytes);
        text += &format!(
            "| {name} | {} | {} | {}.{:08} |\n",
            grouped(bytes as u64),
            grouped(rent),
            rent / LAMPORTS_PER_SOL,
            rent % LAMPORTS_PER_SOL / 10
        );
    }
    text
}

fn features_off() -> String {
    let mut text = String::from("| feature | what it would change |\n|---|---|\n");
    for off in features::OFF {
        text += &format!("| `{}` | {} |\n", off.name, off.why);
    }
    text
}

/// docs/COMPUTE.md. `elf` is the size of the program's ELF in bytes.
pub fn markdown(figures: &[Figures], bounds: &[Bound], elf: u64) -> String {
    let instructions: BTreeSet<_> = figures.iter().map(|f| &f.instruction).collect();
    let deepest = figures.iter().map(|f| f.stack).max().unwrap_or(0);
    include_str!("COMPUTE.template.md")
        .replace("{table}", markdown_table(figures).trim_end())
        .replace("{ceilings}", ceilings(bounds).trim_end())
        .replace("{accounts}", accounts().trim_end())
        .replace("{features}", features_off().trim_end())
        .replace("{elf}", &grouped(elf))
        .replace("{deepest}", &deepest.div_ceil(FRAME).to_string())
        .replace("{count}", &instructions.len().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn json_is_one_object_a_line_and_reads_back() {
        let figures = vec![Figures {
            instruction: "pay".into(),
            case: "ordinary".into(),
            total: 2,
            calls: 1,
            events: 0,
            heap: 4,
            stack: 5,
            tx_bytes: 6,
            lookup_table: false,
        }];
        let text = json(&figures).expect("plain numbers");
        assert_eq!(
            text,
            "[\n  {\"instruction\":\"pay\",\"case\":\"ordinary\",\"total\":2,\"calls\":1,\"events\":0,\
             \"heap\":4,\"stack\":5,\"tx_bytes\":6,\"lookup_table\":false}\n]\n"
        );
        let back: Vec<Figures> = serde_json::from_str(&text).expect("what was written");
        assert_eq!(back, figures);
    }
}
