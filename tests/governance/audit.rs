//! What stays on record, whoever would rather it did not.

use homeostat_client::{governance, verify::verify_audit};
use homeostat_tests::{attack, HomeostatError};

use super::*;

#[tokio::test]
async fn h5_no_flood_of_pauses_drops_how_the_council_came_about() {
    // given a council with a change of its members on record, and a section that is paused
    let mut world = World::new().await;
    world.enact(critical()).await.unwrap();
    let audit = world.at.audit;
    let guardian = world.guardian.insecure_clone();
    let at = world.at;
    let pause = |section, seconds| {
        let reason = PauseReason::Other;
        governance::pause(&at, &guardian.pubkey(), section, seconds, reason)
    };
    world
        .send_as(&guardian, pause(Section::Pay, 3_600))
        .await
        .unwrap();
    let before = world.bank.data(&audit).await.unwrap();
    let kept = audit_decisions(&before);
    assert_eq!(
        kept[0].kind,
        homeostat_client::AuditKind::CouncilCreated as u8
    );
    let acts = audit_acts(&before).len() as u64;
    // when the guardian pauses for a second inside that pause, or for as long as it lasts
    let error = HomeostatError::PauseNotLonger;
    for seconds in [1, 3_599, 3_600] {
        let again = [pause(Section::Pay, seconds)];
        attack(&mut world, "no longer", &again, &[&guardian], error).await;
    }
    assert_eq!(world.bank.data(&audit).await.unwrap(), before);
    // when it pauses for a second more each time, more often than a ring has slots
    for more in 1..=60 {
        let longer = pause(Section::Pay, 3_600 + more);
        world.send_as(&guardian, longer).await.unwrap();
    }
    // then pauses have driven out pauses, and no record of the council is gone
    let after = world.bank.data(&audit).await.unwrap();
    assert_eq!(audit_decisions(&after), kept);
    let pauses = audit_acts(&after);
    assert_eq!((pauses.len(), pauses[23].seq), (24, acts + 60));
    let proof = verify_audit(&after, None).unwrap();
    assert_eq!(proof.decisions.from_seq, 0);
    assert_eq!(proof.acts.from_seq, acts + 60 - 24);
    assert_eq!(proof.decisions.records, kept);
}

#[tokio::test]
async fn h5_no_flood_of_a_single_member_drops_how_the_council_came_about() {
    // given a council with a change of its members on record
    let mut world = World::new().await;
    world.enact(critical()).await.unwrap();
    let audit = world.at.audit;
    let before = world.bank.data(&audit).await.unwrap();
    let kept = audit_decisions(&before);
    // its creation, four roles accepted, and an execution
    assert_eq!(kept.len(), 6);
    // when a member approves and withdraws, and proposes, cancels and closes, more often than
    // a ring has slots
    let (first, mallory) = (member(&world, 0), member(&world, 2));
    let id = world.propose_as(&first, standard()).await.unwrap();
    let approve = governance::approve(&world.at, &mallory.pubkey(), id);
    let withdraw = governance::withdraw_approval(&world.at, &mallory.pubkey(), id);
    for _ in 0..15 {
        world.send_as(&mallory, approve.clone()).await.unwrap();
        world.send_as(&mallory, withdraw.clone()).await.unwrap();
    }
    for _ in 0..15 {
        let own = world.propose_as(&mallory, routine()).await.unwrap();
        let cancel = governance::cancel(&world.at, &mallory.pubkey(), own);
        world.send_as(&mallory, cancel).await.unwrap();
        let payer = world.bank.payer().pubkey();
        let close = governance::close_proposal(&world.at, &payer, own);
        world.run(&[close]).await.unwrap();
    }
    // then no record of what several decided is gone
    let after = world.bank.data(&audit).await.unwrap();
    assert_eq!(audit_decisions(&after), kept);
    let acts = audit_acts(&after);
    assert!(acts.len() == 24 && acts[23].seq > 60);
    verify_audit(&after, None).unwrap();
}
