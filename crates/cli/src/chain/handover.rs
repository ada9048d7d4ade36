//! Handing over to the members of a Squads v4 multisig what its vault shall do: stored in the
//! multisig, or printed for the web importer.
//!
//! What is stored can be executed, or is refused before it is stored: the program takes it from
//! the vault ([`rules`]), a packet can execute it, nothing that waits does the same already, and
//! what needs no seat is tried out in the vault's name.

use std::cell::Cell;

use homeostat_chain::send::packet::{self, PACKET};
use homeostat_chain::send::Receipt;
use homeostat_chain::squads::accounts::{Buffer, Right};
use homeostat_chain::squads::buffer::{Plan, Upload};
use homeostat_chain::squads::pending::Waiting;
use homeostat_chain::squads::{self, rules, Compiled, Encoding, Multisig, Pending};
use homeostat_chain::{signer::read_address, Live};
use homeostat_client::{Instruction, Pubkey};

use super::delivery::SendArgs;
use super::key::Key;
use super::write::{Exported, HandedOver, Intent, Outcome, Sent, Written};
use super::written::PendingAnswer;
use super::Context;
use crate::failure::Failure;

/// A message, ready to be stored.
pub(super) struct Handover<'a> {
    arguments: &'a SendArgs,
    /// The multisig, as it was read before.
    pub(super) multisig: Multisig,
    /// What waits in it.
    pub(super) pending: Pending,
    /// The member who stores it and pays.
    pub(super) member: Key,
    /// Whether somebody was asked, who is asked once.
    asked: Cell<bool>,
}

impl<'a> Handover<'a> {
    /// Reads the multisig of `--squads` and what waits in it.
    ///
    /// # Errors
    ///
    /// `no_multisig`; `not_a_member`: the key may not start a transaction; the server's.
    pub(super) fn read(
        context: &Context,
        arguments: &'a SendArgs,
        multisig: &str,
    ) -> Result<Self, Failure> {
        let address = read_address(multisig, "--squads")?;
        let multisig = Multisig::read(&context.connection, &address)?;
        let member = context.key()?;
        multisig.require_initiator(&member.address())?;
        let pending = multisig.pending(&context.connection)?;
        Ok(Self {
            arguments,
            multisig,
            pending,
            member,
            asked: Cell::new(false),
        })
    }

    /// Whether the member approves what it stores.
    pub(super) fn approves(&self) -> bool {
        let member = self.member.address();
        !self.arguments.no_approve && self.multisig.lets(&member, Right::Vote)
    }

    /// The vault that acts.
    pub(super) fn vault(&self) -> Pubkey {
        self.multisig.vault(self.arguments.vault)
    }

    /// Compiles what the vault shall do.
    ///
    /// # Errors
    ///
    /// `too_large`, `too_many_accounts`: no packet could execute it.
    pub(super) fn compile(&self, instructions: &[Instruction]) -> Result<Compiled, Failure> {
        let message = Compiled::new(&self.vault(), instructions)?;
        let (member, vault) = (self.member.address(), self.arguments.vault);
        rules::require_executable(&self.multisig, &member, vault, &message)?;
        Ok(message)
    }

    /// What waits in the multisig and does the same.
    pub(super) fn twin(&self, message: &Compiled) -> Option<&Waiting> {
        self.pending.twin(self.arguments.vault, message)
    }

    /// Whether one packet stores a message.
    ///
    /// # Errors
    ///
    /// `too_large`: more than a list holds.
    pub(super) fn fits(&self, message: &Compiled, memo: &str) -> Result<bool, Failure> {
        let (member, bytes) = (self.member.address(), message.bytes()?);
        Ok(self.upload(&member, &bytes, memo).at_once()?.is_some())
    }

    fn upload<'m>(&'m self, member: &'m Pubkey, message: &'m [u8], memo: &'m str) -> Upload<'m> {
        Upload {
            multisig: &self.multisig,
            creator: member,
            vault_index: self.arguments.vault,
            message,
            memo,
            approves: self.approves(),
        }
    }

    /// The transactions that store a message: one where a packet takes it, else several through
    /// a buffer, which may have a part of it already.
    ///
    /// # Errors
    ///
    /// `too_large`; the server's.
    pub(super) fn plan(
        &self,
        context: &Context,
        message: &Compiled,
        memo: &str,
    ) -> Result<Plan, Failure> {
        let bytes = message.bytes()?;
        let member = self.member.address();
        let upload = self.upload(&member, &bytes, memo);
        if let Some(plan) = upload.at_once()? {
            return Ok(plan);
        }
        let there = context.connection.account(&upload.buffer())?;
        let there = there
            .filter(|account| account.owner == squads::PROGRAM)
            .and_then(|account| Buffer::decode(&account.data));
        let plan = upload.through_buffer(there.as_ref())?;
        context.say(&format!(
            "  {} bytes: stored through a buffer, in {} transactions",
            bytes.len(),
            plan.transactions.len()
        ));
        if plan.kept > 0 {
            context.say(&format!("  {} bytes are there already", plan.kept));
        }
        if plan.replaces {
            context.say("  what an earlier command left in the buffer is closed first");
        }
        Ok(plan)
    }
}

/// What is said about a transaction that waits.
fn answer(waiting: &Waiting) -> PendingAnswer {
    PendingAnswer {
        number: waiting.index,
        status: waiting.status.map(|status| status.name().to_owned()),
        approvals: waiting.approvals,
        what: waiting.names(),
    }
}

impl Context {
    /// Refuses what the program would take from no vault, or not from this one.
    ///
    /// # Errors
    ///
    /// As [`rules::require_callable`]; `no_council`; the server's.
    pub(super) fn require_callable(
        &self,
        live: &Live,
        vault: &Pubkey,
        instructions: &[Instruction],
    ) -> Result<(), Failure> {
        if instructions.iter().all(|it| rules::caller(it).is_none()) {
            return Ok(());
        }
        let council = super::council::seated(self, live)?;
        instructions
            .iter()
            .try_for_each(|it| rules::require_callable(it, vault, &council))
    }

    /// Refuses a vault that cannot pay a rent and keep its own: one lamport that anybody sends it
    /// would otherwise keep it from paying the last of what it has.
    ///
    /// # Errors
    ///
    /// `vault_too_poor`; the server's.
    pub(super) fn require_vault_pays(&self, vault: &Pubkey, rent: u64) -> Result<(), Failure> {
        if rent == 0 {
            return Ok(());
        }
        let keeps = self.connection.rent(0)?;
        let has = self.connection.account(vault)?;
        let has = has.map_or(0, |account| account.lamports);
        let needs = rent.saturating_add(keeps);
        if has >= needs {
            return Ok(());
        }
        Err(Failure::new(
            "vault_too_poor",
            format!(
                "the vault {vault} has {has} lamports; it pays a rent of {rent} and has to keep \
                 {keeps}"
            ),
        )
        .remedy(format!(
            "send it {} lamports; the rent comes back when the account is closed; nothing \
             was stored",
            needs.saturating_sub(has)
        )))
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
    pub(super) fn export(
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
    pub(super) fn hand_over(
        &self,
        arguments: &SendArgs,
        multisig: &str,
        simulate: bool,
        actor: &Key,
        intent: &Intent<'_>,
    ) -> Result<Written, Failure> {
        self.announce_actor(actor, intent);
        let handover = Handover::read(self, arguments, multisig)?;
        self.say_pending(&handover);
        let message = handover.compile(&intent.instructions)?;
        if let Some(twin) = handover.twin(&message) {
            return Err(stored_already(&handover.multisig, twin));
        }
        let payer = handover.member.address();
        self.try_in_the_name_of_the_vault(&handover, intent)?;
        let memo = format!("homeostat {}", intent.command);
        let plan = handover.plan(self, &message, &memo)?;
        if simulate {
            let simulated = self.store_tried(&handover, intent, &plan)?;
            return Ok(self.written(intent, &payer, simulated));
        }
        let handed = self.stored(&handover, &actor.address(), intent, &plan)?;
        Ok(self.written(intent, &payer, Outcome::HandedOver(handed)))
    }

    /// Sends the transactions of a plan; the multisig's next number is what they store.
    pub(super) fn stored(
        &self,
        handover: &Handover<'_>,
        vault: &Pubkey,
        intent: &Intent<'_>,
        plan: &Plan,
    ) -> Result<HandedOver, Failure> {
        let receipts = self.store(handover, intent, plan)?;
        let mut sent: Vec<Sent> = receipts.into_iter().map(Sent::from).collect();
        let last = sent.pop().ok_or_else(|| self.nothing_stored())?;
        let (approvals, threshold) = (u16::from(handover.approves()), handover.multisig.threshold);
        Ok(HandedOver {
            multisig: handover.multisig.address.to_string(),
            vault: vault.to_string(),
            transaction_index: handover.multisig.next(),
            threshold,
            approvals,
            missing: threshold.saturating_sub(approvals),
            time_lock: handover.multisig.time_lock,
            pending: handover.pending.waiting.iter().map(answer).collect(),
            buffered: sent,
            sent: last,
        })
    }

    /// A plan has one transaction at least, so this cannot be.
    fn nothing_stored(&self) -> Failure {
        self.connection.nonsense("a plan without a transaction")
    }

    /// Says what waits in the multisig before anything is added to it.
    pub(super) fn say_pending(&self, handover: &Handover<'_>) {
        let Pending { waiting, unread } = &handover.pending;
        if waiting.is_empty() && *unread == 0 {
            return;
        }
        self.say(&format!(
            "  pending in the multisig {}",
            handover.multisig.address
        ));
        if *unread > 0 {
            self.say(&format!("    {unread} earlier ones were not looked at"));
        }
        for one in waiting {
            let stands = match one.status {
                Some(status) => format!(
                    "{}, {} of {} approvals",
                    status.name(),
                    one.approvals,
                    handover.multisig.threshold
                ),
                None => "without a vote yet".to_owned(),
            };
            self.say(&format!("    {}  {stands}: {}", one.index, one.names()));
        }
    }

    /// Tries out what needs no seat, as if the vault had signed it: what would fail now is not
    /// stored. What needs a seat can only be called by the program of the seat.
    pub(super) fn try_in_the_name_of_the_vault(
        &self,
        handover: &Handover<'_>,
        intent: &Intent<'_>,
    ) -> Result<(), Failure> {
        let calls = &intent.instructions;
        let needs_a_seat = calls.iter().any(|it| rules::caller(it).is_some());
        // What only a buffer holds cannot be tried out in one transaction either.
        if needs_a_seat || packet::bytes(&handover.member.address(), calls) > PACKET {
            return Ok(());
        }
        let notes = self.notes(intent.command, &intent.what, &handover.member);
        let sender = self.sender(handover.arguments, notes);
        sender
            .prepare(&handover.member.address(), calls)
            .map(|_| ())
    }

    /// Tries the first transaction of a plan out.
    pub(super) fn store_tried(
        &self,
        handover: &Handover<'_>,
        intent: &Intent<'_>,
        plan: &Plan,
    ) -> Result<Outcome, Failure> {
        let first = plan.transactions.first();
        let first = first.ok_or_else(|| self.nothing_stored())?;
        let notes = self.notes(intent.command, &intent.what, &handover.member);
        let mut sender = self.sender(handover.arguments, notes);
        sender.watch = true;
        let prepared = sender.prepare(&handover.member.address(), first)?;
        let mut simulated = self.simulated(&prepared)?;
        simulated.untried = plan.transactions.len().saturating_sub(1);
        Ok(Outcome::Simulated(simulated))
    }

    /// Sends the transactions of a plan, one after the other. Each is in the journal before it is
    /// sent; where one fails, the same command goes on after those that landed.
    fn store(
        &self,
        handover: &Handover<'_>,
        intent: &Intent<'_>,
        plan: &Plan,
    ) -> Result<Vec<Receipt>, Failure> {
        let (member, arguments) = (&handover.member, handover.arguments);
        let signer = member.here()?;
        let count = plan.transactions.len();
        let stopped = |failure, place| goes_on(self.overtaken(handover, failure), place, count);
        let mut receipts = Vec::with_capacity(count);
        for (place, transaction) in plan.transactions.iter().enumerate() {
            let what = match count {
                1 => intent.what.clone(),
                _ => format!("{} ({} of {count})", intent.what, place + 1),
            };
            let sender = self.sender(arguments, self.notes(intent.command, &what, member));
            let prepared = sender
                .prepare(&member.address(), transaction)
                .map_err(|failure| stopped(failure, place))?;
            if !handover.asked.replace(true) {
                self.warn_of_open(intent.command, member);
                self.ask(arguments)?;
            }
            let receipt = sender
                .send_prepared(&prepared, signer, &[])
                .map_err(|failure| stopped(failure, place))?;
            receipts.push(receipt);
        }
        Ok(receipts)
    }

    /// Where the multisig has a transaction more than before, that is why the cluster refuses: the
    /// number was taken.
    fn overtaken(&self, handover: &Handover<'_>, failure: Failure) -> Failure {
        let before = handover.multisig.transaction_index;
        let address = &handover.multisig.address;
        match Multisig::read(&self.connection, address) {
            Ok(now) if failure.code == "refused" && now.transaction_index != before => {
                Failure::new(
                    "stored_meanwhile",
                    format!(
                        "another member stored number {} of the multisig {address} while this was \
                         prepared",
                        now.transaction_index
                    ),
                )
                .remedy("run it again, which tells what waits there; it was not stored")
            }
            _ => failure,
        }
    }
}

/// A failure on the way, with how far it came.
fn goes_on(mut failure: Failure, done: usize, of: usize) -> Failure {
    if of > 1 {
        failure.message = format!(
            "{} ({done} of {of} transactions of the buffer went through)",
            failure.message
        );
        failure.remedy = format!("{}; run it again: it goes on there", failure.remedy);
    }
    failure
}

/// The refusal of what waits in the multisig already.
fn stored_already(multisig: &Multisig, twin: &Waiting) -> Failure {
    let (address, number) = (multisig.address, twin.index);
    let remedy = match twin.status {
        Some(_) => format!(
            "have its members approve number {number}, or reject it there and run this again; \
             nothing was stored"
        ),
        None => format!(
            "nobody can vote on number {number} yet: open its vote in Squads' app; nothing was \
             stored"
        ),
    };
    Failure::new(
        "stored_already",
        format!("number {number} of the multisig {address} does the same and waits there"),
    )
    .remedy(remedy)
}
