//! `audit`: what the council, its guardian, its advisor and the stakers did, as people read it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use homeostat_chain::history::{self, Act};
use homeostat_chain::Live;
use homeostat_client::event::Event;
use homeostat_client::governance::read_actions;
use homeostat_client::verify::verify_audit;
use homeostat_client::{
    Action, AuditKind, AuditRecord, Parameter, Proposal, Pubkey, RoleKind, Section, Tunable,
};
use homeostat_control::Fx;
use homeostat_settings::change::{Decoded, Row};
use homeostat_settings::human::read_duration;
use homeostat_settings::words::{state_name, word, ROLES, SECTIONS, TUNABLES};
use schemars::JsonSchema;
use serde::Serialize;

use super::amount::Amount;
use super::council::decoded;
use super::labels::Labels;
use super::log::broken;
use super::{time, Answer, Context, WhichArgs};
use crate::decimal::{Decimal, PPM};
use crate::failure::{quoted, Failure};

/// `AuditRecord.proposal` of an act that concerns no proposal.
const NO_PROPOSAL: u64 = u64::MAX;

/// What was done, by name.
const KINDS: [(&str, AuditKind); 15] = [
    ("council-created", AuditKind::CouncilCreated),
    ("proposed", AuditKind::Proposed),
    ("approved", AuditKind::Approved),
    ("withdrawn", AuditKind::Withdrawn),
    ("vetoed", AuditKind::Vetoed),
    ("overridden", AuditKind::Overridden),
    ("stakers-vetoed", AuditKind::StakersVetoed),
    ("executed", AuditKind::Executed),
    ("cancelled", AuditKind::Cancelled),
    ("expired", AuditKind::Expired),
    ("role-accepted", AuditKind::RoleAccepted),
    ("advised", AuditKind::Advised),
    ("advice-vetoed", AuditKind::AdviceVetoed),
    ("paused", AuditKind::Paused),
    ("tripped", AuditKind::Tripped),
];

/// What `audit --help` closes with.
pub const AFTER_LONG_HELP: &str = "\
Kinds: council-created, proposed, approved, withdrawn, vetoed, overridden, stakers-vetoed, executed,
cancelled, expired, role-accepted, advised, advice-vetoed, paused, tripped.

Both rings of the log are read, what several keys decided and what one key did alone, and the hash
chain of each is proved before anything is shown. What a proposal changes is read from its account
or, once that is closed, from the transaction that made or executed it, and is shown only where its
digest is the record's. `log verify --from-genesis` proves what the rings have dropped.";

/// Arguments of `audit`.
#[derive(Clone, Debug, clap::Args)]
pub struct AuditArgs {
    /// Only what was done from then on: a date in UTC such as 2026-11-30, or a time back from now
    /// such as 12h or 30d
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,
    /// Only acts of this kind; may be given several times
    #[arg(long, value_name = "KIND", value_parser = KINDS.map(|(name, _)| name))]
    pub kind: Vec<String>,
    /// The latest so many
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub limit: u32,
    /// Ask for no transactions: one request each
    #[arg(long)]
    pub no_history: bool,
    #[command(flatten)]
    which: WhichArgs,
}

/// What was done.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AuditLogAnswer {
    /// The economy.
    pub economy: String,
    /// Acts that match, the oldest first.
    pub acts: Vec<ActAnswer>,
    /// How many more match that `--limit` left out.
    pub left_out: usize,
    /// The ring of decisions begins behind this record; 0 = nothing was dropped.
    pub decisions_from_seq: u64,
    /// The ring of what one key did alone begins behind this record.
    pub acts_from_seq: u64,
    /// Names of addresses, for people.
    #[serde(skip)]
    labels: Labels,
}

/// One act.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ActAnswer {
    /// What was done: `executed`, `paused`, …
    pub kind: String,
    /// `decisions` for what took effect by the keys of several, `acts` for what one did alone.
    pub ring: String,
    /// Number of the record in its ring.
    pub seq: u64,
    /// When (unix seconds).
    pub at: i64,
    /// In which slot.
    pub slot: u64,
    /// Who acted; absent where anybody did.
    pub actor: Option<String>,
    /// Whom or what it concerned; absent where nothing is named.
    pub subject: Option<String>,
    /// Number of the proposal, where one is concerned.
    pub proposal: Option<u64>,
    /// State of the proposal after it, or the section, role or controller concerned.
    pub outcome: Option<String>,
    /// A time of it: when a proposal or an advice takes effect, or when a pause ends (unix seconds).
    pub until: Option<i64>,
    /// The stake of a veto, or what a vault lacked.
    pub amount: Option<Amount>,
    /// What the proposal changes, from old to new; empty where neither account nor history has it.
    pub actions: Vec<Decoded>,
    /// The sha256 of the actions, in hexadecimal, where there is a proposal.
    pub digest: Option<String>,
    /// Its transaction, where the history of the server has it.
    pub transaction: Option<String>,
}

/// `audit`.
///
/// # Errors
///
/// A wrong time; `no_audit_log` before there is a council; the log does not prove itself
/// (`log_broken`); the server's.
pub fn audit(context: &Context, arguments: &AuditArgs) -> Result<(), Failure> {
    let live = context.live(&arguments.which)?;
    let connection = &context.connection;
    let since = match &arguments.since {
        Some(text) => since(text, connection.clock()?.unix_timestamp)?,
        None => i64::MIN,
    };
    let account = connection.account(&live.at.audit)?;
    let account = account.filter(|account| account.owner == homeostat_client::PROGRAM_ID);
    let account = account.ok_or_else(|| {
        Failure::new("no_audit_log", "the economy has no audit log yet")
            .remedy("it begins with the council: `homeostat create-economy` with a [council]")
    })?;
    let proof = verify_audit(&account.data, None).map_err(broken)?;
    let named = |record: &AuditRecord| word_of(record.kind);
    let mut found: Vec<AuditRecord> = [&proof.decisions.records, &proof.acts.records]
        .into_iter()
        .flatten()
        .filter(|record| record.at >= since)
        .filter(|record| {
            arguments.kind.is_empty() || arguments.kind.iter().any(|kind| kind == named(record))
        })
        .copied()
        .collect();
    found.sort_by_key(|record| (record.slot, record.at, rank(record), record.seq));
    let left_out = found.len().saturating_sub(arguments.limit as usize);
    found.drain(..left_out);

    let told = match arguments.no_history || found.is_empty() {
        true => BTreeMap::new(),
        false => history::acts(connection, &live.at, &found).unwrap_or_else(|failure| {
            context.say(&format!(
                "warning: the history of the server was not read: {}",
                failure.message
            ));
            BTreeMap::new()
        }),
    };
    let proposals = match found.iter().any(|record| record.proposal != NO_PROPOSAL) {
        true => {
            let fields = [(
                core::mem::offset_of!(Proposal, economy),
                live.at.economy.as_ref(),
            )];
            connection.search::<Proposal>(&fields)?
        }
        false => Vec::new(),
    };
    let actions = Actions::new(&proposals, &told);
    let acts = found
        .iter()
        .map(|record| {
            answer(
                &live,
                record,
                &actions,
                told.get(bytemuck::bytes_of(record)),
            )
        })
        .collect();
    context.answer(&AuditLogAnswer {
        economy: live.at.economy.to_string(),
        acts,
        left_out,
        decisions_from_seq: proof.decisions.from_seq,
        acts_from_seq: proof.acts.from_seq,
        labels: context.labels(),
    })
}

/// The order of what happened in one slot, where the two rings do not tell it: a council comes
/// before its acts, and these before what they lead to.
fn rank(record: &AuditRecord) -> u8 {
    let is = |kind: AuditKind| kind as u8 == record.kind;
    if is(AuditKind::CouncilCreated) || is(AuditKind::RoleAccepted) {
        0
    } else if record.is_decision() {
        2
    } else {
        1
    }
}

/// The time that a filter begins at (unix seconds).
fn since(text: &str, now: i64) -> Result<i64, Failure> {
    let wrong = || {
        Failure::new("bad_value", format!("--since {} is no time", quoted(text)))
            .remedy("write a date such as 2026-11-30, or a time back from now such as 12h or 30d")
    };
    if let Ok(date) = text.parse::<chrono::NaiveDate>() {
        return Ok(date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp());
    }
    let back = read_duration(text).map_err(|_| wrong())?;
    Ok(now.saturating_sub_unsigned(back))
}

/// The word of a kind, as its number.
fn word_of(kind: u8) -> &'static str {
    KINDS
        .iter()
        .find(|(_, known)| *known as u8 == kind)
        .map_or("?", |(name, _)| name)
}

/// What proposals change, by the digest that their records have: nothing else could be taken for
/// what was decided.
struct Actions(BTreeMap<[u8; 32], Vec<Action>>);

impl Actions {
    fn new(proposals: &[(Pubkey, Proposal)], told: &BTreeMap<Vec<u8>, Act>) -> Self {
        let stored = proposals
            .iter()
            .map(|(_, proposal)| proposal.action_bytes());
        let of_events = told.values().filter_map(|act| match &act.event {
            Event::Proposed(event) => Some(event.actions.as_slice()),
            Event::Executed(event) => Some(event.actions.as_slice()),
            _ => None,
        });
        let all = stored.chain(of_events).filter_map(|bytes| {
            let digest = solana_program::hash::hash(bytes).to_bytes();
            Some((digest, read_actions(bytes)?))
        });
        Self(all.collect())
    }
}

fn answer(live: &Live, record: &AuditRecord, actions: &Actions, told: Option<&Act>) -> ActAnswer {
    let kind = KINDS
        .iter()
        .find(|(_, known)| *known as u8 == record.kind)
        .map(|(_, kind)| *kind);
    let of_proposal = record.proposal != NO_PROPOSAL;
    let outcome = match kind {
        _ if of_proposal => Some(state_name(record.outcome).to_owned()),
        Some(AuditKind::RoleAccepted) => {
            named(&ROLES, record.outcome, |role: &RoleKind| *role as u8)
        }
        Some(AuditKind::Paused) => named(&SECTIONS, record.outcome, |section: &Section| {
            *section as u8
        }),
        Some(AuditKind::Advised | AuditKind::AdviceVetoed) => Parameter::ALL
            .get(usize::from(record.outcome))
            .map(|parameter| parameter.name().to_owned()),
        _ => None,
    };
    let amounts = matches!(kind, Some(AuditKind::StakersVetoed | AuditKind::Tripped));
    let value = (record.value != 0).then_some(record.value);
    let key = |key: &Pubkey| (*key != Pubkey::default()).then(|| key.to_string());
    let changes = match (told.map(|act| &act.event), of_proposal) {
        (_, true) => {
            let known = actions.0.get(&record.digest);
            known.map(|known| decoded(live, known)).unwrap_or_default()
        }
        (Some(event), false) => of_event(event),
        (None, false) => Vec::new(),
    };
    ActAnswer {
        kind: word_of(record.kind).to_owned(),
        ring: match record.is_decision() {
            true => "decisions",
            false => "acts",
        }
        .to_owned(),
        seq: record.seq,
        at: record.at,
        slot: record.slot,
        actor: key(&record.actor),
        // Of a proposal it is its address, which its number stands for.
        subject: key(&record.subject),
        proposal: of_proposal.then_some(record.proposal),
        outcome,
        until: value.filter(|_| !amounts),
        amount: value
            .filter(|_| amounts)
            .map(|base| Amount::new(base.unsigned_abs(), live.economy.decimals)),
        actions: changes,
        digest: of_proposal.then(|| super::why::hexadecimal(&record.digest)),
        transaction: told.map(|act| act.signature.to_string()),
    }
}

fn named<T>(words: &[(&str, T)], number: u8, as_number: fn(&T) -> u8) -> Option<String> {
    let found = words.iter().find(|(_, known)| as_number(known) == number);
    found.map(|(word, _)| (*word).to_owned())
}

/// Old and new values of an act without a proposal.
fn of_event(event: &Event) -> Vec<Decoded> {
    let one = |kind, on: &str, field: &str, old: String, new: String| {
        vec![Decoded {
            kind,
            on: on.to_owned(),
            rows: vec![Row {
                field: field.to_owned(),
                old,
                new,
            }],
        }]
    };
    match event {
        Event::Advised(event) => {
            // A bias is in parts per million, everything else that is advised a number.
            let places = match event.field {
                Tunable::Bias => PPM,
                _ => 0,
            };
            let shown = |bits: i128| {
                Decimal::shortest(Fx::from_bits(bits))
                    .shifted(-places)
                    .to_string()
            };
            one(
                "advise",
                event.parameter.name(),
                word(&TUNABLES, &event.field),
                shown(event.old_q48),
                shown(event.new_q48),
            )
        }
        Event::Paused(event) => {
            let shown = |at: i64| match at {
                0 => String::new(),
                at => time(at),
            };
            let section = word(&SECTIONS, &event.section);
            one(
                "pause",
                section,
                "until",
                shown(event.old_until),
                shown(event.new_until),
            )
        }
        _ => Vec::new(),
    }
}

impl ActAnswer {
    /// What was done, in words.
    fn sentence(&self, labels: &Labels) -> String {
        let actor = self
            .actor
            .as_deref()
            .map_or_else(|| "anybody".to_owned(), |key| labels.labelled(key));
        let subject = self.subject.as_deref().map(|key| labels.labelled(key));
        let subject = subject.unwrap_or_else(|| "nobody".to_owned());
        let number = self.proposal.unwrap_or_default();
        let (outcome, until) = (self.outcome.as_deref().unwrap_or("?"), self.until);
        let until = until.map(time).unwrap_or_default();
        let amount = self
            .amount
            .as_ref()
            .map(Amount::to_string)
            .unwrap_or_default();
        let now = match outcome {
            "queued" => format!("; it is queued and can be executed from {until}"),
            state => format!("; it is {state}"),
        };
        match self.kind.as_str() {
            "council-created" => format!("{actor} set the council up; guardian {subject}"),
            "proposed" => format!("{actor} made proposal {number}{now}"),
            "approved" => format!("{actor} approved proposal {number}{now}"),
            "withdrawn" => format!("{actor} took an approval of proposal {number} back{now}"),
            "vetoed" => format!("the guardian {actor} vetoed proposal {number}"),
            "overridden" => format!("{actor} voted to lift the veto of proposal {number}{now}"),
            "stakers-vetoed" => format!(
                "stakers vetoed proposal {number} with {amount} tokens; the last vote was {actor}'s"
            ),
            "executed" => format!("{actor} executed proposal {number}"),
            "cancelled" => format!("{actor} cancelled proposal {number}{now}"),
            "expired" => format!("{actor} marked proposal {number} as expired"),
            "role-accepted" => format!("{actor} accepted the role of {outcome}, after {subject}"),
            "advised" => format!("the advisor {actor} advised on {outcome}, from {until} on"),
            "advice-vetoed" => format!("the guardian {actor} dropped the advice on {outcome}"),
            "paused" => format!("the guardian {actor} paused {outcome} until {until}"),
            "tripped" => format!("the emission was stopped: {subject} lacked {amount} tokens"),
            kind => format!("{actor}: {kind}"),
        }
    }
}

impl Answer for AuditLogAnswer {
    fn display(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.acts.is_empty() {
            writeln!(out, "nothing of that kind and time is in the log")?;
        }
        if self.left_out > 0 {
            writeln!(out, "({} earlier ones: --limit shows more)", self.left_out)?;
        }
        for act in &self.acts {
            writeln!(out, "{}  {}", time(act.at), act.sentence(&self.labels))?;
            for action in &act.actions {
                writeln!(out, "    {action}")?;
            }
            if let Some(transaction) = &act.transaction {
                writeln!(out, "    transaction {transaction}")?;
            }
        }
        let dropped = match (self.decisions_from_seq, self.acts_from_seq) {
            (0, 0) => "nothing was dropped".to_owned(),
            (decisions, acts) => {
                format!("the log has dropped {decisions} older decisions and {acts} older acts")
            }
        };
        writeln!(out, "both hash chains are unbroken; {dropped}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_word_of_its_own() {
        for (number, (name, kind)) in (0u8..).zip(KINDS) {
            assert_eq!(kind as u8, number);
            assert_eq!(word_of(number), name);
            assert!(AFTER_LONG_HELP.contains(name), "{name}");
        }
        assert_eq!(word_of(15), "?");
    }

    #[test]
    fn a_time_is_a_date_or_so_long_ago() {
        let now = 1_000_000;
        for (text, expected) in [
            ("1970-01-02", 86_400),
            ("12h", now - 43_200),
            ("10d", now - 864_000),
        ] {
            assert_eq!(since(text, now), Ok(expected), "{text}");
        }
        for wrong in ["", "yesterday", "-3d", "2026-13-01"] {
            assert_eq!(since(wrong, now).unwrap_err().code, "bad_value", "{wrong}");
        }
    }
}
