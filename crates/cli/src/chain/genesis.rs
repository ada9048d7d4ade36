//! `log verify --from-genesis`: a proof that goes on where an earlier one ended.

use std::path::Path;

use homeostat_chain::history::{complete, Asked, Proved};
use homeostat_client::log::LogError;
use homeostat_client::verify::{verify_audit, verify_log, AuditProof, History, Kept, LogProof};

use super::log::broken;
use super::Context;
use crate::failure::Failure;

/// The folder of the files beside the journal.
const FOLDER: &str = "proved";

/// What was proved, and how.
pub(super) struct Proven {
    /// Of the decision log.
    pub log: LogProof,
    /// Of the audit log.
    pub audit: Option<AuditProof>,
    /// Transactions that were read.
    pub read: u64,
    /// Records of the decision log that an earlier proof had kept.
    pub known: u64,
}

/// Proves both logs from genesis up to their heads in `asked`, from what an earlier proof kept, and
/// keeps what it proved: everything up to `slot`.
///
/// # Errors
///
/// `history_incomplete`: the server has forgotten what is needed; the server's.
pub(super) fn prove(
    context: &Context,
    file: Option<&Path>,
    asked: &Asked<'_>,
    slot: u64,
) -> Result<Proven, Failure> {
    let folder = context.journal.beside(FOLDER);
    let kept = match (file, &folder) {
        (None, None) => None,
        (file, folder) => {
            let folder = folder.as_deref().unwrap_or(Path::new(""));
            let cluster = context.connection.cluster();
            Some(Proved::new(file, folder, cluster, &asked.at.economy))
        }
    };
    let again = |why: &str| context.say(&format!("warning: {why}; the proof begins anew"));
    let known = match kept.as_ref().map(Proved::read).transpose() {
        Ok(known) => known.flatten(),
        Err(failure) => {
            again(&failure.message);
            None
        }
    };
    // What was read is kept when the server ends before the proof does.
    let attempt = |mut history: History, since: u64| {
        let asked = Asked { since, ..*asked };
        let proven = attempt(context, &asked, &mut history);
        match (&proven, &kept) {
            (Err(failure), Some(kept)) if failure.code.starts_with("rpc_") => {
                keep(context, kept, &history.prefix(), since);
            }
            _ => {}
        }
        proven.map(|proven| (history, proven))
    };
    let (history, proven) = match known {
        None => attempt(History::default(), 0)?,
        Some((history, since)) => match attempt(history, since) {
            // The chain is another one than the file's, or a server skipped something.
            Err(failure) if failure.code == "history_incomplete" => {
                again("what an earlier proof kept does not lead to this log");
                attempt(History::default(), 0)?
            }
            attempted => attempted?,
        },
    };
    if let Some(kept) = &kept {
        let records = history.keep(&asked.logs).map_err(thin)?;
        keep(context, kept, &records, slot);
    }
    Ok(proven)
}

/// Keeps records. A proof is made, whether or not it can be kept.
fn keep(context: &Context, kept: &Proved, records: &Kept, slot: u64) {
    if let Err(failure) = kept.write(records, slot) {
        context.say(&format!("warning: {}", failure.message));
    }
}

fn attempt(context: &Context, asked: &Asked<'_>, history: &mut History) -> Result<Proven, Failure> {
    let known = history.decisions();
    let read = complete(&context.connection, asked, history, &broken, context)?;
    let log = verify_log(asked.logs.decisions, asked.economy, Some(history)).map_err(thin)?;
    let audit = asked.logs.audit;
    let audit = audit.map(|data| verify_audit(data, Some(history)));
    Ok(Proven {
        log,
        audit: audit.transpose().map_err(thin)?,
        read,
        known,
    })
}

fn thin(error: LogError) -> Failure {
    Failure::new(
        "history_incomplete",
        format!("the events of this server do not lead to the log: {error}"),
    )
    .remedy("use a server that keeps every transaction (an archive) with --url")
}
