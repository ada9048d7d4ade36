//! Keeps stdout clean while the program runs natively: outside a validator the log
//! macro of Solana programs prints there, and stdout is for data.

#[cfg(unix)]
mod platform {
    use std::fs::OpenOptions;
    use std::io::{self, Write};
    use std::os::fd::{AsFd, OwnedFd};

    /// Puts stdout back where it was when dropped.
    pub struct Aside {
        kept: OwnedFd,
    }

    /// Sends what is printed from now on to stderr (`verbose`) or nowhere.
    ///
    /// # Errors
    ///
    /// The system refuses to duplicate a descriptor.
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
    /// Nothing to put back.
    pub struct Aside;

    /// Does nothing: only Unix can set a descriptor aside safely.
    pub fn set_aside(_verbose: bool) -> std::io::Result<Aside> {
        Ok(Aside)
    }
}

pub use platform::set_aside;
