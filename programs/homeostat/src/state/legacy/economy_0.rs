//! An economy from before the caps on what the treasury pays and a period burns.
//!
//! It gets the caps that a new economy starts with: the treasury pays nothing until a
//! proposal raises its cap, and a period burns at most 1 % of the supply.

use core::mem::{offset_of, size_of};

use anchor_lang::prelude::*;

use crate::state::{
    economy::Totals,
    layout::{AccountKind, Step},
    Economy, Limits,
};

const SIZE: usize = 7_216;
/// `Limits`: `outflow_cap`, `period_burn_ppm` of 10,000, and four unused bytes.
const CAPS: [u8; 16] = [0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0x27, 0, 0, 0, 0, 0, 0];
const CAPS_AT: usize = 1_192;
/// `Totals`: `outflow`, `outflow_at`.
const OUTFLOW: [u8; 16] = [0; 16];
const OUTFLOW_AT: usize = 1_448;

// As long as version 1 is the present one.
const _: () = assert!(CAPS_AT == offset_of!(Economy, limits) + offset_of!(Limits, outflow_cap));
const _: () = assert!(OUTFLOW_AT == offset_of!(Economy, totals) + offset_of!(Totals, outflow));
const _: () = assert!(SIZE + CAPS.len() + OUTFLOW.len() == size_of::<Economy>());

/// From version 0 to 1.
pub const ECONOMY_0: Step = Step {
    kind: AccountKind::Economy,
    from: 0,
    size: SIZE,
    fields: &[(CAPS_AT, &CAPS), (OUTFLOW_AT, &OUTFLOW)],
    invariant,
};

/// Without the mint's supply, which these steps do not change.
fn invariant(state: &[u8], now: i64) -> Result<()> {
    let economy = state
        .get(..size_of::<Economy>())
        .and_then(|state| bytemuck::try_from_bytes::<Economy>(state).ok())
        .ok_or_else(|| error!(ErrorCode::AccountDidNotDeserialize))?;
    economy.invariant(0, now)
}
