//! `report_feed`: fresh, in sequence, by its own reporter.

use super::*;

#[tokio::test]
async fn success_a_report_is_kept_and_told() {
    let mut world = draft().await;
    say(&mut world, 5, &[99]).await;
    let first = now(&world, 5, 99);
    world.bank.advance(60).await;

    let report = now(&world, 9, 101);
    let who = reporter(0);
    let send = ix::report_feed(&world.at.feed(0), &who.pubkey(), &report);
    let events = world
        .bank
        .events(std::slice::from_ref(&send), &[&who])
        .await;
    let [Event::FeedReported(event)] = &events[..] else {
        panic!("exactly one event");
    };
    assert_eq!(
        (event.economy, event.feed),
        (world.at.economy, world.at.feed(0))
    );
    assert_eq!(event.reporter, who.pubkey());
    assert_eq!((event.old_sequence, event.new_sequence), (5, 9));
    assert_eq!(
        (event.old_value_q48, event.new_value_q48),
        (first.value_q48, report.value_q48)
    );
    assert_eq!(
        (event.old_observed_at, event.new_observed_at),
        (first.observed_at, report.observed_at)
    );

    world.bank.send(&[send], &[&who]).await.unwrap();
    let slot = world.feed(0).await.reporters[0];
    assert_eq!((slot.key, slot.sequence), (who.pubkey(), 9));
    assert_eq!(slot.value.get(), Fx::from_num(101));
    assert_eq!(slot.observed_at, world.bank.now());
}

#[tokio::test]
async fn o2_what_is_stale_or_from_the_future_or_no_value_is_refused() {
    let mut world = live().await;
    let who = reporter(2);
    let feed = world.at.feed(0);
    let last = now(&world, 3, 100);
    world.report(0, &who, &last).await.unwrap();
    world.bank.advance(48 * HOUR).await;
    let now = world.bank.now();
    let day = 24 * HOUR;
    for (what, value_q48, observed_at, code) in [
        ("zero", 0, now, HomeostatError::InvalidMetric),
        ("negative", -ONE, now, HomeostatError::InvalidMetric),
        (
            "the least there is",
            i128::MIN,
            now,
            HomeostatError::InvalidMetric,
        ),
        (
            "beyond the range",
            1_000_000 * ONE + 1,
            now,
            HomeostatError::InvalidMetric,
        ),
        (
            "the most there is",
            i128::MAX,
            now,
            HomeostatError::InvalidMetric,
        ),
        (
            "a second ahead",
            ONE,
            now + 1,
            HomeostatError::InvalidTimestamp,
        ),
        (
            "the end of time",
            ONE,
            i64::MAX,
            HomeostatError::InvalidTimestamp,
        ),
        (
            "before the last one",
            ONE,
            last.observed_at - 1,
            HomeostatError::InvalidTimestamp,
        ),
        (
            "the beginning of time",
            ONE,
            i64::MIN,
            HomeostatError::InvalidTimestamp,
        ),
        (
            "a second too old",
            ONE,
            now - day - 1,
            HomeostatError::StaleMetric,
        ),
    ] {
        let report = Report {
            sequence: 4,
            value_q48,
            observed_at,
        };
        let send = ix::report_feed(&feed, &who.pubkey(), &report);
        attack(&mut world, what, &[send], &[&who], code).await;
    }
    let report = Report {
        sequence: 4,
        value_q48: 1_000_000 * ONE,
        observed_at: now - day,
    };
    world.report(0, &who, &report).await.unwrap();
}

#[tokio::test]
async fn o5_a_report_counts_once_and_only_its_reporter_sends_it() {
    let mut world = live().await;
    let (who, feed) = (reporter(0), world.at.feed(0));
    let stranger = world.bank.fresh_key();
    let report = now(&world, 7, 100);
    let send = ix::report_feed(&feed, &who.pubkey(), &report);
    world
        .bank
        .send(std::slice::from_ref(&send), &[&who])
        .await
        .unwrap();
    world.bank.advance(60).await;

    attack(
        &mut world,
        "the same again",
        std::slice::from_ref(&send),
        &[&who],
        HomeostatError::OldSequence,
    )
    .await;
    for sequence in [0, 6, 7] {
        let again = ix::report_feed(&feed, &who.pubkey(), &now(&world, sequence, 105));
        attack(
            &mut world,
            "an old number",
            &[again],
            &[&who],
            HomeostatError::OldSequence,
        )
        .await;
    }
    let next = now(&world, 8, 105);
    let theirs = ix::report_feed(&feed, &stranger.pubkey(), &next);
    attack(
        &mut world,
        "a stranger",
        &[theirs],
        &[&stranger],
        HomeostatError::NotAReporter,
    )
    .await;
    // The creator of the economy is no reporter either.
    let creator = world.creator.insecure_clone();
    let theirs = ix::report_feed(&feed, &creator.pubkey(), &next);
    attack(
        &mut world,
        "the creator",
        &[theirs],
        &[&creator],
        HomeostatError::NotAReporter,
    )
    .await;
    let mine = ix::report_feed(&feed, &who.pubkey(), &next);
    attack(
        &mut world,
        "without the signature",
        &[unsigned(mine, &who.pubkey())],
        &[],
        anchor::ACCOUNT_NOT_SIGNER,
    )
    .await;
    // Both of a transaction, or none: the second has the first one's number.
    let twice = ix::report_feed(&feed, &who.pubkey(), &next);
    attack(
        &mut world,
        "twice in a transaction",
        &[twice.clone(), twice],
        &[&who],
        HomeostatError::OldSequence,
    )
    .await;
}

#[tokio::test]
async fn o5_a_rotated_reporter_is_out_at_once_with_what_it_said() {
    let mut world = draft().await;
    say(&mut world, 3, &[90, 100, 100, 100, 110]).await;
    // Reporter 1 goes, 8 comes; 0 moves to the end and keeps its number.
    let mut rotated = five();
    rotated.reporters = [2, 3, 4, 8, 0].map(|i| reporter(i).pubkey()).to_vec();
    let configure = configure_ix(&world, 0, rotated);
    world.run(&[configure]).await.unwrap();

    let feed = world.feed(0).await;
    let sequences: Vec<u64> = feed.active().iter().map(|slot| slot.sequence).collect();
    assert_eq!(sequences, [3, 3, 3, 0, 3]);
    let (old, new, kept) = (reporter(1), reporter(8), reporter(0));
    let at = world.at.feed(0);
    let next = now(&world, 4, 100);
    for (what, who, report, code) in [
        ("the old key", &old, next, HomeostatError::NotAReporter),
        (
            "a number that was used before the rotation",
            &kept,
            now(&world, 3, 100),
            HomeostatError::OldSequence,
        ),
    ] {
        let send = ix::report_feed(&at, &who.pubkey(), &report);
        attack(&mut world, what, &[send], &[who], code).await;
    }
    world.report(0, &new, &now(&world, 1, 100)).await.unwrap();
    world.report(0, &kept, &next).await.unwrap();
}

#[tokio::test]
async fn o1_nothing_but_a_feed_of_the_program_takes_reports() {
    let mut world = live().await;
    let (who, feed) = (reporter(0), world.at.feed(0));
    let fake = look_alike(&mut world, &feed).await;
    let good = ix::report_feed(&feed, &who.pubkey(), &now(&world, 1, 100));
    let meter = world.at.meter(0);
    for (what, account, code) in [
        ("a look-alike", fake, anchor::ACCOUNT_OWNED_BY_WRONG_PROGRAM),
        ("a meter", meter, anchor::ACCOUNT_DISCRIMINATOR_MISMATCH),
        (
            "an economy",
            world.at.economy,
            anchor::ACCOUNT_DISCRIMINATOR_MISMATCH,
        ),
    ] {
        let instruction = exchange(good.clone(), &feed, &account);
        attack(&mut world, what, &[instruction], &[&who], code).await;
    }
    world.bank.send(&[good], &[&who]).await.unwrap();
}
