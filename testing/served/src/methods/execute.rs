//! Trying transactions out, and executing them.

use homeostat_client::Pubkey;
use solana_account::{AccountSharedData, ReadableAccount};
use solana_address_lookup_table_interface::state::AddressLookupTable;
use solana_hash::Hash;
use solana_message::{v0::LoadedAddresses, Message, VersionedMessage};
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;
use solana_transaction_status_client_types::{
    InnerInstruction, InnerInstructions, TransactionStatusMeta, TransactionTokenBalance,
    UiTransactionReturnData,
};

use super::{tokens, Node};
use crate::ledger::Executed;

/// What a transaction would do.
pub(super) struct Trial {
    pub(super) error: Option<TransactionError>,
    pub(super) logs: Vec<String>,
    pub(super) units: u64,
    pub(super) loaded_bytes: u32,
    pub(super) return_data: Option<UiTransactionReturnData>,
    pub(super) inner: Vec<InnerInstructions>,
}

impl Trial {
    pub(super) fn refused(error: TransactionError) -> Self {
        Self {
            error: Some(error),
            logs: Vec::new(),
            units: 0,
            loaded_bytes: 0,
            return_data: None,
            inner: Vec::new(),
        }
    }
}

/// The bank is not there any more: nothing that a transaction did.
fn gone() -> TransactionError {
    TransactionError::ClusterMaintenance
}

/// Whether every signature is there and right.
pub(super) fn is_signed(transaction: &VersionedTransaction) -> bool {
    transaction
        .verify_with_results()
        .iter()
        .all(|signature| *signature)
        && transaction.signatures.len()
            == usize::from(transaction.message.header().num_required_signatures)
}

impl Node<'_> {
    /// Runs a transaction without keeping what it did. Signatures are not looked at.
    pub(super) async fn try_out(&mut self, transaction: &VersionedTransaction) -> Trial {
        if let Some(error) = self.too_late(transaction) {
            return Trial::refused(error);
        }
        let known = self.known_to_the_bank(transaction).await;
        let Ok(tried) = self.bank.client().simulate_transaction(known).await else {
            return Trial::refused(gone());
        };
        let error = tried.result.and_then(Result::err);
        let Some(details) = tried.simulation_details else {
            return Trial::refused(error.unwrap_or_else(gone));
        };
        let inner = details.inner_instructions.unwrap_or_default();
        let inner = (0..=u8::MAX)
            .zip(inner)
            .filter(|(_, made)| !made.is_empty());
        Trial {
            error,
            logs: details.logs,
            units: details.units_consumed,
            loaded_bytes: details.loaded_accounts_data_size,
            return_data: details.return_data.map(Into::into),
            inner: inner
                .map(|(index, made)| InnerInstructions {
                    index,
                    instructions: made
                        .into_iter()
                        .map(|inner| InnerInstruction {
                            instruction: inner.instruction,
                            stack_height: Some(u32::from(inner.stack_height)),
                        })
                        .collect(),
                })
                .collect(),
        }
    }

    /// The transaction under a blockhash that the bank knows. The bank forgets its own about a
    /// second after it made them, by the clock of this machine, and a person needs longer to sign;
    /// so a hash that was handed out and is not too old is replaced by the latest. Signatures
    /// have been looked at before, and the bank looks at none. The hash of a nonce account was
    /// never handed out: it stays.
    async fn known_to_the_bank(
        &mut self,
        transaction: &VersionedTransaction,
    ) -> VersionedTransaction {
        let mut known = transaction.clone();
        if self.ledger.is_valid(known.message.recent_blockhash()) {
            if let Ok(latest) = self.bank.client().get_latest_blockhash().await {
                known.message.set_recent_blockhash(latest);
            }
        }
        known
    }

    /// What only the ledger knows against a transaction.
    fn too_late(&self, transaction: &VersionedTransaction) -> Option<TransactionError> {
        let signature = transaction.signatures.first()?;
        if self.ledger.find(signature).is_some() {
            return Some(TransactionError::AlreadyProcessed);
        }
        let hash = transaction.message.recent_blockhash();
        self.ledger
            .is_expired(hash)
            .then_some(TransactionError::BlockhashNotFound)
    }

    /// Executes a transaction in a slot of its own, and keeps what it did. One that pays no
    /// fee is not kept, as on a cluster.
    pub(super) async fn execute(
        &mut self,
        transaction: VersionedTransaction,
    ) -> Result<(), TransactionError> {
        if let Some(error) = self.too_late(&transaction) {
            return Err(error);
        }
        let signature = transaction.signatures.first().copied().unwrap_or_default();
        let trial = self.try_out(&transaction).await;
        let loaded = self.loaded(&transaction.message).await;
        let keys = all_keys(&transaction.message, &loaded);
        let fee = self.fee_now(&transaction.message).await.unwrap_or(0);
        let (before, tokens_before) = self.balances(&keys).await;
        let known = self.known_to_the_bank(&transaction).await;
        let done = self
            .bank
            .client()
            .process_transaction_with_metadata(known)
            .await;
        let done = done.map_err(|_| gone())?;
        let Some(metadata) = done.metadata else {
            return done.result;
        };
        self.bank.touch(keys.iter().copied());
        let (after, tokens_after) = self.balances(&keys).await;
        let executed = Executed {
            slot: self.bank.slot().await,
            time: self.bank.now(),
            transaction,
            keys,
            meta: TransactionStatusMeta {
                status: done.result.clone(),
                fee,
                pre_balances: before,
                post_balances: after,
                inner_instructions: Some(trial.inner),
                log_messages: Some(metadata.log_messages),
                pre_token_balances: Some(tokens_before),
                post_token_balances: Some(tokens_after),
                rewards: Some(Vec::new()),
                loaded_addresses: loaded,
                return_data: metadata.return_data,
                compute_units_consumed: Some(metadata.compute_units_consumed),
                cost_units: None,
            },
        };
        self.ledger.keep(signature, executed);
        self.skip(1).await;
        done.result
    }

    /// What some accounts hold after a transaction that would succeed: it is executed in a
    /// copy with another blockhash, and its writable accounts are put back.
    pub(super) async fn accounts_after(
        &mut self,
        transaction: &VersionedTransaction,
        asked: &[Pubkey],
    ) -> Vec<Option<AccountSharedData>> {
        let loaded = self.loaded(&transaction.message).await;
        let keys = all_keys(&transaction.message, &loaded);
        let mut before = Vec::with_capacity(keys.len());
        for key in &keys {
            before.push((*key, self.account(key).await));
        }
        let mut copy = transaction.clone();
        if let Ok(hash) = self.bank.client().get_latest_blockhash().await {
            copy.message.set_recent_blockhash(hash);
        }
        if let Some(signature) = copy.signatures.first_mut() {
            *signature = Signature::from(<[u8; 64]>::from(*signature).map(|byte| !byte));
        }
        // A refusal leaves the accounts as they are, which is what is reported then.
        let _ = self
            .bank
            .client()
            .process_transaction_with_metadata(copy)
            .await;
        // Under the same blockhash the bank would take the real one for a repetition.
        self.skip(1).await;
        let mut after = Vec::with_capacity(asked.len());
        for address in asked {
            after.push(self.account(address).await);
        }
        for (address, old) in before {
            let new = self.account(&address).await;
            if old != new {
                self.bank.set_account(&address, &old.unwrap_or_default());
            }
        }
        after
    }

    async fn balances(&mut self, keys: &[Pubkey]) -> (Vec<u64>, Vec<TransactionTokenBalance>) {
        let mut lamports = Vec::with_capacity(keys.len());
        for key in keys {
            lamports.push(self.bank.lamports(key).await);
        }
        (lamports, tokens::balances(self, keys).await)
    }

    /// The accounts that a message takes from lookup tables.
    pub(super) async fn loaded(&mut self, message: &VersionedMessage) -> LoadedAddresses {
        let mut loaded = LoadedAddresses::default();
        for lookup in message.address_table_lookups().unwrap_or_default() {
            let table = self.account(&lookup.account_key).await;
            let table = table.unwrap_or_default();
            let Ok(table) = AddressLookupTable::deserialize(table.data()) else {
                continue;
            };
            let at = |index: &u8| table.addresses.get(usize::from(*index)).copied();
            loaded
                .writable
                .extend(lookup.writable_indexes.iter().filter_map(at));
            loaded
                .readonly
                .extend(lookup.readonly_indexes.iter().filter_map(at));
        }
        loaded
    }

    /// The fee (lamports) of a message under the latest blockhash.
    async fn fee_now(&mut self, message: &VersionedMessage) -> Option<u64> {
        let hash = self.bank.client().get_latest_blockhash().await.ok()?;
        self.fee(message, hash).await
    }

    /// The fee (lamports) of a message under a blockhash; `None` when that is too old.
    ///
    /// The bank prices old messages only. The fee depends on signatures, programs and
    /// instruction data, so a message without the accounts costs the same.
    pub(super) async fn fee(&mut self, message: &VersionedMessage, hash: Hash) -> Option<u64> {
        let hash = match self.ledger.is_valid(&hash) {
            true => self.bank.client().get_latest_blockhash().await.ok()?,
            false => hash,
        };
        let mut instructions = message.instructions().to_vec();
        for instruction in &mut instructions {
            instruction.accounts.clear();
        }
        let priced = Message {
            header: *message.header(),
            account_keys: message.static_account_keys().to_vec(),
            recent_blockhash: hash,
            instructions,
        };
        self.bank
            .client()
            .get_fee_for_message(priced)
            .await
            .ok()
            .flatten()
    }
}

/// A message's accounts in the order of their indices.
pub(super) fn all_keys(message: &VersionedMessage, loaded: &LoadedAddresses) -> Vec<Pubkey> {
    let own = message.static_account_keys();
    let tables = loaded.writable.iter().chain(&loaded.readonly);
    own.iter().chain(tables).copied().collect()
}
