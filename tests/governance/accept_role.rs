//! Attacks on who holds which office: one-step hand-overs, offers to the wrong key, and
//! councils that could decide nothing any more.

use homeostat::constants::OPEN_TIME;
use homeostat_client::governance;
use homeostat_tests::{anchor, attack, exchange, unsigned, HomeostatError};

use super::{propose::two_worlds, *};

fn accept_ix(world: &World, key: &Keypair, role: RoleKind) -> Instruction {
    governance::accept_role(&world.at, &key.pubkey(), role)
}

/// The three offers to the same person.
fn offers(world: &World, to: &Keypair) -> [(RoleKind, Action); 3] {
    [
        (RoleKind::Member, Action::AddMember { seat: seat(to) }),
        (
            RoleKind::Guardian,
            Action::Guardian {
                expected: world.guardian.pubkey(),
                seat: seat(to),
            },
        ),
        (
            RoleKind::Advisor,
            Action::Advisor {
                expected: Pubkey::default(),
                seat: seat(to),
            },
        ),
    ]
}

#[tokio::test]
async fn m1_a_role_changes_hands_in_two_steps() {
    for which in 0..3 {
        let mut world = World::new().await;
        let new = world.bank.fresh_key();
        let (role, offer) = offers(&world, &new)[which].clone();
        let error = HomeostatError::NotPendingAuthority;

        // Before the offer is executed there is nothing to accept.
        let index = world.queue(vec![offer]).await.unwrap();
        let accept = [accept_ix(&world, &new, role)];
        attack(&mut world, "not offered", &accept, &[&new], error).await;
        ripen(&mut world, index).await;
        let before = world.council().await;
        world.execute(index).await.unwrap();
        // Offered, nobody has lost or won anything.
        let after = world.council().await;
        assert_eq!(after.size(), before.size());
        assert_eq!(after.guardian.holder, before.guardian.holder);
        assert_eq!(after.advisor.holder, before.advisor.holder);

        // Nobody else takes it, nor this one another role, nor unsigned.
        let thief = world.bank.fresh_key();
        let steal = accept_ix(&world, &thief, role);
        attack(&mut world, "another", &[steal], &[&thief], error).await;
        for other in [RoleKind::Member, RoleKind::Guardian, RoleKind::Advisor] {
            if other != role {
                let accept = accept_ix(&world, &new, other);
                attack(&mut world, "another role", &[accept], &[&new], error).await;
            }
        }
        let forged = unsigned(accept[0].clone(), &new.pubkey());
        let code = anchor::ACCOUNT_NOT_SIGNER;
        attack(&mut world, "unsigned", &[forged], &[], code).await;

        world.bank.send(&accept, &[&new]).await.unwrap();
        // Not twice.
        attack(&mut world, "twice", &accept, &[&new], error).await;
    }
}

#[tokio::test]
async fn m1_an_offer_to_a_wrong_key_costs_nothing_but_time() {
    // An address off the curve, and the zero address.
    let mut world = World::new().await;
    let member = member(&world, 0);
    let off_curve = world.at.authority;
    let wrong = vec![
        Action::AddMember {
            seat: seat_of(off_curve),
        },
        Action::Guardian {
            expected: world.guardian.pubkey(),
            seat: seat_of(world.at.economy),
        },
    ];
    world.enact(wrong).await.unwrap();
    let council = world.council().await;
    assert_eq!(council.size(), 3);
    assert_eq!(council.guardian.holder.key, world.guardian.pubkey());
    // An offered seat is no member: the threshold cannot count on it.
    let threshold = Action::Threshold {
        expected: 2,
        value: 4,
    };
    let propose = world.propose_ix(&member, vec![threshold]);
    let error = HomeostatError::InvalidParameter;
    attack(&mut world, "four of three", &[propose], &[&member], error).await;
    let zero = Action::AddMember {
        seat: seat_of(Pubkey::default()),
    };
    let propose = world.propose_ix(&member, vec![zero]);
    attack(
        &mut world,
        "the zero address",
        &[propose],
        &[&member],
        error,
    )
    .await;
    let via = Action::AddMember {
        seat: SeatArgs {
            key: Pubkey::new_unique(),
            via: Some(Pubkey::default()),
        },
    };
    let propose = world.propose_ix(&member, vec![via]);
    attack(&mut world, "via nothing", &[propose], &[&member], error).await;

    // Another offer takes the guardian's back, to whoever is in office even.
    let back = Action::Guardian {
        expected: world.guardian.pubkey(),
        seat: seat(&world.guardian),
    };
    let remove = world.removal(&off_curve).await;
    world.enact(vec![back, remove]).await.unwrap();
    let guardian = world.guardian.insecure_clone();
    let accept = accept_ix(&world, &guardian, RoleKind::Guardian);
    world.send_as(&guardian, accept).await.unwrap();
    let council = world.council().await;
    assert!(council
        .members
        .iter()
        .all(|member| member.seat.key != off_curve));
    assert_eq!(council.guardian.offered.key, Pubkey::default());
}

#[tokio::test]
async fn m2_an_offer_runs_out() {
    for which in 0..3 {
        let mut world = World::new().await;
        let (slow, late) = (world.bank.fresh_key(), world.bank.fresh_key());
        let (role, offer) = offers(&world, &late)[which].clone();
        world.enact(vec![offer]).await.unwrap();
        let from = world.bank.now();
        // The last second is in time, the next is not.
        world.bank.set_time(from + OPEN_TIME + 1).await;
        let accept = accept_ix(&world, &late, role);
        let error = HomeostatError::NotPendingAuthority;
        attack(&mut world, "late", &[accept], &[&late], error).await;

        let (role, offer) = offers(&world, &slow)[which].clone();
        world.enact(vec![offer]).await.unwrap();
        world.bank.advance(OPEN_TIME).await;
        let accept = accept_ix(&world, &slow, role);
        world.send_as(&slow, accept).await.unwrap();
    }
}

#[tokio::test]
async fn m2_an_offer_that_was_taken_back_is_not_accepted() {
    let mut world = World::new().await;
    let new = world.bank.fresh_key();
    let other = world.bank.fresh_key();
    let error = HomeostatError::NotPendingAuthority;
    for (role, offer) in offers(&world, &new) {
        world.enact(vec![offer]).await.unwrap();
        let back = match role {
            RoleKind::Member => world.removal(&new.pubkey()).await,
            RoleKind::Guardian => Action::Guardian {
                expected: world.guardian.pubkey(),
                seat: seat(&other),
            },
            RoleKind::Advisor => Action::RevokeAdvisor {
                expected: new.pubkey(),
            },
        };
        world.enact(vec![back]).await.unwrap();
        let accept = accept_ix(&world, &new, role);
        attack(&mut world, "taken back", &[accept], &[&new], error).await;
    }
}

#[tokio::test]
async fn m2_offers_that_ran_out_never_fill_the_council() {
    // given three members and twelve offers that nobody takes
    let mut world = World::new().await;
    let mut n = 0u8;
    for _ in 0..3 {
        let four = (0..4)
            .map(|_| {
                n += 1;
                let key = Pubkey::new_from_array([100 + n; 32]);
                Action::AddMember { seat: seat_of(key) }
            })
            .collect();
        world.enact(four).await.unwrap();
    }
    let member = member(&world, 0);
    let propose = world.propose_ix(&member, critical());
    let error = HomeostatError::TooMany;
    attack(&mut world, "full of offers", &[propose], &[&member], error).await;
    // when they have run out
    world.bank.advance(OPEN_TIME + 1).await;
    // then there is room again
    world.enact(critical()).await.unwrap();
}

#[tokio::test]
async fn fail_roles_are_accepted_in_their_own_council() {
    let (mut world, other) = two_worlds().await;
    let new = world.bank.fresh_key();
    let offer = Action::AddMember { seat: seat(&new) };
    world.enact(vec![offer]).await.unwrap();
    let accept = accept_ix(&world, &new, RoleKind::Member);
    for (what, old, new_key, code) in [
        (
            "their audit log",
            world.at.audit,
            other.audit,
            anchor::CONSTRAINT_HAS_ONE,
        ),
        (
            "their council",
            world.at.council,
            other.council,
            anchor::CONSTRAINT_HAS_ONE,
        ),
        (
            "another type",
            world.at.council,
            world.at.economy,
            anchor::ACCOUNT_DISCRIMINATOR_MISMATCH,
        ),
    ] {
        let swapped = exchange(accept.clone(), &old, &new_key);
        attack(&mut world, what, &[swapped], &[&new], code).await;
    }
}
