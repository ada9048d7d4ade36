//! Living some of the runs again: a file of rows cannot have been made up, nor by other code.

use crate::{
    metrics::Metrics,
    random::{Luck, Purpose},
    run::Case,
};

use super::{ordered, plan::Plan, row::Row};

/// One run in so many is lived again.
const ONE_IN: usize = 100;
/// The least number of runs that are lived again, as far as there are as many.
const LEAST: usize = 8;

/// A value that came out otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The run.
    pub case: Case,
    /// The metric; `outcome` where one of them failed.
    pub what: &'static str,
    /// What the file has.
    pub stored: String,
    /// What came out now.
    pub again: String,
}

/// What verifying found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// The runs that were lived again.
    pub checked: usize,
    /// The runs there are.
    pub rows: usize,
    /// What differs, in the order of the plan.
    pub differences: Vec<Difference>,
}

/// Lives a random hundredth of the runs again, at least eight, and compares every value exactly.
/// `seed` chooses which; `told` hears of each that is done, and of how many.
pub fn verify(
    plan: &Plan,
    rows: &[Row],
    seed: u64,
    threads: usize,
    mut told: impl FnMut(usize, usize),
) -> Verification {
    let chosen = chosen(rows.len(), seed);
    let mut differences = Vec::new();
    let _ = ordered(
        0..chosen.len(),
        threads,
        |index| plan.live(rows[chosen[index]].case()).0,
        |index, again| {
            differences.extend(compare(&rows[chosen[index]], &again));
            told(index + 1, chosen.len());
            Ok::<(), std::convert::Infallible>(())
        },
    );
    Verification {
        checked: chosen.len(),
        rows: rows.len(),
        differences,
    }
}

/// Which of so many rows: a sample without replacement, in order.
fn chosen(rows: usize, seed: u64) -> Vec<usize> {
    let count = rows.div_ceil(ONE_IN).max(LEAST).min(rows);
    let mut luck = Luck::new(seed, Purpose::Verification, 0);
    let mut order: Vec<usize> = (0..rows).collect();
    // The first places of a shuffle by Fisher and Yates. Rows are far fewer than 2^32, so that
    // the multiples of 2^-32 that luck gives are close to uniform.
    for place in 0..count {
        let other = place + (luck.uniform() * (rows - place) as f64) as usize;
        order.swap(place, other);
    }
    order.truncate(count);
    order.sort_unstable();
    order
}

/// What differs between a row and the same run once more.
fn compare(stored: &Row, again: &Row) -> Vec<Difference> {
    if stored.text() == again.text() {
        return Vec::new();
    }
    let case = stored.case();
    let fields = |row: &Row| -> Vec<String> { row.text().split(',').map(str::to_owned).collect() };
    let names = ["outcome"].iter().chain(Metrics::NAMES);
    // Scenario, policy and seed are those that the run was chosen by.
    let pairs = fields(stored).into_iter().zip(fields(again)).skip(3);
    names
        .zip(pairs)
        .filter(|(_, (stored, again))| stored != again)
        .map(|(what, (stored, again))| Difference {
            case,
            what,
            stored,
            again,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::Tier;

    #[test]
    fn a_hundredth_is_chosen_and_at_least_eight() {
        for (rows, count) in [(0, 0), (5, 5), (8, 8), (880, 9), (7_040, 71), (28_160, 282)] {
            let chosen = chosen(rows, 1);
            assert_eq!(chosen.len(), count, "{rows}");
            assert!(chosen.windows(2).all(|pair| pair[0] < pair[1]));
            assert!(chosen.iter().all(|index| *index < rows));
        }
        assert_eq!(chosen(880, 1), chosen(880, 1));
        assert_ne!(chosen(880, 1), chosen(880, 2));
    }

    #[test]
    fn every_row_is_as_likely() {
        // Given 1,000 choices of 8 of 20, then each is chosen in 400, with a standard deviation
        // of 15.5.
        let mut counts = [0_u32; 20];
        for seed in 0..1_000 {
            for index in chosen(20, seed) {
                counts[index] += 1;
            }
        }
        assert!(
            counts.iter().all(|count| (338..=462).contains(count)),
            "{counts:?}"
        );
    }

    #[test]
    fn a_value_that_was_changed_in_its_last_digit_is_found() {
        // Given the rows of a small benchmark,
        let mut plan = Plan::new(Tier::Smoke)
            .with_demand(vec![1.0; 20])
            .with_seeds(1);
        plan.setting.people = 20;
        let mut rows: Vec<Row> = (0..plan.len())
            .map(|index| plan.live(plan.case(index)).0)
            .collect();
        let whole = verify(&plan, &rows, 1, 2, |_, _| ());
        assert_eq!((whole.checked, whole.differences), (8, Vec::new()));
        // when one value of each has one bit more,
        for row in &mut rows {
            let mut metrics = *row.outcome().expect("it lasted");
            metrics.gini = f64::from_bits(metrics.gini.to_bits() + 1);
            *row = Row::new("series", row.case(), Ok(metrics));
        }
        // then each that is checked is found, with both values.
        let mut told = Vec::new();
        let found = verify(&plan, &rows, 2, 1, |done, of| told.push((done, of)));
        assert_eq!(found.differences.len(), 8);
        assert_eq!(told.last(), Some(&(8, 8)));
        for difference in &found.differences {
            assert_eq!(difference.what, "gini");
            assert_ne!(difference.stored, difference.again);
        }
        // And a row that says it failed is found by its outcome.
        let failed = Row::new("series", rows[0].case(), Err("MathOverflow".to_owned()));
        let again = plan.live(plan.case(0)).0;
        assert_eq!(compare(&failed, &again)[0].what, "outcome");
    }
}
