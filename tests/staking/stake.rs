//! `stake`: what enters is credited, counted and earns.

use homeostat_sandbox::{
    world::{TOKEN, WEEK},
    TokenProgram, World, WorldSpec,
};
use homeostat_tests::HomeostatError;
use solana_signer::Signer;

use super::*;

#[tokio::test]
async fn success_stake_is_credited_and_told() {
    for program in [TokenProgram::Legacy, TokenProgram::Token2022] {
        let mut world = World::build(&WorldSpec {
            program,
            ..WorldSpec::default()
        })
        .await;
        let first = world.staker(7 * TOKEN).await;
        let wallet = world.wallet(10 * TOKEN).await;
        world.open(&wallet).await.unwrap();
        world.stake(&wallet, 3 * TOKEN).await.unwrap();

        let more = world.stake_ix(&wallet, 4 * TOKEN);
        let event = the_event!(world, &[more], &[&wallet.key], Staked);
        world.stake(&wallet, 4 * TOKEN).await.unwrap();

        assert_eq!(event.pool, world.native_pool());
        assert_eq!(event.owner, wallet.pubkey());
        assert_eq!(event.amount, 4 * TOKEN);
        assert_eq!(event.old_amount, 3 * TOKEN);
        assert_eq!(event.new_amount, 7 * TOKEN);
        assert_eq!(event.total, 14 * TOKEN);
        let position = world.position(&wallet).await;
        assert_eq!(position.amount, 7 * TOKEN);
        assert_eq!(position.votes_from, world.bank.now());
        assert_eq!(world.pool(0).await.total, 14 * TOKEN);
        assert_eq!(world.balance(&wallet).await, 3 * TOKEN);
        assert_eq!(world.balance(&first).await, 0);
        let vault = principal_vault(&world);
        assert_eq!(world.bank.balance(&vault).await, 14 * TOKEN);
        assert_sound(&mut world).await;
    }
}

#[tokio::test]
async fn success_more_stake_keeps_what_was_earned() {
    let mut world = World::new().await;
    let wallet = world.wallet(10 * TOKEN).await;
    world.open(&wallet).await.unwrap();
    world.stake(&wallet, TOKEN).await.unwrap();
    world.bank.advance(DAY).await;

    let before = earned(&mut world, &wallet).await;
    world.stake(&wallet, 9 * TOKEN).await.unwrap();

    assert!(before > 0);
    assert_eq!(world.position(&wallet).await.pending_q64.get(), before);
}

#[tokio::test]
async fn s4_zero_and_dust() {
    let mut world = world_with(|limits| limits.min_stake = TOKEN).await;
    let wallet = world.wallet(10 * TOKEN).await;
    world.open(&wallet).await.unwrap();

    for dust in [0, 1, TOKEN - 1] {
        let stake = world.stake_ix(&wallet, dust);
        attack(
            &mut world,
            &[stake],
            &[&wallet.key],
            HomeostatError::AmountTooSmall,
        )
        .await;
    }

    world.stake(&wallet, TOKEN).await.unwrap();
}

#[tokio::test]
async fn s4_zero_where_the_minimum_is_one() {
    let mut world = World::new().await;
    let wallet = world.wallet(TOKEN).await;
    world.open(&wallet).await.unwrap();

    let stake = world.stake_ix(&wallet, 0);

    attack(
        &mut world,
        &[stake],
        &[&wallet.key],
        HomeostatError::AmountTooSmall,
    )
    .await;
}

#[tokio::test]
async fn s5_a_donation_inflates_nothing() {
    // Given a first staker with one unit who then donates to the vault,
    let mut world = World::new().await;
    let first = world.wallet(1_000 * TOKEN).await;
    world.open(&first).await.unwrap();
    world.stake(&first, 1).await.unwrap();
    let (mint, vault) = (world.at.mint, principal_vault(&world));
    world
        .bank
        .transfer(&mint, &first.tokens, &vault, &first.key, 999 * TOKEN)
        .await;
    let pool = world.pool(0).await;
    assert_eq!(pool.total, 1);

    // when a second one stakes, every unit counts as one,
    let second = world.staker(500 * TOKEN).await;
    assert_eq!(world.position(&second).await.amount, 500 * TOKEN);
    assert_eq!(world.pool(0).await.total, 500 * TOKEN + 1);

    // the rewards follow the units,
    world.bank.advance(DAY).await;
    let (small, large) = (
        earned(&mut world, &first).await,
        earned(&mut world, &second).await,
    );
    assert_eq!(large / u128::from(500 * TOKEN), small);

    // and the second one leaves with everything he brought.
    world.request_unstake(&second, 500 * TOKEN).await.unwrap();
    world.bank.advance(WEEK).await;
    world.withdraw(&second).await.unwrap();
    assert!(world.balance(&second).await >= 500 * TOKEN);
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn s10_totals_do_not_wrap() {
    // Given a position and a pool near the end of their range,
    let mut world = World::new().await;
    let wallet = world.wallet(1_000).await;
    world.open(&wallet).await.unwrap();
    let position = position_of(&world, &wallet);
    let stake = world.stake_ix(&wallet, 1_000);

    edit_native_pool(&mut world, |pool| pool.total = u64::MAX - 999).await;
    attack(
        &mut world,
        std::slice::from_ref(&stake),
        &[&wallet.key],
        HomeostatError::MathOverflow,
    )
    .await;

    // or a pool whose stakes and tickets together leave it,
    edit_native_pool(&mut world, |pool| {
        pool.total = u64::MAX - 2_000;
        pool.unbonding = 1_001;
    })
    .await;
    attack(
        &mut world,
        std::slice::from_ref(&stake),
        &[&wallet.key],
        HomeostatError::MathOverflow,
    )
    .await;

    // or a position alone.
    edit_native_pool(&mut world, |pool| {
        pool.total = 0;
        pool.unbonding = 0;
    })
    .await;
    world
        .bank
        .edit(&position, |position: &mut Position| {
            position.amount = u64::MAX - 999;
        })
        .await;
    attack(
        &mut world,
        &[stake],
        &[&wallet.key],
        HomeostatError::MathOverflow,
    )
    .await;
}

#[tokio::test]
async fn c10_two_stakes_and_a_claim_in_one_transaction_see_fresh_balances() {
    // Given rewards that are compounded in one transaction, with stakes around,
    let mut world = World::new().await;
    let wallet = world.wallet(10 * TOKEN).await;
    world.open(&wallet).await.unwrap();
    world.stake(&wallet, TOKEN).await.unwrap();
    world.bank.advance(DAY).await;
    let reward = sole_share(
        emission_by_hand(&*world.economy().await, 0, world.bank.now()),
        TOKEN,
    );

    let compound = [
        world.stake_ix(&wallet, 2 * TOKEN),
        world.claim_ix(&wallet),
        world.stake_ix(&wallet, reward),
        world.stake_ix(&wallet, 3 * TOKEN),
    ];
    world.bank.send(&compound, &[&wallet.key]).await.unwrap();

    // every unit is where the counters say.
    let staked = 6 * TOKEN + reward;
    let vault = principal_vault(&world);
    assert_eq!(world.position(&wallet).await.amount, staked);
    assert_eq!(world.pool(0).await.total, staked);
    assert_eq!(world.bank.balance(&vault).await, staked);
    assert_eq!(world.balance(&wallet).await, 4 * TOKEN);
    assert_eq!(world.pool(0).await.claimed, reward);
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn o8_donations_to_the_vaults_change_no_decision() {
    // Given two economies with the same life, one of which is showered with dust
    // and donations,
    let mut ends = Vec::new();
    for donate in [false, true] {
        let mut world = World::new().await;
        let honest = world.staker(500_000 * TOKEN).await;
        let donor = world.wallet(50_000_000 * TOKEN).await;
        for _ in 0..2 {
            if donate {
                let mint = world.at.mint;
                for vault in [
                    principal_vault(&world),
                    world.at.reward_vault,
                    world.at.treasury_vault,
                    address::fee_vault(&world.at.meter(0)),
                ] {
                    for amount in [1, 5_000_000 * TOKEN] {
                        world
                            .bank
                            .transfer(&mint, &donor.tokens, &vault, &donor.key, amount)
                            .await;
                    }
                }
            }
            world.collect(0).await.unwrap();
            world.next_period().await.unwrap();
        }
        world.claim(&honest).await.unwrap();
        world
            .request_unstake(&honest, 500_000 * TOKEN)
            .await
            .unwrap();
        let reward = world.balance(&honest).await;
        let economy = world.economy().await;
        assert_eq!(economy.tripped, 0);
        assert_sound(&mut world).await;
        ends.push((
            reward,
            economy.totals,
            economy.tally,
            economy.readings,
            economy.stream,
            economy.controllers,
        ));
    }

    // they decide, emit and pay the same.
    assert_eq!(ends[0], ends[1]);
}

#[tokio::test]
async fn o8_a_dust_position_in_the_pool_trips_nothing() {
    let mut world = World::new().await;
    world.staker(500_000 * TOKEN).await;
    let dust = world.staker(1).await;

    for _ in 0..4 {
        world.next_period().await.unwrap();
        world.claim(&dust).await.unwrap();
    }

    let economy = world.economy().await;
    assert_eq!(economy.tripped, 0);
    assert!(economy.controllers.iter().all(|c| c.guard.latched == 0));
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn success_no_staking_instruction_writes_the_economy_or_the_mint() {
    let mut world = World::new().await;
    let wallet = world.staker(10 * TOKEN).await;
    let payer = world.bank.payer().pubkey();

    // None of them locks what all payments and cranks need,
    for instruction in [
        ix::open_position(
            &world.at.economy,
            &world.native_pool(),
            &wallet.pubkey(),
            &payer,
        ),
        world.stake_ix(&wallet, TOKEN),
        request_unstake_ix(&world, &wallet, TOKEN),
        cancel_unstake_ix(&world, &wallet, 0),
        withdraw_ix(&world, &wallet),
        world.claim_ix(&wallet),
        close_position_ix(&world, &wallet, &payer),
    ] {
        for shared in [world.at.economy, world.at.mint, world.at.authority] {
            let locks = |meta: &AccountMeta| meta.pubkey == shared && meta.is_writable;
            assert!(!instruction.accounts.iter().any(locks));
        }
    }

    // and none of them changes it.
    let before = world.economy().await;
    world.bank.advance(DAY).await;
    world.request_unstake(&wallet, 5 * TOKEN).await.unwrap();
    world.cancel_unstake(&wallet, 0).await.unwrap();
    let claim = world.claim_ix(&wallet);
    world.bank.send(&[claim], &[&wallet.key]).await.unwrap();
    assert!(world.economy().await == before);
}

#[tokio::test]
async fn success_the_staked_share_counts_stake_by_the_second() {
    // Given stake that grows, unbonds, returns and leaves at known times,
    let mut world = World::new().await;
    let wallet = world.wallet(10 * TOKEN).await;
    world.open(&wallet).await.unwrap();
    let mut integral = 0u128;
    let wait = |seconds: i64, staked: u64| u128::from(staked) * u128::from(seconds.unsigned_abs());
    world.bank.advance(DAY).await;
    world.stake(&wallet, 4 * TOKEN).await.unwrap();
    world.bank.advance(100).await;
    integral += wait(100, 4 * TOKEN);
    world.request_unstake(&wallet, 3 * TOKEN).await.unwrap();
    world.bank.advance(1_000).await;
    integral += wait(1_000, TOKEN);
    world.cancel_unstake(&wallet, 0).await.unwrap();
    world.bank.advance(10).await;
    integral += wait(10, 4 * TOKEN);

    // stake that is there for no second at all does not count,
    let flash = [
        world.stake_ix(&wallet, 6 * TOKEN),
        request_unstake_ix(&world, &wallet, 6 * TOKEN),
    ];
    world.bank.send(&flash, &[&wallet.key]).await.unwrap();

    // and the integral is the sum of stake times seconds.
    assert_eq!(world.pool(0).await.stake_seconds.get(), integral);
}
