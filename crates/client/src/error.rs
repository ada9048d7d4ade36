//! Error text: every program error as a sentence with a remedy.

use anchor_lang::{error::ERROR_CODE_OFFSET, prelude::Pubkey, system_program};
use homeostat::HomeostatError;
use solana_program::instruction::Instruction;

use crate::{instruction, PROGRAM_ID};

/// The program's own error behind a custom error code, if it is one.
pub fn from_code(code: u32) -> Option<HomeostatError> {
    let index = code.checked_sub(ERROR_CODE_OFFSET)?;
    all().nth(usize::try_from(index).ok()?)
}

/// What went wrong and what to do, for a custom error code of a Homeostat instruction.
///
/// A code under 100 comes from a program that Homeostat called. It is explained as the
/// token program's, which nearly every one is; [`explain_from`] is exact, given the
/// program that failed.
///
/// ```
/// use homeostat_client::error::explain;
///
/// assert!(explain(6019).starts_with("FeeAboveMax (6019): The fee at this moment"));
/// assert!(explain(1).starts_with("InsufficientFunds (1): "));
/// assert!(explain(3012).starts_with("AccountNotInitialized (3012): "));
/// ```
pub fn explain(code: u32) -> String {
    if let Some(error) = from_code(code) {
        return format!("{} ({code}): {error}", error.name());
    }
    if let Some((name, text)) = look_up(FRAMEWORK, code).or_else(|| look_up(TOKEN, code)) {
        return format!("{name} ({code}): {text}");
    }
    if code < 100 {
        return format!(
            "error {code}: a program that Homeostat called refused; see the log for which one, then its documentation"
        );
    }
    format!(
        "error {code}: the framework refused an account or an argument; build the instruction with this SDK"
    )
}

/// The same for a code of `program`, the one that failed (see [`failed_program`]).
///
/// ```
/// use homeostat_client::{error::explain_from, Pubkey};
///
/// let system = Pubkey::default();
/// assert!(explain_from(&system, 1).contains("SOL"));
/// ```
pub fn explain_from(program: &Pubkey, code: u32) -> String {
    if *program == PROGRAM_ID || TOKEN_PROGRAMS.contains(program) {
        return explain(code);
    }
    let known = if *program == system_program::ID {
        look_up(SYSTEM, code)
    } else if (100..ERROR_CODE_OFFSET).contains(&code) {
        // The framework numbers its errors alike in every program built with it.
        look_up(FRAMEWORK, code)
    } else {
        None
    };
    match known {
        Some((name, text)) => format!("{name} ({code}): {text}"),
        None => format!(
            "error {code} of the program {program}: see that program's documentation for it"
        ),
    }
}

/// The same, with the place and the name of the instruction that failed; `index` is the
/// one that the transaction's error names, from 0.
///
/// ```
/// use homeostat_client::{error::explain_in, instruction, EconomyAddresses, Pubkey};
///
/// let [mint, creator, owner, tokens, program] = [(); 5].map(|()| Pubkey::new_unique());
/// let at = EconomyAddresses::new(&mint, &creator);
/// let all = [
///     instruction::top_up(&at, &program),
///     instruction::claim(&at, &at.pool(&mint), &owner, &tokens, &program),
/// ];
/// let text = explain_in(&all, 1, 6016);
/// assert!(text.starts_with("instruction 2 of 2 (claim): RewardVaultShort (6016): "));
/// ```
pub fn explain_in(instructions: &[Instruction], index: usize, code: u32) -> String {
    let failed = instructions.get(index);
    let text = match failed {
        Some(failed) if failed.program_id != PROGRAM_ID => explain_from(&failed.program_id, code),
        _ => explain(code),
    };
    let name = failed
        .and_then(instruction::name)
        .map(|name| format!(" ({name})"));
    format!(
        "instruction {} of {}{}: {text}",
        index.saturating_add(1),
        instructions.len(),
        name.unwrap_or_default(),
    )
}

/// The sentence for an error without a code, by the name that JSON-RPC gives it
/// (`BlockhashNotFound`, `MissingRequiredSignature` ...); `None` for what users never see.
///
/// ```
/// use homeostat_client::error::explain_named;
///
/// assert!(explain_named("BlockhashNotFound").unwrap().contains("sign again"));
/// ```
pub fn explain_named(name: &str) -> Option<&'static str> {
    NAMED
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, text)| *text)
}

/// The program that a failed transaction's logs blame: the innermost one that failed.
/// Whoever is called can write log lines, so take this for a hint that words a message.
///
/// ```
/// use homeostat_client::{error::failed_program, Pubkey};
///
/// let token = Pubkey::new_unique();
/// let logs = [
///     format!("Program {token} failed: custom program error: 0x1"),
///     "Program 11111111111111111111111111111111 failed: custom program error: 0x1".into(),
/// ];
/// assert_eq!(failed_program(&logs), Some(token));
/// ```
pub fn failed_program(logs: &[impl AsRef<str>]) -> Option<Pubkey> {
    logs.iter().find_map(|line| {
        let (program, _) = line
            .as_ref()
            .strip_prefix("Program ")?
            .split_once(" failed: ")?;
        program.parse().ok()
    })
}

/// SPL Token and Token-2022.
const TOKEN_PROGRAMS: [Pubkey; 2] = [anchor_spl::token::ID, anchor_spl::token_2022::ID];

/// Codes with a name and a sentence, in ascending order.
type Table = &'static [(u32, &'static str, &'static str)];

fn look_up(table: Table, code: u32) -> Option<(&'static str, &'static str)> {
    table
        .iter()
        .find(|(known, ..)| *known == code)
        .map(|(_, name, text)| (*name, *text))
}

/// Anchor's own errors that a transaction can meet here.
const FRAMEWORK: Table = &[
    (100, "InstructionMissing", "The instruction has no data; build it with this SDK"),
    (101, "InstructionFallbackNotFound", "The program does not know this instruction; update the SDK, or the program if it is your deployment"),
    (102, "InstructionDidNotDeserialize", "The program cannot read the instruction's arguments; update the SDK and build it again"),
    (2000, "ConstraintMut", "An account has to be writable; build the instruction with this SDK"),
    (2001, "ConstraintHasOne", "An account is not the one that another account names; take every address from one economy"),
    (2002, "ConstraintSigner", "A signature is missing; sign with every signer of the instruction"),
    (2003, "ConstraintRaw", "An account is not what the instruction needs; build it with this SDK"),
    (2004, "ConstraintOwner", "An account belongs to another program; check its address"),
    (2006, "ConstraintSeeds", "An account is not at its derived address; derive it with this SDK"),
    (2011, "ConstraintClose", "An account would be closed into itself; send its rent to who paid it"),
    (2012, "ConstraintAddress", "An account is not at its fixed address; build the instruction with this SDK"),
    (2014, "ConstraintTokenMint", "A token account belongs to another mint; use one of the economy's mint"),
    (2015, "ConstraintTokenOwner", "A token account belongs to somebody else; use one of the owner's"),
    (2022, "ConstraintMintTokenProgram", "The mint belongs to the other token program; pass the program that owns it"),
    (2040, "ConstraintDuplicateMutableAccount", "The same account stands in two places; pass two different accounts"),
    (3000, "AccountDiscriminatorAlreadySet", "The account exists already; use it, or another address"),
    (3001, "AccountDiscriminatorNotFound", "An account is no Homeostat account yet; create it first"),
    (3002, "AccountDiscriminatorMismatch", "An account is of another type; check the order of the addresses"),
    (3003, "AccountDidNotDeserialize", "An account is not what it should be, such as a mint or a token account; check its address"),
    (3005, "AccountNotEnoughKeys", "Accounts are missing; build the instruction with this SDK"),
    (3006, "AccountNotMutable", "An account has to be writable; build the instruction with this SDK"),
    (3007, "AccountOwnedByWrongProgram", "An account belongs to another program; check its address and the cluster"),
    (3008, "InvalidProgramId", "A program is not the one that is expected; pass the program that owns the mint, and Homeostat's own address"),
    (3009, "InvalidProgramExecutable", "An address that should be a program is none; check the cluster"),
    (3010, "AccountNotSigner", "A signature is missing; sign with every signer of the instruction"),
    (3011, "AccountNotSystemOwned", "An account has to be a plain wallet; use another one"),
    (3012, "AccountNotInitialized", "An account does not exist yet; open the position or create the token account first"),
    (4100, "DeclaredProgramIdMismatch", "The program runs at another address than the one it was built for; use the official address"),
];

/// Errors of SPL Token and Token-2022 that a transaction can meet here.
const TOKEN: Table = &[
    (0, "NotRentExempt", "A token account has too few lamports; add SOL for its rent"),
    (1, "InsufficientFunds", "The token account or the allowance holds less than that; use a smaller amount"),
    (2, "InvalidMint", "The mint is none; check its address"),
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
    (36, "NoMemo", "The recipient's token account wants a memo on every transfer; pay another account of theirs"),
    (37, "NonTransferable", "These tokens cannot be transferred; use others"),
    (42, "CpiGuardTransferBlocked", "The token account lets no program move its tokens (CPI guard); switch the guard off, or approve a delegate"),
];

/// Errors of the system program.
const SYSTEM: Table = &[
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

/// Errors without a code, by their names in JSON-RPC.
const NAMED: &[(&str, &str)] = &[
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
    ("InvalidAccountData", "An account is not what it should be; check its address"),
    ("InvalidSeeds", "An address does not follow from its seeds; derive it with this SDK"),
    ("PrivilegeEscalation", "A program asked for a signature or a write it was not given; report it to the program's authors"),
    ("ComputationalBudgetExceeded", "The compute budget is used up; raise the limit, see docs/COMPUTE.md for what an instruction needs"),
    ("MaxLoadedAccountsDataSizeExceeded", "The transaction loads more account data than it asked for; raise that limit"),
    ("CallDepth", "Programs called each other too deeply; call Homeostat from a program that was not itself called so deep"),
];

/// Every error of the program, in order.
pub fn all() -> impl Iterator<Item = HomeostatError> {
    use HomeostatError::*;
    [
        InvalidParameter,
        Unauthorized,
        NotDraft,
        NotLive,
        MintAuthorityNotHeld,
        FreezeAuthoritySet,
        UnsupportedMintExtension,
        NoSupply,
        TooMany,
        NativePoolMissing,
        AmountTooSmall,
        InsufficientStake,
        StillLocked,
        NothingToWithdraw,
        UnclaimedRewards,
        PositionNotEmpty,
        RewardVaultShort,
        NoSuchTicket,
        UnexpectedTransfer,
        FeeAboveMax,
        SplitExceedsAmount,
        TooEarly,
        WrongRemainingAccounts,
        NoSuchController,
        LogAtCapacity,
        MathOverflow,
        InsolventVault,
        InvariantViolated,
        MintCapExceeded,
        WrongAmmVault,
        NotClosable,
        NotFunded,
        NotMintable,
        DuplicateAccount,
        Paused,
        FundingNotOpen,
        VaultSolvent,
        WrongVault,
        PauseBudgetExceeded,
        NotAMember,
        MissingPermission,
        AlreadyApproved,
        NotApproved,
        InvalidState,
        TimelockActive,
        ProposalExpired,
        NotExpired,
        ThresholdNotMet,
        TooManyOpen,
        DurableNonceForbidden,
        CpiForbidden,
        NotPendingAuthority,
        OldValueChanged,
        ClassChanged,
        VetoFinal,
        NotVetoable,
        NoVotingWeight,
        WrongDigest,
        NoCouncil,
        ChangedThisPeriod,
        NotPermitted,
        OutsideAdvice,
        AdvicePending,
        NoAdvice,
        BadActions,
        WrongActionAccounts,
        StepTooLarge,
        NothingToResume,
        NotAReporter,
        OldSequence,
        InvalidMetric,
        InvalidTimestamp,
        StaleMetric,
        OutflowCapExceeded,
        AlreadyCurrent,
        UnknownVersion,
    ]
    .into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_dense_and_in_order() {
        for (index, error) in all().enumerate() {
            let code = ERROR_CODE_OFFSET + index as u32;
            assert_eq!(u32::from(error), code);
            assert_eq!(from_code(code).map(u32::from), Some(code));
        }
    }

    /// What happened, then what to do, in one sentence each.
    #[test]
    fn every_sentence_says_what_to_do_and_stands_once() {
        let tables = [FRAMEWORK, TOKEN, SYSTEM].concat();
        let others = tables.iter().map(|(.., text)| text.to_string());
        let named = NAMED.iter().map(|(_, text)| text.to_string());
        for text in others
            .chain(named)
            .chain(all().map(|error| error.to_string()))
        {
            let remedy = text
                .split_once(';')
                .or_else(|| text.split_once(','))
                .map(|(what, remedy)| (what.trim().len(), remedy.trim().len()));
            assert!(remedy.is_some_and(|(a, b)| a > 8 && b > 5), "{text}");
        }
        let mut ours: Vec<String> = all().map(|error| error.to_string()).collect();
        let count = ours.len();
        ours.sort();
        ours.dedup();
        assert_eq!(ours.len(), count, "two errors say the same");
    }

    #[test]
    fn tables_are_in_order_and_no_code_stands_twice() {
        for table in [FRAMEWORK, TOKEN, SYSTEM] {
            assert!(table.windows(2).all(|pair| pair[0].0 < pair[1].0));
        }
        let mut names: Vec<&str> = NAMED.iter().map(|(name, _)| *name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), NAMED.len());
    }

    /// The framework's and the token programs' own numbers and names.
    #[test]
    fn numbers_are_those_of_the_programs_that_use_them() {
        use anchor_lang::error::ErrorCode;
        use anchor_spl::{token::spl_token, token_2022::spl_token_2022};
        let framework = [
            ErrorCode::InstructionMissing,
            ErrorCode::InstructionFallbackNotFound,
            ErrorCode::InstructionDidNotDeserialize,
            ErrorCode::ConstraintMut,
            ErrorCode::ConstraintHasOne,
            ErrorCode::ConstraintSigner,
            ErrorCode::ConstraintRaw,
            ErrorCode::ConstraintOwner,
            ErrorCode::ConstraintSeeds,
            ErrorCode::ConstraintAddress,
            ErrorCode::ConstraintTokenMint,
            ErrorCode::ConstraintTokenOwner,
            ErrorCode::ConstraintMintTokenProgram,
            ErrorCode::ConstraintDuplicateMutableAccount,
            ErrorCode::AccountDiscriminatorAlreadySet,
            ErrorCode::AccountDiscriminatorNotFound,
            ErrorCode::AccountDiscriminatorMismatch,
            ErrorCode::AccountDidNotDeserialize,
            ErrorCode::AccountNotEnoughKeys,
            ErrorCode::AccountNotMutable,
            ErrorCode::AccountOwnedByWrongProgram,
            ErrorCode::InvalidProgramId,
            ErrorCode::InvalidProgramExecutable,
            ErrorCode::AccountNotSigner,
            ErrorCode::AccountNotSystemOwned,
            ErrorCode::AccountNotInitialized,
            ErrorCode::DeclaredProgramIdMismatch,
        ];
        for (error, (code, name, _)) in framework.into_iter().zip(FRAMEWORK) {
            assert_eq!((u32::from(error), error.name().as_str()), (*code, *name));
        }
        assert_eq!(framework.len(), FRAMEWORK.len());
        for (code, name, _) in TOKEN {
            let error = spl_token_2022::error::TokenError::try_from(*code).unwrap();
            assert_eq!(format!("{error:?}"), *name, "{code}");
            // SPL Token has the first nineteen of them, under the same numbers.
            if *code <= 18 {
                let error = spl_token::error::TokenError::try_from(*code).unwrap();
                assert_eq!(format!("{error:?}"), *name, "{code}");
            }
        }
    }

    #[test]
    fn foreign_codes_are_explained_too() {
        assert!(explain(2001).contains("2001"));
        assert!(from_code(0).is_none());
        assert!(from_code(u32::MAX).is_none());
    }
}
