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
//!   So every commitment is the same, and the slot moves only when something is sent or
//!   [`Served::skip_blocks`] says so.
//! - The clock stands until a test moves it.
//! - A blockhash lives 150 blocks. Behind [`Served`] it also ends after 150 new hashes of
//!   the bank's own, which makes one every 400 ms of real time.
//! - The bank has no list of its accounts. `getProgramAccounts` and `getTokenAccountsByOwner`
//!   look at those that a message or a set-up has named
//!   ([`Bank::touched`](homeostat_sandbox::Bank::touched)).
//! - `simulateTransaction` with `accounts` executes a copy of the transaction under another
//!   blockhash and puts the accounts back, for which the slot moves. A copy of a transaction
//!   with a durable nonce is refused, and its accounts are told as they are.
//! - `isBlockhashValid` knows the blockhashes that were handed out over JSON-RPC.
//! - `getTransaction` has no `jsonParsed`, and messages of version 0 need
//!   `maxSupportedTransactionVersion`, as on a cluster.
//! - There is no websocket.

mod fixture;
mod http;
mod ledger;
mod methods;
mod proxy;
mod rpc;
mod server;

pub use fixture::{create_associated, Fixture, Person};
pub use proxy::{lies, Fault, Proxy, Rewrite, Rule};
pub use server::{Served, Stage};
