//! Several scenarios in one run.

use super::{paths::Reverting, planned, Calendar, Scenario, Weather};
use crate::random::{Luck, Purpose};

/// The weather of a run in which several scenarios happen, each with the shock in an epoch of
/// its own; `noise` as in [`weather`](super::weather), whose noise of demand it is. Where they
/// overlap, demands multiply, moods and the volumes of spam add up, and the larger factor on
/// how often people decide counts. Regime switching, whose regimes have no shock, is quiet here.
pub fn mix(
    parts: &[(Scenario, usize)],
    calendar: &Calendar,
    noise: f64,
    seed: u64,
) -> Vec<Weather> {
    let mut luck = Luck::new(seed, Purpose::Demand, 0);
    let mut noisy = Reverting::new(noise, calendar.epoch_days);
    let exits: Vec<f64> = parts
        .iter()
        .map(|(scenario, _)| {
            let mut fate = Luck::new(seed, Purpose::Scenario, *scenario as u64);
            fate.between(0.10, 0.20)
        })
        .collect();
    (0..calendar.epochs)
        .map(|epoch| {
            let parts = parts.iter().zip(&exits);
            let mut weather = parts.fold(Weather::QUIET, |weather, ((scenario, shock), exit)| {
                let day = calendar.since(*shock, epoch);
                both(weather, planned(*scenario, day, *exit, calendar))
            });
            weather.demand *= libm::exp(noisy.next(&mut luck));
            weather
        })
        .collect()
}

/// The weather of an epoch in which two scenarios happen.
fn both(one: Weather, other: Weather) -> Weather {
    Weather {
        demand: one.demand * other.demand,
        mood: one.mood + other.mood,
        // Less than 1 means that people decide less often than usual.
        alarm: if one.alarm == 1.0 {
            other.alarm
        } else if other.alarm == 1.0 {
            one.alarm
        } else {
            one.alarm.max(other.alarm)
        },
        spam: one.spam + other.spam,
        exit: one.exit.max(other.exit),
        keeper: one.keeper && other.keeper,
        feed: one.feed.zip(other.feed).map(|(one, other)| one * other),
        gaming: one.gaming || other.gaming,
    }
}

#[cfg(test)]
mod tests {
    use super::super::weather;
    use super::*;

    const YEAR: Calendar = Calendar {
        epochs: 360,
        epoch_days: 1.0,
        period_days: 1.0,
    };

    #[test]
    fn a_mix_of_one_scenario_is_that_scenario() {
        for scenario in Scenario::ALL {
            if scenario == Scenario::RegimeSwitching {
                continue;
            }
            let alone = weather(scenario, &YEAR, 0.02, 5);
            assert_eq!(mix(&[(scenario, YEAR.shock())], &YEAR, 0.02, 5), alone);
        }
    }

    #[test]
    fn scenarios_follow_each_other_and_those_that_overlap_act_together() {
        // Given a crash, and two months of congestion that begin three weeks after it,
        let parts = [(Scenario::Crash, 100), (Scenario::Congestion, 121)];
        let mixed = mix(&parts, &YEAR, 0.0, 1);
        let crash = mix(&parts[..1], &YEAR, 0.0, 1);
        // when days of both are compared with those of the crash alone, then demand is half as
        // much again and spam is there, and the mood is that of the crash;
        for day in 121..181 {
            assert_eq!(mixed[day].demand, crash[day].demand * 1.5, "day {day}");
            assert_eq!(mixed[day].spam, 1.5);
            assert_eq!(mixed[day].mood, crash[day].mood);
        }
        // before and after it nothing differs.
        assert_eq!(mixed[..121], crash[..121]);
        assert_eq!(mixed[181..], crash[181..]);
        assert_eq!(mixed[99], Weather::QUIET);
        assert_eq!(mixed[101].alarm, 3.0);
    }
}
