//! One run as one line of text.

use sha2::{Digest, Sha256};

use crate::{metrics::Metrics, policy::Policy, run::Case};

/// The columns before the metrics.
const FIRST_COLUMNS: &str = "scenario,policy,seed,outcome";
/// The outcome of a run that lasted to its end.
const OK: &str = "ok";

/// The line that names the columns.
pub fn columns() -> String {
    let mut line = FIRST_COLUMNS.to_owned();
    for name in Metrics::NAMES {
        line.push(',');
        line.push_str(name);
    }
    line
}

/// What came of one run.
///
/// Its text is what counts: two rows are equal when their texts are. Numbers are written with the
/// fewest digits that read back as the same bits; what is not a number is `NaN`, whatever its
/// bits, as those differ between machines.
#[derive(Clone)]
pub struct Row {
    case: Case,
    outcome: Result<Metrics, String>,
    text: String,
}

impl Row {
    /// The row of a run in the scenario of that name. A run that failed has the name of the
    /// refusal: letters and digits.
    pub fn new(scenario: &str, case: Case, outcome: Result<Metrics, String>) -> Self {
        use std::fmt::Write;
        let mut text = format!("{scenario},{},{}", case.policy.name(), case.seed);
        // Writing to a String cannot fail.
        let _ = match &outcome {
            Ok(metrics) => {
                text.push_str(",ok");
                let mut values = metrics.values().into_iter();
                values.try_for_each(|value| write!(text, ",{value:?}"))
            }
            Err(refusal) => write!(text, ",{refusal}{}", ",".repeat(Metrics::NAMES.len())),
        };
        Self {
            case,
            outcome,
            text,
        }
    }

    /// Reads the row of a run that is known; `None` where the line is not one of it.
    pub fn read(line: &str, scenario: &str, case: Case) -> Option<Self> {
        let rest = line
            .strip_prefix(scenario)?
            .strip_prefix(',')?
            .strip_prefix(case.policy.name())?
            .strip_prefix(',')?
            .strip_prefix(case.seed.to_string().as_str())?
            .strip_prefix(',')?;
        let (outcome, values) = rest.split_once(',')?;
        let outcome = if outcome == OK {
            let values: Option<Vec<f64>> = values.split(',').map(|v| v.parse().ok()).collect();
            Ok(Metrics::from_values(&values?)?)
        } else {
            Err(outcome.to_owned())
        };
        let row = Self::new(scenario, case, outcome);
        (row.text == line).then_some(row)
    }

    /// Which run it was.
    pub fn case(&self) -> Case {
        self.case
    }

    /// The policy of the run.
    pub fn policy(&self) -> Policy {
        self.case.policy
    }

    /// Its metrics, or what the program refused.
    pub fn outcome(&self) -> Result<&Metrics, &str> {
        self.outcome.as_ref().map_err(String::as_str)
    }

    /// The line, without its end.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// sha256 over the names of the columns and all rows, each with a line feed.
pub fn result_hash(rows: &[Row]) -> String {
    let mut hash = Sha256::new();
    let columns = columns();
    for line in std::iter::once(columns.as_str()).chain(rows.iter().map(Row::text)) {
        hash.update(line);
        hash.update("\n");
    }
    hex(&hash.finalize())
}

/// Bytes in lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        random::{Luck, Purpose},
        scenario::Scenario,
    };

    const CASE: Case = Case {
        scenario: Scenario::Bull,
        policy: Policy::Cosmos,
        seed: 1003,
    };

    fn metrics(of: impl FnMut(usize) -> f64) -> Metrics {
        let values: Vec<f64> = (0..Metrics::NAMES.len()).map(of).collect();
        Metrics::from_values(&values).expect("as many values as names")
    }

    #[test]
    fn every_number_comes_back_with_the_same_bits() {
        // Given numbers of every kind, and 30,000 of random bits from seed 9,
        let mut special = [
            0.0,
            -0.0,
            f64::MIN_POSITIVE,
            f64::from_bits(1),
            f64::MAX,
            f64::EPSILON,
            0.1,
            1.0 / 3.0,
            1e22,
            1e23,
            -123_456.789,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
        ]
        .into_iter()
        .cycle();
        let mut luck = Luck::new(9, Purpose::Scenario, 0);
        let mut word = || (luck.uniform() * 4_294_967_296.0) as u64;
        let mut random = |_: usize| f64::from_bits(word() << 32 | word());
        let rows = (0..1_000).map(|at| match at {
            0 => metrics(|_| special.next().unwrap_or_default()),
            _ => metrics(&mut random),
        });
        for written in rows {
            // when a row is written and read,
            let row = Row::new("bull", CASE, Ok(written));
            let read = Row::read(row.text(), "bull", CASE).expect("its own text");
            // then each number has its bits, but that all that are none are one.
            let read = read.outcome().expect("it was no failure").values();
            for (was, is) in written.values().iter().zip(read) {
                let same = was.to_bits() == is.to_bits() || was.is_nan() && is.is_nan();
                assert!(same, "seed 9: {was:?} {is:?}");
            }
        }
    }

    #[test]
    fn a_failure_is_a_row_with_as_many_fields() {
        let row = Row::new("bull", CASE, Err("MathOverflow".to_owned()));
        assert_eq!(
            row.text().split(',').count(),
            columns().split(',').count(),
            "{}",
            row.text()
        );
        let read = Row::read(row.text(), "bull", CASE).expect("its own text");
        assert_eq!(read.outcome(), Err("MathOverflow"));
    }

    #[test]
    fn a_line_of_another_run_or_with_other_digits_is_none() {
        let row = Row::new("bull", CASE, Ok(metrics(|at| at as f64)));
        let text = row.text();
        assert_eq!(Row::read(text, "bull", CASE).as_ref(), Some(&row));
        let other = Case { seed: 1004, ..CASE };
        assert_eq!(Row::read(text, "bull", other), None);
        assert_eq!(Row::read(text, "crash", CASE), None);
        for changed in [
            text.replacen(",1.0,", ",1.00,", 1),
            text.replacen(",1.0,", ",one,", 1),
            text.replacen(",1.0,", ",", 1),
            format!("{text},1.0"),
            format!("{text} "),
            text[..text.len() - 1].to_owned(),
            String::new(),
        ] {
            assert_eq!(Row::read(&changed, "bull", CASE), None, "{changed}");
        }
    }

    #[test]
    fn the_hash_is_that_of_the_lines() {
        let row = Row::new("bull", CASE, Err("X".to_owned()));
        let one = result_hash(std::slice::from_ref(&row));
        assert_ne!(one, result_hash(&[]));
        assert_ne!(one, result_hash(&[row.clone(), row]));
        assert_eq!(one.len(), 64);
        // NIST, FIPS 180-2, appendix B.1: sha256 of "abc".
        assert_eq!(
            hex(&Sha256::digest("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
