//! One attempt to report to one feed, on a worker's thread.

use std::sync::Arc;

use homeostat::state::Reporter;
use homeostat_chain::send::BASE_FEE;
use homeostat_chain::{Connection, Fees, Receipt, Sender};
use homeostat_client::instruction::{report_feed, Report};
use homeostat_client::Pubkey;
use homeostat_control::Fx;
use homeostat_settings::Failure;
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::file::Plan;
use super::judge::{judge, median, near, Judged};
use super::source::Said;
use crate::crew::{panicked, Task};
use crate::log::Told;

/// What a worker is given: a feed that is due, as it was read.
pub(super) struct Job {
    /// Which of the reporter's feeds.
    pub(super) feed: usize,
    pub(super) plan: Arc<Plan>,
    pub(super) address: Pubkey,
    /// The reporter's last report.
    pub(super) last: Reporter,
    /// The oldest report that the feed takes (seconds).
    pub(super) max_age: u32,
    /// The cluster's clock (unix seconds).
    pub(super) now: i64,
    /// A value that a person says is right.
    pub(super) accepted: Option<Fx>,
}

/// What became of a feed whose sources could be believed.
pub(super) enum Outcome {
    /// It was reported.
    Reported {
        judged: Judged,
        sequence: u64,
        receipt: Receipt,
    },
    /// No source has anything newer than the last report.
    Unchanged,
}

/// What a worker gives back.
pub(super) struct Done {
    pub(super) feed: usize,
    pub(super) result: Result<Outcome, Failure>,
    /// Sources that could not be believed, by their numbers.
    pub(super) distrusted: Vec<(usize, Failure)>,
    /// Fees of transactions that landed (lamports).
    pub(super) fees: u64,
}

impl Task for Job {
    type Done = Done;

    fn untouched(&self) -> Done {
        Done {
            feed: self.feed,
            result: Ok(Outcome::Unchanged),
            distrusted: Vec::new(),
            fees: 0,
        }
    }

    fn failed(mut untouched: Done, failure: Failure) -> Done {
        untouched.result = Err(failure);
        untouched
    }
}

/// What all workers share.
pub(super) struct Shared {
    pub(super) connection: Connection,
    pub(super) key: Keypair,
    pub(super) fees: Fees,
    /// Variables of the environment that no command is given.
    pub(super) secrets: Vec<String>,
}

impl Shared {
    /// Reads the sources of a feed and reports what they say, if it can be believed.
    pub(super) fn attempt(&self, job: &Job) -> Done {
        let mut done = job.untouched();
        done.result = self.report(job, &mut done);
        done
    }

    fn report(&self, job: &Job, done: &mut Done) -> Result<Outcome, Failure> {
        let plan = &job.plan;
        let mut judged = Vec::new();
        for (source, said) in plan.sources.iter().zip(self.said(plan)) {
            let one = said.and_then(|said| judge(plan, source, &said, job.now, job.max_age));
            match one {
                Ok(one) => judged.push(one),
                Err(failure) => done.distrusted.push((source.number, failure)),
            }
        }
        let believed = judged.len();
        let last = (job.last.sequence > 0).then_some(&job.last);
        // The program takes no observation from before the last one, and one of the same time
        // makes the report no fresher.
        judged.retain(|one| last.is_none_or(|last| one.at > last.observed_at));
        if believed >= plan.quorum && judged.len() < plan.quorum {
            return Ok(Outcome::Unchanged);
        }
        let judged = median(plan, judged).map_err(|failure| {
            // The only source is what there is to tell.
            match done.distrusted.as_slice() {
                [(_, only)] if plan.sources.len() == 1 => only.clone(),
                _ => failure,
            }
        })?;
        near(
            plan,
            judged.value,
            last.map(|last| last.value.get()),
            job.accepted,
        )?;
        self.send(job, judged, done)
    }

    /// What each source says. They are asked at the same time, so that one that hangs takes
    /// nothing of the others' time.
    fn said(&self, plan: &Plan) -> Vec<Result<Said, Failure>> {
        std::thread::scope(|scope| {
            let asked: Vec<_> = plan
                .sources
                .iter()
                .map(|source| scope.spawn(|| source.read(&self.secrets)))
                .collect();
            asked
                .into_iter()
                .map(|answer| {
                    let answer = answer.join();
                    answer.unwrap_or_else(|payload| Err(panicked(payload.as_ref())))
                })
                .collect()
        })
    }

    /// Sends a report under the number after the last one that the chain has: of several with
    /// that number, from whatever process, the program takes one.
    fn send(&self, job: &Job, judged: Judged, done: &mut Done) -> Result<Outcome, Failure> {
        let own = self.key.pubkey();
        let sequence = job.last.sequence.saturating_add(1);
        let report = Report {
            sequence,
            value_q48: judged.value.to_bits(),
            observed_at: judged.at,
        };
        let sender = Sender {
            talk: &Told,
            ..Sender::new(&self.connection, self.fees)
        };
        let prepared = sender.prepare(&own, &[report_feed(&job.address, &own, &report)])?;
        let sent = sender.send_prepared(&prepared, &self.key, &[]);
        let priority = match &sent {
            Ok(receipt) => Some(receipt.priority),
            // It was tried out before, so it landed, failed, and has cost its fee.
            Err(failure) if failure.code == "refused" => Some(prepared.priority),
            Err(_) => None,
        };
        if let Some(priority) = priority {
            done.fees = BASE_FEE.saturating_add(priority);
        }
        Ok(Outcome::Reported {
            judged,
            sequence,
            receipt: sent?,
        })
    }
}
