//! What `open_position` and `close_position` refuse: others, other addresses, and what is not empty.

use anchor_lang::{error::ErrorCode, prelude::Pubkey};
use homeostat_client::instruction as ix;
use homeostat_sandbox::{
    world::{TOKEN, WEEK},
    World,
};
use homeostat_tests::{system, HomeostatError};
use solana_signer::Signer;

use super::*;

#[tokio::test]
async fn fail_a_position_opens_once() {
    let mut world = World::new().await;
    let wallet = world.staker(5 * TOKEN).await;
    let payer = world.bank.payer().pubkey();

    let again = ix::open_position(
        &world.at.economy,
        &world.native_pool(),
        &wallet.pubkey(),
        &payer,
    );

    attack(&mut world, &[again], &[&wallet.key], system::ALREADY_IN_USE).await;
}

#[tokio::test]
async fn fail_nobody_opens_a_position_for_another() {
    let mut world = World::new().await;
    let victim = world.wallet(TOKEN).await;
    let payer = world.bank.payer().pubkey();
    let open = ix::open_position(
        &world.at.economy,
        &world.native_pool(),
        &victim.pubkey(),
        &payer,
    );

    attack(
        &mut world,
        &[unsigned(open, &victim.pubkey())],
        &[],
        ErrorCode::AccountNotSigner,
    )
    .await;
}

#[tokio::test]
async fn fail_a_position_opens_at_its_own_address_only() {
    // Given an attacker who wants the address of a victim's future position,
    let mut world = World::new().await;
    let victim = world.wallet(TOKEN).await;
    let attacker = world.wallet(TOKEN).await;
    let payer = world.bank.payer().pubkey();
    let open = ix::open_position(
        &world.at.economy,
        &world.native_pool(),
        &attacker.pubkey(),
        &payer,
    );

    let squat = exchange(
        open,
        &position_of(&world, &attacker),
        &position_of(&world, &victim),
    );

    attack(
        &mut world,
        &[squat],
        &[&attacker.key],
        ErrorCode::ConstraintSeeds,
    )
    .await;
}

#[tokio::test]
async fn fail_a_position_opens_in_a_real_pool_only() {
    let mut world = World::new().await;
    let wallet = world.wallet(TOKEN).await;
    let payer = world.bank.payer().pubkey();
    let pool = world.native_pool();
    let fake = world.bank.forge_owner(&pool, &other_program()).await;
    let cosplay = world.at.economy;

    for (pool, code) in [
        (fake, ErrorCode::AccountOwnedByWrongProgram),
        (cosplay, ErrorCode::AccountDiscriminatorMismatch),
    ] {
        let open = ix::open_position(&world.at.economy, &pool, &wallet.pubkey(), &payer);
        attack(&mut world, &[open], &[&wallet.key], code).await;
    }
}

#[tokio::test]
async fn fail_rent_goes_to_nobody_but_the_payer() {
    let mut world = World::new().await;
    let wallet = world.wallet(TOKEN).await;
    world.open(&wallet).await.unwrap();

    let thief = Pubkey::new_unique();
    let close = close_position_ix(&world, &wallet, &thief);

    attack(
        &mut world,
        &[close],
        &[&wallet.key],
        ErrorCode::ConstraintHasOne,
    )
    .await;
}

#[tokio::test]
async fn fail_nobody_closes_the_position_of_another() {
    let mut world = World::new().await;
    let victim = world.wallet(TOKEN).await;
    world.open(&victim).await.unwrap();
    let attacker = world.wallet(TOKEN).await;
    let payer = world.bank.payer().pubkey();

    let theft = exchange(
        close_position_ix(&world, &attacker, &payer),
        &position_of(&world, &attacker),
        &position_of(&world, &victim),
    );
    attack(
        &mut world,
        &[theft],
        &[&attacker.key],
        ErrorCode::ConstraintSeeds,
    )
    .await;

    let forged = unsigned(close_position_ix(&world, &victim, &payer), &victim.pubkey());
    attack(&mut world, &[forged], &[], ErrorCode::AccountNotSigner).await;
}

#[tokio::test]
async fn fail_a_position_with_stake_or_tickets_stays_open() {
    // Given a position with stake,
    let mut world = World::new().await;
    let wallet = world.staker(5 * TOKEN).await;
    let payer = world.bank.payer().pubkey();
    let close = close_position_ix(&world, &wallet, &payer);
    attack(
        &mut world,
        std::slice::from_ref(&close),
        &[&wallet.key],
        HomeostatError::PositionNotEmpty,
    )
    .await;

    // then with a ticket that is locked, then with one that has unlocked.
    world.request_unstake(&wallet, 5 * TOKEN).await.unwrap();
    for _ in 0..2 {
        attack(
            &mut world,
            std::slice::from_ref(&close),
            &[&wallet.key],
            HomeostatError::PositionNotEmpty,
        )
        .await;
        world.bank.advance(WEEK).await;
    }
}

#[tokio::test]
async fn u5_close_with_debt() {
    // Given a position whose stake has left and whose rewards have not,
    let mut world = World::new().await;
    let wallet = world.staker(5 * TOKEN).await;
    world.bank.advance(DAY).await;
    world.request_unstake(&wallet, 5 * TOKEN).await.unwrap();
    world.bank.advance(WEEK).await;
    world.withdraw(&wallet).await.unwrap();

    // closing is refused while they are unclaimed,
    let payer = world.bank.payer().pubkey();
    let close = close_position_ix(&world, &wallet, &payer);
    attack(
        &mut world,
        &[close],
        &[&wallet.key],
        HomeostatError::UnclaimedRewards,
    )
    .await;

    // and goes through after the claim.
    world.claim(&wallet).await.unwrap();
    world.close_position(&wallet).await.unwrap();
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn fail_a_closed_position_is_of_no_use() {
    let mut world = World::new().await;
    let wallet = world.wallet(5 * TOKEN).await;
    world.open(&wallet).await.unwrap();
    world.close_position(&wallet).await.unwrap();

    // What is left of it belongs to the system program. It serves neither in a
    // later transaction,
    for instruction in [
        world.stake_ix(&wallet, TOKEN),
        world.claim_ix(&wallet),
        request_unstake_ix(&world, &wallet, 1),
        withdraw_ix(&world, &wallet),
        cancel_unstake_ix(&world, &wallet, 0),
    ] {
        attack(
            &mut world,
            &[instruction],
            &[&wallet.key],
            ErrorCode::AccountOwnedByWrongProgram,
        )
        .await;
    }

    // nor in the one that closes it.
    world.open(&wallet).await.unwrap();
    let payer = world.bank.payer().pubkey();
    let both = [
        close_position_ix(&world, &wallet, &payer),
        world.stake_ix(&wallet, TOKEN),
    ];
    attack(
        &mut world,
        &both,
        &[&wallet.key],
        ErrorCode::AccountOwnedByWrongProgram,
    )
    .await;
}
