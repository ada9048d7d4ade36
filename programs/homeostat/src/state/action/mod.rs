//! The actions of a proposal: typed, and each with the value that it expects to find.
//!
//! [`Action`] lists them all, as they are on the wire and in a proposal. Everything about one
//! action is in one place, its implementation of [`Act`]: its class, what it changes in
//! economy and council, and the tokens that it moves. The files are the families:
//!
//! - `tuning`: quantities, limits and mode of a controller
//! - `measurement`: what a controller measures, the feeds, the anomaly guard
//! - `release`: resuming, unpausing, dismissing the advisor
//! - `terms`: caps, shares, weights, smallest stakes, terms and exclusions
//! - `permits`: which pools, meters and feeds anybody may create afterwards
//! - `council`: members, roles and delays
//! - `treasury`: payments from the treasury, the end of the economy, powers given up
//!
//! What a proposal does as a whole is graded in `grade`.

mod council;
mod grade;
mod list;
mod measurement;
mod permits;
mod release;
mod terms;
mod treasury;
mod tuning;

pub use council::AdviceRange;
pub use list::Action;
pub use terms::{Caps, Terms};
pub use tuning::{OutputLimits, SlewLimits};

use anchor_lang::prelude::*;

use self::{grade::Start, list::fields};
use super::{Class, Council, Economy, Parameter};
use crate::error::HomeostatError;

/// One action: its class, its effect and its token moves.
pub trait Act {
    /// How grave the action is by itself in the present state. What it does to limits, slew
    /// limits, caps and the advisor's ranges is graded for the whole proposal.
    fn class(&self, economy: &Economy) -> Result<Class>;

    /// Changes economy and council; `class` is what [`Act::class`] said. Refuses an old
    /// value that is not the expected one (`OldValueChanged`) and a new one that is out of
    /// its range.
    fn apply(&self, class: Class, context: &mut ExecutionContext) -> Result<()>;

    /// Checks the accounts that it names when it is proposed, so that nobody approves what
    /// cannot happen. Most actions name none.
    fn inspect<'info>(&self, _accounts: &mut dyn NamedAccounts<'info>) -> Result<()> {
        Ok(())
    }

    /// Does what needs other accounts, after every action of the proposal was applied: it
    /// moves tokens or changes a feed. Most actions have nothing to do here.
    fn settle<'info>(&self, _accounts: &mut dyn ActionAccounts<'info>) -> Result<()> {
        Ok(())
    }

    /// True when it changes the controller of `parameter`, so that the decision log gets
    /// the controller's new configuration.
    fn configures(&self, _parameter: Parameter) -> bool {
        false
    }

    /// True when it only resumes, unpauses or dismisses the advisor, which a guardian cannot
    /// veto: otherwise a guardian could stop the economy for good.
    fn resumes(&self) -> bool {
        false
    }

    /// True when it changes members, roles or delays, so that the whole council is
    /// validated again.
    fn seats(&self) -> bool {
        false
    }
}

/// Accounts that actions name, in the order of the actions, as they are when the actions are
/// proposed. The instruction `propose` implements it.
pub trait NamedAccounts<'info> {
    /// Refuses as the next account another one than `to`, and one that `pay_treasury` would
    /// refuse as the recipient.
    fn require_recipient(&mut self, to: &Pubkey) -> Result<()>;

    /// Refuses as the next account another one than `account`, and one of the economy's own
    /// vaults (`WrongActionAccounts`).
    fn require_foreign(&mut self, account: &Pubkey) -> Result<()>;

    /// Refuses as the next two accounts others than these, and what `create_pool` would refuse
    /// as an AMM's LP mint and vault (`WrongAmmVault`, `PoolOfWallet`).
    fn require_amm(&mut self, stake_mint: &Pubkey, amm_vault: &Pubkey) -> Result<()>;
}

/// Accounts that actions need beyond economy and council, in the order of the actions, and
/// the token moves that the economy signs. The instruction `execute` implements it.
pub trait ActionAccounts<'info> {
    /// The economy, which nothing has borrowed.
    fn economy(&self) -> &AccountLoader<'info, Economy>;

    /// When the actions are executed (unix seconds).
    fn now(&self) -> i64;

    /// The next account. Refuses if none is left (`WrongActionAccounts`).
    fn next_account(&mut self) -> Result<&'info AccountInfo<'info>>;

    /// The owner of a token account, if `account` is one.
    fn token_owner(&self, account: &AccountInfo<'info>) -> Option<Pubkey>;

    /// Pays `amount` (base units) from the treasury vault to the token account `to`. Needs
    /// four accounts: authority, treasury vault, recipient, token program. Refuses a
    /// recipient of the economy's own (`WrongVault`).
    fn pay_treasury(&mut self, to: &Pubkey, amount: u64) -> Result<()>;

    /// Mints `owed` (base units) into the reward vault for the last time. Then the mint
    /// authority, where the economy has it, goes to nobody for ever, unless it is `offered` to
    /// a successor. Refuses an offer of an authority that the economy does not have
    /// (`MintAuthorityNotHeld`), as in most Funded economies. Needs three accounts: authority,
    /// reward vault, token program.
    fn mint_last(&mut self, owed: u64, offered: bool) -> Result<()>;
}

impl Action {
    /// True for an action that a guardian cannot veto ([`Act::resumes`]).
    pub fn resumes(&self) -> bool {
        self.act().resumes()
    }
}

/// The state that actions change, and the time at which they do.
pub struct ExecutionContext<'a> {
    /// The economy that is changed.
    pub economy: &'a mut Economy,
    /// The economy's council.
    pub council: &'a mut Council,
    /// When the actions are applied (unix seconds).
    pub now: i64,
}

impl ExecutionContext<'_> {
    /// Applies actions one after the other. Returns the class of the whole: that of its
    /// gravest action, or of what all of them do together from start to end if that is
    /// graver. Refuses a graver class than `allowed` (`ClassChanged`), and whatever leaves
    /// economy or council outside its limits.
    #[inline(never)]
    pub fn apply(&mut self, actions: &[Action], allowed: Class) -> Result<Class> {
        let start = Start::of(self.economy);
        let mut gravest = Class::Immediate;
        let mut needed = None;
        for action in actions {
            let act = action.act();
            if act.seats() && needed.is_none() {
                needed = Some(self.council.needed());
            }
            let class = act.class(self.economy)?;
            require!(class <= allowed, HomeostatError::ClassChanged);
            act.apply(class, self)?;
            gravest = gravest.max(class);
        }
        self.economy.validate_limits()?;
        gravest = gravest.max(start.grade(self.economy)?);
        require!(gravest <= allowed, HomeostatError::ClassChanged);
        if let Some(needed) = needed {
            self.council.validate()?;
            self.council.note_needed(needed, self.now);
        }
        self.council.invariant()?;
        Ok(gravest)
    }
}

/// Refuses (`OldValueChanged`) unless the value in force is the one that was expected.
fn expect(holds: bool) -> Result<()> {
    require!(holds, HomeostatError::OldValueChanged);
    Ok(())
}

/// Refuses a value in force that is not the expected one (`OldValueChanged`), and a new value
/// that is the same (`NothingChanges`): it would wait and be approved for nothing.
fn expect_other<T: PartialEq + ?Sized>(present: &T, expected: &T, new: &T) -> Result<()> {
    expect(present == expected)?;
    require!(new != present, HomeostatError::NothingChanges);
    Ok(())
}

/// Replaces a value by another one ([`expect_other`]).
fn replace<T: Copy + PartialEq>(value: &mut T, expected: &T, new: &T) -> Result<()> {
    expect_other(value, expected, new)?;
    *value = *new;
    Ok(())
}
