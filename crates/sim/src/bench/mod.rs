//! The benchmark: every scenario, every policy, many seeds; rows, and what follows from them.
//!
//! A [`Plan`] says which runs there are and in which order, [`run`] lives them with any number
//! of threads, and each is one [`Row`] of a [`RowsFile`], which a run that was killed goes on
//! with. [`tables`] makes means and paired comparisons of the rows, [`verify`] lives some of
//! them again, [`bands`] is the staked share over time for charts.
//!
//! Rows come in the order of the plan whatever the number of threads, and a row is text that
//! gives its numbers back exactly, so files of two machines can be compared byte by byte and
//! [`result_hash`] names a whole result.

mod bands;
mod claims;
mod file;
mod plan;
mod pool;
mod row;
mod tables;
mod verify;

pub use bands::{bands, Band};
pub use claims::{claims, Claim, Judged, Verdict};
pub use file::{Header, RowsFile};
pub use plan::{Plan, Tier, FIRST_SEED};
pub use pool::ordered;
pub use row::{result_hash, Row};
pub use tables::{tables, AgainstTable, Cell, Figure, Pairing, PolicyTable, ScenarioTable, Tables};
pub use verify::{verify, Difference, Verification};

use std::time::{Duration, Instant};

use homeostat_settings::Failure;

/// How far a benchmark is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// The rows there are.
    pub done: usize,
    /// The rows there will be.
    pub total: usize,
    /// The people times epochs that were lived since this process began.
    pub agent_steps: u64,
    /// How long that took.
    pub elapsed: Duration,
    /// How long the rest will take at that rate; `None` before the first row.
    pub left: Option<Duration>,
}

impl Progress {
    /// The agent-steps a second; 0 before the first row.
    pub fn speed(&self) -> f64 {
        if self.agent_steps == 0 {
            return 0.0;
        }
        self.agent_steps as f64 / self.elapsed.as_secs_f64()
    }
}

/// Lives the runs of `plan` from the one of index `from` on, on `threads` threads, and hands
/// each row over in the order of the plan. `from` rows are there already.
///
/// # Errors
///
/// Those of `take`, after which no further run begins.
pub fn run(
    plan: &Plan,
    from: usize,
    threads: usize,
    mut take: impl FnMut(Row, Progress) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let started = Instant::now();
    let total = plan.len();
    let mut agent_steps = 0;
    ordered(
        from..total,
        threads,
        |index| plan.live(plan.case(index)),
        |index, (row, epochs)| {
            agent_steps += (plan.setting.people * epochs) as u64;
            let elapsed = started.elapsed();
            let lived = (index + 1 - from) as f64;
            let left = elapsed.as_secs_f64() / lived * (total - index - 1) as f64;
            let progress = Progress {
                done: index + 1,
                total,
                agent_steps,
                elapsed,
                left: Some(Duration::from_secs_f64(left)),
            };
            take(row, progress)
        },
    )
}
