//! The worked scenario of docs/GOVERNANCE.md: a key or a role falls into the wrong hands.
//! What can it do at most, and how long do people have?

use homeostat::state::action::{AdviceRange, OutputLimits};
use homeostat_client::{
    governance::{self, q48},
    Action, Parameter, PauseReason, ProposalState, RoleKind, Section, Tunable,
};
use homeostat_sandbox::{
    world::{seat, TOKEN},
    Wallet, World,
};
use homeostat_tests::{refused, HomeostatError};
use solana_signer::Signer;

use super::{DAY, HOUR};

pub(super) const SUPPLY: u64 = 1_000_000_000;

/// Two of three members decide; six in ten tokens are staked, as wanted.
async fn calm_economy() -> (World, Wallet) {
    let mut world = World::new().await;
    let staker = world.staker(SUPPLY * 6 / 10 * TOKEN).await;
    world.next_period().await.unwrap();
    (world, staker)
}

pub(super) async fn emission(world: &mut World) -> u64 {
    world.economy().await.value(Parameter::Emission)
}

/// Emission up to 45 % a year instead of 20 %.
fn greedy() -> Action {
    almost_greedy(0)
}

/// The same but for some millionths, which makes it another proposal.
fn almost_greedy(less: i64) -> Action {
    Action::Limits {
        parameter: Parameter::Emission,
        expected: OutputLimits {
            min_ppm: 10_000,
            max_ppm: 200_000,
        },
        value: OutputLimits {
            min_ppm: 10_000,
            max_ppm: 450_000 - less,
        },
    }
}

#[tokio::test]
async fn a_compromised_member_key_can_only_make_noise() {
    let (mut world, _) = calm_economy().await;
    let (thief, honest) = (
        world.members[0].insecure_clone(),
        world.members[1].insecure_clone(),
    );

    // Given one key of three: it may open five proposals, and no sixth.
    let mut opened = Vec::new();
    for less in 0..5 {
        let actions = vec![almost_greedy(less)];
        opened.push(world.propose_as(&thief, actions).await.unwrap());
    }
    refused(
        world
            .propose_as(&thief, vec![almost_greedy(5)])
            .await
            .map(|_| Default::default()),
        HomeostatError::TooManyOpen,
    );

    // None of them ever executes: one approval is not two, whoever waits.
    for index in &opened {
        assert!(world.proposal(*index).await.is(ProposalState::Active));
        refused(world.execute(*index).await, HomeostatError::ThresholdNotMet);
    }

    // The others go on as if nothing were: they take the seat away in six days.
    let began = world.bank.now();
    let removal = world.removal(&thief.pubkey()).await;
    let index = world.propose_as(&honest, vec![removal]).await.unwrap();
    world.approve(2, index).await.unwrap();
    let eta = world.proposal(index).await.eta;
    assert_eq!(eta - began, 6 * DAY);
    world.bank.set_time(eta).await;
    world.execute(index).await.unwrap();
    refused(
        world
            .propose_as(&thief, vec![greedy()])
            .await
            .map(|_| Default::default()),
        HomeostatError::NotAMember,
    );

    // An approval that is given by mistake afterwards counts alone.
    world.approve(1, opened[0]).await.unwrap();
    assert!(world.proposal(opened[0]).await.is(ProposalState::Active));
}

#[tokio::test]
async fn a_compromised_threshold_waits_six_days_in_the_open() {
    let (mut world, staker) = calm_economy().await;
    world.bank.advance(1).await;
    let before = emission(&mut world).await;

    // Given two keys of three: the worst they can queue is Critical.
    let index = world.queue(vec![greedy()]).await.unwrap();
    let proposal = world.proposal(index).await;
    assert_eq!(proposal.eta - world.bank.now(), 6 * DAY);

    // The guardian stops it with one signature, ...
    world.veto(index).await.unwrap();
    // ... for six days at least, and without a guardian a third of the stake does.
    refused(
        world
            .propose(vec![greedy()])
            .await
            .map(|_| Default::default()),
        HomeostatError::RecentlyVetoed,
    );
    let index = world.queue(vec![almost_greedy(1)]).await.unwrap();
    let payer = world.bank.payer().pubkey();
    let ballot = governance::cast_ballot(&world.at, &staker.pubkey(), &payer, index);
    world.send_as(&staker.key, ballot).await.unwrap();
    assert!(world.proposal(index).await.is(ProposalState::Vetoed));

    // If nobody does, the limit widens by a quarter of what is possible at all, and the
    // emission itself does not move at that moment.
    world.bank.advance(6 * DAY + 1).await;
    world.enact(vec![greedy()]).await.unwrap();
    assert_eq!(emission(&mut world).await, before);
    let further = Action::Limits {
        parameter: Parameter::Emission,
        expected: OutputLimits {
            min_ppm: 10_000,
            max_ppm: 450_000,
        },
        value: OutputLimits {
            min_ppm: 10_000,
            max_ppm: 700_001,
        },
    };
    refused(
        world
            .propose(vec![further])
            .await
            .map(|_| Default::default()),
        HomeostatError::StepTooLarge,
    );

    // Even a hand on the lever climbs two points a week: from 6 % to 45 % in 20 weeks.
    world
        .enact(vec![Action::Mode {
            parameter: Parameter::Emission,
            expected_ppm: None,
            value_ppm: Some(450_000),
        }])
        .await
        .unwrap();
    let mut weeks = 0;
    while emission(&mut world).await < 450_000 {
        let was = emission(&mut world).await;
        world.next_period().await.unwrap();
        assert!(emission(&mut world).await - was <= 20_000);
        weeks += 1;
    }
    assert_eq!((before, weeks), (60_000, 20));
}

#[tokio::test]
async fn a_compromised_guardian_delays_and_is_replaced() {
    let (mut world, staker) = calm_economy().await;
    let thief = world.guardian.insecure_clone();
    let successor = world.bank.fresh_key();
    let began = world.bank.now();

    // Given the guardian's key: every section is paused for 72 hours, and no longer.
    let sections = [
        Section::Stake,
        Section::Pay,
        Section::Crank,
        Section::Emission,
    ];
    let pause = |section, hours: u32| {
        governance::pause(
            &world.at,
            &thief.pubkey(),
            section,
            hours * HOUR as u32,
            PauseReason::Other,
        )
    };
    let (whole, more): (Vec<_>, Vec<_>) = sections
        .iter()
        .map(|section| (pause(*section, 72), pause(*section, 73)))
        .unzip();
    for instruction in whole {
        world.send_as(&thief, instruction).await.unwrap();
    }
    for instruction in more {
        refused(
            world.send_as(&thief, instruction).await,
            HomeostatError::PauseBudgetExceeded,
        );
    }

    // Exits stay open, ...
    world.claim(&staker).await.unwrap();
    world.request_unstake(&staker, TOKEN).await.unwrap();
    // ... the council lifts the pauses at once, which no veto stops, ...
    let mut lift = Vec::new();
    for section in sections {
        lift.push(world.unpause(section).await);
    }
    let lift = world.queue(lift).await.unwrap();
    refused(world.veto(lift).await, HomeostatError::NotVetoable);
    world.execute(lift).await.unwrap();
    assert_eq!(world.bank.now(), began);
    let newcomer = world.wallet(10 * TOKEN).await;
    world.open(&newcomer).await.unwrap();
    world.stake(&newcomer, TOKEN).await.unwrap();

    // ... and its replacement goes through over its veto, in one Critical delay.
    let index = world
        .queue(vec![Action::Guardian {
            expected: thief.pubkey(),
            seat: seat(&successor),
        }])
        .await
        .unwrap();
    world.veto(index).await.unwrap();
    for member in [0, 1] {
        let member = world.members[member].insecure_clone();
        world
            .decide(governance::override_veto, &member, index)
            .await
            .unwrap();
    }
    refused(world.veto(index).await, HomeostatError::NotVetoable);
    let eta = world.proposal(index).await.eta;
    assert_eq!(eta - began, 6 * DAY);
    world.bank.set_time(eta).await;
    world.execute(index).await.unwrap();
    let accept = governance::accept_role(&world.at, &successor.pubkey(), RoleKind::Guardian);
    world.send_as(&successor, accept).await.unwrap();

    // From then on the old key is nobody's.
    let again = governance::pause(
        &world.at,
        &thief.pubkey(),
        Section::Stake,
        1,
        PauseReason::Other,
    );
    refused(
        world.send_as(&thief, again).await,
        HomeostatError::Unauthorized,
    );
}

#[tokio::test]
async fn a_malicious_advisor_moves_a_target_by_its_range_and_no_further() {
    let (mut world, _) = calm_economy().await;
    let advisor = world.bank.fresh_key();
    let none = AdviceRange {
        setpoint_q48: 0,
        bias_q48: 0,
    };
    // Given an advisor who may move the wanted staked share by five points.
    world
        .enact(vec![
            Action::Advisor {
                expected: Default::default(),
                seat: seat(&advisor),
            },
            Action::AdviceRange {
                parameter: Parameter::Emission,
                expected: none,
                value: AdviceRange {
                    setpoint_q48: q48(0.05),
                    bias_q48: 0,
                },
            },
        ])
        .await
        .unwrap();
    let accept = governance::accept_role(&world.at, &advisor.pubkey(), RoleKind::Advisor);
    world.send_as(&advisor, accept).await.unwrap();
    world.next_period().await.unwrap();
    let before = emission(&mut world).await;

    // When it always recommends the most.
    let advise = |value: i128| {
        governance::advise(
            &world.at,
            &advisor.pubkey(),
            Parameter::Emission,
            Tunable::Setpoint,
            value,
            0,
        )
    };
    let most = q48(0.6) + q48(0.05);
    let (inside, outside) = (advise(most), advise(most + 1));
    refused(
        world.send_as(&advisor, outside.clone()).await,
        HomeostatError::OutsideAdvice,
    );
    world.send_as(&advisor, inside.clone()).await.unwrap();
    let eta = world.economy().await.advice.eta;
    assert_eq!(eta - world.bank.now(), 6 * HOUR);

    // Then the target stands five points higher, and stays there whatever it repeats.
    let mut course = vec![before];
    for _ in 0..12 {
        world.next_period().await.unwrap();
        refused(
            world.send_as(&advisor, outside.clone()).await,
            HomeostatError::OutsideAdvice,
        );
        course.push(emission(&mut world).await);
    }
    // With the stake where it was: 6 % a year becomes 8.1 % in three months.
    assert_eq!((course[0], course[1], course[12]), (60_000, 75_419, 81_312));

    // The council dismisses it at once, and sets the target back in six hours: that is
    // no change from what it last set itself, so Routine.
    let dismissal = world.dismissal().await;
    world.enact(vec![dismissal]).await.unwrap();
    refused(
        world.send_as(&advisor, inside).await,
        HomeostatError::Unauthorized,
    );
    let began = world.bank.now();
    let back = world
        .queue(vec![Action::Tune {
            parameter: Parameter::Emission,
            field: Tunable::Setpoint,
            expected_q48: most,
            value_q48: q48(0.6),
            over_seconds: 0,
        }])
        .await
        .unwrap();
    let eta = world.proposal(back).await.eta;
    assert_eq!(eta - began, 6 * HOUR);
}
