//! What exists for one slot, and what is donated, moves no measurement beyond its seconds.

use super::*;

#[tokio::test]
async fn success_donations_change_no_measurement() {
    async fn story(donate: bool) -> (Vec<(u128, u128)>, Vec<i64>, u64, u64) {
        let mut world = World::build(&WorldSpec {
            liquidity: vec![1],
            ..WorldSpec::default()
        })
        .await;
        let alice = world.wallet(10_000_000 * TOKEN).await;
        let amm_vault = world.pools[1].amm_vault.unwrap();
        give(&mut world, &amm_vault, 1_000 * TOKEN).await;
        let staker = world.staker(100_000_000 * TOKEN).await;
        liquidity_staker(&mut world, 1, 500).await;
        for _ in 0..2 {
            pay_through(&mut world, 0, &alice, 1_000_000 * TOKEN).await;
            if donate {
                let at = world.at;
                for vault in [
                    at.reward_vault,
                    at.treasury_vault,
                    address::fee_vault(&at.meter(0)),
                    address::principal_vault(&world.native_pool()),
                ] {
                    give(&mut world, &vault, 10_000_000 * TOKEN).await;
                }
                world.bank.airdrop(&at.keeper_vault, 10_000_000).await;
                world.bank.airdrop(&at.economy, 10_000_000).await;
            }
            world.collect(0).await.unwrap();
            world.next_period().await.unwrap();
        }
        world.claim(&staker).await.unwrap();
        let economy = world.economy().await;
        let readings = economy.readings.iter();
        (
            readings
                .map(|r| (r.numerator.get(), r.denominator.get()))
                .collect(),
            economy.controllers.iter().map(|c| c.state.u).collect(),
            economy.totals.circulating,
            world.balance(&staker).await,
        )
    }

    assert_eq!(story(true).await, story(false).await);
}

#[tokio::test]
async fn o4_stake_in_the_last_slot_barely_moves_the_mean() {
    /// A quarter of all tokens staked `seconds` before the crank.
    async fn measured(seconds: i64) -> (Fx, i64) {
        let mut world = World::new().await;
        world.staker(300_000_000 * TOKEN).await;
        let whale = world.wallet(250_000_000 * TOKEN).await;
        world.open(&whale).await.unwrap();
        let end = world.economy().await.next_end;
        world.bank.set_time(end - seconds).await;
        let stake = world.stake_ix(&whale, 250_000_000 * TOKEN);
        if seconds == 0 {
            let crank = world.crank_ix().await;
            world
                .bank
                .send(&[stake, crank], &[&whale.key])
                .await
                .unwrap();
        } else {
            world.bank.send(&[stake], &[&whale.key]).await.unwrap();
            world.next_period().await.unwrap();
        }
        let economy = world.economy().await;
        let emission = of(&economy, Parameter::Emission);
        (emission.last.y.get(), emission.state.u)
    }

    let (honest, u) = measured(WEEK / 2).await;
    let (in_the_slot, same) = measured(0).await;
    let (one_second, _) = measured(1).await;
    let share = honest.to_num::<f64>();
    assert!(share > 0.42, "half a week counts half: {share}");
    assert!((in_the_slot.to_num::<f64>() - 0.3).abs() < 0.001);
    let moved = one_second - in_the_slot;
    assert!(moved > Fx::ZERO && moved < Fx::lit("0.000001"), "{moved}");
    assert_eq!(u, same, "what it moves is bounded by the slew limit");
}

/// An AMM with 100 million tokens, behind a million staked LP tokens; its pool was touched in
/// the first period.
async fn with_liquidity() -> (World, Pubkey) {
    let mut world = World::build(&WorldSpec {
        liquidity: vec![1],
        ..WorldSpec::default()
    })
    .await;
    let amm_vault = world.pools[1].amm_vault.unwrap();
    give(&mut world, &amm_vault, 100_000_000 * TOKEN).await;
    liquidity_staker(&mut world, 1, 1_000_000).await;
    world.next_period().await.unwrap();
    (world, amm_vault)
}

/// A period's touches while the AMM's vault contains the `balances` (millions of tokens), then
/// its crank, in one transaction with a touch while the vault contains the `last` one. Returns
/// the depth (base units), and by how much the liquidity share moved (ppm).
async fn depth_of(balances: &[u64], last: u64) -> (u64, i64) {
    let (mut world, amm_vault) = with_liquidity().await;
    let opened = world.bank.now();
    let before = of(&*world.economy().await, Parameter::Liquidity).state.u;
    for (day, balance) in (1..).zip(balances) {
        world.bank.set_time(opened + day * WEEK / 7).await;
        let balance = balance * 1_000_000 * TOKEN;
        world.bank.set_balance(&amm_vault, balance).await;
        world.touch_pools().await;
    }
    world.bank.set_time(opened + WEEK).await;
    let last = last * 1_000_000 * TOKEN;
    world.bank.set_balance(&amm_vault, last).await;
    let touch = ix::touch_pool(&world.at, &world.pools[1]);
    let crank = world.crank_ix().await;
    world.run(&[touch, crank]).await.unwrap();
    let economy = world.economy().await;
    let share = of(&economy, Parameter::Liquidity);
    assert!(!held(share));
    (economy.tally.depth, share.state.u - before)
}

#[tokio::test]
async fn d3_a_touch_in_the_cranks_own_transaction_moves_nothing() {
    let honest = depth_of(&[100, 100, 100], 100).await;
    assert_eq!(honest.0, 100_000_000 * TOKEN);
    for balance in [0, 50, 10_000] {
        assert_eq!(depth_of(&[100, 100, 100], balance).await, honest);
    }
}

#[tokio::test]
async fn d3_one_touch_moves_nothing_and_half_of_them_do() {
    let honest = depth_of(&[100, 100, 100, 100, 100], 100).await;
    // Whoever drains the AMM, or fills it, for one or two touches of five
    for touches in [
        [0, 100, 100, 100, 100],
        [100, 100, 100, 100, 10_000],
        [0, 100, 10_000, 100, 100],
        [100, 0, 100, 0, 100],
    ] {
        assert_eq!(depth_of(&touches, 100).await, honest, "{touches:?}");
    }
    // moves nothing; who pays for three moves it, and the share by its slew limit at most.
    let (depth, moved) = depth_of(&[100, 50, 50, 100, 50], 100).await;
    assert_eq!(depth, 50_000_000 * TOKEN);
    assert!(moved > honest.1 && moved <= 30_000, "{moved}");
}

#[tokio::test]
async fn d3_a_period_with_too_few_touches_holds() {
    let (mut world, _) = with_liquidity().await;
    let before = world.economy().await;
    // Two touches, and a third in the second of the crank.
    for _ in 0..2 {
        world.bank.advance(WEEK / 7).await;
        world.touch_pools().await;
    }
    world.bank.set_time(before.next_end).await;
    world.touch_pools().await;
    let previewed = preview(&mut world, 3).await;
    world.crank().await.unwrap();

    let economy = world.economy().await;
    let share = of(&economy, Parameter::Liquidity);
    assert_eq!(previewed, share.last);
    assert_eq!(share.last.held, HoldReason::Missing as u8);
    assert_eq!(share.state.u, of(&before, Parameter::Liquidity).state.u);
    assert_eq!(economy.readings[3].denominator.get(), 0);
    // The others go on.
    assert!(!held(of(&economy, Parameter::Emission)));
}
