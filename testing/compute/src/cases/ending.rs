//! What ends an economy, or its funding.

use homeostat_client::{instruction as ix, Action, Funding};
use homeostat_sandbox::{world::TOKEN, WorldSpec};
use solana_signer::Signer;

use super::{
    economy::donate_everywhere,
    stage::{build, heaviest_spec, ordinary_spec, populated},
    ORDINARY, REPEATED, WORST,
};
use crate::bench::{Bench, Error};

const INSTRUCTIONS: [&str; 6] = [
    "hand_over_mint",
    "wind_up",
    "announce_recall",
    "recall",
    "close_pool",
    "dissolve",
];

/// Measures this family of instructions.
pub async fn measure(bench: &mut Bench) -> Result<(), Error> {
    if !bench.wants(&INSTRUCTIONS) {
        return Ok(());
    }
    for (case, spec) in [(ORDINARY, ordinary_spec()), (WORST, heaviest_spec())] {
        recall(bench, case, spec).await?;
    }
    for (case, spec) in [(ORDINARY, ordinary_spec()), (WORST, heaviest_spec())] {
        end(bench, case, spec).await?;
    }
    for (case, spec) in [(ORDINARY, ordinary_spec()), (WORST, heaviest_spec())] {
        close(bench, case, spec).await?;
    }
    Ok(())
}

/// A retirement's second step, and what is left afterwards.
async fn end(bench: &mut Bench, case: &'static str, spec: WorldSpec) -> Result<(), Error> {
    let mut world = populated(spec).await?;
    let key = world.bank.fresh_key();
    let successor = Some(key.pubkey());
    world.collect(0).await?;
    world.enact(vec![Action::Retire { successor }]).await?;
    let (at, program) = (world.at, world.token_program);
    let accept = ix::hand_over_mint(&at, &key.pubkey(), &program);
    bench.measure(&mut world, case, &accept, &[&key]).await?;
    let economy = world.economy().await;
    let wind_up = ix::wind_up(&at, &at.treasury_vault, &program, &economy);
    bench.perform(&mut world, case, &wind_up, &[]).await?;
    if case == ORDINARY {
        // Nothing is left to be paid.
        bench.measure(&mut world, REPEATED, &wind_up, &[]).await?;
    }
    Ok(())
}

/// A sponsor takes back what is not promised.
async fn recall(bench: &mut Bench, case: &'static str, spec: WorldSpec) -> Result<(), Error> {
    let sponsor = solana_keypair::Keypair::new_from_array([77; 32]);
    let key = sponsor.pubkey();
    let mut world = populated(WorldSpec {
        funding: Funding::Funded,
        sponsor: Some(key),
        ..spec
    })
    .await?;
    let (at, program) = (world.at, world.token_program);
    let fund = ix::fund_rewards(
        &at,
        &world.creator.pubkey(),
        &world.reserve,
        &program,
        10_000_003 * TOKEN,
    );
    world.run(&[fund]).await?;
    let tokens = world.bank.create_tokens(&at.mint, &key).await;
    let announce = ix::announce_recall(&at.economy, &key, 1_000_003 * TOKEN);
    bench
        .perform(&mut world, case, &announce, &[&sponsor])
        .await?;
    let recall_at = world.economy().await.recall_at;
    world.bank.set_time(recall_at).await;
    let recall = ix::recall(&at, &key, &tokens, &program);
    bench.measure(&mut world, case, &recall, &[&sponsor]).await
}

/// An economy in which nobody ever staked is closed, each liquidity pool, then the whole. In the worst
/// case every vault contains dust.
async fn close(bench: &mut Bench, case: &'static str, spec: WorldSpec) -> Result<(), Error> {
    let sponsor = solana_keypair::Keypair::new_from_array([78; 32]).pubkey();
    let mut world = build(WorldSpec {
        funding: Funding::Funded,
        sponsor: Some(sponsor),
        ..spec
    })
    .await?;
    let (at, program) = (world.at, world.token_program);
    let retire = Action::Retire { successor: None };
    world.enact(vec![retire]).await?;
    let tokens = world.bank.create_tokens(&at.mint, &sponsor).await;
    let economy = world.economy().await;
    let wind_up = ix::wind_up(&at, &tokens, &program, &economy);
    world.run(&[wind_up]).await?;
    if case == WORST {
        donate_everywhere(&mut world, 1).await?;
    }
    let creator = world.creator.pubkey();
    for (lane, stake) in world.pools.clone().iter().enumerate().skip(1) {
        let close = ix::close_pool(&at, stake, &creator);
        if lane == 1 {
            bench.perform(&mut world, case, &close, &[]).await?;
        } else {
            world.run(&[close]).await?;
        }
    }
    let payers = vec![creator; usize::from(world.meters)];
    let feeds = vec![creator; usize::from(world.feeds)];
    let dissolve = ix::dissolve(&at, &creator, &program, &payers, &feeds);
    bench.measure(&mut world, case, &dissolve, &[]).await
}
