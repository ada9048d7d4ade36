//! The policies: what could steer the economy.
//!
//! A fixed rule is a council that sets each value by hand at every crank: its controllers are in
//! manual mode, without slew limits, between the widest limits that the program allows. All of
//! them, and the adaptive ones, go through the same program, so caps, rounding and delays are the
//! same for everybody.

mod rules;

use homeostat::state::{Parameter, Report, Snapshot};
use homeostat_control::{Mode, Ramp};
use serde::{Deserialize, Serialize};

use crate::{
    chain::{Chain, Design, Error},
    plant::{Outlook, Steering},
};
use rules::Rule;

/// The eleven policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// The values that a founder starts with, for ever.
    StaticUntuned,
    /// The best constant values that a search with the same budget as ours found.
    StaticTuned,
    /// An emission that halves every year; the other values as in static untuned.
    Halving,
    /// Solana's disinflation: 8 %, 15 % less each year, 1.5 % at least.
    Solana,
    /// Cosmos: inflation moves by (1 - bonded / 0.67) x 13 % a year, within 7 and 20 %.
    Cosmos,
    /// EIP-1559: the fee moves by an eighth of the relative distance of the utilisation from its
    /// target, and is burned; rewards are static.
    Eip1559,
    /// The economy's own controllers.
    Homeostat,
    /// The same without feed-forward.
    NoFeedForward,
    /// The same without the anomaly guard.
    NoGuard,
    /// The same until the shock, and from then on what was in force at that moment.
    Frozen,
    /// An emission set by somebody who knows what everybody asks for and what is coming; the
    /// other values by the economy's own controllers.
    Oracle,
}

impl Policy {
    /// All of them, in the order of tables.
    pub const ALL: [Self; 11] = [
        Self::StaticUntuned,
        Self::StaticTuned,
        Self::Halving,
        Self::Solana,
        Self::Cosmos,
        Self::Eip1559,
        Self::Homeostat,
        Self::NoFeedForward,
        Self::NoGuard,
        Self::Frozen,
        Self::Oracle,
    ];

    /// The name in tables, files and arguments.
    pub const fn name(self) -> &'static str {
        match self {
            Self::StaticUntuned => "static-untuned",
            Self::StaticTuned => "static-tuned",
            Self::Halving => "halving",
            Self::Solana => "solana",
            Self::Cosmos => "cosmos",
            Self::Eip1559 => "eip-1559",
            Self::Homeostat => "homeostat",
            Self::NoFeedForward => "no-feed-forward",
            Self::NoGuard => "no-guard",
            Self::Frozen => "frozen",
            Self::Oracle => "oracle",
        }
    }

    /// The policy of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.name() == name)
    }

    /// The design of an economy that this policy steers, from the one that Homeostat steers, and
    /// what steers it. `constants` are the tuned constant values (ppm, by parameter); `shock` is
    /// the epoch of the shock.
    pub fn prepare(self, design: &Design, constants: [i64; 4], shock: usize) -> (Design, Steer) {
        let mut design = design.clone();
        let mut steer = Steer {
            rule: None,
            frozen_from: usize::MAX,
            oracle: false,
        };
        let biases = design.controllers.map(|c| c.config.bias.to.to_num::<i64>());
        match self {
            Self::Homeostat => {}
            Self::NoFeedForward => {
                for controller in &mut design.controllers {
                    controller.config.f_max = homeostat_control::Fx::ZERO;
                }
            }
            Self::NoGuard => {
                for controller in &mut design.controllers {
                    controller.guard.enabled = false;
                }
            }
            Self::Frozen => steer.frozen_from = shock,
            Self::Oracle => steer.oracle = true,
            Self::StaticUntuned => steer.rule = Some(Rule::Constant(biases)),
            Self::StaticTuned => steer.rule = Some(Rule::Constant(constants)),
            Self::Halving => steer.rule = Some(Rule::Halving(biases)),
            Self::Solana => steer.rule = Some(Rule::Solana(biases)),
            Self::Cosmos => steer.rule = Some(Rule::Cosmos(biases)),
            Self::Eip1559 => steer.rule = Some(Rule::Eip1559(biases)),
        }
        if let Some(rule) = &steer.rule {
            for (controller, parameter) in design.controllers.iter_mut().zip(Parameter::ALL) {
                by_hand(controller, parameter, rule.start(parameter));
            }
        }
        (design, steer)
    }
}

/// Puts a controller into manual mode at a value (ppm), with nothing between it and the widest
/// limits.
fn by_hand(controller: &mut crate::chain::Loop, parameter: Parameter, value: i64) {
    let config = &mut controller.config;
    config.min = parameter.floor();
    config.max = parameter.ceiling();
    config.slew_up = None;
    config.slew_down = None;
    config.mode = Mode::Manual(value);
    config.bias = Ramp::constant(homeostat_control::Fx::from_num(value));
    controller.guard.enabled = false;
}

/// A policy at work.
#[derive(Clone, Debug)]
pub struct Steer {
    rule: Option<Rule>,
    frozen_from: usize,
    oracle: bool,
}

impl Steering for Steer {
    fn steer(
        &mut self,
        chain: &mut Chain,
        snapshot: &Snapshot,
        report: &Report,
        outlook: &Outlook,
    ) -> Result<(), Error> {
        if let Some(rule) = &mut self.rule {
            let seen = rules::Seen::new(&chain.economy, snapshot, report);
            for parameter in Parameter::ALL {
                let value = rule.value(parameter, &seen);
                chain.set_by_hand(parameter, value)?;
            }
        }
        if outlook.epoch >= self.frozen_from {
            for parameter in Parameter::ALL {
                let value = chain.economy.controller(parameter)?.state.u;
                chain.set_by_hand(parameter, value)?;
            }
        }
        if self.oracle {
            let value = wanted_emission(chain, outlook)?;
            chain.lift_slew(Parameter::Emission)?;
            chain.set_by_hand(Parameter::Emission, value)?;
        }
        Ok(())
    }
}

/// The emission (ppm) at which the people, once all have decided, have as much staked as the
/// emission's setpoint asks for: found by bisection of the yield.
fn wanted_emission(chain: &Chain, outlook: &Outlook) -> Result<i64, Error> {
    let economy = &chain.economy;
    let target = economy
        .controller(Parameter::Emission)?
        .config()
        .setpoint
        .to
        .to_num::<f64>();
    // What is not in stakers' hands cannot be staked, so more of what they have must be.
    let circulating = economy.totals.circulating as f64;
    let owned = outlook.stakers_tokens().max(1.0);
    let share = target * circulating / owned;
    let (mut low, mut high) = (0.0, 2.0);
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if outlook.wished_share(middle) < share {
            low = middle;
        } else {
            high = middle;
        }
    }
    let liquidity = economy.value(Parameter::Liquidity) as f64 / 1e6;
    let rewards = high * target * circulating / (1.0 - liquidity).max(0.01);
    Ok((rewards / economy.totals.supply as f64 * 1e6) as i64)
}
