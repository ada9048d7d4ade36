//! Accrual: each second at the rate of that second, to those who staked in it, and to nobody else.

use homeostat_client::{Controller, Funding};
use homeostat_sandbox::{
    world::{TOKEN, WEEK},
    World, WorldSpec,
};

use super::*;

/// Rate and bounds of the native lane in one period, as the economy records them.
pub(super) struct Stretch {
    rate: u128,
    from: i64,
    until: i64,
}

pub(super) async fn stretch(world: &mut World) -> Stretch {
    let economy = world.economy().await;
    Stretch {
        rate: economy.stream.lanes[0].rate_q64.get(),
        from: economy.stream.t0,
        until: economy.stream.emit_until,
    }
}

/// `sum(rate x seconds)` over stretches that end where the next begins, the
/// last at `end` (Q64.64).
pub(super) fn streamed(stretches: &[Stretch], end: i64) -> u128 {
    let ends = stretches
        .iter()
        .skip(1)
        .map(|next| next.from)
        .chain(std::iter::once(end));
    stretches
        .iter()
        .zip(ends)
        .map(|(s, end)| s.rate * u128::from((end.min(s.until) - s.from).unsigned_abs()))
        .sum()
}

#[tokio::test]
async fn c3_a_new_rate_does_not_reach_back() {
    // Given a rate that changes between two claims' worth of time,
    let mut world = World::new().await;
    let wallet = world.staker(100 * TOKEN).await;
    let start = world.bank.now();
    let first = stretch(&mut world).await;
    world.bank.advance(WEEK + 3 * HOUR).await;
    world.crank().await.unwrap();
    let second = stretch(&mut world).await;
    let change = world.bank.now();
    assert_ne!(first.rate, second.rate);

    // in the second of the change only the old rate has counted,
    let old = first.rate * u128::from((change - start).unsigned_abs());
    assert_eq!(
        earned(&mut world, &wallet).await >> 64,
        u128::from(sole_share(old, 100 * TOKEN))
    );

    // and later each rate for its own time.
    world.bank.advance(5 * HOUR).await;
    let both = old + second.rate * u128::from((5 * HOUR).unsigned_abs());
    world.claim(&wallet).await.unwrap();
    assert_eq!(world.balance(&wallet).await, sole_share(both, 100 * TOKEN));
}

#[tokio::test]
async fn n2_no_old_rate_is_lost_over_three_cranks() {
    // Given a position that nobody touches over three cranks at odd times,
    let mut world = World::new().await;
    let wallet = world.staker(100 * TOKEN).await;
    let mut stretches = vec![stretch(&mut world).await];
    for late in [0, 17 * HOUR + 11, 40 * HOUR + 7] {
        let end = world.economy().await.next_end;
        world.bank.set_time(end + late).await;
        world.crank().await.unwrap();
        stretches.push(stretch(&mut world).await);
    }
    let rates: Vec<u128> = stretches.iter().map(|s| s.rate).collect();
    assert!(
        rates.windows(2).all(|pair| pair[0] != pair[1]),
        "each crank must bring another rate: {rates:?}"
    );

    // when it settles once at the end, it gets exactly the sum over all rates.
    world.bank.advance(2 * DAY + 1).await;
    let sum = streamed(&stretches, world.bank.now());
    world.claim(&wallet).await.unwrap();
    assert_eq!(world.balance(&wallet).await, sole_share(sum, 100 * TOKEN));
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn n2_fees_and_emission_are_both_paid_at_their_rates() {
    let mut world = World::new().await;
    let wallet = world.staker(100 * TOKEN).await;
    let buyer = world.wallet(10_000_000 * TOKEN).await;
    let shop = world.wallet(0).await;
    let mut stretches = vec![stretch(&mut world).await];
    let mut fees = 0u128;
    for volume in [1_000_000, 3_000_000, 2_000_000] {
        world
            .pay(&buyer, &shop.tokens, volume * TOKEN)
            .await
            .unwrap();
        world.collect(0).await.unwrap();
        let end = world.economy().await.next_end;
        let (rate, until) = {
            let stream = &world.economy().await.stream;
            (stream.fee_rate_q64.get(), stream.fee_until)
        };
        // Late cranks: fees stop streaming at the end of their period.
        world.bank.set_time(end + DAY).await;
        let from = stretches[stretches.len() - 1].from;
        fees += rate * u128::from((until - from).unsigned_abs());
        world.crank().await.unwrap();
        stretches.push(stretch(&mut world).await);
    }
    assert!(fees > 0);

    let sum = streamed(&stretches, world.bank.now()) + fees;
    world.claim(&wallet).await.unwrap();

    assert_eq!(world.balance(&wallet).await, sole_share(sum, 100 * TOKEN));
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn c5_time_without_stakers_belongs_to_nobody() {
    // Given an economy where nobody stakes for a period and a half,
    let mut world = World::new().await;
    let first = stretch(&mut world).await;
    let minted = world.economy().await.totals.supplied;
    assert!(minted > 0);
    world.next_period().await.unwrap();

    // when a crank has seen the empty period, its emission is back in the grant:
    // it is owed to nobody, and the next period is minted out of it,
    let economy = world.economy().await;
    let second = stretch(&mut world).await;
    let empty = first.rate * u128::from(WEEK.unsigned_abs());
    assert_eq!(economy.tally.returned_emission_q64.get(), empty);
    assert_eq!(economy.owed_emission(world.bank.now()).unwrap(), 0);
    let next = second.rate * u128::from(WEEK.unsigned_abs());
    assert_eq!(economy.totals.supplied, (next >> 64) as u64 + 1);

    // and the first staker starts at zero, with one unit,
    world.bank.advance(3 * DAY).await;
    let wallet = world.staker(1).await;
    world.claim(&wallet).await.unwrap();
    assert_eq!(world.balance(&wallet).await, 0);

    // to earn what streams from that second on.
    world.bank.advance(DAY).await;
    let due = second.rate * u128::from(DAY.unsigned_abs());
    world.claim(&wallet).await.unwrap();
    assert_eq!(world.balance(&wallet).await, (due >> 64) as u64);
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn c5_a_pool_that_empties_in_between_loses_only_that_time() {
    let mut world = World::new().await;
    let wallet = world.staker(100 * TOKEN).await;
    let rate = stretch(&mut world).await.rate;
    world.bank.advance(DAY).await;
    world.request_unstake(&wallet, 100 * TOKEN).await.unwrap();
    world.bank.advance(DAY).await;
    world.cancel_unstake(&wallet, 0).await.unwrap();
    world.bank.advance(DAY).await;

    world.claim(&wallet).await.unwrap();

    let two_days = rate * u128::from((2 * DAY).unsigned_abs());
    let got = world.balance(&wallet).await;
    assert!(got.abs_diff((two_days >> 64) as u64) <= 1);
    assert_eq!(
        world.pool(0).await.returned_emission_q64.get(),
        rate * u128::from(DAY.unsigned_abs())
    );
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn c5_fees_that_met_no_staker_stream_again() {
    // Given fees that stream for a whole period to an empty pool,
    let mut world = World::new().await;
    let (buyer, shop) = (
        world.wallet(10_000_000 * TOKEN).await,
        world.wallet(0).await,
    );
    world
        .pay(&buyer, &shop.tokens, 10_000_000 * TOKEN)
        .await
        .unwrap();
    world.collect(0).await.unwrap();
    let fees = world.meter(0).await.swept_stakers.get();
    assert!(fees > 0);
    world.next_period().await.unwrap();
    let rate = world.economy().await.stream.fee_rate_q64.get();
    world.next_period().await.unwrap();

    // they stream again in the next,
    let again = world.economy().await;
    assert_eq!(again.stream.fee_rate_q64.get(), rate);

    // to the staker who is there now, from his first second on.
    let half = WEEK / 2;
    world.bank.advance(half).await;
    let wallet = world.staker(100 * TOKEN).await;
    world.bank.advance(half).await;
    let expected = (again.stream.lanes[0].rate_q64.get() + rate) * u128::from(half.unsigned_abs());
    world.claim(&wallet).await.unwrap();
    assert_eq!(
        world.balance(&wallet).await,
        sole_share(expected, 100 * TOKEN)
    );
    assert_sound(&mut world).await;
}

/// A Funded economy whose vault holds `funds` when it goes live.
async fn funded_world(funds: u64) -> World {
    let mut world = World::build(&WorldSpec {
        funding: Funding::Funded,
        draft: true,
        ..WorldSpec::default()
    })
    .await;
    let creator = world.creator.pubkey();
    let fund = ix::fund_rewards(
        &world.at,
        &creator,
        &world.reserve,
        &world.token_program,
        funds,
    );
    world.run(&[fund]).await.unwrap();
    world.go_live().await.unwrap();
    world
}

#[tokio::test]
async fn c5_unused_funds_stream_again() {
    // Given a vault that lasts for less than a period, and nobody who stakes,
    let mut world = funded_world(1_000_000 * TOKEN).await;
    let grant = u128::from(1_000_000 * TOKEN) << 64;
    let first = stretch(&mut world).await;
    assert_eq!(
        u128::from((first.until - first.from).unsigned_abs()),
        grant / first.rate
    );
    assert!(first.until < world.economy().await.next_end);

    // the next period has the whole of it to give.
    world.next_period().await.unwrap();
    let second = stretch(&mut world).await;
    assert_eq!(
        u128::from((second.until - second.from).unsigned_abs()),
        grant / second.rate
    );
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn n8_a_vault_that_runs_dry_pays_what_accrued_and_no_more() {
    // Given a vault that lasts for less than a period,
    let mut world = funded_world(1_000_000 * TOKEN).await;
    let wallet = world.staker(100 * TOKEN).await;
    let only = stretch(&mut world).await;
    let end = world.economy().await.next_end;
    assert!(only.until < end);

    // when it has run dry, all that accrued is paid,
    world.bank.set_time(only.until).await;
    let due = earned(&mut world, &wallet).await;
    world.bank.set_time(end).await;
    assert_eq!(earned(&mut world, &wallet).await, due);
    world.claim(&wallet).await.unwrap();
    assert_eq!(world.balance(&wallet).await, (due >> 64) as u64);

    // and whoever stakes after that earns nothing.
    let late = world.staker(100 * TOKEN).await;
    world.bank.advance(DAY).await;
    assert_eq!(earned(&mut world, &late).await, 0);
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn success_a_pause_of_the_emission_is_not_paid() {
    // Given a pause of the stream whose end is known at its start,
    let mut world = World::new().await;
    let wallet = world.staker(100 * TOKEN).await;
    let rate = stretch(&mut world).await.rate;
    let now = world.bank.now();
    edit_economy(&mut world, |economy| {
        economy.stream.pause_from = now + DAY;
        economy.stream.pause_until = now + 2 * DAY;
    })
    .await;

    // then three days pay two, whether claimed in the pause or after it.
    let paid_for = |days: u64| sole_share(rate * u128::from(days * DAY as u64), 100 * TOKEN);
    for (hours, days) in [(30, 1), (40, 1), (48, 1), (72, 2)] {
        world.bank.set_time(now + hours * HOUR).await;
        world.claim(&wallet).await.unwrap();
        assert!(world.balance(&wallet).await.abs_diff(paid_for(days)) <= 1);
    }
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn success_tripped_controllers_hold_but_pay() {
    let mut world = World::new().await;
    let wallet = world.staker(100 * TOKEN).await;
    let now = world.bank.now();
    edit_economy(&mut world, |economy| {
        for controller in &mut economy.controllers {
            let controller: &mut Controller = controller;
            controller.trip_guard(now);
        }
    })
    .await;
    let before = stretch(&mut world).await;
    world.next_period().await.unwrap();
    let after = stretch(&mut world).await;

    // A held controller keeps its value; the emission goes on at that value.
    let economy = world.economy().await;
    assert_eq!(economy.controllers[0].state.u, 60_000);
    assert!(after.rate >= before.rate);
    world.bank.advance(DAY).await;
    assert!(earned(&mut world, &wallet).await > before.rate * WEEK as u128);
    world.claim(&wallet).await.unwrap();
    assert_sound(&mut world).await;
}
