//! What ends periods and watches over them: crank, preview, breaker, log.

use homeostat::state::Advice;
use homeostat_client::{
    instruction::{self as ix, Vault},
    Economy, Parameter, Tunable,
};
use homeostat_sandbox::{world::WEEK, World};
use solana_signer::Signer;

use super::{
    stage::{heaviest_spec, ordinary_spec, populated, report_all, turn_log},
    ORDINARY, REPEATED, WORST,
};
use crate::bench::{Bench, Error};

const INSTRUCTIONS: [&str; 5] = ["crank", "preview", "touch_pool", "trip_breaker", "grow_log"];

/// Slots that one `grow_log` adds at most: an account grows by 10,240 bytes at a time.
const MOST_SLOTS: u32 = 20;

/// Measures this family of instructions.
pub async fn measure(bench: &mut Bench) -> Result<(), Error> {
    if !bench.wants(&INSTRUCTIONS) {
        return Ok(());
    }
    ordinary(bench).await?;
    worst(bench).await
}

async fn preview(world: &mut World, controller: u8) -> solana_instruction::Instruction {
    let economy = world.economy().await;
    ix::preview(&world.at, &world.pools, &economy, controller)
}

async fn trip(world: &mut World, vault: Vault) -> Result<solana_instruction::Instruction, Error> {
    let economy = world.economy().await;
    ix::trip_breaker(&world.at, &world.pools, &economy, vault)
        .ok_or(Error("the vault's pool does not exist".into()))
}

/// Two pools and four meters.
async fn ordinary(bench: &mut Bench) -> Result<(), Error> {
    let mut world = populated(ordinary_spec()).await?;
    world.next_period().await?;
    world.bank.advance(WEEK / 10).await;
    let touch = ix::touch_pool(&world.at, &world.pools[1]);
    bench.perform(&mut world, ORDINARY, &touch, &[]).await?;
    world.bank.advance(WEEK / 10).await;
    bench.measure(&mut world, REPEATED, &touch, &[]).await?;
    world.go_to_end().await;
    let (at, payer) = (world.at, world.bank.payer().pubkey());
    let first = preview(&mut world, 0).await;
    bench.measure(&mut world, ORDINARY, &first, &[]).await?;

    let crank = world.crank_ix().await;
    bench.perform(&mut world, ORDINARY, &crank, &[]).await?;
    world.bank.advance(WEEK).await;
    bench.measure(&mut world, REPEATED, &crank, &[]).await?;
    let again = preview(&mut world, 0).await;
    bench.measure(&mut world, REPEATED, &again, &[]).await?;

    let grow = ix::grow_log(&at, &payer, 4);
    bench.perform(&mut world, ORDINARY, &grow, &[]).await?;
    bench.measure(&mut world, REPEATED, &grow, &[]).await?;

    let fees = homeostat_client::address::fee_vault(&at.meter(1));
    world.bank.set_balance(&fees, 0).await;
    let breaker = trip(&mut world, Vault::Fees(1)).await?;
    bench.perform(&mut world, ORDINARY, &breaker, &[]).await?;
    world.bank.advance(60).await;
    bench.measure(&mut world, REPEATED, &breaker, &[]).await
}

/// Eight pools, eight meters, four feeds, four exclusions, a full log, a bounty, minting.
async fn worst(bench: &mut Bench) -> Result<(), Error> {
    let mut world = populated(heaviest_spec()).await?;
    turn_log(&mut world).await?;
    // Touches fill every place.
    world.go_to_end().await;
    let touch = ix::touch_pool(&world.at, &world.pools[7]);
    world.bank.advance(WEEK / 10).await;
    bench.measure(&mut world, WORST, &touch, &[]).await?;
    report_all(&mut world).await?;
    let (at, payer) = (world.at, world.bank.payer().pubkey());
    // The dearest of the four.
    let mut dearest = None;
    for controller in 0..4 {
        let preview = preview(&mut world, controller).await;
        let units = world
            .bank
            .simulate(std::slice::from_ref(&preview), &[])
            .await?
            .units;
        if dearest.as_ref().is_none_or(|(most, _)| units > *most) {
            dearest = Some((units, preview));
        }
    }
    if let Some((_, preview)) = dearest {
        bench.measure(&mut world, WORST, &preview, &[]).await?;
    }
    // Advice is due: its configuration is logged as well.
    world
        .bank
        .edit::<Economy>(&at.economy, |economy| {
            let bias = Tunable::Bias as usize;
            let envelope = &mut economy.controllers[0].envelope;
            envelope.advice_bias = envelope.anchors[bias];
            economy.advice = Advice {
                value: envelope.anchors[bias],
                eta: 1,
                over_seconds: 3_600,
                parameter: Parameter::Emission as u8,
                field: Tunable::Bias as u8,
                pending: 1,
                reserved: 0,
            };
        })
        .await;
    let crank = world.crank_ix().await;
    bench.perform(&mut world, WORST, &crank, &[]).await?;

    let grow = ix::grow_log(&at, &payer, MOST_SLOTS);
    bench.measure(&mut world, WORST, &grow, &[]).await?;

    world.bank.set_balance(&at.reward_vault, 0).await;
    let breaker = trip(&mut world, Vault::Rewards).await?;
    bench.measure(&mut world, WORST, &breaker, &[]).await
}
