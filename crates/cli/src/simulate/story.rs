//! What a simulated run was like: a table, its metrics beside those of fixed values, a chart.

use std::io::{self, Write};

use homeostat::state::Parameter;
use homeostat_sim::metrics::Better;
use homeostat_sim::plant::{Day, World};
use homeostat_sim::policy::Policy;
use homeostat_sim::Metrics;
use schemars::JsonSchema;
use serde::Serialize;

use super::present::Present;
use super::setting::Lived;
use super::vote::Vote;
use crate::report::chart::Path;
use crate::report::table::percent;
use crate::report::{self, Event};

/// About as many lines as the table has.
const LINES: usize = 30;

/// The answer. Everything but days and counts is a fraction, unless its name says otherwise.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Story {
    /// The economy's name.
    economy: String,
    /// What happened: a scenario, or `series`.
    scenario: &'static str,
    /// What steered.
    policy: &'static str,
    /// The seed.
    seed: u64,
    /// The number of people.
    people: usize,
    /// The number of epochs.
    epochs: usize,
    /// The length of an epoch (days).
    epoch_days: f64,
    /// The length of a period (days).
    period_days: f64,
    /// The day of the shock, from which metrics are taken.
    shock_day: f64,
    /// The live economy that the run goes on from.
    from_chain: Option<Present>,
    /// What a proposal would do; the days below are then those of the first seed with it.
    proposal: Option<Vote>,
    /// Each metric.
    metrics: Vec<Line>,
    /// Each epoch.
    days: Vec<Moment>,
}

/// A metric beside that of fixed values. None where it is not a number.
#[derive(Debug, Serialize, JsonSchema)]
struct Line {
    /// Its name.
    metric: &'static str,
    /// Its value.
    value: Option<f64>,
    /// That of static untuned: the values that the economy starts with, for ever; those in force
    /// where it was live before.
    static_untuned: Option<f64>,
    /// Whether `less` or `more` is better, or `neither`.
    better: &'static str,
}

/// The end of an epoch.
#[derive(Debug, Serialize, JsonSchema)]
struct Moment {
    /// Its day, counted from the start of the run.
    day: f64,
    /// The demand over that of a quiet day.
    demand: f64,
    /// The mean price over that at the start.
    price: f64,
    /// The native stake over the circulating supply.
    staked_share: f64,
    /// The annual yield of native stake.
    annual_yield: f64,
    /// The emission rate in force, a year.
    emission: f64,
    /// The fee rate in force.
    fee: f64,
    /// The burn share in force.
    burn: f64,
    /// The liquidity share in force.
    liquidity: f64,
    /// The supply over that at the start.
    supply: f64,
    /// Which parameters rested at a limit and wanted further.
    at_limit: Vec<&'static str>,
    /// Which guards were latched.
    latched: Vec<&'static str>,
}

impl Moment {
    fn new(day: &Day, end: f64, first_supply: f64) -> Self {
        let [emission, fee, burn, liquidity] = day.values.map(|ppm| ppm / 1e6);
        let named = |is: &dyn Fn(usize) -> bool| {
            Parameter::ALL
                .into_iter()
                .filter(|parameter| is(parameter.index()))
                .map(Parameter::name)
                .collect()
        };
        Self {
            day: end,
            demand: day.demand,
            price: day.price,
            staked_share: day.staked_share,
            annual_yield: day.annual_yield,
            emission,
            fee,
            burn,
            liquidity,
            supply: day.supply / first_supply,
            at_limit: named(&|index| day.at_limit[index] != 0),
            latched: named(&|index| day.latched[index]),
        }
    }
}

impl Story {
    /// What became of a world; `fixed` are the metrics of the same people under fixed values.
    pub fn new(lived: &Lived, policy: Policy, seed: u64, world: &World, fixed: &Metrics) -> Self {
        let calendar = world.calendar();
        let finite = |value: f64| value.is_finite().then_some(value);
        let metrics = Metrics::of(world).values();
        let lines = Metrics::NAMES
            .iter()
            .zip(Metrics::BETTER)
            .zip(metrics.into_iter().zip(fixed.values()))
            .map(|((metric, better), (value, fixed))| Line {
                metric,
                value: finite(value),
                static_untuned: finite(fixed),
                better: direction(*better),
            });
        let supply = lived.setting.design.supply as f64;
        let days = world.days().iter().enumerate();
        Self {
            economy: lived.economy.clone(),
            scenario: lived.scenario_name(),
            policy: policy.name(),
            seed,
            people: lived.setting.people,
            epochs: calendar.epochs,
            epoch_days: calendar.epoch_days,
            period_days: calendar.period_days,
            shock_day: calendar.shock() as f64 * calendar.epoch_days,
            from_chain: None,
            proposal: None,
            metrics: lines.collect(),
            days: days
                .map(|(epoch, day)| {
                    Moment::new(day, (epoch + 1) as f64 * calendar.epoch_days, supply)
                })
                .collect(),
        }
    }

    /// Adds where the run goes on from, and what a proposal would do.
    #[must_use]
    pub fn with(self, from_chain: Option<Present>, proposal: Option<Vote>) -> Self {
        Self {
            from_chain,
            proposal,
            ..self
        }
    }

    /// A title for the chart.
    pub fn title(&self) -> String {
        format!(
            "{}, {}: {} people, seed {}",
            self.policy, self.scenario, self.people, self.seed
        )
    }

    /// Writes table and metrics, for people.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "{} in {}, economy {}: {} people, {} epochs of {} d, periods of {} d, seed {}\n",
            self.policy,
            self.scenario,
            self.economy,
            self.people,
            self.epochs,
            short(self.epoch_days),
            short(self.period_days),
            self.seed
        )?;
        if let Some(present) = &self.from_chain {
            present.write(out)?;
        }
        if let Some(proposal) = &self.proposal {
            return proposal.write(out, self.shock_day);
        }
        writeln!(
            out,
            "{:>8} {:>8} {:>8} {:>9} {:>9} {:>9} {:>8} {:>8} {:>9} {:>8}  notes",
            "day",
            "demand",
            "price",
            "staked",
            "yield",
            "emission",
            "fee",
            "burn",
            "liquidity",
            "supply"
        )?;
        let step = self.days.len().div_ceil(LINES).max(1);
        let last = self.days.len().saturating_sub(1);
        for (index, day) in self.days.iter().enumerate() {
            if index % step == step - 1 || index == last {
                self.write_day(out, day)?;
            }
        }
        writeln!(
            out,
            "\nFrom day {} on, beside the same people under the values of the first day",
            short(self.shock_day)
        )?;
        writeln!(
            out,
            "  {:<22} {:>12} {:>15}",
            "metric", self.policy, "static-untuned"
        )?;
        for line in &self.metrics {
            let mark = match (line.value, line.static_untuned, line.better) {
                (Some(ours), Some(theirs), "less") if ours < theirs => "better",
                (Some(ours), Some(theirs), "more") if ours > theirs => "better",
                (Some(ours), Some(theirs), "less" | "more") if ours != theirs => "worse",
                _ => "",
            };
            let text = format!(
                "  {:<22} {:>12} {:>15}  {mark}",
                line.metric,
                figure(line.value),
                figure(line.static_untuned)
            );
            writeln!(out, "{}", text.trim_end())?;
        }
        Ok(())
    }

    fn write_day(&self, out: &mut dyn Write, day: &Moment) -> io::Result<()> {
        let mut notes: Vec<String> = Vec::new();
        // A line stands for the epochs since the line before; the shock falls in one of them.
        if !day.at_limit.is_empty() {
            notes.push(format!("at limit: {}", day.at_limit.join(", ")));
        }
        if !day.latched.is_empty() {
            notes.push(format!("guard: {}", day.latched.join(", ")));
        }
        let text = format!(
            "{:>8} {:>8.3} {:>8.4} {:>9} {:>9} {:>9} {:>8} {:>8} {:>9} {:>8.4}  {}",
            short(day.day),
            day.demand,
            day.price,
            percent(day.staked_share, 2),
            percent(day.annual_yield, 2),
            percent(day.emission, 2),
            percent(day.fee, 3),
            percent(day.burn, 1),
            percent(day.liquidity, 1),
            day.supply,
            notes.join("; ")
        );
        writeln!(out, "{}", text.trim_end())
    }
}

/// A number of days without digits that say nothing.
pub fn short(days: f64) -> String {
    let text = format!("{days:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Which direction of a figure is better, in a word.
pub fn direction(better: Better) -> &'static str {
    match better {
        Better::Less => "less",
        Better::More => "more",
        Better::Neither => "neither",
    }
}

/// A metric with four digits that count; a dash for none.
pub fn figure(value: Option<f64>) -> String {
    let Some(value) = value else {
        return "–".to_owned();
    };
    let size = value.abs();
    if value == 0.0 {
        "0".to_owned()
    } else if !(1e-4..1e6).contains(&size) {
        format!("{value:.3e}")
    } else {
        let before = size.log10().floor() as i32;
        let digits = (3 - before).clamp(0, 7) as usize;
        format!("{value:.digits$}")
    }
}

/// The decisions for the chart, and the shock. Measurements and limits of values that are set by
/// hand are left out: nothing is steered by them.
pub fn decisions(world: &World, lived: &Lived) -> (Vec<report::Row>, Vec<Event>) {
    let controllers = world
        .chain()
        .economy
        .controllers
        .map(|controller| controller.config());
    let mut rows = Vec::new();
    let mut period = 0;
    for (epoch, day) in world.days().iter().enumerate() {
        if !day.cranked {
            continue;
        }
        period += 1;
        for (index, parameter) in report::Parameter::ALL.into_iter().enumerate() {
            let config = &controllers[index];
            let by_hand = matches!(config.mode, homeostat_control::Mode::Manual(_));
            let limit = |ppm: i64| if by_hand { f64::NAN } else { ppm as f64 / 1e6 };
            rows.push(report::Row {
                period,
                at: world.starts(epoch + 1),
                parameter,
                measurement: day.measured[index],
                setpoint: config.setpoint.to.to_num(),
                p: f64::NAN,
                i: f64::NAN,
                d: f64::NAN,
                raw: f64::NAN,
                value: day.values[index] / 1e6,
                min: limit(config.min),
                max: limit(config.max),
                flags: Vec::new(),
            });
        }
    }
    let shock = Event {
        at: world.starts(world.calendar().shock()),
        label: lived.scenario_name().to_owned(),
    };
    (rows, vec![shock])
}

/// Price and demand for the chart.
pub fn paths(world: &World) -> [Path; 2] {
    let path = |name, of: fn(&Day) -> f64| Path {
        name,
        points: world
            .days()
            .iter()
            .enumerate()
            .map(|(epoch, day)| (world.starts(epoch + 1), of(day)))
            .collect(),
        fixed: Vec::new(),
    };
    [
        path("price, over that at the start", |day| day.price),
        path("demand, over that of a quiet day", |day| day.demand),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_four_digits_that_count() {
        for (value, text) in [
            (None, "–"),
            (Some(0.0), "0"),
            (Some(0.60123), "0.6012"),
            (Some(-0.0123456), "-0.01235"),
            (Some(123.456), "123.5"),
            (Some(20_123.4), "20123"),
            (Some(1.5e7), "1.500e7"),
            (Some(1.5e-7), "1.500e-7"),
        ] {
            assert_eq!(figure(value), text);
        }
        assert_eq!(
            (short(1.0), short(0.25), short(7.125)),
            ("1".into(), "0.25".into(), "7.125".into())
        );
    }
}
