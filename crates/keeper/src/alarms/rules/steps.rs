//! What the decision log tells: guards that latched, parameters that rest at a limit.

use homeostat_client::log::Record;
use homeostat_client::DecisionRecord;
use homeostat_control::{Flags, HoldReason};

use super::records::parameter;
use super::teller::Teller;
use super::trust::News;
use super::Rules;
use crate::alarms::alarm::{Code, Proof};
use crate::alarms::seen::Chain;
use crate::alarms::view::View;

/// Tells the new decisions in their order, then what the controllers say now: a proposal resumes
/// a controller between two decisions.
pub(super) fn tell(teller: &mut Teller, view: &View, news: &News, rules: &Rules) {
    for record in &news.steps {
        if let Record::Decision(record) = record {
            decision(teller, view, record, rules);
        }
    }
    for (index, controller) in view.economy.controllers.iter().enumerate() {
        let Ok(number) = u8::try_from(index) else {
            continue;
        };
        let latched = controller.guard.latched != 0;
        let proof = teller.shown(&view.at.economy);
        guard(teller, number, (latched, !latched), "", (proof, view.now));
        let at_limit = controller.at_limit;
        let proof = teller.shown(&view.at.economy);
        limit(teller, (number, at_limit), rules, (proof, view.now));
    }
}

fn decision(teller: &mut Teller, view: &View, record: &DecisionRecord, rules: &Rules) {
    let why = match HoldReason::from_number(record.held) {
        HoldReason::Spike => " after one measurement far from the usual",
        HoldReason::Drift => " after measurements that drifted away",
        HoldReason::Frozen => " after a feed that repeats itself",
        _ => "",
    };
    let resumed = Flags(record.flags).contains(Flags::RESUMED);
    // A decision has no slot of its own: that of the view is one that shows it.
    let proof = |teller: &Teller| teller.record(Chain::Steps, record.seq, view.slot);
    let told = (proof(teller), record.to);
    guard(
        teller,
        record.parameter,
        (!why.is_empty(), resumed),
        why,
        told,
    );
    let told = (proof(teller), record.to);
    limit(teller, (record.parameter, record.at_limit), rules, told);
}

fn guard(teller: &mut Teller, number: u8, turns: (bool, bool), why: &str, told: (Proof, i64)) {
    let name = parameter(number);
    teller.level_at(
        Code::GuardLatched,
        &format!("latched.{name}"),
        turns,
        (
            &|| format!("The anomaly guard holds the controller of {name}{why}."),
            &|| format!("The controller of {name} steers again."),
        ),
        told,
    );
}

fn limit(teller: &mut Teller, (number, periods): (u8, u32), rules: &Rules, told: (Proof, i64)) {
    let name = parameter(number);
    teller.level_at(
        Code::Saturated,
        &format!("saturated.{name}"),
        (periods >= rules.saturated.max(1), periods == 0),
        (
            &|| {
                format!(
                    "The parameter {name} has rested at a limit for {periods} periods, and its controller wants to go further."
                )
            },
            &|| format!("The parameter {name} is no longer held at a limit."),
        ),
        told,
    );
}
