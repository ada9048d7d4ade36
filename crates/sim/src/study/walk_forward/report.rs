//! What the study of the next stretch shows.

use core::fmt::Write;

use chrono::DateTime;
use homeostat::state::Parameter;
use serde::Serialize;

use super::{Contender, Plan, Stretch, HEADLINE, PAIRS};
use crate::{
    metrics::Metrics,
    series::Series,
    stats::{compare, holm, Better, Bootstrap, Comparison},
    study::{page, text, Mean, FIRST_SEED},
};

/// What one contender made of the second part of a series.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// The contender.
    pub contender: Contender,
    /// The lives that the program ended.
    pub failed: usize,
    /// The headline metrics, in order.
    pub metrics: Vec<Option<Mean>>,
}

/// A metric of two contenders, paired by seed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pairing {
    /// The first.
    pub ours: Contender,
    /// The second.
    pub theirs: Contender,
    /// The metric.
    pub metric: &'static str,
    /// The comparison; none where fewer than two seeds have a value.
    pub comparison: Option<Comparison>,
    /// p of the signed-rank test after Holm's correction over all series and pairs of the metric.
    pub p_holm: Option<f64>,
}

/// One series.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Part {
    /// Its name.
    pub series: String,
    /// The last day of the first part and the first day of the second (unix seconds).
    pub until: i64,
    /// The same of the second part's first day.
    pub from: i64,
    /// The days of both parts.
    pub days: [usize; 2],
    /// The scores on the first part: of the design's gains, of those found, of the constants.
    pub scores: [f64; 3],
    /// What the proportional and the integral gain of each controller were multiplied by.
    pub factors: Vec<f64>,
    /// The best constants (ppm, by parameter).
    pub constants: [i64; 4],
    /// What each contender made of the second part.
    pub lines: Vec<Line>,
    /// The comparisons.
    pub pairings: Vec<Pairing>,
}

/// What the study shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The people.
    pub people: usize,
    /// The tuning seeds.
    pub tuning_seeds: u64,
    /// The scores of each search.
    pub budget: usize,
    /// The test seeds.
    pub seeds: u64,
    /// Every series.
    pub parts: Vec<Part>,
}

/// The place of a metric among all, which a name of [`HEADLINE`] always has.
fn place(metric: &str) -> usize {
    let names = Metrics::NAMES.iter();
    names.take_while(|name| **name != metric).count()
}

impl Report {
    pub(super) fn of(plan: &Plan) -> Self {
        Self {
            people: plan.people,
            tuning_seeds: plan.tuning_seeds,
            budget: plan.budget,
            seeds: plan.seeds,
            parts: Vec::new(),
        }
    }

    pub(super) fn add(
        &mut self,
        plan: &Plan,
        stretch: &Stretch,
        [first, second]: [&Series; 2],
        outcomes: &[Option<Metrics>],
    ) {
        let lives = |contender: Contender| {
            let at = Contender::ALL
                .iter()
                .take_while(|c| **c != contender)
                .count();
            outcomes
                .iter()
                .skip(at * plan.seeds as usize)
                .take(plan.seeds as usize)
        };
        let values = |contender, metric| {
            let place = place(metric);
            lives(contender).map(move |life| {
                let value = life.as_ref()?.values().get(place).copied()?;
                value.is_finite().then_some(value)
            })
        };
        let line = |contender| Line {
            contender,
            failed: lives(contender).filter(|life| life.is_none()).count(),
            metrics: HEADLINE
                .iter()
                .map(|metric| Mean::of(&values(contender, metric).flatten().collect::<Vec<_>>()))
                .collect(),
        };
        let pairing = |ours, theirs, metric| {
            let both = values(ours, metric).zip(values(theirs, metric));
            let (one, other): (Vec<f64>, Vec<f64>) =
                both.filter_map(|(one, other)| Some((one?, other?))).unzip();
            let better = Metrics::BETTER
                .get(place(metric))
                .map_or(Better::Neither, |better| *better);
            Pairing {
                ours,
                theirs,
                metric,
                comparison: compare(&one, &other, better, &Bootstrap::default()).ok(),
                p_holm: None,
            }
        };
        self.parts.push(Part {
            series: first.name().to_owned(),
            until: first.times().last().copied().unwrap_or_default(),
            from: second.times().first().copied().unwrap_or_default(),
            days: [first.times().len(), second.times().len()],
            scores: stretch.scores,
            factors: stretch.factors.clone(),
            constants: stretch.constants,
            lines: Contender::ALL.map(line).into(),
            pairings: PAIRS
                .into_iter()
                .flat_map(|(ours, theirs)| HEADLINE.map(|metric| pairing(ours, theirs, metric)))
                .collect(),
        });
    }

    /// Corrects the tests of each metric for how many there are.
    pub(super) fn correct(&mut self) {
        for metric in HEADLINE {
            let all = self.parts.iter_mut().flat_map(|part| &mut part.pairings);
            let mut family: Vec<&mut Pairing> = all
                .filter(|pairing| pairing.metric == metric && pairing.comparison.is_some())
                .collect();
            let p: Vec<f64> = family
                .iter()
                .filter_map(|pairing| Some(pairing.comparison?.test.p))
                .collect();
            for (pairing, corrected) in family.iter_mut().zip(holm(&p)) {
                pairing.p_holm = Some(corrected);
            }
        }
    }

    /// As Markdown.
    pub fn markdown(&self) -> String {
        page(|page| self.write(page))
    }

    fn write(&self, page: &mut String) -> core::fmt::Result {
        writeln!(
            page,
            "## Tuned on one stretch, judged on the next\n\nReal prices as demand, {} people, \
             periods of a day. Each series is parted in the middle; on the first part CMA-ES has \
             {} scores on {} tuning seeds for the gains and as many for the constants. On the \
             second part an economy of its own goes live, with {} test seeds from {FIRST_SEED}. ± \
             is one standard error over seeds; ratios are of means, paired by seed, with BCa \
             intervals of 95 %; p is Wilcoxon's after Holm's correction.",
            self.people, self.budget, self.tuning_seeds, self.seeds,
        )?;
        for part in &self.parts {
            part.write(page)?;
        }
        Ok(())
    }
}

/// A day of the calendar.
fn date(seconds: i64) -> String {
    DateTime::from_timestamp(seconds, 0).map_or_else(
        || seconds.to_string(),
        |time| time.format("%Y-%m-%d").to_string(),
    )
}

impl Part {
    fn write(&self, page: &mut String) -> core::fmt::Result {
        let [start, found, constants] = self.scores;
        writeln!(
            page,
            "\n### {}\n\nTuned on {} days until {}, judged on {} from {}. Score on the stretch: \
             {start:.3} with the default gains, {found:.3} with those found, {constants:.3} with \
             the best constants.\n",
            self.series,
            self.days[0],
            date(self.until),
            self.days[1],
            date(self.from),
        )?;
        write!(
            page,
            "Gains of the stretch, over the default ones (Kp, Ki):"
        )?;
        for (parameter, factors) in Parameter::ALL.iter().zip(self.factors.chunks(2)) {
            let factors: Vec<String> = factors.iter().map(|f| format!("x {f:.2}")).collect();
            write!(page, " {} {};", parameter.name(), factors.join(", "))?;
        }
        let [emission, fee, burn, liquidity] = self.constants.map(|ppm| ppm as f64 / 1e4);
        writeln!(
            page,
            " best constants: emission {emission:.2} %, fee {fee:.3} %, burn {burn:.1} %, \
             liquidity {liquidity:.1} %.\n"
        )?;
        write!(page, "| |")?;
        for metric in HEADLINE {
            write!(page, " {metric} |")?;
        }
        writeln!(page, " failed |\n|{}", "---|".repeat(HEADLINE.len() + 2))?;
        for line in &self.lines {
            write!(page, "| {} |", line.contender.name())?;
            for mean in &line.metrics {
                let digits = mean.map_or(0, |mean| if mean.mean.abs() >= 100.0 { 0 } else { 3 });
                write!(page, " {} |", text(*mean, 1.0, digits))?;
            }
            writeln!(page, " {} |", line.failed)?;
        }
        writeln!(
            page,
            "\n| compared | metric | ratio of means | median difference | p | better in |\n\
             |---|---|---|---|---|---|"
        )?;
        for pairing in &self.pairings {
            pairing.write(page)?;
        }
        Ok(())
    }
}

impl Pairing {
    fn write(&self, page: &mut String) -> core::fmt::Result {
        let names = format!("{} to {}", self.ours.name(), self.theirs.name());
        let Some(comparison) = &self.comparison else {
            return writeln!(page, "| {names} | {} | – | – | – | – |", self.metric);
        };
        let ratio = comparison.ratio.map_or("–".to_owned(), |ratio| {
            format!("{:.3} [{:.3}, {:.3}]", ratio.value, ratio.low, ratio.high)
        });
        let p = match self.p_holm {
            Some(p) if p < 0.001 => "< 0.001".to_owned(),
            Some(p) => format!("{p:.3}"),
            None => "–".to_owned(),
        };
        let median = comparison.median;
        writeln!(
            page,
            "| {names} | {} | {ratio} | {:+.4} [{:+.4}, {:+.4}] | {p} | {:.0} ± {:.0} % |",
            self.metric,
            median.value,
            median.low,
            median.high,
            100.0 * comparison.win_rate,
            100.0 * comparison.win_rate_standard_error,
        )
    }
}
