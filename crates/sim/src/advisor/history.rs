//! What an advisor may see of an economy: plain numbers, one observation a period.
//!
//! Everything here can be read from a decision log and the accounts of an economy; the price
//! comes from elsewhere and may be missing. Nothing of a simulated world that is not public,
//! such as demand or the people's minds, is in it.

use homeostat_settings::Failure;
use serde::Serialize;

use crate::{
    chain::Design,
    plant::{Day, World, START},
};

/// The seconds of a day.
const DAY: f64 = 86_400.0;

/// One period. Arrays are in the order of [`homeostat::state::Parameter`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Observation {
    /// The time of the crank that ended it (unix seconds).
    pub end: i64,
    /// The mean staked share in it (fraction).
    pub staked_share: f64,
    /// The volume over what the economy's turnover expects of the period (fraction).
    pub utilisation: f64,
    /// The values decided at its end, in force in the next period (ppm).
    pub values: [f64; 4],
    /// The mint's supply at its end (base units).
    pub supply: f64,
    /// The circulating supply at its end (base units).
    pub circulating: f64,
    /// The volume charged in it (base units).
    pub volume: f64,
    /// The fees charged in it (base units).
    pub fees: f64,
    /// The liquidity depth (fraction of the circulating supply), where it was measured.
    pub depth: Option<f64>,
    /// Where each value rests while the law wants to go further: -1 at its minimum, 1 at its
    /// maximum, 0 otherwise.
    pub at_limit: [i8; 4],
    /// Whether each controller was held for want of a sample.
    pub held: [bool; 4],
    /// Whether each guard is latched after the crank.
    pub latched: [bool; 4],
    /// The mean price in it (money a base unit), where there is one.
    pub price: Option<f64>,
}

/// The periods of an economy, in order.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct History {
    /// When the first period began (unix seconds).
    pub start: i64,
    /// The nominal length of a period (seconds).
    pub period: u32,
    /// The values in force in the first period (ppm).
    pub first_values: [f64; 4],
    /// One observation a period, the oldest first.
    pub observations: Vec<Observation>,
}

impl History {
    /// A history of observations.
    ///
    /// # Errors
    ///
    /// A period of no length, times that do not increase, or a number that is not finite or not
    /// positive where it has to be (`bad_history`, with the observation, counted from 1).
    pub fn new(
        start: i64,
        period: u32,
        first_values: [f64; 4],
        observations: Vec<Observation>,
    ) -> Result<Self, Failure> {
        let refuse = |at: usize, what: &str| {
            let message = format!("observation {} of the history: {what}", at + 1);
            Failure::new("bad_history", message).remedy("read the decision log again from its base")
        };
        if period == 0 {
            let message = "the history has periods of no length";
            return Err(Failure::new("bad_history", message)
                .remedy("take the period from the economy's account"));
        }
        let mut before = start;
        for (at, seen) in observations.iter().enumerate() {
            if seen.end <= before {
                return Err(refuse(at, "does not end after the one before it"));
            }
            before = seen.end;
            let shares = [seen.staked_share, seen.utilisation, seen.volume, seen.fees];
            let optional = [seen.depth, seen.price].into_iter().flatten();
            let all = shares.into_iter().chain(seen.values).chain(optional);
            if all.into_iter().any(|x| !x.is_finite() || x < 0.0) {
                return Err(refuse(at, "has a number that is negative or not finite"));
            }
            let supplies = [seen.supply, seen.circulating];
            if supplies.iter().any(|x| !x.is_finite() || *x <= 0.0) || seen.price == Some(0.0) {
                return Err(refuse(at, "has a supply or a price that is not above zero"));
            }
        }
        Ok(Self {
            start,
            period,
            first_values,
            observations,
        })
    }

    /// What can be seen of the past of a simulated world that began with this design. A stretch
    /// after the last crank is no period yet and is left out.
    pub fn of_world(world: &World, design: &Design) -> Self {
        let (days, epoch_days) = (world.days(), world.calendar().epoch_days);
        let turnover = design.limits.turnover_ppm as f64 / 1e6;
        let mut observations = Vec::with_capacity(days.len());
        let mut from = 0;
        for (at, day) in days.iter().enumerate().filter(|(_, day)| day.cranked) {
            let within = &days[from..=at];
            from = at + 1;
            let sum = |of: fn(&Day) -> f64| within.iter().map(of).sum::<f64>();
            let epochs = within.len() as f64;
            let volume = sum(|day| day.volume);
            let expected = turnover * day.circulating * epochs * epoch_days / 365.0;
            let depth = day.measured[3];
            observations.push(Observation {
                end: START + ((at + 1) as f64 * epoch_days * DAY) as i64,
                staked_share: sum(|day| day.staked_share) / epochs,
                utilisation: volume / expected,
                values: day.values,
                supply: day.supply,
                circulating: day.circulating,
                volume,
                fees: sum(|day| day.fees),
                depth: depth.is_finite().then_some(depth),
                at_limit: day.at_limit,
                held: day.measured.map(f64::is_nan),
                latched: day.latched,
                price: Some(sum(|day| day.price) / epochs),
            });
        }
        Self {
            start: START,
            period: design.limits.period,
            // The law starts at its bias.
            first_values: design
                .controllers
                .each_ref()
                .map(|controller| controller.config.bias.to.to_num::<f64>()),
            observations,
        }
    }

    /// The number of periods.
    pub fn len(&self) -> usize {
        self.observations.len()
    }

    /// Whether no period has ended yet.
    pub fn is_empty(&self) -> bool {
        self.observations.is_empty()
    }

    /// The length of a period (days).
    pub fn period_days(&self) -> f64 {
        f64::from(self.period) / DAY
    }

    /// Whether every period has a price.
    pub fn has_prices(&self) -> bool {
        self.observations.iter().all(|seen| seen.price.is_some())
    }

    /// Whether every period has a depth.
    pub fn has_depths(&self) -> bool {
        self.observations.iter().all(|seen| seen.depth.is_some())
    }

    /// The values in force in a period (ppm): those decided at the end of the one before it.
    pub fn in_force(&self, at: usize) -> [f64; 4] {
        at.checked_sub(1)
            .and_then(|before| self.observations.get(before))
            .map_or(self.first_values, |seen| seen.values)
    }

    /// When a period began (unix seconds).
    pub fn begin(&self, at: usize) -> i64 {
        at.checked_sub(1)
            .and_then(|before| self.observations.get(before))
            .map_or(self.start, |seen| seen.end)
    }

    /// The annual yield (fraction) of native stake in a period: its part of the emission and all
    /// fees that are not burned nor the treasury's, over what was staked. `treasury` is the
    /// treasury's part of the fees that are not burned.
    pub fn annual_yield(&self, at: usize, treasury: f64) -> f64 {
        let Some(seen) = self.observations.get(at) else {
            return 0.0;
        };
        let [emission, _, burn, liquidity] = self.in_force(at).map(|ppm| ppm / 1e6);
        let years = (seen.end - self.begin(at)) as f64 / (365.0 * DAY);
        let fees = seen.fees / years * (1.0 - burn) * (1.0 - treasury);
        let rewards = emission * (1.0 - liquidity) * seen.supply + fees;
        rewards / (seen.staked_share * seen.circulating).max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        policy::Policy,
        run::{Case, Setting},
        scenario::{Calendar, Scenario},
    };

    /// A world of weekly periods that lived so many days.
    fn world(scenario: Scenario, epochs: usize) -> (World, History) {
        let setting = Setting {
            people: 60,
            calendar: Calendar {
                epochs,
                epoch_days: 1.0,
                period_days: 7.0,
            },
            design: Design::with_defaults(604_800, 1_000_000_000_000_000),
            constants: [0; 4],
        };
        let case = Case {
            scenario,
            policy: Policy::Homeostat,
            seed: 5,
        };
        let mut run = setting.prepare(case).unwrap();
        run.world.run(&mut run.steer).unwrap();
        let history = History::of_world(&run.world, &setting.design);
        (run.world, history)
    }

    #[test]
    fn a_history_has_a_period_for_each_crank_and_leaves_the_rest_out() {
        // Given a world of 45 days with weekly cranks,
        // when its history is taken,
        let (world, history) = world(Scenario::Stationary, 45);
        // then six weeks are in it, one after the other,
        assert_eq!(history.len(), 6);
        for (week, seen) in history.observations.iter().enumerate() {
            assert_eq!(seen.end, START + (week as i64 + 1) * 604_800);
            assert_eq!(history.in_force(week + 1), seen.values);
        }
        // the sums are those of its days,
        let days = &world.days()[7..14];
        let volume: f64 = days.iter().map(|day| day.volume).sum();
        assert_eq!(history.observations[1].volume, volume);
        // and the utilisation and the staked share are about what the chain measured.
        let day = &world.days()[13];
        let seen = &history.observations[1];
        assert!((seen.utilisation / day.measured[1] - 1.0).abs() < 0.02);
        assert!((seen.staked_share / day.measured[0] - 1.0).abs() < 0.02);
        // What it is made of again, it accepts.
        let again = History::new(
            history.start,
            history.period,
            history.first_values,
            history.observations.clone(),
        );
        assert_eq!(again.as_ref(), Ok(&history));
    }

    #[test]
    fn the_yield_is_about_what_the_chain_pays() {
        let (world, history) = world(Scenario::Stationary, 70);
        for week in 2..10 {
            let days = &world.days()[week * 7..week * 7 + 6];
            let paid = days.iter().map(|day| day.annual_yield).sum::<f64>() / 6.0;
            let seen = history.annual_yield(week, 0.2);
            assert!((seen / paid - 1.0).abs() < 0.1, "{week}: {seen} {paid}");
        }
    }

    #[test]
    fn a_late_crank_makes_a_long_period() {
        // Given nobody who cranks for twenty periods from a third of the run on,
        let (_, history) = world(Scenario::KeeperOutage, 300);
        // then one period is that long.
        let longest = (0..history.len())
            .map(|at| history.observations[at].end - history.begin(at))
            .max();
        assert!(longest >= Some(20 * 604_800), "{longest:?}");
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_place() {
        let (_, history) = world(Scenario::Stationary, 30);
        let refused = |change: fn(&mut Vec<Observation>)| {
            let mut observations = history.observations.clone();
            change(&mut observations);
            History::new(
                history.start,
                history.period,
                history.first_values,
                observations,
            )
            .unwrap_err()
            .message
        };
        let message = refused(|all| all[2].end = all[1].end);
        assert!(message.starts_with("observation 3 "), "{message}");
        let message = refused(|all| all[0].volume = f64::NAN);
        assert!(message.contains("not finite"), "{message}");
        let message = refused(|all| all[1].price = Some(0.0));
        assert!(message.starts_with("observation 2 "), "{message}");
        let none = History::new(0, 0, [0.0; 4], vec![]).unwrap_err();
        assert_eq!(none.code, "bad_history");
    }
}
