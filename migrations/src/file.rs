//! The cluster file.

use std::{
    path::{Path, PathBuf},
    rc::Rc,
};

use homeostat_chain::signer::read_address;
use homeostat_client::{Pubkey, PROGRAM_ID};
use homeostat_settings::{
    document::{self, Section},
    economy_file::{read_economy, EconomySpec},
    failure::quoted,
    files, Failure,
};
use solana_program::hash::hash;
use solana_signer::Signer;
use toml::de::DeValue;

use crate::publisher::Publisher;

/// Finds the signer that a source names: a key file, a hardware wallet, whatever the tool knows.
pub type FindSigner<'a> = dyn Fn(&str) -> Result<Rc<dyn Signer>, Failure> + 'a;

/// Accounts migrated in one transaction unless the file says otherwise.
const BATCH: u8 = 8;
/// Most of them: their accounts and the frame fit into a packet.
const MOST_IN_BATCH: u8 = 16;
/// Largest ELF in bytes: what an account can hold.
const LARGEST_ELF: u64 = 10 << 20;

/// What a cluster should be like.
pub struct ClusterFile {
    /// Where the cluster is asked: a URL or a moniker.
    pub url: String,
    /// Its genesis hash.
    pub genesis: String,
    /// Source of the key that pays; a path is relative to where the tool runs, not to the file.
    pub payer: Option<String>,
    /// The program, if this file deploys it.
    pub program: Option<Program>,
    /// Economies to create.
    pub economies: Vec<EconomyPlan>,
    /// Accounts migrated in one transaction.
    pub batch: usize,
}

/// A program to deploy or upgrade.
pub struct Program {
    /// Its address.
    pub id: Pubkey,
    /// Its key, for the first deployment.
    pub key: Option<Rc<dyn Signer>>,
    /// The ELF.
    pub elf: Vec<u8>,
    /// Its sha256, in hexadecimal digits.
    pub sha256: String,
    /// Who may upgrade it when all is done: the payer, or the publisher's vault or key.
    pub authority: Pubkey,
    /// Who alone may upgrade what is released.
    pub publisher: Publisher,
}

/// An economy to create, in Draft.
pub struct EconomyPlan {
    /// Its name in the file.
    pub name: String,
    /// Its mint.
    pub mint: Pubkey,
    /// Its creator's key.
    pub creator: Rc<dyn Signer>,
    /// What it is to be like.
    pub spec: EconomySpec,
}

/// The sha256 of an ELF, in hexadecimal digits.
pub fn sha256(elf: &[u8]) -> String {
    let bytes = hash(elf).to_bytes();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Path in a file, relative to the file's folder.
fn beside(file: &Path, path: &str) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).join(path)
}

/// Source of a key in a file: a path is relative to the file's folder, all else (`usb:`,
/// `prompt:`, `ASK`, `-` and so on) means the same anywhere.
fn source_beside(file: &Path, source: &str) -> String {
    const SCHEMES: [&str; 4] = ["usb:", "prompt:", "stdin:", "file:"];
    let elsewhere =
        ["-", "ASK"].contains(&source) || SCHEMES.iter().any(|scheme| source.starts_with(scheme));
    if elsewhere {
        source.to_owned()
    } else {
        beside(file, source).display().to_string()
    }
}

pub(crate) struct Keys<'a> {
    pub(crate) section: Section<'a>,
    file: &'a Path,
    find: &'a FindSigner<'a>,
}

impl<'a> Keys<'a> {
    pub(crate) fn text(&self, key: &str) -> Result<Option<&'a str>, Failure> {
        match self.section.value(key).map(|value| value.get_ref()) {
            None => Ok(None),
            Some(DeValue::String(text)) => {
                // Borrowed unless it has escapes, which none of these needs.
                let source = self.section.source(key);
                let inner = source.trim_matches(['"', '\'']);
                if inner == text.as_ref() {
                    Ok(Some(inner))
                } else {
                    Err(self.wrong(key, "has escapes", "write it without backslashes"))
                }
            }
            Some(_) => Err(self.wrong(key, "is not text", "write it in quotation marks")),
        }
    }

    fn need(&self, key: &str) -> Result<&'a str, Failure> {
        self.text(key)?
            .ok_or_else(|| self.wrong(key, "is missing", "add it; see migrations/README.md"))
    }

    pub(crate) fn address(&self, key: &str) -> Result<Pubkey, Failure> {
        read_address(self.need(key)?, key)
    }

    fn key(&self, key: &str) -> Result<Rc<dyn Signer>, Failure> {
        (self.find)(&source_beside(self.file, self.need(key)?))
    }

    /// A whole number within a range; `None` = it is not there.
    pub(crate) fn whole(&self, key: &str, least: u8, most: u8) -> Result<Option<u8>, Failure> {
        let remedy = format!("write a whole number from {least} to {most}");
        let number = self.section.number(
            key,
            |number| number.to_i64(),
            |_| self.wrong(key, "is no such number", &remedy),
        )?;
        let fits = |number| {
            u8::try_from(number)
                .ok()
                .filter(|number| (least..=most).contains(number))
                .ok_or_else(|| self.wrong(key, "is out of its range", &remedy))
        };
        number.map(fits).transpose()
    }

    pub(crate) fn wrong(&self, key: &str, problem: &str, remedy: &str) -> Failure {
        self.section.wrong(key, "bad_cluster_file", problem, remedy)
    }
}

impl ClusterFile {
    /// Reads a cluster file and the files that it names; `find` finds whose keys are named.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, with file, line, key and remedy.
    pub fn read(path: &Path, find: &FindSigner<'_>) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let bytes = files::read(path)?;
        let text = document::text(&bytes, &name, "give a cluster file")?;
        let table = document::parse(text, &name, "see migrations/README.md for an example")?;
        let root = Section::root(text, &name, table.get_ref());
        let tables = ["cluster", "program", "publisher", "migrations", "economies"];
        root.refuse_unknown_keys(&tables, "a cluster file", None)?;
        let keys = |table: &str| -> Result<Keys<'_>, Failure> {
            Ok(Keys {
                section: root.table(table)?,
                file: path,
                find,
            })
        };

        let cluster = keys("cluster")?;
        let known = ["url", "genesis", "payer"];
        cluster
            .section
            .refuse_unknown_keys(&known, "[cluster]", None)?;
        let migrations = keys("migrations")?;
        migrations
            .section
            .refuse_unknown_keys(&["batch"], "[migrations]", None)?;
        let batch = migrations.whole("batch", 1, MOST_IN_BATCH)?;
        let batch = usize::from(batch.unwrap_or(BATCH));
        let publisher = Publisher::read(&keys("publisher")?)?;
        if root.value("program").is_none() && root.value("publisher").is_some() {
            let remedy = "add [program], which it publishes, or drop [publisher]";
            let code = "bad_cluster_file";
            return Err(root.wrong("program", code, "is missing", remedy));
        }
        let mut economies = Vec::new();
        let listed = keys("economies")?;
        if let Some(DeValue::Table(all)) = root.value("economies").map(|value| value.get_ref()) {
            let mut names: Vec<_> = all
                .iter()
                .map(|(key, _)| (key.span().start, key.get_ref().as_ref()))
                .collect();
            names.sort_unstable();
            for (_, name) in names {
                let keys = Keys {
                    section: listed.section.table(name)?,
                    file: path,
                    find,
                };
                economies.push(economy(name, &keys)?);
            }
        }
        let file = Self {
            url: cluster.need("url")?.to_owned(),
            genesis: cluster.need("genesis")?.to_owned(),
            payer: cluster
                .text("payer")?
                .map(|payer| source_beside(path, payer)),
            program: root
                .value("program")
                .map(|_| program(&keys("program")?, publisher))
                .transpose()?,
            economies,
            batch,
        };
        // Addresses and layouts of economies are those of one program.
        if let Some(program) = &file.program {
            if program.id != PROGRAM_ID && !file.economies.is_empty() {
                return Err(Failure::new(
                    "other_program",
                    format!(
                        "`program.id` is {}, but this tool was built for {PROGRAM_ID}",
                        program.id
                    ),
                )
                .remedy("put your own id into declare_id! and build again, or drop [economies]"));
            }
        }
        Ok(file)
    }
}

fn program(keys: &Keys<'_>, publisher: Publisher) -> Result<Program, Failure> {
    let known = ["id", "keypair", "elf", "sha256", "authority"];
    keys.section
        .refuse_unknown_keys(&known, "[program]", None)?;
    let id = keys.address("id")?;
    let key = match keys.text("keypair")? {
        None => None,
        Some(_) => Some(keys.key("keypair")?),
    };
    if key.as_ref().is_some_and(|key| key.pubkey() != id) {
        return Err(keys.wrong(
            "keypair",
            "is not the key of `program.id`",
            "correct one of the two",
        ));
    }
    let path = beside(keys.file, keys.need("elf")?).display().to_string();
    let elf = std::fs::File::open(&path)
        .and_then(|file| files::read_up_to(file, LARGEST_ELF))
        .map_err(|error| files::unreadable(&path, &error))?;
    let sha256 = sha256(&elf);
    let wanted = keys.need("sha256")?;
    if !sha256.eq_ignore_ascii_case(wanted) {
        return Err(Failure::new(
            "wrong_elf",
            format!(
                "{path} has sha256 {sha256}, the cluster file wants {}",
                quoted(wanted)
            ),
        )
        .remedy("build what was reviewed, or review what was built and correct `program.sha256`"));
    }
    Ok(Program {
        id,
        key,
        elf,
        sha256,
        authority: keys.address("authority")?,
        publisher,
    })
}

fn economy(name: &str, keys: &Keys<'_>) -> Result<EconomyPlan, Failure> {
    keys.section.refuse_unknown_keys(
        &["file", "mint", "creator"],
        &format!("[economies.{name}]"),
        None,
    )?;
    let path = beside(keys.file, keys.need("file")?);
    let spec = read_economy(&files::read(&path)?, &path.display().to_string())?;
    spec.require_reachable("change [forecast] as it says; nothing was sent")?;
    Ok(EconomyPlan {
        name: name.to_owned(),
        mint: keys.address("mint")?,
        creator: keys.key("creator")?,
        spec,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_relative_to_the_file_and_other_sources_are_not() {
        let file = Path::new("clusters/devnet.toml");
        let source = |source| source_beside(file, source);
        assert_eq!(source("payer.json"), "clusters/payer.json");
        assert_eq!(source("/keys/payer.json"), "/keys/payer.json");
        for same in [
            "-",
            "ASK",
            "usb://ledger?key=0/0",
            "prompt:?key=0/0",
            "stdin:",
        ] {
            assert_eq!(source(same), same);
        }
    }
}
