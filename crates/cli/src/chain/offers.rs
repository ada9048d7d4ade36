//! The roles that were offered and not accepted yet: before a Draft goes live, and after a
//! proposal.

use homeostat::state::council::FOUNDING;
use homeostat_client::{Council, Pubkey};
use homeostat_settings::words::{word, ROLES};
use schemars::JsonSchema;
use serde::Serialize;

use super::time;
use crate::failure::Failure;

/// A role that waits for its holder.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OfferAnswer {
    /// `member`, `guardian` or `advisor`.
    pub role: String,
    /// Who was offered it.
    pub key: String,
    /// The program that has to call for it; absent = it signs itself.
    pub via: Option<String>,
    /// The last second in which it can be accepted (unix seconds); absent in a Draft, which
    /// does not go live before.
    pub until: Option<i64>,
}

/// The offers of a council that can be accepted at `now` (unix seconds).
pub fn open(council: &Council, now: i64) -> Vec<OfferAnswer> {
    council
        .offers()
        .filter(|(_, _, until)| now <= *until)
        .map(|(role, seat, until)| OfferAnswer {
            role: word(&ROLES, &role).to_owned(),
            key: seat.key.to_string(),
            via: (seat.via != Pubkey::default()).then(|| seat.via.to_string()),
            until: (until != FOUNDING).then_some(until),
        })
        .collect()
}

impl core::fmt::Display for OfferAnswer {
    /// `member ADDRESS (through PROGRAM), until TIME: `homeostat accept-role member``.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { role, key, .. } = self;
        write!(f, "{role} {key}")?;
        if let Some(via) = &self.via {
            write!(f, " (through {via})")?;
        }
        if let Some(until) = self.until {
            write!(f, ", until {}", time(until))?;
        }
        write!(f, ": `homeostat accept-role {role}`")
    }
}

/// What a Draft's council lacks before the economy goes live: everybody who has not accepted.
pub fn lacking(council: &Council) -> Vec<Failure> {
    let lacks = |offer: OfferAnswer| {
        let OfferAnswer { role, key, via, .. } = offer;
        let through = via.map_or(String::new(), |via| {
            format!(" through the program {via} (`--squads` for a vault of Squads)")
        });
        Failure::new(
            "role_not_accepted",
            format!("{key} has not accepted the role of {role}"),
        )
        .remedy(format!(
            "have it run `homeostat accept-role {role}`{through}, or correct the [council] of \
                 the economy file and run `homeostat create-economy` again"
        ))
    };
    open(council, 0).into_iter().map(lacks).collect()
}
