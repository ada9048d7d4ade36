//! One controller of an economy: what governance set, what the control law and its guard
//! remember, and the value in force.

mod encoding;
mod metric;
mod parameter;
pub mod settings;
mod stored;
#[cfg(test)]
mod tests;
mod validate;

pub use metric::Metric;
pub use parameter::Parameter;
pub use settings::{ControllerSettings, Direction, GuardSettings, Q48};
pub use stored::{
    StoredConfig, StoredDecision, StoredGuardConfig, StoredGuardState, StoredRamp, StoredState,
};
pub use validate::refuse_config;

use homeostat_control::{resume, Config, GuardConfig, GuardState, State};

use super::envelope::Envelope;
use crate::prelude::*;

/// One controller of an economy.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Controller {
    /// What governance set for the law.
    pub config: StoredConfig,
    /// What governance set for the guard.
    pub guard_config: StoredGuardConfig,
    /// What the guard remembers.
    pub guard: StoredGuardState,
    /// What the law remembers.
    pub state: StoredState,
    /// The last decision.
    pub last: StoredDecision,
    /// Configuration sequence: 0 in Draft, +1 with every executed change.
    pub config_seq: u64,
    /// What the controller measures, as a number (`Metric`).
    pub metric: u8,
    /// Unused, zero.
    pub reserved: [u8; 7],
    /// Unused, zero.
    pub reserved_end: [u64; 2],
    /// How far it may be tuned at short notice.
    pub envelope: Envelope,
}

const _: () = assert!(core::mem::size_of::<Controller>() == 1_200);
const _: () = assert!(core::mem::align_of::<Controller>() == 8);

impl Controller {
    /// What it measures.
    pub fn metric(&self) -> Result<Metric> {
        Metric::from_byte(self.metric)
    }

    /// The control law's configuration.
    pub fn config(&self) -> Config {
        self.config.law()
    }

    /// The control law's state.
    pub fn state(&self) -> State {
        self.state.with_last(self.last.law())
    }

    /// The guard's configuration.
    pub fn guard_config(&self) -> GuardConfig {
        self.guard_config.law()
    }

    /// The guard's state.
    pub fn guard(&self) -> GuardState {
        self.guard.law()
    }

    /// Releases the controller at `now` (unix seconds): the guard forgets its
    /// statistics, the law is re-primed at the present value.
    pub fn resume_guard(&mut self, now: i64) {
        let config = self.config();
        self.resume_under(&config, now);
    }

    /// The same where the law's form of the configuration is at hand.
    pub fn resume_under(&mut self, config: &Config, now: i64) {
        self.guard = (&self.guard().resume(now)).into();
        // The last decision stays as it is.
        self.state = (&resume(config, &self.state(), now)).into();
    }

    /// Remembers a step.
    pub fn remember(&mut self, state: &State) {
        self.state = state.into();
        self.last = (&state.last).into();
    }

    /// The value in force (ppm): the output inside the limits and the
    /// parameter's compile-time range, so a limit tightened below it acts at once.
    pub fn value(&self, parameter: Parameter) -> u64 {
        self.state
            .u
            .clamp(self.config.min, self.config.max)
            .clamp(parameter.floor(), parameter.ceiling())
            .unsigned_abs()
    }
}
