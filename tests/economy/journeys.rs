//! Random lives of an economy: every actor does anything at any time, and after
//! every single step all invariants are computed from the accounts.

use homeostat_client::{address, instruction as ix, Funding};
use homeostat_sandbox::{
    world::{TOKEN, WEEK},
    TokenProgram, Wallet, World, WorldSpec,
};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use solana_signer::Signer;

/// Somebody's random choices.
struct Dice(ChaCha8Rng);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0.next_u64() % limit.max(1)
    }

    /// An amount between 1 and `limit`, small ones as likely as large ones.
    fn amount(&mut self, limit: u64) -> u64 {
        let magnitude = 1u64 << self.below(u64::from(limit.max(1).ilog2()) + 1);
        1 + self.below(magnitude.min(limit))
    }
}

/// A journey: a world, its actors, and what should have happened to them.
struct Journey {
    world: World,
    actors: Vec<Wallet>,
    dice: Dice,
    seed: u64,
    /// Supply before anything was minted for rewards.
    supply_at_start: u64,
    fees_paid: u64,
    claimed: u64,
    done: std::collections::BTreeMap<&'static str, u32>,
}

impl Journey {
    async fn begin(seed: u64, spec: &WorldSpec) -> Self {
        let mut world = World::build(spec).await;
        let mut actors = Vec::new();
        for _ in 0..5 {
            let wallet = world.wallet(1_000_000 * TOKEN).await;
            world.open(&wallet).await.unwrap();
            actors.push(wallet);
        }
        if spec.funding == Funding::Funded {
            let fund = ix::fund_rewards(
                &world.at,
                &world.creator.pubkey(),
                &world.reserve,
                &world.token_program,
                50_000_000 * TOKEN,
            );
            world.run(&[fund]).await.unwrap();
        }
        Self {
            world,
            actors,
            dice: Dice(ChaCha8Rng::seed_from_u64(seed)),
            seed,
            supply_at_start: spec.supply,
            fees_paid: 0,
            claimed: 0,
            done: Default::default(),
        }
    }

    /// One random action. A refusal is fine, a broken invariant is not.
    async fn step(&mut self) {
        let actor = self.dice.below(self.actors.len() as u64) as usize;
        let wallet = &self.actors[actor];
        let balance = self.world.balance(wallet).await;
        let (name, outcome) = match self.dice.below(12) {
            0..=2 => {
                let amount = self.dice.amount(balance);
                ("stake", self.world.stake(wallet, amount).await)
            }
            3 => {
                let staked = self.world.position(wallet).await.amount;
                let amount = self.dice.amount(staked);
                ("unstake", self.world.request_unstake(wallet, amount).await)
            }
            4 => {
                let ticket = self.dice.below(3) as u8;
                ("cancel", self.world.cancel_unstake(wallet, ticket).await)
            }
            5 => ("withdraw", self.world.withdraw(wallet).await),
            6 => {
                let outcome = self.world.claim(wallet).await;
                let after = self.world.balance(wallet).await;
                self.claimed += after - balance;
                ("claim", outcome)
            }
            7 | 8 => {
                let to = &self.actors[(actor + 1) % self.actors.len()];
                let before = self.world.balance(to).await;
                let amount = self.dice.amount(balance);
                let outcome = self.world.pay(wallet, &to.tokens, amount).await;
                if outcome.is_ok() {
                    let spent = balance - self.world.balance(wallet).await;
                    let net = self.world.balance(to).await - before;
                    assert_eq!(
                        spent, amount,
                        "the payer pays the amount, seed {}",
                        self.seed
                    );
                    assert!(spent > net, "a payment is never free, seed {}", self.seed);
                    self.fees_paid += spent - net;
                }
                ("pay", outcome)
            }
            9 => {
                let shard = self.dice.below(u64::from(self.world.meters)) as u8;
                ("collect", self.world.collect(shard).await)
            }
            10 => ("crank", self.world.crank().await),
            _ => {
                // Somebody gives tokens to a vault: nothing may change.
                let vault = match self.dice.below(3) {
                    0 => self.world.at.reward_vault,
                    1 => address::principal_vault(&self.world.native_pool()),
                    _ => address::fee_vault(&self.world.at.meter(0)),
                };
                if balance > 0 {
                    let mint = self.world.at.mint;
                    let amount = self.dice.amount(balance.min(TOKEN));
                    self.world
                        .bank
                        .transfer(&mint, &wallet.tokens, &vault, &wallet.key, amount)
                        .await;
                }
                ("donate", Ok(Default::default()))
            }
        };
        if outcome.is_ok() {
            *self.done.entry(name).or_default() += 1;
        }
        let pause = match self.dice.below(4) {
            0 => 0,
            1 => self.dice.below(100) as i64,
            2 => self.dice.below(86_400) as i64,
            _ => self.dice.below(2 * WEEK as u64) as i64,
        };
        self.world.bank.advance(pause).await;
    }

    async fn check(&mut self, step: u32) {
        let invariants = self.world.check_invariants().await;
        assert!(
            invariants.all_hold(),
            "seed {} step {step}: {:#?}",
            self.seed,
            invariants.evidence
        );

        // Every token is somewhere: nothing appears or vanishes but by mint and burn.
        let world = &mut self.world;
        let at = world.at;
        let mut holders = vec![world.reserve, at.reward_vault, at.treasury_vault];
        holders.push(address::principal_vault(&world.native_pool()));
        holders.extend((0..world.meters).map(|shard| address::fee_vault(&at.meter(shard))));
        holders.extend(self.actors.iter().map(|actor| actor.tokens));
        let mut held = 0u64;
        for holder in holders {
            held += world.bank.balance(&holder).await;
        }
        let supply = world.bank.supply(&at.mint).await;
        assert_eq!(
            held, supply,
            "seed {} step {step}: tokens are lost",
            self.seed
        );

        let economy = world.economy().await;
        let mut burned = 0;
        let mut fees = 0;
        for shard in 0..world.meters {
            let meter = world.meter(shard).await;
            burned += meter.burned.get() as u64;
            fees += meter.fees.get() as u64;
        }
        let minted = if economy.mints() {
            economy.totals.supplied
        } else {
            0
        };
        assert_eq!(supply, self.supply_at_start + minted - burned);
        assert_eq!(fees, self.fees_paid, "seed {} step {step}", self.seed);
        let claimed = world.pool(0).await.claimed;
        assert_eq!(claimed, self.claimed, "seed {} step {step}", self.seed);
    }
}

/// Steps of one journey.
const STEPS: u32 = 120;

async fn travel(seed: u64, spec: WorldSpec) {
    println!("journey with seed {seed}");
    let mut journey = Journey::begin(seed, &spec).await;
    for step in 0..STEPS {
        journey.step().await;
        journey.check(step).await;
    }

    // A journey in which nothing happens proves nothing.
    for action in [
        "stake", "unstake", "claim", "pay", "collect", "crank", "withdraw",
    ] {
        let count = journey.done.get(action).copied().unwrap_or(0);
        assert!(count > 0, "seed {seed}: no {action} went through");
    }

    // In the end everybody leaves with everything.
    let actors = std::mem::take(&mut journey.actors);
    for wallet in &actors {
        let staked = journey.world.position(wallet).await.amount;
        if staked > 0 {
            journey.world.request_unstake(wallet, staked).await.unwrap();
        }
    }
    journey.world.bank.advance(WEEK + 1).await;
    for wallet in &actors {
        let waiting = journey.world.position(wallet).await;
        if waiting.tickets.iter().any(|ticket| ticket.amount > 0) {
            journey.world.withdraw(wallet).await.unwrap();
        }
        journey.world.claim(wallet).await.unwrap();
        journey.world.close_position(wallet).await.unwrap();
    }
    let pool = journey.world.pool(0).await;
    assert_eq!((pool.total, pool.unbonding), (0, 0));
}

fn spec(program: TokenProgram, funding: Funding) -> WorldSpec {
    WorldSpec {
        program,
        funding,
        meters: 2,
        ..WorldSpec::default()
    }
}

#[tokio::test]
async fn success_random_journeys_keep_every_invariant_token_2022() {
    for seed in 1..=3 {
        travel(seed, spec(TokenProgram::Token2022, Funding::Mint)).await;
    }
}

#[tokio::test]
async fn success_random_journeys_keep_every_invariant_spl_token() {
    for seed in 11..=13 {
        travel(seed, spec(TokenProgram::Legacy, Funding::Mint)).await;
    }
}

#[tokio::test]
async fn success_random_journeys_keep_every_invariant_funded() {
    for seed in 21..=23 {
        travel(seed, spec(TokenProgram::Token2022, Funding::Funded)).await;
    }
}

#[tokio::test]
async fn success_random_journeys_at_the_cap_keep_every_invariant() {
    // The headroom is used up after a few weeks.
    for seed in 31..=33 {
        let capped = WorldSpec {
            hard_cap: 1_003_000_000 * TOKEN,
            ..spec(TokenProgram::Token2022, Funding::Mint)
        };
        travel(seed, capped).await;
    }
}
