//! What a founder wants to know after a year: where each parameter went and why, what a fixed
//! rule would have done, and what became of the supply.

mod decision;
mod journey;
pub mod text;

use std::collections::BTreeMap;
use std::io::{self, Write};

use homeostat_client::{Funding, Parameter};
use homeostat_control::Fx;
use homeostat_sim::Behaviour;
use schemars::JsonSchema;
use serde::Serialize;

use super::beside::{self, Beside, Ends};
use super::counts::Counts;
use super::life::{History, Made};
use super::plan::{Plan, PEOPLE};
use crate::output::Exact;
use crate::report::table::percent;
use crate::simulate::figure;
use decision::{exact, short_fx};
use homeostat_settings::tokens::Tokens;
use journey::{journey, Journey};
use text::{grouped, points, signed, wrapped};

pub use decision::{row, shown, DecisionLine};

/// The end of the story.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Summary {
    economy: String,
    /// What happened from outside.
    scenario: &'static str,
    seed: u64,
    people: usize,
    /// How people behave, as the seed drew it from the simulator's ranges.
    behaviour: BTreeMap<&'static str, f64>,
    periods: u32,
    period_seconds: u32,
    from: i64,
    to: i64,
    wallets: usize,
    transactions: Counts,
    supply: Supply,
    staked_share: StakedShare,
    fees: Fees,
    rewards: Rewards,
    parameters: BTreeMap<&'static str, Journey>,
    /// What the fixed rule did with each parameter, beside what was steered.
    beside_fixed_rule: BTreeMap<&'static str, Beside>,
    /// Both economies at the end.
    ends: Ends,
    /// How many decisions of the program equal the simulated ones, to the last bit.
    decisions_equal_simulation: usize,
    invariant_checks: u32,
    invariants_hold: bool,
}

/// Tokens.
#[derive(Debug, Serialize, JsonSchema)]
struct Supply {
    start: Exact,
    end: Exact,
    minted: Exact,
    burned: Exact,
    cap: Exact,
    #[serde(skip)]
    change: f64,
    #[serde(skip)]
    text: [String; 4],
}

/// Fractions of the circulating supply.
#[derive(Debug, Serialize, JsonSchema)]
struct StakedShare {
    target: Exact,
    first: Exact,
    last: Exact,
    lowest: Exact,
    lowest_period: u32,
    highest: Exact,
    highest_period: u32,
    #[serde(skip)]
    numbers: [f64; 5],
    #[serde(skip)]
    mean_distance: f64,
}

/// Tokens.
#[derive(Debug, Serialize, JsonSchema)]
struct Fees {
    payments: u32,
    volume: Exact,
    charged: Exact,
    burned: Exact,
    to_stakers: Exact,
    to_treasury: Exact,
    #[serde(skip)]
    text: [String; 5],
}

/// Tokens.
#[derive(Debug, Serialize, JsonSchema)]
struct Rewards {
    accrued: Exact,
    claimed: Exact,
    unclaimed: Exact,
    #[serde(skip)]
    text: [String; 3],
}

/// A stretch of the story between two events.
struct Phase {
    name: &'static str,
    from: u32,
    to: u32,
}

fn phases(history: &History, periods: u32) -> Vec<Phase> {
    let names = history.events.iter().map(|event| event.name);
    let mut starts = vec![1];
    starts.extend(history.events.iter().map(|event| event.period));
    let ends = starts
        .iter()
        .skip(1)
        .map(|start| start - 1)
        .chain([periods]);
    ["launch"]
        .into_iter()
        .chain(names)
        .zip(starts.iter().copied())
        .zip(ends)
        .map(|((name, from), to)| Phase { name, from, to })
        .filter(|phase| phase.from <= phase.to)
        .collect()
}

impl Summary {
    /// Sums a history up.
    pub fn new(plan: &Plan<'_>, periods: u32, history: &History) -> Self {
        let spec = plan.spec;
        let tokens = Tokens {
            decimals: spec.decimals,
        };
        let exact_tokens = |base: u128| exact(tokens.show_wide(base));
        let text = |base: u128| grouped(base / 10u128.pow(u32::from(spec.decimals)));
        let end = &history.end;
        let minted = match spec.funding {
            Funding::Mint => u128::from(end.totals.supplied),
            Funding::Funded => 0,
        };
        let tally = &end.tally;
        let burned = tally.burned.get();
        let start = u128::from(spec.supply);
        let supply = u128::from(history.supply);
        let unclaimed = history.accrued.saturating_sub(history.claimed);
        let parameters = Parameter::ALL
            .into_iter()
            .zip(&spec.controllers)
            .map(|(parameter, config)| {
                let journey = journey(parameter, config, history, periods);
                (parameter.name(), journey)
            })
            .collect();
        Self {
            economy: spec.name.clone(),
            scenario: plan.story.name(),
            seed: plan.seed,
            people: PEOPLE,
            behaviour: Behaviour::NAMES
                .iter()
                .copied()
                .zip(plan.behaviour.values())
                .collect(),
            periods,
            period_seconds: spec.period,
            from: history.live_at,
            to: end.last_crank,
            wallets: history.wallets,
            transactions: history.counts,
            supply: Supply {
                start: exact_tokens(start),
                end: exact_tokens(supply),
                minted: exact_tokens(minted),
                burned: exact_tokens(burned),
                cap: exact_tokens(u128::from(spec.limits.hard_cap)),
                change: supply as f64 / start as f64 - 1.0,
                text: [text(start), text(supply), text(minted), text(burned)],
            },
            staked_share: staked_share(history),
            fees: Fees {
                payments: history.counts.payments,
                volume: exact_tokens(tally.volume.get()),
                charged: exact_tokens(tally.fees.get()),
                burned: exact_tokens(burned),
                to_stakers: exact_tokens(tally.swept_stakers.get()),
                to_treasury: exact_tokens(tally.swept_treasury.get()),
                text: [
                    text(tally.volume.get()),
                    text(tally.fees.get()),
                    text(burned),
                    text(tally.swept_stakers.get()),
                    text(tally.swept_treasury.get()),
                ],
            },
            rewards: Rewards {
                accrued: exact_tokens(history.accrued),
                claimed: exact_tokens(history.claimed),
                unclaimed: exact_tokens(unclaimed),
                text: [
                    text(history.accrued),
                    text(history.claimed),
                    text(unclaimed),
                ],
            },
            parameters,
            beside_fixed_rule: Parameter::ALL
                .into_iter()
                .map(|parameter| (parameter.name(), Beside::new(history, parameter)))
                .collect(),
            ends: Ends::new(history, spec.supply),
            decisions_equal_simulation: history.equal,
            invariant_checks: history.checks,
            invariants_hold: history.invariants.all_hold(),
        }
    }

    /// Writes it for people, in 120 columns.
    pub fn write(&self, out: &mut dyn Write, history: &History) -> io::Result<()> {
        let days = (self.to - self.from) as f64 / 86_400.0;
        writeln!(
            out,
            "{}: {} periods, {} days, {} wallets, {} transactions (scenario {}, seed {})\n",
            self.economy,
            self.periods,
            days.round(),
            self.wallets,
            grouped(u128::from(self.transactions.transactions)),
            self.scenario,
            self.seed
        )?;
        writeln!(out, "Where each parameter went, and why")?;
        for parameter in Parameter::ALL {
            let Some(journey) = self.parameters.get(parameter.name()) else {
                continue;
            };
            writeln!(out, "  {}", journey.line)?;
            for sentence in &journey.why {
                for (index, line) in wrapped(sentence, 112).into_iter().enumerate() {
                    let indent = if index == 0 { 4 } else { 6 };
                    writeln!(out, "{:indent$}{line}", "")?;
                }
            }
        }

        let lines: Vec<(Parameter, Beside)> = Parameter::ALL
            .into_iter()
            .filter_map(|of| Some((of, *self.beside_fixed_rule.get(of.name())?)))
            .collect();
        beside::write(out, &lines, &self.ends)?;
        self.write_outcome(out)?;
        self.write_people(out)?;

        let held = &history.invariants.held;
        writeln!(
            out,
            "\nDecisions of the program equal to the simulated ones: {} of {}",
            self.decisions_equal_simulation,
            history.decisions.len()
        )?;
        writeln!(
            out,
            "Invariants: {} checked {} times, all hold",
            held.len(),
            self.invariant_checks
        )?;
        let names: Vec<&str> = held.keys().copied().collect();
        for line in wrapped(&names.join(", "), 116) {
            writeln!(out, "  {line}")?;
        }
        Ok(())
    }

    /// What became of supply, stake, fees and rewards, and what people did.
    fn write_outcome(&self, out: &mut dyn Write) -> io::Result<()> {
        let [start, end, minted, burned] = &self.supply.text;
        let [target, first, last, lowest, highest] =
            self.staked_share.numbers.map(|n| percent(n, 1));
        let [volume, charged, fee_burned, stakers, treasury] = &self.fees.text;
        let [accrued, claimed, unclaimed] = &self.rewards.text;
        let counts = &self.transactions;
        writeln!(out, "\nWhat became of the economy")?;
        for (name, text) in [
            (
                "supply",
                format!(
                    "{start} -> {end} tokens ({}): {minted} minted, {burned} burned",
                    signed(self.supply.change)
                ),
            ),
            (
                "staked share",
                format!(
                    "{first} in period 1, {last} now; lowest {lowest} (period {}), highest {highest} \
                     (period {}); target {target}, mean distance from it {} points",
                    self.staked_share.lowest_period,
                    self.staked_share.highest_period,
                    points(self.staked_share.mean_distance),
                ),
            ),
            (
                "fees",
                format!(
                    "{charged} tokens on {} payments of {volume}: {fee_burned} burned, {stakers} to \
                     stakers, {treasury} to the treasury",
                    grouped(u128::from(counts.payments))
                ),
            ),
            (
                "rewards",
                format!("{accrued} tokens earned: {claimed} claimed, {unclaimed} waiting to be claimed"),
            ),
            (
                "people",
                format!(
                    "{} stakes, {} unstakes, {} withdrawals, {} claims, {} trades; {} positions opened",
                    counts.stakes,
                    counts.unstakes,
                    counts.withdrawals,
                    counts.claims,
                    counts.trades,
                    counts.positions_opened
                ),
            ),
        ] {
            for (index, line) in wrapped(&text, 100).into_iter().enumerate() {
                let name = if index == 0 { name } else { "" };
                writeln!(out, "  {name:<14}{line}")?;
            }
        }
        Ok(())
    }

    /// How the people behave, with the ranges that they were drawn from.
    fn write_people(&self, out: &mut dyn Write) -> io::Result<()> {
        let traits: Vec<String> = Behaviour::NAMES
            .iter()
            .zip(Behaviour::RANGES)
            .map(|(name, (low, high))| {
                let value = figure(self.behaviour.get(name).copied());
                format!("{} {value} ({low} to {high})", name.replace('_', " "))
            })
            .collect();
        writeln!(
            out,
            "\nHow the {} people behave: drawn by seed {} from these ranges",
            self.people, self.seed
        )?;
        for line in wrapped(&traits.join(", "), 116) {
            writeln!(out, "  {line}")?;
        }
        Ok(())
    }
}

fn staked_share(history: &History) -> StakedShare {
    let made: Vec<&Made> = history.of(Parameter::Emission).collect();
    let share = |made: &Made| made.decision.y;
    let first = made.first().map_or(Fx::ZERO, |made| share(made));
    let last = made.last().map_or(Fx::ZERO, |made| share(made));
    let target = made.last().map_or(Fx::ZERO, |made| made.decision.r);
    let lowest = made.iter().min_by_key(|made| share(made));
    let highest = made.iter().max_by_key(|made| share(made));
    let of_extreme =
        |extreme: Option<&&Made>| extreme.map_or((Fx::ZERO, 0), |made| (share(made), made.period));
    let (lowest, lowest_period) = of_extreme(lowest);
    let (highest, highest_period) = of_extreme(highest);
    let distances = made
        .iter()
        .map(|made| (made.decision.y - made.decision.r).to_num::<f64>().abs());
    StakedShare {
        target: short_fx(target),
        first: short_fx(first),
        last: short_fx(last),
        lowest: short_fx(lowest),
        lowest_period,
        highest: short_fx(highest),
        highest_period,
        numbers: [target, first, last, lowest, highest].map(|share| share.to_num()),
        mean_distance: distances.sum::<f64>() / made.len().max(1) as f64,
    }
}
