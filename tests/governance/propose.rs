//! Attacks on `propose`: who may, what, how much of it, and for whom.

use homeostat_client::{address, governance, Action, EconomyAddresses, Parameter};
use homeostat_tests::{anchor, attack, exchange, unsigned, HomeostatError};

use super::*;

#[tokio::test]
async fn g1_nobody_but_a_member_proposes() {
    let mut world = World::new().await;
    for (who, key, error) in strangers(&mut world).await {
        let propose = world.propose_ix(&key, routine());
        attack(&mut world, who, &[propose], &[&key], error).await;
    }

    // Nor does anybody in a member's name.
    let (member, payer) = (member(&world, 0), world.bank.payer());
    let propose = world.propose_ix(&member, routine());
    let forged = unsigned(propose, &member.pubkey());
    let code = anchor::ACCOUNT_NOT_SIGNER;
    attack(&mut world, "unsigned", &[forged], &[&payer], code).await;
}

#[tokio::test]
async fn g1_a_removed_member_proposes_no_more() {
    let mut world = World::new().await;
    let removed = member(&world, 2);
    let remove = world.removal(&removed.pubkey()).await;
    world.enact(vec![remove]).await.unwrap();

    let propose = world.propose_ix(&removed, routine());
    let error = HomeostatError::NotAMember;
    attack(&mut world, "removed", &[propose], &[&removed], error).await;
}

#[tokio::test]
async fn g3_a_proposal_is_made_in_its_own_accounts_only() {
    let (mut world, other) = two_worlds().await;
    let member = member(&world, 0);
    let propose = world.propose_ix(&member, routine());
    let at =
        |actions: &[Action]| address::proposal(&world.at.economy, &governance::digest(actions));
    let (own, stranger) = (at(&routine()), at(&standard()));
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
        ("other actions", own, stranger, anchor::CONSTRAINT_SEEDS),
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
async fn g3_an_address_is_that_of_its_actions() {
    // Another digest than that of the actions, which would occupy their address.
    let mut world = World::new().await;
    let member = member(&world, 0);
    let id = world.next_proposal(&standard()).await;
    let mut propose = world.propose_ix(&member, routine());
    let (own, other) = (governance::digest(&routine()), id.digest);
    let at = propose.data.windows(32).position(|bytes| bytes == own);
    let at = at.expect("the digest is an argument");
    propose.data[at..at + 32].copy_from_slice(&other);
    let economy = world.at.economy;
    let swapped = exchange(
        propose,
        &address::proposal(&economy, &own),
        &address::proposal(&economy, &other),
    );
    let error = HomeostatError::WrongDigest;
    attack(&mut world, "occupied", &[swapped], &[&member], error).await;
}

#[tokio::test]
async fn g4_one_member_cannot_crowd_the_others_out() {
    // given three members, who share sixteen open proposals
    let mut world = World::new().await;
    let spammer = member(&world, 0);
    let mut spam = Vec::new();
    for number in 0..5 {
        spam.push(world.propose(routine_no(number)).await.unwrap());
    }

    // then the sixth of one member is refused, also when others approve the first five
    let propose = world.propose_ix(&spammer, routine_no(5));
    let error = HomeostatError::TooManyOpen;
    let propose = [propose];
    attack(&mut world, "the sixth", &propose, &[&spammer], error).await;
    world.approve(1, spam[0]).await.unwrap();
    attack(&mut world, "one queued", &propose, &[&spammer], error).await;

    // and the others propose as ever
    for place in [1, 2] {
        let honest = member(&world, place);
        for number in 0..5 {
            let actions = routine_no(5 * place as u8 + number);
            world.propose_as(&honest, actions).await.unwrap();
        }
    }
    assert_eq!(world.council().await.open, 15);

    // and whatever becomes final makes room for one more
    ripen(&mut world, spam[0]).await;
    world.execute(spam[0]).await.unwrap();
    world
        .decide(governance::cancel, &spammer, spam[1])
        .await
        .unwrap();
    world.veto(spam[2]).await.unwrap();
    let another = |number: u8| vec![setpoint(0.61, 0.90 + f64::from(number) / 1_000.0)];
    for number in 0..3 {
        world.propose(another(number)).await.unwrap();
    }
    let propose = world.propose_ix(&spammer, another(3));
    attack(&mut world, "full again", &[propose], &[&spammer], error).await;

    // and time alone does too, with anybody's help
    let late = world.proposal(spam[3]).await.active_until + 1;
    world.bank.set_time(late).await;
    let anybody = world.bank.fresh_key();
    world
        .decide(governance::expire, &anybody, spam[3])
        .await
        .unwrap();
    world.propose(another(3)).await.unwrap();
}

#[tokio::test]
async fn g4_the_share_follows_the_number_of_members() {
    for (members, share) in [(1, 16), (2, 8), (7, 2), (15, 2)] {
        let mut world = council_of(members, 1).await;
        for number in 0..share {
            world.propose(standard_no(number)).await.unwrap();
        }
        let first = member(&world, 0);
        let propose = world.propose_ix(&first, standard_no(share));
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
    let mut before = Vec::new();
    for number in 0..5 {
        before.push(world.propose_as(&busy, routine_no(number)).await.unwrap());
    }
    let old = before[0];
    // when it loses its seat and gets another
    let remove = world.removal(&busy.pubkey()).await;
    let add = Action::AddMember { seat: seat(&busy) };
    world.enact(vec![remove, add]).await.unwrap();
    let accept = governance::accept_role(&world.at, &busy.pubkey(), RoleKind::Member);
    world.send_as(&busy, accept).await.unwrap();

    // then what it proposed as somebody else is not its own any more
    let cancel = governance::cancel(&world.at, &busy.pubkey(), old);
    let error = HomeostatError::MissingPermission;
    attack(&mut world, "an old one", &[cancel], &[&busy], error).await;
    // and does not count, neither while it is open nor when it ends
    for number in 5..10 {
        world.propose_as(&busy, routine_no(number)).await.unwrap();
    }
    world.veto(old).await.unwrap();
    let propose = world.propose_ix(&busy, routine_no(10));
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
        let propose = world.propose_ix(&member, actions);
        let error = HomeostatError::BadActions;
        attack(&mut world, what, &[propose], &[&member], error).await;
    }
    world.propose(over(4)).await.unwrap();

    // Retirement comes alone: whoever reads a proposal must not miss it.
    let hidden = vec![setpoint(0.60, 0.61), Action::Retire { successor: None }];
    let propose = world.propose_ix(&member, hidden);
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
    let propose = world.propose_ix(&member, critical());
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
        let propose = world.propose_ix(&member, vec![action]);
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
