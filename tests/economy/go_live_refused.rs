//! What `go_live` refuses: strangers, a second time, parts or supply that are missing.

use homeostat_client::{address, Setting};
use homeostat_tests::HomeostatError;

use super::{
    go_live::{go_live_is_refused, ready},
    *,
};

#[tokio::test]
async fn i1_go_live_by_another_is_refused() {
    let mut world = ready().await;
    let stranger = outsider(&mut world).await;
    let creator = world.creator.pubkey();

    let theirs = exchange(world.go_live_ix(), &creator, &stranger.pubkey());
    attack(
        &mut world,
        &[theirs],
        &[&stranger],
        HomeostatError::Unauthorized,
    )
    .await;
}

#[tokio::test]
async fn i2_going_live_twice_is_refused() {
    let mut world = World::new().await;
    go_live_is_refused(&mut world, HomeostatError::NotDraft).await;

    // Nor later, nor twice in one transaction.
    world.next_period().await.unwrap();
    go_live_is_refused(&mut world, HomeostatError::NotDraft).await;

    let mut world = ready().await;
    let go_live = world.go_live_ix();
    attack(
        &mut world,
        &[go_live.clone(), go_live],
        &[],
        HomeostatError::NotDraft,
    )
    .await;
}

#[tokio::test]
async fn fail_without_the_native_pool() {
    let mut world = site(&Keypair::new(), &MintSpec::plain(TokenProgram::Legacy)).await;
    let (mint, reserve) = (world.at.mint, world.reserve);
    world.bank.mint_to(&mint, &reserve, TOKEN).await;
    let create = create_ix(&world, args(Funding::Mint));
    world.run(&[create]).await.unwrap();
    world.create_council(1, None).await.unwrap();
    world.hand_over_mint(Funding::Mint).await;

    go_live_is_refused(&mut world, HomeostatError::NativePoolMissing).await;
}

#[tokio::test]
async fn fail_without_supply() {
    for funding in [Funding::Mint, Funding::Funded] {
        let mut world = site(&Keypair::new(), &MintSpec::plain(TokenProgram::Legacy)).await;
        let steps = [
            create_ix(&world, args(funding)),
            native_pool_ix(&world),
            meter_ix(&world, 0),
        ];
        world.run(&steps[..1]).await.unwrap();
        world.run(&steps[1..]).await.unwrap();
        world.create_council(1, None).await.unwrap();
        world.hand_over_mint(funding).await;

        go_live_is_refused(&mut world, HomeostatError::NoSupply).await;
    }
}

#[tokio::test]
async fn fail_with_a_supply_outside_its_own_limits() {
    let supply = WorldSpec::default().supply;
    for (field, cap, floor) in [
        ("hard_cap", supply - 1, 0),
        ("supply_floor", 2 * supply, supply + 1),
    ] {
        let mut world = ready().await;
        let limits = LimitSettings {
            hard_cap: cap,
            supply_floor: floor,
            ..limits_of(&*world.economy().await)
        };
        world.configure(Setting::Limits(limits)).await.unwrap();

        let logs = go_live_is_refused(&mut world, HomeostatError::InvalidParameter).await;

        assert_logged(&logs, field);
    }
}

#[tokio::test]
async fn fail_with_other_than_the_configured_exclusions() {
    let mut world = World::build(&WorldSpec {
        excluded: 2,
        draft: true,
        ..WorldSpec::default()
    })
    .await;
    world.hand_over_mint(Funding::Mint).await;
    let [first, second] = [world.excluded[0], world.excluded[1]];
    for wrong in [
        vec![],
        vec![first],
        vec![second, first],
        vec![first, first],
        vec![first, world.reserve],
        vec![first, second, second],
    ] {
        let go_live = ix::go_live(
            &world.at,
            &world.creator.pubkey(),
            &world.token_program,
            &wrong,
        );
        attack(
            &mut world,
            &[go_live],
            &[],
            HomeostatError::WrongRemainingAccounts,
        )
        .await;
    }
    world.go_live().await.unwrap();
}

/// Nothing that needs a running economy works in a Draft.
#[tokio::test]
async fn fail_to_use_a_draft() {
    let mut world = ready().await;
    let wallet = world.wallet(10 * TOKEN).await;
    let (at, pool) = (world.at, world.native_pool());
    let (owner, payer) = (wallet.pubkey(), world.bank.payer().pubkey());
    let by_the_wallet = [
        ix::open_position(&at.economy, &pool, &owner, &payer),
        world.pay_ix(&wallet, &world.reserve, TOKEN),
    ];
    for attempt in by_the_wallet {
        attack(
            &mut world,
            &[attempt],
            &[&wallet.key],
            HomeostatError::NotLive,
        )
        .await;
    }
    let by_anyone = [world.crank_ix().await, world.top_up_ix()];
    for attempt in by_anyone {
        attack(&mut world, &[attempt], &[], HomeostatError::NotLive).await;
    }
}

#[tokio::test]
async fn fail_an_own_vault_is_not_excluded_twice() {
    // Given a Draft that excludes a vault which does not circulate anyway,
    let mut world = draft().await;
    world.hand_over_mint(Funding::Mint).await;
    for vault in [
        world.at.reward_vault,
        world.at.treasury_vault,
        address::principal_vault(&world.native_pool()),
        address::fee_vault(&world.at.meter(0)),
    ] {
        let accounts = vec![vault];
        world
            .configure(Setting::Excluded { accounts })
            .await
            .unwrap();
        world.excluded = vec![vault];

        // it does not go live.
        let go_live = world.go_live_ix();
        attack(
            &mut world,
            &[go_live],
            &[],
            HomeostatError::InvalidParameter,
        )
        .await;
    }
}
