//! Measures, prints and writes what every instruction costs. Run by
//! `cargo xtask cu`, which builds the ELF files.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, ValueEnum};
use homeostat_compute::{
    bench::Error, cases, ceilings, ceilings::Bound, check, idl, million, report, Bench, Figures,
};
use homeostat_sandbox::bank::ELF_FOLDER;

/// What every instruction costs on the real ELF.
#[derive(Parser)]
struct Arguments {
    /// Write nothing; exit with code 1 if anything is dearer than committed
    /// or over its ceiling.
    #[arg(long, conflicts_with = "only")]
    check: bool,
    /// Write nothing; measure this instruction.
    #[arg(long, value_name = "INSTRUCTION")]
    only: Option<String>,
    /// What to print.
    #[arg(long, value_enum, default_value = "table")]
    output: Output,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    /// An aligned table.
    Table,
    /// docs/compute.json's text and nothing else.
    Json,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("cu: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let elf = std::env::var_os(ELF_FOLDER)
        .map(|folder| Path::new(&folder).join("homeostat.so"))
        .ok_or(Error(format!(
            "{ELF_FOLDER} names no folder of ELF files: run `cargo xtask cu`"
        )))?;
    let elf = std::fs::metadata(&elf)
        .map_err(|error| Error(format!("{}: {error}", elf.display())))?
        .len();
    if let Some(only) = &arguments.only {
        let known = idl::instructions()?;
        if !known.iter().any(|instruction| instruction.name == *only) {
            return Err(Error(format!(
                "{only} is no instruction of idl/homeostat.json"
            )));
        }
    }
    let (bench, effort) = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error(format!("no runtime: {error}")))?
        .block_on(measure(arguments))?;
    if let Some(effort) = effort {
        let memory = effort.memory.map_or_else(String::new, |bytes| {
            format!(", {} MB resident", bytes / 1_000_000)
        });
        eprintln!(
            "a million positions: {:.0} s{memory}",
            effort.time.as_secs_f64()
        );
    }

    let json = report::json(&bench.figures)?;
    match arguments.output {
        Output::Table => print!("{}", report::table(&bench.figures)),
        Output::Json => print!("{json}"),
    }
    if arguments.only.is_some() {
        return Ok(ExitCode::SUCCESS);
    }
    let bounds = ceilings::bounds(&bench.figures, elf);
    if arguments.output == Output::Table {
        print!("\n{}", report::ceilings(&bounds));
    }
    if arguments.check {
        return compare(&bench, &bounds);
    }
    let markdown = report::markdown(&bench.figures, &bounds, elf);
    write("docs/compute.json", &json)?;
    write("docs/COMPUTE.md", &markdown)?;
    Ok(ExitCode::SUCCESS)
}

async fn measure(arguments: &Arguments) -> Result<(Bench, Option<million::Effort>), Error> {
    let start = Instant::now();
    let mut bench = Bench::new(arguments.only.clone()).await?;
    cases::measure_all(&mut bench).await?;
    cases::require_complete(&bench)?;
    let effort = million::measure(&mut bench).await?;
    bench.sort()?;
    eprintln!(
        "measured {} cases in {:.0} s",
        bench.figures.len(),
        start.elapsed().as_secs_f64()
    );
    Ok((bench, effort))
}

fn compare(bench: &Bench, bounds: &[Bound]) -> Result<ExitCode, Error> {
    let path = path("docs/compute.json");
    let committed = std::fs::read_to_string(&path)
        .map_err(|error| Error(format!("{}: {error}", path.display())))?;
    let committed: Vec<Figures> = serde_json::from_str(&committed)
        .map_err(|error| Error(format!("docs/compute.json: {error}")))?;
    let offenders = check::offenders(&committed, &bench.figures);
    if !offenders.is_empty() {
        eprintln!(
            "dearer than docs/compute.json:\n  {}",
            offenders.join("\n  ")
        );
        eprintln!("make it cheaper, or run `cargo xtask cu` and commit the new figures");
    }
    let over: Vec<_> = bounds.iter().filter(|bound| !bound.holds()).collect();
    for bound in &over {
        eprintln!(
            "over its ceiling: {}: {} > {}",
            bound.what, bound.measured, bound.ceiling
        );
    }
    if offenders.is_empty() && over.is_empty() {
        eprintln!("nothing is dearer than committed or over its ceiling");
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::FAILURE)
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(name)
}

fn write(name: &str, text: &str) -> Result<(), Error> {
    std::fs::write(path(name), text).map_err(|error| Error(format!("{name}: {error}")))?;
    eprintln!("wrote {name}");
    Ok(())
}
