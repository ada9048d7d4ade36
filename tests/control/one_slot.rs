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

#[tokio::test]
async fn o4_liquidity_of_one_slot_adds_nothing() {
    async fn measured(spike: bool) -> [u128; 3] {
        let mut world = World::build(&WorldSpec {
            liquidity: vec![1],
            ..WorldSpec::default()
        })
        .await;
        let amm_vault = world.pools[1].amm_vault.unwrap();
        let honest = 10_000_000 * TOKEN;
        give(&mut world, &amm_vault, honest).await;
        liquidity_staker(&mut world, 1, 1_000).await;
        let mut seen = [0; 3];
        for seen in &mut seen {
            let end = world.economy().await.next_end;
            world.bank.set_time(end).await;
            if spike {
                world.bank.set_balance(&amm_vault, 40 * honest).await;
            }
            world.crank().await.unwrap();
            world.bank.set_balance(&amm_vault, honest).await;
            // A touch by anybody, once the flash is gone.
            world.bank.advance(60).await;
            liquidity_staker(&mut world, 1, 1).await;
            let economy = world.economy().await;
            *seen = economy.readings[Metric::LiquidityDepth as usize]
                .numerator
                .get();
        }
        seen
    }

    let honest = measured(false).await;
    assert!(honest[2] > 0);
    let spiked = measured(true).await;
    assert_eq!(spiked[0], honest[0]);
    // Neither side of the spike counts with more than what is there for good.
    assert!(spiked[1] <= honest[1] && spiked[2] <= honest[2]);
}

#[tokio::test]
async fn o4_a_dip_of_one_slot_costs_no_more_than_the_days_beside_it() {
    const DAY: i64 = WEEK / 7;
    /// Depth over a week whose crank meets an AMM that was drained for a slot,
    /// when somebody stakes one LP token a day.
    async fn measured(dip: bool) -> (u128, i64) {
        let mut world = World::build(&WorldSpec {
            liquidity: vec![1],
            ..WorldSpec::default()
        })
        .await;
        let amm_vault = world.pools[1].amm_vault.unwrap();
        let honest = 100_000_000 * TOKEN;
        give(&mut world, &amm_vault, honest).await;
        liquidity_staker(&mut world, 1, 1_000_000).await;
        world.next_period().await.unwrap();
        let opened = world.bank.now();
        for day in 1..7 {
            world.bank.set_time(opened + day * DAY).await;
            liquidity_staker(&mut world, 1, 1).await;
        }
        world.bank.set_time(opened + WEEK).await;
        if dip {
            world.bank.set_balance(&amm_vault, 0).await;
        }
        world.crank().await.unwrap();
        let economy = world.economy().await;
        let depth = economy.readings[Metric::LiquidityDepth as usize];
        let u = of(&economy, Parameter::Liquidity).state.u;
        (depth.numerator.get(), u)
    }

    let (honest, u) = measured(false).await;
    let (dipped, v) = measured(true).await;
    // Six days of seven remain, and the value moves within its slew limit.
    assert!(dipped * 1_000 > honest * 6 / 7 * 999, "{dipped} {honest}");
    assert!(dipped < honest);
    assert!(u.abs_diff(v) <= 30_000, "{u} {v}");
}
