//! The advisor: what should the council change, on what evidence, and how sure is that?
//!
//! Five parts, each of which can be looked at by itself:
//!
//! 1. A [`history`] is what anybody can read of an economy: one observation a period, from what
//!    its [`cranks`] published.
//! 2. [`forecast`] judges whether a model of demand beats the naive forecast, and is off where
//!    it does not.
//! 3. [`mod@fit`] finds the behaviours of people that explain the history, and says how badly they
//!    are known.
//! 4. [`groups`] sorts wallets into groups of a kind.
//! 5. [`mod@recommend`] tries every change that the advisor's range allows in rollouts over all
//!    accepted fits, and recommends one, or waits and says why.
//!
//! What comes out is advice for people, and no value that a chain has to agree on. All of it but
//! the forecast has the same bits on every machine; the forecast's library uses the standard
//! library's floating point, so it repeats itself on one machine only, and so does a
//! recommendation while the forecast is on.

pub mod cranks;
pub mod fit;
pub mod forecast;
pub mod groups;
pub mod history;
pub mod recommend;

pub use cranks::Told;
pub use fit::{fit, Fit, Fitting, Plant};
pub use forecast::{Forecast, Scored};
pub use groups::{group, Groups, Wallet};
pub use history::{History, Observation};
pub use recommend::{recommend, Present, Reach, Recommendation, Recommending, Verdict};
