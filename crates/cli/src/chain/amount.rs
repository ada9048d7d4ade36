//! Amounts of tokens: whole tokens for people, base units for programs.

use std::fmt;
use std::str::FromStr;

use homeostat_settings::human::grouped;
use homeostat_settings::tokens::Tokens;
use schemars::JsonSchema;
use serde::Serialize;

use crate::decimal::Decimal;
use crate::failure::{quoted, Failure};

/// An amount on the command line: tokens, or `ALL`.
#[derive(Clone, Debug, PartialEq)]
pub enum Wanted {
    /// Everything that there is.
    All,
    /// Tokens.
    Tokens(Decimal),
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "ALL" {
            return Ok(Self::All);
        }
        text.parse()
            .map(Self::Tokens)
            .map_err(|error: crate::decimal::DecimalError| {
                format!("{error}; write tokens such as 1234.5, without separators, or ALL")
            })
    }
}

impl Wanted {
    /// Base units; `all` for `ALL`.
    ///
    /// # Errors
    ///
    /// Nothing, too much, or more decimal places than the mint has.
    pub fn base(&self, all: u64, decimals: u8) -> Result<u64, Failure> {
        let base = match self {
            Self::All => all,
            Self::Tokens(tokens) => tokens
                .clone()
                .shifted(i32::from(decimals))
                .to_u64()
                .ok()
                .ok_or_else(|| {
                    Failure::new(
                        "bad_amount",
                        format!(
                            "{} is not an amount of this token",
                            quoted(&tokens.to_string())
                        ),
                    )
                    .remedy(format!(
                        "write tokens above 0 with at most {decimals} decimal places"
                    ))
                })?,
        };
        if base == 0 {
            return Err(Failure::new("bad_amount", "the amount is 0")
                .remedy("write tokens above 0; with ALL there must be some"));
        }
        Ok(base)
    }
}

/// An amount in an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Amount {
    /// Base units, as a string: JSON numbers lose digits.
    pub base_units: String,
    /// Tokens, exactly.
    pub tokens: String,
}

impl Amount {
    /// Base units of a mint with these decimals.
    pub fn new(base: u64, decimals: u8) -> Self {
        Self {
            base_units: base.to_string(),
            tokens: Tokens { decimals }.show(base).to_string(),
        }
    }
}

impl fmt::Display for Amount {
    /// Whole tokens with separators: `12,345.67`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.tokens.parse() {
            Ok(tokens) => f.write_str(&grouped(&tokens)),
            Err(_) => f.write_str(&self.tokens),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_become_base_units_exactly() {
        let base = |text: &str| text.parse::<Wanted>().unwrap().base(7, 6);
        assert_eq!(base("12.5"), Ok(12_500_000));
        assert_eq!(base("0.000001"), Ok(1));
        assert_eq!(base("ALL"), Ok(7));
        for bad in ["0", "-1", "0.0000001", "99999999999999999999"] {
            assert_eq!(base(bad).unwrap_err().code, "bad_amount", "{bad}");
        }
        assert!("all".parse::<Wanted>().is_err());
        assert_eq!(Amount::new(12_500_000, 6).to_string(), "12.5");
        let large = Amount::new(12_345_670_000, 6);
        assert_eq!(large.to_string(), "12,345.67");
        assert_eq!(large.tokens, "12345.67");
        // What is shown with separators is not read with them: `1,5` is not 15.
        assert!("12,345.67".parse::<Wanted>().is_err());
    }
}
