//! The program through the upgradeable loader, by the tool that deploys it anywhere.

use std::{path::Path, rc::Rc};

use homeostat_chain::{connection::TIMEOUT, Connection, Fees, Sender};
use homeostat_client::PROGRAM_ID;
use homeostat_migrations::{
    apply, chain::Cluster, file::Program, loader::Deployed, Chain, ClusterFile, Point, Publisher,
    Witness,
};
use homeostat_settings::Failure;
use solana_commitment_config::CommitmentConfig;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::{error::StartError, Interrupt};

/// Where the run remembers what it set out to do, in the ledger's folder.
const STATE: &str = "deployment.json";

/// What was found in the ledger.
pub(crate) enum Found {
    /// The program, as in the ELF file.
    Right,
    /// Another build of it.
    Other,
    /// None; it was deployed now.
    None,
}

/// Stops where somebody interrupts.
struct Watch<'a>(&'a Interrupt);

impl Witness for Watch<'_> {
    fn at(&mut self, _: Point<'_>) -> Result<(), Failure> {
        self.0
            .check()
            .map_err(|_| Failure::new("interrupted", "interrupted"))
    }
}

/// Deploys the program unless it is there; `payer` pays and becomes its upgrade authority.
/// Blocks, and must not be called inside an asynchronous runtime.
pub(crate) fn deploy(
    url: &str,
    ledger: &Path,
    payer: &Keypair,
    key: &Keypair,
    elf: &[u8],
    interrupt: &Interrupt,
) -> Result<Found, StartError> {
    let failed = |failure: Failure| match interrupt.check() {
        Err(interrupted) => interrupted,
        Ok(()) => StartError::Deploy {
            why: failure.to_string(),
        },
    };
    let connection =
        Connection::open_within(url, CommitmentConfig::confirmed(), TIMEOUT).map_err(failed)?;
    let cluster = Cluster {
        sender: Sender::new(&connection, Fees::default()),
    };
    if let Some(deployed) = Deployed::read(&cluster, &PROGRAM_ID).map_err(failed)? {
        return Ok(if deployed.holds(elf) {
            Found::Right
        } else {
            Found::Other
        });
    }
    let file = ClusterFile {
        url: url.to_owned(),
        genesis: cluster.genesis(),
        payer: None,
        program: Some(Program {
            id: PROGRAM_ID,
            key: Some(Rc::new(key.insecure_clone())),
            elf: elf.to_vec(),
            sha256: homeostat_migrations::file::sha256(elf),
            authority: payer.pubkey(),
            publisher: Publisher::Nobody,
        }),
        economies: Vec::new(),
        batch: 1,
    };
    apply(
        &cluster,
        &file,
        payer,
        &ledger.join(STATE),
        &mut Watch(interrupt),
    )
    .map_err(failed)?;
    Ok(Found::None)
}
