//! Every account of every staking instruction, exchanged for every other one:
//! nothing but the right account may pass.

use anchor_lang::error::ErrorCode;
use homeostat_sandbox::{
    world::{TOKEN, WEEK},
    World, WorldSpec,
};

use super::*;

/// Anchor's own refusals: constraints from 2000, account checks from 3000.
const ANCHOR_CODES: core::ops::RangeInclusive<u32> = 2_000..=3_999;

/// True when an account was refused before the instruction did anything: by a
/// constraint, or because its bytes are no mint and no token account.
fn of_an_account_check(failure: &Failure) -> bool {
    match failure.code() {
        Some(code) => ANCHOR_CODES.contains(&code),
        None => failure
            .error
            .as_ref()
            .is_some_and(|error| format!("{error:?}").contains("InvalidAccountData")),
    }
}

/// A second economy on the same bank, with a staker of its own.
struct Elsewhere {
    at: homeostat_client::EconomyAddresses,
    staker: Wallet,
}

/// Builds another economy beside `world`.
async fn beside(mut world: World) -> (World, Elsewhere) {
    let mut other = World::build_on(world.bank, &WorldSpec::default()).await;
    let staker = other.staker(1_000 * TOKEN).await;
    other.bank.advance(DAY).await;
    let elsewhere = Elsewhere {
        at: other.at,
        staker,
    };
    world.bank = other.bank;
    (world, elsewhere)
}

/// An economy with two pools, and an owner with stake, rewards and a ticket.
async fn stage() -> (World, Wallet, Elsewhere) {
    let mut world = World::build(&WorldSpec {
        liquidity: vec![1],
        ..WorldSpec::default()
    })
    .await;
    let owner = world.wallet(100 * TOKEN).await;
    world.open(&owner).await.unwrap();
    world.stake(&owner, 50 * TOKEN).await.unwrap();
    world.bank.advance(DAY).await;
    world.request_unstake(&owner, 10 * TOKEN).await.unwrap();
    world.bank.advance(WEEK).await;
    let (world, elsewhere) = beside(world).await;
    (world, owner, elsewhere)
}

#[tokio::test]
async fn fail_every_exchange_of_accounts() {
    let (mut world, owner, elsewhere) = stage().await;
    let attacker = world.staker(10 * TOKEN).await;
    let native = world.native_pool();
    let lp_pool = world.at.pool(&world.pools[1].mint);
    let payer = world.bank.payer().pubkey();
    let there = elsewhere.at;
    let pool_there = there.pool(&there.mint);
    let candidates = [
        // of this economy,
        world.at.economy,
        world.at.mint,
        world.at.reward_vault,
        world.at.treasury_vault,
        world.at.authority,
        world.at.log,
        world.at.meter(0),
        native,
        lp_pool,
        address::principal_vault(&native),
        address::principal_vault(&lp_pool),
        world.pools[1].mint,
        // of another staker,
        position_of(&world, &attacker),
        attacker.tokens,
        attacker.pubkey(),
        // of another economy,
        there.economy,
        there.mint,
        there.reward_vault,
        there.authority,
        pool_there,
        address::principal_vault(&pool_there),
        address::position(&pool_there, &elsewhere.staker.pubkey()),
        elsewhere.staker.tokens,
        // and of nobody.
        homeostat_sandbox::TokenProgram::Legacy.id(),
        system_program::ID,
        Pubkey::new_unique(),
    ];
    let instructions = [
        ("stake", world.stake_ix(&owner, TOKEN)),
        ("request_unstake", request_unstake_ix(&world, &owner, TOKEN)),
        ("cancel_unstake", cancel_unstake_ix(&world, &owner, 0)),
        ("withdraw", withdraw_ix(&world, &owner)),
        ("claim", world.claim_ix(&owner)),
        ("close_position", close_position_ix(&world, &owner, &payer)),
    ];

    let before = world.state().await;
    for (name, right) in &instructions {
        for slot in 0..right.accounts.len() {
            let original = right.accounts[slot].pubkey;
            // The signer is exchanged in the tests of each instruction; the
            // program itself, named for its events and for "none", is below.
            if original == owner.pubkey() || original == PROGRAM_ID {
                continue;
            }
            for wrong in candidates.iter().filter(|wrong| **wrong != original) {
                let mut attempt = right.clone();
                attempt.accounts[slot].pubkey = *wrong;
                match world.bank.send(&[attempt], &[&owner.key]).await {
                    Ok(_) => panic!("{name} took {wrong} for {original} (account {slot})"),
                    Err(failure) => assert!(
                        of_an_account_check(&failure),
                        "{name}, account {slot}: {failure}"
                    ),
                }
            }
        }
    }
    assert!(
        world.state().await == before,
        "an exchange changed something"
    );

    // The right accounts pass, so it was the exchange that was refused.
    for (name, right) in instructions.iter().take(2).chain(&instructions[3..5]) {
        let sent = [world.top_up_ix(), right.clone()];
        let sent = world.bank.send(&sent, &[&owner.key]).await;
        sent.unwrap_or_else(|failure| panic!("{name}: {failure}"));
    }
}

#[tokio::test]
async fn success_an_amm_vault_means_nothing_to_the_native_pool() {
    // The one account of `stake` that may be anything is the AMM vault of a pool
    // that has none: it is not read.
    let (mut world, owner, elsewhere) = stage().await;
    let mut stake = world.stake_ix(&owner, TOKEN);
    let none = stake
        .accounts
        .iter()
        .position(|meta| meta.pubkey == PROGRAM_ID)
        .unwrap();
    let before = world.pool(0).await;
    stake.accounts[none].pubkey = elsewhere.at.reward_vault;

    world.bank.send(&[stake], &[&owner.key]).await.unwrap();

    let after = world.pool(0).await;
    assert_eq!(after.total, before.total + TOKEN);
    assert_eq!(
        (after.touches, after.touched_at),
        (before.touches, before.touched_at)
    );
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn c2_an_economy_of_ones_own_pays_no_rewards_of_another() {
    // Given an attacker with an economy of his own at the highest rate, whose
    // stream he would like to apply to a pool of this one,
    let (mut world, owner, elsewhere) = stage().await;
    let there = elsewhere.at;
    let claim = world.claim_ix(&owner);

    let his_stream = exchange(claim.clone(), &world.at.economy, &there.economy);
    attack(
        &mut world,
        &[his_stream],
        &[&owner.key],
        ErrorCode::ConstraintHasOne,
    )
    .await;

    // with all of the accounts that the economy names exchanged too,
    let mut all_his = exchange(claim.clone(), &world.at.economy, &there.economy);
    for (mine, his) in [
        (world.at.mint, there.mint),
        (world.at.authority, there.authority),
        (world.at.reward_vault, there.reward_vault),
    ] {
        all_his = exchange(all_his, &mine, &his);
    }
    attack(
        &mut world,
        &[all_his],
        &[&owner.key],
        ErrorCode::ConstraintHasOne,
    )
    .await;

    // or the other way round: his pool with this economy's vault.
    let pool_there = there.pool(&there.mint);
    let staker = &elsewhere.staker;
    let his_pool = exchange(
        exchange(claim, &world.native_pool(), &pool_there),
        &position_of(&world, &owner),
        &address::position(&pool_there, &staker.pubkey()),
    );
    let his_pool = exchange(
        exchange(his_pool, &owner.pubkey(), &staker.pubkey()),
        &owner.tokens,
        &staker.tokens,
    );
    attack(
        &mut world,
        &[his_pool],
        &[&staker.key],
        ErrorCode::ConstraintHasOne,
    )
    .await;
}

#[tokio::test]
async fn s1_fake_accounts_in_every_exit() {
    // The same look-alikes that `stake` refuses, at the exits.
    let (mut world, owner, _) = stage().await;
    let payer = world.bank.payer().pubkey();
    let instructions = [
        request_unstake_ix(&world, &owner, TOKEN),
        cancel_unstake_ix(&world, &owner, 0),
        withdraw_ix(&world, &owner),
        world.claim_ix(&owner),
        close_position_ix(&world, &owner, &payer),
    ];
    for real in [
        world.at.economy,
        world.native_pool(),
        position_of(&world, &owner),
    ] {
        let fake = world.bank.forge_owner(&real, &other_program()).await;
        let cosplay = world
            .bank
            .forge_bytes(&real, |data| data[..8].fill(0xff))
            .await;
        for instruction in &instructions {
            for (impostor, code) in [
                (fake, ErrorCode::AccountOwnedByWrongProgram),
                (cosplay, ErrorCode::AccountDiscriminatorMismatch),
            ] {
                attack(
                    &mut world,
                    &[exchange(instruction.clone(), &real, &impostor)],
                    &[&owner.key],
                    code,
                )
                .await;
            }
        }
    }
}
