//! `preview`: what the crank would decide now.

use homeostat::state::{Advice, Tunable};

use super::*;

/// What a preview of each controller returns.
async fn previews(world: &mut World) -> Vec<StoredDecision> {
    let mut previews = Vec::new();
    for controller in 0..4 {
        previews.push(preview(world, controller).await);
    }
    previews
}

/// Advice for any controller that may fit the advisor's range or not, and be due or not.
fn any_advice(random: &mut ChaCha8Rng, economy: &Economy, now: i64) -> Advice {
    let parameter = random.next_u32() % 4;
    let (field, step) = if random.next_u32().is_multiple_of(2) {
        (Tunable::Setpoint, Fx::lit("0.01"))
    } else {
        (Tunable::Bias, Fx::from_num(1_000))
    };
    let controller = &economy.controllers[parameter as usize];
    let steps = i64::from(random.next_u32() % 13) - 6;
    Advice {
        value: (controller.envelope.anchor(field) + step * Fx::from_num(steps)).into(),
        eta: now + i64::from(random.next_u32() % 4_000) - 3_000,
        over_seconds: random.next_u32() % 2 * 50_000,
        parameter: parameter as u8,
        field: field as u8,
        pending: 1,
        reserved: 0,
    }
}

#[tokio::test]
async fn success_a_preview_is_what_the_crank_then_does() {
    let mut world = World::build(&WorldSpec {
        liquidity: vec![1, 3],
        meters: 2,
        excluded: 1,
        ..WorldSpec::default()
    })
    .await;
    let alice = world.wallet(100_000_000 * TOKEN).await;
    let amm_vault = world.pools[1].amm_vault.unwrap();
    give(&mut world, &amm_vault, 10_000_000 * TOKEN).await;
    world.staker(200_000_000 * TOKEN).await;
    liquidity_staker(&mut world, 1, 1_000).await;

    for period in 0..3 {
        pay_through(&mut world, period % 2, &alice, 20_000_000 * TOKEN).await;
        world.collect(0).await.unwrap();
        let end = world.economy().await.next_end;
        world.bank.set_time(end + 77).await;
        let before = world.state().await;
        let previews = previews(&mut world).await;
        unchanged("a preview", &before, &world.state().await);

        world.crank().await.unwrap();

        let economy = world.economy().await;
        for (index, previewed) in previews.iter().enumerate() {
            assert_eq!(
                bytemuck::bytes_of(previewed),
                bytemuck::bytes_of(&economy.controllers[index].last),
                "controller {index} in period {period}"
            );
        }
        // Right after the crank there is nothing new to decide.
        let again = preview(&mut world, 0).await;
        assert!(Flags(again.flags).contains(Flags::REPEATED));
        assert_eq!(again.u, economy.controllers[0].state.u);
    }
}

#[tokio::test]
async fn d2_a_preview_hides_no_advice_that_the_crank_will_follow() {
    // Given advice that is due with the period's end,
    let mut world = World::new().await;
    world.staker(550_000_000 * TOKEN).await;
    let end = world.economy().await.next_end;
    edit(&mut world, |economy| {
        let controller = &mut economy.controllers[Parameter::Emission.index()];
        controller.envelope.advice_bias = Fx::from_num(10_000).into();
        economy.advice = Advice {
            value: Fx::from_num(66_666).into(),
            eta: end,
            field: Tunable::Bias as u8,
            pending: 1,
            ..Advice::default()
        };
    })
    .await;
    let without = preview(&mut world, 0).await.u;

    // then the preview rises in the second in which the crank will follow it.
    world.bank.set_time(end).await;
    let previews = previews(&mut world).await;
    world.crank().await.unwrap();
    let economy = world.economy().await;
    for (previewed, controller) in previews.iter().zip(&economy.controllers) {
        assert_eq!(*previewed, controller.last);
    }
    assert!(
        previews[0].u > without + 6_000,
        "{} {without}",
        previews[0].u
    );
}

#[tokio::test]
async fn d2_a_preview_is_the_crank_over_random_lives() {
    for seed in [0x0070_7265, 0x7669_6577] {
        println!("seed {seed:#x}");
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut world = World::build(&WorldSpec {
            liquidity: vec![1],
            excluded: 1,
            // It binds as long as little is staked.
            yield_cap: true,
            ..WorldSpec::default()
        })
        .await;
        let (wallet, team) = (world.staker(1_000_000 * TOKEN).await, world.excluded[0]);
        give(&mut world, &wallet.tokens, 500_000_000 * TOKEN).await;
        edit(&mut world, |economy| {
            for controller in &mut economy.controllers {
                controller.envelope.advice_setpoint = Fx::lit("0.04").into();
                controller.envelope.advice_bias = Fx::from_num(4_000).into();
            }
        })
        .await;
        let (mut followed, mut dropped) = (0, 0);
        for period in 0..30 {
            let economy = world.economy().await;
            let amount = 1 + random.next_u64() % (20_000_000 * TOKEN);
            match random.next_u32() % 6 {
                0 => drop(world.stake(&wallet, amount).await),
                1 => drop(world.request_unstake(&wallet, amount).await),
                2 => pay_through(&mut world, 0, &wallet, amount).await,
                3 => give(&mut world, &team, amount).await,
                4 => drop(world.collect(0).await.unwrap()),
                _ => drop(world.claim(&wallet).await),
            }
            let late = i64::from(random.next_u32() % 3) * 100_000;
            world.bank.set_time(economy.next_end + late).await;
            let advice = any_advice(&mut random, &economy, world.bank.now());
            edit(&mut world, |economy| economy.advice = advice).await;

            let previews = previews(&mut world).await;
            let crank = world.crank_ix().await;
            let events = world.bank.events(std::slice::from_ref(&crank), &[]).await;
            world.run(&[crank]).await.unwrap();

            let economy = world.economy().await;
            for (previewed, controller) in previews.iter().zip(&economy.controllers) {
                assert_eq!(
                    *previewed, controller.last,
                    "seed {seed:#x} period {period}"
                );
            }
            let [Event::Cranked(event)] = &events[..] else {
                panic!("one event tells of it");
            };
            followed += u32::from(event.advice == 1);
            dropped += u32::from(event.advice == 2);
        }
        println!("advice: {followed} followed, {dropped} dropped");
        assert!(followed > 5 && dropped > 1, "{followed} {dropped}");
    }
}

#[tokio::test]
async fn fail_preview_of_no_controller_or_no_economy() {
    let mut world = World::new().await;
    let economy = world.economy().await;
    for controller in [4, 255] {
        let preview = ix::preview(&world.at, &world.pools, &economy, controller);
        attack(
            &mut world,
            "a fifth controller",
            &[preview],
            &[],
            HomeostatError::NoSuchController,
        )
        .await;
    }
    let good = ix::preview(&world.at, &world.pools, &economy, 0);
    let at = world.at;
    let forged = world.bank.forge(&at.economy).await;
    let mint = world
        .bank
        .create_mint(&MintSpec::plain(TokenProgram::Token2022))
        .await;
    attack(
        &mut world,
        "a forged economy",
        &[exchange(good.clone(), &at.economy, &forged)],
        &[],
        anchor::ACCOUNT_OWNED_BY_WRONG_PROGRAM,
    )
    .await;
    for (what, old, new) in [
        ("another mint", at.mint, mint),
        ("another vault", at.reward_vault, at.treasury_vault),
    ] {
        attack(
            &mut world,
            what,
            &[exchange(good.clone(), &old, &new)],
            &[],
            anchor::CONSTRAINT_HAS_ONE,
        )
        .await;
    }

    let mut draft = World::build(&WorldSpec {
        draft: true,
        ..WorldSpec::default()
    })
    .await;
    let economy = draft.economy().await;
    let preview = ix::preview(&draft.at, &draft.pools, &economy, 0);
    attack(
        &mut draft,
        "a Draft",
        &[preview],
        &[],
        HomeostatError::NotLive,
    )
    .await;
}

#[tokio::test]
async fn o7_a_preview_says_that_the_crank_will_hold() {
    let mut world = World::new().await;
    let end = world.economy().await.next_end;
    let vault = world.at.reward_vault;
    let held_before = world.bank.balance(&vault).await;
    world.bank.set_balance(&vault, held_before - 1).await;
    world.bank.set_time(end).await;
    let previews = previews(&mut world).await;

    world.crank().await.unwrap();

    let economy = world.economy().await;
    for (previewed, controller) in previews.iter().zip(&economy.controllers) {
        assert_eq!(*previewed, controller.last);
        assert_eq!(previewed.held, HoldReason::Tripped as u8);
    }
}
