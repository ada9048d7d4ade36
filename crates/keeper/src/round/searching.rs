//! Finding the economies that nobody named.

use std::mem::offset_of;
use std::time::Instant;

use homeostat_client::{Economy, Life, Pubkey};
use homeostat_settings::Failure;
use tracing::{warn, Level};

use crate::backoff::lot;
use crate::log::{fails, millis};
use crate::options::MOST_ECONOMIES;

use super::Round;

impl Round {
    /// Searches, and if that fails again later: the economies that are known are kept
    /// meanwhile.
    pub(super) fn find(&mut self) -> Result<(), Failure> {
        let wait = match self.discover() {
            Ok(()) => {
                self.search.reset();
                self.options.refresh
            }
            Err(failure) if self.options.once => return Err(failure),
            Err(failure) => {
                self.metrics.vitals().failure(&failure);
                let wait = self.search.fail(lot(&self.own(), &Pubkey::default(), 1));
                fails!(
                    Level::ERROR,
                    "search_failed",
                    &failure,
                    retry_ms = millis(wait)
                );
                wait
            }
        };
        self.search_at = Instant::now().checked_add(wait);
        Ok(())
    }

    /// Every live economy; those that were found before and are not any more are forgotten.
    fn discover(&mut self) -> Result<(), Failure> {
        let life = [Life::Live as u8];
        let fields: [(usize, &[u8]); 1] = [(offset_of!(Economy, life), &life)];
        let connection = &self.shared.connection;
        let mut found = connection.search_addresses::<Economy>(&fields)?;
        if found.len() > MOST_ECONOMIES {
            warn!(name: "too_many_economies", found = found.len(), kept = MOST_ECONOMIES);
            found.truncate(MOST_ECONOMIES);
        }
        let metrics = &self.metrics;
        self.watches.retain(|economy, watch| {
            let stays = watch.named || watch.busy || found.binary_search(economy).is_ok();
            if !stays {
                metrics.forget(economy);
            }
            stays
        });
        for economy in found {
            self.begin(economy, false);
        }
        Ok(())
    }
}
