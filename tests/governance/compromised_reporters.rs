//! What compromised reporters of a feed can do to an economy that follows it.

use homeostat_client::{
    governance::q48, instruction::Report, ControllerSettings, Direction, FeedSettings, Metric,
    Parameter, Wiring,
};
use homeostat_sandbox::{World, WorldSpec};
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::{compromised_keys::emission, DAY, HOUR};

fn reporter(index: u8) -> Keypair {
    Keypair::new_from_array([100 + index; 32])
}

/// Emission follows a feed of five reporters that should stand at 100.
async fn fed_economy() -> World {
    let one = q48(1.0);
    let mut world = World::build(&WorldSpec {
        feeds: vec![Some(FeedSettings {
            label: *b"price in cents\0\0",
            reporters: (0..5).map(|index| reporter(index).pubkey()).collect(),
            quorum: 3,
            max_spread_ppm: 50_000,
            max_age: DAY as u32,
        })],
        controllers: vec![(
            Parameter::Emission,
            ControllerSettings {
                wiring: Wiring::of(Metric::Feed0),
                direction: Direction::Reverse,
                setpoint_q48: 100 * one,
                average_half_life: 0,
                scale_q48: 100 * one,
                bias_q48: 60_000 * one,
                kp_q48: 100_000 * one,
                ki_q48: 20_000 * one,
                kd_q48: 0,
                filter_q48: 10 * one,
                dead_band_q48: 0,
                half_life: 0,
                min_ppm: 10_000,
                max_ppm: 200_000,
                slew_up_ppm: Some(20_000),
                slew_down_ppm: Some(20_000),
                kf_q48: 0,
                w_ref_q48: 0,
                f_max_q48: 0,
                max_periods: 4,
                max_hold: 4,
                max_age: DAY as u32,
                min_samples: 3,
            },
        )],
        ..WorldSpec::default()
    })
    .await;
    // Noise of one part in a hundred, as honest reporters see it.
    for week in 0..12 {
        tell(&mut world, week + 1, |index, week| {
            99.0 + (week % 3) as f64 + 0.1 * f64::from(index)
        })
        .await;
        world.next_period().await.unwrap();
    }
    world
}

/// Every reporter says what `value` gives, an hour before the period's end.
async fn tell(world: &mut World, sequence: u64, value: impl Fn(u8, u64) -> f64) {
    let end = world.economy().await.next_end;
    world.bank.set_time(end - HOUR).await;
    for index in 0..5 {
        let report = Report {
            sequence,
            value_q48: q48(value(index, sequence)),
            observed_at: world.bank.now(),
        };
        world.report(0, &reporter(index), &report).await.unwrap();
    }
}

#[tokio::test]
async fn a_manipulated_feed_moves_the_emission_by_its_slew_until_the_guard_holds() {
    // Given two reporters of five who lie: the median stays between honest reports.
    let mut world = fed_economy().await;
    let before = emission(&mut world).await;
    tell(
        &mut world,
        13,
        |index, _| if index < 2 { 1.0 } else { 100.0 },
    )
    .await;
    world.next_period().await.unwrap();
    let two = emission(&mut world).await;
    assert_eq!((before, two), (60_259, 59_540));

    // Given three, who can say what they like: the guard sees the leap and holds.
    let before = emission(&mut world).await;
    tell(
        &mut world,
        14,
        |index, _| if index < 3 { 1.0 } else { 100.0 },
    )
    .await;
    world.next_period().await.unwrap();
    let held = world.economy().await.controllers[0];
    assert_eq!(emission(&mut world).await, before);
    assert_ne!(held.guard.latched, 0);

    // If they creep instead, by a hundredth a week, the emission follows at its slew.
    let mut world = fed_economy().await;
    let mut course = vec![emission(&mut world).await];
    for week in 0..26u64 {
        let lie = 100.0 * 0.99f64.powi(week as i32 + 1);
        tell(
            &mut world,
            13 + week,
            |index, _| if index < 3 { lie } else { 100.0 },
        )
        .await;
        world.next_period().await.unwrap();
        course.push(emission(&mut world).await);
    }
    // From 6 % to 14.5 % a year in half a year, when the council needs six days to
    // replace the reporters.
    assert_eq!(
        (course[0], course[1], course[26]),
        (60_259, 60_640, 144_921)
    );
    assert_eq!(world.economy().await.controllers[0].guard.latched, 0);
}
