//! A number in a JSON document that a server has.

use std::time::Duration;

use reqwest::header::{HeaderName, HeaderValue, ACCEPT, AGE, DATE};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Response, Url};

use super::{time, Pointer, Said, Silence, Times};
use crate::web;

/// Largest document in bytes, after it was unpacked.
const LARGEST: u64 = 1 << 20;
/// Most redirects that are followed.
const MOST_REDIRECTS: usize = 3;

/// A document.
#[derive(Debug)]
pub(crate) struct Http {
    /// Where it is.
    pub(crate) url: Url,
    /// Where in it the number is.
    pub(crate) value: Pointer,
    /// Where in it the number's time is; without one it is as old as the answer.
    pub(crate) time: Option<Pointer>,
    /// A header that the server wants.
    pub(crate) header: Option<Header>,
}

/// A header whose value is a secret.
#[derive(Debug)]
pub(crate) struct Header {
    /// Its name.
    pub(crate) name: HeaderName,
    /// The variable of the environment that the value stood in.
    pub(crate) variable: String,
    /// The value, which is never shown.
    pub(crate) value: HeaderValue,
}

impl Http {
    /// Asks the server.
    ///
    /// # Errors
    ///
    /// `source_unreachable`, `source_slow`, `source_status`, `source_redirect`,
    /// `source_too_large`, and those of [`Pointer::number`] and [`Times::read`].
    pub(super) fn read(&self, timeout: Duration, times: Times) -> Result<Said, Silence> {
        let (document, answered) = self.document(timeout)?;
        Ok(Said {
            value: self.value.number(&document)?,
            at: match &self.time {
                Some(time) => Some(times.read(&time.text(&document)?)?),
                None => answered,
            },
        })
    }

    /// The document, and when the server says that it made it (unix seconds).
    fn document(&self, timeout: Duration) -> Result<(String, Option<i64>), Silence> {
        let answer = web::within(timeout, self.ask()).map_err(|error| {
            Silence::new(
                "source_unreachable",
                format!("cannot be asked: {error}"),
                "raise the limits of the process",
            )
        })?;
        answer.unwrap_or_else(|| Err(Silence::slow(timeout)))
    }

    async fn ask(&self) -> Result<(String, Option<i64>), Silence> {
        let redirects = Policy::custom(same_place);
        let client = web::client(&self.url, redirects).map_err(|error| self.failed(&error))?;
        let mut request = client
            .get(self.url.clone())
            .header(ACCEPT, "application/json");
        if let Some(header) = &self.header {
            request = request.header(header.name.clone(), header.value.clone());
        }
        let mut response = request.send().await.map_err(|error| self.failed(&error))?;
        let status = response.status();
        if status.is_redirection() {
            return Err(elsewhere());
        }
        if !status.is_success() {
            let remedy = match status.as_u16() {
                401 | 403 => "check the header and its variable: the server wants to know who asks",
                429 => "ask less often: raise every",
                _ => "look at the address with a browser; the server may have moved or be down",
            };
            let problem = format!("answered {}", status.as_u16());
            return Err(Silence::new("source_status", problem, remedy));
        }
        let answered = answered_at(&response);
        let mut bytes = Vec::new();
        let too_large = || {
            let remedy = "ask for less: a document with the number and little else";
            Silence::too_large(LARGEST, remedy)
        };
        if response
            .content_length()
            .is_some_and(|length| length > LARGEST)
        {
            return Err(too_large());
        }
        while let Some(part) = response
            .chunk()
            .await
            .map_err(|error| self.failed(&error))?
        {
            bytes.extend_from_slice(&part);
            if bytes.len() as u64 > LARGEST {
                return Err(too_large());
            }
        }
        let document = String::from_utf8(bytes).map_err(|_| {
            let remedy = "look at what it answers: JSON is UTF-8";
            Silence::new("source_not_json", "is not UTF-8", remedy)
        })?;
        Ok((document, answered))
    }

    /// The failure of a request. Its own words name the address, which may hold a secret.
    fn failed(&self, error: &reqwest::Error) -> Silence {
        if error.is_redirect() {
            return elsewhere();
        }
        let problem = if error.is_connect() {
            "cannot be reached"
        } else if error.is_body() || error.is_decode() {
            "broke off in the middle of its answer"
        } else {
            "gives no answer that is HTTP"
        };
        Silence::new(
            "source_unreachable",
            problem,
            "check the address and the way to it; it is tried again",
        )
    }
}

fn elsewhere() -> Silence {
    Silence::new(
        "source_redirect",
        "sends on to another place, which is not followed",
        "name the place itself as url, if you trust it",
    )
}

/// Redirects are followed on the same host, port and scheme only: what another place says is not
/// what the operator chose to trust, and a header for this one is nobody else's.
fn same_place(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let same = attempt
        .previous()
        .first()
        .is_some_and(|first| first.origin() == attempt.url().origin());
    if same && attempt.previous().len() <= MOST_REDIRECTS {
        attempt.follow()
    } else {
        attempt.error("another place")
    }
}

/// When an answer was made: its `Date`, less the `Age` that a cache adds (unix seconds).
fn answered_at(response: &Response) -> Option<i64> {
    let header = |name| response.headers().get(name)?.to_str().ok();
    let made = time::of_header(header(DATE)?)?;
    let kept = header(AGE).and_then(|age| age.trim().parse::<u32>().ok());
    Some(made.saturating_sub(i64::from(kept.unwrap_or(0))))
}
