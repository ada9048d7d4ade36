//! What `status` answers.

use schemars::JsonSchema;
use serde::Serialize;

use crate::chain::amount::Amount;
use crate::chain::offers::OfferAnswer;
use crate::chain::write::ClusterAnswer;

/// The answer of `status`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Status {
    /// Where.
    pub cluster: ClusterAnswer,
    /// The program.
    pub program: String,
    /// Who may replace the program; absent = nobody, or it is not deployed through the
    /// upgradeable loader.
    pub upgrade_authority: Option<String>,
    /// The economy.
    pub economy: String,
    /// Its token.
    pub mint: String,
    /// What the token calls itself, by its metadata; whoever made it chose that.
    pub token: Option<TokenAnswer>,
    /// `draft`, `live` or `retired`.
    pub life: String,
    /// `mint` or `funded`.
    pub funding: String,
    /// The cluster's time (unix seconds).
    pub now: i64,
    /// Supply as the program counts it; of a Draft, what the mint has.
    pub supply: Amount,
    /// Circulating supply at the last crank; absent in a Draft.
    pub circulating: Option<Amount>,
    /// Highest supply that emission may lead to.
    pub hard_cap: Amount,
    /// Native stake over circulating supply in the last period, as a fraction.
    pub staked_share: String,
    /// Periods so far.
    pub periods: u64,
    /// Length of a period (seconds).
    pub period_seconds: u32,
    /// Earliest time of the next crank (unix seconds); absent unless the economy is live.
    pub next_crank_at: Option<i64>,
    /// Time between `unstake` and `withdraw` (seconds).
    pub unbonding_seconds: u32,
    /// Where a fee goes.
    pub fee_split: FeeSplitAnswer,
    /// The vault that rewards come out of.
    pub rewards: VaultAnswer,
    /// The treasury.
    pub treasury: TreasuryAnswer,
    /// What whoever cranks is paid.
    pub bounty: BountyAnswer,
    /// Emission stops then unless a crank comes before (unix seconds); absent = no limit binds.
    pub emit_until: Option<i64>,
    /// Whether a vault was found short: nothing is emitted until governance resumes.
    pub tripped: bool,
    /// The powers that the council gave up for ever: `successor`, `higher_hard_cap`,
    /// `higher_outflow_cap`, `wider_emission_limits`, `wider_fee_limits`, `wider_burn_limits`,
    /// `wider_liquidity_limits`.
    pub given_up: Vec<String>,
    /// The roles that were offered and not accepted yet; a Draft does not go live before.
    pub offers: Vec<OfferAnswer>,
    /// Who decides; absent before there is a council.
    pub council: Option<CouncilAnswer>,
    /// What a Draft lacks before `go-live`, in the order in which to do it, each with what to
    /// do; empty when nothing is missing, and for an economy that is no Draft.
    pub before_go_live: Vec<String>,
    /// What is paused, and until when.
    pub pauses: Vec<PauseAnswer>,
    /// For how long each section can still be paused.
    pub pause_budget: Vec<PauseBudgetAnswer>,
    /// The four parameters.
    pub parameters: Vec<ParameterAnswer>,
    /// The pools.
    pub pools: Vec<PoolAnswer>,
    /// The wallet of `--owner`.
    pub wallet: Option<WalletAnswer>,
    /// What the wallet has in the pools; with `--owner`.
    pub positions: Vec<PositionAnswer>,
}

/// What a token calls itself.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TokenAnswer {
    /// Its name.
    pub name: String,
    /// Its symbol.
    pub symbol: String,
}

/// A vault of the economy.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct VaultAnswer {
    /// Its token account.
    pub vault: String,
    /// What is in it.
    pub balance: Amount,
}

/// The treasury.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TreasuryAnswer {
    /// Its token account.
    pub vault: String,
    /// What is in it.
    pub balance: Amount,
    /// The most that proposals pay out of it in 30 days.
    pub outflow_cap: Amount,
}

/// What whoever cranks is paid.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BountyAnswer {
    /// The address that it is paid from; anybody can send lamports to it.
    pub vault: String,
    /// What is there (lamports).
    pub vault_lamports: u64,
    /// What one crank is paid while that lasts (lamports).
    pub lamports: u64,
}

/// Where a fee goes; fractions of the fee, 1 together.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FeeSplitAnswer {
    /// Burned.
    pub burned: String,
    /// To the stakers.
    pub stakers: String,
    /// To the treasury.
    pub treasury: String,
}

/// Who decides.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CouncilAnswer {
    /// Its account.
    pub address: String,
    /// Approvals that a proposal needs.
    pub threshold: u8,
    /// Its members, and who was offered a seat.
    pub members: Vec<SeatAnswer>,
    /// Who pauses and vetoes; absent while nobody has accepted.
    pub guardian: Option<SeatAnswer>,
    /// Who recommends; absent while nobody does.
    pub advisor: Option<SeatAnswer>,
    /// How many proposals are open.
    pub open_proposals: u8,
    /// How long proposals wait, and how much stake stops them.
    pub delays: DelaysAnswer,
}

/// A seat.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SeatAnswer {
    /// Who sits on it.
    pub key: String,
    /// The program that has to call for it; absent = it signs itself.
    pub via: Option<String>,
    /// Whether it was accepted; a seat that was not has no vote.
    pub accepted: bool,
}

/// How long proposals wait (seconds), and how much stake stops them.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DelaysAnswer {
    /// Of the class `routine`.
    pub routine: u32,
    /// Of the class `standard`.
    pub standard: u32,
    /// Of the class `critical`.
    pub critical: u32,
    /// After the delay: the time in which a proposal can be executed.
    pub grace: u32,
    /// Share of the stake whose ballots stop a proposal (fraction).
    pub staker_veto: String,
}

/// For how long a section can still be paused.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PauseBudgetAnswer {
    /// `stake`, `pay`, `crank` or `emission`.
    pub section: String,
    /// What is left (seconds).
    pub left_seconds: i64,
    /// When all of it is there again (unix seconds), if nobody pauses before; absent while it
    /// is.
    pub full_at: Option<i64>,
}

/// A wallet.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct WalletAnswer {
    /// Its address.
    pub address: String,
    /// Its SOL (lamports).
    pub lamports: u64,
    /// Its tokens that are not staked.
    pub tokens: Amount,
}

/// A pause.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PauseAnswer {
    /// `stake`, `pay`, `crank` or `emission`.
    pub section: String,
    /// Its end (unix seconds).
    pub until: i64,
}

/// A parameter of the economy; every figure is a fraction.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ParameterAnswer {
    /// `emission`, `fee`, `burn` or `liquidity`.
    pub parameter: String,
    /// In force; of a Draft, what it starts with.
    pub value: String,
    /// Lowest that the controller may set.
    pub min: String,
    /// Highest that the controller may set.
    pub max: String,
    /// What it is steered by.
    pub metric: String,
    /// The metric's target.
    pub target: String,
    /// The metric as the last crank took it; absent before the first.
    pub measured: Option<String>,
    /// Whether its guard holds it.
    pub held: bool,
    /// When its guard lets it go by itself, if it holds it (unix seconds).
    pub held_until: Option<i64>,
    /// That it rests at a limit and would go further, and what would help; absent where it
    /// does not.
    pub at_limit: Option<String>,
}

/// A pool.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PoolAnswer {
    /// What is staked there.
    pub stake_mint: String,
    /// `native` or `liquidity`.
    pub kind: String,
    /// Staked.
    pub total: Amount,
    /// Rewards of a year at this moment's rates over the stake, as a fraction; absent for
    /// liquidity pools (another token) and while nothing is staked.
    pub apr: Option<String>,
}

/// What a wallet has in a pool.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PositionAnswer {
    /// What is staked.
    pub stake_mint: String,
    /// Staked.
    pub staked: Amount,
    /// Rewards that `claim` would pay now.
    pub pending: Amount,
    /// Stake on its way out.
    pub unbonding: Vec<TicketAnswer>,
}

/// Stake on its way out.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TicketAnswer {
    /// Number, for cancelling.
    pub ticket: usize,
    /// How much.
    pub amount: Amount,
    /// When it can be withdrawn (unix seconds).
    pub ready_at: i64,
}
