//! The council, and the roles that it offers.

use anchor_lang::{prelude::Pubkey, system_program};
use homeostat::{
    accounts, instruction as data,
    state::{CouncilArgs, RoleKind},
};
use solana_program::{instruction::Instruction, sysvar};

use crate::{
    address::{event_authority, EconomyAddresses},
    instruction::build,
    PROGRAM_ID,
};

/// What the members in one `create_council` may take (bytes), so that it fits a transaction of
/// 1,232 bytes that has a payer of its own and a compute budget: nine members with `via`.
const MEMBERS_ROOM: usize = 600;

/// Splits a council whose members do not fit into one transaction. The parts are sent in order,
/// each by [`create_council`]; every one is a council in itself, its threshold lowered to the
/// members that have been named by then.
pub fn council_parts(args: &CouncilArgs) -> Vec<CouncilArgs> {
    let part = |append| CouncilArgs {
        members: Vec::new(),
        append,
        ..args.clone()
    };
    let (mut last, mut before, mut used) = (part(args.append), Vec::new(), 0);
    let mut named = 0u8;
    for seat in &args.members {
        let bytes = if seat.via.is_some() { 65 } else { 33 };
        if used + bytes > MEMBERS_ROOM {
            last.threshold = args.threshold.min(named);
            before.push(core::mem::replace(&mut last, part(true)));
            used = 0;
        }
        used += bytes;
        named = named.saturating_add(1);
        last.members.push(*seat);
    }
    before.push(last);
    before
}

/// Creates a Draft's council and its audit log, or sets the council up anew; `creator` signs and
/// pays the rent. Members and guardian accept their roles afterwards ([`accept_role`]). For a
/// large council see [`council_parts`].
///
/// Refused for a threshold or delays (seconds) out of range, and for the same key twice.
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

/// Accepts a role that a proposal or a Draft's creator offered: guardian, advisor or a seat;
/// `holder`, to whom it was offered, signs. Several can do so in one transaction.
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
