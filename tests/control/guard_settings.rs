//! Settings of the anomaly guard: switched off, and told that a value may not stand still.

use homeostat_client::{GuardSettings, Parameter, Setting};
use homeostat_sandbox::{World, WorldSpec};

use super::{
    guard::{CALM, MILLION},
    of, EMISSION_SLEW,
};

#[tokio::test]
async fn success_a_guard_that_is_off_never_latches() {
    // Given a Draft whose founder wants no guard over the emission.
    let mut world = World::build(&WorldSpec {
        draft: true,
        ..WorldSpec::default()
    })
    .await;
    let settings = GuardSettings {
        enabled: false,
        limit: 8_000_000,
        slack: 2_000_000,
        threshold: 20_000_000,
        floor: 20_000,
        half_life: 8,
        min_samples: 8,
        frozen: 0,
        hold_periods: 2,
    };
    world
        .configure(Setting::Guard {
            parameter: Parameter::Emission,
            settings,
        })
        .await
        .unwrap();
    world.hand_over_mint(homeostat_client::Funding::Mint).await;
    world.go_live().await.unwrap();
    let whale = world.staker(600 * MILLION).await;
    for _ in 0..CALM {
        world.next_period().await.unwrap();
    }
    let before = of(&*world.economy().await, Parameter::Emission).state.u;

    world.request_unstake(&whale, 600 * MILLION).await.unwrap();
    world.next_period().await.unwrap();

    let economy = world.economy().await;
    let emission = of(&economy, Parameter::Emission);
    assert_eq!((emission.guard.latched, emission.last.held), (0, 0));
    assert_eq!(emission.state.u, before + EMISSION_SLEW);
}

#[tokio::test]
async fn success_a_feed_may_stand_still_only_if_it_is_ours() {
    // Given a guard that calls a feed frozen after two equal samples,
    let mut world = World::build(&WorldSpec {
        draft: true,
        ..WorldSpec::default()
    })
    .await;
    for parameter in Parameter::ALL {
        let guard = world.economy().await.controllers[parameter.index()].guard_config;
        let settings = GuardSettings {
            enabled: true,
            limit: guard.limit,
            slack: guard.slack,
            threshold: guard.threshold,
            floor: guard.floor,
            half_life: guard.half_life,
            min_samples: guard.min_samples,
            frozen: 2,
            hold_periods: guard.hold_periods,
        };
        let setting = Setting::Guard {
            parameter,
            settings,
        };
        world.configure(setting).await.unwrap();
    }
    world.hand_over_mint(homeostat_client::Funding::Mint).await;
    world.go_live().await.unwrap();

    // when nothing happens for a year: the program's own measurements are no feeds.
    for _ in 0..20 {
        world.next_period().await.unwrap();
    }
    let economy = world.economy().await;
    let utilisation = of(&economy, Parameter::Fee).guard;
    assert!(utilisation.run > 15);
    assert!(economy.controllers.iter().all(|c| c.guard.latched == 0));
}
