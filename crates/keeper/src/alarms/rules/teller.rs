//! Collects the alarms of one look.

use homeostat_client::{EconomyAddresses, Pubkey};

use crate::alarms::alarm::{Alarm, Code, Phase, Proof, Severity};
use crate::alarms::seen::{Chain, Levels, Seen};
use crate::alarms::view::View;

/// What an alarm needs besides its kind and its words.
#[derive(Clone, Debug)]
pub(super) struct Told {
    /// What makes this alarm another one than the next of its kind.
    pub(super) mark: String,
    pub(super) message: String,
    pub(super) proof: Proof,
    pub(super) at: i64,
}

/// Begins or ends a state that lasts; `None` when it goes on as it is.
///
/// `begins` and `ends` are two questions, so that a figure that trembles around its threshold
/// alarms once: between the two the state stays what it was.
pub(super) fn turn(
    levels: &mut Levels,
    key: &str,
    begins: bool,
    ends: bool,
) -> Option<(Phase, u64)> {
    let level = levels.entry(key.to_owned()).or_default();
    let phase = match level.on {
        false if begins => {
            level.times = level.times.saturating_add(1);
            Phase::Began
        }
        true if ends => Phase::Ended,
        _ => return None,
    };
    level.on = phase == Phase::Began;
    Some((phase, level.times))
}

/// An alarm; `scope` is the economy, or `cluster`.
pub(super) fn alarm(code: Code, phase: Phase, economy: Option<&Pubkey>, told: Told) -> Alarm {
    let scope = economy.map_or_else(|| "cluster".to_owned(), ToString::to_string);
    let ended = if phase == Phase::Ended { ".ended" } else { "" };
    Alarm {
        id: format!("{scope}.{}.{}{ended}", code.word(), told.mark),
        sequence: 0,
        code,
        severity: match phase {
            Phase::Ended => Severity::Info,
            Phase::Happened | Phase::Began => code.severity(),
        },
        phase,
        economy: economy.map(ToString::to_string),
        at: told.at,
        message: told.message,
        remedy: match phase {
            Phase::Ended => "Nothing has to be done.".to_owned(),
            Phase::Happened | Phase::Began => code.remedy().to_owned(),
        },
        proof: told.proof,
    }
}

/// Collects the alarms of one economy's look.
pub(super) struct Teller {
    pub(super) seen: Seen,
    at: EconomyAddresses,
    slot: u64,
    now: i64,
    alarms: Vec<Alarm>,
}

impl Teller {
    pub(super) fn new(seen: &Seen, view: &View) -> Self {
        Self {
            seen: seen.clone(),
            at: view.at,
            slot: view.slot,
            now: view.now,
            alarms: Vec::new(),
        }
    }

    pub(super) fn end(self) -> (Seen, Vec<Alarm>) {
        (self.seen, self.alarms)
    }

    /// What a record proves.
    pub(super) fn record(&self, chain: Chain, record: u64, slot: u64) -> Proof {
        let account = match chain {
            Chain::Steps => self.at.log,
            Chain::Decisions | Chain::Acts => self.at.audit,
        };
        Proof {
            account: account.to_string(),
            log: Some(chain.word().to_owned()),
            record: Some(record),
            slot,
        }
    }

    /// What an account shows in the slot of the view.
    pub(super) fn shown(&self, account: &Pubkey) -> Proof {
        Proof {
            account: account.to_string(),
            slot: self.slot,
            ..Proof::default()
        }
    }

    pub(super) fn push(&mut self, alarm: Alarm) {
        self.alarms.push(alarm);
    }

    /// Something that happened.
    pub(super) fn happened(&mut self, code: Code, told: Told) {
        let alarm = alarm(code, Phase::Happened, Some(&self.at.economy), told);
        self.alarms.push(alarm);
    }

    /// A change that a comparison shows. `proof` is the execution that made it, where one did.
    pub(super) fn changed(&mut self, code: Code, what: &str, message: String, proof: Proof) {
        let told = Told {
            mark: format!("{what}.{}", self.slot),
            message,
            proof,
            at: self.now,
        };
        self.happened(code, told);
    }

    /// A state that lasts, by its key, with its words where it begins and where it ends.
    pub(super) fn level(
        &mut self,
        code: Code,
        key: &str,
        (begins, ends): (bool, bool),
        (began, ended): (&dyn Fn() -> String, &dyn Fn() -> String),
        proof: Proof,
    ) {
        self.level_at(code, key, (begins, ends), (began, ended), (proof, self.now));
    }

    /// The same with its time.
    pub(super) fn level_at(
        &mut self,
        code: Code,
        key: &str,
        (begins, ends): (bool, bool),
        (began, ended): (&dyn Fn() -> String, &dyn Fn() -> String),
        (proof, at): (Proof, i64),
    ) {
        let Some((phase, times)) = turn(&mut self.seen.levels, key, begins, ends) else {
            return;
        };
        let told = Told {
            mark: format!("{key}.{times}"),
            message: if phase == Phase::Began {
                began()
            } else {
                ended()
            },
            proof,
            at,
        };
        let alarm = alarm(code, phase, Some(&self.at.economy), told);
        self.alarms.push(alarm);
    }
}
