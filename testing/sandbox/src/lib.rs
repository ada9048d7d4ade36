//! Runs the Homeostat program in process: a bank with time travel
//! ([`Bank`]), a ready-made economy on it ([`World`]), and the invariants that
//! must hold after every transaction ([`World::check_invariants`]).

pub mod bank;
pub mod council;
pub mod fixture;
pub mod forge;
pub mod invariant;
pub mod mint;
pub mod packet;
pub mod stage;
pub mod world;

pub use bank::{Bank, Call, Failure, Receipt, Simulation};
pub use invariant::Invariants;
pub use mint::{MintSpec, TokenProgram};
pub use world::{Wallet, World, WorldSpec};

// For `anchor_processor!`.
#[doc(hidden)]
pub use {solana_program, solana_program_test};
