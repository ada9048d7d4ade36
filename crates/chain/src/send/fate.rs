//! What became of a transaction, or can still become of it.
//!
//! That a transaction is not seen says little: the server may lag, it may be a pool whose
//! members stand at different blocks, and it remembers recent transactions only. A
//! transaction *can never land* when all of this is so:
//!
//! 1. a finalized state has left its life behind: the block height is past the last one of
//!    its blockhash, or its nonce account has another value;
//! 2. a search of the history, answered from a slot that is not before that state, does not
//!    have it: whoever answered has seen every block in which it could be;
//! 3. the history of whoever answers begins before it was signed;
//! 4. its block is not found by its signature either: servers answer the two questions from
//!    different stores.
//!
//! All of it is asked of one server: what another one has not seen proves nothing about it.
//! Everything else is open, or unclear for a reason that is told.

use homeostat_client::Pubkey;
use serde::Deserialize;
use serde_json::json;
use solana_commitment_config::CommitmentConfig;
use solana_hash::Hash;
use solana_nonce::{
    state::{Data, State},
    versions::Versions,
};
use solana_rpc_client_api::config::{
    RpcAccountInfoConfig, RpcContextConfig, RpcTransactionConfig, UiAccountEncoding,
};
use solana_rpc_client_api::request::RpcRequest;
use solana_rpc_client_api::response::{Response, RpcBlockhash, UiAccount};
use solana_signature::Signature;
use solana_transaction_error::TransactionError;
use solana_transaction_status_client_types::{
    EncodedConfirmedTransactionWithStatusMeta, TransactionStatus, UiTransactionEncoding,
};

use super::proof::Told;
use crate::connection::Connection;
use crate::rpc::OneServer;
use homeostat_settings::failure::Failure;

/// Blocks that a blockhash can be used for after the one it was made in
/// (`MAX_PROCESSING_AGE` of the runtime).
const BLOCKHASH_LIFE: u64 = 150;

/// When a transaction was signed, and until when it can land.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// A slot that was confirmed when it was signed: it is in no block of this slot or before.
    pub signed: u64,
    /// Until when.
    pub until: Until,
}

/// Until when a transaction can land.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Up to and with this block height.
    Height(u64),
    /// As long as a nonce account has this value.
    Nonce {
        /// The account.
        account: Pubkey,
        /// The value, which stands in the transaction in a blockhash's place.
        value: Hash,
    },
}

impl Life {
    /// The last block height at which it can land; `None` when a nonce keeps it alive.
    pub fn last_height(&self) -> Option<u64> {
        match self.until {
            Until::Height(last) => Some(last),
            Until::Nonce { .. } => None,
        }
    }
}

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is in a block that is as sure as the connection's commitment asks.
    Landed {
        /// The block's slot.
        slot: u64,
        /// Why it failed there, if it did.
        error: Option<TransactionError>,
    },
    /// It was not seen, and can still land.
    Open,
    /// It can never land.
    Gone,
    /// It was not seen, and whether it can land is not certain: why.
    Unclear(String),
}

/// A state of the chain: a slot and its block height, by one server in one answer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tip {
    absolute_slot: u64,
    block_height: u64,
}

impl Connection {
    /// The latest confirmed blockhash, and how long a transaction with it lives.
    ///
    /// # Errors
    ///
    /// The server's.
    pub fn fresh_blockhash(&self) -> Result<(Hash, Life), Failure> {
        let answer: Response<RpcBlockhash> = self.ask(
            RpcRequest::GetLatestBlockhash,
            json!([CommitmentConfig::confirmed()]),
        )?;
        let hash = answer.value.blockhash.parse();
        let life = Life {
            signed: answer.context.slot,
            until: Until::Height(answer.value.last_valid_block_height),
        };
        Ok((hash.map_err(|_| self.nonsense("a blockhash"))?, life))
    }

    /// How long a transaction lives whose blockhash somebody chose before; `None` when that is
    /// too old already, or of another cluster.
    ///
    /// # Errors
    ///
    /// The server's.
    pub fn life_of_blockhash(&self, blockhash: &Hash) -> Result<Option<Life>, Failure> {
        self.of_one_server(|server| {
            let answer: Response<bool> = server.ask(
                RpcRequest::IsBlockhashValid,
                json!([blockhash.to_string(), CommitmentConfig::confirmed()]),
            )?;
            if !answer.value {
                return Ok(None);
            }
            // It was good at that slot, so it ends at most this many blocks after any later one.
            let signed = answer.context.slot;
            let tip = server.tip(CommitmentConfig::confirmed(), Some(signed))?;
            Ok(Some(Life {
                signed,
                until: Until::Height(tip.block_height.saturating_add(BLOCKHASH_LIFE)),
            }))
        })
    }

    /// How long a transaction lives that was signed over a nonce account's value; `None` when
    /// the account has another value.
    ///
    /// # Errors
    ///
    /// The server's.
    pub fn life_of_nonce(&self, account: &Pubkey, value: &Hash) -> Result<Option<Life>, Failure> {
        let confirmed = CommitmentConfig::confirmed();
        let (signed, now) = self.of_one_server(|server| server.nonce(account, confirmed))?;
        let until = Until::Nonce {
            account: *account,
            value: *value,
        };
        Ok((now == Some(*value)).then_some(Life { signed, until }))
    }

    /// What a nonce account holds at the moment: its value, which stands in a transaction in a
    /// blockhash's place, and who advances it; `None` when it is no nonce account.
    ///
    /// # Errors
    ///
    /// The server's.
    pub fn nonce_at(&self, account: &Pubkey) -> Result<Option<(Hash, Pubkey)>, Failure> {
        let confirmed = CommitmentConfig::confirmed();
        let (_, data) = self.of_one_server(|server| server.nonce_data(account, confirmed))?;
        Ok(data.map(|data| (data.blockhash(), data.authority)))
    }

    /// What became of a transaction; its history is searched. Without its `life` nothing but
    /// a block that has it can be certain. A status that no block bears out is unclear.
    ///
    /// # Errors
    ///
    /// The server's.
    pub fn fate(&self, signature: &Signature, life: Option<&Life>) -> Result<Fate, Failure> {
        let told = self.of_one_server(|server| {
            let (_, seen) = server.statuses(core::slice::from_ref(signature), true)?;
            if let Some(landed) = seen.into_iter().flatten().find_map(|it| server.landed(&it)) {
                return Ok(server.told(landed));
            }
            let finalized = CommitmentConfig::finalized();
            Ok(server.told(match life {
                Some(life) => match server.past(life)? {
                    Some(past) => server.last_word(signature, life, past)?,
                    None => Fate::Open,
                },
                None => server.block_of(signature, finalized)?.unwrap_or_else(|| {
                    let why = "it is not in this journal, so until when it could land is not known";
                    Fate::Unclear(why.to_owned())
                }),
            }))
        })?;
        Ok(match told.fate {
            Fate::Landed { .. } => self.borne_out_by_block(signature, &told),
            fate => fate,
        })
    }

    /// The fates of transactions of one life, by recent statuses alone as long as they live,
    /// and the slot that the statuses are told as of. Nothing bears the statuses out so far.
    ///
    /// # Errors
    ///
    /// The server's.
    pub(super) fn fates(
        &self,
        signatures: &[Signature],
        life: &Life,
    ) -> Result<(u64, Vec<Told>), Failure> {
        self.of_one_server(|server| server.fates(signatures, life))
    }
}

impl OneServer<'_> {
    fn told(&self, fate: Fate) -> Told {
        Told {
            fate,
            by: self.index(),
        }
    }

    fn fates(&self, signatures: &[Signature], life: &Life) -> Result<(u64, Vec<Told>), Failure> {
        let (slot, seen) = self.statuses(signatures, false)?;
        let landed: Vec<Option<Fate>> = seen
            .into_iter()
            .map(|status| status.and_then(|status| self.landed(&status)))
            .collect();
        let past = match landed.iter().all(Option::is_some) {
            true => None,
            false => self.past(life)?,
        };
        let mut fates = Vec::with_capacity(signatures.len());
        for (signature, landed) in signatures.iter().zip(landed) {
            fates.push(self.told(match (landed, past) {
                (Some(landed), _) => landed,
                (None, None) => Fate::Open,
                (None, Some(past)) => self.last_word(signature, life, past)?,
            }));
        }
        Ok((slot, fates))
    }

    /// What became of a transaction whose life is over at the finalized slot `past`.
    fn last_word(&self, signature: &Signature, life: &Life, past: u64) -> Result<Fate, Failure> {
        let (slot, seen) = self.statuses(core::slice::from_ref(signature), true)?;
        if let Some(status) = seen.into_iter().flatten().next() {
            let slot = status.slot;
            return Ok(self.landed(&status).unwrap_or_else(|| {
                Fate::Unclear(format!("it was seen in slot {slot}, which is not sure yet"))
            }));
        }
        if slot < past {
            return Ok(Fate::Unclear(format!(
                "statuses are told as of slot {slot}, and its life is over as of slot {past}: the \
                 server lags, or is several that disagree"
            )));
        }
        let first: u64 = self.ask(RpcRequest::GetFirstAvailableBlock, json!([]))?;
        if first > life.signed {
            return Ok(Fate::Unclear(format!(
                "it was signed at slot {}, and the server's history begins at slot {first}",
                life.signed
            )));
        }
        let finalized = CommitmentConfig::finalized();
        Ok(self.block_of(signature, finalized)?.unwrap_or(Fate::Gone))
    }

    /// A finalized slot at which a life is over; `None` while there is none.
    fn past(&self, life: &Life) -> Result<Option<u64>, Failure> {
        let finalized = CommitmentConfig::finalized();
        match &life.until {
            Until::Height(last) => {
                let tip = self.tip(finalized, None)?;
                Ok((tip.block_height > *last).then_some(tip.absolute_slot))
            }
            Until::Nonce { account, value } => {
                let (slot, now) = self.nonce(account, finalized)?;
                // Before the transaction was signed the account had another value, too.
                let over = slot >= life.signed && now != Some(*value);
                Ok(over.then_some(slot))
            }
        }
    }

    /// A server's slot and block height.
    fn tip(&self, commitment: CommitmentConfig, least: Option<u64>) -> Result<Tip, Failure> {
        let config = RpcContextConfig {
            commitment: Some(commitment),
            min_context_slot: least,
        };
        self.ask(RpcRequest::GetEpochInfo, json!([config]))
    }

    /// A nonce account's value, and the slot of the answer; no value when it is none.
    fn nonce(
        &self,
        account: &Pubkey,
        commitment: CommitmentConfig,
    ) -> Result<(u64, Option<Hash>), Failure> {
        let (slot, data) = self.nonce_data(account, commitment)?;
        Ok((slot, data.map(|data| data.blockhash())))
    }

    fn nonce_data(
        &self,
        account: &Pubkey,
        commitment: CommitmentConfig,
    ) -> Result<(u64, Option<Data>), Failure> {
        let config = RpcAccountInfoConfig {
            encoding: Some(UiAccountEncoding::Base64),
            commitment: Some(commitment),
            ..RpcAccountInfoConfig::default()
        };
        let answer: Response<Option<UiAccount>> = self.ask(
            RpcRequest::GetAccountInfo,
            json!([account.to_string(), config]),
        )?;
        let data = answer
            .value
            .and_then(|account| account.to_account())
            .filter(|account| account.owner == solana_sdk_ids::system_program::ID)
            .and_then(|account| bincode::deserialize::<Versions>(&account.data).ok())
            .and_then(|versions| match versions.state() {
                State::Initialized(data) => Some(data.clone()),
                State::Uninitialized => None,
            });
        Ok((answer.context.slot, data))
    }

    /// Statuses in the order of their signatures (at most 256), and the slot they are told as
    /// of.
    fn statuses(
        &self,
        signatures: &[Signature],
        history: bool,
    ) -> Result<(u64, Vec<Option<TransactionStatus>>), Failure> {
        let texts: Vec<String> = signatures.iter().map(ToString::to_string).collect();
        let answer: Response<Vec<Option<TransactionStatus>>> = self.ask(
            RpcRequest::GetSignatureStatuses,
            json!([texts, { "searchTransactionHistory": history }]),
        )?;
        if answer.value.len() != signatures.len() {
            return Err(self
                .connection
                .nonsense("another number of statuses than asked for"));
        }
        Ok((answer.context.slot, answer.value))
    }

    /// A status that is as sure as the commitment asks.
    fn landed(&self, status: &TransactionStatus) -> Option<Fate> {
        let sure = status.satisfies_commitment(self.connection.commitment());
        sure.then(|| Fate::Landed {
            slot: status.slot,
            error: status.err.clone(),
        })
    }

    /// The fate of a transaction by the block that has it, which is so sure.
    pub(super) fn block_of(
        &self,
        signature: &Signature,
        sure: CommitmentConfig,
    ) -> Result<Option<Fate>, Failure> {
        let config = RpcTransactionConfig {
            encoding: Some(UiTransactionEncoding::Base64),
            commitment: Some(sure),
            max_supported_transaction_version: Some(0),
        };
        let found: Option<EncodedConfirmedTransactionWithStatusMeta> = self.ask(
            RpcRequest::GetTransaction,
            json!([signature.to_string(), config]),
        )?;
        Ok(found.map(|found| match found.transaction.meta {
            Some(meta) => Fate::Landed {
                slot: found.slot,
                error: meta.err.map(TransactionError::from),
            },
            None => Fate::Unclear(format!(
                "it is in slot {}, and the server does not tell whether it failed there",
                found.slot
            )),
        }))
    }
}
