//! Ends a period: measures everything at one timestamp, steps all four controllers on that
//! snapshot, logs the decisions, and opens the next period. Anyone may call it once the period
//! has ended.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use super::gather;
use crate::{
    error::HomeostatError,
    events::{publish, Cranked},
    instructions::{
        lamports::pay_from_keeper_vault,
        tokens::{Authority, Token},
    },
    state::{
        log::{append, Place},
        pause::Section,
        ConfigRecord, DecisionLog, Economy, Parameter, Report, Snapshot,
    },
};

// What became of due advice, in `Cranked.advice`.
const NO_ADVICE: u8 = 0;
const ADVICE_FOLLOWED: u8 = 1;
const ADVICE_DROPPED: u8 = 2;

/// Accounts of `crank`; after them what [`gather`] reads. The native pool, the first of them, is
/// writable, because it is settled; nothing else is.
#[event_cpi]
#[derive(Accounts)]
pub struct Crank<'info> {
    /// Whoever cranks; gets the bounty.
    #[account(mut)]
    pub keeper: Signer<'info>,
    /// The economy; it must be live, and its period over.
    #[account(
        mut,
        has_one = mint,
        has_one = authority,
        has_one = reward_vault,
        has_one = log,
        has_one = keeper_vault,
    )]
    pub economy: AccountLoader<'info, Economy>,
    /// The mint of the economy's token.
    #[account(mut, dup, mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// The economy's data-less address that signs for its mint and vaults.
    pub authority: SystemAccount<'info>,
    /// The economy's reward vault; the next period's rewards are minted into it.
    #[account(mut, dup)]
    pub reward_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The economy's decision log, which gets the decisions.
    #[account(mut)]
    pub log: AccountLoader<'info, DecisionLog>,
    /// The economy's lamports for bounties; it pays this one.
    #[account(mut)]
    pub keeper_vault: SystemAccount<'info>,
    /// The token program that the mint belongs to.
    pub token_program: Interface<'info, TokenInterface>,
    /// The system program, which moves the bounty.
    pub system_program: Program<'info, System>,
}

impl<'info> Crank<'info> {
    /// Returns the economy's time (unix seconds), at which everything is measured.
    fn validate(&self, now: i64) -> Result<i64> {
        let economy = self.economy.load()?;
        economy.require_live()?;
        let now = economy.stream.time(now);
        economy.require_open(Section::Crank, now)?;
        require!(now >= economy.next_end, HomeostatError::TooEarly);
        Ok(now)
    }

    /// Measures, decides and opens the next period; no tokens move yet. Returns the event
    /// so far and how many tokens to mint ahead (base units).
    #[inline(never)]
    fn apply(
        &self,
        remaining: &'info [AccountInfo<'info>],
        now: i64,
    ) -> Result<(Box<Cranked>, u64)> {
        let supply = self.mint.supply;
        let mut economy = self.economy.load_mut()?;
        let economy = &mut *economy;
        gather::settle_native(economy, remaining, now)?;
        let (tally, feeds, excluded) = gather::tally(economy, remaining, now)?;
        let snapshot = Box::new(Snapshot::new(
            economy,
            tally,
            feeds,
            supply,
            excluded,
            self.reward_vault.amount,
            now,
        )?);
        let report = snapshot.report(economy)?;
        let old_emit_until = economy.stream.emit_until;
        // A vault that is short trips the economy. An error would undo that, so there is none.
        if snapshot.tripped {
            economy.trip(now)?;
        }

        let mut event = Box::new(Cranked {
            economy: self.economy.key(),
            period: economy.current_period(),
            at: now,
            keeper: self.keeper.key(),
            bounty: 0,
            old_supply: economy.totals.supply,
            new_supply: snapshot.supply,
            old_circulating: economy.totals.circulating,
            new_circulating: snapshot.circulating,
            old_excluded: economy.excluded_balance,
            new_excluded: snapshot.excluded,
            old_supplied: economy.totals.supplied,
            new_supplied: 0,
            old_emit_until,
            new_emit_until: 0,
            next_end: 0,
            tripped: economy.tripped,
            latched: [0; 4],
            at_limit: [0; 4],
            records: Vec::new(),
            configs: Vec::new(),
            advice: NO_ADVICE,
        });
        self.follow_advice(economy, &mut event, now)?;
        self.decide(economy, &snapshot, &report, &mut event.records)?;
        for (parameter, controller) in Parameter::ALL.iter().zip(&economy.controllers) {
            if let Some(latched) = event.latched.get_mut(parameter.index()) {
                *latched = controller.guard.latched;
            }
            if let Some(at_limit) = event.at_limit.get_mut(parameter.index()) {
                *at_limit = controller.at_limit;
            }
        }
        let ahead = economy.roll(&snapshot, &report, supply)?;
        event.new_emit_until = economy.stream.emit_until;
        event.next_end = economy.next_end;
        Ok((event, ahead))
    }

    /// Applies the advisor's recommendation once its delay is over, and logs the configuration
    /// that it leads to ([`Economy::follow_advice`]).
    fn follow_advice(&self, economy: &mut Economy, event: &mut Cranked, now: i64) -> Result<()> {
        let Some((parameter, followed)) = economy.follow_advice(now)? else {
            return Ok(());
        };
        if !followed {
            event.advice = ADVICE_DROPPED;
            return Ok(());
        }
        event.advice = ADVICE_FOLLOWED;
        let controller = economy.controller_mut(parameter)?;
        event
            .configs
            .extend_from_slice(bytemuck::bytes_of(&controller.config));
        let mut records = [ConfigRecord::new(parameter, controller, now)];
        append(&self.log, &Place::DECISIONS, &mut records)?;
        event
            .records
            .extend_from_slice(bytemuck::bytes_of(&records));
        Ok(())
    }

    /// Steps all four controllers on one snapshot and logs the decisions; the bytes of their
    /// records are added to `told`.
    #[inline(never)]
    fn decide(
        &self,
        economy: &mut Economy,
        snapshot: &Snapshot,
        report: &Report,
        told: &mut Vec<u8>,
    ) -> Result<()> {
        let mut records = Vec::with_capacity(Parameter::ALL.len());
        for parameter in Parameter::ALL {
            records.push(economy.regulate(snapshot, report, parameter)?);
        }
        append(&self.log, &Place::DECISIONS, &mut records)?;
        told.extend_from_slice(bytemuck::cast_slice(&records));
        Ok(())
    }

    /// Mints the next period's rewards ahead, pays the bounty, and checks the invariant.
    #[inline(never)]
    fn settle_up(&self, event: &mut Cranked, ahead: u64, now: i64) -> Result<()> {
        let (authority_bump, keeper_bump, bounty) = {
            let economy = self.economy.load()?;
            (
                economy.authority_bump,
                economy.keeper_bump,
                economy.limits.bounty,
            )
        };
        let authority = Authority {
            info: &self.authority,
            economy: &self.economy.key(),
            bump: [authority_bump],
        };
        let token = Token {
            mint: &self.mint,
            program: &self.token_program,
        };
        let supply = token.mint_to(&self.reward_vault, &authority, ahead)?;
        event.bounty = self.pay_bounty(bounty, keeper_bump)?;
        let mut economy = self.economy.load_mut()?;
        economy.supply_rewards(ahead)?;
        event.new_supplied = economy.totals.supplied;
        economy.invariant(supply, now)
    }

    /// Pays the whole bounty or none of it, and returns what was paid (lamports). An empty
    /// vault never blocks a crank. What stays in the vault is nothing or rent-exempt,
    /// because the runtime refuses anything in between.
    fn pay_bounty(&self, bounty: u64, bump: u8) -> Result<u64> {
        let balance = self.keeper_vault.lamports();
        let rent = Rent::get()?.minimum_balance(0);
        let affordable = balance
            .checked_sub(bounty)
            .is_some_and(|left| left == 0 || left >= rent);
        if bounty == 0 || !affordable {
            return Ok(0);
        }
        pay_from_keeper_vault(
            &self.keeper_vault,
            &self.keeper,
            &self.system_program,
            &self.economy.key(),
            bump,
            bounty,
        )?;
        Ok(bounty)
    }
}

/// Anyone calls it, once the period has ended.
///
/// 1. Refuses an economy that is not live, a paused crank, and a period that has not ended.
/// 2. Settles the native pool and measures at one timestamp, and trips the economy if the reward vault is short.
/// 3. Applies due advice, steps the four controllers, and logs it all.
/// 4. Opens the next period, mints its rewards ahead, and pays the bounty.
pub fn crank<'info>(ctx: Context<'info, Crank<'info>>) -> Result<()> {
    let accounts = &ctx.accounts;
    let now = accounts.validate(Clock::get()?.unix_timestamp)?;
    let (mut event, ahead) = accounts.apply(ctx.remaining_accounts, now)?;
    accounts.settle_up(&mut event, ahead, now)?;
    publish(&ctx.accounts.event_authority, &*event)
}
