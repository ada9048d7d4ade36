//! The answer of a command that writes.

use std::io::{self, Write};

use homeostat_chain::{Cluster, Receipt};
use homeostat_settings::human::sol;
use schemars::JsonSchema;
use serde::Serialize;

use super::amount::Amount;
use super::effects::Effect;
use super::Answer;

/// What became of it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It went through.
    Sent(Sent),
    /// It would go through: what would change.
    Simulated(Simulated),
    /// It waits for the members of a multisig.
    HandedOver(HandedOver),
    /// It was printed for a web importer.
    Exported(Exported),
    /// It waits in a file for its signatures.
    Prepared(Prepared),
}

/// A transaction that is to be signed elsewhere.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Prepared {
    /// The file.
    pub file: String,
    /// Its blockhash, or the nonce's value.
    pub blockhash: String,
    /// Last block height at which it can land; none with a nonce, which does not expire.
    pub last_valid_block_height: Option<u64>,
    /// The nonce account.
    pub nonce: Option<String>,
    /// Who has to sign.
    pub signers: Vec<String>,
    /// Compute units of its try-out.
    pub compute_units: u64,
    /// What its priority costs at most.
    pub priority_fee_lamports: u64,
}

/// A transaction that a multisig's members vote on.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct HandedOver {
    /// The multisig.
    pub multisig: String,
    /// Its vault, which acts.
    pub vault: String,
    /// Number of its transaction.
    pub transaction_index: u64,
    /// Approvals that it needs there.
    pub threshold: u16,
    /// Approvals that it has: that of the member who stored it, unless that one may not vote or
    /// said `--no-approve`.
    pub approvals: u16,
    /// Approvals that are still missing.
    pub missing: u16,
    /// Wait between the last of them and the execution (seconds).
    pub time_lock: u32,
    /// What waited in the multisig before, oldest first.
    pub pending: Vec<PendingAnswer>,
    /// The transactions that filled a buffer, where it is larger than a packet.
    pub buffered: Vec<Sent>,
    /// The transaction that stored it.
    pub sent: Sent,
}

/// A transaction of a multisig that can still be executed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PendingAnswer {
    /// Its number.
    pub number: u64,
    /// `draft`, `active`, `approved` or `executing`; absent where nobody can vote yet.
    pub status: Option<String>,
    /// Approvals that it has.
    pub approvals: usize,
    /// What it does: names of Homeostat's instructions, addresses of other programs.
    pub what: String,
}

/// An unsigned transaction for a web importer.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Exported {
    /// Who acts and pays.
    pub signer: String,
    /// `base58` or `base64`.
    pub encoding: String,
    /// The transaction.
    pub transaction: String,
}

/// A transaction that went through.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Sent {
    /// Its signature.
    pub signature: String,
    /// Where it landed.
    pub slot: u64,
    /// Compute units of its try-out.
    pub compute_units: u64,
    /// What its priority cost at most.
    pub priority_fee_lamports: u64,
    /// How often it was signed: more than once when a blockhash expired.
    pub attempts: u32,
}

impl From<Receipt> for Sent {
    fn from(receipt: Receipt) -> Self {
        Self {
            signature: receipt.signature.to_string(),
            slot: receipt.slot,
            compute_units: receipt.units,
            priority_fee_lamports: receipt.priority,
            attempts: receipt.attempts,
        }
    }
}

/// What a transaction would change.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Simulated {
    /// Compute units.
    pub compute_units: u64,
    /// What would change, for a person: what whoever signs has comes first.
    pub effects: Vec<Effect>,
    /// Old and new values of every field of the program's accounts.
    pub changes: Vec<Change>,
    /// What the programs would log.
    pub logs: Vec<String>,
    /// Transactions after this one, which were not tried out because each needs the one before.
    pub untried: usize,
    /// Whether people are shown every field as well.
    #[serde(skip)]
    pub raw: bool,
}

/// A field that would change.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Change {
    /// The account.
    pub address: String,
    /// Its type, or `Account` for lamports and data of other programs.
    pub account: String,
    /// Field.
    pub field: String,
    /// Value before; empty when the account is new.
    pub old: String,
    /// Value afterwards; empty when the account is closed.
    pub new: String,
}

/// The answer of a command that writes.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Written {
    /// The command.
    pub command: String,
    /// What it does, in a sentence.
    pub what: String,
    /// Where.
    pub cluster: ClusterAnswer,
    /// The address that pays.
    pub payer: String,
    /// Amounts and times that it is about, where it has any.
    #[serde(default, skip_serializing_if = "Figures::is_empty")]
    pub figures: Figures,
    /// What became of it.
    pub outcome: Outcome,
}

/// Amounts and times that a command is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Figures {
    /// What is paid, fee included, or staked, or taken out, or claimed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// The fee of this moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fee: Option<Amount>,
    /// The most that the fee may be when it lands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_fee: Option<Amount>,
    /// What arrives, with the fee of this moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrives: Option<Amount>,
    /// From when on it can be withdrawn (unix seconds), if it lands now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_at: Option<i64>,
    /// Stake asked for earlier whose time moves to `ready_at`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved: Option<Amount>,
}

impl Figures {
    /// One amount.
    pub fn of(amount: Amount) -> Self {
        Self {
            amount: Some(amount),
            ..Self::default()
        }
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A cluster in an answer.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ClusterAnswer {
    /// `mainnet-beta`, `testnet`, `devnet` or `another cluster`.
    pub kind: String,
    /// Genesis hash.
    pub genesis: String,
    /// Where it was asked.
    pub url: String,
}

impl From<&Cluster> for ClusterAnswer {
    fn from(cluster: &Cluster) -> Self {
        Self {
            kind: cluster.kind.to_string(),
            genesis: cluster.genesis.clone(),
            url: cluster.url.clone(),
        }
    }
}

impl Simulated {
    /// What would change; with `-v` every field as well.
    pub(super) fn display(&self, out: &mut dyn Write) -> io::Result<()> {
        fn shown(value: &str) -> &str {
            if value.is_empty() {
                "-"
            } else {
                value
            }
        }
        for Effect { what, old, new } in &self.effects {
            writeln!(out, "  {what}: {} -> {}", shown(old), shown(new))?;
        }
        if !self.raw {
            return writeln!(out, "every field of the accounts: add -v");
        }
        let mut last = "";
        for change in &self.changes {
            if change.address != last {
                writeln!(out, "{} {}", change.account, change.address)?;
                last = &change.address;
            }
            let (old, new) = (shown(&change.old), shown(&change.new));
            writeln!(out, "  {}: {old} -> {new}", change.field)?;
        }
        Ok(())
    }
}

impl Answer for Written {
    fn display(&self, out: &mut dyn Write) -> io::Result<()> {
        match &self.outcome {
            Outcome::HandedOver(handed) => writeln!(
                out,
                "{}: {}\n  multisig   {}\n  number     {}, approved by {} of {}{}{}\n  signature  {}",
                match handed.missing {
                    0 => "approved in Squads, and waits to be executed",
                    _ => "waits for approval in Squads",
                },
                self.what,
                handed.multisig,
                handed.transaction_index,
                handed.approvals,
                handed.threshold,
                match handed.missing {
                    0 => String::new(),
                    missing => format!(", {missing} more missing"),
                },
                match handed.time_lock {
                    0 => String::new(),
                    lock => format!(", then waits {}", super::duration(u64::from(lock))),
                },
                handed.sent.signature
            ),
            Outcome::Prepared(prepared) => writeln!(
                out,
                "prepared: {}\n  file       {}\n  signers    {}\n  expires    {}\n  compute    {} units, priority {} at most\n\
                 sign with the same arguments and --sign-only {}, then `homeostat submit {}`",
                self.what,
                prepared.file,
                prepared.signers.join(", "),
                match (&prepared.nonce, prepared.last_valid_block_height) {
                    (None, Some(last)) => format!("after block height {last}; for more time, --nonce"),
                    (Some(nonce), _) => format!("when the nonce {nonce} is advanced"),
                    (None, None) => "with its blockhash".to_owned(),
                },
                prepared.compute_units,
                sol(prepared.priority_fee_lamports),
                prepared.file,
                prepared.file
            ),
            Outcome::Exported(exported) => writeln!(out, "{}", exported.transaction),
            Outcome::Sent(sent) => writeln!(
                out,
                "done: {}\n  signature  {}\n  slot       {}\n  compute    {} units, priority {} at most",
                self.what, sent.signature, sent.slot, sent.compute_units, sol(sent.priority_fee_lamports)
            ),
            Outcome::Simulated(simulated) => {
                writeln!(out, "would go through: {} ({} compute units)", self.what, simulated.compute_units)?;
                if simulated.untried > 0 {
                    writeln!(out, "this is the first transaction; {} more depend on it and were not tried out", simulated.untried)?;
                }
                simulated.display(out)
            }
        }
    }
}
