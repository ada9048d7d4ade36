//! The four parameters of an economy.

use crate::{
    constants::*,
    error::{refuse, HomeostatError},
    prelude::*,
};

/// The four parameters, in the order of `Economy.controllers`.
#[derive(AnchorSerialize, Clone, Copy, Debug, PartialEq, Eq)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Parameter {
    /// Annual emission as a fraction of supply.
    Emission = 0,
    /// Fraction of each charged payment taken as fee.
    Fee = 1,
    /// Fraction of a fee that is burned.
    Burn = 2,
    /// Fraction of the emission that goes to the liquidity pools.
    Liquidity = 3,
}

impl Parameter {
    /// All four, in account order.
    pub const ALL: [Self; 4] = [Self::Emission, Self::Fee, Self::Burn, Self::Liquidity];

    /// From an index of `Economy.controllers`.
    pub fn from_index(index: u8) -> Result<Self> {
        Self::ALL
            .get(usize::from(index))
            .copied()
            .ok_or_else(|| refuse(HomeostatError::NoSuchController))
    }

    /// Position in `Economy.controllers`.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Lower-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Emission => "emission",
            Self::Fee => "fee",
            Self::Burn => "burn",
            Self::Liquidity => "liquidity",
        }
    }

    /// Highest value whatever governance or a controller says (ppm).
    pub const fn ceiling(self) -> i64 {
        match self {
            Self::Emission => MAX_EMISSION_PPM,
            Self::Fee => MAX_FEE_PPM,
            Self::Burn | Self::Liquidity => MAX_SHARE_PPM,
        }
    }

    /// Lowest value (ppm): a payment is never free, so its fee rate is above zero.
    pub const fn floor(self) -> i64 {
        match self {
            Self::Fee => 1,
            Self::Emission | Self::Burn | Self::Liquidity => 0,
        }
    }
}
