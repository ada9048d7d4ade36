//! Executes a proposal whose time has come. Anyone may; all of it happens or nothing.

use crate::framework::prelude::*;

use crate::{
    error::{refuse, HomeostatError},
    events::{emit, Executed},
    instructions::{caller::*, shared::*},
    state::{
        action::Ground, log::Ring, Action, AuditKind, Class, ConfigRecord, Council, Economy, Feed,
        Life, Parameter, Proposal,
    },
};

/// Accounts of `execute`; after them what the actions need, in their order. For a feed:
/// the feed. For exclusions: each of them. For a treasury payment: authority, treasury vault, recipient, token
/// program. For a retirement, with a writable mint: authority, reward vault, token
/// program.
#[event_cpi]
#[derive(Accounts)]
pub struct Execute<'info> {
    /// Anyone.
    pub executor: Signer<'info>,
    /// Changed.
    #[account(mut)]
    pub economy: AccountLoader<'info, Economy>,
    /// The economy's council.
    #[account(mut)]
    pub council: AccountLoader<'info, Council>,
    /// Queued, its eta passed.
    #[account(mut)]
    pub proposal: AccountLoader<'info, Proposal>,
    /// The economy's mint.
    /// CHECK: by `economy.mint`.
    pub mint: UncheckedAccount<'info>,
    /// Gets the changed configurations.
    /// CHECK: by `economy.log`.
    #[account(mut)]
    pub log: UncheckedAccount<'info>,
    /// Gets the record.
    /// CHECK: by `council.audit`.
    #[account(mut)]
    pub audit: UncheckedAccount<'info>,
    /// The transaction's instructions.
    /// CHECK: by its address.
    pub instructions: UncheckedAccount<'info>,
}

/// What went into the decision log: records, and the configurations behind their digests.
struct Logged {
    records: Vec<u8>,
    configs: Vec<u8>,
}

impl<'info> Execute<'info> {
    fn check(&self) -> Result<()> {
        let economy = self.economy.open()?;
        has_one(&economy.council, self.council.as_ref())?;
        has_one(&economy.mint, &self.mint)?;
        has_one(&economy.log, &self.log)?;
        has_one(&self.council.open()?.audit, &self.audit)?;
        let proposal = self.proposal.open()?;
        has_one(&proposal.council, self.council.as_ref())?;
        // Anybody can call it directly, so nobody has to call it otherwise.
        require_caller(&self.instructions, &Pubkey::default(), Nonce::Refused)
    }

    fn validate(&self, now: i64) -> Result<Vec<Action>> {
        let proposal = self.proposal.open()?;
        proposal.require_executable(&*self.council.open()?, now)?;
        proposal.read()
    }

    /// Everything but the token moves.
    #[inline(never)]
    fn apply(&self, actions: &[Action], clock: &Clock) -> Result<Executed> {
        let now = clock.unix_timestamp;
        let mut economy = self.economy.open_mut()?;
        let economy = &mut *economy;
        let mut council = self.council.open_mut()?;
        let council = &mut *council;
        let mut proposal = self.proposal.open_mut()?;
        let allowed = Class::from_byte(proposal.class)?;
        let mut ground = Ground {
            economy,
            council,
            now,
        };
        ground.apply(actions, allowed)?;
        let logged = self.log_configurations(actions, &ground)?;
        let Ground {
            economy, council, ..
        } = ground;
        let supply = supply_of(&self.mint)?;
        if economy.life == Life::Live as u8 {
            economy.re_rate(supply, now)?;
        }
        economy.config_seq = economy.config_seq.saturating_add(1);
        economy.invariant(supply, now)?;
        proposal.executed(now);
        council.close_proposal(proposal.place, proposal.proposer_id);
        let record = proposal
            .record(
                AuditKind::Executed,
                self.executor.key,
                &self.proposal.key(),
                clock,
            )
            .append(&self.audit)?;
        Ok(Executed {
            economy: self.economy.key(),
            proposal: self.proposal.key(),
            index: proposal.index,
            executor: self.executor.key(),
            actions: proposal.action_bytes().to_vec(),
            records: logged.records,
            configs: logged.configs,
            record,
        })
    }

    /// Logs every controller that an action touched, once each.
    #[inline(never)]
    fn log_configurations(&self, actions: &[Action], ground: &Ground) -> Result<Logged> {
        let all = actions
            .iter()
            .any(|action| matches!(action, Action::ResumeEconomy));
        let mut records = Vec::new();
        let mut configs = Vec::new();
        let controllers = ground.economy.controllers.iter();
        for (controller, parameter) in controllers.zip(Parameter::ALL) {
            let touched = actions
                .iter()
                .any(|action| action.configures() == Some(parameter));
            if all || touched {
                records.push(ConfigRecord::new(parameter, controller, ground.now));
                configs.extend_from_slice(bytemuck::bytes_of(&controller.config));
            }
        }
        Ring::append_to(&mut self.log.try_borrow_mut_data()?, &mut records)?;
        Ok(Logged {
            records: bytemuck::cast_slice(&records).to_vec(),
            configs,
        })
    }

    /// Moves the tokens that actions move.
    fn settle(
        &self,
        actions: &[Action],
        mut remaining: &'info [AccountInfo<'info>],
        now: i64,
    ) -> Result<()> {
        for action in actions {
            match action {
                Action::PayTreasury { to, amount } => {
                    let [authority, vault, recipient, program] = take(&mut remaining)?;
                    same(ErrorCode::ConstraintAddress, "to", to, recipient.key)?;
                    self.pay_treasury([authority, vault, recipient, program], *amount)?;
                }
                Action::Feed {
                    index,
                    expected,
                    value,
                } => {
                    let [feed] = take(&mut remaining)?;
                    let economy = self.economy.open()?;
                    let known = economy.active_feeds().get(usize::from(*index));
                    ensure!(known == Some(feed.key), HomeostatError::WrongActionAccounts);
                    let loader = loader::<Feed>(feed)?;
                    let mut feed = loader.open_mut()?;
                    ensure!(
                        feed.settings() == *expected,
                        HomeostatError::OldValueChanged
                    );
                    feed.configure(value)?;
                }
                Action::Exclude { accounts, .. } => {
                    for account in accounts {
                        let [given] = take(&mut remaining)?;
                        // The economy's own vaults do not circulate anyway; twice would
                        // be wrong.
                        let ours = token_owner(given) == Some(self.economy.open()?.authority);
                        ensure!(
                            given.key == account && !ours,
                            HomeostatError::WrongActionAccounts
                        );
                    }
                }
                Action::Retire { successor } => {
                    let [authority, vault, program] = take(&mut remaining)?;
                    self.retire([authority, vault, program], successor.as_ref(), now)?;
                }
                _ => {}
            }
        }
        ensure!(remaining.is_empty(), HomeostatError::WrongActionAccounts);
        Ok(())
    }

    /// The economy's signature, from the account that stands for it.
    fn authority<'a>(&'a self, info: &'a AccountInfo<'info>) -> Result<Authority<'a, 'info>> {
        let economy = self.economy.open()?;
        has_one(&economy.authority, info)?;
        Ok(Authority {
            info,
            economy: self.economy.as_ref().key,
            bump: [economy.authority_bump],
        })
    }

    #[inline(never)]
    fn pay_treasury(
        &self,
        [authority, vault, recipient, program]: [&'info AccountInfo<'info>; 4],
        amount: u64,
    ) -> Result<()> {
        has_one(&self.economy.open()?.treasury_vault, vault)?;
        let token = Token::read(&self.mint, program)?;
        let to = Tokens::of("to", recipient, self.mint.key)?;
        // Back into one of our own vaults, it would be paid and not be gone.
        ensure!(to.owner != *authority.key, HomeostatError::WrongVault);
        token.pay_out(vault, &to, &self.authority(authority)?, amount)?;
        Ok(())
    }

    /// Mints what is owed and gives the mint authority away.
    #[inline(never)]
    fn retire(
        &self,
        [authority, vault, program]: [&'info AccountInfo<'info>; 3],
        successor: Option<&Pubkey>,
        now: i64,
    ) -> Result<()> {
        let signature = self.authority(authority)?;
        let (mints, owed) = {
            let economy = self.economy.open()?;
            has_one(&economy.reward_vault, vault)?;
            (economy.mints(), economy.mintable(now)?)
        };
        if !mints {
            return Ok(());
        }
        let mut token = Token::read(&self.mint, program)?;
        token.mint_to(vault, &signature, owed)?;
        token.set_mint_authority(&signature, successor)?;
        let mut economy = self.economy.open_mut()?;
        economy.supply_rewards(owed)?;
        economy.invariant(token.supply, now)
    }
}

/// The next accounts that an action needs.
fn take<'info, const N: usize>(
    remaining: &mut &'info [AccountInfo<'info>],
) -> Result<[&'info AccountInfo<'info>; N]> {
    let (taken, rest) = remaining
        .split_first_chunk::<N>()
        .ok_or_else(|| refuse(HomeostatError::WrongActionAccounts))?;
    *remaining = rest;
    Ok(taken.each_ref())
}

/// Handles `execute`.
pub fn execute<'info>(ctx: Context<'info, Execute<'info>>) -> Result<()> {
    let clock = clock()?;
    ctx.accounts.check()?;
    let actions = ctx.accounts.validate(clock.unix_timestamp)?;
    let event = ctx.accounts.apply(&actions, &clock)?;
    ctx.accounts
        .settle(&actions, ctx.remaining_accounts, clock.unix_timestamp)?;
    emit(&ctx.accounts.event_authority, &event)
}
