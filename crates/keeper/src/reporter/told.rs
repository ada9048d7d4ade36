//! What a reporter tells on stdout.

use schemars::JsonSchema;
use serde::Serialize;

/// What a feed came to.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Told {
    /// The reporter's address.
    pub reporter: String,
    /// The feed's economy.
    pub economy: String,
    /// The number of the feed in it, from 0.
    pub feed: u8,
    /// `reported`, `unchanged` (no source has anything newer than the last report), `waiting`
    /// (not due yet), `retired` (the economy has no periods any more), `overtaken` (the same
    /// report is there already, from another process with this key), `failed`, `unknown` (sent,
    /// outcome not known).
    pub result: String,
    /// The value in the feed's unit, as decimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// When that was so (unix seconds).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_at: Option<i64>,
    /// The number of the report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// The transaction that reported it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// What failed: a stable code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What failed, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// Sources that could not be believed.
    pub sources: Vec<Distrusted>,
}

/// A source that could not be believed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Distrusted {
    /// Its number in the feed, from 1.
    pub source: usize,
    /// A stable code.
    pub code: String,
    /// In words.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

/// What a single pass came to.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Summary {
    /// The reporter's address.
    pub reporter: String,
    /// Its feeds, in the order of its file.
    pub feeds: Vec<Told>,
}

impl Summary {
    /// Whether nothing failed.
    pub fn is_fine(&self) -> bool {
        self.feeds.iter().all(|one| one.code.is_none())
    }
}
