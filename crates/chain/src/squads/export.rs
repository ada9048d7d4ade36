//! An unsigned transaction for a multisig's web importer.

use base64::{prelude::BASE64_STANDARD, Engine};
use homeostat_client::{Instruction, Pubkey};
use solana_message::Message;
use solana_transaction::Transaction;

use homeostat_settings::failure::Failure;

/// How a transaction is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// What Squads' web importer takes.
    Base58,
    /// The same bytes for other tools.
    Base64,
}

/// An unsigned transaction whose payer is the vault, for the web importer, which puts in a
/// blockhash of its own.
///
/// # Errors
///
/// `too_large`: it does not fit a packet.
pub fn export(
    vault: &Pubkey,
    instructions: &[Instruction],
    encoding: Encoding,
) -> Result<String, Failure> {
    let transaction = Transaction::new_unsigned(Message::new(instructions, Some(vault)));
    let bytes = bincode::serialize(&transaction).map_err(|error| {
        Failure::new(
            "too_large",
            format!("the transaction cannot be written: {error}"),
        )
        .remedy("propose fewer actions at once, or store it with --squads alone, without --export")
    })?;
    if bytes.len() > crate::send::PACKET {
        return Err(Failure::new(
            "too_large",
            format!(
                "the transaction has {} bytes; a packet takes {}",
                bytes.len(),
                crate::send::PACKET
            ),
        )
        .remedy(
            "propose fewer actions at once, or store it with --squads alone, without --export",
        ));
    }
    Ok(match encoding {
        Encoding::Base58 => bs58::encode(bytes).into_string(),
        Encoding::Base64 => BASE64_STANDARD.encode(bytes),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_packet_takes_is_not_printed() {
        let vault = Pubkey::new_from_array([3; 32]);
        let much = Instruction::new_with_bytes(vault, &[0; 2_000], Vec::new());
        let refused = export(&vault, &[much], Encoding::Base58);
        assert_eq!(refused.unwrap_err().code, "too_large");
    }
}
