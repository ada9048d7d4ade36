//! Payments, and what becomes of their fees. Two payments write no account in common unless
//! they have the same meter or the same recipient, so they rarely wait for each other.

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

/// Counts a payment of `volume` of whose fee `received` arrived; `balance` is that of the
/// meter's vault afterwards (all in base units). Refuses where the vault contains less than
/// the meter counts (`InsolventVault`).
fn record(
    economy: &Economy,
    meter: &mut Meter,
    volume: u64,
    received: u64,
    balance: u64,
) -> Result<()> {
    let split = Split::new(
        received,
        economy.value(Parameter::Burn),
        u64::from(economy.limits.treasury_ppm),
    )?;
    meter.record(volume, &split)?;
    require!(
        balance >= meter.liability()?,
        HomeostatError::InsolventVault
    );
    Ok(())
}
