//! The economy family: create_economy, configure, create_pool, create_meter,
//! go_live, fund_rewards, top_up, close.

mod allowed_mints;
mod caps;
mod close;
mod close_refused;
mod configure;
mod configure_controllers;
mod configure_ranges;
mod create_economy;
mod create_twice;
mod dissolve;
mod ending;
mod fund_rewards;
mod go_live;
mod go_live_authorities;
mod go_live_refused;
mod hostile_mints;
mod journeys;
mod pools_and_meters;
mod recall;
mod scheduled_fees;
mod substitutes;
mod top_up;

use homeostat_client::{
    event::Event, instruction as ix, instruction::StakeMint, Controller, ControllerSettings,
    Direction, Economy, EconomyAddresses, EconomyArgs, Funding, GuardSettings, LimitSettings,
    Metric, Pubkey, Wiring,
};
use homeostat_sandbox::{
    mint::{MintSpec, TokenProgram},
    world::{TOKEN, WEEK},
    Bank, Failure, Receipt, World, WorldSpec,
};
use homeostat_tests::{assert_sound, exchange, give, system, token, unchanged};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

/// One SOL (lamports).
const SOL: u64 = 1_000_000_000;

/// The default economy, still in Draft.
async fn draft() -> World {
    World::build(&WorldSpec {
        draft: true,
        ..WorldSpec::default()
    })
    .await
}

/// The default economy in Funded mode, still in Draft.
async fn funded_draft() -> World {
    World::build(&WorldSpec {
        draft: true,
        funding: Funding::Funded,
        ..WorldSpec::default()
    })
    .await
}

/// A bank with a mint, and everything named for an economy that is yet to be
/// created on it. The creator is the bank's payer.
async fn site(mint: &Keypair, spec: &MintSpec) -> World {
    let mut bank = Bank::start().await;
    bank.create_mint_at(mint, spec).await;
    let creator = bank.payer();
    let reserve = bank.create_tokens(&mint.pubkey(), &creator.pubkey()).await;
    let mut world = World {
        at: EconomyAddresses::new(&mint.pubkey(), &creator.pubkey()),
        token_program: spec.program.id(),
        pools: Vec::new(),
        meters: 0,
        feeds: 0,
        excluded: Vec::new(),
        positions: Vec::new(),
        members: vec![bank.fresh_key()],
        guardian: bank.fresh_key(),
        has_council: false,
        bank,
        creator,
        reserve,
    };
    aim(&mut world, &mint.pubkey(), spec.program);
    world
}

/// Turns the world to another mint and the economy that could be created for it.
fn aim(world: &mut World, mint: &Pubkey, program: TokenProgram) {
    world.at = EconomyAddresses::new(mint, &world.creator.pubkey());
    world.token_program = program.id();
    world.pools = vec![StakeMint {
        mint: *mint,
        token_program: program.id(),
        amm_vault: None,
    }];
    world.meters = 1;
}

/// What a plain economy is created with.
fn args(funding: Funding) -> EconomyArgs {
    EconomyArgs {
        funding,
        period: WEEK as u32,
        hard_cap: 2_000_000_000 * TOKEN,
        sponsor: None,
    }
}

fn create_ix(world: &World, args: EconomyArgs) -> Instruction {
    ix::create_economy(
        &world.at.mint,
        &world.token_program,
        &world.creator.pubkey(),
        args,
    )
}

fn native_pool_ix(world: &World) -> Instruction {
    ix::create_pool(&world.at, &world.creator.pubkey(), &world.pools[0], 0)
}

fn meter_ix(world: &World, shard: u8) -> Instruction {
    ix::create_meter(
        &world.at,
        &world.creator.pubkey(),
        &world.token_program,
        shard,
    )
}

fn close_ix(world: &World) -> Instruction {
    ix::close(
        &world.at,
        &world.creator.pubkey(),
        &world.reserve,
        &world.token_program,
        &world.parts(),
    )
}

fn fund_ix(world: &World, funder: &Pubkey, tokens: &Pubkey, amount: u64) -> Instruction {
    ix::fund_rewards(&world.at, funder, tokens, &world.token_program, amount)
}

/// Funds the rewards out of the creator's reserve.
async fn fund(world: &mut World, amount: u64) -> Result<Receipt, Failure> {
    let fund = fund_ix(world, &world.creator.pubkey(), &world.reserve, amount);
    world.run(&[fund]).await
}

/// From a site to a live economy with a native pool and a meter.
async fn bring_to_life(world: &mut World, args: EconomyArgs) {
    let steps = [
        create_ix(world, args),
        native_pool_ix(world),
        meter_ix(world, 0),
    ];
    for step in steps {
        world.run(&[step]).await.unwrap();
    }
    world.lift_yield_cap().await.unwrap();
    if args.funding == Funding::Funded {
        fund(world, 100).await.unwrap();
    }
    world.create_council(1, None).await.unwrap();
    world.hand_over_mint(args.funding).await;
    world.go_live().await.unwrap();
}

/// A stranger with lamports and without any role.
async fn outsider(world: &mut World) -> Keypair {
    let stranger = Keypair::new();
    world.bank.airdrop(&stranger.pubkey(), 10 * SOL).await;
    stranger
}

/// Sends an attack: it must be refused with this code and change nothing of the
/// economy. Returns the log lines.
async fn attack(
    world: &mut World,
    instructions: &[Instruction],
    signers: &[&Keypair],
    code: impl Into<u32>,
) -> Vec<String> {
    homeostat_tests::attack(
        world,
        "an attack on an economy",
        instructions,
        signers,
        code,
    )
    .await
}

/// Asserts what the program logged. In process its lines go to the standard
/// output; only the built artefact leaves them, and Anchor's, in the log.
fn assert_logged(logs: &[String], text: &str) {
    let kept = logs.iter().any(|line| line.contains("AnchorError"));
    let named = logs.iter().any(|line| line.contains(text));
    assert!(named || !kept, "the log does not name {text}: {logs:#?}");
}

/// A Funded Draft with a little in its vault, by a founder who does not pay for
/// the transactions.
async fn founded_draft() -> (World, Keypair) {
    let program = TokenProgram::Token2022;
    let mut world = site(&Keypair::new(), &MintSpec::plain(program)).await;
    let founder = outsider(&mut world).await;
    let (mint, key) = (world.at.mint, founder.pubkey());
    world.creator = founder.insecure_clone();
    aim(&mut world, &mint, program);
    world.reserve = world.bank.create_tokens(&mint, &key).await;
    let reserve = world.reserve;
    world.bank.mint_to(&mint, &reserve, 1_000_000 * TOKEN).await;
    let steps = [
        create_ix(&world, args(Funding::Funded)),
        native_pool_ix(&world),
        meter_ix(&world, 0),
        fund_ix(&world, &key, &reserve, 1_000 * TOKEN),
        world.create_council_ix(world.council_args(1, None)),
    ];
    for step in steps {
        world.bank.send(&[step], &[&founder]).await.unwrap();
    }
    (world, founder)
}

/// The instruction without its signatures.
fn without_signatures(mut instruction: Instruction) -> Instruction {
    for meta in &mut instruction.accounts {
        meta.is_signer = false;
    }
    instruction
}

/// The one event that these instructions emit.
async fn only_event(world: &mut World, instructions: &[Instruction]) -> Event {
    let mut events = world.bank.events(instructions, &[]).await;
    assert_eq!(events.len(), 1, "exactly one event");
    events.remove(0)
}

/// The limits of an economy as a setting.
fn limits_of(economy: &Economy) -> LimitSettings {
    (&economy.limits).into()
}

/// A controller of an economy as a setting.
fn settings_of(controller: &Controller) -> ControllerSettings {
    let config = controller.config();
    let limited = |slew: u64| (slew != u64::MAX).then_some(slew);
    ControllerSettings {
        wiring: controller.wiring().expect("a wiring"),
        direction: match controller.config.direction {
            0 => Direction::Direct,
            _ => Direction::Reverse,
        },
        setpoint_q48: config.setpoint.to.to_bits(),
        average_half_life: config.average_half_life,
        scale_q48: config.scale.to_bits(),
        bias_q48: config.bias.to.to_bits(),
        kp_q48: config.kp.to.to_bits(),
        ki_q48: config.ki.to.to_bits(),
        kd_q48: config.kd.to.to_bits(),
        filter_q48: config.filter.to.to_bits(),
        dead_band_q48: config.dead_band.to.to_bits(),
        half_life: config.half_life,
        min_ppm: config.min,
        max_ppm: config.max,
        slew_up_ppm: limited(controller.config.slew_up),
        slew_down_ppm: limited(controller.config.slew_down),
        kf_q48: config.kf.to_bits(),
        w_ref_q48: config.w_ref.to_bits(),
        f_max_q48: config.f_max.to_bits(),
        max_periods: config.max_periods,
        max_hold: config.max_hold,
        max_age: config.max_age,
        min_samples: config.min_samples,
    }
}

/// The whole balance of a wallet, staked in the native pool.
async fn staker_with_all_of(world: &mut World, amount: u64) -> homeostat_sandbox::Wallet {
    let wallet = world.wallet(amount).await;
    let balance = world.balance(&wallet).await;
    world.open(&wallet).await.unwrap();
    world.stake(&wallet, balance).await.unwrap();
    wallet
}
