//! Anchor's prelude, with this program's own result: see [`Refusal`].

pub use anchor::prelude::*;

pub use crate::error::{Refusal, Result};
