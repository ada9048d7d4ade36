//! The council: who decides, how many of them, and how long everything waits.

use crate::prelude::*;

use super::{economy::check, layout::Layout};
use crate::{
    constants::*,
    error::{refuse, HomeostatError},
};

/// Who may act, and through which program.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Seat {
    /// Signs.
    pub key: Pubkey,
    /// The one program that may call for it, at the top of the transaction; default =
    /// it calls itself.
    pub via: Pubkey,
}

/// A seat as instructions take it.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeatArgs {
    /// Signs: a wallet, or an address that the program `via` signs for.
    pub key: Pubkey,
    /// The one program that may call for it, such as a multisig's; none = it signs
    /// transactions itself.
    pub via: Option<Pubkey>,
}

impl SeatArgs {
    /// The stored form. Refuses the zero address.
    pub fn seat(&self) -> Result<Seat> {
        let via = self.via.unwrap_or_default();
        check("key", self.key != Pubkey::default())?;
        check("via", self.via != Some(Pubkey::default()))?;
        Ok(Seat { key: self.key, via })
    }
}

/// A member, or somebody who was offered a seat.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub seat: Seat,
    /// Last second in which an offered seat can be accepted (unix seconds); 0 = seated.
    pub offered_until: i64,
    /// Number of this membership, never given twice; 0 = the place is vacant.
    pub id: u32,
    /// Open proposals of the member's.
    pub open: u8,
    /// Unused.
    pub reserved: [u8; 3],
}

impl Member {
    /// True when the seat was accepted.
    pub const fn is_seated(&self) -> bool {
        self.id != 0 && self.offered_until == 0
    }
}

/// A role that one address holds, handed over in two steps: a proposal offers it,
/// the new holder accepts it. Until then the old one keeps it.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Role {
    /// In office; the default address = nobody.
    pub holder: Seat,
    /// Was offered the role; the default address = nobody.
    pub offered: Seat,
    /// Last second in which it can be accepted (unix seconds).
    pub offered_until: i64,
}

impl Role {
    /// Offers the role; an earlier offer ends.
    pub fn offer(&mut self, seat: Seat, now: i64) {
        self.offered = seat;
        self.offered_until = now.saturating_add(OPEN_TIME);
    }

    /// Takes office. Returns the address that held it before.
    pub fn accept(&mut self, key: &Pubkey, now: i64) -> Result<Pubkey> {
        ensure!(
            self.offered.key == *key && now <= self.offered_until,
            HomeostatError::NotPendingAuthority
        );
        let before = self.holder.key;
        self.holder = core::mem::take(&mut self.offered);
        self.offered_until = 0;
        Ok(before)
    }

    /// Nobody holds it, nobody is offered it.
    pub fn revoke(&mut self) {
        *self = Self::default();
    }
}

/// Roles that are accepted.
#[derive(AnchorSerialize, Clone, Copy, Debug, PartialEq, Eq)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum RoleKind {
    /// A seat in the council.
    Member = 0,
    /// Pauses and vetoes.
    Guardian = 1,
    /// Recommends setpoints and biases within ranges.
    Advisor = 2,
}

/// How grave a proposal is: what its gravest action is.
#[derive(
    AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord,
)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Class {
    /// Takes effect once the threshold is reached.
    Immediate = 0,
    /// Tuning inside the envelope.
    Routine = 1,
    /// Tuning outside it, and what narrows.
    Standard = 2,
    /// Whatever widens, pays out, or changes who decides.
    Critical = 3,
}

impl Class {
    /// From its stored byte.
    pub fn from_byte(byte: u8) -> Result<Self> {
        Ok(match byte {
            0 => Self::Immediate,
            1 => Self::Routine,
            2 => Self::Standard,
            3 => Self::Critical,
            _ => return Err(refuse(HomeostatError::InvariantViolated)),
        })
    }
}

/// How long proposals wait, and what stops them. Five 32-bit numbers: an argument and
/// its account have the same bytes.
#[derive(
    AnchorSerialize,
    AnchorDeserialize,
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    bytemuck::Pod,
    bytemuck::Zeroable,
)]
#[repr(C)]
pub struct Delays {
    /// Between threshold and execution of Routine proposals, and between advice and
    /// its effect (seconds): 6 h to 7 d.
    pub routine: u32,
    /// The same of Standard proposals: 24 h to 14 d, at least `routine`.
    pub standard: u32,
    /// The same of Critical proposals: 72 h to 30 d, at least `standard`.
    pub critical: u32,
    /// Time after the delay in which a proposal can be executed (seconds): 1 d to 30 d.
    pub grace: u32,
    /// Share of the native stake, or of a hundredth of the circulating supply if that is
    /// more, whose ballots veto a proposal (ppm): 10 % to 50 %.
    pub staker_veto_ppm: u32,
}

impl Delays {
    /// What a council starts with unless it says otherwise.
    pub const DEFAULT: Self = Self {
        routine: *ROUTINE_DELAY.start(),
        standard: 2 * *STANDARD_DELAY.start(),
        critical: 2 * *CRITICAL_DELAY.start(),
        grace: 7 * *GRACE.start(),
        staker_veto_ppm: 334_000,
    };

    /// The delay of a class (seconds).
    pub const fn of(&self, class: Class) -> u32 {
        match class {
            Class::Immediate => 0,
            Class::Routine => self.routine,
            Class::Standard => self.standard,
            Class::Critical => self.critical,
        }
    }

    fn validate(&self) -> Result<()> {
        check("delays.routine", ROUTINE_DELAY.contains(&self.routine))?;
        check("delays.standard", STANDARD_DELAY.contains(&self.standard))?;
        check("delays.critical", CRITICAL_DELAY.contains(&self.critical))?;
        check("delays.standard", self.routine <= self.standard)?;
        check("delays.critical", self.standard <= self.critical)?;
        check("delays.grace", GRACE.contains(&self.grace))?;
        check(
            "delays.staker_veto_ppm",
            STAKER_VETO_PPM.contains(&self.staker_veto_ppm),
        )
    }
}

/// What a Standard proposal allowed somebody to create.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Permit {
    /// Stake mint of the pool; default = none is allowed.
    pub stake_mint: Pubkey,
    /// Its AMM vault.
    pub amm_vault: Pubkey,
    /// Its weight.
    pub weight: u16,
    /// Meters.
    pub meters: u8,
    /// Feeds.
    pub feeds: u8,
    /// Unused.
    pub reserved: [u8; 4],
}

/// Who decides over an economy.
#[account(zero_copy)]
#[derive(Debug, PartialEq, Eq)]
pub struct Council {
    /// Layout version.
    pub version: u8,
    /// Canonical bump.
    pub bump: u8,
    /// Members whose approval a proposal needs.
    pub threshold: u8,
    /// Open proposals.
    pub open: u8,
    /// Number of the next membership.
    pub next_member: u32,
    /// Economy.
    pub economy: Pubkey,
    /// Its audit log.
    pub audit: Pubkey,
    /// Index of the next proposal.
    pub proposals: u64,
    /// Delays.
    pub delays: Delays,
    /// Unused.
    pub reserved: [u8; 4],
    /// Pauses and vetoes.
    pub guardian: Role,
    /// Recommends.
    pub advisor: Role,
    /// What may be created.
    pub permit: Permit,
    /// Members by place; a place keeps its member.
    pub members: [Member; MAX_MEMBERS],
    /// Unused.
    pub reserved_end: [u8; 128],
}

const _: () = assert!(core::mem::size_of::<Council>() == 1_776);

/// A council as its creator sets it up.
#[derive(AnchorSerialize, Clone, Debug, PartialEq, Eq)]
pub struct CouncilArgs {
    /// One to fifteen members, different from each other and from the guardian.
    pub members: Vec<SeatArgs>,
    /// Members whose approval a proposal needs: 1 to all of them.
    pub threshold: u8,
    /// Pauses and vetoes.
    pub guardian: SeatArgs,
    /// Delays; none = the defaults.
    pub delays: Option<Delays>,
}

impl Council {
    /// Bytes of the account.
    pub const SPACE: usize = 8 + core::mem::size_of::<Self>();

    /// Sets up a Draft's council, anew each time.
    pub fn set_up(&mut self, args: &CouncilArgs) -> Result<()> {
        self.members = [Member::default(); MAX_MEMBERS];
        for seat in &args.members {
            self.add(seat.seat()?, 0)?;
        }
        self.threshold = args.threshold;
        self.guardian = Role {
            holder: args.guardian.seat()?,
            ..Role::default()
        };
        self.delays = args.delays.unwrap_or(Delays::DEFAULT);
        self.validate()
    }

    /// Seated members.
    pub fn seated(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.is_seated())
    }

    /// Number of seated members.
    pub fn size(&self) -> u8 {
        u8::try_from(self.seated().count()).unwrap_or(u8::MAX)
    }

    /// Place of the seated member with that key.
    pub fn place(&self, key: &Pubkey) -> Result<usize> {
        let at = self
            .members
            .iter()
            .position(|member| member.is_seated() && member.seat.key == *key);
        at.ok_or_else(|| {
            refuse(
                if self.guardian.holder.key == *key || self.advisor.holder.key == *key {
                    HomeostatError::MissingPermission
                } else {
                    HomeostatError::NotAMember
                },
            )
        })
    }

    /// The member at a place.
    pub fn member(&self, place: usize) -> Result<&Member> {
        self.members
            .get(place)
            .ok_or_else(|| refuse(HomeostatError::InvariantViolated))
    }

    /// Members of `given`, which holds a membership's number by place, who are seated
    /// now: somebody removed and seated again is somebody else.
    pub fn count(&self, given: &[u32; MAX_MEMBERS]) -> u8 {
        let mut count = 0u8;
        for (member, id) in self.members.iter().zip(given) {
            if *id != 0 && *id == member.id && member.is_seated() {
                count = count.saturating_add(1);
            }
        }
        count
    }

    /// Members it takes to lift a guardian's veto of the guardian's replacement.
    pub fn override_threshold(&self) -> u8 {
        let two_thirds = u16::from(self.size()).saturating_mul(2).div_ceil(3);
        self.threshold
            .max(u8::try_from(two_thirds).unwrap_or(u8::MAX))
    }

    /// Open proposals that each member may have.
    pub fn quota(&self) -> u8 {
        OPEN_PROPOSALS
            .checked_div(self.size())
            .unwrap_or(OPEN_PROPOSALS)
            .max(MIN_OPEN_PER_MEMBER)
    }

    /// Counts a proposal of the member at `place`; refuses beyond the member's share.
    pub fn open_proposal(&mut self, place: usize) -> Result<u64> {
        let quota = self.quota();
        let member = self
            .members
            .get_mut(place)
            .ok_or(HomeostatError::InvariantViolated)?;
        ensure!(member.open < quota, HomeostatError::TooManyOpen);
        member.open = member.open.saturating_add(1);
        self.open = self.open.saturating_add(1);
        let index = self.proposals;
        self.proposals = index.checked_add(1).ok_or(HomeostatError::MathOverflow)?;
        Ok(index)
    }

    /// Counts a proposal as final. `place` and `id` are its proposer's.
    pub fn close_proposal(&mut self, place: u8, id: u32) {
        self.open = self.open.saturating_sub(1);
        if let Some(member) = self.members.get_mut(usize::from(place)) {
            if member.id == id {
                member.open = member.open.saturating_sub(1);
            }
        }
    }

    /// Counts a proposal whose veto was lifted as open again.
    pub fn reopen_proposal(&mut self, place: u8, id: u32) {
        self.open = self.open.saturating_add(1);
        if let Some(member) = self.members.get_mut(usize::from(place)) {
            if member.id == id {
                member.open = member.open.saturating_add(1);
            }
        }
    }

    /// Gives a vacant place to somebody: seated when `offered_until` is 0, else on
    /// acceptance. An offer that ran out is a vacant place.
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

    /// Forgets offers that were not accepted in time.
    pub fn drop_stale_offers(&mut self, now: i64) {
        for member in self.members.iter_mut() {
            if member.offered_until != 0 && member.offered_until < now {
                *member = Member::default();
            }
        }
    }

    /// Takes a member's place, or an offer back.
    pub fn remove(&mut self, key: &Pubkey) -> Result<()> {
        let member = self
            .members
            .iter_mut()
            .find(|member| member.id != 0 && member.seat.key == *key)
            .ok_or(HomeostatError::NotAMember)?;
        *member = Member::default();
        Ok(())
    }

    /// Takes the seat that `key` was offered.
    fn accept_seat(&mut self, key: &Pubkey, now: i64) -> Result<Pubkey> {
        let member = self
            .members
            .iter_mut()
            .find(|member| member.offered_until != 0 && member.seat.key == *key)
            .filter(|member| now <= member.offered_until)
            .ok_or(HomeostatError::NotPendingAuthority)?;
        member.offered_until = 0;
        Ok(Pubkey::default())
    }

    /// Accepts a role that `key` was offered. Returns who held it before.
    pub fn accept(&mut self, role: RoleKind, key: &Pubkey, now: i64) -> Result<Pubkey> {
        match role {
            RoleKind::Member => self.accept_seat(key, now),
            RoleKind::Guardian => self.guardian.accept(key, now),
            RoleKind::Advisor => self.advisor.accept(key, now),
        }
    }

    /// Through which program `key` accepts a role.
    pub fn offered_via(&self, role: RoleKind, key: &Pubkey) -> Result<Pubkey> {
        let seat = match role {
            RoleKind::Guardian => Some(&self.guardian.offered),
            RoleKind::Advisor => Some(&self.advisor.offered),
            RoleKind::Member => self
                .members
                .iter()
                .find(|member| member.offered_until != 0 && member.seat.key == *key)
                .map(|member| &member.seat),
        };
        seat.filter(|seat| seat.key == *key)
            .map(|seat| seat.via)
            .ok_or_else(|| refuse(HomeostatError::NotPendingAuthority))
    }

    /// What holds after every instruction that writes a council.
    pub fn invariant(&self) -> Result<()> {
        ensure!(self.version == Self::VERSION, HomeostatError::WrongVersion);
        check("threshold", (1..=self.size()).contains(&self.threshold))?;
        check("guardian", self.guardian.holder.key != Pubkey::default())
    }

    /// Everything that a change of members, roles or delays can break, checked as a whole.
    #[inline(never)]
    pub fn validate(&self) -> Result<()> {
        self.invariant()?;
        for (place, member) in self.members.iter().enumerate() {
            if member.id == 0 {
                continue;
            }
            let before = self.members.get(..place).unwrap_or_default();
            let twice = before
                .iter()
                .any(|other| other.id != 0 && other.seat.key == member.seat.key);
            check("members", !twice)?;
            // Who stops the council must not be a part of it.
            let guards = [&self.guardian.holder, &self.guardian.offered]
                .iter()
                .any(|guardian| guardian.key == member.seat.key);
            check("guardian", !guards)?;
        }
        self.delays.validate()
    }
}
