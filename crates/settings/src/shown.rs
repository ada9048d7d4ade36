//! Values of the program in the units of the settings files, for people.

use homeostat_client::Pubkey;
use homeostat_control::Fx;

use crate::decimal::{Decimal, PPM};

/// Switches a slew limit off, in files and where it is shown.
pub(crate) const UNLIMITED: &str = "unlimited";

/// A fixed-point value whose unit in files is 10^`places` times the program's.
pub(crate) fn fixed(value: Fx, places: i32) -> String {
    Decimal::shortest(value).shifted(-places).to_string()
}

/// Parts per million as a fraction.
pub(crate) fn ppm(value: impl Into<i128>) -> String {
    Decimal::whole(value).shifted(-PPM).to_string()
}

/// A slew limit (ppm per period) as a fraction.
pub(crate) fn slew(value: Option<u64>) -> String {
    value.map_or_else(|| UNLIMITED.to_owned(), ppm)
}

/// A duration.
pub(crate) fn seconds(value: impl Into<i128>) -> String {
    format!("{} s", value.into())
}

/// Who holds a role; the zero address stands for nobody.
pub(crate) fn holder(key: &Pubkey) -> String {
    if *key == Pubkey::default() {
        "nobody".to_owned()
    } else {
        key.to_string()
    }
}
