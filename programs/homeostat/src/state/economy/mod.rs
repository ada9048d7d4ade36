//! The economy: parameters, controllers, stream, totals.
//!
//! The account is declared here; each file of the folder has one concern of it.

mod emission;
mod invariant;
mod limits;
mod lists;
mod period;
mod sections;
mod treasury;

#[cfg(test)]
mod fixture;

pub use limits::{LimitSettings, Limits};

use anchor_lang::prelude::*;

use super::{
    controller::{Controller, Parameter},
    envelope::Advice,
    number::U128,
    pause::{Pause, Section},
    snapshot::Tally,
    stream::Stream,
};
use crate::{constants::*, error::HomeostatError};

/// Stage of an economy.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Life {
    /// The creator configures; nothing accrues.
    Draft = 0,
    /// Running.
    Live = 1,
    /// Accrual has stopped for ever; claims stay open.
    Retired = 2,
}

/// Where rewards come from.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Funding {
    /// The economy's authority holds the mint authority and mints them.
    Mint = 0,
    /// From the reward vault, which anyone fills.
    Funded = 1,
}

/// A pool as the economy knows it.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct PoolSlot {
    /// Pool account.
    pub pool: Pubkey,
    /// Share of the liquidity emission relative to the other liquidity pools.
    pub weight: u16,
    /// `PoolKind` as a number.
    pub kind: u8,
    /// Unused.
    pub reserved: [u8; 5],
}

/// Running totals.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// S: the program's own supply counter (base units).
    pub supply: u64,
    /// C: circulating supply at the last crank (base units).
    pub circulating: u64,
    /// Put into the reward vault for emission since creation: minted or funded (base units).
    pub supplied: u64,
    /// Paid out of the treasury since creation (base units).
    pub treasury_paid: u64,
    /// Native stake, mean over the last window (base units).
    pub mean_stake: u64,
    /// Periods cranked.
    pub periods: u64,
    /// Treasury payments that count against the outflow cap at `outflow_at` (base units).
    pub outflow: u64,
    /// When that was so (unix seconds).
    pub outflow_at: i64,
}

/// A numerator and a denominator as the last crank measured them.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Two's complement.
    pub numerator: U128,
    /// Zero when there was no measurement.
    pub denominator: U128,
}

/// One token economy.
#[account(zero_copy, discriminator = b"economy\x01")]
#[derive(Debug, PartialEq, Eq)]
pub struct Economy {
    /// Canonical bump.
    pub bump: u8,
    /// Canonical bump of the authority.
    pub authority_bump: u8,
    /// Canonical bump of the keeper vault.
    pub keeper_bump: u8,
    /// Canonical bump of the reward vault.
    pub rewards_bump: u8,
    /// Canonical bump of the treasury vault.
    pub treasury_bump: u8,
    /// `Life` as a number.
    pub life: u8,
    /// `Funding` as a number.
    pub funding: u8,
    /// Pools in use.
    pub pool_count: u8,
    /// Meters in use.
    pub meter_count: u8,
    /// Exclusions in use.
    pub excluded_count: u8,
    /// Decimals of the mint.
    pub decimals: u8,
    /// 1 after a failed economy-wide check: nothing is emitted, every controller held.
    pub tripped: u8,
    /// Feeds in use.
    pub feed_count: u8,
    /// Unused.
    pub reserved: [u8; 3],
    /// Mint of the economy's token.
    pub mint: Pubkey,
    /// Its token program.
    pub token_program: Pubkey,
    /// Who configures the Draft and gets its rent back.
    pub creator: Pubkey,
    /// Council that proposals come from; default until governance is created.
    pub council: Pubkey,
    /// Data-less signer over the mint and every vault.
    pub authority: Pubkey,
    /// Data-less lamport vault that pays crank bounties.
    pub keeper_vault: Pubkey,
    /// Reward vault.
    pub reward_vault: Pubkey,
    /// Treasury vault.
    pub treasury_vault: Pubkey,
    /// Decision log.
    pub log: Pubkey,
    /// Pools; the native pool is the first.
    pub pools: [PoolSlot; MAX_POOLS],
    /// Meters.
    pub meters: [Pubkey; MAX_METERS],
    /// Feeds.
    pub feeds: [Pubkey; MAX_FEEDS],
    /// Token accounts whose balance does not circulate.
    pub excluded: [Pubkey; MAX_EXCLUDED],
    /// Limits and fixed parameters.
    pub limits: Limits,
    /// Pauses by `Section`.
    pub pauses: [Pause; Section::COUNT],
    /// When it went live (unix seconds).
    pub live_at: i64,
    /// Time of the last crank (unix seconds).
    pub last_crank: i64,
    /// Earliest time of the next crank (unix seconds).
    pub next_end: i64,
    /// Configuration sequence over the whole economy.
    pub config_seq: u64,
    /// Running totals.
    pub totals: Totals,
    /// Sums over pools and meters at the last crank.
    pub tally: Tally,
    /// What the last crank measured itself, by `Metric`.
    pub readings: [Reading; 4],
    /// The stream.
    pub stream: Stream,
    /// Controllers by `Parameter`.
    pub controllers: [Controller; 4],
    /// What the advisor recommends.
    pub advice: Advice,
    /// Unused.
    pub reserved_end: [u8; 256],
}

const _: () = assert!(core::mem::align_of::<Economy>() == 8);
const _: () = assert!(core::mem::size_of::<Economy>() == 7_248);

impl Economy {
    /// Bytes of the account.
    pub const SPACE: usize = 8 + core::mem::size_of::<Self>();

    /// Refuses an economy that is not a Draft (`NotDraft`).
    pub fn require_draft(&self) -> Result<()> {
        require!(self.life == Life::Draft as u8, HomeostatError::NotDraft);
        Ok(())
    }

    /// Refuses a signer other than the creator (`Unauthorized`).
    pub fn require_creator(&self, signer: &Pubkey) -> Result<()> {
        require!(self.creator == *signer, HomeostatError::Unauthorized);
        Ok(())
    }

    /// Refuses an economy that is not live (`NotLive`).
    pub fn require_live(&self) -> Result<()> {
        require!(self.life == Life::Live as u8, HomeostatError::NotLive);
        Ok(())
    }

    /// True when the economy mints its rewards, false when they come out of a funded vault.
    pub fn mints(&self) -> bool {
        self.funding == Funding::Mint as u8
    }

    /// The controller that steers a parameter.
    pub fn controller(&self, parameter: Parameter) -> Result<&Controller> {
        self.controllers
            .get(parameter.index())
            .ok_or_else(|| error!(HomeostatError::NoSuchController))
    }

    /// The value of a parameter in force (ppm).
    pub fn value(&self, parameter: Parameter) -> u64 {
        self.controllers
            .get(parameter.index())
            .map_or(0, |controller| controller.value(parameter))
    }
}
