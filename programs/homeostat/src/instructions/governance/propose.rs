//! Makes a proposal, and approves it for its proposer.

use crate::framework::prelude::*;

use crate::{
    constants::*,
    error::{refuse, HomeostatError},
    events::{emit_outcome, Proposed},
    instructions::{caller::*, shared::*},
    seeds,
    state::{
        action::Ground, Action, Actions, AuditKind, Class, Council, Economy, Life, Pool, Proposal,
        ProposalState,
    },
};

/// Accounts of `propose`.
#[event_cpi]
#[derive(Accounts)]
pub struct Propose<'info> {
    /// A seated member.
    pub proposer: Signer<'info>,
    /// Pays the rent and gets it back.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// Not in Draft.
    pub economy: AccountLoader<'info, Economy>,
    /// The economy's council.
    #[account(mut)]
    pub council: AccountLoader<'info, Council>,
    /// The economy's native pool: its stake is what ballots are a share of.
    pub native_pool: AccountLoader<'info, Pool>,
    /// Created.
    /// CHECK: by its seeds.
    #[account(mut)]
    pub proposal: UncheckedAccount<'info>,
    /// Gets the record.
    /// CHECK: by `council.audit`.
    #[account(mut)]
    pub audit: UncheckedAccount<'info>,
    /// The transaction's instructions.
    /// CHECK: by its address.
    pub instructions: UncheckedAccount<'info>,
    /// Creates the account.
    pub system_program: Program<'info, System>,
}

/// An account's state copied to the heap, to try changes on.
struct Trial(Vec<u64>);

impl Trial {
    fn of<T: bytemuck::Pod>(state: &T) -> Self {
        let mut words = vec![0u64; core::mem::size_of::<T>().div_ceil(8)];
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut words);
        bytes.copy_from_slice(bytemuck::bytes_of(state));
        Self(words)
    }

    fn state<T: bytemuck::Pod>(&mut self) -> Result<&mut T> {
        bytemuck::try_from_bytes_mut(bytemuck::cast_slice_mut(&mut self.0))
            .map_err(|_| refuse(HomeostatError::InvariantViolated))
    }
}

/// What is proposed: by whom, and how grave it is.
struct Plan {
    actions: Actions,
    place: usize,
    class: Class,
}

impl Propose<'_> {
    /// The proposer's place.
    fn check(&self) -> Result<usize> {
        let economy = self.economy.open()?;
        has_one(&economy.council, self.council.as_ref())?;
        let native = economy.pools.first().ok_or(HomeostatError::TooMany)?;
        has_one(&native.pool, self.native_pool.as_ref())?;
        let council = self.council.open()?;
        has_one(&council.audit, &self.audit)?;
        let place = council.place(self.proposer.key)?;
        let via = &council.member(place)?.seat.via;
        require_caller(&self.instructions, via, Nonce::Refused)?;
        Ok(place)
    }

    /// Tries the actions on copies: what would be refused when it is executed now is
    /// refused here. Returns its class.
    #[inline(never)]
    fn validate(&self, actions: &[Action], now: i64) -> Result<Class> {
        let economy = self.economy.open()?;
        ensure!(economy.life != Life::Draft as u8, HomeostatError::NotLive);
        let retires = |action| matches!(action, &Action::Retire { .. });
        ensure!(
            actions.len() == 1 || !actions.iter().any(retires),
            HomeostatError::BadActions
        );
        let mut economy = Trial::of(&*economy);
        let mut council = Trial::of(&*self.council.open()?);
        let mut ground = Ground {
            economy: economy.state()?,
            council: council.state()?,
            now,
        };
        ground.apply(actions, Class::Critical)
    }

    #[inline(never)]
    fn apply(&self, plan: &Plan, clock: &Clock) -> Result<Proposed> {
        let now = clock.unix_timestamp;
        let Plan {
            actions,
            place,
            class,
        } = plan;
        let (place, class) = (*place, *class);
        let key = self.economy.key();
        let mut council = self.council.open_mut()?;
        let index = council.open_proposal(place)?;
        let number = index.to_le_bytes();
        let creator = Creator { payer: &self.payer };
        let (mut proposal, bump) = creator.state::<Proposal>(
            "proposal",
            &self.proposal,
            Proposal::SPACE,
            &[seeds::PROPOSAL, key.as_ref(), &number],
        )?;
        proposal.bump = bump;
        proposal.class = class as u8;
        proposal.state = ProposalState::Active as u8;
        proposal.place = u8::try_from(place).map_err(|_| HomeostatError::MathOverflow)?;
        proposal.proposer_id = council.member(place)?.id;
        proposal.economy = key;
        proposal.council = self.council.key();
        proposal.index = index;
        proposal.proposer = self.proposer.key();
        proposal.payer = self.payer.key();
        proposal.created_at = now;
        proposal.created_slot = clock.slot;
        proposal.active_until = now.saturating_add(OPEN_TIME);
        proposal.veto_base = self.veto_base()?;
        proposal.write(actions)?;
        proposal.approve(&council, place, now)?;
        council.invariant()?;
        let record = proposal
            .record(
                AuditKind::Proposed,
                self.proposer.key,
                self.proposal.key,
                clock,
            )
            .append(&self.audit)?;
        Ok(Proposed {
            economy: key,
            proposal: self.proposal.key(),
            index,
            class,
            eta: proposal.eta,
            expires_at: proposal.expires_at,
            actions: proposal.action_bytes().to_vec(),
            record,
        })
    }

    /// Native stake now, at most its mean over the last period: neither a stake brought
    /// for the vote nor one withdrawn before it changes the share that vetoes. At least
    /// a hundredth of the circulating supply, rounded up: where next to nobody stakes,
    /// dust is no veto.
    fn veto_base(&self) -> Result<u64> {
        let totals = &self.economy.open()?.totals;
        let staked = self.native_pool.open()?.total;
        let lasting = if totals.periods == 0 {
            staked
        } else {
            staked.min(totals.mean_stake)
        };
        Ok(lasting.max(totals.circulating.div_ceil(VETO_FLOOR_PART)))
    }
}

/// Handles `propose`.
pub fn propose(ctx: Context<Propose>, actions: Actions) -> Result<()> {
    let clock = clock()?;
    let place = ctx.accounts.check()?;
    let class = ctx
        .accounts
        .validate(actions.list(), clock.unix_timestamp)?;
    let plan = Plan {
        actions,
        place,
        class,
    };
    emit_outcome(
        &ctx.accounts.event_authority,
        &ctx.accounts.apply(&plan, &clock),
    )
}
