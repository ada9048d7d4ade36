//! The whole smoke tier, to the last bit.

use homeostat_sim::bench::{result_hash, run, Plan, Tier};

/// sha256 over the rows of the smoke tier.
///
/// It changes with whatever changes a decision, a person, a scenario or a metric. Whoever means to
/// change one writes the new hash here, and tells in the changelog why.
const GOLDEN: &str = "1487e0ef51a9eb2dec3d71653566c8a14910e827ff910885196c5952c8a6ba31";

#[test]
fn the_smoke_tier_has_the_same_bits_with_one_thread_and_with_two_one_after_the_other() {
    // Given the smoke tier,
    let plan = Plan::new(Tier::Smoke);
    // when it is lived on one thread, and then on two,
    let hash = |threads: usize| {
        let mut rows = Vec::with_capacity(plan.len());
        let done = run(&plan, 0, threads, |row, _| {
            rows.push(row);
            Ok(())
        });
        assert_eq!(done, Ok(()));
        let failed: Vec<&str> = rows
            .iter()
            .filter(|row| row.outcome().is_err())
            .map(|row| row.text())
            .collect();
        assert!(failed.is_empty(), "{failed:#?}");
        result_hash(&rows)
    };
    let (one, two) = (hash(1), hash(2));
    // then every number is the same, and the same as on the machine that the hash was written on.
    assert_eq!(one, two);
    assert_eq!(one, GOLDEN);
}
