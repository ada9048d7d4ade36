//! The upgradeable loader: a program, its data, and the buffer that a new ELF waits in.

use homeostat_client::{Instruction, Pubkey};
use homeostat_settings::Failure;
use solana_account::Account;
use solana_loader_v3_interface::{
    get_program_data_address, instruction, instruction::UpgradeableLoaderInstruction,
    state::UpgradeableLoaderState as State,
};
use solana_program::{entrypoint::MAX_PERMITTED_DATA_INCREASE, instruction::AccountMeta};
use solana_sdk_ids::bpf_loader_upgradeable;
use solana_system_interface::instruction as system;

use crate::{chain::Chain, file::sha256};

/// Account of the feature `enable_extend_program_checked`.
const EXTEND_CHECKED: Pubkey =
    Pubkey::from_str_const("2oMRZEDWT2tqtYMofhmmfQ8SsjqUFzT6sYXppQDavxwz");

/// Bytes of the ELF in one transaction: with a signature, its keys, a budget and the
/// instruction's frame they fit into a packet of 1,232.
pub const CHUNK: usize = 900;

/// A deployed program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployed {
    /// Who may upgrade it; `None` = nobody ever.
    pub authority: Option<Pubkey>,
    /// Slot of the last deployment.
    pub slot: u64,
    /// The ELF, padded with zeros to the room that it has.
    pub room: Vec<u8>,
}

impl Deployed {
    /// Reads what is at a program's address; `None` = nothing.
    ///
    /// # Errors
    ///
    /// Something else than an upgradeable program is there; the cluster's.
    pub fn read(chain: &dyn Chain, program: &Pubkey) -> Result<Option<Self>, Failure> {
        let data = get_program_data_address(program);
        let mut accounts = chain.accounts(&[*program, data])?;
        let (data, account) = (accounts.pop().flatten(), accounts.pop().flatten());
        // Lamports that somebody sent to the address are no program.
        let Some(account) = account.filter(|account| account.owner != Pubkey::default()) else {
            return Ok(None);
        };
        let foreign = || {
            Failure::new(
                "not_upgradeable",
                format!(
                    "{program} belongs to {}, not to the upgradeable loader",
                    account.owner
                ),
            )
            .remedy("check `program.id` and the cluster")
        };
        if account.owner != bpf_loader_upgradeable::ID {
            return Err(foreign());
        }
        let data = data.ok_or_else(|| {
            Failure::new("closed_program", format!("{program} was closed for ever"))
                .remedy("deploy under another program key")
        })?;
        let metadata = State::size_of_programdata_metadata();
        match state(&data) {
            Some(State::ProgramData {
                slot,
                upgrade_authority_address,
            }) => Ok(Some(Self {
                authority: upgrade_authority_address,
                slot,
                room: data.data.get(metadata..).unwrap_or_default().to_vec(),
            })),
            _ => Err(foreign()),
        }
    }

    /// Whether its room holds this ELF.
    pub fn holds(&self, elf: &[u8]) -> bool {
        self.room
            .strip_prefix(elf)
            .is_some_and(|rest| rest.iter().all(|byte| *byte == 0))
    }
}

fn state(account: &Account) -> Option<State> {
    bincode::deserialize(&account.data).ok()
}

/// An account that an ELF is written to before it is deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buffer {
    /// Who writes it and may deploy it.
    pub authority: Option<Pubkey>,
    /// What was written.
    pub bytes: Vec<u8>,
}

/// Where the buffer of an ELF lies: one of the payer's, by the ELF's hash. It needs no key
/// of its own, so nothing that could be lost.
pub fn buffer_address(payer: &Pubkey, elf: &[u8]) -> Result<(Pubkey, String), Failure> {
    // As many bytes as a seed may have.
    let mut seed = sha256(elf);
    seed.truncate(32);
    Pubkey::create_with_seed(payer, &seed, &bpf_loader_upgradeable::ID)
        .map(|address| (address, seed))
        .map_err(|error| {
            Failure::new("bad_buffer", format!("no buffer address: {error}"))
                .remedy("deploy with another payer")
        })
}

impl Buffer {
    /// Reads a buffer; `None` = nothing is there.
    ///
    /// # Errors
    ///
    /// Something else is there; the cluster's.
    pub fn read(chain: &dyn Chain, address: &Pubkey) -> Result<Option<Self>, Failure> {
        let Some(account) = chain.account(address)? else {
            return Ok(None);
        };
        if account.owner == Pubkey::default() && account.data.is_empty() {
            return Ok(None);
        }
        let metadata = State::size_of_buffer_metadata();
        match state(&account) {
            Some(State::Buffer { authority_address })
                if account.owner == bpf_loader_upgradeable::ID =>
            {
                Ok(Some(Self {
                    authority: authority_address,
                    bytes: account.data.get(metadata..).unwrap_or_default().to_vec(),
                }))
            }
            _ => Err(Failure::new(
                "bad_buffer",
                format!("{address} should be a buffer, and is something else"),
            )
            .remedy("deploy with another payer, or another ELF")),
        }
    }

    /// Offsets of the chunks that differ from the ELF's.
    pub fn missing(&self, elf: &[u8]) -> Vec<usize> {
        chunks(elf)
            .filter(|(offset, chunk)| {
                self.bytes.get(*offset..*offset + chunk.len()) != Some(*chunk)
            })
            .map(|(offset, _)| offset)
            .collect()
    }
}

fn chunks(elf: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    elf.chunks(CHUNK)
        .enumerate()
        .map(|(index, chunk)| (index * CHUNK, chunk))
}

/// Creates the buffer of an ELF; the payer becomes its authority. `missing` are the lamports
/// of its rent that it does not hold: an address that somebody sent lamports to is none
/// that `create_account` would take.
pub fn create_buffer(
    payer: &Pubkey,
    buffer: &Pubkey,
    seed: &str,
    missing: u64,
    elf: &[u8],
) -> Vec<Instruction> {
    let space = State::size_of_buffer(elf.len()) as u64;
    let loader = bpf_loader_upgradeable::ID;
    vec![
        system::transfer(payer, buffer, missing),
        system::allocate_with_seed(buffer, payer, seed, space, &loader),
        Instruction::new_with_bincode(
            loader,
            &UpgradeableLoaderInstruction::InitializeBuffer,
            vec![
                AccountMeta::new(*buffer, false),
                AccountMeta::new_readonly(*payer, false),
            ],
        ),
    ]
}

/// Deploys a buffer; the payer becomes the program's authority. `missing` as for
/// [`create_buffer`], of the program's account.
///
/// # Errors
///
/// The instructions cannot be built.
pub fn deploy(
    payer: &Pubkey,
    program: &Pubkey,
    buffer: &Pubkey,
    missing: u64,
    elf: &[u8],
) -> Result<Vec<Instruction>, Failure> {
    let built =
        instruction::deploy_with_max_program_len(payer, program, buffer, payer, 0, elf.len());
    let last = built
        .ok()
        .and_then(|mut built| built.pop())
        .ok_or_else(|| {
            Failure::new("bad_instruction", "the deployment cannot be encoded")
                .remedy("this tool and the loader do not fit: use the tool of this release")
        })?;
    let space = State::size_of_program() as u64;
    Ok(vec![
        system::transfer(payer, program, missing),
        system::allocate(program, space),
        system::assign(program, &bpf_loader_upgradeable::ID),
        last,
    ])
}

/// Whether the cluster wants the authority's signature to make room for a larger ELF
/// (feature `enable_extend_program_checked`).
///
/// # Errors
///
/// The cluster's.
pub fn extends_with_signature(chain: &dyn Chain) -> Result<bool, Failure> {
    let account = chain.account(&EXTEND_CHECKED)?;
    // A feature's account: a mark whether its slot follows.
    Ok(account.is_some_and(|account| account.data.first() == Some(&1)))
}

/// Bytes that a program's room must grow by for an ELF; the loader takes no less than
/// [`instruction::MINIMUM_EXTEND_PROGRAM_BYTES`].
pub fn shortage(deployed: &Deployed, elf: &[u8]) -> Option<u32> {
    let short = elf
        .len()
        .checked_sub(deployed.room.len())
        .filter(|it| *it > 0)?;
    let short = u32::try_from(short).unwrap_or(u32::MAX);
    Some(short.max(instruction::MINIMUM_EXTEND_PROGRAM_BYTES))
}

/// In which pieces room is made. A program that calls the loader in a vault's name, as a multisig
/// does, cannot let an account grow by more than [`MAX_PERMITTED_DATA_INCREASE`] at once, which is
/// also the least that the loader takes.
pub fn pieces_of_room(by: u32, called: bool) -> Vec<u32> {
    let most = MAX_PERMITTED_DATA_INCREASE as u32;
    if called {
        vec![most; by.div_ceil(most) as usize]
    } else {
        vec![by]
    }
}

/// Lamports that a program's room costs more when it grows by so many bytes.
///
/// # Errors
///
/// The cluster's.
pub fn rent_of_room(chain: &dyn Chain, room: usize, by: u32) -> Result<u64, Failure> {
    let rent = |elf: usize| chain.rent(State::size_of_programdata(elf));
    Ok(rent(room.saturating_add(by as usize))?.saturating_sub(rent(room)?))
}

/// Makes room; the authority signs where the cluster wants it.
pub fn extend(
    program: &Pubkey,
    authority: &Pubkey,
    payer: &Pubkey,
    by: u32,
    signed: bool,
) -> Instruction {
    if signed {
        instruction::extend_program_checked(program, authority, Some(payer), by)
    } else {
        instruction::extend_program(program, Some(payer), by)
    }
}

/// One transaction's instructions for each of these chunks.
pub fn writes(
    payer: &Pubkey,
    buffer: &Pubkey,
    elf: &[u8],
    offsets: &[usize],
) -> Vec<Vec<Instruction>> {
    chunks(elf)
        .filter(|(offset, _)| offsets.contains(offset))
        .filter_map(|(offset, chunk)| {
            let at = u32::try_from(offset).ok()?;
            Some(vec![instruction::write(buffer, payer, at, chunk.to_vec())])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_writes_hold_the_elf() {
        let elf: Vec<u8> = (0..2_345_u32).map(|n| n as u8).collect();
        let (payer, buffer) = (Pubkey::new_unique(), Pubkey::new_unique());
        let empty = Buffer {
            authority: Some(payer),
            bytes: vec![0; elf.len()],
        };
        let missing = empty.missing(&elf);
        assert_eq!(missing, [0, 900, 1_800]);
        let mut written = Vec::new();
        for instructions in writes(&payer, &buffer, &elf, &missing) {
            // Instruction number, offset, length, bytes.
            let data = &instructions[0].data;
            let offset = u32::from_le_bytes(data[4..8].try_into().unwrap());
            assert_eq!(offset as usize, written.len());
            written.extend_from_slice(&data[16..]);
        }
        assert_eq!(written, elf);
        let mut half = empty;
        half.bytes[..1_800].copy_from_slice(&elf[..1_800]);
        assert_eq!(half.missing(&elf), [1_800]);
    }

    #[test]
    fn a_multisig_makes_room_in_pieces() {
        assert_eq!(pieces_of_room(30_000, false), [30_000]);
        assert_eq!(pieces_of_room(10_240, true), [10_240]);
        assert_eq!(pieces_of_room(30_000, true), [10_240; 3]);
    }

    #[test]
    fn an_elf_is_recognised_in_its_room() {
        let room = |bytes: &[u8]| Deployed {
            authority: None,
            slot: 0,
            room: bytes.to_vec(),
        };
        assert!(room(b"elf\0\0").holds(b"elf"));
        assert!(room(b"elf").holds(b"elf"));
        assert!(!room(b"elf!").holds(b"elf"));
        assert!(!room(b"el").holds(b"elf"));
    }
}
