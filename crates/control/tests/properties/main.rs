//! Properties 1 to 14 of the law, each with a test that fails without it. A test's name begins
//! with the number of its property.
//!
//! What holds for all inputs is a property test; a failed case prints its seed
//! and is kept in `proptest-regressions`. Plants are simulated in floats, which
//! only tests may use.

#[path = "../common/mod.rs"]
mod common;

mod bumpless;
mod changes;
mod dead_band;
mod derivative;
mod held;
mod leak;
mod loops;
mod monotone;
mod plant;
mod reference;
mod rounding;
mod slew;
mod split;
mod total;
mod validation;
mod windup;

use common::exact::{ulps_apart, Real};
use common::*;
use homeostat_control::{Config, Fx};
use num_rational::BigRational;

const REGRESSIONS: &str = "tests/proptest-regressions/properties.txt";

/// An integral controller: no P, no D, no dead-band, no slew.
fn integral_only(ki: i64) -> Config {
    Config {
        kp: ppm(0),
        ki: ppm(ki),
        dead_band: still(whole(0)),
        slew_up: None,
        slew_down: None,
        ..emission()
    }
}

/// The model's own numbers are used above; this ties the helper to them.
#[test]
fn the_helpers_agree_with_exact_numbers() {
    assert_eq!(ulps_apart(&BigRational::whole(3), whole(3)), 0.0);
    assert_eq!(
        ulps_apart(&BigRational::exactly(ratio(1, 3)), ratio(1, 3) + Fx::DELTA),
        1.0
    );
    assert_eq!(fx(0.5), ratio(1, 2));
    assert_eq!(float(ratio(-3, 4)), -0.75);
}
