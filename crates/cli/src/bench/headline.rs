//! The head of the report: does it hold the staked share, and what does security cost?
//!
//! Ratios of means with their BCa intervals: every policy meets the same people, and a ratio says
//! the same of a crowd of any size.

use std::fmt::Write;

use homeostat_sim::bench::{Figure, Plan, ScenarioTable, Tables};
use homeostat_sim::metrics::Better;
use homeostat_sim::policy::Policy;

use super::markdown::side;

/// A column: a metric against a policy.
struct Column {
    title: &'static str,
    metric: &'static str,
    better: Better,
    against: Policy,
}

const TRACKING: [Column; 5] = {
    const fn itae(title: &'static str, against: Policy) -> Column {
        Column {
            title,
            metric: "itae",
            better: Better::Less,
            against,
        }
    }
    [
        itae("static untuned", Policy::StaticUntuned),
        itae("static tuned", Policy::StaticTuned),
        itae("Cosmos", Policy::Cosmos),
        itae("frozen controller", Policy::Frozen),
        itae("oracle", Policy::Oracle),
    ]
};

const SECURITY: [Column; 6] = {
    const fn security(title: &'static str, metric: &'static str, against: Policy) -> Column {
        Column {
            title,
            metric,
            better: Better::More,
            against,
        }
    }
    const NET: &str = "security_per_net";
    const ISSUED: &str = "security_per_issued";
    [
        security("net, Cosmos", NET, Policy::Cosmos),
        security("net, halving", NET, Policy::Halving),
        security("net, static tuned", NET, Policy::StaticTuned),
        security("issued, Cosmos", ISSUED, Policy::Cosmos),
        security("issued, halving", ISSUED, Policy::Halving),
        security("issued, static tuned", ISSUED, Policy::StaticTuned),
    ]
};

/// Writes both tables.
pub fn write_to(text: &mut String, plan: &Plan, tables: &Tables) -> std::fmt::Result {
    let single = &tables.scenarios[..plan.scenarios().len()];
    writeln!(
        text,
        "## Does it hold the staked share?\n\n\
         ITAE of the staked share after the shock, Homeostat's over the other policy's: ratio of the means ± its \
         bootstrap standard error, in brackets its interval. Below one is better. `oracle` knows the shock, \
         `frozen` decides nothing any more.\n"
    )?;
    table(text, single, &TRACKING)?;
    writeln!(
        text,
        "## What does security cost?\n\n\
         Security bought (the time integral of the staked share, what is above its target left out) for a token of \
         net issuance, and for a token issued at all: Homeostat's over the other policy's. Above one is better. A \
         policy that issues less buys from the cheapest stakers alone, so it looks better here: the table says what \
         a token bought, not whether enough was bought.\n"
    )?;
    table(text, single, &SECURITY)
}

fn table(text: &mut String, scenarios: &[ScenarioTable], columns: &[Column]) -> std::fmt::Result {
    write!(text, "| scenario |")?;
    for column in columns {
        write!(text, " {} |", column.title)?;
    }
    writeln!(text, "\n|---|{}", "---|".repeat(columns.len()))?;
    for scenario in scenarios {
        write!(text, "| {} |", scenario.scenario)?;
        for column in columns {
            write!(text, " {} |", cell(column.ratio(scenario)))?;
        }
        writeln!(text)?;
    }
    write!(text, "| **better / worse** |")?;
    for column in columns {
        let sides = || scenarios.iter().filter_map(|s| column.side(s));
        let better = sides().filter(|better| *better).count();
        write!(text, " {better} / {} |", sides().count() - better)?;
    }
    writeln!(text, "\n")
}

impl Column {
    fn ratio(&self, scenario: &ScenarioTable) -> Option<Figure> {
        scenario.pairing(self.against, self.metric)?.ratio_of_means
    }

    /// Whether the interval is on the better side of one; none where it has one.
    fn side(&self, scenario: &ScenarioTable) -> Option<bool> {
        side(self.ratio(scenario)?, 1.0, self.better)
    }
}

fn cell(ratio: Option<Figure>) -> String {
    ratio.map_or_else(
        || "–".to_owned(),
        |ratio| {
            format!(
                "{:.3} ± {:.3} [{:.3}, {:.3}]",
                ratio.value, ratio.standard_error, ratio.low, ratio.high
            )
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use homeostat_sim::bench::{AgainstTable, Pairing};

    fn scenario(policy: Policy, metric: &'static str, low: f64, high: f64) -> ScenarioTable {
        let pairing = Pairing {
            metric,
            ratio_of_means: Some(Figure {
                value: 0.5 * (low + high),
                low,
                high,
                standard_error: 0.01,
            }),
            ..Pairing::default()
        };
        ScenarioTable {
            scenario: "crash".to_owned(),
            policies: Vec::new(),
            against: vec![AgainstTable {
                policy: policy.name(),
                metrics: vec![pairing],
            }],
        }
    }

    /// Given intervals below, around and above one, when sides are taken, then less is better for
    /// an error, more for security, and an interval that has one is on neither side.
    #[test]
    fn an_interval_without_one_is_a_side_and_the_metric_says_which() {
        for (low, high, of_itae, of_security) in [
            (0.5, 0.9, Some(true), Some(false)),
            (0.9, 1.1, None, None),
            (1.1, 1.5, Some(false), Some(true)),
        ] {
            let itae = scenario(Policy::StaticUntuned, "itae", low, high);
            assert_eq!(TRACKING[0].side(&itae), of_itae);
            let net = scenario(Policy::Cosmos, "security_per_net", low, high);
            assert_eq!(SECURITY[0].side(&net), of_security);
        }
    }

    /// A column without a value says so, and counts for nobody.
    #[test]
    fn what_was_not_measured_is_a_dash() {
        let itae = scenario(Policy::StaticUntuned, "itae", 0.5, 0.9);
        let mut text = String::new();
        table(&mut text, &[itae], &TRACKING[..2]).unwrap();
        assert!(
            text.contains("| crash | 0.700 ± 0.010 [0.500, 0.900] | – |"),
            "{text}"
        );
        assert!(
            text.contains("| **better / worse** | 1 / 0 | 0 / 0 |"),
            "{text}"
        );
    }
}
