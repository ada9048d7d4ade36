//! `request_unstake`, `cancel_unstake`, `withdraw`: the way out.

use anchor_lang::error::ErrorCode;
use homeostat::state::pause::Pause;
use homeostat_client::Life;
use homeostat_sandbox::{
    world::{TOKEN, WEEK},
    MintSpec, TokenProgram, World,
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
    all_is_well(&mut world).await;

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
    all_is_well(&mut world).await;
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
async fn u1_foreign_position() {
    let mut world = World::new().await;
    let victim = world.staker(10 * TOKEN).await;
    world.request_unstake(&victim, 5 * TOKEN).await.unwrap();
    world.bank.advance(WEEK).await;
    let attacker = world.staker(TOKEN).await;
    let (mine, theirs) = (position_of(&world, &attacker), position_of(&world, &victim));

    for theft in [
        request_unstake_ix(&world, &attacker, TOKEN),
        cancel_unstake_ix(&world, &attacker, 0),
        withdraw_ix(&world, &attacker),
    ] {
        attack(
            &mut world,
            &[swapped(theft, &mine, &theirs)],
            &[&attacker.key],
        )
        .await
        .is_refused_with(ErrorCode::ConstraintHasOne);
    }

    // Without the victim's signature nothing moves either.
    for forged in [
        request_unstake_ix(&world, &victim, TOKEN),
        cancel_unstake_ix(&world, &victim, 0),
        withdraw_ix(&world, &victim),
    ] {
        attack(&mut world, &[unsigned(forged, &victim.pubkey())], &[])
            .await
            .is_refused_with(ErrorCode::AccountNotSigner);
    }
}

#[tokio::test]
async fn u2_more_than_is_staked() {
    let mut world = World::new().await;
    world.staker(100 * TOKEN).await;
    let wallet = world.staker(10 * TOKEN).await;

    for too_much in [10 * TOKEN + 1, u64::MAX] {
        let request = request_unstake_ix(&world, &wallet, too_much);
        attack(&mut world, &[request], &[&wallet.key])
            .await
            .is_refused_with(HomeostatError::InsufficientStake);
    }
}

#[tokio::test]
async fn u2_twice_in_one_transaction() {
    let mut world = World::new().await;
    world.staker(100 * TOKEN).await;
    let wallet = world.staker(10 * TOKEN).await;

    let six = request_unstake_ix(&world, &wallet, 6 * TOKEN);
    attack(&mut world, &[six.clone(), six], &[&wallet.key])
        .await
        .is_refused_with(HomeostatError::InsufficientStake);

    // Nor is a ticket paid twice.
    world.request_unstake(&wallet, 10 * TOKEN).await.unwrap();
    world.bank.advance(WEEK).await;
    let withdraw = withdraw_ix(&world, &wallet);
    attack(&mut world, &[withdraw.clone(), withdraw], &[&wallet.key])
        .await
        .is_refused_with(HomeostatError::NothingToWithdraw);
    // Nor both paid and put back to work.
    let both = [
        withdraw_ix(&world, &wallet),
        cancel_unstake_ix(&world, &wallet, 0),
    ];
    attack(&mut world, &both, &[&wallet.key])
        .await
        .is_refused_with(HomeostatError::NoSuchTicket);
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
        attack(&mut world, std::slice::from_ref(&withdraw), &[&wallet.key])
            .await
            .is_refused_with(HomeostatError::StillLocked);
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
    attack(&mut world, &[withdraw], &[&wallet.key])
        .await
        .is_refused_with(HomeostatError::StillLocked);
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
    all_is_well(&mut world).await;
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
    all_is_well(&mut world).await;
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
    all_is_well(&mut world).await;

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
    all_is_well(&mut world).await;
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
    assert_eq!(position.last_add_at, world.bank.now());
    assert_eq!(earned(&mut world, &wallet).await, at_request);
    let economy = world.economy().await;
    let before = emission_by_hand(&economy, 0, world.bank.now());
    world.bank.advance(DAY).await;
    let streamed = emission_by_hand(&economy, 0, world.bank.now()) - before;
    let gained = earned(&mut world, &wallet).await - at_request;
    assert!(streamed.abs_diff(gained) <= u128::from(10 * TOKEN));
    all_is_well(&mut world).await;
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
    all_is_well(&mut world).await;
}

#[tokio::test]
async fn fail_cancel_a_ticket_that_is_not_there() {
    let mut world = World::new().await;
    let wallet = world.staker(10 * TOKEN).await;
    world.request_unstake(&wallet, TOKEN).await.unwrap();

    for slot in [1, 7, 8, u8::MAX] {
        let cancel = cancel_unstake_ix(&world, &wallet, slot);
        attack(&mut world, &[cancel], &[&wallet.key])
            .await
            .is_refused_with(HomeostatError::NoSuchTicket);
    }

    let once = cancel_unstake_ix(&world, &wallet, 0);
    attack(&mut world, &[once.clone(), once], &[&wallet.key])
        .await
        .is_refused_with(HomeostatError::NoSuchTicket);
}

#[tokio::test]
async fn fail_cancel_after_life() {
    let mut world = World::new().await;
    let wallet = world.staker(10 * TOKEN).await;
    world.request_unstake(&wallet, TOKEN).await.unwrap();
    edit_economy(&mut world, |economy| economy.life = Life::Retired as u8).await;

    let cancel = cancel_unstake_ix(&world, &wallet, 0);

    attack(&mut world, &[cancel], &[&wallet.key])
        .await
        .is_refused_with(HomeostatError::NotLive);
}

#[tokio::test]
async fn success_exits_of_a_draft_find_nothing() {
    // A position can be opened before the economy lives; its exits answer, and
    // there is nothing behind them.
    let mut world = World::build(&WorldSpec {
        draft: true,
        ..WorldSpec::default()
    })
    .await;
    let wallet = world.wallet(TOKEN).await;
    world.open(&wallet).await.unwrap();
    world.bank.advance(DAY).await;

    let claim = world.claim_ix(&wallet);
    world.bank.send(&[claim], &[&wallet.key]).await.unwrap();
    assert_eq!(world.balance(&wallet).await, TOKEN);
    for (exit, error) in [
        (
            request_unstake_ix(&world, &wallet, 1),
            HomeostatError::InsufficientStake,
        ),
        (
            cancel_unstake_ix(&world, &wallet, 0),
            HomeostatError::NotLive,
        ),
        (
            withdraw_ix(&world, &wallet),
            HomeostatError::NothingToWithdraw,
        ),
    ] {
        attack(&mut world, &[exit], &[&wallet.key])
            .await
            .is_refused_with(error);
    }

    // Once it lives, that position stakes and earns like any other.
    world.hand_over_mint(homeostat_client::Funding::Mint).await;
    world.go_live().await.unwrap();
    world.stake(&wallet, TOKEN).await.unwrap();
    let start = world.bank.now();
    world.bank.advance(DAY).await;
    let economy = world.economy().await;
    let rate = economy.stream.lanes[0].rate_q64.get();
    let seconds = u128::from((world.bank.now() - start).unsigned_abs());
    world.claim(&wallet).await.unwrap();
    assert_eq!(
        world.balance(&wallet).await,
        sole_share(rate * seconds, TOKEN)
    );
    all_is_well(&mut world).await;
}

#[tokio::test]
async fn fail_unstake_nothing() {
    let mut world = World::new().await;
    let wallet = world.staker(10 * TOKEN).await;

    let request = request_unstake_ix(&world, &wallet, 0);

    attack(&mut world, &[request], &[&wallet.key])
        .await
        .is_refused_with(HomeostatError::AmountTooSmall);
}

#[tokio::test]
async fn fail_withdraw_without_a_ticket() {
    let mut world = World::new().await;
    let wallet = world.staker(10 * TOKEN).await;

    let withdraw = withdraw_ix(&world, &wallet);

    attack(&mut world, &[withdraw], &[&wallet.key])
        .await
        .is_refused_with(HomeostatError::NothingToWithdraw);
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
    all_is_well(&mut world).await;
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

#[tokio::test]
async fn u6_vault_substitution() {
    // Given two pools with stake in both,
    let mut world = World::build(&WorldSpec {
        liquidity: vec![1],
        ..WorldSpec::default()
    })
    .await;
    let wallet = world.staker(10 * TOKEN).await;
    world.request_unstake(&wallet, 10 * TOKEN).await.unwrap();
    world.bank.advance(WEEK).await;
    let vault = principal_vault(&world);
    let other_pool = world.at.pool(&world.pools[1].mint);
    let withdraw = withdraw_ix(&world, &wallet);

    // another vault of the economy is not the pool's,
    for other in [
        address::principal_vault(&other_pool),
        world.at.reward_vault,
        world.at.treasury_vault,
        address::fee_vault(&world.at.meter(0)),
    ] {
        attack(
            &mut world,
            &[swapped(withdraw.clone(), &vault, &other)],
            &[&wallet.key],
        )
        .await
        .is_refused_with(ErrorCode::ConstraintHasOne);
    }

    // nor is another pool the position's.
    let elsewhere = swapped(
        request_unstake_ix(&world, &wallet, 1),
        &world.native_pool(),
        &other_pool,
    );
    attack(&mut world, &[elsewhere], &[&wallet.key])
        .await
        .is_refused_with(ErrorCode::ConstraintHasOne);
}

#[tokio::test]
async fn u6_withdraw_to_the_owner_only() {
    let mut world = World::new().await;
    let wallet = world.staker(10 * TOKEN).await;
    let thief = world.wallet(0).await;
    world.request_unstake(&wallet, 10 * TOKEN).await.unwrap();
    world.bank.advance(WEEK).await;
    let withdraw = withdraw_ix(&world, &wallet);

    // Not to somebody else, not to an account of another mint, not in a circle,
    let worthless = world
        .bank
        .create_mint(&MintSpec::plain(TokenProgram::Token2022))
        .await;
    let of_another_mint = world.bank.create_tokens(&worthless, &wallet.pubkey()).await;
    for (to, code) in [
        (thief.tokens, ErrorCode::ConstraintTokenOwner),
        (of_another_mint, ErrorCode::ConstraintTokenMint),
        (
            principal_vault(&world),
            ErrorCode::ConstraintDuplicateMutableAccount,
        ),
    ] {
        attack(
            &mut world,
            &[swapped(withdraw.clone(), &wallet.tokens, &to)],
            &[&wallet.key],
        )
        .await
        .is_refused_with(code);
    }

    // but to any account of the owner's.
    let mint = world.at.mint;
    let second = world.bank.create_tokens(&mint, &wallet.pubkey()).await;
    world
        .bank
        .send(
            &[swapped(withdraw, &wallet.tokens, &second)],
            &[&wallet.key],
        )
        .await
        .unwrap();
    assert_eq!(world.bank.balance(&second).await, 10 * TOKEN);
    assert_eq!(world.balance(&wallet).await, 0);
}

/// A staker with rewards and a ticket that has unlocked.
async fn ready_to_leave() -> (World, Wallet) {
    let mut world = World::new().await;
    let wallet = world.staker(10 * TOKEN).await;
    world.bank.advance(DAY).await;
    world.request_unstake(&wallet, 5 * TOKEN).await.unwrap();
    world.bank.advance(WEEK).await;
    (world, wallet)
}

/// Unstakes, withdraws, claims; closes after that.
async fn leaves_entirely(world: &mut World, wallet: &Wallet) {
    let due = (earned(world, wallet).await >> 64) as u64;
    assert!(due > 0);
    world.request_unstake(wallet, 5 * TOKEN).await.unwrap();
    world.withdraw(wallet).await.unwrap();
    assert_eq!(world.balance(wallet).await, 5 * TOKEN);
    let claim = [world.top_up_ix(), world.claim_ix(wallet)];
    let claim = if world.economy().await.life == Life::Live as u8 {
        &claim[..]
    } else {
        &claim[1..]
    };
    world.bank.send(claim, &[&wallet.key]).await.unwrap();
    assert_eq!(world.balance(wallet).await, 5 * TOKEN + due);
    world.bank.advance(WEEK + DAY).await;
    world.withdraw(wallet).await.unwrap();
    assert_eq!(world.balance(wallet).await, 10 * TOKEN + due);
    world.close_position(wallet).await.unwrap();
}

#[tokio::test]
async fn u8_exit_while_everything_is_paused() {
    let (mut world, wallet) = ready_to_leave().await;
    let now = world.bank.now();
    edit_economy(&mut world, |economy| {
        for pause in &mut economy.pauses {
            *pause = Pause {
                from: now,
                until: now + 4 * WEEK,
                ..Pause::default()
            };
        }
        economy.stream.pause_from = now;
        economy.stream.pause_until = now + 4 * WEEK;
    })
    .await;

    let stake = world.stake_ix(&wallet, 1);
    attack(&mut world, &[stake], &[&wallet.key])
        .await
        .is_refused_with(HomeostatError::Paused);
    leaves_entirely(&mut world, &wallet).await;
}

#[tokio::test]
async fn u8_exit_while_the_breaker_holds() {
    let (mut world, wallet) = ready_to_leave().await;
    let now = world.bank.now();
    edit_economy(&mut world, |economy| {
        economy.tripped = 1;
        for controller in &mut economy.controllers {
            homeostat_tests::latch(controller, now);
        }
    })
    .await;

    leaves_entirely(&mut world, &wallet).await;
}

#[tokio::test]
async fn u8_exit_after_a_real_trip() {
    // Given a reward vault that lost a token, which a crank finds out,
    let mut world = World::new().await;
    let wallet = world.staker(10 * TOKEN).await;
    let vault = world.at.reward_vault;
    let held = world.bank.balance(&vault).await;
    world.bank.set_balance(&vault, held - TOKEN).await;
    world.next_period().await.unwrap();
    assert_eq!(world.economy().await.tripped, 1);
    let due = (earned(&mut world, &wallet).await >> 64) as u64;

    // then nothing accrues any more, and what is in the vaults can be taken:
    // the stake whole, the rewards as far as they are there.
    world.bank.advance(DAY).await;
    assert_eq!((earned(&mut world, &wallet).await >> 64) as u64, due);
    world.request_unstake(&wallet, 10 * TOKEN).await.unwrap();
    world.bank.advance(WEEK).await;
    world.withdraw(&wallet).await.unwrap();
    assert_eq!(world.balance(&wallet).await, 10 * TOKEN);
    let claim = world.claim_ix(&wallet);
    attack(&mut world, std::slice::from_ref(&claim), &[&wallet.key])
        .await
        .is_refused_with(HomeostatError::RewardVaultShort);
    let (mint, creator) = (world.at.mint, world.creator.insecure_clone());
    let reserve = world.reserve;
    world
        .bank
        .transfer(&mint, &reserve, &vault, &creator, TOKEN)
        .await;
    world.bank.send(&[claim], &[&wallet.key]).await.unwrap();
    assert_eq!(world.balance(&wallet).await, 10 * TOKEN + due);
}

#[tokio::test]
async fn u8_exit_after_life() {
    let (mut world, wallet) = ready_to_leave().await;
    // What retirement does: accrual stops, what is owed is minted.
    world.top_up().await.unwrap();
    let now = world.bank.now();
    edit_economy(&mut world, |economy| {
        economy.stream.settle(now).unwrap();
        economy.stream.emit_until = now;
        economy.life = Life::Retired as u8;
    })
    .await;

    leaves_entirely(&mut world, &wallet).await;
}

#[tokio::test]
async fn u8_exit_while_cranks_stay_away() {
    // Nobody cranks for a year: exits do not wait for a keeper.
    let (mut world, wallet) = ready_to_leave().await;
    world.bank.advance(52 * WEEK).await;

    leaves_entirely(&mut world, &wallet).await;
}

#[tokio::test]
async fn u8_exit_while_the_vault_owes_more_than_it_holds() {
    // Given a principal vault that lost a unit (which no instruction can do),
    let mut world = World::new().await;
    let wallet = world.staker(10 * TOKEN).await;
    world.staker(10 * TOKEN).await;
    world.request_unstake(&wallet, 10 * TOKEN).await.unwrap();
    world.bank.advance(WEEK).await;
    let vault = principal_vault(&world);
    world.bank.set_balance(&vault, 20 * TOKEN - 1).await;

    // whoever can be paid is paid: exits are never gated. The breaker stops the
    // emission meanwhile (see `safety`).
    let before = world.balance(&wallet).await;
    world.withdraw(&wallet).await.unwrap();
    assert_eq!(world.balance(&wallet).await, before + 10 * TOKEN);
}

#[tokio::test]
async fn g20_exit_while_the_clock_steps_back() {
    // Given accounts that were settled at a time the clock has left again,
    let (mut world, wallet) = ready_to_leave().await;
    world.claim(&wallet).await.unwrap();
    let (now, held) = (world.bank.now(), world.balance(&wallet).await);
    world.bank.set_time(now - 30).await;

    // exits go on, and nothing is paid a second time.
    world.claim(&wallet).await.unwrap();
    assert_eq!(world.balance(&wallet).await, held);
    world.request_unstake(&wallet, 5 * TOKEN).await.unwrap();
    world.bank.set_time(now).await;
    world.claim(&wallet).await.unwrap();
    assert_eq!(world.balance(&wallet).await, held);
    all_is_well(&mut world).await;
}
