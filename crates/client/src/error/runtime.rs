//! What the system program and the runtime refuse.

use super::Table;

/// Errors of the system program.
pub(super) const SYSTEM: Table = &[
    (
        0,
        "AccountAlreadyInUse",
        "The address is taken already; use the account that is there",
    ),
    (
        1,
        "ResultWithNegativeLamports",
        "The payer has too little SOL for rent; add some SOL, then retry",
    ),
    (
        3,
        "InvalidAccountDataLength",
        "The account would be too large; use fewer slots",
    ),
    (
        5,
        "AddressWithSeedMismatch",
        "The address does not follow from its seed; derive it again",
    ),
    (
        6,
        "NonceNoRecentBlockhashes",
        "The nonce cannot be advanced yet; retry in a moment",
    ),
    (
        7,
        "NonceBlockhashNotExpired",
        "The nonce was used in this very block; retry in a moment",
    ),
];

/// Errors of the runtime, which have no code, by their names in JSON-RPC.
pub(super) const NAMED: &[(&str, &str)] = &[
    ("AccountNotFound", "The wallet that pays has never held SOL; send it some, then retry"),
    ("InsufficientFundsForFee", "The wallet has too little SOL for the network's fee; add some, then retry"),
    ("InsufficientFundsForRent", "An account would be left with too little SOL for its rent; add some, then retry"),
    ("BlockhashNotFound", "The transaction has expired or is from another cluster; take a fresh blockhash and sign again"),
    ("AlreadyProcessed", "This very transaction went through already; look at its signature, do not send it again"),
    ("SignatureFailure", "A signature does not fit the transaction; sign again without changing it"),
    ("TooManyAccountLocks", "The transaction touches too many accounts; split it"),
    ("AccountInUse", "Another transaction holds an account; retry in a moment"),
    ("WouldExceedMaxBlockCostLimit", "The block is full; retry, with a higher priority fee if it is urgent"),
    ("ProgramAccountNotFound", "The program is not on this cluster; check the cluster"),
    ("MissingRequiredSignature", "A signature is missing; sign with every signer of the transaction"),
    ("InsufficientFunds", "An account has too little SOL; add some, then retry"),
    ("AccountAlreadyInitialized", "The account exists already; use it"),
    ("UninitializedAccount", "An account does not exist yet; create it first"),
    ("NotEnoughAccountKeys", "Accounts are missing; build the instruction with this SDK"),
    ("IncorrectProgramId", "An account belongs to another program; pass the program that owns it"),
    ("InvalidAccountOwner", "An account belongs to another program; check its address"),
    ("InvalidAccountData", "An account has not the data that is expected; check its address"),
    ("InvalidSeeds", "An address does not follow from its seeds; derive it with this SDK"),
    ("PrivilegeEscalation", "A program asked for a signature or a write that it was not given; report it to the authors of the program"),
    ("ComputationalBudgetExceeded", "The compute budget is used up; raise the limit, see docs/COMPUTE.md for what an instruction needs"),
    ("MaxLoadedAccountsDataSizeExceeded", "The transaction loads more account data than it asked for; raise that limit"),
    ("CallDepth", "Programs called each other too deeply; call Homeostat from a program that was not itself called so deep"),
];
