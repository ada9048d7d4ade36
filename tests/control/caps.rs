//! Caps and pauses that bind: the controller sees the value that was really applied.

use super::*;

#[tokio::test]
async fn success_a_period_cap_stops_emission_and_is_seen_by_the_controller() {
    // Given a cap of half of what the rate would emit in a period, and a staker; and gains under
    // which the integral matters, for a proportional term alone would fill the range.
    let usual = homeostat::state::defaults::config(Parameter::Emission, WEEK as u32);
    let settings = ControllerSettings {
        kp_q48: Fx::from_num(100_000).to_bits(),
        ki_q48: Fx::from_num(20_000).to_bits(),
        ..ControllerSettings::new(Wiring::of(Metric::StakedShare), &usual)
    };
    let mut world = World::build(&WorldSpec {
        controllers: vec![(Parameter::Emission, settings)],
        limits: Some(LimitSettings {
            period_emission_ppm: 575,
            ..limits()
        }),
        ..WorldSpec::default()
    })
    .await;
    let live = world.bank.now();
    let supply = 1_000_000_000 * TOKEN;
    let rate = per_second(supply, 60_000);
    let grant = u128::from(supply) * 575 / PPM;
    let seconds = (grant << 64) / rate;
    let staker = world.staker(TOKEN).await;
    let economy = world.economy().await;
    assert_eq!(economy.stream.emit_until, live + seconds as i64);

    // When the period ends, no more than the cap has been emitted ...
    world.next_period().await.unwrap();
    world.claim(&staker).await.unwrap();
    let claimed = u128::from(world.balance(&staker).await);
    let emitted = rate * seconds;
    assert!(emitted >> 64 <= grant);
    assert!((emitted >> 64) - claimed <= 1, "{claimed}");

    // ... and the controller saw the value that was left of it.
    let record = last_decisions(&mut world).await[Parameter::Emission.index()];
    let applied = 60_000 * (emitted >> 16) / ((rate * WEEK as u128) >> 16);
    assert_eq!(i128::from(record.applied), applied as i128);
    assert!(Flags(record.flags).contains(Flags::CAPPED));
    let economy = world.economy().await;
    assert!(flags(of(&economy, Parameter::Emission)).contains(Flags::CAPPED));
    assert!(!flags(of(&economy, Parameter::Fee)).contains(Flags::CAPPED));

    // Its integral cannot wind up against the cap: the error is positive (nobody
    // stakes) for many periods, and bias and integral come to rest at what is applied.
    for _ in 0..40 {
        world.next_period().await.unwrap();
    }
    let economy = world.economy().await;
    let integral = of(&economy, Parameter::Emission).state.integral;
    let resting = 60_000 + integral.get().to_num::<i64>();
    assert!((resting - 30_000).abs() < 1_500, "{resting}");
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn n8_what_accrues_before_the_hard_cap_is_paid_and_nothing_after() {
    let supply = 1_000_000_000 * TOKEN;
    let room = 1_500_000 * TOKEN;
    let mut world = World::build(&WorldSpec {
        hard_cap: supply + room,
        ..WorldSpec::default()
    })
    .await;
    let staker = world.staker(100 * TOKEN).await;

    for _ in 0..4 {
        world.next_period().await.unwrap();
        assert_sound(&mut world).await;
    }
    world.claim(&staker).await.unwrap();

    let economy = world.economy().await;
    let mint = world.at.mint;
    let emitted = economy.stream.emitted_at(world.bank.now()).unwrap() >> 64;
    assert!(emitted <= u128::from(room));
    assert!(emitted >= u128::from(room) - 200 * u128::from(TOKEN));
    assert!(world.bank.supply(&mint).await <= supply + room);
    let claimed = u128::from(world.balance(&staker).await);
    assert!(emitted - claimed <= 1, "{emitted} {claimed}");
    // The cap is reached to the second, and the stream stands still.
    assert!(economy.stream.emit_until <= world.bank.now() + 100);
    world.bank.advance(WEEK).await;
    let economy = world.economy().await;
    let later = economy.stream.emitted_at(world.bank.now()).unwrap() >> 64;
    assert!(later <= u128::from(room));
}

#[tokio::test]
async fn success_a_funded_economy_emits_what_was_funded() {
    // Given rewards for about half a period of the set rate.
    let mut world = World::build(&WorldSpec {
        funding: Funding::Funded,
        draft: true,
        ..WorldSpec::default()
    })
    .await;
    let funds = 600_000 * TOKEN;
    let (at, program, reserve) = (world.at, world.token_program, world.reserve);
    let creator = world.creator.pubkey();
    let fund = ix::fund_rewards(&at, &creator, &reserve, &program, funds);
    world.run(std::slice::from_ref(&fund)).await.unwrap();
    world.go_live().await.unwrap();
    let live = world.bank.now();
    let rate = per_second(1_000_000_000 * TOKEN, 60_000);
    let seconds = ((u128::from(funds)) << 64) / rate;
    let economy = world.economy().await;
    assert_eq!(economy.stream.emit_until, live + seconds as i64);
    assert_eq!(
        economy.totals.circulating,
        1_000_000_000 * TOKEN - funds,
        "what lies in the reward vault does not circulate"
    );

    // When it is used up, nothing accrues, and the controller knows.
    let staker = world.staker(TOKEN).await;
    world.next_period().await.unwrap();
    let record = last_decisions(&mut world).await[Parameter::Emission.index()];
    assert!(Flags(record.flags).contains(Flags::CAPPED));
    assert!(record.applied < 60_000);
    world.claim(&staker).await.unwrap();
    let claimed = world.balance(&staker).await;
    assert!(claimed <= funds);
    assert!(u128::from(claimed) + 1 >= (rate * seconds) >> 64);
    let economy = world.economy().await;
    assert!(economy.stream.emit_until - world.bank.now() < 2);

    // New funds count from the next crank on; nothing is ever minted.
    world.run(&[fund]).await.unwrap();
    world.next_period().await.unwrap();
    let economy = world.economy().await;
    assert!(economy.stream.emit_until > world.bank.now() + WEEK / 4);
    assert_eq!(world.bank.supply(&at.mint).await, 1_000_000_000 * TOKEN);
    refused(world.top_up().await, HomeostatError::NotMintable);
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn success_a_paused_emission_is_seen_as_capped() {
    let mut world = World::new().await;
    let live = world.bank.now();
    edit(&mut world, |economy| {
        economy.stream.pause_from = live + WEEK / 4;
        economy.stream.pause_until = live + WEEK / 2;
    })
    .await;

    world.next_period().await.unwrap();

    let rate = per_second(1_000_000_000 * TOKEN, 60_000);
    let economy = world.economy().await;
    let emitted = economy.stream.emitted_at(world.bank.now()).unwrap();
    assert_eq!(emitted, rate * (WEEK * 3 / 4) as u128);
    let record = last_decisions(&mut world).await[Parameter::Emission.index()];
    assert_eq!(record.applied, 45_000);
    assert!(Flags(record.flags).contains(Flags::CAPPED));
}

#[tokio::test]
async fn success_a_blocked_burn_is_seen_by_its_controller() {
    let mut world = World::new().await;
    let alice = world.wallet(1_000 * TOKEN).await;
    let mint = world.at.mint;
    pay_through(&mut world, 0, &alice, 1_000 * TOKEN).await;
    // 0.3 tokens shall be burned; the floor lets a third of them go.
    let supply = world.bank.supply(&mint).await;
    edit(&mut world, |economy| {
        economy.limits.supply_floor = supply - 100_000;
    })
    .await;
    world.collect(0).await.unwrap();

    world.next_period().await.unwrap();

    let record = last_decisions(&mut world).await[Parameter::Burn.index()];
    assert_eq!(record.applied, 33_333);
    assert!(Flags(record.flags).contains(Flags::CAPPED));
}

#[tokio::test]
async fn v7_a_token_lives_up_to_the_last_unit_that_can_be_counted() {
    // Given tokens of nine decimals, ten billion and almost as many as 64 bits count,
    for supply in [10_000_000_000_000_000_000, u64::MAX - 1_000_000_000_000_000] {
        let mut world = World::build(&WorldSpec {
            decimals: 9,
            supply,
            hard_cap: u64::MAX,
            ..WorldSpec::default()
        })
        .await;
        let staker = world.staker(supply / 10 * 6).await;
        let payer = world.wallet(supply / 10).await;
        let shop = world.wallet(0).await;

        // when a year goes by, with payments, burns and claims,
        for _ in 0..52 {
            world.next_period().await.unwrap();
        }
        world.pay(&payer, &shop.tokens, supply / 20).await.unwrap();
        world.collect(0).await.unwrap();
        world.next_period().await.unwrap();
        world.claim(&staker).await.unwrap();

        // then all that accrued is paid, up to the cap.
        let economy = world.economy().await;
        let mint = world.at.mint;
        let emitted = economy.stream.emitted_at(world.bank.now()).unwrap() >> 64;
        let claimed = world.balance(&staker).await;
        assert!(
            emitted > 0 && u128::from(claimed) + 1 >= emitted,
            "{emitted} {claimed}"
        );
        assert!(world.bank.supply(&mint).await >= supply - supply / 1_000);
        assert_sound(&mut world).await;
    }
}
