//! Measurements: time integrals that follow from what was done, and that one slot does not move.

use homeostat_client::Signal;

use super::*;

/// A day (seconds).
const DAY: i64 = 86_400;

/// What a test knows about a window from its own actions.
struct Window {
    opened: i64,
    /// C and S when the window opened.
    circulating: u64,
    supply: u64,
    /// Stake and depth integrals (base units x seconds).
    stake_seconds: u128,
    depth_seconds: u128,
    volume: u128,
    /// Emission to pools with stake (Q64.64), fees, and what of them is to be burned.
    accrued_q64: u128,
    fees: u64,
    burned: u64,
    /// What was to be burned when the window opened.
    pending: u64,
}

/// Cranks, and compares every measurement and every decision with what follows
/// from the window; returns the supply before the crank minted ahead.
async fn crank_and_compare(world: &mut World, window: &Window) -> u64 {
    let before = world.economy().await;
    let supply = world.bank.supply(&world.at.mint.clone()).await;
    let circulating = circulating(world).await;
    let now = world.bank.now();
    let elapsed = (now - window.opened) as u128;
    world.crank().await.unwrap();
    let after = world.economy().await;
    assert_eq!(after.totals.supply, supply);
    assert_eq!(after.totals.circulating, circulating);

    let c_seconds = (u128::from(window.circulating) + u128::from(circulating)) * elapsed / 2;
    let accrued = window.accrued_q64 >> 64;
    let net = accrued as i128 - i128::from(window.burned);
    let expected: [(i128, u128); 6] = [
        (window.stake_seconds as i128, c_seconds),
        // A turnover of four a year is utilisation 1.
        (window.volume as i128 * YEAR, c_seconds * 4),
        (
            net * YEAR,
            u128::from(window.supply - window.pending) * elapsed,
        ),
        (window.depth_seconds as i128, c_seconds),
        (i128::from(window.burned), accrued),
        (accrued as i128, u128::from(window.fees)),
    ];
    let records = last_decisions(world).await;
    for (metric, (numerator, denominator)) in Metric::ALL.into_iter().zip(expected) {
        let reading = &after.readings[metric as usize];
        let read = (reading.numerator.get() as i128, reading.denominator.get());
        let expected = match denominator {
            0 => (0, 0),
            _ => (numerator, denominator),
        };
        assert_eq!(read, expected, "{metric:?}");
    }
    for (record, parameter) in records.iter().zip(Parameter::ALL) {
        let controller = of(&before, parameter);
        let wiring = controller.wiring().unwrap();
        let read = expected[wiring.metric as usize];
        let (numerator, denominator) = read;
        let logged = (record.numerator.get() as i128, record.denominator.get());
        assert_eq!(logged, read, "{parameter:?}");
        assert_eq!(record.applied, NOT_CAPPED, "{parameter:?}");

        // The law itself, from the state before and the measurement as counted here.
        let y = ratio(numerator, denominator);
        let signal = wiring.feed_forward.and_then(Signal::metric);
        let w = signal.and_then(|metric| {
            let (numerator, denominator) = expected[metric as usize];
            (denominator > 0).then(|| ratio(numerator, denominator))
        });
        let (state, decision) = step(
            &controller.config(),
            &controller.state(),
            &Input {
                w,
                ..Input::mean(now, y)
            },
        );
        let stepped = of(&after, parameter);
        assert_eq!(
            stepped.last,
            StoredDecision::from(&decision),
            "{decision:#?}"
        );
        assert_eq!(stepped.state, StoredState::from(&state), "{decision:#?}");
        assert_eq!(record.before, controller.state);
        assert_eq!(record.y, StoredDecision::from(&decision).y);
        assert_eq!(record.u, decision.u);
        assert_eq!(stepped.config, controller.config);
    }
    supply
}

#[tokio::test]
async fn success_measurements_and_decisions_follow_from_what_was_done() {
    let mut world = World::build(&WorldSpec {
        liquidity: vec![1],
        meters: 2,
        excluded: 1,
        ..WorldSpec::default()
    })
    .await;
    let live = world.bank.now();
    let million = 1_000_000 * TOKEN;
    let lp = world.pools[1];
    let amm_vault = lp.amm_vault.unwrap();
    let (team, fee) = (world.excluded[0], |amount: u64| amount * 3 / 1_000);
    let burn = |amount: u64| fee(amount) / 10;
    let alice = world.wallet(100 * million).await;

    // First window: 300 million staked after 100,000 s, liquidity after 150,000 s,
    // 15 million paid, and one of two shards collected.
    let circulating_then = 1_000 * million;
    world.bank.set_time(live + 100_000).await;
    let staker = world.staker(300 * million).await;
    world.bank.set_time(live + 150_000).await;
    give(&mut world, &team, 10 * million).await;
    give(&mut world, &amm_vault, 80 * million).await;
    let loose = world.bank.create_tokens(&lp.mint, &alice.pubkey()).await;
    world.bank.mint_to(&lp.mint, &loose, 3_000).await;
    liquidity_staker(&mut world, 1, 1_000).await;
    world.bank.set_time(live + 200_000).await;
    pay_through(&mut world, 0, &alice, 10 * million).await;
    pay_through(&mut world, 1, &alice, 5 * million).await;
    world.collect(0).await.unwrap();
    for day in [4, 5] {
        world.bank.set_time(live + day * DAY).await;
        world.touch_pools().await;
    }
    world.bank.set_time(live + WEEK).await;

    let rate = per_second(1_000 * million, 60_000);
    let to_liquidity = rate / PPM * 100_000;
    let mut window = Window {
        opened: live,
        circulating: circulating_then,
        supply: 1_000 * million,
        stake_seconds: u128::from(300 * million) * (WEEK - 100_000) as u128,
        // Of touches with nothing, 1,000 and 1,000 of 4,000 LP tokens staked, the middle one.
        depth_seconds: u128::from(80 * million / 4) * WEEK as u128,
        volume: u128::from(15 * million),
        accrued_q64: (rate - to_liquidity) * (WEEK - 100_000) as u128
            + to_liquidity * (WEEK - 150_000) as u128,
        fees: fee(15 * million),
        burned: burn(15 * million),
        pending: 0,
    };
    let supply = crank_and_compare(&mut world, &window).await;

    // Second window: a third unstakes, the AMM's side shrinks, the other shard is
    // collected at the rates at which it was charged, and one more payment is made.
    let opened = world.bank.now();
    let economy = world.economy().await;
    let rate = per_second(supply, economy.value(Parameter::Emission));
    world.bank.set_time(opened + 50_000).await;
    world.touch_pools().await;
    world.bank.set_balance(&amm_vault, 60 * million).await;
    world.bank.set_time(opened + 200_000).await;
    world.touch_pools().await;
    world.bank.set_time(opened + 300_000).await;
    // Touched with 80, 60 and 60 million, the last before this stake but after its LP token.
    let depth = u128::from(60 * million) * 1_000 / 4_000;
    liquidity_staker(&mut world, 1, 1).await;
    world.collect(1).await.unwrap();
    pay_through(&mut world, 1, &alice, 7 * million).await;
    world.bank.set_time(opened + 400_000).await;
    world.request_unstake(&staker, 100 * million).await.unwrap();
    world.bank.set_time(opened + WEEK).await;
    // At the rates that the first crank set.
    let part = |of: u64, parameter| of * economy.value(parameter) / PPM as u64;
    let charged = part(7 * million, Parameter::Fee);
    let to_burn = part(charged, Parameter::Burn);
    window = Window {
        opened,
        circulating: economy.totals.circulating,
        supply,
        stake_seconds: u128::from(300 * million) * 400_000
            + u128::from(200 * million) * (WEEK - 400_000) as u128,
        depth_seconds: depth * WEEK as u128,
        volume: u128::from(7 * million),
        accrued_q64: rate * WEEK as u128,
        fees: charged,
        burned: to_burn,
        // The other shard was not collected before the first crank.
        pending: burn(5 * million),
    };
    let supply = crank_and_compare(&mut world, &window).await;

    // Third window: claims bring rewards into circulation; half a period late.
    let opened = world.bank.now();
    let economy = world.economy().await;
    let rate = per_second(supply, economy.value(Parameter::Emission));
    world.claim(&staker).await.unwrap();
    let late = WEEK * 3 / 2;
    for day in [2, 4, 6] {
        world.bank.set_time(opened + day * DAY).await;
        world.touch_pools().await;
    }
    world.bank.set_time(opened + late).await;
    // Now 1,001 of 4,001 LP tokens are staked.
    let depth = u128::from(60 * million) * 1_001 / 4_001;
    window = Window {
        opened,
        circulating: economy.totals.circulating,
        supply,
        stake_seconds: u128::from(200 * million) * late as u128,
        depth_seconds: depth * late as u128,
        volume: 0,
        accrued_q64: rate * late as u128,
        fees: 0,
        burned: 0,
        pending: to_burn,
    };
    crank_and_compare(&mut world, &window).await;
}

#[tokio::test]
async fn success_excluded_accounts_do_not_circulate() {
    let mut world = World::build(&WorldSpec {
        excluded: 2,
        ..WorldSpec::default()
    })
    .await;
    let before = world.economy().await.totals.circulating;
    assert_eq!(before, 1_000_000_000 * TOKEN);
    let [one, other] = world.excluded[..] else {
        panic!("two were created");
    };
    give(&mut world, &one, 111 * TOKEN).await;
    give(&mut world, &other, 222 * TOKEN).await;

    world.next_period().await.unwrap();

    assert_eq!(
        world.economy().await.totals.circulating,
        before - 333 * TOKEN
    );
}

#[tokio::test]
async fn success_the_supply_counter_follows_others_by_one_percent_a_period() {
    // Given a holder who burns a twentieth of all tokens behind the program's back.
    let mut world = World::new().await;
    let whale = world.wallet(50_000_000 * TOKEN).await;
    let mint = world.at.mint;
    let owner = whale.key.insecure_clone();
    world
        .bank
        .burn(&mint, &whale.tokens, &owner, 50_000_000 * TOKEN)
        .await;

    // The counter counts our own mints at once and goes 1 % a period after the rest.
    let mut counted = 1_000_000_000 * TOKEN;
    let mut supplied = 0;
    for period in 1..=7 {
        let before = world.economy().await.totals;
        let real = world.bank.supply(&mint).await;
        world.next_period().await.unwrap();
        let expected = counted + (before.supplied - supplied);
        supplied = before.supplied;
        counted = real.max(expected - expected / 100);
        assert_eq!(world.economy().await.totals.supply, counted, "{period}");
        if period < 5 {
            assert_ne!(counted, real, "{period}");
        } else if period > 5 {
            assert_eq!(counted, real, "{period}");
        }
    }
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn success_foreign_mints_are_followed_as_slowly() {
    let mut world = World::build(&WorldSpec {
        funding: Funding::Funded,
        ..WorldSpec::default()
    })
    .await;
    let (mint, reserve) = (world.at.mint, world.reserve);
    world
        .bank
        .mint_to(&mint, &reserve, 500_000_000 * TOKEN)
        .await;

    world.next_period().await.unwrap();

    assert_eq!(world.economy().await.totals.supply, 1_010_000_000 * TOKEN);
}

#[tokio::test]
async fn success_a_liquidity_controller_without_pools_is_held() {
    let mut world = World::new().await;
    for period in 1..=6 {
        world.next_period().await.unwrap();
        let economy = world.economy().await;
        let controller = of(&economy, Parameter::Liquidity);
        assert_eq!(controller.last.held, HoldReason::Missing as u8);
        assert_eq!(controller.state.u, 100_000);
        let expired = flags(controller).contains(Flags::HOLD_EXPIRED);
        assert_eq!(expired, period > 4, "{period}");
        // The others go on, and the native pool takes all of the emission.
        assert!(!held(of(&economy, Parameter::Emission)));
        assert_eq!(
            economy.stream.lanes[0].rate_q64.get(),
            economy.stream.emission_rate().unwrap()
        );
    }
}

#[tokio::test]
async fn success_a_controller_steps_on_the_metric_it_is_wired_to() {
    // Given a fee that follows the staked share, and a period of a minute.
    let mut world = World::build(&WorldSpec {
        period: 60,
        controllers: vec![(
            Parameter::Fee,
            ControllerSettings {
                wiring: Wiring::of(Metric::StakedShare),
                setpoint_q48: Fx::lit("0.5").to_bits(),
                scale_q48: Fx::lit("0.5").to_bits(),
                bias_q48: Fx::from_num(3_000).to_bits(),
                kp_q48: Fx::from_num(1_000).to_bits(),
                ki_q48: 0,
                kd_q48: 0,
                filter_q48: Fx::ONE.to_bits(),
                min_ppm: 500,
                max_ppm: 10_000,
                ..wild(Parameter::Fee, Direction::Direct).1
            },
        )],
        ..WorldSpec::default()
    })
    .await;
    world.staker(750_000_000 * TOKEN).await;

    world.next_period().await.unwrap();

    // The share is 0.75: half a scale above the setpoint, so half of Kp on top.
    let economy = world.economy().await;
    let record = last_decisions(&mut world).await[Parameter::Fee.index()];
    assert_eq!(record.metric, Metric::StakedShare as u8);
    assert_eq!(
        record.numerator,
        economy.readings[Metric::StakedShare as usize].numerator
    );
    assert_eq!(record.y.get(), Fx::lit("0.75"));
    assert_eq!(economy.value(Parameter::Fee), 3_500);
}

#[tokio::test]
async fn v6_what_a_funded_vault_pays_out_is_no_growth_of_the_supply() {
    // Given the same economy twice, one that mints and one that was funded,
    for funding in [Funding::Mint, Funding::Funded] {
        let mut world = World::build(&WorldSpec {
            funding,
            draft: funding == Funding::Funded,
            ..WorldSpec::default()
        })
        .await;
        if funding == Funding::Funded {
            let (at, program, reserve) = (world.at, world.token_program, world.reserve);
            let creator = world.creator.pubkey();
            let funds = 100_000_000 * TOKEN;
            let fund = ix::fund_rewards(&at, &creator, &reserve, &program, funds);
            world.run(&[fund]).await.unwrap();
            world.go_live().await.unwrap();
        }
        let supply = world.economy().await.totals.supply;
        world.staker(1_000_000 * TOKEN).await;
        let payer = world.wallet(10_000_000 * TOKEN).await;
        let shop = world.wallet(0).await;
        let began = world.bank.now();

        // when both emit for a week and burn a part of the fees,
        let paid = 1_000_000 * TOKEN;
        world.pay(&payer, &shop.tokens, paid).await.unwrap();
        world.collect(0).await.unwrap();
        world.next_period().await.unwrap();

        // then the one grows by what it minted, and the other shrinks by what it burned.
        let economy = world.economy().await;
        let burned = i128::try_from(world.meter(0).await.burned.get()).unwrap();
        let emitted = economy.stream.emitted_at(economy.last_crank).unwrap();
        let minted = match funding {
            Funding::Mint => (emitted >> 64) as i128,
            Funding::Funded => 0,
        };
        assert!(burned > 0 && emitted >> 64 > burned as u128);
        let reading = &economy.readings[Metric::NetSupplyGrowth as usize];
        let elapsed = (economy.last_crank - began) as u128;
        // Nobody staked in the first second of the period; what it returned was not minted.
        let numerator = reading.numerator.get() as i128;
        let returned = (economy.tally.returned_emission_q64.get() >> 64) as i128;
        let least = (minted - returned - burned - 1) * YEAR;
        let most = (minted - burned) * YEAR;
        assert!(
            (least..=most).contains(&numerator),
            "{funding:?}: {numerator}"
        );
        assert!((reading.denominator.get()).abs_diff(u128::from(supply) * elapsed) < 1 << 80);
    }
}
