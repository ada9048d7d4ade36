//! `go_live` and who holds the mint: its mint authority, its freeze authority.

use anchor_lang::error::ErrorCode;
use anchor_spl::token_2022::spl_token_2022;
use homeostat_tests::HomeostatError;

use super::{
    go_live::{go_live_is_refused, ready},
    *,
};

#[tokio::test]
async fn i1_go_live_without_the_mint_authority_is_refused() {
    // Given a creator who has kept it in his wallet.
    let mut world = draft().await;

    go_live_is_refused(&mut world, HomeostatError::MintAuthorityNotHeld).await;

    // Handed over, it is all that was missing.
    world.hand_over_mint(Funding::Mint).await;
    world.go_live().await.unwrap();
}

#[tokio::test]
async fn i5_foreign_mint_authority_is_refused() {
    for authority in [Some(Pubkey::new_unique()), None] {
        let mut world = draft().await;
        let mint = world.at.mint;
        world
            .bank
            .set_mint_authority(&mint, authority.as_ref())
            .await;
        go_live_is_refused(&mut world, HomeostatError::MintAuthorityNotHeld).await;
    }
}

/// The economy account itself is not its authority.
#[tokio::test]
async fn i5_mint_authority_at_a_look_alike_address_is_refused() {
    type Pick = fn(&EconomyAddresses) -> Pubkey;
    let picks: [(Pick, ErrorCode); 3] = [
        (|at| at.economy, ErrorCode::AccountNotSystemOwned),
        (|at| at.keeper_vault, ErrorCode::ConstraintHasOne),
        (|at| at.reward_vault, ErrorCode::AccountNotSystemOwned),
    ];
    for (pick, code) in picks {
        let mut world = draft().await;
        let (mint, wrong) = (world.at.mint, pick(&world.at));
        world.bank.set_mint_authority(&mint, Some(&wrong)).await;

        go_live_is_refused(&mut world, HomeostatError::MintAuthorityNotHeld).await;

        let authority = world.at.authority;
        let go_live = exchange(world.go_live_ix(), &authority, &wrong);
        attack(&mut world, &[go_live], &[], code).await;
    }
}

/// A freeze authority is refused before there is a vault it could freeze: it
/// might be revoked afterwards, and a frozen treasury would block collect for ever.
#[tokio::test]
async fn i5_freeze_authority_is_refused_in_both_modes() {
    for funding in [Funding::Mint, Funding::Funded] {
        for program in [TokenProgram::Legacy, TokenProgram::Token2022] {
            let spec = MintSpec {
                freeze_authority: Some(Pubkey::new_unique()),
                ..MintSpec::plain(program)
            };
            let mut world = site(&Keypair::new(), &spec).await;

            let create = create_ix(&world, args(funding));

            attack(
                &mut world,
                &[create],
                &[],
                HomeostatError::FreezeAuthoritySet,
            )
            .await;
        }
    }
}

/// The token programs let nobody add a freeze authority later; go_live checks
/// all the same.
#[tokio::test]
async fn i5_freeze_authority_that_appears_later_is_refused_at_go_live() {
    let mut world = ready().await;
    let mint = world.at.mint;
    let mut account = world.bank.account(&mint).await.unwrap();
    let mut data = solana_account::ReadableAccount::data(&account).to_vec();
    data[46] = 1;
    data[50..82].fill(9);
    account.set_data_from_slice(&data);
    world.bank.set_account(&mint, &account);

    go_live_is_refused(&mut world, HomeostatError::FreezeAuthoritySet).await;
}

/// The way to go on: revoke the authority, then retry.
#[tokio::test]
async fn success_a_revoked_freeze_authority_is_no_obstacle() {
    let freezer = Keypair::new();
    let spec = MintSpec {
        freeze_authority: Some(freezer.pubkey()),
        ..MintSpec::plain(TokenProgram::Legacy)
    };
    let mut world = site(&Keypair::new(), &spec).await;
    let (mint, reserve) = (world.at.mint, world.reserve);
    world.bank.mint_to(&mint, &reserve, 1_000 * TOKEN).await;
    let revoke = spl_token_2022::instruction::set_authority(
        &world.token_program,
        &mint,
        None,
        spl_token_2022::instruction::AuthorityType::FreezeAccount,
        &freezer.pubkey(),
        &[],
    )
    .unwrap();
    world.bank.send(&[revoke], &[&freezer]).await.unwrap();

    bring_to_life(&mut world, args(Funding::Mint)).await;

    assert_sound(&mut world).await;
}

/// Once handed over, the mint authority does not come back.
#[tokio::test]
async fn i5_creator_cannot_take_the_mint_authority_back() {
    let mut world = World::new().await;
    let (mint, creator) = (world.at.mint, world.creator.pubkey());
    let take_back = spl_token_2022::instruction::set_authority(
        &world.token_program,
        &mint,
        Some(&creator),
        spl_token_2022::instruction::AuthorityType::MintTokens,
        &creator,
        &[],
    )
    .unwrap();
    let print = spl_token_2022::instruction::mint_to(
        &world.token_program,
        &mint,
        &world.reserve,
        &creator,
        &[],
        1,
    )
    .unwrap();

    for attempt in [take_back, print] {
        attack(&mut world, &[attempt], &[], token::OWNER_MISMATCH).await;
    }
}
