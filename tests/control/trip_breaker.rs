//! The breaker: solvency only, by anyone, exits open.

use homeostat_client::{
    address,
    instruction::{self as ix, Vault},
};
use homeostat_sandbox::{world::TOKEN, Wallet, World};
use homeostat_tests::{refused, HomeostatError};
use solana_instruction::Instruction;
use solana_program::pubkey::Pubkey;

async fn trip_ix(world: &mut World, vault: Vault) -> Instruction {
    let economy = world.economy().await;
    ix::trip_breaker(&world.at, &world.pools, &economy, vault).expect("there is such a pool")
}

/// Takes tokens out of a vault as no instruction can: a token program gone wrong.
async fn rob(world: &mut World, vault: &Pubkey, amount: u64) {
    let held = world.bank.balance(vault).await;
    world.bank.set_balance(vault, held - amount).await;
}

/// A staker, a payer, and a few days of life.
async fn lived_in() -> (World, Wallet) {
    let mut world = World::new().await;
    let staker = world.staker(500 * TOKEN).await;
    let payer = world.wallet(100 * TOKEN).await;
    world.pay(&payer, &staker.tokens, 10 * TOKEN).await.unwrap();
    world.bank.advance(3 * 86_400).await;
    (world, staker)
}

#[tokio::test]
async fn fail_trip_breaker_refuses_every_solvent_vault() {
    let (mut world, _) = lived_in().await;
    let before = world.state().await;

    for vault in [Vault::Rewards, Vault::Principal(0), Vault::Fees(0)] {
        let trip = trip_ix(&mut world, vault).await;
        refused(world.run(&[trip]).await, HomeostatError::VaultSolvent);
    }

    assert_eq!(world.state().await, before);
}

#[tokio::test]
async fn fail_trip_breaker_refuses_a_vault_that_is_not_the_economys() {
    let (mut world, staker) = lived_in().await;
    let before = world.state().await;

    // An empty account of somebody's looks like a vault that was emptied.
    let mut foreign = trip_ix(&mut world, Vault::Principal(0)).await;
    foreign.accounts[1].pubkey = staker.tokens;
    refused(world.run(&[foreign]).await, HomeostatError::WrongVault);

    // A vault together with another part of the economy.
    let mut mixed = trip_ix(&mut world, Vault::Fees(0)).await;
    mixed.accounts[1].pubkey = address::principal_vault(&world.native_pool());
    refused(world.run(&[mixed]).await, HomeostatError::WrongVault);

    // The treasury owes nobody anything.
    let mut treasury = trip_ix(&mut world, Vault::Fees(0)).await;
    treasury.accounts[1].pubkey = world.at.treasury_vault;
    refused(world.run(&[treasury]).await, HomeostatError::WrongVault);

    assert_eq!(world.state().await, before);
}

#[tokio::test]
async fn success_trip_breaker_stops_the_emission_and_leaves_the_exits_open() {
    for vault in [Vault::Rewards, Vault::Principal(0), Vault::Fees(0)] {
        // given an economy one of whose vaults lost a token
        let (mut world, staker) = lived_in().await;
        let address = match vault {
            Vault::Rewards => world.at.reward_vault,
            Vault::Principal(_) => address::principal_vault(&world.native_pool()),
            Vault::Fees(shard) => address::fee_vault(&world.at.meter(shard)),
        };
        rob(&mut world, &address, 1).await;

        // when anyone trips the breaker
        let trip = trip_ix(&mut world, vault).await;
        world.run(&[trip]).await.unwrap();

        // then nothing accrues from this second on
        let economy = world.economy().await;
        assert_eq!(economy.tripped, 1);
        assert_eq!(economy.stream.emit_until, world.bank.now());
        let accrued = economy.owed_emission(world.bank.now()).unwrap();
        world.bank.advance(10 * 86_400).await;
        let later = economy.owed_emission(world.bank.now()).unwrap();
        assert_eq!(accrued, later);

        // and the crank goes on without moving a parameter
        let values = |economy: &homeostat_client::Economy| {
            economy.controllers.map(|controller| controller.state.u)
        };
        world.crank().await.unwrap();
        let cranked = world.economy().await;
        assert_eq!(values(&cranked), values(&economy));
        assert_eq!(cranked.stream.emission_rate().unwrap(), 0);

        // and what was earned is paid, stake leaves
        let balance = world.balance(&staker).await;
        world.claim(&staker).await.unwrap();
        assert!(world.balance(&staker).await > balance);
        world.request_unstake(&staker, 400 * TOKEN).await.unwrap();
        world.bank.advance(8 * 86_400).await;
        world.withdraw(&staker).await.unwrap();
    }
}
