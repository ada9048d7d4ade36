//! A controller: what governance may set of it, and what the control law makes of that.
//!
//! Which changes are allowed is written down here from the rules. What an allowed one does, and
//! how the value in force moves at a crank, is the law's to say: it is called here with a
//! configuration and a state that no program has ever held.

use homeostat::state::action::{OutputLimits, SlewLimits};
use homeostat_client::{FeedForward, GuardSettings};
use homeostat_control::{
    change, guarded_step, resume, Change, Config, Fx, GuardConfig, GuardState, Input, Mode, Ramp,
    State,
};

use super::{realm::expect_other, *};

/// Longest ramp (s).
const LONGEST_RAMP: u32 = 31_536_000;
/// One, in the control law's fixed point.
pub(super) const ONE: i128 = 1 << 48;
/// What no instruction answers: the law refuses what the rules allow.
const LAW_REFUSES: u32 = u32::MAX;

/// One controller; fixed-point numbers as bits.
#[derive(Clone, Debug)]
pub struct Controller {
    pub parameter: Parameter,
    pub config: Config,
    pub state: State,
    pub guard_config: GuardConfig,
    pub guard: GuardState,
    /// What the council last set by a proposal that waited the Standard delay.
    pub anchors: [i128; 7],
    /// Period of the last small change.
    pub changed_in: [Option<u64>; 7],
    pub floor: i64,
    pub ceiling: i64,
    pub advice_setpoint: i128,
    pub advice_bias: i128,
    pub config_seq: u64,
}

impl Controller {
    /// The value in force (ppm): a lowered maximum acts at once.
    pub fn value(&self) -> i64 {
        let value = self.state.u.min(self.config.max);
        value.clamp(self.floor, self.ceiling)
    }

    pub fn scale(&self) -> i128 {
        self.config.scale.to_bits()
    }

    /// The values that the setpoint's metric can have.
    pub fn credible(&self) -> (i128, i128) {
        (self.config.y_min.to_bits(), self.config.y_max.to_bits())
    }

    /// Shortest half-life but none (s).
    pub fn shortest_half_life(&self) -> u64 {
        u64::from(self.config.max_periods) * u64::from(self.config.period)
    }

    /// The guard holds it, since when.
    pub fn held_since(&self) -> Option<i64> {
        self.guard.latched.map(|_| self.guard.latched_since)
    }

    fn ramp(&self, field: Tunable) -> &Ramp {
        match field {
            Tunable::Setpoint => &self.config.setpoint,
            Tunable::Bias => &self.config.bias,
            Tunable::Kp => &self.config.kp,
            Tunable::Ki => &self.config.ki,
            Tunable::Kd => &self.config.kd,
            Tunable::Filter => &self.config.filter,
            Tunable::DeadBand => &self.config.dead_band,
        }
    }

    /// Where a quantity goes.
    pub fn target(&self, field: Tunable) -> i128 {
        self.ramp(field).to.to_bits()
    }

    /// A tenth of the anchor, of the scale, of the span, times ten.
    pub(super) fn envelope(&self, field: Tunable) -> i128 {
        match field {
            Tunable::Setpoint => self.scale(),
            Tunable::Bias => i128::from(self.config.max - self.config.min) * ONE,
            _ => self.anchors[field as usize].abs(),
        }
    }

    pub(super) fn inside_envelope(&self, field: Tunable, value: i128) -> bool {
        let anchor = self.anchors[field as usize];
        (value - anchor).abs() * 10 <= self.envelope(field)
    }

    pub(super) fn advisable(&self, field: Tunable, value: i128) -> Verdict {
        let width = match field {
            Tunable::Setpoint => self.advice_setpoint,
            Tunable::Bias => self.advice_bias,
            _ => 0,
        };
        let off = (value - self.anchors[field as usize]).abs();
        let inside = off <= width && self.inside_envelope(field, value);
        must(width > 0 && inside, E::OutsideAdvice)
    }

    pub(super) fn once_a_period(&mut self, field: Tunable, period: u64) -> Verdict {
        let changed = &mut self.changed_in[field as usize];
        must(*changed != Some(period), E::ChangedThisPeriod)?;
        *changed = Some(period);
        Ok(())
    }

    /// What the law makes of a change that the rules allow.
    fn change(&mut self, by: &Change, now: i64) -> Verdict {
        let changed = change(&self.config, &self.state, by, now);
        (self.config, self.state) = changed.map_err(|_| LAW_REFUSES)?;
        self.config_seq += 1;
        Ok(())
    }

    pub(super) fn tune(
        &mut self,
        field: Tunable,
        value: i128,
        over_seconds: u32,
        now: i64,
    ) -> Verdict {
        must(over_seconds <= LONGEST_RAMP, E::InvalidParameter)?;
        let to = Fx::from_bits(value);
        let ramp = self.ramp(field);
        must(ramp.to != to || ramp.at(now) != to, E::NothingChanges)?;
        let in_range = match field {
            Tunable::Setpoint => (self.credible().0..=self.credible().1).contains(&value),
            Tunable::Bias => self.holds_bias(value, self.config.min, self.config.max),
            Tunable::Kp => (0..=1_000_000_000_000 * ONE).contains(&value),
            other => panic!("{other:?} is not in the stories"),
        };
        must(in_range, E::InvalidParameter)?;
        let by = match field {
            Tunable::Setpoint => Change::Setpoint { to, over_seconds },
            Tunable::Bias => Change::Bias { to, over_seconds },
            _ => Change::Kp { to, over_seconds },
        };
        self.change(&by, now)
    }

    fn holds_bias(&self, bias: i128, min: i64, max: i64) -> bool {
        (i128::from(min) * ONE..=i128::from(max) * ONE).contains(&bias)
    }

    pub(super) fn set_half_life(&mut self, expected: u64, value: u64, now: i64) -> Verdict {
        expect_other(&self.config.half_life, &expected, &value)?;
        let range = self.shortest_half_life()..=31_536_000_000;
        must(value == 0 || range.contains(&value), E::InvalidParameter)?;
        self.change(&Change::HalfLife(value), now)
    }

    pub fn feed_forward(&self) -> FeedForward {
        FeedForward {
            kf_q48: self.config.kf.to_bits(),
            w_ref_q48: self.config.w_ref.to_bits(),
            f_max_q48: self.config.f_max.to_bits(),
        }
    }

    /// A gain of a million either way, a reference that a signal can have, and a limit that is
    /// no wider than the parameter's whole range.
    pub(super) fn set_feed_forward(
        &mut self,
        expected: &FeedForward,
        value: &FeedForward,
        now: i64,
    ) -> Verdict {
        expect_other(&self.feed_forward(), expected, value)?;
        let range = i128::from(self.ceiling - self.floor) * ONE;
        let sound = value.kf_q48.abs() <= 1_000_000_000_000 * ONE
            && value.w_ref_q48.abs() <= 1_000_000 * ONE
            && (0..=range).contains(&value.f_max_q48);
        must(sound, E::InvalidParameter)?;
        let by = Change::FeedForward {
            kf: Fx::from_bits(value.kf_q48),
            w_ref: Fx::from_bits(value.w_ref_q48),
            f_max: Fx::from_bits(value.f_max_q48),
        };
        self.change(&by, now)
    }

    /// Whether limits, a manual value and slew limits go together: limits have room between them
    /// and contain the manual value; a value in automatic mode moves both ways or neither.
    fn sound(&self, limits: OutputLimits, mode: Mode, slew: SlewLimits) -> bool {
        let (min, max) = (limits.min_ppm, limits.max_ppm);
        let moves = match mode {
            Mode::Auto => (slew.up_ppm == Some(0)) == (slew.down_ppm == Some(0)),
            Mode::Manual(value) => (min..=max).contains(&value),
        };
        let range = self.ceiling.abs_diff(self.floor);
        let bounded = |slew: Option<u64>| slew.is_none_or(|slew| slew <= range);
        let inside = self.floor <= min && min < max && max <= self.ceiling;
        moves && inside && bounded(slew.up_ppm) && bounded(slew.down_ppm)
    }

    pub fn limits(&self) -> OutputLimits {
        OutputLimits {
            min_ppm: self.config.min,
            max_ppm: self.config.max,
        }
    }

    pub fn slew(&self) -> SlewLimits {
        SlewLimits {
            up_ppm: self.config.slew_up,
            down_ppm: self.config.slew_down,
        }
    }

    pub fn manual(&self) -> Option<i64> {
        match self.config.mode {
            Mode::Auto => None,
            Mode::Manual(value) => Some(value),
        }
    }

    /// The bias is within the limits, as it stands and where it goes.
    pub(super) fn set_limits(
        &mut self,
        expected: &OutputLimits,
        value: &OutputLimits,
        now: i64,
    ) -> Verdict {
        expect_other(&self.limits(), expected, value)?;
        let (min, max) = (value.min_ppm, value.max_ppm);
        let bias = [self.config.bias.at(now), self.config.bias.to];
        let holds = bias.map(|bias| self.holds_bias(bias.to_bits(), min, max));
        let sound = self.sound(*value, self.config.mode, self.slew());
        must(sound && holds == [true; 2], E::InvalidParameter)?;
        self.change(&Change::Limits { min, max }, now)
    }

    pub(super) fn set_slew(
        &mut self,
        expected: &SlewLimits,
        value: &SlewLimits,
        now: i64,
    ) -> Verdict {
        expect_other(&self.slew(), expected, value)?;
        let sound = self.sound(self.limits(), self.config.mode, *value);
        must(sound, E::InvalidParameter)?;
        let (up, down) = (value.up_ppm, value.down_ppm);
        self.change(&Change::Slew { up, down }, now)
    }

    pub(super) fn set_mode(
        &mut self,
        expected: Option<i64>,
        value: Option<i64>,
        now: i64,
    ) -> Verdict {
        let mode = |manual: Option<i64>| manual.map_or(Mode::Auto, Mode::Manual);
        expect_other(&self.config.mode, &mode(expected), &mode(value))?;
        let sound = self.sound(self.limits(), mode(value), self.slew());
        must(sound, E::InvalidParameter)?;
        self.change(&Change::Mode(mode(value)), now)
    }

    /// The guard's settings are no part of the law's configuration.
    pub(super) fn set_guard(&mut self, expected: &GuardSettings, value: &GuardSettings) -> Verdict {
        let sound = (2_000_000..=100_000_000).contains(&value.limit)
            && (250_000..value.limit).contains(&value.slack)
            && (1_000_000..=1_000_000_000).contains(&value.threshold)
            && (1_000..=1_000_000).contains(&value.floor)
            && (1..=1_000).contains(&value.half_life)
            && (4..=1_000).contains(&value.min_samples)
            && value.frozen != 1
            && (1..=1_000).contains(&value.hold_periods);
        must(sound, E::InvalidParameter)?;
        expect_other(&GuardSettings::new(&self.guard_config), expected, value)?;
        self.guard_config = value.into();
        Ok(())
    }

    /// Lets go of what the guard holds.
    pub(super) fn resume(&mut self, expected_since: i64, now: i64) -> Verdict {
        let since = self.held_since().ok_or(u32::from(E::NothingToResume))?;
        must(since == expected_since, E::OldValueChanged)?;
        self.guard = self.guard.resume(now);
        self.state = resume(&self.config, &self.state, now);
        Ok(())
    }

    /// One step, on what was measured.
    pub(super) fn step(&mut self, input: &Input) {
        let after = guarded_step(
            &self.config,
            &self.guard_config,
            &self.state,
            &self.guard,
            input,
        );
        (self.state, self.guard) = (after.state, after.guard);
    }
}
