//! What a reporter knows of a feed. All of it comes from the chain and may be forgotten at any
//! moment.

use std::sync::Arc;
use std::time::Instant;

use homeostat::state::Reporter;
use homeostat_client::{Feed, Pubkey};
use homeostat_settings::decimal::Decimal;
use tracing::{info, warn};

use super::due;
use super::file::Plan;
use super::metrics::{Metrics, Of, State};
use super::options::Options;
use super::told::Told;
use crate::backoff::Backoff;

/// A feed that the reporter looks after.
pub(super) struct Watch {
    pub(super) plan: Arc<Plan>,
    pub(super) economy: Pubkey,
    pub(super) address: Pubkey,
    pub(super) of: Of,
    pub(super) last: Reporter,
    /// The number and the time of a report of its own that the chain has to show.
    pub(super) sent: Option<(u64, Instant)>,
    /// Not to be read before (unix seconds, the cluster's clock).
    pub(super) next: i64,
    /// Seconds that it is left alone at least after it was read.
    pub(super) pause: i64,
    /// Not to be read before, after failures.
    pub(super) not_before: Option<Instant>,
    pub(super) backoff: Backoff,
    /// A worker has it.
    pub(super) busy: bool,
    /// Its last report did not count, and that was told.
    pub(super) told_apart: bool,
    /// It was told that the wish for `every` cannot be met.
    pub(super) told_every: bool,
    pub(super) state: State,
    /// What it came to, for a single pass.
    pub(super) came_to: Option<Told>,
}

impl Watch {
    /// A feed that was found, with what the key reported last.
    pub(super) fn new(
        plan: &Arc<Plan>,
        economy: Pubkey,
        address: Pubkey,
        last: Reporter,
        options: &Options,
    ) -> Self {
        Self {
            plan: Arc::clone(plan),
            economy,
            address,
            of: Of::new(&economy, plan.index),
            last,
            sent: None,
            next: i64::MIN,
            pause: 1,
            not_before: None,
            backoff: Backoff::new(options.poll, options.max_backoff),
            busy: false,
            told_apart: false,
            told_every: false,
            state: State::Unknown,
            came_to: None,
        }
    }

    /// Whether it may be read: no worker has it, and it has waited after failures.
    pub(super) fn is_free(&self) -> bool {
        let waited = self.not_before.is_none_or(|then| then <= Instant::now());
        waited && !self.busy
    }

    /// What it came to, without figures.
    pub(super) fn told(&self, reporter: &Pubkey, result: &str) -> Told {
        Told {
            reporter: reporter.to_string(),
            economy: self.economy.to_string(),
            feed: self.plan.index,
            result: result.to_owned(),
            value: None,
            observed_at: None,
            sequence: None,
            signature: None,
            code: None,
            message: None,
            remedy: None,
            sources: Vec::new(),
        }
    }

    /// Seconds between two reports; a wish that cannot be met is told once.
    pub(super) fn every(&mut self, feed: &Feed) -> u32 {
        let every = due::every(self.plan.every, feed.max_age);
        self.pause = i64::from(every / 4).max(1);
        let shortened = self.plan.every.is_some_and(|wish| wish > every);
        if shortened && !self.told_every {
            let (economy, feed_age) = (self.economy, feed.max_age);
            warn!(
                name: "every_shortened",
                %economy,
                feed = self.plan.index,
                every_s = every,
                feed_max_age_s = feed_age,
                remedy = "a report must not be too old before the next one is there"
            );
        }
        self.told_every = shortened;
        every
    }

    /// Shows the last report in the metrics, and tells once that it does not count.
    pub(super) fn show(&mut self, metrics: &Metrics, feed: &Feed, now: i64) {
        if self.last.sequence == 0 {
            return;
        }
        let counts = due::counts(feed, &self.last, now);
        let value: f64 = self.last.value.get().to_num();
        let age = now.saturating_sub(self.last.observed_at);
        metrics.last(&self.of, value, self.last.observed_at, age, counts);
        let apart = counts == Some(false);
        if apart && !self.told_apart {
            let reading = feed.reading(now).map(|reading| reading.value);
            let median = reading.map(|median| Decimal::shortest(median).to_string());
            warn!(
                name: "not_counted",
                economy = %self.economy,
                feed = self.plan.index,
                value = Decimal::shortest(self.last.value.get()).to_string(),
                median,
                remedy = "the reporters do not agree: compare the sources"
            );
        }
        self.told_apart = apart;
    }

    /// Tells a state that is new.
    pub(super) fn tell_state(&mut self, state: State, metrics: &Metrics) {
        if self.state != state {
            let economy = self.economy;
            info!(name: "state", %economy, feed = self.plan.index, state = state.name());
        }
        self.state = state;
        metrics.state(&self.of, state);
    }
}
