//! Why a proposal is made: the address and the sha256 of a text, filled in from a file and
//! checked against one.

use std::fs::File;
use std::path::{Path, PathBuf};

use homeostat_client::{governance, Reason};
use homeostat_settings::files;
use schemars::JsonSchema;
use serde::Serialize;

use crate::failure::Failure;

/// Most bytes of a text that is read.
const LARGEST: u64 = 1 << 20;

/// Arguments that give a reason.
#[derive(Clone, Debug, clap::Args)]
pub struct GiveArgs {
    /// File with the text that says why; its sha256 goes on chain
    #[arg(long, value_name = "FILE", requires = "reason_uri")]
    reason: Option<PathBuf>,
    /// Where people find that text (at most 128 visible ASCII characters)
    #[arg(long, value_name = "URI", requires = "reason", value_parser = uri)]
    reason_uri: Option<String>,
}

impl GiveArgs {
    /// The reason, if one is given.
    ///
    /// # Errors
    ///
    /// The file cannot be read or is too long.
    pub fn reason(&self) -> Result<Option<Reason>, Failure> {
        let Some((file, uri)) = self.reason.as_ref().zip(self.reason_uri.as_ref()) else {
            return Ok(None);
        };
        Ok(Some(governance::reason(uri, &text(file)?)))
    }
}

/// Arguments that check a reason.
#[derive(Clone, Debug, clap::Args)]
pub struct CheckArgs {
    /// Check that this file is the text that the proposal names as its reason
    #[arg(long, value_name = "FILE")]
    reason: Option<PathBuf>,
}

impl CheckArgs {
    /// The reason as it is shown, checked where there is a text to check.
    ///
    /// # Errors
    ///
    /// The file that was given is another text, or cannot be read, or no reason was given.
    pub fn shown(&self, reason: Option<&Reason>) -> Result<Option<Shown>, Failure> {
        let mut shown = reason.map(Shown::of);
        if let Some(file) = &self.reason {
            let sha256 = sha256(&text(file)?);
            if reason.is_none_or(|reason| reason.sha256 != sha256) {
                return Err(Failure::new(
                    "wrong_reason",
                    format!("{} is not the text that the proposal names", file.display()),
                )
                .remedy("read the text at the proposal's address; nothing was sent"));
            }
            if let Some(shown) = &mut shown {
                shown.matches = Some(true);
            }
        }
        Ok(shown)
    }
}

/// A proposal's reason as it is shown.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Shown {
    /// Where the text is.
    pub uri: String,
    /// The text's sha256, in hexadecimal.
    pub sha256: String,
    /// Whether the text was read and has that sha256; absent where it was not read.
    pub matches: Option<bool>,
}

impl Shown {
    /// A reason as it is stored, checked if it is a file on this machine.
    pub fn of(reason: &Reason) -> Self {
        let path = reason.uri.strip_prefix("file://").unwrap_or(&reason.uri);
        // The proposer chose the path: nothing but a regular file is opened.
        let local = Path::new(path).is_file().then(|| text(Path::new(path)));
        Self {
            uri: reason.uri.clone(),
            sha256: hexadecimal(&reason.sha256),
            matches: local
                .and_then(Result::ok)
                .map(|text| sha256(&text) == reason.sha256),
        }
    }

    /// For people.
    pub fn line(&self) -> String {
        let checked = match self.matches {
            None => "not checked",
            Some(true) => "checked",
            Some(false) => "ANOTHER TEXT",
        };
        format!(
            "because of {} (sha256 {}: {checked})",
            self.uri, self.sha256
        )
    }
}

/// Bytes in hexadecimal.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sha256(text: &[u8]) -> [u8; 32] {
    governance::reason("", text).sha256
}

fn text(path: &Path) -> Result<Vec<u8>, Failure> {
    let name = path.display().to_string();
    let text = File::open(path)
        .and_then(|file| files::read_up_to(file, LARGEST))
        .map_err(|error| files::unreadable(&name, &error))?;
    if text.len() as u64 > LARGEST {
        return Err(Failure::new(
            "reason_too_long",
            format!("{name} has more than {LARGEST} bytes"),
        )
        .remedy("publish the long text elsewhere and name it in a short one"));
    }
    Ok(text)
}

fn uri(text: &str) -> Result<String, String> {
    let fits = (1..=homeostat::constants::MAX_REASON_URI).contains(&text.len());
    if fits && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(text.to_owned())
    } else {
        Err("give 1 to 128 visible ASCII characters".to_owned())
    }
}
