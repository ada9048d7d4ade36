//! What a founder expects, and the economy that fits it.
//!
//! Targets contradict each other unless somebody does the sums: who stakes at which yield says
//! what emission the staked share costs; the turnover says what a fee brings in, and that is all
//! there is for burns, stakers and treasury. [`derive`] does these sums for one economy and
//! says, with figures, which target cannot be reached and what would reach it.
//!
//! All rates are fractions a year, all shares fractions of one.

use homeostat::constants::{MAX_PERIOD_EMISSION_PPM, YEAR};
use homeostat::state::{defaults, Limits};
use homeostat_control::{Config, Fx, Ramp};

use crate::{Parameter, Wiring};

/// What a founder expects of the people, and wants of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// The volume that will be paid in a year, over the circulating supply, at [`Self::fee`].
    pub turnover: f64,
    /// Who stakes: pairs of an annual yield and the share of the circulating supply that will
    /// be staked at it, both ascending. One pair is enough.
    pub stakers: Vec<(f64, f64)>,
    /// The share that is to be staked.
    pub staked_share: f64,
    /// The highest emission that is acceptable (a year, over the supply).
    pub most_emission: f64,
    /// What the treasury needs in a year, over the supply.
    pub treasury_needs: f64,
    /// The treasury's part of the fees that are not burned.
    pub treasury_share: f64,
    /// The fee that payers are used to; what is charged where the needs ask for less.
    pub fee: f64,
    /// The part of the emission that is to be burned again.
    pub burned_over_emitted: f64,
    /// The yield that liquidity providers ask for, on the value of both sides.
    pub provider_yield: f64,
    /// The tokens that are to stand behind staked liquidity, over the circulating supply.
    pub depth: f64,
    /// The part of the supply that circulates.
    pub circulating: f64,
}

impl Default for Forecast {
    /// A quiet economy: its people are as those of live networks in the mean.
    fn default() -> Self {
        Self {
            turnover: 4.0,
            stakers: vec![(0.075, 0.5)],
            staked_share: 0.60,
            most_emission: 0.20,
            treasury_needs: 0.0,
            treasury_share: 0.2,
            fee: 0.003,
            burned_over_emitted: 0.05,
            provider_yield: 0.08,
            depth: 0.03,
            circulating: 1.0,
        }
    }
}

/// What is wrong with a forecast: the field, and what it allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The field.
    pub field: &'static str,
    /// What it allows.
    pub allowed: &'static str,
}

/// A target that cannot be reached, or can just so.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Whose target.
    pub parameter: Parameter,
    /// What the target asks of the parameter (fraction).
    pub needed: f64,
    /// The most that the parameter's limits allow (fraction).
    pub most: f64,
    /// The target that can be reached with that.
    pub reachable: f64,
    /// The whole of it in words, with figures and a remedy.
    pub text: String,
}

/// What a forecast leads to.
#[derive(Clone, Debug)]
pub struct Derived {
    /// The limits of the economy that fits it.
    pub limits: Limits,
    /// Its controllers, by parameter.
    pub controllers: [Config; 4],
    /// What they are wired to, by parameter.
    pub wirings: [Wiring; 4],
    /// Targets out of reach; empty where everything fits.
    pub findings: Vec<Finding>,
}

/// A limit is this many times the bias, up or down: as far as the starting values of a new
/// economy are from theirs.
const ROOM_UP: f64 = 10.0 / 3.0;
const ROOM_DOWN: f64 = 6.0;
/// The same for the emission: where the price rises, fewer tokens pay for the same yield in money's
/// worth, and fees pay stakers too.
const ROOM_DOWN_EMISSION: f64 = 24.0;
/// A target counts as reachable where its bias leaves this room below the highest value. Without
/// any, the smallest error of the forecast has the controller rest at that limit; the turnover,
/// which burns depend on, is known worst.
const SPARE: f64 = 1.5;
const SPARE_BURN: f64 = 4.0;
/// The highest burn share: a tenth of the fees is always left to stakers and treasury.
const MOST_BURN: f64 = 0.9;
/// The highest part of the emission that goes to liquidity pools.
const MOST_LIQUIDITY: f64 = 0.3;

impl Forecast {
    /// Names the first field that is out of its range.
    pub fn validate(&self) -> Result<(), Invalid> {
        let within = |field, value: f64, low: f64, high: f64, allowed| {
            if value.is_finite() && (low..=high).contains(&value) {
                Ok(())
            } else {
                Err(Invalid { field, allowed })
            }
        };
        within("turnover", self.turnover, 0.01, 1_000.0, "0.01 to 1,000")?;
        within(
            "staked_share",
            self.staked_share,
            0.01,
            0.95,
            "0.01 to 0.95",
        )?;
        within(
            "most_emission",
            self.most_emission,
            0.001,
            1.0,
            "0.001 to 1",
        )?;
        within("treasury_needs", self.treasury_needs, 0.0, 1.0, "0 to 1")?;
        within(
            "treasury_share",
            self.treasury_share,
            0.01,
            1.0,
            "0.01 to 1",
        )?;
        within("fee", self.fee, 0.000_01, 0.1, "0.00001 to 0.1")?;
        within(
            "burned_over_emitted",
            self.burned_over_emitted,
            0.0,
            10.0,
            "0 to 10",
        )?;
        within(
            "provider_yield",
            self.provider_yield,
            0.0001,
            10.0,
            "0.0001 to 10",
        )?;
        within("depth", self.depth, 0.0001, 1.0, "0.0001 to 1")?;
        within("circulating", self.circulating, 0.01, 1.0, "0.01 to 1")?;
        let ascending = self
            .stakers
            .windows(2)
            .all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1);
        let sound = self.stakers.iter().all(|(annual_yield, share)| {
            annual_yield.is_finite()
                && *annual_yield > 0.0
                && *annual_yield <= 10.0
                && (0.01..=0.99).contains(share)
        });
        if self.stakers.is_empty() || !ascending || !sound {
            return Err(Invalid {
                field: "stakers",
                allowed: "one pair or more of a yield (above 0 to 10) and a share (0.01 to 0.99), \
                          both ascending",
            });
        }
        Ok(())
    }

    /// The annual yield at which `share` will be staked: on the line through the pairs, in the
    /// logarithm of the yield and the logit of the share. With one pair, as if a quarter of the
    /// tokens were staked at half of the yield that three quarters are staked at.
    pub fn yield_for(&self, share: f64) -> f64 {
        // ln 2 over the distance of the logits of 1/4 and 3/4, which is 2 ln 3.
        const USUAL_SLOPE: f64 = core::f64::consts::LN_2 / 2.197_224_577_336_22;
        let logit = |s: f64| libm::log(s / (1.0 - s));
        let points: Vec<(f64, f64)> = self
            .stakers
            .iter()
            .map(|(y, s)| (logit(*s), libm::log(*y)))
            .collect();
        let at = logit(share);
        let slope = |a: (f64, f64), b: (f64, f64)| (b.1 - a.1) / (b.0 - a.0);
        let (anchor, steep) = match points.as_slice() {
            [] => return f64::NAN,
            [only] => (*only, USUAL_SLOPE),
            _ => {
                let beyond = points.windows(2).find(|pair| at <= pair[1].0);
                let pair = beyond.or(points.windows(2).last());
                pair.map_or((points[0], USUAL_SLOPE), |pair| {
                    (pair[0], slope(pair[0], pair[1]))
                })
            }
        };
        libm::exp(anchor.1 + steep * (at - anchor.0))
    }

    /// The share that will be staked at an annual yield; the inverse of [`Self::yield_for`].
    pub fn share_at(&self, annual_yield: f64) -> f64 {
        let (mut low, mut high) = (0.001, 0.999);
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if self.yield_for(middle) < annual_yield {
                low = middle;
            } else {
                high = middle;
            }
        }
        0.5 * (low + high)
    }

    /// The economy that fits the forecast, for a period (seconds) and a hard cap (base units), from
    /// the program's defaults: biases are what the targets need, limits leave room around them,
    /// gains and slew limits grow in proportion to the biases, as the plant's gain shrinks.
    ///
    /// Refuses a forecast that is out of range. A target out of reach is a [`Finding`]; its
    /// controller gets the nearest target that can be reached.
    pub fn derive(&self, period: u32, hard_cap: u64) -> Result<Derived, Invalid> {
        self.validate()?;
        let mut derived = Derived {
            limits: defaults::limits(period, hard_cap),
            controllers: Parameter::ALL.map(|parameter| defaults::config(parameter, period)),
            wirings: Parameter::ALL.map(defaults::wiring),
            findings: Vec::new(),
        };
        // At most a million, so the cast loses nothing.
        derived.limits.treasury_ppm = ppm(self.treasury_share) as u32;
        let liquidity = self.liquidity(&mut derived);
        let emission = self.emission(&mut derived, liquidity);
        self.fee_and_burn(&mut derived, emission);
        derived.limits.turnover_ppm = ppm(self.turnover).unsigned_abs();
        // The cap of a period leaves twice the highest rate, as in the defaults.
        let highest = derived.controllers[Parameter::Emission.index()].max as f64;
        let cap = 2.0 * highest * f64::from(period) / YEAR as f64;
        derived.limits.period_emission_ppm =
            (libm::ceil(cap) as u32).clamp(1, MAX_PERIOD_EMISSION_PPM);
        Ok(derived)
    }

    /// The emission that the staked share needs, with `liquidity` the part of it that goes to
    /// liquidity pools; sets its controller and returns what it gets.
    fn emission(&self, derived: &mut Derived, liquidity: f64) -> f64 {
        let cost =
            |share: f64| self.yield_for(share) * share * self.circulating / (1.0 - liquidity);
        let needed = cost(self.staked_share);
        let affordable = self.most_emission / SPARE;
        let mut share = self.staked_share;
        if needed > affordable {
            // The largest share that the highest emission pays for.
            let (mut low, mut high) = (0.0, share);
            for _ in 0..60 {
                let middle = 0.5 * (low + high);
                if cost(middle) < affordable {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            share = low;
            derived.findings.push(Finding {
                parameter: Parameter::Emission,
                needed,
                most: affordable,
                reachable: share,
                text: format!(
                    "{:.0} % staked needs a yield of {:.1} % and so an emission of {:.1} % a year; the {:.1} % that \
                     you accept leave room up to {:.1} %, which pays for {:.0} %. Lower staked_share to it, or \
                     raise most_emission",
                    100.0 * self.staked_share,
                    100.0 * self.yield_for(self.staked_share),
                    100.0 * needed,
                    100.0 * self.most_emission,
                    100.0 * affordable,
                    100.0 * share,
                ),
            });
        }
        let bias = cost(share).min(affordable);
        let parameter = Parameter::Emission;
        let most = (bias * ROOM_UP)
            .min(self.most_emission.max(bias))
            .max(bias * 1.01);
        set(
            derived,
            parameter,
            share,
            bias,
            bias / ROOM_DOWN_EMISSION,
            most,
        );
        bias
    }

    /// The part of the emission that the depth needs. Sets the liquidity's controller.
    fn liquidity(&self, derived: &mut Derived) -> f64 {
        // Providers tie up the tokens and as much in money again.
        let rewards = 2.0 * self.depth * self.circulating * self.provider_yield;
        // Where the staked share is out of reach, stakers get no more than what is affordable.
        let wanted = self.yield_for(self.staked_share) * self.staked_share * self.circulating;
        let security = wanted.min(self.most_emission / SPARE);
        let needed = rewards / (rewards + security);
        let most = MOST_LIQUIDITY / SPARE;
        let mut depth = self.depth;
        if needed > most {
            let affordable = security * most / (1.0 - most);
            depth = affordable / (2.0 * self.circulating * self.provider_yield);
            derived.findings.push(Finding {
                parameter: Parameter::Liquidity,
                needed,
                most,
                reachable: depth,
                text: format!(
                    "a depth of {:.1} % needs {:.0} % of the emission; the {:.0} % that liquidity pools may get \
                     leave room up to {:.0} %, which pays for {:.1} %. Lower depth to it",
                    100.0 * self.depth,
                    100.0 * needed,
                    100.0 * MOST_LIQUIDITY,
                    100.0 * most,
                    100.0 * depth,
                ),
            });
        }
        let bias = needed.min(most);
        let parameter = Parameter::Liquidity;
        set(
            derived,
            parameter,
            depth,
            bias,
            0.0,
            (bias * ROOM_UP).min(MOST_LIQUIDITY),
        );
        bias
    }

    /// The fee that burns and treasury need of the turnover. Sets both controllers.
    fn fee_and_burn(&self, derived: &mut Derived, emission: f64) {
        let volume = self.turnover * self.circulating;
        let burned = self.burned_over_emitted * emission;
        // Of what is not burned the treasury gets its part. Burns alone never raise the fee: that
        // drives payments and people away, and what it burns with them.
        let affordable = burned.min(MOST_BURN / SPARE_BURN * volume * self.fee);
        let wanted = self.treasury_needs / self.treasury_share + affordable;
        // A fee that is higher than usual by more than the room would drive payments away.
        let most_fee = (self.fee * ROOM_UP).min(0.1);
        let needed = wanted / volume;
        let fee = needed.clamp(self.fee, most_fee);
        if needed > most_fee {
            derived.findings.push(Finding {
                parameter: Parameter::Fee,
                needed,
                most: most_fee,
                reachable: volume * most_fee,
                text: format!(
                    "burns of {:.2} % and a treasury that needs {:.2} % of the supply a year ask for a fee of \
                     {:.2} % at a turnover of {:.1}, above the {:.2} % that payers bear: that brings in {:.2} % a \
                     year. Lower burned_over_emitted or treasury_needs",
                    100.0 * affordable,
                    100.0 * self.treasury_needs,
                    100.0 * needed,
                    self.turnover,
                    100.0 * most_fee,
                    100.0 * volume * most_fee,
                ),
            });
        }
        let parameter = Parameter::Fee;
        set(
            derived,
            parameter,
            1.0,
            fee,
            fee / ROOM_DOWN,
            (fee * ROOM_UP).min(0.1),
        );
        let share = burned / (volume * fee);
        let most = MOST_BURN / SPARE_BURN;
        let mut target = self.burned_over_emitted;
        if share > most {
            target = most * volume * fee / emission;
            derived.findings.push(Finding {
                parameter: Parameter::Burn,
                needed: share,
                most,
                reachable: target,
                text: format!(
                    "burning {:.0} % of the emission needs {:.0} % of the fees; the {:.0} % that may be burned leave \
                     room up to {:.0} %, and fees of {:.2} % a year pay for {:.1} % of it. Lower \
                     burned_over_emitted to it, or expect a fee above {:.2} %",
                    100.0 * self.burned_over_emitted,
                    100.0 * share,
                    100.0 * MOST_BURN,
                    100.0 * most,
                    100.0 * volume * fee,
                    100.0 * target,
                    100.0 * fee,
                ),
            });
        }
        let bias = share.min(most);
        set(derived, Parameter::Burn, target, bias, 0.0, MOST_BURN);
        let config = &mut derived.controllers[Parameter::Burn.index()];
        defaults::burn_part_of_emission(config, config.setpoint.to);
    }
}

/// Gives a controller its target, bias and limits (fractions), and gains and slew limits in
/// proportion to the bias.
fn set(derived: &mut Derived, parameter: Parameter, setpoint: f64, bias: f64, min: f64, max: f64) {
    let config = &mut derived.controllers[parameter.index()];
    let old: f64 = config.bias.to.to_num::<f64>() / 1e6;
    let factor = bias / old;
    let scaled =
        |gain: Ramp| Ramp::constant(gain.to.saturating_mul(Fx::saturating_from_num(factor)));
    let setpoint = Fx::saturating_from_num(setpoint);
    config.setpoint = Ramp::constant(setpoint);
    config.scale = setpoint.saturating_abs().max(Config::MIN_SCALE);
    config.min = ppm(min).max(i64::from(min > 0.0));
    config.max = ppm(max).max(config.min + 1);
    config.bias = Ramp::constant(Fx::from_num(ppm(bias).clamp(config.min, config.max)));
    config.kp = scaled(config.kp);
    config.ki = scaled(config.ki);
    // A faster slew limit than the whole range bounds nothing, and is refused.
    let range = parameter.ceiling().abs_diff(parameter.floor());
    let slew = |rate: Option<u64>| rate.map(|rate| ((rate as f64 * factor) as u64).clamp(1, range));
    config.slew_up = slew(config.slew_up);
    config.slew_down = slew(config.slew_down);
}

/// A fraction in whole ppm, to the nearest.
fn ppm(fraction: f64) -> i64 {
    libm::round(fraction * 1e6) as i64
}

#[cfg(test)]
mod tests;
