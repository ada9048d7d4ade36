//! Where a proposal is: at the address of its actions. Nobody is in another's way there, and
//! nothing of an earlier proposal reaches a later one.

use homeostat::constants::OPEN_TIME;
use homeostat_client::{governance, AuditKind};
use homeostat_tests::{anchor, attack, HomeostatError};

use super::*;

/// Closes a final proposal for whoever paid for it.
fn close(world: &World, id: ProposalId) -> Instruction {
    governance::close_proposal(&world.at, &world.bank.payer().pubkey(), id)
}

#[tokio::test]
async fn n14_proposals_that_were_stored_are_made_in_any_order() {
    // given five proposals as a multisig stores them, whole instructions
    let mut world = World::new().await;
    let (first, mallory) = (member(&world, 0), member(&world, 2));
    let stored: Vec<Instruction> = (0..5)
        .map(|number| world.propose_ix(&first, standard_no(number)))
        .collect();
    // when another member proposes, cancels and closes before each of them
    for (number, propose) in (5..).zip(stored.into_iter().rev()) {
        let id = world
            .propose_as(&mallory, standard_no(number))
            .await
            .unwrap();
        world
            .decide(governance::cancel, &mallory, id)
            .await
            .unwrap();
        let close = close(&world, id);
        world.run(&[close]).await.unwrap();
        // then each of them is made all the same
        world.send_as(&first, propose).await.unwrap();
    }
    assert_eq!(world.council().await.open, 5);
}

#[tokio::test]
async fn g31_a_copy_is_in_nobodys_way() {
    // given a stored proposal, and a member who makes the same before
    let mut world = council_of(3, 3).await;
    let (first, mallory) = (member(&world, 0), member(&world, 2));
    let stored = world.propose_ix(&first, standard());
    let id = world.propose_as(&mallory, standard()).await.unwrap();
    // when the stored one comes, then it approves what is there
    let receipt = world.send_as(&first, stored.clone()).await.unwrap();
    drop(receipt);
    let council = world.council().await;
    assert_eq!((council.open, council.proposals), (1, id.index + 1));
    let proposal = world.proposal(id).await;
    assert_eq!(council.count(&proposal.approvals), 2);
    assert_eq!(proposal.proposer, mallory.pubkey());
    let audit = world.bank.data(&world.at.audit.clone()).await.unwrap();
    let last = *audit_acts(&audit).last().unwrap();
    assert_eq!(last.kind, AuditKind::Approved as u8);
    assert_eq!((last.proposal, last.actor), (id.index, first.pubkey()));
    // and nobody approves twice that way, or takes it from those who approve it
    let error = HomeostatError::AlreadyApproved;
    attack(&mut world, "twice", &[stored], &[&first], error).await;
    let cancel = governance::cancel(&world.at, &mallory.pubkey(), id);
    let error = HomeostatError::OthersApprove;
    attack(&mut world, "taken away", &[cancel], &[&mallory], error).await;
    world.approve(1, id).await.unwrap();
    ripen(&mut world, id).await;
    world.execute(id).await.unwrap();
}

#[tokio::test]
async fn g31_a_cancelled_copy_is_in_nobodys_way_either() {
    // given a copy that was cancelled and left there, its rent paid by its proposer
    let mut world = World::new().await;
    let (first, mallory) = (member(&world, 0), member(&world, 2));
    let stored = world.propose_ix(&first, standard());
    world.bank.airdrop(&mallory.pubkey(), 1_000_000_000).await;
    let payer = mallory.pubkey();
    let copy = governance::propose(&world.at, &payer, &payer, standard(), None);
    let old = world.next_proposal(&standard()).await;
    world.send_as(&mallory, copy).await.unwrap();
    world
        .decide(governance::cancel, &mallory, old)
        .await
        .unwrap();
    // when the stored one comes, then a new proposal begins in the same account
    world.send_as(&first, stored).await.unwrap();
    let id = ProposalId {
        index: old.index + 1,
        ..old
    };
    let proposal = world.proposal(id).await;
    assert_eq!(
        (proposal.index, proposal.proposer),
        (id.index, first.pubkey())
    );
    assert!(proposal.is(ProposalState::Active));
    assert_eq!(world.council().await.count(&proposal.approvals), 1);
    // and its rent goes back to who paid it
    assert_eq!(proposal.payer, payer);
    world.decide(governance::cancel, &first, id).await.unwrap();
    let stolen = close(&world, id);
    let code = anchor::CONSTRAINT_HAS_ONE;
    attack(&mut world, "stolen rent", &[stolen], &[], code).await;
    let close = governance::close_proposal(&world.at, &payer, id);
    world.run(&[close]).await.unwrap();
}

#[tokio::test]
async fn g32_nothing_of_a_former_proposal_reaches_a_later_one() {
    // given a replacement of the guardian that was approved, voted against, vetoed and, by one
    // of two, overridden, and acts on it that were signed and kept
    let mut world = World::new().await;
    let staker = world.staker(1_000_000 * TOKEN).await;
    world.bank.advance(1).await;
    let replace = vec![Action::Guardian {
        expected: world.guardian.pubkey(),
        seat: seat_of(Pubkey::new_from_array([8; 32])),
    }];
    let old = world.queue(replace.clone()).await.unwrap();
    let (first, third) = (member(&world, 0), member(&world, 2));
    let (guardian, payer) = (world.guardian.insecure_clone(), world.bank.payer().pubkey());
    let vote = governance::cast_ballot(&world.at, &staker.pubkey(), &payer, old);
    world.send_as(&staker.key, vote.clone()).await.unwrap();
    world.veto(old).await.unwrap();
    world
        .decide(governance::override_veto, &first, old)
        .await
        .unwrap();
    // when the same is proposed again after its time, in the same account
    world.bank.advance(OPEN_TIME + 1).await;
    let new = world.propose(replace).await.unwrap();
    assert_eq!(new.index, old.index + 1);
    assert_eq!(
        new.address(&world.at.economy),
        old.address(&world.at.economy)
    );

    // then no vote of then counts
    let proposal = world.proposal(new).await;
    let council = world.council().await;
    assert_eq!(council.count(&proposal.approvals), 1);
    assert_eq!(council.count(&proposal.overrides), 0);
    assert_eq!(proposal.veto_weight, 0);
    // nor does what was signed then
    let error = HomeostatError::WrongProposal;
    for (what, act, signer) in [
        (
            "a kept approval",
            governance::approve as fn(&_, &_, _) -> _,
            &third,
        ),
        ("a kept withdrawal", governance::withdraw_approval, &first),
        ("a kept cancellation", governance::cancel, &first),
        ("a kept override", governance::override_veto, &third),
        ("a kept veto", governance::veto, &guardian),
        ("a kept expiry", governance::expire, &third),
    ] {
        let act = act(&world.at, &signer.pubkey(), old);
        attack(&mut world, what, &[act], &[signer], error).await;
    }
    let code = 0u32; // the system program: the ballot of then is there
    attack(&mut world, "a kept ballot", &[vote], &[&staker.key], code).await;
    // and nothing of it is in the way: neither the ballot of then, nor its rent
    world.approve(1, new).await.unwrap();
    let vote = governance::cast_ballot(&world.at, &staker.pubkey(), &payer, new);
    world.send_as(&staker.key, vote).await.unwrap();
    assert_eq!(world.proposal(new).await.veto_weight, 1_000_000 * TOKEN);
    let close = governance::close_ballot(&world.at, &staker.pubkey(), &payer, old);
    world.run(&[close]).await.unwrap();
    let close = governance::close_ballot(&world.at, &staker.pubkey(), &payer, new);
    let error = HomeostatError::InvalidState;
    attack(&mut world, "the ballot of now", &[close], &[], error).await;
}

#[tokio::test]
async fn g33_what_was_vetoed_is_not_proposed_again_the_same_week() {
    // given something that the guardian vetoed, and something that stakers did
    for stakers in [false, true] {
        let mut world = World::new().await;
        let staker = world.staker(100_000_000 * TOKEN).await;
        world.bank.advance(1).await;
        let id = world.queue(standard()).await.unwrap();
        if stakers {
            let payer = world.bank.payer().pubkey();
            let vote = governance::cast_ballot(&world.at, &staker.pubkey(), &payer, id);
            world.send_as(&staker.key, vote).await.unwrap();
        } else {
            world.veto(id).await.unwrap();
        }
        let vetoed = world.proposal(id).await;
        assert!(vetoed.is(ProposalState::Vetoed));
        // when any member proposes it again within a Critical delay, or makes room for it
        let error = HomeostatError::RecentlyVetoed;
        let cold = vetoed.ended_at + i64::from(vetoed.delays.critical);
        for at in [vetoed.ended_at, cold] {
            world.bank.set_time(at).await;
            for place in [0, 1] {
                let key = member(&world, place);
                let again = world.propose_ix(&key, standard());
                attack(&mut world, "again", &[again], &[&key], error).await;
            }
            let close = close(&world, id);
            attack(&mut world, "closed", &[close], &[], error).await;
        }
        // then that is refused, until the delay is over
        world.bank.set_time(cold + 1).await;
        world.propose(standard()).await.unwrap();
    }
}

#[tokio::test]
async fn g33_fifteen_copies_are_one_proposal() {
    // given fifteen members who all propose the same
    let mut world = council_of(15, 15).await;
    let staker = world.staker(100_000_000 * TOKEN).await;
    world.bank.advance(1).await;
    let mut ids = Vec::new();
    for place in 0..15 {
        let key = member(&world, place);
        ids.push(world.propose_as(&key, standard()).await.unwrap());
    }
    // then there is one proposal, which all of them approve
    ids.dedup();
    let [id] = ids[..] else {
        panic!("{} proposals", ids.len())
    };
    assert!(world.proposal(id).await.is(ProposalState::Queued));
    assert_eq!(world.council().await.open, 1);
    // and one ballot of the holders is enough
    let payer = world.bank.payer().pubkey();
    let vote = governance::cast_ballot(&world.at, &staker.pubkey(), &payer, id);
    world.send_as(&staker.key, vote).await.unwrap();
    assert!(world.proposal(id).await.is(ProposalState::Vetoed));
    assert_eq!(world.council().await.open, 0);
}
