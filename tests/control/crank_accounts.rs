//! Accounts of `crank`: all of the economy's, in order, and nobody else's.

use super::*;

#[tokio::test]
async fn fail_crank_before_going_live_or_while_paused() {
    let mut draft = World::build(&WorldSpec {
        draft: true,
        ..WorldSpec::default()
    })
    .await;
    let crank = draft.crank_ix().await;
    attack(
        &mut draft,
        "cranking a Draft",
        &[crank],
        &[],
        HomeostatError::NotLive,
    )
    .await;

    let mut world = World::new().await;
    let end = world.economy().await.next_end;
    edit(&mut world, |economy| {
        let pause = &mut economy.pauses[Section::Crank as usize];
        (pause.from, pause.until) = (end, end + 3_600);
    })
    .await;
    world.bank.set_time(end).await;
    let crank = world.crank_ix().await;
    attack(
        &mut world,
        "cranking while paused",
        &[crank],
        &[],
        HomeostatError::Paused,
    )
    .await;
    world.bank.set_time(end + 3_600).await;
    world.crank().await.unwrap();
}

#[tokio::test]
async fn fail_crank_with_wrong_fixed_accounts() {
    let mut world = World::new().await;
    let mallory = world.wallet(0).await;
    let end = world.economy().await.next_end;
    world.bank.set_time(end).await;
    let good = world.crank_ix().await;
    let at = world.at;
    let fake_economy = world.bank.forge(&at.economy).await;
    let fake_log = world.bank.forge(&at.log).await;
    let other_mint = world
        .bank
        .create_mint(&MintSpec::plain(TokenProgram::Token2022))
        .await;

    let attacks = [
        (
            "rewards to oneself",
            exchange(good.clone(), &at.reward_vault, &mallory.tokens),
            anchor::CONSTRAINT_HAS_ONE,
        ),
        (
            "rewards to the treasury",
            exchange(good.clone(), &at.reward_vault, &at.treasury_vault),
            anchor::CONSTRAINT_HAS_ONE,
        ),
        (
            "another authority",
            exchange(good.clone(), &at.authority, &mallory.pubkey()),
            anchor::CONSTRAINT_HAS_ONE,
        ),
        (
            "a bounty out of the authority",
            exchange(good.clone(), &at.keeper_vault, &at.authority),
            anchor::CONSTRAINT_HAS_ONE,
        ),
        (
            "another mint",
            exchange(good.clone(), &at.mint, &other_mint),
            anchor::CONSTRAINT_HAS_ONE,
        ),
        (
            "a fake economy",
            exchange(good.clone(), &at.economy, &fake_economy),
            anchor::ACCOUNT_OWNED_BY_WRONG_PROGRAM,
        ),
        (
            "a fake log",
            exchange(good.clone(), &at.log, &fake_log),
            anchor::ACCOUNT_OWNED_BY_WRONG_PROGRAM,
        ),
        (
            "a meter as log",
            exchange(good.clone(), &at.log, &at.meter(0)),
            anchor::ACCOUNT_DISCRIMINATOR_MISMATCH,
        ),
        (
            "a read-only economy",
            read_only(good.clone(), &at.economy),
            anchor::CONSTRAINT_MUT,
        ),
        (
            "a read-only mint",
            read_only(good.clone(), &at.mint),
            anchor::CONSTRAINT_MUT,
        ),
        (
            "a read-only log",
            read_only(good.clone(), &at.log),
            anchor::CONSTRAINT_MUT,
        ),
        (
            "a read-only reward vault",
            read_only(good.clone(), &at.reward_vault),
            anchor::CONSTRAINT_MUT,
        ),
        (
            "a read-only keepers' vault",
            read_only(good.clone(), &at.keeper_vault),
            anchor::CONSTRAINT_MUT,
        ),
        (
            "events signed by somebody else",
            exchange(good.clone(), &address::event_authority(), &mallory.pubkey()),
            anchor::CONSTRAINT_ADDRESS,
        ),
        (
            "no system program",
            exchange(good.clone(), &system_program::ID, &mallory.pubkey()),
            anchor::INVALID_PROGRAM_ID,
        ),
        (
            "the other token program",
            exchange(
                good.clone(),
                &world.token_program,
                &TokenProgram::Legacy.id(),
            ),
            anchor::CONSTRAINT_MINT_TOKEN_PROGRAM,
        ),
    ];
    for (what, instruction, code) in attacks {
        attack(&mut world, what, &[instruction], &[], code).await;
    }
    let signed = exchange(good, &world.creator.pubkey(), &mallory.pubkey());
    attack(
        &mut world,
        "a keeper who does not sign",
        &[unsigned(signed, &mallory.pubkey())],
        &[],
        anchor::ACCOUNT_NOT_SIGNER,
    )
    .await;
}

#[tokio::test]
async fn fail_crank_with_anything_but_every_pool_meter_and_exclusion_in_order() {
    let mut world = World::build(&WorldSpec {
        liquidity: vec![1, 2],
        meters: 2,
        excluded: 2,
        ..WorldSpec::default()
    })
    .await;
    let end = world.economy().await.next_end;
    world.bank.set_time(end).await;
    let good = world.crank_ix().await;
    // Behind the fixed accounts: three pools, two meters, two exclusions.
    let count = 3 + 2 + 2;
    let fixed = good.accounts.len() - count;
    let stranger = world.wallet(0).await.tokens;
    let twin = world.bank.forge(&world.at.meter(0)).await;

    let mut attacks: Vec<(String, Instruction)> = Vec::new();
    let mut with = |what: String, change: &dyn Fn(&mut Vec<AccountMeta>)| {
        let mut instruction = good.clone();
        change(&mut instruction.accounts);
        attacks.push((what, instruction));
    };
    for index in 0..count {
        let at = fixed + index;
        with(format!("without {index}"), &|accounts| {
            accounts.remove(at);
        });
        with(format!("{index} twice"), &|accounts| {
            accounts.insert(at, accounts[at].clone());
        });
        with(format!("a stranger for {index}"), &|accounts| {
            accounts[at].pubkey = stranger;
        });
        if index + 1 < count {
            with(format!("{index} and the next swapped"), &|accounts| {
                accounts.swap(at, at + 1);
            });
        }
    }
    with("one too many".into(), &|accounts| {
        accounts.push(AccountMeta::new_readonly(stranger, false));
    });
    with("none at all".into(), &|accounts| accounts.truncate(fixed));
    with("only pools and meters".into(), &|accounts| {
        accounts.truncate(accounts.len() - 2);
    });
    with("a forged meter".into(), &|accounts| {
        accounts[fixed + 3].pubkey = twin;
    });
    with("one meter for both".into(), &|accounts| {
        accounts[fixed + 4] = accounts[fixed + 3].clone();
    });
    for (what, instruction) in attacks {
        attack(
            &mut world,
            &what,
            &[instruction],
            &[],
            HomeostatError::WrongRemainingAccounts,
        )
        .await;
    }

    // The same for a preview, which only reads.
    let economy = world.economy().await;
    let mut instruction = ix::preview(&world.at, &world.pools, &economy, 0);
    instruction.accounts.pop();
    attack(
        &mut world,
        "a preview without an exclusion",
        &[instruction],
        &[],
        HomeostatError::WrongRemainingAccounts,
    )
    .await;

    world.run(&[good]).await.unwrap();
}
