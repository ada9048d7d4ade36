//! `deploy`: brings a cluster to what a file says. What is to be done, and doing it, is
//! [`homeostat_migrations`]; here are its flags, its questions and its answers.

mod answer;
mod confirm;
mod store;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;

use homeostat_chain::{Fees, Sender};
use homeostat_migrations::chain::Cluster;
use homeostat_migrations::plan::require_cluster;
use homeostat_migrations::status::status;
use homeostat_migrations::{apply, plan, ClusterFile, Outcome, Plan, Point, Step, Witness};
use homeostat_settings::human::duration_in;
use solana_signer::Signer;

use crate::chain::delivery::SendArgs;
use crate::chain::key::Key;
use crate::chain::{ClusterArgs, Context};
use crate::failure::Failure;
use crate::output::Format;

pub use answer::{Applied, Checked, Shown};

/// What `homeostat deploy --help` says first.
pub const LONG_ABOUT: &str = "\
Bring a cluster to what a file says: the program deployed or upgraded, economies created, accounts
of older layouts migrated.

What is left is computed from the chain before every step, so a run that was killed anywhere is
simply started again. migrations/README.md says what the file holds.";

/// What `homeostat deploy --help` closes with.
pub const AFTER_LONG_HELP: &str = "\
Exit codes: 0 done, or the release check passes; 1 something is wrong, or the check does not pass;
2 wrong usage; 3 the cluster does not answer or answers nonsense; 4 it refuses a transaction; 5 one
was sent and nobody knows what became of it (`homeostat outcome` looks it up); 6 a multisig has to
sign what is printed before `apply` can go on.

Before the program leaves the payer, the publisher's multisig is read and its vault compared with
`program.authority`, and somebody types the program's address, on every cluster but a local one.";

/// Exit code when somebody else has to act before `apply` can go on.
const WAITING: u8 = 6;

/// Arguments of `deploy`.
#[derive(Debug, clap::Args)]
pub struct DeployArgs {
    /// What to do
    #[command(subcommand)]
    pub command: DeployCommand,
}

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum DeployCommand {
    /// Show every step and what it costs; sends nothing
    #[command(after_long_help = AFTER_LONG_HELP)]
    Plan(FileArgs),
    /// Do every step; goes on where it was stopped
    #[command(after_long_help = AFTER_LONG_HELP)]
    Apply(ApplyArgs),
    /// Release check: is the ELF the file's, and does its publisher, or nobody, hold the upgrade
    /// authority?
    #[command(after_long_help = AFTER_LONG_HELP)]
    Status(FileArgs),
}

/// Which file.
#[derive(Debug, clap::Args)]
pub struct FileArgs {
    /// Cluster file (TOML)
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// Arguments of `deploy apply`.
#[derive(Debug, clap::Args)]
pub struct ApplyArgs {
    #[command(flatten)]
    file: FileArgs,

    /// State file [default: the cluster file's name with `.state.json`]
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,

    /// The program's address, from somebody who has looked at who gets it: where nobody can be
    /// asked, and the program is handed over on a cluster that is not local
    #[arg(long, value_name = "ADDRESS")]
    confirm_program: Option<String>,

    /// Store what the publisher's vault has to do next in this Squads v4 multisig, which is the
    /// file's, for its members; the payer is a member
    #[arg(long, value_name = "MULTISIG", help_heading = "Transaction")]
    squads: Option<String>,

    /// With --squads, do not approve there what is stored
    #[arg(long, requires = "squads", help_heading = "Transaction")]
    no_approve: bool,

    /// Price of a compute unit (micro-lamports) [default: what three quarters paid lately]
    #[arg(long, value_name = "MICRO_LAMPORTS", help_heading = "Transaction")]
    with_compute_unit_price: Option<u64>,

    /// Most that the priority of a transaction may cost (lamports)
    #[arg(
        long,
        value_name = "LAMPORTS",
        default_value_t = 100_000,
        help_heading = "Transaction"
    )]
    max_priority_fee: u64,

    /// Do not ask before writing to mainnet
    #[arg(long, help_heading = "Transaction")]
    yes: bool,

    /// How long to wait for a transaction's outcome, such as 3m or 180
    #[arg(long, value_name = "TIME", default_value_t = 180,
          value_parser = duration_in(1..=3_600_u64), help_heading = "Transaction")]
    patience: u64,
}

impl DeployArgs {
    fn file(&self) -> &Path {
        match &self.command {
            DeployCommand::Plan(arguments) | DeployCommand::Status(arguments) => &arguments.file,
            DeployCommand::Apply(arguments) => &arguments.file.file,
        }
    }
}

impl ApplyArgs {
    /// How its transactions are sent: now, each after the one before.
    fn send(&self) -> SendArgs {
        SendArgs {
            with_compute_unit_price: self.with_compute_unit_price,
            max_priority_fee: self.max_priority_fee,
            yes: self.yes,
            patience: self.patience,
            no_approve: self.no_approve,
            ..SendArgs::default()
        }
    }
}

/// `deploy`: the exit code says what is left.
///
/// # Errors
///
/// What is wrong with the file, the cluster, the keys; what the cluster refuses.
pub fn run(
    arguments: &DeployArgs,
    cluster: &ClusterArgs,
    format: Format,
) -> Result<ExitCode, Failure> {
    let path = arguments.file();
    let file = ClusterFile::read(path, &signer)?;
    // What is said on the command line goes before the file, and that before the configuration.
    let mut cluster = cluster.clone();
    if cluster.url.is_empty() {
        cluster.url.push(file.url.clone());
    }
    cluster.keypair = cluster.keypair.or_else(|| file.payer.clone());
    let context = Context::open(&cluster, format)?;
    match &arguments.command {
        DeployCommand::Plan(_) => {
            let payer = context.key()?;
            let planned = plan(&reading(&context), &file, &payer.address())?;
            context.answer(&Shown::new(&context, &payer, planned))?;
            Ok(ExitCode::SUCCESS)
        }
        DeployCommand::Apply(arguments) => {
            let beside = || PathBuf::from(format!("{}.state.json", path.display()));
            let state = arguments.state.clone().unwrap_or_else(beside);
            let payer = context.key()?;
            let what = format!("deploy {}", path.display());
            let notes = context.notes("deploy", &what, &payer);
            let sender = context.sender(&arguments.send(), notes);
            let chain = Cluster { sender };
            let multisig = arguments
                .squads
                .as_deref()
                .map(|multisig| store::publishers(multisig, &file))
                .transpose()?;
            let outcome = carry_out(&context, arguments, &file, &chain, &payer, &state)?;
            let (sign, stored) = match outcome {
                Outcome::Complete => (None, None),
                Outcome::Waiting(sign) => {
                    let stored = multisig
                        .map(|multisig| store::next(&context, &arguments.send(), &multisig, &sign))
                        .transpose()?;
                    (Some(sign), stored.flatten())
                }
            };
            let waiting = sign.is_some();
            context.answer(&Applied::new(&context, &payer, sign, stored))?;
            Ok(ExitCode::from(if waiting { WAITING } else { 0 }))
        }
        DeployCommand::Status(_) => {
            let checked = status(&reading(&context), &file)?;
            let passes = checked.passes();
            context.answer(&Checked::new(&context, checked))?;
            Ok(ExitCode::from(u8::from(!passes)))
        }
    }
}

/// A signer that a cluster file names.
fn signer(source: &str) -> Result<Rc<dyn Signer>, Failure> {
    match Key::read(source)? {
        Key::Here(signer) => Ok(signer),
        Key::Elsewhere(address) => Err(Failure::new(
            "missing_key",
            format!("the key of {address} is not here"),
        )
        .remedy("name its file or its wallet in the cluster file")),
    }
}

/// The cluster for who sends nothing.
fn reading(context: &Context) -> Cluster<'_> {
    Cluster {
        sender: Sender::new(&context.connection, Fees::default()),
    }
}

/// `deploy apply`: shows what is left, asks, and does it.
fn carry_out(
    context: &Context,
    arguments: &ApplyArgs,
    file: &ClusterFile,
    chain: &Cluster<'_>,
    payer: &Key,
    state: &Path,
) -> Result<Outcome, Failure> {
    let signer = payer.here().map_err(|failure| {
        failure.remedy("give its file or its wallet with --keypair; an address is for `plan` alone")
    })?;
    require_cluster(chain, file)?;
    let planned = plan(chain, file, &payer.address())?;
    context.say(&format!(
        "cluster {}, payer {}\n{planned}",
        context.connection.cluster(),
        payer.address()
    ));
    warn_of_many_questions(context, &planned, signer);
    context.warn_of_open("deploy", payer);
    if planned.steps.iter().any(|step| step.step != Step::Await) {
        context.ask(&arguments.send()).map_err(|failure| {
            failure
                .remedy("look at it with `homeostat deploy plan`, then add --yes; nothing was sent")
        })?;
    }
    let hands_over = planned
        .steps
        .iter()
        .any(|step| step.step == Step::HandProgram);
    let confirmed = match &file.program {
        Some(program) if hands_over && !confirm::is_local(context) => {
            confirm::ask(context, program, arguments.confirm_program.as_deref())?;
            true
        }
        _ => confirm::is_local(context),
    };
    let mut progress = Progress {
        context,
        confirmed,
        landed: 0,
    };
    apply(chain, file, signer, state, &mut progress)
}

/// A hardware wallet has to approve every transaction, and a buffer takes hundreds.
fn warn_of_many_questions(context: &Context, planned: &Plan, payer: &dyn Signer) {
    let writes = planned.steps.iter().find_map(|step| match &step.step {
        Step::WriteBuffer(chunks) => Some(chunks.len()),
        _ => None,
    });
    if let Some(writes) = writes.filter(|writes| *writes > 1 && payer.is_interactive()) {
        context.say(&format!(
            "warning: the wallet will have to approve {writes} transactions that write the buffer; \
             pay with a key in a file, and let the wallet be `program.authority`"
        ));
    }
}

/// Tells every step on stderr, and stops before a hand-over that nobody confirmed.
struct Progress<'a> {
    context: &'a Context,
    confirmed: bool,
    landed: usize,
}

impl Witness for Progress<'_> {
    fn at(&mut self, point: Point<'_>) -> Result<(), Failure> {
        match point {
            Point::Before(step) => {
                // The plan that was shown had no hand-over; the chain has changed since.
                if step.step == Step::HandProgram && !self.confirmed {
                    return Err(Failure::new("not_confirmed", step.what.clone())
                        .remedy("look at `homeostat deploy plan`, then apply again"));
                }
                self.landed = 0;
                self.context.say(&format!("… {}", step.what));
            }
            Point::Landed => {
                self.landed += 1;
                if self.landed.is_multiple_of(50) {
                    self.context.say(&format!("  {} landed", self.landed));
                }
            }
            Point::After(step) => self.context.say(&format!("ok {}", step.what)),
        }
        Ok(())
    }
}
