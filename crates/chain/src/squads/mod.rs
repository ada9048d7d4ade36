//! Squads v4: what a council whose member is a multisig's vault signs.
//!
//! The layouts are those of the published program
//! (`SQDS4ep65T869zMMBKyuUq6aD6EgTu8psMjkvj52pCf`, Squads-Protocol/v4) as its own package
//! `@sqds/multisig` writes and reads them: [`layout`] has the names and addresses,
//! [`message`] what a vault shall do, [`accounts`] what the program stores, [`instructions`]
//! what a member sends. Above them, [`pending`] reads what waits in a multisig, [`buffer`]
//! stores what is larger than a packet, [`rules`] says what a vault cannot do at all, and [`errors`] what a refusal of the program
//! means.

pub mod accounts;
pub mod buffer;
pub mod errors;
mod export;
pub mod instructions;
pub mod layout;
pub mod message;
pub mod pending;
pub mod rules;

pub use accounts::Multisig;
pub use export::{export, Encoding};
pub use layout::{vault, PROGRAM};
pub use message::Compiled;
pub use pending::Pending;

use homeostat_settings::failure::Failure;

/// A length as the number of a list that has so many at most.
fn length<T: TryFrom<usize>>(length: usize) -> Result<T, Failure> {
    T::try_from(length).map_err(|_| {
        Failure::new("too_large", "a vault transaction does not hold so much").remedy("split it")
    })
}
