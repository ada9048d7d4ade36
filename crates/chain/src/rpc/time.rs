//! Time as requests need it. Tests bring their own, which no test has to wait for.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

/// A clock, and waiting by it.
pub trait Time: Send + Sync {
    /// How long it has been since some moment, always the same.
    fn now(&self) -> Duration;

    /// Ends after this time.
    fn wait(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// The time of this machine.
#[derive(Clone, Copy, Debug)]
pub struct Machine {
    begin: Instant,
}

impl Default for Machine {
    fn default() -> Self {
        Self {
            begin: Instant::now(),
        }
    }
}

impl Time for Machine {
    fn now(&self) -> Duration {
        self.begin.elapsed()
    }

    fn wait(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(time))
    }
}
