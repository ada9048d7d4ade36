//! What an error of the program means: its name, what is wrong, and what to do about it.

/// Number of the first error of a program that is built with Anchor.
const FIRST: u32 = 6_000;

/// The errors in the order of their numbers, with what each means and, after the semicolon, what
/// to do. Those that no transaction of this command line can meet say what is wrong and no more.
const ERRORS: [(&str, &str); 45] = [
    ("DuplicateMember", "a member is named twice; name each once"),
    ("EmptyMembers", "the multisig would have no members; name some"),
    ("TooManyMembers", "the multisig would have more than 65,535 members; name fewer"),
    (
        "InvalidThreshold",
        "the threshold is 0 or above the number of members who may vote; choose one in between",
    ),
    (
        "Unauthorized",
        "the member has no right to do this in the multisig; sign with the key of a member who may \
         start, vote on or execute transactions there",
    ),
    (
        "NotAMember",
        "the key is no member of the multisig; sign with a member's key, and check the address of \
         the multisig",
    ),
    (
        "InvalidTransactionMessage",
        "the message of the transaction is malformed; build it again with the newest version of \
         this command",
    ),
    (
        "StaleProposal",
        "members, threshold or time lock of the multisig have changed since it was stored, so \
         nobody can vote on it any more; store it again",
    ),
    (
        "InvalidProposalStatus",
        "the transaction does not stand where this could be done: only an active one is voted on, \
         only an approved one executed; look at what waits in the multisig",
    ),
    (
        "InvalidTransactionIndex",
        "the number is not the multisig's next one, or is above its latest; run it again: another \
         member may have stored something meanwhile",
    ),
    ("AlreadyApproved", "the member has approved it before; another member's approval is missing"),
    ("AlreadyRejected", "the member has rejected it before; nothing is left to do with this key"),
    ("AlreadyCancelled", "the member has voted to cancel it before; another member's vote is missing"),
    (
        "InvalidNumberOfAccounts",
        "another number of accounts than the message has; build it again from what is stored",
    ),
    (
        "InvalidAccount",
        "an account is not the one that the message names; build it again from what is stored",
    ),
    ("RemoveLastMember", "the last member cannot be removed; add another one first"),
    ("NoVoters", "no member could vote; give one the right"),
    ("NoProposers", "no member could start a transaction; give one the right"),
    ("NoExecutors", "no member could execute a transaction; give one the right"),
    (
        "InvalidStaleTransactionIndex",
        "the multisig calls transactions stale that it does not have; its account is damaged",
    ),
    (
        "NotSupportedForControlled",
        "the multisig is controlled by its config authority; have that one do it",
    ),
    (
        "TimeLockNotReleased",
        "the time lock since the last approval has not passed; try again when it has",
    ),
    ("NoActions", "a change of the multisig without an action; add one"),
    ("MissingAccount", "an account is missing; build it again from what is stored"),
    ("InvalidMint", "it is another mint than the spending limit's; name that one"),
    ("InvalidDestination", "the spending limit does not allow this destination; name one that it has"),
    ("SpendingLimitExceeded", "more than is left of the spending limit; spend less, or wait for its period"),
    ("DecimalsMismatch", "other decimals than the mint's; give the mint's"),
    ("UnknownPermission", "a member would have a right that there is not; give those to start, vote and execute"),
    (
        "ProtectedAccount",
        "the transaction would write to the multisig's own accounts; no vault transaction may",
    ),
    ("TimeLockExceedsMaxAllowed", "the time lock is above 90 days; choose a shorter one"),
    ("IllegalAccountOwner", "an account does not belong to Squads; check the addresses"),
    ("RentReclamationDisabled", "the multisig has no rent collector; name one in its settings first"),
    ("InvalidRentCollector", "it is another address than the multisig's rent collector; name that one"),
    ("ProposalForAnotherMultisig", "the vote belongs to another multisig; check the address"),
    ("TransactionForAnotherMultisig", "the transaction belongs to another multisig; check the address"),
    ("TransactionNotMatchingProposal", "the vote belongs to another transaction; check the number"),
    ("TransactionNotLastInBatch", "it is not the last transaction of its batch; begin with that one"),
    ("BatchNotEmpty", "the batch still has transactions; close them first"),
    ("SpendingLimitInvalidAmount", "a spending limit of 0; choose an amount"),
    (
        "InvalidInstructionArgs",
        "the arguments contradict each other; build it again with the newest version of this command",
    ),
    (
        "FinalBufferHashMismatch",
        "the pieces in the buffer are not the message that was begun; run it again, which begins \
         with a buffer of its own",
    ),
    ("FinalBufferSizeExceeded", "a buffer holds 4,000 bytes at most; do it in several steps"),
    (
        "FinalBufferSizeMismatch",
        "the buffer is not filled; run it again, which goes on with what is missing",
    ),
    ("MultisigCreateDeprecated", "multisigs are no longer made in this way; make one in Squads' app"),
];

/// What a number of the program means: `Name (number): what; remedy`. `None` for a number that is
/// none of its own.
pub fn explain(code: u32) -> Option<String> {
    let place = usize::try_from(code.checked_sub(FIRST)?).ok()?;
    let (name, text) = ERRORS.get(place)?;
    Some(format!("{name} ({code}): {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_program_and_every_error_says_what_to_do() {
        // given numbers of the published interface, at both ends and in between
        for (code, name) in [
            (6_000, "DuplicateMember"),
            (6_005, "NotAMember"),
            (6_007, "StaleProposal"),
            (6_021, "TimeLockNotReleased"),
            (6_029, "ProtectedAccount"),
            (6_041, "FinalBufferHashMismatch"),
            (6_044, "MultisigCreateDeprecated"),
        ] {
            let told = explain(code).expect("an error of Squads");
            assert!(told.starts_with(&format!("{name} ({code}): ")), "{told}");
        }
        for (name, text) in ERRORS {
            let parts: Vec<&str> = text.split("; ").collect();
            assert_eq!(parts.len(), 2, "{name}");
            assert!(parts.iter().all(|part| !part.trim().is_empty()), "{name}");
        }
        assert_eq!(explain(5_999), None);
        assert_eq!(explain(6_045), None);
        assert_eq!(explain(3_012), None);
    }
}
