//! JSON schemas of what `--output json` prints, made from the types that are printed and
//! committed under `schemas/`: a test compares them.

use schemars::{schema_for, Schema};

use crate::chain::status::Status;
use crate::chain::write::Written;

/// Command and schema of its answer. Commands that write all answer [`Written`].
pub fn all() -> Vec<(&'static str, Schema)> {
    let mut all = vec![("status", schema_for!(Status))];
    all.extend(
        [
            "stake", "unstake", "withdraw", "claim", "pay", "top-up", "collect", "crank",
        ]
        .map(|command| (command, schema_for!(Written))),
    );
    all
}
