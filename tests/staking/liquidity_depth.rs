//! The depth that liquidity pools report: the lower of two touches, and none that is borrowed.

use homeostat::constants::MIN_TOUCH_INTERVAL;
use homeostat_sandbox::{world::TOKEN, World};

use super::{
    liquidity::{amm_vault, claim_ix, provider, stake, world_with_pools},
    *,
};

/// Depth of the first liquidity pool: last touch, its value, and the integral.
async fn depth(world: &mut World) -> (i64, u64, u128) {
    let pool = world.pool(1).await;
    (pool.touched_at, pool.depth, pool.depth_seconds.get())
}

#[tokio::test]
async fn success_depth_counts_the_lower_of_two_touches() {
    // Given a hundred LP tokens in all, fifty of them staked,
    let mut world = world_with_pools(&[1]).await;
    let vault = amm_vault(&world, 1);
    let provider = provider(&mut world, 1, 100 * TOKEN).await;
    let start = world.bank.now();
    stake(&mut world, 1, &provider, 50 * TOKEN).await;

    // the first touch finds an empty pool: nothing counts before it,
    assert_eq!(depth(&mut world).await, (start, 0, 0));

    // touches less than a minute apart change nothing,
    world.bank.set_time(start + MIN_TOUCH_INTERVAL - 1).await;
    stake(&mut world, 1, &provider, 10 * TOKEN).await;
    assert_eq!(depth(&mut world).await, (start, 0, 0));

    // a minute later half of the thousand tokens stands behind stakers
    // (what was staked before this very instruction),
    let second = start + MIN_TOUCH_INTERVAL;
    world.bank.set_time(second).await;
    stake(&mut world, 1, &provider, 10 * TOKEN).await;
    assert_eq!(depth(&mut world).await, (second, 600 * TOKEN, 0));

    // a vault that has doubled counts with the lower value until the next touch,
    give(&mut world, &vault, 1_000 * TOKEN).await;
    let third = second + 100;
    world.bank.set_time(third).await;
    stake(&mut world, 1, &provider, 10 * TOKEN).await;
    let integral = u128::from(600 * TOKEN) * 100;
    assert_eq!(depth(&mut world).await, (third, 1_400 * TOKEN, integral));

    // and so does one that has shrunk.
    world.bank.set_balance(&vault, 100 * TOKEN).await;
    let fourth = third + 1_000;
    world.bank.set_time(fourth).await;
    stake(&mut world, 1, &provider, 10 * TOKEN).await;
    let integral = integral + u128::from(80 * TOKEN) * 1_000;
    assert_eq!(depth(&mut world).await, (fourth, 80 * TOKEN, integral));
}

#[tokio::test]
async fn success_a_crank_touches_the_depth_too() {
    // Given a pool that was touched a moment after it filled,
    let mut world = world_with_pools(&[1]).await;
    let provider = provider(&mut world, 1, 100 * TOKEN).await;
    stake(&mut world, 1, &provider, 50 * TOKEN).await;
    world.bank.advance(MIN_TOUCH_INTERVAL).await;
    stake(&mut world, 1, &provider, 25 * TOKEN).await;
    let (touched, value, integral) = depth(&mut world).await;
    assert_eq!((value, integral), (500 * TOKEN, 0));

    // a crank counts the time since, with the lower of both values,
    world.next_period().await.unwrap();
    let now = world.bank.now();
    let window = u128::from((now - touched).unsigned_abs());
    let counted = u128::from(500 * TOKEN) * window;
    assert_eq!(depth(&mut world).await, (now, 750 * TOKEN, counted));

    // which is what the economy measured.
    let reading = world.economy().await.readings[3];
    assert_eq!(reading.numerator.get(), counted);
}

#[tokio::test]
async fn o4_borrowed_liquidity_does_not_count() {
    // Given a vault that is a thousand times as deep for one instruction,
    let mut world = world_with_pools(&[1]).await;
    let vault = amm_vault(&world, 1);
    let provider = provider(&mut world, 1, 100 * TOKEN).await;
    stake(&mut world, 1, &provider, 50 * TOKEN).await;
    world.bank.advance(HOUR).await;
    stake(&mut world, 1, &provider, 1).await;
    world.bank.advance(HOUR).await;
    world.bank.set_balance(&vault, 1_000_000 * TOKEN).await;
    stake(&mut world, 1, &provider, 1).await;
    world.bank.set_balance(&vault, 1_000 * TOKEN).await;

    // the hours before and after it count with what was really there.
    world.bank.advance(HOUR).await;
    stake(&mut world, 1, &provider, 1).await;
    let (_, _, integral) = depth(&mut world).await;
    let real = u128::from(500 * TOKEN) * 2 * HOUR as u128;
    assert!(integral >= real && integral < real + real / 1_000_000);
}

#[tokio::test]
async fn o8_an_amm_vault_that_is_gone_stops_nobody() {
    // Given an AMM that closed its vault, or an account that is something else now,
    let mut world = world_with_pools(&[1]).await;
    let vault = amm_vault(&world, 1);
    let provider = provider(&mut world, 1, 100 * TOKEN).await;
    stake(&mut world, 1, &provider, 50 * TOKEN).await;
    world.bank.advance(HOUR).await;
    stake(&mut world, 1, &provider, TOKEN).await;
    assert!(depth(&mut world).await.1 > 0);
    world.bank.set_owner(&vault, &other_program()).await;

    // stake still enters, with no depth behind it, and cranks go on.
    world.bank.advance(HOUR).await;
    stake(&mut world, 1, &provider, TOKEN).await;
    assert_eq!(depth(&mut world).await.1, 0);
    world.next_period().await.unwrap();
    let claim = claim_ix(&world, 1, &provider);
    let top_up = world.top_up_ix();
    world
        .bank
        .send(&[top_up, claim], &[&provider.wallet.key])
        .await
        .unwrap();
    assert!(world.balance(&provider.wallet).await > 0);
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn o8_lp_tokens_minted_beside_the_pool_only_thin_the_depth() {
    // Depth is a share: LP tokens that are not staked lower it, never raise it.
    let mut world = world_with_pools(&[1]).await;
    let provider = provider(&mut world, 1, 100 * TOKEN).await;
    stake(&mut world, 1, &provider, 90 * TOKEN).await;
    let lp_mint = world.pools[1].mint;
    world
        .bank
        .mint_to(&lp_mint, &provider.lp, 800 * TOKEN)
        .await;
    world.bank.advance(HOUR).await;
    stake(&mut world, 1, &provider, 1).await;

    assert_eq!(depth(&mut world).await.1, 100 * TOKEN);
}
