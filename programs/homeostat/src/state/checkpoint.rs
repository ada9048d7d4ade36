//! What a position's stake weighs in a ballot: the stake that was there before a moment, and
//! has been there since.
//!
//! A position remembers a few moments and the stake that has been there since each of them.
//! More stake never takes an earlier moment's weight away, however often it is added; only
//! unstaking lowers it. So that a few moments are enough, of three in a row the last is at
//! least [`CHECKPOINT_SPAN`] after the first: stake that is added sooner votes from then on.
//! The oldest moment is forgotten when there is no room for another one. By then the next one
//! is [`SNAPSHOT_AGE`] old, which no open proposal's snapshot is.

use anchor_lang::prelude::*;

use super::Position;
use crate::constants::*;

/// A moment, and the stake that has been there since.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// The moment (unix seconds).
    pub since: i64,
    /// The stake that has been there since then without a break (base units).
    pub amount: u64,
}

// Seven spans lie between the second of sixteen checkpoints and the last one.
const _: () = assert!(
    SNAPSHOT_AGE <= (MAX_CHECKPOINTS as i64 - 1) / 2 * CHECKPOINT_SPAN
        && MAX_CHECKPOINTS <= u8::MAX as usize
);

impl Position {
    /// The stake that was there before `snapshot` (unix seconds) and has been there since
    /// (base units).
    pub fn weight_at(&self, snapshot: i64) -> u64 {
        if self.votes_from < snapshot {
            return self.amount;
        }
        self.kept()
            .iter()
            .rev()
            .find(|checkpoint| checkpoint.since < snapshot)
            .map_or(0, |checkpoint| checkpoint.amount)
    }

    /// The checkpoints before `votes_from`, oldest first: moments and amounts both rise.
    fn kept(&self) -> &[Checkpoint] {
        self.checkpoints
            .get(..usize::from(self.checkpoint_count))
            .unwrap_or_default()
    }

    /// Notes that stake is added at `now` (unix seconds). Call it before the amount rises.
    pub(super) fn note_addition(&mut self, now: i64) {
        if self.amount == 0 {
            self.votes_from = now;
            return;
        }
        // What was added and does not vote yet waits together with what is added now.
        if self.votes_from < now {
            self.keep(Checkpoint {
                since: self.votes_from,
                amount: self.amount,
            });
        }
        let earliest = match self.kept() {
            [.., first, _] => first.since.saturating_add(CHECKPOINT_SPAN),
            _ => now,
        };
        self.votes_from = now.max(earliest).max(self.votes_from);
    }

    /// Keeps a checkpoint that is newer than the others, and forgets the oldest one where
    /// there is no room.
    fn keep(&mut self, checkpoint: Checkpoint) {
        if usize::from(self.checkpoint_count) == MAX_CHECKPOINTS {
            self.checkpoints.copy_within(1.., 0);
            self.checkpoint_count = self.checkpoint_count.saturating_sub(1);
        }
        let place = usize::from(self.checkpoint_count);
        if let Some(free) = self.checkpoints.get_mut(place) {
            *free = checkpoint;
            self.checkpoint_count = self.checkpoint_count.saturating_add(1);
        }
    }

    /// Notes that stake was taken away. Call it after the amount has fallen. What is left has
    /// been there since the first moment that had as much.
    pub(super) fn note_removal(&mut self) {
        let amount = self.amount;
        let first = self.kept().iter().position(|kept| kept.amount >= amount);
        let Some((place, checkpoint)) =
            first.and_then(|place| Some((place, *self.checkpoints.get(place)?)))
        else {
            return;
        };
        self.votes_from = checkpoint.since;
        // The cast loses nothing: there are at most `MAX_CHECKPOINTS`.
        self.checkpoint_count = place as u8;
        for gone in self.checkpoints.iter_mut().skip(place) {
            *gone = Checkpoint::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_core::{RngCore, SeedableRng};

    use super::*;

    const DAY: i64 = 86_400;
    const START: i64 = 1_750_000_000;

    fn empty() -> Position {
        bytemuck::Zeroable::zeroed()
    }

    fn unstake(position: &mut Position, amount: u64, now: i64) {
        position.unbond(amount, now, now + 7 * DAY).unwrap();
    }

    #[test]
    fn stake_that_was_added_since_does_not_silence_what_was_there() {
        // given stake of a day and a snapshot
        let mut position = empty();
        position.add(40_000_000, START).unwrap();
        let snapshot = START + DAY;
        assert_eq!(position.weight_at(snapshot), 40_000_000);
        // when one unit is added, and more again and again
        for hour in 0..2_000 {
            position.add(1, snapshot + hour * 3_600).unwrap();
            // then it weighs what it did
            assert_eq!(position.weight_at(snapshot), 40_000_000);
        }
        // and nothing else weighs in it
        assert_eq!(position.weight_at(START), 0);
    }

    #[test]
    fn what_left_since_does_not_weigh_even_when_it_came_back() {
        let mut position = empty();
        position.add(100, START).unwrap();
        position.add(50, START + 30 * DAY).unwrap();
        unstake(&mut position, 90, START + 40 * DAY);
        assert_eq!((position.amount, position.votes_from), (60, START));
        assert_eq!(position.checkpoint_count, 0);
        position.rebond(0, START + 50 * DAY).unwrap();
        let weights = [0, 31, 45, 50, 51].map(|day| position.weight_at(START + day * DAY));
        assert_eq!(weights, [0, 60, 60, 60, 150]);
        // Everything out and in again is new stake at once.
        unstake(&mut position, 150, START + 60 * DAY);
        assert_eq!(position.weight_at(START + 70 * DAY), 0);
        position.add(7, START + 61 * DAY).unwrap();
        let weights = [59, 61, 62].map(|day| position.weight_at(START + day * DAY));
        assert_eq!(weights, [0, 0, 7]);
    }

    #[test]
    fn a_third_addition_within_the_span_votes_at_its_end() {
        let mut position = empty();
        for day in 0..3 {
            position.add(10, START + day * DAY).unwrap();
        }
        let end = START + CHECKPOINT_SPAN;
        assert_eq!(position.votes_from, end);
        assert_eq!(position.weight_at(end), 20);
        assert_eq!(position.weight_at(end + 1), 30);
        // More that is added meanwhile waits no longer, and prolongs nothing.
        position.add(10, START + 5 * DAY).unwrap();
        assert_eq!(position.votes_from, end);
        assert_eq!(position.weight_at(end + 1), 40);
    }

    #[test]
    fn a_clock_that_goes_back_changes_no_weight() {
        let mut position = empty();
        position.add(10, START + DAY).unwrap();
        position.add(5, START).unwrap();
        assert_eq!(position.votes_from, START + DAY);
        assert_eq!(position.weight_at(START + DAY), 0);
        assert_eq!(position.weight_at(START + DAY + 1), 15);
    }

    /// The rule itself: a snapshot that was taken weighs the same for as long as a proposal
    /// can be open, and at most the least stake there has been since; unstaking lowers it to
    /// what is left and no further.
    #[test]
    fn n5_nothing_but_unstaking_lowers_a_snapshots_weight() {
        const SEED: u64 = 0x0062_616c_6c6f_7473;
        let mut random = ChaCha8Rng::seed_from_u64(SEED);
        let mut below = |most: i64| (random.next_u64() % most as u64) as i64;
        for round in 0..400 {
            let mut position = empty();
            let mut now = START;
            // Snapshot, its weight, and the least stake since.
            let mut open: Vec<(i64, u64, u64)> = Vec::new();
            let pace = [600, DAY, 5 * DAY, 30 * DAY][round % 4];
            for step in 0..300 {
                now += 1 + below(pace);
                match below(8) {
                    0 if position.amount > 0 => {
                        let part = if below(4) == 0 { 1 } else { 10 };
                        let out = 1 + below(position.amount as i64) / part;
                        unstake(&mut position, out as u64, now);
                    }
                    1 | 2 => open.push((now, position.weight_at(now), position.amount)),
                    _ => position.add(1 + below(1_000) as u64, now).unwrap(),
                }
                open.retain(|(at, ..)| now - at <= SNAPSHOT_AGE);
                for (at, weight, least) in &mut open {
                    *least = position.amount.min(*least);
                    *weight = position.amount.min(*weight);
                    let told = format!("seed {SEED:#x}, round {round}, step {step}");
                    assert_eq!(position.weight_at(*at), *weight, "{told}");
                    assert!(*weight <= *least, "{told}");
                }
                let kept = position.kept();
                assert!(kept.windows(2).all(|pair| {
                    pair[0].since < pair[1].since && pair[0].amount < pair[1].amount
                }));
                assert!(kept.last().is_none_or(|last| {
                    last.since < position.votes_from && last.amount < position.amount
                }));
            }
        }
    }
}
