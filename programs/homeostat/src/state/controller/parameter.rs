//! The four parameters of an economy.

use crate::{constants::*, error::HomeostatError};
use anchor_lang::prelude::*;

/// The four parameters of an economy, in the order of `Economy.controllers`.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Parameter {
    /// The annual emission as a fraction of supply (ppm).
    Emission = 0,
    /// The fraction of each charged payment that is its fee (ppm).
    Fee = 1,
    /// The fraction of a fee that is burned (ppm).
    Burn = 2,
    /// The fraction of the emission that goes to the liquidity pools (ppm).
    Liquidity = 3,
}

impl Parameter {
    /// All four, in the order of `Economy.controllers`.
    pub const ALL: [Self; 4] = [Self::Emission, Self::Fee, Self::Burn, Self::Liquidity];

    /// The parameter at an index of `Economy.controllers`. Refuses an index beyond the last
    /// (`NoSuchController`).
    pub fn from_index(index: u8) -> Result<Self> {
        Self::ALL
            .get(usize::from(index))
            .copied()
            .ok_or_else(|| error!(HomeostatError::NoSuchController))
    }

    /// The index in `Economy.controllers`. The cast widens the declared number.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The name in lower case, as log lines and tools print it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Emission => "emission",
            Self::Fee => "fee",
            Self::Burn => "burn",
            Self::Liquidity => "liquidity",
        }
    }

    /// The highest value whatever governance or a controller says (ppm).
    pub const fn ceiling(self) -> i64 {
        match self {
            Self::Emission => MAX_EMISSION_PPM,
            Self::Fee => MAX_FEE_PPM,
            Self::Burn | Self::Liquidity => MAX_SHARE_PPM,
        }
    }

    /// The lowest value (ppm). The fee's is above zero: a free payment would let anybody raise
    /// the measured utilisation at no cost.
    pub const fn floor(self) -> i64 {
        match self {
            Self::Fee => 1,
            Self::Emission | Self::Burn | Self::Liquidity => 0,
        }
    }
}
