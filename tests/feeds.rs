//! Feeds: create_feed, configure_feed, report_feed, and controllers that follow one.

use homeostat::state::{log::NOT_CAPPED, StoredDecision, StoredState};
use homeostat_client::{
    decode,
    event::Event,
    instruction::{self as ix, Report, Vault},
    log::{self as chain, Record},
    AccountMeta, ControllerSettings, DecisionRecord, Direction, FeedSettings, Funding, Metric,
    Parameter, Pubkey, Setting,
};
use homeostat_control::{step, Flags, Fx, HoldReason, Input};
use homeostat_sandbox::{
    world::{TOKEN, WEEK},
    World, WorldSpec,
};
use homeostat_tests::{anchor, attack, exchange, refused, unchanged, unsigned, HomeostatError};
use solana_account::{AccountSharedData, ReadableAccount};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

/// One, as values are sent.
const ONE: i128 = 1 << 48;
const HOUR: i64 = 3_600;
/// Farthest that a report may lie from the median (ppm): 5 %.
const SPREAD: u32 = 50_000;

/// The key of a reporter.
fn reporter(index: u8) -> Keypair {
    Keypair::new_from_array([100 + index; 32])
}

/// A feed of five, three of which make a reading, good for a day.
fn five() -> FeedSettings {
    FeedSettings {
        label: *b"price in cents\0\0",
        reporters: (0..5).map(|index| reporter(index).pubkey()).collect(),
        quorum: 3,
        max_spread_ppm: SPREAD,
        max_age: 24 * HOUR as u32,
    }
}

/// An emission controller that holds a feed's value at 100: below it, more is emitted.
fn follower(metric: Metric) -> ControllerSettings {
    ControllerSettings {
        metric,
        direction: Direction::Reverse,
        setpoint_q48: 100 * ONE,
        scale_q48: 100 * ONE,
        bias_q48: 60_000 * ONE,
        kp_q48: 100_000 * ONE,
        ki_q48: 20_000 * ONE,
        kd_q48: 30_000 * ONE,
        filter_q48: ONE,
        dead_band_q48: 0,
        half_life: 0,
        min_ppm: 10_000,
        max_ppm: 200_000,
        slew_up_ppm: Some(20_000),
        slew_down_ppm: Some(20_000),
        max_periods: 4,
        max_hold: 2,
        max_age: 12 * HOUR as u32,
        min_samples: 3,
    }
}

/// What an economy whose emission follows its first feed is built from.
fn spec() -> WorldSpec {
    WorldSpec {
        feeds: vec![Some(five())],
        controllers: vec![(Parameter::Emission, follower(Metric::Feed0))],
        ..WorldSpec::default()
    }
}

async fn live() -> World {
    World::build(&spec()).await
}

async fn draft() -> World {
    World::build(&WorldSpec {
        draft: true,
        ..spec()
    })
    .await
}

fn create_ix(world: &World, index: u8) -> Instruction {
    ix::create_feed(&world.at, &world.creator.pubkey(), index)
}

fn configure_ix(world: &World, index: u8, settings: FeedSettings) -> Instruction {
    ix::configure_feed(&world.at, &world.creator.pubkey(), index, settings)
}

/// A report as of now.
fn now(world: &World, sequence: u64, value: i64) -> Report {
    Report {
        sequence,
        value_q48: i128::from(value) * ONE,
        observed_at: world.bank.now(),
    }
}

/// The first reporters say these values now.
async fn say(world: &mut World, sequence: u64, values: &[i64]) {
    for (index, value) in values.iter().enumerate() {
        let report = now(world, sequence, *value);
        let reporter = reporter(index as u8);
        world.report(0, &reporter, &report).await.unwrap();
    }
}

/// Goes to the end of the period.
async fn to_the_end(world: &mut World) {
    let end = world.economy().await.next_end;
    world.bank.set_time(end).await;
}

async fn preview(world: &mut World) -> StoredDecision {
    let economy = world.economy().await;
    let preview = ix::preview(&world.at, &world.pools, &economy, 0);
    decode::preview(&world.run(&[preview]).await.unwrap().return_data).unwrap()
}

/// Cranks; the emission's decision is what a preview said before, and recomputes from
/// its record alone.
async fn crank(world: &mut World) -> DecisionRecord {
    let previewed = preview(world).await;
    let before = world.economy().await.controllers[0];
    world.crank().await.unwrap();
    let after = world.economy().await.controllers[0];
    assert_eq!(after.last, previewed);

    let log = world.at.log;
    let data = world.bank.data(&log).await.unwrap();
    let (_, records) = chain::read(&data).unwrap();
    let Record::Decision(record) = records[records.len() - 4] else {
        panic!("no decision");
    };
    let input = Input {
        now: record.to,
        y: record.sample(),
        w: None,
        applied: (record.applied != NOT_CAPPED).then_some(record.applied),
        tripped: false,
    };
    let (state, decision) = step(&before.config(), &before.state(), &input);
    assert_eq!(after.state, StoredState::from(&state), "{decision:#?}");
    assert_eq!(after.last, StoredDecision::from(&decision));
    assert_eq!((record.metric, record.before), (4, before.state));
    assert_eq!(
        (record.held, record.flags),
        (after.last.held, after.last.flags)
    );
    record
}

fn held(record: &DecisionRecord, reason: HoldReason) -> bool {
    Flags(record.flags).contains(Flags::HELD) && record.held == reason as u8
}

// ---------------------------------------------------------------- create and configure

#[tokio::test]
async fn success_feeds_are_numbered_as_they_come_and_say_nothing() {
    let mut world = World::build(&WorldSpec {
        draft: true,
        ..WorldSpec::default()
    })
    .await;
    for index in 0..4 {
        let create = create_ix(&world, index);
        let events = world.bank.events(std::slice::from_ref(&create), &[]).await;
        let [Event::FeedCreated(created)] = &events[..] else {
            panic!("exactly one event");
        };
        assert_eq!(created.economy, world.at.economy);
        assert_eq!((created.feed, created.index), (world.at.feed(index), index));
        world.run(&[create]).await.unwrap();
        world.feeds += 1;
    }

    let economy = world.economy().await;
    assert_eq!(economy.feed_count, 4);
    for index in 0..4 {
        let feed = world.feed(index).await;
        assert_eq!(economy.feeds[usize::from(index)], world.at.feed(index));
        assert_eq!((feed.index, feed.reporter_count), (index, 0));
        assert_eq!(feed.economy, world.at.economy);
        assert_eq!(feed.payer, world.creator.pubkey());
        assert_eq!(feed.reading(world.bank.now()), None);
    }
    let fifth = create_ix(&world, 4);
    attack(
        &mut world,
        "a fifth",
        &[fifth],
        &[],
        HomeostatError::TooMany,
    )
    .await;
}

#[tokio::test]
async fn fail_feeds_are_created_in_a_draft_by_its_creator_in_order() {
    let mut world = draft().await;
    let stranger = world.wallet(0).await;
    let payer = stranger.pubkey();
    world.bank.airdrop(&payer, 1_000_000_000).await;
    let good = create_ix(&world, 1);

    let theirs = exchange(good.clone(), &world.creator.pubkey(), &payer);
    attack(
        &mut world,
        "by a stranger",
        &[theirs],
        &[&stranger.key],
        HomeostatError::Unauthorized,
    )
    .await;
    for index in [0, 2, 255] {
        let wrong = create_ix(&world, index);
        attack(
            &mut world,
            "out of order",
            &[wrong],
            &[],
            HomeostatError::InvalidParameter,
        )
        .await;
    }
    let elsewhere = exchange(good.clone(), &world.at.feed(1), &world.at.feed(2));
    attack(
        &mut world,
        "at another address",
        &[elsewhere],
        &[],
        anchor::CONSTRAINT_SEEDS,
    )
    .await;

    world.run(&[good]).await.unwrap();
    let mut world = live().await;
    let late = create_ix(&world, 1);
    attack(
        &mut world,
        "late",
        &[late],
        &[],
        HomeostatError::NotPermitted,
    )
    .await;
}

#[tokio::test]
async fn success_a_feed_is_set_and_told_with_old_and_new() {
    let mut world = draft().await;
    let new = FeedSettings {
        label: *b"TVL, thousand US",
        reporters: vec![reporter(7).pubkey(), reporter(1).pubkey()],
        quorum: 2,
        max_spread_ppm: 500_000,
        max_age: 60,
    };
    let configure = configure_ix(&world, 0, new.clone());
    let events = world
        .bank
        .events(std::slice::from_ref(&configure), &[])
        .await;
    let [Event::FeedConfigured(event)] = &events[..] else {
        panic!("exactly one event");
    };
    assert_eq!(
        (event.economy, event.feed),
        (world.at.economy, world.at.feed(0))
    );
    assert_eq!((&event.old, &event.new), (&five(), &new));

    world.run(&[configure]).await.unwrap();
    assert_eq!(world.feed(0).await.settings(), new);
}

#[tokio::test]
async fn fail_a_feed_is_set_in_a_draft_by_its_creator_within_its_ranges() {
    let mut world = draft().await;
    let stranger = world.bank.fresh_key();
    let good = configure_ix(&world, 0, five());
    let theirs = exchange(good.clone(), &world.creator.pubkey(), &stranger.pubkey());
    attack(
        &mut world,
        "by a stranger",
        &[theirs],
        &[&stranger],
        HomeostatError::Unauthorized,
    )
    .await;

    let five = five();
    for (what, settings, code) in [
        (
            "nobody",
            FeedSettings {
                reporters: Vec::new(),
                ..five.clone()
            },
            HomeostatError::InvalidParameter,
        ),
        (
            "eight",
            FeedSettings {
                reporters: (0..8).map(|index| reporter(index).pubkey()).collect(),
                quorum: 5,
                ..five.clone()
            },
            HomeostatError::InvalidParameter,
        ),
        (
            "one twice",
            FeedSettings {
                reporters: [0, 1, 2, 3, 0].map(|i| reporter(i).pubkey()).to_vec(),
                ..five.clone()
            },
            HomeostatError::DuplicateAccount,
        ),
        (
            "no majority",
            FeedSettings {
                quorum: 2,
                ..five.clone()
            },
            HomeostatError::InvalidParameter,
        ),
        (
            "any spread",
            FeedSettings {
                max_spread_ppm: 500_001,
                ..five.clone()
            },
            HomeostatError::InvalidParameter,
        ),
        (
            "any age",
            FeedSettings {
                max_age: u32::MAX,
                ..five.clone()
            },
            HomeostatError::InvalidParameter,
        ),
    ] {
        let configure = configure_ix(&world, 0, settings);
        attack(&mut world, what, &[configure], &[], code).await;
    }

    // The creator of another economy in the same bank, with this one's feed.
    let rival = World::build_on(
        world.bank,
        &WorldSpec {
            draft: true,
            ..spec()
        },
    )
    .await;
    let (theirs, ours) = (world.at.feed(0), rival.at.feed(0));
    world.bank = rival.bank;
    world.at = rival.at;
    let foreign = exchange(configure_ix(&world, 0, five.clone()), &ours, &theirs);
    attack(
        &mut world,
        "another economy's feed",
        &[foreign],
        &[],
        anchor::CONSTRAINT_HAS_ONE,
    )
    .await;

    let mut world = live().await;
    let late = configure_ix(&world, 0, five);
    attack(&mut world, "late", &[late], &[], HomeostatError::NotDraft).await;
}

#[tokio::test]
async fn fail_a_controller_follows_only_a_feed_that_exists_and_within_reason() {
    let mut world = draft().await;
    let before = world.state().await;
    let good = follower(Metric::Feed0);
    for (what, settings) in [
        ("no such feed", follower(Metric::Feed1)),
        ("the last feed", follower(Metric::Feed3)),
        (
            "any number of reports",
            ControllerSettings {
                min_samples: 0,
                ..good
            },
        ),
        (
            "more than there can be",
            ControllerSettings {
                min_samples: 8,
                ..good
            },
        ),
        (
            "no age",
            ControllerSettings {
                max_age: 59,
                ..good
            },
        ),
        (
            "any age",
            ControllerSettings {
                max_age: 2_592_001,
                ..good
            },
        ),
    ] {
        let parameter = Parameter::Burn;
        let outcome = world
            .configure(Setting::Controller {
                parameter,
                settings,
            })
            .await;
        refused(outcome, HomeostatError::InvalidParameter);
        unchanged(what, &before, &world.state().await);
    }
}

#[tokio::test]
async fn success_closing_a_draft_returns_the_rent_of_its_feeds() {
    let mut world = World::build(&WorldSpec {
        draft: true,
        feeds: vec![None, Some(five())],
        ..WorldSpec::default()
    })
    .await;
    let close = |world: &World, feeds: u8| {
        ix::close(
            &world.at,
            &world.creator.pubkey(),
            &world.reserve,
            &world.token_program,
            &ix::Parts {
                feeds,
                ..world.parts()
            },
        )
    };
    for (what, instruction) in [
        ("without feeds", close(&world, 0)),
        ("without one", close(&world, 1)),
        ("with one too many", close(&world, 3)),
        (
            "with one for both",
            exchange(close(&world, 2), &world.at.feed(1), &world.at.feed(0)),
        ),
    ] {
        let code = HomeostatError::NotClosable;
        attack(&mut world, what, &[instruction], &[], code).await;
    }

    let rent = world.bank.lamports(&world.at.feed(0).clone()).await;
    assert!(rent > 0);
    let good = close(&world, 2);
    world.run(&[good]).await.unwrap();
    for index in 0..2 {
        assert_eq!(world.bank.lamports(&world.at.feed(index).clone()).await, 0);
    }
}

// ---------------------------------------------------------------- report

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

/// An account of another program with a feed's bytes.
async fn look_alike(world: &mut World, of: &Pubkey) -> Pubkey {
    let real = world.bank.account(of).await.unwrap();
    let key = Pubkey::new_unique();
    let mut fake = AccountSharedData::new(real.lamports(), 0, &Pubkey::new_unique());
    fake.set_data_from_slice(real.data());
    world.bank.set_account(&key, &fake);
    key
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

// ---------------------------------------------------------------- following

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
    let sound = world.check_invariants().await;
    assert!(sound.all_hold(), "{sound:#?}");
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
