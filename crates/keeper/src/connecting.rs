//! The first connection of a daemon: a server that does not answer is waited for.

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use homeostat_settings::Failure;
use tracing::Level;

use crate::backoff::Backoff;
use crate::crew::{panicked, PANICKED};
use crate::log::{fails, millis};
use crate::vitals::Vitals;

/// Longest pause between two looks at a cluster that cannot be asked.
pub(crate) const LONGEST_BLIND: Duration = Duration::from_secs(30);

/// The cluster, and what else `connect` finds on it; `None` when the inbox had anything before it answered, which is to stop. With
/// `patience`, the first of the pauses between two tries, a server that does not answer is waited
/// for; without it that is a failure.
///
/// # Errors
///
/// `connect` says anything else than that the server does not answer; without patience that too.
pub(crate) fn connect<M, T>(
    patience: Option<Duration>,
    inbox: &Receiver<M>,
    vitals: &Vitals,
    connect: impl Fn() -> Result<T, Failure>,
) -> Result<Option<T>, Failure> {
    let mut backoff = patience.map(|first| Backoff::new(first, LONGEST_BLIND));
    loop {
        let answer = catch_unwind(AssertUnwindSafe(&connect));
        let failure = match answer.unwrap_or_else(|payload| Err(panicked(payload.as_ref()))) {
            Ok(found) => return Ok(Some(found)),
            Err(failure) => failure,
        };
        let may_pass = failure.code.starts_with("rpc_") || failure.code == PANICKED;
        let Some(backoff) = backoff.as_mut().filter(|_| may_pass) else {
            return Err(failure);
        };
        vitals.failure(&failure);
        let wait = backoff.fail(0);
        fails!(
            Level::ERROR,
            "no_cluster",
            &failure,
            retry_ms = millis(wait)
        );
        match inbox.recv_timeout(wait) {
            Err(RecvTimeoutError::Timeout) => {}
            _ => return Ok(None),
        }
    }
}
