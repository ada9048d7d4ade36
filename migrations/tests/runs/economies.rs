//! Economies created and accounts migrated, and files that are in the way.

use std::{fs, path::Path};

use homeostat_migrations::{apply, plan, Chain, ClusterFile};
use solana_program::rent::Rent;
use solana_signer::Signer;

use crate::site::{living, undisturbed, Counter, Killer, Site, GENESIS};

/// Every account that such a run leaves.
fn economy_left(site: &Site, file: &ClusterFile) -> Vec<Option<Vec<u8>>> {
    let plan = &file.economies[0];
    let at = homeostat_client::EconomyAddresses::new(&plan.mint, &plan.creator.pubkey());
    let mut keys = vec![
        at.economy,
        at.log,
        at.pool(&plan.mint),
        at.meter(0),
        at.meter(1),
    ];
    keys.extend(&site.listed);
    let accounts = site.accounts(&keys).unwrap();
    let data: Vec<_> = accounts
        .into_iter()
        .map(|it| it.map(|it| it.data))
        .collect();
    assert!(data.iter().all(Option::is_some));
    data
}

#[test]
fn m3_economies_and_migrations_killed_anywhere_go_on() {
    let (site, file) = living();
    let planned = plan(&site, &file, &site.payer().pubkey()).unwrap();
    // The economy, limits, a controller, pool, two meters; three accounts by two.
    assert_eq!(planned.steps.len(), 7, "{planned}");
    let last = &planned.steps[6];
    assert!(
        last.what
            .contains("3 accounts (Economy, layout 0 to 1) in 2"),
        "{planned}"
    );
    let rent = Rent::default();
    // An account of layout 0 is 72 bytes shorter.
    let each = rent.minimum_balance(72) - rent.minimum_balance(0);
    assert_eq!((last.rent, last.fees), (3 * each, 10_000));
    let points = undisturbed(&site, &file);
    let whole = economy_left(&site, &file);
    for point in 0..points {
        let (site, file) = living();
        let failure = site.run(&file, &mut Killer { left: point }).unwrap_err();
        assert_eq!(failure.code, "killed", "{failure}");
        undisturbed(&site, &file);
        assert!(
            economy_left(&site, &file) == whole,
            "killed at point {point}"
        );
    }
}

#[test]
fn fail_another_cluster_than_the_files() {
    let (site, file) = living();
    site.genesis.set("another");
    let failure = site.run(&file, &mut Counter::default()).unwrap_err();
    assert_eq!(failure.code, "wrong_cluster");
    assert!(!failure.remedy.is_empty() && !site.state().exists());
    assert_eq!(
        plan(&site, &file, &site.payer().pubkey()).unwrap_err().code,
        "wrong_cluster"
    );

    // A state file of another cluster is refused too, and kept.
    site.genesis.set(GENESIS);
    undisturbed(&site, &file);
    let kept = fs::read_to_string(site.state()).unwrap();
    fs::write(site.state(), kept.replace(GENESIS, "another")).unwrap();
    let failure = site.run(&file, &mut Counter::default()).unwrap_err();
    assert_eq!(failure.code, "wrong_cluster");
    assert_eq!(
        fs::read_to_string(site.state()).unwrap(),
        kept.replace(GENESIS, "another")
    );
}

#[test]
fn fail_state_files_that_are_broken_or_cannot_be_written() {
    let (site, file) = living();
    site.run(&file, &mut Killer { left: 4 }).unwrap_err();
    // Cut short at every length: refused, kept, and nothing is sent.
    let whole = fs::read(site.state()).unwrap();
    for length in 0..whole.len() - 2 {
        fs::write(site.state(), &whole[..length]).unwrap();
        let failure = site.run(&file, &mut Counter::default()).unwrap_err();
        assert_eq!(failure.code, "bad_state", "{length}: {failure}");
        assert!(failure.remedy.contains("move it away"));
        assert_eq!(fs::read(site.state()).unwrap(), &whole[..length]);
    }
    // Moved away, the run goes on from the chain.
    fs::remove_file(site.state()).unwrap();
    undisturbed(&site, &file);

    // Where nothing can be written, nothing is sent.
    let (site, file) = living();
    let nowhere = Path::new("/nowhere/state.json");
    let mut counter = Counter::default();
    let failure = apply(&site, &file, &site.payer(), nowhere, &mut counter).unwrap_err();
    assert_eq!((failure.code, counter.points), ("unwritable_file", 0));
    assert!(!failure.remedy.is_empty());
}

#[test]
fn fail_cluster_files_that_are_wrong() {
    let (site, _) = living();
    for (text, code) in [
        ("[program]\nid = \"x\"\n", "bad_address"),
        ("[migrations]\nbatch = 0\n", "bad_cluster_file"),
        ("[migrations]\nbatch = 17\n", "bad_cluster_file"),
        ("[migrations]\nbatsh = 1\n", "unknown_key"),
        ("[economies.a]\nfile = \"none.toml\"\n", "unreadable_file"),
        ("[economies.a]\n", "bad_cluster_file"),
        ("[publisher]\nkey = \"x\"\n", "bad_address"),
        ("[publisher]\nvault_index = 0\n", "bad_cluster_file"),
        ("[publisher]\nvault_index = 256\n", "bad_cluster_file"),
        ("[publisher]\nvault = 0\n", "unknown_key"),
        (
            "[publisher]\nkey = \"a\"\nmultisig = \"b\"\n",
            "bad_cluster_file",
        ),
        ("[publisher]\n", "bad_cluster_file"),
        ("[cluster\n", "bad_toml"),
    ] {
        let failure = site.file(text).err().unwrap();
        assert_eq!(failure.code, code, "{text}: {failure}");
        assert!(!failure.remedy.is_empty(), "{text}");
    }
}
