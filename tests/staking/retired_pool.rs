//! A pool of weight 0: nobody enters, everybody leaves, and what is empty is closed.

use homeostat_client::{instruction::StakeMint, Action};
use homeostat_sandbox::{world::TOKEN, TokenProgram};
use homeostat_tests::{anchor, give, HomeostatError};

use super::{
    liquidity::{amm_vault, claim_ix, provider, stake, world_with_pools, Provider},
    *,
};

/// Sets the weight of the pool on lane 1.
async fn weigh(world: &mut World, expected: u16, value: u16) {
    let weight = Action::PoolWeight {
        lane: 1,
        expected,
        value,
    };
    world.enact(vec![weight]).await.unwrap();
}

/// Unstakes, withdraws and claims everything, and closes the position.
async fn leave(world: &mut World, pool: &StakeMint, who: &Provider) {
    let (at, key) = (world.at, who.wallet.pubkey());
    let address = at.pool(&pool.mint);
    let position: Position = world.bank.fetch(&address::position(&address, &key)).await;
    let signer = [&who.wallet.key];
    if position.amount > 0 {
        let unstake = ix::request_unstake(&at.economy, &address, &key, position.amount);
        world.bank.send(&[unstake], &signer).await.unwrap();
        world.bank.advance(8 * DAY).await;
        let withdraw = ix::withdraw(&at, pool, &key, &who.lp);
        world.bank.send(&[withdraw], &signer).await.unwrap();
    }
    let payer = world.bank.payer().pubkey();
    let steps = [
        world.top_up_ix(),
        ix::claim(
            &at,
            &address,
            &key,
            &who.wallet.tokens,
            &world.token_program,
        ),
        ix::close_position(&at.economy, &address, &key, &payer),
    ];
    world.bank.send(&steps, &signer).await.unwrap();
}

async fn attacked(world: &mut World, instruction: Instruction, who: &[&Keypair], code: u32) {
    let what = "an attack on a retired pool";
    homeostat_tests::attack(world, what, &[instruction], who, code).await;
}

#[tokio::test]
async fn e27_a_retired_pool_is_left_by_everybody_and_then_closed() {
    // Given a pool that earns, with two providers, one of whom is unbonding.
    let mut world = world_with_pools(&[3]).await;
    let alice = provider(&mut world, 1, 100 * TOKEN).await;
    let bob = provider(&mut world, 1, 200 * TOKEN).await;
    stake(&mut world, 1, &alice, 100 * TOKEN).await;
    stake(&mut world, 1, &bob, 100 * TOKEN).await;
    world.next_period().await.unwrap();
    let (at, pool) = (world.at, world.pools[1]);
    let address = at.pool(&pool.mint);
    let payer = world.pool(1).await.payer;
    let close = ix::close_pool(&at, &pool, &payer);
    let in_use = HomeostatError::PoolInUse.into();

    // Then it is not closed while it earns, nor is the native pool,
    attacked(&mut world, close.clone(), &[], in_use).await;
    let native = ix::close_pool(&at, &world.pools[0].clone(), &payer);
    attacked(&mut world, native, &[], in_use).await;

    // and when the council retires it, it earns nothing more,
    let unstake = ix::request_unstake(&at.economy, &address, &bob.wallet.pubkey(), 50 * TOKEN);
    world
        .bank
        .send(&[unstake], &[&bob.wallet.key])
        .await
        .unwrap();
    weigh(&mut world, 3, 0).await;
    let before = world.economy().await.stream.lanes[1];
    assert_eq!(before.rate_q64.get(), 0);
    world.next_period().await.unwrap();
    assert_eq!(world.economy().await.stream.lanes[1], before);

    // takes nobody in,
    let retired = HomeostatError::PoolRetired.into();
    let more = ix::stake(&at, &pool, &bob.wallet.pubkey(), &bob.lp, TOKEN);
    attacked(&mut world, more, &[&bob.wallet.key], retired).await;
    let again = ix::cancel_unstake(&at.economy, &address, &bob.wallet.pubkey(), 0);
    attacked(&mut world, again, &[&bob.wallet.key], retired).await;
    let late = world.wallet(0).await;
    let key = world.bank.payer().pubkey();
    let open = ix::open_position(&at.economy, &address, &late.pubkey(), &key);
    attacked(&mut world, open, &[&late.key], retired).await;

    // and everybody leaves with what they had and what it had earned.
    let claim = claim_ix(&world, 1, &alice);
    let top_up = world.top_up_ix();
    let claim = [top_up, claim];
    world.bank.send(&claim, &[&alice.wallet.key]).await.unwrap();
    assert!(world.balance(&alice.wallet).await > 0);
    attacked(&mut world, close.clone(), &[], in_use).await;
    leave(&mut world, &pool, &alice).await;
    attacked(&mut world, close.clone(), &[], in_use).await;
    leave(&mut world, &pool, &bob).await;
    assert_eq!(world.bank.balance(&alice.lp).await, 100 * TOKEN);
    assert_eq!(world.bank.balance(&bob.lp).await, 200 * TOKEN);

    // When it is empty, a donation keeps nobody from closing it, and its rent goes to who
    // paid it.
    let vault = address::principal_vault(&address);
    world.bank.mint_to(&pool.mint, &vault, 5).await;
    let thief = world.wallet(0).await.pubkey();
    let stolen = exchange(close.clone(), &payer, &thief);
    attacked(&mut world, stolen, &[], anchor::CONSTRAINT_HAS_ONE).await;
    let rent = world.bank.lamports(&address).await + world.bank.lamports(&vault).await;
    let payers = world.bank.lamports(&payer).await;
    let fee = 5_000;
    world.run(&[close]).await.unwrap();
    assert_eq!(world.bank.lamports(&payer).await, payers + rent - fee);
    for gone in [address, vault] {
        assert_eq!(world.bank.lamports(&gone).await, 0);
    }
    world.pools.remove(1);
    world.positions.retain(|(of, _)| *of != address);
    assert_sound(&mut world).await;

    // And the economy goes on without it, and takes another pool on its lane.
    world.next_period().await.unwrap();
    assert_sound(&mut world).await;
    let weight = 7;
    let next = world.bank.create_amm(&at.mint, TokenProgram::Legacy).await;
    let allow = Action::AllowPool {
        stake_mint: next.mint,
        amm_vault: next.amm_vault.unwrap(),
        weight,
    };
    world.enact(vec![allow]).await.unwrap();
    let create = ix::create_allowed_pool(&at, &key, &next, weight);
    world.run(&[create]).await.unwrap();
    world.pools.push(next);
    let economy = world.economy().await;
    assert_eq!((economy.pool_count, world.pool(1).await.lane), (2, 1));
    let vault = amm_vault(&world, 1);
    give(&mut world, &vault, 1_000 * TOKEN).await;
    let carol = provider(&mut world, 1, 10 * TOKEN).await;
    stake(&mut world, 1, &carol, 10 * TOKEN).await;
    world.top_up().await.unwrap();
    let claim = claim_ix(&world, 1, &carol);
    world
        .bank
        .send(&[claim], &[&carol.wallet.key])
        .await
        .unwrap();
    assert_eq!(world.balance(&carol.wallet).await, 0);
    world.next_period().await.unwrap();
    world.bank.advance(DAY).await;
    let claim = [world.top_up_ix(), claim_ix(&world, 1, &carol)];
    world.bank.send(&claim, &[&carol.wallet.key]).await.unwrap();
    assert!(world.balance(&carol.wallet).await > 0);
    assert_sound(&mut world).await;
}
