//! What a transaction offers for its priority, and what it offers when it has to be signed anew.

use homeostat_client::{Instruction, Pubkey};

use super::prepare::{budgeted, Prepared};
use super::Sender;
use homeostat_settings::failure::Failure;

/// What a transaction costs for each of its signatures, whatever its priority (lamports).
pub const BASE_FEE: u64 = 5_000;
/// Micro-lamports in a lamport.
const MICRO: u128 = 1_000_000;
/// Addresses that servers tell recent prices for at most.
const MOST_ADDRESSES: usize = 128;

/// What a transaction may cost above its base fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fees {
    /// Micro-lamports a compute unit; `None` = the 75th percentile of what was paid
    /// lately for the accounts that it writes, and more each time it has to be signed anew.
    pub price: Option<u64>,
    /// Most that the priority of one transaction may cost (lamports); holds whatever
    /// others pay, and for `price` too.
    pub cap: u64,
}

impl Default for Fees {
    /// Automatic, at most 100,000 lamports.
    fn default() -> Self {
        Self {
            price: None,
            cap: 100_000,
        }
    }
}

impl Fees {
    /// A price (micro-lamports a compute unit) as far as the cap of a transaction with this limit
    /// (compute units) allows: price x limit / 10^6 lamports, rounded up, is not above the cap.
    pub(super) fn within(self, price: u64, limit: u32) -> u64 {
        let dearest = u128::from(self.cap) * MICRO / u128::from(limit.max(1));
        price.min(u64::try_from(dearest).unwrap_or(u64::MAX))
    }

    /// What is offered after a transaction with this price and limit has expired, when three
    /// quarters paid `recent` lately: half as much again, or `recent` if that is more, and a
    /// lamport at least. A price that somebody chose stays.
    pub(super) fn raised(self, price: u64, limit: u32, recent: u64) -> u64 {
        if self.price.is_some() {
            return price;
        }
        let half_more = price.saturating_add(price.div_ceil(2));
        let one_lamport = MICRO.div_ceil(u128::from(limit.max(1)));
        let one_lamport = u64::try_from(one_lamport).unwrap_or(u64::MAX);
        self.within(half_more.max(recent).max(one_lamport), limit)
    }
}

/// What a price comes to (lamports, rounded up): micro-lamports a compute unit, for as many as the
/// limit allows.
pub fn priority(price: u64, limit: u32) -> u64 {
    let micro = u128::from(price) * u128::from(limit);
    u64::try_from(micro.div_ceil(MICRO)).unwrap_or(u64::MAX)
}

impl Prepared {
    /// What its price has become, compared with an earlier one.
    pub(super) fn told(&self, before: &Self) -> String {
        if self.price == before.price {
            return format!(
                "for {} micro-lamports a compute unit as before, the most that the fee options \
                 allow",
                self.price
            );
        }
        format!(
            "for {} instead of {} micro-lamports a compute unit ({} lamports at most)",
            self.price, before.price, self.priority
        )
    }
}

impl Sender<'_> {
    /// The same transaction at the price that it is offered at when it has expired.
    pub(super) fn raised(&self, prepared: &Prepared) -> Prepared {
        // What others pay is of use and not needed.
        let recent = match self.fees.price {
            Some(_) => 0,
            None => self.recent_price(&prepared.plain).unwrap_or(0),
        };
        let price = self.fees.raised(prepared.price, prepared.limit, recent);
        Prepared {
            instructions: budgeted(&prepared.plain, prepared.limit, price),
            price,
            priority: priority(price, prepared.limit),
            ..prepared.clone()
        }
    }

    /// The 75th percentile of recent prices of the accounts that are written (micro-lamports a
    /// compute unit).
    pub(super) fn recent_price(&self, instructions: &[Instruction]) -> Result<u64, Failure> {
        let writable: Vec<Pubkey> = instructions
            .iter()
            .flat_map(|instruction| &instruction.accounts)
            .filter(|meta| meta.is_writable)
            .map(|meta| meta.pubkey)
            .collect();
        let asked = writable.get(..MOST_ADDRESSES).unwrap_or(&writable);
        let mut prices: Vec<u64> = self
            .connection
            .rpc()
            .get_recent_prioritization_fees(asked)
            .map_err(|error| self.connection.failure(&error))?
            .into_iter()
            .map(|fee| fee.prioritization_fee)
            .collect();
        prices.sort_unstable();
        Ok(prices.get(prices.len() * 3 / 4).copied().unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUTOMATIC: Fees = Fees {
        price: None,
        cap: 100_000,
    };

    #[test]
    fn a_price_rises_by_half_or_to_what_others_pay_and_stays_below_the_cap() {
        let limit = 50_000;
        for (price, recent, raised) in [
            (10_000, 0, 15_000),
            (10_000, 14_999, 15_000),
            (10_000, 40_000, 40_000),
            // Rounded up, so that even a price of 1 rises.
            (1, 100, 100),
            (41, 0, 62),
            // A lamport is 20 micro-lamports a unit here.
            (0, 0, 20),
            (1, 0, 20),
            // The cap is 2,000,000 a unit.
            (1_900_000, 0, 2_000_000),
            (2_000_000, u64::MAX, 2_000_000),
        ] {
            let told = AUTOMATIC.raised(price, limit, recent);
            assert_eq!(told, raised, "{price} {recent}");
            assert!(priority(told, limit) <= AUTOMATIC.cap);
        }
        assert_eq!(priority(2_000_000, limit), AUTOMATIC.cap);
    }

    #[test]
    fn a_price_that_somebody_chose_is_not_raised() {
        let chosen = Fees {
            price: Some(7),
            ..AUTOMATIC
        };
        assert_eq!(chosen.raised(7, 50_000, 1_000), 7);
    }

    #[test]
    fn what_is_paid_is_rounded_up_and_never_above_the_cap() {
        for limit in [1, 3, 1_000, 47_878, 1_400_000, u32::MAX] {
            for cap in [0, 1, 99_999, u64::MAX] {
                let fees = Fees { price: None, cap };
                let price = fees.within(u64::MAX, limit);
                let paid = u128::from(price) * u128::from(limit);
                assert!(paid <= u128::from(cap) * MICRO, "{limit} {cap}");
                assert!(priority(price, limit) <= cap);
                // One more would be above it, where a price can be one more.
                if price < u64::MAX {
                    let more = u128::from(price + 1) * u128::from(limit);
                    assert!(more > u128::from(cap) * MICRO, "{limit} {cap}");
                }
            }
        }
    }
}
