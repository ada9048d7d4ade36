//! The wallet of a daemon, which pays for what it sends.

use homeostat_client::Pubkey;
use tracing::{error, info, warn};

use crate::options::POOREST;
use homeostat_chain::send::BASE_FEE;

/// How the wallet is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Purse {
    /// It has what the operator wants it to have.
    #[default]
    Fine,
    /// It has less than that.
    Low,
    /// It could not pay a transaction with the highest fee that is allowed.
    Empty,
}

/// Whose wallet it is: the name of the field in the log.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Owner {
    /// `keeper`
    Keeper(Pubkey),
    /// `reporter`
    Reporter(Pubkey),
}

/// What the wallet has to have (lamports).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Costs {
    /// Most that the priority of a transaction may cost.
    pub(crate) cap: u64,
    /// Below this it warns.
    pub(crate) least: u64,
}

impl Purse {
    /// Takes note of a balance (lamports). Tells of a wallet that runs out once, and of one that
    /// cannot pay also whenever it is told `again`.
    pub(crate) fn note(&mut self, owner: Owner, balance: u64, costs: Costs, again: bool) {
        let needed = POOREST.saturating_add(BASE_FEE).saturating_add(costs.cap);
        let purse = match balance {
            balance if balance < needed => Self::Empty,
            balance if balance < costs.least => Self::Low,
            _ => Self::Fine,
        };
        if purse == *self && !(again && purse == Self::Empty) {
            return;
        }
        let (keeper, reporter, remedy) = match owner {
            Owner::Keeper(key) => (
                Some(key.to_string()),
                None,
                "send SOL to the keeper's address",
            ),
            Owner::Reporter(key) => {
                let remedy = "send SOL to the reporter's address";
                (None, Some(key.to_string()), remedy)
            }
        };
        let (keeper, reporter) = (keeper.as_deref(), reporter.as_deref());
        match purse {
            Self::Fine => {
                info!(name: "balance_fine", keeper, reporter, balance_lamports = balance);
            }
            Self::Low => {
                warn!(name: "balance_low", keeper, reporter, balance_lamports = balance);
            }
            Self::Empty => error!(
                name: "balance_empty",
                keeper,
                reporter,
                balance_lamports = balance,
                needed_lamports = needed,
                remedy
            ),
        }
        *self = purse;
    }
}
