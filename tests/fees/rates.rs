//! Fee rates: no splitting avoids them, none surprises a payer, none reaches back.

use super::*;

#[tokio::test]
async fn f2_dust_splitting_never_avoids_the_fee() {
    let mut world = World::new().await;
    let alice = world.wallet(TOKEN).await;
    let bob = world.wallet(0).await;

    // What leaves nothing for the recipient is refused.
    let refusals = [
        (0, HomeostatError::AmountTooSmall),
        (1, HomeostatError::SplitExceedsAmount),
    ];
    for (amount, error) in refusals {
        let pay = payment(&alice, &bob.tokens, 0, amount);
        for instruction in [pay_ix(&world, &pay), charge_ix(&world, &pay)] {
            attack(&mut world, "dust", &[instruction], &[&alice.key], error).await;
        }
    }

    // Everything else pays at least one unit, so 300 in twos costs 150, not 1.
    let two = pay_ix(&world, &payment(&alice, &bob.tokens, 0, 2));
    for _ in 0..10 {
        let fifteen = vec![two.clone(); 15];
        world.bank.send(&fifteen, &[&alice.key]).await.unwrap();
    }
    let in_pieces = world.meter(0).await.fees.get();
    world.pay(&alice, &bob.tokens, 300).await.unwrap();
    let at_once = world.meter(0).await.fees.get() - in_pieces;
    assert_eq!((in_pieces, at_once), (150, 1));
    for (amount, fee) in [(333, 1), (334, 2), (1_000, 3), (1_001, 4)] {
        let before = world.meter(0).await.fees.get();
        world.pay(&alice, &bob.tokens, amount).await.unwrap();
        assert_eq!(world.meter(0).await.fees.get() - before, fee, "{amount}");
    }
}

/// A week in which so much is paid that the next crank raises the fee rate as
/// fast as it may: by 1,000 ppm.
async fn busy_week(world: &mut World) -> (Wallet, Wallet) {
    let alice = world.wallet(400_000_000 * TOKEN).await;
    let bob = world.wallet(0).await;
    // A week without payments is what the fee takes for the usual.
    world.next_period().await.unwrap();
    for _ in 0..3 {
        let pay = world.pay_ix(&alice, &bob.tokens, 100_000_000 * TOKEN);
        world.bank.send(&[pay], &[&alice.key]).await.unwrap();
    }
    (alice, bob)
}

#[tokio::test]
async fn f3_a_fee_that_rose_meanwhile_is_refused_above_max_fee() {
    let mut world = World::new().await;
    let (alice, bob) = busy_week(&mut world).await;
    let amount = 1_000 * TOKEN;
    let signed = Payment {
        max_fee: fee_on(amount, FEE_PPM),
        ..payment(&bob, &alice.tokens, 0, amount)
    };
    let (pay, charge) = (pay_ix(&world, &signed), charge_ix(&world, &signed));
    let end = world.economy().await.next_end;
    world.bank.set_time(end).await;
    let crank = world.crank_ix().await;

    // The keeper's crank before it in one transaction, or in its own.
    attack(
        &mut world,
        "crank, then pay",
        &[crank.clone(), pay.clone()],
        &[&bob.key],
        HomeostatError::FeeAboveMax,
    )
    .await;
    world.run(&[crank]).await.unwrap();
    for (what, instruction) in [("pay", &pay), ("charge_fee", &charge)] {
        attack(
            &mut world,
            what,
            std::slice::from_ref(instruction),
            &[&bob.key],
            HomeostatError::FeeAboveMax,
        )
        .await;
    }

    let exact = Payment {
        max_fee: fee_on(amount, FEE_PPM + 1_000),
        ..signed
    };
    let pay = pay_ix(&world, &exact);
    world.bank.send(&[pay], &[&bob.key]).await.unwrap();
}

#[tokio::test]
async fn f4_the_parts_never_exceed_the_amount_at_the_highest_rates() {
    let mut world = World::new().await;
    set_rates(&mut world, 100_000, 1_000_000, 1_000_000).await;
    let alice = world.wallet(1_000 * TOKEN).await;
    let bob = world.wallet(0).await;
    let tiny = pay_ix(&world, &payment(&alice, &bob.tokens, 0, 1));
    attack(
        &mut world,
        "a fee as large as the amount",
        &[tiny],
        &[&alice.key],
        HomeostatError::SplitExceedsAmount,
    )
    .await;

    for amount in [2, 9, 10, 11, 999, TOKEN] {
        let held = (world.balance(&alice).await, world.balance(&bob).await);
        let burn = world.meter(0).await.pending_burn;
        world.pay(&alice, &bob.tokens, amount).await.unwrap();
        let fee = amount.div_ceil(10);
        assert_eq!(world.balance(&alice).await, held.0 - amount);
        assert_eq!(world.balance(&bob).await, held.1 + amount - fee);
        assert_eq!(world.meter(0).await.pending_burn, burn + fee);
    }

    // A rate from nowhere is cut to the ceiling of the program: 10 %.
    set_rates(&mut world, i64::MAX, i64::MAX, u32::MAX).await;
    let held = world.balance(&alice).await;
    world.pay(&alice, &bob.tokens, TOKEN).await.unwrap();
    assert_eq!(world.balance(&alice).await, held - TOKEN);
    let fees = world.meter(0).await;
    world.collect(0).await.unwrap();
    assert_eq!(fees.fees.get(), u128::from(fees.liability().unwrap()));
}

#[tokio::test]
async fn f5_a_new_rate_never_reaches_back() {
    let mut world = World::new().await;
    let (alice, bob) = busy_week(&mut world).await;
    // Without emission nothing could be burned of it, and the burn share would wait.
    world.staker(100 * TOKEN).await;
    let owed = pending(&world.meter(0).await);
    let fees = 3 * fee_on(100_000_000 * TOKEN, FEE_PPM);
    assert_eq!(owed, split(fees, BURN_PPM, TREASURY_PPM));

    // The crank raises both the fee and the share that is burned ...
    world.next_period().await.unwrap();
    let economy = world.economy().await;
    assert_eq!(u128::from(economy.value(Parameter::Fee)), FEE_PPM + 1_000);
    assert_ne!(u128::from(economy.value(Parameter::Burn)), BURN_PPM);

    // ... and what was charged before is split as it was charged.
    assert_eq!(pending(&world.meter(0).await), owed);
    world.collect(0).await.unwrap();
    let meter = world.meter(0).await;
    assert_eq!(
        (
            meter.burned.get(),
            meter.swept_treasury.get(),
            meter.swept_stakers.get()
        ),
        (owed.0.into(), owed.1.into(), owed.2.into())
    );
    world.pay(&bob, &alice.tokens, TOKEN).await.unwrap();
    let new = world.meter(0).await.fees.get() - meter.fees.get();
    assert_eq!(new, u128::from(fee_on(TOKEN, FEE_PPM + 1_000)));
}

#[tokio::test]
async fn o4_wash_volume_costs_its_fee() {
    // Given a wallet that pays itself by way of a second one, all it can.
    let mut world = World::new().await;
    let alice = world.wallet(100_000_000 * TOKEN).await;
    let bob = world.wallet(0).await;
    world.next_period().await.unwrap();
    let (mut from, mut to) = (&alice, &bob);
    let mut volume = 0;
    for _ in 0..8 {
        let amount = world.balance(from).await;
        world.pay(from, &to.tokens, amount).await.unwrap();
        volume += amount;
        (from, to) = (to, from);
    }

    // The volume counts, and costs at least the fee rate on all of it ...
    let lost = 100_000_000 * TOKEN - world.balance(&alice).await - world.balance(&bob).await;
    assert_eq!(world.meter(0).await.volume.get(), u128::from(volume));
    assert!(u128::from(lost) * PPM >= u128::from(volume) * FEE_PPM);

    // ... for a rate that moves no further than its slew limit, for everybody.
    world.next_period().await.unwrap();
    let moved = u128::from(world.economy().await.value(Parameter::Fee)) - FEE_PPM;
    assert_eq!(moved, 1_000);
    // In the slot of the crank there is nothing to gain either: the window is closed.
    let measured = world.economy().await.readings;
    world.pay(&alice, &bob.tokens, TOKEN).await.unwrap();
    assert_eq!(world.economy().await.readings, measured);
    refused(world.crank().await, HomeostatError::TooEarly);
}
