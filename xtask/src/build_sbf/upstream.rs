//! The toolchain from Debian and crates.io: Rust, LLVM 23, a linker for SBPF and
//! a standard library that knows Solana, in a root folder of its own.
//!
//! Set up in stages. A finished stage leaves a stamp with the version of the
//! recipe; a stage without one is undone and done again, and so are those after it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use super::chamber::{installed, logged, Bind, Chamber};
use super::{mirror, patch};
use crate::run::{human, say};

/// Changes whenever a stage does; toolchains set up by another recipe are redone.
const RECIPE: &str = "1";

/// Debian's unstable suite: the only one with these versions.
const SUITE: &str = "sid";
/// LLVM 23 is the first whose BPF back end passes more than five arguments,
/// returns 128-bit values and allows library calls.
const LLVM: &str = "/usr/lib/llvm-23";
const PACKAGES: [&str; 13] = [
    "rustc",
    "cargo",
    "rust-src",
    "llvm-23-dev",
    "libpolly-23-dev",
    "gcc",
    "g++",
    "pkg-config",
    "libssl-dev",
    "zlib1g-dev",
    "libzstd-dev",
    "libxml2-dev",
    "ca-certificates",
];

const LINKER: &str = "sbpf-linker";
const LINKER_VERSION: &str = "0.2.6";
const LINKER_FOLDER: &str = "/opt/sbpf-linker";

/// The target's name is that of its file.
const TARGET: &str = "sbf-solana";
const TARGET_FOLDER: &str = "/opt/target";
const STD_FOLDER: &str = "/opt/std";

/// Cargo's home and build folder inside; they outlive a root that is redone.
const CARGO_HOME: &str = "/cargo";
const BUILD: &str = "/build";
const SOURCES: &str = "/homeostat";

/// What the ELF is compiled with.
const FLAGS: [&str; 18] = [
    "--cfg=homeostat_upstream_sbf",
    "-Zunstable-options",
    "-Cpanic=immediate-abort",
    "-Ctarget-cpu=v3",
    // Without it a load of eight bytes is eight loads: 15 to 40 % more compute units.
    "-Ctarget-feature=+allows-misaligned-mem-access",
    "-Cpasses=lower-atomic",
    "-Clink-arg=--allow-bpf-trap",
    "-Clink-arg=--llvm-args=--bpf-stack-size=4096",
    // Four words, a key's length, are copied and compared in line; more is a call.
    "-Clink-arg=--llvm-args=--bpf-max-stores-per-memfunc=4",
    // Functions and tails of blocks that compile to the same code are kept once: generic
    // code of the framework makes many. Some 6 % smaller, at no cost in compute units.
    "-Clink-arg=--llvm-args=--enable-merge-functions",
    "-Clink-arg=--llvm-args=--enable-gvn-sink",
    // A function that asks to be inlined is only where it is small: most of what asks is the
    // framework's and runs once. 6 % smaller, 1 % fewer compute units.
    "-Cllvm-args=--inlinehint-threshold=25",
    "-Clink-arg=--llvm-args=--inlinehint-threshold=25",
    // Instructions in an order that needs fewer registers, of which there are ten: 3 KB.
    "-Clink-arg=--llvm-args=--enable-misched",
    // LLVM's BPF divides by zero to 0, so it moves a division out of a loop and past the check
    // that guards it. The SVM ends the program there.
    "-Clink-arg=--llvm-args=--disable-machine-licm",
    // The crate is compiled for size, but dispatch compares a word for each instruction
    // before the right one, and all of them before an event: as calls 50 units each.
    "-Clink-arg=--llvm-args=--force-remove-attribute=entrypoint:minsize",
    // The linker knows no other levels than 0 to 3, whatever the profile says.
    "-Clink-arg=-O2",
    // Its own copy would go into the sources.
    "-Clink-arg=--deploy=false",
];

/// How the standard library is compiled: without overflow checks in its own code, as
/// Anza ships it. The program's and its dependencies' stay.
const SETTINGS: [&str; 3] = [
    "profile.release.package.core.overflow-checks=false",
    "profile.release.package.alloc.overflow-checks=false",
    "profile.release.package.std.overflow-checks=false",
];

/// The toolchain, ready to build. Holds the lock on its folder.
pub struct Toolchain {
    folder: PathBuf,
    chamber: Chamber,
    _lock: File,
}

struct Stage {
    name: &'static str,
    what: &'static str,
    takes: &'static str,
    run: fn(&Toolchain, &Path) -> Result<(), String>,
    undo: fn(&Toolchain) -> Result<(), String>,
}

const STAGES: [Stage; 3] = [
    Stage {
        name: "system",
        what: "a Debian sid root with Rust and LLVM 23, signatures checked",
        takes: "2 to 5 min, 2.5 GB",
        run: Toolchain::system,
        undo: |toolchain| toolchain.chamber.remove(),
    },
    Stage {
        name: "linker",
        what: "sbpf-linker from crates.io, compiled against that LLVM",
        takes: "2 to 8 min",
        run: Toolchain::linker,
        undo: |toolchain| toolchain.remove_inside(LINKER_FOLDER),
    },
    Stage {
        name: "std",
        what: "the target description, and a copy of the standard library edited for Solana",
        takes: "some seconds",
        run: Toolchain::standard_library,
        undo: |toolchain| {
            toolchain.remove_inside(STD_FOLDER)?;
            toolchain.remove_inside(TARGET_FOLDER)?;
            // Cargo does not notice when std changes.
            remove(&toolchain.build_folder())
        },
    },
];

impl Toolchain {
    /// Sets up what is missing.
    pub fn ready(folder: PathBuf) -> Result<Self, String> {
        if !cfg!(target_os = "linux") {
            return Err("the upstream toolchain is set up on Linux only: \
                        install the Solana tools, which bring `cargo build-sbf`"
                .into());
        }
        let at = |error: std::io::Error| format!("{}: {error}", folder.display());
        for part in ["stamps", "logs", "cargo", "build"] {
            std::fs::create_dir_all(folder.join(part)).map_err(at)?;
        }
        let lock = File::create(folder.join("lock")).map_err(at)?;
        if lock.try_lock().is_err() {
            say!("waiting for another `cargo xtask build-sbf` to end");
            lock.lock().map_err(at)?;
        }
        let toolchain = Self {
            chamber: Chamber::new(folder.join("root"))?,
            folder,
            _lock: lock,
        };
        toolchain.set_up()?;
        Ok(toolchain)
    }

    fn set_up(&self) -> Result<(), String> {
        let Some(first) = STAGES.iter().position(|stage| !self.stamped(stage)) else {
            say!("upstream toolchain: ready");
            return Ok(());
        };
        let (start, missing) = (Instant::now(), &STAGES[first..]);
        say!(
            "upstream toolchain: {} of {} stages to do, in {}",
            missing.len(),
            STAGES.len(),
            self.folder.display()
        );
        // Last stage first: what builds on a stage goes before it does.
        for stage in missing.iter().rev() {
            let _ = std::fs::remove_file(self.stamp(stage));
        }
        for stage in missing {
            (stage.undo)(self)?;
            say!("  {}: {} ({})", stage.name, stage.what, stage.takes);
            let (begun, log) = (Instant::now(), self.log(stage.name));
            let _ = std::fs::remove_file(&log);
            if let Err(error) = (stage.run)(self, &log) {
                // Nothing half-done stays; the next run would remove it as well.
                let removed = (stage.undo)(self);
                let also = removed.err().map(|e| format!("\n{e}")).unwrap_or_default();
                return Err(format!("stage `{}`: {error}{also}", stage.name));
            }
            std::fs::write(self.stamp(stage), RECIPE)
                .map_err(|error| format!("cannot write a stamp: {error}"))?;
            say!("  {}: ok in {}", stage.name, human(begun.elapsed()));
        }
        say!("upstream toolchain: ready in {}", human(start.elapsed()));
        Ok(())
    }

    fn stamp(&self, stage: &Stage) -> PathBuf {
        self.folder.join("stamps").join(stage.name)
    }

    fn stamped(&self, stage: &Stage) -> bool {
        std::fs::read_to_string(self.stamp(stage)).is_ok_and(|recipe| recipe == RECIPE)
    }

    fn log(&self, stage: &str) -> PathBuf {
        self.folder.join("logs").join(format!("{stage}.log"))
    }

    fn build_folder(&self) -> PathBuf {
        self.folder.join("build")
    }

    fn inside(&self, path: &str) -> PathBuf {
        self.chamber.root().join(path.trim_start_matches('/'))
    }

    fn remove_inside(&self, path: &str) -> Result<(), String> {
        remove(&self.inside(path))
    }

    fn system(&self, log: &Path) -> Result<(), String> {
        self.install_debootstrap(log)?;
        let mirror = mirror::find().ok_or_else(|| {
            format!(
                "no Debian mirror in this machine's apt sources: set {} to the URL of one",
                mirror::VARIABLE
            )
        })?;
        let mut debootstrap = self.chamber.namespace("debootstrap");
        debootstrap
            .args(["--force-check-gpg", "--variant=minbase", SUITE])
            .arg(self.chamber.root())
            .arg(mirror);
        logged(debootstrap, log, "debootstrap")?;
        self.chamber.copy_network_settings()?;
        self.apt_get(log, &["update"])?;
        let mut install = vec!["install", "--yes", "--no-install-recommends"];
        install.extend(PACKAGES);
        self.apt_get(log, &install)?;
        self.apt_get(log, &["clean"])?;
        // What was unpacked must run, and be what the recipe was made for.
        let versions = self.output(&["rustc", "--version", "--verbose"])?
            + &self.output(&[&format!("{LLVM}/bin/llc"), "--version"])?;
        if !versions.contains("LLVM version 23.") || !versions.contains("bpfel") {
            return Err(format!("this is not LLVM 23 with BPF:\n{versions}"));
        }
        std::fs::write(self.folder.join("versions"), versions)
            .map_err(|error| format!("cannot write versions: {error}"))
    }

    fn install_debootstrap(&self, log: &Path) -> Result<(), String> {
        if installed("debootstrap") {
            return Ok(());
        }
        if !self.chamber.superuser() || !installed("apt-get") {
            return Err("`debootstrap` is missing: install the package `debootstrap`".into());
        }
        say!("  system: installing debootstrap with apt-get");
        let install = || {
            let mut command = Command::new("apt-get");
            command
                .args(["install", "--yes", "--no-install-recommends", "debootstrap"])
                .env("DEBIAN_FRONTEND", "noninteractive")
                .stdin(Stdio::null());
            command
        };
        if logged(install(), log, "apt-get install debootstrap").is_ok() {
            return Ok(());
        }
        // The package lists may be missing or old.
        let mut update = Command::new("apt-get");
        update.arg("update").stdin(Stdio::null());
        logged(update, log, "apt-get update")?;
        logged(install(), log, "apt-get install debootstrap")
    }

    fn apt_get(&self, log: &Path, arguments: &[&str]) -> Result<(), String> {
        let mut command = self
            .chamber
            .command(&[], &[("DEBIAN_FRONTEND", "noninteractive".into())]);
        command.arg("apt-get").args(arguments);
        logged(command, log, &format!("apt-get {}", arguments[0]))
    }

    fn linker(&self, log: &Path) -> Result<(), String> {
        self.copy_cargo_settings()?;
        let build = format!("{CARGO_HOME}/build-linker");
        let mut command = self.cargo(
            &[],
            &[
                ("LLVM_SYS_231_PREFIX", LLVM.into()),
                ("LLVM_PREFIX", LLVM.into()),
                ("CARGO_TARGET_DIR", build),
            ],
        );
        command
            .args(["cargo", "install", LINKER, "--version", LINKER_VERSION])
            .args(["--locked", "--no-default-features"])
            .args(["--features", "bpf-linker/llvm-23"])
            .args(["--root", LINKER_FOLDER]);
        logged(command, log, "cargo install sbpf-linker")?;
        self.output(&[&format!("{LINKER_FOLDER}/bin/{LINKER}"), "--version"])?;
        remove(&self.folder.join("cargo/build-linker"))
    }

    fn standard_library(&self, log: &Path) -> Result<(), String> {
        // The package's own folder stays as it is; Cargo is led to the copy.
        let sysroot = self.output(&["rustc", "--print", "sysroot"])?;
        let link = format!("{}/lib/rustlib/src/rust", sysroot.trim());
        let original = format!("{link}.original");
        const COPY: &str = r#"
set -eu
link=$1; original=$2; copy=$3
[ -e "$original" ] || mv "$link" "$original"
mkdir -p "$copy"
cp -a "$original/library" "$copy/library"
rm -f "$link"
ln -s "$copy" "$link"
"#;
        let mut copy = self.chamber.command(&[], &[]);
        copy.args(["sh", "-c", COPY, "copy", &link, &original, STD_FOLDER]);
        logged(copy, log, "copying the standard library")?;
        patch::library(&self.inside(STD_FOLDER).join("library"))?;

        let bpf = self.output_with(
            &["rustc", "-Zunstable-options", "--print", "target-spec-json"],
            &["--target", "bpfel-unknown-none"],
        )?;
        let linker = format!("{LINKER_FOLDER}/bin/{LINKER}");
        let target = patch::target(&bpf, &linker).map_err(|error| format!("target: {error}"))?;
        let folder = self.inside(TARGET_FOLDER);
        std::fs::create_dir_all(&folder)
            .and_then(|()| std::fs::write(folder.join(format!("{TARGET}.json")), target))
            .map_err(|error| format!("cannot write the target: {error}"))
    }

    /// Builds packages of the workspace. Returns where their ELF files are.
    pub fn build(&self, workspace: &Path, packages: &[&str]) -> Result<PathBuf, String> {
        self.chamber.copy_network_settings()?;
        self.copy_cargo_settings()?;
        let build = self.build_folder();
        let binds = [
            Bind {
                from: workspace,
                to: SOURCES,
                writable: false,
            },
            Bind {
                from: &build,
                to: BUILD,
                writable: true,
            },
        ];
        std::fs::create_dir_all(&build).map_err(|error| error.to_string())?;
        let path = format!("{LINKER_FOLDER}/bin:{LLVM}/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        let mut command = self.cargo(
            &binds,
            &[
                ("PATH", path),
                ("CARGO_TARGET_DIR", BUILD.into()),
                ("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\u{1f}")),
                // Lets the stable compiler take the flags above and edit std.
                ("RUSTC_BOOTSTRAP", "1".into()),
                ("RUSTC_BOOTSTRAP_SYNTHETIC_TARGET", "1".into()),
                ("CARGO_TERM_COLOR", "never".into()),
            ],
        );
        command
            .args(["env", "--chdir", SOURCES])
            .args(["cargo", "build", "--locked", "--release", "--lib"])
            .args(["--target", &format!("{TARGET_FOLDER}/{TARGET}.json")])
            .args(["-Zbuild-std=std", "-Zjson-target-spec"]);
        for setting in SETTINGS {
            command.args(["--config", setting]);
        }
        for package in packages {
            command.args(["--package", package]);
        }
        super::watched(command)?;
        Ok(build.join(TARGET).join("release"))
    }

    /// A command inside that has Cargo's home.
    fn cargo(&self, binds: &[Bind], variables: &[(&str, String)]) -> Command {
        let home = self.folder.join("cargo");
        let mut all = vec![Bind {
            from: &home,
            to: CARGO_HOME,
            writable: true,
        }];
        all.extend(binds.iter().map(|bind| Bind { ..*bind }));
        let mut variables: Vec<_> = variables.to_vec();
        variables.push(("CARGO_HOME", CARGO_HOME.into()));
        self.chamber.command(&all, &variables)
    }

    /// How this machine's Cargo reaches its registry.
    fn copy_cargo_settings(&self) -> Result<(), String> {
        let home = std::env::var_os("CARGO_HOME")
            .map(PathBuf::from)
            .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")));
        for name in ["config.toml", "config"] {
            let settings = home.as_ref().map(|home| home.join(name));
            if let Some(text) = settings.and_then(|file| std::fs::read(file).ok()) {
                return std::fs::write(self.folder.join("cargo/config.toml"), text)
                    .map_err(|error| format!("cannot copy Cargo's settings: {error}"));
            }
        }
        Ok(())
    }

    /// What a program inside prints.
    fn output(&self, program: &[&str]) -> Result<String, String> {
        self.output_with(program, &[])
    }

    fn output_with(&self, program: &[&str], more: &[&str]) -> Result<String, String> {
        let name = program[0];
        let output = self
            .chamber
            .command(&[], &[("RUSTC_BOOTSTRAP", "1".into())])
            .args(program)
            .args(more)
            .output()
            .map_err(|error| format!("cannot run {name}: {error}"))?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(format!(
                "{name} ended with {}: {}",
                output.status,
                String::from_utf8_lossy(&output.stderr).trim()
            ))
        }
    }
}

/// Removes a folder, if there is one.
fn remove(folder: &Path) -> Result<(), String> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("cannot remove {}: {error}", folder.display()))
        }
        _ => Ok(()),
    }
}
