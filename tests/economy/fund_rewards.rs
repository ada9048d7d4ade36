//! fund_rewards: how a Funded economy gets what it pays.

use anchor_lang::error::ErrorCode;
use anchor_spl::token_2022::spl_token_2022::{
    extension::{transfer_fee, ExtensionType},
    ID as T22,
};
use homeostat_tests::HomeostatError;

use super::*;

/// A Funded economy that is live, with its vault filled in Draft.
async fn funded(amount: u64) -> World {
    let mut world = funded_draft().await;
    fund(&mut world, amount).await.unwrap();
    world.go_live().await.unwrap();
    world
}

#[tokio::test]
async fn success_the_creator_funds_a_draft() {
    for program in [TokenProgram::Legacy, TokenProgram::Token2022] {
        let mut world = World::build(&WorldSpec {
            program,
            funding: Funding::Funded,
            draft: true,
            ..WorldSpec::default()
        })
        .await;

        fund(&mut world, 1_000 * TOKEN).await.unwrap();
        fund(&mut world, 1).await.unwrap();

        let vault = world.at.reward_vault;
        assert_eq!(world.bank.balance(&vault).await, 1_000 * TOKEN + 1);
        assert_eq!(world.economy().await.totals.supplied, 1_000 * TOKEN + 1);
    }
}

#[tokio::test]
async fn success_anyone_funds_a_live_economy() {
    // Given a live economy, a stranger's tokens count from the next crank on.
    let mut world = funded(1).await;
    let patron = world.wallet(5_000 * TOKEN).await;
    let staker = staker_with_all_of(&mut world, 500 * TOKEN).await;

    let fund = fund_ix(&world, &patron.pubkey(), &patron.tokens, 5_000 * TOKEN);
    world.bank.send(&[fund], &[&patron.key]).await.unwrap();
    assert_sound(&mut world).await;
    world.next_period().await.unwrap();
    world.next_period().await.unwrap();

    // All of it is emitted long before the period ends, and all of it is paid.
    world.claim(&staker).await.unwrap();
    let paid = world.balance(&staker).await;
    assert!(
        paid > 4_900 * TOKEN && paid <= 5_000 * TOKEN,
        "paid {paid} of 5,000 tokens"
    );
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn success_the_event_tells_who_and_how_much() {
    let mut world = funded(1_000).await;
    let fund = fund_ix(&world, &world.creator.pubkey(), &world.reserve, 77);

    let Event::RewardsFunded(event) = only_event(&mut world, &[fund]).await else {
        panic!("another event");
    };

    assert_eq!(event.economy, world.at.economy);
    assert_eq!(event.funder, world.creator.pubkey());
    assert_eq!(event.amount, 77);
    assert_eq!((event.old_supplied, event.new_supplied), (1_000, 1_077));
}

#[tokio::test]
async fn success_what_arrives_is_credited() {
    // Given a mint that keeps three per cent of every transfer.
    let mint = Keypair::new();
    let spec = MintSpec {
        extensions: vec![ExtensionType::TransferFeeConfig],
        initialise: vec![transfer_fee::instruction::initialize_transfer_fee_config(
            &T22,
            &mint.pubkey(),
            None,
            None,
            300,
            u64::MAX,
        )
        .unwrap()],
        ..MintSpec::plain(TokenProgram::Token2022)
    };
    let mut world = site(&mint, &spec).await;
    let (mint, reserve) = (world.at.mint, world.reserve);
    world.bank.mint_to(&mint, &reserve, 1_000_000 * TOKEN).await;
    let create = create_ix(&world, args(Funding::Funded));
    world.run(&[create]).await.unwrap();

    fund(&mut world, 1_000 * TOKEN).await.unwrap();

    let vault = world.at.reward_vault;
    assert_eq!(world.bank.balance(&vault).await, 970 * TOKEN);
    assert_eq!(world.economy().await.totals.supplied, 970 * TOKEN);
}

#[tokio::test]
async fn success_a_donation_to_the_vault_is_not_counted() {
    // Given a live economy and a plain transfer into its reward vault.
    let mut world = funded(1_000 * TOKEN).await;
    let before = world.economy().await;
    let vault = world.at.reward_vault;
    give(&mut world, &vault, 500 * TOKEN).await;

    world.next_period().await.unwrap();

    // Then nothing more is emitted than was funded.
    let after = world.economy().await;
    assert_eq!(after.totals.supplied, before.totals.supplied);
    let now = world.bank.now();
    assert!(after.owed_emission(now).unwrap() >> 64 <= 1_000 * u128::from(TOKEN));
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn fail_others_cannot_fund_a_draft() {
    let mut world = funded_draft().await;
    let patron = world.wallet(100 * TOKEN).await;

    let fund = fund_ix(&world, &patron.pubkey(), &patron.tokens, TOKEN);

    attack(
        &mut world,
        &[fund],
        &[&patron.key],
        HomeostatError::FundingNotOpen,
    )
    .await;
}

#[tokio::test]
async fn fail_in_mint_mode() {
    for mut world in [draft().await, World::new().await] {
        let fund = fund_ix(&world, &world.creator.pubkey(), &world.reserve, TOKEN);
        attack(&mut world, &[fund], &[], HomeostatError::NotFunded).await;
    }
}

#[tokio::test]
async fn fail_with_nothing() {
    let mut world = funded(1_000).await;
    let fund = fund_ix(&world, &world.creator.pubkey(), &world.reserve, 0);
    attack(&mut world, &[fund], &[], HomeostatError::AmountTooSmall).await;
}

#[tokio::test]
async fn fail_with_more_than_there_is() {
    let mut world = funded(1_000).await;
    let poor = world.wallet(TOKEN).await;

    for amount in [TOKEN + 1, u64::MAX] {
        let fund = fund_ix(&world, &poor.pubkey(), &poor.tokens, amount);
        attack(&mut world, &[fund], &[&poor.key], token::INSUFFICIENT_FUNDS).await;
    }
}

#[tokio::test]
async fn fail_with_somebody_elses_tokens() {
    let mut world = funded(1_000 * TOKEN).await;
    let victim = world.wallet(10 * TOKEN).await;
    let thief = world.wallet(10 * TOKEN).await;

    let fund = fund_ix(&world, &thief.pubkey(), &victim.tokens, TOKEN);

    attack(&mut world, &[fund], &[&thief.key], token::OWNER_MISMATCH).await;
}

/// The economy's own vaults cannot be counted a second time.
#[tokio::test]
async fn fail_with_the_economys_own_tokens() {
    let mut world = funded(1_000 * TOKEN).await;
    let thief = outsider(&mut world).await;
    let at = world.at;

    let itself = fund_ix(&world, &thief.pubkey(), &at.reward_vault, TOKEN);
    attack(
        &mut world,
        &[itself],
        &[&thief],
        ErrorCode::ConstraintDuplicateMutableAccount,
    )
    .await;

    give(&mut world, &at.treasury_vault, 10 * TOKEN).await;
    let treasury = fund_ix(&world, &thief.pubkey(), &at.treasury_vault, TOKEN);
    attack(&mut world, &[treasury], &[&thief], token::OWNER_MISMATCH).await;
}

#[tokio::test]
async fn fail_with_tokens_of_another_mint() {
    let mut world = funded(1_000).await;
    let other = world
        .bank
        .create_mint(&MintSpec::plain(TokenProgram::Token2022))
        .await;
    let creator = world.creator.pubkey();
    let tokens = world.bank.create_tokens(&other, &creator).await;
    world.bank.mint_to(&other, &tokens, 1_000).await;

    let fund = fund_ix(&world, &creator, &tokens, 1_000);
    attack(&mut world, &[fund], &[], ErrorCode::ConstraintTokenMint).await;

    // Nor when mint and vault are exchanged along with it.
    let vault = world
        .bank
        .create_tokens(&other, &world.at.authority.clone())
        .await;
    let (mint, real) = (world.at.mint, world.at.reward_vault);
    let fund = exchange(
        exchange(fund_ix(&world, &creator, &tokens, 1_000), &mint, &other),
        &real,
        &vault,
    );
    attack(&mut world, &[fund], &[], ErrorCode::ConstraintHasOne).await;
}

#[tokio::test]
async fn fail_to_credit_another_vault() {
    let mut world = funded(1_000).await;
    let at = world.at;
    let decoy = world.bank.create_tokens(&at.mint, &at.authority).await;
    let creator = world.creator.pubkey();

    for wrong in [at.treasury_vault, decoy] {
        let fund = exchange(
            fund_ix(&world, &creator, &world.reserve, TOKEN),
            &at.reward_vault,
            &wrong,
        );
        attack(&mut world, &[fund], &[], ErrorCode::ConstraintHasOne).await;
    }
}

#[tokio::test]
async fn fail_without_the_funders_signature() {
    let mut world = funded(1_000).await;
    let victim = world.wallet(10 * TOKEN).await;

    let fund = without_signatures(fund_ix(&world, &victim.pubkey(), &victim.tokens, TOKEN));

    attack(&mut world, &[fund], &[], ErrorCode::AccountNotSigner).await;
}
