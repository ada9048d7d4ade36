//! One controller, followed from record to record.

use homeostat::state::{
    ConfigRecord, DecisionRecord, Parameter, StoredConfig, StoredDecision, StoredState,
};
use homeostat_control::{create, guarded_step, Config, Decision, GuardConfig, GuardState};

use super::LogProof;
use crate::log::{self, LogError};

/// What is known of one controller after the records read so far.
#[derive(Clone, Copy, Default)]
pub(super) struct Track {
    /// A change was seen: `config` is what it set, if that is known.
    pub(super) configured: bool,
    pub(super) config: Option<Config>,
    pub(super) state: Option<StoredState>,
    last: Option<Decision>,
    pub(super) guard: Option<(GuardConfig, GuardState)>,
    /// For how many periods the output has rested at a limit.
    pub(super) at_limit: Option<u32>,
}

impl Track {
    /// Takes over a change; `config` is the configuration behind the digest of the record, if
    /// it is known.
    pub(super) fn configure(&mut self, record: &ConfigRecord, config: Option<&StoredConfig>) {
        self.configured = true;
        self.config = config.map(StoredConfig::law);
        self.state = Some(record.state);
        // The log opens with the creation of each controller.
        let created = record.seq <= Parameter::ALL.len() as u64;
        if let Some(config) = self.config.as_ref().filter(|_| created) {
            self.last = create(config, record.at).ok().map(|state| state.last);
        }
        self.guard = Some((record.guard_config.law(), record.guard.law()));
        self.at_limit = Some(record.at_limit);
    }

    /// Recomputes a decision and counts in `proof` what that proved.
    ///
    /// # Errors
    ///
    /// `LogError::State` when the record begins from another state than the one before left;
    /// `LogError::Decision` when the control law gives another decision.
    pub(super) fn decide(
        &mut self,
        record: &DecisionRecord,
        proof: &mut LogProof,
    ) -> Result<(), LogError> {
        let seq = record.seq;
        if self.state.is_some_and(|state| state != record.before) {
            return Err(LogError::State { seq });
        }
        let known = self.last.is_some();
        let before = record.before.with_last(self.last.unwrap_or_else(unknown));
        let guard = self.guard.take();
        let made = self.config.map(|config| {
            let (state, decision) = log::recompute(&config, &before, record);
            (config, state, decision)
        });
        let agrees = made
            .as_ref()
            .is_some_and(|(_, _, decision)| is_recorded(record, decision));
        proof.decisions += 1;
        match made {
            Some((config, state, decision)) if agrees => {
                proof.recomputed += 1;
                let counted = self.at_limit.map(|before| decision.count_at_limit(before));
                if counted.is_some_and(|counted| counted != record.at_limit) {
                    return Err(LogError::Decision { seq });
                }
                if let Some((guard_config, guard)) = guard {
                    let input = log::input(record);
                    let guarded = guarded_step(&config, &guard_config, &before, &guard, &input);
                    if guarded.state != state || guarded.decision != decision {
                        return Err(LogError::Decision { seq });
                    }
                    proof.guarded += 1;
                    self.guard = Some((guard_config, guarded.guard));
                }
                self.state = Some((&state).into());
                self.last = Some(decision);
            }
            // Everything that the law depends on is known, and it gives another decision.
            Some(_) if known => return Err(LogError::Decision { seq }),
            _ => {
                proof.unproven.push(seq);
                self.state = None;
                self.last = Some(recorded(record));
            }
        }
        self.at_limit = Some(record.at_limit);
        Ok(())
    }
}

/// The place-holder for a last decision that is not known: its terms are zero.
fn unknown() -> Decision {
    StoredDecision::default().law()
}

/// The decision as far as its record keeps it: everything that the next step looks at.
fn recorded(record: &DecisionRecord) -> Decision {
    StoredDecision {
        y: record.y,
        r: record.r,
        z: record.z,
        p: record.p,
        i: record.i,
        d: record.d,
        f: record.f,
        u0: record.u0,
        raw: record.raw,
        slewed: record.slewed,
        limited: record.limited,
        from: record.before.last_at,
        to: record.to,
        u_prev: record.before.u,
        u: record.u,
        flags: record.flags,
        held: record.held,
        ..StoredDecision::default()
    }
    .law()
}

/// True when every term of a decision is the one on record.
fn is_recorded(record: &DecisionRecord, decision: &Decision) -> bool {
    let made = StoredDecision::from(decision);
    let kept = StoredDecision::from(&recorded(record));
    // The record leaves out e, tau and lambda, which follow from the other terms.
    kept == StoredDecision {
        e: kept.e,
        tau: kept.tau,
        lambda: kept.lambda,
        ..made
    }
}
