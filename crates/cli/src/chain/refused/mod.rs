//! What a refusal means to the one who gave the command: who should have signed, which figure was
//! wrong, what its range is, and when it will be right.
//!
//! The program's own sentences are for everybody who sends its instructions. Here they get the
//! words of the command ([`words`]) and the figures of the accounts that it was about
//! ([`figures`]).

mod figures;
#[cfg(test)]
mod listed;
mod pauses;
mod proposals;
mod seats;
mod spending;
mod words;

use homeostat::HomeostatError as E;
use homeostat_chain::trial::{try_out, Trial};
use homeostat_chain::{refusal, Live};
use homeostat_client::{
    address, error, governance, Action, Council, Parameter, Pool, Position, Proposal, Pubkey,
    RoleKind, Section, Tunable,
};
use homeostat_settings::proposal_file::State;

use super::delivery::SendArgs;
use super::key::Key;
use super::write::{Intent, Written};
use super::Context;
use crate::failure::Failure;
use crate::stdout;

/// What a command was about.
#[derive(Clone, Copy)]
pub enum About<'a> {
    /// The economy as a whole.
    Economy,
    /// Stake of a pool.
    Stake {
        /// The pool.
        pool: &'a Pool,
        /// The position, where there is one.
        position: Option<&'a Position>,
        /// What is staked or unstaked (base units); 0 where nothing is.
        amount: u64,
    },
    /// A payment.
    Payment {
        /// What is paid (base units).
        amount: u64,
        /// Most that the fee may be (base units).
        max_fee: u64,
    },
    /// A pause.
    Pause {
        /// Of what.
        section: Section,
        /// How long (seconds).
        seconds: u32,
    },
    /// A proposal that exists.
    Proposal {
        /// The proposal, as its votes make it now.
        proposal: &'a Proposal,
        /// Its council.
        council: &'a Council,
        /// Its actions.
        actions: &'a [Action],
    },
    /// Actions that are proposed.
    Actions {
        /// The actions.
        actions: &'a [Action],
        /// The council.
        council: &'a Council,
    },
    /// Advice.
    Advice {
        /// The controller.
        parameter: Parameter,
        /// The quantity.
        field: Tunable,
    },
    /// A role.
    Role(RoleKind),
}

/// What a command was about, where, and who signed it.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The economy, as it was read before.
    pub live: &'a Live,
    /// Who acts.
    pub signer: Pubkey,
    /// What it was about.
    pub about: About<'a>,
}

/// Why it was refused, and what to do.
pub(super) struct Why {
    what: String,
    remedy: String,
}

impl Why {
    fn new(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            remedy: remedy.into(),
        }
    }
}

impl Context {
    /// As [`Context::write`]; a refusal says what it means for this command.
    ///
    /// # Errors
    ///
    /// As [`Context::write`].
    pub fn write_in(
        &self,
        scene: &Scene<'_>,
        send: &SendArgs,
        own: &Key,
        intent: Intent<'_>,
    ) -> Result<(), Failure> {
        if let Some(written) = self.perform_in(scene, send, own, intent)? {
            self.answer(&written)?;
        }
        Ok(())
    }

    /// As [`Context::perform`]; a refusal says what it means for this command. What a vault can
    /// never do is refused before.
    ///
    /// # Errors
    ///
    /// As [`Context::perform`]; [`rules::require_callable`](homeostat_chain::squads::rules) for
    /// `--squads`.
    pub fn perform_in(
        &self,
        scene: &Scene<'_>,
        send: &SendArgs,
        own: &Key,
        intent: Intent<'_>,
    ) -> Result<Option<Written>, Failure> {
        let command = intent.command;
        if send.squads.is_some() {
            self.require_callable(scene.live, &scene.signer, &intent.instructions)?;
        }
        self.perform(send, own, intent)
            .map_err(|failure| self.meaning(command, scene, failure))
    }

    /// What a refusal means for a command. What cannot be read any more is left out.
    pub(crate) fn meaning(&self, command: &str, scene: &Scene<'_>, failure: Failure) -> Failure {
        let mut failure = fitting(command, failure);
        let Some(error) = failure.custom.and_then(error::from_code) else {
            return failure;
        };
        let Ok(clock) = self.connection.clock() else {
            return failure;
        };
        let now = clock.unix_timestamp;
        let why = figures::of(command, scene, error, now)
            .or_else(|| self.with_one_read(command, scene, error, now));
        if let Some(why) = why {
            replace(&mut failure, &why.what, why.remedy);
        }
        failure
    }

    /// Why a command was refused, where another account says it: the council, or the proposal
    /// that has the same actions.
    fn with_one_read(&self, command: &str, scene: &Scene<'_>, error: E, now: i64) -> Option<Why> {
        let live = scene.live;
        match (error, scene.about) {
            (E::Unauthorized | E::NotPendingAuthority | E::CpiForbidden, _)
                if command != "execute" =>
            {
                let council = live.council(&self.connection).ok()??;
                figures::of_council(command, scene, &council, error, now)
            }
            (
                E::InvalidState | E::RecentlyVetoed | E::AlreadyApproved,
                About::Actions { actions, council },
            ) => {
                let digest = governance::digest(actions);
                let at = address::proposal(&live.at.economy, &digest);
                let mut proposal: Proposal = self.connection.fetch(&at).ok()??;
                proposal.settle(council).ok()?;
                let one = proposals::One {
                    command,
                    proposal: &proposal,
                    council,
                    signer: &scene.signer,
                    now,
                };
                one.why(error)
            }
            _ => None,
        }
    }
}

/// A refusal in the words of its command.
pub(crate) fn fitting(command: &str, mut failure: Failure) -> Failure {
    if failure.code != "refused" {
        return failure;
    }
    if failure.taken {
        failure.remedy = words::taken(command).to_owned();
        return failure;
    }
    let Some(code) = failure.custom else {
        return failure;
    };
    if let Some(text) = words::fitting(command, code) {
        let said = refusal::sentence(text);
        replace(&mut failure, &said.message, said.remedy);
    }
    failure
}

/// The name and number of an error stay in front of what is said.
fn replace(failure: &mut Failure, what: &str, remedy: String) {
    let name = failure.message.split_once("): ").map(|(name, _)| name);
    failure.message = match name {
        Some(name) => format!("{name}): {what}"),
        None => what.to_owned(),
    };
    failure.remedy = remedy;
}

/// Tries actions out on a copy of the live state, by the program's own rules.
///
/// # Errors
///
/// What the program would refuse, with its figures.
pub(crate) fn tried(actions: &[Action], state: State<'_>) -> Result<Trial, Failure> {
    let (trial, logged) = stdout::logged(|| try_out(actions, state));
    trial.map_err(|mut failure| {
        if let Some(code) = failure.custom {
            let lines: Vec<&str> = logged.lines().collect();
            failure = fitting("propose", refusal::of_program(code, &lines));
            let why = error::from_code(code)
                .and_then(|error| spending::of_actions(error, actions, state.economy, state.now));
            if let Some(why) = why {
                replace(&mut failure, &why.what, why.remedy);
            }
        }
        failure.message = format!("the program would refuse it: {}", failure.message);
        failure.remedy = format!("{}; nothing was sent", failure.remedy);
        failure
    })
}
