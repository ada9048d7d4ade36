//! How often each instruction ended how, and how often at least it must.

use super::*;

/// What every instruction must have answered at least once, or the stories are too tame. What
/// is rarer than once in a hundred sequences is not in it, such as an execution whose class
/// has changed.
pub(super) const EXPECTED: [(&str, &[&str]); 19] = [
    (
        "propose",
        &[
            "ok",
            "BadActions",
            "ChangedThisPeriod",
            "DuplicateAccount",
            "InvalidParameter",
            "MissingPermission",
            "NotAMember",
            "NothingChanges",
            "NothingToResume",
            "AlreadyApproved",
            "OldValueChanged",
            "PowerGivenUp",
            "RecentlyVetoed",
            "SlewNotAlone",
            "StepTooLarge",
            "TooMany",
            "TooManyOpen",
            "WrongActionAccounts",
        ],
    ),
    (
        "approve",
        &[
            "ok",
            "AlreadyApproved",
            "InvalidState",
            "MissingPermission",
            "NotAMember",
            "ProposalExpired",
            "WrongProposal",
            "no such account",
        ],
    ),
    (
        "withdraw_approval",
        &[
            "ok",
            "InvalidState",
            "MissingPermission",
            "NotAMember",
            "NotApproved",
            "ProposalExpired",
            "no such account",
        ],
    ),
    (
        "veto",
        &[
            "ok",
            "InvalidState",
            "MissingPermission",
            "NotVetoable",
            "ProposalExpired",
            "no such account",
        ],
    ),
    (
        "override_veto",
        &[
            "ok",
            "AlreadyApproved",
            "InvalidState",
            "MissingPermission",
            "NotAMember",
            "ProposalExpired",
            "VetoFinal",
            "no such account",
        ],
    ),
    (
        "cancel",
        &[
            "ok",
            "AlreadyApproved",
            "InvalidState",
            "MissingPermission",
            "NotAMember",
            "OthersApprove",
            "ProposalExpired",
            "no such account",
        ],
    ),
    (
        "expire",
        &["ok", "InvalidState", "NotExpired", "no such account"],
    ),
    (
        "execute",
        &[
            "ok",
            "InvalidState",
            "NothingToResume",
            "OldValueChanged",
            "ProposalExpired",
            "ThresholdNotMet",
            "TimelockActive",
            "no such account",
        ],
    ),
    (
        "close_proposal",
        &["ok", "InvalidState", "RecentlyVetoed", "no such account"],
    ),
    (
        "accept_role",
        &["ok", "CpiForbidden", "NotPendingAuthority"],
    ),
    (
        "advise",
        &[
            "ok",
            "AdvicePending",
            "InvalidParameter",
            "OutsideAdvice",
            "Unauthorized",
        ],
    ),
    ("veto_advice", &["ok", "NoAdvice", "Unauthorized"]),
    (
        "pause",
        &[
            "ok",
            "InvalidParameter",
            "NotLive",
            "PauseBudgetExceeded",
            "PauseNotLonger",
            "Unauthorized",
        ],
    ),
    (
        "cast_ballot",
        &[
            "ok",
            "BallotsNotOpen",
            "InvalidState",
            "NoVotingWeight",
            "NotVetoable",
            "ProposalExpired",
            "account in use",
            "no such account",
        ],
    ),
    ("close_ballot", &["ok", "InvalidState", "no such account"]),
    ("stake", &["ok", "Paused"]),
    ("request_unstake", &["ok", "InsufficientStake"]),
    ("create_meter", &["ok", "NotPermitted"]),
    ("crank", &["ok", "NotLive", "Paused", "TooEarly"]),
];

/// How often each instruction ended how, and what became of proposals.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) outcomes: BTreeMap<(&'static str, String), u64>,
    /// Changes of a proposal's state, by class.
    pub(super) changes: BTreeMap<String, u64>,
    pub(super) steps: u64,
}

impl Tally {
    pub(super) fn add(&mut self, other: Self) {
        for (key, count) in other.outcomes {
            *self.outcomes.entry(key).or_default() += count;
        }
        for (key, count) in other.changes {
            *self.changes.entry(key).or_default() += count;
        }
        self.steps += other.steps;
    }

    pub(super) fn count_change(&mut self, before: &Seen, after: &Seen) {
        if before.state() == after.state() {
            return;
        }
        let proposal = after.proposal.as_ref().or(before.proposal.as_ref());
        let Some(proposal) = proposal else {
            return;
        };
        let class = ["Immediate", "Routine", "Standard", "Critical", "Terminal"]
            [usize::from(proposal.class)];
        let state = |seen: &Seen| match seen.state() {
            None => "none",
            Some(state) => [
                "Active",
                "Queued",
                "Executed",
                "Vetoed",
                "Cancelled",
                "Expired",
            ][usize::from(state) - 1],
        };
        let change = format!("{class}: {} -> {}", state(before), state(after));
        *self.changes.entry(change).or_default() += 1;
    }

    /// Counts something that a plot or a statement is about.
    pub(super) fn note(&mut self, what: &str, times: u64) {
        *self.changes.entry(what.into()).or_default() += times;
    }

    pub(super) fn count(&mut self, step: &Step, verdict: &Result<(), u32>) {
        self.steps += 1;
        let outcome = match verdict {
            Ok(()) => "ok".into(),
            Err(code) => name(*code),
        };
        *self.outcomes.entry((step.name(), outcome)).or_default() += 1;
    }
}

pub(super) fn name(code: u32) -> String {
    match (from_code(code), code) {
        (Some(error), _) => error.name(),
        (None, anchor::ACCOUNT_OWNED_BY_WRONG_PROGRAM) => "no such account".into(),
        (None, IN_USE) => "account in use".into(),
        (None, _) => format!("error {code}"),
    }
}

pub(super) fn told(verdict: &Result<(), u32>) -> String {
    verdict.map_or_else(name, |()| "ok".into())
}
