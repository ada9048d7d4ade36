//! Sending what a command wants to write: shown first, tried out, confirmed; or signed
//! only, or simulated; [`handover`](super::handover) gives it to a multisig.

use std::io::{self, BufRead, IsTerminal, Write};

use homeostat_chain::cluster::Kind;
use homeostat_chain::send;
use homeostat_chain::squads;
use homeostat_chain::{Notes, Sender, Talk};
use homeostat_client::{Instruction, Pubkey};
use homeostat_settings::fields;
use solana_account::Account;
use solana_signature::Signature;

use super::delivery::{Delivery, SendArgs};
use super::effects::{self, tokens, Known, Watched};
use super::key::Key;
pub use super::written::{
    Change, ClusterAnswer, Exported, Figures, HandedOver, Outcome, Prepared, Sent, Simulated,
    Written,
};
use super::Context;
use crate::failure::Failure;
use crate::output::Format;

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
    /// Amounts and times that it is about.
    pub figures: Figures,
}

impl Talk for Context {
    fn say(&self, line: &str) {
        Context::say(self, line);
    }

    fn signed(&self, signature: &Signature) {
        let signature = signature.to_string();
        self.say(&format!("  signature  {signature}"));
        if let Some(address) = self.explorer(&signature) {
            self.say(&format!("  explorer   {address}"));
        }
        if self.format == Format::Display {
            self.spinner.start("waiting for the outcome");
        }
    }
}

impl Context {
    /// Shows, asks on mainnet, then sends (or signs, or simulates) and prints the answer.
    ///
    /// # Errors
    ///
    /// The cluster refuses, or nobody knows what became of it; see
    /// [`homeostat_chain::send`].
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
            Delivery::Prepare(_) | Delivery::SignOnly(_) | Delivery::Simulate | Delivery::Send => {}
        }
        if intent.admin && (arguments.nonce.is_some() || self.source.nonce()) {
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
        match delivery {
            Delivery::Prepare(file) => {
                return self
                    .prepare(arguments, file, own, &payer, &intent)
                    .map(Some)
            }
            Delivery::SignOnly(file) => {
                self.sign(arguments, file, own, &payer, &intent)?;
                return Ok(None);
            }
            _ => {}
        }
        let simulate = delivery == Delivery::Simulate;
        let notes = self.notes(intent.command, &intent.what, own);
        let mut sender = self.sender(arguments, notes);
        sender.watch = simulate;
        let prepared = sender.prepare(&payer.address(), &intent.instructions)?;
        let outcome = if simulate {
            Outcome::Simulated(self.simulated(&prepared)?)
        } else {
            self.warn_of_open(intent.command, own);
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
                let multisig = homeostat_chain::signer::read_address(multisig, "--squads")?;
                Ok(Key::Elsewhere(squads::vault(&multisig, arguments.vault)))
            }
            None => self.key(),
        }
    }

    /// A sender that tells on stderr what it does.
    pub(crate) fn sender<'a>(&'a self, arguments: &SendArgs, notes: Notes<'a>) -> Sender<'a> {
        Sender {
            talk: self,
            tables: self.tables(),
            patience: arguments.patience(),
            notes: Some(notes),
            ..Sender::new(&self.connection, arguments.fees())
        }
    }

    /// What is written down about each transaction of a command.
    pub(crate) fn notes<'a>(&'a self, command: &'a str, what: &'a str, key: &Key) -> Notes<'a> {
        Notes {
            journal: &self.journal,
            command,
            what,
            key: key.address(),
        }
    }

    /// Names what the same command sent with the same key and nobody knows the outcome of: a
    /// person who starts it again may be about to do it twice.
    pub(crate) fn warn_of_open(&self, command: &str, key: &Key) {
        let key = key.address().to_string();
        let (open, _) = self.journal.open_entries();
        for entry in open.iter().filter(|entry| {
            (entry.command.as_str(), &entry.key) == (command, &key)
                && entry.genesis == self.connection.cluster().genesis
        }) {
            self.say(&format!(
                "warning: an earlier `{command}` with this key has no outcome yet ({}): see `homeostat \
                 outcome {}`",
                entry.what, entry.signature
            ));
        }
    }

    pub(super) fn written(&self, intent: &Intent<'_>, payer: &Pubkey, outcome: Outcome) -> Written {
        Written {
            command: intent.command.to_owned(),
            what: intent.what.clone(),
            figures: intent.figures.clone(),
            cluster: self.connection.cluster().into(),
            payer: payer.to_string(),
            outcome,
        }
    }

    /// Asks before mainnet is written to.
    pub(crate) fn ask(&self, arguments: &SendArgs) -> Result<(), Failure> {
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

    /// What a try-out would change: for a person, and every field of every account.
    pub(super) fn simulated(&self, prepared: &send::Prepared) -> Result<Simulated, Failure> {
        let old = self.connection.accounts(&prepared.watched)?;
        let new = prepared.simulation.accounts.clone().unwrap_or_default();
        let watched: Vec<Watched> = prepared
            .watched
            .iter()
            .zip(old)
            .zip(new)
            .map(|((address, old), new)| Watched {
                address: *address,
                old,
                new: new.and_then(|account| account.to_account()),
            })
            .collect();
        let mut signers: Vec<Pubkey> = Vec::new();
        let metas = prepared.instructions.iter().flat_map(|one| &one.accounts);
        for meta in metas.filter(|meta| meta.is_signer) {
            if !signers.contains(&meta.pubkey) {
                signers.push(meta.pubkey);
            }
        }
        let mints = effects::mints(&watched);
        let accounts = self.connection.accounts(&mints)?;
        let known = Known::of(&signers, &watched, mints.into_iter().zip(accounts));
        Ok(Simulated {
            compute_units: prepared.units,
            effects: effects::effects(&known, &watched),
            changes: watched.iter().flat_map(raw_changes).collect(),
            logs: prepared.simulation.logs.clone().unwrap_or_default(),
            untried: 0,
            raw: self.verbose,
        })
    }
}

/// Every field of an account that differs.
fn raw_changes(watched: &Watched) -> Vec<Change> {
    let address = &watched.address;
    let mut changes = Vec::new();
    let bytes = |account: &Option<Account>| {
        let data = account.as_ref().map(|account| account.data.clone());
        data.unwrap_or_default()
    };
    let lamports = |account: &Option<Account>| {
        let lamports = account.as_ref().map(|account| account.lamports.to_string());
        lamports.unwrap_or_default()
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
    let Watched { old, new, .. } = watched;
    let (before, after) = (bytes(old), bytes(new));
    change("Account", "lamports", lamports(old), lamports(new));
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
    changes
}
