//! What is stored in a multisig, against bytes that the published package of Squads v4 made:
//! `fixtures/squads.json`, whose head says how.

use std::collections::BTreeSet;

use base64::{prelude::BASE64_STANDARD, Engine};
use homeostat_chain::squads::{
    accounts::{Buffer, Proposal, Right, VaultTransaction},
    buffer::{self, Upload},
    layout::{self, PROGRAM},
    Compiled, Multisig,
};
use homeostat_client::{instruction, AccountMeta, Instruction, Pubkey};
use serde_json::Value;

fn fixture() -> Value {
    serde_json::from_str(include_str!("fixtures/squads.json")).expect("the fixture is JSON")
}

fn bytes(value: &Value) -> Vec<u8> {
    let text = value.as_str().expect("bytes in base64");
    BASE64_STANDARD.decode(text).expect("base64")
}

fn key(value: &Value) -> Pubkey {
    value.as_str().expect("an address").parse().expect("base58")
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().expect("a list")
}

/// `ADDRESS sw`: who signs and what is written.
fn metas(value: &Value) -> Vec<AccountMeta> {
    let read = |text: &Value| {
        let (address, flags) = text.as_str()?.split_once(' ')?;
        Some(AccountMeta {
            pubkey: address.parse().ok()?,
            is_signer: flags.starts_with('s'),
            is_writable: flags.ends_with('w'),
        })
    };
    let read = |value: &Value| read(value).expect("an account");
    list(value).iter().map(read).collect()
}

/// An instruction of Squads', or of the program that is named.
fn read(value: &Value) -> Instruction {
    let program = &value["program"];
    Instruction {
        program_id: if program.is_null() {
            PROGRAM
        } else {
            key(program)
        },
        accounts: metas(&value["accounts"]),
        data: bytes(&value["data"]),
    }
}

/// The multisig as it was when the package made the bytes.
fn multisig(fixture: &Value) -> Multisig {
    let address = key(&fixture["multisig"]);
    let data = bytes(&fixture["accounts"]["multisig"]);
    Multisig::decode(address, &data).expect("a multisig")
}

fn member(fixture: &Value) -> Pubkey {
    key(&fixture["member"])
}

#[test]
fn every_address_is_that_of_the_package() {
    let fixture = fixture();
    let (multisig, member) = (multisig(&fixture), member(&fixture));
    let addresses = &fixture["addresses"];
    assert_eq!(key(&fixture["program"]), PROGRAM);
    for pair in list(&addresses["vaults"]) {
        let index = pair[0].as_u64().and_then(|index| u8::try_from(index).ok());
        assert_eq!(key(&pair[1]), multisig.vault(index.expect("an index")));
    }
    let number = fixture["number"].as_u64().expect("a number");
    assert_eq!(number, multisig.next());
    let address = &multisig.address;
    assert_eq!(
        key(&addresses["transaction"]),
        layout::transaction(address, number)
    );
    assert_eq!(
        key(&addresses["proposal"]),
        layout::proposal(address, number)
    );
    let at = layout::buffer(address, &member, buffer::INDEX);
    assert_eq!(key(&fixture["buffer"]["address"]), at);
}

#[test]
fn what_every_command_stores_is_byte_for_byte_what_the_package_stores() {
    let fixture = fixture();
    let (multisig, member) = (multisig(&fixture), member(&fixture));
    let vault = multisig.vault(0);
    let mut commands = BTreeSet::new();
    for case in list(&fixture["cases"]) {
        let command = case["command"].as_str().expect("a command");
        let instructions: Vec<Instruction> = list(&case["instructions"]).iter().map(read).collect();
        commands.extend(instructions.iter().filter_map(instruction::name));

        // when its instructions are compiled, then the message is the package's
        let compiled = Compiled::new(&vault, &instructions).expect("it is compiled");
        let message = compiled.bytes().expect("it is written");
        assert_eq!(message, bytes(&case["message"]), "{command}");
        assert_eq!(Compiled::read(&message).as_ref(), Some(&compiled));

        // and so are the instructions that store it, open the vote and execute it
        let memo = case["memo"].as_str().expect("a memo");
        let [store, open] = multisig.propose(&member, 0, &message, memo).expect("built");
        assert_eq!(store, read(&case["vault_transaction_create"]), "{command}");
        assert_eq!(open, read(&fixture["proposal_create"]), "{command}");
        let execute = multisig.execute(&member, multisig.next(), 0, &compiled);
        assert_eq!(
            execute,
            read(&case["vault_transaction_execute"]),
            "{command}"
        );

        // and what the program stores is read as what was asked for: the vault calls the same
        // programs with the same accounts and data, and signs wherever it has to
        let stored = bytes(&case["vault_transaction_account"]);
        let stored = VaultTransaction::decode(&stored).expect("a vault transaction");
        assert_eq!((stored.index, stored.vault_index), (multisig.next(), 0));
        assert_eq!(stored.message, compiled, "{command}");
        let called = stored.message.instructions().expect("instructions");
        assert_eq!(called.len(), instructions.len());
        for (called, asked) in called.iter().zip(&instructions) {
            assert_eq!(called.program_id, asked.program_id, "{command}");
            assert_eq!(called.data, asked.data, "{command}");
            assert_eq!(called.accounts.len(), asked.accounts.len());
            for (called, asked) in called.accounts.iter().zip(&asked.accounts) {
                assert_eq!(called.pubkey, asked.pubkey, "{command}");
                // Rights are those of the message: what one instruction writes, all may.
                assert!(called.is_signer >= asked.is_signer, "{command}");
                assert!(called.is_writable >= asked.is_writable, "{command}");
                assert!(!called.is_signer || called.pubkey == vault, "{command}");
            }
        }
    }
    // Every act of governance that a vault can do is among them.
    for (name, caller) in homeostat_chain::squads::rules::CALLERS {
        let possible = caller != homeostat_chain::squads::rules::Caller::Transaction;
        assert_eq!(commands.contains(name), possible, "{name}");
    }
}

#[test]
fn a_vote_is_byte_for_byte_that_of_the_package_and_stands_behind_what_it_is_about() {
    let fixture = fixture();
    let (multisig, member) = (multisig(&fixture), member(&fixture));
    let approve = multisig.vote(&member, multisig.next(), true);
    assert_eq!(approve, read(&fixture["proposal_approve"]));
    let reject = multisig.vote(&member, multisig.next(), false);
    assert_eq!(reject, read(&fixture["proposal_reject"]));

    // when a member who approves it stores a message, then one transaction has all three
    let case = list(&fixture["cases"])
        .iter()
        .find(|case| case["command"] == "approve")
        .expect("a case");
    let upload = Upload {
        multisig: &multisig,
        creator: &member,
        vault_index: 0,
        message: &bytes(&case["message"]),
        memo: case["memo"].as_str().expect("a memo"),
        approves: true,
    };
    let plan = upload.at_once().expect("built").expect("a packet takes it");
    let all = [
        &case["vault_transaction_create"],
        &fixture["proposal_create"],
        &fixture["proposal_approve"],
    ];
    assert_eq!(plan.transactions, [all.map(read).to_vec()]);
}

#[test]
fn what_is_larger_than_a_packet_goes_through_the_buffer_of_the_package() {
    let fixture = fixture();
    let (multisig, member) = (multisig(&fixture), member(&fixture));
    let made = &fixture["buffer"];
    let case = list(&fixture["cases"])
        .iter()
        .find(|case| case["command"] == made["command"])
        .expect("the case of the buffer");
    let message = bytes(&case["message"]);
    let sum = solana_program::hash::hash(&message).to_bytes();
    let cut = made["cut_at"]
        .as_u64()
        .and_then(|cut| usize::try_from(cut).ok());
    let (first, second) = message.split_at(cut.expect("a place"));
    let size = u16::try_from(message.len()).expect("a size");

    let create = multisig.buffer_create(&member, (buffer::INDEX, 0), (&sum, size), first);
    assert_eq!(create.expect("built"), read(&made["create"]));
    let extend = multisig.buffer_extend(&member, buffer::INDEX, second);
    assert_eq!(extend.expect("built"), read(&made["extend"]));
    let close = multisig.buffer_close(&member, buffer::INDEX);
    assert_eq!(close, read(&made["close"]));
    let memo = case["memo"].as_str().expect("a memo");
    let at = key(&made["address"]);
    let [store, open] = multisig
        .propose_from_buffer(&member, 0, &at, memo)
        .expect("built");
    assert_eq!(store, read(&made["vault_transaction_create_from_buffer"]));
    assert_eq!(open, read(&fixture["proposal_create"]));

    // and what is in the buffer so far is read
    let there = Buffer::decode(&bytes(&made["account"])).expect("a buffer");
    assert_eq!(there.bytes, first);
    assert_eq!((there.hash, there.size, there.vault_index), (sum, size, 0));
}

#[test]
fn a_multisig_and_what_its_members_think_are_read() {
    let fixture = fixture();
    let accounts = &fixture["accounts"];
    let plain = multisig(&fixture);
    assert_eq!((plain.threshold, plain.time_lock), (2, 3_600));
    assert_eq!((plain.transaction_index, plain.stale_index), (41, 40));
    let all = [3, 4, 5].map(|byte| Pubkey::new_from_array([byte; 32]));
    let keys: Vec<_> = plain.members.iter().map(|member| member.key).collect();
    assert_eq!(keys, all);
    let may = |right| {
        plain
            .members
            .iter()
            .map(|it| it.may(right))
            .collect::<Vec<_>>()
    };
    assert_eq!(may(Right::Start), [true, false, true]);
    assert_eq!(may(Right::Vote), [true, true, false]);
    assert_eq!(may(Right::Execute), [true, false, false]);
    let collecting = bytes(&accounts["multisig_with_rent_collector"]);
    assert_eq!(Multisig::decode(plain.address, &collecting), Some(plain));

    for one in list(&accounts["proposals"]) {
        let data = bytes(&one["account"]);
        let proposal = Proposal::decode(&data).expect("a proposal");
        assert_eq!(one["status"], proposal.status.name());
        assert_eq!(proposal.index, 42);
        assert_eq!(proposal.approved, all[..2]);
        assert_eq!(proposal.rejected, all[2..]);
        for end in 0..data.len() - 4 {
            assert_eq!(Proposal::decode(&data[..end]), None, "{end}");
        }
    }
}
