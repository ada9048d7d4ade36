//! Transactions whose order does not matter, many at a time.

use std::{
    thread::{self, sleep},
    time::{Duration, Instant},
};

use homeostat_client::Instruction;
use solana_signature::Signature;
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;

use super::deliver::{unknown, REBROADCAST};
use super::{sign, Fate, Prepared, Sender, ATTEMPTS};
use crate::connection::refusal;
use crate::rpc::Pace;
use homeostat_settings::failure::Failure;

/// Statuses that a server tells in one request.
const STATUSES: usize = 256;
/// How long transactions that are on their way together may take to be sent. Their blockhash lives
/// 150 blocks, which may be as few as 30 seconds: all of them have been sent, and some time is
/// left to see them land, before it ends.
const SENDING: Duration = Duration::from_secs(25);
/// Requests that are on their way at once while transactions are sent: one that a server is slow
/// to answer holds up an eighth of the rest, not all of it.
const LANES: usize = 8;

impl Sender<'_> {
    /// Sends transactions whose order does not matter, and sends again what is missing,
    /// until all have landed. `landed` is told of each one; its error stops the rest.
    /// The first is tried out, and its budget is everybody's: they should be alike. None is
    /// written down, and no status is borne out by a second look: they are for what may be done
    /// again and is read afterwards, such as the pieces of a buffer.
    ///
    /// # Errors
    ///
    /// As [`Sender::send`]; any number may have landed before.
    pub fn send_all(
        &self,
        payer: &dyn Signer,
        transactions: &[Vec<Instruction>],
        landed: &mut (dyn FnMut() -> Result<(), Failure> + '_),
    ) -> Result<(), Failure> {
        let Some(first) = transactions.first() else {
            return Ok(());
        };
        let mut prepared = self.prepare(&payer.pubkey(), first)?;
        for wave in transactions.chunks(self.wave_size(transactions.len())) {
            self.wave(payer, &mut prepared, wave, landed)?;
        }
        Ok(())
    }

    /// How many of so many transactions are on their way together over one blockhash: as many as
    /// the server takes in [`SENDING`], all of them where its budget has no bound.
    fn wave_size(&self, all: usize) -> usize {
        let budget = self.connection.budget();
        budget.map_or(all, |budget| budget.within(SENDING)).max(1)
    }

    /// Those that are on their way together, until all have landed.
    fn wave(
        &self,
        payer: &dyn Signer,
        prepared: &mut Prepared,
        transactions: &[Vec<Instruction>],
        landed: &mut (dyn FnMut() -> Result<(), Failure> + '_),
    ) -> Result<(), Failure> {
        let mut missing: Vec<&Vec<Instruction>> = transactions.iter().collect();
        for attempt in 1..=ATTEMPTS {
            let budget = prepared.instructions.get(..2).unwrap_or_default();
            missing = self.round(payer, budget, missing, landed)?;
            if missing.is_empty() {
                return Ok(());
            }
            if attempt < ATTEMPTS {
                let raised = self.raised(prepared);
                self.talk.say(&format!(
                    "{} transactions expired before they landed; signing them anew, {}",
                    missing.len(),
                    raised.told(prepared)
                ));
                *prepared = raised;
            }
        }
        Err(Failure::new(
            "expired",
            format!(
                "{} of {} transactions expired before they landed",
                missing.len(),
                transactions.len()
            ),
        )
        .remedy("the cluster is busy: run again, which goes on where this stopped"))
    }

    /// Sends each of them once, several at the same time.
    fn broadcast_all(&self, pending: &[(&Vec<Instruction>, VersionedTransaction)]) {
        let (connection, fees) = (self.connection, self.fees);
        let lane = pending.len().div_ceil(LANES).max(1);
        thread::scope(|scope| {
            for lane in pending.chunks(lane) {
                scope.spawn(move || {
                    // Whom a sender tells, and where it writes, stays with the thread it is of.
                    let sender = Sender::new(connection, fees);
                    for (_, transaction) in lane {
                        let signature = transaction.signatures.first().copied();
                        // Whether it arrived is for its status to tell.
                        let _ = sender.broadcast(transaction, &signature.unwrap_or_default());
                    }
                });
            }
        });
    }

    /// As long as one blockhash lives; returns what can never land.
    fn round<'t>(
        &self,
        payer: &dyn Signer,
        budget: &[Instruction],
        transactions: Vec<&'t Vec<Instruction>>,
        landed: &mut (dyn FnMut() -> Result<(), Failure> + '_),
    ) -> Result<Vec<&'t Vec<Instruction>>, Failure> {
        let (blockhash, life) = self.connection.fresh_blockhash()?;
        let mut pending = Vec::with_capacity(transactions.len());
        for instructions in transactions {
            let all = [budget, instructions.as_slice()].concat();
            let message = self.message(&payer.pubkey(), &all, &blockhash)?;
            pending.push((instructions, sign(message, &[payer])?));
        }
        let begin = Instant::now();
        let mut sent_at: Option<Instant> = None;
        let mut gone = Vec::new();
        let mut pace = Pace::default();
        loop {
            if sent_at.is_none_or(|at| at.elapsed() >= REBROADCAST) {
                sent_at = Some(Instant::now());
                self.broadcast_all(&pending);
            }
            let mut left = Vec::with_capacity(pending.len());
            let mut trouble = String::from("they were not seen in any block so far");
            let mut seen = None;
            for chunk in pending.chunks(STATUSES) {
                let signatures: Vec<Signature> = chunk
                    .iter()
                    .filter_map(|(_, transaction)| transaction.signatures.first().copied())
                    .collect();
                let (slot, fates) = self.connection.fates(&signatures, &life)?;
                seen = Some(slot);
                for (one, told) in chunk.iter().zip(fates) {
                    match told.fate {
                        Fate::Landed { error: None, .. } => landed()?,
                        Fate::Landed {
                            error: Some(error), ..
                        } => return Err(refusal(&error, &[])),
                        Fate::Gone => gone.push(one.0),
                        Fate::Open => left.push(one.clone()),
                        Fate::Unclear(why) => {
                            trouble = why;
                            left.push(one.clone());
                        }
                    }
                }
            }
            if let Some(slot) = seen {
                pace.saw(slot);
            }
            pending = left;
            if pending.is_empty() {
                return Ok(gone);
            }
            if begin.elapsed() >= self.patience {
                let count = pending.len();
                let first = pending
                    .first()
                    .and_then(|(_, transaction)| transaction.signatures.first().copied());
                return Err(unknown(
                    format!("{count} transactions were sent, but what became of them"),
                    &trouble,
                    &format!("homeostat outcome {}", first.unwrap_or_default()),
                ));
            }
            sleep(pace.pause());
        }
    }
}
