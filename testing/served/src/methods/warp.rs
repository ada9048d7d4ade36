//! `homeostatWarp`: moves the clock of a local world.

use jsonrpc_core::{Error, ErrorCode};
use serde_json::json;

use super::Node;
use crate::{
    http::Caller,
    pace::Pace,
    rpc::{invalid, value, Arguments, Outcome},
};

/// Its name: no cluster has such a method.
pub(super) const METHOD: &str = "homeostatWarp";

/// Furthest that one call moves the clock (seconds): a year.
const FURTHEST: i64 = 365 * 86_400;

/// Moves the clock on to a time (unix seconds), and begins a slot that everybody sees it in. A
/// request that is made twice moves it once: a time is named, and no distance.
pub(super) async fn warp(node: &mut Node<'_>, caller: Caller, arguments: &Arguments) -> Outcome {
    if caller == Caller::Website {
        return Err(Error {
            code: ErrorCode::InvalidRequest,
            message: "a website cannot move the clock of this machine's world".into(),
            data: None,
        });
    }
    let (before, to) = (node.bank.now(), arguments.need::<i64>(0)?);
    let seconds = to.checked_sub(before);
    let Some(seconds) = seconds.filter(|seconds| (1..=FURTHEST).contains(seconds)) else {
        return Err(invalid(format!(
            "the clock stands at {before} and goes forward by 1 to {FURTHEST} seconds at a time"
        )));
    };
    node.bank.advance(seconds).await;
    node.skip(1).await;
    let speed = match node.pace {
        Pace::Still => 0,
        Pace::Running { speed } => speed,
    };
    value(json!({
        "before": before,
        "after": node.bank.now(),
        "slot": node.slot(None).await?,
        "speed": speed,
    }))
}
