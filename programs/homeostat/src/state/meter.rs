//! A meter: one shard of the economy's payments. Payments through different meters do not wait
//! for each other's meter and vault, only where payer or recipient have a token account in
//! common.

use anchor_lang::prelude::*;

use super::{
    economy::{Economy, Life},
    layout::space,
    number::{add, mul_div_ceil, mul_div_floor, U128},
};
use crate::{constants::PPM, error::HomeostatError};

/// The fees charged through one shard.
#[account(zero_copy, discriminator = b"meter..\x01")]
#[derive(Debug, PartialEq, Eq)]
pub struct Meter {
    /// The canonical bump of the meter's address.
    pub bump: u8,
    /// The canonical bump of the fee vault's address.
    pub vault_bump: u8,
    /// The index of the meter in `Economy.meters`.
    pub shard: u8,
    /// Reserved; zero.
    pub reserved: [u8; 5],
    /// The economy that the meter belongs to.
    pub economy: Pubkey,
    /// The token account that holds uncollected fees.
    pub vault: Pubkey,
    /// The payer of the rent, who gets it back.
    pub payer: Pubkey,
    /// The uncollected fees to be burned (base units).
    pub pending_burn: u64,
    /// The uncollected fees for stakers (base units).
    pub pending_stakers: u64,
    /// The uncollected fees for the treasury (base units).
    pub pending_treasury: u64,
    /// The number of payments charged since creation.
    pub payments: u64,
    /// The volume charged since creation (base units).
    pub volume: U128,
    /// The fees received since creation (base units).
    pub fees: U128,
    /// The fees burned since creation (base units).
    pub burned: U128,
    /// The fees that the supply floor or the burn cap sent to the treasury instead of
    /// burning them (base units).
    pub burn_blocked: U128,
    /// The fees moved to the reward vault for stakers since creation (base units).
    pub swept_stakers: U128,
    /// The fees moved to the treasury since creation, blocked burns included (base units).
    pub swept_treasury: U128,
    /// Reserved; zero.
    pub reserved_end: [u8; 64],
}

const _: () = assert!(core::mem::size_of::<Meter>() == 8 + 96 + 32 + 96 + 64);
const _: () = assert!(core::mem::align_of::<Meter>() == 8);

/// The fee on one payment (base units).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    /// The fee, a part of the payment: `fee + net == amount`.
    pub fee: u64,
    /// The rest, which the recipient is sent.
    pub net: u64,
}

impl Charge {
    /// `fee = ceil(amount * fee_ppm / 10^6)`, at least 1 base unit, so that nobody avoids
    /// the fee by splitting a payment into dust. Refuses zero (`AmountTooSmall`) and an
    /// amount that leaves the recipient nothing (`SplitExceedsAmount`).
    pub fn new(amount: u64, fee_ppm: u64) -> Result<Self> {
        require!(amount > 0, HomeostatError::AmountTooSmall);
        let fee = mul_div_ceil(amount, fee_ppm, PPM)
            .ok_or(HomeostatError::MathOverflow)?
            .max(1);
        let net = amount
            .checked_sub(fee)
            .filter(|net| *net > 0)
            .ok_or(HomeostatError::SplitExceedsAmount)?;
        Ok(Self { fee, net })
    }
}

/// Where a received fee goes (base units).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// The part to be burned, rounded down.
    pub burn: u64,
    /// The part for the treasury, rounded down.
    pub treasury: u64,
    /// The part for stakers: the remainder.
    pub stakers: u64,
}

impl Split {
    /// Splits a fee so that `burn + treasury + stakers == fee`, exactly. `burn_ppm` is a share
    /// of the fee, `treasury_ppm` one of what is left after the burn. Shares above one count
    /// as one, so no subtraction leaves its range.
    pub fn new(fee: u64, burn_ppm: u64, treasury_ppm: u64) -> Result<Self> {
        let burn =
            mul_div_floor(fee, burn_ppm.min(PPM), PPM).ok_or(HomeostatError::MathOverflow)?;
        let kept = fee.saturating_sub(burn);
        let treasury =
            mul_div_floor(kept, treasury_ppm.min(PPM), PPM).ok_or(HomeostatError::MathOverflow)?;
        Ok(Self {
            burn,
            treasury,
            stakers: kept.saturating_sub(treasury),
        })
    }
}

/// What one `collect` moves (base units).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sweep {
    /// What is burned.
    pub burn: u64,
    /// What was to be burned and goes to the treasury instead: the supply floor or the burn
    /// cap is reached.
    pub blocked: u64,
    /// What goes to the reward vault.
    pub stakers: u64,
    /// What goes to the treasury, `blocked` included, and the stakers' part once the
    /// economy is retired.
    pub treasury: u64,
}

/// The limits of one sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SweepRules {
    /// What can be burned above the supply floor (base units).
    pub burnable: u64,
    /// What the economy may still burn in its period (base units).
    pub allowance: u64,
    /// False once the economy is retired: it streams nothing to stakers any more.
    pub streams: bool,
}

impl SweepRules {
    /// The limits of an economy whose mint has this supply (base units). A supply below the
    /// floor leaves nothing to burn.
    pub fn of(economy: &Economy, mint_supply: u64) -> Self {
        Self {
            burnable: mint_supply.saturating_sub(economy.limits.supply_floor),
            allowance: economy.burn_allowance(),
            streams: economy.life != Life::Retired as u8,
        }
    }
}

impl Meter {
    /// Bytes of the account.
    pub const SPACE: usize = space::<Self>();

    /// Counts a payment of `volume` base units whose fee arrived as `split`. The count of
    /// payments saturates, because nothing is computed from it.
    pub fn record(&mut self, volume: u64, split: &Split) -> Result<()> {
        self.pending_burn = add(self.pending_burn, split.burn)?;
        self.pending_stakers = add(self.pending_stakers, split.stakers)?;
        self.pending_treasury = add(self.pending_treasury, split.treasury)?;
        self.payments = self.payments.saturating_add(1);
        self.volume.add(u128::from(volume))?;
        let fee = add(add(split.burn, split.stakers)?, split.treasury)?;
        self.fees.add(u128::from(fee))?;
        self.invariant()
    }

    /// Empties the pending counters and returns what goes where. What may not be burned goes
    /// to the treasury, and so does the stakers' part once the economy is retired. No
    /// subtraction saturates: each part is at most what it is subtracted from.
    pub fn sweep(&mut self, rules: &SweepRules) -> Result<Sweep> {
        let burn = self.pending_burn.min(rules.burnable).min(rules.allowance);
        let blocked = self.pending_burn.saturating_sub(burn);
        let stakers = if rules.streams {
            self.pending_stakers
        } else {
            0
        };
        let sweep = Sweep {
            burn,
            blocked,
            stakers,
            treasury: self
                .liability()?
                .saturating_sub(burn.saturating_add(stakers)),
        };
        self.pending_burn = 0;
        self.pending_stakers = 0;
        self.pending_treasury = 0;
        self.burned.add(u128::from(sweep.burn))?;
        self.burn_blocked.add(u128::from(sweep.blocked))?;
        Ok(sweep)
    }

    /// Counts what the reward vault and the treasury really received (base units), which a
    /// transfer fee makes less than what was sent.
    pub fn swept(&mut self, stakers: u64, treasury: u64) -> Result<()> {
        self.swept_stakers.add(u128::from(stakers))?;
        self.swept_treasury.add(u128::from(treasury))?;
        self.invariant()
    }

    /// The fee vault's least balance (base units): everything uncollected.
    pub fn liability(&self) -> Result<u64> {
        add(
            add(self.pending_burn, self.pending_stakers)?,
            self.pending_treasury,
        )
    }

    /// What holds after every instruction that writes a meter: what is pending and what was
    /// moved are together at most what was received, so no fee is counted twice.
    pub fn invariant(&self) -> Result<()> {
        let accounted = [self.burned, self.swept_stakers, self.swept_treasury]
            .iter()
            .try_fold(u128::from(self.liability()?), |sum, part| {
                sum.checked_add(part.get())
            })
            .ok_or(HomeostatError::MathOverflow)?;
        require!(
            accounted <= self.fees.get(),
            HomeostatError::InvariantViolated
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fee_rounds_up_and_is_never_zero() {
        let fee = |amount, ppm| Charge::new(amount, ppm).unwrap().fee;
        assert_eq!(fee(1_000_000, 3_000), 3_000);
        assert_eq!(fee(1_000_001, 3_000), 3_001);
        assert_eq!(fee(2, 1), 1);
        assert_eq!(fee(u64::MAX, 100_000), u64::MAX / 10 + 1);
    }

    #[test]
    fn an_amount_that_leaves_nothing_is_refused() {
        assert!(Charge::new(0, 1).is_err());
        assert!(Charge::new(1, 1).is_err());
        assert_eq!(Charge::new(2, 1).unwrap(), Charge { fee: 1, net: 1 });
    }

    #[test]
    fn parts_always_add_up() {
        for fee in [0, 1, 2, 3, 99, 1_000_003, u64::MAX] {
            for burn in [0, 1, 333_333, 1_000_000] {
                for treasury in [0, 1, 500_000, 1_000_000] {
                    let split = Split::new(fee, burn, treasury).unwrap();
                    assert_eq!(split.burn + split.treasury + split.stakers, fee);
                }
            }
        }
    }

    #[test]
    fn the_supply_floor_sends_the_burn_to_the_treasury() {
        let mut meter: Meter = bytemuck::Zeroable::zeroed();
        meter
            .record(
                1_000,
                &Split {
                    burn: 10,
                    treasury: 1,
                    stakers: 2,
                },
            )
            .unwrap();
        let rules = SweepRules {
            burnable: 4,
            allowance: u64::MAX,
            streams: true,
        };
        let sweep = meter.sweep(&rules).unwrap();
        assert_eq!(
            sweep,
            Sweep {
                burn: 4,
                blocked: 6,
                stakers: 2,
                treasury: 7
            }
        );
        assert_eq!(meter.sweep(&rules).unwrap(), Sweep::default());
    }
}
