//! Actions that allow anybody to create something: a pool, meters, feeds.

use anchor_lang::prelude::*;

use super::{fields, Act, ExecutionContext, NamedAccounts};
use crate::{
    constants::{MAX_FEEDS, MAX_METERS, OPEN_TIME},
    error::{check, HomeostatError},
    state::{Class, Economy},
};

impl Act for fields::AllowPool<'_> {
    fn class(&self, _: &Economy) -> Result<Class> {
        Ok(Class::Critical)
    }

    fn apply(&self, _: Class, context: &mut ExecutionContext) -> Result<()> {
        check("weight", *self.weight > 0)?;
        check("stake_mint", *self.stake_mint != Pubkey::default())?;
        let permit = &mut context.council.permit;
        permit.stake_mint = *self.stake_mint;
        permit.amm_vault = *self.amm_vault;
        permit.weight = *self.weight;
        permit.pool_until = context.now.saturating_add(OPEN_TIME);
        Ok(())
    }

    fn inspect<'info>(&self, accounts: &mut dyn NamedAccounts<'info>) -> Result<()> {
        accounts.require_amm(self.stake_mint, self.amm_vault)
    }
}

impl Act for fields::AllowMeters<'_> {
    fn class(&self, _: &Economy) -> Result<Class> {
        Ok(Class::Standard)
    }

    fn apply(&self, _: Class, context: &mut ExecutionContext) -> Result<()> {
        let permit = &mut context.council.permit.meters;
        allow(permit, context.economy.meter_count, *self.count, MAX_METERS)
    }
}

impl Act for fields::AllowFeeds<'_> {
    fn class(&self, _: &Economy) -> Result<Class> {
        Ok(Class::Standard)
    }

    fn apply(&self, _: Class, context: &mut ExecutionContext) -> Result<()> {
        let permit = &mut context.council.permit.feeds;
        allow(permit, context.economy.feed_count, *self.count, MAX_FEEDS)
    }
}

/// Allows `count` more meters or feeds, of which `present` exist. Refuses more than `most` in
/// all (`TooMany`), with those that are allowed already. Counts that saturate are above every
/// such limit, so they are refused as well.
fn allow(permit: &mut u8, present: u8, count: u8, most: usize) -> Result<()> {
    check("count", count > 0)?;
    let allowed = permit.saturating_add(count);
    let all = usize::from(allowed).saturating_add(usize::from(present));
    require!(all <= most, HomeostatError::TooMany);
    *permit = allowed;
    Ok(())
}
