//! The decision log: a hash chain in a ring, from which every decision recomputes.

use super::*;

#[tokio::test]
async fn success_the_log_alone_recomputes_every_decision() {
    // Given a log that keeps everything, and a life with some of everything:
    // caps, empty pools, late cranks, latches, a supply floor.
    let mut world = World::build(&WorldSpec {
        liquidity: vec![1],
        limits: Some(LimitSettings {
            period_emission_ppm: 1_400,
            ..limits()
        }),
        ..WorldSpec::default()
    })
    .await;
    let payer = world.creator.pubkey();
    for _ in 0..4 {
        let grow = ix::grow_log(&world.at, &payer, 20);
        world.run(&[grow]).await.unwrap();
    }
    let live = world.bank.now();
    let mut latched_at = 0;
    let alice = world.wallet(300_000_000 * TOKEN).await;
    let amm_vault = world.pools[1].amm_vault.unwrap();
    let mint = world.at.mint;
    for period in 0..20 {
        match period {
            2 => drop(world.staker(300_000_000 * TOKEN).await),
            4 => {
                give(&mut world, &amm_vault, 60_000_000 * TOKEN).await;
                liquidity_staker(&mut world, 1, 77).await;
            }
            7 => {
                latched_at = world.bank.now();
                edit(&mut world, |e| {
                    homeostat_tests::latch(&mut e.controllers[1], latched_at)
                })
                .await;
            }
            11 => {
                let supply = world.bank.supply(&mint).await;
                edit(&mut world, |e| e.limits.supply_floor = supply - 5).await;
            }
            13 => world.bank.advance(3 * WEEK + 11).await,
            15 => world.bank.advance(6 * WEEK).await,
            _ => (),
        }
        if period % 3 != 0 {
            pay_through(&mut world, 0, &alice, (period + 1) * 1_000_000 * TOKEN).await;
            world.collect(0).await.unwrap();
        }
        world.next_period().await.unwrap();
    }

    // The configurations come from the accounts, as their digests confirm; all
    // else from the records.
    let (log, records) = log_of(&mut world).await;
    assert_eq!((log.base_seq, log.head_seq), (0, 84));
    let economy = world.economy().await;
    let (mut capped, mut latched) = (0, 0);
    for (index, controller) in economy.controllers.iter().enumerate() {
        let config = controller.config();
        let Record::Config(first) = &records[index] else {
            panic!("the log begins with the configurations");
        };
        let digest = hashv(&[bytemuck::bytes_of(&controller.config)]).to_bytes();
        assert_eq!(first.digest, digest);
        let guard_config = first.guard_config.law();
        assert_eq!(guard_config, controller.guard_config());
        let mut state = create(&config, live).unwrap();
        let mut guard = GuardState::new(live);
        assert_eq!(first.state, StoredState::from(&state));
        for record in records[4 + index..].iter().step_by(4).map(decision) {
            assert_eq!(record.before, StoredState::from(&state));
            let input = chain::input(record);
            // The one thing that no record tells beforehand: the test latched this guard.
            if index == 1 && (state.last_at..record.to).contains(&latched_at) {
                guard = guard.latch(LatchReason::Spike, latched_at);
            }
            let stepped = guarded_step(
                &config,
                &guard_config,
                &state,
                &guard,
                &Input {
                    tripped: false,
                    ..input
                },
            );
            let (after, made) = chain::recompute(&config, &state, record);
            assert_eq!((stepped.state, stepped.decision), (after, made));
            let made = StoredDecision::from(&made);
            assert_eq!(
                (record.y, record.r, record.z, record.p, record.i, record.d),
                (made.y, made.r, made.z, made.p, made.i, made.d)
            );
            assert_eq!(
                (
                    record.f,
                    record.u0,
                    record.raw,
                    record.slewed,
                    record.limited
                ),
                (made.f, made.u0, made.raw, made.slewed, made.limited)
            );
            assert_eq!(
                (record.u, record.flags, record.held),
                (made.u, made.flags, made.held)
            );
            capped += u32::from(input.applied.is_some());
            latched += u32::from(stepped.guard.latched.is_some());
            state = after;
            guard = stepped.guard;
        }
        assert_eq!(controller.state, StoredState::from(&state));
        assert_eq!(controller.guard, StoredGuardState::from(&guard));
    }
    assert!(capped > 2, "the story has caps in it: {capped}");
    assert!(latched > 0, "the story has latches in it: {latched}");
}

#[tokio::test]
async fn success_the_log_begins_with_the_configurations() {
    let mut world = World::build(&WorldSpec {
        draft: true,
        ..WorldSpec::default()
    })
    .await;
    world.hand_over_mint(Funding::Mint).await;
    let go_live = world.go_live_ix();
    let events = world.bank.events(std::slice::from_ref(&go_live), &[]).await;
    world.run(&[go_live]).await.unwrap();

    let (log, records) = log_of(&mut world).await;
    let economy = world.economy().await;
    let now = world.bank.now();
    assert_eq!((log.base_seq, log.head_seq, log.len), (0, 4, 4));
    assert_eq!(log.base_hash, [0; 32]);
    let [Event::WentLive(event)] = &events[..] else {
        panic!("one event tells of it");
    };
    let size = core::mem::size_of::<StoredConfig>();
    let mut logged = Vec::new();
    for (index, record) in records.iter().enumerate() {
        let Record::Config(record) = record else {
            panic!("a decision before the first crank");
        };
        let controller = &economy.controllers[index];
        assert_eq!(record.seq, index as u64 + 1);
        assert_eq!((record.parameter, record.at), (index as u8, now));
        assert_eq!(record.state, controller.state);
        let config = bytemuck::bytes_of(&controller.config);
        assert_eq!(record.digest, hashv(&[config]).to_bytes());
        // The event carries the configuration behind the digest.
        assert_eq!(&event.configs[index * size..][..size], config);
        logged.extend_from_slice(bytemuck::bytes_of(record));
    }
    assert_eq!(event.records, logged);
}

#[tokio::test]
async fn success_every_crank_adds_four_decisions_and_the_ring_wraps() {
    let mut world = World::new().await;
    let mut hashes: Vec<[u8; 32]> = Vec::new();
    for cranks in 1..=9u64 {
        world.next_period().await.unwrap();
        let (log, records) = log_of(&mut world).await;

        let head = 4 + 4 * cranks;
        assert_eq!(log.head_seq, head);
        assert_eq!(u64::from(log.len), head.min(20));
        assert_eq!(log.base_seq, head.saturating_sub(20));
        // The base is what the chain said when that record was the newest.
        if let Some(before) = log.base_seq.checked_sub(8) {
            assert_eq!(log.base_hash, hashes[before as usize / 4]);
        }
        hashes.push(log.head_hash);
        for (n, record) in records.iter().enumerate() {
            assert_eq!(record.seq(), log.base_seq + n as u64 + 1);
        }
        for (index, record) in records[records.len() - 4..].iter().enumerate() {
            assert_eq!(decision(record).parameter, index as u8);
        }
    }
}

#[tokio::test]
async fn success_a_tampered_log_is_found_out() {
    let mut world = World::new().await;
    for _ in 0..7 {
        world.next_period().await.unwrap();
    }
    let log = world.at.log;
    let data = world.bank.data(&log).await.unwrap();
    assert!(chain::read(&data).is_ok());

    // One flipped bit anywhere in the records or their hashes, ...
    let slots = DecisionLog::SLOTS_AT..DecisionLog::SLOTS_AT + 20 * SLOT_BYTES;
    for at in slots.step_by(101) {
        let mut tampered = data.clone();
        tampered[at] ^= 1;
        assert!(
            matches!(chain::read(&tampered), Err(LogError::Chain { .. })),
            "byte {at}"
        );
    }
    // ... in either end of the chain, ...
    let honest = DecisionLog::SLOTS_AT - core::mem::size_of::<DecisionLog>();
    let edits: [fn(&mut DecisionLog); 6] = [
        |log| log.ring.head_hash[0] ^= 1,
        |log| log.ring.base_hash[31] ^= 1,
        |log| log.ring.head_seq += 1,
        |log| log.ring.base_seq -= 1,
        |log| log.ring.len -= 1,
        |log| log.ring.next -= 1,
    ];
    for (index, edit) in edits.into_iter().enumerate() {
        let mut tampered = data.clone();
        let header = &mut tampered[honest..DecisionLog::SLOTS_AT];
        let mut log: DecisionLog = bytemuck::pod_read_unaligned(header);
        edit(&mut log);
        header.copy_from_slice(bytemuck::bytes_of(&log));
        assert!(chain::read(&tampered).is_err(), "edit {index}");
    }
    // ... a record replaced by its neighbour, or a log cut short.
    let mut tampered = data.clone();
    let (first, second) = (DecisionLog::SLOTS_AT, DecisionLog::SLOTS_AT + SLOT_BYTES);
    tampered.copy_within(first..second, second);
    assert!(chain::read(&tampered).is_err());
    assert!(chain::read(&data[..data.len() - 1]).is_err());
    assert!(chain::read(&data[..100]).is_err());
}
