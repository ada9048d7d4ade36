//! What the flags of a decision say, for people.

/// The sentence of a flag; the flag itself where it has none.
pub(crate) fn meaning(flag: &str) -> &str {
    match flag {
        "primed" => "the first measurement after a start: the integral was set, not moved",
        "repeated" => "no time had passed: the last decision again",
        "gap" => "more periods had passed than one step takes account of",
        "held" => "no measurement was accepted: the value stays",
        "held_missing" => "there was nothing to measure: the value stays",
        "held_stale" => "the feed's reading is too old: the value stays",
        "held_future" => "the feed's reading is of a time to come: the value stays",
        "held_out_of_range" => "the feed's reading is outside its range: the value stays",
        "held_thin_samples" => "too few reports stand behind the feed's reading: the value stays",
        "held_computation" => "a computation left its range: the value stays",
        "held_tripped" => "the breaker is tripped: the value stays until governance resumes",
        "held_spike" => {
            "its guard latched: one measurement was far from what is usual; the value stays"
        }
        "held_drift" => {
            "its guard latched: the measurements drifted from what is usual; the value stays"
        }
        "held_frozen" => "its guard latched: the feed repeats itself; the value stays",
        "held_no_reference" => "what the target is a multiple of is missing: the value stays",
        "hold_expired" => "held for so long that the value moves to its bias",
        "dead_band" => "the error is so small that it counts as none",
        "slew_up" => "it wants to rise further than one period allows",
        "slew_down" => "it wants to fall further than one period allows",
        "limit_low" => "it rests at its lowest value",
        "limit_high" => "it rests at its highest value",
        "trimmed" => "the integral stopped, because a limit keeps the value from following it",
        "capped" => "a cap or a lack of funds kept the real value below what was decided",
        "manual" => "the council set the value by hand",
        "clamped_y" => "the measurement was outside its range and counts as the range's end",
        "resumed" => "its guard let it go: it went on from where it stood",
        other => other,
    }
}

/// A line for each flag of several decisions, in the order in which they come.
pub(crate) fn legend<'a>(flags: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut seen: Vec<&str> = Vec::new();
    for flag in flags {
        if !seen.contains(&flag) {
            seen.push(flag);
        }
    }
    seen.iter()
        .map(|flag| format!("  {flag:<18} {}", meaning(flag)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::flag_names;
    use homeostat_control::{Decision, Flags, HoldReason};

    #[test]
    fn every_flag_has_a_sentence() {
        for held in 0..=u8::MAX {
            let decision = Decision {
                flags: Flags(u32::MAX),
                held: HoldReason::from_number(held),
                ..Decision::default()
            };
            for flag in flag_names(&decision) {
                let said = meaning(flag);
                assert_ne!(said, flag);
                assert!(said.len() > 20, "{flag}: {said}");
            }
        }
        assert_eq!(legend(["gap", "primed", "gap"]).len(), 2);
    }
}
