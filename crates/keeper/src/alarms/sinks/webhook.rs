//! Alarms to a web server.

use std::time::Duration;

use homeostat_chain::cluster::shown;
use homeostat_settings::failure::quoted;
use homeostat_settings::Failure;
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};

use super::{Form, Sink};
use crate::alarms::alarm::Alarm;
use crate::web;

/// A web server that gets each alarm as the JSON body of a POST. It has taken it when it answers
/// a status of 200 to 299; of the answer nothing else is read, and no redirect is followed. The
/// header `Idempotency-Key` has the alarm's id, which stays the same when it is sent again.
pub struct Webhook {
    url: Url,
    client: Client,
    timeout: Duration,
}

impl Webhook {
    /// Checks the URL: https, or http to this machine itself, because an alarm names who guards
    /// what. A request may take `timeout`.
    ///
    /// # Errors
    ///
    /// `bad_url`; `insecure_webhook`; this machine cannot speak HTTP.
    pub fn new(url: &str, timeout: Duration) -> Result<Self, Failure> {
        let read = url.parse::<Url>().ok();
        let url = read
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .ok_or_else(|| {
                Failure::new(
                    "bad_url",
                    format!("{} is not the URL of a web server", quoted(&shown(url))),
                )
                .remedy("write --webhook https://alarms.example.org/path")
            })?;
        if !web::is_safe(&url) {
            return Err(Failure::new(
                "insecure_webhook",
                format!(
                    "anybody on the way can read and change what is sent to {}",
                    shown(url.as_str())
                ),
            )
            .remedy("use https; http is for this machine itself (127.0.0.1)"));
        }
        let client = web::client(&url, Policy::none()).map_err(|error| {
            Failure::new("no_http", format!("web servers cannot be reached: {error}"))
                .remedy("see the certificates and the limits of this system")
        })?;
        Ok(Self {
            url,
            client,
            timeout,
        })
    }

    /// Sends an alarm, and says what is wrong if the server has not taken it.
    fn send(&self, alarm: &Alarm, line: String) -> Option<String> {
        let request = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("Idempotency-Key", &alarm.id)
            .body(line);
        // The answer is dropped with its body unread: it may have no end.
        let status = async { request.send().await.map(|answer| answer.status()) };
        match web::within(self.timeout, status) {
            Ok(Some(Ok(status))) if status.is_success() => None,
            Ok(Some(Ok(status))) => Some(format!("answered {status}")),
            // A URL may have a secret in it, and the error has the URL.
            Ok(Some(Err(error))) => Some(format!("cannot be reached: {}", error.without_url())),
            Ok(None) => Some(format!(
                "has not answered within {} s",
                self.timeout.as_secs()
            )),
            Err(error) => Some(format!("cannot be asked: {error}")),
        }
    }
}

impl Sink for Webhook {
    fn name(&self) -> &'static str {
        "webhook"
    }

    fn deliver(&mut self, alarm: &Alarm) -> Result<(), Failure> {
        let Some(problem) = self.send(alarm, Form::Json.line(alarm)?) else {
            return Ok(());
        };
        let problem = format!("{} {problem}", shown(self.url.as_str()));
        Err(Failure::new("webhook_failed", problem)
            .remedy("look after that server; the alarm is sent again, with the same id"))
    }
}
