//! Alarms in a file, one line each, and each exactly once.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use homeostat_settings::{files, Failure};
use serde::Deserialize;

use super::{Form, Sink};
use crate::alarms::alarm::Alarm;

/// How much of the end of the file is read for what it has already (bytes). Only the last line
/// can have been written without being struck out, and an alarm has a few kilobytes at most.
const TAIL: u64 = 1 << 20;

/// A file of JSON lines that alarms are appended to and flushed to the disk. What its end has
/// already is not written again; a line that a kill or a power cut left half written is cut off
/// and written anew.
pub struct Appended {
    path: PathBuf,
    open: Option<(File, BTreeSet<String>)>,
}

/// What is read of a line.
#[derive(Deserialize)]
struct Written {
    id: String,
}

impl Appended {
    /// Alarms go to this file, which is made when it is not there.
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_path_buf(),
            open: None,
        }
    }

    /// Opens the file and reads what its end has.
    fn open(&self) -> io::Result<(File, BTreeSet<String>)> {
        let mut file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&self.path)?;
        let length = file.metadata()?.len();
        let from = length.saturating_sub(TAIL);
        file.seek(SeekFrom::Start(from))?;
        let mut tail = Vec::new();
        (&file).take(TAIL).read_to_end(&mut tail)?;
        let whole = tail
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |end| end.saturating_add(1));
        let kept = tail.get(..whole).unwrap_or_default();
        let ids = kept
            .split(|byte| *byte == b'\n')
            .filter_map(|line| serde_json::from_slice::<Written>(line).ok())
            .map(|written| written.id)
            .collect();
        let end = from.saturating_add(u64::try_from(whole).unwrap_or(u64::MAX));
        file.set_len(end)?;
        file.seek(SeekFrom::Start(end))?;
        Ok((file, ids))
    }
}

impl Sink for Appended {
    fn name(&self) -> &'static str {
        "file"
    }

    fn deliver(&mut self, alarm: &Alarm) -> Result<(), Failure> {
        let line = Form::Json.line(alarm)?;
        let failed = |error: io::Error| {
            files::unreadable(&self.path.display().to_string(), &error)
                .remedy("check that the folder exists, is yours, and has room")
        };
        let (mut file, mut ids) = match self.open.take() {
            Some(open) => open,
            None => self.open().map_err(failed)?,
        };
        if !ids.contains(&alarm.id) {
            // After a failure the file is opened again, so half a line is cut off.
            file.write_all(line.as_bytes())
                .and_then(|()| file.sync_data())
                .map_err(failed)?;
            ids = BTreeSet::from([alarm.id.clone()]);
        }
        self.open = Some((file, ids));
        Ok(())
    }
}
