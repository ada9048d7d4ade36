//! What the SDK tells a wallet without network is what the program then does, to the unit.

use anchor_spl::token_2022::spl_token_2022::extension::{
    transfer_fee::instruction::initialize_transfer_fee_config, ExtensionType,
};
use homeostat_client::{
    address, governance, instruction as ix,
    wallet::{
        apr_ppm, claim_all, compound, pending_rewards, quote, unbonding, withdrawable, Held,
        Payout, Summary, TransferFee,
    },
    Economy, Funding, Life, PauseReason, Pool, Position, Section,
};
use homeostat_sandbox::{
    world::{TOKEN, WEEK},
    Bank, MintSpec, TokenProgram, Wallet, World, WorldSpec,
};
use homeostat_tests::HomeostatError;
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use solana_keypair::Keypair;
use solana_signer::Signer;

const DAY: i64 = 86_400;

/// What a wallet reads before it shows anything.
struct Read {
    economy: Box<Economy>,
    pool: Pool,
    position: Position,
    payout: Payout,
    now: i64,
}

impl Read {
    async fn of(world: &mut World, wallet: &Wallet) -> Self {
        let vault = world.at.reward_vault;
        Self {
            economy: world.economy().await,
            pool: world.pool(0).await,
            position: world.position(wallet).await,
            payout: Payout {
                owner: wallet.pubkey(),
                owner_tokens: wallet.tokens,
                reward_vault_balance: world.bank.balance(&vault).await,
            },
            now: world.bank.now(),
        }
    }

    fn pending(&self) -> u64 {
        self.pending_at(self.now)
    }

    fn pending_at(&self, now: i64) -> u64 {
        pending_rewards(&self.economy, &self.pool, &self.position, now).unwrap()
    }

    fn held(&self) -> Held<'_> {
        Held {
            pool: &self.pool,
            position: &self.position,
        }
    }
}

fn names(instructions: &[homeostat_client::Instruction]) -> Vec<&'static str> {
    instructions.iter().filter_map(ix::name).collect()
}

#[tokio::test]
async fn success_pending_rewards_are_what_a_claim_pays_to_the_unit() {
    const SEED: u64 = 0x9a11_e700;
    println!("seed {SEED:#x}");
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let mut below = |most: u64| random.next_u64() % most;
    // given three stakers, fees that are streamed, cranks, pauses and late cranks
    let mut world = World::new().await;
    let mut stakers = Vec::new();
    for _ in 0..3 {
        let amount = 1 + below(1_000_000 * TOKEN);
        stakers.push(world.staker(amount).await);
    }
    let payer = world.wallet(50_000_000 * TOKEN).await;
    let guardian = world.guardian.insecure_clone();
    for round in 0..40 {
        // when time passes and something happens
        world.bank.advance(1 + below(3 * DAY as u64) as i64).await;
        match below(5) {
            0 => {
                let to = stakers[0].tokens;
                let amount = 1_000 + below(100_000 * TOKEN);
                world.pay(&payer, &to, amount).await.unwrap();
                world.collect(0).await.unwrap();
            }
            1 => {
                world.next_period().await.unwrap();
            }
            2 => {
                let pause = governance::pause(
                    &world.at,
                    &guardian.pubkey(),
                    Section::Emission,
                    60 + below(600) as u32,
                    PauseReason::Other,
                );
                let _ = world.bank.send(&[pause], &[&guardian]).await;
            }
            _ => {}
        }
        // then what was shown is what is paid, and what was asked for ahead of time too
        let wallet = &stakers[below(3) as usize];
        let ahead = below(2 * DAY as u64) as i64;
        let later = Read::of(&mut world, wallet).await;
        let foretold = later.pending_at(later.now + ahead);
        world.bank.advance(ahead).await;
        let read = Read::of(&mut world, wallet).await;
        let story = format!("seed {SEED:#x}, round {round}");
        assert_eq!(read.pending(), foretold, "{story}");
        let before = world.balance(wallet).await;
        if foretold > 0 {
            let claims = claim_all(
                &world.at,
                &read.economy,
                &[read.held()],
                &read.payout,
                read.now,
            )
            .unwrap();
            world.bank.send(&claims, &[&wallet.key]).await.unwrap();
        }
        assert_eq!(world.balance(wallet).await - before, foretold, "{story}");
        assert_eq!(Read::of(&mut world, wallet).await.pending(), 0, "{story}");
    }
}

#[tokio::test]
async fn success_claim_all_tops_up_only_when_the_vault_is_short() {
    // given a vault that holds the first period's rewards
    let mut world = World::new().await;
    let wallet = world.staker(100 * TOKEN).await;
    let read = Read::of(&mut world, &wallet).await;
    let claims = |read: &Read, world: &World| {
        claim_all(
            &world.at,
            &read.economy,
            &[read.held()],
            &read.payout,
            read.now,
        )
        .unwrap()
    };
    assert_eq!(names(&claims(&read, &world)), [""; 0], "nothing earned yet");

    world.bank.advance(DAY).await;
    let read = Read::of(&mut world, &wallet).await;
    assert_eq!(names(&claims(&read, &world)), ["claim"]);

    // when the crank is late and all of it has been claimed
    world.bank.advance(WEEK - DAY).await;
    world.claim(&wallet).await.unwrap();
    world.bank.advance(2 * DAY).await;

    // then a claim alone would fail or not, and the SDK's goes through either way
    let read = Read::of(&mut world, &wallet).await;
    let built = claims(&read, &world);
    if read.pending() > 0 {
        world.bank.send(&built, &[&wallet.key]).await.unwrap();
        assert_eq!(world.balance(&wallet).await, world.pool(0).await.claimed);
    }

    // A vault that is empty for certain: the top-up comes first.
    world.crank().await.unwrap();
    world.bank.advance(DAY).await;
    let mut read = Read::of(&mut world, &wallet).await;
    read.payout.reward_vault_balance = 0;
    let built = claims(&read, &world);
    assert_eq!(names(&built), ["top_up", "claim"]);
    let (before, due) = (world.balance(&wallet).await, read.pending());
    world.bank.send(&built, &[&wallet.key]).await.unwrap();
    assert_eq!(world.balance(&wallet).await - before, due);
}

#[tokio::test]
async fn success_a_funded_economy_is_never_topped_up() {
    let mut world = World::build(&WorldSpec {
        funding: Funding::Funded,
        ..WorldSpec::default()
    })
    .await;
    let wallet = world.staker(100 * TOKEN).await;
    let mut read = Read::of(&mut world, &wallet).await;
    // As if it had been funded: only what is built matters here.
    read.economy.stream.lanes[0].rate_q64 = homeostat::state::number::U128::new(1 << 70);
    read.economy.stream.emit_until = i64::MAX;
    read.payout.reward_vault_balance = 0;
    let now = read.now + DAY;

    let built = claim_all(&world.at, &read.economy, &[read.held()], &read.payout, now).unwrap();

    assert_eq!(names(&built), ["claim"]);
}

#[tokio::test]
async fn success_compounding_stakes_exactly_what_was_earned() {
    let mut world = World::new().await;
    let wallet = world.staker(100 * TOKEN).await;
    world.bank.advance(DAY).await;
    let read = Read::of(&mut world, &wallet).await;
    let earned = read.pending();
    let none = TransferFee::default();
    let build = |read: &Read, world: &World| {
        compound(
            &world.at,
            &read.economy,
            &read.held(),
            &read.payout,
            &none,
            read.now,
        )
    };

    let both = build(&read, &world).unwrap();
    assert_eq!(names(&both), ["claim", "stake"]);
    // It lands some seconds later: what accrued since stays in the wallet.
    world.bank.advance(7).await;
    let then = Read::of(&mut world, &wallet).await.pending();
    world.bank.send(&both, &[&wallet.key]).await.unwrap();

    assert_eq!(world.position(&wallet).await.amount, 100 * TOKEN + earned);
    assert_eq!(world.balance(&wallet).await, then - earned);

    // Nothing earned, nothing to sign; paused, a refusal before anybody signs.
    let read = Read::of(&mut world, &wallet).await;
    assert!(build(&read, &world).unwrap().is_empty());
    let guardian = world.guardian.insecure_clone();
    let pause = governance::pause(
        &world.at,
        &guardian.pubkey(),
        Section::Stake,
        60,
        PauseReason::Other,
    );
    world.bank.send(&[pause], &[&guardian]).await.unwrap();
    let read = Read::of(&mut world, &wallet).await;
    let refused = build(&read, &world).unwrap_err();
    assert_eq!(u32::from(refused), u32::from(HomeostatError::Paused));
}

/// A world whose mint keeps 1 % of every transfer back.
async fn taxed() -> World {
    let mut bank = Bank::start().await;
    let mint = Keypair::new();
    let program = TokenProgram::Token2022;
    let tax =
        initialize_transfer_fee_config(&program.id(), &mint.pubkey(), None, None, 100, u64::MAX)
            .unwrap();
    bank.create_mint_at(
        &mint,
        &MintSpec {
            extensions: vec![ExtensionType::TransferFeeConfig],
            initialise: vec![tax],
            ..MintSpec::plain(program)
        },
    )
    .await;
    match World::try_build_for(bank, &WorldSpec::default(), mint.pubkey()).await {
        Ok(world) => world,
        Err(failure) => panic!("{failure}"),
    }
}

#[tokio::test]
async fn success_a_mints_own_transfer_fee_is_counted_with() {
    let mut world = taxed().await;
    let mint = world.at.mint;
    let data = world.bank.data(&mint).await.unwrap();
    let fee = TransferFee::of_mint(&data, 0).unwrap();
    assert_eq!(fee.basis_points, 100);

    // given somebody who staked all they have, so that only rewards can be staked
    let wallet = world.wallet(100 * TOKEN).await;
    let got = world.balance(&wallet).await;
    assert_eq!(got, fee.arrives(100 * TOKEN));
    world.open(&wallet).await.unwrap();
    world.stake(&wallet, got).await.unwrap();
    let staked = world.position(&wallet).await.amount;
    assert_eq!(staked, fee.arrives(got));
    world.bank.advance(DAY).await;

    // when they compound
    let read = Read::of(&mut world, &wallet).await;
    let both = compound(
        &world.at,
        &read.economy,
        &read.held(),
        &read.payout,
        &fee,
        read.now,
    );
    world
        .bank
        .send(&both.unwrap(), &[&wallet.key])
        .await
        .unwrap();

    // then two transfers have been taxed and nothing is left over
    let arrived = fee.arrives(fee.arrives(read.pending()));
    assert_eq!(world.position(&wallet).await.amount, staked + arrived);
    assert_eq!(world.balance(&wallet).await, 0);

    // SPL Token knows no such fee, and no mint is no mint.
    let mut plain = World::build(&WorldSpec {
        program: TokenProgram::Legacy,
        ..WorldSpec::default()
    })
    .await;
    let mint = plain.at.mint;
    let data = plain.bank.data(&mint).await.unwrap();
    assert_eq!(TransferFee::of_mint(&data, 0), Some(TransferFee::default()));
    assert_eq!(TransferFee::of_mint(&data[1..], 0), None);
}

#[tokio::test]
async fn success_a_quote_is_what_a_payment_costs() {
    let mut world = World::new().await;
    let alice = world.wallet(100 * TOKEN).await;
    let bob = world.wallet(0).await;
    let vault = address::fee_vault(&world.at.meter(0));
    for amount in [2, 333, 1_000_000, 1_000_001, 50 * TOKEN] {
        let economy = world.economy().await;
        let quote = quote(&economy, amount, world.bank.now()).unwrap();
        assert_eq!(quote.fee + quote.net, amount);
        let before = (world.balance(&bob).await, world.bank.balance(&vault).await);
        let pay = |max_fee| {
            let payment = ix::Payment {
                payer: alice.pubkey(),
                from: alice.tokens,
                to: bob.tokens,
                shard: 0,
                amount,
                max_fee,
            };
            ix::pay(&world.at, &world.token_program, &payment)
        };
        let (short, exact) = (pay(quote.fee - 1), pay(quote.max_fee(0)));
        let refused = world.bank.send(&[short], &[&alice.key]).await.unwrap_err();
        assert_eq!(refused.code(), Some(HomeostatError::FeeAboveMax.into()));
        world.bank.send(&[exact], &[&alice.key]).await.unwrap();
        let after = (world.balance(&bob).await, world.bank.balance(&vault).await);
        assert_eq!(after, (before.0 + quote.net, before.1 + quote.fee));
    }
    // What the program refuses the quote refuses, with the same error.
    let economy = world.economy().await;
    let now = world.bank.now();
    for (amount, error) in [
        (0, HomeostatError::AmountTooSmall),
        (1, HomeostatError::SplitExceedsAmount),
    ] {
        let ours = quote(&economy, amount, now).unwrap_err();
        assert_eq!(u32::from(ours), u32::from(error));
        let theirs = world.pay(&alice, &bob.tokens, amount).await.unwrap_err();
        assert_eq!(theirs.code(), Some(u32::from(error)));
    }
}

#[tokio::test]
async fn success_tickets_are_ready_when_they_are_said_to_be() {
    let mut world = World::new().await;
    let wallet = world.staker(100 * TOKEN).await;
    world.request_unstake(&wallet, 30 * TOKEN).await.unwrap();
    world.bank.advance(2 * DAY).await;
    world.request_unstake(&wallet, 20 * TOKEN).await.unwrap();

    let position = world.position(&wallet).await;
    let tickets = unbonding(&position, world.bank.now());
    assert_eq!(tickets.len(), 2);
    assert_eq!(tickets[0].amount, 30 * TOKEN);
    assert_eq!(withdrawable(&position, tickets[0].ready_at - 1), 0);
    // A second before there is nothing, then exactly the first, then the second.
    world.bank.set_time(tickets[0].ready_at - 1).await;
    let early = world.withdraw(&wallet).await.unwrap_err();
    assert_eq!(early.code(), Some(HomeostatError::StillLocked.into()));
    for ticket in tickets {
        world.bank.set_time(ticket.ready_at).await;
        let position = world.position(&wallet).await;
        let due = withdrawable(&position, world.bank.now());
        assert_eq!(due, ticket.amount);
        let before = world.balance(&wallet).await;
        world.withdraw(&wallet).await.unwrap();
        assert_eq!(world.balance(&wallet).await - before, due);
    }
}

#[tokio::test]
async fn success_a_summary_says_what_the_economy_does() {
    let mut world = World::new().await;
    let wallet = world.staker(1_000_000 * TOKEN).await;
    let (economy, now) = (world.economy().await, world.bank.now());
    let summary = Summary::of(&economy, now);
    assert_eq!((summary.life, summary.funding), (Life::Live, Funding::Mint));
    assert_eq!(
        (summary.emission_ppm, summary.fee_ppm, summary.burn_ppm),
        (60_000, 3_000, 100_000)
    );
    assert_eq!(summary.supply, 1_000_000_000 * TOKEN);

    // A day of the rate is what a day pays, but for the fraction of each second.
    world.bank.advance(DAY).await;
    let earned = Read::of(&mut world, &wallet).await.pending();
    let by_rate = summary.rewards_per_second * DAY as u64;
    assert!(earned >= by_rate && earned - by_rate <= DAY as u64);
    // 6 % of 1,000 million to one million staked: 6,000 % a year.
    let apr = apr_ppm(&economy, &world.pool(0).await, now).unwrap();
    assert!((59_999_999..=60_000_000).contains(&apr), "{apr}");

    // A paused emission pays nothing, and says until when.
    let guardian = world.guardian.insecure_clone();
    let pause = governance::pause(
        &world.at,
        &guardian.pubkey(),
        Section::Emission,
        600,
        PauseReason::Other,
    );
    world.bank.send(&[pause], &[&guardian]).await.unwrap();
    let (economy, now) = (world.economy().await, world.bank.now());
    let summary = Summary::of(&economy, now);
    let emission = Section::Emission as usize;
    assert_eq!(summary.paused_until[emission], Some(now + 600));
    assert_eq!(summary.rewards_per_second, 0);
    assert_eq!(apr_ppm(&economy, &world.pool(0).await, now), Some(0));
}
