//! Staking, from the opening of a position to its closing.

use homeostat::constants::MAX_TICKETS;
use homeostat_client::{address, instruction as ix, Position};
use homeostat_sandbox::{
    world::{TOKEN, WEEK},
    WorldSpec,
};
use solana_signer::Signer;

use super::{
    stage::{heaviest_spec, liquidity_provider, ordinary_spec, populated, stake_in, DUST},
    ORDINARY, REPEATED, WORST,
};
use crate::bench::{Bench, Error};

const INSTRUCTIONS: [&str; 7] = [
    "open_position",
    "stake",
    "request_unstake",
    "cancel_unstake",
    "withdraw",
    "claim",
    "close_position",
];

/// A day (seconds): tickets of different days do not merge.
const DAY: i64 = 86_400;
/// Most tickets of a position; they fit a byte.
const TICKETS: u8 = MAX_TICKETS as u8;

/// Measures this family of instructions.
pub async fn measure(bench: &mut Bench) -> Result<(), Error> {
    if !bench.wants(&INSTRUCTIONS) {
        return Ok(());
    }
    ordinary(bench).await?;
    worst(bench).await
}

/// One staker's life in the native pool.
async fn ordinary(bench: &mut Bench) -> Result<(), Error> {
    let mut world = populated(ordinary_spec()).await?;
    world.next_period().await?;
    world.bank.advance(4_321).await;
    let (at, stake, pool) = (world.at, world.pools[0], world.native_pool());
    let payer = world.bank.payer();
    let alice = world.wallet(1_000_000 * TOKEN).await;
    let (owner, tokens) = (alice.pubkey(), alice.tokens);
    let signer = [&alice.key];
    let bank = &mut world.bank;

    let open = ix::open_position(&world.at.economy, &pool, &owner, &payer.pubkey());
    bench.perform(bank, ORDINARY, &open, &signer).await?;
    let enter = ix::stake(&at, &stake, &owner, &tokens, 100_003 * TOKEN);
    bench.perform(bank, ORDINARY, &enter, &signer).await?;
    bank.advance(777).await;
    bench.perform(bank, REPEATED, &enter, &signer).await?;
    bank.advance(777).await;

    let claim = ix::claim(&at, &pool, &owner, &tokens, &stake.token_program);
    bench.perform(bank, ORDINARY, &claim, &signer).await?;
    // In the same second: nothing to pay, no transfer.
    bench.perform(bank, REPEATED, &claim, &signer).await?;
    bank.advance(777).await;

    let unstake = ix::request_unstake(&at.economy, &pool, &owner, 10_007 * TOKEN);
    bench.perform(bank, ORDINARY, &unstake, &signer).await?;
    bank.advance(60).await;
    // Merges with the ticket of the same day.
    bench.perform(bank, REPEATED, &unstake, &signer).await?;
    bank.advance(60).await;
    let cancel = ix::cancel_unstake(&at.economy, &pool, &owner, 0);
    bench.perform(bank, ORDINARY, &cancel, &signer).await?;
    bank.send(std::slice::from_ref(&unstake), &signer).await?;
    bench.measure(bank, REPEATED, &cancel, &signer).await?;

    bank.advance(WEEK + DAY).await;
    let withdraw = ix::withdraw(&at, &stake, &owner, &tokens);
    bench.perform(bank, ORDINARY, &withdraw, &signer).await?;
    bank.send(&[unstake], &signer).await?;
    bank.advance(WEEK + DAY).await;
    bench.measure(bank, REPEATED, &withdraw, &signer).await?;

    // Somebody who never staked: the position closes as it was opened.
    let bob = world.wallet(0).await;
    world.open(&bob).await?;
    let close = ix::close_position(&at.economy, &pool, &bob.pubkey(), &payer.pubkey());
    bench
        .measure(&mut world, ORDINARY, &close, &[&bob.key])
        .await
}

/// The last pool of the heaviest economy: an LP mint with a transfer fee, eight
/// tickets, an address that held lamports before it was created.
async fn worst(bench: &mut Bench) -> Result<(), Error> {
    let mut world = populated(WorldSpec {
        excluded: 0,
        ..heaviest_spec()
    })
    .await?;
    world.next_period().await?;
    world.bank.advance(4_321).await;
    let (at, payer) = (world.at, world.bank.payer());
    let stake = *world.pools.last().ok_or(Error("no pool".into()))?;
    let pool = at.pool(&stake.mint);

    let newcomer = liquidity_provider(&mut world, &stake, 10 * TOKEN).await?;
    let position = address::position(&pool, &newcomer.pubkey());
    world.bank.airdrop(&position, DUST).await;
    let open = ix::open_position(
        &world.at.economy,
        &pool,
        &newcomer.pubkey(),
        &payer.pubkey(),
    );
    bench
        .measure(&mut world, WORST, &open, &[&newcomer.key])
        .await?;

    let alice = stake_in(&mut world, &stake, 2_000_003 * TOKEN).await?;
    let (owner, tokens, signer) = (alice.pubkey(), alice.tokens, [&alice.key]);
    let bank = &mut world.bank;
    let unstake = ix::request_unstake(&at.economy, &pool, &owner, 10_007 * TOKEN);
    for _ in 0..TICKETS {
        bank.advance(2 * DAY).await;
        bank.send(std::slice::from_ref(&unstake), &signer).await?;
    }
    // Unlock times are spread over two weeks; from here on none is unlocked.
    bank.edit::<Position>(&address::position(&pool, &owner), |position| {
        for ticket in &mut position.tickets {
            ticket.unlock_at += 3 * WEEK;
        }
    })
    .await;
    bank.advance(777).await;
    let enter = ix::stake(&at, &stake, &owner, &tokens, 100_003 * TOKEN);
    bench.measure(bank, WORST, &enter, &signer).await?;
    // Nine tickets do not fit: the youngest is looked for.
    bench.measure(bank, WORST, &unstake, &signer).await?;
    let cancel = ix::cancel_unstake(&at.economy, &pool, &owner, TICKETS - 1);
    bench.measure(bank, WORST, &cancel, &signer).await?;
    bank.advance(6 * WEEK).await;
    let withdraw = ix::withdraw(&at, &stake, &owner, &tokens);
    bench.measure(bank, WORST, &withdraw, &signer).await?;

    // A position that has lived through all of it.
    bank.edit::<Position>(&address::position(&pool, &owner), |position| {
        position.amount = 0;
        position.tickets = Default::default();
        position.pending_q64 = Default::default();
    })
    .await;
    bank.advance(777).await;
    let close = ix::close_position(&at.economy, &pool, &owner, &payer.pubkey());
    bench.measure(bank, WORST, &close, &signer).await?;

    // The native pool earns fees as well.
    let carol = world.wallet(1_100_000 * TOKEN).await;
    world.open(&carol).await?;
    world.stake(&carol, 1_000_003 * TOKEN).await?;
    world.collect(0).await?;
    world.crank().await?;
    world.bank.advance(DAY).await;
    world.top_up().await?;
    let claim = world.claim_ix(&carol);
    bench
        .measure(&mut world, WORST, &claim, &[&carol.key])
        .await
}
