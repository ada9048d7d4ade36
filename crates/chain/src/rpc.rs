//! Asking servers: one rule for every request of every tool.
//!
//! The tools speak to a cluster through the client of the Solana libraries, and every request
//! of that client passes through here ([`Asker`]):
//!
//! - A server that limits requests (429) or fails (5xx) is left alone for a growing time, or for
//!   as long as it asks for, and is then asked again, up to a bound. After that the failure says
//!   what was answered and how often it was asked.
//! - Of several servers the first in order is asked that is not left alone at the moment.
//! - Before the first answer of a server is believed, it has to have the genesis of the others.
//! - A server with a [`Budget`] is not asked more often than that.
//!
//! A request may so be made several times. `sendTransaction` is no exception: every try sends
//! the very bytes that were signed, and a cluster executes a transaction with the same
//! signature once at most.
//!
//! What has to be asked of one server alone (a question of several requests whose answers are
//! compared) goes to that one: [`Connection::of_one_server`].
//!
//! [`Connection::of_one_server`]: crate::Connection::of_one_server

mod asker;
mod budget;
mod course;
mod http;
mod one_server;
mod pace;
mod server;
mod servers;
mod time;
mod trouble;

use std::sync::Arc;
use std::time::Duration;

use solana_commitment_config::CommitmentConfig;

use crate::cluster::Settings;

pub(crate) use asker::Asker;
pub use budget::{Allowed, Budget, WINDOW};
pub(crate) use course::Whom;
pub use one_server::OneServer;
pub use pace::Pace;
pub(crate) use servers::Servers;
pub use time::{Machine, Time};
pub(crate) use trouble::failure;

/// Where it is told that a server is waited for, or another one asked: one line each.
pub type Tell = Arc<dyn Fn(&str) + Send + Sync>;

/// Tells nobody.
pub fn silent() -> Tell {
    Arc::new(|_| ())
}

/// Which servers are asked, and how.
#[derive(Clone)]
pub struct Options {
    /// The servers in order: the first that answers is asked.
    pub urls: Vec<String>,
    /// How sure an answer has to be.
    pub commitment: CommitmentConfig,
    /// How long one try of a request may take, and the longest that a server is left alone for
    /// without asking for it. A request is tried again for up to twice as long.
    pub timeout: Duration,
    /// How often servers are asked at most.
    pub budget: Allowed,
    /// Where it is told that something is waited for.
    pub tell: Tell,
}

impl Options {
    /// One server, which is told nothing of.
    pub fn new(url: &str, commitment: CommitmentConfig, timeout: Duration) -> Self {
        Self {
            urls: vec![url.to_owned()],
            commitment,
            timeout,
            budget: Allowed::Published,
            tell: silent(),
        }
    }

    /// The servers of settings.
    pub fn of(settings: &Settings, timeout: Duration) -> Self {
        let first = std::iter::once(&settings.url);
        Self {
            urls: first.chain(&settings.other_urls).cloned().collect(),
            ..Self::new("", settings.commitment, timeout)
        }
    }
}
