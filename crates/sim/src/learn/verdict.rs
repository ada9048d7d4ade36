//! Where it helps and where not, in words.

use super::compare::{Comparison, Contender, Line};

/// The p value, after Holm's correction, below which a difference counts as shown.
const SIGNIFICANT: f64 = 0.05;

/// What a line shows against fixed gains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// It costs less.
    Helps,
    /// It costs more.
    Harms,
    /// No difference is shown.
    Nothing,
}

impl Shown {
    /// What a line shows: a difference needs a corrected p value below 0.05 and an interval of
    /// the median that excludes zero.
    pub fn of(line: &Line) -> Self {
        let Some(against) = &line.against else {
            return Self::Nothing;
        };
        let median = &against.paired.median;
        if against.p.is_nan() || against.p >= SIGNIFICANT || !median.excludes(0.0) {
            Self::Nothing
        } else if median.value < 0.0 {
            Self::Helps
        } else {
            Self::Harms
        }
    }
}

/// One sentence or two for each contender but fixed gains.
pub fn verdicts(comparison: &Comparison) -> Vec<String> {
    let fixed = comparison
        .overall
        .iter()
        .find(|line| line.contender == Contender::FixedGains);
    let Some(fixed) = fixed.map(|line| line.cost.mean) else {
        return Vec::new();
    };
    comparison
        .overall
        .iter()
        .filter(|line| line.against.is_some())
        .map(|line| {
            let change = 100.0 * (line.cost.mean / fixed - 1.0);
            let overall = match Shown::of(line) {
                Shown::Helps => "and the median difference is shown to be below zero",
                Shown::Harms => "and the median difference is shown to be above zero",
                Shown::Nothing => "and no median difference is shown",
            };
            let mut text = format!(
                "**{}** costs {:.1} % {} than fixed gains over all scenarios, {overall}.",
                line.contender.name(),
                change.abs(),
                if change < 0.0 { "less" } else { "more" },
            );
            for (shown, what) in [
                (Shown::Helps, "It helps in"),
                (Shown::Harms, "It does harm in"),
                (Shown::Nothing, "No difference is shown in"),
            ] {
                let names = scenarios(comparison, line.contender, shown);
                if !names.is_empty() {
                    text.push_str(&format!(" {what} {}.", names.join(", ")));
                }
            }
            text
        })
        .collect()
}

/// The scenarios in which a contender shows something.
fn scenarios(comparison: &Comparison, contender: Contender, shown: Shown) -> Vec<&'static str> {
    comparison
        .by_scenario
        .iter()
        .filter(|line| line.contender == contender && Shown::of(line) == shown)
        .filter_map(|line| line.scenario.map(|scenario| scenario.name()))
        .collect()
}
