//! Actions that pay tokens out of the treasury, end the economy, or give a power up for ever.

use anchor_lang::prelude::*;

use super::{fields, Act, ActionAccounts, ExecutionContext, NamedAccounts};
use crate::state::{economy::Power, Class, Economy};

impl Act for fields::PayTreasury<'_> {
    fn class(&self, _: &Economy) -> Result<Class> {
        Ok(Class::Critical)
    }

    fn apply(&self, _: Class, context: &mut ExecutionContext) -> Result<()> {
        context.economy.spend_treasury(*self.amount, context.now)
    }

    fn inspect<'info>(&self, accounts: &mut dyn NamedAccounts<'info>) -> Result<()> {
        accounts.require_recipient(self.to)
    }

    fn settle<'info>(&self, accounts: &mut dyn ActionAccounts<'info>) -> Result<()> {
        accounts.pay_treasury(self.to, *self.amount)
    }
}

impl Act for fields::Retire<'_> {
    fn class(&self, _: &Economy) -> Result<Class> {
        Ok(Class::Terminal)
    }

    fn apply(&self, _: Class, context: &mut ExecutionContext) -> Result<()> {
        if self.successor.is_some() {
            context.economy.require_power(Power::Successor)?;
        }
        context.economy.retire(*self.successor, context.now)
    }

    /// In Mint mode everything that is owed is minted before the mint authority goes, since
    /// nobody could mint it afterwards. In either mode everything that will ever be owed is
    /// in the reward vault then. A successor is only offered the authority: a council
    /// that was captured or mistaken hands it to no address that does not sign for it.
    fn settle<'info>(&self, accounts: &mut dyn ActionAccounts<'info>) -> Result<()> {
        let now = accounts.now();
        let owed = accounts.economy().load()?.mintable(now)?;
        accounts.mint_last(owed, self.successor.is_some())?;
        let mut economy = accounts.economy().load_mut()?;
        economy.supply_rewards(owed)?;
        economy.require_backed(i64::MAX)
    }
}

impl Act for fields::GiveUp<'_> {
    /// It takes power away, but nobody can ever undo it.
    fn class(&self, _: &Economy) -> Result<Class> {
        Ok(Class::Critical)
    }

    fn apply(&self, _: Class, context: &mut ExecutionContext) -> Result<()> {
        context.economy.give_up(*self.power)
    }
}
