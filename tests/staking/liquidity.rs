//! Liquidity pools: staked LP tokens and their rewards.

use anchor_lang::error::ErrorCode;
use homeostat_sandbox::{
    world::{TOKEN, WEEK},
    World, WorldSpec,
};
use homeostat_tests::HomeostatError;

use super::*;

/// Somebody with LP tokens.
pub(super) struct Provider {
    /// Its `tokens` are of the economy's mint.
    pub(super) wallet: Wallet,
    /// LP tokens.
    pub(super) lp: Pubkey,
}

/// An economy with a pool for each of `weights`, and a thousand tokens of its
/// own in each AMM vault.
pub(super) async fn world_with_pools(weights: &[u16]) -> World {
    let mut world = World::build(&WorldSpec {
        liquidity: weights.to_vec(),
        ..WorldSpec::default()
    })
    .await;
    for lane in 1..=weights.len() {
        let vault = amm_vault(&world, lane);
        give(&mut world, &vault, 1_000 * TOKEN).await;
    }
    world
}

pub(super) fn amm_vault(world: &World, lane: usize) -> Pubkey {
    world.pools[lane].amm_vault.expect("a liquidity pool")
}

/// A provider with `amount` new LP tokens and an open position.
pub(super) async fn provider(world: &mut World, lane: usize, amount: u64) -> Provider {
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

pub(super) async fn stake(world: &mut World, lane: usize, provider: &Provider, amount: u64) {
    let stake = stake_ix(world, lane, provider, amount);
    world
        .bank
        .send(&[stake], &[&provider.wallet.key])
        .await
        .unwrap();
}

pub(super) fn claim_ix(world: &World, lane: usize, provider: &Provider) -> Instruction {
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
    give(&mut world, &tokens, 5 * TOKEN).await;
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
        ErrorCode::ConstraintSeeds,
    )
    .await;
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
