//! A running reporter: the thread that reads the clock and the feeds, and decides.

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::Arc;
use std::time::{Duration, Instant};

use homeostat::state::Reporter as Last;
use homeostat_chain::connection::decode;
use homeostat_chain::feeds::{no_feed, reporter};
use homeostat_chain::live::no_economy;
use homeostat_client::{Economy, Feed, Life, Pubkey};
use homeostat_settings::decimal::Decimal;
use homeostat_settings::Failure;
use solana_clock::Clock;
use solana_signer::Signer;
use tracing::{debug, error, info, Level};

use super::attempt::{Done, Job, Outcome, Shared};
use super::due;
use super::message::Message;
use super::metrics::{Ending, Metrics, State};
use super::options::Options;
use super::told::{Distrusted, Summary, Told};
use super::watch::Watch;
use crate::backoff::lot;
use crate::crew::{panicked, PANICKED};
use crate::health::Place;
use crate::log::{fails, millis};
use crate::purse::{Costs, Owner, Purse};
use crate::sight::Sight;

/// Looks for which a server may be behind this reporter's own report.
const SETTLE: u32 = 20;
/// Looks after which an empty wallet is told again.
const AGAIN: u64 = 20;
/// As good as for ever.
const LONG: Duration = Duration::from_secs(86_400);

/// The reporter while it runs.
pub(super) struct Round {
    shared: Arc<Shared>,
    options: Options,
    metrics: Arc<Metrics>,
    tell: Box<dyn FnMut(&Told)>,
    jobs: Sender<Job>,
    watches: Vec<Watch>,
    purse: Purse,
    looks: u64,
    /// The cluster's clock (unix seconds).
    now: i64,
    busy: usize,
}

impl Round {
    /// Nothing is read yet.
    pub(super) fn new(
        shared: Arc<Shared>,
        options: Options,
        metrics: Arc<Metrics>,
        tell: Box<dyn FnMut(&Told)>,
        jobs: Sender<Job>,
        watches: Vec<Watch>,
    ) -> Self {
        Self {
            shared,
            options,
            metrics,
            tell,
            jobs,
            watches,
            purse: Purse::Fine,
            looks: 0,
            now: 0,
            busy: 0,
        }
    }

    /// Feeds that workers have.
    pub(super) fn busy(&self) -> usize {
        self.busy
    }

    fn own(&self) -> Pubkey {
        self.shared.key.pubkey()
    }

    /// Until it is told to stop (true), or once (false).
    pub(super) fn live(&mut self, inbox: &Receiver<Message>) -> Result<bool, Failure> {
        let mut sight = Sight::new(self.options.poll, self.own());
        let mut next = Instant::now();
        loop {
            let wait = next.saturating_duration_since(Instant::now());
            match inbox.recv_timeout(wait) {
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return Ok(true),
                Ok(Message::Done(done)) => {
                    self.done(done.0);
                    continue;
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            let looked = self.look();
            let wait = sight.after(looked, self.options.once, self.metrics.vitals())?;
            self.count_requests();
            if self.options.once {
                self.drain(inbox, None);
                return Ok(false);
            }
            next = Instant::now().checked_add(wait).unwrap_or(next);
        }
    }

    /// Waits for what is in flight.
    pub(super) fn drain(&mut self, inbox: &Receiver<Message>, deadline: Option<Instant>) {
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

    fn count_requests(&self) {
        let requests = u64::try_from(self.shared.connection.requests()).unwrap_or(u64::MAX);
        self.metrics.vitals().requests(requests);
    }

    /// A look that survives its own panic: what is known of feeds is read again anyway.
    fn look(&mut self) -> Result<(), Failure> {
        let looked = catch_unwind(AssertUnwindSafe(|| self.tick()));
        let looked = looked.unwrap_or_else(|payload| Err(panicked(payload.as_ref())));
        let health = self.metrics.vitals().health();
        match &looked {
            Err(failure) if failure.code == PANICKED => {
                self.metrics.panicked(None);
                health.panicked(Place::Look, true, self.now);
            }
            Err(_) => {}
            Ok(()) => health.recovered(Place::Look),
        }
        looked
    }

    /// Reads the clock, the wallet, the economies and the feeds with one request (a hundred
    /// accounts each), and has what is due reported.
    fn tick(&mut self) -> Result<(), Failure> {
        let mut wanted = vec![solana_sdk_ids::sysvar::clock::ID, self.own()];
        for watch in &self.watches {
            wanted.extend([watch.economy, watch.address]);
        }
        let shared = Arc::clone(&self.shared);
        let connection = &shared.connection;
        let accounts = connection.accounts(&wanted)?;
        let [Some(clock), wallet, feeds @ ..] = accounts.as_slice() else {
            return Err(connection.nonsense("there is no clock"));
        };
        let clock: Clock = bincode::deserialize(&clock.data)
            .map_err(|_| connection.nonsense("the clock is unreadable"))?;
        self.now = clock.unix_timestamp;
        let balance = wallet.as_ref().map_or(0, |wallet| wallet.lamports);
        self.metrics.vitals().tick(self.now);
        self.metrics.wallet().holds(balance);
        let costs = Costs {
            cap: self.options.fees.cap,
            least: self.options.min_balance,
        };
        let owner = Owner::Reporter(self.own());
        let again = self.looks.is_multiple_of(AGAIN);
        self.purse.note(owner, balance, costs, again);
        self.looks = self.looks.saturating_add(1);
        for (index, pair) in feeds.chunks(2).enumerate() {
            let Some(watch) = self.watches.get(index) else {
                break;
            };
            let read = || -> Result<(Economy, Feed, Last), Failure> {
                let [economy, feed] = pair else {
                    return Err(connection.nonsense("half of what was asked for"));
                };
                let economy = economy
                    .as_ref()
                    .ok_or_else(|| no_economy(connection, &watch.economy))?;
                let economy: Economy = decode(&watch.economy, economy)?;
                let feed = feed.as_ref();
                let feed = feed.ok_or_else(|| no_feed(watch.plan.index, economy.feed_count))?;
                let feed: Feed = decode(&watch.address, feed)?;
                let last = reporter(&feed, watch.plan.index, &shared.key.pubkey())?;
                Ok((economy, feed, last))
            };
            match read() {
                Ok((economy, feed, last)) => self.consider(index, &economy, &feed, last),
                Err(failure) if watch.is_free() => self.broken(index, failure, &[]),
                Err(_) => {}
            }
        }
        Ok(())
    }

    /// Compares a feed with what was known of it, and has it reported to if that is due.
    fn consider(&mut self, index: usize, economy: &Economy, feed: &Feed, last: Last) {
        let (now, once, settle) = (
            self.now,
            self.options.once,
            self.options.poll.saturating_mul(SETTLE),
        );
        let Some(watch) = self.watches.get_mut(index) else {
            return;
        };
        if let Some((sequence, at)) = watch.sent {
            if last.sequence >= sequence {
                watch.sent = None;
            } else if at.elapsed() < settle {
                // A server that is behind.
                return;
            } else {
                // Confirmed, and yet not there: the server lied, or a fork was dropped.
                watch.sent = None;
                watch.next = i64::MIN;
                let (economy, feed) = (watch.economy, watch.plan.index);
                error!(name: "vanished", %economy, feed, sequence);
            }
        }
        if last.sequence > watch.last.sequence {
            // Reported, by this process or another one: what failed before is over.
            watch.backoff.reset();
            watch.not_before = None;
            self.metrics.backoff(&watch.of, Duration::ZERO);
        }
        watch.last = last;
        watch.show(&self.metrics, feed, now);
        if watch.busy {
            return;
        }
        if economy.life == Life::Retired as u8 {
            watch.tell_state(State::Retired, &self.metrics);
            watch.came_to = Some(watch.told(&self.shared.key.pubkey(), State::Retired.name()));
            return;
        }
        let every = watch.every(feed);
        let accepted = self.options.accepted.iter().find(|jump| {
            let economy = jump.economy.is_none_or(|economy| economy == watch.economy);
            economy && jump.index == watch.plan.index
        });
        let accepted = accepted.map(|jump| jump.value);
        let due = now >= due::after(&watch.last, every).max(watch.next);
        if !(due || accepted.is_some()) || !watch.is_free() {
            if watch.backoff.failures() == 0 {
                watch.tell_state(State::Waiting, &self.metrics);
            }
            if once {
                watch.came_to = Some(watch.told(&self.shared.key.pubkey(), State::Waiting.name()));
            }
            return;
        }
        if self.purse == Purse::Empty {
            let failure = Failure::new("too_little", "the reporter's wallet cannot pay a report")
                .remedy("send SOL to the reporter's address");
            self.broken(index, failure, &[]);
            return;
        }
        let job = Job {
            feed: index,
            plan: Arc::clone(&watch.plan),
            address: watch.address,
            last: watch.last,
            max_age: feed.max_age,
            now,
            accepted,
        };
        // The workers live as long as this end of the channel.
        if self.jobs.send(job).is_ok() {
            watch.busy = true;
            self.busy = self.busy.saturating_add(1);
        }
    }

    /// A worker has come back.
    fn done(&mut self, done: Done) {
        self.busy = self.busy.saturating_sub(1);
        self.metrics.wallet().paid(done.fees);
        self.count_requests();
        let (own, now) = (self.own(), self.now);
        let index = done.feed;
        let Some(watch) = self.watches.get_mut(index) else {
            return;
        };
        watch.busy = false;
        let (economy, feed) = (watch.economy, watch.plan.index);
        let health = self.metrics.vitals().health();
        let place = Place::Worker(watch.address);
        match &done.result {
            Err(failure) if failure.code == PANICKED => {
                self.metrics.panicked(Some(&watch.of));
                health.panicked(place, true, now);
            }
            _ => health.recovered(place),
        }
        for (source, failure) in &done.distrusted {
            self.metrics.distrusted(&watch.of, *source, failure.code);
            fails!(Level::WARN, "source_failed", failure, economy = %economy, feed);
        }
        let outcome = match done.result {
            Ok(outcome) => outcome,
            Err(failure) if failure.custom.is_some_and(is_overtaken) => {
                // Somebody with this key was faster: the next look tells what it reported.
                self.metrics.ended(&watch.of, Ending::Overtaken, 1);
                debug!(name: "overtaken", %economy, feed, message = failure.message.as_str());
                let told = watch.told(&own, Ending::Overtaken.name());
                self.tell(index, told);
                return;
            }
            Err(failure) => {
                self.broken(index, failure, &done.distrusted);
                return;
            }
        };
        watch.backoff.reset();
        watch.not_before = None;
        self.metrics.backoff(&watch.of, Duration::ZERO);
        watch.tell_state(State::Waiting, &self.metrics);
        // A source that lags behind is not asked at every look for what it does not have.
        watch.next = now.saturating_add(watch.pause);
        match outcome {
            Outcome::Unchanged => {
                debug!(name: "unchanged", %economy, feed, observed_at = watch.last.observed_at);
                let mut told = watch.told(&own, "unchanged");
                told.sources = distrusted(&done.distrusted);
                watch.came_to = Some(told);
            }
            Outcome::Reported {
                judged,
                sequence,
                receipt,
            } => {
                watch.sent = Some((sequence, Instant::now()));
                self.metrics.ended(&watch.of, Ending::Reported, 1);
                let value = Decimal::shortest(judged.value).to_string();
                info!(
                    name: "reported",
                    %economy,
                    feed,
                    value = value.as_str(),
                    observed_at = judged.at,
                    sequence,
                    signature = %receipt.signature,
                    slot = receipt.slot,
                    fee_lamports = done.fees
                );
                let told = Told {
                    value: Some(value),
                    observed_at: Some(judged.at),
                    sequence: Some(sequence),
                    signature: Some(receipt.signature.to_string()),
                    sources: distrusted(&done.distrusted),
                    ..watch.told(&own, Ending::Reported.name())
                };
                self.tell(index, told);
            }
        }
    }

    /// A feed that could not be read, or not be reported to.
    fn broken(&mut self, index: usize, failure: Failure, sources: &[(usize, Failure)]) {
        self.metrics.vitals().failure(&failure);
        let own = self.own();
        let Some(watch) = self.watches.get_mut(index) else {
            return;
        };
        let (level, ending) = if failure.code == "outcome_unknown" {
            (Level::WARN, Ending::Unknown)
        } else {
            (Level::ERROR, Ending::Failed)
        };
        let wait = watch
            .backoff
            .fail(lot(&own, &watch.address, watch.last.sequence));
        watch.not_before = Instant::now().checked_add(wait);
        self.metrics.backoff(&watch.of, wait);
        watch.state = match failure.code {
            "jump" => State::Jump,
            _ => State::Failing,
        };
        self.metrics.state(&watch.of, watch.state);
        self.metrics.ended(&watch.of, ending, 1);
        let (economy, feed) = (watch.economy, watch.plan.index);
        fails!(level, "failed", &failure, economy = %economy, feed, retry_ms = millis(wait));
        let told = Told {
            code: Some(failure.code.to_owned()),
            message: Some(failure.message),
            remedy: (!failure.remedy.is_empty()).then_some(failure.remedy),
            sources: distrusted(sources),
            ..watch.told(&own, ending.name())
        };
        self.tell(index, told);
    }

    /// Tells an event, or keeps it for the answer of a single pass.
    fn tell(&mut self, index: usize, told: Told) {
        if !self.options.once {
            (self.tell)(&told);
        }
        if let Some(watch) = self.watches.get_mut(index) {
            watch.came_to = Some(told);
        }
    }

    pub(super) fn summary(self) -> Summary {
        Summary {
            reporter: self.own().to_string(),
            feeds: self
                .watches
                .into_iter()
                .filter_map(|watch| watch.came_to)
                .collect(),
        }
    }
}

fn distrusted(sources: &[(usize, Failure)]) -> Vec<Distrusted> {
    sources
        .iter()
        .map(|(source, failure)| Distrusted {
            source: *source,
            code: failure.code.to_owned(),
            message: failure.message.clone(),
            remedy: failure.remedy.clone(),
        })
        .collect()
}

/// A refusal that means that the same number was reported already.
fn is_overtaken(code: u32) -> bool {
    code == u32::from(homeostat::error::HomeostatError::OldSequence)
}
