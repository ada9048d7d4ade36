//! Shared vocabulary of the integration tests; the harness itself is
//! `homeostat-sandbox`.

use homeostat::state::Controller;
pub use homeostat::HomeostatError;
use homeostat_client::error::explain;
use homeostat_control::LatchReason;
use homeostat_sandbox::{Failure, Receipt, World};
use solana_instruction::{error::InstructionError, Instruction};
use solana_keypair::Keypair;
use solana_program::pubkey::Pubkey;
use solana_transaction_error::TransactionError;

/// An economy of layout version 0 and its other accounts: `layout::migrate` says how it was
/// made. The economy is the first.
pub const ECONOMY_0: &[u8] = include_bytes!("../fixtures/economy-0.bin");

/// Latches the guard of a controller at `now`, as if it had found a spike.
pub fn latch(controller: &mut Controller, now: i64) {
    controller.guard = (&controller.guard().latch(LatchReason::Spike, now)).into();
}

/// Asserts that a transaction was refused with one of the program's own errors.
#[track_caller]
pub fn refused(outcome: Result<Receipt, Failure>, error: HomeostatError) {
    refused_with(outcome, error.into());
}

/// Asserts that a transaction was refused with a code (Anchor's or the program's).
#[track_caller]
pub fn refused_with(outcome: Result<Receipt, Failure>, code: u32) {
    match outcome {
        Ok(_) => panic!("the attack went through; expected {}", error_name(code)),
        Err(failure) if failure.code() == Some(code) => (),
        Err(failure) => panic!("expected {}, got {failure}", error_name(code)),
    }
}

/// The name and number of an error, as it is shown.
pub fn error_name(code: u32) -> String {
    let text = explain(code);
    text.split(':').next().unwrap_or_default().to_owned()
}

/// Numbers of the framework's own errors, for [`refused_with`] and [`attack`].
pub mod anchor {
    /// An account that has to be writable is not.
    pub const CONSTRAINT_MUT: u32 = 2000;
    /// An account is not the one that another account names.
    pub const CONSTRAINT_HAS_ONE: u32 = 2001;
    /// A signature is missing on an account that is checked by a constraint.
    pub const CONSTRAINT_SIGNER: u32 = 2002;
    /// A condition that a program states in its own words.
    pub const CONSTRAINT_RAW: u32 = 2003;
    /// An account is not at its derived address.
    pub const CONSTRAINT_SEEDS: u32 = 2006;
    /// An account would be closed into itself.
    pub const CONSTRAINT_CLOSE: u32 = 2011;
    /// An account is not at its fixed address.
    pub const CONSTRAINT_ADDRESS: u32 = 2012;
    /// A token account belongs to another mint.
    pub const CONSTRAINT_TOKEN_MINT: u32 = 2014;
    /// A token account belongs to another owner.
    pub const CONSTRAINT_TOKEN_OWNER: u32 = 2015;
    /// A mint belongs to another token program.
    pub const CONSTRAINT_MINT_TOKEN_PROGRAM: u32 = 2022;
    /// The same account twice, both writable.
    pub const CONSTRAINT_DUPLICATE_MUTABLE_ACCOUNT: u32 = 2040;
    /// Another account type.
    pub const ACCOUNT_DISCRIMINATOR_MISMATCH: u32 = 3002;
    /// An account's data is too short, or damaged.
    pub const ACCOUNT_DID_NOT_DESERIALIZE: u32 = 3003;
    /// An account that has to be writable is not, found on loading.
    pub const ACCOUNT_NOT_MUTABLE: u32 = 3006;
    /// An account is no wallet.
    pub const ACCOUNT_NOT_SYSTEM_OWNED: u32 = 3011;
    /// An account of another program.
    pub const ACCOUNT_OWNED_BY_WRONG_PROGRAM: u32 = 3007;
    /// Another program.
    pub const INVALID_PROGRAM_ID: u32 = 3008;
    /// A signature is missing.
    pub const ACCOUNT_NOT_SIGNER: u32 = 3010;
    /// An account does not exist.
    pub const ACCOUNT_NOT_INITIALIZED: u32 = 3012;
}

/// Numbers of the system program's errors.
pub mod system {
    /// An account that is to be created is there already.
    pub const ALREADY_IN_USE: u32 = 0;
    /// Whoever pays has too few lamports.
    pub const INSUFFICIENT_LAMPORTS: u32 = 1;
}

/// Numbers of the token programs' errors.
pub mod token {
    /// The account or the delegation holds less than that.
    pub const INSUFFICIENT_FUNDS: u32 = 1;
    /// The signer is neither owner nor delegate.
    pub const OWNER_MISMATCH: u32 = 4;
}

/// Sends an attack; asserts that it is refused with `code` and that no byte of
/// the economy changed. Returns the log lines.
pub async fn attack(
    world: &mut World,
    what: &str,
    instructions: &[Instruction],
    signers: &[&Keypair],
    code: impl Into<u32>,
) -> Vec<String> {
    let error = InstructionError::Custom(code.into());
    attack_ends_with(world, what, instructions, signers, &error).await
}

/// The same where the runtime or a library refuses with an error that has no code.
pub async fn attack_ends_with(
    world: &mut World,
    what: &str,
    instructions: &[Instruction],
    signers: &[&Keypair],
    error: &InstructionError,
) -> Vec<String> {
    let expected = match error {
        InstructionError::Custom(code) => error_name(*code),
        other => other.to_string(),
    };
    let before = world.state().await;
    let logs = match world.bank.send(instructions, signers).await {
        Ok(_) => panic!("{what}: the attack went through; expected {expected}"),
        Err(failure) => match &failure.error {
            Some(TransactionError::InstructionError(_, found)) if found == error => failure.logs,
            _ => panic!("{what}: expected {expected}, got {failure}"),
        },
    };
    unchanged(what, &before, &world.state().await);
    logs
}

/// Sends tokens of the reserve to any token account.
pub async fn give(world: &mut World, to: &Pubkey, amount: u64) {
    let (mint, reserve) = (world.at.mint, world.reserve);
    let creator = world.creator.insecure_clone();
    world
        .bank
        .transfer(&mint, &reserve, to, &creator, amount)
        .await;
}

/// Asserts every invariant of the design, showing the figures of a broken one.
pub async fn assert_sound(world: &mut World) {
    let invariants = world.check_invariants().await;
    assert!(invariants.all_hold(), "{invariants:#?}");
}

/// Asserts that two states of a world are the same, and names what is not.
#[track_caller]
pub fn unchanged(what: &str, before: &[(Pubkey, Vec<u8>)], after: &[(Pubkey, Vec<u8>)]) {
    let changed: Vec<&Pubkey> = before
        .iter()
        .zip(after)
        .filter(|(old, new)| old != new)
        .map(|(old, _)| &old.0)
        .collect();
    assert!(
        changed.is_empty() && before.len() == after.len(),
        "{what}: these accounts changed: {changed:?}"
    );
}

/// The instruction with one account exchanged for another, its role as it was.
pub fn exchange(mut instruction: Instruction, old: &Pubkey, new: &Pubkey) -> Instruction {
    let mut found = false;
    for meta in &mut instruction.accounts {
        if meta.pubkey == *old {
            meta.pubkey = *new;
            found = true;
        }
    }
    assert!(found, "{old} is not in the instruction");
    instruction
}

/// The instruction without the signature of `key`.
pub fn unsigned(mut instruction: Instruction, key: &Pubkey) -> Instruction {
    for meta in &mut instruction.accounts {
        if meta.pubkey == *key {
            meta.is_signer = false;
        }
    }
    instruction
}

/// The instruction with `key` read-only.
pub fn read_only(mut instruction: Instruction, key: &Pubkey) -> Instruction {
    for meta in &mut instruction.accounts {
        if meta.pubkey == *key {
            meta.is_writable = false;
        }
    }
    instruction
}
