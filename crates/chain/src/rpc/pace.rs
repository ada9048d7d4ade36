//! How often something is looked at that changes with the chain's slots.
//!
//! Slots take as long as the cluster makes them, and a cluster may change that. What is looked
//! for can be there once a slot, so a pace is taken from the slots that the answers tell.

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::connection::Connection;
use homeostat_settings::failure::Failure;

/// The pause between two looks.
///
/// It is the time that the chain's last slots took. While no slot passes (the chain stands, the
/// server lags, or does not answer) it doubles. It is never shorter than 200 ms or longer than
/// 2 s.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    pause: Duration,
    /// The slot seen last, and when.
    seen: Option<(u64, Duration)>,
    begin: Instant,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            pause: Self::SHORTEST,
            seen: None,
            begin: Instant::now(),
        }
    }
}

impl Pace {
    /// Shortest pause.
    pub const SHORTEST: Duration = Duration::from_millis(200);
    /// Longest pause.
    pub const LONGEST: Duration = Duration::from_secs(2);

    /// An answer was of this slot.
    pub fn saw(&mut self, slot: u64) {
        self.saw_at(slot, self.begin.elapsed());
    }

    /// There was no answer.
    pub fn failed(&mut self) {
        self.pause = bounded(self.pause.saturating_mul(2));
    }

    /// The pause before the next look.
    pub fn pause(&self) -> Duration {
        self.pause
    }

    fn saw_at(&mut self, slot: u64, now: Duration) {
        let Some((before, at)) = self.seen else {
            self.seen = Some((slot, now));
            return;
        };
        let slots = u32::try_from(slot.saturating_sub(before)).unwrap_or(u32::MAX);
        match now.saturating_sub(at).checked_div(slots) {
            Some(each) => {
                self.pause = bounded(each);
                self.seen = Some((slot, now));
            }
            None => self.failed(),
        }
    }
}

impl Connection {
    /// Waits until the cluster is past a slot, at most so long.
    ///
    /// # Errors
    ///
    /// `rpc_stalled` when it does not get there; the server's.
    pub fn wait_past(&self, slot: u64, patience: Duration) -> Result<(), Failure> {
        let begin = Instant::now();
        let mut pace = Pace::default();
        loop {
            let now = self.clock()?.slot;
            if now > slot {
                return Ok(());
            }
            if begin.elapsed() > patience {
                return Err(Failure::new(
                    "rpc_stalled",
                    format!("the cluster does not get past slot {slot}"),
                )
                .remedy("run again when it does, or use another server with --url"));
            }
            pace.saw(now);
            sleep(pace.pause());
        }
    }
}

fn bounded(pause: Duration) -> Duration {
    pause.clamp(Pace::SHORTEST, Pace::LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_is_a_slot_whatever_a_slot_takes() {
        let ms = Duration::from_millis;
        for (slot, pause) in [(200, 200), (250, 250), (400, 400), (900, 900), (50, 200)] {
            // Given a chain with slots of so many milliseconds, of which a look sees four more,
            let mut pace = Pace::default();
            assert_eq!(pace.pause(), Pace::SHORTEST);
            pace.saw_at(1_000, ms(77));
            pace.saw_at(1_004, ms(77 + 4 * slot));
            // then the next look is a slot later.
            assert_eq!(pace.pause(), ms(pause), "{slot}");
        }
    }

    #[test]
    fn a_chain_that_stands_is_looked_at_less_and_less() {
        let ms = Duration::from_millis;
        let mut pace = Pace::default();
        pace.saw_at(9, ms(0));
        let pauses: Vec<Duration> = (1..=5)
            .map(|look| {
                pace.saw_at(9, ms(look));
                pace.pause()
            })
            .collect();
        assert_eq!(pauses, [400, 800, 1_600, 2_000, 2_000].map(ms));
        // A server that is behind the last one tells nothing, and one that goes on is followed:
        // ten slots since the slot was seen first.
        pace.saw_at(8, ms(6));
        assert_eq!(pace.pause(), Pace::LONGEST);
        pace.saw_at(19, ms(3_000));
        assert_eq!(pace.pause(), ms(300));
        pace.failed();
        assert_eq!(pace.pause(), ms(600));
    }
}
