//! Is intelligence worth it? Trains and judges all contenders and writes the rows as CSV and the
//! tables as Markdown.
//!
//! `cargo run --profile bench -p homeostat-sim --example intelligence -- small|medium|full DIRECTORY`

use std::{error::Error, fs, path::Path, time::Instant};

use homeostat_sim::{
    bench::FIRST_SEED,
    chain::Design,
    learn::{compare, train, Comparison, Plan},
    scenario::{Calendar, Scenario},
    stats::Bootstrap,
    Setting,
};

/// The tokens at go-live (base units).
const SUPPLY: u64 = 1_000_000_000_000_000;

/// How this is run, but for its arguments.
const COMMAND: &str = "cargo run --profile bench -p homeostat-sim --example intelligence --";

/// People, epochs, seeds to train on, generations and test seeds of a size.
fn size(name: &str) -> Option<(usize, usize, u64, usize, u64)> {
    match name {
        "small" => Some((60, 180, 2, 1, 8)),
        "medium" => Some((200, 360, 4, 8, 200)),
        "full" => Some((300, 540, 6, 10, 200)),
        _ => None,
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (name, directory) = match arguments.as_slice() {
        [name, directory] => (name.as_str(), Path::new(directory)),
        _ => {
            return Err(
                "give a size (small, medium or full) and a directory for the results".into(),
            )
        }
    };
    let (people, epochs, training, generations, tests) =
        size(name).ok_or_else(|| format!("no size {name:?}: there are small, medium and full"))?;
    let plan = Plan {
        setting: Setting {
            people,
            calendar: Calendar {
                epochs,
                epoch_days: 1.0,
                period_days: 1.0,
            },
            design: Design::with_defaults(86_400, SUPPLY),
            constants: [0; 4],
        },
        scenarios: Scenario::ALL.to_vec(),
        training_seeds: (0..training).collect(),
        generations,
        test_seeds: (FIRST_SEED..FIRST_SEED + tests).collect(),
        threads: std::thread::available_parallelism()?.get(),
    };
    fs::create_dir_all(directory)?;
    let start = Instant::now();
    let trained = train::train(&plan);
    eprintln!("trained in {} s", start.elapsed().as_secs());
    let start = Instant::now();
    let rows = compare::test(&plan, &trained);
    eprintln!("tested in {} s", start.elapsed().as_secs());
    let mut file = csv::Writer::from_path(directory.join("intelligence.csv"))?;
    for row in &rows {
        file.serialize(row)?;
    }
    file.flush()?;
    let comparison = Comparison::of(&plan, &rows, &Bootstrap::default())?;
    let page = format!(
        "# Is intelligence worth it?\n\nMade by `{COMMAND} {name} {}`.\n\n{}",
        directory.display(),
        comparison.markdown(&plan, &trained)
    );
    fs::write(directory.join("intelligence.md"), &page)?;
    print!("{page}");
    Ok(())
}
