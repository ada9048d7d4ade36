//! The pausable sections of an economy: what the guardian can stop for a time.

use anchor_lang::prelude::*;

use super::Economy;
use crate::{
    error::HomeostatError,
    state::pause::{Pause, PauseReason, Section},
};

impl Economy {
    /// True while a section is paused at `now` (unix seconds).
    pub fn is_paused(&self, section: Section, now: i64) -> bool {
        self.pauses
            .get(section as usize)
            .is_some_and(|pause| pause.covers(now))
    }

    /// The end of a section's last pause (unix seconds).
    pub fn pause_until(&self, section: Section) -> i64 {
        self.pauses
            .get(section as usize)
            .map_or(0, |pause| pause.until)
    }

    /// Refuses while a section is paused at `now` (unix seconds; `Paused`).
    pub fn require_open(&self, section: Section, now: i64) -> Result<()> {
        require!(!self.is_paused(section, now), HomeostatError::Paused);
        Ok(())
    }

    /// Pauses a section for `seconds` from `now` (unix seconds), within its budget
    /// ([`Pause::begin`]).
    pub fn pause(
        &mut self,
        section: Section,
        seconds: u32,
        reason: PauseReason,
        now: i64,
    ) -> Result<()> {
        self.change_pause(section, now, |pause| pause.begin(now, seconds, reason))
    }

    /// Ends a section's pause at `now` (unix seconds; [`Pause::end`]).
    pub fn unpause(&mut self, section: Section, now: i64) -> Result<()> {
        self.change_pause(section, now, |pause| {
            pause.end(now);
            Ok(())
        })
    }

    /// Changes a section's pause. The stream has a copy of the emission's pause: everything
    /// up to `now` (unix seconds) is settled under the old copy first, so that no change
    /// reaches back.
    fn change_pause(
        &mut self,
        section: Section,
        now: i64,
        change: impl FnOnce(&mut Pause) -> Result<()>,
    ) -> Result<()> {
        let pause = self
            .pauses
            .get_mut(section as usize)
            .ok_or(HomeostatError::InvariantViolated)?;
        change(pause)?;
        if section == Section::Emission {
            self.stream.settle(now)?;
            self.stream.pause_from = pause.from;
            self.stream.pause_until = pause.until;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::*;
    use super::*;

    #[test]
    fn a_pause_of_the_emission_pays_for_every_second_but_its_own() {
        let (mut economy, supply) = live(|_| ());
        let at = |hours: i64| START + hours * HOUR;
        let hours = |hours: i64| per_second(60_000) * (hours * HOUR) as u128;
        let emitted = |economy: &Economy, hour: i64| economy.stream.emitted_at(at(hour)).unwrap();
        let pause = |economy: &mut Economy, hour: i64, length: i64| {
            let seconds = (length * HOUR) as u32;
            economy.pause(Section::Emission, seconds, PauseReason::Exploit, at(hour))
        };

        // The pause begins at hour 10, for 5 hours and 2 more, and is ended at hour 16.
        pause(&mut economy, 10, 5).unwrap();
        for (hour, paid) in [(10, 10), (12, 10), (15, 10), (16, 11), (30, 25)] {
            assert_eq!(emitted(&economy, hour), hours(paid), "hour {hour}");
        }
        pause(&mut economy, 12, 5).unwrap();
        for (hour, paid) in [(15, 10), (17, 10), (20, 13)] {
            assert_eq!(emitted(&economy, hour), hours(paid), "hour {hour}");
        }
        economy.unpause(Section::Emission, at(16)).unwrap();
        economy.unpause(Section::Emission, at(18)).unwrap();
        assert_eq!(emitted(&economy, 20), hours(14));
        // Neither a second pause nor a change of rate undoes what was settled before.
        pause(&mut economy, 20, 10).unwrap();
        emission(&mut economy).config.max = 30_000;
        economy.re_rate(supply, at(25)).unwrap();
        assert_eq!(emitted(&economy, 30), hours(14));
        assert_eq!(
            emitted(&economy, 31),
            hours(14) + per_second(30_000) * HOUR as u128
        );
        let rate = economy.stream.emission_rate().unwrap();
        assert_eq!(economy.stream.planned_with(rate, at(25)), hours(25));
        // After the stored end the emission goes on without any instruction.
        assert!(economy.require_open(Section::Emission, at(29)).is_err());
        assert!(economy.require_open(Section::Emission, at(30)).is_ok());
        economy.invariant(supply, at(31)).unwrap();
    }

    #[test]
    fn the_other_sections_do_not_touch_the_stream() {
        let (mut economy, _) = live(|_| ());
        let stream = economy.stream;
        for section in [Section::Stake, Section::Pay, Section::Crank] {
            let reason = PauseReason::Incident;
            economy.pause(section, 60, reason, START + 5).unwrap();
            assert!(economy.require_open(section, START + 64).is_err());
            assert!(economy.require_open(section, START + 65).is_ok());
            economy.unpause(section, START + 6).unwrap();
            assert!(economy.require_open(section, START + 6).is_ok());
        }
        assert_eq!(economy.stream, stream);
    }
}
