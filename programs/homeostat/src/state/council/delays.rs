//! How grave a proposal is, and how long each class waits.

use anchor_lang::prelude::*;

use crate::{
    constants::*,
    error::{check, HomeostatError},
};

/// How grave a proposal is: as grave as its gravest action.
#[derive(
    AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord,
)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Class {
    /// Needs the threshold and no delay: it only lets go of something, or tightens a cap, a
    /// slew limit or the advisor's range.
    Immediate = 0,
    /// Tunes inside the envelope.
    Routine = 1,
    /// Tunes outside the envelope, or narrows the limits of a parameter.
    Standard = 2,
    /// Widens what controllers may do, pays out, or changes who decides.
    Critical = 3,
    /// Ends the economy, which no later proposal undoes.
    Terminal = 4,
}

impl Class {
    /// The gravest class.
    pub const GRAVEST: Self = Self::Terminal;

    /// The class that is stored as `byte`.
    pub fn from_byte(byte: u8) -> Result<Self> {
        Ok(match byte {
            0 => Self::Immediate,
            1 => Self::Routine,
            2 => Self::Standard,
            3 => Self::Critical,
            4 => Self::Terminal,
            _ => return Err(error!(HomeostatError::InvariantViolated)),
        })
    }
}

/// How long proposals wait, and how much stake stops them. Five 32-bit numbers, so that an
/// argument and its account have the same bytes.
#[derive(
    AnchorSerialize,
    AnchorDeserialize,
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    bytemuck::Pod,
    bytemuck::Zeroable,
)]
#[repr(C)]
pub struct Delays {
    /// The time between threshold and execution of Routine proposals, and between advice
    /// and its effect (seconds): 6 h to 7 d.
    pub routine: u32,
    /// The time between threshold and execution of Standard proposals (seconds): 24 h to
    /// 14 d, at least `routine`.
    pub standard: u32,
    /// The time between threshold and execution of Critical proposals (seconds): 72 h to
    /// 30 d, at least `standard`.
    pub critical: u32,
    /// The time after the delay in which a proposal can be executed (seconds): 1 d to 30 d.
    pub grace: u32,
    /// The share of the native stake, or of a tenth of the circulating supply if that
    /// is more, whose ballots veto a proposal (ppm): 10 % to 50 %.
    pub staker_veto_ppm: u32,
}

impl Delays {
    /// What a council starts with unless its creator says otherwise.
    pub const DEFAULT: Self = Self {
        routine: *ROUTINE_DELAY.start(),
        standard: 2 * *STANDARD_DELAY.start(),
        critical: 2 * *CRITICAL_DELAY.start(),
        grace: 7 * *GRACE.start(),
        staker_veto_ppm: 334_000,
    };

    /// The delay of a class (seconds). A Terminal proposal waits [`TERMINAL_EXTRA`] longer
    /// than a Critical one, so whoever just learns that the economy ends can unstake and leave.
    pub const fn of(&self, class: Class) -> u32 {
        match class {
            Class::Immediate => 0,
            Class::Routine => self.routine,
            Class::Standard => self.standard,
            Class::Critical => self.critical,
            Class::Terminal => self.critical.saturating_add(TERMINAL_EXTRA),
        }
    }

    /// Refuses delays out of their ranges, and a graver class that waits less
    /// (`InvalidParameter`): so every cut of a delay has waited the longest one.
    pub(super) fn validate(&self) -> Result<()> {
        check("delays.routine", ROUTINE_DELAY.contains(&self.routine))?;
        check("delays.standard", STANDARD_DELAY.contains(&self.standard))?;
        check("delays.critical", CRITICAL_DELAY.contains(&self.critical))?;
        check("delays.standard", self.routine <= self.standard)?;
        check("delays.critical", self.standard <= self.critical)?;
        check("delays.grace", GRACE.contains(&self.grace))?;
        check(
            "delays.staker_veto_ppm",
            STAKER_VETO_PPM.contains(&self.staker_veto_ppm),
        )
    }
}
