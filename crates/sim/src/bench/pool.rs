//! Work on several threads, with results in order.

use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
};

/// Does `work` for each index on `threads` threads (at least one) and hands the results to
/// `take`, on the calling thread, in the order of the indices. Nothing that `take` sees depends
/// on the number of threads.
///
/// # Errors
///
/// The first one of `take`; no further work begins after it.
pub fn ordered<T: Send, E>(
    indices: Range<usize>,
    threads: usize,
    work: impl Fn(usize) -> T + Sync,
    mut take: impl FnMut(usize, T) -> Result<(), E>,
) -> Result<(), E> {
    let next = AtomicUsize::new(indices.start);
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, indices.len().max(1)) {
            let sender = sender.clone();
            let (next, work) = (&next, &work);
            scope.spawn(move || loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                // Nobody receives any more once `take` has failed.
                if index >= indices.end || sender.send((index, work(index))).is_err() {
                    return;
                }
            });
        }
        drop(sender);
        let mut waiting = BTreeMap::new();
        let mut due = indices.start;
        // The receiver goes out of scope here on every way out, before the threads are waited for.
        for (index, result) in receiver {
            waiting.insert(index, result);
            while let Some(result) = waiting.remove(&due) {
                take(due, result)?;
                due += 1;
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_with_any_number_of_threads() {
        for threads in [0, 1, 2, 7, 100] {
            // Given work of which the first piece takes longest,
            let mut taken = Vec::new();
            let work = |index: usize| {
                let rounds = 100_000 / (index as u64 + 1);
                (0..rounds).fold(index as u64, |sum, n| sum.wrapping_mul(31).wrapping_add(n))
            };
            // when many threads do it,
            let done = ordered(3..40, threads, work, |index, result| {
                taken.push((index, result));
                Ok::<(), ()>(())
            });
            // then the results are those of one, in the same order.
            assert_eq!(done, Ok(()));
            let expected: Vec<(usize, u64)> = (3..40).map(|index| (index, work(index))).collect();
            assert_eq!(taken, expected, "{threads} threads");
        }
        let nothing = ordered(5..5, 4, |_| (), |_, ()| Err("taken"));
        assert_eq!(nothing, Ok(()));
    }

    #[test]
    fn nothing_further_begins_after_an_error() {
        let begun = AtomicUsize::new(0);
        let result = ordered(
            0..1_000_000,
            2,
            |index| {
                begun.fetch_add(1, Ordering::Relaxed);
                std::thread::yield_now();
                index
            },
            |index, _| if index == 5 { Err(index) } else { Ok(()) },
        );
        assert_eq!(result, Err(5));
        assert!(begun.load(Ordering::Relaxed) < 1_000_000);
    }
}
