//! Tuning: which gains, and how well are they known?
//!
//! Four steps, which [`tune`] takes by a [`Plan`] and each of which can be looked at by itself:
//!
//! 1. A relay experiment on the plant ([`relay`]) finds the ultimate gain and period of a loop,
//!    and Skogestad's rules make a first guess of them.
//! 2. CMA-ES ([`search`]) starts there and minimises an [`objective`] over scenarios, seeds and
//!    calendars that no benchmark uses.
//! 3. NSGA-II ([`front`]) shows what has to be given up for what, for people to choose from.
//! 4. A [gains file](gains) keeps the result with its evidence, and its hash.

pub mod front;
pub mod gains;
pub mod knobs;
pub mod objective;
pub mod plan;
pub mod relay;
pub mod search;

pub use gains::{Evidence, Gains, GainsFile};
pub use knobs::Knobs;
pub use objective::{Objective, Score};
pub use plan::{tune, Plan, Tuned};
