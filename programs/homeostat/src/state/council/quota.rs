//! How many proposals may be open: shared equally among the members, so that no member can
//! keep the others from proposing.

use anchor_lang::prelude::*;

use super::{Council, Member};
use crate::{
    constants::{MIN_OPEN_PER_MEMBER, OPEN_PROPOSALS},
    error::HomeostatError,
};

impl Council {
    /// The number of open proposals that each member may have: an equal share, rounded
    /// down, but at least [`MIN_OPEN_PER_MEMBER`].
    pub fn quota(&self) -> u8 {
        OPEN_PROPOSALS
            .checked_div(self.size())
            .unwrap_or(OPEN_PROPOSALS)
            .max(MIN_OPEN_PER_MEMBER)
    }

    /// Counts a new proposal of the member at `place` and returns its index. Refuses more
    /// than the member's share (`TooManyOpen`).
    pub fn open_proposal(&mut self, place: usize) -> Result<u64> {
        let quota = self.quota();
        let member = self
            .members
            .get_mut(place)
            .ok_or(HomeostatError::InvariantViolated)?;
        require!(member.open < quota, HomeostatError::TooManyOpen);
        member.open = member.open.saturating_add(1);
        self.open = self.open.saturating_add(1);
        let index = self.proposals;
        self.proposals = index.checked_add(1).ok_or(HomeostatError::MathOverflow)?;
        Ok(index)
    }

    /// Counts a proposal as final. `place` and `id` are its proposer's.
    pub fn close_proposal(&mut self, place: u8, id: u32) {
        self.open = self.open.saturating_sub(1);
        if let Some(member) = self.membership(place, id) {
            member.open = member.open.saturating_sub(1);
        }
    }

    /// Counts a proposal whose veto was lifted as open again. `place` and `id` are its
    /// proposer's.
    pub fn reopen_proposal(&mut self, place: u8, id: u32) {
        self.open = self.open.saturating_add(1);
        if let Some(member) = self.membership(place, id) {
            member.open = member.open.saturating_add(1);
        }
    }

    /// A proposer, if it still is the member that it was: whoever has its place since has
    /// another number, and proposals of its own.
    fn membership(&mut self, place: u8, id: u32) -> Option<&mut Member> {
        self.members
            .get_mut(usize::from(place))
            .filter(|member| member.id == id)
    }
}
