//! Payments. They share nothing but shard and recipient.

pub mod charge_fee;
pub mod collect;
pub mod pay;

pub use charge_fee::*;
pub use collect::*;
pub use pay::*;

use anchor_lang::prelude::*;

use crate::{
    error::HomeostatError,
    state::{
        meter::{Charge, Split},
        pause::Section,
        Economy, Meter, Parameter,
    },
};

/// The fee on `amount` at the rates of this second, refused above `max_fee`.
fn charge(economy: &Economy, amount: u64, max_fee: u64, now: i64) -> Result<Charge> {
    economy.require_live()?;
    economy.require_open(Section::Pay, now)?;
    let charge = Charge::new(amount, economy.value(Parameter::Fee))?;
    require!(charge.fee <= max_fee, HomeostatError::FeeAboveMax);
    Ok(charge)
}

/// Counts a fee that arrived in a meter's vault.
fn record(
    economy: &Economy,
    meter: &mut Meter,
    volume: u64,
    received: u64,
    vault_amount: u64,
) -> Result<()> {
    let split = Split::new(
        received,
        economy.value(Parameter::Burn),
        u64::from(economy.limits.treasury_ppm),
    )?;
    meter.record(volume, &split)?;
    require!(
        vault_amount >= meter.liability()?,
        HomeostatError::InsolventVault
    );
    Ok(())
}
