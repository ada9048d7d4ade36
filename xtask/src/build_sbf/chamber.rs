//! A folder that serves as the root of a system of its own, and commands in it.
//!
//! Every command gets private mount and process namespaces: what is mounted for
//! it is seen by nobody else and is gone when it ends, however it ends, and so
//! are the processes it left behind. As root a `chroot` needs nothing more;
//! anybody else also gets a user namespace.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Programs of this machine that the chamber needs, and the Debian package of each.
const TOOLS: [(&str, &str); 4] = [
    ("unshare", "util-linux"),
    ("setpriv", "util-linux"),
    ("mount", "mount"),
    ("chroot", "coreutils"),
];

/// Folders of this machine's that programs may live in, also without a login's PATH.
const SYSTEM_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Settings that reach the outside world; passed on as they are.
const PASSED_ON: [&str; 13] = [
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "CARGO_HTTP_PROXY",
    "CARGO_HTTP_TIMEOUT",
    "CARGO_NET_RETRY",
    "CARGO_NET_OFFLINE",
    "CARGO_BUILD_JOBS",
];

/// The certificates of this machine, inside the chamber.
const CERTIFICATES: &str = "/etc/ssl/certs/of-the-machine.crt";

/// Where certificates are kept, if no variable says.
const CERTIFICATE_FILES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The root folder and who uses it.
pub struct Chamber {
    root: PathBuf,
    superuser: bool,
}

impl Chamber {
    /// For this root folder, which need not exist yet. Refuses when the machine
    /// cannot do it, and says what is missing.
    pub fn new(root: PathBuf) -> Result<Self, String> {
        for (tool, package) in TOOLS {
            if !installed(tool) {
                return Err(format!(
                    "`{tool}` is missing: install the package `{package}`"
                ));
            }
        }
        let id = Command::new("id")
            .arg("-u")
            .output()
            .map_err(|error| format!("cannot run `id`: {error}"))?;
        let superuser = id.stdout.trim_ascii() == b"0";
        if !superuser && !installed("newuidmap") {
            return Err(
                "without root `newuidmap` is needed: install the package `uidmap` \
                 (or run this as root)"
                    .into(),
            );
        }
        let chamber = Self { root, superuser };
        let allowed = chamber
            .namespace("true")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        if allowed {
            Ok(chamber)
        } else if superuser {
            Err("`unshare --mount --pid` is refused: this container may not make namespaces".into())
        } else {
            Err(
                "`unshare --map-auto --map-root-user` is refused: unprivileged user namespaces \
                 must be allowed and /etc/subuid and /etc/subgid must have a range for you \
                 (or run this as root)"
                    .into(),
            )
        }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// True for uid 0.
    pub fn superuser(&self) -> bool {
        self.superuser
    }

    /// A command of this machine in namespaces of its own, with the rights to
    /// write the root folder.
    pub fn namespace(&self, program: &str) -> Command {
        let mut command = Command::new("setpriv");
        command
            .env("PATH", search_path())
            // Dies with us, and takes along everything in its namespace.
            .args(["--pdeathsig", "KILL", "--", "unshare"])
            .args(["--mount", "--pid", "--fork", "--kill-child=KILL"])
            .stdin(Stdio::null());
        if !self.superuser {
            command.args(["--map-auto", "--map-root-user"]);
            // What debootstrap goes by: device files are bound, not made.
            command.env("container", "lxc");
        }
        command.arg("--").arg(program);
        command
    }

    /// A command inside, with `binds` (a folder of this machine's, where it
    /// appears, whether it may be written) and variables.
    pub fn command(&self, binds: &[Bind], variables: &[(&str, String)]) -> Command {
        const ENTER: &str = r#"
set -eu
root=$1; shift
mount -t proc proc "$root/proc" 2>/dev/null || mount --rbind /proc "$root/proc"
mount --rbind /dev "$root/dev"
while [ "$1" != -- ]; do
    mkdir -p "$root$2"
    mount --bind "$1" "$root$2"
    if [ "$3" = read ]; then mount -o remount,bind,ro "$root$2" 2>/dev/null || true; fi
    shift 3
done
shift
chroot "$root" /usr/bin/env -i "$@"
"#;
        let mut command = self.namespace("sh");
        command.args(["-c", ENTER, "enter"]).arg(&self.root);
        for bind in binds {
            command
                .arg(bind.from)
                .arg(bind.to)
                .arg(if bind.writable { "write" } else { "read" });
        }
        command.arg("--");
        let mut variable = |name: &str, value: &OsStr| {
            let mut pair = std::ffi::OsString::from(name);
            pair.push("=");
            pair.push(value);
            command.arg(pair);
        };
        for name in PASSED_ON {
            if let Some(value) = std::env::var_os(name) {
                variable(name, &value);
            }
        }
        if self
            .root
            .join(CERTIFICATES.trim_start_matches('/'))
            .exists()
        {
            for name in ["SSL_CERT_FILE", "CARGO_HTTP_CAINFO"] {
                variable(name, OsStr::new(CERTIFICATES));
            }
        }
        variable("HOME", OsStr::new("/root"));
        variable("LC_ALL", OsStr::new("C.UTF-8"));
        variable("PATH", OsStr::new("/usr/sbin:/usr/bin:/sbin:/bin"));
        for (name, value) in variables {
            variable(name, OsStr::new(value));
        }
        command
    }

    /// How this machine reaches the outside: name service, package manager
    /// settings, certificates.
    pub fn copy_network_settings(&self) -> Result<(), String> {
        let inside = |path: &str| self.root.join(path.trim_start_matches('/'));
        let failed = |what: &str, error: std::io::Error| format!("cannot copy {what}: {error}");
        for file in ["/etc/resolv.conf", "/etc/hosts"] {
            if let Ok(text) = std::fs::read(file) {
                let _ = std::fs::remove_file(inside(file));
                std::fs::write(inside(file), text).map_err(|error| failed(file, error))?;
            }
        }
        let from_variables = ["CARGO_HTTP_CAINFO", "SSL_CERT_FILE", "CURL_CA_BUNDLE"]
            .into_iter()
            .filter_map(std::env::var_os)
            .map(PathBuf::from);
        let certificates = from_variables
            .chain(CERTIFICATE_FILES.iter().map(PathBuf::from))
            .find_map(|file| std::fs::read(file).ok());
        if let Some(certificates) = certificates {
            let file = inside(CERTIFICATES);
            if let Some(folder) = file.parent() {
                std::fs::create_dir_all(folder).map_err(|error| failed("certificates", error))?;
            }
            std::fs::write(file, certificates).map_err(|error| failed("certificates", error))?;
        }
        let mut settings = String::from("Acquire::Retries \"3\";\n");
        // A mirror may be a snapshot, whose lists have expired.
        settings.push_str("Acquire::Check-Valid-Until \"false\";\n");
        if let Ok(dump) = Command::new("apt-config").arg("dump").output() {
            for line in String::from_utf8_lossy(&dump.stdout).lines() {
                if line.starts_with("Acquire::") && !line.contains("Changelogs") {
                    settings.push_str(line);
                    settings.push('\n');
                }
            }
        }
        std::fs::write(inside("/etc/apt/apt.conf.d/90of-the-machine"), settings)
            .map_err(|error| failed("the settings of apt", error))
    }

    /// Removes the root folder; parts of it may belong to users of a namespace.
    pub fn remove(&self) -> Result<(), String> {
        if !self.root.exists() {
            return Ok(());
        }
        let status = self
            .namespace("rm")
            .args(["-rf", "--one-file-system", "--"])
            .arg(&self.root)
            .status();
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!(
                "cannot remove {}: rm ended with {status}",
                self.root.display()
            )),
            Err(error) => Err(format!("cannot remove {}: {error}", self.root.display())),
        }
    }
}

/// A folder of this machine's that is seen inside.
pub struct Bind<'a> {
    /// The folder.
    pub from: &'a Path,
    /// Where it appears.
    pub to: &'a str,
    /// Whether it may be written from inside.
    pub writable: bool,
}

/// Whether a program is in one of the usual folders.
pub fn installed(program: &str) -> bool {
    std::env::split_paths(&search_path()).any(|folder| folder.join(program).is_file())
}

fn search_path() -> std::ffi::OsString {
    let mut path = std::env::var_os("PATH").unwrap_or_default();
    if !path.is_empty() {
        path.push(":");
    }
    path.push(SYSTEM_PATH);
    path
}

/// Runs a command with its output in a log file, whose end is part of the error.
pub fn logged(mut command: Command, log: &Path, what: &str) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{what}: {}: {error}", log.display());
    let file = File::options()
        .create(true)
        .append(true)
        .open(log)
        .map_err(failed)?;
    let status = command
        .stdout(file.try_clone().map_err(failed)?)
        .stderr(file)
        .status()
        .map_err(|error| format!("{what}: cannot run: {error}"))?;
    if status.success() {
        return Ok(());
    }
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<_> = text.lines().collect();
    let end = lines[lines.len().saturating_sub(20)..].join("\n");
    Err(format!(
        "{what} ended with {status}; the end of {}:\n{end}",
        log.display()
    ))
}
