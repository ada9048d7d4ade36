//! Web servers that are asked or told something, and for so long as it may take.

use std::future::Future;
use std::io;
use std::time::Duration;

use homeostat_chain::cluster::is_loopback;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};

/// What daemons call themselves.
const AGENT: &str = concat!("homeostat/", env!("CARGO_PKG_VERSION"));

/// Whether nobody on the way can read or change what goes there: https, or http to this machine
/// itself. It is the address as it was read, because what is read from a text in another way may
/// name another host.
pub(crate) fn is_safe(url: &Url) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => is_loopback(url.as_str()),
        _ => false,
    }
}

/// A client for this server alone.
///
/// # Errors
///
/// This machine cannot speak HTTP.
pub(crate) fn client(url: &Url, redirects: Policy) -> reqwest::Result<Client> {
    let client = Client::builder()
        .user_agent(AGENT)
        .redirect(redirects)
        .pool_max_idle_per_host(0);
    if is_loopback(url.as_str()) {
        // A proxy is another machine.
        client.no_proxy().build()
    } else {
        client.build()
    }
}

/// What `work` brings, or `None` when it has not ended within `timeout`.
///
/// # Errors
///
/// The system's.
pub(crate) fn within<T>(timeout: Duration, work: impl Future<Output = T>) -> io::Result<Option<T>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let done = runtime.block_on(async { tokio::time::timeout(timeout, work).await.ok() });
    // Looking up a name cannot be interrupted, and is not waited for.
    runtime.shutdown_background();
    Ok(done)
}
