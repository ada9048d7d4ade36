//! The governance family: from proposal to execution, by whom and after which delay.

mod accept_role;
mod action;
mod addresses;
mod advice;
mod approvals_that_count;
mod approve;
mod audit;
mod ballots;
mod callers;
mod caps;
mod close_proposal;
mod compromised_keys;
mod compromised_reporters;
mod create_council;
mod durable_nonces;
mod execute;
mod model;
mod outcomes;
mod pause;
mod propose;
mod reasons;
mod releases;
mod seats;
mod snapshot;
mod support;
mod veto;

use homeostat::state::{
    action::OutputLimits,
    audit::{AUDIT_RECORD_BYTES, AUDIT_SLOT_BYTES},
    log::Ring,
};
use homeostat_client::{
    decode::Decode,
    governance::{self, q48, ProposalId},
    instruction as ix, Action, AuditLog, AuditRecord, Life, Parameter, PauseReason, ProposalState,
    RoleKind, SeatArgs, Section, Tunable,
};
use homeostat_sandbox::{
    world::{seat, TOKEN},
    World, WorldSpec,
};
use homeostat_tests::{assert_sound, refused, HomeostatError};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_program::{hash::hashv, pubkey::Pubkey};
use solana_signer::Signer;

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

/// A new target of the emission's setpoint, at once.
fn setpoint(expected: f64, value: f64) -> Action {
    Action::Tune {
        parameter: Parameter::Emission,
        field: Tunable::Setpoint,
        expected_q48: q48(expected),
        value_q48: q48(value),
        over_seconds: 0,
    }
}

/// A Routine proposal: it stays inside the envelope of the default economy.
fn routine() -> Vec<Action> {
    vec![setpoint(0.60, 0.62)]
}

/// The routine proposal with a number below 20; no two are the same.
fn routine_no(number: u8) -> Vec<Action> {
    vec![setpoint(0.60, 0.61 + f64::from(number) / 1_000.0)]
}

/// The standard proposal with a number below 100; no two are the same.
fn standard_no(number: u8) -> Vec<Action> {
    vec![setpoint(0.60, 0.80 + f64::from(number) / 1_000.0)]
}

/// A Standard proposal: outside the envelope.
fn standard() -> Vec<Action> {
    vec![setpoint(0.60, 0.90)]
}

/// A Critical proposal: a seat for somebody who will never take it.
fn critical() -> Vec<Action> {
    vec![Action::AddMember {
        seat: seat_of(Pubkey::new_from_array([9; 32])),
    }]
}

/// Bias and upper limit of the emission at 4 % a year, from 6 % and 20 %: coupled values,
/// and the rate follows at once. Standard.
fn lower_emission() -> Vec<Action> {
    vec![
        Action::Tune {
            parameter: Parameter::Emission,
            field: Tunable::Bias,
            expected_q48: q48(60_000.0),
            value_q48: q48(40_000.0),
            over_seconds: 0,
        },
        Action::Limits {
            parameter: Parameter::Emission,
            expected: EMISSION_LIMITS,
            value: OutputLimits {
                max_ppm: 40_000,
                ..EMISSION_LIMITS
            },
        },
    ]
}

/// Limits of the default economy's emission.
const EMISSION_LIMITS: OutputLimits = OutputLimits {
    min_ppm: 10_000,
    max_ppm: 200_000,
};

/// What took effect by the keys of several, in an audit log, oldest first, the chain checked.
fn audit_decisions(data: &[u8]) -> Vec<AuditRecord> {
    let log = AuditLog::decode(data).expect("an audit log").ring;
    records_of(data, &log, AuditLog::DECISIONS.slots)
}

/// What one key did alone, likewise.
fn audit_acts(data: &[u8]) -> Vec<AuditRecord> {
    let log = AuditLog::decode(data).expect("an audit log").acts;
    records_of(data, &log, AuditLog::ACTS.slots)
}

/// The records of a ring whose first slot is there.
fn records_of(data: &[u8], log: &Ring, first: usize) -> Vec<AuditRecord> {
    let slots: Vec<&[u8]> = data[first..]
        .chunks(AuditLog::STRIDE)
        .map(|slot| &slot[..AUDIT_SLOT_BYTES])
        .collect();
    let mut hash = log.base_hash;
    let mut records = Vec::new();
    for n in 0..log.len {
        let at = (log.next + log.capacity - log.len + n) % log.capacity;
        let (body, stored) = slots[at as usize].split_at(AUDIT_RECORD_BYTES);
        hash = hashv(&[&hash, body]).to_bytes();
        assert_eq!(hash, stored, "the chain breaks at record {n}");
        records.push(bytemuck::pod_read_unaligned(body));
    }
    assert_eq!(hash, log.head_hash);
    records
}

/// A seat that signs transactions itself.
fn seat_of(key: Pubkey) -> SeatArgs {
    SeatArgs { key, via: None }
}

/// Key of the member at a place.
fn member(world: &World, place: usize) -> Keypair {
    world.members[place].insecure_clone()
}

/// Goes to a proposal's eta.
async fn ripen(world: &mut World, id: ProposalId) {
    let eta = world.proposal(id).await.eta;
    world.bank.set_time(eta).await;
}

/// Lets the time pass in which what was vetoed cannot be proposed again.
async fn cool(world: &mut World) {
    let critical = world.council().await.delays.critical;
    world.bank.advance(i64::from(critical) + 1).await;
}

/// A world of so many members and such a threshold.
async fn council_of(members: u8, threshold: u8) -> World {
    World::build(&WorldSpec {
        members,
        threshold,
        ..WorldSpec::default()
    })
    .await
}

/// Everybody who is no seated member, and what the program calls them: an outsider, the
/// creator, the guardian, an advisor in office, and somebody who was offered a seat.
async fn strangers(world: &mut World) -> Vec<(&'static str, Keypair, HomeostatError)> {
    let (outsider, advisor, offered) = (
        world.bank.fresh_key(),
        world.bank.fresh_key(),
        world.bank.fresh_key(),
    );
    let offers = vec![
        Action::Advisor {
            expected: Pubkey::default(),
            seat: seat(&advisor),
        },
        Action::AddMember {
            seat: seat(&offered),
        },
    ];
    world.enact(offers).await.unwrap();
    let accept = governance::accept_role(&world.at, &advisor.pubkey(), RoleKind::Advisor);
    world.send_as(&advisor, accept).await.unwrap();
    let creator = world.creator.insecure_clone();
    let guardian = world.guardian.insecure_clone();
    use HomeostatError::{MissingPermission, NotAMember};
    vec![
        ("an outsider", outsider, NotAMember),
        ("the creator", creator, NotAMember),
        ("the guardian", guardian, MissingPermission),
        ("the advisor", advisor, MissingPermission),
        ("who was offered a seat", offered, NotAMember),
    ]
}
