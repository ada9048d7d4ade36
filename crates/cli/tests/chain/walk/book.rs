//! Where every base unit of a token is, read from the accounts of whatever server there is.

use homeostat_chain::live::associated;
use homeostat_client::{address, EconomyAddresses, Pubkey};
use solana_rpc_client::rpc_client::RpcClient;

/// Bytes of a mint that hold its supply.
const SUPPLY: core::ops::Range<usize> = 36..44;
/// Bytes of a token account that hold its balance.
const BALANCE: core::ops::Range<usize> = 64..72;

/// The token accounts of an economy and of everybody who has any of its tokens.
pub struct Book {
    rpc: RpcClient,
    mint: Pubkey,
    program: Pubkey,
    principal: Pubkey,
    fees: Pubkey,
    /// Vaults and people's accounts: all there are.
    all: Vec<Pubkey>,
}

impl Book {
    /// Of an economy with its native pool and one shard, and of these people.
    pub fn of(url: &str, at: &EconomyAddresses, people: [Pubkey; 2]) -> Self {
        let rpc = RpcClient::new(url.to_owned());
        let program = rpc.get_account(&at.mint).unwrap().owner;
        let principal = address::principal_vault(&at.pool(&at.mint));
        let fees = address::fee_vault(&at.meter(0));
        let vaults = [at.reward_vault, at.treasury_vault, principal, fees];
        let people = people.map(|owner| associated(&owner, &at.mint, &program));
        Self {
            mint: at.mint,
            all: [&vaults[..], &people].concat(),
            rpc,
            program,
            principal,
            fees,
        }
    }

    /// What token accounts hold (base units); 0 for one that is not there.
    fn balances(&self, accounts: &[Pubkey]) -> u64 {
        let read = self.rpc.get_multiple_accounts(accounts).unwrap();
        let held = |data: Vec<u8>| u64::from_le_bytes(data[BALANCE].try_into().unwrap());
        read.into_iter().flatten().map(|it| held(it.data)).sum()
    }

    /// Somebody's account for the token.
    pub fn account(&self, owner: &Pubkey) -> Pubkey {
        associated(owner, &self.mint, &self.program)
    }

    /// What somebody has outside of the economy (base units).
    pub fn held(&self, owner: &Pubkey) -> u64 {
        self.balances(&[self.account(owner)])
    }

    /// What is staked or on its way out (base units).
    pub fn staked(&self) -> u64 {
        self.balances(&[self.principal])
    }

    /// Fees that nobody has collected (base units).
    pub fn pending_fees(&self) -> u64 {
        self.balances(&[self.fees])
    }

    /// The supply (base units), every one of which is in an account of the book.
    pub fn whole(&self) -> u64 {
        let mint = self.rpc.get_account(&self.mint).unwrap().data;
        let supply = u64::from_le_bytes(mint[SUPPLY].try_into().unwrap());
        assert_eq!(self.balances(&self.all), supply, "a token is lost or found");
        supply
    }
}
