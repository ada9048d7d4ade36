//! What became of an attempt.

use std::time::{Duration, Instant};

use homeostat::error::HomeostatError;
use homeostat_chain::Receipt;
use homeostat_client::Pubkey;
use homeostat_settings::Failure;
use tracing::{debug, info, Level};

use crate::attempt::Done;
use crate::backoff::lot;
use crate::crew::PANICKED;
use crate::health::Place;
use crate::log::{fails, millis};
use crate::metrics::Ending;
use crate::watch::State;

use super::{delay, Round};

/// Refusals in a row that may come from races; more are worth a warning.
const RACES: u32 = 3;

impl Round {
    /// A worker has come back.
    pub(super) fn done(&mut self, done: Done) {
        self.busy = self.busy.saturating_sub(1);
        self.metrics.wallet().paid(done.fees);
        for failure in &done.failures {
            self.metrics.vitals().failure(failure);
        }
        self.metrics.vitals().requests(self.requests());
        let (own, jitter) = (self.own(), self.options.jitter);
        let economy = done.economy;
        let Some(watch) = self.watches.get_mut(&economy) else {
            return;
        };
        watch.busy = false;
        watch.table = done.table;
        let place = Place::Worker(economy);
        match &done.result {
            Err(failure) if failure.code == PANICKED => {
                self.metrics.panicked(place, watch.named, self.now);
            }
            _ => self.metrics.health().recovered(place),
        }
        if done.touched {
            self.touched(&economy, &done.result, done.fees);
            return;
        }
        let receipt = match done.result {
            Ok(receipt) => receipt,
            Err(failure) if failure.custom.is_some_and(is_race) => {
                // Somebody was faster, or it was paused meanwhile: the next look tells.
                let wait = watch.later(lot(&own, &economy, done.periods));
                let level = if watch.backoff.failures() > RACES {
                    Level::WARN
                } else {
                    Level::DEBUG
                };
                fails!(level, "race", &failure, economy = %economy, retry_ms = millis(wait));
                self.keep(&economy, Ending::Beaten.name(), None, None);
                return;
            }
            Err(failure) => {
                self.broken(&economy, failure);
                return;
            }
        };
        let ended = done.periods.saturating_add(1);
        watch.cranked = Some((done.periods, Instant::now()));
        watch.periods = Some(ended);
        watch.in_doubt = false;
        watch.backoff.reset();
        watch.not_before = None;
        watch.state = State::Waiting;
        let after = done.after.filter(|after| after.totals.periods >= ended);
        let mut lateness_s = None;
        if let Some(after) = &after {
            let lateness = after.last_crank.saturating_sub(watch.next_end).max(0);
            lateness_s = Some(lateness);
            watch.periods = Some(after.totals.periods);
            watch.next_end = after.next_end;
            watch.delay = delay(&own, &economy, after.totals.periods, jitter);
            self.metrics.lateness(&economy, lateness);
            self.metrics.success(&economy, after.last_crank);
            self.metrics.next_end(&economy, after.next_end);
        } else {
            // The next look tells when the next period ends.
            watch.next_end = 0;
        }
        self.metrics.overdue(&economy, watch.overdue(self.now));
        self.metrics.state(&economy, &State::Waiting);
        self.metrics.backoff(&economy, Duration::ZERO);
        self.metrics.earned(done.bounty);
        self.metrics.ended(&economy, Ending::Cranked, 1);
        info!(
            name: "cranked",
            %economy,
            period = ended,
            signature = %receipt.signature,
            slot = receipt.slot,
            compute_units = receipt.units,
            fee_lamports = done.fees,
            bounty_lamports = done.bounty,
            lateness_s,
            next_end = after.map(|after| after.next_end)
        );
        let signature = Some(receipt.signature.to_string());
        self.keep(&economy, Ending::Cranked.name(), signature, None);
    }

    /// An economy that could not be read, or not be cranked.
    pub(super) fn broken(&mut self, economy: &Pubkey, failure: Failure) {
        self.metrics.vitals().failure(&failure);
        let own = self.own();
        let Some(watch) = self.watches.get_mut(economy) else {
            return;
        };
        let unknown = failure.code == "outcome_unknown";
        // What panicked may have sent before.
        watch.in_doubt |= unknown || failure.code == PANICKED;
        let wait = watch.failed(&failure, lot(&own, economy, watch.periods.unwrap_or(0)));
        self.metrics.state(economy, &watch.state);
        self.metrics.backoff(economy, wait);
        let (level, ending) = if unknown {
            (Level::WARN, Ending::Unknown)
        } else {
            (Level::ERROR, Ending::Failed)
        };
        self.metrics.ended(economy, ending, 1);
        fails!(level, "failed", &failure, economy = %economy, retry_ms = millis(wait));
        self.keep(economy, ending.name(), None, Some(&failure));
    }

    /// Tells of touches that were sent. Those that fail are due again at the next look, and
    /// somebody else's count as well.
    fn touched(&self, economy: &Pubkey, result: &Result<Receipt, Failure>, fees: u64) {
        match result {
            Ok(receipt) => {
                let signature = receipt.signature;
                debug!(name: "touched", %economy, %signature, fee_lamports = fees);
            }
            Err(failure) => {
                fails!(Level::DEBUG, "touch_failed", failure, economy = %economy);
            }
        }
    }
}

/// Refusals that mean that the economy is not any more what it was when it was read.
fn is_race(code: u32) -> bool {
    [
        HomeostatError::TooEarly,
        HomeostatError::Paused,
        HomeostatError::NotLive,
    ]
    .into_iter()
    .any(|error| u32::from(error) == code)
}
