//! A sponsor recalls what is not promised to stakers, after a notice of 30 days.

use homeostat_tests::HomeostatError;

use super::*;

/// The notice (s).
const NOTICE: i64 = 30 * 86_400;
const FUNDS: u64 = 50_000_000 * TOKEN;

/// A Funded economy with a sponsor, and the sponsor's token account.
async fn sponsored() -> (World, Keypair, Pubkey) {
    let sponsor = Keypair::new();
    let mut world = World::build(&WorldSpec {
        funding: Funding::Funded,
        sponsor: Some(sponsor.pubkey()),
        ..WorldSpec::default()
    })
    .await;
    fund(&mut world, FUNDS).await.unwrap();
    let mint = world.at.mint;
    let tokens = world.bank.create_tokens(&mint, &sponsor.pubkey()).await;
    (world, sponsor, tokens)
}

fn announce(world: &World, sponsor: &Pubkey, amount: u64) -> Instruction {
    ix::announce_recall(&world.at.economy, sponsor, amount)
}

fn recall(world: &World, sponsor: &Pubkey, tokens: &Pubkey) -> Instruction {
    ix::recall(&world.at, sponsor, tokens, &world.token_program)
}

#[tokio::test]
async fn e26_a_sponsor_recalls_nothing_that_is_promised() {
    // Given a sponsor who wants everything back.
    let (mut world, sponsor, tokens) = sponsored().await;
    let key = sponsor.pubkey();
    let vault = world.at.reward_vault;
    let funds = world.bank.balance(&vault).await;
    let staker = world.staker(1_000 * TOKEN).await;
    world.next_period().await.unwrap();

    // Then it takes nothing that was not announced, and nobody else does,
    let take = recall(&world, &key, &tokens);
    let error = HomeostatError::AmountTooSmall;
    attack(&mut world, std::slice::from_ref(&take), &[&sponsor], error).await;
    let nothing = announce(&world, &key, 0);
    attack(&mut world, &[nothing], &[&sponsor], error).await;
    let thief = outsider(&mut world).await;
    let error = HomeostatError::Unauthorized;
    let stolen = announce(&world, &thief.pubkey(), 1);
    attack(&mut world, &[stolen], &[&thief], error).await;
    let all = announce(&world, &key, u64::MAX);
    world.bank.send(&[all], &[&sponsor]).await.unwrap();
    let stolen = recall(&world, &thief.pubkey(), &tokens);
    attack(&mut world, &[stolen], &[&thief], error).await;

    // not a second before the notice is over,
    let at = world.bank.now() + NOTICE;
    while world.bank.now() + WEEK < at {
        world.next_period().await.unwrap();
    }
    world.bank.set_time(at - 1).await;
    let error = HomeostatError::TooEarly;
    attack(&mut world, std::slice::from_ref(&take), &[&sponsor], error).await;

    // and then what stakers were promised stays: what has accrued, and this period's grant.
    world.bank.set_time(at).await;
    world
        .bank
        .send(std::slice::from_ref(&take), &[&sponsor])
        .await
        .unwrap();
    let got = world.bank.balance(&tokens).await;
    assert!(got > funds / 2 && got < funds, "{got}");
    assert_sound(&mut world).await;
    let error = HomeostatError::AmountTooSmall;
    attack(&mut world, &[take], &[&sponsor], error).await;
    let until = world.economy().await.stream.emit_until;
    world.bank.set_time(until.max(world.bank.now())).await;
    world.claim(&staker).await.unwrap();
    let paid = world.balance(&staker).await;
    let left = world.bank.balance(&vault).await;
    assert!(
        paid > 0 && paid + got + left == funds,
        "{paid} {got} {left}"
    );
    assert_sound(&mut world).await;

    // And the economy goes on: it cranks, and emits what is left or added.
    world.next_period().await.unwrap();
    fund(&mut world, FUNDS).await.unwrap();
    world.next_period().await.unwrap();
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn e26_a_notice_of_years_ago_is_none() {
    // Given a sponsor who announced a recall, and funds that somebody added afterwards.
    let (mut world, sponsor, tokens) = sponsored().await;
    let key = sponsor.pubkey();
    let take = recall(&world, &key, &tokens);
    let all = announce(&world, &key, u64::MAX);
    world.bank.send(&[all], &[&sponsor]).await.unwrap();
    let last = world.bank.now() + NOTICE + 14 * 86_400;
    while world.bank.now() + WEEK < last {
        world.next_period().await.unwrap();
    }
    fund(&mut world, FUNDS).await.unwrap();

    // When more than 14 days have passed since the notice was over, then nothing is recalled,
    world.bank.set_time(last + 1).await;
    let error = HomeostatError::RecallExpired;
    attack(&mut world, std::slice::from_ref(&take), &[&sponsor], error).await;

    // and a second before it was.
    world.bank.set_time(last).await;
    world.bank.send(&[take], &[&sponsor]).await.unwrap();
    assert!(world.bank.balance(&tokens).await > 0);
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn success_a_sponsor_is_named_in_funded_economies_only() {
    let mut world = site(&Keypair::new(), &MintSpec::plain(TokenProgram::Token2022)).await;
    let someone = Keypair::new().pubkey();
    let ours = world.at.authority;
    for (funding, sponsor) in [
        (Funding::Mint, someone),
        (Funding::Funded, Pubkey::default()),
        (Funding::Funded, ours),
    ] {
        let create = create_ix(
            &world,
            EconomyArgs {
                sponsor: Some(sponsor),
                ..args(funding)
            },
        );
        let error = HomeostatError::InvalidParameter;
        let logs = attack(&mut world, &[create], &[], error).await;
        assert_logged(&logs, "sponsor");
    }
    let create = create_ix(
        &world,
        EconomyArgs {
            sponsor: Some(someone),
            ..args(Funding::Funded)
        },
    );
    world.run(&[create]).await.unwrap();
    assert_eq!(world.economy().await.sponsor, someone);
}
