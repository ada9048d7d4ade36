//! What somebody set with `homeostat config`: an economy for each cluster, and names of addresses.
//!
//! A default belongs to the cluster that it was set on, by genesis: what was set on devnet is never
//! meant where real money is.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use homeostat_client::Pubkey;

use crate::document::{self, Section};
use crate::failure::Failure;

/// Longest name of an address in characters.
const LONGEST_NAME: usize = 32;
/// Tables of the file.
const TABLES: [&str; 2] = ["clusters", "address_labels"];
/// Keys of a cluster.
const CLUSTER_KEYS: [&str; 3] = ["name", "economy", "mint"];
/// What a name may be.
const NAME_RULE: &str = "a name is 1 to 32 letters, digits, spaces and signs such as - _ . ( ), \
                         is not an address, and belongs to one address";

/// The economy that is meant where none is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// The one at this address.
    Economy(Pubkey),
    /// The one of this token.
    Mint(Pubkey),
}

/// The default of one cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterDefault {
    /// The cluster in words, when it was set.
    pub cluster: String,
    /// The economy.
    pub named: Named,
}

/// The file of `homeostat config`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preferences {
    /// By genesis hash.
    pub clusters: BTreeMap<String, ClusterDefault>,
    /// Names by address.
    pub labels: BTreeMap<Pubkey, String>,
}

impl Preferences {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, with its line; `unknown_key` with the nearest that is known.
    pub fn read(bytes: &[u8], name: &str) -> Result<Self, Failure> {
        let remedy = "`homeostat config` writes this file; mend the line, or remove the file";
        let text = document::text(bytes, name, remedy)?;
        let table = document::parse(text, name, remedy)?;
        let root = Section::root(text, name, table.get_ref());
        root.refuse_unknown_keys(&TABLES, "the file of `homeostat config`", None)?;
        let mut read = Self::default();
        let clusters = root.table("clusters")?;
        for genesis in clusters.keys() {
            let section = clusters.table(genesis)?;
            let default = cluster(&clusters, genesis, &section)?;
            read.clusters.insert(genesis.to_owned(), default);
        }
        let labels = root.table("address_labels")?;
        for key in labels.keys() {
            let wrong = |problem: &str| labels.wrong(key, "bad_label", problem, NAME_RULE);
            let address = key.parse().map_err(|_| wrong("is no name of an address"))?;
            let label = labels.parsed(key, |text| Some(text.to_owned()), "a name")?;
            let label = label.unwrap_or_default();
            read.set_label(&address, &label)
                .map_err(|_| wrong("cannot be a name"))?;
        }
        Ok(read)
    }

    /// The file's text.
    pub fn text(&self) -> String {
        let mut text = String::from(
            "# Written by `homeostat config`: the economy that is meant where none is named, by the\n\
             # genesis of its cluster, and names of addresses.\n",
        );
        // Writing to a String cannot fail.
        for (genesis, default) in &self.clusters {
            let (key, address) = match default.named {
                Named::Economy(address) => ("economy", address),
                Named::Mint(address) => ("mint", address),
            };
            let _ = write!(
                text,
                "\n[clusters.{genesis}]\nname = \"{}\"\n{key} = \"{address}\"\n",
                default.cluster
            );
        }
        if !self.labels.is_empty() {
            text.push_str("\n[address_labels]\n");
        }
        for (address, label) in &self.labels {
            let _ = writeln!(text, "{address} = \"{label}\"");
        }
        text
    }

    /// Gives an address a name, in the place of the one that it has.
    ///
    /// # Errors
    ///
    /// `bad_label`: it cannot be a name, or another address has it.
    pub fn set_label(&mut self, address: &Pubkey, label: &str) -> Result<(), Failure> {
        if !is_name(label) {
            return Err(Failure::new(
                "bad_label",
                format!(
                    "{} cannot be the name of an address",
                    crate::failure::quoted(label)
                ),
            )
            .remedy(NAME_RULE));
        }
        let folded = label.to_lowercase();
        let taken = |(other, known): &(&Pubkey, &String)| {
            *other != address && known.to_lowercase() == folded
        };
        if let Some((other, _)) = self.labels.iter().find(taken) {
            return Err(Failure::new(
                "bad_label",
                format!("{label} is the name of {other} already"),
            )
            .remedy(
                "take another name, or remove that one: `homeostat config unset --label ADDRESS`; \
                 two addresses of one name could be taken for each other",
            ));
        }
        self.labels.insert(*address, label.to_owned());
        Ok(())
    }
}

/// Whether a text can name an address: nothing that a terminal obeys, that is not seen, or that
/// could be taken for an address itself.
pub fn is_name(text: &str) -> bool {
    let fits = |letter: char| {
        letter.is_alphanumeric()
            || letter == ' '
            || (letter.is_ascii_punctuation() && !['"', '\\', '`'].contains(&letter))
    };
    (1..=LONGEST_NAME).contains(&text.chars().count())
        && text.chars().all(fits)
        && text.trim() == text
        && text.parse::<Pubkey>().is_err()
}

/// The default of one cluster.
fn cluster(
    clusters: &Section<'_>,
    genesis: &str,
    section: &Section<'_>,
) -> Result<ClusterDefault, Failure> {
    section.refuse_unknown_keys(&CLUSTER_KEYS, "a cluster", None)?;
    let address = |key: &str| section.parsed(key, |text| text.parse().ok(), "an address");
    let wrong = |problem: &str| {
        let remedy = "write `economy` or `mint`, one of the two, below [clusters.GENESIS]";
        clusters.wrong(genesis, "bad_value", problem, remedy)
    };
    // A genesis is a hash, which has the form of an address.
    if genesis.parse::<Pubkey>().is_err() {
        return Err(wrong("does not stand below the genesis hash of a cluster"));
    }
    let named = match (address("economy")?, address("mint")?) {
        (Some(economy), None) => Named::Economy(economy),
        (None, Some(mint)) => Named::Mint(mint),
        _ => return Err(wrong("does not name one economy")),
    };
    let name = section.parsed(
        "name",
        |text| is_name(text).then(|| text.to_owned()),
        "a name",
    )?;
    Ok(ClusterDefault {
        cluster: name.unwrap_or_else(|| "a cluster".to_owned()),
        named,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> (&'static str, String, String) {
        let failure = Preferences::read(text.as_bytes(), "homeostat.toml").unwrap_err();
        (failure.code, failure.message, failure.remedy)
    }

    #[test]
    fn what_was_written_is_read_again() {
        let mut set = Preferences::default();
        assert_eq!(Preferences::read(b"", "f"), Ok(set.clone()));
        let (economy, mint) = (Pubkey::new_unique(), Pubkey::new_unique());
        for (cluster, named) in [
            ("devnet", Named::Economy(economy)),
            ("another cluster", Named::Mint(mint)),
        ] {
            let genesis = Pubkey::new_unique().to_string();
            let cluster = cluster.to_owned();
            set.clusters
                .insert(genesis, ClusterDefault { cluster, named });
        }
        set.set_label(&economy, "Our economy (main)").unwrap();
        set.set_label(&economy, "Die Ökonomie").unwrap();
        set.set_label(&mint, "token").unwrap();
        assert_eq!(Preferences::read(set.text().as_bytes(), "f"), Ok(set));
    }

    #[test]
    fn a_name_is_no_address_hides_nothing_and_belongs_to_one() {
        let (one, other) = (Pubkey::new_unique(), Pubkey::new_unique());
        let mut set = Preferences::default();
        let long = "a".repeat(LONGEST_NAME + 1);
        for bad in [
            "",
            " treasury",
            "a\u{1b}[31m",
            "a\u{202e}b",
            "a\u{200b}b",
            "a\"b",
            &long,
            &other.to_string(),
        ] {
            assert_eq!(
                set.set_label(&one, bad).unwrap_err().code,
                "bad_label",
                "{bad:?}"
            );
        }
        set.set_label(&one, "treasury").unwrap();
        let failure = set.set_label(&other, "Treasury").unwrap_err();
        assert!(failure.message.contains(&one.to_string()), "{failure}");
        set.set_label(&one, "treasury").unwrap();
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let genesis = Pubkey::new_unique();
        let (code, message, remedy) = refused("[adress_labels]\n");
        assert_eq!(
            (code, remedy.as_str()),
            ("unknown_key", "did you mean `address_labels`?")
        );
        assert!(message.contains("line 1"), "{message}");
        let (code, _, remedy) = refused(&format!("[clusters.{genesis}]\neconomi = \"x\"\n"));
        assert_eq!(
            (code, remedy.as_str()),
            ("unknown_key", "did you mean `economy`?")
        );
        for (text, code) in [
            (
                format!("[clusters.{genesis}]\nname = \"devnet\"\n"),
                "bad_value",
            ),
            (
                format!("[clusters.{genesis}]\neconomy = \"{genesis}\"\nmint = \"{genesis}\"\n"),
                "bad_value",
            ),
            (
                format!("[clusters.devnet]\neconomy = \"{genesis}\"\n"),
                "bad_value",
            ),
            (
                format!("[address_labels]\n{genesis} = \"{genesis}\"\n"),
                "bad_label",
            ),
            ("[address_labels]\nme = \"me\"\n".to_owned(), "bad_label"),
            (
                "json_rpc_url: http://localhost:8899\n".to_owned(),
                "bad_toml",
            ),
        ] {
            assert_eq!(refused(&text).0, code, "{text}");
        }
    }
}
