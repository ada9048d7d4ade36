//! Where a parameter went, and why.

use homeostat::constants::PPM as MILLION;
use homeostat_client::Parameter;
use homeostat_control::{Config, Direction, Flags};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::life::{History, Made};
use super::decision::{exact_ppm, of_ppm, short_fx, shown};
use super::text::{points, short, signed_fine, value};
use super::{phases, Phase};
use crate::output::Exact;
use crate::replay::flag_names;
use crate::report::{self, table::percent};

/// Where a parameter went.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Journey {
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
    pub why: Vec<String>,
    #[serde(skip)]
    pub line: String,
}

pub fn journey(parameter: Parameter, config: &Config, history: &History, periods: u32) -> Journey {
    let made: Vec<&Made> = history.of(parameter).collect();
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

#[cfg(test)]
mod tests {
    use super::*;

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
