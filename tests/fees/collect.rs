//! `collect`: burns and sweeps what meters counted, to the unit, to the recorded vaults.

use super::*;

#[tokio::test]
async fn success_collect_burns_and_sweeps_to_the_unit() {
    let mut world = World::new().await;
    let alice = world.wallet(10_000 * TOKEN).await;
    let reserve = world.reserve;
    for amount in [777, 1_000_003, 5_000 * TOKEN] {
        world.pay(&alice, &reserve, amount).await.unwrap();
    }
    let (burn, treasury, stakers) = pending(&world.meter(0).await);
    let at = world.at;
    let supply = world.bank.supply(&at.mint).await;
    let rewards = world.bank.balance(&at.reward_vault).await;

    let collect = collect_ix(&world, 0);
    let events = world.bank.events(std::slice::from_ref(&collect), &[]).await;
    world.run(&[collect]).await.unwrap();

    let [Event::Collected(event)] = &events[..] else {
        panic!("one event tells of it");
    };
    assert_eq!(
        (event.burned, event.burn_blocked, event.treasury),
        (burn, 0, treasury)
    );
    assert_eq!((event.stakers, event.payments), (stakers, 3));
    assert_eq!(world.bank.supply(&at.mint).await, supply - burn);
    assert_eq!(
        world.bank.balance(&at.reward_vault).await,
        rewards + stakers
    );
    assert_eq!(world.bank.balance(&at.treasury_vault).await, treasury);
    let vault = fee_vault(&world, 0);
    assert_eq!(world.bank.balance(&vault).await, 0);
    assert_eq!(pending(&world.meter(0).await), (0, 0, 0));
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn success_a_donation_to_a_fee_vault_changes_nothing() {
    let mut world = World::new().await;
    let alice = world.wallet(1_000 * TOKEN).await;
    let (vault, reserve, mint) = (fee_vault(&world, 0), world.reserve, world.at.mint);
    world.pay(&alice, &reserve, 100 * TOKEN).await.unwrap();
    let counted = pending(&world.meter(0).await);
    world
        .bank
        .transfer(&mint, &alice.tokens, &vault, &alice.key, 55)
        .await;

    world.pay(&alice, &reserve, 100 * TOKEN).await.unwrap();
    world.collect(0).await.unwrap();

    let meter = world.meter(0).await;
    assert_eq!(meter.burned.get(), 2 * u128::from(counted.0));
    assert_eq!(meter.swept_treasury.get(), 2 * u128::from(counted.1));
    assert_eq!(meter.swept_stakers.get(), 2 * u128::from(counted.2));
    assert_eq!(world.bank.balance(&vault).await, 55);
}

#[tokio::test]
async fn success_swept_fees_stream_over_the_next_period_to_the_last_unit() {
    // Given a staker, and an economy that emits nothing, so that only fees flow.
    let mut world = World::new().await;
    let staker = world.staker(1_000 * TOKEN).await;
    let alice = world.wallet(1_000_000 * TOKEN).await;
    let (economy, reserve) = (world.at.economy, world.reserve);
    world
        .bank
        .edit::<Economy>(&economy, |economy| {
            let emission = &mut economy.controllers[Parameter::Emission.index()];
            emission.config = homeostat::state::StoredConfig {
                min: 0,
                max: 1,
                bias: Default::default(),
                kp: Default::default(),
                ki: Default::default(),
                ..emission.config
            };
            emission.state.u = 0;
        })
        .await;
    let period = WEEK as u128;
    let swept = |meter: &Meter| meter.swept_stakers.get();

    // When fees are swept, nothing streams before the crank ...
    world
        .pay(&alice, &reserve, 100_003 * TOKEN + 7)
        .await
        .unwrap();
    world.collect(0).await.unwrap();
    let first = swept(&world.meter(0).await);
    world.next_period().await.unwrap();
    world.claim(&staker).await.unwrap();
    let opened = world.bank.now();
    let after = world.economy().await;
    assert_eq!(after.stream.fees_at(opened).unwrap(), 0);

    // ... and then they stream evenly, the whole of it, over one period.
    let rate = (first << 64) / period;
    let rest = (first << 64) % period;
    assert_ne!(rest, 0, "the amounts are chosen to leave a remainder");
    assert_eq!(after.stream.fee_rate_q64.get(), rate);
    assert_eq!(after.stream.fee_until, opened + WEEK);
    let half = after.stream.fees_at(opened + WEEK / 2).unwrap();
    assert_eq!(half, rate * period / 2);
    let whole = after.stream.fees_at(opened + WEEK).unwrap();
    assert_eq!(whole + rest, first << 64);
    assert_eq!(after.stream.fees_at(opened + 9 * WEEK).unwrap(), whole);

    // The staker, alone in the pool, gets it to the unit that has not filled yet.
    let before = world.balance(&staker).await;
    world.bank.set_time(opened + WEEK).await;
    world.claim(&staker).await.unwrap();
    let claimed = u128::from(world.balance(&staker).await - before);
    assert!(claimed.abs_diff(first) <= 1, "{claimed} {first}");

    // The next crank carries the remainder into the next stream.
    world
        .pay(&alice, &reserve, 50_001 * TOKEN + 1)
        .await
        .unwrap();
    world.collect(0).await.unwrap();
    let second = swept(&world.meter(0).await) - first;
    world.next_period().await.unwrap();
    let after = world.economy().await;
    assert_eq!(
        after.stream.fee_rate_q64.get(),
        ((second << 64) + rest) / period
    );
    let before = world.balance(&staker).await;
    world.bank.advance(WEEK).await;
    world.claim(&staker).await.unwrap();
    let claimed = claimed + u128::from(world.balance(&staker).await - before);
    assert!(claimed.abs_diff(first + second) <= 1, "{claimed}");
}

#[tokio::test]
async fn success_fees_for_an_empty_pool_come_back() {
    // Given fees that stream for a week in which nobody stakes.
    let mut world = World::new().await;
    let alice = world.wallet(1_000_000 * TOKEN).await;
    let reserve = world.reserve;
    world.pay(&alice, &reserve, 100_000 * TOKEN).await.unwrap();
    world.collect(0).await.unwrap();
    let swept = world.meter(0).await.swept_stakers.get();
    world.next_period().await.unwrap();
    let first = world.economy().await.stream.fee_rate_q64.get();
    assert_eq!(first, (swept << 64) / WEEK as u128);

    // When that week ends, all of it comes back and streams again.
    world.next_period().await.unwrap();
    let economy = world.economy().await;
    let returned = economy.tally.returned_fees_q64.get();
    assert_eq!(returned, first * WEEK as u128);
    assert_eq!(economy.stream.fee_acc_q64.get(), returned);
    assert_eq!(economy.stream.fee_rate_q64.get(), first);

    // A staker who comes for the second half gets that half and no more ...
    world.bank.advance(WEEK / 2).await;
    let staker = world.staker(TOKEN).await;
    world.next_period().await.unwrap();
    let pool: Pool = world.pool(0).await;
    assert_eq!(
        pool.returned_fees_q64.get(),
        returned + first * (WEEK as u128) / 2
    );

    // ... and the first half comes back once more.
    let economy = world.economy().await;
    let again = economy.stream.fee_rate_q64.get();
    assert!(again.abs_diff(first / 2) <= 1, "{again} {first}");
    world.claim(&staker).await.unwrap();
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn success_collect_works_whatever_is_paused() {
    let mut world = World::new().await;
    let alice = world.wallet(1_000 * TOKEN).await;
    let (reserve, economy, now) = (world.reserve, world.at.economy, world.bank.now());
    world.pay(&alice, &reserve, 100 * TOKEN).await.unwrap();
    world
        .bank
        .edit::<Economy>(&economy, |economy| {
            for pause in &mut economy.pauses {
                (pause.from, pause.until) = (now, now + WEEK);
            }
        })
        .await;

    world.collect(0).await.unwrap();

    assert_eq!(pending(&world.meter(0).await), (0, 0, 0));
}

#[tokio::test]
async fn f1_fees_go_to_the_recorded_vaults_only() {
    let mut world = meters(2).await;
    let alice = world.wallet(1_000 * TOKEN).await;
    let mallory = world.wallet(0).await;
    let pay = pay_ix(&world, &payment(&alice, &world.reserve.clone(), 0, TOKEN));
    world
        .bank
        .send(std::slice::from_ref(&pay), &[&alice.key])
        .await
        .unwrap();
    let collect = collect_ix(&world, 0);
    let at = world.at;
    let (vault, own) = (fee_vault(&world, 0), mallory.tokens);

    for (what, thief) in [("own", own), ("another shard's", fee_vault(&world, 1))] {
        attack(
            &mut world,
            &format!("pay into {what} vault"),
            &[exchange(pay.clone(), &vault, &thief)],
            &[&alice.key],
            anchor::CONSTRAINT_HAS_ONE,
        )
        .await;
    }
    let attacks = [
        (
            "collect, own treasury",
            exchange(collect.clone(), &at.treasury_vault, &own),
        ),
        (
            "collect, own reward vault",
            exchange(collect.clone(), &at.reward_vault, &own),
        ),
        (
            "collect, rewards to the treasury",
            exchange(
                exchange(collect.clone(), &at.reward_vault, &own),
                &at.treasury_vault,
                &at.reward_vault,
            ),
        ),
        (
            "collect, own authority",
            exchange(collect, &at.authority, &mallory.pubkey()),
        ),
    ];
    for (what, instruction) in attacks {
        attack(
            &mut world,
            what,
            &[instruction],
            &[],
            anchor::CONSTRAINT_HAS_ONE,
        )
        .await;
    }
    assert_eq!(world.balance(&mallory).await, 0);
}

#[tokio::test]
async fn b1_nothing_but_collected_fees_is_ever_burned() {
    let mut world = meters(2).await;
    let victim = world.staker(1_000 * TOKEN).await;
    let alice = world.wallet(1_000 * TOKEN).await;
    let reserve = world.reserve;
    world.pay(&alice, &reserve, 900 * TOKEN).await.unwrap();
    let collect = collect_ix(&world, 0);
    let (at, vault) = (world.at, fee_vault(&world, 0));
    let principal = address::principal_vault(&world.native_pool());
    let mint = world
        .bank
        .create_mint(&MintSpec::plain(TokenProgram::Token2022))
        .await;

    let sources = [
        ("the stake vault", principal),
        ("a user's account", victim.tokens),
        ("another shard's vault", fee_vault(&world, 1)),
        ("the reward vault", at.reward_vault),
        ("the treasury", at.treasury_vault),
    ];
    for (what, source) in sources {
        let instruction = exchange(collect.clone(), &vault, &source);
        let code = anchor::CONSTRAINT_HAS_ONE;
        attack(&mut world, what, &[instruction], &[], code).await;
    }
    let instruction = exchange(collect, &at.mint, &mint);
    attack(
        &mut world,
        "another mint",
        &[instruction],
        &[],
        anchor::CONSTRAINT_HAS_ONE,
    )
    .await;
}

#[tokio::test]
async fn b2_collecting_twice_moves_nothing() {
    let mut world = World::new().await;
    let alice = world.wallet(1_000 * TOKEN).await;
    let reserve = world.reserve;
    world.pay(&alice, &reserve, 900 * TOKEN).await.unwrap();
    let once = pending(&world.meter(0).await);
    let collect = collect_ix(&world, 0);

    // Twice in one transaction counts once ...
    world
        .run(&[collect.clone(), collect.clone()])
        .await
        .unwrap();
    let meter = world.meter(0).await;
    assert_eq!(meter.burned.get(), u128::from(once.0));
    assert_eq!(meter.swept_treasury.get(), u128::from(once.1));
    assert_eq!(meter.swept_stakers.get(), u128::from(once.2));

    // ... and again changes nothing and tells of nothing, now or a period later.
    let before = world.state().await;
    for _ in 0..2 {
        let events = world.bank.events(std::slice::from_ref(&collect), &[]).await;
        assert!(events.is_empty());
        world.collect(0).await.unwrap();
        unchanged("collecting nothing", &before, &world.state().await);
        world.bank.advance(WEEK).await;
    }
}

#[tokio::test]
async fn b3_a_burn_below_the_supply_floor_goes_to_the_treasury() {
    let mut world = World::new().await;
    let alice = world.wallet(1_000 * TOKEN).await;
    let (at, reserve) = (world.at, world.reserve);
    world.pay(&alice, &reserve, 900 * TOKEN).await.unwrap();
    let (burn, treasury, stakers) = pending(&world.meter(0).await);
    let supply = world.bank.supply(&at.mint).await;
    world
        .bank
        .edit::<Economy>(&at.economy, |economy| {
            economy.limits.supply_floor = supply - 10;
        })
        .await;

    let collect = collect_ix(&world, 0);
    let events = world.bank.events(std::slice::from_ref(&collect), &[]).await;
    world.run(&[collect]).await.unwrap();

    assert_eq!(world.bank.supply(&at.mint).await, supply - 10);
    let meter = world.meter(0).await;
    assert_eq!(meter.burned.get(), 10);
    assert_eq!(meter.burn_blocked.get(), u128::from(burn - 10));
    assert_eq!(meter.swept_stakers.get(), u128::from(stakers));
    assert_eq!(
        world.bank.balance(&at.treasury_vault).await,
        treasury + burn - 10
    );
    let [Event::Collected(event)] = &events[..] else {
        panic!("one event tells of it");
    };
    assert_eq!((event.burned, event.burn_blocked), (10, burn - 10));

    // Below the floor (others burned) nothing of a fee is burned.
    let owner = alice.key.insecure_clone();
    world.bank.burn(&at.mint, &alice.tokens, &owner, 5).await;
    world.pay(&alice, &reserve, TOKEN).await.unwrap();
    world.collect(0).await.unwrap();
    assert_eq!(world.meter(0).await.burned.get(), 10);
    assert_sound(&mut world).await;
}
