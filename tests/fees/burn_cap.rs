//! The burn cap of a period: one for the economy, whatever the shards.

use super::*;

/// The cap of one part in a million of the supply: 1,000 tokens.
const CAP: u64 = 1_000 * TOKEN;

/// A world with `shards` meters whose period burns at most [`CAP`].
async fn capped(shards: u8) -> World {
    let mut world = meters(shards).await;
    let economy = world.at.economy;
    world
        .bank
        .edit::<Economy>(&economy, |economy| economy.limits.period_burn_ppm = 1)
        .await;
    world
}

/// Pays 1,000,000 tokens eight times, the n-th time through shard `through(n)`, and collects
/// every meter. Each payment has 300 tokens to be burned.
async fn pay_and_collect(world: &mut World, payer: &Wallet, through: impl Fn(u8) -> u8) {
    let reserve = world.reserve;
    for n in 0..8 {
        let payment = payment(payer, &reserve, through(n), 1_000_000 * TOKEN);
        let pay = pay_ix(world, &payment);
        world.send_as(&payer.key, pay).await.unwrap();
    }
    for shard in 0..world.meters {
        world.collect(shard).await.unwrap();
    }
}

/// What all meters burned, and what they were kept from burning (base units).
async fn burned(world: &mut World) -> (u128, u128) {
    let (mut burned, mut blocked) = (0, 0);
    for shard in 0..world.meters {
        let meter = world.meter(shard).await;
        burned += meter.burned.get();
        blocked += meter.burn_blocked.get();
    }
    (burned, blocked)
}

#[tokio::test]
async fn e3_the_same_payments_burn_the_same_through_any_shards() {
    type Through = fn(u8) -> u8;
    let ways: [(u8, Through); 5] = [
        (1, |_| 0),
        (8, |n| n),
        (8, |_| 0),
        (8, |_| 7),
        (3, |n| n % 3),
    ];
    for (shards, through) in ways {
        // given an economy that may burn 1,000 tokens a period
        let mut world = capped(shards).await;
        let payer = world.wallet(100_000_000 * TOKEN).await;
        let supply = world.bank.supply(&world.at.mint.clone()).await;

        // when payments are collected that would burn 2,400
        pay_and_collect(&mut world, &payer, through).await;

        // then the cap is burned, to the unit, and the rest goes to the treasury
        let cap = u128::from(CAP);
        let all = 8 * u128::from(300 * TOKEN);
        assert_eq!(
            burned(&mut world).await,
            (cap, all - cap),
            "{shards} shards"
        );
        assert_eq!(world.economy().await.period_burned, CAP);
        let now = world.bank.supply(&world.at.mint.clone()).await;
        assert_eq!(supply - now, CAP);

        // and nothing more in this period, but again as much in the next one
        pay_and_collect(&mut world, &payer, through).await;
        assert_eq!(burned(&mut world).await.0, cap);
        world.next_period().await.unwrap();
        assert_eq!(world.economy().await.period_burned, 0);
        let next = world.economy().await.totals.supply / 1_000_000;
        pay_and_collect(&mut world, &payer, through).await;
        let total = burned(&mut world).await.0;
        assert_eq!(total, cap + u128::from(next), "{shards} shards");
        assert_sound(&mut world).await;
    }
}

/// What one meter does not use, another one may: a quiet shard does not hold back a busy one.
#[tokio::test]
async fn e3_a_quiet_shard_leaves_its_part_to_the_others() {
    let mut world = capped(8).await;
    let payer = world.wallet(10_000_000 * TOKEN).await;
    let reserve = world.reserve;
    // 450 tokens to be burned through the first shard, 900 through the last one.
    for (shard, amount) in [(0, 1_500_000), (7, 3_000_000)] {
        let payment = payment(&payer, &reserve, shard, amount * TOKEN);
        let pay = pay_ix(&world, &payment);
        world.send_as(&payer.key, pay).await.unwrap();
        world.collect(shard).await.unwrap();
    }
    let (first, last) = (world.meter(0).await, world.meter(7).await);
    assert_eq!(first.burned.get(), u128::from(450 * TOKEN));
    assert_eq!(last.burned.get(), u128::from(550 * TOKEN));
    assert_eq!(last.burn_blocked.get(), u128::from(350 * TOKEN));
    assert_sound(&mut world).await;
}
