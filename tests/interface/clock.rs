//! Every instruction after the clock has stepped back, as a leader's clock may.

use homeostat::state::{Economy, Pause};
use homeostat_client::Section;
use homeostat_sandbox::World;

use super::stage::walk;

/// How far the clock steps back (seconds).
const BACK: i64 = 30;

/// Lets the emission flow, and settles the stream and every pool at the present second.
async fn settle(world: &mut World) {
    let (now, at) = (world.bank.now(), world.at);
    world
        .bank
        .edit::<Economy>(&at.economy, |economy| {
            // The pause of the stage is taken back, and what it spent of the guardian's budget.
            economy.pauses[Section::Emission as usize] = Pause::default();
            economy.stream.pause_until = economy.live_at;
            economy.stream.settle(now).expect("the stream settles");
        })
        .await;
    let economy = world.economy().await;
    for stake in world.pools.clone() {
        let pool = at.pool(&stake.mint);
        if world.bank.account(&pool).await.is_some() {
            world
                .bank
                .edit::<homeostat::state::Pool>(&pool, |pool| {
                    pool.settle(&economy.stream, economy.yield_q64, now)
                        .expect("the pool settles");
                })
                .await;
        }
    }
}

#[tokio::test]
async fn n20_every_instruction_works_after_the_clock_stepped_back() {
    walk(Section::Emission, false, async |world, case, _| {
        // What waits for a time has reached it already.
        world.bank.advance(2 * BACK).await;
        settle(world).await;
        // What has accrued by then is in the vault, as it is unless a crank is late.
        drop(world.top_up().await);
        let settled = world.bank.now();
        world.bank.set_time(settled - BACK).await;
        case.send(world).await;
        world.bank.set_time(settled).await;
    })
    .await;
}
