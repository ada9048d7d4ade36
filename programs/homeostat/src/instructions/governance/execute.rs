//! Executes a proposal whose time has come. All of it happens or nothing.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};
use solana_program::sysvar;

use crate::{
    error::HomeostatError,
    events::{publish, Executed, PowerGivenUp},
    instructions::{
        caller::{require_caller, Nonce},
        tokens::{recipient as recipient_of, token_owner, Authority, Token},
    },
    state::{
        action::{ActionAccounts, ExecutionContext},
        log, Action, AuditKind, AuditLog, Class, ConfigRecord, Council, DecisionLog, Economy, Life,
        Parameter, Proposal,
    },
};

/// Accounts of `execute`. After them come those that the actions need, in the order of the
/// actions. A feed's settings: the feed. Exclusions: each of the accounts. A treasury
/// payment: authority, treasury vault, recipient, token program. A retirement, with a
/// writable mint: authority, reward vault, token program.
#[event_cpi]
#[derive(Accounts)]
pub struct Execute<'info> {
    /// Whoever executes; anyone may do what the council has decided.
    pub executor: Signer<'info>,
    /// The economy that the proposal changes.
    #[account(mut, has_one = council, has_one = mint, has_one = log)]
    pub economy: AccountLoader<'info, Economy>,
    /// The economy's council, whose present members must still approve.
    #[account(mut, has_one = audit)]
    pub council: AccountLoader<'info, Council>,
    /// The proposal; it must be queued, with its eta reached.
    #[account(mut, has_one = council)]
    pub proposal: AccountLoader<'info, Proposal>,
    /// The mint of the economy's token; writable for a retirement.
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// The economy's decision log, which gets the changed configurations.
    #[account(mut)]
    pub log: AccountLoader<'info, DecisionLog>,
    /// The council's audit log, which gets a record of the execution.
    #[account(mut)]
    pub audit: AccountLoader<'info, AuditLog>,
    /// The instructions sysvar, which shows how this instruction was called.
    /// CHECK: bound by its address; only the runtime writes it.
    #[account(address = sysvar::instructions::ID)]
    pub instructions: UncheckedAccount<'info>,
}

/// What went into the decision log: records, and the configurations behind their digests.
struct Logged {
    records: Vec<u8>,
    configs: Vec<u8>,
}

impl Execute<'_> {
    /// Refuses a call through another program (`CpiForbidden`): anybody can call it
    /// directly, so nothing is lost, and no program can wrap an execution in steps of its
    /// own. Refuses a proposal whose time has not come or has passed, or that too few of
    /// the present members approve. Returns the actions.
    fn validate(&self, now: i64) -> Result<Vec<Action>> {
        require_caller(&self.instructions, &Pubkey::default(), Nonce::Refused)?;
        let council = self.council.load()?;
        let mut proposal = self.proposal.load_mut()?;
        proposal.settle(&council)?;
        proposal.require_executable(&council, now)?;
        proposal.read()
    }

    /// Applies the actions, except for what needs further accounts.
    #[inline(never)]
    fn apply(&self, actions: &[Action], clock: &Clock) -> Result<Executed> {
        let now = clock.unix_timestamp;
        let mut economy = self.economy.load_mut()?;
        let mut council = self.council.load_mut()?;
        let mut proposal = self.proposal.load_mut()?;
        let mut context = ExecutionContext {
            economy: &mut economy,
            council: &mut council,
            now,
        };
        context.apply(actions, Class::from_byte(proposal.class)?)?;
        let logged = self.log_configurations(actions, &economy, now)?;

        // A limit, share or weight that changed acts from this second on.
        let supply = self.mint.supply;
        if economy.life == Life::Live as u8 {
            economy.re_rate(supply, now)?;
        }
        economy.config_seq = economy.config_seq.saturating_add(1);
        economy.invariant(supply, now)?;

        proposal.executed(now);
        council.close_proposal(proposal.place, proposal.proposer_id);
        let key = self.proposal.key();
        let record = proposal
            .record(AuditKind::Executed, self.executor.key, &key, clock)
            .append(&self.audit)?;
        Ok(Executed {
            economy: self.economy.key(),
            proposal: key,
            index: proposal.index,
            executor: self.executor.key(),
            actions: proposal.action_bytes().to_vec(),
            records: logged.records,
            configs: logged.configs,
            record,
        })
    }

    /// Logs every controller that an action changed, once each.
    #[inline(never)]
    fn log_configurations(
        &self,
        actions: &[Action],
        economy: &Economy,
        now: i64,
    ) -> Result<Logged> {
        let acts: Vec<_> = actions.iter().map(Action::act).collect();
        let mut records = Vec::new();
        let mut configs = Vec::new();
        for (controller, parameter) in economy.controllers.iter().zip(Parameter::ALL) {
            if acts.iter().any(|act| act.configures(parameter)) {
                records.push(ConfigRecord::new(parameter, controller, now));
                configs.extend_from_slice(bytemuck::bytes_of(&controller.config));
            }
        }
        if !records.is_empty() {
            log::append(&self.log, &log::Place::DECISIONS, &mut records)?;
        }
        Ok(Logged {
            records: bytemuck::cast_slice(&records).to_vec(),
            configs,
        })
    }
}

/// The accounts after the fixed ones, handed out in order to the actions that need them.
///
/// An account that is passed twice gains nothing: every one is compared with the address
/// that economy or action names for it, exclusions are refused when they repeat, and no
/// payment goes back into a vault of the economy.
struct Settlement<'a, 'info> {
    execute: &'a Execute<'info>,
    remaining: &'info [AccountInfo<'info>],
    now: i64,
}

impl<'a, 'info> Settlement<'a, 'info> {
    /// Settles actions one after the other. Refuses an account too many
    /// (`WrongActionAccounts`).
    fn settle(&mut self, actions: &[Action]) -> Result<()> {
        for action in actions {
            action.act().settle(self)?;
        }
        require!(
            self.remaining.is_empty(),
            HomeostatError::WrongActionAccounts
        );
        Ok(())
    }

    /// The next `N` accounts. Refuses if fewer are left (`WrongActionAccounts`).
    fn next_accounts<const N: usize>(&mut self) -> Result<[&'info AccountInfo<'info>; N]> {
        let (accounts, rest) = self
            .remaining
            .split_first_chunk::<N>()
            .ok_or_else(|| error!(HomeostatError::WrongActionAccounts))?;
        self.remaining = rest;
        Ok(accounts.each_ref())
    }

    /// The economy's signature. Refuses another account than the economy's authority
    /// (`ConstraintHasOne`).
    fn authority(&self, info: &'a AccountInfo<'info>) -> Result<Authority<'a, 'info>> {
        let economy = self.execute.economy.load()?;
        require_keys_eq!(*info.key, economy.authority, ErrorCode::ConstraintHasOne);
        Ok(Authority {
            info,
            economy: self.execute.economy.as_ref().key,
            bump: [economy.authority_bump],
        })
    }

    /// The token program. Refuses another one than the mint belongs to
    /// (`ConstraintMintTokenProgram`).
    fn token_program(
        &self,
        info: &'info AccountInfo<'info>,
    ) -> Result<Interface<'info, TokenInterface>> {
        let program = Interface::try_from(info)?;
        let owner = *self.execute.mint.to_account_info().owner;
        require_keys_eq!(owner, *info.key, ErrorCode::ConstraintMintTokenProgram);
        Ok(program)
    }
}

/// One of the economy's vaults. Refuses another address than `expected` (`ConstraintHasOne`).
fn vault<'info>(
    info: &'info AccountInfo<'info>,
    expected: Pubkey,
) -> Result<Box<InterfaceAccount<'info, TokenAccount>>> {
    require_keys_eq!(*info.key, expected, ErrorCode::ConstraintHasOne);
    Ok(Box::new(InterfaceAccount::try_from(info)?))
}

impl<'a, 'info: 'a> ActionAccounts<'info> for Settlement<'a, 'info> {
    fn economy(&self) -> &AccountLoader<'info, Economy> {
        &self.execute.economy
    }

    fn now(&self) -> i64 {
        self.now
    }

    fn next_account(&mut self) -> Result<&'info AccountInfo<'info>> {
        let [account] = self.next_accounts()?;
        Ok(account)
    }

    fn token_owner(&self, account: &AccountInfo<'info>) -> Option<Pubkey> {
        token_owner(account)
    }

    #[inline(never)]
    fn pay_treasury(&mut self, to: &Pubkey, amount: u64) -> Result<()> {
        let [authority, from, recipient, program] = self.next_accounts()?;
        require_keys_eq!(*recipient.key, *to, ErrorCode::ConstraintAddress);
        let from = vault(from, self.execute.economy.load()?.treasury_vault)?;
        let program = self.token_program(program)?;
        let mint = &*self.execute.mint;
        let recipient = recipient_of(recipient, &mint.key(), authority.key)?;
        let token = Token {
            mint,
            program: &program,
        };
        let authority = self.authority(authority)?;
        token.pay_out(&from, &recipient, &authority, amount)?;
        Ok(())
    }

    #[inline(never)]
    fn mint_last(&mut self, owed: u64, offered: bool) -> Result<()> {
        let [authority, to, program] = self.next_accounts()?;
        let authority = self.authority(authority)?;
        let to = vault(to, self.execute.economy.load()?.reward_vault)?;
        let program = self.token_program(program)?;
        let mint = &*self.execute.mint;
        let held = mint.mint_authority == Some(*authority.info.key).into();
        require!(held || !offered, HomeostatError::MintAuthorityNotHeld);
        let token = Token {
            mint,
            program: &program,
        };
        token.mint_to(&to, &authority, owed)?;
        if held && !offered {
            token.set_mint_authority(&authority, None)?;
        }
        Ok(())
    }
}

/// Anyone calls it, between the proposal's eta and its expiry.
///
/// 1. Refuses what is too early, too late or no longer approved.
/// 2. Applies the actions to economy and council, and logs the changed controllers.
/// 3. Moves the tokens and changes the feeds that the actions name.
/// 4. Publishes what was done, and each power that was given up.
pub fn execute<'info>(ctx: Context<'info, Execute<'info>>) -> Result<()> {
    let clock = Clock::get()?;
    let accounts = &ctx.accounts;
    let actions = accounts.validate(clock.unix_timestamp)?;
    let event = accounts.apply(&actions, &clock)?;
    let mut settlement = Settlement {
        execute: accounts,
        remaining: ctx.remaining_accounts,
        now: clock.unix_timestamp,
    };
    settlement.settle(&actions)?;
    publish(&ctx.accounts.event_authority, &event)?;
    for action in &actions {
        if let Action::GiveUp { power } = action {
            let given_up = PowerGivenUp {
                economy: event.economy,
                proposal: event.proposal,
                power: *power,
            };
            publish(&ctx.accounts.event_authority, &given_up)?;
        }
    }
    Ok(())
}
