//! Every action on a value: it takes effect as announced, and only on the value it expects.

use super::*;

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
    let guard = GuardSettings::new(&economy.controllers[0].guard_config());
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
    use Class::{Critical, Immediate, Routine, Standard};
    tune!("setpoint", Routine, Setpoint, setpoint, 0.61, 0.62);
    tune!("bias", Routine, Bias, bias, 61_000.0, 62_000.0);
    tune!("kp", Routine, Kp, kp, 237_000.0, 239_000.0);
    tune!("ki", Routine, Ki, ki, 8_500.0, 8_540.0);
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
        "feed-forward",
        Critical,
        |f_max: f64| Action::FeedForward {
            parameter: E,
            expected: feed_forward(0.0, 0.0),
            value: feed_forward(50_000.0, f_max),
        },
        4_000.0,
        5_000.0,
        |e, _| {
            let config = e.controllers[0].config();
            (config.kf, config.f_max) == (Fx::from_num(50_000), Fx::from_num(4_000))
        }
    );
    pair!(
        "slew",
        Immediate,
        |up| Action::Slew {
            parameter: E,
            expected: slew,
            value: SlewLimits {
                up_ppm: up,
                down_ppm: Some(1_000),
            },
        },
        Some(19_999),
        Some(7),
        |e, _| {
            let config = e.controllers[0].config();
            (config.slew_up, config.slew_down) == (Some(19_999), Some(1_000))
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
        2_500_000_000 * TOKEN,
        1_500_000_000 * TOKEN,
        |e, _| e.limits.hard_cap == 2_500_000_000 * TOKEN
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
        |bounty| Action::Terms {
            expected: terms,
            value: Terms { bounty, ..terms },
        },
        10_000,
        20_000,
        |e, _| e.limits.bounty == 10_000
    );
    pair!(
        "smallest stake",
        Critical,
        |value| Action::MinStake {
            lane: 0,
            expected: 1,
            value,
        },
        10 * TOKEN,
        20 * TOKEN,
        |e, _| e.limits.min_stake == 10 * TOKEN
    );
    pair!(
        "smallest stake of LP tokens",
        Critical,
        |value| Action::MinStake {
            lane: 1,
            expected: 1,
            value,
        },
        10,
        20,
        |e, _| (e.min_stake(0), e.min_stake(1)) == (1, 10)
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
