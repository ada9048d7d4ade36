//! `preview`, `explain`: what is decided, and why.

use std::io::{self, Write};

use base64::{prelude::BASE64_STANDARD, Engine};
use homeostat_chain::connection::refusal;
use homeostat_chain::send::unsigned;
use homeostat_chain::Live;
use homeostat_client::{decode, Controller, Metric, Parameter};
use homeostat_control::{Decision, Fx};
use schemars::JsonSchema;
use serde::Serialize;
use solana_message::{Message, VersionedMessage};

use super::refused::{About, Scene};
use super::sentences::{at_limit, follows};
use super::status::{fraction, metric_name};
use super::{duration, time, Answer, Context, WhichArgs};
use crate::decimal::{Decimal, PPM};
use crate::failure::Failure;
use crate::replay::flag_names;

/// Arguments of `preview`.
#[derive(Clone, Debug, clap::Args)]
pub struct PreviewArgs {
    #[command(flatten)]
    which: WhichArgs,
}

/// Arguments of `explain`.
#[derive(Clone, Debug, clap::Args)]
pub struct ExplainArgs {
    /// emission, fee, burn or liquidity
    #[arg(value_parser = ["emission", "fee", "burn", "liquidity"])]
    pub parameter: String,
    #[command(flatten)]
    which: WhichArgs,
}

/// One decision; every figure but times and flags is a fraction with all its digits.
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

/// The fewest digits that read back as this value.
pub(crate) fn exact(value: Fx) -> String {
    Decimal::shortest(value).to_string()
}

/// Parts per million as a fraction with all its digits.
pub(crate) fn term(ppm: Fx) -> String {
    Decimal::from_fx(ppm).shifted(-PPM).to_string()
}

/// A figure for people: six decimal places.
pub(super) fn short(text: &str) -> String {
    match text.parse::<Decimal>() {
        Ok(number) => number.rounded(6).to_string(),
        Err(_) => text.to_owned(),
    }
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
            y: exact(decision.y),
            target: exact(decision.r),
            z: exact(decision.z),
            p: term(decision.p),
            i: term(decision.i),
            d: term(decision.d),
            f: term(decision.f),
            bias: term(decision.u0),
            raw: term(decision.raw),
            slewed: term(decision.slewed),
            u: fraction(decision.u),
            flags: flag_names(decision)
                .into_iter()
                .map(str::to_owned)
                .collect(),
        }
    }

    pub(super) fn line(&self) -> String {
        format!(
            "{:<10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>9}  {}",
            self.parameter,
            short(&self.y),
            short(&self.target),
            short(&self.p),
            short(&self.i),
            short(&self.d),
            short(&self.raw),
            self.u,
            self.flags.join(" ")
        )
    }
}

/// The columns of [`DecisionAnswer::line`].
pub(super) const HEAD: &str =
    "parameter    measured     target          P          I          D        raw     value  flags";

fn metric_of(context: &Context, controller: &Controller) -> Result<Metric, Failure> {
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
        let left = self.next_crank_at.saturating_sub(self.now);
        if left > 0 {
            writeln!(
                out,
                "if the period ended now (it ends in {}):",
                duration(left.unsigned_abs())
            )?;
        } else {
            writeln!(out, "the next crank would decide:")?;
        }
        writeln!(out, "{HEAD}")?;
        self.decisions
            .iter()
            .try_for_each(|decision| writeln!(out, "{}", decision.line()))
    }
}

/// Why a parameter has its value.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Explanation {
    /// The economy.
    pub economy: String,
    /// The last decision.
    pub decision: DecisionAnswer,
    /// The value before it.
    pub before: String,
    /// Lowest that the controller may set.
    pub min: String,
    /// Highest that the controller may set.
    pub max: String,
    /// Sentences, one a term.
    pub because: Vec<String>,
    /// What would change the value.
    pub would_change: Vec<String>,
}

/// `explain`: the last decision, term by term.
///
/// # Errors
///
/// The economy was never cranked; the server's.
pub fn explain(context: &Context, arguments: &ExplainArgs) -> Result<(), Failure> {
    let live = context.live(&arguments.which)?;
    let wanted = |parameter: &Parameter| parameter.name() == arguments.parameter;
    let found = Parameter::ALL
        .into_iter()
        .zip(&live.economy.controllers)
        .find(|(parameter, _)| wanted(parameter));
    let Some((parameter, controller)) = found else {
        return Err(Failure::new("no_parameter", "there is no such parameter")
            .remedy("emission, fee, burn or liquidity"));
    };
    let last = controller.state().last;
    let metric = metric_of(context, controller)?;
    let decision = DecisionAnswer::new(parameter, metric, Some(last.from), &last);
    let config = controller.config();
    let mut because = Vec::new();
    if live.economy.totals.periods == 0 {
        because.push(format!(
            "no period has ended yet, so it has its starting value {}",
            decision.u
        ));
    } else {
        because.push(format!(
            "{} was {} and its target is {}: an error of {} scales",
            decision.metric,
            short(&decision.y),
            short(&decision.target),
            short(&decision.z)
        ));
        because.push(format!(
            "it starts from {} without control",
            short(&decision.bias)
        ));
        because.push(format!("P adds {}: kp x error", short(&decision.p)));
        because.push(format!(
            "I adds {}: the errors of earlier periods",
            short(&decision.i)
        ));
        because.push(format!(
            "D adds {}: how fast the measurement moves",
            short(&decision.d)
        ));
        because.extend(follows(controller, &last));
        because.push(format!("together {}", short(&decision.raw)));
        if decision.slewed != decision.raw {
            because.push(format!(
                "from {} a period may move it to {} at most",
                fraction(last.u_prev),
                short(&decision.slewed)
            ));
        }
        for flag in &decision.flags {
            because.push(format!("flag: {flag}"));
        }
    }
    because.extend(at_limit(parameter, controller));
    let up = matches!(config.direction, homeostat_control::Direction::Direct);
    let mut would_change = vec![format!(
        "{} above {} {} it, below {} it",
        decision.metric,
        short(&decision.target),
        if up { "raises" } else { "lowers" },
        if up { "lowers" } else { "raises" },
    )];
    if controller.guard().latched.is_some() {
        would_change
            .push("nothing before its guard lets it go, or a proposal resumes it".to_owned());
    }
    would_change.push(format!(
        "the next crank decides again, {} at the earliest; `homeostat preview` shows what",
        time(live.economy.next_end)
    ));
    would_change
        .push("a proposal may change target, gains and limits: `homeostat proposals`".to_owned());
    context.answer(&Explanation {
        economy: live.at.economy.to_string(),
        before: fraction(last.u_prev),
        min: fraction(config.min),
        max: fraction(config.max),
        decision,
        because,
        would_change,
    })
}

impl Answer for Explanation {
    fn display(&self, out: &mut dyn Write) -> io::Result<()> {
        let it = &self.decision;
        writeln!(
            out,
            "{} is {} (it was {}; limits {} to {}), decided {}",
            it.parameter,
            it.u,
            self.before,
            self.min,
            self.max,
            time(it.to)
        )?;
        self.because
            .iter()
            .try_for_each(|line| writeln!(out, "  {line}"))?;
        writeln!(out, "what would change it:")?;
        self.would_change
            .iter()
            .try_for_each(|line| writeln!(out, "  {line}"))
    }
}
