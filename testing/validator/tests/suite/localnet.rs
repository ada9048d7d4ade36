//! `homeostat localnet --validator`: the story that the served bank passes as well
//! (crates/cli/tests), and what a ledger that is kept adds to it.

#[path = "../../../../crates/cli/tests/shared/localnet.rs"]
mod story;

use std::{path::Path, thread::sleep, time::Duration};

use self::story::{keypair, Localnet, World};
use crate::{alone, elf};

/// `homeostat`, which `cargo xtask test --validator` builds beside the validator.
fn world() -> World {
    let file = Path::new(env!("CARGO_BIN_EXE_homeostat-localnet")).with_file_name("homeostat");
    let build = "cargo build --profile host --package homeostat-cli --bin homeostat";
    assert!(file.is_file(), "{} is missing: {build}", file.display());
    let program = elf().into_os_string().into_string().unwrap();
    World {
        homeostat: file,
        words: vec!["--validator".into(), "--program".into(), program],
        deployed: true,
        period: Duration::from_secs(120),
    }
}

#[test]
fn a_localnet_is_of_use_at_once_and_leaves_nothing_behind() {
    let _alone = alone();
    story::is_of_use_at_once_and_leaves_nothing_behind(&world());
}

#[test]
fn a_localnet_that_is_killed_leaves_nothing_running() {
    let _alone = alone();
    story::that_is_killed_leaves_nothing_running(&world());
}

#[test]
fn an_early_ctrl_c_leaves_nothing_behind() {
    let _alone = alone();
    let localnet = Localnet::start(&world(), &[]);
    sleep(Duration::from_secs(3));
    story::that_is_interrupted_before_it_is_ready_leaves_nothing_behind(localnet);
}

#[test]
fn a_validators_clock_is_moved_by_nobody() {
    let _alone = alone();
    let mut localnet = Localnet::start(&world(), &[]);
    let ready = localnet.ready();
    let (refused, _) = localnet.output(&ready, &["warp", "6h"]);
    let said: serde_json::Value = serde_json::from_slice(&refused.stdout).unwrap();
    assert_eq!(said["error"]["code"], "no_warp", "{said}");
}

#[test]
fn a_kept_localnet_goes_on_with_the_same_economy() {
    let _alone = alone();
    let parent = tempfile::tempdir().unwrap();
    let ledger = parent.path().join("kept");
    let kept = ["--ledger", ledger.to_str().unwrap(), "--no-keeper"];
    let world = world();

    // given a localnet where bob has staked, which was ended
    let mut localnet = Localnet::start(&world, &kept);
    let first = localnet.ready();
    localnet.run(&first, &["stake", "1", "--keypair", keypair(&first, "bob")]);
    let (before, _) = localnet.run(&first, &["status"]);
    localnet.signal("-TERM");
    assert_eq!(localnet.ended(), (Some(0), String::new()));

    // when it is started again, then everything is as it was
    let mut localnet = Localnet::start(&world, &kept);
    let second = localnet.ready();
    for same in ["economy", "mint", "wallets", "council", "program", "ledger"] {
        assert_eq!(first[same], second[same], "{same}");
    }
    let (after, _) = localnet.run(&second, &["status"]);
    for same in ["supply", "periods", "next_crank_at", "life"] {
        assert_eq!(before[same], after[same], "{same}");
    }
    assert_eq!(before["pools"][0]["total"], after["pools"][0]["total"]);
    localnet.signal("-INT");
    assert_eq!(localnet.ended(), (Some(0), String::new()));
    assert!(ledger.join("genesis.bin").is_file());
}
