//! The rules of governance as the design states them, in plain data: who may do what,
//! when, and what becomes of it. Written from the rules, not from the program: people by
//! key, approvals as sets of memberships, counts of open proposals counted afresh.

mod controller;
mod deciding;
mod grade;
mod offices;
mod proposal;
mod realm;

use std::collections::{BTreeMap, BTreeSet};

use homeostat::state::action::Caps;
use homeostat_client::{Action, Delays, Parameter, Power, RoleKind, SeatArgs, Section, Tunable};
use homeostat_control::Input;
use homeostat_tests::{anchor, HomeostatError as E};
use solana_program::pubkey::Pubkey;

pub use self::{controller::Controller, proposal::Proposal};

const DAY: i64 = 86_400;
/// Fortnight in which a proposal finds its threshold, an offer its taker, and a
/// guardian's veto of its own replacement those who lift it.
const FORTNIGHT: i64 = 14 * DAY;
/// Places in a council.
const PLACES: usize = 15;
/// Pause that a section's budget holds (s): 72 h, back within 30 d.
const PAUSE_BUDGET: i64 = 72 * 3_600;
/// Tenths of a second of budget that a second gives back.
const TENTHS: i64 = 10;

/// What the program is expected to answer: a named error's number, or one of the
/// framework's.
pub type Verdict<T = ()> = Result<T, u32>;

fn no<T>(error: E) -> Verdict<T> {
    Err(error.into())
}

fn must(holds: bool, error: E) -> Verdict {
    if holds {
        Ok(())
    } else {
        no(error)
    }
}

/// How grave a proposal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gravity {
    Immediate,
    Routine,
    Standard,
    Critical,
    Terminal,
}

/// Stage of a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Active = 1,
    Queued,
    Executed,
    Vetoed,
    Cancelled,
    Expired,
}

/// A member, or somebody who was offered a seat.
#[derive(Clone, Debug)]
pub struct Member {
    pub id: u32,
    /// Last second to accept it; none = seated.
    pub offered_until: Option<i64>,
    /// Acts through a program only.
    pub via: Option<Pubkey>,
}

/// Somebody who was offered an office.
#[derive(Clone, Debug)]
pub struct Offer {
    pub key: Pubkey,
    pub via: Option<Pubkey>,
    pub until: i64,
}

/// An office that one person holds.
#[derive(Clone, Debug, Default)]
pub struct Office {
    pub holder: Option<Pubkey>,
    pub offer: Option<Offer>,
}

/// A section's pause and its budget.
#[derive(Clone, Debug, Default)]
pub struct Pause {
    pub from: i64,
    pub until: i64,
    /// Tenths of a second missing from the budget at `as_of`.
    missing: i64,
    as_of: i64,
}

impl Pause {
    fn covers(&self, now: i64) -> bool {
        self.from <= now && now < self.until
    }

    /// Tenths of a second missing from the budget.
    pub fn missing(&self, now: i64) -> i64 {
        (self.missing - (now - self.as_of)).max(0)
    }
}

/// What the advisor recommended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    pub parameter: usize,
    pub field: Tunable,
    pub value: i128,
    pub over_seconds: u32,
    pub eta: i64,
}

/// What a proposal allowed somebody to build.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Permit {
    pub stake_mint: Pubkey,
    pub amm_vault: Pubkey,
    pub weight: u16,
    pub pool_until: i64,
    pub meters: u8,
    pub feeds: u8,
}

/// Everything that proposals change.
#[derive(Clone, Debug)]
pub struct Realm {
    pub live: bool,
    pub members: BTreeMap<Pubkey, Member>,
    pub last_id: u32,
    pub threshold: u8,
    pub guardian: Office,
    pub advisor: Office,
    pub delays: Delays,
    pub permit: Permit,
    pub meters: u8,
    pub pauses: [Pause; Section::COUNT],
    pub advice: Option<Advice>,
    pub controllers: [Controller; 4],
    pub treasury_ppm: u32,
    /// The smallest stake of the native pool.
    pub min_stake: u64,
    pub terms: homeostat::state::action::Terms,
    pub caps: Caps,
    pub excluded: Vec<Pubkey>,
    /// What no council can do any more, by [`Power`].
    pub given_up: [bool; Power::COUNT],
    /// The supply, as the last crank measured it: not governance's to say.
    pub supply: u64,
    /// Token accounts of the economy itself, which cannot be excluded.
    vaults: Vec<Pubkey>,
    pub periods: u64,
    /// How many votes it took, for approvals and to lift a veto, since when.
    needed: Vec<(i64, [usize; 2])>,
    /// Seats offered in this proposal to those who have one.
    clashes: usize,
}

/// Native stake of one owner.
#[derive(Clone, Debug, Default)]
pub struct Stake {
    pub amount: u64,
    /// Since when there has been how much, all of it; the last entry is what there is now.
    history: Vec<(i64, u64)>,
}

impl Stake {
    pub fn of(amount: u64, since: i64) -> Self {
        Self {
            amount,
            history: vec![(since, amount)],
        }
    }

    /// When the last of it begins to vote.
    pub fn votes_from(&self) -> i64 {
        self.history.last().map_or(0, |(since, _)| *since)
    }

    /// Stake votes since it was added; a third addition within 22 days since their end.
    pub(super) fn add(&mut self, amount: u64, now: i64) {
        if self.amount == 0 {
            self.history.clear();
        }
        let waiting = self.history.pop_if(|(since, _)| *since >= now);
        let begins = match self.history[..] {
            _ if waiting.is_some() => waiting.map_or(now, |(since, _)| since),
            [.., (third_last, _), _] => now.max(third_last + 22 * DAY),
            _ => now,
        };
        self.amount += amount;
        self.history.push((begins, self.amount));
    }

    /// What is left has been there for longest; what comes later is not what left.
    pub(super) fn remove(&mut self, amount: u64) {
        self.amount -= amount;
        let Some(last) = self.history.iter().position(|(_, had)| *had >= self.amount) else {
            return;
        };
        self.history.truncate(last + 1);
        self.history[last].1 = self.amount;
    }

    /// Stake that was there before a snapshot and has not left since.
    pub(super) fn before(&self, snapshot: i64) -> u64 {
        let older = self.history.iter().filter(|(since, _)| *since < snapshot);
        older.map(|(_, had)| *had).max().unwrap_or(0)
    }
}

/// The whole of it.
#[derive(Clone, Debug)]
pub struct Model {
    pub now: i64,
    pub realm: Realm,
    pub proposals: BTreeMap<u64, Proposal>,
    /// What every proposal that ever was contained, by index.
    pub contents: Vec<Vec<Action>>,
    /// Ballots that stand, by proposal and owner.
    pub ballots: BTreeMap<(u64, Pubkey), u64>,
    pub stakes: BTreeMap<Pubkey, Stake>,
    pub period: i64,
    pub next_end: i64,
    pub last_crank: i64,
    /// Mean stake over the last period.
    pub mean_stake: u64,
    /// Circulating supply, as the last crank measured it: not governance's to say.
    pub circulating: u64,
    /// Stake x seconds since the last crank, up to `integrated_at`.
    pub stake_seconds: u128,
    /// Stake x seconds of the last whole window, and its length (s).
    pub window: (u128, u64),
    pub integrated_at: i64,
}

/// An account that is not there.
const MISSING: u32 = anchor::ACCOUNT_OWNED_BY_WRONG_PROGRAM;
/// The system program's word for an account that is there already.
pub const IN_USE: u32 = 0;

impl Realm {
    /// As it is before anybody proposed anything.
    pub fn new(given: Given) -> Self {
        let mut realm = Self {
            live: true,
            members: given
                .members
                .into_iter()
                .zip(1..)
                .map(|(key, id)| {
                    let seated = Member {
                        id,
                        offered_until: None,
                        via: None,
                    };
                    (key, seated)
                })
                .collect(),
            last_id: given.last_id,
            threshold: given.threshold,
            guardian: Office {
                holder: Some(given.guardian),
                offer: None,
            },
            advisor: Office::default(),
            delays: given.delays,
            permit: Permit::default(),
            meters: 1,
            pauses: Default::default(),
            advice: None,
            controllers: given.controllers,
            treasury_ppm: given.treasury_ppm,
            min_stake: given.min_stake,
            terms: given.terms,
            caps: given.caps,
            excluded: Vec::new(),
            given_up: [false; Power::COUNT],
            supply: given.supply,
            vaults: given.vaults,
            periods: 0,
            needed: Vec::new(),
            clashes: 0,
        };
        realm.needed.push((i64::MIN, realm.needed_now()));
        realm
    }
}

/// What the economy was founded with.
pub struct Given {
    pub members: Vec<Pubkey>,
    pub last_id: u32,
    pub threshold: u8,
    pub guardian: Pubkey,
    pub delays: Delays,
    pub controllers: [Controller; 4],
    pub treasury_ppm: u32,
    pub min_stake: u64,
    pub terms: homeostat::state::action::Terms,
    pub caps: Caps,
    pub supply: u64,
    pub vaults: Vec<Pubkey>,
}
