//! Feeds: numbers from outside that reporters sign and a controller may follow.

mod draft;
mod followed;
mod reports;

use homeostat::state::{log::NOT_CAPPED, StoredDecision, StoredState};
use homeostat_client::{
    decode,
    event::Event,
    instruction::{self as ix, Report, Vault},
    log::{self as chain, Record},
    AccountMeta, ControllerSettings, DecisionRecord, Direction, FeedSettings, Funding, Metric,
    Parameter, Pubkey, Setting, Wiring,
};
use homeostat_control::{step, Flags, Fx, HoldReason, Input};
use homeostat_sandbox::{
    world::{TOKEN, WEEK},
    World, WorldSpec,
};
use homeostat_tests::{
    anchor, assert_sound, attack, exchange, refused, unchanged, unsigned, HomeostatError,
};
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
        wiring: Wiring::of(metric),
        direction: Direction::Reverse,
        setpoint_q48: 100 * ONE,
        average_half_life: 0,
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
        kf_q48: 0,
        w_ref_q48: 0,
        f_max_q48: 0,
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
        w: record.w(),
        reference: record.reference(),
        applied: (record.applied != NOT_CAPPED).then_some(record.applied),
        tripped: false,
    };
    let (state, decision) = step(&before.config(), &before.state(), &input);
    assert_eq!(after.state, StoredState::from(&state), "{decision:#?}");
    assert_eq!(after.last, StoredDecision::from(&decision));
    assert_eq!(
        (record.metric, record.before),
        (Metric::Feed0 as u8, before.state)
    );
    assert_eq!(
        (record.held, record.flags),
        (after.last.held, after.last.flags)
    );
    record
}

fn held(record: &DecisionRecord, reason: HoldReason) -> bool {
    Flags(record.flags).contains(Flags::HELD) && record.held == reason as u8
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
