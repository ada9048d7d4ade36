//! Closes a proposal that is final and no recent veto; the rent goes to its payer, and its digest stays in the audit log.
//! Anyone may call it.

use anchor_lang::prelude::*;

use crate::{
    events::{publish, ProposalClosed},
    state::Proposal,
};

/// Accounts of `close_proposal`.
#[event_cpi]
#[derive(Accounts)]
pub struct CloseProposal<'info> {
    /// The proposal; it must be final, a veto a Critical delay old. It is closed.
    #[account(mut, close = payer, has_one = payer)]
    pub proposal: AccountLoader<'info, Proposal>,
    /// The payer of the proposal's rent, who gets it back.
    /// CHECK: bound by `proposal.payer`; it only receives lamports.
    #[account(mut)]
    pub payer: UncheckedAccount<'info>,
}

/// Anyone calls it, once the proposal is final and a veto has cooled. The proposal is closed by its attribute.
pub fn close_proposal(ctx: Context<CloseProposal>) -> Result<()> {
    let accounts = &ctx.accounts;
    let (economy, digest) = {
        let proposal = accounts.proposal.load()?;
        proposal.require_closable(Clock::get()?.unix_timestamp)?;
        (proposal.economy, proposal.digest)
    };
    publish(
        &ctx.accounts.event_authority,
        &ProposalClosed {
            economy,
            proposal: accounts.proposal.key(),
            digest,
            payer: accounts.payer.key(),
        },
    )
}
