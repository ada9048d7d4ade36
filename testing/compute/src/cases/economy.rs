//! An economy from its creation to its going live, its funding and its closing.

use homeostat_client::{
    address, governance, instruction as ix, Council, CouncilArgs, EconomyAddresses, EconomyArgs,
    Funding, Parameter, Setting,
};
use homeostat_sandbox::{
    world::{seat, TOKEN, WEEK},
    World, WorldSpec,
};
use solana_instruction::Instruction;
use solana_program::pubkey::Pubkey;
use solana_signer::Signer;

use super::{
    governance::full_council,
    stage::{
        self, build, heaviest_spec, lanes, liquidity, mint, ordinary_spec, populated, spec, DUST,
        MOST_METERS, MOST_POOLS, SOL,
    },
    ORDINARY, REPEATED, WORST,
};
use crate::bench::{bank, Bench, Error};

const INSTRUCTIONS: [&str; 9] = [
    "create_economy",
    "create_council",
    "configure",
    "create_pool",
    "create_meter",
    "go_live",
    "fund_rewards",
    "top_up",
    "close",
];

/// Measures this family of instructions.
pub async fn measure(bench: &mut Bench) -> Result<(), Error> {
    if !bench.wants(&INSTRUCTIONS) {
        return Ok(());
    }
    for heavy in [false, true] {
        create(bench, heavy).await?;
        parts(bench, heavy).await?;
        go_live(bench, heavy).await?;
        fund(bench, heavy).await?;
        top_up(bench, heavy).await?;
        close(bench, heavy).await?;
    }
    Ok(())
}

const fn case(heavy: bool) -> &'static str {
    if heavy {
        WORST
    } else {
        ORDINARY
    }
}

/// `create_economy` and `create_council`; in the worst case every address holds lamports
/// already.
async fn create(bench: &mut Bench, heavy: bool) -> Result<(), Error> {
    let mut bank = bank().await;
    let creator = bank.payer();
    let mint = mint(&mut bank, heavy).await?;
    let at = EconomyAddresses::new(&mint, &creator.pubkey());
    if heavy {
        for address in [at.economy, at.reward_vault, at.treasury_vault, at.log] {
            bank.airdrop(&address, DUST).await;
        }
    }
    let args = EconomyArgs {
        funding: Funding::Mint,
        period: u32::try_from(WEEK).unwrap_or(u32::MAX),
        hard_cap: 2_000_000_000 * TOKEN,
        sponsor: None,
    };
    let create = ix::create_economy(&mint, &spec(heavy).program.id(), &creator.pubkey(), args);
    bench.perform(&mut bank, case(heavy), &create, &[]).await?;

    let count = if heavy { stage::MOST_MEMBERS } else { 3 };
    let members: Vec<_> = (0..count).map(|_| bank.fresh_key()).collect();
    let guardian = bank.fresh_key();
    let council = if heavy {
        for address in [at.council, at.audit] {
            bank.airdrop(&address, DUST).await;
        }
        // As many of fifteen members as fit into the transaction that creates the accounts.
        let full = full_council(&members, &guardian);
        governance::council_parts(&full).swap_remove(0)
    } else {
        CouncilArgs {
            members: members.iter().map(seat).collect(),
            append: false,
            threshold: 2,
            guardian: seat(&guardian),
            delays: None,
        }
    };
    let create = governance::create_council(&at, &creator.pubkey(), council);
    bench.measure(&mut bank, case(heavy), &create, &[]).await
}

/// `configure` in a Draft; `create_pool` and `create_meter` there, and in a live economy
/// as a proposal allowed, which reads the council besides.
async fn parts(bench: &mut Bench, heavy: bool) -> Result<(), Error> {
    if !bench.wants(&["configure", "create_pool", "create_meter"]) {
        return Ok(());
    }
    let mut world = build(WorldSpec {
        liquidity: lanes(if heavy { MOST_POOLS - 2 } else { 0 }),
        meters: if heavy { MOST_METERS - 1 } else { 0 },
        draft: true,
        ..spec(heavy)
    })
    .await?;
    let (at, creator) = (world.at, world.creator.pubkey());
    let controller = |parameter| Setting::Controller {
        parameter,
        settings: stage::controller(parameter),
    };
    let token_program = world.token_program;
    if heavy {
        let set = ix::configure(&at.economy, &creator, controller(Parameter::Emission));
        bench.measure(&mut world, WORST, &set, &[]).await?;
        let stake = liquidity(&mut world).await?;
        let pool = at.pool(&stake.mint);
        let meter = at.meter(MOST_METERS - 1);
        for address in [
            pool,
            address::principal_vault(&pool),
            meter,
            address::fee_vault(&meter),
        ] {
            world.bank.airdrop(&address, DUST).await;
        }
        world.hand_over_mint(Funding::Mint).await;
        world.go_live().await?;
        let (lp_mint, amm_vault) = (stake.mint, stake.amm_vault.unwrap_or_default());
        world
            .bank
            .edit::<Council>(&at.council, |council| {
                council.permit.stake_mint = lp_mint;
                council.permit.amm_vault = amm_vault;
                council.permit.weight = 7;
                council.permit.pool_until = i64::MAX;
                council.permit.meters = 1;
            })
            .await;
        let create = ix::create_allowed_pool(&at, &creator, &stake, 7);
        bench.measure(&mut world, WORST, &create, &[]).await?;
        let create = ix::create_allowed_meter(&at, &creator, &token_program, MOST_METERS - 1);
        return bench.measure(&mut world, WORST, &create, &[]).await;
    }
    let set = ix::configure(&at.economy, &creator, Setting::Limits(stage::limits()));
    let bank = &mut world.bank;
    bench.perform(bank, ORDINARY, &set, &[]).await?;
    bench.measure(bank, REPEATED, &set, &[]).await?;
    // Every Draft of the sandbox has its native pool; this is the next one.
    let stake = liquidity(&mut world).await?;
    let create = ix::create_pool(&at, &creator, &stake, 1);
    let bank = &mut world.bank;
    bench.perform(bank, ORDINARY, &create, &[]).await?;
    let create = ix::create_meter(&at, &creator, &token_program, 0);
    bench.perform(bank, ORDINARY, &create, &[]).await?;
    let create = ix::create_meter(&at, &creator, &token_program, 1);
    bench.measure(bank, REPEATED, &create, &[]).await?;
    let stake = liquidity(&mut world).await?;
    let create = ix::create_pool(&at, &creator, &stake, 2);
    bench.measure(&mut world, REPEATED, &create, &[]).await
}

async fn go_live(bench: &mut Bench, heavy: bool) -> Result<(), Error> {
    if !bench.wants(&["go_live"]) {
        return Ok(());
    }
    let mut world = build(WorldSpec {
        draft: true,
        ..spec(heavy)
    })
    .await?;
    world.hand_over_mint(Funding::Mint).await;
    let live = world.go_live_ix();
    bench.measure(&mut world, case(heavy), &live, &[]).await
}

async fn fund(bench: &mut Bench, heavy: bool) -> Result<(), Error> {
    if !bench.wants(&["fund_rewards"]) {
        return Ok(());
    }
    let mut world = build(WorldSpec {
        funding: Funding::Funded,
        ..spec(heavy)
    })
    .await?;
    let fund = fund_ix(&world, 1_000_003 * TOKEN);
    let bank = &mut world.bank;
    bench.perform(bank, case(heavy), &fund, &[]).await?;
    if !heavy {
        bank.advance(60).await;
        bench.measure(bank, REPEATED, &fund, &[]).await?;
    }
    Ok(())
}

fn fund_ix(world: &World, amount: u64) -> Instruction {
    ix::fund_rewards(
        &world.at,
        &world.creator.pubkey(),
        &world.reserve,
        &world.token_program,
        amount,
    )
}

async fn top_up(bench: &mut Bench, heavy: bool) -> Result<(), Error> {
    if !bench.wants(&["top_up"]) {
        return Ok(());
    }
    let mut world = populated(spec(heavy)).await?;
    // A crank mints a period ahead; nobody has cranked for longer.
    world.bank.advance(WEEK + WEEK / 3).await;
    let top_up = world.top_up_ix();
    let bank = &mut world.bank;
    bench.perform(bank, case(heavy), &top_up, &[]).await?;
    if !heavy {
        // In the same second: nothing to mint, no call, no event.
        bench.measure(bank, REPEATED, &top_up, &[]).await?;
    }
    Ok(())
}

/// `close`: a small Draft without funds; a full one that was funded and whose
/// vaults somebody showered with taxed tokens.
async fn close(bench: &mut Bench, heavy: bool) -> Result<(), Error> {
    if !bench.wants(&["close"]) {
        return Ok(());
    }
    let mut world = build(WorldSpec {
        draft: true,
        ..if heavy {
            WorldSpec {
                funding: Funding::Funded,
                ..heaviest_spec()
            }
        } else {
            WorldSpec {
                liquidity: Vec::new(),
                meters: 1,
                ..ordinary_spec()
            }
        }
    })
    .await?;
    if heavy {
        let fund = fund_ix(&world, 1_000_003 * TOKEN);
        world.run(&[fund]).await?;
        donate_everywhere(&mut world, TOKEN / 2).await?;
        let keeper_vault = world.at.keeper_vault;
        world.bank.airdrop(&keeper_vault, SOL).await;
    }
    let close = ix::close(
        &world.at,
        &world.creator.pubkey(),
        &world.reserve,
        &world.token_program,
        &world.parts(),
    );
    bench.measure(&mut world, case(heavy), &close, &[]).await
}

/// Sends `amount` base units of its mint's tokens to every vault but the reward vault.
pub async fn donate_everywhere(world: &mut World, amount: u64) -> Result<(), Error> {
    let creator = world.creator.insecure_clone();
    let (own, reserve) = (world.at.mint, world.reserve);
    let mut gifts: Vec<(Pubkey, Pubkey, Pubkey)> = Vec::new();
    for stake in world.pools.clone() {
        let vault = address::principal_vault(&world.at.pool(&stake.mint));
        let from = if stake.mint == own {
            reserve
        } else {
            let from = world
                .bank
                .create_tokens(&stake.mint, &creator.pubkey())
                .await;
            world.bank.mint_to(&stake.mint, &from, TOKEN).await;
            from
        };
        gifts.push((stake.mint, from, vault));
    }
    for shard in 0..world.meters {
        gifts.push((own, reserve, address::fee_vault(&world.at.meter(shard))));
    }
    gifts.push((own, reserve, world.at.treasury_vault));
    for (mint, from, vault) in gifts {
        world
            .bank
            .transfer(&mint, &from, &vault, &creator, amount)
            .await;
    }
    Ok(())
}
