//! What a keeper counts, as Prometheus reads it.

use std::time::Duration;

use homeostat_client::Pubkey;
use prometheus_client::encoding::{text, EncodeLabelSet};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use crate::health::{Health, Place};
use crate::http::Board;
use crate::vitals::{Vitals, Wallet};
use crate::watch::State;

/// What became of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// This keeper ended it.
    Cranked,
    /// Another one was faster.
    Beaten,
    /// An attempt failed.
    Failed,
    /// A transaction was sent, and nobody could say what became of it.
    Unknown,
}

impl Ending {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Cranked, Self::Beaten, Self::Failed, Self::Unknown];

    /// As in the label `result`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cranked => "cranked",
            Self::Beaten => "beaten",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Of {
    economy: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfResult {
    economy: String,
    result: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfState {
    economy: String,
    state: &'static str,
}

/// The counters and gauges of one keeper.
pub struct Metrics {
    registry: Registry,
    cranks: Family<OfResult, Counter>,
    states: Family<OfState, Gauge>,
    next_end: Family<Of, Gauge>,
    overdue: Family<Of, Gauge>,
    lateness: Family<Of, Gauge>,
    last_success: Family<Of, Gauge>,
    backoff: Family<Of, Gauge>,
    panics: Family<Of, Counter>,
    bounties: Counter,
    vitals: Vitals,
    wallet: Wallet,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut whole = Registry::default();
        let registry = whole.sub_registry_with_prefix("homeostat_keeper");
        let (cranks, states) = (Family::default(), Family::default());
        let [next_end, overdue, lateness, last_success, backoff] =
            [(); 5].map(|()| Family::<Of, Gauge>::default());
        let panics = Family::<Of, Counter>::default();
        let bounties = Counter::default();
        let vitals = Vitals::registered(registry);
        let wallet = Wallet::registered(registry);
        registry.register(
            "cranks",
            "Periods by what became of them: cranked, beaten (another keeper was faster), failed (an attempt), unknown (sent, outcome not known)",
            Family::clone(&cranks),
        );
        registry.register(
            "state",
            "1 for the state that an economy is in",
            Family::clone(&states),
        );
        registry.register(
            "next_end_timestamp",
            "When the period ends, by the cluster's clock (unix time)",
            Family::clone(&next_end),
        );
        registry.register_with_unit(
            "overdue",
            "How long a period has been over without being ended, by the cluster's clock; 0 while paused",
            Unit::Seconds,
            Family::clone(&overdue),
        );
        registry.register_with_unit(
            "lateness",
            "How long after its end the last period was ended, by whomever",
            Unit::Seconds,
            Family::clone(&lateness),
        );
        registry.register(
            "last_success_timestamp",
            "When this keeper ended a period last, by the cluster's clock (unix time)",
            Family::clone(&last_success),
        );
        registry.register(
            "backoff_milliseconds",
            "How long the economy waits after failures; 0 = it does not",
            Family::clone(&backoff),
        );
        registry.register(
            "panics",
            "Panics of workers over an economy; without one, of the look at all of them",
            Family::clone(&panics),
        );
        registry.register(
            "bounties_lamports",
            "Bounties of the periods that this keeper ended",
            Counter::clone(&bounties),
        );
        Self {
            registry: whole,
            cranks,
            states,
            next_end,
            overdue,
            lateness,
            last_success,
            backoff,
            panics,
            bounties,
            vitals,
            wallet,
        }
    }
}

impl Board for Metrics {
    fn text(&self) -> String {
        encoded(&self.registry)
    }

    fn report(&self, patience: Duration) -> (bool, String) {
        self.health().report(patience)
    }
}

/// The text that Prometheus reads.
pub(crate) fn encoded(registry: &Registry) -> String {
    let mut all = String::new();
    // Writing to a String cannot fail.
    let _ = text::encode(&mut all, registry);
    all
}

impl Metrics {
    /// The text that Prometheus reads.
    pub fn text(&self) -> String {
        encoded(&self.registry)
    }

    /// What it counts of itself as every daemon does.
    pub(crate) fn vitals(&self) -> &Vitals {
        &self.vitals
    }

    /// What it counts of its wallet.
    pub(crate) fn wallet(&self) -> &Wallet {
        &self.wallet
    }

    /// Whether the keeper does its work.
    pub(crate) fn health(&self) -> &Health {
        self.vitals.health()
    }

    /// An economy that is watched from now on: its counters begin at 0, so that a rate has
    /// something to begin with.
    pub(crate) fn begin(&self, economy: &Pubkey) {
        for ending in Ending::ALL {
            let _ = self.crank(economy, ending);
        }
        let _ = self.panics.get_or_create(&of(economy));
    }

    /// An economy that is not watched any more.
    pub(crate) fn forget(&self, economy: &Pubkey) {
        for ending in Ending::ALL {
            self.cranks.remove(&OfResult {
                economy: economy.to_string(),
                result: ending.name(),
            });
        }
        for state in State::NAMES {
            self.states.remove(&OfState {
                economy: economy.to_string(),
                state,
            });
        }
        for family in [
            &self.next_end,
            &self.overdue,
            &self.lateness,
            &self.last_success,
            &self.backoff,
        ] {
            family.remove(&of(economy));
        }
        self.panics.remove(&of(economy));
        self.health().recovered(Place::Worker(*economy));
    }

    fn crank(&self, economy: &Pubkey, ending: Ending) -> Counter {
        self.cranks.get_or_create_owned(&OfResult {
            economy: economy.to_string(),
            result: ending.name(),
        })
    }

    pub(crate) fn ended(&self, economy: &Pubkey, ending: Ending, count: u64) {
        self.crank(economy, ending).inc_by(count);
    }

    pub(crate) fn state(&self, economy: &Pubkey, state: &State) {
        for name in State::NAMES {
            let gauge = self.states.get_or_create_owned(&OfState {
                economy: economy.to_string(),
                state: name,
            });
            gauge.set(i64::from(name == state.name()));
        }
    }

    pub(crate) fn next_end(&self, economy: &Pubkey, at: i64) {
        self.next_end.get_or_create(&of(economy)).set(at);
    }

    pub(crate) fn overdue(&self, economy: &Pubkey, seconds: i64) {
        self.overdue.get_or_create(&of(economy)).set(seconds);
    }

    pub(crate) fn lateness(&self, economy: &Pubkey, seconds: i64) {
        self.lateness.get_or_create(&of(economy)).set(seconds);
    }

    pub(crate) fn success(&self, economy: &Pubkey, at: i64) {
        self.last_success.get_or_create(&of(economy)).set(at);
    }

    pub(crate) fn backoff(&self, economy: &Pubkey, wait: Duration) {
        let wait = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
        self.backoff.get_or_create(&of(economy)).set(wait);
    }

    /// Something panicked, at `now` of the cluster's clock; see [`Health::panicked`].
    pub(crate) fn panicked(&self, place: Place, wanted: bool, now: i64) {
        let economy = match place {
            Place::Look => String::new(),
            Place::Worker(economy) => economy.to_string(),
        };
        self.panics.get_or_create(&Of { economy }).inc();
        self.health().panicked(place, wanted, now);
    }

    pub(crate) fn earned(&self, lamports: u64) {
        self.bounties.inc_by(lamports);
    }
}

fn of(economy: &Pubkey) -> Of {
    Of {
        economy: economy.to_string(),
    }
}

/// The operator's guide has a row for every metric of a text.
#[cfg(test)]
pub(crate) fn all_in_the_guide(text: &str, prefix: &str, guide: &str) {
    for line in text.lines().filter(|line| line.starts_with("# TYPE")) {
        let name = line.split(' ').nth(2).expect("a name");
        let name = name.strip_prefix(prefix).expect("the daemon's prefix");
        let listed = ["`", "_total`"]
            .iter()
            .any(|end| guide.contains(&format!("`{name}{end}")));
        assert!(listed, "{name}");
    }
}

#[cfg(test)]
mod tests {
    use homeostat_settings::Failure;

    use super::*;

    #[test]
    fn metrics_are_what_prometheus_reads() {
        let metrics = Metrics::default();
        let economy = Pubkey::new_from_array([1; 32]);
        metrics.begin(&economy);
        metrics.ended(&economy, Ending::Cranked, 2);
        metrics.state(&economy, &State::Waiting);
        metrics.next_end(&economy, 1_767_571_200);
        metrics.lateness(&economy, 4);
        let vitals = metrics.vitals();
        metrics.wallet().paid(5_000);
        vitals.requests(7);
        vitals.requests(7);
        vitals.failure(&Failure::new("rpc_timeout", "late"));
        vitals.failure(&Failure::new("refused", "no"));
        let text = metrics.text();
        for line in [
            "# TYPE homeostat_keeper_cranks counter",
            "homeostat_keeper_cranks_total{economy=\"4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi\",result=\"cranked\"} 2",
            "homeostat_keeper_cranks_total{economy=\"4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi\",result=\"failed\"} 0",
            "homeostat_keeper_state{economy=\"4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi\",state=\"waiting\"} 1",
            "# TYPE homeostat_keeper_lateness_seconds gauge",
            "homeostat_keeper_lateness_seconds{economy=\"4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi\"} 4",
            "homeostat_keeper_fees_paid_lamports_total 5000",
            "homeostat_keeper_rpc_errors_total{code=\"rpc_timeout\"} 1",
            "homeostat_keeper_rpc_requests_total 7",
            "# EOF",
        ] {
            assert!(text.lines().any(|has| has == line), "{line}\n{text}");
        }
        assert!(!text.contains("code=\"refused\""));
        let guide = include_str!("../../../docs/KEEPER.md");
        all_in_the_guide(&text, "homeostat_keeper_", guide);
        metrics.forget(&economy);
        assert!(!metrics.text().contains("4vJ9"), "{}", metrics.text());
    }
}
