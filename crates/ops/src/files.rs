//! Reading and writing whole files.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::Path,
};

use crate::failure::{Failure, Place};

/// Reads at most `largest` bytes and one more, so that a caller sees when there are more.
///
/// # Errors
///
/// Those of the reader.
pub fn read_up_to(input: impl Read, largest: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input
        .take(largest.saturating_add(1))
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The failure of a file that cannot be read.
pub fn unreadable(name: &str, error: &io::Error) -> Failure {
    Failure::at(
        "unreadable_file",
        Place::file(name),
        format_args!("cannot be read: {error}"),
    )
    .remedy("check the path and its permissions")
}

/// Reads a settings file (at most [`crate::settings::LARGEST`] bytes and one more).
///
/// # Errors
///
/// It cannot be read.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    File::open(path)
        .and_then(|file| read_up_to(file, crate::settings::LARGEST))
        .map_err(|error| unreadable(&path.display().to_string(), &error))
}

/// Replaces a file so that a reader, or a crash, finds either the old or the new one
/// whole: written beside it, flushed to the disk, renamed.
///
/// # Errors
///
/// It cannot be written; the old file is as it was.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = Path::new(&beside);
    let write = || -> io::Result<()> {
        let mut file = File::create(beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(beside, path)?;
        // The rename is of use after a power cut only when the folder is on the disk too.
        let folder = path.parent().filter(|folder| *folder != Path::new(""));
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    };
    write().map_err(|error| {
        Failure::at(
            "unwritable_file",
            Place::file(path.display().to_string()),
            format_args!("cannot be written: {error}"),
        )
        .remedy("check that the folder exists, is yours, and has room")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_or_not_at_all() {
        let folder = std::env::temp_dir().join(format!("homeostat-ops-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("state.json");
        replace(&file, b"one").unwrap();
        replace(&file, b"two").unwrap();
        assert_eq!(read(&file).unwrap(), b"two");
        // given a place for the new file that cannot be written
        fs::create_dir(folder.join("state.json.new")).unwrap();
        let failure = replace(&file, b"three").unwrap_err();
        assert_eq!(failure.code, "unwritable_file");
        assert_eq!(read(&file).unwrap(), b"two");
        fs::remove_dir_all(folder).unwrap();
    }
}
