//! The threads that work. One that panics goes on with the next job, and says so.

use std::any::Any;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::mpsc::{channel, Sender};
use std::sync::{Arc, Mutex, PoisonError};

use homeostat_settings::Failure;

use crate::log::words;

/// The code of the failure of what panicked.
pub(crate) const PANICKED: &str = "panicked";

/// What a worker is given.
pub(crate) trait Task: Send + 'static {
    /// What the worker gives back.
    type Done: Send + 'static;

    /// What it comes to when nobody has begun it.
    fn untouched(&self) -> Self::Done;

    /// What the same comes to when the work panics with this failure.
    fn failed(untouched: Self::Done, failure: Failure) -> Self::Done;
}

/// What a worker does with a task.
pub(crate) type Work<T> = Arc<dyn Fn(T) -> <T as Task>::Done + Send + Sync>;

/// Threads that work on tasks and `post` what becomes of each. They end with the sender that is
/// returned, or when `post` says that nobody reads any more.
///
/// # Errors
///
/// The system starts no more threads.
pub(crate) fn workers<T: Task>(
    name: &str,
    work: &Work<T>,
    count: usize,
    post: impl Fn(T::Done) -> bool + Clone + Send + 'static,
) -> Result<Sender<T>, Failure> {
    let (tasks, queue) = channel::<T>();
    let queue = Arc::new(Mutex::new(queue));
    for number in 0..count.max(1) {
        let (work, queue, post) = (Arc::clone(work), Arc::clone(&queue), post.clone());
        std::thread::Builder::new()
            .name(format!("{name}-worker-{number}"))
            .spawn(move || loop {
                // The guard is gone before the work begins.
                let task = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok(task) = task else { return };
                if !post(safely(&work, task)) {
                    return;
                }
            })
            .map_err(|error| {
                Failure::new("no_thread", format!("a thread cannot be started: {error}"))
                    .remedy("raise the limit of processes, or have fewer workers")
            })?;
    }
    Ok(tasks)
}

/// Does a task, and tells of a panic as of any other failure: without that what the task is about
/// would stay with the worker for ever, and the worker would be gone.
fn safely<T: Task>(work: &Work<T>, task: T) -> T::Done {
    let untouched = task.untouched();
    // The worker keeps nothing from one task to the next, so none is left half done.
    catch_unwind(AssertUnwindSafe(|| work(task)))
        .unwrap_or_else(|payload| T::failed(untouched, panicked(payload.as_ref())))
}

/// What a panic is to a daemon.
pub(crate) fn panicked(payload: &(dyn Any + Send)) -> Failure {
    Failure::new(PANICKED, words(payload))
        .remedy("it is tried again; please report this with the line that says where it was")
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Number(u32);

    impl Task for Number {
        type Done = Result<u32, Failure>;

        fn untouched(&self) -> Self::Done {
            Ok(0)
        }

        fn failed(_: Self::Done, failure: Failure) -> Self::Done {
            Err(failure)
        }
    }

    #[test]
    fn a_worker_that_panics_says_so_and_goes_on() {
        // given one worker, which panics over odd numbers
        let work: Work<Number> = Arc::new(|number: Number| {
            assert!(number.0.is_multiple_of(2), "odd");
            Ok(number.0)
        });
        let (post, inbox) = channel();
        let tasks = workers("test", &work, 1, move |done| post.send(done).is_ok()).unwrap();
        for number in [1, 2, 3, 4] {
            tasks.send(Number(number)).unwrap();
        }
        // then each is answered for, in order
        let answers: Vec<_> = inbox.iter().take(4).collect();
        let odd = |answer: &Result<u32, Failure>| {
            let failure = answer.as_ref().unwrap_err();
            (failure.code, failure.message.clone()) == (PANICKED, "odd".to_owned())
        };
        assert!(odd(&answers[0]) && odd(&answers[2]), "{answers:?}");
        assert_eq!((&answers[1], &answers[3]), (&Ok(2), &Ok(4)));
        // and it ends when nobody reads any more
        drop(inbox);
        tasks.send(Number(2)).unwrap();
    }
}
