//! Why a proposal is made: where the text is, and the hash by which it is known.

use homeostat_client::{event::Event, governance, Reason};
use homeostat_tests::{attack, HomeostatError};

use super::*;

#[tokio::test]
async fn success_a_reason_is_kept_and_published() {
    let mut world = World::new().await;
    let proposer = member(&world, 0);
    let payer = world.bank.payer().pubkey();
    let text = b"Because half of the supply is staked.";
    let reason = governance::reason(&"u".repeat(128), text);
    let id = world.next_proposal(&routine()).await;
    let key = proposer.pubkey();
    let propose = governance::propose(&world.at, &key, &payer, routine(), Some(reason.clone()));
    let propose = [propose];

    let events = world.bank.events(&propose, &[&proposer]).await;
    assert!(matches!(&events[..], [Event::Proposed(made)] if made.reason == Some(reason.clone())));
    world.bank.send(&propose, &[&proposer]).await.unwrap();

    assert_eq!(world.proposal(id).await.reason(), Some(reason));
    // What is approved are the actions, whatever is said about them: the digest is theirs.
    assert_eq!(
        world.proposal(id).await.digest,
        governance::digest(&routine())
    );
    let silent = world.propose(standard()).await.unwrap();
    assert_eq!(world.proposal(silent).await.reason(), None);
}

#[tokio::test]
async fn g36_a_reason_cannot_deceive_a_screen() {
    let mut world = World::new().await;
    let proposer = member(&world, 0);
    let payer = world.bank.payer().pubkey();
    for (what, uri) in [
        ("empty", String::new()),
        ("too long", "u".repeat(129)),
        ("two lines", "ipfs://a\nqueued".to_owned()),
        ("a space", "ipfs://a b".to_owned()),
        ("another script", "https://hоmeostat.example".to_owned()),
        ("an escape", "ipfs://a\u{1b}[2J".to_owned()),
    ] {
        let reason = Reason {
            uri,
            sha256: [1; 32],
        };
        let key = proposer.pubkey();
        let propose = governance::propose(&world.at, &key, &payer, routine(), Some(reason));
        let error = HomeostatError::InvalidParameter;
        attack(&mut world, what, &[propose], &[&proposer], error).await;
    }
}
