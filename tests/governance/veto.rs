//! Attacks on `veto` and `override_veto`: a guardian that wants more than to stop things,
//! and members who want to lift what is final.

use homeostat::constants::OPEN_TIME;
use homeostat_client::governance;
use homeostat_tests::{attack, HomeostatError};

use super::*;

/// Offers the guardian's role to somebody.
fn replacement(world: &World, key: Pubkey) -> Action {
    Action::Guardian {
        expected: world.guardian.pubkey(),
        seat: seat_of(key),
    }
}

/// The guardian's replacement, approved and vetoed by it.
async fn vetoed_replacement(world: &mut World) -> (ProposalId, Keypair) {
    let new = world.bank.fresh_key();
    let replace = replacement(world, new.pubkey());
    let index = world.queue(vec![replace]).await.unwrap();
    world.veto(index).await.unwrap();
    (index, new)
}

#[tokio::test]
async fn g1_nobody_but_the_guardian_vetoes() {
    let mut world = World::new().await;
    let mut others: Vec<_> = strangers(&mut world)
        .await
        .into_iter()
        .filter(|(who, ..)| *who != "the guardian")
        .map(|(who, key, _)| (who, key))
        .collect();
    others.push(("a member", member(&world, 0)));
    let index = world.queue(standard()).await.unwrap();
    for (who, key) in others {
        let veto = governance::veto(&world.at, &key.pubkey(), index);
        let error = HomeostatError::MissingPermission;
        attack(&mut world, who, &[veto], &[&key], error).await;
    }
}

#[tokio::test]
async fn g17_a_guardian_stops_things_and_nothing_else() {
    let mut world = World::new().await;
    let guardian = world.guardian.insecure_clone();
    let index = world.propose(standard()).await.unwrap();
    let error = HomeostatError::MissingPermission;

    let approve = governance::approve(&world.at, &guardian.pubkey(), index);
    attack(&mut world, "approve", &[approve], &[&guardian], error).await;
    for (what, act) in [
        ("cancel", governance::cancel as fn(&_, &_, _) -> _),
        ("withdraw", governance::withdraw_approval),
        ("override", governance::override_veto),
    ] {
        let act = act(&world.at, &guardian.pubkey(), index);
        attack(&mut world, what, &[act], &[&guardian], error).await;
    }
    let pause = governance::pause(
        &world.at,
        &guardian.pubkey(),
        Section::Stake,
        7_200,
        PauseReason::Other,
    );
    world.send_as(&guardian, pause).await.unwrap();
    let unpause = world.unpause(Section::Stake).await;
    let raise = Action::Limits {
        parameter: Parameter::Emission,
        expected: EMISSION_LIMITS,
        value: OutputLimits {
            max_ppm: 300_000,
            ..EMISSION_LIMITS
        },
    };
    for (what, action) in [("unpause", unpause.clone()), ("raise a limit", raise)] {
        let propose = world.propose_ix(&guardian, vec![action]);
        attack(&mut world, what, &[propose], &[&guardian], error).await;
    }
    let advise = governance::advise(
        &world.at,
        &guardian.pubkey(),
        Parameter::Emission,
        Tunable::Setpoint,
        q48(0.61),
        0,
    );
    let unauthorized = HomeostatError::Unauthorized;
    attack(&mut world, "advise", &[advise], &[&guardian], unauthorized).await;

    // It does not stop what only lets go, in whatever stage.
    let resume = world.propose(vec![unpause]).await.unwrap();
    let veto = governance::veto(&world.at, &guardian.pubkey(), resume);
    let error = HomeostatError::NotVetoable;
    let veto = [veto];
    attack(&mut world, "an active resume", &veto, &[&guardian], error).await;
    world.approve(1, resume).await.unwrap();
    attack(&mut world, "a queued resume", &veto, &[&guardian], error).await;
    world.execute(resume).await.unwrap();
}

#[tokio::test]
async fn g17_no_resume_hides_among_other_actions() {
    // What only resumes cannot be vetoed; anything beside it can.
    let mut world = World::new().await;
    let guardian = world.guardian.insecure_clone();
    let pause = governance::pause(
        &world.at,
        &guardian.pubkey(),
        Section::Stake,
        7_200,
        PauseReason::Other,
    );
    world.send_as(&guardian, pause).await.unwrap();
    let unpause = world.unpause(Section::Stake).await;
    let mixed = vec![unpause, setpoint(0.60, 0.62)];
    let index = world.queue(mixed).await.unwrap();
    let delay = i64::from(world.council().await.delays.routine);
    assert_eq!(world.proposal(index).await.eta, world.bank.now() + delay);
    world.veto(index).await.unwrap();
}

#[tokio::test]
async fn g18_a_guardian_cannot_stay_against_the_members() {
    // given a guardian that vetoes its replacement
    let mut world = World::new().await;
    let (index, new) = vetoed_replacement(&mut world).await;
    let guardian = world.guardian.insecure_clone();
    assert_eq!(world.council().await.open, 0);

    // when as many members as it takes lift the veto, each once
    let (first, second) = (member(&world, 0), member(&world, 1));
    world
        .decide(governance::override_veto, &first, index)
        .await
        .unwrap();
    assert!(world.proposal(index).await.is(ProposalState::Vetoed));
    let again = governance::override_veto(&world.at, &first.pubkey(), index);
    let error = HomeostatError::AlreadyApproved;
    attack(&mut world, "one member twice", &[again], &[&first], error).await;
    world.bank.advance(HOUR).await;
    world
        .decide(governance::override_veto, &second, index)
        .await
        .unwrap();

    // then it waits a whole Critical delay from now on, and no second veto stops it
    let proposal = world.proposal(index).await;
    let delay = i64::from(world.council().await.delays.critical);
    assert_eq!(proposal.eta, world.bank.now() + delay);
    assert_eq!(world.council().await.open, 1);
    let veto = governance::veto(&world.at, &guardian.pubkey(), index);
    let error = HomeostatError::NotVetoable;
    attack(&mut world, "second veto", &[veto], &[&guardian], error).await;
    let execute = world.execute_ix(index).await;
    let error = HomeostatError::TimelockActive;
    attack(&mut world, "at once", &[execute], &[], error).await;
    ripen(&mut world, index).await;
    world.execute(index).await.unwrap();

    // and the old guardian stays until the new one accepts, not longer
    let waiting = world.queue(standard()).await.unwrap();
    let accept = governance::accept_role(&world.at, &new.pubkey(), RoleKind::Guardian);
    world.send_as(&new, accept).await.unwrap();
    let veto = governance::veto(&world.at, &guardian.pubkey(), waiting);
    let error = HomeostatError::MissingPermission;
    attack(&mut world, "the old guardian", &[veto], &[&guardian], error).await;
    world.decide(governance::veto, &new, waiting).await.unwrap();
}

#[tokio::test]
async fn g18_an_approval_withdrawn_later_does_not_undo_the_override() {
    // given a replacement whose veto two of three members lifted
    let mut world = World::new().await;
    let (index, _) = vetoed_replacement(&mut world).await;
    for place in [0, 2] {
        let member = member(&world, place);
        world
            .decide(governance::override_veto, &member, index)
            .await
            .unwrap();
    }
    let queued = world.proposal(index).await;

    // when the guardian's friend, who approved it once, takes the approval back
    let friend = member(&world, 1);
    let withdraw = governance::withdraw_approval(&world.at, &friend.pubkey(), index);
    let error = HomeostatError::InvalidState;
    attack(&mut world, "back to active", &[withdraw], &[&friend], error).await;

    // then it is executed when it was announced
    world.bank.set_time(queued.eta).await;
    world.execute(index).await.unwrap();
}

#[tokio::test]
async fn g18_a_replacement_is_overridden_by_two_thirds_at_least() {
    for (members, threshold, needed) in [(1, 1, 1), (3, 3, 3), (4, 1, 3), (7, 2, 5), (15, 4, 10)] {
        let mut world = council_of(members, threshold).await;
        let (index, _) = vetoed_replacement(&mut world).await;
        for place in 0..needed {
            assert!(world.proposal(index).await.is(ProposalState::Vetoed));
            let member = member(&world, place);
            world
                .decide(governance::override_veto, &member, index)
                .await
                .unwrap();
        }
        let state = world.proposal(index).await;
        assert!(state.is(ProposalState::Queued), "{needed} of {members}");
    }
}

#[tokio::test]
async fn g18_overrides_of_removed_members_do_not_count() {
    // given an override by members 0 and 1, and a delay longer than a removal takes
    let mut world = World::new().await;
    let leaver = member(&world, 1).pubkey();
    let remove = world.removal(&leaver).await;
    let removing = world.queue(vec![remove]).await.unwrap();
    let (index, _) = vetoed_replacement(&mut world).await;
    world.bank.advance(HOUR).await;
    for place in [0, 1] {
        let member = member(&world, place);
        world
            .decide(governance::override_veto, &member, index)
            .await
            .unwrap();
    }
    // when member 1 is removed meanwhile
    ripen(&mut world, removing).await;
    world.execute(removing).await.unwrap();
    // then one of two is not enough
    ripen(&mut world, index).await;
    let execute = world.execute_ix(index).await;
    let error = HomeostatError::ThresholdNotMet;
    attack(&mut world, "removed", &[execute], &[], error).await;
}

#[tokio::test]
async fn g18_an_override_after_another_replacement_finds_another_guardian() {
    // given two replacements, one vetoed and lifted, the other executed first
    let mut world = World::new().await;
    let (lifted, _) = vetoed_replacement(&mut world).await;
    let other = world.bank.fresh_key();
    let replace = replacement(&world, other.pubkey());
    world.enact(vec![replace]).await.unwrap();
    let accept = governance::accept_role(&world.at, &other.pubkey(), RoleKind::Guardian);
    world.send_as(&other, accept).await.unwrap();
    for place in [0, 1] {
        let member = member(&world, place);
        world
            .decide(governance::override_veto, &member, lifted)
            .await
            .unwrap();
    }
    ripen(&mut world, lifted).await;
    let execute = world.execute_ix(lifted).await;
    let error = HomeostatError::OldValueChanged;
    attack(&mut world, "the wrong one", &[execute], &[], error).await;
}

#[tokio::test]
async fn g18_a_lifted_veto_is_not_closed_under_the_members() {
    let mut world = World::new().await;
    let (index, _) = vetoed_replacement(&mut world).await;
    let payer = world.bank.payer().pubkey();
    let close = governance::close_proposal(&world.at, &payer, index);
    let ended = world.proposal(index).await.ended_at;
    let error = HomeostatError::InvalidState;
    let close = [close];
    attack(&mut world, "at once", &close, &[], error).await;
    // Up to the last second in which it can be lifted, and not longer.
    world.bank.set_time(ended + OPEN_TIME).await;
    attack(&mut world, "a second early", &close, &[], error).await;
    let (first, second) = (member(&world, 0), member(&world, 1));
    world
        .decide(governance::override_veto, &first, index)
        .await
        .unwrap();
    world.bank.advance(1).await;
    let lift = governance::override_veto(&world.at, &second.pubkey(), index);
    let error = HomeostatError::ProposalExpired;
    attack(&mut world, "late", &[lift], &[&second], error).await;
    world.run(&close).await.unwrap();
}

#[tokio::test]
async fn n6_a_sole_member_lifts_no_veto_but_of_the_guardians_replacement() {
    let mut world = council_of(1, 1).await;
    super::caps::open_treasury(&mut world, 1).await;
    let member = member(&world, 0);
    let to = world.wallet(0).await.tokens;
    let payment = Action::PayTreasury { to, amount: 1 };
    let new = world.bank.fresh_key().pubkey();
    let replace = replacement(&world, new);
    let error = HomeostatError::VetoFinal;
    for (what, actions) in [
        ("a critical act", critical()),
        ("a replacement with something beside it", {
            let mut both = vec![replace];
            both.extend(critical());
            both
        }),
        ("a treasury payment", vec![payment]),
    ] {
        let index = match world.propose(actions).await {
            Ok(index) => index,
            Err(failure) => panic!("{what}: {failure}"),
        };
        world.veto(index).await.unwrap();
        let lift = governance::override_veto(&world.at, &member.pubkey(), index);
        attack(&mut world, what, &[lift], &[&member], error).await;
    }
}

#[tokio::test]
async fn n6_a_veto_of_stakers_is_final_for_the_guardians_replacement_too() {
    let mut world = World::new().await;
    let staker = world.staker(100_000_000 * TOKEN).await;
    world.bank.advance(1).await;
    let (index, _) = vetoed_replacement(&mut world).await;
    let payer = world.bank.payer().pubkey();
    // While the guardian's veto stands there is nothing to vote on.
    let ballot = governance::cast_ballot(&world.at, &staker.pubkey(), &payer, index);
    let error = HomeostatError::InvalidState;
    attack(
        &mut world,
        "vetoed",
        std::slice::from_ref(&ballot),
        &[&staker.key],
        error,
    )
    .await;
    for place in [0, 1] {
        let member = member(&world, place);
        world
            .decide(governance::override_veto, &member, index)
            .await
            .unwrap();
    }
    world.send_as(&staker.key, ballot).await.unwrap();
    assert!(world.proposal(index).await.is(ProposalState::Vetoed));
    assert_eq!(world.council().await.open, 0);
    let third = member(&world, 2);
    let lift = governance::override_veto(&world.at, &third.pubkey(), index);
    let error = HomeostatError::VetoFinal;
    attack(&mut world, "lifted twice", &[lift], &[&third], error).await;
    // It is final at once; its rent goes back once the veto has cooled.
    cool(&mut world).await;
    let close = governance::close_proposal(&world.at, &payer, index);
    world.run(&[close]).await.unwrap();
}
