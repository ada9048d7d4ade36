//! Stories: a random controller that lives through some random steps.
//!
//! There are three kinds. An *ordinary* controller has a usual configuration, and meets
//! missing samples, late cranks and changes by governance. A *cornered* one is put,
//! before some steps, where something acts: at a limit, without slew budget, with an
//! integral out of its bound. A *wild* one has a configuration from any corner of what
//! validates, and states and inputs of any bits.

mod changes;
mod configurations;
mod inputs;
mod states;

use homeostat_control::{
    change, create, resume, step, Change, Config, Decision, Direction, Field, Fx, Input, Sampling,
    State,
};

use crate::random::Random;
use changes::{any_change, sensible_change};
use configurations::{ordinary, wild};
use inputs::{any_input, input};
use states::{corner, corrupt, empty};

/// Steps of a story.
pub const STORY: u32 = 8;

/// When a story begins (unix seconds).
const START: i64 = 1_800_000_000;

/// The kind of a story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// With a usual configuration and usual inputs.
    Ordinary,
    /// Often where something acts.
    Cornered,
    /// With any configuration that validates, any state and any input.
    Wild,
}

/// A controller in the middle of its life, and what its last step was.
#[derive(Clone, Debug)]
pub struct Story {
    random: Random,
    /// The kind of the story.
    pub kind: Kind,
    /// The field for which the first configuration was refused; another took its place.
    pub refused_at_creation: Option<Field>,
    /// What governance asked for before the step.
    pub change: Option<Change>,
    /// The field for which the change was refused.
    pub refused: Option<Field>,
    /// Whether the controller was resumed before the step.
    pub resumed: bool,
    /// The configuration of the step.
    pub config: Config,
    /// The state before the step.
    pub before: State,
    /// What the step was given.
    pub input: Input,
    /// The state after the step.
    pub after: State,
    /// The decision of the step.
    pub decision: Decision,
}

// Nothing here is inlined, since a stack frame on chain has 4,096 bytes.
impl Story {
    /// A story that has not begun.
    #[inline(never)]
    pub fn blank() -> Box<Self> {
        let config = Config::new(Direction::Direct, Sampling::Mean, 60, Fx::ONE, 0, 0, 1);
        let state = empty(&config);
        Box::new(Self {
            random: Random::new(0, 0),
            kind: Kind::Ordinary,
            refused_at_creation: None,
            change: None,
            refused: None,
            resumed: false,
            config,
            before: state,
            input: Input::missing(START),
            after: state,
            decision: Decision::default(),
        })
    }

    /// Makes this the story of that number.
    #[inline(never)]
    pub fn begin(&mut self, seed: u64, number: u32) {
        self.random = Random::new(seed, u64::from(number));
        self.kind = match self.random.below(4) {
            0 | 1 => Kind::Ordinary,
            2 => Kind::Cornered,
            _ => Kind::Wild,
        };
        self.refused_at_creation = None;
        if self.kind == Kind::Wild {
            wild(&mut self.random, &mut self.config);
        } else {
            ordinary(&mut self.random, &mut self.config);
        }
        if let Err(error) = self.create() {
            self.refused_at_creation = Some(error);
            ordinary(&mut self.random, &mut self.config);
            if let Err(error) = self.create() {
                // The ranges of `ordinary` always validate; the record would show it.
                self.refused_at_creation = Some(error);
                self.after = empty(&self.config);
            }
        }
    }

    #[inline(never)]
    fn create(&mut self) -> Result<(), Field> {
        self.after = create(&self.config, START).map_err(|error| error.field)?;
        Ok(())
    }

    /// The next step, with what happens before it.
    #[inline(never)]
    pub fn go_on(&mut self) {
        self.before = self.after;
        match self.kind {
            Kind::Ordinary => {}
            Kind::Cornered => corner(&mut self.random, &self.config, &mut self.before),
            Kind::Wild if self.random.once_in(3) => corrupt(&mut self.random, &mut self.before),
            Kind::Wild => {}
        }
        self.govern();
        self.measure();
        self.step();
    }

    #[inline(never)]
    fn govern(&mut self) {
        let now = self.before.last_at;
        (self.change, self.refused) = (None, None);
        if self.random.once_in(4) {
            let order = if self.kind == Kind::Wild || self.random.once_in(8) {
                any_change(&mut self.random)
            } else {
                sensible_change(&mut self.random, &self.config)
            };
            self.change = Some(order);
            match change(&self.config, &self.before, &order, now) {
                Ok((config, state)) => (self.config, self.before) = (config, state),
                Err(error) => self.refused = Some(error.field),
            }
        }
        self.resumed = self.random.once_in(16);
        if self.resumed {
            self.before = resume(&self.config, &self.before, now);
        }
    }

    #[inline(never)]
    fn measure(&mut self) {
        self.input = if self.kind == Kind::Wild {
            any_input(&mut self.random, &self.config, &self.before)
        } else {
            input(&mut self.random, &self.config, &self.before)
        };
    }

    #[inline(never)]
    fn step(&mut self) {
        (self.after, self.decision) = step(&self.config, &self.before, &self.input);
    }
}

fn whole(value: i64) -> Fx {
    Fx::from_bits(i128::from(value) << Fx::FRAC_NBITS)
}
