//! The cases: an ordinary, a worst and, where there is one, a repeated one for
//! every instruction.

pub mod actions;
pub mod control;
pub mod council_of_five;
pub mod economy;
pub mod ending;
pub mod feeds;
pub mod fees;
pub mod governance;
pub mod layout;
pub mod stage;
pub mod staking;

use std::collections::BTreeSet;

use crate::{
    bench::{Bench, Error},
    idl,
};

/// What most callers send: few accounts, plain mints.
pub const ORDINARY: &str = "ordinary";
/// The most accounts, the longest lists, the dearest mint.
pub const WORST: &str = "worst";
/// The same instruction once more, right after.
pub const REPEATED: &str = "repeated";

/// Measures every case. Fails when an instruction has none.
pub async fn measure_all(bench: &mut Bench) -> Result<(), Error> {
    economy::measure(bench).await?;
    feeds::measure(bench).await?;
    staking::measure(bench).await?;
    fees::measure(bench).await?;
    control::measure(bench).await?;
    layout::measure(bench).await?;
    governance::measure(bench).await?;
    ending::measure(bench).await?;
    council_of_five::measure(bench).await
}

/// Fails when an instruction of the program lacks its ordinary or worst case.
pub fn require_complete(bench: &Bench) -> Result<(), Error> {
    let measured: BTreeSet<String> = bench.figures.iter().map(|f| f.name()).collect();
    for instruction in idl::instructions()? {
        if !bench.wants(&[&instruction.name]) {
            continue;
        }
        for case in [ORDINARY, WORST] {
            let name = format!("{}/{case}", instruction.name);
            if !measured.contains(&name) {
                return Err(Error(format!(
                    "{name} is not measured: add it to testing/compute/src/cases"
                )));
            }
        }
    }
    Ok(())
}
