//! The members of a council: their places, their votes, and how seats are given and lost.

use anchor_lang::prelude::*;

use super::{roles::FOUNDING, Council, Seat};
use crate::{constants::MAX_MEMBERS, error::HomeostatError};

/// A member, or somebody who was offered a seat.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Member {
    /// Who it is, and through which program it acts.
    pub seat: Seat,
    /// The last second in which an offered seat can be accepted (unix seconds); 0 means
    /// that it was accepted, [`FOUNDING`] that a Draft offers it.
    pub offered_until: i64,
    /// The number of this membership, never given twice; 0 means that the place is vacant.
    pub id: u32,
    /// The number of the member's open proposals.
    pub open: u8,
    /// Reserved; zero.
    pub reserved: [u8; 3],
}

impl Member {
    /// True when the place has a member whose seat was accepted.
    pub const fn is_seated(&self) -> bool {
        self.id != 0 && self.offered_until == 0
    }

    /// True when the place has a member, or somebody who becomes one before a Draft goes
    /// live.
    pub(super) const fn is_appointed(&self) -> bool {
        self.id != 0 && (self.offered_until == 0 || self.offered_until == FOUNDING)
    }
}

impl Council {
    /// The seated members.
    pub fn seated(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.is_seated())
    }

    /// The number of seated members.
    pub fn size(&self) -> u8 {
        u8::try_from(self.seated().count()).unwrap_or(u8::MAX)
    }

    /// The place of the seated member with that key. Refuses guardian and advisor
    /// (`MissingPermission`) and anybody else (`NotAMember`).
    pub fn place(&self, key: &Pubkey) -> Result<usize> {
        let place = self
            .members
            .iter()
            .position(|member| member.is_seated() && member.seat.key == *key);
        place.ok_or_else(|| {
            let roles = [&self.guardian, &self.advisor];
            if roles.iter().any(|role| role.holder.key == *key) {
                error!(HomeostatError::MissingPermission)
            } else {
                error!(HomeostatError::NotAMember)
            }
        })
    }

    /// The member at a place.
    pub fn member(&self, place: usize) -> Result<&Member> {
        self.members
            .get(place)
            .ok_or_else(|| error!(HomeostatError::InvariantViolated))
    }

    /// How many of the votes in `given`, which holds a membership's number by place, are
    /// those of members who are seated now. Somebody who was removed and seated again has
    /// another number, so votes from before do not count.
    pub fn count(&self, given: &[u32; MAX_MEMBERS]) -> u8 {
        let mut count = 0u8;
        for (member, id) in self.members.iter().zip(given) {
            if *id != 0 && *id == member.id && member.is_seated() {
                count = count.saturating_add(1);
            }
        }
        count
    }

    /// The number of members that it takes to lift a guardian's veto of the guardian's
    /// replacement: the threshold, or two thirds of the members (rounded up) if that is
    /// more.
    pub fn override_threshold(&self) -> u8 {
        let two_thirds = u16::from(self.size()).saturating_mul(2).div_ceil(3);
        self.threshold
            .max(u8::try_from(two_thirds).unwrap_or(u8::MAX))
    }

    /// Offers a vacant place to somebody, until `offered_until` (unix seconds). Refuses when
    /// no place is vacant (`TooMany`).
    pub fn add(&mut self, seat: Seat, offered_until: i64) -> Result<()> {
        let place = self
            .members
            .iter_mut()
            .find(|member| member.id == 0)
            .ok_or(HomeostatError::TooMany)?;
        self.next_member = self
            .next_member
            .checked_add(1)
            .ok_or(HomeostatError::MathOverflow)?;
        *place = Member {
            seat,
            offered_until,
            id: self.next_member,
            ..Member::default()
        };
        Ok(())
    }

    /// Makes the places vacant whose offers were not accepted in time.
    pub fn drop_stale_offers(&mut self, now: i64) {
        for member in self.members.iter_mut() {
            if member.offered_until != 0 && member.offered_until < now {
                *member = Member::default();
            }
        }
    }

    /// Unseats a member, or withdraws the offer of a seat. Refuses an address that has
    /// neither (`NotAMember`), and another membership than that with the number `id`
    /// (`OldValueChanged`): whoever was seated again since is not meant.
    pub fn remove(&mut self, key: &Pubkey, id: u32) -> Result<()> {
        let member = self
            .members
            .iter_mut()
            .find(|member| member.id != 0 && member.seat.key == *key)
            .ok_or(HomeostatError::NotAMember)?;
        require!(member.id == id, HomeostatError::OldValueChanged);
        *member = Member::default();
        Ok(())
    }

    /// The seat that `key` was offered, if it was; the offer may have run out.
    pub(super) fn offered_seat(&self, key: &Pubkey) -> Option<&Seat> {
        self.members
            .iter()
            .find(|member| member.offered_until != 0 && member.seat.key == *key)
            .map(|member| &member.seat)
    }

    /// Seats `key`. Refuses an address that was not offered a seat, or no longer is
    /// (`NotPendingAuthority`).
    pub(super) fn accept_seat(&mut self, key: &Pubkey, now: i64) -> Result<()> {
        let member = self
            .members
            .iter_mut()
            .find(|member| member.offered_until != 0 && member.seat.key == *key)
            .filter(|member| now <= member.offered_until)
            .ok_or(HomeostatError::NotPendingAuthority)?;
        member.offered_until = 0;
        Ok(())
    }
}
