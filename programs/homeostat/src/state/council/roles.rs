//! Who holds a role, and how a role changes hands.

use anchor_lang::prelude::*;

use super::Council;
use crate::{
    constants::OPEN_TIME,
    error::{check, HomeostatError},
};

/// Who may act, and through which program.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Seat {
    /// The address that signs.
    pub key: Pubkey,
    /// The one program that may call for it, from the top of the transaction; the default
    /// address means that it calls itself.
    pub via: Pubkey,
}

/// A seat as an argument.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeatArgs {
    /// The address that signs: a wallet, or an address that the program `via` signs for.
    pub key: Pubkey,
    /// The one program that may call for it, such as a multisig's; none means that it
    /// signs transactions itself.
    pub via: Option<Pubkey>,
}

impl SeatArgs {
    /// The seat as it is stored. Refuses the zero address (`InvalidParameter`): it would
    /// read as nobody, or as no program.
    pub fn seat(&self) -> Result<Seat> {
        check("key", self.key != Pubkey::default())?;
        check("via", self.via != Some(Pubkey::default()))?;
        Ok(Seat {
            key: self.key,
            via: self.via.unwrap_or_default(),
        })
    }
}

/// A role that one address holds. It changes hands in two steps, so that it cannot be
/// lost to a mistyped address: a proposal offers it, the new holder accepts it. Until then
/// the old holder keeps it.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Role {
    /// The holder; the default address means nobody.
    pub holder: Seat,
    /// Whom the role was offered; the default address means nobody.
    pub offered: Seat,
    /// The last second in which the offer can be accepted (unix seconds).
    pub offered_until: i64,
}

impl Role {
    /// Offers the role; an earlier offer ends.
    pub fn offer(&mut self, seat: Seat, now: i64) {
        self.offered = seat;
        self.offered_until = now.saturating_add(OPEN_TIME);
    }

    /// Appoints the holder of a Draft's role: the role is offered to `seat`, unless that seat
    /// has accepted it already.
    pub(super) fn appoint(&mut self, seat: Seat) {
        let accepted = self.holder == seat;
        *self = Self::default();
        if accepted {
            self.holder = seat;
        } else {
            self.offered = seat;
            self.offered_until = FOUNDING;
        }
    }

    /// True when somebody holds the role, or becomes its holder before a Draft goes live.
    pub(super) fn is_appointed(&self) -> bool {
        self.holder.key != Pubkey::default() || self.offered_until == FOUNDING
    }

    /// Makes `key` the holder, and returns the address that was it before. Refuses an
    /// address that was not offered the role, or no longer is (`NotPendingAuthority`).
    pub fn accept(&mut self, key: &Pubkey, now: i64) -> Result<Pubkey> {
        require!(
            self.offered.key == *key && now <= self.offered_until,
            HomeostatError::NotPendingAuthority
        );
        let before = self.holder.key;
        self.holder = core::mem::take(&mut self.offered);
        self.offered_until = 0;
        Ok(before)
    }

    /// Takes the role from `key`, or the offer of it, or both. Returns whether it held the
    /// role. Refuses an address that neither holds it nor was offered it (`OldValueChanged`).
    pub fn revoke(&mut self, key: &Pubkey) -> Result<bool> {
        let nobody = Pubkey::default();
        let (holds, offered) = (self.holder.key == *key, self.offered.key == *key);
        require!(
            *key != nobody && (holds || offered),
            HomeostatError::OldValueChanged
        );
        if holds {
            self.holder = Seat::default();
        }
        if offered {
            self.offered = Seat::default();
            self.offered_until = 0;
        }
        Ok(holds)
    }
}

/// The end of an offer that a Draft's council makes (unix seconds): it does not run out,
/// because a Draft does not go live before every role of its council was accepted.
pub const FOUNDING: i64 = i64::MAX;

/// The roles that are offered and accepted.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum RoleKind {
    /// A seat in the council.
    Member = 0,
    /// The guardian, who pauses and vetoes.
    Guardian = 1,
    /// The advisor, who recommends setpoints and biases within ranges.
    Advisor = 2,
}

impl Council {
    /// The roles that were offered and not accepted yet, also where the offer has run out.
    pub fn offers(&self) -> impl Iterator<Item = (RoleKind, &Seat, i64)> {
        let members = self
            .members
            .iter()
            .filter(|member| member.offered_until != 0);
        let members = members.map(|member| (RoleKind::Member, &member.seat, member.offered_until));
        let roles = [
            (RoleKind::Guardian, &self.guardian),
            (RoleKind::Advisor, &self.advisor),
        ];
        let roles = roles
            .into_iter()
            .filter(|(_, role)| role.offered_until != 0)
            .map(|(kind, role)| (kind, &role.offered, role.offered_until));
        members.chain(roles)
    }

    /// Refuses a council of which somebody has not accepted the role yet
    /// (`RoleNotAccepted`), and logs the first one's address. Whoever accepts has shown that
    /// it can sign, and through which program: with a mistyped address the council might
    /// never reach its threshold, and nobody could replace it.
    pub fn require_accepted(&self) -> Result<()> {
        if let Some((_, seat, _)) = self.offers().next() {
            msg!("{}: has not accepted its role", seat.key);
            return Err(error!(HomeostatError::RoleNotAccepted));
        }
        self.invariant()
    }

    /// Accepts a role that `key` was offered. Returns the address that held it before; for
    /// a seat in the council and for a Draft's guardian, which nobody held, the zero address.
    pub fn accept(&mut self, role: RoleKind, key: &Pubkey, now: i64) -> Result<Pubkey> {
        match role {
            RoleKind::Member => self.accept_seat(key, now).map(|()| Pubkey::default()),
            RoleKind::Guardian => self.guardian.accept(key, now),
            RoleKind::Advisor => self.advisor.accept(key, now),
        }
    }

    /// The program through which `key` has to accept a role; the default address means
    /// none. Refuses an address that was not offered the role (`NotPendingAuthority`).
    pub fn offered_via(&self, role: RoleKind, key: &Pubkey) -> Result<Pubkey> {
        let seat = match role {
            RoleKind::Guardian => Some(&self.guardian.offered),
            RoleKind::Advisor => Some(&self.advisor.offered),
            RoleKind::Member => self.offered_seat(key),
        };
        seat.filter(|seat| seat.key == *key)
            .map(|seat| seat.via)
            .ok_or_else(|| error!(HomeostatError::NotPendingAuthority))
    }
}
