//! What Anchor itself refuses: the rules that the program has at its accounts.
//!
//! The line `AnchorError caused by account: ...` in a transaction's log names the account.

use super::Table;

/// Anchor's own errors that a transaction with these instructions can meet.
pub(super) const FRAMEWORK: Table = &[
    (100, "InstructionMissing", "The instruction has no data; build it with this SDK"),
    (101, "InstructionFallbackNotFound", "The program does not know this instruction; update the SDK, or the program if it is your deployment"),
    (102, "InstructionDidNotDeserialize", "The program cannot read the instruction's arguments; update the SDK and build it again"),
    (2000, "ConstraintMut", "An account that the instruction changes was passed read-only; mark it writable, or build the instruction with this SDK"),
    (2001, "ConstraintHasOne", "An account is not the one that another account of the instruction records; take every address from the same economy, pool or proposal"),
    (2002, "ConstraintSigner", "An account that has to sign did not; sign with every signer of the instruction"),
    (2003, "ConstraintRaw", "An account does not fulfil a condition of the instruction; see which one the log names, and build the instruction with this SDK"),
    (2004, "ConstraintOwner", "An account belongs to another program; check its address"),
    (2006, "ConstraintSeeds", "An account is not at the address that its seeds give; derive it with this SDK, from the same economy, pool and owner"),
    (2011, "ConstraintClose", "An account would be closed into itself; pass the wallet that gets its rent back"),
    (2012, "ConstraintAddress", "An account is not at the only address that the instruction accepts; build the instruction with this SDK"),
    (2014, "ConstraintTokenMint", "A token account holds tokens of another mint; pass one of the mint that the instruction moves"),
    (2015, "ConstraintTokenOwner", "A token account belongs to somebody else; pass one whose owner is the signer"),
    (2022, "ConstraintMintTokenProgram", "The mint belongs to the other token program; pass the one that owns it, SPL Token or Token-2022"),
    (2040, "ConstraintDuplicateMutableAccount", "The same account was passed in two places that are both written; pass two different accounts"),
    (3000, "AccountDiscriminatorAlreadySet", "The account exists already; use it, or another address"),
    (3001, "AccountDiscriminatorNotFound", "An account holds no Homeostat data yet; create it first, or pass the right one"),
    (3002, "AccountDiscriminatorMismatch", "An account is of another type or of another layout version; pass the right account, and if it is the right one run migrate for it, or update the SDK"),
    (3003, "AccountDidNotDeserialize", "An account has not the data that is expected, of a mint or a token account for example; check its address"),
    (3005, "AccountNotEnoughKeys", "Accounts are missing; build the instruction with this SDK"),
    (3006, "AccountNotMutable", "An account that the instruction changes was passed read-only; mark it writable, or build the instruction with this SDK"),
    (3007, "AccountOwnedByWrongProgram", "An account belongs to another program than the one that is expected; check its address, and that it is of this cluster"),
    (3008, "InvalidProgramId", "A program is not the one that is expected; pass the program that owns the mint, and Homeostat's own address"),
    (3009, "InvalidProgramExecutable", "An address that should be of a program is not; check the address and the cluster"),
    (3010, "AccountNotSigner", "An account that has to sign did not; sign with every signer of the instruction"),
    (3011, "AccountNotSystemOwned", "An account has to be a plain wallet; use another one"),
    (3012, "AccountNotInitialized", "An account does not exist yet; create it first: open the position, or create the token account"),
    (4100, "DeclaredProgramIdMismatch", "The program runs at another address than the one it was built for; use the official address"),
];
