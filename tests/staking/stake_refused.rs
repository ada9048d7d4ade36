//! What `stake` refuses: accounts of others and look-alikes, and times before and after life.

use anchor_lang::error::ErrorCode;
use homeostat_client::Life;
use homeostat_sandbox::{world::TOKEN, MintSpec, TokenProgram, World};
use homeostat_tests::HomeostatError;

use super::*;

/// What the token programs say when an account holds less than it sends.
const INSUFFICIENT_FUNDS: u32 = 1;

#[tokio::test]
async fn s1_fake_accounts_of_another_program() {
    // Given accounts with the right bytes, owned by an attacker's program,
    let mut world = World::new().await;
    let wallet = world.wallet(TOKEN).await;
    world.open(&wallet).await.unwrap();
    let stake = world.stake_ix(&wallet, TOKEN);

    for real in [
        world.native_pool(),
        world.at.economy,
        position_of(&world, &wallet),
    ] {
        let fake = world.bank.forge_owner(&real, &other_program()).await;
        attack(
            &mut world,
            &[exchange(stake.clone(), &real, &fake)],
            &[&wallet.key],
            ErrorCode::AccountOwnedByWrongProgram,
        )
        .await;
    }

    // and a mint and token accounts that no token program owns.
    for real in [wallet.tokens, principal_vault(&world), world.at.mint] {
        let fake = world.bank.forge_owner(&real, &other_program()).await;
        attack(
            &mut world,
            &[exchange(stake.clone(), &real, &fake)],
            &[&wallet.key],
            ErrorCode::AccountOwnedByWrongProgram,
        )
        .await;
    }
}

#[tokio::test]
async fn s2_accounts_of_another_type() {
    let mut world = World::new().await;
    let wallet = world.wallet(TOKEN).await;
    world.open(&wallet).await.unwrap();
    let stake = world.stake_ix(&wallet, TOKEN);
    let (economy, pool) = (world.at.economy, world.native_pool());
    let position = position_of(&world, &wallet);
    let meter = world.at.meter(0);
    let log = world.at.log;

    for (real, cosplay) in [
        (pool, position),
        (pool, economy),
        (pool, meter),
        (position, pool),
        (position, meter),
        (economy, pool),
        (economy, log),
    ] {
        attack(
            &mut world,
            &[exchange(stake.clone(), &real, &cosplay)],
            &[&wallet.key],
            ErrorCode::AccountDiscriminatorMismatch,
        )
        .await;
    }

    // The same bytes under a discriminator that is nobody's.
    for real in [economy, pool, position] {
        let fake = world.bank.forge_bytes(&real, |data| data[0] ^= 1).await;
        attack(
            &mut world,
            &[exchange(stake.clone(), &real, &fake)],
            &[&wallet.key],
            ErrorCode::AccountDiscriminatorMismatch,
        )
        .await;
    }
}

#[tokio::test]
async fn s8_nobody_stakes_into_the_position_of_another() {
    // Given a victim whose votes an attacker wants to make young,
    let mut world = World::new().await;
    let victim = world.staker(5 * TOKEN).await;
    let attacker = world.wallet(5 * TOKEN).await;
    world.open(&attacker).await.unwrap();
    world.bank.advance(DAY).await;

    // he signs for himself and names the victim's position,
    let into_victim = exchange(
        world.stake_ix(&attacker, TOKEN),
        &position_of(&world, &attacker),
        &position_of(&world, &victim),
    );
    attack(
        &mut world,
        &[into_victim],
        &[&attacker.key],
        ErrorCode::ConstraintSeeds,
    )
    .await;

    // or names the victim as owner and does not sign for him,
    let for_victim = unsigned(
        exchange(
            world.stake_ix(&victim, TOKEN),
            &victim.tokens,
            &attacker.tokens,
        ),
        &victim.pubkey(),
    );
    attack(&mut world, &[for_victim], &[], ErrorCode::AccountNotSigner).await;
}

#[tokio::test]
async fn fail_stake_into_a_vault_that_owes_more_than_it_holds() {
    let mut world = World::new().await;
    world.staker(100 * TOKEN).await;
    let late = world.wallet(TOKEN).await;
    world.open(&late).await.unwrap();
    let vault = principal_vault(&world);
    world.bank.set_balance(&vault, 100 * TOKEN - 1).await;

    let stake = world.stake_ix(&late, TOKEN);

    attack(
        &mut world,
        &[stake],
        &[&late.key],
        HomeostatError::InsolventVault,
    )
    .await;
}

#[tokio::test]
async fn fail_stake_before_and_after_life() {
    // Given a Draft,
    let mut world = World::new().await;
    let wallet = world.wallet(TOKEN).await;
    world.open(&wallet).await.unwrap();
    edit_economy(&mut world, |economy| economy.life = Life::Draft as u8).await;
    let stake = world.stake_ix(&wallet, TOKEN);
    attack(
        &mut world,
        std::slice::from_ref(&stake),
        &[&wallet.key],
        HomeostatError::NotLive,
    )
    .await;

    // and a retired economy.
    edit_economy(&mut world, |economy| economy.life = Life::Retired as u8).await;
    attack(
        &mut world,
        &[stake],
        &[&wallet.key],
        HomeostatError::NotLive,
    )
    .await;
}

#[tokio::test]
async fn fail_stake_more_than_the_wallet_holds() {
    let mut world = World::new().await;
    let wallet = world.wallet(TOKEN).await;
    world.open(&wallet).await.unwrap();

    let stake = world.stake_ix(&wallet, TOKEN + 1);

    attack(&mut world, &[stake], &[&wallet.key], INSUFFICIENT_FUNDS).await;
}

#[tokio::test]
async fn fail_stake_with_tokens_of_another_owner_or_mint() {
    let mut world = World::new().await;
    let wallet = world.wallet(TOKEN).await;
    world.open(&wallet).await.unwrap();
    let rich = world.wallet(TOKEN).await;
    let stake = world.stake_ix(&wallet, TOKEN);

    attack(
        &mut world,
        &[exchange(stake.clone(), &wallet.tokens, &rich.tokens)],
        &[&wallet.key],
        ErrorCode::ConstraintTokenOwner,
    )
    .await;

    let worthless = world
        .bank
        .create_mint(&MintSpec::plain(TokenProgram::Token2022))
        .await;
    let tokens = world.bank.create_tokens(&worthless, &wallet.pubkey()).await;
    world.bank.mint_to(&worthless, &tokens, TOKEN).await;
    attack(
        &mut world,
        &[exchange(stake.clone(), &wallet.tokens, &tokens)],
        &[&wallet.key],
        ErrorCode::ConstraintTokenMint,
    )
    .await;

    // Naming that mint as the pool's does not help,
    let all_worthless = exchange(
        exchange(stake.clone(), &wallet.tokens, &tokens),
        &world.at.mint,
        &worthless,
    );
    attack(
        &mut world,
        &[all_worthless],
        &[&wallet.key],
        ErrorCode::ConstraintHasOne,
    )
    .await;

    // nor does another token program.
    let legacy = TokenProgram::Legacy.id();
    let other = exchange(stake.clone(), &TokenProgram::Token2022.id(), &legacy);
    attack(
        &mut world,
        &[other],
        &[&wallet.key],
        ErrorCode::ConstraintMintTokenProgram,
    )
    .await;
    let fake = other_program();
    let fake = exchange(stake, &TokenProgram::Token2022.id(), &fake);
    attack(
        &mut world,
        &[fake],
        &[&wallet.key],
        ErrorCode::InvalidProgramId,
    )
    .await;
}

#[tokio::test]
async fn fail_stake_out_of_the_vault_into_itself() {
    // Given a vault with other people's stake,
    let mut world = World::new().await;
    world.staker(100 * TOKEN).await;
    let wallet = world.wallet(TOKEN).await;
    world.open(&wallet).await.unwrap();
    let stake = world.stake_ix(&wallet, TOKEN);
    let vault = principal_vault(&world);

    // it cannot be named as the staker's own tokens.
    let circular = exchange(stake, &wallet.tokens, &vault);
    attack(
        &mut world,
        &[circular],
        &[&wallet.key],
        ErrorCode::ConstraintTokenOwner,
    )
    .await;
}
