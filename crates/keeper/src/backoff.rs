//! When to try again, and how keepers keep out of each other's way.

use std::time::Duration;

use homeostat_client::Pubkey;

/// Doublings after which the wait is at its cap whatever the base.
const MOST_DOUBLINGS: u32 = 20;

/// Waits that double from failure to failure, up to a cap.
#[derive(Clone, Debug)]
pub struct Backoff {
    base: Duration,
    cap: Duration,
    failures: u32,
}

impl Backoff {
    /// Begins at `base`, never waits longer than `cap`.
    pub fn new(base: Duration, cap: Duration) -> Self {
        Self {
            base,
            cap,
            failures: 0,
        }
    }

    /// One more failure: how long to wait now. Between half and all of
    /// `min(cap, base x 2^failures)`; where in it `seed` says, so that what failed together
    /// does not come back together.
    pub fn fail(&mut self, seed: u64) -> Duration {
        let doubled = 2_u32.saturating_pow(self.failures.min(MOST_DOUBLINGS));
        let whole = self.base.saturating_mul(doubled).min(self.cap);
        self.failures = self.failures.saturating_add(1);
        let half = whole / 2;
        let span = u64::try_from(half.as_micros()).unwrap_or(u64::MAX);
        half.saturating_add(Duration::from_micros(within(
            mixed(seed, self.failures.into()),
            span,
        )))
    }

    /// It worked.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// Failures since it worked last.
    pub fn failures(&self) -> u32 {
        self.failures
    }
}

/// A number that follows from a keeper, an economy and a period, and looks like chance:
/// the same keeper always has the same, others have others.
pub fn lot(keeper: &Pubkey, economy: &Pubkey, period: u64) -> u64 {
    // FNV-1a, which needs `mixed` after it: its low bits alone are poor.
    let bytes = keeper.as_ref().iter().chain(economy.as_ref());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    mixed(hash, period)
}

/// A number in `0..=most` out of any number.
pub fn within(number: u64, most: u64) -> u64 {
    match most.checked_add(1) {
        Some(count) => number % count,
        None => number,
    }
}

/// The finaliser of SplitMix64.
fn mixed(a: u64, b: u64) -> u64 {
    let mut z = a.wrapping_add(b.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_cap_and_begin_anew() {
        let (base, cap) = (Duration::from_millis(100), Duration::from_secs(1));
        let mut backoff = Backoff::new(base, cap);
        for whole in [100, 200, 400, 800, 1_000, 1_000] {
            let wait = backoff.fail(7);
            let whole = Duration::from_millis(whole);
            assert!(whole / 2 <= wait && wait <= whole, "{wait:?} of {whole:?}");
        }
        backoff.reset();
        assert!(backoff.fail(7) <= base);
        // However long it goes on, nothing overflows.
        let mut long = Backoff::new(Duration::from_secs(u64::MAX / 2), Duration::MAX);
        for seed in 0..100 {
            assert!(long.fail(seed) > Duration::ZERO);
        }
        assert_eq!(long.failures(), 100);
    }

    #[test]
    fn what_fails_together_comes_back_apart() {
        let wait = |seed| Backoff::new(Duration::from_secs(10), Duration::from_secs(10)).fail(seed);
        let waits: std::collections::BTreeSet<_> = (0..100).map(wait).collect();
        assert_eq!(waits.len(), 100);
    }

    #[test]
    fn a_lot_is_its_keepers_own_and_spreads() {
        let [a, b, economy] = [1, 2, 3].map(|byte| Pubkey::new_from_array([byte; 32]));
        assert_eq!(lot(&a, &economy, 5), lot(&a, &economy, 5));
        assert_ne!(lot(&a, &economy, 5), lot(&b, &economy, 5));
        assert_ne!(lot(&a, &economy, 5), lot(&a, &economy, 6));
        let mut counts = [0_u32; 11];
        for period in 0..11_000 {
            counts[within(lot(&a, &economy, period), 10) as usize] += 1;
        }
        // A thousand each, give or take five standard deviations.
        assert!(
            counts.iter().all(|count| (850..=1_150).contains(count)),
            "{counts:?}"
        );
        assert_eq!(within(u64::MAX, 0), 0);
        assert_eq!(within(5, u64::MAX), 5);
    }
}
