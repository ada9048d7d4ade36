//! `preview`: what the crank would decide now.

use super::*;

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
        let mut previews = Vec::new();
        for controller in 0..4 {
            previews.push(preview(&mut world, controller).await);
        }
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
    let mut previews = Vec::new();
    for controller in 0..4 {
        previews.push(preview(&mut world, controller).await);
    }

    world.crank().await.unwrap();

    let economy = world.economy().await;
    for (previewed, controller) in previews.iter().zip(&economy.controllers) {
        assert_eq!(*previewed, controller.last);
        assert_eq!(previewed.held, HoldReason::Tripped as u8);
    }
}
