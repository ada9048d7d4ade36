//! A chain whose rewards come out of a vault that somebody filled before go-live.

use homeostat::state::Funding;

use crate::chain::{Chain, Design, Error};

/// As [`Chain::go_live`], but of an economy in Funded mode: `fund` base units of the design's
/// supply are in the reward vault, and nothing is ever minted. Refuses what the program refuses,
/// an empty vault among it.
pub fn go_live(design: &Design, fund: u64, now: i64) -> Result<Chain, Error> {
    let mut chain = Chain::go_live(design, now)?;
    let economy = &mut chain.economy;
    economy.funding = Funding::Funded as u8;
    // What was minted ahead gives way to the fund, and go-live starts the clock again with it.
    economy.totals.supplied = 0;
    economy.supply_rewards(fund)?;
    if economy.totals.supplied == 0 {
        return Err(homeostat::error::HomeostatError::NoFunds.into());
    }
    economy.go_live(design.supply, design.excluded, now)?;
    economy.open_period(design.supply, now)?;
    chain.supply = design.supply;
    chain.reward_vault = fund;
    chain.economy.invariant(chain.supply, now)?;
    Ok(chain)
}
