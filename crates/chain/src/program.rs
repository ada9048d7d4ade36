//! The deployed program: who may change it.

use homeostat_client::{Pubkey, PROGRAM_ID};
use solana_loader_v3_interface::{get_program_data_address, state::UpgradeableLoaderState};

use crate::connection::Connection;
use homeostat_settings::failure::Failure;

/// The program as a cluster has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployed {
    /// Who may replace it; `None` = nobody, for ever.
    pub upgrade_authority: Option<Pubkey>,
    /// When it was deployed last.
    pub slot: u64,
    /// The ELF, with the zeros after it that its account has room for.
    pub room: Vec<u8>,
}

/// Reads the program's data account; `None` when it is not deployed through the
/// upgradeable loader.
///
/// # Errors
///
/// The server's.
pub fn deployed(connection: &Connection) -> Result<Option<Deployed>, Failure> {
    let Some(account) = connection.account(&get_program_data_address(&PROGRAM_ID))? else {
        return Ok(None);
    };
    let metadata = UpgradeableLoaderState::size_of_programdata_metadata();
    let (head, room) = account
        .data
        .split_at_checked(metadata)
        .ok_or_else(|| connection.nonsense("the program's data account is too short"))?;
    match bincode::deserialize(head) {
        Ok(UpgradeableLoaderState::ProgramData {
            slot,
            upgrade_authority_address,
        }) => Ok(Some(Deployed {
            upgrade_authority: upgrade_authority_address,
            slot,
            room: room.to_vec(),
        })),
        _ => Err(connection.nonsense("the program's data account is of another kind")),
    }
}

/// Refuses a cluster without the program.
///
/// # Errors
///
/// It is not there; the server's.
pub fn require(connection: &Connection) -> Result<(), Failure> {
    match connection.account(&PROGRAM_ID)? {
        Some(program) if program.executable => Ok(()),
        _ => Err(Failure::new(
            "no_program",
            format!(
                "the program {PROGRAM_ID} is not on {}",
                connection.cluster()
            ),
        )
        .remedy("this is another cluster than you mean (--url), or the program is not deployed")),
    }
}
