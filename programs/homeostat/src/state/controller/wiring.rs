//! What a controller is wired to: the metric that it steers by, the signal of its
//! feed-forward, and what its setpoint is a multiple of.

use anchor_lang::prelude::*;
use homeostat_control::{self as law, Fx};

use super::{Metric, Parameter};
use crate::{
    error::{check, HomeostatError},
    state::snapshot::Measurement,
};

/// Stored number of the first metric as a signal; 0 is no signal.
const METRICS: u8 = 1;
/// Stored number of the first output as a signal.
const OUTPUTS: u8 = 128;

/// Something that a controller may follow beside its own measurement.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// What a metric measured over the window, or the reading of a feed.
    Metric(Metric),
    /// The value of another parameter that was in force over the window (fraction).
    Output(Parameter),
}

impl Signal {
    /// The stored number; the numbers of metrics and parameters are far below 127, so that
    /// nothing wraps.
    const fn number(self) -> u8 {
        match self {
            Self::Metric(metric) => METRICS.wrapping_add(metric as u8),
            Self::Output(parameter) => OUTPUTS.wrapping_add(parameter as u8),
        }
    }

    /// The signal with a stored number; none for 0. Refuses a number that none has
    /// (`InvariantViolated`).
    pub fn from_number(number: u8) -> Result<Option<Self>> {
        if let Some(index) = number.checked_sub(OUTPUTS) {
            let parameter = Parameter::from_index(index);
            return parameter.map(|parameter| Some(Self::Output(parameter)));
        }
        match number.checked_sub(METRICS) {
            Some(metric) => Metric::from_byte(metric).map(|metric| Some(Self::Metric(metric))),
            None => Ok(None),
        }
    }

    /// The metric, if it is one.
    pub const fn metric(self) -> Option<Metric> {
        match self {
            Self::Metric(metric) => Some(metric),
            Self::Output(_) => None,
        }
    }

    /// What a measurement of the signal is worth: its quotient, clamped to the metric's
    /// credible range as y is. `None` where nothing was measured.
    pub fn value(self, measurement: &Measurement) -> Option<Fx> {
        let value = measurement.value()?;
        Some(match self.metric().map(Metric::range) {
            Some((low, high)) => value.max(low).min(high),
            None => value,
        })
    }
}

/// What the setpoint of a controller is a multiple of.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    /// Of nothing: it is the target itself.
    Absolute,
    /// Of the controller's own slow mean of what it measures.
    Average,
    /// Of a signal. Without one the controller is held.
    Given(Signal),
}

impl Reference {
    /// The same for the control law, which does not know where a reference comes from.
    pub const fn law(self) -> law::Reference {
        match self {
            Self::Absolute => law::Reference::Absolute,
            Self::Average => law::Reference::Average,
            Self::Given(_) => law::Reference::Given,
        }
    }

    /// The signal, if there is one.
    pub const fn signal(self) -> Option<Signal> {
        match self {
            Self::Given(signal) => Some(signal),
            Self::Absolute | Self::Average => None,
        }
    }
}

/// What a controller is wired to.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wiring {
    /// The metric that the controller steers by: its y.
    pub metric: Metric,
    /// The signal of the feed-forward: its w; none = F stays zero.
    pub feed_forward: Option<Signal>,
    /// What the setpoint is a multiple of.
    pub reference: Reference,
}

impl Wiring {
    /// A metric alone: no feed-forward, an absolute setpoint.
    pub const fn of(metric: Metric) -> Self {
        Self {
            metric,
            feed_forward: None,
            reference: Reference::Absolute,
        }
    }

    /// The stored numbers of the two signals, 0 = none: of the feed-forward, and of the
    /// reference.
    pub fn numbers(&self) -> [u8; 2] {
        [self.feed_forward, self.reference.signal()].map(|signal| signal.map_or(0, Signal::number))
    }

    /// From what a controller stores. Refuses numbers that nothing has
    /// (`InvariantViolated`).
    pub fn stored(metric: u8, [w, reference]: [u8; 2], of: law::Reference) -> Result<Self> {
        Ok(Self {
            metric: Metric::from_byte(metric)?,
            feed_forward: Signal::from_number(w)?,
            reference: match (of, Signal::from_number(reference)?) {
                (law::Reference::Absolute, None) => Reference::Absolute,
                (law::Reference::Average, None) => Reference::Average,
                (law::Reference::Given, Some(signal)) => Reference::Given(signal),
                _ => return Err(error!(HomeostatError::InvariantViolated)),
            },
        })
    }

    /// The signals beside y that there are.
    fn signals(&self) -> impl Iterator<Item = Signal> {
        [self.feed_forward, self.reference.signal()]
            .into_iter()
            .flatten()
    }

    /// Every metric that is read, y first.
    pub fn metrics(&self) -> impl Iterator<Item = Metric> {
        core::iter::once(self.metric).chain(self.signals().filter_map(Signal::metric))
    }

    /// True when any of the three is a feed.
    pub fn has_feed(&self) -> bool {
        self.metrics().any(|metric| metric.feed_index().is_some())
    }

    /// Refuses what makes no loop (`InvalidParameter`): the parameter's own output as a
    /// signal, because it would answer to itself, and its own metric, because a sample would
    /// move its own target, or push past the gain that is there for it. Two controllers may
    /// follow each other's outputs: both get the values from before the step.
    pub fn validate(&self, parameter: Parameter) -> Result<()> {
        for signal in self.signals() {
            let own = match signal {
                Signal::Metric(metric) => metric == self.metric,
                Signal::Output(output) => output == parameter,
            };
            check("controller.signal", !own)?;
        }
        Ok(())
    }
}
