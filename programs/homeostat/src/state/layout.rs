//! Layout versions: which one each account type has, and how an account of an older version
//! is migrated to it.
//!
//! The discriminator of an account is seven bytes that name its type and one that is its
//! layout version, so Anchor itself refuses another version
//! (`AccountDiscriminatorMismatch`) wherever it loads an account: no handler can leave the
//! check out, and nothing but `migrate` and the exits ([`super::exits`]), which only read it,
//! ever handles an older layout.
//!
//! To change a layout, do four things: raise the last byte of its type's `discriminator` by
//! one, add its step to [`STEPS`], add a fixture of the old layout to the tests, and migrate
//! that fixture in a test.

use anchor_lang::{prelude::*, Discriminator, Owner, ZeroCopy};

use super::{
    legacy, AuditLog, Ballot, Council, DecisionLog, Economy, Feed, Meter, Pool, Position, Proposal,
};
use crate::error::HomeostatError;

/// The bytes of a discriminator; the state follows it.
pub const DISCRIMINATOR_LEN: usize = 8;
/// The bytes of an account of the type `T`: the discriminator and the state. No state comes
/// near the largest size, so nothing saturates.
pub const fn space<T: ZeroCopy>() -> usize {
    DISCRIMINATOR_LEN.saturating_add(core::mem::size_of::<T>())
}

/// Where an account has its layout version: the last byte of its discriminator.
pub const VERSION_AT: usize = DISCRIMINATOR_LEN - 1;

/// An account type of the program.
pub trait Layout: ZeroCopy + Owner {
    /// The account type as events name it.
    const KIND: AccountKind;
    /// The layout version that instructions read and write.
    const VERSION: u8 = Self::DISCRIMINATOR[VERSION_AT];
}

macro_rules! layouts {
    ($($(#[$doc:meta])* $kind:ident = $number:literal;)*) => {
        /// The type of an account, as events name it.
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

        /// Every account type of the program.
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

/// An account type as its discriminator names it, with the present layout version.
pub struct Known {
    /// The discriminator of the present version.
    pub discriminator: &'static [u8],
    /// The account type.
    pub kind: AccountKind,
    /// The present layout version.
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

    /// The type and the layout version that an account's data begins with. Refuses data
    /// that is too short (`AccountDiscriminatorNotFound`) and types that the program does
    /// not have (`AccountDiscriminatorMismatch`).
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

    /// The discriminator of this type in another layout version.
    pub fn discriminator_of(&self, version: u8) -> Vec<u8> {
        let name = self.discriminator.iter().take(VERSION_AT);
        name.copied().chain([version]).collect()
    }

    /// The step that starts from `version`. Refuses the present version (`AlreadyCurrent`) and
    /// one that no step starts from (`UnknownVersion`).
    pub fn step(&self, version: u8) -> Result<&'static Step> {
        require!(version != self.version, HomeostatError::AlreadyCurrent);
        STEPS
            .iter()
            .find(|step| step.kind == self.kind && step.from == version)
            .ok_or_else(|| error!(HomeostatError::UnknownVersion))
    }
}

/// The step from one version of a layout to the next: it inserts new fields between the old
/// ones, of which none changes.
pub struct Step {
    /// The account type.
    pub kind: AccountKind,
    /// The version that the step starts from; it leads to the next one.
    pub from: u8,
    /// The bytes of the state in that version.
    pub size: usize,
    /// The new fields: where each begins in the new state (bytes, ascending) and its first
    /// value.
    pub fields: &'static [(usize, &'static [u8])],
    /// Checks the state at a time (unix seconds) after the last step.
    pub invariant: fn(&[u8], i64) -> Result<()>,
}

/// Every step that this release knows.
const STEPS: &[Step] = &[legacy::ECONOMY_0];

impl Step {
    /// The bytes of the account after the step. Refuses data shorter than the state of that
    /// version (`AccountDidNotDeserialize`). Sums of account sizes, at most 10 MiB, do not
    /// saturate, here and in [`apply`](Self::apply).
    pub fn space(&self, data: &[u8]) -> Result<usize> {
        require!(
            data.len() >= DISCRIMINATOR_LEN.saturating_add(self.size),
            ErrorCode::AccountDidNotDeserialize
        );
        let lengths = self.fields.iter().map(|(_, bytes)| bytes.len());
        Ok(lengths.fold(data.len(), usize::saturating_add))
    }

    /// Inserts the fields into data that was grown to its new size and had `old` bytes before,
    /// and raises the version.
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
