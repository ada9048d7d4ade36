//! Whether the keeper does its work, for `/healthz`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, SecondsFormat};
use homeostat_client::Pubkey;

/// Where something panicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// In a look at the clock and at all economies.
    Look,
    /// In a worker, over an economy.
    Worker(Pubkey),
}

/// Panics in a row.
#[derive(Clone, Copy, Debug)]
struct Panics {
    /// Whether the operator wants what does not work.
    wanted: bool,
    times: u64,
    /// The first of them, by the cluster's clock (unix seconds).
    since: i64,
}

/// When the cluster was reached, and what panics.
#[derive(Default)]
pub(crate) struct Health {
    seen: Mutex<Option<Instant>>,
    panics: Mutex<BTreeMap<Place, Panics>>,
}

impl Health {
    /// The cluster's clock was read.
    pub(crate) fn saw(&self) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// When the cluster's clock was read last.
    pub(crate) fn last_seen(&self) -> Option<Instant> {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn panics(&self) -> MutexGuard<'_, BTreeMap<Place, Panics>> {
        self.panics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It panicked, at `now` of the cluster's clock (unix seconds). Economies that nobody
    /// named are not `wanted`: whoever made one must not be able to have the keeper
    /// restarted.
    pub(crate) fn panicked(&self, place: Place, wanted: bool, now: i64) {
        let mut panics = self.panics();
        let first = Panics {
            wanted,
            times: 0,
            since: now,
        };
        let one = panics.entry(place).or_insert(first);
        one.times = one.times.saturating_add(1);
    }

    /// It did not panic this time, its period was ended, or it is not looked after any more.
    pub(crate) fn recovered(&self, place: Place) {
        self.panics().remove(&place);
    }

    /// Whether all is well, and in words what is not. The cluster must have been reached
    /// within `patience`.
    pub(crate) fn report(&self, patience: Duration) -> (bool, String) {
        let mut trouble = String::new();
        let mut fine = false;
        // Writing to a String cannot fail.
        let _ = match self.last_seen().map(|seen| seen.elapsed()) {
            Some(ago) if ago <= patience => {
                fine = true;
                Ok(())
            }
            Some(ago) => {
                let seconds = ago.as_secs();
                writeln!(trouble, "the cluster was reached last {seconds} s ago")
            }
            None => writeln!(trouble, "the cluster was not reached yet"),
        };
        for (place, panics) in self.panics().iter() {
            fine &= !panics.wanted;
            let what = match place {
                Place::Look => "the look at the economies".to_owned(),
                Place::Worker(economy) => format!("the worker of {economy}"),
            };
            let since = DateTime::from_timestamp(panics.since, 0).unwrap_or_default();
            let since = since.to_rfc3339_opts(SecondsFormat::Secs, true);
            let times = panics.times;
            let _ = writeln!(
                trouble,
                "{what} panicked {times} times in a row since {since}"
            );
        }
        let first = if fine { "ok\n" } else { "" };
        (fine, format!("{first}{trouble}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn healthy_is_who_reaches_the_cluster() {
        let health = Health::default();
        let told = (false, "the cluster was not reached yet\n".to_owned());
        assert_eq!(health.report(MINUTE), told);
        health.saw();
        assert_eq!(health.report(MINUTE), (true, "ok\n".to_owned()));
        assert!(!health.report(Duration::ZERO).0);
    }

    #[test]
    fn what_panics_is_named_with_its_number_until_it_works() {
        let health = Health::default();
        health.saw();
        let economy = Pubkey::new_from_array([1; 32]);
        let other = Pubkey::new_from_array([2; 32]);
        // given an economy that was named, and one that was found
        health.panicked(Place::Worker(economy), true, 1_767_571_200);
        health.panicked(Place::Worker(economy), true, 1_767_571_260);
        health.panicked(Place::Worker(other), false, 1_767_571_200);
        health.panicked(Place::Look, true, 1_767_571_200);
        let (fine, words) = health.report(MINUTE);
        assert!(!fine);
        assert_eq!(
            words,
            format!(
                "the look at the economies panicked 1 times in a row since 2026-01-05T00:00:00Z\n\
                 the worker of {economy} panicked 2 times in a row since 2026-01-05T00:00:00Z\n\
                 the worker of {other} panicked 1 times in a row since 2026-01-05T00:00:00Z\n"
            )
        );
        // when those work that the operator wants, then it is healthy and tells of the other
        health.recovered(Place::Look);
        health.recovered(Place::Worker(economy));
        let (fine, words) = health.report(MINUTE);
        assert!(fine);
        assert!(words.starts_with("ok\n"), "{words}");
        assert!(words.contains(&other.to_string()), "{words}");
    }
}
