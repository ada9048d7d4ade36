//! Caps as a time: accrual stops at `emit_until`, everything that accrued is
//! paid, and the supply never exceeds the cap.

use homeostat_client::Setting;

use super::*;

/// What is left to emit in these stories (base units).
const HEADROOM: u64 = 300_000 * TOKEN;

/// A Mint economy that reaches its hard cap within two days.
fn near_the_cap(program: TokenProgram) -> WorldSpec {
    let supply = WorldSpec::default().supply;
    WorldSpec {
        program,
        hard_cap: supply + HEADROOM,
        ..WorldSpec::default()
    }
}

async fn supply(world: &mut World) -> u64 {
    let mint = world.at.mint;
    world.bank.supply(&mint).await
}

#[tokio::test]
async fn c8_supply_never_exceeds_the_cap() {
    for program in [TokenProgram::Legacy, TokenProgram::Token2022] {
        let spec = near_the_cap(program);
        let mut world = World::build(&spec).await;
        let staker = staker_with_all_of(&mut world, 500 * TOKEN).await;

        // When claims, top-ups and cranks are sent as often as one likes.
        for step in 0..60 {
            world.bank.advance(WEEK / 7).await;
            world.top_up().await.unwrap();
            world.claim(&staker).await.unwrap();
            if step % 7 == 6 {
                world.crank().await.unwrap();
            }
            assert!(supply(&mut world).await <= spec.hard_cap);
            assert_sound(&mut world).await;
        }

        // Then the headroom was paid to the last token, rounding aside.
        let paid = world.balance(&staker).await;
        assert!(paid <= HEADROOM && paid > HEADROOM - TOKEN, "{paid}");
    }
}

#[tokio::test]
async fn n8_everything_up_to_the_cap_is_paid_and_nothing_after_it() {
    let spec = near_the_cap(TokenProgram::Token2022);
    let mut world = World::build(&spec).await;
    let staker = staker_with_all_of(&mut world, 500 * TOKEN).await;
    let until = world.economy().await.stream.emit_until;
    let now = world.bank.now();
    assert!(until > now && until < now + WEEK, "the cap is met midway");

    // At the last second of emission everything is there.
    world.bank.set_time(until).await;
    world.claim(&staker).await.unwrap();
    let paid = world.balance(&staker).await;
    let rate = (world.economy().await.stream.emission_rate().unwrap() >> 64) as u64;
    assert!(paid <= HEADROOM && paid > HEADROOM - 2 * rate, "{paid}");

    // Later there is nothing more, not even for those who come later.
    let late = staker_with_all_of(&mut world, 500 * TOKEN).await;
    world.bank.advance(3 * WEEK).await;
    let before = supply(&mut world).await;
    world.claim(&staker).await.unwrap();
    world.claim(&late).await.unwrap();
    assert_eq!(world.balance(&staker).await, paid);
    assert_eq!(world.balance(&late).await, 0);
    assert_eq!(supply(&mut world).await, before);
    assert!(before <= spec.hard_cap);
    assert_sound(&mut world).await;

    // And the crank still runs.
    world.crank().await.unwrap();
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn n8_stake_and_exit_work_at_the_cap() {
    let mut world = World::build(&near_the_cap(TokenProgram::Token2022)).await;
    world.bank.advance(3 * WEEK).await;
    let staker = staker_with_all_of(&mut world, 500 * TOKEN).await;

    world.request_unstake(&staker, 500 * TOKEN).await.unwrap();
    world.bank.advance(WEEK).await;
    world.withdraw(&staker).await.unwrap();

    assert_eq!(world.balance(&staker).await, 500 * TOKEN);
    world.crank().await.unwrap();
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn n8_burns_make_room_again() {
    // Given an economy that stands at its cap.
    let spec = near_the_cap(TokenProgram::Token2022);
    let mut world = World::build(&spec).await;
    let staker = staker_with_all_of(&mut world, 500 * TOKEN).await;
    let payer = world.wallet(100_000_000 * TOKEN).await;
    world.next_period().await.unwrap();
    world.claim(&staker).await.unwrap();
    let before = world.balance(&staker).await;

    // When fees are burned below it.
    world
        .pay(&payer, &world.reserve.clone(), 50_000_000 * TOKEN)
        .await
        .unwrap();
    world.collect(0).await.unwrap();
    world.next_period().await.unwrap();
    world.bank.advance(WEEK / 2).await;

    // Then emission goes on, within the cap.
    world.claim(&staker).await.unwrap();
    assert!(world.balance(&staker).await > before);
    assert!(supply(&mut world).await <= spec.hard_cap);
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn n8_a_withheld_crank_does_not_lift_the_cap_of_a_period() {
    // Given at most 100 ppm of the supply a period, and no crank for a year.
    let mut world = draft().await;
    let limits = LimitSettings {
        period_emission_ppm: 100,
        ..limits_of(&*world.economy().await)
    };
    world.configure(Setting::Limits(limits)).await.unwrap();
    world.hand_over_mint(Funding::Mint).await;
    world.go_live().await.unwrap();
    let staker = staker_with_all_of(&mut world, 500 * TOKEN).await;
    let before = world.economy().await.totals.supply;
    world.bank.advance(52 * WEEK).await;

    world.claim(&staker).await.unwrap();

    // Then one period's cap was emitted, and not more.
    let cap = before / 10_000;
    let paid = world.balance(&staker).await;
    assert!(paid <= cap && paid > cap - 10 * TOKEN, "{paid} of {cap}");
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn n8_without_any_allowance_nothing_is_emitted() {
    let mut world = draft().await;
    let limits = LimitSettings {
        period_emission_ppm: 0,
        ..limits_of(&*world.economy().await)
    };
    world.configure(Setting::Limits(limits)).await.unwrap();
    world.hand_over_mint(Funding::Mint).await;
    let before = supply(&mut world).await;

    world.go_live().await.unwrap();

    let staker = staker_with_all_of(&mut world, 500 * TOKEN).await;
    for _ in 0..3 {
        world.next_period().await.unwrap();
        world.claim(&staker).await.unwrap();
    }
    assert_eq!(supply(&mut world).await, before);
    assert_eq!(world.balance(&staker).await, 0);
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn n8_a_funded_economy_pays_what_it_has() {
    // Given funds for less than a day of emission.
    let funds = 100_000 * TOKEN;
    let mut world = funded_draft().await;
    fund(&mut world, funds).await.unwrap();
    world.go_live().await.unwrap();
    let staker = staker_with_all_of(&mut world, 500 * TOKEN).await;

    // When they are used up, what accrued is paid and nothing accrues.
    world.bank.advance(5 * WEEK).await;
    world.claim(&staker).await.unwrap();
    let paid = world.balance(&staker).await;
    assert!(paid <= funds && paid > funds - 10 * TOKEN, "{paid}");
    world.crank().await.unwrap();
    world.bank.advance(WEEK).await;
    world.claim(&staker).await.unwrap();
    assert!(world.balance(&staker).await <= funds);
    assert_sound(&mut world).await;

    // When it is funded again, emission resumes with the next crank.
    fund(&mut world, funds).await.unwrap();
    let idle = world.balance(&staker).await;
    world.claim(&staker).await.unwrap();
    assert_eq!(world.balance(&staker).await, idle, "not before");
    world.crank().await.unwrap();
    world.bank.advance(WEEK).await;
    world.claim(&staker).await.unwrap();
    let paid = world.balance(&staker).await;
    assert!(paid <= 2 * funds && paid > 2 * funds - 20 * TOKEN, "{paid}");
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn n8_a_funded_economy_never_touches_the_supply() {
    let mut world = funded_draft().await;
    fund(&mut world, 10_000_000 * TOKEN).await.unwrap();
    world.go_live().await.unwrap();
    let before = supply(&mut world).await;
    let staker = staker_with_all_of(&mut world, 500 * TOKEN).await;

    for _ in 0..4 {
        world.next_period().await.unwrap();
        world.claim(&staker).await.unwrap();
        assert_sound(&mut world).await;
    }

    assert_eq!(supply(&mut world).await, before);
    assert!(world.balance(&staker).await > 0);
}
