//! Gives a final proposal's rent back. Its digest stays in the audit log.

use crate::framework::prelude::*;

use crate::{
    events::{emit, ProposalClosed},
    instructions::shared::*,
    state::Proposal,
};

/// Accounts of `close_proposal`.
#[event_cpi]
#[derive(Accounts)]
pub struct CloseProposal<'info> {
    /// Final.
    #[account(mut)]
    pub proposal: AccountLoader<'info, Proposal>,
    /// Gets the rent.
    /// CHECK: by `proposal.payer`.
    #[account(mut)]
    pub payer: UncheckedAccount<'info>,
}

impl CloseProposal<'_> {
    fn check(&self) -> Result<()> {
        has_one(&self.proposal.open()?.payer, &self.payer)
    }

    fn validate(&self, now: i64) -> Result<(Pubkey, [u8; 32])> {
        let proposal = self.proposal.open()?;
        proposal.require_final(now)?;
        Ok((proposal.economy, proposal.digest))
    }
}

/// Handles `close_proposal`.
pub fn close_proposal(ctx: Context<CloseProposal>) -> Result<()> {
    ctx.accounts.check()?;
    let (economy, digest) = ctx.accounts.validate(now()?)?;
    let payer = ctx.accounts.payer.to_account_info();
    ctx.accounts.proposal.close(payer)?;
    emit(
        &ctx.accounts.event_authority,
        &ProposalClosed {
            economy,
            proposal: ctx.accounts.proposal.key(),
            digest,
            payer: ctx.accounts.payer.key(),
        },
    )
}
