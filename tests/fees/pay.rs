//! `pay`: the amount arrives less its fee, and nothing shared is written.

use super::*;

#[tokio::test]
async fn success_a_payment_arrives_less_its_fee() {
    let mut world = World::new().await;
    let alice = world.wallet(2_000 * TOKEN).await;
    let bob = world.wallet(0).await;
    let amount = 1_000_000_007;

    world.pay(&alice, &bob.tokens, amount).await.unwrap();

    // 0.3 % of it is 3,000,000.021, and a fee rounds up.
    let fee = 3_000_001;
    assert_eq!(world.balance(&alice).await, 2_000 * TOKEN - amount);
    assert_eq!(world.balance(&bob).await, amount - fee);
    let vault = fee_vault(&world, 0);
    assert_eq!(world.bank.balance(&vault).await, fee);
    let meter = world.meter(0).await;
    assert_eq!(pending(&meter), (300_000, 540_000, 2_160_001));
    assert_eq!(
        (meter.payments, meter.volume.get(), meter.fees.get()),
        (1, u128::from(amount), u128::from(fee))
    );
}

#[tokio::test]
async fn success_parts_of_random_payments_always_add_up() {
    const SEED: u64 = 0x1eaf_1e55;
    println!("seed {SEED:#x}");
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let mut world = World::new().await;
    let alice = world.wallet(100_000_000 * TOKEN).await;
    let bob = world.wallet(0).await;
    let vault = fee_vault(&world, 0);

    for round in 0..60 {
        let below = |limit: u64, random: &mut ChaCha8Rng| random.next_u64() % limit;
        let fee_ppm = 1 + below(100_000, &mut random);
        let burn_ppm = below(1_000_001, &mut random);
        let treasury_ppm = below(1_000_001, &mut random);
        let digits = 1 + below(12, &mut random) as u32;
        let amount = 2 + below(10u64.pow(digits), &mut random);
        set_rates(
            &mut world,
            fee_ppm as i64,
            burn_ppm as i64,
            treasury_ppm as u32,
        )
        .await;
        let before = (
            world.balance(&alice).await,
            world.balance(&bob).await,
            world.bank.balance(&vault).await,
        );
        let old = world.meter(0).await;

        world.pay(&alice, &bob.tokens, amount).await.unwrap();

        let story = format!("seed {SEED:#x} round {round}: {amount} at {fee_ppm} {burn_ppm}");
        let fee = fee_on(amount, u128::from(fee_ppm));
        assert_eq!(world.balance(&alice).await, before.0 - amount, "{story}");
        assert_eq!(
            world.balance(&bob).await,
            before.1 + (amount - fee),
            "{story}"
        );
        assert_eq!(world.bank.balance(&vault).await, before.2 + fee, "{story}");
        let new = world.meter(0).await;
        let (burn, treasury, stakers) = split(fee, u128::from(burn_ppm), u128::from(treasury_ppm));
        assert_eq!(burn + treasury + stakers, fee, "{story}");
        assert_eq!(new.pending_burn - old.pending_burn, burn, "{story}");
        assert_eq!(
            new.pending_treasury - old.pending_treasury,
            treasury,
            "{story}"
        );
        assert_eq!(
            new.pending_stakers - old.pending_stakers,
            stakers,
            "{story}"
        );
        assert_eq!(new.fees.get() - old.fees.get(), u128::from(fee), "{story}");
    }
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn success_a_delegate_pays_what_was_approved_and_no_more() {
    let mut world = World::new().await;
    let alice = world.wallet(100 * TOKEN).await;
    let bob = world.wallet(0).await;
    let delegate = Keypair::new();
    world
        .bank
        .approve(&alice.tokens, &delegate.pubkey(), &alice.key, 10 * TOKEN)
        .await;
    let by_delegate = |amount| Payment {
        payer: delegate.pubkey(),
        ..payment(&alice, &bob.tokens, 0, amount)
    };

    let pay = pay_ix(&world, &by_delegate(9 * TOKEN));
    world.bank.send(&[pay], &[&delegate]).await.unwrap();

    assert_eq!(world.balance(&alice).await, 91 * TOKEN);
    let too_much = pay_ix(&world, &by_delegate(TOKEN + 1));
    attack(
        &mut world,
        "more than approved",
        &[too_much],
        &[&delegate],
        token::INSUFFICIENT_FUNDS,
    )
    .await;
    let rest = charge_ix(&world, &by_delegate(10 * TOKEN));
    world.bank.send(&[rest], &[&delegate]).await.unwrap();
    assert_eq!(
        world.balance(&alice).await,
        91 * TOKEN - fee_on(10 * TOKEN, FEE_PPM)
    );
}

#[tokio::test]
async fn success_both_token_programs_pay() {
    let mut world = World::build(&WorldSpec {
        program: TokenProgram::Legacy,
        ..WorldSpec::default()
    })
    .await;
    let alice = world.wallet(100 * TOKEN).await;
    let bob = world.wallet(0).await;

    world.pay(&alice, &bob.tokens, 100 * TOKEN).await.unwrap();
    world.collect(0).await.unwrap();

    let (burn, treasury, stakers) = split(300_000, BURN_PPM, TREASURY_PPM);
    let meter = world.meter(0).await;
    assert_eq!(meter.burned.get(), u128::from(burn));
    assert_eq!(meter.swept_treasury.get(), u128::from(treasury));
    assert_eq!(meter.swept_stakers.get(), u128::from(stakers));
}

#[tokio::test]
async fn success_payments_on_different_shards_share_nothing_writable() {
    let mut world = meters(2).await;
    let (alice, bob) = (world.wallet(TOKEN).await, world.wallet(0).await);
    let (carol, dan) = (world.wallet(TOKEN).await, world.wallet(0).await);
    let writable = |instruction: &Instruction| -> BTreeSet<Pubkey> {
        let metas = instruction.accounts.iter();
        metas.filter(|m| m.is_writable).map(|m| m.pubkey).collect()
    };
    for build in [pay_ix, charge_ix] {
        let one = build(&world, &payment(&alice, &bob.tokens, 0, 1_000));
        let other = build(&world, &payment(&carol, &dan.tokens, 1, 1_000));

        let shared: Vec<_> = writable(&one)
            .intersection(&writable(&other))
            .copied()
            .collect();
        assert_eq!(shared, [], "two payments wait for each other");

        world.bank.send(&[one], &[&alice.key]).await.unwrap();
        world.bank.send(&[other], &[&carol.key]).await.unwrap();
    }
    assert_eq!(world.meter(0).await.payments, 2);
    assert_eq!(world.meter(1).await.payments, 2);
}

#[tokio::test]
async fn success_users_never_write_the_economy_nor_the_mint() {
    let mut world = World::build(&WorldSpec {
        liquidity: vec![1],
        ..WorldSpec::default()
    })
    .await;
    let economy = world.economy().await;
    let alice = world.wallet(TOKEN).await;
    let (at, owner, tokens) = (world.at, alice.pubkey(), alice.tokens);
    let (pool, program) = (world.native_pool(), world.token_program);
    let pay = payment(&alice, &tokens, 0, 1);
    let keeper = world.bank.payer().pubkey();

    let users = [
        ix::open_position(&world.at.economy, &pool, &owner, &owner),
        ix::stake(&at, &world.pools[0], &owner, &tokens, 1),
        ix::stake(&at, &world.pools[1], &owner, &tokens, 1),
        ix::request_unstake(&at.economy, &pool, &owner, 1),
        ix::cancel_unstake(&at.economy, &pool, &owner, 0),
        ix::withdraw(&at, &world.pools[0], &owner, &tokens),
        ix::claim(&at, &pool, &owner, &tokens, &program),
        ix::close_position(&at.economy, &pool, &owner, &owner),
        pay_ix(&world, &pay),
        charge_ix(&world, &pay),
    ];
    for instruction in users {
        for meta in instruction.accounts.iter().filter(|m| m.is_writable) {
            assert_ne!(meta.pubkey, at.economy, "a user waits for everybody");
            assert_ne!(meta.pubkey, at.mint, "a user waits for everybody");
        }
    }

    // Of the rest: collect counts what the period burned, preview leaves everything.
    let writable = |instruction: &Instruction, key: &Pubkey| {
        let metas = instruction.accounts.iter();
        metas.filter(|m| m.pubkey == *key).any(|m| m.is_writable)
    };
    assert!(writable(&collect_ix(&world, 0), &at.economy));
    assert!(writable(&collect_ix(&world, 0), &at.mint));
    let crank = ix::crank(&at, &keeper, &program, &world.pools, &economy);
    assert!(writable(&crank, &at.economy) && writable(&crank, &at.mint));
    let preview = ix::preview(&at, &world.pools, &economy, 0);
    assert!(preview.accounts.iter().all(|meta| !meta.is_writable));
}

#[tokio::test]
async fn success_a_payment_costs_the_same_with_hundreds_of_positions() {
    let mut world = World::new().await;
    let alice = world.wallet(1_000 * TOKEN).await;
    let bob = world.wallet(0).await;
    world.staker(TOKEN).await;
    let first = world.pay(&alice, &bob.tokens, TOKEN).await.unwrap();

    let (pool, payer) = (world.native_pool(), world.bank.payer().pubkey());
    for _ in 0..50 {
        let owners: Vec<Keypair> = (0..4).map(|_| Keypair::new()).collect();
        let open: Vec<Instruction> = owners
            .iter()
            .map(|owner| ix::open_position(&world.at.economy, &pool, &owner.pubkey(), &payer))
            .collect();
        let signers: Vec<&Keypair> = owners.iter().collect();
        world.bank.send(&open, &signers).await.unwrap();
    }
    for _ in 0..5 {
        world.staker(TOKEN).await;
    }
    let last = world.pay(&alice, &bob.tokens, TOKEN).await.unwrap();

    assert!(first.units > 0);
    assert_eq!(first.units, last.units);
}

#[tokio::test]
async fn success_a_transfer_fee_mint_counts_what_arrives() {
    // Given a mint that keeps 1 % of every transfer, and nobody can change that.
    const TAX_BPS: u16 = 100;
    let arrives = |sent: u64| sent - sent.div_ceil(100);
    let mut bank = Bank::start().await;
    let mint = Keypair::new();
    let initialise = initialize_transfer_fee_config(
        &TokenProgram::Token2022.id(),
        &mint.pubkey(),
        None,
        None,
        TAX_BPS,
        u64::MAX,
    )
    .unwrap();
    let spec = MintSpec {
        extensions: vec![ExtensionType::TransferFeeConfig],
        initialise: vec![initialise],
        ..MintSpec::plain(TokenProgram::Token2022)
    };
    bank.create_mint_at(&mint, &spec).await;
    let mut world = World::try_build_for(bank, &WorldSpec::default(), mint.pubkey())
        .await
        .unwrap();
    let alice = world.wallet(1_000 * TOKEN).await;
    let bob = world.wallet(0).await;
    let held = world.balance(&alice).await;
    assert_eq!(held, arrives(1_000 * TOKEN));

    // When alice pays, the payer's side adds up as ever ...
    let amount = 500_000_001;
    world.pay(&alice, &bob.tokens, amount).await.unwrap();
    let fee = fee_on(amount, FEE_PPM);
    assert_eq!(world.balance(&alice).await, held - amount);
    assert_eq!(world.balance(&bob).await, arrives(amount - fee));

    // ... and the meter counts the fee that its vault received.
    let vault = fee_vault(&world, 0);
    let received = world.bank.balance(&vault).await;
    assert_eq!(received, arrives(fee));
    let meter = world.meter(0).await;
    let (burn, treasury, stakers) = split(received, BURN_PPM, TREASURY_PPM);
    assert_eq!(pending(&meter), (burn, treasury, stakers));
    assert_eq!(meter.fees.get(), u128::from(received));

    // Collecting counts what the two vaults received, too.
    let (reward_vault, treasury_vault) = (world.at.reward_vault, world.at.treasury_vault);
    let rewards = world.bank.balance(&reward_vault).await;
    world.collect(0).await.unwrap();
    let meter = world.meter(0).await;
    assert_eq!(pending(&meter), (0, 0, 0));
    assert_eq!(meter.burned.get(), u128::from(burn));
    assert_eq!(meter.swept_stakers.get(), u128::from(arrives(stakers)));
    assert_eq!(meter.swept_treasury.get(), u128::from(arrives(treasury)));
    assert_eq!(
        world.bank.balance(&reward_vault).await,
        rewards + arrives(stakers)
    );
    assert_eq!(world.bank.balance(&treasury_vault).await, arrives(treasury));
    assert_eq!(world.bank.balance(&vault).await, 0);
    world.next_period().await.unwrap();
    assert_eq!(world.economy().await.tripped, 0);
}
