//! `localnet`: a real validator of one's own, with an economy that lives on it.

mod child;
mod set_up;

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::sync::Arc;
use std::thread::sleep;
use std::time::Instant;

use homeostat_chain::connection::TIMEOUT;
use homeostat_chain::Connection;
use homeostat_client::PROGRAM_ID;
use homeostat_settings::files;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signal_hook::consts::{SIGINT, SIGTERM};
use solana_commitment_config::CommitmentConfig;

use crate::chain::{Answer, ClusterArgs};
use crate::failure::Failure;
use crate::output::{self, Format};
use child::Child;
use set_up::People;

/// What `localnet --help` opens with.
pub const LONG_ABOUT: &str = "\
Start a validator of your own with an economy that lives on it.

The program is deployed through the upgradeable loader, a token and an economy with periods of a
minute are created, wallets get SOL and tokens, a council is appointed, the economy goes live, one
wallet stakes, and a keeper cranks. Everything is public play money with keys in files.";

/// What `localnet --help` closes with.
pub const AFTER_LONG_HELP: &str = "\
Runs until Ctrl-C, and then leaves nothing behind: no process, no port, no folder. With --ledger
everything is kept, and the next start goes on with the same economy, wallets and keys.

With --output json or json-compact one line is printed when it is ready: `rpc_url`, `ws_url`,
`program`, `economy`, `mint`, `wallets`, `council`, `config` (for -C of this command line and of
Solana's), `ledger`, `ready_in_ms`.

Needs the program `homeostat-localnet` beside this one or on the path:
  cargo build --profile host --package homeostat-validator --bin homeostat-localnet
(once, some 20 min on two cores; with a C++ compiler and libclang-dev), and the program's ELF:
  cargo xtask build-sbf";

/// The validator's executable.
const VALIDATOR: &str = "homeostat-localnet";
/// The program's ELF.
const ELF: &str = "homeostat.so";
/// Where keys and settings are, in the ledger's folder.
const HOME: &str = "homeostat";

/// Arguments of `localnet`.
#[derive(Clone, Debug, clap::Args)]
pub struct LocalnetArgs {
    /// Keep everything in this folder, and go on with what is there
    #[arg(long, value_name = "DIR")]
    pub ledger: Option<PathBuf>,
    /// The program's ELF file [default: homeostat.so beside this executable or in ../deploy]
    #[arg(long, value_name = "FILE", env = "HOMEOSTAT_PROGRAM")]
    pub program: Option<PathBuf>,
    /// Port of JSON-RPC; the websocket is on the next one [default: two that are free]
    #[arg(long, value_name = "PORT")]
    pub rpc_port: Option<u16>,
    /// Start no keeper: nobody cranks unless you do
    #[arg(long)]
    pub no_keeper: bool,
}

/// What `localnet` prints when it is ready.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Ready {
    /// JSON-RPC.
    pub rpc_url: String,
    /// Websocket.
    pub ws_url: String,
    /// The program.
    pub program: String,
    /// The economy.
    pub economy: String,
    /// Its token.
    pub mint: String,
    /// Everybody with a key.
    pub wallets: Vec<WalletAnswer>,
    /// The economy's council.
    pub council: CouncilAnswer,
    /// Configuration file for `-C`, of this command line and of Solana's.
    pub config: String,
    /// The ledger's folder.
    pub ledger: String,
    /// Whether a keeper cranks.
    pub keeper: bool,
    /// From the start of the command (milliseconds).
    pub ready_in_ms: u64,
}

/// A wallet.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct WalletAnswer {
    /// `founder`, `alice`, `bob`, `keeper`, `member-1` to `member-3` or `guardian`.
    pub name: String,
    /// Address.
    pub address: String,
    /// Key file.
    pub keypair: String,
}

/// The council.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CouncilAnswer {
    /// Its account.
    pub address: String,
    /// Members.
    pub members: Vec<String>,
    /// Members whose approval a proposal needs.
    pub threshold: u8,
    /// Pauses and vetoes.
    pub guardian: String,
}

impl Answer for Ready {
    fn display(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "ready in {:.1} s\n  url        {}\n  websocket  {}\n  program    {}\n  economy    {}\n  \
             mint       {}\n  council    {} ({} of {})",
            self.ready_in_ms as f64 / 1e3,
            self.rpc_url,
            self.ws_url,
            self.program,
            self.economy,
            self.mint,
            self.council.address,
            self.council.threshold,
            self.council.members.len()
        )?;
        for wallet in &self.wallets {
            writeln!(
                out,
                "  {:<9}  {} {}",
                wallet.name, wallet.address, wallet.keypair
            )?;
        }
        writeln!(
            out,
            "try: homeostat status -C {} --economy {}\nCtrl-C ends it",
            self.config, self.economy
        )
    }
}

/// What `homeostat-localnet` prints.
#[derive(Deserialize)]
#[serde(untagged)]
enum Told {
    Ready {
        rpc_url: String,
        ws_url: String,
        ledger: PathBuf,
        payer: PathBuf,
        deployed_in_ms: Option<u64>,
    },
    Failed {
        error: String,
    },
}

/// Somebody pressed Ctrl-C, or asked us to end.
struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    fn listen() -> Result<Self, Failure> {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            signal_hook::flag::register(signal, Arc::clone(&flag)).map_err(|error| {
                Failure::new("no_signals", format!("signals cannot be received: {error}"))
                    .remedy("this is the system's; see the limits of the process")
            })?;
        }
        Ok(Self(flag))
    }

    fn came(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn check(&self) -> Result<(), Failure> {
        if self.came() {
            return Err(
                Failure::new("interrupted", "interrupted before it was ready")
                    .remedy("nothing was left behind, but for the folder of --ledger"),
            );
        }
        Ok(())
    }
}

/// Runs `homeostat localnet`.
///
/// # Errors
///
/// A program that is missing, a validator that does not start or stops, whatever the
/// economy's creation is refused for. Nothing is left running.
pub fn run(arguments: &LocalnetArgs, cluster: &ClusterArgs, format: Format) -> Result<(), Failure> {
    let begin = Instant::now();
    if !cluster.url.is_empty() {
        return Err(Failure::new(
            "own_cluster",
            "localnet starts a cluster of its own, and --url names another",
        )
        .remedy("leave --url out; --rpc-port chooses the port"));
    }
    let interrupt = Interrupt::listen()?;
    let say = |line: &str| {
        // Nobody to tell that nobody listens.
        let _ = writeln!(io::stderr(), "{line}");
    };
    say("starting a validator and deploying the program");
    let mut validator = Child::start(validator_command(arguments)?)?;
    let Told::Ready {
        rpc_url,
        ws_url,
        ledger,
        payer,
        deployed_in_ms,
    } = ready(&mut validator, &interrupt)?
    else {
        return Err(stopped());
    };
    if arguments.ledger.is_none() {
        validator.sweep(ledger.clone());
    }
    let deployed = match deployed_in_ms {
        Some(ms) => format!("deployed in {:.1} s", ms as f64 / 1e3),
        None => "the program was there".to_owned(),
    };
    say(&format!(
        "{rpc_url} answers after {:.1} s ({deployed}); creating what is missing",
        begin.elapsed().as_secs_f64()
    ));
    let home = ledger.join(HOME);
    let failed = |error: io::Error| files::unreadable(&home.display().to_string(), &error);
    std::fs::create_dir_all(&home).map_err(failed)?;
    let people = People::of(&home, payer)?;
    let go_on = || interrupt.check();
    let open = |sure| Connection::open_within(&rpc_url, sure, TIMEOUT);
    // One validator alone never takes a block back.
    people.settle(&open(CommitmentConfig::processed())?, &go_on)?;
    people.wait(&open(CommitmentConfig::confirmed())?, &go_on)?;

    let config = home.join("config.yml");
    let text = format!(
        "---\njson_rpc_url: \"{rpc_url}\"\nwebsocket_url: \"{ws_url}\"\nkeypair_path: \"{}\"\n\
         address_labels: {{}}\ncommitment: \"confirmed\"\n",
        people.alice.file.display()
    );
    files::replace(&config, text.as_bytes())?;
    let mut keeper = if arguments.no_keeper {
        None
    } else {
        Some(start_keeper(&home, &config, &rpc_url, &people)?)
    };
    let at = people.at();
    answer(
        &Ready {
            rpc_url,
            ws_url,
            program: PROGRAM_ID.to_string(),
            economy: at.economy.to_string(),
            mint: at.mint.to_string(),
            wallets: people
                .all()
                .map(|person| WalletAnswer {
                    name: person.name.to_owned(),
                    address: person.address().to_string(),
                    keypair: person.file.display().to_string(),
                })
                .collect(),
            council: CouncilAnswer {
                address: at.council.to_string(),
                members: people
                    .members
                    .iter()
                    .map(|member| member.address().to_string())
                    .collect(),
                threshold: People::threshold(),
                guardian: people.guardian.address().to_string(),
            },
            config: config.display().to_string(),
            ledger: ledger.display().to_string(),
            keeper: keeper.is_some(),
            ready_in_ms: u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX),
        },
        format,
    )?;

    while !interrupt.came() {
        if validator.ended().is_some() {
            return Err(stopped());
        }
        if keeper
            .as_mut()
            .is_some_and(|keeper| keeper.ended().is_some())
        {
            keeper = None;
            say(&format!(
                "the keeper has ended, nobody cranks; see {}",
                home.join("keeper.log").display()
            ));
        }
        sleep(child::POLL);
    }
    say("stopping");
    drop(keeper);
    drop(validator);
    Ok(())
}

fn stopped() -> Failure {
    Failure::new("validator_stopped", "the validator has stopped")
        .remedy("start it again; was the machine out of memory or disk?")
}

/// The validator, whose stdout is told to us.
fn validator_command(arguments: &LocalnetArgs) -> Result<Command, Failure> {
    let program = match &arguments.program {
        Some(file) => file.clone(),
        None => [ELF, "../deploy/homeostat.so"]
            .iter()
            .filter_map(|name| {
                let own = std::env::current_exe().ok()?;
                Some(own.parent()?.join(name))
            })
            .find(|file| file.is_file())
            .ok_or_else(|| {
                Failure::new("no_elf", "the program's ELF file is not there")
                    .remedy("build it with `cargo xtask build-sbf`, or name it with --program")
            })?,
    };
    let executable = child::find(VALIDATOR).ok_or_else(|| {
        Failure::new(
            "no_validator",
            format!("the program {VALIDATOR} is neither beside this one nor on the path"),
        )
        .remedy(
            "build it once, some 20 min on two cores (C++ compiler and libclang-dev): \
             `cargo build --profile host --package homeostat-validator --bin homeostat-localnet`",
        )
    })?;
    let mut command = Command::new(executable);
    command.arg("--program").arg(program).stdout(Stdio::piped());
    if let Some(ledger) = &arguments.ledger {
        command.arg("--ledger").arg(ledger);
    }
    if let Some(port) = arguments.rpc_port {
        command.arg("--rpc-port").arg(port.to_string());
    }
    Ok(command)
}

/// Waits for the validator's line.
fn ready(validator: &mut Child, interrupt: &Interrupt) -> Result<Told, Failure> {
    let lines = validator.lines();
    loop {
        interrupt.check()?;
        match lines.recv_timeout(child::POLL) {
            Ok(line) => match serde_json::from_str(&line) {
                Ok(Told::Failed { error }) => {
                    return Err(Failure::new("validator_failed", error)
                        .remedy("mend that and start again; nothing was left running"))
                }
                Ok(told) => return Ok(told),
                // Not for us.
                Err(_) => {}
            },
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(stopped()),
        }
    }
}

/// This very program as the economy's keeper; what it says goes into a file.
fn start_keeper(home: &Path, config: &Path, url: &str, people: &People) -> Result<Child, Failure> {
    let unfit = |error: io::Error| {
        Failure::new(
            "no_keeper",
            format!("the keeper cannot be started: {error}"),
        )
        .remedy("leave it out with --no-keeper")
    };
    let log = File::create(home.join("keeper.log")).map_err(unfit)?;
    let mut command = Command::new(std::env::current_exe().map_err(unfit)?);
    command
        .arg("--end-with-stdin")
        .args(["keeper", "--url", url, "--economy"])
        .arg(people.at().economy.to_string())
        .arg("--keypair")
        .arg(&people.keeper.file)
        .arg("--config")
        .arg(config)
        .args(["--collect", "--jitter", "0"])
        .stdout(Stdio::null())
        .stderr(log);
    Child::start(command)
}

/// Prints the answer: with JSON on one line, for whoever waits for it.
fn answer(ready: &Ready, format: Format) -> Result<(), Failure> {
    output::to_stdout(|out| match format {
        Format::Display => ready.display(out),
        Format::Json | Format::JsonCompact => {
            output::write_json(&mut { out }, ready, Format::JsonCompact).map_err(io::Error::other)
        }
    })
    .map_err(|error| crate::output::unwritten(&error))
}
