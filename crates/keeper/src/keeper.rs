//! A keeper: from its first connection to its end.

use std::sync::mpsc::{channel, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use homeostat_chain::Connection;
use homeostat_client::Pubkey;
use homeostat_settings::Failure;
use solana_keypair::Keypair;
use solana_signer::Signer;
use tracing::info;

use crate::attempt::{Job, Shared};
use crate::connecting;
use crate::crew::{workers, Work};
use crate::message::{Message, Returned};
use crate::metrics::Metrics;
use crate::options::Options;
use crate::record::Record;
use crate::round::Round;
use crate::summary::Summary;

/// A keeper before it runs.
pub struct Keeper {
    options: Options,
    key: Keypair,
    metrics: Arc<Metrics>,
    before: Arc<dyn Fn(&Pubkey) + Send + Sync>,
    inbox: Receiver<Message>,
    post: Sender<Message>,
}

impl Keeper {
    /// A keeper that pays with `key`.
    pub fn new(options: Options, key: Keypair, metrics: Arc<Metrics>) -> Self {
        let (post, inbox) = channel();
        Self {
            options,
            key,
            metrics,
            before: Arc::new(|_| ()),
            inbox,
            post,
        }
    }

    /// Has `before` called on the worker's thread with each economy that is sent for, before
    /// anything is sent. If it panics, so does the worker, and the economy is tried again later.
    #[must_use]
    pub fn before_each(mut self, before: impl Fn(&Pubkey) + Send + Sync + 'static) -> Self {
        self.before = Arc::new(before);
        self
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
        let (options, metrics) = (&self.options, &self.metrics);
        let patience = (!options.once).then_some(options.poll);
        let found = connecting::connect(patience, &self.inbox, metrics.vitals(), connect)?;
        let Some(connection) = found else {
            return Ok(Summary::default());
        };
        let own = self.key.pubkey();
        info!(
            name: "started",
            keeper = %own,
            cluster = %connection.cluster(),
            economies = self.options.economies.len(),
            all = self.options.all
        );
        let shared = Arc::new(Shared {
            connection,
            key: self.key,
            fees: self.options.fees,
            collect: self.options.collect,
            tables: self.options.tables.clone(),
            record: Record::open(self.options.record.clone()),
            making: Mutex::new(()),
        });
        let (attempts, before) = (Arc::clone(&shared), self.before);
        let work: Work<Job> = Arc::new(move |job: Job| {
            before(&job.live.at.economy);
            attempts.attempt(job)
        });
        let post = self.post.clone();
        let post = move |done| post.send(Message::Done(Box::new(Returned(done)))).is_ok();
        let jobs = workers("keeper", &work, self.options.workers, post)?;
        let grace = self.options.grace;
        let mut round = Round::new(shared, self.options, self.metrics, jobs);
        let stopped = round.live(&self.inbox)?;
        if stopped {
            let deadline = Instant::now().checked_add(grace);
            round.drain(&self.inbox, deadline);
            info!(name: "stopped", in_flight = round.busy());
        }
        Ok(round.summary())
    }
}
