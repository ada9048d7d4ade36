//! Commands that talk to a cluster.

pub mod amount;
pub mod audit;
pub mod breaker;
pub mod council;
pub mod crank;
pub mod creation;
pub mod daemon;
pub mod delivery;
mod effects;
pub mod ending;
pub mod explain;
pub mod feeds;
pub(crate) mod figure;
mod flags;
mod genesis;
mod handover;
pub mod keeper;
pub mod key;
pub mod labels;
pub mod leaving;
pub mod log;
mod offers;
pub mod outcome;
pub mod parts;
pub mod payments;
pub mod plain;
pub mod prepared;
pub mod propose;
pub mod reasons;
pub mod recipients;
pub mod refused;
pub mod reporter;
mod sentences;
pub mod staking;
pub mod start;
pub mod status;
pub mod warp;
pub mod watch;
pub mod why;
pub mod write;
mod written;

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use homeostat_chain::answers::Recording;
use homeostat_chain::rpc::{self, Allowed, Tell};
use homeostat_chain::{
    Cluster, Connection, Envelope, Journal, Kind, Live, Settings, Which, Wishes,
};
use homeostat_client::{Instruction, Pubkey};
use homeostat_settings::human::duration_in;
pub use homeostat_settings::human::{duration, time};
use homeostat_settings::preferences::Named;
use schemars::JsonSchema;
use serde::Serialize;
use solana_commitment_config::CommitmentConfig;
use solana_message::AddressLookupTableAccount;

use crate::failure::Failure;
use crate::output::{self, Format};
use crate::progress::Spinner;
use delivery::Delivery;
use key::Key;
use labels::Labels;

/// Options of every command that talks to a cluster; those of the Solana command line.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ClusterArgs {
    /// JSON-RPC URL or moniker [mainnet-beta, testnet, devnet, localhost, or m, t, d, l]; may be
    /// given several times: the next one is asked when those before fail
    #[arg(
        short,
        long,
        global = true,
        value_name = "URL_OR_MONIKER",
        help_heading = "Cluster"
    )]
    pub url: Vec<String>,

    /// Key that pays and signs: a file, `-` for stdin, `usb://ledger?key=0/0` for a hardware
    /// wallet, `prompt:?key=0/0` or `ASK` for a seed phrase; an address with --prepare
    #[arg(
        short,
        long,
        global = true,
        value_name = "KEYPAIR",
        help_heading = "Cluster"
    )]
    pub keypair: Option<String>,

    /// Solana configuration file [default: ~/.config/solana/cli/config.yml]
    #[arg(
        short = 'C',
        long,
        global = true,
        value_name = "FILE",
        help_heading = "Cluster"
    )]
    pub config: Option<String>,

    /// File of `homeostat config` [default: homeostat.toml beside the Solana configuration]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "HOMEOSTAT_CONFIG",
        help_heading = "Cluster"
    )]
    pub preferences: Option<PathBuf>,

    /// How sure an answer has to be [processed, confirmed, finalized]
    #[arg(long, global = true, value_name = "LEVEL", help_heading = "Cluster")]
    pub commitment: Option<String>,

    /// How long a request to the cluster may take, such as 15s or 15; where a server limits requests or
    /// fails, it is tried again for up to twice as long
    #[arg(long, global = true, value_name = "TIME", default_value_t = 15,
          value_parser = duration_in(1..=600_u64), help_heading = "Cluster")]
    pub rpc_timeout: u64,

    /// Most requests in 10 s, of one method and in all, or `off` [default: 40,100 for the public
    /// servers of the clusters; daemons: for every server that is not on this machine]
    #[arg(
        long,
        global = true,
        value_name = "METHOD,ALL",
        help_heading = "Cluster"
    )]
    pub rpc_budget: Option<String>,

    /// Folder of the journal of sent transactions [default: homeostat/journal in the state folder]
    #[arg(
        long,
        global = true,
        value_name = "FOLDER",
        env = "HOMEOSTAT_JOURNAL",
        help_heading = "Cluster"
    )]
    pub journal: Option<PathBuf>,

    /// Tell more on stderr
    #[arg(short, long, global = true, help_heading = "Cluster")]
    pub verbose: bool,
}

impl ClusterArgs {
    /// The settings that these arguments and the configuration file come to.
    ///
    /// # Errors
    ///
    /// As [`Wishes::resolve`].
    pub fn settings(&self) -> Result<Settings, Failure> {
        self.wishes().resolve()
    }

    /// What these arguments wish for.
    pub fn wishes(&self) -> Wishes {
        let mut urls = self.url.iter().cloned();
        Wishes {
            url: urls.next(),
            other_urls: urls.collect(),
            keypair: self.keypair.clone(),
            config: self.config.clone(),
            commitment: self.commitment.clone(),
            preferences: self.preferences.clone(),
        }
    }

    /// How the servers of these settings are asked: as often as `usual`, unless the arguments
    /// say otherwise, and whom that is told that a server is waited for.
    ///
    /// # Errors
    ///
    /// `bad_budget`.
    pub fn servers(
        &self,
        settings: &Settings,
        usual: Allowed,
        tell: Tell,
    ) -> Result<rpc::Options, Failure> {
        let timeout = Duration::from_secs(self.rpc_timeout);
        Ok(rpc::Options {
            budget: match &self.rpc_budget {
                Some(text) => text.parse()?,
                None => usual,
            },
            tell,
            ..rpc::Options::of(settings, timeout)
        })
    }
}

/// Which economy a command is about.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct WhichArgs {
    /// Address of the economy
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "HOMEOSTAT_ECONOMY",
        help_heading = "Economy"
    )]
    pub economy: Option<String>,

    /// The economy of this token
    #[arg(long, value_name = "ADDRESS", help_heading = "Economy")]
    pub mint: Option<String>,

    /// The economy that this wallet made (with --mint, where there are several)
    #[arg(
        long,
        value_name = "ADDRESS",
        requires = "mint",
        help_heading = "Economy"
    )]
    pub creator: Option<String>,
}

impl WhichArgs {
    /// The addresses.
    ///
    /// # Errors
    ///
    /// One that is none.
    pub fn which(&self) -> Result<Which, Failure> {
        let read = |text: &Option<String>, what: &str| {
            text.as_deref()
                .map(|text| homeostat_chain::signer::read_address(text, what))
                .transpose()
        };
        let mint = read(&self.mint, "--mint")?;
        Ok(Which {
            // A token named on the command line goes before an economy of the environment.
            economy: if mint.is_some() {
                None
            } else {
                read(&self.economy, "--economy")?
            },
            mint,
            creator: read(&self.creator, "--creator")?,
        })
    }
}

/// Where the answers of the cluster come from.
pub enum Source {
    /// From the cluster.
    Cluster,
    /// From the cluster, and they are written down for somebody who signs elsewhere.
    Recorded(Recording),
    /// From the file that they were written to; nothing is connected to.
    File(Box<Envelope>),
}

impl Source {
    /// Whether what is signed has a durable nonce.
    pub fn nonce(&self) -> bool {
        matches!(self, Self::File(envelope) if envelope.about.nonce.is_some())
    }
}

/// A command's surroundings.
pub struct Context {
    /// Where to ask and whose key.
    pub settings: Settings,
    /// The cluster, which has answered.
    pub connection: Connection,
    /// Where its answers come from.
    pub source: Source,
    /// What was sent and has no outcome yet.
    pub journal: Journal,
    /// Format of the data on stdout.
    pub format: Format,
    /// Whether to tell more.
    pub verbose: bool,
    /// The lookup table of what is sent, where one is needed.
    table: OnceLock<AddressLookupTableAccount>,
    /// Turns while an outcome is waited for.
    spinner: Spinner,
}

impl Context {
    /// Resolves the settings and asks the cluster who it is.
    ///
    /// # Errors
    ///
    /// Wrong settings, or a cluster that does not answer.
    pub fn open(arguments: &ClusterArgs, format: Format) -> Result<Self, Failure> {
        Self::open_for(arguments, format, Delivery::Send)
    }

    /// The same for a command that delivers its transaction like this: what is prepared is
    /// recorded, and what is only signed opens no connection.
    ///
    /// # Errors
    ///
    /// Wrong settings, a cluster that does not answer, a file that was not prepared.
    pub fn open_for(
        arguments: &ClusterArgs,
        format: Format,
        delivery: Delivery<'_>,
    ) -> Result<Self, Failure> {
        let mut settings = arguments.settings()?;
        let spinner = Spinner::default();
        let beside = spinner.clone();
        let tell: Tell = Arc::new(move |line: &str| beside.beside(|| say(line)));
        let servers = arguments.servers(&settings, Allowed::default(), tell)?;
        let (connection, source) = match delivery {
            Delivery::SignOnly(file) => {
                let envelope = Envelope::read(file)?;
                settings.commitment = CommitmentConfig {
                    commitment: envelope.about.commitment,
                };
                let cluster = Cluster {
                    kind: Kind::of(&envelope.about.genesis),
                    genesis: envelope.about.genesis.to_string(),
                    url: envelope.about.url.clone(),
                };
                let answers = envelope.about.answers.clone();
                let connection = Connection::recorded(answers, cluster, settings.commitment);
                (connection, Source::File(Box::new(envelope)))
            }
            Delivery::Prepare(_) => {
                let (connection, recording) = Connection::open_recording(&servers)?;
                (connection, Source::Recorded(recording))
            }
            _ => {
                let connection = Connection::open_with(&servers)?;
                (connection, Source::Cluster)
            }
        };
        let context = Self {
            settings,
            connection,
            source,
            journal: Journal::open(arguments.journal.as_deref()),
            format,
            verbose: arguments.verbose,
            table: OnceLock::new(),
            spinner,
        };
        context.detail(|| format!("cluster: {}", context.connection.cluster()));
        Ok(context)
    }

    /// Where people look a transaction up, if anywhere.
    pub(crate) fn explorer(&self, signature: &str) -> Option<String> {
        self.connection.cluster().kind.explorer(signature)
    }

    /// The economy that is meant.
    ///
    /// # Errors
    ///
    /// None is named, or there is none.
    pub fn live(&self, which: &WhichArgs) -> Result<Live, Failure> {
        self.which(which)?.read(&self.connection)
    }

    /// The economy that is named, or the default of this very cluster, which is told: what was set
    /// on another cluster is never meant.
    ///
    /// # Errors
    ///
    /// An address that is none; none is named, and the defaults are of other clusters
    /// (`no_economy`).
    pub fn which(&self, which: &WhichArgs) -> Result<Which, Failure> {
        let named = which.which()?;
        if named.economy.is_some() || named.mint.is_some() {
            return Ok(named);
        }
        let clusters = &self.settings.preferences.clusters;
        let cluster = self.connection.cluster();
        if let Some(default) = clusters.get(&cluster.genesis) {
            let (which, what) = match default.named {
                Named::Economy(economy) => (Which::of_economy(economy), "the economy"),
                Named::Mint(mint) => (Which::of_mint(mint), "the economy of the token"),
            };
            let address = which.economy.or(which.mint).unwrap_or_default();
            self.say(&format!(
                "{what} {address}, the default for {} (`homeostat config get`)",
                cluster.kind
            ));
            return Ok(which);
        }
        if let Some(other) = clusters.values().next() {
            let others: Vec<&str> = clusters.values().map(|it| it.cluster.as_str()).collect();
            let of = match others.as_slice() {
                [_] => other.cluster.clone(),
                _ => others.join(", "),
            };
            return Err(Failure::new(
                "no_economy",
                format!("which economy? The default is for {of}, and this is {cluster}"),
            )
            .remedy(
                "name it with --economy ADDRESS or --mint ADDRESS, set one for this cluster with \
                 `homeostat config set --economy ADDRESS`, or correct --url",
            ));
        }
        Ok(named)
    }

    /// The names of addresses that were set.
    pub fn labels(&self) -> Labels {
        Labels::of(&self.settings)
    }

    /// The key of `--keypair` or the configuration.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn key(&self) -> Result<Key, Failure> {
        Key::read(&self.settings.keypair)
    }

    /// Has transactions use this lookup table that fit no packet without it.
    pub fn use_table(&self, table: AddressLookupTableAccount) {
        // A command has one.
        let _ = self.table.set(table);
    }

    /// The lookup tables of transactions.
    fn tables(&self) -> &[AddressLookupTableAccount] {
        self.table.get().map_or(&[], core::slice::from_ref)
    }

    /// A line on stderr.
    pub fn say(&self, line: &str) {
        self.spinner.beside(|| say(line));
    }

    /// A line on stderr with `-v`.
    pub fn detail(&self, line: impl FnOnce() -> String) {
        if self.verbose {
            self.say(&line());
        }
    }

    /// Prints an answer: its own text, or JSON.
    ///
    /// # Errors
    ///
    /// Stdout cannot be written.
    pub fn answer(&self, answer: &impl Answer) -> Result<(), Failure> {
        self.spinner.stop();
        print(answer, self.format)
    }
}

/// Prints an answer: its own text, or JSON.
///
/// # Errors
///
/// Stdout cannot be written.
pub(crate) fn print(answer: &impl Answer, format: Format) -> Result<(), Failure> {
    output::to_stdout(|out| match format {
        Format::Display => answer.display(out),
        format => output::write_json(&mut { out }, answer, format).map_err(io::Error::other),
    })
    .map_err(|error| output::unwritten(&error))
}

/// A line on stderr.
fn say(line: &str) {
    // Nobody to tell that nobody listens.
    let _ = writeln!(io::stderr(), "{line}");
}

/// What a command prints. The JSON has a committed schema: see [`crate::schema`].
pub trait Answer: Serialize + JsonSchema {
    /// As text for a person.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    fn display(&self, out: &mut dyn Write) -> io::Result<()>;
}

/// The balance of a token account; 0 when there is none (base units).
fn balance(context: &Context, tokens: &Pubkey) -> Result<u64, Failure> {
    let account = context.connection.account(tokens)?;
    Ok(account
        .as_ref()
        .and_then(|account| effects::tokens(&account.data))
        .unwrap_or(0))
}

/// What creates a wallet's token account at the payer's cost, where it is missing.
fn missing_account(
    context: &Context,
    payer: &Pubkey,
    owner: &Pubkey,
    mint: &Pubkey,
    token_program: &Pubkey,
) -> Result<Vec<Instruction>, Failure> {
    let tokens = homeostat_chain::live::associated(owner, mint, token_program);
    Ok(match context.connection.account(&tokens)? {
        Some(_) => Vec::new(),
        None => vec![create_associated(payer, owner, mint, token_program)],
    })
}

/// Creates a wallet's token account, or does nothing when it is there.
pub(crate) fn create_associated(
    payer: &Pubkey,
    owner: &Pubkey,
    mint: &Pubkey,
    token_program: &Pubkey,
) -> Instruction {
    anchor_spl::associated_token::spl_associated_token_account::instruction::create_associated_token_account_idempotent(
        payer,
        owner,
        mint,
        token_program,
    )
}

impl Drop for Context {
    /// A failure is told on a line of its own.
    fn drop(&mut self) {
        self.spinner.stop();
    }
}
