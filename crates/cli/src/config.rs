//! `config`: the economy that is meant where none is named, and names of addresses.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use homeostat_chain::signer::read_address;
use homeostat_chain::Which;
use homeostat_client::Pubkey;
use homeostat_settings::files;
use homeostat_settings::preferences::{ClusterDefault, Named, Preferences};
use schemars::JsonSchema;
use serde::Serialize;

use crate::chain::{print, Answer, ClusterArgs, Context};
use crate::failure::{Failure, Place};
use crate::output::Format;

/// What `config --help` closes with.
pub const AFTER_LONG_HELP: &str = "\
The file is homeostat.toml beside the Solana configuration, which is never written to; --preferences
or HOMEOSTAT_CONFIG name another. The default economy goes behind --economy, --mint and
HOMEOSTAT_ECONOMY, is told on stderr whenever it is used, and belongs to the cluster that it was set
on, by its genesis hash: a default of devnet is never meant on mainnet-beta.

Names stand beside addresses in what people read. They are in nothing that is signed, and no command
takes one in the place of an address. Those of the Solana configuration (`address_labels`) are shown
too.";

/// Arguments of `config`.
#[derive(Clone, Debug, clap::Args)]
pub struct ConfigArgs {
    #[command(subcommand)]
    what: What,
}

/// What to do.
#[derive(Clone, Debug, clap::Subcommand)]
enum What {
    /// Show what is set
    Get,
    /// Set the economy that is meant on this cluster where none is named
    Set(SetArgs),
    /// Take back what was set
    Unset(UnsetArgs),
    /// Name an address
    Label(LabelArgs),
}

/// Arguments of `config set`.
#[derive(Clone, Debug, clap::Args)]
struct SetArgs {
    /// The economy at this address
    #[arg(
        long,
        value_name = "ADDRESS",
        required_unless_present = "mint",
        conflicts_with = "mint"
    )]
    economy: Option<String>,
    /// The economy of this token, whichever holds it
    #[arg(long, value_name = "ADDRESS")]
    mint: Option<String>,
}

/// Arguments of `config unset`.
#[derive(Clone, Debug, clap::Args)]
struct UnsetArgs {
    /// The default of the cluster with this genesis hash, instead of the one that --url names
    #[arg(long, value_name = "HASH", conflicts_with = "label")]
    genesis: Option<String>,
    /// The name of this address, instead of a default
    #[arg(long, value_name = "ADDRESS")]
    label: Option<String>,
}

/// Arguments of `config label`.
#[derive(Clone, Debug, clap::Args)]
struct LabelArgs {
    /// Address
    address: String,
    /// Its name, of at most 32 characters
    name: String,
}

/// What is set.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ConfigAnswer {
    /// The file.
    pub file: String,
    /// Defaults, by genesis.
    pub defaults: Vec<DefaultAnswer>,
    /// Names, by address; first those of the file.
    pub labels: Vec<LabelAnswer>,
}

/// The default of a cluster.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DefaultAnswer {
    /// Its genesis hash.
    pub genesis: String,
    /// The cluster in words, when it was set.
    pub cluster: String,
    /// Address of the economy, if it is named by it.
    pub economy: Option<String>,
    /// Its token, if it is named by that.
    pub mint: Option<String>,
}

/// A name.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LabelAnswer {
    /// Address.
    pub address: String,
    /// Its name.
    pub name: String,
    /// `homeostat`, or `solana` for one of the Solana configuration.
    pub of: String,
}

/// `config`.
///
/// # Errors
///
/// A file that cannot be read or written; an economy that is not there; a name that cannot be one.
pub fn run(arguments: &ConfigArgs, cluster: &ClusterArgs, format: Format) -> Result<(), Failure> {
    let Some(file) = cluster.wishes().preferences_file()? else {
        return Err(
            Failure::new("no_home", "there is no home folder for the file")
                .remedy("name a file with --preferences or HOMEOSTAT_CONFIG"),
        );
    };
    let settings = cluster.settings()?;
    let mut set = settings.preferences;
    let changed = change(&mut set, arguments, cluster, format)?;
    if changed {
        write(&file, &set)?;
    }
    let own = set.labels.iter().map(|label| (label, "homeostat"));
    let solana = settings.solana_labels.iter().map(|label| (label, "solana"));
    print(
        &ConfigAnswer {
            file: file.display().to_string(),
            defaults: set.clusters.iter().map(DefaultAnswer::of).collect(),
            labels: own
                .chain(solana)
                .map(|((address, name), of)| LabelAnswer {
                    address: address.to_string(),
                    name: name.clone(),
                    of: of.to_owned(),
                })
                .collect(),
        },
        format,
    )
}

/// Changes what is set; whether the file has to be written.
fn change(
    set: &mut Preferences,
    arguments: &ConfigArgs,
    cluster: &ClusterArgs,
    format: Format,
) -> Result<bool, Failure> {
    match &arguments.what {
        What::Get => return Ok(false),
        What::Set(wanted) => {
            let read = |text: &Option<String>, what: &str| -> Result<Option<Pubkey>, Failure> {
                text.as_deref()
                    .map(|text| read_address(text, what))
                    .transpose()
            };
            let economy = read(&wanted.economy, "--economy")?;
            let (which, named) = match (economy, read(&wanted.mint, "--mint")?) {
                (Some(economy), _) => (Which::of_economy(economy), Named::Economy(economy)),
                (None, Some(mint)) => (Which::of_mint(mint), Named::Mint(mint)),
                // The parser wants one of them.
                (None, None) => return Ok(false),
            };
            let context = Context::open(cluster, format)?;
            let live = which.read(&context.connection)?;
            let on = context.connection.cluster();
            context.say(&format!(
                "the economy {} ({}) is meant on {on} where none is named",
                live.at.economy,
                live.life()
            ));
            let default = ClusterDefault {
                cluster: on.kind.to_string(),
                named,
            };
            set.clusters.insert(on.genesis.clone(), default);
        }
        What::Unset(UnsetArgs {
            label: Some(address),
            ..
        }) => {
            let address = read_address(address, "--label")?;
            if set.labels.remove(&address).is_none() {
                return Err(nothing(&format!("{address} has no name in this file")));
            }
        }
        What::Unset(UnsetArgs { genesis, .. }) => {
            let genesis = match genesis {
                Some(genesis) => genesis.clone(),
                None => {
                    let context = Context::open(cluster, format)?;
                    context.connection.cluster().genesis.clone()
                }
            };
            if set.clusters.remove(&genesis).is_none() {
                return Err(nothing(&format!("the cluster {genesis} has no default")));
            }
        }
        What::Label(label) => {
            set.set_label(&read_address(&label.address, "the address")?, &label.name)?;
        }
    }
    Ok(true)
}

fn nothing(message: &str) -> Failure {
    Failure::new("not_set", message).remedy("`homeostat config get` shows what is set")
}

/// Replaces the file as a whole; a link to it stays one.
fn write(file: &Path, set: &Preferences) -> Result<(), Failure> {
    let target: PathBuf = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    if let Some(folder) = target.parent().filter(|folder| !folder.exists()) {
        fs::create_dir_all(folder).map_err(|error| {
            let place = Place::file(folder.display().to_string());
            Failure::at(
                "unwritable_file",
                place,
                format_args!("cannot be made: {error}"),
            )
            .remedy("name another file with --preferences or HOMEOSTAT_CONFIG")
        })?;
    }
    files::replace(&target, set.text().as_bytes())
}

impl DefaultAnswer {
    fn of((genesis, default): (&String, &ClusterDefault)) -> Self {
        let (economy, mint) = match default.named {
            Named::Economy(economy) => (Some(economy.to_string()), None),
            Named::Mint(mint) => (None, Some(mint.to_string())),
        };
        Self {
            genesis: genesis.clone(),
            cluster: default.cluster.clone(),
            economy,
            mint,
        }
    }
}

impl Answer for ConfigAnswer {
    fn display(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "file {}", self.file)?;
        if self.defaults.is_empty() {
            writeln!(out, "no default economy")?;
        }
        for one in &self.defaults {
            let (what, address) = match (&one.economy, &one.mint) {
                (Some(economy), _) => ("economy", economy),
                (None, Some(mint)) => ("economy of the token", mint),
                (None, None) => continue,
            };
            writeln!(
                out,
                "on {} (genesis {}): {what} {address}",
                one.cluster, one.genesis
            )?;
        }
        for label in &self.labels {
            let of = match label.of.as_str() {
                "solana" => "  (Solana configuration)",
                _ => "",
            };
            writeln!(out, "{}  {}{of}", label.address, label.name)?;
        }
        Ok(())
    }
}
