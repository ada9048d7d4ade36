//! Ctrl-C, and the wish of a parent that this process ends.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use signal_hook::consts::{SIGINT, SIGTERM};

use crate::failure::Failure;

/// Somebody pressed Ctrl-C, or asked us to end.
#[derive(Clone)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Listens from now on.
    ///
    /// # Errors
    ///
    /// The system gives no signals.
    pub fn listen() -> Result<Self, Failure> {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            signal_hook::flag::register(signal, Arc::clone(&flag)).map_err(|error| {
                Failure::new("no_signals", format!("signals cannot be received: {error}"))
                    .remedy("this is the system's; see the limits of the process")
            })?;
        }
        Ok(Self(flag))
    }

    /// Whether it came.
    pub fn came(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Lets it come.
    pub fn come(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Refuses to go on once it came.
    ///
    /// # Errors
    ///
    /// `interrupted`.
    pub fn check(&self) -> Result<(), Failure> {
        if self.came() {
            return Err(
                Failure::new("interrupted", "interrupted before it was ready")
                    .remedy("nothing was left behind, but for the folder of --ledger"),
            );
        }
        Ok(())
    }
}
