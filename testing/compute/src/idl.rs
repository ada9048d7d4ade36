//! The instructions that there are, from the committed interface description.

use serde::Deserialize;

use crate::bench::Error;

const IDL: &str = include_str!("../../../idl/homeostat.json");

#[derive(Deserialize)]
struct Idl {
    instructions: Vec<Instruction>,
}

/// An instruction of the program.
#[derive(Clone, Debug, Deserialize)]
pub struct Instruction {
    /// Its name.
    pub name: String,
    /// What its data begin with.
    pub discriminator: Vec<u8>,
}

/// Every instruction of the program.
pub fn instructions() -> Result<Vec<Instruction>, Error> {
    serde_json::from_str::<Idl>(IDL)
        .map(|idl| idl.instructions)
        .map_err(|error| Error(format!("idl/homeostat.json: {error}")))
}

/// The name of the instruction with these data.
pub fn name_of(data: &[u8]) -> Result<String, Error> {
    instructions()?
        .into_iter()
        .find(|instruction| data.starts_with(&instruction.discriminator))
        .map(|instruction| instruction.name)
        .ok_or(Error("the instruction is not in idl/homeostat.json".into()))
}
