//! The deployed program: who may change it.

use homeostat_client::{Pubkey, PROGRAM_ID};
use solana_loader_v3_interface::{get_program_data_address, state::UpgradeableLoaderState};

use crate::connection::Connection;
use homeostat_settings::failure::Failure;

/// Who may replace the program; `None` = nobody, for ever, or it is not deployed through the
/// upgradeable loader. The head of its data account is read, and not the program behind it.
///
/// # Errors
///
/// The server's; what is at the address is no program's data.
pub fn upgrade_authority(connection: &Connection) -> Result<Option<Pubkey>, Failure> {
    let head = UpgradeableLoaderState::size_of_programdata_metadata();
    let address = get_program_data_address(&PROGRAM_ID);
    let Some(account) = connection.account_head(&address, head)? else {
        return Ok(None);
    };
    match bincode::deserialize(&account.data) {
        Ok(UpgradeableLoaderState::ProgramData {
            upgrade_authority_address,
            ..
        }) => Ok(upgrade_authority_address),
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
