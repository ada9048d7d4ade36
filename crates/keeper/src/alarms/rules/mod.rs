//! Which alarms follow from what was known and what is now. Pure: no network, no clock.
//!
//! The order matters. First the logs are asked whether they still lead through what was read,
//! and whether they explain what changed: a view that contradicts its own logs raises that one
//! alarm and is not believed in anything else. Then come the records, in their order, then what
//! only a comparison shows, then the states that last.

mod changes;
mod cluster;
mod lasting;
mod records;
mod steps;
mod teller;
mod trust;

use homeostat_client::Pubkey;

use super::alarm::Alarm;
use super::seen::{Facts, Seen};
use super::view::View;
pub use cluster::{judge_gone, judge_program, judge_sight, judge_wallet};
use teller::Teller;

/// Where a state begins to be worth an alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// How long a period may be over before it is overdue (seconds). `None` = a tenth of the
    /// period, at least 10 min.
    pub overdue: Option<u64>,
    /// Cranks that a keeper vault should be able to pay: with fewer it is low, and no longer low
    /// with a quarter more.
    pub cranks: u64,
    /// Periods in a row at a limit after which a parameter is saturated.
    pub saturated: u32,
    /// What a named wallet should contain (lamports); no longer low with a quarter more.
    pub wallet: u64,
    /// Time without a newer view after which the watcher is blind (seconds).
    pub blind: u64,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            overdue: None,
            cranks: 10,
            saturated: 3,
            wallet: 10_000_000,
            blind: 600,
        }
    }
}

/// What follows from a view of an economy: what is known from now on, and the alarms.
///
/// A view of the same slot as the last one, or of an earlier one, says nothing: servers lag, and
/// some repeat an old answer.
pub fn judge(seen: &Seen, view: &View, rules: &Rules) -> (Seen, Vec<Alarm>) {
    if view.slot <= seen.slot {
        return (seen.clone(), Vec::new());
    }
    let mut teller = Teller::new(seen, view);
    let Some(news) = trust::read(&mut teller, seen, view) else {
        // Nothing of it is believed, so the next view is compared with the same as this one.
        return teller.end();
    };
    let facts = Facts::of(view);
    records::tell(&mut teller, view, &news);
    steps::tell(&mut teller, view, &news, rules);
    changes::tell(&mut teller, view, &seen.facts, &facts, &news);
    lasting::tell(&mut teller, view, rules);
    teller.seen.replay = false;
    teller.seen.facts = facts;
    teller.seen.slot = view.slot;
    teller.seen.now = view.now;
    for (position, grown) in teller.seen.positions.iter_mut().zip(&news.grown) {
        position.clone_from(&grown.head);
    }
    teller.end()
}

/// The addresses of the proposals that the records since the last look are about: with their
/// accounts in [`View::proposals`] the alarms say what they change.
pub fn wanted_proposals(seen: &Seen, view: &View) -> Vec<Pubkey> {
    records::subjects(seen, view)
}

#[cfg(test)]
mod tests;
