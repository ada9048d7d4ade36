//! The bank's side of the demo: the economy with the real program, a wallet for everybody, and
//! what the simulated people do as transactions.

use homeostat::state::meter::Charge;
use homeostat::state::PoolKind;
use homeostat_client::instruction::{self as ix, Payment, StakeMint};
use homeostat_client::{Funding, Instruction, Parameter, Pubkey};
use homeostat_sandbox::{Bank, TokenProgram, Wallet, World, WorldSpec};
use homeostat_settings::economy_file::EconomySpec;
use homeostat_sim::plant::{self, Deed, Done, Person, Till, START};
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::counts::Counts;
use super::plan::Plan;
use crate::failure::Failure;

/// Weight of the liquidity pool: there is only one.
const WEIGHT: u16 = 1;
/// The meter that all payments go through: the simulated economy has one.
const SHARD: u8 = 0;
/// Instructions after which a transaction is sent, so that it fits a packet.
const MOST: usize = 5;

/// Somebody's wallet.
pub struct Inhabitant {
    /// Key and tokens.
    pub wallet: Wallet,
    /// Account for LP tokens; providers only.
    lp_tokens: Option<Pubkey>,
}

/// The economy on a bank, and everybody's wallet.
pub struct Stage {
    /// The economy.
    pub world: World,
    /// The people, in the order of the simulator's.
    pub people: Vec<Inhabitant>,
    /// Transactions so far.
    pub counts: Counts,
    /// Who is paid, and pays the next: that of payers, and that of spammers.
    tills: [Wallet; 2],
    amm: Keypair,
    funding: Funding,
}

/// Instructions of one person that are not sent yet.
#[derive(Default)]
struct Batch {
    instructions: Vec<Instruction>,
    signers: Vec<Keypair>,
}

/// The bank refused what the simulator did.
pub fn refused(what: &str, failure: &homeostat_sandbox::Failure) -> Failure {
    Failure::new(
        "transaction_refused",
        format!("the economy refused {what}: {}", failure.to_string().trim()),
    )
    .remedy(
        "this is a bug of the demo or of the program: report it with the economy file and the seed",
    )
}

impl Stage {
    /// Creates the economy with everybody's first tokens, and takes it live.
    pub async fn build(
        plan: &Plan<'_>,
        people: &[Person],
        mut bank: Bank,
    ) -> Result<Self, Failure> {
        let spec = plan.spec;
        bank.set_time(START).await;
        let mut world = World::try_build_on(bank, &world_spec(spec))
            .await
            .map_err(|failure| refused("to be created", &failure))?;
        let amm = world.bank.fresh_key();
        let lp = add_liquidity_pool(&mut world, &amm.pubkey())
            .await
            .map_err(|failure| refused("a liquidity pool", &failure))?;
        let mut inhabitants = Vec::with_capacity(people.len());
        for person in people {
            let wallet = world.wallet(person.wealth).await;
            let lp_tokens = match person.kind {
                plant::Kind::Provider => {
                    Some(world.bank.create_tokens(&lp.mint, &wallet.pubkey()).await)
                }
                _ => None,
            };
            inhabitants.push(Inhabitant { wallet, lp_tokens });
        }
        let tills = [world.wallet(0).await, world.wallet(0).await];
        let creator = world.creator.insecure_clone();
        if plan.fund > 0 {
            world
                .fund(plan.fund)
                .await
                .map_err(|failure| refused("its reward fund", &failure))?;
        }
        // What is neither the people's nor the team's nor in the vault is the market's, which
        // somebody else founded: as many LP tokens as tokens.
        let owned: u64 = people.iter().map(|person| person.wealth).sum();
        let market = spec.supply - owned - plan.team - plan.fund;
        let (mint, reserve) = (world.at.mint, world.reserve);
        let vault = lp.amm_vault.unwrap_or_default();
        let founder = world.bank.create_tokens(&lp.mint, &creator.pubkey()).await;
        let team = world.excluded.first().copied().unwrap_or(reserve);
        for (to, amount) in [(vault, market), (team, plan.team)] {
            world
                .bank
                .transfer(&mint, &reserve, &to, &creator, amount)
                .await;
        }
        world.bank.mint_to(&lp.mint, &founder, market).await;
        world.hand_over_mint(spec.funding).await;
        world
            .go_live()
            .await
            .map_err(|failure| refused("to go live", &failure))?;
        Ok(Self {
            world,
            people: inhabitants,
            counts: Counts::default(),
            tills,
            amm,
            funding: spec.funding,
        })
    }

    /// The wallets that take part: people, tills, the market and who founded it, and the team.
    pub fn wallets(&self) -> usize {
        self.people.len() + self.tills.len() + 3
    }

    /// Does again what the simulated people did, in the same seconds and in the same order: one
    /// person's moment is a transaction, or as many as fit it.
    pub async fn play(&mut self, done: &[Done]) -> Result<(), Failure> {
        for moment in done.chunk_by(|one, next| (one.at, one.who) == (next.at, next.who)) {
            let Some(Done { at, who, .. }) = moment.first().copied() else {
                continue;
            };
            if self.world.bank.now() != at {
                self.world.bank.set_time(at).await;
            }
            let mut batch = Batch::default();
            for done in moment {
                self.deed(who, done.deed, &mut batch).await?;
                if batch.instructions.len() >= MOST {
                    self.send(&mut batch).await?;
                }
            }
            self.send(&mut batch).await?;
        }
        Ok(())
    }

    /// Sends what is in a batch, and empties it.
    async fn send(&mut self, batch: &mut Batch) -> Result<(), Failure> {
        let Batch {
            instructions,
            signers,
        } = core::mem::take(batch);
        if instructions.is_empty() {
            return Ok(());
        }
        let signers: Vec<&Keypair> = signers.iter().collect();
        self.world
            .bank
            .send(&instructions, &signers)
            .await
            .map_err(|failure| refused("what somebody did", &failure))?;
        self.counts.transactions += 1;
        Ok(())
    }

    /// Adds a deed to a batch. What an AMM's program would do with LP tokens is done at once,
    /// after what the batch has.
    async fn deed(&mut self, who: usize, deed: Deed, batch: &mut Batch) -> Result<(), Failure> {
        let person = self.people.get(who).ok_or_else(|| {
            Failure::new("no_such_person", format!("there is no person {who} to act"))
                .remedy("this is a bug of the demo or of the program: report it with the economy file and the seed")
        })?;
        let (key, tokens) = (person.wallet.key.insecure_clone(), person.wallet.tokens);
        let owner = key.pubkey();
        let lp_tokens = person.lp_tokens.unwrap_or(tokens);
        let at = self.world.at;
        let lp = self.world.pools[LIQUIDITY];
        let of = |kind| match kind {
            PoolKind::Native => (NATIVE, tokens),
            PoolKind::Liquidity => (LIQUIDITY, lp_tokens),
        };
        match deed {
            Deed::Stake(_, 0) | Deed::Buy(0) | Deed::Sell(0) | Deed::Take(_, 0) => return Ok(()),
            Deed::Open(kind) => {
                let pool = self.pool_address(of(kind).0);
                let payer = self.world.bank.payer().pubkey();
                batch
                    .instructions
                    .push(ix::open_position(&at.economy, &pool, &owner, &payer));
                self.world.positions.push((pool, owner));
                self.counts.positions_opened += 1;
            }
            Deed::Stake(kind, amount) => {
                let (lane, from) = of(kind);
                let stake = self.world.pools[lane];
                batch
                    .instructions
                    .push(ix::stake(&at, &stake, &owner, &from, amount));
                self.counts.stakes += 1;
            }
            Deed::Unstake(kind, amount) => {
                let pool = self.pool_address(of(kind).0);
                batch
                    .instructions
                    .push(ix::request_unstake(&at.economy, &pool, &owner, amount));
                self.counts.unstakes += 1;
            }
            Deed::Withdraw(kind, _) => {
                let (lane, to) = of(kind);
                let stake = self.world.pools[lane];
                batch
                    .instructions
                    .push(ix::withdraw(&at, &stake, &owner, &to));
                self.counts.withdrawals += 1;
            }
            Deed::Claim(kind, _) => {
                let pool = self.pool_address(of(kind).0);
                if self.funding == Funding::Mint {
                    batch.instructions.push(self.world.top_up_ix());
                }
                let program = self.world.token_program;
                batch
                    .instructions
                    .push(ix::claim(&at, &pool, &owner, &tokens, &program));
                self.counts.claims += 1;
            }
            Deed::Buy(amount) => {
                self.transfer(
                    batch,
                    &self.amm_vault(),
                    &tokens,
                    self.amm.insecure_clone(),
                    amount,
                )
                .await;
                self.counts.trades += 1;
                return Ok(());
            }
            Deed::Sell(amount) => {
                let hand = key;
                self.transfer(batch, &tokens, &self.amm_vault(), hand, amount)
                    .await;
                self.counts.trades += 1;
                return Ok(());
            }
            Deed::Join {
                tokens: given,
                shares,
            } => {
                let hand = key;
                self.transfer(batch, &tokens, &self.amm_vault(), hand, given)
                    .await;
                self.send(batch).await?;
                if shares > 0 {
                    self.world.bank.mint_to(&lp.mint, &lp_tokens, shares).await;
                    self.counts.transactions += 1;
                }
                self.counts.trades += 1;
                return Ok(());
            }
            Deed::Leave {
                tokens: got,
                shares,
            } => {
                self.send(batch).await?;
                self.world
                    .bank
                    .burn(&lp.mint, &lp_tokens, &key, shares)
                    .await;
                self.counts.transactions += 1;
                self.transfer(
                    batch,
                    &self.amm_vault(),
                    &tokens,
                    self.amm.insecure_clone(),
                    got,
                )
                .await;
                self.counts.trades += 1;
                return Ok(());
            }
            Deed::Take(till, amount) => {
                let till = &self.tills[place(till)];
                let (from, hand) = (till.tokens, till.key.insecure_clone());
                self.transfer(batch, &from, &tokens, hand, amount).await;
                return Ok(());
            }
            Deed::Pay(till, amount) => {
                let to = self.tills[place(till)].tokens;
                self.pay(batch, &owner, &tokens, &to, amount);
            }
            Deed::PayItself(amount) => {
                let till = &self.tills[place(Till::Payers)];
                let (to, hand) = (till.tokens, till.key.insecure_clone());
                self.pay(batch, &owner, &tokens, &to, amount);
                let economy = self.world.economy().await;
                let charge = Charge::new(amount, economy.value(Parameter::Fee))
                    .map_err(|error| {
                        Failure::new("bad_charge", format!("a fee cannot be computed: {error}"))
                            .remedy("this is a bug of the demo or of the program: report it with the economy file and the seed")
                    })?;
                self.transfer(batch, &to, &tokens, hand, charge.net).await;
            }
            Deed::Touch => {
                batch.instructions.push(ix::touch_pool(&at, &lp));
                self.counts.touches += 1;
                return Ok(());
            }
        }
        // What is left is signed by the person itself.
        batch.signers.push(key);
        Ok(())
    }

    fn pay(&mut self, batch: &mut Batch, payer: &Pubkey, from: &Pubkey, to: &Pubkey, amount: u64) {
        let payment = Payment {
            payer: *payer,
            from: *from,
            to: *to,
            shard: SHARD,
            amount,
            max_fee: u64::MAX,
        };
        let pay = ix::pay(&self.world.at, &self.world.token_program, &payment);
        batch.instructions.push(pay);
        self.counts.payments += 1;
    }

    /// Adds a transfer of the economy's tokens to a batch, which `key` signs.
    async fn transfer(
        &mut self,
        batch: &mut Batch,
        from: &Pubkey,
        to: &Pubkey,
        key: Keypair,
        amount: u64,
    ) {
        if amount == 0 {
            return;
        }
        let mint = self.world.at.mint;
        let bank = &mut self.world.bank;
        let transfer = bank
            .transfer_ix(&mint, from, to, &key.pubkey(), amount)
            .await;
        batch.instructions.push(transfer);
        batch.signers.push(key);
    }

    /// The address of a pool.
    pub fn pool_address(&self, lane: usize) -> Pubkey {
        self.world.at.pool(&self.world.pools[lane].mint)
    }

    fn amm_vault(&self) -> Pubkey {
        self.world.pools[LIQUIDITY].amm_vault.unwrap_or_default()
    }
}

/// Lane of the native pool and of the liquidity pool.
pub const NATIVE: usize = 0;
/// See [`NATIVE`].
pub const LIQUIDITY: usize = 1;

const fn place(till: Till) -> usize {
    match till {
        Till::Payers => 0,
        Till::Spammers => 1,
    }
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
