//! The program's interface as a whole: what holds for every instruction of the IDL.

mod pauses;
mod stage;
mod table;
mod versions;

use serde_json::Value;

const IDL: &str = include_str!("../../idl/homeostat.json");

/// An economy of an older layout: see `layout::migrate`.
const ECONOMY_0: &[u8] = include_bytes!("../fixtures/economy-0.bin");

fn idl() -> Value {
    serde_json::from_str(IDL).expect("the IDL is JSON")
}

/// Names of the IDL's instructions.
fn instructions() -> Vec<String> {
    let idl = idl();
    let all = idl["instructions"].as_array().expect("instructions");
    all.iter()
        .map(|one| one["name"].as_str().expect("a name").to_owned())
        .collect()
}
