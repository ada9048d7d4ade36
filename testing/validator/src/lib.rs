//! A real validator in this process: blocks, JSON-RPC, websocket, and the
//! Homeostat program as an ELF, preloaded or really deployed.
//!
//! ```no_run
//! use homeostat_validator::{Loading, Options, Validator};
//!
//! let mut options = Options::new("target/deploy/homeostat.so");
//! options.loading = Loading::Deployed;
//! let validator = Validator::start(options)?;
//! println!("{}, {}", validator.rpc_url(), validator.ws_url());
//! let supply = validator.rpc().supply()?;
//! # drop(supply);
//! validator.stop()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A crate of its own because it builds rocksdb, which takes many minutes and needs
//! libclang: `cargo xtask test --validator`.
//!
//! # Time
//!
//! The cluster's clock follows the machine's, through the timestamps in the
//! validator's votes; nothing sets it. By Agave's code a warp at start (`warp_slot`)
//! would move it, but from the last snapshot, which is up to 100 slots old, and what came
//! after is lost; shorter slots (`ticks_per_slot`) do not move it at all. So a period of
//! 60 s takes 60 s. Use `homeostat-sandbox` for time travel.
//!
//! A slot (400 ms when the machine keeps up) moves the clock by 1 s at most. So it falls
//! behind on a machine that is too busy, and while a kept ledger is at rest it stands;
//! afterwards it catches up, up to two and a half times as fast as time.
//!
//! # Surroundings
//!
//! JSON-RPC and websocket listen on every interface of the machine, as those of
//! `solana-test-validator` do: firewall them where that matters. While it starts the
//! validator prints a few lines to stdout; it logs through the `log` crate.

mod deploy;
mod error;
mod ledger;
mod options;
mod ports;

use std::{
    fs,
    path::Path,
    sync::{
        atomic::{AtomicBool, Ordering},
        Arc,
    },
    time::{Duration, Instant},
};

use homeostat_client::{Pubkey, PROGRAM_ID};
use solana_commitment_config::CommitmentConfig;
use solana_instruction::{error::InstructionError, Instruction};
use solana_keypair::{read_keypair, read_keypair_file, Keypair};
use solana_net_utils::SocketAddrSpace;
use solana_rpc::rpc::JsonRpcConfig;
use solana_rpc_client::{nonblocking, rpc_client::RpcClient};
use solana_signer::Signer;
use solana_test_validator::{TestValidator, TestValidatorGenesis, UpgradeableProgramInfo};
use solana_transaction::Transaction;
use solana_transaction_error::TransactionError;

pub use error::StartError;
pub use options::{Loading, Options};

use deploy::Found;
use ledger::Ledger;

/// The key behind the program's address on local validators.
const LOCALNET_KEY: &str = include_str!("../../../keys/localnet-program.json");

/// How long the program may take until it answers (seconds). It takes one slot.
const PATIENCE: u64 = 60;

/// How often a request is repeated, and the interrupt looked at.
const POLL: Duration = Duration::from_millis(200);

/// A running validator. Dropping it stops it; its temporary folder goes with it.
pub struct Validator {
    inner: Option<TestValidator>,
    ledger: Option<Ledger>,
    facts: Facts,
}

/// What does not change while it runs.
struct Facts {
    rpc_url: String,
    ws_url: String,
    payer: Keypair,
    started_in: Duration,
    deployed_in: Option<Duration>,
}

impl Validator {
    /// Starts a validator with the program in it, which answers when this returns.
    ///
    /// Blocks for some 5 to 20 s, and some 15 s more for a [`Loading::Deployed`] program
    /// of a megabyte. May be called inside an asynchronous runtime, whose thread it
    /// blocks.
    ///
    /// # Errors
    ///
    /// Whatever the reason, nothing is left running, and no temporary folder.
    pub fn start(options: Options) -> Result<Self, StartError> {
        // The validator makes runtimes of its own, which a thread that belongs to one
        // already must not; and where it panics, that is the end of the thread only.
        on_a_thread("homeostat-start", move || start(&options)).unwrap_or_else(|why| {
            Err(StartError::Validator {
                why: format!("panic: {why}"),
            })
        })
    }

    /// Address of JSON-RPC, such as `http://127.0.0.1:20000`.
    pub fn rpc_url(&self) -> &str {
        &self.facts.rpc_url
    }

    /// Address of the websocket, such as `ws://127.0.0.1:20001/`.
    pub fn ws_url(&self) -> &str {
        &self.facts.ws_url
    }

    /// A new client of [`Validator::rpc_url`], with the commitment `confirmed`. It
    /// blocks; not for use inside an asynchronous runtime.
    pub fn rpc(&self) -> RpcClient {
        RpcClient::new_with_commitment(self.facts.rpc_url.clone(), CommitmentConfig::confirmed())
    }

    /// Owns the 500 million SOL that the genesis made; the program's upgrade
    /// authority. A kept ledger has its key in `payer-keypair.json`.
    pub fn payer(&self) -> &Keypair {
        &self.facts.payer
    }

    /// The program's address.
    pub fn program_id(&self) -> Pubkey {
        PROGRAM_ID
    }

    /// The ledger's folder.
    pub fn ledger(&self) -> &Path {
        self.ledger
            .as_ref()
            .map_or(Path::new(""), |ledger| ledger.folder())
    }

    /// From the call to the first blocks, a deployment not included.
    pub fn started_in(&self) -> Duration {
        self.facts.started_in
    }

    /// What the deployment took; `None` when the program was in the ledger already.
    pub fn deployed_in(&self) -> Option<Duration> {
        self.facts.deployed_in
    }

    /// Stops it, waits until all its threads have ended, and removes its temporary
    /// folder; dropping does the same without telling a failure.
    ///
    /// # Errors
    ///
    /// The validator's own code panicked, or the folder could not be removed.
    pub fn stop(mut self) -> std::io::Result<()> {
        self.halt()
    }

    fn halt(&mut self) -> std::io::Result<()> {
        let stopped = match self.inner.take() {
            Some(inner) => on_a_thread("homeostat-stop", move || drop(inner)),
            None => Ok(()),
        };
        // The folder goes, however the validator ended.
        let removed = self.ledger.take().map_or(Ok(()), Ledger::close);
        stopped.map_err(std::io::Error::other)?;
        removed
    }
}

impl Drop for Validator {
    fn drop(&mut self) {
        // Nobody to tell; `stop` does.
        let _ = self.halt();
    }
}

impl core::fmt::Debug for Validator {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Validator")
            .field("rpc_url", &self.facts.rpc_url)
            .field("ws_url", &self.facts.ws_url)
            .field("payer", &self.facts.payer.pubkey())
            .field("ledger", &self.ledger())
            .finish_non_exhaustive()
    }
}

/// Runs `job` on a thread of its own to its end; what it said when it panicked.
fn on_a_thread<T: Send + 'static>(
    name: &str,
    job: impl FnOnce() -> T + Send + 'static,
) -> Result<T, String> {
    std::thread::Builder::new()
        .name(name.into())
        .spawn(job)
        .map_err(|error| error.to_string())?
        .join()
        .map_err(|panic| {
            let text = panic.downcast_ref::<&str>().copied();
            text.or(panic.downcast_ref::<String>().map(String::as_str))
                .unwrap_or("no message")
                .to_string()
        })
}

fn start(options: &Options) -> Result<Validator, StartError> {
    let begin = Instant::now();
    let elf = read_elf(&options.elf)?;
    let key = program_key(options)?;
    let interrupt = Interrupt(options.interrupt.clone());
    interrupt.check()?;
    let port = ports::rpc_port(options.rpc_port)?;
    let ledger = Ledger::take(options.ledger.as_deref())?;
    let payer = ledger.payer()?;

    let mut genesis = genesis(&ledger, port);
    if options.loading == Loading::Preloaded {
        genesis.add_upgradeable_programs_with_path(&[UpgradeableProgramInfo {
            program_id: PROGRAM_ID,
            loader: solana_sdk_ids::bpf_loader_upgradeable::id(),
            upgrade_authority: payer.pubkey(),
            program_path: options.elf.clone(),
        }]);
    }
    let inner = genesis
        .start_with_mint_address(payer.pubkey(), SocketAddrSpace::Unspecified)
        .map_err(|error| StartError::Validator {
            why: error.to_string(),
        })?;

    // From here on an early return stops it again.
    let mut validator = Validator {
        facts: Facts {
            rpc_url: inner.rpc_url(),
            ws_url: inner.rpc_pubsub_url(),
            payer,
            started_in: Duration::ZERO,
            deployed_in: None,
        },
        inner: Some(inner),
        ledger: Some(ledger),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| StartError::Validator {
            why: error.to_string(),
        })?;
    runtime.block_on(async {
        tokio::select! {
            outcome = validator.begin(begin) => outcome,
            interrupted = interrupt.wait() => Err(interrupted),
        }
    })?;
    validator.load(options, &elf, &key, &interrupt)?;
    runtime.block_on(async {
        tokio::select! {
            outcome = validator.answer() => outcome,
            interrupted = interrupt.wait() => Err(interrupted),
        }
    })?;
    interrupt.check()?;
    Ok(validator)
}

/// What every ledger of ours has in common.
fn genesis(ledger: &Ledger, port: u16) -> TestValidatorGenesis {
    let mut genesis = TestValidatorGenesis::default();
    genesis
        .ledger_path(ledger.folder())
        .rpc_port(port)
        .gossip_port(0)
        .port_range(ports::NODE_PORTS)
        .rpc_config(JsonRpcConfig {
            // Without these two a transaction cannot be looked up and has no inner
            // instructions, and with them no events.
            enable_rpc_transaction_history: true,
            enable_extended_tx_metadata_storage: true,
            ..JsonRpcConfig::default_for_test()
        });
    genesis
}

impl Validator {
    fn client(&self) -> nonblocking::rpc_client::RpcClient {
        nonblocking::rpc_client::RpcClient::new_with_commitment(
            self.facts.rpc_url.clone(),
            CommitmentConfig::confirmed(),
        )
    }

    /// Waits for blocks.
    async fn begin(&mut self, begin: Instant) -> Result<(), StartError> {
        let rpc = self.client();
        // A kept ledger has confirmed blocks of old: only a new one says that it runs.
        let mut first = None;
        patiently("it confirms no new block", async || {
            let slot = rpc.get_slot().await?;
            Ok(slot > *first.get_or_insert(slot))
        })
        .await?;
        self.facts.started_in = begin.elapsed();
        Ok(())
    }

    /// Gets the program into the ledger.
    fn load(
        &mut self,
        options: &Options,
        elf: &[u8],
        key: &Keypair,
        interrupt: &Interrupt,
    ) -> Result<(), StartError> {
        let begin = Instant::now();
        let (url, payer) = (&self.facts.rpc_url, &self.facts.payer);
        match deploy::deploy(url, self.ledger(), payer, key, elf, interrupt)? {
            Found::Right => {}
            Found::Other => {
                return Err(StartError::OtherProgram {
                    folder: self.ledger().to_path_buf(),
                    file: options.elf.clone(),
                })
            }
            Found::None => self.facts.deployed_in = Some(begin.elapsed()),
        }
        Ok(())
    }

    /// Waits until the program answers: it is of use from the slot after its deployment on.
    async fn answer(&self) -> Result<(), StartError> {
        let (rpc, payer) = (self.client(), &self.facts.payer);
        patiently("the program does not answer", async || {
            answers(&rpc, payer).await
        })
        .await
    }
}

/// Whether the program refuses an instruction without data with a code of its own.
async fn answers(
    rpc: &nonblocking::rpc_client::RpcClient,
    payer: &Keypair,
) -> Result<bool, StartError> {
    let nothing = Instruction::new_with_bytes(PROGRAM_ID, &[], Vec::new());
    let mut transaction = Transaction::new_with_payer(&[nothing], Some(&payer.pubkey()));
    transaction.message.recent_blockhash = rpc.get_latest_blockhash().await?;
    let outcome = rpc.simulate_transaction(&transaction).await?;
    let error = outcome.value.err.map(TransactionError::from);
    Ok(matches!(
        error,
        Some(TransactionError::InstructionError(
            0,
            InstructionError::Custom(_)
        ))
    ))
}

/// Repeats a question until the answer is yes. A refused request is repeated as
/// well: JSON-RPC answers before there is a confirmed block.
async fn patiently(
    what: &'static str,
    mut question: impl AsyncFnMut() -> Result<bool, StartError>,
) -> Result<(), StartError> {
    let begin = Instant::now();
    loop {
        let answer = question().await;
        if matches!(answer, Ok(true)) {
            return Ok(());
        }
        if begin.elapsed().as_secs() >= PATIENCE {
            return answer.and(Err(StartError::TimedOut {
                what,
                seconds: PATIENCE,
            }));
        }
        tokio::time::sleep(POLL).await;
    }
}

/// The caller's wish to end a start early.
struct Interrupt(Option<Arc<AtomicBool>>);

impl Interrupt {
    fn check(&self) -> Result<(), StartError> {
        match &self.0 {
            Some(flag) if flag.load(Ordering::Relaxed) => Err(StartError::Interrupted),
            _ => Ok(()),
        }
    }

    /// Returns when the wish is there.
    async fn wait(&self) -> StartError {
        loop {
            if let Err(interrupted) = self.check() {
                return interrupted;
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

/// An ELF file's bytes; the loader checks the rest of it.
fn read_elf(file: &Path) -> Result<Vec<u8>, StartError> {
    let failed = |why: String| StartError::Elf {
        file: file.to_path_buf(),
        why,
    };
    let elf = fs::read(file).map_err(|error| failed(error.to_string()))?;
    if elf.starts_with(b"\x7fELF") {
        Ok(elf)
    } else {
        Err(failed("this is no ELF file".into()))
    }
}

/// The key whose address is the program's.
fn program_key(options: &Options) -> Result<Keypair, StartError> {
    let (key, from) = match &options.program_key {
        Some(file) => (read_keypair_file(file), file.display().to_string()),
        None => (
            read_keypair(&mut LOCALNET_KEY.as_bytes()),
            "keys/localnet-program.json".to_string(),
        ),
    };
    let key = key.map_err(|error| StartError::ProgramKey {
        why: format!("{from}: {error}"),
    })?;
    if options.loading == Loading::Deployed && key.pubkey() != PROGRAM_ID {
        return Err(StartError::ProgramKey {
            why: format!(
                "{from} is the key of {}, but the program declares {PROGRAM_ID}",
                key.pubkey()
            ),
        });
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_start_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let missing = Options::new(folder.path().join("homeostat.so"));
        let error = Validator::start(missing).unwrap_err();
        assert!(matches!(error, StartError::Elf { .. }), "{error}");
        assert!(error.to_string().contains("cargo xtask build-sbf"));

        let text = folder.path().join("text.so");
        fs::write(&text, "text").unwrap();
        let error = Validator::start(Options::new(&text)).unwrap_err();
        assert!(matches!(error, StartError::Elf { .. }), "{error}");

        let elf = folder.path().join("elf.so");
        fs::write(&elf, b"\x7fELF").unwrap();
        let key = folder.path().join("key.json");
        solana_keypair::write_keypair_file(&Keypair::new(), &key).unwrap();
        let error = Validator::start(Options {
            loading: Loading::Deployed,
            program_key: Some(key),
            ..Options::new(&elf)
        })
        .unwrap_err();
        assert!(matches!(error, StartError::ProgramKey { .. }), "{error}");

        let error = Validator::start(Options {
            interrupt: Some(Arc::new(AtomicBool::new(true))),
            ..Options::new(&elf)
        })
        .unwrap_err();
        assert!(matches!(error, StartError::Interrupted), "{error}");
    }

    #[test]
    fn the_public_key_file_is_the_programs() {
        let key = program_key(&Options::new("")).unwrap();
        assert_eq!(key.pubkey(), PROGRAM_ID);
    }

    #[test]
    fn a_panic_is_an_error_with_its_text() {
        assert_eq!(on_a_thread("t", || 7), Ok(7));
        let why = on_a_thread("t", || panic!("port {} is taken", 1)).map(|()| 0);
        assert_eq!(why, Err("port 1 is taken".to_string()));
    }
}
