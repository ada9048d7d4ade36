//! What happens to collected fees. Payments themselves have no event: the meter counts them.

use anchor_lang::prelude::*;

/// A meter's fees were moved.
#[event]
pub struct Collected {
    /// The economy that the meter belongs to.
    pub economy: Pubkey,
    /// The meter whose fees were moved.
    pub meter: Pubkey,
    /// The fees that were burned (base units).
    pub burned: u64,
    /// What was to be burned and went to the treasury, because the supply floor or the
    /// period's burn cap was reached (base units).
    pub burn_blocked: u64,
    /// What the reward vault received (base units).
    pub stakers: u64,
    /// What the treasury received, blocked burns included (base units).
    pub treasury: u64,
    /// The number of payments charged through the meter since its creation.
    pub payments: u64,
    /// The volume charged through the meter since its creation (base units).
    pub volume: u128,
}
