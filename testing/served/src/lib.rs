//! The sandbox's bank behind Solana's JSON-RPC, and a proxy that fails on purpose: what
//! speaks to a cluster is tested in seconds, with time travel, and against a node that
//! hangs, lies or loses transactions.
//!
//! ```no_run
//! use homeostat_sandbox::World;
//! use homeostat_served::{Fault, Proxy, Served};
//!
//! let served = Served::start(async || World::new().await);
//! let proxy = Proxy::start(served.url());
//! proxy.on("sendTransaction").once(Fault::Swallow);
//! // ... run a client against `proxy.url()` ...
//! served.with(async |world: &mut World| world.bank.advance(3600).await);
//! assert_eq!(proxy.forwarded("sendTransaction"), 0);
//! ```
//!
//! # What is not like a cluster
//!
//! - A transaction is executed when it is sent, alone in its slot, and is finalized at once.
//!   So every commitment is the same. Unless the clock runs ([`Pace`]), the slot moves only when
//!   something is sent or [`Served::skip_blocks`] says so.
//! - The clock stands until a test moves it, or `homeostatWarp`, which no cluster has, does. With
//!   [`Pace::Running`] it goes on by itself as well, and slots begin 25 at a time.
//! - The bank has no list of its accounts. `getProgramAccounts` and `getTokenAccountsByOwner`
//!   look at those that a message or a set-up has named
//!   ([`Bank::touched`](homeostat_sandbox::Bank::touched)).
//! - `simulateTransaction` with `accounts` executes a copy of the transaction under another
//!   blockhash and puts the accounts back, for which the slot moves. A copy of a transaction
//!   with a durable nonce is refused, and its accounts are told as they are.
//! - `isBlockhashValid` knows the blockhashes that were handed out over JSON-RPC.
//! - `getTransaction` has no `jsonParsed`, and messages of version 0 need
//!   `maxSupportedTransactionVersion`, as on a cluster.
//! - The websocket, on the port above, has account, logs, program, root, signature and slot
//!   subscriptions: at most 32 connections, 64 subscriptions of each, 64 KiB a message. A
//!   connection that lets 1,000 notifications wait is closed.
//! - Any page may ask, as with Agave; but for `homeostatWarp`, which is for this machine alone.

mod fixture;
mod http;
mod ledger;
mod methods;
mod pace;
mod ports;
mod proxy;
mod rpc;
mod server;
mod subscriptions;
mod websocket;

pub use fixture::{create_associated, Fixture, Person};
pub use homeostat_sandbox::Bank;
pub use pace::{Pace, TICK};
pub use ports::PortError;
pub use proxy::{lies, Fault, Proxy, Rewrite, Rule};
pub use server::{Options, Served, Stage};
