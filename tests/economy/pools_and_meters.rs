//! create_pool and create_meter: the parts of a Draft.

use anchor_lang::error::ErrorCode;
use homeostat_client::{address, Meter, Pool, PoolKind};
use homeostat_tests::HomeostatError;

use super::*;

/// An economy in Draft without pools and meters.
async fn bare_draft() -> World {
    let mut world = site(&Keypair::new(), &MintSpec::plain(TokenProgram::Token2022)).await;
    let create = create_ix(&world, args(Funding::Mint));
    world.run(&[create]).await.unwrap();
    world.meters = 0;
    world
}

/// A plain LP mint and an AMM's vault for it.
async fn liquidity(world: &mut World, program: TokenProgram) -> StakeMint {
    let mint = world.at.mint;
    world.bank.create_amm(&mint, program).await
}

fn pool_ix(world: &World, stake: &StakeMint, weight: u16) -> Instruction {
    ix::create_pool(&world.at, &world.creator.pubkey(), stake, weight)
}

#[tokio::test]
async fn success_pools_are_numbered_as_they_come() {
    let mut world = bare_draft().await;
    let native = native_pool_ix(&world);
    world.run(&[native]).await.unwrap();
    let first = liquidity(&mut world, TokenProgram::Legacy).await;
    let second = liquidity(&mut world, TokenProgram::Token2022).await;

    for (stake, weight) in [(&first, 7), (&second, u16::MAX)] {
        let create = pool_ix(&world, stake, weight);
        world.run(&[create]).await.unwrap();
    }

    let economy = world.economy().await;
    let lanes = [(world.pools[0], 0), (first, 7), (second, u16::MAX)];
    assert_eq!(economy.pool_count, 3);
    for (lane, (stake, weight)) in lanes.iter().enumerate() {
        let at = world.at.pool(&stake.mint);
        let pool: Pool = world.bank.fetch(&at).await;
        let kind = match lane {
            0 => PoolKind::Native,
            _ => PoolKind::Liquidity,
        };
        assert_eq!(economy.pools[lane].pool, at);
        assert_eq!(economy.pools[lane].weight, *weight);
        assert_eq!(usize::from(pool.lane), lane);
        assert_eq!(
            (pool.kind, economy.pools[lane].kind),
            (kind as u8, kind as u8)
        );
        assert_eq!(pool.economy, world.at.economy);
        assert_eq!(pool.stake_mint, stake.mint);
        assert_eq!(pool.stake_token_program, stake.token_program);
        assert_eq!(pool.amm_vault, stake.amm_vault.unwrap_or_default());
        assert_eq!(pool.payer, world.creator.pubkey());
        assert_eq!((pool.total, pool.unbonding, pool.claimed), (0, 0, 0));
    }
}

#[tokio::test]
async fn success_the_events_name_the_parts() {
    let mut world = bare_draft().await;
    let create = native_pool_ix(&world);
    let Event::PoolCreated(pool) = only_event(&mut world, std::slice::from_ref(&create)).await
    else {
        panic!("another event");
    };
    assert_eq!(pool.economy, world.at.economy);
    assert_eq!(pool.pool, world.native_pool());
    assert_eq!(pool.stake_mint, world.at.mint);
    assert_eq!((pool.kind, pool.lane), (PoolKind::Native, 0));
    world.run(&[create]).await.unwrap();

    let lp = liquidity(&mut world, TokenProgram::Legacy).await;
    let create = pool_ix(&world, &lp, 3);
    let Event::PoolCreated(pool) = only_event(&mut world, &[create]).await else {
        panic!("another event");
    };
    assert_eq!(
        (pool.kind, pool.lane, pool.weight),
        (PoolKind::Liquidity, 1, 3)
    );

    let create = meter_ix(&world, 0);
    let Event::MeterCreated(meter) = only_event(&mut world, &[create]).await else {
        panic!("another event");
    };
    assert_eq!(meter.meter, world.at.meter(0));
    assert_eq!(meter.shard, 0);
}

#[tokio::test]
async fn success_meters_are_numbered_as_they_come() {
    let mut world = bare_draft().await;

    for shard in 0..3 {
        let create = meter_ix(&world, shard);
        world.run(&[create]).await.unwrap();
    }

    let economy = world.economy().await;
    assert_eq!(economy.meter_count, 3);
    for shard in 0..3 {
        let at = world.at.meter(shard);
        let meter: Meter = world.bank.fetch(&at).await;
        assert_eq!(economy.meters[usize::from(shard)], at);
        assert_eq!(meter.shard, shard);
        assert_eq!(meter.economy, world.at.economy);
        assert_eq!(meter.vault, address::fee_vault(&at));
        assert_eq!(meter.payer, world.creator.pubkey());
    }
}

/// What belongs to liquidity pools is not read for the native one.
#[tokio::test]
async fn success_a_native_pool_ignores_weight_and_amm_vault() {
    let mut world = bare_draft().await;
    let lp = liquidity(&mut world, TokenProgram::Legacy).await;
    let (mint, reserve) = (world.at.mint, world.reserve);
    world.bank.mint_to(&mint, &reserve, 1_000 * TOKEN).await;
    let native = StakeMint {
        amm_vault: lp.amm_vault,
        ..world.pools[0]
    };

    let create = pool_ix(&world, &native, u16::MAX);
    world.run(&[create]).await.unwrap();
    world.create_council(1, None).await.unwrap();
    world.hand_over_mint(Funding::Mint).await;
    world.go_live().await.unwrap();

    let staker = staker_with_all_of(&mut world, 500 * TOKEN).await;
    world.next_period().await.unwrap();
    world.claim(&staker).await.unwrap();
    assert!(world.balance(&staker).await > 0);
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn fail_liquidity_before_the_native_pool() {
    let mut world = bare_draft().await;
    let lp = liquidity(&mut world, TokenProgram::Legacy).await;

    let create = pool_ix(&world, &lp, 1);

    attack(
        &mut world,
        &[create],
        &[],
        HomeostatError::NativePoolMissing,
    )
    .await;
}

#[tokio::test]
async fn fail_the_same_pool_or_meter_twice() {
    let mut world = draft().await;
    let lp = world.add_liquidity_pool(1).await.unwrap();

    for (again, code) in [
        (native_pool_ix(&world), system::ALREADY_IN_USE),
        (pool_ix(&world, &lp, 2), system::ALREADY_IN_USE),
        (meter_ix(&world, 0), system::ALREADY_IN_USE),
        // Shards are numbered as they come.
        (
            meter_ix(&world, 2),
            u32::from(HomeostatError::InvalidParameter),
        ),
    ] {
        attack(&mut world, &[again], &[], code).await;
    }
}

#[tokio::test]
async fn fail_a_liquidity_pool_without_weight() {
    let mut world = draft().await;
    let lp = liquidity(&mut world, TokenProgram::Legacy).await;

    let create = pool_ix(&world, &lp, 0);
    let logs = attack(&mut world, &[create], &[], HomeostatError::InvalidParameter).await;

    assert_logged(&logs, "weight");
}

#[tokio::test]
async fn fail_a_wrong_amm_vault() {
    let mut world = draft().await;
    let lp = liquidity(&mut world, TokenProgram::Legacy).await;
    // Of the LP mint instead of ours; any of the economy's own vaults; none at all.
    let foreign = world
        .bank
        .create_tokens(&lp.mint, &Pubkey::new_unique())
        .await;
    let pool = world.native_pool();
    let wrong = [
        Some(foreign),
        Some(world.at.reward_vault),
        Some(world.at.treasury_vault),
        Some(address::principal_vault(&pool)),
        Some(address::fee_vault(&world.at.meter(0))),
        None,
    ];
    for amm_vault in wrong {
        let create = pool_ix(&world, &StakeMint { amm_vault, ..lp }, 1);
        attack(&mut world, &[create], &[], HomeostatError::WrongAmmVault).await;
    }
}

/// Only real token accounts of a token program stand for an AMM's vault.
#[tokio::test]
async fn fail_an_amm_vault_that_is_no_token_account() {
    let mut world = draft().await;
    let lp = liquidity(&mut world, TokenProgram::Legacy).await;
    let cases = [
        (
            Pubkey::new_unique(),
            u32::from(ErrorCode::AccountNotInitialized),
        ),
        (
            world.at.economy,
            u32::from(ErrorCode::AccountOwnedByWrongProgram),
        ),
    ];
    for (amm_vault, code) in cases {
        let stake = StakeMint {
            amm_vault: Some(amm_vault),
            ..lp
        };
        let create = pool_ix(&world, &stake, 1);
        attack(&mut world, &[create], &[], code).await;
    }
}

#[tokio::test]
async fn i5_stake_mint_with_a_freeze_authority_is_refused() {
    let mut world = draft().await;
    for program in [TokenProgram::Legacy, TokenProgram::Token2022] {
        let spec = MintSpec {
            freeze_authority: Some(Pubkey::new_unique()),
            ..MintSpec::plain(program)
        };
        let lp_mint = world.bank.create_mint(&spec).await;
        let lp = liquidity(&mut world, program).await;
        let stake = StakeMint {
            mint: lp_mint,
            ..lp
        };

        let create = pool_ix(&world, &stake, 1);

        attack(
            &mut world,
            &[create],
            &[],
            HomeostatError::FreezeAuthoritySet,
        )
        .await;
    }
}

#[tokio::test]
async fn fail_a_shard_out_of_turn() {
    let mut world = draft().await;
    for shard in [2, 7, 200, 255] {
        let create = meter_ix(&world, shard);
        let logs = attack(&mut world, &[create], &[], HomeostatError::InvalidParameter).await;
        assert_logged(&logs, "shard");
    }
}

#[tokio::test]
async fn fail_parts_after_going_live() {
    let mut world = World::new().await;
    let lp = liquidity(&mut world, TokenProgram::Legacy).await;

    for late in [pool_ix(&world, &lp, 1), meter_ix(&world, 1)] {
        attack(&mut world, &[late], &[], HomeostatError::NotPermitted).await;
    }
}

#[tokio::test]
async fn n1_outsider_cannot_add_pools_or_meters() {
    for live in [false, true] {
        let mut world = World::build(&WorldSpec {
            draft: !live,
            ..WorldSpec::default()
        })
        .await;
        let stranger = outsider(&mut world).await;
        let lp = liquidity(&mut world, TokenProgram::Legacy).await;
        let creator = world.creator.pubkey();
        for create in [pool_ix(&world, &lp, 1), meter_ix(&world, 1)] {
            let theirs = exchange(create, &creator, &stranger.pubkey());
            let code = if live {
                HomeostatError::NotPermitted
            } else {
                HomeostatError::Unauthorized
            };
            attack(&mut world, &[theirs], &[&stranger], code).await;
        }
    }
}

/// The largest economy there is: eight pools, eight meters, four exclusions.
fn full_house() -> WorldSpec {
    WorldSpec {
        liquidity: vec![1, 2, 3, 4, 5, 6, 7],
        meters: 8,
        excluded: 4,
        draft: true,
        ..WorldSpec::default()
    }
}

#[tokio::test]
async fn n1_ninth_pool_or_meter_is_refused() {
    let mut world = World::build(&full_house()).await;
    let lp = liquidity(&mut world, TokenProgram::Legacy).await;

    for ninth in [pool_ix(&world, &lp, 1), meter_ix(&world, 8)] {
        attack(&mut world, &[ninth], &[], HomeostatError::TooMany).await;
    }
}

#[tokio::test]
async fn n1_a_full_house_still_cranks() {
    let mut world = World::build(&full_house()).await;
    world.hand_over_mint(Funding::Mint).await;
    world.go_live().await.unwrap();
    let staker = staker_with_all_of(&mut world, 500 * TOKEN).await;
    let before = world.balance(&staker).await;

    for _ in 0..3 {
        world.bank.advance(WEEK).await;
        let crank = world.crank_ix().await;
        let table = world.bank.create_table(std::slice::from_ref(&crank));
        world
            .bank
            .send_with_table(&[crank], &[], &table)
            .await
            .unwrap();
        assert_sound(&mut world).await;
    }

    world.claim(&staker).await.unwrap();
    assert!(world.balance(&staker).await > before);
}

#[tokio::test]
async fn success_a_full_house_closes_in_one_transaction() {
    let mut world = World::build(&full_house()).await;

    let close = close_ix(&world);
    let table = world.bank.create_table(std::slice::from_ref(&close));
    world
        .bank
        .send_with_table(&[close], &[], &table)
        .await
        .unwrap();

    for (key, data) in world.state().await {
        let stays = key == world.reserve || world.pools.iter().any(|pool| pool.mint == key);
        assert!(stays || data.is_empty(), "{key} is still there");
    }
}

/// Whoever holds the key of a look-alike pool mints its LP tokens at will and empties its vault
/// behind a measurement.
#[tokio::test]
async fn n21_a_pool_of_a_wallet_is_not_created() {
    let mut world = draft().await;
    let mint = world.at.mint;
    let program = TokenProgram::Legacy;
    let wallet = Keypair::new().pubkey();
    let real = liquidity(&mut world, program).await;
    // Given LP mints of a wallet and of nobody, and a vault of a wallet,
    let plain = MintSpec::plain(program);
    let of_wallet = world.bank.create_mint(&plain).await;
    let of_nobody = world.bank.create_mint(&plain).await;
    world.bank.set_mint_authority(&of_nobody, None).await;
    let vault_of_wallet = world.bank.create_tokens(&mint, &wallet).await;
    for (what, stake) in [
        (
            "minted by a wallet",
            StakeMint {
                mint: of_wallet,
                ..real
            },
        ),
        (
            "minted by nobody",
            StakeMint {
                mint: of_nobody,
                ..real
            },
        ),
        (
            "a wallet's vault",
            StakeMint {
                amm_vault: Some(vault_of_wallet),
                ..real
            },
        ),
    ] {
        // when the creator makes a pool of them, then it is refused.
        println!("{what}");
        let create = pool_ix(&world, &stake, 1);
        attack(&mut world, &[create], &[], HomeostatError::PoolOfWallet).await;
    }
    let create = pool_ix(&world, &real, 1);
    world.run(&[create]).await.unwrap();
}
