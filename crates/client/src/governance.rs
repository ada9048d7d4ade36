//! Builders for governance: council, proposals, ballots, the guardian and the advisor.
//!
//! ```
//! use homeostat_client::{governance, Action, EconomyAddresses, Parameter, Pubkey, Tunable};
//!
//! let (mint, creator, member) = (Pubkey::new_unique(), Pubkey::new_unique(), Pubkey::new_unique());
//! let at = EconomyAddresses::new(&mint, &creator);
//! // Lower the target of the staked share from 60 % to 58 %, over a week.
//! let action = Action::Tune {
//!     parameter: Parameter::Emission,
//!     field: Tunable::Setpoint,
//!     expected_q48: governance::q48(0.60),
//!     value_q48: governance::q48(0.58),
//!     over_seconds: 604_800,
//! };
//! let propose = governance::propose(&at, &member, &member, 0, vec![action]);
//! assert!(propose.accounts.iter().any(|meta| meta.pubkey == at.council));
//! ```

use anchor_lang::{prelude::Pubkey, system_program};
use homeostat::{
    accounts, instruction as data,
    state::{Action, CouncilArgs, Parameter, PauseReason, RoleKind, Section, Tunable},
};
use solana_program::{
    instruction::{AccountMeta, Instruction},
    sysvar,
};

use crate::{
    address::{ballot, event_authority, position, proposal, EconomyAddresses},
    instruction::{build, build_with},
    PROGRAM_ID,
};

/// A plain number as the control law's fixed point (x 2^48), for arguments whose name
/// ends in `_q48`. Rounds to the nearest; saturates.
pub fn q48(value: f64) -> i128 {
    homeostat_control::Fx::saturating_from_num(value).to_bits()
}

/// Creates a Draft's council, or sets it up anew; `creator` signs and pays.
pub fn create_council(at: &EconomyAddresses, creator: &Pubkey, args: CouncilArgs) -> Instruction {
    build(
        accounts::CreateCouncil {
            creator: *creator,
            economy: at.economy,
            council: at.council,
            audit: at.audit,
            system_program: system_program::ID,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::CreateCouncil { args },
    )
}

/// Proposes; the member `proposer` signs, `payer` signs and pays the rent. `index` is
/// `Council.proposals`.
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

/// Approves the actions with that digest (`Proposal.digest`); `member` signs.
pub fn approve(
    at: &EconomyAddresses,
    member: &Pubkey,
    index: u64,
    digest: [u8; 32],
) -> Instruction {
    build(decide(at, member, index), data::Approve { digest })
}

/// Takes an approval back; `member` signs.
pub fn withdraw_approval(at: &EconomyAddresses, member: &Pubkey, index: u64) -> Instruction {
    build(decide(at, member, index), data::WithdrawApproval {})
}

/// Vetoes a proposal; `guardian` signs.
pub fn veto(at: &EconomyAddresses, guardian: &Pubkey, index: u64) -> Instruction {
    build(decide(at, guardian, index), data::Veto {})
}

/// Votes to lift the guardian's veto of its replacement; `member` signs.
pub fn override_veto(at: &EconomyAddresses, member: &Pubkey, index: u64) -> Instruction {
    build(decide(at, member, index), data::OverrideVeto {})
}

/// Takes a proposal back; `member` signs.
pub fn cancel(at: &EconomyAddresses, member: &Pubkey, index: u64) -> Instruction {
    build(decide(at, member, index), data::Cancel {})
}

/// Marks a proposal as too late; anybody signs.
pub fn expire(at: &EconomyAddresses, anybody: &Pubkey, index: u64) -> Instruction {
    build(decide(at, anybody, index), data::Expire {})
}

/// Executes a proposal; anybody signs. The actions (`Proposal::read`) decide which
/// accounts go along.
pub fn execute(
    at: &EconomyAddresses,
    anybody: &Pubkey,
    token_program: &Pubkey,
    index: u64,
    actions: &[Action],
) -> Instruction {
    let read = |key: Pubkey| AccountMeta::new_readonly(key, false);
    let write = |key: Pubkey| AccountMeta::new(key, false);
    let mut remaining = Vec::new();
    let mut retires = false;
    for action in actions {
        match action {
            Action::PayTreasury { to, .. } => remaining.extend([
                read(at.authority),
                write(at.treasury_vault),
                write(*to),
                read(*token_program),
            ]),
            Action::Exclude { accounts, .. } => {
                remaining.extend(accounts.iter().copied().map(read))
            }
            Action::Feed { index, .. } => remaining.push(write(at.feed(*index))),
            Action::Retire { .. } => {
                retires = true;
                remaining.extend([
                    read(at.authority),
                    write(at.reward_vault),
                    read(*token_program),
                ]);
            }
            _ => {}
        }
    }
    let mut execute = build_with(
        accounts::Execute {
            executor: *anybody,
            economy: at.economy,
            council: at.council,
            proposal: proposal(&at.economy, index),
            mint: at.mint,
            log: at.log,
            audit: at.audit,
            instructions: sysvar::instructions::ID,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::Execute {},
        remaining,
    );
    if retires {
        for meta in &mut execute.accounts {
            meta.is_writable |= meta.pubkey == at.mint;
        }
    }
    execute
}

/// Returns a final proposal's rent to `payer` (`Proposal.payer`); nobody signs.
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

/// Votes against a proposal with the native stake of `owner`, who signs; `payer` signs
/// and pays the rent.
pub fn cast_ballot(
    at: &EconomyAddresses,
    owner: &Pubkey,
    payer: &Pubkey,
    index: u64,
) -> Instruction {
    let (pool, proposal) = (at.pool(&at.mint), proposal(&at.economy, index));
    build(
        accounts::CastBallot {
            owner: *owner,
            payer: *payer,
            council: at.council,
            proposal,
            pool,
            position: position(&pool, owner),
            ballot: ballot(&proposal, owner),
            audit: at.audit,
            system_program: system_program::ID,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::CastBallot {},
    )
}

/// Returns a ballot's rent to `payer` (`Ballot.payer`) when the proposal is final;
/// nobody signs.
pub fn close_ballot(
    at: &EconomyAddresses,
    owner: &Pubkey,
    payer: &Pubkey,
    index: u64,
) -> Instruction {
    let proposal = proposal(&at.economy, index);
    build(
        accounts::CloseBallot {
            ballot: ballot(&proposal, owner),
            proposal,
            payer: *payer,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::CloseBallot {},
    )
}

/// Takes a role that a proposal offered; `holder` signs.
pub fn accept_role(at: &EconomyAddresses, holder: &Pubkey, role: RoleKind) -> Instruction {
    build(
        accounts::AcceptRole {
            signer: *holder,
            council: at.council,
            audit: at.audit,
            instructions: sysvar::instructions::ID,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::AcceptRole { role },
    )
}

fn office(at: &EconomyAddresses, signer: &Pubkey) -> accounts::Office {
    accounts::Office {
        signer: *signer,
        economy: at.economy,
        council: at.council,
        audit: at.audit,
        instructions: sysvar::instructions::ID,
        event_authority: event_authority(),
        program: PROGRAM_ID,
    }
}

/// Recommends a value; `advisor` signs.
pub fn advise(
    at: &EconomyAddresses,
    advisor: &Pubkey,
    parameter: Parameter,
    field: Tunable,
    value_q48: i128,
    over_seconds: u32,
) -> Instruction {
    build(
        office(at, advisor),
        data::Advise {
            parameter,
            field,
            value_q48,
            over_seconds,
        },
    )
}

/// Drops pending advice; `guardian` signs.
pub fn veto_advice(at: &EconomyAddresses, guardian: &Pubkey) -> Instruction {
    build(office(at, guardian), data::VetoAdvice {})
}

/// Pauses a section for `seconds`; `guardian` signs.
pub fn pause(
    at: &EconomyAddresses,
    guardian: &Pubkey,
    section: Section,
    seconds: u32,
    reason: PauseReason,
) -> Instruction {
    build(
        office(at, guardian),
        data::Pause {
            section,
            seconds,
            reason,
        },
    )
}
