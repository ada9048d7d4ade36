//! `preview`: what the next crank would decide; and a decision as answers show it.

use std::io::{self, Write};

use base64::{prelude::BASE64_STANDARD, Engine};
use homeostat_chain::connection::refusal;
use homeostat_chain::send::unsigned;
use homeostat_chain::Live;
use homeostat_client::{decode, Controller, Metric, Parameter};
use homeostat_control::Decision;
use homeostat_settings::human::when;
use schemars::JsonSchema;
use serde::Serialize;
use solana_message::{Message, VersionedMessage};

use super::figure::{fraction, meant, meant_term, measure, metric_name, share};
use super::flags::legend;
use super::refused::{About, Scene};
use super::{Answer, Context, WhichArgs};
use crate::failure::Failure;
use crate::replay::flag_names;

/// Arguments of `preview`.
#[derive(Clone, Debug, clap::Args)]
pub struct PreviewArgs {
    #[command(flatten)]
    which: WhichArgs,
}

/// One decision; every figure but times and flags is a fraction with at most twelve decimal
/// places: what stands behind them is rounding.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DecisionAnswer {
    /// `emission`, `fee`, `burn` or `liquidity`.
    pub parameter: String,
    /// What it was steered by.
    pub metric: String,
    /// Start of the window (unix seconds); absent in the log, which has its end alone.
    pub from: Option<i64>,
    /// End of the window (unix seconds).
    pub to: i64,
    /// Measurement.
    pub y: String,
    /// Target.
    pub target: String,
    /// Normalised error, in the direction of the action.
    pub z: String,
    /// Proportional term.
    pub p: String,
    /// Integral term.
    pub i: String,
    /// Derivative term.
    pub d: String,
    /// Feed-forward term.
    pub f: String,
    /// Value without control.
    pub bias: String,
    /// Sum of the terms and the bias.
    pub raw: String,
    /// After the slew limit.
    pub slewed: String,
    /// The new value.
    pub u: String,
    /// What limited or held it.
    pub flags: Vec<String>,
}

impl DecisionAnswer {
    pub(super) fn new(
        parameter: Parameter,
        metric: Metric,
        from: Option<i64>,
        decision: &Decision,
    ) -> Self {
        Self {
            parameter: parameter.name().to_owned(),
            metric: metric_name(metric),
            from,
            to: decision.to,
            y: meant(decision.y),
            target: meant(decision.r),
            z: meant(decision.z),
            p: meant_term(decision.p),
            i: meant_term(decision.i),
            d: meant_term(decision.d),
            f: meant_term(decision.f),
            bias: meant_term(decision.u0),
            raw: meant_term(decision.raw),
            slewed: meant_term(decision.slewed),
            u: fraction(decision.u),
            flags: flag_names(decision)
                .into_iter()
                .map(str::to_owned)
                .collect(),
        }
    }

    pub(super) fn line(&self) -> String {
        format!(
            "{:<10} {:>11} {:>11} {:>11} {:>11} {:>11} {:>11} {:>11}  {}",
            self.parameter,
            measure(&self.metric, &self.y),
            measure(&self.metric, &self.target),
            share(&self.p),
            share(&self.i),
            share(&self.d),
            share(&self.raw),
            share(&self.u),
            self.flags.join(" ")
        )
    }
}

/// The columns of [`DecisionAnswer::line`].
pub(super) const HEAD: &str =
    "parameter     measured      target           P           I           D         raw       value  \
     flags";

pub(super) fn metric_of(context: &Context, controller: &Controller) -> Result<Metric, Failure> {
    controller
        .metric()
        .map_err(|_| context.connection.nonsense("an unknown metric"))
}

/// What the next crank would decide.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Preview {
    /// The economy.
    pub economy: String,
    /// When it may be cranked (unix seconds).
    pub next_crank_at: i64,
    /// The cluster's time (unix seconds).
    pub now: i64,
    /// The decisions as they would be now.
    pub decisions: Vec<DecisionAnswer>,
}

fn preview_one(context: &Context, live: &Live, parameter: Parameter) -> Result<Decision, Failure> {
    let index = u8::try_from(parameter.index()).unwrap_or(u8::MAX);
    let payer = context
        .key()
        .map_or(live.economy.creator, |key| key.address());
    let message = Message::new(&[live.preview(index)], Some(&payer));
    let simulated = context
        .connection
        .simulate(&unsigned(VersionedMessage::Legacy(message)), &[])?;
    if let Some(error) = simulated.err {
        let logs = simulated.logs.unwrap_or_default();
        let scene = Scene {
            live,
            signer: payer,
            about: About::Economy,
        };
        return Err(context.meaning("preview", &scene, refusal(&error.into(), &logs)));
    }
    let data = simulated
        .return_data
        .and_then(|data| BASE64_STANDARD.decode(data.data.0).ok())
        .ok_or_else(|| context.connection.nonsense("a preview without return data"))?;
    let stored = decode::preview(&data)
        .map_err(|error| context.connection.nonsense(format!("a preview: {error}")))?;
    Ok(stored.law())
}

/// `preview`: what the next crank would do.
///
/// # Errors
///
/// The economy is not live; the server's.
pub fn preview(context: &Context, arguments: &PreviewArgs) -> Result<(), Failure> {
    let live = context.live(&arguments.which)?;
    let mut decisions = Vec::new();
    for (parameter, controller) in Parameter::ALL.into_iter().zip(&live.economy.controllers) {
        let decision = preview_one(context, &live, parameter)?;
        let metric = metric_of(context, controller)?;
        decisions.push(DecisionAnswer::new(
            parameter,
            metric,
            Some(decision.from),
            &decision,
        ));
    }
    context.answer(&Preview {
        economy: live.at.economy.to_string(),
        next_crank_at: live.economy.next_end,
        now: context.connection.clock()?.unix_timestamp,
        decisions,
    })
}

impl Answer for Preview {
    fn display(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.next_crank_at > self.now {
            writeln!(
                out,
                "if the period ended now (it ends {}):",
                when(self.next_crank_at, self.now)
            )?;
        } else {
            writeln!(out, "the next crank would decide:")?;
        }
        writeln!(out, "{HEAD}")?;
        for decision in &self.decisions {
            writeln!(out, "{}", decision.line())?;
        }
        let flags = self.decisions.iter().flat_map(|decision| &decision.flags);
        let mut lines = legend(flags.map(String::as_str)).into_iter();
        lines.try_for_each(|line| writeln!(out, "{line}"))
    }
}
