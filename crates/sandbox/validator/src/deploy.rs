//! The program through the upgradeable loader, as `solana program deploy` does it.

use std::sync::Arc;

use solana_client::send_and_confirm_transactions_in_parallel::{
    send_and_confirm_transactions_in_parallel_v2, SendAndConfirmConfigV2,
};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_loader_v3_interface::{
    get_program_data_address,
    instruction::{create_buffer, deploy_with_max_program_len, write},
    state::UpgradeableLoaderState,
};
use solana_message::Message;
use solana_program::pubkey::Pubkey;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_api::config::RpcSendTransactionConfig;
use solana_signer::Signer;
use solana_transaction::Transaction;

use crate::error::StartError;

/// Bytes of the ELF in one transaction: with a signature, four keys and the
/// instruction's frame they fit into a packet of 1,232.
const CHUNK: usize = 900;

/// Blockhashes that the writes may use up, each good for about a minute.
const BLOCKHASHES: usize = 5;

/// Deploys a program; `payer` pays and becomes its upgrade authority.
pub(crate) async fn deploy(
    rpc: &Arc<RpcClient>,
    payer: &Keypair,
    program: &Keypair,
    elf: &[u8],
) -> Result<(), StartError> {
    let failed = |what: &str, why: String| StartError::Deploy {
        why: format!("{what}: {why}"),
    };
    let authority = payer.pubkey();
    let buffer = Keypair::new();

    let rent = rpc
        .get_minimum_balance_for_rent_exemption(UpgradeableLoaderState::size_of_buffer(elf.len()))
        .await?;
    let create = create_buffer(&authority, &buffer.pubkey(), &authority, rent, elf.len())
        .map_err(|error| failed("buffer", error.to_string()))?;
    send(rpc, &create, &[payer, &buffer]).await?;

    let writes = writes(&buffer.pubkey(), &authority, elf)?;
    let outcomes = send_and_confirm_transactions_in_parallel_v2(
        rpc.clone(),
        None,
        &writes,
        &[payer],
        SendAndConfirmConfigV2 {
            with_spinner: false,
            resign_txs_count: Some(BLOCKHASHES),
            // A simulation of each would double the time and find nothing.
            rpc_send_transaction_config: RpcSendTransactionConfig {
                skip_preflight: true,
                ..RpcSendTransactionConfig::default()
            },
        },
    )
    .await
    .map_err(|error| failed("writes", error.to_string()))?;
    if let Some(error) = outcomes.into_iter().flatten().next() {
        return Err(failed("writes", error.to_string()));
    }

    let rent = rpc
        .get_minimum_balance_for_rent_exemption(UpgradeableLoaderState::size_of_program())
        .await?;
    let deploy = deploy_with_max_program_len(
        &authority,
        &program.pubkey(),
        &buffer.pubkey(),
        &authority,
        rent,
        elf.len(),
    )
    .map_err(|error| failed("deploy", error.to_string()))?;
    send(rpc, &deploy, &[payer, program]).await
}

/// What the ledger holds of a program: its ELF, padded with zeros to the room
/// that it has. `None` when there is no such program.
pub(crate) async fn deployed(
    rpc: &RpcClient,
    program: &Pubkey,
) -> Result<Option<Vec<u8>>, StartError> {
    let address = get_program_data_address(program);
    let account = rpc
        .get_account_with_commitment(&address, rpc.commitment())
        .await?
        .value;
    Ok(account.map(|account| {
        let metadata = UpgradeableLoaderState::size_of_programdata_metadata();
        account.data.get(metadata..).unwrap_or_default().to_vec()
    }))
}

/// Whether a program's room holds this ELF.
pub(crate) fn holds(room: &[u8], elf: &[u8]) -> bool {
    room.strip_prefix(elf)
        .is_some_and(|rest| rest.iter().all(|byte| *byte == 0))
}

/// One message a chunk.
fn writes(buffer: &Pubkey, authority: &Pubkey, elf: &[u8]) -> Result<Vec<Message>, StartError> {
    elf.chunks(CHUNK)
        .enumerate()
        .map(|(index, bytes)| {
            let offset =
                u32::try_from(index.saturating_mul(CHUNK)).map_err(|_| StartError::Deploy {
                    why: "the ELF is larger than an account can be".into(),
                })?;
            let write = write(buffer, authority, offset, bytes.to_vec());
            Ok(Message::new(&[write], Some(authority)))
        })
        .collect()
}

async fn send(
    rpc: &RpcClient,
    instructions: &[Instruction],
    signers: &[&Keypair],
) -> Result<(), StartError> {
    let blockhash = rpc.get_latest_blockhash().await?;
    let payer = signers.first().map(|signer| signer.pubkey());
    let mut transaction = Transaction::new_with_payer(instructions, payer.as_ref());
    transaction
        .try_sign(signers, blockhash)
        .map_err(|error| StartError::Deploy {
            why: error.to_string(),
        })?;
    rpc.send_and_confirm_transaction(&transaction).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_writes_hold_the_elf_and_fit_packets() {
        let elf: Vec<u8> = (0..2_345_u32).map(|n| n as u8).collect();
        let key = Pubkey::new_unique();
        let writes = writes(&Pubkey::new_unique(), &key, &elf).unwrap();
        assert_eq!(writes.len(), 3);
        let mut written = Vec::new();
        for message in &writes {
            // A signature and its count go before the message.
            assert!(1 + 64 + message.serialize().len() <= 1_232);
            // Instruction number, offset, length, bytes.
            let data = &message.instructions[0].data;
            let offset = u32::from_le_bytes(data[4..8].try_into().unwrap());
            assert_eq!(offset as usize, written.len());
            written.extend_from_slice(&data[16..]);
        }
        assert_eq!(written, elf);
    }

    #[test]
    fn an_elf_is_recognised_in_its_room() {
        assert!(holds(b"elf\0\0", b"elf"));
        assert!(holds(b"elf", b"elf"));
        assert!(!holds(b"elf!", b"elf"));
        assert!(!holds(b"el", b"elf"));
    }
}
