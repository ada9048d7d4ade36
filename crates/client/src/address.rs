//! Program-derived addresses: where every account of the program lies. Each but the event
//! authority costs a search for the canonical bump, so keep what you need often.

use anchor_lang::prelude::Pubkey;
use homeostat::seeds;

use crate::PROGRAM_ID;

fn derive(seeds: &[&[u8]]) -> Pubkey {
    Pubkey::find_program_address(seeds, &PROGRAM_ID).0
}

/// Every address that follows from an economy's mint and creator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EconomyAddresses {
    /// Mint of the economy's token.
    pub mint: Pubkey,
    /// The economy account.
    pub economy: Pubkey,
    /// Address without data that signs for the mint and every vault.
    pub authority: Pubkey,
    /// Token account that claims are paid from.
    pub reward_vault: Pubkey,
    /// Token account of the treasury.
    pub treasury_vault: Pubkey,
    /// Lamport vault that pays crank bounties.
    pub keeper_vault: Pubkey,
    /// Decision log: what the controllers decided.
    pub log: Pubkey,
    /// Council, which exists once it was created.
    pub council: Pubkey,
    /// Audit log: what people decided.
    pub audit: Pubkey,
}

impl EconomyAddresses {
    /// Addresses of the economy that `creator` made for `mint`.
    pub fn new(mint: &Pubkey, creator: &Pubkey) -> Self {
        let economy = derive(&[seeds::ECONOMY, mint.as_ref(), creator.as_ref()]);
        let of = |seed: &[u8]| derive(&[seed, economy.as_ref()]);
        Self {
            mint: *mint,
            economy,
            authority: of(seeds::AUTHORITY),
            reward_vault: of(seeds::REWARDS),
            treasury_vault: of(seeds::TREASURY),
            keeper_vault: of(seeds::KEEPER),
            log: of(seeds::LOG),
            council: of(seeds::COUNCIL),
            audit: of(seeds::AUDIT),
        }
    }

    /// The pool for a stake mint.
    pub fn pool(&self, stake_mint: &Pubkey) -> Pubkey {
        derive(&[seeds::POOL, self.economy.as_ref(), stake_mint.as_ref()])
    }

    /// The meter at an index (`shard`).
    pub fn meter(&self, shard: u8) -> Pubkey {
        derive(&[seeds::METER, self.economy.as_ref(), &[shard]])
    }

    /// The feed at an index.
    pub fn feed(&self, index: u8) -> Pubkey {
        derive(&[seeds::FEED, self.economy.as_ref(), &[index]])
    }
}

/// The proposal of actions with that digest; at most one of them is there at a time.
pub fn proposal(economy: &Pubkey, digest: &[u8; 32]) -> Pubkey {
    derive(&[seeds::PROPOSAL, economy.as_ref(), digest])
}

/// An owner's ballot against the proposal with that index.
pub fn ballot(proposal: &Pubkey, index: u64, owner: &Pubkey) -> Pubkey {
    let index = index.to_le_bytes();
    derive(&[seeds::BALLOT, proposal.as_ref(), &index, owner.as_ref()])
}

/// Token account that holds a pool's stake.
pub fn principal_vault(pool: &Pubkey) -> Pubkey {
    derive(&[seeds::PRINCIPAL, pool.as_ref()])
}

/// An owner's position in a pool.
pub fn position(pool: &Pubkey, owner: &Pubkey) -> Pubkey {
    derive(&[seeds::POSITION, pool.as_ref(), owner.as_ref()])
}

/// Token account that holds a meter's uncollected fees.
pub fn fee_vault(meter: &Pubkey) -> Pubkey {
    derive(&[seeds::FEES, meter.as_ref()])
}

/// The address that signs the calls of the program to itself that carry events.
pub const fn event_authority() -> Pubkey {
    homeostat::EVENT_AUTHORITY_AND_BUMP.0
}
