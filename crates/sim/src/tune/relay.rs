//! The relay experiment: a loop is made to oscillate by switching its value between two levels
//! whenever the measurement crosses its setpoint.
//!
//! From the period Pu (periods) and the amplitude a of the normalised error, at a relay of
//! amplitude d (ppm), follows the ultimate gain Ku = 4 d / (pi a) (Åström and Hägglund 1984). For
//! an integrating process with a delay, Pu = 4 delays, and Skogestad's rules (SIMC, 2003) with
//! the closed-loop time constant equal to the delay give Kp = Ku / pi and an integral time of
//! 2 Pu, so Ki = Kp / (2 Pu) a period.

use homeostat::state::{Parameter, Report, Snapshot};
use homeostat_control::Direction;
#[cfg(test)]
use homeostat_control::Fx;

use crate::{
    chain::{Chain, Error},
    plant::{Outlook, Steering},
    run::{Case, Run, Setting},
};

/// The oscillation of a loop under a relay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ultimate {
    /// The ultimate gain (ppm per unit of normalised error).
    pub gain: f64,
    /// The ultimate period (periods).
    pub period: f64,
}

impl Ultimate {
    /// The proportional gain (ppm per unit) and the integral gain (ppm per unit and period) by
    /// Skogestad's rules.
    pub fn simc(&self) -> (f64, f64) {
        let kp = self.gain / core::f64::consts::PI;
        (kp, kp / (2.0 * self.period))
    }
}

/// Switches one parameter by the sign of its error; the others stay at their biases.
struct Relay {
    parameter: Parameter,
    /// The value in the middle and the amplitude (ppm).
    levels: (i64, i64),
    /// Every normalised error, one a crank.
    errors: Vec<f64>,
}

impl Steering for Relay {
    fn steer(
        &mut self,
        chain: &mut Chain,
        _: &Snapshot,
        report: &Report,
        _: &Outlook,
    ) -> Result<(), Error> {
        for parameter in Parameter::ALL {
            let controller = chain.economy.controller(parameter)?;
            let law = controller.config();
            let mut value = law.bias.to.to_num::<i64>();
            if parameter == self.parameter {
                let measured = report.measured(controller.metric()?);
                let y = measured.and_then(|m| m.value()).unwrap_or(law.setpoint.to);
                let distance: f64 = ((law.setpoint.to - y) / law.scale).to_num();
                let error = match law.direction {
                    Direction::Reverse => distance,
                    Direction::Direct => -distance,
                };
                let (middle, amplitude) = self.levels;
                value = if error > 0.0 {
                    middle + amplitude
                } else {
                    middle - amplitude
                };
                self.errors.push(error);
            }
            chain.lift_slew(parameter)?;
            chain.set_by_hand(parameter, value)?;
        }
        Ok(())
    }
}

/// The oscillation of a parameter's loop in a run, with a relay of `amplitude` (ppm) around
/// `middle` (ppm); `None` when it does not swing at least three times in the second half of the
/// run, as where the setpoint is out of reach.
pub fn experiment(
    setting: &Setting,
    case: Case,
    parameter: Parameter,
    middle: i64,
    amplitude: i64,
) -> Option<Ultimate> {
    let mut relay = Relay {
        parameter,
        levels: (middle, amplitude),
        errors: Vec::with_capacity(setting.calendar.epochs),
    };
    let Run { mut world, .. } = setting.prepare(case).ok()?;
    world.run(&mut relay).ok()?;
    let settled = relay.errors.get(relay.errors.len() / 2..)?;
    let rises: Vec<usize> = settled
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| pair[0] <= 0.0 && pair[1] > 0.0)
        .map(|(at, _)| at)
        .collect();
    let (first, last) = (rises.first()?, rises.last()?);
    let swings = rises.len() - 1;
    if swings < 3 {
        return None;
    }
    let inside = settled.get(*first..*last)?;
    let period = inside.len() as f64 / swings as f64;
    // The mean over the swings of half the distance between their ends.
    let amplitude_of = |pair: &[usize]| {
        let swing = &settled[pair[0]..pair[1]];
        let (low, high) = swing
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |ends, e| {
                (ends.0.min(*e), ends.1.max(*e))
            });
        (high - low) / 2.0
    };
    let error = rises.windows(2).map(amplitude_of).sum::<f64>() / swings as f64;
    Some(Ultimate {
        gain: 4.0 * amplitude as f64 / (core::f64::consts::PI * error),
        period,
    })
}

/// The median of the oscillations over seeds; `None` where no seed oscillates.
pub fn median(
    setting: &Setting,
    cases: impl Iterator<Item = Case>,
    parameter: Parameter,
    middle: i64,
    amplitude: i64,
) -> Option<Ultimate> {
    let all: Vec<Ultimate> = cases
        .filter_map(|case| experiment(setting, case, parameter, middle, amplitude))
        .collect();
    let middle_of = |of: &dyn Fn(&Ultimate) -> f64| {
        let mut values: Vec<f64> = all.iter().map(of).collect();
        values.sort_unstable_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    };
    Some(Ultimate {
        gain: middle_of(&|ultimate| ultimate.gain)?,
        period: middle_of(&|ultimate| ultimate.period)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        chain::Design,
        policy::Policy,
        scenario::{Calendar, Scenario},
    };

    fn setting() -> Setting {
        Setting {
            people: 150,
            calendar: Calendar {
                epochs: 400,
                epoch_days: 1.0,
                period_days: 1.0,
            },
            design: Design::with_defaults(86_400, 1_000_000_000_000_000),
            constants: [0; 4],
        }
    }

    fn cases() -> impl Iterator<Item = Case> {
        (0..6).map(|seed| Case {
            scenario: Scenario::Stationary,
            policy: Policy::Homeostat,
            seed,
        })
    }

    #[test]
    fn the_staked_share_swings_under_a_relay_and_its_gains_follow() {
        // Given a relay of six points around eight on the emission,
        let found =
            median(&setting(), cases(), Parameter::Emission, 80_000, 60_000).expect("it swings");
        // then it swings within weeks, and not from one day to the next,
        assert!((3.0..60.0).contains(&found.period), "{found:?}");
        // and the gain is that of the relay's amplitude over an error below one half.
        assert!(found.gain > 4.0 * 60_000.0 / core::f64::consts::PI / 0.5);
        let (kp, ki) = found.simc();
        assert!((kp * core::f64::consts::PI / found.gain - 1.0).abs() < 1e-12);
        assert!((ki * 2.0 * found.period / kp - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_setpoint_out_of_reach_does_not_swing() {
        let mut setting = setting();
        let config = &mut setting.design.of_mut(Parameter::Emission).config;
        config.setpoint = homeostat_control::Ramp::constant(Fx::lit("0.99"));
        let found = median(&setting, cases(), Parameter::Emission, 80_000, 1_000);
        assert_eq!(found, None);
    }
}
