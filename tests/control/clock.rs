//! A clock that steps back a little: no exit waits for it, and no crank is refused.

use super::*;

/// How far the clock steps back (seconds).
const BACK: i64 = 30;

/// The guardian pauses the emission for three days.
async fn pause_emission(world: &mut World) {
    let guardian = world.guardian.insecure_clone();
    let pause = governance::pause(
        &world.at,
        &guardian.pubkey(),
        Section::Emission,
        259_200,
        PauseReason::Incident,
    );
    world.send_as(&guardian, pause).await.unwrap();
}

#[tokio::test]
async fn n20_a_rate_that_ends_before_a_pool_was_settled_locks_no_exit() {
    // Given a pool that was settled half a minute after the emission stopped,
    let mut world = World::new().await;
    let staker = world.staker(100_000_000 * TOKEN).await;
    world.bank.advance(WEEK / 2).await;
    world.claim(&staker).await.unwrap();
    let settled = world.bank.now();
    world.bank.set_time(settled - BACK).await;
    pause_emission(&mut world).await;
    let seen = world.pool(0).await.seen_emission_q64;
    let emitted = world.economy().await.stream.emitted_at(settled).unwrap();
    assert!(seen.get() > emitted);

    // then everybody gets out at every second from then on,
    for now in [settled - BACK, settled - 1, settled, settled + 3_600] {
        world.bank.set_time(now).await;
        world.claim(&staker).await.unwrap();
        world.request_unstake(&staker, TOKEN).await.unwrap();
    }
    world.bank.set_time(settled + 3_600 + WEEK).await;
    world.withdraw(&staker).await.unwrap();

    // and what was paid too early is not paid again once the emission goes on.
    world.next_period().await.unwrap();
    world.claim(&staker).await.unwrap();
    let now = world.bank.now();
    let emitted = world.economy().await.stream.emitted_at(now).unwrap();
    let pool = world.pool(0).await;
    assert_eq!(pool.seen_emission_q64.get(), emitted);
    assert!(pool.distributed_q64.get() <= emitted);
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn n20_stake_that_leaves_before_the_last_crank_stops_no_crank() {
    // Given a crank that counted all of the stake to its own second,
    let mut world = World::new().await;
    let staker = world.staker(100_000_000 * TOKEN).await;
    world.next_period().await.unwrap();
    let counted = world.economy().await.tally.stake_seconds.get();

    // when all of it leaves at an earlier time,
    world.bank.advance(-BACK).await;
    world
        .request_unstake(&staker, 100_000_000 * TOKEN)
        .await
        .unwrap();
    let again = preview(&mut world, 0).await;
    assert!(Flags(again.flags).contains(Flags::REPEATED));

    // then the next crank measures a share of 0.
    world.next_period().await.unwrap();
    let economy = world.economy().await;
    assert_eq!(economy.tally.stake_seconds.get(), counted);
    assert_eq!(economy.readings[0].numerator.get(), 0);
    assert_eq!(economy.totals.periods, 2);
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn n20_a_first_stake_before_the_last_crank_is_paid_once() {
    // Given a crank that returned a week of emission and fees, because nobody staked,
    let mut world = World::new().await;
    let payer = world.wallet(1_000_000 * TOKEN).await;
    world
        .pay(&payer, &world.reserve.clone(), 1_000_000 * TOKEN)
        .await
        .unwrap();
    world.collect(0).await.unwrap();
    world.next_period().await.unwrap();
    world.next_period().await.unwrap();
    let returned = world.economy().await.tally;

    // when the first stake enters at an earlier time, in an emptied period,
    world.bank.advance(-BACK).await;
    let staker = world.staker(100_000_000 * TOKEN).await;

    // then nothing that was returned is paid to it, and every later crank goes through.
    world.claim(&staker).await.unwrap();
    assert_eq!(world.balance(&staker).await, 0);
    for _ in 0..2 {
        world.next_period().await.unwrap();
    }
    let economy = world.economy().await;
    let after = economy.tally;
    assert_eq!(after.returned_emission_q64, returned.returned_emission_q64);
    assert_eq!(after.returned_fees_q64, returned.returned_fees_q64);
    world.claim(&staker).await.unwrap();
    assert!(world.balance(&staker).await > 0);
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn n20_an_empty_pool_that_was_settled_later_than_a_crank_stops_no_crank() {
    // Given a pool that returned all there ever was, and then got its first stake,
    let mut world = World::new().await;
    let end = world.economy().await.next_end;
    world.bank.set_time(end + BACK).await;
    let staker = world.staker(100_000_000 * TOKEN).await;

    // when the period ends before that,
    world.bank.set_time(end).await;
    world.crank().await.unwrap();
    let economy = world.economy().await;
    let emitted = economy.stream.emitted_at(end).unwrap();
    assert!(economy.tally.returned_emission_q64.get() > emitted);
    assert_eq!(economy.owed_emission(end).unwrap(), 0);

    // then the next one ends as well, and all that accrued is paid.
    world.next_period().await.unwrap();
    world.claim(&staker).await.unwrap();
    assert!(world.balance(&staker).await > 0);
    assert_sound(&mut world).await;
}
