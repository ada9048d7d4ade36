//! Builders and small helpers that the test files share.

// Every test file is its own crate and uses only a part of this module.
#![allow(dead_code)]

pub mod exact;
pub mod random;

use homeostat_control::{
    change, create, step, Change, Config, Decision, Direction, Flags, Fx, Input, Mode, Ramp,
    Reference, Sample, Sampling, State,
};

/// One week, the period of the starting configuration.
pub const WEEK: i64 = 604_800;
/// When every story starts (unix seconds).
pub const START: i64 = 1_800_000_000;

/// `n / d` as a fixed-point number, rounded down.
pub fn ratio(n: i128, d: i128) -> Fx {
    Fx::from_bits((n << 48).div_euclid(d))
}

/// A whole number of ppm (or of anything else).
pub fn whole(n: i64) -> Fx {
    Fx::from_num(n)
}

/// The nearest fixed-point number to a float; for simulated plants only.
pub fn fx(x: f64) -> Fx {
    Fx::from_bits((x * (1u64 << 48) as f64).round() as i128)
}

/// A fixed-point number as a float; for simulated plants only.
pub fn float(x: Fx) -> f64 {
    x.to_bits() as f64 / (1u64 << 48) as f64
}

/// A quantity that does not move.
pub fn still(value: Fx) -> Ramp {
    Ramp::constant(value)
}

/// A quantity of u that does not move, in ppm.
pub fn ppm(value: i64) -> Ramp {
    still(whole(value))
}

/// The starting gains of the emission controller: emission rate against the
/// staked share, weekly periods, no derivative, no leak.
pub fn emission() -> Config {
    Config {
        direction: Direction::Reverse,
        sampling: Sampling::Mean,
        mode: Mode::Auto,
        period: WEEK as u32,
        max_periods: 4,
        max_hold: 4,
        setpoint: still(ratio(60, 100)),
        reference: Reference::Absolute,
        average_half_life: 0,
        scale: ratio(60, 100),
        bias: ppm(60_000),
        kp: ppm(100_000),
        ki: ppm(20_000),
        kd: ppm(0),
        filter: still(whole(1)),
        dead_band: still(ratio(2, 100)),
        half_life: 0,
        min: 10_000,
        max: 200_000,
        slew_up: Some(20_000),
        slew_down: Some(20_000),
        kf: whole(0),
        w_ref: whole(0),
        f_max: whole(0),
        max_age: 3_600,
        min_samples: 0,
        y_min: whole(0),
        y_max: whole(1),
    }
}

/// A controller with nothing in the way: no dead-band, no slew, limits and
/// range of y wide open, setpoint and bias zero, scale one, one-hour periods.
pub fn open() -> Config {
    Config {
        period: 3_600,
        setpoint: still(whole(0)),
        scale: whole(1),
        bias: ppm(0),
        dead_band: still(whole(0)),
        min: -100_000_000,
        max: 100_000_000,
        slew_up: None,
        slew_down: None,
        y_min: whole(-1_000),
        y_max: whole(1_000),
        ..emission()
    }
}

/// A controller that is running: configuration, state and the clock.
#[derive(Clone, Debug)]
pub struct Rig {
    /// What governance set.
    pub config: Config,
    /// What the controller remembers.
    pub state: State,
    /// Time of the last call (unix seconds).
    pub now: i64,
}

impl Rig {
    /// A controller just created.
    pub fn new(config: Config) -> Self {
        let state = match create(&config, START) {
            Ok(state) => state,
            Err(error) => panic!("the configuration of a story must validate: {error:?}"),
        };
        Self {
            config,
            state,
            now: START,
        }
    }

    /// A controller that has taken its first sample, `y`, one second after creation.
    pub fn primed(config: Config, y: Fx) -> Self {
        let mut rig = Self::new(config);
        let first = rig.after(1, y);
        assert!(first.flags.contains(Flags::PRIMED), "{first:?}");
        rig
    }

    /// Steps with any input made for the time `dt` seconds on.
    pub fn with(&mut self, dt: i64, input: impl FnOnce(i64) -> Input) -> Decision {
        self.now += dt;
        let (state, decision) = step(&self.config, &self.state, &input(self.now));
        self.state = state;
        decision
    }

    /// Steps `dt` seconds on with a fresh measurement.
    pub fn after(&mut self, dt: i64, y: Fx) -> Decision {
        self.with(dt, |now| fresh(now, y))
    }

    /// Steps `dt` seconds on without a measurement.
    pub fn blind(&mut self, dt: i64) -> Decision {
        self.with(dt, |now| Input {
            y: None,
            ..fresh(now, whole(0))
        })
    }

    /// Applies a change of the configuration at the present time.
    pub fn set(&mut self, what: Change) {
        match change(&self.config, &self.state, &what, self.now) {
            Ok((config, state)) => {
                self.config = config;
                self.state = state;
            }
            Err(error) => panic!("{what:?} must be accepted: {error:?}"),
        }
    }
}

/// A fresh and thick measurement and nothing else.
pub fn fresh(now: i64, y: Fx) -> Input {
    Input {
        now,
        y: Some(Sample {
            value: y,
            at: now,
            samples: u32::MAX,
        }),
        w: None,
        reference: None,
        applied: None,
        tripped: false,
    }
}

/// A small generator for deterministic sequences (splitmix64): stories that
/// need noise but not proptest.
pub struct Noise(pub u64);

impl Noise {
    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    /// Uniform in `low ..= high`.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = (high as i128 - low as i128 + 1) as u128;
        (low as i128 + (u128::from(self.bits()) % span) as i128) as i64
    }

    /// Uniform in -1 .. 1.
    pub fn symmetric(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }
}
