//! Which cluster, found the way the Solana command line finds it.

use std::{
    collections::BTreeMap,
    fmt,
    net::IpAddr,
    path::{Path, PathBuf},
};

use homeostat_client::Pubkey;

use serde::Serialize;
use solana_cli_config::{Config, ConfigInput, CONFIG_FILE};
use solana_commitment_config::CommitmentConfig;
use solana_hash::Hash;

use homeostat_settings::failure::{quoted, Failure, Place};
use homeostat_settings::files;
use homeostat_settings::preferences::{is_name, Preferences};

/// The file of `homeostat config`, in the folder of the Solana configuration.
const PREFERENCES: &str = "homeostat.toml";

/// Settings of a command line and of the Solana configuration file, the former first.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// `--url`: a URL or a moniker (`mainnet-beta`, `testnet`, `devnet`, `localhost`, or
    /// its first letter).
    pub url: Option<String>,
    /// Further `--url`: servers of the same cluster, asked in order when those before fail.
    pub other_urls: Vec<String>,
    /// `--keypair`: a path, or `-` for stdin.
    pub keypair: Option<String>,
    /// `--config`: instead of `~/.config/solana/cli/config.yml`.
    pub config: Option<String>,
    /// `--commitment`: `processed`, `confirmed` or `finalized`.
    pub commitment: Option<String>,
    /// The file of `homeostat config`, instead of `homeostat.toml` beside the Solana configuration.
    pub preferences: Option<PathBuf>,
}

/// What to use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// JSON-RPC.
    pub url: String,
    /// Further servers of the same cluster, in the order in which they are asked.
    pub other_urls: Vec<String>,
    /// Websocket.
    pub ws_url: String,
    /// The key that pays, as a path or `-`.
    pub keypair: String,
    /// How sure an answer has to be.
    pub commitment: CommitmentConfig,
    /// What `homeostat config` set.
    pub preferences: Preferences,
    /// Names of addresses in the Solana configuration.
    pub solana_labels: BTreeMap<Pubkey, String>,
}

impl Wishes {
    /// Wishes, then the configuration file, then Solana's defaults.
    ///
    /// # Errors
    ///
    /// A configuration file that was asked for and cannot be read, a URL that is none,
    /// an unknown commitment.
    pub fn resolve(&self) -> Result<Settings, Failure> {
        let config = self.file()?;
        let text = |wish: &Option<String>| wish.clone().unwrap_or_default();
        let (wished, wished_commitment) = (text(&self.url), text(&self.commitment));
        let server = |wished: &str| {
            let (_, url) = ConfigInput::compute_json_rpc_url_setting(wished, &config.json_rpc_url);
            checked(url)
        };
        let url = server(&wished)?;
        let mut other_urls = Vec::new();
        for other in &self.other_urls {
            other_urls.push(server(other)?);
        }
        let (_, ws_url) = ConfigInput::compute_websocket_url_setting(
            "",
            // The file's websocket belongs to the file's URL.
            if wished.is_empty() {
                &config.websocket_url
            } else {
                ""
            },
            &wished,
            &config.json_rpc_url,
        );
        if !wished_commitment.is_empty()
            && !["processed", "confirmed", "finalized"].contains(&wished_commitment.as_str())
        {
            return Err(Failure::new(
                "bad_commitment",
                format!("{} is not a commitment", quoted(&wished_commitment)),
            )
            .remedy("write processed, confirmed or finalized"));
        }
        let (_, commitment) =
            ConfigInput::compute_commitment_config(&wished_commitment, &config.commitment);
        let (_, keypair) =
            ConfigInput::compute_keypair_path_setting(&text(&self.keypair), &config.keypair_path);
        Ok(Settings {
            url,
            other_urls,
            ws_url,
            keypair,
            commitment,
            preferences: self.read_preferences()?,
            solana_labels: labels(&config),
        })
    }

    /// Where the file of `homeostat config` is, or would be; none without a home folder.
    ///
    /// # Errors
    ///
    /// `bad_config`: it would be the Solana configuration itself, which is never written to.
    pub fn preferences_file(&self) -> Result<Option<PathBuf>, Failure> {
        let solana = self.config.as_ref().or(CONFIG_FILE.as_ref());
        let solana = solana.map(Path::new);
        let file = match (&self.preferences, solana) {
            (Some(wished), _) => wished.clone(),
            (None, Some(solana)) => solana.with_file_name(PREFERENCES),
            (None, None) => return Ok(None),
        };
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if solana.is_some_and(|solana| real(solana) == real(&file)) {
            let name = file.display().to_string();
            let problem = "is the Solana configuration, which `homeostat config` never writes to";
            let failure = Failure::at("bad_config", Place::file(name), problem);
            return Err(failure.remedy("name another file, or unset HOMEOSTAT_CONFIG"));
        }
        Ok(Some(file))
    }

    fn read_preferences(&self) -> Result<Preferences, Failure> {
        match self.preferences_file()? {
            Some(file) if file.exists() => {
                Preferences::read(&files::read(&file)?, &file.display().to_string())
            }
            _ => Ok(Preferences::default()),
        }
    }

    fn file(&self) -> Result<Config, Failure> {
        let file = match (&self.config, &*CONFIG_FILE) {
            (Some(wished), _) => wished.clone(),
            (None, Some(usual)) if Path::new(usual).exists() => usual.clone(),
            _ => return Ok(Config::default()),
        };
        Config::load(&file).map_err(|error| {
            Failure::at(
                "bad_config",
                Place::file(file),
                format_args!("cannot be read: {error}"),
            )
            .remedy("it is the file of `solana config set`; give another with --config")
        })
    }
}

/// The names that the Solana configuration gives to addresses; what cannot be a name is left out.
fn labels(config: &Config) -> BTreeMap<Pubkey, String> {
    let named = config.address_labels.iter();
    let named = named.filter(|(_, label)| is_name(label));
    named
        .filter_map(|(address, label)| Some((address.parse().ok()?, label.clone())))
        .collect()
}

/// A URL of a form that a server can have.
fn checked(url: String) -> Result<String, Failure> {
    if url.starts_with("http://") || url.starts_with("https://") {
        return Ok(url);
    }
    let words = format!("{} is not the URL of a JSON-RPC server", quoted(&url));
    Err(Failure::new("bad_url", words).remedy(
        "write http://… or https://…, or mainnet-beta, testnet, devnet, localhost (or m, t, d, l)",
    ))
}

/// A cluster by its genesis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Real money.
    MainnetBeta,
    /// The cluster of validators' trials.
    Testnet,
    /// The cluster of developers' trials.
    Devnet,
    /// A validator of one's own, or a cluster that we do not know.
    Other,
}

impl Kind {
    /// Where people look a transaction up: on Solana's explorer; `None` for a cluster that it
    /// does not know.
    pub fn explorer(self, signature: &str) -> Option<String> {
        let cluster = match self {
            Self::MainnetBeta => "",
            Self::Testnet => "?cluster=testnet",
            Self::Devnet => "?cluster=devnet",
            Self::Other => return None,
        };
        Some(format!(
            "https://explorer.solana.com/tx/{signature}{cluster}"
        ))
    }

    /// The clusters with a known genesis.
    const KNOWN: [(Self, &'static str); 3] = [
        (
            Self::MainnetBeta,
            "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d",
        ),
        (
            Self::Testnet,
            "4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY",
        ),
        (Self::Devnet, "EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG"),
    ];

    /// The cluster with this genesis.
    pub fn of(genesis: &Hash) -> Self {
        let genesis = genesis.to_string();
        Self::KNOWN
            .iter()
            .find(|(_, hash)| *hash == genesis)
            .map_or(Self::Other, |(kind, _)| *kind)
    }

    /// What a public URL or moniker promises; a promise that the genesis must keep.
    pub fn promised_by(url: &str) -> Option<Self> {
        let host = host(url);
        [
            ("mainnet", Self::MainnetBeta),
            ("testnet", Self::Testnet),
            ("devnet", Self::Devnet),
        ]
        .into_iter()
        .find(|(word, _)| host.split(['.', '-']).any(|part| part == *word))
        .map(|(_, kind)| kind)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MainnetBeta => "mainnet-beta",
            Self::Testnet => "testnet",
            Self::Devnet => "devnet",
            Self::Other => "another cluster",
        })
    }
}

/// A cluster that answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cluster {
    /// Which one.
    pub kind: Kind,
    /// Its genesis hash.
    pub genesis: String,
    /// Where it was asked, without what may be a secret.
    pub url: String,
}

impl fmt::Display for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.kind, self.url)
    }
}

/// The host of a URL, without user, port, and the brackets of an address of version 6.
pub fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    // To what reads URLs a backslash is a slash.
    let place = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
    match place.strip_prefix('[') {
        Some(six) => six.split(']').next().unwrap_or_default(),
        None => place.split(':').next().unwrap_or_default(),
    }
}

/// Whether a URL leads to this machine.
pub fn is_loopback(url: &str) -> bool {
    let host = host(url);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// A URL fit to be shown: providers put keys of access into path and query.
pub fn shown(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let host_and_more = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let host = host_and_more.split(['/', '?']).next().unwrap_or_default();
    let more = if host_and_more.trim_end_matches('/').len() > host.len() {
        "/…"
    } else {
        ""
    };
    format!("{scheme}://{host}{more}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A configuration that is nobody's: Solana's defaults.
    fn defaults(test: &str) -> Option<String> {
        let name = format!("homeostat-{test}-{}.yml", std::process::id());
        let file = std::env::temp_dir().join(name).display().to_string();
        Config::default().save(&file).unwrap();
        Some(file)
    }

    #[test]
    fn monikers_and_their_letters_are_urls() {
        for (wish, url) in [
            ("l", "http://localhost:8899"),
            ("devnet", "https://api.devnet.solana.com"),
            ("http://127.0.0.1:20000", "http://127.0.0.1:20000"),
        ] {
            let settings = Wishes {
                url: Some(wish.into()),
                config: defaults("monikers"),
                ..Wishes::default()
            }
            .resolve()
            .unwrap();
            assert_eq!(settings.url, url);
        }
    }

    #[test]
    fn several_servers_keep_their_order_and_each_may_be_a_moniker() {
        let wishes = Wishes {
            url: Some("https://rpc.example.org/key".into()),
            other_urls: vec!["d".into(), "http://127.0.0.1:9".into()],
            config: defaults("several"),
            ..Wishes::default()
        };
        let settings = wishes.resolve().unwrap();
        assert_eq!(settings.url, "https://rpc.example.org/key");
        let others = ["https://api.devnet.solana.com", "http://127.0.0.1:9"];
        assert_eq!(settings.other_urls, others);
        let wishes = Wishes {
            url: Some("l".into()),
            other_urls: vec!["rpc.example.org".into()],
            config: defaults("several"),
            ..Wishes::default()
        };
        assert_eq!(wishes.resolve().unwrap_err().code, "bad_url");
    }

    #[test]
    fn what_is_no_url_and_no_commitment_is_refused() {
        let wishes = Wishes {
            url: Some("ftp://x".into()),
            config: defaults("wrong"),
            ..Wishes::default()
        };
        assert_eq!(wishes.resolve().unwrap_err().code, "bad_url");
        let wishes = Wishes {
            commitment: Some("sure".into()),
            config: defaults("wrong"),
            ..Wishes::default()
        };
        assert_eq!(wishes.resolve().unwrap_err().code, "bad_commitment");
        let wishes = Wishes {
            config: Some("/nowhere/config.yml".into()),
            ..Wishes::default()
        };
        assert_eq!(wishes.resolve().unwrap_err().code, "bad_config");
    }

    #[test]
    fn what_was_set_lies_beside_the_solana_configuration_and_never_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let solana = folder.path().join("config.yml");
        let address = Pubkey::new_unique();
        let mut config = Config::default();
        let bad = Pubkey::new_unique();
        for (address, label) in [(address, "reserve"), (bad, "\u{1b}[31m")] {
            config
                .address_labels
                .insert(address.to_string(), label.to_owned());
        }
        config.save(&solana.display().to_string()).unwrap();
        let wishes = |preferences| Wishes {
            config: Some(solana.display().to_string()),
            preferences,
            ..Wishes::default()
        };
        let beside = folder.path().join(PREFERENCES);
        assert_eq!(wishes(None).preferences_file(), Ok(Some(beside.clone())));
        // Solana's own names are read, but for what cannot be one.
        let read = wishes(None).resolve().unwrap();
        assert_eq!(read.preferences, Preferences::default());
        assert_eq!(
            read.solana_labels.get(&address),
            Some(&"reserve".to_owned())
        );
        assert!(!read.solana_labels.contains_key(&bad));
        let mut set = Preferences::default();
        set.set_label(&address, "mine").unwrap();
        std::fs::write(&beside, set.text()).unwrap();
        assert_eq!(wishes(None).resolve().unwrap().preferences, set);
        let failure = wishes(Some(solana.clone())).resolve().unwrap_err();
        assert_eq!(failure.code, "bad_config");
        // What cannot be read is told, and not taken for nothing.
        std::fs::write(&beside, "[x]\n").unwrap();
        assert_eq!(wishes(None).resolve().unwrap_err().code, "unknown_key");
    }

    #[test]
    fn a_name_promises_a_cluster() {
        let promised = Kind::promised_by;
        assert_eq!(
            promised("https://api.mainnet-beta.solana.com"),
            Some(Kind::MainnetBeta)
        );
        assert_eq!(
            promised("https://devnet.example.org/?api-key=1"),
            Some(Kind::Devnet)
        );
        assert_eq!(promised("http://127.0.0.1:8899"), None);
        assert_eq!(promised("https://rpc.example.org/mainnet"), None);
    }

    #[test]
    fn secrets_of_a_url_are_not_shown() {
        assert_eq!(
            shown("https://user:pass@rpc.example.org/v1/SECRET?key=SECRET"),
            "https://rpc.example.org/…"
        );
        assert_eq!(shown("http://127.0.0.1:8899"), "http://127.0.0.1:8899");
    }

    #[test]
    fn this_machine_is_known_by_its_names_alone() {
        for here in [
            "http://localhost:8899",
            "http://127.0.0.1:1",
            "http://me@127.4.5.6/x",
            "http://[::1]:8899/",
        ] {
            assert!(is_loopback(here), "{here}");
        }
        for elsewhere in [
            "https://api.devnet.solana.com",
            "http://localhost.example.org",
            "http://127.0.0.1.example.org/",
            "http://10.0.0.1:8899",
            "http://example.org/?at=127.0.0.1",
            "http://127.0.0.1@example.org",
            "http://example.org\\@127.0.0.1",
        ] {
            assert!(!is_loopback(elsewhere), "{elsewhere}");
        }
    }
}
