//! `crank` and `collect` go on over all that an economy can have, whatever becomes of outside accounts.

use super::*;

#[tokio::test]
async fn n1_a_crank_over_everything_an_economy_can_have_succeeds() {
    let mut world = World::build(&WorldSpec {
        liquidity: vec![1, 2, 3, 4, 5, 6, 7],
        meters: 8,
        excluded: 4,
        ..WorldSpec::default()
    })
    .await;
    let alice = world.wallet(100_000_000 * TOKEN).await;
    world.staker(100_000_000 * TOKEN).await;
    for lane in 1..8 {
        let amm_vault = world.pools[lane].amm_vault.unwrap();
        give(&mut world, &amm_vault, 1_000_000 * TOKEN).await;
        liquidity_staker(&mut world, lane, 1_000).await;
    }
    for shard in 0..8 {
        pay_through(&mut world, shard, &alice, 1_000_000 * TOKEN).await;
    }
    for account in world.excluded.clone() {
        give(&mut world, &account, TOKEN).await;
    }

    for period in 1..=2 {
        world.go_to_end().await;
        let crank = world.crank_ix().await;
        let table = world.bank.create_table(std::slice::from_ref(&crank));
        world
            .bank
            .send_with_table(&[crank], &[], &table)
            .await
            .unwrap();
        assert_eq!(world.economy().await.totals.periods, period);
    }
    let economy = world.economy().await;
    let million = u128::from(1_000_000 * TOKEN);
    assert_eq!(economy.tally.volume.get(), 8 * million);
    // Each pool stands with all of its AMM vault.
    let depth = &economy.readings[Metric::LiquidityDepth as usize];
    assert_eq!(depth.numerator.get(), 7 * million * WEEK as u128);
    // Every lane gets its weight's part, and the parts make up the whole.
    let lanes = &economy.stream.lanes;
    for lane in 2..8 {
        assert_eq!(
            lanes[lane].rate_q64.get(),
            lanes[1].rate_q64.get() * lane as u128
        );
    }
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn n7_outside_accounts_cannot_stop_crank_or_collect() {
    // Given a liquidity pool whose AMM can close its vault, and a team that can
    // close its wallet.
    const BOUNTY: u64 = 1_000_000;
    let mut world = World::build(&WorldSpec {
        limits: Some(LimitSettings {
            bounty: BOUNTY,
            ..limits()
        }),
        draft: true,
        ..WorldSpec::default()
    })
    .await;
    let amm = Keypair::new();
    let mint = world.at.mint;
    let lp = world.bank.create_amm(&mint, TokenProgram::Legacy).await;
    let (lp_mint, amm_vault) = (lp.mint, lp.amm_vault.unwrap());
    let creator = world.creator.insecure_clone();
    let create = ix::create_pool(&world.at, &creator.pubkey(), &lp, 1);
    world.run(&[create]).await.unwrap();
    world.pools.push(lp);
    // The AMM's program lets its operator empty and close the vault.
    world.bank.set_holder(&amm_vault, &amm.pubkey()).await;
    let team = world.bank.create_tokens(&mint, &creator.pubkey()).await;
    world.excluded = vec![team];
    let setting = Setting::Excluded {
        accounts: vec![team],
    };
    world.configure(setting).await.unwrap();
    world.hand_over_mint(Funding::Mint).await;
    world.go_live().await.unwrap();
    let alice = world.wallet(1_000 * TOKEN).await;
    give(&mut world, &amm_vault, 1_000 * TOKEN).await;
    liquidity_staker(&mut world, 1, 1_000).await;
    for _ in 0..2 {
        world.next_period().await.unwrap();
    }
    let economy = world.economy().await;
    assert!(
        economy.readings[Metric::LiquidityDepth as usize]
            .numerator
            .get()
            > 0
    );

    // When both close their accounts and the keepers' vault is empty ...
    let reserve = world.reserve;
    world
        .bank
        .transfer(&mint, &amm_vault, &reserve, &amm, 1_000 * TOKEN)
        .await;
    world.bank.close_tokens(&amm_vault, &amm).await;
    world.bank.close_tokens(&team, &creator).await;
    assert_eq!(world.bank.lamports(&world.at.keeper_vault.clone()).await, 0);

    // ... everything goes on: the depth is zero, the team's balance too.
    pay_through(&mut world, 0, &alice, 100 * TOKEN).await;
    world.collect(0).await.unwrap();
    world.next_period().await.unwrap();
    let economy = world.economy().await;
    let depth = &economy.readings[Metric::LiquidityDepth as usize];
    assert_eq!(depth.numerator.get(), 0);
    assert!(!held(of(&economy, Parameter::Liquidity)), "zero is a value");
    for controller in 0..4 {
        preview(&mut world, controller).await;
    }

    // Nor does it matter what comes to live at their addresses: an account of
    // somebody else's program, or lamports alone.
    let forged = world.bank.forge(&mint).await;
    let squatter = world.bank.account(&forged).await.unwrap();
    world.bank.set_account(&team, &squatter);
    world.bank.airdrop(&amm_vault, 1_000_000).await;
    world.next_period().await.unwrap();
    let stranger = world.bank.create_tokens(&lp_mint, &amm.pubkey()).await;
    let other_token = world.bank.account(&stranger).await.unwrap();
    world.bank.set_account(&team, &other_token);
    world.next_period().await.unwrap();
    assert_eq!(world.economy().await.totals.periods, 5);
    assert_sound(&mut world).await;
}
