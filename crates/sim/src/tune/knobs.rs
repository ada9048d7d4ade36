//! What a search may turn: a design as a point of R^n.

use homeostat::state::Parameter;
use homeostat_control::{Fx, Ramp};

use crate::chain::Design;

/// Which values of a design a point stands for. Every coordinate is in -1 to 1; what a search
/// gives beyond that counts as the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knobs {
    /// The proportional and the integral gain of each controller, by parameter: 0 is the
    /// design's own, 1 is eight times, -1 an eighth of it.
    Gains,
    /// The four constant values of a fixed policy, from one end to the other of what is
    /// usual: emission 1 to 20 %, fee 0.05 to 1 % (both in the logarithm), burn share 0 to 90 %,
    /// liquidity share 0 to 30 %.
    Constants,
}

/// The most that a gain is multiplied or divided by.
const WIDEST: f64 = 8.0;

impl Knobs {
    /// The number of coordinates.
    pub const fn dimension(self) -> usize {
        match self {
            Self::Gains => 8,
            Self::Constants => 4,
        }
    }

    /// `design` and the constants (ppm) with the values of a point; coordinates that are missing
    /// count as 0.
    pub fn turn(self, point: &[f64], design: &Design, constants: [i64; 4]) -> (Design, [i64; 4]) {
        let at = |index: usize| point.get(index).copied().unwrap_or(0.0).clamp(-1.0, 1.0);
        let mut design = design.clone();
        match self {
            Self::Gains => {
                for parameter in Parameter::ALL {
                    let index = 2 * parameter.index();
                    let config = &mut design.of_mut(parameter).config;
                    config.kp = scaled(config.kp, libm::pow(WIDEST, at(index)));
                    config.ki = scaled(config.ki, libm::pow(WIDEST, at(index + 1)));
                }
                (design, constants)
            }
            Self::Constants => {
                let between = |index: usize, low: f64, high: f64| {
                    low + (high - low) * 0.5 * (at(index) + 1.0)
                };
                let logarithmic = |index: usize, low: f64, high: f64| {
                    libm::exp(between(index, libm::log(low), libm::log(high)))
                };
                let values = [
                    logarithmic(0, 10_000.0, 200_000.0),
                    logarithmic(1, 500.0, 10_000.0),
                    between(2, 0.0, 900_000.0),
                    between(3, 0.0, 300_000.0),
                ];
                (design, values.map(|value| libm::round(value) as i64))
            }
        }
    }
}

/// A constant gain times a factor.
fn scaled(gain: Ramp, factor: f64) -> Ramp {
    Ramp::constant(gain.to.saturating_mul(Fx::saturating_from_num(factor)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_the_design_and_the_ends_are_eight_times_it() {
        let design = Design::with_defaults(604_800, 1_000_000);
        let gains = |point: &[f64]| {
            let (turned, _) = Knobs::Gains.turn(point, &design, [0; 4]);
            turned.controllers.map(|c| (c.config.kp.to, c.config.ki.to))
        };
        let own = design.controllers.map(|c| (c.config.kp.to, c.config.ki.to));
        assert_eq!(gains(&[]), own);
        let most = gains(&[1.0, -1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 9.0]);
        assert_eq!(most[0].0, own[0].0 * Fx::from_num(8));
        assert_eq!(most[0].1, own[0].1 / Fx::from_num(8));
        assert_eq!(most[3].1, own[3].1 * Fx::from_num(8));
        assert_eq!(most[1], own[1]);
    }

    #[test]
    fn constants_span_what_is_usual() {
        let design = Design::with_defaults(604_800, 1_000_000);
        let constants = |all: f64| Knobs::Constants.turn(&[all; 4], &design, [0; 4]).1;
        assert_eq!(constants(-1.0), [10_000, 500, 0, 0]);
        assert_eq!(constants(1.0), [200_000, 10_000, 900_000, 300_000]);
        assert_eq!(constants(0.0), [44_721, 2_236, 450_000, 150_000]);
    }
}
