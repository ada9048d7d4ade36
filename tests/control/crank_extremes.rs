//! `crank` at the ends: the largest economy, the smallest, and one that has retired.

use super::*;

#[tokio::test]
async fn success_the_largest_and_the_smallest_economy_crank() {
    const MONTH: u32 = 2_592_000;
    // As many base units as the program takes, the longest period, all of it moving,
    // and the next crank after sixty years.
    let largest = u64::MAX / 4;
    let mut world = World::build(&WorldSpec {
        funding: Funding::Funded,
        period: MONTH,
        supply: largest,
        hard_cap: largest,
        liquidity: vec![u16::MAX, 1],
        limits: Some(LimitSettings {
            hard_cap: largest,
            turnover_ppm: 1_000_000_000,
            period_emission_ppm: 100_000,
            ..limits()
        }),
        ..WorldSpec::default()
    })
    .await;
    let alice = world.wallet(largest / 2).await;
    let reserve = world.reserve;
    let creator = world.creator.pubkey();
    world.staker(largest / 8).await;
    let amm_vault = world.pools[1].amm_vault.unwrap();
    give(&mut world, &amm_vault, largest / 8).await;
    liquidity_staker(&mut world, 1, u64::MAX).await;
    let fund = ix::fund_rewards(
        &world.at,
        &creator,
        &reserve,
        &world.token_program,
        largest / 8,
    );
    world.run(&[fund]).await.unwrap();
    for months in [1, 730, 1] {
        pay_through(&mut world, 0, &alice, largest / 8).await;
        world.collect(0).await.unwrap();
        world.bank.advance(months * i64::from(MONTH)).await;
        world.crank().await.unwrap();
        assert_sound(&mut world).await;
    }
    assert_eq!(world.economy().await.tripped, 0);

    // One base unit in the world, a minute a period.
    let mut world = World::build(&WorldSpec {
        period: 60,
        supply: 1,
        hard_cap: 2,
        limits: Some(LimitSettings {
            hard_cap: 2,
            ..limits()
        }),
        ..WorldSpec::default()
    })
    .await;
    world.staker(1).await;
    for _ in 0..3 {
        world.next_period().await.unwrap();
        assert_sound(&mut world).await;
    }
    let economy = world.economy().await;
    assert_eq!(
        economy.readings[0].numerator,
        economy.readings[0].denominator
    );
}

#[tokio::test]
async fn success_a_retired_economy_neither_cranks_nor_charges_but_collects() {
    let mut world = World::new().await;
    let alice = world.wallet(1_000 * TOKEN).await;
    pay_through(&mut world, 0, &alice, 900 * TOKEN).await;
    let end = world.economy().await.next_end;
    edit(&mut world, |economy| economy.life = Life::Retired as u8).await;
    world.bank.set_time(end).await;

    let economy = world.economy().await;
    let refusals = [
        world.crank_ix().await,
        world.pay_ix(&alice, &world.reserve, 2),
        ix::preview(&world.at, &world.pools, &economy, 0),
    ];
    for (index, instruction) in refusals.into_iter().enumerate() {
        let signers: &[&Keypair] = if index == 1 { &[&alice.key] } else { &[] };
        attack(
            &mut world,
            "a retired economy",
            &[instruction],
            signers,
            HomeostatError::NotLive,
        )
        .await;
    }

    world.collect(0).await.unwrap();
    assert_eq!(world.meter(0).await.liability().unwrap(), 0);
}
