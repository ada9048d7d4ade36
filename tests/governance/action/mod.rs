//! Actions of proposals: each takes effect as announced, within its range, its class and its
//! step, and only on the value that it expects.

mod effects;
mod envelope;
mod grading;
mod law;
mod ranges;
mod ratchets;
mod retire;
mod successor;
mod treasury;
mod values;

use homeostat::{
    state::action::{AdviceRange, Caps, SlewLimits, Terms},
    YEAR,
};
use homeostat_client::{
    Class, ControllerSettings, Council, Delays, Direction, Economy, FeedForward, FeedSettings,
    Funding, GuardSettings, Metric, Wiring,
};
use homeostat_control::{change, resume, Change, Fx, Mode};
use homeostat_sandbox::{Bank, MintSpec, TokenProgram, Wallet};
use homeostat_tests::{anchor, attack, exchange, give, system, token, HomeostatError};

use super::{caps::open_treasury, *};

const E: Parameter = Parameter::Emission;

/// Refused when proposed, with nothing changed.
async fn not_proposed(world: &mut World, what: &str, actions: Vec<Action>, error: HomeostatError) {
    let member = member(world, 0);
    let propose = world.propose_ix(&member, actions);
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

/// Settings like the default ones of the emission, with another bias (ppm).
fn wiring(economy: &Economy, bias: f64) -> ControllerSettings {
    let config = economy.controllers[0].config();
    ControllerSettings {
        wiring: Wiring::of(Metric::StakedShare),
        direction: Direction::Reverse,
        setpoint_q48: q48(0.55),
        average_half_life: 0,
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
        kf_q48: 0,
        w_ref_q48: 0,
        f_max_q48: 0,
        max_periods: config.max_periods,
        max_hold: config.max_hold,
        max_age: config.max_age,
        min_samples: config.min_samples,
    }
}

/// A feed-forward around a half.
fn feed_forward(kf: f64, f_max: f64) -> FeedForward {
    let off = kf == 0.0 && f_max == 0.0;
    FeedForward {
        kf_q48: q48(kf),
        w_ref_q48: if off { 0 } else { q48(0.5) },
        f_max_q48: q48(f_max),
    }
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
