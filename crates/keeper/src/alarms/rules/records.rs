//! What the audit log tells: proposals, roles, advice, pauses.

use std::collections::BTreeSet;

use homeostat_client::{AuditKind, AuditRecord, Class, Proposal, ProposalState, Pubkey, Section};
use homeostat_settings::change;
use homeostat_settings::human::{duration, percent_of, time};
use homeostat_settings::tokens::Tokens;
use homeostat_settings::words::{word, CLASSES, SECTIONS};

use super::teller::{alarm, Teller, Told};
use super::trust::News;
use crate::alarms::alarm::{Code, Phase, Severity};
use crate::alarms::seen::{Chain, Open, Seen};
use crate::alarms::view::View;

/// The proposals that new records name by their addresses.
pub(super) fn subjects(seen: &Seen, view: &View) -> Vec<Pubkey> {
    let Some(data) = &view.audit else {
        return Vec::new();
    };
    let Ok(proof) = homeostat_client::verify::verify_audit(data, None) else {
        return Vec::new();
    };
    let [decisions, acts, _] = &seen.positions;
    let decided = proof.decisions.records.iter();
    let decided = decided.filter(|record| record.seq > decisions.record);
    let acted = proof.acts.records.iter();
    let acted = acted.filter(|record| record.seq > acts.record);
    let named: BTreeSet<Pubkey> = decided
        .chain(acted)
        .filter(|record| names_proposal(record.kind))
        .map(|record| record.subject)
        .collect();
    named.into_iter().collect()
}

/// Whether the subject of a record of this kind is a proposal.
fn names_proposal(kind: u8) -> bool {
    [
        AuditKind::Proposed,
        AuditKind::Approved,
        AuditKind::Withdrawn,
        AuditKind::Vetoed,
        AuditKind::Overridden,
        AuditKind::Executed,
        AuditKind::Cancelled,
        AuditKind::Expired,
    ]
    .iter()
    .any(|named| *named as u8 == kind)
}

/// Tells the new records in the order in which they were written.
pub(super) fn tell(teller: &mut Teller, view: &View, news: &News) {
    let decisions = news
        .decisions
        .iter()
        .map(|record| (Chain::Decisions, record));
    let acts = news.acts.iter().map(|record| (Chain::Acts, record));
    let mut all: Vec<_> = decisions.chain(acts).collect();
    // Within a slot the order of the two chains is not known; in each it is kept. An act queues
    // what a decision executes, and no proposal is executed in the slot in which it is queued
    // unless it is Immediate.
    all.sort_by_key(|(chain, record)| (record.slot, *chain == Chain::Decisions, record.seq));
    for (chain, record) in all {
        one(teller, view, chain, record);
    }
}

fn one(teller: &mut Teller, view: &View, chain: Chain, record: &AuditRecord) {
    let is = |kind: AuditKind| record.kind == kind as u8;
    let queued = record.outcome == ProposalState::Queued as u8;
    if is(AuditKind::Proposed) || is(AuditKind::Approved) || is(AuditKind::Withdrawn) {
        let known = teller.seen.open.contains_key(&record.proposal);
        remember(teller, view, record);
        if is(AuditKind::Proposed) && !known && !queued {
            made(teller, chain, record);
        }
        if queued {
            told_queued(teller, view, chain, record);
        }
    } else if is(AuditKind::Overridden) {
        if queued {
            remember(teller, view, record);
            lifted(teller, view, chain, record);
        }
    } else if is(AuditKind::Vetoed) || is(AuditKind::StakersVetoed) {
        let by = if is(AuditKind::Vetoed) {
            format!("The guardian {} vetoed", record.actor)
        } else {
            "The stakers vetoed".to_owned()
        };
        final_(teller, view, (chain, record), Code::ProposalVetoed, &by);
    } else if is(AuditKind::Executed) {
        let by = format!("{} executed", record.actor);
        final_(teller, view, (chain, record), Code::ProposalExecuted, &by);
    } else if is(AuditKind::Cancelled) {
        if record.outcome == ProposalState::Cancelled as u8 {
            let by = format!("{} cancelled, as the last who had to,", record.actor);
            final_(teller, view, (chain, record), Code::ProposalCancelled, &by);
        }
    } else if is(AuditKind::Expired) {
        let open = teller.seen.open.get(&record.proposal);
        if open.is_some_and(|open| open.late) {
            // It was told when its time was up.
            teller.seen.open.remove(&record.proposal);
        } else {
            let by = "Nobody approved or executed in time";
            final_(teller, view, (chain, record), Code::ProposalExpired, by);
        }
    } else if is(AuditKind::RoleAccepted) {
        accepted(teller, chain, record);
    } else if is(AuditKind::Advised) {
        let message = format!(
            "The advisor {} recommended another value for {}; a crank from {} on applies it.",
            record.actor,
            parameter(record.outcome),
            time(record.value)
        );
        told(teller, chain, record, Code::AdviceGiven, message);
    } else if is(AuditKind::AdviceVetoed) {
        let message = format!("The guardian {} dropped the pending advice.", record.actor);
        told(teller, chain, record, Code::AdviceVetoed, message);
    } else if is(AuditKind::Paused) {
        paused(teller, chain, record);
    }
}

/// Tells a record as something that happened.
fn told(teller: &mut Teller, chain: Chain, record: &AuditRecord, code: Code, message: String) {
    let told = telling(teller, chain, record, message);
    teller.happened(code, told);
}

fn telling(teller: &Teller, chain: Chain, record: &AuditRecord, message: String) -> Told {
    Told {
        mark: format!("{}.{}", chain.word(), record.seq),
        message,
        proof: teller.record(chain, record.seq, record.slot),
        at: record.at,
    }
}

/// The parameter of an act's number.
pub(super) fn parameter(number: u8) -> &'static str {
    homeostat_client::Parameter::from_index(number).map_or("a parameter", |one| one.name())
}

/// The proposal that a record is about, if its account still is that one.
fn account<'v>(view: &'v View, record: &AuditRecord) -> Option<&'v Proposal> {
    let proposal = view.proposals.get(&record.subject)?;
    (proposal.index == record.proposal).then_some(proposal)
}

/// What a proposal changes, in words.
fn what(view: &View, proposal: &Proposal) -> String {
    let tokens = Tokens {
        decimals: view.economy.decimals,
    };
    match proposal.read() {
        Ok(actions) => actions
            .iter()
            .map(|action| change::decode(action, tokens, Some(&view.economy)).to_string())
            .collect::<Vec<_>>()
            .join("; "),
        Err(_) => String::new(),
    }
}

/// Notes an open proposal.
fn remember(teller: &mut Teller, view: &View, record: &AuditRecord) {
    let account = account(view, record);
    let words = account.map(|proposal| what(view, proposal));
    let until = account.map(|proposal| {
        if proposal.is(ProposalState::Queued) {
            proposal.expires_at
        } else {
            proposal.active_until
        }
    });
    let open = teller.seen.open.entry(record.proposal).or_insert(Open {
        address: record.subject.to_string(),
        what: String::new(),
        eta: 0,
        until: 0,
        late: false,
    });
    if let Some(words) = words {
        open.what = words;
    }
    if let Some(until) = until {
        open.until = until;
    }
}

/// `: what it changes`, or that this is not known.
fn colon(what: &str) -> String {
    if what.is_empty() {
        " (its account is gone, so what it changes is not known here)".to_owned()
    } else {
        format!(": {what}")
    }
}

fn open_what(teller: &Teller, index: u64) -> String {
    let open = teller.seen.open.get(&index);
    colon(open.map_or("", |open| open.what.as_str()))
}

fn made(teller: &mut Teller, chain: Chain, record: &AuditRecord) {
    let message = format!(
        "Member {} made proposal {}{}.",
        record.actor,
        record.proposal,
        open_what(teller, record.proposal)
    );
    told(teller, chain, record, Code::ProposalMade, message);
}

/// Tells that a proposal is queued, once for each eta.
fn told_queued(teller: &mut Teller, view: &View, chain: Chain, record: &AuditRecord) {
    let eta = record.value;
    match teller.seen.open.get_mut(&record.proposal) {
        Some(open) if open.eta == eta => return,
        Some(open) => open.eta = eta,
        None => {}
    }
    let (kind, grave) = graveness(view, record);
    let message = format!(
        "Proposal {}{kind} has enough approvals{}. {}",
        record.proposal,
        open_what(teller, record.proposal),
        waits(view, record)
    );
    let told = telling(teller, chain, record, message);
    let mut alarm = alarm(
        Code::ProposalQueued,
        Phase::Happened,
        Some(&view.at.economy),
        told,
    );
    if grave {
        alarm.severity = Severity::Critical;
    }
    teller.push(alarm);
}

fn lifted(teller: &mut Teller, view: &View, chain: Chain, record: &AuditRecord) {
    if let Some(open) = teller.seen.open.get_mut(&record.proposal) {
        open.eta = record.value;
    }
    let message = format!(
        "Members lifted the guardian's veto of proposal {}{}. {}",
        record.proposal,
        open_what(teller, record.proposal),
        waits(view, record)
    );
    told(teller, chain, record, Code::VetoLifted, message);
}

/// The class of the proposal of a record, in brackets, and whether it is grave.
fn graveness(view: &View, record: &AuditRecord) -> (String, bool) {
    let known = account(view, record).and_then(|proposal| Class::from_byte(proposal.class).ok());
    match known {
        Some(known) => (
            format!(" ({})", word(&CLASSES, &known)),
            known >= Class::Critical,
        ),
        // Whoever cannot know how grave it is must look.
        None => (String::new(), true),
    }
}

/// From when on it can be executed, and who can stop it before.
fn waits(view: &View, record: &AuditRecord) -> String {
    let eta = record.value;
    let left = u64::try_from(eta.saturating_sub(record.at)).unwrap_or(0);
    let when = if left == 0 {
        "Anybody can execute it now".to_owned()
    } else {
        format!(
            "Anybody can execute it from {} on, {} after it was queued",
            time(eta),
            duration(left)
        )
    };
    let Some(proposal) = account(view, record) else {
        return format!("{when}.");
    };
    let until = time(proposal.expires_at);
    let mut who = Vec::new();
    if proposal.resumes == 0 && proposal.overridden == 0 {
        who.push("the guardian with a veto".to_owned());
    }
    if proposal.class >= Class::Standard as u8 {
        who.push(format!(
            "stakers with ballots of {} of the stake",
            percent_of(proposal.delays.staker_veto_ppm)
        ));
    }
    if let Some(council) = &view.council {
        who.push(format!("{} members who cancel it", council.threshold));
    }
    format!(
        "{when}, until {until}. Who can still stop it: {}.",
        who.join(", ")
    )
}

/// Tells that a proposal came to an end, and forgets it.
fn final_(
    teller: &mut Teller,
    view: &View,
    (chain, record): (Chain, &AuditRecord),
    code: Code,
    by: &str,
) {
    if account(view, record).is_some() {
        remember(teller, view, record);
    }
    let what = open_what(teller, record.proposal);
    teller.seen.open.remove(&record.proposal);
    let message = format!("{by} proposal {}{what}.", record.proposal);
    told(teller, chain, record, code, message);
}

fn accepted(teller: &mut Teller, chain: Chain, record: &AuditRecord) {
    let before = if record.subject == Pubkey::default() {
        "nobody".to_owned()
    } else {
        record.subject.to_string()
    };
    let (code, message) = match record.outcome {
        0 => (
            Code::MemberAdded,
            format!("{} accepted a seat in the council.", record.actor),
        ),
        1 => (
            Code::GuardianReplaced,
            format!("The guardian was {before} and is {}.", record.actor),
        ),
        _ => (
            Code::AdvisorReplaced,
            format!("The advisor was {before} and is {}.", record.actor),
        ),
    };
    told(teller, chain, record, code, message);
}

/// The key of a section's pause among the states that last.
pub(super) fn pause_key(section: usize) -> String {
    let known = SECTIONS
        .iter()
        .find(|(_, known)| *known as usize == section);
    format!("paused.{}", known.map_or("?", |(word, _)| *word))
}

/// A pause begins with its record; that it ends, the clock tells.
fn paused(teller: &mut Teller, chain: Chain, record: &AuditRecord) {
    let section = usize::from(record.outcome);
    let key = pause_key(section);
    let known = SECTIONS
        .iter()
        .find(|(_, known)| *known as usize == section);
    let name = known.map_or("?", |(_, section)| word(&SECTIONS, section));
    let proof = teller.record(chain, record.seq, record.slot);
    let (guardian, until) = (record.actor, record.value);
    let left = u64::try_from(until.saturating_sub(record.at)).unwrap_or(0);
    let message = || {
        format!(
            "The guardian {guardian} paused {name} until {} ({}).",
            time(until),
            duration(left)
        )
    };
    // One that goes on for longer is told again, as another pause.
    if let Some(level) = teller.seen.levels.get_mut(&key) {
        level.on = false;
    }
    teller.level_at(
        Code::Paused,
        &key,
        (true, false),
        (&message, &String::new),
        (proof, record.at),
    );
}

const _: () = assert!(Section::COUNT == SECTIONS.len());
