//! Property 6: the law is total. Nothing panics, and no state is a dead end.

use homeostat_control::{change, create, resume, step, HoldReason, Input};
use proptest::prelude::*;

use crate::common::{
    random::{cases, garbage},
    *,
};
use crate::REGRESSIONS;

proptest! {
    #![proptest_config(cases(REGRESSIONS, 2_000))]

    /// Given any configuration that validates, any state and any inputs, when
    /// the law is called in any way, then nothing panics, u is a value within
    /// the limits or on its way to the minimum, and the buckets hold no more than a
    /// period's worth.
    #[test]
    fn p06_the_law_is_total(situation in garbage()) {
        let (mut config, mut state, inputs, changes) = situation;
        prop_assume!(config.validate().is_ok());
        for (input, what) in inputs.iter().zip(&changes) {
            let repeated = input.now <= state.last_at;
            let (after, decision) = step(&config, &state, input);
            if repeated {
                prop_assert_eq!(after, state);
            } else {
                let least = config.min.min(state.u);
                prop_assert!((least..=config.max).contains(&after.u), "{}", after.u);
                prop_assert_eq!((after.u, after.last_at), (decision.u, input.now));
                for (bucket, rate) in
                    [(after.bucket_up, config.slew_up), (after.bucket_down, config.slew_down)]
                {
                    prop_assert!(rate.is_none_or(|rate| bucket <= rate * u64::from(config.period)));
                }
            }
            state = after;
            if let Ok((changed, after)) = change(&config, &state, what, input.now) {
                prop_assert!(changed.validate().is_ok());
                config = changed;
                state = after;
            }
            let resumed = resume(&config, &state, input.now);
            prop_assert_eq!(resumed.u, state.u);
            let created = create(&config, input.now);
            prop_assert!(created.is_ok_and(|new| (config.min..=config.max).contains(&new.u)));
        }
    }

    /// Given any configuration that validates and any state, when ordinary
    /// samples come in again, then at most one of them is lost to what the state
    /// held: no state bricks the law.
    #[test]
    fn p06_no_state_bricks_the_law(situation in garbage()) {
        let (config, mut state, _, _) = situation;
        prop_assume!(config.validate().is_ok());
        state.last_at = START;
        let mut now = START;
        let mut failed = false;
        for n in 0..6 {
            now += i64::from(config.period);
            // from one end of the credible range to the other
            let y = if n % 2 == 0 { config.y_min } else { config.y_max };
            let (after, decision) =
                step(&config, &state, &Input {
                    w: Some(config.w_ref),
                    reference: Some(config.y_max),
                    ..fresh(now, y)
                });
            state = after;
            let fails = decision.held == HoldReason::Computation;
            prop_assert!(fails || decision.held == HoldReason::None);
            prop_assert!(!(failed && fails), "twice in a row, call {}", n);
            failed = fails;
        }
    }
}
