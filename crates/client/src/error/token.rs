//! What the token programs refuse.

use anchor_lang::prelude::Pubkey;

use super::Table;

/// SPL Token and Token-2022.
pub(super) const TOKEN_PROGRAMS: [Pubkey; 2] = [anchor_spl::token::ID, anchor_spl::token_2022::ID];

/// Errors of the program of associated token accounts.
pub(super) const ASSOCIATED: Table = &[(
    0,
    "InvalidOwner",
    "An account at the address of a token account is not its owner's; check the owner's address",
)];

/// Errors of SPL Token and Token-2022 that a transaction with these instructions can meet. The
/// two programs number their common errors alike.
pub(super) const TOKEN: Table = &[
    (0, "NotRentExempt", "A token account has too few lamports; add SOL for its rent"),
    (1, "InsufficientFunds", "The token account, or what its owner allowed the delegate, holds less than that; use a smaller amount"),
    (2, "InvalidMint", "The account is not a mint; check its address"),
    (3, "MintMismatch", "A token account belongs to another mint; use one of the economy's mint"),
    (4, "OwnerMismatch", "The signer is neither owner nor delegate of the tokens; sign with one of them"),
    (5, "FixedSupply", "The mint authority is gone, so nothing can be minted; check the mint"),
    (6, "AlreadyInUse", "The token account exists already; use it"),
    (9, "UninitializedState", "The token account does not exist yet; create it first"),
    (11, "NonNativeHasBalance", "The token account still holds tokens; empty it, then close it"),
    (12, "InvalidInstruction", "The token program does not know that instruction; use the program that owns the mint"),
    (13, "InvalidState", "The token account is in a state that forbids this; look at it with the token program's command line"),
    (14, "Overflow", "A token amount leaves its range; use a smaller amount"),
    (16, "MintCannotFreeze", "The mint has no freeze authority; there is nothing to freeze"),
    (17, "AccountFrozen", "The token account is frozen; use another one, or ask who froze it"),
    (18, "MintDecimalsMismatch", "The mint has other decimals; read them from the mint"),
    (30, "TransferFeeExceedsMaximum", "The mint's transfer fee is above its maximum; ask who issued the mint"),
    (35, "AccountHasWithheldTransferFees", "The token account still holds withheld transfer fees; harvest them to the mint first"),
    (36, "NoMemo", "The recipient's token account demands a memo with every transfer; pay to another account of theirs"),
    (37, "NonTransferable", "These tokens cannot be transferred; use others"),
    (42, "CpiGuardTransferBlocked", "The token account lets no program move its tokens (CPI guard); switch the guard off, or approve a delegate"),
];
