//! Instruction builders: plain values in, accounts derived.

use anchor_lang::{
    prelude::Pubkey, system_program, Discriminator, InstructionData, ToAccountMetas,
};
use homeostat::{
    accounts, instruction as data, instructions as args,
    state::{Economy, FeedSettings},
};
use solana_program::instruction::{AccountMeta, Instruction};

use crate::{
    address::{event_authority, fee_vault, position, principal_vault, EconomyAddresses},
    PROGRAM_ID,
};

pub(crate) fn build(accounts: impl ToAccountMetas, data: impl InstructionData) -> Instruction {
    build_with(accounts, data, Vec::new())
}

pub(crate) fn build_with(
    accounts: impl ToAccountMetas,
    data: impl InstructionData,
    remaining: Vec<AccountMeta>,
) -> Instruction {
    let mut metas = accounts.to_account_metas(None);
    metas.extend(remaining);
    Instruction {
        program_id: PROGRAM_ID,
        accounts: metas,
        data: data.data(),
    }
}

macro_rules! names {
    ($($type:ident = $name:literal),* $(,)?) => {
        /// Every instruction's name, as in the IDL.
        pub const NAMES: &[&str] = &[$($name),*];

        /// The name of an instruction of the program, as in the IDL; `None` when it is
        /// another program's, or unknown to this version of the SDK.
        ///
        /// ```
        /// use homeostat_client::{instruction, EconomyAddresses, Pubkey};
        ///
        /// let [mint, creator, program] = [(); 3].map(|()| Pubkey::new_unique());
        /// let at = EconomyAddresses::new(&mint, &creator);
        /// let top_up = instruction::top_up(&at, &program);
        /// assert_eq!(instruction::name(&top_up), Some("top_up"));
        /// ```
        pub fn name(instruction: &Instruction) -> Option<&'static str> {
            if instruction.program_id != PROGRAM_ID {
                return None;
            }
            $(if instruction.data.starts_with(data::$type::DISCRIMINATOR) {
                return Some($name);
            })*
            None
        }
    };
}

names!(
    Pay = "pay",
    ChargeFee = "charge_fee",
    Stake = "stake",
    Claim = "claim",
    ReportFeed = "report_feed",
    Crank = "crank",
    Preview = "preview",
    RequestUnstake = "request_unstake",
    Withdraw = "withdraw",
    TopUp = "top_up",
    Collect = "collect",
    CancelUnstake = "cancel_unstake",
    OpenPosition = "open_position",
    ClosePosition = "close_position",
    FundRewards = "fund_rewards",
    CreateEconomy = "create_economy",
    Configure = "configure",
    CreatePool = "create_pool",
    CreateMeter = "create_meter",
    CreateFeed = "create_feed",
    ConfigureFeed = "configure_feed",
    GoLive = "go_live",
    Close = "close",
    TripBreaker = "trip_breaker",
    CreateCouncil = "create_council",
    Propose = "propose",
    Approve = "approve",
    WithdrawApproval = "withdraw_approval",
    Veto = "veto",
    OverrideVeto = "override_veto",
    CastBallot = "cast_ballot",
    CloseBallot = "close_ballot",
    Execute = "execute",
    Cancel = "cancel",
    Expire = "expire",
    CloseProposal = "close_proposal",
    AcceptRole = "accept_role",
    Advise = "advise",
    VetoAdvice = "veto_advice",
    Pause = "pause",
    GrowLog = "grow_log",
    Migrate = "migrate",
);

/// A stake mint as staking instructions need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StakeMint {
    /// The mint.
    pub mint: Pubkey,
    /// Its token program.
    pub token_program: Pubkey,
    /// Liquidity pools: the AMM's vault of the economy's mint.
    pub amm_vault: Option<Pubkey>,
}

/// Creates a Draft; `creator` signs and pays.
pub fn create_economy(
    mint: &Pubkey,
    token_program: &Pubkey,
    creator: &Pubkey,
    args: args::EconomyArgs,
) -> Instruction {
    let at = EconomyAddresses::new(mint, creator);
    build(
        accounts::CreateEconomy {
            creator: *creator,
            mint: *mint,
            economy: at.economy,
            authority: at.authority,
            keeper_vault: at.keeper_vault,
            reward_vault: at.reward_vault,
            treasury_vault: at.treasury_vault,
            log: at.log,
            token_program: *token_program,
            system_program: system_program::ID,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::CreateEconomy { args },
    )
}

/// Changes one setting of a Draft; `creator` signs.
pub fn configure(economy: &Pubkey, creator: &Pubkey, setting: args::Setting) -> Instruction {
    build(
        accounts::Configure {
            creator: *creator,
            economy: *economy,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::Configure { setting },
    )
}

/// Adds a pool to a Draft; `creator` signs and pays. `weight` is read for
/// liquidity pools only.
pub fn create_pool(
    at: &EconomyAddresses,
    creator: &Pubkey,
    stake: &StakeMint,
    weight: u16,
) -> Instruction {
    pool(at, creator, stake, weight, None)
}

/// Adds the liquidity pool that a proposal allowed (`Council.permit`); `payer` signs.
pub fn create_allowed_pool(
    at: &EconomyAddresses,
    payer: &Pubkey,
    stake: &StakeMint,
    weight: u16,
) -> Instruction {
    pool(at, payer, stake, weight, Some(at.council))
}

fn pool(
    at: &EconomyAddresses,
    creator: &Pubkey,
    stake: &StakeMint,
    weight: u16,
    council: Option<Pubkey>,
) -> Instruction {
    let pool = at.pool(&stake.mint);
    build(
        accounts::CreatePool {
            creator: *creator,
            economy: at.economy,
            authority: at.authority,
            stake_mint: stake.mint,
            amm_vault: stake.amm_vault,
            pool,
            principal_vault: principal_vault(&pool),
            council,
            token_program: stake.token_program,
            system_program: system_program::ID,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::CreatePool { weight },
    )
}

/// Adds the next payment shard to a Draft; `creator` signs and pays.
pub fn create_meter(
    at: &EconomyAddresses,
    creator: &Pubkey,
    token_program: &Pubkey,
    shard: u8,
) -> Instruction {
    meter(at, creator, token_program, shard, None)
}

/// Adds the next payment shard, when a proposal allowed one; `payer` signs.
pub fn create_allowed_meter(
    at: &EconomyAddresses,
    payer: &Pubkey,
    token_program: &Pubkey,
    shard: u8,
) -> Instruction {
    meter(at, payer, token_program, shard, Some(at.council))
}

fn meter(
    at: &EconomyAddresses,
    creator: &Pubkey,
    token_program: &Pubkey,
    shard: u8,
    council: Option<Pubkey>,
) -> Instruction {
    let meter = at.meter(shard);
    build(
        accounts::CreateMeter {
            creator: *creator,
            economy: at.economy,
            authority: at.authority,
            mint: at.mint,
            meter,
            vault: fee_vault(&meter),
            council,
            token_program: *token_program,
            system_program: system_program::ID,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::CreateMeter { shard },
    )
}

/// Adds the next feed to a Draft, without reporters; `creator` signs and pays.
pub fn create_feed(at: &EconomyAddresses, creator: &Pubkey, index: u8) -> Instruction {
    feed(at, creator, index, None)
}

/// Adds the next feed, when a proposal allowed one; `payer` signs.
pub fn create_allowed_feed(at: &EconomyAddresses, payer: &Pubkey, index: u8) -> Instruction {
    feed(at, payer, index, Some(at.council))
}

fn feed(
    at: &EconomyAddresses,
    creator: &Pubkey,
    index: u8,
    council: Option<Pubkey>,
) -> Instruction {
    build(
        accounts::CreateFeed {
            creator: *creator,
            economy: at.economy,
            feed: at.feed(index),
            council,
            system_program: system_program::ID,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::CreateFeed { index },
    )
}

/// Sets reporters and rules of a Draft's feed; `creator` signs.
pub fn configure_feed(
    at: &EconomyAddresses,
    creator: &Pubkey,
    index: u8,
    settings: FeedSettings,
) -> Instruction {
    build(
        accounts::ConfigureFeed {
            creator: *creator,
            economy: at.economy,
            feed: at.feed(index),
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::ConfigureFeed { settings },
    )
}

/// What a reporter tells a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// Above the reporter's last one.
    pub sequence: u64,
    /// The value x 2^48, above 0 and at most 1,000,000.
    pub value_q48: i128,
    /// When that was so (unix seconds), not before the reporter's last one.
    pub observed_at: i64,
}

/// Tells a feed a value; `reporter` signs.
pub fn report_feed(feed: &Pubkey, reporter: &Pubkey, report: &Report) -> Instruction {
    build(
        accounts::ReportFeed {
            reporter: *reporter,
            feed: *feed,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::ReportFeed {
            sequence: report.sequence,
            value_q48: report.value_q48,
            observed_at: report.observed_at,
        },
    )
}

/// Starts the clock; `creator` signs. `excluded` as configured, in order.
pub fn go_live(
    at: &EconomyAddresses,
    creator: &Pubkey,
    token_program: &Pubkey,
    excluded: &[Pubkey],
) -> Instruction {
    build_with(
        accounts::GoLive {
            creator: *creator,
            economy: at.economy,
            mint: at.mint,
            authority: at.authority,
            reward_vault: at.reward_vault,
            log: at.log,
            token_program: *token_program,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::GoLive {},
        excluded
            .iter()
            .map(|key| AccountMeta::new_readonly(*key, false))
            .collect(),
    )
}

/// Fills the reward vault of a Funded economy; `funder` signs.
pub fn fund_rewards(
    at: &EconomyAddresses,
    funder: &Pubkey,
    funder_tokens: &Pubkey,
    token_program: &Pubkey,
    amount: u64,
) -> Instruction {
    build(
        accounts::FundRewards {
            funder: *funder,
            economy: at.economy,
            mint: at.mint,
            funder_tokens: *funder_tokens,
            reward_vault: at.reward_vault,
            token_program: *token_program,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::FundRewards { amount },
    )
}

/// Mints what has accrued; nobody signs.
pub fn top_up(at: &EconomyAddresses, token_program: &Pubkey) -> Instruction {
    build(
        accounts::TopUp {
            economy: at.economy,
            mint: at.mint,
            authority: at.authority,
            reward_vault: at.reward_vault,
            token_program: *token_program,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::TopUp {},
    )
}

/// What a Draft consists of, for [`close`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts<'a> {
    /// Stake mints of its pools, in order.
    pub pools: &'a [StakeMint],
    /// Meters.
    pub meters: u8,
    /// Feeds.
    pub feeds: u8,
    /// Whether it has its council.
    pub council: bool,
}

/// Gives up a Draft; `creator` signs.
pub fn close(
    at: &EconomyAddresses,
    creator: &Pubkey,
    creator_tokens: &Pubkey,
    token_program: &Pubkey,
    parts: &Parts,
) -> Instruction {
    let mut remaining = Vec::new();
    for stake in parts.pools {
        let pool = at.pool(&stake.mint);
        remaining.extend([
            AccountMeta::new(pool, false),
            AccountMeta::new(principal_vault(&pool), false),
            AccountMeta::new(stake.mint, false),
            AccountMeta::new_readonly(stake.token_program, false),
        ]);
    }
    for shard in 0..parts.meters {
        let meter = at.meter(shard);
        remaining.extend([
            AccountMeta::new(meter, false),
            AccountMeta::new(fee_vault(&meter), false),
        ]);
    }
    remaining.extend((0..parts.feeds).map(|index| AccountMeta::new(at.feed(index), false)));
    if parts.council {
        remaining.extend([
            AccountMeta::new(at.council, false),
            AccountMeta::new(at.audit, false),
        ]);
    }
    build_with(
        accounts::Close {
            creator: *creator,
            economy: at.economy,
            mint: at.mint,
            authority: at.authority,
            creator_tokens: *creator_tokens,
            reward_vault: at.reward_vault,
            treasury_vault: at.treasury_vault,
            log: at.log,
            keeper_vault: at.keeper_vault,
            token_program: *token_program,
            system_program: system_program::ID,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::Close {},
        remaining,
    )
}

/// Opens a position; `owner` and `payer` sign.
pub fn open_position(pool: &Pubkey, owner: &Pubkey, payer: &Pubkey) -> Instruction {
    build(
        accounts::OpenPosition {
            payer: *payer,
            owner: *owner,
            pool: *pool,
            position: position(pool, owner),
            system_program: system_program::ID,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::OpenPosition {},
    )
}

/// Adds stake; `owner` signs.
pub fn stake(
    at: &EconomyAddresses,
    stake: &StakeMint,
    owner: &Pubkey,
    owner_tokens: &Pubkey,
    amount: u64,
) -> Instruction {
    let pool = at.pool(&stake.mint);
    build(
        accounts::Stake {
            owner: *owner,
            economy: at.economy,
            pool,
            position: position(&pool, owner),
            stake_mint: stake.mint,
            owner_tokens: *owner_tokens,
            principal_vault: principal_vault(&pool),
            amm_vault: stake.amm_vault,
            token_program: stake.token_program,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::Stake { amount },
    )
}

/// Begins to unbond; `owner` signs.
pub fn request_unstake(
    economy: &Pubkey,
    pool: &Pubkey,
    owner: &Pubkey,
    amount: u64,
) -> Instruction {
    build(
        accounts::RequestUnstake {
            owner: *owner,
            economy: *economy,
            pool: *pool,
            position: position(pool, owner),
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::RequestUnstake { amount },
    )
}

/// Puts a ticket back to work; `owner` signs.
pub fn cancel_unstake(economy: &Pubkey, pool: &Pubkey, owner: &Pubkey, ticket: u8) -> Instruction {
    build(
        accounts::CancelUnstake {
            owner: *owner,
            economy: *economy,
            pool: *pool,
            position: position(pool, owner),
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::CancelUnstake { ticket },
    )
}

/// Pays out unlocked tickets; `owner` signs.
pub fn withdraw(
    at: &EconomyAddresses,
    stake: &StakeMint,
    owner: &Pubkey,
    owner_tokens: &Pubkey,
) -> Instruction {
    let pool = at.pool(&stake.mint);
    build(
        accounts::Withdraw {
            owner: *owner,
            economy: at.economy,
            pool,
            position: position(&pool, owner),
            stake_mint: stake.mint,
            owner_tokens: *owner_tokens,
            principal_vault: principal_vault(&pool),
            authority: at.authority,
            token_program: stake.token_program,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::Withdraw {},
    )
}

/// Pays rewards; `owner` signs. Put [`top_up`] before it in Mint mode, so that
/// what has accrued since the last crank is in the vault.
pub fn claim(
    at: &EconomyAddresses,
    pool: &Pubkey,
    owner: &Pubkey,
    owner_tokens: &Pubkey,
    token_program: &Pubkey,
) -> Instruction {
    build(
        accounts::Claim {
            owner: *owner,
            economy: at.economy,
            pool: *pool,
            position: position(pool, owner),
            mint: at.mint,
            owner_tokens: *owner_tokens,
            reward_vault: at.reward_vault,
            authority: at.authority,
            token_program: *token_program,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::Claim {},
    )
}

/// Closes an empty position; `owner` signs, the rent goes to its `payer`.
pub fn close_position(
    economy: &Pubkey,
    pool: &Pubkey,
    owner: &Pubkey,
    payer: &Pubkey,
) -> Instruction {
    build(
        accounts::ClosePosition {
            owner: *owner,
            payer: *payer,
            economy: *economy,
            pool: *pool,
            position: position(pool, owner),
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::ClosePosition {},
    )
}

/// A payment: who, from where, to where, through which shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Owner or delegate of `from`; signs.
    pub payer: Pubkey,
    /// Debited.
    pub from: Pubkey,
    /// Credited.
    pub to: Pubkey,
    /// Any shard; spread payments over them.
    pub shard: u8,
    /// Base units, fee included.
    pub amount: u64,
    /// Refused above this fee (base units).
    pub max_fee: u64,
}

/// Pays `to` and takes the fee.
pub fn pay(at: &EconomyAddresses, token_program: &Pubkey, payment: &Payment) -> Instruction {
    let meter = at.meter(payment.shard);
    build(
        accounts::Pay {
            payer: payment.payer,
            economy: at.economy,
            meter,
            mint: at.mint,
            payer_tokens: payment.from,
            recipient_tokens: payment.to,
            vault: fee_vault(&meter),
            token_program: *token_program,
        },
        data::Pay {
            amount: payment.amount,
            max_fee: payment.max_fee,
        },
    )
}

/// Takes the fee on a payment that is moved elsewhere; `to` is not used.
pub fn charge_fee(at: &EconomyAddresses, token_program: &Pubkey, payment: &Payment) -> Instruction {
    let meter = at.meter(payment.shard);
    build(
        accounts::ChargeFee {
            payer: payment.payer,
            economy: at.economy,
            meter,
            mint: at.mint,
            payer_tokens: payment.from,
            vault: fee_vault(&meter),
            token_program: *token_program,
        },
        data::ChargeFee {
            amount: payment.amount,
            max_fee: payment.max_fee,
        },
    )
}

/// Moves a shard's fees; nobody signs.
pub fn collect(at: &EconomyAddresses, token_program: &Pubkey, shard: u8) -> Instruction {
    let meter = at.meter(shard);
    build(
        accounts::Collect {
            economy: at.economy,
            meter,
            mint: at.mint,
            vault: fee_vault(&meter),
            reward_vault: at.reward_vault,
            treasury_vault: at.treasury_vault,
            authority: at.authority,
            token_program: *token_program,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::Collect {},
    )
}

/// An economy's pools, meters, feeds and exclusions as `crank` and `preview` want
/// them. `pools` are the stake mints in order, the native one first.
fn everything(
    at: &EconomyAddresses,
    pools: &[StakeMint],
    economy: &Economy,
    writable: bool,
) -> Vec<AccountMeta> {
    let read = |key: Pubkey| AccountMeta::new_readonly(key, false);
    let mut metas = Vec::new();
    for stake in pools {
        let pool = at.pool(&stake.mint);
        match stake.amm_vault {
            Some(amm_vault) => {
                metas.push(AccountMeta {
                    is_writable: writable,
                    ..read(pool)
                });
                metas.extend([read(amm_vault), read(stake.mint)]);
            }
            None => metas.push(read(pool)),
        }
    }
    metas.extend((0..economy.meter_count).map(|shard| read(at.meter(shard))));
    metas.extend((0..economy.feed_count).map(|index| read(at.feed(index))));
    metas.extend(economy.active_excluded().iter().copied().map(read));
    metas
}

/// Ends a period; `keeper` signs and gets the bounty.
pub fn crank(
    at: &EconomyAddresses,
    keeper: &Pubkey,
    token_program: &Pubkey,
    pools: &[StakeMint],
    economy: &Economy,
) -> Instruction {
    build_with(
        accounts::Crank {
            keeper: *keeper,
            economy: at.economy,
            mint: at.mint,
            authority: at.authority,
            reward_vault: at.reward_vault,
            log: at.log,
            keeper_vault: at.keeper_vault,
            token_program: *token_program,
            system_program: system_program::ID,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::Crank {},
        everything(at, pools, economy, true),
    )
}

/// One decision as return data; nobody signs, nothing changes.
pub fn preview(
    at: &EconomyAddresses,
    pools: &[StakeMint],
    economy: &Economy,
    controller: u8,
) -> Instruction {
    build_with(
        accounts::Preview {
            economy: at.economy,
            mint: at.mint,
            reward_vault: at.reward_vault,
        },
        data::Preview { controller },
        everything(at, pools, economy, false),
    )
}

/// Adds slots to the decision log; `payer` signs and pays.
pub fn grow_log(at: &EconomyAddresses, payer: &Pubkey, slots: u32) -> Instruction {
    grow(at, payer, at.log, slots)
}

/// Adds slots to the audit log; `payer` signs and pays.
pub fn grow_audit(at: &EconomyAddresses, payer: &Pubkey, slots: u32) -> Instruction {
    grow(at, payer, at.audit, slots)
}

fn grow(at: &EconomyAddresses, payer: &Pubkey, log: Pubkey, slots: u32) -> Instruction {
    build(
        accounts::GrowLog {
            payer: *payer,
            economy: at.economy,
            log,
            system_program: system_program::ID,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::GrowLog { slots },
    )
}

/// Brings an account of the program to the present layout; `payer` signs and pays the rent
/// of what is new. Anyone may.
pub fn migrate(account: &Pubkey, payer: &Pubkey) -> Instruction {
    build(
        accounts::Migrate {
            payer: *payer,
            account: *account,
            system_program: system_program::ID,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::Migrate {},
    )
}

/// A vault of an economy, for [`trip_breaker`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vault {
    /// The reward vault.
    Rewards,
    /// The principal vault of the pool at this index.
    Principal(usize),
    /// The fee vault of a shard.
    Fees(u8),
}

/// Stops the emission when a vault is short; nobody signs. `None` when there is
/// no pool at the index.
pub fn trip_breaker(
    at: &EconomyAddresses,
    pools: &[StakeMint],
    economy: &Economy,
    vault: Vault,
) -> Option<Instruction> {
    let (vault, remaining) = match vault {
        Vault::Rewards => (at.reward_vault, everything(at, pools, economy, false)),
        Vault::Principal(index) => {
            let pool = at.pool(&pools.get(index)?.mint);
            let part = AccountMeta::new_readonly(pool, false);
            (principal_vault(&pool), vec![part])
        }
        Vault::Fees(shard) => {
            let meter = at.meter(shard);
            let part = AccountMeta::new_readonly(meter, false);
            (fee_vault(&meter), vec![part])
        }
    };
    Some(build_with(
        accounts::TripBreaker {
            economy: at.economy,
            vault,
            council: at.council,
            audit: at.audit,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::TripBreaker {},
        remaining,
    ))
}
