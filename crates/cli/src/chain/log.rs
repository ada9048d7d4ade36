//! `log`, `log verify`: what was decided, and whether it is true.

use std::io::{self, Write};
use std::path::PathBuf;

use homeostat_chain::history::Asked;
use homeostat_chain::Live;
use homeostat_client::verify::{verify_audit, verify_log, Logs};
use homeostat_client::{log, Economy, Metric, Parameter};
use homeostat_control::Decision;
use schemars::JsonSchema;
use serde::Serialize;
use solana_account::Account;

use super::genesis::{self, Proven};
use super::reasons::{DecisionAnswer, HEAD};
use super::{time, Answer, Context, WhichArgs};
use crate::failure::Failure;

/// Arguments of `log`.
#[derive(Clone, Debug, clap::Args)]
pub struct LogArgs {
    /// Recompute every decision that the log holds, and its hash chain
    #[arg(value_parser = ["verify"])]
    pub verify: Option<String>,
    /// With `verify`: prove both logs from their first record on. What their accounts have
    /// dropped is read from the server's transactions, and kept for the next time
    #[arg(long, requires = "verify")]
    pub from_genesis: bool,
    /// File that keeps what was proved [default: one for each economy and cluster, in the folder
    /// `proved` beside the journal]
    #[arg(long, value_name = "FILE", requires = "from_genesis")]
    pub proved: Option<PathBuf>,
    #[command(flatten)]
    which: WhichArgs,
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
    /// Transactions that were read from the server for it.
    pub transactions: u64,
    /// Records of the decision log that an earlier proof had kept.
    pub known: u64,
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

pub(super) fn broken(error: log::LogError) -> Failure {
    Failure::new(
        "log_broken",
        format!("the log does not prove itself: {error}"),
    )
    .remedy(
        "ask another server with --url; if it says the same, somebody changed the log or the \
         program: keep the evidence and tell the council",
    )
}

/// Proves both logs, from their rings or from genesis; `slot` is one that was there before the
/// logs were read.
fn prove(
    context: &Context,
    arguments: &LogArgs,
    live: &Live,
    account: &Account,
    state: &Economy,
    slot: Option<u64>,
) -> Result<Proof, Failure> {
    // What the rings say is proved in any case: what fails after that is the history.
    let ring = verify_log(&account.data, state, None).map_err(broken)?;
    let audit = context.connection.account(&live.at.audit)?;
    let audit = audit.filter(|account| account.owner == homeostat_client::PROGRAM_ID);
    let logs = Logs {
        decisions: &account.data,
        audit: audit.as_ref().map(|account| account.data.as_slice()),
    };
    let acts = logs.audit.map(|data| verify_audit(data, None)).transpose();
    let acts = acts.map_err(broken)?;
    let proven = match slot {
        None => Proven {
            log: ring,
            audit: acts,
            read: 0,
            known: 0,
        },
        Some(slot) => {
            let asked = Asked {
                at: &live.at,
                economy: state,
                logs,
                since: 0,
            };
            genesis::prove(context, arguments.proved.as_deref(), &asked, slot)?
        }
    };
    let proof = proven.log;
    Ok(Proof {
        from_seq: proof.from_seq,
        to_seq: proof.to_seq,
        decisions: proof.decisions,
        recomputed: proof.recomputed,
        guarded: proof.guarded,
        changes: proof.changes,
        unproven: proof.unproven,
        audit: proven.audit.map(|acts| AuditAnswer {
            from_seq: acts.decisions.from_seq,
            records: acts.decisions.records.len() as u64,
            acts_from_seq: acts.acts.from_seq,
            acts: acts.acts.records.len() as u64,
        }),
        transactions: proven.read,
        known: proven.known,
    })
}

/// `log` and `log verify`.
///
/// # Errors
///
/// The log does not prove itself (`log_broken`); the server's.
pub fn log(context: &Context, arguments: &LogArgs) -> Result<(), Failure> {
    let connection = &context.connection;
    let economy = context.which(&arguments.which)?.find(connection)?;
    let live = Live::read(connection, &economy)?;
    // Asked first: what happened up to this slot is in the logs that are read now.
    let slot = match arguments.from_genesis {
        true => Some(connection.slot()?),
        false => None,
    };
    // Both of one slot: the proof compares them.
    let both = connection.accounts(&[live.at.log, economy])?;
    let [Some(account), Some(economy)] = both.as_slice() else {
        return Err(connection.nonsense("the economy has no log"));
    };
    let state = homeostat_chain::connection::decode(&live.at.economy, economy)?;
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
        Some(_) => Some(prove(context, arguments, &live, account, &state, slot)?),
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
                if proof.from_seq == 0 {
                    writeln!(
                        out,
                        "{} records were kept by an earlier proof; {} transactions were read",
                        proof.known, proof.transactions
                    )?;
                }
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
