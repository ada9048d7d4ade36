//! Makes a proposal, and approves it for its proposer.

use anchor_lang::prelude::*;
use solana_program::sysvar;

use crate::{
    constants::{OPEN_TIME, VETO_FLOOR_PART},
    error::HomeostatError,
    events::{publish, Proposed},
    instructions::caller::{require_caller, Nonce},
    seeds,
    state::{
        action::ExecutionContext, Action, AuditKind, AuditLog, Class, Council, Economy, Life, Pool,
        Proposal, ProposalState,
    },
};

/// Accounts of `propose`.
#[event_cpi]
#[derive(Accounts)]
#[instruction(index: u64)]
pub struct Propose<'info> {
    /// A seated member of the council, whose approval the proposal has from the start.
    pub proposer: Signer<'info>,
    /// Pays the proposal's rent and gets it back when the proposal is closed; anyone.
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
    /// The proposal; it is created.
    #[account(
        init,
        payer = payer,
        space = Proposal::SPACE,
        seeds = [seeds::PROPOSAL, economy.key().as_ref(), &index.to_le_bytes()],
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

/// The proposal that is made, apart from its actions.
struct Plan {
    /// The canonical bump of the proposal's address.
    bump: u8,
    /// The index among the economy's proposals.
    index: u64,
    /// The proposer's place in the council.
    place: usize,
    /// The class of the gravest action.
    class: Class,
}

impl Propose<'_> {
    /// The proposer's place in the council. Refuses a signer who is no seated member, and a
    /// call that the member's seat does not allow.
    fn validate_proposer(&self) -> Result<usize> {
        let council = self.council.load()?;
        let place = council.place(self.proposer.key)?;
        let via = &council.member(place)?.seat.via;
        require_caller(&self.instructions, via, Nonce::Refused)?;
        Ok(place)
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

    #[inline(never)]
    fn apply(&self, plan: &Plan, actions: &[Action], clock: &Clock) -> Result<Proposed> {
        let now = clock.unix_timestamp;
        let mut council = self.council.load_mut()?;
        // The proposal's address was derived from the caller's index. Another index than the
        // council's next would block the address of a later proposal.
        require!(
            council.open_proposal(plan.place)? == plan.index,
            HomeostatError::OldValueChanged
        );

        let mut proposal = self.proposal.load_init()?;
        proposal.bump = plan.bump;
        proposal.class = plan.class as u8;
        proposal.state = ProposalState::Active as u8;
        proposal.place = u8::try_from(plan.place).map_err(|_| HomeostatError::MathOverflow)?;
        proposal.proposer_id = council.member(plan.place)?.id;
        proposal.economy = self.economy.key();
        proposal.council = self.council.key();
        proposal.index = plan.index;
        proposal.proposer = self.proposer.key();
        proposal.payer = self.payer.key();
        proposal.created_at = now;
        proposal.created_slot = clock.slot;
        proposal.active_until = now.saturating_add(OPEN_TIME);
        proposal.veto_base = self.veto_base()?;
        proposal.write(actions)?;
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
            index: plan.index,
            class: plan.class,
            eta: proposal.eta,
            expires_at: proposal.expires_at,
            actions: proposal.action_bytes().to_vec(),
            record,
        })
    }

    /// The stake that ballots are a share of (base units): the native stake now, but at
    /// most its mean over the last period. So neither stake that was brought for the vote
    /// nor stake that left before it makes a veto harder. At least a hundredth of the
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
/// 1. Refuses another caller, and actions that could not be executed now.
/// 2. Creates the proposal at the council's next index, with the proposer's approval.
/// 3. Records it in the audit log and publishes it.
pub fn propose(ctx: Context<Propose>, index: u64, actions: Vec<Action>) -> Result<()> {
    let clock = Clock::get()?;
    let accounts = &ctx.accounts;
    let plan = Plan {
        bump: ctx.bumps.proposal,
        index,
        place: accounts.validate_proposer()?,
        class: accounts.validate_actions(&actions, clock.unix_timestamp)?,
    };
    let event = accounts.apply(&plan, &actions, &clock)?;
    publish(&ctx.accounts.event_authority, &event)
}
