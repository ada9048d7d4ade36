//! The series that come with the simulator; data/prices/README.md names their sources.

use homeostat_settings::Failure;

use super::{read_series, Series};

/// Name and text of each series.
pub const BUNDLED: [(&str, &[u8]); 4] = [
    (
        "btc_usd_2010_2021",
        include_bytes!("../../data/prices/btc_usd_2010_2021.csv"),
    ),
    (
        "btc_usd_2017_2019",
        include_bytes!("../../data/prices/btc_usd_2017_2019.csv"),
    ),
    (
        "eth_usd_2017_2019",
        include_bytes!("../../data/prices/eth_usd_2017_2019.csv"),
    ),
    (
        "ltc_usd_2017_2019",
        include_bytes!("../../data/prices/ltc_usd_2017_2019.csv"),
    ),
];

/// Reads one of [`BUNDLED`] by its name.
///
/// # Errors
///
/// There is none of that name.
pub fn bundled(name: &str) -> Result<Series, Failure> {
    match BUNDLED.iter().find(|(known, _)| *known == name) {
        Some((name, text)) => read_series(text, name),
        None => {
            let names: Vec<&str> = BUNDLED.iter().map(|(name, _)| *name).collect();
            Err(Failure::new(
                "unknown_series",
                format!(
                    "no series of the name {} is built in",
                    homeostat_settings::failure::quoted(name)
                ),
            )
            .remedy(format!(
                "choose one of {}, or give a CSV file",
                names.join(", ")
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::day;
    use super::*;

    #[test]
    fn the_series_are_whole_and_cover_the_days_that_the_readme_names() {
        for (name, first, last, rows, volumes) in [
            (
                "btc_usd_2010_2021",
                "2010-07-17",
                "2021-12-31",
                4_186,
                false,
            ),
            ("btc_usd_2017_2019", "2017-10-01", "2019-10-01", 731, true),
            ("eth_usd_2017_2019", "2017-10-01", "2019-10-01", 731, true),
            ("ltc_usd_2017_2019", "2017-10-01", "2019-10-01", 731, true),
        ] {
            let series = bundled(name).unwrap();
            let times = series.times();
            assert_eq!(times.len(), rows, "{name}");
            assert_eq!(Some(times[0]), day(first), "{name}");
            assert_eq!(Some(times[rows - 1]), day(last), "{name}");
            // One row a day and none missing: daily epochs change nothing.
            assert_eq!(series.resample(86_400).unwrap(), series, "{name}");
            assert_eq!(series.volumes().is_some(), volumes, "{name}");
        }
    }

    #[test]
    fn two_sources_of_the_bitcoin_price_agree_as_far_as_the_readme_says() {
        // Their days end at different hours: closes of the same day differ by 1.5 % at the
        // median and 11.3 % at most. One day apart the other way they would differ by 2.5 %.
        let long = bundled("btc_usd_2010_2021").unwrap();
        let short = bundled("btc_usd_2017_2019").unwrap();
        let start = long
            .times()
            .partition_point(|time| *time < short.times()[0]);
        let mut differences = Vec::new();
        for (index, price) in short.closes().iter().enumerate() {
            assert_eq!(long.times()[start + index], short.times()[index]);
            differences.push((price / long.closes()[start + index] - 1.0).abs());
        }
        differences.sort_unstable_by(f64::total_cmp);
        let (middle, last) = (differences.len() / 2, differences.len() - 1);
        assert!((differences[middle] - 0.0150).abs() < 5e-5);
        assert!((differences[last] - 0.1130).abs() < 5e-5);
    }

    #[test]
    fn an_unknown_name_is_answered_with_those_there_are() {
        let failure = bundled("doge").unwrap_err();
        assert_eq!(failure.code, "unknown_series");
        assert!(failure.remedy.contains("ltc_usd_2017_2019"), "{failure}");
    }
}
