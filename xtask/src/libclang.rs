//! libclang, which the bindings to rocksdb are made with.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::run::{self, Failure};

const NAME: &str = "libclang";
const PACKAGE: &str = "libclang-dev";

/// Names a folder with the library in it, or the library.
const VARIABLE: &str = "LIBCLANG_PATH";

/// Where systems put it. Bindgen looks in the same places.
const FOLDERS: [&str; 8] = [
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/local/lib64",
    "/Library/Developer/CommandLineTools/usr/lib",
    "/Applications/Xcode.app/Contents/Developer/Toolchains/XcodeDefault.xctoolchain/usr/lib",
    "/usr/local/opt/llvm/lib",
    "/opt/homebrew/opt/llvm/lib",
];

/// How far below: `/usr/lib/llvm-14/lib`.
const DEPTH: usize = 2;

/// Makes sure that the library is there; installs it where that is possible.
pub fn require(number: usize, of: usize) -> Result<(), Failure> {
    let start = Instant::now();
    run::announce(number, of, NAME, "for the bindings to rocksdb");
    let found = match find() {
        Some(found) => found,
        None => {
            install()?;
            find().ok_or_else(|| missing("it was installed, but the library is not there"))?
        }
    };
    println!("{}", found.display());
    run::done(number, of, NAME, start);
    Ok(())
}

fn missing(why: &str) -> Failure {
    Failure::new(
        NAME,
        format!(
            "{why}: install the package `{PACKAGE}` (`clang-devel` on Fedora, Xcode's command \
             line tools on macOS), or set {VARIABLE} to the folder of libclang"
        ),
    )
}

fn install() -> Result<(), Failure> {
    let superuser = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|id| id.stdout.trim_ascii() == b"0");
    if !superuser || !runs("apt-get") {
        return Err(missing("libclang is missing"));
    }
    println!("not found; installing {PACKAGE} with apt-get");
    let install = || {
        apt_get(&[
            "install",
            "--yes",
            "--quiet",
            "--no-install-recommends",
            PACKAGE,
        ])
    };
    if install() {
        return Ok(());
    }
    println!("that failed; the package lists may be old: apt-get update, then again");
    if apt_get(&["update", "--quiet"]) && install() {
        return Ok(());
    }
    Err(missing("apt-get failed"))
}

fn runs(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn apt_get(arguments: &[&str]) -> bool {
    Command::new("apt-get")
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The library, if it is in a usual place.
fn find() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os(VARIABLE).filter(|value| !value.is_empty()) {
        let named = PathBuf::from(named);
        // Nothing else is looked at when it is set, so a wrong value is a miss.
        return if named.is_file() {
            Some(named)
        } else {
            search(&named, 0)
        };
    }
    FOLDERS
        .iter()
        .find_map(|folder| search(Path::new(folder), DEPTH))
}

/// The library in a folder, or at most `depth` folders below.
fn search(folder: &Path, depth: usize) -> Option<PathBuf> {
    let entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    let library = |path: &&PathBuf| path.file_name().is_some_and(is_library) && path.is_file();
    if let Some(found) = entries.iter().find(library) {
        return Some(found.clone());
    }
    let below = depth.checked_sub(1)?;
    entries
        .iter()
        .filter(|path| path.is_dir())
        .find_map(|path| search(path, below))
}

/// `libclang.so`, `libclang-14.so.1`, `libclang.dylib`; not `libclang-cpp.so`.
fn is_library(name: &OsStr) -> bool {
    let Some(rest) = name.to_str().and_then(|name| name.strip_prefix("libclang")) else {
        return false;
    };
    let rest = rest.trim_start_matches(|c: char| c == '-' || c == '.' || c.is_ascii_digit());
    rest == "so" || rest.starts_with("so.") || rest == "dylib"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_is_told_from_its_neighbours() {
        for name in [
            "libclang.so",
            "libclang.so.1",
            "libclang-14.so",
            "libclang-14.so.13",
            "libclang-14.so.14.0.6",
            "libclang.dylib",
        ] {
            assert!(is_library(OsStr::new(name)), "{name}");
        }
        for name in [
            "libclang-cpp.so.14",
            "libclangAST.a",
            "libclang.a",
            "libcl.so",
            "clang.so",
            "libclang_rt.so",
        ] {
            assert!(!is_library(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn it_is_found_below_a_folder_but_not_deeper() {
        let root = std::env::temp_dir().join(format!("xtask-libclang-{}", std::process::id()));
        let folder = root.join("llvm-14").join("lib");
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("libclang.so.1"), "").expect("a file");
        let found = [search(&root, 0), search(&root, 1), search(&root, 2)];
        std::fs::remove_dir_all(&root).expect("removed");
        assert_eq!(found, [None, None, Some(folder.join("libclang.so.1"))]);
    }
}
