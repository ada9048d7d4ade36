//! The smallest stake: every pool has its own, in base units of its own mint.

use homeostat_client::Action;
use homeostat_sandbox::{world::TOKEN, Failure, World};
use homeostat_tests::HomeostatError;

use super::{
    liquidity::{provider, stake, world_with_pools, Provider},
    *,
};

/// Sets the smallest stake of a pool by a proposal.
async fn set(world: &mut World, lane: u8, expected: u64, value: u64) -> Result<(), Failure> {
    let action = Action::MinStake {
        lane,
        expected,
        value,
    };
    world.enact(vec![action]).await.map(drop)
}

/// A stake of LP tokens that is too small.
async fn too_small(world: &mut World, lane: usize, who: &Provider, amount: u64) {
    let (stake, key) = (&world.pools[lane], who.wallet.pubkey());
    let stake = ix::stake(&world.at, stake, &key, &who.lp, amount);
    let error = HomeostatError::AmountTooSmall;
    attack(world, &[stake], &[&who.wallet.key], error).await;
}

#[tokio::test]
async fn e30_the_smallest_stake_of_one_pool_binds_no_other() {
    // given a native pool and two pools of LP tokens, of whom everybody has a few base units
    let mut world = world_with_pools(&[1, 1]).await;
    let native = world.wallet(100 * TOKEN).await;
    world.open(&native).await.unwrap();
    let first = provider(&mut world, 1, 1_000).await;
    let second = provider(&mut world, 2, 1_000).await;
    stake(&mut world, 1, &first, 1).await;

    // when the council wants no dust in the native pool
    set(&mut world, 0, 1, 10 * TOKEN).await.unwrap();

    // then the smallest stake there is ten tokens,
    let dust = world.stake_ix(&native, 10 * TOKEN - 1);
    let error = HomeostatError::AmountTooSmall;
    attack(&mut world, &[dust], &[&native.key], error).await;
    world.stake(&native, 10 * TOKEN).await.unwrap();
    // and ten million base units of LP tokens, which nobody has, are asked of nobody
    stake(&mut world, 1, &first, 1).await;
    stake(&mut world, 2, &second, 1).await;

    // and when it wants no dust in one pool of LP tokens, only that one refuses it
    set(&mut world, 2, 1, 500).await.unwrap();
    too_small(&mut world, 2, &second, 499).await;
    stake(&mut world, 2, &second, 500).await;
    stake(&mut world, 1, &first, 1).await;
    let economy = world.economy().await;
    let least = [0, 1, 2, 3, 7, 8].map(|lane| economy.min_stake(lane));
    assert_eq!(least, [10 * TOKEN, 1, 500, 1, 1, 1]);

    // and nobody is kept in: what is left of a stake may be smaller
    let pool = world.at.pool(&world.pools[2].mint);
    let (at, key) = (world.at, second.wallet.pubkey());
    for amount in [2, 499] {
        let leave = ix::request_unstake(&at.economy, &pool, &key, amount);
        let signers = [&second.wallet.key];
        world.bank.send(&[leave], &signers).await.unwrap();
    }
    assert_eq!(world.pool(2).await.total, 0);
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn e30_a_pool_that_is_closed_leaves_its_smallest_stake_to_no_other() {
    // given a pool of LP tokens with a smallest stake of its own
    let mut world = world_with_pools(&[1]).await;
    set(&mut world, 1, 1, 500).await.unwrap();
    assert_eq!(world.economy().await.min_stake(1), 500);

    // when it is retired and closed
    let retire = Action::PoolWeight {
        lane: 1,
        expected: 1,
        value: 0,
    };
    world.enact(vec![retire]).await.unwrap();
    let (at, pool) = (world.at, world.pools[1]);
    let payer = world.pool(1).await.payer;
    let close = ix::close_pool(&at, &pool, &payer);
    world.run(&[close]).await.unwrap();

    // then the next pool of its lane starts with one base unit, and none has any before
    let economy = world.economy().await;
    assert_eq!(economy.min_stake(1), 1);
    assert_eq!(economy.lp_min_stakes, [0; 7]);
    set(&mut world, 1, 1, 500).await.unwrap_err();
}
