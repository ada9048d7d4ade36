//! A controller that follows a feed: holds when the feed is thin, silent or empty.

use super::*;

#[tokio::test]
async fn o1_a_crank_reads_the_economys_own_feeds_only() {
    let mut world = World::build(&WorldSpec {
        feeds: vec![Some(five()), Some(five())],
        excluded: 1,
        ..spec()
    })
    .await;
    say(&mut world, 1, &[100, 100, 100]).await;
    to_the_end(&mut world).await;
    let (first, second) = (world.at.feed(0), world.at.feed(1));
    let fake = look_alike(&mut world, &first).await;
    let economy = world.economy().await;
    let crank = world.crank_ix().await;
    let preview = ix::preview(&world.at, &world.pools, &economy, 0);
    for good in [&crank, &preview] {
        let without = |key: Pubkey| {
            let mut instruction = good.clone();
            instruction.accounts.retain(|meta| meta.pubkey != key);
            instruction
        };
        let mut swapped = exchange(good.clone(), &first, &fake);
        swapped = exchange(swapped, &second, &first);
        swapped = exchange(swapped, &fake, &second);
        let mut longer = good.clone();
        longer.accounts.push(AccountMeta::new_readonly(fake, false));
        for (what, instruction) in [
            ("a look-alike", exchange(good.clone(), &first, &fake)),
            ("one for both", exchange(good.clone(), &first, &second)),
            ("swapped", swapped),
            ("without the first", without(first)),
            ("without the second", without(second)),
            ("one too many", longer),
        ] {
            let code = HomeostatError::WrongRemainingAccounts;
            attack(&mut world, what, &[instruction], &[], code).await;
        }
    }
    world.run(&[crank]).await.unwrap();
}

#[tokio::test]
async fn success_a_controller_follows_a_feed() {
    let mut world = live().await;
    world.staker(100_000_000 * TOKEN).await;
    // Below the setpoint more is emitted, above it less; a median has no mean over time.
    let mut outputs = vec![60_000];
    let stories: [(&[i64], i64, u32); 6] = [
        (&[90, 90, 90, 90, 90], 90, 5),
        (&[90, 91, 92, 93, 94], 92, 5),
        (&[80, 81, 79], 80, 3),
        (&[101, 99, 100, 106, 1], 100, 3),
        (&[120, 121, 122, 119, 118], 120, 5),
        (&[130, 131, 132, 133], 131, 4),
    ];
    for (sequence, (values, median, counted)) in (1u64..).zip(stories) {
        let end = world.economy().await.next_end;
        world.bank.set_time(end - HOUR * sequence as i64).await;
        say(&mut world, sequence, values).await;
        to_the_end(&mut world).await;

        let record = crank(&mut world).await;

        assert_eq!(record.y.get(), Fx::from_num(median));
        assert_eq!(i64::from(record.sample_age), HOUR * sequence as i64);
        assert_eq!(record.denominator.get(), u128::from(counted) << 48);
        let numerator = (u128::from(counted) * median as u128) << 48;
        assert_eq!(record.numerator.get(), numerator);
        assert!(!Flags(record.flags).contains(Flags::HELD));
        assert_eq!(
            world.economy().await.value(Parameter::Emission),
            record.u as u64
        );
        outputs.push(record.u);
    }
    assert!(
        outputs[1] > outputs[0] && outputs[3] > outputs[2],
        "{outputs:?}"
    );
    assert!(
        outputs[5] < outputs[4] && outputs[6] < outputs[5],
        "{outputs:?}"
    );
    // The others go on with the program's own measurements.
    let economy = world.economy().await;
    assert!(
        economy.readings[Metric::StakedShare as usize]
            .denominator
            .get()
            > 0
    );
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn o3_a_thin_feed_holds_and_is_not_integrated() {
    let mut world = live().await;
    say(&mut world, 1, &[90, 90, 90, 90, 90]).await;
    world.bank.advance(WEEK - HOUR).await;
    say(&mut world, 2, &[90, 90, 90, 90, 90]).await;
    to_the_end(&mut world).await;
    crank(&mut world).await;
    let before = world.economy().await.controllers[0];

    // Two of five are not enough; nor are five of which two agree.
    let thin: [&[i64]; 2] = [&[50, 50], &[50, 50, 90, 90, 200]];
    for (sequence, values) in (3u64..).zip(thin) {
        to_the_end(&mut world).await;
        say(&mut world, sequence, values).await;
        let record = crank(&mut world).await;

        assert!(held(&record, HoldReason::ThinSamples), "{record:?}");
        assert!(record.denominator.get() > 0, "what was said is on record");
        let now = world.economy().await.controllers[0];
        assert_eq!(
            (now.state.u, now.state.integral),
            (before.state.u, before.state.integral)
        );
    }

    // With a third report it goes on from where it was, without a catch-up.
    to_the_end(&mut world).await;
    say(&mut world, 5, &[90, 90, 90]).await;
    let record = crank(&mut world).await;
    assert!(!Flags(record.flags).contains(Flags::HELD));
    assert!(!Flags(record.flags).contains(Flags::GAP));
    assert!(record.u > before.state.u && record.u - before.state.u <= 20_000);
}

#[tokio::test]
async fn o2_a_feed_that_falls_silent_holds_the_last_output_and_then_lets_go() {
    let mut world = live().await;
    to_the_end(&mut world).await;
    say(&mut world, 1, &[80, 80, 80]).await;
    let first = crank(&mut world).await;
    assert!(first.u > 60_000);

    // Nobody reports any more. Two periods are bridged; then back to the bias, slowly.
    let mut outputs = Vec::new();
    for _ in 0..5 {
        to_the_end(&mut world).await;
        let record = crank(&mut world).await;
        assert!(held(&record, HoldReason::Missing), "{record:?}");
        assert_eq!((record.denominator.get(), record.sample_age), (0, 0));
        outputs.push(record.u);
    }
    assert_eq!(outputs[..2], [first.u; 2]);
    assert!(outputs[2] <= first.u && outputs[4] == 60_000, "{outputs:?}");

    // Reports that the feed takes are still too old for this controller.
    let end = world.economy().await.next_end;
    world.bank.set_time(end - 12 * HOUR - 1).await;
    say(&mut world, 2, &[80, 80, 80]).await;
    to_the_end(&mut world).await;
    let record = crank(&mut world).await;
    assert!(held(&record, HoldReason::Stale), "{record:?}");
    assert_eq!(i64::from(record.sample_age), 12 * HOUR + 1);

    let end = world.economy().await.next_end;
    world.bank.set_time(end - 12 * HOUR).await;
    say(&mut world, 3, &[80, 80, 80]).await;
    to_the_end(&mut world).await;
    let record = crank(&mut world).await;
    assert!(!Flags(record.flags).contains(Flags::HELD) && record.u > 60_000);
}

#[tokio::test]
async fn o3_the_oldest_report_that_counts_tells_the_age() {
    let mut world = live().await;
    let end = world.economy().await.next_end;
    // Two old ones and one new one: not stale for the feed, but for the controller.
    world.bank.set_time(end - 13 * HOUR).await;
    say(&mut world, 1, &[100, 100]).await;
    to_the_end(&mut world).await;
    let fresh = now(&world, 1, 100);
    world.report(0, &reporter(4), &fresh).await.unwrap();

    let record = crank(&mut world).await;

    assert!(held(&record, HoldReason::Stale));
    assert_eq!(i64::from(record.sample_age), 13 * HOUR);
}

/// While more honest reporters are fresh than dishonest ones, a reading lies between
/// two honest reports; when only one is left, within the spread of that one.
#[tokio::test]
async fn o3_two_colluders_of_five_do_not_move_a_reading_beyond_the_honest_ones() {
    let mut world = live().await;
    let lies = [1, 50, 94, 96, 99, 101, 104, 106, 200, 1_000_000];
    for (sequence, lie) in (1u64..).zip(lies) {
        // Three honest ones between 98 and 102, and two who say the same.
        to_the_end(&mut world).await;
        say(&mut world, sequence, &[98, 100, 102, lie, lie]).await;
        let record = crank(&mut world).await;
        let y = record.y.get();
        assert!(!Flags(record.flags).contains(Flags::HELD), "{lie}");
        assert!((98..=102).contains(&y.to_num::<i64>()), "{lie}: {y}");
    }

    // Two honest ones are silent: the two decide, but the third has to agree.
    let mut followed = Vec::new();
    for (sequence, lie) in (20u64..).zip([90, 94, 95, 96, 100, 105, 106, 107, 120]) {
        let end = world.economy().await.next_end;
        world.bank.set_time(end).await;
        for (who, value) in [(0, 100), (3, lie), (4, lie)] {
            let report = now(&world, sequence, value);
            world.report(0, &reporter(who), &report).await.unwrap();
        }
        let record = crank(&mut world).await;
        if held(&record, HoldReason::ThinSamples) {
            continue;
        }
        assert_eq!(record.y.get(), Fx::from_num(lie));
        followed.push(lie);
    }
    // |100 - y| <= 5 % of y: from 95.24 to 105.26.
    assert_eq!(followed, [96, 100, 105]);
}

#[tokio::test]
async fn success_an_empty_feed_holds_its_controller_and_nothing_else() {
    let mut world = World::build(&WorldSpec {
        feeds: vec![None],
        ..spec()
    })
    .await;
    let staker = world.staker(1_000 * TOKEN).await;
    for _ in 0..2 {
        to_the_end(&mut world).await;
        let record = crank(&mut world).await;
        assert!(held(&record, HoldReason::Missing));
        assert_eq!(record.u, 60_000);
    }
    world.claim(&staker).await.unwrap();
    assert!(world.balance(&staker).await > 0);
    // Nobody can make it say something: it has no reporter.
    let default = now(&world, 1, 1);
    let outcome = world.report(0, &reporter(0), &default).await;
    refused(outcome, HomeostatError::NotAReporter);
}

#[tokio::test]
async fn success_the_breaker_and_funding_work_with_feeds() {
    let mut world = World::build(&WorldSpec {
        funding: Funding::Funded,
        feeds: vec![Some(five()), None, None, None],
        ..spec()
    })
    .await;
    let economy = world.economy().await;
    let breaker = ix::trip_breaker(&world.at, &world.pools, &economy, Vault::Rewards).unwrap();
    refused(world.run(&[breaker]).await, HomeostatError::VaultSolvent);
    to_the_end(&mut world).await;
    say(&mut world, 1, &[100, 100, 100]).await;
    // One step after five periods without a crank: the feed is read once.
    world.bank.advance(5 * WEEK).await;
    say(&mut world, 2, &[90, 90, 90]).await;
    let record = crank(&mut world).await;
    assert!(Flags(record.flags).contains(Flags::GAP));
    assert_eq!(record.y.get(), Fx::from_num(90));
}
