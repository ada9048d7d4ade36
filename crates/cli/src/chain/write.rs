//! Sending what a command wants to write: shown first, tried out, confirmed; or signed
//! only, or simulated.

use std::io::{self, BufRead, IsTerminal, Write};

use homeostat_client::{Instruction, Pubkey};
use homeostat_ops::cluster::Kind;
use homeostat_ops::connection::refusal;
use homeostat_ops::offline::{assemble, sign_only, Presigned};
use homeostat_ops::send::{unsigned, Prepared};
use homeostat_ops::squads::{self, Encoding, Multisig};
use homeostat_ops::{fields, Cluster, Receipt, Sender, Talk};
use schemars::JsonSchema;
use serde::Serialize;
use solana_hash::Hash;
use solana_message::{Message, VersionedMessage};
use solana_signer::Signer;

use super::delivery::{Delivery, SendArgs};
use super::key::Key;
use super::{Answer, Context};
use crate::failure::Failure;
use crate::output;

/// What a command wants to write.
pub struct Intent<'a> {
    /// The command's name.
    pub command: &'static str,
    /// One line for a person: "stake 5 tokens".
    pub what: String,
    /// The instructions, in order.
    pub instructions: Vec<Instruction>,
    /// Who signs besides the payer.
    pub keys: Vec<&'a Key>,
    /// Whether the program refuses durable nonces for it.
    pub admin: bool,
}

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
    /// Wait between the last of them and the execution (seconds).
    pub time_lock: u32,
    /// The transaction that stored it.
    pub sent: Sent,
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
    /// Old and new values.
    pub changes: Vec<Change>,
    /// What the programs would log.
    pub logs: Vec<String>,
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
    /// What became of it.
    pub outcome: Outcome,
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

impl Answer for Written {
    fn display(&self, out: &mut dyn Write) -> io::Result<()> {
        match &self.outcome {
            Outcome::HandedOver(handed) => writeln!(
                out,
                "waits for approval in Squads: {}\n  multisig   {}\n  number     {}, needs {} approvals{}\n  signature  {}",
                self.what,
                handed.multisig,
                handed.transaction_index,
                handed.threshold,
                match handed.time_lock {
                    0 => String::new(),
                    lock => format!(", then waits {}", super::duration(u64::from(lock))),
                },
                handed.sent.signature
            ),
            Outcome::Exported(exported) => writeln!(out, "{}", exported.transaction),
            Outcome::Sent(sent) => writeln!(
                out,
                "done: {}\n  signature  {}\n  slot       {}\n  compute    {} units, priority {} lamports",
                self.what, sent.signature, sent.slot, sent.compute_units, sent.priority_fee_lamports
            ),
            Outcome::Simulated(simulated) => {
                writeln!(out, "would go through: {} ({} compute units)", self.what, simulated.compute_units)?;
                let mut last = "";
                for change in &simulated.changes {
                    if change.address != last {
                        writeln!(out, "{} {}", change.account, change.address)?;
                        last = &change.address;
                    }
                    let shown = |value: &str| if value.is_empty() { "-".to_owned() } else { value.to_owned() };
                    writeln!(out, "  {}: {} -> {}", change.field, shown(&change.old), shown(&change.new))?;
                }
                Ok(())
            }
        }
    }
}

impl Talk for Context {
    fn say(&self, line: &str) {
        Context::say(self, line);
    }
}

impl Context {
    /// Shows, asks on mainnet, then sends (or signs, or simulates) and prints the answer.
    ///
    /// # Errors
    ///
    /// The cluster refuses, or nobody knows what became of it; see
    /// [`homeostat_ops::send`].
    pub fn write(
        &self,
        arguments: &SendArgs,
        own: &Key,
        intent: Intent<'_>,
    ) -> Result<(), Failure> {
        if let Some(written) = self.perform(arguments, own, intent)? {
            self.answer(&written)?;
        }
        Ok(())
    }

    /// The same without printing the answer; `None` when signatures were printed.
    ///
    /// # Errors
    ///
    /// As [`Context::write`].
    pub fn perform(
        &self,
        arguments: &SendArgs,
        own: &Key,
        intent: Intent<'_>,
    ) -> Result<Option<Written>, Failure> {
        let payer = arguments.payer(own)?;
        let delivery = arguments.delivery();
        match delivery {
            Delivery::Export(encoding) => return self.export(encoding, own, &intent).map(Some),
            Delivery::Squads { multisig, simulate } => {
                return self
                    .hand_over(arguments, multisig, simulate, own, &intent)
                    .map(Some)
            }
            Delivery::Offline { .. } | Delivery::Simulate | Delivery::Send => {}
        }
        if intent.admin && arguments.nonce.is_some() {
            return Err(Failure::new(
                "durable_nonce",
                format!("`{}` refuses durable nonces", intent.command),
            )
            .remedy(
                "a signed change that never expires could be sent years later; sign with a \
                 recent blockhash (only pause, veto and what wallets do may be pre-signed)",
            ));
        }
        self.say(&format!(
            "{}\n  cluster  {}\n  payer    {}",
            intent.what,
            self.connection.cluster(),
            payer.address()
        ));
        if let Delivery::Offline { blockhash, send } = delivery {
            return self.with_blockhash(arguments, blockhash, send, own, &payer, &intent);
        }
        let simulate = delivery == Delivery::Simulate;
        let mut sender = Sender::new(&self.connection, arguments.fees());
        sender.talk = self;
        sender.watch = simulate;
        let prepared = sender.prepare(&payer.address(), &intent.instructions)?;
        let outcome = if simulate {
            Outcome::Simulated(self.simulated(&prepared)?)
        } else {
            self.ask(arguments)?;
            let payer = payer.here()?;
            let signers = intent
                .keys
                .iter()
                .map(|key| key.here())
                .collect::<Result<Vec<_>, Failure>>()?;
            let receipt = sender.send_prepared(&prepared, payer, &signers)?;
            Outcome::Sent(receipt.into())
        };
        Ok(Some(self.written(&intent, &payer.address(), outcome)))
    }

    /// Who acts: the vault of `--squads`, or the key of `--keypair`.
    ///
    /// # Errors
    ///
    /// Neither can be read.
    pub fn actor(&self, arguments: &SendArgs) -> Result<Key, Failure> {
        match &arguments.squads {
            Some(multisig) => {
                let multisig = homeostat_ops::signer::read_address(multisig, "--squads")?;
                Ok(Key::Elsewhere(squads::vault(&multisig, arguments.vault)))
            }
            None => self.key(),
        }
    }

    /// Says what shall be done, where, and by whom.
    fn announce_actor(&self, actor: &Key, intent: &Intent<'_>) {
        self.say(&format!(
            "{}\n  cluster  {}\n  actor    {}",
            intent.what,
            self.connection.cluster(),
            actor.address()
        ));
    }

    /// Prints what the actor wants to do for the members of a multisig.
    fn export(
        &self,
        encoding: Encoding,
        actor: &Key,
        intent: &Intent<'_>,
    ) -> Result<Written, Failure> {
        self.announce_actor(actor, intent);
        let transaction = squads::export(&actor.address(), &intent.instructions, encoding)?;
        let name = match encoding {
            Encoding::Base58 => "base58",
            Encoding::Base64 => "base64",
        };
        let exported = Outcome::Exported(Exported {
            signer: actor.address().to_string(),
            encoding: name.to_owned(),
            transaction,
        });
        Ok(self.written(intent, &actor.address(), exported))
    }

    /// Gives what the actor, its vault, wants to do to a multisig's members.
    fn hand_over(
        &self,
        arguments: &SendArgs,
        multisig: &str,
        simulate: bool,
        actor: &Key,
        intent: &Intent<'_>,
    ) -> Result<Written, Failure> {
        self.announce_actor(actor, intent);
        let address = homeostat_ops::signer::read_address(multisig, "--squads")?;
        let multisig = Multisig::read(&self.connection, &address)?;
        let member = self.key()?;
        multisig.require_initiator(&member.address())?;
        let memo = format!("homeostat {}", intent.command);
        let stored = multisig.propose(
            &member.address(),
            arguments.vault,
            &intent.instructions,
            &memo,
        )?;
        let mut sender = Sender::new(&self.connection, arguments.fees());
        sender.talk = self;
        sender.watch = simulate;
        let prepared = sender.prepare(&member.address(), &stored)?;
        if simulate {
            let outcome = Outcome::Simulated(self.simulated(&prepared)?);
            return Ok(self.written(intent, &member.address(), outcome));
        }
        let signer = member.here()?;
        self.ask(arguments)?;
        let receipt = sender.send_prepared(&prepared, signer, &[])?;
        let outcome = Outcome::HandedOver(HandedOver {
            multisig: address.to_string(),
            vault: actor.address().to_string(),
            transaction_index: multisig.transaction_index.saturating_add(1),
            threshold: multisig.threshold,
            time_lock: multisig.time_lock,
            sent: receipt.into(),
        });
        Ok(self.written(intent, &member.address(), outcome))
    }

    fn written(&self, intent: &Intent<'_>, payer: &Pubkey, outcome: Outcome) -> Written {
        Written {
            command: intent.command.to_owned(),
            what: intent.what.clone(),
            cluster: self.connection.cluster().into(),
            payer: payer.to_string(),
            outcome,
        }
    }

    /// Asks before mainnet is written to.
    pub(super) fn ask(&self, arguments: &SendArgs) -> Result<(), Failure> {
        if arguments.yes || self.connection.cluster().kind != Kind::MainnetBeta {
            return Ok(());
        }
        let refused = |message: &str| {
            Failure::new("not_confirmed", message)
                .remedy("look at it with --simulate, then add --yes; nothing was sent")
        };
        if !io::stdin().is_terminal() {
            return Err(refused(
                "this writes to mainnet-beta, and there is nobody to ask",
            ));
        }
        let _ = write!(io::stderr(), "This is mainnet-beta. Send? [y/N] ");
        let mut answer = String::new();
        let read = io::stdin().lock().read_line(&mut answer);
        match (read, answer.trim()) {
            (Ok(_), "y" | "Y" | "yes") => Ok(()),
            _ => Err(refused("not sent")),
        }
    }

    /// With a blockhash from the command line the transaction is built from the
    /// arguments alone, so that every place that signs builds the same bytes.
    fn with_blockhash(
        &self,
        arguments: &SendArgs,
        blockhash: &str,
        send: bool,
        own: &Key,
        payer: &Key,
        intent: &Intent<'_>,
    ) -> Result<Option<Written>, Failure> {
        let blockhash: Hash = blockhash.parse().map_err(|_| {
            Failure::new("bad_blockhash", format!("{} is not a blockhash", crate::failure::quoted(blockhash)))
                .remedy("`solana-keygen` does not make them: take the one of `--sign-only` or of `solana nonce`")
        })?;
        let presigned = arguments
            .signer
            .iter()
            .map(|text| text.parse())
            .collect::<Result<Vec<Presigned>, Failure>>()?;
        let authority = match &arguments.nonce_authority {
            Some(source) => Key::read(source)?,
            None => own.clone(),
        };
        let mut instructions = Vec::new();
        if let Some(nonce) = &arguments.nonce {
            let nonce = homeostat_ops::signer::read_address(nonce, "--nonce")?;
            instructions.push(solana_system_interface::instruction::advance_nonce_account(
                &nonce,
                &authority.address(),
            ));
        }
        instructions.extend(intent.instructions.iter().cloned());
        let message = VersionedMessage::Legacy(Message::new_with_blockhash(
            &instructions,
            Some(&payer.address()),
            &blockhash,
        ));
        let keys: Vec<&dyn Signer> = [payer, &authority, own]
            .into_iter()
            .chain(intent.keys.iter().copied())
            .filter_map(Key::signer)
            .collect();
        if !send {
            let signed = sign_only(
                &message,
                &keys,
                &presigned,
                arguments.dump_transaction_message,
            )?;
            output::to_stdout(|out| match self.format {
                output::Format::Display => {
                    writeln!(out, "Blockhash: {}", signed.blockhash)?;
                    if let Some(message) = &signed.message {
                        writeln!(out, "Transaction Message: {message}")?;
                    }
                    let list = |out: &mut dyn Write, title: &str, lines: &[String]| {
                        if lines.is_empty() {
                            return Ok(());
                        }
                        writeln!(out, "{title}:")?;
                        lines.iter().try_for_each(|line| writeln!(out, " {line}"))
                    };
                    list(out, "Signers (Pubkey=Signature)", &signed.signers)?;
                    list(out, "Absent Signers (Pubkey)", &signed.absent)?;
                    list(out, "Bad Signatures (Pubkey)", &signed.bad_sig)
                }
                format => {
                    output::write_json(&mut { out }, &signed, format).map_err(io::Error::other)
                }
            })
            .map_err(|error| {
                Failure::new("write_failed", format!("cannot write to stdout: {error}"))
            })?;
            return Ok(None);
        }
        let mut sender = Sender::new(&self.connection, arguments.fees());
        sender.talk = self;
        // The trial tells a refusal in words; the real one would only have a number.
        let trial = self.connection.simulate(&unsigned(message.clone()), &[])?;
        if let Some(error) = trial.err {
            let logs = trial.logs.unwrap_or_default();
            return Err(refusal(&error.into(), &logs));
        }
        let transaction = assemble(message, &keys, &presigned)?;
        self.ask(arguments)?;
        let slot = sender.deliver(&transaction, None)?.unwrap_or_default();
        let outcome = Outcome::Sent(Sent {
            signature: transaction
                .signatures
                .first()
                .copied()
                .unwrap_or_default()
                .to_string(),
            slot,
            compute_units: trial.units_consumed.unwrap_or_default(),
            priority_fee_lamports: 0,
            attempts: 1,
        });
        Ok(Some(self.written(intent, &payer.address(), outcome)))
    }

    /// Old and new values of every account that a try-out would write.
    pub(super) fn simulated(&self, prepared: &Prepared) -> Result<Simulated, Failure> {
        let old = self.connection.accounts(&prepared.watched)?;
        let new = prepared.simulation.accounts.clone().unwrap_or_default();
        let mut changes = Vec::new();
        for ((address, old), new) in prepared.watched.iter().zip(old).zip(new) {
            let new = new.and_then(|account| account.to_account());
            let bytes = |account: &Option<solana_account::Account>| {
                account
                    .as_ref()
                    .map(|account| account.data.clone())
                    .unwrap_or_default()
            };
            let lamports = |account: &Option<solana_account::Account>| {
                account
                    .as_ref()
                    .map(|account| account.lamports.to_string())
                    .unwrap_or_default()
            };
            let mut change = |account: &str, field: &str, old: String, new: String| {
                if old != new {
                    changes.push(Change {
                        address: address.to_string(),
                        account: account.to_owned(),
                        field: field.to_owned(),
                        old,
                        new,
                    });
                }
            };
            let (before, after) = (bytes(&old), bytes(&new));
            change("Account", "lamports", lamports(&old), lamports(&new));
            let name = fields::read(&after)
                .or(fields::read(&before))
                .map(|(name, _)| name);
            if let Some(name) = name {
                for (field, old, new) in fields::difference(&before, &after) {
                    change(name, &field, old, new);
                }
            } else if let (Some(old), Some(new)) = (tokens(&before), tokens(&after)) {
                change("Tokens", "amount", old.to_string(), new.to_string());
            }
        }
        Ok(Simulated {
            compute_units: prepared.units,
            changes,
            logs: prepared.simulation.logs.clone().unwrap_or_default(),
        })
    }
}

/// The amount of a token account (base units).
pub(crate) fn tokens(data: &[u8]) -> Option<u64> {
    // Both token programs: mint, owner, amount; a mint account is shorter.
    if data.len() < 165 {
        return None;
    }
    data.get(64..72)?.try_into().ok().map(u64::from_le_bytes)
}
