//! `localnet`: a cluster of one's own, with an economy that lives on it.

mod child;
mod interrupt;
mod serve;
mod set_up;
mod world;

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Instant;

use homeostat_chain::connection::TIMEOUT;
use homeostat_chain::Connection;
use homeostat_client::PROGRAM_ID;
use homeostat_settings::files;
use schemars::JsonSchema;
use serde::Serialize;
use solana_commitment_config::CommitmentConfig;

use crate::chain::{Answer, ClusterArgs};
use crate::failure::Failure;
use crate::output::{self, Format};
use child::Child;
use interrupt::Interrupt;
pub use serve::{serve, BankArgs};
use set_up::People;
use world::{stopped, Told};

/// What `localnet --help` opens with.
pub const LONG_ABOUT: &str = "\
Start a cluster of your own with an economy that lives on it, in seconds.

A bank in a process of its own is served behind JSON-RPC and websocket, with the program in it. A
token and an economy with periods of a minute are created, wallets get SOL and tokens, a council is
appointed, the economy goes live, one wallet stakes, and a keeper cranks. Everything is public play
money with keys in files. `homeostat warp 6h` moves its clock.";

/// What `localnet --help` closes with.
pub const AFTER_LONG_HELP: &str = "\
Runs until Ctrl-C, and then leaves nothing behind: no process, no port, no folder. Only this machine
can connect.

With --output json or json-compact one line is printed when it is ready: `rpc_url`, `ws_url`,
`program`, `program_runs`, `economy`, `mint`, `wallets`, `council`, `config` (for -C of this command
line and of Solana's), `ledger`, `world`, `speed`, `ready_in_ms`.

The program runs natively, compiled into this binary: so it always fits the commands, and nothing
has to be built first. --program runs an ELF instead, with the compute units that it takes on a
cluster and with an upgrade authority (the founder).

--validator starts a real validator instead, which keeps what it did with --ledger: the next start
goes on with the same economy, wallets and keys. Its clock is the machine's: no --speed, no `warp`.
It needs the program `homeostat-localnet` beside this one or on the path:
  cargo build --profile host --package homeostat-validator --bin homeostat-localnet
(once, some 20 min on two cores; with a C++ compiler and libclang-dev), and the program's ELF:
  cargo xtask build-sbf";

/// Where keys and settings are, in the ledger's folder.
const HOME: &str = "homeostat";

/// Arguments of `localnet`.
#[derive(Clone, Debug, clap::Args)]
pub struct LocalnetArgs {
    /// Start a real validator instead of serving a bank
    #[arg(long)]
    pub validator: bool,
    /// Seconds of the cluster a second of this machine
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "validator",
          value_parser = clap::value_parser!(u32).range(1..=serve::FASTEST))]
    pub speed: u32,
    /// Keep everything in this folder, and go on with what is there (with --validator)
    #[arg(long, value_name = "DIR")]
    pub ledger: Option<PathBuf>,
    /// The program's ELF file [default: none, the program runs natively; with --validator
    /// homeostat.so beside this executable or in ../deploy]
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
    /// `native` (compiled into this binary) or `elf` (a file, as it is deployed).
    pub program_runs: String,
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
    /// The folder of keys and ledger.
    pub ledger: String,
    /// `bank` (served by this command line) or `validator`.
    pub world: String,
    /// Seconds of the cluster a second of this machine.
    pub speed: u32,
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
            "ready in {:.1} s\n  url        {}\n  websocket  {}\n  program    {} ({})\n  economy    {}\n  \
             mint       {}\n  council    {} ({} of {})",
            self.ready_in_ms as f64 / 1e3,
            self.rpc_url,
            self.ws_url,
            self.program,
            self.program_runs,
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

/// Runs `homeostat localnet`.
///
/// # Errors
///
/// A program that is missing, a world that does not start or stops, whatever the economy's
/// creation is refused for; `bank_keeps_nothing` for a ledger without a validator. Nothing is
/// left running.
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
    let command = world::command(arguments)?;
    say(if arguments.validator {
        "starting a validator and deploying the program"
    } else {
        "starting a bank with the program"
    });
    let mut world = Child::start(command)?;
    let Told::Ready {
        rpc_url,
        ws_url,
        ledger,
        payer,
        deployed_in_ms,
    } = world::ready(&mut world, &interrupt)?
    else {
        return Err(stopped());
    };
    if arguments.ledger.is_none() {
        world.sweep(ledger.clone());
    }
    let native = !arguments.validator && arguments.program.is_none();
    let deployed = match deployed_in_ms {
        Some(ms) => format!("deployed in {:.1} s", ms as f64 / 1e3),
        None if native => "the program runs natively, as this binary has it".to_owned(),
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
    // A bank, or one validator alone, never takes a block back.
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
        Some(start_keeper(arguments, &home, &config, &rpc_url, &people)?)
    };
    let at = people.at();
    answer(
        &Ready {
            rpc_url,
            ws_url,
            program: PROGRAM_ID.to_string(),
            program_runs: if native { "native" } else { "elf" }.to_owned(),
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
            world: if arguments.validator {
                "validator"
            } else {
                "bank"
            }
            .to_owned(),
            speed: arguments.speed,
            keeper: keeper.is_some(),
            ready_in_ms: u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX),
        },
        format,
    )?;

    while !interrupt.came() {
        if world.ended().is_some() {
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
    drop(world);
    Ok(())
}

/// This very program as the economy's keeper; what it says goes into a file.
fn start_keeper(
    arguments: &LocalnetArgs,
    home: &Path,
    config: &Path,
    url: &str,
    people: &People,
) -> Result<Child, Failure> {
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
        .args(poll(arguments))
        .stdout(Stdio::null())
        .stderr(log);
    Child::start(command)
}

/// How often the keeper looks at the clock: one that is faster than the machine's, or that `warp`
/// moves, is looked at as often as it moves.
fn poll(arguments: &LocalnetArgs) -> Vec<String> {
    match arguments.validator {
        true => Vec::new(),
        false => vec![
            "--poll".into(),
            homeostat_served::TICK.as_millis().to_string(),
        ],
    }
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
