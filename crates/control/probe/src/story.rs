//! Stories: a random controller that lives through some random steps.
//!
//! There are three kinds. An *ordinary* controller has a usual configuration, and meets
//! missing samples, late cranks and changes by governance. A *cornered* one is put,
//! before some steps, where something acts: at a limit, without slew budget, with an
//! integral out of its bound. A *wild* one has a configuration from any corner of what
//! validates, and states and inputs of any bits.

use homeostat_control::{
    change, create, resume, step, Change, Config, Decision, Direction, Field, Flags, Fx,
    HoldReason, Input, Mode, Prime, Ramp, Sample, Sampling, State,
};

use crate::random::Random;

/// Steps of a story.
pub const STORY: u32 = 8;

/// When a story begins (unix seconds).
const START: i64 = 1_800_000_000;

// Constants, so that the text is not parsed at each use.
const QUARTER: Fx = Fx::lit("0.25");
const HALF: Fx = Fx::lit("0.5");
const SHORTEST_FILTER: Fx = Fx::lit("2.5");

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

/// A state without history.
fn empty(config: &Config) -> State {
    State {
        last_at: START,
        u: config.min,
        integral: Fx::ZERO,
        derivative: Fx::ZERO,
        y_prev: None,
        e_prev: None,
        feed_forward: Fx::ZERO,
        bucket_up: 0,
        bucket_down: 0,
        held_for: 0,
        prime: Prime::Zero,
        last: Decision::default(),
    }
}

fn mode(random: &mut Random, config: &Config) -> Mode {
    match random.below(8) {
        0 => Mode::Manual(random.whole(config.min, config.max)),
        1 => Mode::Manual(config.max),
        _ => Mode::Auto,
    }
}

/// Gains up to one unit of u per unit of error, a filter of at least two and a
/// half periods.
#[inline(never)]
fn ordinary(random: &mut Random, config: &mut Config) {
    let still = Ramp::constant;
    config.direction = direction(random);
    config.sampling = sampling(random);
    config.period = match random.below(4) {
        0 => 3_600,
        1 => 604_800,
        _ => random.whole(60, 2_592_000) as u32,
    };
    config.max_periods = random.whole(1, 4) as u32;
    config.max_hold = random.whole(1, 4) as u32;
    config.setpoint = still(random.signed(whole(2)));
    config.scale = random.number(HALF, whole(2));
    config.min = random.whole(-500_000, 500_000);
    config.max = config.min + random.whole(1, 1_500_000);
    config.mode = mode(random, config);
    config.bias = still(random.number(whole(config.min), whole(config.max)));
    config.kp = still(random.sometimes(Fx::ZERO, whole(1_000_000)));
    config.ki = still(random.sometimes(Fx::ZERO, whole(500_000)));
    config.kd = still(random.sometimes(Fx::ZERO, whole(1_000_000)));
    config.filter = still(random.number(SHORTEST_FILTER, whole(20)));
    config.dead_band = still(random.sometimes(Fx::ZERO, HALF));
    config.half_life = half_life(random, config);
    config.slew_up = random.perhaps(|random| random.below(300_001));
    config.slew_down = random.perhaps(|random| random.below(300_001));
    config.kf = random.sometimes(whole(-500_000), whole(500_000));
    config.w_ref = random.signed(whole(1));
    config.f_max = random.sometimes(Fx::ZERO, whole(100_000));
    (config.max_age, config.min_samples) = match random.below(4) {
        0 => (3_600, 3),
        _ => (u32::MAX, 0),
    };
    (config.y_min, config.y_max) = match random.below(4) {
        0 => (Fx::ZERO, Fx::ONE),
        _ => (whole(-100), whole(100)),
    };
}

fn half_life(random: &mut Random, config: &Config) -> u64 {
    let least = u64::from(config.period) * u64::from(config.max_periods);
    match random.below(3) {
        0 => 0,
        1 => least,
        _ => least * (1 + random.below(200)),
    }
}

fn direction(random: &mut Random) -> Direction {
    if random.once_in(2) {
        Direction::Reverse
    } else {
        Direction::Direct
    }
}

fn sampling(random: &mut Random) -> Sampling {
    if random.once_in(2) {
        Sampling::Point
    } else {
        Sampling::Mean
    }
}

/// From every corner of what validates; a few do not.
#[inline(never)]
fn wild(random: &mut Random, config: &mut Config) {
    let (signal, gain) = (Config::MAX_SIGNAL, Config::MAX_GAIN);
    config.direction = direction(random);
    config.sampling = sampling(random);
    config.period = match random.below(4) {
        0 => Config::MIN_PERIOD,
        1 => Config::MAX_PERIOD,
        _ => random.whole(Config::MIN_PERIOD.into(), Config::MAX_PERIOD.into()) as u32,
    };
    config.max_periods = random.whole(1, Config::MAX_MAX_PERIODS.into()) as u32;
    config.max_hold = random.whole(1, Config::MAX_MAX_HOLD.into()) as u32;
    let most = Config::MAX_OUTPUT;
    (config.min, config.max) = match random.below(4) {
        0 => (-most, most),
        1 => (most - 1, most),
        2 => (random.whole(-most, -1), random.whole(1, most)),
        _ => (
            random.whole(-1_000_000, 0),
            random.whole(0, 1_000_000), // both 0 at times, which is refused
        ),
    };
    config.mode = mode(random, config);
    config.setpoint = random.ramp(-signal, signal, START);
    config.scale = random.spread(Config::MIN_SCALE, signal);
    config.bias = random.ramp(whole(config.min), whole(config.max), START);
    config.kp = random.ramp(Fx::ZERO, gain, START);
    config.ki = random.ramp(Fx::ZERO, gain, START);
    config.kd = random.ramp(Fx::ZERO, gain, START);
    config.filter = random.ramp(Config::MIN_FILTER, Config::MAX_FILTER, START);
    config.dead_band = random.ramp(Fx::ZERO, Config::MAX_ERROR - Fx::DELTA, START);
    config.half_life = match random.below(8) {
        0 => Config::MAX_HALF_LIFE,
        1 => random.below(Config::MAX_HALF_LIFE), // may be too short, which is refused
        _ => half_life(random, config),
    };
    config.slew_up = any_rate(random);
    config.slew_down = any_rate(random);
    config.kf = random.spread(-gain, gain);
    config.w_ref = random.spread(-signal, signal);
    config.f_max = random.spread(Fx::ZERO, whole(most));
    config.max_age = any_small(random);
    config.min_samples = any_small(random);
    config.y_min = random.spread(-signal, Fx::ZERO);
    config.y_max = random.spread(Fx::DELTA, signal);
}

fn any_rate(random: &mut Random) -> Option<u64> {
    match random.below(5) {
        0 => None,
        1 => Some(0),
        2 => Some(Config::MAX_SLEW),
        3 => Some(random.below(Config::MAX_SLEW)),
        _ => Some(random.below(1_000_000)),
    }
}

fn any_small(random: &mut Random) -> u32 {
    match random.below(4) {
        0 => 0,
        1 => random.bits() as u32,
        _ => u32::MAX,
    }
}

/// Puts the state where something acts.
#[inline(never)]
fn corner(random: &mut Random, config: &Config, state: &mut State) {
    let span = whole(config.max - config.min);
    match random.below(8) {
        0 => state.u = config.min,
        1 => state.u = config.max,
        2 => state.u = random.whole(config.min - 1_000, config.max + 1_000),
        3 => state.integral = random.signed(span),
        4 => state.integral = random.signed(span) * 16,
        5 => state.derivative = random.signed(whole(4)),
        6 => (state.bucket_up, state.bucket_down) = (0, 0),
        _ => state.prime = Prime::Solve,
    }
}

/// A state that no step makes.
#[inline(never)]
fn corrupt(random: &mut Random, state: &mut State) {
    state.last_at = random.any_time(START);
    state.u = match random.below(4) {
        0 => random.bits() as i64,
        1 => i64::MIN,
        2 => i64::MAX,
        _ => random.whole(-1_000_000, 1_000_000),
    };
    state.integral = random.any_number();
    state.derivative = random.any_number();
    state.feed_forward = random.any_number();
    state.y_prev = random.perhaps(Random::any_number);
    state.e_prev = random.perhaps(Random::any_number);
    state.bucket_up = random.bits();
    state.bucket_down = if random.once_in(2) { 0 } else { u64::MAX };
    state.held_for = match random.below(4) {
        0 => u64::MAX,
        1 => random.bits(),
        _ => 0,
    };
    state.prime = match random.below(4) {
        0 => Prime::Zero,
        1 => Prime::Solve,
        _ => Prime::No,
    };
    state.last = Decision {
        from: random.any_time(START),
        to: random.any_time(START),
        y: random.any_number(),
        r: random.any_number(),
        z: random.any_number(),
        e: random.any_number(),
        p: random.any_number(),
        u0: random.any_number(),
        raw: random.any_number(),
        u: random.bits() as i64,
        flags: Flags(random.bits() as u32),
        held: HoldReason::None,
        ..state.last
    };
}

/// A usual input, at times missing, late, from the future or out of range.
#[inline(never)]
fn input(random: &mut Random, config: &Config, state: &State) -> Input {
    let period = i64::from(config.period);
    let longest = period * i64::from(config.max_periods);
    let elapsed = match random.below(16) {
        0 => random.whole(-period, 0),
        1 => longest,
        2 => random.whole(longest, 3 * longest),
        3 => random.whole(longest, 8 * longest),
        4..=6 => random.whole(1, longest),
        7 | 8 => random.whole(1, 60),
        _ => period,
    };
    let now = state.last_at + elapsed;
    let value = match random.below(8) {
        0 => random.signed(whole(3)),
        1 => random.signed(whole(200)),
        2 => state.y_prev.unwrap_or(Fx::ZERO),
        3 => random.number(config.y_min, config.y_max),
        _ => config.setpoint.at(now) + random.signed(QUARTER),
    };
    let at = match random.below(16) {
        0 => now + random.whole(1, 100),
        1 => now - random.whole(1, 10_000),
        _ => now,
    };
    let sample = Sample {
        value,
        at,
        samples: random.below(6) as u32,
    };
    Input {
        now,
        y: (!random.once_in(16)).then_some(sample),
        w: random.perhaps(|random| random.signed(whole(3))),
        applied: match random.below(4) {
            0 => Some(state.u),
            1 => Some(random.whole(config.min - 10, config.max + 10)),
            _ => None,
        },
        tripped: random.once_in(32),
    }
}

#[inline(never)]
fn any_input(random: &mut Random, config: &Config, state: &State) -> Input {
    let longest = i64::from(config.period) * i64::from(config.max_periods);
    let now = match random.below(8) {
        0 => random.any_time(START),
        1 => state.last_at.saturating_add(1),
        2 => state.last_at.saturating_add(random.whole(1, 4 * longest)),
        _ => state.last_at.saturating_add(random.whole(1, longest)),
    };
    let sample = Sample {
        value: random.any_number(),
        at: if random.once_in(8) {
            random.any_time(now)
        } else {
            now
        },
        samples: any_small(random),
    };
    Input {
        now,
        y: (!random.once_in(10)).then_some(sample),
        w: random.perhaps(Random::any_number),
        applied: random.perhaps(|random| random.bits() as i64),
        tripped: random.once_in(16),
    }
}

/// A change as governance makes them.
#[inline(never)]
fn sensible_change(random: &mut Random, config: &Config) -> Change {
    let over_seconds = match random.below(3) {
        0 => 0,
        _ => random.below(u64::from(config.period) * 6) as u32,
    };
    match random.below(12) {
        0 => Change::Setpoint {
            to: random.signed(whole(2)),
            over_seconds,
        },
        1 => Change::Bias {
            to: random.number(whole(config.min), whole(config.max)),
            over_seconds,
        },
        2 => Change::Kp {
            to: random.sometimes(Fx::ZERO, whole(1_000_000)),
            over_seconds,
        },
        3 => Change::Ki {
            to: random.sometimes(Fx::ZERO, whole(500_000)),
            over_seconds,
        },
        4 => Change::Kd {
            to: random.sometimes(Fx::ZERO, whole(1_000_000)),
            over_seconds,
        },
        5 => Change::Filter {
            to: random.number(SHORTEST_FILTER, whole(20)),
            over_seconds,
        },
        6 => Change::DeadBand {
            to: random.sometimes(Fx::ZERO, HALF),
            over_seconds,
        },
        7 => Change::HalfLife(half_life(random, config)),
        8 => {
            // Around the bias, so that only u can lie outside.
            let bias: i64 = config.bias.to.to_num();
            Change::Limits {
                min: bias - random.whole(0, 100_000),
                max: bias + random.whole(1, 100_000),
            }
        }
        9 => Change::Slew {
            up: random.perhaps(|random| random.below(300_001)),
            down: random.perhaps(|random| random.below(300_001)),
        },
        10 => Change::Mode(match config.mode {
            Mode::Auto => Mode::Manual(random.whole(config.min, config.max)),
            Mode::Manual(_) => Mode::Auto,
        }),
        _ => Change::FeedForward {
            kf: random.signed(whole(500_000)),
            w_ref: random.signed(whole(1)),
            f_max: random.number(Fx::ZERO, whole(100_000)),
        },
    }
}

/// Any change; most are refused.
#[inline(never)]
fn any_change(random: &mut Random) -> Change {
    let over_seconds = any_small(random);
    let to = random.any_number();
    match random.below(13) {
        0 => Change::Setpoint { to, over_seconds },
        1 => Change::Bias { to, over_seconds },
        2 => Change::Kp { to, over_seconds },
        3 => Change::Ki { to, over_seconds },
        4 => Change::Kd { to, over_seconds },
        5 => Change::Filter { to, over_seconds },
        6 => Change::DeadBand { to, over_seconds },
        7 => Change::HalfLife(random.bits()),
        8 => Change::Limits {
            min: random.whole(-1_000_000, 0),
            max: random.whole(1, 1_000_000),
        },
        9 => Change::Slew {
            up: any_rate(random),
            down: any_rate(random),
        },
        10 => Change::Mode(Mode::Manual(random.whole(-1_000_000, 1_000_000))),
        11 => Change::Mode(Mode::Auto),
        _ => Change::FeedForward {
            kf: to,
            w_ref: random.any_number(),
            f_max: random.any_number(),
        },
    }
}
