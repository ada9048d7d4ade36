//! `close_pool` and `dissolve`: a retired economy that is empty is closed, and every lamport
//! returns to who paid it.

use homeostat_client::{address, governance, Action, FeedSettings, Meter, Pool};
use homeostat_tests::{anchor, HomeostatError};

use super::*;

const DAY: i64 = 86_400;

/// Every account of the economy that holds lamports.
fn accounts_of(world: &World) -> Vec<Pubkey> {
    let at = world.at;
    let mut accounts = vec![
        at.economy,
        at.reward_vault,
        at.treasury_vault,
        at.log,
        at.council,
        at.audit,
        at.keeper_vault,
    ];
    for stake in &world.pools {
        let pool = at.pool(&stake.mint);
        accounts.extend([pool, address::principal_vault(&pool)]);
    }
    for shard in 0..world.meters {
        let meter = at.meter(shard);
        accounts.extend([meter, address::fee_vault(&meter)]);
    }
    accounts.extend((0..world.feeds).map(|index| at.feed(index)));
    accounts
}

async fn dissolve_ix(world: &mut World) -> Instruction {
    let creator = world.creator.pubkey();
    let (mut meters, mut feeds) = (Vec::new(), Vec::new());
    for shard in 0..world.meters {
        let meter: Meter = world.bank.fetch(&world.at.meter(shard)).await;
        meters.push(meter.payer);
    }
    for index in 0..world.feeds {
        feeds.push(world.feed(index).await.payer);
    }
    ix::dissolve(&world.at, &creator, &world.token_program, &meters, &feeds)
}

async fn close_pool_ix(world: &mut World, lane: usize) -> Instruction {
    let stake = world.pools[lane];
    let pool: Pool = world.bank.fetch(&world.at.pool(&stake.mint)).await;
    ix::close_pool(&world.at, &stake, &pool.payer)
}

fn feed() -> FeedSettings {
    FeedSettings {
        label: [b'a'; 16],
        reporters: vec![Pubkey::new_from_array([3; 32])],
        quorum: 1,
        max_spread_ppm: 50_000,
        max_age: 3_600,
    }
}

#[tokio::test]
async fn e28_an_economy_that_is_over_returns_every_lamport_to_who_paid_it() {
    // Given an economy with every kind of part, one of them paid by somebody else,
    let sponsor = Keypair::new();
    let mut world = World::build(&WorldSpec {
        funding: Funding::Funded,
        sponsor: Some(sponsor.pubkey()),
        liquidity: vec![1],
        feeds: vec![Some(feed())],
        ..WorldSpec::default()
    })
    .await;
    fund(&mut world, 50_000_000 * TOKEN).await.unwrap();
    let guest = outsider(&mut world).await;
    let allow = Action::AllowMeters { count: 1 };
    world.enact(vec![allow]).await.unwrap();
    let (at, program, key) = (world.at, world.token_program, guest.pubkey());
    let before_guest = world.bank.lamports(&key).await;
    let meter = ix::create_allowed_meter(&at, &key, &program, 1);
    world.bank.send(&[meter], &[&guest]).await.unwrap();
    world.meters = 2;
    let keeper_vault = at.keeper_vault;
    world.bank.airdrop(&keeper_vault, SOL).await;
    // a staker, fees, and a mint authority that is offered.
    let staker = world.staker(1_000 * TOKEN).await;
    let payer = world.wallet(1_000 * TOKEN).await;
    world
        .pay(&payer, &staker.tokens, 900 * TOKEN)
        .await
        .unwrap();
    world.hand_over_mint(Funding::Mint).await;
    let error = HomeostatError::NotRetired;
    let early = dissolve_ix(&mut world).await;
    attack(&mut world, &[early], &[], error).await;
    let successor = world.bank.fresh_key();
    let retire = Action::Retire {
        successor: Some(successor.pubkey()),
    };
    world.enact(vec![retire]).await.unwrap();

    // Then it is not closed while anything is left in it:
    let in_use = HomeostatError::EconomyInUse;
    let mint = at.mint;
    let sponsors = world.bank.create_tokens(&mint, &sponsor.pubkey()).await;
    let dissolve = dissolve_ix(&mut world).await;
    attack(&mut world, std::slice::from_ref(&dissolve), &[], in_use).await;
    // the mint authority,
    let accept = ix::hand_over_mint(&at, &successor.pubkey(), &program);
    world.bank.send(&[accept], &[&successor]).await.unwrap();
    attack(&mut world, std::slice::from_ref(&dissolve), &[], in_use).await;
    // stake and rewards,
    let pool_in_use = HomeostatError::PoolInUse;
    world.request_unstake(&staker, 1_000 * TOKEN).await.unwrap();
    world.bank.advance(8 * DAY).await;
    world.withdraw(&staker).await.unwrap();
    world.claim(&staker).await.unwrap();
    world.close_position(&staker).await.unwrap();
    let native = close_pool_ix(&mut world, 0).await;
    attack(&mut world, &[native], &[], pool_in_use).await;
    attack(&mut world, std::slice::from_ref(&dissolve), &[], in_use).await;
    let close = close_pool_ix(&mut world, 1).await;
    world.run(&[close]).await.unwrap();
    world.positions.clear();
    attack(&mut world, std::slice::from_ref(&dissolve), &[], in_use).await;
    // the funds,
    let economy = world.economy().await;
    let wind_up = ix::wind_up(&at, &sponsors, &program, &economy);
    world.run(&[wind_up]).await.unwrap();
    assert_eq!(world.bank.balance(&at.reward_vault).await, 0);
    attack(&mut world, std::slice::from_ref(&dissolve), &[], in_use).await;
    // fees, and the treasury,
    world.collect(0).await.unwrap();
    let owed = world.bank.balance(&at.treasury_vault).await;
    assert!(owed > 1);
    attack(&mut world, std::slice::from_ref(&dissolve), &[], in_use).await;
    let limits = limits_of(&*world.economy().await);
    let old = homeostat::state::action::Caps::of(&world.economy().await.limits);
    let caps = Action::Caps {
        expected: old,
        value: homeostat::state::action::Caps {
            outflow_cap: owed,
            ..old
        },
    };
    world.enact(vec![caps]).await.unwrap();
    let pay = Action::PayTreasury {
        to: sponsors,
        amount: owed,
    };
    world.enact(vec![pay]).await.unwrap();
    // and an open proposal.
    let open = world
        .propose(vec![Action::AllowFeeds { count: 1 }])
        .await
        .unwrap();
    attack(&mut world, std::slice::from_ref(&dissolve), &[], in_use).await;
    let member = world.members[0].insecure_clone();
    world
        .decide(governance::cancel, &member, open)
        .await
        .unwrap();

    // When it is empty, then no donation of dust keeps it open, and nobody takes the rent:
    let creator = world.creator.pubkey();
    for vault in [at.reward_vault, at.treasury_vault] {
        give(&mut world, &vault, limits.min_stake).await;
    }
    let stolen = exchange(dissolve.clone(), &key, &sponsors);
    let error = HomeostatError::WrongRemainingAccounts;
    attack(&mut world, &[stolen], &[], error).await;
    let mut short = dissolve.clone();
    short.accounts.truncate(dissolve.accounts.len() - 2);
    attack(&mut world, &[short], &[], error).await;
    let thief = outsider(&mut world).await.pubkey();
    let mut stolen = dissolve.clone();
    stolen.accounts[0].pubkey = thief;
    let code = anchor::CONSTRAINT_HAS_ONE;
    attack(&mut world, &[stolen], &[], code).await;

    // every lamport returns to who paid it.
    let mut held = 0;
    for account in accounts_of(&world) {
        held += world.bank.lamports(&account).await;
    }
    let guests = before_guest - world.bank.lamports(&key).await;
    let before = world.bank.lamports(&creator).await;
    world.run(&[dissolve]).await.unwrap();
    assert_eq!(world.bank.lamports(&key).await, before_guest);
    let fee = 5_000;
    let got = world.bank.lamports(&creator).await - before + fee;
    assert_eq!(got, held - guests);
    for account in accounts_of(&world) {
        assert_eq!(world.bank.lamports(&account).await, 0, "{account}");
    }
}

#[tokio::test]
async fn e31_a_high_smallest_stake_does_not_make_a_treasury_dust() {
    // Given an economy without a staker that is over, its treasury full and its vault empty,
    let mut world = World::new().await;
    let payer = world.wallet(1_000_000 * TOKEN).await;
    let to = world.reserve;
    let paid = world.pay(&payer, &to, 1_000_000 * TOKEN).await;
    paid.unwrap();
    // and a council that had everything below the highest number be dust.
    let high = Action::MinStake {
        lane: 0,
        expected: 1,
        value: u64::MAX,
    };
    world.enact(vec![high]).await.unwrap();
    let retire = Action::Retire { successor: None };
    world.enact(vec![retire]).await.unwrap();
    world.collect(0).await.unwrap();
    let (at, program) = (world.at, world.token_program);
    let economy = world.economy().await;
    let wind_up = ix::wind_up(&at, &at.treasury_vault, &program, &economy);
    world.run(&[wind_up]).await.unwrap();
    assert_eq!(world.bank.balance(&at.reward_vault).await, 0);
    let treasury = world.bank.balance(&at.treasury_vault).await;
    assert!(treasury > 2_000 * TOKEN, "{treasury}");

    // Then nobody burns the treasury by closing the economy.
    let dissolve = dissolve_ix(&mut world).await;
    let error = HomeostatError::EconomyInUse;
    attack(&mut world, &[dissolve], &[], error).await;
}

/// A Draft can be closed under a position, and then nothing returns its rent.
#[tokio::test]
async fn e29_no_position_is_opened_in_a_draft() {
    let mut world = draft().await;
    let early = world.wallet(TOKEN).await;
    let pool = world.native_pool();
    let payer = world.bank.payer().pubkey();
    let open = ix::open_position(&world.at.economy, &pool, &early.pubkey(), &payer);
    let error = HomeostatError::NotLive;
    attack(&mut world, &[open], &[&early.key], error).await;

    // So nothing is left behind when the Draft is closed.
    let close = close_ix(&world);
    world.run(&[close]).await.unwrap();
    for account in accounts_of(&world) {
        assert_eq!(world.bank.lamports(&account).await, 0, "{account}");
    }
}
