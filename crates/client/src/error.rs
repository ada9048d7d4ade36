//! Error text: every program error as a sentence with a remedy.

use anchor_lang::error::ERROR_CODE_OFFSET;
use homeostat::HomeostatError;

/// The program's own error behind a custom error code, if it is one.
pub fn from_code(code: u32) -> Option<HomeostatError> {
    let index = code.checked_sub(ERROR_CODE_OFFSET)?;
    all().nth(usize::try_from(index).ok()?)
}

/// What went wrong and what to do, for any custom error code.
pub fn explain(code: u32) -> String {
    match from_code(code) {
        Some(error) => format!("{} ({code}): {error}", error.name()),
        None => format!(
            "error {code}: the framework refused an account or an argument; build the instruction with this SDK"
        ),
    }
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
        WrongVersion,
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

    #[test]
    fn every_message_says_what_to_do() {
        for error in all() {
            let text = error.to_string();
            assert!(text.contains(';') || text.contains(','), "{text}");
        }
    }

    #[test]
    fn foreign_codes_are_explained_too() {
        assert!(explain(2001).contains("2001"));
        assert!(from_code(0).is_none());
        assert!(from_code(u32::MAX).is_none());
    }
}
