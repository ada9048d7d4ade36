use homeostat::state::{
    action::OutputLimits, number::U128, Action, Advice, Council, Economy, Parameter, PauseReason,
    PoolSlot, Tunable,
};
use homeostat_control::{Decision, Fx};

use super::*;
use crate::{
    behaviour::Behaviour,
    plant::World,
    scenario::{Calendar, Scenario, Weather},
    Case, Setting,
};

const SUPPLY: u64 = 1_000_000_000_000_000;
const DAY: u32 = 86_400;

fn setting(epochs: usize) -> Setting {
    Setting {
        people: 200,
        calendar: Calendar {
            epochs,
            epoch_days: 1.0,
            period_days: 1.0,
        },
        design: Design::with_defaults(DAY, SUPPLY),
        constants: [60_000, 3_000, 300_000, 100_000],
    }
}

/// An economy that has lived through a hundred periods, the last of them with a boom.
fn lived() -> World {
    let case = Case {
        scenario: Scenario::Bull,
        policy: Policy::Homeostat,
        seed: 7,
    };
    let mut run = setting(100).prepare(case).expect("the program takes it");
    run.world.run(&mut run.steer).expect("nothing is refused");
    run.world
}

fn pools(world: &World) -> Vec<LivePool> {
    let (chain, market) = (world.chain(), world.market());
    let native = LivePool {
        pool: chain.native,
        amm_tokens: 0,
        lp_supply: 0,
    };
    let liquidity = LivePool {
        pool: chain.liquidity,
        amm_tokens: market.tokens,
        lp_supply: market.shares,
    };
    vec![native, liquidity]
}

fn found<'a>(chain: &'a Chain, pools: &'a [LivePool], meters: &'a [Meter]) -> Found<'a> {
    Found {
        economy: &chain.economy,
        pools,
        meters,
        feeds: chain.feeds,
        supply: chain.supply,
        reward_vault: chain.reward_vault,
        treasury: chain.treasury,
        excluded: chain.excluded,
        now: chain.now,
    }
}

fn start_of(world: &World) -> Start {
    let chain = world.chain();
    let meters = [chain.meter];
    Start::of(&found(chain, &pools(world), &meters)).expect("it is live")
}

/// The decisions of `periods` periods in which nobody does anything.
fn decisions(mut chain: Chain, periods: usize) -> Vec<[Decision; 4]> {
    let decide = |_| {
        chain.now = chain.economy.next_end;
        end_period(&mut chain).expect("a period ends").decisions
    };
    (0..periods).map(decide).collect()
}

fn quiet(epochs: usize) -> Vec<Weather> {
    vec![Weather::QUIET; epochs]
}

#[test]
fn an_economy_goes_on_with_the_decisions_that_it_would_have_made() {
    // Given an economy after a hundred periods,
    let world = lived();
    // when a start is made of its accounts, then its next decisions are the same, bit for bit.
    let expected = decisions(world.chain().clone(), 10);
    assert_eq!(decisions(start_of(&world).chain().clone(), 10), expected);
    // They are no decisions of a new economy: integrals and outputs are where they were.
    let design = start_of(&world).design().expect("it is wired");
    let new = Chain::go_live(&design, world.chain().now).expect("the program takes it");
    assert_ne!(decisions(new, 10), expected);
    // And a period that has only begun is previewed as what a crank now would decide.
    let mut chain = world.chain().clone();
    chain.economy.next_end = chain.now;
    let now = end_period(&mut chain).expect("a period ends").decisions;
    let preview = start_of(&world).preview().expect("it decides");
    assert_eq!(preview.decisions, now);
}

#[test]
fn several_pools_and_meters_count_as_what_they_add_up_to() {
    // Given the same economy with its payments on two meters and its liquidity in two pools,
    let world = lived();
    let chain = world.chain();
    let half = |whole: u64| [whole / 2, whole - whole / 2];
    let half_sum = |whole: U128| [whole.get() / 2, whole.get() - whole.get() / 2].map(U128::new);
    let mut meters = [chain.meter; 2];
    let mut split = [pools(&world)[1]; 2];
    let mut economy = chain.economy.clone();
    for (part, (meter, live)) in meters.iter_mut().zip(&mut split).enumerate() {
        meter.volume = half_sum(meter.volume)[part];
        meter.fees = half_sum(meter.fees)[part];
        meter.burned = half_sum(meter.burned)[part];
        meter.swept_stakers = half_sum(meter.swept_stakers)[part];
        meter.swept_treasury = half_sum(meter.swept_treasury)[part];
        meter.pending_burn = half(meter.pending_burn)[part];
        meter.pending_stakers = half(meter.pending_stakers)[part];
        meter.pending_treasury = half(meter.pending_treasury)[part];
        let lane = &mut economy.stream.lanes[1 + part];
        let whole = chain.economy.stream.lanes[1];
        lane.acc_q64 = half_sum(whole.acc_q64)[part];
        lane.rate_q64 = half_sum(whole.rate_q64)[part];
        economy.pools[1 + part] = PoolSlot {
            pool: [part as u8 + 40; 32].into(),
            ..chain.economy.pools[1]
        };
        let pool = &mut live.pool;
        pool.lane += part as u8;
        pool.total = half(pool.total)[part];
        pool.unbonding = half(pool.unbonding)[part];
        pool.claimed = half(pool.claimed)[part];
        pool.seen_emission_q64 = half_sum(pool.seen_emission_q64)[part];
        pool.distributed_q64 = half_sum(pool.distributed_q64)[part];
        pool.returned_emission_q64 = half_sum(pool.returned_emission_q64)[part];
        pool.depths = pool.depths.map(|depth| half(depth)[part]);
        live.amm_tokens = half(live.amm_tokens)[part];
        live.lp_supply = half(live.lp_supply)[part];
    }
    economy.pool_count = 3;
    economy.meter_count = 2;
    let all = [pools(&world)[0], split[0], split[1]];
    let found = Found {
        economy: &economy,
        ..found(chain, &all, &meters)
    };
    // when a start is made of it, then it decides as before,
    let start = Start::of(&found).expect("it is live");
    assert_eq!(
        decisions(start.chain().clone(), 5),
        decisions(start_of(&world).chain().clone(), 5)
    );
    // and a list that leaves one out is refused.
    let one = [chain.meter];
    let short = Found {
        meters: &one,
        ..found
    };
    assert_eq!(Start::of(&short).err(), Some(Unfit::Incomplete));
    let short = Found {
        pools: &all[..2],
        ..found
    };
    assert_eq!(Start::of(&short).err(), Some(Unfit::Incomplete));
}

#[test]
fn people_begin_where_the_economy_is_and_stay_near_it_in_quiet_times() {
    let world = lived();
    let start = start_of(&world);
    let chain = world.chain();
    let measured = chain.native.total as f64 / chain.economy.totals.circulating as f64;
    let turnover = start.turnover.expect("there were payments");
    for seed in 0..6 {
        // Given other people, drawn from the ranges, who move into it,
        let calendar = Calendar {
            epochs: 60,
            ..*world.calendar()
        };
        let behaviour = Behaviour::of_seed(seed);
        let mut next = World::resume(&start, behaviour, 300, calendar, quiet(60), seed)
            .expect("the program refuses nothing");
        // then what is staked, unbonds and exists is the chain's own, and no token is lost.
        assert_eq!(next.chain().supply, chain.supply);
        assert!(next.is_conserved(), "seed {seed}");
        let theirs: u64 = next.people().iter().map(|p| next.staked(p)).sum();
        assert_eq!(theirs, chain.native.total);
        let (_, mut steer) = start
            .under(Policy::StaticUntuned, [0; 4], 0)
            .expect("it is wired");
        // When sixty quiet days pass, then payments are what was measured,
        next.run(&mut steer).expect("the program refuses nothing");
        assert!(next.is_conserved(), "seed {seed}");
        let days = &next.days()[..30];
        let volume: f64 = days.iter().map(|day| day.volume * day.price).sum();
        let yearly = volume / days[0].circulating / 30.0 * 365.0;
        assert!(
            (yearly / turnover - 1.0).abs() < 0.35,
            "seed {seed}: {yearly} after {turnover}"
        );
        // and the staked share is near what it was.
        let share = next.days()[59].staked_share;
        assert!(
            (share - measured).abs() < 0.12,
            "seed {seed}: {share} after {measured}"
        );
    }
}

#[test]
fn fixed_policies_hold_the_present_values() {
    let world = lived();
    let start = start_of(&world);
    let present = Parameter::ALL.map(|parameter| world.chain().economy.value(parameter) as f64);
    let (held, mut steer) = start
        .under(Policy::StaticUntuned, [0; 4], 0)
        .expect("it is wired");
    let calendar = Calendar {
        epochs: 10,
        ..*world.calendar()
    };
    let mut next = World::resume(&held, Behaviour::at(&[]), 100, calendar, quiet(10), 1)
        .expect("the program refuses nothing");
    next.run(&mut steer).expect("the program refuses nothing");
    assert!(next.days().iter().all(|day| day.values == present));
    // The economy's own controllers are left as they are.
    let (own, _) = start
        .under(Policy::Homeostat, [0; 4], 0)
        .expect("it is wired");
    assert_eq!(own.chain().economy, start.chain().economy);
}

#[test]
fn feeds_go_on_saying_what_they_said() {
    // Given an economy whose fee follows a feed that says 1.25,
    let mut design = setting(10).design;
    let controller = design.of_mut(Parameter::Fee);
    controller.wiring = homeostat::state::Wiring::of(Metric::Feed0);
    controller.config.sampling = Metric::Feed0.sampling();
    controller.config.max_age = DAY;
    controller.config.min_samples = 3;
    (controller.config.y_min, controller.config.y_max) = Metric::Feed0.range();
    controller.config.reference = homeostat_control::Reference::Absolute;
    controller.config.average_half_life = 0;
    controller.config.kf = Fx::ZERO;
    controller.config.w_ref = Fx::ZERO;
    controller.config.f_max = Fx::ZERO;
    controller.config.setpoint = Ramp::constant(Fx::from_num(1));
    let mut chain = Chain::go_live(&design, 1_800_000_000).expect("the program takes it");
    chain.feeds[0] = Some(FeedReading {
        value: Fx::from_num(1.25),
        at: chain.now,
        counted: 5,
        quorum: 3,
    });
    let pools = [chain.native, chain.liquidity].map(|pool| LivePool {
        pool,
        amm_tokens: 0,
        lp_supply: 0,
    });
    let start = Start::of(&found(&chain, &pools, &[chain.meter])).expect("it is live");
    assert!(start.uses_feeds());
    // when days pass, of which one is silent,
    let mut weather = quiet(5);
    weather[3].feed = None;
    let calendar = Calendar {
        epochs: 5,
        epoch_days: 1.0,
        period_days: 1.0,
    };
    let mut world = World::resume(&start, Behaviour::at(&[]), 100, calendar, weather, 1)
        .expect("the program refuses nothing");
    let (_, mut steer) = start
        .under(Policy::Homeostat, [0; 4], 0)
        .expect("it is wired");
    world.run(&mut steer).expect("the program refuses nothing");
    // then the fee's controller measured that on each, and was held on the silent one.
    let fee = Parameter::Fee.index();
    assert!(world.days().iter().all(|day| day.measured[fee] == 1.25));
    let held = world.chain().economy.controllers[fee].state.held_for;
    assert_eq!(held, 0);
}

#[test]
fn advice_that_waits_is_followed_when_it_is_due() {
    let world = lived();
    let mut chain = world.chain().clone();
    // Given advice to aim a hundredth lower, due in two days, inside the council's range,
    let envelope = &mut chain.economy.controllers[0].envelope;
    envelope.advice_setpoint = Fx::from_num(0.05).into();
    let target = chain.economy.controllers[0].config().setpoint.to - Fx::from_num(0.01);
    chain.economy.advice = Advice {
        value: target.into(),
        eta: chain.now + 2 * i64::from(DAY),
        pending: 1,
        ..Advice::default()
    };
    let pools = pools(&world);
    let start = Start::of(&found(&chain, &pools, &[chain.meter])).expect("it is live");
    let calendar = Calendar {
        epochs: 3,
        ..*world.calendar()
    };
    let mut next = World::resume(&start, Behaviour::at(&[]), 100, calendar, quiet(3), 1)
        .expect("the program refuses nothing");
    let (_, mut steer) = start
        .under(Policy::Homeostat, [0; 4], 0)
        .expect("it is wired");
    // when three days pass, then the setpoint is the old one for one of them.
    let aims = |world: &World| world.chain().economy.controllers[0].config().setpoint.to;
    next.step(&mut steer).expect("the program refuses nothing");
    assert_eq!(aims(&next), target + Fx::from_num(0.01));
    next.step(&mut steer).expect("the program refuses nothing");
    assert_eq!(aims(&next), target);
    assert_eq!(next.chain().economy.advice, Advice::default());
}

/// A council that can decide.
fn council() -> Council {
    use homeostat::state::{CouncilArgs, SeatArgs};
    let seat = |byte: u8| SeatArgs {
        key: [byte; 32].into(),
        via: None,
    };
    let mut council: Council = bytemuck::Zeroable::zeroed();
    let args = CouncilArgs {
        members: vec![seat(1)],
        append: false,
        threshold: 1,
        guardian: seat(2),
        delays: None,
    };
    council.set_up(&args).expect("the program takes it");
    council
}

#[test]
fn what_a_council_decides_is_executed_by_the_programs_rules() {
    let world = lived();
    let mut chain = start_of(&world).chain().clone();
    let config = &mut chain.economy.controllers[0].config;
    config.min = Parameter::Emission.floor();
    let (min_ppm, max_ppm) = (config.min, config.max);
    let bias = config.bias.to.get();
    let rate = chain.economy.stream.emission_rate().expect("no overflow");
    let lower = chain.economy.value(Parameter::Emission) as i64 / 2;
    // The bias has to lie within the limits, so it moves first.
    let tune = Action::Tune {
        parameter: Parameter::Emission,
        field: Tunable::Bias,
        expected_q48: bias.to_bits(),
        value_q48: Fx::from_num(lower).to_bits(),
        over_seconds: 0,
    };
    let narrow = |expected: i64| {
        let limits = Action::Limits {
            parameter: Parameter::Emission,
            expected: OutputLimits {
                min_ppm,
                max_ppm: expected,
            },
            value: OutputLimits {
                min_ppm,
                max_ppm: lower,
            },
        };
        [tune.clone(), limits]
    };
    // When limits are executed that halve the emission, then it streams at half the rate at once.
    let before = chain.economy.clone();
    assert!(execute(&mut chain, &council(), &narrow(max_ppm + 1)).is_err());
    assert_eq!(chain.economy, before, "what is refused changes nothing");
    execute(&mut chain, &council(), &narrow(max_ppm)).expect("the program takes it");
    let halved = chain.economy.stream.emission_rate().expect("no overflow");
    let ratio = halved as f64 / rate as f64;
    assert!((ratio - 0.5).abs() < 1e-4, "{ratio}");
    // What the simulator has no part in changes nothing but the count of executions.
    let before = chain.economy.clone();
    let more = Action::AllowMeters { count: 1 };
    assert_eq!(Reach::of(&more), Reach::NoEffect);
    execute(&mut chain, &council(), &[more]).expect("there is nothing to refuse");
    let same = Economy {
        config_seq: before.config_seq + 1,
        stream: chain.economy.stream,
        ..*before
    };
    assert_eq!(*chain.economy, same);
}

#[test]
fn what_no_run_can_start_in_is_named() {
    let world = lived();
    let chain = world.chain();
    let pools = pools(&world);
    let meters = [chain.meter];
    let with = |change: &dyn Fn(&mut Economy)| {
        let mut economy = chain.economy.clone();
        change(&mut economy);
        let found = Found {
            economy: &economy,
            ..found(chain, &pools, &meters)
        };
        Start::of(&found).err()
    };
    assert_eq!(with(&|_| ()), None);
    assert_eq!(with(&|e| e.life = Life::Draft as u8), Some(Unfit::Draft));
    assert_eq!(
        with(&|e| e.life = Life::Retired as u8),
        Some(Unfit::Retired)
    );
    assert_eq!(
        with(&|e| e.funding = Funding::Funded as u8),
        Some(Unfit::Funded)
    );
    let pause = |e: &mut Economy| {
        e.pause(Section::Pay, 3_600, PauseReason::Market, chain.now)
            .expect("the budget is full");
    };
    let (section, until) = (Section::Pay, chain.now + 3_600);
    assert_eq!(with(&pause), Some(Unfit::Paused { section, until }));
    let supply = |supply: u64| {
        let found = Found {
            supply,
            ..found(chain, &pools, &meters)
        };
        Start::of(&found).err()
    };
    assert_eq!(supply(chain.native.total), Some(Unfit::Inconsistent));
    let free = start_of(&world).free().expect("it adds up");
    let locked = [
        LivePool {
            amm_tokens: 0,
            ..pools[0]
        },
        LivePool {
            amm_tokens: 0,
            ..pools[1]
        },
    ];
    let empty = Found {
        supply: chain.supply - free,
        ..found(chain, &locked, &meters)
    };
    assert_eq!(Start::of(&empty).err(), Some(Unfit::NothingFree));
}
