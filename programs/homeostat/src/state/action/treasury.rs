//! Actions that pay tokens out of the treasury or end the economy.

use anchor_lang::prelude::*;

use super::{fields, Act, ActionAccounts, ExecutionContext};
use crate::state::{Class, Economy};

impl Act for fields::PayTreasury<'_> {
    fn class(&self, _: &Economy) -> Result<Class> {
        Ok(Class::Critical)
    }

    fn apply(&self, _: Class, context: &mut ExecutionContext) -> Result<()> {
        context.economy.spend_treasury(*self.amount, context.now)
    }

    fn settle<'info>(&self, accounts: &mut dyn ActionAccounts<'info>) -> Result<()> {
        accounts.pay_treasury(self.to, *self.amount)
    }
}

impl Act for fields::Retire<'_> {
    fn class(&self, _: &Economy) -> Result<Class> {
        Ok(Class::Critical)
    }

    fn apply(&self, _: Class, context: &mut ExecutionContext) -> Result<()> {
        context.economy.retire(context.now)
    }

    /// In Mint mode everything that is owed is minted before the mint authority goes, since
    /// nobody could mint it afterwards. In either mode everything that will ever be owed is
    /// in the reward vault then.
    fn settle<'info>(&self, accounts: &mut dyn ActionAccounts<'info>) -> Result<()> {
        let now = accounts.now();
        let owed = {
            let economy = accounts.economy().load()?;
            economy.mints().then(|| economy.mintable(now)).transpose()?
        };
        accounts.give_up_mint(owed, *self.successor)?;
        let mut economy = accounts.economy().load_mut()?;
        economy.supply_rewards(owed.unwrap_or(0))?;
        economy.require_backed(i64::MAX)
    }
}
