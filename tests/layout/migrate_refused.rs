//! What `migrate` refuses: what is current, unknown, foreign or damaged, and half a migration.

use homeostat::state::layout::VERSION_AT;
use homeostat_client::{instruction as ix, PROGRAM_ID};
use homeostat_sandbox::fixture::{self};
use homeostat_tests::{anchor, attack, system, unchanged, HomeostatError, ECONOMY_0};
use solana_account::ReadableAccount;
use solana_signer::Signer;
use solana_transaction_error::TransactionError;

use super::migrate::Old;

#[tokio::test]
async fn m3_nothing_is_migrated_twice() {
    let mut old = Old::new().await;
    let (economy, payer) = (old.world.at.economy, old.world.bank.payer().pubkey());
    let migrate = ix::migrate(&economy, &payer);

    // Both in one transaction: neither counts.
    let twice = [migrate.clone(), migrate.clone()];
    let error = HomeostatError::AlreadyCurrent;
    attack(&mut old.world, "twice at once", &twice, &[], error).await;
    assert_eq!(old.economy().await.data()[VERSION_AT], 0);

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
            if version == 0 && data[VERSION_AT] == 0 {
                continue;
            }
            data[VERSION_AT] = version;
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
    old.refused("a discriminator alone", &address, short).await;
    let none = anchor_lang::error::ErrorCode::AccountDiscriminatorNotFound;
    for data in [Vec::new(), whole[..7].to_vec()] {
        let address = old.put(&PROGRAM_ID, data);
        old.refused("no discriminator", &address, none).await;
    }
    let mut other = whole.clone();
    other[0] ^= 1;
    for data in [vec![0; whole.len()], other] {
        let address = old.put(&PROGRAM_ID, data);
        let code = anchor::ACCOUNT_DISCRIMINATOR_MISMATCH;
        old.refused("no type of ours", &address, code).await;
    }

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
    let migrates = [ix::migrate(&economy, &poor.pubkey())];
    let what = "a payer without lamports";
    let code = system::INSUFFICIENT_LAMPORTS;
    attack(&mut old.world, what, &migrates, &[&poor], code).await;
    // Nor can somebody who has it, but would be left with less than a wallet's own rent.
    old.world.bank.airdrop(&poor.pubkey(), 900_000).await;
    let what = "a payer without its own rent";
    let before = old.world.state().await;
    let outcome = old.world.bank.send(&migrates, &[&poor]).await;
    let failure = outcome.expect_err(what);
    let short = matches!(
        failure.error,
        Some(TransactionError::InsufficientFundsForRent { .. })
    );
    assert!(short, "{failure}");
    unchanged(what, &before, &old.world.state().await);

    // A later instruction that fails takes the migration back.
    let payer = old.world.bank.payer().pubkey();
    let early = ix::top_up(&old.world.at, &old.world.at.mint);
    let both = [ix::migrate(&economy, &payer), early];
    let before = old.world.state().await;
    let failure = old.world.bank.send(&both, &[]).await.expect_err("undone");
    // The bank puts the compute budget first, so that the later of the two is the third.
    assert_eq!(failure.instruction(), Some(2), "{failure}");
    let code = anchor::INVALID_PROGRAM_ID;
    assert_eq!(failure.code(), Some(code), "{failure}");
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
