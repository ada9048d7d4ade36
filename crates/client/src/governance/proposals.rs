//! Proposals: made, approved, vetoed, taken back, closed.

use anchor_lang::{prelude::Pubkey, system_program, AnchorDeserialize, AnchorSerialize};
use homeostat::{
    accounts, instruction as data,
    state::{Action, Proposal, Reason},
};
use solana_program::{
    hash::hash,
    instruction::{AccountMeta, Instruction},
    sysvar,
};

use crate::{
    address::{event_authority, proposal, EconomyAddresses},
    instruction::{build, build_with},
    PROGRAM_ID,
};

/// Which proposal is meant. Its address follows from the digest of its actions; the index
/// tells it from an earlier or a later one with the same actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProposalId {
    /// `Proposal.index`.
    pub index: u64,
    /// `Proposal.digest`.
    pub digest: [u8; 32],
}

impl ProposalId {
    /// That of a proposal that was read.
    pub fn of(proposal: &Proposal) -> Self {
        Self {
            index: proposal.index,
            digest: proposal.digest,
        }
    }

    /// The proposal's address.
    pub fn address(&self, economy: &Pubkey) -> Pubkey {
        proposal(economy, &self.digest)
    }
}

/// Actions as Borsh writes them, one after the other; `None` for bytes that are none.
pub fn read_actions(mut bytes: &[u8]) -> Option<Vec<Action>> {
    let mut actions = Vec::new();
    while !bytes.is_empty() {
        actions.push(Action::deserialize(&mut bytes).ok()?);
    }
    Some(actions)
}

/// The digest of actions: the sha256 of what Borsh writes for them, one after the other.
pub fn digest(actions: &[Action]) -> [u8; 32] {
    let mut bytes = Vec::new();
    for action in actions {
        // Writing to a Vec cannot fail.
        let _ = action.serialize(&mut bytes);
    }
    hash(&bytes).to_bytes()
}

/// The reason for a proposal: the address of a text, at most 128 visible ASCII characters, and
/// the text's sha256.
pub fn reason(uri: &str, text: &[u8]) -> Reason {
    Reason {
        uri: uri.to_owned(),
        sha256: hash(text).to_bytes(),
    }
}

/// Proposes one to four actions, and approves them; the member `proposer` signs, `payer` signs
/// and pays the rent. Where the same actions are open already, the member approves those.
/// `reason` says where the text is that explains them.
///
/// Refused for what could not be executed now, for what was vetoed less than a Critical delay
/// ago, and above the member's share of open proposals.
pub fn propose(
    at: &EconomyAddresses,
    proposer: &Pubkey,
    payer: &Pubkey,
    actions: Vec<Action>,
    reason: Option<Reason>,
) -> Instruction {
    let digest = digest(&actions);
    let read = |key: &Pubkey| AccountMeta::new_readonly(*key, false);
    let mut named = Vec::new();
    for action in &actions {
        match action {
            Action::PayTreasury { to, .. } => named.push(read(to)),
            Action::AllowPool {
                stake_mint,
                amm_vault,
                ..
            } => named.extend([read(stake_mint), read(amm_vault)]),
            Action::Exclude { accounts, .. } => named.extend(accounts.iter().map(read)),
            _ => {}
        }
    }
    build_with(
        accounts::Propose {
            proposer: *proposer,
            payer: *payer,
            economy: at.economy,
            council: at.council,
            native_pool: at.pool(&at.mint),
            proposal: proposal(&at.economy, &digest),
            audit: at.audit,
            instructions: sysvar::instructions::ID,
            system_program: system_program::ID,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::Propose {
            digest,
            actions,
            reason,
        },
        named,
    )
}

/// What approvals, vetoes, `cancel` and `expire` share: all of them change one proposal.
fn decide(at: &EconomyAddresses, signer: &Pubkey, id: ProposalId) -> accounts::Decide {
    accounts::Decide {
        signer: *signer,
        council: at.council,
        proposal: id.address(&at.economy),
        audit: at.audit,
        instructions: sysvar::instructions::ID,
        event_authority: event_authority(),
        program: PROGRAM_ID,
    }
}

/// Approves a proposal; `member` signs. The approval that reaches the threshold fixes from when
/// on the proposal can be executed.
///
/// The address that is signed for follows from the actions: nobody can be made to approve other
/// actions than those of the `id`, and of those only the proposal with its index.
pub fn approve(at: &EconomyAddresses, member: &Pubkey, id: ProposalId) -> Instruction {
    let index = id.index;
    build(decide(at, member, id), data::Approve { index })
}

/// Takes an approval back; `member` signs. Below the threshold the proposal waits for approvals
/// again, and its delay begins anew once it has them.
pub fn withdraw_approval(at: &EconomyAddresses, member: &Pubkey, id: ProposalId) -> Instruction {
    let index = id.index;
    build(decide(at, member, id), data::WithdrawApproval { index })
}

/// Vetoes a proposal, approved or not; `guardian` signs.
///
/// Refused for a proposal that only resumes or ends a pause, and for the second time.
pub fn veto(at: &EconomyAddresses, guardian: &Pubkey, id: ProposalId) -> Instruction {
    let index = id.index;
    build(decide(at, guardian, id), data::Veto { index })
}

/// Votes to lift the veto by which the guardian stopped its own replacement; `member` signs.
/// Enough votes queue the proposal again, with a fresh Critical delay.
pub fn override_veto(at: &EconomyAddresses, member: &Pubkey, id: ProposalId) -> Instruction {
    let index = id.index;
    build(decide(at, member, id), data::OverrideVeto { index })
}

/// Takes a proposal back: the proposer while it is Active and nobody else approves it, a threshold of members while it is
/// Queued; `member` signs.
pub fn cancel(at: &EconomyAddresses, member: &Pubkey, id: ProposalId) -> Instruction {
    let index = id.index;
    build(decide(at, member, id), data::Cancel { index })
}

/// Marks a proposal as Expired once its time is over; anybody signs.
pub fn expire(at: &EconomyAddresses, anybody: &Pubkey, id: ProposalId) -> Instruction {
    let index = id.index;
    build(decide(at, anybody, id), data::Expire { index })
}

/// Closes a final proposal and returns its rent to `payer` (`Proposal.payer`); nobody signs.
/// Refused for a Critical delay after a veto.
pub fn close_proposal(at: &EconomyAddresses, payer: &Pubkey, id: ProposalId) -> Instruction {
    build(
        accounts::CloseProposal {
            proposal: id.address(&at.economy),
            payer: *payer,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::CloseProposal {},
    )
}
