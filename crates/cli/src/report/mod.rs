//! Decisions for people: a table for the terminal, a chart for a page.
//!
//! Presentation only, so floating point is welcome here: exact numbers stay with the
//! control law and with `replay`.

pub mod chart;
pub mod table;

use schemars::JsonSchema;
use serde::Serialize;

/// What a controller steers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Parameter {
    /// Annual emission as a fraction of supply.
    EmissionRate,
    /// Fraction of each charged payment.
    FeeRate,
    /// Part of a fee that is burned.
    BurnShare,
    /// Part of the emission that goes to liquidity pools.
    LiquidityShare,
}

impl Parameter {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 4] = [
        Self::EmissionRate,
        Self::FeeRate,
        Self::BurnShare,
        Self::LiquidityShare,
    ];

    /// The parameter, for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EmissionRate => "emission rate",
            Self::FeeRate => "fee rate",
            Self::BurnShare => "burn share",
            Self::LiquidityShare => "liquidity share",
        }
    }

    /// What it is steered by, for people.
    pub const fn measurement(self) -> &'static str {
        match self {
            Self::EmissionRate => "staked share",
            Self::FeeRate => "utilisation",
            Self::BurnShare => "burned over emitted",
            Self::LiquidityShare => "liquidity depth",
        }
    }
}

/// One decision about one parameter. Everything but times is a fraction.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Period that the decision closed, counted from 1.
    pub period: u32,
    /// When it was made (unix seconds).
    pub at: i64,
    /// What it set.
    pub parameter: Parameter,
    /// What was measured over the period.
    pub measurement: f64,
    /// Target of the measurement.
    pub setpoint: f64,
    /// Proportional term.
    pub p: f64,
    /// Integral term.
    pub i: f64,
    /// Derivative term.
    pub d: f64,
    /// Sum of bias and terms, before slew and limits.
    pub raw: f64,
    /// The new value.
    pub value: f64,
    /// Lower limit in force.
    pub min: f64,
    /// Upper limit in force.
    pub max: f64,
    /// What happened, in lower snake case.
    pub flags: Vec<String>,
}

/// Something that happened to the economy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Event {
    /// When (unix seconds).
    pub at: i64,
    /// What, in a few words.
    pub label: String,
}

#[cfg(test)]
pub(crate) mod sample {
    //! A made-up year with everything a report has to show.

    use super::*;

    /// Seconds of a week.
    pub const WEEK: i64 = 604_800;

    /// Weekly decisions about all parameters, and three events.
    pub fn year() -> (Vec<Row>, Vec<Event>) {
        let start = 1_767_225_600;
        let shocks = [(12, "bull run"), (25, "crash"), (28, "whale exit")];
        let mut rows = Vec::new();
        for period in 1..=52u32 {
            let at = start + i64::from(period) * WEEK;
            for (parameter, setpoint, bias, min, max, gain) in [
                (Parameter::EmissionRate, 0.60, 0.06, 0.01, 0.20, 0.4),
                (Parameter::FeeRate, 0.50, 0.003, 0.0005, 0.01, -0.01),
                (Parameter::BurnShare, 0.02, 0.30, 0.0, 0.80, -6.0),
                (Parameter::LiquidityShare, 0.08, 0.15, 0.05, 0.40, 2.0),
            ] {
                let swing: f64 = shocks
                    .iter()
                    .map(|(week, _)| f64::from(period) - f64::from(*week))
                    .filter(|since| *since >= 0.0)
                    .map(|since| -0.35 * (-since / 5.0).exp() * (since / 2.0).cos())
                    .sum();
                let wobble = 0.02 * (f64::from(period) * 1.7).sin();
                let measurement = setpoint * (1.0 + swing + wobble);
                let p = gain * (setpoint - measurement) * 0.6;
                let i = gain * (setpoint - measurement) * 0.4;
                let raw = bias + p + i;
                let value = raw.clamp(min, max);
                let mut flags = Vec::new();
                if period == 1 {
                    flags.push("primed".to_owned());
                }
                if value == min {
                    flags.extend(["slew_down", "limit_low", "trimmed"].map(str::to_owned));
                }
                if value == max {
                    flags.extend(["limit_high", "trimmed"].map(str::to_owned));
                }
                rows.push(Row {
                    period,
                    at,
                    parameter,
                    measurement,
                    setpoint,
                    p,
                    i,
                    d: 0.0,
                    raw,
                    value,
                    min,
                    max,
                    flags,
                });
            }
        }
        let events = shocks
            .iter()
            .map(|(week, label)| Event {
                at: start + i64::from(*week) * WEEK,
                label: (*label).to_owned(),
            })
            .collect();
        (rows, events)
    }
}
