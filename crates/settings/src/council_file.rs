//! The `[council]` of an economy file: names of the program's `create_council`.

use std::collections::BTreeSet;

use homeostat::constants::{
    CRITICAL_DELAY, GRACE, MAX_MEMBERS, ROUTINE_DELAY, STAKER_VETO_PPM, STANDARD_DELAY,
};
use homeostat_client::{CouncilArgs, Delays, Pubkey, SeatArgs};
use toml::de::DeValue;

use crate::{
    document::Section,
    failure::Failure,
    keys::{Keys, SECONDS},
};

const COUNCIL_KEYS: [&str; 4] = ["members", "threshold", "guardian", "delays"];
const SEAT_KEYS: [&str; 2] = ["key", "via"];
const DELAY_KEYS: [&str; 5] = ["routine", "standard", "critical", "grace", "staker_veto"];

const A_SEAT: &str = "write an address in quotation marks, or { key = \"…\", via = \"…\" } for \
                      one that the program `via` signs for, such as a multisig's";

/// Reads and validates the section, as the program would.
///
/// # Errors
///
/// The first thing that is wrong, with line, key and what is allowed.
pub fn council(section: &Section<'_>) -> Result<CouncilArgs, Failure> {
    section.refuse_unknown_keys(&COUNCIL_KEYS, "[council]", None)?;
    let missing = |key: &str, remedy: &str| section.wrong(key, "missing_key", "is missing", remedy);
    let listed = "write members = [\"address\", …], 1 to 15 of them";
    let members = match section.value("members").map(|value| value.get_ref()) {
        None => return Err(missing("members", listed)),
        Some(DeValue::Array(list)) => list
            .iter()
            .map(|value| seat(section, "members", value.get_ref()))
            .collect::<Result<Vec<_>, _>>()?,
        Some(_) => return Err(section.wrong("members", "bad_type", "is not a list", listed)),
    };
    if !(1..=MAX_MEMBERS).contains(&members.len()) {
        return Err(section.wrong("members", "bad_value", "has too few or too many", listed));
    }
    let different: BTreeSet<Pubkey> = members.iter().map(|member| member.key).collect();
    if different.len() != members.len() {
        let remedy = "name every member once";
        return Err(section.wrong("members", "bad_value", "names somebody twice", remedy));
    }
    let guardian = match section.value("guardian").map(|value| value.get_ref()) {
        None => return Err(missing("guardian", A_SEAT)),
        Some(value) => seat(section, "guardian", value)?,
    };
    if different.contains(&guardian.key) {
        let remedy = "name somebody else: who stops the council must not be a part of it";
        return Err(section.wrong("guardian", "bad_value", "is a member", remedy));
    }
    let most = i64::try_from(members.len()).unwrap_or(i64::MAX);
    let threshold = Keys { section }
        .whole("threshold", 1, most, "")?
        .and_then(|threshold| u8::try_from(threshold).ok())
        .ok_or_else(|| missing("threshold", &format!("write a whole number, 1 to {most}")))?;
    let delays = section
        .value("delays")
        .map(|_| delays(&section.table("delays")?))
        .transpose()?;
    Ok(CouncilArgs {
        members,
        append: false,
        threshold,
        guardian,
        delays,
    })
}

fn seat(section: &Section<'_>, key: &str, value: &DeValue<'_>) -> Result<SeatArgs, Failure> {
    let wrong = |problem: &str| section.wrong(key, "bad_address", problem, A_SEAT);
    let address = |value: &DeValue<'_>| match value {
        DeValue::String(text) => text
            .parse()
            .ok()
            .filter(|address| *address != Pubkey::default())
            .ok_or_else(|| wrong("has something that is not an address")),
        _ => Err(wrong("has something that is not an address")),
    };
    let DeValue::Table(table) = value else {
        return Ok(SeatArgs {
            key: address(value)?,
            via: None,
        });
    };
    let known = |name: &str| SEAT_KEYS.contains(&name);
    if !table.iter().all(|(name, _)| known(name.get_ref())) {
        return Err(wrong("has a seat with an unknown key"));
    }
    let of = |name: &str| table.get(name).map(|value| address(value.get_ref()));
    Ok(SeatArgs {
        key: of("key").unwrap_or_else(|| Err(wrong("has a seat without `key`")))?,
        via: of("via").transpose()?,
    })
}

fn delays(section: &Section<'_>) -> Result<Delays, Failure> {
    section.refuse_unknown_keys(&DELAY_KEYS, "[council.delays]", None)?;
    let keys = Keys { section };
    // No delay is shorter than that of a lesser class.
    let seconds = |key: &str, least: u32, most: u32, usual: u32| -> Result<u32, Failure> {
        let read = keys.whole(key, i64::from(least), i64::from(most), SECONDS)?;
        Ok(read
            .and_then(|read| u32::try_from(read).ok())
            .unwrap_or(usual.max(least)))
    };
    let usual = Delays::DEFAULT;
    let (least, most) = (*ROUTINE_DELAY.start(), *ROUTINE_DELAY.end());
    let routine = seconds("routine", least, most, usual.routine)?;
    let (least, most) = (*STANDARD_DELAY.start(), *STANDARD_DELAY.end());
    let standard = seconds("standard", least.max(routine), most, usual.standard)?;
    let (least, most) = (*CRITICAL_DELAY.start(), *CRITICAL_DELAY.end());
    let critical = seconds("critical", least.max(standard), most, usual.critical)?;
    let grace = seconds("grace", *GRACE.start(), *GRACE.end(), usual.grace)?;
    let (least, most) = (*STAKER_VETO_PPM.start(), *STAKER_VETO_PPM.end());
    let veto = keys.fraction("staker_veto", i64::from(least), i64::from(most))?;
    Ok(Delays {
        routine,
        standard,
        critical,
        grace,
        staker_veto_ppm: veto
            .and_then(|veto| u32::try_from(veto).ok())
            .unwrap_or(usual.staker_veto_ppm),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::economy_file::read_economy;

    const A: &str = "4uQeVj5tqViQh7yWWGStvkEG1Zmhx6uasJtWCJziofM";
    const B: &str = "8opHzTAnfzRpPEx21XtnrVTX28YQuCpAjcn1PczScKh";
    const C: &str = "CiDwVBFgWV9E5MvXWoLgnEgn2hK7rJikbvfWavzAQz3";

    fn read(text: &str) -> Result<CouncilArgs, Failure> {
        let text = format!("[council]\n{text}");
        let spec = read_economy(text.as_bytes(), "economy.toml")?;
        Ok(spec.council.expect("the section is there"))
    }

    #[test]
    fn members_guardian_and_delays_are_read() {
        let council = read(&format!(
            "members = [\"{A}\", {{ key = \"{B}\", via = \"{C}\" }}]\nthreshold = 2\n\
             guardian = \"{C}\"\n[council.delays]\nroutine = 90_000\nstaker_veto = 0.25\n"
        ))
        .unwrap();
        let key = |text: &str| text.parse::<Pubkey>().unwrap();
        assert_eq!(council.members[0].key, key(A));
        assert_eq!(
            (council.members[1].key, council.members[1].via),
            (key(B), Some(key(C)))
        );
        assert_eq!((council.threshold, council.guardian.key), (2, key(C)));
        let delays = council.delays.unwrap();
        assert_eq!(
            delays,
            Delays {
                routine: 90_000,
                staker_veto_ppm: 250_000,
                ..Delays::DEFAULT
            }
        );
        assert_eq!(read_economy(b"", "economy.toml").unwrap().council, None);
    }

    #[test]
    fn a_delay_is_written_in_seconds_or_in_units() {
        let with = |routine: &str| {
            read(&format!(
                "members = [\"{A}\"]\nthreshold = 1\nguardian = \"{C}\"\n[council.delays]\n\
                 routine = {routine}\n"
            ))
        };
        // given the same delay in both forms
        let plain = with("90_000").unwrap();
        assert_eq!(with("\"25h\"").unwrap(), plain);
        assert_eq!(with("\"1 d 1 h\"").unwrap(), plain);
        // then what is none, or outside the range, is refused with its place and a remedy
        let failure = with("\"a day\"").unwrap_err();
        assert_eq!(failure.code, "bad_value");
        assert!(failure.message.contains("routine`"), "{failure}");
        assert!(failure.remedy.contains("1h30m"), "{failure}");
        let failure = with("\"31 d\"").unwrap_err();
        assert!(failure.message.contains("is out of range"), "{failure}");
        assert!(failure.remedy.contains("`routine` must be"), "{failure}");
    }

    #[test]
    fn what_the_program_would_refuse_is_refused_with_its_key() {
        let cases = [
            (String::new(), "missing_key", "members"),
            ("members = []".to_owned(), "bad_value", "members"),
            (
                format!("members = [\"{A}\", \"{A}\"]"),
                "bad_value",
                "members",
            ),
            (
                "members = [\"nobody\"]".to_owned(),
                "bad_address",
                "members",
            ),
            (format!("members = \"{A}\""), "bad_type", "members"),
            (format!("members = [\"{A}\"]"), "missing_key", "guardian"),
            (
                format!("members = [\"{A}\"]\nguardian = \"{A}\""),
                "bad_value",
                "guardian",
            ),
            (
                format!("members = [\"{A}\"]\nguardian = \"{B}\""),
                "missing_key",
                "threshold",
            ),
            (
                format!("members = [\"{A}\"]\nguardian = \"{B}\"\nthreshold = 2"),
                "bad_value",
                "threshold",
            ),
            (
                format!(
                    "members = [\"{A}\"]\nguardian = \"{B}\"\nthreshold = 1\n\
                     [council.delays]\nstandard = 86_400\nroutine = 90_000"
                ),
                "bad_value",
                "standard",
            ),
            (format!("member = [\"{A}\"]"), "unknown_key", "member"),
        ];
        for (text, code, key) in cases {
            let failure = read(&text).unwrap_err();
            assert_eq!(failure.code, code, "{text}: {failure}");
            assert!(failure.message.contains(key), "{text}: {failure}");
            assert!(!failure.remedy.is_empty(), "{text}: {failure}");
        }
    }
}
