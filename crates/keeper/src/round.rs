//! A running keeper: the thread that reads the clock and decides.

mod considering;
mod ending;
mod searching;

use std::collections::BTreeMap;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::Arc;
use std::time::{Duration, Instant};

use homeostat_client::Pubkey;
use homeostat_settings::Failure;
use solana_clock::Clock;
use solana_signer::Signer;

use crate::attempt::{Job, Shared};
use crate::backoff::{lot, within, Backoff};
use crate::crew::{panicked, PANICKED};
use crate::health::Place;
use crate::message::Message;
use crate::metrics::Metrics;
use crate::options::Options;
use crate::purse::{Costs, Owner, Purse};
use crate::sight::Sight;
use crate::summary::{Kept, Summary};
use crate::watch::{State, Watch};

/// Economies that are read at once.
const BATCH: usize = 100;
/// Economies a worker that are given out before the first come back: what is read long
/// before it is sent for is stale, and waits in memory.
const QUEUE: usize = 8;
/// As good as for ever.
const LONG: Duration = Duration::from_secs(86_400);

/// A running keeper.
pub(crate) struct Round {
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
    /// Nothing is read yet; the economies that are named are known.
    pub(crate) fn new(
        shared: Arc<Shared>,
        options: Options,
        metrics: Arc<Metrics>,
        jobs: Sender<Job>,
    ) -> Self {
        let named = options.economies.clone();
        let mut round = Self {
            watches: BTreeMap::new(),
            kept: BTreeMap::new(),
            refreshed: None,
            search: Backoff::new(options.poll, options.max_backoff),
            search_at: Some(Instant::now()),
            purse: Purse::Fine,
            now: 0,
            busy: 0,
            backlog: false,
            metrics,
            options,
            shared,
            jobs,
        };
        for economy in named {
            round.begin(economy, true);
        }
        round
    }

    /// Economies that workers have.
    pub(crate) fn busy(&self) -> usize {
        self.busy
    }

    /// Until it is told to stop (true), or once (false).
    pub(crate) fn live(&mut self, inbox: &Receiver<Message>) -> Result<bool, Failure> {
        let mut sight = Sight::new(self.options.poll, self.own());
        let mut wait = Duration::ZERO;
        let mut next = Instant::now();
        loop {
            match inbox.recv_timeout(wait) {
                Ok(Message::Stop) => return Ok(true),
                Ok(Message::Done(done)) => {
                    self.done(done.0);
                    // A server that cannot be asked is not asked sooner for that.
                    if !sight.is_blind() && self.backlog && self.busy < self.options.workers {
                        next = Instant::now();
                    }
                    wait = next.saturating_duration_since(Instant::now());
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => return Ok(true),
                Err(RecvTimeoutError::Timeout) => {}
            }
            let looked = self.look();
            if looked.is_err() {
                self.overdue();
            }
            wait = sight.after(looked, self.options.once, self.metrics.vitals())?;
            self.metrics.vitals().requests(self.requests());
            if self.options.once && !self.backlog {
                self.drain(inbox, None);
                return Ok(false);
            }
            next = Instant::now().checked_add(wait).unwrap_or(next);
        }
    }

    /// Waits for what is in flight.
    pub(crate) fn drain(&mut self, inbox: &Receiver<Message>, deadline: Option<Instant>) {
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
        u64::try_from(self.shared.connection.requests()).unwrap_or(u64::MAX)
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

    /// A look that survives its own panic: what is known of economies is read again anyway.
    fn look(&mut self) -> Result<(), Failure> {
        let looked = catch_unwind(AssertUnwindSafe(|| self.tick()));
        let looked = looked.unwrap_or_else(|payload| Err(panicked(payload.as_ref())));
        match &looked {
            Err(failure) if failure.code == PANICKED => {
                self.metrics.panicked(Place::Look, true, self.now);
            }
            Err(_) => {}
            Ok(()) => self.metrics.health().recovered(Place::Look),
        }
        looked
    }

    /// Counts how long periods have been over. While the cluster's clock cannot be read, its
    /// seconds are those that this machine has counted since.
    fn overdue(&self) {
        let since = self.metrics.health().last_seen().map(|seen| seen.elapsed());
        let since = i64::try_from(since.unwrap_or_default().as_secs()).unwrap_or(i64::MAX);
        let now = self.now.saturating_add(since);
        for (economy, watch) in &self.watches {
            self.metrics.overdue(economy, watch.overdue(now));
        }
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
        self.metrics.vitals().tick(self.now);
        self.metrics.wallet().holds(balance);
        let whole = self
            .refreshed
            .is_none_or(|at| at.elapsed() >= self.options.refresh);
        let costs = Costs {
            cap: self.options.fees.cap,
            least: self.options.min_balance,
        };
        let owner = Owner::Keeper(self.own());
        self.purse.note(owner, balance, costs, whole);
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
            .filter(|watch| watch.periods.is_some() && watch.next_end > 0)
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

    pub(crate) fn summary(self) -> Summary {
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
