//! `keeper`: the daemon that ends periods.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use homeostat_chain::rpc::Allowed;
use homeostat_chain::signer::{read_address, read_key};
use homeostat_keeper::{log, signals, Keeper, Metrics, Options};
use homeostat_settings::human::duration_in;

use super::daemon::{no_signals, print, state_folder, DaemonArgs};
use super::ClusterArgs;
use crate::failure::Failure;
use crate::output::Format;

/// What `homeostat keeper --help` says first.
pub const LONG_ABOUT: &str = "\
End the periods of economies, each with one transaction, as soon as the cluster's clock says that
it is over.

A keeper has no state: it may be killed at any moment, and any number of keepers (each with a key
of its own) may look after the same economy. It writes one line an event on stderr (from info on,
with -v from debug on, or what RUST_LOG says), nothing on stdout, and serves metrics on 127.0.0.1.
The operator's guide is docs/KEEPER.md.";

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

    /// A lookup table of this keeper, where the server does not search for them; may be
    /// given several times
    #[arg(long, value_name = "ADDRESS", help_heading = "Costs")]
    pub lookup_table: Vec<String>,

    /// Where to remember lookup tables over a restart, so that none is searched for
    /// [default: lookup-tables.json in systemd's STATE_DIRECTORY, if there is one]
    #[arg(long, value_name = "FILE", help_heading = "Costs")]
    pub record: Option<PathBuf>,

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

    /// Economies that are sent for at a time
    #[arg(long, value_name = "COUNT", default_value_t = 4,
          value_parser = clap::value_parser!(u64).range(1..=64), help_heading = "Timing")]
    pub workers: u64,

    #[command(flatten)]
    daemon: DaemonArgs,
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
            fees: self.daemon.fees(),
            poll: Duration::from_millis(self.poll),
            refresh: Duration::from_secs(self.refresh),
            jitter: self.jitter,
            max_backoff: self.daemon.max_backoff(),
            min_bounty: self.min_bounty,
            min_balance: self.daemon.min_balance,
            tables: addresses(&self.lookup_table, "--lookup-table")?,
            record: self.record.clone().or_else(state_file),
            workers: usize::try_from(self.workers).unwrap_or(1),
            grace: self.daemon.grace(),
        })
    }
}

/// The record in the folder that systemd gives.
fn state_file() -> Option<PathBuf> {
    state_folder().map(|folder| folder.join("lookup-tables.json"))
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
    arguments.daemon.telemetry.log(cluster.verbose)?;
    let metrics = Arc::new(Metrics::default());
    if !arguments.once {
        arguments.daemon.telemetry.serve(&metrics, options.poll)?;
    }
    let grace = options.grace;
    let keeper = Keeper::new(options, key, metrics);
    signals::stop_on_signals(keeper.post(), grace).map_err(|error| no_signals(&error))?;
    let servers = cluster.servers(&settings, Allowed::Sparing, Arc::new(log::server))?;
    let summary = keeper.run(|| arguments.daemon.connect(&servers, "keeper"))?;
    if !arguments.once {
        return Ok(ExitCode::SUCCESS);
    }
    print(&summary, format)?;
    Ok(ExitCode::from(u8::from(!summary.is_fine())))
}
