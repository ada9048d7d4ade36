//! What a single pass came to.

use schemars::JsonSchema;
use serde::Serialize;

/// What one economy came to in one pass.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Kept {
    /// Its address.
    pub economy: String,
    /// `cranked`, `beaten` (another keeper was faster), `waiting`, `paused`, `draft`,
    /// `retired`, `unpaid`, `due` (and not tried), `failed`, `unknown` (sent, outcome not
    /// known).
    pub result: String,
    /// The transaction that ended the period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// When the next period ends (unix seconds).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_end: Option<i64>,
    /// What failed: a stable code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What failed, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// What a keeper came to.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Summary {
    /// Its address.
    pub keeper: String,
    /// Economies by address.
    pub economies: Vec<Kept>,
}

impl Summary {
    /// Whether nothing failed.
    pub fn is_fine(&self) -> bool {
        self.economies.iter().all(|one| one.code.is_none())
    }
}
