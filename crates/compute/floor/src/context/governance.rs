//! Accounts of governance.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::Mint;
use homeostat::{
    constants::AUDIT_INITIAL_CAPACITY,
    seeds,
    state::{AuditLog, Ballot, Council, DecisionLog, Economy, Pool, Position, Proposal},
};
use solana_program::sysvar;

/// `create_council`.
#[event_cpi]
#[derive(Accounts)]
pub struct CreateCouncil<'info> {
    /// The economy's creator; pays the rent.
    #[account(mut)]
    pub creator: Signer<'info>,
    /// In Draft.
    #[account(mut, has_one = creator)]
    pub economy: AccountLoader<'info, Economy>,
    /// Created.
    #[account(
        init,
        payer = creator,
        space = Council::SPACE,
        seeds = [seeds::COUNCIL, economy.key().as_ref()],
        bump
    )]
    pub council: AccountLoader<'info, Council>,
    /// Created with it.
    #[account(
        init,
        payer = creator,
        space = AuditLog::space(AUDIT_INITIAL_CAPACITY),
        seeds = [seeds::AUDIT, economy.key().as_ref()],
        bump
    )]
    pub audit: AccountLoader<'info, AuditLog>,
    /// Creates the accounts.
    pub system_program: Program<'info, System>,
}

/// `propose`.
#[event_cpi]
#[derive(Accounts)]
pub struct Propose<'info> {
    /// A seated member.
    pub proposer: Signer<'info>,
    /// Pays the rent and gets it back.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// Not in Draft.
    #[account(has_one = council)]
    pub economy: AccountLoader<'info, Economy>,
    /// The economy's council.
    #[account(mut, has_one = audit)]
    pub council: AccountLoader<'info, Council>,
    /// The economy's native pool.
    #[account(has_one = economy)]
    pub native_pool: AccountLoader<'info, Pool>,
    /// Created.
    #[account(
        init,
        payer = payer,
        space = Proposal::SPACE,
        seeds = [
            seeds::PROPOSAL,
            economy.key().as_ref(),
            &council.load()?.proposals.to_le_bytes()
        ],
        bump
    )]
    pub proposal: AccountLoader<'info, Proposal>,
    /// Gets the record.
    #[account(mut)]
    pub audit: AccountLoader<'info, AuditLog>,
    /// CHECK: the transaction's instructions.
    #[account(address = sysvar::instructions::ID)]
    pub instructions: UncheckedAccount<'info>,
    /// Creates the account.
    pub system_program: Program<'info, System>,
}

/// `approve`, `withdraw_approval`, `veto`, `override_veto`, `cancel` and `expire`.
#[event_cpi]
#[derive(Accounts)]
pub struct Decide<'info> {
    /// A seated member, the guardian, or anybody.
    pub signer: Signer<'info>,
    /// The proposal's council.
    #[account(mut, has_one = audit)]
    pub council: AccountLoader<'info, Council>,
    /// Decided upon.
    #[account(mut, has_one = council)]
    pub proposal: AccountLoader<'info, Proposal>,
    /// Gets the record.
    #[account(mut)]
    pub audit: AccountLoader<'info, AuditLog>,
    /// CHECK: the transaction's instructions.
    #[account(address = sysvar::instructions::ID)]
    pub instructions: UncheckedAccount<'info>,
}

/// `cast_ballot`.
#[event_cpi]
#[derive(Accounts)]
pub struct CastBallot<'info> {
    /// Owner of the position.
    pub owner: Signer<'info>,
    /// Pays the rent and gets it back.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// The proposal's council.
    #[account(mut, has_one = audit)]
    pub council: AccountLoader<'info, Council>,
    /// Voted against.
    #[account(mut, has_one = council)]
    pub proposal: AccountLoader<'info, Proposal>,
    /// The economy's native pool.
    #[account(constraint = native_pool.load()?.economy == proposal.load()?.economy)]
    pub native_pool: AccountLoader<'info, Pool>,
    /// Native stake of the owner's.
    #[account(
        has_one = owner,
        constraint = position.load()?.pool == native_pool.key()
    )]
    pub position: AccountLoader<'info, Position>,
    /// Created.
    #[account(
        init,
        payer = payer,
        space = Ballot::SPACE,
        seeds = [seeds::BALLOT, proposal.key().as_ref(), owner.key().as_ref()],
        bump
    )]
    pub ballot: AccountLoader<'info, Ballot>,
    /// Gets the record of a veto.
    #[account(mut)]
    pub audit: AccountLoader<'info, AuditLog>,
    /// Creates the account.
    pub system_program: Program<'info, System>,
}

/// `close_ballot`.
#[event_cpi]
#[derive(Accounts)]
pub struct CloseBallot<'info> {
    /// Closed.
    #[account(mut, has_one = proposal, has_one = payer, close = payer)]
    pub ballot: AccountLoader<'info, Ballot>,
    /// CHECK: by `ballot.proposal`; final, or closed itself.
    pub proposal: UncheckedAccount<'info>,
    /// CHECK: by `ballot.payer`; gets the rent.
    #[account(mut)]
    pub payer: UncheckedAccount<'info>,
}

/// `execute`.
#[event_cpi]
#[derive(Accounts)]
pub struct Execute<'info> {
    /// Anyone.
    pub executor: Signer<'info>,
    /// Changed.
    #[account(mut, has_one = council, has_one = mint, has_one = log)]
    pub economy: AccountLoader<'info, Economy>,
    /// The economy's council.
    #[account(mut, has_one = audit)]
    pub council: AccountLoader<'info, Council>,
    /// Queued.
    #[account(mut, has_one = council)]
    pub proposal: AccountLoader<'info, Proposal>,
    /// The economy's mint.
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// Gets the changed configurations.
    #[account(mut)]
    pub log: AccountLoader<'info, DecisionLog>,
    /// Gets the record.
    #[account(mut)]
    pub audit: AccountLoader<'info, AuditLog>,
    /// CHECK: the transaction's instructions.
    #[account(address = sysvar::instructions::ID)]
    pub instructions: UncheckedAccount<'info>,
}

/// `close_proposal`.
#[event_cpi]
#[derive(Accounts)]
pub struct CloseProposal<'info> {
    /// Final.
    #[account(mut, has_one = payer, close = payer)]
    pub proposal: AccountLoader<'info, Proposal>,
    /// CHECK: by `proposal.payer`; gets the rent.
    #[account(mut)]
    pub payer: UncheckedAccount<'info>,
}

/// `accept_role`.
#[event_cpi]
#[derive(Accounts)]
pub struct AcceptRole<'info> {
    /// Was offered the role.
    pub signer: Signer<'info>,
    /// Gets a new holder.
    #[account(mut, has_one = audit)]
    pub council: AccountLoader<'info, Council>,
    /// Gets the record.
    #[account(mut)]
    pub audit: AccountLoader<'info, AuditLog>,
    /// CHECK: the transaction's instructions.
    #[account(address = sysvar::instructions::ID)]
    pub instructions: UncheckedAccount<'info>,
}

/// `pause`, `advise` and `veto_advice`.
#[event_cpi]
#[derive(Accounts)]
pub struct Office<'info> {
    /// The guardian or the advisor.
    pub signer: Signer<'info>,
    /// Live.
    #[account(mut, has_one = council)]
    pub economy: AccountLoader<'info, Economy>,
    /// The economy's council.
    #[account(has_one = audit)]
    pub council: AccountLoader<'info, Council>,
    /// Gets the record.
    #[account(mut)]
    pub audit: AccountLoader<'info, AuditLog>,
    /// CHECK: the transaction's instructions.
    #[account(address = sysvar::instructions::ID)]
    pub instructions: UncheckedAccount<'info>,
}
