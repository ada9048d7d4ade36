//! `reporter`: the daemon that tells feeds values from the world.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use homeostat_chain::rpc::Allowed;
use homeostat_chain::signer::read_key;
use homeostat_keeper::reporter::{self, Jump, Message, Metrics, Options, Reporter, Told};
use homeostat_keeper::{log, signals};
use homeostat_settings::files;

use super::daemon::{no_signals, print, DaemonArgs};
use super::ClusterArgs;
use crate::failure::Failure;
use crate::output::Format;

/// What `homeostat reporter --help` says first.
pub const LONG_ABOUT: &str = "\
Read values from files, servers and programs, and report them to feeds, as one of each feed's
reporters.

A reporter has no state: what it reported last stands in the feed's account, so it may be killed at
any moment. Each reporter of a feed runs its own; none depends on another. It writes one line an
event on stderr (from info on, with -v from debug on, or what RUST_LOG says), with --output json one
JSON object a report and failure on stdout, and serves metrics on 127.0.0.1. The operator's guide is
docs/REPORTER.md.";

/// What it says last.
pub const AFTER_LONG_HELP: &str = "\
The file:
  [[feed]]
  economy = \"ADDRESS\"        # or mint = \"ADDRESS\" (and creator, where a token has several)
  feed = 0                   # its number
  every = 600                # seconds between reports; at most, and by default, half the feed's age
  min = 0.5                  # a value outside is never reported
  max = 5
  max_step = 0.2             # nor one further from the last report: a person decides
  quorum = 1                 # sources that must answer: more than half of them

  [[feed.source]]            # of several the median is reported
  kind = \"http\"
  url = \"https://prices.example.org/v1/usd\"
  pointer = \"/data/0/price\"  # RFC 6901
  time_pointer = \"/data/0/at\" # without it: the Date of the answer
  time_unit = \"seconds\"      # or milliseconds
  header = { name = \"X-Api-Key\", variable = \"PRICES_KEY\" } # its value is in the environment
  unit = 0.000001            # what a number is multiplied by
  max_age = 900              # seconds
  timeout = 10               # seconds

  kind = \"csv\": file, column, time_column (without it: the last row, as old as the file)
  kind = \"command\": argv = [\"/path/of/a/program\", \"argument\"], pointer and time_pointer if it prints
  JSON; no shell reads it.";

/// Arguments of `reporter`.
#[derive(Clone, Debug, clap::Args)]
pub struct ReporterArgs {
    /// Which feeds, and where their values come from (TOML)
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Look at every feed once, report what is due, and exit: 0 if nothing failed
    #[arg(long)]
    pub once: bool,

    /// Report the value of this feed though it is far from the last report, if it is as near as
    /// max_step to this one; may be given several times
    #[arg(
        long,
        value_name = "[ECONOMY/]FEED=VALUE",
        requires = "once",
        help_heading = "Feeds"
    )]
    pub accept_jump: Vec<String>,

    /// Time between two looks at the cluster's clock and the feeds (milliseconds)
    #[arg(long, value_name = "MS", default_value_t = 15_000,
          value_parser = clap::value_parser!(u64).range(10..=600_000), help_heading = "Timing")]
    pub poll: u64,

    #[command(flatten)]
    daemon: DaemonArgs,
}

/// `reporter`: runs until it is told to stop, or once. The exit code is 0, and 1 after a
/// single pass in which something failed.
///
/// # Errors
///
/// Wrong arguments; a wrong file; a key that is no reporter of a feed; a port that is taken;
/// another cluster than its name promises; with `--once` a server that does not answer.
pub fn reporter(
    cluster: &ClusterArgs,
    format: Format,
    arguments: &ReporterArgs,
) -> Result<ExitCode, Failure> {
    let daemon = &arguments.daemon;
    let accepted = arguments.accept_jump.iter().map(|text| Jump::read(text));
    let options = Options {
        once: arguments.once,
        accepted: accepted.collect::<Result<_, _>>()?,
        fees: daemon.fees(),
        poll: Duration::from_millis(arguments.poll),
        max_backoff: daemon.max_backoff(),
        min_balance: daemon.min_balance,
        grace: daemon.grace(),
    };
    let name = arguments.file.display().to_string();
    let variable = |name: &str| std::env::var(name).ok();
    let plans = reporter::read(&files::read(&arguments.file)?, &name, variable)?;
    let settings = cluster.settings()?;
    let key = read_key(&settings.keypair)?;
    daemon.telemetry.log(cluster.verbose)?;
    let metrics = Arc::new(Metrics::default());
    if !arguments.once {
        daemon.telemetry.serve(&metrics, options.poll)?;
    }
    let grace = options.grace;
    let tell = move |told: &Told| {
        // Events are lines; whoever reads them may have gone, and the feeds go on.
        let lines = match format {
            Format::Display => Format::Display,
            Format::Json | Format::JsonCompact => Format::JsonCompact,
        };
        let _ = print(told, lines);
    };
    let reporter = Reporter::new(options, plans, key, metrics, tell);
    let post = reporter.post();
    signals::on_signals(grace, move || {
        // Fails when the reporter has ended already.
        let _ = post.send(Message::Stop);
    })
    .map_err(|error| no_signals(&error))?;
    let servers = cluster.servers(&settings, Allowed::Sparing, Arc::new(log::server))?;
    let summary = reporter.run(|| daemon.connect(&servers, "reporter"))?;
    if !arguments.once {
        return Ok(ExitCode::SUCCESS);
    }
    print(&summary, format)?;
    Ok(ExitCode::from(u8::from(!summary.is_fine())))
}
