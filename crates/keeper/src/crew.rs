//! The threads that send.

use std::sync::mpsc::{channel, Sender};
use std::sync::{Arc, Mutex, PoisonError};

use homeostat_ops::Failure;

use crate::attempt::{Job, Shared};
use crate::keeper::{Message, Returned};

/// Threads that send.
pub(crate) fn workers(
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
