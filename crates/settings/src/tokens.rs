//! Amounts of a token: whole tokens in files and answers, base units in the program.

use crate::decimal::Decimal;
use crate::human::grouped;

/// A token's unit: how many base units one token has.
#[derive(Clone, Copy)]
pub struct Tokens {
    /// Decimals of the mint.
    pub decimals: u8,
}

impl Tokens {
    /// Base units as tokens, exactly.
    pub fn show(self, base: u64) -> Decimal {
        self.show_wide(u128::from(base))
    }

    /// The same for sums.
    pub fn show_wide(self, base: u128) -> Decimal {
        // Thirty-nine digits always parse.
        base.to_string()
            .parse::<Decimal>()
            .unwrap_or_else(|_| Decimal::from(0))
            .shifted(-i32::from(self.decimals))
    }

    /// Base units as tokens, exactly, for people: `12,345.67`.
    pub fn told(self, base: u64) -> String {
        grouped(&self.show(base))
    }

    /// A range of base units, for people; `more` completes it.
    pub(crate) fn range(self, (low, high): (u64, u64), more: &str) -> String {
        format!("{} to {} tokens{more}", self.show(low), self.show(high))
    }
}
