//! Opening accounts of the program: in the layout version that it knows, or not at all.
//!
//! Anchor looks at owner and type when it takes an account in, and at the type again at
//! every `load`. These look at the layout version instead; clippy refuses the others.

use core::{
    cell::{Ref, RefMut},
    mem::size_of,
};

use anchor_lang::prelude::*;

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
        let data = self.as_ref().try_borrow_data()?;
        require_version(&data, T::VERSION)?;
        Ref::filter_map(data, |data| {
            bytemuck::try_from_bytes(data.get(MARK..)?.get(..size_of::<T>())?).ok()
        })
        .map_err(|_| refuse(ErrorCode::AccountDidNotDeserialize))
    }

    fn open_mut(&self) -> Result<RefMut<'_, T>> {
        ensure!(self.as_ref().is_writable, ErrorCode::AccountNotMutable);
        let data = self.as_ref().try_borrow_mut_data()?;
        require_version(&data, T::VERSION)?;
        RefMut::filter_map(data, |data| {
            bytemuck::try_from_bytes_mut(data.get_mut(MARK..)?.get_mut(..size_of::<T>())?).ok()
        })
        .map_err(|_| refuse(ErrorCode::AccountDidNotDeserialize))
    }
}
