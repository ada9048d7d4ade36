//! Homeostat: a token economy steered by controllers.
//!
//! Staking rewards, fees and burns are outputs of fixed-point PID controllers
//! (`homeostat-control`). They are steered to targets, bounded by limits, and decided on chain
//! with their reasons.
//!
//! # How a period goes
//!
//! 1. The clock runs. Emission streams to the pools every second, at the rate that the last
//!    crank set, until `emit_until` at the latest. That time is computed so that the hard cap,
//!    the period's cap and the funding hold even if nobody ever cranks again.
//! 2. People act. [`stake`](homeostat::stake), [`request_unstake`](homeostat::request_unstake),
//!    [`claim`](homeostat::claim) and [`pay`](homeostat::pay) touch a pool or a meter and
//!    never the economy's account, so they do not wait for each other. Each settles its
//!    pool lazily from the stream: an old rate is never lost, a new one never reaches back.
//! 3. Anybody calls [`collect`](homeostat::collect) at any time, which moves fees out of a
//!    meter: some are burned, some stream to the stakers over the next period, the rest goes to
//!    the treasury.
//!    Anybody calls [`touch_pool`](homeostat::touch_pool) too, which measures the depth of a
//!    liquidity pool once.
//! 4. After the period's end anybody calls [`crank`](homeostat::crank). It reads every pool,
//!    meter and feed at one timestamp, measures what the controllers steer by (means over
//!    the whole window, so that no single slot moves them), steps all four controllers on
//!    that snapshot, logs each decision with its terms, mints the next period's rewards
//!    ahead and pays the keeper. New values hold from now on.
//! 5. Governance changes what the controllers may do: a member proposes, members approve, a
//!    delay passes in which the guardian or the stakers can veto, then anybody executes.
//!    Values in force move only through the controllers' slew limits.
//!
//! Exits (request_unstake, withdraw, claim) are never gated by a pause, a latch or the end of
//! the economy.
//!
//! Three words for three ways to stop: a controller is *held* in a step without a usable
//! sample, which moves nothing; it is *latched* while its anomaly guard holds it; the economy
//! is *tripped* after a vault was found short, which holds every controller and the emission.
//!
//! This file only dispatches. Each instruction has a file of its own under `instructions/`;
//! the arithmetic is in `state/`.

#![deny(clippy::arithmetic_side_effects)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects))]

pub mod constants;
pub mod error;
pub mod events;
pub mod instructions;
pub mod seeds;
pub mod state;

use anchor_lang::prelude::*;

pub use constants::*;
pub use error::HomeostatError;
use instructions::*;
use state::{
    Action, CouncilArgs, FeedSettings, Parameter, PauseReason, Reason, RoleKind, Section, Tunable,
};

// Linked for its symbols, which the compiler calls and no source line does.
#[cfg(homeostat_upstream_sbf)]
extern crate homeostat_sbf_builtins as _;

declare_id!("HojxVCnb3FVhuu285xJKbRZSW5znRRTGAq4b1445aeEa");

#[cfg(not(feature = "no-entrypoint"))]
solana_security_txt::security_txt! {
    name: "Homeostat",
    project_url: "https://github.com/homeostat-labs/homeostat",
    contacts: "link:https://github.com/homeostat-labs/homeostat/security/advisories/new",
    policy: "https://github.com/homeostat-labs/homeostat/blob/main/SECURITY.md",
    source_code: "https://github.com/homeostat-labs/homeostat",
    preferred_languages: "en"
}

/// The instructions, the most frequent first, because dispatch compares one after the other.
#[program]
pub mod homeostat {
    use super::*;

    /// Owner or delegate of the tokens: pays a recipient and charges the fee on the way, so
    /// that `fee + net == amount`. Refused above `max_fee`, while paused, and unless live.
    ///
    /// `amount`: what the payer gives, fee included (base units). `max_fee`: the highest
    /// fee the payer accepts (base units).
    pub fn pay(ctx: Context<Pay>, amount: u64, max_fee: u64) -> Result<()> {
        instructions::pay(ctx, amount, max_fee)
    }

    /// Owner or delegate of the tokens: pays the fee on a payment that another program moves
    /// itself. Refused above `max_fee`, while paused, and unless live.
    ///
    /// `amount`: the payment that the fee is on (base units); this instruction does not
    /// move it. `max_fee`: the highest fee the payer accepts (base units).
    pub fn charge_fee(ctx: Context<ChargeFee>, amount: u64, max_fee: u64) -> Result<()> {
        instructions::charge_fee(ctx, amount, max_fee)
    }

    /// The position's owner: adds stake, which earns from this second on. Refused while
    /// paused, unless live, below the minimum, and for a mint that is not safe any more.
    ///
    /// `amount`: what leaves the owner's tokens (base units of the stake mint).
    pub fn stake(ctx: Context<Stake>, amount: u64) -> Result<()> {
        instructions::stake(ctx, amount)
    }

    /// The position's owner: is paid the position's rewards, to any token account of the
    /// owner's. Never gated. Refused when the vault is short of it: put top_up before claim in
    /// the transaction.
    pub fn claim(ctx: Context<Claim>) -> Result<()> {
        instructions::claim(ctx)
    }

    /// A reporter of the feed: reports a value. Refuses numbers and times that do not go
    /// forward, values out of range, and observations that are too old.
    ///
    /// `sequence`: above the reporter's last one. `value_q48`: in the feed's unit, above 0
    /// and at most 1,000,000 (x 2^48). `observed_at`: when it was observed (unix seconds).
    pub fn report_feed(
        ctx: Context<ReportFeed>,
        sequence: u64,
        value_q48: i128,
        observed_at: i64,
    ) -> Result<()> {
        instructions::report_feed(ctx, sequence, value_q48, observed_at)
    }

    /// Anyone: touches a liquidity pool, which measures its depth once. A period's depth is
    /// the median of its touches. Refused within a tenth of a period after the last touch, for
    /// a native pool, and unless live.
    pub fn touch_pool(ctx: Context<TouchPool>) -> Result<()> {
        instructions::touch_pool(ctx)
    }

    /// Anyone: ends a period. Settles the native pool, measures, steps all four controllers on
    /// one snapshot, logs, opens the next period, pays the bounty. Refused before the period's end, while
    /// paused, and unless live.
    pub fn crank<'info>(ctx: Context<'info, Crank<'info>>) -> Result<()> {
        instructions::crank(ctx)
    }

    /// Anyone: returns what a controller would decide now, as return data. Changes nothing.
    ///
    /// `controller`: 0 emission, 1 fee, 2 burn, 3 liquidity.
    pub fn preview<'info>(ctx: Context<'info, Preview<'info>>, controller: u8) -> Result<()> {
        instructions::preview(ctx, controller)
    }

    /// The position's owner: begins to unbond stake, which stops earning at once. Never gated.
    /// Refuses more than is staked.
    ///
    /// `amount`: how much of the position's stake (base units of the stake mint).
    pub fn request_unstake(ctx: Context<RequestUnstake>, amount: u64) -> Result<()> {
        instructions::request_unstake(ctx, amount)
    }

    /// The position's owner: is paid every unlocked ticket, to any token account of the
    /// owner's. Never gated. Refuses while no ticket has unlocked.
    pub fn withdraw(ctx: Context<Withdraw>) -> Result<()> {
        instructions::withdraw(ctx)
    }

    /// Anyone: mints what has accrued and is not minted yet into the reward vault. Never
    /// refused at the cap, because accrual itself stops there. Refused in Funded mode and
    /// in Draft.
    pub fn top_up(ctx: Context<TopUp>) -> Result<()> {
        instructions::top_up(ctx)
    }

    /// Anyone: moves a meter's fees; some are burned, the rest goes to stakers and
    /// treasury. In a retired economy, which streams nothing any more, the stakers' part
    /// goes to the treasury.
    pub fn collect(ctx: Context<Collect>) -> Result<()> {
        instructions::collect(ctx)
    }

    /// The position's owner: stakes an unbonding ticket again. Refused while paused and unless
    /// live.
    ///
    /// `ticket`: its index in `Position.tickets`, from 0.
    pub fn cancel_unstake(ctx: Context<CancelUnstake>, ticket: u8) -> Result<()> {
        instructions::cancel_unstake(ctx, ticket)
    }

    /// The owner, with any payer of the rent: opens the owner's position in a pool. Refused
    /// unless live, and in a retired pool.
    pub fn open_position(ctx: Context<OpenPosition>) -> Result<()> {
        instructions::open_position(ctx)
    }

    /// The position's owner: closes an empty position; the rent goes to its payer.
    /// Refused while stake, tickets or rewards remain.
    pub fn close_position(ctx: Context<ClosePosition>) -> Result<()> {
        instructions::close_position(ctx)
    }

    /// Anyone, but in Draft the creator alone: fills the reward vault of a Funded economy.
    /// What the vault received is counted. Refused once retired, and in Mint mode.
    ///
    /// `amount`: what leaves the funder's tokens (base units).
    pub fn fund_rewards(ctx: Context<FundRewards>, amount: u64) -> Result<()> {
        instructions::fund_rewards(ctx, amount)
    }

    /// A seated member: proposes one to four actions, and approves them; where the same actions
    /// are open already, approves those. Refuses actions that could not be executed now, what
    /// was vetoed less than a Critical delay ago, and more than the member's share of open
    /// proposals.
    ///
    /// `digest`: the sha256 of the actions as Borsh writes them; the proposal's address comes
    /// from it. `actions`: each with the value it expects and the new one; their fields say
    /// the units. `reason`: where the text is that says why, and its sha256.
    pub fn propose<'info>(
        ctx: Context<'info, Propose<'info>>,
        digest: [u8; 32],
        actions: Vec<Action>,
        reason: Option<Reason>,
    ) -> Result<()> {
        instructions::propose(ctx, digest, actions, reason)
    }

    /// A seated member: approves a proposal. The approval that reaches the threshold fixes when
    /// the proposal can be executed.
    ///
    /// `index`: `Proposal.index`, here and wherever somebody acts on a proposal; it tells the
    /// proposal from earlier and later ones of the same actions.
    pub fn approve(ctx: Context<Decide>, index: u64) -> Result<()> {
        instructions::approve(ctx, index)
    }

    /// Anyone, between eta and expiry: executes a proposal, all of its actions or none.
    /// Refused unless enough of the present members approve and every old value is as
    /// expected.
    pub fn execute<'info>(ctx: Context<'info, Execute<'info>>) -> Result<()> {
        instructions::execute(ctx)
    }

    /// A seated member: withdraws its approval. Below the threshold the proposal loses its
    /// eta.
    ///
    /// `index`: `Proposal.index`.
    pub fn withdraw_approval(ctx: Context<Decide>, index: u64) -> Result<()> {
        instructions::withdraw_approval(ctx, index)
    }

    /// The guardian: vetoes a proposal, approved or not. Refused for a proposal that only
    /// resumes, and for one whose veto was lifted.
    ///
    /// `index`: `Proposal.index`.
    pub fn veto(ctx: Context<Decide>, index: u64) -> Result<()> {
        instructions::veto(ctx, index)
    }

    /// A seated member: votes to lift the guardian's veto of its own replacement. Enough votes
    /// queue the proposal again, with a fresh Critical delay.
    ///
    /// `index`: `Proposal.index`.
    pub fn override_veto(ctx: Context<Decide>, index: u64) -> Result<()> {
        instructions::override_veto(ctx, index)
    }

    /// A staker: votes against a Standard or graver proposal with native stake from
    /// before it. Enough stake vetoes the proposal for good.
    ///
    /// `index`: `Proposal.index`.
    pub fn cast_ballot(ctx: Context<CastBallot>, index: u64) -> Result<()> {
        instructions::cast_ballot(ctx, index)
    }

    /// Anyone: closes a ballot whose proposal is final; the rent goes to its payer.
    pub fn close_ballot<'info>(ctx: Context<'info, CloseBallot<'info>>) -> Result<()> {
        instructions::close_ballot(ctx)
    }

    /// The proposer while it is active and nobody else approves it, a threshold of members while
    /// it is queued: cancels a proposal.
    ///
    /// `index`: `Proposal.index`.
    pub fn cancel(ctx: Context<Decide>, index: u64) -> Result<()> {
        instructions::cancel(ctx, index)
    }

    /// Anyone: marks a proposal as expired. Refused while it can still be approved or
    /// executed.
    ///
    /// `index`: `Proposal.index`.
    pub fn expire(ctx: Context<Decide>, index: u64) -> Result<()> {
        instructions::expire(ctx, index)
    }

    /// Anyone: closes a final proposal; the rent goes to its payer. A vetoed one only after a
    /// Critical delay, since the same actions can be proposed again then.
    pub fn close_proposal(ctx: Context<CloseProposal>) -> Result<()> {
        instructions::close_proposal(ctx)
    }

    /// The address that a proposal, or in Draft create_council, offered a role: accepts it, and
    /// so shows that it can sign. Refused once the offer has run out or was accepted.
    ///
    /// `role`: guardian, advisor or a seat in the council.
    pub fn accept_role(ctx: Context<AcceptRole>, role: RoleKind) -> Result<()> {
        instructions::accept_role(ctx, role)
    }

    /// The advisor: recommends a setpoint or a bias, which a crank applies after the Routine
    /// delay. Refused outside the council's range, and while advice is pending.
    ///
    /// `parameter`: the controller. `field`: the quantity of it. `value_q48`: its
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

    /// The guardian: drops the pending advice. Refused when none is pending.
    pub fn veto_advice(ctx: Context<Office>) -> Result<()> {
        instructions::veto_advice(ctx)
    }

    /// The guardian: pauses a section for a time, which is charged to the section's budget.
    /// Exits and governance never pause.
    ///
    /// `section`: stake, pay, crank or emission. `seconds`: from now on, at most what is
    /// left of the budget. `reason`: for people to read.
    pub fn pause(
        ctx: Context<Office>,
        section: Section,
        seconds: u32,
        reason: PauseReason,
    ) -> Result<()> {
        instructions::pause(ctx, section, seconds, reason)
    }

    /// The creator, who pays: creates an economy in Draft with its vaults and its decision
    /// log. Refuses mints with a freeze authority, a transfer fee that can change or
    /// extensions off the allow-list, and a period or cap out of range.
    ///
    /// `args`: where rewards come from, the period (seconds) and the hard cap (base units).
    pub fn create_economy(ctx: Context<CreateEconomy>, args: EconomyArgs) -> Result<()> {
        instructions::create_economy(ctx, args)
    }

    /// The creator: changes one setting of a Draft. Refuses what the control law or a
    /// compile-time cap excludes, naming the field in the log.
    ///
    /// `setting`: one controller, the limits, the exclusions or one guard, as a whole; each
    /// field says its unit.
    pub fn configure(ctx: Context<Configure>, setting: Setting) -> Result<()> {
        instructions::configure(ctx, setting)
    }

    /// The creator in Draft, once live anyone if a proposal allowed this pool: adds a pool.
    /// The native pool is the first. The signer pays the rent. Refuses unsafe stake mints,
    /// a ninth pool, and an AMM vault of ours.
    ///
    /// `weight`: its share of the liquidity emission relative to the other liquidity
    /// pools; not read for the native pool.
    pub fn create_pool(ctx: Context<CreatePool>, weight: u16) -> Result<()> {
        instructions::create_pool(ctx, weight)
    }

    /// The creator in Draft, once live anyone if a proposal allowed it: adds a meter, a
    /// shard of the payments. The signer pays the rent. Refuses a ninth.
    ///
    /// `shard`: its index, the number of meters so far.
    pub fn create_meter(ctx: Context<CreateMeter>, shard: u8) -> Result<()> {
        instructions::create_meter(ctx, shard)
    }

    /// The creator in Draft, once live anyone if a proposal allowed it: adds a feed without
    /// reporters. The signer pays the rent. Refuses a fifth.
    ///
    /// `index`: the number of feeds so far.
    pub fn create_feed(ctx: Context<CreateFeed>, index: u8) -> Result<()> {
        instructions::create_feed(ctx, index)
    }

    /// The creator: sets label, reporters and rules of a Draft's feed. Refuses a quorum
    /// that is no majority, the same reporter twice, and rules out of range.
    ///
    /// `settings`: label, reporters, quorum, spread (ppm) and age (seconds).
    pub fn configure_feed(ctx: Context<ConfigureFeed>, settings: FeedSettings) -> Result<()> {
        instructions::configure_feed(ctx, settings)
    }

    /// The creator: starts the clock of a Draft, once and for all. Refuses a mint authority
    /// that is not the economy's (Mint mode), an empty reward vault (Funded mode), a freeze
    /// authority, a transfer fee that can change, an empty supply, and a council of which
    /// somebody has not accepted its role.
    pub fn go_live<'info>(ctx: Context<'info, GoLive<'info>>) -> Result<()> {
        instructions::go_live(ctx)
    }

    /// The creator: closes a Draft with all of its accounts, and gets rent, funds and, if the
    /// economy has it, the mint authority back. Refused unless every account of the Draft is passed.
    pub fn close<'info>(ctx: Context<'info, Close<'info>>) -> Result<()> {
        instructions::close(ctx)
    }

    /// The successor that a retirement named, within 14 d: accepts the mint authority.
    /// Afterwards anyone: gives it to nobody, for ever. Refused where nothing is offered.
    pub fn hand_over_mint(ctx: Context<HandOverMint>) -> Result<()> {
        instructions::hand_over_mint(ctx)
    }

    /// Anyone, in a retired economy: pays everything in the reward vault that nobody is owed to
    /// the treasury, or to the sponsor. Fees swept after the last crank stream first.
    pub fn wind_up<'info>(ctx: Context<'info, WindUp<'info>>) -> Result<()> {
        instructions::wind_up(ctx)
    }

    /// The sponsor of a Funded economy: announces to recall funds 30 d later. A later
    /// announcement replaces it. Refused unless live.
    ///
    /// `amount`: the most that will be recalled (base units).
    pub fn announce_recall(ctx: Context<AnnounceRecall>, amount: u64) -> Result<()> {
        instructions::announce_recall(ctx, amount)
    }

    /// The sponsor of a Funded economy: recalls what was announced 30 d before, at most what is
    /// not promised to stakers: neither accrued nor granted to this period.
    pub fn recall(ctx: Context<Recall>) -> Result<()> {
        instructions::recall(ctx)
    }

    /// Anyone: closes a liquidity pool without positions, of weight 0 or of a retired economy.
    /// The rent goes to its payer, and the lane is free for another pool.
    pub fn close_pool(ctx: Context<ClosePool>) -> Result<()> {
        instructions::close_pool(ctx)
    }

    /// Anyone: closes a retired economy with everything that is left of it. Rent goes to the
    /// recorded payers. Refused while anything in it belongs to anybody.
    pub fn dissolve<'info>(ctx: Context<'info, Dissolve<'info>>) -> Result<()> {
        instructions::dissolve(ctx)
    }

    /// Anyone: trips the economy when a vault is short of what the economy owes from it. The
    /// emission stops and every controller is held. Refused while the vault is solvent.
    pub fn trip_breaker<'info>(ctx: Context<'info, TripBreaker<'info>>) -> Result<()> {
        instructions::trip_breaker(ctx)
    }

    /// The creator, who pays: creates a Draft's council and audit log, or sets the council
    /// up anew; its members and its guardian then accept their roles. Refuses a threshold or
    /// delays out of range, and the same key twice.
    ///
    /// `args`: members and whether they are added to those named before, threshold, guardian,
    /// delays (seconds).
    pub fn create_council(ctx: Context<CreateCouncil>, args: CouncilArgs) -> Result<()> {
        instructions::create_council(ctx, args)
    }

    /// Anyone, who pays the rent: adds slots to the decision log or to the audit log, up to
    /// 256 in all.
    ///
    /// `slots`: how many to add.
    pub fn grow_log(ctx: Context<GrowLog>, slots: u32) -> Result<()> {
        instructions::grow_log(ctx, slots)
    }

    /// Anyone, who pays the rent of what is new: brings an account of an older layout
    /// version to the present one, all the way or not at all. What it said before stays.
    /// Refuses accounts that are current, and versions that this release does not know.
    pub fn migrate(ctx: Context<Migrate>) -> Result<()> {
        instructions::migrate(ctx)
    }
}
