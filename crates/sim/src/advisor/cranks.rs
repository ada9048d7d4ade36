//! A history from what cranks published.
//!
//! A crank's event has the records of its four decisions, and a record has the sums behind each
//! of its measurements: what was staked over time, what was paid, what was charged. So one event
//! tells a whole period, the values that were in force in it included, and a history can begin
//! with any of them.
//!
//! Only what some controller measures is recorded. What no record has is computed where that is
//! exact enough, and said to be; where it is not, the history begins later.

use homeostat::{
    constants::YEAR,
    events::Cranked,
    state::{DecisionRecord, Limits, Metric, Signal},
};
use homeostat_client::log::Record;
use homeostat_control::Flags;
use homeostat_settings::Failure;

use super::{History, Observation};

/// A history, and what has to be said about how it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The history.
    pub history: History,
    /// The supply at its beginning (base units); 0 without a period.
    pub supply: u64,
    /// What the excluded accounts counted for then (base units).
    pub excluded: u64,
    /// Why it does not reach further back, and what was computed instead of read, in words.
    pub notes: Vec<String>,
}

/// One period as its crank tells it.
struct Period<'a> {
    crank: &'a Cranked,
    decisions: [DecisionRecord; 4],
    staked_share: f64,
    volume: Figure,
    fees: Figure,
    depth: Option<f64>,
}

/// A sum over a period (base units).
#[derive(Clone, Copy)]
struct Figure {
    value: f64,
    /// Whether a record has it.
    read: bool,
}

impl History {
    /// The history that cranks of one economy tell, the oldest first: the last of them and as
    /// many before it as follow each other without a gap and can be read. `limits` are the
    /// economy's.
    ///
    /// # Errors
    ///
    /// Cranks that contradict each other (`bad_history`).
    pub fn of_cranks(limits: &Limits, cranks: &[Cranked]) -> Result<Told, Failure> {
        let mut periods: Vec<Period> = Vec::with_capacity(cranks.len());
        let mut notes = Vec::new();
        for crank in cranks.iter().rev() {
            let next = periods.last().map(|later| later.crank.period);
            if let Some(next) = next.filter(|next| crank.period.saturating_add(1) != *next) {
                notes.push(format!(
                    "the server has no crank of the period before period {next}"
                ));
                break;
            }
            match Period::of(crank) {
                Ok(period) => periods.push(period),
                Err(what) => {
                    notes.push(format!("the records of period {} {what}", crank.period));
                    break;
                }
            }
        }
        periods.reverse();
        let computed = |of: fn(&Period) -> Figure| periods.iter().any(|period| !of(period).read);
        if computed(|period| period.volume) {
            notes.push(
                "no controller measures the utilisation; the volume was computed from the fees \
                 and the fee in force"
                    .into(),
            );
        }
        if computed(|period| period.fees) {
            notes.push(
                "no controller measures the fees; they were computed from the volume and the fee \
                 in force"
                    .into(),
            );
        }
        let first = periods.first();
        let history = Self::new(
            first.map_or(0, Period::begin),
            limits.period,
            first.map_or([0.0; 4], Period::in_force),
            periods
                .iter()
                .map(|period| period.observation(limits))
                .collect(),
        )?;
        Ok(Told {
            history,
            supply: first.map_or(0, |period| period.crank.old_supply),
            excluded: first.map_or(0, |period| period.crank.old_excluded),
            notes,
        })
    }
}

impl<'a> Period<'a> {
    /// What a crank tells, or what is missing.
    fn of(crank: &'a Cranked) -> Result<Self, &'static str> {
        let mut decisions = crank
            .records
            .chunks_exact(core::mem::size_of::<DecisionRecord>())
            .filter_map(|bytes| match Record::parse(bytes) {
                Some(Record::Decision(decision)) => Some(decision),
                _ => None,
            });
        let mut next = |parameter: u8| {
            decisions
                .next()
                .filter(|decision| decision.parameter == parameter)
                .ok_or("are not the decisions of four controllers")
        };
        let decisions = [next(0)?, next(1)?, next(2)?, next(3)?];

        let read = |metric: Metric| reading(&decisions, metric);
        let (staked, circulating) =
            read(Metric::StakedShare).ok_or("have no staked share: no controller measures it")?;
        let volume = read(Metric::Utilisation).map(|(volume, _)| volume / YEAR as f64);
        let fees = read(Metric::EmittedOverFees).map(|(_, fees)| fees);
        let fee = decisions[1].before.u as f64 / 1e6;
        let volume = match (volume, fees) {
            (Some(value), _) => Figure { value, read: true },
            (None, Some(fees)) if fee > 0.0 => Figure {
                value: fees / fee,
                read: false,
            },
            (None, _) => {
                return Err("have no volume: no controller measures the utilisation or the fees")
            }
        };
        let fees = Figure {
            value: fees.unwrap_or(volume.value * fee),
            read: fees.is_some(),
        };
        let depth = read(Metric::LiquidityDepth).map(|(depth, whole)| depth / whole);
        Ok(Self {
            crank,
            decisions,
            staked_share: staked / circulating,
            volume,
            fees,
            depth,
        })
    }

    /// When it began (unix seconds).
    fn begin(&self) -> i64 {
        self.decisions[0].before.last_at
    }

    /// The values that were in force in it (ppm).
    fn in_force(&self) -> [f64; 4] {
        self.decisions.map(|decision| decision.before.u as f64)
    }

    fn observation(&self, limits: &Limits) -> Observation {
        let crank = self.crank;
        let circulating = crank.new_circulating as f64;
        let years = crank.at.saturating_sub(self.begin()).max(1) as f64 / YEAR as f64;
        let expected = limits.turnover_ppm as f64 / 1e6 * circulating * years;
        Observation {
            end: crank.at,
            staked_share: self.staked_share,
            utilisation: self.volume.value / expected.max(1.0),
            values: self.decisions.map(|decision| decision.u as f64),
            supply: crank.new_supply as f64,
            circulating,
            volume: self.volume.value,
            fees: self.fees.value,
            depth: self.depth,
            at_limit: core::array::from_fn(|index| {
                let flags = Flags(self.decisions[index].flags);
                match crank.at_limit[index] {
                    0 => 0,
                    _ if flags.contains(Flags::LIMIT_HIGH) => 1,
                    _ => -1,
                }
            }),
            held: self.decisions.map(|decision| decision.held != 0),
            latched: crank.latched.map(|reason| reason != 0),
            price: None,
        }
    }
}

/// Numerator and denominator of a metric, whichever controller measured or followed it; `None`
/// where none did or there was nothing to measure.
fn reading(decisions: &[DecisionRecord; 4], wanted: Metric) -> Option<(f64, f64)> {
    let wanted = Signal::Metric(wanted);
    let is = |number: u8| Signal::from_number(number).is_ok_and(|found| found == Some(wanted));
    decisions
        .iter()
        .flat_map(|decision| {
            let own = Metric::from_byte(decision.metric).is_ok_and(|m| Signal::Metric(m) == wanted);
            [
                (own, decision.numerator, decision.denominator),
                (
                    is(decision.w_signal),
                    decision.w_numerator,
                    decision.w_denominator,
                ),
                (
                    is(decision.reference_signal),
                    decision.reference_numerator,
                    decision.reference_denominator,
                ),
            ]
        })
        .find(|(wanted, _, denominator)| *wanted && denominator.get() > 0)
        .map(|(_, numerator, denominator)| (numerator.get() as f64, denominator.get() as f64))
}

#[cfg(test)]
mod tests;
