//! Attacks on `propose`: who may, what, how much of it, and for whom.

use homeostat_client::{address, governance, Action, EconomyAddresses, Parameter};
use homeostat_tests::{anchor, attack, exchange, system, unsigned, HomeostatError};

use super::*;

#[tokio::test]
async fn g1_nobody_but_a_member_proposes() {
    let mut world = World::new().await;
    for (who, key, error) in strangers(&mut world).await {
        let propose = proposing(&mut world, &key, routine()).await;
        attack(&mut world, who, &[propose], &[&key], error).await;
    }

    // Nor does anybody in a member's name.
    let (member, payer) = (member(&world, 0), world.bank.payer());
    let propose = proposing(&mut world, &member, routine()).await;
    let forged = unsigned(propose, &member.pubkey());
    let code = anchor::ACCOUNT_NOT_SIGNER;
    attack(&mut world, "unsigned", &[forged], &[&payer], code).await;
}

#[tokio::test]
async fn g1_a_removed_member_proposes_no_more() {
    let mut world = World::new().await;
    let removed = member(&world, 2);
    let remove = Action::RemoveMember {
        key: removed.pubkey(),
    };
    world.enact(vec![remove]).await.unwrap();

    let propose = proposing(&mut world, &removed, routine()).await;
    let error = HomeostatError::NotAMember;
    attack(&mut world, "removed", &[propose], &[&removed], error).await;
}

#[tokio::test]
async fn g3_a_proposal_is_made_in_its_own_accounts_only() {
    let (mut world, other) = two_worlds().await;
    let member = member(&world, 0);
    let propose = proposing(&mut world, &member, routine()).await;
    let stranger = address::proposal(&world.at.economy, 7);
    let own = address::proposal(&world.at.economy, 0);
    let swaps = [
        (
            "economy",
            world.at.economy,
            other.economy,
            anchor::CONSTRAINT_SEEDS,
        ),
        (
            "council",
            world.at.council,
            other.council,
            anchor::CONSTRAINT_HAS_ONE,
        ),
        (
            "audit log",
            world.at.audit,
            other.audit,
            anchor::CONSTRAINT_HAS_ONE,
        ),
        (
            "native pool",
            world.native_pool(),
            other.pool(&other.mint),
            anchor::CONSTRAINT_ADDRESS,
        ),
        ("index", own, stranger, anchor::CONSTRAINT_SEEDS),
        (
            "type",
            world.at.council,
            world.at.economy,
            anchor::ACCOUNT_DISCRIMINATOR_MISMATCH,
        ),
        (
            "owner",
            world.at.council,
            world.at.mint,
            anchor::ACCOUNT_OWNED_BY_WRONG_PROGRAM,
        ),
    ];
    for (what, old, new, code) in swaps {
        let swapped = exchange(propose.clone(), &old, &new);
        attack(&mut world, what, &[swapped], &[&member], code).await;
    }
}

#[tokio::test]
async fn g3_an_index_is_given_once() {
    let mut world = World::new().await;
    let member = member(&world, 0);
    world.propose(routine()).await.unwrap();
    let payer = world.bank.payer().pubkey();

    let again = governance::propose(&world.at, &member.pubkey(), &payer, 0, standard());
    let code = system::ALREADY_IN_USE;
    attack(&mut world, "rewritten", &[again], &[&member], code).await;

    // Not even after it is closed.
    world.decide(governance::cancel, &member, 0).await.unwrap();
    let close = governance::close_proposal(&world.at, &payer, 0);
    world.run(&[close]).await.unwrap();
    let again = governance::propose(&world.at, &member.pubkey(), &payer, 0, standard());
    let code = HomeostatError::OldValueChanged;
    attack(&mut world, "revived", &[again], &[&member], code).await;
}

#[tokio::test]
async fn g4_one_member_cannot_crowd_the_others_out() {
    // given three members, who share sixteen open proposals
    let mut world = World::new().await;
    let spammer = member(&world, 0);
    for _ in 0..5 {
        world.propose(routine()).await.unwrap();
    }

    // then the sixth of one member is refused, also when others approve the first five
    let propose = proposing(&mut world, &spammer, routine()).await;
    let error = HomeostatError::TooManyOpen;
    attack(&mut world, "the sixth", &[propose], &[&spammer], error).await;
    world.approve(1, 0).await.unwrap();
    let propose = proposing(&mut world, &spammer, routine()).await;
    attack(&mut world, "one queued", &[propose], &[&spammer], error).await;

    // and the others propose as ever
    for place in [1, 2] {
        let honest = member(&world, place);
        for _ in 0..5 {
            world.propose_as(&honest, routine()).await.unwrap();
        }
    }
    assert_eq!(world.council().await.open, 15);

    // and whatever becomes final makes room for one more
    ripen(&mut world, 0).await;
    world.execute(0).await.unwrap();
    world.decide(governance::cancel, &spammer, 1).await.unwrap();
    world.veto(2).await.unwrap();
    for _ in 0..3 {
        world.propose(vec![setpoint(0.62, 0.90)]).await.unwrap();
    }
    let propose = proposing(&mut world, &spammer, vec![setpoint(0.62, 0.90)]).await;
    attack(&mut world, "full again", &[propose], &[&spammer], error).await;

    // and time alone does too, with anybody's help
    let late = world.proposal(3).await.active_until + 1;
    world.bank.set_time(late).await;
    let anybody = world.bank.fresh_key();
    world.decide(governance::expire, &anybody, 3).await.unwrap();
    world.propose(vec![setpoint(0.62, 0.90)]).await.unwrap();
}

#[tokio::test]
async fn g4_the_share_follows_the_number_of_members() {
    for (members, share) in [(1, 16), (2, 8), (7, 2), (15, 2)] {
        let mut world = council_of(members, 1).await;
        for _ in 0..share {
            world.propose(standard()).await.unwrap();
        }
        let first = member(&world, 0);
        let propose = proposing(&mut world, &first, standard()).await;
        let error = HomeostatError::TooManyOpen;
        let what = format!("{members} members");
        attack(&mut world, &what, &[propose], &[&first], error).await;
    }
}

#[tokio::test]
async fn g4_a_member_removed_and_seated_again_starts_with_its_whole_share() {
    // given a member with all its proposals open
    let mut world = World::new().await;
    let busy = member(&world, 2);
    let old = world.next_proposal().await;
    for _ in 0..5 {
        world.propose_as(&busy, routine()).await.unwrap();
    }
    // when it loses its seat and gets another
    let remove = Action::RemoveMember { key: busy.pubkey() };
    let add = Action::AddMember { seat: seat(&busy) };
    world.enact(vec![remove, add]).await.unwrap();
    let accept = governance::accept_role(&world.at, &busy.pubkey(), RoleKind::Member);
    world.send_as(&busy, accept).await.unwrap();

    // then what it proposed as somebody else is not its own any more
    let cancel = governance::cancel(&world.at, &busy.pubkey(), old);
    let error = HomeostatError::MissingPermission;
    attack(&mut world, "an old one", &[cancel], &[&busy], error).await;
    // and does not count, neither while it is open nor when it ends
    for _ in 0..5 {
        world.propose_as(&busy, routine()).await.unwrap();
    }
    world.veto(old).await.unwrap();
    let propose = proposing(&mut world, &busy, routine()).await;
    let error = HomeostatError::TooManyOpen;
    attack(&mut world, "the sixth", &[propose], &[&busy], error).await;
    let council = world.council().await;
    assert_eq!((council.open, council.members[2].open), (9, 5));
}

#[tokio::test]
async fn fail_too_many_actions_none_and_too_long_ones() {
    let mut world = World::new().await;
    let member = member(&world, 0);
    let over = |count: u8| {
        let seat = |n: u8| seat_of(Pubkey::new_from_array([10 + n; 32]));
        (0..count)
            .map(|n| Action::AddMember { seat: seat(n) })
            .collect::<Vec<_>>()
    };
    for (what, actions) in [("none", Vec::new()), ("five", over(5))] {
        let propose = proposing(&mut world, &member, actions).await;
        let error = HomeostatError::BadActions;
        attack(&mut world, what, &[propose], &[&member], error).await;
    }
    world.propose(over(4)).await.unwrap();

    // Retirement comes alone: whoever reads a proposal must not miss it.
    let hidden = vec![setpoint(0.60, 0.61), Action::Retire { successor: None }];
    let propose = proposing(&mut world, &member, hidden).await;
    let error = HomeostatError::BadActions;
    attack(&mut world, "hidden", &[propose], &[&member], error).await;
}

#[tokio::test]
async fn fail_proposals_in_a_draft() {
    let mut world = World::build(&WorldSpec {
        draft: true,
        ..WorldSpec::default()
    })
    .await;
    let member = member(&world, 0);
    let propose = proposing(&mut world, &member, critical()).await;
    let error = HomeostatError::NotLive;
    attack(&mut world, "in Draft", &[propose], &[&member], error).await;
}

#[tokio::test]
async fn g6_what_could_not_be_executed_is_not_proposed() {
    let mut world = World::new().await;
    let member = member(&world, 0);
    let limits = |value| Action::Limits {
        parameter: Parameter::Fee,
        expected: OutputLimits {
            min_ppm: 500,
            max_ppm: 10_000,
        },
        value,
    };
    let over_the_ceiling = limits(OutputLimits {
        min_ppm: 500,
        max_ppm: 100_001,
    });
    let below_the_floor = limits(OutputLimits {
        min_ppm: 0,
        max_ppm: 10_000,
    });
    let stale = setpoint(0.61, 0.62);
    for (what, action, error) in [
        (
            "over the ceiling",
            over_the_ceiling,
            HomeostatError::InvalidParameter,
        ),
        (
            "below the floor",
            below_the_floor,
            HomeostatError::InvalidParameter,
        ),
        ("another old value", stale, HomeostatError::OldValueChanged),
    ] {
        let propose = proposing(&mut world, &member, vec![action]).await;
        attack(&mut world, what, &[propose], &[&member], error).await;
    }
}

/// A world, and the addresses of a second economy on the same bank.
pub async fn two_worlds() -> (World, EconomyAddresses) {
    let mut other = World::new().await;
    other.propose(routine()).await.unwrap();
    let at = other.at;
    let World { bank, .. } = other;
    let world = World::build_on(bank, &WorldSpec::default()).await;
    (world, at)
}
