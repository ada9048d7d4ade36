//! What people do on chain, in order, so that it can be done again elsewhere: as transactions.

use homeostat::state::PoolKind;

/// Where the tokens of a payment wait for the next payer, who gets them at its own moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Till {
    /// That of the payers.
    Payers,
    /// That of the spammers.
    Spammers,
}

/// One thing that was done. All amounts are in base units, and may be 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Opened an empty position in a pool.
    Open(PoolKind),
    /// Staked in a pool: tokens in the native one, LP tokens in the other.
    Stake(PoolKind, u64),
    /// Began to unbond.
    Unstake(PoolKind, u64),
    /// Withdrew what had unlocked.
    Withdraw(PoolKind, u64),
    /// Claimed rewards.
    Claim(PoolKind, u64),
    /// Bought tokens from the market.
    Buy(u64),
    /// Sold tokens to the market.
    Sell(u64),
    /// Gave tokens to the market for LP tokens.
    Join {
        /// Given.
        tokens: u64,
        /// Got.
        shares: u64,
    },
    /// Gave LP tokens back to the market for tokens.
    Leave {
        /// Got.
        tokens: u64,
        /// Given.
        shares: u64,
    },
    /// Got what the payer before it had paid.
    Take(Till, u64),
    /// Paid an amount, its fee included, into a till.
    Pay(Till, u64),
    /// Paid an amount to itself, so that only the fee is gone.
    PayItself(u64),
    /// Touched the liquidity pool: a keeper does.
    Touch,
}

/// A deed, when and whose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    /// When (unix seconds).
    pub at: i64,
    /// The person's place in the list; of a touch, anybody's.
    pub who: usize,
    /// What.
    pub deed: Deed,
}

/// The deeds since they were last taken, where somebody keeps them.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    kept: bool,
    who: usize,
    done: Vec<Done>,
}

impl Journal {
    /// A journal that is kept; the default is not.
    pub fn kept() -> Self {
        Self {
            kept: true,
            ..Self::default()
        }
    }

    /// Whether deeds are kept.
    pub fn is_kept(&self) -> bool {
        self.kept
    }

    /// What follows is done by the person with this place in the list.
    pub fn turn(&mut self, who: usize) {
        self.who = who;
    }

    /// Notes a deed.
    #[inline]
    pub fn note(&mut self, at: i64, deed: Deed) {
        if self.kept {
            let who = self.who;
            self.done.push(Done { at, who, deed });
        }
    }

    /// Takes the deeds out.
    pub fn take(&mut self) -> Vec<Done> {
        core::mem::take(&mut self.done)
    }
}
