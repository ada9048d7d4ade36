//! The economy: one token's parameters, controllers, stream and totals.
//!
//! The account is declared here. Each file of the folder holds one part of its arithmetic:
//! the emission, the ending, the invariant, the limits, the lists of what belongs to it, the
//! period, the powers that were given up, the pausable sections and the treasury.

mod emission;
mod ending;
mod invariant;
mod limits;
mod lists;
mod period;
mod ratchet;
mod sections;
mod treasury;

#[cfg(test)]
mod fixture;

pub use ending::Remains;
pub use limits::{LimitSettings, Limits};
pub use ratchet::Power;
pub use treasury::Outflow;

use anchor_lang::prelude::*;

use super::{
    controller::{Controller, Metric, Parameter},
    envelope::Advice,
    layout::space,
    number::U128,
    pause::{Pause, Section},
    snapshot::Tally,
    stream::Stream,
};
use crate::{constants::*, error::HomeostatError};

/// The stage of an economy's life.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Life {
    /// The creator configures the economy; nothing accrues yet.
    Draft = 0,
    /// The economy is running; its configuration changes by proposal only.
    Live = 1,
    /// Accrual has stopped for ever; claims stay open.
    Retired = 2,
}

/// Where an economy's rewards come from.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Funding {
    /// The economy's authority holds the mint authority and mints the rewards.
    Mint = 0,
    /// The rewards come from the reward vault, which anyone fills.
    Funded = 1,
}

/// A pool as the economy lists it.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct PoolSlot {
    /// The address of the pool.
    pub pool: Pubkey,
    /// The pool's share of the liquidity emission, relative to the other liquidity pools.
    pub weight: u16,
    /// The `PoolKind` as a number.
    pub kind: u8,
    /// Reserved; zero.
    pub reserved: [u8; 5],
}

impl PoolSlot {
    /// True where no pool is: there was none yet, or it was closed.
    pub fn is_vacant(&self) -> bool {
        self.pool == Pubkey::default()
    }
}

/// What pools that were closed have counted: sums over all pools go on from it.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ClosedPools {
    /// The emission that streamed to them while nobody was staked (Q64.64 base units).
    pub returned_emission_q64: U128,
    /// The rewards that were claimed from them (base units).
    pub claimed: U128,
}

/// The running totals of an economy.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// The program's own supply counter S (base units).
    pub supply: u64,
    /// The circulating supply C at the last crank (base units).
    pub circulating: u64,
    /// All tokens minted or funded into the reward vault for emission since creation (base
    /// units).
    pub supplied: u64,
    /// All tokens paid out of the treasury since creation (base units).
    pub treasury_paid: u64,
    /// The mean of the native stake over the last window (base units).
    pub mean_stake: u64,
    /// The number of periods cranked.
    pub periods: u64,
    /// The treasury payments that count against the outflow cap.
    pub outflow: Outflow,
}

/// What one metric measured at the last crank, as a ratio.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The numerator of the measurement (128 bits, two's complement).
    pub numerator: U128,
    /// The denominator of the measurement; 0 = nothing was measured.
    pub denominator: U128,
}

/// The whole economy of one token.
#[account(zero_copy, discriminator = b"economy\x01")]
#[derive(Debug, PartialEq, Eq)]
pub struct Economy {
    /// The canonical bump of the economy's address.
    pub bump: u8,
    /// The canonical bump of the authority's address.
    pub authority_bump: u8,
    /// The canonical bump of the keeper vault's address.
    pub keeper_bump: u8,
    /// The canonical bump of the reward vault's address.
    pub rewards_bump: u8,
    /// The canonical bump of the treasury vault's address.
    pub treasury_bump: u8,
    /// The `Life` stage as a number.
    pub life: u8,
    /// The `Funding` mode as a number.
    pub funding: u8,
    /// The number of pools in use.
    pub pool_count: u8,
    /// The number of meters in use.
    pub meter_count: u8,
    /// The number of exclusions in use.
    pub excluded_count: u8,
    /// The number of decimals of the mint.
    pub decimals: u8,
    /// 1 while the economy is tripped: a vault was found short, nothing is emitted and
    /// every controller is held.
    pub tripped: u8,
    /// The number of feeds in use.
    pub feed_count: u8,
    /// Reserved; zero.
    pub reserved: u8,
    /// The number of times that the economy was tripped, from 0 again after 65,535. Each has
    /// to be resumed by a proposal that waits at least 6 h, so no open proposal sees a number
    /// twice.
    pub trips: u16,
    /// The mint of the economy's token.
    pub mint: Pubkey,
    /// The token program that the mint belongs to.
    pub token_program: Pubkey,
    /// The creator, who configures the Draft and gets its rent back.
    pub creator: Pubkey,
    /// The council that proposals come from; the zero address until it is created.
    pub council: Pubkey,
    /// The data-less address that signs for the mint and every vault.
    pub authority: Pubkey,
    /// The data-less address whose lamports pay crank bounties.
    pub keeper_vault: Pubkey,
    /// The token account that claims are paid from.
    pub reward_vault: Pubkey,
    /// The token account of the treasury.
    pub treasury_vault: Pubkey,
    /// The decision log of the economy.
    pub log: Pubkey,
    /// The pools by lane; the native pool is the first.
    pub pools: [PoolSlot; MAX_POOLS],
    /// The meters by shard number.
    pub meters: [Pubkey; MAX_METERS],
    /// The feeds by index.
    pub feeds: [Pubkey; MAX_FEEDS],
    /// The token accounts whose balance does not circulate.
    pub excluded: [Pubkey; MAX_EXCLUDED],
    /// The limits and fixed parameters.
    pub limits: Limits,
    /// The last pause of each `Section`.
    pub pauses: [Pause; Section::COUNT],
    /// When the economy went live (unix seconds); 0 in Draft.
    pub live_at: i64,
    /// The time of the last crank (unix seconds).
    pub last_crank: i64,
    /// The earliest time of the next crank (unix seconds).
    pub next_end: i64,
    /// The number of executed proposals.
    pub config_seq: u64,
    /// The running totals of the economy.
    pub totals: Totals,
    /// The sums over pools and meters at the last crank.
    pub tally: Tally,
    /// What the last crank measured itself, by `Metric`.
    pub readings: [Reading; Metric::COUNT],
    /// The stream that pays the pools second by second.
    pub stream: Stream,
    /// The controllers by `Parameter`.
    pub controllers: [Controller; 4],
    /// What the advisor recommends at present.
    pub advice: Advice,
    /// Whom a retirement offered the mint authority; the zero address means nobody.
    pub successor: Pubkey,
    /// The last second in which that offer can be accepted (unix seconds).
    pub successor_until: i64,
    /// What the excluded accounts count for (base units): their balance, followed slowly.
    pub excluded_balance: u64,
    /// The fees burned since the last crank, by all meters together (base units).
    pub period_burned: u64,
    /// The powers that the council gave up for ever, by `Power`: 1 = given up; the last byte
    /// is zero.
    pub given_up: [u8; 8],
    /// Who gets back what a Funded economy does not spend; the zero address means the
    /// treasury.
    pub sponsor: Pubkey,
    /// What the sponsor has announced to recall (base units).
    pub recall: u64,
    /// From when on that can be recalled (unix seconds).
    pub recall_at: i64,
    /// What pools that were closed have counted.
    pub closed: ClosedPools,
    /// The most that a base unit of native stake earns of the emission in a second (Q64.64
    /// base units, below one), in force since the last crank; 0 = no cap.
    pub yield_q64: u64,
    /// The smallest stake that can be added to each liquidity pool, by lane from 1 (base units
    /// of its LP mint); 0 counts as 1. That of the native pool is in the limits.
    pub lp_min_stakes: [u64; MAX_POOLS - 1],
    /// Reserved; zero.
    pub reserved_end: [u8; 48],
}

const _: () = assert!(core::mem::align_of::<Economy>() == 8);
const _: () = assert!(core::mem::size_of::<Economy>() == 7_456);

impl Economy {
    /// Bytes of the account.
    pub const SPACE: usize = space::<Self>();

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

    /// The same, to change it.
    pub fn controller_mut(&mut self, parameter: Parameter) -> Result<&mut Controller> {
        self.controllers
            .get_mut(parameter.index())
            .ok_or_else(|| error!(HomeostatError::NoSuchController))
    }

    /// The value of a parameter in force (ppm).
    pub fn value(&self, parameter: Parameter) -> u64 {
        self.controllers
            .get(parameter.index())
            .map_or(0, |controller| controller.value(parameter))
    }
}
