//! Shared vocabulary of the integration tests; the harness itself is
//! `homeostat-sandbox`.

pub use homeostat::HomeostatError;
use homeostat_client::error::from_code;
use homeostat_sandbox::{Failure, Receipt};

/// Asserts that a transaction was refused with one of the program's own errors.
#[track_caller]
pub fn refused(outcome: Result<Receipt, Failure>, error: HomeostatError) {
    refused_with(outcome, error.into());
}

/// Asserts that a transaction was refused with a code (Anchor's or the program's).
#[track_caller]
pub fn refused_with(outcome: Result<Receipt, Failure>, code: u32) {
    match outcome {
        Ok(_) => panic!("the attack went through; expected {}", name(code)),
        Err(failure) if failure.code() == Some(code) => (),
        Err(failure) => panic!("expected {}, got {failure}", name(code)),
    }
}

fn name(code: u32) -> String {
    from_code(code).map_or(format!("error {code}"), |error| {
        format!("{} ({code})", error.name())
    })
}
