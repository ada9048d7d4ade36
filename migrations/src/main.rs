//! The `homeostat-migrations` binary.

use std::{
    io::{self, BufRead, IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Parser, Subcommand, ValueEnum};
use homeostat_migrations::{
    apply, chain::Cluster, file::ClusterFile, plan, plan::require_cluster, run::Signed,
    status::status, Outcome, Plan, Point, Witness,
};
use homeostat_ops::{signer::read_key, Connection, Failure, Fees, Kind, Sender, Talk, Wishes};
use serde_json::json;
use solana_keypair::Keypair;
use solana_signer::Signer;

/// Brings a cluster to what a file says: program, economies, layouts of accounts.
///
/// Every step is computed from the chain, so a run that was killed is simply started again.
#[derive(Parser)]
#[command(name = "homeostat-migrations", version)]
struct Arguments {
    /// What to do
    #[command(subcommand)]
    command: Command,
    /// Cluster file (TOML); migrations/README.md has an example
    #[arg(
        global = true,
        long,
        value_name = "FILE",
        default_value = "cluster.toml"
    )]
    cluster: PathBuf,
    /// Key that pays; default: `cluster.payer` of the file, then the Solana configuration
    #[arg(global = true, short, long, value_name = "FILE")]
    keypair: Option<String>,
    /// Another server for the same cluster
    #[arg(global = true, short, long, value_name = "URL")]
    url: Option<String>,
    /// Micro-lamports a compute unit; default: by what was paid lately
    #[arg(global = true, long, value_name = "PRICE")]
    with_compute_unit_price: Option<u64>,
    /// Format of stdout
    #[arg(global = true, long, value_enum, default_value = "display")]
    output: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Display,
    Json,
}

#[derive(Subcommand)]
enum Command {
    /// Show every step and what it costs; sends nothing
    Plan,
    /// Do every step
    Apply {
        /// Do not ask, not even on mainnet
        #[arg(long)]
        yes: bool,
        /// State file; default: the cluster file's name with `.state.json`
        #[arg(long, value_name = "FILE")]
        state: Option<PathBuf>,
    },
    /// Release check: is the ELF the file's, and its upgrade authority the publisher's or nobody?
    Status,
}

struct Stderr;

impl Talk for Stderr {
    fn say(&self, line: &str) {
        eprintln!("{line}");
    }
}

/// Tells every step on stderr.
#[derive(Default)]
struct Progress {
    landed: usize,
}

impl Witness for Progress {
    fn at(&mut self, point: Point<'_>) -> Result<(), Failure> {
        match point {
            Point::Before(step) => {
                self.landed = 0;
                eprintln!("… {}", step.what);
            }
            Point::Landed => {
                self.landed += 1;
                if self.landed.is_multiple_of(50) {
                    eprintln!("  {} landed", self.landed);
                }
            }
            Point::After(step) => eprintln!("ok {}", step.what),
        }
        Ok(())
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(code) => code,
        Err(failure) => {
            let code = ExitCode::from(failure.exit());
            if arguments.output == Format::Json {
                println!("{}", json!({ "error": failure }));
            } else {
                eprintln!("{failure}");
            }
            code
        }
    }
}

/// Exit code when somebody else has to act before `apply` can go on.
const WAITING: u8 = 6;

fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let file = ClusterFile::read(&arguments.cluster)?;
    let settings = Wishes {
        url: Some(arguments.url.clone().unwrap_or_else(|| file.url.clone())),
        keypair: arguments.keypair.clone().or_else(|| file.payer.clone()),
        ..Wishes::default()
    }
    .resolve()?;
    let connection = Connection::open(&settings)?;
    let fees = Fees {
        price: arguments.with_compute_unit_price,
        ..Fees::default()
    };
    let sender = Sender {
        talk: &Stderr,
        ..Sender::new(&connection, fees)
    };
    let chain = Cluster { sender };
    require_cluster(&chain, &file)?;
    let json = arguments.output == Format::Json;

    if let Command::Status = arguments.command {
        let status = status(&chain, &file)?;
        if json {
            println!("{}", json!(status));
        } else {
            print!("{status}");
        }
        return Ok(ExitCode::from(u8::from(!status.passes())));
    }
    let payer = read_key(&settings.keypair)?;
    let planned = plan(&chain, &file, &payer.pubkey())?;
    let Command::Apply { yes, state } = &arguments.command else {
        show(&planned, json);
        return Ok(ExitCode::SUCCESS);
    };
    eprint!(
        "cluster {}, payer {}\n{planned}",
        connection.cluster(),
        payer.pubkey()
    );
    if connection.cluster().kind == Kind::MainnetBeta && !yes && !planned.steps.is_empty() {
        ask()?;
    }
    let beside = || PathBuf::from(format!("{}.state.json", arguments.cluster.display()));
    let state = state.clone().unwrap_or_else(beside);
    finish(&chain, &file, &payer, &state, json)
}

fn finish(
    chain: &Cluster<'_>,
    file: &ClusterFile,
    payer: &Keypair,
    state: &Path,
    json: bool,
) -> Result<ExitCode, Failure> {
    match apply(chain, file, payer, state, &mut Progress::default())? {
        Outcome::Complete => {
            if json {
                println!("{}", json!({ "complete": true }));
            } else {
                println!("complete: the cluster is as the file says");
            }
            Ok(ExitCode::SUCCESS)
        }
        Outcome::Waiting(upgrade) => {
            if json {
                println!("{}", json!({ "complete": false, "sign": upgrade }));
            } else {
                let what = match upgrade.what {
                    Signed::Room => "that makes room in",
                    Signed::Upgrade => "that upgrades",
                };
                println!(
                    "The buffer {} holds the ELF (sha256 {}) and is {}'s.\n\
                     Have it sign the transaction {what} {}, then run apply again. The buffer's \
                     rent will go to {}.\n\
                     Message for the multisig's importer (base64):\n{}",
                    upgrade.buffer,
                    upgrade.sha256,
                    upgrade.authority,
                    upgrade.program,
                    upgrade.spill,
                    upgrade.message
                );
            }
            Ok(ExitCode::from(WAITING))
        }
    }
}

fn show(plan: &Plan, json: bool) {
    if json {
        let (rent, fees) = plan.cost();
        println!(
            "{}",
            json!({ "steps": plan.steps, "rent": rent, "fees": fees })
        );
    } else {
        print!("{plan}");
    }
}

/// Asks a person; nobody at a terminal is a no.
fn ask() -> Result<(), Failure> {
    let refused = Failure::new("not_confirmed", "nothing was sent")
        .remedy("answer `yes`, or give --yes where nobody can answer");
    if !io::stdin().is_terminal() {
        return Err(refused);
    }
    eprint!("This is mainnet. Do all this? Write yes: ");
    let _ = io::stderr().flush();
    let mut answer = String::new();
    match io::stdin().lock().read_line(&mut answer) {
        Ok(_) if answer.trim() == "yes" => Ok(()),
        _ => Err(refused),
    }
}
