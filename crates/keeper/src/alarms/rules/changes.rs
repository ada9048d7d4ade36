//! What only a comparison of two looks shows, with the execution that explains it as proof.

use homeostat_client::{AuditKind, Life, Parameter};
use homeostat_settings::human::{exact_duration, percent_of, time};
use homeostat_settings::tokens::Tokens;

use super::teller::Teller;
use super::trust::News;
use crate::alarms::alarm::{Code, Proof};
use crate::alarms::seen::{Chain, Facts, Governed};
use crate::alarms::view::View;

/// Tells what changed between two looks.
pub(super) fn tell(teller: &mut Teller, view: &View, old: &Facts, new: &Facts, news: &News) {
    if old.life != new.life && new.life == Life::Live as u8 {
        let message = format!("The economy went live at {}.", time(view.economy.live_at));
        let proof = teller.shown(&view.at.economy);
        teller.changed(Code::WentLive, "life", message, proof);
    }
    // A Draft is its creator's to change, and told as a whole once it is live.
    if old.life == Life::Draft as u8 {
        return;
    }
    mint(teller, view, old, new);
    let last = news.of_kind(AuditKind::Executed).last();
    let proof = match last {
        Some(record) => teller.record(Chain::Decisions, record.seq, record.slot),
        None => teller.shown(&view.at.economy),
    };
    controllers(teller, &old.governed, &new.governed, &proof);
    caps(teller, view, &old.governed, &new.governed, &proof);
    council(teller, old, new, &proof);
    ending(teller, view, old, new, &proof);
}

/// An address, or nobody.
fn who(key: &str) -> &str {
    if key.is_empty() {
        "nobody"
    } else {
        key
    }
}

fn mint(teller: &mut Teller, view: &View, old: &Facts, new: &Facts) {
    if old.mint_authority != new.mint_authority {
        let message = format!(
            "The authority over the mint {} was {} and is {}.",
            view.economy.mint,
            who(&old.mint_authority),
            who(&new.mint_authority)
        );
        let proof = teller.shown(&view.economy.mint);
        teller.changed(Code::MintAuthorityChanged, "mint", message, proof);
    }
}

fn controllers(teller: &mut Teller, old: &Governed, new: &Governed, proof: &Proof) {
    for (index, parameter) in Parameter::ALL.iter().enumerate() {
        let name = parameter.name();
        if let (Some(&(low, high)), Some(&(lower, higher))) =
            (old.limits.get(index), new.limits.get(index))
        {
            if lower < low || higher > high {
                let message = format!(
                    "The limits of {name} were {} to {} and are {} to {}.",
                    percent_of(low),
                    percent_of(high),
                    percent_of(lower),
                    percent_of(higher)
                );
                teller.changed(Code::LimitsWidened, name, message, proof.clone());
            }
        }
        if let (Some(&(up, down)), Some(&(faster_up, faster_down))) =
            (old.slew.get(index), new.slew.get(index))
        {
            if faster_up > up || faster_down > down {
                let message = format!(
                    "The parameter {name} could rise by {} and fall by {} a period, and can now rise by {} and fall by {}.",
                    slew(up),
                    slew(down),
                    slew(faster_up),
                    slew(faster_down)
                );
                teller.changed(Code::SlewRaised, name, message, proof.clone());
            }
        }
    }
}

/// A slew limit (ppm per period).
fn slew(ppm: u64) -> String {
    if ppm == u64::MAX {
        "any amount".to_owned()
    } else {
        percent_of(ppm)
    }
}

/// A yield cap (ppm of the stake).
fn yield_cap(ppm: u32) -> String {
    if ppm == homeostat::constants::NO_YIELD_CAP {
        "none".to_owned()
    } else {
        percent_of(ppm)
    }
}

fn caps(teller: &mut Teller, view: &View, old: &Governed, new: &Governed, proof: &Proof) {
    let tokens = Tokens {
        decimals: view.economy.decimals,
    };
    let amount = |base: u64| format!("{} tokens", tokens.show(base));
    let (a, b) = (&old.caps, &new.caps);
    let rows = [
        (
            "hard_cap",
            "The highest supply",
            b.hard_cap > a.hard_cap,
            amount(a.hard_cap),
            amount(b.hard_cap),
        ),
        (
            "supply_floor",
            "The supply at which burns stop",
            b.supply_floor < a.supply_floor,
            amount(a.supply_floor),
            amount(b.supply_floor),
        ),
        (
            "period_emission",
            "The highest emission of a period",
            b.period_emission_ppm > a.period_emission_ppm,
            percent_of(a.period_emission_ppm),
            percent_of(b.period_emission_ppm),
        ),
        (
            "period_burn",
            "The highest burn of a period",
            b.period_burn_ppm > a.period_burn_ppm,
            percent_of(a.period_burn_ppm),
            percent_of(b.period_burn_ppm),
        ),
        (
            "outflow",
            "The most that leaves the treasury in 30 days",
            b.outflow_cap > a.outflow_cap,
            amount(a.outflow_cap),
            amount(b.outflow_cap),
        ),
        (
            "yield",
            "The cap on the yearly yield of stake",
            b.yield_ppm > a.yield_ppm,
            yield_cap(a.yield_ppm),
            yield_cap(b.yield_ppm),
        ),
    ];
    for (what, name, widened, before, after) in rows {
        if widened {
            let message = format!("{name} was {before} and is {after}.");
            teller.changed(Code::CapWidened, what, message, proof.clone());
        }
    }
}

fn council(teller: &mut Teller, old: &Facts, new: &Facts, proof: &Proof) {
    let (a, b) = (&old.governed, &new.governed);
    let names = ["Routine", "Standard", "Critical"];
    for ((name, before), after) in names.iter().zip(&a.delays).zip(&b.delays) {
        if after < before {
            let message = format!(
                "{name} proposals waited {} and wait {} from now on.",
                exact_duration(u64::from(*before)),
                exact_duration(u64::from(*after))
            );
            teller.changed(Code::DelayLowered, name, message, proof.clone());
        }
    }
    let ([.., grace], [.., longer]) = (&a.delays, &b.delays);
    if longer > grace {
        let message = format!(
            "After its delay a proposal could be executed for {} and can be for {} from now on.",
            exact_duration(u64::from(*grace)),
            exact_duration(u64::from(*longer))
        );
        teller.changed(Code::DelayLowered, "grace", message, proof.clone());
    }
    if b.staker_veto_ppm > a.staker_veto_ppm {
        let message = format!(
            "Ballots of {} of the stake vetoed a proposal, and it takes {} from now on.",
            percent_of(a.staker_veto_ppm),
            percent_of(b.staker_veto_ppm)
        );
        teller.changed(Code::StakerVetoRaised, "share", message, proof.clone());
    }
    if b.threshold < a.threshold {
        let message = format!(
            "A proposal needed {} approvals and needs {} of {} members from now on.",
            a.threshold,
            b.threshold,
            b.members.len()
        );
        teller.changed(Code::ThresholdLowered, "threshold", message, proof.clone());
    }
    for (key, id) in &new.offered_members {
        if old.offered_members.get(key) != Some(id) {
            let message = format!("{key} was offered a seat in the council.");
            teller.changed(Code::MemberOffered, key, message, proof.clone());
        }
    }
    for (key, id) in &a.members {
        if b.members.get(key) != Some(id) {
            let message = format!(
                "{key} is no member of the council any more; {} are left.",
                b.members.len()
            );
            teller.changed(Code::MemberRemoved, key, message, proof.clone());
        }
    }
    let offered = [
        (
            Code::GuardianOffered,
            &old.offered_guardian,
            &new.offered_guardian,
            "guardian",
            &b.guardian,
        ),
        (
            Code::AdvisorOffered,
            &old.offered_advisor,
            &new.offered_advisor,
            "advisor",
            &b.advisor,
        ),
    ];
    for (code, before, after, role, holder) in offered {
        if before != after && !after.is_empty() {
            let message = format!(
                "{after} was offered the {role}'s role, which {} holds.",
                who(holder)
            );
            teller.changed(code, role, message, proof.clone());
        }
    }
    // Who accepts a role has a record of its own; who is dismissed has none.
    if !a.advisor.is_empty() && b.advisor.is_empty() {
        let message = format!("The advisor was {} and is nobody.", a.advisor);
        teller.changed(Code::AdvisorReplaced, "advisor", message, proof.clone());
    }
}

fn ending(teller: &mut Teller, view: &View, old: &Facts, new: &Facts, proof: &Proof) {
    if let Some(paid) = new.treasury_paid.checked_sub(old.treasury_paid) {
        if paid > 0 {
            let tokens = Tokens {
                decimals: view.economy.decimals,
            };
            let message = format!(
                "{} tokens left the treasury; all in all {} so far.",
                tokens.show(paid),
                tokens.show(new.treasury_paid)
            );
            teller.changed(Code::TreasuryPaid, "treasury", message, proof.clone());
        }
    }
    if old.life != new.life && new.life == Life::Retired as u8 {
        let message = "The economy has ended for ever: no rewards accrue any more.".to_owned();
        teller.changed(Code::EconomyRetired, "life", message, proof.clone());
    }
    if old.successor != new.successor && !new.successor.is_empty() {
        let message = format!(
            "{} was offered the authority over the mint {}, until {}.",
            new.successor,
            view.economy.mint,
            time(view.economy.successor_until)
        );
        teller.changed(Code::MintOffered, "successor", message, proof.clone());
    }
}
