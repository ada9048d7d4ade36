//! Gains as proposals that a council can vote on.

use std::fmt::Write;

use homeostat::state::defaults;
use homeostat_client::Parameter;
use homeostat_settings::decimal::{Decimal, PPM};
use homeostat_sim::tune::Gains;

/// Names and texts of the proposal files for an economy with this period (seconds): a proposal
/// has room for four actions, so each has the two gains of two controllers.
pub fn files(gains: &Gains, period: u32) -> Vec<(String, String)> {
    let pairs = [
        [Parameter::Emission, Parameter::Fee],
        [Parameter::Burn, Parameter::Liquidity],
    ];
    pairs
        .into_iter()
        .map(|pair| {
            let [first, second] = pair.map(Parameter::name);
            let name = format!("gains-{first}-{second}.toml");
            (name, text(gains, period, pair))
        })
        .collect()
}

fn text(gains: &Gains, period: u32, pair: [Parameter; 2]) -> String {
    let [first, second] = pair.map(Parameter::name);
    let mut text = format!(
        "# Made by `homeostat tune` for a period of {period} s; gains hash {}.\n\
         title = \"Tuned gains: {first} and {second}\"\n",
        gains.hash()
    );
    for parameter in pair {
        let weekly = gains.of(parameter);
        let (kp, ki) = defaults::gains(weekly.kp, weekly.ki, period);
        for (field, value) in [("kp", kp), ("ki", ki)] {
            let value = Decimal::shortest(value).shifted(-PPM);
            // Writing to a String cannot fail.
            let _ = write!(
                text,
                "\n[[action]]\nkind = \"tune\"\nparameter = \"{}\"\nfield = \"{field}\"\n\
                 value = {value}\n",
                parameter.name()
            );
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_as_proposals_say_the_defaults() {
        let files = files(&Gains::of_defaults(), 604_800);
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            ["gains-emission-fee.toml", "gains-burn-liquidity.toml"]
        );
        let (_, text) = &files[0];
        let table: toml::Table = text.parse().expect("it is TOML");
        let actions = table["action"].as_array().expect("a list");
        assert_eq!(actions.len(), 4);
        let action = |at: usize| {
            let action = &actions[at];
            let word = |key: &str| action[key].as_str().expect("a word").to_owned();
            (
                word("parameter"),
                word("field"),
                action["value"].as_float().expect("a number"),
            )
        };
        assert_eq!(action(0), ("emission".to_owned(), "kp".to_owned(), 0.235));
        assert_eq!(action(1), ("emission".to_owned(), "ki".to_owned(), 0.00846));
        assert_eq!(action(3), ("fee".to_owned(), "ki".to_owned(), 0.000048));
    }
}
