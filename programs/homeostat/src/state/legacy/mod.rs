//! Layouts that accounts had before, a file each: the step to the next version.

mod economy_0;

pub use economy_0::ECONOMY_0;
