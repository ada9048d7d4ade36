//! What the state of a proposal does not allow, and when it will.

use homeostat::constants::OPEN_TIME;
use homeostat::HomeostatError as E;
use homeostat_client::{Class, Council, Proposal, ProposalState, Pubkey, RoleKind};

use super::{seats, Why};
use crate::chain::{duration, time};
use homeostat_settings::words::{class_name, state_name};

/// A proposal that a command is about.
pub(super) struct One<'a> {
    pub(super) command: &'a str,
    pub(super) proposal: &'a Proposal,
    pub(super) council: &'a Council,
    pub(super) signer: &'a Pubkey,
    pub(super) now: i64,
}

impl One<'_> {
    /// Why the program refuses the step.
    pub(super) fn why(&self, error: E) -> Option<Why> {
        let (proposal, council) = (self.proposal, self.council);
        let index = proposal.index;
        Some(match error {
            E::TimelockActive => Why::new(
                format!(
                    "proposal {index} can be executed from {} on",
                    time(proposal.eta)
                ),
                format!(
                    "wait {}; it can be executed until {}",
                    self.until(proposal.eta),
                    time(proposal.expires_at)
                ),
            ),
            E::ProposalExpired => self.expired(),
            E::NotExpired => Why::new(
                format!("proposal {index} is open until {}", time(self.last())),
                format!(
                    "wait {} and a second, or approve, execute or cancel it",
                    self.until(self.last())
                ),
            ),
            E::ThresholdNotMet => {
                let (given, needed) = self.votes();
                Why::new(
                    format!(
                        "proposal {index} has {given} of {needed} approvals of present members"
                    ),
                    format!(
                        "{} more of them approve it until {}: `homeostat approve {index}`",
                        needed.saturating_sub(given),
                        time(proposal.active_until)
                    ),
                )
            }
            E::InvalidState => self.state(),
            E::BallotsNotOpen => {
                let (given, needed) = self.votes();
                Why::new(
                    format!(
                        "proposal {index} has {given} of {needed} approvals, and ballots open when \
                         it has enough"
                    ),
                    "vote once it is queued (`homeostat proposals`), with the stake that you have \
                     before that",
                )
            }
            E::NoVotingWeight => Why::new(
                format!(
                    "the position has no native stake from before {}, when proposal {index} was \
                     queued",
                    time(proposal.snapshot_at)
                ),
                "stake that came later votes on later proposals only",
            ),
            E::NotVetoable => self.not_vetoable(),
            E::VetoFinal => Why::new(
                format!(
                    "the veto of proposal {index} is final: {}",
                    if proposal.vetoed_by_stakers != 0 {
                        "stakers made it"
                    } else {
                        "members lift the veto of nothing but the guardian's own replacement"
                    }
                ),
                format!(
                    "the same actions can be proposed again after {}",
                    time(self.cooled())
                ),
            ),
            E::RecentlyVetoed => Why::new(
                format!(
                    "these actions were vetoed {} (proposal {index})",
                    time(proposal.ended_at)
                ),
                format!(
                    "wait {}: from {} on {}",
                    self.until(self.cooled().saturating_add(1)),
                    time(self.cooled().saturating_add(1)),
                    if self.proposes() {
                        "they can be proposed again"
                    } else {
                        "it can be closed"
                    }
                ),
            ),
            E::AlreadyApproved => self.voted(),
            E::OthersApprove => {
                let (given, _) = self.votes();
                Why::new(
                    format!("proposal {index} has {given} approvals, so its proposer alone cannot cancel it"),
                    format!("withdraw your own: `homeostat withdraw-approval {index}`"),
                )
            }
            E::MissingPermission if self.command == "veto" => {
                seats::not_holder(RoleKind::Guardian, council, self.signer)
            }
            E::MissingPermission if self.command == "cancel" && self.is_member() => Why::new(
                format!("{} did not make proposal {index}", self.signer),
                format!(
                    "while it waits for approvals its proposer cancels it, {}; withdraw your \
                     approval: `homeostat withdraw-approval {index}`",
                    proposal.proposer
                ),
            ),
            E::MissingPermission | E::NotAMember => seats::not_member(council, self.signer),
            _ => return None,
        })
    }

    /// Whether the same actions are proposed again.
    fn proposes(&self) -> bool {
        matches!(self.command, "propose" | "unpause")
    }

    fn is_member(&self) -> bool {
        self.council
            .seated()
            .any(|member| member.seat.key == *self.signer)
    }

    /// Time until then, for a person.
    fn until(&self, at: i64) -> String {
        duration(at.saturating_sub(self.now).max(0).unsigned_abs())
    }

    /// The last second in which it is open (unix seconds).
    fn last(&self) -> i64 {
        if self.proposal.is(ProposalState::Queued) {
            self.proposal.expires_at
        } else {
            self.proposal.active_until
        }
    }

    /// The last second in which a veto keeps the same actions away (unix seconds).
    fn cooled(&self) -> i64 {
        let cooling = i64::from(self.proposal.delays.critical);
        self.proposal.ended_at.saturating_add(cooling)
    }

    /// The votes that carry it, and how many it needs.
    fn votes(&self) -> (u8, u8) {
        let council = self.council;
        if self.proposal.overridden != 0 {
            let votes = council.count(&self.proposal.overrides);
            (votes, council.override_threshold())
        } else {
            (council.count(&self.proposal.approvals), council.threshold)
        }
    }

    fn expired(&self) -> Why {
        let (proposal, index) = (self.proposal, self.proposal.index);
        if self.command == "override-veto" {
            let last = proposal.ended_at.saturating_add(OPEN_TIME);
            return Why::new(
                format!(
                    "the veto of proposal {index} could be lifted until {}",
                    time(last)
                ),
                format!("propose the same again after {}", time(self.cooled())),
            );
        }
        let what = if proposal.is(ProposalState::Queued) {
            format!(
                "proposal {index} could be executed until {}",
                time(self.last())
            )
        } else {
            format!(
                "proposal {index} had until {} to get enough approvals",
                time(self.last())
            )
        };
        Why::new(
            what,
            match self.command {
                "ballot" | "veto" => "it can no longer be executed: nothing has to be stopped",
                _ => "mark it with `homeostat expire`, then propose the same again",
            },
        )
    }

    fn state(&self) -> Why {
        let (proposal, index) = (self.proposal, self.proposal.index);
        let state = state_name(proposal.state);
        if self.proposes() && proposal.is_open() {
            return Why::new(
                format!("the same actions are open already, as proposal {index} ({state})"),
                format!("approve it: `homeostat approve {index}`"),
            );
        }
        if proposal.is_open() {
            return match self.command {
                "override-veto" => Why::new(
                    format!("proposal {index} is {state}: nobody has vetoed it"),
                    "there is no veto to lift",
                ),
                "withdraw-approval" => Why::new(
                    format!("members lifted the veto of proposal {index}, and those votes count in place of approvals"),
                    format!("cancel it instead: `homeostat cancel {index}`"),
                ),
                _ => Why::new(
                    format!("proposal {index} is {state}, open until {}", time(self.last())),
                    "it can be closed once it is executed, cancelled, vetoed or expired",
                ),
            };
        }
        let last = proposal.ended_at.saturating_add(OPEN_TIME);
        let needs_end = self.proposes() || self.command == "close-proposal";
        if needs_end && proposal.is(ProposalState::Vetoed) {
            return Why::new(
                format!(
                    "members can lift the veto of proposal {index} until {}",
                    time(last)
                ),
                format!("wait {} and a second", self.until(last)),
            );
        }
        Why::new(
            format!(
                "proposal {index} is {state} since {}, which is final",
                time(proposal.ended_at)
            ),
            "there is nothing left to do with it; propose the same again if it is still wanted",
        )
    }

    fn not_vetoable(&self) -> Why {
        let (proposal, index) = (self.proposal, self.proposal.index);
        let class = class_name(proposal.class);
        if self.command == "ballot" {
            return Why::new(
                format!(
                    "proposal {index} is {class}, and stakers vote against standard, critical and \
                     terminal ones only"
                ),
                if proposal.class == Class::Routine as u8 {
                    "the guardian alone can stop it: `homeostat veto`"
                } else {
                    "nobody can stop what takes effect at once"
                },
            );
        }
        Why::new(
            if proposal.overridden != 0 {
                format!("members have lifted the veto of proposal {index} already, and there is no second one")
            } else {
                format!(
                    "all that proposal {index} does is to resume or unpause, which nobody can veto"
                )
            },
            "its effect can be changed by another proposal",
        )
    }

    fn voted(&self) -> Why {
        let (proposal, council) = (self.proposal, self.council);
        let index = proposal.index;
        let (what, given, needed) = match self.command {
            "cancel" => (
                "to cancel",
                council.count(&proposal.cancels),
                council.threshold,
            ),
            "override-veto" => (
                "to lift the veto of",
                council.count(&proposal.overrides),
                council.override_threshold(),
            ),
            _ => ("for", council.count(&proposal.approvals), council.threshold),
        };
        Why::new(
            format!(
                "{} has voted {what} proposal {index} already: {given} of {needed} votes",
                self.signer
            ),
            match needed.saturating_sub(given) {
                0 => "there is nothing more to sign".to_owned(),
                more => format!("{more} more of the other members have to"),
            },
        )
    }
}
