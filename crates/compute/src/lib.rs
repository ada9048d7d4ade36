//! What every instruction costs, beside a plain Anchor program that makes the
//! same calls.
//!
//! Each case is measured on the real ELF in one bank; the state of its accounts
//! and the clock go to a second bank with the plain program (`homeostat-floor`)
//! and to a third with the gauge (`homeostat-gauge`), which run the same
//! instruction. All keys are fixed, so every run gives the same figures.

pub mod bench;
pub mod cases;
pub mod check;
pub mod features;
pub mod idl;
pub mod million;
pub mod report;
pub mod script;

pub use bench::{Bench, Error, Figures};
