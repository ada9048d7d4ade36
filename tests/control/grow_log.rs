//! `grow_log`: both logs grow to their largest capacity and keep their chain.

use super::*;

#[tokio::test]
async fn success_grow_log_to_its_largest_capacity() {
    let mut world = World::new().await;
    let payer = world.wallet(0).await;
    world.bank.airdrop(&payer.pubkey(), 2_000_000_000).await;
    let (at, log) = (world.at, world.at.log);

    let mut slots = 20;
    while slots < 256 {
        let grow = ix::grow_log(&at, &payer.pubkey(), 20);
        let held = world.bank.lamports(&payer.pubkey()).await;
        let rent = world.bank.lamports(&log).await;
        let events = world
            .bank
            .events(std::slice::from_ref(&grow), &[&payer.key])
            .await;
        world.bank.send(&[grow], &[&payer.key]).await.unwrap();

        let new = (slots + 20).min(256);
        let [Event::LogGrown(event)] = &events[..] else {
            panic!("one event tells of it");
        };
        assert_eq!(
            (event.log, event.old_slots, event.new_slots),
            (log, slots, new)
        );
        slots = new;
        let space = DecisionLog::space(slots);
        let (header, _) = log_of(&mut world).await;
        assert_eq!(header.allocated, slots);
        assert_eq!(world.bank.data(&log).await.unwrap().len(), space);
        let due = Rent::default().minimum_balance(space);
        assert_eq!(world.bank.lamports(&log).await, due);
        assert_eq!(
            world.bank.lamports(&payer.pubkey()).await,
            held - (due - rent)
        );
    }
    let grow = ix::grow_log(&at, &payer.pubkey(), 1);
    attack(
        &mut world,
        "a 257th slot",
        &[grow],
        &[&payer.key],
        HomeostatError::LogAtCapacity,
    )
    .await;
    // It is used in full, and wraps where it ends.
    for _ in 0..64 {
        world.next_period().await.unwrap();
    }
    let (header, records) = log_of(&mut world).await;
    assert_eq!((header.capacity, records.len()), (256, 256));
    assert_eq!((header.base_seq, header.head_seq), (4, 260));
}

/// Pauses for more and more seconds: a record of the audit log each.
async fn pauses(world: &mut World, seconds: core::ops::RangeInclusive<u32>) {
    let guardian = world.guardian.insecure_clone();
    for seconds in seconds {
        let (section, reason) = (Section::Stake, PauseReason::Incident);
        let pause = governance::pause(&world.at, &guardian.pubkey(), section, seconds, reason);
        world.send_as(&guardian, pause).await.unwrap();
    }
}

#[tokio::test]
async fn success_the_audit_log_grows_to_its_largest_capacity() {
    let mut world = World::new().await;
    let payer = world.wallet(0).await;
    world.bank.airdrop(&payer.pubkey(), 2_000_000_000).await;
    let at = world.at;
    // Given a ring that has turned and whose next record goes into its middle.
    pauses(&mut world, 1..=30).await;
    let before = world.bank.data(&at.audit).await.unwrap();

    let mut slots = 24;
    while slots < 256 {
        let grow = ix::grow_audit(&at, &payer.pubkey(), 29);
        let events = world
            .bank
            .events(std::slice::from_ref(&grow), &[&payer.key])
            .await;
        world.bank.send(&[grow], &[&payer.key]).await.unwrap();

        let new = (slots + 29).min(256);
        let [Event::LogGrown(event)] = &events[..] else {
            panic!("one event tells of it");
        };
        assert_eq!(
            (event.log, event.old_slots, event.new_slots),
            (at.audit, slots, new)
        );
        slots = new;
        let space = AuditLog::space(slots);
        let data = world.bank.data(&at.audit).await.unwrap();
        assert_eq!(data.len(), space);
        // Growing alone changes no record.
        let records = AuditLog::SLOTS_AT..before.len();
        assert_eq!(data[records.clone()], before[records]);
        let due = Rent::default().minimum_balance(space);
        assert_eq!(world.bank.lamports(&at.audit).await, due);
    }
    let more = ix::grow_audit(&at, &payer.pubkey(), 1);
    attack(
        &mut world,
        "a 257th slot",
        &[more],
        &[&payer.key],
        HomeostatError::LogAtCapacity,
    )
    .await;
    let log: AuditLog = world.bank.fetch(&at.audit).await;
    for ring in [log.ring, log.acts] {
        assert_eq!((ring.allocated, ring.capacity), (256, 24));
    }
    // The new slots come in when the ring wraps, and all of them are used.
    pauses(&mut world, 31..=330).await;
    let log: AuditLog = world.bank.fetch(&at.audit).await;
    let ring = log.acts;
    assert_eq!((ring.capacity, ring.len), (256, 256));
    assert_eq!((ring.base_seq, ring.head_seq), (74, 330));
    // What several decide is in the other ring: the council, and who accepted a role in it.
    assert_eq!((log.ring.len, log.ring.base_seq), (5, 0));
}

#[tokio::test]
async fn success_growth_while_wrapped_keeps_the_chain() {
    // Given a ring that has wrapped and whose next record goes into its middle.
    for cranks_before in [5, 6, 7, 10] {
        let mut world = World::new().await;
        for _ in 0..cranks_before {
            world.next_period().await.unwrap();
        }
        let (old, kept) = log_of(&mut world).await;

        let grow = ix::grow_log(&world.at, &world.creator.pubkey(), 11);
        world.run(&[grow]).await.unwrap();

        // Growing alone changes no record; the new slots come in at the next wrap.
        let (grown, records) = log_of(&mut world).await;
        assert_eq!(records, kept);
        assert_eq!((grown.allocated, grown.capacity), (31, old.capacity));
        for _ in 0..12 {
            world.next_period().await.unwrap();
            log_of(&mut world).await;
        }
        let (full, records) = log_of(&mut world).await;
        assert_eq!((full.capacity, records.len()), (31, 31));
        assert_eq!(full.head_seq, old.head_seq + 48);
    }
}

/// Copies of both logs, as if they were another economy's.
async fn foreign_logs(world: &mut World) -> [Pubkey; 2] {
    let mut copies = [Pubkey::default(); 2];
    for (copy, log) in copies.iter_mut().zip([world.at.log, world.at.audit]) {
        let mut account = world.bank.account(&log).await.unwrap();
        let mut data = account.data().to_vec();
        data[16..48].copy_from_slice(Pubkey::new_unique().as_ref());
        account.set_data_from_slice(&data);
        *copy = Pubkey::new_unique();
        world.bank.set_account(copy, &account);
    }
    copies
}

#[tokio::test]
async fn fail_grow_log() {
    let mut world = World::new().await;
    let payer = world.creator.pubkey();
    let at = world.at;
    for slots in [0, 25, 256, u32::MAX] {
        let grow = ix::grow_log(&at, &payer, slots);
        attack(
            &mut world,
            "a step out of range",
            &[grow],
            &[],
            HomeostatError::InvalidParameter,
        )
        .await;
    }
    for slots in [0, 30, 256, u32::MAX] {
        let grow = ix::grow_audit(&at, &payer, slots);
        attack(
            &mut world,
            "a step of the audit log out of range",
            &[grow],
            &[],
            HomeostatError::InvalidParameter,
        )
        .await;
    }
    let good = ix::grow_log(&at, &payer, 1);
    let forged = world.bank.forge(&at.log).await;
    let forged_audit = world.bank.forge(&at.audit).await;
    let [foreign, foreign_audit] = foreign_logs(&mut world).await;
    let forged_economy = world.bank.forge(&at.economy).await;
    let mallory = Keypair::new();
    let attacks = [
        (
            "a forged log",
            exchange(good.clone(), &at.log, &forged),
            anchor::ACCOUNT_OWNED_BY_WRONG_PROGRAM,
        ),
        (
            "a forged audit log",
            exchange(good.clone(), &at.log, &forged_audit),
            anchor::ACCOUNT_OWNED_BY_WRONG_PROGRAM,
        ),
        (
            "another economy's log",
            exchange(good.clone(), &at.log, &foreign),
            anchor::CONSTRAINT_HAS_ONE,
        ),
        (
            "another economy's audit log",
            exchange(good.clone(), &at.log, &foreign_audit),
            anchor::CONSTRAINT_HAS_ONE,
        ),
        (
            "a forged economy",
            exchange(good.clone(), &at.economy, &forged_economy),
            anchor::ACCOUNT_OWNED_BY_WRONG_PROGRAM,
        ),
        (
            "a pool as log",
            exchange(good.clone(), &at.log, &world.native_pool()),
            anchor::ACCOUNT_DISCRIMINATOR_MISMATCH,
        ),
        (
            "somebody else's money",
            unsigned(exchange(good, &payer, &mallory.pubkey()), &mallory.pubkey()),
            anchor::ACCOUNT_NOT_SIGNER,
        ),
    ];
    for (what, instruction, code) in attacks {
        attack(&mut world, what, &[instruction], &[], code).await;
    }
}
