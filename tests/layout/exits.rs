//! Exits from an economy of an older layout, which nobody has migrated.

use homeostat_client::{instruction as ix, Economy};
use homeostat_sandbox::{world::TOKEN, Wallet, World};
use homeostat_tests::{anchor, attack, HomeostatError};
use solana_account::{ReadableAccount, WritableAccount};
use solana_signer::Signer;

use super::migrate::Old;

/// A staker unstakes everything and claims.
async fn unstake_and_claim(world: &mut World, wallet: &Wallet) {
    let (at, native) = (world.at, world.native_pool());
    let amount = world.position(wallet).await.amount;
    let unstake = ix::request_unstake(&at.economy, &native, &wallet.pubkey(), amount);
    world.send_as(&wallet.key, unstake).await.unwrap();
    let claim = world.claim_ix(wallet);
    world.send_as(&wallet.key, claim).await.unwrap();
}

/// A staker withdraws, once the last ticket has unlocked, and closes the position.
async fn withdraw_and_close(world: &mut World, wallet: &Wallet) {
    let (at, native, stake) = (world.at, world.native_pool(), world.pools[0]);
    let position = world.position(wallet).await;
    let unlocks = position.tickets.iter().map(|ticket| ticket.unlock_at);
    let last = unlocks.max().unwrap().max(world.bank.now());
    world.bank.set_time(last).await;
    let key = wallet.pubkey();
    let withdraw = ix::withdraw(&at, &stake, &key, &wallet.tokens);
    world.send_as(&wallet.key, withdraw).await.unwrap();
    let close = ix::close_position(&at.economy, &native, &key, &position.payer);
    world.send_as(&wallet.key, close).await.unwrap();
}

#[tokio::test]
async fn e5_everybody_leaves_an_economy_that_nobody_has_migrated() {
    // given two worlds with an economy of the layout before, of which one is migrated
    let mut left = Vec::new();
    for migrated in [false, true] {
        let mut old = Old::new().await;
        let economy = old.world.at.economy;
        if migrated {
            let payer = old.world.bank.payer().pubkey();
            let migrate = ix::migrate(&economy, &payer);
            old.world.run(&[migrate]).await.unwrap();
        }
        let before = old.economy().await;
        // and a reward vault in which everything is that has accrued
        let vault = old.world.at.reward_vault;
        old.world.bank.set_balance(&vault, 10_000_000 * TOKEN).await;
        let (world, staker, leaver) = (&mut old.world, &old.staker, &old.leaver);

        // when both stakers leave with everything
        for wallet in [leaver, staker] {
            unstake_and_claim(world, wallet).await;
        }
        for wallet in [leaver, staker] {
            withdraw_and_close(world, wallet).await;
        }

        // then they have it, to the unit, and the economy is what it was
        let both = [world.balance(staker).await, world.balance(leaver).await];
        assert!(both[0] > 1_000_000 * TOKEN && both[1] > 300_000 * TOKEN);
        assert_eq!(world.pool(0).await.total, 0);
        assert_eq!(world.pool(0).await.unbonding, 0);
        left.push(both);
        let after = old.economy().await;
        assert_eq!(after.data(), before.data());
        let present = after.data().len() == Economy::SPACE;
        assert_eq!(present, migrated, "an exit migrates nothing");
    }
    assert_eq!(left[0], left[1]);
}

#[tokio::test]
async fn e5_an_economy_of_a_version_to_come_is_refused_whole() {
    let mut old = Old::new().await;
    let economy = old.world.at.economy;
    let mut account = old.economy().await;
    let cut: Vec<u8> = account.data()[..4_000].to_vec();
    for (version, error) in [
        (2, HomeostatError::UnknownVersion.into()),
        (u8::MAX, HomeostatError::UnknownVersion.into()),
    ] {
        account.data_as_mut_slice()[7] = version;
        old.world.bank.set_account(&economy, &account);
        let claim = old.world.claim_ix(&old.staker);
        let signers = [&old.staker.key];
        let error: u32 = error;
        attack(
            &mut old.world,
            "a version to come",
            &[claim],
            &signers,
            error,
        )
        .await;
    }
    // An older one that is cut off is no economy.
    account.set_data_from_slice(&cut);
    old.world.bank.set_account(&economy, &account);
    let claim = old.world.claim_ix(&old.staker);
    let signers = [&old.staker.key];
    let error = anchor::ACCOUNT_DID_NOT_DESERIALIZE;
    attack(&mut old.world, "cut off", &[claim], &signers, error).await;
}
