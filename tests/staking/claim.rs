//! `claim`: once, to the owner, out of the reward vault alone.

use anchor_lang::error::ErrorCode;
use homeostat_sandbox::{world::TOKEN, Bank, MintSpec, TokenProgram, World};

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
    assert_sound(&mut world).await;

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
    assert_sound(&mut world).await;
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
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn c2_claim_for_another_or_to_another() {
    let mut world = World::new().await;
    let victim = world.staker(100 * TOKEN).await;
    let attacker = world.staker(TOKEN).await;
    world.bank.advance(DAY).await;

    // The victim's position with the attacker's signature,
    let theft = exchange(
        world.claim_ix(&attacker),
        &position_of(&world, &attacker),
        &position_of(&world, &victim),
    );
    attack(
        &mut world,
        &[theft],
        &[&attacker.key],
        ErrorCode::ConstraintSeeds,
    )
    .await;

    // the victim's claim without a signature,
    let forged = unsigned(world.claim_ix(&victim), &victim.pubkey());
    attack(&mut world, &[forged], &[], ErrorCode::AccountNotSigner).await;

    // and the victim's claim to the attacker's account, even if signed.
    let redirected = exchange(world.claim_ix(&victim), &victim.tokens, &attacker.tokens);
    attack(
        &mut world,
        &[redirected],
        &[&victim.key],
        ErrorCode::ConstraintTokenOwner,
    )
    .await;
}

#[tokio::test]
async fn success_rewards_go_to_any_account_of_the_owner() {
    let mut world = World::new().await;
    let wallet = world.staker(100 * TOKEN).await;
    world.bank.advance(DAY).await;
    let due = (earned(&mut world, &wallet).await >> 64) as u64;
    let mint = world.at.mint;
    let second = world.bank.create_tokens(&mint, &wallet.pubkey()).await;

    let claim = exchange(world.claim_ix(&wallet), &wallet.tokens, &second);
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

    let claim = exchange(world.claim_ix(&wallet), &wallet.tokens, &tokens);

    attack(
        &mut world,
        &[claim],
        &[&wallet.key],
        ErrorCode::ConstraintTokenMint,
    )
    .await;
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
            ix::open_position(
                &world.at.economy,
                &world.native_pool(),
                &one.pubkey(),
                &payer,
            ),
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
    assert_sound(&mut world).await;
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
