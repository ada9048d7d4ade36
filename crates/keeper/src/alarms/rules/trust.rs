//! Whether a view follows from its own logs: what does not is no truth, but an alarm.

use homeostat_client::log::Record;
use homeostat_client::verify::verify_audit;
use homeostat_client::{log, AuditKind, AuditRecord, Life};

use super::teller::{Teller, Told};
use crate::alarms::alarm::Code;
use crate::alarms::seen::{Chain, Contradiction, Facts, Grown, Seen};
use crate::alarms::view::View;

/// What the logs say since the last look.
#[derive(Debug, Default)]
pub(super) struct News {
    /// How far each chain has grown.
    pub(super) grown: [Grown; 3],
    /// New records of what took effect by the keys of several.
    pub(super) decisions: Vec<AuditRecord>,
    /// New records of what one key did alone.
    pub(super) acts: Vec<AuditRecord>,
    /// New records of the controllers.
    pub(super) steps: Vec<Record>,
}

impl News {
    /// Executions among the new decisions.
    pub(super) fn of_kind(&self, kind: AuditKind) -> impl Iterator<Item = &AuditRecord> {
        self.decisions
            .iter()
            .filter(move |record| record.kind == kind as u8)
    }
}

/// Reads the logs of a view and compares them with what was read before and with the accounts
/// that they explain. `None` when they contradict each other; then that is told, once until the
/// contradiction ends.
pub(super) fn read(teller: &mut Teller, seen: &Seen, view: &View) -> Option<News> {
    let read = logs(seen, view).and_then(|news| match unexplained(seen, view, &news) {
        Some(what) => Err(what),
        None => Ok(news),
    });
    let proof = teller.shown(&view.at.economy);
    let broken = read.as_ref().err().cloned();
    let words = broken.clone().unwrap_or_default();
    teller.level(
        Code::StateContradictsLog,
        "contradiction",
        (broken.is_some(), broken.is_none()),
        (
            &|| format!("What a server says is not believed: {words}."),
            &|| "What is said of the economy follows from its logs again.".to_owned(),
        ),
        proof,
    );
    let news = read.ok()?;
    for (chain, grown) in Chain::ALL.into_iter().zip(&news.grown) {
        if let Some((first, last)) = grown.lost {
            let proof = teller.record(chain, last, view.slot);
            let told = Told {
                mark: format!("{}.{first}-{last}", chain.word()),
                message: format!(
                    "Records {first} to {last} of the {} were dropped from the log before they were read here.",
                    name(chain)
                ),
                proof,
                at: view.now,
            };
            teller.happened(Code::RecordsLost, told);
        }
    }
    Some(news)
}

const fn name(chain: Chain) -> &'static str {
    match chain {
        Chain::Decisions => "audit log's decisions",
        Chain::Acts => "audit log's acts of single keys",
        Chain::Steps => "decision log",
    }
}

/// The new records of all three chains.
fn logs(seen: &Seen, view: &View) -> Result<News, String> {
    let mut news = News::default();
    for ((chain, before), grown) in Chain::ALL
        .into_iter()
        .zip(&seen.positions)
        .zip(&mut news.grown)
    {
        let kept = match chain.kept(view) {
            Some(kept) => kept.map_err(Contradiction::Broken),
            None if before.record == 0 => continue,
            None => Err(Contradiction::Shorter {
                had: before.record,
                has: 0,
            }),
        };
        *grown = kept
            .and_then(|kept| before.grown(&kept))
            .map_err(|why| contradiction(chain, &why))?;
    }
    let [decisions, acts, steps] = &seen.positions;
    if let Some(data) = &view.audit {
        let proof = verify_audit(data, None)
            .map_err(|why| contradiction(Chain::Decisions, &Contradiction::Broken(why)))?;
        news.decisions = proof.decisions.records;
        news.decisions
            .retain(|record| record.seq > decisions.record);
        news.acts = proof.acts.records;
        news.acts.retain(|record| record.seq > acts.record);
    }
    if let Some(data) = &view.log {
        let (_, records) = log::read(data)
            .map_err(|why| contradiction(Chain::Steps, &Contradiction::Broken(why)))?;
        news.steps = records;
        news.steps.retain(|record| record.seq() > steps.record);
    }
    Ok(news)
}

fn contradiction(chain: Chain, why: &Contradiction) -> String {
    let log = name(chain);
    match why {
        Contradiction::Broken(error) => format!("the {log} does not prove itself: {error}"),
        Contradiction::Shorter { had, has } => {
            format!("the {log} had {had} records and has {has}")
        }
        Contradiction::Rewritten { record } => {
            format!("record {record} of the {log} is another than was read before")
        }
    }
}

/// What changed in a live economy without a record that could have changed it.
fn unexplained(seen: &Seen, view: &View, news: &News) -> Option<String> {
    let (old, new) = (&seen.facts, Facts::of(view));
    // A Draft is configured without records, and a log that lost some explains less than all.
    let lost = news.grown.first().is_some_and(|grown| grown.lost.is_some());
    if old.life == Life::Draft as u8 || lost || seen.replay {
        return None;
    }
    let executions = news.of_kind(AuditKind::Executed).count();
    let counted = u64::try_from(executions).unwrap_or(u64::MAX);
    if old.executed.checked_add(counted) != Some(new.executed) {
        return Some(format!(
            "the economy counts {} executed proposals after {}, and its audit log has {executions} new ones",
            new.executed, old.executed
        ));
    }
    let accepted = news.of_kind(AuditKind::RoleAccepted).count();
    if executions == 0 && accepted == 0 && old.governed != new.governed {
        return Some(
            "limits, caps, delays or seats changed, and the audit log has no record of a proposal that was executed or of a role that was accepted"
                .to_owned(),
        );
    }
    if executions == 0 && old.treasury_paid != new.treasury_paid {
        return Some(
            "tokens left the treasury, and the audit log has no record of a proposal that was executed"
                .to_owned(),
        );
    }
    if executions == 0 && old.life != new.life {
        return Some("the economy has ended, and the audit log has no record of it".to_owned());
    }
    None
}
