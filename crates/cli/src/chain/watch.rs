//! `watch`: the daemon that tells people what they must know.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use homeostat_chain::rpc::Allowed;
use homeostat_chain::signer::read_address;
use homeostat_chain::{Connection, Journal, Which};
use homeostat_keeper::alarms::sinks::{Appended, Exec, Form, Lines, Outlet, Webhook};
use homeostat_keeper::alarms::{Alarm, Memory, Metrics, Options, Rules, Watcher};
use homeostat_keeper::{log, signals};
use homeostat_settings::human::duration_in;

use super::daemon::{no_signals, state_folder, TelemetryArgs};
use super::ClusterArgs;
use crate::failure::Failure;
use crate::output::Format;
use crate::stdout;

/// What `homeostat watch --help` says first.
pub const LONG_ABOUT: &str = "\
Tell people what they must know about economies: limits that were widened, delays that were cut,
members and guardians, proposals that wait and who can still stop them, pauses, latched guards,
overdue periods, empty wallets, stale feeds, and who may replace the program.

Alarms go to stdout (text, or JSON lines with --output json) and, if wished, to a file, a web server
and a command. What was seen and what is still to be told is kept in a file, so a watcher that is
killed loses no alarm; what happened meanwhile it finds in the logs on chain. It needs no key. The
operator's guide is docs/WATCH.md.";

/// What `homeostat watch --help` says last.
pub const AFTER_LONG_HELP: &str = "\
With --once, for cron: exit code 0 when there was nothing to tell, 8 when alarms were told to all, 1
when a sink has not taken one (it is told again by the next run).

Examples:
  homeostat watch --economy ADDRESS --webhook https://alarms.example.org/hook
  homeostat watch --mint ADDRESS --wallet KEEPER --exec mail -s homeostat me@example.org
  homeostat watch --test --webhook https://alarms.example.org/hook";

/// The exit code of a single pass that told alarms.
const TOLD: u8 = 8;

/// Arguments of `watch`.
#[derive(Clone, Debug, clap::Args)]
pub struct WatchArgs {
    /// Watch this economy; may be given several times
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "HOMEOSTAT_ECONOMY",
        value_delimiter = ',',
        required_unless_present_any = ["mint", "test"],
        help_heading = "What"
    )]
    pub economy: Vec<String>,

    /// Watch the economy of this token; may be given several times
    #[arg(
        long,
        value_name = "ADDRESS",
        value_delimiter = ',',
        help_heading = "What"
    )]
    pub mint: Vec<String>,

    /// Watch the balance of this wallet, such as a keeper's; may be given several times
    #[arg(long, value_name = "ADDRESS", help_heading = "What")]
    pub wallet: Vec<String>,

    /// At a first start, also tell what the logs on chain still hold; without it the present is
    /// the base line
    #[arg(long, help_heading = "What")]
    pub since_genesis: bool,

    /// Tell stdout, and each alarm to this web server too: JSON, as a POST; https, unless it is
    /// this machine itself
    #[arg(
        long,
        value_name = "URL",
        env = "HOMEOSTAT_WEBHOOK",
        hide_env_values = true,
        help_heading = "Whom"
    )]
    pub webhook: Option<String>,

    /// Append each alarm to this file too, as a line of JSON, exactly once
    #[arg(long, value_name = "FILE", help_heading = "Whom")]
    pub file: Option<PathBuf>,

    /// Run this command for each alarm too, which gets it as JSON on stdin; no shell. Last on
    /// the line: what follows are its arguments
    #[arg(
        long,
        value_name = "ARGV",
        num_args = 1..,
        allow_hyphen_values = true,
        help_heading = "Whom"
    )]
    pub exec: Vec<String>,

    /// How long a web server or a command may take for an alarm, such as 10s or 10
    #[arg(long, value_name = "TIME", default_value_t = 10,
          value_parser = duration_in(1..=300_u64), help_heading = "Whom")]
    pub timeout: u64,

    /// Longest wait after failures of a sink, such as 5m or 300
    #[arg(long, value_name = "TIME", default_value_t = 300,
          value_parser = duration_in(1..=86_400_u64), help_heading = "Whom")]
    pub max_backoff: u64,

    /// Send a test alarm to all of them, and end
    #[arg(long, conflicts_with = "once", help_heading = "Whom")]
    pub test: bool,

    /// A period is overdue so long after its end, such as 2h or 7200 [default: a tenth of the period, at
    /// least 10 min]
    #[arg(long, value_name = "TIME",
          value_parser = duration_in(1..=31_536_000_u64), help_heading = "When")]
    pub overdue_after: Option<u64>,

    /// A keeper vault is low when it pays fewer cranks
    #[arg(long, value_name = "COUNT", default_value_t = 10,
          value_parser = clap::value_parser!(u64).range(1..=1_000_000), help_heading = "When")]
    pub min_cranks: u64,

    /// A wallet is low when it has less (lamports)
    #[arg(
        long,
        value_name = "LAMPORTS",
        default_value_t = 10_000_000,
        help_heading = "When"
    )]
    pub min_balance: u64,

    /// A parameter is saturated after so many periods at a limit
    #[arg(long, value_name = "PERIODS", default_value_t = 3,
          value_parser = clap::value_parser!(u32).range(1..=1_000_000), help_heading = "When")]
    pub saturated_after: u32,

    /// The watcher is blind when it has seen nothing newer for so long, such as 10m or 600
    #[arg(long, value_name = "TIME", default_value_t = 600,
          value_parser = duration_in(1..=86_400_u64), help_heading = "When")]
    pub blind_after: u64,

    /// Look once, tell, and exit: 0 nothing, 8 alarms were told
    #[arg(long, help_heading = "Running")]
    pub once: bool,

    /// Where to keep what was seen and what is still to be told [default: watch.json in systemd's
    /// STATE_DIRECTORY, or in the folder `watch` beside the journal]
    #[arg(long, value_name = "FILE", help_heading = "Running")]
    pub state: Option<PathBuf>,

    /// Time between two looks (milliseconds)
    #[arg(long, value_name = "MS", default_value_t = 15_000,
          value_parser = clap::value_parser!(u64).range(10..=600_000), help_heading = "Running")]
    pub poll: u64,

    #[command(flatten)]
    telemetry: TelemetryArgs,
}

impl WatchArgs {
    fn options(&self) -> Result<Options, Failure> {
        let economy = |text: &String| {
            Ok(Which {
                economy: Some(read_address(text, "--economy")?),
                ..Which::default()
            })
        };
        let mint = |text: &String| {
            Ok(Which {
                mint: Some(read_address(text, "--mint")?),
                ..Which::default()
            })
        };
        let economies = self.economy.iter().map(economy);
        Ok(Options {
            economies: economies
                .chain(self.mint.iter().map(mint))
                .collect::<Result<_, Failure>>()?,
            wallets: self
                .wallet
                .iter()
                .map(|text| read_address(text, "--wallet"))
                .collect::<Result<_, Failure>>()?,
            rules: Rules {
                overdue: self.overdue_after,
                cranks: self.min_cranks,
                saturated: self.saturated_after,
                wallet: self.min_balance,
                blind: self.blind_after,
            },
            since_genesis: self.since_genesis,
            once: self.once,
            poll: Duration::from_millis(self.poll),
            slice: Duration::from_secs(self.timeout).saturating_mul(3),
        })
    }

    /// The sinks, stdout first: it cannot be slow.
    fn outlets(&self, format: Format) -> Result<Vec<Outlet>, Failure> {
        let form = match format {
            Format::Display => Form::Text,
            Format::Json | Format::JsonCompact => Form::Json,
        };
        let (base, cap) = (
            Duration::from_secs(1),
            Duration::from_secs(self.max_backoff),
        );
        let timeout = Duration::from_secs(self.timeout);
        let stdout = Lines::new(form, |line| {
            let mut out = stdout::data();
            out.write_all(line.as_bytes())?;
            out.flush()
        });
        let mut all = vec![Outlet::new(stdout, base, cap)];
        if let Some(file) = &self.file {
            all.push(Outlet::new(Appended::new(file), base, cap));
        }
        if let Some(url) = &self.webhook {
            all.push(Outlet::new(Webhook::new(url, timeout)?, base, cap));
        }
        if !self.exec.is_empty() {
            let exec = Exec::new(self.exec.clone(), timeout)?;
            all.push(Outlet::new(exec, base, cap));
        }
        Ok(all)
    }

    /// The file of the watcher's memory, whose folder is made where nobody named one.
    fn state(&self, cluster: &ClusterArgs) -> Result<PathBuf, Failure> {
        if let Some(file) = &self.state {
            return Ok(file.clone());
        }
        let folder = state_folder()
            .or_else(|| Journal::open(cluster.journal.as_deref()).beside("watch"))
            .ok_or_else(|| {
                Failure::new(
                    "no_file",
                    "there is no place for what the watcher remembers",
                )
                .remedy("give a file with --state")
            })?;
        make(&folder)?;
        Ok(folder.join("watch.json"))
    }
}

fn make(folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|error| {
        Failure::new(
            "unwritable_file",
            format!("{} cannot be made: {error}", folder.display()),
        )
        .remedy("give a file in a folder of yours with --state")
    })
}

/// `watch`: runs until it is told to stop, or once.
///
/// # Errors
///
/// Wrong arguments; a port that is taken; a memory that another watcher has, that is unreadable or
/// of another cluster; with `--once` a server that does not answer, or a sink that does not take
/// an alarm.
pub fn watch(
    cluster: &ClusterArgs,
    format: Format,
    arguments: &WatchArgs,
) -> Result<ExitCode, Failure> {
    let options = arguments.options()?;
    let mut outlets = arguments.outlets(format)?;
    if arguments.test {
        return test(&mut outlets);
    }
    // A fork that is undone must not be told, so only what is final counts unless wished.
    let mut cluster = cluster.clone();
    cluster
        .commitment
        .get_or_insert_with(|| "finalized".to_owned());
    let settings = cluster.settings()?;
    arguments.telemetry.log(cluster.verbose)?;
    let names: BTreeSet<String> = outlets.iter().map(|one| one.name().to_owned()).collect();
    let memory = Memory::open(&arguments.state(&cluster)?, names)?;
    let metrics = Arc::new(Metrics::default());
    if !options.once {
        arguments.telemetry.serve(&metrics, options.poll)?;
    }
    let (once, grace) = (options.once, options.slice);
    let watcher = Watcher::new(options, memory, outlets, metrics);
    signals::stop_on_signals(watcher.post(), grace).map_err(|error| no_signals(&error))?;
    let servers = cluster.servers(&settings, Allowed::Sparing, Arc::new(log::server))?;
    let passed = watcher.run(|| Connection::open_with(&servers))?;
    if !once {
        return Ok(ExitCode::SUCCESS);
    }
    if passed.pending > 0 {
        return Err(Failure::new(
            "undelivered",
            format!("{} alarms are not told to everybody yet", passed.pending),
        )
        .remedy("look after the sink that stderr names; the next run tells them again"));
    }
    let told = passed.alarms > 0 || passed.told > 0;
    Ok(ExitCode::from(if told { TOLD } else { 0 }))
}

/// Sends a test alarm to all sinks, each of which is tried, and fails with the first failure.
fn test(outlets: &mut [Outlet]) -> Result<ExitCode, Failure> {
    // Its id has to be a new one, or a receiver would rightly drop it as told already.
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let number = u64::try_from(since.as_micros()).unwrap_or(u64::MAX);
    let at = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
    let alarm = Alarm::test(number, at);
    let mut failed = Ok(());
    for outlet in outlets {
        failed = failed.and(outlet.deliver(&alarm));
    }
    failed.map(|()| ExitCode::SUCCESS)
}
