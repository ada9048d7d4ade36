//! The whole of a tuning, from the relay to the gains file.

use homeostat::state::Parameter;

use super::{
    front::{Breeding, Candidate},
    gains::{Evidence, Gains, GainsFile},
    relay::{self, Ultimate},
    search::search,
    Knobs, Objective, Score,
};
use crate::{
    chain::Design,
    policy::Policy,
    run::{Case, Setting},
    scenario::{Calendar, Scenario},
};

/// What a tuning is done with.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The number of people.
    pub people: usize,
    /// The days of a run.
    pub days: usize,
    /// The periods that the gains are for (days), each with a calendar of its own.
    pub periods: Vec<f64>,
    /// The scenarios.
    pub scenarios: Vec<Scenario>,
    /// How many seeds a score is taken over. The search sees the seeds from 0 on, the check as
    /// many after them; both together are at most the 64 that are for tuning.
    pub seeds: u64,
    /// The scores that each of the two searches may take.
    pub budget: usize,
    /// The candidates of a generation of the front, even; and the generations after the first.
    pub front: (usize, usize),
    /// The seed of the searches.
    pub seed: u64,
    /// The supply at the start (base units).
    pub supply: u64,
}

impl Plan {
    /// Daily and weekly periods; five scenarios that differ in kind; eight seeds.
    pub fn standard() -> Self {
        Self {
            people: 250,
            days: 540,
            periods: vec![1.0, 7.0],
            scenarios: vec![
                Scenario::Stationary,
                Scenario::Bull,
                Scenario::Crash,
                Scenario::WhaleExit,
                Scenario::RegimeSwitching,
            ],
            seeds: 8,
            budget: 300,
            front: (24, 8),
            seed: 1,
            supply: 1_000_000_000_000_000,
        }
    }

    fn calendars(&self) -> Vec<(Calendar, Design)> {
        let calendar = |period_days: &f64| {
            let calendar = Calendar {
                epochs: self.days,
                epoch_days: 1.0,
                period_days: *period_days,
            };
            // Whole days of at most a month fit 32 bits.
            let period = (period_days * 86_400.0) as u32;
            (calendar, Design::with_defaults(period, self.supply))
        };
        self.periods.iter().map(calendar).collect()
    }

    fn objective(&self, seeds: core::ops::Range<u64>) -> Objective {
        Objective::new(
            self.scenarios.clone(),
            seeds.collect(),
            self.people,
            self.calendars(),
        )
    }
}

/// How far a tuning is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// A relay experiment.
    Relay(Parameter),
    /// A score of the search for the best constant values, with its total.
    Constants(f64),
    /// A score of the search for gains, with its total.
    Gains(f64),
    /// A candidate of the front, with its cost of tracking.
    Front(f64),
    /// The result is judged on seeds that no search saw.
    Check,
}

/// What a tuning leads to.
#[derive(Clone, Debug)]
pub struct Tuned {
    /// The gains with their evidence.
    pub file: GainsFile,
    /// What the relay found, by period and parameter.
    pub ultimates: Vec<(f64, Parameter, Option<Ultimate>)>,
    /// What has to be given up for what: costs are tracking, volatility, inflation and effort.
    pub front: Vec<(Gains, Candidate)>,
}

/// A relay's middle and amplitude for a parameter (ppm): around the middle of its limits, and
/// nearly as far as they go.
fn levels(design: &Design, parameter: Parameter) -> (i64, i64) {
    let config = &design.of(parameter).config;
    let middle = (config.min + config.max) / 2;
    (middle, (config.max - middle) * 9 / 10)
}

/// The score of gains over an objective.
pub fn score_of(objective: &Objective, gains: &Gains) -> Score {
    objective.score(Policy::Homeostat, |design| {
        let mut design = design.clone();
        gains.apply(&mut design);
        (design, gains.constants)
    })
}

/// Tunes the program's defaults by a plan. `seen` is told every step.
pub fn tune(plan: &Plan, seen: &(dyn Fn(Step) + Sync)) -> Tuned {
    let defaults = Gains::of_defaults();
    let objective = plan.objective(0..plan.seeds);
    let start = score_of(&objective, &defaults);

    let ultimates = relays(plan, &objective, seen);
    let first = first_guess(&defaults, &objective, &ultimates);
    // Neither search knows of the other, so that they can run side by side.
    let (constants, found) = std::thread::scope(|scope| {
        let constants = scope.spawn(|| {
            search(
                &objective,
                Policy::StaticTuned,
                Knobs::Constants,
                &[],
                plan.budget,
                plan.seed,
                |total| seen(Step::Constants(total)),
            )
        });
        let found = search(
            &objective,
            Policy::Homeostat,
            Knobs::Gains,
            &first,
            plan.budget,
            plan.seed,
            |total| seen(Step::Gains(total)),
        );
        match constants.join() {
            Ok(constants) => (constants, found),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    });
    // Which design is turned does not matter to the constants.
    let (_, values) = Knobs::Constants.turn(
        &constants.point,
        &Design::with_defaults(86_400, plan.supply),
        defaults.constants,
    );
    let gains = Gains {
        constants: values,
        ..defaults.turned(&found.point)
    };
    let front = front(plan, &objective, &found.point, seen);

    seen(Step::Check);
    let unseen = plan.objective(plan.seeds..2 * plan.seeds);
    let times = |x: f64| score_of(&unseen, &gains.turned(&[x; 8]));
    // Eight to the power of a third is two.
    let third = 1.0 / 3.0;
    let evidence = Evidence {
        budget: plan.budget,
        seeds: [0, plan.seeds.saturating_sub(1)],
        people: plan.people,
        scenarios: plan.scenarios.iter().map(|s| s.name().to_owned()).collect(),
        periods: plan.periods.clone(),
        days: plan.days as f64,
        start,
        found: score_of(&objective, &gains),
        constants: constants.score,
        held_out: score_of(&unseen, &gains),
        half_and_twice: [times(-third), times(third)],
    };
    Tuned {
        file: GainsFile { gains, evidence },
        ultimates,
        front,
    }
}

/// The relay experiments of the parameters whose target is a number of its own, in every calendar:
/// a target that moves with the measurement is crossed by noise alone.
fn relays(
    plan: &Plan,
    objective: &Objective,
    seen: &(dyn Fn(Step) + Sync),
) -> Vec<(f64, Parameter, Option<Ultimate>)> {
    let mut all = Vec::new();
    for (calendar, design) in &objective.calendars {
        let setting = Setting {
            people: plan.people,
            calendar: *calendar,
            design: design.clone(),
            constants: [0; 4],
        };
        let absolute = |parameter: &Parameter| {
            design.of(*parameter).config.reference == homeostat_control::Reference::Absolute
        };
        for parameter in Parameter::ALL.into_iter().filter(absolute) {
            seen(Step::Relay(parameter));
            let (middle, amplitude) = levels(design, parameter);
            let cases = (0..2 * plan.seeds).map(|seed| Case {
                scenario: Scenario::Stationary,
                policy: Policy::Homeostat,
                seed,
            });
            let found = relay::median(&setting, cases, parameter, middle, amplitude);
            all.push((calendar.period_days, parameter, found));
        }
    }
    all
}

/// Where the search starts: Skogestad's gains for the emission, the mean over the calendars of
/// their distance from the defaults; the defaults for the others, because a relay that switches
/// at every crank has measured noise and not a swing.
fn first_guess(
    defaults: &Gains,
    objective: &Objective,
    ultimates: &[(f64, Parameter, Option<Ultimate>)],
) -> Vec<f64> {
    let mut point = vec![0.0; Knobs::Gains.dimension()];
    let emission = Parameter::Emission;
    let (mut kp_sum, mut ki_sum, mut count) = (0.0, 0.0, 0.0);
    for (period, _, found) in ultimates.iter().filter(|(_, p, _)| *p == emission) {
        let design = objective
            .calendars
            .iter()
            .find(|(calendar, _)| calendar.period_days == *period)
            .map(|(_, design)| design);
        if let (Some(found), Some(design)) = (found, design) {
            let mut own = design.clone();
            defaults.apply(&mut own);
            let config = &own.of(emission).config;
            let (kp, ki) = found.simc();
            kp_sum += eighths(kp / config.kp.to.to_num::<f64>());
            ki_sum += eighths(ki / config.ki.to.to_num::<f64>());
            count += 1.0;
        }
    }
    if count > 0.0 {
        point[0] = (kp_sum / count).clamp(-1.0, 1.0);
        point[1] = (ki_sum / count).clamp(-1.0, 1.0);
    }
    point
}

/// The power of eight that a factor is.
fn eighths(factor: f64) -> f64 {
    libm::log2(factor) / 3.0
}

/// The front of tracking, volatility, inflation and effort.
fn front(
    plan: &Plan,
    objective: &Objective,
    start: &[f64],
    seen: &(dyn Fn(Step) + Sync),
) -> Vec<(Gains, Candidate)> {
    let defaults = Gains::of_defaults();
    let (size, generations) = plan.front;
    let breeding = Breeding {
        dimension: Knobs::Gains.dimension(),
        size,
        generations,
        seed: plan.seed,
    };
    let cost = |point: &[f64]| {
        let score = score_of(objective, &defaults.turned(point));
        seen(Step::Front(score.tracking));
        vec![
            score.tracking,
            score.volatility,
            score.inflation,
            score.effort,
        ]
    };
    let front = breeding.front(start, cost);
    front
        .into_iter()
        .map(|candidate| (defaults.turned(&candidate.point), candidate))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn a_tuning_goes_through_all_its_steps_and_says_what_it_rests_on() {
        // Given a plan small enough for a test,
        let plan = Plan {
            people: 40,
            days: 150,
            periods: vec![1.0],
            scenarios: vec![Scenario::Crash],
            seeds: 2,
            budget: 12,
            front: (4, 1),
            ..Plan::standard()
        };
        let steps = Mutex::new(Vec::new());
        let tuned = tune(&plan, &|step| steps.lock().unwrap().push(step));
        let steps = steps.into_inner().unwrap();
        // then each step was told: a relay for each target that is a number of its own, two searches, eight candidates, one check;
        let count = |is: fn(&Step) -> bool| steps.iter().filter(|step| is(step)).count();
        assert_eq!(count(|s| matches!(s, Step::Relay(_))), 3);
        assert!(count(|s| matches!(s, Step::Constants(_))) >= 12);
        assert!(count(|s| matches!(s, Step::Gains(_))) >= 12);
        assert_eq!(count(|s| matches!(s, Step::Front(_))), 8);
        assert_eq!(steps.last(), Some(&Step::Check));
        // what was found is no worse on the seeds of the search than rounding makes it,
        let evidence = &tuned.file.evidence;
        assert!(evidence.found.total() < evidence.start.total() + 0.02);
        assert_eq!(evidence.seeds, [0, 1]);
        // the check saw other seeds,
        assert_ne!(evidence.held_out, evidence.found);
        // and no candidate of the front is better in everything than another.
        assert!(!tuned.front.is_empty());
        for (_, one) in &tuned.front {
            assert!(!tuned.front.iter().any(|(_, other)| other.dominates(one)));
        }
    }
}
