//! Stakers' ballots against a proposal.

use crate::framework::prelude::*;

use crate::{
    error::HomeostatError,
    events::{emit, emit_outcome, BallotCast, BallotClosed},
    instructions::shared::*,
    seeds,
    state::{AuditKind, Ballot, Council, Pool, Position, Proposal},
};

/// Accounts of `cast_ballot`.
#[event_cpi]
#[derive(Accounts)]
pub struct CastBallot<'info> {
    /// Owner of the position.
    pub owner: Signer<'info>,
    /// Pays the rent and gets it back.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// The proposal's council.
    #[account(mut)]
    pub council: AccountLoader<'info, Council>,
    /// Voted against.
    #[account(mut)]
    pub proposal: AccountLoader<'info, Proposal>,
    /// The economy's native pool.
    pub native_pool: AccountLoader<'info, Pool>,
    /// Native stake of the owner's.
    pub position: AccountLoader<'info, Position>,
    /// Created.
    /// CHECK: by its seeds.
    #[account(mut)]
    pub ballot: UncheckedAccount<'info>,
    /// Gets the record of a veto.
    /// CHECK: by `council.audit`.
    #[account(mut)]
    pub audit: UncheckedAccount<'info>,
    /// Creates the account.
    pub system_program: Program<'info, System>,
}

impl CastBallot<'_> {
    fn check(&self) -> Result<()> {
        let proposal = self.proposal.open()?;
        has_one(&proposal.council, self.council.as_ref())?;
        has_one(&self.council.open()?.audit, &self.audit)?;
        let pool = self.native_pool.open()?;
        same(
            ErrorCode::ConstraintHasOne,
            "native_pool",
            &proposal.economy,
            &pool.economy,
        )?;
        let position = self.position.open()?;
        has_one(&position.pool, self.native_pool.as_ref())?;
        has_one(&position.owner, &self.owner)
    }

    /// What the position weighs: all of its stake, if none of it came since.
    fn validate(&self) -> Result<u64> {
        let position = self.position.open()?;
        let aged = position.last_add_at < self.proposal.open()?.created_at;
        ensure!(
            aged && self.native_pool.open()?.is_native(),
            HomeostatError::NoVotingWeight
        );
        Ok(position.amount)
    }

    #[inline(never)]
    fn apply(&self, weight: u64, clock: &Clock) -> Result<BallotCast> {
        let key = self.proposal.key();
        let owner = self.owner.key;
        let creator = Creator { payer: &self.payer };
        let (mut ballot, bump) = creator.state::<Ballot>(
            "ballot",
            &self.ballot,
            Ballot::SPACE,
            &[seeds::BALLOT, key.as_ref(), owner.as_ref()],
        )?;
        ballot.bump = bump;
        ballot.proposal = key;
        ballot.owner = *owner;
        ballot.payer = self.payer.key();
        ballot.weight = weight;

        let mut council = self.council.open_mut()?;
        let mut proposal = self.proposal.open_mut()?;
        let old_weight = proposal.veto_weight;
        let vetoed =
            proposal.vote_against(weight, council.delays.staker_veto_ppm, clock.unix_timestamp)?;
        let mut record = Vec::new();
        if vetoed {
            council.close_proposal(proposal.place, proposal.proposer_id);
            let mut vetoed = proposal.record(AuditKind::StakersVetoed, owner, owner, clock);
            vetoed.value = i64::try_from(proposal.veto_weight).unwrap_or(i64::MAX);
            record = vetoed.append(&self.audit)?;
        }
        council.invariant()?;
        Ok(BallotCast {
            economy: proposal.economy,
            proposal: key,
            owner: *owner,
            old_weight,
            new_weight: proposal.veto_weight,
            base: proposal.veto_base,
            vetoed,
            record,
        })
    }
}

/// Handles `cast_ballot`.
pub fn cast_ballot(ctx: Context<CastBallot>) -> Result<()> {
    let clock = clock()?;
    ctx.accounts.check()?;
    let weight = ctx.accounts.validate()?;
    emit_outcome(
        &ctx.accounts.event_authority,
        &ctx.accounts.apply(weight, &clock),
    )
}

/// Accounts of `close_ballot`.
#[event_cpi]
#[derive(Accounts)]
pub struct CloseBallot<'info> {
    /// Closed.
    #[account(mut)]
    pub ballot: AccountLoader<'info, Ballot>,
    /// Final, or closed itself.
    /// CHECK: by `ballot.proposal`.
    pub proposal: UncheckedAccount<'info>,
    /// Gets the rent.
    /// CHECK: by `ballot.payer`.
    #[account(mut)]
    pub payer: UncheckedAccount<'info>,
}

impl<'info> CloseBallot<'info> {
    fn check(&self) -> Result<()> {
        let ballot = self.ballot.open()?;
        has_one(&ballot.proposal, &self.proposal)?;
        has_one(&ballot.payer, &self.payer)
    }

    /// A proposal that is gone was final: its address is never given again.
    fn validate(&'info self, now: i64) -> Result<()> {
        if self.proposal.data_is_empty() {
            return Ok(());
        }
        let proposal = loader::<Proposal>(self.proposal.as_ref())?;
        let proposal = proposal.open()?;
        proposal.require_final(now)
    }
}

/// Handles `close_ballot`.
pub fn close_ballot<'info>(ctx: Context<'info, CloseBallot<'info>>) -> Result<()> {
    let accounts: &'info CloseBallot<'info> = ctx.accounts;
    accounts.check()?;
    accounts.validate(now()?)?;
    let owner = accounts.ballot.open()?.owner;
    accounts.ballot.close(accounts.payer.to_account_info())?;
    emit(
        &accounts.event_authority,
        &BallotClosed {
            proposal: accounts.proposal.key(),
            owner,
            payer: accounts.payer.key(),
        },
    )
}
