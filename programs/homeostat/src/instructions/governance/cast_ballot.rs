//! A staker votes against a proposal; enough stake vetoes it for good.

use anchor_lang::prelude::*;

use crate::{
    error::HomeostatError,
    events::{publish, BallotCast},
    seeds,
    state::{AuditKind, AuditLog, Ballot, Council, Pool, Position, Proposal},
};

/// Accounts of `cast_ballot`.
#[event_cpi]
#[derive(Accounts)]
#[instruction(index: u64)]
pub struct CastBallot<'info> {
    /// The owner of the position, who votes.
    pub owner: Signer<'info>,
    /// Pays the ballot's rent and gets it back when the ballot is closed; anyone.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// The council that decides on the proposal.
    #[account(mut, has_one = audit)]
    pub council: AccountLoader<'info, Council>,
    /// The proposal that is voted against; it must be Standard or graver, open, and have had
    /// enough approvals once.
    #[account(mut, has_one = council)]
    pub proposal: AccountLoader<'info, Proposal>,
    /// The native pool of the proposal's economy: no other stake votes.
    #[account(
        constraint = pool.load()?.economy == proposal.load()?.economy @ ErrorCode::ConstraintHasOne,
        constraint = pool.load()?.is_native() @ HomeostatError::NoVotingWeight,
    )]
    pub pool: AccountLoader<'info, Pool>,
    /// The owner's position in the pool; some of its stake must be from before the proposal was
    /// queued first.
    #[account(
        seeds = [seeds::POSITION, pool.key().as_ref(), owner.key().as_ref()],
        bump = position.load()?.bump,
        has_one = owner,
    )]
    pub position: AccountLoader<'info, Position>,
    /// The owner's ballot against the proposal; it is created, and its address is why
    /// nobody votes twice. The index is a part of it, so a ballot against an earlier proposal
    /// of the same actions neither counts nor is in the way.
    #[account(
        init,
        payer = payer,
        space = Ballot::SPACE,
        seeds = [
            seeds::BALLOT,
            proposal.key().as_ref(),
            &index.to_le_bytes(),
            owner.key().as_ref(),
        ],
        bump,
    )]
    pub ballot: AccountLoader<'info, Ballot>,
    /// The council's audit log; it gets a record if the ballot vetoes the proposal.
    #[account(mut)]
    pub audit: AccountLoader<'info, AuditLog>,
    /// The system program, which creates the account.
    pub system_program: Program<'info, System>,
}

impl CastBallot<'_> {
    /// The weight of the vote (base units): the stake that was there before the proposal was
    /// queued first, and has been there since. Stake that was brought for the vote does not
    /// count, and does not keep older stake from counting. Refuses another index than the
    /// proposal's (`WrongProposal`) and a proposal that takes no ballots.
    fn validate(&self, index: u64, now: i64) -> Result<u64> {
        let mut proposal = self.proposal.load_mut()?;
        proposal.require_index(index)?;
        proposal.settle(&*self.council.load()?)?;
        let snapshot = proposal.require_ballots(now)?;
        Ok(self.position.load()?.weight_at(snapshot))
    }

    #[inline(never)]
    fn apply(&self, weight: u64, bump: u8, clock: &Clock) -> Result<BallotCast> {
        let key = self.proposal.key();
        let owner = self.owner.key;
        let mut council = self.council.load_mut()?;
        let mut proposal = self.proposal.load_mut()?;
        let mut ballot = self.ballot.load_init()?;
        ballot.bump = bump;
        ballot.proposal = key;
        ballot.owner = *owner;
        ballot.payer = self.payer.key();
        ballot.weight = weight;
        ballot.index = proposal.index;

        let old_weight = proposal.veto_weight;
        let vetoed = proposal.vote_against(weight, clock.unix_timestamp)?;
        let mut record = Vec::new();
        if vetoed {
            council.close_proposal(proposal.place, proposal.proposer_id);
            let mut veto = proposal.record(AuditKind::StakersVetoed, owner, owner, clock);
            // A stake above 63 bits is recorded as the highest number.
            veto.value = i64::try_from(proposal.veto_weight).unwrap_or(i64::MAX);
            record = veto.append(&self.audit)?;
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

/// The owner of a native position calls it.
///
/// 1. Refuses a proposal that takes no ballots, and a position without stake from before it
///    was queued first.
/// 2. Creates the ballot and adds its weight; enough weight vetoes the proposal for good.
/// 3. Records a veto in the audit log and publishes the ballot.
pub fn cast_ballot(ctx: Context<CastBallot>, index: u64) -> Result<()> {
    let clock = Clock::get()?;
    let weight = ctx.accounts.validate(index, clock.unix_timestamp)?;
    let event = ctx.accounts.apply(weight, ctx.bumps.ballot, &clock)?;
    publish(&ctx.accounts.event_authority, &event)
}
