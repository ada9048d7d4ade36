//! Pauses by section. Their end is stored at the start, so accrual knows it.

use anchor_lang::prelude::*;

/// What can be paused separately. Exits and governance never can.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Section {
    /// `stake`.
    Stake = 0,
    /// `pay` and `charge_fee`.
    Pay = 1,
    /// `crank`.
    Crank = 2,
    /// The emission stream.
    Emission = 3,
}

impl Section {
    /// Number of sections.
    pub const COUNT: usize = 4;
}

/// The pause of one section, in force or past.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Pause {
    /// Start (unix seconds).
    pub from: i64,
    /// End (unix seconds).
    pub until: i64,
    /// Seconds of pause left in the budget at `budget_at`.
    pub budget: i64,
    /// When the budget was last filled (unix seconds).
    pub budget_at: i64,
}

impl Pause {
    /// True inside `[from, until)`.
    pub const fn covers(&self, now: i64) -> bool {
        self.from <= now && now < self.until
    }
}
