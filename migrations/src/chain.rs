//! What the steps need of a cluster: a real one, or a bank in a test.

use std::time::Duration;

use homeostat_chain::{squads::Multisig, Connection, Sender};
use homeostat_client::{Instruction, Pubkey, PROGRAM_ID};
use homeostat_settings::Failure;
use solana_account::Account;
use solana_rpc_client_api::{
    config::{
        RpcAccountInfoConfig, RpcProgramAccountsConfig, UiAccountEncoding, UiDataSliceConfig,
    },
    filter::{Memcmp, RpcFilterType},
};
use solana_signer::Signer;

/// How long a slot is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// Told of every transaction of a bundle that landed; an error stops the rest.
pub type Landed<'a> = dyn FnMut() -> Result<(), Failure> + 'a;

/// A cluster.
pub trait Chain {
    /// Its genesis hash.
    fn genesis(&self) -> String;
    /// Accounts, in the order of their addresses.
    ///
    /// # Errors
    ///
    /// The cluster's.
    fn accounts(&self, addresses: &[Pubkey]) -> Result<Vec<Option<Account>>, Failure>;
    /// Addresses of the program's accounts whose data begins with these bytes, sorted.
    ///
    /// # Errors
    ///
    /// The cluster's.
    fn beginning_with(&self, bytes: &[u8]) -> Result<Vec<Pubkey>, Failure>;
    /// A Squads v4 multisig.
    ///
    /// # Errors
    ///
    /// There is none at the address; the cluster's.
    fn multisig(&self, address: &Pubkey) -> Result<Multisig, Failure>;
    /// Lamports that exempt an account of so many bytes from rent.
    ///
    /// # Errors
    ///
    /// The cluster's.
    fn rent(&self, bytes: usize) -> Result<u64, Failure>;
    /// Waits until the cluster is past a slot.
    ///
    /// # Errors
    ///
    /// It does not get there; the cluster's.
    fn wait_past(&self, slot: u64) -> Result<(), Failure>;
    /// Sends a transaction until its outcome is known.
    ///
    /// # Errors
    ///
    /// It did not go through, or nobody can say.
    fn send(
        &self,
        payer: &dyn Signer,
        signers: &[&dyn Signer],
        instructions: &[Instruction],
    ) -> Result<(), Failure>;
    /// Sends transactions whose order does not matter. Any number may have landed when it
    /// fails.
    ///
    /// # Errors
    ///
    /// The cluster's, or that of `landed`.
    fn send_all(
        &self,
        payer: &dyn Signer,
        transactions: &[Vec<Instruction>],
        landed: &mut Landed<'_>,
    ) -> Result<(), Failure>;

    /// One account.
    ///
    /// # Errors
    ///
    /// The cluster's.
    fn account(&self, address: &Pubkey) -> Result<Option<Account>, Failure> {
        Ok(self.accounts(&[*address])?.pop().flatten())
    }
}

/// A cluster over JSON-RPC.
pub struct Cluster<'a> {
    /// Sends.
    pub sender: Sender<'a>,
}

impl Cluster<'_> {
    fn connection(&self) -> &Connection {
        self.sender.connection
    }
}

impl Chain for Cluster<'_> {
    fn genesis(&self) -> String {
        self.connection().cluster().genesis.clone()
    }

    fn accounts(&self, addresses: &[Pubkey]) -> Result<Vec<Option<Account>>, Failure> {
        self.connection().accounts(addresses)
    }

    fn beginning_with(&self, bytes: &[u8]) -> Result<Vec<Pubkey>, Failure> {
        let first = Memcmp::new_raw_bytes(0, bytes.to_vec());
        let found = self
            .connection()
            .rpc()
            .get_program_ui_accounts_with_config(
                &PROGRAM_ID,
                RpcProgramAccountsConfig {
                    filters: Some(vec![RpcFilterType::Memcmp(first)]),
                    account_config: RpcAccountInfoConfig {
                        encoding: Some(UiAccountEncoding::Base64),
                        // Their addresses are all that is asked for.
                        data_slice: Some(UiDataSliceConfig {
                            offset: 0,
                            length: 0,
                        }),
                        commitment: Some(self.connection().commitment()),
                        ..RpcAccountInfoConfig::default()
                    },
                    ..RpcProgramAccountsConfig::default()
                },
            )
            .map_err(|error| self.connection().failure(&error))?;
        let mut addresses: Vec<Pubkey> = found.into_iter().map(|(address, _)| address).collect();
        addresses.sort_unstable();
        Ok(addresses)
    }

    fn multisig(&self, address: &Pubkey) -> Result<Multisig, Failure> {
        Multisig::read(self.connection(), address)
    }

    fn rent(&self, bytes: usize) -> Result<u64, Failure> {
        self.connection().rent(bytes)
    }

    fn wait_past(&self, slot: u64) -> Result<(), Failure> {
        self.connection().wait_past(slot, PATIENCE)
    }

    fn send(
        &self,
        payer: &dyn Signer,
        signers: &[&dyn Signer],
        instructions: &[Instruction],
    ) -> Result<(), Failure> {
        self.sender.send(payer, signers, instructions).map(|_| ())
    }

    fn send_all(
        &self,
        payer: &dyn Signer,
        transactions: &[Vec<Instruction>],
        landed: &mut Landed<'_>,
    ) -> Result<(), Failure> {
        self.sender.send_all(payer, transactions, landed)
    }
}
