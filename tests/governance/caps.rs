//! Caps that hold whoever approved: what the treasury pays, what a period burns, what
//! does not circulate.

use homeostat::state::action::Caps;
use homeostat_client::{Action, Class};
use homeostat_sandbox::{world::TOKEN, World, WorldSpec};
use homeostat_tests::{attack, exchange, refused, HomeostatError};

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

    // and two proposals that each fit do not fit together: the second waits until the first
    // payments are 30 days old.
    let first = world.queue(vec![pay(vendor.tokens, 400)]).await.unwrap();
    let second = world.queue(vec![pay(vendor.tokens, 399)]).await.unwrap();
    let eta = world.proposal(second).await.eta;
    world.bank.set_time(eta).await;
    world.execute(first).await.unwrap();
    let execute = world.execute_ix(second).await;
    let error = HomeostatError::OutflowCapExceeded;
    attack(
        &mut world,
        "too much",
        std::slice::from_ref(&execute),
        &[],
        error,
    )
    .await;
    world.bank.set_time(eta + 7 * DAY).await;
    attack(&mut world, "a week later", &[execute], &[], error).await;
    let again = world.queue(vec![pay(vendor.tokens, 1)]).await;
    refused(again.map(|_| Default::default()), error);
    assert_eq!(world.balance(&vendor).await, 1_000 * TOKEN);
    world.bank.set_time(eta + 30 * DAY).await;
    world.enact(vec![pay(vendor.tokens, 400)]).await.unwrap();
    assert_eq!(world.balance(&vendor).await, 1_400 * TOKEN);
}

/// What the treasury may pay in 30 days, from and to so many tokens.
fn outflow(old: Caps, from: u64, to: u64) -> Action {
    let cap = |tokens| Caps {
        outflow_cap: tokens * TOKEN,
        ..old
    };
    Action::Caps {
        expected: cap(from),
        value: cap(to),
    }
}

#[tokio::test]
async fn n10_a_cap_that_a_proposal_raises_is_not_for_its_own_payments() {
    // Given a treasury that may pay 1,000 tokens in 30 days,
    let mut world = rich().await;
    let vendor = world.wallet(0).await;
    let old = Caps::of(&world.economy().await.limits);
    let made = world.council().await.proposals;

    // when a proposal raises the cap and pays out of it, in either order,
    let error = HomeostatError::OutflowCapExceeded;
    for actions in [
        vec![outflow(old, 1_000, 2_000), pay(vendor.tokens, 1_001)],
        vec![
            outflow(old, 1_000, 2_000),
            pay(vendor.tokens, 700),
            pay(vendor.tokens, 301),
            outflow(old, 2_000, 1_000),
        ],
    ] {
        let proposed = world.propose(actions).await;
        refused(proposed.map(|_| Default::default()), error);
    }
    // then it is refused, while the payment that the old cap allows is not:
    assert_eq!(world.council().await.proposals, made);
    let within = vec![outflow(old, 1_000, 2_000), pay(vendor.tokens, 1_000)];
    world.enact(within).await.unwrap();
    assert_eq!(world.balance(&vendor).await, 1_000 * TOKEN);
    // a later proposal may use the rest.
    world.enact(vec![pay(vendor.tokens, 1_000)]).await.unwrap();
    assert_eq!(world.balance(&vendor).await, 2_000 * TOKEN);
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn v2_no_proposal_raises_a_cap_by_more_than_its_step() {
    // Given the default caps of a billion tokens,
    let mut world = World::new().await;
    let old = Caps::of(&world.economy().await.limits);
    let supply = world.economy().await.totals.supply;
    let quarter = |cap: u64| cap.div_ceil(4);
    let raise = |value| {
        vec![Action::Caps {
            expected: old,
            value,
        }]
    };
    // The supply, at which burns stop, was 0: it is raised first, which is a tightening.
    let floor = old.hard_cap - 1;
    type Raise = fn(&mut Caps, u64);
    let steps: [(&str, Raise, u64); 4] = [
        (
            "hard cap",
            |caps, by| caps.hard_cap += by,
            quarter(old.hard_cap),
        ),
        (
            "emission of a period",
            |caps, by| caps.period_emission_ppm += by as u32,
            quarter(old.period_emission_ppm.into()),
        ),
        (
            "burn of a period",
            |caps, by| caps.period_burn_ppm += by as u32,
            quarter(old.period_burn_ppm.into()),
        ),
        (
            "outflow",
            |caps, by| caps.outflow_cap += by,
            quarter(supply / 100),
        ),
    ];
    for (what, change, step) in steps {
        let by = |by| {
            let mut value = old;
            change(&mut value, by);
            raise(value)
        };
        // when it is raised by a unit more than a step, then it is refused; a step waits the
        // longest delay.
        let far = world
            .propose(by(step + 1))
            .await
            .map(|_| Default::default());
        refused(far, HomeostatError::StepTooLarge);
        let index = world.propose(by(step)).await.expect(what);
        assert_eq!(
            world.proposal(index).await.class,
            Class::Critical as u8,
            "{what}"
        );
        let proposer = member(&world, 0);
        world
            .decide(governance::cancel, &proposer, index)
            .await
            .unwrap();
    }
    let raised = Caps {
        supply_floor: floor,
        ..old
    };
    world.enact(raise(raised)).await.unwrap();
    let lower = |by| {
        vec![Action::Caps {
            expected: raised,
            value: Caps {
                supply_floor: floor - by,
                ..old
            },
        }]
    };
    let far = world.propose(lower(quarter(floor) + 1)).await;
    refused(
        far.map(|_| Default::default()),
        HomeostatError::StepTooLarge,
    );
    world.enact(lower(quarter(floor))).await.unwrap();
}

#[tokio::test]
async fn v1_a_cap_is_lowered_at_once_and_raised_after_the_longest_delay() {
    // Given a cap that turns out to be too high,
    let mut world = rich().await;
    let old = Caps::of(&world.economy().await.limits);
    let began = world.bank.now();
    let lower = Caps {
        hard_cap: old.hard_cap - 1,
        supply_floor: old.supply_floor + 1,
        period_emission_ppm: old.period_emission_ppm - 1,
        period_burn_ppm: old.period_burn_ppm - 1,
        outflow_cap: old.outflow_cap - 1,
    };
    // when the threshold wants every cap tighter, then it is so in the same second;
    let change = |expected, value| vec![Action::Caps { expected, value }];
    world.enact(change(old, lower)).await.unwrap();
    assert_eq!(world.bank.now(), began);
    assert_eq!(Caps::of(&world.economy().await.limits), lower);
    // and where one cap widens beside four that tighten, all wait.
    let tight = Caps {
        outflow_cap: lower.outflow_cap + 1,
        hard_cap: lower.hard_cap - 1,
        ..lower
    };
    let index = world.queue(change(lower, tight)).await.unwrap();
    assert_eq!(world.proposal(index).await.class, Class::Critical as u8);
    let execute = world.execute_ix(index).await;
    let error = HomeostatError::TimelockActive;
    attack(&mut world, "too early", &[execute], &[], error).await;
}

#[tokio::test]
async fn fail_a_payment_to_ourselves_or_to_another_account() {
    let mut world = rich().await;
    let vendor = world.wallet(0).await;
    let other = world.wallet(0).await;

    // Into one of the economy's own vaults it would be paid and not be gone.
    let rewards = world.at.reward_vault;
    let proposed = world.propose(vec![pay(rewards, 1)]).await;
    refused(
        proposed.map(|_| Default::default()),
        HomeostatError::WrongVault,
    );

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
async fn v3_an_own_vault_which_would_be_left_out_twice_is_not_excluded() {
    let mut world = rich().await;
    let old = world.excluded.clone();
    let with = |tokens| Action::Exclude {
        expected: old.clone(),
        accounts: vec![old[0], tokens],
    };
    let member = member(&world, 0);
    // when a vault of the economy's shall be excluded, then that is not even proposed,
    let error = HomeostatError::WrongActionAccounts;
    for vault in [world.at.treasury_vault, world.at.reward_vault] {
        let propose = world.propose_ix(&member, vec![with(vault)]);
        attack(&mut world, "a vault", &[propose], &[&member], error).await;
    }
    // nor another account shown in the place of one,
    let vault = world.at.treasury_vault;
    let propose = world.propose_ix(&member, vec![with(vault)]);
    let propose = exchange(propose, &vault, &world.reserve);
    attack(&mut world, "another", &[propose], &[&member], error).await;
    // and one that becomes a vault of the economy's only afterwards is not executed.
    let more = Action::AllowMeters { count: 1 };
    world.enact(vec![more]).await.unwrap();
    let at = world.at;
    let vault = homeostat_client::address::fee_vault(&at.meter(world.meters));
    let index = world.queue(vec![with(vault)]).await.unwrap();
    let anybody = world.creator.insecure_clone();
    let meter =
        ix::create_allowed_meter(&at, &anybody.pubkey(), &world.token_program, world.meters);
    world.send_as(&anybody, meter).await.unwrap();
    ripen(&mut world, index).await;
    let execute = world.execute_ix(index).await;
    attack(&mut world, "a later vault", &[execute], &[], error).await;
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
