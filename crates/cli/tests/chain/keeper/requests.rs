//! What a keeper asks of the server, and of this machine.

use homeostat_keeper::Options;

use crate::common::counted;

use super::*;

/// What a hundred economies may ask for on average (requests a second).
const BUDGET: f64 = 2.0;

#[test]
fn a_look_is_one_request_and_a_crank_is_seven_at_most() {
    // given ten economies
    const COUNT: u64 = 10;
    let (served, economies, folder) = town(COUNT as usize, WorldSpec::default());
    let key = folder.path().join("keeper.json");
    let list = economies.join(",");
    let mut command = command(served.url(), &key);
    command
        .args(["--log", "json", "--metrics", "127.0.0.1:0", "--jitter", "0"])
        .args(["--poll", "50", "--refresh", "86400", "--economy", &list]);
    let keeper = Running::of_command(&mut command);
    keeper.wait("state", COUNT as usize);
    keeper.looks(1);
    // Requests besides those of the looks, one each; one look may be half counted.
    let besides = || {
        let (_, body) = keeper.get("/metrics");
        let count = |name| sum(&body, name, &[]) as i64;
        count("homeostat_keeper_rpc_requests_total") - count("homeostat_keeper_ticks_total")
    };
    // when it looks at the clock, then that is one request, however many economies there are
    let before = besides();
    keeper.looks(20);
    assert!((besides() - before).abs() <= 1);
    // and when all are due, they are read together and each crank is seven requests at most
    let before = besides();
    served.advance(WEEK);
    keeper.wait("cranked", COUNT as usize);
    keeper.looks(2);
    let asked = besides() - before;
    assert!(asked <= 7 * COUNT as i64 + 4, "{asked}");
    keeper.no_errors();
    // and so a hundred with periods of an hour stay below the budget with the usual flags
    let usual = Options::default();
    let looks = 1.0 / usual.poll.as_secs_f64();
    let refreshes = 3.0 / usual.refresh.as_secs_f64();
    let cranks = asked as f64 / COUNT as f64 * 100.0 / 3_600.0;
    let rate = looks + refreshes + cranks;
    println!("a hundred economies with periods of an hour: {rate:.2} requests a second");
    assert!(rate < BUDGET, "{rate}");
}

/// What the figures in docs/KEEPER.md come from.
#[test]
#[ignore = "a measurement"]
fn what_a_hundred_economies_cost() {
    const COUNT: usize = 100;
    const LOOKS: u64 = 50;
    let (served, economies, folder) = town(COUNT, WorldSpec::default());
    let (url, bytes) = counted(served.url());
    let key = folder.path().join("keeper.json");
    let list = economies.join(",");
    let arguments = ["--economy", list.as_str()];
    let mut command = command(&url, &key);
    command
        .args(["--log", "json", "--metrics", "127.0.0.1:0", "--jitter", "0"])
        .args(["--poll", "200", "--refresh", "86400"]);
    let keeper = Running::of_command(command.args(arguments));
    let now = |keeper: &Running| {
        (
            keeper.metric("homeostat_keeper_rpc_requests_total", &[]),
            bytes.load(Ordering::Relaxed),
        )
    };
    let memory = |keeper: &Running, what: &str| {
        let file = format!("/proc/{}/status", keeper.child.id());
        let status = std::fs::read_to_string(file).unwrap();
        // Resident in all, the keeper's own, and pages of the program's file.
        for name in ["VmRSS", "RssAnon", "RssFile"] {
            let line = status.lines().find(|line| line.starts_with(name));
            println!("memory {what}: {}", line.unwrap_or_default());
        }
    };
    keeper.wait("state", COUNT);
    keeper.looks(1);
    let first = now(&keeper);
    println!(
        "until all are known: {} requests, {} bytes",
        first.0, first.1
    );
    memory(&keeper, "idle");
    keeper.looks(LOOKS);
    let idle = now(&keeper);
    let ticks = keeper.metric("homeostat_keeper_ticks_total", &[]);
    println!(
        "a look at the clock: {:.2} requests, {:.0} bytes ({ticks} so far)",
        (idle.0 - first.0) as f64 / LOOKS as f64,
        (idle.1 - first.1) as f64 / LOOKS as f64
    );
    let begin = Instant::now();
    served.advance(WEEK);
    let lines = keeper.wait("cranked", COUNT);
    let took = begin.elapsed();
    keeper.looks(1);
    let cranked = now(&keeper);
    println!(
        "{COUNT} cranks at once in {took:.1?}: {:.2} requests, {:.0} bytes each",
        (cranked.0 - idle.0) as f64 / COUNT as f64,
        (cranked.1 - idle.1) as f64 / COUNT as f64
    );
    memory(&keeper, "after the cranks");
    println!("{}", lines[0]);
    let (_, metrics) = keeper.get("/metrics");
    let economy = lines[0]["economy"].as_str().unwrap();
    for line in metrics.lines() {
        if line.starts_with('#') || line.contains(economy) || !line.contains('{') {
            println!("{line}");
        }
    }
    keeper.no_errors();
}
