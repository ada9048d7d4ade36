//! What the logs prove: decisions and governance, from the ring alone and from genesis.

use homeostat::state::{
    log::{Ring, RECORD_BYTES, SLOT_BYTES},
    AuditLog, DecisionLog,
};
use homeostat_client::{
    governance::{self, q48, ProposalId},
    log::LogError,
    verify::{verify_audit, verify_log, AuditProof, LogProof},
    Action, AuditKind, AuditRecord, Parameter, PauseReason, Section, Tunable,
};
use homeostat_sandbox::{world::TOKEN, Bank, World, WorldSpec};
use solana_signer::Signer;

/// Proves the decision log, with or without the events.
async fn prove(world: &mut World, events: bool) -> Result<LogProof, LogError> {
    let log = world.at.log;
    let data = world.bank.data(&log).await.unwrap();
    let economy = world.economy().await;
    let history = world.bank.history().filter(|_| events);
    verify_log(&data, &economy, history)
}

async fn prove_audit(world: &mut World, events: bool) -> Result<AuditProof, LogError> {
    let audit = world.at.audit;
    let data = world.bank.data(&audit).await.unwrap();
    verify_audit(&data, world.bank.history().filter(|_| events))
}

fn tune(field: Tunable, expected_q48: i128, value_q48: i128) -> Action {
    Action::Tune {
        parameter: Parameter::Emission,
        field,
        expected_q48,
        value_q48,
        over_seconds: 0,
    }
}

/// An economy that has lived: 14 periods, three executed proposals, a pause, a veto.
async fn lived() -> World {
    let mut bank = Bank::start().await;
    bank.watch();
    let mut world = World::build_on(bank, &WorldSpec::default()).await;
    let staker = world.staker(300_000_000 * TOKEN).await;
    let guardian = world.guardian.insecure_clone();
    let config = world.economy().await.controllers[0].config();
    let (kp, min, max) = (config.kp.to.to_bits(), config.min, config.max);
    for period in 0..14 {
        match period {
            2 => {
                let setpoint = tune(Tunable::Setpoint, q48(0.6), q48(0.62));
                world.enact(vec![setpoint]).await.unwrap();
            }
            5 => {
                let gain = tune(Tunable::Kp, kp, 2 * kp);
                world.enact(vec![gain]).await.unwrap();
                let pause = governance::pause(
                    &world.at,
                    &guardian.pubkey(),
                    Section::Emission,
                    3_600,
                    PauseReason::Market,
                );
                world.send_as(&guardian, pause).await.unwrap();
            }
            8 => {
                let limits = Action::Limits {
                    parameter: Parameter::Emission,
                    expected: homeostat::state::action::OutputLimits {
                        min_ppm: min,
                        max_ppm: max,
                    },
                    value: homeostat::state::action::OutputLimits {
                        min_ppm: min,
                        max_ppm: 61_000,
                    },
                };
                world.enact(vec![limits]).await.unwrap();
            }
            10 => {
                let doomed = tune(Tunable::Kp, 2 * kp, kp);
                let index = world.queue(vec![doomed]).await.unwrap();
                world.veto(index).await.unwrap();
            }
            11 => {
                world
                    .request_unstake(&staker, 200_000_000 * TOKEN)
                    .await
                    .unwrap();
            }
            _ => {}
        }
        world.next_period().await.unwrap();
    }
    world
}

#[tokio::test]
async fn success_from_genesis_every_decision_recomputes() {
    let mut world = lived().await;

    let proof = prove(&mut world, true).await.unwrap();

    assert_eq!((proof.from_seq, proof.to_seq), (0, 4 + 14 * 4 + 3));
    assert_eq!((proof.decisions, proof.recomputed), (56, 56));
    assert_eq!(proof.guarded, 56);
    assert_eq!(proof.changes, 4 + 3);
    assert!(proof.unproven.is_empty());
}

#[tokio::test]
async fn success_the_ring_alone_says_what_it_cannot_prove() {
    let mut world = lived().await;

    let proof = prove(&mut world, false).await.unwrap();

    // Of 63 records the ring keeps 20: the last decisions, none of the changes.
    assert_eq!((proof.from_seq, proof.to_seq), (43, 63));
    assert_eq!((proof.decisions, proof.changes), (20, 0));
    assert_eq!(
        proof.recomputed + proof.unproven.len() as u64,
        proof.decisions
    );
    // Their configuration is the present one; what is missing is at most what each
    // controller decided just before the base.
    assert!(proof.unproven.iter().all(|seq| *seq <= 43 + 4), "{proof:?}");
    assert_eq!(proof.guarded, 0);
}

#[tokio::test]
async fn fail_a_forged_record_state_or_history_is_found() {
    let mut world = lived().await;
    let log = world.at.log;
    let data = world.bank.data(&log).await.unwrap();
    let economy = world.economy().await;
    let history = world.bank.history().unwrap().clone();

    // given a ring whose newest decision was forged, and its chain made good again
    let mut forged = data.clone();
    let at = Ring::FIRST;
    let mut ring: Ring = bytemuck::pod_read_unaligned(&forged[at..DecisionLog::SLOTS_AT]);
    let index = |back: u32| ((ring.next + ring.capacity - 1 - back) % ring.capacity) as usize;
    let newest = DecisionLog::SLOTS_AT + index(0) * SLOT_BYTES;
    let before = DecisionLog::SLOTS_AT + index(1) * SLOT_BYTES;
    let u = newest + RECORD_BYTES - 16;
    forged[u] ^= 1;
    let chain = |data: &[u8]| {
        solana_program::hash::hashv(&[
            &data[before + RECORD_BYTES..before + SLOT_BYTES],
            &data[newest..newest + RECORD_BYTES],
        ])
        .to_bytes()
    };
    let hash = chain(&forged);
    forged[newest + RECORD_BYTES..newest + SLOT_BYTES].copy_from_slice(&hash);
    ring.head_hash = hash;
    forged[at..DecisionLog::SLOTS_AT].copy_from_slice(bytemuck::bytes_of(&ring));
    // then the law says otherwise, and so do the events
    assert_eq!(
        verify_log(&forged, &economy, None),
        Err(LogError::Decision { seq: 63 })
    );
    assert_eq!(
        verify_log(&forged, &economy, Some(&history)),
        Err(LogError::History { seq: 63 })
    );

    // a byte changed without the chain is found at once
    let mut torn = data.clone();
    torn[newest + 100] ^= 1;
    assert_eq!(
        verify_log(&torn, &economy, None),
        Err(LogError::Chain { seq: 63 })
    );

    // and an account whose controller is not what the log leads to
    let mut other = economy.clone();
    other.controllers[1].state.u += 1;
    assert_eq!(
        verify_log(&data, &other, None),
        Err(LogError::State { seq: 0 })
    );

    // and events with one missing
    let empty = homeostat_client::verify::History::default();
    assert!(matches!(
        verify_log(&data, &economy, Some(&empty)),
        Err(LogError::History { .. })
    ));
}

#[tokio::test]
async fn g19_the_audit_log_keeps_what_closed_proposals_were() {
    let mut world = lived().await;
    let payer = world.bank.payer().pubkey();
    let before = prove_audit(&mut world, false).await.unwrap();
    let made = before
        .acts
        .records
        .iter()
        .filter(|record| record.kind == AuditKind::Proposed as u8);
    let made: Vec<ProposalId> = made
        .map(|record| ProposalId {
            index: record.proposal,
            digest: record.digest,
        })
        .collect();
    let digest = made[3].digest;
    for id in made {
        let close = governance::close_proposal(&world.at, &payer, id);
        world.run(&[close]).await.unwrap();
    }

    // From the ring alone and from the council's creation.
    let ring = prove_audit(&mut world, false).await.unwrap();
    let all = prove_audit(&mut world, true).await.unwrap();

    assert_eq!(ring, all);
    assert_eq!((all.decisions.from_seq, all.acts.from_seq), (0, 0));
    use AuditKind::*;
    let kinds =
        |records: &[AuditRecord]| -> Vec<u8> { records.iter().map(|record| record.kind).collect() };
    // Three members and the guardian accept their roles, then three proposals are executed.
    let expected: Vec<u8> = [CouncilCreated]
        .into_iter()
        .chain([RoleAccepted; 4])
        .chain([Executed; 3])
        .map(|kind| kind as u8)
        .collect();
    assert_eq!(kinds(&all.decisions.records), expected);
    let acts = &all.acts.records;
    for kind in [Proposed, Approved] {
        let of_it = acts.iter().filter(|record| record.kind == kind as u8);
        assert_eq!(of_it.count(), 4);
    }
    let of_one = |kind: AuditKind| {
        let mut of_it = acts.iter().filter(|record| record.kind == kind as u8);
        let (Some(one), None) = (of_it.next(), of_it.next()) else {
            panic!("there was one {kind:?}")
        };
        *one
    };
    let veto = of_one(Vetoed);
    assert_eq!((veto.digest, veto.actor), (digest, world.guardian.pubkey()));
    of_one(Paused);
    assert_eq!(acts.len(), 10);

    // A record left out or changed is found.
    let audit = world.at.audit;
    let mut data = world.bank.data(&audit).await.unwrap();
    assert_eq!(data.len(), AuditLog::space(24));
    for (place, slot) in [(AuditLog::DECISIONS, 2), (AuditLog::ACTS, 0)] {
        let at = place.slots + slot * place.stride + 40;
        data[at] ^= 1;
        let seq = slot as u64 + 1;
        assert_eq!(verify_audit(&data, None), Err(LogError::Chain { seq }));
        data[at] ^= 1;
    }
    verify_audit(&data, None).unwrap();
}
