//! Layout versions: which one each account type has, and how an account of an older one
//! gets there.
//!
//! The discriminator of an account is seven bytes that name its type and one that is its
//! layout version, so Anchor itself refuses another version
//! (`AccountDiscriminatorMismatch`) wherever it loads an account: no handler can forget to
//! ask, and nothing but `migrate` ever sees an older layout.
//!
//! A layout that changes takes four steps: the last byte of its type's `discriminator` goes
//! up by one, its row joins [`STEPS`], a fixture of the old layout joins the tests, and an
//! account of it is migrated there.

use anchor_lang::{prelude::*, Discriminator, Owner, ZeroCopy};

use super::{
    legacy, AuditLog, Ballot, Council, DecisionLog, Economy, Feed, Meter, Pool, Position, Proposal,
};
use crate::error::HomeostatError;

/// Bytes of a discriminator; the state follows.
pub const DISCRIMINATOR_LEN: usize = 8;
/// Where an account has its layout version: the last byte of its discriminator.
pub const VERSION_AT: usize = DISCRIMINATOR_LEN - 1;

/// An account type of the program.
pub trait Layout: ZeroCopy + Owner {
    /// What it is called in events.
    const KIND: AccountKind;
    /// The version that instructions read and write.
    const VERSION: u8 = Self::DISCRIMINATOR[VERSION_AT];
}

macro_rules! layouts {
    ($($(#[$doc:meta])* $kind:ident = $number:literal;)*) => {
        /// An account type in an event.
        #[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
        #[borsh(use_discriminant = true)]
        #[repr(u8)]
        pub enum AccountKind {
            $($(#[$doc])* $kind = $number,)*
        }

        $(impl Layout for $kind {
            const KIND: AccountKind = AccountKind::$kind;
        }

        const _: () = assert!($kind::DISCRIMINATOR.len() == DISCRIMINATOR_LEN);)*

        /// Every account type.
        pub const LAYOUTS: &[Known] = &[$(Known::of::<$kind>(),)*];
    };
}

layouts! {
    /// The account type `Economy`.
    Economy = 0;
    /// The account type `Pool`.
    Pool = 1;
    /// The account type `Position`.
    Position = 2;
    /// The account type `Meter`.
    Meter = 3;
    /// The account type `Feed`.
    Feed = 4;
    /// The account type `DecisionLog`.
    DecisionLog = 5;
    /// The account type `Council`.
    Council = 6;
    /// The account type `AuditLog`.
    AuditLog = 7;
    /// The account type `Proposal`.
    Proposal = 8;
    /// The account type `Ballot`.
    Ballot = 9;
}

/// What tells an account type, and the version it has now.
pub struct Known {
    /// Discriminator of the present version.
    pub discriminator: &'static [u8],
    /// Type.
    pub kind: AccountKind,
    /// Present layout version.
    pub version: u8,
}

impl Known {
    const fn of<T: Layout>() -> Self {
        Self {
            discriminator: T::DISCRIMINATOR,
            kind: T::KIND,
            version: T::VERSION,
        }
    }

    /// The type of an account's data, and the layout version it has.
    pub fn read(data: &[u8]) -> Result<(&'static Self, u8)> {
        let (name, version) = data
            .split_at_checked(VERSION_AT)
            .and_then(|(name, rest)| Some((name, *rest.first()?)))
            .ok_or(ErrorCode::AccountDiscriminatorNotFound)?;
        let known = LAYOUTS
            .iter()
            .find(|known| known.discriminator.starts_with(name))
            .ok_or(ErrorCode::AccountDiscriminatorMismatch)?;
        Ok((known, version))
    }

    /// How the data of an account of this type begins in another layout version.
    pub fn discriminator_of(&self, version: u8) -> Vec<u8> {
        let name = self.discriminator.iter().take(VERSION_AT);
        name.copied().chain([version]).collect()
    }

    /// The step from `version`, of an account that is older than the type is now.
    pub fn step(&self, version: u8) -> Result<&'static Step> {
        require!(version != self.version, HomeostatError::AlreadyCurrent);
        STEPS
            .iter()
            .find(|step| step.kind == self.kind && step.from == version)
            .ok_or_else(|| error!(HomeostatError::UnknownVersion))
    }
}

/// From one version of a layout to the next: new fields stand between those that were
/// there, of which none changes.
pub struct Step {
    /// Type.
    pub kind: AccountKind,
    /// Version that it starts from.
    pub from: u8,
    /// Bytes of the state in that version.
    pub size: usize,
    /// New fields, by where they stand in the new state, ascending, and their first values.
    pub fields: &'static [(usize, &'static [u8])],
    /// What must hold of the state at a time (unix seconds) if this was the last step.
    pub invariant: fn(&[u8], i64) -> Result<()>,
}

/// Every step there is.
const STEPS: &[Step] = &[legacy::ECONOMY_0];

impl Step {
    /// Bytes of the account when the step is taken.
    pub fn space(&self, data: &[u8]) -> Result<usize> {
        require!(
            data.len() >= DISCRIMINATOR_LEN.saturating_add(self.size),
            ErrorCode::AccountDidNotDeserialize
        );
        let lengths = self.fields.iter().map(|(_, bytes)| bytes.len());
        Ok(lengths.fold(data.len(), usize::saturating_add))
    }

    /// Applies it to data that has its new size, `old` of which were there before.
    pub fn apply(&self, data: &mut [u8], old: usize) -> Result<()> {
        let mut end = old;
        for (at, bytes) in self.fields {
            let at = DISCRIMINATOR_LEN.saturating_add(*at);
            let next = end.saturating_add(bytes.len());
            let (Some(moved), Some(part)) = (end.checked_sub(at), data.get_mut(at..next)) else {
                return Err(error!(ErrorCode::AccountDidNotDeserialize));
            };
            part.copy_within(..moved, bytes.len());
            part.split_at_mut(bytes.len()).0.copy_from_slice(bytes);
            end = next;
        }
        if let Some(version) = data.get_mut(VERSION_AT) {
            *version = self.from.saturating_add(1);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_leads_to_a_version_and_the_last_one_to_the_present() {
        for step in STEPS {
            let known = LAYOUTS.iter().find(|known| known.kind == step.kind);
            assert!(step.from < known.unwrap().version);
            let next = step.from + 1;
            let goes_on = |other: &Step| other.kind == step.kind && other.from == next;
            assert!(next == known.unwrap().version || STEPS.iter().any(goes_on));
            let same = |other: &&Step| other.kind == step.kind && other.from == step.from;
            assert_eq!(STEPS.iter().filter(same).count(), 1);
        }
    }

    #[test]
    fn new_fields_stand_between_the_old_ones() {
        let step = Step {
            kind: AccountKind::Meter,
            from: 3,
            size: 4,
            fields: &[(1, &[7, 8]), (4, &[9])],
            invariant: |_, _| Ok(()),
        };
        let mut data = [[0; VERSION_AT].as_slice(), &[3, 1, 2, 4, 5]].concat();
        assert_eq!(step.space(&data).unwrap(), DISCRIMINATOR_LEN + 7);
        assert!(step.space(&data[..DISCRIMINATOR_LEN + 2]).is_err());
        let old = data.len();
        data.resize(DISCRIMINATOR_LEN + 7, 0);
        step.apply(&mut data, old).unwrap();
        assert_eq!(data[VERSION_AT..], [4, 1, 7, 8, 2, 9, 4, 5]);
    }
}
