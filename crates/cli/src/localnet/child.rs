//! Processes that live no longer than this one.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::Failure;

/// How often a child is looked at.
pub const POLL: Duration = Duration::from_millis(50);
/// How long a child may take to stop by itself.
const PATIENCE: Duration = Duration::from_secs(30);

/// A process that ends when its stdin does. Dropping this ends it and waits; when this
/// process is killed, the system closes the pipe.
pub struct Child {
    process: std::process::Child,
    stdin: Option<ChildStdin>,
    /// Its folder, which it removes itself unless something killed it.
    folder: Option<PathBuf>,
}

impl Child {
    /// Starts it. A terminal's Ctrl-C reaches only us, who end it in order.
    ///
    /// # Errors
    ///
    /// It cannot be started.
    pub fn start(mut command: Command) -> Result<Self, Failure> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.stdin(Stdio::piped());
        let mut process = command.spawn().map_err(|error| {
            let program = Path::new(command.get_program()).display().to_string();
            Failure::new(
                "not_started",
                format!("{program} cannot be started: {error}"),
            )
            .remedy("build it again, or check its permissions")
        })?;
        let stdin = process.stdin.take();
        Ok(Self {
            process,
            stdin,
            folder: None,
        })
    }

    /// Its lines on stdout, as they come; the end of the channel is the end of its stdout.
    pub fn lines(&mut self) -> mpsc::Receiver<String> {
        let (tell, told) = mpsc::channel();
        if let Some(stdout) = self.process.stdout.take() {
            thread::spawn(move || {
                for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                    // Read to the end even when nobody listens: a full pipe would stop it.
                    let _ = tell.send(line);
                }
            });
        }
        told
    }

    /// Removes this folder after its end, should it still be there.
    pub fn sweep(&mut self, folder: PathBuf) {
        self.folder = Some(folder);
    }

    /// How it ended; `None` while it runs.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.process.try_wait().ok().flatten()
    }

    fn stop(&mut self) {
        drop(self.stdin.take());
        let begin = Instant::now();
        while self.ended().is_none() {
            if begin.elapsed() > PATIENCE {
                // Nobody to tell if it is gone by now.
                let _ = self.process.kill();
                let _ = self.process.wait();
                break;
            }
            thread::sleep(POLL);
        }
        if let Some(folder) = self.folder.take().filter(|folder| folder.exists()) {
            // Play money; whoever starts it next gets another folder.
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A program beside our own executable, or on the path.
pub fn find(name: &str) -> Option<PathBuf> {
    let own = std::env::current_exe().ok();
    let beside = own.as_deref().and_then(Path::parent).map(Path::to_owned);
    let path = std::env::var_os("PATH").unwrap_or_default();
    beside
        .into_iter()
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}
