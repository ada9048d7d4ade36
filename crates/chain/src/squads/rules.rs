//! What a vault cannot do, whoever approves it: what the program takes from nobody but whoever
//! holds a seat, through the program that the seat names, and what it takes from no program.

use homeostat_client::{instruction, Council, Instruction, Pubkey};

use super::{layout::PROGRAM, Compiled, Multisig};
use crate::send::packet::{self, PACKET};
use homeostat_settings::failure::Failure;

/// Who has to call an instruction of governance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A member, through the program of the seat.
    Member,
    /// The guardian, through the program of the role.
    Guardian,
    /// The advisor, through the program of the role.
    Advisor,
    /// Whoever was offered a role, through the program of the offer.
    Offered,
    /// A transaction itself: no program may call it.
    Transaction,
}

/// Every instruction that looks at its caller. Those that are missing can be called by any
/// program.
pub const CALLERS: [(&str, Caller); 11] = [
    ("propose", Caller::Member),
    ("approve", Caller::Member),
    ("withdraw_approval", Caller::Member),
    ("override_veto", Caller::Member),
    ("cancel", Caller::Member),
    ("veto", Caller::Guardian),
    ("pause", Caller::Guardian),
    ("veto_advice", Caller::Guardian),
    ("advise", Caller::Advisor),
    ("accept_role", Caller::Offered),
    ("execute", Caller::Transaction),
];

/// Who has to call an instruction; `None` where anybody may.
pub fn caller(instruction: &Instruction) -> Option<Caller> {
    let name = instruction::name(instruction)?;
    let found = CALLERS.iter().find(|(known, _)| *known == name);
    found.map(|(_, caller)| *caller)
}

/// A seat or an offer, as far as it matters here.
type Place = (Pubkey, Pubkey);

/// The seats, with their programs, of which one has to call.
fn places(caller: Caller, instruction: &Instruction, council: &Council) -> Vec<Place> {
    let holder = |key: Pubkey, via: Pubkey| (key, via);
    let mut all = match caller {
        Caller::Member => council
            .seated()
            .map(|member| holder(member.seat.key, member.seat.via))
            .collect(),
        Caller::Guardian => {
            let seat = &council.guardian.holder;
            vec![holder(seat.key, seat.via)]
        }
        Caller::Advisor => {
            let seat = &council.advisor.holder;
            vec![holder(seat.key, seat.via)]
        }
        Caller::Offered => {
            // The role stands behind the instruction's name.
            let wanted = instruction.data.get(8).copied();
            council
                .offers()
                .filter(|(role, ..)| Some(*role as u8) == wanted)
                .map(|(_, seat, _)| holder(seat.key, seat.via))
                .collect()
        }
        Caller::Transaction => Vec::new(),
    };
    all.retain(|(key, _)| *key != Pubkey::default());
    all
}

/// Refuses what the program would refuse from the vault at any time. Votes, delays and figures
/// are not looked at: they may be right when it is executed.
///
/// # Errors
///
/// `not_from_a_program`, `vault_without_seat`, `seat_without_via`, `seat_via_another_program`.
pub fn require_callable(
    instruction: &Instruction,
    vault: &Pubkey,
    council: &Council,
) -> Result<(), Failure> {
    let Some(caller) = caller(instruction) else {
        return Ok(());
    };
    let role = match caller {
        Caller::Member => "a member",
        Caller::Guardian => "the guardian",
        Caller::Advisor => "the advisor",
        Caller::Offered => "offered this role",
        Caller::Transaction => {
            let name = instruction::name(instruction).unwrap_or_default();
            return Err(Failure::new(
                "not_from_a_program",
                format!("{name} is taken from no program, so a multisig can never do it"),
            )
            .remedy(
                "leave --squads away: anybody may do it with a key of its own; nothing was stored",
            ));
        }
    };
    let places = places(caller, instruction, council);
    let Some((_, via)) = places.iter().find(|(key, _)| key == vault) else {
        return Err(without_seat(vault, role, &places));
    };
    match *via {
        PROGRAM => Ok(()),
        via if via == Pubkey::default() => Err(Failure::new(
            "seat_without_via",
            format!("the seat of the vault {vault} names no program, so nobody can sign for it"),
        )
        .remedy(format!(
            "have the seat made anew with via = \"{PROGRAM}\": in the [council] of a Draft, later \
             by a proposal of those who can sign; nothing was stored"
        ))),
        via => Err(Failure::new(
            "seat_via_another_program",
            format!("the seat of the vault {vault} signs through the program {via}, not Squads v4"),
        )
        .remedy("act through that program; nothing was stored")),
    }
}

/// The refusal of a vault that is nobody here.
fn without_seat(vault: &Pubkey, role: &str, places: &[Place]) -> Failure {
    let through: Vec<String> = places
        .iter()
        .filter(|(_, via)| *via == PROGRAM)
        .map(|(key, _)| key.to_string())
        .collect();
    let who = if through.is_empty() {
        "no multisig of Squads is: leave --squads away and sign with the key of who is".to_owned()
    } else {
        format!(
            "name the multisig, and with --vault its vault, whose address is {}",
            through.join(" or ")
        )
    };
    Failure::new(
        "vault_without_seat",
        format!("the vault {vault} is not {role} of the economy's council"),
    )
    .remedy(format!("{who}; nothing was stored"))
}

/// Refuses what no packet can execute: the transaction that executes it names every account.
///
/// # Errors
///
/// `too_many_accounts`.
pub fn require_executable(
    multisig: &Multisig,
    member: &Pubkey,
    vault_index: u8,
    message: &Compiled,
) -> Result<(), Failure> {
    let execute = multisig.execute(member, multisig.next(), vault_index, message);
    let bytes = packet::bytes(member, &[execute]);
    if bytes <= PACKET {
        return Ok(());
    }
    Err(Failure::new(
        "too_many_accounts",
        format!(
            "it names {} accounts: the transaction that executes it would have {bytes} bytes, and \
             a packet takes {PACKET}",
            message.keys.len()
        ),
    )
    .remedy("do it in several steps; nothing was stored"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use homeostat_client::{
        governance, instruction::NAMES, AccountMeta, EconomyAddresses, RoleKind,
    };

    use super::*;

    fn key(byte: u8) -> Pubkey {
        Pubkey::new_from_array([byte; 32])
    }

    #[test]
    fn only_the_holder_of_the_seat_that_names_squads_is_let_through() {
        // given a vault, and a council in which it may have any place
        let vault = key(8);
        let at = EconomyAddresses::new(&key(1), &key(2));
        let accept = governance::accept_role(&at, &vault, RoleKind::Guardian);
        let veto = governance::veto_advice(&at, &vault);
        let judged = |edit: &dyn Fn(&mut Council), instruction: &Instruction| {
            let mut council: Council = bytemuck::Zeroable::zeroed();
            edit(&mut council);
            let judged = require_callable(instruction, &vault, &council);
            judged.map_or_else(|failure| failure.code, |()| "")
        };
        let seat = |via: Pubkey| homeostat::state::council::Seat { key: vault, via };
        for (via, code) in [
            (PROGRAM, ""),
            (Pubkey::default(), "seat_without_via"),
            (key(7), "seat_via_another_program"),
        ] {
            // when it holds the guardian's role, then it vetoes through Squads alone
            let holds = |council: &mut Council| council.guardian.holder = seat(via);
            assert_eq!(judged(&holds, &veto), code);
            // an offer of that role is accepted the same way, and is no holder's
            let offered = |council: &mut Council| {
                council.guardian.offered = seat(via);
                council.guardian.offered_until = 9;
            };
            assert_eq!(judged(&offered, &accept), code);
            assert_eq!(judged(&offered, &veto), "vault_without_seat");
            assert_eq!(judged(&holds, &accept), "vault_without_seat");
        }
        // What anybody may do, it may.
        let fund = instruction::top_up(&at, &key(3));
        assert_eq!(judged(&|_| (), &fund), "");
    }

    #[test]
    fn what_no_packet_executes_is_refused() {
        // given a message that names a number of accounts, and nearly nothing else
        let multisig = Multisig {
            address: key(9),
            threshold: 1,
            time_lock: 0,
            transaction_index: 0,
            stale_index: 0,
            members: Vec::new(),
        };
        let vault = multisig.vault(0);
        let judged = |count: u8| {
            let metas = (100..100 + count).map(|byte| AccountMeta::new(key(byte), false));
            let wide = Instruction::new_with_bytes(key(7), &[], metas.collect());
            let message = Compiled::new(&vault, &[wide]).expect("it is compiled");
            require_executable(&multisig, &key(3), 0, &message)
        };
        // when the packet that executes it has room for all, then it is let through: beside 32
        // bytes an account there are vault, program, multisig, proposal, transaction, member,
        // Squads, the budget and a signature
        assert!(judged(24).is_ok());
        let refused = judged(28).unwrap_err();
        assert_eq!(refused.code, "too_many_accounts");
        assert!(refused.message.contains("30 accounts"), "{refused}");
    }

    #[test]
    fn the_list_has_every_instruction_that_reads_the_sysvar_of_the_caller() {
        // given the published interface: what looks at its caller reads the instructions sysvar
        let idl = include_str!("../../../../idl/homeostat.json");
        let idl: serde_json::Value = serde_json::from_str(idl).expect("the IDL is JSON");
        let reads = |instruction: &serde_json::Value| {
            let accounts = instruction["accounts"].as_array().expect("a list");
            accounts.iter().any(|it| it["name"] == "instructions")
        };
        let instructions = idl["instructions"].as_array().expect("a list");
        let mut looking: BTreeSet<&str> = instructions
            .iter()
            .filter(|instruction| reads(instruction))
            .filter_map(|instruction| instruction["name"].as_str())
            .collect();
        // then all of them are in the list; `expire` has the sysvar for its likes' sake
        assert!(looking.remove("expire"));
        let listed: BTreeSet<&str> = CALLERS.iter().map(|(name, _)| *name).collect();
        assert_eq!(listed, looking);
        assert!(listed.iter().all(|name| NAMES.contains(name)));
    }
}
