//! Proposals: made, approved, vetoed, taken back, closed.

use anchor_lang::{prelude::Pubkey, system_program};
use homeostat::{accounts, instruction as data, state::Action};
use solana_program::{instruction::Instruction, sysvar};

use crate::{
    address::{event_authority, proposal, EconomyAddresses},
    instruction::build,
    PROGRAM_ID,
};

/// Proposes one to four actions, and approves them; the member `proposer` signs, `payer` signs
/// and pays the rent. `index` is `Council.proposals`, read just before.
///
/// Refused for what could not be executed now, and above the member's share of open proposals.
pub fn propose(
    at: &EconomyAddresses,
    proposer: &Pubkey,
    payer: &Pubkey,
    index: u64,
    actions: Vec<Action>,
) -> Instruction {
    build(
        accounts::Propose {
            proposer: *proposer,
            payer: *payer,
            economy: at.economy,
            council: at.council,
            native_pool: at.pool(&at.mint),
            proposal: proposal(&at.economy, index),
            audit: at.audit,
            instructions: sysvar::instructions::ID,
            system_program: system_program::ID,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::Propose { index, actions },
    )
}

/// What approvals, vetoes, `cancel` and `expire` share: all of them change one proposal.
fn decide(at: &EconomyAddresses, signer: &Pubkey, index: u64) -> accounts::Decide {
    accounts::Decide {
        signer: *signer,
        council: at.council,
        proposal: proposal(&at.economy, index),
        audit: at.audit,
        instructions: sysvar::instructions::ID,
        event_authority: event_authority(),
        program: PROGRAM_ID,
    }
}

/// Approves the actions with that digest (`Proposal.digest`, so that nobody approves other
/// actions than those that were read); `member` signs. The approval that reaches the threshold
/// fixes from when on the proposal can be executed.
pub fn approve(
    at: &EconomyAddresses,
    member: &Pubkey,
    index: u64,
    digest: [u8; 32],
) -> Instruction {
    build(decide(at, member, index), data::Approve { digest })
}

/// Takes an approval back; `member` signs. Below the threshold the proposal waits for approvals
/// again, and its delay begins anew once it has them.
pub fn withdraw_approval(at: &EconomyAddresses, member: &Pubkey, index: u64) -> Instruction {
    build(decide(at, member, index), data::WithdrawApproval {})
}

/// Vetoes a proposal, approved or not; `guardian` signs.
///
/// Refused for a proposal that only resumes or ends a pause, and for the second time.
pub fn veto(at: &EconomyAddresses, guardian: &Pubkey, index: u64) -> Instruction {
    build(decide(at, guardian, index), data::Veto {})
}

/// Votes to lift the veto by which the guardian stopped its own replacement; `member` signs.
/// Enough votes queue the proposal again, with a fresh Critical delay.
pub fn override_veto(at: &EconomyAddresses, member: &Pubkey, index: u64) -> Instruction {
    build(decide(at, member, index), data::OverrideVeto {})
}

/// Takes a proposal back: the proposer while it is Active, a threshold of members while it is
/// Queued; `member` signs.
pub fn cancel(at: &EconomyAddresses, member: &Pubkey, index: u64) -> Instruction {
    build(decide(at, member, index), data::Cancel {})
}

/// Marks a proposal as Expired once its time is over; anybody signs.
pub fn expire(at: &EconomyAddresses, anybody: &Pubkey, index: u64) -> Instruction {
    build(decide(at, anybody, index), data::Expire {})
}

/// Closes a final proposal and returns its rent to `payer` (`Proposal.payer`); nobody signs.
pub fn close_proposal(at: &EconomyAddresses, payer: &Pubkey, index: u64) -> Instruction {
    build(
        accounts::CloseProposal {
            proposal: proposal(&at.economy, index),
            payer: *payer,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::CloseProposal {},
    )
}
