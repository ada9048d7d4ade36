//! The life of the demo's economy: real transactions on a bank in process, period by
//! period, and a check of everything after each.

use homeostat::constants::{PPM, YEAR};
use homeostat::state::{StoredDecision, StoredGuardState, StoredState, Ticket};
use homeostat_client::instruction::{self as ix, StakeMint};
use homeostat_client::log::{self, Record};
use homeostat_client::{
    DecisionRecord, Economy, Funding, Instruction, Parameter, Position, Pubkey,
};
use homeostat_control::{guarded_step, Decision, Input};
use homeostat_sandbox::bank::Receipt;
use homeostat_sandbox::{Bank, Invariants, TokenProgram, Wallet, World, WorldSpec};
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::agents::{self, Agent, Market, Role, View};
use crate::failure::Failure;
use homeostat_ops::economy_file::EconomySpec;

/// When things happen within a period, in parts per hundred of it.
const MOMENTS: [i64; 4] = [10, 35, 60, 85];
/// Lane of the native pool and of the liquidity pool.
const NATIVE: usize = 0;
const LIQUIDITY: usize = 1;
/// Weight of the liquidity pool: there is only one.
const WEIGHT: u16 = 1;
/// Periods over which the whale sells what it took out.
const SALES: u32 = 10;
/// Funded economies: part of the team's tokens that goes into the reward vault (ppm of supply).
const REWARD_FUND: u64 = 80_000;

/// One decision about one parameter.
#[derive(Clone, Debug)]
pub struct Made {
    /// Period that it closed, from 1.
    pub period: u32,
    /// Which parameter.
    pub parameter: Parameter,
    /// As the account holds it.
    pub decision: Decision,
    /// Lower limit in force (ppm).
    pub min: i64,
    /// Upper limit in force (ppm).
    pub max: i64,
}

/// Something that happened to the economy.
#[derive(Clone, Debug)]
pub struct Happened {
    /// Period in which it happened, from 1.
    pub period: u32,
    /// When (unix seconds).
    pub at: i64,
    /// What, for charts and tables.
    pub label: String,
}

/// Transactions that went through, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Counts {
    /// `open_position`.
    pub positions_opened: u32,
    /// `close_position`.
    pub positions_closed: u32,
    /// `stake`.
    pub stakes: u32,
    /// `request_unstake`.
    pub unstakes: u32,
    /// `cancel_unstake`.
    pub unstakes_cancelled: u32,
    /// `withdraw`.
    pub withdrawals: u32,
    /// `claim` after `top_up`.
    pub claims: u32,
    /// `pay`.
    pub payments: u32,
    /// Token moves between the market and its pool.
    pub trades: u32,
    /// `collect`.
    pub collects: u32,
    /// `preview`.
    pub previews: u32,
    /// `crank`.
    pub cranks: u32,
}

impl Counts {
    /// All of them.
    pub fn total(&self) -> u32 {
        self.positions_opened
            + self.positions_closed
            + self.stakes
            + self.unstakes
            + self.unstakes_cancelled
            + self.withdrawals
            + self.claims
            + self.payments
            + self.trades
            + self.collects
            + self.previews
            + self.cranks
    }
}

/// What a life leaves behind.
pub struct History {
    /// When it went live (unix seconds).
    pub live_at: i64,
    /// Every decision, by period and parameter.
    pub decisions: Vec<Made>,
    /// What happened, by time.
    pub events: Vec<Happened>,
    /// Transactions.
    pub counts: Counts,
    /// Wallets that took part.
    pub wallets: usize,
    /// Every invariant held at every check, or there would be no record.
    pub invariants: Invariants,
    /// How often all of them were checked.
    pub checks: u32,
    /// The economy at the end.
    pub end: Box<Economy>,
    /// Rewards claimed since the start (base units).
    pub claimed: u128,
    /// Rewards accrued to pools since the start, fees included (base units).
    pub accrued: u128,
    /// The mint's supply at the end (base units).
    pub supply: u64,
}

/// A wallet with a will of its own.
struct Inhabitant {
    agent: Agent,
    wallet: Wallet,
    /// Account for LP tokens; providers only.
    lp_tokens: Option<Pubkey>,
    has_position: bool,
    /// Stake that earns (base units of what is staked).
    staked: u64,
    /// Stake in tickets (base units of what is staked).
    unbonding: u64,
    /// When the first ticket unlocks.
    due: Option<i64>,
    /// Tokens of the whale's that are still for sale.
    for_sale: u64,
    /// Slice of a sale.
    slice: u64,
}

impl Inhabitant {
    fn lane(&self) -> usize {
        if self.agent.role == Role::Provider {
            LIQUIDITY
        } else {
            NATIVE
        }
    }
}

/// The world and everybody in it.
pub struct Life<'a> {
    spec: &'a EconomySpec,
    periods: u32,
    world: World,
    people: Vec<Inhabitant>,
    market: Market,
    maker: Wallet,
    amm: Keypair,
    /// What the AMM's vault would hold at price 1 (base units).
    depth_at_par: f64,
    price: f64,
    /// The economy as of the last crank.
    economy: Box<Economy>,
    made: Vec<Made>,
    events: Vec<Happened>,
    counts: Counts,
    invariants: Invariants,
    checks: u32,
}

fn refused(what: &str, failure: &homeostat_sandbox::Failure) -> Failure {
    Failure::new(
        "transaction_refused",
        format!("the economy refused {what}: {}", failure.to_string().trim()),
    )
    .remedy(
        "this is a bug of the demo or of the program: report it with the economy file and the seed",
    )
}

fn part(of: u64, ppm: u64) -> u64 {
    let product = u128::from(of) * u128::from(ppm) / u128::from(PPM);
    u64::try_from(product).unwrap_or(u64::MAX)
}

/// `of * share`, rounded down; never more than `of`.
fn share(of: u64, share: f64) -> u64 {
    ((of as f64 * share) as u64).min(of)
}

fn wallet_key(seed: u64, number: usize) -> Keypair {
    Keypair::new_from_array(agents::wallet_seed(seed, number as u64))
}

impl<'a> Life<'a> {
    /// Builds the economy, gives everybody their tokens, goes live, and lets everybody
    /// stake who wants to from the first second.
    pub async fn begin(
        spec: &'a EconomySpec,
        seed: u64,
        periods: u32,
        bank: Bank,
    ) -> Result<Self, Failure> {
        let mut world = World::try_build_on(bank, &world_spec(spec))
            .await
            .map_err(|failure| refused("to be created", &failure))?;
        let agents = agents::population(seed, MOMENTS.len());
        let amm = wallet_key(seed, agents.len() + 1);
        let lp = add_liquidity_pool(&mut world, &amm.pubkey())
            .await
            .map_err(|failure| refused("a liquidity pool", &failure))?;

        let mut people = Vec::with_capacity(agents.len());
        for (number, agent) in agents.into_iter().enumerate() {
            let tokens = part(spec.supply, agent.wealth);
            let wallet = world.wallet_from(wallet_key(seed, number), tokens).await;
            let lp_tokens = match agent.role {
                Role::Provider => Some(world.bank.create_tokens(&lp.mint, &wallet.pubkey()).await),
                _ => None,
            };
            people.push(Inhabitant {
                agent,
                wallet,
                lp_tokens,
                has_position: false,
                staked: 0,
                unbonding: 0,
                due: None,
                for_sale: 0,
                slice: 0,
            });
        }
        let maker = world
            .wallet_from(
                wallet_key(seed, people.len()),
                part(spec.supply, agents::MARKET),
            )
            .await;
        let team = world.excluded.clone();
        let (mint, reserve, creator) =
            (world.at.mint, world.reserve, world.creator.insecure_clone());
        let mut team_tokens = part(spec.supply, agents::TEAM);
        if spec.funding == Funding::Funded {
            let fund = part(spec.supply, REWARD_FUND);
            team_tokens -= fund;
            let fund = ix::fund_rewards(
                &world.at,
                &creator.pubkey(),
                &reserve,
                &world.token_program,
                fund,
            );
            world
                .run(&[fund])
                .await
                .map_err(|failure| refused("its reward fund", &failure))?;
        }
        for account in team {
            world
                .bank
                .transfer(&mint, &reserve, &account, &creator, team_tokens)
                .await;
        }
        world.hand_over_mint(spec.funding).await;
        world
            .go_live()
            .await
            .map_err(|failure| refused("to go live", &failure))?;

        let economy = world.economy().await;
        let mut life = Self {
            spec,
            periods,
            world,
            people,
            market: Market::new(seed),
            maker,
            amm,
            depth_at_par: 0.0,
            price: 1.0,
            economy,
            made: Vec::new(),
            events: Vec::new(),
            counts: Counts::default(),
            invariants: Invariants::default(),
            checks: 0,
        };
        life.opening().await?;
        Ok(life)
    }

    /// Everybody who is in at the start goes in.
    ///
    /// Providers come one after the other, because each sees the pool that the last one left.
    async fn opening(&mut self) -> Result<(), Failure> {
        /// Seconds between two providers; less where a period has no room for it.
        const APART: i64 = 120;
        let apart = APART.min(i64::from(self.spec.period) / 20);
        // What people expect of an economy that works: its target, not its first rate.
        const EXPECTED_YIELD: f64 = 0.060;
        const EXPECTED_LP_YIELD: f64 = 0.06;
        for number in 0..self.people.len() {
            let agent = &self.people[number].agent;
            let invest = match agent.role {
                Role::Payer => 0.0,
                Role::Passive | Role::Whale => 1.0,
                Role::Chaser => agent.wants(0.0, EXPECTED_YIELD),
                Role::Provider => agent.wants(0.0, EXPECTED_LP_YIELD),
            };
            let tokens = part(self.spec.supply, agent.wealth);
            if agent.role == Role::Provider {
                self.world.bank.advance(apart).await;
            }
            self.invest(number, share(tokens, invest)).await?;
        }
        self.check(0).await
    }

    /// Where the story is at a moment of a period, 0 to 1.
    fn story(&self, period: u32, hundredths: i64) -> f64 {
        let elapsed = f64::from(period - 1) + hundredths as f64 / 100.0;
        elapsed / f64::from(self.periods)
    }

    /// Lives through everything; `progress` hears of each period that ended.
    pub async fn live(mut self, mut progress: impl FnMut(u32, &str)) -> Result<History, Failure> {
        let live_at = self.economy.live_at;
        for period in 1..=self.periods {
            let begun = self.events.len();
            self.period(period).await?;
            let news: Vec<&str> = self.events[begun..]
                .iter()
                .map(|event| event.label.as_str())
                .collect();
            progress(period, &news.join(", "));
        }
        let supply = self.world.bank.supply(&self.world.at.mint).await;
        let accrued = self.accrued()?;
        Ok(History {
            live_at,
            decisions: self.made,
            events: self.events,
            counts: self.counts,
            // The market maker, the AMM, the team and the founder are wallets, too.
            wallets: self.people.len() + 4,
            invariants: self.invariants,
            checks: self.checks,
            claimed: self.economy.tally.claimed.get(),
            accrued,
            supply,
            end: self.economy,
        })
    }

    /// Emission and fees that have streamed to people up to the last crank (base units).
    fn accrued(&self) -> Result<u128, Failure> {
        let now = self.world.bank.now();
        let stream = &self.economy.stream;
        let streamed = self
            .economy
            .owed_emission(now)
            .and_then(|emission| Ok(emission + stream.fees_at(now)?))
            .map_err(|error| Failure::new("bad_stream", error.to_string()))?;
        Ok((streamed - self.economy.tally.returned_fees_q64.get()) >> 64)
    }

    async fn period(&mut self, period: u32) -> Result<(), Failure> {
        let start = self.economy.last_crank;
        let length = self.economy.next_end - start;
        for (moment, hundredths) in MOMENTS.into_iter().enumerate() {
            self.world
                .bank
                .set_time(start + length * hundredths / 100)
                .await;
            let t = self.story(period, hundredths);
            if moment == 0 {
                self.events_of(period).await?;
            }
            self.trade(t).await?;
            self.world.touch_pools().await;
            for number in 0..self.people.len() {
                self.mature(number).await?;
                if self.people[number].agent.moment == moment {
                    self.act(number, period, t).await?;
                }
            }
            self.payments(period, t).await?;
            // Between the transactions of a period, not only at its end.
            if moment == 1 {
                self.check(period).await?;
            }
        }
        self.crank(period).await
    }

    /// What the story has in store for this period.
    async fn events_of(&mut self, period: u32) -> Result<(), Failure> {
        let from = self.story(period, 0);
        let to = self.story(period, 100);
        for (at, label) in [
            (agents::BULL, "bull run: demand x 3"),
            (agents::CRASH, "crash: demand -60 %"),
            (agents::WHALE, "whale exit"),
        ] {
            if from <= at && at < to {
                self.events.push(Happened {
                    period,
                    at: self.world.bank.now(),
                    label: label.to_owned(),
                });
                if at == agents::WHALE {
                    self.whale_leaves().await?;
                }
            }
        }
        Ok(())
    }

    async fn whale_leaves(&mut self) -> Result<(), Failure> {
        for number in 0..self.people.len() {
            if self.people[number].agent.role == Role::Whale {
                let all = self.people[number].staked;
                self.divest(number, all).await?;
                self.check(0).await?;
            }
        }
        Ok(())
    }

    /// Thinks again, claims, or sells, as the role has it.
    async fn act(&mut self, number: usize, period: u32, t: f64) -> Result<(), Failure> {
        let person = &self.people[number];
        let role = person.agent.role;
        if person.has_position
            && person.staked > 0
            && period.is_multiple_of(person.agent.claims_every)
            && role != Role::Payer
        {
            let claimed = self.claim(number).await?;
            if role == Role::Passive {
                self.invest(number, claimed).await?;
            }
        }
        match role {
            Role::Payer | Role::Passive => Ok(()),
            Role::Chaser | Role::Provider => self.reconsider(number, t).await,
            Role::Whale => self.sell(number).await,
        }
    }

    async fn reconsider(&mut self, number: usize, t: f64) -> Result<(), Failure> {
        let yields = self.yield_of(self.people[number].lane()).await;
        let idle = self.balance(number).await;
        let invested = self.worth(number, self.people[number].staked).await;
        let leaving = self.worth(number, self.people[number].unbonding).await;
        let all = invested + leaving + idle;
        let view = View {
            t,
            yields,
            invested: if all == 0 {
                0.0
            } else {
                invested as f64 / all as f64
            },
        };
        let Some(wants) = self.people[number].agent.reconsider(view) else {
            return Ok(());
        };
        let target = share(all, wants);
        if target > invested {
            let back = self.cancel(number, target - invested).await?;
            let idle = self.balance(number).await;
            let more = (target - invested).saturating_sub(back).min(idle);
            self.invest(number, more).await
        } else {
            let person = &self.people[number];
            let kept = if invested == 0 {
                0.0
            } else {
                target as f64 / invested as f64
            };
            let leave = person.staked - share(person.staked, kept);
            self.divest(number, leave).await
        }
    }

    /// Annual yield of one lane as its stakers get it: the emission alone.
    async fn yield_of(&mut self, lane: usize) -> f64 {
        /// What an empty pool promises.
        const HUGE: f64 = 10.0;
        let now = self.world.bank.now();
        if self.economy.stream.emit_until <= now {
            return 0.0;
        }
        let fraction = |parameter| self.economy.value(parameter) as f64 / PPM as f64;
        let liquidity = fraction(Parameter::Liquidity);
        let emission = fraction(Parameter::Emission) * self.economy.totals.supply as f64;
        let (income, worth) = if lane == NATIVE {
            let pool = self.world.pool(NATIVE).await;
            let staked = pool.total as f64;
            let most = staked * f64::from(self.economy.limits.yield_ppm) / PPM as f64;
            ((emission * (1.0 - liquidity)).min(most), staked)
        } else {
            let pool = self.world.pool(LIQUIDITY).await;
            (emission * liquidity, self.lp_worth(pool.total).await as f64)
        };
        if worth > 0.0 {
            (income / worth).min(HUGE)
        } else {
            HUGE
        }
    }

    async fn balance(&mut self, number: usize) -> u64 {
        let tokens = self.people[number].wallet.tokens;
        self.world.bank.balance(&tokens).await
    }

    /// What an amount of what this person stakes is worth in tokens.
    async fn worth(&mut self, number: usize, amount: u64) -> u64 {
        if self.people[number].lane() == LIQUIDITY {
            self.lp_worth(amount).await
        } else {
            amount
        }
    }

    fn lp(&self) -> StakeMint {
        self.world.pools[LIQUIDITY]
    }

    fn amm_vault(&self) -> Pubkey {
        self.lp()
            .amm_vault
            .expect("the liquidity pool was made with one")
    }

    async fn lp_worth(&mut self, amount: u64) -> u64 {
        let vault = self.amm_vault();
        let balance = self.world.bank.balance(&vault).await;
        let mint = self.lp().mint;
        let supply = self.world.bank.supply(&mint).await;
        ratio(balance, amount, supply)
    }

    /// Puts tokens in: into the pool, or through the AMM into the liquidity pool.
    async fn invest(&mut self, number: usize, tokens: u64) -> Result<(), Failure> {
        if tokens == 0 {
            return Ok(());
        }
        let lane = self.people[number].lane();
        let (amount, from) = match self.people[number].lp_tokens {
            None => (tokens, self.people[number].wallet.tokens),
            Some(lp_tokens) => (self.deposit(number, tokens, &lp_tokens).await, lp_tokens),
        };
        // The demo sets the native pool's smallest stake alone.
        let least = if lane == NATIVE {
            self.spec.limits.min_stake
        } else {
            1
        };
        if amount < least {
            return Ok(());
        }
        if !self.people[number].has_position {
            let pool = self.pool_address(lane);
            self.world
                .open_in(&pool, &self.people[number].wallet)
                .await
                .map_err(|failure| refused("to open a position", &failure))?;
            self.people[number].has_position = true;
            self.counts.positions_opened += 1;
        }
        let stake = self.world.pools[lane];
        let owner = self.people[number].wallet.pubkey();
        let enter = ix::stake(&self.world.at, &stake, &owner, &from, amount);
        self.send(number, &[enter], "a stake").await?;
        self.people[number].staked += amount;
        self.counts.stakes += 1;
        Ok(())
    }

    /// Gives tokens to the AMM for LP tokens; how many.
    async fn deposit(&mut self, number: usize, tokens: u64, lp_tokens: &Pubkey) -> u64 {
        let (vault, lp, mint) = (self.amm_vault(), self.lp().mint, self.world.at.mint);
        let held = self.world.bank.balance(&vault).await;
        let supply = self.world.bank.supply(&lp).await;
        let amount = if held == 0 || supply == 0 {
            tokens
        } else {
            ratio(supply, tokens, held)
        };
        let wallet = &self.people[number].wallet;
        self.world
            .bank
            .transfer(&mint, &wallet.tokens, &vault, &wallet.key, tokens)
            .await;
        self.world.bank.mint_to(&lp, lp_tokens, amount).await;
        self.depth_at_par = (held + tokens) as f64 * self.price.sqrt();
        amount
    }

    /// Gives LP tokens back to the AMM for tokens.
    async fn redeem(&mut self, number: usize, amount: u64) {
        let (vault, lp, mint) = (self.amm_vault(), self.lp().mint, self.world.at.mint);
        let tokens = self.lp_worth(amount).await;
        let person = &self.people[number];
        let Some(lp_tokens) = person.lp_tokens else {
            return;
        };
        self.world
            .bank
            .burn(&lp, &lp_tokens, &person.wallet.key, amount)
            .await;
        self.world
            .bank
            .transfer(&mint, &vault, &person.wallet.tokens, &self.amm, tokens)
            .await;
        let held = self.world.bank.balance(&vault).await;
        self.depth_at_par = held as f64 * self.price.sqrt();
    }

    /// Begins to unbond.
    async fn divest(&mut self, number: usize, amount: u64) -> Result<(), Failure> {
        if amount == 0 {
            return Ok(());
        }
        let pool = self.pool_address(self.people[number].lane());
        let owner = self.people[number].wallet.pubkey();
        let exit = ix::request_unstake(&self.world.at.economy, &pool, &owner, amount);
        self.send(number, &[exit], "an unstake").await?;
        let unlocks = self.world.bank.now() + i64::from(self.spec.limits.unbonding);
        let person = &mut self.people[number];
        person.staked -= amount;
        person.unbonding += amount;
        person.due = Some(person.due.map_or(unlocks, |due| due.min(unlocks)));
        self.counts.unstakes += 1;
        Ok(())
    }

    /// Puts tickets back to work as long as they fit into `wanted` (tokens); how many
    /// tokens that brought. Providers take the long way round.
    async fn cancel(&mut self, number: usize, wanted: u64) -> Result<u64, Failure> {
        if self.people[number].unbonding == 0 || self.people[number].lane() != NATIVE {
            return Ok(0);
        }
        let position = self.position(number).await;
        let mut back = 0;
        for (slot, ticket) in (0u8..).zip(position.tickets) {
            if ticket.amount == 0 || back + ticket.amount > wanted {
                continue;
            }
            let pool = self.pool_address(NATIVE);
            let owner = self.people[number].wallet.pubkey();
            let cancel = ix::cancel_unstake(&self.world.at.economy, &pool, &owner, slot);
            self.send(number, &[cancel], "to cancel an unstake").await?;
            back += ticket.amount;
            self.counts.unstakes_cancelled += 1;
        }
        self.people[number].staked += back;
        self.people[number].unbonding -= back;
        Ok(back)
    }

    /// Withdraws what has unlocked; whoever has nothing left claims and leaves.
    async fn mature(&mut self, number: usize) -> Result<(), Failure> {
        let now = self.world.bank.now();
        if self.people[number].due.is_none_or(|due| now < due) {
            return Ok(());
        }
        let position = self.position(number).await;
        let waiting = position.tickets.iter().filter(|ticket| ticket.amount > 0);
        let (unlocked, locked): (Vec<&Ticket>, Vec<&Ticket>) =
            waiting.partition(|ticket| ticket.unlock_at <= now);
        let amount: u64 = unlocked.iter().map(|ticket| ticket.amount).sum();
        self.people[number].due = locked.iter().map(|ticket| ticket.unlock_at).min();
        if amount > 0 {
            let lane = self.people[number].lane();
            let person = &self.people[number];
            let to = person.lp_tokens.unwrap_or(person.wallet.tokens);
            let stake = self.world.pools[lane];
            let owner = person.wallet.pubkey();
            let withdraw = ix::withdraw(&self.world.at, &stake, &owner, &to);
            self.send(number, &[withdraw], "a withdrawal").await?;
            self.counts.withdrawals += 1;
            self.people[number].unbonding -= amount;
            if lane == LIQUIDITY {
                self.redeem(number, amount).await;
            }
        }
        if self.people[number].staked == 0 && self.people[number].unbonding == 0 {
            self.leave(number, amount).await?;
        }
        Ok(())
    }

    /// Claims the rest and closes the position.
    async fn leave(&mut self, number: usize, withdrawn: u64) -> Result<(), Failure> {
        self.claim(number).await?;
        let pool = self.pool_address(self.people[number].lane());
        let owner = self.people[number].wallet.pubkey();
        let payer = self.world.bank.payer().pubkey();
        let close = ix::close_position(&self.world.at.economy, &pool, &owner, &payer);
        self.send(number, &[close], "to close a position").await?;
        self.world.positions.retain(|known| *known != (pool, owner));
        self.counts.positions_closed += 1;
        let person = &mut self.people[number];
        person.has_position = false;
        if person.agent.role == Role::Whale {
            person.for_sale = withdrawn;
            person.slice = withdrawn / u64::from(SALES);
        }
        Ok(())
    }

    /// Claims, after a top-up where the economy mints; how much came.
    async fn claim(&mut self, number: usize) -> Result<u64, Failure> {
        let before = self.balance(number).await;
        let pool = self.pool_address(self.people[number].lane());
        let wallet = &self.people[number].wallet;
        let claim = ix::claim(
            &self.world.at,
            &pool,
            &wallet.pubkey(),
            &wallet.tokens,
            &self.world.token_program,
        );
        let mut instructions = Vec::with_capacity(2);
        if self.spec.funding == Funding::Mint {
            instructions.push(self.world.top_up_ix());
        }
        instructions.push(claim);
        self.send(number, &instructions, "a claim").await?;
        self.counts.claims += 1;
        Ok(self.balance(number).await.saturating_sub(before))
    }

    /// The whale sells a slice of what it took out to one of the chasers.
    async fn sell(&mut self, number: usize) -> Result<(), Failure> {
        let seller = &mut self.people[number];
        let amount = seller.slice.min(seller.for_sale);
        if amount == 0 {
            return Ok(());
        }
        seller.for_sale -= amount;
        let chasers: Vec<usize> = self.of(Role::Chaser);
        let buyer = chasers[self.people[number].agent.pick(chasers.len())];
        let to = self.people[buyer].wallet.tokens;
        let wallet = &self.people[number].wallet;
        self.world
            .bank
            .transfer(
                &self.world.at.mint,
                &wallet.tokens,
                &to,
                &wallet.key,
                amount,
            )
            .await;
        self.counts.trades += 1;
        Ok(())
    }

    fn of(&self, role: Role) -> Vec<usize> {
        (0..self.people.len())
            .filter(|number| self.people[*number].agent.role == role)
            .collect()
    }

    /// The price moves, and the AMM's vault with it: a dearer token leaves it.
    async fn trade(&mut self, t: f64) -> Result<(), Failure> {
        self.price = self.market.price(t);
        let vault = self.amm_vault();
        let held = self.world.bank.balance(&vault).await;
        let target = (self.depth_at_par / self.price.sqrt()) as u64;
        let mint = self.world.at.mint;
        if target > held {
            let stock = self.world.bank.balance(&self.maker.tokens).await;
            let amount = (target - held).min(stock);
            if amount == 0 {
                return Ok(());
            }
            self.world
                .bank
                .transfer(&mint, &self.maker.tokens, &vault, &self.maker.key, amount)
                .await;
        } else {
            // A constant product is never emptied.
            let amount = (held - target).min(held.saturating_sub(1));
            if amount == 0 {
                return Ok(());
            }
            self.world
                .bank
                .transfer(&mint, &vault, &self.maker.tokens, &self.amm, amount)
                .await;
        }
        self.counts.trades += 1;
        Ok(())
    }

    /// Every payer pays a share of the demand, to the poorer of two other payers.
    async fn payments(&mut self, period: u32, t: f64) -> Result<(), Failure> {
        let fee = self.economy.value(Parameter::Fee) as f64 / PPM as f64;
        let payers = self.of(Role::Payer);
        let year = YEAR as f64 / f64::from(self.spec.period);
        let volume = agents::paid_demand(t, fee)
            * agents::QUIET_TURNOVER
            * self.economy.totals.circulating as f64
            / year;
        let each = volume / (payers.len() * MOMENTS.len()) as f64;
        let mut balances = Vec::with_capacity(payers.len());
        for number in &payers {
            balances.push(self.balance(*number).await);
        }
        for (index, number) in payers.iter().copied().enumerate() {
            let agent = &mut self.people[number].agent;
            let size = agent.payment_size();
            let mut pick = || (index + 1 + agent.pick(payers.len() - 1)) % payers.len();
            let (one, other) = (pick(), pick());
            let to = if balances[one] <= balances[other] {
                one
            } else {
                other
            };
            let amount = ((each * size) as u64).min(share(balances[index], 0.9));
            // Dust would not leave anything to pay after its fee.
            if amount < 2 {
                continue;
            }
            let wallet = &self.people[number].wallet;
            let payment = ix::Payment {
                payer: wallet.pubkey(),
                from: wallet.tokens,
                to: self.people[payers[to]].wallet.tokens,
                shard: ((index as u32 + period) % u32::from(self.spec.meters)) as u8,
                amount,
                max_fee: u64::MAX,
            };
            let pay = ix::pay(&self.world.at, &self.world.token_program, &payment);
            self.send(number, &[pay], "a payment").await?;
            balances[index] -= amount;
            balances[to] += amount;
            self.counts.payments += 1;
        }
        Ok(())
    }

    /// Collects the fees, previews and makes the decisions, and checks everything.
    async fn crank(&mut self, period: u32) -> Result<(), Failure> {
        let end = self.economy.next_end.max(self.world.bank.now());
        self.world.bank.set_time(end).await;
        for shard in 0..self.spec.meters {
            self.world
                .collect(shard)
                .await
                .map_err(|failure| refused("to collect fees", &failure))?;
            self.counts.collects += 1;
        }
        let before = self.world.economy().await;
        let mut previews = Vec::with_capacity(Parameter::ALL.len());
        for parameter in Parameter::ALL {
            let preview = ix::preview(
                &self.world.at,
                &self.world.pools,
                &before,
                parameter.index() as u8,
            );
            let receipt = self
                .world
                .run(&[preview])
                .await
                .map_err(|failure| refused("a preview", &failure))?;
            previews.push(receipt.return_data);
            self.counts.previews += 1;
        }
        let keeper = self.world.bank.payer().pubkey();
        let crank = ix::crank(
            &self.world.at,
            &keeper,
            &self.world.token_program,
            &self.world.pools,
            &before,
        );
        self.world
            .run(&[crank])
            .await
            .map_err(|failure| refused("a crank", &failure))?;
        self.counts.cranks += 1;
        self.economy = self.world.economy().await;

        let records = self.records().await?;
        for (parameter, preview) in Parameter::ALL.into_iter().zip(&previews) {
            let after = &self.economy.controllers[parameter.index()];
            let config = &before.controllers[parameter.index()].config;
            self.made.push(Made {
                period,
                parameter,
                decision: after.last.law(),
                min: config.min,
                max: config.max,
            });
            let recomputed = records
                .iter()
                .find(|record| record.parameter == parameter as u8)
                .is_some_and(|record| recomputes(&before, &self.economy, parameter, record));
            let previewed = homeostat_client::decode::preview(preview) == Ok(after.last);
            self.note("decisions_recompute", recomputed, parameter);
            self.note("previews_match", previewed, parameter);
        }
        self.check(period).await
    }

    /// The records that the last crank wrote, out of the log whose chain was checked.
    async fn records(&mut self) -> Result<Vec<DecisionRecord>, Failure> {
        let data = self
            .world
            .bank
            .data(&self.world.at.log)
            .await
            .unwrap_or_default();
        let (_, records) =
            log::read(&data).map_err(|error| Failure::new("bad_log", error.to_string()))?;
        Ok(records
            .iter()
            .rev()
            .take(Parameter::ALL.len())
            .filter_map(|record| match record {
                Record::Decision(decision) => Some(*decision),
                Record::Config(_) => None,
            })
            .collect())
    }

    fn note(&mut self, name: &'static str, holds: bool, parameter: Parameter) {
        *self.invariants.held.entry(name).or_insert(true) &= holds;
        if !holds {
            let evidence = format!("{name}: {}", parameter.name());
            self.invariants.evidence.push(evidence);
        }
    }

    /// Checks every invariant now; the first one that does not hold ends the demo.
    async fn check(&mut self, period: u32) -> Result<(), Failure> {
        let found = self.world.check_invariants().await;
        self.invariants.merge(found);
        self.checks += 1;
        let broken: Vec<&str> = self
            .invariants
            .held
            .iter()
            .filter(|(_, holds)| !**holds)
            .map(|(name, _)| *name)
            .collect();
        if broken.is_empty() {
            return Ok(());
        }
        Err(Failure::new(
            "invariant_broken",
            format!(
                "in period {period} this does not hold: {} ({})",
                broken.join(", "),
                self.invariants.evidence.join("; ")
            ),
        )
        .remedy("this is a bug of the program: report it with the economy file and the seed"))
    }

    fn pool_address(&self, lane: usize) -> Pubkey {
        self.world.at.pool(&self.world.pools[lane].mint)
    }

    async fn position(&mut self, number: usize) -> Position {
        let pool = self.pool_address(self.people[number].lane());
        let owner = self.people[number].wallet.pubkey();
        let address = homeostat_client::address::position(&pool, &owner);
        self.world.bank.fetch(&address).await
    }

    async fn send(
        &mut self,
        number: usize,
        instructions: &[Instruction],
        what: &str,
    ) -> Result<Receipt, Failure> {
        self.world
            .bank
            .send(instructions, &[&self.people[number].wallet.key])
            .await
            .map_err(|failure| refused(what, &failure))
    }
}

/// `a * b / c`, floored; 0 when `c` is.
fn ratio(a: u64, b: u64, c: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    let quotient = product.checked_div(u128::from(c)).unwrap_or(0);
    u64::try_from(quotient).unwrap_or(u64::MAX)
}

fn world_spec(spec: &EconomySpec) -> WorldSpec {
    WorldSpec {
        program: TokenProgram::Token2022,
        decimals: spec.decimals,
        funding: spec.funding,
        period: spec.period,
        supply: spec.supply,
        hard_cap: spec.limits.hard_cap,
        limits: Some(spec.limits),
        controllers: spec.settings(),
        liquidity: Vec::new(),
        meters: spec.meters,
        feeds: Vec::new(),
        excluded: 1,
        draft: true,
        ..WorldSpec::default()
    }
}

/// Like the harness's own, with an AMM whose key is known: it trades.
async fn add_liquidity_pool(
    world: &mut World,
    amm: &Pubkey,
) -> Result<StakeMint, homeostat_sandbox::Failure> {
    let mint = world.at.mint;
    let stake = world.bank.create_amm(&mint, TokenProgram::Legacy).await;
    let create = ix::create_pool(&world.at, &world.creator.pubkey(), &stake, WEIGHT);
    world.run(&[create]).await?;
    // From now on the key signs where the AMM's program would.
    if let Some(vault) = &stake.amm_vault {
        world.bank.set_holder(vault, amm).await;
    }
    world.pools.push(stake);
    Ok(stake)
}

/// Takes a record's inputs and the state before, steps guard and law off chain, and
/// compares every term and the whole memory with what the chain has.
fn recomputes(
    before: &Economy,
    after: &Economy,
    parameter: Parameter,
    record: &DecisionRecord,
) -> bool {
    let old = &before.controllers[parameter.index()];
    let new = &after.controllers[parameter.index()];
    let input = Input {
        tripped: before.tripped != 0,
        ..log::input(record)
    };
    let made = guarded_step(
        &old.config(),
        &old.guard_config(),
        &old.state(),
        &old.guard(),
        &input,
    );
    // From the record alone it comes out the same.
    log::recompute(&old.config(), &old.state(), record) == (made.state, made.decision)
        && StoredGuardState::from(&made.guard) == new.guard
        && record.before == old.state
        && StoredState::from(&made.state) == new.state
        && StoredDecision::from(&made.decision) == new.last
        && (record.u, record.raw, record.limited) == (new.last.u, new.last.raw, new.last.limited)
        && (record.y, record.r, record.z) == (new.last.y, new.last.r, new.last.z)
        && (record.p, record.i, record.d, record.f)
            == (new.last.p, new.last.i, new.last.d, new.last.f)
        && (record.flags, record.held) == (new.last.flags, new.last.held)
}

#[cfg(test)]
mod tests {
    use super::*;
    use homeostat_client::Pool;

    async fn after_one_period(spec: &EconomySpec) -> Life<'_> {
        let mut life = Life::begin(spec, 1, 4, Bank::start().await)
            .await
            .expect("the economy begins");
        life.period(1).await.expect("a period passes");
        life
    }

    #[tokio::test]
    async fn a_broken_invariant_ends_the_demo_by_its_name() {
        let spec = EconomySpec::default();
        let mut life = after_one_period(&spec).await;
        let pool = life.pool_address(NATIVE);
        life.world
            .bank
            .edit(&pool, |pool: &mut Pool| pool.total += 1)
            .await;
        let failure = life.check(2).await.expect_err("one unit too many");
        assert_eq!(failure.code, "invariant_broken");
        assert!(
            failure.message.contains("period 2")
                && failure.message.contains("pool_totals_match_positions"),
            "{failure}"
        );
    }

    #[tokio::test]
    async fn a_decision_that_was_tampered_with_does_not_recompute() {
        let spec = EconomySpec::default();
        let mut life = after_one_period(&spec).await;
        let before = life.economy.clone();
        let world = &mut life.world;
        world.bank.set_time(before.next_end).await;
        world.crank().await.expect("a crank");
        let after = world.economy().await;
        let records = life.records().await.expect("records");
        let parameter = Parameter::Burn;
        let record = *records
            .iter()
            .find(|record| record.parameter == parameter as u8)
            .expect("a record");
        assert!(recomputes(&before, &after, parameter, &record));

        let index = parameter.index();
        let other = DecisionRecord {
            u: record.u + 1,
            ..record
        };
        assert!(!recomputes(&before, &after, parameter, &other));
        let other = DecisionRecord {
            to: record.to + 1,
            ..record
        };
        assert!(!recomputes(&before, &after, parameter, &other));
        let mut old = before.clone();
        old.controllers[index].state.last_at -= 1;
        assert!(!recomputes(&old, &after, parameter, &record));
        let mut new = after.clone();
        new.controllers[index].last.u += 1;
        assert!(!recomputes(&before, &new, parameter, &record));
    }

    #[test]
    fn shares_never_exceed_the_whole() {
        assert_eq!(share(u64::MAX, 1.0), u64::MAX);
        assert_eq!(share(100, 0.5), 50);
        assert_eq!(share(100, 2.0), 100);
        assert_eq!(share(100, f64::NAN), 0);
        assert_eq!(ratio(u64::MAX, u64::MAX, 1), u64::MAX);
        assert_eq!(ratio(1, 1, 0), 0);
    }
}
