//! The cluster file.

use std::path::{Path, PathBuf};

use homeostat_client::{Pubkey, PROGRAM_ID};
use homeostat_ops::{
    economy_file::{read_economy, EconomySpec},
    failure::quoted,
    files,
    settings::{self, Section},
    signer::{read_address, read_key},
    Failure,
};
use solana_keypair::Keypair;
use solana_program::hash::hash;
use solana_signer::Signer;
use toml::de::DeValue;

/// Accounts migrated in one transaction unless the file says otherwise.
const BATCH: usize = 8;
/// Most of them: their accounts and the frame fit into a packet.
const MOST_IN_BATCH: usize = 16;
/// Largest ELF in bytes: what an account can hold.
const LARGEST_ELF: u64 = 10 << 20;

/// What a cluster should be like.
pub struct ClusterFile {
    /// Where the cluster is asked: a URL or a moniker.
    pub url: String,
    /// Its genesis hash.
    pub genesis: String,
    /// Path of the key that pays, as written.
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
    pub key: Option<Keypair>,
    /// The ELF.
    pub elf: Vec<u8>,
    /// Its sha256, in hexadecimal digits.
    pub sha256: String,
    /// Who may upgrade it: the payer's address, or the vault of a multisig.
    pub authority: Pubkey,
    /// The publisher's multisig; `None` = nobody may upgrade.
    pub publisher: Option<Pubkey>,
}

/// An economy to create, in Draft.
pub struct EconomyPlan {
    /// Its name in the file.
    pub name: String,
    /// Its mint.
    pub mint: Pubkey,
    /// Its creator's key.
    pub creator: Keypair,
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

struct Keys<'a> {
    section: Section<'a>,
    file: &'a Path,
}

impl<'a> Keys<'a> {
    fn text(&self, key: &str) -> Result<Option<&'a str>, Failure> {
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

    fn address(&self, key: &str) -> Result<Pubkey, Failure> {
        read_address(self.need(key)?, key)
    }

    fn key(&self, key: &str) -> Result<Keypair, Failure> {
        read_key(&beside(self.file, self.need(key)?).display().to_string())
    }

    fn wrong(&self, key: &str, problem: &str, remedy: &str) -> Failure {
        self.section.wrong(key, "bad_cluster_file", problem, remedy)
    }
}

impl ClusterFile {
    /// Reads a cluster file and the files that it names.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, with file, line, key and remedy.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let bytes = files::read(path)?;
        let text = settings::text(&bytes, &name, "give a cluster file")?;
        let table = settings::parse(text, &name, "see migrations/README.md for an example")?;
        let root = Section::root(text, &name, table.get_ref());
        let tables = ["cluster", "program", "migrations", "economies"];
        root.refuse_unknown_keys(&tables, "a cluster file", None)?;
        let keys = |table: &str| -> Result<Keys<'_>, Failure> {
            Ok(Keys {
                section: root.table(table)?,
                file: path,
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
        let unfit = |_| {
            let remedy = format!("write a whole number from 1 to {MOST_IN_BATCH}");
            migrations.wrong("batch", "is no such number", &remedy)
        };
        let batch = migrations
            .section
            .number("batch", |number| number.to_i64(), unfit)?;
        let batch = match batch {
            None => BATCH,
            Some(number) => usize::try_from(number)
                .ok()
                .filter(|number| (1..=MOST_IN_BATCH).contains(number))
                .ok_or_else(|| {
                    let remedy = format!("write a whole number from 1 to {MOST_IN_BATCH}");
                    migrations.wrong("batch", "is out of its range", &remedy)
                })?,
        };
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
                };
                economies.push(economy(name, &keys)?);
            }
        }
        let file = Self {
            url: cluster.need("url")?.to_owned(),
            genesis: cluster.need("genesis")?.to_owned(),
            payer: match cluster.text("payer")? {
                Some("-") => Some("-".to_owned()),
                payer => payer.map(|payer| beside(path, payer).display().to_string()),
            },
            program: root
                .value("program")
                .map(|_| program(&keys("program")?))
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

fn program(keys: &Keys<'_>) -> Result<Program, Failure> {
    let known = ["id", "keypair", "elf", "sha256", "authority", "publisher"];
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
    let publisher = match keys.need("publisher")? {
        "none" => None,
        address => Some(read_address(address, "publisher")?),
    };
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
