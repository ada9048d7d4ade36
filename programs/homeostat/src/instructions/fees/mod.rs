//! Payments. They share nothing but shard and recipient.

pub mod charge_fee;
pub mod collect;
pub mod pay;

pub use charge_fee::*;
pub use collect::*;
pub use pay::*;

use crate::framework::prelude::*;

use super::{checks::has_one, tokens::Tokens};
use crate::{
    error::HomeostatError,
    instructions::loader::Open,
    state::{
        meter::{Charge, Split},
        pause::Section,
        Economy, Meter, Parameter,
    },
};

/// Refuses another mint than the economy's, a meter of another economy, and a
/// vault of another meter.
#[inline(never)]
fn check_meter(
    economy: &AccountLoader<Economy>,
    mint: &AccountInfo,
    meter: &AccountLoader<Meter>,
    vault: &AccountInfo,
) -> Result<()> {
    has_one(&economy.open()?.mint, mint)?;
    let meter = meter.open()?;
    has_one(&meter.economy, economy.as_ref())?;
    has_one(&meter.vault, vault)
}

/// The fee on `amount` at the rates of this second, refused above `max_fee`.
fn charge(economy: &Economy, amount: u64, max_fee: u64, now: i64) -> Result<Charge> {
    economy.require_live()?;
    economy.require_open(Section::Pay, now)?;
    let charge = Charge::new(amount, economy.value(Parameter::Fee))?;
    ensure!(charge.fee <= max_fee, HomeostatError::FeeAboveMax);
    Ok(charge)
}

/// Counts a fee that arrived in a meter's vault; `vault` is how that was before.
fn record(
    economy: &Economy,
    meter: &mut Meter,
    volume: u64,
    received: u64,
    vault: &Tokens,
) -> Result<()> {
    let split = Split::new(
        received,
        economy.value(Parameter::Burn),
        u64::from(economy.limits.treasury_ppm),
    )?;
    meter.record(volume, &split)?;
    // What the vault held and what arrived is what it holds.
    ensure!(
        vault.amount.saturating_add(received) >= meter.liability()?,
        HomeostatError::InsolventVault
    );
    Ok(())
}
