//! Why a step was held, and why a guard latched: the words that the law and the guard
//! share.
//!
//! One word each: a step is *held* when it takes no sample and leaves u where it is;
//! a guard is *latched* while it holds its controller; a breaker is *tripped* when the
//! caller holds every controller of an economy.

/// Why a step held `u` instead of integrating. Numbers are append-only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum HoldReason {
    /// Not held.
    #[default]
    None = 0,
    /// No sample.
    Missing = 1,
    /// The sample is older than `max_age`.
    Stale = 2,
    /// The sample's time lies after `now`.
    Future = 3,
    /// A feed value outside `[y_min, y_max]`.
    OutOfRange = 4,
    /// Fewer than `min_samples` behind a feed value.
    ThinSamples = 5,
    /// A computation left its range; the value is kept.
    Computation = 6,
    /// The caller's breaker is tripped.
    Tripped = 7,
    /// The guard is latched: one sample beyond its deviation limit.
    Spike = 8,
    /// The guard is latched: a drift.
    Drift = 9,
    /// The guard is latched: a feed that repeats itself.
    Frozen = 10,
    /// The setpoint is a multiple of a reference ([`crate::Reference::Given`]) that is
    /// missing.
    NoReference = 11,
}

impl HoldReason {
    /// From the stored byte (`reason as u8`). A number not given yet reads as
    /// [`Self::Computation`]: held, for a reason that this version cannot name.
    pub const fn from_number(number: u8) -> Self {
        match number {
            0 => Self::None,
            1 => Self::Missing,
            2 => Self::Stale,
            3 => Self::Future,
            4 => Self::OutOfRange,
            5 => Self::ThinSamples,
            7 => Self::Tripped,
            8 => Self::Spike,
            9 => Self::Drift,
            10 => Self::Frozen,
            11 => Self::NoReference,
            _ => Self::Computation,
        }
    }
}

/// Why a guard holds its controller. Numbers are append-only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum LatchReason {
    /// One sample beyond the deviation limit.
    Spike = 1,
    /// The CUSUM passed its threshold.
    Drift = 2,
    /// A feed repeats itself.
    Frozen = 3,
}

impl LatchReason {
    /// The stored byte.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// From the stored byte; `None` for 0 and for numbers not given yet.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Spike),
            2 => Some(Self::Drift),
            3 => Some(Self::Frozen),
            _ => None,
        }
    }

    /// The name that reports and events use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Spike => "spike",
            Self::Drift => "drift",
            Self::Frozen => "frozen",
        }
    }
}

impl From<LatchReason> for HoldReason {
    fn from(reason: LatchReason) -> Self {
        match reason {
            LatchReason::Spike => Self::Spike,
            LatchReason::Drift => Self::Drift,
            LatchReason::Frozen => Self::Frozen,
        }
    }
}
