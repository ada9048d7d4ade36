//! Figures of the program in the two forms that an answer has: digits for JSON, and what people
//! read.

use homeostat_client::Metric;
use homeostat_control::Fx;
use homeostat_settings::human::percent;

use crate::decimal::{Decimal, PPM};

/// Decimal places of a computed fraction that mean something. Terms are computed with 48 binary
/// places; what stands behind the twelfth is their rounding.
const MEANT: u16 = 12;

/// Parts per million as a fraction.
pub(crate) fn fraction(ppm: impl Into<i64>) -> String {
    Decimal::from(ppm.into()).shifted(-PPM).to_string()
}

/// The fewest digits that read back as this value.
pub(crate) fn exact(value: Fx) -> String {
    Decimal::shortest(value).to_string()
}

/// Parts per million as a fraction with all its digits.
pub(crate) fn term(ppm: Fx) -> String {
    Decimal::from_fx(ppm).shifted(-PPM).to_string()
}

/// The digits of a computed value that mean something.
pub(crate) fn meant(value: Fx) -> String {
    Decimal::shortest(value).rounded(MEANT).to_string()
}

/// The same of parts per million, as a fraction.
pub(crate) fn meant_term(ppm: Fx) -> String {
    Decimal::from_fx(ppm)
        .shifted(-PPM)
        .rounded(MEANT)
        .to_string()
}

/// A figure without a unit for people: six decimal places.
pub(crate) fn short(text: &str) -> String {
    match text.parse::<Decimal>() {
        Ok(number) => number.rounded(6).to_string(),
        Err(_) => text.to_owned(),
    }
}

/// A fraction, as an answer has it, in per cent.
pub(crate) fn share(text: &str) -> String {
    match text.parse::<Decimal>() {
        Ok(number) => percent(&number),
        Err(_) => text.to_owned(),
    }
}

/// Parts per million in per cent.
pub(crate) fn share_of(ppm: impl Into<i64>) -> String {
    share(&fraction(ppm))
}

/// A value of a metric for people: what a feed reports has a unit of its own, every other metric
/// is a share.
pub(crate) fn measure(metric: &str, text: &str) -> String {
    if metric.starts_with("feed") {
        short(text)
    } else {
        share(text)
    }
}

/// A metric by name.
pub(crate) fn metric_name(metric: Metric) -> String {
    match metric {
        Metric::StakedShare => "staked share".to_owned(),
        Metric::Utilisation => "utilisation".to_owned(),
        Metric::NetSupplyGrowth => "net supply growth".to_owned(),
        Metric::LiquidityDepth => "liquidity depth".to_owned(),
        Metric::BurnedOverEmitted => "burned over emitted".to_owned(),
        Metric::EmittedOverFees => "emitted over fees".to_owned(),
        feed => format!("{feed:?}").to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_that_mean_nothing_are_left_out() {
        // given a target of 4.2 % that the law keeps in binary
        let target: Fx = "0.042".parse().unwrap();
        assert_eq!(meant(target), "0.042");
        // and a term that is a rounding away from it
        let near = Fx::from_bits(target.to_bits() - 2);
        assert!(exact(near).starts_with("0.04199999"), "{}", exact(near));
        assert_eq!(meant(near), "0.042");
        assert_eq!(share(&exact(near)), "4.2 %");
        // then in parts per million as well
        let term: Fx = "41999.9999999999".parse().unwrap();
        assert_eq!(meant_term(term), "0.042");
    }

    #[test]
    fn a_feed_has_its_own_unit() {
        assert_eq!(measure("feed0", "1.25"), "1.25");
        assert_eq!(measure("staked share", "0.605"), "60.5 %");
    }
}
