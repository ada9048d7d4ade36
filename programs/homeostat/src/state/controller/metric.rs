//! What a controller can measure.

use anchor_lang::prelude::*;
use homeostat_control::{Config, Fx, Sampling};

use crate::error::HomeostatError;

/// What a controller measures.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Metric {
    /// The native stake over the circulating supply, both as time integrals.
    StakedShare = 0,
    /// The charged volume over the volume that the configured turnover stands for.
    Utilisation = 1,
    /// What was minted, as it accrued, less what was charged to be burned and not blocked, per
    /// year and over supply; negative when supply shrinks. A Funded economy mints nothing:
    /// only burns count.
    NetSupplyGrowth = 2,
    /// The economy's tokens behind staked liquidity over the circulating supply.
    LiquidityDepth = 3,
    /// The part of the fees that was charged to be burned, without what the supply floor or
    /// the burn cap blocks, over the emission that accrued.
    BurnedOverEmitted = 4,
    /// The emission that accrued over the fees that were received.
    EmittedOverFees = 5,
    /// The reading of the economy's first feed.
    Feed0 = 6,
    /// The reading of the economy's second feed.
    Feed1 = 7,
    /// The reading of the economy's third feed.
    Feed2 = 8,
    /// The reading of the economy's fourth feed.
    Feed3 = 9,
}

impl Metric {
    /// The number of those that the program measures itself.
    pub const COUNT: usize = 6;
    /// Those that the program measures itself, in the order of `Economy.readings`.
    pub const ALL: [Self; Self::COUNT] = [
        Self::StakedShare,
        Self::Utilisation,
        Self::NetSupplyGrowth,
        Self::LiquidityDepth,
        Self::BurnedOverEmitted,
        Self::EmittedOverFees,
    ];

    /// The metric with a stored number. Refuses a number that none has
    /// (`InvariantViolated`).
    pub fn from_byte(byte: u8) -> Result<Self> {
        Ok(match byte {
            0 => Self::StakedShare,
            1 => Self::Utilisation,
            2 => Self::NetSupplyGrowth,
            3 => Self::LiquidityDepth,
            4 => Self::BurnedOverEmitted,
            5 => Self::EmittedOverFees,
            6 => Self::Feed0,
            7 => Self::Feed1,
            8 => Self::Feed2,
            9 => Self::Feed3,
            _ => return Err(error!(HomeostatError::InvariantViolated)),
        })
    }

    /// The index of the feed in `Economy.feeds`; `None` for the program's own measurements.
    /// The casts widen the declared numbers of the enum.
    pub const fn feed_index(self) -> Option<usize> {
        (self as usize).checked_sub(Self::Feed0 as usize)
    }

    /// What a sample stands for: a feed's reading is the value at an instant, a measurement of
    /// the program's own is the mean over the window.
    pub const fn sampling(self) -> Sampling {
        match self.feed_index() {
            Some(_) => Sampling::Point,
            None => Sampling::Mean,
        }
    }

    /// The credible range (fraction; for feeds in their own unit). Measurements are clamped to
    /// it; a feed refuses reports outside of it.
    pub const fn range(self) -> (Fx, Fx) {
        match self {
            Self::StakedShare => (const { Fx::lit("0") }, const { Fx::lit("1") }),
            Self::Utilisation | Self::LiquidityDepth | Self::BurnedOverEmitted => {
                (const { Fx::lit("0") }, const { Fx::lit("1000") })
            }
            Self::NetSupplyGrowth => (const { Fx::lit("-100") }, const { Fx::lit("100") }),
            Self::EmittedOverFees | Self::Feed0 | Self::Feed1 | Self::Feed2 | Self::Feed3 => {
                (const { Fx::lit("0") }, Config::MAX_SIGNAL)
            }
        }
    }
}
