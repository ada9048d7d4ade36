//! What the target description and the standard library need before they serve
//! Solana. Every edit says how often it must apply: a source that looks
//! different is refused, not half-edited.

use std::path::Path;

/// Replaces exactly `times` occurrences.
fn replace(text: &str, old: &str, new: &str, times: usize) -> Result<String, String> {
    let found = text.matches(old).count();
    if found == times {
        Ok(text.replace(old, new))
    } else {
        Err(format!(
            "expected `{old}` {times} times, found it {found} times"
        ))
    }
}

/// The target: upstream's BPF with the operating system that makes the Solana
/// crates emit system calls, allocator and entry point.
pub fn target(bpf: &str, linker: &str) -> Result<String, String> {
    let names = format!(
        "\"llvm-target\": \"bpfel\",\n  \"os\": \"solana\",\n  \"vendor\": \"solana\",\n  \"linker\": \"{linker}\","
    );
    let text = replace(bpf, "\"llvm-target\": \"bpfel\",", &names, 1)?;
    // One thread: the linker lowers atomics to plain loads and stores.
    let text = replace(&text, "\"atomic-cas\": false", "\"atomic-cas\": true", 1)?;
    replace(
        &text,
        "\"min-atomic-width\": 64",
        "\"min-atomic-width\": 8",
        1,
    )
}

/// Edits the copy of the standard library's sources in `library`.
pub fn library(library: &Path) -> Result<(), String> {
    let edited = taken_by_solana(&library.join("std"))?;
    // Counted in the sources this was written for; one less means that a part of
    // std would fall through to something that does not exist.
    if edited < ZKVM_FILES {
        return Err(format!(
            "expected zkvm in at least {ZKVM_FILES} files of std, found it in {edited}"
        ));
    }
    edit(&library.join("std/src/sys/alloc/mod.rs"), alignment)?;
    edit(&library.join("std/src/hash/random.rs"), keys)
}

const ZKVM_FILES: usize = 10;

fn edit(file: &Path, change: impl Fn(&str) -> Result<String, String>) -> Result<(), String> {
    let at = |error: String| format!("{}: {error}", file.display());
    let text = std::fs::read_to_string(file).map_err(|error| at(error.to_string()))?;
    let changed = change(&text).map_err(at)?;
    std::fs::write(file, changed).map_err(|error| at(error.to_string()))
}

/// Walks a folder; returns how many files were changed.
fn taken_by_solana(folder: &Path) -> Result<usize, String> {
    let at = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut edited = 0;
    for entry in std::fs::read_dir(folder).map_err(at)? {
        let path = entry.map_err(at)?.path();
        if path.is_dir() {
            edited += taken_by_solana(&path)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).map_err(at)?;
            let changed = like_zkvm(&text);
            if changed != text {
                std::fs::write(&path, changed).map_err(at)?;
                edited += 1;
            }
        }
    }
    Ok(edited)
}

/// std has no Solana; the zkvm is as small a machine (one thread, no files), so
/// every choice for it is made for Solana too.
fn like_zkvm(text: &str) -> String {
    text.replace(
        "target_os = \"zkvm\"",
        "any(target_os = \"zkvm\", target_os = \"solana\")",
    )
    .replace(
        "|| target_os == \"zkvm\"",
        "|| target_os == \"zkvm\" || target_os == \"solana\"",
    )
}

/// The allocator's alignment is looked up by architecture; BPF is missing.
fn alignment(text: &str) -> Result<String, String> {
    replace(
        text,
        "} else if cfg!(any(\n    target_arch = \"x86_64\",",
        "} else if cfg!(any(\n    target_arch = \"bpf\",\n    target_arch = \"x86_64\",",
        1,
    )
}

/// Random keys are kept in a writable static, which an SBF program cannot have;
/// and a program must be deterministic anyway.
fn keys(text: &str) -> Result<String, String> {
    replace(
        text,
        "    pub fn new() -> RandomState {\n",
        "    pub fn new() -> RandomState {
        #[cfg(target_os = \"solana\")]
        return RandomState { k0: 0x686f_6d65_6f73_7461, k1: 0x7461_7473_6f65_6d6f };
        #[cfg(not(target_os = \"solana\"))]
        return RandomState::of_the_thread();
    }

    #[cfg(not(target_os = \"solana\"))]
    fn of_the_thread() -> RandomState {
",
        1,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_becomes_solana() {
        let bpf = "{\n  \"arch\": \"bpf\",\n  \"atomic-cas\": false,\n  \"llvm-target\": \"bpfel\",\n  \"min-atomic-width\": 64\n}";
        let solana = target(bpf, "sbpf-linker").unwrap();
        for part in [
            "\"os\": \"solana\"",
            "\"linker\": \"sbpf-linker\"",
            "\"atomic-cas\": true",
            "\"min-atomic-width\": 8\n",
        ] {
            assert!(solana.contains(part), "{solana}");
        }
    }

    #[test]
    fn another_source_is_refused() {
        assert!(target("{}", "sbpf-linker").is_err());
        assert!(alignment("const MIN_ALIGN: usize = 8;").is_err());
        let twice = "    pub fn new() -> RandomState {\n".repeat(2);
        assert!(keys(&twice).is_err());
    }

    #[test]
    fn arms_lists_and_build_scripts_take_solana_too() {
        assert_eq!(
            like_zkvm("#[cfg(target_os = \"zkvm\")]"),
            "#[cfg(any(target_os = \"zkvm\", target_os = \"solana\"))]"
        );
        assert_eq!(
            like_zkvm("    || target_os == \"zkvm\"\n"),
            "    || target_os == \"zkvm\" || target_os == \"solana\"\n"
        );
        assert_eq!(like_zkvm("target_os = \"linux\""), "target_os = \"linux\"");
    }
}
