//! Who decides over an economy, and what the guardian may still pause.

use homeostat::constants::{PAUSE_BUDGET, PAUSE_REFILL};
use homeostat::state::council::Seat;
use homeostat_client::{Council, Economy, Pubkey};
use homeostat_settings::words::SECTIONS;

use super::answer::{CouncilAnswer, DelaysAnswer, PauseBudgetAnswer, SeatAnswer};
use crate::chain::figure::fraction;

/// A council with its people.
pub(super) fn council(council: &Council, address: &Pubkey) -> CouncilAnswer {
    let delays = &council.delays;
    let members = council.members.iter().filter(|member| member.id != 0);
    CouncilAnswer {
        address: address.to_string(),
        threshold: council.threshold,
        members: members
            .map(|member| seat(&member.seat, member.is_seated()))
            .collect(),
        guardian: holder(&council.guardian.holder),
        advisor: holder(&council.advisor.holder),
        open_proposals: council.open,
        delays: DelaysAnswer {
            routine: delays.routine,
            standard: delays.standard,
            critical: delays.critical,
            grace: delays.grace,
            staker_veto: fraction(delays.staker_veto_ppm),
        },
    }
}

fn seat(seat: &Seat, accepted: bool) -> SeatAnswer {
    SeatAnswer {
        key: seat.key.to_string(),
        via: (seat.via != Pubkey::default()).then(|| seat.via.to_string()),
        accepted,
    }
}

/// The holder of a role; the zero address is nobody.
fn holder(held: &Seat) -> Option<SeatAnswer> {
    (held.key != Pubkey::default()).then(|| seat(held, true))
}

/// What is left of the pause budget of each section at `now` (unix seconds).
pub(super) fn pause_budget(economy: &Economy, now: i64) -> Vec<PauseBudgetAnswer> {
    let sections = SECTIONS.iter().zip(&economy.pauses);
    sections
        .map(|((section, _), pause)| {
            let left = pause.budget(now);
            let missing = PAUSE_BUDGET.saturating_sub(left);
            PauseBudgetAnswer {
                section: (*section).to_owned(),
                left_seconds: left,
                full_at: (missing > 0)
                    .then(|| now.saturating_add(missing.saturating_mul(PAUSE_REFILL))),
            }
        })
        .collect()
}
