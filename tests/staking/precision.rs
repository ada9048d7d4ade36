//! Precision of rewards: from a unit beside a giant to the highest rate on a unit, floors favour the vault.

use homeostat_sandbox::{world::TOKEN, World, WorldSpec};

use super::{
    accrual::{streamed, stretch},
    *,
};

/// The largest economy that can be: a quarter of all numbers as its cap, and
/// the highest emission.
fn largest() -> WorldSpec {
    let cap = u64::MAX / 4;
    WorldSpec {
        supply: cap / 4,
        hard_cap: cap,
        limits: Some(limits(|limits| {
            limits.hard_cap = cap;
            limits.period_emission_ppm = 100_000;
        })),
        controllers: vec![constant_emission(1_000_000)],
        ..WorldSpec::default()
    }
}

#[tokio::test]
async fn c9_one_unit_alone_at_the_highest_rate() {
    // Given the largest economy with one base unit staked in all,
    let mut world = World::build(&largest()).await;
    let alone = world.staker(1).await;
    let mut stretches = vec![stretch(&mut world).await];
    for _ in 0..8 {
        world.next_period().await.unwrap();
        stretches.push(stretch(&mut world).await);
    }

    // nothing overflows, and the unit earns everything,
    let sum = streamed(&stretches, world.bank.now());
    world.claim(&alone).await.unwrap();
    assert_eq!(world.balance(&alone).await, (sum >> 64) as u64);
    assert_sound(&mut world).await;

    // also when a giant joins it and leaves again.
    let giant = world.staker(u64::MAX / 32).await;
    world.next_period().await.unwrap();
    world.request_unstake(&giant, u64::MAX / 32).await.unwrap();
    world.next_period().await.unwrap();
    world.claim(&alone).await.unwrap();
    world.claim(&giant).await.unwrap();
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn c9_one_unit_beside_a_giant() {
    // Given one base unit in a pool of more than 10^17,
    let mut world = World::build(&largest()).await;
    let giant = world.staker(u64::MAX / 32).await;
    let small = world.staker(1).await;

    // its fractions add up from claim to claim, though most claims pay nothing.
    let mut paid = Vec::new();
    let mut exact = 0u128;
    for _ in 0..40 {
        world.next_period().await.unwrap();
        let before = world.balance(&small).await;
        exact = earned(&mut world, &small).await + (u128::from(before) << 64);
        world.claim(&small).await.unwrap();
        paid.push(world.balance(&small).await - before);
    }
    assert!(paid.contains(&0) && paid.contains(&1), "{paid:?}");
    assert_eq!(world.balance(&small).await, (exact >> 64) as u64);

    // The giant gets the rest, and the two together no more than was emitted.
    world.claim(&giant).await.unwrap();
    let economy = world.economy().await;
    let emitted = emission_by_hand(&economy, 0, world.bank.now());
    let claimed = world.balance(&small).await + world.balance(&giant).await;
    assert!(u128::from(claimed) << 64 <= emitted);
    assert!((emitted >> 64) as u64 - claimed <= 2);
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn c9_many_settlements_lose_nothing_against_one() {
    // Given two equal stakes, one of which claims every few minutes,
    let mut world = World::new().await;
    let odd = 333_333_337;
    let busy = world.staker(odd).await;
    let idle = world.staker(odd).await;
    world.staker(7 * TOKEN).await;
    for step in 1..=60i64 {
        world.bank.advance(61 * step).await;
        world.claim(&busy).await.unwrap();
    }

    // their earnings are equal to the last fraction of a unit,
    let now_idle = earned(&mut world, &idle).await;
    let claimed = world.balance(&busy).await;
    let now_busy = earned(&mut world, &busy).await;
    assert_eq!(now_idle, now_busy + (u128::from(claimed) << 64));

    // and what divisions withheld from all three is less than one 2^-64 a share.
    let pool = world.pool(0).await;
    assert!(pool.remainder_q64.get() < u128::from(pool.total));
    assert_eq!(
        pool.distributed_q64.get() - pool.remainder_q64.get(),
        pool.reward_per_share_q64.get() * u128::from(pool.total)
    );
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn c9_a_claim_of_less_than_a_unit_pays_nothing_and_keeps_it() {
    let mut world = World::new().await;
    let wallet = world.wallet(1).await;
    world.staker(900_000_000 * TOKEN).await;
    world.open(&wallet).await.unwrap();
    world.stake(&wallet, 1).await.unwrap();
    world.bank.advance(HOUR).await;

    let due = earned(&mut world, &wallet).await;
    assert!(due > 0 && due < ONE);
    world.claim(&wallet).await.unwrap();

    assert_eq!(world.balance(&wallet).await, 0);
    assert_eq!(world.position(&wallet).await.pending_q64.get(), due);
}
