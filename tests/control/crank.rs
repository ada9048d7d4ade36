//! `crank`: once a period, every controller on one snapshot, and what it pays and tells.

use super::*;

#[tokio::test]
async fn success_all_controllers_step_on_one_snapshot() {
    let mut world = World::build(&WorldSpec {
        liquidity: vec![1],
        ..WorldSpec::default()
    })
    .await;
    world.staker(100_000_000 * TOKEN).await;
    let live = world.bank.now();

    world.next_period().await.unwrap();

    let economy = world.economy().await;
    assert_eq!(economy.totals.periods, 1);
    assert_eq!(
        (economy.last_crank, economy.next_end),
        (live + WEEK, live + 2 * WEEK)
    );
    let decisions = last_decisions(&mut world).await;
    for (parameter, record) in Parameter::ALL.into_iter().zip(&decisions) {
        let controller = of(&economy, parameter);
        assert_eq!(record.parameter, parameter as u8);
        assert_eq!((record.before.last_at, record.to), (live, live + WEEK));
        assert_eq!(controller.state.last_at, live + WEEK);
        assert_eq!(
            (controller.last.u, controller.state.u),
            (record.u, record.u)
        );
        assert_eq!(u64::from(record.config_seq), controller.config_seq);
        assert!(!held(controller), "{parameter:?}");
    }
    // Both shares of the circulating supply rest on the same C.
    let share = decisions[Parameter::Emission.index()].denominator.get();
    let depth = decisions[Parameter::Liquidity.index()].denominator.get();
    assert_eq!(share, depth);
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn success_the_next_end_never_comes_too_soon() {
    let mut world = World::new().await;
    let mut end = world.bank.now() + WEEK;
    let lateness = [0, WEEK / 4, WEEK / 2, WEEK * 3 / 4, 5 * WEEK, 0];
    for late in lateness {
        let now = end + late;
        world.bank.set_time(now).await;
        world.crank().await.unwrap();
        end = (end + WEEK).max(now + WEEK / 2);
        assert_eq!(world.economy().await.next_end, end, "{late} s late");
    }
}

#[tokio::test]
async fn success_the_bounty_is_paid_once_a_period_and_never_blocks() {
    const BOUNTY: u64 = 1_000_000;
    let mut world = World::build(&WorldSpec {
        limits: Some(LimitSettings {
            bounty: BOUNTY,
            ..limits()
        }),
        ..WorldSpec::default()
    })
    .await;
    let keeper = Keypair::new();
    let purse = world.at.keeper_vault;
    let economy = world.economy().await;
    let crank = ix::crank(
        &world.at,
        &keeper.pubkey(),
        &world.token_program,
        &world.pools,
        &economy,
    );
    // What the purse is filled with before a period, and what the keeper gets:
    // nothing from an empty purse; all of an exact one; nothing where dust would
    // stay behind that is not rent-exempt; and again once it is enough.
    let rent = Rent::default().minimum_balance(0);
    let periods = [
        (0, 0),
        (BOUNTY, BOUNTY),
        (BOUNTY + 1, 0),
        (0, 0),
        (rent - 1, BOUNTY),
        (rent, 0),
        (rent - 1, BOUNTY),
    ];
    for (index, (fill, paid)) in periods.into_iter().enumerate() {
        if fill > 0 {
            world.bank.airdrop(&purse, fill).await;
        }
        let held = world.bank.lamports(&purse).await;
        let earned = world.bank.lamports(&keeper.pubkey()).await;
        let end = world.economy().await.next_end;
        world.bank.set_time(end).await;

        world
            .bank
            .send(std::slice::from_ref(&crank), &[&keeper])
            .await
            .unwrap();

        let now = (
            world.bank.lamports(&purse).await,
            world.bank.lamports(&keeper.pubkey()).await,
        );
        assert_eq!(now, (held - paid, earned + paid), "period {index}");
        // A second crank in the period gets nothing.
        attack(
            &mut world,
            "cranking for a second bounty",
            std::slice::from_ref(&crank),
            &[&keeper],
            HomeostatError::TooEarly,
        )
        .await;
        assert_eq!(world.bank.lamports(&purse).await, now.0);
    }
}

#[tokio::test]
async fn success_cranked_tells_what_happened() {
    let mut world = World::build(&WorldSpec {
        limits: Some(LimitSettings {
            bounty: 1_000_000,
            ..limits()
        }),
        ..WorldSpec::default()
    })
    .await;
    let purse = world.at.keeper_vault;
    world.bank.airdrop(&purse, 1_000_000).await;
    world.staker(100_000_000 * TOKEN).await;
    let before = world.economy().await;
    world.bank.set_time(before.next_end + 7).await;
    let crank = world.crank_ix().await;

    let events = world.bank.events(std::slice::from_ref(&crank), &[]).await;
    world.run(&[crank]).await.unwrap();

    let [Event::Cranked(event)] = &events[..] else {
        panic!("one event tells of it");
    };
    let after = world.economy().await;
    assert_eq!(
        (event.economy, event.keeper),
        (world.at.economy, world.creator.pubkey())
    );
    assert_eq!((event.period, event.at), (1, world.bank.now()));
    assert_eq!((event.bounty, event.tripped), (1_000_000, 0));
    assert_eq!(event.next_end, after.next_end);
    assert_eq!(
        (event.old_supply, event.new_supply),
        (before.totals.supply, after.totals.supply)
    );
    assert_eq!(
        (event.old_circulating, event.new_circulating),
        (before.totals.circulating, after.totals.circulating)
    );
    assert_eq!(
        (event.old_supplied, event.new_supplied),
        (before.totals.supplied, after.totals.supplied)
    );
    assert_eq!(
        (event.old_emit_until, event.new_emit_until),
        (before.stream.emit_until, after.stream.emit_until)
    );
    // Nothing has to be believed: the event carries the very bytes under the hash.
    let logged = last_decisions(&mut world).await;
    assert_eq!(event.records, bytemuck::bytes_of(&logged));
}

#[tokio::test]
async fn fail_nobody_but_the_program_emits_events() {
    // An event is a call of the program to itself; a look-alike from outside is
    // refused, whoever signs it.
    let mut world = World::new().await;
    let mallory = Keypair::new();
    let body = homeostat::events::LogGrown {
        economy: world.at.economy,
        log: world.at.log,
        old_slots: 24,
        new_slots: 256,
    };
    let data = [&EVENT_TAG[..], &anchor_lang::Event::data(&body)].concat();
    let call = |authority: Pubkey, is_signer: bool| Instruction {
        program_id: homeostat_client::PROGRAM_ID,
        accounts: vec![AccountMeta::new_readonly(authority, is_signer)],
        data: data.clone(),
    };
    attack(
        &mut world,
        "without the signature",
        &[call(address::event_authority(), false)],
        &[],
        anchor::CONSTRAINT_SIGNER,
    )
    .await;
    attack(
        &mut world,
        "with another one",
        &[call(mallory.pubkey(), true)],
        &[&mallory],
        anchor::CONSTRAINT_SEEDS,
    )
    .await;
}

#[tokio::test]
async fn k1_early_and_double_cranks_are_refused() {
    let mut world = World::new().await;
    let end = world.economy().await.next_end;
    for early in [WEEK, 1] {
        world.bank.set_time(end - early).await;
        let crank = world.crank_ix().await;
        attack(
            &mut world,
            "before the end",
            &[crank],
            &[],
            HomeostatError::TooEarly,
        )
        .await;
    }
    world.bank.set_time(end).await;
    let crank = world.crank_ix().await;
    attack(
        &mut world,
        "twice in a transaction",
        &[crank.clone(), crank.clone()],
        &[],
        HomeostatError::TooEarly,
    )
    .await;
    world.run(std::slice::from_ref(&crank)).await.unwrap();
    attack(
        &mut world,
        "twice in a slot",
        std::slice::from_ref(&crank),
        &[],
        HomeostatError::TooEarly,
    )
    .await;
    // Nor when the clock goes back.
    world.bank.set_time(end - 2 * WEEK).await;
    attack(
        &mut world,
        "in the past",
        &[crank],
        &[],
        HomeostatError::TooEarly,
    )
    .await;
}

#[tokio::test]
async fn k8_the_order_inside_a_slot_cannot_mix_windows() {
    let mut world = World::new().await;
    let alice = world.wallet(300_000_000 * TOKEN).await;
    let bob = world.wallet(0).await;
    // A period of next to no payments is what the fee takes for the usual.
    world.pay(&alice, &bob.tokens, TOKEN).await.unwrap();
    world.next_period().await.unwrap();
    let paid = world.meter(0).await.fees.get();
    world
        .pay(&alice, &bob.tokens, 200_000_000 * TOKEN)
        .await
        .unwrap();
    let end = world.economy().await.next_end;
    world.bank.set_time(end).await;
    let before = world.economy().await;

    // A payment and a collect on either side of the crank, in one transaction.
    let (first, second) = (30_000_000 * TOKEN, 20_000_000 * TOKEN);
    let collect = ix::collect(&world.at, &world.token_program, 0);
    let crank = world.crank_ix().await;
    let pays = [
        world.pay_ix(&alice, &bob.tokens, first),
        world.pay_ix(&alice, &bob.tokens, second),
    ];
    let [pay_first, pay_second] = pays;
    world
        .bank
        .send(
            &[pay_first, collect.clone(), crank, pay_second, collect],
            &[&alice.key],
        )
        .await
        .unwrap();

    // What came before is measured and charged by the old rates, in this window.
    let old_rate = before.value(Parameter::Fee);
    let after = world.economy().await;
    let new_rate = after.value(Parameter::Fee);
    assert_ne!(old_rate, new_rate);
    let volume = |economy: &Economy| {
        economy.readings[Metric::Utilisation as usize]
            .numerator
            .get()
    };
    assert_eq!(
        volume(&after),
        u128::from(200_000_000 * TOKEN + first) * YEAR as u128
    );
    let records = last_decisions(&mut world).await;
    assert!(records.iter().all(|record| record.to == end));
    let fees = u128::from((200_000_000 * TOKEN + first) / 1_000_000 * old_rate)
        + u128::from(second / 1_000_000 * new_rate);
    let meter = world.meter(0).await;
    assert_eq!(meter.fees.get() - paid, fees);
    let burned_before = after.tally.burned.get();
    assert!(burned_before < meter.burned.get());

    // What came after belongs to the next window, and only there.
    world.next_period().await.unwrap();
    let next = world.economy().await;
    assert_eq!(volume(&next), u128::from(second) * YEAR as u128);
    assert_eq!(next.tally.burned.get(), meter.burned.get());
    assert_sound(&mut world).await;
}
