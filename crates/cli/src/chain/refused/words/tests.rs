use std::collections::BTreeSet;

use homeostat_chain::refusal;
use homeostat_client::error;

use super::*;
use crate::chain::refused::fitting as in_words;

/// Whose signature a command needs, beside the wallet that owns what is moved.
fn signer(command: &str) -> Option<&'static str> {
    Some(match command {
        "create-economy" | "go-live" | "close" | "create-pool" | "create-meter" | "create-feed" => {
            "creator"
        }
        "pause" | "veto" | "veto-advice" => "guardian",
        "advise" | "advisor" => "advisor",
        "report-feed" => "reporter",
        "approve" | "withdraw-approval" | "override-veto" | "cancel" | "propose" | "unpause" => {
            "member"
        }
        _ => return None,
    })
}

/// Which commands can meet an error: those whose instruction can end with it, as the conditions
/// of `programs/homeostat/src/instructions` say.
pub(in crate::chain::refused) fn meets(error: E) -> &'static [&'static str] {
    const STEPS: &[&str] = &[
        "approve",
        "withdraw-approval",
        "veto",
        "override-veto",
        "cancel",
        "expire",
        "execute",
        "ballot",
        "close-proposal",
    ];
    const ACTIONS: &[&str] = &["propose", "unpause", "execute"];
    const EVERYTHING: &[&str] = &[
        "stake", "unstake", "withdraw", "claim", "pay", "fund", "top-up", "collect", "crank",
        "execute", "propose", "go-live",
    ];
    match error {
        E::InvalidParameter => &[
            "create-economy",
            "propose",
            "unpause",
            "execute",
            "advise",
            "pause",
            "create-feed",
            "create-pool",
        ],
        E::Unauthorized => &[
            "create-economy",
            "go-live",
            "close",
            "create-pool",
            "create-meter",
            "create-feed",
            "pause",
            "veto-advice",
            "advise",
            "advisor",
        ],
        E::NotDraft => &["create-economy", "go-live"],
        E::NotLive => &[
            "stake",
            "pay",
            "fund",
            "top-up",
            "claim",
            "crank",
            "propose",
            "unpause",
            "pause",
            "advise",
            "advisor",
            "veto-advice",
        ],
        E::MintAuthorityNotHeld => &["go-live", "execute"],
        E::FreezeAuthoritySet | E::UnsupportedMintExtension | E::UnsafeTransferFee => {
            &["create-economy", "go-live", "stake", "propose"]
        }
        E::NoSupply | E::NoFunds | E::RoleNotAccepted => &["go-live"],
        E::NativePoolMissing => &["create-economy", "go-live"],
        E::TooMany => &["create-economy", "propose", "execute"],
        E::AmountTooSmall => &["stake", "unstake", "pay", "fund", "execute", "recall"],
        E::InsufficientStake => &["unstake"],
        E::StillLocked | E::NothingToWithdraw => &["withdraw"],
        E::RewardVaultShort => &["claim"],
        E::UnexpectedTransfer => &[
            "stake", "pay", "claim", "withdraw", "fund", "collect", "execute",
        ],
        E::FeeAboveMax | E::SplitExceedsAmount => &["pay"],
        E::TooEarly => &["crank"],
        E::WrongRemainingAccounts => &["crank", "go-live"],
        E::NoSuchController => &["propose", "execute", "advise"],
        E::MathOverflow | E::InvariantViolated | E::InsolventVault => EVERYTHING,
        E::MintCapExceeded => &["top-up", "claim", "crank", "stake", "execute", "propose"],
        E::WrongAmmVault => &["create-economy", "stake", "propose"],
        E::NotFunded | E::FundingNotOpen => &["fund"],
        E::NotMintable => &["top-up", "claim"],
        E::DuplicateAccount => &["create-economy", "propose", "execute"],
        E::Paused => &["stake", "pay", "crank"],
        E::WrongVault => &["propose", "execute"],
        E::PauseBudgetExceeded | E::PauseNotLonger => &["pause"],
        E::NotAMember => &[
            "approve",
            "withdraw-approval",
            "override-veto",
            "cancel",
            "propose",
            "unpause",
            "execute",
        ],
        E::MissingPermission => &[
            "approve",
            "withdraw-approval",
            "override-veto",
            "cancel",
            "propose",
            "unpause",
            "veto",
        ],
        E::AlreadyApproved => &["approve", "override-veto", "cancel", "propose", "unpause"],
        E::NotApproved => &["withdraw-approval"],
        E::InvalidState => &[
            "approve",
            "withdraw-approval",
            "veto",
            "override-veto",
            "cancel",
            "expire",
            "execute",
            "ballot",
            "close-proposal",
            "propose",
            "unpause",
        ],
        E::TimelockActive | E::ThresholdNotMet => &["execute"],
        E::ProposalExpired => &[
            "approve",
            "withdraw-approval",
            "veto",
            "override-veto",
            "cancel",
            "execute",
            "ballot",
        ],
        E::NotExpired => &["expire"],
        E::TooManyOpen => &["propose", "unpause"],
        E::DurableNonceForbidden => &[
            "execute",
            "approve",
            "withdraw-approval",
            "override-veto",
            "cancel",
            "propose",
            "unpause",
            "advise",
            "accept-role",
        ],
        E::CpiForbidden => &[
            "execute",
            "approve",
            "withdraw-approval",
            "override-veto",
            "cancel",
            "propose",
            "unpause",
            "veto",
            "pause",
            "advise",
            "veto-advice",
            "accept-role",
        ],
        E::NotPendingAuthority => &["accept-role"],
        E::OldValueChanged
        | E::NothingChanges
        | E::StepTooLarge
        | E::NothingToResume
        | E::SlewNotAlone
        | E::PowerGivenUp
        | E::WrongActionAccounts => ACTIONS,
        E::ClassChanged => &["execute"],
        E::VetoFinal => &["override-veto"],
        E::NotVetoable => &["veto", "ballot"],
        E::BallotsNotOpen | E::NoVotingWeight => &["ballot"],
        E::WrongDigest | E::BadActions => &["propose", "unpause"],
        E::ChangedThisPeriod => &["execute"],
        E::NotPermitted => &["create-economy"],
        E::OutsideAdvice | E::AdvicePending => &["advise", "advisor"],
        E::NoAdvice => &["veto-advice"],
        E::OutflowCapExceeded => &["propose", "execute"],
        E::WrongProposal => STEPS,
        E::RecentlyVetoed => &["propose", "close-proposal"],
        E::OthersApprove => &["cancel"],
        E::PoolOfWallet => &["propose"],
        E::PoolRetired => &["stake"],
        E::UnclaimedRewards | E::PositionNotEmpty => &["close-position"],
        E::NoSuchTicket => &["cancel-unstake"],
        E::LogAtCapacity => &["grow-log"],
        E::NotClosable => &["close"],
        E::VaultSolvent => &["trip-breaker"],
        E::NotAReporter
        | E::OldSequence
        | E::InvalidMetric
        | E::InvalidTimestamp
        | E::StaleMetric => &["report-feed"],
        E::AlreadyCurrent | E::UnknownVersion => &["migrate"],
        E::TouchedLately => &["touch-pool"],
        E::NotRetired => &["wind-up", "dissolve", "hand-over-mint"],
        E::PoolInUse => &["close-pool"],
        E::EconomyInUse => &["dissolve"],
        E::RecallExpired => &["recall"],
    }
}

/// What a command says of an error before its figures are known.
pub(in crate::chain::refused) fn said(command: &str, error: E) -> (String, String) {
    let failure = refusal::of_program(u32::from(error), &[""; 0]);
    let failure = in_words(command, failure);
    (failure.message, failure.remedy)
}

/// Words that fit some commands alone: whoever else reads them is sent the wrong way.
const ONLY: &[(&str, &[&str])] = &[
    (
        "sign with the economy's creator",
        &[
            "create-economy",
            "go-live",
            "close",
            "create-pool",
            "create-meter",
            "create-feed",
        ],
    ),
    ("go_live", &["nobody"]),
    ("request_unstake", &["nobody"]),
    ("fund_rewards", &["nobody"]),
    ("the SDK", &["nobody"]),
    ("top_up", &["nobody"]),
    ("max_fee", &["nobody"]),
    ("next_end", &["nobody"]),
    ("accept_role", &["nobody"]),
    ("create_council", &["nobody"]),
    ("log line before", &["nobody"]),
    ("veto lifted", &["nobody"]),
    ("lift the veto", &["override-veto"]),
    ("Funded mode", &["nobody"]),
];

#[test]
fn every_error_has_a_sentence_that_fits_each_command_that_can_meet_it() {
    let mut wrong = Vec::new();
    for error in error::all() {
        for command in meets(error) {
            let (message, remedy) = said(command, error);
            let at = format!("{command} {}: {message}; {remedy}", error.name());
            assert!(message.starts_with(&format!("{} (", error.name())), "{at}");
            if message.len() < 20 || remedy.len() < 8 {
                wrong.push(format!("says too little: {at}"));
            }
            for (words, commands) in ONLY {
                let text = format!("{message}; {remedy}");
                if text.contains(words) && !commands.contains(command) {
                    wrong.push(format!("`{words}` misleads: {at}"));
                }
            }
            // Who is told to sign with a key is told to do so with the one that the command needs.
            if let Some((_, whose)) = remedy.split_once("sign with ") {
                let fits = signer(command).is_some_and(|role| whose.contains(role));
                if !fits {
                    wrong.push(format!("another signer: {at}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_sentence_is_for_a_command_that_cannot_meet_its_error() {
    let mut seen = BTreeSet::new();
    for (commands, error, text) in WORDS {
        for command in *commands {
            let name = error.name();
            assert!(
                meets(*error).contains(command),
                "{command} never meets {name}"
            );
            assert!(seen.insert((*command, name)), "{command}: {text}");
        }
    }
}

#[test]
fn what_is_there_already_is_never_told_as_missing_sol() {
    for command in [
        "ballot",
        "create-economy",
        "propose",
        "unpause",
        "stake",
        "go-live",
        "pay",
        "claim",
    ] {
        let text = taken(command);
        assert!(!text.contains("SOL"), "{command}: {text}");
    }
    assert!(taken("ballot").contains("already"));
    assert!(taken("create-economy").contains("run it again"));
}
