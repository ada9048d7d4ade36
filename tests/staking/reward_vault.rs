//! Rewards come out of the reward vault alone, which no claim mints into.

use anchor_lang::error::ErrorCode;
use homeostat_sandbox::{
    world::{TOKEN, WEEK},
    World, WorldSpec,
};
use homeostat_tests::HomeostatError;

use super::*;

#[tokio::test]
async fn c6_an_empty_reward_vault_never_touches_the_principal() {
    // Given one mint for stake and rewards, and a sole staker who has claimed all
    // that was minted ahead,
    let mut world = World::new().await;
    let wallet = world.staker(10_000_000 * TOKEN).await;
    let end = world.economy().await.next_end;
    world.bank.set_time(end).await;
    let claim = world.claim_ix(&wallet);
    world
        .bank
        .send(std::slice::from_ref(&claim), &[&wallet.key])
        .await
        .unwrap();
    let vault = world.at.reward_vault;
    assert!(world.bank.balance(&vault).await <= 1);

    // when he claims before anybody has minted more,
    world.bank.advance(HOUR).await;
    let due = earned(&mut world, &wallet).await;
    attack(
        &mut world,
        &[claim],
        &[&wallet.key],
        HomeostatError::RewardVaultShort,
    )
    .await;

    // then the principal is whole, his accrual is kept,
    let principal = principal_vault(&world);
    assert_eq!(world.bank.balance(&principal).await, 10_000_000 * TOKEN);
    assert_eq!(earned(&mut world, &wallet).await, due);

    // and a top-up in front of the claim pays it.
    let held = world.balance(&wallet).await;
    world.claim(&wallet).await.unwrap();
    assert_eq!(world.balance(&wallet).await, held + (due >> 64) as u64);
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn c6_no_other_vault_pays_rewards() {
    let mut world = World::new().await;
    let wallet = world.staker(10_000_000 * TOKEN).await;
    world.bank.advance(DAY).await;
    let claim = world.claim_ix(&wallet);
    let vault = world.at.reward_vault;

    for other in [
        principal_vault(&world),
        world.at.treasury_vault,
        address::fee_vault(&world.at.meter(0)),
        world.reserve,
    ] {
        attack(
            &mut world,
            &[exchange(claim.clone(), &vault, &other)],
            &[&wallet.key],
            ErrorCode::ConstraintHasOne,
        )
        .await;
    }

    // Nor does the vault pay itself, and no other vault is the owner's.
    for to in [vault, principal_vault(&world)] {
        attack(
            &mut world,
            &[exchange(claim.clone(), &wallet.tokens, &to)],
            &[&wallet.key],
            ErrorCode::ConstraintTokenOwner,
        )
        .await;
    }
}

#[tokio::test]
async fn c8_claims_mint_nothing_and_top_ups_stop_at_the_cap() {
    // Given a hard cap with room for a day of emission,
    let spec = WorldSpec::default();
    let cap = spec.supply + 150_000 * TOKEN;
    let mut world = World::build(&WorldSpec {
        hard_cap: cap,
        limits: Some(limits(|limits| limits.hard_cap = cap)),
        ..spec
    })
    .await;
    let wallet = world.staker(100 * TOKEN).await;
    let mint = world.at.mint;

    // when far more time than that has passed and everything is claimed,
    world.bank.advance(4 * WEEK).await;
    world.claim(&wallet).await.unwrap();

    // the supply has reached the cap and not passed it; a claim alone mints nothing.
    let supply = world.bank.supply(&mint).await;
    assert!(supply <= cap);
    let claim = world.claim_ix(&wallet);
    world.bank.send(&[claim], &[&wallet.key]).await.unwrap();
    assert_eq!(world.bank.supply(&mint).await, supply);
    assert!(cap - supply <= world.economy().await.stream.lanes[0].rate_q64.words[1] + 1);
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn c10_a_top_up_and_two_claims_in_one_transaction_balance() {
    // Given two stakers in one transaction, and a vault that is minted into
    // between their claims,
    let mut world = World::new().await;
    let (one, two) = (
        world.staker(10_000_000 * TOKEN).await,
        world.staker(20_000_000 * TOKEN).await,
    );
    world.bank.advance(WEEK + DAY).await;
    let vault = world.at.reward_vault;
    let before = world.bank.balance(&vault).await;
    let mint = world.at.mint;
    let supply = world.bank.supply(&mint).await;
    let mintable = world.economy().await.mintable(world.bank.now()).unwrap();
    assert!(mintable > 0);

    let all = [
        world.top_up_ix(),
        world.claim_ix(&one),
        world.top_up_ix(),
        world.claim_ix(&two),
    ];
    world.bank.send(&all, &[&one.key, &two.key]).await.unwrap();

    let paid = world.balance(&one).await + world.balance(&two).await;
    assert_eq!(world.bank.balance(&vault).await, before + mintable - paid);
    assert_eq!(world.bank.supply(&mint).await, supply + mintable);
    assert_eq!(world.pool(0).await.claimed, paid);
    assert_sound(&mut world).await;
}
