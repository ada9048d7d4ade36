//! Layouts that accounts had before, one a file: what is new since.

mod economy_0;

pub use economy_0::ECONOMY_0;
