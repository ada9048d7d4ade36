//! What is sent: compiled, tried out, and given its budget.

use homeostat_client::{Instruction, Pubkey};
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_hash::Hash;
use solana_message::{v0, Message, VersionedMessage};
use solana_rpc_client_api::response::RpcSimulateTransactionResult;
use solana_transaction_error::TransactionError;

use super::packet::{size, unsigned, PACKET};
use super::Sender;
use crate::connection::refusal;
use crate::failure::Failure;

/// Compute units that a transaction may use when it is tried out.
pub(super) const MOST_UNITS: u32 = 1_400_000;
/// Least limit (compute units): the budget's own instructions need some.
const LEAST_UNITS: u64 = 1_000;
/// Most accounts that a try-out tells.
const MOST_WATCHED: usize = 32;

/// A transaction that was tried out, with its budget.
#[derive(Clone, Debug)]
pub struct Prepared {
    pub(super) payer: Pubkey,
    pub(super) instructions: Vec<Instruction>,
    /// Compute units used when it was tried out.
    pub units: u64,
    /// What its priority costs at most (lamports).
    pub priority: u64,
    /// The accounts in `simulation.accounts`, in order.
    pub watched: Vec<Pubkey>,
    /// What the try-out told.
    pub simulation: RpcSimulateTransactionResult,
}

impl Sender<'_> {
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
            .remedy(
                "do it in several steps; only `homeostat keeper` takes a lookup table with its \
                 accounts (--lookup-table)",
            )
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
}

fn is_nonce_advance(instruction: &Instruction) -> bool {
    // `SystemInstruction::AdvanceNonceAccount` has number 4.
    instruction.program_id == solana_sdk_ids::system_program::ID
        && instruction.data.get(..4) == Some(&[4, 0, 0, 0])
}
