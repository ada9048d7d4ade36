//! `stake` while it is paused, while something else is, and in a tripped economy.

use homeostat::state::pause::{Pause, Section};
use homeostat_sandbox::{
    world::{TOKEN, WEEK},
    World,
};
use homeostat_tests::HomeostatError;

use super::*;

/// A pause in force from now on for `seconds`.
fn pause_for(now: i64, seconds: i64) -> Pause {
    Pause {
        from: now,
        until: now + seconds,
        ..Pause::default()
    }
}

#[tokio::test]
async fn s9_stake_while_paused() {
    let mut world = World::new().await;
    let wallet = world.staker(5 * TOKEN).await;
    let more = world.wallet(TOKEN).await;
    world.open(&more).await.unwrap();
    world.request_unstake(&wallet, TOKEN).await.unwrap();
    let now = world.bank.now();
    edit_economy(&mut world, |economy| {
        economy.pauses[Section::Stake as usize] = pause_for(now, HOUR);
    })
    .await;

    // New stake and stake on its way out are refused up to the last second,
    let stake = world.stake_ix(&more, TOKEN);
    let cancel = cancel_unstake_ix(&world, &wallet, 0);
    for at in [now, now + HOUR - 1] {
        world.bank.set_time(at).await;
        attack(
            &mut world,
            std::slice::from_ref(&stake),
            &[&more.key],
            HomeostatError::Paused,
        )
        .await;
        attack(
            &mut world,
            std::slice::from_ref(&cancel),
            &[&wallet.key],
            HomeostatError::Paused,
        )
        .await;
    }

    // and the stored end lifts the pause without a transaction.
    world.bank.set_time(now + HOUR).await;
    world.bank.send(&[stake], &[&more.key]).await.unwrap();
    world.bank.send(&[cancel], &[&wallet.key]).await.unwrap();
}

#[tokio::test]
async fn s9_other_sections_do_not_pause_stake() {
    let mut world = World::new().await;
    let wallet = world.wallet(TOKEN).await;
    world.open(&wallet).await.unwrap();
    let now = world.bank.now();
    edit_economy(&mut world, |economy| {
        for section in [Section::Pay, Section::Crank, Section::Emission] {
            economy.pauses[section as usize] = pause_for(now, HOUR);
        }
    })
    .await;

    world.stake(&wallet, TOKEN).await.unwrap();
}

#[tokio::test]
async fn s9_a_tripped_economy_takes_stake_that_earns_nothing() {
    // Given an economy that a crank has tripped,
    let mut world = World::new().await;
    let vault = world.at.reward_vault;
    world.bank.set_balance(&vault, 0).await;
    world.next_period().await.unwrap();
    assert_eq!(world.economy().await.tripped, 1);

    // stake is no promise of rewards: it enters, earns nothing, and leaves.
    let wallet = world.staker(10 * TOKEN).await;
    world.bank.advance(WEEK).await;
    assert_eq!(earned(&mut world, &wallet).await, 0);
    world.request_unstake(&wallet, 10 * TOKEN).await.unwrap();
    world.bank.advance(WEEK).await;
    world.withdraw(&wallet).await.unwrap();
    assert_eq!(world.balance(&wallet).await, 10 * TOKEN);
}
