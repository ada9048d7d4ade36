//! Economies to measure in.

use anchor_spl::token_2022::spl_token_2022::extension::{
    group_member_pointer, group_pointer, metadata_pointer, transfer_fee, ExtensionType,
};
use homeostat::constants::{
    MAX_EXCLUDED, MAX_FEEDS, MAX_MEMBERS, MAX_METERS, MAX_POOLS, MAX_REPORTERS,
};
use homeostat_client::{
    instruction::{self as ix, StakeMint},
    ControllerSettings, Direction, FeedSettings, Funding, LimitSettings, Metric, Parameter,
    Reference, Signal, Wiring,
};
use homeostat_sandbox::{world::TOKEN, Bank, MintSpec, TokenProgram, Wallet, World, WorldSpec};
use solana_keypair::Keypair;
use solana_program::pubkey::Pubkey;
use solana_signer::Signer;

use crate::bench::{bank, Error};

/// One in the control law's numbers.
const ONE: i128 = 1 << 48;
// The worst cases are as large as the program allows; every such number fits a byte.
/// Most pools of an economy.
pub const MOST_POOLS: u8 = MAX_POOLS as u8;
/// Most meters of an economy.
pub const MOST_METERS: u8 = MAX_METERS as u8;
/// Most feeds of an economy.
pub const MOST_FEEDS: u8 = MAX_FEEDS as u8;
/// Most reporters of a feed.
pub const MOST_REPORTERS: u8 = MAX_REPORTERS as u8;
/// Most excluded accounts.
const MOST_EXCLUDED: u8 = MAX_EXCLUDED as u8;
/// Most members of a council.
pub const MOST_MEMBERS: u8 = MAX_MEMBERS as u8;
/// Periods after which a log of 20 slots has turned: four records each.
const PERIODS: usize = 7;
/// Lamports that somebody sends to an address before an account is created there.
pub const DUST: u64 = 1_000_000;
/// Lamports of a SOL.
pub const SOL: u64 = 1_000_000_000;
/// A transfer fee that leaves every amount odd (basis points).
const TRANSFER_FEE: u16 = 130;

/// Weights of so many liquidity pools, no two the same.
pub fn lanes(count: u8) -> Vec<u16> {
    (1..=u16::from(count)).collect()
}

/// Two pools and four meters of SPL Token mints, a council of three of whom two decide.
pub fn ordinary_spec() -> WorldSpec {
    WorldSpec {
        program: TokenProgram::Legacy,
        liquidity: lanes(1),
        meters: 4,
        ..WorldSpec::default()
    }
}

/// Token-2022 mints with a transfer fee and pointers; as many pools, meters, feeds,
/// exclusions and members as there can be; every part of the control law in use; a bounty.
pub fn heaviest_spec() -> WorldSpec {
    WorldSpec {
        program: TokenProgram::Token2022,
        limits: Some(limits()),
        controllers: Parameter::ALL.map(|p| (p, controller(p))).into(),
        liquidity: lanes(MOST_POOLS - 1),
        meters: MOST_METERS,
        feeds: vec![Some(feed_of(0, MOST_REPORTERS)); usize::from(MOST_FEEDS)],
        excluded: MOST_EXCLUDED,
        members: MOST_MEMBERS,
        threshold: MOST_MEMBERS,
        ..WorldSpec::default()
    }
}

/// The heaviest economy or an ordinary one.
pub fn spec(heavy: bool) -> WorldSpec {
    if heavy {
        heaviest_spec()
    } else {
        ordinary_spec()
    }
}

/// Limits with a bounty.
pub fn limits() -> LimitSettings {
    LimitSettings {
        hard_cap: 2_000_000_000 * TOKEN,
        supply_floor: 1_000_000 * TOKEN,
        turnover_ppm: 4_000_000,
        min_stake: 1,
        bounty: 5_000_000,
        period_emission_ppm: 10_000,
        treasury_ppm: 200_000,
        unbonding: 604_800,
        outflow_cap: 1_000_000 * TOKEN,
        period_burn_ppm: 10_000,
        // It binds: a settlement that cuts the emission off costs the most.
        yield_ppm: 1_000_000,
    }
}

/// A controller that uses every part of the law.
pub fn controller(parameter: Parameter) -> ControllerSettings {
    use {Direction::*, Metric::*};
    let (metric, direction, setpoint_q48, bias, min_ppm, max_ppm) = match parameter {
        Parameter::Emission => (StakedShare, Reverse, ONE * 6 / 10, 60_000, 10_000, 200_000),
        Parameter::Fee => (Utilisation, Direct, ONE, 3_000, 500, 10_000),
        Parameter::Burn => (NetSupplyGrowth, Direct, ONE / 50, 300_000, 0, 900_000),
        Parameter::Liquidity => (LiquidityDepth, Reverse, ONE / 20, 100_000, 0, 300_000),
    };
    let tenth = i128::from(max_ppm - min_ppm) / 10;
    ControllerSettings {
        wiring: Wiring {
            metric,
            feed_forward: Some(Signal::Metric(EmittedOverFees)),
            reference: Reference::Absolute,
        },
        direction,
        setpoint_q48,
        average_half_life: 0,
        scale_q48: setpoint_q48,
        bias_q48: bias * ONE,
        kp_q48: tenth * ONE,
        ki_q48: tenth / 5 * ONE,
        kd_q48: tenth / 3 * ONE,
        filter_q48: ONE * 3 / 2,
        dead_band_q48: ONE / 500,
        half_life: 31_536_000,
        min_ppm,
        max_ppm,
        slew_up_ppm: Some(max_ppm.unsigned_abs() / 7),
        slew_down_ppm: Some(max_ppm.unsigned_abs() / 9),
        kf_q48: tenth / 7 * ONE,
        w_ref_q48: ONE / 3,
        f_max_q48: tenth * ONE,
        max_periods: 4,
        max_hold: 4,
        max_age: 0,
        min_samples: 0,
    }
}

/// Creates a mint: of Token-2022 with a transfer fee and pointers, or a plain one of SPL
/// Token.
pub async fn mint(bank: &mut Bank, heavy: bool) -> Result<Pubkey, Error> {
    if !heavy {
        let spec = MintSpec::plain(TokenProgram::Legacy);
        return Ok(bank.create_mint(&spec).await);
    }
    let key = bank.fresh_key();
    let (program, mint) = (TokenProgram::Token2022.id(), key.pubkey());
    let to_itself = Some(mint);
    let initialise: Result<Vec<_>, _> = [
        transfer_fee::instruction::initialize_transfer_fee_config(
            &program,
            &mint,
            None,
            None,
            TRANSFER_FEE,
            u64::MAX,
        ),
        metadata_pointer::instruction::initialize(&program, &mint, None, to_itself),
        group_pointer::instruction::initialize(&program, &mint, None, to_itself),
        group_member_pointer::instruction::initialize(&program, &mint, None, to_itself),
    ]
    .into_iter()
    .collect();
    let spec = MintSpec {
        extensions: vec![
            ExtensionType::TransferFeeConfig,
            ExtensionType::MetadataPointer,
            ExtensionType::GroupPointer,
            ExtensionType::GroupMemberPointer,
        ],
        initialise: initialise.map_err(|error| Error(format!("mint extensions: {error}")))?,
        ..MintSpec::plain(TokenProgram::Token2022)
    };
    bank.create_mint_at(&key, &spec).await;
    Ok(mint)
}

/// An LP mint like the economy's and the AMM's vault, for a pool to be created.
pub async fn liquidity(world: &mut World) -> Result<StakeMint, Error> {
    let heavy = world.token_program == TokenProgram::Token2022.id();
    let lp_mint = mint(&mut world.bank, heavy).await?;
    let amm = Bank::amm_of(&lp_mint);
    world.bank.set_minter(&lp_mint, &amm).await;
    let own = world.at.mint;
    let amm_vault = world.bank.create_tokens(&own, &amm).await;
    Ok(StakeMint {
        mint: lp_mint,
        token_program: world.token_program,
        amm_vault: Some(amm_vault),
    })
}

/// The key of a reporter.
pub fn reporter(index: u8) -> Keypair {
    Keypair::new_from_array([30 + index; 32])
}

/// A feed of so many reporters, from a first one on.
pub fn feed_of(first: u8, reporters: u8) -> FeedSettings {
    FeedSettings {
        label: *b"what it measures",
        reporters: (0..reporters)
            .map(|index| reporter(first + index).pubkey())
            .collect(),
        quorum: reporters / 2 + 1,
        max_spread_ppm: 50_000,
        max_age: 604_800,
    }
}

/// A report as of now, near 100.
pub fn report(bank: &Bank, parts: i128) -> ix::Report {
    ix::Report {
        sequence: bank.now().unsigned_abs(),
        value_q48: 100 * ONE + parts,
        observed_at: bank.now(),
    }
}

/// Every reporter of every feed reports, no two the same and none in order.
pub async fn report_all(world: &mut World) -> Result<(), Error> {
    for index in 0..world.feeds {
        for who in 0..MOST_REPORTERS {
            let report = report(&world.bank, i128::from(who * 5 % MOST_REPORTERS));
            world.report(index, &reporter(who), &report).await?;
        }
    }
    Ok(())
}

/// Builds an economy. In contrast to [`World::build`] the mints of a Token-2022 economy
/// have extensions, those of its liquidity pools too.
pub async fn build(mut spec: WorldSpec) -> Result<World, Error> {
    let heavy = spec.program == TokenProgram::Token2022;
    let draft = std::mem::replace(&mut spec.draft, true);
    let weights = std::mem::take(&mut spec.liquidity);
    let mut bank = bank().await;
    let mint = mint(&mut bank, heavy).await?;
    let mut world = World::try_build_for(bank, &spec, mint).await?;
    for weight in weights {
        let stake = liquidity(&mut world).await?;
        let create = ix::create_pool(&world.at, &world.creator.pubkey(), &stake, weight);
        world.run(&[create]).await?;
        world.pools.push(stake);
    }
    if !draft {
        if spec.funding == Funding::Funded {
            world.fund(TOKEN).await?;
        }
        world.hand_over_mint(spec.funding).await;
        world.go_live().await?;
    }
    Ok(world)
}

/// Builds an economy, fills the keeper vault, the AMM vaults and the excluded accounts, stakes
/// in every pool and pays through every meter, so that nothing is zero.
pub async fn populated(spec: WorldSpec) -> Result<World, Error> {
    let mut world = build(spec).await?;
    let keeper_vault = world.at.keeper_vault;
    world.bank.airdrop(&keeper_vault, SOL).await;
    let (mint, reserve, creator) = (world.at.mint, world.reserve, world.creator.insecure_clone());
    for account in world.excluded.clone() {
        world
            .bank
            .transfer(&mint, &reserve, &account, &creator, 1_000_003 * TOKEN)
            .await;
    }
    let staker = world.wallet(400_000_000 * TOKEN).await;
    world.open(&staker).await?;
    world.stake(&staker, 300_000_007 * TOKEN).await?;
    for stake in world.pools.clone().into_iter().skip(1) {
        if let Some(amm_vault) = stake.amm_vault {
            world
                .bank
                .transfer(&mint, &reserve, &amm_vault, &creator, 5_000_011 * TOKEN)
                .await;
        }
        stake_in(&mut world, &stake, 1_000_003 * TOKEN).await?;
    }
    let payer = world.wallet(10_000_000 * TOKEN).await;
    let recipient = world.wallet(0).await;
    for shard in 0..world.meters {
        let pay = ix::pay(
            &world.at,
            &world.token_program,
            &payment(&payer, &recipient, shard),
        );
        world.bank.send(&[pay], &[&payer.key]).await?;
    }
    Ok(world)
}

/// Lets so many periods pass that a log of 20 slots is full and its ring has turned.
pub async fn turn_log(world: &mut World) -> Result<(), Error> {
    for _ in 0..PERIODS {
        world.next_period().await?;
        world.collect(0).await?;
    }
    Ok(())
}

/// A payment of an amount that divides by nothing.
pub fn payment(from: &Wallet, to: &Wallet, shard: u8) -> ix::Payment {
    ix::Payment {
        payer: from.pubkey(),
        from: from.tokens,
        to: to.tokens,
        shard,
        amount: 1_234_567_891,
        max_fee: u64::MAX,
    }
}

/// Somebody with tokens of a pool's stake mint, and the token account.
pub async fn liquidity_provider(
    world: &mut World,
    stake: &StakeMint,
    amount: u64,
) -> Result<Wallet, Error> {
    let key = world.bank.fresh_key();
    let tokens = world.bank.create_tokens(&stake.mint, &key.pubkey()).await;
    world.bank.mint_to(&stake.mint, &tokens, amount).await;
    Ok(Wallet { key, tokens })
}

/// A new provider who opens a position in a pool and stakes half of what they have.
pub async fn stake_in(world: &mut World, stake: &StakeMint, amount: u64) -> Result<Wallet, Error> {
    let wallet = liquidity_provider(world, stake, amount).await?;
    let pool = world.at.pool(&stake.mint);
    world.open_in(&pool, &wallet).await?;
    let enter = ix::stake(
        &world.at,
        stake,
        &wallet.pubkey(),
        &wallet.tokens,
        amount / 2,
    );
    world.bank.send(&[enter], &[&wallet.key]).await?;
    Ok(wallet)
}
