//! Whose signature was needed, and whose it was.

use homeostat_client::{Council, Pubkey, RoleKind};

use super::Why;
use crate::chain::{duration, time};

/// Somebody who is nobody: the address of a role that is free.
fn held(key: &Pubkey) -> Option<Pubkey> {
    (*key != Pubkey::default()).then_some(*key)
}

/// The guardian's or the advisor's signature was needed.
pub(super) fn not_holder(role: RoleKind, council: &Council, signer: &Pubkey) -> Why {
    let (name, holder) = match role {
        RoleKind::Advisor => ("advisor", &council.advisor.holder),
        _ => ("guardian", &council.guardian.holder),
    };
    match held(&holder.key) {
        Some(key) => Why::new(
            format!("{signer} is not the {name}"),
            if held(&holder.via).is_some() {
                format!("the {name} is {key}, which signs through {}", holder.via)
            } else {
                format!("sign with the {name}'s key, {key}")
            },
        ),
        None => Why::new(
            format!("{signer} is not the {name}: the economy has none"),
            format!("the council offers the role by a proposal (kind = \"{name}\")"),
        ),
    }
}

/// A member's signature was needed.
pub(super) fn not_member(council: &Council, signer: &Pubkey) -> Why {
    let members: Vec<String> = council
        .seated()
        .map(|member| member.seat.key.to_string())
        .collect();
    let role = if council.guardian.holder.key == *signer {
        ", it is the guardian, who pauses and vetoes"
    } else if council.advisor.holder.key == *signer {
        ", it is the advisor, who recommends"
    } else {
        ""
    };
    Why::new(
        format!("{signer} is no member of the council{role}"),
        format!(
            "sign with the key of one of its {} members: {}",
            members.len(),
            members.join(", ")
        ),
    )
}

/// A member's share of open proposals.
pub(super) fn too_many_open(council: &Council, signer: &Pubkey) -> Option<Why> {
    let member = council.seated().find(|member| member.seat.key == *signer)?;
    Some(Why::new(
        format!(
            "{signer} has {} open proposals, and each member may have {}",
            member.open,
            council.quota()
        ),
        "execute, cancel or expire one of them first (`homeostat proposals`)",
    ))
}

/// Another program called, or none where one has to.
pub(super) fn via(council: &Council, signer: &Pubkey) -> Option<Why> {
    let seats = council
        .members
        .iter()
        .map(|member| &member.seat)
        .chain([&council.guardian.holder, &council.advisor.holder])
        .chain([&council.guardian.offered, &council.advisor.offered]);
    let seat = seats.into_iter().find(|seat| seat.key == *signer)?;
    Some(match held(&seat.via) {
        Some(via) => Why::new(
            format!("the seat of {signer} signs through the program {via} alone"),
            "let that program act: --squads MULTISIG for a Squads vault",
        ),
        None => Why::new(
            format!("the seat of {signer} names no program (`via`), so it signs itself"),
            "sign with its key; a seat that a multisig signs for has to name it as `via`",
        ),
    })
}

/// An offer that is not the signer's, or has run out.
pub(super) fn no_offer(role: RoleKind, council: &Council, signer: &Pubkey, now: i64) -> Why {
    let name = match role {
        RoleKind::Member => "a member's seat",
        RoleKind::Guardian => "the guardian's role",
        RoleKind::Advisor => "the advisor's role",
    };
    let mine = council
        .offers()
        .find(|(kind, seat, _)| *kind == role && seat.key == *signer);
    match mine {
        Some((_, _, until)) => Why::new(
            format!(
                "the offer of {name} to {signer} ran out {} ({} ago)",
                time(until),
                duration(now.saturating_sub(until).max(0).unsigned_abs())
            ),
            "the council has to offer it again by a proposal",
        ),
        None => {
            let open: Vec<String> = council
                .offers()
                .filter(|(kind, _, until)| *kind == role && *until >= now)
                .map(|(_, seat, _)| seat.key.to_string())
                .collect();
            Why::new(
                format!("{name} is not offered to {signer}"),
                if open.is_empty() {
                    "nobody is offered it now; the council offers it by a proposal, a Draft's \
                     creator with `homeostat create-economy`"
                        .to_owned()
                } else {
                    format!("sign with the key it is offered to: {}", open.join(", "))
                },
            )
        }
    }
}
