//! The gains file: what was found, and what it rests on.
//!
//! Gains are written for a week, in whole ppm, and scale with the period as the program's own
//! defaults do. The hash is that of the gains and constants alone, so that a bench can say which
//! it used, however the evidence is worded.

use core::fmt::Write;

use homeostat::state::{defaults, Parameter};
use homeostat_control::Ramp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Score;
use crate::chain::Design;

/// The gains of one controller, for a period of a week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weekly {
    /// The proportional gain (ppm per unit of normalised error).
    pub kp: i64,
    /// The integral gain (the same a week).
    pub ki: i64,
}

/// The gains of all four controllers, and the constants of the tuned static policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gains {
    /// The best constant values (ppm): emission, fee, burn share, liquidity share.
    pub constants: [i64; 4],
    /// The emission's gains.
    pub emission: Weekly,
    /// The fee's.
    pub fee: Weekly,
    /// The burn's.
    pub burn: Weekly,
    /// The liquidity's.
    pub liquidity: Weekly,
}

/// What the gains rest on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The scores that each search took.
    pub budget: usize,
    /// The tuning seeds, the first and the last.
    pub seeds: [u64; 2],
    /// The number of people.
    pub people: usize,
    /// The scenarios.
    pub scenarios: Vec<String>,
    /// The periods of the calendars (days), and the days of a run.
    pub periods: Vec<f64>,
    /// The days of a run.
    pub days: f64,
    /// The score of the gains that the search started with.
    pub start: Score,
    /// The score of these gains, on the tuning seeds.
    pub found: Score,
    /// The score of the constants, on the tuning seeds.
    pub constants: Score,
    /// The score of these gains on as many seeds that no search saw.
    pub held_out: Score,
    /// The same with half of the gains, and with twice the gains.
    pub half_and_twice: [Score; 2],
}

/// A gains file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GainsFile {
    /// What was found.
    pub gains: Gains,
    /// What it rests on.
    pub evidence: Evidence,
}

impl Gains {
    /// The gains that are the program's defaults, with the constants that were found beside them:
    /// what `tuned/defaults.json` has.
    pub fn of_defaults() -> Self {
        const WEEK: u32 = 604_800;
        const CONSTANTS: [i64; 4] = [77_861, 3_543, 181_937, 265_458];
        let config = |parameter| defaults::config(parameter, WEEK);
        let weekly = |parameter| Weekly {
            kp: config(parameter).kp.to.to_num(),
            ki: config(parameter).ki.to.to_num(),
        };
        Self {
            constants: CONSTANTS,
            emission: weekly(Parameter::Emission),
            fee: weekly(Parameter::Fee),
            burn: weekly(Parameter::Burn),
            liquidity: weekly(Parameter::Liquidity),
        }
    }

    /// The gains of a parameter's controller.
    pub const fn of(&self, parameter: Parameter) -> Weekly {
        match parameter {
            Parameter::Emission => self.emission,
            Parameter::Fee => self.fee,
            Parameter::Burn => self.burn,
            Parameter::Liquidity => self.liquidity,
        }
    }

    /// These gains times 8^x, where `point` has x for kp and ki of each controller, rounded to
    /// three digits: nobody knows them better.
    pub fn turned(&self, point: &[f64]) -> Self {
        let at = |index: usize| point.get(index).copied().unwrap_or(0.0);
        let scaled = |parameter: Parameter| {
            let (weekly, index) = (self.of(parameter), 2 * parameter.index());
            let times = |gain: i64, x: f64| three_digits(gain as f64 * libm::pow(8.0, x));
            Weekly {
                kp: times(weekly.kp, at(index)),
                ki: times(weekly.ki, at(index + 1)),
            }
        };
        Self {
            constants: self.constants,
            emission: scaled(Parameter::Emission),
            fee: scaled(Parameter::Fee),
            burn: scaled(Parameter::Burn),
            liquidity: scaled(Parameter::Liquidity),
        }
    }

    /// Gives a design these gains, for its own period.
    pub fn apply(&self, design: &mut Design) {
        let period = design.limits.period;
        for parameter in Parameter::ALL {
            let weekly = self.of(parameter);
            let (kp, ki) = defaults::gains(weekly.kp, weekly.ki, period);
            let config = &mut design.of_mut(parameter).config;
            config.kp = Ramp::constant(kp);
            config.ki = Ramp::constant(ki);
        }
    }

    /// The sha256 of the gains and constants, in hexadecimal digits.
    pub fn hash(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = write!(text, "{:?}", self.constants);
        for parameter in Parameter::ALL {
            let Weekly { kp, ki } = self.of(parameter);
            let _ = write!(text, " {} {kp} {ki}", parameter.name());
        }
        Sha256::digest(text)
            .iter()
            .fold(String::new(), |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            })
    }
}

/// The nearest number of three digits.
fn three_digits(value: f64) -> i64 {
    let mut unit = 1.0;
    while value.abs() / unit >= 1_000.0 {
        unit *= 10.0;
    }
    (libm::round(value / unit) * unit) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_as_gains_are_the_defaults_for_every_period() {
        for period in [3_600, 86_400, 604_800, 2_592_000] {
            let design = Design::with_defaults(period, 1_000_000);
            let mut turned = design.clone();
            for controller in &mut turned.controllers {
                controller.config.kp = Ramp::constant(homeostat_control::Fx::ONE);
            }
            Gains::of_defaults().apply(&mut turned);
            for (ours, theirs) in turned.controllers.iter().zip(&design.controllers) {
                assert_eq!(ours.config, theirs.config, "period {period}");
            }
        }
    }

    #[test]
    fn turning_scales_and_rounds_and_the_hash_tells() {
        let gains = Gains::of_defaults();
        assert_eq!(gains.turned(&[]), gains);
        let turned = gains.turned(&[1.0, 0.0, 0.0, 0.0, 0.0, -1.0]);
        assert_eq!(turned.emission.kp, 8 * gains.emission.kp);
        assert_eq!(turned.burn.ki, three_digits(gains.burn.ki as f64 / 8.0));
        assert_eq!(three_digits(123_456.0), 123_000);
        assert_eq!(three_digits(12.4), 12);
        assert_eq!(gains.hash().len(), 64);
        assert_eq!(gains.hash(), Gains::of_defaults().hash());
        assert_ne!(gains.hash(), turned.hash());
    }
}
