//! The mint authority after a retirement: nobody has it who did not sign for it.

use super::*;

/// The time in which a successor can accept (s).
const OFFER: i64 = 14 * DAY;

/// Who may mint the economy's token.
async fn mint_authority(world: &mut World) -> Option<Pubkey> {
    let mint = world.at.mint;
    world.bank.mint(&mint).await.mint_authority.into()
}

fn hand_over(world: &World, signer: &Pubkey) -> Instruction {
    ix::hand_over_mint(&world.at, signer, &world.token_program)
}

fn retire(successor: Option<Pubkey>) -> Vec<Action> {
    vec![Action::Retire { successor }]
}

#[tokio::test]
async fn e20_nobody_but_the_successor_gets_the_mint_authority() {
    // Given a council in the hands of somebody who wants to mint.
    let mut world = World::new().await;
    let staker = world.staker(1_000 * TOKEN).await;
    let thief = world.bank.fresh_key();
    let successor = world.bank.fresh_key();
    let ours = world.at.authority;

    // Then nobody is handed it whom no key stands for,
    let nobody = retire(Some(Pubkey::default()));
    not_proposed(
        &mut world,
        "nobody",
        nobody,
        HomeostatError::InvalidParameter,
    )
    .await;

    // and its end waits longer than anything else: the stake has left before.
    let index = world.queue(retire(Some(successor.pubkey()))).await.unwrap();
    let (proposal, delays) = (world.proposal(index).await, world.council().await.delays);
    let delay = proposal.eta - world.bank.now();
    assert_eq!(delay, i64::from(delays.critical) + OFFER);
    assert!(delay > i64::from(world.economy().await.limits.unbonding));
    ripen(&mut world, index).await;

    // When it ends, nobody can mint, not even the successor yet.
    let early = hand_over(&world, &successor.pubkey());
    let error = HomeostatError::NotPendingAuthority;
    attack(&mut world, "too early", &[early], &[&successor], error).await;
    world.execute(index).await.unwrap();
    assert_eq!(world.economy().await.life, Life::Retired as u8);
    assert_eq!(mint_authority(&mut world).await, Some(ours));
    let supply = world.bank.supply(&world.at.mint.clone()).await;
    world.bank.advance(DAY).await;
    world.top_up().await.unwrap();
    assert_eq!(world.bank.supply(&world.at.mint.clone()).await, supply);

    // And it is the successor's only once the successor has signed.
    let stolen = hand_over(&world, &thief.pubkey());
    attack(&mut world, "a thief", &[stolen], &[&thief], error).await;
    let accept = hand_over(&world, &successor.pubkey());
    let mut unsigned = accept.clone();
    unsigned.accounts[0].is_signer = false;
    let code = anchor::ACCOUNT_NOT_SIGNER;
    attack(&mut world, "in its name", &[unsigned], &[], code).await;
    world.send_as(&successor, accept.clone()).await.unwrap();
    assert_eq!(mint_authority(&mut world).await, Some(successor.pubkey()));

    // Once, and rewards are paid as before.
    attack(&mut world, "again", &[accept], &[&successor], error).await;
    world.claim(&staker).await.unwrap();
    assert!(world.balance(&staker).await > 0);
}

#[tokio::test]
async fn e21_an_unanswered_offer_of_the_mint_authority_ends() {
    // Given a successor whose key nobody has.
    let mut world = World::new().await;
    let lost = world.bank.fresh_key();
    let anybody = world.bank.fresh_key();
    world.enact(retire(Some(lost.pubkey()))).await.unwrap();
    let ours = world.at.authority;
    let until = world.economy().await.successor_until;
    assert_eq!(until, world.bank.now() + OFFER);

    // When nobody accepts it, then up to the last second nobody takes it away,
    world.bank.set_time(until).await;
    let end = hand_over(&world, &anybody.pubkey());
    let error = HomeostatError::NotPendingAuthority;
    attack(
        &mut world,
        "a day early",
        std::slice::from_ref(&end),
        &[&anybody],
        error,
    )
    .await;
    assert_eq!(mint_authority(&mut world).await, Some(ours));

    // and a second later it is nobody's for ever, the successor's included.
    world.bank.set_time(until + 1).await;
    let late = hand_over(&world, &lost.pubkey());
    world.send_as(&anybody, end).await.unwrap();
    assert_eq!(mint_authority(&mut world).await, None);
    attack(&mut world, "too late", &[late], &[&lost], error).await;
}

#[tokio::test]
async fn e22_a_funded_economys_successor_is_honoured_or_refused() {
    // Given Funded economies, one of which was given the mint authority all the same.
    for held in [true, false] {
        let spec = WorldSpec {
            funding: Funding::Funded,
            ..WorldSpec::default()
        };
        let mut world = World::build(&spec).await;
        let successor = world.bank.fresh_key();
        let creator = world.creator.pubkey();
        let ours = world.at.authority;
        if held {
            world.hand_over_mint(Funding::Mint).await;
        }
        let index = world.queue(retire(Some(successor.pubkey()))).await.unwrap();
        ripen(&mut world, index).await;

        // Then a successor gets what the economy has, and is refused what it has not.
        if !held {
            let execute = world.execute_ix(index).await;
            let error = HomeostatError::MintAuthorityNotHeld;
            attack(&mut world, "not ours", &[execute], &[], error).await;
            world.enact(retire(None)).await.unwrap();
            assert_eq!(mint_authority(&mut world).await, Some(creator));
            continue;
        }
        world.execute(index).await.unwrap();
        assert_eq!(mint_authority(&mut world).await, Some(ours));
        let accept = hand_over(&world, &successor.pubkey());
        world.send_as(&successor, accept).await.unwrap();
        assert_eq!(mint_authority(&mut world).await, Some(successor.pubkey()));
    }
}
