//! The wallet that pays.

use crate::attempt::BASE_FEE;
use crate::log::{Field, Level};
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
        let (level, event) = match purse {
            Purse::Fine => (Level::Info, "balance_fine"),
            Purse::Low => (Level::Warn, "balance_low"),
            Purse::Empty => (Level::Error, "balance_empty"),
        };
        let mut fields: Vec<Field<'_>> = vec![
            ("keeper", self.own().to_string().into()),
            ("balance_lamports", balance.into()),
        ];
        if purse == Purse::Empty {
            fields.push(("needed_lamports", needed.into()));
            fields.push(("remedy", "send SOL to the keeper's address".into()));
        }
        self.log().line(level, event, None, &fields);
        self.purse = purse;
    }
}
