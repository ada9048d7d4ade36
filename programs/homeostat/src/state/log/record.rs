//! The records of the decision log: controllers' steps and configurations.

use anchor_lang::prelude::*;
use homeostat_control::{Fx, Sample};
use solana_program::hash::hashv;

use super::RECORD_BYTES;
use crate::state::{
    controller::{
        Controller, Metric, Parameter, Signal, StoredGuardConfig, StoredGuardState, StoredState,
    },
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
    /// The numerator of the feed-forward's signal (two's complement).
    pub w_numerator: U128,
    /// The denominator of the feed-forward's signal; 0 = there was none.
    pub w_denominator: U128,
    /// The numerator of what the setpoint is a multiple of (two's complement).
    pub reference_numerator: U128,
    /// The denominator of what the setpoint is a multiple of; 0 = there was none.
    pub reference_denominator: U128,
    /// The `Signal` of the feed-forward as a number; 0 = none.
    pub w_signal: u8,
    /// The `Signal` that the setpoint is a multiple of as a number; 0 = none.
    pub reference_signal: u8,
    /// Reserved; zero.
    pub reserved: [u8; 2],
    /// The number of periods in a row, this one included, that the output has rested at a
    /// limit while the law wanted to go further; 0 = it does not.
    pub at_limit: u32,
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
        let (numerator, denominator) = stored(outcome.measurement);
        let (w_numerator, w_denominator) = stored(outcome.w);
        let (reference_numerator, reference_denominator) = stored(outcome.reference);
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
            numerator,
            denominator,
            w_numerator,
            w_denominator,
            reference_numerator,
            reference_denominator,
            w_signal: controller.w_signal,
            reference_signal: controller.reference_signal,
            reserved: [0; 2],
            at_limit: decision.count_at_limit(controller.at_limit),
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
        let measurement = restored(self.numerator, self.denominator);
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

impl DecisionRecord {
    /// The w that the control law was given, computed again from the record.
    pub fn w(&self) -> Option<Fx> {
        let signal = Signal::from_number(self.w_signal).ok()??;
        signal.value(&restored(self.w_numerator, self.w_denominator))
    }

    /// The reference that the control law was given, computed again from the record.
    pub fn reference(&self) -> Option<Fx> {
        let signal = Signal::from_number(self.reference_signal).ok()??;
        signal.value(&restored(
            self.reference_numerator,
            self.reference_denominator,
        ))
    }
}

/// A measurement as numerator and denominator; the bits of a negative numerator are kept in
/// two's complement, and without a measurement both are zero.
fn stored(measurement: Option<Measurement>) -> (U128, U128) {
    let (numerator, denominator) =
        measurement.map_or((0, 0), |m| (m.numerator as u128, m.denominator));
    (U128::new(numerator), U128::new(denominator))
}

/// Back from [`stored`].
fn restored(numerator: U128, denominator: U128) -> Measurement {
    Measurement {
        numerator: numerator.get() as i128,
        denominator: denominator.get(),
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
    /// The `Signal` of the feed-forward as a number; 0 = none.
    pub w_signal: u8,
    /// The `Signal` that the setpoint is a multiple of as a number; 0 = none.
    pub reference_signal: u8,
    /// Reserved; zero.
    pub reserved: [u8; 3],
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
    /// The controller's `at_limit` after the change.
    pub at_limit: u32,
    /// Reserved; zero.
    pub reserved_end: [u8; 164],
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
            w_signal: controller.w_signal,
            reference_signal: controller.reference_signal,
            reserved: [0; 3],
            at,
            digest: hashv(&[bytemuck::bytes_of(&controller.config)]).to_bytes(),
            state: controller.state,
            guard_config: controller.guard_config,
            guard: controller.guard,
            at_limit: controller.at_limit,
            reserved_end: [0; 164],
        }
    }
}
