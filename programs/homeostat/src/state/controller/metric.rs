//! What a controller can measure.

use homeostat_control::Sampling;

use super::Parameter;
use crate::{
    error::{refuse, HomeostatError},
    prelude::*,
};

/// What a controller measures.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Metric {
    /// Native stake over circulating supply, both as time integrals.
    StakedShare = 0,
    /// Charged volume over the volume that the configured turnover stands for.
    Utilisation = 1,
    /// (Accrued - burned) per year over supply; negative when supply shrinks.
    NetSupplyGrowth = 2,
    /// Our tokens behind staked liquidity over circulating supply.
    LiquidityDepth = 3,
    /// The economy's first feed, and so on.
    Feed0 = 4,
    /// The second.
    Feed1 = 5,
    /// The third.
    Feed2 = 6,
    /// The fourth.
    Feed3 = 7,
}

impl Metric {
    /// All four, in the order of `Economy.readings`.
    pub const ALL: [Self; 4] = [
        Self::StakedShare,
        Self::Utilisation,
        Self::NetSupplyGrowth,
        Self::LiquidityDepth,
    ];

    /// From its stored byte.
    pub fn from_byte(byte: u8) -> Result<Self> {
        Ok(match byte {
            0 => Self::StakedShare,
            1 => Self::Utilisation,
            2 => Self::NetSupplyGrowth,
            3 => Self::LiquidityDepth,
            4 => Self::Feed0,
            5 => Self::Feed1,
            6 => Self::Feed2,
            7 => Self::Feed3,
            _ => return Err(refuse(HomeostatError::InvariantViolated)),
        })
    }

    /// Index of the feed in `Economy.feeds`; `None` for the program's own measurements.
    pub const fn feed_index(self) -> Option<usize> {
        (self as usize).checked_sub(Self::Feed0 as usize)
    }

    /// What a sample stands for: a feed's holds at an instant, a measurement's is the
    /// mean over the window.
    pub const fn sampling(self) -> Sampling {
        match self.feed_index() {
            Some(_) => Sampling::Point,
            None => Sampling::Mean,
        }
    }

    /// The default wiring.
    pub const fn default_for(parameter: Parameter) -> Self {
        match parameter {
            Parameter::Emission => Self::StakedShare,
            Parameter::Fee => Self::Utilisation,
            Parameter::Burn => Self::NetSupplyGrowth,
            Parameter::Liquidity => Self::LiquidityDepth,
        }
    }
}
