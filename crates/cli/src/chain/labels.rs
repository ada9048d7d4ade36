//! Names of addresses, for what people read. What is signed, and every address in JSON, has none.

use std::collections::BTreeMap;

use homeostat_chain::Settings;
use homeostat_client::Pubkey;

/// Characters of an address at either end of its short form.
const END: usize = 4;

/// The names that somebody gave to addresses: those of `homeostat config label`, then those of the
/// Solana configuration.
#[derive(Clone, Debug, Default)]
pub struct Labels(BTreeMap<String, String>);

impl Labels {
    /// The names that these settings have.
    pub fn of(settings: &Settings) -> Self {
        let solana = settings.solana_labels.iter();
        let all = solana.chain(&settings.preferences.labels);
        Self(
            all.map(|(address, label)| (address.to_string(), label.clone()))
                .collect(),
        )
    }

    /// An address as people read it: with its name, and shortened, where it has one; whole
    /// otherwise. Only the very address has the name, so that the short form cannot be mistaken for
    /// that of another whose ends were made alike.
    pub fn labelled(&self, address: &str) -> String {
        match self.0.get(address) {
            Some(label) => format!("{label} ({})", short(address)),
            None => address.to_owned(),
        }
    }

    /// The same of a key.
    pub fn key(&self, address: &Pubkey) -> String {
        self.labelled(&address.to_string())
    }
}

/// The first and the last characters of an address.
fn short(address: &str) -> String {
    let last = address.len().saturating_sub(END);
    match (address.get(..END), address.get(last..)) {
        (Some(first), Some(rest)) if last > END => format!("{first}…{rest}"),
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_name_is_shown_whole() {
        let (named, like) = ("4uQeVj5tqViQh7yWWGStvkEG1Zmhx6uasJtWCJziofM", "4uQe…iofM");
        let labels = Labels(BTreeMap::from([(named.to_owned(), "reserve".to_owned())]));
        assert_eq!(labels.labelled(named), format!("reserve ({like})"));
        // Another address with the same ends has no name.
        let other = "4uQeCiDwVBFgWV9E5MvXWoLgnEgn2hK7rJikbvfWaviofM";
        assert_eq!(labels.labelled(other), other);
        assert_eq!(labels.labelled("short"), "short");
    }
}
