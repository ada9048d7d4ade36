//! The daemon: looks, notes, tells, waits.

use std::collections::BTreeMap;
use std::sync::mpsc::{channel, Receiver, RecvTimeoutError, Sender};
use std::sync::Arc;
use std::time::{Duration, Instant};

use homeostat_chain::{Connection, Which};
use homeostat_client::{EconomyAddresses, Pubkey};
use homeostat_settings::Failure;
use tracing::{info, warn, Level};

use super::alarm::Alarm;
use super::memory::Memory;
use super::metrics::Metrics;
use super::read::{self, Found};
use super::rules::{
    judge, judge_gone, judge_program, judge_sight, judge_wallet, wanted_proposals, Rules,
};
use super::seen::Seen;
use super::sinks::Outlet;
use crate::log::fails;
use crate::Message;

/// What is watched, and how often.
#[derive(Clone, Debug)]
pub struct Options {
    /// The economies, by address or by mint.
    pub economies: Vec<Which>,
    /// Wallets whose balance is watched, such as a keeper's.
    pub wallets: Vec<Pubkey>,
    /// Where states begin to be worth an alarm.
    pub rules: Rules,
    /// At a first look at an economy, tell the records that its logs still hold.
    pub since_genesis: bool,
    /// One look.
    pub once: bool,
    /// Time between two looks.
    pub poll: Duration,
    /// The longest that the sinks may hold up the next look.
    pub slice: Duration,
}

/// What a single pass did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// Alarms that were decided.
    pub alarms: usize,
    /// Deliveries that a sink has taken, those of earlier runs too.
    pub told: usize,
    /// Alarms that somebody was not told yet.
    pub pending: usize,
}

/// A watcher before it runs.
pub struct Watcher {
    options: Options,
    memory: Memory,
    outlets: Vec<Outlet>,
    metrics: Arc<Metrics>,
    inbox: Receiver<Message>,
    post: Sender<Message>,
}

/// What is known of an economy besides what is in the file; it is found again after a restart.
type Known = BTreeMap<Pubkey, Option<(EconomyAddresses, Vec<Pubkey>)>>;

impl Watcher {
    /// A watcher that remembers in `memory`, tells `outlets` and counts in `metrics`.
    pub fn new(
        options: Options,
        memory: Memory,
        outlets: Vec<Outlet>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let (post, inbox) = channel();
        Self {
            options,
            memory: memory.counting(&metrics),
            outlets,
            metrics,
            inbox,
            post,
        }
    }

    /// Where it can be told to stop.
    pub fn post(&self) -> Sender<Message> {
        self.post.clone()
    }

    /// Runs until it is told to stop, or once. What was not told before a restart is told first,
    /// whether or not the cluster answers.
    ///
    /// # Errors
    ///
    /// The file cannot be written; the servers are of another cluster than the file; `connect`
    /// says anything else than that the server does not answer; with `once` that too.
    pub fn run(
        mut self,
        connect: impl Fn() -> Result<Connection, Failure>,
    ) -> Result<Passed, Failure> {
        let mut connection = None;
        let mut known = Known::new();
        let mut newer = Instant::now();
        let (mut decided, mut told) = (0_usize, 0_usize);
        loop {
            told = told.saturating_add(self.deliver()?);
            let looked = match &connection {
                Some(connection) => self.look(connection, &mut known),
                None => connect().and_then(|found| {
                    self.memory.require_cluster(&found.cluster().genesis)?;
                    info!(name: "started", cluster = %found.cluster(),
                        economies = self.options.economies.len());
                    let found = connection.insert(found);
                    self.look(found, &mut known)
                }),
            };
            match looked {
                Ok(look) => {
                    decided = decided.saturating_add(look.alarms);
                    if look.newer {
                        newer = Instant::now();
                    }
                }
                Err(failure) => {
                    let may_pass = failure.code.starts_with("rpc_");
                    if self.options.once || !may_pass {
                        self.deliver()?;
                        return Err(failure);
                    }
                    self.metrics.vitals().failure(&failure);
                    fails!(Level::ERROR, "not_seen", &failure);
                }
            }
            if !self.options.once {
                decided = decided.saturating_add(self.sight(newer.elapsed())?);
            }
            told = told.saturating_add(self.deliver()?);
            if self.options.once {
                break;
            }
            match self.inbox.recv_timeout(self.options.poll) {
                Err(RecvTimeoutError::Timeout) => {}
                _ => {
                    info!(name: "stopped", pending = self.memory.pending());
                    break;
                }
            }
        }
        Ok(Passed {
            alarms: decided,
            told,
            pending: self.memory.pending(),
        })
    }

    fn deliver(&mut self) -> Result<usize, Failure> {
        let at = Instant::now();
        let until = at.checked_add(self.options.slice).unwrap_or(at);
        self.memory.deliver(&mut self.outlets, at, until)
    }

    /// Whether anything was seen lately.
    fn sight(&mut self, unseen: Duration) -> Result<usize, Failure> {
        let mut levels = self.memory.levels().clone();
        let last = self.memory.last();
        // What was just seen is seen, however long the look took.
        let unseen = if unseen <= self.options.poll {
            0
        } else {
            unseen.as_secs()
        };
        let alarms = judge_sight(&mut levels, unseen, last, &self.options.rules);
        let count = alarms.len();
        self.memory.note_levels(levels, alarms)?;
        Ok(count)
    }

    /// Looks at everything once. What is wrong with one economy is told and leaves the others
    /// alone; with `once` the first such failure is the pass's.
    fn look(&mut self, connection: &Connection, known: &mut Known) -> Result<Look, Failure> {
        let mut look = Look {
            alarms: 0,
            newer: true,
        };
        if !self.memory.has_room() {
            warn!(name: "full", pending = self.memory.pending());
            look.newer = false;
            return Ok(look);
        }
        let clock = connection.clock()?;
        let (slot, now) = (clock.slot, clock.unix_timestamp);
        self.program(connection, now, &mut look)?;
        self.wallets(connection, (slot, now), &mut look)?;
        let rent = connection.rent(0)?;
        let mut first = None;
        for index in 0..self.options.economies.len() {
            let one = self.economy(connection, index, rent, known, &mut look);
            if let Err(failure) = one {
                if failure.code == "unwritable_file" {
                    return Err(failure);
                }
                self.metrics.vitals().failure(&failure);
                fails!(Level::ERROR, "not_read", &failure);
                look.newer = false;
                first.get_or_insert(failure);
            }
        }
        self.metrics
            .vitals()
            .requests(u64::try_from(connection.requests()).unwrap_or(u64::MAX));
        match first {
            Some(failure) if self.options.once => Err(failure),
            failed => {
                if failed.is_none() && look.newer {
                    self.metrics.vitals().tick(now);
                }
                Ok(look)
            }
        }
    }

    fn program(
        &mut self,
        connection: &Connection,
        now: i64,
        look: &mut Look,
    ) -> Result<(), Failure> {
        let Some(program) = read::program(connection, now)? else {
            return Ok(());
        };
        match self.memory.program() {
            Some(before) if program.slot <= before.slot => {
                look.newer = false;
                Ok(())
            }
            before => {
                let alarms = before.map_or_else(Vec::new, |one| judge_program(&one, &program));
                look.alarms = look.alarms.saturating_add(alarms.len());
                self.memory.note_program(&program, alarms)
            }
        }
    }

    fn wallets(
        &mut self,
        connection: &Connection,
        at: (u64, i64),
        look: &mut Look,
    ) -> Result<(), Failure> {
        if self.options.wallets.is_empty() {
            return Ok(());
        }
        let accounts = connection.accounts(&self.options.wallets)?;
        let mut levels = self.memory.levels().clone();
        let mut alarms: Vec<Alarm> = Vec::new();
        for (wallet, account) in self.options.wallets.iter().zip(accounts) {
            let lamports = account.map_or(0, |account| account.lamports);
            alarms.extend(judge_wallet(
                &mut levels,
                wallet,
                lamports,
                at,
                &self.options.rules,
            ));
        }
        look.alarms = look.alarms.saturating_add(alarms.len());
        self.memory.note_levels(levels, alarms)
    }

    fn economy(
        &mut self,
        connection: &Connection,
        index: usize,
        rent: u64,
        known: &mut Known,
        look: &mut Look,
    ) -> Result<(), Failure> {
        let Some(which) = self.options.economies.get_mut(index) else {
            return Ok(());
        };
        let address = which.find(connection)?;
        // A token's economy is searched for once.
        *which = Which {
            economy: Some(address),
            ..Which::default()
        };
        let before = self.memory.seen(&address).cloned();
        let cache = known.entry(address).or_default();
        let (seen, alarms) = match (read::economy(connection, &address, cache, rent)?, before) {
            (Found::Gone { .. }, None) => {
                return Err(Failure::new(
                    "no_economy",
                    format!("there is no economy at {address}"),
                )
                .remedy("check the address and --url"));
            }
            (Found::Gone { slot, now }, Some(mut seen)) => {
                if slot <= seen.slot {
                    look.newer = false;
                    return Ok(());
                }
                let alarms = judge_gone(&mut seen.levels, &address, true, (slot, now));
                (seen.slot, seen.now) = (slot, now);
                (seen, alarms)
            }
            (Found::There(mut view), before) => {
                let mut seen = match before {
                    Some(seen) => seen,
                    None => Seen::begin(&view, self.options.since_genesis).ok_or_else(|| {
                        connection.nonsense("logs of an economy that do not prove themselves")
                    })?,
                };
                if view.slot <= seen.slot {
                    info!(name: "old_answer", economy = %address, slot = view.slot, seen = seen.slot);
                    look.newer = false;
                    return Ok(());
                }
                let at = (view.slot, view.now);
                let mut alarms = judge_gone(&mut seen.levels, &address, false, at);
                let wanted = wanted_proposals(&seen, &view);
                if !wanted.is_empty() {
                    view.proposals = read::proposals(connection, &wanted)?;
                }
                let (seen, more) = judge(&seen, &view, &self.options.rules);
                alarms.extend(more);
                (seen, alarms)
            }
        };
        look.alarms = look.alarms.saturating_add(alarms.len());
        self.memory.note(&address, seen, alarms)
    }
}

/// What a look brought.
#[derive(Clone, Copy, Debug)]
struct Look {
    /// Alarms that were decided.
    alarms: usize,
    /// Whether everything was of a later slot than before. A lie about the slot of one economy
    /// makes every honest answer about it look old, and must not hide behind the others.
    newer: bool,
}
