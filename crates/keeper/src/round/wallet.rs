//! The wallet that pays.

use homeostat_chain::send::BASE_FEE;
use tracing::{error, info, warn};

use crate::options::POOREST;

use super::Round;

/// How the wallet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purse {
    Fine,
    Low,
    Empty,
}

impl Round {
    /// Tells of a wallet that runs out, once, and while it cannot pay now and then again.
    pub(super) fn wallet(&mut self, balance: u64, again: bool) {
        let needed = POOREST
            .saturating_add(BASE_FEE)
            .saturating_add(self.options.fees.cap);
        let purse = match balance {
            balance if balance < needed => Purse::Empty,
            balance if balance < self.options.min_balance => Purse::Low,
            _ => Purse::Fine,
        };
        if purse == self.purse && !(again && purse == Purse::Empty) {
            return;
        }
        let keeper = self.own();
        match purse {
            Purse::Fine => info!(name: "balance_fine", %keeper, balance_lamports = balance),
            Purse::Low => warn!(name: "balance_low", %keeper, balance_lamports = balance),
            Purse::Empty => error!(
                name: "balance_empty",
                %keeper,
                balance_lamports = balance,
                needed_lamports = needed,
                remedy = "send SOL to the keeper's address"
            ),
        }
        self.purse = purse;
    }
}
