//! A controller in TOML, with the names of the control law: the file of `replay`, and
//! the `[controllers.*]` tables of an economy file.

use homeostat_control::{Config, Direction, Field, Fx, Ramp, Sampling};
use toml::de::DeValue;

use crate::decimal::{Decimal, DecimalError, PPM};
use crate::failure::Failure;
use crate::settings::{self, Section};

pub use crate::settings::LARGEST;

/// The keys of a controller file, in the order of a well-written one.
const KEYS: [Field; 18] = [
    Field::Setpoint,
    Field::Scale,
    Field::Direction,
    Field::Kp,
    Field::Ki,
    Field::Kd,
    Field::Bias,
    Field::Min,
    Field::Max,
    Field::Period,
    Field::Filter,
    Field::HalfLife,
    Field::DeadBand,
    Field::SlewUp,
    Field::SlewDown,
    Field::MaxPeriods,
    Field::MaxHold,
    Field::Sampling,
];

/// Keys without a sensible default.
const REQUIRED: [Field; 6] = [
    Field::Setpoint,
    Field::Direction,
    Field::Bias,
    Field::Min,
    Field::Max,
    Field::Period,
];

/// Slew limits can be switched off by this word.
pub(crate) const UNLIMITED: &str = "unlimited";

/// Reads and validates a controller file.
///
/// # Errors
///
/// The first thing that is wrong, with line, key, value and allowed range.
pub fn read_controller(bytes: &[u8], name: &str) -> Result<Config, Failure> {
    let text = settings::text(bytes, name, "give a controller file; samples go to --input")?;
    let table = settings::parse(
        text,
        name,
        "write lines of the form `kp = 0.1`; see `homeostat replay --help`",
    )?;
    let section = Section::root(text, name, table.get_ref());
    section.refuse_unknown_keys(
        &KEYS.map(Field::name),
        "a controller",
        Some("write the keys at the top of the file, outside any table"),
    )?;
    refuse_missing_keys(&section)?;
    let keys = ControllerKeys {
        section,
        range: None,
    };
    let mut config = Config::new(Direction::Reverse, Sampling::Mean, 0, Fx::ZERO, 0, 0, 0);
    if let Some(period) = keys.small(Field::Period)? {
        // Some defaults depend on it.
        config = Config::new(
            Direction::Reverse,
            Sampling::Mean,
            period,
            Fx::ZERO,
            0,
            0,
            0,
        );
    }
    let sampling = keys.section.word(
        Field::Sampling.name(),
        &[("mean", Sampling::Mean), ("point", Sampling::Point)],
        Field::Sampling.allowed(),
    )?;
    if sampling == Some(Sampling::Point) {
        config = Config::new(
            Direction::Reverse,
            Sampling::Point,
            config.period,
            Fx::ZERO,
            0,
            0,
            0,
        );
    }
    keys.overlay(&mut config)?;
    keys.validate(&config)?;
    Ok(config)
}

fn refuse_missing_keys(section: &Section<'_>) -> Result<(), Failure> {
    let missing: Vec<Field> = REQUIRED
        .into_iter()
        .filter(|field| section.value(field.name()).is_none())
        .collect();
    let Some(first) = missing.first() else {
        return Ok(());
    };
    let names: Vec<String> = missing
        .iter()
        .map(|field| format!("`{}`", field.name()))
        .collect();
    Err(Failure::at(
        "missing_key",
        section.place(),
        format_args!("lacks {}", names.join(", ")),
    )
    .remedy(format!(
        "add for example `{} = {}`",
        first.name(),
        example(*first)
    )))
}

/// The keys of one controller.
pub struct ControllerKeys<'a> {
    /// Where they are.
    pub section: Section<'a>,
    /// Lowest and highest value that the program ever lets the parameter have (ppm).
    pub range: Option<(i64, i64)>,
}

impl ControllerKeys<'_> {
    /// Puts every key that is there into `config`, but for period and sampling.
    pub fn overlay(&self, config: &mut Config) -> Result<(), Failure> {
        let direction = self.section.word(
            Field::Direction.name(),
            &[
                ("reverse", Direction::Reverse),
                ("direct", Direction::Direct),
            ],
            Field::Direction.allowed(),
        )?;
        config.direction = direction.unwrap_or(config.direction);
        if let Some(setpoint) = self.plain(Field::Setpoint)? {
            config.setpoint = Ramp::constant(setpoint);
            config.scale = if setpoint == Fx::ZERO {
                Fx::ONE
            } else {
                setpoint.saturating_abs()
            };
        }
        if let Some(scale) = self.plain(Field::Scale)? {
            config.scale = scale;
        }
        for (field, limit) in [(Field::Min, &mut config.min), (Field::Max, &mut config.max)] {
            if let Some(value) = self.whole_ppm(field)? {
                *limit = value;
            }
        }
        for (field, ramp) in [
            (Field::Bias, &mut config.bias),
            (Field::Kp, &mut config.kp),
            (Field::Ki, &mut config.ki),
            (Field::Kd, &mut config.kd),
        ] {
            if let Some(value) = self.ppm(field)? {
                *ramp = Ramp::constant(value);
            }
        }
        for (field, ramp) in [
            (Field::Filter, &mut config.filter),
            (Field::DeadBand, &mut config.dead_band),
        ] {
            if let Some(value) = self.plain(field)? {
                *ramp = Ramp::constant(value);
            }
        }
        for (field, slew) in [
            (Field::SlewUp, &mut config.slew_up),
            (Field::SlewDown, &mut config.slew_down),
        ] {
            if self.says_unlimited(field) {
                *slew = None;
            } else if let Some(value) = self.whole_ppm(field)? {
                let rate = u64::try_from(value)
                    .map_err(|_| self.refuse(field, DecimalError::OutOfRange))?;
                *slew = Some(rate);
            }
        }
        for (field, number) in [
            (Field::MaxPeriods, &mut config.max_periods),
            (Field::MaxHold, &mut config.max_hold),
        ] {
            if let Some(value) = self.small(field)? {
                *number = value;
            }
        }
        if let Some(half_life) = self.convert(Field::HalfLife, |number| number.to_i64())? {
            config.half_life = u64::try_from(half_life)
                .map_err(|_| self.refuse(Field::HalfLife, DecimalError::OutOfRange))?;
        }
        Ok(())
    }

    /// Refuses what the law or the parameter's range excludes.
    pub fn validate(&self, config: &Config) -> Result<(), Failure> {
        config
            .validate()
            .map_err(|error| self.refuse_in(config, error.field, DecimalError::OutOfRange))?;
        let Some((lowest, highest)) = self.range else {
            return Ok(());
        };
        for (field, limit) in [(Field::Min, config.min), (Field::Max, config.max)] {
            if !(lowest..=highest).contains(&limit) {
                return Err(self.refuse_in(config, field, DecimalError::OutOfRange));
            }
        }
        Ok(())
    }

    fn says_unlimited(&self, field: Field) -> bool {
        self.section
            .value(field.name())
            .is_some_and(|value| matches!(value.get_ref(), DeValue::String(s) if s == UNLIMITED))
    }

    /// A number in its own unit.
    fn plain(&self, field: Field) -> Result<Option<Fx>, Failure> {
        self.convert(field, |number| number.to_fx())
    }

    /// A fraction as parts per million.
    fn ppm(&self, field: Field) -> Result<Option<Fx>, Failure> {
        self.convert(field, |number| number.shifted(PPM).to_fx())
    }

    /// A fraction that is a whole number of parts per million.
    fn whole_ppm(&self, field: Field) -> Result<Option<i64>, Failure> {
        self.convert(field, |number| number.shifted(PPM).to_i64())
    }

    fn small(&self, field: Field) -> Result<Option<u32>, Failure> {
        self.convert(field, |number| {
            u32::try_from(number.to_i64()?).map_err(|_| DecimalError::OutOfRange)
        })
    }

    fn convert<T>(
        &self,
        field: Field,
        into: impl FnOnce(Decimal) -> Result<T, DecimalError>,
    ) -> Result<Option<T>, Failure> {
        self.section
            .number(field.name(), into, |error| self.refuse(field, error))
    }

    /// A number that cannot be what its key means.
    fn refuse(&self, field: Field, error: DecimalError) -> Failure {
        self.refuse_with(
            field,
            error,
            self.section.source(Field::Min.name()),
            self.section.source(Field::Max.name()),
        )
    }

    /// The same with the limits in force, whether they are in the file or not.
    fn refuse_in(&self, config: &Config, field: Field, error: DecimalError) -> Failure {
        let shown = |field: Field, ppm: i64| match self.section.source(field.name()) {
            "" => fraction(ppm),
            source => source.to_owned(),
        };
        let (min, max) = (shown(Field::Min, config.min), shown(Field::Max, config.max));
        self.refuse_with(field, error, &min, &max)
    }

    fn refuse_with(&self, field: Field, error: DecimalError, min: &str, max: &str) -> Failure {
        let in_ppm = matches!(
            field,
            Field::Min | Field::Max | Field::SlewUp | Field::SlewDown
        );
        let problem = match error {
            DecimalError::NotWhole if in_ppm => {
                "is not a whole number of millionths (at most six decimal places)".to_owned()
            }
            other => other.to_string(),
        };
        // A default can be what is out of range, too: the scale comes from the setpoint.
        let problem = if self.section.value(field.name()).is_some() {
            problem
        } else {
            "by default does not fit the other keys".to_owned()
        };
        self.section.wrong(
            field.name(),
            "bad_value",
            &problem,
            &format!(
                "`{}` must be {}",
                field.name(),
                self.allowed(field, min, max)
            ),
        )
    }

    /// The allowed range in the unit of the file.
    fn allowed(&self, field: Field, min: &str, max: &str) -> String {
        let range = match self.range {
            Some((lowest, highest)) => format!("{} to {}", fraction(lowest), fraction(highest)),
            None => "-1,000,000 to 1,000,000".to_owned(),
        };
        match field {
            Field::Kp | Field::Ki | Field::Kd => "0 to 1,000,000".to_owned(),
            Field::Min => format!("{range} and less than max{}", other(self.range, max)),
            Field::Max => format!("{range} and more than min{}", other(self.range, min)),
            Field::SlewUp | Field::SlewDown if self.range.is_some() => {
                format!("0 to 500,000 a period, or \"{UNLIMITED}\"")
            }
            Field::SlewUp | Field::SlewDown => {
                "0 to 500,000 a period, or absent for unlimited".to_owned()
            }
            Field::Bias => format!("from min to max ({min} to {max})"),
            other => other.allowed().to_owned(),
        }
    }
}

/// The other limit, where it may come from a default and not be seen in the file.
fn other(range: Option<(i64, i64)>, limit: &str) -> String {
    if range.is_none() || limit.is_empty() {
        String::new()
    } else {
        format!(" ({limit})")
    }
}

/// Parts per million as a fraction.
fn fraction(ppm: i64) -> String {
    Decimal::from(ppm).shifted(-PPM).to_string()
}

/// A value to show how a key is written.
const fn example(field: Field) -> &'static str {
    match field {
        Field::Setpoint => "0.6",
        Field::Direction => "\"reverse\"",
        Field::Bias => "0.06",
        Field::Min => "0.01",
        Field::Max => "0.2",
        Field::Period => "604800",
        _ => "0",
    }
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
             dead_band = 0.5\nslew_up = 0\nslew_down = 0.000001\nmax_periods = 25\nmax_hold = 7\n\
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
        assert_eq!((config.slew_up, config.slew_down), (Some(0), Some(1)));
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
                "`period` must be 60 to 31,536,000 s",
            ),
            (
                "period = 1e10",
                "bad_value",
                "c.toml, line 8, column 10, `period`: `1e10` is out of range",
                "`period` must be 60 to 31,536,000 s",
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
        let large = vec![b'#'; LARGEST as usize + 1];
        let failure = read_controller(&large, "c.toml").expect_err("large");
        assert_eq!(failure.code, "file_too_large");
    }

    #[test]
    fn windows_files_are_read() {
        let config = good(&format!("\u{feff}{}", EMISSION.replace('\n', "\r\n")));
        assert_eq!(config.kp.to, Fx::from_num(100_000));
    }
}
