//! An economy is created once: neither twice, nor for another, nor out of another's accounts.

use anchor_lang::error::ErrorCode;
use homeostat_client::{governance, Life};
use homeostat_tests::{exchange, HomeostatError};

use super::{create_economy::plain_site, *};

/// Anyone may send lamports to an address that does not exist yet; it must not
/// keep the creator from using it.
#[tokio::test]
async fn i2_lamports_sent_ahead_do_not_squat_an_economy() {
    let mut world = plain_site(TokenProgram::Token2022).await;
    let pool = world.native_pool();
    let meter = world.at.meter(0);
    let targets = [
        world.at.economy,
        world.at.authority,
        world.at.reward_vault,
        world.at.treasury_vault,
        world.at.keeper_vault,
        world.at.log,
        pool,
        homeostat_client::address::principal_vault(&pool),
        meter,
        homeostat_client::address::fee_vault(&meter),
    ];
    for (n, target) in targets.iter().enumerate() {
        // Below, at and far above what the account needs.
        world
            .bank
            .airdrop(target, [900_000, 50_000_000, SOL][n % 3])
            .await;
    }
    let reserve = world.reserve;
    let mint = world.at.mint;
    world.bank.mint_to(&mint, &reserve, 1_000 * TOKEN).await;

    bring_to_life(&mut world, args(Funding::Mint)).await;

    assert_eq!(world.economy().await.life, Life::Live as u8);
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn i2_creating_twice_is_refused() {
    let mut world = draft().await;

    for funding in [Funding::Mint, Funding::Funded] {
        let again = create_ix(&world, args(funding));
        attack(&mut world, &[again], &[], system::ALREADY_IN_USE).await;
    }

    world.hand_over_mint(Funding::Mint).await;
    world.go_live().await.unwrap();
    let again = create_ix(&world, args(Funding::Mint));
    attack(&mut world, &[again], &[], system::ALREADY_IN_USE).await;
}

#[tokio::test]
async fn i2_creating_for_another_creators_address_is_refused() {
    // Given an economy of the creator's, somebody else claims its address for himself.
    let mut world = draft().await;
    let thief = outsider(&mut world).await;
    let stolen = exchange(
        create_ix(&world, args(Funding::Mint)),
        &world.creator.pubkey(),
        &thief.pubkey(),
    );
    attack(&mut world, &[stolen], &[&thief], ErrorCode::ConstraintSeeds).await;

    // And for one that does not exist yet.
    let mut world = plain_site(TokenProgram::Legacy).await;
    let thief = outsider(&mut world).await;
    let stolen = exchange(
        create_ix(&world, args(Funding::Mint)),
        &world.creator.pubkey(),
        &thief.pubkey(),
    );
    attack(&mut world, &[stolen], &[&thief], ErrorCode::ConstraintSeeds).await;
}

#[tokio::test]
async fn i2_a_second_economy_of_the_same_mint_is_independent() {
    // Given a live economy, anybody may create one of their own for its mint.
    let mut world = World::new().await;
    let rival = outsider(&mut world).await;
    let before = world.state().await;
    let other = EconomyAddresses::new(&world.at.mint, &rival.pubkey());
    let create = ix::create_economy(
        &world.at.mint,
        &world.token_program,
        &rival.pubkey(),
        args(Funding::Mint),
    );
    let pool = ix::create_pool(&other, &rival.pubkey(), &world.pools[0], 0);
    world.bank.send(&[create, pool], &[&rival]).await.unwrap();
    let council = world.council_args(1, None);
    let council = governance::create_council(&other, &rival.pubkey(), council);
    world.bank.send(&[council], &[&rival]).await.unwrap();

    // It cannot go live on a mint authority that is the first one's.
    let go_live = ix::go_live(&other, &rival.pubkey(), &world.token_program, &[]);
    attack(
        &mut world,
        &[go_live],
        &[&rival],
        HomeostatError::MintAuthorityNotHeld,
    )
    .await;

    // Nothing of the first economy has changed.
    unchanged("a refused transaction", &before, &world.state().await);
}

#[tokio::test]
async fn i2_accounts_of_another_economy_cannot_be_adopted() {
    // Given a rival whose vaults exist already.
    let mut world = plain_site(TokenProgram::Token2022).await;
    let rival = outsider(&mut world).await;
    let other = EconomyAddresses::new(&world.at.mint, &rival.pubkey());
    let create = ix::create_economy(
        &world.at.mint,
        &world.token_program,
        &rival.pubkey(),
        args(Funding::Funded),
    );
    world.bank.send(&[create], &[&rival]).await.unwrap();

    // When the creator's economy names one of them, it is refused by its seeds.
    let at = world.at;
    for (ours, theirs) in [
        (at.authority, other.authority),
        (at.keeper_vault, other.keeper_vault),
        (at.reward_vault, other.reward_vault),
        (at.treasury_vault, other.treasury_vault),
        (at.log, other.log),
        (at.economy, other.economy),
    ] {
        let adopt = exchange(create_ix(&world, args(Funding::Mint)), &ours, &theirs);
        attack(&mut world, &[adopt], &[], ErrorCode::ConstraintSeeds).await;
    }
}
