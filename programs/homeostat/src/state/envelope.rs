//! Which quantities of a controller can be tuned, and how far at short notice: the envelope
//! around what the council last set by a Standard proposal, and the advisor's range around
//! the same value.

use anchor_lang::prelude::*;
use homeostat_control::{Fx, Reference};

use super::{
    controller::{StoredConfig, StoredRamp},
    number::Fixed,
};
use crate::{constants::ENVELOPE_PARTS, error::HomeostatError};

/// The quantities of a controller that move along a ramp.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Tunable {
    /// The setpoint of the controller (fraction).
    Setpoint = 0,
    /// The bias of the output (ppm).
    Bias = 1,
    /// The proportional gain (ppm per unit of normalised error).
    Kp = 2,
    /// The integral gain (ppm per unit of normalised error and period).
    Ki = 3,
    /// The derivative gain (ppm periods per unit of normalised error).
    Kd = 4,
    /// The derivative filter (periods).
    Filter = 5,
    /// The dead-band's half-width on the normalised error.
    DeadBand = 6,
}

impl Tunable {
    /// The number of quantities.
    pub const COUNT: usize = 7;
    /// Every quantity, in the order of its number.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Setpoint,
        Self::Bias,
        Self::Kp,
        Self::Ki,
        Self::Kd,
        Self::Filter,
        Self::DeadBand,
    ];

    /// The quantity with a stored number. Refuses a number that none has
    /// (`InvariantViolated`).
    pub fn from_byte(byte: u8) -> Result<Self> {
        Self::ALL
            .get(usize::from(byte))
            .copied()
            .ok_or_else(|| error!(HomeostatError::InvariantViolated))
    }

    /// The ramp of this quantity in a configuration.
    pub fn ramp(self, config: &StoredConfig) -> &StoredRamp {
        match self {
            Self::Setpoint => &config.setpoint,
            Self::Bias => &config.bias,
            Self::Kp => &config.kp,
            Self::Ki => &config.ki,
            Self::Kd => &config.kd,
            Self::Filter => &config.filter,
            Self::DeadBand => &config.dead_band,
        }
    }

    /// The change that moves this quantity to a target within `over_seconds`.
    pub fn change(self, to: Fx, over_seconds: u32) -> homeostat_control::Change {
        use homeostat_control::Change;
        match self {
            Self::Setpoint => Change::Setpoint { to, over_seconds },
            Self::Bias => Change::Bias { to, over_seconds },
            Self::Kp => Change::Kp { to, over_seconds },
            Self::Ki => Change::Ki { to, over_seconds },
            Self::Kd => Change::Kd { to, over_seconds },
            Self::Filter => Change::Filter { to, over_seconds },
            Self::DeadBand => Change::DeadBand { to, over_seconds },
        }
    }
}

/// A change of one quantity: its target and how slowly it gets there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tuning {
    /// The quantity that is moved.
    pub field: Tunable,
    /// The target, in the units of the control law's configuration.
    pub value: Fx,
    /// The duration of the ramp (seconds), at most a year.
    pub over_seconds: u32,
}

/// The values that the council last set by a Standard proposal, or the creator in Draft,
/// and when each quantity was tuned last.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// The values that the council last set, by `Tunable`, in the units of the control
    /// law's configuration.
    pub anchors: [Fixed; Tunable::COUNT],
    /// Which period a Routine proposal or advice last changed the quantity in, plus 1, by
    /// `Tunable`; 0 = never.
    pub changed_in: [u32; Tunable::COUNT],
    /// Reserved; zero.
    pub reserved: [u8; 4],
    /// The half-width of the advisor's range of setpoints (fraction); 0 = none.
    pub advice_setpoint: Fixed,
    /// The half-width of the advisor's range of biases (ppm); 0 = none.
    pub advice_bias: Fixed,
}

const _: () = assert!(core::mem::size_of::<Envelope>() == 176);

impl Envelope {
    /// Sets every anchor to the target that the quantity has in a configuration.
    pub fn anchor_all(&mut self, config: &StoredConfig) {
        for (anchor, field) in self.anchors.iter_mut().zip(Tunable::ALL) {
            *anchor = field.ramp(config).to;
        }
    }

    /// The value that the council last set, in the units of the control law's configuration.
    pub fn anchor(&self, field: Tunable) -> Fx {
        self.anchors
            .get(field as usize)
            .map_or(Fx::ZERO, |anchor| anchor.get())
    }

    /// Sets the anchor to a value that the council decided.
    pub fn set_anchor(&mut self, field: Tunable, value: Fx) {
        if let Some(anchor) = self.anchors.get_mut(field as usize) {
            *anchor = value.into();
        }
    }

    /// How far `value` is from the anchor. A distance that saturates is outside everything.
    fn distance(&self, field: Tunable, value: Fx) -> Fx {
        value.saturating_sub(self.anchor(field)).saturating_abs()
    }

    /// True when a distance from the anchor is at most a tenth: of the scale for an absolute
    /// setpoint, of the span between the limits for the bias, else of the anchor itself. A
    /// setpoint that is a multiple of a reference has no unit of the scale: a tenth of that
    /// could be many times the scale.
    pub fn reaches(&self, config: &StoredConfig, field: Tunable, distance: Fx) -> bool {
        let whole = match field {
            Tunable::Setpoint if config.reference() == Reference::Absolute => config.scale.get(),
            Tunable::Bias => Fx::saturating_from_num(config.max.saturating_sub(config.min)),
            _ => self.anchor(field).saturating_abs(),
        };
        distance
            .checked_mul_int(ENVELOPE_PARTS)
            .is_some_and(|distance| distance <= whole)
    }

    /// True when `value` is inside the envelope ([`reaches`](Self::reaches)), both ends
    /// included.
    pub fn covers(&self, config: &StoredConfig, field: Tunable, value: Fx) -> bool {
        self.reaches(config, field, self.distance(field, value))
    }

    /// Refuses a value outside the advisor's range or outside the envelope (`OutsideAdvice`):
    /// what is further from the council's last value has to be proposed, and so has every
    /// quantity but setpoint and bias. One key may never do at short notice what the whole
    /// council may not, not even where limits were narrowed after the range was set.
    pub fn require_advisable(
        &self,
        config: &StoredConfig,
        field: Tunable,
        value: Fx,
    ) -> Result<()> {
        let width = match field {
            Tunable::Setpoint => self.advice_setpoint.get(),
            Tunable::Bias => self.advice_bias.get(),
            _ => Fx::ZERO,
        };
        let inside = width > Fx::ZERO && self.distance(field, value) <= width;
        require!(
            inside && self.covers(config, field, value),
            HomeostatError::OutsideAdvice
        );
        Ok(())
    }

    /// Notes that a quantity was changed at short notice in `period`. Refuses the second
    /// change of the same quantity in the same period (`ChangedThisPeriod`), so that small
    /// changes cannot add up faster than their effect shows.
    pub fn change_once(&mut self, field: Tunable, period: u64) -> Result<()> {
        let changed_in = u32::try_from(period)
            .ok()
            .and_then(|period| period.checked_add(1))
            .ok_or(HomeostatError::MathOverflow)?;
        let changed = self
            .changed_in
            .get_mut(field as usize)
            .ok_or(HomeostatError::InvariantViolated)?;
        require!(*changed != changed_in, HomeostatError::ChangedThisPeriod);
        *changed = changed_in;
        Ok(())
    }
}

/// What the advisor recommends, until a crank applies it.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Advice {
    /// The target, in the units of the control law's configuration.
    pub value: Fixed,
    /// When the first crank may apply the advice (unix seconds).
    pub eta: i64,
    /// The duration of the ramp (seconds).
    pub over_seconds: u32,
    /// The `Parameter` as a number.
    pub parameter: u8,
    /// The `Tunable` as a number.
    pub field: u8,
    /// 1 while the advice waits, else 0.
    pub pending: u8,
    /// Reserved; zero.
    pub reserved: u8,
}

impl Advice {
    /// The advice that is due at `now` (unix seconds), if any is.
    pub fn due(&self, now: i64) -> Option<Self> {
        (self.pending != 0 && now >= self.eta).then_some(*self)
    }

    /// The same, which no longer waits then.
    pub fn take_due(&mut self, now: i64) -> Option<Self> {
        let due = self.due(now)?;
        *self = Self::default();
        Some(due)
    }

    /// Drops the pending advice. Refuses when none is pending (`NoAdvice`).
    pub fn drop_pending(&mut self) -> Result<()> {
        require!(self.pending != 0, HomeostatError::NoAdvice);
        *self = Self::default();
        Ok(())
    }
}
