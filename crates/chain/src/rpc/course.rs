//! Who is asked, and what a request has come to so far.

use std::time::Duration;

/// Who is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whom {
    /// Whoever answers.
    Any,
    /// One server.
    One {
        /// Which.
        index: usize,
        /// Whether it is waited for, or given up as soon as it would have to be.
        patient: bool,
    },
}

impl Whom {
    pub(super) fn may_be(self, asked: usize) -> bool {
        match self {
            Self::Any => true,
            Self::One { index, .. } => index == asked,
        }
    }
}

/// What a request has come to so far.
pub(super) struct Course {
    /// When it began; what was waited for a budget is not counted.
    pub(super) begun: Duration,
    /// When a server was asked last.
    pub(super) sent: Duration,
    pub(super) whom: Whom,
    /// Servers that are not asked any more.
    pub(super) out: Vec<usize>,
    /// How often each was not reached.
    pub(super) lost: Vec<u32>,
    /// How often any was asked.
    pub(super) tries: u32,
}
