//! Whose stake votes: what was there before a proposal was queued, whatever comes later.

use homeostat_client::governance;
use homeostat_sandbox::Wallet;
use homeostat_tests::{attack, HomeostatError};

use super::*;

const MILLION: u64 = 1_000_000 * TOKEN;

async fn vote(world: &mut World, owner: &Wallet, id: ProposalId) -> Instruction {
    let payer = world.bank.payer().pubkey();
    governance::cast_ballot(&world.at, &owner.pubkey(), &payer, id)
}

#[tokio::test]
async fn h1_more_stake_silences_nobody() {
    // given 40 million of stake, there for a day when a proposal is queued
    let mut world = World::new().await;
    let holder = world.wallet(50 * MILLION).await;
    world.open(&holder).await.unwrap();
    world.stake(&holder, 40 * MILLION).await.unwrap();
    world.bank.advance(DAY).await;
    let id = world.queue(standard()).await.unwrap();
    // when a unit is added, a ticket is staked again, and rewards are compounded every hour
    // until the eta
    world.stake(&holder, 1).await.unwrap();
    world.request_unstake(&holder, 1).await.unwrap();
    world.cancel_unstake(&holder, 0).await.unwrap();
    for _ in 0..40 {
        world.bank.advance(HOUR).await;
        world.top_up().await.unwrap();
        world.claim(&holder).await.unwrap();
        world.stake(&holder, TOKEN).await.unwrap();
    }
    let before = world.position(&holder).await;
    assert_eq!(before.amount, 40 * MILLION + 40 * TOKEN + 1);
    // then all that was there vetoes, and what came since adds nothing
    let ballot = vote(&mut world, &holder, id).await;
    world.send_as(&holder.key, ballot).await.unwrap();
    let proposal = world.proposal(id).await;
    assert!(proposal.is(ProposalState::Vetoed));
    assert_eq!(proposal.veto_weight, 40 * MILLION);
    assert_eq!(world.position(&holder).await, before);
}

#[tokio::test]
async fn h2_waiting_with_one_approval_silences_nobody() {
    // given a proposal with one approval of two, and stake that comes the day after
    let mut world = World::new().await;
    let id = world.propose(standard()).await.unwrap();
    world.bank.advance(DAY).await;
    let holder = world.staker(40 * MILLION).await;
    let ballot = vote(&mut world, &holder, id).await;
    let error = HomeostatError::BallotsNotOpen;
    let early = std::slice::from_ref(&ballot);
    attack(&mut world, "before", early, &[&holder.key], error).await;
    // when the second approval comes on the last day that it can
    world.bank.advance(13 * DAY).await;
    world.approve(1, id).await.unwrap();
    let queued = world.proposal(id).await;
    assert_eq!(queued.snapshot_at, world.bank.now());
    let late = world.staker(MILLION).await;
    world.bank.advance(HOUR).await;
    // then stake that had come by then votes, and later stake does not
    let error = HomeostatError::NoVotingWeight;
    let too_late = vote(&mut world, &late, id).await;
    attack(&mut world, "after", &[too_late], &[&late.key], error).await;
    world.send_as(&holder.key, ballot).await.unwrap();
    assert!(world.proposal(id).await.is(ProposalState::Vetoed));
}

#[tokio::test]
async fn h3_lost_support_neither_wipes_ballots_nor_lets_stake_vote_twice() {
    // given a queued proposal with a ballot against it
    let mut world = World::new().await;
    let (voter, other) = (
        world.staker(30 * MILLION).await,
        world.staker(30 * MILLION).await,
    );
    world.bank.advance(DAY).await;
    let id = world.queue(standard()).await.unwrap();
    let snapshot = world.proposal(id).await.snapshot_at;
    let ballot = vote(&mut world, &voter, id).await;
    world.send_as(&voter.key, ballot.clone()).await.unwrap();
    // when it loses its support, the voter's stake moves to another owner, and the support is
    // found again
    let member = member(&world, 1);
    world
        .decide(governance::withdraw_approval, &member, id)
        .await
        .unwrap();
    world.request_unstake(&voter, 30 * MILLION).await.unwrap();
    world.bank.advance(7 * DAY).await;
    world.withdraw(&voter).await.unwrap();
    let heir = world.staker(30 * MILLION).await;
    world.bank.advance(DAY).await;
    world.approve(1, id).await.unwrap();
    // then the ballot stands, and the same stake does not vote again
    let proposal = world.proposal(id).await;
    assert_eq!(proposal.veto_weight, 30 * MILLION);
    assert_eq!(proposal.snapshot_at, snapshot);
    let code = 0u32; // the system program: the account is there already
    attack(&mut world, "again", &[ballot], &[&voter.key], code).await;
    let error = HomeostatError::NoVotingWeight;
    let moved = vote(&mut world, &heir, id).await;
    attack(&mut world, "moved", &[moved], &[&heir.key], error).await;
    // and whoever stayed need not be asked again: one more ballot of then vetoes
    let last = vote(&mut world, &other, id).await;
    world.send_as(&other.key, last).await.unwrap();
    assert!(world.proposal(id).await.is(ProposalState::Vetoed));
}

#[tokio::test]
async fn h4_little_stake_does_not_block_the_replacement_of_a_guardian() {
    // given all the stake there is, 3.34 % of the supply but for a unit
    let mut world = World::new().await;
    let blocker = world.staker(33_400_000 * TOKEN - 1).await;
    world.bank.advance(DAY).await;
    let new = world.bank.fresh_key();
    let replace = Action::Guardian {
        expected: world.guardian.pubkey(),
        seat: seat(&new),
    };
    let id = world.queue(vec![replace]).await.unwrap();
    // when it votes against the guardian's replacement, and leaves at once, which no ballot
    // and no proposal keeps it from
    let ballot = vote(&mut world, &blocker, id).await;
    world.send_as(&blocker.key, ballot).await.unwrap();
    world
        .request_unstake(&blocker, 33_400_000 * TOKEN - 1)
        .await
        .unwrap();
    // then the replacement is offered in its time
    ripen(&mut world, id).await;
    world.execute(id).await.unwrap();
    let accept = governance::accept_role(&world.at, &new.pubkey(), RoleKind::Guardian);
    world.send_as(&new, accept).await.unwrap();
    assert_eq!(world.council().await.guardian.holder.key, new.pubkey());
    // and the stake has left with everything
    world.bank.advance(7 * DAY).await;
    world.withdraw(&blocker).await.unwrap();
    world.top_up().await.unwrap();
    world.claim(&blocker).await.unwrap();
    world.close_position(&blocker).await.unwrap();
}
