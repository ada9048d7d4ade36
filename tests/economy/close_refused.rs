//! What `close` refuses: strangers, live economies, accounts of others, parts that are missing.

use anchor_lang::error::ErrorCode;
use homeostat_client::address;
use homeostat_tests::HomeostatError;

use super::*;

#[tokio::test]
async fn i1_close_by_another_is_refused() {
    let mut world = funded_draft().await;
    fund(&mut world, 1_000 * TOKEN).await.unwrap();
    let thief = world.wallet(TOKEN).await;
    let (creator, reserve) = (world.creator.pubkey(), world.reserve);

    // The thief signs as creator, towards a token account of his own.
    let theirs = exchange(
        exchange(close_ix(&world), &creator, &thief.pubkey()),
        &reserve,
        &thief.tokens,
    );
    attack(
        &mut world,
        &[theirs],
        &[&thief.key],
        HomeostatError::Unauthorized,
    )
    .await;
}

#[tokio::test]
async fn fail_after_going_live() {
    let mut world = World::new().await;
    let close = close_ix(&world);
    attack(&mut world, &[close], &[], HomeostatError::NotDraft).await;

    // Nor in the very transaction that goes live.
    let mut world = draft().await;
    world.hand_over_mint(Funding::Mint).await;
    let both = [world.go_live_ix(), close_ix(&world)];
    attack(&mut world, &both, &[], HomeostatError::NotDraft).await;
}

#[tokio::test]
async fn fail_with_funds_to_somebody_elses_account() {
    let mut world = funded_draft().await;
    fund(&mut world, 1_000 * TOKEN).await.unwrap();
    let other = world.wallet(0).await;
    let reserve = world.reserve;

    let close = exchange(close_ix(&world), &reserve, &other.tokens);

    attack(&mut world, &[close], &[], ErrorCode::ConstraintTokenOwner).await;
}

#[tokio::test]
async fn fail_with_parts_missing_surplus_or_out_of_order() {
    let mut world = World::build(&WorldSpec {
        liquidity: vec![1],
        meters: 2,
        draft: true,
        ..WorldSpec::default()
    })
    .await;
    let sound = close_ix(&world);
    // Two pools of four accounts and two meters of two come last.
    let fixed = sound.accounts.len() - 2 * 4 - 2 * 2;
    let edits: [fn(&mut Vec<homeostat_client::AccountMeta>); 9] = [
        // Nothing; one account short; a pool or a meter short.
        |parts| parts.clear(),
        |parts| parts.truncate(11),
        |parts| {
            parts.drain(4..8);
        },
        |parts| parts.truncate(10),
        // One meter too many.
        |parts| parts.extend_from_within(10..12),
        // Pools exchanged, meters exchanged.
        |parts| parts.rotate_left(4),
        |parts| parts[8..12].rotate_left(2),
        // The first of each twice.
        |parts| {
            let (first, rest) = parts.split_at_mut(4);
            rest[..4].clone_from_slice(first);
        },
        |parts| {
            let (first, rest) = parts[8..].split_at_mut(2);
            rest.clone_from_slice(first);
        },
    ];
    for edit in edits {
        let mut parts = sound.accounts[fixed..].to_vec();
        edit(&mut parts);
        let mut close = sound.clone();
        close.accounts.truncate(fixed);
        close.accounts.extend(parts);
        attack(&mut world, &[close], &[], HomeostatError::NotClosable).await;
    }
}

#[tokio::test]
async fn fail_with_vaults_mints_or_programs_exchanged() {
    let mut world = World::build(&WorldSpec {
        liquidity: vec![1],
        draft: true,
        ..WorldSpec::default()
    })
    .await;
    let at = world.at;
    let sound = close_ix(&world);
    let fixed = sound.accounts.len() - 2 * 4 - 2;
    let decoy = world.bank.create_tokens(&at.mint, &at.authority).await;
    // A vault, the mint and the program of the first pool; the meter's vault.
    let wrong = [
        (fixed + 1, decoy),
        (fixed + 1, at.reward_vault),
        (fixed + 2, world.pools[1].mint),
        (fixed + 3, world.pools[1].token_program),
        (fixed + 3, Pubkey::new_unique()),
        (fixed + 9, decoy),
        (fixed + 9, at.treasury_vault),
    ];
    for (position, other) in wrong {
        let mut close = sound.clone();
        close.accounts[position].pubkey = other;
        attack(&mut world, &[close], &[], HomeostatError::NotClosable).await;
    }
}

/// A Draft cannot be used to close another economy's parts.
#[tokio::test]
async fn fail_with_parts_of_another_economy() {
    // Given a live economy and a rival's Draft for the same mint.
    let mut world = World::new().await;
    let rival = outsider(&mut world).await;
    let key = rival.pubkey();
    let other = EconomyAddresses::new(&world.at.mint, &key);
    let tokens = world.bank.create_tokens(&world.at.mint.clone(), &key).await;
    let program = world.token_program;
    let steps = [
        ix::create_economy(&other.mint, &program, &key, args(Funding::Funded)),
        ix::create_pool(&other, &key, &world.pools[0], 0),
        ix::create_meter(&other, &key, &program, 0),
    ];
    for step in steps {
        world.bank.send(&[step], &[&rival]).await.unwrap();
    }
    let parts = ix::Parts {
        pools: &world.pools,
        meters: 1,
        ..ix::Parts::default()
    };
    let close = ix::close(&other, &key, &tokens, &program, &parts);

    // When the rival names the other's pool, meter, vaults or log for his own.
    let at = world.at;
    let pools = (other.pool(&at.mint), at.pool(&at.mint));
    let meters = (other.meter(0), at.meter(0));
    let cases = [
        (pools.0, pools.1, u32::from(HomeostatError::NotClosable)),
        (meters.0, meters.1, u32::from(HomeostatError::NotClosable)),
        (
            address::principal_vault(&pools.0),
            address::principal_vault(&pools.1),
            u32::from(HomeostatError::NotClosable),
        ),
        (
            other.reward_vault,
            at.reward_vault,
            u32::from(ErrorCode::ConstraintHasOne),
        ),
        (
            other.treasury_vault,
            at.treasury_vault,
            u32::from(ErrorCode::ConstraintHasOne),
        ),
        (other.log, at.log, u32::from(ErrorCode::ConstraintHasOne)),
        (
            other.authority,
            at.authority,
            u32::from(ErrorCode::ConstraintHasOne),
        ),
        (
            other.economy,
            at.economy,
            u32::from(HomeostatError::Unauthorized),
        ),
    ];
    for (own, foreign, code) in cases {
        let theft = exchange(close.clone(), &own, &foreign);
        attack(&mut world, &[theft], &[&rival], code).await;
    }
}
