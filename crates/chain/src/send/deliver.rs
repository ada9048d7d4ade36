//! Sending a signed transaction, and waiting for what becomes of it.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use solana_rpc_client_api::config::RpcSendTransactionConfig;
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;

use super::{Fate, Life, Sender};
use crate::connection::refusal;
use crate::journal::Settled;
use crate::rpc::Pace;
use homeostat_settings::failure::Failure;

/// How often the transaction is sent again: a leader may have dropped it.
pub(super) const REBROADCAST: Duration = Duration::from_secs(2);

impl Sender<'_> {
    /// Writes a signed transaction down, tells its signature, sends it and waits; the slot it
    /// landed in, or `None` when it can never land.
    ///
    /// # Errors
    ///
    /// As [`Sender::send`].
    pub fn deliver(
        &self,
        transaction: &VersionedTransaction,
        life: &Life,
    ) -> Result<Option<u64>, Failure> {
        let signature = transaction.signatures.first().copied().unwrap_or_default();
        if let Some(notes) = &self.notes {
            let blockhash = transaction.message.recent_blockhash();
            notes.write(&signature, self.connection.cluster(), blockhash, life)?;
        }
        self.talk.signed(&signature);
        let fate = self.wait(transaction, &signature, life)?;
        if let Some(notes) = &self.notes {
            if let Some(settled) = Settled::of(&fate) {
                // It has happened, whatever becomes of the note.
                if let Err(failure) = notes.journal.settle(&signature, settled) {
                    self.talk.say(&format!("warning: {}", failure.message));
                }
            }
        }
        match fate {
            Fate::Landed { slot, error: None } => Ok(Some(slot)),
            Fate::Landed {
                error: Some(error), ..
            } => Err(refusal(&error, &[])),
            Fate::Open | Fate::Gone | Fate::Unclear(_) => Ok(None),
        }
    }

    /// Sends, again and again, until the transaction has landed or can never land.
    fn wait(
        &self,
        transaction: &VersionedTransaction,
        signature: &Signature,
        life: &Life,
    ) -> Result<Fate, Failure> {
        let begin = Instant::now();
        let mut sent_at: Option<Instant> = None;
        let mut trouble = String::from("it was not seen in any block so far");
        let mut pace = Pace::default();
        loop {
            if sent_at.is_none_or(|at| at.elapsed() >= REBROADCAST) {
                let first = sent_at.is_none();
                sent_at = Some(Instant::now());
                match self.broadcast(transaction, signature) {
                    Ok(()) => {}
                    // Whether a request that failed arrived is anybody's guess: from here
                    // on only statuses tell.
                    Err(failure) if failure.code == "refused" && first => return Err(failure),
                    Err(failure) => trouble = failure.message,
                }
            }
            match self.connection.fates(&[*signature], life) {
                Ok((slot, fates)) => {
                    pace.saw(slot);
                    let fate = fates.into_iter().next().map(|told| match told.fate {
                        Fate::Landed { .. } if self.proves => {
                            self.connection.borne_out(transaction, &told)
                        }
                        fate => fate,
                    });
                    match fate {
                        None | Some(Fate::Open) => {}
                        Some(Fate::Unclear(why)) => trouble = why,
                        Some(fate) => return Ok(fate),
                    }
                }
                Err(failure) => {
                    pace.failed();
                    trouble = failure.message;
                }
            }
            if begin.elapsed() >= self.patience {
                return Err(unknown(
                    format!("transaction {signature} was sent, but what became of it"),
                    &trouble,
                    &format!("homeostat outcome {signature}"),
                ));
            }
            sleep(
                pace.pause()
                    .min(self.patience.saturating_sub(begin.elapsed())),
            );
        }
    }

    pub(super) fn broadcast(
        &self,
        transaction: &VersionedTransaction,
        signature: &Signature,
    ) -> Result<(), Failure> {
        let told = self
            .connection
            .rpc()
            .send_transaction_with_config(
                transaction,
                RpcSendTransactionConfig {
                    // It was tried out, and a second look would only refuse a repeat.
                    skip_preflight: true,
                    max_retries: Some(0),
                    ..RpcSendTransactionConfig::default()
                },
            )
            .map_err(|error| self.connection.failure(&error))?;
        if told == *signature {
            Ok(())
        } else {
            Err(self
                .connection
                .nonsense("another signature than the transaction's"))
        }
    }
}

/// The failure of what was sent and could not be decided within patience.
pub(super) fn unknown(what: impl core::fmt::Display, why: &str, look: &str) -> Failure {
    Failure::new("outcome_unknown", format!("{what} is unknown: {why}")).remedy(format!(
        "look it up with `{look}` before you try again: it may have gone through"
    ))
}
