//! Returns a ballot's rent when its proposal is final. Anyone may.

use anchor_lang::prelude::*;

use crate::{
    events::BallotClosed,
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
    /// Paid the ballot's rent and gets it back.
    /// CHECK: bound by `ballot.payer`; it only receives lamports.
    #[account(mut)]
    pub payer: UncheckedAccount<'info>,
}

impl CloseBallot<'_> {
    /// Refuses while the ballot counts: closed too early, it could be cast again. A
    /// proposal that is gone was final, and its address is never given again.
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
        Proposal::try_deserialize(&mut &**data)?.require_final(now)
    }
}

/// Handles `close_ballot`.
pub fn close_ballot(ctx: Context<CloseBallot>) -> Result<()> {
    let accounts = &ctx.accounts;
    accounts.validate(Clock::get()?.unix_timestamp)?;
    let owner = accounts.ballot.load()?.owner;
    emit_cpi!(BallotClosed {
        proposal: accounts.proposal.key(),
        owner,
        payer: accounts.payer.key(),
    });
    Ok(())
}
