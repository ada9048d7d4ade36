//! The staking instructions: positions, stake, exits, rewards.

mod accrual;
mod claim;
mod exits;
mod impostors;
mod just_in_time;
mod liquidity;
mod liquidity_depth;
mod lives;
mod min_stake;
mod positions;
mod positions_refused;
mod precision;
mod retired_pool;
mod reward_vault;
mod stake;
mod stake_paused;
mod stake_refused;
mod transfer_fees;
mod unbonding;
mod unbonding_refused;
mod yield_cap;

use anchor_lang::{prelude::Pubkey, system_program};
use homeostat_client::{
    address, instruction as ix, ControllerSettings, Economy, LimitSettings, Parameter, Pool,
    Position, PROGRAM_ID,
};
use homeostat_sandbox::{Failure, Wallet, World, WorldSpec};
use homeostat_tests::{assert_sound, exchange, give, unsigned};
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_signer::Signer;

/// An hour (seconds).
const HOUR: i64 = 3_600;
/// A day (seconds).
const DAY: i64 = 86_400;
/// One, in Q64.64.
const ONE: u128 = 1 << 64;

/// Sends an attack on stakers: it must be refused with this code and change nothing.
async fn attack(
    world: &mut World,
    instructions: &[Instruction],
    signers: &[&Keypair],
    code: impl Into<u32>,
) {
    homeostat_tests::attack(world, "an attack on stakers", instructions, signers, code).await;
}

/// The unstake instruction on the native pool.
fn request_unstake_ix(world: &World, wallet: &Wallet, amount: u64) -> Instruction {
    ix::request_unstake(
        &world.at.economy,
        &world.native_pool(),
        &wallet.pubkey(),
        amount,
    )
}

/// The withdraw instruction on the native pool.
fn withdraw_ix(world: &World, wallet: &Wallet) -> Instruction {
    ix::withdraw(&world.at, &world.pools[0], &wallet.pubkey(), &wallet.tokens)
}

/// The cancel instruction on the native pool.
fn cancel_unstake_ix(world: &World, wallet: &Wallet, ticket: u8) -> Instruction {
    ix::cancel_unstake(
        &world.at.economy,
        &world.native_pool(),
        &wallet.pubkey(),
        ticket,
    )
}

/// The close instruction on the native pool; `payer` paid for the position.
fn close_position_ix(world: &World, wallet: &Wallet, payer: &Pubkey) -> Instruction {
    ix::close_position(
        &world.at.economy,
        &world.native_pool(),
        &wallet.pubkey(),
        payer,
    )
}

/// The address of a wallet's position in the native pool.
fn position_of(world: &World, wallet: &Wallet) -> Pubkey {
    address::position(&world.native_pool(), &wallet.pubkey())
}

/// The native pool's principal vault.
fn principal_vault(world: &World) -> Pubkey {
    address::principal_vault(&world.native_pool())
}

/// What `lane` has been given up to `at` (Q64.64), by hand: the recorded
/// accumulator plus rate times seconds, with no function of the program.
fn emission_by_hand(economy: &Economy, lane: usize, at: i64) -> u128 {
    let stream = &economy.stream;
    let seconds = at.min(stream.emit_until) - stream.t0;
    let lane = &stream.lanes[lane];
    lane.acc_q64.get() + lane.rate_q64.get() * seconds.max(0) as u128
}

/// Staker fees streamed up to `at` (Q64.64), by hand.
fn fees_by_hand(economy: &Economy, at: i64) -> u128 {
    let stream = &economy.stream;
    let seconds = at.min(stream.fee_until) - stream.t0;
    stream.fee_acc_q64.get() + stream.fee_rate_q64.get() * seconds.max(0) as u128
}

/// What a sole staker of `stake` can claim of `income` (Q64.64): the quotient
/// per share is floored, then the tokens.
fn sole_share(income: u128, stake: u64) -> u64 {
    let stake = u128::from(stake);
    ((income / stake * stake) >> 64) as u64
}

/// The limits of an economy like [`WorldSpec::default`], edited.
fn limits(edit: impl FnOnce(&mut LimitSettings)) -> LimitSettings {
    let spec = WorldSpec::default();
    let usual = homeostat::state::defaults::limits(spec.period, spec.hard_cap);
    let mut limits = LimitSettings {
        yield_ppm: u32::MAX,
        ..LimitSettings::from(&usual)
    };
    edit(&mut limits);
    limits
}

/// An emission controller whose output stays at `ppm` whatever it measures.
fn constant_emission(ppm: i64) -> (Parameter, ControllerSettings) {
    let usual =
        homeostat::state::defaults::config(Parameter::Emission, WorldSpec::default().period);
    let settings = ControllerSettings {
        wiring: homeostat_client::Wiring::of(homeostat_client::Metric::StakedShare),
        direction: homeostat_client::Direction::Reverse,
        setpoint_q48: usual.setpoint.from.to_bits(),
        average_half_life: 0,
        scale_q48: usual.scale.to_bits(),
        bias_q48: i128::from(ppm) << 48,
        kp_q48: 0,
        ki_q48: 0,
        kd_q48: 0,
        filter_q48: usual.filter.from.to_bits(),
        dead_band_q48: 0,
        half_life: 0,
        min_ppm: 0,
        max_ppm: 1_000_000,
        slew_up_ppm: None,
        slew_down_ppm: None,
        kf_q48: 0,
        w_ref_q48: 0,
        f_max_q48: 0,
        max_periods: usual.max_periods,
        max_hold: usual.max_hold,
        max_age: usual.max_age,
        min_samples: usual.min_samples,
    };
    (Parameter::Emission, settings)
}

/// A world whose limits are edited.
async fn world_with(edit: impl FnOnce(&mut LimitSettings)) -> World {
    World::build(&WorldSpec {
        limits: Some(limits(edit)),
        ..WorldSpec::default()
    })
    .await
}

/// Rewrites the economy in place.
async fn edit_economy(world: &mut World, edit: impl FnOnce(&mut Economy)) {
    let economy = world.at.economy;
    world.bank.edit(&economy, edit).await;
}

/// Rewrites the native pool in place.
async fn edit_native_pool(world: &mut World, edit: impl FnOnce(&mut Pool)) {
    let pool = world.native_pool();
    world.bank.edit(&pool, edit).await;
}

/// What a position has earned and not claimed at the bank's time (Q64.64),
/// from the accounts as they lie there.
async fn earned(world: &mut World, wallet: &Wallet) -> u128 {
    let economy = world.economy().await;
    let pool = world.pool(0).await;
    let position = world.position(wallet).await;
    earned_by_hand(&economy, &pool, &position, world.bank.now())
}

/// The per-share arithmetic by hand: settle the pool at `at`, then the position.
fn earned_by_hand(economy: &Economy, pool: &Pool, position: &Position, at: i64) -> u128 {
    let lane = usize::from(pool.lane);
    let mut income = emission_by_hand(economy, lane, at) - pool.seen_emission_q64.get();
    if lane == 0 {
        income += fees_by_hand(economy, at) - pool.seen_fees_q64.get();
    }
    let mut per_share = pool.reward_per_share_q64.get();
    if pool.total > 0 {
        per_share += (income + pool.remainder_q64.get()) / u128::from(pool.total);
    }
    position.pending_q64.get() + (per_share - position.paid_q64.get()) * u128::from(position.amount)
}

/// The only event that `instructions` would emit.
macro_rules! the_event {
    ($world:expr, $instructions:expr, $signers:expr, $kind:ident) => {{
        let events = $world.bank.events($instructions, $signers).await;
        assert_eq!(events.len(), 1, "exactly one event");
        match events.into_iter().next() {
            Some(homeostat_client::event::Event::$kind(event)) => event,
            _ => panic!("another event than {}", stringify!($kind)),
        }
    }};
}
use the_event;

/// A program that is not Homeostat.
fn other_program() -> Pubkey {
    let other = Pubkey::new_unique();
    assert_ne!(other, PROGRAM_ID);
    other
}
