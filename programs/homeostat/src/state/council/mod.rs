//! The council: who decides, how many of them, and how long everything waits.

mod delays;
mod members;
mod quota;
mod roles;
mod support;

pub use delays::{Class, Delays};
pub use members::Member;
pub use roles::{Role, RoleKind, Seat, SeatArgs, FOUNDING};
pub use support::Bar;

use anchor_lang::prelude::*;

use super::layout::space;
use crate::{constants::MAX_MEMBERS, error::check};

/// What a proposal allowed anybody to create.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Permit {
    /// The stake mint of the pool; the zero address means that none is allowed.
    pub stake_mint: Pubkey,
    /// The AMM vault of the pool.
    pub amm_vault: Pubkey,
    /// The last second in which the pool may be created (unix seconds).
    pub pool_until: i64,
    /// The weight of the pool among the liquidity pools.
    pub weight: u16,
    /// The number of meters that may be created.
    pub meters: u8,
    /// The number of feeds that may be created.
    pub feeds: u8,
    /// Reserved; zero.
    pub reserved: [u8; 4],
}

/// Who decides over an economy.
#[account(zero_copy, discriminator = b"council\x01")]
#[derive(Debug, PartialEq, Eq)]
pub struct Council {
    /// The canonical bump of the address.
    pub bump: u8,
    /// The number of members whose approval a proposal needs.
    pub threshold: u8,
    /// The number of open proposals of all members.
    pub open: u8,
    /// Reserved; zero.
    pub reserved_start: u8,
    /// The number of the newest membership.
    pub next_member: u32,
    /// The economy that the council decides over.
    pub economy: Pubkey,
    /// The audit log of the council.
    pub audit: Pubkey,
    /// The index of the next proposal.
    pub proposals: u64,
    /// How long proposals wait, and how much stake stops them.
    pub delays: Delays,
    /// Reserved; zero.
    pub reserved: [u8; 4],
    /// The guardian, who pauses and vetoes.
    pub guardian: Role,
    /// The advisor, who recommends.
    pub advisor: Role,
    /// What anybody may create in the live economy.
    pub permit: Permit,
    /// The members by place; a place keeps its member.
    pub members: [Member; MAX_MEMBERS],
    /// Since when how many approvals have been enough.
    pub approval_bar: Bar,
    /// Since when how many votes have been enough to lift a guardian's veto.
    pub override_bar: Bar,
    /// Reserved; zero.
    pub reserved_end: [u8; 120],
}

const _: () = assert!(core::mem::size_of::<Council>() == 2_016);

/// A council as its creator sets it up.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
pub struct CouncilArgs {
    /// The members, different from each other and from the guardian; one to fifteen in all.
    pub members: Vec<SeatArgs>,
    /// True keeps the members that the Draft's council has and adds these, who may be none:
    /// fifteen members with `via` do not fit into one transaction. False appoints these alone.
    pub append: bool,
    /// The number of members whose approval a proposal needs: 1 to all of them.
    pub threshold: u8,
    /// The guardian, who pauses and vetoes.
    pub guardian: SeatArgs,
    /// The delays, the grace and the stakers' veto; none means the defaults.
    pub delays: Option<Delays>,
}

impl Council {
    /// Bytes of the account.
    pub const SPACE: usize = space::<Self>();

    /// Sets up a Draft's council. Its members and its guardian accept their roles before the
    /// economy goes live ([`require_accepted`](Self::require_accepted)); whoever has accepted
    /// and keeps the same seat needs not do so again. Refuses what
    /// [`validate`](Self::validate) refuses, and more than fifteen members (`TooMany`).
    #[inline(never)]
    pub fn set_up(&mut self, args: &CouncilArgs) -> Result<()> {
        let before = self.members;
        if !args.append {
            self.members = [Member::default(); MAX_MEMBERS];
        }
        for seat in &args.members {
            let seat = seat.seat()?;
            let accepted = before
                .iter()
                .any(|member| member.is_seated() && member.seat == seat);
            self.add(seat, if accepted { 0 } else { FOUNDING })?;
        }
        self.threshold = args.threshold;
        self.guardian.appoint(args.guardian.seat()?);
        self.delays = args.delays.unwrap_or(Delays::DEFAULT);
        self.validate()
    }

    /// What holds after every instruction that writes a council: there is a guardian, and
    /// the members can reach the threshold. In Draft those count who are appointed; nobody
    /// is appointed in a live economy.
    pub fn invariant(&self) -> Result<()> {
        let appointed = self.members.iter().filter(|member| member.is_appointed());
        let most = u8::try_from(appointed.count()).unwrap_or(u8::MAX);
        check("threshold", (1..=most).contains(&self.threshold))?;
        check("guardian", self.guardian.is_appointed())
    }

    /// Everything that a change of members, roles or delays can break, checked as a whole
    /// (`InvalidParameter`): the invariant, no address twice among the members, neither a
    /// member nor the advisor who is the guardian or was offered that role, delays in their
    /// ranges.
    #[inline(never)]
    pub fn validate(&self) -> Result<()> {
        self.invariant()?;
        let guards = |key: &Pubkey| {
            let guardian = &self.guardian;
            guardian.holder.key == *key || guardian.offered.key == *key
        };
        // Whoever vetoes advice must not be the one who gives it.
        let advisor = [&self.advisor.holder.key, &self.advisor.offered.key];
        let advises = advisor
            .iter()
            .any(|key| **key != Pubkey::default() && guards(key));
        check("advisor", !advises)?;
        for (place, member) in self.members.iter().enumerate() {
            if member.id == 0 {
                continue;
            }
            let before = self.members.get(..place).unwrap_or_default();
            let twice = before
                .iter()
                .any(|other| other.id != 0 && other.seat.key == member.seat.key);
            check("members", !twice)?;
            // Whoever stops the council must not be a part of it.
            check("guardian", !guards(&member.seat.key))?;
        }
        self.delays.validate()
    }
}
