//! What a controller would decide if the economy were cranked now, as return
//! data (`StoredDecision`). Changes nothing.

use crate::framework::prelude::*;

use solana_program::program::set_return_data;

use super::gather::{self, Touch};
use crate::{
    instructions::shared::*,
    state::{Economy, Parameter, Snapshot, StoredDecision},
};

/// Accounts of `preview`; after them what [`gather`] reads, nothing writable.
#[derive(Accounts)]
pub struct Preview<'info> {
    /// Live.
    pub economy: AccountLoader<'info, Economy>,
    /// The economy's mint.
    /// CHECK: by `economy.mint`.
    pub mint: UncheckedAccount<'info>,
    /// A crank that finds it short holds every controller.
    /// CHECK: by `economy.reward_vault`.
    pub reward_vault: UncheckedAccount<'info>,
}

impl<'info> Preview<'info> {
    #[inline(never)]
    fn decide(
        &self,
        remaining: &'info [AccountInfo<'info>],
        parameter: Parameter,
        now: i64,
    ) -> Result<StoredDecision> {
        let economy = self.economy.open()?;
        has_one(&economy.mint, &self.mint)?;
        has_one(&economy.reward_vault, &self.reward_vault)?;
        economy.require_live()?;
        let (tally, feeds, excluded) = gather::tally(&economy, remaining, Touch::Preview, now)?;
        let snapshot = Box::new(Snapshot::take(
            &economy,
            tally,
            feeds,
            supply_of(&self.mint)?,
            excluded,
            balance(&self.reward_vault)?,
            now,
        )?);
        let metric = economy.controller(parameter)?.metric()?;
        let measurement = snapshot.measure(&economy, metric)?;
        let applied = snapshot.applied(&economy, parameter)?;
        let outcome = snapshot.decide(&economy, parameter, measurement, applied)?;
        Ok((&outcome.step.decision).into())
    }
}

/// Handles `preview`.
pub fn preview<'info>(ctx: Context<'info, Preview<'info>>, controller: u8) -> Result<()> {
    let parameter = Parameter::from_index(controller)?;
    let decision = ctx
        .accounts
        .decide(ctx.remaining_accounts, parameter, now()?)?;
    set_return_data(bytemuck::bytes_of(&decision));
    Ok(())
}
