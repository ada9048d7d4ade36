//! What feeds report.

use homeostat::state::{FeedReading, Metric};
use homeostat_control::Fx;

use super::Town;

impl Town {
    /// Reports to the feeds, late in an epoch, times `factor`; nothing without one. In an economy
    /// of the simulator's own the first feed says the utilisation of the epoch that just ended,
    /// with a noise of 3 %; in one that was live before, every feed goes on saying what it said.
    /// Two words of luck.
    pub fn report_feed(&mut self, factor: Option<f64>) {
        let noise = 1.0 + 0.03 * self.feed.normal();
        let now = self.chain.now;
        if let Some(said) = self.said {
            self.chain.feeds = said.map(|reading| {
                let (reading, factor) = reading.zip(factor)?;
                Some(FeedReading {
                    value: times(reading.value, factor),
                    at: now,
                    ..reading
                })
            });
            return;
        }
        let reading = factor.map(|factor| FeedReading {
            value: Fx::saturating_from_num((self.utilisation * noise * factor).max(0.0)),
            at: now,
            counted: 3,
            quorum: 3,
        });
        self.chain.feeds[Metric::Feed0.feed_index().unwrap_or(0)] = reading;
    }
}

/// A value times a factor; one changes no bit of it.
fn times(value: Fx, factor: f64) -> Fx {
    if factor == 1.0 {
        return value;
    }
    Fx::saturating_from_num(value.to_num::<f64>() * factor)
}
