//! What was known of an economy when it was looked at last: it is compared with the next view,
//! and survives a restart in the watcher's file.

use std::collections::BTreeMap;

use homeostat::state::log::Place;
use homeostat::state::{audit::AUDIT_RECORD_BYTES, log::RECORD_BYTES};
use homeostat_client::log::{hashes, LogError};
use homeostat_client::{AuditLog, Council, Economy, Pubkey};
use serde::{Deserialize, Serialize};

use super::view::View;

/// The last record of a chain that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// Its number; 0 = none.
    pub record: u64,
    /// The hash of the chain up to it.
    pub hash: [u8; 32],
}

/// Why a chain of records is not the one that was read before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Contradiction {
    /// The log does not prove itself.
    Broken(LogError),
    /// It has fewer records than before.
    Shorter { had: u64, has: u64 },
    /// A record that was read has another content now.
    Rewritten { record: u64 },
}

/// How far a chain has grown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Grown {
    /// Where it ends now.
    pub(super) head: Position,
    /// The first and the last record that were dropped before they were read.
    pub(super) lost: Option<(u64, u64)>,
}

/// The chains of an economy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chain {
    /// What took effect by the keys of several.
    Decisions,
    /// What one key did alone.
    Acts,
    /// The controllers' steps.
    Steps,
}

impl Chain {
    pub(super) const ALL: [Self; 3] = [Self::Decisions, Self::Acts, Self::Steps];

    /// Its name in a proof.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Decisions => "audit_decisions",
            Self::Acts => "audit_acts",
            Self::Steps => "decision_log",
        }
    }

    /// The hashes of what its ring keeps, from just before the oldest record to the newest;
    /// `None` where there is no log yet.
    pub(super) fn kept(self, view: &View) -> Option<Result<Vec<Position>, LogError>> {
        let (data, place, bytes) = match self {
            Self::Decisions => (&view.audit, AuditLog::DECISIONS, AUDIT_RECORD_BYTES),
            Self::Acts => (&view.audit, AuditLog::ACTS, AUDIT_RECORD_BYTES),
            Self::Steps => (&view.log, Place::DECISIONS, RECORD_BYTES),
        };
        let kept = hashes(data.as_ref()?, &place, bytes);
        Some(kept.map(|kept| {
            kept.into_iter()
                .map(|(record, hash)| Position { record, hash })
                .collect()
        }))
    }
}

impl Position {
    /// How far the chain has grown since, given what its ring keeps.
    pub(super) fn grown(&self, kept: &[Position]) -> Result<Grown, Contradiction> {
        let (Some(base), Some(head)) = (kept.first(), kept.last()) else {
            return Err(Contradiction::Broken(LogError::Header));
        };
        if head.record < self.record {
            return Err(Contradiction::Shorter {
                had: self.record,
                has: head.record,
            });
        }
        let same = kept.iter().find(|at| at.record == self.record);
        if same.is_some_and(|same| same.hash != self.hash) {
            return Err(Contradiction::Rewritten {
                record: self.record,
            });
        }
        Ok(Grown {
            head: head.clone(),
            lost: (base.record > self.record).then(|| (self.record.saturating_add(1), base.record)),
        })
    }
}

/// The caps of an economy, in the units of its limits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CapsInForce {
    /// The highest supply that emission may lead to (base units).
    pub hard_cap: u64,
    /// The supply at which burns stop (base units).
    pub supply_floor: u64,
    /// The highest emission of one period (ppm of supply).
    pub period_emission_ppm: u32,
    /// The highest burn of one period (ppm of supply).
    pub period_burn_ppm: u32,
    /// The most that is paid out of the treasury in 30 days (base units).
    pub outflow_cap: u64,
    /// The most that stake earns in a year (ppm of the stake).
    pub yield_ppm: u32,
}

/// What only a proposal or an accepted role changes while an economy is live.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Governed {
    /// Limits of the outputs by parameter: lower, upper (ppm).
    pub limits: [(i64, i64); 4],
    /// Slew limits by parameter: up, down (ppm per period).
    pub slew: [(u64, u64); 4],
    /// Caps.
    pub caps: CapsInForce,
    /// Delays of Routine, Standard and Critical proposals, and the grace (seconds).
    pub delays: [u32; 4],
    /// The stake that vetoes (ppm).
    pub staker_veto_ppm: u32,
    /// Approvals that a proposal needs.
    pub threshold: u8,
    /// The guardian.
    pub guardian: String,
    /// The advisor; empty = nobody.
    pub advisor: String,
    /// Seated members by address, with the numbers of their memberships.
    pub members: BTreeMap<String, u32>,
}

/// What is compared from look to look.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// The stage of life, as a number.
    pub life: u8,
    /// Executed proposals.
    pub executed: u64,
    /// How often the breaker tripped.
    pub trips: u16,
    /// What only governance changes.
    pub governed: Governed,
    /// Open offers of seats by address, with the number of the membership.
    pub offered_members: BTreeMap<String, u32>,
    /// Whom the guardian's role is offered; empty = nobody.
    pub offered_guardian: String,
    /// Whom the advisor's role is offered; empty = nobody.
    pub offered_advisor: String,
    /// Who may mint; empty = nobody.
    pub mint_authority: String,
    /// What left the treasury so far (base units).
    pub treasury_paid: u64,
    /// Whom a retirement offers the mint; empty = nobody.
    pub successor: String,
}

/// A proposal that was told of and is not final yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Open {
    /// Its address.
    pub address: String,
    /// What it changes, in words; empty where its account was gone already.
    pub what: String,
    /// The eta that was told last (unix seconds); 0 = none.
    pub eta: i64,
    /// The last second in which it can be approved or, once queued, executed (unix seconds);
    /// 0 = not known.
    pub until: i64,
    /// True when it was told that its time is up.
    pub late: bool,
}

/// States that last, by their keys.
pub type Levels = BTreeMap<String, Level>;

/// A state that lasts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// Whether it lasts now.
    pub on: bool,
    /// How often it has begun.
    pub times: u64,
}

/// What was known of an economy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// The slot of the last view that was believed.
    pub slot: u64,
    /// The cluster's clock then (unix seconds).
    pub now: i64,
    /// The last record of each chain that was read: the audit log's decisions and acts, and
    /// the decision log.
    pub positions: [Position; 3],
    /// What is compared.
    pub facts: Facts,
    /// Proposals that were told of and are not final, by index.
    pub open: BTreeMap<u64, Open>,
    /// What lasts.
    pub levels: Levels,
    /// True until the first look of a replay: the records are older than the facts then.
    pub replay: bool,
}

impl Seen {
    /// The base line of a first look: what is so already is no news, except what lasts, which
    /// [`judge`](super::judge) tells when it is given this and the same view. With `replay` the
    /// records that the logs still hold are news too.
    ///
    /// `None` when a log does not prove itself: there is nothing to begin with.
    pub fn begin(view: &View, replay: bool) -> Option<Self> {
        let mut positions: [Position; 3] = Default::default();
        for (position, chain) in positions.iter_mut().zip(Chain::ALL) {
            let kept = match chain.kept(view) {
                None => continue,
                Some(kept) => kept.ok()?,
            };
            if !replay {
                *position = kept.last()?.clone();
            }
        }
        Some(Self {
            // The same view is judged next: it has to be newer.
            slot: view.slot.saturating_sub(1),
            now: view.now,
            positions,
            facts: Facts::of(view),
            replay,
            ..Self::default()
        })
    }
}

/// An address, or nothing for nobody.
fn address(key: &Pubkey) -> String {
    if *key == Pubkey::default() {
        String::new()
    } else {
        key.to_string()
    }
}

impl Governed {
    fn of(economy: &Economy, council: Option<&Council>) -> Self {
        let limits = &economy.limits;
        let config = |index: usize| economy.controllers.get(index).map(|one| &one.config);
        let mut governed = Self {
            limits: core::array::from_fn(|index| {
                config(index).map_or((0, 0), |config| (config.min, config.max))
            }),
            slew: core::array::from_fn(|index| {
                config(index).map_or((0, 0), |config| (config.slew_up, config.slew_down))
            }),
            caps: CapsInForce {
                hard_cap: limits.hard_cap,
                supply_floor: limits.supply_floor,
                period_emission_ppm: limits.period_emission_ppm,
                period_burn_ppm: limits.period_burn_ppm,
                outflow_cap: limits.outflow_cap,
                yield_ppm: limits.yield_ppm,
            },
            ..Self::default()
        };
        if let Some(council) = council {
            let delays = &council.delays;
            governed.delays = [
                delays.routine,
                delays.standard,
                delays.critical,
                delays.grace,
            ];
            governed.staker_veto_ppm = delays.staker_veto_ppm;
            governed.threshold = council.threshold;
            governed.guardian = address(&council.guardian.holder.key);
            governed.advisor = address(&council.advisor.holder.key);
            governed.members = council
                .seated()
                .map(|member| (member.seat.key.to_string(), member.id))
                .collect();
        }
        governed
    }
}

impl Facts {
    /// What a view says.
    pub fn of(view: &View) -> Self {
        let economy = &view.economy;
        let council = view.council.as_deref();
        let mut facts = Self {
            life: economy.life,
            executed: economy.config_seq,
            trips: economy.trips,
            governed: Governed::of(economy, council),
            mint_authority: view
                .mint_authority
                .as_ref()
                .map(address)
                .unwrap_or_default(),
            treasury_paid: economy.totals.treasury_paid,
            successor: address(&economy.successor),
            ..Self::default()
        };
        if let Some(council) = council {
            facts.offered_members = council
                .members
                .iter()
                .filter(|member| member.id != 0 && member.offered_until >= view.now)
                .map(|member| (member.seat.key.to_string(), member.id))
                .collect();
            let offered = |role: &homeostat::state::council::Role| {
                if role.offered_until >= view.now {
                    address(&role.offered.key)
                } else {
                    String::new()
                }
            };
            facts.offered_guardian = offered(&council.guardian);
            facts.offered_advisor = offered(&council.advisor);
        }
        facts
    }
}
