//! Pauses: what is paused until when, and what is left of the budget.

use homeostat::constants::{PAUSE_BUDGET, PAUSE_REFILL};
use homeostat_client::{Economy, Section};
use homeostat_settings::words::SECTIONS;

use super::Why;
use crate::chain::{duration, time};

/// The section that a command needs.
fn needed(command: &str) -> Option<Section> {
    match command {
        "stake" => Some(Section::Stake),
        "pay" => Some(Section::Pay),
        "crank" => Some(Section::Crank),
        _ => None,
    }
}

fn name(section: Section) -> &'static str {
    SECTIONS
        .iter()
        .find(|(_, known)| *known == section)
        .map_or("a section", |(word, _)| *word)
}

/// Seconds of either sign, as a length of time.
fn length(seconds: i64) -> String {
    duration(seconds.max(0).unsigned_abs())
}

/// `Paused`.
pub(super) fn paused(command: &str, economy: &Economy, now: i64) -> Option<Why> {
    let section = needed(command)?;
    let until = economy.pause_until(section);
    (until > now).then(|| {
        Why::new(
            format!("{} is paused until {}", name(section), time(until)),
            format!(
                "wait {}, or until the council ends the pause; withdrawals and claims stay open",
                length(until.saturating_sub(now))
            ),
        )
    })
}

/// `PauseNotLonger`.
pub(super) fn not_longer(section: Section, economy: &Economy, now: i64) -> Why {
    let until = economy.pause_until(section);
    Why::new(
        format!("{} is paused until {} already", name(section), time(until)),
        format!(
            "leave it, or pause it for more than {} seconds from now",
            until.saturating_sub(now)
        ),
    )
}

/// `PauseBudgetExceeded`.
pub(super) fn budget(section: Section, seconds: u32, economy: &Economy, now: i64) -> Option<Why> {
    let pause = economy.pauses.get(section as usize)?;
    let until = now.saturating_add(i64::from(seconds)).max(pause.until);
    let asked = until.saturating_sub(now.max(pause.until));
    let left = pause.budget(now);
    let what = format!(
        "{} would be paused for {asked} seconds more, and its budget has {left} left ({} of {})",
        name(section),
        length(left),
        length(PAUSE_BUDGET)
    );
    if asked > PAUSE_BUDGET {
        let most = "no pause is longer than its whole budget";
        return Some(Why::new(
            what,
            format!("pause it for at most {left} seconds; {most}"),
        ));
    }
    // The second in which so much of what was spent is back that the rest suffices.
    let missing = pause
        .spent
        .saturating_add(asked)
        .saturating_sub(PAUSE_BUDGET);
    let at = pause
        .spent_at
        .saturating_add(missing.saturating_mul(PAUSE_REFILL));
    Some(Why::new(
        what,
        format!(
            "pause it for at most {left} seconds, or wait until {} when the budget has as much \
             again (1 s comes back every {PAUSE_REFILL} s)",
            time(at)
        ),
    ))
}
