//! `request_unstake`, `cancel_unstake`, `withdraw`: tickets, and the time that they wait.

use homeostat_sandbox::{
    world::{TOKEN, WEEK},
    World,
};
use homeostat_tests::HomeostatError;

use super::*;

/// Amounts and unlock times of a position's tickets, free slots left out.
async fn tickets(world: &mut World, wallet: &Wallet) -> Vec<(u64, i64)> {
    let position = world.position(wallet).await;
    let used = position.tickets.iter().filter(|ticket| ticket.amount > 0);
    used.map(|ticket| (ticket.amount, ticket.unlock_at))
        .collect()
}

#[tokio::test]
async fn success_stake_leaves_by_ticket() {
    let mut world = World::new().await;
    let wallet = world.staker(10 * TOKEN).await;
    let stayed = world.staker(5 * TOKEN).await;
    let (pool, owner) = (world.native_pool(), wallet.pubkey());
    let unlock_at = world.bank.now() + WEEK;

    // The request moves stake into a ticket,
    let request = request_unstake_ix(&world, &wallet, 4 * TOKEN);
    let requested = the_event!(world, &[request], &[&wallet.key], UnstakeRequested);
    world.request_unstake(&wallet, 4 * TOKEN).await.unwrap();
    assert_eq!((requested.pool, requested.owner), (pool, owner));
    assert_eq!(requested.amount, 4 * TOKEN);
    assert_eq!(requested.old_amount, 10 * TOKEN);
    assert_eq!(requested.new_amount, 6 * TOKEN);
    assert_eq!(requested.unlock_at, unlock_at);
    assert_eq!(requested.total, 11 * TOKEN);
    assert_eq!(tickets(&mut world, &wallet).await, [(4 * TOKEN, unlock_at)]);
    assert_sound(&mut world).await;

    // and the ticket becomes tokens.
    world.bank.set_time(unlock_at).await;
    let withdraw = withdraw_ix(&world, &wallet);
    let withdrawn = the_event!(world, &[withdraw], &[&wallet.key], Withdrawn);
    world.withdraw(&wallet).await.unwrap();
    assert_eq!((withdrawn.pool, withdrawn.owner), (pool, owner));
    assert_eq!(withdrawn.amount, 4 * TOKEN);
    assert_eq!(
        (withdrawn.old_unbonding, withdrawn.new_unbonding),
        (4 * TOKEN, 0)
    );
    assert_eq!(world.balance(&wallet).await, 4 * TOKEN);
    assert_eq!(tickets(&mut world, &wallet).await, []);
    assert_eq!(world.position(&stayed).await.amount, 5 * TOKEN);
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn success_stake_stops_earning_in_the_second_it_unbonds() {
    // Given a staker who unbonds everything and another who stays,
    let mut world = World::new().await;
    let wallet = world.staker(10 * TOKEN).await;
    let stayed = world.staker(10 * TOKEN).await;
    world.bank.advance(DAY).await;
    world.request_unstake(&wallet, 10 * TOKEN).await.unwrap();
    let until_then = earned(&mut world, &wallet).await;
    let economy = world.economy().await;
    let at_request = emission_by_hand(&economy, 0, world.bank.now());
    assert!(until_then > 0);

    // when time passes, he earns nothing more and the other one everything.
    let others = earned(&mut world, &stayed).await;
    world.bank.advance(DAY).await;
    assert_eq!(earned(&mut world, &wallet).await, until_then);
    let streamed = emission_by_hand(&economy, 0, world.bank.now()) - at_request;
    let gained = earned(&mut world, &stayed).await - others;
    assert!(streamed.abs_diff(gained) <= u128::from(20 * TOKEN));

    world.claim(&wallet).await.unwrap();
    assert_eq!(world.balance(&wallet).await, (until_then >> 64) as u64);
}

#[tokio::test]
async fn u3_early() {
    let mut world = World::new().await;
    let wallet = world.staker(10 * TOKEN).await;
    world.bank.advance(12_345).await;
    world.request_unstake(&wallet, 10 * TOKEN).await.unwrap();
    let unlock = world.bank.now() + WEEK;
    let withdraw = withdraw_ix(&world, &wallet);

    for early in [world.bank.now(), unlock - DAY, unlock - 1] {
        world.bank.set_time(early).await;
        attack(
            &mut world,
            std::slice::from_ref(&withdraw),
            &[&wallet.key],
            HomeostatError::StillLocked,
        )
        .await;
    }

    world.bank.set_time(unlock).await;
    world.withdraw(&wallet).await.unwrap();
    assert_eq!(world.balance(&wallet).await, 10 * TOKEN);
}

#[tokio::test]
async fn u3_an_unlock_time_is_fixed_when_the_ticket_is_made() {
    // Given a ticket, when the unbonding time changes afterwards,
    let mut world = World::new().await;
    let wallet = world.staker(10 * TOKEN).await;
    world.request_unstake(&wallet, 5 * TOKEN).await.unwrap();
    let unlock = world.bank.now() + WEEK;
    edit_economy(&mut world, |economy| {
        economy.limits.unbonding = 4 * WEEK as u32;
    })
    .await;

    // it still unlocks when it said it would.
    world.bank.set_time(unlock).await;
    world.withdraw(&wallet).await.unwrap();
    assert_eq!(world.balance(&wallet).await, 5 * TOKEN);
}

#[tokio::test]
async fn u3_no_merge_shortens_a_wait() {
    // Given a ticket that unlocks at noon a week from now,
    let mut world = World::new().await;
    let wallet = world.staker(10 * TOKEN).await;
    let midnight = world.bank.now();
    world.bank.advance(DAY / 2).await;
    world.request_unstake(&wallet, 9 * TOKEN).await.unwrap();
    let noon = midnight + DAY / 2 + WEEK;

    // when the unbonding time is cut and a ticket of that morning joins it,
    edit_economy(&mut world, |economy| {
        economy.limits.unbonding = (WEEK - DAY / 4) as u32;
    })
    .await;
    world.request_unstake(&wallet, TOKEN).await.unwrap();

    // both wait until noon.
    assert_eq!(tickets(&mut world, &wallet).await, [(10 * TOKEN, noon)]);
    world.bank.set_time(noon - 1).await;
    let withdraw = withdraw_ix(&world, &wallet);
    attack(
        &mut world,
        &[withdraw],
        &[&wallet.key],
        HomeostatError::StillLocked,
    )
    .await;
}

#[tokio::test]
async fn u3_a_cancelled_ticket_waits_its_whole_time_again() {
    let mut world = World::new().await;
    let wallet = world.staker(10 * TOKEN).await;
    world.request_unstake(&wallet, 10 * TOKEN).await.unwrap();
    world.bank.advance(WEEK - 1).await;

    let back_and_forth = [
        cancel_unstake_ix(&world, &wallet, 0),
        request_unstake_ix(&world, &wallet, 10 * TOKEN),
    ];
    world
        .bank
        .send(&back_and_forth, &[&wallet.key])
        .await
        .unwrap();

    let unlock = world.bank.now() + WEEK;
    assert_eq!(tickets(&mut world, &wallet).await, [(10 * TOKEN, unlock)]);
}

#[tokio::test]
async fn success_only_unlocked_tickets_are_paid() {
    let mut world = World::new().await;
    let wallet = world.staker(10 * TOKEN).await;
    let first = world.bank.now() + WEEK;
    for amount in [1, 2, 4] {
        world
            .request_unstake(&wallet, amount * TOKEN)
            .await
            .unwrap();
        world.bank.advance(DAY).await;
    }

    world.bank.set_time(first + DAY).await;
    world.withdraw(&wallet).await.unwrap();

    assert_eq!(world.balance(&wallet).await, 3 * TOKEN);
    assert_eq!(
        tickets(&mut world, &wallet).await,
        [(4 * TOKEN, first + 2 * DAY)]
    );
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn success_tickets_of_one_day_merge_at_the_later_time() {
    // Genesis is a midnight, so a whole day lies ahead.
    let mut world = World::new().await;
    let wallet = world.staker(10 * TOKEN).await;
    let midnight = world.bank.now();
    assert_eq!((midnight + WEEK) % DAY, 0);

    world.request_unstake(&wallet, TOKEN).await.unwrap();
    world.bank.set_time(midnight + DAY - 1).await;
    world.request_unstake(&wallet, 2 * TOKEN).await.unwrap();
    assert_eq!(
        tickets(&mut world, &wallet).await,
        [(3 * TOKEN, midnight + DAY - 1 + WEEK)]
    );

    world.bank.set_time(midnight + DAY).await;
    world.request_unstake(&wallet, 4 * TOKEN).await.unwrap();
    assert_eq!(
        tickets(&mut world, &wallet).await,
        [
            (3 * TOKEN, midnight + DAY - 1 + WEEK),
            (4 * TOKEN, midnight + DAY + WEEK),
        ]
    );
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn success_a_ninth_ticket_joins_the_youngest() {
    // Given eight tickets on eight days, with an unbonding time that is longer,
    let mut world = world_with(|limits| limits.unbonding = 2 * WEEK as u32).await;
    let wallet = world.staker(100 * TOKEN).await;
    let start = world.bank.now();
    for day in 0..8 {
        world.bank.set_time(start + day * DAY).await;
        world.request_unstake(&wallet, TOKEN).await.unwrap();
    }
    assert_eq!(tickets(&mut world, &wallet).await.len(), 8);

    // when a ninth comes on the ninth day,
    world.bank.set_time(start + 8 * DAY).await;
    world.request_unstake(&wallet, 5 * TOKEN).await.unwrap();

    // then it is not refused: the youngest takes it in and waits with it,
    let held = tickets(&mut world, &wallet).await;
    assert_eq!(held.len(), 8);
    assert_eq!(held[7], (6 * TOKEN, start + 8 * DAY + 2 * WEEK));
    assert_eq!(held[6], (TOKEN, start + 6 * DAY + 2 * WEEK));
    assert_sound(&mut world).await;

    // and a slot that a withdrawal frees is used again.
    world.bank.set_time(start + 2 * WEEK).await;
    world.withdraw(&wallet).await.unwrap();
    world.request_unstake(&wallet, 7 * TOKEN).await.unwrap();
    let held = tickets(&mut world, &wallet).await;
    assert_eq!(held.len(), 8);
    assert!(held.contains(&(7 * TOKEN, start + 4 * WEEK)));
}

#[tokio::test]
async fn success_a_withdrawal_frees_the_slots_for_a_ninth_ticket() {
    // Given eight tickets that have all unlocked and were left lying,
    let mut world = World::new().await;
    let wallet = world.staker(100 * TOKEN).await;
    for _ in 0..8 {
        world.request_unstake(&wallet, TOKEN).await.unwrap();
        world.bank.advance(DAY).await;
    }
    world.bank.advance(2 * WEEK).await;
    let unlock = world.bank.now() + WEEK;

    // when the ninth follows a withdrawal in the same transaction,
    let out = [
        withdraw_ix(&world, &wallet),
        request_unstake_ix(&world, &wallet, TOKEN),
    ];
    world.bank.send(&out, &[&wallet.key]).await.unwrap();

    // then nothing that had unlocked waits again.
    assert_eq!(world.balance(&wallet).await, 8 * TOKEN);
    assert_eq!(tickets(&mut world, &wallet).await, [(TOKEN, unlock)]);
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn success_a_cancelled_ticket_earns_again_from_that_second_on() {
    let mut world = World::new().await;
    let wallet = world.staker(10 * TOKEN).await;
    world.bank.advance(DAY).await;
    world.request_unstake(&wallet, 10 * TOKEN).await.unwrap();
    let at_request = earned(&mut world, &wallet).await;
    world.bank.advance(DAY).await;

    // When it goes back to work,
    let cancel = cancel_unstake_ix(&world, &wallet, 0);
    let event = the_event!(world, &[cancel], &[&wallet.key], UnstakeCancelled);
    world.cancel_unstake(&wallet, 0).await.unwrap();
    assert_eq!(
        (event.pool, event.owner),
        (world.native_pool(), wallet.pubkey())
    );
    assert_eq!(event.amount, 10 * TOKEN);
    assert_eq!((event.old_amount, event.new_amount), (0, 10 * TOKEN));
    assert_eq!(event.total, 10 * TOKEN);

    // it counts as new stake, and the day off is not paid.
    let position = world.position(&wallet).await;
    assert_eq!(position.votes_from, world.bank.now());
    assert_eq!(earned(&mut world, &wallet).await, at_request);
    let economy = world.economy().await;
    let before = emission_by_hand(&economy, 0, world.bank.now());
    world.bank.advance(DAY).await;
    let streamed = emission_by_hand(&economy, 0, world.bank.now()) - before;
    let gained = earned(&mut world, &wallet).await - at_request;
    assert!(streamed.abs_diff(gained) <= u128::from(10 * TOKEN));
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn success_an_unlocked_ticket_can_still_go_back_to_work() {
    let mut world = World::new().await;
    let wallet = world.staker(10 * TOKEN).await;
    world.request_unstake(&wallet, 10 * TOKEN).await.unwrap();
    world.bank.advance(2 * WEEK).await;

    world.cancel_unstake(&wallet, 0).await.unwrap();

    assert_eq!(world.position(&wallet).await.amount, 10 * TOKEN);
    assert_eq!(tickets(&mut world, &wallet).await, []);
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn success_without_unbonding_time_stake_leaves_at_once() {
    let mut world = world_with(|limits| limits.unbonding = 0).await;
    let wallet = world.staker(10 * TOKEN).await;

    let out = [
        request_unstake_ix(&world, &wallet, 10 * TOKEN),
        withdraw_ix(&world, &wallet),
    ];
    world.bank.send(&out, &[&wallet.key]).await.unwrap();

    assert_eq!(world.balance(&wallet).await, 10 * TOKEN);
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn success_stake_below_the_minimum_may_remain_and_leave() {
    // The minimum is for what is added; an exit is never refused because of it.
    let mut world = world_with(|limits| limits.min_stake = TOKEN).await;
    let wallet = world.staker(TOKEN).await;

    world.request_unstake(&wallet, TOKEN - 1).await.unwrap();
    world.bank.advance(DAY).await;
    world.request_unstake(&wallet, 1).await.unwrap();
    world.bank.advance(WEEK).await;
    world.withdraw(&wallet).await.unwrap();

    assert_eq!(world.balance(&wallet).await, TOKEN);
}
