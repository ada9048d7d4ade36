//! What a keeper counts, as Prometheus reads it.

use homeostat_client::Pubkey;
use homeostat_settings::Failure;
use prometheus_client::encoding::{text, EncodeLabelSet};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use crate::health::{Health, Place};
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

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfCode {
    code: &'static str,
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
    balance: Gauge,
    fees: Counter,
    bounties: Counter,
    errors: Family<OfCode, Counter>,
    requests: Counter,
    ticks: Counter,
    last_tick: Gauge,
    health: Health,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut whole = Registry::default();
        let registry = whole.sub_registry_with_prefix("homeostat_keeper");
        let (cranks, states) = (Family::default(), Family::default());
        let [next_end, overdue, lateness, last_success, backoff] =
            [(); 5].map(|()| Family::<Of, Gauge>::default());
        let panics = Family::<Of, Counter>::default();
        let (balance, last_tick) = (Gauge::default(), Gauge::default());
        let [fees, bounties, requests, ticks] = [(); 4].map(|()| Counter::default());
        let errors = Family::default();
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
            "balance_lamports",
            "What the keeper's wallet holds",
            balance.clone(),
        );
        registry.register(
            "fees_paid_lamports",
            "Base and priority fees of transactions that landed",
            Counter::clone(&fees),
        );
        registry.register(
            "bounties_lamports",
            "Bounties of the periods that this keeper ended",
            Counter::clone(&bounties),
        );
        registry.register(
            "rpc_errors",
            "Requests that failed, by code: rpc_unreachable, rpc_timeout, rpc_refused, rpc_nonsense",
            Family::clone(&errors),
        );
        registry.register(
            "rpc_requests",
            "Requests to the JSON-RPC server",
            Counter::clone(&requests),
        );
        registry.register(
            "ticks",
            "Times that the cluster's clock was read",
            Counter::clone(&ticks),
        );
        registry.register(
            "cluster_timestamp",
            "The cluster's clock when it was read last (unix time)",
            last_tick.clone(),
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
            balance,
            fees,
            bounties,
            errors,
            requests,
            ticks,
            last_tick,
            health: Health::default(),
        }
    }
}

impl Metrics {
    /// The text that Prometheus reads.
    pub fn text(&self) -> String {
        let mut all = String::new();
        // A `String` takes everything.
        let _ = text::encode(&mut all, &self.registry);
        all
    }

    /// Whether the keeper does its work.
    pub(crate) fn health(&self) -> &Health {
        &self.health
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
        self.health.recovered(Place::Worker(*economy));
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

    pub(crate) fn backoff(&self, economy: &Pubkey, wait: std::time::Duration) {
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
        self.health.panicked(place, wanted, now);
    }

    pub(crate) fn paid(&self, lamports: u64) {
        self.fees.inc_by(lamports);
    }

    pub(crate) fn earned(&self, lamports: u64) {
        self.bounties.inc_by(lamports);
    }

    /// Counts a failure if it was the server's.
    pub(crate) fn failure(&self, failure: &Failure) {
        if failure.code.starts_with("rpc_") {
            let code = failure.code;
            self.errors.get_or_create(&OfCode { code }).inc();
        }
    }

    pub(crate) fn tick(&self, now: i64, balance: u64) {
        self.ticks.inc();
        self.last_tick.set(now);
        self.balance.set(i64::try_from(balance).unwrap_or(i64::MAX));
        self.health.saw();
    }

    /// The number of requests so far.
    pub(crate) fn requests(&self, all: u64) {
        self.requests
            .inc_by(all.saturating_sub(self.requests.get()));
    }
}

fn of(economy: &Pubkey) -> Of {
    Of {
        economy: economy.to_string(),
    }
}

#[cfg(test)]
mod tests {
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
        metrics.paid(5_000);
        metrics.requests(7);
        metrics.requests(7);
        metrics.failure(&Failure::new("rpc_timeout", "late"));
        metrics.failure(&Failure::new("refused", "no"));
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
        // The operator's guide has all of them.
        let guide = include_str!("../../../docs/KEEPER.md");
        for line in text.lines().filter(|line| line.starts_with("# TYPE")) {
            let name = line.split(' ').nth(2).unwrap();
            let name = name.strip_prefix("homeostat_keeper_").unwrap();
            let listed = ["`", "_total`"]
                .iter()
                .any(|end| guide.contains(&format!("`{name}{end}")));
            assert!(listed, "{name}");
        }
        metrics.forget(&economy);
        assert!(!metrics.text().contains("4vJ9"), "{}", metrics.text());
    }
}
