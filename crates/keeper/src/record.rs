//! Which lookup table an economy has, as this keeper remembers it: in memory and, where the
//! operator gives a file, over a restart. What it says is looked up before it is used, so a
//! record that is old, foreign or lost costs one search and nothing else.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use homeostat_client::Pubkey;
use homeostat_settings::{files, Failure};
use serde::{Deserialize, Serialize};
use tracing::Level;

use crate::log::fails;

/// The file: the tables by their economies.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    lookup_tables: BTreeMap<String, String>,
}

/// What is remembered.
#[derive(Debug, Default)]
pub(crate) struct Record {
    file: Option<PathBuf>,
    contents: Mutex<Contents>,
}

impl Record {
    /// What the file says; one that is missing or unusable says nothing.
    pub(crate) fn open(file: Option<PathBuf>) -> Self {
        let read = file.as_ref().filter(|file| file.exists()).map(|file| {
            let bytes = files::read(file)?;
            serde_json::from_slice(&bytes).map_err(|error| {
                let words = format!("{}: {error}", file.display());
                Failure::new("bad_record", words)
                    .remedy("its tables are searched for, and it is written anew")
            })
        });
        let contents = read.transpose().unwrap_or_else(|failure| {
            fails!(Level::WARN, "record_unusable", &failure);
            None
        });
        Self {
            file,
            contents: Mutex::new(contents.unwrap_or_default()),
        }
    }

    /// The table of an economy.
    pub(crate) fn table(&self, economy: &Pubkey) -> Option<Pubkey> {
        let contents = self.contents.lock().unwrap_or_else(PoisonError::into_inner);
        let table = contents.lookup_tables.get(&economy.to_string())?;
        table.parse().ok()
    }

    /// Remembers the table of an economy. A file that cannot be written is told, and stops
    /// nothing.
    pub(crate) fn note(&self, economy: &Pubkey, table: &Pubkey) {
        let mut contents = self.contents.lock().unwrap_or_else(PoisonError::into_inner);
        let (economy, table) = (economy.to_string(), table.to_string());
        if contents.lookup_tables.get(&economy) == Some(&table) {
            return;
        }
        contents.lookup_tables.insert(economy, table);
        let Some(file) = &self.file else { return };
        let written = serde_json::to_vec_pretty(&*contents)
            .map_err(|error| {
                Failure::new(
                    "bad_record",
                    format!("the record cannot be encoded: {error}"),
                )
                .remedy("report it; its tables are searched for after a restart")
            })
            .and_then(|bytes| files::replace(file, &bytes));
        if let Err(failure) = written {
            fails!(Level::WARN, "record_failed", &failure);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_remembered_over_a_restart_and_a_broken_file_says_nothing() {
        let folder = std::env::temp_dir().join(format!("homeostat-record-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("tables.json");
        let [economy, other, table] = [1, 2, 3].map(|byte| Pubkey::new_from_array([byte; 32]));
        let record = Record::open(Some(file.clone()));
        assert_eq!(record.table(&economy), None);
        record.note(&economy, &other);
        record.note(&economy, &table);
        assert_eq!(record.table(&economy), Some(table));
        let record = Record::open(Some(file.clone()));
        assert_eq!(record.table(&economy), Some(table));
        assert_eq!(record.table(&other), None);
        // given a file that is none of this
        for broken in ["", "[]", "{\"lookup_tables\":[]}", "{\"another\":{}}"] {
            std::fs::write(&file, broken).unwrap();
            let record = Record::open(Some(file.clone()));
            assert_eq!(record.table(&economy), None, "{broken}");
            record.note(&economy, &table);
            let record = Record::open(Some(file.clone()));
            assert_eq!(record.table(&economy), Some(table), "{broken}");
        }
        // and without a file, or with one that cannot be written, it is remembered in memory
        for file in [None, Some(folder.join("missing").join("tables.json"))] {
            let record = Record::open(file);
            record.note(&economy, &table);
            assert_eq!(record.table(&economy), Some(table));
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
