//! The claims of an article for "AI-driven" against traditional tokenomics, beside what is
//! measured here.
//!
//! The article names no source, no definition and no sample, so its figures are only shown
//! beside ours, under the definitions of [`Metrics`](crate::Metrics).

use crate::policy::Policy;

use super::tables::{Cell, Figure, ScenarioTable, Tables};

/// One claim.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Claim {
    /// What of.
    pub name: &'static str,
    /// The relative change that is claimed (fraction).
    pub change: f64,
    /// The metrics that it is judged by; none where the simulator has nothing to judge it by.
    pub metrics: &'static [&'static str],
}

/// The claims.
const CLAIMS: [Claim; 5] = [
    Claim {
        name: "volatility",
        change: -0.45,
        metrics: &["volatility"],
    },
    Claim {
        name: "retention",
        change: 0.34,
        metrics: &["retention_90"],
    },
    Claim {
        name: "capital efficiency",
        change: 0.42,
        metrics: &["fees_per_value", "security_per_net"],
    },
    Claim {
        name: "drawdown in stress",
        change: -0.60,
        metrics: &["price_drawdown", "stake_drawdown"],
    },
    // Nobody votes in the simulation.
    Claim {
        name: "governance participation",
        change: 0.28,
        metrics: &[],
    },
];

/// What is traditional: a fixed rule as a founder guesses it, and the best fixed rule.
const TRADITIONAL: [Policy; 2] = [Policy::StaticUntuned, Policy::StaticTuned];

/// What became of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As large as claimed, or larger: the figure, and the interval has no 0.
    AsClaimed,
    /// In the direction of the claim, but smaller; the interval has no 0.
    Smaller,
    /// The interval has 0.
    NotShown,
    /// The other way round; the interval has no 0.
    Worse,
    /// There is no figure.
    NotMeasured,
}

impl Verdict {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::AsClaimed => "as large as claimed",
            Self::Smaller => "better, smaller than claimed",
            Self::NotShown => "no difference shown",
            Self::Worse => "**worse**",
            Self::NotMeasured => "not measured",
        }
    }

    /// Of a relative change with its interval.
    fn of(change: Option<Figure>, claimed: f64) -> Self {
        let Some(change) = change else {
            return Self::NotMeasured;
        };
        let sign = if claimed < 0.0 { -1.0 } else { 1.0 };
        let ends = [sign * change.low, sign * change.high];
        if ends.iter().all(|end| *end < 0.0) {
            Self::Worse
        } else if !ends.iter().all(|end| *end > 0.0) {
            Self::NotShown
        } else if sign * change.value >= sign * claimed {
            Self::AsClaimed
        } else {
            Self::Smaller
        }
    }
}

/// A claim beside what was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The claim.
    pub claim: Claim,
    /// The metric; empty where the simulator has none.
    pub metric: &'static str,
    /// The scenario, `all` for all of them.
    pub scenario: String,
    /// The fixed rule that Homeostat is compared with.
    pub against: Policy,
    /// Homeostat's mean and that of the rule.
    pub means: Option<(Cell, Cell)>,
    /// The ratio of means less one, with its interval.
    pub change: Option<Figure>,
    /// p of the signed-rank test, corrected.
    pub p_holm: Option<f64>,
    /// What became of it.
    pub verdict: Verdict,
}

impl Judged {
    fn new(claim: Claim, metric: &'static str, table: &ScenarioTable, against: Policy) -> Self {
        let pairing = table.pairing(against, metric);
        let change = pairing.and_then(|p| p.ratio_of_means).map(|ratio| Figure {
            value: ratio.value - 1.0,
            low: ratio.low - 1.0,
            high: ratio.high - 1.0,
            ..ratio
        });
        let cell = |policy| table.cell(policy, metric).cloned();
        Self {
            claim,
            metric,
            scenario: table.scenario.clone(),
            against,
            means: cell(Policy::Homeostat).zip(cell(against)),
            change,
            p_holm: pairing.and_then(|p| p.p_holm),
            verdict: Verdict::of(change, claim.change),
        }
    }
}

/// Each claim against each fixed rule: all scenarios together first, then each of them. A claim
/// that nothing here measures comes once.
pub fn claims(tables: &Tables) -> Vec<Judged> {
    let Some((overall, single)) = tables.scenarios.split_last() else {
        return Vec::new();
    };
    let mut judged = Vec::new();
    for table in std::iter::once(overall).chain(single) {
        for claim in CLAIMS {
            for against in TRADITIONAL {
                for metric in claim.metrics {
                    judged.push(Judged::new(claim, metric, table, against));
                }
            }
            if claim.metrics.is_empty() && table.scenario == overall.scenario {
                judged.push(Judged::new(claim, "", table, TRADITIONAL[0]));
            }
        }
    }
    judged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Better, Metrics};

    #[test]
    fn a_verdict_follows_from_the_interval() {
        let ratio = |value, low, high| {
            Some(Figure {
                value,
                low,
                high,
                standard_error: 0.1,
            })
        };
        for (change, claimed, verdict) in [
            (ratio(-0.5, -0.6, -0.4), -0.45, Verdict::AsClaimed),
            (ratio(-0.2, -0.3, -0.1), -0.45, Verdict::Smaller),
            (ratio(-0.5, -0.9, 0.1), -0.45, Verdict::NotShown),
            (ratio(0.2, 0.1, 0.3), -0.45, Verdict::Worse),
            (ratio(0.5, 0.1, 0.9), 0.34, Verdict::AsClaimed),
            (ratio(0.2, 0.1, 0.3), 0.34, Verdict::Smaller),
            (ratio(-0.2, -0.3, -0.1), 0.34, Verdict::Worse),
            (ratio(0.0, 0.0, 0.0), 0.34, Verdict::NotShown),
            (None, 0.34, Verdict::NotMeasured),
        ] {
            assert_eq!(Verdict::of(change, claimed), verdict, "{change:?}");
        }
    }

    #[test]
    fn every_metric_of_a_claim_is_one_and_better_in_its_direction() {
        for claim in CLAIMS {
            for metric in claim.metrics {
                let place = Metrics::NAMES.iter().position(|name| name == metric);
                let better = Metrics::BETTER[place.expect(metric)];
                let expected = if claim.change < 0.0 {
                    Better::Less
                } else {
                    Better::More
                };
                assert_eq!(better, expected, "{metric}");
            }
        }
    }
}
