//! What went through, by kind.

/// Transactions, and what was in those of people and keepers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Counts {
    /// All transactions.
    #[serde(rename = "total")]
    pub transactions: u32,
    /// `open_position`.
    pub positions_opened: u32,
    /// `stake`.
    pub stakes: u32,
    /// `request_unstake`.
    pub unstakes: u32,
    /// `withdraw`.
    pub withdrawals: u32,
    /// `claim`, after `top_up` where rewards are minted.
    pub claims: u32,
    /// `pay`.
    pub payments: u32,
    /// Trades with the market, and liquidity that joined or left it.
    pub trades: u32,
    /// `touch_pool`.
    pub touches: u32,
    /// `collect`.
    pub collects: u32,
    /// `preview`.
    pub previews: u32,
    /// `crank`.
    pub cranks: u32,
}
