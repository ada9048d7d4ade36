//! The control law a second time, written from its description alone, over any
//! kind of exact or nearly exact number.
//!
//! Two kinds are used. [`BigRational`] has no rounding at all, but a free run
//! doubles its size at every step, so it serves single steps. [`Wide`] keeps
//! 192 fraction bits (144 more than the law): its own rounding, floored after
//! every product and quotient, is below 1e-50 over a million steps and so
//! plays no part in a comparison at 1e-12.
//!
//! Both share [`Law::step`], so the code that the single steps validate is the
//! code that runs freely.

use std::cmp::Ordering;
use std::collections::HashMap;

use homeostat_control::{Config, Direction, Fx, Prime, Reference, Sampling, State};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};

/// What the model needs of a number.
pub trait Real: Clone {
    /// `n / d`, with `d > 0`.
    fn ratio(n: &BigInt, d: &BigInt) -> Self;
    /// `self + other`.
    fn plus(&self, other: &Self) -> Self;
    /// `self - other`.
    fn minus(&self, other: &Self) -> Self;
    /// `self * other`.
    fn times(&self, other: &Self) -> Self;
    /// `self / other`.
    fn over(&self, other: &Self) -> Self;
    /// Order of the values.
    fn order(&self, other: &Self) -> Ordering;
    /// The value as a rational number.
    fn rational(&self) -> BigRational;

    /// A whole number.
    fn whole(n: i64) -> Self {
        Self::ratio(&BigInt::from(n), &BigInt::one())
    }
    /// Exactly the value of a fixed-point number.
    fn exactly(x: Fx) -> Self {
        Self::ratio(&BigInt::from(x.to_bits()), &(BigInt::one() << 48))
    }
    /// The smaller of the two.
    fn least(&self, other: &Self) -> Self {
        match self.order(other) {
            Ordering::Greater => other.clone(),
            _ => self.clone(),
        }
    }
    /// The larger of the two.
    fn most(&self, other: &Self) -> Self {
        match self.order(other) {
            Ordering::Less => other.clone(),
            _ => self.clone(),
        }
    }
    /// Limited to `low ..= high`.
    fn within(&self, low: &Self, high: &Self) -> Self {
        self.most(low).least(high)
    }
    /// `-self`.
    fn negated(&self) -> Self {
        Self::whole(0).minus(self)
    }
    /// Greater than zero.
    fn positive(&self) -> bool {
        self.order(&Self::whole(0)) == Ordering::Greater
    }
    /// Less than zero.
    fn negative(&self) -> bool {
        self.order(&Self::whole(0)) == Ordering::Less
    }
}

impl Real for BigRational {
    fn ratio(n: &BigInt, d: &BigInt) -> Self {
        BigRational::new(n.clone(), d.clone())
    }
    fn plus(&self, other: &Self) -> Self {
        self + other
    }
    fn minus(&self, other: &Self) -> Self {
        self - other
    }
    fn times(&self, other: &Self) -> Self {
        self * other
    }
    fn over(&self, other: &Self) -> Self {
        self / other
    }
    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }
    fn rational(&self) -> BigRational {
        self.clone()
    }
}

/// A number with 192 fraction bits.
#[derive(Clone, Debug)]
pub struct Wide(BigInt);

impl Wide {
    const FRACTION: u32 = 192;
}

impl Real for Wide {
    fn ratio(n: &BigInt, d: &BigInt) -> Self {
        Self((n << Self::FRACTION) / d)
    }
    fn plus(&self, other: &Self) -> Self {
        Self(&self.0 + &other.0)
    }
    fn minus(&self, other: &Self) -> Self {
        Self(&self.0 - &other.0)
    }
    fn times(&self, other: &Self) -> Self {
        Self((&self.0 * &other.0) >> Self::FRACTION)
    }
    fn over(&self, other: &Self) -> Self {
        Self((&self.0 << Self::FRACTION) / &other.0)
    }
    fn order(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
    fn rational(&self) -> BigRational {
        BigRational::new(self.0.clone(), BigInt::one() << Self::FRACTION)
    }
}

/// `2^-(num / den)` to 200 bits: integer shifts for the whole part, the Taylor
/// series of `exp(-f ln 2)` for the rest.
pub fn two_to_minus(num: u64, den: u64) -> BigRational {
    const BITS: u32 = 256;
    let one = BigInt::one() << BITS;
    // ln 2 = sum of 1 / (k 2^k)
    let mut ln2 = BigInt::zero();
    for k in 1..BITS {
        ln2 += (&one >> k) / k;
    }
    let whole = num / den;
    let x = ln2 * (num % den) / den;
    let mut term = one.clone();
    let mut sum = one.clone();
    let mut k = 1u32;
    while !term.is_zero() {
        term = -((&term * &x) >> BITS) / k;
        sum += &term;
        k += 1;
        // floored shifts can leave -1 forever
        if term.abs() <= BigInt::one() {
            break;
        }
    }
    let floor = BigRational::new(sum, one);
    if whole > 4_096 {
        return BigRational::zero();
    }
    floor / BigRational::from(BigInt::one() << whole)
}

/// One configuration as plain numbers, constant over a run.
#[derive(Clone)]
pub struct Law<R> {
    reverse: bool,
    point: bool,
    period: i64,
    max_periods: i64,
    half_life: u64,
    slew_up: Option<u64>,
    slew_down: Option<u64>,
    scale: R,
    /// Setpoint at the time of the step.
    pub setpoint: R,
    reference: Reference,
    average_half_life: u64,
    signal: R,
    /// Bias at the time of the step.
    pub u0: R,
    kp: R,
    /// Integral gain at the time of the step.
    pub ki: R,
    kd: R,
    tf: R,
    delta: R,
    kf: R,
    w_ref: R,
    f_max: R,
    lo: R,
    hi: R,
    /// The range guard of the integral.
    pub i_max: R,
    eight: R,
    sixteen: R,
    half: R,
    one: R,
    zero: R,
    retention: HashMap<(i64, u64), R>,
}

/// What the law remembers, as plain numbers.
#[derive(Clone)]
pub struct Memory<R> {
    /// Integral (ppm).
    pub i: R,
    /// Filtered derivative (1 / period).
    pub d: R,
    /// Last accepted y.
    pub y_prev: Option<R>,
    /// Slow mean of y.
    pub average: Option<R>,
    /// Last accepted error outside the dead-band.
    pub e_prev: Option<R>,
    /// Last feed-forward (ppm).
    pub f: R,
}

/// What one step is given.
pub struct Turn<R> {
    /// Seconds since the last step, > 0.
    pub dt: i64,
    /// Accepted measurement.
    pub y: R,
    /// Feed-forward measurement, if there is one.
    pub w: Option<R>,
    /// What the setpoint is a multiple of, if it is given.
    pub reference: Option<R>,
    /// The real value in force, if it differs.
    pub applied: Option<i64>,
    /// Output in force (ppm).
    pub u_prev: i64,
    /// Slew budgets before they fill (ppm seconds).
    pub buckets: (u64, u64),
    /// Slew limits that were widened since the last step, whose budgets do not fill.
    pub widened: (bool, bool),
    /// How the integral starts.
    pub prime: Prime,
}

/// Every term of one step.
pub struct Outcome<R> {
    /// Target of y.
    pub r: R,
    /// Normalised error.
    pub z: R,
    /// Error outside the dead-band.
    pub e: R,
    /// Periods.
    pub tau: R,
    /// Retention.
    pub lambda: R,
    /// Proportional term.
    pub p: R,
    /// Derivative term.
    pub d_term: R,
    /// Sum before slew and limits.
    pub raw: R,
    /// After slew.
    pub slewed: R,
    /// After limits.
    pub limited: R,
    /// The increment was trimmed.
    pub trimmed: bool,
    /// The state afterwards.
    pub memory: Memory<R>,
}

impl<R: Real> Law<R> {
    /// Reads a configuration as it stands at time `now`.
    pub fn at(config: &Config, now: i64) -> Self {
        let lo = R::whole(config.min);
        let hi = R::whole(config.max);
        let kp = R::exactly(config.kp.at(now));
        let kd = R::exactly(config.kd.at(now));
        let tf = R::exactly(config.filter.at(now));
        // The guard of the description, and Fmax: an integral re-solved against
        // a feed-forward at its limit must fit, or the change would not be
        // bumpless (tests/properties/changes.rs has that case).
        let f_max = R::exactly(config.f_max);
        let i_max = hi
            .minus(&lo)
            .plus(&R::whole(8).times(&kp))
            .plus(&R::whole(16).times(&kd).over(&tf))
            .plus(&f_max);
        Self {
            reverse: config.direction == Direction::Reverse,
            point: config.sampling == Sampling::Point,
            period: i64::from(config.period),
            max_periods: i64::from(config.max_periods),
            half_life: config.half_life,
            slew_up: config.slew_up,
            slew_down: config.slew_down,
            scale: R::exactly(config.scale),
            setpoint: R::exactly(config.setpoint.at(now)),
            reference: config.reference,
            average_half_life: config.average_half_life,
            signal: R::exactly(Config::MAX_SIGNAL),
            u0: R::exactly(config.bias.at(now)),
            kp,
            ki: R::exactly(config.ki.at(now)),
            kd,
            tf,
            delta: R::exactly(config.dead_band.at(now)),
            kf: R::exactly(config.kf),
            w_ref: R::exactly(config.w_ref),
            f_max,
            lo,
            hi,
            i_max,
            eight: R::whole(8),
            sixteen: R::whole(16),
            half: R::ratio(&BigInt::one(), &BigInt::from(2)),
            one: R::whole(1),
            zero: R::whole(0),
            retention: HashMap::new(),
        }
    }

    fn symmetric(x: &R, bound: &R) -> R {
        x.within(&bound.negated(), bound)
    }

    fn signed(&self, x: R) -> R {
        if self.reverse {
            x
        } else {
            x.negated()
        }
    }

    fn retention(&mut self, seconds: i64, half_life: u64) -> R {
        if half_life == 0 {
            return self.one.clone();
        }
        self.retention
            .entry((seconds, half_life))
            .or_insert_with(|| {
                let exact = two_to_minus(seconds.unsigned_abs(), half_life);
                R::ratio(exact.numer(), exact.denom())
            })
            .clone()
    }

    /// One accepted step in automatic mode, section 2 line by line.
    pub fn step(&mut self, memory: &Memory<R>, turn: &Turn<R>) -> Outcome<R> {
        let most = self.period * self.max_periods;
        let gap = turn.dt > most;
        let seconds = turn.dt.min(most);
        let tau = R::ratio(&BigInt::from(seconds), &BigInt::from(self.period));

        let multiple_of = |reference: &R| {
            self.setpoint
                .times(&Self::symmetric(reference, &self.signal))
        };
        let r = match (self.reference, &turn.reference, &memory.average) {
            (Reference::Absolute, _, _) => self.setpoint.clone(),
            (Reference::Given, Some(given), _) => multiple_of(given),
            (Reference::Given, None, _) => panic!("no step without its reference is accepted"),
            (Reference::Average, _, Some(average)) => multiple_of(average),
            (Reference::Average, _, None) => turn.y.clone(),
        };
        let z = Self::symmetric(
            &self.signed(r.minus(&turn.y)).over(&self.scale),
            &self.eight,
        );
        let e = z.minus(&Self::symmetric(&z, &self.delta));
        let p = self.kp.times(&e);
        let f = match &turn.w {
            Some(w) => Self::symmetric(&self.kf.times(&w.minus(&self.w_ref)), &self.f_max),
            None => memory.f.clone(),
        };
        let u_prev = R::whole(turn.u_prev);

        let primed = turn.prime != Prime::No;
        let d = if primed || gap {
            self.zero.clone()
        } else {
            let decayed = self.tf.times(&memory.d);
            let moved = match &memory.y_prev {
                Some(before) => Self::symmetric(
                    &self.signed(before.minus(&turn.y)).over(&self.scale),
                    &self.sixteen,
                ),
                None => self.zero.clone(),
            };
            decayed.plus(&moved).over(&self.tf.plus(&tau))
        };
        let d_term = self.kd.times(&d);

        let lambda = self.retention(seconds, self.half_life);
        let (kept, mut delta_i) = if primed {
            let start = match turn.prime {
                Prime::Zero => self.zero.clone(),
                _ => u_prev
                    .within(&self.lo, &self.hi)
                    .minus(&self.u0)
                    .minus(&f)
                    .minus(&p),
            };
            (start, self.zero.clone())
        } else {
            let mean = match (&memory.e_prev, self.point && !gap) {
                // A gap forgets the sample before it, y and error alike.
                (Some(before), true) => before.plus(&e).times(&self.half),
                _ => e.clone(),
            };
            let weight = self.one.plus(&lambda).times(&self.half);
            let mut delta_i = self.ki.times(&mean).times(&tau).times(&weight);
            if let (Some(up), Some(down)) = (self.slew_up, self.slew_down) {
                let most = R::whole(up.max(down) as i64).times(&tau);
                delta_i = Self::symmetric(&delta_i, &most);
            }
            if let Some(real) = turn.applied {
                // Back-calculation with Tt = Kp / Ki, at least one period.
                let rate = if self.ki.order(&self.kp) == Ordering::Less {
                    self.ki.over(&self.kp)
                } else if self.ki.positive() {
                    self.one.clone()
                } else {
                    self.zero.clone()
                };
                let share = rate.times(&tau).least(&self.one);
                delta_i = delta_i.plus(&share.times(&R::whole(real).minus(&u_prev)));
            }
            (lambda.times(&memory.i), delta_i)
        };

        let sum = self.u0.plus(&f).plus(&p).plus(&kept).plus(&d_term);
        let mut raw = sum.plus(&delta_i);
        let mut trimmed = false;
        let above = raw.minus(&self.hi);
        let below = self.lo.minus(&raw);
        if above.positive() && delta_i.positive() {
            delta_i = delta_i.minus(&delta_i.least(&above));
            trimmed = true;
        } else if below.positive() && delta_i.negative() {
            delta_i = delta_i.plus(&delta_i.negated().least(&below));
            trimmed = true;
        }
        if trimmed {
            raw = sum.plus(&delta_i);
        }
        let i = Self::symmetric(&kept.plus(&delta_i), &self.i_max);

        let mut slewed = raw.clone();
        let period = u128::from(self.period.unsigned_abs());
        let budget = |bucket: u64, rate: Option<u64>, widened: bool| {
            let bucket = u128::from(bucket);
            let most = rate.map(|rate| u128::from(rate) * period);
            let filled = match (rate, widened) {
                (None, false) => return None,
                (None, true) => bucket,
                (Some(_), true) => bucket.min(most.unwrap_or(bucket)),
                (Some(rate), false) => (bucket
                    + u128::from(turn.dt.unsigned_abs()) * u128::from(rate))
                .min(most.unwrap_or(bucket)),
            };
            // A budget is spent in whole ppm: what is left of one waits in the bucket.
            Some(R::ratio(&BigInt::from(filled / period), &BigInt::one()))
        };
        let highest =
            budget(turn.buckets.0, self.slew_up, turn.widened.0).map(|room| u_prev.plus(&room));
        if let Some(highest) = &highest {
            slewed = slewed.least(highest);
        }
        if let Some(room) = budget(turn.buckets.1, self.slew_down, turn.widened.1) {
            slewed = slewed.most(&u_prev.minus(&room));
        }
        // The minimum lifts u no faster than the slew limit; the maximum cuts it at once.
        let least = match &highest {
            Some(highest) => self.lo.least(highest),
            None => self.lo.clone(),
        };
        let limited = slewed.most(&least).least(&self.hi);

        let average = match (self.reference, &memory.average) {
            (Reference::Average, None) => Some(turn.y.clone()),
            (Reference::Average, Some(before)) => {
                let kept = self.retention(seconds, self.average_half_life);
                let share = self.one.minus(&kept);
                let distance = turn.y.minus(before);
                Some(before.plus(&share.times(&distance)))
            }
            _ => memory.average.clone(),
        };

        Outcome {
            r,
            z,
            e: e.clone(),
            tau,
            lambda,
            p,
            d_term,
            raw,
            slewed,
            limited,
            trimmed,
            memory: Memory {
                i,
                d,
                y_prev: Some(turn.y.clone()),
                average,
                e_prev: Some(e),
                f,
            },
        }
    }
}

impl<R: Real> Memory<R> {
    /// Reads a state.
    pub fn of(state: &State) -> Self {
        Self {
            i: R::exactly(state.integral),
            d: R::exactly(state.derivative),
            y_prev: state.y_prev.map(R::exactly),
            average: state.average.map(R::exactly),
            e_prev: state.e_prev.map(R::exactly),
            f: R::exactly(state.feed_forward),
        }
    }
}

/// `|model - law|` in units of 2^-48, rounded up.
pub fn ulps_apart<R: Real>(model: &R, law: Fx) -> f64 {
    let law = BigRational::exactly(law);
    let apart = (model.rational() - law).abs() * BigRational::from(BigInt::one() << 48);
    apart.to_f64().unwrap_or(f64::INFINITY)
}
