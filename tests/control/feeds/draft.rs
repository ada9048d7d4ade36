//! `create_feed` and `configure_feed`: feeds of a Draft, and the controllers that follow them.

use super::*;

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
    for (index, code) in [
        (0, homeostat_tests::system::ALREADY_IN_USE),
        (2, HomeostatError::InvalidParameter.into()),
        (255, HomeostatError::InvalidParameter.into()),
    ] {
        let wrong = create_ix(&world, index);
        attack(&mut world, "out of order", &[wrong], &[], code).await;
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
