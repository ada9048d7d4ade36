//! `close_proposal`: evidence stays, and rent goes back to who paid it.

use homeostat_client::{event::Event, governance, AuditKind};
use homeostat_tests::{anchor, attack, HomeostatError};

use super::*;

#[tokio::test]
async fn g19_evidence_and_rent_stay_where_they_belong() {
    let mut world = World::new().await;
    let sponsor = world.bank.fresh_key();
    world.bank.airdrop(&sponsor.pubkey(), 1_000_000_000).await;
    let proposer = member(&world, 0);
    let propose = governance::propose(
        &world.at,
        &proposer.pubkey(),
        &sponsor.pubkey(),
        routine(),
        None,
    );
    let id = world.next_proposal(&routine()).await;
    let paid_from = world.bank.lamports(&sponsor.pubkey()).await;
    world
        .bank
        .send(&[propose], &[&proposer, &sponsor])
        .await
        .unwrap();
    let key = id.address(&world.at.economy);
    let rent = world.bank.lamports(&key).await;
    assert_eq!(
        world.bank.lamports(&sponsor.pubkey()).await,
        paid_from - rent
    );
    let digest = id.digest;

    // An open proposal, active or queued, is not closed.
    let close = |world: &World, payer: &Pubkey| governance::close_proposal(&world.at, payer, id);
    let error = HomeostatError::InvalidState;
    let early = close(&world, &sponsor.pubkey());
    attack(
        &mut world,
        "active",
        std::slice::from_ref(&early),
        &[],
        error,
    )
    .await;
    world.approve(1, id).await.unwrap();
    attack(
        &mut world,
        "queued",
        std::slice::from_ref(&early),
        &[],
        error,
    )
    .await;
    ripen(&mut world, id).await;
    world.execute(id).await.unwrap();

    // Nor does its rent go to anybody else.
    let thief = world.bank.payer().pubkey();
    let stolen = close(&world, &thief);
    let code = anchor::CONSTRAINT_HAS_ONE;
    attack(&mut world, "stolen rent", &[stolen], &[], code).await;

    // What it was stays in the audit log, by digest, and in the events.
    let events = world.bank.events(std::slice::from_ref(&early), &[]).await;
    assert!(matches!(&events[..], [Event::ProposalClosed(closed)] if closed.digest == digest));
    let before = world.bank.data(&world.at.audit.clone()).await;
    world.run(&[early]).await.unwrap();
    assert_eq!(world.bank.lamports(&sponsor.pubkey()).await, paid_from);
    assert!(world.bank.account(&key).await.is_none());
    let audit = world.bank.data(&world.at.audit.clone()).await;
    assert_eq!(audit, before);
    let audit = audit.unwrap();
    let kinds = |records: Vec<AuditRecord>| -> Vec<u8> {
        let of_it = records.iter().filter(|record| record.digest == digest);
        of_it.map(|record| record.kind).collect()
    };
    let acts = [AuditKind::Proposed, AuditKind::Approved];
    assert_eq!(kinds(audit_acts(&audit)), acts.map(|kind| kind as u8));
    let decisions = kinds(audit_decisions(&audit));
    assert_eq!(decisions, [AuditKind::Executed as u8]);
}

#[tokio::test]
async fn g19_a_closed_proposal_kept_alive_with_lamports_is_nothing() {
    let mut world = World::new().await;
    let index = world.queue(routine()).await.unwrap();
    let execute = world.execute_ix(index).await;
    world.veto(index).await.unwrap();
    cool(&mut world).await;
    let key = index.address(&world.at.economy);
    let payer = world.bank.payer().pubkey();
    let close = governance::close_proposal(&world.at, &payer, index);
    let revive = solana_system_interface::instruction::transfer(&payer, &key, 10_000_000);
    world.run(&[close, revive]).await.unwrap();
    world.bank.advance(7 * DAY).await;
    let code = anchor::ACCOUNT_OWNED_BY_WRONG_PROGRAM;
    attack(&mut world, "revived", &[execute], &[], code).await;
}
