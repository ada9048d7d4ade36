//! A number that a program prints.

use std::io::{self, Read};
use std::process::{ExitStatus, Stdio};
use std::sync::mpsc::{channel, RecvTimeoutError};
use std::time::Duration;

use homeostat_settings::failure::quoted;
use homeostat_settings::files::read_up_to;

use super::{number, Format, Said, Silence, Times};
use crate::program::Running;

/// Largest output in bytes.
const LARGEST: u64 = 1 << 16;
/// What is kept of its complaints, in bytes.
const COMPLAINT: u64 = 1 << 10;
/// A program.
#[derive(Debug)]
pub(crate) struct Command {
    /// The program; it is started as it stands here, by no shell.
    pub(crate) program: String,
    /// Its arguments.
    pub(crate) arguments: Vec<String>,
    /// How its output is read.
    pub(crate) format: Format,
}

impl Command {
    /// Runs the program and reads its output. Variables of the environment with `secrets` of
    /// other sources are not passed on. When its time is over it is killed, on Unix with
    /// everything that it started (but what left its process group).
    ///
    /// # Errors
    ///
    /// `source_unreadable`: it cannot be started; `source_slow`, `source_too_large`;
    /// `source_command`: it says that it failed; those of a number or a document.
    pub(super) fn read(
        &self,
        timeout: Duration,
        times: Times,
        secrets: &[String],
    ) -> Result<Said, Silence> {
        let text = self.output(timeout, secrets)?;
        match &self.format {
            Format::Number => Ok(Said {
                value: number(text.trim())?,
                at: None,
            }),
            Format::Json { value, time } => Ok(Said {
                value: value.number(&text)?,
                at: match time {
                    Some(time) => Some(times.read(&time.text(&text)?)?),
                    None => None,
                },
            }),
        }
    }

    fn output(&self, timeout: Duration, secrets: &[String]) -> Result<String, Silence> {
        let mut running = self.start(timeout, secrets)?;
        let (post, inbox) = channel();
        read_apart(running.child().stdout.take(), LARGEST, Part::Output, &post)?;
        read_apart(
            running.child().stderr.take(),
            COMPLAINT,
            Part::Complaint,
            &post,
        )?;
        let (mut output, mut complaint) = (None, None);
        while output.is_none() || complaint.is_none() {
            match inbox.recv_timeout(running.left()) {
                Ok((Part::Output, bytes)) if bytes.len() as u64 > LARGEST => {
                    let remedy = "let it print the number and little else";
                    return Err(Silence::too_large(LARGEST, remedy));
                }
                Ok((Part::Output, bytes)) => output = Some(bytes),
                Ok((Part::Complaint, bytes)) => complaint = Some(bytes),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    return Err(Silence::slow(timeout));
                }
            }
        }
        let waited = running.wait().map_err(|error| unstartable(&error))?;
        let status = waited.ok_or_else(|| Silence::slow(timeout))?;
        if !status.success() {
            return Err(failed(status, &complaint.unwrap_or_default()));
        }
        String::from_utf8(output.unwrap_or_default()).map_err(|_| {
            let remedy = "let it print a number, or JSON";
            Silence::new("source_not_a_number", "prints what is no UTF-8", remedy)
        })
    }

    fn start(&self, timeout: Duration, secrets: &[String]) -> Result<Running, Silence> {
        let mut command = std::process::Command::new(&self.program);
        command
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for secret in secrets {
            command.env_remove(secret);
        }
        Running::start(&mut command, timeout).map_err(|error| unstartable(&error))
    }
}

/// Which of the two pipes of a program.
#[derive(Clone, Copy)]
enum Part {
    Output,
    Complaint,
}

/// What reads a pipe: the part it is, and what was in it.
type Post = std::sync::mpsc::Sender<(Part, Vec<u8>)>;

/// Reads a pipe on a thread of its own, up to one byte more than `most`; the rest of complaints
/// is let go, so that the program does not wait for a reader.
fn read_apart(
    pipe: Option<impl Read + Send + 'static>,
    most: u64,
    part: Part,
    post: &Post,
) -> Result<(), Silence> {
    let post = post.clone();
    std::thread::Builder::new()
        .name("reporter-pipe".into())
        .spawn(move || {
            let Some(mut pipe) = pipe else { return };
            let bytes = read_up_to(&mut pipe, most).unwrap_or_default();
            if matches!(part, Part::Complaint) {
                // An error is the end as well.
                let _ = io::copy(&mut pipe, &mut io::sink());
            }
            // Nobody waits any more if this fails.
            let _ = post.send((part, bytes));
        })
        .map(drop)
        .map_err(|error| unstartable(&error))
}

fn unstartable(error: &io::Error) -> Silence {
    Silence::new(
        "source_unreadable",
        format!("cannot be started: {error}"),
        "name a program that this user may start, by its whole path",
    )
}

fn failed(status: ExitStatus, complaint: &[u8]) -> Silence {
    let complaint = String::from_utf8_lossy(complaint);
    let first = complaint.lines().next().unwrap_or_default();
    let said = match first {
        "" => String::new(),
        first => format!(" and says {}", quoted(first)),
    };
    Silence::new(
        "source_command",
        format!("failed ({status}){said}"),
        "run it by hand, as the reporter's user",
    )
}

#[cfg(all(test, unix))]
mod tests {
    use std::time::Instant;

    use super::*;

    fn run(script: &str, timeout: Duration) -> Result<String, (&'static str, String)> {
        let command = Command {
            program: "/bin/sh".into(),
            arguments: vec!["-c".into(), script.into()],
            format: Format::Number,
        };
        let secrets = ["HOMEOSTAT_TEST_SECRET".to_owned()];
        let said = command.read(timeout, Times::Seconds, &secrets);
        said.map(|said| said.value.to_string())
            .map_err(|silence| (silence.code, silence.problem))
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn a_number_on_stdout_is_the_value() {
        assert_eq!(run("echo 0.1", LONG), Ok("0.1".into()));
        assert_eq!(
            run("echo complaint >&2; printf ' 1e-3 '", LONG),
            Ok("0.001".into())
        );
        for (script, code) in [
            ("true", "source_not_a_number"),
            ("echo 1 2", "source_not_a_number"),
            ("printf '\\033[31m1'", "source_not_a_number"),
            ("printf '\\377'", "source_not_a_number"),
            ("echo 1; exit 3", "source_command"),
            ("kill -9 $$", "source_command"),
        ] {
            assert_eq!(run(script, LONG).unwrap_err().0, code, "{script}");
        }
        let (_, problem) = run("printf 'no \\033[31mdata' >&2; exit 3", LONG).unwrap_err();
        assert_eq!(
            problem,
            "failed (exit status: 3) and says `no \\u{1b}[31mdata`"
        );
        let nothing = Command {
            program: "/nonexistent/program".into(),
            arguments: Vec::new(),
            format: Format::Number,
        };
        let silence = nothing.read(LONG, Times::Seconds, &[]).unwrap_err();
        assert_eq!(silence.code, "source_unreadable");
    }

    #[test]
    fn fr7_a_program_that_prints_for_ever_is_ended() {
        // It would print until its reader is gone, and its reader has no end of memory.
        let (code, _) = run("yes 1", LONG).unwrap_err();
        assert_eq!(code, "source_too_large");
        let (code, _) = run("yes complaint >&2", Duration::from_millis(300)).unwrap_err();
        assert_eq!(code, "source_slow");
    }

    #[test]
    fn fr7_a_program_that_hangs_is_ended_with_its_children() {
        // given a program whose child would go on without it, and holds its output open
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("child");
        let script = format!("sleep 1000 & echo $! > {}; echo 1; exit 0", file.display());
        // when its time is over
        let (code, _) = run(&script, Duration::from_secs(3)).unwrap_err();
        assert_eq!(code, "source_slow");
        // then the child is gone as well
        let child = std::fs::read_to_string(&file).unwrap();
        let there = || std::path::Path::new(&format!("/proc/{}", child.trim())).exists();
        let zombie = || {
            let status = std::fs::read_to_string(format!("/proc/{}/stat", child.trim()));
            status.is_ok_and(|status| status.contains(") Z "))
        };
        let begin = Instant::now();
        while there() && !zombie() {
            assert!(begin.elapsed() < LONG, "the child lives");
            std::thread::yield_now();
        }
    }
}
