//! A simulated plant, so that the law can close a loop.

use homeostat_control::HoldReason;

use crate::common::*;

/// A first-order plant: y follows 10 u plus a load with a time constant of 4
/// periods, and u reaches it after a dead time. Solved exactly in pieces of a
/// 20th of a period.
pub struct Plant {
    pub y: f64,
    pub load: f64,
    /// Dead time in periods.
    pub dead: f64,
}

impl Plant {
    const PIECES: usize = 20;

    /// Runs the law and the plant for some periods; the law sees the mean of y
    /// over each, plus noise. Returns the mean of each period without it.
    pub fn run(
        &mut self,
        rig: &mut Rig,
        periods: usize,
        mut noise: impl FnMut(usize) -> f64,
    ) -> Vec<f64> {
        let delay = (self.dead * Self::PIECES as f64).round() as usize;
        let mut under_way = std::collections::VecDeque::from(vec![rig.state.u; delay]);
        let keep = (-1.0 / (4.0 * Self::PIECES as f64)).exp();
        let mut history = Vec::with_capacity(periods);
        for n in 0..periods {
            let mut sum = 0.0;
            for _ in 0..Self::PIECES {
                under_way.push_back(rig.state.u);
                let u = under_way.pop_front().unwrap_or(rig.state.u) as f64 / 1e6;
                let rest = (10.0 * u + self.load).clamp(0.0, 1.0);
                self.y = rest + (self.y - rest) * keep;
                sum += self.y;
            }
            let mean = sum / Self::PIECES as f64;
            history.push(mean);
            let got = rig.after(WEEK, fx((mean + noise(n)).clamp(0.0, 1.0)));
            assert_eq!(got.held, HoldReason::None);
        }
        history
    }
}
