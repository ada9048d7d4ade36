//! Governance from end to end: what passes all its stages takes effect, and as announced.

use super::*;

#[tokio::test]
async fn success_a_small_step_waits_the_routine_delay() {
    let mut world = World::new().await;
    let old = world.economy().await;
    let target = old.controllers[0].config().setpoint.to.to_num::<f64>();

    let index = world.queue(vec![setpoint(target, 0.62)]).await.unwrap();

    let proposal = world.proposal(index).await;
    assert_eq!(proposal.eta, world.bank.now() + 6 * HOUR);
    world.bank.set_time(proposal.eta - 1).await;
    refused(world.execute(index).await, HomeostatError::TimelockActive);
    world.bank.set_time(proposal.eta).await;
    world.execute(index).await.unwrap();
    let new = world.economy().await;
    assert_eq!(new.controllers[0].config().setpoint.to.to_bits(), q48(0.62));
    assert_eq!(new.controllers[0].config_seq, 1);
    assert!(world.proposal(index).await.is(ProposalState::Executed));
}

#[tokio::test]
async fn success_a_treasury_payment_and_a_retirement() {
    let mut world = World::build(&WorldSpec {
        ..WorldSpec::default()
    })
    .await;
    let staker = world.staker(1_000 * TOKEN).await;
    let successor = world.bank.fresh_key().pubkey();

    world
        .enact(vec![Action::Retire {
            successor: Some(successor),
        }])
        .await
        .unwrap();

    let economy = world.economy().await;
    assert_eq!(economy.life, Life::Retired as u8);
    world.claim(&staker).await.unwrap();
    assert!(world.balance(&staker).await > 0);
    world.bank.advance(30 * DAY).await;
    let held = world.balance(&staker).await;
    world.claim(&staker).await.unwrap();
    assert_eq!(world.balance(&staker).await, held);
}

#[tokio::test]
async fn success_a_pause_ends_early_by_the_council_at_once() {
    let mut world = World::new().await;
    let staker = world.staker(1_000 * TOKEN).await;
    let guardian = world.guardian.insecure_clone();
    let pause = governance::pause(
        &world.at,
        &guardian.pubkey(),
        Section::Stake,
        3_600,
        PauseReason::Incident,
    );
    world.send_as(&guardian, pause).await.unwrap();
    refused(world.stake(&staker, TOKEN).await, HomeostatError::Paused);

    let unpause = world.unpause(Section::Stake).await;
    world.enact(vec![unpause]).await.unwrap();

    let more = world.wallet(10 * TOKEN).await;
    world.open(&more).await.unwrap();
    world.stake(&more, TOKEN).await.unwrap();
}

#[tokio::test]
async fn success_a_member_is_offered_a_seat_and_takes_it() {
    let mut world = World::new().await;
    let new = world.bank.fresh_key();
    let seat = SeatArgs {
        key: new.pubkey(),
        via: None,
    };

    world.enact(vec![Action::AddMember { seat }]).await.unwrap();

    assert_eq!(world.council().await.size(), 3);
    let accept = governance::accept_role(&world.at, &new.pubkey(), RoleKind::Member);
    world.send_as(&new, accept).await.unwrap();
    assert_eq!(world.council().await.size(), 4);
    world
        .propose_as(&new, vec![setpoint(0.6, 0.61)])
        .await
        .unwrap();
}

#[tokio::test]
async fn success_advice_inside_the_range_is_followed_by_a_crank() {
    let mut world = World::new().await;
    let advisor = world.bank.fresh_key();
    let none = homeostat::state::action::AdviceRange {
        setpoint_q48: 0,
        bias_q48: 0,
    };
    let range = homeostat::state::action::AdviceRange {
        setpoint_q48: q48(0.05),
        ..none
    };
    world
        .enact(vec![
            Action::Advisor {
                expected: Default::default(),
                seat: SeatArgs {
                    key: advisor.pubkey(),
                    via: None,
                },
            },
            Action::AdviceRange {
                parameter: Parameter::Emission,
                expected: none,
                value: range,
            },
        ])
        .await
        .unwrap();
    let accept = governance::accept_role(&world.at, &advisor.pubkey(), RoleKind::Advisor);
    world.send_as(&advisor, accept).await.unwrap();

    let advise = |value| {
        governance::advise(
            &world.at,
            &advisor.pubkey(),
            Parameter::Emission,
            Tunable::Setpoint,
            q48(value),
            0,
        )
    };
    let (outside, inside) = (advise(0.66), advise(0.64));
    refused(
        world.send_as(&advisor, outside).await,
        HomeostatError::OutsideAdvice,
    );
    world.send_as(&advisor, inside).await.unwrap();
    world.next_period().await.unwrap();

    let controller = world.economy().await.controllers[0];
    assert_eq!(controller.config().setpoint.to.to_bits(), q48(0.64));
    assert_eq!(controller.config_seq, 1);
}

#[tokio::test]
async fn success_enough_stake_vetoes_for_good() {
    let mut world = World::new().await;
    let (whale, fish) = (
        world.staker(40_000_000 * TOKEN).await,
        world.staker(60_000_000 * TOKEN).await,
    );
    world.bank.advance(1).await;
    let index = world.queue(vec![setpoint(0.6, 0.9)]).await.unwrap();
    let payer = world.bank.payer().pubkey();

    let ballot = governance::cast_ballot(&world.at, &whale.pubkey(), &payer, index);
    world.send_as(&whale.key, ballot).await.unwrap();

    assert!(world.proposal(index).await.is(ProposalState::Vetoed));
    let late = governance::cast_ballot(&world.at, &fish.pubkey(), &payer, index);
    refused(
        world.send_as(&fish.key, late).await,
        HomeostatError::InvalidState,
    );
    // The ballot's rent goes back at once, the proposal's once the veto has cooled.
    let close = governance::close_ballot(&world.at, &whale.pubkey(), &payer, index);
    world.run(&[close]).await.unwrap();
    cool(&mut world).await;
    let close = governance::close_proposal(&world.at, &payer, index);
    world.run(&[close]).await.unwrap();
}

#[tokio::test]
async fn success_a_guardian_is_replaced_over_its_veto() {
    let mut world = World::new().await;
    let new = world.bank.fresh_key();
    let replace = Action::Guardian {
        expected: world.guardian.pubkey(),
        seat: SeatArgs {
            key: new.pubkey(),
            via: None,
        },
    };
    let index = world.queue(vec![replace]).await.unwrap();
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
    world.bank.set_time(eta).await;
    world.execute(index).await.unwrap();
    let accept = governance::accept_role(&world.at, &new.pubkey(), RoleKind::Guardian);
    world.send_as(&new, accept).await.unwrap();
    assert_eq!(world.council().await.guardian.holder.key, new.pubkey());
}

#[tokio::test]
async fn success_an_allowed_meter_is_built_by_anybody() {
    let mut world = World::new().await;
    world
        .enact(vec![Action::AllowMeters { count: 1 }])
        .await
        .unwrap();
    let anybody = world.bank.fresh_key();
    world.bank.airdrop(&anybody.pubkey(), 1_000_000_000).await;
    for (shard, allowed) in [(1, true), (2, false)] {
        let create =
            ix::create_allowed_meter(&world.at, &anybody.pubkey(), &world.token_program, shard);
        let outcome = world.send_as(&anybody, create).await;
        if allowed {
            outcome.unwrap();
        } else {
            refused(outcome, HomeostatError::NotPermitted);
        }
    }
    assert_eq!(world.economy().await.meter_count, 2);
}
