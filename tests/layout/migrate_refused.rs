//! What `migrate` refuses: what is current, unknown, foreign or damaged, and half a migration.

use homeostat_client::{instruction as ix, PROGRAM_ID};
use homeostat_sandbox::fixture::{self};
use homeostat_tests::{anchor, attack, unchanged, HomeostatError};
use solana_account::ReadableAccount;
use solana_signer::Signer;
use solana_transaction_error::TransactionError;

use super::migrate::{Old, ECONOMY_0};

#[tokio::test]
async fn m3_nothing_is_migrated_twice() {
    let mut old = Old::new().await;
    let (economy, payer) = (old.world.at.economy, old.world.bank.payer().pubkey());
    let migrate = ix::migrate(&economy, &payer);

    // Both in one transaction: neither counts.
    let twice = [migrate.clone(), migrate.clone()];
    let error = HomeostatError::AlreadyCurrent;
    attack(&mut old.world, "twice at once", &twice, &[], error).await;
    assert_eq!(old.economy().await.data()[8], 0);

    old.world.run(&[migrate]).await.unwrap();
    old.refused("twice", &economy, HomeostatError::AlreadyCurrent)
        .await;
    // Nor is what never had another layout.
    let at = old.world.at;
    let position =
        homeostat_client::address::position(&old.world.native_pool(), &old.staker.pubkey());
    for account in [
        at.log,
        at.council,
        at.audit,
        at.meter(0),
        old.world.native_pool(),
        position,
    ] {
        old.refused("current", &account, HomeostatError::AlreadyCurrent)
            .await;
    }
}

#[tokio::test]
async fn m3_versions_that_this_release_does_not_know_are_refused() {
    let mut old = Old::new().await;
    for (_, account) in fixture::read(ECONOMY_0) {
        if account.owner != PROGRAM_ID {
            continue;
        }
        // Newer, so that migrating were a downgrade; and older than anything was.
        for version in [2, 255, 0] {
            let mut data = account.data.clone();
            if version == 0 && data[8] == 0 {
                continue;
            }
            data[8] = version;
            let address = old.put(&PROGRAM_ID, data);
            old.refused("unknown", &address, HomeostatError::UnknownVersion)
                .await;
        }
    }
}

#[tokio::test]
async fn m3_nothing_but_whole_accounts_of_the_program_are_migrated() {
    let mut old = Old::new().await;
    let whole = old.economy().await.data().to_vec();
    let short = u32::from(anchor_lang::error::ErrorCode::AccountDidNotDeserialize);
    for length in [9, 1_199, 1_455, whole.len() - 1] {
        let address = old.put(&PROGRAM_ID, whole[..length].to_vec());
        old.refused("too short", &address, short).await;
    }
    let address = old.put(&PROGRAM_ID, whole[..8].to_vec());
    old.refused("a mark alone", &address, short).await;
    let none = anchor::ACCOUNT_DISCRIMINATOR_MISMATCH;
    for data in [Vec::new(), whole[..7].to_vec(), vec![0; whole.len()]] {
        let address = old.put(&PROGRAM_ID, data);
        old.refused("no account of ours", &address, none).await;
    }
    let mut other = whole.clone();
    other[7] ^= 1;
    let address = old.put(&PROGRAM_ID, other);
    old.refused("another mark", &address, none).await;

    let foreign = anchor::ACCOUNT_OWNED_BY_WRONG_PROGRAM;
    let owner = old.world.bank.fresh_key().pubkey();
    let address = old.put(&owner, whole.clone());
    old.refused("another program's", &address, foreign).await;
    let (mint, wallet) = (old.world.at.mint, old.staker.pubkey());
    old.refused("a mint", &mint, foreign).await;
    old.refused("a wallet", &wallet, foreign).await;
}

#[tokio::test]
async fn m3_a_migration_happens_whole_or_not_at_all() {
    let mut old = Old::new().await;
    let economy = old.world.at.economy;

    // Who has nothing cannot pay the rent of what is new.
    let poor = old.world.bank.fresh_key();
    let migrate = ix::migrate(&economy, &poor.pubkey());
    let lacking = 1; // the system program's "insufficient funds"
    let signers = [&poor];
    // `attack` has the first signer pay the fee: give it that.
    old.world.bank.airdrop(&poor.pubkey(), 900_000).await;
    let migrates = [migrate.clone()];
    let what = "a payer without the rent";
    // 222,720 lamports are missing: more than the payer has beside its own rent.
    let before = old.world.state().await;
    let outcome = old.world.bank.send(&migrates, &signers).await;
    let failure = outcome.expect_err(what);
    let short = matches!(
        failure.error,
        Some(TransactionError::InsufficientFundsForRent { .. })
    );
    assert!(short || failure.code() == Some(lacking), "{failure}");
    unchanged(what, &before, &old.world.state().await);

    // A later instruction that fails takes the migration back.
    let payer = old.world.bank.payer().pubkey();
    let early = ix::top_up(&old.world.at, &old.world.at.mint);
    let both = [ix::migrate(&economy, &payer), early];
    let before = old.world.state().await;
    assert!(old.world.bank.send(&both, &[]).await.is_err());
    unchanged("undone", &before, &old.world.state().await);

    // One before it that succeeds makes no difference: migrated and used at once.
    let both = [ix::migrate(&economy, &payer), old.world.top_up_ix()];
    old.world.run(&both).await.unwrap();

    // The payer signs.
    let mut fresh = Old::new().await;
    let victim = fresh.staker.pubkey();
    let unsigned = homeostat_tests::unsigned(ix::migrate(&economy, &victim), &victim);
    let code = anchor::ACCOUNT_NOT_SIGNER;
    attack(&mut fresh.world, "unsigned", &[unsigned], &[], code).await;
    // The account is written.
    let payer = fresh.world.bank.payer().pubkey();
    let fixed = homeostat_tests::read_only(ix::migrate(&economy, &payer), &economy);
    let code = anchor::CONSTRAINT_MUT;
    attack(&mut fresh.world, "read-only", &[fixed], &[], code).await;
}
