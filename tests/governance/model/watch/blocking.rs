//! Who blocks what, and for how long, from the accounts alone: every refusal that keeps somebody
//! from something has its reason in what they are, and its end.

use homeostat::state::Proposal;
use homeostat_client::{Class, ProposalState};
use homeostat_tests::HomeostatError as E;

use super::{say, Seen, Step};

const DAY: i64 = 86_400;
/// Longest time that a proposal finds its approvals in.
const OPEN: i64 = 14 * DAY;
/// Longest time that a proposal is open after it was queued first, unless a veto was lifted: 14 d
/// to find lost support again, the longest Terminal delay, the longest grace.
const LONGEST: i64 = OPEN + 44 * DAY + 30 * DAY;
/// Longest Critical delay, for which what was vetoed cannot be proposed again.
const COOLING: i64 = 30 * DAY;

/// What is open ends by itself.
pub(super) fn look(proposal: &Proposal) -> Result<(), String> {
    let active = proposal.is(ProposalState::Active);
    let late = active && proposal.active_until > proposal.created_at + OPEN;
    say(late, "a proposal collects approvals for more than 14 days")?;
    let queued = proposal.is(ProposalState::Queued) && proposal.overridden == 0;
    let late = queued && proposal.expires_at > proposal.snapshot_at + LONGEST;
    say(
        late,
        "a proposal is open for more than 88 days after its threshold",
    )
}

/// Whoever was refused was refused for a reason of their own, or one that ends.
pub(super) fn refused(step: &Step, code: u32, before: &Seen) -> Result<(), String> {
    let is = |error: E| code == u32::from(error);
    let proposal = before.proposal.as_deref();
    match step {
        // Nobody keeps anybody from leaving: not by a pause, a ballot, a proposal or a retirement.
        Step::Unstake(..) => {
            let own = is(E::InsufficientStake) || is(E::AmountTooSmall);
            say(!own, "somebody could not leave")
        }
        Step::Propose(who, _) if is(E::TooManyOpen) => {
            let members = &before.council.members;
            let seated = members.iter().filter(|m| m.is_seated()).count();
            let own = members.iter().find(|m| m.is_seated() && m.seat.key == *who);
            let open = own.map_or(0, |member| usize::from(member.open));
            let share = (16 / seated).max(2);
            say(
                open < share,
                "others' proposals kept a member from its share",
            )
        }
        Step::Propose(..) if is(E::RecentlyVetoed) => {
            let until = proposal
                .filter(|p| p.is(ProposalState::Vetoed))
                .map(|p| p.ended_at + i64::from(p.delays.critical).min(COOLING));
            let cold = until.is_none_or(|until| before.now > until);
            say(cold, "a veto holds for longer than a Critical delay")
        }
        Step::CastBallot(..) if is(E::NotVetoable) => {
            let grave = proposal.is_none_or(|p| p.class >= Class::Standard as u8);
            say(grave, "stakers could not vote on a grave proposal")
        }
        Step::Veto(..) if is(E::NotVetoable) => {
            let exempt = proposal.is_some_and(|p| p.resumes != 0 || p.overridden != 0);
            say(!exempt, "the guardian could not veto what it may")
        }
        // No pause is asked by what governs.
        Step::Propose(..)
        | Step::Approve(..)
        | Step::Withdraw(..)
        | Step::Veto(..)
        | Step::Override(..)
        | Step::Cancel(..)
        | Step::Expire(..)
        | Step::Execute(..)
        | Step::Accept(..)
        | Step::CastBallot(..) => say(is(E::Paused), "a pause kept somebody from governing"),
        _ => Ok(()),
    }
}
