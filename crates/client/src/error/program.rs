//! The program's own errors.

use anchor_lang::error::ERROR_CODE_OFFSET;
use homeostat::HomeostatError;

/// The program's own error behind a custom error code, if it is one.
pub fn from_code(code: u32) -> Option<HomeostatError> {
    let index = code.checked_sub(ERROR_CODE_OFFSET)?;
    all().nth(usize::try_from(index).ok()?)
}

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
