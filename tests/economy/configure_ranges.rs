//! Ranges of `configure` but those of controllers: every field at its bounds, and one step
//! beyond them.

use anchor_lang::error::ErrorCode;
use homeostat_client::{Parameter, Setting};
use homeostat_tests::HomeostatError;

use super::{configure::configure_ix, *};

pub(super) const ULP: i128 = 1;

/// Asserts that a setting is refused, naming the field, and changes nothing.
pub(super) async fn refused_by_name(world: &mut World, setting: Setting, field: &str) {
    let configure = configure_ix(world, setting);
    let logs = attack(world, &[configure], &[], HomeostatError::InvalidParameter).await;
    assert_logged(&logs, field);
}

#[tokio::test]
async fn i7_every_limit_is_bounded() {
    let mut world = draft().await;
    let base = limits_of(&*world.economy().await);
    type Set = fn(&mut LimitSettings, u64);
    // Field, setter, values inside, values outside.
    let table: [(&str, Set, &[u64], &[u64]); 8] = [
        ("hard_cap", |l, v| l.hard_cap = v, &[1, u64::MAX], &[0]),
        (
            "supply_floor",
            |l, v| l.supply_floor = v,
            &[0, base.hard_cap - 1],
            &[base.hard_cap, u64::MAX],
        ),
        (
            "turnover_ppm",
            |l, v| l.turnover_ppm = v,
            &[10_000, 1_000_000_000],
            &[0, 9_999, 1_000_000_001, u64::MAX],
        ),
        ("min_stake", |l, v| l.min_stake = v, &[1, u64::MAX], &[0]),
        (
            "bounty",
            |l, v| l.bounty = v,
            &[0, 100_000_000],
            &[100_000_001, u64::MAX],
        ),
        (
            "period_emission_ppm",
            |l, v| l.period_emission_ppm = v as u32,
            &[0, 100_000],
            &[100_001, u64::from(u32::MAX)],
        ),
        (
            "treasury_ppm",
            |l, v| l.treasury_ppm = v as u32,
            &[0, 1_000_000],
            &[1_000_001, u64::from(u32::MAX)],
        ),
        (
            "unbonding",
            |l, v| l.unbonding = v as u32,
            &[0, 7_776_000],
            &[7_776_001, u64::from(u32::MAX)],
        ),
    ];
    for (field, set, inside, outside) in table {
        let with = |value: u64| {
            let mut limits = base;
            set(&mut limits, value);
            limits
        };
        for value in inside {
            let limits = with(*value);
            world
                .configure(Setting::Limits(limits))
                .await
                .unwrap_or_else(|failure| panic!("{field} = {value}: {failure}"));
            assert_eq!(limits_of(&*world.economy().await), limits);
        }
        world.configure(Setting::Limits(base)).await.unwrap();
        for value in outside {
            refused_by_name(&mut world, Setting::Limits(with(*value)), field).await;
        }
    }
}

#[tokio::test]
async fn i7_every_field_of_a_guard_is_bounded() {
    let mut world = draft().await;
    let parameter = Parameter::Burn;
    let base =
        GuardSettings::new(&world.economy().await.controllers[parameter.index()].guard_config());
    type Set = fn(&mut GuardSettings, u32);
    // Field, setter, values inside, values outside.
    let table: [(&str, Set, &[u32], &[u32]); 8] = [
        (
            "limit",
            |g, v| g.limit = v,
            &[2_000_001, 100_000_000],
            &[0, 1_999_999, 100_000_001, u32::MAX],
        ),
        (
            "slack",
            |g, v| g.slack = v,
            &[250_000, 7_999_999],
            &[0, 249_999, 8_000_000, u32::MAX],
        ),
        (
            "threshold",
            |g, v| g.threshold = v,
            &[1_000_000, 1_000_000_000],
            &[0, 999_999, 1_000_000_001],
        ),
        (
            "floor",
            |g, v| g.floor = v,
            &[1_000, 1_000_000],
            &[0, 999, 1_000_001],
        ),
        (
            "half_life",
            |g, v| g.half_life = v as u16,
            &[1, 1_000],
            &[0, 1_001, 65_535],
        ),
        (
            "min_samples",
            |g, v| g.min_samples = v as u16,
            &[4, 1_000],
            &[0, 3, 1_001, 65_535],
        ),
        ("frozen", |g, v| g.frozen = v as u16, &[0, 2, 65_535], &[1]),
        (
            "hold_periods",
            |g, v| g.hold_periods = v as u16,
            &[1, 1_000],
            &[0, 1_001, 65_535],
        ),
    ];
    for (field, set, inside, outside) in table {
        let with = |value: u32| {
            let mut settings = base;
            set(&mut settings, value);
            Setting::Guard {
                parameter,
                settings,
            }
        };
        for value in inside {
            world
                .configure(with(*value))
                .await
                .unwrap_or_else(|failure| panic!("{field} = {value}: {failure}"));
        }
        world
            .configure(Setting::Guard {
                parameter,
                settings: base,
            })
            .await
            .unwrap();
        for value in outside {
            let line = format!("burn.guard.{field}: allowed");
            refused_by_name(&mut world, with(*value), &line).await;
        }
    }
}

#[tokio::test]
async fn i7_exclusions_are_bounded() {
    let mut world = draft().await;
    let key = Pubkey::new_unique;

    let five = Setting::Excluded {
        accounts: (0..5).map(|_| key()).collect(),
    };
    refused_by_name(&mut world, five, "excluded").await;
    let nobody = Setting::Excluded {
        accounts: vec![key(), Pubkey::default()],
    };
    refused_by_name(&mut world, nobody, "excluded").await;

    let twice = key();
    let double = configure_ix(
        &world,
        Setting::Excluded {
            accounts: vec![twice, key(), twice],
        },
    );
    attack(&mut world, &[double], &[], HomeostatError::DuplicateAccount).await;
}

#[tokio::test]
async fn i7_unknown_settings_are_refused() {
    let mut world = draft().await;
    let settings = settings_of(&world.economy().await.controllers[0]);
    let sound = configure_ix(
        &world,
        Setting::Controller {
            parameter: Parameter::Emission,
            settings,
        },
    );
    // Behind the discriminator: the setting's kind, the parameter, the metric, whether there is
    // a signal to feed forward, what the setpoint is a multiple of, the direction.
    for (at, first_unknown) in [(8, 4), (9, 4), (10, 10), (11, 2), (12, 3), (13, 2)] {
        let mut unknown = sound.clone();
        unknown.data[at] = first_unknown;
        attack(
            &mut world,
            &[unknown],
            &[],
            ErrorCode::InstructionDidNotDeserialize,
        )
        .await;
    }
    let mut short = sound.clone();
    short.data.pop();
    attack(
        &mut world,
        &[short],
        &[],
        ErrorCode::InstructionDidNotDeserialize,
    )
    .await;
}

/// A refused change leaves the Draft as able to go live as it was.
#[tokio::test]
async fn success_a_draft_survives_refusals() {
    let mut world = draft().await;
    let base = limits_of(&*world.economy().await);
    let bad = Setting::Limits(LimitSettings {
        min_stake: 0,
        ..base
    });
    refused_by_name(&mut world, bad, "min_stake").await;

    world.hand_over_mint(Funding::Mint).await;
    world.go_live().await.unwrap();

    assert_sound(&mut world).await;
}
