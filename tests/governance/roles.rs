//! Attacks on who holds which office: one-step hand-overs, offers to the wrong key, and
//! councils that could decide nothing any more.

use homeostat::constants::OPEN_TIME;
use homeostat_client::{governance, CouncilArgs, Delays};
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

        // M2: nobody else takes it, nor this one another role, nor unsigned.
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
    let propose = proposing(&mut world, &member, vec![threshold]).await;
    let error = HomeostatError::InvalidParameter;
    attack(&mut world, "four of three", &[propose], &[&member], error).await;
    let zero = Action::AddMember {
        seat: seat_of(Pubkey::default()),
    };
    let propose = proposing(&mut world, &member, vec![zero]).await;
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
    let propose = proposing(&mut world, &member, vec![via]).await;
    attack(&mut world, "via nothing", &[propose], &[&member], error).await;

    // Another offer takes the guardian's back, to whoever is in office even.
    let back = Action::Guardian {
        expected: world.guardian.pubkey(),
        seat: seat(&world.guardian),
    };
    let remove = Action::RemoveMember { key: off_curve };
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
            RoleKind::Member => Action::RemoveMember { key: new.pubkey() },
            RoleKind::Guardian => Action::Guardian {
                expected: world.guardian.pubkey(),
                seat: seat(&other),
            },
            RoleKind::Advisor => Action::RevokeAdvisor,
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
    let propose = proposing(&mut world, &member, critical()).await;
    let error = HomeostatError::TooMany;
    attack(&mut world, "full of offers", &[propose], &[&member], error).await;
    // when they have run out
    world.bank.advance(OPEN_TIME + 1).await;
    // then there is room again
    world.enact(critical()).await.unwrap();
}

#[tokio::test]
async fn g14_no_proposal_leaves_a_council_that_decides_nothing() {
    let mut world = World::new().await;
    let (first, second) = (member(&world, 0), member(&world, 1));
    let default = Delays::DEFAULT;
    let delays = |value| {
        vec![Action::Delays {
            expected: default,
            value,
        }]
    };
    let threshold = |value| vec![Action::Threshold { expected: 2, value }];
    let remove = |key: &Keypair| Action::RemoveMember { key: key.pubkey() };
    let guardian = |key: Pubkey| {
        vec![Action::Guardian {
            expected: world.guardian.pubkey(),
            seat: seat_of(key),
        }]
    };
    let day = DAY as u32;
    let hour = HOUR as u32;
    let cases = [
        ("threshold 0", threshold(0)),
        ("threshold 4 of 3", threshold(4)),
        ("one of two left", vec![remove(&first), remove(&second)]),
        (
            "routine too short",
            delays(Delays {
                routine: 6 * hour - 1,
                ..default
            }),
        ),
        (
            "routine too long",
            delays(Delays {
                routine: 7 * day + 1,
                ..default
            }),
        ),
        (
            "standard too short",
            delays(Delays {
                standard: day - 1,
                ..default
            }),
        ),
        (
            "standard too long",
            delays(Delays {
                standard: 14 * day + 1,
                critical: 30 * day,
                ..default
            }),
        ),
        (
            "critical too short",
            delays(Delays {
                critical: 3 * day - 1,
                ..default
            }),
        ),
        (
            "critical too long",
            delays(Delays {
                critical: 30 * day + 1,
                ..default
            }),
        ),
        (
            "standard before routine",
            delays(Delays {
                routine: 3 * day,
                standard: 2 * day,
                ..default
            }),
        ),
        (
            "critical before standard",
            delays(Delays {
                standard: 7 * day,
                critical: 6 * day,
                ..default
            }),
        ),
        (
            "grace too short",
            delays(Delays {
                grace: day - 1,
                ..default
            }),
        ),
        (
            "grace too long",
            delays(Delays {
                grace: 30 * day + 1,
                ..default
            }),
        ),
        (
            "a veto for nothing",
            delays(Delays {
                staker_veto_ppm: 99_999,
                ..default
            }),
        ),
        (
            "a veto for nobody",
            delays(Delays {
                staker_veto_ppm: 500_001,
                ..default
            }),
        ),
        ("no guardian", guardian(Pubkey::default())),
        ("a guardian among the members", guardian(first.pubkey())),
        (
            "the guardian as a member",
            vec![Action::AddMember {
                seat: seat(&world.guardian),
            }],
        ),
        (
            "the same member twice",
            vec![Action::AddMember {
                seat: seat(&second),
            }],
        ),
    ];
    for (what, actions) in cases {
        let propose = proposing(&mut world, &first, actions).await;
        let error = HomeostatError::InvalidParameter;
        attack(&mut world, what, &[propose], &[&first], error).await;
    }
    let nobody = world.bank.fresh_key();
    let propose = proposing(&mut world, &first, vec![remove(&nobody)]).await;
    let error = HomeostatError::NotAMember;
    attack(&mut world, "removing nobody", &[propose], &[&first], error).await;

    // Coupled, what would be wrong alone is right.
    let last = vec![
        remove(&first),
        remove(&second),
        Action::Threshold {
            expected: 2,
            value: 1,
        },
    ];
    world.enact(last).await.unwrap();
    let council = world.council().await;
    assert_eq!((council.size(), council.threshold), (1, 1));
    let third = member(&world, 2);
    let remove = vec![remove(&third)];
    let propose = proposing(&mut world, &third, remove).await;
    let error = HomeostatError::InvalidParameter;
    attack(&mut world, "the last one", &[propose], &[&third], error).await;
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

/// A Draft and the instruction that sets its council up so.
async fn draft_council(change: impl FnOnce(&mut CouncilArgs)) -> (World, Instruction) {
    let world = World::build(&WorldSpec {
        draft: true,
        ..WorldSpec::default()
    })
    .await;
    let mut council = CouncilArgs {
        members: world.members.iter().map(seat).collect(),
        threshold: 2,
        guardian: seat(&world.guardian),
        delays: None,
    };
    change(&mut council);
    let create = governance::create_council(&world.at, &world.creator.pubkey(), council);
    (world, create)
}

#[tokio::test]
async fn i1_a_council_is_set_up_by_the_creator_in_a_draft() {
    let (mut world, create) = draft_council(|_| ()).await;
    let (creator, thief) = (world.creator.pubkey(), world.bank.fresh_key());
    world.bank.airdrop(&thief.pubkey(), 1_000_000_000).await;
    let stolen = exchange(create.clone(), &creator, &thief.pubkey());
    let error = HomeostatError::Unauthorized;
    attack(&mut world, "another", &[stolen], &[&thief], error).await;
    let swaps = |world: &World| {
        [
            ("council", world.at.council, world.at.economy),
            ("audit log", world.at.audit, world.at.log),
        ]
    };
    for (what, old, new) in swaps(&world) {
        let swapped = exchange(create.clone(), &old, &new);
        let code = anchor::CONSTRAINT_HAS_ONE;
        attack(&mut world, what, &[swapped], &[], code).await;
    }
    // As often as the creator likes, until it is live.
    world.run(std::slice::from_ref(&create)).await.unwrap();
    world.hand_over_mint(homeostat_client::Funding::Mint).await;
    world.go_live().await.unwrap();
    let error = HomeostatError::NotDraft;
    attack(&mut world, "live", &[create], &[], error).await;
}

#[tokio::test]
async fn i7_a_council_is_set_up_within_its_ranges() {
    type Change = fn(&mut CouncilArgs);
    let wrong: [(&str, Change, HomeostatError); 9] = [
        (
            "threshold 0",
            |c| c.threshold = 0,
            HomeostatError::InvalidParameter,
        ),
        (
            "threshold 4 of 3",
            |c| c.threshold = 4,
            HomeostatError::InvalidParameter,
        ),
        (
            "nobody",
            |c| c.members.clear(),
            HomeostatError::InvalidParameter,
        ),
        (
            "the same twice",
            |c| c.members[1] = c.members[0],
            HomeostatError::InvalidParameter,
        ),
        (
            "the zero address",
            |c| c.members[1].key = Pubkey::default(),
            HomeostatError::InvalidParameter,
        ),
        (
            "no guardian",
            |c| c.guardian.key = Pubkey::default(),
            HomeostatError::InvalidParameter,
        ),
        (
            "a guardian among the members",
            |c| c.guardian = c.members[2],
            HomeostatError::InvalidParameter,
        ),
        (
            "no delay",
            |c| {
                c.delays = Some(Delays {
                    routine: 0,
                    ..Delays::DEFAULT
                })
            },
            HomeostatError::InvalidParameter,
        ),
        (
            "sixteen members",
            |c| {
                c.members = (0..16)
                    .map(|n| seat_of(Pubkey::new_from_array([50 + n; 32])))
                    .collect();
            },
            HomeostatError::TooMany,
        ),
    ];
    for (what, change, error) in wrong {
        let (mut world, create) = draft_council(change).await;
        attack(&mut world, what, &[create], &[], error).await;
    }
    let (mut world, create) = draft_council(|c| {
        c.members = (0..15)
            .map(|n| seat_of(Pubkey::new_from_array([50 + n; 32])))
            .collect();
        c.threshold = 15;
    })
    .await;
    world.run(&[create]).await.unwrap();
}

#[tokio::test]
async fn g14_nothing_goes_live_without_a_council() {
    let mut world = World::build(&WorldSpec {
        draft: true,
        ..WorldSpec::default()
    })
    .await;
    world.hand_over_mint(homeostat_client::Funding::Mint).await;
    let economy = world.at.economy;
    world
        .bank
        .edit(&economy, |economy: &mut homeostat_client::Economy| {
            economy.council = Pubkey::default();
        })
        .await;
    let go_live = world.go_live_ix();
    let error = HomeostatError::NoCouncil;
    attack(&mut world, "no council", &[go_live], &[], error).await;
}
