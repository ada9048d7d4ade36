//! Payments, and what becomes of their fees. Two payments wait for each other where they write
//! an account in common: the meter and its vault, the payer's token account or the recipient's.

pub mod charge_fee;
pub mod collect;
pub mod pay;

pub use charge_fee::*;
pub use collect::*;
pub use pay::*;

use anchor_lang::prelude::*;
use anchor_spl::token_interface::TokenAccount;

use crate::{
    error::HomeostatError,
    instructions::tokens::require_covered,
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

/// Counts a payment of `volume` of whose fee `received` arrived in `vault`, the meter's (base
/// units). Refuses where the vault contains less than the meter counts (`InsolventVault`).
fn record(
    economy: &Economy,
    meter: &mut Meter,
    volume: u64,
    received: u64,
    vault: &InterfaceAccount<TokenAccount>,
) -> Result<()> {
    let split = Split::new(
        received,
        economy.value(Parameter::Burn),
        u64::from(economy.limits.treasury_ppm),
    )?;
    meter.record(volume, &split)?;
    require_covered(vault, meter.liability()?)
}
