//! The control family: `crank`, `preview`, `grow_log`, `report_feed`, `touch_pool`,
//! `trip_breaker`; what they
//! measure and decide, and the logs and events that they leave.

mod caps;
mod clock;
mod costs;
mod crank;
mod crank_accounts;
mod crank_extremes;
mod crank_succeeds;
mod decision_log;
mod excluded;
mod feeds;
mod grow_log;
mod guard;
mod guard_latch;
mod guard_settings;
mod law;
mod law_on_chain;
mod log_proofs;
mod measurements;
mod one_slot;
mod preview;
mod random_lives;
mod solvency;
mod trip_breaker;
mod wide_arithmetic;
mod wiring;

use anchor_lang::system_program;
use homeostat::state::{
    log::{NOT_CAPPED, SLOT_BYTES},
    pause::Section,
    StoredConfig, StoredDecision, StoredGuardState, StoredState,
};
use homeostat_client::{
    address,
    event::{Event, EVENT_TAG},
    governance, instruction as ix,
    instruction::Payment,
    log::{self as chain, LogError, Record},
    AccountMeta, AuditLog, Controller, ControllerSettings, DecisionLog, DecisionRecord, Direction,
    Economy, Funding, Life, LimitSettings, Metric, Parameter, PauseReason, Pubkey, Setting, Wiring,
};
use homeostat_control::{
    create, guarded_step, step, Config, Flags, Fx, GuardState, HoldReason, Input, LatchReason,
};
use homeostat_sandbox::{
    world::{TOKEN, WEEK},
    MintSpec, TokenProgram, Wallet, World, WorldSpec,
};
use homeostat_tests::{
    anchor, assert_sound, attack, exchange, give, read_only, refused, unchanged, unsigned,
    HomeostatError,
};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use solana_account::ReadableAccount;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_program::{hash::hashv, rent::Rent};
use solana_signer::Signer;

const YEAR: i128 = 31_536_000;
const PPM: u128 = 1_000_000;

/// Slew limit of the default emission controller (ppm per weekly period).
const EMISSION_SLEW: i64 = 20_000;

/// The default limits of a weekly economy.
fn limits() -> LimitSettings {
    LimitSettings {
        hard_cap: 2_000_000_000 * TOKEN,
        supply_floor: 0,
        turnover_ppm: 4_000_000,
        min_stake: 1,
        bounty: 0,
        period_emission_ppm: 7_671,
        treasury_ppm: 200_000,
        unbonding: WEEK as u32,
        outflow_cap: 0,
        period_burn_ppm: 10_000,
        yield_ppm: u32::MAX,
    }
}

/// Tokens per second (Q64.64) of `ppm` a year on `supply`.
fn per_second(supply: u64, ppm: u64) -> u128 {
    let annual = u128::from(supply) * u128::from(ppm);
    let divisor = PPM * YEAR as u128;
    ((annual / divisor) << 64) + ((annual % divisor) << 64) / divisor
}

/// A ratio as the control law reads it: towards zero, 48 fraction bits.
fn ratio(numerator: i128, denominator: u128) -> Fx {
    let bits = (numerator.unsigned_abs() << 48) / denominator;
    let magnitude = Fx::from_bits(bits as i128);
    if numerator < 0 {
        -magnitude
    } else {
        magnitude
    }
}

fn of(economy: &Economy, parameter: Parameter) -> &Controller {
    &economy.controllers[parameter.index()]
}

fn flags(controller: &Controller) -> Flags {
    Flags(controller.last.flags)
}

fn held(controller: &Controller) -> bool {
    flags(controller).contains(Flags::HELD)
}

/// What circulates, counted from the token accounts themselves.
async fn circulating(world: &mut World) -> u64 {
    let at = world.at;
    let mut held = vec![at.reward_vault, at.treasury_vault];
    held.extend((0..world.meters).map(|shard| address::fee_vault(&at.meter(shard))));
    held.extend(world.excluded.clone());
    let mut circulating = world.bank.supply(&at.mint).await;
    for account in held {
        circulating -= world.bank.balance(&account).await;
    }
    circulating
}

/// A wallet that has staked `amount` LP tokens, minted for it, in a pool.
async fn liquidity_staker(world: &mut World, lane: usize, amount: u64) -> Wallet {
    let lp = world.pools[lane];
    let key = Keypair::new();
    let tokens = world.bank.create_tokens(&lp.mint, &key.pubkey()).await;
    world.bank.mint_to(&lp.mint, &tokens, amount).await;
    let wallet = Wallet { key, tokens };
    let pool = world.at.pool(&lp.mint);
    world.open_in(&pool, &wallet).await.unwrap();
    let stake = ix::stake(&world.at, &lp, &wallet.pubkey(), &tokens, amount);
    world.bank.send(&[stake], &[&wallet.key]).await.unwrap();
    wallet
}

async fn pay_through(world: &mut World, shard: u8, from: &Wallet, amount: u64) {
    let pay = ix::pay(
        &world.at,
        &world.token_program,
        &Payment {
            payer: from.pubkey(),
            from: from.tokens,
            to: world.reserve,
            shard,
            amount,
            max_fee: u64::MAX,
        },
    );
    world.bank.send(&[pay], &[&from.key]).await.unwrap();
}

async fn log_of(world: &mut World) -> (DecisionLog, Vec<Record>) {
    let log = world.at.log;
    let data = world.bank.data(&log).await.unwrap();
    chain::read(&data).unwrap()
}

fn decision(record: &Record) -> &DecisionRecord {
    match record {
        Record::Decision(record) => record,
        Record::Config(_) => panic!("a configuration where a decision should be"),
    }
}

/// The four decisions of the last crank.
async fn last_decisions(world: &mut World) -> [DecisionRecord; 4] {
    let (_, records) = log_of(world).await;
    let last = &records[records.len() - 4..];
    core::array::from_fn(|index| *decision(&last[index]))
}

/// What a preview of one controller returns.
async fn preview(world: &mut World, controller: u8) -> StoredDecision {
    let economy = world.economy().await;
    let preview = ix::preview(&world.at, &world.pools, &economy, controller);
    let data = world.run(&[preview]).await.unwrap().return_data;
    homeostat_client::decode::preview(&data).unwrap()
}

async fn edit(world: &mut World, edit: impl FnOnce(&mut Economy)) {
    let economy = world.at.economy;
    world.bank.edit::<Economy>(&economy, edit).await;
}

/// The law alone.
fn guards_off(economy: &mut Economy) {
    for controller in &mut economy.controllers {
        controller.guard_config.enabled = 0;
    }
}

/// A controller with every gain at its highest and no slew limit.
fn wild(parameter: Parameter, direction: Direction) -> (Parameter, ControllerSettings) {
    let highest = Config::MAX_GAIN.to_bits();
    // Burned over emitted has no value in a period without emission.
    let metric = match parameter {
        Parameter::Burn => Metric::NetSupplyGrowth,
        _ => homeostat::state::defaults::wiring(parameter).metric,
    };
    let settings = ControllerSettings {
        wiring: Wiring::of(metric),
        direction,
        setpoint_q48: Fx::ONE.to_bits(),
        average_half_life: 0,
        scale_q48: Config::MIN_SCALE.to_bits(),
        bias_q48: Fx::from_num(50_000).to_bits(),
        kp_q48: highest,
        ki_q48: highest,
        kd_q48: highest,
        filter_q48: Config::MIN_FILTER.to_bits(),
        dead_band_q48: 0,
        half_life: 0,
        min_ppm: parameter.floor(),
        max_ppm: parameter.ceiling(),
        slew_up_ppm: None,
        slew_down_ppm: None,
        kf_q48: 0,
        w_ref_q48: 0,
        f_max_q48: 0,
        max_periods: 52,
        max_hold: 1,
        max_age: 0,
        min_samples: 0,
    };
    (parameter, settings)
}
