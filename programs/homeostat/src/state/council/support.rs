//! Since when a number of votes has been enough. Lowering the threshold, or unseating a member,
//! can make votes suffice that did not before; a delay counts from then on.

use anchor_lang::prelude::*;

use super::Council;
use crate::constants::MAX_MEMBERS;

/// For every number of votes the time since when it has been enough.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Bar {
    /// The time at which the number needed last fell to that many votes or fewer, from more
    /// (unix seconds); one vote comes first. 0 = never.
    pub enough_since: [i64; MAX_MEMBERS],
}

impl Bar {
    /// The time since when `votes` have been enough, if they are enough now (unix seconds);
    /// 0 = always.
    pub fn since(&self, votes: u8) -> i64 {
        usize::from(votes)
            .checked_sub(1)
            .and_then(|place| self.enough_since.get(place))
            .copied()
            .unwrap_or(0)
    }

    /// Notes that the number needed changed at `now` (unix seconds). A higher one needs no
    /// note: what it takes from a proposal shows in the proposal's votes.
    fn note(&mut self, before: u8, after: u8, now: i64) {
        for (since, votes) in self.enough_since.iter_mut().zip(1..) {
            if (after..before).contains(&votes) {
                *since = now;
            }
        }
    }
}

impl Council {
    /// How many approvals a proposal needs now, and how many votes lift a guardian's veto.
    pub fn needed(&self) -> (u8, u8) {
        (self.threshold, self.override_threshold())
    }

    /// Notes at `now` (unix seconds) which numbers of votes are enough that were not while
    /// `before` was what [`needed`](Self::needed) said.
    pub fn note_needed(&mut self, before: (u8, u8), now: i64) {
        let (approvals, overrides) = self.needed();
        self.approval_bar.note(before.0, approvals, now);
        self.override_bar.note(before.1, overrides, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_votes_that_were_too_few_before_get_a_time() {
        let mut bar = Bar::default();
        bar.note(2, 4, 10);
        assert_eq!(bar, Bar::default());
        bar.note(4, 2, 20);
        assert_eq!(
            [1, 2, 3, 4, 5].map(|votes| bar.since(votes)),
            [0, 20, 20, 0, 0]
        );
        bar.note(2, 4, 30);
        bar.note(4, 3, 40);
        assert_eq!([1, 2, 3, 4].map(|votes| bar.since(votes)), [0, 20, 40, 0]);
        assert_eq!((bar.since(0), bar.since(200)), (0, 0));
    }
}
