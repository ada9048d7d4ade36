//! Exits are never gated: not by a pause, a latch, a clock or the end of the economy.

use homeostat::state::pause::Pause;
use homeostat_client::Life;
use homeostat_sandbox::{
    world::{TOKEN, WEEK},
    World,
};
use homeostat_tests::HomeostatError;

use super::*;

/// A staker with rewards and a ticket that has unlocked.
async fn ready_to_leave() -> (World, Wallet) {
    let mut world = World::new().await;
    let wallet = world.staker(10 * TOKEN).await;
    world.bank.advance(DAY).await;
    world.request_unstake(&wallet, 5 * TOKEN).await.unwrap();
    world.bank.advance(WEEK).await;
    (world, wallet)
}

/// Unstakes, withdraws, claims; closes after that.
async fn leaves_entirely(world: &mut World, wallet: &Wallet) {
    let due = (earned(world, wallet).await >> 64) as u64;
    assert!(due > 0);
    world.request_unstake(wallet, 5 * TOKEN).await.unwrap();
    world.withdraw(wallet).await.unwrap();
    assert_eq!(world.balance(wallet).await, 5 * TOKEN);
    let claim = [world.top_up_ix(), world.claim_ix(wallet)];
    let claim = if world.economy().await.life == Life::Live as u8 {
        &claim[..]
    } else {
        &claim[1..]
    };
    world.bank.send(claim, &[&wallet.key]).await.unwrap();
    assert_eq!(world.balance(wallet).await, 5 * TOKEN + due);
    world.bank.advance(WEEK + DAY).await;
    world.withdraw(wallet).await.unwrap();
    assert_eq!(world.balance(wallet).await, 10 * TOKEN + due);
    world.close_position(wallet).await.unwrap();
}

#[tokio::test]
async fn u8_exit_while_everything_is_paused() {
    let (mut world, wallet) = ready_to_leave().await;
    let now = world.bank.now();
    edit_economy(&mut world, |economy| {
        for pause in &mut economy.pauses {
            *pause = Pause {
                from: now,
                until: now + 4 * WEEK,
                ..Pause::default()
            };
        }
        economy.stream.pause_from = now;
        economy.stream.pause_until = now + 4 * WEEK;
    })
    .await;

    let stake = world.stake_ix(&wallet, 1);
    attack(&mut world, &[stake], &[&wallet.key], HomeostatError::Paused).await;
    leaves_entirely(&mut world, &wallet).await;
}

#[tokio::test]
async fn u8_exit_while_the_breaker_holds() {
    let (mut world, wallet) = ready_to_leave().await;
    let now = world.bank.now();
    edit_economy(&mut world, |economy| {
        economy.tripped = 1;
        for controller in &mut economy.controllers {
            homeostat_tests::latch(controller, now);
        }
    })
    .await;

    leaves_entirely(&mut world, &wallet).await;
}

#[tokio::test]
async fn u8_exit_after_a_real_trip() {
    // Given a reward vault that lost a token, which a crank finds out,
    let mut world = World::new().await;
    let wallet = world.staker(10 * TOKEN).await;
    let vault = world.at.reward_vault;
    let held = world.bank.balance(&vault).await;
    world.bank.set_balance(&vault, held - TOKEN).await;
    world.next_period().await.unwrap();
    assert_eq!(world.economy().await.tripped, 1);
    let due = (earned(&mut world, &wallet).await >> 64) as u64;

    // then nothing accrues any more, and what is in the vaults can be taken:
    // the stake whole, the rewards as far as they are there.
    world.bank.advance(DAY).await;
    assert_eq!((earned(&mut world, &wallet).await >> 64) as u64, due);
    world.request_unstake(&wallet, 10 * TOKEN).await.unwrap();
    world.bank.advance(WEEK).await;
    world.withdraw(&wallet).await.unwrap();
    assert_eq!(world.balance(&wallet).await, 10 * TOKEN);
    let claim = world.claim_ix(&wallet);
    attack(
        &mut world,
        std::slice::from_ref(&claim),
        &[&wallet.key],
        HomeostatError::RewardVaultShort,
    )
    .await;
    give(&mut world, &vault, TOKEN).await;
    world.bank.send(&[claim], &[&wallet.key]).await.unwrap();
    assert_eq!(world.balance(&wallet).await, 10 * TOKEN + due);
}

#[tokio::test]
async fn u8_exit_after_life() {
    let (mut world, wallet) = ready_to_leave().await;
    // What retirement does: accrual stops, what is owed is minted.
    world.top_up().await.unwrap();
    let now = world.bank.now();
    edit_economy(&mut world, |economy| {
        economy.stream.settle(now).unwrap();
        economy.stream.emit_until = now;
        economy.life = Life::Retired as u8;
    })
    .await;

    leaves_entirely(&mut world, &wallet).await;
}

#[tokio::test]
async fn u8_exit_while_cranks_stay_away() {
    // Nobody cranks for a year: exits do not wait for a keeper.
    let (mut world, wallet) = ready_to_leave().await;
    world.bank.advance(52 * WEEK).await;

    leaves_entirely(&mut world, &wallet).await;
}

#[tokio::test]
async fn u8_exit_while_the_vault_owes_more_than_it_holds() {
    // Given a principal vault that lost a unit (which no instruction can do),
    let mut world = World::new().await;
    let wallet = world.staker(10 * TOKEN).await;
    world.staker(10 * TOKEN).await;
    world.request_unstake(&wallet, 10 * TOKEN).await.unwrap();
    world.bank.advance(WEEK).await;
    let vault = principal_vault(&world);
    world.bank.set_balance(&vault, 20 * TOKEN - 1).await;

    // whoever can be paid is paid: exits are never gated. The breaker stops the
    // emission meanwhile (see `safety`).
    let before = world.balance(&wallet).await;
    world.withdraw(&wallet).await.unwrap();
    assert_eq!(world.balance(&wallet).await, before + 10 * TOKEN);
}

#[tokio::test]
async fn g20_exit_while_the_clock_steps_back() {
    // Given accounts that were settled at a time the clock has left again,
    let (mut world, wallet) = ready_to_leave().await;
    world.claim(&wallet).await.unwrap();
    let (now, held) = (world.bank.now(), world.balance(&wallet).await);
    world.bank.set_time(now - 30).await;

    // exits go on, and nothing is paid a second time.
    world.claim(&wallet).await.unwrap();
    assert_eq!(world.balance(&wallet).await, held);
    world.request_unstake(&wallet, 5 * TOKEN).await.unwrap();
    world.bank.set_time(now).await;
    world.claim(&wallet).await.unwrap();
    assert_eq!(world.balance(&wallet).await, held);
    assert_sound(&mut world).await;
}
