//! Sending a transaction until its outcome is known.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use homeostat_client::{Instruction, Pubkey};
use solana_commitment_config::CommitmentConfig;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_hash::Hash;
use solana_message::{v0, AddressLookupTableAccount, Message, VersionedMessage};
use solana_rpc_client_api::config::RpcSendTransactionConfig;
use solana_rpc_client_api::response::RpcSimulateTransactionResult;
use solana_signature::Signature;
use solana_signer::{signers::Signers, Signer};
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;

mod many;

use crate::{
    connection::{refusal, Connection},
    failure::Failure,
};

/// Compute units that a transaction may use when it is tried out.
const MOST_UNITS: u32 = 1_400_000;
/// Least limit (compute units): the budget's own instructions need some.
const LEAST_UNITS: u64 = 1_000;
/// Most accounts that a try-out tells.
const MOST_WATCHED: usize = 32;
/// Bytes of a packet.
pub const PACKET: usize = 1_232;
/// How often a status is asked for.
const POLL: Duration = Duration::from_millis(400);
/// How often the transaction is sent again: a leader may have dropped it.
const REBROADCAST: Duration = Duration::from_secs(2);
/// How often an expired transaction is signed anew.
const ATTEMPTS: u32 = 3;
/// A server whose block height stands still is given up after this. A blockhash lives
/// about a minute.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a transaction may cost above its base fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fees {
    /// Micro-lamports a compute unit; `None` = the 75th percentile of what was paid
    /// lately for the accounts that it writes.
    pub price: Option<u64>,
    /// Most that the priority of one transaction may cost (lamports); holds whatever
    /// others pay, and for `price` too.
    pub cap: u64,
}

impl Default for Fees {
    /// Automatic, at most 100,000 lamports.
    fn default() -> Self {
        Self {
            price: None,
            cap: 100_000,
        }
    }
}

/// A transaction that went through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Its first signature.
    pub signature: Signature,
    /// Where it landed.
    pub slot: u64,
    /// Compute units that it was tried out with.
    pub units: u64,
    /// What its priority cost at most (lamports).
    pub priority: u64,
    /// How often it was signed: more than once when a blockhash expired.
    pub attempts: u32,
}

/// Where a sender tells what it does: stderr, a log, or nowhere.
pub trait Talk {
    /// One line.
    fn say(&self, line: &str);
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
    /// Whom it tells that it signs anew.
    pub talk: &'a dyn Talk,
    /// Lookup tables for transactions with many accounts.
    pub tables: &'a [AddressLookupTableAccount],
    /// Whether a try-out tells the accounts that it would write.
    pub watch: bool,
}

/// A transaction that was tried out, with its budget.
#[derive(Clone, Debug)]
pub struct Prepared {
    payer: Pubkey,
    instructions: Vec<Instruction>,
    /// Compute units used when it was tried out.
    pub units: u64,
    /// What its priority costs at most (lamports).
    pub priority: u64,
    /// The accounts in `simulation.accounts`, in order.
    pub watched: Vec<Pubkey>,
    /// What the try-out told.
    pub simulation: RpcSimulateTransactionResult,
}

impl<'a> Sender<'a> {
    /// A sender that tells nobody and uses no tables.
    pub fn new(connection: &'a Connection, fees: Fees) -> Self {
        Self {
            connection,
            fees,
            talk: &Silent,
            tables: &[],
            watch: false,
        }
    }

    /// Compiles a message: a legacy one if it fits a packet, else with the tables.
    ///
    /// # Errors
    ///
    /// It does not fit either way.
    pub fn message(
        &self,
        payer: &Pubkey,
        instructions: &[Instruction],
        blockhash: &Hash,
    ) -> Result<VersionedMessage, Failure> {
        let legacy = VersionedMessage::Legacy(Message::new_with_blockhash(
            instructions,
            Some(payer),
            blockhash,
        ));
        if size(&legacy) <= PACKET {
            return Ok(legacy);
        }
        let with_tables = v0::Message::try_compile(payer, instructions, self.tables, *blockhash)
            .map(VersionedMessage::V0)
            .ok()
            .filter(|message| size(message) <= PACKET);
        with_tables.ok_or_else(|| {
            Failure::new(
                "too_large",
                format!(
                    "the transaction has {} bytes; a packet takes {PACKET}",
                    size(&legacy)
                ),
            )
            .remedy("split it, or give a lookup table with its accounts (--lookup-table)")
        })
    }

    /// Tries a transaction out and sets its budget: limit = used x 1.1, price by
    /// [`Fees`].
    ///
    /// # Errors
    ///
    /// What the cluster would refuse; the server's.
    pub fn prepare(
        &self,
        payer: &Pubkey,
        instructions: &[Instruction],
    ) -> Result<Prepared, Failure> {
        let budgeted = |units: u32, price: u64| -> Vec<Instruction> {
            let budget = [
                ComputeBudgetInstruction::set_compute_unit_limit(units),
                ComputeBudgetInstruction::set_compute_unit_price(price),
            ];
            let mut all = budget.to_vec();
            all.extend_from_slice(instructions);
            // A durable nonce is advanced by the first instruction, or not at all.
            if instructions.first().is_some_and(is_nonce_advance) {
                all.swap(1, 2);
                all.swap(0, 1);
            }
            all
        };
        let trial = self.message(payer, &budgeted(MOST_UNITS, 0), &Hash::default())?;
        let trial = unsigned(trial);
        // What it writes; a server tells a limited number of accounts.
        let watched: Vec<Pubkey> = if self.watch {
            let keys = trial.message.static_account_keys().iter().enumerate();
            keys.filter(|(index, _)| trial.message.is_maybe_writable(*index, None))
                .map(|(_, key)| *key)
                .take(MOST_WATCHED)
                .collect()
        } else {
            Vec::new()
        };
        let simulation = self.connection.simulate(&trial, &watched)?;
        if let Some(error) = simulation.err.clone() {
            let logs = simulation.logs.as_deref().unwrap_or_default();
            return Err(refusal(&TransactionError::from(error), logs));
        }
        let units = simulation.units_consumed.unwrap_or(u64::from(MOST_UNITS));
        let limit = (units.saturating_mul(11) / 10).clamp(LEAST_UNITS, u64::from(MOST_UNITS));
        let writable: Vec<Pubkey> = instructions
            .iter()
            .flat_map(|instruction| &instruction.accounts)
            .filter(|meta| meta.is_writable)
            .map(|meta| meta.pubkey)
            .collect();
        let wished = match self.fees.price {
            Some(price) => price,
            None => self.recent_price(&writable)?,
        };
        // price x limit / 10^6 lamports, rounded up, must not be above the cap.
        let dearest = u128::from(self.fees.cap) * 1_000_000 / u128::from(limit);
        let price = wished.min(u64::try_from(dearest).unwrap_or(u64::MAX));
        let priority = (u128::from(price) * u128::from(limit)).div_ceil(1_000_000);
        Ok(Prepared {
            payer: *payer,
            instructions: budgeted(u32::try_from(limit).unwrap_or(MOST_UNITS), price),
            units,
            watched,
            priority: u64::try_from(priority).unwrap_or(u64::MAX),
            simulation,
        })
    }

    /// The 75th percentile of recent prices (micro-lamports a compute unit).
    fn recent_price(&self, writable: &[Pubkey]) -> Result<u64, Failure> {
        // Servers take 128 addresses at most.
        let asked = writable.get(..128).unwrap_or(writable);
        let mut prices: Vec<u64> = self
            .connection
            .rpc()
            .get_recent_prioritization_fees(asked)
            .map_err(|error| self.connection.failure(&error))?
            .into_iter()
            .map(|fee| fee.prioritization_fee)
            .collect();
        prices.sort_unstable();
        Ok(prices.get(prices.len() * 3 / 4).copied().unwrap_or(0))
    }

    /// Tries a transaction out, signs, sends, and waits until its outcome is known.
    /// `payer` signs first.
    ///
    /// # Errors
    ///
    /// `refused` (nothing happened), `expired` (it never landed, nothing happened),
    /// `outcome_unknown` (the server failed after it was sent), the server's.
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
        for attempt in 1..=ATTEMPTS {
            let (blockhash, last_height) = self
                .connection
                .rpc()
                .get_latest_blockhash_with_commitment(CommitmentConfig::confirmed())
                .map_err(|error| self.connection.failure(&error))?;
            let message = self.message(&prepared.payer, &prepared.instructions, &blockhash)?;
            let transaction = sign(message, &all)?;
            match self.deliver(&transaction, Some(last_height))? {
                Some(slot) => {
                    return Ok(Receipt {
                        signature: transaction.signatures.first().copied().unwrap_or_default(),
                        slot,
                        units: prepared.units,
                        priority: prepared.priority,
                        attempts: attempt,
                    })
                }
                None if attempt < ATTEMPTS => self.talk.say(&format!(
                    "the blockhash expired before the transaction landed; signing anew ({} of \
                     {ATTEMPTS})",
                    attempt + 1
                )),
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

    /// Sends a signed transaction and waits; the slot it landed in, or `None` when it
    /// expired. Without `last_height` (a blockhash given by hand, or a durable nonce) it
    /// waits as long as it has patience.
    ///
    /// # Errors
    ///
    /// As [`Sender::send`].
    pub fn deliver(
        &self,
        transaction: &VersionedTransaction,
        last_height: Option<u64>,
    ) -> Result<Option<u64>, Failure> {
        let signature = transaction.signatures.first().copied().unwrap_or_default();
        let unknown = |failure: &Failure| {
            Failure::new(
                "outcome_unknown",
                format!(
                    "transaction {signature} was sent, but what became of it is unknown: {}",
                    failure.message
                ),
            )
            .remedy(format!(
                "look it up with `solana confirm {signature}` before you try again: it may have gone through"
            ))
        };
        let begin = Instant::now();
        let mut sent_at: Option<Instant> = None;
        let mut trouble: Option<Failure> = None;
        loop {
            if sent_at.is_none_or(|at| at.elapsed() >= REBROADCAST) {
                let first = sent_at.is_none();
                sent_at = Some(Instant::now());
                match self.broadcast(transaction, &signature) {
                    Ok(()) => {}
                    // Whether a request that failed arrived is anybody's guess: from here
                    // on only statuses tell.
                    Err(failure) if failure.code == "refused" && first => return Err(failure),
                    Err(failure) => trouble = Some(failure),
                }
            }
            match self.status(&signature) {
                Ok(Some(slot)) => return Ok(Some(slot)),
                Ok(None) => {}
                Err(failure) if failure.code == "refused" => return Err(failure),
                Err(failure) => trouble = Some(failure),
            }
            if let Some(last) = last_height {
                match self.connection.rpc().get_block_height() {
                    Ok(height) if height > last => {
                        // It may have landed in the very last block.
                        return self.status(&signature).map_err(|failure| {
                            if failure.code == "refused" {
                                failure
                            } else {
                                unknown(&failure)
                            }
                        });
                    }
                    Ok(_) => {}
                    Err(error) => trouble = Some(self.connection.failure(&error)),
                }
            }
            if begin.elapsed() >= PATIENCE {
                let failure = trouble.unwrap_or_else(|| {
                    Failure::new("outcome_unknown", "it was not seen in any block so far")
                });
                return Err(unknown(&failure));
            }
            sleep(POLL);
        }
    }

    fn broadcast(
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

    /// The slot of a transaction that is as sure as the commitment asks.
    fn status(&self, signature: &Signature) -> Result<Option<u64>, Failure> {
        let answer = self
            .connection
            .rpc()
            .get_signature_statuses(&[*signature])
            .map_err(|error| self.connection.failure(&error))?;
        let Some(status) = answer.value.into_iter().next().flatten() else {
            return Ok(None);
        };
        if !status.satisfies_commitment(self.connection.commitment()) {
            return Ok(None);
        }
        match status.err {
            None => Ok(Some(status.slot)),
            Some(error) => Err(refusal(&error, &[])),
        }
    }
}

fn is_nonce_advance(instruction: &Instruction) -> bool {
    // `SystemInstruction::AdvanceNonceAccount` has number 4.
    instruction.program_id == solana_sdk_ids::system_program::ID
        && instruction.data.get(..4) == Some(&[4, 0, 0, 0])
}

/// Bytes of the transaction with this message.
fn size(message: &VersionedMessage) -> usize {
    let signatures = usize::from(message.header().num_required_signatures);
    1 + signatures * 64 + message.serialize().len()
}

/// A transaction with empty signatures, to be tried out.
pub fn unsigned(message: VersionedMessage) -> VersionedTransaction {
    let signatures = usize::from(message.header().num_required_signatures);
    VersionedTransaction {
        signatures: vec![Signature::default(); signatures],
        message,
    }
}

/// Instructions, in order, in as few transactions as they fit into; one that does not fit
/// at all stands alone, and sending it says so.
pub fn pack(payer: &Pubkey, instructions: &[Instruction]) -> Vec<Vec<Instruction>> {
    // What `prepare` puts before them.
    let budget = [
        ComputeBudgetInstruction::set_compute_unit_limit(MOST_UNITS),
        ComputeBudgetInstruction::set_compute_unit_price(u64::MAX),
    ];
    let fits = |batch: &[Instruction], next: &Instruction| {
        let all = [&budget, batch, core::slice::from_ref(next)].concat();
        size(&VersionedMessage::Legacy(Message::new(&all, Some(payer)))) <= PACKET
    };
    let mut batches: Vec<Vec<Instruction>> = Vec::new();
    for instruction in instructions {
        match batches.last_mut() {
            Some(batch) if fits(batch, instruction) => batch.push(instruction.clone()),
            _ => batches.push(vec![instruction.clone()]),
        }
    }
    batches
}

/// Signs with everybody whom the message asks; others are not used.
///
/// # Errors
///
/// Somebody's signature is missing.
pub fn sign(
    message: VersionedMessage,
    signers: &[&dyn Signer],
) -> Result<VersionedTransaction, Failure> {
    let asked = usize::from(message.header().num_required_signatures);
    let keys = message.static_account_keys();
    let wanted: Vec<Pubkey> = keys.iter().take(asked).copied().collect();
    let fit: Vec<&dyn Signer> = signers
        .iter()
        .filter(|signer| wanted.contains(&signer.pubkey()))
        .copied()
        .collect();
    let missing: Vec<_> = wanted
        .iter()
        .filter(|key| fit.pubkeys().iter().all(|has| has != *key))
        .map(ToString::to_string)
        .collect();
    if !missing.is_empty() {
        return Err(Failure::new(
            "missing_signature",
            format!("{} must sign as well", missing.join(", ")),
        )
        .remedy(
            "give its key, or sign elsewhere with --sign-only and add --signer ADDRESS=SIGNATURE",
        ));
    }
    VersionedTransaction::try_new(message, &fit).map_err(|error| {
        Failure::new("bad_signature", format!("a signature is not good: {error}"))
            .remedy("it must be of this very transaction: same blockhash, same arguments")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_are_packed_in_order_into_packets() {
        let payer = Pubkey::new_unique();
        let program = Pubkey::new_unique();
        let bytes = |size: usize| Instruction::new_with_bytes(program, &vec![7; size], Vec::new());
        let sizes = [400, 400, 400, 2_000, 10, 10];
        let packed = pack(&payer, &sizes.map(bytes));
        let shape: Vec<Vec<usize>> = packed
            .iter()
            .map(|batch| batch.iter().map(|one| one.data.len()).collect())
            .collect();
        assert_eq!(
            shape,
            [vec![400, 400], vec![400], vec![2_000], vec![10, 10]]
        );
    }
}
