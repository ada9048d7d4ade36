//! What daemons count of themselves: every one its requests and its looks at the clock, one that
//! sends transactions its wallet too.

use homeostat_settings::Failure;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::health::Health;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfCode {
    code: &'static str,
}

/// The counters and gauges of a daemon, whatever its work is.
#[derive(Default)]
pub(crate) struct Vitals {
    errors: Family<OfCode, Counter>,
    requests: Counter,
    ticks: Counter,
    last_tick: Gauge,
    health: Health,
}

impl Vitals {
    /// Registered under the daemon's prefix.
    pub(crate) fn registered(registry: &mut Registry) -> Self {
        let all = Self::default();
        registry.register(
            "rpc_errors",
            "Requests that failed, by code: rpc_unreachable, rpc_timeout, rpc_refused, rpc_nonsense",
            Family::clone(&all.errors),
        );
        registry.register(
            "rpc_requests",
            "Requests to the JSON-RPC server",
            Counter::clone(&all.requests),
        );
        registry.register(
            "ticks",
            "Times that the cluster's clock was read",
            Counter::clone(&all.ticks),
        );
        registry.register(
            "cluster_timestamp",
            "The cluster's clock when it was read last (unix time)",
            all.last_tick.clone(),
        );
        all
    }

    /// Whether the daemon does its work.
    pub(crate) fn health(&self) -> &Health {
        &self.health
    }

    /// Counts a failure if it was the server's.
    pub(crate) fn failure(&self, failure: &Failure) {
        if failure.code.starts_with("rpc_") {
            let code = failure.code;
            self.errors.get_or_create(&OfCode { code }).inc();
        }
    }

    /// The cluster's clock (unix seconds) was read.
    pub(crate) fn tick(&self, now: i64) {
        self.ticks.inc();
        self.last_tick.set(now);
        self.health.saw();
    }

    /// The number of requests so far.
    pub(crate) fn requests(&self, all: u64) {
        self.requests
            .inc_by(all.saturating_sub(self.requests.get()));
    }
}

/// The gauge and the counter of the wallet of a daemon that sends transactions.
#[derive(Default)]
pub(crate) struct Wallet {
    balance: Gauge,
    fees: Counter,
}

impl Wallet {
    /// Registered under the daemon's prefix.
    pub(crate) fn registered(registry: &mut Registry) -> Self {
        let all = Self::default();
        registry.register(
            "balance_lamports",
            "What the daemon's wallet holds",
            all.balance.clone(),
        );
        registry.register(
            "fees_paid_lamports",
            "Base and priority fees of transactions that landed",
            Counter::clone(&all.fees),
        );
        all
    }

    /// What the wallet holds (lamports) was read.
    pub(crate) fn holds(&self, lamports: u64) {
        self.balance
            .set(i64::try_from(lamports).unwrap_or(i64::MAX));
    }

    /// Fees of a transaction that landed.
    pub(crate) fn paid(&self, lamports: u64) {
        self.fees.inc_by(lamports);
    }
}
