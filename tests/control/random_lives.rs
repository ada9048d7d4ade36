//! Random lives of small, fast economies: every invariant holds all along.

use super::*;

#[tokio::test]
async fn success_random_lives_keep_every_invariant() {
    for seed in [0x00c0_ffee, 0x5eed] {
        println!("seed {seed:#x}");
        random_life(seed).await;
    }
}

/// Two hundred random actions of three wallets in a small, fast economy.
async fn random_life(seed: u64) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut world = World::build(&WorldSpec {
        liquidity: vec![2, 1],
        meters: 2,
        excluded: 1,
        period: 3_600,
        limits: Some(LimitSettings {
            unbonding: 7_200,
            bounty: 5_000,
            supply_floor: 999_900_000 * TOKEN,
            // For an odd seed the cap is reached on the way.
            hard_cap: [2_000_000_000, 1_000_050_000][(seed % 2) as usize] * TOKEN,
            ..limits()
        }),
        ..WorldSpec::default()
    })
    .await;
    let mut wallets = Vec::new();
    for _ in 0..3 {
        wallets.push(world.staker(1_000_000 * TOKEN).await);
    }
    for wallet in &wallets {
        give(&mut world, &wallet.tokens, 50_000_000 * TOKEN).await;
    }
    for action in 0..220 {
        let wallet = &wallets[random.next_u32() as usize % wallets.len()];
        let magnitude = 10u64.pow(random.next_u32() % 13);
        let amount = 1 + random.next_u64() % magnitude;
        // Whatever may be refused here is refused for a reason of the wallet's
        // (too little stake, nothing to withdraw); a broken rule shows below.
        let kind = random.next_u32() % 14;
        match kind {
            0 | 1 => drop(world.stake(wallet, amount).await),
            2 => drop(world.request_unstake(wallet, amount).await),
            3 => drop(world.cancel_unstake(wallet, (amount % 8) as u8).await),
            4 => drop(world.withdraw(wallet).await),
            5 => drop(world.claim(wallet).await.unwrap()),
            6 | 7 => {
                let shard = (amount % 2) as u8;
                pay_through(&mut world, shard, wallet, amount + 1).await;
            }
            8 => drop(world.collect((amount % 2) as u8).await.unwrap()),
            9 => {
                let lane = 1 + (amount % 2) as usize;
                let amm_vault = world.pools[lane].amm_vault.unwrap();
                give(&mut world, &amm_vault, amount).await;
                liquidity_staker(&mut world, lane, amount).await;
            }
            10 => drop(world.top_up().await.unwrap()),
            _ => drop(world.next_period().await.unwrap()),
        }
        world
            .bank
            .advance(i64::from(random.next_u32() % 1_200))
            .await;
        if action % 10 == 0 || kind > 10 {
            let invariants = world.check_invariants().await;
            let story = format!("seed {seed:#x} action {action}");
            assert!(invariants.all_hold(), "{story}: {invariants:#?}");
        }
    }
    let economy = world.economy().await;
    assert_eq!(economy.tripped, 0);
    assert!(economy.totals.periods > 10);
    // In the end everybody gets everything out.
    for wallet in &wallets {
        let staked = world.position(wallet).await.amount;
        if staked > 0 {
            world.request_unstake(wallet, staked).await.unwrap();
        }
        world.claim(wallet).await.unwrap();
    }
    world.bank.advance(86_400).await;
    for wallet in &wallets {
        world.withdraw(wallet).await.unwrap();
        world.close_position(wallet).await.unwrap();
    }
    assert_sound(&mut world).await;
}
