//! Powers that a council gave up: a ratchet that no proposal turns back.

use anchor_lang::prelude::*;

use super::Economy;
use crate::{error::HomeostatError, state::Parameter};

/// A power that a council can give up for ever.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Power {
    /// Retires the economy with a successor, who gets the mint authority.
    Successor = 0,
    /// Raises the hard cap.
    HardCap = 1,
    /// Raises the treasury's outflow cap.
    OutflowCap = 2,
    /// Widens the limits of the emission rate.
    EmissionLimits = 3,
    /// Widens the limits of the fee rate.
    FeeLimits = 4,
    /// Widens the limits of the burn share.
    BurnLimits = 5,
    /// Widens the limits of the liquidity share.
    LiquidityLimits = 6,
}

impl Power {
    /// The number of powers.
    pub const COUNT: usize = 7;
    /// All of them, in the order of `Economy.given_up`.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Successor,
        Self::HardCap,
        Self::OutflowCap,
        Self::EmissionLimits,
        Self::FeeLimits,
        Self::BurnLimits,
        Self::LiquidityLimits,
    ];

    /// The power to widen the limits of a parameter.
    pub const fn limits_of(parameter: Parameter) -> Self {
        match parameter {
            Parameter::Emission => Self::EmissionLimits,
            Parameter::Fee => Self::FeeLimits,
            Parameter::Burn => Self::BurnLimits,
            Parameter::Liquidity => Self::LiquidityLimits,
        }
    }
}

impl Economy {
    /// True when the council gave the power up.
    pub fn gave_up(&self, power: Power) -> bool {
        let given_up = self.given_up.get(power as usize);
        given_up.is_none_or(|given_up| *given_up != 0)
    }

    /// Refuses a power that was given up (`PowerGivenUp`).
    pub fn require_power(&self, power: Power) -> Result<()> {
        require!(!self.gave_up(power), HomeostatError::PowerGivenUp);
        Ok(())
    }

    /// Gives a power up for ever. Refuses one that is gone already (`PowerGivenUp`).
    pub fn give_up(&mut self, power: Power) -> Result<()> {
        self.require_power(power)?;
        if let Some(given_up) = self.given_up.get_mut(power as usize) {
            *given_up = 1;
        }
        Ok(())
    }
}
