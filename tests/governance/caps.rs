//! Caps that hold whoever approved: what the treasury pays, what a period burns, what
//! does not circulate.

use homeostat::state::action::Caps;
use homeostat_client::Action;
use homeostat_sandbox::{world::TOKEN, World, WorldSpec};
use homeostat_tests::{attack, refused, HomeostatError};

use super::*;

/// Lets the treasury pay so many tokens in 30 days.
pub async fn open_treasury(world: &mut World, tokens: u64) {
    let old = Caps::of(&world.economy().await.limits);
    world
        .enact(vec![Action::Caps {
            expected: old,
            value: Caps {
                outflow_cap: tokens * TOKEN,
                ..old
            },
        }])
        .await
        .unwrap();
}

/// An economy whose treasury holds 20 tokens in 100 of every fee, and pays 1,000 a month.
async fn rich() -> World {
    let mut world = World::build(&WorldSpec {
        excluded: 1,
        ..WorldSpec::default()
    })
    .await;
    open_treasury(&mut world, 1_000).await;
    let payer = world.wallet(100_000_000 * TOKEN).await;
    let shop = world.wallet(0).await;
    world
        .pay(&payer, &shop.tokens, 90_000_000 * TOKEN)
        .await
        .unwrap();
    world.collect(0).await.unwrap();
    world
}

fn pay(to: Pubkey, tokens: u64) -> Action {
    Action::PayTreasury {
        to,
        amount: tokens * TOKEN,
    }
}

#[tokio::test]
async fn success_a_treasury_payment_arrives_whole() {
    let mut world = rich().await;
    let vendor = world.wallet(0).await;
    let held = world.bank.balance(&world.at.treasury_vault.clone()).await;
    assert!(held > 1_000 * TOKEN);

    world.enact(vec![pay(vendor.tokens, 600)]).await.unwrap();

    assert_eq!(world.balance(&vendor).await, 600 * TOKEN);
    let treasury = world.at.treasury_vault;
    assert_eq!(world.bank.balance(&treasury).await, held - 600 * TOKEN);
    let totals = world.economy().await.totals;
    assert_eq!(totals.treasury_paid, 600 * TOKEN);
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn t1_the_treasury_pays_no_more_than_its_cap_in_30_days() {
    // Given a month's outflow of 1,000 tokens, of which 600 are paid,
    let mut world = rich().await;
    let vendor = world.wallet(0).await;
    world.enact(vec![pay(vendor.tokens, 600)]).await.unwrap();

    // when 401 more are proposed at once, then that is refused,
    let made = world.council().await.proposals;
    refused(
        world
            .propose(vec![pay(vendor.tokens, 401)])
            .await
            .map(|_| Default::default()),
        HomeostatError::OutflowCapExceeded,
    );
    assert_eq!(world.council().await.proposals, made);

    // and two proposals that each fit do not fit together: the second waits until the
    // bucket holds it again.
    let first = world.queue(vec![pay(vendor.tokens, 400)]).await.unwrap();
    let second = world.queue(vec![pay(vendor.tokens, 399)]).await.unwrap();
    let eta = world.proposal(second).await.eta;
    world.bank.set_time(eta).await;
    world.execute(first).await.unwrap();
    let execute = world.execute_ix(second).await;
    let error = HomeostatError::OutflowCapExceeded;
    // 600 and 400 are spent, less what six days gave back: 200.
    attack(&mut world, "too much", &[execute], &[], error).await;
    world.bank.set_time(eta + 6 * DAY).await;
    world.execute(second).await.unwrap();
    assert_eq!(world.balance(&vendor).await, 1_399 * TOKEN);
}

#[tokio::test]
async fn fail_a_payment_to_ourselves_or_to_another_account() {
    let mut world = rich().await;
    let vendor = world.wallet(0).await;
    let other = world.wallet(0).await;

    // Into one of the economy's own vaults it would be paid and not be gone.
    let rewards = world.at.reward_vault;
    let index = world.queue(vec![pay(rewards, 1)]).await.unwrap();
    let eta = world.proposal(index).await.eta;
    world.bank.set_time(eta).await;
    let execute = world.execute_ix(index).await;
    let error = HomeostatError::WrongVault;
    attack(&mut world, "to ourselves", &[execute], &[], error).await;

    // The recipient is the one that was approved.
    let index = world.queue(vec![pay(vendor.tokens, 1)]).await.unwrap();
    let eta = world.proposal(index).await.eta;
    world.bank.set_time(eta).await;
    let execute = world.execute_ix(index).await;
    let theirs = homeostat_tests::exchange(execute, &vendor.tokens, &other.tokens);
    let error = homeostat_tests::anchor::CONSTRAINT_ADDRESS;
    attack(&mut world, "redirected", &[theirs], &[], error).await;
    world.execute(index).await.unwrap();
}

#[tokio::test]
async fn b3_a_period_burns_no_more_than_its_cap() {
    // Given a cap of one part in a million a period: 1,000 tokens.
    let mut world = World::new().await;
    let old = Caps::of(&world.economy().await.limits);
    world
        .enact(vec![Action::Caps {
            expected: old,
            value: Caps {
                period_burn_ppm: 1,
                ..old
            },
        }])
        .await
        .unwrap();
    world.next_period().await.unwrap();
    let payer = world.wallet(100_000_000 * TOKEN).await;
    let shop = world.wallet(0).await;
    let supply = world.economy().await.totals.supply;
    let cap = supply / 1_000_000;

    // When fees are collected again and again, that would burn much more.
    for _ in 0..3 {
        world
            .pay(&payer, &shop.tokens, 10_000_000 * TOKEN)
            .await
            .unwrap();
        world.collect(0).await.unwrap();
    }

    // Then the rest goes to the treasury, and nothing is lost.
    let meter = world.meter(0).await;
    assert_eq!(meter.burned.get(), u128::from(cap));
    assert!(meter.burn_blocked.get() > 0);
    assert_eq!(
        meter.fees.get(),
        meter.burned.get() + meter.swept_stakers.get() + meter.swept_treasury.get()
    );
    assert_sound(&mut world).await;

    // The controller sees what was really burned, and the next period burns again.
    world.next_period().await.unwrap();
    world
        .pay(&payer, &shop.tokens, 10_000_000 * TOKEN)
        .await
        .unwrap();
    world.collect(0).await.unwrap();
    assert!(world.meter(0).await.burned.get() > u128::from(cap));
}

#[tokio::test]
async fn success_exclusions_change_by_proposal() {
    let mut world = rich().await;
    let team = world.wallet(50_000_000 * TOKEN).await;
    let old = world.excluded.clone();
    let with = |tokens| Action::Exclude {
        expected: old.clone(),
        accounts: vec![old[0], tokens],
    };
    // An own vault would be left out twice.
    let treasury = world.at.treasury_vault;
    let index = world.queue(vec![with(treasury)]).await.unwrap();
    let eta = world.proposal(index).await.eta;
    world.bank.set_time(eta).await;
    let execute = world.execute_ix(index).await;
    let error = HomeostatError::WrongActionAccounts;
    attack(&mut world, "a vault", &[execute], &[], error).await;

    world.next_period().await.unwrap();
    let before = world.economy().await.totals.circulating;
    world.enact(vec![with(team.tokens)]).await.unwrap();
    world.excluded.push(team.tokens);
    world.next_period().await.unwrap();

    // What a newly named account contains is deducted slowly: by 1 % of S a week.
    let after = world.economy().await.totals.circulating;
    assert!(before - after < 11_000_000 * TOKEN, "{before} -> {after}");
    for _ in 0..5 {
        world.next_period().await.unwrap();
    }
    let after = world.economy().await.totals.circulating;
    assert!(before - after > 49_000_000 * TOKEN, "{before} -> {after}");
}
