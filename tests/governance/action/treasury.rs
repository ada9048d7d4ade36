//! Payments out of the treasury: as announced, and no more than it holds.

use super::*;

#[tokio::test]
async fn n7_a_treasury_payment_pays_what_was_announced_to_whom_it_was() {
    // given a treasury, and a payment out of it
    let mut world = World::new().await;
    let (bob, thief) = (world.wallet(0).await, world.wallet(0).await);
    open_treasury(&mut world, 1_000).await;
    let treasury = world.at.treasury_vault;
    give(&mut world, &treasury, 1_000 * TOKEN).await;
    let pay = |to: &Wallet, amount| Action::PayTreasury {
        to: to.tokens,
        amount,
    };
    let index = world.queue(vec![pay(&bob, 10 * TOKEN)]).await.unwrap();
    assert_eq!(world.proposal(index).await.class, Class::Critical as u8);
    ripen(&mut world, index).await;
    let execute = world.execute_ix(index).await;
    let at = world.at;
    for (what, old, new, code) in [
        (
            "to another",
            bob.tokens,
            thief.tokens,
            anchor::CONSTRAINT_ADDRESS,
        ),
        (
            "out of the rewards",
            at.treasury_vault,
            at.reward_vault,
            anchor::CONSTRAINT_HAS_ONE,
        ),
        (
            "signed by another",
            at.authority,
            at.keeper_vault,
            anchor::CONSTRAINT_HAS_ONE,
        ),
    ] {
        let swapped = exchange(execute.clone(), &old, &new);
        attack(&mut world, what, &[swapped], &[], code).await;
    }
    let mut without = execute.clone();
    without.accounts.pop();
    let error = HomeostatError::WrongActionAccounts;
    attack(&mut world, "an account less", &[without], &[], error).await;
    world.run(&[execute]).await.unwrap();
    assert_eq!(world.balance(&bob).await, 10 * TOKEN);
    assert_eq!(world.bank.balance(&at.treasury_vault).await, 990 * TOKEN);

    // Never into a vault of the economy's own, and never more than there is.
    let own = Action::PayTreasury {
        to: at.reward_vault,
        amount: 1,
    };
    let error = HomeostatError::WrongVault;
    not_proposed(&mut world, "into the rewards", vec![own], error).await;

    // A recipient who is gone stops nothing but this payment.
    let index = world.queue(vec![pay(&thief, TOKEN)]).await.unwrap();
    world.bank.close_tokens(&thief.tokens, &thief.key).await;
    ripen(&mut world, index).await;
    let execute = world.execute_ix(index).await;
    let error = anchor::ACCOUNT_NOT_INITIALIZED;
    attack(&mut world, "a closed recipient", &[execute], &[], error).await;
    world.next_period().await.unwrap();
    world.collect(0).await.unwrap();
}

#[tokio::test]
async fn n7_a_treasury_pays_no_more_than_it_holds() {
    let mut world = World::new().await;
    let bob = world.wallet(0).await;
    open_treasury(&mut world, 1_000).await;
    let treasury = world.at.treasury_vault;
    give(&mut world, &treasury, 10 * TOKEN).await;
    let pay = |amount| Action::PayTreasury {
        to: bob.tokens,
        amount,
    };
    let index = world.queue(vec![pay(6 * TOKEN), pay(4 * TOKEN + 1)]).await;
    let index = index.unwrap();
    ripen(&mut world, index).await;
    let execute = world.execute_ix(index).await;
    let code = token::INSUFFICIENT_FUNDS;
    attack(&mut world, "a unit more", &[execute], &[], code).await;
}

#[tokio::test]
async fn v3_a_payment_to_what_is_no_token_account_is_not_proposed() {
    // Given a treasury that may pay, and a recipient,
    let mut world = World::new().await;
    let bob = world.wallet(0).await;
    open_treasury(&mut world, 1_000).await;
    let treasury = world.at.treasury_vault;
    give(&mut world, &treasury, 10 * TOKEN).await;
    let other_mint = world
        .bank
        .create_mint(&MintSpec::plain(TokenProgram::Legacy))
        .await;
    let others = world.bank.create_tokens(&other_mint, &bob.pubkey()).await;
    let pay = |to| Action::PayTreasury { to, amount: TOKEN };
    let member = member(&world, 0);
    // when a payment goes to his wallet, to nothing, to a mint or to tokens of another mint,
    for (what, to, code) in [
        ("a wallet", bob.pubkey(), anchor::ACCOUNT_NOT_INITIALIZED),
        (
            "nothing",
            Pubkey::new_from_array([8; 32]),
            anchor::ACCOUNT_NOT_INITIALIZED,
        ),
        (
            "the economy",
            world.at.economy,
            anchor::ACCOUNT_OWNED_BY_WRONG_PROGRAM,
        ),
        ("another mint's", others, anchor::CONSTRAINT_TOKEN_MINT),
    ] {
        let propose = world.propose_ix(&member, vec![pay(to)]);
        attack(&mut world, what, &[propose], &[&member], code).await;
    }
    // or the proposal shows another account than it names, one too few or one too many,
    let propose = world.propose_ix(&member, vec![pay(bob.tokens)]);
    let shown = exchange(propose.clone(), &bob.tokens, &others);
    let (mut few, mut many) = (propose.clone(), propose.clone());
    few.accounts.pop();
    many.accounts.extend(propose.accounts.last().cloned());
    for (what, propose) in [
        ("another", shown),
        ("one too few", few),
        ("one too many", many),
    ] {
        let error = HomeostatError::WrongActionAccounts;
        attack(&mut world, what, &[propose], &[&member], error).await;
    }
    // then it is refused; his token account is right.
    world.enact(vec![pay(bob.tokens)]).await.unwrap();
    assert_eq!(world.balance(&bob).await, TOKEN);
}
