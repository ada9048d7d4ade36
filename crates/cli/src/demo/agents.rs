//! Who lives in the demo's economy, and what they want. Pure: no bank, no clock.
//!
//! Every choice comes from one ChaCha8 stream per (seed, purpose, agent), so that a
//! change of one agent's luck leaves the others alone. Only operations that IEEE 754
//! rounds exactly are used: the same seed tells the same story on every machine.

use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};

/// Shares of a supply, and yields, in parts per million.
pub type Ppm = u64;

/// Team tokens that do not circulate (ppm of supply).
pub const TEAM: Ppm = 100_000;
/// Tokens of the market maker on the other side of every trade (ppm of supply).
pub const MARKET: Ppm = 50_000;
/// Volume that people want to pay in a quiet year (multiple of the circulating supply).
pub const QUIET_TURNOVER: f64 = 4.0;

const PASSIVES: usize = 10;
const CHASERS: usize = 24;
const PAYERS: usize = 8;
const PROVIDERS: usize = 6;

/// What each group owns at the start (ppm of supply).
const PASSIVE_WEALTH: Ppm = 120_000;
const CHASER_WEALTH: Ppm = 455_000;
const PAYER_WEALTH: Ppm = 115_000;
const PROVIDER_WEALTH: Ppm = 75_000;
const WHALE_WEALTH: Ppm = 82_000;

/// Annual yields that the least and the most demanding of a group ask for.
const CHASER_YIELDS: (f64, f64) = (0.015, 0.075);
const PROVIDER_YIELDS: (f64, f64) = (0.010, 0.090);
/// Yield above the required one at which an agent has put everything in.
const CONVICTION: f64 = 0.008;
/// Chance that an agent thinks again in a period.
const ATTENTION: f64 = 0.12;
/// The same while everybody watches: the first periods of a crash.
const ALARM: f64 = 0.35;
/// Change of the invested part below which nobody bothers.
const BOTHER: f64 = 0.12;
/// Fee that payers are used to: a higher one drives payments away, as one over the root.
const USUAL_FEE: f64 = 0.003;

/// Times of the three events, as parts of the whole story.
pub const BULL: f64 = 0.22;
const PEAK: f64 = 0.38;
/// See [`BULL`].
pub const CRASH: f64 = 0.50;
const RECOVERED: f64 = 0.66;
/// See [`BULL`].
pub const WHALE: f64 = 0.74;

/// What an agent is here for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Stakes once, claims now and then, stakes the rewards again.
    Passive,
    /// Stakes when the yield is what it asks for, leaves when it is not.
    Chaser,
    /// Pays others.
    Payer,
    /// Puts tokens into the liquidity pool when that yields enough.
    Provider,
    /// Owns a seventh of the stake, and goes.
    Whale,
}

/// One inhabitant.
#[derive(Clone, Debug)]
pub struct Agent {
    /// What for.
    pub role: Role,
    /// Tokens at the start (ppm of supply).
    pub wealth: Ppm,
    /// Annual yield asked for, before the mood of the market.
    pub required: f64,
    /// Which of a period's moments is this agent's own.
    pub moment: usize,
    /// Periods between two claims.
    pub claims_every: u32,
    luck: ChaCha8Rng,
}

/// What a stream of random numbers is for.
#[derive(Clone, Copy)]
enum Purpose {
    Character = 1,
    Choices = 2,
    Wallet = 3,
    Market = 4,
}

fn key(seed: u64, purpose: Purpose, agent: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&(purpose as u64).to_le_bytes());
    bytes[16..24].copy_from_slice(&agent.to_le_bytes());
    bytes
}

fn stream(seed: u64, purpose: Purpose, agent: u64) -> ChaCha8Rng {
    ChaCha8Rng::from_seed(key(seed, purpose, agent))
}

/// Uniform in [0, 1).
fn uniform(luck: &mut ChaCha8Rng) -> f64 {
    (luck.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

/// Seed of a wallet's key.
pub fn wallet_seed(seed: u64, wallet: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    stream(seed, Purpose::Wallet, wallet).fill_bytes(&mut bytes);
    bytes
}

/// Everybody, in a fixed order. `moments` is how many moments a period has.
pub fn population(seed: u64, moments: usize) -> Vec<Agent> {
    let groups = [
        (Role::Passive, PASSIVES, PASSIVE_WEALTH, (0.0, 0.0)),
        (Role::Chaser, CHASERS, CHASER_WEALTH, CHASER_YIELDS),
        (Role::Payer, PAYERS, PAYER_WEALTH, (0.0, 0.0)),
        (Role::Provider, PROVIDERS, PROVIDER_WEALTH, PROVIDER_YIELDS),
        (Role::Whale, 1, WHALE_WEALTH, (0.0, 0.0)),
    ];
    let mut agents: Vec<Agent> = Vec::new();
    for (role, count, wealth, (low, high)) in groups {
        let first = agents.len();
        for index in 0..count {
            let number = agents.len() as u64;
            let mut character = stream(seed, Purpose::Character, number);
            // One in each slice of the range, so that no seed gets a crowd of equals.
            let slice = (index as f64 + uniform(&mut character)) / count as f64;
            agents.push(Agent {
                role,
                // Some own up to three times as much as others.
                wealth: 500_000 + (uniform(&mut character) * 1_000_000.0) as Ppm,
                required: low + (high - low) * slice,
                moment: (uniform(&mut character) * moments as f64) as usize,
                claims_every: 4 + (uniform(&mut character) * 6.0) as u32,
                luck: stream(seed, Purpose::Choices, number),
            });
        }
        let group = &mut agents[first..];
        let sum: Ppm = group.iter().map(|agent| agent.wealth).sum();
        for agent in group {
            agent.wealth = agent.wealth * wealth / sum;
        }
    }
    agents
}

/// What an agent sees when it thinks again.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// Where the story is, 0 to 1.
    pub t: f64,
    /// Annual yield of what the agent could invest in.
    pub yields: f64,
    /// Part of the agent's tokens that is invested.
    pub invested: f64,
}

impl Agent {
    /// The part of its tokens that the agent wants invested at this yield, mood included.
    pub fn wants(&self, t: f64, yields: f64) -> f64 {
        let surplus = yields - self.required - mood(t);
        (0.5 + surplus / (2.0 * CONVICTION)).clamp(0.0, 1.0)
    }

    /// Thinks again, or not: the part of its tokens to have invested from now on, if
    /// that changes. Draws the same numbers whatever it sees.
    pub fn reconsider(&mut self, view: View) -> Option<f64> {
        let roll = uniform(&mut self.luck);
        let watching = (CRASH..CRASH + 0.08).contains(&view.t);
        let attention = if watching { ALARM } else { ATTENTION };
        let wants = self.wants(view.t, view.yields);
        (roll < attention && (wants - view.invested).abs() > BOTHER).then_some(wants)
    }

    /// A payment's part of an even share of the demand: 0.5 to 1.5.
    pub fn payment_size(&mut self) -> f64 {
        0.5 + uniform(&mut self.luck)
    }

    /// One of `count`, for whom to pay.
    pub fn pick(&mut self, count: usize) -> usize {
        ((uniform(&mut self.luck) * count as f64) as usize).min(count.saturating_sub(1))
    }
}

/// What the market adds to every required yield: a bull run tempts elsewhere, a crash
/// frightens, and the fright fades.
pub fn mood(t: f64) -> f64 {
    path(
        t,
        &[
            (0.0, 0.0),
            (BULL, 0.0),
            (PEAK, 0.006),
            (CRASH, 0.006),
            (CRASH + 0.001, 0.050),
            (RECOVERED, 0.035),
            (WHALE, 0.020),
            (1.0, 0.014),
        ],
    )
}

/// Demand for payments, and for the token: 1 in quiet times; trebles, falls by 60 %,
/// recovers half of that.
pub fn demand(t: f64) -> f64 {
    path(
        t,
        &[
            (0.0, 1.0),
            (BULL, 1.0),
            (PEAK, 3.0),
            (CRASH, 3.0),
            (CRASH + 0.001, 1.2),
            (RECOVERED - 0.06, 1.2),
            (RECOVERED, 2.1),
            (1.0, 2.1),
        ],
    )
}

/// Demand that is left at a fee rate.
pub fn paid_demand(t: f64, fee: f64) -> f64 {
    // The floor keeps a free economy from infinite demand.
    demand(t) / (fee.max(USUAL_FEE / 16.0) / USUAL_FEE).sqrt()
}

/// The token's price path: demand with a noise of its own.
#[derive(Clone, Debug)]
pub struct Market {
    luck: ChaCha8Rng,
}

impl Market {
    /// The market of a seed.
    pub fn new(seed: u64) -> Self {
        Self {
            luck: stream(seed, Purpose::Market, 0),
        }
    }

    /// Price now, 1 in quiet times.
    pub fn price(&mut self, t: f64) -> f64 {
        demand(t) * (0.96 + 0.08 * uniform(&mut self.luck))
    }
}

/// A line through points, flat outside them.
fn path(t: f64, points: &[(f64, f64)]) -> f64 {
    let mut before = points[0];
    for &(at, value) in points {
        if t < at {
            let part = ((t - before.0) / (at - before.0)).max(0.0);
            return before.1 + (value - before.1) * part;
        }
        before = (at, value);
    }
    before.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_makes_the_same_people_and_another_seed_others() {
        let people = |seed| format!("{:?}", population(seed, 4));
        assert_eq!(people(1), people(1));
        assert_ne!(people(1), people(2));
        assert_eq!(wallet_seed(1, 7), wallet_seed(1, 7));
        assert_ne!(wallet_seed(1, 7), wallet_seed(1, 8));
        assert_ne!(wallet_seed(1, 7), wallet_seed(2, 7));
    }

    #[test]
    fn nobody_owns_more_than_there_is_and_the_groups_own_what_they_should() {
        for seed in 0..50 {
            let people = population(seed, 4);
            assert_eq!(people.len(), PASSIVES + CHASERS + PAYERS + PROVIDERS + 1);
            let owned: Ppm = people.iter().map(|agent| agent.wealth).sum();
            assert!(owned + TEAM + MARKET <= 1_000_000, "{owned}");
            let of = |role| -> Ppm {
                let group = people.iter().filter(|agent| agent.role == role);
                group.map(|agent| agent.wealth).sum()
            };
            // Shares are floored, agent by agent.
            assert!((CHASER_WEALTH - CHASERS as Ppm..=CHASER_WEALTH).contains(&of(Role::Chaser)));
            assert_eq!(of(Role::Whale), WHALE_WEALTH);
            assert!(people.iter().all(|agent| agent.moment < 4));
        }
    }

    #[test]
    fn a_higher_yield_never_makes_anyone_invest_less() {
        for agent in population(3, 4) {
            let mut before = 0.0;
            for step in 0..200 {
                let wants = agent.wants(0.6, f64::from(step) / 1_000.0);
                assert!((0.0..=1.0).contains(&wants) && wants >= before);
                before = wants;
            }
        }
    }

    #[test]
    fn about_a_tenth_thinks_again_in_a_quiet_period_and_the_luck_of_one_is_his_own() {
        let mut people = population(1, 4);
        let view = View {
            t: 0.1,
            yields: 1.0,
            invested: 0.0,
        };
        let mut moved = 0;
        for agent in &mut people {
            for _ in 0..100 {
                moved += u32::from(agent.reconsider(view).is_some());
            }
        }
        let share = f64::from(moved) / (people.len() * 100) as f64;
        assert!((0.10..0.14).contains(&share), "{share}");
        let content = View {
            invested: 1.0,
            ..view
        };
        assert!(people.iter_mut().all(|a| a.reconsider(content).is_none()));
    }

    #[test]
    fn the_story_has_a_bull_run_a_crash_and_half_a_recovery() {
        assert_eq!(demand(0.0), 1.0);
        assert_eq!(demand((PEAK + CRASH) / 2.0), 3.0);
        let fallen = demand(CRASH + 0.01);
        assert!((fallen / 3.0 - 0.4).abs() < 1e-9, "{fallen}");
        assert!((demand(1.0) - (3.0 + fallen) / 2.0).abs() < 1e-9);
        assert!(mood(CRASH + 0.01) > mood(CRASH - 0.01) + 0.02);
        // Four times the fee halves the payments.
        assert!((paid_demand(0.0, 4.0 * USUAL_FEE) - 0.5).abs() < 1e-9);
        assert!(paid_demand(0.0, 0.0).is_finite());
    }
}
