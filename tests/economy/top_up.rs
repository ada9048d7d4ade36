//! top_up: mints what has accrued, no more, for anyone who asks.

use anchor_lang::error::ErrorCode;
use homeostat_tests::HomeostatError;

use super::*;

/// A live economy, a staker, and a crank that is three days late: accrual has
/// gone beyond what was minted ahead.
async fn late() -> (World, homeostat_sandbox::Wallet) {
    let mut world = World::new().await;
    let staker = staker_with_all_of(&mut world, 500 * TOKEN).await;
    world.bank.advance(WEEK + 3 * WEEK / 7).await;
    (world, staker)
}

async fn supply(world: &mut World) -> u64 {
    let mint = world.at.mint;
    world.bank.supply(&mint).await
}

#[tokio::test]
async fn success_exactly_what_accrued_is_minted() {
    for program in [TokenProgram::Legacy, TokenProgram::Token2022] {
        let mut world = World::build(&WorldSpec {
            program,
            ..WorldSpec::default()
        })
        .await;
        world.bank.advance(WEEK + 12_345).await;
        let before = world.economy().await;
        let supply_before = supply(&mut world).await;
        let vault = world.at.reward_vault;
        let held = world.bank.balance(&vault).await;

        world.top_up().await.unwrap();

        // Ten days' accrual rounded up, less what go_live minted ahead.
        let after = world.economy().await;
        let accrued = before.stream.emission_rate().unwrap() * (WEEK as u128 + 12_345);
        let whole = (accrued >> 64) as u64 + u64::from(accrued << 64 != 0);
        let minted = whole - before.totals.supplied;
        assert!(minted > 0);
        assert_eq!(after.totals.supplied, whole);
        assert_eq!(supply(&mut world).await - supply_before, minted);
        assert_eq!(world.bank.balance(&vault).await - held, minted);
        assert_sound(&mut world).await;
    }
}

#[tokio::test]
async fn success_twice_mints_once() {
    let (mut world, _) = late().await;
    let top_up = world.top_up_ix();
    world.run(&[top_up.clone(), top_up.clone()]).await.unwrap();

    let before = world.state().await;
    world.run(std::slice::from_ref(&top_up)).await.unwrap();

    unchanged("a refused transaction", &before, &world.state().await);
    assert!(world.bank.events(&[top_up], &[]).await.is_empty());
}

#[tokio::test]
async fn success_within_the_period_there_is_nothing_to_mint() {
    let mut world = World::new().await;
    for _ in 0..7 {
        let before = world.state().await;
        world.top_up().await.unwrap();
        unchanged("a refused transaction", &before, &world.state().await);
        world.bank.advance(WEEK / 7).await;
    }
}

#[tokio::test]
async fn success_the_event_tells_old_and_new() {
    let (mut world, _) = late().await;
    let top_up = world.top_up_ix();
    let old = world.economy().await.totals.supplied;
    let Event::ToppedUp(event) = only_event(&mut world, std::slice::from_ref(&top_up)).await else {
        panic!("another event");
    };

    world.run(&[top_up]).await.unwrap();

    let new = world.economy().await.totals.supplied;
    assert_eq!(event.economy, world.at.economy);
    assert_eq!((event.old_supplied, event.new_supplied), (old, new));
    assert_eq!(event.amount, new - old);
}

#[tokio::test]
async fn success_anyone_makes_a_claim_whole() {
    // Given a claim that is short, because the crank is late.
    let (mut world, staker) = late().await;
    let claim = world.claim_ix(&staker);
    attack(
        &mut world,
        std::slice::from_ref(&claim),
        &[&staker.key],
        HomeostatError::RewardVaultShort,
    )
    .await;

    // When somebody tops up; nobody has to sign.
    world.top_up().await.unwrap();

    world.bank.send(&[claim], &[&staker.key]).await.unwrap();
    assert!(world.balance(&staker).await > 0);
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn success_a_top_up_does_not_change_what_the_crank_decides() {
    // Given two equal economies, one of which is topped up again and again.
    let mut plain = World::new().await;
    let mut topped = World::new().await;
    for world in [&mut plain, &mut topped] {
        staker_with_all_of(world, 500 * TOKEN).await;
    }
    for day in 0..10 {
        plain.bank.advance(WEEK / 7).await;
        topped.bank.advance(WEEK / 7).await;
        if day % 2 == 0 {
            topped.top_up().await.unwrap();
        }
    }

    plain.crank().await.unwrap();
    topped.crank().await.unwrap();

    let (plain, topped) = (plain.economy().await, topped.economy().await);
    assert_eq!(plain.controllers, topped.controllers);
    assert_eq!(plain.totals.circulating, topped.totals.circulating);
    assert_eq!(plain.totals.mean_stake, topped.totals.mean_stake);
}

/// The cluster's clock is no monotone clock.
#[tokio::test]
async fn success_a_clock_that_runs_backwards_mints_nothing() {
    let (mut world, staker) = late().await;
    world.claim(&staker).await.unwrap();
    let paid = world.balance(&staker).await;
    let live_at = world.economy().await.live_at;

    for earlier in [live_at + WEEK, live_at, live_at - WEEK] {
        let before = world.economy().await;
        world.bank.set_time(earlier).await;
        world.top_up().await.unwrap();
        assert_eq!(*world.economy().await, *before);
    }

    // What was paid before is not paid again when the time comes back.
    world.bank.set_time(live_at + 10 * WEEK / 7).await;
    world.claim(&staker).await.unwrap();
    assert_eq!(world.balance(&staker).await, paid);
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn fail_in_draft() {
    let mut world = draft().await;
    world.hand_over_mint(Funding::Mint).await;
    let top_up = world.top_up_ix();
    attack(&mut world, &[top_up], &[], HomeostatError::NotLive).await;
}

#[tokio::test]
async fn fail_in_funded_mode() {
    // Even if the economy happens to hold the mint authority.
    for hold in [false, true] {
        let mut world = funded_draft().await;
        if hold {
            world.hand_over_mint(Funding::Mint).await;
        }
        fund(&mut world, TOKEN).await.unwrap();
        world.go_live().await.unwrap();
        world.bank.advance(2 * WEEK).await;

        let top_up = world.top_up_ix();

        attack(&mut world, &[top_up], &[], HomeostatError::NotMintable).await;
    }
}

#[tokio::test]
async fn fail_to_mint_into_another_vault() {
    let (mut world, staker) = late().await;
    let at = world.at;
    let decoy = world.bank.create_tokens(&at.mint, &at.authority).await;

    for wrong in [staker.tokens, at.treasury_vault, decoy] {
        let top_up = exchange(world.top_up_ix(), &at.reward_vault, &wrong);
        attack(&mut world, &[top_up], &[], ErrorCode::ConstraintHasOne).await;
    }
}

#[tokio::test]
async fn fail_to_mint_another_mint() {
    let (mut world, _) = late().await;
    let at = world.at;
    let other = world
        .bank
        .create_mint(&MintSpec::plain(TokenProgram::Token2022))
        .await;
    world
        .bank
        .set_mint_authority(&other, Some(&at.authority))
        .await;

    let top_up = exchange(world.top_up_ix(), &at.mint, &other);

    attack(&mut world, &[top_up], &[], ErrorCode::ConstraintHasOne).await;
}

#[tokio::test]
async fn fail_for_an_account_that_is_no_economy() {
    let (mut world, _) = late().await;
    let at = world.at;
    let pool = world.native_pool();
    let cases = [
        (pool, ErrorCode::AccountDiscriminatorMismatch),
        (at.log, ErrorCode::AccountDiscriminatorMismatch),
        (at.reward_vault, ErrorCode::AccountOwnedByWrongProgram),
        (at.keeper_vault, ErrorCode::AccountOwnedByWrongProgram),
    ];
    for (wrong, code) in cases {
        // The vault named twice would be refused for that; name it once.
        let mut top_up = world.top_up_ix();
        top_up.accounts[0].pubkey = wrong;
        attack(&mut world, &[top_up], &[], code).await;
    }
}

/// The same bytes, owned by a program of the attacker's.
#[tokio::test]
async fn fail_for_a_look_alike_economy() {
    let (mut world, _) = late().await;
    let mut account = world.bank.account(&world.at.economy.clone()).await.unwrap();
    let fake = Pubkey::new_unique();
    solana_account::WritableAccount::set_owner(&mut account, Pubkey::new_unique());
    world.bank.set_account(&fake, &account);

    let economy = world.at.economy;
    let top_up = exchange(world.top_up_ix(), &economy, &fake);

    attack(
        &mut world,
        &[top_up],
        &[],
        ErrorCode::AccountOwnedByWrongProgram,
    )
    .await;
}
