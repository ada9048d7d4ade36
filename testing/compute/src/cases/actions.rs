//! The actions that the measured proposals contain.

use homeostat::state::action::OutputLimits;
use homeostat_client::{governance::q48, Action, Parameter, Tunable};
use homeostat_sandbox::{world::seat, World};
use solana_signer::Signer;

use super::stage::controller;

/// Duration of a ramp (seconds).
const HOUR: u32 = 3_600;

/// Moves a quantity of a controller from where it stands.
pub async fn ramp(world: &mut World, parameter: Parameter, field: Tunable, value: f64) -> Action {
    let config = world.economy().await.controllers[parameter.index()].config;
    Action::Tune {
        parameter,
        field,
        expected_q48: field.ramp(&config).to.get().to_bits(),
        value_q48: q48(value),
        over_seconds: HOUR,
    }
}

/// Narrower limits of the emission than those in force: a Standard proposal.
pub async fn narrower(world: &mut World) -> Action {
    let config = world.economy().await.controllers[0].config;
    Action::Limits {
        parameter: Parameter::Emission,
        expected: OutputLimits {
            min_ppm: config.min,
            max_ppm: config.max,
        },
        value: OutputLimits {
            min_ppm: config.min + 1,
            max_ppm: config.max - 1,
        },
    }
}

/// A new guardian.
pub fn new_guardian(world: &mut World) -> Action {
    let new = world.bank.fresh_key();
    Action::Guardian {
        expected: world.guardian.pubkey(),
        seat: seat(&new),
    }
}

/// Two controllers wired anew and the other two on ramps: as many bytes as fit.
pub async fn longest(world: &mut World) -> Vec<Action> {
    let mut actions = vec![
        ramp(world, Parameter::Emission, Tunable::Setpoint, 0.7).await,
        ramp(world, Parameter::Liquidity, Tunable::Setpoint, 0.06).await,
    ];
    let economy = world.economy().await;
    for parameter in [Parameter::Fee, Parameter::Burn] {
        let mut settings = controller(parameter);
        settings.kp_q48 += 1;
        actions.push(Action::Wire {
            parameter,
            expected_seq: economy.controllers[parameter.index()].config_seq,
            settings,
        });
    }
    actions
}

/// All four controllers on ramps.
pub async fn four_ramps(world: &mut World) -> Vec<Action> {
    let mut actions = Vec::new();
    for (parameter, value) in Parameter::ALL.into_iter().zip([0.7, 1.1, 0.03, 0.06]) {
        actions.push(ramp(world, parameter, Tunable::Setpoint, value).await);
    }
    actions
}
