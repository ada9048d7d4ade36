//! `warp`: moves the clock of a local world, so that delays of hours can be rehearsed.

use std::io::{self, Write};

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use homeostat_chain::cluster::is_loopback;
use homeostat_settings::human::read_duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use solana_rpc_client_api::client_error::ErrorKind;
use solana_rpc_client_api::request::{RpcError, RpcRequest};

use super::{duration, time, Answer, ClusterArgs, Context};
use crate::failure::{quoted, Failure};

/// What `warp --help` closes with.
pub const AFTER_LONG_HELP: &str = "\
Only the world of `homeostat localnet` can do this: its server has a method of its own,
homeostatWarp, and every other server refuses. Once the clock has moved, whatever is due is due: a
keeper that looks after the economy ends the period with one crank, over the real time that passed.
A real validator (`localnet --validator`) keeps its own time: start the localnet without it, or
with --speed to let time run faster from the start.";

/// The method that moves the clock.
const METHOD: &str = "homeostatWarp";
/// The code of a failure where a server does not have a method.
const REFUSED: &str = "rpc_refused";
/// The code of JSON-RPC for parameters that a method does not take.
const BAD_PARAMETERS: i64 = -32_602;

/// Arguments of `warp`.
#[derive(Clone, Debug, clap::Args)]
pub struct WarpArgs {
    /// How far, as in `10m`, `2 d`, `1d 12h` or seconds; at most a year at a time
    #[arg(
        value_name = "DURATION",
        required_unless_present = "to",
        conflicts_with = "to"
    )]
    pub by: Vec<String>,

    /// To which time (UTC), as in 2027-01-31, `2027-01-31 18:00` or 2027-01-31T18:00:00Z, or unix
    /// seconds
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
}

/// How the clock was moved. Times are unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Warped {
    /// The cluster's clock before.
    pub before: i64,
    /// The cluster's clock now.
    pub after: i64,
    /// The slot that began with it.
    pub slot: u64,
    /// Seconds of the world a second of this machine; 0 where it stands still by itself.
    pub speed: u32,
}

impl Answer for Warped {
    fn display(&self, out: &mut dyn Write) -> io::Result<()> {
        let moved = self.after.saturating_sub(self.before);
        writeln!(
            out,
            "the clock went on by {}\n  before  {}\n  now     {}",
            duration(moved.unsigned_abs()),
            time(self.before),
            time(self.after)
        )
    }
}

impl WarpArgs {
    /// Refuses a server of another machine before anything is asked of it.
    ///
    /// # Errors
    ///
    /// `no_warp`; wrong settings.
    pub fn here_only(&self, cluster: &ClusterArgs) -> Result<(), Failure> {
        let settings = cluster.settings()?;
        let mut urls = std::iter::once(&settings.url).chain(&settings.other_urls);
        match urls.find(|url| !is_loopback(url)) {
            Some(url) => Err(no_warp(url)),
            None => Ok(()),
        }
    }
}

/// `warp`.
///
/// # Errors
///
/// `bad_value` for what is no duration or time; `no_warp` where the server is no local world of
/// ours; `warp_refused` for a time that is past or too far; the server's.
pub fn warp(context: &Context, arguments: &WarpArgs) -> Result<(), Failure> {
    let url = &context.connection.cluster().url;
    let to = match &arguments.to {
        Some(text) => read_time(text)?,
        None => {
            let now = context.connection.clock()?.unix_timestamp;
            now.saturating_add(distance(&arguments.by.join(" "))?)
        }
    };
    let request = RpcRequest::Custom { method: METHOD };
    let answer = context.connection.rpc().send(request, json!([to]));
    let warped: Warped = answer.map_err(|error| match error.kind() {
        ErrorKind::RpcError(RpcError::RpcResponseError { code, message, .. })
            if *code == BAD_PARAMETERS =>
        {
            Failure::new("warp_refused", format!("{}: {message}", time(to)))
                .remedy("name a later time, and in several steps what is further than a year")
        }
        _ => match context.connection.failure(&error) {
            failure if failure.code == REFUSED => Failure {
                message: format!("{} ({})", no_warp(url).message, failure.message),
                ..no_warp(url)
            },
            failure => failure,
        },
    })?;
    context.answer(&warped)
}

fn no_warp(url: &str) -> Failure {
    let url = homeostat_chain::cluster::shown(url);
    Failure::new(
        "no_warp",
        format!("the clock of {url} is its own: it is no local world of Homeostat"),
    )
    .remedy(
        "start one with `homeostat localnet` (without --validator, whose clock nobody moves) and \
         name it with -C or --url",
    )
}

/// Reads how far (seconds, at least 1).
fn distance(text: &str) -> Result<i64, Failure> {
    let seconds = read_duration(text).ok().filter(|seconds| *seconds > 0);
    let seconds = seconds.and_then(|seconds| i64::try_from(seconds).ok());
    seconds.ok_or_else(|| {
        let remedy = "write whole numbers and d, h, m or s, such as 10m, 6h or 1d 12h, or seconds";
        not_a(text, "length of time of a second or more", remedy)
    })
}

/// Reads a time in UTC (unix seconds).
fn read_time(text: &str) -> Result<i64, Failure> {
    let unix = text.parse::<i64>().ok();
    let rfc = || {
        DateTime::parse_from_rfc3339(text)
            .ok()
            .map(|time| time.timestamp())
    };
    let minute = || {
        ["%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"]
            .into_iter()
            .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
    };
    let day = || {
        NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .ok()?
            .and_hms_opt(0, 0, 0)
    };
    let named = || Some(minute().or_else(day)?.and_utc().timestamp());
    unix.or_else(rfc).or_else(named).ok_or_else(|| {
        not_a(
            text,
            "time",
            "write 2027-01-31, '2027-01-31 18:00', 2027-01-31T18:00:00Z, or unix seconds",
        )
    })
}

fn not_a(text: &str, what: &str, remedy: &str) -> Failure {
    Failure::new("bad_value", format!("{} is no {what}", quoted(text))).remedy(remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_goes_forward() {
        for (text, seconds) in [("90", 90), ("10 min", 600), ("1d 12h", 129_600)] {
            assert_eq!(distance(text), Ok(seconds), "{text}");
        }
        for text in ["", "0s", "-1h", "1.5h", "18446744073709551615"] {
            let failure = distance(text).unwrap_err();
            assert_eq!((failure.code, failure.exit()), ("bad_value", 2), "{text}");
        }
    }

    #[test]
    fn times_are_read_in_utc() {
        for text in [
            "1767571200",
            "2026-01-05",
            "2026-01-05 00:00",
            "2026-01-05 00:00:00",
            "2026-01-05T00:00:00Z",
            "2026-01-05T01:00:00+01:00",
        ] {
            assert_eq!(read_time(text), Ok(1_767_571_200), "{text}");
        }
        for text in ["", "tomorrow", "2026-13-01", "2026-01-05T00:00"] {
            let failure = read_time(text).unwrap_err();
            assert_eq!((failure.code, failure.exit()), ("bad_value", 2), "{text}");
        }
    }
}
