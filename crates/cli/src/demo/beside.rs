//! What a fixed rule would have done: the same people, market, weather and luck, and every
//! parameter where it started.

use std::io::{self, Write};

use homeostat_client::Parameter;
use homeostat_sim::plant::{Day, World};
use schemars::JsonSchema;
use serde::Serialize;

use super::life::{History, Made};
use super::summary::{shown, text::wrapped};
use crate::report::chart::Path;
use crate::report::{self, table::percent};

/// What the fixed rule measured and set at the moment of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Fixed {
    /// What was measured; none where nothing was.
    measurement: Option<f64>,
    /// The parameter's value.
    value: f64,
}

/// One line of values for each crank of a world, by parameter.
fn by_crank(world: &World) -> impl Iterator<Item = [Fixed; 4]> + '_ {
    let cranked = world.days().iter().filter(|day| day.cranked);
    cranked.map(|day| {
        Parameter::ALL.map(|parameter| {
            let measured = day.measured[parameter.index()];
            Fixed {
                measurement: measured.is_finite().then_some(measured),
                value: day.values[parameter.index()] / 1e6,
            }
        })
    })
}

/// What the fixed rule did, in the order of the decisions: both economies are cranked at the same
/// times.
pub fn fixed(history: &History) -> Vec<Fixed> {
    by_crank(&history.fixed).flatten().collect()
}

/// The same as rows of a chart, beside those of the decisions.
pub fn rows(decisions: &[report::Row], fixed: &[Fixed]) -> Vec<report::Row> {
    let pairs = decisions.iter().zip(fixed);
    pairs
        .map(|(row, fixed)| report::Row {
            measurement: fixed.measurement.unwrap_or(f64::NAN),
            value: fixed.value,
            flags: Vec::new(),
            ..row.clone()
        })
        .collect()
}

/// Price and demand for the chart, with the price under the fixed rule.
pub fn paths(history: &History) -> [Path; 2] {
    let points = |world: &World, of: fn(&Day) -> f64| {
        let days = world.days().iter().enumerate();
        days.map(|(epoch, day)| (world.calendar().start(epoch + 1), of(day)))
            .collect()
    };
    [
        Path {
            name: "price, over that at go-live",
            points: points(&history.steered, |day| day.price),
            fixed: points(&history.fixed, |day| day.price),
        },
        Path {
            name: "demand, over that of a quiet day",
            points: points(&history.steered, |day| day.demand),
            fixed: Vec::new(),
        },
    ]
}

/// How one of the two economies did with a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Side {
    /// The mean of what was measured.
    mean_measurement: f64,
    /// The mean distance of that from its target.
    mean_distance: f64,
    /// The parameter's value at the end.
    end: f64,
}

impl Side {
    /// Of (measurement, target, value), a decision each.
    fn of(decisions: impl Iterator<Item = (Option<f64>, f64, f64)>) -> Self {
        let (mut count, mut sum, mut distance, mut end) = (0.0, 0.0, 0.0, 0.0);
        for (measurement, target, value) in decisions {
            end = value;
            if let Some(measurement) = measurement {
                count += 1.0;
                sum += measurement;
                distance += (measurement - target).abs();
            }
        }
        let mean = |sum: f64| if count > 0.0 { sum / count } else { 0.0 };
        Self {
            mean_measurement: mean(sum),
            mean_distance: mean(distance),
            end,
        }
    }
}

/// Which of the two was closer to its target on average.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Closer {
    /// The steered economy.
    Steered,
    /// That under the fixed rule.
    FixedRule,
    /// Neither, to a tenth of a point.
    Neither,
}

impl Closer {
    fn of(steered: f64, fixed: f64) -> Self {
        // As it is shown, so that no line says less and shows the same.
        let tenths = |distance: f64| (distance * 1_000.0).round();
        match tenths(steered).total_cmp(&tenths(fixed)) {
            core::cmp::Ordering::Less => Self::Steered,
            core::cmp::Ordering::Equal => Self::Neither,
            core::cmp::Ordering::Greater => Self::FixedRule,
        }
    }

    const fn shown(self) -> &'static str {
        match self {
            Self::Steered => "steered",
            Self::FixedRule => "fixed rule",
            Self::Neither => "neither",
        }
    }
}

/// A parameter in both economies. Fractions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Beside {
    /// As it was steered.
    steered: Side,
    /// Under the fixed rule.
    fixed_rule: Side,
    /// Whose measurement was closer to its target on average.
    closer: Closer,
    #[serde(skip)]
    target: f64,
}

impl Beside {
    /// A parameter of a history.
    pub fn new(history: &History, parameter: Parameter) -> Self {
        let made: Vec<&Made> = history.of(parameter).collect();
        let target = |made: &Made| made.decision.r.to_num::<f64>();
        let steered = made.iter().map(|made| {
            let decision = &made.decision;
            let measurement = decision.y.to_num::<f64>();
            (Some(measurement), target(made), decision.u as f64 / 1e6)
        });
        let steered = Side::of(steered);
        let fixed = by_crank(&history.fixed).map(|fixed| fixed[parameter.index()]);
        let fixed_rule = Side::of(
            fixed
                .zip(&made)
                .map(|(fixed, made)| (fixed.measurement, target(made), fixed.value)),
        );
        Self {
            steered,
            fixed_rule,
            closer: Closer::of(steered.mean_distance, fixed_rule.mean_distance),
            target: made.last().map_or(f64::NAN, |made| target(made)),
        }
    }
}

/// Both economies at the end.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Ends {
    /// As it was steered.
    steered: End,
    /// Under the fixed rule.
    fixed_rule: End,
}

/// An economy at the end. Everything over its value at go-live.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
struct End {
    /// The supply.
    supply: f64,
    /// The mean price of the last epoch.
    price: f64,
}

impl Ends {
    /// Of a history, whose economy started with `supply` base units.
    pub fn new(history: &History, supply: u64) -> Self {
        let end = |world: &World| {
            let day = world.days().last();
            End {
                supply: day.map_or(1.0, |day| day.supply / supply as f64),
                price: day.map_or(1.0, |day| day.price),
            }
        };
        Self {
            steered: end(&history.steered),
            fixed_rule: end(&history.fixed),
        }
    }
}

/// Writes a line a parameter, and who was closer.
pub fn write(out: &mut dyn Write, lines: &[(Parameter, Beside)], ends: &Ends) -> io::Result<()> {
    writeln!(
        out,
        "\nBeside a fixed rule: the same people, market and weather, every parameter where it started\n  \
         {:<15} {:<18} {:>8}  {:^18}  {:^18}  {:^19}  closer",
        "", "", "", "mean measured", "mean distance", "value at the end"
    )?;
    let pair = "steered / fixed";
    writeln!(
        out,
        "  {:<15} {:<18} {:>8}  {pair:^18}  {pair:^18}  {pair:^19}",
        "parameter", "measured", "target"
    )?;
    for (parameter, beside) in lines {
        let name = shown(*parameter);
        let both = |of: fn(&Side) -> f64, digits| {
            let [steered, fixed] =
                [&beside.steered, &beside.fixed_rule].map(|side| percent(of(side), digits));
            format!("{steered} / {fixed}")
        };
        writeln!(
            out,
            "  {:<15} {:<18} {:>8}  {:^18}  {:^18}  {:^19}  {}",
            name.name(),
            name.measurement(),
            percent(beside.target, 1),
            both(|side| side.mean_measurement, 1),
            both(|side| side.mean_distance, 1),
            both(|side| side.end, 3),
            beside.closer.shown()
        )?;
    }
    let [steered, fixed] = [ends.steered, ends.fixed_rule];
    let text = format!(
        "{} At the end the supply is {} of that at go-live when steered and {} under the fixed rule, \
         the price {} and {}. One seed shows what can happen; `bench` says whether it tends to.",
        verdict(lines),
        percent(steered.supply, 1),
        percent(fixed.supply, 1),
        percent(steered.price, 1),
        percent(fixed.price, 1)
    );
    for line in wrapped(&text, 116) {
        writeln!(out, "  {line}")?;
    }
    Ok(())
}

/// Who was closer to which target, in a sentence.
fn verdict(lines: &[(Parameter, Beside)]) -> String {
    let parts = [
        (Closer::Steered, "steered"),
        (Closer::FixedRule, "the fixed rule"),
        (Closer::Neither, "neither"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter_map(|(closer, who)| {
            let of: Vec<&str> = lines
                .iter()
                .filter(|(_, beside)| beside.closer == closer)
                .map(|(parameter, _)| shown(*parameter).measurement())
                .collect();
            (!of.is_empty()).then(|| format!("{who} for {}", of.join(", ")))
        })
        .collect();
    format!("Closer to target on average: {}.", parts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beside(steered: f64, fixed: f64) -> Beside {
        let side = |mean_distance| Side {
            mean_measurement: 0.6 - mean_distance,
            mean_distance,
            end: 0.06,
        };
        Beside {
            steered: side(steered),
            fixed_rule: side(fixed),
            closer: Closer::of(steered, fixed),
            target: 0.6,
        }
    }

    #[test]
    fn whoever_was_closer_is_named_also_where_it_is_the_fixed_rule() {
        let lines = [
            (Parameter::Emission, beside(0.021, 0.063)),
            (Parameter::Fee, beside(0.305, 0.104)),
            (Parameter::Burn, beside(0.01, 0.01004)),
            (Parameter::Liquidity, beside(0.2, 0.3)),
        ];
        let [emission, fee, burn, liquidity] =
            Parameter::ALL.map(|parameter| shown(parameter).measurement());
        assert_eq!(
            verdict(&lines),
            format!(
                "Closer to target on average: steered for {emission}, {liquidity}; the fixed rule \
                 for {fee}; neither for {burn}."
            )
        );
        let end = |supply| End {
            supply,
            price: 0.75,
        };
        let ends = Ends {
            steered: end(1.034),
            fixed_rule: end(1.049),
        };
        let mut out = Vec::new();
        write(&mut out, &lines, &ends).expect("memory can be written");
        let text = String::from_utf8(out).expect("UTF-8");
        assert!(text.contains("30.5 % / 10.4 %"), "{text}");
        assert!(
            text.contains("103.4 %") && text.contains("104.9 %"),
            "{text}"
        );
        for line in text.lines() {
            assert!(line.chars().count() <= 120, "{line}");
        }
        for (who, of) in [("steered", "emission rate"), ("fixed rule", "fee rate")] {
            let line = text.lines().find(|line| line.contains(of)).expect("a line");
            assert!(line.ends_with(who), "{line}");
        }
    }

    #[test]
    fn means_leave_out_what_was_not_measured() {
        let side = Side::of(
            [
                (Some(0.5), 0.6, 0.01),
                (None, 0.6, 0.02),
                (Some(0.9), 0.6, 0.03),
            ]
            .into_iter(),
        );
        assert!((side.mean_measurement - 0.7).abs() < 1e-12);
        assert!((side.mean_distance - 0.2).abs() < 1e-12);
        assert_eq!(side.end, 0.03);
        let nothing = Side::of([(None, 0.6, 0.01)].into_iter());
        assert_eq!(nothing.mean_distance, 0.0);
    }
}
