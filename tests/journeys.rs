//! Whole lives of an economy, with every invariant checked on the way.

use homeostat_sandbox::{world::TOKEN, World};

#[tokio::test]
async fn success_an_economy_lives() {
    let mut world = World::new().await;
    let staker = world.staker(500 * TOKEN).await;
    let other = world.wallet(100 * TOKEN).await;
    for _ in 0..3 {
        world.pay(&other, &staker.tokens, TOKEN).await.unwrap();
        world.collect(0).await.unwrap();
        world.next_period().await.unwrap();
        let invariants = world.check_invariants().await;
        assert!(invariants.all_hold(), "{invariants:#?}");
    }
    let before = world.balance(&staker).await;
    world.claim(&staker).await.unwrap();
    assert!(world.balance(&staker).await > before);
}
