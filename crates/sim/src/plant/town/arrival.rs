//! How people get what is in an economy that was live before them.

use bytemuck::Zeroable;
use homeostat::state::{number::U128, Pool, Position, Ticket};

use super::{acts::next_unlock, index, Town};
use crate::{
    chain::Error,
    live::Start,
    plant::{people::Kind, Person, LIQUIDITY, NATIVE},
    scenario::Weather,
};

/// The most that the yield that everybody asks for is scaled by, up or down.
const SCALE: f64 = 64.0;
/// The halvings of the search for that factor, on a logarithmic scale: to a part in 10^10.
const HALVINGS: usize = 36;

impl Town {
    /// Hands out what is staked, what unbonds and what is unclaimed, and fits people and payments
    /// to the present, if the start says so.
    pub fn move_in(&mut self, people: &mut [Person], start: &Start) -> Result<(), Error> {
        self.said = Some(self.chain.feeds);
        self.seen_volume = self.chain.meter.volume.get();
        self.begin(0, &Weather::QUIET);
        self.expect_payments(people, start);
        for person in people.iter_mut().filter(|person| is_trader(person)) {
            person.money = person.wealth as f64;
        }
        self.fill(people, Kind::stakes, start.fits_people)?;
        self.fill(people, |kind| kind == Kind::Provider, start.fits_people)
    }

    /// Sets how much payers pay: what was measured, at the present fee, or what their behaviour
    /// says, at the usual one.
    fn expect_payments(&mut self, people: &[Person], start: &Start) {
        let circulating = self.chain.economy.totals.circulating as f64;
        let limits = &self.chain.economy.limits;
        let measured = start.turnover.filter(|_| start.fits_people);
        let turnover = match measured {
            Some(measured) => measured / self.mind.fee_factor,
            None => self.mind.behaviour.turnover,
        };
        self.utilisation = start.turnover.map_or(1.0, |measured| {
            measured / (limits.turnover_ppm as f64 / 1e6)
        });
        let volume = circulating * turnover / 365.0 * self.calendar.epoch_days;
        let payers = people.iter().filter(|p| p.kind == Kind::Payer);
        let wealth: f64 = payers.map(|p| p.wealth as f64).sum();
        self.payments = volume / wealth.max(1.0);
        let spammers = people.iter().filter(|p| p.kind == Kind::Spammer).count();
        self.spam = volume / spammers.max(1) as f64;
    }

    /// Hands out one pool to the kinds that invest in it.
    fn fill(
        &mut self,
        people: &mut [Person],
        invests: impl Fn(Kind) -> bool,
        fits: bool,
    ) -> Result<(), Error> {
        let mut investors: Vec<&mut Person> =
            people.iter_mut().filter(|p| invests(p.kind)).collect();
        // Stake in the native pool comes out of what a person owns; what providers have in
        // markets they have beside it.
        let native = invests(Kind::Chaser);
        let (pool, annual_yield) = if native {
            (&self.chain.native, self.yields[0])
        } else {
            (&self.chain.liquidity, self.yields[1])
        };
        let (total, unbonding) = (pool.total, pool.unbonding);
        let unclaimed = pool.owed()?.checked_div(u128::from(total)).unwrap_or(0);
        let wealth: Vec<f64> = investors.iter().map(|p| p.wealth as f64).collect();
        let most = |taken: &[u64]| -> Vec<u64> {
            let owns = investors.iter().zip(taken);
            owns.map(|(p, taken)| if native { p.wealth - taken } else { u64::MAX })
                .collect()
        };
        let leaving = share_out(unbonding, &wealth, &most(&vec![0; investors.len()]));
        let spare: Vec<f64> = investors
            .iter()
            .zip(&leaving)
            .map(|(p, leaving)| (p.wealth as f64 - *leaving as f64 - self.purse(p)).max(0.0))
            .collect();
        let spare = if native { spare } else { wealth };
        let mut scale = 1.0;
        if fits && total > 0 {
            // What providers could invest is what they have in wallets and in markets.
            let beside = if native { 0.0 } else { total as f64 };
            let own = spare.iter().sum::<f64>() + beside;
            scale = self.content(&investors, &spare, annual_yield, total as f64 / own);
        }
        let wished: Vec<f64> = investors
            .iter()
            .zip(&spare)
            .map(|(p, spare)| spare * self.wish_at(scale, p, annual_yield))
            .collect();
        let shares = share_out(total, &wished, &most(&leaving));
        for person in &mut investors {
            person.required *= scale;
            person.width *= scale;
        }
        let count = investors.len();
        for (number, person) in investors.into_iter().enumerate() {
            let mut position = Position {
                amount: shares[number],
                pending_q64: U128::new(unclaimed.saturating_mul(u128::from(shares[number]))),
                paid_q64: self.pool(native).reward_per_share_q64,
                ..Position::zeroed()
            };
            if leaving[number] > 0 {
                // Nobody knows who asked when: tickets unlock evenly over the time that it takes.
                let wait = f64::from(self.chain.economy.limits.unbonding);
                let part = (number + 1) as f64 / (count + 1) as f64;
                position.tickets[0] = Ticket {
                    amount: leaving[number],
                    unlock_at: self.chain.now + (wait * part) as i64,
                };
            }
            person.unlocks = next_unlock(&position);
            if native {
                person.liquid -= shares[number] + leaving[number];
            }
            let positions = if native {
                &mut self.stakes
            } else {
                &mut self.provisions
            };
            person.position = index(positions.len());
            positions.push(position);
        }
        let positions = index(count);
        if native {
            self.chain.native.positions = positions;
        } else {
            self.chain.liquidity.positions = positions;
        }
        Ok(())
    }

    fn pool(&self, native: bool) -> &Pool {
        self.chain.pool(if native { NATIVE } else { LIQUIDITY })
    }

    /// The part that a person wishes to have invested, if it asks for `scale` times its yield.
    fn wish_at(&self, scale: f64, person: &Person, annual_yield: f64) -> f64 {
        let (required, width) = (scale * person.required, scale * person.width);
        self.mind.wish_of(required, width, annual_yield, 0.0)
    }

    /// The factor on the yield that everybody asks for with which people wish `share` of what
    /// they have spare invested at the present yield; the nearest in reach, if there is none.
    fn content(&self, people: &[&mut Person], spare: &[f64], annual_yield: f64, share: f64) -> f64 {
        let all: f64 = spare.iter().sum();
        let wished = |scale: f64| -> f64 {
            let each = people.iter().zip(spare);
            each.map(|(person, spare)| spare * self.wish_at(scale, person, annual_yield))
                .sum::<f64>()
                / all.max(1.0)
        };
        let (mut low, mut high) = (-libm::log(SCALE), libm::log(SCALE));
        for _ in 0..HALVINGS {
            let middle = 0.5 * (low + high);
            // Who asks for less wishes more.
            if wished(libm::exp(middle)) > share {
                low = middle;
            } else {
                high = middle;
            }
        }
        libm::exp(0.5 * (low + high))
    }
}

fn is_trader(person: &Person) -> bool {
    matches!(person.kind, Kind::Momentum | Kind::Value)
}

/// Shares `amount` out in proportion to `weights`, to nobody more than its part of `most`: what
/// does not fit goes to those who have room. All of it, if it fits.
fn share_out(amount: u64, weights: &[f64], most: &[u64]) -> Vec<u64> {
    let mut shares = vec![0u64; weights.len()];
    let mut left = amount;
    let mut weights = weights.to_vec();
    // By weight, then by room, and then what rounding left.
    for _ in 0..2 {
        let all: f64 = weights.iter().sum();
        let whole = left as f64;
        for ((share, weight), most) in shares.iter_mut().zip(&weights).zip(most) {
            let wanted = if all > 0.0 {
                (whole * weight / all) as u64
            } else {
                0
            };
            let given = wanted.min(most - *share).min(left);
            *share += given;
            left -= given;
        }
        let room = shares
            .iter()
            .zip(most)
            .map(|(share, most)| (most - share) as f64);
        weights = room.collect();
    }
    for (share, most) in shares.iter_mut().zip(most) {
        let given = left.min(most - *share);
        *share += given;
        left -= given;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_shared_out_by_weight_and_nobody_gets_more_than_fits() {
        for (amount, weights, most, expected) in [
            (100, vec![1.0, 3.0], vec![1_000, 1_000], vec![25, 75]),
            // The second has no more room.
            (100, vec![1.0, 3.0], vec![1_000, 40], vec![60, 40]),
            // What rounding leaves goes to the first.
            (10, vec![1.0, 1.0, 1.0], vec![9, 9, 9], vec![4, 3, 3]),
            // Nobody weighs anything: by room.
            (6, vec![0.0, 0.0], vec![4, 8], vec![2, 4]),
            // More than fits.
            (50, vec![1.0, 1.0], vec![4, 8], vec![4, 8]),
            (7, vec![], vec![], vec![]),
        ] {
            assert_eq!(share_out(amount, &weights, &most), expected, "{amount}");
        }
        let shares = share_out(u64::MAX, &[1.0, 2.0, 4.0], &[u64::MAX; 3]);
        let sum: u128 = shares.iter().map(|share| u128::from(*share)).sum();
        assert_eq!(sum, u128::from(u64::MAX));
    }
}
