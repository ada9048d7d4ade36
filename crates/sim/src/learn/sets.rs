//! A bandit among vetted sets of gains: every 30 days it picks one for the emission's controller,
//! by what can be seen on chain, and learns from what the next 30 days cost.
//!
//! The changes are those of the program, so they are bumpless. Half and double are further than a
//! Routine proposal or an advisor may go: a council would have to allow such sets beforehand.

use homeostat::state::{Parameter, Report, Snapshot};
use homeostat_control::{Change, Fx};

use super::{
    bandit::LinUcb,
    cost, emission,
    features::{features, COUNT},
    is_due, Pilot,
};
use crate::{
    chain::{Chain, Error},
    plant::{Outlook, Steering, World},
};

/// A set of gains: those of the design times two factors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Set {
    /// The name.
    pub name: &'static str,
    /// The factor of the proportional gain.
    pub kp: f64,
    /// The factor of the integral gain.
    pub ki: f64,
}

/// The sets that a bandit picks from. All are within half and twice the defaults, with which
/// every loop settles.
pub const SETS: [Set; 5] = [
    Set {
        name: "default",
        kp: 1.0,
        ki: 1.0,
    },
    Set {
        name: "half",
        kp: 0.5,
        ki: 0.5,
    },
    Set {
        name: "double",
        kp: 2.0,
        ki: 2.0,
    },
    Set {
        name: "fast P",
        kp: 2.0,
        ki: 1.0,
    },
    Set {
        name: "slow I",
        kp: 1.0,
        ki: 0.5,
    },
];

/// What 30 days under a set taught.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lesson {
    /// The index of the set.
    pub set: usize,
    /// What was seen when it was picked.
    pub context: [f64; COUNT],
    /// What the days cost, negative.
    pub reward: f64,
}

/// A bandit that steers.
#[derive(Clone, Debug)]
pub struct GainSets {
    bandit: LinUcb,
    learns: bool,
    usual_error: f64,
    /// The gains of the design, once they have been seen.
    gains: Option<(Fx, Fx)>,
    /// What was picked last, and in which epoch.
    picked: Option<(usize, [f64; COUNT], usize)>,
    /// What the next crank puts in force.
    wanted: Option<usize>,
    lessons: Vec<Lesson>,
}

impl GainSets {
    /// Steers by `bandit`, which goes on learning within the run if it `learns`. `usual_error`
    /// is the mean error of static untuned, by which errors are measured.
    pub fn new(bandit: LinUcb, learns: bool, usual_error: f64) -> Self {
        Self {
            bandit,
            learns,
            usual_error,
            gains: None,
            picked: None,
            wanted: None,
            lessons: Vec::new(),
        }
    }

    /// What the run taught.
    pub fn lessons(&self) -> &[Lesson] {
        &self.lessons
    }
}

impl Pilot for GainSets {
    fn look(&mut self, world: &World) -> Result<(), Error> {
        if !is_due(world) {
            return Ok(());
        }
        let (days, epoch_days) = (world.days(), world.calendar().epoch_days);
        let config = emission(world)?.config();
        self.gains.get_or_insert((config.kp.to, config.ki.to));
        if let Some((set, context, from)) = self.picked {
            let window = days.get(from - 1..).unwrap_or_default();
            let lesson = Lesson {
                set,
                context,
                reward: -cost::of_window(window, epoch_days, self.usual_error),
            };
            if self.learns {
                self.bandit.learn(set, &context, lesson.reward);
            }
            self.lessons.push(lesson);
        }
        let context = features(days, epoch_days, (config.min, config.max));
        let set = self.bandit.choose(&context);
        self.picked = Some((set, context, days.len()));
        self.wanted = Some(set);
        Ok(())
    }
}

impl Steering for GainSets {
    fn steer(
        &mut self,
        chain: &mut Chain,
        _: &Snapshot,
        _: &Report,
        _: &Outlook,
    ) -> Result<(), Error> {
        let set = self.wanted.take().and_then(|wanted| SETS.get(wanted));
        let (Some(set), Some((kp, ki))) = (set, self.gains) else {
            return Ok(());
        };
        let now = chain.now;
        let scaled = |gain: Fx, factor: f64| gain.saturating_mul(Fx::saturating_from_num(factor));
        let controller = chain.economy.controller_mut(Parameter::Emission)?;
        for change in [
            Change::Kp {
                to: scaled(kp, set.kp),
                over_seconds: 0,
            },
            Change::Ki {
                to: scaled(ki, set.ki),
                over_seconds: 0,
            },
        ] {
            controller.change(Parameter::Emission, &change, now)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        learn::tests::{case, setting},
        scenario::Scenario,
    };

    #[test]
    fn the_set_that_promises_most_is_put_in_force_at_the_next_crank() {
        // Given a bandit that has seen "double" succeed and everything else fail,
        let mut bandit = LinUcb::new(SETS.len(), COUNT, 0.0);
        let mut always = [0.0; COUNT];
        always[0] = 1.0;
        for (index, set) in SETS.iter().enumerate() {
            let reward = if set.name == "double" { 9.0 } else { -9.0 };
            for _ in 0..100 {
                bandit.learn(index, &always, reward);
            }
        }
        let setting = setting(93);
        let mut world = setting.prepare(case(Scenario::Crash, 2)).unwrap().world;
        let mut pilot = GainSets::new(bandit, false, 0.1);
        let gains = |world: &World| {
            let config = emission(world).unwrap().config();
            (config.kp.to, config.ki.to)
        };
        let before = gains(&world);
        // when 31 days have passed, then the gains are doubled, once and for all,
        for epoch in 0..93 {
            let two = Fx::from_num(2);
            let expected = if epoch > 30 {
                (before.0 * two, before.1 * two)
            } else {
                before
            };
            assert_eq!(gains(&world), expected, "epoch {epoch}");
            pilot.look(&world).unwrap();
            world.step(&mut pilot).unwrap();
        }
        // and each 30 days have taught what they cost.
        assert_eq!(pilot.lessons().len(), 2);
        let days = &world.days()[29..60];
        assert_eq!(pilot.lessons()[0].reward, -cost::of_window(days, 1.0, 0.1));
        assert_eq!(pilot.lessons()[0].context[0], 1.0);
    }
}
