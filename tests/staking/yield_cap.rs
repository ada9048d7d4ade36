//! The yield cap: stake earns at most so much a year, whoever else stakes or does not.

use homeostat_client::{
    wallet::{apr_ppm, pending_rewards},
    Action, Life,
};
use homeostat_sandbox::{
    world::{TOKEN, WEEK},
    World, WorldSpec,
};
use homeostat_tests::{anchor, attack};

use super::*;
use homeostat::state::action::Terms;

/// A year (seconds).
const YEAR: u64 = 31_536_000;

/// A live economy of 1,000,000,000 tokens with the yield cap that it starts with: 100 % a year.
async fn capped() -> World {
    World::build(&WorldSpec {
        yield_cap: true,
        ..WorldSpec::default()
    })
    .await
}

/// The most that `stake` earns in `seconds` at `percent` a year (base units, rounded up).
fn most(stake: u64, seconds: i64, percent: u64) -> u64 {
    let product = u128::from(stake) * u128::from(seconds.unsigned_abs() * percent);
    product.div_ceil(u128::from(YEAR * 100)) as u64
}

/// What a wallet could claim now (base units).
async fn pending(world: &mut World, wallet: &Wallet) -> u64 {
    let now = world.bank.now();
    let (economy, pool) = (world.economy().await, world.pool(0).await);
    let position = world.position(wallet).await;
    pending_rewards(&economy, &pool, &position, now).unwrap()
}

#[tokio::test]
async fn e4_a_handful_of_stake_does_not_earn_everybodys_rewards() {
    // given 5 of 1,000,000,000 tokens, staked alone after going live
    let mut world = capped().await;
    let early = world.staker(5 * TOKEN).await;
    let from = world.bank.now();

    // when it claims after four minutes, and after three periods
    world.bank.advance(230).await;
    world.claim(&early).await.unwrap();
    let quick = world.balance(&early).await;
    assert!(
        quick <= most(5 * TOKEN, world.bank.now() - from, 100),
        "{quick}"
    );
    for _ in 0..3 {
        world.next_period().await.unwrap();
        assert_sound(&mut world).await;
    }
    world.claim(&early).await.unwrap();

    // then it has earned 100 % a year, rounded down, and not 418 tokens in a moment
    let highest = most(5 * TOKEN, world.bank.now() - from, 100);
    let earned = world.balance(&early).await;
    assert!(earned <= highest, "{earned} > {highest}");
    assert!(earned + 5 >= highest, "{earned} << {highest}");
    // which is what a wallet promises, rounded down
    let (economy, pool) = (world.economy().await, world.pool(0).await);
    assert_eq!(apr_ppm(&economy, &pool, world.bank.now()), Some(999_999));
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn e4_what_is_above_the_cap_goes_back_to_the_grant_and_does_not_count_as_emitted() {
    // given two economies, one without a cap, with the same little stake
    let mut seen = Vec::new();
    for yield_cap in [true, false] {
        let mut world = World::build(&WorldSpec {
            yield_cap,
            ..WorldSpec::default()
        })
        .await;
        let staker = world.staker(1_000 * TOKEN).await;
        let before = world.economy().await;

        // when a period ends
        world.next_period().await.unwrap();

        // then what the staker did not earn is returned, and is owed to nobody
        let economy = world.economy().await;
        let now = world.bank.now();
        let earned = u128::from(pending(&mut world, &staker).await);
        let emitted = economy.tally.emitted_q64.get();
        let returned = economy.tally.returned_emission_q64.get();
        assert_eq!(emitted, before.stream.emitted_at(now).unwrap());
        let kept = (emitted - returned) >> 64;
        assert!((earned..=earned + 1).contains(&kept), "{earned} of {kept}");
        assert_eq!(economy.owed_emission(now).unwrap(), emitted - returned);
        // nor does it count as growth of the supply
        let accrued = economy.readings[2].numerator.get() / u128::from(YEAR);
        assert_eq!(accrued, kept, "{yield_cap}");
        seen.push((earned, economy.totals.supplied));
        assert_sound(&mut world).await;
    }
    let [(little, minted), (all, minted_uncapped)] = seen[..] else {
        panic!("two economies")
    };
    assert!(little < all / 1_000, "{little} of {all}");
    // a period is minted ahead in both; only where it was earned, it is minted again
    assert!(minted < minted_uncapped);
}

#[tokio::test]
async fn e4_ordinary_stake_earns_all_of_the_emission() {
    // given as much stake as earns 60 % a year, and a bit that would earn 200 %
    for (stake, whole) in [(100_000_000, true), (30_000_000, false)] {
        let mut world = capped().await;
        let staker = world.staker(stake * TOKEN).await;
        let economy = world.economy().await;
        let from = world.bank.now();
        world.bank.advance(WEEK / 2).await;
        let now = world.bank.now();
        let emitted =
            economy.stream.emitted_at(now).unwrap() - economy.stream.emitted_at(from).unwrap();

        world.claim(&staker).await.unwrap();

        let earned = world.balance(&staker).await;
        let emission = (emitted >> 64) as u64;
        let highest = most(stake * TOKEN, now - from, 100);
        if whole {
            assert!(earned + 1 >= emission && earned < highest);
        } else {
            assert!(earned <= highest && earned + 100 >= highest && earned < emission / 2 + TOKEN);
        }
        assert_sound(&mut world).await;
    }
}

/// Whoever settles a pool often takes nothing from it, and gives it nothing.
#[tokio::test]
async fn e4_settling_often_changes_nothing() {
    let mut earned = Vec::new();
    for pieces in [1, 60] {
        let mut world = capped().await;
        let staker = world.staker(5 * TOKEN).await;
        let nobody = world.wallet(0).await;
        world.open(&nobody).await.unwrap();
        for _ in 0..pieces {
            world.bank.advance(36_000 / pieces).await;
            world.claim(&nobody).await.unwrap();
        }
        assert_eq!(world.balance(&nobody).await, 0);
        earned.push(pending(&mut world, &staker).await);
        assert_sound(&mut world).await;
    }
    assert_eq!(earned[0], earned[1]);
    assert!(earned[0] > 0);
}

#[tokio::test]
async fn e4_a_changed_cap_acts_from_the_next_crank_and_never_reaches_back() {
    // given stake under a cap of 100 % a year
    let mut world = capped().await;
    let staker = world.staker(1_000 * TOKEN).await;
    let from = world.bank.now();
    let old = Terms::of(&world.economy().await.limits);
    assert_eq!(old.yield_ppm, 1_000_000);

    // when a proposal halves it
    world
        .enact(vec![Action::Terms {
            expected: old,
            value: Terms {
                yield_ppm: 500_000,
                ..old
            },
        }])
        .await
        .unwrap();
    let economy = world.economy().await;
    assert_eq!(economy.limits.yield_ppm, 500_000);

    // then nothing that was earned is taken back, up to the next crank
    let at_once = pending(&mut world, &staker).await;
    let highest = most(1_000 * TOKEN, world.bank.now() - from, 100);
    assert!(at_once <= highest && at_once + 5 >= highest, "{at_once}");
    world.next_period().await.unwrap();
    let change = world.bank.now();
    let before = pending(&mut world, &staker).await;
    let highest = most(1_000 * TOKEN, change - from, 100);
    assert!(before <= highest && before + 5 >= highest, "{before}");

    // and half as much is earned from then on
    world.bank.advance(DAY).await;
    let day = pending(&mut world, &staker).await - before;
    let highest = most(1_000 * TOKEN, DAY, 50);
    assert!(day <= highest + 1 && day + 5 >= highest, "{day}");
    assert_sound(&mut world).await;
}

/// The crank settles the native pool, so that what it grants again is never earned after all.
#[tokio::test]
async fn e4_a_crank_settles_the_native_pool_and_no_later_settlement_reaches_back() {
    // given little stake that nobody settles, and more that comes after the crank
    let mut world = capped().await;
    let early = world.staker(1_000 * TOKEN).await;
    let from = world.bank.now();
    let economy = world.economy().await;
    let end = economy.next_end;
    world.bank.set_time(end).await;
    let late = world.wallet(500_000_000 * TOKEN).await;
    world.open(&late).await.unwrap();

    // when somebody cranks without letting it write the pool, then nothing happens
    let crank = world.crank_ix().await;
    let native = world.native_pool();
    let mut read_only = crank.clone();
    for meta in &mut read_only.accounts {
        meta.is_writable &= meta.pubkey != native;
    }
    let what = "a crank that only reads the native pool";
    let error = anchor::ACCOUNT_NOT_MUTABLE;
    attack(&mut world, what, &[read_only], &[], error).await;

    // and when it is cranked, the pool is settled, to what the economy counts as returned
    world.run(&[crank]).await.unwrap();
    let (economy, pool) = (world.economy().await, world.pool(0).await);
    assert_eq!(pool.settled_at, end);
    assert_eq!(
        pool.returned_emission_q64,
        economy.tally.returned_emission_q64
    );
    let returned = pool.returned_emission_q64;

    // and what is granted again is what others earn, and not the early stake as well
    world.stake(&late, 500_000_000 * TOKEN).await.unwrap();
    world.bank.advance(WEEK / 2).await;
    world.claim(&late).await.unwrap();
    world.claim(&early).await.unwrap();
    let earned = world.balance(&early).await;
    let highest = most(1_000 * TOKEN, world.bank.now() - from, 100);
    assert!(earned <= highest, "{earned} > {highest}");
    assert_eq!(world.pool(0).await.returned_emission_q64, returned);
    assert_sound(&mut world).await;
}

/// What went back above the cap is nobody's: it is not kept for stakers when the economy ends.
#[tokio::test]
async fn e4_what_went_back_leaves_the_vault_when_the_economy_ends() {
    // given a retired economy in which one staker earned little of what was emitted
    let mut world = capped().await;
    let staker = world.staker(1_000 * TOKEN).await;
    let from = world.bank.now();
    world.next_period().await.unwrap();
    world
        .enact(vec![Action::Retire { successor: None }])
        .await
        .unwrap();
    let (economy, at) = (world.economy().await, world.at);
    assert_eq!(economy.life, Life::Retired as u8);
    let held = world.bank.balance(&at.reward_vault).await;
    let highest = most(1_000 * TOKEN, world.bank.now() - from, 100);
    assert!(held / 1_000 > highest, "{held}");

    // when it is wound up
    let treasury = at.treasury_vault;
    let wind_up = ix::wind_up(&at, &treasury, &world.token_program, &economy);
    world.run(&[wind_up]).await.unwrap();

    // then the vault keeps what the staker earned, and no more
    let kept = world.bank.balance(&at.reward_vault).await;
    assert!(kept <= highest + 1, "{kept} of {highest}");
    assert_eq!(world.bank.balance(&treasury).await, held - kept);
    assert_sound(&mut world).await;
    world.claim(&staker).await.unwrap();
    let earned = world.balance(&staker).await;
    assert!(earned <= kept && earned + 1 >= kept, "{earned} of {kept}");
    assert_sound(&mut world).await;
}
