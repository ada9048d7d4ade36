//! Payments and what becomes of their fees. Payments share nothing but shard and recipient.

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

/// The fee on `amount` at the rates of this second, refused above `max_fee`: a crank or a
/// proposal that lands before the payment cannot raise what the payer signed for.
fn charge(economy: &Economy, amount: u64, max_fee: u64, now: i64) -> Result<Charge> {
    economy.require_live()?;
    economy.require_open(Section::Pay, now)?;
    let charge = Charge::new(amount, economy.value(Parameter::Fee))?;
    require!(charge.fee <= max_fee, HomeostatError::FeeAboveMax);
    Ok(charge)
}

/// Counts a payment of `volume` whose fee arrived as `received`; `held` is what the meter's
/// vault holds afterwards (all in base units).
fn record(
    economy: &Economy,
    meter: &mut Meter,
    volume: u64,
    received: u64,
    held: u64,
) -> Result<()> {
    let split = Split::new(
        received,
        economy.value(Parameter::Burn),
        u64::from(economy.limits.treasury_ppm),
    )?;
    meter.record(volume, &split)?;
    require!(held >= meter.liability()?, HomeostatError::InsolventVault);
    Ok(())
}
