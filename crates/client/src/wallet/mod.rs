//! What a wallet or a shop wants to know before it asks for a signature, from accounts
//! alone and without network: what a payment costs, what a position has earned at a given
//! second, which tickets are ready, what an economy looks like; and the transactions that
//! take more than one instruction.
//!
//! Amounts are base units of the mint (`Economy.decimals` places), rates are ppm
//! (1,000,000 = 100 %), times are unix seconds by the cluster's clock, which may be some
//! seconds off yours. Every figure is computed by the program's own code, so it rounds as
//! the program does.

mod claims;
mod payment;
mod position;
mod summary;

pub use claims::*;
pub use payment::*;
pub use position::*;
pub use summary::*;

use anchor_lang::prelude::{Error, ProgramError};
use homeostat::HomeostatError;

use crate::error::from_code;

/// The program's own error behind a refusal of its code; `InvariantViolated` for any other,
/// which figures from consistent accounts cannot meet.
fn refusal(error: Error) -> HomeostatError {
    match ProgramError::from(error) {
        ProgramError::Custom(code) => from_code(code),
        _ => None,
    }
    .unwrap_or(HomeostatError::InvariantViolated)
}
