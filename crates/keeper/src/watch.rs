//! What a keeper knows of an economy. All of it comes from the chain and may be forgotten
//! at any moment.

use std::time::{Duration, Instant};

use homeostat_client::{Economy, Life, Section};
use homeostat_settings::Failure;
use solana_message::AddressLookupTableAccount;

use crate::backoff::Backoff;

/// What an economy waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It was not read yet.
    Unknown,
    /// Its period goes on.
    Waiting,
    /// Its period is over.
    Due,
    /// Its cranks are paused until then (unix seconds).
    Paused(i64),
    /// It is not live yet.
    Draft,
    /// For ever without periods.
    Retired,
    /// Its keeper vault does not pay what this keeper asks for.
    Unpaid,
    /// Something does not work: the code of the failure.
    Failing(&'static str),
}

impl State {
    /// Names of all states.
    pub const NAMES: [&'static str; 8] = [
        "unknown", "waiting", "due", "paused", "draft", "retired", "unpaid", "failing",
    ];

    /// As in the label `state`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Waiting => "waiting",
            Self::Due => "due",
            Self::Paused(_) => "paused",
            Self::Draft => "draft",
            Self::Retired => "retired",
            Self::Unpaid => "unpaid",
            Self::Failing(_) => "failing",
        }
    }
}

/// What a crank of an economy would pay its keeper now (lamports): the whole bounty or
/// nothing, as the program has it. `rent` is what an empty account must hold.
pub fn bounty(economy: &Economy, vault: u64, rent: u64) -> u64 {
    let bounty = economy.limits.bounty;
    let paid = vault
        .checked_sub(bounty)
        .is_some_and(|left| left == 0 || left >= rent);
    if paid {
        bounty
    } else {
        0
    }
}

/// What an economy waits for at `now` (unix seconds, the cluster's). `delay` (seconds) is
/// this keeper's lot, `pays` the bounty of a crank now and `least` the least that is worth
/// one (lamports).
pub fn judge(economy: &Economy, now: i64, delay: i64, pays: u64, least: u64) -> State {
    match economy.life {
        life if life == Life::Draft as u8 => return State::Draft,
        life if life == Life::Live as u8 => {}
        _ => return State::Retired,
    }
    if let Some(pause) = economy.pauses.get(Section::Crank as usize) {
        if pause.covers(now) {
            return State::Paused(pause.until);
        }
    }
    if now < economy.next_end.saturating_add(delay) {
        State::Waiting
    } else if pays < least {
        State::Unpaid
    } else {
        State::Due
    }
}

/// An economy under watch.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) state: State,
    /// Named by the operator, so its costs are wanted.
    pub(crate) named: bool,
    /// Periods that were ended, as read last.
    pub(crate) periods: Option<u64>,
    /// End of the period, as read last (unix seconds); 0 = not known.
    pub(crate) next_end: i64,
    /// This keeper's lot for the period (seconds).
    pub(crate) delay: i64,
    pub(crate) backoff: Backoff,
    /// Before this it is left alone.
    pub(crate) not_before: Option<Instant>,
    /// A worker has it.
    pub(crate) busy: bool,
    /// Ended by this keeper: what was read before, and when. Until a server that is behind
    /// has caught up, it must not be ended again.
    pub(crate) cranked: Option<(u64, Instant)>,
    /// A transaction was sent whose outcome is unknown.
    pub(crate) in_doubt: bool,
    /// Whether an empty keeper vault was told.
    pub(crate) told_unpaid: bool,
    pub(crate) table: Option<AddressLookupTableAccount>,
}

impl Watch {
    pub(crate) fn new(named: bool, backoff: Backoff) -> Self {
        Self {
            state: State::Unknown,
            named,
            periods: None,
            next_end: 0,
            delay: 0,
            backoff,
            not_before: None,
            busy: false,
            cranked: None,
            in_doubt: false,
            told_unpaid: false,
            table: None,
        }
    }

    /// Whether it may be looked at.
    pub(crate) fn is_free(&self, at: Instant) -> bool {
        !self.busy && self.not_before.is_none_or(|then| then <= at)
    }

    /// Whether it should be looked at when the cluster's clock says `now`.
    pub(crate) fn is_ripe(&self, now: i64, at: Instant) -> bool {
        self.is_free(at)
            && match self.state {
                State::Unknown | State::Failing(_) => true,
                State::Waiting | State::Due => now >= self.next_end.saturating_add(self.delay),
                State::Paused(until) => now >= until,
                State::Draft | State::Retired | State::Unpaid => false,
            }
    }

    /// How long its period has been over without being ended (seconds), whatever keeps this
    /// keeper from it: its lot, a failure, its wallet, a vault that does not pay.
    pub(crate) fn overdue(&self, now: i64) -> i64 {
        let may_end = match self.state {
            State::Waiting | State::Due | State::Unpaid | State::Failing(_) => true,
            State::Paused(until) => now >= until,
            State::Unknown | State::Draft | State::Retired => false,
        };
        if may_end && self.next_end > 0 {
            now.saturating_sub(self.next_end).max(0)
        } else {
            0
        }
    }

    /// It failed: leaves it alone for a while, and returns how long.
    pub(crate) fn failed(&mut self, failure: &Failure, seed: u64) -> Duration {
        self.state = State::Failing(failure.code);
        self.later(seed)
    }

    /// Leaves it alone for a while, and returns how long.
    pub(crate) fn later(&mut self, seed: u64) -> Duration {
        let wait = self.backoff.fail(seed);
        self.not_before = Instant::now().checked_add(wait);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live() -> Box<Economy> {
        let mut economy: Box<Economy> = Box::new(bytemuck::Zeroable::zeroed());
        economy.life = Life::Live as u8;
        economy.next_end = 1_000;
        economy
    }

    #[test]
    fn an_economy_is_due_after_its_end_and_the_lot() {
        let economy = live();
        for (now, delay, state) in [
            (999, 0, State::Waiting),
            (1_000, 0, State::Due),
            (1_000, 7, State::Waiting),
            (1_006, 7, State::Waiting),
            (1_007, 7, State::Due),
            (i64::MAX, 7, State::Due),
            (i64::MIN, 7, State::Waiting),
        ] {
            assert_eq!(judge(&economy, now, delay, 0, 0), state, "{now} {delay}");
        }
    }

    #[test]
    fn a_period_is_overdue_while_it_could_be_ended_and_is_not() {
        let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(1));
        let mut watch = Watch::new(true, backoff);
        let overdue = |watch: &Watch| [999, 1_000, 1_060].map(|now| watch.overdue(now));
        watch.state = State::Due;
        // An end that is not known is no reason for an alarm.
        assert_eq!(overdue(&watch), [0, 0, 0]);
        watch.next_end = 1_000;
        let failing = State::Failing("rpc_timeout");
        for state in [State::Waiting, State::Due, State::Unpaid, failing] {
            watch.state = state;
            assert_eq!(overdue(&watch), [0, 0, 60], "{:?}", watch.state);
        }
        for state in [State::Unknown, State::Draft, State::Retired] {
            watch.state = state;
            assert_eq!(overdue(&watch), [0, 0, 0], "{:?}", watch.state);
        }
        // A pause that is over holds up nothing.
        watch.state = State::Paused(1_060);
        assert_eq!(overdue(&watch), [0, 0, 60]);
        watch.state = State::Paused(1_061);
        assert_eq!(overdue(&watch), [0, 0, 0]);
    }

    #[test]
    fn pauses_stages_and_bounties_are_known_states() {
        let mut economy = live();
        assert_eq!(judge(&economy, 2_000, 0, 4_999, 5_000), State::Unpaid);
        assert_eq!(judge(&economy, 2_000, 0, 5_000, 5_000), State::Due);
        assert_eq!(judge(&economy, 500, 0, 0, 5_000), State::Waiting);
        economy.pauses[Section::Crank as usize].from = 1_500;
        economy.pauses[Section::Crank as usize].until = 2_500;
        assert_eq!(judge(&economy, 2_000, 0, 0, 0), State::Paused(2_500));
        assert_eq!(judge(&economy, 2_500, 0, 0, 0), State::Due);
        economy.life = Life::Retired as u8;
        assert_eq!(judge(&economy, 2_000, 0, 0, 0), State::Retired);
        economy.life = Life::Draft as u8;
        assert_eq!(judge(&economy, 2_000, 0, 0, 0), State::Draft);
    }

    #[test]
    fn a_bounty_is_paid_whole_or_not_at_all() {
        let mut economy = live();
        economy.limits.bounty = 10_000;
        for (vault, paid) in [
            (0, 0),
            (9_999, 0),
            (10_000, 10_000),
            (10_001, 0),
            (900_889, 0),
            (900_890, 10_000),
        ] {
            assert_eq!(bounty(&economy, vault, 890_890), paid, "{vault}");
        }
    }
}
