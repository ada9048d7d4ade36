//! Mints that charge a transfer fee: credit is what the vault received.

use anchor_spl::token_2022::spl_token_2022::{
    self,
    extension::{transfer_fee, ExtensionType},
};
use homeostat_client::{EconomyAddresses, EconomyArgs, Funding};
use homeostat_sandbox::{
    world::{TOKEN, WEEK},
    Bank, MintSpec, TokenProgram, World, WorldSpec,
};
use homeostat_tests::HomeostatError;
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::*;

/// A Token-2022 mint that keeps `basis_points` of every transfer; nobody can
/// change that.
async fn mint_with_fee(bank: &mut Bank, basis_points: u16) -> Pubkey {
    let mint = Keypair::new();
    let fee = transfer_fee::instruction::initialize_transfer_fee_config(
        &spl_token_2022::ID,
        &mint.pubkey(),
        None,
        None,
        basis_points,
        u64::MAX,
    )
    .unwrap();
    let spec = MintSpec {
        extensions: vec![ExtensionType::TransferFeeConfig],
        initialise: vec![fee],
        ..MintSpec::plain(TokenProgram::Token2022)
    };
    bank.create_mint_at(&mint, &spec).await;
    mint.pubkey()
}

/// A live economy whose own mint keeps `basis_points` of every transfer.
async fn world_with_transfer_fee(basis_points: u16) -> World {
    let mut bank = Bank::start().await;
    let creator = bank.payer();
    let mint = mint_with_fee(&mut bank, basis_points).await;
    let reserve = bank.create_tokens(&mint, &creator.pubkey()).await;
    let supply = WorldSpec::default().supply;
    bank.mint_to(&mint, &reserve, supply).await;
    let mut world = World {
        at: EconomyAddresses::new(&mint, &creator.pubkey()),
        token_program: TokenProgram::Token2022.id(),
        pools: vec![ix::StakeMint {
            mint,
            token_program: TokenProgram::Token2022.id(),
            amm_vault: None,
        }],
        meters: 1,
        feeds: 0,
        excluded: Vec::new(),
        positions: Vec::new(),
        members: vec![bank.fresh_key()],
        guardian: bank.fresh_key(),
        has_council: false,
        bank,
        creator,
        reserve,
    };
    let args = EconomyArgs {
        funding: Funding::Mint,
        period: WEEK as u32,
        hard_cap: WorldSpec::default().hard_cap,
        sponsor: None,
    };
    let (at, creator, program) = (world.at, world.creator.pubkey(), world.token_program);
    let native = world.pools[0];
    for instruction in [
        ix::create_economy(&mint, &program, &creator, args),
        ix::create_pool(&at, &creator, &native, 0),
        ix::create_meter(&at, &creator, &program, 0),
    ] {
        world.run(&[instruction]).await.unwrap();
    }
    world.lift_yield_cap().await.unwrap();
    world.create_council(1, None).await.unwrap();
    world.hand_over_mint(Funding::Mint).await;
    world.go_live().await.unwrap();
    world
}

#[tokio::test]
async fn s3_credit_is_what_the_vault_received() {
    // Given a mint that keeps 1 % of every transfer,
    let mut world = world_with_transfer_fee(100).await;
    let wallet = world.wallet(200 * TOKEN).await;
    let held = world.balance(&wallet).await;
    assert_eq!(held, 198 * TOKEN);
    world.open(&wallet).await.unwrap();

    // when 100 tokens are staked, 99 are credited, wherever one looks.
    let stake = world.stake_ix(&wallet, 100 * TOKEN);
    let event = the_event!(world, &[stake], &[&wallet.key], Staked);
    world.stake(&wallet, 100 * TOKEN).await.unwrap();
    let vault = principal_vault(&world);
    let received = world.bank.balance(&vault).await;
    assert_eq!(received, 99 * TOKEN);
    assert_eq!(event.amount, received);
    assert_eq!(world.position(&wallet).await.amount, received);
    assert_eq!(world.pool(0).await.total, received);

    // The whole credit leaves the vault again, and the fee is the mint's.
    world.request_unstake(&wallet, received).await.unwrap();
    world.bank.advance(WEEK).await;
    world.withdraw(&wallet).await.unwrap();
    assert_eq!(world.bank.balance(&vault).await, 0);
    assert_eq!(
        world.balance(&wallet).await,
        held - 100 * TOKEN + received - received / 100
    );
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn s3_rewards_are_debited_whole_from_the_vault() {
    let mut world = world_with_transfer_fee(100).await;
    let wallet = world.wallet(200 * TOKEN).await;
    world.open(&wallet).await.unwrap();
    world.stake(&wallet, 100 * TOKEN).await.unwrap();
    world.bank.advance(DAY).await;
    let vault = world.at.reward_vault;
    let (vault_before, held) = (
        world.bank.balance(&vault).await,
        world.balance(&wallet).await,
    );

    let claim = world.claim_ix(&wallet);
    let event = the_event!(world, &[claim], &[&wallet.key], Claimed);
    let claim = world.claim_ix(&wallet);
    world.bank.send(&[claim], &[&wallet.key]).await.unwrap();

    let paid = vault_before - world.bank.balance(&vault).await;
    assert_eq!(paid, event.amount);
    let fee = paid.div_ceil(100);
    assert_eq!(world.balance(&wallet).await, held + paid - fee);
    assert_eq!(world.pool(0).await.claimed, paid);
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn s3_a_transfer_that_delivers_nothing_credits_nothing() {
    // Given a mint that keeps 10 %, rounded up: all of a single base unit,
    let mut world = world_with_transfer_fee(1_000).await;
    let wallet = world.wallet(100 * TOKEN).await;
    world.open(&wallet).await.unwrap();

    let stake = world.stake_ix(&wallet, 1);

    attack(
        &mut world,
        &[stake],
        &[&wallet.key],
        HomeostatError::AmountTooSmall,
    )
    .await;
}
