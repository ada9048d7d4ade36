//! Solvency: what trips the breaker of the whole economy, and what does not.

use super::*;

#[tokio::test]
async fn o7_a_failed_check_latches_instead_of_failing() {
    // Given a reward vault that lacks one unit, which no transaction leads to.
    let mut world = World::new().await;
    let staker = world.staker(100_000_000 * TOKEN).await;
    let alice = world.wallet(1_000 * TOKEN).await;
    world.next_period().await.unwrap();
    let before = world.economy().await;
    let vault = world.at.reward_vault;
    let held_before = world.bank.balance(&vault).await;
    world.bank.set_balance(&vault, held_before - 1).await;
    world.bank.set_time(before.next_end).await;

    // When somebody cranks, it succeeds, ...
    let crank = world.crank_ix().await;
    let events = world.bank.events(std::slice::from_ref(&crank), &[]).await;
    world.run(&[crank]).await.unwrap();

    // ... the latch stays, and nothing is emitted from now on.
    let [Event::Cranked(event)] = &events[..] else {
        panic!("one event tells of it");
    };
    let now = world.bank.now();
    let economy = world.economy().await;
    assert_eq!((event.tripped, economy.tripped), (1, 1));
    assert_eq!(economy.stream.emission_rate().unwrap(), 0);
    assert_eq!(economy.stream.emit_until, now);
    assert_eq!(event.new_emit_until, now);
    assert_eq!(event.old_emit_until, before.stream.emit_until);
    let emitted = economy.stream.emitted_at(now).unwrap();
    assert_eq!(economy.stream.emitted_at(now + 99 * WEEK).unwrap(), emitted);
    for (parameter, record) in Parameter::ALL
        .into_iter()
        .zip(last_decisions(&mut world).await)
    {
        let controller = of(&economy, parameter);
        assert_eq!(controller.last.held, HoldReason::Tripped as u8);
        assert_eq!(record.held, HoldReason::Tripped as u8);
        assert_eq!(controller.state.u, of(&before, parameter).state.u);
    }

    // It survives a vault that is full again: people decide, not balances.
    world.bank.set_balance(&vault, held_before).await;
    world.next_period().await.unwrap();
    let economy = world.economy().await;
    assert_eq!(economy.tripped, 1);
    assert_eq!(
        economy.stream.emitted_at(world.bank.now()).unwrap(),
        emitted
    );

    // Payments and every exit stay open, and what had accrued is paid.
    world
        .pay(&alice, &staker.tokens, 100 * TOKEN)
        .await
        .unwrap();
    world.collect(0).await.unwrap();
    let held = world.balance(&staker).await;
    world.claim(&staker).await.unwrap();
    assert!(world.balance(&staker).await > held);
    world
        .request_unstake(&staker, 100_000_000 * TOKEN)
        .await
        .unwrap();
    world.bank.advance(2 * WEEK).await;
    world.withdraw(&staker).await.unwrap();
    assert!(world.balance(&staker).await > 100_000_000 * TOKEN);
}

#[tokio::test]
async fn d1_a_claim_out_of_donated_tokens_stops_no_crank() {
    // Given a crank that is two weeks late, so that more has accrued than was minted,
    let mut world = World::new().await;
    let staker = world.staker(100_000_000 * TOKEN).await;
    let before = world.economy().await;
    world.bank.set_time(before.next_end + 2 * WEEK).await;

    // when somebody donates to the reward vault, and a claim takes it out,
    let vault = world.at.reward_vault;
    give(&mut world, &vault, 5_000_000 * TOKEN).await;
    world.claim(&staker).await.unwrap();
    assert!(world.pool(0).await.claimed > before.totals.supplied);

    // then preview and crank go through, nothing is held, and the vault is solvent,
    let previewed = preview(&mut world, 0).await;
    world.crank().await.unwrap();
    let economy = world.economy().await;
    assert_eq!(previewed, of(&economy, Parameter::Emission).last);
    assert_eq!(economy.tripped, 0);
    assert!(!held(of(&economy, Parameter::Emission)));
    assert_sound(&mut world).await;

    // and whatever accrues from then on is paid without a top-up.
    world.next_period().await.unwrap();
    world.claim(&staker).await.unwrap();
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn o8_nobody_trips_the_breaker_with_what_they_own() {
    let mut world = World::build(&WorldSpec {
        excluded: 1,
        ..WorldSpec::default()
    })
    .await;
    let mallory = world.staker(100_000_000 * TOKEN).await;
    give(&mut world, &mallory.tokens, 1_000_000 * TOKEN).await;
    let (at, team) = (world.at, world.excluded[0]);
    let targets = [
        at.reward_vault,
        at.treasury_vault,
        address::fee_vault(&at.meter(0)),
        address::principal_vault(&world.native_pool()),
        team,
    ];
    for period in 1..=4 {
        // Dust and more into every vault, the rewards taken out to the last unit
        // at the worst moment, tokens burned, lamports where they do not belong.
        for target in targets {
            let owner = mallory.key.insecure_clone();
            world
                .bank
                .transfer(
                    &at.mint,
                    &mallory.tokens,
                    &target,
                    &owner,
                    1 + period * TOKEN,
                )
                .await;
            world.bank.airdrop(&target, 1_000_000).await;
        }
        let owner = mallory.key.insecure_clone();
        world
            .bank
            .burn(&at.mint, &mallory.tokens, &owner, 1_000 * TOKEN)
            .await;
        world.bank.airdrop(&at.keeper_vault, 1_000_000).await;
        world.bank.airdrop(&at.log, 1_000_000).await;
        pay_through(&mut world, 0, &mallory, 2).await;
        world.collect(0).await.unwrap();
        let end = world.economy().await.next_end;
        world.bank.set_time(end).await;
        let crank = world.crank_ix().await;
        let (top_up, claim) = (world.top_up_ix(), world.claim_ix(&mallory));
        world
            .bank
            .send(
                &[top_up.clone(), claim.clone(), crank, top_up, claim],
                &[&mallory.key],
            )
            .await
            .unwrap();

        let economy = world.economy().await;
        assert_eq!(economy.tripped, 0);
        assert!(!held(of(&economy, Parameter::Emission)));
        assert_eq!(economy.totals.periods, period);
        assert_sound(&mut world).await;
    }
    world
        .request_unstake(&mallory, 100_000_000 * TOKEN)
        .await
        .unwrap();
    world.bank.advance(2 * WEEK).await;
    world.withdraw(&mallory).await.unwrap();
}
