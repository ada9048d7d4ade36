//! `preview`, `explain`, `log`: what is decided, why, and whether it is true.

use std::io::{self, Write};

use base64::{prelude::BASE64_STANDARD, Engine};
use homeostat_client::verify::{verify_audit, verify_log, History};
use homeostat_client::{decode, log, Controller, Economy, Metric, Parameter};
use homeostat_control::{Decision, Fx};
use homeostat_ops::connection::refusal;
use homeostat_ops::send::unsigned;
use homeostat_ops::{history, Live};
use schemars::JsonSchema;
use serde::Serialize;
use solana_account::Account;
use solana_message::{Message, VersionedMessage};

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

/// Arguments of `log`.
#[derive(Clone, Debug, clap::Args)]
pub struct LogArgs {
    /// Recompute every decision that the log holds, and its hash chain
    #[arg(value_parser = ["verify"])]
    pub verify: Option<String>,
    /// With `verify`: read every transaction since the beginning from the server, and prove
    /// both logs from their first record on
    #[arg(long, requires = "verify")]
    pub from_genesis: bool,
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
    fn new(parameter: Parameter, metric: Metric, from: Option<i64>, decision: &Decision) -> Self {
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

    fn line(&self) -> String {
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

const HEAD: &str =
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
        return Err(refusal(&error.into(), &logs));
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

/// The decision log, or what was proved of it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LogAnswer {
    /// The economy.
    pub economy: String,
    /// Number of the last record; 0 = none yet.
    pub head_seq: u64,
    /// Hash over every record so far, in hexadecimal.
    pub head_hash: String,
    /// The records before and up to this one have been dropped from the ring.
    pub base_seq: u64,
    /// The decisions in the ring, oldest first.
    pub decisions: Vec<LogLine>,
    /// What `verify` proved; absent without it.
    pub proof: Option<Proof>,
}

/// A decision in the log.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LogLine {
    /// Number of its record.
    pub seq: u64,
    /// The decision.
    pub decision: DecisionAnswer,
}

/// What was proved: from the ring alone, or from genesis.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Proof {
    /// The proof begins behind this record; 0 = at genesis.
    pub from_seq: u64,
    /// Last record.
    pub to_seq: u64,
    /// Decisions in that stretch.
    pub decisions: u64,
    /// Of these, recomputed by the control law to the last bit of every term.
    pub recomputed: u64,
    /// Of these, with the anomaly guard followed too.
    pub guarded: u64,
    /// Changes of a controller's configuration.
    pub changes: u64,
    /// Decisions that the ring alone does not prove: what they need was dropped.
    pub unproven: Vec<u64>,
    /// What was proved of the log of governance and safety; absent before a council.
    pub audit: Option<AuditAnswer>,
}

/// What was proved of the log of governance and safety.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AuditAnswer {
    /// The proof begins behind this record; 0 = at genesis.
    pub from_seq: u64,
    /// What took effect by the keys of several in that stretch, an unbroken chain.
    pub records: u64,
    /// The same of what one key did alone, which has a chain of its own.
    pub acts_from_seq: u64,
    /// Acts in that stretch.
    pub acts: u64,
}

fn broken(error: log::LogError) -> Failure {
    Failure::new(
        "log_broken",
        format!("the log does not prove itself: {error}"),
    )
    .remedy(
        "ask another server with --url; if it says the same, somebody changed the log or the \
         program: keep the evidence and tell the council",
    )
}

/// Proves both logs, from their rings or from genesis.
fn prove(
    context: &Context,
    arguments: &LogArgs,
    live: &Live,
    account: &Account,
    state: &Economy,
) -> Result<Proof, Failure> {
    let connection = &context.connection;
    let at = &live.at;
    // What the rings say is proved in any case: what fails after that is the history.
    let ring = verify_log(&account.data, state, None).map_err(broken)?;
    let audit = connection.account(&at.audit)?;
    let audit = audit.filter(|account| account.owner == homeostat_client::PROGRAM_ID);
    let audited = |history: Option<&History>| {
        let data = audit.as_ref().map(|account| account.data.as_slice());
        data.map(|data| verify_audit(data, history)).transpose()
    };
    let acts = audited(None).map_err(broken)?;
    let (proof, acts) = if arguments.from_genesis {
        let thin = |error: log::LogError| {
            Failure::new(
                "history_incomplete",
                format!("the events of this server do not lead to the log: {error}"),
            )
            .remedy("use a server that keeps every transaction (an archive) with --url")
        };
        let decided = history::read(connection, &at.log, &at.economy, context)?;
        let acted = history::read(connection, &at.audit, &at.economy, context)?;
        // A history that is newer than the logs it is compared with proves nothing.
        let now = connection.accounts(&[at.log, at.audit])?;
        let same = |now: Option<&Option<Account>>, then: Option<&Account>| {
            now.and_then(Option::as_ref).map(|now| &now.data) == then.map(|then| &then.data)
        };
        let acts_same = audit.is_none() || same(now.get(1), audit.as_ref());
        if !acts_same || !same(now.first(), Some(account)) {
            return Err(Failure::new(
                "log_grew",
                "something was logged while the history was read",
            )
            .remedy("run it again"));
        }
        let proof = verify_log(&account.data, state, Some(&decided)).map_err(thin)?;
        (proof, audited(Some(&acted)).map_err(thin)?)
    } else {
        (ring, acts)
    };
    Ok(Proof {
        from_seq: proof.from_seq,
        to_seq: proof.to_seq,
        decisions: proof.decisions,
        recomputed: proof.recomputed,
        guarded: proof.guarded,
        changes: proof.changes,
        unproven: proof.unproven,
        audit: acts.map(|acts| AuditAnswer {
            from_seq: acts.decisions.from_seq,
            records: acts.decisions.records.len() as u64,
            acts_from_seq: acts.acts.from_seq,
            acts: acts.acts.records.len() as u64,
        }),
    })
}

/// `log` and `log verify`.
///
/// # Errors
///
/// The log does not prove itself (`log_broken`); the server's.
pub fn log(context: &Context, arguments: &LogArgs) -> Result<(), Failure> {
    let connection = &context.connection;
    let economy = arguments.which.which()?.find(connection)?;
    let live = Live::read(connection, &economy)?;
    // Both of one slot: the proof compares them.
    let both = connection.accounts(&[live.at.log, economy])?;
    let [Some(account), Some(economy)] = both.as_slice() else {
        return Err(connection.nonsense("the economy has no log"));
    };
    let state = homeostat_ops::connection::decode(&live.at.economy, economy)?;
    let (head, records) = log::read(&account.data).map_err(broken)?;
    let mut decisions = Vec::new();
    for record in &records {
        let log::Record::Decision(record) = record else {
            continue;
        };
        let parameter = Parameter::ALL.get(usize::from(record.parameter)).copied();
        let parameter = parameter.ok_or_else(|| connection.nonsense("an unknown parameter"))?;
        let metric = Metric::from_byte(record.metric)
            .map_err(|_| connection.nonsense("an unknown metric"))?;
        let decision = Decision {
            to: record.to,
            y: record.y.get(),
            r: record.r.get(),
            z: record.z.get(),
            p: record.p.get(),
            i: record.i.get(),
            d: record.d.get(),
            f: record.f.get(),
            u0: record.u0.get(),
            raw: record.raw.get(),
            slewed: record.slewed.get(),
            u: record.u,
            flags: homeostat_control::Flags(record.flags),
            held: homeostat_control::HoldReason::from_number(record.held),
            ..Decision::default()
        };
        decisions.push(LogLine {
            seq: record.seq,
            // A record has the end of its window alone.
            decision: DecisionAnswer::new(parameter, metric, None, &decision),
        });
    }
    let proof = match arguments.verify {
        None => None,
        Some(_) => Some(prove(context, arguments, &live, account, &state)?),
    };
    let hash = head
        .head_hash
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    context.answer(&LogAnswer {
        economy: live.at.economy.to_string(),
        head_seq: head.head_seq,
        head_hash: hash,
        base_seq: head.base_seq,
        decisions,
        proof,
    })
}

impl Answer for LogAnswer {
    fn display(&self, out: &mut dyn Write) -> io::Result<()> {
        match &self.proof {
            Some(proof) => {
                writeln!(
                    out,
                    "proved: records {} to {}, an unbroken chain; {} of {} decisions recomputed to the last bit, {} with their guard; {} changes of configuration",
                    proof.from_seq + 1,
                    proof.to_seq,
                    proof.recomputed,
                    proof.decisions,
                    proof.guarded,
                    proof.changes
                )?;
                if let Some(audit) = &proof.audit {
                    writeln!(
                        out,
                        "audit: {} decisions behind record {}, {} acts of single keys behind record {}; unbroken chains",
                        audit.records,
                        audit.from_seq,
                        audit.acts,
                        audit.acts_from_seq
                    )?;
                }
                if !proof.unproven.is_empty() {
                    writeln!(
                        out,
                        "not provable from the ring alone: {:?}",
                        proof.unproven
                    )?;
                }
            }
            None => {
                writeln!(out, "{:>6}  {:<23} {HEAD}", "record", "end of period")?;
                for line in &self.decisions {
                    writeln!(
                        out,
                        "{:>6}  {} {}",
                        line.seq,
                        time(line.decision.to),
                        line.decision.line()
                    )?;
                }
            }
        }
        writeln!(out, "head: record {}, {}", self.head_seq, self.head_hash)
    }
}
