//! A guarded controller that is running, for the stories.

use homeostat_control::{
    guarded_step, Config, Fx, GuardConfig, GuardState, Guarded, Input, State, Verdict,
};

use crate::common::*;

/// A guarded controller that is running.
#[derive(Clone)]
pub struct Watch {
    pub config: Config,
    pub settings: GuardConfig,
    pub state: State,
    pub guard: GuardState,
    pub now: i64,
}

impl Watch {
    pub fn new(config: Config, settings: GuardConfig) -> Self {
        assert_eq!(settings.validate(), Ok(()));
        Self {
            config,
            settings,
            state: Rig::new(config).state,
            guard: GuardState::new(START),
            now: START,
        }
    }

    /// A guard that has seen `y` for so long that it judges.
    pub fn calm(config: Config, settings: GuardConfig, y: Fx) -> Self {
        let mut watch = Self::new(
            config,
            GuardConfig {
                frozen: 0,
                ..settings
            },
        );
        for _ in 0..30 {
            assert_eq!(watch.period(y).latched, None);
        }
        watch.settings = settings;
        watch.guard.run = 1;
        watch
    }

    pub fn with(&mut self, dt: i64, input: impl FnOnce(i64) -> Input) -> Guarded {
        self.now += dt;
        let all = guarded_step(
            &self.config,
            &self.settings,
            &self.state,
            &self.guard,
            &input(self.now),
        );
        (self.state, self.guard) = (all.state, all.guard);
        all
    }

    pub fn after(&mut self, dt: i64, y: Fx) -> Guarded {
        self.with(dt, |now| fresh(now, y))
    }

    pub fn blind(&mut self, dt: i64) -> Guarded {
        self.with(dt, Input::missing)
    }

    pub fn period(&mut self, y: Fx) -> Verdict {
        self.after(i64::from(self.config.period), y).verdict
    }
}
