//! One server: what speaks to it, whose cluster it is of, and until when it is left alone.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use solana_hash::Hash;
use solana_rpc_client::rpc_sender::RpcSender;

use super::budget::{Budget, Ledger};
use crate::cluster::shown;
use homeostat_settings::failure::Failure;

/// How long a server is left alone after it failed once; twice as long after each time in a row.
const FIRST_REST: Duration = Duration::from_millis(500);
/// Longest time that a server may ask to be left alone.
const LONGEST_ASKED: Duration = Duration::from_secs(120);
/// A server's troubles are told once in this time.
const QUIET: Duration = Duration::from_secs(60);

/// What speaks to a server.
pub(super) type Speaker = Box<dyn RpcSender + Send + Sync>;

/// A server.
pub(super) struct Server {
    /// Its URL.
    pub(super) url: String,
    /// Its URL without what may be a secret.
    pub(super) shown: String,
    /// Speaks to it.
    pub(super) speaker: Speaker,
    ledger: Option<Mutex<Ledger>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    genesis: Option<Hash>,
    /// How often in a row it failed.
    failed: u32,
    rest_began: Duration,
    rest_ends: Duration,
    last: Option<Failure>,
    told: Option<Duration>,
    told_budget: Option<Duration>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Server {
    pub(super) fn new(url: &str, speaker: Speaker, budget: Option<Budget>) -> Self {
        Self {
            url: url.to_owned(),
            shown: shown(url),
            speaker,
            ledger: budget.map(|budget| Mutex::new(Ledger::new(budget))),
            state: Mutex::default(),
        }
    }

    /// How often it is asked at most.
    pub(super) fn budget(&self) -> Option<Budget> {
        self.ledger.as_ref().map(|ledger| lock(ledger).budget())
    }

    /// The genesis that it was found to have.
    pub(super) fn genesis(&self) -> Option<Hash> {
        lock(&self.state).genesis
    }

    pub(super) fn has_genesis(&self, genesis: Hash) {
        lock(&self.state).genesis = Some(genesis);
    }

    /// Until when it is left alone.
    pub(super) fn rest_ends(&self) -> Duration {
        lock(&self.state).rest_ends
    }

    /// Why it is left alone.
    pub(super) fn last(&self) -> Option<Failure> {
        lock(&self.state).last.clone()
    }

    /// It answered.
    pub(super) fn answered(&self) {
        let mut state = lock(&self.state);
        state.failed = 0;
        state.rest_ends = Duration::ZERO;
        state.last = None;
    }

    /// It did not answer one request, for a reason that says nothing of the next.
    pub(super) fn remember(&self, failure: Failure) {
        lock(&self.state).last = Some(failure);
    }

    /// It failed at `now` when it was asked at `asked`: it is left alone, at most for `longest`
    /// unless it `wants` longer.
    pub(super) fn failed(
        &self,
        asked: Duration,
        now: Duration,
        wants: Option<Duration>,
        longest: Duration,
        failure: Failure,
    ) {
        let mut state = lock(&self.state);
        state.last = Some(failure);
        // Requests that were on their way together fail together; that is one failure.
        if asked >= state.rest_began || state.failed == 0 {
            state.failed = state.failed.saturating_add(1);
            state.rest_began = now;
        }
        let doubled = state.failed.saturating_sub(1).min(16);
        let rest = FIRST_REST.saturating_mul(1 << doubled).min(longest);
        // One that takes its time to fail is not worth that much time so soon again.
        let rest = rest.max(now.saturating_sub(asked).min(longest));
        let rest = rest.max(wants.unwrap_or_default().min(LONGEST_ASKED));
        state.rest_ends = state.rest_ends.max(now.saturating_add(rest));
    }

    /// Whether its troubles are to be told now.
    pub(super) fn tells(&self, now: Duration) -> bool {
        due(&mut lock(&self.state).told, now)
    }

    /// Books a request, or says how long to wait for its budget, and whether that is to be told.
    pub(super) fn book(
        &self,
        method: &str,
        now: Duration,
    ) -> Result<(), (Duration, Option<Budget>)> {
        let Some(ledger) = &self.ledger else {
            return Ok(());
        };
        let (booked, budget) = {
            let mut ledger = lock(ledger);
            (ledger.book(method, now), ledger.budget())
        };
        booked.map_err(|wait| {
            let told = due(&mut lock(&self.state).told_budget, now);
            (wait, told.then_some(budget))
        })
    }
}

/// Whether it is time to tell again, which is noted.
fn due(told: &mut Option<Duration>, now: Duration) -> bool {
    let due = told.is_none_or(|at| now >= at.saturating_add(QUIET));
    if due {
        *told = Some(now);
    }
    due
}
