//! One decision: in the JSON document, and for table and chart.

use homeostat::constants::PPM as MILLION;
use homeostat_client::Parameter;
use homeostat_control::Fx;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::beside::Fixed;
use super::super::life::Made;
use crate::decimal::{Decimal, PPM};
use crate::output::Exact;
use crate::replay::flag_names;
use crate::report;

pub fn exact(number: Decimal) -> Exact {
    number.into()
}

pub fn exact_fx(value: Fx) -> Exact {
    exact(Decimal::from_fx(value))
}

/// The fewest digits that read back as this value: 0.6 for what was written as 0.6.
pub fn short_fx(value: Fx) -> Exact {
    exact(Decimal::shortest(value))
}

pub fn exact_ppm(ppm: i64) -> Exact {
    exact(Decimal::from(ppm).shifted(-PPM))
}

pub fn exact_term(ppm: Fx) -> Exact {
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
    /// The same moment under the fixed rule; none where that was not cranked.
    fixed_rule: Option<Fixed>,
}

impl DecisionLine {
    /// A decision, and what the fixed rule measured and set at that moment.
    pub fn new(made: &Made, fixed_rule: Option<Fixed>) -> Self {
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
            fixed_rule,
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

pub fn of_ppm(value: Fx) -> f64 {
    value.to_num::<f64>() / MILLION as f64
}

pub const fn shown(parameter: Parameter) -> report::Parameter {
    match parameter {
        Parameter::Emission => report::Parameter::EmissionRate,
        Parameter::Fee => report::Parameter::FeeRate,
        Parameter::Burn => report::Parameter::BurnShare,
        Parameter::Liquidity => report::Parameter::LiquidityShare,
    }
}
