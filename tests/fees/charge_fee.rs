//! `charge_fee`: the fee alone, for programs that move the amount themselves.

use super::*;

#[tokio::test]
async fn success_charge_fee_takes_the_fee_and_counts_the_volume() {
    let mut world = World::new().await;
    let alice = world.wallet(10 * TOKEN).await;
    let bob = world.wallet(0).await;
    let amount = 1_000 * TOKEN + 1;

    let charge = charge_ix(&world, &payment(&alice, &bob.tokens, 0, amount));
    world.bank.send(&[charge], &[&alice.key]).await.unwrap();

    let fee = fee_on(amount, FEE_PPM);
    assert_eq!(fee, 3 * TOKEN + 1);
    assert_eq!(world.balance(&alice).await, 10 * TOKEN - fee);
    assert_eq!(world.balance(&bob).await, 0);
    let meter = world.meter(0).await;
    assert_eq!(pending(&meter), split(fee, BURN_PPM, TREASURY_PPM));
    assert_eq!(meter.volume.get(), u128::from(amount));
}

#[tokio::test]
async fn fail_charge_fee_with_wrong_accounts() {
    let mut world = meters(2).await;
    let alice = world.wallet(100 * TOKEN).await;
    let mallory = world.wallet(0).await;
    let good = charge_ix(&world, &payment(&alice, &mallory.tokens, 0, TOKEN));
    let (meter, vault) = (world.at.meter(0), fee_vault(&world, 0));
    let attacks = [
        (
            "the fee to oneself",
            exchange(good.clone(), &vault, &mallory.tokens),
            anchor::CONSTRAINT_HAS_ONE,
        ),
        (
            "another shard's vault",
            exchange(good.clone(), &vault, &fee_vault(&world, 1)),
            anchor::CONSTRAINT_HAS_ONE,
        ),
        (
            "the economy as meter",
            exchange(good.clone(), &meter, &world.at.economy),
            anchor::ACCOUNT_DISCRIMINATOR_MISMATCH,
        ),
        (
            "the fee vault as payer",
            exchange(good.clone(), &alice.tokens, &vault),
            anchor::CONSTRAINT_DUPLICATE_MUTABLE_ACCOUNT,
        ),
    ];
    for (what, instruction, code) in attacks {
        attack(&mut world, what, &[instruction], &[&alice.key], code).await;
    }
    let (mint, treasury) = (world.at.mint, world.at.treasury_vault);
    world
        .bank
        .transfer(&mint, &alice.tokens, &treasury, &alice.key, TOKEN)
        .await;
    attack(
        &mut world,
        "a vault of the economy's as payer",
        &[exchange(good, &alice.tokens, &treasury)],
        &[&alice.key],
        token::OWNER_MISMATCH,
    )
    .await;
}
