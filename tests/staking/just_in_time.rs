//! Stake that comes just in time for fees or rewards: it earns for the seconds that it is there.

use homeostat_sandbox::{
    world::{TOKEN, WEEK},
    World,
};

use super::*;

/// An honest staker since the first second, an attacker with as much, and
/// fees that wait to be swept at the end of the period.
async fn ripe_fees() -> (World, Wallet, Wallet) {
    let mut world = World::new().await;
    let honest = world.staker(500_000 * TOKEN).await;
    let attacker = world.wallet(500_000 * TOKEN).await;
    world.open(&attacker).await.unwrap();
    let (buyer, shop) = (world.wallet(2_000_000 * TOKEN).await, world.wallet(0).await);
    world
        .pay(&buyer, &shop.tokens, 1_000_000 * TOKEN)
        .await
        .unwrap();
    let end = world.economy().await.next_end;
    world.bank.set_time(end).await;
    (world, honest, attacker)
}

/// After the attack: the attacker has earned nothing, the honest staker all.
async fn honest_gets_all(world: &mut World, honest: &Wallet, attacker: &Wallet) {
    assert_eq!(earned(world, attacker).await, 0);
    assert_eq!(world.balance(attacker).await, 0);

    // Through the next period the fees stream, all of them to the honest one.
    let economy = world.economy().await;
    let end = economy.next_end;
    let fees = fees_by_hand(&economy, end);
    let swept = world.meter(0).await.swept_stakers.get();
    assert!(swept > 0);
    assert!((swept << 64) - fees < u128::from(WEEK.unsigned_abs()));
    world.bank.set_time(end).await;
    world.claim(honest).await.unwrap();
    let all = emission_by_hand(&economy, 0, end) + fees;
    assert_eq!(
        world.balance(honest).await,
        sole_share(all, 500_000 * TOKEN)
    );
    assert_eq!(earned(world, attacker).await, 0);
    assert_sound(world).await;
}

#[tokio::test]
async fn s7_just_in_time_stake_earns_nothing_in_one_transaction() {
    let (mut world, honest, attacker) = ripe_fees().await;

    let in_and_out = [
        world.stake_ix(&attacker, 500_000 * TOKEN),
        ix::collect(&world.at, &world.token_program, 0),
        world.crank_ix().await,
        request_unstake_ix(&world, &attacker, 500_000 * TOKEN),
        world.claim_ix(&attacker),
    ];
    world
        .bank
        .send(&in_and_out, &[&attacker.key])
        .await
        .unwrap();

    honest_gets_all(&mut world, &honest, &attacker).await;
}

#[tokio::test]
async fn s7_just_in_time_stake_earns_nothing_in_one_slot() {
    let (mut world, honest, attacker) = ripe_fees().await;

    world.stake(&attacker, 500_000 * TOKEN).await.unwrap();
    world.collect(0).await.unwrap();
    world.crank().await.unwrap();
    world
        .request_unstake(&attacker, 500_000 * TOKEN)
        .await
        .unwrap();
    world.claim(&attacker).await.unwrap();

    honest_gets_all(&mut world, &honest, &attacker).await;
}

#[tokio::test]
async fn s7_a_second_of_stake_earns_its_share_of_that_second() {
    // The cheapest stay is one second; it pays for one second, fees included.
    let (mut world, _honest, attacker) = ripe_fees().await;
    world.collect(0).await.unwrap();
    world.crank().await.unwrap();
    world.stake(&attacker, 500_000 * TOKEN).await.unwrap();
    world.bank.advance(1).await;
    world
        .request_unstake(&attacker, 500_000 * TOKEN)
        .await
        .unwrap();

    let economy = world.economy().await;
    let second = economy.stream.lanes[0].rate_q64.get() + economy.stream.fee_rate_q64.get();
    world.bank.advance(DAY).await;

    let share = earned(&mut world, &attacker).await;
    assert!(share > 0);
    assert!(share <= second / 2 + u128::from(1_000_000 * TOKEN));
}

#[tokio::test]
async fn s7_just_in_time_stake_into_an_empty_pool_earns_nothing() {
    // Given a period in which nobody staked, and fees that nobody has earned,
    let mut world = World::new().await;
    let attacker = world.wallet(TOKEN).await;
    world.open(&attacker).await.unwrap();
    let (buyer, shop) = (world.wallet(1_000_000 * TOKEN).await, world.wallet(0).await);
    world
        .pay(&buyer, &shop.tokens, 1_000_000 * TOKEN)
        .await
        .unwrap();
    let end = world.economy().await.next_end;
    world.bank.set_time(end).await;

    // when somebody is the only staker for the instant of the crank,
    let in_and_out = [
        world.stake_ix(&attacker, TOKEN),
        ix::collect(&world.at, &world.token_program, 0),
        world.crank_ix().await,
        request_unstake_ix(&world, &attacker, TOKEN),
        world.claim_ix(&attacker),
    ];
    world
        .bank
        .send(&in_and_out, &[&attacker.key])
        .await
        .unwrap();

    // then he has nothing of the past, and nothing of the future.
    assert_eq!(world.balance(&attacker).await, 0);
    world.bank.advance(DAY).await;
    assert_eq!(earned(&mut world, &attacker).await, 0);
    assert_sound(&mut world).await;
}
