//! Price series from CSV, as demand to replay.
//!
//! The header names the columns; their order is free and others are ignored:
//!
//! | column | what |
//! |---|---|
//! | `date` or `t` | the UTC day as YYYY-MM-DD, or whole seconds (Unix time, or counted from any start); one of the two, strictly increasing |
//! | `close` | price, 10⁻¹² to 10¹⁵ |
//! | `volume` | optional: traded in the step that ends with this row, 0 or more |
//!
//! A day stands for its first second; only differences of times matter.
//!
//! **Missing days.** A time between two rows has the close of the earlier one (the last price is
//! carried forward), so a missing day has a log return of zero and no volume, and the next row
//! brings the whole move. Weekends, holidays and short outages pass. A step that is longer than
//! both [`LONGEST_STEP`] and [`LONGEST_STEP_RATIO`] median steps is no holiday but missing data,
//! and is refused.

mod bundled;
mod read;
pub mod table;

pub use bundled::{bundled, BUNDLED};
pub use read::{day, read_series};

use homeostat_settings::failure::{Failure, Place};

/// Steps up to this many seconds are never a gap: a week.
pub const LONGEST_STEP: i64 = 7 * 86_400;

/// Steps up to this many times the median step are never a gap.
pub const LONGEST_STEP_RATIO: i64 = 10;

/// Prices at strictly increasing times; at least two.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// File as it was named, for messages.
    name: String,
    times: Vec<i64>,
    closes: Vec<f64>,
    volumes: Option<Vec<f64>>,
}

impl Series {
    /// File as it was named.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Times in seconds, strictly increasing.
    pub fn times(&self) -> &[i64] {
        &self.times
    }

    /// The price at each time: finite and above zero.
    pub fn closes(&self) -> &[f64] {
        &self.closes
    }

    /// What was traded in the step that ends at each time, where the file says.
    pub fn volumes(&self) -> Option<&[f64]> {
        self.volumes.as_deref()
    }

    /// The natural logarithm of each close over the one before: one fewer than closes.
    pub fn log_returns(&self) -> Vec<f64> {
        self.closes
            .windows(2)
            .map(|pair| libm::log(pair[1] / pair[0]))
            .collect()
    }

    /// The median of the steps between times (the lower one of two), in seconds.
    pub fn median_step(&self) -> i64 {
        median_step(&self.times)
    }

    /// The series at every `epoch` seconds from its first time on: the last close at or before
    /// that time, and the sum of the volumes since the epoch before. What comes after the last
    /// whole epoch is dropped.
    ///
    /// # Errors
    ///
    /// The epoch is shorter than the median step, which would make up quiet between jumps; or
    /// less than one whole epoch is there.
    pub fn resample(&self, epoch: i64) -> Result<Self, Failure> {
        let step = self.median_step();
        if epoch < step {
            return Err(self.failure(
                "epoch_too_short",
                format!("has one row every {step} s; no epoch can be {epoch} s"),
                "take longer epochs, or a series with shorter steps",
            ));
        }
        let (first, last) = (self.times[0], self.times[self.times.len() - 1]);
        let epochs = (last - first) / epoch;
        if epochs == 0 {
            return Err(self.failure(
                "too_few_rows",
                format!("covers {} s, less than an epoch of {epoch} s", last - first),
                "take shorter epochs, or a longer series",
            ));
        }

        let mut resampled = Self {
            name: self.name.clone(),
            times: Vec::new(),
            closes: Vec::new(),
            volumes: self.volumes.as_ref().map(|_| Vec::new()),
        };
        let mut used = 0;
        for index in 0..=epochs {
            let time = first + index * epoch;
            let from = used;
            while self.times.get(used).is_some_and(|row| *row <= time) {
                used += 1;
            }
            resampled.times.push(time);
            // The first row is at the first epoch, so at least one has been used.
            resampled.closes.push(self.closes[used - 1]);
            if let (Some(sums), Some(volumes)) = (&mut resampled.volumes, &self.volumes) {
                sums.push(volumes[from..used].iter().sum());
            }
        }
        Ok(resampled)
    }

    /// The part before `time`, to tune on, and the part from it on, to judge by. The step
    /// between them belongs to neither.
    ///
    /// # Errors
    ///
    /// One of the parts has fewer than two rows.
    pub fn split(&self, time: i64) -> Result<(Self, Self), Failure> {
        let at = self.times.partition_point(|row| *row < time);
        let part = |range: std::ops::Range<usize>| Self {
            name: self.name.clone(),
            times: self.times[range.clone()].to_vec(),
            closes: self.closes[range.clone()].to_vec(),
            volumes: self.volumes.as_ref().map(|all| all[range].to_vec()),
        };
        let (before, after) = (at, self.times.len() - at);
        if before < 2 || after < 2 {
            return Err(self.failure(
                "bad_split",
                format!("has {before} rows before the split and {after} from it on"),
                "split where both parts have at least two rows",
            ));
        }
        Ok((part(0..at), part(at..self.times.len())))
    }

    fn failure(&self, code: &'static str, problem: String, remedy: &str) -> Failure {
        Failure::at(code, Place::file(&self.name), problem).remedy(remedy)
    }
}

/// The median of the steps (the lower one of two) between at least two times.
fn median_step(times: &[i64]) -> i64 {
    let mut steps: Vec<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let middle = (steps.len() - 1) / 2;
    *steps.select_nth_unstable(middle).1
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn series(text: &str) -> Series {
        read_series(text.as_bytes(), "x.csv").expect("a series")
    }

    #[test]
    fn returns_add_up_to_the_whole_move() {
        let series = series("t,close\n0,100\n60,110\n120,55\n180,200\n");
        let returns = series.log_returns();
        assert_eq!(returns.len(), 3);
        // ln 1.1 = 0.0953101798, from a table of logarithms.
        assert!((returns[0] - 0.095_310_179_8).abs() < 1e-10);
        let sum: f64 = returns.iter().sum();
        assert!((sum - std::f64::consts::LN_2).abs() < 1e-15);
    }

    #[test]
    fn a_missing_day_carries_the_last_close() {
        // Given a Friday, a Monday and a Tuesday
        let series = series(
            "date,close,volume\n2024-03-01,10,5\n2024-03-04,12,7\n2024-03-05,11,1\n2024-03-06,9,2\n",
        );
        assert_eq!(series.median_step(), DAY);
        // when they are put on days
        let daily = series.resample(DAY).unwrap();
        // then the weekend has Friday's close and no volume.
        assert_eq!(daily.closes(), [10.0, 10.0, 10.0, 12.0, 11.0, 9.0]);
        assert_eq!(
            daily.volumes(),
            Some([5.0, 0.0, 0.0, 7.0, 1.0, 2.0].as_slice())
        );
        assert_eq!(daily.times()[3], series.times()[1]);
        assert_eq!(daily.log_returns()[..2], [0.0, 0.0]);
    }

    #[test]
    fn longer_epochs_take_the_last_close_and_all_the_volume() {
        let series = series("t,close,volume\n5,1,1\n15,2,1\n25,3,1\n35,4,1\n45,5,1\n55,6,1\n");
        let resampled = series.resample(20).unwrap();
        assert_eq!(resampled.times(), [5, 25, 45]);
        assert_eq!(resampled.closes(), [1.0, 3.0, 5.0]);
        assert_eq!(resampled.volumes(), Some([1.0, 2.0, 2.0].as_slice()));
        assert_eq!(resampled.volumes().unwrap().iter().sum::<f64>(), 5.0);
        // An epoch of one step changes nothing.
        assert_eq!(series.resample(10).unwrap(), series);
    }

    #[test]
    fn the_step_of_an_uneven_series_is_the_median() {
        assert_eq!(series("t,close\n0,1\n1,1\n11,1\n21,1\n").median_step(), 10);
        assert_eq!(series("t,close\n0,1\n30,1\n40,1\n50,1\n").median_step(), 10);
        // Of two steps the shorter one.
        assert_eq!(series("t,close\n0,1\n30,1\n40,1\n").median_step(), 10);
    }

    #[test]
    fn an_epoch_that_does_not_fit_is_refused() {
        let series = series("t,close\n0,1\n10,2\n20,3\n");
        for (epoch, code) in [
            (9, "epoch_too_short"),
            (0, "epoch_too_short"),
            (-5, "epoch_too_short"),
            (21, "too_few_rows"),
        ] {
            assert_eq!(series.resample(epoch).unwrap_err().code, code, "{epoch}");
        }
    }

    #[test]
    fn a_split_gives_no_row_to_both() {
        let series = series("date,close\n2020-01-01,1\n2020-01-02,2\n2020-01-03,3\n2020-01-04,4\n");
        let (train, test) = series.split(day("2020-01-03").unwrap()).unwrap();
        assert_eq!(train.closes(), [1.0, 2.0]);
        assert_eq!(test.closes(), [3.0, 4.0]);
        assert_eq!(
            train.log_returns().len() + test.log_returns().len(),
            series.log_returns().len() - 1
        );
        for date in ["2020-01-02", "2020-01-04", "1999-01-01", "2030-01-01"] {
            let failure = series.split(day(date).unwrap()).unwrap_err();
            assert_eq!(failure.code, "bad_split", "{date}");
        }
    }
}
