//! The bank of a localnet, in a process of its own: served until stdin ends, as a validator's
//! child is. A panic of the bank ends this process and not its parent, which clears up.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use homeostat_served::{Bank, Options, Pace, Served};
use serde_json::{json, Value};
use solana_keypair::write_keypair_file;
use tempfile::TempDir;

use super::child::POLL;
use super::interrupt::Interrupt;
use crate::failure::Failure;
use crate::stdout;

/// Most seconds of the cluster a second of this machine: a day.
pub const FASTEST: i64 = 86_400;
/// What every ELF file begins with.
const MAGIC: &[u8] = b"\x7fELF";

/// Arguments of the process.
#[derive(Clone, Debug, clap::Args)]
pub struct BankArgs {
    /// Seconds of the cluster a second of this machine
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=FASTEST))]
    pub speed: u32,
    /// The program's ELF file, instead of native code
    #[arg(long)]
    pub program: Option<PathBuf>,
    /// Port of JSON-RPC; the websocket is on the next one
    #[arg(long)]
    pub rpc_port: Option<u16>,
}

/// Serves until stdin ends or somebody interrupts; says on stdout, in one line of JSON, where, or
/// what is wrong.
pub fn serve(arguments: &BankArgs) -> ExitCode {
    // A parent that has gone away does not read this: then stdin has ended, too.
    let tell = |line: Value| {
        let mut out = stdout::data();
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    };
    match run(arguments, &tell) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            tell(json!({ "error": failure.message }));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &BankArgs, tell: &dyn Fn(Value)) -> Result<(), Failure> {
    let interrupt = Interrupt::listen()?;
    let ended = interrupt.clone();
    thread::spawn(move || {
        // An error ends it as the end does.
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        ended.come();
    });
    // What native programs print goes nowhere.
    let _aside = stdout::set_aside(false).map_err(|error| stdout::not_aside(&error))?;
    let folder = folder()?;
    // The bank's own temporary files, which it leaves behind, go with the folder.
    tempfile::env::override_temp_dir(folder.path()).map_err(|other| {
        Failure::new("no_folder", format!("{} is used", other.display()))
            .remedy("please report this: a process serves one world")
    })?;
    let elf = arguments.program.as_deref().map(read_elf).transpose()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok();
    let now = now.and_then(|since| i64::try_from(since.as_secs()).ok());
    let options = Options {
        rpc_port: arguments.rpc_port,
        pace: Pace::Running {
            speed: arguments.speed,
        },
    };
    let served = Served::start_with(options, async move || {
        let mut bank = match elf {
            Some(elf) => Bank::start_deployed(&elf).await,
            None => Bank::start().await,
        };
        bank.set_time(now.unwrap_or(Bank::GENESIS)).await;
        bank
    })
    .map_err(|error| {
        Failure::new("no_port", format!("no port to serve the world on: {error}"))
            .remedy("name a port that is free, and the next one too, with --rpc-port")
    })?;

    let payer = folder.path().join("payer-keypair.json");
    let key = served.with(async |bank: &mut Bank| bank.payer());
    write_keypair_file(&key, &payer).map_err(|error| {
        let shown = payer.display();
        Failure::new(
            "unwritable_file",
            format!("{shown} cannot be written: {error}"),
        )
        .remedy("make room in the folder for temporary files, or name another with TMPDIR")
    })?;
    tell(json!({
        "rpc_url": served.url(),
        "ws_url": served.ws_url(),
        "ledger": folder.path(),
        "payer": payer,
    }));
    while !interrupt.came() {
        if !served.is_running() {
            return Err(Failure::new("bank_stopped", "the bank has stopped")
                .remedy("start it again; please report this with the lines on stderr before it"));
        }
        thread::sleep(POLL);
    }
    Ok(())
}

/// A folder that goes with the process.
fn folder() -> Result<TempDir, Failure> {
    let folder = tempfile::Builder::new()
        .prefix("homeostat-localnet-")
        .tempdir();
    folder.map_err(|error| {
        Failure::new("no_folder", format!("no temporary folder: {error}"))
            .remedy("name a folder that can be written with TMPDIR")
    })
}

/// An ELF file's bytes; the loader checks the rest of it.
fn read_elf(file: &Path) -> Result<Vec<u8>, Failure> {
    let shown = file.display();
    let elf = std::fs::read(file).map_err(|error| {
        Failure::new("no_elf", format!("{shown} cannot be read: {error}"))
            .remedy("build it with `cargo xtask build-sbf`")
    })?;
    match elf.starts_with(MAGIC) {
        true => Ok(elf),
        false => Err(Failure::new("no_elf", format!("{shown} is no ELF file"))
            .remedy("give the file that `cargo xtask build-sbf` makes")),
    }
}
