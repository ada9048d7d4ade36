//! Reading and writing whole files.

use std::{
    fs::File,
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

/// Reads a settings file (at most [`crate::document::LARGEST`] bytes and one more).
///
/// # Errors
///
/// It cannot be read.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    File::open(path)
        .and_then(|file| read_up_to(file, crate::document::LARGEST))
        .map_err(|error| unreadable(&path.display().to_string(), &error))
}

/// Replaces a file so that a reader, or a crash, finds either the old or the new one
/// whole: written beside it under a name of its own, flushed to the disk, renamed. Of several
/// that do so at once, the last has replaced it.
///
/// # Errors
///
/// It cannot be written; the old file is as it was.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let folder = folder.unwrap_or(Path::new("."));
    let write = || -> io::Result<()> {
        let mut beside = new_file();
        let mut beside = beside.prefix(".").suffix(".new").tempfile_in(folder)?;
        beside.write_all(bytes)?;
        beside.as_file().sync_all()?;
        beside.persist(path)?;
        // The rename is of use after a power cut only when the folder is on the disk too.
        File::open(folder)?.sync_all()
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

/// A new file that whoever may read new files of this process may read.
fn new_file() -> tempfile::Builder<'static, 'static> {
    #[allow(unused_mut, reason = "a system without modes leaves it as it is")]
    let mut file = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.permissions(std::fs::Permissions::from_mode(0o666));
    }
    file
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_is_replaced_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state.json");
        replace(&file, b"one").unwrap();
        replace(&file, b"two").unwrap();
        assert_eq!(read(&file).unwrap(), b"two");
        // given a place that cannot be replaced by a file
        let taken = folder.path().join("taken");
        fs::create_dir_all(taken.join("by a folder")).unwrap();
        let failure = replace(&taken, b"three").unwrap_err();
        assert_eq!(failure.code, "unwritable_file");
        let failure = replace(&folder.path().join("none").join("x"), b"three").unwrap_err();
        assert_eq!(failure.code, "unwritable_file");
        // then nothing is left beside
        let left = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, 2);
    }

    #[test]
    fn many_who_replace_a_file_at_once_leave_one_of_them_whole() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state.json");
        let texts: Vec<Vec<u8>> = (b'a'..=b'h').map(|letter| vec![letter; 50_000]).collect();
        std::thread::scope(|scope| {
            for text in &texts {
                scope.spawn(|| {
                    for _ in 0..20 {
                        replace(&file, text).unwrap();
                    }
                });
            }
        });
        assert!(texts.contains(&read(&file).unwrap()));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_new_file_has_the_usual_mode() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (usual, ours) = (folder.path().join("usual"), folder.path().join("ours"));
        fs::write(&usual, b"").unwrap();
        replace(&ours, b"").unwrap();
        let mode = |file: &Path| fs::metadata(file).unwrap().permissions().mode();
        assert_eq!(mode(&usual), mode(&ours));
    }
}
