//! Returns what a controller would decide if the economy were cranked now, as return data
//! (`StoredDecision`). Changes nothing.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount};
use solana_program::program::set_return_data;

use super::gather;
use crate::state::{Economy, Parameter, Snapshot, StoredDecision};

/// Accounts of `preview`; after them what [`gather`] reads, nothing writable.
#[derive(Accounts)]
pub struct Preview<'info> {
    /// The economy; it must be live.
    #[account(has_one = mint, has_one = reward_vault)]
    pub economy: AccountLoader<'info, Economy>,
    /// The mint of the economy's token.
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// The economy's reward vault; a crank that finds it short holds every controller.
    pub reward_vault: Box<InterfaceAccount<'info, TokenAccount>>,
}

impl<'info> Preview<'info> {
    #[inline(never)]
    fn decide(
        &self,
        remaining: &'info [AccountInfo<'info>],
        parameter: Parameter,
        now: i64,
    ) -> Result<StoredDecision> {
        let economy = self.economy.load()?;
        economy.require_live()?;
        let now = economy.stream.time(now);
        let (tally, feeds, excluded) = gather::tally(&economy, remaining, now)?;
        let snapshot = Box::new(Snapshot::new(
            &economy,
            tally,
            feeds,
            self.mint.supply,
            excluded,
            self.reward_vault.amount,
            now,
        )?);
        // A crank applies due advice before it decides.
        let mut controller = Box::new(*economy.controller(parameter)?);
        let advice = economy.advice.due(now);
        if let Some(advice) = advice.filter(|advice| advice.parameter == parameter as u8) {
            controller.follow(&advice, economy.totals.periods, now)?;
        }
        let measured = |metric| snapshot.measure(&economy, metric);
        let applied = snapshot.applied(&economy, parameter)?;
        let outcome = snapshot.decide(&controller, measured, applied)?;
        Ok((&outcome.step.decision).into())
    }
}

/// Anyone calls it, by simulation or from another program, for one controller of a live
/// economy. A period that has not ended is measured so far, and advice that is due counts as
/// applied.
pub fn preview<'info>(ctx: Context<'info, Preview<'info>>, controller: u8) -> Result<()> {
    let parameter = Parameter::from_index(controller)?;
    let now = Clock::get()?.unix_timestamp;
    let decision = ctx
        .accounts
        .decide(ctx.remaining_accounts, parameter, now)?;
    set_return_data(bytemuck::bytes_of(&decision));
    Ok(())
}
