//! JSON schemas of what `--output json` prints, made from the types that are printed and
//! committed under `schemas/`: a test compares them.

use schemars::{schema_for, Schema};

use crate::chain::audit::AuditLogAnswer;
use crate::chain::council::Proposals;
use crate::chain::creation::Created;
use crate::chain::explain::Explanation;
use crate::chain::log::LogAnswer;
use crate::chain::outcome::Outcomes;
use crate::chain::propose::Proposed;
use crate::chain::reasons::Preview;
use crate::chain::status::Status;
use crate::chain::warp::Warped;
use crate::chain::write::Written;
use crate::deploy::{Applied, Checked, Shown};

/// Command and schema of its answer. Commands that write all answer [`Written`].
pub fn all() -> Vec<(&'static str, Schema)> {
    let mut all = vec![
        ("replay", crate::replay::schema()),
        ("simulate", crate::simulate::schema()),
        ("bench", crate::bench::schema()),
        ("verify", crate::bench::verify::schema()),
        ("report", crate::bench::report::schema()),
        ("tune", crate::tune::schema()),
        ("status", schema_for!(Status)),
        ("preview", schema_for!(Preview)),
        ("explain", schema_for!(Explanation)),
        ("log", schema_for!(LogAnswer)),
        ("audit", schema_for!(AuditLogAnswer)),
        ("advisor", schema_for!(crate::advisor::Advice)),
        ("config", schema_for!(crate::config::ConfigAnswer)),
        ("init", schema_for!(crate::init::Initiated)),
        ("token-create", schema_for!(crate::token::TokenCreated)),
        ("token-show", schema_for!(crate::token::TokenShown)),
        ("outcome", schema_for!(Outcomes)),
        ("proposals", schema_for!(Proposals)),
        ("propose", schema_for!(Proposed)),
        ("unpause", schema_for!(Proposed)),
        ("create-economy", schema_for!(Created)),
        ("deploy-plan", schema_for!(Shown)),
        ("deploy-apply", schema_for!(Applied)),
        ("deploy-status", schema_for!(Checked)),
        ("warp", schema_for!(Warped)),
        ("keeper", schema_for!(homeostat_keeper::Summary)),
        ("watch", schema_for!(homeostat_keeper::alarms::Alarm)),
        ("reporter", schema_for!(homeostat_keeper::reporter::Told)),
        (
            "reporter-once",
            schema_for!(homeostat_keeper::reporter::Summary),
        ),
    ];
    #[cfg(feature = "demo")]
    all.push(("demo", crate::demo::schema()));
    #[cfg(feature = "localnet")]
    all.push(("localnet", schema_for!(crate::localnet::Ready)));
    all.extend(
        [
            "go-live",
            "stake",
            "unstake",
            "withdraw",
            "claim",
            "pay",
            "fund",
            "top-up",
            "collect",
            "crank",
            "approve",
            "withdraw-approval",
            "veto",
            "override-veto",
            "cancel",
            "expire",
            "execute",
            "ballot",
            "close-proposal",
            "pause",
            "accept-role",
            "advise",
            "veto-advice",
            "submit",
            "cancel-unstake",
            "close-position",
            "close-ballot",
            "create-pool",
            "create-meter",
            "create-feed",
            "report-feed",
            "touch-pool",
            "grow-log",
            "migrate",
            "close",
            "announce-recall",
            "recall",
            "hand-over-mint",
            "wind-up",
            "close-pool",
            "dissolve",
            "trip-breaker",
        ]
        .map(|command| (command, schema_for!(Written))),
    );
    all
}

#[cfg(all(test, feature = "demo", feature = "localnet"))]
mod tests {
    use super::*;
    use std::{fs, path::PathBuf};

    /// Set to write the schemas instead of comparing them.
    const BLESS: &str = "HOMEOSTAT_BLESS";

    #[test]
    fn the_committed_schemas_are_those_of_the_types() {
        let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/schemas"));
        let bless = std::env::var_os(BLESS).is_some();
        let mut names = Vec::new();
        for (command, schema) in all() {
            let file = folder.join(format!("{command}.json"));
            let text = serde_json::to_string_pretty(&schema).expect("a schema is JSON") + "\n";
            if bless {
                fs::create_dir_all(&folder).expect("the folder can be made");
                fs::write(&file, &text).expect("the schema can be written");
            }
            let committed = fs::read_to_string(&file).unwrap_or_default();
            assert!(
                committed == text,
                "{} differs; {BLESS}=1 cargo test -p homeostat-cli schema writes it",
                file.display()
            );
            names.push(file);
        }
        let mut there: Vec<PathBuf> = fs::read_dir(&folder)
            .expect("the folder is there")
            .map(|entry| entry.expect("it can be read").path())
            .collect();
        there.sort();
        names.sort();
        assert_eq!(there, names, "a schema without a command");
    }
}
