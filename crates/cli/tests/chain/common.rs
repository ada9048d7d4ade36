//! Running the binary and reading its answers.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Output;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use homeostat_served::Fixture;
use serde_json::Value;

use crate::alone;
use crate::schema::check_schema;

/// What a command said.
pub struct Said {
    /// Exit code.
    pub code: i32,
    /// Stdout as it is.
    pub stdout: String,
    /// Stderr as it is.
    pub stderr: String,
}

impl Said {
    /// Stdout as JSON: the whole of it, nothing else on it.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| {
            panic!("{error}\nstdout: {}\nstderr: {}", self.stdout, self.stderr)
        })
    }

    /// The error's code.
    pub fn error(&self) -> String {
        self.json()["error"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }
}

/// Runs `homeostat` against the fixture's cluster, with JSON. A write or read that
/// succeeds is checked against its committed schema.
pub fn run(fixture: &Fixture, arguments: &[&str]) -> Said {
    run_at(fixture, fixture.served.url(), arguments)
}

/// The same against another URL.
pub fn run_at(fixture: &Fixture, url: &str, arguments: &[&str]) -> Said {
    let said = bare(fixture, url, arguments, "json");
    if said.code == 0 && !arguments.contains(&"--sign-only") {
        let command = arguments.first().copied().unwrap_or_default();
        check_schema(command, &said.json());
    }
    said
}

/// The same as a person sees it.
pub fn text(fixture: &Fixture, arguments: &[&str]) -> Said {
    bare(fixture, fixture.served.url(), arguments, "display")
}

/// The same with a format of one's own, and without a look at the answer.
pub fn bare(fixture: &Fixture, url: &str, arguments: &[&str], format: &str) -> Said {
    let economy = fixture.at.economy.to_string();
    let Output {
        status,
        stdout,
        stderr,
    } = alone::binary()
        .args(arguments)
        .args(["--output", format, "--url", url, "--config"])
        .arg(fixture.config())
        .env("HOMEOSTAT_ECONOMY", economy)
        // Nobody's own journal: that of this fixture.
        .env("HOMEOSTAT_JOURNAL", fixture.folder().join("journal"))
        .output()
        .expect("the binary runs");
    Said {
        code: status.code().unwrap_or(-1),
        stdout: String::from_utf8(stdout).expect("UTF-8"),
        stderr: String::from_utf8(stderr).expect("UTF-8"),
    }
}

/// A pipe in front of a server that counts bytes.
pub fn counted(url: &str) -> (String, Arc<AtomicU64>) {
    let target = url.strip_prefix("http://").unwrap().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let bytes = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&bytes);
    let copy = move |mut from: TcpStream, mut to: TcpStream, counter: Arc<AtomicU64>| {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            counter.fetch_add(count as u64, Ordering::Relaxed);
            if to.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    };
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let Ok(other) = TcpStream::connect(&target) else {
                return;
            };
            let (back, forth) = (other.try_clone().unwrap(), stream.try_clone().unwrap());
            let [first, second] = [Arc::clone(&counter), Arc::clone(&counter)];
            std::thread::spawn(move || copy(stream, other, first));
            std::thread::spawn(move || copy(back, forth, second));
        }
    });
    (url, bytes)
}
