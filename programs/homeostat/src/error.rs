//! The program's errors, numbered from 6000. Each message says what is wrong and, after a
//! semicolon, what to do.

// The message is the documentation, and the sentence that users read.
#![allow(missing_docs)]

use anchor_lang::prelude::*;

/// Every error of the program.
#[error_code]
pub enum HomeostatError {
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
    #[msg("The position has less stake than that; ask for at most its amount")]
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
    #[msg("The log has its largest capacity already; read older records from the events")]
    LogAtCapacity,
    // 6025: invariants
    #[msg("An arithmetic result leaves its range; use smaller numbers")]
    MathOverflow,
    #[msg(
        "A vault would contain less than the economy owes; nothing was changed, please report this"
    )]
    InsolventVault,
    #[msg("An internal invariant does not hold; nothing was changed, please report this")]
    InvariantViolated,
    #[msg("The supply would exceed the hard cap, so nothing was changed; keep the hard cap above the supply and everything owed")]
    MintCapExceeded,
    // 6029: accounts of a vault or a part
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
    // 6034: pauses and solvency
    #[msg("This section is paused; wait until the pause ends, exits stay open")]
    Paused,
    #[msg("Only the creator may fund a Draft; wait until the economy is live")]
    FundingNotOpen,
    #[msg("The vault contains what the economy owes from it; there is nothing to trip")]
    VaultSolvent,
    #[msg("This is no vault of the economy, or its pool or meter was not passed after it; build the instruction with the SDK")]
    WrongVault,
    #[msg("The section has been paused too long lately; ask for at most what is left of its budget, which is restored by 1 s every 10 s")]
    PauseBudgetExceeded,
    // 6039: governance
    #[msg("This signer is no member of the council; sign with a seated member's key")]
    NotAMember,
    #[msg("This role may not do that; the guardian pauses and vetoes, the advisor recommends, members decide")]
    MissingPermission,
    #[msg("This member has voted so already; there is nothing more to sign")]
    AlreadyApproved,
    #[msg("This member has not approved; there is nothing to withdraw")]
    NotApproved,
    #[msg("The proposal is not in a state that allows this; read its state first")]
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
    #[msg("This signer was not offered the role, or the offer has run out; offer it again by a proposal, in Draft by create_council")]
    NotPendingAuthority,
    #[msg("A value is not what the proposal expected; propose again with the present value")]
    OldValueChanged,
    #[msg("The proposal has a graver class now than when it was made; propose again")]
    ClassChanged,
    #[msg(
        "This veto is final; wait a Critical delay, then the same actions can be proposed again"
    )]
    VetoFinal,
    #[msg("This proposal cannot be vetoed, because it only resumes or unpauses, is Routine, or had its veto lifted; change its effect by another proposal")]
    NotVetoable,
    #[msg(
        "The position has no stake from before the proposal was queued; only such stake can vote"
    )]
    NoVotingWeight,
    #[msg("The digest is not that of the actions; compute it from their bytes, as the SDK does")]
    WrongDigest,
    #[msg("A member or the guardian has not accepted its role yet; have each of them sign accept_role, then go live")]
    RoleNotAccepted,
    #[msg("This field was changed in this period already; execute after the next crank")]
    ChangedThisPeriod,
    #[msg("No proposal has allowed this; propose it first")]
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
    #[msg("No such controller is latched, economy tripped or section paused; there is nothing to resume")]
    NothingToResume,
    // 6068: feeds
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
    // 6073: caps
    #[msg("The treasury has paid out what its outflow cap allows for now; pay less, or wait: the cap is restored evenly within 30 days")]
    OutflowCapExceeded,
    // 6074: layouts
    #[msg(
        "The account has the present layout version already; there is nothing to migrate, use it"
    )]
    AlreadyCurrent,
    #[msg("This release of the program does not know the account's layout version; deploy the release that wrote it, or a newer one")]
    UnknownVersion,
    // 6076: proposals
    #[msg("The proposal at this address is another one with the same actions; read it, then sign for its index")]
    WrongProposal,
    #[msg("These actions were vetoed a short while ago; wait a Critical delay from the veto on, then propose them again")]
    RecentlyVetoed,
    #[msg("Other members approve this proposal, so its proposer alone cannot cancel it; withdraw your approval instead")]
    OthersApprove,
    // 6079: liquidity depth
    #[msg("The pool was touched a moment ago; touch it again a tenth of a period after its touched_at")]
    TouchedLately,
    // 6080: mints and funds, ballots and pauses
    #[msg("The mint's transfer fee is scheduled to change or is above 10 %; set the same fee twice, two epochs apart, then revoke its authority")]
    UnsafeTransferFee,
    #[msg("The reward vault of this Funded economy is empty; call fund_rewards, then go live")]
    NoFunds,
    #[msg("The proposal has not had enough approvals yet; vote once it is queued, with the stake that you have before that")]
    BallotsNotOpen,
    #[msg("The section is paused for at least so long already; leave it, or pause it for longer")]
    PauseNotLonger,
    // 6084: grading
    #[msg("A faster slew limit must be the only change of its controller in a proposal, and rewiring cannot set one; propose `Slew` by itself")]
    SlewNotAlone,
    #[msg("The change changes nothing: the value is in force already; leave the action out")]
    NothingChanges,
    // 6086: pools
    #[msg("The LP mint's authority or the AMM vault's owner is a wallet or nobody, not a program-derived address; name the accounts of the AMM's pool")]
    PoolOfWallet,
    // 6087: ratchets
    #[msg("The council has given this power up for ever; nobody can take it back, propose something else")]
    PowerGivenUp,
    // 6088: the end
    #[msg("The economy is not retired; a proposal has to retire it first")]
    NotRetired,
    #[msg("The pool is retired; stake in another one, exits stay open")]
    PoolRetired,
    #[msg("The pool is in use; retire it by the weight 0 or with the economy, wait until its last position is closed, and leave the native pool to dissolve")]
    PoolInUse,
    #[msg("The retired economy is not empty; hand over its mint, collect, wind it up, close its pools, let its treasury pay, and let every proposal end")]
    EconomyInUse,
    #[msg(
        "The recall was announced more than 44 days ago; announce it again and wait for 30 days"
    )]
    RecallExpired,
}

/// Refuses a parameter that is out of its range (`InvalidParameter`), and logs its name first.
pub fn check(parameter: &str, holds: bool) -> Result<()> {
    if !holds {
        msg!("{}: out of its range", parameter);
        return Err(error!(HomeostatError::InvalidParameter));
    }
    Ok(())
}
