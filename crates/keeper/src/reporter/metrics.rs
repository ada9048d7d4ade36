//! What a reporter counts, as Prometheus reads it.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use homeostat_client::Pubkey;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use crate::http::Board;
use crate::metrics::encoded;
use crate::vitals::{Vitals, Wallet};

/// A feed, as in the labels `economy` and `feed`.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct Of {
    economy: String,
    feed: String,
}

impl Of {
    pub(super) fn new(economy: &Pubkey, feed: u8) -> Self {
        Self {
            economy: economy.to_string(),
            feed: feed.to_string(),
        }
    }
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfResult {
    economy: String,
    feed: String,
    result: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfState {
    economy: String,
    feed: String,
    state: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfSource {
    economy: String,
    feed: String,
    source: String,
    code: &'static str,
}

/// What became of an attempt to report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Reported,
    Overtaken,
    Failed,
    Unknown,
}

impl Ending {
    const ALL: [Self; 4] = [Self::Reported, Self::Overtaken, Self::Failed, Self::Unknown];

    /// As in the label `result`, and on stdout.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::Overtaken => "overtaken",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// What a feed waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It was not read yet.
    Unknown,
    /// The next report is not due, or no source has anything new.
    Waiting,
    /// The economy has no periods any more.
    Retired,
    /// Its value is far from the last one, and a person has to look at it.
    Jump,
    /// Something does not work.
    Failing,
}

impl State {
    const ALL: [Self; 5] = [
        Self::Unknown,
        Self::Waiting,
        Self::Retired,
        Self::Jump,
        Self::Failing,
    ];

    /// As in the label `state`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Waiting => "waiting",
            Self::Retired => "retired",
            Self::Jump => "jump",
            Self::Failing => "failing",
        }
    }
}

/// The counters and gauges of one reporter.
pub struct Metrics {
    registry: Registry,
    reports: Family<OfResult, Counter>,
    states: Family<OfState, Gauge>,
    values: Family<Of, Gauge<f64, AtomicU64>>,
    observed: Family<Of, Gauge>,
    age: Family<Of, Gauge>,
    counts: Family<Of, Gauge>,
    distrusted: Family<OfSource, Counter>,
    backoff: Family<Of, Gauge>,
    panics: Family<Of, Counter>,
    vitals: Vitals,
    wallet: Wallet,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut whole = Registry::default();
        let registry = whole.sub_registry_with_prefix("homeostat_reporter");
        let (reports, states, distrusted) =
            (Family::default(), Family::default(), Family::default());
        let values = Family::default();
        let [observed, age, counts, backoff] = [(); 4].map(|()| Family::<Of, Gauge>::default());
        let panics = Family::default();
        let vitals = Vitals::registered(registry);
        let wallet = Wallet::registered(registry);
        registry.register(
            "reports",
            "Attempts to report by what became of them: reported, overtaken (another process with this key was faster), failed, unknown (sent, outcome not known)",
            Family::clone(&reports),
        );
        registry.register(
            "state",
            "1 for the state that a feed is in",
            Family::clone(&states),
        );
        registry.register(
            "value",
            "The reporter's last report on chain, in the feed's unit",
            Family::clone(&values),
        );
        registry.register(
            "observed_timestamp",
            "When what was reported last was so (unix time)",
            Family::clone(&observed),
        );
        registry.register_with_unit(
            "age",
            "How old the last report is, by the cluster's clock",
            Unit::Seconds,
            Family::clone(&age),
        );
        registry.register(
            "counts",
            "1 if the last report is fresh and within the feed's spread of the median of all reporters, 0 if it is fresh and outside",
            Family::clone(&counts),
        );
        registry.register(
            "source_failures",
            "Times that a source could not be believed, by code",
            Family::clone(&distrusted),
        );
        registry.register(
            "backoff_milliseconds",
            "How long the feed waits after failures; 0 = it does not",
            Family::clone(&backoff),
        );
        registry.register(
            "panics",
            "Panics of workers over a feed; without one, of the look at all of them",
            Family::clone(&panics),
        );
        Self {
            registry: whole,
            reports,
            states,
            values,
            observed,
            age,
            counts,
            distrusted,
            backoff,
            panics,
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
        self.vitals.health().report(patience)
    }
}

impl Metrics {
    /// What it counts of itself as every daemon does.
    pub(super) fn vitals(&self) -> &Vitals {
        &self.vitals
    }

    /// What it counts of its wallet.
    pub(super) fn wallet(&self) -> &Wallet {
        &self.wallet
    }

    /// A feed that is looked after from now on: its counters begin at 0, so that a rate has
    /// something to begin with.
    pub(super) fn begin(&self, of: &Of) {
        for ending in Ending::ALL {
            self.ended(of, ending, 0);
        }
        let _ = self.panics.get_or_create(of);
        self.state(of, State::Unknown);
    }

    pub(super) fn ended(&self, of: &Of, ending: Ending, count: u64) {
        let Of { economy, feed } = of.clone();
        let result = ending.name();
        let of = OfResult {
            economy,
            feed,
            result,
        };
        self.reports.get_or_create(&of).inc_by(count);
    }

    pub(super) fn state(&self, of: &Of, now: State) {
        for state in State::ALL {
            let Of { economy, feed } = of.clone();
            let of = OfState {
                economy,
                feed,
                state: state.name(),
            };
            self.states.get_or_create(&of).set((state == now).into());
        }
    }

    /// The last report on chain: its value (for a chart, so rounded to a double), its time (unix
    /// seconds), its age (seconds), and whether it counts, where that is known.
    pub(super) fn last(&self, of: &Of, value: f64, at: i64, age: i64, counts: Option<bool>) {
        self.values.get_or_create(of).set(value);
        self.observed.get_or_create(of).set(at);
        self.age.get_or_create(of).set(age);
        match counts {
            Some(counts) => {
                self.counts.get_or_create(of).set(counts.into());
            }
            None => {
                self.counts.remove(of);
            }
        }
    }

    pub(super) fn distrusted(&self, of: &Of, source: usize, code: &'static str) {
        let Of { economy, feed } = of.clone();
        let of = OfSource {
            economy,
            feed,
            source: source.to_string(),
            code,
        };
        self.distrusted.get_or_create(&of).inc();
    }

    pub(super) fn backoff(&self, of: &Of, wait: Duration) {
        let wait = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
        self.backoff.get_or_create(of).set(wait);
    }

    /// A panic over a feed, or (`None`) in the look at all of them.
    pub(super) fn panicked(&self, of: Option<&Of>) {
        let nothing = Of {
            economy: String::new(),
            feed: String::new(),
        };
        self.panics.get_or_create(of.unwrap_or(&nothing)).inc();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::all_in_the_guide;

    #[test]
    fn metrics_are_what_prometheus_reads_and_the_guide_has_all() {
        let metrics = Metrics::default();
        let of = Of::new(&Pubkey::new_from_array([1; 32]), 2);
        metrics.begin(&of);
        metrics.ended(&of, Ending::Reported, 1);
        metrics.state(&of, State::Waiting);
        metrics.last(&of, 2.5, 1_767_571_200, 60, Some(true));
        metrics.distrusted(&of, 1, "source_stale");
        metrics.wallet().paid(5_000);
        let text = metrics.text();
        let labels = "economy=\"4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi\",feed=\"2\"";
        for line in [
            format!("homeostat_reporter_reports_total{{{labels},result=\"reported\"}} 1"),
            format!("homeostat_reporter_reports_total{{{labels},result=\"failed\"}} 0"),
            format!("homeostat_reporter_state{{{labels},state=\"waiting\"}} 1"),
            format!("homeostat_reporter_state{{{labels},state=\"unknown\"}} 0"),
            format!("homeostat_reporter_value{{{labels}}} 2.5"),
            format!("homeostat_reporter_age_seconds{{{labels}}} 60"),
            format!("homeostat_reporter_counts{{{labels}}} 1"),
            format!(
                "homeostat_reporter_source_failures_total{{{labels},source=\"1\",\
                 code=\"source_stale\"}} 1"
            ),
            "homeostat_reporter_fees_paid_lamports_total 5000".to_owned(),
        ] {
            assert!(text.lines().any(|has| has == line), "{line}\n{text}");
        }
        metrics.last(&of, 2.5, 1_767_571_200, 6_000, None);
        assert!(!metrics.text().contains("reporter_counts{"));
        let guide = include_str!("../../../../docs/REPORTER.md");
        all_in_the_guide(&text, "homeostat_reporter_", guide);
    }
}
