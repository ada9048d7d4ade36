//! Powers that a council gives up: no proposal has them afterwards, and none brings them back.

use homeostat_client::{event::Event, Power};

use super::*;

fn give_up(power: Power) -> Action {
    Action::GiveUp { power }
}

/// Every power with the least that needs it, in the default economy.
fn uses(economy: &Economy) -> [(Power, Action); Power::COUNT] {
    let caps = Caps::of(&economy.limits);
    let cap = |value| Action::Caps {
        expected: caps,
        value,
    };
    let wider = |parameter: Parameter, min, max| {
        let config = economy.controllers[parameter.index()].config;
        Action::Limits {
            parameter,
            expected: OutputLimits {
                min_ppm: config.min,
                max_ppm: config.max,
            },
            value: OutputLimits {
                min_ppm: config.min + min,
                max_ppm: config.max + max,
            },
        }
    };
    [
        (
            Power::Successor,
            Action::Retire {
                successor: Some(Pubkey::new_from_array([7; 32])),
            },
        ),
        (
            Power::HardCap,
            cap(Caps {
                hard_cap: caps.hard_cap + 1,
                ..caps
            }),
        ),
        (
            Power::OutflowCap,
            cap(Caps {
                outflow_cap: caps.outflow_cap + 1,
                ..caps
            }),
        ),
        (Power::EmissionLimits, wider(Parameter::Emission, -1, -1)),
        (Power::FeeLimits, wider(Parameter::Fee, 1, 1)),
        (Power::BurnLimits, wider(Parameter::Burn, 0, 1)),
        (Power::LiquidityLimits, wider(Parameter::Liquidity, 0, 1)),
    ]
}

#[tokio::test]
async fn v5_a_power_that_was_given_up_is_nobodys() {
    // Given an economy whose council may do everything,
    let mut world = World::new().await;
    let economy = world.economy().await;
    let error = HomeostatError::PowerGivenUp;
    assert_eq!(economy.given_up, [0; 8]);
    for (power, action) in uses(&economy) {
        class_of(&mut world, vec![action.clone()]).await;
        // when it gives a power up, which waits the longest delay for the whole world to see,
        let index = world.queue(vec![give_up(power)]).await.unwrap();
        assert_eq!(world.proposal(index).await.class, Class::Critical as u8);
        ripen(&mut world, index).await;
        let execute = world.execute_ix(index).await;
        let events = world.bank.events(std::slice::from_ref(&execute), &[]).await;
        world.run(&[execute]).await.unwrap();
        // then an event says so,
        let said = events.iter().any(|event| match event {
            Event::PowerGivenUp(event) => event.power == power && event.economy == world.at.economy,
            _ => false,
        });
        assert!(said, "{power:?}");
        // and what needs it is never proposed again, nor is the power given up twice.
        let what = format!("{power:?}");
        not_proposed(&mut world, &what, vec![action], error).await;
        not_proposed(&mut world, &what, vec![give_up(power)], error).await;
        let given_up = world.economy().await.given_up;
        for (other, given) in Power::ALL.into_iter().zip(given_up) {
            assert_eq!(given != 0, other as u8 <= power as u8, "{other:?}");
        }
    }
    // What takes power away is still possible: lower caps, narrower limits, the end.
    let caps = Caps::of(&economy.limits);
    let lower = Action::Caps {
        expected: caps,
        value: Caps {
            hard_cap: caps.hard_cap - 1,
            ..caps
        },
    };
    world.enact(vec![lower]).await.unwrap();
    let narrower = OutputLimits {
        max_ppm: 150_000,
        ..EMISSION_LIMITS
    };
    let narrow = emission_limits(EMISSION_LIMITS, narrower);
    world.enact(vec![narrow]).await.unwrap();
    // And what was narrowed stays narrow, by whichever action.
    let wider = emission_limits(narrower, EMISSION_LIMITS);
    not_proposed(&mut world, "back", vec![wider], error).await;
    let economy = world.economy().await;
    let wire = Action::Wire {
        parameter: E,
        expected_seq: economy.controllers[0].config_seq,
        settings: ControllerSettings {
            max_ppm: 150_001,
            ..wiring(&economy, 60_000.0)
        },
    };
    not_proposed(&mut world, "rewired", vec![wire], error).await;
    let retire = Action::Retire { successor: None };
    world.enact(vec![retire]).await.unwrap();
    assert_eq!(world.economy().await.life, Life::Retired as u8);
}

#[tokio::test]
async fn v5_a_power_is_gone_for_what_was_queued_before_and_for_the_same_proposal() {
    // Given a higher cap that is queued when the power to raise it is given up,
    let mut world = World::new().await;
    let economy = world.economy().await;
    let uses = uses(&economy);
    let (power, raise) = uses[Power::HardCap as usize].clone();
    let error = HomeostatError::PowerGivenUp;
    // (nor is it given up and used in one proposal)
    for actions in [
        vec![give_up(power), raise.clone()],
        vec![raise.clone(), give_up(power)],
    ] {
        not_proposed(&mut world, "at once", actions, error).await;
    }
    let given = world.queue(vec![give_up(power)]).await.unwrap();
    let raised = world.queue(vec![raise]).await.unwrap();
    ripen(&mut world, raised).await;
    world.execute(given).await.unwrap();
    // when its time has come, then it is refused.
    let execute = world.execute_ix(raised).await;
    attack(&mut world, "queued before", &[execute], &[], error).await;
}
