//! Who owns the token and who stakes it, in groups of a kind.

use homeostat_chain::wallets::{holdings, Holding};
use homeostat_sim::advisor::{group, Groups, Wallet};
use schemars::JsonSchema;
use serde::Serialize;

use super::ground::Ground;
use crate::chain::amount::Amount;
use crate::chain::Context;

/// The seconds of a day.
const DAY: f64 = 86_400.0;

/// All wallets, in groups.
pub struct Grouped {
    /// How many there are.
    pub wallets: usize,
    /// The groups.
    pub groups: Groups,
}

/// Reads and sorts the wallets, or says why it could not. That is no failure of the command: the
/// search for a change does not rest on the groups.
pub fn grouped(context: &Context, ground: &Ground, seed: u64) -> Result<Grouped, String> {
    let found = holdings(&context.connection, &ground.live)
        .map_err(|failure| format!("the wallets could not be read: {}", failure.message))?;
    let wallets: Vec<Wallet> = found
        .values()
        .map(|holding| wallet(holding, ground.now))
        .collect();
    Ok(Grouped {
        wallets: wallets.len(),
        groups: group(&wallets, seed),
    })
}

/// A wallet by what accounts tell of it: how often it pays and how much they do not.
fn wallet(holding: &Holding, now: i64) -> Wallet {
    let seconds = holding
        .staked_since
        .map_or(0, |since| now.saturating_sub(since).max(0));
    Wallet {
        tokens: holding.tokens() as f64,
        stake: holding.staked as f64,
        age: seconds as f64 / DAY,
        activity: 0.0,
        payment: 0.0,
    }
}

/// The wallets.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct WalletsAnswer {
    /// How many have tokens or stake.
    pub wallets: usize,
    /// How much nearer wallets are to their own group than to the next, from -1 to 1; absent with
    /// one group.
    pub silhouette: Option<f64>,
    /// The groups, the one with the most tokens first.
    pub groups: Vec<GroupAnswer>,
}

/// Wallets of a kind.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct GroupAnswer {
    /// How many there are.
    pub wallets: usize,
    /// What they have together.
    pub tokens: Amount,
    /// What they have staked over what they have.
    pub staked: f64,
    /// The median stake.
    pub median_stake: Amount,
    /// The mean age of their stake, as far back as positions remember (days).
    pub stake_age_days: f64,
}

impl WalletsAnswer {
    /// The same for the answer.
    pub fn new(grouped: &Grouped, decimals: u8) -> Self {
        // A sum of base units fits 64 bits, and a float of it is rounded to within a part in 2^53.
        let amount = |units: f64| Amount::new(units as u64, decimals);
        let groups = grouped.groups.groups.iter().map(|group| GroupAnswer {
            wallets: group.wallets,
            tokens: amount(group.tokens),
            staked: group.staked,
            median_stake: amount(group.median_stake),
            stake_age_days: group.mean.age,
        });
        Self {
            wallets: grouped.wallets,
            silhouette: grouped.groups.silhouette,
            groups: groups.collect(),
        }
    }
}
