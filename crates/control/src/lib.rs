//! The Homeostat control law: one PID step in fixed point.
//!
//! `no_std`, no allocation, no floating point, no `unsafe`. The on-chain
//! program, the simulator, the command line and the dashboard all call
//! [`step`], so what is previewed, simulated and verified is what runs on
//! chain.
//!
//! Quantities of the manipulated parameter `u` (`u`, bias, limits, terms, gains)
//! are in **ppm** (parts per million of a fraction); measurements `y` and
//! setpoints `r` are plain fractions; times are whole seconds.
//!
//! [`law`] says how one step goes and which event re-solves the integral. A guard
//! beside the law watches y for anomalies and holds the controller while it is
//! latched: [`guarded_step`] is the step with the guard, and [`guard`] says how it
//! decides. The guard calls the law; the law knows nothing of the guard.
#![no_std]
#![forbid(unsafe_code)]
#![warn(missing_docs)]
#![deny(clippy::arithmetic_side_effects)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects))]

mod config;
mod decision;
pub mod guard;
pub mod law;
mod math;
mod ramp;
mod reason;
mod state;

pub use config::{Config, ConfigError, Direction, Field, Mode, Reference, Sampling, Unit};
pub use decision::{Decision, Flags};
pub use guard::{
    guarded_step, observe, resumed_step, GuardConfig, GuardConfigError, GuardField, GuardFlags,
    GuardState, Guarded, Verdict,
};
pub use law::{change, create, held_step, replace, resume, step, Change, Input, Sample};
pub use math::{div_half_even, exp2_neg, mul_half_even};
pub use ramp::Ramp;
pub use reason::{HoldReason, LatchReason};
pub use state::{Prime, State};

/// Signed fixed point with 80 integer and 48 fraction bits (ulp = 2^-48).
pub type Fx = fixed::types::I80F48;
