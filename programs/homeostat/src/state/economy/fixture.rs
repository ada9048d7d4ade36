//! A live economy for the unit tests of this folder.

use super::{Economy, Life};
use crate::state::{
    controller::{Controller, Parameter},
    defaults,
    stream::emission_per_second,
};

pub const START: i64 = 1_750_000_000;
pub const WEEK: i64 = 604_800;
pub const HOUR: i64 = 3_600;
pub const SUPPLY: u64 = 1_000_000_000_000_000;
pub const CAP: u64 = 2 * SUPPLY;

/// A live economy with weekly periods and the default controllers, after `change`; its first
/// period is open. Also the mint's supply (base units).
pub fn live(change: impl FnOnce(&mut Economy)) -> (Economy, u64) {
    let mut economy: Economy = bytemuck::Zeroable::zeroed();
    economy.life = Life::Live as u8;
    economy.limits = defaults::limits(WEEK as u32, CAP);
    economy.pool_count = 1;
    economy.totals.supply = SUPPLY;
    economy.stream.t0 = START;
    for (controller, parameter) in economy.controllers.iter_mut().zip(Parameter::ALL) {
        let config = defaults::config(parameter, WEEK as u32);
        controller.config = (&config).into();
        controller.state.u = config.bias.to.to_num();
    }
    change(&mut economy);
    let ahead = economy.open_period(SUPPLY, START).unwrap();
    economy.supply_rewards(ahead).unwrap();
    (economy, SUPPLY + ahead)
}

/// The emission's controller.
pub fn emission(economy: &mut Economy) -> &mut Controller {
    &mut economy.controllers[Parameter::Emission.index()]
}

/// Tokens that an annual rate (ppm of the supply) emits a second (Q64.64 base units).
pub fn per_second(ppm: u64) -> u128 {
    emission_per_second(SUPPLY, ppm).unwrap()
}
