//! Attacks on `approve`, `withdraw_approval` and `cancel`.

use homeostat_client::governance;
use homeostat_tests::{anchor, attack, exchange, HomeostatError};

use super::{propose::two_worlds, *};

#[tokio::test]
async fn g1_nobody_but_a_member_decides() {
    let mut world = World::new().await;
    let strangers = strangers(&mut world).await;
    let index = world.propose(routine()).await.unwrap();
    let acts = [
        governance::withdraw_approval,
        governance::cancel,
        governance::override_veto,
    ];
    for (who, key, error) in strangers {
        let approve = governance::approve(&world.at, &key.pubkey(), index);
        attack(&mut world, who, &[approve], &[&key], error).await;
        for act in acts {
            let act = act(&world.at, &key.pubkey(), index);
            attack(&mut world, who, &[act], &[&key], error).await;
        }
    }
    // Only the proposer takes back what is not queued yet.
    let other = member(&world, 1);
    let cancel = governance::cancel(&world.at, &other.pubkey(), index);
    let error = HomeostatError::MissingPermission;
    attack(&mut world, "another member", &[cancel], &[&other], error).await;
}

#[tokio::test]
async fn g2_an_approval_counts_once() {
    let mut world = council_of(5, 3).await;
    let index = world.propose(routine()).await.unwrap();
    let (proposer, second, third) = (member(&world, 0), member(&world, 1), member(&world, 2));
    let error = HomeostatError::AlreadyApproved;

    let own = governance::approve(&world.at, &proposer.pubkey(), index);
    attack(&mut world, "the proposer", &[own], &[&proposer], error).await;
    let approve = governance::approve(&world.at, &second.pubkey(), index);
    let twice = [approve.clone(), approve.clone()];
    attack(&mut world, "twice at once", &twice, &[&second], error).await;
    world.approve(1, index).await.unwrap();
    attack(&mut world, "again", &[approve], &[&second], error).await;

    // Accounts that nobody asks for are not looked at.
    let mut padded = governance::approve(&world.at, &third.pubkey(), index);
    let extra = padded.accounts[0].clone();
    padded.accounts.extend([extra.clone(), extra]);
    world.send_as(&third, padded).await.unwrap();
    assert!(world.proposal(index).await.is(ProposalState::Queued));

    // Withdrawn once, it is gone.
    let withdraw = governance::withdraw_approval(&world.at, &second.pubkey(), index);
    let twice = [withdraw.clone(), withdraw];
    let error = HomeostatError::NotApproved;
    attack(&mut world, "back twice", &twice, &[&second], error).await;
    let outside = member(&world, 4);
    let withdraw = governance::withdraw_approval(&world.at, &outside.pubkey(), index);
    attack(&mut world, "not given", &[withdraw], &[&outside], error).await;
}

#[tokio::test]
async fn g3_an_approval_is_of_the_actions_that_were_read() {
    let (mut world, other) = two_worlds().await;
    let harmless = world.propose(routine()).await.unwrap();
    let grave = world.propose(critical()).await.unwrap();
    let member = member(&world, 1);

    // The index of one proposal under the other's address.
    let mixed = ProposalId {
        index: harmless.index,
        ..grave
    };
    let swapped = governance::approve(&world.at, &member.pubkey(), mixed);
    let error = HomeostatError::WrongProposal;
    attack(&mut world, "payload swap", &[swapped], &[&member], error).await;

    // The same actions in another economy have the same digest, and another council.
    let approve = governance::approve(&world.at, &member.pubkey(), harmless);
    let own = harmless.address(&world.at.economy);
    let theirs = harmless.address(&other.economy);
    for (what, old, new) in [
        ("their proposal", own, theirs),
        ("their council", world.at.council, other.council),
        ("their audit log", world.at.audit, other.audit),
    ] {
        let swapped = exchange(approve.clone(), &old, &new);
        let code = anchor::CONSTRAINT_HAS_ONE;
        attack(&mut world, what, &[swapped], &[&member], code).await;
    }
    let cosplay = exchange(approve, &own, &world.at.council);
    let code = anchor::ACCOUNT_DISCRIMINATOR_MISMATCH;
    attack(&mut world, "cosplay", &[cosplay], &[&member], code).await;

    // And nothing that was decided ever changed the actions.
    world.approve(1, harmless).await.unwrap();
    let proposal = world.proposal(harmless).await;
    assert_eq!(proposal.read().unwrap(), routine());
    assert_eq!(proposal.digest, harmless.digest);
}

#[tokio::test]
async fn g10_what_is_final_stays_final() {
    use ProposalState::{Cancelled, Executed, Expired, Vetoed};
    for state in [Executed, Vetoed, Cancelled, Expired] {
        // given a proposal that came to its end
        let mut world = World::new().await;
        let staker = world.staker(1_000 * TOKEN).await;
        world.bank.advance(1).await;
        let index = world.queue(standard()).await.unwrap();
        ripen(&mut world, index).await;
        match state {
            Executed => {
                world.execute(index).await.unwrap();
            }
            Vetoed => {
                world.veto(index).await.unwrap();
            }
            Cancelled => {
                for place in [0, 2] {
                    let member = member(&world, place);
                    world
                        .decide(governance::cancel, &member, index)
                        .await
                        .unwrap();
                }
            }
            _ => {
                let late = world.proposal(index).await.expires_at + 1;
                world.bank.set_time(late).await;
                let anybody = world.bank.fresh_key();
                world
                    .decide(governance::expire, &anybody, index)
                    .await
                    .unwrap();
            }
        }
        assert!(world.proposal(index).await.is(state));

        // then nothing can be done to it any more
        let (third, guardian) = (member(&world, 2), world.guardian.insecure_clone());
        let error = HomeostatError::InvalidState;
        let approve = governance::approve(&world.at, &third.pubkey(), index);
        attack(&mut world, "approve", &[approve], &[&third], error).await;
        for (what, act, signer) in [
            (
                "withdraw",
                governance::withdraw_approval as fn(&_, &_, _) -> _,
                &member(&world, 0),
            ),
            ("cancel", governance::cancel, &third),
            ("veto", governance::veto, &guardian),
            ("expire", governance::expire, &third),
        ] {
            let act = act(&world.at, &signer.pubkey(), index);
            attack(&mut world, what, &[act], &[signer], error).await;
        }
        let execute = world.execute_ix(index).await;
        attack(&mut world, "execute", &[execute], &[], error).await;
        let payer = world.bank.payer().pubkey();
        let ballot = governance::cast_ballot(&world.at, &staker.pubkey(), &payer, index);
        attack(&mut world, "ballot", &[ballot], &[&staker.key], error).await;
        // No veto but that of a guardian's replacement is lifted.
        let expected = if state == Vetoed {
            HomeostatError::VetoFinal
        } else {
            error
        };
        let lift = governance::override_veto(&world.at, &third.pubkey(), index);
        attack(&mut world, "override", &[lift], &[&third], expected).await;
    }
}

#[tokio::test]
async fn g10_a_queued_proposal_is_taken_back_by_as_many_as_approved_it() {
    let mut world = World::new().await;
    let index = world.queue(routine()).await.unwrap();
    let (proposer, other) = (member(&world, 0), member(&world, 2));

    world
        .decide(governance::cancel, &proposer, index)
        .await
        .unwrap();
    assert!(world.proposal(index).await.is(ProposalState::Queued));
    let again = governance::cancel(&world.at, &proposer.pubkey(), index);
    let error = HomeostatError::AlreadyApproved;
    attack(&mut world, "twice", &[again], &[&proposer], error).await;
    world
        .decide(governance::cancel, &other, index)
        .await
        .unwrap();
    assert!(world.proposal(index).await.is(ProposalState::Cancelled));
    assert_eq!(world.council().await.open, 0);
}

#[tokio::test]
async fn g10_votes_to_cancel_end_with_the_stage_they_were_cast_in() {
    // given a queued proposal that one of two approvers wants cancelled
    let mut world = World::new().await;
    let index = world.queue(standard()).await.unwrap();
    let (doubter, mallory) = (member(&world, 1), member(&world, 2));
    for act in [governance::cancel, governance::withdraw_approval] {
        world.decide(act, &doubter, index).await.unwrap();
    }
    // when that one approves it after all, which queues it anew
    world.approve(1, index).await.unwrap();
    // then another vote to cancel is the first
    world
        .decide(governance::cancel, &mallory, index)
        .await
        .unwrap();
    assert!(world.proposal(index).await.is(ProposalState::Queued));
}

#[tokio::test]
async fn n3_spare_approvals_come_and_go_without_touching_the_eta() {
    // given a queued proposal with one approval more than it needs
    let mut world = World::new().await;
    let index = world.queue(standard()).await.unwrap();
    world.bank.advance(HOUR).await;
    world.approve(2, index).await.unwrap();
    let queued = world.proposal(index).await;

    // when a member withdraws and approves again, over and over
    let restless = member(&world, 2);
    for _ in 0..3 {
        world.bank.advance(HOUR).await;
        world
            .decide(governance::withdraw_approval, &restless, index)
            .await
            .unwrap();
        world.approve(2, index).await.unwrap();
        let proposal = world.proposal(index).await;
        assert_eq!(
            (proposal.eta, proposal.expires_at, proposal.state),
            (queued.eta, queued.expires_at, queued.state)
        );
    }
    // then it is executed when it was announced
    world.bank.set_time(queued.eta).await;
    world.execute(index).await.unwrap();
}

#[tokio::test]
async fn n3_below_the_threshold_it_waits_its_whole_delay_again() {
    let mut world = World::new().await;
    let index = world.queue(standard()).await.unwrap();
    let first = world.proposal(index).await;
    world.bank.set_time(first.eta - 1).await;
    let second = member(&world, 1);
    world
        .decide(governance::withdraw_approval, &second, index)
        .await
        .unwrap();
    let back = world.proposal(index).await;
    assert!(back.is(ProposalState::Active));
    assert_eq!((back.eta, back.expires_at), (0, 0));

    world.bank.set_time(first.eta).await;
    let execute = world.execute_ix(index).await;
    let error = HomeostatError::ThresholdNotMet;
    attack(&mut world, "the old eta", &[execute], &[], error).await;
    world.approve(1, index).await.unwrap();
    let delay = i64::from(world.council().await.delays.standard);
    assert_eq!(world.proposal(index).await.eta, world.bank.now() + delay);
    let execute = world.execute_ix(index).await;
    let error = HomeostatError::TimelockActive;
    attack(&mut world, "at once", &[execute], &[], error).await;
}

#[tokio::test]
async fn success_a_lower_threshold_counts_what_was_approved_before() {
    // given three of three, and a proposal that two approve
    let mut world = council_of(3, 3).await;
    let id = world.propose(standard()).await.unwrap();
    world.approve(1, id).await.unwrap();
    let lower = Action::Threshold {
        expected: 3,
        value: 2,
    };
    world.enact(vec![lower]).await.unwrap();
    let lowered_at = world.bank.now();
    // then it is queued since the threshold was lowered
    let delay = i64::from(world.council().await.delays.standard);
    world.bank.set_time(lowered_at + delay - 1).await;
    let execute = world.execute_ix(id).await;
    let error = HomeostatError::TimelockActive;
    attack(&mut world, "a second early", &[execute], &[], error).await;
    world.bank.advance(1).await;
    world.execute(id).await.unwrap();
}
