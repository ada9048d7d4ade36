//! Executing a proposal: its actions decide which accounts go along.

use anchor_lang::prelude::Pubkey;
use homeostat::{accounts, instruction as data, state::Action};
use solana_program::{
    instruction::{AccountMeta, Instruction},
    sysvar,
};

use super::ProposalId;
use crate::{
    address::{event_authority, EconomyAddresses},
    instruction::build_with,
    PROGRAM_ID,
};

/// Executes a proposal, all of it or nothing; anybody signs. `actions` are the proposal's
/// (`Proposal::read`): they decide which accounts go along.
///
/// Refused before its eta and after its expiry, unless enough of the present members approve,
/// and when a value is not what the proposal expected.
pub fn execute(
    at: &EconomyAddresses,
    anybody: &Pubkey,
    token_program: &Pubkey,
    id: ProposalId,
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
            proposal: id.address(&at.economy),
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
