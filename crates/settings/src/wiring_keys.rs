//! The keys of what a controller is wired to, in economy files and in proposals: what it
//! measures, which signal it feeds forward, and what its setpoint is a multiple of.

use homeostat_client::{Metric, Parameter, Reference, Signal, Wiring};
use homeostat_control::Config;

use crate::document::Section;
use crate::failure::Failure;
use crate::words::{listed, word, METRICS, OUTPUTS};

/// The keys, in the order of a well-written file.
pub(crate) const KEYS: [&str; 3] = ["metric", "feed_forward", "reference"];

/// A controller's wiring as a file may write it.
pub(crate) struct WiringKeys<'a> {
    /// Where the keys are.
    pub(crate) section: &'a Section<'a>,
    /// What the controller steers.
    pub(crate) parameter: Parameter,
    /// How many feeds can be named.
    pub(crate) feeds: usize,
}

impl WiringKeys<'_> {
    /// Reads the keys that are there into `wiring`, and the kind of the reference into `config`.
    /// Without an average its half-life is 0, unless the file says one.
    ///
    /// # Errors
    ///
    /// A word that is none of them, and what the controller steers or measures itself as its
    /// own signal.
    pub(crate) fn read(&self, wiring: Wiring, config: &mut Config) -> Result<Wiring, Failure> {
        let mut wiring = wiring;
        let metrics = self.metrics();
        let allowed = listed(&metrics);
        if let Some(metric) = self.section.word("metric", &metrics, &allowed)? {
            wiring.metric = metric;
        }
        let words = with_signals(&[("none", None)], &metrics, Some);
        let allowed = listed(&words);
        if let Some(signal) = self.section.word("feed_forward", &words, &allowed)? {
            wiring.feed_forward = signal;
        }
        let words = with_signals(&REFERENCES, &metrics, Reference::Given);
        let allowed = listed(&words);
        if let Some(reference) = self.section.word("reference", &words, &allowed)? {
            wiring.reference = reference;
            if reference != Reference::Average {
                config.average_half_life = 0;
            }
        }
        config.reference = wiring.reference.law();
        self.refuse_own("feed_forward", &wiring, wiring.feed_forward)?;
        self.refuse_own("reference", &wiring, wiring.reference.signal())?;
        Ok(wiring)
    }

    /// The metrics that there are.
    fn metrics(&self) -> Vec<(&'static str, Metric)> {
        let there = |metric: Metric| metric.feed_index().is_none_or(|feed| feed < self.feeds);
        let known = METRICS.into_iter();
        known.filter(|(_, metric)| there(*metric)).collect()
    }

    fn refuse_own(
        &self,
        key: &str,
        wiring: &Wiring,
        signal: Option<Signal>,
    ) -> Result<(), Failure> {
        let own = match signal {
            Some(Signal::Metric(metric)) => metric == wiring.metric,
            Some(Signal::Output(parameter)) => parameter == self.parameter,
            None => false,
        };
        if !own {
            return Ok(());
        }
        Err(self.section.wrong(
            key,
            "bad_value",
            "is what the controller measures or steers itself",
            "name another metric, or the output of another controller",
        ))
    }
}

/// Words of the references that are no signal.
const REFERENCES: [(&str, Reference); 2] = [
    ("absolute", Reference::Absolute),
    ("average", Reference::Average),
];

/// Some words, and those of every signal with what it means.
fn with_signals<T: Copy>(
    first: &[(&'static str, T)],
    metrics: &[(&'static str, Metric)],
    means: fn(Signal) -> T,
) -> Vec<(&'static str, T)> {
    let metrics = metrics.iter().map(|(w, it)| (*w, Signal::Metric(*it)));
    let outputs = OUTPUTS.iter().map(|(w, it)| (*w, Signal::Output(*it)));
    let signals = metrics.chain(outputs).map(|(w, it)| (w, means(it)));
    first.iter().copied().chain(signals).collect()
}

/// The word of a signal.
pub fn signal_word(signal: Signal) -> &'static str {
    match signal {
        Signal::Metric(metric) => word(&METRICS, &metric),
        Signal::Output(parameter) => word(&OUTPUTS, &parameter),
    }
}

/// The words of a wiring, in the order of [`KEYS`].
pub(crate) fn shown(wiring: &Wiring) -> [String; 3] {
    [
        word(&METRICS, &wiring.metric),
        wiring.feed_forward.map_or("none", signal_word),
        match wiring.reference {
            Reference::Given(signal) => signal_word(signal),
            other => word(&REFERENCES, &other),
        },
    ]
    .map(str::to_owned)
}
