//! Makes a proposal, and approves it for its proposer; approves it where it is open already.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount};
use solana_program::{hash::hash, sysvar};

use crate::{
    constants::{OPEN_TIME, VETO_FLOOR_PART},
    error::HomeostatError,
    events::{publish, Decided, Proposed},
    instructions::{
        caller::{require_caller, Nonce},
        governance::decide::decided,
        tokens::{recipient, require_amm, token_owner},
    },
    seeds,
    state::{
        action::{ExecutionContext, NamedAccounts},
        Action, AuditKind, AuditLog, Class, Council, Economy, Life, Pool, Proposal, ProposalState,
        Reason,
    },
};

/// Accounts of `propose`. After them come those that the actions name, in the order of the
/// actions. A treasury payment: the recipient. A permit for a pool: LP mint, AMM vault.
/// An exclusion: each account.
#[event_cpi]
#[derive(Accounts)]
#[instruction(digest: [u8; 32])]
pub struct Propose<'info> {
    /// A seated member of the council, whose approval the proposal has from the start.
    pub proposer: Signer<'info>,
    /// Pays the proposal's rent if it is created, and gets it back when the proposal is closed;
    /// anyone.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// The economy that the proposal is about; it must not be in Draft.
    #[account(has_one = council)]
    pub economy: AccountLoader<'info, Economy>,
    /// The economy's council, which counts its open proposals.
    #[account(mut, has_one = audit)]
    pub council: AccountLoader<'info, Council>,
    /// The economy's native pool; ballots are a share of its stake.
    #[account(address = economy.load()?.pools[0].pool)]
    pub native_pool: AccountLoader<'info, Pool>,
    /// The proposal; it is created. It may be there already: its address follows from its
    /// actions. If it is open, the proposer approves it; if it is final, it begins anew.
    #[account(
        init_if_needed,
        payer = payer,
        space = Proposal::SPACE,
        seeds = [seeds::PROPOSAL, economy.key().as_ref(), digest.as_ref()],
        bump,
    )]
    pub proposal: AccountLoader<'info, Proposal>,
    /// The council's audit log, which gets a record of the proposal.
    #[account(mut)]
    pub audit: AccountLoader<'info, AuditLog>,
    /// The instructions sysvar, which shows how this instruction was called.
    /// CHECK: bound by its address; only the runtime writes it.
    #[account(address = sysvar::instructions::ID)]
    pub instructions: UncheckedAccount<'info>,
    /// The system program, which creates the account.
    pub system_program: Program<'info, System>,
}

/// A copy of an account's state on the heap, to try changes on.
struct Trial(Vec<u64>);

impl Trial {
    /// Copies the bytes of a state. They are kept as words, for the alignment of the state.
    fn of<T: bytemuck::Pod>(state: &T) -> Self {
        let mut words = vec![0u64; core::mem::size_of::<T>().div_ceil(8)];
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut words);
        bytes.copy_from_slice(bytemuck::bytes_of(state));
        Self(words)
    }

    /// The copy as a state again.
    fn state<T: bytemuck::Pod>(&mut self) -> Result<&mut T> {
        bytemuck::try_from_bytes_mut(bytemuck::cast_slice_mut(&mut self.0))
            .map_err(|_| error!(HomeostatError::InvariantViolated))
    }
}

/// The proposal that is made.
struct Plan<'a> {
    /// The canonical bump of the proposal's address.
    bump: u8,
    /// The proposer's place in the council.
    place: usize,
    /// The class of the gravest action.
    class: Class,
    /// What is proposed.
    actions: &'a [Action],
    /// The actions as Borsh writes them.
    bytes: Vec<u8>,
    /// The sha256 of the bytes.
    digest: [u8; 32],
    /// Why it is proposed.
    reason: Option<Reason>,
}

/// The accounts after the fixed ones, handed out in order to the actions that name them.
struct Named<'a, 'info> {
    economy: &'a Economy,
    remaining: &'info [AccountInfo<'info>],
}

impl<'info> Named<'_, 'info> {
    /// The next account. Refuses if none is left or it is another one than `key`
    /// (`WrongActionAccounts`).
    fn next(&mut self, key: &Pubkey) -> Result<&'info AccountInfo<'info>> {
        let next = self.remaining.split_first();
        let (account, rest) = next
            .filter(|(account, _)| account.key == key)
            .ok_or_else(|| error!(HomeostatError::WrongActionAccounts))?;
        self.remaining = rest;
        Ok(account)
    }
}

impl<'info> NamedAccounts<'info> for Named<'_, 'info> {
    fn require_recipient(&mut self, to: &Pubkey) -> Result<()> {
        let account = self.next(to)?;
        recipient(account, &self.economy.mint, &self.economy.authority).map(|_| ())
    }

    fn require_foreign(&mut self, account: &Pubkey) -> Result<()> {
        let own = token_owner(self.next(account)?) == Some(self.economy.authority);
        require!(!own, HomeostatError::WrongActionAccounts);
        Ok(())
    }

    #[inline(never)]
    fn require_amm(&mut self, stake_mint: &Pubkey, amm_vault: &Pubkey) -> Result<()> {
        let mint = Box::new(InterfaceAccount::<Mint>::try_from(self.next(stake_mint)?)?);
        let vault = Box::new(InterfaceAccount::<TokenAccount>::try_from(
            self.next(amm_vault)?,
        )?);
        require_amm(&mint, &vault)?;
        require!(
            vault.mint == self.economy.mint,
            HomeostatError::WrongAmmVault
        );
        Ok(())
    }
}

impl<'info> Propose<'info> {
    /// The proposer's place in the council. Refuses a signer who is no seated member, and a
    /// call that the member's seat does not allow.
    fn validate_proposer(&self) -> Result<usize> {
        let council = self.council.load()?;
        let place = council.place(self.proposer.key)?;
        let via = &council.member(place)?.seat.via;
        require_caller(&self.instructions, via, Nonce::Refused)?;
        Ok(place)
    }

    /// The bytes of the actions. Refuses another digest than theirs (`WrongDigest`): the
    /// proposal's address was derived from it.
    fn validate_digest(actions: &[Action], digest: [u8; 32]) -> Result<Vec<u8>> {
        let bytes = Proposal::encode(actions)?;
        let holds = hash(&bytes).to_bytes() == digest;
        require!(holds, HomeostatError::WrongDigest);
        Ok(bytes)
    }

    /// True when this instruction creates the proposal's account, which has no discriminator
    /// until its end.
    fn is_new(&self) -> Result<bool> {
        let info: &AccountInfo = self.proposal.as_ref();
        let data = info.try_borrow_data()?;
        Ok(data
            .iter()
            .take(Proposal::DISCRIMINATOR.len())
            .all(|byte| *byte == 0))
    }

    /// Tries the actions on copies: what would be refused if it were executed now is
    /// refused here, so that nobody approves what cannot happen. Returns the class.
    #[inline(never)]
    fn validate_actions(&self, actions: &[Action], now: i64) -> Result<Class> {
        let economy = self.economy.load()?;
        require!(economy.life != Life::Draft as u8, HomeostatError::NotLive);
        // After a retirement no other action has any effect, so it has to be alone.
        let retires = |action| matches!(action, &Action::Retire { .. });
        require!(
            actions.len() == 1 || !actions.iter().any(retires),
            HomeostatError::BadActions
        );
        let mut economy = Trial::of(&*economy);
        let mut council = Trial::of(&*self.council.load()?);
        let mut context = ExecutionContext {
            economy: economy.state()?,
            council: council.state()?,
            now,
        };
        context.apply(actions, Class::GRAVEST)
    }

    /// Checks the accounts that the actions name. Refuses others, and one too many
    /// (`WrongActionAccounts`).
    #[inline(never)]
    fn validate_accounts(
        &self,
        actions: &[Action],
        remaining: &'info [AccountInfo<'info>],
    ) -> Result<()> {
        let economy = self.economy.load()?;
        let mut named = Named {
            economy: &economy,
            remaining,
        };
        for action in actions {
            action.act().inspect(&mut named)?;
        }
        require!(
            named.remaining.is_empty(),
            HomeostatError::WrongActionAccounts
        );
        Ok(())
    }

    /// Approves the proposal that is there, for the proposer. It was made by somebody else, or
    /// by an earlier copy of this transaction: whoever proposes what another wants cannot keep
    /// it from being decided, and nobody has to vote against the same actions twice.
    #[inline(never)]
    fn join(&self, place: usize, clock: &Clock) -> Result<Decided> {
        let mut proposal = self.proposal.load_mut()?;
        let old_state = proposal.state;
        let council = self.council.load()?;
        proposal.approve(&council, place, clock.unix_timestamp)?;
        let (kind, key) = (AuditKind::Approved, self.proposal.key());
        let record = proposal
            .record(kind, self.proposer.key, &key, clock)
            .append(&self.audit)?;
        Ok(decided(&proposal, key, kind, old_state, record))
    }

    /// The proposal's account, empty. One that is final begins anew and keeps the payer of its
    /// rent. Refuses a recent veto (`RecentlyVetoed`), and one that members can still lift
    /// (`InvalidState`).
    fn vacant(&self, now: i64) -> Result<core::cell::RefMut<'_, Proposal>> {
        if self.is_new()? {
            let mut proposal = self.proposal.load_init()?;
            proposal.payer = self.payer.key();
            return Ok(proposal);
        }
        let mut proposal = self.proposal.load_mut()?;
        proposal.require_closable(now)?;
        let payer = proposal.payer;
        bytemuck::bytes_of_mut(&mut *proposal).fill(0);
        proposal.payer = payer;
        Ok(proposal)
    }

    #[inline(never)]
    fn apply(&self, plan: &Plan, clock: &Clock) -> Result<Proposed> {
        let now = clock.unix_timestamp;
        let mut council = self.council.load_mut()?;
        let mut proposal = self.vacant(now)?;
        proposal.bump = plan.bump;
        proposal.class = plan.class as u8;
        proposal.state = ProposalState::Active as u8;
        proposal.place = u8::try_from(plan.place).map_err(|_| HomeostatError::MathOverflow)?;
        proposal.proposer_id = council.member(plan.place)?.id;
        proposal.economy = self.economy.key();
        proposal.council = self.council.key();
        proposal.index = council.open_proposal(plan.place)?;
        proposal.proposer = self.proposer.key();
        proposal.created_at = now;
        proposal.created_slot = clock.slot;
        proposal.active_until = now.saturating_add(OPEN_TIME);
        proposal.veto_base = self.veto_base()?;
        proposal.delays = council.delays;
        proposal.write(plan.actions, &plan.bytes, plan.digest)?;
        proposal.give_reason(plan.reason.as_ref())?;
        proposal.approve(&council, plan.place, now)?;
        council.invariant()?;

        let record = proposal
            .record(
                AuditKind::Proposed,
                self.proposer.key,
                &self.proposal.key(),
                clock,
            )
            .append(&self.audit)?;
        Ok(Proposed {
            economy: self.economy.key(),
            proposal: self.proposal.key(),
            index: proposal.index,
            class: plan.class,
            eta: proposal.eta,
            expires_at: proposal.expires_at,
            actions: proposal.action_bytes().to_vec(),
            reason: proposal.reason(),
            record,
        })
    }

    /// The stake that ballots are a share of (base units): the native stake now, but at
    /// most its mean over the last period. So neither stake that was brought for the vote
    /// nor stake that left before it makes a veto harder. At least a tenth of the
    /// circulating supply, rounded up: where hardly anybody stakes, dust cannot veto.
    fn veto_base(&self) -> Result<u64> {
        let totals = &self.economy.load()?.totals;
        let staked = self.native_pool.load()?.total;
        let lasting = if totals.periods == 0 {
            staked
        } else {
            staked.min(totals.mean_stake)
        };
        Ok(lasting.max(totals.circulating.div_ceil(VETO_FLOOR_PART)))
    }
}

/// A seated member of the council calls it.
///
/// 1. Refuses another caller, and another digest than that of the actions.
/// 2. Where the same actions are open already, approves them, and that is all.
/// 3. Refuses actions that could not be executed now, with the accounts that they name.
/// 4. Creates the proposal, with the proposer's approval.
/// 5. Records it in the audit log and publishes it.
pub fn propose<'info>(
    ctx: Context<'info, Propose<'info>>,
    digest: [u8; 32],
    actions: Vec<Action>,
    reason: Option<Reason>,
) -> Result<()> {
    let clock = Clock::get()?;
    let accounts = &ctx.accounts;
    let place = accounts.validate_proposer()?;
    let bytes = Propose::validate_digest(&actions, digest)?;
    if !accounts.is_new()? && accounts.proposal.load()?.is_open() {
        let event = accounts.join(place, &clock)?;
        return publish(&accounts.event_authority, &event);
    }
    let plan = Plan {
        bump: ctx.bumps.proposal,
        place,
        class: accounts.validate_actions(&actions, clock.unix_timestamp)?,
        actions: &actions,
        bytes,
        digest,
        reason,
    };
    accounts.validate_accounts(&actions, ctx.remaining_accounts)?;
    let event = accounts.apply(&plan, &clock)?;
    publish(&ctx.accounts.event_authority, &event)
}
