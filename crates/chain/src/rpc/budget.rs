//! How many requests a server is asked within a window of time.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::cluster::{host, is_loopback};
use homeostat_settings::failure::{quoted, Failure};

/// The window that limits count requests in.
pub const WINDOW: Duration = Duration::from_secs(10);

/// Most requests in any [`WINDOW`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Of one method.
    pub method: usize,
    /// Of all methods together.
    pub all: usize,
}

impl Budget {
    /// What the public servers of the clusters let an address do:
    /// <https://solana.com/docs/references/clusters>.
    pub const PUBLIC: Self = Self {
        method: 40,
        all: 100,
    };

    /// How many requests of one method go through in a time, of which every window is used to
    /// the full; rounded down, one at least.
    pub fn within(self, time: Duration) -> usize {
        let one_window = self.method.min(self.all) as u128;
        let fit = one_window.saturating_mul(time.as_millis()) / WINDOW.as_millis();
        usize::try_from(fit).unwrap_or(usize::MAX).max(1)
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} requests of a method and {} in all in {} s",
            self.method,
            self.all,
            WINDOW.as_secs()
        )
    }
}

/// Which servers are asked how often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Allowed {
    /// The public servers of the clusters as often as they have published, others without a
    /// bound: their limits are between them and whoever has the key.
    #[default]
    Published,
    /// Every server that is not on this machine as often as the public ones: for what runs for
    /// months, unwatched.
    Sparing,
    /// Every server, wherever it is, so often.
    At(Budget),
    /// Without a bound.
    Unbounded,
}

impl Allowed {
    /// What a server may be asked.
    pub fn of(self, url: &str) -> Option<Budget> {
        let host = host(url);
        let public = host == "solana.com" || host.ends_with(".solana.com");
        match self {
            Self::Published => public.then_some(Budget::PUBLIC),
            Self::Sparing => (!is_loopback(url)).then_some(Budget::PUBLIC),
            Self::At(budget) => Some(budget),
            Self::Unbounded => None,
        }
    }
}

impl FromStr for Allowed {
    type Err = Failure;

    /// `off`, or `METHOD,ALL`: requests in 10 s.
    fn from_str(text: &str) -> Result<Self, Failure> {
        if text == "off" {
            return Ok(Self::Unbounded);
        }
        let number = |text: &str| text.parse::<usize>().ok().filter(|number| *number > 0);
        let budget = text.split_once(',').and_then(|(method, all)| {
            let (method, all) = (number(method)?, number(all)?);
            Some(Budget { method, all })
        });
        budget.map(Self::At).ok_or_else(|| {
            Failure::new(
                "bad_budget",
                format!("{} is not a budget of requests", quoted(text)),
            )
            .remedy(
                "write METHOD,ALL, such as 40,100: requests in 10 s of one method and of all \
                 together; or off",
            )
        })
    }
}

/// What a server was asked, as far as its budget is concerned.
#[derive(Debug)]
pub(super) struct Ledger {
    budget: Budget,
    all: VecDeque<Duration>,
    methods: BTreeMap<String, VecDeque<Duration>>,
}

impl Ledger {
    pub(super) fn new(budget: Budget) -> Self {
        Self {
            budget,
            all: VecDeque::new(),
            methods: BTreeMap::new(),
        }
    }

    pub(super) fn budget(&self) -> Budget {
        self.budget
    }

    /// Books a request of a method at `now`, or says how long to wait before asking again.
    pub(super) fn book(&mut self, method: &str, now: Duration) -> Result<(), Duration> {
        let of_method = self.methods.entry(method.to_owned()).or_default();
        let free = free_at(of_method, self.budget.method);
        let free = free.max(free_at(&self.all, self.budget.all));
        if free > now {
            return Err(free.saturating_sub(now));
        }
        note(of_method, self.budget.method, now);
        note(&mut self.all, self.budget.all, now);
        Ok(())
    }
}

/// When a request may follow those that were booked: a window after the one that many before.
fn free_at(booked: &VecDeque<Duration>, most: usize) -> Duration {
    let oldest = booked.len().checked_sub(most).and_then(|at| booked.get(at));
    oldest.map_or(Duration::ZERO, |at| at.saturating_add(WINDOW))
}

/// Only as many are remembered as the next one is compared with.
fn note(booked: &mut VecDeque<Duration>, most: usize, now: Duration) {
    if booked.len() >= most {
        booked.pop_front();
    }
    booked.push_back(now);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The most that lie in any window that begins with a request.
    fn densest(times: &[Duration]) -> usize {
        let within = |begin: Duration| {
            let inside = times
                .iter()
                .filter(|at| **at >= begin && **at < begin + WINDOW);
            inside.count()
        };
        times.iter().map(|begin| within(*begin)).max().unwrap_or(0)
    }

    #[test]
    fn a_burst_is_spread_so_that_no_window_has_more_than_the_budget() {
        // Given a hundred cranks at once, each of these requests, in any order of methods,
        let of_a_crank = [
            "simulate",
            "fees",
            "blockhash",
            "send",
            "status",
            "accounts",
        ];
        let burst: Vec<&str> = of_a_crank.into_iter().cycle().take(650).collect();
        let mut ledger = Ledger::new(Budget::PUBLIC);
        let mut now = Duration::ZERO;
        let mut sent: Vec<(&str, Duration)> = Vec::new();
        for method in burst {
            // when each waits as long as it is told,
            while let Err(wait) = ledger.book(method, now) {
                assert!(wait <= WINDOW && wait > Duration::ZERO);
                now += wait;
            }
            sent.push((method, now));
        }
        // then no window of 10 s has more than 100 requests, or 40 of a method,
        let all: Vec<Duration> = sent.iter().map(|(_, at)| *at).collect();
        assert_eq!(densest(&all), 100);
        for method in of_a_crank {
            let own = sent.iter().filter(|(of, _)| *of == method);
            let own: Vec<Duration> = own.map(|(_, at)| *at).collect();
            assert!(densest(&own) <= 40, "{method}");
        }
        // and none waits longer than the budget makes it: 650 requests are six windows.
        assert_eq!(now, WINDOW * 6);
    }

    #[test]
    fn what_goes_through_in_a_time_follows_the_scarcer_bound() {
        let seconds = Duration::from_secs;
        assert_eq!(Budget::PUBLIC.within(seconds(25)), 100);
        assert_eq!(Budget::PUBLIC.within(seconds(10)), 40);
        assert_eq!(Budget { method: 9, all: 3 }.within(seconds(25)), 7);
        assert_eq!(Budget { method: 1, all: 1 }.within(seconds(5)), 1);
        let boundless = Budget {
            method: usize::MAX,
            all: usize::MAX,
        };
        assert_eq!(boundless.within(seconds(25)), usize::MAX);
    }

    #[test]
    fn one_method_is_held_back_and_the_others_go_on() {
        let mut ledger = Ledger::new(Budget { method: 2, all: 5 });
        let at = Duration::from_secs;
        assert_eq!(ledger.book("a", at(0)), Ok(()));
        assert_eq!(ledger.book("a", at(3)), Ok(()));
        // The third waits until the first is a window old, and not longer.
        assert_eq!(ledger.book("a", at(4)), Err(at(6)));
        assert_eq!(ledger.book("b", at(4)), Ok(()));
        assert_eq!(ledger.book("b", at(4)), Ok(()));
        assert_eq!(ledger.book("c", at(4)), Ok(()));
        // Five in all: the sixth waits for the first of them.
        assert_eq!(ledger.book("d", at(4)), Err(at(6)));
        assert_eq!(ledger.book("a", at(10)), Ok(()));
        assert_eq!(ledger.book("a", at(10)), Err(at(3)));
        assert_eq!(ledger.book("d", at(10)), Err(at(3)));
    }

    #[test]
    fn public_servers_have_their_limits_and_this_machine_has_none() {
        let public = "https://api.mainnet-beta.solana.com";
        let own = "https://user:word@rpc.example.org:8899/key";
        let here = "http://127.0.0.1:8899";
        let imitation = "https://solana.com.example.org/?x=api.solana.com";
        for (allowed, of_public, of_own, of_here) in [
            (Allowed::Published, Some(Budget::PUBLIC), None, None),
            (
                Allowed::Sparing,
                Some(Budget::PUBLIC),
                Some(Budget::PUBLIC),
                None,
            ),
            (Allowed::Unbounded, None, None, None),
        ] {
            assert_eq!(allowed.of(public), of_public);
            assert_eq!(allowed.of(own), of_own);
            assert_eq!(allowed.of(here), of_here);
            assert_eq!(allowed.of("http://[::1]:8899"), of_here);
            assert_eq!(allowed.of(imitation), of_own);
        }
    }

    #[test]
    fn a_budget_is_two_numbers_or_off() {
        assert_eq!("off".parse(), Ok(Allowed::Unbounded));
        let budget = Budget { method: 7, all: 9 };
        assert_eq!("7,9".parse(), Ok(Allowed::At(budget)));
        assert_eq!(Allowed::At(budget).of("http://127.0.0.1:1"), Some(budget));
        for bad in ["", "7", "0,9", "7,0", "7,9,1", "-1,2", "many"] {
            assert_eq!(
                bad.parse::<Allowed>().unwrap_err().code,
                "bad_budget",
                "{bad}"
            );
        }
    }
}
