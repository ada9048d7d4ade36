//! A reporter: from its first connection to its end.

use std::sync::mpsc::{channel, Receiver, Sender};
use std::sync::Arc;
use std::time::Instant;

use homeostat_chain::feeds::{no_feed, reporter};
use homeostat_chain::live::no_economy;
use homeostat_chain::Connection;
use homeostat_client::{Economy, EconomyAddresses, Feed, Pubkey};
use homeostat_settings::Failure;
use solana_keypair::Keypair;
use solana_signer::Signer;
use tracing::info;

use super::attempt::{Job, Shared};
use super::file::Plan;
use super::message::{Message, Returned};
use super::metrics::Metrics;
use super::options::Options;
use super::round::Round;
use super::source::Kind;
use super::told::{Summary, Told};
use super::watch::Watch;
use crate::connecting;
use crate::crew::{workers, Work};

/// A reporter before it runs.
pub struct Reporter {
    options: Options,
    plans: Vec<Arc<Plan>>,
    key: Keypair,
    metrics: Arc<Metrics>,
    tell: Box<dyn FnMut(&Told)>,
    inbox: Receiver<Message>,
    post: Sender<Message>,
}

impl Reporter {
    /// A reporter with these plans that signs and pays with `key`. What it tells on stdout goes
    /// to `tell`, one event at a time, unless it runs once.
    pub fn new(
        options: Options,
        plans: Vec<Plan>,
        key: Keypair,
        metrics: Arc<Metrics>,
        tell: impl FnMut(&Told) + 'static,
    ) -> Self {
        let (post, inbox) = channel();
        Self {
            options,
            plans: plans.into_iter().map(Arc::new).collect(),
            key,
            metrics,
            tell: Box::new(tell),
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
    /// `connect` says anything else than that the server does not answer; a feed that is not
    /// there, is named twice, or has another's key as reporter (`not_a_reporter`); with `once`
    /// a server that does not answer.
    pub fn run(
        self,
        connect: impl Fn() -> Result<Connection, Failure>,
    ) -> Result<Summary, Failure> {
        let own = self.key.pubkey();
        let (options, metrics) = (&self.options, &self.metrics);
        let patience = (!options.once).then_some(options.poll);
        let found = connecting::connect(patience, &self.inbox, metrics.vitals(), || {
            let connection = connect()?;
            let watches = found(&connection, &self.plans, &own, options)?;
            Ok((connection, watches))
        })?;
        let Some((connection, watches)) = found else {
            return Ok(Summary::default());
        };
        info!(
            name: "started",
            reporter = %own,
            cluster = %connection.cluster(),
            feeds = watches.len()
        );
        for watch in &watches {
            self.metrics.begin(&watch.of);
        }
        let shared = Arc::new(Shared {
            connection,
            key: self.key,
            fees: self.options.fees,
            secrets: secrets(&self.plans),
        });
        let attempts = Arc::clone(&shared);
        let work: Work<Job> = Arc::new(move |job: Job| attempts.attempt(&job));
        let post = self.post.clone();
        let post = move |done| post.send(Message::Done(Box::new(Returned(done)))).is_ok();
        // One a feed, so that a source that hangs holds up no other feed.
        let jobs = workers("reporter", &work, watches.len(), post)?;
        let grace = self.options.grace;
        let mut round = Round::new(shared, self.options, self.metrics, self.tell, jobs, watches);
        let stopped = round.live(&self.inbox)?;
        if stopped {
            let deadline = Instant::now().checked_add(grace);
            round.drain(&self.inbox, deadline);
            info!(name: "stopped", in_flight = round.busy());
        }
        Ok(round.summary())
    }
}

/// The variables of the environment that hold secrets.
fn secrets(plans: &[Arc<Plan>]) -> Vec<String> {
    let sources = plans.iter().flat_map(|plan| &plan.sources);
    let headers = sources.filter_map(|source| match &source.kind {
        Kind::Http(http) => http.header.as_ref(),
        Kind::Csv(_) | Kind::Command(_) => None,
    });
    headers.map(|header| header.variable.clone()).collect()
}

/// Finds the feeds of the plans, and whether the key reports to each.
fn found(
    connection: &Connection,
    plans: &[Arc<Plan>],
    own: &Pubkey,
    options: &Options,
) -> Result<Vec<Watch>, Failure> {
    let mut watches: Vec<Watch> = Vec::new();
    for plan in plans {
        let economy = plan.which.find(connection)?;
        let (state, at) = economy_of(connection, &economy)?;
        let address = at.feed(plan.index);
        let feed: Feed = connection
            .fetch(&address)?
            .ok_or_else(|| no_feed(plan.index, state.feed_count))?;
        if watches.iter().any(|known| known.address == address) {
            let words = format!("feed {} of {economy} stands in the file twice", plan.index);
            return Err(Failure::new("feed_twice", words)
                .remedy("write its sources below one [[feed]]: their median is reported"));
        }
        let last = reporter(&feed, plan.index, own)?;
        watches.push(Watch::new(plan, economy, address, last, options));
    }
    Ok(watches)
}

fn economy_of(
    connection: &Connection,
    economy: &Pubkey,
) -> Result<(Box<Economy>, EconomyAddresses), Failure> {
    let state: Economy = connection
        .fetch(economy)?
        .ok_or_else(|| no_economy(connection, economy))?;
    let at = EconomyAddresses::new(&state.mint, &state.creator);
    Ok((Box::new(state), at))
}
