//! The real binary in a folder of a test's own.

#[path = "alone.rs"]
mod alone;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// What a run left behind.
#[derive(Debug)]
pub struct Outcome {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    /// The answer of a run with `--output json`.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The code of the failure that a run with `--output json` ended with.
    pub fn failure(&self) -> String {
        let code = &self.json()["error"]["code"];
        code.as_str()
            .unwrap_or_else(|| panic!("{self:?}"))
            .to_owned()
    }
}

/// An empty folder.
pub fn folder(test: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).expect("a folder for the test");
    path
}

/// The binary with words on its command line.
pub fn command(folder: &Path, words: &str) -> Command {
    let mut command = alone::binary();
    command.args(words.split_whitespace()).current_dir(folder);
    command
}

/// Runs it to its end.
pub fn homeostat(folder: &Path, words: &str) -> Outcome {
    let output = command(folder, words).output().expect("the binary runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Outcome {
        code: output.status.code(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}
