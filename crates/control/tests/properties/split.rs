//! Property 2: the integral does not depend on how often the law is called.

use homeostat_control::{Config, Fx, HoldReason};
use num_bigint::BigInt;
use num_traits::ToPrimitive;
use proptest::prelude::*;

use crate::common::{
    random::{bits, cases},
    *,
};
use crate::REGRESSIONS;

/// Steps over `pieces` of (seconds, y) from a primed state with integral
/// `start`; the integral afterwards.
fn integrate(config: Config, start: i64, pieces: &[(i64, Fx)]) -> Fx {
    let mut rig = Rig::primed(config, whole(0));
    rig.state.integral = whole(start);
    for &(seconds, y) in pieces {
        let got = rig.after(seconds, y);
        assert_eq!(got.held, HoldReason::None);
    }
    rig.state.integral
}

proptest! {
    #![proptest_config(cases(REGRESSIONS, 2_000))]

    /// Given any split of an interval, when the law steps once with the mean of
    /// y, or at every cut with the mean of each piece, then the integral is the
    /// same but for the leak's second order.
    #[test]
    fn p02_any_split_of_an_interval_gives_the_same_integral(
        ki in 1i64..=1_000_000,
        start in -1_000_000i64..=1_000_000,
        leak in prop_oneof![Just(None), (1u64..=100, 0u64..3_600).prop_map(Some)],
        band in prop_oneof![Just(whole(0)), Just(ratio(1, 50))],
        pieces in prop::collection::vec((1i64..=1_200, bits(ratio(1, 50), whole(7))), 1..=12),
        above in any::<bool>(),
    ) {
        // given: four periods at most; errors on one side of the band
        let total: i64 = pieces.iter().map(|(seconds, _)| seconds).sum();
        let sign = if above { whole(1) } else { whole(-1) };
        let pieces: Vec<(i64, Fx)> =
            pieces.iter().map(|&(seconds, y)| (seconds, y * sign)).collect();
        let half_life = leak.map_or(0, |(k, more)| k * 4 * 3_600 + more);
        let config = Config { ki: ppm(ki), dead_band: still(band), half_life, ..open() };

        // when
        let sum: BigInt =
            pieces.iter().map(|&(seconds, y)| BigInt::from(y.to_bits()) * seconds).sum();
        let mean = Fx::from_bits((sum / total).to_i128().unwrap());
        let split = integrate(config, start, &pieces);
        let whole_interval = integrate(config, start, &[(total, mean)]);

        // then: Ki sum(|e| tau) x / 2, and an ulp of u for each rounding
        let x = total as f64 * std::f64::consts::LN_2 / half_life.max(1) as f64;
        let spent: f64 = pieces
            .iter()
            .map(|&(seconds, y)| (float(y).abs() - float(band)) * seconds as f64 / 3_600.0)
            .sum();
        let leak_bound = if half_life == 0 { 0.0 } else { ki as f64 * spent * x / 2.0 };
        let rounding = (pieces.len() + 2) as f64 * 8.0 * 1e6 / (1u64 << 48) as f64;
        let apart = float(split - whole_interval).abs();
        prop_assert!(apart <= leak_bound + rounding, "{} > {} + {}", apart, leak_bound, rounding);
    }
}

#[test]
fn p02_a_leak_forgets_the_same_however_often_it_is_asked() {
    // given: no error, half a half-life, in one step or second by second
    let config = Config {
        half_life: 4 * 3_600,
        ..open()
    };
    let once = integrate(config, 1_000_000, &[(7_200, whole(0))]);
    let often = integrate(config, 1_000_000, &[(1, whole(0)); 7_200]);
    // then
    assert!((float(once) - 500_000.0 * std::f64::consts::SQRT_2).abs() < 1e-6);
    assert!(float(once - often).abs() < 1e-4, "{once} {often}");
}
