//! Workers that panic: each goes on, is counted, and is told in `/healthz`.

use std::sync::atomic::AtomicBool;

use homeostat_keeper::{http, Keeper, Message, Metrics, Options};
use solana_commitment_config::CommitmentConfig;

use super::*;

#[test]
fn k9_an_economy_that_panics_its_worker_stops_no_other() {
    // given three economies, one of which makes the only worker panic
    let (served, economies, folder) = town(3, WorldSpec::default());
    let victim: Pubkey = economies[0].parse().unwrap();
    let panics = Arc::new(AtomicBool::new(true));
    let metrics = Arc::new(Metrics::default());
    let local = ([127, 0, 0, 1], 0).into();
    let address = http::serve(local, Arc::clone(&metrics), PATIENCE).unwrap();
    let address = address.to_string();
    let options = Options {
        economies: economies.iter().map(|one| one.parse().unwrap()).collect(),
        poll: Duration::from_millis(50),
        refresh: Duration::from_secs(1),
        max_backoff: Duration::from_secs(1),
        jitter: 0,
        workers: 1,
        ..Options::default()
    };
    let key = solana_keypair::read_keypair_file(folder.path().join("keeper.json")).unwrap();
    let asked = Arc::clone(&panics);
    let keeper = Keeper::new(options, key, metrics).before_each(move |economy| {
        let panics = *economy == victim && asked.load(Ordering::SeqCst);
        assert!(!panics, "what this test wants");
    });
    let (post, url) = (keeper.post(), served.url().to_owned());
    let running = std::thread::spawn(move || {
        let patience = Duration::from_secs(15);
        let commitment = CommitmentConfig::confirmed();
        keeper.run(|| Connection::open_within(&url, commitment, patience))
    });
    let cranked = |economy: &str| {
        let words = [economy, "result=\"cranked\""];
        metric(&address, "homeostat_keeper_cranks_total", &words)
    };
    let panicked = || {
        let words = [economies[0].as_str()];
        metric(&address, "homeostat_keeper_panics_total", &words)
    };
    for period in 1..=2 {
        // when a period is over
        let before = panicked();
        served.advance(WEEK);
        // then the others' periods end, and the one is tried again and again
        until("the others are ended", || {
            economies[1..].iter().all(|one| cranked(one) == period)
        });
        until("it panics again", || panicked() >= before + 2);
        assert_eq!(cranked(&economies[0]), 0);
        let (status, words) = get(&address, "/healthz");
        assert_eq!(status, 503, "{words}");
        let told = format!("the worker of {victim} panicked ");
        assert!(
            words.starts_with(&told) && words.contains(" since 20"),
            "{words}"
        );
    }
    // and longer and longer apart
    until("it waits", || {
        let words = [economies[0].as_str()];
        metric(&address, "homeostat_keeper_backoff_milliseconds", &words) >= 500
    });
    // when it works, then its period is ended, and all is well
    panics.store(false, Ordering::SeqCst);
    until("it is ended", || cranked(&economies[0]) == 1);
    assert_eq!(get(&address, "/healthz"), (200, "ok\n".to_owned()));
    post.send(Message::Stop).unwrap();
    running.join().unwrap().unwrap();
}

#[test]
fn k9_an_answer_that_is_json_and_no_answer_kills_no_thread() {
    let fixture = Fixture::live();
    let economy = fixture.at.economy.to_string();
    let proxy = Proxy::start(fixture.served.url());
    proxy.on_any().times(2, Fault::Body("[]"));
    let keeper = Running::start(proxy.url(), key(&fixture, 0), &["--economy", &economy]);
    keeper.wait("state", 1);
    let methods = [
        "getMultipleAccounts",
        "simulateTransaction",
        "getRecentPrioritizationFees",
        "getLatestBlockhash",
        "sendTransaction",
        "getSignatureStatuses",
    ];
    for (number, method) in (1..).zip(methods) {
        // given a server that answers with a list when the period is to be ended
        proxy.on(method).times(2, Fault::Body("[]"));
        end_period(&fixture);
        // then it is ended all the same, once
        until(method, || periods(&fixture) >= number);
        keeper.looks(3);
        assert_eq!(periods(&fixture), number, "{method}");
        proxy.heal();
    }
    until("all is well", || {
        keeper.get("/healthz") == (200, "ok\n".to_owned())
    });
    keeper.stop();
}
