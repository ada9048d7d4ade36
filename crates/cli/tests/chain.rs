//! The real `homeostat` binary against an economy behind JSON-RPC.

#[path = "chain/advisor.rs"]
mod advisor;
#[path = "shared/alone.rs"]
mod alone;
#[path = "chain/audit.rs"]
mod audit;
#[path = "chain/common.rs"]
mod common;
#[path = "chain/config.rs"]
mod config;
#[path = "chain/creation.rs"]
mod creation;
#[path = "chain/deploy.rs"]
mod deploy;
#[path = "chain/faults.rs"]
mod faults;
#[path = "chain/figures.rs"]
mod figures;
#[path = "chain/forecast.rs"]
mod forecast;
#[path = "chain/founder.rs"]
mod founder;
#[path = "chain/genesis.rs"]
mod genesis;
#[path = "chain/glance.rs"]
mod glance;
#[path = "chain/keeper.rs"]
mod keeper;
#[cfg(feature = "localnet")]
#[path = "chain/localnet.rs"]
mod localnet;
#[path = "chain/offline.rs"]
mod offline;
#[path = "chain/people.rs"]
mod people;
#[path = "chain/propose.rs"]
mod propose;
#[path = "chain/recipients.rs"]
mod recipients;
#[path = "chain/refused.rs"]
mod refused;
#[path = "chain/reporter.rs"]
mod reporter;
#[path = "shared/schema.rs"]
mod schema;
#[path = "chain/servers.rs"]
mod servers;
#[path = "chain/simulate.rs"]
mod simulate;
#[path = "chain/squads/mod.rs"]
mod squads;
#[path = "chain/table.rs"]
mod table;
#[path = "chain/token.rs"]
mod token;
#[path = "chain/twice.rs"]
mod twice;
#[path = "chain/walk.rs"]
mod walk;
#[path = "chain/wallet.rs"]
mod wallet;
#[path = "chain/watch.rs"]
mod watch;
#[path = "chain/whole.rs"]
mod whole;
