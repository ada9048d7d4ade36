//! Property 11: a larger error never gives a smaller u.

use homeostat_control::{step, Direction, Fx, Input, Sample};
use proptest::prelude::*;

use crate::common::{
    random::{bits, cases, situations},
    *,
};
use crate::REGRESSIONS;

proptest! {
    #![proptest_config(cases(REGRESSIONS, 10_000))]

    /// Given any state, at limits and between, when y differs and nothing else,
    /// then the larger error never gives the smaller u. The second y is close to
    /// the first, or far from it, or within an ulp.
    #[test]
    fn p11_a_larger_error_never_gives_a_smaller_u(
        (config, state, input) in situations(),
        apart in prop_oneof![
            bits(whole(0), whole(3)),
            bits(whole(0), ratio(1, 1_000_000)),
            (0i128..=3).prop_map(Fx::from_bits),
        ],
    ) {
        let sample = input.y.unwrap();
        let low = sample.value.min(config.y_max - apart);
        let [at_low, at_high] = [low, low + apart].map(|value| {
            let y = Some(Sample { value, ..sample });
            step(&config, &state, &Input { y, ..input }).1
        });
        let (larger, smaller) = match config.direction {
            Direction::Reverse => (at_low, at_high),
            Direction::Direct => (at_high, at_low),
        };
        prop_assert!(larger.z >= smaller.z);
        prop_assert!(larger.raw >= smaller.raw, "{} < {}", larger.raw, smaller.raw);
        prop_assert!(larger.limited >= smaller.limited);
        prop_assert!(larger.u >= smaller.u, "{} < {}", larger.u, smaller.u);
    }
}
