//! Closes a ballot whose proposal is final; the rent goes to its payer. Anyone may call it.

use anchor_lang::prelude::*;

use crate::{
    events::{publish, BallotClosed},
    state::{Ballot, Proposal},
};

/// Accounts of `close_ballot`.
#[event_cpi]
#[derive(Accounts)]
pub struct CloseBallot<'info> {
    /// The ballot; it is closed.
    #[account(mut, close = payer, has_one = proposal, has_one = payer)]
    pub ballot: AccountLoader<'info, Ballot>,
    /// The proposal that was voted against; it must be final, or closed itself.
    /// CHECK: bound by `ballot.proposal`. It need not exist any more, so its type is
    /// checked only where it does.
    pub proposal: UncheckedAccount<'info>,
    /// The payer of the ballot's rent, who gets it back.
    /// CHECK: bound by `ballot.payer`; it only receives lamports.
    #[account(mut)]
    pub payer: UncheckedAccount<'info>,
}

impl CloseBallot<'_> {
    /// Refuses while the ballot counts (`InvalidState`): closed too early, it could be cast
    /// again. A proposal whose account is gone was final, and so was one whose account another
    /// has now.
    #[inline(never)]
    fn validate(&self, now: i64) -> Result<()> {
        let data = self.proposal.try_borrow_data()?;
        if data.is_empty() {
            return Ok(());
        }
        require_keys_eq!(
            *self.proposal.owner,
            crate::ID,
            ErrorCode::AccountOwnedByWrongProgram
        );
        let proposal = Proposal::try_deserialize(&mut &**data)?;
        if proposal.index != self.ballot.load()?.index {
            return Ok(());
        }
        proposal.require_final(now)
    }
}

/// Anyone calls it, once the proposal is final or gone. The ballot is closed by its attribute.
pub fn close_ballot(ctx: Context<CloseBallot>) -> Result<()> {
    let accounts = &ctx.accounts;
    accounts.validate(Clock::get()?.unix_timestamp)?;
    let owner = accounts.ballot.load()?.owner;
    publish(
        &ctx.accounts.event_authority,
        &BallotClosed {
            proposal: accounts.proposal.key(),
            owner,
            payer: accounts.payer.key(),
        },
    )
}
