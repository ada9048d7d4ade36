//! Homeostat: a token economy steered by controllers.
//!
//! Staking rewards, fees and burns are outputs of fixed-point PID controllers
//! (`homeostat-control`), steered to targets, bounded by limits and decided on
//! chain with their reasons. This file only dispatches; each instruction lives
//! in a file of its own under `instructions/`, the arithmetic in `state/`.

#![deny(clippy::arithmetic_side_effects)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects))]

#[macro_use]
pub mod error;
pub mod constants;
pub mod events;
pub mod framework;
mod id;
pub mod instructions;
pub mod prelude;
pub mod seeds;
pub mod state;

pub use constants::*;
pub use error::HomeostatError;
use framework::{prelude::*, AnchorDeserialize};
use instructions::*;
use state::{
    Actions, CouncilArgs, FeedSettings, Parameter, PauseReason, RoleKind, Section, Tunable,
};

// Linked for its symbols: the compiler calls them, nothing here does.
#[cfg(homeostat_upstream_sbf)]
extern crate homeostat_sbf_builtins as _;

pub use id::{check_id, id, id_const, ID, ID_CONST};

#[cfg(feature = "no-entrypoint")]
pub use id::EVENT_AUTHORITY_AND_BUMP;
/// What `#[event_cpi]` compares with, and the bump of that address. In the program itself
/// only: whoever uses it as a library would have one more `PartialEq` to infer from.
#[cfg(not(feature = "no-entrypoint"))]
pub const EVENT_AUTHORITY_AND_BUMP: (framework::EventAuthority, u8) =
    (framework::EventAuthority, id::EVENT_AUTHORITY_AND_BUMP.1);

#[cfg(not(feature = "no-entrypoint"))]
solana_security_txt::security_txt! {
    name: "Homeostat",
    project_url: "https://github.com/homeostat-labs/homeostat",
    contacts: "link:https://github.com/homeostat-labs/homeostat/security/advisories/new",
    policy: "https://github.com/homeostat-labs/homeostat/blob/main/SECURITY.md",
    source_code: "https://github.com/homeostat-labs/homeostat",
    preferred_languages: "en"
}

/// Instructions, the most frequent first: dispatch compares one after the other.
#[program]
pub mod homeostat {
    use super::*;

    /// Pays a recipient and takes the fee: `fee + net == amount`. Owner or delegate
    /// signs. Refused above `max_fee`.
    ///
    /// `amount`: what the payer gives, fee included (base units). `max_fee`: the highest
    /// fee the payer accepts (base units).
    pub fn pay(ctx: Context<Pay>, amount: u64, max_fee: u64) -> Result<()> {
        instructions::pay(ctx, amount, max_fee)
    }

    /// Takes the fee on a payment that another program moves. Owner or delegate
    /// signs. Refused above `max_fee`.
    ///
    /// `amount`: the payment the fee is on (base units); it stays where it is. `max_fee`:
    /// the highest fee the payer accepts (base units).
    pub fn charge_fee(ctx: Context<ChargeFee>, amount: u64, max_fee: u64) -> Result<()> {
        instructions::charge_fee(ctx, amount, max_fee)
    }

    /// Adds stake to the signer's position. Refused while not live, paused or
    /// below the minimum.
    ///
    /// `amount`: what leaves the owner's tokens (base units of the stake mint).
    pub fn stake(ctx: Context<Stake>, amount: u64) -> Result<()> {
        instructions::stake(ctx, amount)
    }

    /// Pays the position's rewards to a token account of the owner's. The owner
    /// signs; never gated. Refused when the vault is short: put top_up before.
    pub fn claim(ctx: Context<Claim>) -> Result<()> {
        instructions::claim(ctx)
    }

    /// Tells a feed a value (x 2^48). A reporter of the feed signs. Refuses numbers and
    /// times that do not go forward, values out of range, and what is too old.
    ///
    /// `sequence`: above the reporter's last one. `value_q48`: in the feed's unit, above 0
    /// and at most 1,000,000 (x 2^48). `observed_at`: when that was so (unix seconds).
    pub fn report_feed(
        ctx: Context<ReportFeed>,
        sequence: u64,
        value_q48: i128,
        observed_at: i64,
    ) -> Result<()> {
        instructions::report_feed(ctx, sequence, value_q48, observed_at)
    }

    /// Ends a period: measures, steps all four controllers on one snapshot, logs,
    /// opens the next period. Anyone; refused before the period's end.
    pub fn crank<'info>(ctx: Context<'info, Crank<'info>>) -> Result<()> {
        instructions::crank(ctx)
    }

    /// What a controller would decide now, as return data. Changes nothing.
    ///
    /// `controller`: 0 emission, 1 fee, 2 burn, 3 liquidity.
    pub fn preview<'info>(ctx: Context<'info, Preview<'info>>, controller: u8) -> Result<()> {
        instructions::preview(ctx, controller)
    }

    /// Begins to unbond. The owner signs; never gated. Refuses more than is staked.
    ///
    /// `amount`: how much of the position's stake (base units of the stake mint).
    pub fn request_unstake(ctx: Context<RequestUnstake>, amount: u64) -> Result<()> {
        instructions::request_unstake(ctx, amount)
    }

    /// Pays out every unlocked ticket to a token account of the owner's. The owner
    /// signs; never gated.
    pub fn withdraw(ctx: Context<Withdraw>) -> Result<()> {
        instructions::withdraw(ctx)
    }

    /// Mints what has accrued and is not minted yet. Anyone; never refused at the
    /// cap, because accrual stops there.
    pub fn top_up(ctx: Context<TopUp>) -> Result<()> {
        instructions::top_up(ctx)
    }

    /// Moves a meter's fees: burns, stakers, treasury. Anyone. Of a retired economy, which
    /// streams nothing any more, the stakers' part goes to the treasury.
    pub fn collect(ctx: Context<Collect>) -> Result<()> {
        instructions::collect(ctx)
    }

    /// Puts a ticket back to work. The owner signs. Refused while not live or paused.
    ///
    /// `ticket`: its index in `Position.tickets`, from 0.
    pub fn cancel_unstake(ctx: Context<CancelUnstake>, ticket: u8) -> Result<()> {
        instructions::cancel_unstake(ctx, ticket)
    }

    /// Opens the signer's position in a pool; any payer pays the rent.
    pub fn open_position(ctx: Context<OpenPosition>) -> Result<()> {
        instructions::open_position(ctx)
    }

    /// Closes an empty position; the rent goes to its payer. The owner signs.
    /// Refused while stake, tickets or rewards remain.
    pub fn close_position(ctx: Context<ClosePosition>) -> Result<()> {
        instructions::close_position(ctx)
    }

    /// Fills the reward vault of a Funded economy. Anyone signs; in Draft only
    /// the creator. Credits what the vault received. Refused once retired.
    ///
    /// `amount`: what leaves the funder's tokens (base units).
    pub fn fund_rewards(ctx: Context<FundRewards>, amount: u64) -> Result<()> {
        instructions::fund_rewards(ctx, amount)
    }

    /// Creates an economy in Draft with its vaults and its decision log. The
    /// creator signs and pays. Refuses mints with a freeze authority or with
    /// extensions off the allow-list, and a period or cap out of range.
    ///
    /// `args`: where rewards come from, the period (seconds) and the hard cap (base units).
    pub fn create_economy<'info>(
        ctx: Context<'info, CreateEconomy<'info>>,
        args: EconomyArgs,
    ) -> Result<()> {
        instructions::create_economy(ctx, args)
    }

    /// Changes one setting of a Draft. The creator signs. Refuses what the
    /// control law or a compile-time cap excludes, naming the field in the log.
    ///
    /// `setting`: one controller, the limits, the exclusions or one guard, all of it; the
    /// fields say their units.
    pub fn configure(ctx: Context<Configure>, setting: Setting) -> Result<()> {
        instructions::configure(ctx, setting)
    }

    /// Adds a pool to a Draft, the native one first; the creator signs. Once live, a pool
    /// that a proposal allowed; anyone signs. The signer pays.
    /// Refuses unsafe stake mints, a ninth pool, and an AMM vault of ours.
    ///
    /// `weight`: its share of the liquidity emission relative to the other liquidity
    /// pools; not read for the native pool.
    pub fn create_pool(ctx: Context<CreatePool>, weight: u16) -> Result<()> {
        instructions::create_pool(ctx, weight)
    }

    /// Adds a payment shard to a Draft; the creator signs. Once live, one that a proposal
    /// allowed; anyone signs. The signer pays. Refuses a ninth.
    ///
    /// `shard`: its index, the number of meters so far.
    pub fn create_meter(ctx: Context<CreateMeter>, shard: u8) -> Result<()> {
        instructions::create_meter(ctx, shard)
    }

    /// Adds a feed without reporters to a Draft. The creator signs and pays. Refuses a
    /// fifth.
    ///
    /// `index`: the number of feeds so far.
    pub fn create_feed(ctx: Context<CreateFeed>, index: u8) -> Result<()> {
        instructions::create_feed(ctx, index)
    }

    /// Sets reporters and rules of a Draft's feed. The creator signs. Refuses a quorum
    /// that is no majority, the same reporter twice, and rules out of range.
    ///
    /// `settings`: label, reporters, quorum, spread (ppm) and age (seconds).
    pub fn configure_feed(ctx: Context<ConfigureFeed>, settings: FeedSettings) -> Result<()> {
        instructions::configure_feed(ctx, settings)
    }

    /// Starts the clock, once. The creator signs. Refuses a mint authority that is
    /// not the economy's (Mint mode), a freeze authority, and an empty supply.
    pub fn go_live<'info>(ctx: Context<'info, GoLive<'info>>) -> Result<()> {
        instructions::go_live(ctx)
    }

    /// Gives up a Draft and returns its rent and funds. The creator signs.
    pub fn close<'info>(ctx: Context<'info, Close<'info>>) -> Result<()> {
        instructions::close(ctx)
    }

    /// Stops the emission and holds every controller when a vault is short of what
    /// the economy owes from it. Anyone; refused while the vault is solvent.
    pub fn trip_breaker<'info>(ctx: Context<'info, TripBreaker<'info>>) -> Result<()> {
        instructions::trip_breaker(ctx)
    }

    /// Creates a Draft's council and audit log, or sets the council up anew. The creator
    /// signs and pays. Refuses a threshold or delays out of range, and the same key twice.
    ///
    /// `args`: members, threshold, guardian, delays (seconds).
    pub fn create_council<'info>(
        ctx: Context<'info, CreateCouncil<'info>>,
        args: CouncilArgs,
    ) -> Result<()> {
        instructions::create_council(ctx, args)
    }

    /// Proposes one to four actions, and approves them. A member signs. Refuses what could
    /// not be executed now, and more than the member's share of open proposals.
    ///
    /// `actions`: each with the value it expects and the new one; their fields say the units.
    pub fn propose(ctx: Context<Propose>, actions: Actions) -> Result<()> {
        instructions::propose(ctx, actions)
    }

    /// Approves the actions with that digest. A member signs. The approval that reaches
    /// the threshold fixes when the proposal can be executed.
    ///
    /// `digest`: `Proposal.digest`, the sha256 of the actions as Borsh writes them.
    pub fn approve(ctx: Context<Decide>, digest: [u8; 32]) -> Result<()> {
        instructions::approve(ctx, digest)
    }

    /// Takes an approval back. The member signs. Below the threshold the proposal loses
    /// its eta.
    pub fn withdraw_approval(ctx: Context<Decide>) -> Result<()> {
        instructions::withdraw_approval(ctx)
    }

    /// Stops a proposal, approved or not. The guardian signs. Refused for what only
    /// resumes, and for the second time.
    pub fn veto(ctx: Context<Decide>) -> Result<()> {
        instructions::veto(ctx)
    }

    /// Votes to lift the guardian's veto of its own replacement. A member signs. Enough
    /// votes queue it again, with a fresh Critical delay.
    pub fn override_veto(ctx: Context<Decide>) -> Result<()> {
        instructions::override_veto(ctx)
    }

    /// Votes against a proposal with native stake from before it. The staker signs;
    /// enough stake vetoes it for good.
    pub fn cast_ballot(ctx: Context<CastBallot>) -> Result<()> {
        instructions::cast_ballot(ctx)
    }

    /// Returns a ballot's rent when its proposal is final. Anyone.
    pub fn close_ballot<'info>(ctx: Context<'info, CloseBallot<'info>>) -> Result<()> {
        instructions::close_ballot(ctx)
    }

    /// Does what a proposal says, all of it or nothing. Anyone, between its eta and its
    /// expiry. Refused unless enough of the present members approve and every old value
    /// is as expected.
    pub fn execute<'info>(ctx: Context<'info, Execute<'info>>) -> Result<()> {
        instructions::execute(ctx)
    }

    /// Takes a proposal back: its proposer while it is active, a threshold of members
    /// while it is queued.
    pub fn cancel(ctx: Context<Decide>) -> Result<()> {
        instructions::cancel(ctx)
    }

    /// Marks a proposal as too late. Anyone.
    pub fn expire(ctx: Context<Decide>) -> Result<()> {
        instructions::expire(ctx)
    }

    /// Returns a final proposal's rent to who paid it. Anyone.
    pub fn close_proposal(ctx: Context<CloseProposal>) -> Result<()> {
        instructions::close_proposal(ctx)
    }

    /// Takes a role that a proposal offered. Its new holder signs.
    ///
    /// `role`: guardian, advisor or a seat in the council.
    pub fn accept_role(ctx: Context<AcceptRole>, role: RoleKind) -> Result<()> {
        instructions::accept_role(ctx, role)
    }

    /// Recommends a setpoint or a bias; a crank applies it after the Routine delay. The
    /// advisor signs. Refused outside the council's range, and while advice is pending.
    ///
    /// `parameter`: which controller. `field`: which of its quantities. `value_q48`: its
    /// target, the setpoint as a fraction, the bias in ppm (x 2^48). `over_seconds`: duration
    /// of the ramp (seconds), at most a year.
    pub fn advise(
        ctx: Context<Office>,
        parameter: Parameter,
        field: Tunable,
        value_q48: i128,
        over_seconds: u32,
    ) -> Result<()> {
        instructions::advise(ctx, parameter, field, value_q48, over_seconds)
    }

    /// Drops pending advice. The guardian signs.
    pub fn veto_advice(ctx: Context<Office>) -> Result<()> {
        instructions::veto_advice(ctx)
    }

    /// Pauses a section for a time, out of its budget. The guardian signs. Exits and
    /// governance never pause.
    ///
    /// `section`: stake, pay, crank or emission. `seconds`: from now on, at most what the
    /// budget holds. `reason`: for people to read.
    pub fn pause(
        ctx: Context<Office>,
        section: Section,
        seconds: u32,
        reason: PauseReason,
    ) -> Result<()> {
        instructions::pause(ctx, section, seconds, reason)
    }

    /// Adds slots to the decision log or to the audit log, up to 256 in all. Anyone who
    /// pays the rent.
    ///
    /// `slots`: how many to add.
    pub fn grow_log(ctx: Context<GrowLog>, slots: u32) -> Result<()> {
        instructions::grow_log(ctx, slots)
    }

    /// Brings an account of an older layout version to the present one: all the way or
    /// not at all, without touching what it says. Anyone who pays the rent of what is new.
    /// Refuses accounts that are current, and versions that this release does not know.
    pub fn migrate(ctx: Context<Migrate>) -> Result<()> {
        instructions::migrate(ctx)
    }
}
