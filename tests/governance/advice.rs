//! Attacks on and by the advisor: further than its range, faster than its delay, and
//! advice that must not stop a crank.

use homeostat::state::action::AdviceRange;
use homeostat_client::{governance, Delays};
use homeostat_tests::{anchor, attack, unsigned, HomeostatError};

use super::*;

const NONE: AdviceRange = AdviceRange {
    setpoint_q48: 0,
    bias_q48: 0,
};

/// Five points of the staked share, 1.9 of the emission rate.
fn range() -> AdviceRange {
    AdviceRange {
        setpoint_q48: q48(0.05),
        bias_q48: q48(19_000.0),
    }
}

fn range_action(expected: AdviceRange, value: AdviceRange) -> Action {
    Action::AdviceRange {
        parameter: Parameter::Emission,
        expected,
        value,
    }
}

/// A world with an advisor in office, and its key.
async fn advised() -> (World, Keypair) {
    let mut world = World::new().await;
    let advisor = world.bank.fresh_key();
    let office = vec![
        Action::Advisor {
            expected: Pubkey::default(),
            seat: seat(&advisor),
        },
        range_action(NONE, range()),
    ];
    world.enact(office).await.unwrap();
    let accept = governance::accept_role(&world.at, &advisor.pubkey(), RoleKind::Advisor);
    world.send_as(&advisor, accept).await.unwrap();
    (world, advisor)
}

fn advise(world: &World, advisor: &Keypair, field: Tunable, value: f64) -> Instruction {
    governance::advise(
        &world.at,
        &advisor.pubkey(),
        Parameter::Emission,
        field,
        q48(value),
        0,
    )
}

/// Setpoint of the emission.
async fn target(world: &mut World) -> i128 {
    world.economy().await.controllers[0]
        .config()
        .setpoint
        .to
        .to_bits()
}

#[tokio::test]
async fn g17_nobody_but_the_advisor_advises() {
    let (mut world, advisor) = advised().await;
    let outsider = world.bank.fresh_key();
    let others = [
        ("an outsider", outsider),
        ("a member", member(&world, 0)),
        ("the guardian", world.guardian.insecure_clone()),
        ("the creator", world.creator.insecure_clone()),
    ];
    for (who, key) in others {
        let advise = advise(&world, &key, Tunable::Setpoint, 0.62);
        let error = HomeostatError::Unauthorized;
        attack(&mut world, who, &[advise], &[&key], error).await;
    }
    let forged = unsigned(
        advise(&world, &advisor, Tunable::Setpoint, 0.62),
        &advisor.pubkey(),
    );
    let code = anchor::ACCOUNT_NOT_SIGNER;
    attack(&mut world, "unsigned", &[forged], &[], code).await;

    // Nor does an advisor do anything else.
    let error = HomeostatError::Unauthorized;
    let veto = governance::veto_advice(&world.at, &advisor.pubkey());
    attack(&mut world, "veto advice", &[veto], &[&advisor], error).await;
    let pause = governance::pause(
        &world.at,
        &advisor.pubkey(),
        Section::Pay,
        60,
        PauseReason::Other,
    );
    attack(&mut world, "pause", &[pause], &[&advisor], error).await;
}

#[tokio::test]
async fn g17_an_advisor_without_a_range_advises_nothing() {
    let (mut world, advisor) = advised().await;
    let error = HomeostatError::OutsideAdvice;
    for (what, field, value) in [
        ("above", Tunable::Setpoint, 0.650_01),
        ("below", Tunable::Setpoint, 0.549_99),
        ("bias above", Tunable::Bias, 79_001.0),
        ("a gain", Tunable::Kp, 100_000.0),
        ("a dead-band", Tunable::DeadBand, 0.02),
    ] {
        let advise = advise(&world, &advisor, field, value);
        attack(&mut world, what, &[advise], &[&advisor], error).await;
    }
    let fee = governance::advise(
        &world.at,
        &advisor.pubkey(),
        Parameter::Fee,
        Tunable::Setpoint,
        q48(1.0),
        0,
    );
    attack(&mut world, "another controller", &[fee], &[&advisor], error).await;
    let slow = governance::advise(
        &world.at,
        &advisor.pubkey(),
        Parameter::Emission,
        Tunable::Setpoint,
        q48(0.61),
        31_536_001,
    );
    let error = HomeostatError::InvalidParameter;
    attack(&mut world, "over a year", &[slow], &[&advisor], error).await;
    // Both ends of the range belong to it.
    let end = advise(&world, &advisor, Tunable::Bias, 79_000.0);
    world.send_as(&advisor, end).await.unwrap();
}

#[tokio::test]
async fn g17_advice_does_not_creep() {
    // given advice at the end of the range, followed
    let (mut world, advisor) = advised().await;
    let first = advise(&world, &advisor, Tunable::Setpoint, 0.64);
    world.send_as(&advisor, first).await.unwrap();
    world.next_period().await.unwrap();
    assert_eq!(target(&mut world).await, q48(0.64));
    // then the range is where it was: around what the council set
    let further = advise(&world, &advisor, Tunable::Setpoint, 0.68);
    let error = HomeostatError::OutsideAdvice;
    attack(&mut world, "further", &[further], &[&advisor], error).await;
}

#[tokio::test]
async fn g7_advice_waits_its_delay_and_can_be_vetoed() {
    let (mut world, advisor) = advised().await;
    let guardian = world.guardian.insecure_clone();
    let veto = [governance::veto_advice(&world.at, &guardian.pubkey())];
    let error = HomeostatError::NoAdvice;
    attack(&mut world, "no advice", &veto, &[&guardian], error).await;

    // An hour before the crank is too late for it.
    let end = world.economy().await.next_end;
    world.bank.set_time(end - HOUR).await;
    let first = advise(&world, &advisor, Tunable::Setpoint, 0.62);
    world.send_as(&advisor, first).await.unwrap();
    let delay = i64::from(Delays::DEFAULT.routine);
    assert_eq!(world.economy().await.advice.eta, world.bank.now() + delay);
    let second = advise(&world, &advisor, Tunable::Setpoint, 0.63);
    let error = HomeostatError::AdvicePending;
    attack(&mut world, "another", &[second], &[&advisor], error).await;
    world.next_period().await.unwrap();
    assert_eq!(target(&mut world).await, q48(0.60));
    assert_eq!(world.economy().await.advice.pending, 1);

    // By members, nobody vetoes it; by the guardian it is gone.
    let member = member(&world, 0);
    let other = governance::veto_advice(&world.at, &member.pubkey());
    let error = HomeostatError::Unauthorized;
    attack(&mut world, "a member", &[other], &[&member], error).await;
    world.bank.send(&veto, &[&guardian]).await.unwrap();
    world.next_period().await.unwrap();
    assert_eq!(target(&mut world).await, q48(0.60));
}

#[tokio::test]
async fn m2_a_revoked_advisor_and_its_advice_are_gone_at_once() {
    let (mut world, advisor) = advised().await;
    let advice = advise(&world, &advisor, Tunable::Setpoint, 0.62);
    world.send_as(&advisor, advice).await.unwrap();
    // Immediate: in the second in which the threshold is reached, and no veto stops it.
    let dismissal = world.dismissal().await;
    let index = world.queue(vec![dismissal]).await.unwrap();
    let guardian = world.guardian.insecure_clone();
    let veto = governance::veto(&world.at, &guardian.pubkey(), index);
    let error = HomeostatError::NotVetoable;
    attack(&mut world, "its friend", &[veto], &[&guardian], error).await;
    world.execute(index).await.unwrap();

    let more = advise(&world, &advisor, Tunable::Setpoint, 0.62);
    let error = HomeostatError::Unauthorized;
    attack(&mut world, "revoked", &[more], &[&advisor], error).await;
    world.next_period().await.unwrap();
    assert_eq!(target(&mut world).await, q48(0.60));
}

#[tokio::test]
async fn success_advice_that_no_longer_fits_is_dropped_and_stops_no_crank() {
    let cases: [(&str, Vec<Action>); 3] = [
        ("a narrower range", vec![range_action(range(), NONE)]),
        ("changed in this period already", vec![setpoint(0.60, 0.61)]),
        ("another anchor", vec![setpoint(0.60, 0.90)]),
    ];
    for (what, between) in cases {
        let (mut world, advisor) = advised().await;
        world.next_period().await.unwrap();
        let index = world.queue(between).await.unwrap();
        let advice = advise(&world, &advisor, Tunable::Setpoint, 0.64);
        world.send_as(&advisor, advice).await.unwrap();
        ripen(&mut world, index).await;
        world.execute(index).await.unwrap();
        let set = target(&mut world).await;
        world.next_period().await.unwrap();
        assert_eq!(target(&mut world).await, set, "{what}");
        assert_eq!(world.economy().await.advice.pending, 0, "{what}");
    }
}

/// A range for the advisor of the emission.
fn widths(expected: (f64, f64), value: (f64, f64)) -> Action {
    let of = |(setpoint, bias)| AdviceRange {
        setpoint_q48: q48(setpoint),
        bias_q48: q48(bias),
    };
    Action::AdviceRange {
        parameter: Parameter::Emission,
        expected: of(expected),
        value: of(value),
    }
}

#[tokio::test]
async fn v4_an_advisor_does_no_more_than_the_council_at_short_notice() {
    // Given an economy whose council may move the target by a tenth of the scale, 0.06, and the
    // bias by a tenth of the span, 19,000 ppm, at short notice,
    let mut world = World::new().await;
    let none = (0.0, 0.0);
    let error = HomeostatError::InvalidParameter;
    // when an advisor is to get more, or less than nothing, then that is refused,
    for beyond in [(0.060_001, 0.0), (0.0, 19_000.1), (-0.01, 0.0), (0.0, -1.0)] {
        let proposed = world.propose(vec![widths(none, beyond)]).await;
        refused(proposed.map(|_| Default::default()), error);
    }
    let advisor = world.bank.fresh_key();
    let most = (0.0, 19_000.0);
    let offer = Action::Advisor {
        expected: Pubkey::default(),
        seat: seat(&advisor),
    };
    world.enact(vec![offer, widths(none, most)]).await.unwrap();
    let accept = governance::accept_role(&world.at, &advisor.pubkey(), RoleKind::Advisor);
    world.send_as(&advisor, accept).await.unwrap();

    // and where the limits are narrowed afterwards, the envelope shrinks under the range.
    let limits = Action::Limits {
        parameter: Parameter::Emission,
        expected: EMISSION_LIMITS,
        value: OutputLimits {
            min_ppm: 10_000,
            max_ppm: 110_000,
        },
    };
    world.enact(vec![limits]).await.unwrap();
    let advise = |world: &World, bias: f64| {
        let (parameter, field) = (Parameter::Emission, Tunable::Bias);
        let who = advisor.pubkey();
        governance::advise(&world.at, &who, parameter, field, q48(bias), 0)
    };
    let beyond = advise(&world, 70_001.0);
    let refusal = world.send_as(&advisor, beyond).await;
    refused(refusal, HomeostatError::OutsideAdvice);
    let inside = advise(&world, 70_000.0);
    world.send_as(&advisor, inside).await.unwrap();
}

#[tokio::test]
async fn v4_nobody_is_guardian_and_advisor_at_once() {
    // Given an advisor in office, and a guardian,
    let mut world = World::new().await;
    let (advisor, other) = (world.bank.fresh_key(), world.bank.fresh_key());
    let guardian = world.guardian.insecure_clone();
    let advise = |expected, key: &Keypair| Action::Advisor {
        expected,
        seat: seat(key),
    };
    let guard = |key: &Keypair| Action::Guardian {
        expected: guardian.pubkey(),
        seat: seat(key),
    };
    let nobody = Pubkey::default();
    let error = HomeostatError::InvalidParameter;
    // when either is offered the other's role, in office or only offered one,
    for actions in [
        vec![advise(nobody, &guardian)],
        vec![advise(nobody, &other), guard(&other)],
        vec![guard(&other), advise(nobody, &other)],
    ] {
        let proposed = world.propose(actions).await;
        refused(proposed.map(|_| Default::default()), error);
    }
    world.enact(vec![advise(nobody, &advisor)]).await.unwrap();
    let accept = governance::accept_role(&world.at, &advisor.pubkey(), RoleKind::Advisor);
    world.send_as(&advisor, accept).await.unwrap();
    // then it is refused.
    let proposed = world.propose(vec![guard(&advisor)]).await;
    refused(proposed.map(|_| Default::default()), error);
    world.enact(vec![guard(&other)]).await.unwrap();
    let proposed = world.propose(vec![advise(advisor.pubkey(), &other)]).await;
    refused(proposed.map(|_| Default::default()), error);
}
