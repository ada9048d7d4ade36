//! What actions allow, replace and resume.

use super::*;

#[tokio::test]
async fn success_what_is_allowed_is_built_and_nothing_else() {
    let mut world = whole().await;
    let mint = world.at.mint;
    let pool = world.bank.create_amm(&mint, TokenProgram::Legacy).await;
    let other = world.bank.create_amm(&mint, TokenProgram::Legacy).await;
    let (lp, other_lp, amm_vault) = (pool.mint, other.mint, pool.amm_vault.unwrap());
    let payer = world.bank.payer().pubkey();
    world
        .enact(vec![
            Action::AllowPool {
                stake_mint: lp,
                amm_vault,
                weight: 4,
            },
            Action::AllowFeeds { count: 1 },
        ])
        .await
        .unwrap();
    // Another weight, another vault, and a pool that nobody allowed.
    let stake = |mint, amm_vault| ix::StakeMint {
        mint,
        token_program: TokenProgram::Legacy.id(),
        amm_vault: Some(amm_vault),
    };
    let error = HomeostatError::NotPermitted;
    let there = world.pools[1];
    for (what, stake, weight, code) in [
        ("another weight", stake(lp, amm_vault), 5, error.into()),
        ("another vault", stake(lp, world.reserve), 4, error.into()),
        ("another mint", stake(other_lp, amm_vault), 4, error.into()),
        ("one that is there", there, 4, system::ALREADY_IN_USE),
    ] {
        let create = ix::create_allowed_pool(&world.at, &payer, &stake, weight);
        attack(&mut world, what, &[create], &[], code).await;
    }
    // A permit is used once.
    let anybody = world.bank.fresh_key();
    world.bank.airdrop(&anybody.pubkey(), 1_000_000_000).await;
    let feed = ix::create_allowed_feed(&world.at, &anybody.pubkey(), 1);
    world.send_as(&anybody, feed).await.unwrap();
    let feed = ix::create_allowed_feed(&world.at, &anybody.pubkey(), 2);
    attack(&mut world, "another feed", &[feed], &[&anybody], error).await;
}

#[tokio::test]
async fn success_a_feed_gets_other_reporters_and_nobody_else_does_it() {
    let mut world = whole().await;
    let rotate = |seed, value| Action::Feed {
        index: 0,
        expected: feed_settings(seed),
        value: feed_settings(value),
    };
    let (first, second) = (rotate(1, 2), rotate(1, 3));
    let index = world.queue(vec![first]).await.unwrap();
    let stale = world.queue(vec![second]).await.unwrap();
    assert_eq!(world.proposal(index).await.class, Class::Critical as u8);
    ripen(&mut world, index).await;
    let execute = world.execute_ix(index).await;
    // Another account in the feed's place.
    let feed = world.at.feed(0);
    let meter = exchange(execute.clone(), &feed, &world.at.meter(0));
    let error = HomeostatError::WrongActionAccounts;
    attack(&mut world, "a meter for a feed", &[meter], &[], error).await;
    let mut without = execute.clone();
    without.accounts.pop();
    attack(&mut world, "no feed", &[without], &[], error).await;
    world.run(&[execute]).await.unwrap();
    assert_eq!(world.feed(0).await.settings(), feed_settings(2));
    let execute = world.execute_ix(stale).await;
    let error = HomeostatError::OldValueChanged;
    attack(&mut world, "the old reporters", &[execute], &[], error).await;
}

#[tokio::test]
async fn success_a_held_controller_and_a_tripped_economy_are_resumed() {
    let mut world = lived_in().await;
    let error = HomeostatError::NothingToResume;
    let now = world.bank.now();
    let release = vec![Action::ResumeController {
        parameter: E,
        expected_since: now,
    }];
    not_proposed(&mut world, "nothing is held", release.clone(), error).await;
    let resume_all = vec![Action::ResumeEconomy { expected_trip: 1 }];
    not_proposed(&mut world, "nothing is tripped", resume_all.clone(), error).await;

    let key = world.at.economy;
    world
        .bank
        .edit(&key, |economy: &mut Economy| {
            homeostat_tests::latch(&mut economy.controllers[0], now);
        })
        .await;
    // Two ways to it: the second finds it done.
    let first = world.queue(release.clone()).await.unwrap();
    let also = vec![release[0].clone(), Action::AllowMeters { count: 1 }];
    let second = world.queue(also).await.unwrap();
    assert_eq!(world.proposal(first).await.class, Class::Routine as u8);
    ripen(&mut world, first).await;
    let before = world.economy().await.controllers[0];
    world.execute(first).await.unwrap();
    let after = world.economy().await.controllers[0];
    assert_eq!(after.guard.latched, 0);
    assert_eq!(after.state.u, before.state.u);
    ripen(&mut world, second).await;
    let execute = world.execute_ix(second).await;
    attack(&mut world, "twice", &[execute], &[], error).await;

    // A vault that is short stops everything, until it is resumed.
    let vault = world.at.reward_vault;
    let held = world.bank.balance(&vault).await;
    world.bank.set_balance(&vault, held - 1).await;
    let economy = world.economy().await;
    let trip = ix::trip_breaker(&world.at, &world.pools, &economy, ix::Vault::Rewards).unwrap();
    world.run(&[trip]).await.unwrap();
    world.bank.set_balance(&vault, held).await;
    let index = world.queue(resume_all).await.unwrap();
    ripen(&mut world, index).await;
    world.execute(index).await.unwrap();
    let economy = world.economy().await;
    assert_eq!(economy.tripped, 0);
    assert!(economy.stream.emission_rate().unwrap() > 0);
    assert!(economy.stream.emit_until > world.bank.now());
    let before = economy.controllers[0].state.u;
    world.next_period().await.unwrap();
    let after = world.economy().await.controllers[0];
    let moved = (after.state.u - before).unsigned_abs();
    assert!(moved <= after.config.slew_up);
}

#[tokio::test]
async fn n21_a_pool_of_a_wallet_is_not_allowed_and_a_permit_expires() {
    let mut world = World::new().await;
    let (mint, program) = (world.at.mint, TokenProgram::Legacy);
    let real = world.bank.create_amm(&mint, program).await;
    let (lp, vault) = (real.mint, real.amm_vault.unwrap());
    let plain = MintSpec::plain(program);
    let of_wallet = world.bank.create_mint(&plain).await;
    let wallet = world.bank.fresh_key().pubkey();
    let vault_of_wallet = world.bank.create_tokens(&mint, &wallet).await;
    let amm = Bank::amm_of(&lp);
    let of_lp = world.bank.create_tokens(&lp, &amm).await;
    let allow = |stake_mint, amm_vault| Action::AllowPool {
        stake_mint,
        amm_vault,
        weight: 4,
    };
    // Given a member who proposes a pool of a wallet, or a vault of another token,
    use HomeostatError::{PoolOfWallet, WrongAmmVault};
    for (what, stake_mint, amm_vault, error) in [
        ("minted by a wallet", of_wallet, vault, PoolOfWallet),
        ("a wallet's vault", lp, vault_of_wallet, PoolOfWallet),
        ("another token's vault", lp, of_lp, WrongAmmVault),
    ] {
        // when it is proposed, then it is refused.
        not_proposed(&mut world, what, vec![allow(stake_mint, amm_vault)], error).await;
    }
    // A real one waits the longest delay,
    let index = world.queue(vec![allow(lp, vault)]).await.unwrap();
    assert_eq!(world.proposal(index).await.class, Class::Critical as u8);
    ripen(&mut world, index).await;
    world.execute(index).await.unwrap();
    let allowed = world.bank.now();
    // what became a wallet's meanwhile is refused when the pool is created,
    let payer = world.bank.payer().pubkey();
    world.bank.set_minter(&lp, &wallet).await;
    let create = ix::create_allowed_pool(&world.at, &payer, &real, 4);
    let attempt = [create.clone()];
    attack(&mut world, "sold meanwhile", &attempt, &[], PoolOfWallet).await;
    world.bank.set_minter(&lp, &amm).await;
    // and the permit ends after 14 days.
    world.bank.set_time(allowed + 14 * DAY + 1).await;
    let error = HomeostatError::NotPermitted;
    attack(&mut world, "too late", &attempt, &[], error).await;
    world.bank.set_time(allowed + 14 * DAY).await;
    world.run(&attempt).await.unwrap();
    assert_eq!(world.economy().await.pool_count, 2);
}
