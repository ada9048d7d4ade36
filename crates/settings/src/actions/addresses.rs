//! Units of addresses: whom a seat, a role or a payment is for.

use homeostat_client::{Pubkey, SeatArgs};

use super::{
    reader::Reader,
    unit::{only, Change, Unit},
};
use crate::{change::Row, failure::Failure, shown};

/// An address.
pub(crate) struct Address;

fn address(text: &str) -> Option<Pubkey> {
    text.parse().ok()
}

impl Unit<Pubkey> for Address {
    fn read(&self, reader: &Reader<'_>, keys: &[&str]) -> Result<Option<Pubkey>, Failure> {
        reader.section.parsed(only(keys), address, "an address")
    }

    fn rows(&self, change: Change<'_, Pubkey>) -> Vec<Row> {
        change.shown(Pubkey::to_string)
    }
}

/// The address of somebody who leaves.
pub(crate) struct Leaver;

impl Unit<Pubkey> for Leaver {
    fn read(&self, reader: &Reader<'_>, keys: &[&str]) -> Result<Option<Pubkey>, Failure> {
        Address.read(reader, keys)
    }

    fn rows(&self, change: Change<'_, Pubkey>) -> Vec<Row> {
        change.row(change.new.to_string(), String::new())
    }
}

/// Who gets the mint authority of an economy that ends; absent is nobody.
pub(crate) struct Successor;

impl Unit<Option<Pubkey>> for Successor {
    fn read(&self, reader: &Reader<'_>, keys: &[&str]) -> Result<Option<Option<Pubkey>>, Failure> {
        Address.read(reader, keys).map(Some)
    }

    fn rows(&self, change: Change<'_, Option<Pubkey>>) -> Vec<Row> {
        let after = change
            .new
            .map_or_else(|| "nobody, for ever".to_owned(), |key| key.to_string());
        change.row("the economy".to_owned(), after)
    }
}

/// A seat that is offered to its next holder: the key that signs, and the program that
/// signs for it, if there is one. It has a key for each.
pub(crate) struct Seat;

impl Unit<SeatArgs, Pubkey> for Seat {
    fn read(&self, reader: &Reader<'_>, keys: &[&str]) -> Result<Option<SeatArgs>, Failure> {
        let [key, via] = keys else {
            return Ok(None);
        };
        let key = reader.need(&Address, &[key], "\"ADDRESS\"")?;
        let allowed = "the address of the program that signs for it";
        let via = reader.section.parsed(via, address, allowed)?;
        Ok(Some(SeatArgs { key, via }))
    }

    fn rows(&self, change: Change<'_, SeatArgs, Pubkey>) -> Vec<Row> {
        let old = change.old.map(shown::holder).unwrap_or_default();
        let key = change.new.key;
        let new = match change.new.via {
            Some(via) => format!("{key} (signs through {via})"),
            None => key.to_string(),
        };
        change.row(old, new)
    }
}

/// A list of addresses, of which those that come and go are shown.
pub(crate) struct Addresses {
    /// Fewest.
    pub(crate) least: usize,
    /// Most.
    pub(crate) most: usize,
}

impl Unit<Vec<Pubkey>> for Addresses {
    fn read(&self, reader: &Reader<'_>, keys: &[&str]) -> Result<Option<Vec<Pubkey>>, Failure> {
        let allowed = match self.least {
            0 => format!("at most {} addresses", self.most),
            least => format!("{least} to {} addresses", self.most),
        };
        reader.section.parsed_list(only(keys), address, &allowed)
    }

    fn rows(&self, change: Change<'_, Vec<Pubkey>>) -> Vec<Row> {
        let (old, new) = (change.old.map_or(&[][..], Vec::as_slice), change.new);
        let gone = old.iter().filter(|key| !new.contains(key));
        let come = new.iter().filter(|key| !old.contains(key));
        gone.flat_map(|key| change.row(key.to_string(), String::new()))
            .chain(come.flat_map(|key| change.row(String::new(), key.to_string())))
            .collect()
    }
}
