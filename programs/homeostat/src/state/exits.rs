//! What exits read of an economy: of the present layout version or of an older one.
//!
//! After an upgrade of the program an economy has the layout of before until somebody migrates
//! it, and everything else refuses it meanwhile. Whoever leaves must not depend on that: a
//! migration costs rent, and its invariant could refuse an economy that is short. So exits
//! load [`EconomyHead`], which every version has in the same place, and read the rest through
//! [`economy`]. They write nothing of it.
//!
//! Pools and positions, which exits write, have one version for ever: new fields of theirs are
//! taken from the reserved bytes, in which zero has to mean what held before.

use core::{
    cell::Ref,
    mem::{offset_of, size_of},
    ops::Deref,
};

use anchor_lang::{prelude::*, Discriminator, Owner, ZeroCopy};

use super::{
    layout::{Known, Layout, DISCRIMINATOR_LEN, VERSION_AT},
    Economy, Pool, Position,
};
use crate::error::HomeostatError;

const _: () = assert!(Pool::VERSION == 1 && Position::VERSION == 1);

/// The beginning of an economy, which is the same in every layout version. Its discriminator
/// is that of the economy without the version, which is its first field.
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct EconomyHead {
    /// The layout version of the economy.
    pub version: u8,
    /// The canonical bump of the economy's address.
    pub bump: u8,
    /// The canonical bump of the authority's address.
    pub authority_bump: u8,
    /// What exits do not read: bumps, life, funding, counts, flags.
    pub others: [u8; 14],
    /// The mint of the economy's token.
    pub mint: Pubkey,
    /// The token program that the mint belongs to.
    pub token_program: Pubkey,
    /// The creator.
    pub creator: Pubkey,
    /// The council that proposals come from.
    pub council: Pubkey,
    /// The data-less address that signs for the mint and every vault.
    pub authority: Pubkey,
    /// The data-less address whose lamports pay crank bounties.
    pub keeper_vault: Pubkey,
    /// The token account that claims are paid from.
    pub reward_vault: Pubkey,
}

/// True where the head has a field in the place in which the economy has it: the head begins
/// with the version, one byte before the economy's state.
const fn same(head: usize, economy: usize) -> bool {
    VERSION_AT.saturating_add(head) == DISCRIMINATOR_LEN.saturating_add(economy)
}

const _: () = assert!(
    same(
        offset_of!(EconomyHead, authority_bump),
        offset_of!(Economy, authority_bump)
    ) && same(offset_of!(EconomyHead, mint), offset_of!(Economy, mint))
        && same(
            offset_of!(EconomyHead, authority),
            offset_of!(Economy, authority)
        )
        && same(
            offset_of!(EconomyHead, reward_vault),
            offset_of!(Economy, reward_vault)
        )
);

impl Discriminator for EconomyHead {
    const DISCRIMINATOR: &'static [u8] = b"economy";
}

impl Owner for EconomyHead {
    fn owner() -> Pubkey {
        crate::ID
    }
}

impl ZeroCopy for EconomyHead {}

// It is no account type of its own, so the IDL does not list it.
#[cfg(feature = "idl-build")]
impl anchor_lang::IdlBuild for EconomyHead {}

impl EconomyHead {
    /// Refuses a version newer than this release knows (`UnknownVersion`).
    pub fn require_known(&self) -> Result<()> {
        require!(
            self.version <= Economy::VERSION,
            HomeostatError::UnknownVersion
        );
        Ok(())
    }
}

/// An economy as the present layout has it.
pub enum Present<'a> {
    /// It has that layout.
    Same(Ref<'a, Economy>),
    /// It had an older one: a copy that every step was applied to, in words that are aligned.
    Older(Vec<u64>),
}

impl Deref for Present<'_> {
    type Target = Economy;

    fn deref(&self) -> &Economy {
        match self {
            Self::Same(economy) => economy,
            // As many words as an economy has, so neither cast can fail.
            Self::Older(words) => bytemuck::from_bytes(bytemuck::cast_slice(words)),
        }
    }
}

/// Reads an economy of any version that leads to the present one. Refuses other account types
/// (`AccountDiscriminatorMismatch`) and other versions (`UnknownVersion`). The owner of `info`
/// is checked where it is loaded as [`EconomyHead`].
pub fn economy<'a>(info: &'a AccountInfo) -> Result<Present<'a>> {
    let data = info.try_borrow_data()?;
    if !data.starts_with(Economy::DISCRIMINATOR) {
        return Ok(Present::Older(migrated(&data)?));
    }
    let state = Ref::filter_map(data, |data| {
        let state = data.get(DISCRIMINATOR_LEN..)?.get(..size_of::<Economy>())?;
        bytemuck::try_from_bytes(state).ok()
    });
    state
        .map(Present::Same)
        .map_err(|_| error!(ErrorCode::AccountDidNotDeserialize))
}

/// The state of an older economy after every step up to the present version. The account
/// stays as it is.
#[inline(never)]
fn migrated(data: &[u8]) -> Result<Vec<u64>> {
    let (known, mut version) = Known::read(data)?;
    require!(
        known.kind == Economy::KIND,
        ErrorCode::AccountDiscriminatorMismatch
    );
    let mut copy = Vec::with_capacity(data.len().max(Economy::SPACE));
    copy.extend_from_slice(data);
    while version != known.version {
        let step = known.step(version)?;
        let old = copy.len();
        copy.resize(step.space(&copy)?, 0);
        step.apply(&mut copy, old)?;
        version = version.saturating_add(1);
    }
    let state = copy
        .get(DISCRIMINATOR_LEN..)
        .and_then(|state| state.get(..size_of::<Economy>()))
        .ok_or(ErrorCode::AccountDidNotDeserialize)?;
    let mut words = vec![0u64; size_of::<Economy>().div_ceil(size_of::<u64>())];
    bytemuck::cast_slice_mut(&mut words).copy_from_slice(state);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::legacy;

    #[test]
    fn no_step_moves_what_exits_read_of_the_head() {
        let head = size_of::<EconomyHead>();
        for (at, _) in legacy::ECONOMY_0.fields {
            assert!(DISCRIMINATOR_LEN + at >= VERSION_AT + head);
        }
        assert_eq!(core::mem::align_of::<EconomyHead>(), 1);
        assert!(Economy::DISCRIMINATOR.starts_with(EconomyHead::DISCRIMINATOR));
    }
}
