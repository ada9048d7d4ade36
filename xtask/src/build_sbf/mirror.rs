//! Which Debian mirror this machine uses, from its own apt sources.

use std::path::Path;

/// Names a mirror where the sources do not, or overrides them.
pub const VARIABLE: &str = "HOMEOSTAT_DEBIAN_MIRROR";

/// The mirror of the first source that is a Debian archive.
pub fn find() -> Option<String> {
    if let Ok(mirror) = std::env::var(VARIABLE) {
        if !mirror.is_empty() {
            return Some(mirror);
        }
    }
    let apt = Path::new("/etc/apt");
    let mut files = vec![apt.join("sources.list")];
    if let Ok(folder) = std::fs::read_dir(apt.join("sources.list.d")) {
        let mut more: Vec<_> = folder.flatten().map(|entry| entry.path()).collect();
        more.sort();
        files.extend(more);
    }
    files.iter().find_map(|file| {
        let text = std::fs::read_to_string(file).ok()?;
        in_sources(&text)
    })
}

/// The first Debian archive in a sources file of either format.
fn in_sources(text: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let line = line.trim();
        if let Some(rest) = line.strip_prefix("deb ") {
            // deb [options] URI suite component...
            let rest = match rest.trim().strip_prefix('[') {
                Some(options) => options.split_once(']')?.1,
                None => rest,
            };
            return archive(rest);
        }
        let (field, value) = line.split_once(':')?;
        field
            .eq_ignore_ascii_case("uris")
            .then(|| value.split_whitespace().find_map(archive))?
    })
}

/// The URI that `text` begins with, if its path has a folder `debian`: that is how
/// mirrors and snapshots of the main archive are laid out, and of no other.
fn archive(text: &str) -> Option<String> {
    let uri = text.split_whitespace().next()?;
    let (_, path) = uri.split_once("://")?;
    path.split('/')
        .skip(1)
        .any(|folder| folder == "debian")
        .then(|| uri.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats_are_read() {
        let one_line = "# deb http://old.example/debian stable main\n\
            deb https://tools.example/apt stable main\n\
            deb [signed-by=/x.gpg arch=amd64] http://mirror.example/debian/ bookworm main\n";
        assert_eq!(
            in_sources(one_line).as_deref(),
            Some("http://mirror.example/debian")
        );
        let deb822 = "Types: deb\n# http://no.example/debian\nURIs: https://m.example/a/debian/20250101T000000Z\nSuites: bookworm\n";
        assert_eq!(
            in_sources(deb822).as_deref(),
            Some("https://m.example/a/debian/20250101T000000Z")
        );
    }

    #[test]
    fn other_archives_are_passed_over() {
        for text in [
            "deb http://m.example/debian-security bookworm-security main",
            "deb http://debian/ubuntu noble main",
            "URIs: http://m.example/ubuntu",
            "",
        ] {
            assert_eq!(in_sources(text), None, "{text}");
        }
    }
}
