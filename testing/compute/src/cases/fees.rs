//! Payments and the collection of their fees.

use homeostat_client::instruction as ix;
use homeostat_sandbox::{world::TOKEN, Wallet, World};

use super::{
    stage::{heaviest_spec, ordinary_spec, payment, populated, MOST_METERS},
    ORDINARY, REPEATED, WORST,
};
use crate::bench::{Bench, Error};

const INSTRUCTIONS: [&str; 3] = ["pay", "charge_fee", "collect"];

/// Measures this family of instructions.
pub async fn measure(bench: &mut Bench) -> Result<(), Error> {
    if !bench.wants(&INSTRUCTIONS) {
        return Ok(());
    }
    ordinary(bench).await?;
    worst(bench).await
}

/// Somebody who pays and somebody who is paid.
pub async fn couple(world: &mut World) -> (Wallet, Wallet) {
    let alice = world.wallet(1_000_000 * TOKEN).await;
    let bob = world.wallet(10 * TOKEN).await;
    (alice, bob)
}

async fn ordinary(bench: &mut Bench) -> Result<(), Error> {
    let mut world = populated(ordinary_spec()).await?;
    world.next_period().await?;
    let (alice, bob) = couple(&mut world).await;
    let (at, program, signer) = (world.at, world.token_program, [&alice.key]);
    let bank = &mut world.bank;
    let pay = ix::pay(&at, &program, &payment(&alice, &bob, 0));
    bench.perform(bank, ORDINARY, &pay, &signer).await?;
    bench.perform(bank, REPEATED, &pay, &signer).await?;
    let charge = ix::charge_fee(&at, &program, &payment(&alice, &bob, 0));
    bench.perform(bank, ORDINARY, &charge, &signer).await?;
    bench.perform(bank, REPEATED, &charge, &signer).await?;
    let collect = ix::collect(&at, &program, 0);
    bench.perform(bank, ORDINARY, &collect, &[]).await?;
    // Nothing to move: no call, no event.
    bench.measure(bank, REPEATED, &collect, &[]).await
}

/// Through the last of eight shards, by a delegate, with a transfer fee.
async fn worst(bench: &mut Bench) -> Result<(), Error> {
    let mut world = populated(heaviest_spec()).await?;
    world.next_period().await?;
    let (alice, bob) = couple(&mut world).await;
    let carol = world.wallet(0).await;
    let (at, program, signer) = (world.at, world.token_program, [&carol.key]);
    let bank = &mut world.bank;
    bank.approve(&alice.tokens, &carol.pubkey(), &alice.key, 100_000 * TOKEN)
        .await;
    let payment = ix::Payment {
        payer: carol.pubkey(),
        ..payment(&alice, &bob, MOST_METERS - 1)
    };
    let pay = ix::pay(&at, &program, &payment);
    bench.perform(bank, WORST, &pay, &signer).await?;
    let charge = ix::charge_fee(&at, &program, &payment);
    bench.perform(bank, WORST, &charge, &signer).await?;
    let collect = ix::collect(&at, &program, MOST_METERS - 1);
    bench.measure(bank, WORST, &collect, &[]).await
}
