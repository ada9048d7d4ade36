//! Ranges of actions: what is out of range is refused when it is proposed.

use super::*;

#[tokio::test]
async fn g6_values_out_of_range_are_not_proposed() {
    let mut world = whole().await;
    let economy = world.economy().await;
    let config = economy.controllers[0].config();
    let limits = &economy.limits;
    let (caps, terms) = (Caps::of(limits), Terms::of(limits));
    let guard = GuardSettings::new(&economy.controllers[0].guard_config());
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
    let min_stake = |lane, expected, value| Action::MinStake {
        lane,
        expected,
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
            "a slew limit that lets the emission rise only",
            Action::Slew {
                parameter: E,
                expected: slew,
                value: SlewLimits {
                    up_ppm: Some(20_000),
                    down_ppm: Some(0),
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
        ("no stake", min_stake(0, 1, 0), InvalidParameter),
        (
            "no stake of LP tokens",
            min_stake(1, 1, 0),
            InvalidParameter,
        ),
        (
            "a stake where no pool is",
            min_stake(7, 1, 5),
            InvalidParameter,
        ),
        (
            "a stake in a ninth pool",
            min_stake(8, 1, 5),
            InvalidParameter,
        ),
        (
            "no yield",
            terms_action(Terms {
                yield_ppm: 0,
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
            wire(|s| s.wiring.metric = Metric::Feed3),
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

/// What could be stored and can never make sense: it is refused when it is proposed, not six
/// days later.
#[tokio::test]
async fn v3_what_cannot_make_sense_is_not_proposed() {
    let mut world = whole().await;
    let economy = world.economy().await;
    let config = economy.controllers[0].config();
    let caps = Caps::of(&economy.limits);
    let slew = SlewLimits {
        up_ppm: config.slew_up,
        down_ppm: config.slew_down,
    };
    let growth = Action::Tune {
        parameter: Parameter::Burn,
        field: Tunable::Setpoint,
        expected_q48: economy.controllers[2].config().setpoint.to.to_bits(),
        value_q48: q48(-100.1),
        over_seconds: 0,
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
    let up = |ppm| Action::Slew {
        parameter: E,
        expected: slew,
        value: SlewLimits {
            up_ppm: Some(ppm),
            ..slew
        },
    };
    let capped = |hard_cap| Action::Caps {
        expected: caps,
        value: Caps { hard_cap, ..caps },
    };
    use HomeostatError::InvalidParameter;
    for (what, action) in [
        ("a share of 60", setpoint(0.60, 60.0)),
        ("a share just above one", setpoint(0.60, 1.000_001)),
        ("a negative share", setpoint(0.60, -3.0)),
        ("a supply that shrinks faster than it can", growth),
        (
            "rewired to a share above one",
            wire(|s| s.setpoint_q48 = q48(1.1)),
        ),
        ("a slew above the range", up(1_000_001)),
        ("a cap below the supply", capped(economy.totals.supply - 1)),
        (
            "a cap of half the supply",
            capped(economy.totals.supply / 2),
        ),
    ] {
        not_proposed(&mut world, what, vec![action], InvalidParameter).await;
    }
    // At the end of each range it is accepted.
    for actions in [
        vec![setpoint(0.60, 1.0)],
        vec![setpoint(0.60, 0.0)],
        vec![up(1_000_000)],
        vec![capped(economy.totals.supply + TOKEN)],
    ] {
        class_of(&mut world, actions).await;
    }
}

/// What is in force already.
#[tokio::test]
async fn v3_a_change_that_changes_nothing_is_not_proposed() {
    let mut world = whole().await;
    let economy = world.economy().await;
    let council = world.council().await;
    let config = economy.controllers[0].config();
    let (caps, terms) = (Caps::of(&economy.limits), Terms::of(&economy.limits));
    let slew = SlewLimits {
        up_ppm: config.slew_up,
        down_ppm: config.slew_down,
    };
    let none = AdviceRange {
        setpoint_q48: 0,
        bias_q48: 0,
    };
    let guard = GuardSettings::new(&economy.controllers[0].guard_config());
    let same = vec![
        ("setpoint", setpoint(0.60, 0.60)),
        (
            "half-life",
            Action::HalfLife {
                parameter: E,
                expected: 0,
                value: 0,
            },
        ),
        (
            "slew",
            Action::Slew {
                parameter: E,
                expected: slew,
                value: slew,
            },
        ),
        (
            "mode",
            Action::Mode {
                parameter: E,
                expected_ppm: None,
                value_ppm: None,
            },
        ),
        ("limits", emission_limits(EMISSION_LIMITS, EMISSION_LIMITS)),
        (
            "fee split",
            Action::FeeSplit {
                expected_ppm: 200_000,
                value_ppm: 200_000,
            },
        ),
        (
            "pool weight",
            Action::PoolWeight {
                lane: 1,
                expected: 2,
                value: 2,
            },
        ),
        (
            "smallest stake",
            Action::MinStake {
                lane: 1,
                expected: 1,
                value: 1,
            },
        ),
        (
            "advice range",
            Action::AdviceRange {
                parameter: E,
                expected: none,
                value: none,
            },
        ),
        (
            "caps",
            Action::Caps {
                expected: caps,
                value: caps,
            },
        ),
        (
            "terms",
            Action::Terms {
                expected: terms,
                value: terms,
            },
        ),
        (
            "exclusions",
            Action::Exclude {
                expected: Vec::new(),
                accounts: Vec::new(),
            },
        ),
        (
            "wiring",
            Action::Wire {
                parameter: E,
                expected_seq: 0,
                settings: ControllerSettings::new(Wiring::of(Metric::StakedShare), &config),
            },
        ),
        (
            "feed",
            Action::Feed {
                index: 0,
                expected: feed_settings(1),
                value: feed_settings(1),
            },
        ),
        (
            "guard",
            Action::Guard {
                parameter: E,
                expected: guard,
                value: guard,
            },
        ),
        (
            "threshold",
            Action::Threshold {
                expected: 2,
                value: 2,
            },
        ),
        (
            "delays",
            Action::Delays {
                expected: council.delays,
                value: council.delays,
            },
        ),
    ];
    for (what, action) in same {
        let error = HomeostatError::NothingChanges;
        not_proposed(&mut world, what, vec![action], error).await;
    }
    // A ramp to where a quantity is going already still changes how fast it goes there.
    let on_its_way = Action::Tune {
        parameter: E,
        field: Tunable::Setpoint,
        expected_q48: q48(0.60),
        value_q48: q48(0.65),
        over_seconds: 30 * DAY as u32,
    };
    world.enact(vec![on_its_way]).await.unwrap();
    world.next_period().await.unwrap();
    let sooner = setpoint(0.65, 0.65);
    world.enact(vec![sooner.clone()]).await.unwrap();
    world.next_period().await.unwrap();
    let error = HomeostatError::NothingChanges;
    not_proposed(&mut world, "already there", vec![sooner], error).await;
}
