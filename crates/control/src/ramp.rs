//! A quantity that moves to a new value over time, in integers.

use crate::{math::share, Fx};

/// `from` until `start`, `to` from `end` on, linear in between (bits divided
/// as integers, rounded towards `from`, so a ramp never passes its target).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ramp {
    /// Value at `start`.
    pub from: Fx,
    /// Value from `end` on.
    pub to: Fx,
    /// Start (unix seconds).
    pub start: i64,
    /// End (unix seconds); `<= start` means the value is `to`.
    pub end: i64,
}

impl Ramp {
    /// A value that does not move.
    pub const fn constant(value: Fx) -> Self {
        Self {
            from: value,
            to: value,
            start: 0,
            end: 0,
        }
    }

    /// Value at `now` (unix seconds), rounded towards `from`.
    pub fn at(&self, now: i64) -> Fx {
        if now >= self.end || self.end <= self.start {
            return self.to;
        }
        if now <= self.start {
            return self.from;
        }
        let (from, to) = (self.from.to_bits(), self.to.to_bits());
        let covered = share(
            to.abs_diff(from),
            now.abs_diff(self.start),
            self.end.abs_diff(self.start),
        );
        // The distance of two i128 may need the 128th bit. Wrapping arithmetic
        // on the bits is right all the same: the result lies between both ends.
        let covered = covered as i128;
        Fx::from_bits(if to >= from {
            from.wrapping_add(covered)
        } else {
            from.wrapping_sub(covered)
        })
    }

    /// True while the value at `now` (unix seconds) still has to change.
    pub fn is_moving(&self, now: i64) -> bool {
        self.from != self.to && self.start < self.end && now < self.end
    }

    /// A ramp from the value in force at `now` (unix seconds) to `to`;
    /// `over_seconds == 0` is a jump.
    #[must_use]
    pub fn towards(&self, to: Fx, now: i64, over_seconds: u32) -> Self {
        if over_seconds == 0 {
            return Self::constant(to);
        }
        Self {
            from: self.at(now),
            to,
            start: now,
            end: now.saturating_add(i64::from(over_seconds)),
        }
    }

    /// The part of this ramp that is still ahead at `now` (unix seconds).
    pub(crate) fn rest(&self, now: i64) -> Self {
        if !self.is_moving(now) {
            return Self::constant(self.to);
        }
        Self {
            from: self.at(now),
            start: Ord::max(self.start, now),
            ..*self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(from: i128, to: i128, start: i64, end: i64) -> Ramp {
        let (from, to) = (Fx::from_bits(from), Fx::from_bits(to));
        Ramp {
            from,
            to,
            start,
            end,
        }
    }

    #[test]
    fn runs_linearly_and_rounds_towards_its_origin() {
        let up = ramp(10, 20, 100, 107);
        let down = ramp(20, 10, 100, 107);
        let expected = [10, 10, 11, 12, 14, 15, 17, 18, 20, 20];
        for (time, bits) in (99..).zip(expected) {
            assert_eq!(up.at(time).to_bits(), bits, "up at {time}");
            assert_eq!(down.at(time).to_bits(), 30 - bits, "down at {time}");
        }
        assert!(up.is_moving(99) && up.is_moving(106) && !up.is_moving(107));
    }

    #[test]
    fn an_interval_of_no_length_is_the_target() {
        for (start, end) in [(5, 5), (6, 5), (i64::MAX, i64::MIN)] {
            let ramp = ramp(1, 2, start, end);
            for time in [i64::MIN, 4, 5, 6, i64::MAX] {
                assert_eq!(ramp.at(time).to_bits(), 2);
                assert!(!ramp.is_moving(time));
            }
        }
    }

    #[test]
    fn spans_every_number_and_every_time() {
        let ramp = ramp(i128::MIN, i128::MAX, i64::MIN, i64::MAX);
        assert_eq!(ramp.at(i64::MIN), Fx::MIN);
        assert_eq!(ramp.at(i64::MAX), Fx::MAX);
        assert_eq!(ramp.at(-1).to_bits() >> 64, -1); // half of the way: about 0
        let mut last = Fx::MIN;
        for time in (0..64).map(|shift| (i64::MAX >> shift).wrapping_neg()) {
            assert!(ramp.at(time) >= last);
            last = ramp.at(time);
        }
    }

    #[test]
    fn turns_from_where_it_is() {
        let first = ramp(0, 100, 0, 10);
        let second = first.towards(Fx::from_bits(0), 5, 5);
        assert_eq!(second, ramp(50, 0, 5, 10));
        assert_eq!(second.rest(4), second);
        assert_eq!(second.rest(7), ramp(30, 0, 7, 10));
        assert_eq!(second.rest(10), Ramp::constant(Fx::ZERO));
        assert_eq!(first.towards(Fx::ONE, 5, 0), Ramp::constant(Fx::ONE));
        let last = first.towards(Fx::ONE, i64::MAX, 9);
        assert_eq!(last.at(i64::MAX), Fx::ONE);
    }
}
