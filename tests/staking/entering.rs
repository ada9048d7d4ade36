//! `stake`: what enters, and what must not.

use anchor_lang::error::ErrorCode;
use anchor_spl::token_2022::spl_token_2022::{
    self,
    extension::{transfer_fee, ExtensionType},
};
use homeostat::state::pause::{Pause, Section};
use homeostat_client::{EconomyAddresses, EconomyArgs, Funding, Life};
use homeostat_sandbox::{
    world::{TOKEN, WEEK},
    Bank, MintSpec, TokenProgram, World, WorldSpec,
};
use homeostat_tests::HomeostatError;
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::*;

/// What the token programs say when an account holds less than it sends.
const INSUFFICIENT_FUNDS: u32 = 1;

#[tokio::test]
async fn success_stake_is_credited_and_told() {
    for program in [TokenProgram::Legacy, TokenProgram::Token2022] {
        let mut world = World::build(&WorldSpec {
            program,
            ..WorldSpec::default()
        })
        .await;
        let first = world.staker(7 * TOKEN).await;
        let wallet = world.wallet(10 * TOKEN).await;
        world.open(&wallet).await.unwrap();
        world.stake(&wallet, 3 * TOKEN).await.unwrap();

        let more = world.stake_ix(&wallet, 4 * TOKEN);
        let event = the_event!(world, &[more], &[&wallet.key], Staked);
        world.stake(&wallet, 4 * TOKEN).await.unwrap();

        assert_eq!(event.pool, world.native_pool());
        assert_eq!(event.owner, wallet.pubkey());
        assert_eq!(event.amount, 4 * TOKEN);
        assert_eq!(event.old_amount, 3 * TOKEN);
        assert_eq!(event.new_amount, 7 * TOKEN);
        assert_eq!(event.total, 14 * TOKEN);
        let position = world.position(&wallet).await;
        assert_eq!(position.amount, 7 * TOKEN);
        assert_eq!(position.last_add_at, world.bank.now());
        assert_eq!(world.pool(0).await.total, 14 * TOKEN);
        assert_eq!(world.balance(&wallet).await, 3 * TOKEN);
        assert_eq!(world.balance(&first).await, 0);
        let vault = principal_vault(&world);
        assert_eq!(world.bank.balance(&vault).await, 14 * TOKEN);
        all_is_well(&mut world).await;
    }
}

#[tokio::test]
async fn success_more_stake_keeps_what_was_earned() {
    let mut world = World::new().await;
    let wallet = world.wallet(10 * TOKEN).await;
    world.open(&wallet).await.unwrap();
    world.stake(&wallet, TOKEN).await.unwrap();
    world.bank.advance(DAY).await;

    let before = earned(&mut world, &wallet).await;
    world.stake(&wallet, 9 * TOKEN).await.unwrap();

    assert!(before > 0);
    assert_eq!(world.position(&wallet).await.pending_q64.get(), before);
}

#[tokio::test]
async fn s1_fake_accounts_of_another_program() {
    // Given accounts with the right bytes, owned by an attacker's program,
    let mut world = World::new().await;
    let wallet = world.wallet(TOKEN).await;
    world.open(&wallet).await.unwrap();
    let stake = world.stake_ix(&wallet, TOKEN);

    for real in [
        world.native_pool(),
        world.at.economy,
        position_of(&world, &wallet),
    ] {
        let fake = world.bank.forge_owner(&real, &other_program()).await;
        attack(
            &mut world,
            &[swapped(stake.clone(), &real, &fake)],
            &[&wallet.key],
        )
        .await
        .is_refused_with(ErrorCode::AccountOwnedByWrongProgram);
    }

    // and a mint and token accounts that no token program owns: two of them are
    // at the wrong address besides.
    for (real, code) in [
        (wallet.tokens, ErrorCode::AccountOwnedByWrongProgram),
        (principal_vault(&world), ErrorCode::ConstraintHasOne),
        (world.at.mint, ErrorCode::ConstraintHasOne),
    ] {
        let fake = world.bank.forge_owner(&real, &other_program()).await;
        attack(
            &mut world,
            &[swapped(stake.clone(), &real, &fake)],
            &[&wallet.key],
        )
        .await
        .is_refused_with(code);
    }
}

#[tokio::test]
async fn s2_accounts_of_another_type() {
    let mut world = World::new().await;
    let wallet = world.wallet(TOKEN).await;
    world.open(&wallet).await.unwrap();
    let stake = world.stake_ix(&wallet, TOKEN);
    let (economy, pool) = (world.at.economy, world.native_pool());
    let position = position_of(&world, &wallet);
    let meter = world.at.meter(0);
    let log = world.at.log;

    for (real, cosplay) in [
        (pool, position),
        (pool, economy),
        (pool, meter),
        (position, pool),
        (position, meter),
        (economy, pool),
        (economy, log),
    ] {
        attack(
            &mut world,
            &[swapped(stake.clone(), &real, &cosplay)],
            &[&wallet.key],
        )
        .await
        .is_refused_with(ErrorCode::AccountDiscriminatorMismatch);
    }

    // The same bytes under a discriminator that is nobody's.
    for real in [economy, pool, position] {
        let fake = world.bank.forge_bytes(&real, |data| data[0] ^= 1).await;
        attack(
            &mut world,
            &[swapped(stake.clone(), &real, &fake)],
            &[&wallet.key],
        )
        .await
        .is_refused_with(ErrorCode::AccountDiscriminatorMismatch);
    }
}

/// A Token-2022 mint that keeps `basis_points` of every transfer; nobody can
/// change that.
async fn mint_with_fee(bank: &mut Bank, basis_points: u16) -> Pubkey {
    let mint = Keypair::new();
    let fee = transfer_fee::instruction::initialize_transfer_fee_config(
        &spl_token_2022::ID,
        &mint.pubkey(),
        None,
        None,
        basis_points,
        u64::MAX,
    )
    .unwrap();
    let spec = MintSpec {
        extensions: vec![ExtensionType::TransferFeeConfig],
        initialise: vec![fee],
        ..MintSpec::plain(TokenProgram::Token2022)
    };
    bank.create_mint_at(&mint, &spec).await;
    mint.pubkey()
}

/// A live economy whose own mint keeps `basis_points` of every transfer.
async fn world_with_transfer_fee(basis_points: u16) -> World {
    let mut bank = Bank::start().await;
    let creator = bank.payer();
    let mint = mint_with_fee(&mut bank, basis_points).await;
    let reserve = bank.create_tokens(&mint, &creator.pubkey()).await;
    let supply = WorldSpec::default().supply;
    bank.mint_to(&mint, &reserve, supply).await;
    let mut world = World {
        at: EconomyAddresses::new(&mint, &creator.pubkey()),
        token_program: TokenProgram::Token2022.id(),
        pools: vec![ix::StakeMint {
            mint,
            token_program: TokenProgram::Token2022.id(),
            amm_vault: None,
        }],
        meters: 1,
        feeds: 0,
        excluded: Vec::new(),
        positions: Vec::new(),
        members: vec![bank.fresh_key()],
        guardian: bank.fresh_key(),
        has_council: false,
        bank,
        creator,
        reserve,
    };
    let args = EconomyArgs {
        funding: Funding::Mint,
        period: WEEK as u32,
        hard_cap: WorldSpec::default().hard_cap,
    };
    let (at, creator, program) = (world.at, world.creator.pubkey(), world.token_program);
    let native = world.pools[0];
    for instruction in [
        ix::create_economy(&mint, &program, &creator, args),
        ix::create_pool(&at, &creator, &native, 0),
        ix::create_meter(&at, &creator, &program, 0),
    ] {
        world.run(&[instruction]).await.unwrap();
    }
    world.create_council(1, None).await.unwrap();
    world.hand_over_mint(Funding::Mint).await;
    world.go_live().await.unwrap();
    world
}

#[tokio::test]
async fn s3_credit_is_what_the_vault_received() {
    // Given a mint that keeps 1 % of every transfer,
    let mut world = world_with_transfer_fee(100).await;
    let wallet = world.wallet(200 * TOKEN).await;
    let held = world.balance(&wallet).await;
    assert_eq!(held, 198 * TOKEN);
    world.open(&wallet).await.unwrap();

    // when 100 tokens are staked, 99 are credited, wherever one looks.
    let stake = world.stake_ix(&wallet, 100 * TOKEN);
    let event = the_event!(world, &[stake], &[&wallet.key], Staked);
    world.stake(&wallet, 100 * TOKEN).await.unwrap();
    let vault = principal_vault(&world);
    let received = world.bank.balance(&vault).await;
    assert_eq!(received, 99 * TOKEN);
    assert_eq!(event.amount, received);
    assert_eq!(world.position(&wallet).await.amount, received);
    assert_eq!(world.pool(0).await.total, received);

    // The whole credit leaves the vault again, and the fee is the mint's.
    world.request_unstake(&wallet, received).await.unwrap();
    world.bank.advance(WEEK).await;
    world.withdraw(&wallet).await.unwrap();
    assert_eq!(world.bank.balance(&vault).await, 0);
    assert_eq!(
        world.balance(&wallet).await,
        held - 100 * TOKEN + received - received / 100
    );
    all_is_well(&mut world).await;
}

#[tokio::test]
async fn s3_rewards_are_debited_whole_from_the_vault() {
    let mut world = world_with_transfer_fee(100).await;
    let wallet = world.wallet(200 * TOKEN).await;
    world.open(&wallet).await.unwrap();
    world.stake(&wallet, 100 * TOKEN).await.unwrap();
    world.bank.advance(DAY).await;
    let vault = world.at.reward_vault;
    let (vault_before, held) = (
        world.bank.balance(&vault).await,
        world.balance(&wallet).await,
    );

    let claim = world.claim_ix(&wallet);
    let event = the_event!(world, &[claim], &[&wallet.key], Claimed);
    let claim = world.claim_ix(&wallet);
    world.bank.send(&[claim], &[&wallet.key]).await.unwrap();

    let paid = vault_before - world.bank.balance(&vault).await;
    assert_eq!(paid, event.amount);
    let fee = paid.div_ceil(100);
    assert_eq!(world.balance(&wallet).await, held + paid - fee);
    assert_eq!(world.pool(0).await.claimed, paid);
    all_is_well(&mut world).await;
}

#[tokio::test]
async fn s3_a_transfer_that_delivers_nothing_credits_nothing() {
    // Given a mint that keeps everything, whose tokens were minted to the staker,
    let mut world = world_with_transfer_fee(10_000).await;
    let wallet = world.wallet(0).await;
    world.open(&wallet).await.unwrap();
    world.bank.set_balance(&wallet.tokens, 100 * TOKEN).await;

    let stake = world.stake_ix(&wallet, 100 * TOKEN);

    attack(&mut world, &[stake], &[&wallet.key])
        .await
        .is_refused_with(HomeostatError::AmountTooSmall);
}

#[tokio::test]
async fn s4_zero_and_dust() {
    let mut world = world_with(|limits| limits.min_stake = TOKEN).await;
    let wallet = world.wallet(10 * TOKEN).await;
    world.open(&wallet).await.unwrap();

    for dust in [0, 1, TOKEN - 1] {
        let stake = world.stake_ix(&wallet, dust);
        attack(&mut world, &[stake], &[&wallet.key])
            .await
            .is_refused_with(HomeostatError::AmountTooSmall);
    }

    world.stake(&wallet, TOKEN).await.unwrap();
}

#[tokio::test]
async fn s4_zero_where_the_minimum_is_one() {
    let mut world = World::new().await;
    let wallet = world.wallet(TOKEN).await;
    world.open(&wallet).await.unwrap();

    let stake = world.stake_ix(&wallet, 0);

    attack(&mut world, &[stake], &[&wallet.key])
        .await
        .is_refused_with(HomeostatError::AmountTooSmall);
}

#[tokio::test]
async fn s5_a_donation_inflates_nothing() {
    // Given a first staker with one unit who then donates to the vault,
    let mut world = World::new().await;
    let first = world.wallet(1_000 * TOKEN).await;
    world.open(&first).await.unwrap();
    world.stake(&first, 1).await.unwrap();
    let (mint, vault) = (world.at.mint, principal_vault(&world));
    world
        .bank
        .transfer(&mint, &first.tokens, &vault, &first.key, 999 * TOKEN)
        .await;
    let pool = world.pool(0).await;
    assert_eq!(pool.total, 1);

    // when a second one stakes, every unit counts as one,
    let second = world.staker(500 * TOKEN).await;
    assert_eq!(world.position(&second).await.amount, 500 * TOKEN);
    assert_eq!(world.pool(0).await.total, 500 * TOKEN + 1);

    // the rewards follow the units,
    world.bank.advance(DAY).await;
    let (small, large) = (
        earned(&mut world, &first).await,
        earned(&mut world, &second).await,
    );
    assert_eq!(large / u128::from(500 * TOKEN), small);

    // and the second one leaves with everything he brought.
    world.request_unstake(&second, 500 * TOKEN).await.unwrap();
    world.bank.advance(WEEK).await;
    world.withdraw(&second).await.unwrap();
    assert!(world.balance(&second).await >= 500 * TOKEN);
    all_is_well(&mut world).await;
}

/// An honest staker since the first second, an attacker with as much, and
/// fees that wait to be swept at the end of the period.
async fn ripe_fees() -> (World, Wallet, Wallet) {
    let mut world = World::new().await;
    let honest = world.staker(500_000 * TOKEN).await;
    let attacker = world.wallet(500_000 * TOKEN).await;
    world.open(&attacker).await.unwrap();
    let (buyer, shop) = (world.wallet(2_000_000 * TOKEN).await, world.wallet(0).await);
    world
        .pay(&buyer, &shop.tokens, 1_000_000 * TOKEN)
        .await
        .unwrap();
    let end = world.economy().await.next_end;
    world.bank.set_time(end).await;
    (world, honest, attacker)
}

/// After the attack: the attacker has earned nothing, the honest staker all.
async fn honest_gets_all(world: &mut World, honest: &Wallet, attacker: &Wallet) {
    assert_eq!(earned(world, attacker).await, 0);
    assert_eq!(world.balance(attacker).await, 0);

    // Through the next period the fees stream, all of them to the honest one.
    let economy = world.economy().await;
    let end = economy.next_end;
    let fees = fees_by_hand(&economy, end);
    let swept = world.meter(0).await.swept_stakers.get();
    assert!(swept > 0);
    assert!((swept << 64) - fees < u128::from(WEEK.unsigned_abs()));
    world.bank.set_time(end).await;
    world.claim(honest).await.unwrap();
    let all = emission_by_hand(&economy, 0, end) + fees;
    assert_eq!(
        world.balance(honest).await,
        sole_share(all, 500_000 * TOKEN)
    );
    assert_eq!(earned(world, attacker).await, 0);
    all_is_well(world).await;
}

#[tokio::test]
async fn s7_just_in_time_stake_earns_nothing_in_one_transaction() {
    let (mut world, honest, attacker) = ripe_fees().await;

    let in_and_out = [
        world.stake_ix(&attacker, 500_000 * TOKEN),
        ix::collect(&world.at, &world.token_program, 0),
        world.crank_ix().await,
        request_unstake_ix(&world, &attacker, 500_000 * TOKEN),
        world.claim_ix(&attacker),
    ];
    world
        .bank
        .send(&in_and_out, &[&attacker.key])
        .await
        .unwrap();

    honest_gets_all(&mut world, &honest, &attacker).await;
}

#[tokio::test]
async fn s7_just_in_time_stake_earns_nothing_in_one_slot() {
    let (mut world, honest, attacker) = ripe_fees().await;

    world.stake(&attacker, 500_000 * TOKEN).await.unwrap();
    world.collect(0).await.unwrap();
    world.crank().await.unwrap();
    world
        .request_unstake(&attacker, 500_000 * TOKEN)
        .await
        .unwrap();
    world.claim(&attacker).await.unwrap();

    honest_gets_all(&mut world, &honest, &attacker).await;
}

#[tokio::test]
async fn s7_a_second_of_stake_earns_its_share_of_that_second() {
    // The cheapest stay is one second; it pays for one second, fees included.
    let (mut world, _honest, attacker) = ripe_fees().await;
    world.collect(0).await.unwrap();
    world.crank().await.unwrap();
    world.stake(&attacker, 500_000 * TOKEN).await.unwrap();
    world.bank.advance(1).await;
    world
        .request_unstake(&attacker, 500_000 * TOKEN)
        .await
        .unwrap();

    let economy = world.economy().await;
    let second = economy.stream.lanes[0].rate_q64.get() + economy.stream.fee_rate_q64.get();
    world.bank.advance(DAY).await;

    let share = earned(&mut world, &attacker).await;
    assert!(share > 0);
    assert!(share <= second / 2 + u128::from(1_000_000 * TOKEN));
}

#[tokio::test]
async fn s8_nobody_stakes_into_the_position_of_another() {
    // Given a victim whose votes an attacker wants to make young,
    let mut world = World::new().await;
    let victim = world.staker(5 * TOKEN).await;
    let attacker = world.wallet(5 * TOKEN).await;
    world.open(&attacker).await.unwrap();
    world.bank.advance(DAY).await;

    // he signs for himself and names the victim's position,
    let into_victim = swapped(
        world.stake_ix(&attacker, TOKEN),
        &position_of(&world, &attacker),
        &position_of(&world, &victim),
    );
    attack(&mut world, &[into_victim], &[&attacker.key])
        .await
        .is_refused_with(ErrorCode::ConstraintHasOne);

    // or names the victim as owner and does not sign for him,
    let for_victim = unsigned(
        swapped(
            world.stake_ix(&victim, TOKEN),
            &victim.tokens,
            &attacker.tokens,
        ),
        &victim.pubkey(),
    );
    attack(&mut world, &[for_victim], &[])
        .await
        .is_refused_with(ErrorCode::AccountNotSigner);
}

/// A pause in force from now on for `seconds`.
fn pause_for(now: i64, seconds: i64) -> Pause {
    Pause {
        from: now,
        until: now + seconds,
        ..Pause::default()
    }
}

#[tokio::test]
async fn s9_stake_while_paused() {
    let mut world = World::new().await;
    let wallet = world.staker(5 * TOKEN).await;
    let more = world.wallet(TOKEN).await;
    world.open(&more).await.unwrap();
    world.request_unstake(&wallet, TOKEN).await.unwrap();
    let now = world.bank.now();
    edit_economy(&mut world, |economy| {
        economy.pauses[Section::Stake as usize] = pause_for(now, HOUR);
    })
    .await;

    // New stake and stake on its way out are refused up to the last second,
    let stake = world.stake_ix(&more, TOKEN);
    let cancel = cancel_unstake_ix(&world, &wallet, 0);
    for at in [now, now + HOUR - 1] {
        world.bank.set_time(at).await;
        attack(&mut world, std::slice::from_ref(&stake), &[&more.key])
            .await
            .is_refused_with(HomeostatError::Paused);
        attack(&mut world, std::slice::from_ref(&cancel), &[&wallet.key])
            .await
            .is_refused_with(HomeostatError::Paused);
    }

    // and the stored end lifts the pause without a transaction.
    world.bank.set_time(now + HOUR).await;
    world.bank.send(&[stake], &[&more.key]).await.unwrap();
    world.bank.send(&[cancel], &[&wallet.key]).await.unwrap();
}

#[tokio::test]
async fn s9_other_sections_do_not_pause_stake() {
    let mut world = World::new().await;
    let wallet = world.wallet(TOKEN).await;
    world.open(&wallet).await.unwrap();
    let now = world.bank.now();
    edit_economy(&mut world, |economy| {
        for section in [Section::Pay, Section::Crank, Section::Emission] {
            economy.pauses[section as usize] = pause_for(now, HOUR);
        }
    })
    .await;

    world.stake(&wallet, TOKEN).await.unwrap();
}

#[tokio::test]
async fn s10_totals_do_not_wrap() {
    // Given a position and a pool near the end of their range,
    let mut world = World::new().await;
    let wallet = world.wallet(1_000).await;
    world.open(&wallet).await.unwrap();
    let position = position_of(&world, &wallet);
    let stake = world.stake_ix(&wallet, 1_000);

    edit_native_pool(&mut world, |pool| pool.total = u64::MAX - 999).await;
    attack(&mut world, std::slice::from_ref(&stake), &[&wallet.key])
        .await
        .is_refused_with(HomeostatError::MathOverflow);

    // or a pool whose stakes and tickets together leave it,
    edit_native_pool(&mut world, |pool| {
        pool.total = u64::MAX - 2_000;
        pool.unbonding = 1_001;
    })
    .await;
    attack(&mut world, std::slice::from_ref(&stake), &[&wallet.key])
        .await
        .is_refused_with(HomeostatError::MathOverflow);

    // or a position alone.
    edit_native_pool(&mut world, |pool| {
        pool.total = 0;
        pool.unbonding = 0;
    })
    .await;
    world
        .bank
        .edit(&position, |position: &mut Position| {
            position.amount = u64::MAX - 999;
        })
        .await;
    attack(&mut world, &[stake], &[&wallet.key])
        .await
        .is_refused_with(HomeostatError::MathOverflow);
}

#[tokio::test]
async fn fail_stake_into_a_vault_that_owes_more_than_it_holds() {
    let mut world = World::new().await;
    world.staker(100 * TOKEN).await;
    let late = world.wallet(TOKEN).await;
    world.open(&late).await.unwrap();
    let vault = principal_vault(&world);
    world.bank.set_balance(&vault, 100 * TOKEN - 1).await;

    let stake = world.stake_ix(&late, TOKEN);

    attack(&mut world, &[stake], &[&late.key])
        .await
        .is_refused_with(HomeostatError::InsolventVault);
}

#[tokio::test]
async fn fail_stake_before_and_after_life() {
    // Given a Draft, where a position can be opened already,
    let mut world = World::build(&WorldSpec {
        draft: true,
        ..WorldSpec::default()
    })
    .await;
    let wallet = world.wallet(TOKEN).await;
    world.open(&wallet).await.unwrap();
    let stake = world.stake_ix(&wallet, TOKEN);
    attack(&mut world, std::slice::from_ref(&stake), &[&wallet.key])
        .await
        .is_refused_with(HomeostatError::NotLive);

    // and a retired economy.
    edit_economy(&mut world, |economy| economy.life = Life::Retired as u8).await;
    attack(&mut world, &[stake], &[&wallet.key])
        .await
        .is_refused_with(HomeostatError::NotLive);
}

#[tokio::test]
async fn fail_stake_more_than_the_wallet_holds() {
    let mut world = World::new().await;
    let wallet = world.wallet(TOKEN).await;
    world.open(&wallet).await.unwrap();

    let stake = world.stake_ix(&wallet, TOKEN + 1);

    attack(&mut world, &[stake], &[&wallet.key])
        .await
        .is_refused_with(INSUFFICIENT_FUNDS);
}

#[tokio::test]
async fn fail_stake_with_tokens_of_another_owner_or_mint() {
    let mut world = World::new().await;
    let wallet = world.wallet(TOKEN).await;
    world.open(&wallet).await.unwrap();
    let rich = world.wallet(TOKEN).await;
    let stake = world.stake_ix(&wallet, TOKEN);

    attack(
        &mut world,
        &[swapped(stake.clone(), &wallet.tokens, &rich.tokens)],
        &[&wallet.key],
    )
    .await
    .is_refused_with(ErrorCode::ConstraintTokenOwner);

    let worthless = world
        .bank
        .create_mint(&MintSpec::plain(TokenProgram::Token2022))
        .await;
    let tokens = world.bank.create_tokens(&worthless, &wallet.pubkey()).await;
    world.bank.mint_to(&worthless, &tokens, TOKEN).await;
    attack(
        &mut world,
        &[swapped(stake.clone(), &wallet.tokens, &tokens)],
        &[&wallet.key],
    )
    .await
    .is_refused_with(ErrorCode::ConstraintTokenMint);

    // Naming that mint as the pool's does not help,
    let all_worthless = swapped(
        swapped(stake.clone(), &wallet.tokens, &tokens),
        &world.at.mint,
        &worthless,
    );
    attack(&mut world, &[all_worthless], &[&wallet.key])
        .await
        .is_refused_with(ErrorCode::ConstraintHasOne);

    // nor does another token program.
    let legacy = TokenProgram::Legacy.id();
    let other = swapped(stake.clone(), &TokenProgram::Token2022.id(), &legacy);
    attack(&mut world, &[other], &[&wallet.key])
        .await
        .is_refused_with(ErrorCode::ConstraintMintTokenProgram);
    let fake = other_program();
    let fake = swapped(stake, &TokenProgram::Token2022.id(), &fake);
    attack(&mut world, &[fake], &[&wallet.key])
        .await
        .is_refused_with(ErrorCode::InvalidProgramId);
}

#[tokio::test]
async fn fail_stake_out_of_the_vault_into_itself() {
    // Given a vault with other people's stake,
    let mut world = World::new().await;
    world.staker(100 * TOKEN).await;
    let wallet = world.wallet(TOKEN).await;
    world.open(&wallet).await.unwrap();
    let stake = world.stake_ix(&wallet, TOKEN);
    let vault = principal_vault(&world);

    // it cannot be named as the staker's own tokens.
    let circular = swapped(stake, &wallet.tokens, &vault);
    attack(&mut world, &[circular], &[&wallet.key])
        .await
        .is_refused_with(ErrorCode::ConstraintDuplicateMutableAccount);
}

#[tokio::test]
async fn c10_two_stakes_and_a_claim_in_one_transaction_see_fresh_balances() {
    // Given rewards that are compounded in one transaction, with stakes around,
    let mut world = World::new().await;
    let wallet = world.wallet(10 * TOKEN).await;
    world.open(&wallet).await.unwrap();
    world.stake(&wallet, TOKEN).await.unwrap();
    world.bank.advance(DAY).await;
    let reward = sole_share(
        emission_by_hand(&*world.economy().await, 0, world.bank.now()),
        TOKEN,
    );

    let compound = [
        world.stake_ix(&wallet, 2 * TOKEN),
        world.claim_ix(&wallet),
        world.stake_ix(&wallet, reward),
        world.stake_ix(&wallet, 3 * TOKEN),
    ];
    world.bank.send(&compound, &[&wallet.key]).await.unwrap();

    // every unit is where the counters say.
    let staked = 6 * TOKEN + reward;
    let vault = principal_vault(&world);
    assert_eq!(world.position(&wallet).await.amount, staked);
    assert_eq!(world.pool(0).await.total, staked);
    assert_eq!(world.bank.balance(&vault).await, staked);
    assert_eq!(world.balance(&wallet).await, 4 * TOKEN);
    assert_eq!(world.pool(0).await.claimed, reward);
    all_is_well(&mut world).await;
}

#[tokio::test]
async fn o8_donations_to_the_vaults_change_no_decision() {
    // Given two economies with the same life, one of which is showered with dust
    // and donations,
    let mut ends = Vec::new();
    for donate in [false, true] {
        let mut world = World::new().await;
        let honest = world.staker(500_000 * TOKEN).await;
        let donor = world.wallet(50_000_000 * TOKEN).await;
        for _ in 0..2 {
            if donate {
                let mint = world.at.mint;
                for vault in [
                    principal_vault(&world),
                    world.at.reward_vault,
                    world.at.treasury_vault,
                    address::fee_vault(&world.at.meter(0)),
                ] {
                    for amount in [1, 5_000_000 * TOKEN] {
                        world
                            .bank
                            .transfer(&mint, &donor.tokens, &vault, &donor.key, amount)
                            .await;
                    }
                }
            }
            world.collect(0).await.unwrap();
            world.next_period().await.unwrap();
        }
        world.claim(&honest).await.unwrap();
        world
            .request_unstake(&honest, 500_000 * TOKEN)
            .await
            .unwrap();
        let reward = world.balance(&honest).await;
        let economy = world.economy().await;
        assert_eq!(economy.tripped, 0);
        all_is_well(&mut world).await;
        ends.push((
            reward,
            economy.totals,
            economy.tally,
            economy.readings,
            economy.stream,
            economy.controllers,
        ));
    }

    // they decide, emit and pay the same.
    assert_eq!(ends[0], ends[1]);
}

#[tokio::test]
async fn o8_a_dust_position_in_the_pool_trips_nothing() {
    let mut world = World::new().await;
    world.staker(500_000 * TOKEN).await;
    let dust = world.staker(1).await;

    for _ in 0..4 {
        world.next_period().await.unwrap();
        world.claim(&dust).await.unwrap();
    }

    let economy = world.economy().await;
    assert_eq!(economy.tripped, 0);
    assert!(economy.controllers.iter().all(|c| c.guard.latched == 0));
    all_is_well(&mut world).await;
}

#[tokio::test]
async fn s7_just_in_time_stake_into_an_empty_pool_earns_nothing() {
    // Given a period in which nobody staked, and fees that nobody has earned,
    let mut world = World::new().await;
    let attacker = world.wallet(TOKEN).await;
    world.open(&attacker).await.unwrap();
    let (buyer, shop) = (world.wallet(1_000_000 * TOKEN).await, world.wallet(0).await);
    world
        .pay(&buyer, &shop.tokens, 1_000_000 * TOKEN)
        .await
        .unwrap();
    let end = world.economy().await.next_end;
    world.bank.set_time(end).await;

    // when somebody is the only staker for the instant of the crank,
    let in_and_out = [
        world.stake_ix(&attacker, TOKEN),
        ix::collect(&world.at, &world.token_program, 0),
        world.crank_ix().await,
        request_unstake_ix(&world, &attacker, TOKEN),
        world.claim_ix(&attacker),
    ];
    world
        .bank
        .send(&in_and_out, &[&attacker.key])
        .await
        .unwrap();

    // then he has nothing of the past, and nothing of the future.
    assert_eq!(world.balance(&attacker).await, 0);
    world.bank.advance(DAY).await;
    assert_eq!(earned(&mut world, &attacker).await, 0);
    all_is_well(&mut world).await;
}

#[tokio::test]
async fn s9_a_tripped_economy_takes_stake_that_earns_nothing() {
    // Given an economy that a crank has tripped,
    let mut world = World::new().await;
    let vault = world.at.reward_vault;
    world.bank.set_balance(&vault, 0).await;
    world.next_period().await.unwrap();
    assert_eq!(world.economy().await.tripped, 1);

    // stake is no promise of rewards: it enters, earns nothing, and leaves.
    let wallet = world.staker(10 * TOKEN).await;
    world.bank.advance(WEEK).await;
    assert_eq!(earned(&mut world, &wallet).await, 0);
    world.request_unstake(&wallet, 10 * TOKEN).await.unwrap();
    world.bank.advance(WEEK).await;
    world.withdraw(&wallet).await.unwrap();
    assert_eq!(world.balance(&wallet).await, 10 * TOKEN);
}

#[tokio::test]
async fn success_no_staking_instruction_writes_the_economy_or_the_mint() {
    let mut world = World::new().await;
    let wallet = world.staker(10 * TOKEN).await;
    let payer = world.bank.payer().pubkey();

    // None of them locks what all payments and cranks need,
    for instruction in [
        ix::open_position(&world.native_pool(), &wallet.pubkey(), &payer),
        world.stake_ix(&wallet, TOKEN),
        request_unstake_ix(&world, &wallet, TOKEN),
        cancel_unstake_ix(&world, &wallet, 0),
        withdraw_ix(&world, &wallet),
        world.claim_ix(&wallet),
        close_position_ix(&world, &wallet, &payer),
    ] {
        for shared in [world.at.economy, world.at.mint, world.at.authority] {
            let locks = |meta: &AccountMeta| meta.pubkey == shared && meta.is_writable;
            assert!(!instruction.accounts.iter().any(locks));
        }
    }

    // and none of them changes it.
    let before = world.economy().await;
    world.bank.advance(DAY).await;
    world.request_unstake(&wallet, 5 * TOKEN).await.unwrap();
    world.cancel_unstake(&wallet, 0).await.unwrap();
    let claim = world.claim_ix(&wallet);
    world.bank.send(&[claim], &[&wallet.key]).await.unwrap();
    assert!(world.economy().await == before);
}

#[tokio::test]
async fn success_the_staked_share_counts_stake_by_the_second() {
    // Given stake that grows, unbonds, returns and leaves at known times,
    let mut world = World::new().await;
    let wallet = world.wallet(10 * TOKEN).await;
    world.open(&wallet).await.unwrap();
    let mut integral = 0u128;
    let wait = |seconds: i64, staked: u64| u128::from(staked) * u128::from(seconds.unsigned_abs());
    world.bank.advance(DAY).await;
    world.stake(&wallet, 4 * TOKEN).await.unwrap();
    world.bank.advance(100).await;
    integral += wait(100, 4 * TOKEN);
    world.request_unstake(&wallet, 3 * TOKEN).await.unwrap();
    world.bank.advance(1_000).await;
    integral += wait(1_000, TOKEN);
    world.cancel_unstake(&wallet, 0).await.unwrap();
    world.bank.advance(10).await;
    integral += wait(10, 4 * TOKEN);

    // stake that is there for no second at all does not count,
    let flash = [
        world.stake_ix(&wallet, 6 * TOKEN),
        request_unstake_ix(&world, &wallet, 6 * TOKEN),
    ];
    world.bank.send(&flash, &[&wallet.key]).await.unwrap();

    // and the integral is the sum of stake times seconds.
    assert_eq!(world.pool(0).await.stake_seconds.get(), integral);
}
