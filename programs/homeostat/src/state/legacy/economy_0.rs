//! Version 0 of the economy: it had no caps on what the treasury pays and a period burns.
//!
//! Version 1 gives it the caps that a new economy starts with: the treasury pays nothing
//! until a proposal raises its cap, a period burns at most 1 % of the supply, and stake earns
//! whatever is emitted, as it did.

use core::mem::{offset_of, size_of};

use anchor_lang::prelude::*;

use crate::state::{
    economy::Totals,
    layout::{AccountKind, Step},
    Economy, Limits,
};

/// The bytes of the state in version 0.
const SIZE: usize = 7_384;
/// New in `Limits`: `outflow_cap` of 0, `period_burn_ppm` of 10,000, no yield cap.
const CAPS: [u8; 16] = [
    0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0x27, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF,
];
/// Where these begin in the state of version 1.
const CAPS_AT: usize = 1_192;
/// New in `Totals`: an `outflow` without payments.
const OUTFLOW: [u8; 56] = [0; 56];
/// Where these begin in the state of version 1.
const OUTFLOW_AT: usize = 1_448;

// These hold while version 1 is the present one; then they are removed.
const _: () = assert!(CAPS_AT == offset_of!(Economy, limits) + offset_of!(Limits, outflow_cap));
const _: () = assert!(OUTFLOW_AT == offset_of!(Economy, totals) + offset_of!(Totals, outflow));
const _: () = assert!(SIZE + CAPS.len() + OUTFLOW.len() == size_of::<Economy>());

/// The step from version 0 to version 1.
pub const ECONOMY_0: Step = Step {
    kind: AccountKind::Economy,
    from: 0,
    size: SIZE,
    fields: &[(CAPS_AT, &CAPS), (OUTFLOW_AT, &OUTFLOW)],
    invariant,
};

/// The economy's invariant, with a mint's supply of 0: the step changes neither supply nor
/// cap, and the mint is not among the accounts of `migrate`.
fn invariant(state: &[u8], now: i64) -> Result<()> {
    let economy = state
        .get(..size_of::<Economy>())
        .and_then(|state| bytemuck::try_from_bytes::<Economy>(state).ok())
        .ok_or_else(|| error!(ErrorCode::AccountDidNotDeserialize))?;
    economy.invariant(0, now)
}
