//! States that last: each alarms when it begins and when it ends.

use homeostat::state::pause::Section;
use homeostat_client::{Feed, Life};
use homeostat_settings::failure::quoted;
use homeostat_settings::human::{duration, sol, time};
use homeostat_settings::words::SECTIONS;

use super::records::pause_key;
use super::teller::{Teller, Told};
use super::Rules;
use crate::alarms::alarm::Code;
use crate::alarms::view::View;

/// Tells which states began and which ended.
pub(super) fn tell(teller: &mut Teller, view: &View, rules: &Rules) {
    pauses(teller, view);
    tripped(teller, view);
    overdue(teller, view, rules);
    bounty(teller, view, rules);
    for (index, feed) in &view.feeds {
        stale(teller, view, *index, feed);
    }
    late(teller, view);
}

fn is_live(view: &View) -> bool {
    view.economy.life == Life::Live as u8
}

fn pauses(teller: &mut Teller, view: &View) {
    for (name, section) in SECTIONS {
        let section = section as usize;
        let Some(pause) = view.economy.pauses.get(section) else {
            continue;
        };
        let covers = pause.covers(view.now);
        let until = pause.until;
        let proof = teller.shown(&view.at.economy);
        // Begun by the record; here only where that was not read: at a first look, or lost.
        teller.level(
            Code::Paused,
            &pause_key(section),
            (covers, until <= view.now),
            (
                &|| format!("The section {name} is paused until {}.", time(until)),
                &|| format!("The pause of {name} has ended."),
            ),
            proof,
        );
    }
    const _: () = assert!(Section::COUNT == SECTIONS.len());
}

fn tripped(teller: &mut Teller, view: &View) {
    let (before, trips) = (teller.seen.facts.trips, view.economy.trips);
    let is = view.economy.tripped != 0;
    // One that was resumed and tripped again between two looks is another one.
    if before != trips {
        if let Some(level) = teller.seen.levels.get_mut("tripped") {
            level.on = false;
        }
    }
    let proof = teller.shown(&view.at.economy);
    let words: (&dyn Fn() -> String, &dyn Fn() -> String) = (
        &|| {
            format!("A vault was found short (trip number {trips}): emission has stopped and every controller is held.")
        },
        &|| "The economy was resumed after its breaker had tripped.".to_owned(),
    );
    let turns = (is || before != trips, false);
    teller.level(Code::BreakerTripped, "tripped", turns, words, proof.clone());
    teller.level(Code::BreakerTripped, "tripped", (false, !is), words, proof);
}

fn overdue(teller: &mut Teller, view: &View, rules: &Rules) {
    let economy = &view.economy;
    let grace = rules
        .overdue
        .unwrap_or_else(|| u64::from(economy.limits.period.div_euclid(10)).max(600));
    let held = economy
        .pauses
        .get(Section::Crank as usize)
        .is_some_and(|pause| pause.covers(view.now));
    let late = u64::try_from(view.now.saturating_sub(economy.next_end)).unwrap_or(0);
    let proof = teller.shown(&view.at.economy);
    let next_end = economy.next_end;
    teller.level(
        Code::PeriodOverdue,
        "overdue",
        (
            is_live(view) && !held && late > grace,
            !is_live(view) || late == 0,
        ),
        (
            &|| {
                format!(
                    "The period that was over at {} was not ended for {}.",
                    time(next_end),
                    duration(late)
                )
            },
            &|| {
                format!(
                    "The period was ended; the next one is over at {}.",
                    time(next_end)
                )
            },
        ),
        proof,
    );
}

/// Whether something that should be `enough` is low, and whether it is no longer: with a quarter
/// more than enough.
pub(super) fn low(has: u64, enough: u64) -> (bool, bool) {
    let again = enough.saturating_add(enough.div_euclid(4));
    (has < enough, has >= again.max(1))
}

fn bounty(teller: &mut Teller, view: &View, rules: &Rules) {
    let bounty = view.economy.limits.bounty;
    let enough = bounty.saturating_mul(rules.cranks);
    // The vault pays whole bounties as long as it keeps the rent of an empty account.
    let has = view.keeper_vault.saturating_sub(view.rent);
    let (is_low, is_fine) = low(has, enough);
    let cranks = has.checked_div(bounty).unwrap_or(0);
    let proof = teller.shown(&view.at.keeper_vault);
    let vault = view.keeper_vault;
    teller.level(
        Code::BountyLow,
        "bounty",
        (is_live(view) && bounty > 0 && is_low, bounty == 0 || is_fine || !is_live(view)),
        (
            &|| {
                format!(
                    "The keeper vault contains {} and pays {} for each crank: enough for {cranks} more.",
                    sol(vault),
                    sol(bounty)
                )
            },
            &|| format!("The keeper vault contains {} again.", sol(vault)),
        ),
        proof,
    );
}

fn stale(teller: &mut Teller, view: &View, index: u8, feed: &Feed) {
    let used = feed.reporter_count > 0 && is_live(view);
    let reads = |now: i64| {
        let reading = feed.reading(now);
        reading.is_some_and(|reading| reading.counted >= reading.quorum)
    };
    // It ends once it would still be fresh after a quarter of the age that a report may have.
    let ahead = i64::from(feed.max_age.div_euclid(4));
    let proof = teller.shown(
        view.economy
            .feeds
            .get(usize::from(index))
            .unwrap_or(&view.at.economy),
    );
    let end = feed.label.iter().position(|byte| *byte == 0);
    let label = feed.label.get(..end.unwrap_or(feed.label.len()));
    let label = quoted(&String::from_utf8_lossy(label.unwrap_or_default()));
    teller.level(
        Code::FeedStale,
        &format!("stale.{index}"),
        (
            used && !reads(view.now),
            !used || (reads(view.now) && reads(view.now.saturating_add(ahead))),
        ),
        (
            &|| {
                format!(
                    "Feed {index} ({label}) has no reading: fewer than {} of {} reporters agree on a value of the last {}.",
                    feed.quorum,
                    feed.reporter_count,
                    duration(u64::from(feed.max_age))
                )
            },
            &|| format!("Feed {index} ({label}) has a reading again."),
        ),
        proof,
    );
}

/// Proposals whose time is up, whether or not anybody has marked them.
fn late(teller: &mut Teller, view: &View) {
    let late: Vec<(u64, String, i64)> = teller
        .seen
        .open
        .iter()
        .filter(|(_, open)| !open.late && open.until != 0 && open.until < view.now)
        .map(|(index, open)| (*index, open.what.clone(), open.until))
        .collect();
    for (index, what, until) in late {
        if let Some(open) = teller.seen.open.get_mut(&index) {
            open.late = true;
        }
        let proof = teller.shown(&view.at.council);
        let told = Told {
            mark: format!("late.{index}"),
            message: format!(
                "Nobody approved or executed proposal {index} in time (until {}): {what}.",
                time(until)
            ),
            proof,
            at: until,
        };
        teller.happened(Code::ProposalExpired, told);
    }
}
