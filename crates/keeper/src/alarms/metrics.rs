//! What a watcher counts, as Prometheus reads it.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::alarm::{Code, Severity};
use crate::http::Board;
use crate::metrics::encoded;
use crate::vitals::Vitals;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfAlarm {
    code: &'static str,
    severity: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Of {
    sink: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfResult {
    sink: String,
    result: &'static str,
}

/// What became of an attempt to tell a sink an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The sink has it.
    Taken,
    /// The sink has not taken it, or nobody can say.
    Failed,
}

impl Ending {
    const ALL: [Self; 2] = [Self::Taken, Self::Failed];

    /// As in the label `result`.
    const fn name(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Failed => "failed",
        }
    }
}

/// The counters and gauges of one watcher. It has no wallet, so there are none of one.
pub struct Metrics {
    registry: Registry,
    alarms: Family<OfAlarm, Counter>,
    deliveries: Family<OfResult, Counter>,
    pending: Family<Of, Gauge>,
    backoff: Family<Of, Gauge>,
    vitals: Vitals,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut whole = Registry::default();
        let registry = whole.sub_registry_with_prefix("homeostat_watcher");
        let vitals = Vitals::registered(registry);
        let alarms = Family::<OfAlarm, Counter>::default();
        let deliveries = Family::default();
        let [pending, backoff] = [(); 2].map(|()| Family::<Of, Gauge>::default());
        registry.register(
            "alarms",
            "Alarms that were decided, by code and severity",
            Family::clone(&alarms),
        );
        registry.register(
            "deliveries",
            "Attempts to tell a sink an alarm: taken, failed",
            Family::clone(&deliveries),
        );
        registry.register(
            "pending",
            "Alarms that the sink has not taken yet",
            Family::clone(&pending),
        );
        registry.register(
            "backoff_milliseconds",
            "How long the sink is left alone after failures; 0 = it is not",
            Family::clone(&backoff),
        );
        // They begin at 0, so that a rate has something to begin with.
        for code in Code::ALL {
            let _ = alarms.get_or_create(&of_alarm(*code, code.severity()));
        }
        Self {
            registry: whole,
            alarms,
            deliveries,
            pending,
            backoff,
            vitals,
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

    /// A sink that is told from now on.
    pub(super) fn begin(&self, sink: &str) {
        for ending in Ending::ALL {
            let _ = self.deliveries.get_or_create(&of_result(sink, ending));
        }
        self.pending(sink, 0);
        self.backoff(sink, Duration::ZERO);
    }

    /// An alarm was decided.
    pub(super) fn alarm(&self, code: Code, severity: Severity) {
        self.alarms.get_or_create(&of_alarm(code, severity)).inc();
    }

    /// A sink was told an alarm, or was to be told.
    pub(super) fn delivery(&self, sink: &str, ending: Ending) {
        self.deliveries
            .get_or_create(&of_result(sink, ending))
            .inc();
    }

    /// So many alarms wait for a sink.
    pub(super) fn pending(&self, sink: &str, count: usize) {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        self.pending.get_or_create(&of(sink)).set(count);
    }

    /// A sink is left alone for so long.
    pub(super) fn backoff(&self, sink: &str, wait: Duration) {
        let wait = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
        self.backoff.get_or_create(&of(sink)).set(wait);
    }
}

fn of_alarm(code: Code, severity: Severity) -> OfAlarm {
    OfAlarm {
        code: code.word(),
        severity: severity.word(),
    }
}

fn of(sink: &str) -> Of {
    Of {
        sink: sink.to_owned(),
    }
}

fn of_result(sink: &str, ending: Ending) -> OfResult {
    OfResult {
        sink: sink.to_owned(),
        result: ending.name(),
    }
}

#[cfg(test)]
mod tests {
    use homeostat_settings::Failure;

    use super::*;
    use crate::metrics::all_in_the_guide;

    #[test]
    fn metrics_are_what_prometheus_reads_and_the_guide_has_all() {
        let metrics = Metrics::default();
        metrics.begin("webhook");
        metrics.alarm(Code::Paused, Severity::Critical);
        metrics.alarm(Code::Paused, Severity::Info);
        metrics.delivery("webhook", Ending::Failed);
        metrics.pending("webhook", 2);
        metrics.backoff("webhook", Duration::from_secs(4));
        metrics.vitals().tick(1_767_571_200);
        let failure = Failure::new("rpc_timeout", "late");
        metrics.vitals().failure(&failure);
        let text = metrics.text();
        for line in [
            "homeostat_watcher_alarms_total{code=\"paused\",severity=\"critical\"} 1",
            "homeostat_watcher_alarms_total{code=\"paused\",severity=\"info\"} 1",
            "homeostat_watcher_alarms_total{code=\"blind\",severity=\"critical\"} 0",
            "homeostat_watcher_deliveries_total{sink=\"webhook\",result=\"taken\"} 0",
            "homeostat_watcher_deliveries_total{sink=\"webhook\",result=\"failed\"} 1",
            "homeostat_watcher_pending{sink=\"webhook\"} 2",
            "homeostat_watcher_backoff_milliseconds{sink=\"webhook\"} 4000",
            "homeostat_watcher_cluster_timestamp 1767571200",
        ] {
            assert!(text.lines().any(|has| has == line), "{line}\n{text}");
        }
        // It has no wallet: nobody is to be woken for one with nothing in it.
        assert!(!text.contains("lamports"), "{text}");
        let guide = include_str!("../../../../docs/WATCH.md");
        all_in_the_guide(&text, "homeostat_watcher_", guide);
    }
}
