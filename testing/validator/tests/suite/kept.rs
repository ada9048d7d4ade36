//! Ledgers: temporary ones leave nothing, kept ones go on.

use std::{
    net::{Ipv4Addr, TcpListener},
    path::PathBuf,
    sync::{
        atomic::{AtomicBool, Ordering},
        Arc,
    },
    time::{Duration, Instant},
};

use homeostat_client::{instruction as ix, EconomyAddresses, EconomyArgs, Funding, Life};
use homeostat_client::{Economy, PROGRAM_ID};
use homeostat_validator::{Loading, Options, StartError, Validator};
use solana_loader_v3_interface::{get_program_data_address, state::UpgradeableLoaderState};
use solana_signer::Signer;
use solana_system_interface::instruction::transfer;

use crate::{
    alone,
    chain::{Chain, TOKEN_PROGRAM},
    elf,
};

#[test]
fn a_kept_ledger_goes_on_where_it_stopped() {
    let _alone = alone();
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("ledger");
    let options = Options {
        ledger: Some(folder.clone()),
        ..Options::new(elf())
    };

    // given a ledger with the program from genesis on and an economy in Draft
    let validator = Validator::start(options.clone()).unwrap();
    println!("first start: {:?}", validator.started_in());
    assert_eq!(validator.deployed_in(), None);
    let chain = Chain::of(&validator);
    let payer = chain.payer.pubkey();
    let metadata = UpgradeableLoaderState::size_of_programdata_metadata();
    let program = chain.data(&get_program_data_address(&PROGRAM_ID));
    assert_eq!(program[metadata..], std::fs::read(elf()).unwrap());
    // The authority is the last field; 1 says that there is one.
    assert_eq!(program[metadata - 33], 1);
    assert_eq!(program[metadata - 32..metadata], payer.to_bytes());

    let mint = chain.create_mint();
    let tokens = chain.create_tokens(&mint, &payer, 77);
    let create = ix::create_economy(
        &mint,
        &TOKEN_PROGRAM,
        &payer,
        EconomyArgs {
            funding: Funding::Funded,
            period: 60,
            hard_cap: 1_000,
            sponsor: None,
        },
    );
    let created = chain.run(&[create], &[]);

    // when somebody else wants the folder, or the same ports, then that is refused
    let second = Validator::start(options.clone()).unwrap_err();
    assert!(matches!(second, StartError::InUse { .. }), "{second}");
    let url = validator.rpc_url();
    let port = url.rsplit(':').next().unwrap().parse().unwrap();
    let second = Validator::start(Options {
        rpc_port: Some(port),
        ..Options::new(elf())
    })
    .unwrap_err();
    assert!(matches!(second, StartError::Ports { .. }), "{second}");

    // when it stops, then its ports are free again
    let slot = chain.rpc.get_slot().unwrap();
    let stopping = Instant::now();
    validator.stop().unwrap();
    println!("stop: {:?}", stopping.elapsed());
    TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).unwrap();

    // when it starts again, on ports of our choice, then everything is still there
    let validator = Validator::start(Options {
        rpc_port: Some(port),
        ..options.clone()
    })
    .unwrap();
    println!("second start: {:?}", validator.started_in());
    assert_eq!(validator.rpc_url(), format!("http://127.0.0.1:{port}"));
    assert_eq!(validator.ws_url(), format!("ws://127.0.0.1:{}/", port + 1));
    let chain = Chain::of(&validator);
    assert_eq!(chain.payer.pubkey(), payer);
    assert_eq!((chain.supply(&mint), chain.tokens(&tokens)), (77, 77));
    let economy = chain.fetch::<Economy>(&EconomyAddresses::new(&mint, &payer).economy);
    assert_eq!(
        (economy.life, economy.limits.period),
        (Life::Draft as u8, 60)
    );
    let found = chain.landed(&created.signature);
    assert_eq!((found.slot, found.at), (created.slot, created.at));
    assert_eq!(found.events.len(), 1);
    // ... and time goes on
    let more = chain.run(&[transfer(&payer, &mint, 1)], &[]);
    assert!(more.slot > slot.min(created.slot));
    assert!(more.at >= created.at);
    validator.stop().unwrap();

    // when it starts with another build of the program, then that is told
    let other = parent.path().join("other.so");
    let mut bytes = std::fs::read(elf()).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&other, bytes).unwrap();
    let error = Validator::start(Options {
        elf: other,
        ..options
    })
    .unwrap_err();
    assert!(matches!(error, StartError::OtherProgram { .. }), "{error}");
    assert!(
        folder.join("genesis.bin").is_file(),
        "it is kept all the same"
    );
}

/// In a ledger's folder from the first step of the deployment.
const STATE: &str = "deployment.json";

#[test]
fn an_interrupted_deployment_leaves_nothing_behind() {
    let _alone = alone();
    // given a validator that starts to deploy
    let interrupt = Arc::new(AtomicBool::new(false));
    let options = Options {
        loading: Loading::Deployed,
        interrupt: Some(interrupt.clone()),
        ..Options::new(elf())
    };
    let ledgers = || {
        let prefix = "homeostat-validator-";
        std::fs::read_dir(std::env::temp_dir())
            .unwrap()
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
            .map(|entry| entry.path())
            .collect::<Vec<_>>()
    };
    let before = ledgers();
    let starting = std::thread::spawn(move || Validator::start(options));
    let begun = |ledger: &PathBuf| !before.contains(ledger) && ledger.join(STATE).exists();
    let begin = Instant::now();
    let ledger = loop {
        match ledgers().into_iter().find(begun) {
            Some(ledger) => break ledger,
            None => assert!(begin.elapsed() < Duration::from_secs(60)),
        }
        std::thread::sleep(Duration::from_millis(20));
    };

    // when it is interrupted on its way
    interrupt.store(true, Ordering::Relaxed);
    let interrupted = Instant::now();
    let outcome = starting.join().unwrap();

    // then it says so, and its folder is gone
    let error = outcome.unwrap_err();
    assert!(matches!(error, StartError::Interrupted), "{error}");
    println!("interrupt to end: {:?}", interrupted.elapsed());
    assert!(!ledger.exists(), "{}", ledger.display());
}
