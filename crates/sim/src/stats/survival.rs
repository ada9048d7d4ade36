//! Survival with censoring: the product-limit estimate.

use serde::Serialize;

use super::{check_not_negative, StatsError};

/// How long one subject was observed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lifetime {
    /// Time from its start to its end, or to the last time it was seen.
    pub time: f64,
    /// Whether it ended; otherwise it is censored, and was still there.
    pub ended: bool,
}

/// The curve after one time at which subjects ended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SurvivalStep {
    /// Time of the step.
    pub time: f64,
    /// Subjects still observed just before.
    pub at_risk: usize,
    /// Subjects that ended at this time.
    pub ended: usize,
    /// Probability of lasting longer than `time`.
    pub survival: f64,
    /// Greenwood's standard error of `survival`; 0 where the curve has come down to 0, for
    /// which the formula has no value.
    pub standard_error: f64,
}

/// The estimate of Kaplan and Meier (1958), "Nonparametric estimation from incomplete
/// observations". A subject censored at a time at which others end was at risk of ending there.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KaplanMeier {
    /// One step for each time at which subjects ended, ascending.
    pub steps: Vec<SurvivalStep>,
}

/// Rounding of a product of fractions; a curve this close to one half has reached it.
const ROUNDING: f64 = 1e-12;

impl KaplanMeier {
    /// Estimates the curve from at least one subject, in any order.
    ///
    /// # Errors
    ///
    /// No subjects, or a time that is negative or not finite.
    pub fn of(lifetimes: &[Lifetime]) -> Result<Self, StatsError> {
        let times: Vec<f64> = lifetimes.iter().map(|life| life.time).collect();
        check_not_negative(&times, 1)?;
        let mut sorted = lifetimes.to_vec();
        sorted.sort_by(|a, b| a.time.total_cmp(&b.time));

        let mut steps = Vec::new();
        let (mut at_risk, mut survival, mut greenwood) = (sorted.len(), 1.0, 0.0);
        for same in sorted.chunk_by(|a, b| a.time == b.time) {
            let ended = same.iter().filter(|life| life.ended).count();
            if ended > 0 {
                let left = at_risk - ended;
                survival *= left as f64 / at_risk as f64;
                if left > 0 {
                    greenwood += ended as f64 / (at_risk as f64 * left as f64);
                }
                steps.push(SurvivalStep {
                    time: same[0].time,
                    at_risk,
                    ended,
                    survival,
                    standard_error: survival * libm::sqrt(greenwood),
                });
            }
            at_risk -= same.len();
        }
        Ok(Self { steps })
    }

    /// Probability of lasting longer than `time`. Beyond the last observation the curve stays
    /// where it is.
    pub fn survival_at(&self, time: f64) -> f64 {
        let after = self.steps.partition_point(|step| step.time <= time);
        after
            .checked_sub(1)
            .map_or(1.0, |index| self.steps[index].survival)
    }

    /// The first time at which at most one half is left; `None` when more than that is left at
    /// the end.
    pub fn median(&self) -> Option<f64> {
        self.steps
            .iter()
            .find(|step| step.survival <= 0.5 + ROUNDING)
            .map(|step| step.time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Times; a negative one is censored.
    fn estimate(times: &[f64]) -> KaplanMeier {
        let lifetimes: Vec<Lifetime> = times
            .iter()
            .map(|time| Lifetime {
                time: time.abs(),
                ended: *time > 0.0,
            })
            .collect();
        KaplanMeier::of(&lifetimes).unwrap()
    }

    fn assert_curve(curve: &KaplanMeier, expected: &[(f64, usize, usize, f64, f64)]) {
        assert_eq!(curve.steps.len(), expected.len());
        for (step, (time, at_risk, ended, survival, error)) in curve.steps.iter().zip(expected) {
            assert_eq!(
                (step.time, step.at_risk, step.ended),
                (*time, *at_risk, *ended)
            );
            assert!((step.survival - survival).abs() < 5e-4, "{step:?}");
            assert!((step.standard_error - error).abs() < 5e-5, "{step:?}");
        }
    }

    #[test]
    fn the_leukaemia_patients_of_rs_survival_package() {
        // R: summary(survfit(Surv(time, status) ~ x, aml)), group "Maintained"; median 31.
        let curve = estimate(&[
            161.0_f64.copysign(-1.0),
            9.0,
            13.0,
            -13.0,
            18.0,
            23.0,
            -28.0,
            31.0,
            34.0,
            -45.0,
            48.0,
        ]);
        assert_curve(
            &curve,
            &[
                (9.0, 11, 1, 0.909, 0.0867),
                (13.0, 10, 1, 0.818, 0.1163),
                (18.0, 8, 1, 0.716, 0.1397),
                (23.0, 7, 1, 0.614, 0.1526),
                (31.0, 5, 1, 0.491, 0.1642),
                (34.0, 4, 1, 0.368, 0.1627),
                (48.0, 2, 1, 0.184, 0.1535),
            ],
        );
        assert_eq!(curve.median(), Some(31.0));
        assert_eq!(curve.survival_at(8.9), 1.0);
        assert!((curve.survival_at(30.0) - 0.614).abs() < 5e-4);
        assert!((curve.survival_at(1e9) - 0.184).abs() < 5e-4);
    }

    #[test]
    fn the_trial_of_freireich_with_ties() {
        // Freireich et al. (1963), remission under 6-mercaptopurine, as in Kalbfleisch and
        // Prentice, "The Statistical Analysis of Failure Time Data"; median 23 weeks.
        let curve = estimate(&[
            6.0, 6.0, 6.0, -6.0, 7.0, -9.0, 10.0, -10.0, -11.0, 13.0, 16.0, -17.0, -19.0, -20.0,
            22.0, 23.0, -25.0, -32.0, -32.0, -34.0, -35.0,
        ]);
        let survival: Vec<f64> = curve.steps.iter().map(|step| step.survival).collect();
        let expected = [
            0.857143, 0.806723, 0.752941, 0.690196, 0.627451, 0.537815, 0.448179,
        ];
        assert_eq!(survival.len(), expected.len());
        for (found, expected) in survival.iter().zip(expected) {
            assert!((found - expected).abs() < 5e-7, "{survival:?}");
        }
        assert_eq!(curve.median(), Some(23.0));
    }

    #[test]
    fn without_censoring_it_is_the_share_that_lasts_longer() {
        let times = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0, 5.0, 3.0];
        let curve = estimate(&times);
        for at in [0.0, 1.0, 2.5, 3.0, 5.0, 8.0, 9.0] {
            let longer = times.iter().filter(|time| **time > at).count() as f64 / 10.0;
            assert!((curve.survival_at(at) - longer).abs() < 1e-14, "{at}");
        }
        // Half of the ten are gone at 3, though the product of fractions may round above it.
        assert_eq!(curve.median(), Some(3.0));
        let last = curve.steps[curve.steps.len() - 1];
        assert_eq!((last.survival, last.standard_error), (0.0, 0.0));
    }

    #[test]
    fn a_cohort_that_stays_has_no_median() {
        let curve = estimate(&[-90.0, -90.0, 10.0]);
        assert_eq!(curve.median(), None);
        assert!((curve.survival_at(90.0) - 2.0 / 3.0).abs() < 1e-15);
        assert_eq!(estimate(&[-5.0]).survival_at(5.0), 1.0);
        assert_eq!(
            KaplanMeier::of(&[]),
            Err(StatsError::TooFew { have: 0, need: 1 })
        );
        let negative = Lifetime {
            time: -1.0,
            ended: true,
        };
        assert_eq!(KaplanMeier::of(&[negative]), Err(StatsError::Negative(0)));
    }
}
