//! The rules of other networks, as their documentation states them.

use homeostat::{
    constants::YEAR,
    state::{Economy, Parameter, Report, Snapshot},
};

/// A year (seconds).
const SECONDS: f64 = YEAR as f64;

/// What a rule may look at.
pub struct Seen {
    /// The years since go-live.
    pub years: f64,
    /// The years since the last crank.
    pub elapsed: f64,
    /// The staked share (fraction) over the period.
    pub staked: f64,
    /// The utilisation over the period.
    pub utilisation: f64,
    /// The values in force (ppm), by parameter.
    pub values: [f64; 4],
}

impl Seen {
    /// What is known at a crank.
    pub fn new(economy: &Economy, snapshot: &Snapshot, report: &Report) -> Self {
        let measured = |metric: usize| {
            let measurement = report.measurements.get(metric).copied().flatten();
            measurement
                .and_then(|m| m.value())
                .map_or(0.0, |value| value.to_num())
        };
        Self {
            years: (snapshot.now - economy.live_at) as f64 / SECONDS,
            elapsed: (snapshot.now - economy.last_crank) as f64 / SECONDS,
            staked: measured(0),
            utilisation: measured(1),
            values: Parameter::ALL.map(|parameter| economy.value(parameter) as f64),
        }
    }
}

/// A rule for the four values; the array has those that it leaves alone (ppm).
#[derive(Clone, Debug)]
pub enum Rule {
    /// All values constant.
    Constant([i64; 4]),
    /// The emission halves every year, in one step.
    Halving([i64; 4]),
    /// Solana's inflation schedule: 8 % at first, 15 % less each year, at least 1.5 %; here
    /// continuous in time, as its epochs are short.
    Solana([i64; 4]),
    /// Cosmos x/mint.
    Cosmos([i64; 4]),
    /// Ethereum's base fee.
    Eip1559([i64; 4]),
}

impl Rule {
    /// The value at go-live (ppm).
    pub fn start(&self, parameter: Parameter) -> i64 {
        match (self, parameter) {
            (Self::Solana(_), Parameter::Emission) => 80_000,
            // Cosmos started at 7 %.
            (Self::Cosmos(_), Parameter::Emission) => 70_000,
            (Self::Eip1559(_), Parameter::Burn) => 1_000_000,
            (
                Self::Constant(values)
                | Self::Halving(values)
                | Self::Solana(values)
                | Self::Cosmos(values)
                | Self::Eip1559(values),
                parameter,
            ) => values[parameter.index()],
        }
    }

    /// The value from now on (ppm).
    pub fn value(&mut self, parameter: Parameter, seen: &Seen) -> i64 {
        let now = seen.values[parameter.index()];
        let value = match (&*self, parameter) {
            (Self::Halving(values), Parameter::Emission) => {
                let halvings = libm::floor(seen.years);
                values[0] as f64 * libm::exp2(-halvings)
            }
            (Self::Solana(_), Parameter::Emission) => {
                (80_000.0 * libm::pow(0.85, seen.years)).max(15_000.0)
            }
            (Self::Cosmos(_), Parameter::Emission) => {
                let change = (1.0 - seen.staked / 0.67) * 130_000.0 * seen.elapsed;
                (now + change).clamp(70_000.0, 200_000.0)
            }
            (Self::Eip1559(_), Parameter::Fee) => {
                // An eighth a block there, an eighth a period here; at most double the target
                // counts, as a block is at most twice its target.
                let distance = (seen.utilisation - 1.0).clamp(-1.0, 1.0);
                // One ppm at least, so that rounding does not stop it.
                let change = now * distance / 8.0;
                if change > 0.0 {
                    now + change.max(1.0)
                } else {
                    now + change.min(-1.0)
                }
            }
            _ => return self.start(parameter),
        };
        libm::round(value) as i64
    }
}
