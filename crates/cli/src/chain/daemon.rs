//! What the daemons have in common on the command line.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use homeostat_chain::cluster::Kind;
use homeostat_chain::rpc::Options;
use homeostat_chain::{Connection, Fees};
use homeostat_keeper::http::{self, Board, Where};
use homeostat_keeper::log::{self, Format as Lines};
use homeostat_settings::human::duration_in;
use serde::Serialize;

use crate::failure::Failure;
use crate::output::{self, Format};

/// Form of the lines on stderr.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

/// How a daemon lets itself be watched.
#[derive(Clone, Debug, clap::Args)]
pub struct TelemetryArgs {
    /// Where to serve /metrics and /healthz, or `off` [default: 127.0.0.1:9464 if it is free]
    #[arg(long, value_name = "ADDRESS:PORT", help_heading = "Logs and metrics")]
    pub metrics: Option<String>,

    /// Let others than this machine read the metrics
    #[arg(long, requires = "metrics", help_heading = "Logs and metrics")]
    pub metrics_public: bool,

    /// Form of the lines on stderr
    #[arg(
        long,
        value_enum,
        value_name = "FORM",
        default_value_t,
        help_heading = "Logs and metrics"
    )]
    pub log: LogFormat,
}

impl TelemetryArgs {
    /// From now on tells events on stderr.
    ///
    /// # Errors
    ///
    /// `RUST_LOG` is no list of levels.
    pub fn log(&self, verbose: bool) -> Result<(), Failure> {
        let lines = match self.log {
            LogFormat::Text => Lines::Text,
            LogFormat::Json => Lines::Json,
        };
        log::to_stderr(lines, verbose)
    }

    /// Serves the metrics of a daemon that looks at the cluster's clock every `poll`.
    ///
    /// # Errors
    ///
    /// Another address than one of this machine; a port that is taken.
    pub fn serve<B: Board>(&self, board: &Arc<B>, poll: Duration) -> Result<(), Failure> {
        let at = match &self.metrics {
            Some(text) => Where::read(text, self.metrics_public)?,
            None => Where::usual(),
        };
        // A clock that was not read for so long is worth an alarm.
        let patience = poll.saturating_mul(6).max(Duration::from_secs(60));
        http::start(at, board, patience)
    }
}

/// Arguments of every daemon that sends transactions.
#[derive(Clone, Debug, clap::Args)]
pub struct DaemonArgs {
    /// Price of a compute unit (micro-lamports) [default: what three quarters paid lately, and
    /// half as much again each time a transaction expires]
    #[arg(long, value_name = "MICRO_LAMPORTS", help_heading = "Costs")]
    pub with_compute_unit_price: Option<u64>,

    /// Most that the priority of a transaction may cost (lamports)
    #[arg(
        long,
        value_name = "LAMPORTS",
        default_value_t = 100_000,
        help_heading = "Costs"
    )]
    pub max_priority_fee: u64,

    /// Warn when the wallet has less (lamports)
    #[arg(
        long,
        value_name = "LAMPORTS",
        default_value_t = 10_000_000,
        help_heading = "Costs"
    )]
    pub min_balance: u64,

    /// Write to mainnet
    #[arg(long)]
    pub yes: bool,

    /// Longest wait after failures, such as 5m or 300
    #[arg(long, value_name = "TIME", default_value_t = 300,
          value_parser = duration_in(1..=86_400_u64), help_heading = "Timing")]
    pub max_backoff: u64,

    /// How long what is in flight may take after SIGINT or SIGTERM, such as 10s or 10
    #[arg(long, value_name = "TIME", default_value_t = 10,
          value_parser = duration_in(0..=600_u64), help_heading = "Timing")]
    pub grace: u64,

    #[command(flatten)]
    pub(super) telemetry: TelemetryArgs,
}

impl DaemonArgs {
    /// What a transaction may cost.
    pub fn fees(&self) -> Fees {
        Fees {
            price: self.with_compute_unit_price,
            cap: self.max_priority_fee,
        }
    }

    /// Longest wait after failures.
    pub fn max_backoff(&self) -> Duration {
        Duration::from_secs(self.max_backoff)
    }

    /// How long what is in flight may take after a signal.
    pub fn grace(&self) -> Duration {
        Duration::from_secs(self.grace)
    }

    /// Connects, and refuses to write to mainnet where nobody said yes; `what` is the daemon.
    ///
    /// # Errors
    ///
    /// As [`Connection::open_with`]; `not_confirmed`.
    pub fn connect(&self, servers: &Options, what: &str) -> Result<Connection, Failure> {
        let connection = Connection::open_with(servers)?;
        if connection.cluster().kind == Kind::MainnetBeta && !self.yes {
            return Err(Failure::new(
                "not_confirmed",
                format!("this {what} would write to mainnet-beta, and there is nobody to ask"),
            )
            .remedy("add --yes; nothing was sent"));
        }
        Ok(connection)
    }
}

/// The folder that systemd gives a service for what it keeps (`StateDirectory=`; the first of
/// several).
pub fn state_folder() -> Option<PathBuf> {
    let folders = std::env::var_os("STATE_DIRECTORY")?;
    let folder = std::env::split_paths(&folders).next()?;
    (!folder.as_os_str().is_empty()).then_some(folder)
}

/// The failure of a system that lets nobody receive signals.
pub fn no_signals(error: &io::Error) -> Failure {
    Failure::new("no_signals", format!("signals cannot be received: {error}"))
        .remedy("this is the system's; see the limits of the process")
}

/// Prints data on stdout where JSON is wanted; people read stderr.
///
/// # Errors
///
/// Stdout cannot be written.
pub fn print(data: &impl Serialize, format: Format) -> Result<(), Failure> {
    if format == Format::Display {
        return Ok(());
    }
    output::to_stdout(|out| {
        output::write_json(&mut { out }, data, format).map_err(io::Error::other)
    })
    .map_err(|error| output::unwritten(&error))
}
