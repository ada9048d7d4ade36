//! What the program may cost at most, whatever was measured before.

use crate::{
    bench::Figures,
    cases::{council_of_five::FIVE_MEMBERS, ORDINARY},
};

/// All instructions, each in its ordinary case, added up (compute units): what they took
/// before account rules became attributes.
pub const SUM: u64 = 530_473;
/// One instruction each, in its ordinary case (compute units): what users and members send
/// most. Plain Anchor takes this much with room for a few checks more.
pub const ORDINARY_CASES: [(&str, u64); 6] = [
    ("pay", 10_700),
    ("stake", 13_500),
    ("claim", 13_500),
    ("propose", 18_000),
    ("approve", 7_000),
    ("execute", 19_000),
];
/// A change of the fee split by a council of five: proposed, approved by two more, executed
/// (compute units in all). Squads v4 takes 54,076 for a change of its time lock by five
/// members, without events and without an audit log.
pub const COUNCIL_OF_FIVE: u64 = 50_000;
/// Heap of any instruction (bytes): what a transaction gets without asking for more.
pub const HEAP: u64 = 32 * 1_024;
/// The program's ELF (bytes): its deployer pays rent for each of them.
pub const ELF: u64 = 1_200_000;

/// A ceiling and what stands under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// What is bound, with its unit.
    pub what: String,
    /// Most it may be.
    pub ceiling: u64,
    /// What it is.
    pub measured: u64,
}

impl Bound {
    /// Whether the ceiling holds.
    pub const fn holds(&self) -> bool {
        self.measured <= self.ceiling
    }
}

/// Every ceiling, for the figures of all cases and an ELF of so many bytes.
pub fn bounds(figures: &[Figures], elf: u64) -> Vec<Bound> {
    let sum = |of: &dyn Fn(&&Figures) -> bool| figures.iter().filter(of).map(|f| f.total).sum();
    let bound = |what: String, ceiling, measured| Bound {
        what,
        ceiling,
        measured,
    };
    let mut bounds = vec![bound(
        "all ordinary cases added up (CU)".into(),
        SUM,
        sum(&|f| f.case == ORDINARY),
    )];
    for (name, ceiling) in ORDINARY_CASES {
        let measured = sum(&|f| f.instruction == name && f.case == ORDINARY);
        bounds.push(bound(format!("`{name}`, ordinary (CU)"), ceiling, measured));
    }
    let heap = figures.iter().map(|f| f.heap).max().unwrap_or(0);
    bounds.extend([
        bound(
            "a fee split by five members, from `propose` to `execute` (CU)".into(),
            COUNCIL_OF_FIVE,
            sum(&|f| f.case.starts_with(FIVE_MEMBERS)),
        ),
        bound("heap of every case (bytes)".into(), HEAP, heap),
        bound("ELF (bytes)".into(), ELF, elf),
    ]);
    bounds
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(instruction: &str, case: &str, total: u64) -> Figures {
        Figures {
            instruction: instruction.into(),
            case: case.into(),
            total,
            ..Figures::default()
        }
    }

    /// Everything exactly at its ceiling.
    fn edge() -> (Vec<Figures>, u64) {
        let mut all: Vec<Figures> = ORDINARY_CASES
            .map(|(name, ceiling)| figures(name, ORDINARY, ceiling))
            .into();
        let rest = SUM - all.iter().map(|f| f.total).sum::<u64>();
        all.push(figures("all the others", ORDINARY, rest));
        all.push(figures("propose", FIVE_MEMBERS, COUNCIL_OF_FIVE - 9));
        all.push(figures("approve", "five members, last", 9));
        all[0].heap = HEAP;
        (all, ELF)
    }

    #[test]
    fn a_ceiling_itself_holds() {
        let (all, elf) = edge();
        let bounds = bounds(&all, elf);
        assert_eq!(bounds.len(), 10);
        for bound in bounds {
            assert!(bound.holds(), "{bound:?}");
        }
    }

    #[test]
    fn one_more_is_over_it() {
        let over = |all: &[Figures], elf: u64| -> Vec<String> {
            let bounds = bounds(all, elf).into_iter();
            bounds.filter(|b| !b.holds()).map(|b| b.what).collect()
        };
        let (all, elf) = edge();
        assert_eq!(over(&all, elf + 1), ["ELF (bytes)"]);
        for (index, expected) in [
            (0, "`pay`, ordinary (CU)"),
            (5, "`execute`, ordinary (CU)"),
            (
                7,
                "a fee split by five members, from `propose` to `execute` (CU)",
            ),
        ] {
            let mut all = all.clone();
            all[index].total += 1;
            // An ordinary case counts for the sum as well.
            let over = over(&all, elf);
            assert!(over.contains(&expected.to_owned()), "{over:?}");
            let sum = over.iter().any(|what| what.starts_with("all ordinary"));
            assert_eq!(sum, all[index].case == ORDINARY);
        }
        let mut all = all;
        all[8].heap = HEAP + 1;
        assert_eq!(over(&all, elf), ["heap of every case (bytes)"]);
    }
}
