//! Attacks on the stakers' veto: weight that is not there, twice, or not theirs.

use homeostat_client::{address, governance};
use homeostat_sandbox::Wallet;
use homeostat_tests::{anchor, attack, exchange, unsigned, HomeostatError};

use super::{propose::two_worlds, *};

/// Enough for ballots to be a share of the stake: 500 are a tenth of the supply.
const LOT: u64 = 200_000 * TOKEN;

async fn ballot(world: &World, owner: &Wallet, index: ProposalId) -> Instruction {
    let payer = world.bank.payer().pubkey();
    governance::cast_ballot(&world.at, &owner.pubkey(), &payer, index)
}

/// A world in which a small and a large staker have been there for a day.
async fn stakers() -> (World, Wallet, Wallet) {
    let mut world = World::new().await;
    let small = world.staker(100 * LOT).await;
    let large = world.staker(900 * LOT).await;
    world.bank.advance(DAY).await;
    (world, small, large)
}

#[tokio::test]
async fn n5_a_position_votes_once_whatever_becomes_of_it() {
    let (mut world, small, _) = stakers().await;
    let index = world.queue(standard()).await.unwrap();
    let vote = [ballot(&world, &small, index).await];
    world.bank.send(&vote, &[&small.key]).await.unwrap();

    // Again, at once and later.
    let code = 0u32; // the system program: the account is there already
    attack(&mut world, "twice", &vote, &[&small.key], code).await;
    // Unstaked, withdrawn, closed and opened again.
    world.request_unstake(&small, 100 * LOT).await.unwrap();
    let weight = world.proposal(index).await.veto_weight;
    assert_eq!(weight, 100 * LOT, "the vote stands");
    world.bank.advance(7 * DAY).await;
    world.withdraw(&small).await.unwrap();
    world.claim(&small).await.unwrap();
    world.close_position(&small).await.unwrap();
    world.open(&small).await.unwrap();
    world.stake(&small, 100 * LOT).await.unwrap();
    // What it staked anew is too young for the next proposal.
    let next = world.queue(standard_no(1)).await.unwrap();
    let late = [ballot(&world, &small, next).await];
    let error = HomeostatError::NoVotingWeight;
    attack(&mut world, "the same second", &late, &[&small.key], error).await;
    // The ballot stays as long as the proposal can still be vetoed.
    let payer = world.bank.payer().pubkey();
    let close = governance::close_ballot(&world.at, &small.pubkey(), &payer, index);
    let error = HomeostatError::InvalidState;
    attack(&mut world, "an early close", &[close], &[], error).await;
}

#[tokio::test]
async fn n5_stake_that_came_since_weighs_nothing() {
    let (mut world, small, large) = stakers().await;
    let newcomer = world.wallet(1_000 * LOT).await;
    world.open(&newcomer).await.unwrap();
    let index = world.queue(standard()).await.unwrap();
    let error = HomeostatError::NoVotingWeight;

    // An empty position, a new stake.
    let vote = ballot(&world, &newcomer, index).await;
    attack(&mut world, "empty", &[vote], &[&newcomer.key], error).await;
    world.stake(&newcomer, 1_000 * LOT).await.unwrap();
    let vote = ballot(&world, &newcomer, index).await;
    attack(
        &mut world,
        "the same second",
        &[vote],
        &[&newcomer.key],
        error,
    )
    .await;
    world.bank.advance(HOUR).await;
    let vote = ballot(&world, &newcomer, index).await;
    attack(&mut world, "new", &[vote], &[&newcomer.key], error).await;

    // What unbonded since does not weigh, also when it came back; what stayed does.
    world.request_unstake(&small, 60 * LOT).await.unwrap();
    world.cancel_unstake(&small, 0).await.unwrap();
    let vote = ballot(&world, &small, index).await;
    world.send_as(&small.key, vote).await.unwrap();
    assert_eq!(world.proposal(index).await.veto_weight, 40 * LOT);
    world.request_unstake(&large, 800 * LOT).await.unwrap();
    let vote = ballot(&world, &large, index).await;
    world.send_as(&large.key, vote).await.unwrap();
    assert_eq!(world.proposal(index).await.veto_weight, 140 * LOT);
}

#[tokio::test]
async fn n5_neither_borrowed_nor_withdrawn_stake_moves_the_share_that_vetoes() {
    // given a period with 1,000 lots staked on average
    let (mut world, _, large) = stakers().await;
    world.next_period().await.unwrap();
    // when somebody brings three times that before a proposal, to dilute the others
    let whale = world.staker(3_000 * LOT).await;
    let diluted = world.queue(standard()).await.unwrap();
    let mean = world.economy().await.totals.mean_stake;
    let base = world.proposal(diluted).await.veto_base;
    assert_eq!(base, mean);
    // then those who were there before still veto
    let vote = ballot(&world, &large, diluted).await;
    world.send_as(&large.key, vote).await.unwrap();
    assert!(world.proposal(diluted).await.is(ProposalState::Vetoed));
    drop(whale);
}

#[tokio::test]
async fn n5_the_share_that_vetoes_is_exact() {
    // 33.4 % of 1,000 lots are 334; a unit less does not veto.
    let mut world = World::new().await;
    let almost = world.staker(334 * LOT - 1).await;
    let one = world.staker(1).await;
    world.staker(666 * LOT).await;
    world.bank.advance(1).await;
    let index = world.queue(standard()).await.unwrap();
    let vote = ballot(&world, &almost, index).await;
    world.send_as(&almost.key, vote).await.unwrap();
    assert!(world.proposal(index).await.is(ProposalState::Queued));
    let vote = ballot(&world, &one, index).await;
    world.send_as(&one.key, vote).await.unwrap();
    assert!(world.proposal(index).await.is(ProposalState::Vetoed));
}

#[tokio::test]
async fn n5_dust_is_no_veto_where_next_to_nobody_stakes() {
    // Given all the stake there is, which is next to nothing,
    let mut world = World::new().await;
    let dust = world.staker(1).await;
    world.bank.advance(1).await;
    for (periods, from, to) in [(0, 0.6, 0.9), (1, 0.9, 0.6)] {
        // when it votes, before the first crank and after,
        let index = world.queue(vec![setpoint(from, to)]).await.unwrap();
        let vote = ballot(&world, &dust, index).await;
        world.send_as(&dust.key, vote).await.unwrap();
        // then the proposal waits as if nobody had: a tenth of the supply counts.
        let proposal = world.proposal(index).await;
        let economy = world.economy().await;
        assert_eq!(economy.totals.periods, periods);
        assert_eq!(proposal.veto_base, economy.totals.circulating.div_ceil(10));
        assert_eq!(proposal.veto_weight, 1);
        assert!(proposal.is(ProposalState::Queued));
        world.next_period().await.unwrap();
        let execute = world.execute_ix(index).await;
        world.run(&[execute]).await.unwrap();
    }
}

#[tokio::test]
async fn n5_the_least_share_that_vetoes_is_exact() {
    // 33.4 % of a tenth of the supply are 33,400,000 tokens; a unit less is none.
    let mut world = World::new().await;
    let almost = world.staker(33_400_000 * TOKEN - 1).await;
    let one = world.staker(1).await;
    world.bank.advance(1).await;
    let index = world.queue(standard()).await.unwrap();
    assert_eq!(world.proposal(index).await.veto_base, 100_000_000 * TOKEN);
    let vote = ballot(&world, &almost, index).await;
    world.send_as(&almost.key, vote).await.unwrap();
    assert!(world.proposal(index).await.is(ProposalState::Queued));
    let vote = ballot(&world, &one, index).await;
    world.send_as(&one.key, vote).await.unwrap();
    assert!(world.proposal(index).await.is(ProposalState::Vetoed));
}

#[tokio::test]
async fn fail_ballots_with_other_accounts() {
    let (mut world, other) = two_worlds().await;
    let voter = world.staker(100 * LOT).await;
    let victim = world.staker(900 * LOT).await;
    world.bank.advance(1).await;
    let index = world.queue(standard()).await.unwrap();
    let vote = ballot(&world, &voter, index).await;
    let pool = world.native_pool();
    let own = address::position(&pool, &voter.pubkey());
    let theirs = address::position(&pool, &victim.pubkey());
    let proposal = index.address(&world.at.economy);
    let (own_ballot, their_ballot) = (
        address::ballot(&proposal, index.index, &voter.pubkey()),
        address::ballot(&proposal, index.index, &victim.pubkey()),
    );
    let theirs_of = world.next_proposal(&routine()).await;
    let has_one = anchor::CONSTRAINT_HAS_ONE;
    for (what, old, new, code) in [
        ("another's position", own, theirs, anchor::CONSTRAINT_SEEDS),
        (
            "another's ballot",
            own_ballot,
            their_ballot,
            anchor::CONSTRAINT_SEEDS,
        ),
        ("another pool", pool, other.pool(&other.mint), has_one),
        ("another council", world.at.council, other.council, has_one),
        ("another audit log", world.at.audit, other.audit, has_one),
        (
            "a proposal of another economy",
            proposal,
            theirs_of.address(&other.economy),
            anchor::CONSTRAINT_SEEDS,
        ),
        (
            "a pool for a position",
            own,
            pool,
            anchor::ACCOUNT_DISCRIMINATOR_MISMATCH,
        ),
    ] {
        let swapped = exchange(vote.clone(), &old, &new);
        attack(&mut world, what, &[swapped], &[&voter.key], code).await;
    }
    let forged = unsigned(ballot(&world, &victim, index).await, &victim.pubkey());
    let code = anchor::ACCOUNT_NOT_SIGNER;
    attack(&mut world, "in another's name", &[forged], &[], code).await;
}

#[tokio::test]
async fn fail_ballots_of_liquidity_providers() {
    // Their stake is no native stake, whatever it is worth.
    let mut world = World::build(&WorldSpec {
        liquidity: vec![1],
        ..WorldSpec::default()
    })
    .await;
    let provider = world.wallet(0).await;
    let pool = world.at.pool(&world.pools[1].mint);
    world.open_in(&pool, &provider).await.unwrap();
    world.bank.advance(1).await;
    let index = world.queue(standard()).await.unwrap();
    let position = address::position(&pool, &provider.pubkey());
    world
        .bank
        .edit(&position, |position: &mut homeostat_client::Position| {
            position.amount = 1_000_000 * LOT;
        })
        .await;
    let vote = ballot(&world, &provider, index).await;
    let native = world.native_pool();
    let swapped = exchange(vote, &native, &pool);
    let swapped = exchange(
        swapped,
        &address::position(&native, &provider.pubkey()),
        &position,
    );
    let error = HomeostatError::NoVotingWeight;
    attack(&mut world, "lp stake", &[swapped], &[&provider.key], error).await;
}

#[tokio::test]
async fn fail_ballots_against_what_stakers_cannot_stop() {
    let (mut world, _, large) = stakers().await;
    let routine = world.queue(routine()).await.unwrap();
    let guardian = world.guardian.insecure_clone();
    let pause = governance::pause(
        &world.at,
        &guardian.pubkey(),
        Section::Pay,
        7_200,
        PauseReason::Other,
    );
    world.send_as(&guardian, pause).await.unwrap();
    let unpause = world.unpause(Section::Pay).await;
    let immediate = world.queue(vec![unpause]).await.unwrap();
    for (what, index) in [("routine", routine), ("immediate", immediate)] {
        let vote = ballot(&world, &large, index).await;
        let error = HomeostatError::NotVetoable;
        attack(&mut world, what, &[vote], &[&large.key], error).await;
    }
}

#[tokio::test]
async fn g19_a_ballots_rent_goes_to_who_paid_it() {
    let (mut world, small, _) = stakers().await;
    let sponsor = world.bank.fresh_key();
    world.bank.airdrop(&sponsor.pubkey(), 1_000_000_000).await;
    let index = world.queue(standard()).await.unwrap();
    let before = world.bank.lamports(&sponsor.pubkey()).await;
    let vote = governance::cast_ballot(&world.at, &small.pubkey(), &sponsor.pubkey(), index);
    world
        .bank
        .send(&[vote], &[&small.key, &sponsor])
        .await
        .unwrap();
    let close = |payer: &Pubkey| governance::close_ballot(&world.at, &small.pubkey(), payer, index);
    let (right, wrong) = (close(&sponsor.pubkey()), close(&small.pubkey()));
    let error = HomeostatError::InvalidState;
    attack(&mut world, "open", std::slice::from_ref(&right), &[], error).await;
    // A proposal that is not the ballot's does not make it final.
    let final_one = world.propose(routine()).await.unwrap();
    world.veto(final_one).await.unwrap();
    let other = exchange(
        right.clone(),
        &index.address(&world.at.economy),
        &final_one.address(&world.at.economy),
    );
    let code = anchor::CONSTRAINT_HAS_ONE;
    attack(&mut world, "another proposal", &[other], &[], code).await;
    world.veto(index).await.unwrap();
    attack(&mut world, "stolen rent", &[wrong], &[], code).await;
    // The proposal's own closing, or a revival of its address, does not lock the rent in.
    let payer = world.bank.payer().pubkey();
    let key = index.address(&world.at.economy);
    cool(&mut world).await;
    let close = governance::close_proposal(&world.at, &payer, index);
    let revive = solana_system_interface::instruction::transfer(&payer, &key, 10_000_000);
    world.run(&[close, revive]).await.unwrap();
    world.run(&[right]).await.unwrap();
    assert_eq!(world.bank.lamports(&sponsor.pubkey()).await, before);
}
