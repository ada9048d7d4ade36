//! What a request that failed means, and what is said of it.

use std::fmt;
use std::time::Duration;

use http::StatusCode;
use solana_rpc_client_api::client_error::{Error as ClientError, ErrorKind};
use solana_rpc_client_api::request::{RpcError, RpcRequest};

use super::http::Answered;
use crate::refusal::refusal;
use homeostat_settings::failure::{quoted, Failure};

/// A node that lags behind its cluster (`NODE_UNHEALTHY` of the JSON-RPC specification).
const UNHEALTHY: i64 = -32_005;
/// What some nodes do not answer and others do: no history, no index, no such method.
const NOT_HERE: [i64; 3] = [-32_011, -32_010, -32_601];

/// What a failed try of a request means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It is the answer.
    Answer,
    /// The server limits requests or fails for now; how long it asks to be left alone.
    Busy(Option<Duration>),
    /// It was not reached, or the connection ended.
    Lost,
    /// It is of no use: it hangs, wants a key, or answers what is no JSON.
    Useless,
    /// It does not answer this, and others may.
    NotHere,
}

/// What a failed try means.
pub(super) fn judge(error: &ClientError) -> Trouble {
    match error.kind() {
        ErrorKind::Middleware(error) => match error.downcast_ref::<Answered>() {
            Some(answered) if answered.status == StatusCode::TOO_MANY_REQUESTS => {
                Trouble::Busy(answered.after)
            }
            Some(answered) if answered.status.is_server_error() => Trouble::Busy(answered.after),
            Some(_) => Trouble::Useless,
            None if error.downcast_ref::<GaveUp>().is_some() => Trouble::Answer,
            None => Trouble::Lost,
        },
        ErrorKind::Reqwest(error) if error.is_timeout() || error.is_decode() => Trouble::Useless,
        ErrorKind::Reqwest(_) | ErrorKind::Io(_) => Trouble::Lost,
        ErrorKind::RpcError(RpcError::RpcResponseError { code, .. }) => match *code {
            // Some providers put the status into an answer that is a success.
            429 => Trouble::Busy(None),
            UNHEALTHY => Trouble::Useless,
            code if NOT_HERE.contains(&code) => Trouble::NotHere,
            _ => Trouble::Answer,
        },
        ErrorKind::RpcError(_) | ErrorKind::SerdeJson(_) => Trouble::Useless,
        _ => Trouble::Answer,
    }
}

/// Why a request was given up, as an error of the Solana libraries' client can carry it.
#[derive(Debug)]
pub(crate) struct GaveUp(pub(crate) Failure);

impl fmt::Display for GaveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for GaveUp {}

impl From<GaveUp> for ClientError {
    fn from(gave_up: GaveUp) -> Self {
        reqwest_middleware::Error::middleware(gave_up).into()
    }
}

/// A client's error as a failure with its remedy.
pub(crate) fn failure(url: &str, error: &ClientError, request: Option<&RpcRequest>) -> Failure {
    if let Some(error) = error.get_transaction_error() {
        return refusal(&error, &[]);
    }
    let asked = request
        .or(error.request())
        .map_or_else(String::new, |request| format!(" ({request})"));
    let other_server = "check the network, or use another server with --url";
    match error.kind() {
        ErrorKind::Middleware(error) => {
            if let Some(GaveUp(failure)) = error.downcast_ref() {
                return failure.clone();
            }
            match error.downcast_ref::<Answered>() {
                Some(Answered { status, .. }) => refused(url, *status, &asked),
                None => unreachable(url, &asked),
            }
        }
        ErrorKind::Reqwest(error) if error.is_timeout() => Failure::new(
            "rpc_timeout",
            format!("{url} did not answer in time{asked}"),
        )
        .remedy(other_server),
        ErrorKind::Reqwest(error) if error.is_decode() => Failure::new(
            "rpc_nonsense",
            format!("{url} answered something that is not JSON{asked}"),
        )
        .remedy("is this the URL of a JSON-RPC server?"),
        ErrorKind::Reqwest(_) | ErrorKind::Io(_) => unreachable(url, &asked),
        ErrorKind::RpcError(RpcError::RpcResponseError { code, message, .. }) => Failure::new(
            "rpc_refused",
            format!(
                "{url} refused the request{asked}: {} ({code})",
                quoted(message)
            ),
        )
        .remedy(other_server),
        kind => Failure::new(
            "rpc_nonsense",
            format!(
                "{url} answered nonsense{asked}: {}",
                quoted(&kind.to_string())
            ),
        )
        .remedy("use another server with --url; this one is broken or lies"),
    }
}

fn refused(url: &str, status: StatusCode, asked: &str) -> Failure {
    let remedy = match status {
        StatusCode::TOO_MANY_REQUESTS => {
            "the server limits requests: wait, use one of your own with --url, or name a second \
             one with another --url"
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            "the server wants a key in its URL; see --url and your provider"
        }
        _ => "check the network, or use another server with --url",
    };
    Failure::new("rpc_refused", format!("{url} answered {status}{asked}")).remedy(remedy)
}

fn unreachable(url: &str, asked: &str) -> Failure {
    Failure::new(
        "rpc_unreachable",
        format!("{url} cannot be reached, or dropped the connection{asked}"),
    )
    .remedy("is the validator running, and is --url right? `homeostat localnet` starts one")
}
