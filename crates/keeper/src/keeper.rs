//! The thread that reads the clock and decides.

use std::collections::BTreeMap;
use std::mem::offset_of;
use std::sync::mpsc::{channel, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use homeostat::error::HomeostatError;
use homeostat_client::{Economy, Life, Pubkey};
use homeostat_ops::{Connection, Failure, Fees, Live, Receipt};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use solana_clock::Clock;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::attempt::{Done, Job, Shared, BASE_FEE};
use crate::backoff::{lot, within, Backoff};
use crate::log::{Field, Level, Log};
use crate::metrics::{Ending, Metrics};
use crate::touch;
use crate::watch::{bounty, judge, State, Watch};

/// Most economies that are found by a search; each takes about a kilobyte.
pub const MOST_ECONOMIES: usize = 10_000;
/// A wallet that pays must keep the rent of an empty account (lamports), or it cannot pay:
/// 128 bytes at 6,960 lamports.
pub const POOREST: u64 = 890_880;
/// How long what is in flight may take after a signal.
pub const DEFAULT_GRACE: Duration = Duration::from_secs(10);

/// Economies that are read at once.
const BATCH: usize = 100;
/// Polls for which a server may be behind this keeper's own crank.
const SETTLE: u32 = 20;
/// Longest pause between two looks at a clock that cannot be read.
const LONGEST_BLIND: Duration = Duration::from_secs(30);
/// Economies a worker that are given out before the first come back: what is read long
/// before it is sent for is stale, and waits in memory.
const QUEUE: usize = 8;
/// Refusals in a row that may come from races; more are worth a warning.
const RACES: u32 = 3;
/// As good as for ever.
const LONG: Duration = Duration::from_secs(86_400);

/// What a keeper does, and at what cost.
#[derive(Clone, Debug)]
pub struct Options {
    /// Economies to look after, whatever they pay.
    pub economies: Vec<Pubkey>,
    /// Look after every live economy of the cluster that pays: a crank of one that was found
    /// and not named costs at most its bounty, and it gets no lookup table.
    pub all: bool,
    /// Move the fees of the meters of named economies before each crank.
    pub collect: bool,
    /// One look at all economies, without waiting for lots.
    pub once: bool,
    /// What a transaction may cost.
    pub fees: Fees,
    /// Time between two looks at the clock.
    pub poll: Duration,
    /// Time between two looks at everything: new economies, pauses that ended early.
    pub refresh: Duration,
    /// Seconds after the end of a period within which this keeper's lot falls.
    pub jitter: u64,
    /// Longest wait after failures.
    pub max_backoff: Duration,
    /// Least bounty (lamports) that is worth a crank. `None` = anything for named economies,
    /// the base fee for found ones.
    pub min_bounty: Option<u64>,
    /// Balance of the wallet (lamports) below which it warns.
    pub min_balance: u64,
    /// Lookup tables to use, besides those that it finds.
    pub tables: Vec<Pubkey>,
    /// Economies that are sent for at a time.
    pub workers: usize,
    /// How long what is in flight may take after a signal.
    pub grace: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            economies: Vec::new(),
            all: false,
            collect: false,
            once: false,
            fees: Fees::default(),
            poll: Duration::from_secs(5),
            refresh: Duration::from_secs(300),
            jitter: 10,
            max_backoff: Duration::from_secs(300),
            min_bounty: None,
            min_balance: 10_000_000,
            tables: Vec::new(),
            workers: 4,
            grace: DEFAULT_GRACE,
        }
    }
}

/// What a keeper is told.
pub enum Message {
    /// Stop.
    Stop,
    /// A worker is done.
    Done(Box<Returned>),
}

/// What a worker gives back; made and read by the keeper alone.
pub struct Returned(Done);

/// What one economy came to in one pass.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Kept {
    /// Its address.
    pub economy: String,
    /// `cranked`, `beaten` (another keeper was faster), `waiting`, `paused`, `draft`,
    /// `retired`, `unpaid`, `due` (and not tried), `failed`, `unknown` (sent, outcome not
    /// known).
    pub result: String,
    /// The transaction that ended the period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// When the next period ends (unix seconds).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_end: Option<i64>,
    /// What failed: a stable code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What failed, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// What a keeper came to.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Summary {
    /// Its address.
    pub keeper: String,
    /// Economies by address.
    pub economies: Vec<Kept>,
}

impl Summary {
    /// Whether nothing failed.
    pub fn is_fine(&self) -> bool {
        self.economies.iter().all(|one| one.code.is_none())
    }
}

/// A keeper before it runs.
pub struct Keeper {
    options: Options,
    key: Keypair,
    log: Arc<Log>,
    metrics: Arc<Metrics>,
    inbox: Receiver<Message>,
    post: Sender<Message>,
}

impl Keeper {
    /// A keeper that pays with `key`.
    pub fn new(options: Options, key: Keypair, log: Arc<Log>, metrics: Arc<Metrics>) -> Self {
        let (post, inbox) = channel();
        Self {
            options,
            key,
            log,
            metrics,
            inbox,
            post,
        }
    }

    /// Where it can be told to stop.
    pub fn post(&self) -> Sender<Message> {
        self.post.clone()
    }

    /// Runs until it is told to stop, or once. A server that does not answer is waited for,
    /// from the first `connect` on.
    ///
    /// # Errors
    ///
    /// `connect` says anything else than that the server does not answer; with `once` that
    /// too.
    pub fn run(
        self,
        connect: impl Fn() -> Result<Connection, Failure>,
    ) -> Result<Summary, Failure> {
        let Some(connection) = self.connect(connect)? else {
            return Ok(Summary::default());
        };
        let own = self.key.pubkey();
        self.log.line(
            Level::Info,
            "started",
            None,
            &[
                ("keeper", own.to_string().into()),
                ("cluster", connection.cluster().to_string().into()),
                ("economies", self.options.economies.len().into()),
                ("all", self.options.all.into()),
            ],
        );
        let shared = Arc::new(Shared {
            connection,
            key: self.key,
            log: Arc::clone(&self.log),
            fees: self.options.fees,
            collect: self.options.collect,
            tables: self.options.tables.clone(),
            making: Mutex::new(()),
        });
        let jobs = workers(&shared, self.options.workers, &self.post)?;
        let mut round = Round {
            watches: BTreeMap::new(),
            kept: BTreeMap::new(),
            refreshed: None,
            search: Backoff::new(self.options.poll, self.options.max_backoff),
            search_at: Some(Instant::now()),
            purse: Purse::Fine,
            now: 0,
            busy: 0,
            backlog: false,
            metrics: self.metrics,
            options: self.options,
            shared,
            jobs,
        };
        for economy in round.options.economies.clone() {
            round.begin(economy, true);
        }
        let grace = round.options.grace;
        let stopped = round.live(&self.inbox)?;
        if stopped {
            let deadline = Instant::now().checked_add(grace);
            round.drain(&self.inbox, deadline);
            let fields = [("in_flight", Value::from(round.busy))];
            round.log().line(Level::Info, "stopped", None, &fields);
        }
        Ok(round.summary())
    }

    /// The cluster; `None` when it was told to stop before.
    fn connect(
        &self,
        connect: impl Fn() -> Result<Connection, Failure>,
    ) -> Result<Option<Connection>, Failure> {
        let mut backoff = Backoff::new(self.options.poll, LONGEST_BLIND);
        loop {
            let failure = match connect() {
                Ok(connection) => return Ok(Some(connection)),
                Err(failure) if self.options.once || !failure.code.starts_with("rpc_") => {
                    return Err(failure)
                }
                Err(failure) => failure,
            };
            self.metrics.failure(&failure);
            let wait = backoff.fail(0);
            let fields = [retry(wait)];
            self.log
                .failure(Level::Error, "no_cluster", None, &failure, &fields);
            match self.inbox.recv_timeout(wait) {
                Err(RecvTimeoutError::Timeout) => {}
                _ => return Ok(None),
            }
        }
    }
}

/// Threads that send.
fn workers(
    shared: &Arc<Shared>,
    count: usize,
    post: &Sender<Message>,
) -> Result<Sender<Job>, Failure> {
    let (jobs, queue) = channel::<Job>();
    let queue = Arc::new(Mutex::new(queue));
    for number in 0..count.max(1) {
        let (shared, queue, post) = (Arc::clone(shared), Arc::clone(&queue), post.clone());
        std::thread::Builder::new()
            .name(format!("keeper-worker-{number}"))
            .spawn(move || loop {
                // The guard is gone before the work begins.
                let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok(job) = job else { return };
                let done = Box::new(Returned(shared.attempt(job)));
                if post.send(Message::Done(done)).is_err() {
                    return;
                }
            })
            .map_err(|error| {
                Failure::new("no_thread", format!("a thread cannot be started: {error}"))
                    .remedy("raise the limit of processes, or give fewer --workers")
            })?;
    }
    Ok(jobs)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purse {
    Fine,
    Low,
    Empty,
}

/// A running keeper.
struct Round {
    shared: Arc<Shared>,
    options: Options,
    metrics: Arc<Metrics>,
    jobs: Sender<Job>,
    watches: BTreeMap<Pubkey, Watch>,
    /// What became of each economy in a single pass.
    kept: BTreeMap<Pubkey, Kept>,
    refreshed: Option<Instant>,
    /// A search that failed, and when it may be tried again.
    search: Backoff,
    search_at: Option<Instant>,
    purse: Purse,
    /// The cluster's clock (unix seconds).
    now: i64,
    /// Economies that workers have.
    busy: usize,
    /// There was more to do than the workers should be given.
    backlog: bool,
}

impl Round {
    fn log(&self) -> &Log {
        &self.shared.log
    }

    /// Until it is told to stop (true), or once (false).
    fn live(&mut self, inbox: &Receiver<Message>) -> Result<bool, Failure> {
        let mut blind = Backoff::new(self.options.poll, LONGEST_BLIND);
        let mut wait = Duration::ZERO;
        let mut next = Instant::now();
        loop {
            match inbox.recv_timeout(wait) {
                Ok(Message::Stop) => return Ok(true),
                Ok(Message::Done(done)) => {
                    self.done(done.0);
                    if self.backlog && self.busy < self.options.workers {
                        next = Instant::now();
                    }
                    wait = next.saturating_duration_since(Instant::now());
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => return Ok(true),
                Err(RecvTimeoutError::Timeout) => {}
            }
            wait = match self.tick() {
                Ok(()) => {
                    if blind.failures() > 0 {
                        self.log().line(Level::Info, "cluster_back", None, &[]);
                    }
                    blind.reset();
                    self.options.poll
                }
                Err(failure) => {
                    self.metrics.failure(&failure);
                    if self.options.once {
                        return Err(failure);
                    }
                    let wait = blind.fail(lot(&self.own(), &Pubkey::default(), 0));
                    let fields = [retry(wait)];
                    self.log()
                        .failure(Level::Error, "blind", None, &failure, &fields);
                    wait
                }
            };
            self.metrics.requests(self.requests());
            if self.options.once && !self.backlog {
                self.drain(inbox, None);
                return Ok(false);
            }
            next = Instant::now().checked_add(wait).unwrap_or(next);
        }
    }

    /// Waits for what is in flight.
    fn drain(&mut self, inbox: &Receiver<Message>, deadline: Option<Instant>) {
        while self.busy > 0 {
            let left = deadline.map_or(LONG, |deadline| {
                deadline.saturating_duration_since(Instant::now())
            });
            match inbox.recv_timeout(left) {
                Ok(Message::Done(done)) => self.done(done.0),
                Ok(Message::Stop) | Err(_) => return,
            }
        }
    }

    fn own(&self) -> Pubkey {
        self.shared.key.pubkey()
    }

    fn requests(&self) -> u64 {
        let rpc = self.shared.connection.rpc();
        u64::try_from(rpc.get_transport_stats().request_count).unwrap_or(u64::MAX)
    }

    /// How many more economies the workers may be given.
    fn room(&self) -> usize {
        let most = self.options.workers.max(1).saturating_mul(QUEUE);
        most.saturating_sub(self.busy)
    }

    fn begin(&mut self, economy: Pubkey, named: bool) {
        let backoff = Backoff::new(self.options.poll, self.options.max_backoff);
        let metrics = &self.metrics;
        self.watches.entry(economy).or_insert_with(|| {
            metrics.begin(&economy);
            metrics.state(&economy, &State::Unknown);
            Watch::new(named, backoff)
        });
    }

    /// Reads the clock and the wallet, with one request; then, where something is due, the
    /// economies.
    fn tick(&mut self) -> Result<(), Failure> {
        let connection = &self.shared.connection;
        let accounts = connection.accounts(&[solana_sdk_ids::sysvar::clock::ID, self.own()])?;
        let [Some(clock), wallet] = accounts.as_slice() else {
            return Err(connection.nonsense("there is no clock"));
        };
        let clock: Clock = bincode::deserialize(&clock.data)
            .map_err(|_| connection.nonsense("the clock is unreadable"))?;
        self.now = clock.unix_timestamp;
        let balance = wallet.as_ref().map_or(0, |wallet| wallet.lamports);
        self.metrics.tick(self.now, balance);
        let whole = self
            .refreshed
            .is_none_or(|at| at.elapsed() >= self.options.refresh);
        self.wallet(balance, whole);
        let at = Instant::now();
        if self.options.all && self.search_at.is_some_and(|then| then <= at) {
            self.find()?;
        }
        let mut trouble = None;
        let now = self.now;
        self.backlog = false;
        let mut chosen: Vec<Pubkey> = self
            .watches
            .iter()
            .filter(|(_, watch)| {
                let looked_at = whole && watch.is_free(at) && watch.state != State::Retired;
                looked_at || watch.is_ripe(now, at)
            })
            .map(|(economy, _)| *economy)
            .collect();
        if !whole && chosen.len() > self.room() {
            chosen.truncate(self.room());
            self.backlog = true;
        }
        for chunk in chosen.chunks(BATCH) {
            // What one request could not tell, the others may.
            if let Err(failure) = self.consider(chunk) {
                trouble = Some(failure);
            }
        }
        for (economy, watch) in &self.watches {
            self.metrics.overdue(economy, watch.overdue(now));
        }
        match trouble {
            Some(failure) => Err(failure),
            None => {
                if whole {
                    self.refreshed = Some(at);
                }
                Ok(())
            }
        }
    }

    /// Tells of a wallet that runs out, once, and while it cannot pay now and then again.
    fn wallet(&mut self, balance: u64, again: bool) {
        let needed = POOREST
            .saturating_add(BASE_FEE)
            .saturating_add(self.options.fees.cap);
        let purse = match balance {
            balance if balance < needed => Purse::Empty,
            balance if balance < self.options.min_balance => Purse::Low,
            _ => Purse::Fine,
        };
        if purse == self.purse && !(again && purse == Purse::Empty) {
            return;
        }
        let (level, event) = match purse {
            Purse::Fine => (Level::Info, "balance_fine"),
            Purse::Low => (Level::Warn, "balance_low"),
            Purse::Empty => (Level::Error, "balance_empty"),
        };
        let mut fields: Vec<Field<'_>> = vec![
            ("keeper", self.own().to_string().into()),
            ("balance_lamports", balance.into()),
        ];
        if purse == Purse::Empty {
            fields.push(("needed_lamports", needed.into()));
            fields.push(("remedy", "send SOL to the keeper's address".into()));
        }
        self.log().line(level, event, None, &fields);
        self.purse = purse;
    }

    /// Searches, and if that fails again later: the economies that are known are kept
    /// meanwhile.
    fn find(&mut self) -> Result<(), Failure> {
        let wait = match self.discover() {
            Ok(()) => {
                self.search.reset();
                self.options.refresh
            }
            Err(failure) if self.options.once => return Err(failure),
            Err(failure) => {
                self.metrics.failure(&failure);
                let wait = self.search.fail(lot(&self.own(), &Pubkey::default(), 1));
                let fields = [retry(wait)];
                self.log()
                    .failure(Level::Error, "search_failed", None, &failure, &fields);
                wait
            }
        };
        self.search_at = Instant::now().checked_add(wait);
        Ok(())
    }

    /// Every live economy; those that were found before and are not any more are forgotten.
    fn discover(&mut self) -> Result<(), Failure> {
        let life = [Life::Live as u8];
        let fields: [(usize, &[u8]); 1] = [(offset_of!(Economy, life), &life)];
        let connection = &self.shared.connection;
        let mut found = connection.search_addresses::<Economy>(&fields)?;
        if found.len() > MOST_ECONOMIES {
            let fields = [
                ("found", Value::from(found.len())),
                ("kept", MOST_ECONOMIES.into()),
            ];
            self.log()
                .line(Level::Warn, "too_many_economies", None, &fields);
            found.truncate(MOST_ECONOMIES);
        }
        let metrics = &self.metrics;
        self.watches.retain(|economy, watch| {
            let stays = watch.named || watch.busy || found.binary_search(economy).is_ok();
            if !stays {
                metrics.forget(economy);
            }
            stays
        });
        for economy in found {
            self.begin(economy, false);
        }
        Ok(())
    }

    /// Reads economies, and gives those that are due to the workers.
    fn consider(&mut self, economies: &[Pubkey]) -> Result<(), Failure> {
        let connection = &self.shared.connection;
        let lives = Live::read_all(connection, economies)?;
        let vaults: Vec<Pubkey> = lives
            .iter()
            .flatten()
            .map(|live| live.at.keeper_vault)
            .collect();
        let mut held = connection.accounts(&vaults)?.into_iter();
        for (economy, live) in economies.iter().zip(lives) {
            match live {
                Ok(live) => {
                    let vault = held.next().flatten().map_or(0, |vault| vault.lamports);
                    self.reconcile(economy, live, vault);
                }
                Err(failure) => self.broken(economy, failure),
            }
        }
        Ok(())
    }

    /// An economy that could not be read, or not be cranked.
    fn broken(&mut self, economy: &Pubkey, failure: Failure) {
        self.metrics.failure(&failure);
        let own = self.own();
        let Some(watch) = self.watches.get_mut(economy) else {
            return;
        };
        let unknown = failure.code == "outcome_unknown";
        watch.in_doubt |= unknown;
        let wait = watch.failed(&failure, lot(&own, economy, watch.periods.unwrap_or(0)));
        self.metrics.state(economy, &watch.state);
        self.metrics.backoff(economy, wait);
        let (level, ending) = if unknown {
            (Level::Warn, Ending::Unknown)
        } else {
            (Level::Error, Ending::Failed)
        };
        self.metrics.ended(economy, ending, 1);
        self.log()
            .failure(level, "failed", Some(economy), &failure, &[retry(wait)]);
        self.keep(economy, ending.name(), None, Some(&failure));
    }

    /// Compares an economy with what was known of it, and has its period ended if that is
    /// over.
    fn reconcile(&mut self, economy: &Pubkey, live: Live, vault: u64) {
        let own = self.own();
        let settle = self.options.poll.saturating_mul(SETTLE);
        let (now, once, jitter) = (self.now, self.options.once, self.options.jitter);
        let Some(watch) = self.watches.get_mut(economy) else {
            return;
        };
        let state = &live.economy;
        let periods = state.totals.periods;
        match watch.cranked {
            Some((before, at)) if periods <= before => {
                if at.elapsed() < settle {
                    return;
                }
                // Confirmed, and yet not there: the server lied, or a fork was dropped.
                watch.cranked = None;
                watch.periods = Some(periods);
                let fields = [("period", Value::from(before.saturating_add(1)))];
                self.shared
                    .log
                    .line(Level::Error, "vanished", Some(economy), &fields);
            }
            Some(_) => watch.cranked = None,
            None => {}
        }
        let moved = watch.periods.is_some_and(|known| periods > known);
        if moved {
            let by = periods.saturating_sub(watch.periods.unwrap_or(periods));
            let mut fields: Vec<Field<'_>> = vec![
                ("period", periods.into()),
                ("next_end", state.next_end.into()),
            ];
            if by == 1 {
                let lateness = state.last_crank.saturating_sub(watch.next_end).max(0);
                self.metrics.lateness(economy, lateness);
                fields.push(("lateness_s", lateness.into()));
            }
            // It may have been the transaction that nobody knew about.
            let event = if watch.in_doubt { "settled" } else { "beaten" };
            self.metrics.ended(economy, Ending::Beaten, by);
            self.shared
                .log
                .line(Level::Info, event, Some(economy), &fields);
            watch.in_doubt = false;
            watch.backoff.reset();
            watch.not_before = None;
            self.metrics.backoff(economy, Duration::ZERO);
        }
        watch.periods = Some(periods);
        watch.next_end = state.next_end;
        watch.delay = if once {
            0
        } else {
            delay(&own, economy, periods, jitter)
        };
        let pays = bounty(state, vault, POOREST);
        let usual = if watch.named { 0 } else { BASE_FEE };
        let least = self.options.min_bounty.unwrap_or(usual);
        let before = std::mem::replace(
            &mut watch.state,
            judge(state, now, watch.delay, pays, least),
        );
        let unpaid = state.limits.bounty > 0 && pays == 0;
        if unpaid && watch.named && !watch.told_unpaid {
            let fields = [
                ("vault_lamports", Value::from(vault)),
                ("bounty_lamports", state.limits.bounty.into()),
                ("remedy", "send SOL to the economy's keeper vault".into()),
            ];
            self.shared
                .log
                .line(Level::Warn, "no_bounty", Some(economy), &fields);
        }
        watch.told_unpaid = unpaid;
        self.metrics.next_end(economy, state.next_end);
        self.metrics.state(economy, &watch.state);
        let after = watch.state.clone();
        let named = watch.named;
        if before.name() != after.name() {
            self.tell(economy, &before, &after, state, named);
        }
        if after == State::Waiting && named {
            self.touch(economy, &live);
        }
        if after != State::Due {
            let result = if moved { "beaten" } else { after.name() };
            self.keep(economy, result, None, None);
            return;
        }
        if self.purse == Purse::Empty {
            let failure = Failure::new("too_little", "the keeper's wallet cannot pay a crank");
            self.keep(economy, "due", None, Some(&failure));
            return;
        }
        if self.room() == 0 {
            self.backlog = true;
            return;
        }
        let Some(watch) = self.watches.get_mut(economy) else {
            return;
        };
        let job = Job {
            live: Box::new(live),
            touches: Vec::new(),
            vault,
            named: watch.named,
            pays,
            table: watch.table.clone(),
        };
        // The workers live as long as this end of the channel.
        if self.jobs.send(job).is_ok() {
            watch.busy = true;
            self.busy = self.busy.saturating_add(1);
        }
    }

    /// Gives the touches of an economy's pools that are due to the workers. They are paid for
    /// like the cranks of economies that the operator named.
    fn touch(&mut self, economy: &Pubkey, live: &Live) {
        let touches = touch::due(live, self.now);
        let able = self.purse != Purse::Empty && self.room() > 0;
        let Some(watch) = self.watches.get_mut(economy) else {
            return;
        };
        if touches.is_empty() || !able {
            return;
        }
        let job = Job {
            live: Box::new(live.clone()),
            touches,
            vault: 0,
            named: true,
            pays: 0,
            table: watch.table.clone(),
        };
        if self.jobs.send(job).is_ok() {
            watch.busy = true;
            self.busy = self.busy.saturating_add(1);
        }
    }

    /// Tells of touches that were sent. Those that fail are due again at the next look, and
    /// somebody else's count as well.
    fn touched(&self, economy: &Pubkey, result: &Result<Receipt, Failure>, fees: u64) {
        match result {
            Ok(receipt) => {
                let fields = [
                    ("signature", Value::from(receipt.signature.to_string())),
                    ("fee_lamports", fees.into()),
                ];
                self.log()
                    .line(Level::Debug, "touched", Some(economy), &fields);
            }
            Err(failure) => {
                self.log()
                    .failure(Level::Debug, "touch_failed", Some(economy), failure, &[]);
            }
        }
    }

    /// Tells of a state that is new and not the course of things.
    fn tell(&self, economy: &Pubkey, before: &State, after: &State, state: &Economy, named: bool) {
        // A failure was told, and its end will be by the crank.
        let usual =
            |state: &State| matches!(state, State::Waiting | State::Due | State::Failing(_));
        if usual(before) && usual(after) {
            return;
        }
        let mut fields: Vec<Field<'_>> = vec![("state", after.name().into())];
        match after {
            State::Paused(until) => fields.push(("until", (*until).into())),
            State::Waiting | State::Due => fields.push(("next_end", state.next_end.into())),
            _ => {}
        }
        let level = match after {
            // A search finds them by the thousand.
            _ if !named && *before == State::Unknown => Level::Debug,
            State::Paused(_) | State::Unpaid => Level::Warn,
            _ => Level::Info,
        };
        self.log().line(level, "state", Some(economy), &fields);
    }

    /// A worker has come back.
    fn done(&mut self, done: Done) {
        self.busy = self.busy.saturating_sub(1);
        self.metrics.paid(done.fees);
        for failure in &done.failures {
            self.metrics.failure(failure);
        }
        self.metrics.requests(self.requests());
        let (own, jitter) = (self.own(), self.options.jitter);
        let economy = done.economy;
        let Some(watch) = self.watches.get_mut(&economy) else {
            return;
        };
        watch.busy = false;
        watch.table = done.table;
        if done.touched {
            self.touched(&economy, &done.result, done.fees);
            return;
        }
        let receipt = match done.result {
            Ok(receipt) => receipt,
            Err(failure) if failure.custom.is_some_and(is_race) => {
                // Somebody was faster, or it was paused meanwhile: the next look tells.
                let wait = watch.later(lot(&own, &economy, done.periods));
                let level = if watch.backoff.failures() > RACES {
                    Level::Warn
                } else {
                    Level::Debug
                };
                self.log()
                    .failure(level, "race", Some(&economy), &failure, &[retry(wait)]);
                self.keep(&economy, Ending::Beaten.name(), None, None);
                return;
            }
            Err(failure) => {
                self.broken(&economy, failure);
                return;
            }
        };
        let ended = done.periods.saturating_add(1);
        watch.cranked = Some((done.periods, Instant::now()));
        watch.periods = Some(ended);
        watch.in_doubt = false;
        watch.backoff.reset();
        watch.not_before = None;
        watch.state = State::Waiting;
        let mut fields: Vec<Field<'_>> = vec![
            ("period", ended.into()),
            ("signature", receipt.signature.to_string().into()),
            ("slot", receipt.slot.into()),
            ("compute_units", receipt.units.into()),
            ("fee_lamports", done.fees.into()),
            ("bounty_lamports", done.bounty.into()),
        ];
        let after = done.after.filter(|after| after.totals.periods >= ended);
        if let Some(after) = &after {
            let lateness = after.last_crank.saturating_sub(watch.next_end).max(0);
            watch.periods = Some(after.totals.periods);
            watch.next_end = after.next_end;
            watch.delay = delay(&own, &economy, after.totals.periods, jitter);
            fields.push(("lateness_s", lateness.into()));
            fields.push(("next_end", after.next_end.into()));
            self.metrics.lateness(&economy, lateness);
            self.metrics.success(&economy, after.last_crank);
            self.metrics.next_end(&economy, after.next_end);
        }
        self.metrics.state(&economy, &State::Waiting);
        self.metrics.backoff(&economy, Duration::ZERO);
        self.metrics.earned(done.bounty);
        self.metrics.ended(&economy, Ending::Cranked, 1);
        self.log()
            .line(Level::Info, "cranked", Some(&economy), &fields);
        let signature = Some(receipt.signature.to_string());
        self.keep(&economy, Ending::Cranked.name(), signature, None);
    }

    /// Remembers what became of an economy, for a single pass.
    fn keep(
        &mut self,
        economy: &Pubkey,
        result: &str,
        signature: Option<String>,
        failure: Option<&Failure>,
    ) {
        if !self.options.once {
            return;
        }
        let next_end = self
            .watches
            .get(economy)
            .filter(|watch| watch.periods.is_some())
            .map(|watch| watch.next_end);
        let kept = Kept {
            economy: economy.to_string(),
            result: result.to_owned(),
            signature,
            next_end,
            code: failure.map(|failure| failure.code.to_owned()),
            message: failure.map(|failure| failure.message.clone()),
        };
        self.kept.insert(*economy, kept);
    }

    fn summary(self) -> Summary {
        Summary {
            keeper: self.own().to_string(),
            economies: self.kept.into_values().collect(),
        }
    }
}

/// Seconds after the end of a period that this keeper waits.
fn delay(keeper: &Pubkey, economy: &Pubkey, periods: u64, jitter: u64) -> i64 {
    i64::try_from(within(lot(keeper, economy, periods), jitter)).unwrap_or(i64::MAX)
}

/// Refusals that mean that the economy is not any more what it was when it was read.
fn is_race(code: u32) -> bool {
    [
        HomeostatError::TooEarly,
        HomeostatError::Paused,
        HomeostatError::NotLive,
    ]
    .into_iter()
    .any(|error| u32::from(error) == code)
}

fn retry(wait: Duration) -> Field<'static> {
    let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    ("retry_ms", wait.into())
}
