//! Touching liquidity pools between cranks: the next crank measures the median of what was
//! touched, and holds the liquidity share where there is too little.

use homeostat::constants::TOUCH_PARTS;
use homeostat_chain::Live;
use homeostat_client::{instruction as ix, Instruction};

/// The touches of an economy's liquidity pools that are due at `now` (unix seconds).
pub(crate) fn due(live: &Live, now: i64) -> Vec<Instruction> {
    let apart = i64::from(live.economy.limits.period / TOUCH_PARTS);
    live.stakes
        .iter()
        .zip(&live.pools)
        .filter(|(stake, pool)| {
            stake.amm_vault.is_some() && now.saturating_sub(pool.touched_at) >= apart
        })
        .map(|(stake, _)| ix::touch_pool(&live.at, stake))
        .collect()
}

#[cfg(test)]
mod tests {
    use homeostat_client::{instruction::StakeMint, EconomyAddresses, Pool, Pubkey};

    use super::*;

    #[test]
    fn a_liquidity_pool_is_touched_a_tenth_of_a_period_after_the_last_time() {
        let stake = |amm_vault| StakeMint {
            mint: Pubkey::new_unique(),
            token_program: Pubkey::default(),
            amm_vault,
        };
        let pool = |touched_at| Pool {
            touched_at,
            ..bytemuck::Zeroable::zeroed()
        };
        let vault = Some(Pubkey::new_unique());
        let mut live = Live {
            at: EconomyAddresses::new(&Pubkey::default(), &Pubkey::default()),
            economy: Box::new(bytemuck::Zeroable::zeroed()),
            pools: vec![pool(0), pool(1_000), pool(1_050)],
            stakes: vec![stake(None), stake(vault), stake(vault)],
        };
        live.economy.limits.period = 1_000;
        assert_eq!(due(&live, 1_099).len(), 0);
        assert_eq!(
            due(&live, 1_100),
            [ix::touch_pool(&live.at, &live.stakes[1])]
        );
        assert_eq!(due(&live, 1_150).len(), 2);
        // A clock that stepped back is waited for.
        assert_eq!(due(&live, 970).len(), 0);
    }
}
