//! Errors: numbered from 6000, append-only; each message says what to do.

// The message is the documentation, and the one users read.
#![allow(missing_docs)]

use core::num::NonZeroU64;

use anchor::prelude::*;

/// Why an instruction is refused: the number that its transaction ends with.
///
/// One word, so that it comes back in a register. Anchor's own error is an allocation
/// behind two words of memory, with its text in it: every call that may fail would pay for
/// both, some fifty bytes of code each. The text is found by the number at the very end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal(NonZeroU64);

/// What may be refused.
pub type Result<T, E = Refusal> = core::result::Result<T, E>;

impl Refusal {
    /// A number of `ProgramError`'s, which are never 0.
    const fn numbered(number: u64) -> Self {
        match NonZeroU64::new(number) {
            Some(number) => Self(number),
            None => Self(NonZeroU64::MAX),
        }
    }

    /// Its number, as the transaction shows it: `Custom` of it, where it is below 2^32.
    pub const fn number(self) -> u64 {
        self.0.get()
    }
}

impl From<HomeostatError> for Refusal {
    #[inline(always)]
    fn from(error: HomeostatError) -> Self {
        Self::numbered((FIRST as u64).saturating_add(error as u64))
    }
}

impl From<ErrorCode> for Refusal {
    #[inline(always)]
    fn from(error: ErrorCode) -> Self {
        Self::numbered(error as u64)
    }
}

impl From<ProgramError> for Refusal {
    #[cold]
    #[inline(never)]
    fn from(error: ProgramError) -> Self {
        Self::numbered(error.into())
    }
}

impl From<std::io::Error> for Refusal {
    #[cold]
    fn from(_: std::io::Error) -> Self {
        ProgramError::BorshIoError.into()
    }
}

impl From<Refusal> for ProgramError {
    fn from(refusal: Refusal) -> Self {
        refusal.number().into()
    }
}

/// For programs that call this one, whose errors are Anchor's.
impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        ProgramError::from(refusal).into()
    }
}

impl core::fmt::Display for Refusal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match text(self.number()) {
            Some((name, message)) => write!(f, "{name} ({}): {message}", self.number()),
            None => ProgramError::from(*self).fmt(f),
        }
    }
}

/// What the framework's macros do with an error of theirs: see `crate::framework`.
impl Refusal {
    /// Names the account that is to blame, in the log.
    #[cold]
    #[inline(never)]
    pub fn with_account_name(self, name: &str) -> Self {
        say(&["account: ", name]);
        self
    }

    /// Logs two keys that should be the same.
    #[cold]
    #[inline(never)]
    pub fn with_pubkeys(self, (left, right): (Pubkey, impl Into<Pubkey>)) -> Self {
        msg!("Left:");
        left.log();
        msg!("Right:");
        right.into().log();
        self
    }

    /// Logs name, number and remedy as Anchor does; the runtime itself names its errors.
    #[cold]
    #[inline(never)]
    pub fn log(&self) {
        if let Some((name, message)) = text(self.number()) {
            say(&[
                "AnchorError occurred. Error Code: ",
                name,
                ". Error Number: ",
                &decimal(self.number()),
                ". Error Message: ",
                message,
                ".",
            ]);
        }
    }
}

/// Logs a line made of pieces. What `msg!` does with `{}` would bring seven kilobytes of
/// formatting into the program.
#[cold]
#[inline(never)]
pub fn say(pieces: &[&str]) {
    let mut line = String::new();
    for piece in pieces {
        line.push_str(piece);
    }
    msg!(&line);
}

/// A number's digits.
#[cold]
#[inline(never)]
pub fn decimal(number: u64) -> String {
    let mut digits = Vec::new();
    let mut rest = number;
    loop {
        digits.insert(0, char::from(b'0'.saturating_add((rest % 10) as u8)));
        rest /= 10;
        if rest == 0 {
            return digits.into_iter().collect();
        }
    }
}

/// Makes a refusal of an error.
#[inline(always)]
pub fn refuse<E: Into<Refusal>>(error: E) -> Refusal {
    error.into()
}

/// Returns an error unless a condition holds. Like Anchor's `require!`, without the
/// line of source in the log; name, number and remedy are there.
macro_rules! ensure {
    ($condition:expr, $error:expr $(,)?) => {
        if !($condition) {
            return Err($crate::error::refuse($error));
        }
    };
}

/// The errors, as Anchor's enumeration and as text that a number finds: what the
/// framework derives is a branch for every variant. First the framework's own, those that
/// can occur.
macro_rules! errors {
    (
        framework { $($code:ident $text:tt)* }
        $(#[msg($message:tt)] $name:ident,)*
    ) => {
        /// Every named refusal of the program.
        #[error_code(offset = 6000)]
        pub enum HomeostatError {
            $(#[msg($message)] $name,)*
        }

        const NUMBERS: &[u16] = &[
            $(ErrorCode::$code as u16,)*
            $(FIRST as u16 + HomeostatError::$name as u16,)*
        ];
        /// Name and message by turns, end to end.
        const TEXT: &str = concat!(
            $(stringify!($code), $text,)*
            $(stringify!($name), $message,)*
        );
        const LENGTHS: &[usize] = &[
            $(stringify!($code).len(), $text.len(),)*
            $(stringify!($name).len(), $message.len(),)*
        ];

        #[cfg(test)]
        const FRAMEWORK: &[ErrorCode] = &[$(ErrorCode::$code,)*];
    };
}

/// The first error's number.
const FIRST: u32 = anchor::error::ERROR_CODE_OFFSET;

/// Where each piece of the text starts, and where the last one ends.
const STARTS: [u16; LENGTHS.len() + 1] = {
    let mut starts = [0; LENGTHS.len() + 1];
    let mut index = 0;
    let mut at = 0;
    while index < LENGTHS.len() {
        at += LENGTHS[index];
        index += 1;
        assert!(at <= u16::MAX as usize);
        starts[index] = at as u16;
    }
    starts
};

/// Name and message of an error of the program's or the framework's.
fn text(number: u64) -> Option<(&'static str, &'static str)> {
    let index = NUMBERS
        .iter()
        .position(|known| u64::from(*known) == number)?;
    let bounds = STARTS.get(index.checked_mul(2)?..)?.first_chunk::<3>()?;
    let [start, middle, end] = bounds.map(usize::from);
    Some((TEXT.get(start..middle)?, TEXT.get(middle..end)?))
}

errors! {
    framework {
        InstructionFallbackNotFound "Fallback functions are not supported"
        InstructionDidNotDeserialize "The program could not deserialize the given instruction"
        ConstraintMut "A mut constraint was violated"
        ConstraintHasOne "A has one constraint was violated"
        ConstraintSigner "A signer constraint was violated"
        ConstraintSeeds "A seeds constraint was violated"
        ConstraintAddress "An address constraint was violated"
        ConstraintTokenMint "A token mint constraint was violated"
        ConstraintTokenOwner "A token owner constraint was violated"
        ConstraintMintTokenProgram "A mint token program constraint was violated"
        ConstraintDuplicateMutableAccount "A duplicate mutable account constraint was violated"
        AccountDiscriminatorNotFound "No discriminator was found on the account"
        AccountDiscriminatorMismatch "Account discriminator did not match what was expected"
        AccountDidNotDeserialize "Failed to deserialize the account"
        AccountNotEnoughKeys "Not enough account keys given to the instruction"
        AccountNotMutable "The given account is not mutable"
        AccountOwnedByWrongProgram "The given account is owned by a different program than expected"
        InvalidProgramId "Program ID was not as expected"
        InvalidProgramExecutable "Program account is not executable"
        AccountNotSigner "The given account did not sign"
        AccountNotInitialized "The program expected this account to be already initialized"
        DeclaredProgramIdMismatch "The declared program id does not match the actual program id"
        ConstraintClose "A close constraint was violated"
    }
    // 6000: configuration
    #[msg("A parameter is out of its range; see the log line before this for its name and range, and correct it")]
    InvalidParameter,
    #[msg("This signer may not do that; sign with the economy's creator")]
    Unauthorized,
    #[msg("The economy is not in Draft; its parameters now change by proposal only")]
    NotDraft,
    #[msg("The economy is not live; a Draft's creator has to call go_live first, a retired one is over")]
    NotLive,
    #[msg("The mint authority is not the economy's authority address; hand it over with set_authority, then go live")]
    MintAuthorityNotHeld,
    #[msg("The mint has a freeze authority; revoke it, then retry")]
    FreezeAuthoritySet,
    #[msg("The mint carries a Token-2022 extension that is not on the allow-list; use a mint without it")]
    UnsupportedMintExtension,
    #[msg("The mint has no supply; mint the initial supply before going live")]
    NoSupply,
    #[msg("The economy already has as many pools, meters or feeds as it can have; use an existing one")]
    TooMany,
    #[msg("The native pool is missing; create a pool whose stake mint is the economy's mint")]
    NativePoolMissing,
    // 6010: staking
    #[msg("The amount is zero or below the economy's minimum; use a larger amount")]
    AmountTooSmall,
    #[msg("The position holds less stake than that; ask for at most its amount")]
    InsufficientStake,
    #[msg("No ticket has reached its unlock time yet; wait until the earliest one unlocks")]
    StillLocked,
    #[msg("There is nothing to withdraw; call request_unstake first")]
    NothingToWithdraw,
    #[msg("Rewards are unclaimed; claim them, then close the position")]
    UnclaimedRewards,
    #[msg("The position still holds stake or tickets; unstake and withdraw, then close it")]
    PositionNotEmpty,
    #[msg("The reward vault is short; put top_up before claim in the same transaction (Funded mode: wait for fund_rewards)")]
    RewardVaultShort,
    #[msg("There is no such ticket; list the position's tickets and name one with an amount")]
    NoSuchTicket,
    #[msg("The token transfer delivered an unexpected amount; nothing was credited, retry or use another mint")]
    UnexpectedTransfer,
    // 6019: fees
    #[msg("The fee at this moment is above your max_fee; raise max_fee or pay later")]
    FeeAboveMax,
    #[msg("The parts of this payment exceed its amount; raise the amount above the minimum fee")]
    SplitExceedsAmount,
    // 6021: control
    #[msg("The period has not ended yet; crank after the economy's next_end")]
    TooEarly,
    #[msg("The accounts after the fixed ones are not the economy's pools, meters, feeds and exclusions in order; build the instruction with the SDK")]
    WrongRemainingAccounts,
    #[msg("There is no such controller; name emission, fee, burn or liquidity")]
    NoSuchController,
    #[msg("The log has its largest capacity already; nothing to grow")]
    LogAtCapacity,
    // 6025: invariants
    #[msg("An arithmetic result leaves its range; use smaller numbers")]
    MathOverflow,
    #[msg(
        "A vault would hold less than the economy owes; nothing was changed, please report this"
    )]
    InsolventVault,
    #[msg("An internal invariant does not hold; nothing was changed, please report this")]
    InvariantViolated,
    #[msg("The mint cap would be exceeded; nothing was minted")]
    MintCapExceeded,
    #[msg("The account has another layout version; run migrate first")]
    WrongVersion,
    // 6030
    #[msg("The AMM vault must be a token account of the economy's mint, owned by the AMM; pass the right account")]
    WrongAmmVault,
    #[msg("This account cannot be closed yet; pass every pool and meter of the economy with its vault, and every feed, in order")]
    NotClosable,
    #[msg("This economy mints its rewards; fund_rewards is for Funded mode only")]
    NotFunded,
    #[msg("Rewards cannot be minted in Funded mode; call fund_rewards instead")]
    NotMintable,
    #[msg("The same account was passed twice; pass two different accounts")]
    DuplicateAccount,
    // 6035
    #[msg("This section is paused; wait until the pause ends, exits stay open")]
    Paused,
    #[msg("Only the creator may fund a Draft; wait until the economy is live")]
    FundingNotOpen,
    #[msg("The vault holds what the economy owes from it; there is nothing to trip")]
    VaultSolvent,
    #[msg("This is no vault of the economy, or its pool or meter was not passed after it; build the instruction with the SDK")]
    WrongVault,
    #[msg("The section has been paused too long lately; ask for at most what its budget holds, which fills by 1 s every 10 s")]
    PauseBudgetExceeded,
    // 6040: governance
    #[msg("This signer is no member of the council; sign with a seated member's key")]
    NotAMember,
    #[msg("This role may not do that; the guardian pauses and vetoes, the advisor recommends, members decide")]
    MissingPermission,
    #[msg("This member has approved already; nothing more to sign")]
    AlreadyApproved,
    #[msg("This member has not approved; there is nothing to withdraw")]
    NotApproved,
    #[msg("The proposal is not in a state that allows this; see its state")]
    InvalidState,
    #[msg("The delay has not passed yet; execute at the proposal's eta or later")]
    TimelockActive,
    #[msg("The proposal has expired; anyone may mark it with expire, then propose again")]
    ProposalExpired,
    #[msg("The proposal has not expired; approve, execute or cancel it")]
    NotExpired,
    #[msg("Too few of the present members have approved; collect more approvals")]
    ThresholdNotMet,
    #[msg("This member has its share of open proposals; execute, cancel or expire one first")]
    TooManyOpen,
    #[msg("Durable nonces are forbidden here, because such a signature never expires; sign with a recent blockhash")]
    DurableNonceForbidden,
    #[msg("Called through another program than the one named for this member; call directly, or through its `via`")]
    CpiForbidden,
    #[msg("This signer was not offered the role, or the offer has run out; offer it again by a proposal")]
    NotPendingAuthority,
    #[msg("A value is not what the proposal expected; propose again with the present value")]
    OldValueChanged,
    #[msg("The proposal is graver now than when it was made; propose again")]
    ClassChanged,
    #[msg("This veto is final; propose again")]
    VetoFinal,
    #[msg("This proposal cannot be vetoed; only proposals that resume, unpause or were overridden are exempt")]
    NotVetoable,
    #[msg("The position has no stake from before the proposal; only such stake can vote")]
    NoVotingWeight,
    #[msg("These are not the actions that this approval names; read the proposal again, then approve its digest")]
    WrongDigest,
    #[msg("The economy has no council; create_council first")]
    NoCouncil,
    #[msg("This field was changed in this period already; execute after the next crank")]
    ChangedThisPeriod,
    #[msg("Nothing like this was allowed by a proposal; propose it first")]
    NotPermitted,
    #[msg("The value is outside the advisor's range; propose it instead")]
    OutsideAdvice,
    #[msg("Advice is pending already; wait until a crank applies it, or have it vetoed")]
    AdvicePending,
    #[msg("No advice is pending; there is nothing to veto")]
    NoAdvice,
    #[msg("The proposal has no actions, too many, or too long ones; split it")]
    BadActions,
    #[msg("The accounts after the fixed ones are not those that the actions need; build the instruction with the SDK")]
    WrongActionAccounts,
    #[msg("The change is too large for one step; take it in several proposals")]
    StepTooLarge,
    #[msg("Nothing of the kind is held or paused; there is nothing to resume")]
    NothingToResume,
    // 6069: feeds
    #[msg("This signer is no reporter of the feed; sign with a reporter's key")]
    NotAReporter,
    #[msg("The reporter's last report has this number or a higher one; use the next number")]
    OldSequence,
    #[msg(
        "A feed's value must be above 0 and at most 1,000,000; correct it or choose another unit"
    )]
    InvalidMetric,
    #[msg("The observation lies in the future or before the reporter's last one; send the time of the observation")]
    InvalidTimestamp,
    #[msg("The observation is older than the feed accepts; observe again and report at once")]
    StaleMetric,
    // 6074: caps
    #[msg("The treasury has paid out what its outflow cap allows for now; pay less, or wait: it fills evenly within 30 days")]
    OutflowCapExceeded,
    // 6075: layouts
    #[msg(
        "The account has the present layout version already; there is nothing to migrate, use it"
    )]
    AlreadyCurrent,
    #[msg("This release of the program does not know the account's layout version; deploy the release that wrote it, or a newer one")]
    UnknownVersion,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framework(error: Error) -> (String, String) {
        match error {
            Error::AnchorError(error) => (error.error_name, error.error_msg),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn a_number_has_the_text_that_the_framework_gives_to_its_name() {
        let named = |(name, message): (&str, &str)| (name.to_owned(), message.to_owned());
        for code in FRAMEWORK {
            let text = text(refuse(*code).number());
            assert_eq!(text.map(named), Some(framework((*code).into())));
        }
        for error in [
            HomeostatError::InvalidParameter,
            HomeostatError::Unauthorized,
            HomeostatError::InvalidMetric,
            HomeostatError::UnknownVersion,
        ] {
            let text = text(refuse(error).number());
            assert_eq!(text.map(named), Some(framework(error.into())));
        }
        let last = refuse(HomeostatError::UnknownVersion).number();
        assert_eq!(text(last + 1), None);
        assert_eq!(text(u64::from(FIRST) - 1), None);
    }

    #[test]
    fn a_number_is_written_as_the_standard_library_writes_it() {
        for number in [0, 7, 10, 6_000, 1_000_000, u64::MAX] {
            assert_eq!(decimal(number), number.to_string());
        }
    }

    #[test]
    fn errors_of_the_runtime_stay_what_they_are() {
        for error in [
            ProgramError::Custom(0),
            ProgramError::Custom(1),
            ProgramError::Custom(u32::MAX),
            ProgramError::InvalidArgument,
            ProgramError::AccountBorrowFailed,
        ] {
            assert_eq!(ProgramError::from(refuse(error.clone())), error);
        }
        let ours = refuse(HomeostatError::Unauthorized);
        assert_eq!(ProgramError::from(ours), ProgramError::Custom(6_001));
        let theirs = refuse(ErrorCode::ConstraintMut);
        assert_eq!(ProgramError::from(theirs), ProgramError::Custom(2_000));
    }
}
