//! A latch of the anomaly guard: how long it lasts, how it ends, and what stays open meanwhile.

use homeostat::state::StoredDecision;
use homeostat_client::Parameter;
use homeostat_control::{Flags, Fx, HoldReason};
use homeostat_sandbox::{world::WEEK, WorldSpec};

use super::{
    assert_sound, edit, flags,
    guard::{Calm, CALM, MILLION, OPEN, SPIKE},
    held, of, EMISSION_SLEW,
};

#[tokio::test]
async fn o8_a_latch_opens_after_whole_periods_and_nothing_jumps() {
    let mut calm = Calm::new().await;
    calm.run().await;
    assert_eq!(calm.period().await.latched, [SPIKE, 0, 0, 0]);
    let tripped = of(&*calm.world.economy().await, Parameter::Emission).state;
    assert_eq!(calm.period().await.latched, [SPIKE, 0, 0, 0]);

    // Two periods after the trip, to the second, it opens,
    let event = calm.period().await;
    assert_eq!(event.latched, OPEN);
    let economy = calm.world.economy().await;
    let emission = of(&economy, Parameter::Emission);
    assert!(flags(emission).contains(Flags::RESUMED));
    assert!(flags(emission).contains(Flags::PRIMED));
    assert!(!held(emission));
    // with half the stake gone the value has not moved,
    assert!(emission.last.y.get() < Fx::lit("0.4"));
    assert!(emission.state.u.abs_diff(tripped.u) <= 1);
    // and the guard begins anew with what it finds.
    assert_eq!(emission.guard.samples, 1);
    assert_eq!(emission.guard.latched_since, 0);

    // From there the law steers, within its slew limit, and the new level is no news.
    let mut u = emission.state.u;
    for _ in 0..CALM {
        assert_eq!(calm.period().await.latched, OPEN);
        let economy = calm.world.economy().await;
        let next = of(&economy, Parameter::Emission).state.u;
        assert!(next > u && next - u <= EMISSION_SLEW, "{u} -> {next}");
        u = next;
    }
    assert_sound(&mut calm.world).await;
}

#[tokio::test]
async fn o8_a_latch_lasts_no_less_than_a_day() {
    const HOUR: u32 = 3_600;
    // Given periods of an hour, and a guard that may hold for one of them.
    let mut calm = Calm::build(&WorldSpec {
        period: HOUR,
        ..WorldSpec::default()
    })
    .await;
    edit(&mut calm.world, |economy| {
        let guard = &mut economy.controllers[0].guard_config;
        (guard.min_samples, guard.hold_periods) = (8, 1);
    })
    .await;
    calm.run().await;
    assert_eq!(calm.crank().await.latched[0], SPIKE);
    let tripped = calm.world.bank.now();
    for hour in 1..24 {
        assert_eq!(calm.crank().await.latched[0], SPIKE, "after {hour} h");
    }
    assert_eq!(calm.world.bank.now() - tripped, 23 * 3_600);
    assert_eq!(calm.crank().await.latched[0], 0);
}

#[tokio::test]
async fn o8_whoever_trips_a_guard_holds_its_controller_a_fifth_of_the_time() {
    // Given somebody with enough stake to trip the guard whenever it listens.
    let mut calm = Calm::new().await;
    let mut staked = true;
    let mut holding = 0;
    for _ in 0..30 {
        let economy = calm.world.economy().await;
        let guard = of(&economy, Parameter::Emission).guard;
        let amount = 300 * MILLION;
        if guard.latched == 0 && guard.samples >= 8 {
            match staked {
                true => calm.world.request_unstake(&calm.whale, amount).await,
                false => calm.world.cancel_unstake(&calm.whale, 0).await,
            }
            .unwrap();
            staked = !staked;
        }
        holding += u32::from(calm.crank().await.latched[0] != 0);
    }
    // Two periods of ten.
    assert_eq!(holding, 6);
}

#[tokio::test]
async fn u8_exits_stay_open_while_latched() {
    let mut calm = Calm::new().await;
    calm.run().await;
    calm.period().await;
    assert_eq!(calm.period().await.latched[0], SPIKE);

    // What unbonded a week ago, the rewards, and the rest of the stake come out.
    let before = calm.world.balance(&calm.whale).await;
    calm.world.withdraw(&calm.whale).await.unwrap();
    assert_eq!(
        calm.world.balance(&calm.whale).await,
        before + 300 * MILLION
    );
    calm.world.claim(&calm.whale).await.unwrap();
    assert!(calm.world.balance(&calm.whale).await > before + 300 * MILLION);
    let other = calm.world.staker(MILLION).await;
    calm.world.request_unstake(&other, MILLION).await.unwrap();
    calm.world.bank.advance(WEEK).await;
    calm.world.withdraw(&other).await.unwrap();
    calm.world.claim(&other).await.unwrap();
    calm.world.close_position(&other).await.unwrap();
    assert_sound(&mut calm.world).await;
}

#[tokio::test]
async fn success_a_latch_that_is_resumed_early_ends_like_any_other() {
    // Given a latched guard of the burn share,
    let mut calm = Calm::new().await;
    let now = calm.world.bank.now();
    let burn = Parameter::Burn.index();
    edit(&mut calm.world, |e| {
        homeostat_tests::latch(&mut e.controllers[burn], now)
    })
    .await;
    assert_eq!(calm.period().await.latched, [0, 0, SPIKE, 0]);
    let held = of(&*calm.world.economy().await, Parameter::Burn).last;
    assert_eq!(held.held, HoldReason::Spike as u8);

    // when it is resumed early,
    let now = calm.world.bank.now();
    edit(&mut calm.world, |e| e.controllers[burn].resume_guard(now)).await;

    // then it goes on as if its time had been up.
    assert_eq!(calm.period().await.latched, OPEN);
    let last: StoredDecision = of(&*calm.world.economy().await, Parameter::Burn).last;
    assert!(Flags(last.flags).contains(Flags::PRIMED));
    assert!(last.u.abs_diff(held.u) <= 1);
}
