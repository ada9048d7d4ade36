//! Layout versions: which one each account type has, and how an account of an older one
//! gets there.
//!
//! A layout that changes takes four steps: its type's `VERSION` goes up by one, its row
//! joins [`STEPS`], a fixture of the old layout joins the tests, and an account of it is
//! migrated there.

use anchor::{Owner, ZeroCopy};

use crate::prelude::*;

use super::{
    legacy, AuditLog, Ballot, Council, DecisionLog, Economy, Feed, Meter, Pool, Position, Proposal,
};
use crate::error::{refuse, HomeostatError};

/// Bytes that tell the type of an account.
pub const MARK: usize = 8;
/// Where every account has its layout version: the first byte of its state.
pub const VERSION_AT: usize = MARK;

/// An account type of the program.
pub trait Layout: ZeroCopy + Owner {
    /// The version that instructions read and write. Others are refused, but by `migrate`.
    const VERSION: u8;
    /// What it is called in events.
    const KIND: AccountKind;
}

/// Refuses an account's data in another layout version.
pub fn require_version(data: &[u8], version: u8) -> Result<()> {
    ensure!(
        data.get(VERSION_AT) == Some(&version),
        HomeostatError::WrongVersion
    );
    Ok(())
}

macro_rules! layouts {
    ($($(#[$doc:meta])* $kind:ident = $number:literal, version $version:literal;)*) => {
        /// An account type in an event.
        #[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
        #[borsh(use_discriminant = true)]
        #[repr(u8)]
        pub enum AccountKind {
            $($(#[$doc])* $kind = $number,)*
        }

        $(impl Layout for $kind {
            const VERSION: u8 = $version;
            const KIND: AccountKind = AccountKind::$kind;
        }

        const _: () = assert!(core::mem::offset_of!($kind, version) == 0);)*

        /// Every account type.
        pub const LAYOUTS: &[Known] = &[$(Known::of::<$kind>(),)*];
    };
}

layouts! {
    /// `Economy`.
    Economy = 0, version 1;
    /// `Pool`.
    Pool = 1, version 1;
    /// `Position`.
    Position = 2, version 1;
    /// `Meter`.
    Meter = 3, version 1;
    /// `Feed`.
    Feed = 4, version 1;
    /// `DecisionLog`.
    DecisionLog = 5, version 1;
    /// `Council`.
    Council = 6, version 1;
    /// `AuditLog`.
    AuditLog = 7, version 1;
    /// `Proposal`.
    Proposal = 8, version 1;
    /// `Ballot`.
    Ballot = 9, version 1;
}

/// What tells an account type, and the version it has now.
pub struct Known {
    /// First bytes of its data.
    pub mark: &'static [u8],
    /// Type.
    pub kind: AccountKind,
    /// Current layout version.
    pub version: u8,
}

impl Known {
    const fn of<T: Layout>() -> Self {
        Self {
            mark: T::DISCRIMINATOR,
            kind: T::KIND,
            version: T::VERSION,
        }
    }

    /// The type of an account's data, and the layout version it has.
    pub fn read(data: &[u8]) -> Result<(&'static Self, u8)> {
        let known = LAYOUTS
            .iter()
            .find(|known| data.starts_with(known.mark))
            .ok_or_else(|| refuse(ErrorCode::AccountDiscriminatorMismatch))?;
        let version = data
            .get(VERSION_AT)
            .ok_or_else(|| refuse(ErrorCode::AccountDidNotDeserialize))?;
        Ok((known, *version))
    }

    /// The step from `version`, of an account that is older than the type is now.
    pub fn step(&self, version: u8) -> Result<&'static Step> {
        ensure!(version != self.version, HomeostatError::AlreadyCurrent);
        STEPS
            .iter()
            .find(|step| step.kind == self.kind && step.from == version)
            .ok_or_else(|| refuse(HomeostatError::UnknownVersion))
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
        ensure!(
            data.len() >= MARK.saturating_add(self.size),
            ErrorCode::AccountDidNotDeserialize
        );
        let lengths = self.fields.iter().map(|(_, bytes)| bytes.len());
        Ok(lengths.fold(data.len(), usize::saturating_add))
    }

    /// Takes it on data that has its new size, `old` of which were there before.
    pub fn take(&self, data: &mut [u8], old: usize) -> Result<()> {
        let mut end = old;
        for (at, bytes) in self.fields {
            let at = MARK.saturating_add(*at);
            let next = end.saturating_add(bytes.len());
            let (Some(moved), Some(part)) = (end.checked_sub(at), data.get_mut(at..next)) else {
                return Err(refuse(ErrorCode::AccountDidNotDeserialize));
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
            fields: &[(2, &[7, 8]), (5, &[9])],
            invariant: |_, _| Ok(()),
        };
        let mut data = [[0; MARK].as_slice(), &[3, 1, 2, 4, 5]].concat();
        assert_eq!(step.space(&data).unwrap(), MARK + 8);
        assert!(step.space(&data[..MARK + 3]).is_err());
        let old = data.len();
        data.resize(MARK + 8, 0);
        step.take(&mut data, old).unwrap();
        assert_eq!(data[MARK..], [4, 1, 7, 8, 2, 9, 4, 5]);
    }
}
