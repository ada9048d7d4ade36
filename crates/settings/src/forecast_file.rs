//! The `[forecast]` table of an economy file: what a founder expects, from which the values that
//! the file leaves open are derived.

use homeostat_client::forecast::{Derived, Forecast};

use crate::document::Section;
use crate::failure::Failure;
use crate::keys::Keys;

/// The keys of the table.
const KEYS: [&str; 10] = [
    "turnover",
    "stakers",
    "staked_share",
    "most_emission",
    "treasury_needs",
    "fee",
    "burned_over_emitted",
    "provider_yield",
    "depth",
    "circulating",
];

/// The keys of one of its stakers.
const STAKER_KEYS: [&str; 2] = ["yield", "staked"];

/// The highest number that any of the keys can have (ppm): the range of each is the forecast's own.
const MOST: i64 = 1_000_000_000;

/// The economy that fits the forecast, with the treasury's share of the fees that `[economy]` says
/// (ppm), for a period (seconds) and a hard cap (base units).
///
/// # Errors
///
/// The first key that is unknown, not a number, or out of its range.
pub(crate) fn derive(
    section: &Section<'_>,
    treasury: Option<i64>,
    period: u32,
    hard_cap: u64,
) -> Result<Derived, Failure> {
    let mut forecast = read(section)?;
    if let Some(ppm) = treasury.filter(|ppm| *ppm > 0) {
        forecast.treasury_share = fraction(ppm);
    }
    forecast.derive(period, hard_cap).map_err(|invalid| {
        section.wrong(
            invalid.field,
            "bad_value",
            "is out of range",
            &format!("`{}` must be {}", invalid.field, invalid.allowed),
        )
    })
}

fn read(section: &Section<'_>) -> Result<Forecast, Failure> {
    section.refuse_unknown_keys(&KEYS, "[forecast]", None)?;
    let keys = Keys { section };
    let mut forecast = Forecast::default();
    for (key, place) in [
        ("turnover", &mut forecast.turnover),
        ("staked_share", &mut forecast.staked_share),
        ("most_emission", &mut forecast.most_emission),
        ("treasury_needs", &mut forecast.treasury_needs),
        ("fee", &mut forecast.fee),
        ("burned_over_emitted", &mut forecast.burned_over_emitted),
        ("provider_yield", &mut forecast.provider_yield),
        ("depth", &mut forecast.depth),
        ("circulating", &mut forecast.circulating),
    ] {
        if let Some(ppm) = keys.fraction(key, 0, MOST)? {
            *place = fraction(ppm);
        }
    }
    let stakers = section.list("stakers")?;
    if !stakers.is_empty() {
        forecast.stakers = stakers.iter().map(staker).collect::<Result<_, _>>()?;
    }
    Ok(forecast)
}

/// Who stakes: a yield, and the share that is staked at it.
fn staker(section: &Section<'_>) -> Result<(f64, f64), Failure> {
    section.refuse_unknown_keys(&STAKER_KEYS, "a staker of [forecast]", None)?;
    let keys = Keys { section };
    let number = |key: &str| {
        let ppm = keys.fraction(key, 0, MOST)?;
        section.required(key, ppm.map(fraction), "a number, such as 0.08")
    };
    Ok((number("yield")?, number("staked")?))
}

/// A fraction of so many parts per million. Both numbers are exact.
fn fraction(ppm: i64) -> f64 {
    ppm as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use homeostat_client::Parameter;

    use crate::economy_file::{read_economy, EconomySpec};
    use crate::failure::Failure;

    fn read(text: &str) -> Result<EconomySpec, Failure> {
        read_economy(text.as_bytes(), "economy.toml")
    }

    fn bias(spec: &EconomySpec, parameter: Parameter) -> i64 {
        spec.controllers[parameter.index()].bias.to.to_num()
    }

    #[test]
    fn what_the_file_leaves_open_fits_the_forecast() {
        // Given a founder who knows what stakers ask for, and sets the fee's limits by hand,
        let spec = read(
            "[forecast]\n\
             turnover = 8\n\
             stakers = [{ yield = 0.05, staked = 0.4 }, { yield = 0.10, staked = 0.6 }]\n\
             depth = 0.03\n\
             provider_yield = 0.1\n\
             [controllers.fee]\n\
             max = 0.02\n",
        )
        .unwrap();
        // then the emission pays 10 % to 60 % and 0.6 % to liquidity, and the rest follows;
        assert_eq!(bias(&spec, Parameter::Emission), 66_000);
        assert_eq!(spec.limits.turnover_ppm, 8_000_000);
        assert_eq!(spec.findings, []);
        // what the file says itself is what the file says.
        assert_eq!(spec.controllers[Parameter::Fee.index()].max, 20_000);
        // Without a forecast nothing changes.
        assert_eq!(read("").unwrap(), EconomySpec::default());
    }

    #[test]
    fn the_treasurys_share_is_part_of_the_sums() {
        let fee = |share: &str| {
            let text =
                format!("[economy]\ntreasury_share = {share}\n[forecast]\ntreasury_needs = 0.01\n");
            bias(&read(&text).unwrap(), Parameter::Fee)
        };
        // A treasury that gets twice the share needs a lower fee.
        assert!(fee("0.8") < fee("0.4"), "{} {}", fee("0.8"), fee("0.4"));
    }

    #[test]
    fn a_target_out_of_reach_is_found() {
        let spec = read("[forecast]\nturnover = 0.5\nburned_over_emitted = 0.5\n").unwrap();
        let found: Vec<&str> = spec.findings.iter().map(|f| f.parameter.name()).collect();
        assert_eq!(found, ["burn"]);
        assert!(spec.findings[0].text.contains("Lower burned_over_emitted"));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let refused = |text: &str| {
            let failure = read(text).unwrap_err();
            let at = failure.at.clone().unwrap();
            (
                failure.code,
                at.line,
                at.field.unwrap_or_default(),
                failure.remedy,
            )
        };
        let (code, line, field, remedy) = refused("[forecast]\nturnover = 0\n");
        assert_eq!((code, line), ("bad_value", Some(2)));
        assert_eq!(field, "forecast.turnover");
        assert_eq!(remedy, "`turnover` must be 0.01 to 1,000");
        let (code, line, ..) = refused("[forecast]\n\nturnver = 4\n");
        assert_eq!((code, line), ("unknown_key", Some(3)));
        let falling = "stakers = [{ yield = 0.1, staked = 0.5 }, { yield = 0.2, staked = 0.4 }]";
        let (code, line, field, _) = refused(&format!("[forecast]\n{falling}\n"));
        assert_eq!(
            (code, line, field.as_str()),
            ("bad_value", Some(2), "forecast.stakers")
        );
        let (code, _, field, _) = refused("[forecast]\nstakers = [{ yield = 0.1 }]\n");
        assert_eq!(
            (code, field.as_str()),
            ("missing_key", "forecast.stakers[1].staked")
        );
        let (code, ..) = refused("[forecast]\nturnover = nan\n");
        assert_eq!(code, "bad_value");
    }
}
