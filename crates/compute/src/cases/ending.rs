//! What follows a retirement.

use homeostat_client::{instruction as ix, Action};
use homeostat_sandbox::world::TOKEN;
use solana_signer::Signer;

use super::{
    stage::{heaviest_spec, ordinary_spec, populated},
    ORDINARY, WORST,
};
use crate::bench::{Bench, Error};

const INSTRUCTIONS: [&str; 1] = ["hand_over_mint"];

/// Measures this family of instructions.
pub async fn measure(bench: &mut Bench) -> Result<(), Error> {
    if !bench.wants(&INSTRUCTIONS) {
        return Ok(());
    }
    end(bench, false).await?;
    end(bench, true).await
}

async fn end(bench: &mut Bench, heavy: bool) -> Result<(), Error> {
    let (case, spec) = if heavy {
        (WORST, heaviest_spec())
    } else {
        (ORDINARY, ordinary_spec())
    };
    let mut world = populated(spec).await?;
    world.staker(1_000_003 * TOKEN).await;
    let key = world.bank.fresh_key();
    let successor = Some(key.pubkey());
    world.enact(vec![Action::Retire { successor }]).await?;
    let accept = ix::hand_over_mint(&world.at, &key.pubkey(), &world.token_program);
    bench.measure(&mut world, case, &accept, &[&key]).await
}
