//! The SDK against the committed IDL. The SDK builds every instruction of the IDL, decodes every
//! account and event and explains every error; and the IDL says of every part what it is and in
//! which unit.

mod documentation;
mod resolve;
mod stage;

use std::collections::{BTreeMap, BTreeSet};

use homeostat_client::{
    address,
    decode::{Decode, DecodeError},
    error,
    event::{Event, EVENT_TAG},
    instruction as ix, AuditLog, Ballot, Council, DecisionLog, Economy, Feed, Instruction, Meter,
    Pool, Position, Proposal, PROGRAM_ID,
};
use serde_json::Value;
use stage::{built, meaning, Stage};

fn idl() -> Value {
    let text = include_str!("../../../../idl/homeostat.json");
    serde_json::from_str(text).expect("the IDL is JSON")
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn name(value: &Value) -> &str {
    value["name"].as_str().expect("everything has a name")
}

fn bytes(value: &Value, key: &str) -> Vec<u8> {
    let numbers = list(value, key).iter();
    numbers.map(|n| n.as_u64().unwrap() as u8).collect()
}

fn flag(value: &Value, key: &str) -> bool {
    value[key].as_bool().unwrap_or(false)
}

#[test]
fn every_instruction_is_built_as_the_idl_describes_it() {
    let (idl, stage) = (idl(), Stage::new());
    let mut described = BTreeSet::new();
    let built: BTreeMap<&str, Instruction> = built(&stage)
        .into_iter()
        .map(|instruction| (ix::name(&instruction).expect("it has a name"), instruction))
        .collect();
    for described_one in list(&idl, "instructions") {
        let name = name(described_one);
        described.insert(name);
        let instruction = built
            .get(name)
            .unwrap_or_else(|| panic!("the SDK has no builder for {name}; add it, and here"));

        assert_eq!(instruction.program_id, PROGRAM_ID);
        let discriminator = bytes(described_one, "discriminator");
        assert!(instruction.data.starts_with(&discriminator), "{name}");

        let accounts = list(described_one, "accounts");
        assert_eq!(instruction.accounts.len(), accounts.len(), "{name}");
        for (account, meta) in accounts.iter().zip(&instruction.accounts) {
            let what = format!("{name}, account {}", self::name(account));
            let expected = meaning(name, self::name(account), &stage)
                .unwrap_or_else(|| panic!("{what}: the test does not know what it is"));
            assert_eq!(meta.pubkey, expected, "{what}: another account");
            assert_eq!(meta.is_writable, flag(account, "writable"), "{what}");
            assert_eq!(meta.is_signer, flag(account, "signer"), "{what}");
            if let Some(fixed) = account["address"].as_str() {
                assert_eq!(meta.pubkey.to_string(), fixed, "{what}");
            }
        }
    }
    let names: BTreeSet<&str> = ix::NAMES.iter().copied().collect();
    assert_eq!(names, described, "instruction::NAMES is out of date");
    assert_eq!(names.len(), ix::NAMES.len());
}

#[test]
fn an_optional_account_that_is_not_there_is_the_programs_own_address() {
    let stage = Stage::new();
    let (creator, token) = (stage.key("creator"), stage.key("token_program"));
    let idl = idl();
    let meter = ix::create_meter(&stage.at, &creator, &token, 2);
    let create = list(&idl, "instructions")
        .iter()
        .find(|instruction| name(instruction) == "create_meter")
        .unwrap();
    let optional: Vec<usize> = list(create, "accounts")
        .iter()
        .enumerate()
        .filter(|(_, account)| flag(account, "optional"))
        .map(|(index, _)| index)
        .collect();
    assert_eq!(optional.len(), 1);
    let absent = &meter.accounts[optional[0]];
    assert_eq!(absent.pubkey, PROGRAM_ID);
    assert!(!absent.is_writable);
}

/// Bytes of a type of the IDL without padding; `None` when it has no fixed size.
fn size(idl: &Value, kind: &Value) -> Option<usize> {
    if let Some(simple) = kind.as_str() {
        return Some(match simple {
            "u8" | "i8" | "bool" => 1,
            "u16" | "i16" => 2,
            "u32" | "i32" => 4,
            "u64" | "i64" => 8,
            "u128" | "i128" => 16,
            "pubkey" => 32,
            _ => return None,
        });
    }
    if let Some([item, count]) = kind["array"].as_array().map(Vec::as_slice) {
        let count = count.as_u64()? as usize;
        return size(idl, item)?.checked_mul(count);
    }
    let defined = kind["defined"]["name"].as_str()?;
    let found = list(idl, "types").iter().find(|t| name(t) == defined)?;
    let fields = list(&found["type"], "fields").iter();
    fields.map(|field| size(idl, &field["type"])).sum()
}

fn decodes<T: Decode>(idl: &Value, in_idl: &mut BTreeSet<String>) {
    let kind = std::any::type_name::<T>();
    let kind = kind.rsplit("::").next().unwrap();
    if let Some(account) = list(idl, "accounts").iter().find(|a| name(a) == kind) {
        in_idl.insert(kind.to_owned());
        assert_eq!(bytes(account, "discriminator"), T::DISCRIMINATOR, "{kind}");
        let described = serde_json::json!({ "defined": { "name": kind } });
        let expected = size(idl, &described).expect("accounts have a fixed size");
        assert_eq!(
            expected,
            std::mem::size_of::<T>(),
            "{kind}: bytes in the IDL"
        );
    }
    // Neighbouring bytes differ, so that a field that is read from the wrong place shows.
    let body: Vec<u8> = (0..std::mem::size_of::<T>())
        .map(|index| (index % 251) as u8)
        .collect();
    let stored = [T::DISCRIMINATOR, &body, &[9; 100]].concat();
    let decoded = T::decode(&stored).unwrap_or_else(|error| panic!("{kind}: {error}"));
    assert_eq!(bytemuck::bytes_of(&decoded), body, "{kind}");
    let end = T::DISCRIMINATOR.len() + body.len();
    assert!(T::decode(&stored[..end - 1]).is_err(), "{kind}: too short");
    assert!(T::decode(&stored[1..]).is_err(), "{kind}: another type");
    // The last byte of the discriminator is the layout version: no other one is decoded.
    let mut other = stored.clone();
    other[T::DISCRIMINATOR.len() - 1] ^= 1;
    assert_eq!(T::decode(&other).err(), Some(DecodeError::OtherVersion));
    assert!(T::decode(&[]).is_err(), "{kind}: nothing");
}

#[test]
fn every_account_decodes_from_its_bytes() {
    let idl = idl();
    let mut seen = BTreeSet::new();
    decodes::<Economy>(&idl, &mut seen);
    decodes::<Pool>(&idl, &mut seen);
    decodes::<Position>(&idl, &mut seen);
    decodes::<Meter>(&idl, &mut seen);
    decodes::<Feed>(&idl, &mut seen);
    decodes::<DecisionLog>(&idl, &mut seen);
    decodes::<Council>(&idl, &mut seen);
    decodes::<Proposal>(&idl, &mut seen);
    decodes::<Ballot>(&idl, &mut seen);
    decodes::<AuditLog>(&idl, &mut seen);
    let described: BTreeSet<String> = list(&idl, "accounts")
        .iter()
        .map(|account| name(account).to_owned())
        .collect();
    assert_eq!(seen, described, "an account that the SDK does not decode");
}

#[test]
fn every_event_is_read() {
    let idl = idl();
    let authority = [address::event_authority()];
    let mut described = BTreeSet::new();
    for event in list(&idl, "events") {
        described.insert(name(event));
        // Zeros are a value of every event, except of one with an enum that begins at 1.
        let read = (0..4u8).find_map(|filler| {
            let body = if filler == 0 {
                vec![0; 4_096]
            } else {
                filled(&idl, event, filler)
            };
            let data = [&EVENT_TAG[..], &bytes(event, "discriminator"), &body].concat();
            homeostat_client::event::parse(&PROGRAM_ID, &authority, &data)
        });
        let read = read.unwrap_or_else(|| panic!("the SDK does not read {}", name(event)));
        assert_eq!(read.name(), name(event));
    }
    let names: BTreeSet<&str> = Event::NAMES.iter().copied().collect();
    assert_eq!(names, described);
}

/// An event's body of zeros, with `filler` in the place of every enum.
fn filled(idl: &Value, event: &Value, filler: u8) -> Vec<u8> {
    let described = list(idl, "types").iter().find(|t| name(t) == name(event));
    let fields = described.map_or(&[][..], |event| list(&event["type"], "fields"));
    let mut body = Vec::new();
    for field in fields {
        let kind = &field["type"];
        match size(idl, kind) {
            Some(0) | None => body.push(filler),
            Some(bytes) => body.extend(vec![0; bytes]),
        }
    }
    body.extend([0; 512]);
    body
}

#[test]
fn every_error_has_its_sentence() {
    let idl = idl();
    let described = list(&idl, "errors");
    assert_eq!(described.len(), error::all().count());
    for (described, ours) in described.iter().zip(error::all()) {
        let code = described["code"].as_u64().unwrap() as u32;
        assert_eq!(code, u32::from(ours));
        assert_eq!(name(described), ours.name());
        let message = described["msg"].as_str().unwrap();
        assert_eq!(
            error::explain(code),
            format!("{} ({code}): {message}", ours.name())
        );
    }
}
