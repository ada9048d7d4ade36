//! How an economy ends, and what becomes of what it did not spend: nothing stays behind in the
//! reward vault that belongs to nobody.

use anchor_lang::prelude::*;

use super::{Economy, Life};
use crate::{
    constants::*,
    error::{check, HomeostatError},
    state::{
        meter::Meter,
        number::{ceil_q64, checked_times, U128},
        pool::Pool,
    },
};

/// What the reward vault of a retired economy must keep, added up pool by pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Remains {
    /// What the pools have distributed and not paid out (Q64.64 base units).
    owed: u128,
    /// True where somebody is staked in the native pool, to whom fees can stream.
    streams: bool,
    /// The fees that meters have moved to the reward vault (base units).
    swept_stakers: U128,
}

impl Remains {
    /// Adds what a pool owes to its positions. Settle the pool first.
    pub fn add_pool(&mut self, pool: &Pool) -> Result<()> {
        self.owed = self
            .owed
            .checked_add(pool.owed()?)
            .ok_or(HomeostatError::MathOverflow)?;
        self.streams |= pool.is_native() && pool.total > 0;
        Ok(())
    }

    /// Adds what a meter has moved to the reward vault.
    pub fn add_meter(&mut self, meter: &Meter) {
        self.swept_stakers.count(meter.swept_stakers);
    }
}

impl Economy {
    /// Ends the economy at `now` (unix seconds): the emission stops for ever. Fees that were
    /// swept already stream over one more period. A `successor` is offered the mint authority;
    /// the zero address, which nobody can sign for, is refused (`InvalidParameter`).
    pub fn retire(&mut self, successor: Option<Pubkey>, now: i64) -> Result<()> {
        self.require_live()?;
        check("successor", successor != Some(Pubkey::default()))?;
        if let Some(successor) = successor {
            self.successor = successor;
            self.successor_until = now.saturating_add(OPEN_TIME);
        }
        self.stream.settle(now)?;
        self.stream_fees()?;
        self.stream.set_emission(0, 0, &[0; MAX_POOLS], 0)?;
        self.stream.emit_until = self.stream.t0;
        self.life = Life::Retired as u8;
        Ok(())
    }

    /// Ends the offer of the mint authority, and returns who gets it: the successor, if it is
    /// `signer` and in time; nobody, once the offer has run out, whoever `signer` is. Refuses
    /// anybody else before that, and where nothing is offered (`NotPendingAuthority`).
    pub fn take_successor(&mut self, signer: &Pubkey, now: i64) -> Result<Option<Pubkey>> {
        let successor = core::mem::take(&mut self.successor);
        require!(
            successor != Pubkey::default(),
            HomeostatError::NotPendingAuthority
        );
        let open = now <= core::mem::take(&mut self.successor_until);
        require!(
            !open || successor == *signer,
            HomeostatError::NotPendingAuthority
        );
        Ok(open.then_some(successor))
    }

    /// Winds a retired economy up at `now` (unix seconds). Fees that were swept after its last
    /// crank begin to stream, over one period. Returns what the reward vault must keep (base
    /// units, rounded up): what the pools owe, and the fees that still stream. Everything
    /// else belongs to nobody. Refuses an economy that is not retired (`NotRetired`).
    ///
    /// No sweep adds to the stakers' fees after the retirement, so the stream starts anew at
    /// most once: nobody puts the fees off by calling again. Where nobody is staked none
    /// stream, because nobody can stake any more.
    pub fn wind_up(&mut self, remains: &Remains, now: i64) -> Result<u64> {
        require!(self.life == Life::Retired as u8, HomeostatError::NotRetired);
        self.stream.settle(now)?;
        if remains.swept_stakers.get() > self.tally.swept_stakers.get() {
            self.tally.swept_stakers = remains.swept_stakers;
            self.stream_fees()?;
        }
        let seconds = self.stream.fee_until.saturating_sub(self.stream.t0);
        let streaming = if remains.streams {
            checked_times(
                self.stream.fee_rate_q64.get(),
                seconds.max(0).unsigned_abs(),
            )
        } else {
            Some(0)
        };
        let kept = streaming
            .and_then(|fees| fees.checked_add(remains.owed))
            .ok_or(HomeostatError::MathOverflow)?;
        Ok(ceil_q64(kept))
    }

    /// True for the token account, of this address and owner, that gets what is left: the
    /// treasury vault, or any of the sponsor's where there is one.
    pub fn takes_the_rest(&self, account: &Pubkey, owner: &Pubkey) -> bool {
        if self.sponsor == Pubkey::default() {
            *account == self.treasury_vault
        } else {
            *owner == self.sponsor
        }
    }

    /// Announces at `now` (unix seconds) that the sponsor will recall up to `amount` base
    /// units, 30 to 44 d from then; an earlier announcement ends. Refuses zero
    /// (`AmountTooSmall`).
    pub fn announce_recall(&mut self, amount: u64, now: i64) -> Result<()> {
        self.require_live()?;
        require!(amount > 0, HomeostatError::AmountTooSmall);
        self.recall = amount;
        self.recall_at = now.saturating_add(RECALL_NOTICE);
        Ok(())
    }

    /// Takes what was announced out of the funds, at `now` (unix seconds), and returns how
    /// much that is (base units): at most what is not promised. Promised is what has accrued,
    /// and what may still be emitted in this period. Refuses before the notice is over
    /// (`TooEarly`), where nothing was announced or can be recalled (`AmountTooSmall`), and
    /// more than 14 d late (`RecallExpired`): a notice given once and for ever would be none
    /// for whoever stakes or funds years later.
    ///
    /// The subtractions saturate at 0: where more is promised than funded, which the
    /// invariant excludes, nothing can be recalled.
    pub fn recall_funds(&mut self, now: i64) -> Result<u64> {
        self.require_live()?;
        require!(self.recall > 0, HomeostatError::AmountTooSmall);
        require!(now >= self.recall_at, HomeostatError::TooEarly);
        let last = self.recall_at.saturating_add(OPEN_TIME);
        require!(now <= last, HomeostatError::RecallExpired);
        self.stream.settle(now)?;
        let free = self
            .totals
            .supplied
            .saturating_sub(ceil_q64(self.owed_emission(now)?))
            .saturating_sub(ceil_q64(self.stream.grant_q64.get()));
        let amount = core::mem::take(&mut self.recall).min(free);
        require!(amount > 0, HomeostatError::AmountTooSmall);
        self.totals.supplied = self.totals.supplied.saturating_sub(amount);
        Ok(amount)
    }
}
