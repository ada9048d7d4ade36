//! The fees family: `pay`, `charge_fee`, `collect`.

mod burn_cap;
mod charge_fee;
mod collect;
mod pay;
mod pay_refused;
mod rates;

use std::collections::BTreeSet;

use anchor_spl::token_2022::spl_token_2022::extension::{
    transfer_fee::instruction::initialize_transfer_fee_config, ExtensionType,
};
use homeostat::state::pause::Section;
use homeostat_client::{
    address, event::Event, instruction as ix, instruction::Payment, Economy, EconomyAddresses,
    EconomyArgs, Funding, Meter, Parameter, Pool, Pubkey,
};
use homeostat_sandbox::{
    world::{TOKEN, WEEK},
    Bank, MintSpec, TokenProgram, Wallet, World, WorldSpec,
};
use homeostat_tests::{
    anchor, assert_sound, attack, exchange, read_only, refused, token, unchanged, unsigned,
    HomeostatError,
};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

/// Rates of a new economy (ppm): of a payment, of the fee, of what is not burned.
const FEE_PPM: u128 = 3_000;
const BURN_PPM: u128 = 100_000;
const TREASURY_PPM: u128 = 200_000;
const PPM: u128 = 1_000_000;

/// `(burn, treasury, stakers)` of a fee, by the rules of the design.
fn split(fee: u64, burn_ppm: u128, treasury_ppm: u128) -> (u64, u64, u64) {
    let burn = (u128::from(fee) * burn_ppm / PPM) as u64;
    let treasury = (u128::from(fee - burn) * treasury_ppm / PPM) as u64;
    (burn, treasury, fee - burn - treasury)
}

/// `amount x ppm`, rounded up, at least 1.
fn fee_on(amount: u64, ppm: u128) -> u64 {
    (u128::from(amount) * ppm).div_ceil(PPM).max(1) as u64
}

fn payment(from: &Wallet, to: &Pubkey, shard: u8, amount: u64) -> Payment {
    Payment {
        payer: from.pubkey(),
        from: from.tokens,
        to: *to,
        shard,
        amount,
        max_fee: u64::MAX,
    }
}

fn pay_ix(world: &World, payment: &Payment) -> Instruction {
    ix::pay(&world.at, &world.token_program, payment)
}

fn charge_ix(world: &World, payment: &Payment) -> Instruction {
    ix::charge_fee(&world.at, &world.token_program, payment)
}

fn collect_ix(world: &World, shard: u8) -> Instruction {
    ix::collect(&world.at, &world.token_program, shard)
}

fn fee_vault(world: &World, shard: u8) -> Pubkey {
    address::fee_vault(&world.at.meter(shard))
}

async fn meters(count: u8) -> World {
    World::build(&WorldSpec {
        meters: count,
        ..WorldSpec::default()
    })
    .await
}

/// Governance's hand: rates that no crank has led to yet.
async fn set_rates(world: &mut World, fee_ppm: i64, burn_ppm: i64, treasury_ppm: u32) {
    let economy = world.at.economy;
    world
        .bank
        .edit::<Economy>(&economy, |economy| {
            for (parameter, value) in [(Parameter::Fee, fee_ppm), (Parameter::Burn, burn_ppm)] {
                let controller = &mut economy.controllers[parameter.index()];
                controller.config.min = value.min(controller.config.min);
                controller.config.max = value.max(controller.config.max);
                controller.state.u = value;
            }
            economy.limits.treasury_ppm = treasury_ppm;
        })
        .await;
}

/// What a fee vault counts as pending: `(burn, treasury, stakers)`.
fn pending(meter: &Meter) -> (u64, u64, u64) {
    (
        meter.pending_burn,
        meter.pending_treasury,
        meter.pending_stakers,
    )
}
