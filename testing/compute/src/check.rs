//! Whether anything got dearer than committed.

use std::collections::BTreeMap;

use crate::bench::Figures;

/// What may be added to a figure before it counts as dearer (per cent).
const TOLERANCE: u64 = 3;

/// Every case that got dearer, vanished or is new, a line each: old -> new.
pub fn offenders(committed: &[Figures], measured: &[Figures]) -> Vec<String> {
    let by_name = |figures: &[Figures]| -> BTreeMap<String, Figures> {
        figures.iter().map(|f| (f.name(), f.clone())).collect()
    };
    let (old, new) = (by_name(committed), by_name(measured));
    let mut offenders = Vec::new();
    for figures in measured {
        let name = figures.name();
        match old.get(&name) {
            None => offenders.push(format!("{name}: new, not committed")),
            Some(before) => compare(&name, before, figures, &mut offenders),
        }
    }
    for figures in committed {
        if !new.contains_key(&figures.name()) {
            offenders.push(format!("{}: committed, not measured", figures.name()));
        }
    }
    offenders
}

fn compare(name: &str, old: &Figures, new: &Figures, offenders: &mut Vec<String>) {
    let dearer =
        |old: u64, new: u64| u128::from(new) * 100 > u128::from(old) * u128::from(100 + TOLERANCE);
    let mut say = |what: &str, old: &dyn core::fmt::Display, new: &dyn core::fmt::Display| {
        offenders.push(format!("{name}: {what} {old} -> {new}"));
    };
    if dearer(old.total, new.total) {
        say("total", &old.total, &new.total);
    }
    if dearer(old.heap, new.heap) {
        say("heap", &old.heap, &new.heap);
    }
    if new.tx_bytes > old.tx_bytes {
        say("tx_bytes", &old.tx_bytes, &new.tx_bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures() -> Figures {
        Figures {
            instruction: "pay".into(),
            case: "ordinary".into(),
            total: 10_000,
            heap: 3_000,
            tx_bytes: 400,
            ..Figures::default()
        }
    }

    #[test]
    fn the_same_and_the_cheaper_pass() {
        let old = figures();
        let cheaper = Figures {
            total: 9_000,
            heap: 100,
            tx_bytes: 399,
            ..figures()
        };
        assert_eq!(
            offenders(std::slice::from_ref(&old), std::slice::from_ref(&old)),
            Vec::<String>::new()
        );
        assert_eq!(offenders(&[old], &[cheaper]), Vec::<String>::new());
    }

    #[test]
    fn the_edge_of_every_tolerance() {
        let edge = Figures {
            total: 10_300,
            heap: 3_090,
            ..figures()
        };
        assert_eq!(offenders(&[figures()], &[edge]), Vec::<String>::new());
        let over = Figures {
            total: 10_301,
            heap: 3_091,
            tx_bytes: 401,
            ..figures()
        };
        assert_eq!(
            offenders(&[figures()], &[over]),
            [
                "pay/ordinary: total 10000 -> 10301",
                "pay/ordinary: heap 3000 -> 3091",
                "pay/ordinary: tx_bytes 400 -> 401",
            ]
        );
    }

    #[test]
    fn cases_neither_come_nor_go_unseen() {
        let other = Figures {
            case: "worst".into(),
            ..figures()
        };
        assert_eq!(
            offenders(&[figures()], &[other]),
            [
                "pay/worst: new, not committed",
                "pay/ordinary: committed, not measured",
            ]
        );
    }
}
