//! `keeper`: the daemon that ends periods.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use homeostat_chain::cluster::Kind;
use homeostat_chain::rpc::Allowed;
use homeostat_chain::signer::{read_address, read_key};
use homeostat_chain::{Connection, Fees};
use homeostat_keeper::http::{self, Where};
use homeostat_keeper::log::{self, Format as Lines};
use homeostat_keeper::{signals, Keeper, Metrics, Options, Summary};
use homeostat_settings::human::duration_in;

use super::ClusterArgs;
use crate::failure::Failure;
use crate::output::{self, Format};

/// What `homeostat keeper --help` says first.
pub const LONG_ABOUT: &str = "\
End the periods of economies, each with one transaction, as soon as the cluster's clock says that
it is over.

A keeper has no state: it may be killed at any moment, and any number of keepers (each with a key
of its own) may look after the same economy. It writes one line an event on stderr (from info on,
with -v from debug on, or what RUST_LOG says), nothing on stdout, and serves metrics on 127.0.0.1.
The operator's guide is docs/KEEPER.md.";

/// Form of the lines on stderr.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

/// Arguments of `keeper`.
#[derive(Clone, Debug, clap::Args)]
pub struct KeeperArgs {
    /// Look after this economy; may be given several times
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "HOMEOSTAT_ECONOMY",
        value_delimiter = ',',
        required_unless_present = "all",
        help_heading = "Economies"
    )]
    pub economy: Vec<String>,

    /// Look after every live economy of the cluster whose keeper vault pays for it; none of
    /// them costs more than its bounty
    #[arg(long, help_heading = "Economies")]
    pub all: bool,

    /// Least bounty that is worth a crank (lamports) [default: 0 for economies named with
    /// --economy, 5000 for those that --all finds]
    #[arg(long, value_name = "LAMPORTS", help_heading = "Economies")]
    pub min_bounty: Option<u64>,

    /// Also move the fees of the meters, before the crank (economies named with --economy)
    #[arg(long, help_heading = "Economies")]
    pub collect: bool,

    /// Look at every economy once, end what is over, and exit: 0 if nothing failed
    #[arg(long)]
    pub once: bool,

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

    /// A lookup table of this keeper, where the server does not search for them; may be
    /// given several times
    #[arg(long, value_name = "ADDRESS", help_heading = "Costs")]
    pub lookup_table: Vec<String>,

    /// Where to remember lookup tables over a restart, so that none is searched for
    /// [default: lookup-tables.json in systemd's STATE_DIRECTORY, if there is one]
    #[arg(long, value_name = "FILE", help_heading = "Costs")]
    pub record: Option<PathBuf>,

    /// Write to mainnet
    #[arg(long)]
    pub yes: bool,

    /// Time between two looks at the cluster's clock (milliseconds)
    #[arg(long, value_name = "MS", default_value_t = 5_000,
          value_parser = clap::value_parser!(u64).range(10..=600_000), help_heading = "Timing")]
    pub poll: u64,

    /// Time between two looks at every economy and, with --all, for new ones, such as 5m or 300
    #[arg(long, value_name = "TIME", default_value_t = 300,
          value_parser = duration_in(1..=86_400_u64), help_heading = "Timing")]
    pub refresh: u64,

    /// Wait up to as long after the end of a period, so that keepers take turns, such as 10s or 10
    #[arg(long, value_name = "TIME", default_value_t = 10,
          value_parser = duration_in(0..=86_400_u64), help_heading = "Timing")]
    pub jitter: u64,

    /// Longest wait after failures of an economy, such as 5m or 300
    #[arg(long, value_name = "TIME", default_value_t = 300,
          value_parser = duration_in(1..=86_400_u64), help_heading = "Timing")]
    pub max_backoff: u64,

    /// How long what is in flight may take after SIGINT or SIGTERM, such as 10s or 10
    #[arg(long, value_name = "TIME", default_value_t = 10,
          value_parser = duration_in(0..=600_u64), help_heading = "Timing")]
    pub grace: u64,

    /// Economies that are sent for at a time
    #[arg(long, value_name = "COUNT", default_value_t = 4,
          value_parser = clap::value_parser!(u64).range(1..=64), help_heading = "Timing")]
    pub workers: u64,

    /// Where to serve /metrics and /healthz, or `off` [default: 127.0.0.1:9464 if it is free]
    #[arg(long, value_name = "ADDRESS:PORT", help_heading = "Watching")]
    pub metrics: Option<String>,

    /// Let others than this machine read the metrics
    #[arg(long, requires = "metrics", help_heading = "Watching")]
    pub metrics_public: bool,

    /// Form of the lines on stderr
    #[arg(
        long,
        value_enum,
        value_name = "FORM",
        default_value_t,
        help_heading = "Watching"
    )]
    pub log: LogFormat,
}

impl KeeperArgs {
    fn options(&self) -> Result<Options, Failure> {
        let addresses = |texts: &[String], what: &str| {
            texts
                .iter()
                .map(|text| read_address(text, what))
                .collect::<Result<Vec<_>, Failure>>()
        };
        Ok(Options {
            economies: addresses(&self.economy, "--economy")?,
            all: self.all,
            collect: self.collect,
            once: self.once,
            fees: Fees {
                price: self.with_compute_unit_price,
                cap: self.max_priority_fee,
            },
            poll: Duration::from_millis(self.poll),
            refresh: Duration::from_secs(self.refresh),
            jitter: self.jitter,
            max_backoff: Duration::from_secs(self.max_backoff),
            min_bounty: self.min_bounty,
            min_balance: self.min_balance,
            tables: addresses(&self.lookup_table, "--lookup-table")?,
            record: self.record.clone().or_else(state_file),
            workers: usize::try_from(self.workers).unwrap_or(1),
            grace: Duration::from_secs(self.grace),
        })
    }
}

/// The record in the folder that systemd gives (`StateDirectory=`; the first of several).
fn state_file() -> Option<PathBuf> {
    let folders = std::env::var_os("STATE_DIRECTORY")?;
    let folder = std::env::split_paths(&folders).next()?;
    (!folder.as_os_str().is_empty()).then(|| folder.join("lookup-tables.json"))
}

/// `keeper`: runs until it is told to stop, or once. The exit code is 0, and 1 after a
/// single pass in which something failed.
///
/// # Errors
///
/// Wrong arguments; a port that is taken; another cluster than its name promises; with
/// `--once` a server that does not answer.
pub fn keeper(
    cluster: &ClusterArgs,
    format: Format,
    arguments: &KeeperArgs,
) -> Result<ExitCode, Failure> {
    let options = arguments.options()?;
    let settings = cluster.settings()?;
    let key = read_key(&settings.keypair)?;
    let lines = match arguments.log {
        LogFormat::Text => Lines::Text,
        LogFormat::Json => Lines::Json,
    };
    log::to_stderr(lines, cluster.verbose)?;
    let metrics = Arc::new(Metrics::default());
    if !arguments.once {
        let at = match &arguments.metrics {
            Some(text) => Where::read(text, arguments.metrics_public)?,
            None => Where::usual(),
        };
        // A clock that was not read for so long is worth an alarm.
        let patience = options.poll.saturating_mul(6).max(Duration::from_secs(60));
        http::start(at, &metrics, patience)?;
    }
    let grace = options.grace;
    let keeper = Keeper::new(options, key, metrics);
    signals::stop_on_signals(keeper.post(), grace).map_err(|error| {
        Failure::new("no_signals", format!("signals cannot be received: {error}"))
            .remedy("this is the system's; see the limits of the process")
    })?;
    let servers = cluster.servers(&settings, Allowed::Sparing, Arc::new(log::server))?;
    let summary = keeper.run(|| {
        let connection = Connection::open_with(&servers)?;
        if connection.cluster().kind == Kind::MainnetBeta && !arguments.yes {
            return Err(Failure::new(
                "not_confirmed",
                "this keeper would write to mainnet-beta, and there is nobody to ask",
            )
            .remedy("add --yes; nothing was sent"));
        }
        Ok(connection)
    })?;
    if !arguments.once {
        return Ok(ExitCode::SUCCESS);
    }
    print(&summary, format)?;
    Ok(ExitCode::from(u8::from(!summary.is_fine())))
}

fn print(summary: &Summary, format: Format) -> Result<(), Failure> {
    if format == Format::Display {
        return Ok(());
    }
    output::to_stdout(|out| {
        output::write_json(&mut { out }, summary, format).map_err(io::Error::other)
    })
    .map_err(|error| crate::output::unwritten(&error))
}
