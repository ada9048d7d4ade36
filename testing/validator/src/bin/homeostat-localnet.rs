//! A validator for a parent process, such as `homeostat localnet`: one JSON line on stdout
//! when it is ready (or has failed), and nothing left when it stops.
//!
//! It stops on SIGINT and SIGTERM, and when its stdin ends: a parent keeps the other end
//! of that pipe, and however the parent ends, killed or not, the system closes it.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::fd::AsFd,
    path::PathBuf,
    process::ExitCode,
    sync::{
        atomic::{AtomicBool, Ordering},
        Arc,
    },
    thread,
    time::Duration,
};

use clap::Parser;
use homeostat_validator::{Loading, Options, Validator};
use serde_json::json;
use signal_hook::consts::{SIGINT, SIGTERM};

/// How often the wish to stop is looked for.
const POLL: Duration = Duration::from_millis(50);

/// A local validator with the Homeostat program, until stdin ends.
#[derive(Parser)]
#[command(name = "homeostat-localnet", version)]
struct Arguments {
    /// The program's ELF file (`cargo xtask build-sbf`)
    #[arg(long, value_name = "FILE")]
    program: PathBuf,
    /// Keep the ledger in this folder [default: a temporary one that goes with the process]
    #[arg(long, value_name = "DIR")]
    ledger: Option<PathBuf>,
    /// Port of JSON-RPC; the websocket is on the next one [default: two that are free]
    #[arg(long, value_name = "PORT")]
    rpc_port: Option<u16>,
    /// Have the program from genesis on instead of deploying it by transactions
    #[arg(long)]
    preloaded: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut out = match stdout_aside() {
        Ok(out) => out,
        Err(error) => {
            eprintln!("error: stdout cannot be set aside: {error}");
            return ExitCode::FAILURE;
        }
    };
    // A parent that has gone away does not read this: then stdin has ended, too.
    let mut tell = |line: serde_json::Value| {
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    };
    match run(arguments, &mut tell) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            tell(json!({ "error": why }));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments, tell: &mut dyn FnMut(serde_json::Value)) -> Result<(), String> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop))
            .map_err(|error| format!("signals: {error}"))?;
    }
    let ended = Arc::clone(&stop);
    thread::spawn(move || {
        // An error ends it as the end does.
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        ended.store(true, Ordering::Relaxed);
    });
    let validator = Validator::start(Options {
        loading: if arguments.preloaded {
            Loading::Preloaded
        } else {
            Loading::Deployed
        },
        ledger: arguments.ledger,
        rpc_port: arguments.rpc_port,
        interrupt: Some(Arc::clone(&stop)),
        ..Options::new(arguments.program)
    })
    .map_err(|error| error.to_string())?;
    tell(json!({
        "rpc_url": validator.rpc_url(),
        "ws_url": validator.ws_url(),
        "program": validator.program_id().to_string(),
        "ledger": validator.ledger(),
        "payer": validator.ledger().join("payer-keypair.json"),
        "started_in_ms": validator.started_in().as_millis() as u64,
        "deployed_in_ms": validator.deployed_in().map(|time| time.as_millis() as u64),
    }));
    while !stop.load(Ordering::Relaxed) {
        thread::sleep(POLL);
    }
    validator.stop().map_err(|error| error.to_string())
}

/// The stdout that we were given; what the validator's own code prints goes nowhere.
fn stdout_aside() -> io::Result<File> {
    let kept = io::stdout().as_fd().try_clone_to_owned()?;
    let nowhere = OpenOptions::new().write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdout(nowhere)?;
    Ok(File::from(kept))
}
