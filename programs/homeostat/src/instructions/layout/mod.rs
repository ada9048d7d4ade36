//! Migration of accounts to the layout that the program has now.

pub mod migrate;

pub use migrate::*;
