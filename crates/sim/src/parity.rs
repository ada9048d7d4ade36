//! Simulated accounts at the addresses of real ones: what the program's accounts must be, byte by
//! byte, if a simulated decision is the program's.

use homeostat::state::{Economy, Meter, Pool};

/// A simulated economy at the addresses of a real one.
pub fn economy_at(real: &Economy, simulated: &Economy) -> Economy {
    let mut pools = simulated.pools;
    for (slot, real) in pools.iter_mut().zip(&real.pools) {
        slot.pool = real.pool;
    }
    Economy {
        bump: real.bump,
        authority_bump: real.authority_bump,
        keeper_bump: real.keeper_bump,
        rewards_bump: real.rewards_bump,
        treasury_bump: real.treasury_bump,
        decimals: real.decimals,
        // The simulated economy has one meter, through which everything is paid, and a sum in
        // the place of the excluded accounts.
        meter_count: real.meter_count,
        excluded_count: real.excluded_count,
        mint: real.mint,
        token_program: real.token_program,
        creator: real.creator,
        council: real.council,
        authority: real.authority,
        keeper_vault: real.keeper_vault,
        reward_vault: real.reward_vault,
        treasury_vault: real.treasury_vault,
        log: real.log,
        meters: real.meters,
        excluded: real.excluded,
        sponsor: real.sponsor,
        pools,
        ..*simulated
    }
}

/// A simulated pool at the addresses of a real one.
pub fn pool_at(real: &Pool, simulated: &Pool) -> Pool {
    Pool {
        bump: real.bump,
        principal_bump: real.principal_bump,
        decimals: real.decimals,
        economy: real.economy,
        stake_mint: real.stake_mint,
        stake_token_program: real.stake_token_program,
        principal_vault: real.principal_vault,
        amm_vault: real.amm_vault,
        payer: real.payer,
        ..*simulated
    }
}

/// A simulated meter at the addresses of a real one.
pub fn meter_at(real: &Meter, simulated: &Meter) -> Meter {
    Meter {
        bump: real.bump,
        vault_bump: real.vault_bump,
        shard: real.shard,
        economy: real.economy,
        vault: real.vault,
        payer: real.payer,
        ..*simulated
    }
}
