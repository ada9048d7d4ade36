//! The stakers' veto.

use anchor_lang::{prelude::Pubkey, system_program};
use homeostat::{accounts, instruction as data};
use solana_program::instruction::Instruction;

use super::ProposalId;
use crate::{
    address::{ballot, event_authority, position, EconomyAddresses},
    instruction::build,
    PROGRAM_ID,
};

/// Votes against a proposal with the native stake of `owner`, who signs; `payer` signs and pays
/// the rent. Only stake from before the proposal was queued first counts;
/// enough of it vetoes for good.
pub fn cast_ballot(
    at: &EconomyAddresses,
    owner: &Pubkey,
    payer: &Pubkey,
    id: ProposalId,
) -> Instruction {
    let (pool, proposal) = (at.pool(&at.mint), id.address(&at.economy));
    build(
        accounts::CastBallot {
            owner: *owner,
            payer: *payer,
            council: at.council,
            proposal,
            pool,
            position: position(&pool, owner),
            ballot: ballot(&proposal, id.index, owner),
            audit: at.audit,
            system_program: system_program::ID,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::CastBallot { index: id.index },
    )
}

/// Closes a ballot once its proposal is final and returns its rent to `payer`
/// (`Ballot.payer`); nobody signs.
pub fn close_ballot(
    at: &EconomyAddresses,
    owner: &Pubkey,
    payer: &Pubkey,
    id: ProposalId,
) -> Instruction {
    let proposal = id.address(&at.economy);
    build(
        accounts::CloseBallot {
            ballot: ballot(&proposal, id.index, owner),
            proposal,
            payer: *payer,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::CloseBallot {},
    )
}
