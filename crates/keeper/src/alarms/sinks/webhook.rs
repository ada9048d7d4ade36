//! Alarms to a web server.

use std::time::Duration;

use homeostat_chain::cluster::{is_loopback, shown};
use homeostat_settings::failure::quoted;
use homeostat_settings::Failure;
use reqwest_middleware::reqwest::{header::CONTENT_TYPE, redirect::Policy, Client};
use tokio::runtime::Runtime;

use super::{Form, Sink};
use crate::alarms::alarm::Alarm;

/// A web server that gets each alarm as the JSON body of a POST. It has taken it when it answers
/// a status of 200 to 299; of the answer nothing else is read, and no redirect is followed. The
/// header `Idempotency-Key` has the alarm's id, which stays the same when it is sent again.
pub struct Webhook {
    url: String,
    client: Client,
    runtime: Runtime,
}

impl Webhook {
    /// Checks the URL: https, or http to this machine itself, because an alarm names who guards
    /// what. A request may take `timeout`.
    ///
    /// # Errors
    ///
    /// `bad_url`; `insecure_webhook`; this machine cannot speak HTTP.
    pub fn new(url: &str, timeout: Duration) -> Result<Self, Failure> {
        let secure = url.starts_with("https://");
        if !secure && !url.starts_with("http://") {
            return Err(Failure::new(
                "bad_url",
                format!("{} is not the URL of a web server", quoted(url)),
            )
            .remedy("write --webhook https://alarms.example.org/path"));
        }
        if !secure && !is_loopback(url) {
            return Err(Failure::new(
                "insecure_webhook",
                format!(
                    "anybody on the way can read and change what is sent to {}",
                    shown(url)
                ),
            )
            .remedy("use https; http is for this machine itself (127.0.0.1)"));
        }
        let impossible = |why: String| {
            Failure::new("no_http", format!("web servers cannot be reached: {why}"))
                .remedy("see the certificates and the limits of this system")
        };
        let client = Client::builder()
            .timeout(timeout)
            .redirect(Policy::none())
            .build()
            .map_err(|error| impossible(error.to_string()))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| impossible(error.to_string()))?;
        Ok(Self {
            url: url.to_owned(),
            client,
            runtime,
        })
    }
}

impl Sink for Webhook {
    fn name(&self) -> &'static str {
        "webhook"
    }

    fn deliver(&mut self, alarm: &Alarm) -> Result<(), Failure> {
        let request = self
            .client
            .post(&self.url)
            .header(CONTENT_TYPE, "application/json")
            .header("Idempotency-Key", &alarm.id)
            .body(Form::Json.line(alarm)?);
        // The answer is dropped with its body unread: it may have no end.
        let status = self
            .runtime
            .block_on(async { request.send().await.map(|answer| answer.status()) });
        let problem = match status {
            Ok(status) if status.is_success() => return Ok(()),
            Ok(status) => format!("answered {status}"),
            // A URL may have a secret in it, and the error has the URL.
            Err(error) => format!("cannot be reached: {}", error.without_url()),
        };
        Err(
            Failure::new("webhook_failed", format!("{} {problem}", shown(&self.url)))
                .remedy("look after that server; the alarm is sent again, with the same id"),
        )
    }
}
