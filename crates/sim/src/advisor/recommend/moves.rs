//! What may be recommended: to an advisor the changes inside its range, to a council those that a
//! proposal could make.

use homeostat::state::{Advice, Controller, Economy, Parameter, Tunable};
use homeostat_control::Fx;
use serde::{Serialize, Serializer};

use super::Recommending;

/// The places in the range that are tried, in halves of its reach from the council's last value.
const HALVES: [i128; 5] = [-2, -1, 0, 1, 2];
/// The envelope reaches a tenth of the whole.
const ENVELOPE_PARTS: i128 = homeostat::constants::ENVELOPE_PARTS;

/// Who would make a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// The advisor alone: inside the range that the council gave it, after the delay of advice.
    #[default]
    Advisor,
    /// The council, by a proposal: up to twice the envelope to either side of its last value. What
    /// is inside the envelope is a Routine change, what is beyond it a Standard one.
    Council,
}

/// The controllers of an economy as they are now.
#[derive(Clone, Debug)]
pub struct Present {
    /// The controllers, by parameter.
    pub controllers: [Controller; 4],
    /// The number of periods that have ended.
    pub period: u64,
    /// When the last of them ended (unix seconds).
    pub now: i64,
}

impl Present {
    /// What an economy's account says, right after the crank of `now` (unix seconds).
    pub fn of(economy: &Economy, now: i64) -> Self {
        Self {
            controllers: economy.controllers,
            period: economy.totals.periods,
            now,
        }
    }

    /// The same with all times moved, so that the last period ended at `now` (unix seconds).
    /// Controllers only know how long ago something was, so nothing else changes.
    pub(super) fn at(&self, now: i64) -> Self {
        let by = now.saturating_sub(self.now);
        let mut moved = self.clone();
        moved.now = now;
        for controller in &mut moved.controllers {
            let config = &mut controller.config;
            let ramps = [
                &mut config.setpoint,
                &mut config.bias,
                &mut config.kp,
                &mut config.ki,
                &mut config.kd,
                &mut config.filter,
                &mut config.dead_band,
            ];
            for ramp in ramps {
                ramp.start = ramp.start.saturating_add(by);
                ramp.end = ramp.end.saturating_add(by);
            }
            let (state, last, guard) = (
                &mut controller.state,
                &mut controller.last,
                &mut controller.guard,
            );
            for time in [
                &mut state.last_at,
                &mut last.from,
                &mut last.to,
                &mut guard.last_at,
                &mut guard.latched_since,
            ] {
                *time = time.saturating_add(by);
            }
        }
        moved
    }

    /// The parameter whose guard is latched, if one is.
    pub fn latched(&self) -> Option<Parameter> {
        let pairs = Parameter::ALL.into_iter().zip(&self.controllers);
        pairs
            .filter(|(_, controller)| controller.guard.latched != 0)
            .map(|(parameter, _)| parameter)
            .next()
    }

    /// Every change to try: of setpoints and biases to five places around the council's last
    /// value, as far as whoever is to make it reaches and the program would let it.
    pub fn moves(&self, how: &Recommending) -> Vec<Move> {
        let mut all = Vec::new();
        let wanted = |parameter: &Parameter| how.only.is_none_or(|only| only == *parameter);
        let pairs = Parameter::ALL.into_iter().zip(&self.controllers);
        for (parameter, controller) in pairs.filter(|(parameter, _)| wanted(parameter)) {
            for field in [Tunable::Setpoint, Tunable::Bias] {
                let from = field.ramp(&controller.config).to.get();
                for halves in HALVES {
                    let by = how.reach.of(controller, field).saturating_mul_int(halves);
                    let Some(by) = by.checked_div_int(2) else {
                        continue;
                    };
                    let to = controller.envelope.anchor(field).saturating_add(by);
                    let one = Move {
                        parameter,
                        field,
                        from,
                        to,
                        over_seconds: how.over_seconds,
                        reach: how.reach,
                    };
                    if to != from && self.allows(controller, &one, how.delay) {
                        all.push(one);
                    }
                }
            }
        }
        all
    }

    /// Whether the program makes a change after the delay, in a later period.
    fn allows(&self, controller: &Controller, one: &Move, delay: u32) -> bool {
        let mut copy = *controller;
        let at = self.now.saturating_add(i64::from(delay));
        one.make(&mut copy, self.period.saturating_add(1), at)
            .is_ok_and(|made| made)
    }
}

impl Reach {
    /// How far from the council's last value a quantity may be set.
    fn of(self, controller: &Controller, field: Tunable) -> Fx {
        let config = &controller.config;
        let (width, whole) = match field {
            Tunable::Setpoint => (controller.envelope.advice_setpoint, config.scale.get()),
            _ => (
                controller.envelope.advice_bias,
                Fx::saturating_from_num(config.max.saturating_sub(config.min)),
            ),
        };
        let envelope = whole.checked_div_int(ENVELOPE_PARTS).unwrap_or(Fx::ZERO);
        match self {
            // Its range, and never more than the envelope.
            Self::Advisor => width.get().min(envelope),
            Self::Council => envelope.saturating_mul_int(2),
        }
    }
}

/// One change of one controller.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Move {
    /// The controller's parameter.
    #[serde(serialize_with = "parameter_name")]
    pub parameter: Parameter,
    /// Setpoint or bias.
    #[serde(serialize_with = "field_name")]
    pub field: Tunable,
    /// The target in force, in the units of the control law's configuration.
    #[serde(serialize_with = "number")]
    pub from: Fx,
    /// The target that is recommended, in the same units.
    #[serde(serialize_with = "number")]
    pub to: Fx,
    /// The duration of the ramp (seconds).
    pub over_seconds: u32,
    /// Who would make it.
    pub reach: Reach,
}

impl Move {
    /// Makes the change at `now` (unix seconds) in `period`, and says whether it was made: advice
    /// that no longer fits is dropped. Refuses what the control law refuses.
    pub(super) fn make(
        &self,
        controller: &mut Controller,
        period: u64,
        now: i64,
    ) -> anchor_lang::Result<bool> {
        match self.reach {
            Reach::Advisor => controller.follow(&self.advice(now), period, now),
            Reach::Council => {
                let change = self.field.change(self.to, self.over_seconds);
                controller.change(self.parameter, &change, now)?;
                Ok(true)
            }
        }
    }

    /// Whether the change is inside the envelope of its controller.
    pub fn is_routine(&self, controller: &Controller) -> bool {
        let envelope = &controller.envelope;
        envelope.covers(&controller.config, self.field, self.to)
    }

    /// The advice that a crank may apply from `eta` (unix seconds) on.
    pub fn advice(&self, eta: i64) -> Advice {
        Advice {
            value: self.to.into(),
            eta,
            over_seconds: self.over_seconds,
            parameter: self.parameter as u8,
            field: self.field as u8,
            pending: 1,
            reserved: 0,
        }
    }
}

fn parameter_name<S: Serializer>(parameter: &Parameter, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(parameter.name())
}

fn field_name<S: Serializer>(field: &Tunable, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(if *field == Tunable::Setpoint {
        "setpoint"
    } else {
        "bias"
    })
}

fn number<S: Serializer>(value: &Fx, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(value.to_num())
}
