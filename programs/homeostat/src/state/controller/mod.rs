//! One controller of an economy: its configuration, the state of the control law and of its
//! anomaly guard, and the value in force.

mod change;
mod encoding;
mod metric;
mod parameter;
pub mod settings;
mod stored;
#[cfg(test)]
mod tests;
mod validate;
mod wiring;

pub use metric::Metric;
pub use parameter::Parameter;
pub use settings::{ControllerSettings, Direction, FeedForward, GuardSettings, Q48};
pub use stored::{
    StoredConfig, StoredDecision, StoredGuardConfig, StoredGuardState, StoredRamp, StoredState,
};
pub use wiring::{Reference, Signal, Wiring};

use anchor_lang::prelude::*;
use homeostat_control::{replace, resume, Config, GuardConfig, GuardState, State};

use super::envelope::Envelope;

/// One controller of an economy.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Controller {
    /// The configuration of the control law.
    pub config: StoredConfig,
    /// The configuration of the anomaly guard.
    pub guard_config: StoredGuardConfig,
    /// The state of the anomaly guard.
    pub guard: StoredGuardState,
    /// The state of the control law, without its last decision.
    pub state: StoredState,
    /// The last decision of the controller.
    pub last: StoredDecision,
    /// The number of changes of the configuration since go-live.
    pub config_seq: u64,
    /// The `Metric` that is measured, as a number.
    pub metric: u8,
    /// The `Signal` of the feed-forward as a number; 0 = none.
    pub w_signal: u8,
    /// The `Signal` that the setpoint is a multiple of as a number; 0 = none.
    pub reference_signal: u8,
    /// Reserved; zero.
    pub reserved: u8,
    /// The number of periods in a row that the output has rested at a limit while the law
    /// wanted to go further.
    pub at_limit: u32,
    /// Reserved; zero.
    pub reserved_end: [u64; 2],
    /// How far the controller can be tuned at short notice.
    pub envelope: Envelope,
}

const _: () = assert!(core::mem::size_of::<Controller>() == 1_224);
const _: () = assert!(core::mem::align_of::<Controller>() == 8);

impl Controller {
    /// The metric that the controller measures.
    pub fn metric(&self) -> Result<Metric> {
        Metric::from_byte(self.metric)
    }

    /// What the controller is wired to.
    pub fn wiring(&self) -> Result<Wiring> {
        let signals = [self.w_signal, self.reference_signal];
        Wiring::stored(self.metric, signals, self.config.reference())
    }

    /// Wires the controller; the kind of its reference belongs to the configuration.
    pub fn set_wiring(&mut self, wiring: &Wiring) {
        self.metric = wiring.metric as u8;
        [self.w_signal, self.reference_signal] = wiring.numbers();
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

    /// Releases the controller at `now` (unix seconds): the guard's statistics start anew,
    /// because those from before the latch may be the attacker's, and the law's integral is
    /// solved again at the value in force, so that nothing jumps.
    pub fn resume_guard(&mut self, now: i64) {
        self.guard = (&self.guard().resume(now)).into();
        // `last` stays: it is what was decided, whatever is remembered from now on.
        self.state = (&resume(&self.config(), &self.state(), now)).into();
    }

    /// Puts another configuration in the place of the one in force and starts law and guard
    /// anew at `now` (unix seconds), with other signals. The value in force falls at once to a
    /// maximum below it, and moves otherwise no faster than the old slew limits had saved up.
    pub fn rewire(&mut self, config: &Config, wiring: &Wiring, now: i64) {
        self.state = (&replace(&self.config(), config, &self.state(), now)).into();
        self.guard = (&self.guard().resume(now)).into();
        self.config = config.into();
        self.set_wiring(wiring);
        self.at_limit = 0;
    }

    /// Stores the state of the law after a step, with the step's decision.
    pub fn remember(&mut self, state: &State) {
        self.at_limit = state.last.count_at_limit(self.at_limit);
        self.state = state.into();
        self.last = (&state.last).into();
    }

    /// The value in force (ppm): the output, not above the maximum, so that a lowered maximum
    /// acts at once, and clamped to the parameter's compile-time range. A raised minimum does
    /// not lift it: the next cranks do, by the slew limit. No floor is negative, so nothing
    /// is lost by leaving the sign out.
    pub fn value(&self, parameter: Parameter) -> u64 {
        self.state
            .u
            .min(self.config.max)
            .clamp(parameter.floor(), parameter.ceiling())
            .unsigned_abs()
    }
}
