//! What every instruction costs.
//!
//! Each case is measured on the real ELF in one bank; the state of its accounts
//! and the clock go to a second bank with the gauge (`homeostat-gauge`), which
//! runs the same instruction. All keys are fixed, so every run gives the same
//! figures.

pub mod bench;
pub mod calls;
pub mod cases;
pub mod ceilings;
pub mod check;
pub mod features;
pub mod idl;
pub mod million;
pub mod report;

pub use bench::{Bench, Error, Figures};
