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
    let kept = audit_records(&before);
    assert_eq!(
        kept[0].kind,
        homeostat_client::AuditKind::CouncilCreated as u8
    );
    assert_eq!(operation_records(&before).len(), 1);
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
    assert_eq!(audit_records(&after), kept);
    let operations = operation_records(&after);
    assert_eq!((operations.len(), operations[23].seq), (24, 61));
    let proof = verify_audit(&after, None).unwrap();
    assert_eq!(
        (proof.governance.from_seq, proof.operations.from_seq),
        (0, 37)
    );
    assert_eq!(proof.governance.records, kept);
}
