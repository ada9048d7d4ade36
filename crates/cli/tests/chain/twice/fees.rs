//! What is signed anew offers more.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// The price in the line that tells of signing anew: `for NEW instead of OLD`.
fn prices(said: &Said) -> Vec<(u64, u64)> {
    let lines = said
        .stderr
        .lines()
        .filter(|line| line.contains("signing anew"));
    let number = |text: &str| text.split(' ').next().unwrap().parse().unwrap();
    lines
        .map(|line| {
            let (_, new) = line.split_once(", for ").unwrap();
            let (_, old) = new.split_once(" instead of ").unwrap_or((new, new));
            (number(new), number(old))
        })
        .collect()
}

/// Recent prices, all the same, that grow with each question.
fn growing(prices: &'static [u64]) -> Fault {
    let asked = AtomicUsize::new(0);
    Fault::lie(move |_, _| {
        let asked = asked.fetch_add(1, Ordering::Relaxed);
        json!([{ "slot": 1, "prioritizationFee": prices[asked.min(prices.len() - 1)] }])
    })
}

#[test]
fn what_is_signed_anew_offers_more_within_the_cap() {
    type Case = (
        &'static str,
        &'static [u64],
        &'static [&'static str],
        [(u64, u64); 2],
    );
    let cases: [Case; 3] = [
        // By half, where others pay no more; to what they pay, where that is more;
        ("half more", &[1_000], &[], [(1_500, 1_000), (2_250, 1_500)]),
        (
            "as others",
            &[1_000, 4_000, 5_000],
            &[],
            [(4_000, 1_000), (6_000, 4_000)],
        ),
        // never above what somebody chose.
        (
            "chosen",
            &[9],
            &["--with-compute-unit-price", "700"],
            [(700, 700), (700, 700)],
        ),
    ];
    for (case, recent, options, expected) in cases {
        // given a server that loses two transactions, whose blockhashes grow too old
        let scene = Scene::new();
        scene
            .proxy
            .on("getRecentPrioritizationFees")
            .always(growing(recent));
        scene.proxy.on("sendTransaction").times(2, Fault::Swallow);
        for after in [0, 1] {
            let passes = scene.then_skip(EXPIRY, |_| ());
            scene.proxy.on(STATUSES).after(after).once(passes);
        }
        let words = scene.words();
        let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
        words.extend(options);
        // when it is signed anew twice
        let said = run_at(&scene.fixture, scene.proxy.url(), &words);
        // then it is told what each offers, and it is paid once
        assert_eq!(said.code, 0, "{case}: {}\n{}", said.stdout, said.stderr);
        assert_eq!(prices(&said), expected, "{case}");
        assert_eq!(scene.payments(), 1, "{case}");
    }
    // given a cap that the first price has reached already
    let scene = Scene::new();
    scene
        .proxy
        .on("getRecentPrioritizationFees")
        .always(growing(&[u64::MAX]));
    scene.proxy.on("sendTransaction").once(Fault::Swallow);
    let passes = scene.then_skip(EXPIRY, |_| ());
    scene.proxy.on(STATUSES).once(passes);
    let words = scene.words();
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    words.extend(["--max-priority-fee", "50"]);
    let said = run_at(&scene.fixture, scene.proxy.url(), &words);
    // then no more than the cap is paid
    assert_eq!(said.code, 0, "{}\n{}", said.stdout, said.stderr);
    assert!(said.stderr.contains("as before"), "{}", said.stderr);
    let sent = &said.json()["outcome"]["sent"];
    assert_eq!(
        (&sent["attempts"], &sent["priority_fee_lamports"]),
        (&json!(2), &json!(50))
    );
}
