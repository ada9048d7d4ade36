//! Pauses by section. A pause's end is stored at its start, so accrual can stop and go on
//! without anybody coming back.
//!
//! A section can be paused for as long as its budget lasts: a token bucket of
//! [`PAUSE_BUDGET`] that is charged for a whole pause at its start and fills by a
//! second every [`PAUSE_REFILL`]. So in any stretch of T seconds a section is paused
//! for at most `PAUSE_BUDGET + T / PAUSE_REFILL` of them: 144 h of any 30 d, 72 h of
//! each 30 d in the long run.

use anchor_lang::prelude::*;

use crate::{
    constants::{PAUSE_BUDGET, PAUSE_REFILL},
    error::{check, HomeostatError},
};

/// The sections of an economy that can be paused separately. Exits and governance never
/// can.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Section {
    /// New stake: the instructions `stake` and `cancel_unstake`.
    Stake = 0,
    /// Payments: the instructions `pay` and `charge_fee`.
    Pay = 1,
    /// The controllers' steps: the instruction `crank`.
    Crank = 2,
    /// The emission: no rewards accrue while it is paused.
    Emission = 3,
}

impl Section {
    /// The number of sections.
    pub const COUNT: usize = 4;
}

/// Why a section was paused, for people to read; nothing depends on it.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum PauseReason {
    /// Something does not work as it should.
    Incident = 0,
    /// Somebody gets tokens that are not theirs.
    Exploit = 1,
    /// A feed cannot be trusted.
    Oracle = 2,
    /// The market moves as no parameter was made for.
    Market = 3,
    /// The section rests until an upgrade of the program.
    Upgrade = 4,
    /// The reason is published elsewhere.
    Other = 5,
}

/// The pause of one section, in force or past.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Pause {
    /// The start of the pause (unix seconds).
    pub from: i64,
    /// The end of the pause (unix seconds).
    pub until: i64,
    /// What was missing from the full budget at `spent_at` (seconds); 0 in a section that was
    /// never paused.
    pub spent: i64,
    /// The time up to which the budget was refilled (unix seconds).
    pub spent_at: i64,
    /// The [`PauseReason`] as a number.
    pub reason: u8,
    /// Reserved; zero.
    pub reserved: [u8; 7],
}

impl Pause {
    /// True while the pause lasts: inside `[from, until)` (unix seconds).
    pub const fn covers(&self, now: i64) -> bool {
        self.from <= now && now < self.until
    }

    /// What is left of the budget at `now` (seconds of pause).
    pub fn budget(&self, now: i64) -> i64 {
        PAUSE_BUDGET.saturating_sub(self.refilled(now).0)
    }

    /// `spent` and `spent_at` at `now` (unix seconds), after the refill. Only whole seconds
    /// are refilled; the time that has passed towards the next one still counts for it, so
    /// that frequent pauses lose no refill. A clock that stepped back refills nothing.
    fn refilled(&self, now: i64) -> (i64, i64) {
        let waited = now.saturating_sub(self.spent_at).max(0);
        let back = waited.div_euclid(PAUSE_REFILL);
        if back >= self.spent {
            return (0, now.max(self.spent_at));
        }
        (
            self.spent.saturating_sub(back),
            self.spent_at
                .saturating_add(back.saturating_mul(PAUSE_REFILL)),
        )
    }

    /// Pauses from `now` (unix seconds) for `seconds`. A pause that has not ended goes on
    /// until the later of its end and `now + seconds`, and only what is added is charged to
    /// the budget.
    ///
    /// Refuses 0 seconds (`InvalidParameter`), a pause that lasts that long already
    /// (`PauseNotLonger`) and more than the budget holds (`PauseBudgetExceeded`).
    pub fn begin(&mut self, now: i64, seconds: u32, reason: PauseReason) -> Result<()> {
        check("seconds", seconds > 0)?;
        let until = now.saturating_add(i64::from(seconds)).max(self.until);
        let charged = until.saturating_sub(now.max(self.until));
        // What costs nothing could be repeated for ever, and is a record each time.
        require!(charged > 0, HomeostatError::PauseNotLonger);
        let (spent, spent_at) = self.refilled(now);
        let spent = spent.saturating_add(charged);
        require!(spent <= PAUSE_BUDGET, HomeostatError::PauseBudgetExceeded);
        // A clock that stepped back must not cut off a pause that was announced: the pause
        // goes on if its end is ahead, even where its start is ahead too.
        self.from = if now < self.until {
            self.from.min(now)
        } else {
            now
        };
        self.until = until;
        self.spent = spent;
        self.spent_at = spent_at;
        self.reason = reason as u8;
        Ok(())
    }

    /// Ends the pause at `now` (unix seconds), if it has not ended. What is left of it does
    /// not go back into the budget: a guardian and a council that ends its pauses could
    /// otherwise keep a section paused for ever.
    pub fn end(&mut self, now: i64) {
        self.until = self.until.min(now);
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_core::{RngCore, SeedableRng};

    use super::*;

    const HOUR: i64 = 3_600;
    const DAY: i64 = 24 * HOUR;
    /// A usual unix time.
    const START: i64 = 1_750_000_000;

    enum Step {
        Begin(i64),
        End,
    }
    use Step::{Begin, End};

    fn code(result: Result<()>) -> Option<u32> {
        result.err().map(|error| match error {
            Error::AnchorError(error) => error.error_code_number,
            Error::ProgramError(error) => panic!("no code of the program: {error:?}"),
        })
    }

    #[test]
    fn what_a_budget_allows() {
        let exceeded = Some(u32::from(HomeostatError::PauseBudgetExceeded));
        let invalid = Some(u32::from(HomeostatError::InvalidParameter));
        let not_longer = Some(u32::from(HomeostatError::PauseNotLonger));
        // The hour of the step, the step, the error; then start and end of the pause (hours)
        // and what is left of the budget (seconds).
        type Row = (i64, Step, Option<u32>, i64, i64, i64);
        let tables: [(&str, Vec<Row>); 6] = [
            (
                "the whole budget at once, and not a second more",
                vec![
                    (0, Begin(72 * HOUR + 1), exceeded, 0, 0, 72 * HOUR),
                    (0, Begin(72 * HOUR), None, 0, 72, 0),
                    (72, Begin(8 * HOUR), exceeded, 0, 72, 72 * HOUR / 10),
                    (72, Begin(7 * HOUR), None, 72, 79, HOUR / 5),
                ],
            ),
            (
                "re-pausing at the end again and again",
                vec![
                    (0, Begin(72 * HOUR), None, 0, 72, 0),
                    (72, Begin(7 * HOUR), None, 72, 79, HOUR / 5),
                    (79, Begin(HOUR), exceeded, 72, 79, HOUR / 5 + 7 * HOUR / 10),
                    (720, Begin(72 * HOUR), exceeded, 72, 79, 65 * HOUR),
                    (760, Begin(69 * HOUR), None, 760, 829, 0),
                ],
            ),
            (
                "an extension pays for what it adds",
                vec![
                    (0, Begin(10 * HOUR), None, 0, 10, 62 * HOUR),
                    (5, Begin(10 * HOUR), None, 0, 15, 57 * HOUR + HOUR / 2),
                    (5, Begin(80 * HOUR), exceeded, 0, 15, 57 * HOUR + HOUR / 2),
                    (5, Begin(67 * HOUR), None, 0, 72, HOUR / 2),
                ],
            ),
            (
                "nothing shortens a pause but its end",
                vec![
                    (0, Begin(10 * HOUR), None, 0, 10, 62 * HOUR),
                    (1, Begin(HOUR), not_longer, 0, 10, 62 * HOUR + HOUR / 10),
                    (1, Begin(9 * HOUR), not_longer, 0, 10, 62 * HOUR + HOUR / 10),
                    (2, Begin(0), invalid, 0, 10, 62 * HOUR + HOUR / 5),
                    (3, End, None, 0, 3, 62 * HOUR + 3 * HOUR / 10),
                    (4, End, None, 0, 3, 62 * HOUR + 4 * HOUR / 10),
                ],
            ),
            (
                "an early end gives nothing back",
                vec![
                    (0, Begin(72 * HOUR), None, 0, 72, 0),
                    (1, End, None, 0, 1, HOUR / 10),
                    (1, Begin(HOUR), exceeded, 0, 1, HOUR / 10),
                ],
            ),
            (
                "the budget fills in 30 days and never more",
                vec![
                    (0, Begin(72 * HOUR), None, 0, 72, 0),
                    (719, End, None, 0, 72, 719 * HOUR / 10),
                    (10_000, Begin(72 * HOUR + 1), exceeded, 0, 72, 72 * HOUR),
                    (10_000, Begin(72 * HOUR), None, 10_000, 10_072, 0),
                ],
            ),
        ];
        for (name, rows) in tables {
            let mut pause = Pause {
                from: START,
                until: START,
                ..Pause::default()
            };
            for (row, (hour, step, refused, from, until, budget)) in rows.into_iter().enumerate() {
                let now = START + hour * HOUR;
                let before = pause;
                let outcome = match step {
                    Begin(seconds) => code(pause.begin(now, seconds as u32, PauseReason::Other)),
                    End => {
                        pause.end(now);
                        None
                    }
                };
                assert_eq!(outcome, refused, "{name}, row {row}");
                if refused.is_some() {
                    assert_eq!(pause, before, "{name}, row {row}");
                }
                let stands = (pause.from - START, pause.until - START, pause.budget(now));
                assert_eq!(
                    stands,
                    (from * HOUR, until * HOUR, budget),
                    "{name}, row {row}"
                );
            }
        }
    }

    #[test]
    fn a_section_that_was_never_paused_has_its_whole_budget() {
        for now in [0, 1, START, i64::MAX] {
            assert_eq!(Pause::default().budget(now), PAUSE_BUDGET);
            assert!(!Pause::default().covers(now));
        }
        let mut pause = Pause::default();
        pause
            .begin(START, PAUSE_BUDGET as u32, PauseReason::Exploit)
            .unwrap();
        assert_eq!(
            (pause.budget(START), pause.reason),
            (0, PauseReason::Exploit as u8)
        );
        assert!(pause.covers(START) && pause.covers(START + 72 * HOUR - 1));
        assert!(!pause.covers(START - 1) && !pause.covers(START + 72 * HOUR));
    }

    #[test]
    fn a_clock_that_goes_back_frees_nothing() {
        let mut pause = Pause::default();
        pause
            .begin(START, 10 * HOUR as u32, PauseReason::Oracle)
            .unwrap();
        let budget = pause.budget(START);
        for back in [1, HOUR, 20 * HOUR] {
            assert_eq!(pause.budget(START - back), budget);
            let mut again = pause;
            let shorter = again.begin(START - back, 60, PauseReason::Oracle);
            assert_eq!(
                code(shorter),
                Some(u32::from(HomeostatError::PauseNotLonger))
            );
            assert_eq!(again, pause);
            let longer = (back + 10 * HOUR + 60) as u32;
            again
                .begin(START - back, longer, PauseReason::Oracle)
                .unwrap();
            assert_eq!(again.until, pause.until + 60);
            assert_eq!(again.from, START - back);
            assert_eq!(again.budget(START), budget - 60);
        }
    }

    /// The most pause that a guardian gets who pauses whenever the budget allows: the
    /// bound of the module's first lines, reached to the last refill.
    #[test]
    fn p2_a_greedy_guardian_gets_twice_the_budget_in_30_days_and_a_tenth_for_ever() {
        let mut pause = Pause::default();
        let mut paused = 0;
        let mut taken = Vec::new();
        for now in (START..START + 90 * DAY).step_by(PAUSE_REFILL as usize) {
            let before = pause.until.max(now);
            let most = pause.budget(now).min(PAUSE_BUDGET) + (before - now);
            if most > 0 && pause.begin(now, most as u32, PauseReason::Other).is_ok() {
                paused += pause.until - before;
            }
            taken.push(paused);
        }
        let after = |days: i64| taken[(days * DAY / PAUSE_REFILL) as usize - 1];
        for days in [30, 60, 90] {
            let bound = PAUSE_BUDGET + days * DAY / PAUSE_REFILL;
            assert_eq!(after(days), bound - 1, "{days} days");
        }
        assert_eq!(after(30), 144 * HOUR - 1);
    }

    /// Whatever a guardian does, no window of any length has more pause than the budget and
    /// its refill in that window, early ends included.
    #[test]
    fn p2_no_window_holds_more_than_the_budget_and_its_refill() {
        const SEED: u64 = 0x7061_7573_6573;
        let mut random = ChaCha8Rng::seed_from_u64(SEED);
        let mut below = |most: i64| (random.next_u64() % most as u64) as i64;
        for _ in 0..300 {
            let mut pause = Pause::default();
            let mut now = START;
            // Paused stretches, merged where they touch.
            let mut stretches: Vec<(i64, i64)> = Vec::new();
            let busy = 1 + below(4);
            for _ in 0..60 {
                now += below(busy * 2 * DAY);
                if below(5) == 0 {
                    pause.end(now);
                    if let Some(last) = stretches.last_mut() {
                        last.1 = last.1.min(now).max(last.0);
                    }
                    continue;
                }
                let held = pause.budget(now);
                let seconds = match below(3) {
                    0 => held + (pause.until - now).max(0),
                    1 => below(PAUSE_BUDGET + 10),
                    _ => below(HOUR),
                };
                let before = pause;
                if pause
                    .begin(now, seconds as u32, PauseReason::Market)
                    .is_err()
                {
                    assert_eq!(pause, before);
                    continue;
                }
                assert!(pause.until >= before.until && pause.budget(now) >= 0);
                match stretches.last_mut() {
                    Some(last) if before.until > now => last.1 = pause.until,
                    _ => stretches.push((now, pause.until)),
                }
            }
            // The worst window of a length begins where a stretch begins or ends where
            // one ends; every pair of them is tried.
            let ends = || stretches.iter().map(|s| s.1);
            for from in stretches.iter().flat_map(|s| [s.0, s.1]) {
                for to in ends().filter(|to| *to > from) {
                    let paused: i64 = stretches
                        .iter()
                        .map(|s| (s.1.min(to) - s.0.max(from)).max(0))
                        .sum();
                    let bound = PAUSE_BUDGET + (to - from) / PAUSE_REFILL;
                    assert!(
                        paused <= bound,
                        "seed {SEED:#x}: {paused} s in {} s",
                        to - from
                    );
                }
            }
        }
    }
}
