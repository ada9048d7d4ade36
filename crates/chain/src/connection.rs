//! Asking a cluster, with answers checked and failures that say what to do.

use std::sync::Arc;
use std::time::Duration;

use homeostat_client::{decode::Decode, Pubkey, PROGRAM_ID};
use solana_account::Account;
use solana_clock::Clock;
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client::{
    rpc_client::{RpcClient, RpcClientConfig, SerializableTransaction},
    rpc_sender::RpcSender,
};
use solana_rpc_client_api::{
    client_error::Error as ClientError,
    config::{
        RpcAccountInfoConfig, RpcProgramAccountsConfig, RpcSimulateTransactionAccountsConfig,
        RpcSimulateTransactionConfig, UiAccountEncoding, UiDataSliceConfig,
    },
    filter::{Memcmp, RpcFilterType},
    request::RpcRequest,
    response::RpcSimulateTransactionResult,
};

use crate::{
    answers::{Answers, Recorder, Recording, Replay},
    cluster::{Cluster, Kind, Settings},
    rpc::{self, Asker, Servers},
};
use homeostat_settings::failure::Failure;

pub use crate::refusal::refusal;

/// How long a request may take. A read command asks a handful of times.
pub const TIMEOUT: Duration = Duration::from_secs(15);

/// Most accounts that a server answers for in one request.
const BATCH: usize = 100;

/// A cluster that answered once.
pub struct Connection {
    rpc: RpcClient,
    /// `None` where answers come from a record, and none from the cluster.
    pub(crate) servers: Option<Arc<Servers>>,
    cluster: Cluster,
}

impl Connection {
    /// Asks the cluster who it is.
    ///
    /// # Errors
    ///
    /// As [`Connection::open_with`].
    pub fn open(settings: &Settings) -> Result<Self, Failure> {
        Self::open_with(&rpc::Options::of(settings, TIMEOUT))
    }

    /// The same of one server, with another patience for each request.
    ///
    /// # Errors
    ///
    /// As [`Connection::open_with`].
    pub fn open_within(
        url: &str,
        commitment: CommitmentConfig,
        timeout: Duration,
    ) -> Result<Self, Failure> {
        Self::open_with(&rpc::Options::new(url, commitment, timeout))
    }

    /// The same of servers that are asked by the rules of [`rpc`].
    ///
    /// # Errors
    ///
    /// None of them answers, or the genesis of one is not that of the cluster its name promises.
    pub fn open_with(options: &rpc::Options) -> Result<Self, Failure> {
        let servers = Arc::new(Servers::new(options)?);
        Self::over(Asker(Arc::clone(&servers)), servers, options.commitment)
    }

    /// The same, with what is answered written down.
    ///
    /// # Errors
    ///
    /// As [`Connection::open_with`].
    pub fn open_recording(options: &rpc::Options) -> Result<(Self, Recording), Failure> {
        let servers = Arc::new(Servers::new(options)?);
        let (recorder, recording) = Recorder::new(Asker(Arc::clone(&servers)));
        let connection = Self::over(recorder, servers, options.commitment)?;
        Ok((connection, recording))
    }

    /// A cluster as its answers tell, which were written down before; nothing is connected to.
    pub fn recorded(answers: Answers, cluster: Cluster, commitment: CommitmentConfig) -> Self {
        let config = RpcClientConfig::with_commitment(commitment);
        Self {
            rpc: RpcClient::new_sender(Replay(answers), config),
            servers: None,
            cluster,
        }
    }

    fn over(
        sender: impl RpcSender + Send + Sync + 'static,
        servers: Arc<Servers>,
        commitment: CommitmentConfig,
    ) -> Result<Self, Failure> {
        let rpc = RpcClient::new_sender(sender, RpcClientConfig::with_commitment(commitment));
        let genesis = rpc
            .get_genesis_hash()
            .map_err(|error| rpc::failure(&servers.shown(), &error, None))?;
        Ok(Self {
            cluster: Cluster {
                kind: Kind::of(&genesis),
                genesis: genesis.to_string(),
                url: servers.shown(),
            },
            rpc,
            servers: Some(servers),
        })
    }

    /// Who answers now, without what may be a secret.
    fn shown(&self) -> String {
        match &self.servers {
            Some(servers) => servers.shown(),
            None => self.cluster.url.clone(),
        }
    }

    /// Who answers.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Requests that were made so far, each try counted.
    pub fn requests(&self) -> usize {
        self.servers
            .as_ref()
            .map_or(0, |servers| servers.requests())
    }

    /// How often whoever answers may be asked; `None` = without a bound.
    pub(crate) fn budget(&self) -> Option<rpc::Budget> {
        self.servers.as_ref().and_then(|servers| servers.budget())
    }

    /// An answer as it is, by whoever answers.
    ///
    /// # Errors
    ///
    /// The server's; an answer of another form.
    pub fn ask<T: serde::de::DeserializeOwned>(
        &self,
        request: RpcRequest,
        parameters: serde_json::Value,
    ) -> Result<T, Failure> {
        self.rpc
            .send(request, parameters)
            .map_err(|error| self.failure(&error))
    }

    /// The client behind, for requests that are made once.
    pub fn rpc(&self) -> &RpcClient {
        &self.rpc
    }

    /// How sure an answer has to be.
    pub fn commitment(&self) -> CommitmentConfig {
        self.rpc.commitment()
    }

    /// A client's error with the remedy.
    pub fn failure(&self, error: &ClientError) -> Failure {
        match &self.servers {
            Some(servers) => rpc::failure(&servers.shown(), error, None),
            None => Failure::new(
                "not_prepared",
                format!("nothing is asked offline, and {}", error.kind()),
            )
            .remedy("sign with the same command and the same arguments as with --prepare"),
        }
    }

    /// An answer that contradicts itself or the question.
    pub fn nonsense(&self, what: impl core::fmt::Display) -> Failure {
        Failure::new(
            "rpc_nonsense",
            format!("{} answered nonsense: {what}", self.shown()),
        )
        .remedy("use another server with --url; this one is broken or lies")
    }

    /// An account; `None` when there is none.
    ///
    /// # Errors
    ///
    /// The server's.
    pub fn account(&self, address: &Pubkey) -> Result<Option<Account>, Failure> {
        Ok(self.accounts(&[*address])?.pop().flatten())
    }

    /// Accounts in the order of their addresses, each hundred of one slot.
    ///
    /// # Errors
    ///
    /// The server's.
    pub fn accounts(&self, addresses: &[Pubkey]) -> Result<Vec<Option<Account>>, Failure> {
        let mut all = Vec::with_capacity(addresses.len());
        for batch in addresses.chunks(BATCH) {
            let answer = self
                .rpc
                .get_multiple_accounts_with_commitment(batch, self.commitment())
                .map_err(|error| self.failure(&error))?;
            if answer.value.len() != batch.len() {
                return Err(self.nonsense("another number of accounts than asked for"));
            }
            all.extend(answer.value);
        }
        Ok(all)
    }

    /// An account with the first `bytes` of its data alone; `None` when there is none.
    ///
    /// # Errors
    ///
    /// The server's.
    pub fn account_head(&self, address: &Pubkey, bytes: usize) -> Result<Option<Account>, Failure> {
        let config = RpcAccountInfoConfig {
            encoding: Some(UiAccountEncoding::Base64),
            data_slice: Some(UiDataSliceConfig {
                offset: 0,
                length: bytes,
            }),
            commitment: Some(self.commitment()),
            ..RpcAccountInfoConfig::default()
        };
        let answer = self
            .rpc
            .get_ui_account_with_config(address, config)
            .map_err(|error| self.failure(&error))?;
        let Some(account) = answer.value else {
            return Ok(None);
        };
        match account.to_account() {
            // A server that knows no slices sends all of it.
            Some(mut account) => {
                account.data.truncate(bytes);
                Ok(Some(account))
            }
            None => Err(self.nonsense("an account that is not in base64")),
        }
    }

    /// An account of the program; `None` when there is none.
    ///
    /// # Errors
    ///
    /// The server's; an account of another program or type.
    pub fn fetch<T: Decode>(&self, address: &Pubkey) -> Result<Option<T>, Failure> {
        self.account(address)?
            .map(|account| decode(address, &account))
            .transpose()
    }

    /// Every account of one type, filtered by bytes at offsets after the discriminator.
    ///
    /// # Errors
    ///
    /// The server's; many public servers refuse such a search.
    pub fn search<T: Decode>(
        &self,
        fields: &[(usize, &[u8])],
    ) -> Result<Vec<(Pubkey, T)>, Failure> {
        let found = self.program_accounts(&PROGRAM_ID, &of_type::<T>(fields), None)?;
        let mut all = Vec::with_capacity(found.len());
        for (address, account) in found {
            all.push((address, decode(&address, &account)?));
        }
        // Servers answer in any order.
        all.sort_by_key(|(address, _)| *address);
        Ok(all)
    }

    /// The addresses that [`Connection::search`] finds, without their data: what is at
    /// them is not checked.
    ///
    /// # Errors
    ///
    /// As [`Connection::search`].
    pub fn search_addresses<T: Decode>(
        &self,
        fields: &[(usize, &[u8])],
    ) -> Result<Vec<Pubkey>, Failure> {
        let nothing = UiDataSliceConfig {
            offset: 0,
            length: 0,
        };
        let found = self.program_accounts(&PROGRAM_ID, &of_type::<T>(fields), Some(nothing))?;
        let mut all: Vec<_> = found.into_iter().map(|(address, _)| address).collect();
        all.sort();
        Ok(all)
    }

    /// A program's accounts with bytes at offsets, in any order.
    ///
    /// # Errors
    ///
    /// As [`Connection::search`].
    pub fn program_accounts(
        &self,
        program: &Pubkey,
        bytes: &[(usize, &[u8])],
        data_slice: Option<UiDataSliceConfig>,
    ) -> Result<Vec<(Pubkey, Account)>, Failure> {
        let filters = bytes.iter().map(|(offset, bytes)| {
            RpcFilterType::Memcmp(Memcmp::new_raw_bytes(*offset, bytes.to_vec()))
        });
        let found = self
            .rpc
            .get_program_ui_accounts_with_config(
                program,
                RpcProgramAccountsConfig {
                    filters: Some(filters.collect()),
                    account_config: RpcAccountInfoConfig {
                        encoding: Some(UiAccountEncoding::Base64),
                        data_slice,
                        commitment: Some(self.commitment()),
                        ..RpcAccountInfoConfig::default()
                    },
                    ..RpcProgramAccountsConfig::default()
                },
            )
            .map_err(|error| self.failure(&error))?;
        found
            .into_iter()
            .map(|(address, account)| {
                account
                    .to_account()
                    .map(|account| (address, account))
                    .ok_or_else(|| self.nonsense("an account that is not in base64"))
            })
            .collect()
    }

    /// What an account of this size has to have at least (lamports).
    ///
    /// # Errors
    ///
    /// The server's.
    pub fn rent(&self, bytes: usize) -> Result<u64, Failure> {
        self.rpc
            .get_minimum_balance_for_rent_exemption(bytes)
            .map_err(|error| self.failure(&error))
    }

    /// The cluster's clock.
    ///
    /// # Errors
    ///
    /// The server's.
    pub fn clock(&self) -> Result<Clock, Failure> {
        self.clock_of(self.account(&solana_sdk_ids::sysvar::clock::ID)?.as_ref())
    }

    /// The cluster's clock, from its account.
    ///
    /// # Errors
    ///
    /// The account is missing or unreadable.
    pub fn clock_of(&self, account: Option<&Account>) -> Result<Clock, Failure> {
        let account = account.ok_or_else(|| self.nonsense("there is no clock"))?;
        bincode::deserialize(&account.data).map_err(|_| self.nonsense("the clock is unreadable"))
    }

    /// Tries a transaction out: neither signatures nor blockhash matter. The answer has
    /// the `watched` accounts as they would be afterwards.
    ///
    /// # Errors
    ///
    /// The server's. What the program refuses is in the answer.
    pub fn simulate(
        &self,
        transaction: &impl SerializableTransaction,
        watched: &[Pubkey],
    ) -> Result<RpcSimulateTransactionResult, Failure> {
        let answer = self
            .rpc
            .simulate_transaction_with_config(
                transaction,
                RpcSimulateTransactionConfig {
                    sig_verify: false,
                    replace_recent_blockhash: true,
                    commitment: Some(self.commitment()),
                    accounts: (!watched.is_empty()).then(|| RpcSimulateTransactionAccountsConfig {
                        encoding: Some(UiAccountEncoding::Base64),
                        addresses: watched.iter().map(ToString::to_string).collect(),
                    }),
                    ..RpcSimulateTransactionConfig::default()
                },
            )
            .map_err(|error| self.failure(&error))?;
        Ok(answer.value)
    }
}

/// Filters for one type, with bytes at offsets after the discriminator.
fn of_type<'a, T: Decode>(fields: &[(usize, &'a [u8])]) -> Vec<(usize, &'a [u8])> {
    let fields = fields.iter().map(|(offset, bytes)| (offset + 8, *bytes));
    std::iter::once((0, T::DISCRIMINATOR))
        .chain(fields)
        .collect()
}

/// Decodes an account of the program.
///
/// # Errors
///
/// Another program's, another type, too short.
pub fn decode<T: Decode>(address: &Pubkey, account: &Account) -> Result<T, Failure> {
    if account.owner != PROGRAM_ID {
        return Err(Failure::new(
            "wrong_account",
            format!(
                "{address} belongs to {}, not to Homeostat ({PROGRAM_ID})",
                account.owner
            ),
        )
        .remedy("check the address and the cluster"));
    }
    T::decode(&account.data).map_err(|error| {
        Failure::new("wrong_account", format!("{address}: {error}"))
            .remedy("check the address and the cluster")
    })
}
