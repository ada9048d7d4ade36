//! Attacks on how a council comes about: seats of addresses that nobody can sign for, and
//! councils that are too large for a transaction.

use homeostat_client::{governance, CouncilArgs, Funding};
use homeostat_sandbox::{packet::PACKET, Bank};
use homeostat_tests::{attack, HomeostatError};

use super::{
    callers::{bank, through, Vault, ATTACKER, MULTISIG},
    *,
};

/// A Draft with everything but a council that can decide, on a bank with a multisig's program.
async fn draft() -> World {
    let spec = WorldSpec {
        draft: true,
        ..WorldSpec::default()
    };
    let mut world = World::build_on(bank().await, &spec).await;
    world.hand_over_mint(Funding::Mint).await;
    world
}

/// The creator sets the council up.
async fn set_up(world: &mut World, council: CouncilArgs) {
    let create = world.create_council_ix(council);
    world.run(&[create]).await.unwrap();
}

/// Going live is refused, because this one is the first who has not accepted the role.
async fn not_accepted_by(world: &mut World, what: &str, key: &Pubkey) {
    let go_live = world.go_live_ix();
    let error = HomeostatError::RoleNotAccepted;
    let logs = attack(world, what, &[go_live], &[], error).await;
    // Only the ELF's messages are among the bank's logs.
    let said = logs.iter().any(|line| line.contains(&format!("{key}: ")));
    assert!(said || !Bank::runs_elf(), "{logs:#?}");
    let council = world.council().await;
    let first = council.offers().next().map(|(_, seat, _)| seat.key);
    assert_eq!(first, Some(*key), "{what}");
}

#[tokio::test]
async fn g60_a_council_with_a_mistyped_seat_does_not_go_live() {
    // given councils in which nobody can sign for one seat: the key is nobody's, or the
    // program that has to call for it does not exist
    let typo = Pubkey::new_from_array([77; 32]);
    for what in ["a member", "the guardian", "a via"] {
        let mut world = draft().await;
        let right = world.council_args(3, None);
        let mut wrong = right.clone();
        let key = match what {
            "a member" => {
                wrong.members[2].key = typo;
                typo
            }
            "the guardian" => {
                wrong.guardian.key = typo;
                typo
            }
            _ => {
                wrong.members[0].via = Some(typo);
                wrong.members[0].key
            }
        };
        set_up(&mut world, wrong).await;

        // when everybody else has accepted, then it does not go live, however long it waits
        not_accepted_by(&mut world, what, &key).await;
        world.bank.advance(400 * DAY).await;
        not_accepted_by(&mut world, what, &key).await;

        // and once the mistake is mended, the one it concerned accepts, and the council decides
        set_up(&mut world, right).await;
        let (role, holder) = match what {
            "a member" => (RoleKind::Member, member(&world, 2)),
            "the guardian" => (RoleKind::Guardian, world.guardian.insecure_clone()),
            _ => (RoleKind::Member, member(&world, 0)),
        };
        not_accepted_by(&mut world, what, &holder.pubkey()).await;
        let accept = world.accept_ix(&holder, role);
        world.send_as(&holder, accept).await.unwrap();
        world.go_live().await.unwrap();
        let council = world.council().await;
        assert_eq!((council.size(), council.threshold), (3, 3));
        assert_eq!(council.guardian.holder.key, world.guardian.pubkey());
        assert_eq!(council.offers().count(), 0);
        let id = world.queue(standard()).await.unwrap();
        assert!(world.proposal(id).await.is(ProposalState::Queued));
        world.veto(id).await.unwrap();
    }
}

#[tokio::test]
async fn g61_an_acceptance_proves_one_seat_and_lasts_as_long_as_it() {
    // given a Draft with a member that a program calls for, and nobody has accepted
    let mut world = draft().await;
    let (key, thief) = (world.bank.fresh_key(), world.bank.fresh_key());
    let via = |program| SeatArgs {
        key: key.pubkey(),
        via: Some(program),
    };
    let guardian = world.bank.fresh_key();
    let council = CouncilArgs {
        members: vec![via(MULTISIG)],
        guardian: seat(&guardian),
        ..world.council_args(1, None)
    };
    set_up(&mut world, council.clone()).await;

    // when others accept, or the member without its program, then nothing is accepted
    let accept = world.accept_ix(&key, RoleKind::Member);
    let steal = world.accept_ix(&thief, RoleKind::Member);
    let not_offered = HomeostatError::NotPendingAuthority;
    attack(&mut world, "a thief", &[steal], &[&thief], not_offered).await;
    let other = world.accept_ix(&guardian, RoleKind::Member);
    attack(
        &mut world,
        "another role",
        &[other],
        &[&guardian],
        not_offered,
    )
    .await;
    let not_so = HomeostatError::CpiForbidden;
    let directly = [accept.clone()];
    attack(&mut world, "directly", &directly, &[&key], not_so).await;
    let attacker = [through(&ATTACKER, 0, &accept)];
    attack(&mut world, "another program", &attacker, &[&key], not_so).await;
    not_accepted_by(&mut world, "no member", &key.pubkey()).await;

    // when both accept as their seats say, then not twice, and it could go live
    let take = [
        through(&MULTISIG, 0, &accept),
        world.accept_ix(&guardian, RoleKind::Guardian),
    ];
    world.bank.send(&take, &[&key, &guardian]).await.unwrap();
    attack(&mut world, "twice", &take[1..], &[&guardian], not_offered).await;
    let offers = world.council().await.offers().count();
    assert_eq!(offers, 0);

    // when the same council is set up again, then nobody has to accept again
    set_up(&mut world, council.clone()).await;
    let offers = world.council().await.offers().count();
    assert_eq!(offers, 0);

    // but another program, or another guardian, has
    for changed in [
        CouncilArgs {
            members: vec![via(ATTACKER)],
            ..council.clone()
        },
        CouncilArgs {
            members: vec![],
            append: true,
            guardian: SeatArgs {
                via: Some(MULTISIG),
                ..council.guardian
            },
            ..council.clone()
        },
    ] {
        set_up(&mut world, council.clone()).await;
        if world.council().await.offers().next().is_some() {
            world.bank.send(&take[..1], &[&key]).await.unwrap();
        }
        set_up(&mut world, changed.clone()).await;
        let council = world.council().await;
        let open: Vec<Pubkey> = council.offers().map(|(_, seat, _)| seat.key).collect();
        let expected = if changed.append {
            guardian.pubkey()
        } else {
            key.pubkey()
        };
        assert_eq!(open, [expected]);
        not_accepted_by(&mut world, "a changed seat", &expected).await;
    }
}

#[tokio::test]
async fn g62_fifteen_members_of_multisigs_fit_into_packets() {
    // given fifteen vaults of multisigs, all of whom have to approve
    let mut world = draft().await;
    let vaults: Vec<Vault> = (0..15).map(|n| Vault::numbered(100 + n)).collect();
    let council = CouncilArgs {
        members: vaults.iter().map(Vault::seat).collect(),
        ..world.council_args(15, None)
    };

    // when they are named in one transaction, then it is too large for a cluster
    let before = world.state().await;
    let all = world.create_council_ix(council.clone());
    let refused = world.run(&[all]).await.unwrap_err();
    assert!(refused.error.is_none(), "{refused}");
    assert!(
        refused.other.contains(&format!("takes {PACKET}")),
        "{refused}"
    );
    assert_eq!(world.state().await, before);

    // when they are named in parts, then each part is a council that does not go live, and
    // nobody is named twice, nor a sixteenth
    let parts = governance::council_parts(&council);
    let sizes: Vec<_> = parts.iter().map(|part| part.members.len()).collect();
    assert_eq!(sizes, [9, 6]);
    let attacks = [
        ("twice", &vaults[3], HomeostatError::InvalidParameter),
        ("a sixteenth", &Vault::numbered(99), HomeostatError::TooMany),
    ];
    for (part, (what, more, error)) in parts.into_iter().zip(attacks) {
        let one = CouncilArgs {
            members: vec![more.seat()],
            append: true,
            ..part.clone()
        };
        set_up(&mut world, part).await;
        not_accepted_by(&mut world, "none of them", &vaults[0].key).await;
        let one = world.create_council_ix(one);
        attack(&mut world, what, &[one], &[], error).await;
    }

    // when all have accepted through their program, then the council decides together
    for vault in &vaults {
        let accept = governance::accept_role(&world.at, &vault.key, RoleKind::Member);
        world.run(&[vault.calls(0, &accept)]).await.unwrap();
    }
    world.go_live().await.unwrap();
    let id = world.next_proposal(&routine()).await;
    let payer = world.bank.payer().pubkey();
    let propose = governance::propose(&world.at, &vaults[0].key, &payer, routine(), None);
    world.run(&[vaults[0].calls(0, &propose)]).await.unwrap();
    for vault in &vaults[1..] {
        assert!(world.proposal(id).await.is(ProposalState::Active));
        let approve = governance::approve(&world.at, &vault.key, id);
        world.run(&[vault.calls(0, &approve)]).await.unwrap();
    }
    assert!(world.proposal(id).await.is(ProposalState::Queued));
}
