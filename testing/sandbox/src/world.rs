//! A ready-made economy on a bank, and wallets that live in it.

use homeostat::{
    constants::TOUCH_PARTS,
    state::{
        audit::{AUDIT_RECORD_BYTES, AUDIT_SLOT_BYTES},
        AuditLog,
    },
    HomeostatError,
};
use homeostat_client::{
    address, instruction as ix,
    instruction::{Parts, Report, StakeMint},
    AuditKind, AuditRecord, ControllerSettings, Delays, Economy, EconomyAddresses, EconomyArgs,
    Feed, FeedSettings, Funding, LimitSettings, Meter, Parameter, Pool, Position, SeatArgs,
    Setting,
};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_program::pubkey::Pubkey;
use solana_signer::Signer;

use crate::{
    bank::{Bank, Failure, Receipt},
    mint::{MintSpec, TokenProgram},
};

/// A week (seconds).
pub const WEEK: i64 = 604_800;
/// One token of the default mint (base units).
pub const TOKEN: u64 = 1_000_000;

/// An economy to build.
#[derive(Clone, Debug)]
pub struct WorldSpec {
    /// Token program of the mint.
    pub program: TokenProgram,
    /// Decimals of the mint.
    pub decimals: u8,
    /// Where rewards come from.
    pub funding: Funding,
    /// Who gets back what a Funded economy does not spend; `None` = the treasury.
    pub sponsor: Option<Pubkey>,
    /// Period (seconds).
    pub period: u32,
    /// Supply before going live (base units).
    pub supply: u64,
    /// Hard cap (base units).
    pub hard_cap: u64,
    /// Limits; `None` keeps the defaults.
    pub limits: Option<LimitSettings>,
    /// Controllers to set; the others keep their defaults.
    pub controllers: Vec<(Parameter, ControllerSettings)>,
    /// Liquidity pools, by weight.
    pub liquidity: Vec<u16>,
    /// Meters.
    pub meters: u8,
    /// Feeds, by what is set for each; `None` stays without reporters.
    pub feeds: Vec<Option<FeedSettings>>,
    /// Excluded token accounts to create.
    pub excluded: u8,
    /// Members of the council.
    pub members: u8,
    /// Members whose approval a proposal needs.
    pub threshold: u8,
    /// Delays; `None` keeps the defaults.
    pub delays: Option<Delays>,
    /// Keep the default yield cap where `limits` is `None`. Most stories stake a few tokens of
    /// an economy of a billion and have none, so that these earn the whole emission.
    pub yield_cap: bool,
    /// What the vault of a Funded economy is given before it goes live (base units).
    pub funds: u64,
    /// Stop in Draft.
    pub draft: bool,
}

impl Default for WorldSpec {
    fn default() -> Self {
        Self {
            program: TokenProgram::Token2022,
            decimals: 6,
            funding: Funding::Mint,
            sponsor: None,
            period: WEEK as u32,
            supply: 1_000_000_000 * TOKEN,
            hard_cap: 2_000_000_000 * TOKEN,
            limits: None,
            controllers: Vec::new(),
            liquidity: Vec::new(),
            meters: 1,
            feeds: Vec::new(),
            excluded: 0,
            members: 3,
            threshold: 2,
            delays: None,
            yield_cap: false,
            funds: 1,
            draft: false,
        }
    }
}

/// Somebody with tokens.
#[derive(Debug)]
pub struct Wallet {
    /// Signs.
    pub key: Keypair,
    /// Token account of the economy's mint.
    pub tokens: Pubkey,
}

impl Wallet {
    /// Its address.
    pub fn pubkey(&self) -> Pubkey {
        self.key.pubkey()
    }
}

/// An economy on a bank.
pub struct World {
    /// The bank.
    pub bank: Bank,
    /// Who created the economy.
    pub creator: Keypair,
    /// Holds what was minted before go-live and not given away.
    pub reserve: Pubkey,
    /// Addresses.
    pub at: EconomyAddresses,
    /// The mint's token program.
    pub token_program: Pubkey,
    /// Stake mints by pool, the native one first.
    pub pools: Vec<StakeMint>,
    /// Meters.
    pub meters: u8,
    /// Feeds.
    pub feeds: u8,
    /// Excluded token accounts.
    pub excluded: Vec<Pubkey>,
    /// Every position that was opened: pool and owner.
    pub positions: Vec<(Pubkey, Pubkey)>,
    /// Members of the council.
    pub members: Vec<Keypair>,
    /// Pauses and vetoes.
    pub guardian: Keypair,
    /// Whether the economy has its council.
    pub has_council: bool,
}

/// A seat of somebody who signs transactions.
pub fn seat(key: &Keypair) -> SeatArgs {
    SeatArgs {
        key: key.pubkey(),
        via: None,
    }
}

impl AsMut<Bank> for World {
    fn as_mut(&mut self) -> &mut Bank {
        &mut self.bank
    }
}

impl World {
    /// The default economy, live.
    pub async fn new() -> Self {
        Self::build(&WorldSpec::default()).await
    }

    /// Builds an economy; panics with the reason when the spec does not work.
    pub async fn build(spec: &WorldSpec) -> Self {
        let bank = Bank::start().await;
        Self::build_on(bank, spec).await
    }

    /// Builds an economy on a bank that exists already.
    pub async fn build_on(bank: Bank, spec: &WorldSpec) -> Self {
        match Self::try_build_on(bank, spec).await {
            Ok(world) => world,
            Err(failure) => panic!("building the economy: {failure}"),
        }
    }

    /// Builds an economy, or says which instruction was refused.
    pub async fn try_build_on(mut bank: Bank, spec: &WorldSpec) -> Result<Self, Failure> {
        let mint = bank
            .create_mint(&MintSpec {
                decimals: spec.decimals,
                ..MintSpec::plain(spec.program)
            })
            .await;
        Self::try_build_for(bank, spec, mint).await
    }

    /// Builds an economy for a mint that exists already, its authority the
    /// bank's payer, or says which instruction was refused.
    pub async fn try_build_for(
        mut bank: Bank,
        spec: &WorldSpec,
        mint: Pubkey,
    ) -> Result<Self, Failure> {
        let creator = bank.payer();
        let reserve = bank.create_tokens(&mint, &creator.pubkey()).await;
        bank.mint_to(&mint, &reserve, spec.supply).await;

        let mut world = Self {
            at: EconomyAddresses::new(&mint, &creator.pubkey()),
            token_program: spec.program.id(),
            pools: vec![StakeMint {
                mint,
                token_program: spec.program.id(),
                amm_vault: None,
            }],
            meters: spec.meters,
            feeds: 0,
            excluded: Vec::new(),
            positions: Vec::new(),
            members: (0..spec.members).map(|_| bank.fresh_key()).collect(),
            guardian: bank.fresh_key(),
            has_council: false,
            bank,
            creator,
            reserve,
        };
        let args = EconomyArgs {
            funding: spec.funding,
            period: spec.period,
            hard_cap: spec.hard_cap,
            sponsor: spec.sponsor,
        };
        let create = ix::create_economy(&mint, &world.token_program, &world.creator.pubkey(), args);
        world.run(&[create]).await?;
        for settings in &spec.feeds {
            world.add_feed(settings.clone()).await?;
        }
        for (parameter, settings) in &spec.controllers {
            world
                .configure(Setting::Controller {
                    parameter: *parameter,
                    settings: *settings,
                })
                .await?;
        }
        if let Some(limits) = spec.limits {
            world.configure(Setting::Limits(limits)).await?;
        } else if !spec.yield_cap {
            world.lift_yield_cap().await?;
        }
        let native = world.pools[0];
        let create = ix::create_pool(&world.at, &world.creator.pubkey(), &native, 0);
        world.run(&[create]).await?;
        for weight in &spec.liquidity {
            world.add_liquidity_pool(*weight).await?;
        }
        for shard in 0..spec.meters {
            let create = ix::create_meter(
                &world.at,
                &world.creator.pubkey(),
                &world.token_program,
                shard,
            );
            world.run(&[create]).await?;
        }
        for _ in 0..spec.excluded {
            let owner = world.creator.pubkey();
            let account = world.bank.create_tokens(&mint, &owner).await;
            world.excluded.push(account);
        }
        if spec.excluded > 0 {
            let accounts = world.excluded.clone();
            world.configure(Setting::Excluded { accounts }).await?;
        }
        world.create_council(spec.threshold, spec.delays).await?;
        if !spec.draft {
            if spec.funding == Funding::Funded {
                world.fund(spec.funds).await?;
            }
            world.hand_over_mint(spec.funding).await;
            world.go_live().await?;
        }
        Ok(world)
    }

    /// Sends instructions signed by the creator (who is the bank's payer).
    pub async fn run(&mut self, instructions: &[Instruction]) -> Result<Receipt, Failure> {
        self.bank.send(instructions, &[]).await
    }

    /// Changes one setting of the Draft.
    pub async fn configure(&mut self, setting: Setting) -> Result<Receipt, Failure> {
        let configure = ix::configure(&self.at.economy, &self.creator.pubkey(), setting);
        self.run(&[configure]).await
    }

    /// Lets stake earn whatever is emitted.
    pub async fn lift_yield_cap(&mut self) -> Result<Receipt, Failure> {
        let limits = LimitSettings {
            yield_ppm: u32::MAX,
            ..LimitSettings::from(&self.economy().await.limits)
        };
        self.configure(Setting::Limits(limits)).await
    }

    /// What the Draft consists of.
    pub fn parts(&self) -> Parts<'_> {
        Parts {
            pools: &self.pools,
            meters: self.meters,
            feeds: self.feeds,
            council: self.has_council,
        }
    }

    /// Creates an LP mint, an AMM vault and a pool for them.
    pub async fn add_liquidity_pool(&mut self, weight: u16) -> Result<StakeMint, Failure> {
        let mint = self.at.mint;
        let stake = self.bank.create_amm(&mint, TokenProgram::Legacy).await;
        let create = ix::create_pool(&self.at, &self.creator.pubkey(), &stake, weight);
        self.run(&[create]).await?;
        self.pools.push(stake);
        Ok(stake)
    }

    /// Adds the next feed to the Draft, and sets what it is given.
    pub async fn add_feed(&mut self, settings: Option<FeedSettings>) -> Result<(), Failure> {
        let (creator, index) = (self.creator.pubkey(), self.feeds);
        let mut instructions = vec![ix::create_feed(&self.at, &creator, index)];
        if let Some(settings) = settings {
            instructions.push(ix::configure_feed(&self.at, &creator, index, settings));
        }
        self.run(&instructions).await?;
        self.feeds += 1;
        Ok(())
    }

    /// Tells a feed a value; `reporter` signs.
    pub async fn report(
        &mut self,
        index: u8,
        reporter: &Keypair,
        report: &Report,
    ) -> Result<Receipt, Failure> {
        let report = ix::report_feed(&self.at.feed(index), &reporter.pubkey(), report);
        self.bank.send(&[report], &[reporter]).await
    }

    /// A feed by index.
    pub async fn feed(&mut self, index: u8) -> Feed {
        let feed = self.at.feed(index);
        self.bank.fetch(&feed).await
    }

    /// Moves `amount` base units of the reserve into the vault of a Funded economy.
    pub async fn fund(&mut self, amount: u64) -> Result<Receipt, Failure> {
        let creator = self.creator.pubkey();
        let (reserve, program) = (self.reserve, self.token_program);
        let fund = ix::fund_rewards(&self.at, &creator, &reserve, &program, amount);
        self.run(&[fund]).await
    }

    /// Gives the mint authority to the economy, in Mint mode.
    pub async fn hand_over_mint(&mut self, funding: Funding) {
        if funding == Funding::Mint {
            let (mint, authority) = (self.at.mint, self.at.authority);
            self.bank.set_mint_authority(&mint, Some(&authority)).await;
        }
    }

    /// The go-live instruction.
    pub fn go_live_ix(&self) -> Instruction {
        ix::go_live(
            &self.at,
            &self.creator.pubkey(),
            &self.token_program,
            &self.excluded,
        )
    }

    /// Starts the clock.
    pub async fn go_live(&mut self) -> Result<Receipt, Failure> {
        let go_live = self.go_live_ix();
        self.run(&[go_live]).await
    }

    /// A wallet with `amount` tokens out of the reserve.
    pub async fn wallet(&mut self, amount: u64) -> Wallet {
        let key = self.bank.fresh_key();
        self.wallet_from(key, amount).await
    }

    /// A wallet with a known key.
    pub async fn wallet_from(&mut self, key: Keypair, amount: u64) -> Wallet {
        let mint = self.at.mint;
        let tokens = self.bank.create_tokens(&mint, &key.pubkey()).await;
        if amount > 0 {
            let (reserve, creator) = (self.reserve, self.creator.insecure_clone());
            self.bank
                .transfer(&mint, &reserve, &tokens, &creator, amount)
                .await;
        }
        Wallet { key, tokens }
    }

    /// The native pool.
    pub fn native_pool(&self) -> Pubkey {
        self.at.pool(&self.at.mint)
    }

    /// Opens a wallet's position in the native pool.
    pub async fn open(&mut self, wallet: &Wallet) -> Result<Receipt, Failure> {
        let pool = self.native_pool();
        self.open_in(&pool, wallet).await
    }

    /// Opens a wallet's position in a pool.
    pub async fn open_in(&mut self, pool: &Pubkey, wallet: &Wallet) -> Result<Receipt, Failure> {
        let payer = self.bank.payer().pubkey();
        let open = ix::open_position(&self.at.economy, pool, &wallet.pubkey(), &payer);
        let receipt = self.bank.send(&[open], &[&wallet.key]).await?;
        self.positions.push((*pool, wallet.pubkey()));
        Ok(receipt)
    }

    /// The stake instruction on the native pool.
    pub fn stake_ix(&self, wallet: &Wallet, amount: u64) -> Instruction {
        ix::stake(
            &self.at,
            &self.pools[0],
            &wallet.pubkey(),
            &wallet.tokens,
            amount,
        )
    }

    /// Stakes in the native pool.
    pub async fn stake(&mut self, wallet: &Wallet, amount: u64) -> Result<Receipt, Failure> {
        let stake = self.stake_ix(wallet, amount);
        self.bank.send(&[stake], &[&wallet.key]).await
    }

    /// A wallet that has staked in the native pool.
    pub async fn staker(&mut self, amount: u64) -> Wallet {
        let wallet = self.wallet(amount).await;
        self.open(&wallet).await.expect("a position opens");
        self.stake(&wallet, amount).await.expect("stake enters");
        wallet
    }

    /// Begins to unbond from the native pool.
    pub async fn request_unstake(
        &mut self,
        wallet: &Wallet,
        amount: u64,
    ) -> Result<Receipt, Failure> {
        let pool = self.native_pool();
        let unstake = ix::request_unstake(&self.at.economy, &pool, &wallet.pubkey(), amount);
        self.bank.send(&[unstake], &[&wallet.key]).await
    }

    /// Puts a ticket back to work.
    pub async fn cancel_unstake(
        &mut self,
        wallet: &Wallet,
        ticket: u8,
    ) -> Result<Receipt, Failure> {
        let pool = self.native_pool();
        let cancel = ix::cancel_unstake(&self.at.economy, &pool, &wallet.pubkey(), ticket);
        self.bank.send(&[cancel], &[&wallet.key]).await
    }

    /// Withdraws unlocked tickets from the native pool.
    pub async fn withdraw(&mut self, wallet: &Wallet) -> Result<Receipt, Failure> {
        let withdraw = ix::withdraw(&self.at, &self.pools[0], &wallet.pubkey(), &wallet.tokens);
        self.bank.send(&[withdraw], &[&wallet.key]).await
    }

    /// The claim instruction on the native pool.
    pub fn claim_ix(&self, wallet: &Wallet) -> Instruction {
        ix::claim(
            &self.at,
            &self.native_pool(),
            &wallet.pubkey(),
            &wallet.tokens,
            &self.token_program,
        )
    }

    /// Claims with a top-up before it, as the SDK advises. Funded economies
    /// cannot mint, so there the claim goes alone.
    pub async fn claim(&mut self, wallet: &Wallet) -> Result<Receipt, Failure> {
        let mut instructions = Vec::new();
        if self.economy().await.mints() {
            instructions.push(self.top_up_ix());
        }
        instructions.push(self.claim_ix(wallet));
        self.bank.send(&instructions, &[&wallet.key]).await
    }

    /// The top-up instruction.
    pub fn top_up_ix(&self) -> Instruction {
        ix::top_up(&self.at, &self.token_program)
    }

    /// Mints what has accrued.
    pub async fn top_up(&mut self) -> Result<Receipt, Failure> {
        let top_up = self.top_up_ix();
        self.run(&[top_up]).await
    }

    /// Closes a wallet's position in the native pool.
    pub async fn close_position(&mut self, wallet: &Wallet) -> Result<Receipt, Failure> {
        let pool = self.native_pool();
        let payer = self.bank.payer().pubkey();
        let close = ix::close_position(&self.at.economy, &pool, &wallet.pubkey(), &payer);
        let receipt = self.bank.send(&[close], &[&wallet.key]).await?;
        self.positions
            .retain(|known| *known != (pool, wallet.pubkey()));
        Ok(receipt)
    }

    /// The pay instruction on shard 0, any fee accepted.
    pub fn pay_ix(&self, from: &Wallet, to: &Pubkey, amount: u64) -> Instruction {
        ix::pay(
            &self.at,
            &self.token_program,
            &ix::Payment {
                payer: from.pubkey(),
                from: from.tokens,
                to: *to,
                shard: 0,
                amount,
                max_fee: u64::MAX,
            },
        )
    }

    /// Pays through shard 0, any fee accepted.
    pub async fn pay(
        &mut self,
        from: &Wallet,
        to: &Pubkey,
        amount: u64,
    ) -> Result<Receipt, Failure> {
        let pay = self.pay_ix(from, to, amount);
        self.bank.send(&[pay], &[&from.key]).await
    }

    /// Collects a shard's fees.
    pub async fn collect(&mut self, shard: u8) -> Result<Receipt, Failure> {
        let collect = ix::collect(&self.at, &self.token_program, shard);
        self.run(&[collect]).await
    }

    /// The crank instruction, for the bank's payer as keeper.
    pub async fn crank_ix(&mut self) -> Instruction {
        let economy = self.economy().await;
        ix::crank(
            &self.at,
            &self.bank.payer().pubkey(),
            &self.token_program,
            &self.pools,
            &economy,
        )
    }

    /// Cranks now.
    pub async fn crank(&mut self) -> Result<Receipt, Failure> {
        let crank = self.crank_ix().await;
        self.run(&[crank]).await
    }

    /// Touches every liquidity pool that was not touched lately.
    pub async fn touch_pools(&mut self) {
        for lane in 1..self.pools.len() {
            let touch = ix::touch_pool(&self.at, &self.pools[lane]);
            match self.run(&[touch]).await {
                Ok(_) => (),
                Err(failure) if failure.code() == Some(HomeostatError::TouchedLately.into()) => (),
                Err(failure) => panic!("touching a pool: {failure}"),
            }
        }
    }

    /// Goes to the end of the period, and touches liquidity pools as often on the way as they
    /// count.
    pub async fn go_to_end(&mut self) {
        let economy = self.economy().await;
        let (end, now) = (economy.next_end, self.bank.now());
        if self.pools.len() > 1 && now < end {
            let parts = i64::from(TOUCH_PARTS);
            let apart = (i64::from(economy.limits.period) / parts).max(1);
            for time in (now..end).step_by(apart as usize) {
                self.bank.set_time(time).await;
                self.touch_pools().await;
            }
        }
        self.bank.set_time(end.max(now)).await;
    }

    /// Goes to the end of the period ([`World::go_to_end`]) and cranks.
    pub async fn next_period(&mut self) -> Result<Receipt, Failure> {
        self.go_to_end().await;
        self.crank().await
    }

    /// The economy account.
    pub async fn economy(&mut self) -> Box<Economy> {
        let economy = self.at.economy;
        Box::new(self.bank.fetch(&economy).await)
    }

    /// A pool by lane.
    pub async fn pool(&mut self, lane: usize) -> Pool {
        let pool = self.at.pool(&self.pools[lane].mint);
        self.bank.fetch(&pool).await
    }

    /// A wallet's position in the native pool.
    pub async fn position(&mut self, wallet: &Wallet) -> Position {
        let position = address::position(&self.native_pool(), &wallet.pubkey());
        self.bank.fetch(&position).await
    }

    /// A meter by shard.
    pub async fn meter(&mut self, shard: u8) -> Meter {
        let meter = self.at.meter(shard);
        self.bank.fetch(&meter).await
    }

    /// Balance of a wallet's token account (base units).
    pub async fn balance(&mut self, wallet: &Wallet) -> u64 {
        self.bank.balance(&wallet.tokens).await
    }

    /// Bytes of every account that belongs to the economy, by address: to show
    /// that a refused transaction changed nothing.
    pub async fn state(&mut self) -> Vec<(Pubkey, Vec<u8>)> {
        let mut keys = vec![
            self.at.economy,
            self.at.mint,
            self.at.reward_vault,
            self.at.treasury_vault,
            self.at.log,
            self.at.keeper_vault,
            self.at.council,
            self.at.audit,
            self.reserve,
        ];
        for stake in self.pools.clone() {
            let pool = self.at.pool(&stake.mint);
            keys.extend([pool, address::principal_vault(&pool), stake.mint]);
        }
        for shard in 0..self.meters {
            let meter = self.at.meter(shard);
            keys.extend([meter, address::fee_vault(&meter)]);
        }
        keys.extend((0..self.feeds).map(|index| self.at.feed(index)));
        for (pool, owner) in &self.positions {
            keys.push(address::position(pool, owner));
        }
        // The addresses of proposals follow from their actions; the audit log has them.
        let audit = self.bank.data(&self.at.audit).await.unwrap_or_default();
        let slots = audit.get(AuditLog::SLOTS_AT..).unwrap_or_default();
        for slot in slots.chunks_exact(AUDIT_SLOT_BYTES) {
            let record: AuditRecord = bytemuck::pod_read_unaligned(&slot[..AUDIT_RECORD_BYTES]);
            if record.kind == AuditKind::Proposed as u8 {
                keys.push(record.subject);
            }
        }
        let mut state = Vec::with_capacity(keys.len());
        for key in keys {
            let data = self.bank.data(&key).await.unwrap_or_default();
            state.push((key, data));
        }
        state
    }
}
