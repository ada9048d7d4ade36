//! `open_position` and `close_position`: a position begins empty, and its rent comes back.

use homeostat_client::{address, instruction as ix, Position};
use homeostat_sandbox::{
    world::{TOKEN, WEEK},
    World,
};
use solana_keypair::Keypair;
use solana_signer::Signer;
use solana_system_interface::instruction::transfer;

use super::*;

#[tokio::test]
async fn success_a_position_opens_empty() {
    let mut world = World::new().await;
    let wallet = world.wallet(TOKEN).await;
    let pool = world.native_pool();
    let payer = world.bank.payer().pubkey();
    let open = ix::open_position(&world.at.economy, &pool, &wallet.pubkey(), &payer);

    let event = the_event!(world, &[open], &[&wallet.key], PositionOpened);
    world.open(&wallet).await.unwrap();

    let position = world.position(&wallet).await;
    assert_eq!(
        (position.pool, position.owner, position.payer),
        (pool, wallet.pubkey(), payer)
    );
    assert_eq!((position.amount, position.pending_q64.get()), (0, 0));
    assert_eq!(
        (event.pool, event.position, event.owner),
        (pool, position_of(&world, &wallet), wallet.pubkey())
    );
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn success_a_position_opened_while_others_earn_has_earned_nothing() {
    let mut world = World::new().await;
    let early = world.staker(500 * TOKEN).await;
    world.bank.advance(DAY).await;
    world.claim(&early).await.unwrap();

    let late = world.wallet(TOKEN).await;
    world.open(&late).await.unwrap();
    let paid = world.position(&late).await.paid_q64;
    assert_eq!(paid, world.pool(0).await.reward_per_share_q64);
    assert!(paid.get() > 0);
    world.bank.advance(DAY).await;

    assert_eq!(earned(&mut world, &late).await, 0);
    world.claim(&late).await.unwrap();
    assert_eq!(world.balance(&late).await, TOKEN);
}

#[tokio::test]
async fn success_a_sponsor_pays_for_a_position_and_gets_the_rent_back() {
    let mut world = World::new().await;
    let wallet = world.wallet(TOKEN).await;
    let sponsor = Keypair::new();
    world.bank.airdrop(&sponsor.pubkey(), 1_000_000_000).await;
    let before = world.bank.lamports(&sponsor.pubkey()).await;
    let pool = world.native_pool();

    let open = ix::open_position(
        &world.at.economy,
        &pool,
        &wallet.pubkey(),
        &sponsor.pubkey(),
    );
    world
        .bank
        .send(&[open], &[&wallet.key, &sponsor])
        .await
        .unwrap();
    let position = position_of(&world, &wallet);
    let rent = world.bank.lamports(&position).await;
    assert_eq!(world.bank.lamports(&sponsor.pubkey()).await, before - rent);

    let close = close_position_ix(&world, &wallet, &sponsor.pubkey());
    let event = the_event!(
        world,
        std::slice::from_ref(&close),
        &[&wallet.key],
        PositionClosed
    );
    world.bank.send(&[close], &[&wallet.key]).await.unwrap();
    assert_eq!(world.bank.lamports(&sponsor.pubkey()).await, before);
    assert!(world.bank.account(&position).await.is_none());
    assert_eq!(
        (event.pool, event.position, event.owner),
        (pool, position, wallet.pubkey())
    );
}

#[tokio::test]
async fn success_lamports_sent_ahead_do_not_block_a_position() {
    // Given an enemy who puts lamports at the address a position will have,
    let mut world = World::new().await;
    let wallet = world.wallet(TOKEN).await;
    let position = position_of(&world, &wallet);
    world.bank.airdrop(&position, 10_000_000).await;

    // the position opens, works and closes; the gift goes to the payer.
    world.open(&wallet).await.unwrap();
    world.stake(&wallet, TOKEN).await.unwrap();
    world.request_unstake(&wallet, TOKEN).await.unwrap();
    world.bank.advance(WEEK).await;
    world.withdraw(&wallet).await.unwrap();
    world.close_position(&wallet).await.unwrap();
    assert!(world.bank.account(&position).await.is_none());
}

#[tokio::test]
async fn success_a_position_opened_again_starts_from_zero() {
    // Given a staker who left entirely while another stayed,
    let mut world = World::new().await;
    world.staker(100 * TOKEN).await;
    let wallet = world.staker(100 * TOKEN).await;
    world.bank.advance(DAY).await;
    world.request_unstake(&wallet, 100 * TOKEN).await.unwrap();
    world.bank.advance(WEEK).await;
    world.withdraw(&wallet).await.unwrap();
    world.claim(&wallet).await.unwrap();
    world.close_position(&wallet).await.unwrap();
    world.bank.advance(DAY).await;

    // when he comes back, nothing of the past is his,
    let held = world.balance(&wallet).await;
    world.open(&wallet).await.unwrap();
    world.stake(&wallet, 100 * TOKEN).await.unwrap();
    world.claim(&wallet).await.unwrap();
    assert_eq!(world.balance(&wallet).await, held - 100 * TOKEN);

    // and what follows is half his.
    let economy = world.economy().await;
    let from = emission_by_hand(&economy, 0, world.bank.now());
    world.bank.advance(HOUR).await;
    let to = emission_by_hand(&economy, 0, world.bank.now());
    let half = (to - from) / 2;
    let mine = earned(&mut world, &wallet).await;
    assert!(
        half.abs_diff(mine) <= u128::from(200 * TOKEN),
        "{half} {mine}"
    );
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn success_a_position_closed_and_kept_alive_with_lamports_holds_nothing() {
    // Given an owner who closes his position, sends lamports to its address and
    // opens it again, all in one transaction, to save its old numbers,
    let mut world = World::new().await;
    world.staker(100 * TOKEN).await;
    let wallet = world.wallet(5 * TOKEN).await;
    world.open(&wallet).await.unwrap();
    world.bank.advance(DAY).await;
    let payer = world.bank.payer().pubkey();
    let position = position_of(&world, &wallet);

    let revive = [
        close_position_ix(&world, &wallet, &payer),
        transfer(&payer, &position, 5_000_000),
        ix::open_position(
            &world.at.economy,
            &world.native_pool(),
            &wallet.pubkey(),
            &payer,
        ),
        world.stake_ix(&wallet, 5 * TOKEN),
        world.claim_ix(&wallet),
    ];
    world.bank.send(&revive, &[&wallet.key]).await.unwrap();

    // then he holds his stake and no reward.
    assert_eq!(world.position(&wallet).await.amount, 5 * TOKEN);
    assert_eq!(world.balance(&wallet).await, 0);
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn success_one_owner_has_one_position_in_each_pool() {
    let mut world = World::build(&WorldSpec {
        liquidity: vec![1],
        ..WorldSpec::default()
    })
    .await;
    let wallet = world.wallet(TOKEN).await;
    let lp_pool = world.at.pool(&world.pools[1].mint);

    world.open(&wallet).await.unwrap();
    world.open_in(&lp_pool, &wallet).await.unwrap();

    let of: Position = world
        .bank
        .fetch(&address::position(&lp_pool, &wallet.pubkey()))
        .await;
    assert_eq!(of.pool, lp_pool);
    assert_eq!(world.position(&wallet).await.pool, world.native_pool());
}
