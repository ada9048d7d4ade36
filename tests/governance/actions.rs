//! Every action: it takes effect as announced, within its range, its class and its step,
//! and only on the value that it expects.

use homeostat::{
    state::action::{AdviceRange, Caps, SlewLimits, Terms},
    YEAR,
};
use homeostat_client::{
    Class, ControllerSettings, Council, Delays, Direction, Economy, FeedSettings, Funding,
    GuardSettings, Metric,
};
use homeostat_control::{change, resume, Change, Fx, Mode};
use homeostat_sandbox::Wallet;
use homeostat_tests::{anchor, attack, exchange, latch, token, unchanged, HomeostatError};

use super::{caps::open_treasury, *};

const E: Parameter = Parameter::Emission;

/// Refused when proposed, with nothing changed.
async fn not_proposed(world: &mut World, what: &str, actions: Vec<Action>, error: HomeostatError) {
    let member = member(world, 0);
    let propose = proposing(world, &member, actions).await;
    attack(world, what, &[propose], &[&member], error).await;
}

/// The class of a proposal of these actions.
async fn class_of(world: &mut World, actions: Vec<Action>) -> u8 {
    let index = world.propose(actions).await.unwrap();
    let class = world.proposal(index).await.class;
    let member = member(world, 0);
    world
        .decide(governance::cancel, &member, index)
        .await
        .unwrap();
    class
}

fn emission_limits(expected: OutputLimits, value: OutputLimits) -> Action {
    Action::Limits {
        parameter: E,
        expected,
        value,
    }
}

/// A ramp of a quantity of the emission's controller, in the law's own bits.
fn tune_bits(field: Tunable, expected: i128, value: i128) -> Action {
    Action::Tune {
        parameter: E,
        field,
        expected_q48: expected,
        value_q48: value,
        over_seconds: 0,
    }
}

fn feed_settings(seed: u8) -> FeedSettings {
    FeedSettings {
        label: [b'a'; 16],
        reporters: vec![Pubkey::new_from_array([seed; 32])],
        quorum: 1,
        max_spread_ppm: 50_000,
        max_age: 3_600,
    }
}

/// The default economy with a liquidity pool and a feed.
async fn whole() -> World {
    World::build(&WorldSpec {
        liquidity: vec![2],
        feeds: vec![Some(feed_settings(1))],
        ..WorldSpec::default()
    })
    .await
}

fn guard_of(economy: &Economy) -> GuardSettings {
    let guard = economy.controllers[0].guard_config;
    GuardSettings {
        enabled: guard.enabled != 0,
        limit: guard.limit,
        slack: guard.slack,
        threshold: guard.threshold,
        floor: guard.floor,
        half_life: guard.half_life,
        min_samples: guard.min_samples,
        frozen: guard.frozen,
        hold_periods: guard.hold_periods,
    }
}

/// Settings like the default ones of the emission, with another bias (ppm).
fn wiring(economy: &Economy, bias: f64) -> ControllerSettings {
    let config = economy.controllers[0].config();
    ControllerSettings {
        metric: Metric::StakedShare,
        direction: Direction::Reverse,
        setpoint_q48: q48(0.55),
        scale_q48: config.scale.to_bits(),
        bias_q48: q48(bias),
        kp_q48: config.kp.to.to_bits(),
        ki_q48: config.ki.to.to_bits(),
        kd_q48: 0,
        filter_q48: config.filter.to.to_bits(),
        dead_band_q48: config.dead_band.to.to_bits(),
        half_life: 0,
        min_ppm: config.min,
        max_ppm: config.max,
        slew_up_ppm: config.slew_up,
        slew_down_ppm: config.slew_down,
        max_periods: config.max_periods,
        max_hold: config.max_hold,
        max_age: config.max_age,
        min_samples: config.min_samples,
    }
}

/// An action on an expected value, twice: `first` and `second` are both right now, and
/// not one after the other. `holds` says whether `first` is in force.
struct Pair {
    what: &'static str,
    class: Class,
    first: Action,
    second: Action,
    holds: fn(&Economy, &Council) -> bool,
}

/// Every action with an expected value.
fn pairs(economy: &Economy, council: &Council) -> Vec<Pair> {
    let config = economy.controllers[0].config();
    let limits = &economy.limits;
    let (caps, terms) = (Caps::of(limits), Terms::of(limits));
    let slew = SlewLimits {
        up_ppm: config.slew_up,
        down_ppm: config.slew_down,
    };
    let none = AdviceRange {
        setpoint_q48: 0,
        bias_q48: 0,
    };
    let guard = guard_of(economy);
    let mut all = Vec::new();
    macro_rules! pair {
        ($what:expr, $class:expr, $make:expr, $first:expr, $second:expr, $holds:expr) => {
            all.push(Pair {
                what: $what,
                class: $class,
                first: ($make)($first),
                second: ($make)($second),
                holds: $holds,
            })
        };
    }
    macro_rules! tune {
        ($what:expr, $class:expr, $field:ident, $member:ident, $first:expr, $second:expr) => {
            pair!(
                $what,
                $class,
                |value: f64| tune_bits(Tunable::$field, config.$member.to.to_bits(), q48(value)),
                $first,
                $second,
                |e, _| e.controllers[0].config().$member.to.to_bits() == q48($first)
            )
        };
    }
    use Class::{Critical, Routine, Standard};
    tune!("setpoint", Routine, Setpoint, setpoint, 0.61, 0.62);
    tune!("bias", Routine, Bias, bias, 61_000.0, 62_000.0);
    tune!("kp", Routine, Kp, kp, 101_000.0, 102_000.0);
    tune!("ki", Routine, Ki, ki, 20_100.0, 20_200.0);
    tune!("kd", Standard, Kd, kd, 1_000.0, 2_000.0);
    tune!("filter", Routine, Filter, filter, 1.01, 1.02);
    tune!("dead-band", Routine, DeadBand, dead_band, 0.021, 0.019);
    pair!(
        "half-life",
        Standard,
        |value| Action::HalfLife {
            parameter: E,
            expected: 0,
            value,
        },
        52 * 604_800,
        26 * 604_800,
        |e, _| e.controllers[0].config.half_life == 52 * 604_800
    );
    pair!(
        "slew",
        Standard,
        |up| Action::Slew {
            parameter: E,
            expected: slew,
            value: SlewLimits {
                up_ppm: up,
                down_ppm: Some(1_000),
            },
        },
        None,
        Some(7),
        |e, _| {
            let config = e.controllers[0].config();
            (config.slew_up, config.slew_down) == (None, Some(1_000))
        }
    );
    pair!(
        "mode",
        Standard,
        |value| Action::Mode {
            parameter: E,
            expected_ppm: None,
            value_ppm: Some(value),
        },
        70_000,
        80_000,
        |e, _| e.controllers[0].config().mode == Mode::Manual(70_000)
    );
    let upto = |max_ppm| OutputLimits {
        max_ppm,
        ..EMISSION_LIMITS
    };
    pair!(
        "narrower limits",
        Standard,
        |max| emission_limits(EMISSION_LIMITS, upto(max)),
        150_000,
        120_000,
        |e, _| e.controllers[0].config.max == 150_000
    );
    pair!(
        "wider limits",
        Critical,
        |max| emission_limits(EMISSION_LIMITS, upto(max)),
        300_000,
        400_000,
        |e, _| e.controllers[0].config.max == 300_000
    );
    pair!(
        "fee split",
        Standard,
        |value_ppm| Action::FeeSplit {
            expected_ppm: 200_000,
            value_ppm,
        },
        1_000_000,
        0,
        |e, _| e.limits.treasury_ppm == 1_000_000
    );
    pair!(
        "pool weight",
        Standard,
        |value| Action::PoolWeight {
            lane: 1,
            expected: 2,
            value,
        },
        9,
        8,
        |e, _| e.pools[1].weight == 9
    );
    pair!(
        "advice range",
        Standard,
        |bias: f64| Action::AdviceRange {
            parameter: E,
            expected: none,
            value: AdviceRange {
                setpoint_q48: 0,
                bias_q48: q48(bias),
            },
        },
        5.0,
        6.0,
        |e, _| e.controllers[0].envelope.advice_bias.get() == 5
    );
    pair!(
        "caps",
        Critical,
        |hard_cap| Action::Caps {
            expected: caps,
            value: Caps { hard_cap, ..caps },
        },
        3_000_000_000 * TOKEN,
        1_500_000_000 * TOKEN,
        |e, _| e.limits.hard_cap == 3_000_000_000 * TOKEN
    );
    let one = |n: u8| vec![Pubkey::new_from_array([n; 32])];
    pair!(
        "exclusions",
        Critical,
        |accounts| Action::Exclude {
            expected: Vec::new(),
            accounts,
        },
        one(61),
        one(62),
        |e, _| e.excluded_count == 1 && e.excluded[0] == Pubkey::new_from_array([61; 32])
    );
    pair!(
        "terms",
        Critical,
        |min_stake| Action::Terms {
            expected: terms,
            value: Terms { min_stake, ..terms },
        },
        10 * TOKEN,
        20 * TOKEN,
        |e, _| e.limits.min_stake == 10 * TOKEN
    );
    pair!(
        "wiring",
        Critical,
        |bias| Action::Wire {
            parameter: E,
            expected_seq: 0,
            settings: wiring(economy, bias),
        },
        50_000.0,
        70_000.0,
        |e, _| e.controllers[0].config().bias.to == 50_000
    );
    pair!(
        "guard",
        Critical,
        |enabled| Action::Guard {
            parameter: E,
            expected: guard,
            value: GuardSettings {
                enabled,
                half_life: 9,
                ..guard
            },
        },
        false,
        true,
        |e, _| e.controllers[0].guard_config.enabled == 0
    );
    pair!(
        "threshold",
        Critical,
        |value| Action::Threshold { expected: 2, value },
        1,
        3,
        |_, c| c.threshold == 1
    );
    let delays = council.delays;
    pair!(
        "delays",
        Critical,
        |routine| Action::Delays {
            expected: delays,
            value: Delays { routine, ..delays },
        },
        DAY as u32,
        2 * DAY as u32,
        |_, c| c.delays.routine == DAY as u32
    );
    all
}

#[tokio::test]
async fn success_every_action_on_a_value_takes_effect_as_announced() {
    let mut world = whole().await;
    let (economy, council) = (world.economy().await, world.council().await);
    for pair in pairs(&economy, &council) {
        let what = pair.what;
        let mut world = whole().await;
        let index = world.queue(vec![pair.first]).await.unwrap();
        let proposal = world.proposal(index).await;
        assert_eq!(proposal.class, pair.class as u8, "{what}");
        let delay = i64::from(council.delays.of(pair.class));
        assert_eq!(proposal.eta, world.bank.now() + delay, "{what}");
        assert!(!(pair.holds)(
            &*world.economy().await,
            &world.council().await
        ));
        world.bank.set_time(proposal.eta).await;
        let before = world.economy().await;
        world.execute(index).await.unwrap();
        let after = world.economy().await;
        assert!((pair.holds)(&after, &world.council().await), "{what}");
        assert_eq!(after.config_seq, before.config_seq + 1, "{what}");
        world.next_period().await.unwrap();
        assert!(world.check_invariants().await.all_hold(), "{what}");
    }
}

#[tokio::test]
async fn g6_an_action_whose_old_value_changed_is_refused() {
    let mut world = whole().await;
    let (economy, council) = (world.economy().await, world.council().await);
    for pair in pairs(&economy, &council) {
        let what = pair.what;
        let mut world = whole().await;
        let first = world.queue(vec![pair.first.clone()]).await.unwrap();
        let second = world.queue(vec![pair.second]).await.unwrap();
        ripen(&mut world, first).await;
        // Were the threshold higher now, the second would lack approvals.
        world.execute(first).await.unwrap();
        let execute = world.execute_ix(second).await;
        let error = HomeostatError::OldValueChanged;
        attack(&mut world, what, &[execute], &[], error).await;
        // Nor is it proposed any more.
        not_proposed(&mut world, what, vec![pair.first], error).await;
    }
}

#[tokio::test]
async fn g6_values_out_of_range_are_not_proposed() {
    let mut world = whole().await;
    let economy = world.economy().await;
    let config = economy.controllers[0].config();
    let limits = &economy.limits;
    let (caps, terms) = (Caps::of(limits), Terms::of(limits));
    let guard = guard_of(&economy);
    let slew = SlewLimits {
        up_ppm: config.slew_up,
        down_ppm: config.slew_down,
    };
    let bits = |field: Tunable| field.ramp(&(&config).into()).to.get().to_bits();
    let tune = |field, value: f64| tune_bits(field, bits(field), q48(value));
    let caps = |value| Action::Caps {
        expected: caps,
        value,
    };
    let old_caps = Caps::of(limits);
    let exclude = |accounts| Action::Exclude {
        expected: Vec::new(),
        accounts,
    };
    let terms_action = |value| Action::Terms {
        expected: terms,
        value,
    };
    let weight = |lane, value| Action::PoolWeight {
        lane,
        expected: 2,
        value,
    };
    let wire = |change: fn(&mut ControllerSettings)| {
        let mut settings = wiring(&economy, 60_000.0);
        change(&mut settings);
        Action::Wire {
            parameter: E,
            expected_seq: 0,
            settings,
        }
    };
    let none = AdviceRange {
        setpoint_q48: 0,
        bias_q48: 0,
    };
    let feed = |index, value| Action::Feed {
        index,
        expected: feed_settings(1),
        value,
    };
    let slow = Action::Tune {
        parameter: E,
        field: Tunable::Setpoint,
        expected_q48: bits(Tunable::Setpoint),
        value_q48: q48(0.61),
        over_seconds: YEAR as u32 + 1,
    };
    use HomeostatError::{DuplicateAccount, InvalidParameter, StepTooLarge, TooMany};
    let cases: Vec<(&str, Action, HomeostatError)> = vec![
        ("a ramp over a year", slow, InvalidParameter),
        (
            "a bias above its limit",
            tune(Tunable::Bias, 200_001.0),
            InvalidParameter,
        ),
        (
            "a bias below its limit",
            tune(Tunable::Bias, 9_999.0),
            InvalidParameter,
        ),
        ("a negative gain", tune(Tunable::Kp, -1.0), InvalidParameter),
        ("no filter", tune(Tunable::Filter, 0.0), InvalidParameter),
        (
            "a dead-band of eight",
            tune(Tunable::DeadBand, 8.0),
            InvalidParameter,
        ),
        (
            "a half-life of a second",
            Action::HalfLife {
                parameter: E,
                expected: 0,
                value: 1,
            },
            InvalidParameter,
        ),
        (
            "a slew without a number",
            Action::Slew {
                parameter: E,
                expected: slew,
                value: SlewLimits {
                    up_ppm: Some(u64::MAX),
                    down_ppm: None,
                },
            },
            InvalidParameter,
        ),
        (
            "a manual value outside",
            Action::Mode {
                parameter: E,
                expected_ppm: None,
                value_ppm: Some(200_001),
            },
            InvalidParameter,
        ),
        (
            "limits in the wrong order",
            emission_limits(
                EMISSION_LIMITS,
                OutputLimits {
                    min_ppm: 60_000,
                    max_ppm: 59_999,
                },
            ),
            InvalidParameter,
        ),
        (
            "limits beside the bias",
            emission_limits(
                EMISSION_LIMITS,
                OutputLimits {
                    min_ppm: 60_001,
                    max_ppm: 200_000,
                },
            ),
            InvalidParameter,
        ),
        (
            "a limit below zero",
            emission_limits(
                EMISSION_LIMITS,
                OutputLimits {
                    min_ppm: -1,
                    max_ppm: 200_000,
                },
            ),
            InvalidParameter,
        ),
        (
            "a split above one",
            Action::FeeSplit {
                expected_ppm: 200_000,
                value_ppm: 1_000_001,
            },
            InvalidParameter,
        ),
        ("no weight", weight(1, 0), InvalidParameter),
        (
            "a weight of the native pool",
            weight(0, 3),
            InvalidParameter,
        ),
        ("a weight of no pool", weight(2, 3), InvalidParameter),
        (
            "a pool without weight",
            Action::AllowPool {
                stake_mint: Pubkey::new_from_array([1; 32]),
                amm_vault: Pubkey::new_from_array([2; 32]),
                weight: 0,
            },
            InvalidParameter,
        ),
        (
            "a pool of nothing",
            Action::AllowPool {
                stake_mint: Pubkey::default(),
                amm_vault: Pubkey::new_from_array([2; 32]),
                weight: 1,
            },
            InvalidParameter,
        ),
        (
            "no meters",
            Action::AllowMeters { count: 0 },
            InvalidParameter,
        ),
        ("nine meters", Action::AllowMeters { count: 8 }, TooMany),
        ("256 meters", Action::AllowMeters { count: 255 }, TooMany),
        (
            "no feeds",
            Action::AllowFeeds { count: 0 },
            InvalidParameter,
        ),
        ("too many feeds", Action::AllowFeeds { count: 255 }, TooMany),
        (
            "a negative range",
            Action::AdviceRange {
                parameter: E,
                expected: none,
                value: AdviceRange {
                    setpoint_q48: -1,
                    bias_q48: 0,
                },
            },
            InvalidParameter,
        ),
        (
            "no cap",
            caps(Caps {
                hard_cap: 0,
                ..old_caps
            }),
            InvalidParameter,
        ),
        (
            "a cap above all",
            caps(Caps {
                hard_cap: u64::MAX,
                ..old_caps
            }),
            InvalidParameter,
        ),
        (
            "a floor at the cap",
            caps(Caps {
                supply_floor: old_caps.hard_cap,
                ..old_caps
            }),
            InvalidParameter,
        ),
        (
            "a burn of an eleventh a period",
            caps(Caps {
                period_burn_ppm: 100_001,
                ..old_caps
            }),
            InvalidParameter,
        ),
        (
            "an outflow of more than there can be",
            caps(Caps {
                outflow_cap: u64::MAX,
                ..old_caps
            }),
            InvalidParameter,
        ),
        (
            "five exclusions",
            exclude((1..6).map(|n| Pubkey::new_from_array([n; 32])).collect()),
            InvalidParameter,
        ),
        (
            "the same exclusion twice",
            exclude(vec![Pubkey::new_from_array([1; 32]); 2]),
            DuplicateAccount,
        ),
        (
            "the zero address",
            exclude(vec![Pubkey::default()]),
            InvalidParameter,
        ),
        (
            "an eleventh a period",
            caps(Caps {
                period_emission_ppm: 100_001,
                ..old_caps
            }),
            InvalidParameter,
        ),
        (
            "no turnover",
            terms_action(Terms {
                turnover_ppm: 9_999,
                ..terms
            }),
            InvalidParameter,
        ),
        (
            "no stake",
            terms_action(Terms {
                min_stake: 0,
                ..terms
            }),
            InvalidParameter,
        ),
        (
            "a bounty of a fortune",
            terms_action(Terms {
                bounty: 100_000_001,
                ..terms
            }),
            InvalidParameter,
        ),
        (
            "unbonding over 90 days",
            terms_action(Terms {
                unbonding: 7_776_001,
                ..terms
            }),
            InvalidParameter,
        ),
        (
            "wired to a scale of 0",
            wire(|s| s.scale_q48 = 0),
            InvalidParameter,
        ),
        (
            "wired above the ceiling",
            wire(|s| s.max_ppm = 1_000_001),
            InvalidParameter,
        ),
        (
            "wired two steps wider",
            wire(|s| s.max_ppm = 450_001),
            StepTooLarge,
        ),
        (
            "wired to a feed that is not",
            wire(|s| s.metric = Metric::Feed3),
            InvalidParameter,
        ),
        (
            "a guard that latches on anything",
            Action::Guard {
                parameter: E,
                expected: guard,
                value: GuardSettings {
                    limit: 1_999_999,
                    ..guard
                },
            },
            InvalidParameter,
        ),
        ("no such feed", feed(1, feed_settings(2)), InvalidParameter),
        (
            "a quorum of half",
            feed(
                0,
                FeedSettings {
                    quorum: 0,
                    ..feed_settings(2)
                },
            ),
            InvalidParameter,
        ),
    ];
    for (what, action, error) in cases {
        not_proposed(&mut world, what, vec![action], error).await;
    }
}

#[tokio::test]
async fn g6_one_proposal_widens_a_limit_by_one_step() {
    let mut world = World::new().await;
    let upto = |max_ppm| OutputLimits {
        max_ppm,
        ..EMISSION_LIMITS
    };
    // A quarter of the ceiling, 25 points, and a ppm more.
    let error = HomeostatError::StepTooLarge;
    let far = vec![emission_limits(EMISSION_LIMITS, upto(450_001))];
    not_proposed(&mut world, "too far", far, error).await;
    // Nor in two steps at once.
    let twice = vec![
        emission_limits(EMISSION_LIMITS, upto(450_000)),
        emission_limits(upto(450_000), upto(700_000)),
    ];
    not_proposed(&mut world, "in two steps", twice, error).await;
    let step = vec![emission_limits(EMISSION_LIMITS, upto(450_000))];
    let index = world.queue(step).await.unwrap();
    assert_eq!(world.proposal(index).await.class, Class::Critical as u8);
    ripen(&mut world, index).await;
    world.execute(index).await.unwrap();
    assert_eq!(world.economy().await.controllers[0].config.max, 450_000);
}

#[tokio::test]
async fn g6_the_envelope_ends_where_it_says() {
    let mut world = World::new().await;
    let config = world.economy().await.controllers[0].config();
    let (routine, standard) = (Class::Routine as u8, Class::Standard as u8);
    let tenth = |whole: Fx| whole.to_bits() / 10;
    let span = Fx::from_num(config.max - config.min);
    for (what, field, whole) in [
        (
            "setpoint: a tenth of the scale",
            Tunable::Setpoint,
            config.scale,
        ),
        ("bias: a tenth of the span", Tunable::Bias, span),
        ("kp: a tenth of itself", Tunable::Kp, config.kp.to),
        ("ki: a tenth of itself", Tunable::Ki, config.ki.to),
        (
            "filter: a tenth of itself",
            Tunable::Filter,
            config.filter.to,
        ),
        (
            "dead-band: a tenth of itself",
            Tunable::DeadBand,
            config.dead_band.to,
        ),
    ] {
        let anchor = field.ramp(&(&config).into()).to.get().to_bits();
        for (sign, way) in [(1, "above"), (-1, "below")] {
            let end = anchor + sign * tenth(whole);
            let at = class_of(&mut world, vec![tune_bits(field, anchor, end)]).await;
            assert_eq!(at, routine, "{what}, {way}, the end itself");
            let beyond = vec![tune_bits(field, anchor, end + sign)];
            assert_eq!(
                class_of(&mut world, beyond).await,
                standard,
                "{what}, {way}"
            );
        }
    }
    // The gravest action is the proposal's class.
    let mixed = vec![setpoint(0.60, 0.61), critical().remove(0)];
    assert_eq!(class_of(&mut world, mixed).await, Class::Critical as u8);
}

#[tokio::test]
async fn g6_small_steps_do_not_move_the_envelope() {
    let mut world = World::new().await;
    world.enact(routine()).await.unwrap();
    // A second small change of the field waits for the next period.
    let again = vec![setpoint(0.62, 0.63)];
    let error = HomeostatError::ChangedThisPeriod;
    not_proposed(&mut world, "twice a period", again.clone(), error).await;
    let twice_at_once = vec![
        tune_bits(Tunable::Bias, q48(60_000.0), q48(61_000.0)),
        tune_bits(Tunable::Bias, q48(61_000.0), q48(62_000.0)),
    ];
    not_proposed(&mut world, "twice at once", twice_at_once, error).await;
    world.next_period().await.unwrap();
    world.enact(again).await.unwrap();
    world.next_period().await.unwrap();
    // However many periods: a tenth of the scale around 0.60, not around 0.63.
    let creeping = class_of(&mut world, vec![setpoint(0.63, 0.67)]).await;
    assert_eq!(creeping, Class::Standard as u8);
    // A Standard change moves it.
    world.enact(vec![setpoint(0.63, 0.70)]).await.unwrap();
    let around = class_of(&mut world, vec![setpoint(0.70, 0.75)]).await;
    assert_eq!(around, Class::Routine as u8);
}

#[tokio::test]
async fn g6_a_second_small_change_in_a_period_is_not_executed_either() {
    // given two small changes of one field queued from the same value
    let mut world = World::new().await;
    let one = world.queue(vec![setpoint(0.60, 0.62)]).await.unwrap();
    let two = world.queue(vec![setpoint(0.60, 0.61)]).await.unwrap();
    ripen(&mut world, two).await;
    world.execute(one).await.unwrap();
    // when the council goes back to that value within the period, by large ones
    let back = vec![setpoint(0.62, 0.90), setpoint(0.90, 0.60)];
    world.enact(back).await.unwrap();
    // then the second is still the second of this period
    let execute = world.execute_ix(two).await;
    let error = HomeostatError::ChangedThisPeriod;
    attack(&mut world, "the second", &[execute], &[], error).await;
    world.next_period().await.unwrap();
    world.execute(two).await.unwrap();
}

/// A world whose controllers have lived: two periods with an error.
async fn lived_in() -> World {
    let mut world = whole().await;
    let staker = world.staker(300_000_000 * TOKEN).await;
    world.next_period().await.unwrap();
    world
        .request_unstake(&staker, 100_000_000 * TOKEN)
        .await
        .unwrap();
    world.next_period().await.unwrap();
    world
}

#[tokio::test]
async fn k4_executed_changes_are_those_of_the_law_and_kick_nothing() {
    let mut first = lived_in().await;
    let economy = first.economy().await;
    let config = economy.controllers[0].config();
    let now_at = |field: Tunable| field.ramp(&(&config).into()).to.get();
    let slew = SlewLimits {
        up_ppm: config.slew_up,
        down_ppm: config.slew_down,
    };
    let ramped = |field: Tunable, value: f64| {
        let value = Fx::from_num(value);
        let action = tune_bits(field, now_at(field).to_bits(), value.to_bits());
        (action, field.change(value, 0))
    };
    let cases: Vec<(&str, (Action, Change))> = vec![
        ("kp", ramped(Tunable::Kp, 200_000.0)),
        ("ki", ramped(Tunable::Ki, 60_000.0)),
        ("kd", ramped(Tunable::Kd, 50_000.0)),
        ("filter", ramped(Tunable::Filter, 3.0)),
        ("dead-band", ramped(Tunable::DeadBand, 0.2)),
        ("setpoint", ramped(Tunable::Setpoint, 0.3)),
        ("bias", ramped(Tunable::Bias, 100_000.0)),
        (
            "half-life",
            (
                Action::HalfLife {
                    parameter: E,
                    expected: 0,
                    value: 26 * 604_800,
                },
                Change::HalfLife(26 * 604_800),
            ),
        ),
        (
            "slew",
            (
                Action::Slew {
                    parameter: E,
                    expected: slew,
                    value: SlewLimits {
                        up_ppm: Some(500),
                        down_ppm: Some(500),
                    },
                },
                Change::Slew {
                    up: Some(500),
                    down: Some(500),
                },
            ),
        ),
        (
            "mode",
            (
                Action::Mode {
                    parameter: E,
                    expected_ppm: None,
                    value_ppm: Some(20_000),
                },
                Change::Mode(Mode::Manual(20_000)),
            ),
        ),
        (
            "limits",
            (
                emission_limits(
                    EMISSION_LIMITS,
                    OutputLimits {
                        max_ppm: 65_000,
                        ..EMISSION_LIMITS
                    },
                ),
                Change::Limits {
                    min: 10_000,
                    max: 65_000,
                },
            ),
        ),
    ];
    for (what, (action, by)) in cases {
        let mut world = lived_in().await;
        let index = world.queue(vec![action]).await.unwrap();
        ripen(&mut world, index).await;
        let before = world.economy().await.controllers[0];
        world.execute(index).await.unwrap();
        let after = world.economy().await.controllers[0];
        // Config and memory are what the law's own change makes of them.
        let now = world.bank.now();
        let (config, state) = change(&before.config(), &before.state(), &by, now).unwrap();
        assert_eq!(after.config(), config, "{what}");
        assert_eq!(after.state(), state, "{what}");
        assert_eq!(after.config_seq, before.config_seq + 1, "{what}");
        // And the next decision moves by a period's slew at most.
        world.next_period().await.unwrap();
        let next = world.economy().await.controllers[0];
        let moved = (next.state.u - after.state.u).unsigned_abs();
        let most = config.slew_up.unwrap_or(u64::MAX);
        assert!(moved <= most, "{what}: {moved} of {most}");
    }
}

#[tokio::test]
async fn k4_rewiring_primes_the_law_at_the_present_value() {
    let mut world = lived_in().await;
    let economy = world.economy().await;
    let settings = wiring(&economy, 90_000.0);
    let wire = Action::Wire {
        parameter: E,
        expected_seq: 0,
        settings,
    };
    let index = world.queue(vec![wire]).await.unwrap();
    ripen(&mut world, index).await;
    let before = world.economy().await.controllers[0];
    world.execute(index).await.unwrap();
    let after = world.economy().await.controllers[0];
    let expected = resume(&after.config(), &before.state(), world.bank.now());
    assert_eq!(after.state(), expected);
    assert_eq!(after.state.u, before.state.u);
    world.next_period().await.unwrap();
    let next = world.economy().await.controllers[0];
    let moved = (next.state.u - before.state.u).unsigned_abs();
    assert!(moved <= before.config.slew_up, "{moved}");
}

#[tokio::test]
async fn k7_tightened_limits_act_on_the_next_payment_and_the_next_second() {
    let mut world = World::new().await;
    let staker = world.staker(1_000 * TOKEN).await;
    let payer = world.wallet(100 * TOKEN).await;
    let fee_limits = OutputLimits {
        min_ppm: 500,
        max_ppm: 10_000,
    };
    let lower_fee = [
        Action::Tune {
            parameter: Parameter::Fee,
            field: Tunable::Bias,
            expected_q48: q48(3_000.0),
            value_q48: q48(2_000.0),
            over_seconds: 0,
        },
        Action::Limits {
            parameter: Parameter::Fee,
            expected: fee_limits,
            value: OutputLimits {
                max_ppm: 2_000,
                ..fee_limits
            },
        },
    ];
    let both: Vec<Action> = lower_emission().into_iter().chain(lower_fee).collect();
    let fee = |ppm: u64| 10 * TOKEN * ppm / 1_000_000;
    let index = world.queue(both).await.unwrap();
    ripen(&mut world, index).await;
    let held = world.balance(&staker).await;
    world.pay(&payer, &staker.tokens, 10 * TOKEN).await.unwrap();
    let paid = world.balance(&staker).await - held;
    assert_eq!(paid, 10 * TOKEN - fee(3_000));
    let before = world.economy().await;
    world.execute(index).await.unwrap();

    // The very next payment, and every second from this one on.
    let held = world.balance(&staker).await;
    world.pay(&payer, &staker.tokens, 10 * TOKEN).await.unwrap();
    let paid = world.balance(&staker).await - held;
    assert_eq!(paid, 10 * TOKEN - fee(2_000));
    let after = world.economy().await;
    let per_second = |economy: &Economy| economy.stream.emission_rate().unwrap();
    assert_eq!(per_second(&after) / 2, per_second(&before) / 3);
    assert_eq!(after.value(E), 40_000);
    // Limits that never bound change nothing of that.
    world.next_period().await.unwrap();
    assert!(world.economy().await.value(E) <= 40_000);
}

#[tokio::test]
async fn f3_a_raised_fee_that_lands_first_is_refused_by_the_payer() {
    let mut world = World::new().await;
    let (alice, bob) = (world.wallet(100 * TOKEN).await, world.wallet(0).await);
    let raise = vec![
        Action::Tune {
            parameter: Parameter::Fee,
            field: Tunable::Bias,
            expected_q48: q48(3_000.0),
            value_q48: q48(4_000.0),
            over_seconds: 0,
        },
        Action::Limits {
            parameter: Parameter::Fee,
            expected: OutputLimits {
                min_ppm: 500,
                max_ppm: 10_000,
            },
            value: OutputLimits {
                min_ppm: 4_000,
                max_ppm: 10_000,
            },
        },
    ];
    let index = world.queue(raise).await.unwrap();
    ripen(&mut world, index).await;
    // given a payment that was signed at 30 basis points
    let payment = ix::Payment {
        payer: alice.pubkey(),
        from: alice.tokens,
        to: bob.tokens,
        shard: 0,
        amount: TOKEN,
        max_fee: TOKEN * 3_000 / 1_000_000,
    };
    let pay = ix::pay(&world.at, &world.token_program, &payment);
    // when the execution is put before it, in one transaction or in the one before
    let execute = world.execute_ix(index).await;
    let error = HomeostatError::FeeAboveMax;
    let sandwich = [execute, pay.clone()];
    attack(&mut world, "sandwich", &sandwich, &[&alice.key], error).await;
    world.execute(index).await.unwrap();
    attack(&mut world, "afterwards", &[pay], &[&alice.key], error).await;
    assert_eq!(world.balance(&alice).await, 100 * TOKEN);
}

#[tokio::test]
async fn success_what_is_allowed_is_built_and_nothing_else() {
    let mut world = whole().await;
    let lp = world.bank.fresh_key().pubkey();
    let payer = world.bank.payer().pubkey();
    world
        .enact(vec![
            Action::AllowPool {
                stake_mint: lp,
                amm_vault: payer,
                weight: 4,
            },
            Action::AllowFeeds { count: 1 },
        ])
        .await
        .unwrap();
    // Another weight, another vault, and a pool that nobody allowed.
    let stake = |mint, amm_vault| ix::StakeMint {
        mint,
        token_program: world.token_program,
        amm_vault: Some(amm_vault),
    };
    let error = HomeostatError::NotPermitted;
    let other = world.pools[1];
    for (what, stake, weight) in [
        ("another weight", stake(lp, payer), 5),
        ("another vault", stake(lp, world.reserve), 4),
        ("another mint", stake(world.at.mint, payer), 4),
        ("one that is there", other, 4),
    ] {
        let create = ix::create_allowed_pool(&world.at, &payer, &stake, weight);
        attack(&mut world, what, &[create], &[], error).await;
    }
    // A permit is used once.
    let anybody = world.bank.fresh_key();
    world.bank.airdrop(&anybody.pubkey(), 1_000_000_000).await;
    let feed = ix::create_allowed_feed(&world.at, &anybody.pubkey(), 1);
    world.send_as(&anybody, feed).await.unwrap();
    let feed = ix::create_allowed_feed(&world.at, &anybody.pubkey(), 2);
    attack(&mut world, "another feed", &[feed], &[&anybody], error).await;
}

#[tokio::test]
async fn success_a_feed_gets_other_reporters_and_nobody_else_does_it() {
    let mut world = whole().await;
    let rotate = |seed, value| Action::Feed {
        index: 0,
        expected: feed_settings(seed),
        value: feed_settings(value),
    };
    let (first, second) = (rotate(1, 2), rotate(1, 3));
    let index = world.queue(vec![first]).await.unwrap();
    let stale = world.queue(vec![second]).await.unwrap();
    assert_eq!(world.proposal(index).await.class, Class::Critical as u8);
    ripen(&mut world, index).await;
    let execute = world.execute_ix(index).await;
    // Another account in the feed's place.
    let feed = world.at.feed(0);
    let meter = exchange(execute.clone(), &feed, &world.at.meter(0));
    let before = world.state().await;
    assert!(world.run(&[meter]).await.is_err());
    unchanged("a meter for a feed", &before, &world.state().await);
    let mut without = execute.clone();
    without.accounts.pop();
    let error = HomeostatError::WrongActionAccounts;
    attack(&mut world, "no feed", &[without], &[], error).await;
    world.run(&[execute]).await.unwrap();
    assert_eq!(world.feed(0).await.settings(), feed_settings(2));
    let execute = world.execute_ix(stale).await;
    let error = HomeostatError::OldValueChanged;
    attack(&mut world, "the old reporters", &[execute], &[], error).await;
}

#[tokio::test]
async fn success_a_held_controller_and_a_tripped_economy_are_resumed() {
    let mut world = lived_in().await;
    let error = HomeostatError::NothingToResume;
    let release = vec![Action::ResumeController { parameter: E }];
    not_proposed(&mut world, "nothing is held", release.clone(), error).await;
    let resume_all = vec![Action::ResumeEconomy];
    not_proposed(&mut world, "nothing is tripped", resume_all.clone(), error).await;

    let now = world.bank.now();
    let key = world.at.economy;
    world
        .bank
        .edit(&key, |economy: &mut Economy| {
            latch(&mut economy.controllers[0], now);
        })
        .await;
    // Two ways to it: the second finds it done.
    let first = world.queue(release.clone()).await.unwrap();
    let second = world.queue(release).await.unwrap();
    assert_eq!(world.proposal(first).await.class, Class::Routine as u8);
    ripen(&mut world, first).await;
    let before = world.economy().await.controllers[0];
    world.execute(first).await.unwrap();
    let after = world.economy().await.controllers[0];
    assert_eq!(after.guard.latched, 0);
    assert_eq!(after.state.u, before.state.u);
    let execute = world.execute_ix(second).await;
    attack(&mut world, "twice", &[execute], &[], error).await;

    // A vault that is short stops everything, until it is resumed.
    let vault = world.at.reward_vault;
    let held = world.bank.balance(&vault).await;
    world.bank.set_balance(&vault, held - 1).await;
    let economy = world.economy().await;
    let trip = ix::trip_breaker(&world.at, &world.pools, &economy, ix::Vault::Rewards).unwrap();
    world.run(&[trip]).await.unwrap();
    world.bank.set_balance(&vault, held).await;
    let index = world.queue(resume_all).await.unwrap();
    ripen(&mut world, index).await;
    world.execute(index).await.unwrap();
    let economy = world.economy().await;
    assert_eq!(economy.tripped, 0);
    assert!(economy.stream.emission_rate().unwrap() > 0);
    assert!(economy.stream.emit_until > world.bank.now());
    let before = economy.controllers[0].state.u;
    world.next_period().await.unwrap();
    let after = world.economy().await.controllers[0];
    let moved = (after.state.u - before).unsigned_abs();
    assert!(moved <= after.config.slew_up);
}

#[tokio::test]
async fn n7_a_treasury_payment_pays_what_was_announced_to_whom_it_was() {
    // given a treasury, and a payment out of it
    let mut world = World::new().await;
    let (bob, thief) = (world.wallet(0).await, world.wallet(0).await);
    open_treasury(&mut world, 1_000).await;
    fill_treasury(&mut world, 1_000 * TOKEN).await;
    let pay = |to: &Wallet, amount| Action::PayTreasury {
        to: to.tokens,
        amount,
    };
    let index = world.queue(vec![pay(&bob, 10 * TOKEN)]).await.unwrap();
    assert_eq!(world.proposal(index).await.class, Class::Critical as u8);
    ripen(&mut world, index).await;
    let execute = world.execute_ix(index).await;
    let at = world.at;
    for (what, old, new, code) in [
        (
            "to another",
            bob.tokens,
            thief.tokens,
            anchor::CONSTRAINT_ADDRESS,
        ),
        (
            "out of the rewards",
            at.treasury_vault,
            at.reward_vault,
            anchor::CONSTRAINT_HAS_ONE,
        ),
        (
            "signed by another",
            at.authority,
            at.keeper_vault,
            anchor::CONSTRAINT_HAS_ONE,
        ),
    ] {
        let swapped = exchange(execute.clone(), &old, &new);
        attack(&mut world, what, &[swapped], &[], code).await;
    }
    let mut without = execute.clone();
    without.accounts.pop();
    let error = HomeostatError::WrongActionAccounts;
    attack(&mut world, "an account less", &[without], &[], error).await;
    world.run(&[execute]).await.unwrap();
    assert_eq!(world.balance(&bob).await, 10 * TOKEN);
    assert_eq!(world.bank.balance(&at.treasury_vault).await, 990 * TOKEN);

    // Never into a vault of the economy's own, and never more than there is.
    let own = Action::PayTreasury {
        to: at.reward_vault,
        amount: 1,
    };
    let index = world.queue(vec![own]).await.unwrap();
    ripen(&mut world, index).await;
    let execute = world.execute_ix(index).await;
    let error = HomeostatError::WrongVault;
    attack(&mut world, "into the rewards", &[execute], &[], error).await;

    // A recipient who is gone stops nothing but this payment.
    let index = world.queue(vec![pay(&thief, TOKEN)]).await.unwrap();
    world.bank.close_tokens(&thief.tokens, &thief.key).await;
    ripen(&mut world, index).await;
    let before = world.state().await;
    assert!(world.execute(index).await.is_err());
    unchanged("a closed recipient", &before, &world.state().await);
    world.next_period().await.unwrap();
    world.collect(0).await.unwrap();
}

#[tokio::test]
async fn n7_a_treasury_pays_no_more_than_it_holds() {
    let mut world = World::new().await;
    let bob = world.wallet(0).await;
    open_treasury(&mut world, 1_000).await;
    fill_treasury(&mut world, 10 * TOKEN).await;
    let pay = |amount| Action::PayTreasury {
        to: bob.tokens,
        amount,
    };
    let index = world.queue(vec![pay(6 * TOKEN), pay(4 * TOKEN + 1)]).await;
    let index = index.unwrap();
    ripen(&mut world, index).await;
    let execute = world.execute_ix(index).await;
    let code = token::INSUFFICIENT_FUNDS;
    attack(&mut world, "a unit more", &[execute], &[], code).await;
}

/// Somebody gives the treasury tokens.
async fn fill_treasury(world: &mut World, amount: u64) {
    let (mint, reserve, treasury) = (world.at.mint, world.reserve, world.at.treasury_vault);
    let creator = world.creator.insecure_clone();
    world
        .bank
        .transfer(&mint, &reserve, &treasury, &creator, amount)
        .await;
}

#[tokio::test]
async fn success_a_retired_economy_pays_to_the_last_unit() {
    for successor in [None, Some(Pubkey::new_from_array([88; 32]))] {
        // given two stakers, uncollected fees, and an economy inside a period
        let mut world = World::new().await;
        open_treasury(&mut world, 1).await;
        let alice = world.staker(300 * TOKEN).await;
        let bob = world.staker(700 * TOKEN).await;
        let payer = world.wallet(100_000 * TOKEN).await;
        world.next_period().await.unwrap();
        world.bank.advance(DAY).await;
        world
            .pay(&payer, &alice.tokens, 50_000 * TOKEN)
            .await
            .unwrap();
        let retire = vec![Action::Retire { successor }];
        let twice = world.queue(retire.clone()).await.unwrap();
        let index = world.queue(retire).await.unwrap();
        ripen(&mut world, index).await;
        // given the wrong vault, nothing is minted
        let execute = world.execute_ix(index).await;
        let (rewards, treasury) = (world.at.reward_vault, world.at.treasury_vault);
        let swapped = exchange(execute, &rewards, &treasury);
        let code = anchor::CONSTRAINT_HAS_ONE;
        attack(&mut world, "another vault", &[swapped], &[], code).await;
        // when it retires
        world.execute(index).await.unwrap();
        let retired_at = world.bank.now();
        let economy = world.economy().await;
        let owed = economy.owed_emission(retired_at).unwrap();

        // then the mint authority is the successor's or nobody's
        let mint = world.at.mint;
        let authority = world.bank.mint(&mint).await.mint_authority;
        assert_eq!(Option::<Pubkey>::from(authority), successor);
        // and it is over once
        let execute = world.execute_ix(twice).await;
        let error = HomeostatError::NotLive;
        attack(&mut world, "twice", &[execute], &[], error).await;
        let pay = [world.pay_ix(&payer, &alice.tokens, TOKEN)];
        attack(&mut world, "a payment", &pay, &[&payer.key], error).await;
        let crank = world.crank_ix().await;
        attack(&mut world, "a crank", &[crank], &[], error).await;

        // and nothing accrues, but what had accrued is paid to the last unit
        world.bank.advance(60 * DAY).await;
        assert_eq!(
            world
                .economy()
                .await
                .owed_emission(world.bank.now())
                .unwrap(),
            owed
        );
        let before = [world.balance(&alice).await, world.balance(&bob).await];
        world.claim(&alice).await.unwrap();
        world.claim(&bob).await.unwrap();
        let paid = world.balance(&alice).await - before[0] + world.balance(&bob).await - before[1];
        let accrued = (owed >> 64) as u64;
        assert!(
            (accrued - 2..=accrued).contains(&paid),
            "{paid} of {accrued}"
        );
        // and every fee that was not collected goes where it is not lost
        let held = world.bank.balance(&treasury).await;
        let meter = world.meter(0).await;
        world.collect(0).await.unwrap();
        let collected = world.bank.balance(&treasury).await - held;
        assert_eq!(collected, meter.pending_stakers + meter.pending_treasury);
        assert_eq!(world.meter(0).await.liability().unwrap(), 0);
        // and stake leaves, positions close, and the treasury still pays
        for wallet in [&alice, &bob] {
            let amount = world.position(wallet).await.amount;
            world.request_unstake(wallet, amount).await.unwrap();
        }
        world.bank.advance(7 * DAY).await;
        for wallet in [&alice, &bob] {
            world.withdraw(wallet).await.unwrap();
            world.close_position(wallet).await.unwrap();
        }
        let held = world.balance(&bob).await;
        let payment = Action::PayTreasury {
            to: bob.tokens,
            amount: 1,
        };
        world.enact(vec![payment]).await.unwrap();
        assert_eq!(world.balance(&bob).await, held + 1);
    }
}

#[tokio::test]
async fn success_a_funded_economy_retires_with_what_it_owes() {
    let mut world = World::build(&WorldSpec {
        funding: Funding::Funded,
        ..WorldSpec::default()
    })
    .await;
    let patron = world.wallet(100_000_000 * TOKEN).await;
    let (at, program) = (world.at, world.token_program);
    let fund = |amount| ix::fund_rewards(&at, &patron.pubkey(), &patron.tokens, &program, amount);
    world
        .send_as(&patron.key, fund(50_000_000 * TOKEN))
        .await
        .unwrap();
    world.next_period().await.unwrap();
    let staker = world.staker(1_000 * TOKEN).await;
    let from = world.bank.now();
    world
        .enact(vec![Action::Retire { successor: None }])
        .await
        .unwrap();
    assert!(world.bank.now() > from);
    let owed = world
        .economy()
        .await
        .owed_emission(world.bank.now())
        .unwrap();
    world.bank.advance(30 * DAY).await;
    world.claim(&staker).await.unwrap();
    let paid = world.balance(&staker).await;
    let accrued = (owed >> 64) as u64;
    // What streamed to the empty pool before the first crank is among the owed.
    assert!(paid > 0 && paid <= accrued, "{paid} of {accrued}");
    // Nobody gives it anything more.
    let error = HomeostatError::NotLive;
    let more = fund(TOKEN);
    attack(&mut world, "too late", &[more], &[&patron.key], error).await;
}
