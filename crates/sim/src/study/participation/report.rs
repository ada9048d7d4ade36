//! What the study of participation shows.

use core::fmt::Write;

use serde::Serialize;

use super::{Life, Plan, POLICIES, USUAL_TURNOUT};
use crate::{
    stats::{compare, Better, Bootstrap, Estimate},
    study::{page, text, Mean, FIRST_SEED},
};

/// The turnout of one policy in one scenario at one cost and fatigue.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// The scenario.
    pub scenario: &'static str,
    /// The policy.
    pub policy: &'static str,
    /// The cost, over the usual one.
    pub cost: f64,
    /// How strongly people tire.
    pub fatigue: f64,
    /// The lives that the program ended.
    pub failed: usize,
    /// The votes over the stake, which may vote.
    pub of_power: Option<Mean>,
    /// The votes over the supply.
    pub of_supply: Option<Mean>,
    /// The mean of the votes over the stake, over that of static untuned, paired by seed, with its
    /// BCa interval of 95 %; none where that mean is 0, and of static untuned itself.
    pub ratio: Option<Estimate>,
    /// The seeds in which both lasted.
    pub pairs: usize,
}

/// What the study shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The people.
    pub people: usize,
    /// The days of a life.
    pub days: f64,
    /// The test seeds.
    pub seeds: u64,
    /// The days from one proposal to the next.
    pub interval: usize,
    /// The calibrated gain.
    pub gain: f64,
    /// Every policy in every scenario at every cost and fatigue.
    pub lines: Vec<Line>,
}

impl Report {
    /// The report of the lives, by scenario, policy and seed.
    pub(super) fn of(plan: &Plan, gain: f64, lives: &[Option<Life>]) -> Self {
        let seeds = plan.seeds as usize;
        let mut lines = Vec::new();
        let by_scenario = lives.chunks(seeds * POLICIES.len());
        for (scenario, lives) in plan.scenarios.iter().zip(by_scenario) {
            for cost in &plan.costs {
                for fatigue in &plan.fatigues {
                    let turnouts = |lives: &[Option<Life>]| -> Vec<_> {
                        let all = lives.iter();
                        all.map(|life| Some(life.as_ref()?.turnout(gain, *cost, *fatigue)))
                            .collect()
                    };
                    let (reference, _) = lives.split_at(seeds.min(lives.len()));
                    let reference = turnouts(reference);
                    for (policy, lives) in POLICIES.iter().zip(lives.chunks(seeds)) {
                        let ours = turnouts(lives);
                        let lasted = || ours.iter().flatten();
                        let (one, other): (Vec<f64>, Vec<f64>) = ours
                            .iter()
                            .zip(&reference)
                            .filter_map(|(one, other)| Some(((*one)?.of_power, (*other)?.of_power)))
                            .unzip();
                        let compared = compare(&one, &other, Better::More, &Bootstrap::default());
                        lines.push(Line {
                            scenario: scenario.name(),
                            policy: policy.name(),
                            cost: *cost,
                            fatigue: *fatigue,
                            failed: ours.len() - lasted().count(),
                            of_power: Mean::of(&lasted().map(|t| t.of_power).collect::<Vec<_>>()),
                            of_supply: Mean::of(&lasted().map(|t| t.of_supply).collect::<Vec<_>>()),
                            ratio: match *policy == POLICIES[0] {
                                true => None,
                                false => compared.ok().and_then(|compared| compared.ratio),
                            },
                            pairs: one.len(),
                        });
                    }
                }
            }
        }
        let calendar = &plan.setting.calendar;
        Self {
            people: plan.setting.people,
            days: calendar.epochs as f64 * calendar.epoch_days,
            seeds: plan.seeds,
            interval: plan.interval,
            gain,
            lines,
        }
    }

    /// As Markdown.
    pub fn markdown(&self) -> String {
        page(|page| self.write(page))
    }

    fn write(&self, page: &mut String) -> core::fmt::Result {
        writeln!(
            page,
            "## Governance participation, as a sensitivity\n\n{} people, {} days, {} seeds from \
             {FIRST_SEED}, a proposal every {} days. Nobody votes in the simulator: a model of \
             turnout under cost and fatigue is put over the stakes of the lives, with its one \
             unknown calibrated so that {:.0} % of the supply votes under static untuned in the \
             first scenario at cost 1 and fatigue 1. It measures only the composition of the \
             stakers, that is who holds how much stake under a policy; whether people care more \
             about an economy that steers itself it cannot tell. Votes over eligible power (the \
             stake), in %, ± one standard error over seeds; the ratio is to static untuned, paired \
             by seed, with its BCa interval of 95 %.\n\n| scenario | cost | fatigue | policy | \
             votes over stake, % | votes over supply, % | ratio to static untuned | failed |\n\
             |---|---|---|---|---|---|---|---|",
            self.people,
            self.days,
            self.seeds,
            self.interval,
            100.0 * USUAL_TURNOUT,
        )?;
        for line in &self.lines {
            let ratio = line.ratio.map_or("–".to_owned(), |ratio| {
                format!("{:.3} [{:.3}, {:.3}]", ratio.value, ratio.low, ratio.high)
            });
            writeln!(
                page,
                "| {} | x {:.2} | {} | {} | {} | {} | {ratio} | {} |",
                line.scenario,
                line.cost,
                line.fatigue,
                line.policy,
                text(line.of_power, 100.0, 2),
                text(line.of_supply, 100.0, 2),
                line.failed,
            )?;
        }
        self.write_verdict(page)
    }

    /// How often each policy's interval excludes no change.
    fn write_verdict(&self, page: &mut String) -> core::fmt::Result {
        writeln!(page)?;
        for policy in POLICIES.iter().skip(1) {
            let ratios: Vec<Estimate> = self
                .lines
                .iter()
                .filter(|line| line.policy == policy.name())
                .filter_map(|line| line.ratio)
                .collect();
            let count = |is: fn(&Estimate) -> bool| ratios.iter().filter(|r| is(r)).count();
            writeln!(
                page,
                "- {}: more votes in {} of {} combinations, fewer in {}, no difference shown in {}.",
                policy.name(),
                count(|ratio| ratio.low > 1.0),
                ratios.len(),
                count(|ratio| ratio.high < 1.0),
                count(|ratio| !ratio.excludes(1.0)),
            )?;
        }
        Ok(())
    }
}
