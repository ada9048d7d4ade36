//! The fee instructions: `pay`, `charge_fee`, `collect`.

use std::collections::BTreeSet;

use anchor_spl::token_2022::spl_token_2022::extension::{
    transfer_fee::instruction::initialize_transfer_fee_config, ExtensionType,
};
use homeostat::state::pause::Section;
use homeostat_client::{
    address, event::Event, instruction as ix, instruction::Payment, Economy, EconomyAddresses,
    EconomyArgs, Funding, Meter, Parameter, Pool, Pubkey,
};
use homeostat_sandbox::{
    world::{TOKEN, WEEK},
    Bank, MintSpec, TokenProgram, Wallet, World, WorldSpec,
};
use homeostat_tests::{
    anchor, attack, exchange, read_only, refused, token, unchanged, unsigned, HomeostatError,
};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

/// Rates of a new economy (ppm): of a payment, of the fee, of what is not burned.
const FEE_PPM: u128 = 3_000;
const BURN_PPM: u128 = 300_000;
const TREASURY_PPM: u128 = 200_000;
const PPM: u128 = 1_000_000;

/// `(burn, treasury, stakers)` of a fee, by the rules of the design.
fn split(fee: u64, burn_ppm: u128, treasury_ppm: u128) -> (u64, u64, u64) {
    let burn = (u128::from(fee) * burn_ppm / PPM) as u64;
    let treasury = (u128::from(fee - burn) * treasury_ppm / PPM) as u64;
    (burn, treasury, fee - burn - treasury)
}

/// `amount x ppm`, rounded up, at least 1.
fn fee_on(amount: u64, ppm: u128) -> u64 {
    (u128::from(amount) * ppm).div_ceil(PPM).max(1) as u64
}

fn payment(from: &Wallet, to: &Pubkey, shard: u8, amount: u64) -> Payment {
    Payment {
        payer: from.pubkey(),
        from: from.tokens,
        to: *to,
        shard,
        amount,
        max_fee: u64::MAX,
    }
}

fn pay_ix(world: &World, payment: &Payment) -> Instruction {
    ix::pay(&world.at, &world.token_program, payment)
}

fn charge_ix(world: &World, payment: &Payment) -> Instruction {
    ix::charge_fee(&world.at, &world.token_program, payment)
}

fn collect_ix(world: &World, shard: u8) -> Instruction {
    ix::collect(&world.at, &world.token_program, shard)
}

fn fee_vault(world: &World, shard: u8) -> Pubkey {
    address::fee_vault(&world.at.meter(shard))
}

async fn meters(count: u8) -> World {
    World::build(&WorldSpec {
        meters: count,
        ..WorldSpec::default()
    })
    .await
}

/// Governance's hand: rates that no crank has led to yet.
async fn set_rates(world: &mut World, fee_ppm: i64, burn_ppm: i64, treasury_ppm: u32) {
    let economy = world.at.economy;
    world
        .bank
        .edit::<Economy>(&economy, |economy| {
            for (parameter, value) in [(Parameter::Fee, fee_ppm), (Parameter::Burn, burn_ppm)] {
                let controller = &mut economy.controllers[parameter.index()];
                controller.config.min = value.min(controller.config.min);
                controller.config.max = value.max(controller.config.max);
                controller.state.u = value;
            }
            economy.limits.treasury_ppm = treasury_ppm;
        })
        .await;
}

/// What a fee vault counts as pending: `(burn, treasury, stakers)`.
fn pending(meter: &Meter) -> (u64, u64, u64) {
    (
        meter.pending_burn,
        meter.pending_treasury,
        meter.pending_stakers,
    )
}

// ---------------------------------------------------------------- pay

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
    assert_eq!(pending(&meter), (900_000, 420_000, 1_680_001));
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
    let invariants = world.check_invariants().await;
    assert!(invariants.all_hold(), "{invariants:#?}");
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
        ix::open_position(&pool, &owner, &owner),
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

    // Of the rest: collect leaves the economy alone, preview leaves everything.
    let writable = |instruction: &Instruction, key: &Pubkey| {
        let metas = instruction.accounts.iter();
        metas.filter(|m| m.pubkey == *key).any(|m| m.is_writable)
    };
    assert!(!writable(&collect_ix(&world, 0), &at.economy));
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
            .map(|owner| ix::open_position(&pool, &owner.pubkey(), &payer))
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

#[tokio::test]
async fn fail_pay_before_going_live_or_while_paused() {
    let mut draft = World::build(&WorldSpec {
        draft: true,
        ..WorldSpec::default()
    })
    .await;
    let alice = draft.wallet(TOKEN).await;
    let bob = draft.wallet(0).await;
    let pay = payment(&alice, &bob.tokens, 0, 1_000);
    for instruction in [pay_ix(&draft, &pay), charge_ix(&draft, &pay)] {
        attack(
            &mut draft,
            "paying in Draft",
            &[instruction],
            &[&alice.key],
            HomeostatError::NotLive,
        )
        .await;
    }

    let mut world = World::new().await;
    let alice = world.wallet(TOKEN).await;
    let (now, economy) = (world.bank.now(), world.at.economy);
    world
        .bank
        .edit::<Economy>(&economy, |economy| {
            let pause = &mut economy.pauses[Section::Pay as usize];
            (pause.from, pause.until) = (now, now + 3_600);
        })
        .await;
    let pay = payment(&alice, &world.reserve.clone(), 0, 1_000);
    for instruction in [pay_ix(&world, &pay), charge_ix(&world, &pay)] {
        attack(
            &mut world,
            "paying while paused",
            &[instruction],
            &[&alice.key],
            HomeostatError::Paused,
        )
        .await;
    }
    // Its end needs no transaction.
    world.bank.advance(3_600).await;
    let pay = pay_ix(&world, &pay);
    world.bank.send(&[pay], &[&alice.key]).await.unwrap();
}

#[tokio::test]
async fn fail_pay_with_wrong_accounts() {
    let mut world = meters(2).await;
    let alice = world.wallet(100 * TOKEN).await;
    let bob = world.wallet(0).await;
    let good = pay_ix(&world, &payment(&alice, &bob.tokens, 0, TOKEN));
    let (at, program) = (world.at, world.token_program);
    let (meter, vault) = (at.meter(0), fee_vault(&world, 0));

    // Another mint, its accounts, and an economy of somebody else's.
    let plain = MintSpec::plain(TokenProgram::Token2022);
    let foreign_mint = world.bank.create_mint(&plain).await;
    let foreign_tokens = world.bank.create_tokens(&foreign_mint, &bob.pubkey()).await;
    let mallory = Keypair::new();
    world.bank.airdrop(&mallory.pubkey(), 1_000_000_000).await;
    let theirs = EconomyAddresses::new(&at.mint, &mallory.pubkey());
    let args = EconomyArgs {
        funding: Funding::Funded,
        period: WEEK as u32,
        hard_cap: 2_000_000_000 * TOKEN,
    };
    let create = ix::create_economy(&at.mint, &program, &mallory.pubkey(), args);
    world.bank.send(&[create], &[&mallory]).await.unwrap();
    let create = ix::create_meter(&theirs, &mallory.pubkey(), &program, 0);
    world.bank.send(&[create], &[&mallory]).await.unwrap();
    let their_meter = theirs.meter(0);
    // A perfect copy of the meter that belongs to an attacker's program.
    let fake = world.bank.forge(&meter).await;

    let attacks = [
        (
            "a fake meter",
            exchange(good.clone(), &meter, &fake),
            anchor::ACCOUNT_OWNED_BY_WRONG_PROGRAM,
        ),
        (
            "a shard that nobody created",
            exchange(good.clone(), &meter, &at.meter(7)),
            anchor::ACCOUNT_OWNED_BY_WRONG_PROGRAM,
        ),
        (
            "a pool as meter",
            exchange(good.clone(), &meter, &world.native_pool()),
            anchor::ACCOUNT_DISCRIMINATOR_MISMATCH,
        ),
        (
            "another economy's meter",
            exchange(
                exchange(good.clone(), &meter, &their_meter),
                &vault,
                &address::fee_vault(&their_meter),
            ),
            anchor::CONSTRAINT_HAS_ONE,
        ),
        (
            "another economy",
            exchange(good.clone(), &at.economy, &theirs.economy),
            anchor::CONSTRAINT_HAS_ONE,
        ),
        (
            "another mint",
            exchange(good.clone(), &at.mint, &foreign_mint),
            anchor::CONSTRAINT_HAS_ONE,
        ),
        (
            "a recipient of another mint",
            exchange(good.clone(), &bob.tokens, &foreign_tokens),
            anchor::CONSTRAINT_TOKEN_MINT,
        ),
        (
            "paying in another token",
            exchange(good.clone(), &alice.tokens, &foreign_tokens),
            anchor::CONSTRAINT_TOKEN_MINT,
        ),
        (
            "the other token program",
            exchange(good.clone(), &program, &TokenProgram::Legacy.id()),
            anchor::CONSTRAINT_MINT_TOKEN_PROGRAM,
        ),
        (
            "no token program at all",
            exchange(good.clone(), &program, &Pubkey::new_unique()),
            anchor::INVALID_PROGRAM_ID,
        ),
        (
            "paying oneself",
            exchange(good.clone(), &bob.tokens, &alice.tokens),
            anchor::CONSTRAINT_DUPLICATE_MUTABLE_ACCOUNT,
        ),
        (
            "paying the fee vault, to have the fee counted twice",
            exchange(good.clone(), &bob.tokens, &vault),
            anchor::CONSTRAINT_DUPLICATE_MUTABLE_ACCOUNT,
        ),
        (
            "a read-only meter",
            read_only(good.clone(), &meter),
            anchor::CONSTRAINT_MUT,
        ),
    ];
    for (what, instruction, code) in attacks {
        attack(&mut world, what, &[instruction], &[&alice.key], code).await;
    }
    attack(
        &mut world,
        "without the payer's signature",
        &[unsigned(good.clone(), &alice.pubkey())],
        &[],
        anchor::ACCOUNT_NOT_SIGNER,
    )
    .await;
    attack(
        &mut world,
        "with somebody else's tokens",
        &[exchange(good, &alice.pubkey(), &mallory.pubkey())],
        &[&mallory],
        token::OWNER_MISMATCH,
    )
    .await;
    assert_eq!(world.balance(&alice).await, 100 * TOKEN);
}

#[tokio::test]
async fn fail_pay_more_than_one_has() {
    let mut world = World::new().await;
    let alice = world.wallet(100).await;
    let bob = world.wallet(0).await;
    for amount in [101, u64::MAX] {
        let pay = pay_ix(&world, &payment(&alice, &bob.tokens, 0, amount));
        attack(
            &mut world,
            "paying what is not there",
            &[pay],
            &[&alice.key],
            token::INSUFFICIENT_FUNDS,
        )
        .await;
        // A fee alone is what has to be there for charge_fee.
        if amount == u64::MAX {
            let charge = charge_ix(&world, &payment(&alice, &bob.tokens, 0, amount));
            attack(
                &mut world,
                "volume out of nothing",
                &[charge],
                &[&alice.key],
                token::INSUFFICIENT_FUNDS,
            )
            .await;
        }
    }
    assert_eq!(world.balance(&alice).await, 100);
}

#[tokio::test]
async fn fail_pay_into_a_meter_at_the_end_of_its_range() {
    let mut world = World::new().await;
    let alice = world.wallet(TOKEN).await;
    let (meter, reserve) = (world.at.meter(0), world.reserve);
    world
        .bank
        .edit::<Meter>(&meter, |meter| meter.pending_stakers = u64::MAX)
        .await;
    let pay = pay_ix(&world, &payment(&alice, &reserve, 0, TOKEN));
    attack(
        &mut world,
        "wrapping a counter",
        &[pay],
        &[&alice.key],
        HomeostatError::MathOverflow,
    )
    .await;
}

#[tokio::test]
async fn fail_pay_and_collect_when_a_fee_vault_is_short() {
    let mut world = World::new().await;
    let alice = world.wallet(1_000 * TOKEN).await;
    let (vault, reserve) = (fee_vault(&world, 0), world.reserve);
    world.pay(&alice, &reserve, 100 * TOKEN).await.unwrap();
    let held = world.bank.balance(&vault).await;
    world.bank.set_balance(&vault, held - 1).await;

    let pay = pay_ix(&world, &payment(&alice, &reserve, 0, TOKEN));
    attack(
        &mut world,
        "crediting more than the vault holds",
        &[pay],
        &[&alice.key],
        HomeostatError::InsolventVault,
    )
    .await;
    let collect = collect_ix(&world, 0);
    attack(
        &mut world,
        "sweeping more than the vault holds",
        &[collect],
        &[],
        token::INSUFFICIENT_FUNDS,
    )
    .await;
}

// ---------------------------------------------------------------- charge_fee

#[tokio::test]
async fn success_charge_fee_takes_the_fee_and_counts_the_volume() {
    let mut world = World::new().await;
    let alice = world.wallet(10 * TOKEN).await;
    let bob = world.wallet(0).await;
    let amount = 1_000 * TOKEN + 1;

    let charge = charge_ix(&world, &payment(&alice, &bob.tokens, 0, amount));
    world.bank.send(&[charge], &[&alice.key]).await.unwrap();

    let fee = fee_on(amount, FEE_PPM);
    assert_eq!(fee, 3 * TOKEN + 1);
    assert_eq!(world.balance(&alice).await, 10 * TOKEN - fee);
    assert_eq!(world.balance(&bob).await, 0);
    let meter = world.meter(0).await;
    assert_eq!(pending(&meter), split(fee, BURN_PPM, TREASURY_PPM));
    assert_eq!(meter.volume.get(), u128::from(amount));
}

#[tokio::test]
async fn fail_charge_fee_with_wrong_accounts() {
    let mut world = meters(2).await;
    let alice = world.wallet(100 * TOKEN).await;
    let mallory = world.wallet(0).await;
    let good = charge_ix(&world, &payment(&alice, &mallory.tokens, 0, TOKEN));
    let (meter, vault) = (world.at.meter(0), fee_vault(&world, 0));
    let attacks = [
        (
            "the fee to oneself",
            exchange(good.clone(), &vault, &mallory.tokens),
            anchor::CONSTRAINT_HAS_ONE,
        ),
        (
            "another shard's vault",
            exchange(good.clone(), &vault, &fee_vault(&world, 1)),
            anchor::CONSTRAINT_HAS_ONE,
        ),
        (
            "the economy as meter",
            exchange(good.clone(), &meter, &world.at.economy),
            anchor::ACCOUNT_DISCRIMINATOR_MISMATCH,
        ),
        (
            "the fee vault as payer",
            exchange(good.clone(), &alice.tokens, &vault),
            anchor::CONSTRAINT_DUPLICATE_MUTABLE_ACCOUNT,
        ),
    ];
    for (what, instruction, code) in attacks {
        attack(&mut world, what, &[instruction], &[&alice.key], code).await;
    }
    let (mint, treasury) = (world.at.mint, world.at.treasury_vault);
    world
        .bank
        .transfer(&mint, &alice.tokens, &treasury, &alice.key, TOKEN)
        .await;
    attack(
        &mut world,
        "a vault of the economy's as payer",
        &[exchange(good, &alice.tokens, &treasury)],
        &[&alice.key],
        token::OWNER_MISMATCH,
    )
    .await;
}

// ---------------------------------------------------------------- collect

#[tokio::test]
async fn success_collect_burns_and_sweeps_to_the_unit() {
    let mut world = World::new().await;
    let alice = world.wallet(10_000 * TOKEN).await;
    let reserve = world.reserve;
    for amount in [777, 1_000_003, 5_000 * TOKEN] {
        world.pay(&alice, &reserve, amount).await.unwrap();
    }
    let (burn, treasury, stakers) = pending(&world.meter(0).await);
    let at = world.at;
    let supply = world.bank.supply(&at.mint).await;
    let rewards = world.bank.balance(&at.reward_vault).await;

    let collect = collect_ix(&world, 0);
    let events = world.bank.events(std::slice::from_ref(&collect), &[]).await;
    world.run(&[collect]).await.unwrap();

    let [Event::Collected(event)] = &events[..] else {
        panic!("one event tells of it");
    };
    assert_eq!(
        (event.burned, event.burn_blocked, event.treasury),
        (burn, 0, treasury)
    );
    assert_eq!((event.stakers, event.payments), (stakers, 3));
    assert_eq!(world.bank.supply(&at.mint).await, supply - burn);
    assert_eq!(
        world.bank.balance(&at.reward_vault).await,
        rewards + stakers
    );
    assert_eq!(world.bank.balance(&at.treasury_vault).await, treasury);
    let vault = fee_vault(&world, 0);
    assert_eq!(world.bank.balance(&vault).await, 0);
    assert_eq!(pending(&world.meter(0).await), (0, 0, 0));
    let invariants = world.check_invariants().await;
    assert!(invariants.all_hold(), "{invariants:#?}");
}

#[tokio::test]
async fn success_a_donation_to_a_fee_vault_changes_nothing() {
    let mut world = World::new().await;
    let alice = world.wallet(1_000 * TOKEN).await;
    let (vault, reserve, mint) = (fee_vault(&world, 0), world.reserve, world.at.mint);
    world.pay(&alice, &reserve, 100 * TOKEN).await.unwrap();
    let counted = pending(&world.meter(0).await);
    world
        .bank
        .transfer(&mint, &alice.tokens, &vault, &alice.key, 55)
        .await;

    world.pay(&alice, &reserve, 100 * TOKEN).await.unwrap();
    world.collect(0).await.unwrap();

    let meter = world.meter(0).await;
    assert_eq!(meter.burned.get(), 2 * u128::from(counted.0));
    assert_eq!(meter.swept_treasury.get(), 2 * u128::from(counted.1));
    assert_eq!(meter.swept_stakers.get(), 2 * u128::from(counted.2));
    assert_eq!(world.bank.balance(&vault).await, 55);
}

#[tokio::test]
async fn success_swept_fees_stream_over_the_next_period_to_the_last_unit() {
    // Given a staker, and an economy that emits nothing, so that only fees flow.
    let mut world = World::new().await;
    let staker = world.staker(1_000 * TOKEN).await;
    let alice = world.wallet(1_000_000 * TOKEN).await;
    let (economy, reserve) = (world.at.economy, world.reserve);
    world
        .bank
        .edit::<Economy>(&economy, |economy| {
            let emission = &mut economy.controllers[Parameter::Emission.index()];
            emission.config = homeostat::state::StoredConfig {
                min: 0,
                max: 1,
                bias: Default::default(),
                kp: Default::default(),
                ki: Default::default(),
                ..emission.config
            };
            emission.state.u = 0;
        })
        .await;
    let period = WEEK as u128;
    let swept = |meter: &Meter| meter.swept_stakers.get();

    // When fees are swept, nothing streams before the crank ...
    world
        .pay(&alice, &reserve, 100_003 * TOKEN + 7)
        .await
        .unwrap();
    world.collect(0).await.unwrap();
    let first = swept(&world.meter(0).await);
    world.next_period().await.unwrap();
    world.claim(&staker).await.unwrap();
    let opened = world.bank.now();
    let after = world.economy().await;
    assert_eq!(after.stream.fees_at(opened).unwrap(), 0);

    // ... and then they stream evenly, the whole of it, over one period.
    let rate = (first << 64) / period;
    let rest = (first << 64) % period;
    assert_ne!(rest, 0, "the amounts are chosen to leave a remainder");
    assert_eq!(after.stream.fee_rate_q64.get(), rate);
    assert_eq!(after.stream.fee_until, opened + WEEK);
    let half = after.stream.fees_at(opened + WEEK / 2).unwrap();
    assert_eq!(half, rate * period / 2);
    let whole = after.stream.fees_at(opened + WEEK).unwrap();
    assert_eq!(whole + rest, first << 64);
    assert_eq!(after.stream.fees_at(opened + 9 * WEEK).unwrap(), whole);

    // The staker, alone in the pool, gets it to the unit that has not filled yet.
    let before = world.balance(&staker).await;
    world.bank.set_time(opened + WEEK).await;
    world.claim(&staker).await.unwrap();
    let claimed = u128::from(world.balance(&staker).await - before);
    assert!(claimed.abs_diff(first) <= 1, "{claimed} {first}");

    // The next crank carries the remainder into the next stream.
    world
        .pay(&alice, &reserve, 50_001 * TOKEN + 1)
        .await
        .unwrap();
    world.collect(0).await.unwrap();
    let second = swept(&world.meter(0).await) - first;
    world.next_period().await.unwrap();
    let after = world.economy().await;
    assert_eq!(
        after.stream.fee_rate_q64.get(),
        ((second << 64) + rest) / period
    );
    let before = world.balance(&staker).await;
    world.bank.advance(WEEK).await;
    world.claim(&staker).await.unwrap();
    let claimed = claimed + u128::from(world.balance(&staker).await - before);
    assert!(claimed.abs_diff(first + second) <= 1, "{claimed}");
}

#[tokio::test]
async fn success_fees_for_an_empty_pool_come_back() {
    // Given fees that stream for a week in which nobody stakes.
    let mut world = World::new().await;
    let alice = world.wallet(1_000_000 * TOKEN).await;
    let reserve = world.reserve;
    world.pay(&alice, &reserve, 100_000 * TOKEN).await.unwrap();
    world.collect(0).await.unwrap();
    let swept = world.meter(0).await.swept_stakers.get();
    world.next_period().await.unwrap();
    let first = world.economy().await.stream.fee_rate_q64.get();
    assert_eq!(first, (swept << 64) / WEEK as u128);

    // When that week ends, all of it comes back and streams again.
    world.next_period().await.unwrap();
    let economy = world.economy().await;
    let returned = economy.tally.returned_fees_q64.get();
    assert_eq!(returned, first * WEEK as u128);
    assert_eq!(economy.stream.fee_acc_q64.get(), returned);
    assert_eq!(economy.stream.fee_rate_q64.get(), first);

    // A staker who comes for the second half gets that half and no more ...
    world.bank.advance(WEEK / 2).await;
    let staker = world.staker(TOKEN).await;
    world.next_period().await.unwrap();
    let pool: Pool = world.pool(0).await;
    assert_eq!(
        pool.returned_fees_q64.get(),
        returned + first * (WEEK as u128) / 2
    );

    // ... and the first half comes back once more.
    let economy = world.economy().await;
    let again = economy.stream.fee_rate_q64.get();
    assert!(again.abs_diff(first / 2) <= 1, "{again} {first}");
    world.claim(&staker).await.unwrap();
    let invariants = world.check_invariants().await;
    assert!(invariants.all_hold(), "{invariants:#?}");
}

#[tokio::test]
async fn success_collect_works_whatever_is_paused() {
    let mut world = World::new().await;
    let alice = world.wallet(1_000 * TOKEN).await;
    let (reserve, economy, now) = (world.reserve, world.at.economy, world.bank.now());
    world.pay(&alice, &reserve, 100 * TOKEN).await.unwrap();
    world
        .bank
        .edit::<Economy>(&economy, |economy| {
            for pause in &mut economy.pauses {
                (pause.from, pause.until) = (now, now + WEEK);
            }
        })
        .await;

    world.collect(0).await.unwrap();

    assert_eq!(pending(&world.meter(0).await), (0, 0, 0));
}

// ---------------------------------------------------------------- threats

#[tokio::test]
async fn f1_fees_go_to_the_recorded_vaults_only() {
    let mut world = meters(2).await;
    let alice = world.wallet(1_000 * TOKEN).await;
    let mallory = world.wallet(0).await;
    let pay = pay_ix(&world, &payment(&alice, &world.reserve.clone(), 0, TOKEN));
    world
        .bank
        .send(std::slice::from_ref(&pay), &[&alice.key])
        .await
        .unwrap();
    let collect = collect_ix(&world, 0);
    let at = world.at;
    let (vault, own) = (fee_vault(&world, 0), mallory.tokens);

    for (what, thief) in [("own", own), ("another shard's", fee_vault(&world, 1))] {
        attack(
            &mut world,
            &format!("pay into {what} vault"),
            &[exchange(pay.clone(), &vault, &thief)],
            &[&alice.key],
            anchor::CONSTRAINT_HAS_ONE,
        )
        .await;
    }
    let attacks = [
        (
            "collect, own treasury",
            exchange(collect.clone(), &at.treasury_vault, &own),
        ),
        (
            "collect, own reward vault",
            exchange(collect.clone(), &at.reward_vault, &own),
        ),
        (
            "collect, rewards to the treasury",
            exchange(
                exchange(collect.clone(), &at.reward_vault, &own),
                &at.treasury_vault,
                &at.reward_vault,
            ),
        ),
        (
            "collect, own authority",
            exchange(collect, &at.authority, &mallory.pubkey()),
        ),
    ];
    for (what, instruction) in attacks {
        attack(
            &mut world,
            what,
            &[instruction],
            &[],
            anchor::CONSTRAINT_HAS_ONE,
        )
        .await;
    }
    assert_eq!(world.balance(&mallory).await, 0);
}

#[tokio::test]
async fn f2_dust_splitting_never_avoids_the_fee() {
    let mut world = World::new().await;
    let alice = world.wallet(TOKEN).await;
    let bob = world.wallet(0).await;

    // What leaves nothing for the recipient is refused.
    let refusals = [
        (0, HomeostatError::AmountTooSmall),
        (1, HomeostatError::SplitExceedsAmount),
    ];
    for (amount, error) in refusals {
        let pay = payment(&alice, &bob.tokens, 0, amount);
        for instruction in [pay_ix(&world, &pay), charge_ix(&world, &pay)] {
            attack(&mut world, "dust", &[instruction], &[&alice.key], error).await;
        }
    }

    // Everything else pays at least one unit, so 300 in twos costs 150, not 1.
    let two = pay_ix(&world, &payment(&alice, &bob.tokens, 0, 2));
    for _ in 0..10 {
        let fifteen = vec![two.clone(); 15];
        world.bank.send(&fifteen, &[&alice.key]).await.unwrap();
    }
    let in_pieces = world.meter(0).await.fees.get();
    world.pay(&alice, &bob.tokens, 300).await.unwrap();
    let at_once = world.meter(0).await.fees.get() - in_pieces;
    assert_eq!((in_pieces, at_once), (150, 1));
    for (amount, fee) in [(333, 1), (334, 2), (1_000, 3), (1_001, 4)] {
        let before = world.meter(0).await.fees.get();
        world.pay(&alice, &bob.tokens, amount).await.unwrap();
        assert_eq!(world.meter(0).await.fees.get() - before, fee, "{amount}");
    }
}

/// A week in which so much is paid that the next crank raises the fee rate as
/// fast as it may: by 1,000 ppm.
async fn busy_week(world: &mut World) -> (Wallet, Wallet) {
    let alice = world.wallet(200_000_000 * TOKEN).await;
    let bob = world.wallet(0).await;
    for _ in 0..3 {
        let pay = world.pay_ix(&alice, &bob.tokens, 60_000_000 * TOKEN);
        world.bank.send(&[pay], &[&alice.key]).await.unwrap();
    }
    (alice, bob)
}

#[tokio::test]
async fn f3_a_fee_that_rose_meanwhile_is_refused_above_max_fee() {
    let mut world = World::new().await;
    let (alice, bob) = busy_week(&mut world).await;
    let amount = 1_000 * TOKEN;
    let signed = Payment {
        max_fee: fee_on(amount, FEE_PPM),
        ..payment(&bob, &alice.tokens, 0, amount)
    };
    let (pay, charge) = (pay_ix(&world, &signed), charge_ix(&world, &signed));
    let end = world.economy().await.next_end;
    world.bank.set_time(end).await;
    let crank = world.crank_ix().await;

    // The keeper's crank before it in one transaction, or in its own.
    attack(
        &mut world,
        "crank, then pay",
        &[crank.clone(), pay.clone()],
        &[&bob.key],
        HomeostatError::FeeAboveMax,
    )
    .await;
    world.run(&[crank]).await.unwrap();
    for (what, instruction) in [("pay", &pay), ("charge_fee", &charge)] {
        attack(
            &mut world,
            what,
            std::slice::from_ref(instruction),
            &[&bob.key],
            HomeostatError::FeeAboveMax,
        )
        .await;
    }

    let exact = Payment {
        max_fee: fee_on(amount, FEE_PPM + 1_000),
        ..signed
    };
    let pay = pay_ix(&world, &exact);
    world.bank.send(&[pay], &[&bob.key]).await.unwrap();
}

#[tokio::test]
async fn f4_the_parts_never_exceed_the_amount_at_the_highest_rates() {
    let mut world = World::new().await;
    set_rates(&mut world, 100_000, 1_000_000, 1_000_000).await;
    let alice = world.wallet(1_000 * TOKEN).await;
    let bob = world.wallet(0).await;
    let tiny = pay_ix(&world, &payment(&alice, &bob.tokens, 0, 1));
    attack(
        &mut world,
        "a fee as large as the amount",
        &[tiny],
        &[&alice.key],
        HomeostatError::SplitExceedsAmount,
    )
    .await;

    for amount in [2, 9, 10, 11, 999, TOKEN] {
        let held = (world.balance(&alice).await, world.balance(&bob).await);
        let burn = world.meter(0).await.pending_burn;
        world.pay(&alice, &bob.tokens, amount).await.unwrap();
        let fee = amount.div_ceil(10);
        assert_eq!(world.balance(&alice).await, held.0 - amount);
        assert_eq!(world.balance(&bob).await, held.1 + amount - fee);
        assert_eq!(world.meter(0).await.pending_burn, burn + fee);
    }

    // A rate from nowhere is cut to the ceiling of the program: 10 %.
    set_rates(&mut world, i64::MAX, i64::MAX, u32::MAX).await;
    let held = world.balance(&alice).await;
    world.pay(&alice, &bob.tokens, TOKEN).await.unwrap();
    assert_eq!(world.balance(&alice).await, held - TOKEN);
    let fees = world.meter(0).await;
    world.collect(0).await.unwrap();
    assert_eq!(fees.fees.get(), u128::from(fees.liability().unwrap()));
}

#[tokio::test]
async fn f5_a_new_rate_never_reaches_back() {
    let mut world = World::new().await;
    let (alice, bob) = busy_week(&mut world).await;
    let owed = pending(&world.meter(0).await);
    let fees = 3 * fee_on(60_000_000 * TOKEN, FEE_PPM);
    assert_eq!(owed, split(fees, BURN_PPM, TREASURY_PPM));

    // The crank raises both the fee and the share that is burned ...
    world.next_period().await.unwrap();
    let economy = world.economy().await;
    assert_eq!(u128::from(economy.value(Parameter::Fee)), FEE_PPM + 1_000);
    assert_ne!(u128::from(economy.value(Parameter::Burn)), BURN_PPM);

    // ... and what was charged before is split as it was charged.
    assert_eq!(pending(&world.meter(0).await), owed);
    world.collect(0).await.unwrap();
    let meter = world.meter(0).await;
    assert_eq!(
        (
            meter.burned.get(),
            meter.swept_treasury.get(),
            meter.swept_stakers.get()
        ),
        (owed.0.into(), owed.1.into(), owed.2.into())
    );
    world.pay(&bob, &alice.tokens, TOKEN).await.unwrap();
    let new = world.meter(0).await.fees.get() - meter.fees.get();
    assert_eq!(new, u128::from(fee_on(TOKEN, FEE_PPM + 1_000)));
}

#[tokio::test]
async fn b1_nothing_but_collected_fees_is_ever_burned() {
    let mut world = meters(2).await;
    let victim = world.staker(1_000 * TOKEN).await;
    let alice = world.wallet(1_000 * TOKEN).await;
    let reserve = world.reserve;
    world.pay(&alice, &reserve, 900 * TOKEN).await.unwrap();
    let collect = collect_ix(&world, 0);
    let (at, vault) = (world.at, fee_vault(&world, 0));
    let principal = address::principal_vault(&world.native_pool());
    let mint = world
        .bank
        .create_mint(&MintSpec::plain(TokenProgram::Token2022))
        .await;

    let sources = [
        ("the stake vault", principal),
        ("a user's account", victim.tokens),
        ("another shard's vault", fee_vault(&world, 1)),
        ("the reward vault", at.reward_vault),
        ("the treasury", at.treasury_vault),
    ];
    for (what, source) in sources {
        let instruction = exchange(collect.clone(), &vault, &source);
        attack(
            &mut world,
            what,
            &[instruction],
            &[],
            anchor::CONSTRAINT_HAS_ONE,
        )
        .await;
    }
    let instruction = exchange(collect, &at.mint, &mint);
    attack(
        &mut world,
        "another mint",
        &[instruction],
        &[],
        anchor::CONSTRAINT_HAS_ONE,
    )
    .await;
}

#[tokio::test]
async fn b2_collecting_twice_moves_nothing() {
    let mut world = World::new().await;
    let alice = world.wallet(1_000 * TOKEN).await;
    let reserve = world.reserve;
    world.pay(&alice, &reserve, 900 * TOKEN).await.unwrap();
    let once = pending(&world.meter(0).await);
    let collect = collect_ix(&world, 0);

    // Twice in one transaction counts once ...
    world
        .run(&[collect.clone(), collect.clone()])
        .await
        .unwrap();
    let meter = world.meter(0).await;
    assert_eq!(meter.burned.get(), u128::from(once.0));
    assert_eq!(meter.swept_treasury.get(), u128::from(once.1));
    assert_eq!(meter.swept_stakers.get(), u128::from(once.2));

    // ... and again changes nothing and tells of nothing, now or a period later.
    let before = world.state().await;
    for _ in 0..2 {
        let events = world.bank.events(std::slice::from_ref(&collect), &[]).await;
        assert!(events.is_empty());
        world.collect(0).await.unwrap();
        unchanged("collecting nothing", &before, &world.state().await);
        world.bank.advance(WEEK).await;
    }
}

#[tokio::test]
async fn b3_a_burn_below_the_supply_floor_goes_to_the_treasury() {
    let mut world = World::new().await;
    let alice = world.wallet(1_000 * TOKEN).await;
    let (at, reserve) = (world.at, world.reserve);
    world.pay(&alice, &reserve, 900 * TOKEN).await.unwrap();
    let (burn, treasury, stakers) = pending(&world.meter(0).await);
    let supply = world.bank.supply(&at.mint).await;
    world
        .bank
        .edit::<Economy>(&at.economy, |economy| {
            economy.limits.supply_floor = supply - 10;
        })
        .await;

    let collect = collect_ix(&world, 0);
    let events = world.bank.events(std::slice::from_ref(&collect), &[]).await;
    world.run(&[collect]).await.unwrap();

    assert_eq!(world.bank.supply(&at.mint).await, supply - 10);
    let meter = world.meter(0).await;
    assert_eq!(meter.burned.get(), 10);
    assert_eq!(meter.burn_blocked.get(), u128::from(burn - 10));
    assert_eq!(meter.swept_stakers.get(), u128::from(stakers));
    assert_eq!(
        world.bank.balance(&at.treasury_vault).await,
        treasury + burn - 10
    );
    let [Event::Collected(event)] = &events[..] else {
        panic!("one event tells of it");
    };
    assert_eq!((event.burned, event.burn_blocked), (10, burn - 10));

    // Below the floor (others burned) nothing of a fee is burned.
    let owner = alice.key.insecure_clone();
    world.bank.burn(&at.mint, &alice.tokens, &owner, 5).await;
    world.pay(&alice, &reserve, TOKEN).await.unwrap();
    world.collect(0).await.unwrap();
    assert_eq!(world.meter(0).await.burned.get(), 10);
    let invariants = world.check_invariants().await;
    assert!(invariants.all_hold(), "{invariants:#?}");
}

#[tokio::test]
async fn o4_wash_volume_costs_its_fee() {
    // Given a wallet that pays itself by way of a second one, all it can.
    let mut world = World::new().await;
    let alice = world.wallet(100_000_000 * TOKEN).await;
    let bob = world.wallet(0).await;
    let (mut from, mut to) = (&alice, &bob);
    let mut volume = 0;
    for _ in 0..8 {
        let amount = world.balance(from).await;
        world.pay(from, &to.tokens, amount).await.unwrap();
        volume += amount;
        (from, to) = (to, from);
    }

    // The volume counts, and costs at least the fee rate on all of it ...
    let lost = 100_000_000 * TOKEN - world.balance(&alice).await - world.balance(&bob).await;
    assert_eq!(world.meter(0).await.volume.get(), u128::from(volume));
    assert!(u128::from(lost) * PPM >= u128::from(volume) * FEE_PPM);

    // ... for a rate that moves no further than its slew limit, for everybody.
    world.next_period().await.unwrap();
    let moved = u128::from(world.economy().await.value(Parameter::Fee)) - FEE_PPM;
    assert_eq!(moved, 1_000);
    // In the slot of the crank there is nothing to gain either: the window is closed.
    let measured = world.economy().await.readings;
    world.pay(&alice, &bob.tokens, TOKEN).await.unwrap();
    assert_eq!(world.economy().await.readings, measured);
    refused(world.crank().await, HomeostatError::TooEarly);
}
