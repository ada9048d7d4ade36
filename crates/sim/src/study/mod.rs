//! Studies: questions about the economy that the benchmark's tables do not answer.
//!
//! | study | question |
//! |---|---|
//! | [`limits`] | does a loop rest at a limit although its target can be reached? |
//! | [`settle`] | do the loops settle after a step of demand, also with half and twice the gains? |
//! | [`guard`] | how often does the guard latch for nothing, and how late for an attack? |
//! | [`walk_forward`] | do gains that were tuned on one part of a price series do better on the next? |
//! | [`robustness`] | in which part of the space of behaviours does steering help? |
//! | [`participation`] | does a policy change who votes, by changing who holds stake? |
//!
//! Each has a `Plan` with what it is made of, a function `run`, and a `Report` that is serialised
//! or printed as Markdown. A report is the same on any number of threads, and every mean in it
//! carries its Monte-Carlo standard error. Test seeds start at [`FIRST_SEED`].

mod economies;
pub mod guard;
pub mod limits;
pub mod participation;
pub mod robustness;
pub mod settle;
pub mod walk_forward;
mod watch;

pub use crate::bench::FIRST_SEED;
pub use economies::{forecast, Cell, Grid, Stakers};

use homeostat_settings::Failure;
use serde::Serialize;

use crate::{
    bench::ordered,
    chain::{Design, Error},
    run::Setting,
    scenario::Calendar,
    stats::Summary,
};
use economies::SUPPLY;

/// Is told after each piece of work how many are done, and of how many.
pub type Progress<'a> = &'a mut dyn FnMut(usize, usize);

/// A mean over lives.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Mean {
    /// The number of lives.
    pub n: usize,
    /// The mean.
    pub mean: f64,
    /// Its Monte-Carlo standard error; none of a single life.
    pub standard_error: Option<f64>,
}

impl Mean {
    /// The mean of the values; none where there are none.
    pub fn of(values: &[f64]) -> Option<Self> {
        match (Summary::of(values), values) {
            (Ok(summary), _) => Some(Self {
                n: summary.n,
                mean: summary.mean,
                standard_error: Some(summary.standard_error),
            }),
            (Err(_), [only]) if only.is_finite() => Some(Self {
                n: 1,
                mean: *only,
                standard_error: None,
            }),
            _ => None,
        }
    }

    /// The share of those that are true.
    pub fn share(of: impl Iterator<Item = bool>) -> Option<Self> {
        let values: Vec<f64> = of.map(|is| f64::from(u8::from(is))).collect();
        Self::of(&values)
    }

    /// In Markdown, times `factor`, with `digits` after the point.
    pub fn text(&self, factor: f64, digits: usize) -> String {
        let mean = factor * self.mean;
        match self.standard_error {
            Some(error) => format!("{mean:.digits$} ± {:.digits$}", factor * error),
            None => format!("{mean:.digits$}"),
        }
    }
}

/// The same of what may be missing: a dash.
fn text(mean: Option<Mean>, factor: f64, digits: usize) -> String {
    mean.map_or_else(|| "–".to_owned(), |mean| mean.text(factor, digits))
}

/// A page of Markdown.
fn page(write: impl FnOnce(&mut String) -> core::fmt::Result) -> String {
    let mut page = String::new();
    // Writing to a String cannot fail.
    let _ = write(&mut page);
    page
}

/// 300 people, 540 days, periods of a day, and the program's defaults.
fn usual_setting() -> Setting {
    Setting {
        people: 300,
        calendar: Calendar {
            epochs: 540,
            epoch_days: 1.0,
            period_days: 1.0,
        },
        design: Design::with_defaults(86_400, SUPPLY),
        constants: [0; 4],
    }
}

/// The results of some work for each index below `count`, in order.
fn together<T: Send>(
    count: usize,
    threads: usize,
    seen: Progress,
    work: impl Fn(usize) -> T + Sync,
) -> Vec<T> {
    let mut results = Vec::with_capacity(count);
    let take = |index, result| {
        results.push(result);
        seen(index + 1, count);
        Ok::<(), core::convert::Infallible>(())
    };
    match ordered(0..count, threads, work, take) {
        Ok(()) => results,
        Err(never) => match never {},
    }
}

/// Refuses a plan: which field it is, and what it allows.
fn require(holds: bool, field: &str, allowed: &str) -> Result<(), Failure> {
    if holds {
        return Ok(());
    }
    Err(
        Failure::new("bad_plan", format!("the plan's {field} is out of range"))
            .remedy(format!("give {allowed}")),
    )
}

/// What a study says where the program refuses a design.
fn refused(error: &Error) -> Failure {
    Failure::new(
        "refused_design",
        format!("the program refuses a design: {error}"),
    )
    .remedy("change the plan's design or period")
}

/// A period in words.
fn period_text(seconds: u32) -> String {
    match seconds {
        s if s % 86_400 == 0 => format!("{} d", s / 86_400),
        s if s % 3_600 == 0 => format!("{} h", s / 3_600),
        s => format!("{s} s"),
    }
}

/// The middle value, the lower one of two; none of no values.
fn middle(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    values.get(last / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_has_its_error_and_a_single_life_has_none() {
        // The standard deviation of 1, 2, 3 is 1, so the error of their mean is 1 / sqrt 3.
        let mean = Mean::of(&[1.0, 2.0, 3.0]).unwrap();
        assert_eq!(mean.mean, 2.0);
        assert_eq!(mean.text(1.0, 2), "2.00 ± 0.58");
        assert_eq!(Mean::of(&[0.5]).unwrap().text(100.0, 0), "50");
        assert_eq!(Mean::of(&[]), None);
        assert_eq!(Mean::of(&[f64::NAN]), None);
        let share = Mean::share([true, false, false, true].into_iter()).unwrap();
        assert_eq!((share.n, share.mean), (4, 0.5));
        assert_eq!(text(None, 1.0, 1), "–");
    }

    #[test]
    fn results_keep_their_order_and_progress_is_told() {
        let mut told = Vec::new();
        let results = together(5, 3, &mut |done, of| told.push((done, of)), |index| {
            2 * index
        });
        assert_eq!(results, [0, 2, 4, 6, 8]);
        assert_eq!(told, [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]);
        assert_eq!(middle(vec![3.0, 1.0, 2.0, 9.0]), Some(2.0));
        assert_eq!(middle(Vec::new()), None);
        assert_eq!(period_text(21_600), "6 h");
        assert_eq!(period_text(604_800), "7 d");
    }
}
