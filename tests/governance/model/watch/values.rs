//! How the values in force move, from the accounts alone: at a crank, and by the slew limits that
//! were in force before.
//!
//! The statement needs nothing of the control law. A slew limit allows a rate; what it has
//! saved up, a period's worth at most, may be moved at a crank. A limit that was widened counts
//! from the next crank on, and one that was narrowed at once: so a crank moves a value by no more
//! than the slowest limit since the crank before allows in a period, and any series of cranks by
//! no more than the rate in that time and a period. Between cranks nothing moves but a
//! value above a lowered maximum, to that maximum.

use homeostat_client::{Economy, Parameter};

use super::{say, Notes, Seen};

const MOVED: &str = "value: moved at a crank";
const SLEWED: &str = "value: moved by all that its slew limit had saved up";
const CUT: &str = "value: cut to a lowered maximum";
const LIFTED: &str = "value: on its way to a raised minimum";

/// What must occur at least once, or the statement says nothing. A value on its way to a raised
/// minimum is too rare for the usual number of sequences: it is only counted.
pub(in super::super) const EXPECTED: [&str; 3] = [MOVED, SLEWED, CUT];

/// What may still be moved one way.
#[derive(Clone, Copy)]
struct Budget {
    /// The slowest limit in force since the last crank (ppm a period).
    slowest: u128,
    /// What is saved up (ppm x s).
    room: u128,
}

/// Of every parameter, upwards and downwards.
pub(super) struct Values {
    budgets: [[Budget; 2]; 4],
    at: i64,
}

/// The slew limits of a parameter (ppm a period), upwards and downwards.
fn limits(economy: &Economy, parameter: Parameter) -> [u128; 2] {
    let config = &economy.controllers[parameter as usize].config;
    [config.slew_up, config.slew_down].map(u128::from)
}

impl Values {
    /// As an economy begins: everything saved up.
    pub(super) fn new(seen: &Seen) -> Self {
        let period = u128::from(seen.economy.limits.period);
        Self {
            budgets: Parameter::ALL.map(|parameter| {
                limits(&seen.economy, parameter).map(|slowest| Budget {
                    slowest,
                    room: slowest * period,
                })
            }),
            at: seen.now,
        }
    }

    pub(super) fn look(
        &mut self,
        cranked: bool,
        before: &Seen,
        after: &Seen,
        notes: &mut Notes,
    ) -> Result<(), String> {
        let period = u128::from(after.economy.limits.period);
        let seconds = u128::from((after.now - self.at).unsigned_abs());
        self.at = after.now;
        for (parameter, budgets) in Parameter::ALL.into_iter().zip(&mut self.budgets) {
            let name = parameter.name();
            let (old, new) = (
                before.economy.value(parameter),
                after.economy.value(parameter),
            );
            let config = &after.economy.controllers[parameter as usize].config;
            let max = config.max.unsigned_abs();
            say(new > max, &format!("{name} is above its maximum"))?;
            let moves = [new.saturating_sub(old), old.saturating_sub(new)];
            let limits = limits(&after.economy, parameter);
            for ((budget, moved), limit) in budgets.iter_mut().zip(moves).zip(limits) {
                let full = budget.slowest * period;
                budget.room = (budget.room + budget.slowest * seconds).min(full);
                if cranked {
                    let cost = u128::from(moved) * period;
                    let jumped = cost > budget.room;
                    say(jumped, &format!("{name} jumped from {old} to {new} ppm"))?;
                    budget.room -= cost;
                    if moved > 0 {
                        let all = budget.room < period;
                        notes.note(if all { SLEWED } else { MOVED });
                    }
                    budget.slowest = limit;
                } else {
                    budget.slowest = budget.slowest.min(limit);
                }
                budget.room = budget.room.min(budget.slowest * period);
            }
            if new < old && !cranked {
                notes.note(CUT);
            }
            if cranked && new > old && new < config.min.unsigned_abs() {
                notes.note(LIFTED);
            }
            let stood = cranked || new == old.min(max);
            say(
                !stood,
                &format!("{name} moved from {old} to {new} ppm without a crank"),
            )?;
        }
        Ok(())
    }
}

/// A week (s), the period of the test below.
const WEEK: i64 = 604_800;

/// An economy whose values are all at `u`, with a slew limit upwards (ppm a period) and a maximum.
fn seen(now: i64, u: i64, slew_up: u64, max: i64) -> Seen {
    let mut economy: Box<Economy> = Box::new(bytemuck::Zeroable::zeroed());
    economy.limits.period = WEEK as u32;
    for controller in &mut economy.controllers {
        controller.state.u = u;
        controller.config.slew_up = slew_up;
        controller.config.slew_down = slew_up;
        controller.config.max = max;
    }
    Seen {
        now,
        council: Box::new(bytemuck::Zeroable::zeroed()),
        economy,
        proposal: None,
    }
}

#[test]
fn success_a_jump_is_seen() {
    let mut notes = Notes::default();
    let mut told = |steps: &[(bool, Seen)]| {
        let mut before = seen(0, 30_000, 20_000, 90_000);
        let mut values = Values::new(&before);
        for (cranked, after) in steps {
            values.look(*cranked, &before, after, &mut notes)?;
            before = after.clone();
        }
        Ok::<(), String>(())
    };
    // given a crank that moves everything by the whole limit of a period
    let week = || (true, seen(WEEK, 50_000, 20_000, 90_000));
    // then half a period later half of it is there again, and no more
    let half = |u| (true, seen(WEEK + WEEK / 2, u, 20_000, 90_000));
    assert_eq!(told(&[week(), half(60_000)]), Ok(()));
    assert!(told(&[week(), half(60_001)]).is_err());
    // and a wider limit counts from the next crank on, a narrower one at once
    let limit = |slew| (false, seen(WEEK + 10, 50_000, slew, 90_000));
    let next = |u, slew| (true, seen(2 * WEEK, u, slew, 90_000));
    assert_eq!(told(&[week(), limit(40_000), next(70_000, 40_000)]), Ok(()));
    assert!(told(&[week(), limit(40_000), next(70_001, 40_000)]).is_err());
    assert_eq!(told(&[week(), limit(5_000), next(55_000, 5_000)]), Ok(()));
    assert!(told(&[week(), limit(5_000), next(55_001, 5_000)]).is_err());
    let after = |u| (true, seen(3 * WEEK, u, 40_000, 90_000));
    let wide = [week(), limit(40_000), next(70_000, 40_000)];
    assert!(told(&[&wide[..], &[after(90_000)]].concat()).is_ok());
    // and without a crank nothing moves but to a lowered maximum
    assert!(told(&[week(), (false, seen(WEEK, 50_001, 20_000, 90_000))]).is_err());
    assert!(told(&[week(), (false, seen(WEEK, 49_999, 20_000, 90_000))]).is_err());
    assert_eq!(
        told(&[week(), (false, seen(WEEK, 40_000, 20_000, 40_000))]),
        Ok(())
    );
    assert!(told(&[week(), (false, seen(WEEK, 39_999, 20_000, 40_000))]).is_err());
}
