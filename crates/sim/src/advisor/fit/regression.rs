//! Linear regression by the normal equations.

/// Linear functions of the same inputs, one for each output.
#[derive(Clone, Debug, PartialEq)]
pub struct Regression {
    /// By output: the coefficient of each input, then the constant.
    coefficients: Vec<Vec<f64>>,
}

/// What is added to the diagonal, over the number of samples: inputs that are sums of others
/// then share the coefficient, and nothing is divided by zero.
const RIDGE: f64 = 1e-6;

impl Regression {
    /// The least squares of `outputs` on `inputs`, one row a sample, with as many rows each and
    /// inputs on a scale of about one. A few dozen inputs need no library, whose sums would
    /// depend on the machine's vector units.
    pub fn fit(inputs: &[Vec<f64>], outputs: &[Vec<f64>]) -> Self {
        let width = inputs.first().map_or(0, Vec::len) + 1;
        let targets = outputs.first().map_or(0, Vec::len);
        // The normal equations, with the right-hand sides behind the matrix.
        let mut rows = vec![vec![0.0; width + targets]; width];
        for (input, output) in inputs.iter().zip(outputs) {
            let with_constant = || input.iter().copied().chain([1.0]);
            for (row, a) in rows.iter_mut().zip(with_constant()) {
                let right = with_constant().chain(output.iter().copied());
                for (cell, b) in row.iter_mut().zip(right) {
                    *cell += a * b;
                }
            }
        }
        for (at, row) in rows.iter_mut().enumerate() {
            row[at] += RIDGE * inputs.len().max(1) as f64;
        }
        eliminate(&mut rows);
        let coefficients = (0..targets)
            .map(|target| rows.iter().map(|row| row[width + target]).collect())
            .collect();
        Self { coefficients }
    }

    /// What is expected of each output.
    pub fn predict(&self, input: &[f64]) -> Vec<f64> {
        self.coefficients
            .iter()
            .map(|coefficients| {
                let terms = coefficients.iter().zip(input.iter().chain(&[1.0]));
                terms.map(|(a, b)| a * b).sum()
            })
            .collect()
    }
}

/// Gauss and Jordan's elimination. The matrix is symmetric with a positive diagonal and stays so,
/// so no row has to be exchanged.
fn eliminate(rows: &mut [Vec<f64>]) {
    for pivot in 0..rows.len() {
        let lead = rows[pivot][pivot];
        for cell in &mut rows[pivot] {
            *cell /= lead;
        }
        let head = rows[pivot].clone();
        for (at, row) in rows.iter_mut().enumerate() {
            if at != pivot {
                let factor = row[pivot];
                for (cell, of_pivot) in row.iter_mut().zip(&head) {
                    *cell -= factor * of_pivot;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anscombes_first_set_has_its_published_line() {
        // Anscombe (1973), "Graphs in statistical analysis": y = 3.0001 + 0.5001 x.
        let x = [10.0, 8.0, 13.0, 9.0, 11.0, 14.0, 6.0, 4.0, 12.0, 7.0, 5.0];
        let y = [
            8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68,
        ];
        let column =
            |values: &[f64]| -> Vec<Vec<f64>> { values.iter().map(|v| vec![*v]).collect() };
        let line = Regression::fit(&column(&x), &column(&y));
        let (at_0, at_1) = (line.predict(&[0.0])[0], line.predict(&[1.0])[0]);
        assert!((at_0 - 3.0001).abs() < 1e-4, "{at_0}");
        assert!((at_1 - at_0 - 0.5001).abs() < 1e-4, "{at_1}");
    }

    #[test]
    fn several_outputs_of_inputs_that_depend_on_each_other() {
        // Given an input that is twice another, and one that never changes,
        let inputs: Vec<Vec<f64>> = (0..20)
            .map(|i| {
                let (a, b) = (f64::from(i % 5), f64::from(i % 3));
                vec![a, b, 2.0 * a, 0.0]
            })
            .collect();
        let outputs: Vec<Vec<f64>> = inputs
            .iter()
            .map(|x| vec![1.0 + x[0] - 3.0 * x[1], 7.0])
            .collect();
        let found = Regression::fit(&inputs, &outputs);
        // then what it expects is right all the same.
        for (input, output) in inputs.iter().zip(&outputs) {
            for (expected, real) in found.predict(input).iter().zip(output) {
                assert!((expected - real).abs() < 1e-4, "{expected} {real}");
            }
        }
    }
}
