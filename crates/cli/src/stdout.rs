//! Keeps stdout for data. Outside a validator the log macro of Solana programs prints on it,
//! wherever a command applies the program's own rules; so data is written to a duplicate of
//! stdout, and what is printed there by anybody else goes to stderr.

use std::io::{self, Write};

use crate::failure::Failure;

/// What is wrong when stdout cannot be kept for data.
pub fn not_aside(error: &io::Error) -> Failure {
    Failure::new("no_stdout", format!("cannot set stdout aside: {error}"))
        .remedy("raise the limit of open files (`ulimit -n`), then run it again")
}

#[cfg(unix)]
mod platform {
    use std::fs::{File, OpenOptions};
    use std::io::{self, Read, Write};
    use std::os::fd::{AsFd, OwnedFd};
    use std::sync::OnceLock;

    /// Where data goes once stdout was claimed.
    static DATA: OnceLock<File> = OnceLock::new();

    /// Keeps stdout for data from now on: what is printed on it goes to stderr instead. Only the
    /// first call does something.
    ///
    /// # Errors
    ///
    /// The system refuses to duplicate a descriptor.
    pub fn claim() -> io::Result<()> {
        if DATA.get().is_none() {
            io::stdout().flush()?;
            let kept = io::stdout().as_fd().try_clone_to_owned()?;
            rustix::stdio::dup2_stdout(io::stderr())?;
            DATA.get_or_init(|| File::from(kept));
        }
        Ok(())
    }

    /// The duplicate, once stdout was claimed.
    pub fn data() -> Option<&'static File> {
        DATA.get()
    }

    /// Puts stdout back where it was when dropped.
    pub struct Aside {
        kept: OwnedFd,
    }

    /// Sends what is printed from now on to stderr (`verbose`) or nowhere.
    ///
    /// # Errors
    ///
    /// The system refuses to duplicate a descriptor.
    #[cfg_attr(
        not(any(feature = "demo", feature = "localnet")),
        allow(dead_code, reason = "only what runs a bank sets stdout aside")
    )]
    pub fn set_aside(verbose: bool) -> io::Result<Aside> {
        io::stdout().flush()?;
        let kept = io::stdout().as_fd().try_clone_to_owned()?;
        if verbose {
            rustix::stdio::dup2_stdout(io::stderr())?;
        } else {
            let nowhere = OpenOptions::new().write(true).open("/dev/null")?;
            rustix::stdio::dup2_stdout(nowhere)?;
        }
        Ok(Aside { kept })
    }

    /// Runs something and returns what was printed on stdout meanwhile. It has to print less than
    /// a pipe holds (64 KiB on Linux): it would wait for ever otherwise.
    pub fn logged<T>(run: impl FnOnce() -> T) -> (T, String) {
        let begin = || -> io::Result<(Aside, io::PipeReader)> {
            io::stdout().flush()?;
            let kept = io::stdout().as_fd().try_clone_to_owned()?;
            let (reader, writer) = io::pipe()?;
            rustix::stdio::dup2_stdout(writer)?;
            Ok((Aside { kept }, reader))
        };
        let Ok((aside, mut reader)) = begin() else {
            // What is printed is a help alone; without a pipe it stays where it is.
            return (run(), String::new());
        };
        let result = run();
        // The pipe ends when its last writer, stdout, is put back.
        drop(aside);
        let mut text = String::new();
        let _ = reader.read_to_string(&mut text);
        (result, text)
    }

    impl Drop for Aside {
        fn drop(&mut self) {
            // There is nobody to tell: stdout is what failed.
            let _ = io::stdout().flush();
            let _ = rustix::stdio::dup2_stdout(&self.kept);
        }
    }
}

#[cfg(not(unix))]
mod platform {
    use std::fs::File;

    /// Does nothing: only Unix can set a descriptor aside safely.
    pub fn claim() -> std::io::Result<()> {
        Ok(())
    }

    /// Nothing was set aside.
    pub fn data() -> Option<&'static File> {
        None
    }

    /// Runs something; what it prints is not caught.
    pub fn logged<T>(run: impl FnOnce() -> T) -> (T, String) {
        (run(), String::new())
    }

    /// Nothing to put back.
    pub struct Aside;

    /// Does nothing: only Unix can set a descriptor aside safely.
    #[cfg_attr(
        not(any(feature = "demo", feature = "localnet")),
        allow(dead_code, reason = "only what runs a bank sets stdout aside")
    )]
    pub fn set_aside(_verbose: bool) -> std::io::Result<Aside> {
        Ok(Aside)
    }
}

#[cfg_attr(
    not(any(feature = "demo", feature = "localnet")),
    allow(unused_imports, reason = "only what runs a bank sets stdout aside")
)]
pub use platform::{claim, logged, set_aside};

/// Where data is written: the duplicate of [`claim`], or stdout itself before it.
pub fn data() -> Box<dyn Write> {
    match platform::data() {
        Some(file) => Box::new(file),
        None => Box::new(io::stdout().lock()),
    }
}
