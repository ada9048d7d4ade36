//! Doing it, step by step.

use std::path::Path;

use homeostat_chain::squads::{export, Encoding};
use homeostat_client::{instruction as ix, Instruction, Pubkey};
use homeostat_settings::Failure;
use schemars::JsonSchema;
use serde::Serialize;
use solana_loader_v3_interface::{
    instruction as loader_ix, state::UpgradeableLoaderState as Loader,
};
use solana_signer::Signer;

use crate::{
    chain::Chain,
    file::{ClusterFile, Program},
    loader::{
        buffer_address, create_buffer, deploy, extend, extends_with_signature, pieces_of_room,
        rent_of_room, shortage, writes, Deployed,
    },
    plan::{pieces, plan, Planned, Step},
    publisher::Publisher,
    state::State,
};

/// Where a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point<'a> {
    /// A step is about to begin; it is in the state file.
    Before(&'a Planned),
    /// One of a step's many transactions has landed.
    Landed,
    /// A step has ended; the state file does not say so yet.
    After(&'a Planned),
}

/// Watches a run; its error stops it there, as a kill would.
pub trait Witness {
    /// The run is there.
    ///
    /// # Errors
    ///
    /// Stop.
    fn at(&mut self, point: Point<'_>) -> Result<(), Failure>;
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing is left to do.
    Complete,
    /// The authority has to upgrade the program; then `apply` goes on.
    Waiting(Upgrade),
}

/// What a transaction does that the authority has to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Signed {
    /// Makes room for a larger ELF, or a piece of it.
    Room,
    /// Upgrades the program.
    Upgrade,
}

/// What the authority has to sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Upgrade {
    /// Program.
    pub program: String,
    /// Buffer with the ELF.
    pub buffer: String,
    /// Who signs.
    pub authority: String,
    /// sha256 of the ELF in the buffer.
    pub sha256: String,
    /// Who gets the buffer's rent.
    pub spill: String,
    /// Lamports that the authority pays: the rent of the room that is made.
    pub pays: u64,
    /// The transactions, in order, each for a later slot than the one before.
    pub transactions: Vec<ToSign>,
}

/// A transaction that the authority has to sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ToSign {
    /// What it does.
    pub what: Signed,
    /// Its one instruction, for who stores it in the multisig.
    #[serde(skip)]
    pub instruction: Instruction,
    /// It is unsigned and in base58, as Squads' web importer takes it, which puts in a blockhash
    /// of its own.
    pub transaction: String,
}

/// A step that is still there after it was done this often does not take effect.
const REPEATS: usize = 3;

/// Does everything that is left to do. May be stopped anywhere and run again.
///
/// # Errors
///
/// As [`plan`]; the state file's; a transaction that fails.
pub fn apply(
    chain: &dyn Chain,
    file: &ClusterFile,
    payer: &dyn Signer,
    state_file: &Path,
    witness: &mut dyn Witness,
) -> Result<Outcome, Failure> {
    crate::plan::require_cluster(chain, file)?;
    let mut state = begin(chain, file, state_file)?;
    let mut last: Option<(Step, usize)> = None;
    loop {
        let Some(next) = plan(chain, file, &payer.pubkey())?.steps.into_iter().next() else {
            state.begun = None;
            state.complete = true;
            state.write(state_file)?;
            return Ok(Outcome::Complete);
        };
        if let (Step::Await, Some(program)) = (&next.step, &file.program) {
            return Ok(Outcome::Waiting(upgrade(chain, program, &payer.pubkey())?));
        }
        let times = match &last {
            Some((step, times)) if *step == next.step => times + 1,
            _ => 1,
        };
        if times > REPEATS {
            return Err(Failure::new(
                "no_effect",
                format!("done {REPEATS} times, and still to do: {}", next.what),
            )
            .remedy("the server may lag behind; run again, or use another with --url"));
        }
        state.begun = Some(next.what.clone());
        state.write(state_file)?;
        witness.at(Point::Before(&next))?;
        perform(chain, file, payer, &next.step, witness)?;
        witness.at(Point::After(&next))?;
        state.begun = None;
        state.done.push(next.what);
        state.write(state_file)?;
        last = Some((next.step, times));
    }
}

/// The state to go on with, written once: a place that cannot be written is found before
/// anything is sent.
fn begin(chain: &dyn Chain, file: &ClusterFile, path: &Path) -> Result<State, Failure> {
    let program = file.program.as_ref();
    let fresh = State::new(
        chain.genesis(),
        program.map(|program| program.id.to_string()),
        program.map(|program| program.sha256.clone()),
    );
    let state = match State::read(path)? {
        None => fresh,
        Some(old) => {
            old.require_same(&fresh, path)?;
            match old.complete {
                true => fresh,
                false => State {
                    done: old.done,
                    begun: old.begun,
                    ..fresh
                },
            }
        }
    };
    state.write(path)?;
    Ok(state)
}

fn program(file: &ClusterFile) -> Result<&Program, Failure> {
    file.program.as_ref().ok_or_else(|| {
        Failure::new("no_program", "the cluster file has no [program]").remedy("add it")
    })
}

fn perform(
    chain: &dyn Chain,
    file: &ClusterFile,
    payer: &dyn Signer,
    step: &Step,
    witness: &mut dyn Witness,
) -> Result<(), Failure> {
    let key = payer.pubkey();
    let (instructions, signer): (Vec<Instruction>, Option<&dyn Signer>) = match step {
        Step::Await => return Ok(()),
        Step::Economy(index, part) => {
            let economy = file.economies.get(*index).ok_or_else(|| {
                Failure::new("no_economy", "the economy is not in the file").remedy("plan again")
            })?;
            // Made by somebody else in between: the next plan does not have it.
            let missing = pieces(chain, economy)?;
            let Some(piece) = missing.into_iter().find(|piece| piece.part == *part) else {
                return Ok(());
            };
            (vec![piece.instruction], Some(economy.creator.as_ref()))
        }
        Step::Migrate(accounts) => {
            let migrate = |account: &Pubkey| ix::migrate(account, &key);
            let batches = accounts.chunks(file.batch.max(1));
            let batches: Vec<_> = batches
                .map(|accounts| accounts.iter().map(migrate).collect())
                .collect();
            return chain.send_all(payer, &batches, &mut || witness.at(Point::Landed));
        }
        deployment => {
            let program = program(file)?;
            let elf = &program.elf;
            let (buffer, seed) = buffer_address(&key, elf)?;
            // A program changes once a slot.
            if let Step::Extend(_) | Step::Upgrade = deployment {
                if let Some(deployed) = Deployed::read(chain, &program.id)? {
                    chain.wait_past(deployed.slot)?;
                }
            }
            match deployment {
                Step::CreateBuffer => {
                    let missing = missing(chain, &buffer, Loader::size_of_buffer(elf.len()))?;
                    (create_buffer(&key, &buffer, &seed, missing, elf), None)
                }
                Step::WriteBuffer(missing) => {
                    let writes = writes(&key, &buffer, elf, missing);
                    return chain.send_all(payer, &writes, &mut || witness.at(Point::Landed));
                }
                Step::Extend(by) => {
                    let signed = extends_with_signature(chain)?;
                    (vec![extend(&program.id, &key, &key, *by, signed)], None)
                }
                Step::Deploy => {
                    let missing = missing(chain, &program.id, Loader::size_of_program())?;
                    let deploy = deploy(&key, &program.id, &buffer, missing, elf)?;
                    (deploy, program.key.as_deref())
                }
                Step::Upgrade => {
                    let upgrade = loader_ix::upgrade(&program.id, &buffer, &key, &key);
                    (vec![upgrade], None)
                }
                Step::HandBuffer => {
                    let to = &program.authority;
                    (
                        vec![loader_ix::set_buffer_authority(&buffer, &key, to)],
                        None,
                    )
                }
                _ => {
                    let to = Some(&program.authority);
                    let hand = loader_ix::set_upgrade_authority(&program.id, &key, to);
                    (vec![hand], None)
                }
            }
        }
    };
    let signers: Vec<&dyn Signer> = signer.into_iter().collect();
    chain.send(payer, &signers, &instructions)?;
    if let Step::Deploy | Step::Upgrade = step {
        // It is of use from the next slot on.
        if let Some(deployed) = Deployed::read(chain, &program(file)?.id)? {
            chain.wait_past(deployed.slot)?;
        }
    }
    Ok(())
}

/// Lamports that an address lacks of the rent of so many bytes.
fn missing(chain: &dyn Chain, address: &Pubkey, bytes: usize) -> Result<u64, Failure> {
    let held = chain
        .account(address)?
        .map_or(0, |account| account.lamports);
    Ok(chain.rent(bytes)?.saturating_sub(held))
}

/// What the authority has to sign to upgrade the program to its buffer.
///
/// # Errors
///
/// The cluster's.
pub fn upgrade(chain: &dyn Chain, program: &Program, payer: &Pubkey) -> Result<Upgrade, Failure> {
    let (buffer, _) = buffer_address(payer, &program.elf)?;
    let authority = program.authority;
    let deployed = Deployed::read(chain, &program.id)?;
    // A program changes once a slot: room comes in transactions of its own.
    let short = deployed
        .and_then(|deployed| Some((shortage(&deployed, &program.elf)?, deployed.room.len())));
    let mut transactions = Vec::new();
    let mut pays = 0;
    if let Some((by, room)) = short {
        let called = matches!(program.publisher, Publisher::Multisig { .. });
        let pieces = pieces_of_room(by, called);
        pays = rent_of_room(chain, room, pieces.iter().sum())?;
        // The authority pays for it.
        let extends = |by| extend(&program.id, &authority, &authority, by, true);
        transactions.extend(pieces.into_iter().map(|by| (Signed::Room, extends(by))));
    }
    let last = loader_ix::upgrade(&program.id, &buffer, &authority, payer);
    transactions.push((Signed::Upgrade, last));
    let exported = transactions.into_iter().map(|(what, instruction)| {
        Ok(ToSign {
            what,
            transaction: export(
                &authority,
                core::slice::from_ref(&instruction),
                Encoding::Base58,
            )?,
            instruction,
        })
    });
    Ok(Upgrade {
        program: program.id.to_string(),
        buffer: buffer.to_string(),
        authority: authority.to_string(),
        sha256: program.sha256.clone(),
        spill: payer.to_string(),
        pays,
        transactions: exported.collect::<Result<_, Failure>>()?,
    })
}
