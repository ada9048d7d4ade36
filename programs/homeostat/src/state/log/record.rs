//! The records of the decision log: controllers' steps and configurations.

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

/// `DecisionRecord.applied` when no cap kept the parameter from its set value.
pub const NOT_CAPPED: i64 = i64::MIN;

/// What a record of the decision log is about.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum RecordKind {
    /// A controller's step, as a [`DecisionRecord`].
    Decision = 0,
    /// A controller's configuration, as a [`ConfigRecord`].
    Config = 1,
}

/// A controller's step, with everything that it takes to compute it again from the
/// configuration. The guard's verdict is part of it: a latch as the reason in `held`, a
/// resume as the flag [`homeostat_control::Flags::RESUMED`]. The guard's statistics are not:
/// they follow from the records since the last [`ConfigRecord`].
#[zero_copy]
#[derive(Debug, PartialEq, Eq)]
pub struct DecisionRecord {
    /// The number of the record in the chain, from 1.
    pub seq: u64,
    /// The controller's `config_seq` in force.
    pub config_seq: u32,
    /// The age of the sample behind y at `to` (seconds); 0 for the program's own
    /// measurements.
    pub sample_age: u32,
    /// The number of [`RecordKind::Decision`].
    pub kind: u8,
    /// The `Parameter` as a number.
    pub parameter: u8,
    /// The `Metric` as a number.
    pub metric: u8,
    /// Why the step was held, as a number (`HoldReason`); 0 = it was not.
    pub held: u8,
    /// What happened in the step, as bits: the flags of the control law.
    pub flags: u32,
    /// The end of the window (unix seconds); its start is `before.last_at`.
    pub to: i64,
    /// The numerator behind y (two's complement).
    pub numerator: U128,
    /// The denominator behind y; 0 = nothing was measured. For a feed, the number of
    /// reports that counted (x 2^48).
    pub denominator: U128,
    /// The state of the control law before the step.
    pub before: StoredState,
    /// The process variable as it was used (fraction).
    pub y: Fixed,
    /// The setpoint at the step (fraction).
    pub r: Fixed,
    /// The normalised error of the step.
    pub z: Fixed,
    /// The proportional term P (ppm).
    pub p: Fixed,
    /// The integral term I (ppm).
    pub i: Fixed,
    /// The derivative term D (ppm).
    pub d: Fixed,
    /// The feed-forward term F (ppm).
    pub f: Fixed,
    /// The bias at the step (ppm).
    pub u0: Fixed,
    /// The output before slew limits and limits (ppm).
    pub raw: Fixed,
    /// The output after the slew limits (ppm).
    pub slewed: Fixed,
    /// The output after the limits (ppm).
    pub limited: Fixed,
    /// The output after the step (ppm).
    pub u: i64,
    /// The mean value that a cap, a pause or the funding left over the window (ppm), or
    /// [`NOT_CAPPED`].
    pub applied: i64,
}

const _: () = assert!(core::mem::size_of::<DecisionRecord>() == RECORD_BYTES);

impl DecisionRecord {
    /// The record of a step that started from `controller`. Sequence and age saturate: 32 bits
    /// hold 4 billion changes, and a sample of more than 136 years.
    pub fn new(parameter: Parameter, controller: &Controller, outcome: &Outcome) -> Self {
        let decision = &outcome.step.decision;
        let (numerator, denominator) = outcome
            .measurement
            // Two's complement: the bits of a negative numerator are kept.
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

    /// The sample that the control law was given, computed again from the record: exactly the
    /// same, so that anybody can repeat the step.
    pub fn sample(&self) -> Option<Sample> {
        let denominator = self.denominator.get();
        let measurement = Measurement {
            // Back from the two's complement that `new` stored.
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

/// A controller's configuration as of `config_seq`, by its digest. The event that carries the
/// record carries the configuration itself.
#[zero_copy]
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigRecord {
    /// The number of the record in the chain, from 1.
    pub seq: u64,
    /// The controller's `config_seq` from now on.
    pub config_seq: u64,
    /// The number of [`RecordKind::Config`].
    pub kind: u8,
    /// The `Parameter` as a number.
    pub parameter: u8,
    /// The `Metric` as a number.
    pub metric: u8,
    /// Reserved; zero.
    pub reserved: [u8; 5],
    /// When the configuration changed (unix seconds).
    pub at: i64,
    /// The sha256 of the stored configuration's bytes.
    pub digest: [u8; 32],
    /// The state of the control law after the change.
    pub state: StoredState,
    /// The configuration of the guard.
    pub guard_config: StoredGuardConfig,
    /// The state of the guard after the change; from here on it can be computed.
    pub guard: StoredGuardState,
    /// Reserved; zero.
    pub reserved_end: [u8; 96],
}

const _: () = assert!(core::mem::size_of::<ConfigRecord>() == RECORD_BYTES);

impl ConfigRecord {
    /// The record of a controller's configuration at `at` (unix seconds).
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
