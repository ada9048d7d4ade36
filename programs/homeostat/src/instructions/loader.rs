//! Opening accounts of the program: in the layout version that it knows, or not at all.
//!
//! Anchor looks at owner and type when it takes an account in, and at the type again at
//! every `load`. These look at the layout version instead; clippy refuses the others.

use core::{
    cell::{Ref, RefMut},
    mem::size_of,
};

use crate::framework::prelude::*;

use crate::{
    error::refuse,
    state::layout::{require_version, Layout, MARK},
};

/// Opens an account whose owner and type were looked at.
pub trait Open<T> {
    /// Its state, to be read. Refuses another layout version.
    fn open(&self) -> Result<Ref<'_, T>>;
    /// Its state, to be changed. Refuses another layout version, and an account that the
    /// transaction does not write.
    fn open_mut(&self) -> Result<RefMut<'_, T>>;
}

impl<T: Layout> Open<T> for AccountLoader<'_, T> {
    fn open(&self) -> Result<Ref<'_, T>> {
        let state = state(self.as_ref(), T::VERSION, size_of::<T>())?;
        Ok(Ref::map(state, bytemuck::from_bytes))
    }

    fn open_mut(&self) -> Result<RefMut<'_, T>> {
        let state = state_mut(self.as_ref(), T::VERSION, size_of::<T>())?;
        Ok(RefMut::map(state, bytemuck::from_bytes_mut))
    }
}

// Once for all types, as the panics above are: these have the size that they ask for.

#[inline(never)]
fn state<'a>(info: &'a AccountInfo, version: u8, size: usize) -> Result<Ref<'a, [u8]>> {
    let data = info.try_borrow_data()?;
    require_version(&data, version)?;
    Ref::filter_map(data, |data| data.get(MARK..)?.get(..size)).map_err(|_| too_short())
}

#[inline(never)]
fn state_mut<'a>(info: &'a AccountInfo, version: u8, size: usize) -> Result<RefMut<'a, [u8]>> {
    ensure!(info.is_writable, ErrorCode::AccountNotMutable);
    let data = info.try_borrow_mut_data()?;
    require_version(&data, version)?;
    RefMut::filter_map(data, |data| data.get_mut(MARK..)?.get_mut(..size)).map_err(|_| too_short())
}

fn too_short() -> Refusal {
    refuse(ErrorCode::AccountDidNotDeserialize)
}
