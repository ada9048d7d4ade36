//! Sending a transaction until its outcome is known, and never a second one while the first
//! can still land.
//!
//! [`prepare`] tries a transaction out and sets its budget, [`packet`] signs it, [`deliver`]
//! sends it and waits, [`fate`] says what became of it, and [`proof`] looks a second time before
//! one counts as landed. A transaction is signed anew for one
//! reason only: the one before can never land, as [`fate`] decides it. It then offers more
//! ([`fee`]). What cannot be decided ends with `outcome_unknown` and the signature.

use std::time::Duration;

use homeostat_client::Instruction;
use solana_message::AddressLookupTableAccount;
use solana_signature::Signature;
use solana_signer::Signer;

pub mod deliver;
pub mod fate;
pub mod fee;
mod many;
pub mod packet;
pub mod prepare;
mod proof;

pub use fate::{Fate, Life, Until};
pub use fee::{Fees, BASE_FEE};
pub use packet::{fits, pack, sign, unsigned, PACKET};
pub use prepare::Prepared;

use crate::{connection::Connection, journal::Notes};
use homeostat_settings::failure::Failure;

/// How often an expired transaction is signed anew.
const ATTEMPTS: u32 = 3;
/// How long an outcome is waited for, unless somebody says otherwise: a blockhash lives
/// about a minute, and its end has to be finalized.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// A transaction that went through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Its first signature.
    pub signature: Signature,
    /// Where it landed.
    pub slot: u64,
    /// Compute units that it was tried out with.
    pub units: u64,
    /// What its priority cost at most (lamports); of the transaction that landed.
    pub priority: u64,
    /// How often it was signed: more than once when a blockhash expired.
    pub attempts: u32,
}

/// Where a sender tells what it does: stderr, a log, or nowhere.
pub trait Talk {
    /// One line.
    fn say(&self, line: &str);

    /// A transaction is signed and about to be sent: from here on it may land, whatever
    /// becomes of this process. A daemon that looks at the chain anyway need not tell.
    fn signed(&self, _: &Signature) {}
}

/// Tells nobody.
pub struct Silent;

impl Talk for Silent {
    fn say(&self, _: &str) {}
}

/// Sends transactions.
pub struct Sender<'a> {
    /// Where to.
    pub connection: &'a Connection,
    /// For how much.
    pub fees: Fees,
    /// Whom it tells what it signs, and that it signs anew.
    pub talk: &'a dyn Talk,
    /// Lookup tables for transactions with many accounts.
    pub tables: &'a [AddressLookupTableAccount],
    /// Whether a try-out tells the accounts that it would write.
    pub watch: bool,
    /// How long it waits for an outcome.
    pub patience: Duration,
    /// What it writes down before it sends; `None` where the chain itself keeps anything
    /// from happening twice.
    pub notes: Option<Notes<'a>>,
    /// Whether a status that says that a transaction landed has to be borne out by a second look
    /// before it is believed. Only who reads what the transaction has done needs none.
    pub proves: bool,
}

impl<'a> Sender<'a> {
    /// A sender that tells nobody, writes nothing down, and uses no tables. It looks twice
    /// before it believes that something landed.
    pub fn new(connection: &'a Connection, fees: Fees) -> Self {
        Self {
            connection,
            fees,
            talk: &Silent,
            tables: &[],
            watch: false,
            patience: PATIENCE,
            notes: None,
            proves: true,
        }
    }

    /// Tries a transaction out, signs, sends, and waits until its outcome is known.
    /// `payer` signs first.
    ///
    /// # Errors
    ///
    /// `refused` (nothing happened), `expired` (it can never land, nothing happened),
    /// `outcome_unknown` (it was sent, and what became of it could not be decided),
    /// `journal_unwritable` (nothing was sent), the server's.
    pub fn send(
        &self,
        payer: &dyn Signer,
        signers: &[&dyn Signer],
        instructions: &[Instruction],
    ) -> Result<Receipt, Failure> {
        let prepared = self.prepare(&payer.pubkey(), instructions)?;
        self.send_prepared(&prepared, payer, signers)
    }

    /// The rest of [`Sender::send`] after [`Sender::prepare`].
    ///
    /// # Errors
    ///
    /// As [`Sender::send`].
    pub fn send_prepared(
        &self,
        prepared: &Prepared,
        payer: &dyn Signer,
        signers: &[&dyn Signer],
    ) -> Result<Receipt, Failure> {
        let mut all: Vec<&dyn Signer> = vec![payer];
        for signer in signers {
            if all.iter().all(|known| known.pubkey() != signer.pubkey()) {
                all.push(*signer);
            }
        }
        let mut prepared = prepared.clone();
        for attempt in 1..=ATTEMPTS {
            let (blockhash, life) = self.connection.fresh_blockhash()?;
            let message = self.message(&prepared.payer, &prepared.instructions, &blockhash)?;
            let transaction = sign(message, &all)?;
            match self.deliver(&transaction, &life)? {
                Some(slot) => {
                    return Ok(Receipt {
                        signature: transaction.signatures.first().copied().unwrap_or_default(),
                        slot,
                        units: prepared.units,
                        priority: prepared.priority,
                        attempts: attempt,
                    })
                }
                None if attempt < ATTEMPTS => {
                    let raised = self.raised(&prepared);
                    self.talk.say(&format!(
                        "the blockhash expired before the transaction landed; signing anew ({} of \
                         {ATTEMPTS}), {}",
                        attempt + 1,
                        raised.told(&prepared)
                    ));
                    prepared = raised;
                }
                None => {}
            }
        }
        Err(Failure::new(
            "expired",
            format!("{ATTEMPTS} transactions expired before they landed; nothing happened"),
        )
        .remedy(
            "the cluster is busy: raise --with-compute-unit-price or --max-priority-fee, or use \
             another server with --url",
        ))
    }
}
