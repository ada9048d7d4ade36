//! The threads that send. One that panics goes on with the next economy, and says so.

use std::any::Any;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::mpsc::{channel, Sender};
use std::sync::{Arc, Mutex, PoisonError};

use homeostat_settings::Failure;

use crate::attempt::{Done, Job};
use crate::log::words;
use crate::message::{Message, Returned};

/// The code of the failure of what panicked.
pub(crate) const PANICKED: &str = "panicked";

/// What a worker does with a job.
pub(crate) type Work = Arc<dyn Fn(Job) -> Done + Send + Sync>;

/// Threads that send. They end with the sender that is returned.
pub(crate) fn workers(
    work: &Work,
    count: usize,
    post: &Sender<Message>,
) -> Result<Sender<Job>, Failure> {
    let (jobs, queue) = channel::<Job>();
    let queue = Arc::new(Mutex::new(queue));
    for number in 0..count.max(1) {
        let (work, queue, post) = (Arc::clone(work), Arc::clone(&queue), post.clone());
        std::thread::Builder::new()
            .name(format!("keeper-worker-{number}"))
            .spawn(move || loop {
                // The guard is gone before the work begins.
                let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok(job) = job else { return };
                let done = Box::new(Returned(safely(&work, job)));
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

/// Does a job, and tells of a panic as of any other failure: without that the economy would
/// stay with the worker for ever, and the worker would be gone.
fn safely(work: &Work, job: Job) -> Done {
    let mut done = Done::nothing(&job);
    // The worker keeps nothing from one job to the next, so none is left half done.
    catch_unwind(AssertUnwindSafe(|| work(job))).unwrap_or_else(|payload| {
        done.result = Err(panicked(payload.as_ref()));
        // It may be what the panic was about; it is found again.
        done.table = None;
        done
    })
}

/// What a panic is to the keeper.
pub(crate) fn panicked(payload: &(dyn Any + Send)) -> Failure {
    Failure::new(PANICKED, words(payload))
        .remedy("it is tried again; please report this with the line that says where it was")
}
