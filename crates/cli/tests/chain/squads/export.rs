//! What a vault shall sign, printed for the web importer of its multisig.

use base64::{prelude::BASE64_STANDARD, Engine};
use homeostat_chain::squads::Compiled;
use homeostat_client::instruction;
use serde_json::Value;
use solana_transaction::Transaction;

use super::{split, House};

fn transaction(answer: &Value) -> Transaction {
    let exported = &answer["outcome"]["exported"];
    let text = exported["transaction"].as_str().expect("a transaction");
    let bytes = match exported["encoding"].as_str() {
        Some("base58") => bs58::decode(text).into_vec().expect("base58"),
        _ => BASE64_STANDARD.decode(text).expect("base64"),
    };
    bincode::deserialize(&bytes).expect("a transaction")
}

#[test]
fn what_a_vault_shall_sign_is_printed_for_its_members() {
    // given a multisig whose vault is the member of a council
    let house = House::live();
    let change = house.file("change.toml", &split("0.4"));
    // when a proposal is printed, then the vault proposes, pays and is the only signer
    for encoding in ["base58", "base64"] {
        let said = house.squads(&["propose", &change, "--export", encoding]);
        assert_eq!(said.code, 0, "{} {}", said.stdout, said.stderr);
        let message = transaction(&said.json()).message;
        assert_eq!(message.header.num_required_signatures, 1);
        assert_eq!(message.account_keys.first(), Some(&house.vault));
        assert_eq!(message.instructions.len(), 1);
    }
    assert_eq!(house.read().transaction_index, 42);
    // Steps of a proposal as well: it is what a member stores with the same words.
    assert_eq!(house.squads(&["propose", &change]).code, 0);
    house.execute(43);
    let said = house.squads(&["withdraw-approval", "0", "--export", "base58"]);
    let printed = transaction(&said.json()).message;
    assert_eq!(house.squads(&["withdraw-approval", "0"]).code, 0);
    let stored = house.stored(44).message;
    let calls = stored.instructions().expect("instructions");
    assert_eq!(instruction::name(&calls[0]), Some("withdraw_approval"));
    assert_eq!(
        Compiled::new(&house.vault, &calls).expect("compiled"),
        stored
    );
    assert_eq!(printed.instructions[0].data, calls[0].data);
    let keys = |keys: &[homeostat_client::Pubkey]| {
        let mut keys = keys.to_vec();
        keys.sort();
        keys
    };
    assert_eq!(keys(&printed.account_keys), keys(&stored.keys));
}
