//! The figures for people and for programs: a table, JSON, docs/COMPUTE.md.

use homeostat_client::{
    AuditLog, Ballot, Council, DecisionLog, Economy, Feed, Meter, Pool, Position, Proposal,
};
use solana_program::rent::Rent;

use crate::{
    bench::{Error, Figures},
    cases::ORDINARY,
    features,
};

/// Bytes of heap that a transaction gets without asking.
const HEAP: u64 = 32 * 1_024;
/// Bytes of a stack frame.
const FRAME: u64 = 4_096;
const LAMPORTS_PER_SOL: u64 = 1_000_000_000;

/// What should not be exceeded.
struct Bar {
    instruction: &'static str,
    /// Of the ordinary case only, not of every case.
    ordinary: bool,
    /// Most compute units of its own.
    most: i64,
}

const BARS: [Bar; 9] = [
    Bar {
        instruction: "stake",
        ordinary: false,
        most: 8_000,
    },
    Bar {
        instruction: "claim",
        ordinary: false,
        most: 8_000,
    },
    Bar {
        instruction: "request_unstake",
        ordinary: false,
        most: 8_000,
    },
    Bar {
        instruction: "pay",
        ordinary: false,
        most: 6_000,
    },
    Bar {
        instruction: "crank",
        ordinary: true,
        most: 30_000,
    },
    Bar {
        instruction: "propose",
        ordinary: false,
        most: 12_000,
    },
    Bar {
        instruction: "approve",
        ordinary: false,
        most: 5_000,
    },
    Bar {
        instruction: "execute",
        ordinary: false,
        most: 12_000,
    },
    Bar {
        instruction: "preview",
        ordinary: true,
        most: 8_000,
    },
];

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
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0 {
        text.insert(0, '-');
    }
    text
}

fn unsigned(number: u64) -> String {
    grouped(i64::try_from(number).unwrap_or(i64::MAX))
}

const HEADER: [&str; 9] = [
    "instruction",
    "case",
    "total",
    "floor",
    "total/floor",
    "own",
    "heap",
    "stack",
    "tx bytes",
];

fn rows(figures: &[Figures], tabled: &[String]) -> Vec<[String; 9]> {
    figures
        .iter()
        .map(|f| {
            let hundredths = f.total * 100 / f.floor.max(1);
            let mut tx = unsigned(f.tx_bytes as u64);
            if tabled.contains(&f.name()) {
                tx.push_str(" v0");
            }
            [
                f.instruction.clone(),
                f.case.clone(),
                unsigned(f.total),
                unsigned(f.floor),
                format!("{}.{:02}", hundredths / 100, hundredths % 100),
                grouped(f.own),
                unsigned(f.heap),
                unsigned(f.stack),
                tx,
            ]
        })
        .collect()
}

/// The table, aligned for a terminal.
pub fn table(figures: &[Figures], tabled: &[String]) -> String {
    let rows = rows(figures, tabled);
    let mut widths = HEADER.map(str::len);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.len());
        }
    }
    let line = |cells: &[String; 9]| {
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

fn markdown_table(figures: &[Figures], tabled: &[String]) -> String {
    let mut text = format!("| {} |\n|---|---|", HEADER.join(" | "));
    text += &"--:|".repeat(HEADER.len() - 2);
    text.push('\n');
    for row in rows(figures, tabled) {
        text += &format!("| `{}` | {} |\n", row[0], row[1..].join(" | "));
    }
    text
}

fn bars(figures: &[Figures]) -> String {
    let mut text = String::from("| bar | most | measured | |\n|---|--:|--:|---|\n");
    let mut row = |bar: String, most: i64, case: &str, measured: i64| {
        let verdict = if measured <= most {
            "met"
        } else {
            "**missed**"
        };
        text += &format!(
            "| {bar} | {} | {} ({case}) | {verdict} |\n",
            grouped(most),
            grouped(measured)
        );
    };
    for bar in BARS {
        let worst = figures
            .iter()
            .filter(|f| f.instruction == bar.instruction)
            .filter(|f| !bar.ordinary || f.case == ORDINARY)
            .max_by_key(|f| f.own);
        if let Some(worst) = worst {
            let of = if bar.ordinary {
                "ordinary case"
            } else {
                "every case"
            };
            let name = format!("own, `{}`, {of}", bar.instruction);
            row(name, bar.most, &worst.case, worst.own);
        }
    }
    if let Some(worst) = figures.iter().max_by_key(|f| f.heap) {
        let signed = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
        row(
            "heap, everywhere (bytes)".into(),
            signed(HEAP),
            &worst.name(),
            signed(worst.heap),
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
        ("DecisionLog, 24 records", DecisionLog::space(24)),
        ("DecisionLog, 256 records", DecisionLog::space(256)),
        ("AuditLog, 24 records", AuditLog::space(24)),
        ("AuditLog, 256 records", AuditLog::space(256)),
    ] {
        let rent = Rent::default().minimum_balance(bytes);
        text += &format!(
            "| {name} | {} | {} | {}.{:08} |\n",
            unsigned(bytes as u64),
            unsigned(rent),
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
pub fn markdown(figures: &[Figures], tabled: &[String], elf: u64) -> String {
    let deepest = figures.iter().map(|f| f.stack).max().unwrap_or(0);
    include_str!("COMPUTE.template.md")
        .replace("{table}", markdown_table(figures, tabled).trim_end())
        .replace("{bars}", bars(figures).trim_end())
        .replace("{accounts}", accounts().trim_end())
        .replace("{features}", features_off().trim_end())
        .replace("{elf}", &unsigned(elf))
        .replace("{deepest}", &deepest.div_ceil(FRAME).to_string())
        .replace(
            "{count}",
            &figures
                .iter()
                .map(|f| &f.instruction)
                .collect::<std::collections::BTreeSet<_>>()
                .len()
                .to_string(),
        )
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
            (-1_234, "-1,234"),
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
            floor: 3,
            own: -1,
            heap: 4,
            stack: 5,
            tx_bytes: 6,
        }];
        let text = json(&figures).expect("plain numbers");
        assert_eq!(
            text,
            "[\n  {\"instruction\":\"pay\",\"case\":\"ordinary\",\"total\":2,\"floor\":3,\
             \"own\":-1,\"heap\":4,\"stack\":5,\"tx_bytes\":6}\n]\n"
        );
        let back: Vec<Figures> = serde_json::from_str(&text).expect("what was written");
        assert_eq!(back, figures);
    }
}
