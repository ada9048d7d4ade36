//! Which cluster is started, and what it says when it is there: one JSON line on stdout.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::RecvTimeoutError;

use serde::Deserialize;

use super::child::{self, Child};
use super::interrupt::Interrupt;
use super::LocalnetArgs;
use crate::failure::Failure;

/// The validator's executable.
const VALIDATOR: &str = "homeostat-localnet";
/// The program's ELF.
const ELF: &str = "homeostat.so";

/// What the process prints.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Told {
    /// It answers.
    Ready {
        /// JSON-RPC.
        rpc_url: String,
        /// Websocket.
        ws_url: String,
        /// Its folder.
        ledger: PathBuf,
        /// The key file of whom the genesis paid.
        payer: PathBuf,
        /// How long the deployment took; nothing where the program was there.
        deployed_in_ms: Option<u64>,
    },
    /// It cannot start.
    Failed {
        /// Why.
        error: String,
    },
}

/// The world has ended by itself.
pub fn stopped() -> Failure {
    Failure::new("world_stopped", "the cluster of this machine has stopped")
        .remedy("start it again; was the machine out of memory or disk?")
}

/// The process that is the cluster, whose stdout is told to us.
///
/// # Errors
///
/// `bank_keeps_nothing`; a program that is missing.
pub fn command(arguments: &LocalnetArgs) -> Result<Command, Failure> {
    if arguments.validator {
        return validator_command(arguments);
    }
    if arguments.ledger.is_some() {
        return Err(Failure::new(
            "bank_keeps_nothing",
            "--ledger keeps what a validator did, and a bank keeps nothing over a restart",
        )
        .remedy("add --validator, or leave --ledger out"));
    }
    let own = std::env::current_exe().map_err(|error| {
        Failure::new(
            "not_started",
            format!("this program cannot find itself: {error}"),
        )
        .remedy("start it by its whole path, or take --validator")
    })?;
    let mut command = Command::new(own);
    command
        .arg("localnet-bank")
        .arg("--speed")
        .arg(arguments.speed.to_string())
        .stdout(Stdio::piped());
    if std::env::var_os("RUST_LOG").is_none() {
        // The bank tells of every instruction otherwise.
        command.env("RUST_LOG", "off");
    }
    options(&mut command, arguments);
    if let Some(program) = &arguments.program {
        command.arg("--program").arg(program);
    }
    Ok(command)
}

/// What both worlds are told alike.
fn options(command: &mut Command, arguments: &LocalnetArgs) {
    if let Some(port) = arguments.rpc_port {
        command.arg("--rpc-port").arg(port.to_string());
    }
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
    options(&mut command, arguments);
    Ok(command)
}

/// Waits for the world's line.
///
/// # Errors
///
/// It says why it cannot start, or ends; Ctrl-C.
pub fn ready(world: &mut Child, interrupt: &Interrupt) -> Result<Told, Failure> {
    let lines = world.lines();
    loop {
        interrupt.check()?;
        match lines.recv_timeout(child::POLL) {
            Ok(line) => match serde_json::from_str(&line) {
                Ok(Told::Failed { error }) => {
                    return Err(Failure::new("world_failed", error)
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
