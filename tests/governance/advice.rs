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

/// Five points of the staked share, two of the emission rate.
fn range() -> AdviceRange {
    AdviceRange {
        setpoint_q48: q48(0.05),
        bias_q48: q48(20_000.0),
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
        ("bias above", Tunable::Bias, 80_001.0),
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
    let end = advise(&world, &advisor, Tunable::Bias, 80_000.0);
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
