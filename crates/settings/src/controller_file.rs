//! The file of `replay`: a controller in TOML, with the names of the control law.

use homeostat_control::{Config, Direction, Field, Fx, Sampling};

use crate::controller_keys::ControllerKeys;
use crate::controller_settings::{alone, SAMPLINGS, SETTINGS};
use crate::document::{self, Section};
use crate::failure::Failure;

/// The keys of a controller file, in the order of a well-written one.
pub fn keys() -> Vec<&'static str> {
    alone().map(|setting| setting.field.name()).collect()
}

/// Reads and validates a controller file.
///
/// # Errors
///
/// The first thing that is wrong, with line, key, value and allowed range.
pub fn read_controller(bytes: &[u8], name: &str) -> Result<Config, Failure> {
    let text = document::text(bytes, name, "give a controller file; samples go to --input")?;
    let table = document::parse(
        text,
        name,
        "write lines of the form `kp = 0.1`; see `homeostat replay --help`",
    )?;
    let section = Section::root(text, name, table.get_ref());
    section.refuse_unknown_keys(
        &keys(),
        "a controller",
        Some("write the keys at the top of the file, outside any table"),
    )?;
    refuse_missing_keys(&section)?;
    let keys = ControllerKeys {
        section,
        range: None,
    };
    // Period and sampling come first: some defaults depend on them.
    let period = keys.whole(Field::Period)?.unwrap_or(0);
    let sampling = keys.word(Field::Sampling, &SAMPLINGS)?;
    let sampling = sampling.unwrap_or(Sampling::Mean);
    let mut config = Config::new(Direction::Reverse, sampling, period, Fx::ZERO, 0, 0, 0);
    keys.overlay(&mut config)?;
    keys.validate(&config)?;
    Ok(config)
}

fn refuse_missing_keys(section: &Section<'_>) -> Result<(), Failure> {
    let missing: Vec<(&str, &str)> = SETTINGS
        .iter()
        .filter_map(|setting| Some((setting.field.name(), setting.example?)))
        .filter(|(key, _)| section.value(key).is_none())
        .collect();
    let Some((first, example)) = missing.first() else {
        return Ok(());
    };
    let names: Vec<String> = missing.iter().map(|(key, _)| format!("`{key}`")).collect();
    Err(Failure::at(
        "missing_key",
        section.place(),
        format_args!("lacks {}", names.join(", ")),
    )
    .remedy(format!("add for example `{first} = {example}`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMISSION: &str = "\
setpoint = 0.60
action = \"reverse\"
kp = 0.10
ki = 0.02
bias = 0.06
min = 0.01
max = 0.20
period = 604800
";

    fn good(text: &str) -> Config {
        read_controller(text.as_bytes(), "c.toml")
            .unwrap_or_else(|failure| panic!("{text}\n{failure}"))
    }

    fn bad(text: &str) -> Failure {
        read_controller(text.as_bytes(), "c.toml").expect_err(text)
    }

    /// `EMISSION` with one more line, or with its line for the same key replaced.
    fn with(line: &str) -> String {
        let key = line.split('=').next().unwrap_or(line).trim();
        let kept: String = EMISSION
            .lines()
            .filter(|old| old.split('=').next().map(str::trim) != Some(key))
            .map(|old| format!("{old}\n"))
            .collect();
        format!("{kept}{line}\n")
    }

    #[test]
    fn fractions_become_ppm_and_the_rest_gets_defaults() {
        let config = good(EMISSION);
        assert_eq!(config.direction, Direction::Reverse);
        assert_eq!(config.sampling, Sampling::Mean);
        assert_eq!(config.scale, config.setpoint.to);
        assert_eq!(config.kp.to, Fx::from_num(100_000));
        assert_eq!(config.ki.to, Fx::from_num(20_000));
        assert_eq!(config.bias.to, Fx::from_num(60_000));
        assert_eq!((config.min, config.max), (10_000, 200_000));
        assert_eq!((config.slew_up, config.slew_down), (None, None));
        assert_eq!(
            (config.period, config.max_periods, config.max_hold),
            (604_800, 4, 4)
        );
        assert_eq!(config.half_life, 0);
    }

    #[test]
    fn every_key_is_read() {
        let config = good(
            "setpoint = -0.25\nscale = 2\naction = 'direct'\nkp = 1_000.5\nki = 2e-6\nkd = 3e-6\n\
             bias = 0\nmin = -1.0\nmax = 1\nperiod = 3_600\nfilter = 0.01\nhalf_life = 90000\n\
             dead_band = 0.5\nslew_up = 0.000002\nslew_down = 0.000001\nmax_periods = 25\nmax_hold = 7\n\
             sampling = 'point'\n",
        );
        assert_eq!(config.setpoint.to, Fx::from_num(-0.25));
        assert_eq!(config.scale, Fx::from_num(2));
        assert_eq!(config.direction, Direction::Direct);
        assert_eq!(config.kp.to, Fx::from_num(1_000_500_000));
        assert_eq!(config.ki.to, Fx::from_num(2));
        assert_eq!(config.kd.to, Fx::from_num(3));
        assert_eq!((config.min, config.max), (-1_000_000, 1_000_000));
        assert_eq!(config.half_life, 90_000);
        assert_eq!(config.dead_band.to, Fx::from_num(0.5));
        assert_eq!((config.slew_up, config.slew_down), (Some(2), Some(1)));
        assert_eq!((config.max_periods, config.max_hold), (25, 7));
        assert_eq!(config.sampling, Sampling::Point);
    }

    #[test]
    fn every_refusal_names_line_key_value_and_range() {
        for (line, code, message, remedy) in [
            (
                "Kp = 1",
                "unknown_key",
                "c.toml, line 9, column 1: `Kp` is not a key of a controller",
                "did you mean `kp`?",
            ),
            (
                "deadband = 1",
                "unknown_key",
                "c.toml, line 9, column 1: `deadband` is not a key of a controller",
                "did you mean `dead_band`?",
            ),
            (
                "[controller]",
                "unknown_key",
                "c.toml, line 9, column 2: `controller` is not a key of a controller",
                "write the keys at the top of the file, outside any table",
            ),
            (
                "min = 0.0100001",
                "bad_value",
                "c.toml, line 8, column 7, `min`: `0.0100001` is not a whole number of millionths (at most six decimal places)",
                "`min` must be -1,000,000 to 1,000,000 and less than max",
            ),
            (
                "min = 0.3",
                "bad_value",
                "c.toml, line 8, column 7, `min`: `0.3` is out of range",
                "`min` must be -1,000,000 to 1,000,000 and less than max",
            ),
            (
                "bias = 0.21",
                "bad_value",
                "c.toml, line 8, column 8, `bias`: `0.21` is out of range",
                "`bias` must be from min to max (0.01 to 0.20)",
            ),
            (
                "slew_up = -0.1",
                "bad_value",
                "c.toml, line 9, column 11, `slew_up`: `-0.1` is out of range",
                "`slew_up` must be 0 to 500,000 a period, or absent for unlimited",
            ),
            (
                "period = 59",
                "bad_value",
                "c.toml, line 8, column 10, `period`: `59` is out of range",
                "`period` must be 60 to 2,592,000 s",
            ),
            (
                "period = 1e10",
                "bad_value",
                "c.toml, line 8, column 10, `period`: `1e10` is out of range",
                "`period` must be 60 to 2,592,000 s",
            ),
            (
                "max_hold = 1.5",
                "bad_value",
                "c.toml, line 9, column 12, `max_hold`: `1.5` is not a whole number",
                "`max_hold` must be 1 to 1,000 periods",
            ),
            (
                "half_life = -1",
                "bad_value",
                "c.toml, line 9, column 13, `half_life`: `-1` is out of range",
                "`half_life` must be 0 (no leak), or max_periods x period to 31,536,000,000 s",
            ),
            (
                "kp = nan",
                "bad_value",
                "c.toml, line 8, column 6, `kp`: `nan` is not a finite number",
                "`kp` must be 0 to 1,000,000",
            ),
            (
                "kp = 1e300",
                "bad_value",
                "c.toml, line 8, column 6, `kp`: `1e300` is out of range",
                "`kp` must be 0 to 1,000,000",
            ),
            (
                "kp = \"0.1\"",
                "bad_type",
                "c.toml, line 8, column 6, `kp`: `\"0.1\"` is not a decimal number",
                "write the number without quotation marks",
            ),
            (
                "kp = 0x10",
                "bad_type",
                "c.toml, line 8, column 6, `kp`: `0x10` is not a decimal number",
                "write the number in decimal",
            ),
            (
                "kp = [1]",
                "bad_type",
                "c.toml, line 8, column 6, `kp`: `[1]` is not a decimal number",
                "write a number",
            ),
            (
                "action = \"sideways\"",
                "bad_word",
                "c.toml, line 8, column 10, `action`: `\"sideways\"` is not one of its words",
                "write `reverse` or `direct`, in quotation marks",
            ),
        ] {
            let failure = bad(&with(line));
            assert_eq!(
                (failure.code, failure.message.as_str(), failure.remedy.as_str()),
                (code, message, remedy)
            );
        }
    }

    #[test]
    fn missing_keys_are_listed_together() {
        let failure = bad("kp = 1\naction = \"direct\"\n");
        assert_eq!(
            failure.message,
            "c.toml: lacks `setpoint`, `bias`, `min`, `max`, `period`"
        );
        assert_eq!(failure.remedy, "add for example `setpoint = 0.6`");
    }

    #[test]
    fn broken_files_are_refused_with_a_place() {
        let failure = bad("kp = 1\nki 2\n");
        assert_eq!(failure.code, "bad_toml");
        assert_eq!(failure.at.expect("place").line, Some(2));
        assert_eq!(bad(&format!("{EMISSION}kp = 2\n")).code, "bad_toml");
        assert_eq!(
            bad(&format!("kp = {}", "[".repeat(50_000))).code,
            "bad_toml"
        );
        let failure = read_controller(b"kp = 1\n# \xff\n", "c.toml").expect_err("not UTF-8");
        assert_eq!(failure.message, "c.toml, line 2: is not UTF-8");
        let large = vec![b'#'; document::LARGEST as usize + 1];
        let failure = read_controller(&large, "c.toml").expect_err("large");
        assert_eq!(failure.code, "file_too_large");
    }

    #[test]
    fn windows_files_are_read() {
        let config = good(&format!("\u{feff}{}", EMISSION.replace('\n', "\r\n")));
        assert_eq!(config.kp.to, Fx::from_num(100_000));
    }
}
