//! What happened: blocks, blockhashes, transactions.

use std::collections::{BTreeMap, HashMap};

use homeostat_sandbox::Bank;
use solana_hash::Hash;
use solana_program::pubkey::Pubkey;
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;
use solana_transaction_status_client_types::TransactionStatusMeta;

/// Blocks that a blockhash can be used for after the one it was made in.
pub(crate) const BLOCKHASH_LIFE: u64 = 150;

/// Blockhashes after which those that are too old are forgotten.
const MOST_HASHES: usize = 10_000;

/// A transaction that was executed, whether or not it succeeded.
pub(crate) struct Executed {
    pub(crate) slot: u64,
    /// Unix seconds.
    pub(crate) time: i64,
    pub(crate) transaction: VersionedTransaction,
    /// Every account, those of lookup tables last.
    pub(crate) keys: Vec<Pubkey>,
    pub(crate) meta: TransactionStatusMeta,
}

impl Executed {
    /// Its error.
    pub(crate) fn error(&self) -> Option<TransactionError> {
        self.meta.status.clone().err()
    }
}

/// Blocks, blockhashes and transactions since the world is served.
pub(crate) struct Ledger {
    pub(crate) height: u64,
    /// Last height that a blockhash can be used at, of those handed out.
    last_valid: HashMap<Hash, u64>,
    /// When slots began (unix seconds).
    times: BTreeMap<u64, i64>,
    executed: HashMap<Signature, Executed>,
    /// Signatures, oldest first.
    order: Vec<Signature>,
    /// What subscribers have not been told yet.
    news: Vec<News>,
}

/// What somebody may have subscribed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// A slot began.
    Slot(u64),
    /// A transaction was executed.
    Executed(Signature),
}

impl Ledger {
    /// A ledger that begins now.
    pub(crate) async fn open(bank: &mut Bank) -> Self {
        let slot = bank.slot().await;
        Self {
            height: slot,
            last_valid: HashMap::new(),
            times: BTreeMap::from([(slot, bank.now())]),
            executed: HashMap::new(),
            order: Vec::new(),
            news: Vec::new(),
        }
    }

    /// A slot begins, `blocks` after the one before.
    pub(crate) fn begin(&mut self, slot: u64, blocks: u64, now: i64) {
        self.height = self.height.saturating_add(blocks);
        self.times.insert(slot, now);
        self.news.push(News::Slot(slot));
    }

    /// What happened since this was asked last.
    pub(crate) fn take_news(&mut self) -> Vec<News> {
        core::mem::take(&mut self.news)
    }

    /// Hands out a blockhash; returns the last height that it can be used at.
    pub(crate) fn issue(&mut self, hash: Hash) -> u64 {
        let last = self.height.saturating_add(BLOCKHASH_LIFE);
        if self.last_valid.len() > MOST_HASHES {
            // A world that runs for days; the bank has forgotten them as well.
            let height = self.height;
            self.last_valid.retain(|_, last| height <= *last);
        }
        *self.last_valid.entry(hash).or_insert(last)
    }

    /// Whether a blockhash was handed out and can still be used.
    pub(crate) fn is_valid(&self, hash: &Hash) -> bool {
        self.last_valid
            .get(hash)
            .is_some_and(|last| self.height <= *last)
    }

    /// Whether a blockhash was handed out and is too old now.
    pub(crate) fn is_expired(&self, hash: &Hash) -> bool {
        self.last_valid
            .get(hash)
            .is_some_and(|last| self.height > *last)
    }

    /// When a slot began (unix seconds).
    pub(crate) fn time(&self, slot: u64) -> Option<i64> {
        self.times.range(..=slot).next_back().map(|(_, time)| *time)
    }

    /// The first slot that is remembered.
    pub(crate) fn first_slot(&self) -> u64 {
        self.times.keys().next().copied().unwrap_or_default()
    }

    /// Keeps a transaction.
    pub(crate) fn keep(&mut self, signature: Signature, executed: Executed) {
        self.executed.insert(signature, executed);
        self.order.push(signature);
        self.news.push(News::Executed(signature));
    }

    /// A transaction.
    pub(crate) fn find(&self, signature: &Signature) -> Option<&Executed> {
        self.executed.get(signature)
    }

    /// How many transactions were executed.
    pub(crate) fn count(&self) -> usize {
        self.order.len()
    }

    /// Transactions, newest first.
    pub(crate) fn newest(&self) -> impl Iterator<Item = (&Signature, &Executed)> {
        let newest = self.order.iter().rev();
        newest.filter_map(|signature| Some((signature, self.executed.get(signature)?)))
    }
}
