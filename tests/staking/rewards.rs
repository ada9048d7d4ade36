//! `claim`: what was earned, to the unit, and nothing else.

use anchor_lang::error::ErrorCode;
use homeostat_client::{Controller, Funding};
use homeostat_sandbox::{
    world::{TOKEN, WEEK},
    Bank, MintSpec, TokenProgram, World, WorldSpec,
};
use homeostat_tests::HomeostatError;

use super::*;

#[tokio::test]
async fn success_a_sole_staker_gets_the_whole_emission() {
    let mut world = World::new().await;
    let wallet = world.staker(100 * TOKEN).await;
    world.bank.advance(DAY).await;
    let economy = world.economy().await;
    let due = sole_share(emission_by_hand(&economy, 0, world.bank.now()), 100 * TOKEN);
    // Six per cent a year on a thousand million tokens.
    assert_eq!(due / TOKEN, 1_000_000_000 * 6 / 100 / 365);

    let vault = world.at.reward_vault;
    let before = world.bank.balance(&vault).await;
    let claim = world.claim_ix(&wallet);
    let event = the_event!(world, std::slice::from_ref(&claim), &[&wallet.key], Claimed);
    world
        .bank
        .send(std::slice::from_ref(&claim), &[&wallet.key])
        .await
        .unwrap();

    assert_eq!(
        (event.pool, event.owner),
        (world.native_pool(), wallet.pubkey())
    );
    assert_eq!(event.amount, due);
    assert_eq!((event.old_claimed, event.new_claimed), (0, due));
    assert_eq!(world.balance(&wallet).await, due);
    assert_eq!(before - world.bank.balance(&vault).await, due);
    assert_eq!(world.pool(0).await.claimed, due);
    all_is_well(&mut world).await;

    // The next claim tells the total before and after it.
    world.bank.advance(DAY).await;
    let next = the_event!(world, &[claim], &[&wallet.key], Claimed);
    assert_eq!(next.old_claimed, due);
    assert_eq!(next.new_claimed, due + next.amount);
}

#[tokio::test]
async fn success_rewards_follow_stake_and_time() {
    // Given three stakers with one, two and one shares, the last from half time on,
    let mut world = World::new().await;
    let one = world.staker(100 * TOKEN).await;
    let two = world.staker(200 * TOKEN).await;
    world.bank.advance(DAY).await;
    let late = world.staker(100 * TOKEN).await;
    world.bank.advance(DAY).await;

    let rate = world.economy().await.stream.lanes[0].rate_q64.get();
    let day = rate * DAY as u128;
    for (wallet, due) in [
        (&one, day / 3 + day / 4),
        (&two, day * 2 / 3 + day / 2),
        (&late, day / 4),
    ] {
        let got = earned(&mut world, wallet).await;
        assert!(due.abs_diff(got) < u128::from(1_000 * TOKEN), "{due} {got}");
        world.claim(wallet).await.unwrap();
        assert_eq!(world.balance(wallet).await, (got >> 64) as u64);
    }
    all_is_well(&mut world).await;
}

#[tokio::test]
async fn c1_double_claim() {
    // Given a claim, when it is repeated in the same slot,
    let mut world = World::new().await;
    let wallet = world.staker(100 * TOKEN).await;
    world.bank.advance(DAY).await;
    world.claim(&wallet).await.unwrap();
    let held = world.balance(&wallet).await;
    assert!(held > 0);
    let state = world.state().await;
    world.claim(&wallet).await.unwrap();

    // it pays nothing and changes nothing;
    assert_eq!(world.balance(&wallet).await, held);
    assert_eq!(world.state().await, state);

    // twice in one transaction, the position passed along again, pays once.
    world.bank.advance(DAY).await;
    let due = (earned(&mut world, &wallet).await >> 64) as u64;
    let mut claim = world.claim_ix(&wallet);
    let position = position_of(&world, &wallet);
    for _ in 0..3 {
        claim.accounts.push(AccountMeta::new(position, false));
    }
    world
        .bank
        .send(&[claim.clone(), claim], &[&wallet.key])
        .await
        .unwrap();
    assert_eq!(world.balance(&wallet).await, held + due);
    all_is_well(&mut world).await;
}

#[tokio::test]
async fn c2_claim_for_another_or_to_another() {
    let mut world = World::new().await;
    let victim = world.staker(100 * TOKEN).await;
    let attacker = world.staker(TOKEN).await;
    world.bank.advance(DAY).await;

    // The victim's position with the attacker's signature,
    let theft = swapped(
        world.claim_ix(&attacker),
        &position_of(&world, &attacker),
        &position_of(&world, &victim),
    );
    attack(&mut world, &[theft], &[&attacker.key])
        .await
        .is_refused_with(ErrorCode::ConstraintHasOne);

    // the victim's claim without a signature,
    let forged = unsigned(world.claim_ix(&victim), &victim.pubkey());
    attack(&mut world, &[forged], &[])
        .await
        .is_refused_with(ErrorCode::AccountNotSigner);

    // and the victim's claim to the attacker's account, even if signed.
    let redirected = swapped(world.claim_ix(&victim), &victim.tokens, &attacker.tokens);
    attack(&mut world, &[redirected], &[&victim.key])
        .await
        .is_refused_with(ErrorCode::ConstraintTokenOwner);
}

#[tokio::test]
async fn success_rewards_go_to_any_account_of_the_owner() {
    let mut world = World::new().await;
    let wallet = world.staker(100 * TOKEN).await;
    world.bank.advance(DAY).await;
    let due = (earned(&mut world, &wallet).await >> 64) as u64;
    let mint = world.at.mint;
    let second = world.bank.create_tokens(&mint, &wallet.pubkey()).await;

    let claim = swapped(world.claim_ix(&wallet), &wallet.tokens, &second);
    world.bank.send(&[claim], &[&wallet.key]).await.unwrap();

    assert_eq!(world.bank.balance(&second).await, due);
    assert_eq!(world.balance(&wallet).await, 0);
}

#[tokio::test]
async fn fail_rewards_go_to_an_account_of_the_mint_only() {
    let mut world = World::new().await;
    let wallet = world.staker(100 * TOKEN).await;
    world.bank.advance(DAY).await;
    let other = world
        .bank
        .create_mint(&MintSpec::plain(TokenProgram::Token2022))
        .await;
    let tokens = world.bank.create_tokens(&other, &wallet.pubkey()).await;

    let claim = swapped(world.claim_ix(&wallet), &wallet.tokens, &tokens);

    attack(&mut world, &[claim], &[&wallet.key])
        .await
        .is_refused_with(ErrorCode::ConstraintTokenMint);
}

/// Rate and bounds of the native lane in one period, as the economy records them.
struct Stretch {
    rate: u128,
    from: i64,
    until: i64,
}

async fn stretch(world: &mut World) -> Stretch {
    let economy = world.economy().await;
    Stretch {
        rate: economy.stream.lanes[0].rate_q64.get(),
        from: economy.stream.t0,
        until: economy.stream.emit_until,
    }
}

/// `sum(rate x seconds)` over stretches that end where the next begins, the
/// last at `end` (Q64.64).
fn streamed(stretches: &[Stretch], end: i64) -> u128 {
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
    all_is_well(&mut world).await;
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
    all_is_well(&mut world).await;
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
    all_is_well(&mut world).await;
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
    all_is_well(&mut world).await;
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
    all_is_well(&mut world).await;
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
    all_is_well(&mut world).await;
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
    all_is_well(&mut world).await;
}

#[tokio::test]
async fn c6_an_empty_reward_vault_never_touches_the_principal() {
    // Given one mint for stake and rewards, and a sole staker who has claimed all
    // that was minted ahead,
    let mut world = World::new().await;
    let wallet = world.staker(10_000_000 * TOKEN).await;
    let end = world.economy().await.next_end;
    world.bank.set_time(end).await;
    let claim = world.claim_ix(&wallet);
    world
        .bank
        .send(std::slice::from_ref(&claim), &[&wallet.key])
        .await
        .unwrap();
    let vault = world.at.reward_vault;
    assert!(world.bank.balance(&vault).await <= 1);

    // when he claims before anybody has minted more,
    world.bank.advance(HOUR).await;
    let due = earned(&mut world, &wallet).await;
    attack(&mut world, &[claim], &[&wallet.key])
        .await
        .is_refused_with(HomeostatError::RewardVaultShort);

    // then the principal is whole, his accrual is kept,
    let principal = principal_vault(&world);
    assert_eq!(world.bank.balance(&principal).await, 10_000_000 * TOKEN);
    assert_eq!(earned(&mut world, &wallet).await, due);

    // and a top-up in front of the claim pays it.
    let held = world.balance(&wallet).await;
    world.claim(&wallet).await.unwrap();
    assert_eq!(world.balance(&wallet).await, held + (due >> 64) as u64);
    all_is_well(&mut world).await;
}

#[tokio::test]
async fn c6_no_other_vault_pays_rewards() {
    let mut world = World::new().await;
    let wallet = world.staker(10_000_000 * TOKEN).await;
    world.bank.advance(DAY).await;
    let claim = world.claim_ix(&wallet);
    let vault = world.at.reward_vault;

    for other in [
        principal_vault(&world),
        world.at.treasury_vault,
        address::fee_vault(&world.at.meter(0)),
        world.reserve,
    ] {
        attack(
            &mut world,
            &[swapped(claim.clone(), &vault, &other)],
            &[&wallet.key],
        )
        .await
        .is_refused_with(ErrorCode::ConstraintHasOne);
    }

    // Nor does the vault pay itself, and no other vault is the owner's.
    for (to, code) in [
        (vault, ErrorCode::ConstraintDuplicateMutableAccount),
        (principal_vault(&world), ErrorCode::ConstraintTokenOwner),
    ] {
        attack(
            &mut world,
            &[swapped(claim.clone(), &wallet.tokens, &to)],
            &[&wallet.key],
        )
        .await
        .is_refused_with(code);
    }
}

#[tokio::test]
async fn c8_claims_mint_nothing_and_top_ups_stop_at_the_cap() {
    // Given a hard cap with room for a day of emission,
    let spec = WorldSpec::default();
    let cap = spec.supply + 150_000 * TOKEN;
    let mut world = World::build(&WorldSpec {
        hard_cap: cap,
        limits: Some(limits(|limits| limits.hard_cap = cap)),
        ..spec
    })
    .await;
    let wallet = world.staker(100 * TOKEN).await;
    let mint = world.at.mint;

    // when far more time than that has passed and everything is claimed,
    world.bank.advance(4 * WEEK).await;
    world.claim(&wallet).await.unwrap();

    // the supply has reached the cap and not passed it; a claim alone mints nothing.
    let supply = world.bank.supply(&mint).await;
    assert!(supply <= cap);
    let claim = world.claim_ix(&wallet);
    world.bank.send(&[claim], &[&wallet.key]).await.unwrap();
    assert_eq!(world.bank.supply(&mint).await, supply);
    assert!(cap - supply <= world.economy().await.stream.lanes[0].rate_q64.words[1] + 1);
    all_is_well(&mut world).await;
}

/// The largest economy that can be: a quarter of all numbers as its cap, and
/// the highest emission.
fn largest() -> WorldSpec {
    let cap = u64::MAX / 4;
    WorldSpec {
        supply: cap / 4,
        hard_cap: cap,
        limits: Some(limits(|limits| {
            limits.hard_cap = cap;
            limits.period_emission_ppm = 100_000;
        })),
        controllers: vec![constant_emission(1_000_000)],
        ..WorldSpec::default()
    }
}

#[tokio::test]
async fn c9_one_unit_alone_at_the_highest_rate() {
    // Given the largest economy with one base unit staked in all,
    let mut world = World::build(&largest()).await;
    let alone = world.staker(1).await;
    let mut stretches = vec![stretch(&mut world).await];
    for _ in 0..8 {
        world.next_period().await.unwrap();
        stretches.push(stretch(&mut world).await);
    }

    // nothing overflows, and the unit earns everything,
    let sum = streamed(&stretches, world.bank.now());
    world.claim(&alone).await.unwrap();
    assert_eq!(world.balance(&alone).await, (sum >> 64) as u64);
    all_is_well(&mut world).await;

    // also when a giant joins it and leaves again.
    let giant = world.staker(u64::MAX / 32).await;
    world.next_period().await.unwrap();
    world.request_unstake(&giant, u64::MAX / 32).await.unwrap();
    world.next_period().await.unwrap();
    world.claim(&alone).await.unwrap();
    world.claim(&giant).await.unwrap();
    all_is_well(&mut world).await;
}

#[tokio::test]
async fn c9_one_unit_beside_a_giant() {
    // Given one base unit in a pool of more than 10^17,
    let mut world = World::build(&largest()).await;
    let giant = world.staker(u64::MAX / 32).await;
    let small = world.staker(1).await;

    // its fractions add up from claim to claim, though most claims pay nothing.
    let mut paid = Vec::new();
    let mut exact = 0u128;
    for _ in 0..40 {
        world.next_period().await.unwrap();
        let before = world.balance(&small).await;
        exact = earned(&mut world, &small).await + (u128::from(before) << 64);
        world.claim(&small).await.unwrap();
        paid.push(world.balance(&small).await - before);
    }
    assert!(paid.contains(&0) && paid.contains(&1), "{paid:?}");
    assert_eq!(world.balance(&small).await, (exact >> 64) as u64);

    // The giant gets the rest, and the two together no more than was emitted.
    world.claim(&giant).await.unwrap();
    let economy = world.economy().await;
    let emitted = emission_by_hand(&economy, 0, world.bank.now());
    let claimed = world.balance(&small).await + world.balance(&giant).await;
    assert!(u128::from(claimed) << 64 <= emitted);
    assert!((emitted >> 64) as u64 - claimed <= 2);
    all_is_well(&mut world).await;
}

#[tokio::test]
async fn c9_many_settlements_lose_nothing_against_one() {
    // Given two equal stakes, one of which claims every few minutes,
    let mut world = World::new().await;
    let odd = 333_333_337;
    let busy = world.staker(odd).await;
    let idle = world.staker(odd).await;
    world.staker(7 * TOKEN).await;
    for step in 1..=60i64 {
        world.bank.advance(61 * step).await;
        world.claim(&busy).await.unwrap();
    }

    // their earnings are equal to the last fraction of a unit,
    let now_idle = earned(&mut world, &idle).await;
    let claimed = world.balance(&busy).await;
    let now_busy = earned(&mut world, &busy).await;
    assert_eq!(now_idle, now_busy + (u128::from(claimed) << 64));

    // and what divisions withheld from all three is less than one 2^-64 a share.
    let pool = world.pool(0).await;
    assert!(pool.remainder_q64.get() < u128::from(pool.total));
    assert_eq!(
        pool.distributed_q64.get() - pool.remainder_q64.get(),
        pool.reward_per_share_q64.get() * u128::from(pool.total)
    );
    all_is_well(&mut world).await;
}

#[tokio::test]
async fn c9_a_claim_of_less_than_a_unit_pays_nothing_and_keeps_it() {
    let mut world = World::new().await;
    let wallet = world.wallet(1).await;
    world.staker(900_000_000 * TOKEN).await;
    world.open(&wallet).await.unwrap();
    world.stake(&wallet, 1).await.unwrap();
    world.bank.advance(HOUR).await;

    let due = earned(&mut world, &wallet).await;
    assert!(due > 0 && due < ONE);
    world.claim(&wallet).await.unwrap();

    assert_eq!(world.balance(&wallet).await, 0);
    assert_eq!(world.position(&wallet).await.pending_q64.get(), due);
}

#[tokio::test]
async fn c10_a_top_up_and_two_claims_in_one_transaction_balance() {
    // Given two stakers in one transaction, and a vault that is minted into
    // between their claims,
    let mut world = World::new().await;
    let (one, two) = (
        world.staker(10_000_000 * TOKEN).await,
        world.staker(20_000_000 * TOKEN).await,
    );
    world.bank.advance(WEEK + DAY).await;
    let vault = world.at.reward_vault;
    let before = world.bank.balance(&vault).await;
    let mint = world.at.mint;
    let supply = world.bank.supply(&mint).await;
    let mintable = world.economy().await.mintable(world.bank.now()).unwrap();
    assert!(mintable > 0);

    let all = [
        world.top_up_ix(),
        world.claim_ix(&one),
        world.top_up_ix(),
        world.claim_ix(&two),
    ];
    world.bank.send(&all, &[&one.key, &two.key]).await.unwrap();

    let paid = world.balance(&one).await + world.balance(&two).await;
    assert_eq!(world.bank.balance(&vault).await, before + mintable - paid);
    assert_eq!(world.bank.supply(&mint).await, supply + mintable);
    assert_eq!(world.pool(0).await.claimed, paid);
    all_is_well(&mut world).await;
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
    all_is_well(&mut world).await;
}

#[tokio::test]
async fn success_latched_controllers_hold_but_pay() {
    let mut world = World::new().await;
    let wallet = world.staker(100 * TOKEN).await;
    let now = world.bank.now();
    edit_economy(&mut world, |economy| {
        for controller in &mut economy.controllers {
            let controller: &mut Controller = controller;
            homeostat_tests::latch(controller, now);
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
    all_is_well(&mut world).await;
}

/// Compute units of one round: more stake, claim, unstake, withdraw.
async fn round(world: &mut World, wallet: &Wallet) -> [u64; 4] {
    world.bank.advance(DAY).await;
    let claim = world.claim_ix(wallet);
    let stake = world.stake(wallet, TOKEN).await.unwrap().units;
    let claim = world
        .bank
        .send(&[claim], &[&wallet.key])
        .await
        .unwrap()
        .units;
    let request = world.request_unstake(wallet, TOKEN).await.unwrap().units;
    world.bank.advance(HOUR).await;
    let withdraw = world.withdraw(wallet).await.unwrap().units;
    [stake, claim, request, withdraw]
}

/// Two rounds of one staker beside others who staked `each`. The first round has
/// never accrued before.
async fn rounds_beside(others: u64, each: u64) -> [[u64; 4]; 2] {
    let mut world = world_with(|limits| limits.unbonding = HOUR as u32).await;
    let wallet = world.wallet(10 * TOKEN).await;
    world.open(&wallet).await.unwrap();
    let (mint, payer) = (world.at.mint, world.bank.payer().pubkey());
    let crowd = world.wallet(others * each).await;
    for _ in 0..others {
        let key = Keypair::new();
        let tokens = world.bank.create_tokens(&mint, &key.pubkey()).await;
        world
            .bank
            .transfer(&mint, &crowd.tokens, &tokens, &crowd.key, each)
            .await;
        let one = Wallet { key, tokens };
        let enter = [
            ix::open_position(&world.native_pool(), &one.pubkey(), &payer),
            world.stake_ix(&one, each),
        ];
        world.bank.send(&enter, &[&one.key]).await.unwrap();
        world.positions.push((world.native_pool(), one.pubkey()));
    }
    assert_eq!(world.pool(0).await.total, others * each);
    let rounds = [
        round(&mut world, &wallet).await,
        round(&mut world, &wallet).await,
    ];
    all_is_well(&mut world).await;
    rounds
}

/// The same stake at the same times, so that both worlds divide the same numbers:
/// on the ELF a 128-bit quotient costs what its operands make it. The keys
/// differ, and what hangs on them (35 units when it was measured, with Anchor's own
/// checks of duplicates) has an allowance: a unit for every position would be more than
/// all of it. Natively only what the program calls is metered, not its own code, so there
/// it is the calls that cost the same.
#[tokio::test]
async fn success_rewards_cost_the_same_with_hundreds_of_positions() {
    // Given what a round costs beside one position of four hundred tokens,
    let alone = rounds_beside(1, 400 * TOKEN).await;
    let alone = alone.as_flattened();
    assert!(alone.iter().all(|units| *units > 0));

    // it costs the same beside four hundred positions of one.
    let crowded = rounds_beside(400, TOKEN).await;
    let allowance = if Bank::runs_elf() { 200 } else { 0 };
    for (alone, crowded) in alone.iter().zip(crowded.as_flattened()) {
        let more = alone.abs_diff(*crowded);
        assert!(more <= allowance, "{alone} alone, {crowded} in the crowd");
    }
}
