//! What the program may cost at most, whatever was measured before.

use crate::{
    bench::Figures,
    cases::{council_of_five::FIVE_MEMBERS, ORDINARY},
};

/// The first 42 instructions, each in its ordinary case, added up (compute units): 530,473 is
/// what they took before account rules became attributes, the rest is for duties that came
/// later. Those that add more than 500 units: defaults that scale with the period
/// (`create_economy`, 9,900), weights of the stake that was there when a proposal was queued
/// (`cast_ballot`, 3,200), the address by the hash of the actions, the reason, and grading from
/// start to end (`propose`, 2,000; `execute`, 1,100), owners of an AMM's vault and mint
/// (`create_pool`, 1,000), the yield cap, for which a crank settles the native pool (`crank`,
/// 1,600 with the rest), scheduled transfer fees and accepted roles (`go_live`, 1,500), and the
/// signals that a controller follows beside its measurement, with two ratios more and longer
/// records (`crank` 2,900, `go_live` 2,200, `create_economy` and `configure` 1,200 each,
/// `preview` 1,000), and defaults that use them (`create_economy` 1,900, `crank` 900). Addresses that are searched for differ by 1,500 a try, as they fall.
pub const SUM: u64 = 559_500;
/// Instructions that are not in [`SUM`], each a duty that came later, in their ordinary cases
/// (compute units): a touch of a liquidity pool apart from the crank, and leaving with
/// everything at the end.
pub const LATER_CASES: [(&str, u64); 7] = [
    ("touch_pool", 6_000),
    ("hand_over_mint", 7_700),
    ("wind_up", 12_200),
    ("announce_recall", 3_900),
    ("recall", 11_900),
    ("close_pool", 10_000),
    ("dissolve", 33_000),
];
/// One instruction each, in its ordinary case (compute units): what users and members send
/// most. Plain Anchor takes this much with room for a few checks more; `propose`, `approve`
/// and `execute` have 2,000, 200 and 1,500 units more for the duties named at [`SUM`].
pub const ORDINARY_CASES: [(&str, u64); 6] = [
    ("pay", 10_700),
    ("stake", 13_500),
    ("claim", 13_500),
    ("propose", 20_000),
    ("approve", 7_200),
    ("execute", 20_500),
];
/// A change of the fee split by a council of five: proposed, approved by two more, executed
/// (compute units in all). Squads v4 takes 54,076 for a change of its time lock by five
/// members, without events and without an audit log.
pub const COUNCIL_OF_FIVE: u64 = 50_000;
/// Heap of any instruction (bytes): what a transaction gets without asking for more.
pub const HEAP: u64 = 32 * 1_024;
/// The program's ELF (bytes): its deployer pays rent for each of them. 1,200,000 for the first
/// 42 instructions, 180,000 for the [`LATER_CASES`] and their rules, 20,000 for the signals that
/// a controller follows.
pub const ELF: u64 = 1_400_000;

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
    let later = |f: &Figures| LATER_CASES.iter().any(|(name, _)| f.instruction == *name);
    let mut bounds = vec![bound(
        "ordinary cases of the first 42 instructions added up (CU)".into(),
        SUM,
        sum(&|f| f.case == ORDINARY && !later(f)),
    )];
    for (name, ceiling) in ORDINARY_CASES.into_iter().chain(LATER_CASES) {
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
        let at = |(name, ceiling): (&str, u64)| figures(name, ORDINARY, ceiling);
        let mut all: Vec<Figures> = ORDINARY_CASES.map(at).into();
        let rest = SUM - all.iter().map(|f| f.total).sum::<u64>();
        all.extend(LATER_CASES.map(at));
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
        assert_eq!(bounds.len(), 17);
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
        let sum = "ordinary cases of the first 42 instructions added up (CU)";
        let five = "a fee split by five members, from `propose` to `execute` (CU)";
        for (instruction, case, expected) in [
            ("pay", ORDINARY, vec![sum, "`pay`, ordinary (CU)"]),
            ("execute", ORDINARY, vec![sum, "`execute`, ordinary (CU)"]),
            ("all the others", ORDINARY, vec![sum]),
            ("dissolve", ORDINARY, vec!["`dissolve`, ordinary (CU)"]),
            ("propose", FIVE_MEMBERS, vec![five]),
        ] {
            let mut all = all.clone();
            let mut figures = all.iter_mut();
            let figure = figures.find(|f| f.instruction == instruction && f.case == case);
            figure.unwrap().total += 1;
            assert_eq!(over(&all, elf), expected);
        }
        let mut all = all;
        all[8].heap = HEAP + 1;
        assert_eq!(over(&all, elf), ["heap of every case (bytes)"]);
    }
}
