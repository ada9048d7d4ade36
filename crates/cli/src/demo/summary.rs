//! What a founder wants to know after a year: where each parameter went and why, and
//! what became of the supply.

use std::collections::BTreeMap;
use std::io::{self, Write};

use homeostat::constants::PPM as MILLION;
use homeostat_client::{Funding, Parameter};
use homeostat_control::{Config, Direction, Flags, Fx};
use schemars::JsonSchema;
use serde::Serialize;

use super::life::{Counts, History, Made};
use crate::decimal::{Decimal, PPM};
use crate::output::Exact;
use crate::replay::flag_names;
use crate::report::{self, table::percent};
use homeostat_ops::economy_file::EconomySpec;
use homeostat_ops::tokens::Tokens;

fn exact(number: Decimal) -> Exact {
    number.into()
}

fn exact_fx(value: Fx) -> Exact {
    exact(Decimal::from_fx(value))
}

/// The fewest digits that read back as this value: 0.6 for what was written as 0.6.
fn short_fx(value: Fx) -> Exact {
    exact(Decimal::shortest(value))
}

fn exact_ppm(ppm: i64) -> Exact {
    exact(Decimal::from(ppm).shifted(-PPM))
}

fn exact_term(ppm: Fx) -> Exact {
    exact(Decimal::from_fx(ppm).shifted(-PPM))
}

/// One decision in the JSON document. Everything but times is a fraction.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DecisionLine {
    period: u32,
    parameter: &'static str,
    at: i64,
    measurement: Exact,
    setpoint: Exact,
    error: Exact,
    bias: Exact,
    p: Exact,
    i: Exact,
    d: Exact,
    raw: Exact,
    value: Exact,
    min: Exact,
    max: Exact,
    flags: Vec<&'static str>,
}

impl From<&Made> for DecisionLine {
    fn from(made: &Made) -> Self {
        let decision = &made.decision;
        Self {
            period: made.period,
            parameter: made.parameter.name(),
            at: decision.to,
            measurement: exact_fx(decision.y),
            setpoint: short_fx(decision.r),
            error: exact_fx(decision.z),
            bias: exact_term(decision.u0),
            p: exact_term(decision.p),
            i: exact_term(decision.i),
            d: exact_term(decision.d),
            raw: exact_term(decision.raw),
            value: exact_ppm(decision.u),
            min: exact_ppm(made.min),
            max: exact_ppm(made.max),
            flags: flag_names(decision),
        }
    }
}

/// One decision for table and chart.
pub fn row(made: &Made) -> report::Row {
    let decision = &made.decision;
    report::Row {
        period: made.period,
        at: decision.to,
        parameter: shown(made.parameter),
        measurement: decision.y.to_num(),
        setpoint: decision.r.to_num(),
        p: of_ppm(decision.p),
        i: of_ppm(decision.i),
        d: of_ppm(decision.d),
        raw: of_ppm(decision.raw),
        value: decision.u as f64 / MILLION as f64,
        min: made.min as f64 / MILLION as f64,
        max: made.max as f64 / MILLION as f64,
        flags: flag_names(decision)
            .into_iter()
            .map(str::to_owned)
            .collect(),
    }
}

fn of_ppm(value: Fx) -> f64 {
    value.to_num::<f64>() / MILLION as f64
}

const fn shown(parameter: Parameter) -> report::Parameter {
    match parameter {
        Parameter::Emission => report::Parameter::EmissionRate,
        Parameter::Fee => report::Parameter::FeeRate,
        Parameter::Burn => report::Parameter::BurnShare,
        Parameter::Liquidity => report::Parameter::LiquidityShare,
    }
}

/// The end of the story.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Summary {
    economy: String,
    seed: u64,
    periods: u32,
    period_seconds: u32,
    from: i64,
    to: i64,
    wallets: usize,
    transactions: Transactions,
    supply: Supply,
    staked_share: StakedShare,
    fees: Fees,
    rewards: Rewards,
    parameters: BTreeMap<&'static str, Journey>,
    invariant_checks: u32,
    invariants_hold: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Transactions {
    total: u32,
    #[serde(flatten)]
    counts: Counts,
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

/// Where a parameter went.
#[derive(Debug, Serialize, JsonSchema)]
struct Journey {
    measures: &'static str,
    target: Exact,
    start: Exact,
    end: Exact,
    lowest: Exact,
    lowest_period: u32,
    highest: Exact,
    highest_period: u32,
    changes: u32,
    at_a_limit: u32,
    why: Vec<String>,
    #[serde(skip)]
    line: String,
}

/// A stretch of the story between two events.
struct Phase {
    name: &'static str,
    from: u32,
    to: u32,
}

fn phases(history: &History, periods: u32) -> Vec<Phase> {
    const NAMES: [&str; 4] = ["launch", "bull run", "crash", "whale exit"];
    let mut starts = vec![1];
    starts.extend(history.events.iter().map(|event| event.period));
    let ends = starts
        .iter()
        .skip(1)
        .map(|start| start - 1)
        .chain([periods]);
    NAMES
        .into_iter()
        .zip(starts.iter().copied())
        .zip(ends)
        .map(|((name, from), to)| Phase { name, from, to })
        .filter(|phase| phase.from <= phase.to)
        .collect()
}

impl Summary {
    /// Sums a history up.
    pub fn new(spec: &EconomySpec, seed: u64, periods: u32, history: &History) -> Self {
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
            seed,
            periods,
            period_seconds: spec.period,
            from: history.live_at,
            to: end.last_crank,
            wallets: history.wallets,
            transactions: Transactions {
                total: history.counts.total(),
                counts: history.counts,
            },
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
            invariant_checks: history.checks,
            invariants_hold: history.invariants.all_hold(),
        }
    }

    /// Writes it for people, in 120 columns.
    pub fn write(&self, out: &mut dyn Write, history: &History) -> io::Result<()> {
        let days = (self.to - self.from) as f64 / 86_400.0;
        writeln!(
            out,
            "{}: {} periods, {} days, {} wallets, {} transactions (seed {})\n",
            self.economy,
            self.periods,
            days.round(),
            self.wallets,
            grouped(u128::from(self.transactions.total)),
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

        let [start, end, minted, burned] = &self.supply.text;
        let [target, first, last, lowest, highest] =
            self.staked_share.numbers.map(|n| percent(n, 1));
        let [volume, charged, fee_burned, stakers, treasury] = &self.fees.text;
        let [accrued, claimed, unclaimed] = &self.rewards.text;
        let counts = &self.transactions.counts;
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
                    "{} stakes, {} unstakes, {} withdrawals, {} claims; {} positions opened, {} closed",
                    counts.stakes,
                    counts.unstakes,
                    counts.withdrawals,
                    counts.claims,
                    counts.positions_opened,
                    counts.positions_closed
                ),
            ),
        ] {
            for (index, line) in wrapped(&text, 100).into_iter().enumerate() {
                let name = if index == 0 { name } else { "" };
                writeln!(out, "  {name:<14}{line}")?;
            }
        }

        let held = &history.invariants.held;
        writeln!(
            out,
            "\nInvariants: {} checked {} times, all hold",
            held.len(),
            self.invariant_checks
        )?;
        let names: Vec<&str> = held.keys().copied().collect();
        for line in wrapped(&names.join(", "), 116) {
            writeln!(out, "  {line}")?;
        }
        Ok(())
    }
}

fn staked_share(history: &History) -> StakedShare {
    let made: Vec<&Made> = of(history, Parameter::Emission).collect();
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

fn of(history: &History, parameter: Parameter) -> impl Iterator<Item = &Made> {
    history
        .decisions
        .iter()
        .filter(move |made| made.parameter == parameter)
}

fn journey(parameter: Parameter, config: &Config, history: &History, periods: u32) -> Journey {
    let made: Vec<&Made> = of(history, parameter).collect();
    let name = shown(parameter);
    let start = made.first().map_or(0, |made| made.decision.u_prev);
    let end = made.last().map_or(0, |made| made.decision.u);
    let lowest = made.iter().min_by_key(|made| made.decision.u);
    let highest = made.iter().max_by_key(|made| made.decision.u);
    let extreme = |made: Option<&&Made>| made.map_or((0, 0), |m| (m.decision.u, m.period));
    let (lowest, lowest_period) = extreme(lowest);
    let (highest, highest_period) = extreme(highest);
    let changed = made
        .iter()
        .filter(|made| made.decision.u != made.decision.u_prev);
    let changes = changed.count() as u32;
    let limited = made.iter().filter(|made| {
        let flags = made.decision.flags;
        flags.contains(Flags::LIMIT_LOW) || flags.contains(Flags::LIMIT_HIGH)
    });
    let at_a_limit = limited.count() as u32;

    let mut why = vec![rule(name, config)];
    why.extend(phases(history, periods).iter().filter_map(|phase| {
        let inside: Vec<&Made> = made
            .iter()
            .copied()
            .filter(|made| (phase.from..=phase.to).contains(&made.period))
            .collect();
        let before = made.iter().rev().find(|made| made.period < phase.from);
        sentence(phase, name, config, before.copied(), &inside)
    }));
    why.extend(made.last().map(|made| sum_of_terms(made)));
    Journey {
        measures: name.measurement(),
        target: short_fx(config.setpoint.to),
        start: exact_ppm(start),
        end: exact_ppm(end),
        lowest: exact_ppm(lowest),
        lowest_period,
        highest: exact_ppm(highest),
        highest_period,
        changes,
        at_a_limit,
        why,
        line: format!(
            "{}: {} -> {} (lowest {} in period {lowest_period}, highest {} in period \
             {highest_period}; limits {} to {})",
            name.name(),
            value(start),
            value(end),
            value(lowest),
            value(highest),
            short(config.min),
            short(config.max),
        ),
    }
}

/// What the parameter is there for.
fn rule(name: report::Parameter, config: &Config) -> String {
    let (raised, lowered) = match config.direction {
        Direction::Direct => ("above", "below"),
        Direction::Reverse => ("below", "above"),
    };
    format!(
        "raised while {} is {raised} its target of {}, lowered while {lowered}",
        name.measurement(),
        percent(config.setpoint.to.to_num(), 1),
    )
}

/// Where a number came from, how far it went, and where it is now.
struct Way {
    from: f64,
    farthest: f64,
    at: u32,
    to: f64,
}

impl Way {
    fn new(from: f64, path: &[(u32, f64)]) -> Option<Self> {
        let distance = |value: f64| (value - from).abs();
        let (at, farthest) = *path
            .iter()
            .max_by(|(_, one), (_, other)| distance(*one).total_cmp(&distance(*other)))?;
        let (_, to) = *path.last()?;
        Some(Self {
            from,
            farthest,
            at,
            to,
        })
    }

    /// Up or down, by the farthest point.
    fn direction(&self) -> f64 {
        self.farthest - self.from
    }

    /// In words; a way shorter than `least` is none.
    fn tell(&self, least: f64, show: impl Fn(f64) -> String) -> String {
        if self.direction().abs() <= least || show(self.from) == show(self.farthest) {
            return format!("stayed near {}", show(self.to));
        }
        let verb = if self.direction() > 0.0 {
            "rose"
        } else {
            "fell"
        };
        let back = (self.to - self.farthest).abs();
        if back <= least || back < self.direction().abs() / 5.0 {
            return format!("{verb} from {} to {}", show(self.from), show(self.to));
        }
        let went = format!("{verb} from {} to {}", show(self.from), show(self.farthest));
        format!("{went} (period {}), then {}", self.at, show(self.to))
    }
}

/// What the measurement did in a phase, and what the parameter did about it.
fn sentence(
    phase: &Phase,
    name: report::Parameter,
    config: &Config,
    before: Option<&Made>,
    made: &[&Made],
) -> Option<String> {
    let (first, last) = (made.first()?, made.last()?);
    let measured = |made: &Made| made.decision.y.to_num::<f64>();
    let set = |made: &Made| made.decision.u as f64 / MILLION as f64;
    let path = |of: &dyn Fn(&Made) -> f64| -> Vec<(u32, f64)> {
        made.iter().map(|made| (made.period, of(made))).collect()
    };
    let measurement = Way::new(measured(before.unwrap_or(first)), &path(&measured))?;
    let parameter = Way::new(first.decision.u_prev as f64 / MILLION as f64, &path(&set))?;
    let mean = made.iter().map(|made| measured(made)).sum::<f64>() / made.len() as f64;
    let distance = mean - last.decision.r.to_num::<f64>();
    let band = config.dead_band.to.to_num::<f64>() * config.scale.to_num::<f64>();
    let place = if distance.abs() <= band {
        "on target on average".to_owned()
    } else {
        let side = if distance > 0.0 { "above" } else { "below" };
        format!("on average {} points {side} target", points(distance.abs()))
    };
    // P follows the distance of the moment, I the distances so far: either can be why.
    let up = match config.direction {
        Direction::Direct => 1.0,
        Direction::Reverse => -1.0,
    };
    let moved = parameter.direction() * up;
    let because = moved * distance > 0.0 || moved * measurement.direction() > 0.0;
    let limit = if last.decision.flags.contains(Flags::LIMIT_HIGH) {
        ", its upper limit"
    } else if last.decision.flags.contains(Flags::LIMIT_LOW) {
        ", its lower limit"
    } else {
        ""
    };
    let periods = if phase.from == phase.to {
        format!("period {}", phase.from)
    } else {
        format!("periods {} to {}", phase.from, phase.to)
    };
    Some(format!(
        "{} ({periods}): {} {}, {place}{} the {} {}{limit}",
        phase.name,
        name.measurement(),
        measurement.tell(band, |value| percent(value, 1)),
        if because { ", so" } else { ";" },
        name.name(),
        parameter.tell(0.0, |value| percent(value, 3)),
    ))
}

/// How the last value comes about.
fn sum_of_terms(made: &Made) -> String {
    let decision = &made.decision;
    let terms = [("P", decision.p), ("I", decision.i), ("D", decision.d)];
    let mut text = format!("now: {} without control", percent(of_ppm(decision.u0), 3));
    for (name, term) in terms {
        let term = of_ppm(term);
        if term != 0.0 {
            text.push_str(&format!(", {} {name}", signed_fine(term)));
        }
    }
    let flags = flag_names(decision);
    if flags.is_empty() {
        text.push_str(&format!(" = {}", value(decision.u)));
    } else {
        text.push_str(&format!(" -> {} ({})", value(decision.u), flags.join(", ")));
    }
    text
}

fn value(ppm: i64) -> String {
    percent(ppm as f64 / MILLION as f64, 3)
}

/// Without zeros that say nothing.
fn short(ppm: i64) -> String {
    format!("{} %", Decimal::from(ppm).shifted(2 - PPM))
}

fn signed(fraction: f64) -> String {
    let sign = if fraction < 0.0 { "" } else { "+" };
    format!("{sign}{}", percent(fraction, 2))
}

fn signed_fine(fraction: f64) -> String {
    let sign = if fraction < 0.0 { "" } else { "+" };
    format!("{sign}{}", percent(fraction, 3))
}

fn points(fraction: f64) -> String {
    format!("{:.1}", fraction * 100.0)
}

/// Digits in groups of three.
fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Lines of at most `width` columns, broken at spaces.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    // A number and its percent sign stay together.
    const TIED: &str = "\u{a0}%";
    let mut lines = vec![String::new()];
    for word in text.replace(" %", TIED).split(' ') {
        let last = lines.len() - 1;
        let line = &mut lines[last];
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
        .into_iter()
        .map(|line| line.replace(TIED, " %"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_lines_are_wrapped() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("", 7), [""]);
        assert_eq!(signed(-0.01), "-1.00 %");
        assert_eq!(signed(0.01), "+1.00 %");
        assert_eq!(
            wrapped("rose to 60.0 % again", 12),
            ["rose to", "60.0 % again"]
        );
    }
    #[test]
    fn ways_are_told_with_their_farthest_point() {
        let tell = |from, path: &[(u32, f64)]| {
            Way::new(from, path).map(|way| way.tell(0.01, |value| percent(value, 0)))
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            tell(0.6, &[(1, 0.7), (2, 0.8)]),
            some("rose from 60 % to 80 %")
        );
        assert_eq!(
            tell(0.6, &[(7, 0.4), (8, 0.55)]),
            some("fell from 60 % to 40 % (period 7), then 55 %")
        );
        assert_eq!(tell(0.6, &[(1, 0.605)]), some("stayed near 60 %"));
        assert_eq!(tell(0.6, &[]), None);
    }
}
