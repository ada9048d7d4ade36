//! `configure`: what is set in a Draft is stored, told, and what goes live.

use homeostat::state::defaults;
use homeostat_client::{Parameter, Setting};
use homeostat_control::{GuardConfig, GuardState};
use homeostat_tests::HomeostatError;

use super::*;

/// One, in the control law's fixed point.
pub(super) const ONE: i128 = 1 << 48;

pub(super) fn configure_ix(world: &World, setting: Setting) -> Instruction {
    ix::configure(&world.at.economy, &world.creator.pubkey(), setting)
}

#[tokio::test]
async fn success_limits_are_stored_as_given() {
    let mut world = draft().await;
    let wanted = LimitSettings {
        hard_cap: 3_000_000_000 * TOKEN,
        supply_floor: 7 * TOKEN,
        turnover_ppm: 5_000_000,
        min_stake: 11,
        bounty: 13,
        period_emission_ppm: 17,
        treasury_ppm: 19,
        unbonding: 23,
        outflow_cap: 29,
        period_burn_ppm: 31,
        yield_ppm: 37,
    };

    world.configure(Setting::Limits(wanted)).await.unwrap();

    let economy = world.economy().await;
    assert_eq!(limits_of(&economy), wanted);
    assert_eq!(economy.limits.period, WEEK as u32, "the period stays");
}

#[tokio::test]
async fn success_a_controller_is_stored_as_given() {
    let mut world = draft().await;
    for parameter in Parameter::ALL {
        let wanted = ControllerSettings {
            wiring: Wiring::of(Metric::Utilisation),
            direction: Direction::Direct,
            setpoint_q48: 2 * ONE,
            average_half_life: 0,
            scale_q48: 3 * ONE,
            bias_q48: 500 * ONE,
            kp_q48: 5 * ONE,
            ki_q48: 6 * ONE,
            kd_q48: 7 * ONE,
            filter_q48: 8 * ONE,
            dead_band_q48: ONE / 9,
            half_life: 100_000_000,
            min_ppm: 400,
            max_ppm: 700,
            slew_up_ppm: None,
            slew_down_ppm: Some(1),
            kf_q48: 0,
            w_ref_q48: 0,
            f_max_q48: 0,
            max_periods: 9,
            max_hold: 10,
            // The program's own measurements are never old.
            max_age: 4 * WEEK as u32,
            min_samples: 0,
        };

        let settings = wanted;
        world
            .configure(Setting::Controller {
                parameter,
                settings,
            })
            .await
            .unwrap();

        let economy = world.economy().await;
        assert_eq!(settings_of(&economy.controllers[parameter.index()]), wanted);
    }
}

#[tokio::test]
async fn success_what_is_configured_is_what_goes_live() {
    // Given a fee controller that starts at 0.2 %.
    let mut world = draft().await;
    let fee = settings_of(&world.economy().await.controllers[Parameter::Fee.index()]);
    let settings = ControllerSettings {
        bias_q48: 2_000 * ONE,
        ..fee
    };
    world
        .configure(Setting::Controller {
            parameter: Parameter::Fee,
            settings,
        })
        .await
        .unwrap();

    world.hand_over_mint(Funding::Mint).await;
    world.go_live().await.unwrap();

    assert_eq!(world.economy().await.value(Parameter::Fee), 2_000);
}

#[tokio::test]
async fn success_a_guard_is_stored_as_given_and_goes_live_unprimed() {
    let mut world = draft().await;
    for parameter in Parameter::ALL {
        let controller = world.economy().await.controllers[parameter.index()];
        assert_eq!(
            controller.guard_config(),
            defaults::guard(parameter, WEEK as u32)
        );
        let wanted = GuardSettings {
            enabled: false,
            limit: 2_000_001,
            slack: 250_002,
            threshold: 1_000_003,
            floor: 1_004,
            half_life: 5,
            min_samples: 6,
            frozen: 7,
            hold_periods: 8,
        };
        let settings = wanted;
        world
            .configure(Setting::Guard {
                parameter,
                settings,
            })
            .await
            .unwrap();

        let controller = world.economy().await.controllers[parameter.index()];
        assert_eq!(GuardSettings::new(&controller.guard_config()), wanted);
        assert_eq!(controller.guard_config(), GuardConfig::from(&wanted));
    }
    world.hand_over_mint(Funding::Mint).await;
    world.go_live().await.unwrap();

    let economy = world.economy().await;
    for controller in &economy.controllers {
        assert_eq!(controller.guard(), GuardState::new(economy.live_at));
    }
}

#[tokio::test]
async fn success_events_carry_the_bytes_before_and_after() {
    let mut world = draft().await;
    let old = world.economy().await;
    let emission = settings_of(&old.controllers[0]);
    let team = world.reserve;
    let settings = [
        (
            Setting::Controller {
                parameter: Parameter::Emission,
                settings: ControllerSettings {
                    bias_q48: 70_000 * ONE,
                    ..emission
                },
            },
            0,
            Some(Parameter::Emission),
        ),
        (
            Setting::Limits(LimitSettings {
                bounty: 5_000,
                ..limits_of(&old)
            }),
            1,
            None,
        ),
        (
            Setting::Excluded {
                accounts: vec![team],
            },
            2,
            None,
        ),
        (
            Setting::Guard {
                parameter: Parameter::Emission,
                settings: GuardSettings {
                    hold_periods: 3,
                    ..GuardSettings::new(&old.controllers[0].guard_config())
                },
            },
            3,
            Some(Parameter::Emission),
        ),
    ];
    for (setting, kind, parameter) in settings {
        let configure = configure_ix(&world, setting);
        let Event::EconomyConfigured(event) =
            only_event(&mut world, std::slice::from_ref(&configure)).await
        else {
            panic!("another event");
        };
        world.run(&[configure]).await.unwrap();

        let new = world.economy().await;
        let bytes = |economy: &Economy| match kind {
            0 => bytemuck::bytes_of(&economy.controllers[0].config).to_vec(),
            1 => bytemuck::bytes_of(&economy.limits).to_vec(),
            3 => bytemuck::bytes_of(&economy.controllers[0].guard_config).to_vec(),
            _ => bytemuck::cast_slice(&economy.excluded).to_vec(),
        };
        assert_eq!(event.economy, world.at.economy);
        assert_eq!((event.setting, event.parameter), (kind, parameter));
        assert_eq!(event.old, bytes(&old));
        assert_eq!(event.new, bytes(&new));
        assert_ne!(event.old, event.new);
    }
}

#[tokio::test]
async fn success_exclusions_are_replaced_as_a_whole() {
    let mut world = draft().await;
    let four: Vec<Pubkey> = (0..4).map(|_| Pubkey::new_unique()).collect();
    for accounts in [four.clone(), vec![four[3]], Vec::new()] {
        let setting = Setting::Excluded {
            accounts: accounts.clone(),
        };

        world.configure(setting).await.unwrap();

        let economy = world.economy().await;
        assert_eq!(economy.active_excluded(), accounts);
        let unused = &economy.excluded[accounts.len()..];
        assert!(unused.iter().all(|key| *key == Pubkey::default()));
    }
}

#[tokio::test]
async fn i1_configure_by_another_is_refused() {
    let mut world = draft().await;
    let stranger = outsider(&mut world).await;
    let setting = Setting::Limits(limits_of(&*world.economy().await));

    let theirs = ix::configure(&world.at.economy, &stranger.pubkey(), setting);
    attack(
        &mut world,
        &[theirs],
        &[&stranger],
        HomeostatError::Unauthorized,
    )
    .await;
}

#[tokio::test]
async fn fail_configure_after_going_live() {
    let mut world = World::new().await;
    let economy = world.economy().await;
    let settings = [
        Setting::Limits(limits_of(&economy)),
        Setting::Controller {
            parameter: Parameter::Fee,
            settings: settings_of(&economy.controllers[1]),
        },
        Setting::Excluded {
            accounts: Vec::new(),
        },
        Setting::Guard {
            parameter: Parameter::Fee,
            settings: GuardSettings::new(&economy.controllers[1].guard_config()),
        },
    ];
    for setting in settings {
        let configure = configure_ix(&world, setting);
        attack(&mut world, &[configure], &[], HomeostatError::NotDraft).await;
    }
}
