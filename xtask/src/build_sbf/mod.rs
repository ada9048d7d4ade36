//! `cargo xtask build-sbf`: the program as the ELF that a cluster runs.

mod chamber;
mod mirror;
mod patch;
mod upstream;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use crate::run::{self, say, Failure};

const HELP: &str = "\
Builds target/deploy/homeostat.so and idl/homeostat.json.

Usage: cargo xtask build-sbf [--upstream]

With Anza's platform tools installed this is `cargo build-sbf`, the build to deploy.
Without them an upstream toolchain is set up under the target folder (once, 5 to
15 min on two cores, 4 GB; interrupted, it goes on with the stage it was at): Debian
sid's Rust and LLVM 23, and sbpf-linker. Its ELF is for tests and measurement.

The upstream toolchain needs Linux, debootstrap (installed if you are root), and the
Debian mirror in the machine's apt sources or in HOMEOSTAT_DEBIAN_MIRROR. It needs
root, or unprivileged user namespaces with newuidmap.

Options:
      --upstream   Use the upstream toolchain even where `cargo build-sbf` works
  -h, --help       This text

Refused: any function whose stack frame is over 4096 bytes.";

const NAME: &str = "build-sbf";

/// The program's package; its ELF has the same name.
pub const PROGRAM: &str = "homeostat";
/// The test program: the control law, 128-bit products, and calls of other programs.
pub const PROBE: &str = "homeostat-probe";
/// The program behind an entry point that measures heap and stack.
pub const GAUGE: &str = "homeostat-gauge";
/// The example of a program that charges fees by CPI.
pub const SUBSCRIPTION: &str = "homeostat-subscription";

/// Bytes that every program has at least: one that only calls another has 11,776, and a library
/// without an entry point 2,216.
const LEAST: u64 = 8_192;

/// Entry point of the subcommand.
pub fn main(arguments: &[String]) -> ExitCode {
    let upstream = match arguments {
        [] => false,
        [flag] if flag == "--upstream" => true,
        [flag] if flag == "--help" || flag == "-h" => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!("xtask build-sbf: wrong arguments\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    run::report(
        NAME,
        build(&[PROGRAM], upstream).and_then(|_| crate::idl::write()),
    )
}

/// Builds the packages' ELF files; returns the folder they are in.
pub fn build(packages: &[&str], upstream: bool) -> Result<PathBuf, Failure> {
    let failed = |why: String| Failure::new(NAME, why);
    let (start, target) = (Instant::now(), run::target_folder()?);
    let deploy = target.join("deploy");
    std::fs::create_dir_all(&deploy)
        .map_err(|error| failed(format!("{}: {error}", deploy.display())))?;
    if !upstream && platform_tools() {
        run::announce(1, 1, NAME, "cargo build-sbf");
        for package in packages {
            with_platform_tools(package, &deploy).map_err(failed)?;
        }
    } else {
        run::announce(1, 1, NAME, "upstream toolchain (for tests, not to deploy)");
        let toolchain = upstream::Toolchain::ready(target.join("sbf-toolchain")).map_err(failed)?;
        let workspace = run::workspace_root();
        let mut built = toolchain.build(&workspace, packages).map_err(failed)?;
        if forget_hollow(&built, packages).map_err(failed)? {
            built = toolchain.build(&workspace, packages).map_err(failed)?;
        }
        for package in packages {
            let file = file_name(package);
            std::fs::copy(built.join(format!("lib{file}")), deploy.join(&file))
                .map_err(|error| failed(format!("{file} was not built: {error}")))?;
        }
    }
    for package in packages {
        measure(&deploy.join(file_name(package))).map_err(failed)?;
    }
    run::done(1, 1, NAME, start);
    Ok(deploy)
}

/// A package that calls the program builds it as a library without an entry point, and
/// Cargo gives both the same file name: when only the caller has changed, what lies there
/// is hollow, and Cargo takes it for fresh. Removes such files; true if there were any.
fn forget_hollow(built: &Path, packages: &[&str]) -> Result<bool, String> {
    let mut any = false;
    for package in packages {
        let file = format!("lib{}", file_name(package));
        let hollow = std::fs::metadata(built.join(&file)).is_ok_and(|it| it.len() < LEAST);
        if hollow {
            any = true;
            say!("{file} has no entry point: it is built again");
            for path in [built.join(&file), built.join("deps").join(&file)] {
                match std::fs::remove_file(&path) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        return Err(format!("{}: {error}", path.display()))
                    }
                    _ => {}
                }
            }
        }
    }
    Ok(any)
}

fn file_name(package: &str) -> String {
    format!("{}.so", package.replace('-', "_"))
}

/// Whether `cargo build-sbf` is there and works. The command alone is not enough:
/// it downloads its tools when it first runs.
fn platform_tools() -> bool {
    let version = run::cargo()
        .args(["build-sbf", "--version"])
        .stdin(Stdio::null())
        .output();
    version.is_ok_and(|output| {
        output.status.success()
            && String::from_utf8_lossy(&output.stdout).contains("platform-tools")
    })
}

fn with_platform_tools(package: &str, deploy: &Path) -> Result<(), String> {
    let folder = match package {
        PROGRAM => "programs/homeostat",
        PROBE => "testing/probe",
        GAUGE => "testing/gauge",
        SUBSCRIPTION => "examples/subscription",
        other => return Err(format!("no folder is known for {other}")),
    };
    let mut command = run::cargo();
    command
        .args(["build-sbf", "--manifest-path"])
        .arg(run::workspace_root().join(folder).join("Cargo.toml"))
        .arg("--sbf-out-dir")
        .arg(deploy)
        .args(["--", "--locked"])
        .current_dir(run::workspace_root())
        .stdin(Stdio::null());
    watched(command)
}

/// Runs a build, passes on what it says, and fails on a stack frame that is too
/// large: the linker only warns, and the program would overwrite its own frames.
fn watched(mut command: Command) -> Result<(), String> {
    let mut child = command
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot run the build: {error}"))?;
    let mut frames = Vec::new();
    if let Some(output) = child.stderr.take() {
        for line in BufReader::new(output).split(b'\n') {
            let line = line.map_err(|error| format!("cannot read the build's output: {error}"))?;
            let line = String::from_utf8_lossy(&line).into_owned();
            eprintln!("{line}");
            if is_about_the_stack(&line) {
                frames.push(line);
            }
        }
    }
    let status = child
        .wait()
        .map_err(|error| format!("lost the build: {error}"))?;
    if !frames.is_empty() {
        return Err(format!(
            "stack frames over 4096 bytes: box large values, split the function:\n{}",
            frames.join("\n")
        ));
    }
    if status.success() {
        Ok(())
    } else {
        Err(format!("the build ended with {status}"))
    }
}

/// What upstream LLVM and Anza's say about a frame that is too large.
fn is_about_the_stack(line: &str) -> bool {
    let line = line.to_lowercase();
    line.contains("stack limit") || (line.contains("stack offset") && line.contains("exceeded"))
}

/// Says how large the ELF is; refuses one that is not SBF.
fn measure(file: &Path) -> Result<(), String> {
    let bytes = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let version = elf_version(&bytes).ok_or(format!("{} is no SBF program", file.display()))?;
    let size = bytes.len();
    if (size as u64) < LEAST {
        return Err(format!(
            "{} has {size} bytes: no program is that small; remove the folder sbf-toolchain/build \
             in the target folder and build again",
            file.display()
        ));
    }
    say!("{}: {size} bytes, SBPF v{version}", file.display());
    Ok(())
}

/// The SBPF version: the flags of a 64-bit ELF file for the machines BPF or SBF.
fn elf_version(bytes: &[u8]) -> Option<u32> {
    let machine = u16::from_le_bytes(bytes.get(18..20)?.try_into().ok()?);
    let flags = u32::from_le_bytes(bytes.get(48..52)?.try_into().ok()?);
    (bytes.starts_with(b"\x7fELF\x02\x01") && [247, 263].contains(&machine)).then_some(flags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_about_the_stack_are_recognised() {
        for line in [
            "warning: Looks like the BPF stack limit is exceeded. Please move large on stack variables",
            "Error: Function f Stack offset of 4208 exceeded max offset of 4096 by 112 bytes",
        ] {
            assert!(is_about_the_stack(line), "{line}");
        }
        assert!(!is_about_the_stack("   Compiling homeostat v0.1.0"));
    }

    #[test]
    fn an_elf_tells_its_version() {
        let mut elf = vec![0; 64];
        elf[..6].copy_from_slice(b"\x7fELF\x02\x01");
        elf[18..20].copy_from_slice(&247_u16.to_le_bytes());
        elf[48] = 3;
        assert_eq!(elf_version(&elf), Some(3));
        elf[18] = 62; // x86-64
        assert_eq!(elf_version(&elf), None);
        assert_eq!(elf_version(b"\x7fELF"), None);
    }

    #[test]
    fn a_hollow_file_is_forgotten_and_a_whole_one_kept() {
        let folder = std::env::temp_dir().join(format!("xtask-hollow-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("deps")).unwrap();
        let write = |name: &str, bytes: usize| {
            for path in [folder.join(name), folder.join("deps").join(name)] {
                std::fs::write(path, vec![0; bytes]).unwrap();
            }
        };
        write("libhomeostat.so", 2_216);
        write("libhomeostat_probe.so", 11_776);
        assert_eq!(forget_hollow(&folder, &[PROGRAM, PROBE]), Ok(true));
        assert!(!folder.join("deps/libhomeostat.so").exists());
        assert!(!folder.join("libhomeostat.so").exists());
        assert!(folder.join("libhomeostat_probe.so").exists());
        assert_eq!(forget_hollow(&folder, &[PROGRAM, PROBE]), Ok(false));
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_package_gives_its_file_a_name() {
        assert_eq!(file_name(PROBE), "homeostat_probe.so");
    }
}
