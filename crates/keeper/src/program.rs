//! A program that is run without a shell, and for so long as it may.

use std::io;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

/// Between two looks whether a program has ended.
const LOOK: Duration = Duration::from_millis(5);

/// A program that runs. When this goes out of scope before it was seen to have ended, it is killed, on
/// Unix with everything that it started (but what left its process group).
pub(crate) struct Running {
    child: Child,
    ended: bool,
    deadline: Option<Instant>,
}

impl Running {
    /// Starts it, and gives it `timeout` to end.
    ///
    /// # Errors
    ///
    /// It cannot be started.
    pub(crate) fn start(command: &mut Command, timeout: Duration) -> io::Result<Self> {
        let deadline = Instant::now().checked_add(timeout);
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt;
            // A group of its own, so that what it starts can be ended with it.
            command.process_group(0);
        }
        Ok(Self {
            child: command.spawn()?,
            ended: false,
            deadline,
        })
    }

    /// The process, whose pipes may be taken.
    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// What is left of its time.
    pub(crate) fn left(&self) -> Duration {
        self.deadline.map_or(Duration::ZERO, |deadline| {
            deadline.saturating_duration_since(Instant::now())
        })
    }

    /// How it ended; `None` when its time is over first.
    ///
    /// # Errors
    ///
    /// The system's.
    pub(crate) fn wait(&mut self) -> io::Result<Option<ExitStatus>> {
        loop {
            if let Some(status) = self.child.try_wait()? {
                self.ended = true;
                return Ok(Some(status));
            }
            let left = self.left();
            if left.is_zero() {
                return Ok(None);
            }
            std::thread::sleep(LOOK.min(left));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        // It was not waited for, so its number is still its own, and so is that of its group.
        #[cfg(unix)]
        if let Ok(group) = i32::try_from(self.child.id()) {
            use nix::sys::signal::{killpg, Signal};
            // Fails when all have ended meanwhile.
            let _ = killpg(nix::unistd::Pid::from_raw(group), Signal::SIGKILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
