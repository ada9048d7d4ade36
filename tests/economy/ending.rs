//! `wind_up`: nothing stays behind in the reward vault of a retired economy but what stakers
//! are owed.

use homeostat_client::{Action, Life};
use homeostat_sandbox::Wallet;
use homeostat_tests::{anchor, HomeostatError};
use solana_instruction::AccountMeta;

use super::*;

const DAY: i64 = 86_400;

/// What is left goes to `to`.
async fn wind_up_to(world: &mut World, to: &Pubkey) -> Instruction {
    let economy = world.economy().await;
    ix::wind_up(&world.at, to, &world.token_program, &economy)
}

async fn wind_up(world: &mut World, to: &Pubkey) {
    let wind_up = wind_up_to(world, to).await;
    world.run(&[wind_up]).await.unwrap();
}

/// Executes a retirement; what `before` does happens in the second before.
async fn retire(world: &mut World, before: impl AsyncFnOnce(&mut World)) {
    let retire = vec![Action::Retire { successor: None }];
    let index = world.queue(retire).await.unwrap();
    let eta = world.proposal(index).await.eta;
    world.bank.set_time(eta).await;
    before(world).await;
    world.execute(index).await.unwrap();
    assert_eq!(world.economy().await.life, Life::Retired as u8);
}

/// Two stakers, after a payment whose fees were not collected.
async fn people(world: &mut World) -> [Wallet; 2] {
    let alice = world.staker(300 * TOKEN).await;
    let bob = world.staker(700 * TOKEN).await;
    let payer = world.wallet(1_000_000 * TOKEN).await;
    world
        .pay(&payer, &alice.tokens, 900_000 * TOKEN)
        .await
        .unwrap();
    [alice, bob]
}

/// What both claim.
async fn claimed(world: &mut World, people: &[Wallet; 2]) -> u64 {
    let mut sum = 0;
    for wallet in people {
        let before = world.balance(wallet).await;
        world.claim(wallet).await.unwrap();
        sum += world.balance(wallet).await - before;
    }
    sum
}

#[tokio::test]
async fn e23_nothing_stays_behind_when_an_economy_ends() {
    for (funding, sponsored) in [
        (Funding::Mint, false),
        (Funding::Funded, false),
        (Funding::Funded, true),
    ] {
        // Given an economy with more in its vault than it owes,
        let sponsor = Keypair::new();
        let mut world = World::build(&WorldSpec {
            funding,
            sponsor: sponsored.then(|| sponsor.pubkey()),
            ..WorldSpec::default()
        })
        .await;
        if funding == Funding::Funded {
            fund(&mut world, 50_000_000 * TOKEN).await.unwrap();
        }
        let people = people(&mut world).await;
        world.next_period().await.unwrap();
        let (mint, vault) = (world.at.mint, world.at.reward_vault);
        let to = if sponsored {
            world.bank.create_tokens(&mint, &sponsor.pubkey()).await
        } else {
            world.at.treasury_vault
        };
        let swept_before = world.meter(0).await.swept_stakers.get() as u64;

        // and a period that is paid for, and fees that are collected, in the second in which it
        // ends.
        retire(&mut world, async |world| {
            world.crank().await.unwrap();
            world.collect(0).await.unwrap();
        })
        .await;
        let swept = world.meter(0).await.swept_stakers.get() as u64;
        assert!(swept > swept_before, "{swept}");
        let now = world.bank.now();
        let accrued = (world.economy().await.owed_emission(now).unwrap() >> 64) as u64;

        // When it is wound up, then what nobody is owed leaves at once,
        let (held, had) = (
            world.bank.balance(&vault).await,
            world.bank.balance(&to).await,
        );
        wind_up(&mut world, &to).await;
        assert_sound(&mut world).await;
        let left = world.bank.balance(&vault).await;
        let rest = world.bank.balance(&to).await - had;
        assert_eq!(held - left, rest);
        let least = if funding == Funding::Funded {
            40_000_000
        } else {
            1_000_000
        };
        assert!(rest > least * TOKEN, "{rest}");
        // the fees stream to the stakers over a period,
        world.bank.advance(WEEK / 2).await;
        let early = claimed(&mut world, &people).await;
        assert!(early < accrued + swept - swept / 4, "{early}");
        world.bank.advance(WEEK / 2).await;
        let paid = early + claimed(&mut world, &people).await;
        assert!(
            (accrued + swept - 4..=accrued + swept).contains(&paid),
            "{paid} of {accrued} and {swept}"
        );
        // and not four units stay.
        wind_up(&mut world, &to).await;
        let left = world.bank.balance(&vault).await;
        assert!(left <= 4, "{left} stay");
        assert_sound(&mut world).await;
    }
}

#[tokio::test]
async fn e24_the_rest_goes_to_the_treasury_or_the_sponsor_only() {
    for sponsored in [false, true] {
        // Given a Funded economy, and somebody who wants its funds.
        let sponsor = Keypair::new();
        let mut world = World::build(&WorldSpec {
            funding: Funding::Funded,
            sponsor: sponsored.then(|| sponsor.pubkey()),
            ..WorldSpec::default()
        })
        .await;
        fund(&mut world, 50_000_000 * TOKEN).await.unwrap();
        let thief = world.wallet(0).await;
        let people = people(&mut world).await;
        let mint = world.at.mint;
        let sponsors = world.bank.create_tokens(&mint, &sponsor.pubkey()).await;
        let (right, wrong) = if sponsored {
            (sponsors, world.at.treasury_vault)
        } else {
            (world.at.treasury_vault, sponsors)
        };

        // Then nothing leaves while it lives,
        let early = wind_up_to(&mut world, &right).await;
        let error = HomeostatError::NotRetired;
        attack(&mut world, &[early], &[], error).await;

        // and nothing goes elsewhere when it has ended,
        retire(&mut world, async |world| {
            world.collect(0).await.unwrap();
        })
        .await;
        for (to, error) in [
            (thief.tokens, HomeostatError::WrongVault.into()),
            (wrong, HomeostatError::WrongVault.into()),
            (world.at.reward_vault, u32::from(HomeostatError::WrongVault)),
        ] {
            let stolen = wind_up_to(&mut world, &to).await;
            attack(&mut world, &[stolen], &[], error).await;
        }
        // neither past a pool or a meter that is left out, doubled or another one.
        let whole = wind_up_to(&mut world, &right).await;
        let named = whole.accounts.len() - 2;
        let error = HomeostatError::WrongRemainingAccounts;
        let changes: [fn(&mut Vec<AccountMeta>); 4] = [
            |parts| parts.truncate(1),
            |parts| parts.swap(0, 1),
            |parts| parts[1] = parts[0].clone(),
            |parts| parts.push(parts[0].clone()),
        ];
        for change in changes {
            let mut other = whole.clone();
            let mut parts = other.accounts.split_off(named);
            change(&mut parts);
            other.accounts.extend(parts);
            attack(&mut world, &[other], &[], error).await;
        }

        // And whoever calls it again and again puts no staker's fee off.
        world.run(&[whole]).await.unwrap();
        let until = world.economy().await.stream.fee_until;
        assert_eq!(until, world.bank.now() + WEEK);
        for _ in 0..7 {
            world.bank.advance(DAY).await;
            wind_up(&mut world, &right).await;
            assert_eq!(world.economy().await.stream.fee_until, until);
            assert_sound(&mut world).await;
        }
        let paid = claimed(&mut world, &people).await;
        let swept = world.meter(0).await.swept_stakers.get() as u64;
        assert!(paid >= swept - 4, "{paid} of {swept}");
    }
}

/// Fees that nobody is there for go where the rest goes, and nothing is owed to anybody.
#[tokio::test]
async fn success_fees_without_stakers_are_not_lost() {
    // Given fees that were collected, and stakers who have left.
    let mut world = World::new().await;
    let people = people(&mut world).await;
    let treasury = world.at.treasury_vault;
    retire(&mut world, async |world| {
        world.collect(0).await.unwrap();
    })
    .await;
    for wallet in &people {
        let amount = world.position(wallet).await.amount;
        world.request_unstake(wallet, amount).await.unwrap();
    }
    let accrued = claimed(&mut world, &people).await;
    assert!(accrued > 0);

    // When it is wound up, then all of it goes to the treasury at once.
    wind_up(&mut world, &treasury).await;
    let vault = world.at.reward_vault;
    assert!(world.bank.balance(&vault).await <= 4);

    // And a donation goes there, too.
    give(&mut world, &vault, 5 * TOKEN).await;
    let held = world.bank.balance(&treasury).await;
    wind_up(&mut world, &treasury).await;
    assert_eq!(world.bank.balance(&treasury).await, held + 5 * TOKEN);
    let code = anchor::CONSTRAINT_HAS_ONE;
    let swapped = wind_up_to(&mut world, &treasury).await;
    let swapped = exchange(swapped, &vault, &treasury);
    attack(&mut world, &[swapped], &[], code).await;
}
