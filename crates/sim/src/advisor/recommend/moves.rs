//! What an advisor may recommend: the changes inside its range.

use homeostat::state::{Advice, Controller, Economy, Parameter, Tunable};
use homeostat_control::Fx;
use serde::{Serialize, Serializer};

/// The places in the range that are tried, in halves of its reach from the council's last value.
const HALVES: [i128; 5] = [-2, -1, 0, 1, 2];
/// The envelope reaches a tenth of the whole.
const ENVELOPE_PARTS: i128 = homeostat::constants::ENVELOPE_PARTS;

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

    /// Every change to try: of setpoints and biases to five places in the advisor's range, as far
    /// as the program would follow it. `delay` and `over_seconds` are in seconds.
    pub fn moves(&self, delay: u32, over_seconds: u32) -> Vec<Move> {
        let mut all = Vec::new();
        for (parameter, controller) in Parameter::ALL.into_iter().zip(&self.controllers) {
            for field in [Tunable::Setpoint, Tunable::Bias] {
                let from = field.ramp(&controller.config).to.get();
                for halves in HALVES {
                    let by = reach(controller, field).saturating_mul_int(halves);
                    let Some(by) = by.checked_div_int(2) else {
                        continue;
                    };
                    let to = controller.envelope.anchor(field).saturating_add(by);
                    let one = Move {
                        parameter,
                        field,
                        from,
                        to,
                        over_seconds,
                    };
                    if to != from && self.follows(controller, &one, delay) {
                        all.push(one);
                    }
                }
            }
        }
        all
    }

    /// Whether the program follows a change after the delay, in a later period: it is in the
    /// advisor's range, in the envelope, and allowed by the control law.
    fn follows(&self, controller: &Controller, one: &Move, delay: u32) -> bool {
        let mut copy = *controller;
        let at = self.now.saturating_add(i64::from(delay));
        copy.follow(&one.advice(at), self.period.saturating_add(1), at)
            .is_ok_and(|followed| followed)
    }
}

/// How far the advisor may go from the council's last value: its range, and never more than the
/// envelope.
fn reach(controller: &Controller, field: Tunable) -> Fx {
    let config = &controller.config;
    let (width, whole) = match field {
        Tunable::Setpoint => (controller.envelope.advice_setpoint, config.scale.get()),
        _ => (
            controller.envelope.advice_bias,
            Fx::saturating_from_num(config.max.saturating_sub(config.min)),
        ),
    };
    let envelope = whole.checked_div_int(ENVELOPE_PARTS).unwrap_or(Fx::ZERO);
    width.get().min(envelope)
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
}

impl Move {
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
