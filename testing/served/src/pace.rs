//! How a served world's clock moves.

use std::time::{Duration, Instant};

/// How the clock of a served world moves by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// Not at all, and a slot begins only when something is sent: for tests.
    #[default]
    Still,
    /// Every [`TICK`] the clock goes on by `speed` seconds each second of this machine, and slots
    /// begin by themselves: for people.
    Running {
        /// Seconds of the world a second of this machine, at least 1.
        speed: u32,
    },
}

/// How often a running clock moves: once a slot of a cluster.
pub const TICK: Duration = Duration::from_millis(400);

/// Ticks after which as many slots begin at once. The bank never frees what a slot wrote, some
/// 200 KB; several at once cost as much as two, so that a world may run for days.
pub(crate) const SLOTS_AT_ONCE: u64 = 25;

/// How far a running clock is.
pub(crate) struct Run {
    speed: u32,
    last: Instant,
    /// What is not a whole second of the world yet (milliseconds).
    rest: u128,
    /// Slots that should have begun.
    slots: u64,
}

impl Run {
    pub(crate) fn new(speed: u32) -> Self {
        Self {
            speed: speed.max(1),
            last: Instant::now(),
            rest: 0,
            slots: 0,
        }
    }

    /// Counts a tick; slots that begin now, if any.
    pub(crate) fn slots(&mut self) -> Option<u64> {
        self.slots = self.slots.saturating_add(1);
        (self.slots >= SLOTS_AT_ONCE).then(|| core::mem::take(&mut self.slots))
    }

    /// Whole seconds of the world since this was asked last. They come in addition to whatever
    /// else moved the clock.
    pub(crate) fn passed(&mut self, now: Instant) -> i64 {
        let real = now.saturating_duration_since(self.last).as_millis();
        self.last = self.last.max(now);
        let all = real
            .saturating_mul(u128::from(self.speed))
            .saturating_add(self.rest);
        self.rest = all % 1_000;
        i64::try_from(all / 1_000).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_second_is_lost_or_counted_twice() {
        let mut run = Run::new(3);
        let begin = run.last;
        let at = |ms| begin + Duration::from_millis(ms);
        // 1.2 s, 2.4 s, 3.6 s of the world
        assert_eq!(run.passed(at(400)), 1);
        assert_eq!(run.passed(at(800)), 1);
        assert_eq!(run.passed(at(1_200)), 1);
        assert_eq!(run.passed(at(2_000)), 3);
        assert_eq!(run.passed(at(2_000)), 0);
    }
}
