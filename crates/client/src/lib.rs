//! The Homeostat SDK: addresses, instruction builders, account and event
//! decoding, error text, figures for wallets, and proofs from the logs. Plain values in,
//! [`Instruction`]s out; no network code, so it works with an RPC client, a test bank or a
//! wallet backend alike.
//!
//! ```
//! use homeostat_client::{instruction, EconomyAddresses};
//! use homeostat_client::Pubkey;
//!
//! let (mint, creator, owner) = (Pubkey::new_unique(), Pubkey::new_unique(), Pubkey::new_unique());
//! let economy = EconomyAddresses::new(&mint, &creator);
//! let open = instruction::open_position(&economy.economy, &economy.pool(&mint), &owner, &owner);
//! assert_eq!(open.program_id, homeostat_client::PROGRAM_ID);
//! ```

pub mod address;
pub mod decode;
pub mod error;
pub mod event;
pub mod forecast;
pub mod governance;
pub mod instruction;
pub mod log;
pub mod verify;
pub mod wallet;

pub use address::EconomyAddresses;
pub use anchor_lang::prelude::Pubkey;
pub use homeostat::{
    instructions::{
        ControllerSettings, Direction, EconomyArgs, GuardSettings, LimitSettings, Setting,
    },
    state::{
        economy::Power, Action, AuditKind, AuditLog, AuditRecord, Ballot, Class, Controller,
        Council, CouncilArgs, DecisionLog, DecisionRecord, Delays, Economy, Feed, FeedForward,
        FeedSettings, Funding, Life, Meter, Metric, Parameter, PauseReason, Pool, PoolKind,
        Position, Proposal, ProposalState, Reason, Reference, RoleKind, SeatArgs, Section, Signal,
        Tunable, Wiring,
    },
};
pub use solana_program::instruction::{AccountMeta, Instruction};

/// The program's address.
pub const PROGRAM_ID: Pubkey = homeostat::ID;

/// The code of the integration guide is compiled and run as documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/INTEGRATION.md")]
pub struct Guide;
