//! What the loops of a life did, crank by crank.

use homeostat::state::Parameter;
use homeostat_control::{Decision, Flags, HoldReason};

use crate::{chain::Error, run::Run};

/// What one loop did at a crank.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Seen {
    /// The value from then on (ppm).
    pub value: i64,
    /// The error over its scale; of the last accepted sample, where the step was held.
    pub error: f64,
    /// -1 where it rested at its minimum and 1 at its maximum while the law wanted to go
    /// further, as the program itself counts it; 0 otherwise.
    pub limit: i8,
    /// Whether its guard is latched.
    pub latched: bool,
    /// Whether it had no sample that counts.
    pub blind: bool,
}

impl Seen {
    fn new(decision: &Decision, latched: bool) -> Self {
        let wants_further = decision.count_at_limit(0) > 0;
        let low = decision.flags.contains(Flags::LIMIT_LOW);
        Self {
            value: decision.u,
            error: decision.z.to_num(),
            limit: match (wants_further, low) {
                (false, _) => 0,
                (true, true) => -1,
                (true, false) => 1,
            },
            latched,
            blind: matches!(decision.held, HoldReason::Missing | HoldReason::Stale),
        }
    }
}

/// One crank.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crank {
    /// When it was (days since go-live).
    pub day: f64,
    /// What each loop did, by parameter.
    pub loops: [Seen; 4],
}

/// Lives a run to its end and tells all its cranks.
pub fn live(run: &mut Run) -> Result<Vec<Crank>, Error> {
    let calendar = *run.world.calendar();
    let mut cranks = Vec::new();
    for epoch in 1..=calendar.epochs {
        run.world.step(&mut run.steer)?;
        if !run.world.days().last().is_some_and(|day| day.cranked) {
            continue;
        }
        let economy = &run.world.chain().economy;
        let mut loops = [Seen::default(); 4];
        for (seen, parameter) in loops.iter_mut().zip(Parameter::ALL) {
            let controller = economy.controller(parameter)?;
            *seen = Seen::new(&controller.state().last, controller.guard.latched != 0);
        }
        cranks.push(Crank {
            day: epoch as f64 * calendar.epoch_days,
            loops,
        });
    }
    Ok(cranks)
}

/// The part of the cranks after `day` at which something is true of a loop; none without a crank.
pub fn part(
    cranks: &[Crank],
    day: f64,
    parameter: Parameter,
    is: impl Fn(&Seen) -> bool,
) -> Option<f64> {
    let after = cranks.iter().filter(|crank| crank.day > day);
    let (count, of) = after.fold((0u32, 0u32), |(count, of), crank| {
        (
            count + 1,
            of + u32::from(is(&crank.loops[parameter.index()])),
        )
    });
    (count > 0).then(|| f64::from(of) / f64::from(count))
}

/// The days at which a guard latched anew.
pub fn latches(cranks: &[Crank], parameter: Parameter) -> Vec<f64> {
    let mut before = false;
    let mut days = Vec::new();
    for crank in cranks {
        let now = crank.loops[parameter.index()].latched;
        if now && !before {
            days.push(crank.day);
        }
        before = now;
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;
    use homeostat_control::Fx;

    fn crank(day: f64, limit: i8, latched: bool) -> Crank {
        let seen = Seen {
            limit,
            latched,
            ..Seen::default()
        };
        Crank {
            day,
            loops: [seen; 4],
        }
    }

    #[test]
    fn a_part_counts_what_comes_after_and_a_latch_counts_once() {
        let cranks: Vec<Crank> = [
            (1.0, 1, false),
            (2.0, 0, true),
            (3.0, 1, true),
            (4.0, 1, false),
        ]
        .map(|(day, limit, latched)| crank(day, limit, latched))
        .into();
        let at_limit = |day| part(&cranks, day, Parameter::Burn, |seen| seen.limit != 0);
        assert_eq!(at_limit(0.0), Some(0.75));
        assert_eq!(at_limit(1.0), Some(2.0 / 3.0));
        assert_eq!(at_limit(4.0), None);
        assert_eq!(latches(&cranks, Parameter::Fee), [2.0]);
    }

    #[test]
    fn a_value_at_its_limit_counts_only_where_the_law_wants_further() {
        let at_most = |raw: i64| {
            let mut flags = Flags::default();
            flags.insert(Flags::LIMIT_HIGH);
            let decision = Decision {
                flags,
                raw: Fx::from_num(raw),
                limited: Fx::from_num(100),
                ..Decision::default()
            };
            Seen::new(&decision, false).limit
        };
        assert_eq!(at_most(100), 0);
        assert_eq!(at_most(101), 1);
    }
}
