//! Starts the clock, once and for all.

use crate::framework::prelude::*;
use anchor_spl::token_interface::TokenInterface;
use homeostat_control::{create, GuardState};

use crate::{
    error::{refuse, HomeostatError},
    events::{emit, WentLive},
    instructions::{control::gather, shared::*},
    state::{
        economy::check, log::Ring, mint_rules, ConfigRecord, DecisionLog, Economy, Life, Parameter,
    },
};

/// Accounts of `go_live`; after them the excluded token accounts, in order.
#[event_cpi]
#[derive(Accounts)]
pub struct GoLive<'info> {
    /// The economy's creator.
    pub creator: Signer<'info>,
    /// In Draft.
    #[account(mut)]
    pub economy: AccountLoader<'info, Economy>,
    /// The economy's mint.
    /// CHECK: by `economy.mint`.
    #[account(mut)]
    pub mint: UncheckedAccount<'info>,
    /// Signs for the economy's mint and vaults: its data-less address.
    /// CHECK: by `economy.authority`.
    pub authority: UncheckedAccount<'info>,
    /// The first period's rewards are minted into it.
    /// CHECK: by `economy.reward_vault`.
    #[account(mut)]
    pub reward_vault: UncheckedAccount<'info>,
    /// Gets the configurations as its first records.
    #[account(mut)]
    pub log: AccountLoader<'info, DecisionLog>,
    /// Of the mint.
    pub token_program: Interface<'info, TokenInterface>,
}

impl<'info> GoLive<'info> {
    fn check(&self) -> Result<()> {
        let economy = self.economy.open()?;
        economy.require_creator(self.creator.key)?;
        has_one(&economy.mint, &self.mint)?;
        has_one(&economy.authority, &self.authority)?;
        has_one(&economy.reward_vault, &self.reward_vault)?;
        has_one(&economy.log, self.log.as_ref())
    }

    fn validate(&self) -> Result<Token<'_, 'info>> {
        let economy = self.economy.open()?;
        economy.require_draft()?;
        economy.validate()?;
        ensure!(economy.pool_count > 0, HomeostatError::NativePoolMissing);

        let token = Token::read(&self.mint, self.token_program.as_ref())?;
        let data = self.mint.try_borrow_data()?;
        mint_rules::require_safe_extensions(&data, &economy.authority)?;
        mint_rules::require_no_freeze_authority(&data)?;
        if economy.mints() {
            mint_rules::require_mint_authority(&data, &economy.authority)?;
            check("hard_cap", token.supply <= economy.limits.hard_cap)?;
        }
        ensure!(token.supply > 0, HomeostatError::NoSupply);
        check("supply_floor", economy.limits.supply_floor <= token.supply)?;
        // Without one nothing could ever be changed, or paused.
        ensure!(
            economy.council != Pubkey::default(),
            HomeostatError::NoCouncil
        );
        Ok(token)
    }

    /// Creates the controllers, opens the stream and the log. Returns what to
    /// mint ahead and the log records' bytes.
    #[inline(never)]
    fn apply(&self, remaining: &[AccountInfo<'info>], supply: u64, now: i64) -> Result<Opening> {
        let mut economy = self.economy.open_mut()?;
        let excluded = gather::excluded_balance(&economy, remaining)?;
        // The economy's own vaults do not circulate anyway; twice would be wrong.
        let ours = remaining
            .iter()
            .any(|info| token_owner(info) == Some(economy.authority));
        check("excluded", !ours)?;
        economy.life = Life::Live as u8;
        economy.live_at = now;
        economy.last_crank = now;
        economy.next_end = now.saturating_add(i64::from(economy.limits.period));
        economy.stream.t0 = now;
        economy.stream.fee_until = now;
        economy.totals.supply = supply;
        economy.tally.supplied = economy.totals.supplied;
        economy.totals.circulating = economy.first_circulating(excluded)?;

        let mut records = Vec::with_capacity(Parameter::ALL.len());
        let mut configs = Vec::new();
        for parameter in Parameter::ALL {
            let controller = economy
                .controllers
                .get_mut(parameter.index())
                .ok_or(HomeostatError::InvariantViolated)?;
            let state = create(&controller.config(), now)
                .map_err(|_| refuse(HomeostatError::InvalidParameter))?;
            controller.remember(&state);
            controller.guard = (&GuardState::new(now)).into();
            controller.envelope.anchor_all(&controller.config);
            records.push(ConfigRecord::new(parameter, controller, now));
            configs.extend_from_slice(bytemuck::bytes_of(&controller.config));
        }
        let ahead = economy.open_period(supply, now)?;
        let log = self.log.to_account_info();
        Ring::append_to(&mut log.try_borrow_mut_data()?, &mut records)?;
        Ok(Opening {
            ahead,
            bump: [economy.authority_bump],
            records: bytemuck::cast_slice(&records).to_vec(),
            configs,
        })
    }

    /// Mints the first period's rewards and checks the whole.
    #[inline(never)]
    fn mint_ahead(
        &self,
        token: &mut Token<'_, 'info>,
        opening: &Opening,
        now: i64,
    ) -> Result<(u64, u64, i64)> {
        let authority = Authority {
            info: &self.authority,
            economy: self.economy.as_ref().key,
            bump: opening.bump,
        };
        token.mint_to(&self.reward_vault, &authority, opening.ahead)?;
        let mut economy = self.economy.open_mut()?;
        economy.supply_rewards(opening.ahead)?;
        economy.invariant(token.supply, now)?;
        Ok((
            economy.totals.supply,
            economy.totals.circulating,
            economy.stream.emit_until,
        ))
    }
}

struct Opening {
    ahead: u64,
    bump: [u8; 1],
    records: Vec<u8>,
    configs: Vec<u8>,
}

/// Handles `go_live`.
pub fn go_live<'info>(ctx: Context<'info, GoLive<'info>>) -> Result<()> {
    let now = now()?;
    ctx.accounts.check()?;
    let mut token = ctx.accounts.validate()?;
    let opening = ctx
        .accounts
        .apply(ctx.remaining_accounts, token.supply, now)?;
    let (supply, circulating, emit_until) = ctx.accounts.mint_ahead(&mut token, &opening, now)?;
    emit(
        &ctx.accounts.event_authority,
        &WentLive {
            economy: ctx.accounts.economy.key(),
            at: now,
            supply,
            circulating,
            minted: opening.ahead,
            emit_until,
            records: opening.records,
            configs: opening.configs,
        },
    )
}
