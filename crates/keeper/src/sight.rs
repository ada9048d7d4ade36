//! Whether a daemon sees the cluster, and how long it waits until it looks again.

use std::time::Duration;

use homeostat_client::Pubkey;
use homeostat_settings::Failure;
use tracing::{info, Level};

use crate::backoff::{lot, Backoff};
use crate::connecting::LONGEST_BLIND;
use crate::log::{fails, millis};
use crate::vitals::Vitals;

/// The looks of a daemon at the cluster.
pub(crate) struct Sight {
    poll: Duration,
    blind: Backoff,
    own: Pubkey,
}

impl Sight {
    /// A look every `poll` while the cluster answers; what fails together comes back apart, by the
    /// daemon's `own` address.
    pub(crate) fn new(poll: Duration, own: Pubkey) -> Self {
        Self {
            poll,
            blind: Backoff::new(poll, LONGEST_BLIND),
            own,
        }
    }

    /// Whether the last look failed.
    pub(crate) fn is_blind(&self) -> bool {
        self.blind.failures() > 0
    }

    /// The pause after a look. A failure is counted and told.
    ///
    /// # Errors
    ///
    /// The failure itself, with `once`: nobody looks again.
    pub(crate) fn after(
        &mut self,
        looked: Result<(), Failure>,
        once: bool,
        vitals: &Vitals,
    ) -> Result<Duration, Failure> {
        let Err(failure) = looked else {
            if self.is_blind() {
                info!(name: "cluster_back", failures = self.blind.failures());
            }
            self.blind.reset();
            return Ok(self.poll);
        };
        vitals.failure(&failure);
        if once {
            return Err(failure);
        }
        let wait = self.blind.fail(lot(&self.own, &Pubkey::default(), 0));
        fails!(Level::ERROR, "blind", &failure, retry_ms = millis(wait));
        Ok(wait)
    }
}
