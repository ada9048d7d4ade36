//! Runs a study of the economy and prints its report.
//!
//! `cargo run --profile host -p homeostat-sim --example studies -- NAME [small|standard] [json]`

use std::{io::Write, thread::available_parallelism, time::Instant};

use homeostat_settings::failure::{quoted, Failure};
use homeostat_sim::study::{
    guard, limits, participation, robustness, settle, walk_forward, Progress,
};
use serde::Serialize;

const NAMES: &str = "limits, settle, guard, walk-forward, robustness or participation";

/// The size of a study and how it is printed.
struct Choice {
    is_small: bool,
    is_json: bool,
    threads: usize,
}

impl Choice {
    fn of(arguments: &[String]) -> Result<Self, Failure> {
        let mut choice = Self {
            is_small: false,
            is_json: false,
            threads: available_parallelism().map_or(1, usize::from),
        };
        for argument in arguments {
            match argument.as_str() {
                "small" => choice.is_small = true,
                "standard" => choice.is_small = false,
                "json" => choice.is_json = true,
                other => {
                    let problem = format!("{} is neither a size nor a format", quoted(other));
                    return Err(Failure::new("unknown_argument", problem)
                        .remedy("give small or standard, and json for JSON"));
                }
            }
        }
        Ok(choice)
    }

    /// Runs a study with one of its two plans and prints what it shows.
    fn report<Plan, Report: Serialize>(
        &self,
        [standard, small]: [Plan; 2],
        run: impl Fn(&Plan, usize, Progress) -> Result<Report, Failure>,
        markdown: impl Fn(&Report) -> String,
    ) -> Result<(), Failure> {
        let plan = if self.is_small { small } else { standard };
        let started = Instant::now();
        let mut last = 0;
        let report = run(&plan, self.threads, &mut |done, of| {
            let percent = 100 * done / of.max(1);
            if percent != last {
                last = percent;
                eprintln!("{done} of {of} in {} s", started.elapsed().as_secs());
            }
        })?;
        let page = if self.is_json {
            serde_json::to_string_pretty(&report)
                .map_err(|error| Failure::new("not_json", error.to_string()))?
        } else {
            markdown(&report)
        };
        writeln!(std::io::stdout(), "{page}")
            .map_err(|error| Failure::new("output_failed", error.to_string()))
    }
}

fn study(arguments: &[String]) -> Result<(), Failure> {
    let Some((name, rest)) = arguments.split_first() else {
        return Err(Failure::new("no_study", "no study is named").remedy(format!("give {NAMES}")));
    };
    let choice = Choice::of(rest)?;
    match name.as_str() {
        "limits" => choice.report(
            [limits::Plan::standard(), limits::Plan::small()],
            limits::run,
            limits::Report::markdown,
        ),
        "settle" => choice.report(
            [settle::Plan::standard(), settle::Plan::small()],
            settle::run,
            settle::Report::markdown,
        ),
        "guard" => choice.report(
            [guard::Plan::standard(), guard::Plan::small()],
            guard::run,
            guard::Report::markdown,
        ),
        "walk-forward" => choice.report(
            [walk_forward::Plan::standard(), walk_forward::Plan::small()],
            walk_forward::run,
            walk_forward::Report::markdown,
        ),
        "robustness" => choice.report(
            [robustness::Plan::standard(), robustness::Plan::small()],
            robustness::run,
            robustness::Report::markdown,
        ),
        "participation" => choice.report(
            [
                participation::Plan::standard(),
                participation::Plan::small(),
            ],
            participation::run,
            participation::Report::markdown,
        ),
        other => Err(Failure::new(
            "unknown_study",
            format!("no study of the name {}", quoted(other)),
        )
        .remedy(format!("give {NAMES}"))),
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Err(failure) = study(&arguments) {
        eprintln!("{failure}");
        std::process::exit(i32::from(failure.exit()));
    }
}
