//! What is believed of what sources say.

use homeostat_control::{Config, Fx};
use homeostat_settings::decimal::Decimal;
use homeostat_settings::Failure;

use super::file::Plan;
use super::source::{Said, Silence, Source};

/// Seconds that a source may be ahead of the cluster's clock: clusters are behind the world by
/// some seconds now and then. What is ahead is reported as of now.
const AHEAD: i64 = 300;
/// Parts in one, of a step.
const PPM: u128 = 1_000_000;

/// A value with its time, in the feed's unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Judged {
    /// Above 0 and at most 1,000,000, inside the operator's range.
    pub(super) value: Fx,
    /// When that was so (unix seconds), not after now.
    pub(super) at: i64,
}

/// Whether what a source says can count: it is a number in the range of the plan, and no older
/// than the source's age and the feed's (`max_age`, seconds), at `now` of the cluster's clock
/// (unix seconds).
///
/// # Errors
///
/// `source_out_of_range`, `source_stale`, `source_in_future`.
pub(super) fn judge(
    plan: &Plan,
    source: &Source,
    said: &Said,
    now: i64,
    max_age: u32,
) -> Result<Judged, Failure> {
    let scaled = said.value.times(&source.unit);
    let wrong = |code, problem: String, remedy: String| {
        Err(source.failure(Silence::new(code, problem, remedy)))
    };
    let value = match scaled.to_fx() {
        Ok(value) if plan.min <= value && value <= plan.max => value,
        _ => {
            let (low, high) = (Decimal::shortest(plan.min), Decimal::shortest(plan.max));
            let shown = short(&scaled);
            return wrong(
                "source_out_of_range",
                format!("says {shown}, which is not between {low} and {high}"),
                "see what the source says and in which unit; widen min and max only if it is true"
                    .into(),
            );
        }
    };
    let at = said.at.unwrap_or(now);
    let age = now.saturating_sub(at);
    if age < -AHEAD {
        return wrong(
            "source_in_future",
            format!("is of {} s after the cluster's clock", age.unsigned_abs()),
            "check time_unit, and the clock of the source".into(),
        );
    }
    let most = source.max_age.min(i64::from(max_age));
    if age > most {
        return wrong(
            "source_stale",
            format!("is {age} s old, and at most {most} s count"),
            "see why it is not updated; max_age of the source is its own, and a feed has one, too"
                .into(),
        );
    }
    Ok(Judged {
        value,
        at: at.min(now),
    })
}

/// What is reported of the values of several sources: their median, of an even number the lower
/// of the middle two, as of the oldest of them.
///
/// # Errors
///
/// `too_few_sources`: fewer than the plan's quorum.
pub(super) fn median(plan: &Plan, mut judged: Vec<Judged>) -> Result<Judged, Failure> {
    let (count, all) = (judged.len(), plan.sources.len());
    let oldest = judged.iter().map(|one| one.at).min();
    judged.sort_by_key(|one| one.value);
    let middle = judged.get(count.saturating_sub(1) / 2);
    match (middle, oldest) {
        (Some(middle), Some(at)) if count >= plan.quorum => Ok(Judged {
            value: middle.value,
            at,
        }),
        _ => Err(Failure::new(
            "too_few_sources",
            format!(
                "{count} of {all} sources can be believed, and {} must",
                plan.quorum
            ),
        )
        .remedy("see what the sources that failed were told for")),
    }
}

/// Whether a value is as near to what was reported last as the plan wants. `accepted` is a value
/// that a person said is right: what is as near to that is reported as well.
///
/// # Errors
///
/// `jump`.
pub(super) fn near(
    plan: &Plan,
    value: Fx,
    last: Option<Fx>,
    accepted: Option<Fx>,
) -> Result<(), Failure> {
    let Some(last) = last else { return Ok(()) };
    let fits = |reference| step(value, reference) <= u128::from(plan.max_step);
    if fits(last) || accepted.is_some_and(fits) {
        return Ok(());
    }
    let shown = |value: Fx| Decimal::shortest(value).rounded(6).to_string();
    let percent = |ppm: u128| {
        let ppm = i128::try_from(ppm).unwrap_or(i128::MAX);
        Decimal::whole(ppm).shifted(-4).rounded(2).to_string()
    };
    Err(Failure::new(
        "jump",
        format!(
            "{} is {} % away from {}, which was reported last, and max_step is {} %",
            shown(value),
            percent(step(value, last)),
            shown(last),
            percent(plan.max_step.into())
        ),
    )
    .remedy(format!(
        "see whether it is true; if so, run the same once with --once --accept-jump {}={}",
        plan.index,
        shown(value)
    )))
}

/// How far a value is from a reference, in parts per million of it, rounded up.
fn step(value: Fx, reference: Fx) -> u128 {
    let distance = value.abs_diff(reference).to_bits();
    let reference = reference.unsigned_abs().to_bits();
    // Values have 68 bits at most, and a million has 20.
    distance
        .saturating_mul(PPM)
        .checked_next_multiple_of(reference)
        .and_then(|parts| parts.checked_div(reference))
        .unwrap_or(u128::MAX)
}

/// A number as it can be told: a hostile one has hundreds of digits.
fn short(number: &Decimal) -> String {
    const LONGEST: usize = 24;
    let text = number.to_string();
    match text.get(..LONGEST) {
        Some(start) if text.len() > LONGEST => format!("{start}…"),
        _ => text,
    }
}

const _: () = assert!(Config::MAX_SIGNAL.to_bits() < 1 << 68);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reporter::file;

    const NOW: i64 = 1_767_571_200;

    fn plan(sources: usize) -> Plan {
        let head = "[[feed]]\neconomy = \"4uQeVj5tqViQh7yWWGStvkEG1Zmhx6uasJtWCJziofM\"\n\
                    feed = 0\nmin = 0.5\nmax = 5\nmax_step = 0.2\n";
        let source = "[[feed.source]]\nkind = \"csv\"\nfile = \"a.csv\"\ncolumn = \"price\"\n\
                      unit = 0.1\nmax_age = 900\n";
        let text = head.to_owned() + &source.repeat(sources);
        let mut plans = file::read(text.as_bytes(), "r.toml", |_| None).unwrap();
        plans.pop().unwrap()
    }

    fn fx(text: &str) -> Fx {
        text.parse().unwrap()
    }

    #[test]
    fn a_value_has_to_be_in_its_range_and_of_its_time() {
        let plan = plan(1);
        let judged = |value: &str, age: i64, max_age| {
            let said = Said {
                value: value.parse().unwrap(),
                at: Some(NOW - age),
            };
            judge(&plan, &plan.sources[0], &said, NOW, max_age)
                .map(|one| (one.value, NOW - one.at))
                .map_err(|failure| failure.code)
        };
        let range = "source_out_of_range";
        for (value, age, max_age, expected) in [
            ("20", 0, 3_600, Ok((fx("2"), 0))),
            ("5", 900, 3_600, Ok((fx("0.5"), 900))),
            ("50", -300, 3_600, Ok((fx("5"), 0))),
            ("20", 60, 60, Ok((fx("2"), 60))),
            ("20", 901, 3_600, Err("source_stale")),
            ("20", 61, 60, Err("source_stale")),
            ("20", -301, 3_600, Err("source_in_future")),
            ("20", i64::MAX, 3_600, Err("source_stale")),
            ("4.99", 0, 3_600, Err(range)),
            ("50.01", 0, 3_600, Err(range)),
            ("-20", 0, 3_600, Err(range)),
            ("0", 0, 3_600, Err(range)),
            ("1e400", 0, 3_600, Err(range)),
            ("1e-400", 0, 3_600, Err(range)),
        ] {
            assert_eq!(judged(value, age, max_age), expected, "{value}, {age} s");
        }
    }

    #[test]
    fn of_several_the_lower_median_counts_as_of_the_oldest() {
        let of = |values: &[(&str, i64)], sources| {
            let judged = values.iter().map(|(value, age)| Judged {
                value: fx(value),
                at: NOW - age,
            });
            median(&plan(sources), judged.collect())
                .map(|one| (one.value.to_string(), NOW - one.at))
                .map_err(|failure| failure.code)
        };
        assert_eq!(of(&[("2", 5)], 1), Ok(("2".into(), 5)));
        assert_eq!(of(&[("3", 5), ("1", 9)], 2), Ok(("1".into(), 9)));
        assert_eq!(of(&[("3", 5), ("1", 9), ("2", 0)], 3), Ok(("2".into(), 9)));
        assert_eq!(of(&[("3", 5), ("1", 9)], 3), Ok(("1".into(), 9)));
        assert_eq!(of(&[("3", 5)], 2), Err("too_few_sources"));
        assert_eq!(of(&[], 1), Err("too_few_sources"));
    }

    #[test]
    fn a_step_is_measured_against_the_last_report_or_what_a_person_says() {
        let plan = plan(1);
        let near = |value: &str, last: Option<&str>, accepted: Option<&str>| {
            near(&plan, fx(value), last.map(fx), accepted.map(fx)).map_err(|failure| failure.code)
        };
        assert_eq!(near("5", None, None), Ok(()));
        assert_eq!(near("1.2", Some("1"), None), Ok(()));
        assert_eq!(near("0.8", Some("1"), None), Ok(()));
        assert_eq!(near("1.200001", Some("1"), None), Err("jump"));
        assert_eq!(near("0.799999", Some("1"), None), Err("jump"));
        assert_eq!(near("2", Some("1"), Some("2.1")), Ok(()));
        assert_eq!(near("2", Some("1"), Some("3")), Err("jump"));
        // The largest there are.
        assert_eq!(near("1000000", Some("0.000000000001"), None), Err("jump"));
    }
}
