//! The layout family: `migrate`, and the layouts of accounts, older and present.

mod exits;
mod migrate;
mod migrate_refused;
mod present;
