//! The report in Markdown.

use std::fmt::Write;

use homeostat_sim::bench::{
    claims, Figure, Judged, Plan, ScenarioTable, Tables, Verdict, FIRST_SEED,
};
use homeostat_sim::metrics::{Better, Metrics};
use homeostat_sim::policy::Policy;
use homeostat_sim::tune::Gains;

use super::{headline, with_error};
use crate::simulate::figure;

/// The report: claims, where Homeostat is better and worse, and the means of every metric.
pub fn report(plan: &Plan, tables: &Tables, result_hash: &str, chart_seeds: u64) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = head(&mut text, plan, tables, result_hash);
    let _ = claims_table(&mut text, tables);
    let _ = headline::write_to(&mut text, plan, tables);
    let _ = overview(&mut text, plan, tables);
    let _ = scenarios(&mut text, plan, tables, chart_seeds);
    text
}

fn head(text: &mut String, plan: &Plan, tables: &Tables, hash: &str) -> std::fmt::Result {
    let setting = &plan.setting;
    writeln!(
        text,
        "# Benchmark, tier {}\n\n{} people, {} days, periods of a day, {} seeds from {FIRST_SEED} on, {} policies, {} \
         scenarios: {} runs, of which {} failed.\n",
        plan.tier.name(),
        setting.people,
        setting.calendar.epochs,
        plan.seeds,
        Policy::ALL.len(),
        plan.scenarios().len(),
        tables.runs,
        tables.failed,
    )?;
    writeln!(text, "| what | sha256 |\n|---|---|")?;
    for (name, hash) in [
        ("gains and constants", plan.gains_hash()),
        ("design", plan.design_hash()),
        ("series", plan.series_hash()),
        ("result", hash.to_owned()),
    ] {
        writeln!(text, "| {name} | `{hash}` |")?;
    }
    writeln!(
        text,
        "\nVersion {}. Metrics are taken from the shock, a third into the run, to its end. ± is the Monte-Carlo \
         standard error; intervals are BCa, 95 %, of 10,000 resamples of the seeds; p is Wilcoxon's signed-rank test, \
         two-sided, with Holm's correction over the scenarios and policies of a metric.\n",
        env!("CARGO_PKG_VERSION")
    )?;
    if plan.gains_hash() == Gains::of_defaults().hash() {
        writeln!(
            text,
            "Gains are the program's defaults; `static-tuned` has the constants that a search with the same budget \
             found.\n"
        )?;
    }
    Ok(())
}

fn claims_table(text: &mut String, tables: &Tables) -> std::fmt::Result {
    writeln!(
        text,
        "## Claims of an article, beside what is measured here\n\n\
         The article claims these changes for \"AI-driven\" against traditional tokenomics. It names no source, no \
         definition and no sample; metrics are ours. Traditional is `static-untuned`, the values that a founder starts \
         with, and `static-tuned`, the best constant values that a search found. `all` is the mean of a seed over the \
         scenarios.\n\n\
         | claim | article claim (unsourced) | metric | scenario | against | Homeostat | theirs | change of the mean \
         | 95 % interval | p | verdict |\n|---|---|---|---|---|---|---|---|---|---|---|"
    )?;
    for judged in claims(tables) {
        claim(text, &judged)?;
    }
    writeln!(text)
}

fn claim(text: &mut String, judged: &Judged) -> std::fmt::Result {
    let (ours, theirs) = judged.means.as_ref().map_or_else(
        || ("–".to_owned(), "–".to_owned()),
        |(ours, theirs)| (with_error(ours), with_error(theirs)),
    );
    let (change, interval) = judged.change.map_or_else(
        || ("–".to_owned(), "–".to_owned()),
        |change| {
            let error = 100.0 * change.standard_error;
            (
                format!("{} ± {error:.1}", percents(change.value)),
                format!("{} to {}", percents(change.low), percents(change.high)),
            )
        },
    );
    let metric = match judged.metric {
        "" => "none: nobody votes in the simulation".to_owned(),
        metric => format!("`{metric}`"),
    };
    writeln!(
        text,
        "| {} | {} | {metric} | {} | {} | {ours} | {theirs} | {change} | {interval} | {} | {} |",
        judged.claim.name,
        percents(judged.claim.change),
        judged.scenario,
        if judged.verdict == Verdict::NotMeasured && judged.metric.is_empty() {
            "–"
        } else {
            judged.against.name()
        },
        probability(judged.p_holm),
        judged.verdict.words()
    )
}

/// In how many scenarios Homeostat is better, and worse, by metric and policy.
fn overview(text: &mut String, plan: &Plan, tables: &Tables) -> std::fmt::Result {
    let single = &tables.scenarios[..plan.scenarios().len()];
    writeln!(
        text,
        "## Where Homeostat is better, and where worse\n\n\
         In how many of {} scenarios the interval of the median difference lies on the better side of 0, and in how \
         many on the worse.\n",
        single.len()
    )?;
    let others = || Policy::ALL.into_iter().filter(|p| *p != Policy::Homeostat);
    write!(text, "| metric |")?;
    for other in others() {
        write!(text, " {} |", other.name())?;
    }
    writeln!(text, "\n|---|{}", "---|".repeat(others().count()))?;
    for (metric, better) in Metrics::NAMES.iter().zip(Metrics::BETTER) {
        if *better == Better::Neither {
            continue;
        }
        write!(text, "| {metric} |")?;
        for other in others() {
            let sides = single.iter().filter_map(|table| {
                let median = table.pairing(other, metric)?.median_difference?;
                side(median, 0.0, *better)
            });
            let (wins, losses) = sides.fold((0, 0), |(wins, losses), better| {
                (wins + u32::from(better), losses + u32::from(!better))
            });
            write!(text, " {wins} / {losses} |")?;
        }
        writeln!(text)?;
    }
    writeln!(text)
}

/// Whether an interval is on the better side of what no difference is, 0 or a ratio of 1; none where
/// it has that.
pub(super) fn side(interval: Figure, even: f64, better: Better) -> Option<bool> {
    let below = interval.high < even;
    let above = interval.low > even;
    (below || above).then_some(below == (better == Better::Less))
}

fn scenarios(
    text: &mut String,
    plan: &Plan,
    tables: &Tables,
    chart_seeds: u64,
) -> std::fmt::Result {
    writeln!(
        text,
        "## Scenarios\n\nThe charts are of the first {chart_seeds} seeds, whose runs were lived again for them; tables \
         are of all. A number in brackets is that of the runs which failed or in which the metric is not a number.\n"
    )?;
    let charts = plan.scenarios().len();
    for (index, table) in tables.scenarios.iter().enumerate() {
        let name = &table.scenario;
        writeln!(text, "### {name}\n")?;
        if index < charts {
            writeln!(text, "![Staked share over time in {name}]({name}.svg)\n")?;
        }
        writeln!(
            text,
            "Homeostat against every other policy, metric by metric: [{name}.md]({name}.md)\n"
        )?;
        means(text, table)?;
    }
    Ok(())
}

fn means(text: &mut String, table: &ScenarioTable) -> std::fmt::Result {
    write!(text, "| metric | better |")?;
    for policy in &table.policies {
        write!(text, " {} |", policy.policy)?;
    }
    writeln!(text, "\n|---|---|{}", "---|".repeat(table.policies.len()))?;
    for (index, (metric, better)) in Metrics::NAMES.iter().zip(Metrics::BETTER).enumerate() {
        write!(text, "| {metric} | {} |", direction(*better))?;
        for policy in &table.policies {
            let cell = &policy.metrics[index];
            write!(text, " {}", with_error(cell))?;
            if cell.missing > 0 {
                write!(text, " ({})", cell.missing)?;
            }
            write!(text, " |")?;
        }
        writeln!(text)?;
    }
    write!(text, "| runs failed | less |")?;
    for policy in &table.policies {
        write!(text, " {} |", policy.failed)?;
    }
    writeln!(text, "\n")?;
    writeln!(
        text,
        "Worst twentieth of the runs (CVaR 95 %; of a drawdown its CDaR):\n"
    )?;
    write!(text, "| metric |")?;
    for policy in &table.policies {
        write!(text, " {} |", policy.policy)?;
    }
    writeln!(text, "\n|---|{}", "---|".repeat(table.policies.len()))?;
    for metric in ["price_drawdown", "stake_drawdown", "recovery", "itae"] {
        write!(text, "| {metric} |")?;
        for policy in &table.policies {
            let cell = policy.metrics.iter().find(|cell| cell.metric == metric);
            write!(text, " {} |", figure(cell.and_then(|c| c.worst_twentieth)))?;
        }
        writeln!(text)?;
    }
    writeln!(text)
}

/// Every paired comparison of a scenario.
pub fn pairings(table: &ScenarioTable) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write_pairings(&mut text, table);
    text
}

fn write_pairings(text: &mut String, table: &ScenarioTable) -> std::fmt::Result {
    writeln!(
        text,
        "# {}: Homeostat against every other policy\n\n\
         Paired by seed; differences are Homeostat less the other. ± is the standard error, brackets are the BCa \
         interval of 95 %; p is of Wilcoxon's signed-rank test with Holm's correction.\n",
        table.scenario
    )?;
    for against in &table.against {
        writeln!(
            text,
            "## {}\n\n| metric | better | median difference | ratio of means | p | win rate | seeds | left out |\n\
             |---|---|---|---|---|---|---|---|",
            against.policy
        )?;
        for (pairing, better) in against.metrics.iter().zip(Metrics::BETTER) {
            let wins = match (pairing.win_rate, pairing.win_rate_standard_error) {
                (Some(rate), Some(error)) => {
                    format!("{:.0} % ± {:.0}", 100.0 * rate, 100.0 * error)
                }
                _ => "–".to_owned(),
            };
            writeln!(
                text,
                "| {} | {} | {} | {} | {} | {wins} | {} | {} |",
                pairing.metric,
                direction(*better),
                interval(pairing.median_difference),
                interval(pairing.ratio_of_means),
                probability(pairing.p_holm),
                pairing.n,
                pairing.left_out
            )?;
        }
        writeln!(text)?;
    }
    Ok(())
}

const fn direction(better: Better) -> &'static str {
    match better {
        Better::Less => "less",
        Better::More => "more",
        Better::Neither => "–",
    }
}

fn interval(of: Option<Figure>) -> String {
    of.map_or_else(
        || "–".to_owned(),
        |of| {
            format!(
                "{} ± {} [{}, {}]",
                figure(Some(of.value)),
                super::two_digits(of.standard_error),
                figure(Some(of.low)),
                figure(Some(of.high))
            )
        },
    )
}

fn probability(p: Option<f64>) -> String {
    p.map_or_else(
        || "–".to_owned(),
        |p| {
            if p < 0.0001 {
                "< 0.0001".to_owned()
            } else {
                format!("{p:.4}")
            }
        },
    )
}

fn percents(fraction: f64) -> String {
    format!("{:+.1} %", 100.0 * fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_on_one_side_is_better_or_worse() {
        let between = |low, high| Figure {
            value: 0.5 * (low + high),
            low,
            high,
            standard_error: 1.0,
        };
        assert_eq!(side(between(-2.0, -1.0), 0.0, Better::Less), Some(true));
        assert_eq!(side(between(-2.0, -1.0), 0.0, Better::More), Some(false));
        assert_eq!(side(between(1.0, 2.0), 0.0, Better::More), Some(true));
        assert_eq!(side(between(1.0, 2.0), 0.0, Better::Less), Some(false));
        assert_eq!(side(between(-1.0, 1.0), 0.0, Better::Less), None);
        assert_eq!(side(between(0.0, 0.0), 0.0, Better::Less), None);
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(probability(Some(0.00001)), "< 0.0001");
        assert_eq!(probability(Some(0.03)), "0.0300");
        assert_eq!(percents(-0.4512), "-45.1 %");
        assert_eq!(percents(0.34), "+34.0 %");
    }
}
