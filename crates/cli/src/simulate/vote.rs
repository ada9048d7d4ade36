//! The answer of `simulate --proposal`: each figure without and with it.

use std::io::{self, Write};

use homeostat_settings::change::Decoded;
use homeostat_sim::effect::{Effect, Verdict, FIGURES};
use schemars::JsonSchema;
use serde::Serialize;

use super::proposal::Proposal;
use super::story::{direction, figure, short};
use crate::chain::duration;

/// What a proposal would do.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Vote {
    /// What the file calls it.
    title: Option<String>,
    /// Its actions: expected and new values.
    actions: Vec<Decoded>,
    /// `immediate`, `routine`, `standard` or `critical`.
    class: String,
    /// What it waits after its approval (seconds).
    delay: u32,
    /// The day of the run at whose start it is executed.
    executed_on_day: f64,
    /// Its actions that nothing in the simulator depends on, by kind.
    without_effect: Vec<&'static str>,
    /// The first seed.
    first_seed: u64,
    /// The number of seeds; each lives once without it and once with it.
    seeds: usize,
    /// Each figure, from the day of the shock on.
    figures: Vec<Line>,
    /// What all this rests on.
    rests_on: Vec<&'static str>,
}

/// A figure over all seeds, without the proposal and with it.
#[derive(Debug, Serialize, JsonSchema)]
struct Line {
    /// Its name.
    figure: &'static str,
    /// Whether `less` or `more` is better, or `neither`.
    better: &'static str,
    /// Its mean without. None where fewer than two seeds have it.
    without: Option<f64>,
    /// Its mean with.
    with: Option<f64>,
    /// The mean difference over the seeds, with less without.
    difference: Option<f64>,
    /// The lower end of its BCa bootstrap interval of 95 %.
    low: Option<f64>,
    /// The upper end.
    high: Option<f64>,
    /// The seeds that have it in both runs.
    seeds: usize,
    /// `better`, `worse`, `lower` or `higher` where neither is better, or `no difference seen`.
    verdict: Option<&'static str>,
}

impl Line {
    fn new(index: usize, effect: Option<&Effect>) -> Self {
        let (figure, better) = FIGURES[index];
        let of = |value: fn(&Effect) -> f64| effect.map(value);
        Self {
            figure,
            better: direction(better),
            without: of(|effect| effect.without),
            with: of(|effect| effect.with),
            difference: of(|effect| effect.difference.value),
            low: of(|effect| effect.difference.low),
            high: of(|effect| effect.difference.high),
            seeds: effect.map_or(0, |effect| effect.seeds),
            verdict: effect.map(|effect| word(effect.verdict)),
        }
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Better => "better",
        Verdict::Worse => "worse",
        Verdict::Lower => "lower",
        Verdict::Higher => "higher",
        Verdict::NoDifferenceSeen => "no difference seen",
    }
}

const DRAWN: &str = "People are drawn from ranges of behaviour, anew for each seed; only what is \
staked and paid at the start is that of the economy, and nothing is fitted to its history.";
const DRAWN_ANEW: &str =
    "People are drawn from ranges of behaviour, anew for each seed; nobody has \
measured those of an economy that does not exist yet.";
const NOT_SAMPLED: &str =
    "The intervals say how much seeds differ, not how wrong the model of people \
and market may be; ten figures are looked at, so one of them may differ by chance.";

impl Vote {
    /// The answer for a proposal with its effects over `seeds` seeds from `first` on.
    pub fn new(
        proposal: &Proposal,
        epoch_days: f64,
        from_chain: bool,
        (first, seeds): (u64, usize),
        effects: &[Option<Effect>],
    ) -> Self {
        let lines = effects.iter().enumerate();
        Self {
            title: proposal.title.clone(),
            actions: proposal.actions.clone(),
            class: proposal.class.clone(),
            delay: proposal.delay,
            executed_on_day: proposal.epoch as f64 * epoch_days,
            without_effect: proposal.without_effect.clone(),
            first_seed: first,
            seeds,
            figures: lines
                .map(|(index, effect)| Line::new(index, effect.as_ref()))
                .collect(),
            rests_on: vec![if from_chain { DRAWN } else { DRAWN_ANEW }, NOT_SAMPLED],
        }
    }

    /// Writes it for people.
    pub fn write(&self, out: &mut dyn Write, shock_day: f64) -> io::Result<()> {
        if let Some(title) = &self.title {
            writeln!(out, "{title}")?;
        }
        for action in &self.actions {
            writeln!(out, "  {action}")?;
        }
        let wait = match self.delay {
            0 => "takes effect at once".to_owned(),
            delay => format!(
                "waits {}, so it is executed on day {}",
                duration(u64::from(delay)),
                short(self.executed_on_day)
            ),
        };
        writeln!(out, "  {}: if approved now, it {wait}", self.class)?;
        for kind in &self.without_effect {
            writeln!(out, "  nothing in the simulator depends on {kind}")?;
        }
        writeln!(
            out,
            "\nFrom day {} on, {} seeds from {}, each without and with it",
            short(shock_day),
            self.seeds,
            self.first_seed
        )?;
        writeln!(
            out,
            "  {:<20} {:>10} {:>10} {:>11}  {:<24} verdict",
            "figure", "without", "with", "difference", "95 % interval"
        )?;
        for line in self.figures.iter().filter(|line| line.seeds > 0) {
            let interval = format!("{} to {}", figure(line.low), figure(line.high));
            writeln!(
                out,
                "  {:<20} {:>10} {:>10} {:>11}  {:<24} {}",
                line.figure,
                figure(line.without),
                figure(line.with),
                figure(line.difference),
                interval,
                line.verdict.unwrap_or_default()
            )?;
        }
        writeln!(out)?;
        for sentence in &self.rests_on {
            writeln!(out, "{sentence}")?;
        }
        Ok(())
    }
}
