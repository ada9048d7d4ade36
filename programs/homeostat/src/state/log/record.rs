//! What the decision log records: controllers' steps and configurations.

use anchor_lang::prelude::*;
use homeostat_control::Sample;
use solana_program::hash::hashv;

use super::RECORD_BYTES;
use crate::state::{
    controller::{Controller, Metric, Parameter, StoredGuardConfig, StoredGuardState, StoredState},
    feed::FeedReading,
    number::{Fixed, U128},
    snapshot::{Measurement, Outcome},
};

/// `DecisionRecord.applied` when nothing capped the parameter.
pub const NOT_CAPPED: i64 = i64::MIN;

/// What a record is about.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum RecordKind {
    /// A controller's step: [`DecisionRecord`].
    Decision = 0,
    /// A controller's configuration: [`ConfigRecord`].
    Config = 1,
}

/// A controller's step, with everything needed to recompute it from its
/// configuration. What the guard found stands in `held` (a latch) and in `flags`
/// ([`homeostat_control::Flags::RESUMED`]); the guard's own state does not, it
/// follows from the records since the configuration.
#[zero_copy]
#[derive(Debug, PartialEq, Eq)]
pub struct DecisionRecord {
    /// Position in the chain, from 1.
    pub seq: u64,
    /// `Controller.config_seq` in force.
    pub config_seq: u32,
    /// Age of the sample behind y at `to` (seconds); 0 for the program's own
    /// measurements.
    pub sample_age: u32,
    /// [`RecordKind::Decision`].
    pub kind: u8,
    /// `Parameter` as a number.
    pub parameter: u8,
    /// `Metric` as a number.
    pub metric: u8,
    /// `HoldReason` as a number.
    pub held: u8,
    /// `Flags`.
    pub flags: u32,
    /// End of the window (unix seconds); its start is `before.last_at`.
    pub to: i64,
    /// Numerator behind y (two's complement).
    pub numerator: U128,
    /// Denominator behind y; 0 = no measurement. Of a feed the reports that counted,
    /// times 2^48.
    pub denominator: U128,
    /// The controller before the step.
    pub before: StoredState,
    /// Process variable as used (fraction).
    pub y: Fixed,
    /// Setpoint (fraction).
    pub r: Fixed,
    /// Normalised error.
    pub z: Fixed,
    /// P (ppm).
    pub p: Fixed,
    /// I (ppm).
    pub i: Fixed,
    /// D (ppm).
    pub d: Fixed,
    /// F (ppm).
    pub f: Fixed,
    /// Bias (ppm).
    pub u0: Fixed,
    /// Before slew and limits (ppm).
    pub raw: Fixed,
    /// After slew (ppm).
    pub slewed: Fixed,
    /// After limits (ppm).
    pub limited: Fixed,
    /// Output after the step (ppm).
    pub u: i64,
    /// Real value that a cap left (ppm), or [`NOT_CAPPED`].
    pub applied: i64,
}

const _: () = assert!(core::mem::size_of::<DecisionRecord>() == RECORD_BYTES);

impl DecisionRecord {
    /// The record of a step that started from `controller`.
    pub fn new(parameter: Parameter, controller: &Controller, outcome: &Outcome) -> Self {
        let decision = &outcome.step.decision;
        let (numerator, denominator) = outcome
            .measurement
            .map_or((0, 0), |m| (m.numerator as u128, m.denominator));
        Self {
            seq: 0,
            config_seq: u32::try_from(controller.config_seq).unwrap_or(u32::MAX),
            sample_age: outcome.sample.map_or(0, |sample| {
                u32::try_from(decision.to.abs_diff(sample.at)).unwrap_or(u32::MAX)
            }),
            kind: RecordKind::Decision as u8,
            parameter: parameter as u8,
            metric: controller.metric,
            held: decision.held as u8,
            flags: decision.flags.0,
            to: decision.to,
            numerator: U128::new(numerator),
            denominator: U128::new(denominator),
            before: controller.state,
            y: decision.y.into(),
            r: decision.r.into(),
            z: decision.z.into(),
            p: decision.p.into(),
            i: decision.i.into(),
            d: decision.d.into(),
            f: decision.f.into(),
            u0: decision.u0.into(),
            raw: decision.raw.into(),
            slewed: decision.slewed.into(),
            limited: decision.limited.into(),
            u: decision.u,
            applied: outcome.applied.unwrap_or(NOT_CAPPED),
        }
    }

    /// What the control law was shown, again: exactly the sample that the step took.
    pub fn sample(&self) -> Option<Sample> {
        let denominator = self.denominator.get();
        let measurement = Measurement {
            numerator: self.numerator.get() as i128,
            denominator,
        };
        let of_feed = self.metric >= Metric::Feed0 as u8;
        measurement.value().map(|value| Sample {
            value,
            at: self.to.saturating_sub(i64::from(self.sample_age)),
            samples: if of_feed {
                FeedReading::counted(denominator)
            } else {
                1
            },
        })
    }
}

/// A controller's configuration as of `config_seq`, by its digest; the event
/// that carries the record carries the configuration itself.
#[zero_copy]
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigRecord {
    /// Position in the chain, from 1.
    pub seq: u64,
    /// `Controller.config_seq` from now on.
    pub config_seq: u64,
    /// [`RecordKind::Config`].
    pub kind: u8,
    /// `Parameter` as a number.
    pub parameter: u8,
    /// `Metric` as a number.
    pub metric: u8,
    /// Unused.
    pub reserved: [u8; 5],
    /// When (unix seconds).
    pub at: i64,
    /// sha256 of the stored configuration's bytes.
    pub digest: [u8; 32],
    /// The controller after the change.
    pub state: StoredState,
    /// The guard's configuration itself.
    pub guard_config: StoredGuardConfig,
    /// What the guard remembers after the change: from here on it can be followed.
    pub guard: StoredGuardState,
    /// Unused.
    pub reserved_end: [u8; 96],
}

const _: () = assert!(core::mem::size_of::<ConfigRecord>() == RECORD_BYTES);

impl ConfigRecord {
    /// The record of a controller's configuration.
    pub fn new(parameter: Parameter, controller: &Controller, at: i64) -> Self {
        Self {
            seq: 0,
            config_seq: controller.config_seq,
            kind: RecordKind::Config as u8,
            parameter: parameter as u8,
            metric: controller.metric,
            reserved: [0; 5],
            at,
            digest: hashv(&[bytemuck::bytes_of(&controller.config)]).to_bytes(),
            state: controller.state,
            guard_config: controller.guard_config,
            guard: controller.guard,
            reserved_end: [0; 96],
        }
    }
}
