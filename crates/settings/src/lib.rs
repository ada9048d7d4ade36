//! Settings files and what stands in them: numbers with their units, economies, councils,
//! forecasts, controllers, proposals and their actions, the words for the program's
//! enumerations, and failures that name the place in a file and say what to do.
//!
//! No cluster and no key: what a file says can be read, judged and shown without either.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod actions;
pub mod change;
pub mod controller_file;
mod controller_keys;
mod controller_settings;
mod council_file;
pub mod decimal;
pub mod document;
pub mod economy_file;
pub mod failure;
pub mod fields;
pub mod files;
mod forecast_file;
pub mod human;
pub mod keys;
pub mod parts_file;
pub mod preferences;
pub mod proposal_file;
mod shown;
pub mod tokens;
pub mod wiring_keys;
pub mod words;

pub use failure::Failure;
