//! What `pay` refuses: wrong accounts, wrong times, more than there is.

use super::*;

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
        sponsor: None,
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
