//! The depth that liquidity pools report: the median of touches, and none that is borrowed.

use homeostat::constants::TOUCH_PARTS;
use homeostat_sandbox::{
    world::{TOKEN, WEEK},
    World, WorldSpec,
};
use homeostat_tests::{anchor, HomeostatError};

use super::{
    liquidity::{amm_vault, claim_ix, provider, stake, world_with_pools},
    *,
};

/// The least time between two touches.
const APART: i64 = WEEK / TOUCH_PARTS as i64;

/// The touches of the first liquidity pool in this period, oldest first, and the last one's
/// time.
async fn touches(world: &mut World) -> (Vec<u64>, i64) {
    let pool = world.pool(1).await;
    let count = pool.touches as usize;
    (pool.depths[..count].to_vec(), pool.touched_at)
}

fn touch_ix(world: &World) -> Instruction {
    ix::touch_pool(&world.at, &world.pools[1])
}

/// Waits, and touches the first liquidity pool while the AMM's vault contains `balance`.
async fn touch_with(world: &mut World, balance: u64) {
    let vault = amm_vault(world, 1);
    world.bank.advance(APART).await;
    world.bank.set_balance(&vault, balance).await;
    let touch = touch_ix(world);
    world.run(&[touch]).await.unwrap();
}

#[tokio::test]
async fn success_the_depth_is_the_median_of_touches() {
    // Given a hundred LP tokens in all, fifty of them staked,
    let mut world = world_with_pools(&[1]).await;
    let start = world.bank.now();
    let provider = provider(&mut world, 1, 100 * TOKEN).await;
    stake(&mut world, 1, &provider, 50 * TOKEN).await;

    // the first touch finds what was staked before it: nothing,
    assert_eq!(touches(&mut world).await, (vec![0], start));

    // others find half of what the vault contains.
    for balance in [1_000, 1_200, 800, 6] {
        touch_with(&mut world, balance * TOKEN).await;
    }
    let (depths, last) = touches(&mut world).await;
    assert_eq!(depths, [0, 500, 600, 400, 3].map(|depth| depth * TOKEN));
    assert_eq!(last, start + 4 * APART);

    // The crank measures the one in the middle, over the whole week,
    let end = world.economy().await.next_end;
    world.bank.set_time(end).await;
    world.crank().await.unwrap();
    let economy = world.economy().await;
    let reading = economy.readings[3];
    assert_eq!(
        reading.numerator.get(),
        u128::from(400 * TOKEN) * WEEK as u128
    );
    assert_eq!(
        (economy.tally.depth, economy.tally.without_depth),
        (400 * TOKEN, 0)
    );

    // and the next period begins without touches.
    touch_with(&mut world, 1_000 * TOKEN).await;
    assert_eq!(touches(&mut world).await.0, [500 * TOKEN]);
}

#[tokio::test]
async fn success_stake_enters_when_a_touch_is_too_soon() {
    let mut world = world_with_pools(&[1]).await;
    let provider = provider(&mut world, 1, 100 * TOKEN).await;
    stake(&mut world, 1, &provider, 50 * TOKEN).await;
    let before = touches(&mut world).await;
    world.bank.advance(APART - 1).await;
    stake(&mut world, 1, &provider, 10 * TOKEN).await;
    assert_eq!(touches(&mut world).await, before);
    world.bank.advance(1).await;
    stake(&mut world, 1, &provider, 10 * TOKEN).await;
    assert_eq!(touches(&mut world).await.0, [0, 600 * TOKEN]);
    assert_eq!(world.pool(1).await.total, 70 * TOKEN);
}

#[tokio::test]
async fn d3_nobody_makes_most_touches_in_a_moment() {
    // Given a pool that was just touched,
    let mut world = world_with_pools(&[1]).await;
    let provider = provider(&mut world, 1, 100 * TOKEN).await;
    stake(&mut world, 1, &provider, 50 * TOKEN).await;
    let touch = touch_ix(&world);

    // it is not touched again for a tenth of a period, nor twice in a transaction,
    for wait in [0, 60, APART - 61] {
        world.bank.advance(wait).await;
        let error = HomeostatError::TouchedLately;
        attack(&mut world, core::slice::from_ref(&touch), &[], error).await;
    }
    world.bank.advance(1).await;
    let error = HomeostatError::TouchedLately;
    attack(&mut world, &[touch.clone(), touch.clone()], &[], error).await;
    world.run(&[touch]).await.unwrap();
}

#[tokio::test]
async fn fail_touch_pool_with_other_accounts() {
    let mut world = world_with_pools(&[1, 1]).await;
    let touch = touch_ix(&world);
    let (vault, lp) = (amm_vault(&world, 1), world.pools[1].mint);
    let (other_vault, other_lp) = (amm_vault(&world, 2), world.pools[2].mint);
    let wrong_vault = HomeostatError::WrongAmmVault.into();
    for (old, new, code) in [
        (vault, other_vault, wrong_vault),
        (vault, world.at.reward_vault, wrong_vault),
        (lp, other_lp, anchor::CONSTRAINT_HAS_ONE),
    ] {
        let wrong = exchange(touch.clone(), &old, &new);
        attack(&mut world, &[wrong], &[], code).await;
    }

    // The native pool has no depth, whatever is passed as its AMM vault.
    for amm_vault in [None, Some(vault)] {
        let native = ix::StakeMint {
            amm_vault,
            ..world.pools[0]
        };
        let touch = ix::touch_pool(&world.at, &native);
        attack(&mut world, &[touch], &[], wrong_vault).await;
    }
}

#[tokio::test]
async fn fail_touch_pool_of_a_draft() {
    let mut world = World::build(&WorldSpec {
        liquidity: vec![1],
        draft: true,
        ..WorldSpec::default()
    })
    .await;
    let touch = touch_ix(&world);
    attack(&mut world, &[touch], &[], HomeostatError::NotLive).await;
}

#[tokio::test]
async fn o4_borrowed_liquidity_does_not_count() {
    // Given a vault that is a thousand times as deep for one touch of three,
    let mut world = world_with_pools(&[1]).await;
    let provider = provider(&mut world, 1, 100 * TOKEN).await;
    stake(&mut world, 1, &provider, 50 * TOKEN).await;
    world.next_period().await.unwrap();
    for balance in [1_000, 1_000_000, 1_001] {
        touch_with(&mut world, balance * TOKEN).await;
    }

    // the week counts with what was there at the others.
    let end = world.economy().await.next_end;
    world.bank.set_time(end).await;
    world.crank().await.unwrap();
    assert_eq!(world.economy().await.tally.depth, 500 * TOKEN + TOKEN / 2);
}

#[tokio::test]
async fn o8_an_amm_vault_that_is_gone_stops_nobody() {
    // Given an AMM that closed its vault, or an account that is something else now,
    let mut world = world_with_pools(&[1]).await;
    let vault = amm_vault(&world, 1);
    let provider = provider(&mut world, 1, 100 * TOKEN).await;
    stake(&mut world, 1, &provider, 50 * TOKEN).await;
    world.bank.set_owner(&vault, &other_program()).await;

    // stake still enters, with no depth behind it, and touches and cranks go on.
    world.bank.advance(APART).await;
    stake(&mut world, 1, &provider, TOKEN).await;
    assert_eq!(touches(&mut world).await.0, [0, 0]);
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
    world.bank.advance(APART).await;
    stake(&mut world, 1, &provider, 1).await;

    assert_eq!(touches(&mut world).await.0, [0, 100 * TOKEN]);
}

#[tokio::test]
async fn success_a_pool_that_shrinks_between_touches_is_measured_as_it_is() {
    // Given touches over which the AMM's side goes down,
    let mut world = world_with_pools(&[1]).await;
    let vault = amm_vault(&world, 1);
    let provider = provider(&mut world, 1, 100 * TOKEN).await;
    stake(&mut world, 1, &provider, 100 * TOKEN).await;
    for balance in [900, 800, 700] {
        touch_with(&mut world, balance * TOKEN).await;
    }
    // then tokens that come back do not change what was touched.
    world.bank.set_balance(&vault, 1_700 * TOKEN).await;
    assert_eq!(
        touches(&mut world).await.0,
        [0, 900, 800, 700].map(|depth| depth * TOKEN)
    );
}
