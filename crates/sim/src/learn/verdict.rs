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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        learn::{compare::Row, tests::plan},
        scenario::Scenario,
        stats::{Bootstrap, StatsError},
    };

    /// Rows of twenty seeds in which the linear policy is a third better in a crash and a fifth
    /// worse in quiet times, searched gains are better and worse in turns, and all others are
    /// as fixed gains.
    fn rows() -> Vec<Row> {
        let mut rows = Vec::new();
        for scenario in [Scenario::Stationary, Scenario::Crash] {
            for seed in 0..20_u64 {
                for contender in Contender::ALL {
                    let own = seed as f64;
                    let change = match (contender, scenario) {
                        (Contender::LinearPolicy, Scenario::Crash) => -0.3 - 0.002 * own,
                        (Contender::LinearPolicy, _) => 0.2 + 0.001 * own,
                        (Contender::SearchedGains, _) if seed % 2 == 0 => 0.1 + 0.01 * own,
                        (Contender::SearchedGains, _) => -0.1 - 0.01 * own,
                        _ => 0.0,
                    };
                    rows.push(Row {
                        contender,
                        scenario,
                        seed,
                        cost: 1.0 + 0.01 * own + change,
                        itae: 1.0,
                        reference: 1.0,
                        effort: 0.0,
                        overshoot: 0.0,
                        emission_at_limit: 0.0,
                        failed: false,
                        imagined: 0,
                    });
                }
            }
        }
        rows
    }

    fn comparison(rows: &[Row]) -> Result<Comparison, StatsError> {
        let mut plan = plan(1);
        plan.test_seeds = (0..20).collect();
        let bootstrap = Bootstrap {
            resamples: 500,
            ..Bootstrap::default()
        };
        Comparison::of(&plan, rows, &bootstrap)
    }

    #[test]
    fn the_words_say_what_the_figures_show() {
        // Given rows with known differences, when they are put into words,
        let words = verdicts(&comparison(&rows()).unwrap());
        let about = |name: &str| {
            let start = format!("**{name}**");
            words.iter().find(|words| words.starts_with(&start))
        };
        // then the linear policy, 6 % cheaper on average, is said to help where it does and to
        // harm where it does,
        let linear = about("linear policy").unwrap();
        assert!(linear.contains(" less than fixed gains"), "{linear}");
        assert!(linear.contains("shown to be below zero"), "{linear}");
        assert!(linear.contains("It helps in crash."), "{linear}");
        assert!(linear.contains("It does harm in stationary."), "{linear}");
        assert!(!linear.contains("No difference"), "{linear}");
        // searched gains are said to show nothing, and fixed gains are not compared with
        // themselves.
        let searched = about("searched gains").unwrap();
        let nothing = "No difference is shown in stationary, crash.";
        assert!(searched.contains(nothing), "{searched}");
        assert!(!searched.contains("helps"), "{searched}");
        assert_eq!(words.len(), Contender::ALL.len() - 1);
        assert!(about("fixed gains").is_none());
    }

    #[test]
    fn p_values_are_corrected_over_all_contenders_and_scenarios() {
        // Given the same rows, of which the two differences of the linear policy have
        // p = 2 / 2^20 each, the least that twenty seeds can have,
        let comparison = comparison(&rows()).unwrap();
        let p = |lines: &[Line]| {
            let all = lines
                .iter()
                .filter(|line| line.contender == Contender::LinearPolicy);
            let p: Vec<f64> = all.map(|line| line.against.as_ref().unwrap().p).collect();
            p
        };
        // then Holm multiplies the smaller by the 16 tests of the family and the other by no
        // more, and the means over scenarios by the eight of theirs.
        let least = 2.0 / 1_048_576.0;
        assert_eq!(p(&comparison.by_scenario), [16.0 * least; 2]);
        assert_eq!(p(&comparison.overall), [8.0 * least]);
    }

    #[test]
    fn a_case_that_nothing_can_be_measured_by_is_an_error() {
        let mut rows = rows();
        for row in rows.iter_mut().take(Contender::ALL.len()) {
            row.cost = f64::NAN;
        }
        assert!(matches!(comparison(&rows), Err(StatsError::NotFinite(_))));
    }
}
