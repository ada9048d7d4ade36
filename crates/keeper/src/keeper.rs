//! A keeper: from its first connection to its end.

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::mpsc::{channel, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use homeostat_chain::Connection;
use homeostat_client::Pubkey;
use homeostat_settings::Failure;
use solana_keypair::Keypair;
use solana_signer::Signer;
use tracing::{info, Level};

use crate::attempt::{Job, Shared};
use crate::backoff::Backoff;
use crate::crew::{panicked, workers, Work, PANICKED};
use crate::log::{fails, millis};
use crate::message::Message;
use crate::metrics::Metrics;
use crate::options::Options;
use crate::record::Record;
use crate::round::{Round, LONGEST_BLIND};
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
        let Some(connection) = self.connect(connect)? else {
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
        let work: Work = Arc::new(move |job: Job| {
            before(&job.live.at.economy);
            attempts.attempt(job)
        });
        let jobs = workers(&work, self.options.workers, &self.post)?;
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

    /// The cluster; `None` when it was told to stop before.
    fn connect(
        &self,
        connect: impl Fn() -> Result<Connection, Failure>,
    ) -> Result<Option<Connection>, Failure> {
        let mut backoff = Backoff::new(self.options.poll, LONGEST_BLIND);
        loop {
            let answer = catch_unwind(AssertUnwindSafe(&connect));
            let failure = match answer.unwrap_or_else(|payload| Err(panicked(payload.as_ref()))) {
                Ok(connection) => return Ok(Some(connection)),
                Err(failure) => failure,
            };
            let may_pass = failure.code.starts_with("rpc_") || failure.code == PANICKED;
            if self.options.once || !may_pass {
                return Err(failure);
            }
            self.metrics.failure(&failure);
            let wait = backoff.fail(0);
            fails!(
                Level::ERROR,
                "no_cluster",
                &failure,
                retry_ms = millis(wait)
            );
            match self.inbox.recv_timeout(wait) {
                Err(RecvTimeoutError::Timeout) => {}
                _ => return Ok(None),
            }
        }
    }
}
