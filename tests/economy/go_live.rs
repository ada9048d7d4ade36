//! `go_live`: once, and what begins with it.

use homeostat_client::{
    log::{self, Record},
    Life, Parameter, Setting,
};
use homeostat_tests::HomeostatError;

use super::*;

/// Everything in order for going live, in Mint mode.
pub(super) async fn ready() -> World {
    let mut world = draft().await;
    world.hand_over_mint(Funding::Mint).await;
    world
}

pub(super) async fn go_live_is_refused(world: &mut World, code: impl Into<u32>) -> Vec<String> {
    let go_live = world.go_live_ix();
    attack(world, &[go_live], &[], code).await
}

#[tokio::test]
async fn success_the_clock_starts() {
    for program in [TokenProgram::Legacy, TokenProgram::Token2022] {
        let mut world = World::build(&WorldSpec {
            program,
            draft: true,
            ..WorldSpec::default()
        })
        .await;
        world.hand_over_mint(Funding::Mint).await;
        world.bank.advance(12_345).await;
        let now = world.bank.now();
        let supply = WorldSpec::default().supply;

        world.go_live().await.unwrap();

        let economy = world.economy().await;
        assert_eq!(economy.life, Life::Live as u8);
        assert_eq!((economy.live_at, economy.last_crank), (now, now));
        assert_eq!(economy.next_end, now + WEEK);
        assert_eq!(economy.stream.t0, now);
        assert_eq!(economy.stream.emitted_at(now).unwrap(), 0);
        assert_eq!(economy.totals.supply, supply);
        assert_eq!(economy.totals.circulating, supply);
        for parameter in Parameter::ALL {
            let controller = &economy.controllers[parameter.index()];
            let bias = controller.config().bias.to.to_num::<u64>();
            assert_eq!(economy.value(parameter), bias, "{}", parameter.name());
        }
        assert_sound(&mut world).await;
    }
}

#[tokio::test]
async fn success_one_period_is_minted_ahead() {
    let mut world = ready().await;
    let before = world.bank.supply(&world.at.mint.clone()).await;

    world.go_live().await.unwrap();

    // 6 % a year on the supply, for a week, rounded up.
    let exact = u128::from(before) * 60_000 * WEEK as u128;
    let expected = exact.div_ceil(1_000_000 * 31_536_000) as u64;
    let economy = world.economy().await;
    let (mint, vault) = (world.at.mint, world.at.reward_vault);
    let minted = world.bank.supply(&mint).await - before;
    assert!(
        minted == expected || minted + 1 == expected,
        "{minted} instead of {expected}: rates are floored per second"
    );
    assert_eq!(world.bank.balance(&vault).await, minted);
    assert_eq!(economy.totals.supplied, minted);
}

#[tokio::test]
async fn success_the_event_carries_what_opened() {
    let mut world = ready().await;
    let supply = WorldSpec::default().supply;
    let go_live = world.go_live_ix();
    let Event::WentLive(event) = only_event(&mut world, std::slice::from_ref(&go_live)).await
    else {
        panic!("another event");
    };

    world.run(&[go_live]).await.unwrap();

    let economy = world.economy().await;
    assert_eq!(event.economy, world.at.economy);
    assert_eq!(event.at, economy.live_at);
    assert_eq!((event.supply, event.circulating), (supply, supply));
    assert_eq!(event.minted, economy.totals.supplied);
    assert_eq!(event.emit_until, economy.stream.emit_until);
    let configs: Vec<u8> = economy
        .controllers
        .iter()
        .flat_map(|controller| bytemuck::bytes_of(&controller.config).to_vec())
        .collect();
    assert_eq!(event.configs, configs);

    // The log opens with the four configurations that the event carries.
    let data = world.bank.data(&world.at.log.clone()).await.unwrap();
    let (header, records) = log::read(&data).unwrap();
    assert_eq!((header.head_seq, records.len()), (4, 4));
    let bytes: Vec<u8> = records
        .iter()
        .flat_map(|record| match record {
            Record::Config(record) => bytemuck::bytes_of(record).to_vec(),
            Record::Decision(_) => panic!("no decision was taken yet"),
        })
        .collect();
    assert_eq!(event.records, bytes);
}

#[tokio::test]
async fn success_excluded_accounts_do_not_circulate() {
    let mut world = World::build(&WorldSpec {
        excluded: 3,
        draft: true,
        ..WorldSpec::default()
    })
    .await;
    world.hand_over_mint(Funding::Mint).await;
    for (account, amount) in world.excluded.clone().iter().zip([1_000, 20_000, 0]) {
        give(&mut world, account, amount * TOKEN).await;
    }

    world.go_live().await.unwrap();

    let totals = world.economy().await.totals;
    assert_eq!(totals.supply, WorldSpec::default().supply);
    assert_eq!(totals.circulating, totals.supply - 21_000 * TOKEN);
}

/// A founder may begin without emission.
#[tokio::test]
async fn success_an_emission_of_zero_has_no_end() {
    let mut world = draft().await;
    let emission = settings_of(&world.economy().await.controllers[0]);
    let settings = ControllerSettings {
        bias_q48: 0,
        min_ppm: 0,
        ..emission
    };
    world
        .configure(Setting::Controller {
            parameter: Parameter::Emission,
            settings,
        })
        .await
        .unwrap();
    world.hand_over_mint(Funding::Mint).await;

    world.go_live().await.unwrap();

    let economy = world.economy().await;
    assert_eq!(economy.totals.supplied, 0);
    assert_eq!(economy.stream.emit_until, i64::MAX);
    world.bank.advance(50 * WEEK).await;
    world.top_up().await.unwrap();
    assert_eq!(world.economy().await.totals.supplied, 0);

    // The controller may raise it later: nobody stakes, so it does.
    world.crank().await.unwrap();
    assert!(world.economy().await.value(Parameter::Emission) > 0);
    assert_sound(&mut world).await;
}

/// An excluded account may be closed, of another mint, or never have existed:
/// it counts as empty and stops nothing.
#[tokio::test]
async fn success_broken_exclusions_stop_nothing() {
    let mut world = ready().await;
    let other_mint = world
        .bank
        .create_mint(&MintSpec::plain(TokenProgram::Legacy))
        .await;
    let other = world
        .bank
        .create_tokens(&other_mint, &Pubkey::new_unique())
        .await;
    world.bank.mint_to(&other_mint, &other, 1_000_000).await;
    world.excluded = vec![Pubkey::new_unique(), other, other_mint, world.at.economy];
    let accounts = world.excluded.clone();
    world
        .configure(Setting::Excluded { accounts })
        .await
        .unwrap();

    world.go_live().await.unwrap();
    world.next_period().await.unwrap();

    assert_sound(&mut world).await;
}

#[tokio::test]
async fn success_funded_needs_no_mint_authority() {
    // Given a mint that nobody can mint any more, and some rewards.
    let mut world = funded_draft().await;
    let mint = world.at.mint;
    world.bank.set_mint_authority(&mint, None).await;
    fund(&mut world, 1_000 * TOKEN).await.unwrap();

    world.go_live().await.unwrap();

    // Nothing is minted, and what is funded does not circulate.
    let economy = world.economy().await;
    let supply = WorldSpec::default().supply;
    assert_eq!(world.bank.supply(&mint).await, supply);
    assert_eq!(economy.totals.supplied, 1_000 * TOKEN);
    assert_eq!(economy.totals.circulating, supply - 1_000 * TOKEN);
    assert_sound(&mut world).await;
}

/// Tokens that were sent to the vault are no funds: nobody has promised them to stakers.
#[tokio::test]
async fn e6_funded_with_an_empty_vault_is_refused() {
    // given a Funded Draft to whose vault somebody sent tokens
    let mut world = funded_draft().await;
    let (mint, vault, reserve) = (world.at.mint, world.at.reward_vault, world.reserve);
    let creator = world.creator.insecure_clone();
    world
        .bank
        .transfer(&mint, &reserve, &vault, &creator, TOKEN)
        .await;

    // then it does not go live before it is funded
    go_live_is_refused(&mut world, HomeostatError::NoFunds).await;
    fund(&mut world, 1).await.unwrap();
    world.go_live().await.unwrap();

    let economy = world.economy().await;
    assert_eq!(economy.life, Life::Live as u8);
    assert_eq!(economy.totals.supplied, 1);
    world.bank.advance(WEEK).await;
    let later = world.bank.now();
    assert!(economy.owed_emission(later).unwrap() >> 64 <= 1);
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn success_without_meters() {
    let mut world = World::build(&WorldSpec {
        meters: 0,
        ..WorldSpec::default()
    })
    .await;

    world.next_period().await.unwrap();

    assert_sound(&mut world).await;
}

#[tokio::test]
async fn success_with_a_supply_at_its_limits() {
    // Nothing can be emitted, nothing can be burned; all the same it lives.
    let supply = WorldSpec::default().supply;
    let mut world = ready().await;
    let limits = LimitSettings {
        hard_cap: supply + 1,
        supply_floor: supply,
        ..limits_of(&*world.economy().await)
    };
    world.configure(Setting::Limits(limits)).await.unwrap();

    world.go_live().await.unwrap();

    let staker = staker_with_all_of(&mut world, 500 * TOKEN).await;
    for _ in 0..2 {
        world.next_period().await.unwrap();
        world.claim(&staker).await.unwrap();
        assert_sound(&mut world).await;
    }
}
