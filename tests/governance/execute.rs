//! Attacks on `execute` and `expire`: too early, too late, by too few, with other accounts.

use homeostat::{constants::OPEN_TIME, state::stream::emission_per_second};
use homeostat_client::{governance, Delays};
use homeostat_tests::{anchor, attack, exchange, read_only, HomeostatError};

use super::{propose::two_worlds, *};

#[tokio::test]
async fn g7_nothing_is_executed_before_its_eta() {
    for (actions, delay) in [
        (routine(), Delays::DEFAULT.routine),
        (standard(), Delays::DEFAULT.standard),
        (critical(), Delays::DEFAULT.critical),
    ] {
        let mut world = World::new().await;
        let index = world.queue(actions).await.unwrap();
        let eta = world.proposal(index).await.eta;
        assert_eq!(eta, world.bank.now() + i64::from(delay));
        let error = HomeostatError::TimelockActive;
        let execute = world.execute_ix(index).await;
        attack(
            &mut world,
            "at once",
            std::slice::from_ref(&execute),
            &[],
            error,
        )
        .await;
        world.bank.set_time(eta - 1).await;
        attack(&mut world, "a second early", &[execute], &[], error).await;
        world.bank.set_time(eta).await;
        world.execute(index).await.unwrap();
    }
}

#[tokio::test]
async fn g7_everything_in_one_transaction_still_waits() {
    let mut world = council_of(1, 1).await;
    let member = member(&world, 0);
    let propose = world.propose_ix(&member, routine());
    let payer = world.bank.payer().pubkey();
    let program = world.token_program;
    let id = world.next_proposal(&routine()).await;
    let execute = governance::execute(&world.at, &payer, &program, id, &routine());
    let error = HomeostatError::TimelockActive;
    attack(
        &mut world,
        "one transaction",
        &[propose, execute],
        &[&member],
        error,
    )
    .await;
}

#[tokio::test]
async fn g7_too_few_approvals_queue_nothing() {
    let mut world = World::new().await;
    let index = world.propose(routine()).await.unwrap();
    world.bank.advance(30 * DAY).await;
    let execute = world.execute_ix(index).await;
    let error = HomeostatError::ThresholdNotMet;
    attack(&mut world, "active", &[execute], &[], error).await;
}

#[tokio::test]
async fn g8_a_second_after_its_expiry_it_is_too_late() {
    let mut world = World::new().await;
    let late = world.queue(routine()).await.unwrap();
    let just = world.queue(standard()).await.unwrap();
    let anybody = world.bank.fresh_key();

    // Up to the last second it is executed, and not marked.
    let expires = world.proposal(just).await.expires_at;
    let mark = |world: &World, index| governance::expire(&world.at, &anybody.pubkey(), index);
    world.bank.set_time(expires).await;
    let error = HomeostatError::NotExpired;
    let early = mark(&world, just);
    attack(&mut world, "not late", &[early], &[&anybody], error).await;
    world.execute(just).await.unwrap();

    // A second later it is neither executed, approved, vetoed nor withdrawn.
    let expires = world.proposal(late).await.expires_at;
    world.bank.set_time(expires + 1).await;
    let error = HomeostatError::ProposalExpired;
    let execute = world.execute_ix(late).await;
    attack(&mut world, "late", &[execute], &[], error).await;
    let third = member(&world, 2);
    let approve = governance::approve(&world.at, &third.pubkey(), late);
    attack(&mut world, "approved late", &[approve], &[&third], error).await;
    let guardian = world.guardian.insecure_clone();
    let veto = governance::veto(&world.at, &guardian.pubkey(), late);
    attack(&mut world, "vetoed late", &[veto], &[&guardian], error).await;
    let own = member(&world, 0);
    for act in [governance::withdraw_approval, governance::cancel] {
        let act = act(&world.at, &own.pubkey(), late);
        attack(&mut world, "taken back late", &[act], &[&own], error).await;
    }
    // But anybody marks it.
    world
        .decide(governance::expire, &anybody, late)
        .await
        .unwrap();
    assert_eq!(world.council().await.open, 0);
}

#[tokio::test]
async fn g8_a_proposal_without_the_threshold_runs_out() {
    let mut world = World::new().await;
    let index = world.propose(routine()).await.unwrap();
    let until = world.proposal(index).await.active_until;
    assert_eq!(until, world.bank.now() + OPEN_TIME);
    world.bank.set_time(until + 1).await;
    let second = member(&world, 1);
    let approve = governance::approve(&world.at, &second.pubkey(), index);
    let error = HomeostatError::ProposalExpired;
    attack(&mut world, "late", &[approve], &[&second], error).await;
    let anybody = world.bank.fresh_key();
    world
        .decide(governance::expire, &anybody, index)
        .await
        .unwrap();
}

#[tokio::test]
async fn g3_execution_takes_its_own_accounts_only() {
    let (mut world, other) = two_worlds().await;
    let index = world.queue(routine()).await.unwrap();
    ripen(&mut world, index).await;
    let execute = world.execute_ix(index).await;
    let at = world.at;
    let own = index.address(&at.economy);
    let theirs = index.address(&other.economy);
    let has_one = anchor::CONSTRAINT_HAS_ONE;
    for (what, old, new, code) in [
        ("their economy", at.economy, other.economy, has_one),
        ("their council", at.council, other.council, has_one),
        ("their proposal", own, theirs, has_one),
        ("their mint", at.mint, other.mint, has_one),
        ("their log", at.log, other.log, has_one),
        ("their audit log", at.audit, other.audit, has_one),
        (
            "a council in the proposal's place",
            own,
            at.council,
            anchor::ACCOUNT_DISCRIMINATOR_MISMATCH,
        ),
        (
            "a mint in the economy's place",
            at.economy,
            at.mint,
            has_one,
        ),
    ] {
        let code = if old == at.economy && new == at.mint {
            anchor::ACCOUNT_OWNED_BY_WRONG_PROGRAM
        } else {
            code
        };
        let swapped = exchange(execute.clone(), &old, &new);
        attack(&mut world, what, &[swapped], &[], code).await;
    }
    for (what, key) in [
        ("economy", at.economy),
        ("council", at.council),
        ("proposal", own),
    ] {
        let fixed = read_only(execute.clone(), &key);
        let code = anchor::CONSTRAINT_MUT;
        attack(&mut world, what, &[fixed], &[], code).await;
    }
    let mut more = execute.clone();
    more.accounts.push(more.accounts[1].clone());
    let error = HomeostatError::WrongActionAccounts;
    attack(&mut world, "one account more", &[more], &[], error).await;
    world.run(&[execute]).await.unwrap();
}

#[tokio::test]
async fn g6_what_became_wrong_meanwhile_is_not_executed() {
    // Pairs of changes that are fine alone, and not one after the other.
    let tune = |field, expected: f64, value: f64| Action::Tune {
        parameter: Parameter::Emission,
        field,
        expected_q48: q48(expected),
        value_q48: q48(value),
        over_seconds: 0,
    };
    let limits = |max_ppm| Action::Limits {
        parameter: Parameter::Emission,
        expected: OutputLimits {
            min_ppm: 10_000,
            max_ppm: 200_000,
        },
        value: OutputLimits {
            min_ppm: 10_000,
            max_ppm,
        },
    };
    let someone = Pubkey::new_from_array([8; 32]);
    let threshold = Action::Threshold {
        expected: 2,
        value: 3,
    };
    let guardian = |world: &World| Action::Guardian {
        expected: world.guardian.pubkey(),
        seat: seat_of(someone),
    };
    let mut world = World::new().await;
    let third = world.members[2].pubkey();
    let removal = world.removal(&third).await;
    let guardian = guardian(&world);
    drop(world);
    let pairs = [
        (
            "a bias above the lowered limit",
            tune(Tunable::Bias, 60_000.0, 150_000.0),
            limits(120_000),
            HomeostatError::InvalidParameter,
        ),
        (
            "a threshold above the members",
            removal,
            threshold,
            HomeostatError::InvalidParameter,
        ),
        (
            "a guardian who became a member",
            Action::AddMember {
                seat: seat_of(someone),
            },
            guardian,
            HomeostatError::InvalidParameter,
        ),
        (
            "a limit that moved",
            limits(150_000),
            limits(140_000),
            HomeostatError::OldValueChanged,
        ),
        (
            "a narrowing that became a widening",
            limits(150_000),
            limits(190_000),
            HomeostatError::OldValueChanged,
        ),
        (
            "a small step that became a large one",
            tune(Tunable::Setpoint, 0.60, 0.40),
            tune(Tunable::Setpoint, 0.60, 0.61),
            HomeostatError::ClassChanged,
        ),
    ];
    for (what, first, second, error) in pairs {
        let mut world = World::new().await;
        let first = world.queue(vec![first]).await.unwrap();
        let second = world.queue(vec![second]).await.unwrap();
        let (a, b) = (
            world.proposal(first).await.eta,
            world.proposal(second).await.eta,
        );
        world.bank.set_time(a.max(b)).await;
        world.execute(first).await.unwrap();
        let execute = world.execute_ix(second).await;
        attack(&mut world, what, &[execute], &[], error).await;
    }
}

#[tokio::test]
async fn g6_all_actions_happen_or_none() {
    // given two changes, the second of which became impossible
    let mut world = World::new().await;
    let split = |expected_ppm, value_ppm| Action::FeeSplit {
        expected_ppm,
        value_ppm,
    };
    let both = world
        .queue(vec![setpoint(0.60, 0.90), split(200_000, 300_000)])
        .await
        .unwrap();
    world.enact(vec![split(200_000, 100_000)]).await.unwrap();
    ripen(&mut world, both).await;
    // then the first does not happen either
    let execute = world.execute_ix(both).await;
    let error = HomeostatError::OldValueChanged;
    attack(&mut world, "half", &[execute], &[], error).await;
}

#[tokio::test]
async fn g20_a_clock_that_steps_back_opens_nothing() {
    let mut world = World::new().await;
    let staker = world.staker(1_000 * TOKEN).await;
    world.bank.advance(DAY).await;
    let queued = world.queue(standard()).await.unwrap();
    let eta = world.proposal(queued).await.eta;
    let now = world.bank.now();

    // Before its own making a proposal is not late, not ripe, and counts as before.
    world.bank.set_time(now - HOUR).await;
    let execute = world.execute_ix(queued).await;
    let error = HomeostatError::TimelockActive;
    attack(&mut world, "early", &[execute], &[], error).await;
    let anybody = world.bank.fresh_key();
    let expire = governance::expire(&world.at, &anybody.pubkey(), queued);
    let error = HomeostatError::NotExpired;
    attack(&mut world, "not late", &[expire], &[&anybody], error).await;
    world.approve(2, queued).await.unwrap();
    assert_eq!(world.proposal(queued).await.eta, eta);
    // A pause ends when it was announced.
    let guardian = world.guardian.insecure_clone();
    let pause = |seconds| {
        governance::pause(
            &world.at,
            &guardian.pubkey(),
            Section::Stake,
            seconds,
            PauseReason::Incident,
        )
    };
    let (long, longer) = (pause(7_200), pause(10_860));
    world.send_as(&guardian, long).await.unwrap();
    let until = world.economy().await.pauses[0].until;
    world.bank.set_time(now - 2 * HOUR).await;
    world.send_as(&guardian, longer).await.unwrap();
    assert_eq!(world.economy().await.pauses[0].until, until + 60);
    refused(world.stake(&staker, TOKEN).await, HomeostatError::Paused);

    // The record says the slot, whatever the time was.
    let data = world.bank.data(&world.at.audit.clone()).await.unwrap();
    let records = audit_acts(&data);
    assert!(records.windows(2).any(|pair| pair[1].at < pair[0].at));
    assert!(records.windows(2).all(|pair| pair[1].slot >= pair[0].slot));
    assert!(records
        .windows(2)
        .all(|pair| pair[1].seq == pair[0].seq + 1));

    world.bank.set_time(eta).await;
    world.execute(queued).await.unwrap();
}

#[tokio::test]
async fn c3_an_executed_change_of_the_rate_reaches_back_to_nothing() {
    // given a sole staker since the first second
    let mut world = World::new().await;
    let staker = world.staker(1_000 * TOKEN).await;
    let from = world.bank.now();
    let supply = world.economy().await.totals.supply;
    // when a proposal cuts the rate from 6 % to 4 % inside the period
    world.enact(lower_emission()).await.unwrap();
    let changed = world.bank.now();
    assert!(changed > from && changed < world.economy().await.next_end);
    // then each stretch is paid at its own rate, with one claim at the end
    world.bank.advance(2 * DAY).await;
    let per_second = |ppm| emission_per_second(supply, ppm).unwrap();
    let stretch = |from: i64, to: i64| (to - from) as u128;
    let expected = per_second(60_000) * stretch(from, changed)
        + per_second(40_000) * stretch(changed, world.bank.now());
    let expected = (expected >> 64) as u64;
    world.claim(&staker).await.unwrap();
    let paid = world.balance(&staker).await;
    assert!(
        (expected - 1..=expected).contains(&paid),
        "{paid} of {expected}"
    );
}
