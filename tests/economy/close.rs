//! `close`: a Draft is given up, and its rent and funds come back.

use anchor_lang::error::ErrorCode;
use anchor_spl::token_2022::spl_token_2022::{
    extension::{transfer_fee, ExtensionType},
    ID as T22,
};
use homeostat_client::{address, Life};

use super::*;

/// Every account that closing a Draft must remove.
fn accounts_of(world: &World) -> Vec<Pubkey> {
    let mut accounts = vec![
        world.at.economy,
        world.at.reward_vault,
        world.at.treasury_vault,
        world.at.log,
        world.at.council,
        world.at.audit,
        world.at.keeper_vault,
    ];
    for stake in &world.pools {
        let pool = world.at.pool(&stake.mint);
        accounts.extend([pool, address::principal_vault(&pool)]);
    }
    for shard in 0..world.meters {
        let meter = world.at.meter(shard);
        accounts.extend([meter, address::fee_vault(&meter)]);
    }
    accounts
}

async fn assert_gone(world: &mut World) {
    for account in accounts_of(world) {
        assert_eq!(world.bank.lamports(&account).await, 0, "{account}");
    }
}

/// Puts a little of each mint into every vault of the economy.
async fn donate_everywhere(world: &mut World, amount: u64) {
    let at = world.at;
    let native = address::principal_vault(&world.native_pool());
    let mut targets = vec![at.reward_vault, at.treasury_vault, native];
    targets.extend((0..world.meters).map(|shard| address::fee_vault(&at.meter(shard))));
    for target in targets {
        give(world, &target, amount).await;
    }
    for stake in world.pools.clone().iter().skip(1) {
        let vault = address::principal_vault(&at.pool(&stake.mint));
        world.bank.mint_to(&stake.mint, &vault, amount).await;
    }
}

#[tokio::test]
async fn success_rent_comes_back_to_the_lamport() {
    for program in [TokenProgram::Legacy, TokenProgram::Token2022] {
        // Given a creator who is not the one that pays the fees.
        let mut world = site(&Keypair::new(), &MintSpec::plain(program)).await;
        let founder = outsider(&mut world).await;
        let (mint, key) = (world.at.mint, founder.pubkey());
        world.at = EconomyAddresses::new(&mint, &key);
        let tokens = world.bank.create_tokens(&mint, &key).await;
        let before = world.bank.lamports(&key).await;
        let steps = [
            ix::create_economy(&mint, &program.id(), &key, args(Funding::Mint)),
            ix::create_pool(&world.at, &key, &world.pools[0], 0),
            ix::create_meter(&world.at, &key, &program.id(), 0),
        ];
        for step in steps {
            world.bank.send(&[step], &[&founder]).await.unwrap();
        }
        assert!(world.bank.lamports(&key).await < before);

        // and bounties that somebody else set aside
        let keeper_vault = world.at.keeper_vault;
        world.bank.airdrop(&keeper_vault, 1_000_000).await;

        let close = ix::close(&world.at, &key, &tokens, &program.id(), &world.parts());
        world.bank.send(&[close], &[&founder]).await.unwrap();

        assert_eq!(world.bank.lamports(&key).await, before + 1_000_000);
        assert_gone(&mut world).await;
    }
}

#[tokio::test]
async fn success_funds_are_returned() {
    let mut world = funded_draft().await;
    let reserve = world.reserve;
    let before = world.bank.balance(&reserve).await;
    fund(&mut world, 12_345 * TOKEN).await.unwrap();

    let close = close_ix(&world);
    let Event::EconomyClosed(event) = only_event(&mut world, std::slice::from_ref(&close)).await
    else {
        panic!("another event");
    };
    world.run(&[close]).await.unwrap();

    assert_eq!(event.economy, world.at.economy);
    assert_eq!(event.creator, world.creator.pubkey());
    assert_eq!(event.refunded, 12_345 * TOKEN);
    assert_eq!(world.bank.balance(&reserve).await, before);
    assert_gone(&mut world).await;
}

/// A mint that the economy took over belongs to the creator again: without supply nobody could
/// ever use it otherwise.
#[tokio::test]
async fn e2_the_mint_authority_returns_to_the_creator() {
    for program in [TokenProgram::Legacy, TokenProgram::Token2022] {
        // given a Draft on a mint without supply, which it was handed
        let mut world = site(&Keypair::new(), &MintSpec::plain(program)).await;
        let create = create_ix(&world, args(Funding::Mint));
        world.run(&[create]).await.unwrap();
        (world.pools, world.meters) = (Vec::new(), 0);
        world.hand_over_mint(Funding::Mint).await;
        let (mint, creator) = (world.at.mint, world.creator.pubkey());
        let held = world.bank.mint(&mint).await;
        assert_eq!(held.mint_authority.unwrap(), world.at.authority);
        assert_eq!(held.supply, 0);

        // when it is closed
        let close = close_ix(&world);
        let event = only_event(&mut world, std::slice::from_ref(&close)).await;
        world.run(&[close]).await.unwrap();

        // then the creator mints again
        let Event::EconomyClosed(event) = event else {
            panic!("another event");
        };
        assert!(event.mint_returned);
        let held = world.bank.mint(&mint).await;
        assert_eq!(held.mint_authority.unwrap(), creator);
        let reserve = world.reserve;
        world.bank.mint_to(&mint, &reserve, 7 * TOKEN).await;
        assert_eq!(world.bank.supply(&mint).await, 7 * TOKEN);
        assert_gone(&mut world).await;
    }
}

#[tokio::test]
async fn e2_a_mint_authority_of_somebody_else_stays_where_it_is() {
    for authority in [None, Some(Pubkey::new_unique())] {
        let mut world = funded_draft().await;
        let mint = world.at.mint;
        world
            .bank
            .set_mint_authority(&mint, authority.as_ref())
            .await;

        let close = close_ix(&world);
        let event = only_event(&mut world, std::slice::from_ref(&close)).await;
        world.run(&[close]).await.unwrap();

        assert!(matches!(event, Event::EconomyClosed(event) if !event.mint_returned));
        let held = world.bank.mint(&mint).await.mint_authority;
        assert_eq!(Option::<Pubkey>::from(held), authority);
    }
}

#[tokio::test]
async fn success_donated_dust_does_not_block_it() {
    for program in [TokenProgram::Legacy, TokenProgram::Token2022] {
        for funding in [Funding::Mint, Funding::Funded] {
            let mut world = World::build(&WorldSpec {
                program,
                funding,
                liquidity: vec![1, 1],
                meters: 2,
                draft: true,
                ..WorldSpec::default()
            })
            .await;
            donate_everywhere(&mut world, 1).await;
            for account in accounts_of(&world) {
                world.bank.airdrop(&account, SOL).await;
            }

            let close = close_ix(&world);
            world.run(&[close]).await.unwrap();

            assert_gone(&mut world).await;
        }
    }
}

/// Withheld transfer fees in a vault would keep the token program from closing it.
#[tokio::test]
async fn success_withheld_transfer_fees_do_not_block_it() {
    // Given a mint with a transfer fee, funded and showered with dust.
    let mint = Keypair::new();
    let spec = MintSpec {
        extensions: vec![ExtensionType::TransferFeeConfig],
        initialise: vec![transfer_fee::instruction::initialize_transfer_fee_config(
            &T22,
            &mint.pubkey(),
            None,
            None,
            1_000,
            u64::MAX,
        )
        .unwrap()],
        ..MintSpec::plain(TokenProgram::Token2022)
    };
    let mut world = site(&mint, &spec).await;
    let (mint, reserve) = (world.at.mint, world.reserve);
    world.bank.mint_to(&mint, &reserve, 1_000_000 * TOKEN).await;
    let steps = [
        create_ix(&world, args(Funding::Funded)),
        native_pool_ix(&world),
        meter_ix(&world, 0),
    ];
    for step in steps {
        world.run(&[step]).await.unwrap();
    }
    fund(&mut world, 1_000 * TOKEN).await.unwrap();
    donate_everywhere(&mut world, 10).await;

    let close = close_ix(&world);
    world.run(&[close]).await.unwrap();

    assert_gone(&mut world).await;
}

/// Wrapped SOL cannot be burned; closing pays it out.
#[tokio::test]
async fn success_an_economy_of_wrapped_sol_can_be_given_up() {
    // Given the native mint of either token program.
    let mints = [
        (
            TokenProgram::Legacy,
            anchor_spl::token::spl_token::native_mint::ID,
        ),
        (
            TokenProgram::Token2022,
            anchor_spl::token_2022::spl_token_2022::native_mint::ID,
        ),
    ];
    for (program, native) in mints {
        let mut world = site(&Keypair::new(), &MintSpec::plain(program)).await;
        let plain = world.bank.account(&world.at.mint.clone()).await.unwrap();
        if world.bank.account(&native).await.is_none() {
            world.bank.set_account(&native, &plain);
        }
        let creator = world.creator.pubkey();
        aim(&mut world, &native, program);
        world.reserve = world.bank.create_tokens(&native, &creator).await;
        let steps = [
            create_ix(&world, args(Funding::Funded)),
            native_pool_ix(&world),
            meter_ix(&world, 0),
        ];
        for step in steps {
            world.run(&[step]).await.unwrap();
        }

        // When somebody donates wrapped SOL to every vault.
        for vault in [
            world.at.reward_vault,
            world.at.treasury_vault,
            address::principal_vault(&world.native_pool()),
            address::fee_vault(&world.at.meter(0)),
        ] {
            world.bank.airdrop(&vault, SOL).await;
            let sync = anchor_spl::token_2022::spl_token_2022::instruction::sync_native(
                &program.id(),
                &vault,
            )
            .unwrap();
            world.run(&[sync]).await.unwrap();
            assert_eq!(world.bank.balance(&vault).await, SOL);
        }

        let close = close_ix(&world);
        world.run(&[close]).await.unwrap();

        assert_gone(&mut world).await;
    }
}

#[tokio::test]
async fn success_an_empty_draft_closes_too() {
    let mut world = site(&Keypair::new(), &MintSpec::plain(TokenProgram::Legacy)).await;
    let create = create_ix(&world, args(Funding::Mint));
    world.run(&[create]).await.unwrap();
    world.pools.clear();
    world.meters = 0;

    let close = close_ix(&world);
    world.run(&[close]).await.unwrap();

    assert_gone(&mut world).await;
}

#[tokio::test]
async fn success_the_address_can_be_used_again() {
    let mut world = draft().await;
    let close = close_ix(&world);
    world.run(&[close]).await.unwrap();

    bring_to_life(&mut world, args(Funding::Mint)).await;

    assert_eq!(world.economy().await.life, Life::Live as u8);
    assert_sound(&mut world).await;
}

/// Also in one transaction: nothing of the old life shines through.
#[tokio::test]
async fn i2_closed_and_created_at_once_begins_anew() {
    let mut world = funded_draft().await;
    fund(&mut world, 1_000 * TOKEN).await.unwrap();

    let rebirth = [close_ix(&world), create_ix(&world, args(Funding::Mint))];
    world.run(&rebirth).await.unwrap();

    let economy = world.economy().await;
    assert_eq!(economy.life, Life::Draft as u8);
    assert_eq!(economy.funding, Funding::Mint as u8);
    assert_eq!((economy.pool_count, economy.meter_count), (0, 0));
    assert_eq!(economy.totals.supplied, 0);
    let vault = world.at.reward_vault;
    assert_eq!(world.bank.balance(&vault).await, 0);
}

/// Lamports sent back in the same transaction do not revive a closed economy.
#[tokio::test]
async fn i2_a_closed_economy_cannot_be_revived() {
    let mut world = draft().await;
    let at = world.at;
    let close = close_ix(&world);
    let keep_alive =
        solana_system_interface::instruction::transfer(&world.creator.pubkey(), &at.economy, SOL);
    world.run(&[close, keep_alive]).await.unwrap();

    let go_live = world.go_live_ix();

    attack(
        &mut world,
        &[go_live],
        &[],
        ErrorCode::AccountOwnedByWrongProgram,
    )
    .await;
}
