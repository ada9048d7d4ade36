//! What is sent: compiled, tried out, and given its budget.

use homeostat_client::{Instruction, Pubkey};
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_hash::Hash;
use solana_message::{v0, Message, VersionedMessage};
use solana_rpc_client_api::response::RpcSimulateTransactionResult;
use solana_transaction_error::TransactionError;

use super::fee;
use super::packet::{size, unsigned, PACKET};
use super::Sender;
use crate::connection::refusal;
use homeostat_settings::failure::Failure;

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
    /// With those of the budget.
    pub instructions: Vec<Instruction>,
    /// Without those of the budget.
    pub(super) plain: Vec<Instruction>,
    /// Compute units that it may use.
    pub(super) limit: u32,
    /// What it offers (micro-lamports a compute unit).
    pub(super) price: u64,
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
    /// [`Fees`](super::Fees).
    ///
    /// # Errors
    ///
    /// What the cluster would refuse; the server's.
    pub fn prepare(
        &self,
        payer: &Pubkey,
        instructions: &[Instruction],
    ) -> Result<Prepared, Failure> {
        let trial = self.message(
            payer,
            &budgeted(instructions, MOST_UNITS, 0),
            &Hash::default(),
        )?;
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
        let limit = u32::try_from(limit).unwrap_or(MOST_UNITS);
        let wished = match self.fees.price {
            Some(price) => price,
            None => self.recent_price(instructions)?,
        };
        let price = self.fees.within(wished, limit);
        Ok(Prepared {
            payer: *payer,
            instructions: budgeted(instructions, limit, price),
            plain: instructions.to_vec(),
            limit,
            price,
            units,
            watched,
            priority: fee::priority(price, limit),
            simulation,
        })
    }
}

/// Instructions with their budget before them. A durable nonce is advanced by the first
/// instruction, or not at all.
pub fn budgeted(instructions: &[Instruction], limit: u32, price: u64) -> Vec<Instruction> {
    let first = instructions.first();
    let advances = first.is_some_and(|first| advances_nonce(&first.program_id, &first.data));
    let (first, rest) = instructions.split_at(usize::from(advances));
    let budget = [
        ComputeBudgetInstruction::set_compute_unit_limit(limit),
        ComputeBudgetInstruction::set_compute_unit_price(price),
    ];
    [first, &budget, rest].concat()
}

/// The budget of a message: most compute units, and the price of one (micro-lamports); 0 where it
/// sets none.
pub fn budget(message: &VersionedMessage) -> (u32, u64) {
    let keys = message.static_account_keys();
    let mut budget = (0, 0);
    for instruction in message.instructions() {
        let program = keys.get(usize::from(instruction.program_id_index));
        if program != Some(&solana_sdk_ids::compute_budget::ID) {
            continue;
        }
        // `ComputeBudgetInstruction`: its number, then its value.
        match instruction.data.split_first() {
            Some((2, units)) => budget.0 = units.try_into().map_or(0, u32::from_le_bytes),
            Some((3, price)) => budget.1 = price.try_into().map_or(0, u64::from_le_bytes),
            _ => {}
        }
    }
    budget
}

/// Whether an instruction, by its program and its data, advances a durable nonce.
pub(crate) fn advances_nonce(program: &Pubkey, data: &[u8]) -> bool {
    // `SystemInstruction::AdvanceNonceAccount` has number 4.
    *program == solana_sdk_ids::system_program::ID && data.get(..4) == Some(&[4, 0, 0, 0])
}
