//! A controller as it lies in the Economy account: the control law's
//! configuration and memory in plain old data.

use anchor_lang::prelude::*;
use homeostat_control::{
    resume, Action, Config, ConfigError, Decision, Flags, Fx, GuardConfig, GuardState, HoldReason,
    LatchReason, Mode, Prime, Ramp, Sampling, State,
};

use super::{envelope::Envelope, number::Fixed};
use crate::{
    constants::*,
    error::{check, HomeostatError},
};

/// The four parameters, in the order of `Economy.controllers`.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Parameter {
    /// Annual emission as a fraction of supply.
    Emission = 0,
    /// Fraction of each charged payment taken as fee.
    Fee = 1,
    /// Fraction of a fee that is burned.
    Burn = 2,
    /// Fraction of the emission that goes to the liquidity pools.
    Liquidity = 3,
}

impl Parameter {
    /// All four, in account order.
    pub const ALL: [Self; 4] = [Self::Emission, Self::Fee, Self::Burn, Self::Liquidity];

    /// From an index of `Economy.controllers`.
    pub fn from_index(index: u8) -> Result<Self> {
        Self::ALL
            .get(usize::from(index))
            .copied()
            .ok_or_else(|| error!(HomeostatError::NoSuchController))
    }

    /// Position in `Economy.controllers`.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Lower-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Emission => "emission",
            Self::Fee => "fee",
            Self::Burn => "burn",
            Self::Liquidity => "liquidity",
        }
    }

    /// Highest value whatever governance or a controller says (ppm).
    pub const fn ceiling(self) -> i64 {
        match self {
            Self::Emission => MAX_EMISSION_PPM,
            Self::Fee => MAX_FEE_PPM,
            Self::Burn | Self::Liquidity => MAX_SHARE_PPM,
        }
    }

    /// Lowest value (ppm): a payment is never free, so its fee rate is above zero.
    pub const fn floor(self) -> i64 {
        match self {
            Self::Fee => 1,
            Self::Emission | Self::Burn | Self::Liquidity => 0,
        }
    }
}

/// What a controller measures.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Metric {
    /// Native stake over circulating supply, both as time integrals.
    StakedShare = 0,
    /// Charged volume over the volume that the configured turnover stands for.
    Utilisation = 1,
    /// (Accrued - burned) per year over supply; negative when supply shrinks.
    NetSupplyGrowth = 2,
    /// Our tokens behind staked liquidity over circulating supply.
    LiquidityDepth = 3,
    /// The economy's first feed, and so on.
    Feed0 = 4,
    /// The second.
    Feed1 = 5,
    /// The third.
    Feed2 = 6,
    /// The fourth.
    Feed3 = 7,
}

impl Metric {
    /// All four, in the order of `Economy.readings`.
    pub const ALL: [Self; 4] = [
        Self::StakedShare,
        Self::Utilisation,
        Self::NetSupplyGrowth,
        Self::LiquidityDepth,
    ];

    /// From its stored byte.
    pub fn from_byte(byte: u8) -> Result<Self> {
        Ok(match byte {
            0 => Self::StakedShare,
            1 => Self::Utilisation,
            2 => Self::NetSupplyGrowth,
            3 => Self::LiquidityDepth,
            4 => Self::Feed0,
            5 => Self::Feed1,
            6 => Self::Feed2,
            7 => Self::Feed3,
            _ => return Err(error!(HomeostatError::InvariantViolated)),
        })
    }

    /// Index of the feed in `Economy.feeds`; `None` for the program's own measurements.
    pub const fn feed_index(self) -> Option<usize> {
        (self as usize).checked_sub(Self::Feed0 as usize)
    }

    /// What a sample stands for: a feed's holds at an instant, a measurement's is the
    /// mean over the window.
    pub const fn sampling(self) -> Sampling {
        match self.feed_index() {
            Some(_) => Sampling::Point,
            None => Sampling::Mean,
        }
    }

    /// The default wiring.
    pub const fn default_for(parameter: Parameter) -> Self {
        match parameter {
            Parameter::Emission => Self::StakedShare,
            Parameter::Fee => Self::Utilisation,
            Parameter::Burn => Self::NetSupplyGrowth,
            Parameter::Liquidity => Self::LiquidityDepth,
        }
    }
}

/// [`Ramp`] in an account.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct StoredRamp {
    /// Value at `start`.
    pub from: Fixed,
    /// Value from `end` on.
    pub to: Fixed,
    /// Unix seconds.
    pub start: i64,
    /// Unix seconds.
    pub end: i64,
}

impl From<Ramp> for StoredRamp {
    fn from(ramp: Ramp) -> Self {
        Self {
            from: ramp.from.into(),
            to: ramp.to.into(),
            start: ramp.start,
            end: ramp.end,
        }
    }
}

impl From<StoredRamp> for Ramp {
    fn from(ramp: StoredRamp) -> Self {
        Self {
            from: ramp.from.get(),
            to: ramp.to.get(),
            start: ramp.start,
            end: ramp.end,
        }
    }
}

/// An unlimited slew limit.
const UNLIMITED: u64 = u64::MAX;

/// [`Config`] in an account; fields as there.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct StoredConfig {
    /// Setpoint (fraction).
    pub setpoint: StoredRamp,
    /// Bias (ppm).
    pub bias: StoredRamp,
    /// Proportional gain (ppm).
    pub kp: StoredRamp,
    /// Integral gain (ppm per period).
    pub ki: StoredRamp,
    /// Derivative gain (ppm periods).
    pub kd: StoredRamp,
    /// Derivative filter (periods).
    pub filter: StoredRamp,
    /// Dead-band half-width.
    pub dead_band: StoredRamp,
    /// Error scale (fraction).
    pub scale: Fixed,
    /// Feed-forward gain (ppm per unit of w).
    pub kf: Fixed,
    /// Feed-forward reference.
    pub w_ref: Fixed,
    /// Feed-forward limit (ppm).
    pub f_max: Fixed,
    /// Lowest credible y.
    pub y_min: Fixed,
    /// Highest credible y.
    pub y_max: Fixed,
    /// Integral half-life (seconds), 0 = none.
    pub half_life: u64,
    /// Lower limit (ppm).
    pub min: i64,
    /// Upper limit (ppm).
    pub max: i64,
    /// Fastest rise (ppm per period); `u64::MAX` = unlimited.
    pub slew_up: u64,
    /// Fastest fall (ppm per period); `u64::MAX` = unlimited.
    pub slew_down: u64,
    /// Value of `Mode::Manual` (ppm).
    pub manual: i64,
    /// Period (seconds).
    pub period: u32,
    /// Integration cap (periods).
    pub max_periods: u32,
    /// Hold time-out (periods).
    pub max_hold: u32,
    /// Oldest accepted sample (seconds).
    pub max_age: u32,
    /// Fewest samples behind a feed value.
    pub min_samples: u32,
    /// 0 = Direct, 1 = Reverse.
    pub action: u8,
    /// 0 = Mean, 1 = Point.
    pub sampling: u8,
    /// 0 = Auto, 1 = Manual.
    pub mode: u8,
    /// Unused.
    pub reserved: u8,
}

impl From<&Config> for StoredConfig {
    fn from(c: &Config) -> Self {
        let (mode, manual) = match c.mode {
            Mode::Auto => (0, 0),
            Mode::Manual(value) => (1, value),
        };
        Self {
            setpoint: c.setpoint.into(),
            bias: c.bias.into(),
            kp: c.kp.into(),
            ki: c.ki.into(),
            kd: c.kd.into(),
            filter: c.filter.into(),
            dead_band: c.dead_band.into(),
            scale: c.scale.into(),
            kf: c.kf.into(),
            w_ref: c.w_ref.into(),
            f_max: c.f_max.into(),
            y_min: c.y_min.into(),
            y_max: c.y_max.into(),
            half_life: c.half_life,
            min: c.min,
            max: c.max,
            slew_up: c.slew_up.unwrap_or(UNLIMITED),
            slew_down: c.slew_down.unwrap_or(UNLIMITED),
            manual,
            period: c.period,
            max_periods: c.max_periods,
            max_hold: c.max_hold,
            max_age: c.max_age,
            min_samples: c.min_samples,
            action: match c.action {
                Action::Direct => 0,
                Action::Reverse => 1,
            },
            sampling: match c.sampling {
                Sampling::Mean => 0,
                Sampling::Point => 1,
            },
            mode,
            reserved: 0,
        }
    }
}

impl From<&StoredConfig> for Config {
    fn from(c: &StoredConfig) -> Self {
        let slew = |limit: u64| (limit != UNLIMITED).then_some(limit);
        Self {
            action: if c.action == 0 {
                Action::Direct
            } else {
                Action::Reverse
            },
            sampling: if c.sampling == 0 {
                Sampling::Mean
            } else {
                Sampling::Point
            },
            mode: if c.mode == 0 {
                Mode::Auto
            } else {
                Mode::Manual(c.manual)
            },
            period: c.period,
            max_periods: c.max_periods,
            max_hold: c.max_hold,
            setpoint: c.setpoint.into(),
            scale: c.scale.get(),
            bias: c.bias.into(),
            kp: c.kp.into(),
            ki: c.ki.into(),
            kd: c.kd.into(),
            filter: c.filter.into(),
            dead_band: c.dead_band.into(),
            half_life: c.half_life,
            min: c.min,
            max: c.max,
            slew_up: slew(c.slew_up),
            slew_down: slew(c.slew_down),
            kf: c.kf.get(),
            w_ref: c.w_ref.get(),
            f_max: c.f_max.get(),
            max_age: c.max_age,
            min_samples: c.min_samples,
            y_min: c.y_min.get(),
            y_max: c.y_max.get(),
        }
    }
}

/// Bits of [`StoredState::known`].
const KNOWS_Y: u8 = 1;
const KNOWS_E: u8 = 2;

/// [`State`] in an account, without its last decision.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct StoredState {
    /// I (ppm).
    pub integral: Fixed,
    /// d (normalised error per period).
    pub derivative: Fixed,
    /// Last accepted y, if known.
    pub y_prev: Fixed,
    /// Last accepted error outside the dead-band, if known.
    pub e_prev: Fixed,
    /// F (ppm).
    pub feed_forward: Fixed,
    /// Time of the last step (unix seconds).
    pub last_at: i64,
    /// u (ppm).
    pub u: i64,
    /// Upward slew budget (ppm seconds).
    pub bucket_up: u64,
    /// Downward slew budget (ppm seconds).
    pub bucket_down: u64,
    /// Seconds without an accepted sample.
    pub held_for: u64,
    /// Bit 0: `y_prev` is known; bit 1: `e_prev` is known.
    pub known: u8,
    /// `Prime` as a number.
    pub prime: u8,
    /// Unused.
    pub reserved: [u8; 6],
}

impl From<&State> for StoredState {
    fn from(s: &State) -> Self {
        let known = |is: bool, bit: u8| if is { bit } else { 0 };
        Self {
            integral: s.integral.into(),
            derivative: s.derivative.into(),
            y_prev: s.y_prev.unwrap_or(Fx::ZERO).into(),
            e_prev: s.e_prev.unwrap_or(Fx::ZERO).into(),
            feed_forward: s.feed_forward.into(),
            last_at: s.last_at,
            u: s.u,
            bucket_up: s.bucket_up,
            bucket_down: s.bucket_down,
            held_for: s.held_for,
            known: known(s.y_prev.is_some(), KNOWS_Y) | known(s.e_prev.is_some(), KNOWS_E),
            prime: s.prime as u8,
            reserved: [0; 6],
        }
    }
}

impl StoredState {
    /// The control law's state, with the decision it remembers.
    pub fn with_last(&self, last: Decision) -> State {
        let if_known = |value: Fixed, bit: u8| (self.known & bit != 0).then(|| value.get());
        State {
            last_at: self.last_at,
            u: self.u,
            integral: self.integral.get(),
            derivative: self.derivative.get(),
            y_prev: if_known(self.y_prev, KNOWS_Y),
            e_prev: if_known(self.e_prev, KNOWS_E),
            feed_forward: self.feed_forward.get(),
            bucket_up: self.bucket_up,
            bucket_down: self.bucket_down,
            held_for: self.held_for,
            prime: match self.prime {
                0 => Prime::No,
                1 => Prime::Zero,
                _ => Prime::Solve,
            },
            last,
        }
    }
}

/// [`Decision`] in an account or in return data; fields as there.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct StoredDecision {
    /// Process variable (fraction).
    pub y: Fixed,
    /// Setpoint (fraction).
    pub r: Fixed,
    /// Normalised error.
    pub z: Fixed,
    /// Error outside the dead-band.
    pub e: Fixed,
    /// Elapsed periods.
    pub tau: Fixed,
    /// Integral retention.
    pub lambda: Fixed,
    /// P (ppm).
    pub p: Fixed,
    /// I (ppm).
    pub i: Fixed,
    /// D (ppm).
    pub d: Fixed,
    /// F (ppm).
    pub f: Fixed,
    /// Bias (ppm).
    pub u0: Fixed,
    /// Before slew and limits (ppm).
    pub raw: Fixed,
    /// After slew (ppm).
    pub slewed: Fixed,
    /// After limits (ppm).
    pub limited: Fixed,
    /// Window start (unix seconds).
    pub from: i64,
    /// Window end (unix seconds).
    pub to: i64,
    /// Before (ppm).
    pub u_prev: i64,
    /// After (ppm).
    pub u: i64,
    /// `Flags`.
    pub flags: u32,
    /// `HoldReason`.
    pub held: u8,
    /// Unused.
    pub reserved: [u8; 3],
}

impl From<&Decision> for StoredDecision {
    fn from(d: &Decision) -> Self {
        Self {
            y: d.y.into(),
            r: d.r.into(),
            z: d.z.into(),
            e: d.e.into(),
            tau: d.tau.into(),
            lambda: d.lambda.into(),
            p: d.p.into(),
            i: d.i.into(),
            d: d.d.into(),
            f: d.f.into(),
            u0: d.u0.into(),
            raw: d.raw.into(),
            slewed: d.slewed.into(),
            limited: d.limited.into(),
            from: d.from,
            to: d.to,
            u_prev: d.u_prev,
            u: d.u,
            flags: d.flags.0,
            held: d.held as u8,
            reserved: [0; 3],
        }
    }
}

impl From<&StoredDecision> for Decision {
    fn from(d: &StoredDecision) -> Self {
        Self {
            from: d.from,
            to: d.to,
            y: d.y.get(),
            r: d.r.get(),
            z: d.z.get(),
            e: d.e.get(),
            tau: d.tau.get(),
            lambda: d.lambda.get(),
            p: d.p.get(),
            i: d.i.get(),
            d: d.d.get(),
            f: d.f.get(),
            u0: d.u0.get(),
            raw: d.raw.get(),
            slewed: d.slewed.get(),
            limited: d.limited.get(),
            u_prev: d.u_prev,
            u: d.u,
            flags: Flags(d.flags),
            held: HoldReason::from_number(d.held),
        }
    }
}

/// [`GuardConfig`] in an account; fields as there.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct StoredGuardConfig {
    /// Deviation limit (ppm of a deviation).
    pub limit: u32,
    /// CUSUM slack (ppm of a deviation).
    pub slack: u32,
    /// CUSUM threshold (ppm of a deviation).
    pub threshold: u32,
    /// Floor of the deviation (ppm of the error scale).
    pub floor: u32,
    /// Half-life of the statistics (periods).
    pub half_life: u16,
    /// Samples learnt before one is judged.
    pub min_samples: u16,
    /// Identical samples of a feed that latch; 0 = off. The program's own
    /// measurements may stand still whatever it says.
    pub frozen: u16,
    /// Length of a latch (periods), at least a day.
    pub hold_periods: u16,
    /// 0 = off.
    pub enabled: u8,
    /// Unused.
    pub reserved: [u8; 7],
}

impl From<&GuardConfig> for StoredGuardConfig {
    fn from(c: &GuardConfig) -> Self {
        Self {
            limit: c.limit,
            slack: c.slack,
            threshold: c.threshold,
            floor: c.floor,
            half_life: c.half_life,
            min_samples: c.min_samples,
            frozen: c.frozen,
            hold_periods: c.hold_periods,
            enabled: u8::from(c.enabled),
            reserved: [0; 7],
        }
    }
}

impl From<&StoredGuardConfig> for GuardConfig {
    fn from(c: &StoredGuardConfig) -> Self {
        Self {
            enabled: c.enabled != 0,
            limit: c.limit,
            slack: c.slack,
            threshold: c.threshold,
            floor: c.floor,
            half_life: c.half_life,
            min_samples: c.min_samples,
            frozen: c.frozen,
            hold_periods: c.hold_periods,
        }
    }
}

/// [`GuardState`] in an account; fields as there.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct StoredGuardState {
    /// Running mean of y (2^-40).
    pub mean: i64,
    /// Running mean absolute deviation of y (2^-40).
    pub deviation: u64,
    /// Last learnt sample (2^-40).
    pub value: i64,
    /// Time of the last observation (unix seconds).
    pub last_at: i64,
    /// When the latch closed (unix seconds).
    pub held_since: i64,
    /// Time that the statistics stand for (seconds).
    pub weight: u64,
    /// Evidence of an upward drift (ppm of a deviation).
    pub cusum_up: u32,
    /// Evidence of a downward drift (ppm of a deviation).
    pub cusum_down: u32,
    /// Samples learnt since creation or the last resume.
    pub samples: u16,
    /// Length of the run of identical samples.
    pub run: u16,
    /// `LatchReason` as a number; 0 = open.
    pub latched: u8,
    /// Unused.
    pub reserved: [u8; 3],
}

impl From<&GuardState> for StoredGuardState {
    fn from(s: &GuardState) -> Self {
        Self {
            mean: s.mean,
            deviation: s.deviation,
            value: s.value,
            last_at: s.last_at,
            held_since: s.held_since,
            weight: s.weight,
            cusum_up: s.cusum_up,
            cusum_down: s.cusum_down,
            samples: s.samples,
            run: s.run,
            latched: s.latched.map_or(0, LatchReason::number),
            reserved: [0; 3],
        }
    }
}

impl From<&StoredGuardState> for GuardState {
    fn from(s: &StoredGuardState) -> Self {
        Self {
            mean: s.mean,
            deviation: s.deviation,
            value: s.value,
            last_at: s.last_at,
            held_since: s.held_since,
            weight: s.weight,
            cusum_up: s.cusum_up,
            cusum_down: s.cusum_down,
            samples: s.samples,
            run: s.run,
            latched: LatchReason::from_number(s.latched),
        }
    }
}

/// One controller of an economy.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Controller {
    /// What governance set.
    pub config: StoredConfig,
    /// What governance set for the guard.
    pub guard_config: StoredGuardConfig,
    /// What the guard remembers.
    pub guard: StoredGuardState,
    /// What the law remembers.
    pub state: StoredState,
    /// The last decision.
    pub last: StoredDecision,
    /// Configuration sequence: 0 in Draft, +1 with every executed change.
    pub config_seq: u64,
    /// `Metric` as a number.
    pub metric: u8,
    /// Unused.
    pub reserved: [u8; 7],
    /// Unused.
    pub reserved_end: [u64; 2],
    /// How far it may be tuned at short notice.
    pub envelope: Envelope,
}

const _: () = assert!(core::mem::size_of::<StoredConfig>() == 504);
const _: () = assert!(core::mem::size_of::<StoredState>() == 128);
const _: () = assert!(core::mem::size_of::<StoredDecision>() == 264);
const _: () = assert!(core::mem::size_of::<StoredGuardConfig>() == 32);
const _: () = assert!(core::mem::size_of::<StoredGuardState>() == 64);
const _: () = assert!(core::mem::size_of::<Controller>() == 1_200);
const _: () = assert!(core::mem::align_of::<Controller>() == 8);

/// Names the field in the log, and what it allows.
#[cold]
pub fn refuse_config(parameter: Parameter, wrong: &ConfigError) -> Error {
    msg!(
        "{}.{}: allowed {}",
        parameter.name(),
        wrong.field.name(),
        wrong.allowed()
    );
    error!(HomeostatError::InvalidParameter)
}

impl Controller {
    /// What it measures.
    pub fn metric(&self) -> Result<Metric> {
        Metric::from_byte(self.metric)
    }

    /// The control law's configuration.
    pub fn config(&self) -> Config {
        Config::from(&self.config)
    }

    /// The control law's state.
    pub fn state(&self) -> State {
        self.state.with_last(Decision::from(&self.last))
    }

    /// The guard's configuration.
    pub fn guard_config(&self) -> GuardConfig {
        GuardConfig::from(&self.guard_config)
    }

    /// The guard's state.
    pub fn guard(&self) -> GuardState {
        GuardState::from(&self.guard)
    }

    /// Holds the controller by order at `now` (unix seconds) for as long as its
    /// guard would; a latch that is closed stays as it is.
    pub fn trip_guard(&mut self, now: i64) {
        self.guard = (&self.guard().trip(now)).into();
    }

    /// Releases the controller at `now` (unix seconds): the guard forgets its
    /// statistics, the law is re-primed at the present value.
    pub fn resume_guard(&mut self, now: i64) {
        let config = self.config();
        self.resume_under(&config, now);
    }

    /// The same where the law's form of the configuration is at hand.
    pub fn resume_under(&mut self, config: &Config, now: i64) {
        self.guard = (&self.guard().resume(now)).into();
        // The last decision stays as it is.
        self.state = (&resume(config, &self.state(), now)).into();
    }

    /// Remembers a step.
    pub fn remember(&mut self, state: &State) {
        self.state = state.into();
        self.last = (&state.last).into();
    }

    /// The value in force (ppm): the output inside the limits and the
    /// parameter's compile-time range, so a limit tightened below it acts at once.
    pub fn value(&self, parameter: Parameter) -> u64 {
        self.state
            .u
            .clamp(self.config.min, self.config.max)
            .clamp(parameter.floor(), parameter.ceiling())
            .unsigned_abs()
    }

    /// Refuses settings that the guard excludes.
    pub fn validate_guard(config: &GuardConfig, parameter: Parameter) -> Result<()> {
        let Err(wrong) = config.validate() else {
            return Ok(());
        };
        msg!(
            "{}.guard.{}: allowed {}",
            parameter.name(),
            wrong.field.name(),
            wrong.field.allowed()
        );
        Err(error!(HomeostatError::InvalidParameter))
    }

    /// Refuses a configuration that the law, the parameter's range or the metric
    /// excludes.
    pub fn validate(config: &Config, parameter: Parameter, metric: Metric) -> Result<()> {
        config
            .validate()
            .map_err(|wrong| refuse_config(parameter, &wrong))?;
        Self::validate_range(config, parameter, metric)
    }

    /// The same of a configuration that the law has validated.
    pub fn validate_range(config: &Config, parameter: Parameter, metric: Metric) -> Result<()> {
        if config.min < parameter.floor() || config.max > parameter.ceiling() {
            msg!(
                "{}.min/max: allowed {} to {} ppm",
                parameter.name(),
                parameter.floor(),
                parameter.ceiling()
            );
            return Err(error!(HomeostatError::InvalidParameter));
        }
        check("controller.sampling", config.sampling == metric.sampling())?;
        if metric.feed_index().is_some() {
            check("controller.max_age", REPORT_AGE.contains(&config.max_age))?;
            let reporters = 1..=MAX_REPORTERS as u32;
            check(
                "controller.min_samples",
                reporters.contains(&config.min_samples),
            )?;
        }
        Ok(())
    }
}
