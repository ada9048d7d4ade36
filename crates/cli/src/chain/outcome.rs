//! `outcome`: what became of transactions that were sent.

use std::io::{self, Write};
use std::process::ExitCode;

use homeostat_chain::journal::{Entry, Settled};
use homeostat_chain::send::{Fate, Until};
use schemars::JsonSchema;
use serde::Serialize;
use solana_signature::Signature;

use super::write::ClusterAnswer;
use super::{Answer, Context};
use crate::failure::{quoted, Failure};

/// The end of its `--help`.
pub const AFTER_LONG_HELP: &str = "\
Every command that sends writes its transaction into a journal first, so that what was sent by a \
process that was killed can be looked up.

Exit codes: 0 it landed, 4 it landed and failed (it cost its fee and did nothing), 5 unknown, 6 it \
can still land, 7 it can land no more (nothing happened). Of several the first that there is of 5, \
6, 4, 7 is told; 0 also when there is nothing to look up.";

/// Arguments of `outcome`.
#[derive(Debug, clap::Args)]
pub struct OutcomeArgs {
    /// Which transaction [default: all of the journal that have no outcome yet]
    pub signature: Option<String>,
}

/// The answer of `outcome`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Outcomes {
    /// Where.
    pub cluster: ClusterAnswer,
    /// The transactions, the oldest first.
    pub transactions: Vec<Looked>,
    /// Entries without an outcome that were sent to other clusters.
    pub elsewhere: usize,
}

/// A transaction that was looked up.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Looked {
    /// Its signature.
    pub signature: String,
    /// The command that sent it; none when it is not in the journal.
    pub command: Option<String>,
    /// What it does, in words.
    pub what: Option<String>,
    /// Address of the key that acts.
    pub key: Option<String>,
    /// When it was written down, by this machine's clock (unix seconds).
    pub sent_at: Option<u64>,
    /// What became of it.
    pub state: State,
}

/// What became of a transaction.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It went through.
    Landed {
        /// Its block's slot.
        slot: u64,
    },
    /// It is in a block and failed.
    Failed {
        /// Its block's slot.
        slot: u64,
        /// Why.
        error: String,
    },
    /// It was not seen, and can still land.
    CanStillLand {
        /// Up to and with this block height; none with a durable nonce.
        last_valid_block_height: Option<u64>,
        /// As long as this nonce account has its value.
        nonce: Option<String>,
    },
    /// It is in no block, and can never be.
    NeverLanded,
    /// Nobody can say.
    Unknown {
        /// Why not.
        why: String,
    },
}

impl State {
    /// The exit code of a command that looks up this one.
    fn exit(&self) -> u8 {
        match self {
            Self::Landed { .. } => 0,
            Self::Failed { .. } => 4,
            Self::Unknown { .. } => 5,
            Self::CanStillLand { .. } => 6,
            Self::NeverLanded => 7,
        }
    }

    fn of(fate: Fate, entry: Option<&Entry>) -> Self {
        match (Settled::of(&fate), fate) {
            (Some(settled), _) => settled.into(),
            (None, Fate::Unclear(why)) => Self::Unknown { why },
            (None, _) => {
                let until = entry.and_then(Entry::life).map(|life| life.until);
                let (last_valid_block_height, nonce) = match until {
                    Some(Until::Height(last)) => (Some(last), None),
                    Some(Until::Nonce { account, .. }) => (None, Some(account.to_string())),
                    None => (None, None),
                };
                Self::CanStillLand {
                    last_valid_block_height,
                    nonce,
                }
            }
        }
    }
}

impl From<Settled> for State {
    fn from(settled: Settled) -> Self {
        match settled {
            Settled::Landed { slot } => Self::Landed { slot },
            Settled::Failed { slot, error } => Self::Failed { slot, error },
            Settled::NeverLanded => Self::NeverLanded,
        }
    }
}

impl Answer for Outcomes {
    fn display(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.transactions.is_empty() {
            writeln!(out, "every transaction in the journal has its outcome")?;
        }
        for looked in &self.transactions {
            if let Some(what) = &looked.what {
                writeln!(out, "{what}")?;
            }
            writeln!(out, "  signature  {}", looked.signature)?;
            let state = match &looked.state {
                State::Landed { slot } => format!("landed in slot {slot}"),
                State::Failed { slot, error } => {
                    format!("landed in slot {slot} and failed: {error}")
                }
                State::CanStillLand {
                    last_valid_block_height: Some(last),
                    ..
                } => format!("not seen; can still land, up to block height {last}"),
                State::CanStillLand { nonce, .. } => format!(
                    "not seen; can still land, as long as the nonce account {} has its value",
                    nonce.as_deref().unwrap_or_default()
                ),
                State::NeverLanded => "can land no more: nothing happened".to_owned(),
                State::Unknown { why } => format!("unknown: {why}"),
            };
            writeln!(out, "  outcome    {state}")?;
        }
        Ok(())
    }
}

/// `outcome`: looks transactions up and keeps what is certain.
///
/// # Errors
///
/// Not a signature, or one that was sent to another cluster.
pub fn outcome(context: &Context, arguments: &OutcomeArgs) -> Result<ExitCode, Failure> {
    let here = &context.connection.cluster().genesis;
    let (mut transactions, mut elsewhere) = (Vec::new(), 0);
    match &arguments.signature {
        Some(text) => {
            let signature: Signature = text.parse().map_err(|_| {
                Failure::new(
                    "bad_signature",
                    format!("{} is not a signature", quoted(text)),
                )
                .remedy("it is what a command that sends tells on stderr")
            })?;
            let entry = context.journal.find(&signature)?;
            if let Some(entry) = entry.as_ref().filter(|entry| entry.genesis != *here) {
                return Err(Failure::new(
                    "wrong_cluster",
                    format!("{signature} was sent to {} ({})", entry.url, entry.genesis),
                )
                .remedy("name that cluster with --url"));
            }
            transactions.push(look(context, &signature, entry.as_ref()));
        }
        None => {
            let (open, unread) = context.journal.open_entries();
            for failure in unread {
                context.say(&format!("warning: {}", failure.message));
            }
            for entry in open {
                if entry.genesis != *here {
                    elsewhere += 1;
                } else if let Ok(signature) = entry.signature.parse() {
                    transactions.push(look(context, &signature, Some(&entry)));
                }
            }
        }
    }
    if elsewhere > 0 {
        context.say(&format!(
            "{elsewhere} more in the journal were sent to other clusters: name one with --url"
        ));
    }
    let codes: Vec<u8> = transactions.iter().map(|it| it.state.exit()).collect();
    let code = [5, 6, 4, 7].into_iter().find(|code| codes.contains(code));
    context.answer(&Outcomes {
        cluster: context.connection.cluster().into(),
        transactions,
        elsewhere,
    })?;
    Ok(ExitCode::from(code.unwrap_or(0)))
}

/// What became of one transaction. A server that fails hides nothing of the others.
fn look(context: &Context, signature: &Signature, entry: Option<&Entry>) -> Looked {
    let state = match entry.and_then(|entry| entry.outcome.clone()) {
        Some(settled) => settled.into(),
        None => {
            let life = entry.and_then(Entry::life);
            let fate = context.connection.fate(signature, life.as_ref());
            let fate = fate.unwrap_or_else(|failure| Fate::Unclear(failure.message));
            if let Some(settled) = Settled::of(&fate) {
                if let Err(failure) = context.journal.settle(signature, settled) {
                    context.say(&format!("warning: {}", failure.message));
                }
            }
            State::of(fate, entry)
        }
    };
    Looked {
        signature: signature.to_string(),
        command: entry.map(|entry| entry.command.clone()),
        what: entry.map(|entry| entry.what.clone()),
        key: entry.map(|entry| entry.key.clone()),
        sent_at: entry.map(|entry| entry.at),
        state,
    }
}
