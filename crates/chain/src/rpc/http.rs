//! A server over HTTP.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use http::{header::RETRY_AFTER, Extensions, StatusCode};
use reqwest_middleware::reqwest::{Client, Request, Response};
use reqwest_middleware::{ClientBuilder, Error, Middleware, Next};
use solana_rpc_client::http_sender::HttpSender;

use homeostat_settings::failure::Failure;

/// A server answered with a status that is no success.
#[derive(Debug)]
pub(crate) struct Answered {
    /// Which.
    pub(crate) status: StatusCode,
    /// How long it asks to be left alone.
    pub(crate) after: Option<Duration>,
}

impl fmt::Display for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server answered {}", self.status)
    }
}

impl std::error::Error for Answered {}

/// Ends a request with [`Answered`]. The client of the Solana libraries would see only a 429, wait
/// by itself, and not tell.
struct Statuses;

#[async_trait]
impl Middleware for Statuses {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response, Error> {
        let response = next.run(request, extensions).await?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let after = response.headers().get(RETRY_AFTER);
        let after = after.and_then(|after| after.to_str().ok()?.parse().ok());
        Err(Error::middleware(Answered {
            status,
            after: after.map(Duration::from_secs),
        }))
    }
}

/// What speaks to a server.
///
/// # Errors
///
/// This machine cannot speak HTTP: its certificates are not to be read.
pub(super) fn speaker(url: &str, timeout: Duration) -> Result<HttpSender, Failure> {
    let client = Client::builder()
        .default_headers(HttpSender::default_headers())
        .timeout(timeout)
        .pool_idle_timeout(timeout)
        .build()
        .map_err(|error| {
            Failure::new("no_http", format!("servers cannot be asked: {error}"))
                .remedy("see the certificates of this system")
        })?;
    let client = ClientBuilder::new(client).with(Statuses).build();
    Ok(HttpSender::new_with_client_with_middleware(url, client))
}
