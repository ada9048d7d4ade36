//! Retirement: everybody is paid to the last unit.

use super::*;

#[tokio::test]
async fn success_a_retired_economy_pays_to_the_last_unit() {
    for successor in [None, Some(Pubkey::new_from_array([88; 32]))] {
        // given two stakers, uncollected fees, and an economy inside a period
        let mut world = World::new().await;
        open_treasury(&mut world, 1).await;
        let alice = world.staker(300 * TOKEN).await;
        let bob = world.staker(700 * TOKEN).await;
        let payer = world.wallet(100_000 * TOKEN).await;
        world.next_period().await.unwrap();
        world.bank.advance(DAY).await;
        world
            .pay(&payer, &alice.tokens, 50_000 * TOKEN)
            .await
            .unwrap();
        let retire = vec![Action::Retire { successor }];
        let elsewhere = Some(Pubkey::new_from_array([89; 32]));
        let again = vec![Action::Retire {
            successor: elsewhere,
        }];
        let twice = world.queue(again).await.unwrap();
        let index = world.queue(retire).await.unwrap();
        ripen(&mut world, index).await;
        // given the wrong vault, nothing is minted
        let execute = world.execute_ix(index).await;
        let (rewards, treasury) = (world.at.reward_vault, world.at.treasury_vault);
        let swapped = exchange(execute, &rewards, &treasury);
        let code = anchor::CONSTRAINT_HAS_ONE;
        attack(&mut world, "another vault", &[swapped], &[], code).await;
        // when it retires
        world.execute(index).await.unwrap();
        let retired_at = world.bank.now();
        let economy = world.economy().await;
        let owed = economy.owed_emission(retired_at).unwrap();

        // then the mint authority is nobody's, or still the economy's where it is offered
        let mint = world.at.mint;
        let authority = world.bank.mint(&mint).await.mint_authority;
        let ours = successor.map(|_| world.at.authority);
        assert_eq!(Option::<Pubkey>::from(authority), ours);
        // and it is over once
        let execute = world.execute_ix(twice).await;
        let error = HomeostatError::NotLive;
        attack(&mut world, "twice", &[execute], &[], error).await;
        let pay = [world.pay_ix(&payer, &alice.tokens, TOKEN)];
        attack(&mut world, "a payment", &pay, &[&payer.key], error).await;
        let crank = world.crank_ix().await;
        attack(&mut world, "a crank", &[crank], &[], error).await;

        // and nothing accrues, but what had accrued is paid to the last unit
        world.bank.advance(60 * DAY).await;
        assert_eq!(
            world
                .economy()
                .await
                .owed_emission(world.bank.now())
                .unwrap(),
            owed
        );
        let before = [world.balance(&alice).await, world.balance(&bob).await];
        world.claim(&alice).await.unwrap();
        world.claim(&bob).await.unwrap();
        let paid = world.balance(&alice).await - before[0] + world.balance(&bob).await - before[1];
        let accrued = (owed >> 64) as u64;
        assert!(
            (accrued - 2..=accrued).contains(&paid),
            "{paid} of {accrued}"
        );
        // and every fee that was not collected goes where it is not lost
        let held = world.bank.balance(&treasury).await;
        let meter = world.meter(0).await;
        world.collect(0).await.unwrap();
        let collected = world.bank.balance(&treasury).await - held;
        assert_eq!(collected, meter.pending_stakers + meter.pending_treasury);
        assert_eq!(world.meter(0).await.liability().unwrap(), 0);
        // and stake leaves, positions close, and the treasury still pays
        for wallet in [&alice, &bob] {
            let amount = world.position(wallet).await.amount;
            world.request_unstake(wallet, amount).await.unwrap();
        }
        world.bank.advance(7 * DAY).await;
        for wallet in [&alice, &bob] {
            world.withdraw(wallet).await.unwrap();
            world.close_position(wallet).await.unwrap();
        }
        let held = world.balance(&bob).await;
        let payment = Action::PayTreasury {
            to: bob.tokens,
            amount: 1,
        };
        world.enact(vec![payment]).await.unwrap();
        assert_eq!(world.balance(&bob).await, held + 1);
    }
}

#[tokio::test]
async fn success_a_funded_economy_retires_with_what_it_owes() {
    let mut world = World::build(&WorldSpec {
        funding: Funding::Funded,
        ..WorldSpec::default()
    })
    .await;
    let patron = world.wallet(100_000_000 * TOKEN).await;
    let (at, program) = (world.at, world.token_program);
    let fund = |amount| ix::fund_rewards(&at, &patron.pubkey(), &patron.tokens, &program, amount);
    world
        .send_as(&patron.key, fund(50_000_000 * TOKEN))
        .await
        .unwrap();
    world.next_period().await.unwrap();
    let staker = world.staker(1_000 * TOKEN).await;
    let from = world.bank.now();
    world
        .enact(vec![Action::Retire { successor: None }])
        .await
        .unwrap();
    assert!(world.bank.now() > from);
    let owed = world
        .economy()
        .await
        .owed_emission(world.bank.now())
        .unwrap();
    world.bank.advance(30 * DAY).await;
    world.claim(&staker).await.unwrap();
    let paid = world.balance(&staker).await;
    let accrued = (owed >> 64) as u64;
    // What streamed to the empty pool before the first crank is among the owed.
    assert!(paid > 0 && paid <= accrued, "{paid} of {accrued}");
    // Nobody gives it anything more.
    let error = HomeostatError::NotLive;
    let more = fund(TOKEN);
    attack(&mut world, "too late", &[more], &[&patron.key], error).await;
}
