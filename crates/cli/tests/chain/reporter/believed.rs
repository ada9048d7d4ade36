//! What sources say, and what is believed of it.

use super::*;

/// A reporter of two feeds: the first from a site, the other from a table that tells the truth.
fn two_feeds(stand: &Stand, source: &str) -> Running {
    let table = stand.table("values.csv", "2");
    let text = stand.head(0) + source + &stand.head(1) + &csv(&table);
    let file = stand.file("reporter.toml", &text);
    stand.start_here(0, &file)
}

/// Waits until a feed's source was told for this, and returns the line.
fn told(reporter: &Running, code: &str) -> Value {
    let mut found = None;
    until(code, || {
        let lines = reporter.of("source_failed");
        found = lines.into_iter().find(|line| line["code"] == code);
        found.is_some()
    });
    found.unwrap()
}

#[test]
fn fr1_what_is_no_number_is_never_reported_and_stops_no_other_feed() {
    let stand = Stand::of(1, 1);
    let now = stand.now();
    let site = Site::start(Answer::Silence);
    let reporter = two_feeds(&stand, &http(&site.url));
    // The other feed is reported while the first has no answer.
    reporter.wait("reported", 1);
    assert_eq!(stand.last(1, 0).0, 1);
    let ok = |body: &str| {
        let head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
        Answer::Bytes([head.as_bytes(), body.as_bytes()].concat())
    };
    let answers = [
        ("source_slow", Answer::Silence),
        ("source_slow", Answer::Drip),
        ("source_too_large", Answer::Endless),
        (
            "source_too_large",
            Answer::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n".to_vec()),
        ),
        ("source_unreachable", Answer::Bytes(b"hello\r\n".to_vec())),
        ("source_unreachable", Answer::Bytes(Vec::new())),
        (
            "source_unreachable",
            Answer::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"data".to_vec()),
        ),
        (
            "source_status",
            Answer::Bytes(b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n".to_vec()),
        ),
        ("source_not_json", ok("<html>\u{1b}[31m")),
        ("source_not_json", document("NaN", now)),
        ("source_not_json", ok(&"[".repeat(500_000))),
        ("source_not_a_number", document("{\"usd\": 2}", now)),
        ("source_not_a_number", document("null", now)),
        ("source_not_a_number", document("\"\\u001b[2J2\"", now)),
        ("source_missing", ok("{\"data\": []}")),
        ("source_out_of_range", document("-2", now)),
        ("source_out_of_range", document("0", now)),
        ("source_out_of_range", document("5.000000001", now)),
        ("source_out_of_range", document("1e300", now)),
        ("source_out_of_range", document(&"9".repeat(199), now)),
        ("source_stale", document("2", now - 901)),
        ("source_in_future", document("2", now + 301)),
    ];
    for (code, answer) in answers {
        // when the site says something else that cannot be believed
        let before = reporter.of("source_failed").len();
        site.says(answer);
        // then that is told, with what to do, on one line without control characters
        let mut line = Value::Null;
        until(code, || {
            let lines = reporter.of("source_failed");
            let new = lines.into_iter().skip(before);
            let found = new.into_iter().find(|line| line["code"] == code);
            line = found.unwrap_or_default();
            !line.is_null()
        });
        assert_eq!((&line["level"], &line["feed"]), (&"warn".into(), &0.into()));
        assert!(!line["remedy"].as_str().unwrap().is_empty(), "{line:#}");
        let message = line["message"].as_str().unwrap();
        assert!(!message.contains(char::is_control), "{message:?}");
        assert!(message.len() < 400, "{message}");
        // and never reported
        assert_eq!(stand.last(0, 0).0, 0, "{code}");
    }
    let failures = |code: &str| {
        let code = format!("code=\"{code}\"");
        reporter.metric("homeostat_reporter_source_failures_total", &[&code])
    };
    assert!(failures("source_slow") >= 2 && failures("source_stale") >= 1);
    // A site that has come to its senses is believed.
    site.says(document("2.5", now));
    reporter.wait("reported", 2);
    assert_eq!(stand.last(0, 0), (1, fx("2.5"), now));
    reporter.end();
}

#[test]
fn fr2_another_place_is_not_followed_and_gets_no_secret() {
    let stand = Stand::of(1, 1);
    let trap = Site::start(document("2", stand.now()));
    let site = Site::start(Answer::Redirect(format!("{}/price", trap.url)));
    let header = "header = { name = \"X-Api-Key\", variable = \"PRICES_KEY\" }\n";
    let script = "echo ${PRICES_KEY:-2}";
    let command = format!(
        "[[feed.source]]\nkind = \"command\"\nargv = [\"/bin/sh\", \"-c\", \"{script}\"]\n\
         max_age = 900\n"
    );
    let text = stand.head(0) + &http(&site.url) + header + &stand.head(1) + &command;
    let file = stand.file("reporter.toml", &text);
    // given a header whose variable is not there: it does not begin
    let output = stand
        .command(stand.fixture.served.url(), 0, &file)
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr.contains("line ") && stderr.contains("set PRICES_KEY"),
        "{stderr}"
    );
    let mut command = stand.command(stand.fixture.served.url(), 0, &file);
    command.env("PRICES_KEY", "hunter2").args([
        "--log",
        "json",
        "--metrics",
        "127.0.0.1:0",
        "--max-backoff",
        "1",
        "-v",
    ]);
    let reporter = Running::of_command(&mut command);
    // when the site sends on to another host, a file, or round and round
    told(&reporter, "source_redirect");
    for place in ["file:///etc/passwd", "//127.0.0.2/price", "/price"] {
        let before = reporter.of("source_failed").len();
        site.says(Answer::Redirect(place.into()));
        until(place, || reporter.of("source_failed").len() >= before + 2);
        let last = reporter.of("source_failed").pop().unwrap();
        assert_eq!(last["code"], "source_redirect", "{place}: {last:#}");
    }
    // then nobody else was asked, the site had its header, and the program has it not
    assert_eq!(trap.asked().len(), 0);
    assert!(
        site.asked()[0].contains("x-api-key: hunter2"),
        "{:?}",
        site.asked()[0]
    );
    until("the program's value", || stand.last(1, 0).1 == fx("2"));
    assert_eq!(stand.last(0, 0).0, 0);
    let (lines, _) = reporter.end();
    assert!(!format!("{lines:?}").contains("hunter2"));
}

#[test]
fn fr3_a_jump_is_for_a_person_to_decide() {
    // given a feed whose value was 2, and a source that says 4
    let stand = Stand::of(1, 1);
    let table = stand.table("values.csv", "2");
    let file = stand.file("reporter.toml", &(stand.head(0) + &csv(&table)));
    let reporter = stand.start_here(0, &file);
    reporter.wait("reported", 1);
    stand.next(&[("values.csv", "4")]);
    // then it is told as an error, with both figures and what to do, and not reported
    let failed = reporter.wait("failed", 2);
    assert_eq!(failed[0]["code"], "jump");
    let message = failed[0]["message"].as_str().unwrap();
    assert_eq!(
        message,
        "4 is 100 % away from 2, which was reported last, and max_step is 20 %"
    );
    let remedy = failed[0]["remedy"].as_str().unwrap();
    assert!(remedy.ends_with("--once --accept-jump 0=4"), "{remedy}");
    assert_eq!(stand.last(0, 0).0, 1);
    assert_eq!(
        reporter.metric("homeostat_reporter_state", &["state=\"jump\""]),
        1
    );
    // when a person accepts another value, it stays so
    let accept = |value: &str| {
        let mut command = stand.command(stand.fixture.served.url(), 0, &file);
        command.args(["--once", "--accept-jump", value, "--output", "json"]);
        command.output().unwrap().status.code()
    };
    assert_eq!(accept("0=3"), Some(1));
    assert_eq!(stand.last(0, 0).0, 1);
    // and when this one, then it is reported, and the reporter goes on from there
    assert_eq!(accept("0=4.1"), Some(0));
    assert_eq!(stand.last(0, 0).1, fx("4"));
    stand.next(&[("values.csv", "4.2")]);
    until("it goes on", || stand.last(0, 0).1 == fx("4.2"));
    assert_eq!(stand.last(0, 0).0, 3);
    reporter.end();
}

#[test]
fn fr3_one_source_of_three_lies_and_another_is_silent() {
    // given a feed with three sources, two of which must answer
    let stand = Stand::of(1, 1);
    let site = Site::start(document("2000000", stand.now()));
    let [first, second] = ["2.0", "4.9"].map(|value| {
        let table = stand.table(&format!("values-{value}.csv"), value);
        csv(&table)
    });
    let units = format!("{}unit = 0.000001\n", http(&site.url));
    let file = stand.file(
        "reporter.toml",
        &(stand.head(0) + &first + &second + &units),
    );
    let reporter = stand.start_here(0, &file);
    // then the median is reported, with the unit of each
    reporter.wait("reported", 1);
    assert_eq!(stand.last(0, 0).1, fx("2"));
    // when one falls silent, the lower of the two others is reported
    site.says(Answer::Silence);
    stand.next(&[("values-2.0.csv", "2.1"), ("values-4.9.csv", "4.9")]);
    reporter.wait("reported", 2);
    assert_eq!(stand.last(0, 0).1, fx("2.1"));
    // and when two do, nothing is
    std::fs::remove_file(stand.fixture.folder().join("values-4.9.csv")).unwrap();
    stand.next(&[("values-2.0.csv", "2.2")]);
    let failed = reporter.wait("failed", 1);
    assert_eq!(failed[0]["code"], "too_few_sources");
    assert_eq!(
        failed[0]["message"],
        "1 of 3 sources can be believed, and 2 must"
    );
    assert_eq!(stand.last(0, 0).0, 2);
    reporter.end();
}
