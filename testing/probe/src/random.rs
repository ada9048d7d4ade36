//! Random numbers, the same on every machine.

use homeostat_control::{Fx, Ramp};

/// splitmix64: whole words only, so no machine can differ.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The numbers of one stream of a seed.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut start = Self(stream);
        Self(seed ^ start.bits())
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    fn wide(&mut self) -> u128 {
        u128::from(self.bits()) << 64 | u128::from(self.bits())
    }

    /// One of `0 .. n`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.bits() % n
    }

    /// True once in `n` times.
    pub fn once_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// A number in `low ..= high`, without a division, which is slow on chain. Every
    /// number is possible; the lower ones are likelier.
    fn any_between(&mut self, low: i128, high: i128) -> i128 {
        let span = high.wrapping_sub(low) as u128;
        let mask = u128::MAX.checked_shr(span.leading_zeros()).unwrap_or(0);
        let drawn = self.wide() & mask;
        let offset = if drawn > span { drawn >> 1 } else { drawn };
        low.wrapping_add(offset as i128)
    }

    /// A whole number in `low ..= high`.
    pub fn whole(&mut self, low: i64, high: i64) -> i64 {
        self.any_between(i128::from(low), i128::from(high)) as i64
    }

    /// A fixed-point number in `low ..= high`, all its bits random.
    pub fn number(&mut self, low: Fx, high: Fx) -> Fx {
        Fx::from_bits(self.any_between(low.to_bits(), high.to_bits()))
    }

    /// A fixed-point number in `-bound ..= bound`.
    pub fn signed(&mut self, bound: Fx) -> Fx {
        self.number(-bound, bound)
    }

    /// Zero, or every other time a number in `low ..= high`.
    pub fn sometimes(&mut self, low: Fx, high: Fx) -> Fx {
        if self.once_in(2) {
            Fx::ZERO
        } else {
            self.number(low, high)
        }
    }

    /// A number in `low ..= high`: anywhere, at an end, or small beside the range.
    pub fn spread(&mut self, low: Fx, high: Fx) -> Fx {
        match self.below(6) {
            0 => low,
            1 => high,
            2 | 3 => {
                let bits = self.any_between(low.to_bits(), high.to_bits()) >> self.below(101);
                Fx::from_bits(Ord::clamp(bits, low.to_bits(), high.to_bits()))
            }
            _ => self.number(low, high),
        }
    }

    /// Any number at all: small, ordinary, huge, the ends of the range.
    pub fn any_number(&mut self) -> Fx {
        match self.below(8) {
            0 | 1 => Fx::from_bits(self.wide() as i128 >> self.below(128)),
            2 | 3 => self.signed(Fx::from_num(2)),
            4 => self.signed(Fx::from_num(2_000_000)),
            5 => Fx::MAX,
            6 => Fx::MIN,
            _ => Fx::from_bits((self.below(3) as i128) - 1),
        }
    }

    /// A time (unix seconds) within three years of `about`, or any at all.
    pub fn any_time(&mut self, about: i64) -> i64 {
        match self.below(8) {
            0 => self.bits() as i64,
            1 => i64::MAX,
            _ => about.wrapping_add(self.whole(-100_000_000, 100_000_000)),
        }
    }

    /// A ramp between two numbers of a range, or a constant.
    pub fn ramp(&mut self, low: Fx, high: Fx, about: i64) -> Ramp {
        if self.once_in(2) {
            return Ramp::constant(self.spread(low, high));
        }
        Ramp {
            from: self.spread(low, high),
            to: self.spread(low, high),
            start: self.any_time(about),
            end: self.any_time(about),
        }
    }

    /// A value or its absence.
    pub fn perhaps<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.once_in(2) {
            None
        } else {
            Some(value(self))
        }
    }
}
