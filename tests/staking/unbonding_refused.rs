//! What the way out refuses: positions and vaults of others, and more than there is.

use anchor_lang::error::ErrorCode;
use homeostat_client::Life;
use homeostat_sandbox::{
    world::{TOKEN, WEEK},
    MintSpec, TokenProgram, World,
};
use homeostat_tests::HomeostatError;

use super::*;

#[tokio::test]
async fn u1_foreign_position() {
    let mut world = World::new().await;
    let victim = world.staker(10 * TOKEN).await;
    world.request_unstake(&victim, 5 * TOKEN).await.unwrap();
    world.bank.advance(WEEK).await;
    let attacker = world.staker(TOKEN).await;
    let (mine, theirs) = (position_of(&world, &attacker), position_of(&world, &victim));

    for theft in [
        request_unstake_ix(&world, &attacker, TOKEN),
        cancel_unstake_ix(&world, &attacker, 0),
        withdraw_ix(&world, &attacker),
    ] {
        attack(
            &mut world,
            &[exchange(theft, &mine, &theirs)],
            &[&attacker.key],
            ErrorCode::ConstraintSeeds,
        )
        .await;
    }

    // Without the victim's signature nothing moves either.
    for forged in [
        request_unstake_ix(&world, &victim, TOKEN),
        cancel_unstake_ix(&world, &victim, 0),
        withdraw_ix(&world, &victim),
    ] {
        attack(
            &mut world,
            &[unsigned(forged, &victim.pubkey())],
            &[],
            ErrorCode::AccountNotSigner,
        )
        .await;
    }
}

#[tokio::test]
async fn u2_more_than_is_staked() {
    let mut world = World::new().await;
    world.staker(100 * TOKEN).await;
    let wallet = world.staker(10 * TOKEN).await;

    for too_much in [10 * TOKEN + 1, u64::MAX] {
        let request = request_unstake_ix(&world, &wallet, too_much);
        attack(
            &mut world,
            &[request],
            &[&wallet.key],
            HomeostatError::InsufficientStake,
        )
        .await;
    }
}

#[tokio::test]
async fn u2_twice_in_one_transaction() {
    let mut world = World::new().await;
    world.staker(100 * TOKEN).await;
    let wallet = world.staker(10 * TOKEN).await;

    let six = request_unstake_ix(&world, &wallet, 6 * TOKEN);
    attack(
        &mut world,
        &[six.clone(), six],
        &[&wallet.key],
        HomeostatError::InsufficientStake,
    )
    .await;

    // Nor is a ticket paid twice.
    world.request_unstake(&wallet, 10 * TOKEN).await.unwrap();
    world.bank.advance(WEEK).await;
    let withdraw = withdraw_ix(&world, &wallet);
    attack(
        &mut world,
        &[withdraw.clone(), withdraw],
        &[&wallet.key],
        HomeostatError::NothingToWithdraw,
    )
    .await;
    // Nor both paid and put back to work.
    let both = [
        withdraw_ix(&world, &wallet),
        cancel_unstake_ix(&world, &wallet, 0),
    ];
    attack(
        &mut world,
        &both,
        &[&wallet.key],
        HomeostatError::NoSuchTicket,
    )
    .await;
}

#[tokio::test]
async fn fail_cancel_a_ticket_that_is_not_there() {
    let mut world = World::new().await;
    let wallet = world.staker(10 * TOKEN).await;
    world.request_unstake(&wallet, TOKEN).await.unwrap();

    for slot in [1, 7, 8, u8::MAX] {
        let cancel = cancel_unstake_ix(&world, &wallet, slot);
        attack(
            &mut world,
            &[cancel],
            &[&wallet.key],
            HomeostatError::NoSuchTicket,
        )
        .await;
    }

    let once = cancel_unstake_ix(&world, &wallet, 0);
    attack(
        &mut world,
        &[once.clone(), once],
        &[&wallet.key],
        HomeostatError::NoSuchTicket,
    )
    .await;
}

#[tokio::test]
async fn fail_cancel_after_life() {
    let mut world = World::new().await;
    let wallet = world.staker(10 * TOKEN).await;
    world.request_unstake(&wallet, TOKEN).await.unwrap();
    edit_economy(&mut world, |economy| economy.life = Life::Retired as u8).await;

    let cancel = cancel_unstake_ix(&world, &wallet, 0);

    attack(
        &mut world,
        &[cancel],
        &[&wallet.key],
        HomeostatError::NotLive,
    )
    .await;
}

#[tokio::test]
async fn fail_unstake_nothing() {
    let mut world = World::new().await;
    let wallet = world.staker(10 * TOKEN).await;

    let request = request_unstake_ix(&world, &wallet, 0);

    attack(
        &mut world,
        &[request],
        &[&wallet.key],
        HomeostatError::AmountTooSmall,
    )
    .await;
}

#[tokio::test]
async fn fail_withdraw_without_a_ticket() {
    let mut world = World::new().await;
    let wallet = world.staker(10 * TOKEN).await;

    let withdraw = withdraw_ix(&world, &wallet);

    attack(
        &mut world,
        &[withdraw],
        &[&wallet.key],
        HomeostatError::NothingToWithdraw,
    )
    .await;
}

#[tokio::test]
async fn u6_vault_substitution() {
    // Given two pools with stake in both,
    let mut world = World::build(&WorldSpec {
        liquidity: vec![1],
        ..WorldSpec::default()
    })
    .await;
    let wallet = world.staker(10 * TOKEN).await;
    world.request_unstake(&wallet, 10 * TOKEN).await.unwrap();
    world.bank.advance(WEEK).await;
    let vault = principal_vault(&world);
    let other_pool = world.at.pool(&world.pools[1].mint);
    let withdraw = withdraw_ix(&world, &wallet);

    // another vault of the economy is not the pool's,
    for other in [
        address::principal_vault(&other_pool),
        world.at.reward_vault,
        world.at.treasury_vault,
        address::fee_vault(&world.at.meter(0)),
    ] {
        attack(
            &mut world,
            &[exchange(withdraw.clone(), &vault, &other)],
            &[&wallet.key],
            ErrorCode::ConstraintHasOne,
        )
        .await;
    }

    // nor is another pool the position's.
    let elsewhere = exchange(
        request_unstake_ix(&world, &wallet, 1),
        &world.native_pool(),
        &other_pool,
    );
    attack(
        &mut world,
        &[elsewhere],
        &[&wallet.key],
        ErrorCode::ConstraintSeeds,
    )
    .await;
}

#[tokio::test]
async fn u6_withdraw_to_the_owner_only() {
    let mut world = World::new().await;
    let wallet = world.staker(10 * TOKEN).await;
    let thief = world.wallet(0).await;
    world.request_unstake(&wallet, 10 * TOKEN).await.unwrap();
    world.bank.advance(WEEK).await;
    let withdraw = withdraw_ix(&world, &wallet);

    // Not to somebody else, not to an account of another mint, not in a circle,
    let worthless = world
        .bank
        .create_mint(&MintSpec::plain(TokenProgram::Token2022))
        .await;
    let of_another_mint = world.bank.create_tokens(&worthless, &wallet.pubkey()).await;
    for (to, code) in [
        (thief.tokens, ErrorCode::ConstraintTokenOwner),
        (of_another_mint, ErrorCode::ConstraintTokenMint),
        (principal_vault(&world), ErrorCode::ConstraintTokenOwner),
    ] {
        attack(
            &mut world,
            &[exchange(withdraw.clone(), &wallet.tokens, &to)],
            &[&wallet.key],
            code,
        )
        .await;
    }

    // but to any account of the owner's.
    let mint = world.at.mint;
    let second = world.bank.create_tokens(&mint, &wallet.pubkey()).await;
    world
        .bank
        .send(
            &[exchange(withdraw, &wallet.tokens, &second)],
            &[&wallet.key],
        )
        .await
        .unwrap();
    assert_eq!(world.bank.balance(&second).await, 10 * TOKEN);
    assert_eq!(world.balance(&wallet).await, 0);
}
