//! Liquidity pools: staked LP tokens, their rewards, and the depth they report.

use anchor_lang::error::ErrorCode;
use homeostat::constants::MIN_TOUCH_INTERVAL;
use homeostat_sandbox::{
    world::{TOKEN, WEEK},
    World, WorldSpec,
};
use homeostat_tests::HomeostatError;

use super::*;

/// Somebody with LP tokens.
struct Provider {
    /// Its `tokens` are of the economy's mint.
    wallet: Wallet,
    /// LP tokens.
    lp: Pubkey,
}

/// An economy with a pool for each of `weights`, and a thousand tokens of its
/// own in each AMM vault.
async fn world_with_pools(weights: &[u16]) -> World {
    let mut world = World::build(&WorldSpec {
        liquidity: weights.to_vec(),
        ..WorldSpec::default()
    })
    .await;
    for lane in 1..=weights.len() {
        let vault = amm_vault(&world, lane);
        pour(&mut world, &vault, 1_000 * TOKEN).await;
    }
    world
}

fn amm_vault(world: &World, lane: usize) -> Pubkey {
    world.pools[lane].amm_vault.expect("a liquidity pool")
}

/// Sends tokens of the reserve.
async fn pour(world: &mut World, to: &Pubkey, amount: u64) {
    let (mint, reserve) = (world.at.mint, world.reserve);
    let creator = world.creator.insecure_clone();
    world
        .bank
        .transfer(&mint, &reserve, to, &creator, amount)
        .await;
}

/// A provider with `amount` new LP tokens and an open position.
async fn provider(world: &mut World, lane: usize, amount: u64) -> Provider {
    let wallet = world.wallet(0).await;
    let mint = world.pools[lane].mint;
    let lp = world.bank.create_tokens(&mint, &wallet.pubkey()).await;
    world.bank.mint_to(&mint, &lp, amount).await;
    let pool = world.at.pool(&mint);
    world.open_in(&pool, &wallet).await.unwrap();
    Provider { wallet, lp }
}

fn stake_ix(world: &World, lane: usize, provider: &Provider, amount: u64) -> Instruction {
    ix::stake(
        &world.at,
        &world.pools[lane],
        &provider.wallet.pubkey(),
        &provider.lp,
        amount,
    )
}

async fn stake(world: &mut World, lane: usize, provider: &Provider, amount: u64) {
    let stake = stake_ix(world, lane, provider, amount);
    world
        .bank
        .send(&[stake], &[&provider.wallet.key])
        .await
        .unwrap();
}

fn claim_ix(world: &World, lane: usize, provider: &Provider) -> Instruction {
    ix::claim(
        &world.at,
        &world.at.pool(&world.pools[lane].mint),
        &provider.wallet.pubkey(),
        &provider.wallet.tokens,
        &world.token_program,
    )
}

#[tokio::test]
async fn success_lp_stake_enters_earns_and_leaves() {
    let mut world = world_with_pools(&[1]).await;
    let provider = provider(&mut world, 1, 100 * TOKEN).await;
    stake(&mut world, 1, &provider, 100 * TOKEN).await;
    let pool = world.at.pool(&world.pools[1].mint);
    assert_eq!(world.pool(1).await.total, 100 * TOKEN);
    assert_eq!(
        world.bank.balance(&address::principal_vault(&pool)).await,
        100 * TOKEN
    );

    // A claim pays the lane's emission in the economy's own token,
    world.bank.advance(DAY).await;
    let economy = world.economy().await;
    let due = sole_share(emission_by_hand(&economy, 1, world.bank.now()), 100 * TOKEN);
    assert!(due > 0);
    let claim = claim_ix(&world, 1, &provider);
    world
        .bank
        .send(&[claim], &[&provider.wallet.key])
        .await
        .unwrap();
    assert_eq!(world.balance(&provider.wallet).await, due);

    // and the LP tokens come back whole.
    let owner = provider.wallet.pubkey();
    let request = ix::request_unstake(&world.at.economy, &pool, &owner, 100 * TOKEN);
    world
        .bank
        .send(&[request], &[&provider.wallet.key])
        .await
        .unwrap();
    world.bank.advance(WEEK).await;
    let withdraw = ix::withdraw(&world.at, &world.pools[1], &owner, &provider.lp);
    world
        .bank
        .send(&[withdraw], &[&provider.wallet.key])
        .await
        .unwrap();
    assert_eq!(world.bank.balance(&provider.lp).await, 100 * TOKEN);
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn success_pools_share_the_emission_by_weight() {
    // Given three pools: native, and two of weights one and three,
    let mut world = world_with_pools(&[1, 3]).await;
    let native = world.staker(100 * TOKEN).await;
    let light = provider(&mut world, 1, 50 * TOKEN).await;
    let heavy = provider(&mut world, 2, 7 * TOKEN).await;
    stake(&mut world, 1, &light, 50 * TOKEN).await;
    stake(&mut world, 2, &heavy, 7 * TOKEN).await;

    // a day pays a tenth to liquidity, one to three,
    world.bank.advance(DAY).await;
    let rates: Vec<u128> = world
        .economy()
        .await
        .stream
        .lanes
        .iter()
        .map(|lane| lane.rate_q64.get())
        .collect();
    let whole: u128 = rates.iter().sum();
    assert_eq!(rates[2], 3 * rates[1]);
    assert!((whole / 10).abs_diff(rates[1] + rates[2]) < 2_000_000);
    for (lane, provider, staked) in [(1, &light, 50 * TOKEN), (2, &heavy, 7 * TOKEN)] {
        let claim = claim_ix(&world, lane, provider);
        world
            .bank
            .send(&[claim], &[&provider.wallet.key])
            .await
            .unwrap();
        assert_eq!(
            world.balance(&provider.wallet).await,
            sole_share(rates[lane] * DAY as u128, staked)
        );
    }

    // and everything together is what the economy streams.
    world.claim(&native).await.unwrap();
    assert_eq!(
        world.balance(&native).await,
        sole_share(rates[0] * DAY as u128, 100 * TOKEN)
    );
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn success_staker_fees_go_to_the_native_pool_only() {
    let mut world = world_with_pools(&[1]).await;
    let native = world.staker(100 * TOKEN).await;
    let provider = provider(&mut world, 1, 50 * TOKEN).await;
    stake(&mut world, 1, &provider, 50 * TOKEN).await;
    let buyer = world.wallet(1_000_000 * TOKEN).await;
    world
        .pay(&buyer, &native.tokens, 1_000_000 * TOKEN)
        .await
        .unwrap();
    world.collect(0).await.unwrap();
    world.next_period().await.unwrap();

    world.bank.advance(DAY).await;

    let economy = world.economy().await;
    assert!(economy.stream.fee_rate_q64.get() > 0);
    let claim = claim_ix(&world, 1, &provider);
    world
        .bank
        .send(&[claim], &[&provider.wallet.key])
        .await
        .unwrap();
    assert_eq!(
        world.balance(&provider.wallet).await,
        sole_share(emission_by_hand(&economy, 1, world.bank.now()), 50 * TOKEN)
    );
}

#[tokio::test]
async fn fail_lp_stake_without_the_right_amm_vault() {
    let mut world = world_with_pools(&[1, 1]).await;
    let provider = provider(&mut world, 1, 100 * TOKEN).await;
    let stake = stake_ix(&world, 1, &provider, TOKEN);
    let right = amm_vault(&world, 1);
    let rich = world.wallet(1_000_000 * TOKEN).await;

    // Another pool's vault, somebody's wallet, our own vault, an empty address,
    for wrong in [
        amm_vault(&world, 2),
        rich.tokens,
        world.at.reward_vault,
        Pubkey::new_unique(),
    ] {
        attack(
            &mut world,
            &[exchange(stake.clone(), &right, &wrong)],
            &[&provider.wallet.key],
            HomeostatError::WrongAmmVault,
        )
        .await;
    }

    // or none at all (the program's own address says none).
    attack(
        &mut world,
        &[exchange(stake, &right, &PROGRAM_ID)],
        &[&provider.wallet.key],
        HomeostatError::WrongAmmVault,
    )
    .await;
}

#[tokio::test]
async fn fail_lp_stake_with_native_tokens_and_the_reverse() {
    let mut world = world_with_pools(&[1]).await;
    let provider = provider(&mut world, 1, 100 * TOKEN).await;
    world.open(&provider.wallet).await.unwrap();
    let tokens = provider.wallet.tokens;
    pour(&mut world, &tokens, 5 * TOKEN).await;
    let (native, lp_mint) = (world.native_pool(), world.pools[1].mint);
    let lp_pool = world.at.pool(&lp_mint);
    let stake = stake_ix(&world, 1, &provider, TOKEN);

    // Native tokens into the liquidity pool,
    attack(
        &mut world,
        &[exchange(stake.clone(), &provider.lp, &tokens)],
        &[&provider.wallet.key],
        ErrorCode::ConstraintTokenMint,
    )
    .await;

    // LP tokens into the native pool, with the position of either,
    for position in [&native, &lp_pool] {
        let owner = provider.wallet.pubkey();
        let mixed = exchange(
            exchange(stake.clone(), &lp_pool, &native),
            &address::position(&lp_pool, &owner),
            &address::position(position, &owner),
        );
        attack(
            &mut world,
            &[mixed],
            &[&provider.wallet.key],
            ErrorCode::ConstraintHasOne,
        )
        .await;
    }

    // and rewards of one pool with the position of the other.
    let claim = exchange(claim_ix(&world, 1, &provider), &lp_pool, &native);
    attack(
        &mut world,
        &[claim],
        &[&provider.wallet.key],
        ErrorCode::ConstraintHasOne,
    )
    .await;
}

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
    pour(&mut world, &vault, 1_000 * TOKEN).await;
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

#[tokio::test]
async fn c5_an_empty_liquidity_pool_returns_its_lane() {
    // Given a liquidity pool nobody stakes in while the native pool is busy,
    let mut world = world_with_pools(&[1]).await;
    let native = world.staker(100 * TOKEN).await;
    let rate = world.economy().await.stream.lanes[1].rate_q64.get();
    assert!(rate > 0);
    world.next_period().await.unwrap();

    // its lane goes back to the grant, not to the other pool,
    let economy = world.economy().await;
    let week = WEEK as u128;
    assert_eq!(economy.tally.returned_emission_q64.get(), rate * week);

    // and its first staker starts at zero.
    world.bank.advance(DAY).await;
    let late = provider(&mut world, 1, 100 * TOKEN).await;
    stake(&mut world, 1, &late, 100 * TOKEN).await;
    let claim = claim_ix(&world, 1, &late);
    world
        .bank
        .send(&[claim], &[&late.wallet.key])
        .await
        .unwrap();
    assert_eq!(world.balance(&late.wallet).await, 0);
    world.claim(&native).await.unwrap();
    assert_sound(&mut world).await;
}
