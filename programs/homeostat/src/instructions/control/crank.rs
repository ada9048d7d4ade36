//! Ends a period: measures everything at one timestamp, steps all four
//! controllers on that snapshot, logs the decisions, opens the next period.
//! Anyone may, after the period's end.

use crate::framework::prelude::*;
use anchor_spl::token_interface::TokenInterface;

use super::gather::{self, Touch};
use crate::{
    error::HomeostatError,
    events::{emit, Cranked},
    instructions::shared::*,
    state::{
        envelope::Tuning, log::Ring, pause::Section, ConfigRecord, DecisionLog, DecisionRecord,
        Economy, Parameter, Report, Snapshot, Tunable,
    },
};

// `Cranked.advice`.
const NO_ADVICE: u8 = 0;
const ADVICE_FOLLOWED: u8 = 1;
const ADVICE_DROPPED: u8 = 2;

/// Accounts of `crank`; after them what [`gather`] reads, pools writable.
#[event_cpi]
#[derive(Accounts)]
pub struct Crank<'info> {
    /// Anyone; gets the bounty.
    #[account(mut)]
    pub keeper: Signer<'info>,
    /// Live.
    #[account(mut)]
    pub economy: AccountLoader<'info, Economy>,
    /// The economy's mint.
    /// CHECK: by `economy.mint`.
    #[account(mut)]
    pub mint: UncheckedAccount<'info>,
    /// Signs for the economy's mint and vaults: its data-less address.
    /// CHECK: by `economy.authority`.
    pub authority: UncheckedAccount<'info>,
    /// The next period's rewards are minted into it.
    /// CHECK: by `economy.reward_vault`.
    #[account(mut)]
    pub reward_vault: UncheckedAccount<'info>,
    /// Gets the decisions.
    #[account(mut)]
    pub log: AccountLoader<'info, DecisionLog>,
    /// Lamports for bounties; pays this one.
    /// CHECK: by `economy.keeper_vault`.
    #[account(mut)]
    pub keeper_vault: UncheckedAccount<'info>,
    /// Of the mint.
    pub token_program: Interface<'info, TokenInterface>,
    /// Moves the bounty.
    pub system_program: Program<'info, System>,
}

impl<'info> Crank<'info> {
    fn check(&self) -> Result<Token<'_, 'info>> {
        let economy = self.economy.open()?;
        has_one(&economy.mint, &self.mint)?;
        has_one(&economy.authority, &self.authority)?;
        has_one(&economy.reward_vault, &self.reward_vault)?;
        has_one(&economy.log, self.log.as_ref())?;
        has_one(&economy.keeper_vault, &self.keeper_vault)?;
        Token::read(&self.mint, self.token_program.as_ref())
    }

    fn validate(&self, now: i64) -> Result<()> {
        let economy = self.economy.open()?;
        economy.require_live()?;
        economy.require_open(Section::Crank, now)?;
        ensure!(now >= economy.next_end, HomeostatError::TooEarly);
        Ok(())
    }

    /// Everything but the token moves. Returns the event so far and what to
    /// mint ahead.
    #[inline(never)]
    fn apply(
        &self,
        remaining: &'info [AccountInfo<'info>],
        supply: u64,
        now: i64,
    ) -> Result<(Box<Cranked>, u64)> {
        let mut economy = self.economy.open_mut()?;
        let economy = &mut *economy;
        let (tally, feeds, excluded) = gather::tally(economy, remaining, Touch::Commit, now)?;
        let snapshot = Box::new(Snapshot::take(
            economy,
            tally,
            feeds,
            supply,
            excluded,
            balance(&self.reward_vault)?,
            now,
        )?);
        let report = snapshot.report(economy)?;
        let old_emit_until = economy.stream.emit_until;
        // An economy-wide failure is latched, not returned: an error would undo it.
        if snapshot.latched {
            economy.trip(now)?;
        }

        let mut event = Box::new(Cranked {
            economy: self.economy.key(),
            period: economy.totals.periods.saturating_add(1),
            at: now,
            keeper: self.keeper.key(),
            bounty: 0,
            old_supply: economy.totals.supply,
            new_supply: snapshot.supply,
            old_circulating: economy.totals.circulating,
            new_circulating: snapshot.circulating,
            old_supplied: economy.totals.supplied,
            new_supplied: 0,
            old_emit_until,
            new_emit_until: 0,
            next_end: 0,
            tripped: economy.tripped,
            latched: [0; 4],
            records: Vec::new(),
            configs: Vec::new(),
            advice: NO_ADVICE,
        });
        self.follow_advice(economy, &mut event, now)?;
        event
            .records
            .extend_from_slice(&self.decide(economy, &snapshot, &report)?);
        for (latched, controller) in event.latched.iter_mut().zip(&economy.controllers) {
            *latched = controller.guard.latched;
        }
        let ahead = economy.roll(&snapshot, &report, supply)?;
        event.new_emit_until = economy.stream.emit_until;
        event.next_end = economy.next_end;
        Ok((event, ahead))
    }

    /// Applies what the advisor recommended, when its delay is over and it still fits:
    /// what no longer does is dropped, it must not stop a crank.
    fn follow_advice(&self, economy: &mut Economy, event: &mut Cranked, now: i64) -> Result<()> {
        let Some(advice) = economy.advice.take_due(now) else {
            return Ok(());
        };
        event.advice = ADVICE_DROPPED;
        let parameter = Parameter::from_index(advice.parameter)?;
        let field = Tunable::from_byte(advice.field)?;
        let period = economy.totals.periods;
        let controller = economy
            .controllers
            .get_mut(parameter.index())
            .ok_or(HomeostatError::NoSuchController)?;
        let to = Tuning {
            field,
            value: advice.value.get(),
            over_seconds: advice.over_seconds,
        };
        let fits = controller
            .envelope
            .require_advisable(field, to.value)
            .and_then(|()| controller.envelope.change_once(field, period))
            .and_then(|()| controller.tune(parameter, &to, now))
            .is_ok();
        if !fits {
            return Ok(());
        }
        event.advice = ADVICE_FOLLOWED;
        event
            .configs
            .extend_from_slice(bytemuck::bytes_of(&controller.config));
        let mut records = [ConfigRecord::new(parameter, controller, now)];
        Ring::append_to(&mut self.log.as_ref().try_borrow_mut_data()?, &mut records)?;
        event
            .records
            .extend_from_slice(bytemuck::bytes_of(&records));
        Ok(())
    }

    /// Steps all four controllers on one snapshot, then remembers and logs.
    #[inline(never)]
    fn decide(
        &self,
        economy: &mut Economy,
        snapshot: &Snapshot,
        report: &Report,
    ) -> Result<Vec<u8>> {
        let mut records = Vec::with_capacity(Parameter::ALL.len());
        for parameter in Parameter::ALL {
            step_one(economy, snapshot, report, parameter, &mut records)?;
        }
        let log = self.log.to_account_info();
        Ring::append_to(&mut log.try_borrow_mut_data()?, &mut records)?;
        Ok(bytemuck::cast_slice(&records).to_vec())
    }

    /// Mints ahead, pays the bounty, checks the whole.
    #[inline(never)]
    fn settle_up(
        &self,
        token: &mut Token<'_, 'info>,
        event: &mut Cranked,
        ahead: u64,
        now: i64,
    ) -> Result<()> {
        let (authority_bump, keeper_bump, bounty) = {
            let economy = self.economy.open()?;
            (
                economy.authority_bump,
                economy.keeper_bump,
                economy.limits.bounty,
            )
        };
        let authority = Authority {
            info: &self.authority,
            economy: self.economy.as_ref().key,
            bump: [authority_bump],
        };
        token.mint_to(&self.reward_vault, &authority, ahead)?;
        event.bounty = self.pay_bounty(bounty, keeper_bump)?;
        let mut economy = self.economy.open_mut()?;
        economy.supply_rewards(ahead)?;
        event.new_supplied = economy.totals.supplied;
        economy.invariant(token.supply, now)
    }

    /// Pays the whole bounty or nothing: an empty vault never blocks a crank,
    /// and what stays behind must be nothing or rent-exempt.
    fn pay_bounty(&self, bounty: u64, bump: u8) -> Result<u64> {
        let held = self.keeper_vault.lamports();
        let rent = rent_of(0)?;
        let affordable = held
            .checked_sub(bounty)
            .is_some_and(|left| left == 0 || left >= rent);
        if bounty == 0 || !affordable {
            return Ok(0);
        }
        pay_from_keeper_vault(
            &self.keeper_vault,
            &self.keeper,
            self.economy.as_ref().key,
            bump,
            bounty,
        )?;
        Ok(bounty)
    }
}

/// Steps one controller and takes its record.
#[inline(never)]
fn step_one(
    economy: &mut Economy,
    snapshot: &Snapshot,
    report: &Report,
    parameter: Parameter,
    records: &mut Vec<DecisionRecord>,
) -> Result<()> {
    let metric = economy.controller(parameter)?.metric()?;
    let (measurement, applied) = report.of(metric, parameter);
    let outcome = snapshot.decide(economy, parameter, measurement, applied)?;
    let controller = economy
        .controllers
        .get_mut(parameter.index())
        .ok_or(HomeostatError::NoSuchController)?;
    records.push(DecisionRecord::new(parameter, controller, &outcome));
    controller.remember(&outcome.step.state);
    controller.guard = (&outcome.step.guard).into();
    Ok(())
}

/// Handles `crank`.
pub fn crank<'info>(ctx: Context<'info, Crank<'info>>) -> Result<()> {
    let now = now()?;
    let mut token = ctx.accounts.check()?;
    ctx.accounts.validate(now)?;
    let (mut event, ahead) = ctx
        .accounts
        .apply(ctx.remaining_accounts, token.supply, now)?;
    ctx.accounts.settle_up(&mut token, &mut event, ahead, now)?;
    emit(&ctx.accounts.event_authority, &*event)
}
