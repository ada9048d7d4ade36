//! `create_council` and what keeps a council able to decide.

use homeostat_client::{CouncilArgs, Delays};
use homeostat_tests::{anchor, attack, exchange, HomeostatError};
use solana_account::AccountSharedData;

use super::*;

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
    let council = world.council().await;
    let remove = |place: usize| {
        let member = &council.members[place];
        Action::RemoveMember {
            key: member.seat.key,
            expected_id: member.id,
        }
    };
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
        ("one of two left", vec![remove(0), remove(1)]),
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
        let propose = world.propose_ix(&first, actions);
        let error = HomeostatError::InvalidParameter;
        attack(&mut world, what, &[propose], &[&first], error).await;
    }
    let nobody = world.bank.fresh_key();
    let removal = world.removal(&nobody.pubkey()).await;
    let propose = world.propose_ix(&first, vec![removal]);
    let error = HomeostatError::NotAMember;
    attack(&mut world, "removing nobody", &[propose], &[&first], error).await;

    // Coupled, what would be wrong alone is right.
    let last = vec![
        remove(0),
        remove(1),
        Action::Threshold {
            expected: 2,
            value: 1,
        },
    ];
    world.enact(last).await.unwrap();
    let council = world.council().await;
    assert_eq!((council.size(), council.threshold), (1, 1));
    let third = member(&world, 2);
    let propose = world.propose_ix(&third, vec![remove(2)]);
    let error = HomeostatError::InvalidParameter;
    attack(&mut world, "the last one", &[propose], &[&third], error).await;
}

/// A Draft and the instruction that sets its council up so.
async fn draft_council(change: impl FnOnce(&mut CouncilArgs)) -> (World, Instruction) {
    let world = World::build(&WorldSpec {
        draft: true,
        ..WorldSpec::default()
    })
    .await;
    let mut council = world.council_args(2, None);
    change(&mut council);
    let create = world.create_council_ix(council);
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
        let code = anchor::CONSTRAINT_SEEDS;
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
async fn g14_nothing_goes_live_without_its_council() {
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
    let go_live = [world.go_live_ix()];
    let code = anchor::CONSTRAINT_HAS_ONE;
    attack(&mut world, "another council", &go_live, &[], code).await;
    let (council, nobody) = (world.at.council, AccountSharedData::default());
    world.bank.set_account(&council, &nobody);
    let code = anchor::ACCOUNT_OWNED_BY_WRONG_PROGRAM;
    attack(&mut world, "no council", &go_live, &[], code).await;
}
